//! `show standby brief`: HSRP groups.
//!
//! Source: genieparser and ntc-templates golden outputs; a long interface wraps.
//!
//! ```text
//!                      P indicates configured to preempt.
//!                      |
//! Interface   Grp  Pri P State   Active          Standby         Virtual IP
//! Vl500       20   100 P Active  local           10.1.50.2       10.1.50.254
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::words;
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// State of a group.
    HsrpState {
        /// Forwards.
        Active = "Active",
        /// Takes over.
        Standby = "Standby",
        /// Waits to be one of them.
        Speak = "Speak",
        /// Listens.
        Listen = "Listen",
        /// Learns the address.
        Learn = "Learn",
        /// Starts.
        Init = "Init",
        /// Shut down.
        Disabled = "Disabled",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowStandbyBrief {
    /// As listed.
    pub groups: Vec<HsrpGroup>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HsrpGroup {
    /// Port.
    pub interface: String,
    /// Number.
    pub group: u32,
    /// Priority.
    pub priority: u32,
    /// `P`: takes over from a lower priority.
    pub preempt: Option<String>,
    /// State.
    pub state: HsrpState,
    /// Active router: `local`, an address, or `unknown`.
    pub active: String,
    /// Standby router.
    pub standby: String,
    /// Address of the group.
    pub virtual_ip: String,
}

const IGNORED: &[Ignored] = &[
    ignored("P indicates configured to preempt.", "legend"),
    ignored("|", "legend"),
    ignored("Interface Grp *", "heading"),
];

/// Reads `show standby brief`.
///
/// # Errors
/// On a malformed or cut row.
pub fn parse(text: &str) -> Result<Parsed<ShowStandbyBrief>, ParseError> {
    let mut lines = Lines::new("show standby brief", text)?;
    let mut value = ShowStandbyBrief::default();
    let mut wrapped: Option<Line<'_>> = None;
    while let Some(line) = lines.next() {
        let mut all = words(line.body());
        if let Some(before) = wrapped.take() {
            all.insert(0, before.body());
        } else if let [name] = all.as_slice()
            && super::units::is_interface(name)
        {
            wrapped = Some(line);
            continue;
        }
        let is_number = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
        let (head, preempt, rest) = match all.as_slice() {
            [interface, group, priority, "P", rest @ ..] => {
                ([*interface, *group, *priority], true, rest)
            }
            [interface, group, priority, rest @ ..] => {
                ([*interface, *group, *priority], false, rest)
            }
            _ => {
                lines.pass(line, IGNORED);
                continue;
            }
        };
        let [interface, group, priority] = head;
        if !is_number(&group) || !is_number(&priority) {
            lines.pass(line, IGNORED);
            continue;
        }
        let [state, active, standby, virtual_ip] = rest else {
            return Err(line.bad(line.body(), "state, active, standby and virtual address"));
        };
        value.groups.push(HsrpGroup {
            interface: interface.to_owned(),
            group: line.number(group)?,
            priority: line.number(priority)?,
            preempt: preempt.then(|| "P".to_owned()),
            state: line.word(state)?,
            active: (*active).to_owned(),
            standby: (*standby).to_owned(),
            virtual_ip: (*virtual_ip).to_owned(),
        });
    }
    if let Some(line) = wrapped {
        return Err(line.bad(line.body(), "the group on the next line"));
    }
    Ok(lines.finish(value))
}
