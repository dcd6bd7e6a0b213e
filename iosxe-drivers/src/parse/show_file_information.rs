//! `show FS: filesys`, `show file information FILE`: what a file system or file is.
//!
//! Source: genieparser golden outputs of IE and Catalyst 9200 (file system); the command reference
//! for files.
//!
//! ```text
//! Filesystem: flash
//! Filesystem Path: /mnt/sd3/user
//! Filesystem Type: ext2
//! Mounted: Read/Write
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowFileInformation {
    /// Name of the file system.
    pub file_system: Option<String>,
    /// Where it is mounted.
    pub path: Option<String>,
    /// `ext2`, `vfat`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `Read/Write`.
    pub mounted: Option<String>,
    /// The file that was asked for.
    pub file: Option<String>,
    /// What the device takes it for.
    pub file_type: Option<String>,
    /// Header of an executable.
    pub file_size_bytes: Option<u64>,
}

/// Reads both commands.
///
/// # Errors
/// When neither a file system nor a file is described.
pub fn parse(text: &str) -> Result<Parsed<ShowFileInformation>, ParseError> {
    let mut lines = Lines::new("show file information", text)?;
    let mut value = ShowFileInformation::default();
    while let Some(line) = lines.next() {
        if let Some([kind]) = line.scan("type is {*}") {
            value.file_type = units::text(kind);
            continue;
        }
        if let Some([size]) = line
            .scan("file size is {#} bytes{*}")
            .map(|[s, _]: [&str; 2]| [s])
        {
            value.file_size_bytes = Some(line.number(size)?);
            continue;
        }
        match pair(line.text, ':') {
            Some(("Filesystem", text)) => value.file_system = units::text(text),
            Some(("Filesystem Path", text)) => value.path = units::text(text),
            Some(("Filesystem Type", text)) => value.kind = units::text(text),
            Some(("Mounted", text)) => value.mounted = units::text(text),
            Some((_, _)) if line.body().ends_with(':') && !line.body().contains(' ') => {
                value.file = units::text(line.body().trim_end_matches(':'));
            }
            _ => lines.unknown(line),
        }
    }
    if value.kind.is_none() && value.file_type.is_none() {
        return Err(lines.incomplete("the type of the file system or file"));
    }
    Ok(lines.finish(value))
}
