//! From rows of cells to images.

use std::collections::HashMap;
use std::path::Path;

use iosxe_core::image::{Image, Listed, Provenance};

use super::column::ImageColumn;
use crate::cells::{Cells, list, not_text, shown};
use crate::column::key;
use crate::error::{InventoryError, ProblemKind};
use crate::place::CellAt;
use crate::table::{Header, Row, Table, Value};

/// Every image of a sheet. A sheet without any cell has none.
///
/// # Errors
/// [`InventoryError::Invalid`] with every problem of the sheet.
pub(super) fn images(table: &Table, folder: &Path) -> Result<Vec<Listed>, InventoryError> {
    if table.rows.is_empty() {
        return Ok(Vec::new());
    }
    let header = Header::find(table)?;
    let mut reader = Reader {
        approval_is_a_name: approval_is_a_name(table, &header),
        cells: Cells::new(table, &header),
        folder,
        files: HashMap::new(),
    };
    let mut found = Vec::new();
    for row in table.below(&header) {
        if is_used(&header, row)
            && let Some(image) = reader.image(row)
        {
            found.push(Listed {
                image,
                origin: format!("{}{}", table.source, row.spot()),
            });
        }
    }
    reader.cells.finish()?;
    Ok(found)
}

/// Whether a sheet is one of images at all: it has the column of their files, or nothing yet.
pub(super) fn names_files(table: &Table) -> bool {
    table.rows.is_empty()
        || Header::<ImageColumn>::find(table)
            .is_ok_and(|header| header.columns.contains_key(&ImageColumn::File))
}

/// Whether a row has anything in a column that is read.
pub(super) fn is_used(header: &Header<ImageColumn>, row: &Row) -> bool {
    header.columns.values().any(|at| row.value(*at).is_some())
}

/// Under `approved by` stands a name, under `approval` a sentence.
fn approval_is_a_name(table: &Table, header: &Header<ImageColumn>) -> bool {
    let at = header.columns.get(&ImageColumn::Approval);
    let row = table.rows.iter().find(|row| row.index == header.row);
    at.and_then(|at| row?.value(*at)?.plain())
        .is_some_and(|text| matches!(key(&text).as_str(), "approvedby" | "approver"))
}

struct Reader<'a> {
    cells: Cells<'a, ImageColumn>,
    /// Where files are that say no other place.
    folder: &'a Path,
    /// Files, with the first cell of each.
    files: HashMap<String, CellAt>,
    approval_is_a_name: bool,
}

impl Reader<'_> {
    fn image(&mut self, row: &Row) -> Option<Image> {
        // Every cell is read even when the row is already lost, so that one look shows all.
        let file = self.file(row);
        let release = if self.cells.present(row, ImageColumn::Release) {
            self.cells.release(row, ImageColumn::Release)
        } else {
            None
        };
        let platforms = self.cells.required(row, ImageColumn::Platform);
        let size = if self.cells.present(row, ImageColumn::Size) {
            self.bytes(row, ImageColumn::Size)
        } else {
            None
        };
        let sha512 = self.digest(row, ImageColumn::Sha512, 128);
        let md5 = self.digest(row, ImageColumn::Md5, 32);
        let path = self.cells.text(row, ImageColumn::Path);
        let provenance = Provenance {
            verified: self.cells.flag(row, ImageColumn::Verified),
            approved_by: self.approval(row),
            source: self.cells.text(row, ImageColumn::Source),
            min_memory_bytes: self.bytes(row, ImageColumn::MinMemory),
            min_rommon: self.cells.text(row, ImageColumn::MinRommon),
            // The catalogue file says it.
            brings: Vec::new(),
        };
        let file = file?;
        Some(Image {
            path: self.folder.join(path.as_deref().unwrap_or(&file)),
            file,
            version: release?,
            platforms: list(&platforms?).map(str::to_owned).collect(),
            size_bytes: size?,
            sha512,
            md5,
            provenance,
        })
    }

    fn file(&mut self, row: &Row) -> Option<String> {
        let column = ImageColumn::File;
        let text = self.cells.required(row, column)?;
        if text.contains(['/', '\\', ':']) {
            self.cells
                .report(row, column, ProblemKind::BadFile { text });
            return None;
        }
        let at = self.cells.at(row, column);
        if let Some(&other) = self.files.get(&text) {
            let kind = ProblemKind::DuplicateFile { text, other };
            self.cells.report(row, column, kind);
            return None;
        }
        self.files.insert(text.clone(), at);
        Some(text)
    }

    fn bytes(&mut self, row: &Row, column: ImageColumn) -> Option<u64> {
        let value = self.cells.value(row, column)?;
        let kind = match value {
            Value::Text(_) | Value::Number(_) => {
                match value.plain().and_then(|text| text.parse().ok()) {
                    Some(bytes) => return Some(bytes),
                    None => ProblemKind::BadSize { text: shown(value) },
                }
            }
            Value::Bool(_)
            | Value::Date(_)
            | Value::Error(_)
            | Value::NotCalculated
            | Value::NotUtf8 => not_text(column, value),
        };
        self.cells.report(row, column, kind);
        None
    }

    fn digest(&mut self, row: &Row, column: ImageColumn, digits: usize) -> Option<String> {
        let text = self.cells.text(row, column)?;
        if text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some(text.to_ascii_lowercase());
        }
        let kind = ProblemKind::BadDigest {
            column: crate::column::Field::name(column),
            text,
            digits,
        };
        self.cells.report(row, column, kind);
        None
    }

    /// Who approved it. A word that only might be a name (`pending`) approves nothing.
    fn approval(&mut self, row: &Row) -> Option<String> {
        let column = ImageColumn::Approval;
        if let Some(Value::Bool(false)) = self.cells.value(row, column) {
            return None;
        }
        let text = self.cells.text(row, column)?;
        let lower = text.to_lowercase();
        if matches!(lower.as_str(), "no" | "n" | "false" | "-" | "none" | "n/a") {
            return None;
        }
        let name = match (lower.strip_prefix("approved by "), self.approval_is_a_name) {
            (Some(rest), _) => text.get(text.len() - rest.len()..).unwrap_or(rest).trim(),
            (None, true) => text.as_str(),
            (None, false) => "",
        };
        if name.is_empty() {
            self.cells
                .report(row, column, ProblemKind::BadApproval { text });
            return None;
        }
        Some(name.to_owned())
    }
}
