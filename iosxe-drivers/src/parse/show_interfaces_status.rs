//! `show interfaces status`: which switch ports are connected.
//!
//! Source: ntc-templates golden outputs of Catalyst 2960, 9300, 9500; the name is free text and may
//! look like a status, so rows are read by the columns of the heading and from the right.
//!
//! ```text
//! Port      Name               Status       Vlan       Duplex  Speed Type
//! Gi1/0/2   AccessPoint        connected    8          a-full a-1000 10/100/1000BaseTX
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Line, Lines};
use super::table::Table;
use super::units::{is_interface, text};
use super::words::{Word, word_enum};
use super::{ParseError, Parsed};

word_enum! {
    /// Status of a port.
    PortStatus {
        /// Link.
        Connected = "connected",
        /// No link.
        Notconnect = "notconnect" | "notconnected",
        /// Shut down.
        Disabled = "disabled",
        /// Shut down by the device.
        #[serde(rename = "err-disabled")]
        ErrDisabled = "err-disabled",
        /// Suspended by link aggregation.
        Suspended = "suspended",
        /// Destination of a monitor session.
        Monitoring = "monitoring" | "monitor",
        /// Waits for link aggregation or 802.1X.
        Inactive = "inactive",
        /// Fault.
        Faulty = "faulty",
        /// Switched off by the standby.
        Standby = "standby",
        /// Being watched by dual-active detection.
        #[serde(rename = "dad")]
        Dad = "dad",
        /// Shut down by a switch without licence.
        Unassigned = "unassigned",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInterfacesStatus {
    /// As listed.
    pub ports: Vec<Port>,
}

/// One port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Short name: `Gi1/0/2`.
    pub port: String,
    /// Description, cut by the device.
    pub name: Option<String>,
    /// Its status.
    pub status: PortStatus,
    /// Words behind the status: a cable test is running (`TDR`).
    pub status_note: Option<String>,
    /// `1`, `trunk`, `routed`, `pvlan prom`, `123,1234`.
    pub vlan: String,
    /// `a-full`, `full`, `auto`; `a-` is negotiated.
    pub duplex: String,
    /// `a-1000`, `10G`, `auto`.
    pub speed: String,
    /// Medium.
    #[serde(rename = "type")]
    pub medium: Option<String>,
}

/// Reads `show interfaces status`.
///
/// # Errors
/// When the heading is missing, or a row has no status, duplex and speed.
pub fn parse(text: &str) -> Result<Parsed<ShowInterfacesStatus>, ParseError> {
    let mut lines = Lines::new("show interfaces status", text)?;
    let mut ports = Vec::new();
    let mut table = None;
    while let Some(line) = lines.next() {
        if let Some(found) = Table::header(
            &line,
            ["Port", "Name", "Status", "Vlan", "Duplex", "Speed", "Type"],
        ) {
            table = Some(found);
        } else if let (Some(table), true) = (&table, is_port(line)) {
            ports.push(row(line, table)?);
        } else {
            lines.unknown(line);
        }
    }
    if table.is_none() {
        return Err(lines.incomplete("the heading `Port Name Status Vlan Duplex Speed Type`"));
    }
    Ok(lines.finish(ShowInterfacesStatus { ports }))
}

fn is_port(line: Line<'_>) -> bool {
    line.body()
        .split_whitespace()
        .next()
        .is_some_and(is_interface)
}

fn row(line: Line<'_>, table: &Table<7>) -> Result<Port, ParseError> {
    let body = line.text;
    // Duplex is the first word of its closed set behind the place where the status may begin;
    // everything right of it is exact, even where long values shift the columns.
    let (duplex_at, duplex) = word_positions(body)
        .into_iter()
        .rev()
        .find(|(_, word)| matches!(*word, "auto" | "full" | "half" | "a-full" | "a-half"))
        .ok_or_else(|| line.bad(line.body(), "a duplex: auto, full, half, a-full or a-half"))?;
    // `auto auto`: the first of the two is the duplex.
    let (duplex_at, duplex) = word_positions(body.get(..duplex_at).unwrap_or(""))
        .into_iter()
        .next_back()
        .filter(|(_, word)| matches!(*word, "auto" | "full" | "half" | "a-full" | "a-half"))
        .unwrap_or((duplex_at, duplex));
    let tail = body.get(duplex_at + duplex.len()..).unwrap_or("").trim();
    let (speed, medium) = tail.split_once(char::is_whitespace).unwrap_or((tail, ""));
    if speed.is_empty() {
        return Err(line.bad(line.body(), "a speed behind the duplex"));
    }
    let head = body.get(..duplex_at).unwrap_or("");
    let status_at = status_position(head, table, line)
        .ok_or_else(|| line.bad(line.body(), format!("a status: {}", PortStatus::EXPECTED)))?;
    let name_end = head.get(..status_at).unwrap_or("");
    let (port, name) = name_end
        .trim()
        .split_once(char::is_whitespace)
        .unwrap_or((name_end.trim(), ""));
    let status_text = head.get(status_at..).unwrap_or("");
    let (word, rest) = status_text
        .split_once(char::is_whitespace)
        .unwrap_or((status_text, ""));
    // `connected: TDR 1`: what stands between status and VLAN belongs to the status.
    let status = line.word(word.trim_end_matches(':'))?;
    let rest = rest.trim();
    let (note, vlan) = if word.ends_with(':') {
        match rest.rsplit_once(char::is_whitespace) {
            Some((note, vlan)) => (note.trim(), vlan),
            None => ("", rest),
        }
    } else {
        ("", rest)
    };
    if vlan.is_empty() {
        return Err(line.bad(line.body(), "a VLAN behind the status"));
    }
    Ok(Port {
        port: port.to_owned(),
        name: text(name),
        status,
        status_note: text(note),
        vlan: vlan.to_owned(),
        duplex: duplex.to_owned(),
        speed: speed.to_owned(),
        medium: text(medium),
    })
}

/// Where the status begins: at its column, or, in a shifted row, the last word that is one.
fn status_position(head: &str, table: &Table<7>, line: Line<'_>) -> Option<usize> {
    let is_status = |word: &str| PortStatus::read(word.trim_end_matches(':')).is_some();
    let positions = word_positions(head);
    let column = table.start(2);
    positions
        .iter()
        .find(|(at, word)| *at == column && is_status(word))
        .or_else(|| {
            positions
                .iter()
                .skip(1)
                .rfind(|(at, word)| is_status(word) && *at + 12 > column.min(line.text.len()))
        })
        .map(|(at, _)| *at)
}

fn word_positions(text: &str) -> Vec<(usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split_whitespace()
        .map(|word| (word.as_ptr() as usize - base, word))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Port      Name               Status       Vlan       Duplex  Speed Type
Gi1/0/1                      notconnect   1            auto   auto 10/100/1000BaseTX
Gi1/0/2   *** connected to U notconnect   150        a-full a-1000 Not Present
Gi1/0/3   cable test         connected: TDR 1        a-full  a-100 10/100/1000BaseTX
Twe1/0/17 Device 5           connected    pvlan prom   full    10G SFP-10GBase-SR
Po1       bundle             connected    trunk      a-full a-1000
";

    #[test]
    fn names_that_look_like_a_status_and_long_vlans() {
        let parsed = parse(TEXT).unwrap();
        assert!(parsed.unknown.is_empty());
        let ports = parsed.value.ports;
        assert_eq!(ports[1].name.as_deref(), Some("*** connected to U"));
        assert_eq!(
            (ports[1].status, ports[1].vlan.as_str()),
            (PortStatus::Notconnect, "150")
        );
        assert_eq!(
            (ports[2].status_note.as_deref(), ports[2].vlan.as_str()),
            (Some("TDR"), "1")
        );
        assert_eq!(ports[3].vlan, "pvlan prom");
        assert_eq!(
            (ports[0].duplex.as_str(), ports[0].speed.as_str()),
            ("auto", "auto")
        );
        assert_eq!(ports[4].medium, None);
    }

    #[test]
    fn a_cut_row_is_an_error() {
        assert!(parse(&TEXT[..TEXT.len() - 30]).is_err());
    }
}
