//! `show firmware version all`: ROMMON, CPLD, FPGA and other firmware of a chassis.
//!
//! Two formats: with the expected version and a mark for a mismatch (9600), and without (9400).
//!
//! Source: genieparser golden outputs of Catalyst 9400 and 9600.
//!
//! ```text
//! Slot  Device Name / Model           Firmware Version      Firmware Version    Mismatch
//! ----- ----------------------------- --------------------- ------------------- ---------
//!  3    Supervisor CPLD
//!         IO FPGA                     1901211e              21071424            Yes
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::table::wide;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowFirmwareVersionAll {
    /// As listed.
    pub devices: Vec<FirmwareDevice>,
}

/// One device with firmware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareDevice {
    /// `3`, `PS5`; `-` where there is none.
    pub slot: String,
    /// `Supervisor CPLD`, `IO FPGA`.
    pub device: String,
    /// Version that it has.
    pub version: Option<String>,
    /// Version that comes with the software.
    pub expected_version: Option<String>,
    /// Whether they differ.
    pub mismatch: Option<bool>,
}

const IGNORED: &[Ignored] = &[
    ignored("Slot *", "heading"),
    ignored("Current Expected*", "heading"),
    ignored("Current Bundled*", "heading"),
];

/// Reads `show firmware version all`.
///
/// # Errors
/// On a malformed row, and when there is no device.
pub fn parse(text: &str) -> Result<Parsed<ShowFirmwareVersionAll>, ParseError> {
    let mut lines = Lines::new("show firmware version all", text)?;
    let mut value = ShowFirmwareVersionAll::default();
    let mut slot = String::new();
    while let Some(line) = lines.next() {
        if line.is_rule() {
            continue;
        }
        let cells = wide(line.text);
        let is_slot = |text: &str| {
            matches!(text, "-" | "N/A")
                || text.len() <= 5
                    && text.bytes().any(|b| b.is_ascii_digit())
                    && !text.contains(' ')
        };
        let rest = match cells.as_slice() {
            ["Slot", ..] => {
                lines.pass(line, IGNORED);
                continue;
            }
            [first, rest @ ..] if is_slot(first) => {
                (*first).clone_into(&mut slot);
                rest
            }
            rest => rest,
        };
        let (device, version, expected, mismatch) = match rest {
            [device] if is_slot(cells.first().unwrap_or(&"")) => (device, None, None, None),
            [device, version] => (device, units::given(version), None, None),
            [device, version, expected, mismatch] => (
                device,
                units::given(version),
                units::given(expected),
                units::given(mismatch)
                    .map(|m| {
                        line.switch(&m)
                            .map_err(|_| line.bad(mismatch, "`Yes`, `No` or `N/A`"))
                    })
                    .transpose()?,
            ),
            _ => {
                lines.pass(line, IGNORED);
                continue;
            }
        };
        value.devices.push(FirmwareDevice {
            slot: slot.clone(),
            device: (*device).to_owned(),
            version,
            expected_version: expected,
            mismatch,
        });
    }
    if value.devices.is_empty() {
        return Err(lines.incomplete("a device"));
    }
    Ok(lines.finish(value))
}
