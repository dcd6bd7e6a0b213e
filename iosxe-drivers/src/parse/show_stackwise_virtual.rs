//! `show stackwise-virtual`, `… link`, `… dual-active-detection [pagp]`, `show switch virtual`:
//! two switches as one.
//!
//! The protocol status has two legends (`P` is Bundled in the older, Pending in the newer), so the
//! legend line is read.
//!
//! Source: genieparser golden outputs of Catalyst 9400, 9500, 9500X; ntc-templates for VSS.
//!
//! ```text
//! S-Suspended P-Pending E-Error T-Timeout R-Ready
//! Switch  SVL     Ports                           Link-Status     Protocol-Status
//! ------  ---     -----                           -----------     ---------------
//! 1       1       TenGigabitEthernet1/0/1         U               R
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{pair, words};
use super::units::{self, is_interface};
use super::words::{Word, word_enum};
use super::{ParseError, Parsed};

word_enum! {
    /// State of a link.
    SvlLink {
        /// Works.
        Up = "U",
        /// Does not work.
        Down = "D",
    }
}

/// The value of the commands; what was not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowStackwiseVirtual {
    /// Whether the mode is on.
    pub enabled: Option<bool>,
    /// Domain.
    pub domain: Option<u32>,
    /// Links that are configured.
    pub links: Vec<SvlPorts>,
    /// States of the links.
    pub link_states: Vec<SvlPort>,
    /// Bandwidth of each switch.
    pub bandwidths: Vec<SvlBandwidth>,
    /// Dual-active detection.
    pub detection: Option<DualActive>,
    /// Members of a VSS.
    pub members: Vec<VssMember>,
}

/// The ports of one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SvlPorts {
    /// Switch.
    pub switch: u32,
    /// Number of the link.
    pub link: u32,
    /// Its ports.
    pub ports: Vec<String>,
}

/// One port of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SvlPort {
    /// Switch.
    pub switch: u32,
    /// Number of the link.
    pub link: u32,
    /// The port.
    pub port: String,
    /// State of the link.
    pub link_status: SvlLink,
    /// Letter of the protocol state.
    pub protocol_letter: String,
    /// What the legend of this output calls it: `ready`, `bundled`.
    pub protocol_status: String,
}

/// Bandwidth of one switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SvlBandwidth {
    /// Switch.
    pub switch: u32,
    /// `100G`.
    pub bandwidth: String,
}

/// Dual-active detection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DualActive {
    /// Detection by PAgP.
    pub pagp_enabled: Option<bool>,
    /// Lost an election: all ports are down. Nothing disruptive may be done.
    pub in_recovery: Option<bool>,
    /// What found the second active.
    pub triggered_by: Option<String>,
    /// When.
    pub triggered_at: Option<String>,
    /// Whether the switch reloads to recover.
    pub recovery_reload: Option<bool>,
    /// Ports of fast hello.
    pub ports: Vec<DadPort>,
    /// Port channels of PAgP.
    pub pagp_ports: Vec<PagpPort>,
}

/// One port of fast hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DadPort {
    /// Switch.
    pub switch: u32,
    /// The port.
    pub port: String,
    /// `up`, `down`.
    pub status: String,
}

/// One port of PAgP detection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PagpPort {
    /// Channel group.
    pub group: u32,
    /// The port.
    pub port: String,
    /// Whether the partner can detect.
    pub capable: bool,
    /// The partner.
    pub partner: String,
    /// Its port.
    pub partner_port: Option<String>,
    /// Version of its detection.
    pub partner_version: Option<String>,
}

/// One member of a VSS (4500, 6500).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VssMember {
    /// `Virtual Switch`, `Standalone`.
    pub mode: String,
    /// Domain.
    pub domain: Option<u32>,
    /// Number of the switch.
    pub switch: Option<u32>,
    /// `Virtual Switch Active`.
    pub role: Option<String>,
    /// Number of the peer.
    pub peer_switch: Option<u32>,
    /// Role of the peer.
    pub peer_role: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Stackwise Virtual Configuration:", "heading"),
    ignored("Stackwise Virtual Link(SVL) Information:", "heading"),
    ignored("Dual-Active-Detection Configuration:", "heading"),
    ignored("Flags:", "heading"),
    ignored("Link Status", "heading"),
    ignored("Protocol Status", "heading"),
    ignored("U-Up D-Down", "legend; the letters are fixed"),
    ignored("Switch SVL *", "heading"),
    ignored("Switch Stackwise Virtual Link *", "heading"),
    ignored("Switch Bandwidth", "heading"),
    ignored("Switch Dad port *", "heading"),
    ignored("Dual-Active Partner *", "heading"),
    ignored("Port Detect Capable *", "heading"),
    ignored(
        "Executing the command on VSS member *",
        "the next lines name the switch",
    ),
    ignored("No PAgP channel groups configured", "the list stays empty"),
];

/// Reads the commands.
///
/// # Errors
/// On a letter outside the legend, a malformed row, and when nothing was told.
pub fn parse(text: &str) -> Result<Parsed<ShowStackwiseVirtual>, ParseError> {
    read("show stackwise-virtual", text)
}

/// Reads `show stackwise-virtual dual-active-detection` and the VSS commands.
///
/// # Errors
/// As [`parse`].
pub fn parse_detection(text: &str) -> Result<Parsed<ShowStackwiseVirtual>, ParseError> {
    read("show stackwise-virtual dual-active-detection", text)
}

fn read(command: &'static str, text: &str) -> Result<Parsed<ShowStackwiseVirtual>, ParseError> {
    let mut lines = Lines::new(command, text)?;
    let mut value = ShowStackwiseVirtual::default();
    let mut legend: Vec<(&str, &str)> = Vec::new();
    let mut place = (0, 0);
    let mut group = None;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            continue;
        }
        if line.body().contains("E-Error") {
            legend = words(line.body())
                .iter()
                .filter_map(|w| w.split_once('-'))
                .collect();
            continue;
        }
        if let Some([number]) = line.scan("Channel group {#}") {
            group = Some(line.number::<u32>(number)?);
            continue;
        }
        if key(&mut value, line)? {
            continue;
        }
        if !row(&mut value, line, &legend, &mut place, group)? {
            lines.pass(line, IGNORED);
        }
    }
    if value == ShowStackwiseVirtual::default() {
        return Err(lines.incomplete("the state of StackWise Virtual"));
    }
    Ok(lines.finish(value))
}

fn key(value: &mut ShowStackwiseVirtual, line: Line<'_>) -> Result<bool, ParseError> {
    let Some((key, text)) = pair(line.text, ':') else {
        return Ok(false);
    };
    if text.is_empty() {
        return Ok(false);
    }
    match key {
        "Stackwise Virtual" => value.enabled = Some(line.switch(text)?),
        "Domain Number" => value.domain = Some(line.number(text)?),
        "Pagp dual-active detection enabled" => {
            value.detection.get_or_insert_default().pagp_enabled = Some(line.switch(text)?);
        }
        "In dual-active recovery mode" => {
            value.detection.get_or_insert_default().in_recovery = Some(line.switch(text)?);
        }
        "Recovery mode triggered by" => {
            value.detection.get_or_insert_default().triggered_by = units::text(text);
        }
        "Triggered Time" => {
            value.detection.get_or_insert_default().triggered_at = units::text(text);
        }
        "Recovery Reload" => {
            value.detection.get_or_insert_default().recovery_reload = Some(line.switch(text)?);
        }
        "Switch mode" => value.members.push(VssMember {
            mode: text.to_owned(),
            ..VssMember::default()
        }),
        _ => {
            let Some(member) = value.members.last_mut() else {
                return Ok(false);
            };
            match key {
                "Virtual switch domain number" => member.domain = Some(line.number(text)?),
                "Local switch number" => member.switch = Some(line.number(text)?),
                "Local switch operational role" => {
                    member.role = units::text(text.trim_start_matches("Virtual Switch "))
                }
                "Peer switch number" => member.peer_switch = Some(line.number(text)?),
                "Peer switch operational role" => {
                    member.peer_role = units::text(text.trim_start_matches("Virtual Switch "))
                }
                _ => return Ok(false),
            }
        }
    }
    Ok(true)
}

fn row(
    value: &mut ShowStackwiseVirtual,
    line: Line<'_>,
    legend: &[(&str, &str)],
    place: &mut (u32, u32),
    group: Option<u32>,
) -> Result<bool, ParseError> {
    let all = words(line.body());
    let digits = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    // Switch and link stand on the first row of each group only.
    let cells = match all.as_slice() {
        [switch, link, rest @ ..] if digits(switch) && digits(link) => {
            *place = (line.number(switch)?, line.number(link)?);
            rest
        }
        [switch, rest @ ..] if digits(switch) && !rest.is_empty() => {
            *place = (line.number(switch)?, 0);
            rest
        }
        rest => rest,
    };
    let (switch, link) = *place;
    match cells {
        [port, capable, partner, partner_port, version]
            if group.is_some() && is_interface(port) =>
        {
            let detection = value.detection.get_or_insert_default();
            detection.pagp_ports.push(PagpPort {
                group: group.unwrap_or(0),
                port: (*port).to_owned(),
                capable: line.switch(capable)?,
                partner: (*partner).to_owned(),
                partner_port: units::given(partner_port),
                partner_version: Some((*version).to_owned()),
            });
        }
        [port, status, protocol] if is_interface(port) && SvlLink::read(status).is_some() => {
            let meaning = legend.iter().find(|(letter, _)| letter == protocol);
            let Some((_, meaning)) = meaning else {
                return Err(line.bad(protocol, "a letter of the legend above the table"));
            };
            value.link_states.push(SvlPort {
                switch,
                link,
                port: (*port).to_owned(),
                link_status: line.word(status)?,
                protocol_letter: (*protocol).to_owned(),
                protocol_status: meaning.to_ascii_lowercase(),
            });
        }
        [port, status @ ("up" | "down")] if is_interface(port) => {
            value.detection.get_or_insert_default().ports.push(DadPort {
                switch,
                port: (*port).to_owned(),
                status: (*status).to_owned(),
            });
        }
        [port] if is_interface(port) => match value.links.last_mut() {
            Some(last) if (last.switch, last.link) == (switch, link) => {
                last.ports.push((*port).to_owned());
            }
            _ => value.links.push(SvlPorts {
                switch,
                link,
                ports: vec![(*port).to_owned()],
            }),
        },
        [bandwidth] if bandwidth.ends_with('G') && digits(bandwidth.trim_end_matches('G')) => {
            value.bandwidths.push(SvlBandwidth {
                switch,
                bandwidth: (*bandwidth).to_owned(),
            });
        }
        _ => return Ok(false),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_gives_the_meaning() {
        let table = "Switch  SVL     Ports      Link-Status     Protocol-Status\n\
            1       1       TenGigabitEthernet1/0/1         U               P\n\
            \x20               TenGigabitEthernet1/0/2         D               P\n";
        for (legend, meaning) in [
            ("S-Suspended P-Pending E-Error T-Timeout R-Ready", "pending"),
            (
                "s-Suspended P-Bundled E-Error D-Down R-RLayer3 I-Indiv",
                "bundled",
            ),
        ] {
            let value = parse(&format!("{legend}\n{table}")).unwrap().value;
            assert_eq!(value.link_states[1].protocol_status, meaning);
            assert_eq!(value.link_states[1].link_status, SvlLink::Down);
        }
        assert!(parse(table).is_err());
    }
}
