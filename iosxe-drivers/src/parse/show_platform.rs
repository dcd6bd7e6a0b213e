//! `show platform`: slots of a chassis with their states and firmware, or members of a stack.
//!
//! Source: genieparser and ntc-templates golden outputs of ASR 900/1000, C8300/C8500, Catalyst 9500,
//! 9610 (slots), 3850, 9200, 9300, 9350, IE and ESS (members).
//!
//! ```text
//! Chassis type: ASR1006
//!
//! Slot      Type                State                 Insert time (ago)
//! --------- ------------------- --------------------- -----------------
//! 0         ASR1000-SIP40       ok                    1w5d
//!  0/0      SPA-5X1GE-V2        ok                    1w5d
//! R0        ASR1000-RP2         ok, active            1w5d
//!
//! Slot      CPLD Version        Firmware Version
//! --------- ------------------- ---------------------------------------
//! R0        10021901            15.3(3r)S
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::show_switch::{MemberState, StackRole};
use super::table::Table;
use super::{ParseError, Parsed, units};

/// The value of the command: slots of a chassis, or members of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowPlatform {
    /// Product of the chassis.
    pub chassis: Option<String>,
    /// Slots and subslots in the order of the device.
    pub slots: Vec<Slot>,
    /// Firmware per slot.
    pub firmware: Vec<Firmware>,
    /// Members of a stack.
    pub members: Vec<PlatformMember>,
    /// MAC address of the stack.
    pub stack_mac_address: Option<String>,
    /// How long the stack keeps a MAC address of a member that left.
    pub mac_persistency: Option<String>,
    /// Roles and states of the members.
    pub roles: Vec<MemberRole>,
}

/// One slot or subslot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// `R0`, `0/1`, `P0`.
    pub slot: String,
    /// The slot that a subslot belongs to.
    pub parent: Option<String>,
    /// The number behind the slash of a subslot.
    pub subslot: Option<String>,
    /// Product; empty where the device prints none.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// All words of the state: `ok, active`; `init, active`; `fan:1, fail`.
    pub state: String,
    /// How long it has been there; `None` for `never`.
    pub inserted_s: Option<u64>,
}

impl Slot {
    /// Whether the state says that it works.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.state == "ok" || self.state.starts_with("ok,")
    }
}

/// Firmware of one slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// `R0`.
    pub slot: String,
    /// Version of the CPLD.
    pub cpld_version: Option<String>,
    /// Version of the ROMMON.
    pub firmware_version: Option<String>,
}

/// One member of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformMember {
    /// Its number.
    pub switch: u32,
    /// Number of ports.
    pub ports: u32,
    /// Product.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// MAC address.
    pub mac_address: String,
    /// Hardware version.
    pub hardware_version: String,
    /// Release that it runs.
    pub version: String,
}

/// Role and state of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRole {
    /// Its number.
    pub switch: u32,
    /// Marked with `*`.
    pub this: bool,
    /// Its role.
    pub role: StackRole,
    /// Priority in the election.
    pub priority: u32,
    /// Its state.
    pub state: MemberState,
}

const IGNORED: &[Ignored] = &[
    ignored("Switch Ports Model *", "heading"),
    ignored("Switch# Role Priority State", "heading"),
    ignored("Current", "heading"),
    ignored("H/W Current", "heading"),
];

enum Section {
    None,
    Slots(Table<4>),
    Firmware(Table<3>),
}

/// Reads `show platform`.
///
/// # Errors
/// On a malformed row, and when there is neither a slot nor a member, or the firmware table that a
/// chassis ends with is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowPlatform>, ParseError> {
    let mut lines = Lines::new("show platform", text)?;
    let mut value = ShowPlatform::default();
    let mut section = Section::None;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([chassis]) = line.scan("Chassis type~:~{*}") {
            value.chassis = units::text(chassis);
        } else if let Some(table) = Table::header(&line, ["Slot", "Type", "State", "Insert time"]) {
            section = Section::Slots(table);
        } else if let Some(table) =
            Table::header(&line, ["Slot", "CPLD Version", "Firmware Version"])
        {
            section = Section::Firmware(table);
        } else if let Some([mac]) = line.scan("Switch/Stack Mac Address~:~{*}") {
            let mac = mac.split(" - ").next().unwrap_or(mac).trim();
            value.stack_mac_address = Some(line.mac(mac)?);
        } else if let Some([time]) = line.scan("Mac persistency wait time~:~{*}") {
            value.mac_persistency = units::text(time);
        } else {
            row(&mut value, &section, &mut lines, line)?;
        }
    }
    if value.slots.is_empty() && value.members.is_empty() {
        return Err(lines.incomplete("a slot or a member"));
    }
    if !value.slots.is_empty() && !matches!(section, Section::Firmware(_)) {
        return Err(lines.incomplete("the table of firmware versions"));
    }
    if value.stack_mac_address.is_some() && value.roles.len() < value.members.len() {
        return Err(lines.incomplete(format!("the roles of {} members", value.members.len())));
    }
    Ok(lines.finish(value))
}

fn row<'a>(
    value: &mut ShowPlatform,
    section: &Section,
    lines: &mut Lines<'a>,
    line: Line<'a>,
) -> Result<(), ParseError> {
    match section {
        Section::Slots(table) => {
            let [slot, kind, state, inserted] = table.cells(&line);
            if !is_slot(slot) {
                lines.pass(line, IGNORED);
                return Ok(());
            }
            if state.is_empty() || inserted.is_empty() {
                return Err(line.bad(line.body(), "slot, type, state and insert time"));
            }
            value.slots.push(Slot {
                slot: slot.to_owned(),
                parent: slot.split_once('/').map(|(parent, _)| parent.to_owned()),
                subslot: slot.split_once('/').map(|(_, sub)| sub.to_owned()),
                kind: units::text(kind),
                state: state.to_owned(),
                inserted_s: if inserted == "never" {
                    None
                } else {
                    Some(line.age(inserted)?)
                },
            });
        }
        Section::Firmware(table) => {
            let [slot, cpld, firmware] = table.cells(&line);
            if !is_slot(slot) {
                lines.pass(line, IGNORED);
                return Ok(());
            }
            if cpld.is_empty() && firmware.is_empty() {
                return Err(line.bad(line.body(), "slot, CPLD version and firmware version"));
            }
            value.firmware.push(Firmware {
                slot: slot.to_owned(),
                cpld_version: units::given(cpld),
                firmware_version: units::given(firmware),
            });
        }
        Section::None => stack_row(value, lines, line)?,
    }
    Ok(())
}

fn stack_row<'a>(
    value: &mut ShowPlatform,
    lines: &mut Lines<'a>,
    line: Line<'a>,
) -> Result<(), ParseError> {
    if let Some([switch, ports, model, serial, mac, hardware, version]) =
        line.scan("{#} {#} {} {} {} {} {}")
    {
        value.members.push(PlatformMember {
            switch: line.number(switch)?,
            ports: line.number(ports)?,
            model: model.to_owned(),
            serial: serial.to_owned(),
            mac_address: line.mac(mac)?,
            hardware_version: hardware.to_owned(),
            version: version.to_owned(),
        });
    } else if let Some([switch, role, priority, state]) =
        super::scan::scan("{#} {} {#} {*}", line.body().trim_start_matches('*'))
        && value.stack_mac_address.is_some()
    {
        value.roles.push(MemberRole {
            switch: line.number(switch)?,
            this: line.body().starts_with('*'),
            role: line.word(role)?,
            priority: line.number(priority)?,
            state: line.word(state)?,
        });
    } else if line
        .body()
        .starts_with(|c: char| c == '*' || c.is_ascii_digit())
    {
        return Err(line.bad(line.body(), "a member in seven columns, or its role"));
    } else {
        lines.pass(line, IGNORED);
    }
    Ok(())
}

/// `0`, `0/1`, `R0`, `FT1`, `1/R0`.
fn is_slot(text: &str) -> bool {
    text.len() <= 8
        && text.bytes().any(|b| b.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: &str = "Chassis type: ASR1006\n\n\
        Slot      Type                State                 Insert time (ago)\n\
        --------- ------------------- --------------------- -----------------\n\
        \x200/0      SPA-5X1GE-V2        ok                    1w5d\n\
        R0        ASR1000-RP2         ok, active            00:01:37\n\
        F0                            init, active          1w5d\n\
        P1        Unknown             empty                 never\n\n\
        Slot      CPLD Version        Firmware Version\n\
        --------- ------------------- ---------------------------------------\n\
        R0        10021901            15.3(3r)S\n";

    #[test]
    fn slots_with_empty_cells() {
        let parsed = parse(ROUTER).unwrap();
        assert!(parsed.unknown.is_empty());
        let value = parsed.value;
        assert_eq!(value.slots[0].subslot.as_deref(), Some("0"));
        assert!(value.slots[1].is_ok() && !value.slots[2].is_ok());
        assert_eq!(
            (value.slots[2].kind.as_deref(), value.slots[3].inserted_s),
            (None, None)
        );
        assert_eq!(
            value.firmware[0].firmware_version.as_deref(),
            Some("15.3(3r)S")
        );
    }

    #[test]
    fn a_cut_before_the_firmware_is_an_error() {
        assert!(parse(ROUTER.split("Slot      CPLD").next().unwrap()).is_err());
    }

    #[test]
    fn a_stack_with_a_role_missing() {
        let text = "Switch  Ports    Model                Serial No.   MAC address     Hw Ver.       Sw Ver.\n\
            ------  -----   ---------             -----------  --------------  -------       --------\n\
            \x201       32     C9200-24P             JAD00000001  dc8c.3700.ad21  V01           17.05.01\n\
            Switch/Stack Mac Address : dc8c.3700.ad21 - Local Mac Address\nMac persistency wait time: Indefinite\n\
            Switch#   Role        Priority      State\n---------\n";
        assert!(parse(text).is_err());
        let value = parse(&format!(
            "{text}*1       Active          2          Ready\n"
        ))
        .unwrap()
        .value;
        assert_eq!(value.roles[0].state, MemberState::Ready);
    }
}
