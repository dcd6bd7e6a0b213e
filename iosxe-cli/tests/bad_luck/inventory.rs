//! An inventory that cannot be believed stops the command before any device hears of it.

use super::support::{Bench, c9300, run_in};
use super::{UPGRADE, upgrade};

fn two() -> Bench {
    Bench::new(vec![c9300("sw-a"), c9300("sw-b")])
}

/// The upgrade is refused for what stands in the inventory; returns what it said.
#[track_caller]
fn refused(bench: &Bench) -> String {
    let before = bench.read("inventory.csv");
    let ran = bench.run(&UPGRADE);
    bench.assert_no_contact();
    assert_eq!(
        bench.read("inventory.csv"),
        before,
        "the file is the owner's"
    );
    assert!(!bench.path("journal.db").exists(), "no run began");
    bench.told(&ran)
}

#[test]
fn a_missing_column_is_named_with_its_other_names() {
    let bench = two();
    bench.edit(|table| table.drop_column("address"));
    insta::assert_snapshot!(refused(&bench), @r"
    exit 2
    error: inventory.csv, row 1: the column `address` is missing; it may also be named `ip`, `ip address`, `mgmt_ip`, `management ip`, `mgmt address`, `management address` [inventory_invalid]
      next: correct the cells, then check: `iosxe inventory validate`
    ");
}

#[test]
fn two_rows_with_one_hostname_are_both_named() {
    let bench = two();
    bench.edit(|table| table.set("sw-b", "hostname", "SW-A"));
    insta::assert_snapshot!(refused(&bench), @r"
    exit 2
    error: inventory.csv, cell A3: the hostname `SW-A` stands in A2 already [inventory_invalid]
      next: correct the cells, then check: `iosxe inventory validate`
    ");
}

#[test]
fn two_rows_with_one_address_are_both_named() {
    let bench = two();
    bench.edit(|table| {
        let address = table.cell("sw-a", "address").to_owned();
        table.set("sw-b", "address", &address);
    });
    insta::assert_snapshot!(refused(&bench), @r"
    exit 2
    error: inventory.csv, cell B3: the address `<address of sw-a>` stands in B2 already [inventory_invalid]
      next: correct the cells, then check: `iosxe inventory validate`
    ");
}

#[test]
fn every_problem_is_told_at_once() {
    let bench = two();
    bench.edit(|table| {
        table.set("sw-a", "target_version", "seventeen");
        table.set("sw-b", "address", "sw-b:ssh");
        table.set("sw-b", "hold", "perhaps");
    });
    insta::assert_snapshot!(refused(&bench), @r"
    exit 2
    error: the inventory has 3 problems
      inventory.csv, cell G2: `seventeen` is no IOS-XE release: write it like 17.09.04a
      inventory.csv, cell B3: `sw-b:ssh` is no address: give HOST, HOST:PORT or [IPV6]:PORT
      inventory.csv, cell P3: `perhaps` in `hold` is neither yes nor no [inventory_invalid]
      next: correct the cells, then check: `iosxe inventory validate`
    ");
}

#[test]
fn a_release_that_is_none_is_refused_with_an_example() {
    let bench = two();
    bench.edit(|table| table.set("sw-b", "target_version", "17.12"));
    insta::assert_snapshot!(refused(&bench), @r"
    exit 2
    error: inventory.csv, cell G3: `17.12` is no IOS-XE release: write it like 17.09.04a [inventory_invalid]
      next: correct the cells, then check: `iosxe inventory validate`
    ");
}

#[test]
fn an_inventory_without_rows_says_what_a_row_needs() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run_in(dir.path(), &["init"]).code, 0);
    let ran = run_in(dir.path(), &["discover"]);
    insta::assert_snapshot!(format!("exit {}\n{}", ran.code, ran.stderr), @r"
    exit 2
    error: inventory.csv has no devices [inventory_empty]
      next: write a row for each device: `hostname` and `address`, and `target_version` or `image` for those that shall be upgraded
    ");
    assert!(!dir.path().join("journal.db").exists(), "no run began");
}

/// A starter has every column that is read.
#[test]
fn a_starter_inventory_has_all_columns_in_the_order_of_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run_in(dir.path(), &["init"]).code, 0);
    let header = std::fs::read_to_string(dir.path().join("inventory.csv")).unwrap();
    insta::assert_snapshot!(header, @"hostname,address,platform,serial,site,role,target_version,image,want_method,ha_group,wave,window,credential,fallback_credential,jump,console,save_config,hold,approval,notes,waive,plan,current_version,boot_mode,method,status,stage,last_error,rollback_status,last_upgrade,run,updated_at");
}

#[test]
fn an_inventory_that_is_not_there_is_named() {
    let bench = two();
    let ran = bench.run(&[&UPGRADE[..], &["--inventory", "fleet.csv"]].concat());
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: there is no inventory file fleet.csv [inventory_not_found]
      next: check the path, or make a starter folder: `iosxe init`
    ");
}

#[test]
fn an_inventory_that_cannot_be_read_is_named() {
    let bench = two();
    std::fs::create_dir(bench.path("folder.csv")).unwrap();
    bench.write("torn.xlsx", "PK\u{3}\u{4} and nothing more");
    let mut told = Vec::new();
    for file in ["folder.csv", "torn.xlsx", "fleet.ods"] {
        let ran = bench.run(&[&UPGRADE[..], &["--inventory", file]].concat());
        told.push(bench.told(&ran));
    }
    bench.assert_no_contact();
    insta::assert_snapshot!(told.join("\n\n"), @r"
    exit 2
    error: cannot read folder.csv: it is no file [inventory_unreadable]
      next: check the file and its permissions, and save it as .xlsx or as CSV UTF-8

    exit 2
    error: cannot read torn.xlsx: the workbook's archive is damaged: invalid Zip archive: Could not find EOCD [inventory_unreadable]
      next: check the file and its permissions, and save it as .xlsx or as CSV UTF-8

    exit 2
    error: `fleet.ods` is no inventory: save it as .xlsx [inventory_url]
      next: give a file ending in .csv or .xlsx, or csv:PATH, xlsx:PATH, PATH.xlsx#SHEET
    ");
}

#[test]
fn a_release_that_the_catalogue_does_not_have_leaves_the_device_alone() {
    let bench = two();
    bench.edit(|table| {
        table.set("sw-a", "target_version", "17.15.01");
        table.set("sw-a", "image", "");
    });
    let owners = bench.table().owners();
    let ran = bench.run(&upgrade("sw-a"));
    bench.assert_only_read();
    assert_eq!(bench.table().owners(), owners);
    assert_eq!(bench.table().cell("sw-a", "status"), "refused");
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: refused in select: the catalogue images/catalogue.toml has no image of 17.15.01 for C9300-48P; it has 17.12.04 [image_not_found]
      next: add the image to the catalogue: `iosxe image add FILE`
    ");
}

#[test]
fn a_release_and_an_image_that_do_not_belong_together_leave_the_device_alone() {
    let bench = two();
    bench.edit(|table| table.set("sw-a", "target_version", "17.15.01"));
    let ran = bench.run(&upgrade("sw-a"));
    bench.assert_only_read();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: refused in select: cat9k_iosxe.17.12.04.SPA.bin is 17.12.04, but the row wants 17.15.01 [image_wrong_version]
      next: correct the `image` or `target_version` cell of the row
    ");
}
