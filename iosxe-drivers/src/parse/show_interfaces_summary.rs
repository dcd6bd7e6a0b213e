//! `show interfaces summary`: queues and rates of all interfaces.
//!
//! Source: genieparser golden output.
//!
//! ```text
//!   Interface                   IHQ       IQD       OHQ       OQD      RXBS      RXPS      TXBS      TXPS      TRTL
//! * GigabitEthernet0/0/0          0         0         0         0     17000        29         0         0         0
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::words;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInterfacesSummary {
    /// As listed.
    pub interfaces: Vec<InterfaceRates>,
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceRates {
    /// Its name.
    pub name: String,
    /// Marked with `*`: up.
    pub up: bool,
    /// Packets in the input hold queue.
    pub input_queue: u64,
    /// Packets dropped there.
    pub input_drops: u64,
    /// Packets in the output hold queue.
    pub output_queue: u64,
    /// Packets dropped there.
    pub output_drops: u64,
    /// Bits per second received.
    pub receive_bits: u64,
    /// Packets per second received.
    pub receive_packets: u64,
    /// Bits per second sent.
    pub send_bits: u64,
    /// Packets per second sent.
    pub send_packets: u64,
    /// Throttles.
    pub throttles: u64,
}

const IGNORED: &[Ignored] = &[
    ignored("*: interface is up", "legend"),
    ignored("IHQ: *", "legend"),
    ignored("OHQ: *", "legend"),
    ignored("RXBS: *", "legend"),
    ignored("TXBS: *", "legend"),
    ignored("TRTL: *", "legend"),
    ignored("Interface IHQ *", "heading"),
    ignored("NOTE:*", "a hint about counters of switches"),
];

/// Reads `show interfaces summary`.
///
/// # Errors
/// On a malformed row, and when there is no interface.
pub fn parse(text: &str) -> Result<Parsed<ShowInterfacesSummary>, ParseError> {
    let mut lines = Lines::new("show interfaces summary", text)?;
    let mut interfaces = Vec::new();
    while let Some(line) = lines.next() {
        let body = line.body();
        let all = words(body.strip_prefix("* ").unwrap_or(body));
        if let [name, ihq, iqd, ohq, oqd, rxbs, rxps, txbs, txps, trtl] = all.as_slice()
            && *name != "Interface"
        {
            interfaces.push(InterfaceRates {
                name: (*name).to_owned(),
                up: body.starts_with('*'),
                input_queue: line.number(ihq)?,
                input_drops: line.number(iqd)?,
                output_queue: line.number(ohq)?,
                output_drops: line.number(oqd)?,
                receive_bits: line.number(rxbs)?,
                receive_packets: line.number(rxps)?,
                send_bits: line.number(txbs)?,
                send_packets: line.number(txps)?,
                throttles: line.number(trtl)?,
            });
        } else if !line.is_rule() {
            lines.pass(line, IGNORED);
        }
    }
    if interfaces.is_empty() {
        return Err(lines.incomplete("an interface"));
    }
    Ok(lines.finish(ShowInterfacesSummary { interfaces }))
}
