//! CSV as people and spreadsheet programs write it. The `csv` crate says what a field is; the
//! layout says where it stands, so that a write changes only the bytes of the fields that change.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::backend::Format;
use crate::column::Column;
use crate::error::{InventoryError, ProblemKind, Spot};
use crate::file;
use crate::place::{CellAt, Source};
use crate::table::{Cell, Fitness, Header, Row, Table, Value};
use crate::update::Changes;

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// Delimiters that are tried. A comma wins where they explain the header equally well.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The CSV format.
#[derive(Debug)]
pub(crate) struct Csv;

impl Format for Csv {
    fn table(&self, path: &Path, bytes: &[u8]) -> Result<Table, InventoryError> {
        let dialect = Dialect::of(path, bytes)?;
        table(path, bytes, &dialect)
    }

    /// A text that a spreadsheet program would take for a formula gets an apostrophe in front: what
    /// a device says must never run on the operator's machine. The apostrophe is visible in other
    /// programs; only CSV needs it, for it has no types.
    fn encode(text: &str) -> String {
        if text.starts_with(['=', '+', '-', '@']) {
            format!("'{text}")
        } else {
            text.to_owned()
        }
    }

    fn edit(
        &self,
        path: &Path,
        bytes: &[u8],
        _table: &Table,
        changes: &Changes,
    ) -> Result<(Vec<u8>, Vec<String>), InventoryError> {
        let dialect = Dialect::of(path, bytes)?;
        let layout = Layout::of(bytes, &dialect);
        Ok((edit(bytes, &dialect, &layout, changes), Vec::new()))
    }
}

/// How a file is written.
#[derive(Clone, Debug, PartialEq)]
struct Dialect {
    delimiter: u8,
    /// Where the first record starts: after a byte order mark and after Excel's `sep=;` line.
    start: usize,
    /// Rows before `start`, as a spreadsheet counts them.
    rows: u32,
}

impl Dialect {
    fn of(path: &Path, bytes: &[u8]) -> Result<Self, InventoryError> {
        let unreadable = |reason: &str| InventoryError::Unreadable {
            path: file::shown(path),
            reason: reason.to_owned(),
        };
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(unreadable("it is UTF-16 text; save it as CSV UTF-8"));
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return Err(unreadable("it is a workbook; give it the ending .xlsx"));
        }
        let bom = if bytes.starts_with(UTF8_BOM) { 3 } else { 0 };
        let text = bytes.get(bom..).unwrap_or_default();
        if let Some(rest) = text.strip_prefix(b"sep=")
            && let [delimiter, end, ..] = rest
            && matches!(end, b'\r' | b'\n')
        {
            let newline = if rest.get(1..3) == Some(b"\r\n") {
                2
            } else {
                1
            };
            return Ok(Self {
                delimiter: *delimiter,
                start: bom + 5 + newline,
                rows: 1,
            });
        }
        let dialect = |delimiter| Self {
            delimiter,
            start: bom,
            rows: 0,
        };
        // The delimiter under which most of our columns are found.
        let mut best = (dialect(b','), Fitness::default());
        for delimiter in DELIMITERS {
            let dialect = dialect(delimiter);
            let head = head(bytes, &dialect);
            let fitness = Header::<Column>::fitness(&table(path, head, &dialect)?);
            if fitness > best.1 {
                best = (dialect, fitness);
            }
        }
        Ok(best.0)
    }
}

/// The first lines, enough to find the header in.
fn head<'b>(bytes: &'b [u8], dialect: &Dialect) -> &'b [u8] {
    let layout = Layout::of(
        bytes.get(..bytes.len().min(64 << 10)).unwrap_or_default(),
        dialect,
    );
    let end = layout.records.get(20).map_or(bytes.len(), |r| r.start);
    bytes.get(..end).unwrap_or(bytes)
}

/// One record: where it and its fields stand in the file.
#[derive(Clone, Debug, PartialEq)]
struct Record {
    /// The row as a spreadsheet counts it, from 0: blank lines count, line breaks inside of quotes
    /// do not.
    row: u32,
    /// The line as an editor counts it, from 1.
    line: u32,
    start: usize,
    /// With their quotes. At least one.
    fields: Vec<Range<usize>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Layout {
    records: Vec<Record>,
    /// The record in which a quote is opened and never closed.
    open_quote: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    RecordStart,
    FieldStart,
    Plain,
    Quoted,
    /// After a quote inside of quotes: its end, or the first of a doubled one.
    QuoteInQuoted,
}

impl Layout {
    /// Finds records and fields. The states are those of the `csv` crate with its default settings;
    /// a property test holds the two together.
    fn of(bytes: &[u8], dialect: &Dialect) -> Self {
        let mut layout = Self::default();
        let (mut row, mut line) = (dialect.rows, dialect.rows + 1);
        let mut at = At::RecordStart;
        let mut field = dialect.start;
        let mut previous = 0u8;
        for (position, &byte) in bytes.iter().enumerate().skip(dialect.start) {
            let newline = byte == b'\n' || byte == b'\r';
            let second_half = byte == b'\n' && previous == b'\r';
            previous = byte;
            if at == At::RecordStart {
                if newline {
                    // A blank line, unless it is the second half of a Windows line end.
                    if !second_half {
                        row += 1;
                        line += 1;
                    }
                    continue;
                }
                layout.records.push(Record {
                    row,
                    line,
                    start: position,
                    fields: Vec::new(),
                });
                field = position;
                at = At::FieldStart;
            }
            let quoted = matches!(at, At::Quoted);
            if newline && quoted {
                line += u32::from(!second_half);
                continue;
            }
            at = match byte {
                _ if newline => {
                    layout.end_field(field..position);
                    row += 1;
                    line += 1;
                    At::RecordStart
                }
                byte if byte == dialect.delimiter && !quoted => {
                    layout.end_field(field..position);
                    field = position + 1;
                    At::FieldStart
                }
                b'"' => match at {
                    At::FieldStart | At::QuoteInQuoted => At::Quoted,
                    At::Quoted => At::QuoteInQuoted,
                    At::RecordStart | At::Plain => At::Plain,
                },
                _ if quoted => At::Quoted,
                _ => At::Plain,
            };
        }
        if at != At::RecordStart {
            layout.end_field(field..bytes.len());
        }
        if at == At::Quoted {
            layout.open_quote = layout.records.len().checked_sub(1);
        }
        layout
    }

    fn end_field(&mut self, field: Range<usize>) {
        if let Some(record) = self.records.last_mut() {
            record.fields.push(field);
        }
    }
}

impl Record {
    fn end(&self) -> usize {
        self.fields.last().map_or(self.start, |f| f.end)
    }

    /// The line, where it differs from the row that a spreadsheet shows.
    fn other_line(&self) -> Option<u32> {
        (self.line != self.row + 1).then_some(self.line)
    }
}

fn table(path: &Path, bytes: &[u8], dialect: &Dialect) -> Result<Table, InventoryError> {
    let layout = Layout::of(bytes, dialect);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(dialect.delimiter)
        .from_reader(bytes.get(dialect.start..).unwrap_or_default());
    let mut table = Table {
        source: Source {
            file: path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
            sheet: None,
        },
        rows: Vec::with_capacity(layout.records.len()),
        merged: Vec::new(),
        problems: Vec::new(),
    };
    let mut values = csv::ByteRecord::new();
    for (at, record) in layout.records.iter().enumerate() {
        let more =
            reader
                .read_byte_record(&mut values)
                .map_err(|e| InventoryError::Unreadable {
                    path: file::shown(path),
                    reason: e.to_string(),
                })?;
        if !more || values.len() != record.fields.len() {
            // Never seen: the property test looks for it. Guessing on would write into wrong cells.
            return Err(InventoryError::Unreadable {
                path: file::shown(path),
                reason: format!("its quotes cannot be followed in line {}", record.line),
            });
        }
        let row = Row {
            index: record.row,
            line: record.other_line(),
            cells: cells(&values),
            fields: Some(record.fields.len()),
        };
        if layout.open_quote == Some(at) {
            let spot = match record.fields.len().checked_sub(1) {
                Some(last) => row.spot_of(u32::try_from(last).unwrap_or(u32::MAX)),
                None => Spot::Table,
            };
            table
                .problems
                .push(table.problem(spot, ProblemKind::OpenQuote));
        }
        table.rows.push(row);
    }
    Ok(table)
}

fn cells(values: &csv::ByteRecord) -> Vec<Cell> {
    (0..)
        .zip(values)
        .filter(|(_, bytes)| !bytes.is_empty())
        .map(|(column, bytes)| Cell {
            column,
            value: match std::str::from_utf8(bytes) {
                Ok(text) => Value::Text(text.to_owned()),
                Err(_) => Value::NotUtf8,
            },
            formula: false,
        })
        .collect()
}

/// A new file with these rows.
pub(crate) fn fresh(rows: &[Vec<&str>]) -> Vec<u8> {
    let mut out = Vec::new();
    for row in rows {
        for (column, text) in row.iter().enumerate() {
            if column > 0 {
                out.push(b',');
            }
            put(&mut out, text, false, b',');
        }
        out.extend(b"\n");
    }
    out
}

fn edit(bytes: &[u8], dialect: &Dialect, layout: &Layout, changes: &Changes) -> Vec<u8> {
    let mut rows: BTreeMap<u32, BTreeMap<usize, &str>> = BTreeMap::new();
    for (CellAt { row, column }, text) in &changes.cells {
        let row = rows.entry(*row).or_default();
        row.insert(*column as usize, text);
    }
    let mut width = 0;
    if let Some((first, names)) = &changes.appended {
        let header = rows.entry(changes.header_row).or_default();
        header.extend((*first as usize..).zip(names.iter().copied()));
        width = *first as usize + names.len();
    }
    let quote_all = quotes_all(bytes, layout, changes.header_row);
    let mut out = Vec::with_capacity(bytes.len() + 64 * rows.len());
    let mut copied = 0;
    for record in &layout.records {
        let cells = rows.remove(&record.row).unwrap_or_default();
        // Programs that read CSV strictly want as many fields in each record as in the header.
        let pad = if record.row >= changes.header_row {
            width
        } else {
            0
        };
        let last = cells.last_key_value().map_or(0, |(column, _)| column + 1);
        let fields = record.fields.len().max(last).max(pad);
        for column in 0..fields {
            let old = record.fields.get(column);
            if let Some(field) = old {
                out.extend_from_slice(bytes.get(copied..field.start).unwrap_or_default());
                copied = field.start;
            } else {
                if column == record.fields.len() {
                    out.extend_from_slice(bytes.get(copied..record.end()).unwrap_or_default());
                    copied = record.end();
                }
                out.push(dialect.delimiter);
            }
            if let Some(text) = cells.get(&column) {
                let raw = old.and_then(|f| bytes.get(f.clone())).unwrap_or_default();
                let quoted = quote_all || raw.starts_with(b"\"");
                put(&mut out, text, quoted, dialect.delimiter);
                copied = old.map_or(copied, |f| f.end);
            }
        }
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    out
}

/// Whether every field of the header is quoted: then the program that wrote it quotes all.
fn quotes_all(bytes: &[u8], layout: &Layout, row: u32) -> bool {
    layout
        .records
        .iter()
        .find(|r| r.row == row)
        .is_some_and(|header| {
            header
                .fields
                .iter()
                .all(|f| bytes.get(f.clone()).is_some_and(|b| b.starts_with(b"\"")))
        })
}

fn put(out: &mut Vec<u8>, text: &str, quoted: bool, delimiter: u8) {
    let special = |b: u8| b == delimiter || matches!(b, b'"' | b'\r' | b'\n');
    let padded = text.starts_with(' ') || text.ends_with(' ');
    if quoted || padded || text.bytes().any(special) {
        out.push(b'"');
        out.extend(text.replace('"', "\"\"").bytes());
        out.push(b'"');
    } else {
        out.extend(text.bytes());
    }
}

#[cfg(test)]
mod tests {
    use iosxe_core::ids::DeviceName;
    use iosxe_core::ports::RowUpdate;
    use proptest::prelude::*;

    use super::*;
    use crate::row::records;
    use crate::update::changes;

    const PATH: &str = "fleet.csv";

    fn read(bytes: &[u8]) -> Result<Table, InventoryError> {
        Csv.table(Path::new(PATH), bytes)
    }

    fn write(bytes: &[u8], updates: &[RowUpdate]) -> Result<Vec<u8>, InventoryError> {
        let table = read(bytes)?;
        let changes = changes(&table, updates, Csv::encode)?;
        if changes.is_empty() {
            return Ok(bytes.to_vec());
        }
        Ok(Csv.edit(Path::new(PATH), bytes, &table, &changes)?.0)
    }

    fn status(device: &str, text: &str) -> RowUpdate {
        RowUpdate {
            device: Some(DeviceName::new(device)),
            status: Some(text.to_owned()),
            ..RowUpdate::default()
        }
    }

    fn written(bytes: &[u8], device: &str, text: &str) -> String {
        let bytes = write(bytes, &[status(device, text)]).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// All of our columns, so that nothing is appended.
    const OURS: &str = "plan,current_version,boot_mode,method,status,stage,last_error,rollback_status,last_upgrade,run,updated_at";

    #[test]
    fn only_the_bytes_of_the_cell_change() {
        let before = format!(
            "\u{feff}Device ,\"Mgmt IP\",\"Rack\",{OURS},Übung\r\n\
             sw1,10.0.0.1,  \"R1\" ,,,,,\"old\",,,,,,,\"a, \"\"b\"\"\"\r\n\
             \r\n\
             \"sw2\",10.0.0.2,'x',,,,,,,,,,,,\r\n"
        );
        let after = written(before.as_bytes(), "sw1", "upgraded");
        assert_eq!(after, before.replace("\"old\"", "\"upgraded\""));
        let after = written(before.as_bytes(), "sw2", "said \"no\", twice");
        let wanted = before.replace("'x',,,,,,,", "'x',,,,,\"said \"\"no\"\", twice\",,");
        assert_eq!(after, wanted);
    }

    #[test]
    fn missing_columns_are_appended_and_every_row_keeps_pace() {
        let before = "hostname;address;notes\nsw1;10.0.0.1;\"a;b\"\nsw2;10.0.0.2\n\nsw3;10.0.0.3;c";
        insta::assert_snapshot!(written(before.as_bytes(), "sw2", "held"), @r#"
        hostname;address;notes;plan;current_version;boot_mode;method;status;stage;last_error;rollback_status;last_upgrade;run;updated_at
        sw1;10.0.0.1;"a;b";;;;;;;;;;;
        sw2;10.0.0.2;;;;;;held;;;;;;

        sw3;10.0.0.3;c;;;;;;;;;;;
        "#);
        let trailing = "hostname,address,,\nsw1,10.0.0.1,,\n";
        insta::assert_snapshot!(written(trailing.as_bytes(), "sw1", "held"), @r"
        hostname,address,plan,current_version,boot_mode,method,status,stage,last_error,rollback_status,last_upgrade,run,updated_at
        sw1,10.0.0.1,,,,,held,,,,,,
        ");
    }

    #[test]
    fn a_file_that_quotes_all_stays_one() {
        let before = "\"hostname\",\"address\",\"status\"\n\"sw1\",\"10.0.0.1\",\"\"\n";
        insta::assert_snapshot!(written(before.as_bytes(), "sw1", "held"), @r#"
        "hostname","address","status","plan","current_version","boot_mode","method","stage","last_error","rollback_status","last_upgrade","run","updated_at"
        "sw1","10.0.0.1","held",,,,,,,,,,
        "#);
    }

    #[test]
    fn delimiters_are_found_by_the_header_that_they_make() {
        for text in [
            "hostname,address\nsw1,10.0.0.1\n",
            "hostname;address;list, of; things\nsw1;10.0.0.1;a,b,c,d\n",
            "hostname\taddress\nsw1\t10.0.0.1\n",
            "Fleet of Oslo, Bergen, Tromso\nhostname|address\nsw1|10.0.0.1",
            "sep=;\r\nhostname;address\r\nsw1;10.0.0.1\r\n",
            "hostname,address\rsw1,10.0.0.1\r",
        ] {
            let read = records(&read(text.as_bytes()).unwrap()).unwrap();
            let record = &read.records[0];
            assert_eq!(record.name.as_str(), "sw1", "{text}");
            assert_eq!(record.address.host, "10.0.0.1", "{text}");
        }
    }

    #[test]
    fn cells_are_named_as_spreadsheets_and_editors_name_them() {
        let text = "hostname,address,notes,target_version,wave\n\
                    sw1,10.0.0.1,\"two\nlines\",17.9,1\n\
                    \n\
                    sw1,10.0.0.2,,,one\n\
                    sw3,10.0.0.3,a, stray,comma,here\n";
        let error = records(&read(text.as_bytes()).unwrap()).unwrap_err();
        insta::assert_snapshot!(error, @r"
        the inventory has 4 problems
          fleet.csv, cell D2: `17.9` is no IOS-XE release: write it like 17.09.04a
          fleet.csv, cell A4 (line 5): the hostname `sw1` stands in A2 already
          fleet.csv, cell E4 (line 5): `one` is no wave: write a whole number, 0 or more
          fleet.csv, row 5 (line 6): the row has 6 fields, the header has 5: put quotes around a text that holds the delimiter
        ");
    }

    #[test]
    fn encodings_that_would_be_misread_are_refused() {
        let text = b"hostname,address,site,rack\nsw1,10.0.0.1,K\xF8ln,\xF8\n";
        let error = records(&read(text).unwrap()).unwrap_err();
        insta::assert_snapshot!(error, @"fleet.csv, cell C2: `site` is not encoded as UTF-8: save the file as CSV UTF-8");
        // In a column that nobody reads it is the operator's affair.
        let text = b"hostname,address,site,rack\nsw1,10.0.0.1,Koln,\xF8\n";
        records(&read(text).unwrap()).unwrap();
        let after = write(text, &[status("sw1", "held")]).unwrap();
        assert!(after.windows(3).any(|w| w == b",\xF8,"));
        insta::assert_snapshot!(read(b"\xFF\xFEh\0o\0").unwrap_err(), @"cannot read fleet.csv: it is UTF-16 text; save it as CSV UTF-8");
        insta::assert_snapshot!(read(b"PK\x03\x04...").unwrap_err(), @"cannot read fleet.csv: it is a workbook; give it the ending .xlsx");
    }

    #[test]
    fn a_quote_that_is_never_closed_is_pointed_at() {
        let text = "hostname,address,notes\nsw1,10.0.0.1,\"oops\nsw2,10.0.0.2,fine\n";
        let table = read(text.as_bytes()).unwrap();
        insta::assert_snapshot!(records(&table).unwrap_err(), @"fleet.csv, cell C2: a quote is opened here and never closed");
        assert!(changes(&table, &[status("sw1", "x")], Csv::encode).is_err());
    }

    #[test]
    fn formulas_are_disarmed_once() {
        let before = "hostname,address,status\nsw1,10.0.0.1,\n";
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)"] {
            let after = written(before.as_bytes(), "sw1", evil);
            assert!(after.contains(&format!(",'{evil},")), "{after}");
            assert_eq!(written(after.as_bytes(), "sw1", evil), after);
        }
    }

    fn oracle(bytes: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(bytes);
        let records = reader.byte_records().map(Result::unwrap);
        records
            .map(|r| r.iter().map(<[u8]>::to_vec).collect())
            .collect()
    }

    fn csv_like() -> impl Strategy<Value = Vec<u8>> {
        let alphabet = prop::sample::select(b"ab,;\"\"\r\n\n =\xF8".to_vec());
        prop::collection::vec(alphabet, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// What the layout says and what the `csv` crate says is the same, whatever the bytes.
        #[test]
        fn the_layout_stands_where_the_csv_crate_reads(bytes in csv_like()) {
            let dialect = Dialect { delimiter: b',', start: 0, rows: 0 };
            let layout = Layout::of(&bytes, &dialect);
            let records = oracle(&bytes, b',');
            prop_assert_eq!(layout.records.len(), records.len());
            for (record, values) in layout.records.iter().zip(&records) {
                prop_assert_eq!(record.fields.len(), values.len());
                for (field, value) in record.fields.iter().zip(values) {
                    let alone = oracle(&bytes[field.clone()], b',');
                    let alone = alone.first().and_then(|r| r.first()).cloned();
                    prop_assert_eq!(&alone.unwrap_or_default(), value);
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(table) = read(&bytes) {
                drop(records(&table));
                drop(write(&bytes, &[status("a", "b")]));
            }
        }

        /// Whatever stands in the other cells: a write changes our cell, and nothing else that the
        /// `csv` crate can see; writing it again changes no byte.
        #[test]
        fn a_write_changes_only_our_cells(
            junk in csv_like(),
            tail in csv_like(),
            text in ".{0,12}",
        ) {
            let mut bytes = b"hostname,address,status\nsw1,10.0.0.1,old,".to_vec();
            bytes.extend(&junk);
            bytes.extend(b"\nsw9,10.0.0.9,\n");
            bytes.extend(&tail);
            let Ok(once) = write(&bytes, &[status("sw1", &text)]) else {
                return Ok(());
            };
            prop_assert_eq!(&write(&once, &[status("sw1", &text)]).unwrap(), &once);
            let (before, after) = (oracle(&bytes, b','), oracle(&once, b','));
            prop_assert_eq!(before.len(), after.len());
            for (row, (before, after)) in before.iter().zip(&after).enumerate() {
                for (column, value) in before.iter().enumerate() {
                    if (row, column) != (1, 2) && row != 0 {
                        prop_assert_eq!(value, &after[column]);
                    }
                }
            }
        }
    }
}
