//! The cells of a row by their columns, typed, every problem collected.

use iosxe_core::version::Version;

use crate::column::Field;
use crate::error::{InventoryError, Problem, ProblemKind, Spot};
use crate::place::CellAt;
use crate::table::{Header, Row, Table, Value, whole};

/// A table, the columns of its header, and what was found wrong so far.
#[derive(Debug)]
pub(crate) struct Cells<'a, C> {
    pub(crate) table: &'a Table,
    pub(crate) header: &'a Header<C>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
}

impl<'a, C: Field> Cells<'a, C> {
    /// With what is wrong with the table as a whole.
    pub(crate) fn new(table: &'a Table, header: &'a Header<C>) -> Self {
        let mut cells = Self {
            table,
            header,
            problems: table.problems.clone(),
            warnings: header.warnings.clone(),
        };
        cells.problems.extend(header.problems.iter().cloned());
        cells.merged();
        cells
    }

    /// The warnings.
    ///
    /// # Errors
    /// [`InventoryError::Invalid`] with every problem.
    pub(crate) fn finish(self) -> Result<Vec<String>, InventoryError> {
        if self.problems.is_empty() {
            Ok(self.warnings)
        } else {
            Err(InventoryError::Invalid {
                problems: self.problems,
            })
        }
    }

    /// Merged cells from the header down, where we read or write. Elsewhere they are decoration.
    fn merged(&mut self) {
        for area in &self.table.merged {
            let ours = self
                .header
                .columns
                .values()
                .any(|c| (area.first.column..=area.last.column).contains(c));
            if ours && area.last.row >= self.header.row {
                let spot = Spot::Area(*area);
                self.problems
                    .push(self.table.problem(spot, ProblemKind::Merged));
            }
        }
    }

    /// A cell's value; nothing for a blank cell, or where there is no such column.
    pub(crate) fn value<'r>(&self, row: &'r Row, column: C) -> Option<&'r Value> {
        row.value(*self.header.columns.get(&column)?)
    }

    /// Notes what is wrong with a cell.
    pub(crate) fn report(&mut self, row: &Row, column: C, kind: ProblemKind) {
        let spot = match self.header.columns.get(&column) {
            Some(at) => row.spot_of(*at),
            None => row.spot(),
        };
        self.problems.push(self.table.problem(spot, kind));
    }

    /// Text, or a whole number, which spreadsheets make of digits. Anything else is reported.
    pub(crate) fn text(&mut self, row: &Row, column: C) -> Option<String> {
        let value = self.value(row, column)?;
        if let Some(text) = value.plain() {
            return Some(text);
        }
        let kind = not_text(column, value);
        self.report(row, column, kind);
        None
    }

    /// Words for a person: whatever stands there, and no problem stops the fleet.
    pub(crate) fn free(&mut self, row: &Row, column: C) -> Option<String> {
        let value = self.value(row, column)?;
        match value {
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Date(_) => {
                Some(shown(value))
            }
            Value::Error(_) | Value::NotCalculated | Value::NotUtf8 => {
                let kind = not_text(column, value);
                let at = self
                    .header
                    .columns
                    .get(&column)
                    .copied()
                    .unwrap_or_default();
                let problem = self.table.problem(row.spot_of(at), kind);
                self.warnings.push(format!("{problem} (left out)"));
                None
            }
        }
    }

    /// The text of a cell that must not be empty.
    pub(crate) fn required(&mut self, row: &Row, column: C) -> Option<String> {
        if self.present(row, column) {
            self.text(row, column)
        } else {
            None
        }
    }

    /// Whether a cell that must not be empty has something in it. That the table has no such column
    /// at all is reported once for all rows, not here.
    pub(crate) fn present(&mut self, row: &Row, column: C) -> bool {
        let there = self.value(row, column).is_some();
        if !there && self.header.columns.contains_key(&column) {
            let kind = ProblemKind::Empty {
                column: column.name(),
            };
            self.report(row, column, kind);
        }
        there
    }

    /// Where a cell stands.
    pub(crate) fn at(&self, row: &Row, column: C) -> CellAt {
        let at = self.header.columns.get(&column).copied();
        CellAt::new(row.index, at.unwrap_or_default())
    }

    /// A release, which a spreadsheet may have made a number or a date of.
    pub(crate) fn release(&mut self, row: &Row, column: C) -> Option<Version> {
        let value = self.value(row, column)?;
        let kind = match value {
            Value::Text(text) => match text.parse() {
                Ok(version) => return Some(version),
                Err(_) => ProblemKind::BadVersion {
                    text: text.trim().to_owned(),
                },
            },
            Value::Number(number) => ProblemKind::VersionIsNumber {
                number: number.to_string(),
            },
            Value::Date(date) => ProblemKind::VersionIsDate { date: date.clone() },
            Value::Bool(_) | Value::Error(_) | Value::NotCalculated | Value::NotUtf8 => {
                not_text(column, value)
            }
        };
        self.report(row, column, kind);
        None
    }

    /// Yes or no; an empty cell is a no.
    pub(crate) fn flag(&mut self, row: &Row, column: C) -> bool {
        let Some(value) = self.value(row, column) else {
            return false;
        };
        let kind = match value {
            Value::Bool(yes) => return *yes,
            Value::Text(_) | Value::Number(_) => {
                let text = shown(value);
                match text.to_lowercase().as_str() {
                    "yes" | "y" | "true" | "x" | "1" | "on" => return true,
                    "no" | "n" | "false" | "0" | "off" | "-" => return false,
                    _ => ProblemKind::BadFlag {
                        column: column.name(),
                        text,
                    },
                }
            }
            Value::Date(_) | Value::Error(_) | Value::NotCalculated | Value::NotUtf8 => {
                not_text(column, value)
            }
        };
        self.report(row, column, kind);
        false
    }
}

/// A cell as a person sees it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.trim().to_owned(),
        Value::Number(number) => whole(*number).unwrap_or_else(|| number.to_string()),
        Value::Bool(true) => "TRUE".to_owned(),
        Value::Bool(false) => "FALSE".to_owned(),
        Value::Date(date) => date.clone(),
        Value::Error(error) => error.clone(),
        Value::NotCalculated | Value::NotUtf8 => String::new(),
    }
}

/// That a cell holds something else than text.
pub(crate) fn not_text(column: impl Field, value: &Value) -> ProblemKind {
    let column = column.name();
    let found = match value {
        Value::Error(value) => {
            let value = value.clone();
            return ProblemKind::ErrorValue { column, value };
        }
        Value::NotCalculated => return ProblemKind::NotCalculated { column },
        Value::NotUtf8 => return ProblemKind::NotUtf8 { column },
        Value::Number(_) => format!("the number {}", shown(value)),
        Value::Date(_) => format!("the date {}", shown(value)),
        Value::Text(_) | Value::Bool(_) => shown(value),
    };
    ProblemKind::NotText { column, found }
}

/// The items of a cell that holds several.
pub(crate) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
}
