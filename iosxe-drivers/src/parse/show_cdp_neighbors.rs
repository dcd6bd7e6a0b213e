//! `show cdp neighbors`: who is on which port.
//!
//! Source: genieparser and ntc-templates golden outputs; long names wrap, platforms may touch the
//! port, and the port may be missing.
//!
//! ```text
//! Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID
//! sw2.example.com
//!                  Ten 1/1/3         173              R I   ASR1002-H Ten 0/1/0
//!
//! Total cdp entries displayed : 1
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::words;
use super::units::is_interface;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowCdpNeighbors {
    /// As listed.
    pub neighbors: Vec<CdpNeighbor>,
    /// How many the device says that it listed; old releases do not say.
    pub total: Option<u32>,
}

/// One neighbour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdpNeighbor {
    /// Its name, perhaps with its serial number in parentheses.
    pub device_id: String,
    /// Port of this device, as printed: `Gig 1/0/1`.
    pub local_interface: String,
    /// Seconds until it is forgotten.
    pub hold_time_s: u32,
    /// Letters of the legend: `R S I`.
    pub capability: Option<String>,
    /// Product, cut by the device.
    pub platform: Option<String>,
    /// Port of the neighbour.
    pub port_id: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Capability Codes: *", "legend"),
    ignored("{} - {*}", "legend"),
    ignored("Device ID *", "heading"),
    ignored("Device-ID *", "heading"),
    ignored("Port ID", "heading"),
];

/// Reads `show cdp neighbors`.
///
/// # Errors
/// When CDP is not enabled, the heading is missing, a wrapped row is cut, or fewer rows are listed
/// than declared.
pub fn parse(text: &str) -> Result<Parsed<ShowCdpNeighbors>, ParseError> {
    let mut lines = Lines::new("show cdp neighbors", text)?;
    let mut value = ShowCdpNeighbors::default();
    let mut headed = false;
    let mut pending: Option<Line<'_>> = None;
    while let Some(line) = lines.next() {
        if line.starts("% CDP is not enabled") {
            return Err(line.bad(line.body(), "neighbours; CDP is not enabled"));
        }
        if line.starts("Device ID") || line.starts("Device-ID") {
            headed = true;
        } else if let Some([count]) = line.scan("Total cdp entries displayed :~{#}") {
            value.total = Some(line.number(count)?);
        } else if headed && let Some(row) = row(line, pending.map(|l| l.body()))? {
            value.neighbors.push(row);
            pending = None;
        } else if headed && pending.is_none() && line.indent() == 0 && !line.body().contains(' ') {
            pending = Some(line);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if let Some(line) = pending {
        return Err(line.bad(line.body(), "port, hold time and platform on the next line"));
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

const CAPABILITIES: &str = "RTBSHIrPDCMVsW";

fn is_capability(word: &str) -> bool {
    word.len() == 1 && CAPABILITIES.contains(word)
}

/// `R5.example.com  Gig 0/0  125  R B  ASR1002 Gig 0/0`; without a name when it wrapped.
fn row(line: Line<'_>, name: Option<&str>) -> Result<Option<CdpNeighbor>, ParseError> {
    let all = words(line.body());
    let first = usize::from(name.is_none());
    let digits = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
    // The hold time is a number behind the port, and capabilities follow it.
    let numbers = || {
        all.iter()
            .enumerate()
            .skip(first + 1)
            .filter(|(_, word)| digits(word))
    };
    let hold = numbers()
        .find(|(at, _)| all.get(at + 1).is_some_and(|next| is_capability(next)))
        .or_else(|| numbers().find(|(at, _)| !all.get(at + 1).is_some_and(digits)));
    let Some((at, hold)) = hold else {
        return Ok(None);
    };
    let port = all.get(first..at).unwrap_or_default();
    let local = port.join(" ");
    if !(1..=2).contains(&port.len()) || !is_interface(&port.concat()) {
        return Ok(None);
    }
    let rest = all.get(at + 1..).unwrap_or_default();
    let letters = rest.iter().take_while(|word| is_capability(word)).count();
    let (capability, rest) = rest.split_at_checked(letters).unwrap_or((rest, &[]));
    let (platform, port_id) = platform_and_port(rest);
    Ok(Some(CdpNeighbor {
        device_id: name.or(all.first().copied()).unwrap_or("").to_owned(),
        local_interface: local,
        hold_time_s: line.number(hold)?,
        capability: units::text(&capability.join(" ")),
        platform,
        port_id,
    }))
}

/// `WS-C3850- Ten 1/1/4`, `WS-C2950T-Fas 0/15`, `IP Phone Port 1`, `N9K-C93240YC- Eth1/3`.
fn platform_and_port(rest: &[&str]) -> (Option<String>, Option<String>) {
    const KINDS: [&str; 12] = [
        "Fas", "Gig", "Ten", "Eth", "Two", "Twe", "For", "Hun", "Ser", "Fif", "Ath", "Fou",
    ];
    match rest {
        [] => (None, None),
        [one] => (None, Some((*one).to_owned())),
        [before @ .., kind, number]
            if number.bytes().next().is_some_and(|b| b.is_ascii_digit())
                && !kind.bytes().any(|b| b.is_ascii_digit())
                && kind.bytes().all(|b| b.is_ascii_alphabetic()) =>
        {
            (
                units::text(&before.join(" ")),
                Some(format!("{kind} {number}")),
            )
        }
        [before @ .., kind, number]
            if number.bytes().next().is_some_and(|b| b.is_ascii_digit())
                && KINDS.iter().any(|k| kind.ends_with(k)) =>
        {
            let (glued, kind) = kind.split_at_checked(kind.len() - 3).unwrap_or((kind, ""));
            let mut platform = before.join(" ");
            platform.push_str(glued);
            (units::text(&platform), Some(format!("{kind} {number}")))
        }
        [before @ .., port] => (units::text(&before.join(" ")), Some((*port).to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_glued_and_missing_cells() {
        let value = parse(
            "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID\n\
             a.example.com\n                 Ten 1/1/3         173              R I   ASR1002-H Ten 0/1/0\n\
             b.example.com    Fas 0/1            167         T S       WS-C3524-XFas 0/13\n\
             SEP1             Gig 1/0/7          179              H P   Mitel 532 Port 1\n\
             c(FDO1)          Eth1/39/1          159    R S I s\n\
             Total cdp entries displayed : 4\n",
        )
        .unwrap();
        assert!(value.unknown.is_empty(), "{:?}", value.unknown);
        let n = value.value.neighbors;
        assert_eq!(
            (n[0].device_id.as_str(), n[0].port_id.as_deref()),
            ("a.example.com", Some("Ten 0/1/0"))
        );
        assert_eq!(
            (n[1].platform.as_deref(), n[1].port_id.as_deref()),
            (Some("WS-C3524-X"), Some("Fas 0/13"))
        );
        assert_eq!(
            (n[2].platform.as_deref(), n[2].port_id.as_deref()),
            (Some("Mitel 532"), Some("Port 1"))
        );
        assert_eq!(n[3].port_id, None);
    }

    #[test]
    fn a_cut_wrap_and_a_cut_table() {
        let head = "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID\n";
        assert!(parse(&format!("{head}a.example.com\n")).is_err());
        assert!(parse(&format!("{head}Total cdp entries displayed : 1\n")).is_err());
    }
}
