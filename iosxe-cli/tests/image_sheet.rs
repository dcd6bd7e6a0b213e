//! The image catalogue as a sheet of the workbook that is the inventory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use calamine::{Reader as _, Xlsx};
use rust_xlsxwriter::{Workbook, Worksheet};
use serde_json::Value;

use support::{Bench, IMAGE_BYTES, c9300};

const UPGRADE: [&str; 6] = ["upgrade", "--all", "--approve", "auto", "--output", "json"];

const IMAGE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

/// Columns in an order and spelling of their own.
const HEADER: [&str; 8] = [
    "Release", "File", "Size", "SHA-512", "MD5", "Platform", "Approval", "Source",
];

/// One device, and a workbook whose second sheet `fill` fills; it is told the image's SHA-512.
fn bench(fill: impl FnOnce(&mut Worksheet, &str)) -> Bench {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let listed = images(&bench);
    let sha512 = listed[0]["sha512"].as_str().unwrap();
    bench.configure(|text| text.replace("inventory.csv", "fleet.xlsx"));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Devices").unwrap();
    let header = ["hostname", "address", "target_version", "status"];
    sheet.write_row(0, 0, header).unwrap();
    let address = bench.lab().devices()[0].address.to_string();
    let row = ["sw-a", &address, "17.12.04"];
    sheet.write_row(1, 0, row).unwrap();
    let sheet = book.add_worksheet().set_name("Images").unwrap();
    sheet.write_row(0, 0, HEADER).unwrap();
    fill(sheet, sha512);
    book.save(bench.path("fleet.xlsx")).unwrap();
    bench
}

fn write(sheet: &mut Worksheet, size: u64, sha512: &str) {
    let size = size.to_string();
    let row = ["17.12.04", IMAGE, &size, sha512, "", "C9300, C9500"];
    sheet.write_row(1, 0, row).unwrap();
}

fn images(bench: &Bench) -> Vec<Value> {
    let ran = bench.run(&["image", "list", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    document["images"].as_array().unwrap().clone()
}

#[test]
fn a_device_is_upgraded_with_the_image_that_only_the_workbook_names() {
    let bench = bench(|sheet, sha512| write(sheet, IMAGE_BYTES, sha512));
    std::fs::remove_file(bench.path("images/catalogue.toml")).unwrap();
    let listed = bench.run(&["image", "list", "--output", "table"]);
    insta::assert_snapshot!(bench.redact(listed.stdout.trim_end()), @r"
    file                          release   platforms    bytes   digest                     from
    cat9k_iosxe.17.12.04.SPA.bin  17.12.04  C9300,C9500  262144  SHA-512 <digest>  fleet.xlsx, sheet Images, row 2
    ");

    let ran = bench.run(&UPGRADE);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded");
    assert_eq!(ran.device("sw-a")["to"], "17.12.04");
    // The row of the device was written, and no cell of the images.
    assert_eq!(cells(&bench, "Devices")[1][3], "upgraded");
    assert_eq!(cells(&bench, "Images")[1][1], IMAGE);
}

#[test]
fn one_file_with_other_bytes_in_the_two_places_is_sent_to_nobody() {
    let bench = bench(|sheet, sha512| write(sheet, IMAGE_BYTES + 1, sha512));
    let ran = bench.run(&UPGRADE);
    bench.assert_only_read();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 0
    sw-a: refused in select: cat9k_iosxe.17.12.04.SPA.bin has the size 262144 in images/catalogue.toml, and 262145 in fleet.xlsx, sheet Images, row 2 [image_disagree]
      next: find out which bytes are right, and correct or remove the other: `iosxe image list`
    ");
    let listed = bench.run(&["image", "list"]);
    insta::assert_snapshot!(bench.told(&listed), @r"
    exit 2
    error: cat9k_iosxe.17.12.04.SPA.bin has the size 262144 in images/catalogue.toml, and 262145 in fleet.xlsx, sheet Images, row 2 [image_disagree]
      next: find out which bytes are right, and correct or remove the other: `iosxe image list`
    ");
}

#[test]
fn a_sheet_that_is_named_gets_the_images_that_are_added_and_nothing_else_changes() {
    let bench = bench(|_, _| {});
    let named = |text: String| text.replace("[images]\n", "[images]\nsheet = \"images\"\n");
    bench.configure(named);
    std::fs::remove_file(bench.path("images/catalogue.toml")).unwrap();
    let file = format!("images/{IMAGE}");
    let devices = cells(&bench, "Devices");
    let added = bench.run(&["image", "add", &file, "--approved-by", "maria"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert!(!bench.path("images/catalogue.toml").exists());
    assert_eq!(cells(&bench, "Devices"), devices);
    let row = cells(&bench, "Images").remove(1);
    assert_eq!(row[0], "17.12.04");
    assert_eq!(row[6], "approved by maria");
    let listed = images(&bench);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["origin"], "fleet.xlsx, sheet Images, row 2");
    assert_eq!(listed[0]["provenance"]["approved_by"], "maria");
    assert_eq!(bench.run(&["image", "verify"]).code, 0);

    let plan = bench.run(&["plan"]);
    bench.assert_only_read();
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    assert_eq!(plan.device("sw-a")["to"], "17.12.04");

    // The vendor's word needs a column; without one nothing is written.
    let before = std::fs::read(bench.path("fleet.xlsx")).unwrap();
    let sha512 = listed[0]["sha512"].as_str().unwrap();
    let refused = bench.run(&["image", "add", &file, "--sha512", sha512]);
    insta::assert_snapshot!(bench.told(&refused), @r"
    exit 2
    error: fleet.xlsx, sheet Images, row 1: the column `verified` is missing [image_sheet]
      next: correct the sheet or its name, then look at what is listed: `iosxe image list`
    ");
    assert_eq!(std::fs::read(bench.path("fleet.xlsx")).unwrap(), before);
}

#[test]
fn a_sheet_that_is_named_and_not_there_is_told() {
    let bench = bench(|_, _| {});
    bench.configure(|text| text.replace("[images]\n", "[images]\nsheet = \"Stock\"\n"));
    let listed = bench.run(&["image", "list"]);
    insta::assert_snapshot!(bench.told(&listed), @r"
    exit 2
    error: fleet.xlsx has no sheet `Stock`; it has `Devices`, `Images` [image_sheet]
      next: correct the sheet or its name, then look at what is listed: `iosxe image list`
    ");
    bench.configure(|text| text.replace("fleet.xlsx", "inventory.csv"));
    let listed = bench.run(&["image", "list"]);
    insta::assert_snapshot!(bench.told(&listed), @r"
    exit 2
    error: inventory.csv has no sheet `Stock`; it has none [inventory_no_sheet]
      next: name one of its sheets after the `#`, or in `[images] sheet`
    ");
}

/// The cells of a sheet, as another program reads them.
fn cells(bench: &Bench, sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = calamine::open_workbook(bench.path("fleet.xlsx")).unwrap();
    let range = book.worksheet_range(sheet).unwrap();
    let text = |row: &[calamine::Data]| row.iter().map(ToString::to_string).collect();
    range.rows().map(text).collect()
}
