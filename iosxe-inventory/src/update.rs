//! From updates of devices to changes of cells, matched by hostname against the file as it is now.

use std::collections::HashMap;

use iosxe_core::ports::RowUpdate;

use crate::column::{Column, Field};
use crate::error::{InventoryError, Spot};
use crate::place::{COLUMN_MAX, CellAt};
use crate::table::{Header, Row, Table, Value, missing_column};

/// The most that a cell of a workbook holds, in characters.
const CELL_CHARS_MAX: usize = 32_767;

/// What has to change in a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changes {
    /// The header's row.
    pub(crate) header_row: u32,
    /// Columns of ours that are not there yet: the first one's place, and their names. They are
    /// next to each other, right of everything.
    pub(crate) appended: Option<(u32, Vec<&'static str>)>,
    /// A row below the last one that is to be part of the same table.
    pub(crate) new_row: Option<u32>,
    /// Cells that change, headers of appended columns left out. In reading order, each once.
    pub(crate) cells: Vec<(CellAt, String)>,
    /// The columns that are ours.
    pub(crate) ours: Vec<u32>,
    /// Rows that are gone, and the like.
    pub(crate) warnings: Vec<String>,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

/// Holds updates against the table as it is.
///
/// `encode` turns a text into what the format stores for it.
///
/// # Errors
/// [`InventoryError::Invalid`] when the table has no hostnames any more.
pub(crate) fn changes(
    table: &Table,
    updates: &[RowUpdate],
    encode: fn(&str) -> String,
) -> Result<Changes, InventoryError> {
    let header = Header::<Column>::find(table)?;
    let Some(&names) = header.columns.get(&Column::Hostname) else {
        return Err(InventoryError::Invalid {
            problems: vec![table.problem(Spot::Table, missing_column(Column::Hostname))],
        });
    };
    if let Some(problem) = table.problems.first() {
        return Err(InventoryError::Invalid {
            problems: vec![problem.clone()],
        });
    }
    let mut changes = Changes {
        header_row: header.row,
        ..Changes::default()
    };
    let places = places(table, &header, names, &mut changes);
    changes.ours = places.values().copied().collect();
    let rows = rows(table, &header, names);
    let mut cells = std::collections::BTreeMap::new();
    for update in updates {
        let Some(device) = &update.device else {
            continue;
        };
        let row = match rows.get(&device.as_str().to_lowercase()).map(Vec::as_slice) {
            Some([row]) => *row,
            None | Some([]) => {
                changes.warnings.push(format!(
                    "{}: {device} has no row any more; what happened to it is in the journal",
                    table.source
                ));
                continue;
            }
            Some(several) => {
                let at: Vec<_> = several.iter().map(|r| (r.index + 1).to_string()).collect();
                changes.warnings.push(format!(
                    "{}: {device} stands in rows {}; none of them was written",
                    table.source,
                    at.join(" and ")
                ));
                continue;
            }
        };
        for (column, text) in values(update) {
            let Some(&at) = places.get(&column) else {
                continue;
            };
            // A later update of the same device wins over an earlier one.
            cells.insert(CellAt::new(row.index, at), (row, encode(&clean(text))));
        }
    }
    for (at, (row, text)) in cells {
        let merged = table.merged.iter().find(|a| a.contains(at));
        if let Some(area) = merged.filter(|a| a.first != at) {
            changes.warnings.push(format!(
                "{}, cell {at}: left alone, because {area} are merged",
                table.source
            ));
        } else if !holds(row, at.column, &text) {
            changes.cells.push((at, text));
        }
    }
    if changes.cells.is_empty() {
        changes.appended = None;
    }
    Ok(changes)
}

/// Where our columns are, missing ones appended right of everything that is used in the header and
/// in rows of devices: a legend beside them stays readable, nothing is moved, and a stray cell far
/// away does not matter.
fn places(
    table: &Table,
    header: &Header<Column>,
    hostnames: u32,
    changes: &mut Changes,
) -> HashMap<Column, u32> {
    let mut places: HashMap<_, _> = Column::OURS
        .into_iter()
        .filter_map(|c| Some((c, *header.columns.get(&c)?)))
        .collect();
    let missing: Vec<_> = Column::OURS
        .into_iter()
        .filter(|c| !places.contains_key(c))
        .collect();
    if missing.is_empty() {
        return places;
    }
    let used = table
        .rows
        .iter()
        .filter(|row| row.index >= header.row && row.value(hostnames).is_some())
        .filter_map(Row::last_column);
    let merged = table
        .merged
        .iter()
        .filter(|area| area.last.row >= header.row)
        .map(|area| area.last.column);
    let first = used.chain(merged).max().map_or(0, |last| last + 1);
    let names: Vec<_> = missing.iter().map(|c| c.name()).collect();
    let last = first.saturating_add(u32::try_from(names.len()).unwrap_or(COLUMN_MAX));
    if last > COLUMN_MAX {
        changes.warnings.push(format!(
            "{}: no room right of the last column for {}",
            table.source,
            names.join(", ")
        ));
        return places;
    }
    places.extend(missing.into_iter().zip(first..));
    changes.appended = Some((first, names));
    places
}

fn rows<'t>(
    table: &'t Table,
    header: &Header<Column>,
    names: u32,
) -> HashMap<String, Vec<&'t Row>> {
    let mut rows: HashMap<_, Vec<_>> = HashMap::new();
    for row in table.below(header) {
        if let Some(name) = row.value(names).and_then(Value::plain) {
            rows.entry(name.to_lowercase()).or_default().push(row);
        }
    }
    rows
}

pub(crate) fn holds(row: &Row, column: u32, text: &str) -> bool {
    match row.cell(column) {
        Some(cell) => !cell.formula && matches!(&cell.value, Value::Text(t) if t == text),
        None => text.is_empty(),
    }
}

fn values(update: &RowUpdate) -> impl Iterator<Item = (Column, &str)> {
    let RowUpdate {
        device: _,
        plan,
        current_version,
        boot_mode,
        method,
        status,
        stage,
        last_error,
        rollback_status,
        last_upgrade,
        run,
        updated_at,
    } = update;
    [
        (Column::Plan, plan),
        (Column::CurrentVersion, current_version),
        (Column::BootMode, boot_mode),
        (Column::Method, method),
        (Column::Status, status),
        (Column::Stage, stage),
        (Column::LastError, last_error),
        (Column::RollbackStatus, rollback_status),
        (Column::LastUpgrade, last_upgrade),
        (Column::Run, run),
        (Column::UpdatedAt, updated_at),
    ]
    .into_iter()
    .filter_map(|(column, value)| Some((column, value.as_deref()?)))
}

/// One line of printable text: a device's message may hold escape sequences and line breaks, which
/// no cell shows and no XML may hold.
pub(crate) fn clean(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{FEFF}');
    let words: Vec<_> = text.split(odd).map(str::trim).collect();
    let mut line = words
        .into_iter()
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() > CELL_CHARS_MAX {
        line = line.chars().take(CELL_CHARS_MAX - 1).collect();
        line.push('…');
    }
    line
}
