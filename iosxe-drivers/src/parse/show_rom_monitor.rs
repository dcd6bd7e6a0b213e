//! `show rom-monitor SLOT`, `show rom-monitor switch N R0`: the boot loader of one slot.
//!
//! Source: genieparser golden outputs of Catalyst 9000, 17.11 and 17.12. Routers print the same
//! first line.
//!
//! ```text
//! System Bootstrap, Version 17.12.1r, RELEASE SOFTWARE (P)
//! Compiled Mon 04/24/2023 22:21:00.36 by rel
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowRomMonitor {
    /// Version of the boot loader: `17.12.1r`, `16.7(5r)`.
    pub version: String,
    /// A development build.
    pub development: bool,
    /// When it was built.
    pub compiled: Option<String>,
    /// Who built it.
    pub built_by: Option<String>,
    /// Who made it.
    pub vendor: Option<String>,
}

const IGNORED: &[Ignored] = &[ignored(
    "CPLD version is *",
    "the table of show hw-programmable tells it per slot",
)];

/// Reads `show rom-monitor`.
///
/// # Errors
/// When no version is named.
pub fn parse(text: &str) -> Result<Parsed<ShowRomMonitor>, ParseError> {
    let mut lines = Lines::new("show rom-monitor", text)?;
    let mut found: Option<ShowRomMonitor> = None;
    while let Some(line) = lines.next() {
        if let Some([version, kind]) = line.scan("System Bootstrap, Version {},~{*}") {
            found = Some(ShowRomMonitor {
                version: version.to_owned(),
                development: kind.starts_with("DEVELOPMENT"),
                compiled: None,
                built_by: None,
                vendor: None,
            });
        } else if let Some(value) = found.as_mut() {
            if let Some([when, who]) = line.scan("Compiled {*} by {}") {
                value.compiled = Some(when.to_owned());
                value.built_by = Some(who.to_owned());
            } else if let Some([_, vendor]) = line.scan("Copyright {*} by {*}, Inc.") {
                value.vendor = Some(vendor.to_owned());
            } else {
                lines.pass(line, IGNORED);
            }
        } else {
            lines.pass(line, IGNORED);
        }
    }
    let value = lines.need(found, "the line `System Bootstrap, Version`")?;
    Ok(lines.finish(value))
}
