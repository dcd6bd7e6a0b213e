//! `show ip eigrp neighbors`: adjacencies.
//!
//! Source: genieparser and ntc-templates golden outputs of classic and named mode.
//!
//! ```text
//! EIGRP-IPv4 Neighbors for AS(10)
//! H   Address                 Interface              Hold Uptime   SRTT   RTO  Q  Seq
//!                                                    (sec)         (ms)       Cnt Num
//! 0   10.1.1.2                Gi3                      13 00:01:01    2   100  0  2
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShowIpEigrpNeighbors {
    /// As listed; empty when nothing was printed.
    pub neighbors: Vec<EigrpNeighbor>,
}

/// One adjacency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EigrpNeighbor {
    /// Autonomous system of the process, where it is named.
    #[serde(rename = "as")]
    pub asn: Option<u32>,
    /// Name of the process in named mode.
    pub name: Option<String>,
    /// VRF.
    pub vrf: Option<String>,
    /// Number of the neighbour.
    pub handle: u32,
    /// Its address.
    pub address: String,
    /// Port of this device.
    pub interface: String,
    /// Seconds until it is given up.
    pub hold_s: u32,
    /// Since when, as printed: `00:01:01`, `2d10h`.
    pub up: String,
    /// Smooth round-trip time in seconds.
    pub srtt_s: f64,
    /// Retransmission timeout in milliseconds.
    pub rto_ms: u32,
    /// Packets in the queue.
    pub queue: u32,
    /// Last sequence number.
    pub sequence: u64,
}

const IGNORED: &[Ignored] = &[
    ignored("H Address Interface *", "heading"),
    ignored("(sec) (ms) Cnt Num", "heading"),
];

/// Reads `show ip eigrp neighbors`.
///
/// # Errors
/// On a malformed row.
pub fn parse(text: &str) -> Result<Parsed<ShowIpEigrpNeighbors>, ParseError> {
    let mut lines = Lines::new("show ip eigrp neighbors", text)?;
    let mut value = ShowIpEigrpNeighbors::default();
    let (mut asn, mut vrf, mut name) = (None, None, None);
    while let Some(line) = lines.next() {
        let inside = |head: &str| {
            let (_, tail) = line.body().split_once(head)?;
            tail.split_once(')').map(|(inner, _)| inner)
        };
        if line.starts("EIGRP-IPv") && line.body().to_ascii_lowercase().contains("neighbors for ") {
            asn = inside("AS(").map(|n| line.number(n)).transpose()?;
            if asn.is_none() {
                asn = line.body().rsplit(' ').next().and_then(|n| n.parse().ok());
            }
            vrf = inside("VRF(").map(str::to_owned);
            name = inside("VR(").map(str::to_owned);
        } else if let Some([number]) = line.scan("IP-EIGRP neighbors for process {#}") {
            asn = Some(line.number(number)?);
        } else if line.starts("VRF(") {
            vrf = inside("VRF(").map(str::to_owned);
        } else if let Some([h, address, interface, hold, up, srtt, rto, queue, sequence]) =
            line.scan("{#} {} {} {} {} {} {} {} {}")
        {
            value.neighbors.push(EigrpNeighbor {
                asn,
                name: name.clone(),
                vrf: vrf.clone(),
                handle: line.number(h)?,
                address: address.to_owned(),
                interface: interface.to_owned(),
                hold_s: line.number(hold)?,
                up: up.to_owned(),
                srtt_s: f64::from(line.number::<u32>(srtt)?) / 1000.0,
                rto_ms: line.number(rto)?,
                queue: line.number(queue)?,
                sequence: line.number(sequence)?,
            });
        } else if line.body().starts_with(|c: char| c.is_ascii_digit()) {
            return Err(line.bad(line.body(), "a neighbour in nine columns"));
        } else {
            lines.pass(line, IGNORED);
        }
    }
    Ok(lines.finish(value))
}
