//! `show bootflash:`, `show flash:`: every file below the root, and the free space.
//!
//! Source: genieparser golden output of ISR 4300, 3.16.
//!
//! ```text
//! -#- --length-- ---------date/time--------- path
//!   4  486645440 Apr 20 2017 23:18:43 +00:00 /bootflash/image.bin
//!
//! 13755338752 bytes available (489017344 bytes used)
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowBootflash {
    /// Files and directories, with their whole path.
    pub files: Vec<FlashEntry>,
    /// Free space.
    pub available_bytes: u64,
    /// Used space.
    pub used_bytes: u64,
}

/// One file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashEntry {
    /// `/bootflash/image.bin`.
    pub path: String,
    /// Size.
    pub size_bytes: u64,
    /// When it was written, device time.
    pub modified: String,
}

/// Reads `show bootflash:`.
///
/// # Errors
/// When the line of totals is missing or a row is malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowBootflash>, ParseError> {
    let mut lines = Lines::new("show bootflash:", text)?;
    let mut files = Vec::new();
    let mut totals = None;
    while let Some(line) = lines.next() {
        if line
            .body()
            .ends_with("-#- --length-- ---------date/time--------- path")
        {
        } else if let Some([free, used]) = line.scan("{#} bytes available ({#} bytes used)") {
            totals = Some((line.number(free)?, line.number(used)?));
        } else if let Some([_, size, rest]) = line.scan("{#} {#} {*}") {
            let Some([month, day, year, time, zone, path]) =
                super::scan::scan("{} {#} {#} {} {} {*}", rest)
            else {
                return Err(line.bad(rest, "a date and a path"));
            };
            if path.is_empty() {
                return Err(line.bad(rest, "a path"));
            }
            files.push(FlashEntry {
                path: path.to_owned(),
                size_bytes: line.number(size)?,
                modified: format!("{month} {day} {year} {time} {zone}"),
            });
        } else {
            lines.unknown(line);
        }
    }
    let (available_bytes, used_bytes) =
        lines.need(totals, "the line `… bytes available (… bytes used)`")?;
    Ok(lines.finish(ShowBootflash {
        files,
        available_bytes,
        used_bytes,
    }))
}
