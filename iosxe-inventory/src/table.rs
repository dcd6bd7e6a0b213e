//! The cells of one sheet, whatever the file format, and the header among them.

use std::collections::BTreeMap;

use crate::column::{Field, Named};
use crate::error::{InventoryError, Problem, ProblemKind, Spot};
use crate::place::{Area, CellAt, Source};

/// How many rows may stand above the header: titles, legends, logos. More would take a sheet of
/// something else for an inventory.
const HEADER_ROWS_MAX: usize = 20;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    not(all(feature = "csv", feature = "xlsx")),
    expect(dead_code, reason = "each format has values that the other has not")
)]
pub(crate) enum Value {
    /// Text, as it stands there.
    Text(String),
    /// A number.
    Number(f64),
    /// A truth value of the spreadsheet's own.
    Bool(bool),
    /// A date or time, as text.
    Date(String),
    /// An error value: `#N/A`.
    Error(String),
    /// A formula whose result was never stored.
    NotCalculated,
    /// Bytes that are no text.
    NotUtf8,
}

impl Value {
    /// The value as text, where it has a form that nobody could mistake: text and whole numbers.
    pub(crate) fn plain(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim().to_owned()),
            Self::Number(number) => whole(*number),
            Self::Bool(_)
            | Self::Date(_)
            | Self::Error(_)
            | Self::NotCalculated
            | Self::NotUtf8 => None,
        }
    }

    fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// A whole number as its digits. Above 15 digits a spreadsheet has already rounded it.
pub(crate) fn whole(number: f64) -> Option<String> {
    (number.fract() == 0.0 && number.abs() < 1e15).then(|| format!("{number:.0}"))
}

/// A cell that is not blank.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) column: u32,
    pub(crate) value: Value,
    pub(crate) formula: bool,
}

/// A row with at least one cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) index: u32,
    /// Where the line of a text file is not the row.
    pub(crate) line: Option<u32>,
    /// In column order, blank ones left out.
    pub(crate) cells: Vec<Cell>,
    /// The number of fields, where the format has one.
    pub(crate) fields: Option<usize>,
}

impl Row {
    pub(crate) fn cell(&self, column: u32) -> Option<&Cell> {
        let at = self
            .cells
            .binary_search_by_key(&column, |c| c.column)
            .ok()?;
        self.cells.get(at)
    }

    /// A cell's value; nothing for a blank cell.
    pub(crate) fn value(&self, column: u32) -> Option<&Value> {
        self.cell(column)
            .map(|c| &c.value)
            .filter(|v| !v.is_blank())
    }

    pub(crate) fn spot(&self) -> Spot {
        Spot::Row {
            row: self.index,
            line: self.line,
        }
    }

    pub(crate) fn spot_of(&self, column: u32) -> Spot {
        Spot::Cell {
            cell: CellAt::new(self.index, column),
            line: self.line,
        }
    }

    pub(crate) fn last_column(&self) -> Option<u32> {
        self.cells
            .iter()
            .rev()
            .find(|c| !c.value.is_blank())
            .map(|c| c.column)
    }
}

/// The cells of one sheet or file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) source: Source,
    /// In order; rows without any cell are left out.
    pub(crate) rows: Vec<Row>,
    pub(crate) merged: Vec<Area>,
    /// What the format itself found wrong.
    pub(crate) problems: Vec<Problem>,
}

impl Table {
    pub(crate) fn problem(&self, spot: Spot, kind: ProblemKind) -> Problem {
        Problem {
            source: self.source.clone(),
            spot,
            kind,
        }
    }

    /// The rows below the header.
    pub(crate) fn below<C>(&self, header: &Header<C>) -> &[Row] {
        self.rows.get(header.at + 1..).unwrap_or_default()
    }
}

/// How much a table looks like an inventory; the greater, the more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fitness {
    /// All required columns are there.
    pub(crate) complete: bool,
    /// How many columns are known.
    pub(crate) known: usize,
}

/// Which column stands where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header<C> {
    /// The header's index in [`Table::rows`].
    at: usize,
    /// The header's row in the sheet.
    pub(crate) row: u32,
    /// Its number of fields, where the format has one.
    pub(crate) fields: Option<usize>,
    pub(crate) columns: BTreeMap<C, u32>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<String>,
}

impl<C: Field> Header<C> {
    /// Finds the header: the first row with all required columns, else the one that knows most.
    ///
    /// What is wrong with the columns is collected in it.
    pub(crate) fn find(table: &Table) -> Result<Self, InventoryError> {
        let candidates = || {
            table
                .rows
                .iter()
                .take(HEADER_ROWS_MAX)
                .enumerate()
                .map(|(at, row)| Self::read(table, at, row))
        };
        let complete = candidates().find(|h| h.missing().next().is_none());
        let best = || {
            candidates()
                .filter(|h| !h.columns.is_empty())
                .max_by_key(|h| (h.columns.len(), std::cmp::Reverse(h.at)))
        };
        let Some(mut header) = complete.or_else(best) else {
            return Err(InventoryError::Invalid {
                problems: vec![table.problem(
                    Spot::Table,
                    ProblemKind::NoHeader {
                        looked: HEADER_ROWS_MAX,
                        columns: C::REQUIRED.iter().map(|c| c.name()).collect(),
                    },
                )],
            });
        };
        let missing: Vec<_> = header.missing().collect();
        let spot = table.rows.get(header.at).map_or(Spot::Table, Row::spot);
        let problems = missing.into_iter();
        let problems = problems.map(|column| table.problem(spot, missing_column(column)));
        header.problems.extend(problems);
        Ok(header)
    }

    /// How much a table looks like an inventory.
    pub(crate) fn fitness(table: &Table) -> Fitness {
        Self::find(table).map_or_else(
            |_| Fitness::default(),
            |header| Fitness {
                complete: header.missing().next().is_none(),
                known: header.columns.len(),
            },
        )
    }

    fn missing(&self) -> impl Iterator<Item = C> {
        C::REQUIRED
            .iter()
            .copied()
            .filter(|c| !self.columns.contains_key(c))
    }

    fn read(table: &Table, at: usize, row: &Row) -> Self {
        let mut found: BTreeMap<C, Vec<(u32, &str, Named)>> = BTreeMap::new();
        for cell in &row.cells {
            if let Value::Text(text) = &cell.value
                && let Some((column, named)) = C::of_header(text)
            {
                let at = found.entry(column).or_default();
                at.push((cell.column, text.trim(), named));
            }
        }
        let mut header = Self {
            at,
            row: row.index,
            fields: row.fields,
            columns: BTreeMap::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        for (column, mut places) in found {
            // The column's own name wins over names that people use: `platform` beside `model` is
            // common, and then `model` is the operator's own.
            places.sort_by_key(|(at, _, named)| (*named == Named::Alias, *at));
            let Some(&(chosen, name, how)) = places.first() else {
                continue;
            };
            header.columns.insert(column, chosen);
            for &(other, text, named) in places.iter().skip(1) {
                let spot = row.spot_of(other);
                if named == how {
                    header.problems.push(table.problem(
                        spot,
                        ProblemKind::AmbiguousColumn {
                            column: column.name(),
                            header: text.to_owned(),
                            other: name.to_owned(),
                            other_cell: CellAt::new(row.index, chosen),
                        },
                    ));
                } else {
                    header.warnings.push(format!(
                        "{}{spot}: the column `{text}` is not read, because `{name}` is there too",
                        table.source
                    ));
                }
            }
        }
        header
    }
}

/// That a header lacks a column.
pub(crate) fn missing_column(column: impl Field) -> ProblemKind {
    ProblemKind::MissingColumn {
        column: column.name(),
        aliases: column.aliases(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::column::Column;

    /// A table of texts, as a CSV file gives it.
    pub(crate) fn table(rows: &[&[&str]]) -> Table {
        let cells = |texts: &[&str]| {
            (0..)
                .zip(texts)
                .filter(|(_, text)| !text.is_empty())
                .map(|(column, text)| Cell {
                    column,
                    value: Value::Text((*text).to_owned()),
                    formula: false,
                })
                .collect()
        };
        Table {
            source: Source {
                file: "fleet.xlsx".to_owned(),
                sheet: Some("Devices".to_owned()),
            },
            rows: (0..)
                .zip(rows)
                .map(|(index, texts)| Row {
                    index,
                    line: None,
                    cells: cells(texts),
                    fields: None,
                })
                .collect(),
            merged: Vec::new(),
            problems: Vec::new(),
        }
    }

    #[test]
    fn the_header_may_stand_below_a_title() {
        let header = Header::<Column>::find(&table(&[
            &["Our fleet, hostname and address"],
            &[],
            &["", "Rack", "IP", "Device"],
            &["", "R1", "10.0.0.1", "sw1"],
        ]))
        .unwrap();
        assert_eq!(header.row, 2);
        assert_eq!(header.columns[&Column::Address], 2);
        assert_eq!(header.columns[&Column::Hostname], 3);
        assert!(header.problems.is_empty());
    }

    #[test]
    fn the_own_name_wins_over_an_alias_and_says_so() {
        let header =
            Header::<Column>::find(&table(&[&["hostname", "ip", "model", "platform"]])).unwrap();
        assert_eq!(header.columns[&Column::Platform], 3);
        insta::assert_snapshot!(header.warnings.join("\n"), @"fleet.xlsx, sheet Devices, cell C1: the column `model` is not read, because `platform` is there too");
    }

    #[test]
    fn two_headers_for_one_column_are_a_problem() {
        let header =
            Header::<Column>::find(&table(&[&["hostname", "ip", "mgmt_ip", "HostName"]])).unwrap();
        let text: Vec<_> = header.problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @r"
        fleet.xlsx, sheet Devices, cell D1: `HostName` and `hostname` in A1 both mean the column `hostname`: rename one
        fleet.xlsx, sheet Devices, cell C1: `mgmt_ip` and `ip` in B1 both mean the column `address`: rename one
        ");
    }

    #[test]
    fn missing_columns_and_missing_headers_are_told_apart() {
        let header = Header::<Column>::find(&table(&[&["title"], &["device", "target"]])).unwrap();
        let text: Vec<_> = header.problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"fleet.xlsx, sheet Devices, row 2: the column `address` is missing; it may also be named `ip`, `ip address`, `mgmt_ip`, `management ip`, `mgmt address`, `management address`");
        let none = Header::<Column>::find(&table(&[&["a", "b"], &["1", "2"]])).unwrap_err();
        insta::assert_snapshot!(none, @"fleet.xlsx, sheet Devices: none of the first 20 rows has the columns `hostname` and `address`");
        assert!(Header::<Column>::find(&table(&[])).is_err());
    }
}
