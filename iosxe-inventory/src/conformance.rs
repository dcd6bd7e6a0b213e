//! What every backend must do, as a suite that a backend of another crate can run too (feature
//! `conformance`).
//!
//! Each case makes an inventory of rows of text through a [`Bench`], acts on it through the port,
//! and looks at the rows again as another program would see them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use iosxe_core::ids::DeviceName;
use iosxe_core::plan::Method;
use iosxe_core::ports::{Inventory, InventoryRead, RowUpdate};

/// Rows of text; the first one holds the headers.
pub type Rows = Vec<Vec<String>>;

/// Makes inventories of the backend under test.
pub trait Bench: Send + Sync {
    /// A fresh inventory with these rows.
    fn make(&self, rows: &Rows) -> Box<dyn Specimen>;
}

/// One inventory under test.
pub trait Specimen: Send + Sync {
    /// The port to it.
    fn inventory(&self) -> Arc<dyn Inventory>;
    /// Its rows as another program reads them; empty cells at the end of a row may be left out.
    fn rows(&self) -> Rows;
    /// What another program saves over it.
    fn set_rows(&self, rows: &Rows);
}

/// What a backend did wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The case.
    pub case: &'static str,
    /// What was expected and what was found.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.case, self.what)
    }
}

type Outcome = Result<(), String>;
type Case = for<'a> fn(&'a dyn Bench) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

const CASES: [(&str, Case); 10] = [
    ("every_column_is_read", |b| {
        Box::pin(every_column_is_read(b))
    }),
    ("headers_in_any_order_and_spelling", |b| {
        Box::pin(headers_in_any_order_and_spelling(b))
    }),
    ("all_problems_are_reported_at_once", |b| {
        Box::pin(all_problems_are_reported_at_once(b))
    }),
    ("only_our_columns_are_written", |b| {
        Box::pin(only_our_columns_are_written(b))
    }),
    ("missing_columns_are_appended_once", |b| {
        Box::pin(missing_columns_are_appended_once(b))
    }),
    ("rows_are_found_after_sorting", |b| {
        Box::pin(rows_are_found_after_sorting(b))
    }),
    ("a_removed_row_is_a_warning", |b| {
        Box::pin(a_removed_row_is_a_warning(b))
    }),
    ("an_empty_text_clears_and_none_leaves", |b| {
        Box::pin(an_empty_text_clears_and_none_leaves(b))
    }),
    ("nothing_a_device_says_is_a_formula", |b| {
        Box::pin(nothing_a_device_says_is_a_formula(b))
    }),
    ("awkward_text_comes_back", |b| {
        Box::pin(awkward_text_comes_back(b))
    }),
];

/// Runs every case; what went wrong, in their order.
pub async fn run(bench: &dyn Bench) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (case, run) in CASES {
        if let Err(what) = run(bench).await {
            violations.push(Violation { case, what });
        }
    }
    violations
}

fn rows(lines: &[&str]) -> Rows {
    let cells = |line: &&str| line.split('|').map(|c| c.trim().to_owned()).collect();
    lines.iter().map(cells).collect()
}

fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, wanted: &T) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{what}: expected {wanted:?}, found {found:?}"))
    }
}

async fn read(specimen: &dyn Specimen) -> Result<InventoryRead, String> {
    let read = specimen.inventory().read().await;
    read.map_err(|fault| format!("not read: {fault}"))
}

async fn write(specimen: &dyn Specimen, updates: &[RowUpdate]) -> Result<Vec<String>, String> {
    let written = specimen.inventory().write(updates).await;
    written
        .map(|w| w.warnings)
        .map_err(|fault| format!("not written: {fault}"))
}

/// The cell of a device in a column, as another program reads it.
fn cell(rows: &Rows, device: &str, column: &str) -> Option<String> {
    let header = rows.first()?;
    let of = |name: &str| header.iter().position(|h| h == name);
    let names = of("hostname")?;
    let row = rows
        .iter()
        .skip(1)
        .find(|r| r.get(names).is_some_and(|n| n == device))?;
    Some(row.get(of(column)?).cloned().unwrap_or_default())
}

fn update(device: &str) -> RowUpdate {
    RowUpdate {
        device: Some(DeviceName::new(device)),
        ..RowUpdate::default()
    }
}

fn status(device: &str, text: &str) -> RowUpdate {
    RowUpdate {
        status: Some(text.to_owned()),
        ..update(device)
    }
}

async fn every_column_is_read(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&[
        "hostname|address|platform|serial|site|role|target_version|image|want_method|ha_group|wave|window|credential|fallback_credential|jump|console|save_config|hold|approval|notes|waive",
        "sw1|10.0.0.1:2222|C9300|FOC1, FOC2|Oslo|access|17.9.4a|cat9k.bin|one_step|pair-1|2|night|lab|local|maria@jump1:22, jump2|ts1 line 7|yes|no|approved by Maria Lind 7F3A00C1|near the door|rommon_minimum: case 6912",
        "sw2|sw2.example.net|||||||||||||||||||",
    ]));
    let read = read(specimen.as_ref()).await?;
    same("warnings", &read.warnings, &Vec::new())?;
    let [first, second] = read.records.as_slice() else {
        return Err(format!("expected two records, found {:?}", read.records));
    };
    let some = |t: &str| Some(t.to_owned());
    same("hostname", &first.name.as_str(), &"sw1")?;
    same(
        "address",
        &first.address.to_string().as_str(),
        &"10.0.0.1:2222",
    )?;
    same("platform", &first.platform, &some("C9300"))?;
    same(
        "serial",
        &first.serials,
        &vec!["FOC1".to_owned(), "FOC2".to_owned()],
    )?;
    same("site", &first.site, &some("Oslo"))?;
    same("role", &first.role, &some("access"))?;
    same("target_version", &first.target, &"17.09.04a".parse().ok())?;
    same("image", &first.image, &some("cat9k.bin"))?;
    same("want_method", &first.want_method, &Some(Method::OneStep))?;
    same("ha_group", &first.ha_group, &some("pair-1"))?;
    same("wave", &first.wave, &Some(2))?;
    same("window", &first.window, &some("night"))?;
    let credential =
        |c: &Option<iosxe_core::ids::CredentialName>| c.as_ref().map(|c| c.as_str().to_owned());
    same("credential", &credential(&first.credential), &some("lab"))?;
    same(
        "fallback_credential",
        &credential(&first.fallback_credential),
        &some("local"),
    )?;
    let jump = vec!["maria@jump1:22".to_owned(), "jump2".to_owned()];
    same("jump", &first.jump, &jump)?;
    same("console", &first.console, &some("ts1 line 7"))?;
    same(
        "save_config and hold",
        &(first.save_config, first.hold),
        &(true, false),
    )?;
    let approval = first
        .approval
        .as_ref()
        .map(|a| (a.by.as_str(), a.hash8.as_str()));
    same("approval", &approval, &Some(("Maria Lind", "7f3a00c1")))?;
    same("notes", &first.notes, &some("near the door"))?;
    let waived: Vec<(&str, &str)> = first
        .waivers
        .iter()
        .map(|w| (w.rule.as_str(), w.reason.as_str()))
        .collect();
    same("waive", &waived, &vec![("rommon_minimum", "case 6912")])?;
    same("port of sw2", &second.address.port, &22)?;
    let nothing = (
        second.target.is_none(),
        second.wave,
        second.save_config,
        second.hold,
    );
    same("empty cells of sw2", &nothing, &(true, None, false, false))
}

async fn headers_in_any_order_and_spelling(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&[
        "Rack|Operator Notes|TARGET VERSION|Management-IP|Device|Image Path",
        "R1|old|17.12.1|10.0.0.1|sw1|/srv/images/cat9k.bin",
        "|||||",
        "R2||||  sw2  |",
    ]));
    let fault = match specimen.inventory().read().await {
        Ok(read) => return Err(format!("an empty address was read as {:?}", read.records)),
        Err(fault) => fault,
    };
    if !fault.message.contains("`address` is empty") || !fault.message.contains("D4") {
        return Err(format!("the empty address is not named: {fault}"));
    }
    let mut mended = specimen.rows();
    if let Some(cell) = mended.get_mut(3).and_then(|row| row.get_mut(3)) {
        "10.0.0.2".clone_into(cell);
    }
    specimen.set_rows(&mended);
    let read = read(specimen.as_ref()).await?;
    let names: Vec<_> = read.records.iter().map(|r| r.name.as_str()).collect();
    same("hostnames", &names, &vec!["sw1", "sw2"])?;
    let images: Vec<_> = read.records.iter().map(|r| r.image.as_deref()).collect();
    same("images", &images, &vec![Some("cat9k.bin"), None])
}

async fn all_problems_are_reported_at_once(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&[
        "hostname|address|target_version|want_method|wave|hold",
        "sw1|10.0.0.1|17.9|quickly|first|maybe",
        "SW1|10.0.0.1|||| ",
        "sw 3||||| ",
    ]));
    let fault = match specimen.inventory().read().await {
        Ok(read) => return Err(format!("read as {:?}", read.records)),
        Err(fault) => fault,
    };
    same("code", &fault.code.as_str(), &"inventory_invalid")?;
    same("class", &fault.class, &iosxe_core::fault::Class::Operator)?;
    for cell in ["C2", "D2", "E2", "F2", "A3", "B3", "A4", "B4"] {
        if !fault.message.contains(&format!("cell {cell}: ")) {
            return Err(format!("cell {cell} is not named in: {}", fault.message));
        }
    }
    Ok(())
}

const FLEET: [&str; 4] = [
    "hostname|address|rack|target_version|status|notes",
    "sw1|10.0.0.1|R1|17.9.4a||first",
    "sw2|10.0.0.2|R2|17.9.4a|old|",
    "sw3|10.0.0.3||||",
];

async fn only_our_columns_are_written(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&FLEET));
    let before = specimen.rows();
    let one = RowUpdate {
        current_version: Some("17.09.04a".to_owned()),
        updated_at: Some("2026-11-23T03:29:36+01:00".to_owned()),
        ..status("SW1", "upgraded")
    };
    let warnings = write(specimen.as_ref(), &[one, status("sw3", "held")]).await?;
    same("warnings", &warnings, &Vec::new())?;
    let after = specimen.rows();
    for device in ["sw1", "sw2", "sw3"] {
        for column in ["address", "rack", "target_version", "notes"] {
            let place = format!("{column} of {device}");
            same(
                &place,
                &cell(&after, device, column),
                &cell(&before, device, column),
            )?;
        }
    }
    let is = |device, column, wanted: &str| {
        let place = format!("{column} of {device}");
        same(
            &place,
            &cell(&after, device, column),
            &Some(wanted.to_owned()),
        )
    };
    is("sw1", "status", "upgraded")?;
    is("sw2", "status", "old")?;
    is("sw3", "status", "held")?;
    is("sw1", "current_version", "17.09.04a")?;
    is("sw1", "updated_at", "2026-11-23T03:29:36+01:00")
}

async fn missing_columns_are_appended_once(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&FLEET));
    for round in 0..3 {
        write(specimen.as_ref(), &[status("sw1", &round.to_string())]).await?;
    }
    let header = specimen.rows().into_iter().next().unwrap_or_default();
    let wanted: Vec<_> = [
        "hostname",
        "address",
        "rack",
        "target_version",
        "status",
        "notes",
        "plan",
        "current_version",
        "boot_mode",
        "method",
        "stage",
        "last_error",
        "rollback_status",
        "last_upgrade",
        "run",
        "updated_at",
    ]
    .map(str::to_owned)
    .to_vec();
    same("headers", &header, &wanted)
}

async fn rows_are_found_after_sorting(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&FLEET));
    write(specimen.as_ref(), &[status("sw1", "a"), status("sw3", "c")]).await?;
    let mut sorted = specimen.rows();
    if let Some(devices) = sorted.get_mut(1..) {
        devices.reverse();
    }
    specimen.set_rows(&sorted);
    write(specimen.as_ref(), &[status("sw1", "A"), status("sw2", "B")]).await?;
    let after = specimen.rows();
    for (device, wanted) in [("sw1", "A"), ("sw2", "B"), ("sw3", "c")] {
        same(
            device,
            &cell(&after, device, "status"),
            &Some(wanted.to_owned()),
        )?;
    }
    Ok(())
}

async fn a_removed_row_is_a_warning(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&FLEET));
    let mut fewer = specimen.rows();
    fewer.remove(2);
    specimen.set_rows(&fewer);
    let updates = [status("sw2", "upgraded"), status("sw3", "upgraded")];
    let warnings = write(specimen.as_ref(), &updates).await?;
    if !matches!(warnings.as_slice(), [one] if one.contains("sw2")) {
        return Err(format!(
            "expected one warning about sw2, found {warnings:?}"
        ));
    }
    let status = cell(&specimen.rows(), "sw3", "status");
    same("status of sw3", &status, &Some("upgraded".to_owned()))
}

async fn an_empty_text_clears_and_none_leaves(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&FLEET));
    let failed = RowUpdate {
        last_error: Some("no room on flash-2:".to_owned()),
        ..status("sw1", "refused")
    };
    write(specimen.as_ref(), &[failed]).await?;
    let mended = RowUpdate {
        last_error: Some(String::new()),
        ..update("sw1")
    };
    write(specimen.as_ref(), &[mended]).await?;
    let after = specimen.rows();
    same(
        "last_error",
        &cell(&after, "sw1", "last_error"),
        &Some(String::new()),
    )?;
    same(
        "status",
        &cell(&after, "sw1", "status"),
        &Some("refused".to_owned()),
    )
}

async fn nothing_a_device_says_is_a_formula(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&FLEET));
    let evil = "=HYPERLINK(\"http://evil.example\",\"click\")";
    let error = RowUpdate {
        last_error: Some(evil.to_owned()),
        ..update("sw1")
    };
    write(specimen.as_ref(), std::slice::from_ref(&error)).await?;
    write(specimen.as_ref(), &[error]).await?;
    // A format with types stores it as text, one without puts an apostrophe in front, once.
    let found = cell(&specimen.rows(), "sw1", "last_error").unwrap_or_default();
    let text = found.strip_prefix('\'').unwrap_or(&found);
    same("last_error", &text, &evil)
}

async fn awkward_text_comes_back(bench: &dyn Bench) -> Outcome {
    let specimen = bench.make(&rows(&FLEET));
    let said = "% Error: \"a;b,c\"\t<&> 'ü' \u{1b}[0m_x0041_\r\nline 2\u{7}";
    let shown = "% Error: \"a;b,c\" <&> 'ü' [0m_x0041_ line 2";
    let error = RowUpdate {
        last_error: Some(said.to_owned()),
        ..update("sw1")
    };
    write(specimen.as_ref(), &[error]).await?;
    let found = cell(&specimen.rows(), "sw1", "last_error");
    same("last_error", &found, &Some(shown.to_owned()))?;
    let records = read(specimen.as_ref()).await?.records.len();
    same("records", &records, &3)
}

#[cfg(test)]
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod tests {
    use super::*;
    use std::path::PathBuf;

    use iosxe_core::fault::Fault;
    use iosxe_core::ports::InventoryWritten;

    struct InFolder {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    impl InFolder {
        fn with(name: &str, rows: &Rows) -> Box<dyn Specimen>
        where
            Self: Specimen,
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let specimen = Self {
                _folder: folder,
                path,
            };
            specimen.set_rows(rows);
            Box::new(specimen)
        }
    }

    impl Specimen for InFolder {
        fn inventory(&self) -> Arc<dyn Inventory> {
            crate::open(&self.path.to_string_lossy()).unwrap()
        }

        fn rows(&self) -> Rows {
            match self.path.extension().unwrap().to_str().unwrap() {
                #[cfg(feature = "csv")]
                "csv" => csv::ReaderBuilder::new()
                    .has_headers(false)
                    .from_path(&self.path)
                    .unwrap()
                    .records()
                    .map(|r| r.unwrap().iter().map(str::to_owned).collect())
                    .collect(),
                #[cfg(feature = "xlsx")]
                "xlsx" => {
                    use calamine::Reader;
                    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&self.path).unwrap();
                    let range = book.worksheet_range("Devices").unwrap();
                    range
                        .rows()
                        .map(|r| r.iter().map(ToString::to_string).collect())
                        .collect()
                }
                other => panic!("{other}"),
            }
        }

        fn set_rows(&self, rows: &Rows) {
            match self.path.extension().unwrap().to_str().unwrap() {
                #[cfg(feature = "csv")]
                "csv" => {
                    let mut writer = csv::Writer::from_path(&self.path).unwrap();
                    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
                    for row in rows {
                        let mut row = row.clone();
                        row.resize(width, String::new());
                        writer.write_record(row).unwrap();
                    }
                    writer.flush().unwrap();
                }
                #[cfg(feature = "xlsx")]
                "xlsx" => {
                    let mut book = rust_xlsxwriter::Workbook::new();
                    let sheet = book.add_worksheet().set_name("Devices").unwrap();
                    for (r, row) in (0..).zip(rows) {
                        for (c, text) in (0..).zip(row) {
                            if !text.is_empty() {
                                sheet.write_string(r, c, text).unwrap();
                            }
                        }
                    }
                    book.save(&self.path).unwrap();
                }
                other => panic!("{other}"),
            }
        }
    }

    struct Files(&'static str);

    impl Bench for Files {
        fn make(&self, rows: &Rows) -> Box<dyn Specimen> {
            InFolder::with(self.0, rows)
        }
    }

    #[cfg(feature = "csv")]
    #[tokio::test]
    async fn csv_conforms() {
        assert_eq!(run(&Files("fleet.csv")).await, []);
    }

    #[cfg(feature = "xlsx")]
    #[tokio::test]
    async fn xlsx_conforms() {
        assert_eq!(run(&Files("fleet.xlsx")).await, []);
    }

    /// A backend that does one thing wrong.
    struct Broken {
        inner: Arc<dyn Inventory>,
        how: &'static str,
    }

    #[async_trait::async_trait]
    impl Inventory for Broken {
        fn location(&self) -> String {
            self.inner.location()
        }

        async fn read(&self) -> Result<InventoryRead, Fault> {
            match (self.how, self.inner.read().await) {
                ("forgets a column", Ok(mut read)) => {
                    for record in &mut read.records {
                        record.image = None;
                        record.jump = Vec::new();
                    }
                    Ok(read)
                }
                ("stops at the first problem", Err(mut fault)) => {
                    fault.message = fault.message.lines().take(2).collect();
                    Err(fault)
                }
                (_, read) => read,
            }
        }

        async fn write(&self, updates: &[RowUpdate]) -> Result<InventoryWritten, Fault> {
            let mut updates = updates.to_vec();
            match self.how {
                "is deaf" => return Ok(InventoryWritten::default()),
                "swallows warnings" => {
                    return self
                        .inner
                        .write(&updates)
                        .await
                        .map(|_| InventoryWritten::default());
                }
                "clears what is not told" => {
                    for update in &mut updates {
                        update.status.get_or_insert_default();
                    }
                }
                "leaves what is empty" => {
                    for update in &mut updates {
                        update.last_error = update.last_error.take().filter(|e| !e.is_empty());
                    }
                }
                _ => {}
            }
            self.inner.write(&updates).await
        }
    }

    struct BrokenSpecimen(Box<dyn Specimen>, &'static str);

    impl Specimen for BrokenSpecimen {
        fn inventory(&self) -> Arc<dyn Inventory> {
            Arc::new(Broken {
                inner: self.0.inventory(),
                how: self.1,
            })
        }
        fn rows(&self) -> Rows {
            self.0.rows()
        }
        fn set_rows(&self, rows: &Rows) {
            self.0.set_rows(rows);
        }
    }

    struct BrokenFiles(&'static str);

    impl Bench for BrokenFiles {
        fn make(&self, rows: &Rows) -> Box<dyn Specimen> {
            let name = if cfg!(feature = "csv") {
                "fleet.csv"
            } else {
                "fleet.xlsx"
            };
            Box::new(BrokenSpecimen(InFolder::with(name, rows), self.0))
        }
    }

    #[tokio::test]
    async fn the_suite_notices_what_is_wrong() {
        for how in [
            "forgets a column",
            "stops at the first problem",
            "is deaf",
            "swallows warnings",
            "clears what is not told",
            "leaves what is empty",
        ] {
            assert_ne!(run(&BrokenFiles(how)).await, [], "{how}");
        }
        assert_eq!(run(&BrokenFiles("works")).await, []);
    }
}
