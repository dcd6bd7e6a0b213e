//! `show isis neighbors`: adjacencies.
//!
//! Source: genieparser and ntc-templates golden outputs; a long name wraps behind a backslash.
//!
//! ```text
//! Tag 1:
//! System Id       Type Interface     IP Address      State Holdtime Circuit Id
//! sw2             L2   Gi3.415       10.13.115.3     UP    27       R1_xe.02
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// State of an adjacency.
    IsisState {
        /// Complete.
        Up = "UP",
        /// One direction only.
        Init = "INIT",
        /// Gone.
        Down = "DOWN",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIsisNeighbors {
    /// As listed; empty when nothing was printed.
    pub neighbors: Vec<IsisNeighbor>,
}

/// One adjacency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsisNeighbor {
    /// Process.
    pub tag: Option<String>,
    /// Name or ID of the neighbour.
    pub system_id: String,
    /// `L1`, `L2`, `L1L2`.
    #[serde(rename = "type")]
    pub level: String,
    /// Port of this device.
    pub interface: String,
    /// Address of the neighbour.
    pub ip_address: String,
    /// State.
    pub state: IsisState,
    /// Seconds until it is given up.
    pub hold_time_s: u32,
    /// Circuit.
    pub circuit_id: String,
}

const IGNORED: &[Ignored] = &[ignored("System Id Type Interface *", "heading")];

/// Reads `show isis neighbors`.
///
/// # Errors
/// On a malformed or cut row.
pub fn parse(text: &str) -> Result<Parsed<ShowIsisNeighbors>, ParseError> {
    let mut lines = Lines::new("show isis neighbors", text)?;
    let mut value = ShowIsisNeighbors::default();
    let mut tag = None;
    let mut wrapped: Option<&str> = None;
    while let Some(line) = lines.next() {
        if let Some([name]) = line.scan("Tag {}:") {
            tag = Some(name.to_owned());
            continue;
        }
        if let Some([name]) = line.scan("{} \\") {
            wrapped = Some(name);
            continue;
        }
        let cells = match wrapped.take() {
            Some(name) => line.scan("{} {} {} {} {#} {}").map(
                |[level, interface, address, state, hold, circuit]| {
                    [name, level, interface, address, state, hold, circuit]
                },
            ),
            None => line.scan("{} {} {} {} {} {#} {}"),
        };
        if let Some([id, level, interface, address, state, hold, circuit]) = cells {
            value.neighbors.push(IsisNeighbor {
                tag: tag.clone(),
                system_id: id.to_owned(),
                level: level.to_owned(),
                interface: interface.to_owned(),
                ip_address: address.to_owned(),
                state: line.word(state)?,
                hold_time_s: line.number(hold)?,
                circuit_id: circuit.to_owned(),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if wrapped.is_some() {
        return Err(lines.incomplete("the rest of the wrapped neighbour"));
    }
    Ok(lines.finish(value))
}
