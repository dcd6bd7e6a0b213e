//! `show module`: cards, their software and redundancy roles.
//!
//! Source: genieparser and ntc-templates golden outputs of Catalyst 4500, 6500, 9400, 9500, 9600;
//! the columns move with the platform, so rows are read by their words.
//!
//! ```text
//! Mod Ports Card Type                                   Model          Serial No.
//! ---+-----+--------------------------------------+--------------+--------------
//! 3   11   Supervisor 1 Module                         C9400-SUP-1      JAE00000001
//!
//! Mod MAC addresses                    Hw   Fw           Sw                 Status
//! ---+--------------------------------+----+------------+------------------+--------
//! 3   00B7.7100.16EC to 00B7.7100.16F6 2.0  17.10.1r      17.09.04a          ok
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{scan, words};
use super::table::wide;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowModule {
    /// Product of the chassis.
    pub chassis: Option<String>,
    /// The cards.
    pub modules: Vec<Module>,
    /// Redundancy roles of the supervisors.
    pub redundancy: Vec<ModuleRedundancy>,
    /// Daughter cards (6500).
    pub submodules: Vec<Submodule>,
    /// Results of the online diagnostics (6500).
    pub diagnostics: Vec<Diagnostic>,
    /// Addresses of the chassis, of each in a virtual one.
    pub mac_ranges: Vec<MacRange>,
    /// `40 Watts` for the backplane (4500).
    pub backplane_power: Option<String>,
    /// Failures the device names (4500).
    pub power_supply_failure: Option<String>,
}

/// One card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Switch of a virtual chassis.
    pub switch: Option<u32>,
    /// Slot.
    pub module: u32,
    /// Number of ports.
    pub ports: u32,
    /// What it is.
    pub card: String,
    /// Product.
    pub model: String,
    /// Serial number.
    pub serial: Option<String>,
    /// Its software; a card without power has none.
    pub software: Option<ModuleSoftware>,
}

/// Addresses, versions and state of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleSoftware {
    /// Both addresses, `x to y`.
    pub mac_addresses: String,
    /// First address.
    pub mac_from: Option<String>,
    /// Last address.
    pub mac_to: Option<String>,
    /// Hardware version.
    pub hardware_version: String,
    /// Firmware version; line cards of 4500 have none.
    pub firmware_version: Option<String>,
    /// Software version.
    pub software_version: Option<String>,
    /// `ok`, `other`, `pwrdown`; the table of a stack has none.
    pub status: Option<String>,
}

/// Role of one supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleRedundancy {
    /// Slot.
    pub module: u32,
    /// `Active`, `Standby`, `Active Supervisor`.
    pub role: String,
    /// Mode that works.
    pub operating_mode: String,
    /// Mode that is configured.
    pub configured_mode: Option<String>,
    /// `Standby Hot`, `Disabled`.
    pub status: Option<String>,
}

/// One daughter card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submodule {
    /// Slot of its card.
    pub module: u32,
    /// What it is.
    pub name: String,
    /// Product.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// Hardware version.
    pub hardware_version: String,
    /// Its state.
    pub status: String,
}

/// Result of the online diagnostics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Slot.
    pub module: u32,
    /// `Pass`.
    pub result: String,
}

/// Addresses of the chassis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacRange {
    /// How many.
    pub count: u32,
    /// First.
    pub from: String,
    /// Last.
    pub to: String,
}

const IGNORED: &[Ignored] = &[ignored("System Failures:", "the next lines name them")];

#[derive(Clone, Copy, PartialEq)]
enum Section {
    None,
    Cards,
    Stack,
    Software,
    Redundancy,
    Submodules,
    Diagnostics,
}

/// Reads `show module`.
///
/// # Errors
/// On a malformed row, and when there is no card.
pub fn parse(text: &str) -> Result<Parsed<ShowModule>, ParseError> {
    let mut lines = Lines::new("show module", text)?;
    let mut value = ShowModule::default();
    let mut section = Section::None;
    let mut switch = None;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some(found) = heading(line) {
            section = found;
        } else if let Some([chassis]) = line.scan("Chassis Type~:~{*}") {
            value.chassis = units::text(chassis);
        } else if let Some([number, _]) = line
            .scan("Switch Number: {#}{*}")
            .or_else(|| line.scan("Switch Number {#}{*}"))
        {
            switch = Some(line.number(number)?);
        } else if let Some([power]) = line.scan("Power consumed by backplane :~{*}") {
            value.backplane_power = units::text(power);
        } else if let Some([failure]) = line.scan("Power Supply:~{*}") {
            value.power_supply_failure = units::text(failure);
        } else if let Some([count, from, to]) = line
            .scan("Chassis MAC address range: {#} addresses from {} to {}")
            .or_else(|| {
                line.scan("Chassis {#} MAC address range: {#} addresses from {} to {}")
                    .map(|[_, count, from, to]: [&str; 4]| [count, from, to])
            })
        {
            value.mac_ranges.push(MacRange {
                count: line.number(count)?,
                from: line.mac(from)?,
                to: line.mac(to)?,
            });
        } else if line.body().starts_with(|c: char| c.is_ascii_digit()) {
            row(&mut value, section, switch, line)?;
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.modules.is_empty() {
        return Err(lines.incomplete("a card"));
    }
    if value.modules.iter().all(|module| module.software.is_none()) && section != Section::Stack {
        return Err(lines.incomplete("the table of software versions"));
    }
    Ok(lines.finish(value))
}

fn heading(line: Line<'_>) -> Option<Section> {
    Some(if line.is("Mod Ports Card Type Model Serial No.") {
        Section::Cards
    } else if line.is("Switch Ports Model *") {
        Section::Stack
    } else if line.is("Mod MAC addresses *") || line.is("M MAC addresses *") {
        Section::Software
    } else if line.is("Mod Redundancy role *") {
        Section::Redundancy
    } else if line.is("Mod Sub-Module *") {
        Section::Submodules
    } else if line.is("Mod Online Diag Status*") {
        Section::Diagnostics
    } else {
        return None;
    })
}

fn row(
    value: &mut ShowModule,
    section: Section,
    switch: Option<u32>,
    line: Line<'_>,
) -> Result<(), ParseError> {
    let bad = |what: &'static str| line.bad(line.body(), what);
    let cells = wide(line.text);
    match section {
        Section::None => return Err(bad("the heading of a table first")),
        Section::Cards => {
            let Some([module, ports, rest]) = scan("{#} {#} {*}", line.text) else {
                return Err(bad("slot, ports, card, model and serial number"));
            };
            // The serial number may be missing, and the card may touch the model.
            let mut cells = wide(rest);
            if let [.., last] = cells.as_slice()
                && let Some((before, tail)) = last.rsplit_once(' ')
                && cells.len() < 3
            {
                cells.pop();
                cells.extend([before.trim(), tail.trim()]);
            }
            let (card, model, serial) = match cells.as_slice() {
                [card, model, serial] => (*card, *model, Some(*serial)),
                [card, model] => (*card, *model, None),
                _ => return Err(bad("slot, ports, card, model and serial number")),
            };
            value.modules.push(Module {
                switch,
                module: line.number(module)?,
                ports: line.number(ports)?,
                card: card.to_owned(),
                model: model.to_owned(),
                serial: serial.map(str::to_owned),
                software: None,
            });
        }
        Section::Stack => {
            let Some([switch, ports, model, serial, mac, hardware, version]) =
                line.scan("{#} {#} {} {} {} {} {}")
            else {
                return Err(bad("a member in seven columns"));
            };
            value.modules.push(Module {
                switch: Some(line.number(switch)?),
                module: line.number(switch)?,
                ports: line.number(ports)?,
                card: String::new(),
                model: model.to_owned(),
                serial: units::given(serial),
                software: Some(ModuleSoftware {
                    mac_addresses: line.mac(mac)?,
                    mac_from: None,
                    mac_to: None,
                    hardware_version: hardware.to_owned(),
                    firmware_version: None,
                    software_version: units::given(version),
                    status: None,
                }),
            });
        }
        Section::Software => {
            let (module, software) = software(line)?;
            let last = value
                .modules
                .iter_mut()
                .rfind(|card| card.module == module && card.software.is_none());
            match last {
                Some(card) => card.software = Some(software),
                None => return Err(bad("a card that is listed above")),
            }
        }
        Section::Redundancy => {
            let [module_role, rest @ ..] = cells.as_slice() else {
                return Err(bad("slot, role and modes"));
            };
            let (module, role, rest) = match module_role.split_once(' ') {
                Some((module, role)) => (module, role.trim(), rest),
                None => match rest {
                    [role, rest @ ..] => (*module_role, *role, rest),
                    [] => return Err(bad("slot, role and modes")),
                },
            };
            let (operating, configured, status) = match rest {
                [operating, configured, status] => (*operating, Some(*configured), Some(*status)),
                [operating, configured]
                    if units::text(configured)
                        .is_some_and(|c| c.starts_with(|c: char| c.is_ascii_lowercase())) =>
                {
                    (*operating, Some(*configured), None)
                }
                [operating, status] => (*operating, None, Some(*status)),
                _ => return Err(bad("slot, role and modes")),
            };
            value.redundancy.push(ModuleRedundancy {
                module: line.number(module)?,
                role: role.to_ascii_lowercase(),
                operating_mode: operating.to_ascii_lowercase(),
                configured_mode: configured.map(str::to_ascii_lowercase),
                status: status.map(str::to_ascii_lowercase),
            });
        }
        Section::Submodules => {
            let all = words(line.body());
            let [module, name @ .., model, serial, hardware, status] = all.as_slice() else {
                return Err(bad(
                    "slot, daughter card, model, serial number, hardware, status",
                ));
            };
            value.submodules.push(Submodule {
                module: line.number(module)?,
                name: name.join(" "),
                model: (*model).to_owned(),
                serial: (*serial).to_owned(),
                hardware_version: (*hardware).to_owned(),
                status: status.to_ascii_lowercase(),
            });
        }
        Section::Diagnostics => {
            let Some([module, result]) = line.scan("{#} {*}") else {
                return Err(bad("slot and result"));
            };
            value.diagnostics.push(Diagnostic {
                module: line.number(module)?,
                result: result.to_owned(),
            });
        }
    }
    Ok(())
}

/// `3   00B7.7188.16EC to 00B7.7188.16F6 2.0  17.10.1r      17.06.03           ok`.
fn software(line: Line<'_>) -> Result<(u32, ModuleSoftware), ParseError> {
    let bad = || line.bad(line.body(), "slot, addresses, versions and status");
    let (module, mac_addresses, range, rest) =
        if let Some([module, from, to, rest]) = line.scan("{#} {} to {} {*}") {
            (
                module,
                format!("{from} to {to}"),
                Some((line.mac(from)?, line.mac(to)?)),
                rest,
            )
        } else if let Some([module, rest]) = line.scan("{#} unknown {*}") {
            (module, "unknown".to_owned(), None, rest)
        } else {
            return Err(bad());
        };
    let all = words(rest);
    let (hardware, firmware, software, status) = match all.as_slice() {
        [hardware, firmware, label, software, status] if label.starts_with('[') => (
            *hardware,
            Some(format!("{firmware} {label}")),
            Some(*software),
            *status,
        ),
        [hardware, firmware, software, status] => (
            *hardware,
            Some((*firmware).to_owned()),
            Some(*software),
            *status,
        ),
        [hardware, status] => (*hardware, None, None, *status),
        _ => return Err(bad()),
    };
    Ok((
        line.number(module)?,
        ModuleSoftware {
            mac_addresses,
            mac_from: range.as_ref().map(|(from, _)| from.clone()),
            mac_to: range.map(|(_, to)| to),
            hardware_version: hardware.to_owned(),
            firmware_version: firmware,
            software_version: software.map(str::to_owned),
            status: Some(status.to_ascii_lowercase()),
        },
    ))
}
