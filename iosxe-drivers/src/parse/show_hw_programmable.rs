//! `show hw-programmable all`: CPLD and FPGA versions per slot of a router.
//!
//! Source: genieparser golden output of ASR 1000; `N/A` is a valid version.
//!
//! ```text
//! Slot              CPLD version              FPGA version
//! ----------------------------------------------------------------------
//! R0                14111801                  18102401
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowHwProgrammable {
    /// As listed.
    pub slots: Vec<ProgrammableSlot>,
}

/// One slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammableSlot {
    /// `R0`.
    pub slot: String,
    /// Version of the CPLD.
    pub cpld_version: Option<String>,
    /// Version of the FPGA.
    pub fpga_version: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Hw-programmable versions", "heading"),
    ignored("Slot CPLD version FPGA version", "heading"),
];

/// Reads `show hw-programmable all`.
///
/// # Errors
/// When there is no slot.
pub fn parse(text: &str) -> Result<Parsed<ShowHwProgrammable>, ParseError> {
    let mut lines = Lines::new("show hw-programmable all", text)?;
    let mut slots = Vec::new();
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([slot, cpld, fpga]) =
            line.scan("{} {} {}").filter(|[slot, ..]: &[&str; 3]| {
                slot.len() <= 4 && slot.bytes().any(|b| b.is_ascii_digit())
            })
        {
            slots.push(ProgrammableSlot {
                slot: slot.to_owned(),
                cpld_version: units::given(cpld),
                fpga_version: units::given(fpga),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if slots.is_empty() {
        return Err(lines.incomplete("a slot"));
    }
    Ok(lines.finish(ShowHwProgrammable { slots }))
}
