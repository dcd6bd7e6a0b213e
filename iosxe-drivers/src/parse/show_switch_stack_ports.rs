//! `show switch stack-ports [summary]`, `show switch stack-ring speed`, `show switch stack-mode`:
//! cables and ring of a stack.
//!
//! Source: genieparser golden outputs of Catalyst 3850, 9200 and 9300.
//!
//! ```text
//! Sw#/Port#  Port Status  Neighbor/Port  Cable Length   Link OK   Link Active   Sync OK   #Changes to LinkOK  In Loopback
//! -------------------------------------------------------------------------------------------------------------------
//! 1/1        OK           2/2            50cm           Yes       Yes           Yes       3                   No
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::show_switch::{MemberState, StackPortState, StackRole};
use super::table::wide;
use super::{ParseError, Parsed};

/// The value of the commands; what was not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowSwitchStackPorts {
    /// One entry per stack port.
    pub ports: Vec<StackPort>,
    /// The short form: two states per member.
    pub members: Vec<MemberPorts>,
    /// The ring.
    pub ring: Option<StackRing>,
    /// Redundancy modes (`stack-mode`).
    pub modes: Vec<StackMode>,
}

/// One stack port.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one column of the device's table"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackPort {
    /// `1/2`.
    pub port: String,
    /// Its state.
    pub status: StackPortState,
    /// The port at the other end: `2/1`, `NONE/NONE`.
    pub neighbor: String,
    /// `50cm`, `No Cable`.
    pub cable_length: String,
    /// The link is up.
    pub link_ok: bool,
    /// The link carries traffic.
    pub link_active: bool,
    /// Both ends agree.
    pub sync_ok: bool,
    /// How often the link changed.
    pub link_changes: u64,
    /// Looped back: no neighbour.
    pub in_loopback: bool,
}

/// The ports of one member in the short form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPorts {
    /// Its number.
    pub switch: u32,
    /// State of the first port.
    pub port_1: StackPortState,
    /// State of the second port.
    pub port_2: StackPortState,
}

/// The ring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackRing {
    /// `240G`.
    pub speed: Option<String>,
    /// `Half` or `Full`.
    pub configuration: Option<String>,
    /// `StackWise`.
    pub protocol: Option<String>,
}

/// Redundancy mode of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackMode {
    /// Its number.
    pub switch: u32,
    /// Marked with `*`.
    pub this: bool,
    /// Its role.
    pub role: StackRole,
    /// Its MAC address.
    pub mac_address: String,
    /// Hardware version.
    pub hardware_version: String,
    /// `N+1`, `1+1`; a `'` marks a mode that holds after the next reload.
    pub mode: String,
    /// Role that was configured.
    pub configured: String,
    /// Its state.
    pub state: MemberState,
}

const IGNORED: &[Ignored] = &[
    ignored("Sw#/Port# *", "heading"),
    ignored("Switch# Port1 Port2", "heading"),
    ignored("Switch# Role *", "heading"),
    ignored("Status Length *", "heading"),
];

/// Reads the stack-port commands.
///
/// # Errors
/// On a malformed row, and when nothing was told.
pub fn parse(text: &str) -> Result<Parsed<ShowSwitchStackPorts>, ParseError> {
    let mut lines = Lines::new("show switch stack-ports summary", text)?;
    let mut value = ShowSwitchStackPorts::default();
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if line.body().contains('/') && line.body().starts_with(|c: char| c.is_ascii_digit())
        {
            let cells = wide(line.text);
            let [
                port,
                status,
                neighbor,
                cable,
                ok,
                active,
                sync,
                changes,
                loopback,
            ] = cells.as_slice()
            else {
                return Err(line.bad(line.body(), "a stack port in nine columns"));
            };
            value.ports.push(StackPort {
                port: (*port).to_owned(),
                status: line.word(status)?,
                neighbor: (*neighbor).to_owned(),
                cable_length: (*cable).to_owned(),
                link_ok: line.switch(ok)?,
                link_active: line.switch(active)?,
                sync_ok: line.switch(sync)?,
                link_changes: line.number(changes)?,
                in_loopback: line.switch(loopback)?,
            });
        } else if let Some([switch, port_1, port_2]) = line.scan("{#} {} {}") {
            value.members.push(MemberPorts {
                switch: line.number(switch)?,
                port_1: line.word(port_1)?,
                port_2: line.word(port_2)?,
            });
        } else if line
            .body()
            .starts_with(|c: char| c == '*' || c.is_ascii_digit())
        {
            let body = line.body();
            let Some([switch, role, mac, version, mode, configured, state]) =
                super::scan::scan("{#} {} {} {} {} {} {*}", body.trim_start_matches('*'))
            else {
                return Err(line.bad(
                    body,
                    "a member: number, role, MAC address, version, mode, configured, state",
                ));
            };
            value.modes.push(StackMode {
                switch: line.number(switch)?,
                this: body.starts_with('*'),
                role: line.word(role)?,
                mac_address: line.mac(mac)?,
                hardware_version: version.to_owned(),
                mode: mode.to_owned(),
                configured: configured.to_owned(),
                state: line.word(state)?,
            });
        } else if let Some([speed]) = line.scan("Stack Ring Speed~:~{*}") {
            value.ring.get_or_insert_default().speed = Some(speed.to_owned());
        } else if let Some([text]) = line.scan("Stack Ring Configuration~:~{*}") {
            value.ring.get_or_insert_default().configuration = Some(text.to_owned());
        } else if let Some([text]) = line.scan("Stack Ring Protocol~:~{*}") {
            value.ring.get_or_insert_default().protocol = Some(text.to_owned());
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value == ShowSwitchStackPorts::default() {
        return Err(lines.incomplete("a stack port, member or ring"));
    }
    if value
        .ring
        .as_ref()
        .is_some_and(|ring| ring.protocol.is_none())
    {
        return Err(lines.incomplete("the line `Stack Ring Protocol`"));
    }
    Ok(lines.finish(value))
}
