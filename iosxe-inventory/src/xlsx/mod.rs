//! Excel workbooks. They are read with `calamine`; they are written by an editor of our own that
//! changes single cells in the sheet's XML and copies every other part of the file as it is,
//! because each library that writes whole workbooks loses parts of them (charts, measured).
//!
//! What a write changes besides the cells themselves, and only then:
//!
//! - Columns of ours that are not there yet get headers right of everything used, styled like the
//!   header beside them. Where the header belongs to a table or to a filter that ends right there,
//!   the table or filter grows over them: otherwise sorting it would part our cells from their
//!   devices.
//! - A row that is added below the last one takes the looks of the row above it, and a table or
//!   filter that ends right above it grows over it.
//! - `dimension`, and `spans` of rows that grow.
//! - A formula in a cell of ours gives way to the text. Then the calculation chain, which lists
//!   formula cells and which spreadsheet programs make anew, is removed.
//!
//! Text is stored in the cell itself (`t="inlineStr"`): Excel and LibreOffice read it as text
//! whatever it starts with, and no other part has to change. They move it to the shared strings when
//! they save.

mod fresh;
mod package;
mod sheet;
mod table_part;
mod xml;

use std::io::Cursor;
use std::path::Path;

use calamine::{DataRef, Reader, SheetType, SheetVisible, XlsxError};

use crate::backend::Format;
use crate::column::Column;
use crate::error::InventoryError;
use crate::file;
use crate::place::{Area, CellAt, Source};
use crate::table::{Cell, Fitness, Header, Row, Table, Value};
use crate::update::Changes;
pub(crate) use fresh::fresh;
use package::Package;

/// The most that the parts of a workbook may come to unpacked: several times a workbook of a
/// million cells.
const UNPACKED_BYTES_MAX: u128 = 1 << 30;

/// Why a workbook cannot be read or edited: a sentence for [`InventoryError::Unreadable`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damage(String);

impl Damage {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    fn at(self, path: &Path) -> InventoryError {
        InventoryError::Unreadable {
            path: file::shown(path),
            reason: self.0,
        }
    }
}

impl From<zip::result::ZipError> for Damage {
    fn from(e: zip::result::ZipError) -> Self {
        Self(format!("the workbook's archive is damaged: {e}"))
    }
}

impl From<XlsxError> for Damage {
    fn from(e: XlsxError) -> Self {
        Self(format!("the workbook is damaged: {e}"))
    }
}

/// The Excel format, for one sheet.
#[derive(Debug)]
pub(crate) struct Xlsx {
    /// The sheet that was asked for.
    pub(crate) sheet: Option<String>,
}

impl Format for Xlsx {
    fn table(&self, path: &Path, bytes: &[u8]) -> Result<Table, InventoryError> {
        check_kind(bytes).map_err(|e| e.at(path))?;
        let mut book = calamine::Xlsx::new(Cursor::new(bytes)).map_err(|e| match e {
            XlsxError::Password => Damage::new("it is protected by a password").at(path),
            e => Damage::from(e).at(path),
        })?;
        let file = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        match &self.sheet {
            Some(wanted) => self.named(path, file, wanted, &mut book),
            None => first_inventory(path, &file, &mut book),
        }
    }

    /// Text cells have a type of their own and are never taken for formulas.
    fn encode(text: &str) -> String {
        text.to_owned()
    }

    fn edit(
        &self,
        path: &Path,
        bytes: &[u8],
        table: &Table,
        changes: &Changes,
    ) -> Result<(Vec<u8>, Vec<String>), InventoryError> {
        edit(bytes, table, changes).map_err(|e| e.at(path))
    }
}

type Book<'b> = calamine::Xlsx<Cursor<&'b [u8]>>;

impl Xlsx {
    fn named(
        &self,
        path: &Path,
        file: String,
        wanted: &str,
        book: &mut Book<'_>,
    ) -> Result<Table, InventoryError> {
        let sheets = worksheets(book, |_| true);
        // Excel itself takes sheet names that differ only in case for one.
        let found = sheets
            .iter()
            .find(|s| *s == wanted)
            .or_else(|| sheets.iter().find(|s| s.eq_ignore_ascii_case(wanted)));
        match found {
            Some(sheet) => read_sheet(book, &file, sheet).map_err(|e| e.at(path)),
            None => Err(InventoryError::NoSheet {
                file,
                sheet: wanted.to_owned(),
                sheets,
            }),
        }
    }
}

/// The first visible sheet that has the required columns, else the one that looks most like it.
fn first_inventory(path: &Path, file: &str, book: &mut Book<'_>) -> Result<Table, InventoryError> {
    let mut best: Option<(Fitness, Table)> = None;
    for sheet in worksheets(book, |v| v == SheetVisible::Visible) {
        let table = read_sheet(book, file, &sheet).map_err(|e| e.at(path))?;
        let fitness = Header::<Column>::fitness(&table);
        if fitness.complete {
            return Ok(table);
        }
        if best.as_ref().is_none_or(|(other, _)| fitness > *other) {
            best = Some((fitness, table));
        }
    }
    match best {
        Some((_, table)) => Ok(table),
        None => Err(Damage::new("it has no visible sheet with cells").at(path)),
    }
}

fn worksheets(book: &Book<'_>, visible: impl Fn(SheetVisible) -> bool) -> Vec<String> {
    book.sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet && visible(s.visible))
        .map(|s| s.name.clone())
        .collect()
}

fn check_kind(bytes: &[u8]) -> Result<(), Damage> {
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(Damage::new(
            "it is protected by a password or an old .xls workbook; save it as .xlsx without a password",
        ));
    }
    if !bytes.starts_with(b"PK") {
        return Err(Damage::new("it is no Excel workbook"));
    }
    let archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    match archive.decompressed_size() {
        Some(size) if size > UNPACKED_BYTES_MAX => Err(Damage::new(format!(
            "it unpacks to {} MiB, more than {} MiB",
            size >> 20,
            UNPACKED_BYTES_MAX >> 20
        ))),
        _ => Ok(()),
    }
}

fn read_sheet(book: &mut Book<'_>, file: &str, sheet: &str) -> Result<Table, Damage> {
    let merged = book
        .merge_cells_by_sheet_name(sheet)?
        .iter()
        .map(|d| Area {
            first: CellAt::new(d.start.0, d.start.1),
            last: CellAt::new(d.end.0, d.end.1),
        })
        .collect();
    let mut rows: Vec<Row> = Vec::new();
    // The cells are taken one by one: a range would be a rectangle, and one stray cell in the last
    // row makes that 17 thousand million cells.
    let mut reader = book.worksheet_cells_reader(sheet)?;
    while let Some(record) = reader.next_cell_with_formula_metadata()? {
        let formula = record.formula.is_some();
        let Some(value) = value(&record.value, formula) else {
            continue;
        };
        let (index, column) = record.pos;
        let cell = Cell {
            column,
            value,
            formula,
        };
        match rows.last_mut() {
            Some(row) if row.index == index => row.cells.push(cell),
            _ => rows.push(Row {
                index,
                cells: vec![cell],
                ..Row::default()
            }),
        }
    }
    // Programs write rows and cells in order; what others do is put in order here.
    let in_order = |row: &Row| row.cells.is_sorted_by_key(|c| c.column);
    if !rows.is_sorted_by_key(|r| r.index) || !rows.iter().all(in_order) {
        return Err(Damage::new(format!(
            "the cells of sheet {sheet} are not in order; open it in a spreadsheet program and save it"
        )));
    }
    Ok(Table {
        source: Source {
            file: file.to_owned(),
            sheet: Some(sheet.to_owned()),
        },
        rows,
        merged,
        problems: Vec::new(),
    })
}

fn value(data: &DataRef<'_>, formula: bool) -> Option<Value> {
    Some(match data {
        DataRef::String(text) => Value::Text(text.clone()),
        DataRef::SharedString(text) => Value::Text((*text).to_owned()),
        #[expect(
            clippy::cast_precision_loss,
            reason = "numbers of a workbook are floats anyway"
        )]
        DataRef::Int(number) => Value::Number(*number as f64),
        DataRef::Float(number) => Value::Number(*number),
        DataRef::Bool(truth) => Value::Bool(*truth),
        DataRef::DateTime(date) if date.is_duration() => Value::Number(date.as_f64()),
        DataRef::DateTime(date) => {
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            Value::Date(match (hour, minute, second) {
                (0, 0, 0) => date,
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
            })
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Value::Date(text.clone()),
        DataRef::Error(error) => Value::Error(error.to_string()),
        DataRef::Empty if formula => Value::NotCalculated,
        DataRef::Empty => return None,
    })
}

fn edit(bytes: &[u8], table: &Table, changes: &Changes) -> Result<(Vec<u8>, Vec<String>), Damage> {
    let mut package = Package::open(bytes)?;
    let name = table.source.sheet.as_deref().unwrap_or_default();
    let workbook = package.workbook()?;
    let found = workbook.sheet(name);
    let (index, part) = found.ok_or_else(|| Damage::new(format!("the sheet {name} is gone")))?;
    let part = part.to_owned();
    let text = package.text(&part)?;
    let edited = sheet::edit(&text, changes)?;
    let mut warnings: Vec<_> = edited
        .skipped
        .iter()
        .map(|(cell, why)| format!("{}, cell {cell}: left alone, because {why}", table.source))
        .collect();
    if let Some((first, names)) = &changes.appended {
        for part in package.related(&part, "/table")? {
            let text = package.text(&part)?;
            match table_part::grow(&text, changes.header_row, *first, names)? {
                table_part::Grown::Yes(text) => package.replace(&part, text),
                table_part::Grown::Elsewhere => {}
                table_part::Grown::Apart(name) => warnings.push(format!(
                    "{}: the columns of this tool stand apart from the table `{name}`; sorting the table does not move them, the next write does",
                    table.source
                )),
            }
        }
    }
    if let Some(row) = changes.new_row {
        for part in package.related(&part, "/table")? {
            let text = package.text(&part)?;
            if let Some(longer) = table_part::lengthen(&text, changes.header_row, row)? {
                package.replace(&part, longer);
            }
        }
    }
    if let Some((old, new)) = &edited.filter {
        package.move_filter_name(index, *old, *new)?;
    }
    if edited.formulas_replaced {
        package.drop_calculation_chain()?;
    }
    package.replace(&part, edited.xml);
    Ok((package.finish()?, warnings))
}
