//! `show switch` and `show switch detail`: members of a stack, their states, and the ring.
//!
//! Source: genieparser and ntc-templates golden outputs of Catalyst 3750, 3850, 9300, 9000V; the
//! hardware version may be empty, so the state is read by its column.
//!
//! ```text
//! Switch/Stack Mac Address : 00d6.fe00.0001 - Local Mac Address
//! Mac persistency wait time: Indefinite
//!                                              H/W   Current
//! Switch#   Role    Mac Address     Priority Version  State
//! -------------------------------------------------------------------------------------
//! *1       Active   00d6.fe00.0001     15     V02     Ready
//!  2       Standby  00d6.fe00.0002     14             V-Mismatch
//!
//!          Stack Port Status             Neighbors
//! Switch#  Port 1     Port 2           Port 1   Port 2
//! --------------------------------------------------------
//!   1         OK         OK               2        2
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::units::is_mac;
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// Role of a member.
    StackRole {
        /// Runs the control plane.
        Active = "Active",
        /// Takes over.
        Standby = "Standby",
        /// A further member.
        Member = "Member",
        /// Runs the control plane, on 3750 and 2960.
        Master = "Master",
    }
}

word_enum! {
    /// State of a member. Only [`MemberState::Ready`] forwards and can be upgraded.
    MemberState {
        /// Works.
        Ready = "Ready",
        /// Configured, not present.
        Provisioned = "Provisioned",
        /// Present before, not configured.
        Unprovisioned = "Unprovisioned",
        /// Starting.
        Initializing = "Initializing",
        /// Waiting for others.
        Waiting = "Waiting",
        /// Going through start-up.
        Progressing = "Progressing",
        /// Getting its state from the active.
        Syncing = "Syncing" | "HA sync in progress" | "Sync in progress",
        /// Runs another release or boot mode.
        VMismatch = "V-Mismatch" | "Version Mismatch" | "Ver Mismatch",
        /// Another SDM template.
        SdmMismatch = "SDM Mismatch",
        /// Another feature set.
        FeatureMismatch = "Feature Mismatch",
        /// Another licence.
        LicenseMismatch = "Lic-Mismatch" | "License Mismatch" | "Lic Mismatch",
        /// Gone.
        Removed = "Removed",
    }
}

word_enum! {
    /// State of a stack port.
    StackPortState {
        /// Connected.
        Ok = "OK",
        /// Not connected.
        Down = "DOWN",
        /// Cable, but no neighbour.
        Absent = "Absent",
    }
}

/// The value of both commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowSwitch {
    /// MAC address of the stack.
    pub mac_address: String,
    /// `Local Mac Address`, `Foreign Mac Address`.
    pub mac_owner: Option<String>,
    /// How long the stack keeps a MAC address of a member that left.
    pub mac_persistency: Option<String>,
    /// The members.
    pub members: Vec<StackMember>,
    /// The stack ports; with `detail` only, and only for present members.
    pub ports: Vec<StackPorts>,
}

impl ShowSwitch {
    /// Whether every port of every member in the table is connected; `None` without a table.
    #[must_use]
    pub fn full_ring(&self) -> Option<bool> {
        (!self.ports.is_empty()).then(|| {
            self.ports
                .iter()
                .all(|p| p.port_1 == StackPortState::Ok && p.port_2 == StackPortState::Ok)
        })
    }
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackMember {
    /// Its number.
    pub switch: u32,
    /// Marked with `*`: the one that answers.
    pub this: bool,
    /// Its role.
    pub role: StackRole,
    /// Its MAC address; zeros for an absent member.
    pub mac_address: String,
    /// Priority in the election.
    pub priority: u32,
    /// Hardware version.
    pub hardware_version: Option<String>,
    /// Its state.
    pub state: MemberState,
}

/// The two stack ports of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackPorts {
    /// Its number.
    pub switch: u32,
    /// State of the first port.
    pub port_1: StackPortState,
    /// State of the second port.
    pub port_2: StackPortState,
    /// Member behind the first port: a number, or `none`.
    pub neighbor_1: String,
    /// Member behind the second port.
    pub neighbor_2: String,
}

const IGNORED: &[Ignored] = &[
    ignored("H/W Current", "heading"),
    ignored("Current", "heading"),
    ignored("Switch# Role Mac Address Priority Version State", "heading"),
    ignored("Switch# Role Priority State", "heading"),
    ignored("Stack Port Status Neighbors", "heading"),
    ignored("Switch# Port 1 Port 2 Port 1 Port 2", "heading"),
];

/// Reads `show switch`.
///
/// # Errors
/// On a role or state outside the legend, a malformed row, or when the stack's line is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowSwitch>, ParseError> {
    read("show switch", text)
}

/// Reads `show switch detail`.
///
/// # Errors
/// As [`parse`]; also when the table of stack ports was begun and lacks a member that is ready.
pub fn parse_detail(text: &str) -> Result<Parsed<ShowSwitch>, ParseError> {
    read("show switch detail", text)
}

fn read(command: &'static str, text: &str) -> Result<Parsed<ShowSwitch>, ParseError> {
    let mut lines = Lines::new(command, text)?;
    let mut found: Option<ShowSwitch> = None;
    let mut ports = false;
    // A virtual switch prints the heading alone.
    let mut headed = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            continue;
        }
        headed |= line.starts("Switch#");
        if let Some([_, mac]) = line.scan("{}/Stack Mac Address~:~{*}") {
            let (mac, owner) = mac.split_once(" - ").unwrap_or((mac, ""));
            found = Some(ShowSwitch {
                mac_address: line.mac(mac.trim())?,
                mac_owner: super::units::text(owner),
                mac_persistency: None,
                members: Vec::new(),
                ports: Vec::new(),
            });
            continue;
        }
        let Some(value) = found.as_mut() else {
            lines.pass(line, IGNORED);
            continue;
        };
        if let Some([time]) = line.scan("Mac persistency wait time~:~{*}") {
            value.mac_persistency = super::units::text(time);
        } else if line.starts("Stack Port Status") {
            ports = true;
        } else if line
            .body()
            .starts_with(|c: char| c == '*' || c.is_ascii_digit())
        {
            if ports {
                value.ports.push(port_row(line)?);
            } else {
                value.members.push(member_row(line)?);
            }
        } else {
            lines.pass(line, IGNORED);
        }
    }
    let value = lines.need(found, "the line `Switch/Stack Mac Address`")?;
    if !headed {
        return Err(lines.incomplete("the heading of the members"));
    }
    if ports
        && let Some(open) = value.members.iter().find(|member| {
            // A member that is absent or not admitted may have no row.
            member.state == MemberState::Ready
                && value.ports.iter().all(|row| row.switch != member.switch)
        })
    {
        return Err(lines.incomplete(format!("the stack ports of switch {}", open.switch)));
    }
    Ok(lines.finish(value))
}

/// `*1       Active   00d6.feff.acf0     15     V02     Ready`.
pub(crate) fn member_row(line: Line<'_>) -> Result<StackMember, ParseError> {
    let this = line.body().starts_with('*');
    let body = line.body().trim_start_matches('*');
    let Some([switch, role, mac, priority, rest]) = super::scan::scan("{#} {} {} {#} {*}", body)
    else {
        return Err(line.bad(
            line.body(),
            "a member: number, role, MAC address, priority, version, state",
        ));
    };
    if !is_mac(mac) {
        return Err(line.bad(mac, "a MAC address"));
    }
    // The hardware version may be empty: `V02`, `P1B`, `4`, `0` or nothing.
    let (hardware_version, state) = match rest.split_once(char::is_whitespace) {
        Some((version, state))
            if version.len() <= 3 && version.bytes().any(|b| b.is_ascii_digit()) =>
        {
            (Some(version.to_owned()), state.trim_start())
        }
        _ => (None, rest),
    };
    Ok(StackMember {
        switch: line.number(switch)?,
        this,
        role: line.word(role)?,
        mac_address: line.mac(mac)?,
        priority: line.number(priority)?,
        hardware_version,
        state: line.word(state)?,
    })
}

/// `1       DOWN       DOWN             None     None`.
fn port_row(line: Line<'_>) -> Result<StackPorts, ParseError> {
    let Some([switch, port_1, port_2, neighbor_1, neighbor_2]) = line.scan("{#} {} {} {} {}")
    else {
        return Err(line.bad(
            line.body(),
            "stack ports: switch, two states, two neighbours",
        ));
    };
    for neighbor in [neighbor_1, neighbor_2] {
        if !neighbor.eq_ignore_ascii_case("none") {
            line.number::<u32>(neighbor)?;
        }
    }
    Ok(StackPorts {
        switch: line.number(switch)?,
        port_1: line.word(port_1)?,
        port_2: line.word(port_2)?,
        neighbor_1: neighbor_1.to_ascii_lowercase(),
        neighbor_2: neighbor_2.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(state: &str) -> String {
        format!(
            "Switch/Stack Mac Address : 00d6.fe00.0001 - Local Mac Address\nMac persistency wait time: Indefinite\n\
             Switch#   Role    Mac Address     Priority Version  State\n-----------\n\
             *1       Active   00d6.fe00.0001     15     V02     Ready\n\
             \x20 2       Member   00d6.fe00.0002     1              {state}\n"
        )
    }

    #[test]
    fn states_with_spaces_and_without_hardware_version() {
        for (text, state) in [
            ("V-Mismatch", MemberState::VMismatch),
            ("HA sync in progress", MemberState::Syncing),
            ("Removed", MemberState::Removed),
        ] {
            let value = parse(&stack(text)).unwrap().value;
            assert_eq!(value.members[1].state, state);
            assert_eq!(value.members[1].hardware_version, None);
            assert!(value.members[0].this);
        }
    }

    #[test]
    fn an_unknown_state_is_an_error_at_its_column() {
        let error = parse(&stack("Dreaming")).unwrap_err();
        assert_eq!((error.line, error.column), (6, 54));
    }

    #[test]
    fn half_ring() {
        let text = format!(
            "{}\n         Stack Port Status             Neighbors\n\
            Switch#  Port 1     Port 2           Port 1   Port 2\n-----\n  1         OK         DOWN        2     None\n  2         OK         OK          1     1\n",
            stack("Ready")
        );
        let value = parse_detail(&text).unwrap().value;
        assert_eq!(value.full_ring(), Some(false));
        let cut = text.split("  1         OK").next().unwrap();
        assert!(parse_detail(cut).is_err());
    }
}
