//! `show file systems`: sizes and free space of every file system, with its other names.
//!
//! Source: genieparser golden output of a Catalyst 9300 stack.
//!
//! ```text
//!        Size(b)       Free(b)      Type  Flags  Prefixes
//! *  11353194496    4835155968      disk     rw   flash: bootflash: flash-1:
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// What may be done with a file system.
    Access {
        /// Read and write.
        Rw = "rw",
        /// Read only.
        Ro = "ro",
        /// Write only.
        Wo = "wo",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowFileSystems {
    /// As listed.
    pub file_systems: Vec<FileSystemRow>,
}

/// One file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystemRow {
    /// Marked with `*`: the default.
    pub default: bool,
    /// Size; network file systems have none.
    pub total_bytes: Option<u64>,
    /// Free space.
    pub free_bytes: Option<u64>,
    /// `disk`, `flash`, `nvram`, `network`, `opaque`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Access.
    pub flags: Access,
    /// All its names: `flash: bootflash: flash-1:`.
    pub prefixes: String,
}

impl FileSystemRow {
    /// Whether a name is one of its names.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.prefixes
            .split_whitespace()
            .any(|prefix| prefix == name)
    }
}

const IGNORED: &[Ignored] = &[
    ignored("File Systems:", "heading"),
    ignored("Size(b) Free(b) Type Flags Prefixes", "heading"),
];

/// Reads `show file systems`.
///
/// # Errors
/// On a malformed row, and when there is none.
pub fn parse(text: &str) -> Result<Parsed<ShowFileSystems>, ParseError> {
    let mut lines = Lines::new("show file systems", text)?;
    let mut file_systems = Vec::new();
    while let Some(line) = lines.next() {
        let default = line.body().starts_with('*');
        let body = line.body().trim_start_matches('*');
        if let Some([total, free, kind, flags, prefixes]) =
            super::scan::scan("{} {} {} {} {*}", body)
            && (total == "-" || total.bytes().all(|b| b.is_ascii_digit()))
        {
            if !prefixes.ends_with(':') {
                return Err(line.bad(prefixes, "a file system ending in `:`"));
            }
            let bytes = |part: &str| -> Result<Option<u64>, ParseError> {
                if part == "-" {
                    Ok(None)
                } else {
                    line.number(part).map(Some)
                }
            };
            file_systems.push(FileSystemRow {
                default,
                total_bytes: bytes(total)?,
                free_bytes: bytes(free)?,
                kind: kind.to_owned(),
                flags: line.word(flags)?,
                prefixes: prefixes.to_owned(),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if file_systems.is_empty() {
        return Err(lines.incomplete("a file system"));
    }
    Ok(lines.finish(ShowFileSystems { file_systems }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_and_the_names_of_a_member() {
        let value = parse("       Size(b)       Free(b)      Type  Flags  Prefixes\n     -   -    opaque     rw   system:\n\
            * 11353194496    4835155968      disk     rw   flash: bootflash: flash-1:\n").unwrap().value;
        assert!(value.file_systems[1].default && value.file_systems[1].is_named("flash-1:"));
        assert_eq!(value.file_systems[0].total_bytes, None);
        assert!(parse("  1 2 disk rw fla").is_err());
    }
}
