//! Where in the source of truth something stands, in the words that a spreadsheet shows.

use std::fmt;

/// The last column that a workbook can have, counted from 0 (`XFD`).
#[cfg(any(feature = "csv", feature = "xlsx"))]
pub(crate) const COLUMN_MAX: u32 = 16_383;

/// The last row that a workbook can have, counted from 0.
#[cfg(feature = "xlsx")]
pub(crate) const ROW_MAX: u32 = 1_048_575;

/// The file, and the sheet where there are sheets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name without its folder: `fleet.xlsx`.
    pub file: String,
    /// The sheet's name.
    pub sheet: Option<String>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match &self.sheet {
            Some(sheet) => write!(f, ", sheet {sheet}"),
            None => Ok(()),
        }
    }
}

/// One cell, counted from 0. Displayed as spreadsheets do: `C7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellAt {
    /// Row, from 0.
    pub row: u32,
    /// Column, from 0.
    pub column: u32,
}

impl CellAt {
    /// A cell.
    #[must_use]
    pub fn new(row: u32, column: u32) -> Self {
        Self { row, column }
    }

    /// Reads `C7`, also with the `$` of an absolute reference.
    #[cfg(feature = "xlsx")]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| *c != '$').collect();
        let digits = text.find(|c: char| c.is_ascii_digit())?;
        let (letters, number) = text.split_at_checked(digits)?;
        if letters.is_empty() || letters.len() > 3 {
            return None;
        }
        let mut column = 0u32;
        for letter in letters.bytes() {
            if !letter.is_ascii_alphabetic() {
                return None;
            }
            column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        }
        let row: u32 = number.parse().ok()?;
        let cell = Self::new(row.checked_sub(1)?, column - 1);
        (cell.row <= ROW_MAX && cell.column <= COLUMN_MAX).then_some(cell)
    }
}

impl fmt::Display for CellAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Vec::new();
        let mut rest = self.column + 1;
        while rest > 0 {
            let digit = (rest - 1) % 26;
            letters.push(char::from_u32(u32::from(b'A') + digit).unwrap_or('?'));
            rest = (rest - 1) / 26;
        }
        for letter in letters.iter().rev() {
            write!(f, "{letter}")?;
        }
        write!(f, "{}", u64::from(self.row) + 1)
    }
}

/// A rectangle of cells, both corners included. Displayed as `A1:H20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Area {
    /// The top left cell.
    pub first: CellAt,
    /// The bottom right cell.
    pub last: CellAt,
}

impl Area {
    #[cfg(feature = "xlsx")]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let (first, last) = (CellAt::parse(first)?, CellAt::parse(last)?);
        (first.row <= last.row && first.column <= last.column).then_some(Self { first, last })
    }

    #[cfg(any(feature = "csv", feature = "xlsx"))]
    pub(crate) fn contains(&self, cell: CellAt) -> bool {
        (self.first.row..=self.last.row).contains(&cell.row)
            && (self.first.column..=self.last.column).contains(&cell.column)
    }

    #[cfg(feature = "xlsx")]
    pub(crate) fn is_one_cell(&self) -> bool {
        self.first == self.last
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.first, self.last)
    }
}

#[cfg(test)]
#[cfg(feature = "xlsx")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_are_named_as_spreadsheets_name_them() {
        for (row, column, name) in [
            (0, 0, "A1"),
            (6, 2, "C7"),
            (0, 25, "Z1"),
            (0, 26, "AA1"),
            (9, 701, "ZZ10"),
            (9, 702, "AAA10"),
            (ROW_MAX, COLUMN_MAX, "XFD1048576"),
        ] {
            assert_eq!(CellAt::new(row, column).to_string(), name);
            assert_eq!(CellAt::parse(name), Some(CellAt::new(row, column)));
        }
        assert_eq!(CellAt::parse("$c$7"), Some(CellAt::new(6, 2)));
        for bad in [
            "", "7", "C", "C0", "XFE1", "A1048577", "ABCD1", "1C", "C7x", "Ä1",
        ] {
            assert_eq!(CellAt::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_cell_or_none(text in ".{0,12}") {
            if let Some(cell) = CellAt::parse(&text) {
                prop_assert_eq!(CellAt::parse(&cell.to_string()), Some(cell));
            }
        }
    }
}
