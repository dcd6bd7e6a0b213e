//! Workbooks made and opened by programs that are not ours.
#![cfg(feature = "xlsx")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Command;

use iosxe_core::ids::DeviceName;
use iosxe_core::image::{Image, Provenance};
use iosxe_core::ports::RowUpdate;

/// Python with openpyxl: `IOSXE_TEST_PYTHON` names it, else it is `python3`.
fn openpyxl(script: &str, verb: &str, kind: &str, file: &Path) {
    let python = std::env::var("IOSXE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/python")
        .join(script);
    let mut command = Command::new(python);
    let output = command.arg(script).args([verb, kind]).arg(file).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{verb} {kind}: {said}");
}

fn parts(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        parts.insert(file.name().unwrap().into_owned(), bytes);
    }
    parts
}

fn updates() -> [RowUpdate; 2] {
    let update = |device: &str, status: &str, stage: &str, error: &str| RowUpdate {
        device: Some(DeviceName::new(device)),
        status: Some(status.to_owned()),
        stage: Some(stage.to_owned()),
        last_error: Some(error.to_owned()),
        ..RowUpdate::default()
    };
    [
        update("sw0", "upgraded", "close", "=1+1"),
        update(
            "sw3",
            "refused",
            "precheck",
            "no room on flash-2: <12 MiB> & \"more\"",
        ),
    ]
}

async fn survives(kind: &str, changed: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.xlsx");
    openpyxl("rich.py", "make", kind, &path);
    let before = parts(&path);
    let inventory = iosxe_inventory::open(&path.to_string_lossy()).unwrap();
    let read = inventory.read().await.unwrap();
    assert_eq!(read.records.len(), 12);
    assert_eq!(
        read.records[3].origin,
        "fleet.xlsx, sheet Fleet & more, row 7"
    );
    let written = inventory.write(&updates()).await.unwrap();
    assert_eq!(written.warnings, Vec::<String>::new());
    let after = parts(&path);
    let names = |parts: &BTreeMap<String, Vec<u8>>| parts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    let differ: Vec<_> = before.keys().filter(|k| before[*k] != after[*k]).collect();
    assert_eq!(differ, changed);
    openpyxl("rich.py", "check", kind, &path);
    // And again: nothing moves any more.
    inventory.write(&updates()).await.unwrap();
    assert_eq!(parts(&path), after);
    assert_eq!(inventory.read().await.unwrap().records, read.records);
}

#[tokio::test]
#[ignore = "needs python3 with openpyxl, which CI installs"]
async fn a_table_with_our_columns_changes_in_one_part() {
    survives("ours", &["xl/worksheets/sheet1.xml"]).await;
}

#[tokio::test]
#[ignore = "needs python3 with openpyxl, which CI installs"]
async fn a_table_without_our_columns_grows() {
    survives(
        "table",
        &["xl/tables/table1.xml", "xl/worksheets/sheet1.xml"],
    )
    .await;
}

#[tokio::test]
#[ignore = "needs python3 with openpyxl, which CI installs"]
async fn a_filter_without_our_columns_grows() {
    survives("filter", &["xl/workbook.xml", "xl/worksheets/sheet1.xml"]).await;
}

async fn an_image_is_added(kind: &str, changed: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.xlsx");
    openpyxl("images.py", "make", kind, &path);
    let before = parts(&path);
    let sheet =
        iosxe_inventory::images(&path.to_string_lossy(), Some("images"), folder.path()).unwrap();
    let sheet = sheet.unwrap();
    let file = "cat9k_iosxe.17.12.04.SPA.bin";
    let image = Image {
        file: file.to_owned(),
        version: "17.12.04".parse().unwrap(),
        platforms: vec!["C9300".to_owned(), "C9500".to_owned()],
        size_bytes: 4711,
        sha512: Some("34".repeat(64)),
        md5: Some("12".repeat(16)),
        path: folder.path().join(file),
        provenance: Provenance {
            approved_by: Some("jo".to_owned()),
            source: Some("=1+1".to_owned()),
            ..Provenance::default()
        },
    };
    sheet.put(&image).await.unwrap();
    let after = parts(&path);
    assert!(after.keys().eq(before.keys()));
    let differ: Vec<_> = before.keys().filter(|k| before[*k] != after[*k]).collect();
    assert_eq!(differ, changed);
    openpyxl("images.py", "check", kind, &path);
    let listed = sheet.read().await.unwrap().unwrap();
    assert_eq!((listed.len(), &listed[2].image), (3, &image));
}

#[tokio::test]
#[ignore = "needs python3 with openpyxl, which CI installs"]
async fn a_table_of_images_grows_by_a_row() {
    let changed = ["xl/tables/table1.xml", "xl/worksheets/sheet2.xml"];
    an_image_is_added("table", &changed).await;
}

#[tokio::test]
#[ignore = "needs python3 with openpyxl, which CI installs"]
async fn a_filter_over_images_grows_by_a_row() {
    let changed = ["xl/workbook.xml", "xl/worksheets/sheet2.xml"];
    an_image_is_added("filter", &changed).await;
}

/// LibreOffice reads what we wrote, and we read what it saves.
#[tokio::test]
#[ignore = "needs LibreOffice (soffice)"]
async fn libre_office_reads_what_we_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let convert = |from: &Path, to: &str| {
        let profile = format!("-env:UserInstallation=file://{}/p", folder.path().display());
        let mut command = Command::new("soffice");
        command.args([&profile, "--headless", "--convert-to", to, "--outdir"]);
        let output = command.arg(folder.path().join("out")).arg(from).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    };
    let path = folder.path().join("fleet.csv");
    std::fs::write(&path, "hostname,address\nsw0,10.0.0.1\nsw3,10.0.0.2\n").unwrap();
    convert(&path, "xlsx");
    let book = folder.path().join("out/fleet.xlsx");
    let inventory = iosxe_inventory::open(&book.to_string_lossy()).unwrap();
    inventory.write(&updates()).await.unwrap();
    assert_eq!(inventory.read().await.unwrap().records.len(), 2);
    convert(&book, "csv");
    let text = std::fs::read_to_string(folder.path().join("out/fleet.csv")).unwrap();
    assert!(
        text.contains("sw0,10.0.0.1,,,,,upgraded,close,=1+1"),
        "{text}"
    );
}
