//! Changing single cells in the XML of a sheet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Damage;
use super::xml::{Splices, Tag, Token, walk};
use crate::place::{Area, COLUMN_MAX, CellAt, ROW_MAX};
use crate::update::Changes;

/// A sheet after the changes.
#[derive(Debug)]
pub(super) struct Edited {
    pub(super) xml: String,
    /// Cells that were left alone, and why.
    pub(super) skipped: Vec<(CellAt, &'static str)>,
    /// A formula gave way to a text.
    pub(super) formulas_replaced: bool,
    /// The sheet's filter grew from one range to another.
    pub(super) filter: Option<(Area, Area)>,
}

/// Makes the changes.
pub(super) fn edit(xml: &str, changes: &Changes) -> Result<Edited, Damage> {
    let sheet = Sheet::scan(xml)?;
    let mut editor = Editor {
        sheet: &sheet,
        splices: Splices::default(),
        skipped: sheet.untouchable(changes),
        formulas_replaced: false,
    };
    let mut cells: BTreeMap<u32, Vec<Write<'_>>> = BTreeMap::new();
    let mut reach = Vec::new();
    if let Some((first, names)) = &changes.appended {
        let style = sheet.style_left_of(CellAt::new(changes.header_row, *first));
        let header = cells.entry(changes.header_row).or_default();
        for (column, name) in (*first..).zip(names) {
            header.push(Write {
                at: CellAt::new(changes.header_row, column),
                text: name,
                style,
            });
        }
    }
    for (at, text) in &changes.cells {
        // A new row looks like the one above it.
        let above = changes.new_row.filter(|row| *row == at.row);
        let style = above.and_then(|_| sheet.style_above(*at, changes.header_row));
        cells.entry(at.row).or_default().push(Write {
            at: *at,
            text,
            style,
        });
    }
    for (row, cells) in cells {
        reach.extend(cells.iter().map(|write| write.at));
        if changes.new_row == Some(row) && !sheet.rows.contains_key(&row) {
            editor.new_row(row, &cells)?;
        } else {
            editor.row(row, &cells)?;
        }
    }
    editor.strip_orphans(changes);
    editor.dimension(&reach)?;
    let filter = editor.filter(changes)?;
    let Editor {
        splices,
        skipped,
        formulas_replaced,
        ..
    } = editor;
    Ok(Edited {
        xml: splices.apply(xml)?,
        skipped,
        formulas_replaced,
        filter,
    })
}

/// A text for a cell.
#[derive(Debug)]
struct Write<'c> {
    at: CellAt,
    text: &'c str,
    /// The style of a cell that is not there yet; without it, what its row or column says.
    style: Option<&'c str>,
}

/// What a cell's formula means for its neighbours.
#[derive(Clone, Debug, PartialEq)]
enum Formula {
    /// It stands alone.
    Alone,
    /// The first cell of a shared formula, which holds its text for all.
    SharedFirst(String),
    /// A cell that refers to a shared formula by its number.
    Shared(String),
}

#[derive(Debug)]
struct CellXml {
    at: CellAt,
    span: Range<usize>,
    style: Option<String>,
    formula: Option<Formula>,
}

#[derive(Debug)]
struct RowXml<'x> {
    tag: Tag<'x>,
    /// The style of cells that are not there, where the row has one.
    style: Option<String>,
    cells: Vec<CellXml>,
    /// Where the end tag starts.
    end: usize,
}

#[derive(Debug, Default)]
struct Sheet<'x> {
    prefix: String,
    rows: BTreeMap<u32, RowXml<'x>>,
    /// First column, last column, style.
    columns: Vec<(u32, u32, String)>,
    dimension: Option<Tag<'x>>,
    filter: Option<Tag<'x>>,
    arrays: Vec<Area>,
    /// Where `sheetData` ends.
    data_end: usize,
    /// The cells that refer to a shared formula, by its number, with the places of their `f`.
    shared: BTreeMap<String, Vec<(CellAt, Range<usize>)>>,
}

/// Where the walk is.
#[derive(Default)]
struct Walk<'x> {
    sheet: Sheet<'x>,
    in_data: bool,
    row: Option<(u32, RowXml<'x>)>,
    next_row: u32,
    cell: Option<CellXml>,
    next_column: u32,
    /// An open `f` element.
    formula: Option<usize>,
}

impl<'x> Sheet<'x> {
    fn scan(xml: &'x str) -> Result<Self, Damage> {
        let mut state = Walk::default();
        walk(xml, |token| match token {
            Token::Start(tag) => state.start(tag),
            Token::End(name, span) => {
                state.end(&name, span);
                Ok(())
            }
        })?;
        Ok(state.sheet)
    }

    fn style_left_of(&self, at: CellAt) -> Option<&str> {
        let row = self.rows.get(&at.row)?;
        let left = row.cells.iter().rev().find(|c| c.at.column < at.column)?;
        left.style.as_deref()
    }

    /// The style of the cell above, where that is no header.
    fn style_above(&self, at: CellAt, header_row: u32) -> Option<&str> {
        let row = at.row.checked_sub(1).filter(|row| *row > header_row)?;
        self.cell(CellAt::new(row, at.column))?.style.as_deref()
    }

    fn cell(&self, at: CellAt) -> Option<&CellXml> {
        let row = self.rows.get(&at.row)?;
        row.cells.iter().find(|c| c.at == at)
    }

    /// The other cells of a shared formula whose first cell this is.
    fn followers(&self, at: CellAt) -> &[(CellAt, Range<usize>)] {
        match self.cell(at).and_then(|c| c.formula.as_ref()) {
            Some(Formula::SharedFirst(number)) => self
                .shared
                .get(number)
                .map(Vec::as_slice)
                .unwrap_or_default(),
            Some(Formula::Shared(_) | Formula::Alone) | None => &[],
        }
    }

    /// Cells that cannot change without changing cells of the operator's.
    fn untouchable(&self, changes: &Changes) -> Vec<(CellAt, &'static str)> {
        let mut found = Vec::new();
        for (at, _) in &changes.cells {
            if self.arrays.iter().any(|a| a.contains(*at)) {
                found.push((*at, "it is part of an array formula"));
            } else if self
                .followers(*at)
                .iter()
                .any(|(cell, _)| !changes.ours.contains(&cell.column))
            {
                found.push((*at, "cells of other columns share its formula"));
            }
        }
        found
    }

    /// The style that a cell shows which is not in the file: its row's, else its column's.
    fn style_of_missing<'s>(&'s self, row: &'s RowXml<'_>, column: u32) -> Option<&'s str> {
        let of_column = || self.style_of_column(column);
        row.style.as_deref().or_else(of_column)
    }

    fn style_of_column(&self, column: u32) -> Option<&str> {
        let mut those = self.columns.iter();
        let found = those.find(|(first, last, _)| (*first..=*last).contains(&column));
        found.map(|(_, _, style)| style.as_str())
    }
}

impl<'x> Walk<'x> {
    fn start(&mut self, tag: Tag<'x>) -> Result<(), Damage> {
        match tag.local().as_str() {
            "dimension" if !self.in_data => self.sheet.dimension = Some(tag),
            "col" if !self.in_data => {
                let (first, last) = (tag.number::<u32>("min")?, tag.number::<u32>("max")?);
                if let (Some(first), Some(last), Some(style)) =
                    (first, last, tag.attribute("style")?)
                {
                    let range = (first.saturating_sub(1), last.saturating_sub(1), style);
                    self.sheet.columns.push(range);
                }
            }
            "sheetData" => {
                self.in_data = !tag.empty;
                self.sheet.prefix = tag.prefix();
            }
            "row" if self.in_data => self.start_row(tag)?,
            "c" if self.row.is_some() => self.start_cell(&tag)?,
            "f" if self.cell.is_some() => self.start_formula(&tag)?,
            "autoFilter" if !self.in_data && self.sheet.filter.is_none() => {
                self.sheet.filter = Some(tag);
            }
            _ => {}
        }
        Ok(())
    }

    fn start_row(&mut self, tag: Tag<'x>) -> Result<(), Damage> {
        let index = match tag.number::<u32>("r")? {
            Some(number) => number.saturating_sub(1),
            None => self.next_row,
        };
        if index > ROW_MAX {
            return Err(Damage::new("a row is outside of the sheet"));
        }
        self.next_row = index + 1;
        self.next_column = 0;
        let custom = tag.attribute("customFormat")?;
        let has_style = matches!(custom.as_deref(), Some("1" | "true"));
        let style = if has_style { tag.attribute("s")? } else { None };
        let (empty, end) = (tag.empty, tag.span.end);
        let row = RowXml {
            tag,
            style,
            cells: Vec::new(),
            end,
        };
        if empty {
            self.sheet.rows.insert(index, row);
        } else {
            self.row = Some((index, row));
        }
        Ok(())
    }

    fn start_cell(&mut self, tag: &Tag<'x>) -> Result<(), Damage> {
        let Some((row, _)) = &self.row else {
            return Ok(());
        };
        let at = match tag.attribute("r")? {
            Some(text) => CellAt::parse(&text)
                .ok_or_else(|| Damage::new(format!("`{text}` is no place of a cell")))?,
            None => CellAt::new(*row, self.next_column),
        };
        if at.column > COLUMN_MAX {
            return Err(Damage::new("a cell is outside of the sheet"));
        }
        self.next_column = at.column + 1;
        self.cell = Some(CellXml {
            at,
            span: tag.span.clone(),
            style: tag.attribute("s")?,
            formula: None,
        });
        if tag.empty {
            self.end_cell(tag.span.end);
        }
        Ok(())
    }

    fn start_formula(&mut self, tag: &Tag<'x>) -> Result<(), Damage> {
        let kind = tag.attribute("t")?;
        let area = tag.attribute("ref")?.and_then(|r| Area::parse(&r));
        let shared = tag.attribute("si")?.unwrap_or_default();
        let formula = match (kind.as_deref(), area) {
            (Some("shared"), Some(_)) => Formula::SharedFirst(shared),
            (Some("shared"), None) => Formula::Shared(shared),
            (Some("array" | "dataTable"), Some(area)) if !area.is_one_cell() => {
                self.sheet.arrays.push(area);
                Formula::Alone
            }
            _ => Formula::Alone,
        };
        self.formula = Some(tag.span.start);
        if let Some(cell) = &mut self.cell {
            cell.formula = Some(formula);
        }
        if tag.empty {
            self.end_formula(tag.span.end);
        }
        Ok(())
    }

    fn end_formula(&mut self, end: usize) {
        if let (Some(start), Some(cell)) = (self.formula.take(), &self.cell)
            && let Some(Formula::Shared(number)) = &cell.formula
        {
            let members = self.sheet.shared.entry(number.clone()).or_default();
            members.push((cell.at, start..end));
        }
    }

    fn end(&mut self, name: &str, span: Range<usize>) {
        match name {
            "f" => self.end_formula(span.end),
            "c" => self.end_cell(span.end),
            "row" => {
                if let Some((index, mut row)) = self.row.take() {
                    row.end = span.start;
                    self.sheet.rows.insert(index, row);
                }
            }
            "sheetData" => {
                self.in_data = false;
                self.sheet.data_end = span.start;
            }
            _ => {}
        }
    }

    fn end_cell(&mut self, end: usize) {
        if let (Some(mut cell), Some((_, row))) = (self.cell.take(), &mut self.row) {
            cell.span.end = end;
            row.cells.push(cell);
        }
    }
}

struct Editor<'s, 'x> {
    sheet: &'s Sheet<'x>,
    splices: Splices,
    skipped: Vec<(CellAt, &'static str)>,
    formulas_replaced: bool,
}

impl Editor<'_, '_> {
    fn row(&mut self, index: u32, writes: &[Write<'_>]) -> Result<(), Damage> {
        let sheet = self.sheet;
        // Each row that changes has a hostname or a header in it: it is in the file.
        let row = sheet
            .rows
            .get(&index)
            .ok_or_else(|| Damage::new(format!("row {} cannot be found", index + 1)))?;
        let mut appended = String::new();
        for write in writes {
            if self.skipped.iter().any(|(cell, _)| *cell == write.at) {
                continue;
            }
            if let Some(old) = row.cells.iter().find(|c| c.at == write.at) {
                self.formulas_replaced |= old.formula.is_some();
                let xml = cell(&sheet.prefix, write.at, old.style.as_deref(), write.text);
                self.splices.replace(old.span.clone(), xml);
                continue;
            }
            let style = write
                .style
                .or_else(|| sheet.style_of_missing(row, write.at.column));
            let xml = cell(&sheet.prefix, write.at, style, write.text);
            match row.cells.iter().find(|c| c.at.column > write.at.column) {
                Some(next) => self.splices.insert(next.span.start, xml),
                None => appended.push_str(&xml),
            }
        }
        let last = writes.iter().map(|w| w.at.column).max().unwrap_or(0);
        let spans = grown_spans(row, last)?;
        if row.tag.empty && !appended.is_empty() {
            let tag = row.tag.with(&spans)?;
            let open = tag.strip_suffix("/>").unwrap_or(&tag);
            let text = format!("{open}>{appended}</{}row>", sheet.prefix);
            self.splices.replace(row.tag.span.clone(), text);
            return Ok(());
        }
        if !spans.is_empty() {
            let tag = row.tag.with(&spans)?;
            self.splices.replace(row.tag.span.clone(), tag);
        }
        if !appended.is_empty() {
            self.splices.insert(row.end, appended);
        }
        Ok(())
    }

    /// A row that is not in the file yet, in its place among the others.
    fn new_row(&mut self, index: u32, writes: &[Write<'_>]) -> Result<(), Damage> {
        let sheet = self.sheet;
        if index > ROW_MAX {
            return Err(Damage::new("there is no room for another row"));
        }
        let prefix = &sheet.prefix;
        let cells: String = writes
            .iter()
            .map(|write| {
                let of_column = || sheet.style_of_column(write.at.column);
                let style = write.style.or_else(of_column);
                cell(prefix, write.at, style, write.text)
            })
            .collect();
        let xml = format!("<{prefix}row r=\"{}\">{cells}</{prefix}row>", index + 1);
        let next = sheet.rows.range(index..).next();
        let at = next.map_or(sheet.data_end, |(_, row)| row.tag.span.start);
        self.splices.insert(at, xml);
        Ok(())
    }

    /// Where the first cell of a shared formula gave way, the others lost the text they refer to:
    /// they keep the results that are stored in them.
    fn strip_orphans(&mut self, changes: &Changes) {
        let written: BTreeSet<_> = changes.cells.iter().map(|(at, _)| *at).collect();
        let kept = |at: &CellAt| self.skipped.iter().any(|(cell, _)| cell == at);
        for at in written.iter().filter(|at| !kept(at)) {
            for (member, place) in self.sheet.followers(*at) {
                if !written.contains(member) {
                    self.splices.replace(place.clone(), String::new());
                }
            }
        }
    }

    fn dimension(&mut self, reach: &[CellAt]) -> Result<(), Damage> {
        let Some(tag) = &self.sheet.dimension else {
            return Ok(());
        };
        let Some(old) = tag.attribute("ref")?.and_then(|r| Area::parse(&r)) else {
            return Ok(());
        };
        let new = reach.iter().fold(old, |area, cell| Area {
            first: CellAt::new(
                area.first.row.min(cell.row),
                area.first.column.min(cell.column),
            ),
            last: CellAt::new(
                area.last.row.max(cell.row),
                area.last.column.max(cell.column),
            ),
        });
        if new != old {
            let text = tag.with(&[("ref", new.to_string())])?;
            self.splices.replace(tag.span.clone(), text);
        }
        Ok(())
    }

    /// A filter over the header that ends where our columns or our row start grows over them.
    fn filter(&mut self, changes: &Changes) -> Result<Option<(Area, Area)>, Damage> {
        let Some(tag) = &self.sheet.filter else {
            return Ok(None);
        };
        let Some(old) = tag.attribute("ref")?.and_then(|r| Area::parse(&r)) else {
            return Ok(None);
        };
        let header = changes.header_row;
        let wider = match &changes.appended {
            Some((first, names)) => grown(old, header, *first, names.len()),
            None => None,
        };
        let wide = wider.unwrap_or(old);
        let longer = changes
            .new_row
            .and_then(|row| lengthened(wide, header, row));
        let new = longer.unwrap_or(wide);
        if new == old {
            return Ok(None);
        }
        let text = tag.with(&[("ref", new.to_string())])?;
        self.splices.replace(tag.span.clone(), text);
        Ok(Some((old, new)))
    }
}

/// A range whose first row is the header and which ends right before `first`, with our columns.
pub(super) fn grown(old: Area, header_row: u32, first: u32, count: usize) -> Option<Area> {
    let adjacent = old.first.row == header_row && old.last.column.checked_add(1) == Some(first);
    let last = first
        .checked_add(u32::try_from(count).ok()?)?
        .checked_sub(1)?;
    adjacent.then(|| Area {
        first: old.first,
        last: CellAt::new(old.last.row, last),
    })
}

/// A range whose first row is the header and which ends right above `row`, with that row.
pub(super) fn lengthened(old: Area, header_row: u32, row: u32) -> Option<Area> {
    let adjacent = old.first.row == header_row && old.last.row.checked_add(1) == Some(row);
    adjacent.then(|| Area {
        first: old.first,
        last: CellAt::new(row, old.last.column),
    })
}

/// `spans` says between which columns a row has cells; it may be wider, not narrower.
fn grown_spans(row: &RowXml<'_>, last: u32) -> Result<Vec<(&'static str, String)>, Damage> {
    let Some(spans) = row.tag.attribute("spans")? else {
        return Ok(Vec::new());
    };
    let grown = spans.split_once(':').and_then(|(from, to)| {
        let to: u32 = to.parse().ok()?;
        (last + 1 > to).then(|| format!("{from}:{}", last + 1))
    });
    Ok(grown.map(|g| ("spans", g)).into_iter().collect())
}

/// A text cell, or an empty one that keeps its style.
pub(super) fn cell(prefix: &str, at: CellAt, style: Option<&str>, text: &str) -> String {
    let style = style
        .map(|s| format!(" s=\"{}\"", quick_xml::escape::escape(s)))
        .unwrap_or_default();
    if text.is_empty() {
        return format!("<{prefix}c r=\"{at}\"{style}/>");
    }
    let space = if text.trim() == text {
        ""
    } else {
        " xml:space=\"preserve\""
    };
    let text = escape_underscores(text);
    let text = quick_xml::escape::partial_escape(text.as_str());
    format!(
        "<{prefix}c r=\"{at}\"{style} t=\"inlineStr\"><{prefix}is><{prefix}t{space}>{text}</{prefix}t></{prefix}is></{prefix}c>"
    )
}

/// Excel reads `_x0041_` as the character U+0041; a text that really says so escapes its
/// underscore.
fn escape_underscores(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let code = tail.get(2..6).unwrap_or_default();
        let is_escape = code.len() == 4
            && code.bytes().all(|b| b.is_ascii_hexdigit())
            && tail.get(6..7) == Some("_");
        out.push_str(if is_escape { "_x005F_x" } else { "_x" });
        rest = tail.get(2..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cell: &str) -> CellAt {
        CellAt::parse(cell).unwrap()
    }

    /// Writes cells of columns D to Z, which are ours; a header at row 1 when `appended` says so.
    fn changes(cells: &[(&str, &str)], appended: Option<(u32, Vec<&'static str>)>) -> Changes {
        let mut cells: Vec<_> = cells
            .iter()
            .map(|(c, t)| (at(c), (*t).to_owned()))
            .collect();
        cells.sort();
        Changes {
            header_row: 0,
            appended,
            cells,
            ours: (3..26).collect(),
            ..Changes::default()
        }
    }

    /// The same, with a row below the last one.
    fn with_row(xml: &str, row: u32, cells: &[(&str, &str)]) -> Result<Edited, Damage> {
        let changes = Changes {
            new_row: Some(row),
            ..changes(cells, None)
        };
        edit(xml, &changes)
    }

    fn edited(xml: &str, cells: &[(&str, &str)]) -> String {
        edit(xml, &changes(cells, None)).unwrap().xml
    }

    #[test]
    fn a_cell_keeps_its_style_and_its_neighbours_every_byte() {
        let xml = r#"<worksheet xmlns='u'><sheetData>
 <row r="2" ht='20' ><c  r="C2"  s="1"><v>1</v></c> <c r="D2" s="7" t="s"><v>3</v></c><!-- x --><c r="E2"/></row>
</sheetData></worksheet>"#;
        assert_eq!(
            edited(xml, &[("D2", "a<b")]),
            xml.replace(
                r#"<c r="D2" s="7" t="s"><v>3</v></c>"#,
                r#"<c r="D2" s="7" t="inlineStr"><is><t>a&lt;b</t></is></c>"#
            )
        );
        assert_eq!(
            edited(xml, &[("D2", "")]),
            xml.replace(
                r#"<c r="D2" s="7" t="s"><v>3</v></c>"#,
                r#"<c r="D2" s="7"/>"#
            )
        );
    }

    #[test]
    fn new_cells_stand_in_order_and_rows_open() {
        let xml = r#"<sheetData><row r="1" spans="1:6"><c r="B1"/><c r="F1"/></row><row r="2" spans="1:2" s="4" customFormat="1"/></sheetData>"#;
        let writes = [("D1", "d"), ("E1", "e"), ("H1", "h"), ("D2", "x")];
        insta::assert_snapshot!(edited(xml, &writes), @r#"<sheetData><row r="1" spans="1:8"><c r="B1"/><c r="D1" t="inlineStr"><is><t>d</t></is></c><c r="E1" t="inlineStr"><is><t>e</t></is></c><c r="F1"/><c r="H1" t="inlineStr"><is><t>h</t></is></c></row><row r="2" spans="1:4" s="4" customFormat="1"><c r="D2" s="4" t="inlineStr"><is><t>x</t></is></c></row></sheetData>"#);
    }

    #[test]
    fn a_new_row_stands_in_order_and_looks_like_the_one_above() {
        let xml = r#"<x:worksheet><x:dimension ref="A1:B2"/><x:cols><x:col min="2" max="9" style="9"/></x:cols><x:sheetData><x:row r="1"><x:c r="A1" s="1"/></x:row><x:row r="2"><x:c r="A2" s="2"/></x:row></x:sheetData><x:autoFilter ref="A1:B2"/></x:worksheet>"#;
        let edited = with_row(xml, 2, &[("A3", "a"), ("B3", "b")]).unwrap();
        insta::assert_snapshot!(edited.xml, @r#"<x:worksheet><x:dimension ref="A1:B3"/><x:cols><x:col min="2" max="9" style="9"/></x:cols><x:sheetData><x:row r="1"><x:c r="A1" s="1"/></x:row><x:row r="2"><x:c r="A2" s="2"/></x:row><x:row r="3"><x:c r="A3" s="2" t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c><x:c r="B3" s="9" t="inlineStr"><x:is><x:t>b</x:t></x:is></x:c></x:row></x:sheetData><x:autoFilter ref="A1:B3"/></x:worksheet>"#);
        assert_eq!(
            edited.filter,
            Area::parse("A1:B2").zip(Area::parse("A1:B3"))
        );
        // Below the header the header's looks are not taken; a row further down stays behind it.
        let xml = r#"<sheetData><row r="1"><c r="A1" s="1"/></row><row r="9"><c r="A9"/></row></sheetData>"#;
        let edited = with_row(xml, 1, &[("A2", "a")]).unwrap();
        insta::assert_snapshot!(edited.xml, @r#"<sheetData><row r="1"><c r="A1" s="1"/></row><row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c></row><row r="9"><c r="A9"/></row></sheetData>"#);
        // A row that is in the file, with looks and nothing in it.
        let xml =
            r#"<sheetData><row r="1"/><row r="2" ht="30"><c r="A2" s="4"/></row></sheetData>"#;
        let edited = with_row(xml, 1, &[("A2", "a"), ("C2", "c")]).unwrap();
        insta::assert_snapshot!(edited.xml, @r#"<sheetData><row r="1"/><row r="2" ht="30"><c r="A2" s="4" t="inlineStr"><is><t>a</t></is></c><c r="C2" t="inlineStr"><is><t>c</t></is></c></row></sheetData>"#);
        assert!(with_row(xml, ROW_MAX + 1, &[]).is_ok(), "nothing to write");
    }

    #[test]
    fn columns_give_their_style_to_cells_that_are_not_there() {
        let xml = r#"<cols><col min="1" max="3"/><col min="4" max="5" style="9"/></cols><sheetData><row r="1"><c r="A1"/></row></sheetData>"#;
        insta::assert_snapshot!(edited(xml, &[("D1", "d"), ("G1", "g")]), @r#"<cols><col min="1" max="3"/><col min="4" max="5" style="9"/></cols><sheetData><row r="1"><c r="A1"/><c r="D1" s="9" t="inlineStr"><is><t>d</t></is></c><c r="G1" t="inlineStr"><is><t>g</t></is></c></row></sheetData>"#);
    }

    #[test]
    fn places_may_be_left_out_and_names_may_have_a_prefix() {
        let xml = r#"<x:sheetData><x:row><x:c/></x:row><x:row><x:c/><x:c/><x:c/><x:c><x:v>1</x:v></x:c><x:c/></x:row></x:sheetData>"#;
        insta::assert_snapshot!(edited(xml, &[("D2", "d"), ("F2", "f")]), @r#"<x:sheetData><x:row><x:c/></x:row><x:row><x:c/><x:c/><x:c/><x:c r="D2" t="inlineStr"><x:is><x:t>d</x:t></x:is></x:c><x:c/><x:c r="F2" t="inlineStr"><x:is><x:t>f</x:t></x:is></x:c></x:row></x:sheetData>"#);
    }

    #[test]
    fn the_dimension_and_the_filter_grow() {
        let xml = r#"<dimension ref="A1:C2"/><sheetData><row r="1"><c r="A1" s="2"/><c r="C1" s="3"/></row><row r="2"><c r="A2"/></row></sheetData><autoFilter ref="A1:C2"><filterColumn colId="0"/></autoFilter>"#;
        let edited = edit(
            xml,
            &changes(&[("D2", "x")], Some((3, vec!["plan", "run"]))),
        )
        .unwrap();
        insta::assert_snapshot!(edited.xml, @r#"<dimension ref="A1:E2"/><sheetData><row r="1"><c r="A1" s="2"/><c r="C1" s="3"/><c r="D1" s="3" t="inlineStr"><is><t>plan</t></is></c><c r="E1" s="3" t="inlineStr"><is><t>run</t></is></c></row><row r="2"><c r="A2"/><c r="D2" t="inlineStr"><is><t>x</t></is></c></row></sheetData><autoFilter ref="A1:E2"><filterColumn colId="0"/></autoFilter>"#);
        let area = |text| Area::parse(text).unwrap();
        assert_eq!(edited.filter, Some((area("A1:C2"), area("A1:E2"))));
        let apart = xml.replace("autoFilter ref=\"A1:C2\"", "autoFilter ref=\"A1:B2\"");
        let edited = edit(&apart, &changes(&[("D2", "x")], Some((3, vec!["plan"])))).unwrap();
        assert_eq!(edited.filter, None);
    }

    const FORMULAS: &str = r#"<sheetData><row r="1"><c r="D1"><f t="shared" ref="D1:D3" si="0">A1</f><v>1</v></c></row><row r="2"><c r="D2"><f t="shared" si="0"/><v>2</v></c></row><row r="3"><c r="B3"><f t="shared" si="1"></f><v>9</v></c><c r="D3"><f t="shared" si="0"></f><v>3</v></c><c r="E3"><f t="shared" ref="B3:E3" si="1">A3</f><v>8</v></c></row><row r="4"><c r="D4"><f t="array" ref="D4:D5">A1:A2</f><v>4</v></c></row><row r="5"><c r="D5"><v>5</v></c><c r="E5"><f>1+1</f><v>2</v></c></row></sheetData>"#;

    #[test]
    fn formulas_give_way_and_the_others_keep_their_results() {
        let edited = edit(FORMULAS, &changes(&[("D1", "x"), ("E5", "y")], None)).unwrap();
        assert!(edited.formulas_replaced);
        assert!(edited.skipped.is_empty());
        insta::assert_snapshot!(edited.xml, @r#"<sheetData><row r="1"><c r="D1" t="inlineStr"><is><t>x</t></is></c></row><row r="2"><c r="D2"><v>2</v></c></row><row r="3"><c r="B3"><f t="shared" si="1"></f><v>9</v></c><c r="D3"><v>3</v></c><c r="E3"><f t="shared" ref="B3:E3" si="1">A3</f><v>8</v></c></row><row r="4"><c r="D4"><f t="array" ref="D4:D5">A1:A2</f><v>4</v></c></row><row r="5"><c r="D5"><v>5</v></c><c r="E5" t="inlineStr"><is><t>y</t></is></c></row></sheetData>"#);
        // A follower may go alone.
        let edited = edit(FORMULAS, &changes(&[("D2", "x")], None)).unwrap();
        assert!(edited.xml.contains(r#"ref="D1:D3" si="0">A1</f>"#));
        assert!(edited.xml.contains(r#"<f t="shared" si="0"></f><v>3</v>"#));
    }

    #[test]
    fn formulas_that_other_cells_need_are_left_alone() {
        let writes = [("D5", "x"), ("E3", "x"), ("D3", "held")];
        let edited = edit(FORMULAS, &changes(&writes, None)).unwrap();
        let skipped: Vec<_> = edited
            .skipped
            .iter()
            .map(|(c, w)| format!("{c}: {w}"))
            .collect();
        insta::assert_snapshot!(skipped.join("\n"), @r"
        E3: cells of other columns share its formula
        D5: it is part of an array formula
        ");
        assert!(edited.xml.contains("<t>held</t>"));
        assert!(!edited.xml.contains("<t>x</t>"));
    }

    #[test]
    fn odd_text_is_written_as_excel_wants_it() {
        let xml = r#"<sheetData><row r="1"><c r="A1"/></row></sheetData>"#;
        let text = |t: &str| {
            let all = edited(xml, &[("D1", t)]);
            let start = all.find("<is>").unwrap();
            let end = all.find("</is>").unwrap();
            all[start + 4..end].to_owned()
        };
        assert_eq!(text("=1+1"), "<t>=1+1</t>");
        assert_eq!(text("a & b > \"c\""), "<t>a &amp; b &gt; \"c\"</t>");
        assert_eq!(text(" a "), "<t xml:space=\"preserve\"> a </t>");
        assert_eq!(text("_x0041_ _x00"), "<t>_x005F_x0041_ _x00</t>");
    }

    #[test]
    fn damaged_sheets_are_refused() {
        for xml in [
            "<sheetData><row r=\"1\"><c r=\"A1\"></row></sheetData>",
            "<sheetData><row r=\"1\"><c r=\"?\"/></row></sheetData>",
            "<sheetData/>",
            "<sheetData><row r=\"4294967295\"/></sheetData>",
        ] {
            assert!(edit(xml, &changes(&[("D1", "x")], None)).is_err(), "{xml}");
        }
    }
}
