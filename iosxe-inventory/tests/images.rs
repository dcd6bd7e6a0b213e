//! The sheet of images of a workbook, through the public face of the crate.
#![cfg(feature = "xlsx")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iosxe_core::fault::Class;
use iosxe_core::image::{Image, ImageError, Provenance};
use iosxe_core::ports::ImageSheet;
use rust_xlsxwriter::{Format, Table, TableColumn, Workbook, Worksheet};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

struct Book {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Book {
    /// The fleet, and a sheet of images of this name that `fill` fills.
    fn new(name: &str, fill: impl FnOnce(&mut Worksheet)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fleet.xlsx");
        let mut book = Workbook::new();
        let devices = book.add_worksheet().set_name("Devices").unwrap();
        devices.write_row(0, 0, ["hostname", "address"]).unwrap();
        devices.write_row(1, 0, ["sw1", "10.0.0.1"]).unwrap();
        fill(book.add_worksheet().set_name(name).unwrap());
        book.save(&path).unwrap();
        Self { folder, path }
    }

    fn open(&self, sheet: Option<&str>) -> Arc<dyn ImageSheet> {
        let place = self.path.to_string_lossy();
        iosxe_inventory::images(&place, sheet, Path::new("images"))
            .unwrap()
            .unwrap()
    }

    async fn refusal(&self, sheet: Option<&str>) -> String {
        let told = self.open(sheet).read().await.unwrap_err().to_string();
        told.replace(&format!("{}/", self.folder.path().display()), "")
    }

    fn cells(&self, sheet: &str) -> Vec<Vec<String>> {
        use calamine::Reader;
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(&self.path).unwrap();
        let range = book.worksheet_range(sheet).unwrap();
        let text = |row: &[calamine::Data]| row.iter().map(ToString::to_string).collect();
        range.rows().map(text).collect()
    }
}

/// Columns in an order and spelling of their own, below a title.
const HEADER: [&str; 9] = [
    "SHA-512",
    "File Name",
    "Rack",
    "Size (bytes)",
    "Platforms",
    "VERSION",
    "md5",
    "Approval",
    "Source",
];

fn full(sheet: &mut Worksheet) {
    sheet.write_string(0, 0, "Our images").unwrap();
    sheet.write_row(2, 0, HEADER).unwrap();
    let (sha512, md5) = ("AB".repeat(64), "cd".repeat(16));
    let row = [&sha512, FILE, "R7", "", "C9300, C9500", "17.12.04", &md5];
    sheet.write_row(3, 0, row).unwrap();
    sheet.write_number(3, 3, 262_144).unwrap();
    let said = ["Approved by Maria Lind", "software.example.net"];
    sheet.write_row(3, 7, said).unwrap();
}

fn image(file: &str) -> Image {
    Image {
        file: file.to_owned(),
        version: "17.09.05".parse().unwrap(),
        platforms: vec!["C9300".to_owned(), "C9400".to_owned()],
        size_bytes: 12_345,
        sha512: Some("12".repeat(64)),
        md5: Some("34".repeat(16)),
        path: Path::new("images").join(file),
        provenance: Provenance {
            approved_by: Some("jo".to_owned()),
            ..Provenance::default()
        },
    }
}

#[tokio::test]
async fn columns_are_found_in_any_order_and_spelling() {
    let book = Book::new("IMAGES", full);
    let listed = book.open(None).read().await.unwrap().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].origin, "fleet.xlsx, sheet IMAGES, row 4");
    let image = &listed[0].image;
    assert_eq!(image.file, FILE);
    assert_eq!(image.path, Path::new("images").join(FILE));
    assert_eq!(image.version.to_string(), "17.12.04");
    assert_eq!(image.platforms, ["C9300", "C9500"]);
    assert_eq!(image.size_bytes, 262_144);
    assert_eq!(image.sha512, Some("ab".repeat(64)));
    assert_eq!(image.md5, Some("cd".repeat(16)));
    let said = &image.provenance;
    assert_eq!(said.approved_by.as_deref(), Some("Maria Lind"));
    assert_eq!(said.source.as_deref(), Some("software.example.net"));
    assert!(!said.verified);
}

#[tokio::test]
async fn a_sheet_that_nobody_asked_for_may_be_missing_and_one_that_was_named_may_not() {
    let book = Book::new("Stock", full);
    assert_eq!(book.open(None).read().await.unwrap(), None);
    assert_eq!(
        book.open(Some("stock"))
            .read()
            .await
            .unwrap()
            .unwrap()
            .len(),
        1
    );
    insta::assert_snapshot!(book.refusal(Some("Images")).await, @"fleet.xlsx has no sheet `Images`; it has `Devices`, `Stock`");
    let empty = Book::new("images", |_| {});
    assert_eq!(empty.open(None).read().await.unwrap(), Some(Vec::new()));
    std::fs::remove_file(&book.path).unwrap();
    assert_eq!(book.open(None).read().await.unwrap(), None);
    insta::assert_snapshot!(book.refusal(Some("Stock")).await, @"there is no inventory file fleet.xlsx");
    let images = |place, sheet| iosxe_inventory::images(place, sheet, Path::new("images"));
    assert!(images("fleet.csv", None).unwrap().is_none());
    insta::assert_snapshot!(images("fleet.csv", Some("Stock")).unwrap_err(), @"fleet.csv has no sheet `Stock`; it has none");
}

#[tokio::test]
async fn a_sheet_of_that_name_that_names_no_files_is_somebody_elses() {
    let book = Book::new("Images", |sheet| {
        sheet.write_row(0, 0, ["platform", "diagram"]).unwrap();
        sheet.write_row(1, 0, ["C9300", "rack-7.png"]).unwrap();
    });
    assert_eq!(book.open(None).read().await.unwrap(), None);
    insta::assert_snapshot!(book.refusal(Some("Images")).await);
}

#[tokio::test]
async fn every_cell_that_is_wrong_is_named() {
    let book = Book::new("Images", |sheet| {
        full(sheet);
        let rows = [
            ["12", "/srv/a.bin", "", "1.2 GB", "", "17", "x", "maria", ""],
            ["", FILE, "", "1", "C9300", "", "", "pending", "web"],
            ["", "", "", "", "", "", "", "", "web"],
        ];
        for (at, row) in (4..).zip(rows) {
            sheet.write_row(at, 0, row).unwrap();
        }
        sheet.write_number(5, 5, 17.9).unwrap();
    });
    insta::assert_snapshot!(book.refusal(None).await, @r"
    the inventory has 14 problems
      fleet.xlsx, sheet Images, cell B5: `/srv/a.bin` is no file name: write the name alone, and its folder into `path`
      fleet.xlsx, sheet Images, cell F5: `17` is no IOS-XE release: write it like 17.09.04a
      fleet.xlsx, sheet Images, cell E5: `platform` is empty
      fleet.xlsx, sheet Images, cell D5: `1.2 GB` is no size: write the number of bytes
      fleet.xlsx, sheet Images, cell A5: `12` is no sha512: write its 128 hexadecimal digits
      fleet.xlsx, sheet Images, cell G5: `x` is no md5: write its 32 hexadecimal digits
      fleet.xlsx, sheet Images, cell H5: `maria` is no approval: write `approved by NAME`, or leave the cell empty
      fleet.xlsx, sheet Images, cell B6: the file `cat9k_iosxe.17.12.04.SPA.bin` stands in B4 already
      fleet.xlsx, sheet Images, cell F6: the release is stored as the number 17.9, which has lost its form: format the cell as text and write it like 17.09.04a
      fleet.xlsx, sheet Images, cell H6: `pending` is no approval: write `approved by NAME`, or leave the cell empty
      fleet.xlsx, sheet Images, cell B7: `file` is empty
      fleet.xlsx, sheet Images, cell F7: `release` is empty
      fleet.xlsx, sheet Images, cell E7: `platform` is empty
      fleet.xlsx, sheet Images, cell D7: `size` is empty
    ");
    let other = Book::new("images", |sheet| {
        sheet.write_row(0, 0, ["Holiday", "file"]).unwrap();
    });
    insta::assert_snapshot!(other.refusal(None).await, @r"
    the inventory has 3 problems
      fleet.xlsx, sheet images, row 1: the column `release` is missing; it may also be named `version`, `software version`, `image version`
      fleet.xlsx, sheet images, row 1: the column `platform` is missing; it may also be named `platforms`, `model`, `models`, `pid`, `pids`
      fleet.xlsx, sheet images, row 1: the column `size` is missing; it may also be named `size bytes`, `bytes`, `size in bytes`, `file size`
    ");
    let error = other.open(None).read().await.unwrap_err();
    assert!(matches!(error, ImageError::Sheet { .. }), "{error:?}");
}

#[tokio::test]
async fn only_words_that_say_so_are_an_approval() {
    let approvals = |header: &'static str, text: &'static str| async move {
        let book = Book::new("images", |sheet| {
            let header = ["file", "release", "platform", "size", header];
            sheet.write_row(0, 0, header).unwrap();
            let row = [FILE, "17.12.04", "C9300", "1", text];
            sheet.write_row(1, 0, row).unwrap();
        });
        let read = book.open(None).read().await;
        read.map(|all| all.unwrap()[0].image.provenance.approved_by.clone())
    };
    let maria = Some("maria".to_owned());
    assert_eq!(
        approvals("approval", "approved by maria").await.unwrap(),
        maria
    );
    assert_eq!(approvals("Approved by", "maria").await.unwrap(), maria);
    assert_eq!(approvals("approval", "no").await.unwrap(), None);
    assert_eq!(approvals("approved_by", "-").await.unwrap(), None);
    for text in ["maria", "pending", "yes", "approved by"] {
        let error = approvals("approval", text).await.unwrap_err().to_string();
        assert!(error.contains("cell E2"), "{error}");
    }
}

#[tokio::test]
async fn what_the_workbook_says_now_is_what_is_read() {
    let book = Book::new("images", full);
    let sheet = book.open(Some("images"));
    assert_eq!(sheet.read().await.unwrap().unwrap().len(), 1);
    book.open(Some("images"))
        .put(&image("cat9k_iosxe.17.09.05.SPA.bin"))
        .await
        .unwrap();
    assert_eq!(sheet.read().await.unwrap().unwrap().len(), 2);
}

#[tokio::test]
async fn an_image_gets_a_row_below_the_last_and_the_table_grows_over_it() {
    let header = [
        "file", "release", "platform", "size", "md5", "sha512", "approval", "source",
    ];
    let book = Book::new("images", |sheet| {
        let table = Table::new().set_columns(&header.map(|h| TableColumn::new().set_header(h)));
        sheet.add_table(0, 0, 1, 7, &table).unwrap();
        let red = Format::new().set_bold();
        sheet.write_with_format(1, 0, FILE, &red).unwrap();
        let row = ["17.12.04", "C9300", "262144"];
        sheet.write_row(1, 1, row).unwrap();
        sheet.write_string(3, 9, "a note of the operator").unwrap();
    });
    let devices = book.cells("Devices");
    let sheet = book.open(Some("images"));
    let new = image("cat9k_iosxe.17.09.05.SPA.bin");
    sheet.put(&new).await.unwrap();
    let listed = sheet.read().await.unwrap().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1].image, new);
    assert_eq!(listed[1].origin, "fleet.xlsx, sheet images, row 3");
    assert_eq!(book.cells("Devices"), devices);
    assert_eq!(book.cells("images")[3][9], "a note of the operator");
    assert!(part(&book.path, "xl/tables/table1.xml").contains("ref=\"A1:H3\""));

    // Once more: nothing changes. With other bytes: in its row, and the approval is gone.
    let before = std::fs::read(&book.path).unwrap();
    sheet.put(&new).await.unwrap();
    assert_eq!(std::fs::read(&book.path).unwrap(), before);
    let mut other = new.clone();
    other.sha512 = Some("56".repeat(64));
    other.provenance = Provenance::default();
    sheet.put(&other).await.unwrap();
    let listed = sheet.read().await.unwrap().unwrap();
    assert_eq!((listed.len(), &listed[1].image), (2, &other));
}

#[tokio::test]
async fn what_the_sheet_has_no_column_for_is_not_dropped() {
    let book = Book::new("images", |sheet| {
        let header = ["file", "release", "platform", "size", "md5", "sha512"];
        sheet.write_row(0, 0, header).unwrap();
    });
    let before = std::fs::read(&book.path).unwrap();
    let sheet = book.open(Some("images"));
    let fault = sheet.put(&image(FILE)).await.unwrap_err();
    insta::assert_snapshot!(fault.message, @"fleet.xlsx, sheet images, row 1: the column `approval` is missing; it may also be named `approved`, `approvals`, `approved by`, `approver`");
    assert_eq!(std::fs::read(&book.path).unwrap(), before);
    let plain = Image {
        provenance: Provenance::default(),
        ..image(FILE)
    };
    sheet.put(&plain).await.unwrap();
    assert_eq!(sheet.read().await.unwrap().unwrap()[0].image, plain);
}

#[tokio::test]
async fn a_workbook_that_is_open_elsewhere_is_left_alone() {
    let book = Book::new("images", full);
    let lock = book.path.with_file_name(".~lock.fleet.xlsx#");
    std::fs::write(lock, "Maria Lind,maria,host,23.11.2026 09:14,file:///x;").unwrap();
    let before = std::fs::read(&book.path).unwrap();
    let fault = book.open(None).put(&image(FILE)).await.unwrap_err();
    assert_eq!(fault.code, "inventory_locked");
    assert!(matches!(fault.class, Class::Transient));
    assert_eq!(std::fs::read(&book.path).unwrap(), before);
}

fn part(path: &Path, name: &str) -> String {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    let mut file = archive.by_name(name).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}
