//! `show lldp neighbors`: who is on which port.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! Device ID           Local Intf     Hold-time  Capability      Port ID
//! switch-01           Gi2/0/6        105        B               Gi2/0/51
//!
//! Total entries displayed: 1
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::words;
use super::units::is_interface;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowLldpNeighbors {
    /// As listed.
    pub neighbors: Vec<LldpNeighbor>,
    /// How many the device says that it listed.
    pub total: Option<u32>,
}

/// One neighbour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LldpNeighbor {
    /// Its name, cut by the device.
    pub device_id: String,
    /// Port of this device: `Gi2/0/6`.
    pub local_interface: String,
    /// Seconds until it is forgotten.
    pub hold_time_s: u32,
    /// Letters of the legend: `B,R`.
    pub capability: Option<String>,
    /// Port of the neighbour.
    pub port_id: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Capability codes:", "legend"),
    ignored("({}) {*}", "legend"),
    ignored("Device ID *", "heading"),
];

/// Reads `show lldp neighbors`.
///
/// # Errors
/// When LLDP is not enabled, the heading is missing, or fewer rows are listed than declared.
pub fn parse(text: &str) -> Result<Parsed<ShowLldpNeighbors>, ParseError> {
    let mut lines = Lines::new("show lldp neighbors", text)?;
    let mut value = ShowLldpNeighbors::default();
    let mut headed = false;
    while let Some(line) = lines.next() {
        if line.starts("% LLDP is not enabled") {
            return Err(line.bad(line.body(), "neighbours; LLDP is not enabled"));
        }
        if line.starts("Device ID") {
            headed = true;
        } else if let Some([count]) = line.scan("Total entries displayed:~{#}") {
            value.total = Some(line.number(count)?);
        } else if headed && let Some(row) = row(line)? {
            value.neighbors.push(row);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !headed {
        return Err(lines.incomplete("the heading `Device ID`"));
    }
    let found = u32::try_from(value.neighbors.len()).unwrap_or(u32::MAX);
    if value.total.is_some_and(|total| found < total) && lines.all_known() {
        return Err(lines.incomplete("as many neighbours as declared"));
    }
    Ok(lines.finish(value))
}

fn row(line: Line<'_>) -> Result<Option<LldpNeighbor>, ParseError> {
    let all = words(line.body());
    let at = all.windows(2).skip(1).position(|pair| {
        matches!(pair, [port, hold] if is_interface(port) && hold.bytes().all(|b| b.is_ascii_digit()))
    });
    let Some(at) = at.map(|at| at + 1) else {
        return Ok(None);
    };
    let (name, rest) = all.split_at_checked(at).unwrap_or((&all, &[]));
    let [local, hold, rest @ ..] = rest else {
        return Ok(None);
    };
    let is_capability = |word: &str| {
        word.split(',')
            .all(|c| c.len() == 1 && c.bytes().all(|b| b.is_ascii_uppercase()))
    };
    let (capability, port) = match rest {
        [first, tail @ ..] if !tail.is_empty() && is_capability(first) => (Some(*first), tail),
        _ => (None, rest),
    };
    Ok(Some(LldpNeighbor {
        device_id: name.join(" "),
        local_interface: (*local).to_owned(),
        hold_time_s: line.number(hold)?,
        capability: capability.map(str::to_owned),
        port_id: units::text(&port.join(" ")),
    }))
}
