//! `show sdwan software`: images of a device that a controller manages; such a device is refused.
//!
//! Source: genieparser golden output.
//!
//! ```text
//! VERSION         ACTIVE  DEFAULT  PREVIOUS  CONFIRMED  TIMESTAMP
//! ---------------------------------------------------------------------------------
//! 17.09.04a.0.6    true    true     false     auto       2020-04-11T09:43:37-00:00
//! Total Space:387M Used Space:141M Available Space:241M
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowSdwanSoftware {
    /// As listed.
    pub versions: Vec<SdwanVersion>,
    /// Space in all, as printed; later releases do not say.
    pub total_space: Option<String>,
    /// Space used.
    pub used_space: Option<String>,
    /// Space free.
    pub available_space: Option<String>,
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdwanVersion {
    /// Its number.
    pub version: String,
    /// Runs.
    pub active: String,
    /// Is booted next.
    pub default: String,
    /// Ran before.
    pub previous: String,
    /// `user`, `auto`, `-`.
    pub confirmed: String,
    /// When it was installed.
    pub timestamp: String,
}

const IGNORED: &[Ignored] = &[ignored("VERSION ACTIVE DEFAULT *", "heading")];

/// Reads `show sdwan software`.
///
/// # Errors
/// On a mark that is neither true nor false, and when there is no version.
pub fn parse(text: &str) -> Result<Parsed<ShowSdwanSoftware>, ParseError> {
    let mut lines = Lines::new("show sdwan software", text)?;
    let mut value = ShowSdwanSoftware::default();
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([total, used, free]) =
            line.scan("Total Space:{} Used Space:{} Available Space:{}")
        {
            value.total_space = Some(total.to_owned());
            value.used_space = Some(used.to_owned());
            value.available_space = Some(free.to_owned());
        } else if let Some([version, active, default, previous, confirmed, timestamp]) = line
            .scan("{} {} {} {} {} {}")
            .filter(|[version, ..]: &[&str; 6]| version.starts_with(|c: char| c.is_ascii_digit()))
        {
            for mark in [active, default, previous] {
                line.switch(mark)?;
            }
            value.versions.push(SdwanVersion {
                version: version.to_owned(),
                active: active.to_owned(),
                default: default.to_owned(),
                previous: previous.to_owned(),
                confirmed: confirmed.to_owned(),
                timestamp: timestamp.to_owned(),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.versions.is_empty() {
        return Err(lines.incomplete("a version"));
    }
    Ok(lines.finish(value))
}
