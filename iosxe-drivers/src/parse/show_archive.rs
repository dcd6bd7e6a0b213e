//! `show archive`: saved configurations.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! The maximum archive configurations allowed is 10.
//! The next archive file will be named flash:cfg-<timestamp>-4
//!  Archive #  Name
//!    1        flash:cfg-Nov-16-04-01-40.231-0 <- Most Recent
//!    2
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowArchive {
    /// How many are kept.
    pub maximum: Option<u32>,
    /// How many there are, where the device says so.
    pub total: Option<u32>,
    /// Name of the next one.
    pub next_file: Option<String>,
    /// The files.
    pub files: Vec<ArchiveFile>,
    /// The newest of them.
    pub most_recent_file: Option<String>,
}

/// One saved configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveFile {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
}

const IGNORED: &[Ignored] = &[
    ignored("Archive # Name", "heading"),
    ignored("{#}", "an empty place"),
];

/// Reads `show archive`.
///
/// # Errors
/// When the archive is not enabled, or the heading is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowArchive>, ParseError> {
    let mut lines = Lines::new("show archive", text)?;
    let mut value = ShowArchive::default();
    let mut headed = false;
    while let Some(line) = lines.next() {
        if line.starts("Archive feature not enabled") {
            return Err(line.bad(line.body(), "the list; `archive` needs a `path`"));
        }
        if line.starts("Archive #") {
            headed = true;
        } else if let Some([count]) =
            line.scan("The maximum archive configurations allowed is {#}.")
        {
            value.maximum = Some(line.number(count)?);
        } else if let Some([count]) =
            line.scan("There are currently {#} archive configurations saved.")
        {
            value.total = Some(line.number(count)?);
        } else if let Some([name]) = line.scan("The next archive file will be named {*}") {
            value.next_file = Some(name.to_owned());
        } else if let Some([number, name]) =
            line.scan("{#} {*}").filter(|[_, name]| !name.is_empty())
        {
            let name = match name.strip_suffix("<- Most Recent") {
                Some(name) => {
                    value.most_recent_file = Some(name.trim().to_owned());
                    name.trim()
                }
                None => name,
            };
            value.files.push(ArchiveFile {
                number: line.number(number)?,
                name: name.to_owned(),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !headed {
        return Err(lines.incomplete("the heading `Archive #  Name`"));
    }
    if value
        .total
        .is_some_and(|total| value.files.len() < usize::try_from(total).unwrap_or(0))
    {
        return Err(lines.incomplete("as many files as declared"));
    }
    Ok(lines.finish(value))
}
