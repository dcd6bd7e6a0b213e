//! What a device told over SNMP, as an identity: which system, which release, which chassis, and
//! what a discovery by SSH would make of it.
//!
//! All of it is a hint. It never stands for facts: SNMP does not say how the device was booted, what
//! lies on its flash, or which member is active.

mod description;

use iosxe_core::device::Record;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::platform::{PlatformTable, Support};
use iosxe_core::ports::{Entity, EntityClass, FirstLook};
use serde::Serialize;

pub use description::{System, read};

/// One chassis: a router, a switch, a member of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chassis {
    /// Its number in the stack, where its name says one.
    pub number: Option<u32>,
    /// Its name: `Switch 1`, `Chassis`.
    pub name: Option<String>,
    /// Its PID.
    pub model: Option<String>,
    /// Its serial.
    pub serial: Option<String>,
    /// Its release, where it is told per chassis.
    pub release: Option<String>,
}

/// What a device is, as far as it told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The operating system.
    pub system: System,
    /// The running release: of IOS-XE as everywhere in this program (`17.03.04`), of others and of
    /// builds without a number as the device prints it.
    pub release: Option<String>,
    /// The model of the first chassis. In a stack of several models this may not be the one that
    /// `show version` prints: SNMP does not say which member is active.
    pub model: Option<String>,
    /// Every chassis, by index.
    pub chassis: Vec<Chassis>,
    /// Serials of supervisors and other modules: a row may name one of them.
    #[serde(skip)]
    pub modules: Vec<String>,
}

/// Reads a first look.
#[must_use]
pub fn identify(look: &FirstLook) -> Identity {
    let (system, release) = read(&look.description);
    let chassis: Vec<Chassis> = of(look, EntityClass::Chassis).map(chassis).collect();
    Identity {
        system,
        release,
        model: chassis.iter().find_map(|c| c.model.clone()),
        chassis,
        modules: of(look, EntityClass::Module)
            .filter_map(|e| e.serial.clone())
            .collect(),
    }
}

fn of(look: &FirstLook, class: EntityClass) -> impl Iterator<Item = &Entity> {
    look.entities.iter().filter(move |e| e.class == class)
}

fn chassis(entity: &Entity) -> Chassis {
    Chassis {
        number: entity.name.as_deref().and_then(member),
        name: entity.name.clone(),
        model: entity.model.clone(),
        serial: entity.serial.clone(),
        release: entity.software.as_deref().map(description::release),
    }
}

/// The number of `Switch 2`, `Switch2` and `Switch 2 Chassis`.
fn member(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("Switch")?.trim_start();
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// A cell of the row that says something else than the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The column.
    pub column: &'static str,
    /// What the row says.
    pub row: String,
    /// What the device says.
    pub device: String,
}

/// A row held against a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Cells that contradict the device.
    pub differences: Vec<Difference>,
    /// What could not be compared, and a hostname that differs: sentences.
    pub warnings: Vec<String>,
}

impl Comparison {
    /// What discovery by SSH refuses the device with, when it sees the same.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let first = self.differences.first()?;
        let (code, next) = match first.column {
            "serial" => (
                "serial_differs",
                "find out which device answers at this address, then correct the row",
            ),
            _ => (
                "platform_differs",
                "correct the `platform` cell, or the address",
            ),
        };
        let message = format!(
            "the row says {} {}, the device says {}",
            first.column, first.row, first.device
        );
        Some(Fault::new(Class::Operator, code, message).remedy(Remedy::new(next)))
    }
}

/// Holds a row against what the device told: at least one serial of the row must be a chassis or
/// module of the device, and the platform its model.
#[must_use]
pub fn compare(
    record: &Record,
    look: &FirstLook,
    identity: &Identity,
    table: &PlatformTable,
) -> Comparison {
    let mut compared = Comparison::default();
    let serials: Vec<&str> = identity
        .chassis
        .iter()
        .filter_map(|c| c.serial.as_deref())
        .collect();
    if !record.serials.is_empty() {
        let mut told = serials
            .iter()
            .copied()
            .chain(identity.modules.iter().map(String::as_str));
        let same = told.any(|t| record.serials.iter().any(|s| s.eq_ignore_ascii_case(t)));
        if !same && (look.cut.is_some() || serials.is_empty()) {
            compared.warnings.push(format!(
                "the serial of the row was not compared: {}",
                look.cut.as_deref().unwrap_or("the device shows none")
            ));
        } else if !same {
            compared.differences.push(Difference {
                column: "serial",
                row: record.serials.join(", "),
                device: serials.join(", "),
            });
        }
    }
    match (&record.platform, &identity.model) {
        (Some(cell), Some(model)) => {
            let mut models = identity.chassis.iter().filter_map(|c| c.model.as_deref());
            if !models.any(|m| table.cell_names(cell, m)) {
                compared.differences.push(Difference {
                    column: "platform",
                    row: cell.clone(),
                    device: model.clone(),
                });
            }
        }
        (Some(_), None) => compared.warnings.push(format!(
            "the platform of the row was not compared: {}",
            look.cut.as_deref().unwrap_or("the device shows no model")
        )),
        (None, _) => {}
    }
    // `sysName` is the hostname with the domain behind it, where one is configured.
    if let Some(name) = &look.name {
        let short = |t: &str| t.split('.').next().unwrap_or(t).to_ascii_lowercase();
        if short(name) != short(record.name.as_str()) {
            compared
                .warnings
                .push(format!("the device calls itself {name}"));
        }
    }
    compared
}

/// What this program does with a device of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Prospect {
    /// It is upgraded.
    Upgrade,
    /// It is named, and refused.
    Recognise,
    /// It is not known, or its system is none of ours.
    Unknown,
}

/// What a discovery by SSH would make of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Its family in the platform table.
    pub family: Option<String>,
    /// What this program does with it.
    pub support: Prospect,
    /// A sentence for people.
    pub next: String,
}

/// What a discovery by SSH would make of a device.
#[must_use]
pub fn outlook(identity: &Identity, compared: &Comparison, table: &PlatformTable) -> Outlook {
    const REFUSES: &str = "discovery by SSH would refuse it";
    let family = identity.model.as_deref().and_then(|m| table.family(m));
    let ours = identity.system == System::IosXe;
    let support = match family.map(|f| f.support) {
        Some(Support::Upgrade) if ours => Prospect::Upgrade,
        Some(Support::Recognise) if ours => Prospect::Recognise,
        _ => Prospect::Unknown,
    };
    let next = match (&identity.model, family) {
        _ if !ours && identity.system != System::Other => format!(
            "{REFUSES}: it runs {}, and only IOS-XE is upgraded",
            identity.system
        ),
        _ if !ours => format!("{REFUSES}, unless it is IOS-XE: its description does not say so"),
        _ if !compared.differences.is_empty() => {
            let columns: Vec<&str> = compared.differences.iter().map(|d| d.column).collect();
            format!(
                "{REFUSES}: {} of the row and of the device differ",
                columns.join(" and ")
            )
        }
        (None, _) => "discovery by SSH would tell the model, and decide by it".to_owned(),
        (Some(model), None) => {
            format!("{REFUSES}: {model} is no platform that this program knows")
        }
        (Some(model), Some(family)) => match family.support {
            Support::Upgrade => {
                format!(
                    "discovery by SSH would read its facts: {} is upgraded",
                    family.name
                )
            }
            Support::Recognise => {
                format!("{REFUSES}: {model} is a {}: {}", family.name, family.why)
            }
        },
    };
    Outlook {
        family: family.map(|f| f.name.clone()),
        support,
        next,
    }
}

#[cfg(test)]
mod tests;
