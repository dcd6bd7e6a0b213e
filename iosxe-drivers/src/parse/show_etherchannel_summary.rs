//! `show etherchannel summary`: port channels and their members.
//!
//! Source: genieparser and ntc-templates golden outputs; newer trains print words instead of
//! letters (`bndl`). The legend is fixed, its letters are kept as the device prints them.
//!
//! ```text
//! Number of channel-groups in use: 1
//! Number of aggregators:           1
//!
//! Group  Port-channel  Protocol    Ports
//! ------+-------------+-----------+-----------------------------------------------
//! 10     Po10(SU)        PAgP      Gi1/0/15(P)     Gi1/0/16(P)
//!                                  Gi1/0/17(P)
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// State of a port channel, as its letter `U` or `D` says.
    ChannelState {
        /// In use.
        Up = "U",
        /// Down.
        Down = "D",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowEtherchannelSummary {
    /// Groups in use, as declared.
    pub groups_in_use: Option<u32>,
    /// Aggregators, as declared.
    pub aggregators: Option<u32>,
    /// The port channels.
    pub channels: Vec<Channel>,
}

/// One port channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Number of the group.
    pub group: u32,
    /// Short name: `Po10`.
    pub name: String,
    /// Long name: `Port-channel10`.
    pub interface: String,
    /// Flags of the legend: `SU` is layer 2, in use.
    pub flags: String,
    /// State according to the flags.
    pub state: ChannelState,
    /// `LACP`, `PAgP`, none for a static one.
    pub protocol: Option<String>,
    /// Its members.
    pub ports: Vec<ChannelPort>,
}

/// One member of a port channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelPort {
    /// Short name.
    pub port: String,
    /// Flags of the legend: `P` or `bndl` is bundled.
    pub flags: String,
}

impl ChannelPort {
    /// Whether it carries traffic.
    #[must_use]
    pub fn is_bundled(&self) -> bool {
        self.flags.contains('P') || self.flags.contains("bndl")
    }
}

const IGNORED: &[Ignored] = &[
    ignored("Flags: *", "legend"),
    ignored("Group Port-channel Protocol Ports", "heading"),
];

/// Reads `show etherchannel summary`.
///
/// # Errors
/// On a malformed row, and when fewer channels are listed than groups declared.
pub fn parse(text: &str) -> Result<Parsed<ShowEtherchannelSummary>, ParseError> {
    let mut lines = Lines::new("show etherchannel summary", text)?;
    let mut value = ShowEtherchannelSummary {
        groups_in_use: None,
        aggregators: None,
        channels: Vec::new(),
    };
    let mut headed = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([count]) = line.scan("Number of channel-groups in use:~{*}") {
            value.groups_in_use = if count.is_empty() {
                None
            } else {
                Some(line.number(count)?)
            };
        } else if let Some([count]) = line.scan("Number of aggregators:~{#}") {
            value.aggregators = Some(line.number(count)?);
        } else if line.starts("Group ") {
            headed = true;
        } else if headed && line.body().starts_with(|c: char| c.is_ascii_digit()) {
            let channel = channel(line)?;
            value.channels.push(channel);
        } else if headed && let Some(ports) = ports(line.body()) {
            match value.channels.last_mut() {
                Some(channel) => channel.ports.extend(ports),
                None => lines.unknown(line),
            }
        } else if !is_legend(line) {
            lines.pass(line, IGNORED);
        }
    }
    if !headed {
        return Err(lines.incomplete("the heading `Group Port-channel Protocol Ports`"));
    }
    let declared = value.groups_in_use.unwrap_or(0);
    if u32::try_from(value.channels.len()).is_ok_and(|found| found < declared) {
        return Err(lines.incomplete(format!("{declared} channel groups")));
    }
    Ok(lines.finish(value))
}

/// `10     Po10(SU)        PAgP        Gi1/0/15(P)     Gi1/0/16(P)`.
fn channel(line: Line<'_>) -> Result<Channel, ParseError> {
    let bad = || {
        line.bad(
            line.body(),
            "group, port channel with flags, protocol and ports",
        )
    };
    let mut words = line.body().split_whitespace();
    let (Some(group), Some(name)) = (words.next(), words.next()) else {
        return Err(bad());
    };
    let port = port(name).ok_or_else(bad)?;
    let protocol = words.next().filter(|word| *word != "-").map(str::to_owned);
    let rest: Vec<&str> = words.collect();
    let ports = if rest.is_empty() {
        Some(Vec::new())
    } else {
        ports(&rest.join(" "))
    };
    let state = if port.flags.contains('U') {
        ChannelState::Up
    } else {
        ChannelState::Down
    };
    let group = line.number(group)?;
    Ok(Channel {
        group,
        interface: format!(
            "Port-channel{}",
            port.port.trim_start_matches(|c: char| !c.is_ascii_digit())
        ),
        name: port.port,
        flags: port.flags,
        state,
        protocol,
        ports: ports.ok_or_else(bad)?,
    })
}

fn ports(text: &str) -> Option<Vec<ChannelPort>> {
    text.split_whitespace().map(port).collect()
}

fn port(word: &str) -> Option<ChannelPort> {
    let (port, flags) = word.strip_suffix(')')?.split_once('(')?;
    (super::units::is_interface(port) && !flags.is_empty()).then(|| ChannelPort {
        port: port.to_owned(),
        flags: flags.to_owned(),
    })
}

/// `I - stand-alone s - suspended`: a letter or word, a dash, its meaning.
fn is_legend(line: Line<'_>) -> bool {
    line.scan("{} - {*}").is_some_and(|[flag, _]: [&str; 2]| {
        flag.len() <= 7 && !flag.contains(|c: char| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Flags:  D - down        P - bundled in port-channel\n        I - stand-alone s - suspended\n\
        Number of channel-groups in use: 2\nNumber of aggregators:           2\n\n\
        Group  Port-channel  Protocol    Ports\n------+-------------+-----------+------\n\
        1      Po1(SD)          -\n10     Po10(SU)        LACP        Gi1/0/15(P)     Gi1/0/16(s)\n\
        \x20                                  Gi1/0/17(P)\n";

    #[test]
    fn wrapped_members_belong_to_the_channel_above() {
        let parsed = parse(TEXT).unwrap();
        assert!(parsed.unknown.is_empty());
        let channels = parsed.value.channels;
        assert_eq!(channels[1].ports.len(), 3);
        assert!(!channels[1].ports[1].is_bundled());
        assert_eq!(
            (channels[0].state, channels[0].protocol.as_deref()),
            (ChannelState::Down, None)
        );
    }

    #[test]
    fn the_declared_count_is_checked() {
        assert!(parse(TEXT.split("10     Po10").next().unwrap()).is_err());
    }
}
