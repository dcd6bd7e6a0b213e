//! Tables whose columns stand under their headers.

use super::cursor::Line;

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
    let mut cells = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = gap(rest);
        let (cell, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        cells.push(cell);
        rest = tail.trim_start();
    }
    cells
}

fn gap(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .zip(bytes.iter().skip(1).chain([&b'x']))
        .position(|(a, b)| *a == b'\t' || (*a == b' ' && (*b == b' ' || *b == b'\t')))
        .unwrap_or(text.len())
}
