//! Workbooks as spreadsheet programs make them, through the public face of the crate.
#![cfg(feature = "xlsx")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use std::path::{Path, PathBuf};

use iosxe_core::fault::Fault;
use iosxe_core::ids::DeviceName;
use iosxe_core::ports::{InventoryRead, InventoryWritten, RowUpdate};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

struct Book {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Book {
    fn new(fill: impl FnOnce(&mut Workbook)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fleet.xlsx");
        let mut book = Workbook::new();
        fill(&mut book);
        book.save(&path).unwrap();
        Self { folder, path }
    }

    /// One sheet, `Devices`, with a header and what `fill` adds to it.
    fn sheet(header: &[&str], fill: impl FnOnce(&mut Worksheet)) -> Self {
        Self::new(|book| {
            let sheet = book.add_worksheet().set_name("Devices").unwrap();
            sheet.write_row(0, 0, header.iter().copied()).unwrap();
            fill(sheet);
        })
    }

    async fn read(&self) -> Result<InventoryRead, Fault> {
        read(&self.path.to_string_lossy()).await
    }

    async fn write(&self, updates: &[RowUpdate]) -> Result<InventoryWritten, Fault> {
        let inventory = iosxe_inventory::open(&self.path.to_string_lossy()).unwrap();
        inventory.write(updates).await
    }

    /// The sentence that a person sees, without the test's folder.
    async fn refusal(&self) -> String {
        let message = self.read().await.unwrap_err().message;
        message.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

async fn read(url: &str) -> Result<InventoryRead, Fault> {
    iosxe_inventory::open(url).unwrap().read().await
}

fn status(device: &str, text: &str) -> RowUpdate {
    RowUpdate {
        device: Some(DeviceName::new(device)),
        status: Some(text.to_owned()),
        ..RowUpdate::default()
    }
}

fn cells(path: &Path, sheet: &str) -> Vec<Vec<String>> {
    use calamine::Reader;
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    let text = |row: &[calamine::Data]| row.iter().map(ToString::to_string).collect();
    range.rows().map(text).collect()
}

const HEADER: [&str; 5] = ["hostname", "address", "target_version", "wave", "hold"];

#[tokio::test]
async fn cells_of_the_wrong_kind_are_explained() {
    let book = Book::sheet(&HEADER, |sheet| {
        let date = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_row(1, 0, ["sw1", "10.0.0.1"]).unwrap();
        sheet.write_number(1, 2, 17.9).unwrap();
        sheet.write_row(2, 0, ["sw2", "10.0.0.2"]).unwrap();
        let day = ExcelDateTime::from_ymd(2004, 9, 17).unwrap();
        sheet.write_datetime_with_format(2, 2, day, &date).unwrap();
        sheet.write_number(2, 3, 1.5).unwrap();
        sheet.write_string(2, 4, "perhaps").unwrap();
        sheet.write_number(3, 0, 4711.5).unwrap();
        sheet.write_number(3, 1, 10.1).unwrap();
        sheet.write_boolean(4, 0, true).unwrap();
        sheet
            .write_formula(4, 1, Formula::new("VLOOKUP(A5,X:Y,2)").set_result("#N/A"))
            .unwrap();
        sheet.write_string(5, 0, "sw/6").unwrap();
        sheet.write_string(5, 1, "10.0.0.300").unwrap();
        sheet.write_string(6, 0, "-sw7").unwrap();
        sheet.write_string(6, 1, "10.0.0.7/24").unwrap();
        sheet.write_string(7, 2, "17.09.04a").unwrap();
    });
    insta::assert_snapshot!(book.refusal().await, @r"
    the inventory has 14 problems
      fleet.xlsx, sheet Devices, cell C2: the release is stored as the number 17.9, which has lost its form: format the cell as text and write it like 17.09.04a
      fleet.xlsx, sheet Devices, cell C3: the release became the date 2004-09-17: format the cell as text and write it like 17.09.04a
      fleet.xlsx, sheet Devices, cell D3: `1.5` is no wave: write a whole number, 0 or more
      fleet.xlsx, sheet Devices, cell E3: `perhaps` in `hold` is neither yes nor no
      fleet.xlsx, sheet Devices, cell A4: `hostname` holds the number 4711.5 where text belongs: format the cell as text and write it again
      fleet.xlsx, sheet Devices, cell B4: `address` holds the number 10.1 where text belongs: format the cell as text and write it again
      fleet.xlsx, sheet Devices, cell A5: `hostname` holds TRUE where text belongs: format the cell as text and write it again
      fleet.xlsx, sheet Devices, cell B5: `address` shows #N/A: correct the formula
      fleet.xlsx, sheet Devices, cell A6: `sw/6` cannot be a hostname: it has the character `/`
      fleet.xlsx, sheet Devices, cell B6: `10.0.0.300` is no address: give HOST, HOST:PORT or [IPV6]:PORT
      fleet.xlsx, sheet Devices, cell A7: `-sw7` cannot be a hostname: it starts with neither letter nor digit
      fleet.xlsx, sheet Devices, cell B7: `10.0.0.7/24` is no address: give HOST, HOST:PORT or [IPV6]:PORT
      fleet.xlsx, sheet Devices, cell A8: `hostname` is empty
      fleet.xlsx, sheet Devices, cell B8: `address` is empty
    ");
}

#[tokio::test]
async fn numbers_and_booleans_are_taken_where_they_mean_something() {
    let header = [
        "hostname",
        "address",
        "serial",
        "wave",
        "hold",
        "save_config",
        "notes",
        "site",
    ];
    let book = Book::sheet(&header, |sheet| {
        sheet.write_number(1, 0, 1001).unwrap();
        sheet.write_string(1, 1, "10.0.0.1").unwrap();
        sheet.write_number(1, 2, 123_456_789_012_f64).unwrap();
        sheet.write_number(1, 3, 2).unwrap();
        sheet.write_boolean(1, 4, true).unwrap();
        sheet.write_number(1, 5, 0).unwrap();
        sheet.write_number(1, 6, 1.5).unwrap();
        sheet
            .write_formula(1, 7, Formula::new("\"Os\"&\"lo\"").set_result("Oslo"))
            .unwrap();
    });
    let read = book.read().await.unwrap();
    let record = &read.records[0];
    assert_eq!(record.name.as_str(), "1001");
    assert_eq!(record.serials, ["123456789012"]);
    assert_eq!(record.wave, Some(2));
    assert!(record.hold && !record.save_config);
    assert_eq!(record.notes.as_deref(), Some("1.5"));
    assert_eq!(record.site.as_deref(), Some("Oslo"));
    assert_eq!(record.origin, "fleet.xlsx, sheet Devices, row 2");
}

#[tokio::test]
async fn a_formula_without_a_stored_result_is_named() {
    let header = ["hostname", "address", "notes"];
    let book = Book::sheet(&header, |sheet| {
        sheet.write_string(1, 0, "sw1").unwrap();
        sheet
            .write_formula(1, 1, Formula::new("A1&\".example.net\"").set_result(""))
            .unwrap();
        sheet
            .write_formula(1, 2, Formula::new("A1").set_result(""))
            .unwrap();
    });
    // The writer stores a zero; programs that do not calculate store nothing.
    edit_part(&book.path, "xl/worksheets/sheet1.xml", |xml| {
        assert!(xml.contains("</f><v>0</v>"), "{xml}");
        xml.replace("</f><v>0</v>", "</f>")
    });
    insta::assert_snapshot!(book.refusal().await, @"fleet.xlsx, sheet Devices, cell B2: the formula in `address` has no stored result: open the workbook in a spreadsheet program and save it");
    edit_part(&book.path, "xl/worksheets/sheet1.xml", |xml| {
        xml.replacen("</f>", "</f><v>10.0.0.1</v>", 1).replacen(
            "<c r=\"B2\"",
            "<c r=\"B2\" t=\"str\"",
            1,
        )
    });
    insta::assert_snapshot!(book.read().await.unwrap().warnings.join("\n"), @"fleet.xlsx, sheet Devices, cell C2: the formula in `notes` has no stored result: open the workbook in a spreadsheet program and save it (left out)");
}

#[tokio::test]
async fn merged_cells_are_refused_where_devices_stand() {
    let header = ["hostname", "address", "Building", "rack", "wave"];
    let fill = |merge: (u32, u16, u32, u16)| {
        Book::new(move |book| {
            let sheet = book.add_worksheet().set_name("Devices").unwrap();
            let format = Format::new();
            sheet.merge_range(0, 0, 0, 4, "Our fleet", &format).unwrap();
            sheet.write_row(2, 0, header).unwrap();
            for row in 3..9 {
                sheet.write_string(row, 0, format!("sw{row}")).unwrap();
                sheet.write_string(row, 1, format!("10.0.0.{row}")).unwrap();
            }
            let (r1, c1, r2, c2) = merge;
            sheet.merge_range(r1, c1, r2, c2, "1", &format).unwrap();
        })
    };
    // A title above the header and a building beside the devices hide nothing.
    assert_eq!(fill((3, 2, 8, 3)).read().await.unwrap().records.len(), 6);
    insta::assert_snapshot!(fill((4, 4, 6, 4)).refusal().await, @"fleet.xlsx, sheet Devices, cells E5:E7: merged cells hide which row a value belongs to: unmerge them");
}

#[tokio::test]
async fn the_sheet_is_the_first_visible_one_that_is_an_inventory() {
    let book = Book::new(|book| {
        let device = |book: &mut Workbook, name: &str, hidden: bool| {
            let sheet = book.add_worksheet().set_name(name).unwrap();
            sheet.set_hidden(hidden);
            sheet.write_row(0, 0, ["hostname", "address"]).unwrap();
            sheet
                .write_row(1, 0, [name.to_lowercase().as_str(), "10.0.0.1"])
                .unwrap();
        };
        let cover = book.add_worksheet().set_name("Cover").unwrap();
        cover.write_string(0, 0, "hostname").unwrap();
        device(book, "Old", true);
        device(book, "Core", false);
        device(book, "Access", false);
    });
    let name = async |suffix: &str| {
        let read = read(&format!("{}{suffix}", book.path.display())).await;
        read.map(|r| r.records[0].name.to_string())
    };
    assert_eq!(name("").await.unwrap(), "core");
    assert_eq!(name("#Access").await.unwrap(), "access");
    assert_eq!(name("#old").await.unwrap(), "old");
    let fault = name("#Nope").await.unwrap_err();
    assert_eq!(fault.code, "inventory_no_sheet");
    insta::assert_snapshot!(fault.message, @"fleet.xlsx has no sheet `Nope`; it has `Cover`, `Old`, `Core`, `Access`");
    let url = format!("{}#Access", book.path.display());
    let inventory = iosxe_inventory::open(&url).unwrap();
    inventory.write(&[status("access", "held")]).await.unwrap();
    assert_eq!(cells(&book.path, "Access")[1][6], "held");
    assert_eq!(cells(&book.path, "Core")[0].len(), 2);
}

#[tokio::test]
async fn what_is_no_workbook_is_said() {
    let book = Book::sheet(&["rack", "unit"], |_| {});
    insta::assert_snapshot!(book.refusal().await, @"fleet.xlsx, sheet Devices: none of the first 20 rows has the columns `hostname` and `address`");
    for (bytes, code) in [
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(),
            "inventory_unreadable",
        ),
        (b"hostname,address\n", "inventory_unreadable"),
        (b"PK\x03\x04 and no more", "inventory_unreadable"),
        (b"", "inventory_unreadable"),
    ] {
        std::fs::write(&book.path, bytes).unwrap();
        assert_eq!(book.read().await.unwrap_err().code, code);
    }
    insta::assert_snapshot!(book.refusal().await, @"cannot read fleet.xlsx: it is no Excel workbook");
    std::fs::write(&book.path, b"\xD0\xCF\x11\xE0").unwrap();
    insta::assert_snapshot!(book.refusal().await, @"cannot read fleet.xlsx: it is protected by a password or an old .xls workbook; save it as .xlsx without a password");
    std::fs::remove_file(&book.path).unwrap();
    let fault = book.read().await.unwrap_err();
    assert_eq!(fault.code, "inventory_not_found");
    insta::assert_snapshot!(fault.remedy.unwrap(), @"check the path, or make a starter folder: `iosxe init`");
}

#[tokio::test]
async fn a_workbook_that_is_open_elsewhere_is_read_and_not_written() {
    let book = Book::sheet(&HEADER, |sheet| {
        sheet.write_row(1, 0, ["sw1", "10.0.0.1"]).unwrap();
    });
    let before = std::fs::read(&book.path).unwrap();
    let lock = book.folder.path().join(".~lock.fleet.xlsx#");
    std::fs::write(&lock, "Maria Lind,maria,desk,now,;").unwrap();
    let warnings = book.read().await.unwrap().warnings.join("\n");
    let folder = format!("{}/", book.folder.path().display());
    insta::assert_snapshot!(warnings.replace(&folder, ""), @"fleet.xlsx is open in LibreOffice (Maria Lind): what is read is what was saved last, and what we write waits until it is closed");
    let fault = book.write(&[status("sw1", "held")]).await.unwrap_err();
    assert_eq!(fault.code, "inventory_locked");
    assert!(fault.may_repeat());
    insta::assert_snapshot!(fault.to_string().replace(&folder, ""), @"fleet.xlsx is open in LibreOffice (Maria Lind) [inventory_locked]; close fleet.xlsx in LibreOffice; if nobody has it open, delete the lock file beside it");
    assert_eq!(std::fs::read(&book.path).unwrap(), before);
    std::fs::remove_file(&lock).unwrap();
    book.write(&[status("sw1", "held")]).await.unwrap();
    assert_eq!(cells(&book.path, "Devices")[1][9], "held");
}

#[tokio::test]
async fn one_stray_cell_in_the_last_corner_costs_nothing() {
    let book = Book::sheet(&HEADER, |sheet| {
        sheet.write_row(1, 0, ["sw1", "10.0.0.1"]).unwrap();
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
    });
    assert_eq!(book.read().await.unwrap().records.len(), 1);
    let written = book.write(&[status("sw1", "held")]).await.unwrap();
    assert_eq!(written.warnings, Vec::<String>::new());
    // Our columns are beside the others, not beyond the stray cell.
    edit_part(&book.path, "xl/worksheets/sheet1.xml", |xml| {
        assert!(
            xml.contains(r#"<c r="J2" t="inlineStr"><is><t>held</t>"#),
            "{xml}"
        );
        xml
    });
}

#[tokio::test]
async fn a_write_that_changes_nothing_leaves_the_file_alone() {
    let book = Book::sheet(&HEADER, |sheet| {
        sheet.write_row(1, 0, ["sw1", "10.0.0.1"]).unwrap();
    });
    book.write(&[status("sw1", "held")]).await.unwrap();
    let before = std::fs::metadata(&book.path).unwrap().modified().unwrap();
    book.write(&[status("sw1", "held")]).await.unwrap();
    book.write(&[]).await.unwrap();
    let after = std::fs::metadata(&book.path).unwrap().modified().unwrap();
    assert_eq!(after, before);
}

/// Two writers in one process and one outside: every update arrives.
#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_nothing() {
    let book = Book::sheet(&["hostname", "address", "status"], |sheet| {
        for row in 1..=20 {
            sheet.write_string(row, 0, format!("sw{row}")).unwrap();
            sheet.write_string(row, 1, format!("10.0.0.{row}")).unwrap();
        }
    });
    let url = book.path.to_string_lossy().into_owned();
    let inventory = iosxe_inventory::open(&url).unwrap();
    let mut tasks = Vec::new();
    for n in 1..=20 {
        let inventory = std::sync::Arc::clone(&inventory);
        tasks.push(tokio::spawn(async move {
            let device = format!("sw{n}");
            inventory.write(&[status(&device, "upgraded")]).await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let rows = cells(&book.path, "Devices");
    assert!(rows[1..].iter().all(|row| row[2] == "upgraded"), "{rows:?}");
}

#[tokio::test]
#[ignore = "measures: run it with --release"]
async fn five_thousand_devices_take_well_under_a_second() {
    let devices = 5_000;
    let header = [
        "hostname",
        "address",
        "platform",
        "serial",
        "site",
        "role",
        "target_version",
        "image",
        "ha_group",
        "wave",
        "notes",
        "rack",
        "owner",
        "contract",
    ];
    let book = Book::sheet(&header, |sheet| {
        for row in 1..=devices {
            sheet.write_string(row, 0, format!("sw{row}")).unwrap();
            let address = format!("10.{}.{}.1", row / 250, row % 250);
            sheet.write_string(row, 1, address).unwrap();
            for column in 2..14 {
                let text = match column {
                    6 => "17.09.04a".to_owned(),
                    9 => "1".to_owned(),
                    _ => format!("value {row}"),
                };
                sheet.write_string(row, column, text).unwrap();
            }
        }
    });
    let csv = book.folder.path().join("fleet.csv");
    let rows = cells(&book.path, "Devices");
    let lines: Vec<_> = rows.iter().map(|r| r.join(",")).collect();
    std::fs::write(&csv, lines.join("\n")).unwrap();
    let updates: Vec<_> = (1..=devices)
        .map(|n| RowUpdate {
            stage: Some("transfer".to_owned()),
            current_version: Some("17.06.05".to_owned()),
            updated_at: Some("2026-11-23T03:29:36+01:00".to_owned()),
            ..status(&format!("sw{n}"), "staged")
        })
        .collect();
    for path in [&book.path, &csv] {
        let inventory = iosxe_inventory::open(&path.to_string_lossy()).unwrap();
        let start = std::time::Instant::now();
        let read = inventory.read().await.unwrap();
        let read_in = start.elapsed();
        assert_eq!(read.records.len(), devices as usize);
        let start = std::time::Instant::now();
        inventory.write(&updates).await.unwrap();
        let first = start.elapsed();
        let start = std::time::Instant::now();
        inventory
            .write(&[status("sw2500", "upgraded")])
            .await
            .unwrap();
        let one = start.elapsed();
        println!(
            "{}: read {read_in:?}, all rows {first:?}, one row {one:?}",
            path.display()
        );
        assert!(read_in.as_millis() < 1000 && first.as_millis() < 1000);
    }
}

/// Changes one part of a workbook, to make what no writer at hand makes.
fn edit_part(path: &Path, part: &str, edit: impl Fn(String) -> String) {
    use std::io::{Cursor, Read, Write};
    let bytes = std::fs::read(path).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        if name == part {
            bytes = edit(String::from_utf8(bytes).unwrap()).into_bytes();
        }
        let options = zip::write::SimpleFileOptions::default();
        out.start_file(name, options).unwrap();
        out.write_all(&bytes).unwrap();
    }
    std::fs::write(path, out.finish().unwrap().into_inner()).unwrap();
}

fn small_workbook() -> Vec<u8> {
    let book = Book::sheet(&HEADER, |sheet| {
        sheet
            .write_row(1, 0, ["sw1", "10.0.0.1", "17.9.4a"])
            .unwrap();
        sheet
            .write_formula(1, 3, Formula::new("1+1").set_result("2"))
            .unwrap();
    });
    std::fs::read(&book.path).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A workbook with damaged bytes, and a sheet whose XML is damaged, are read or refused: the
    /// thread that reads never panics (its fault would say so).
    #[test]
    fn damaged_workbooks_are_read_or_refused(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        inside in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fleet.xlsx");
        let mut bytes = small_workbook();
        let damage = |bytes: &mut Vec<u8>| {
            for (at, byte) in &hits {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if let Some(cut) = &cut {
                let at = cut.index(bytes.len());
                bytes.truncate(at);
            }
        };
        if inside {
            std::fs::write(&path, &bytes).unwrap();
            edit_part(&path, "xl/worksheets/sheet1.xml", |xml| {
                let mut bytes = xml.into_bytes();
                damage(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            });
        } else {
            damage(&mut bytes);
            std::fs::write(&path, &bytes).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let inventory = iosxe_inventory::open(&path.to_string_lossy()).unwrap();
            for outcome in [
                inventory.read().await.map(drop),
                inventory.write(&[status("sw1", "held")]).await.map(drop),
            ] {
                if let Err(fault) = outcome {
                    prop_assert!(!fault.message.contains("a defect of this program"), "{}", fault);
                }
            }
            Ok(())
        })?;
    }
}
