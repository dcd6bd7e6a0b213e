//! Why an inventory cannot be read or written: what, where, and what to do.

use std::fmt;

use iosxe_core::fault::{Class, Classified, Effect, Remedy};
#[cfg(feature = "xlsx")]
use iosxe_core::image::ImageError;

use crate::place::{Area, CellAt, Source};

/// How many problems a message spells out. A person mends the first few and looks again; what is
/// left out is counted in the message, and [`InventoryError::problems`] has all of them.
const PROBLEMS_SHOWN_MAX: usize = 50;

/// Why an inventory cannot be read or written. No device is touched by any of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InventoryError {
    /// The URL names no backend.
    #[error("`{url}` is no inventory: {reason}")]
    Url {
        /// What was given.
        url: String,
        /// Why.
        reason: String,
    },
    /// There is no such file.
    #[error("there is no inventory file {path}")]
    NotFound {
        /// The path.
        path: String,
    },
    /// The file cannot be read, or is not what its name says.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The workbook has no such sheet.
    #[error("{file} has no sheet `{sheet}`; it has {}", quoted(sheets))]
    NoSheet {
        /// The workbook.
        file: String,
        /// The sheet that was asked for.
        sheet: String,
        /// The sheets it has.
        sheets: Vec<String>,
    },
    /// What stands in the cells is wrong: every problem that was found, in reading order.
    #[error("{}", Report(problems))]
    Invalid {
        /// The problems, at least one.
        problems: Vec<Problem>,
    },
    /// The file is open in a program that would overwrite what we write.
    #[error("{path} is open in {program}{}", by.as_ref().map(|b| format!(" ({b})")).unwrap_or_default())]
    Locked {
        /// The path.
        path: String,
        /// `Excel` or `LibreOffice`.
        program: &'static str,
        /// Who opened it, where the lock file says so.
        by: Option<String>,
    },
    /// The file changed each time between reading and replacing it.
    #[error("{path} changed {attempts} times while it was being written back")]
    Busy {
        /// The path.
        path: String,
        /// How often.
        attempts: u32,
    },
    /// The file or its folder cannot be written.
    #[error("cannot write {path}: {reason}")]
    Unwritable {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
}

impl InventoryError {
    /// The problems in the cells, where there are any.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems } => problems,
            Self::Url { .. }
            | Self::NotFound { .. }
            | Self::Unreadable { .. }
            | Self::NoSheet { .. }
            | Self::Locked { .. }
            | Self::Busy { .. }
            | Self::Unwritable { .. } => &[],
        }
    }
}

impl Classified for InventoryError {
    fn class(&self) -> Class {
        match self {
            Self::Locked { .. } | Self::Busy { .. } => Class::Transient,
            Self::Url { .. }
            | Self::NotFound { .. }
            | Self::Unreadable { .. }
            | Self::NoSheet { .. }
            | Self::Invalid { .. }
            | Self::Unwritable { .. } => Class::Operator,
        }
    }

    /// The inventory is no device: nothing here touches one.
    fn effect(&self) -> Effect {
        Effect::None
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "inventory_url",
            Self::NotFound { .. } => "inventory_not_found",
            Self::Unreadable { .. } => "inventory_unreadable",
            Self::NoSheet { .. } => "inventory_no_sheet",
            Self::Invalid { .. } => "inventory_invalid",
            Self::Locked { .. } => "inventory_locked",
            Self::Busy { .. } => "inventory_busy",
            Self::Unwritable { .. } => "inventory_unwritable",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::Url { .. } => Remedy::new(
                "give a file ending in .csv or .xlsx, or csv:PATH, xlsx:PATH, PATH.xlsx#SHEET",
            ),
            Self::NotFound { .. } => {
                Remedy::with("check the path, or make a starter folder", "iosxe init")
            }
            Self::Unreadable { .. } => Remedy::new(
                "check the file and its permissions, and save it as .xlsx or as CSV UTF-8",
            ),
            Self::NoSheet { .. } => {
                Remedy::new("name one of its sheets after the `#`, or in `[images] sheet`")
            }
            Self::Invalid { .. } => {
                Remedy::with("correct the cells, then check", "iosxe inventory validate")
            }
            Self::Locked { path, program, .. } => Remedy::new(format!(
                "close {path} in {program}; if nobody has it open, delete the lock file beside it"
            )),
            Self::Busy { .. } => Remedy::new("let the other program finish with the file"),
            Self::Unwritable { .. } => {
                Remedy::new("check that the file and its folder can be written and have room")
            }
        })
    }
}

/// What is wrong with a sheet of images, for whoever wants an image.
#[cfg(feature = "xlsx")]
pub(crate) fn of_images(error: InventoryError) -> ImageError {
    match error {
        InventoryError::Unreadable { path, reason } => ImageError::Unreadable { path, reason },
        error => ImageError::Sheet {
            reason: error.to_string(),
        },
    }
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<_> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}

/// One sentence per problem; several become a list under a count.
struct Report<'a>(&'a [Problem]);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0 {
            return write!(f, "{only}");
        }
        write!(f, "the inventory has {} problems", self.0.len())?;
        for problem in self.0.iter().take(PROBLEMS_SHOWN_MAX) {
            write!(f, "\n  {problem}")?;
        }
        match self.0.len().saturating_sub(PROBLEMS_SHOWN_MAX) {
            0 => Ok(()),
            rest => write!(f, "\n  and {rest} more"),
        }
    }
}

/// One thing that is wrong in the cells. Displayed as `fleet.xlsx, sheet Devices, cell C7: …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// File and sheet.
    pub source: Source,
    /// Where in it.
    pub spot: Spot,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl Problem {
    /// The stable code of what is wrong.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.source, self.spot, self.kind)
    }
}

/// Where in a table something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Everywhere.
    Table,
    /// A row, counted from 0.
    Row {
        /// The row as a spreadsheet counts it, from 0.
        row: u32,
        /// The line of the text file, from 1, where a text with line breaks moves it away from the
        /// row.
        line: Option<u32>,
    },
    /// A cell.
    Cell {
        /// The cell.
        cell: CellAt,
        /// As in [`Spot::Row`].
        line: Option<u32>,
    },
    /// Several cells.
    Area(Area),
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = match self {
            Self::Table => return Ok(()),
            Self::Area(area) => return write!(f, ", cells {area}"),
            Self::Row { row, line } => {
                write!(f, ", row {}", u64::from(*row) + 1)?;
                line
            }
            Self::Cell { cell, line } => {
                write!(f, ", cell {cell}")?;
                line
            }
        };
        match line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}

/// What is wrong in a cell, row or table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProblemKind {
    /// No row looks like a header.
    #[error("none of the first {looked} rows has the columns {}", joined(columns))]
    NoHeader {
        /// How many rows were looked at.
        looked: usize,
        /// The columns that it would have to have.
        columns: Vec<&'static str>,
    },
    /// A required column is missing.
    #[error("the column `{column}` is missing{}", or_named(aliases))]
    MissingColumn {
        /// Its name.
        column: &'static str,
        /// Other names for it.
        aliases: &'static [&'static str],
    },
    /// Two headers mean one column.
    #[error("`{header}` and `{other}` in {other_cell} both mean the column `{column}`: rename one")]
    AmbiguousColumn {
        /// The column.
        column: &'static str,
        /// This header.
        header: String,
        /// The other header.
        other: String,
        /// Where the other one stands.
        other_cell: CellAt,
    },
    /// A required cell is empty in a row that is not blank.
    #[error("`{column}` is empty")]
    Empty {
        /// The column.
        column: &'static str,
    },
    /// The hostname cannot name a device, a file and a folder.
    #[error("`{text}` cannot be a hostname: {reason}")]
    BadHostname {
        /// The cell.
        text: String,
        /// Why.
        reason: String,
    },
    /// Two rows have one hostname.
    #[error("the hostname `{text}` stands in {other} already")]
    DuplicateHostname {
        /// The hostname.
        text: String,
        /// The first cell that has it.
        other: CellAt,
    },
    /// Two rows have one address and one way to it.
    #[error("the address `{text}` stands in {other} already")]
    DuplicateAddress {
        /// The address.
        text: String,
        /// The first cell that has it.
        other: CellAt,
    },
    /// No address.
    #[error("`{text}` is no address: give HOST, HOST:PORT or [IPV6]:PORT")]
    BadAddress {
        /// The cell.
        text: String,
    },
    /// No release.
    #[error("`{text}` is no IOS-XE release: write it like 17.09.04a")]
    BadVersion {
        /// The cell.
        text: String,
    },
    /// The spreadsheet turned a release into a number.
    #[error(
        "the release is stored as the number {number}, which has lost its form: format the cell as text and write it like 17.09.04a"
    )]
    VersionIsNumber {
        /// The number.
        number: String,
    },
    /// The spreadsheet turned a release into a date.
    #[error(
        "the release became the date {date}: format the cell as text and write it like 17.09.04a"
    )]
    VersionIsDate {
        /// The date.
        date: String,
    },
    /// No method.
    #[error("`{text}` is no method: write auto or one of {}", method_words())]
    UnknownMethod {
        /// The cell.
        text: String,
    },
    /// No wave.
    #[error("`{text}` is no wave: write a whole number, 0 or more")]
    BadWave {
        /// The cell.
        text: String,
    },
    /// Neither yes nor no.
    #[error("`{text}` in `{column}` is neither yes nor no")]
    BadFlag {
        /// The column.
        column: &'static str,
        /// The cell.
        text: String,
    },
    /// No jump host.
    #[error("`{text}` is no jump host: write [USER@]HOST[:PORT], several with commas")]
    BadJump {
        /// The cell.
        text: String,
    },
    /// Something else where text belongs.
    #[error(
        "`{column}` holds {found} where text belongs: format the cell as text and write it again"
    )]
    NotText {
        /// The column.
        column: &'static str,
        /// `the number 17.9`, `the date 2026-11-23`, `TRUE`.
        found: String,
    },
    /// A formula gave an error.
    #[error("`{column}` shows {value}: correct the formula")]
    ErrorValue {
        /// The column.
        column: &'static str,
        /// `#N/A`.
        value: String,
    },
    /// A formula without a stored result.
    #[error(
        "the formula in `{column}` has no stored result: open the workbook in a spreadsheet program and save it"
    )]
    NotCalculated {
        /// The column.
        column: &'static str,
    },
    /// Merged cells where devices stand.
    #[error("merged cells hide which row a value belongs to: unmerge them")]
    Merged,
    /// A row of a text file with more fields than its header.
    #[error(
        "the row has {fields} fields, the header has {header}: put quotes around a text that holds the delimiter"
    )]
    ExtraFields {
        /// How many it has.
        fields: usize,
        /// How many the header has.
        header: usize,
    },
    /// A quote that is never closed.
    #[error("a quote is opened here and never closed")]
    OpenQuote,
    /// Two rows of images have one file.
    #[error("the file `{text}` stands in {other} already")]
    DuplicateFile {
        /// The file.
        text: String,
        /// The first cell that has it.
        other: CellAt,
    },
    /// A path where the name of a file belongs.
    #[error("`{text}` is no file name: write the name alone, and its folder into `path`")]
    BadFile {
        /// The cell.
        text: String,
    },
    /// No size.
    #[error("`{text}` is no size: write the number of bytes")]
    BadSize {
        /// The cell.
        text: String,
    },
    /// No digest.
    #[error("`{text}` is no {column}: write its {digits} hexadecimal digits")]
    BadDigest {
        /// The column.
        column: &'static str,
        /// The cell.
        text: String,
        /// How many digits it has.
        digits: usize,
    },
    /// No approval of an image, nor the lack of one.
    #[error("`{text}` is no approval: write `approved by NAME`, or leave the cell empty")]
    BadApproval {
        /// The cell.
        text: String,
    },
    /// Bytes that are no UTF-8.
    #[error("`{column}` is not encoded as UTF-8: save the file as CSV UTF-8")]
    NotUtf8 {
        /// The column.
        column: &'static str,
    },
}

impl ProblemKind {
    /// The stable code of it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoHeader { .. } => "no_header",
            Self::MissingColumn { .. } => "missing_column",
            Self::AmbiguousColumn { .. } => "ambiguous_column",
            Self::Empty { .. } => "empty_cell",
            Self::BadHostname { .. } => "bad_hostname",
            Self::DuplicateHostname { .. } => "duplicate_hostname",
            Self::DuplicateAddress { .. } => "duplicate_address",
            Self::BadAddress { .. } => "bad_address",
            Self::BadVersion { .. } => "bad_version",
            Self::VersionIsNumber { .. } => "version_is_number",
            Self::VersionIsDate { .. } => "version_is_date",
            Self::UnknownMethod { .. } => "unknown_method",
            Self::BadWave { .. } => "bad_wave",
            Self::BadFlag { .. } => "bad_flag",
            Self::BadJump { .. } => "bad_jump",
            Self::NotText { .. } => "not_text",
            Self::ErrorValue { .. } => "error_value",
            Self::NotCalculated { .. } => "not_calculated",
            Self::Merged => "merged_cells",
            Self::ExtraFields { .. } => "extra_fields",
            Self::OpenQuote => "open_quote",
            Self::DuplicateFile { .. } => "duplicate_file",
            Self::BadFile { .. } => "bad_file",
            Self::BadSize { .. } => "bad_size",
            Self::BadDigest { .. } => "bad_digest",
            Self::BadApproval { .. } => "bad_approval",
            Self::NotUtf8 { .. } => "not_utf8",
        }
    }
}

fn quoted_words(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| format!("`{n}`")).collect();
    quoted.join(", ")
}

fn or_named(aliases: &[&str]) -> String {
    if aliases.is_empty() {
        return String::new();
    }
    format!("; it may also be named {}", quoted_words(aliases))
}

/// `a`, `b` and `c`.
fn joined(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and `{last}`", quoted_words(first)),
        names => quoted_words(names),
    }
}

fn method_words() -> String {
    let words: Vec<_> = iosxe_core::plan::Method::ALL
        .iter()
        .map(|m| m.word())
        .collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use iosxe_core::fault::Fault;

    use super::*;

    /// Scripts match on the codes, and the engine tries again by the class: a change here is a
    /// change of the product.
    #[test]
    fn codes_classes_and_sentences() {
        let text = || "fleet.xlsx".to_owned();
        let why = || "why".to_owned();
        let errors = [
            InventoryError::Url {
                url: text(),
                reason: why(),
            },
            InventoryError::NotFound { path: text() },
            InventoryError::Unreadable {
                path: text(),
                reason: why(),
            },
            InventoryError::NoSheet {
                file: text(),
                sheet: "A".to_owned(),
                sheets: vec!["B".to_owned()],
            },
            InventoryError::Invalid {
                problems: vec![problem()],
            },
            InventoryError::Locked {
                path: text(),
                program: "Excel",
                by: None,
            },
            InventoryError::Busy {
                path: text(),
                attempts: 3,
            },
            InventoryError::Unwritable {
                path: text(),
                reason: why(),
            },
        ];
        let lines: Vec<_> = errors
            .iter()
            .map(|e| {
                assert_eq!(e.effect(), Effect::None);
                format!("{:?}: {}", e.class(), Fault::from_error(e))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Operator: `fleet.xlsx` is no inventory: why [inventory_url]; give a file ending in .csv or .xlsx, or csv:PATH, xlsx:PATH, PATH.xlsx#SHEET
        Operator: there is no inventory file fleet.xlsx [inventory_not_found]; check the path, or make a starter folder: `iosxe init`
        Operator: cannot read fleet.xlsx: why [inventory_unreadable]; check the file and its permissions, and save it as .xlsx or as CSV UTF-8
        Operator: fleet.xlsx has no sheet `A`; it has `B` [inventory_no_sheet]; name one of its sheets after the `#`, or in `[images] sheet`
        Operator: fleet.csv: a quote is opened here and never closed [inventory_invalid]; correct the cells, then check: `iosxe inventory validate`
        Transient: fleet.xlsx is open in Excel [inventory_locked]; close fleet.xlsx in Excel; if nobody has it open, delete the lock file beside it
        Transient: fleet.xlsx changed 3 times while it was being written back [inventory_busy]; let the other program finish with the file
        Operator: cannot write fleet.xlsx: why [inventory_unwritable]; check that the file and its folder can be written and have room
        ");
    }

    fn problem() -> Problem {
        Problem {
            source: Source {
                file: "fleet.csv".to_owned(),
                sheet: None,
            },
            spot: Spot::Table,
            kind: ProblemKind::OpenQuote,
        }
    }

    #[test]
    fn a_long_report_says_what_it_leaves_out() {
        let error = InventoryError::Invalid {
            problems: vec![problem(); PROBLEMS_SHOWN_MAX + 7],
        };
        assert_eq!(error.problems().len(), PROBLEMS_SHOWN_MAX + 7);
        let text = error.to_string();
        assert_eq!(text.lines().count(), PROBLEMS_SHOWN_MAX + 2);
        assert!(text.ends_with("\n  and 7 more"), "{text}");
    }
}
