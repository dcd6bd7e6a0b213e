//! Workbooks as people have them: merged cells, formulas, open in a spreadsheet program.

use std::io::{Cursor, Read as _, Write as _};

use calamine::{Reader as _, Xlsx};
use iosxe_lab::EventKind;
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

use super::UPGRADE;
use super::support::{Bench, c9300};

/// One device whose inventory is a workbook with a sheet that `fill` adds to.
fn bench(fill: impl FnOnce(&mut Worksheet)) -> Bench {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.configure(|text| text.replace("inventory.csv", "fleet.xlsx"));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Devices").unwrap();
    let header = [
        "hostname",
        "address",
        "target_version",
        "notes",
        "status",
        "current_version",
    ];
    sheet.write_row(0, 0, header).unwrap();
    let address = bench.lab().devices()[0].address.to_string();
    sheet
        .write_row(1, 0, ["sw-a", &address, "17.12.04", "ask Maria first"])
        .unwrap();
    fill(sheet);
    book.save(bench.path("fleet.xlsx")).unwrap();
    bench
}

#[test]
fn merged_cells_are_refused_and_named() {
    let bench = bench(|sheet| {
        let format = Format::new();
        sheet.merge_range(1, 2, 2, 2, "17.12.04", &format).unwrap();
    });
    let before = std::fs::read(bench.path("fleet.xlsx")).unwrap();
    let ran = bench.run(&UPGRADE);
    bench.assert_no_contact();
    assert_eq!(std::fs::read(bench.path("fleet.xlsx")).unwrap(), before);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: fleet.xlsx, sheet Devices, cells C2:C3: merged cells hide which row a value belongs to: unmerge them [inventory_invalid]
      next: correct the cells, then check: `iosxe inventory validate`
    ");
}

#[test]
fn a_formula_counts_with_the_value_that_was_stored_with_it() {
    let bench = bench(|sheet| {
        let formula = Formula::new("\"17.12.\"&\"04\"").set_result("17.12.04");
        sheet.write_formula(1, 2, formula).unwrap();
    });
    let ran = bench.run(&["plan"]);
    bench.assert_only_read();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.device("sw-a")["to"], "17.12.04");
}

#[test]
fn a_formula_without_a_stored_value_is_refused_and_named() {
    let bench = bench(|sheet| {
        sheet.write_formula(1, 2, Formula::new("A1&\"x\"")).unwrap();
    });
    // The writer stores a zero; programs that do not calculate store nothing.
    edit_sheet(&bench, |xml| xml.replace("</f><v>0</v>", "</f>"));
    let ran = bench.run(&UPGRADE);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: fleet.xlsx, sheet Devices, cell C2: the formula in `target_version` has no stored result: open the workbook in a spreadsheet program and save it [inventory_invalid]
      next: correct the cells, then check: `iosxe inventory validate`
    ");
}

/// Changes the text of the sheet inside of the workbook.
fn edit_sheet(bench: &Bench, edit: impl Fn(&str) -> String) {
    let path = bench.path("fleet.xlsx");
    let bytes = std::fs::read(&path).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            let old = String::from_utf8(bytes).unwrap();
            let new = edit(&old);
            assert_ne!(new, old);
            bytes = new.into_bytes();
        }
        let options = zip::write::SimpleFileOptions::default();
        out.start_file(name, options).unwrap();
        out.write_all(&bytes).unwrap();
    }
    std::fs::write(path, out.finish().unwrap().into_inner()).unwrap();
}

/// The rows wait for the person who has the workbook open; the upgrade does not.
#[test]
fn a_workbook_that_is_open_elsewhere_is_warned_of_and_written_when_it_is_closed() {
    let bench = bench(|_| {});
    let lock = bench.path(".~lock.fleet.xlsx#");
    std::fs::write(
        &lock,
        "Maria Lind,maria,host,23.11.2026 09:14,file:///fleet;",
    )
    .unwrap();
    let before = std::fs::read(bench.path("fleet.xlsx")).unwrap();

    let running = bench.start(&UPGRADE);
    super::support::wait_for("the activation", || {
        bench.happened("sw-a", EventKind::InstallActivate)
    });
    assert_eq!(std::fs::read(bench.path("fleet.xlsx")).unwrap(), before);
    std::fs::remove_file(&lock).unwrap();
    let ran = running.finish();

    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let warned = ran.stderr.lines().next().unwrap();
    insta::assert_snapshot!(bench.redact(warned), @"fleet.xlsx is open in LibreOffice (Maria Lind): what is read is what was saved last, and what we write waits until it is closed");
    let shown = bench.run(&["inventory", "show"]);
    assert_eq!(shown.device("sw-a")["notes"], "ask Maria first");
    assert_eq!(cell(&bench, 4), "upgraded");
    assert_eq!(cell(&bench, 5), "17.12.04");
}

#[test]
fn a_workbook_that_stays_open_costs_the_rows_alone_and_they_are_told() {
    let bench = bench(|_| {});
    let lock = bench.path(".~lock.fleet.xlsx#");
    std::fs::write(
        &lock,
        "Maria Lind,maria,host,23.11.2026 09:14,file:///fleet;",
    )
    .unwrap();
    let ran = bench.run(&["discover"]);
    bench.assert_only_read();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let last = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(bench.redact(last), @"1 row of fleet.xlsx is not written: fleet.xlsx is open in LibreOffice (Maria Lind) [inventory_locked]; close fleet.xlsx in LibreOffice; if nobody has it open, delete the lock file beside it; then write what is due with `iosxe resume <run>");
    assert_eq!(cell(&bench, 4), "");

    // The command that it names: the summary of the run and its exit code, and its rows.
    let seen = bench.timeline().len();
    let (_, command) = last.split_once("`iosxe ").unwrap();
    let command: Vec<&str> = command.trim_end_matches('`').split(' ').collect();
    let still = bench.run(&command);
    assert_eq!((still.code, &still.stdout), (0, &ran.stdout));
    assert_eq!(still.stderr.lines().last(), Some(last));
    std::fs::remove_file(&lock).unwrap();
    let before = std::fs::read(bench.path("fleet.xlsx")).unwrap();
    assert_eq!(bench.run(&["status"]).stdout, ran.stdout);
    let after = std::fs::read(bench.path("fleet.xlsx")).unwrap();
    assert!(before == after, "status only reads");
    let then = bench.run(&command);
    assert_eq!((then.code, &then.stdout), (0, &ran.stdout));
    assert_eq!(then.stderr, "");
    assert_eq!(cell(&bench, 4), "ready");
    assert_eq!(cell(&bench, 5), "17.09.04a");
    assert_eq!(bench.timeline().len(), seen, "no device was asked");
}

/// Whatever is done next in that folder: the rows of the run before come with it.
#[test]
fn rows_that_were_left_are_written_by_the_next_command() {
    for next in [
        &["resume"][..],
        &["discover", "--limit", "sw-b"],
        &["plan", "--limit", "sw-b"],
    ] {
        let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
        bench.configure(|text| text.replace("inventory.csv", "inventory.xlsx"));
        let lock = bench.path(".~lock.inventory.xlsx#");
        std::fs::write(&lock, "Maria Lind,maria,host,23.11.2026 09:14,file:///x;").unwrap();
        let ran = bench.run(&["discover", "--limit", "sw-a"]);
        assert!(
            ran.stderr
                .contains("1 row of inventory.xlsx is not written")
        );
        std::fs::remove_file(&lock).unwrap();
        bench.run(next);
        let status = "status";
        let mut book: Xlsx<_> = calamine::open_workbook(bench.path("inventory.xlsx")).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        let mut rows = range.rows();
        let column = rows
            .next()
            .unwrap()
            .iter()
            .position(|c| c.to_string().eq_ignore_ascii_case(status))
            .unwrap();
        let row = rows.find(|r| r[0] == "sw-a").unwrap();
        assert_eq!(row[column].to_string(), "ready", "{next:?}");
    }
}

/// A cell of the device's row, as another program reads it.
fn cell(bench: &Bench, column: u32) -> String {
    let mut book: Xlsx<_> = calamine::open_workbook(bench.path("fleet.xlsx")).unwrap();
    let sheet = book.worksheet_range("Devices").unwrap();
    sheet.get_value((1, column)).unwrap().to_string()
}
