//! Tables whose columns stand under their headers.

use super::cursor::Line;
use super::parts::trim;

/// Byte columns at which the headings of a table begin.
#[derive(Clone, Debug)]
pub(crate) struct Table<const N: usize> {
    starts: [usize; N],
}

impl<const N: usize> Table<N> {
    /// Finds the headings, in order, in a header line; `None` when one is missing.
    pub(crate) fn header(line: &Line<'_>, headings: [&str; N]) -> Option<Self> {
        let mut starts = [0; N];
        let mut from = 0;
        for (start, heading) in starts.iter_mut().zip(headings) {
            let at = from + line.text.get(from..)?.find(heading)?;
            *start = at;
            from = at + heading.len();
        }
        Some(Self { starts })
    }

    /// The byte column at which a heading begins.
    pub(crate) fn start(&self, index: usize) -> usize {
        self.starts.get(index).copied().unwrap_or(usize::MAX)
    }

    /// The cells of a row, trimmed. The first cell begins at the line's start.
    pub(crate) fn cells<'a>(&self, line: &Line<'a>) -> [&'a str; N] {
        let mut cells = [""; N];
        let ends = self.starts.iter().skip(1).copied().chain([usize::MAX]);
        for ((index, cell), (start, end)) in cells
            .iter_mut()
            .enumerate()
            .zip(self.starts.into_iter().zip(ends))
        {
            *cell = line.columns(if index == 0 { 0 } else { start }, end);
        }
        cells
    }
}

/// The cells of a line whose columns are at least two spaces (or a tab) apart.
pub(crate) fn wide(text: &str) -> Vec<&str> {
    let mut cells = Vec::with_capacity(4);
    let mut rest = trim(text);
    while !rest.is_empty() {
        let end = gap(rest);
        let (cell, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        cells.push(cell);
        rest = tail.trim_start();
    }
    cells
}

fn gap(text: &str) -> usize {
    let mut rest = text.as_bytes();
    while let [letter, tail @ ..] = rest {
        if matches!((letter, tail), (b'\t', _) | (b' ', [b' ' | b'\t', ..])) {
            break;
        }
        rest = tail;
    }
    text.len() - rest.len()
}
