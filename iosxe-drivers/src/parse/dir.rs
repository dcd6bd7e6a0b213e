//! `dir [FS:]`: the files of one or more directories and the free space.
//!
//! Source: genieparser and ntc-templates golden outputs of ASR 1000, Catalyst 9200 (`drec0:`) and
//! classic IOS.
//!
//! ```text
//! Directory of bootflash:/
//!
//!    24  -rw-        794609595  Feb 17 2017 11:50:21 -07:00  image.bin
//!
//! 1940303872 bytes total (1036210176 bytes free)
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dir {
    /// The directories listed; `dir all-filesystems` lists several.
    pub directories: Vec<Directory>,
    /// Why there is none: `No such file or directory`.
    pub missing: Option<String>,
}

/// One directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// `bootflash:/`.
    pub path: String,
    /// What is in it.
    pub files: Vec<DirFile>,
    /// Size of the file system.
    pub total_bytes: Option<u64>,
    /// Free space.
    pub free_bytes: Option<u64>,
}

/// One file or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirFile {
    /// Name without the path.
    pub name: String,
    /// A directory.
    pub directory: bool,
    /// `-rw-`, `drwx`.
    pub permissions: String,
    /// Size.
    pub size_bytes: u64,
    /// When it was written, device time.
    pub modified: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("No files in directory", "the list stays empty"),
    ignored("Attributes Size Name", "heading"),
];

/// Reads `dir`.
///
/// # Errors
/// When a directory ends without its line of totals, or a row is malformed.
pub fn parse(text: &str) -> Result<Parsed<Dir>, ParseError> {
    let mut lines = Lines::new("dir", text)?;
    let mut value = Dir {
        directories: Vec::new(),
        missing: None,
    };
    let mut plain_rules = None;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            if let Some(rules) = plain_rules.as_mut() {
                *rules += 1;
            }
        } else if let Some([path]) = line.scan("Directory of {*}") {
            if open(&value, plain_rules) {
                return Err(line.bad(line.body(), "the line `… bytes total (… bytes free)` first"));
            }
            value.directories.push(directory(path));
        } else if line.is("Attributes Size Name") {
            // The recovery file system of Catalyst 9200 is listed without path and totals.
            value
                .directories
                .push(directory(lines.echoed_argument().unwrap_or("")));
            plain_rules = Some(0);
        } else if let Some([total, free]) = line
            .scan("{#} bytes total ({#} bytes free{*}")
            .map(|[t, f, _]: [&str; 3]| [t, f])
        {
            let (total, free) = (line.number(total)?, line.number(free)?);
            match value.directories.last_mut() {
                Some(last) => (last.total_bytes, last.free_bytes) = (Some(total), Some(free)),
                None => lines.unknown(line),
            }
        } else if let Some([_, reason]) = line.scan("%Error opening {*} ({*})") {
            value.missing = Some(reason.to_owned());
        } else if let (Some(last), Some(file)) = (
            value.directories.last_mut(),
            row(line, plain_rules.is_some())?,
        ) {
            last.files.push(file);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.directories.is_empty() && value.missing.is_none() {
        return Err(lines.incomplete("the line `Directory of`"));
    }
    if open(&value, plain_rules) {
        return Err(lines.incomplete("the line `… bytes total (… bytes free)`"));
    }
    Ok(lines.finish(value))
}

fn directory(path: &str) -> Directory {
    Directory {
        path: path.to_owned(),
        files: Vec::new(),
        total_bytes: None,
        free_bytes: None,
    }
}

/// The last directory has no footer yet.
fn open(value: &Dir, plain_rules: Option<u32>) -> bool {
    match plain_rules {
        Some(rules) => rules < 2,
        None => value
            .directories
            .last()
            .is_some_and(|d| d.free_bytes.is_none()),
    }
}

/// `24  -rw-  794609595  Feb 17 2017 11:50:21 -07:00  image.bin`, or `-rwxrwxrwx 490586943 x.bin`.
fn row(line: Line<'_>, plain: bool) -> Result<Option<DirFile>, ParseError> {
    let (permissions, size, rest) = if plain {
        let Some([permissions, size, rest]) = line.scan("{} {#} {*}") else {
            return Ok(None);
        };
        (permissions, size, rest)
    } else {
        let Some([_, permissions, size, rest]) = line.scan("{#} {} {} {*}") else {
            return Ok(None);
        };
        (permissions, size, rest)
    };
    let directory = permissions.starts_with('d');
    if !directory && !permissions.starts_with('-') {
        return Ok(None);
    }
    let (modified, name) = if plain {
        (None, rest)
    } else if let Some(name) = rest.strip_prefix("<no date>") {
        (None, name.trim_start())
    } else {
        let Some([month, day, year, time, rest]) = super::scan::scan("{} {#} {#} {} {*}", rest)
        else {
            return Err(line.bad(rest, "a date and a file name"));
        };
        // Old releases print no offset behind the time.
        let (zone, name) = match rest.split_once(char::is_whitespace) {
            Some((zone, name))
                if zone.starts_with(['+', '-']) && zone.ends_with(":00")
                    || zone.ends_with(":30") =>
            {
                (zone, name.trim_start())
            }
            _ => ("", rest),
        };
        (
            Some(
                format!("{month} {day} {year} {time} {zone}")
                    .trim_end()
                    .to_owned(),
            ),
            name,
        )
    };
    if name.is_empty() {
        return Err(line.bad(rest, "a file name"));
    }
    Ok(Some(DirFile {
        name: name.to_owned(),
        directory,
        permissions: permissions.to_owned(),
        size_bytes: line.number(size)?,
        modified,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Directory of flash:/\n\n   11  drwx            16384  Nov 25 2016 19:32:53 -07:00  lost+found\n\
        12  -rw-   794609595  Feb 7 2017 11:50:21 +00:00  my image.bin\n\n1940303872 bytes total (1036210176 bytes free)\n";

    #[test]
    fn files_and_space() {
        let value = parse(TEXT).unwrap().value;
        let dir = &value.directories[0];
        assert_eq!(dir.free_bytes, Some(1_036_210_176));
        assert_eq!(dir.files[1].name, "my image.bin");
        assert!(dir.files[0].directory);
    }

    #[test]
    fn a_cut_table_is_no_shorter_table() {
        let cut = TEXT.split("1940303872").next().unwrap();
        assert!(parse(cut).unwrap_err().to_string().contains("bytes total"));
        let cut = &TEXT[..90];
        assert!(parse(cut).is_err());
    }

    #[test]
    fn nothing_there() {
        let value = parse("%Error opening flash:x (No such file or directory)\n")
            .unwrap()
            .value;
        assert_eq!(value.missing.as_deref(), Some("No such file or directory"));
        let value = parse(
            "Directory of bootflash:/\nNo files in directory\n10 bytes total (5 bytes free)\n",
        )
        .unwrap();
        assert!(value.value.directories[0].files.is_empty() && value.unknown.is_empty());
    }
}
