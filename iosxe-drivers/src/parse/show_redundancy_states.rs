//! `show redundancy states`: may the standby take over?
//!
//! Source: genieparser golden outputs of ASR 1000 and Catalyst; lines vary (`Maintenance Mode` and
//! `RF debug mask` may be absent).
//!
//! ```text
//!        my state = 13 -ACTIVE
//!      peer state = 8  -STANDBY HOT
//!            Mode = Duplex
//! Redundancy Mode (Operational) = sso
//!     Manual Swact = enabled
//!  Communications = Up
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::pair;
use super::show_redundancy::{Communications, HardwareMode, RedundancyMode};
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowRedundancyStates {
    /// State of this processor.
    pub my_state: RfState,
    /// State of the peer.
    pub peer_state: RfState,
    /// One or two processors.
    pub mode: HardwareMode,
    /// `Primary` or `Secondary`.
    pub unit: Option<String>,
    /// Number of the unit.
    pub unit_id: Option<u32>,
    /// Mode that works.
    pub operational_mode: RedundancyMode,
    /// Mode that is configured.
    pub configured_mode: Option<RedundancyMode>,
    /// Mode that was reached.
    pub state: Option<RedundancyMode>,
    /// Maintenance mode; `false` is good.
    pub maintenance_mode: Option<bool>,
    /// Whether a switchover by hand is allowed.
    pub manual_switchover: Option<bool>,
    /// Why it is not.
    pub manual_switchover_reason: Option<String>,
    /// Whether the processors talk.
    pub communications: Communications,
    /// Why they do not.
    pub communications_reason: Option<String>,
    /// Clients of the redundancy facility.
    pub client_count: Option<u32>,
    /// How long a client may take.
    pub client_notification_ms: Option<u64>,
    /// Debug mask.
    pub debug_mask: Option<u32>,
}

/// A state with its number: `13 -ACTIVE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RfState {
    /// 13 is active, 8 standby hot, 1 disabled.
    pub number: u32,
    /// The state in full, number first, in lower case: `13 -active`.
    pub state: String,
}

impl ShowRedundancyStates {
    /// Whether the standby can take over with state.
    #[must_use]
    pub fn sso_ready(&self) -> bool {
        self.mode == HardwareMode::Duplex
            && self.peer_state.number == 8
            && self.operational_mode == RedundancyMode::Sso
            && self.manual_switchover == Some(true)
            && self.communications == Communications::Up
    }
}

const IGNORED: &[Ignored] = &[
    ignored("keep_alive *", "timers of the redundancy facility"),
    ignored("Standby *", "timers of the redundancy facility"),
];

#[derive(Default)]
struct Draft {
    mine: Option<RfState>,
    peer: Option<RfState>,
    mode: Option<HardwareMode>,
    operational: Option<RedundancyMode>,
    communications: Option<Communications>,
}

/// Reads `show redundancy states`.
///
/// # Errors
/// On a mode outside the legend, and when a line that decides is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowRedundancyStates>, ParseError> {
    let mut lines = Lines::new("show redundancy states", text)?;
    let mut draft = Draft::default();
    let mut value = ShowRedundancyStates {
        my_state: RfState {
            number: 0,
            state: String::new(),
        },
        peer_state: RfState {
            number: 0,
            state: String::new(),
        },
        mode: HardwareMode::Simplex,
        unit: None,
        unit_id: None,
        operational_mode: RedundancyMode::NonRedundant,
        configured_mode: None,
        state: None,
        maintenance_mode: None,
        manual_switchover: None,
        manual_switchover_reason: None,
        communications: Communications::Down,
        communications_reason: None,
        client_count: None,
        client_notification_ms: None,
        debug_mask: None,
    };
    while let Some(line) = lines.next() {
        let Some((key, text)) = pair(line.text, '=') else {
            lines.pass(line, IGNORED);
            continue;
        };
        match key {
            "my state" => draft.mine = Some(state(line, text)?),
            "peer state" => draft.peer = Some(state(line, text)?),
            "Mode" => draft.mode = Some(line.word(text)?),
            "Unit" => value.unit = units::text(text),
            "Unit ID" => value.unit_id = Some(line.number(text)?),
            "Redundancy Mode (Operational)" => draft.operational = Some(line.word(text)?),
            "Redundancy Mode (Configured)" => value.configured_mode = Some(line.word(text)?),
            "Redundancy State" => value.state = Some(line.word(text)?),
            "Maintenance Mode" => value.maintenance_mode = Some(line.switch(text)?),
            "Manual Swact" => {
                let (switch, reason) = text.split_once('(').unwrap_or((text, ""));
                value.manual_switchover = Some(line.switch(switch.trim())?);
                value.manual_switchover_reason =
                    units::text(reason.strip_suffix(')').unwrap_or(reason));
            }
            "Communications" => {
                let (switch, reason) = text.split_once("Reason:").unwrap_or((text, ""));
                draft.communications = Some(line.word(switch.trim())?);
                value.communications_reason = units::text(reason);
            }
            "client count" => value.client_count = Some(line.number(text)?),
            "client_notification_TMR" => {
                let Some(number) = text.strip_suffix(" milliseconds") else {
                    return Err(line.bad(text, "a number of milliseconds"));
                };
                value.client_notification_ms = Some(line.number(number)?);
            }
            "RF debug mask" => value.debug_mask = Some(line.hex(text)?),
            _ => lines.pass(line, IGNORED),
        }
    }
    value.my_state = lines.need(draft.mine, "`my state`")?;
    value.peer_state = lines.need(draft.peer, "`peer state`")?;
    value.mode = lines.need(draft.mode, "`Mode`")?;
    value.operational_mode = lines.need(draft.operational, "`Redundancy Mode (Operational)`")?;
    value.communications = lines.need(draft.communications, "`Communications`")?;
    lines.need(value.client_notification_ms, "`client_notification_TMR`")?;
    Ok(lines.finish(value))
}

/// `13 -ACTIVE`.
fn state(line: Line<'_>, text: &str) -> Result<RfState, ParseError> {
    let Some([number, word]) = super::scan::scan("{#}~-{*}", text) else {
        return Err(line.bad(text, "a state like `13 -ACTIVE`"));
    };
    Ok(RfState {
        number: line.number(number)?,
        state: format!("{number} -{}", word.to_ascii_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_needs_every_condition() {
        let text = "my state = 13 -ACTIVE\npeer state = 8  -STANDBY HOT\nMode = Duplex\n\
            Redundancy Mode (Operational) = sso\nManual Swact = enabled\nCommunications = Up\n\
            client count = 108\nclient_notification_TMR = 30000 milliseconds\n";
        assert!(parse(text).unwrap().value.sso_ready());
        let other = text.replace("enabled", "disabled (peer unit not yet in terminal state)");
        let value = parse(&other).unwrap().value;
        assert!(!value.sso_ready());
        assert_eq!(
            value.manual_switchover_reason.as_deref(),
            Some("peer unit not yet in terminal state")
        );
        assert!(parse(text.split("Communications").next().unwrap()).is_err());
    }
}
