//! `show vrrp brief`: VRRP groups.
//!
//! Two formats: with the address family (`A-F`, VRRPv3) and without.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! Interface          Grp Pri Time  Own Pre State   Master addr     Group addr
//! Fa0/1              1   110 3570       Y  Master  192.168.88.2    192.168.88.1
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::words;
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// State of a group.
    VrrpState {
        /// Forwards.
        Master = "Master",
        /// Takes over.
        Backup = "Backup",
        /// Starts.
        Init = "Init",
    }
}

word_enum! {
    /// A mark of the table.
    Flag {
        /// Yes.
        Y = "Y",
        /// No.
        N = "N",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowVrrpBrief {
    /// As listed.
    pub groups: Vec<VrrpGroup>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VrrpGroup {
    /// Port.
    pub interface: String,
    /// Number.
    pub group: u32,
    /// `IPv4`, `IPv6`; the old table has only IPv4.
    pub address_family: Option<String>,
    /// Priority.
    pub priority: u32,
    /// Time until the master is given up, in milliseconds.
    pub time_ms: u64,
    /// Whether the group has the address of the port.
    pub own: Option<Flag>,
    /// Whether it takes over from a lower priority.
    pub preempt: Option<Flag>,
    /// State.
    pub state: VrrpState,
    /// Address of the master; `(local)` marks this device.
    pub master: String,
    /// Address of the group.
    pub group_address: String,
}

const IGNORED: &[Ignored] = &[ignored("Interface Grp *", "heading")];

/// Reads `show vrrp brief`.
///
/// # Errors
/// On a malformed row.
pub fn parse(text: &str) -> Result<Parsed<ShowVrrpBrief>, ParseError> {
    let mut lines = Lines::new("show vrrp brief", text)?;
    let mut value = ShowVrrpBrief::default();
    while let Some(line) = lines.next() {
        let all = words(line.body());
        let [interface, group, rest @ ..] = all.as_slice() else {
            lines.pass(line, IGNORED);
            continue;
        };
        if !group.bytes().all(|b| b.is_ascii_digit()) || !super::units::is_interface(interface) {
            lines.pass(line, IGNORED);
            continue;
        }
        let (family, rest) = match rest {
            [family, rest @ ..] if family.starts_with("IPv") => (Some((*family).to_owned()), rest),
            _ => (None, rest),
        };
        let [priority, time, marks @ .., state, master, address] = rest else {
            return Err(line.bad(line.body(), "priority, time, state and two addresses"));
        };
        let (own, preempt) = match marks {
            [own, preempt] => (Some(line.word(own)?), Some(line.word(preempt)?)),
            [preempt] => (None, Some(line.word(preempt)?)),
            [] => (None, None),
            _ => return Err(line.bad(line.body(), "at most two marks before the state")),
        };
        value.groups.push(VrrpGroup {
            interface: (*interface).to_owned(),
            group: line.number(group)?,
            address_family: family,
            priority: line.number(priority)?,
            time_ms: line.number(time)?,
            own,
            preempt,
            state: line.word(state)?,
            master: (*master).to_owned(),
            group_address: (*address).to_owned(),
        });
    }
    Ok(lines.finish(value))
}
