//! `show ip ospf neighbor`: adjacencies.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! Neighbor ID     Pri   State           Dead Time   Address         Interface
//! 10.0.0.1          0   FULL/  -        00:00:32    10.0.1.1        Port-channel1
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIpOspfNeighbor {
    /// As listed; empty when nothing was printed.
    pub neighbors: Vec<OspfNeighbor>,
}

/// One adjacency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OspfNeighbor {
    /// Router ID of the neighbour.
    pub neighbor_id: String,
    /// Its priority.
    pub priority: u32,
    /// State and role: `full/dr`, `full/  -`.
    pub state: String,
    /// Seconds until it is given up.
    pub dead_time_s: Option<u64>,
    /// Its address.
    pub address: String,
    /// Port of this device.
    pub interface: String,
}

impl OspfNeighbor {
    /// Whether the adjacency is complete.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.state.starts_with("full")
    }
}

const IGNORED: &[Ignored] = &[
    ignored("Neighbor ID Pri State *", "heading"),
    ignored("OSPF Router with ID *", "heading of a process"),
];

/// Reads `show ip ospf neighbor`.
///
/// # Errors
/// On a malformed row.
pub fn parse(text: &str) -> Result<Parsed<ShowIpOspfNeighbor>, ParseError> {
    let mut lines = Lines::new("show ip ospf neighbor", text)?;
    let mut value = ShowIpOspfNeighbor::default();
    while let Some(line) = lines.next() {
        if line
            .body()
            .split(' ')
            .next()
            .is_some_and(super::units::is_ipv4)
        {
            value.neighbors.push(tail_row(line)?);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    Ok(lines.finish(value))
}

fn tail_row(line: super::cursor::Line<'_>) -> Result<OspfNeighbor, ParseError> {
    let words = super::scan::words(line.body());
    let [id, priority, state @ .., dead, address, interface] = words.as_slice() else {
        return Err(line.bad(
            line.body(),
            "id, priority, state, dead time, address, interface",
        ));
    };
    let state = state.join("  ");
    if state.is_empty() {
        return Err(line.bad(
            line.body(),
            "id, priority, state, dead time, address, interface",
        ));
    }
    row(line, [id, priority, &state, dead, address, interface])
}

fn row(line: super::cursor::Line<'_>, cells: [&str; 6]) -> Result<OspfNeighbor, ParseError> {
    let [id, priority, state, dead, address, interface] = cells;
    Ok(OspfNeighbor {
        neighbor_id: id.to_owned(),
        priority: line.number(priority)?,
        state: state.to_ascii_lowercase(),
        dead_time_s: if dead == "-" {
            None
        } else {
            Some(line.clock(dead)?)
        },
        address: address.to_owned(),
        interface: interface.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_with_and_without_a_role() {
        let value = parse(
            "Neighbor ID     Pri   State           Dead Time   Address         Interface\n\
             10.0.0.1          0   FULL/  -        00:00:32    10.0.1.1        Port-channel1\n\
             10.0.0.2          1   2WAY/DROTHER    00:00:31    10.0.1.2        Vlan10\n",
        )
        .unwrap()
        .value;
        assert!(value.neighbors[0].is_full() && !value.neighbors[1].is_full());
        assert!(parse("10.0.0.2          1   2WAY/DROTHER    00:00:31\n").is_err());
    }
}
