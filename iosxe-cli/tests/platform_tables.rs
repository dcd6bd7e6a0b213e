//! The program's table of platforms held against the lab's, which was written apart from it. Where
//! they differ, the reason stands here; a difference without one is a mistake in one of the two.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use std::collections::BTreeSet;

use iosxe_core::platform::{Packages, PlatformTable, Redundancy, Support};
use iosxe_lab::{BootModeSpec, PlatformRow, platforms};

/// PID, what differs, and why that is right.
const DIFFERENCES: [(&str, &str, &str); 9] = [
    (
        "ASR-902",
        "members",
        "of its family, the one chassis with room for one processor",
    ),
    (
        "C9500-24Y4C",
        "file system",
        "a Catalyst 9500 answers to `flash:` and to `bootflash:`",
    ),
    (
        "C9500-24Y4C",
        "second file system",
        "its peer answers to `flash-2:` and to `stby-bootflash:`",
    ),
    ("C9500-32C", "file system", "as C9500-24Y4C"),
    ("C9500-32C", "second file system", "as C9500-24Y4C"),
    ("C9500-40X", "file system", "as C9500-24Y4C"),
    ("C9500-40X", "second file system", "as C9500-24Y4C"),
    (
        "catalyst-8500",
        "no device",
        "differs from Catalyst 8300 by its image name only",
    ),
    (
        "catalyst-8500l",
        "no device",
        "differs from Catalyst 8300 by its image name only",
    ),
];

/// What of one PID the two tables see differently.
fn differences(table: &PlatformTable, row: &PlatformRow) -> Vec<&'static str> {
    let Some(family) = table.family(row.pid) else {
        return vec!["family"];
    };
    // A restricted image is a kind of the product that the table names.
    let product = row.image_prefix.trim_end_matches("_npe");
    let second = (row.most_members > 1).then(|| family.file_system(2, false));
    let redundant = family.redundancy != Redundancy::None;
    let checks = [
        ("support", family.support == Support::Upgrade),
        ("image", family.images.iter().any(|i| i == product)),
        ("file system", family.primary == row.file_system),
        ("members", redundant == (row.most_members > 1)),
        ("second file system", second == row.second_file_system),
        (
            "boot mode",
            family.install == (row.boot_mode == BootModeSpec::Install),
        ),
        (
            "install engine",
            (family.packages == Packages::Install) == row.install_engine,
        ),
        (
            "boot command",
            family.boot_command == "show boot" || row.bootvar,
        ),
        (
            "configuration register",
            family.config_register_good.contains(&row.config_register),
        ),
        ("add", row.add_s < family.add_s[1] as f64),
        ("activate", row.activate_s < family.activate_s[1] as f64),
        ("reload", row.reload_s < family.reload_s[1] as f64),
    ];
    let wrong = checks.into_iter().filter(|(_, agrees)| !agrees);
    wrong.map(|(what, _)| what).collect()
}

#[test]
fn the_two_tables_differ_only_where_a_reason_says_so() {
    let table = PlatformTable::built_in().unwrap();
    let rows = platforms();
    let mut found = BTreeSet::new();
    for row in &rows {
        found.extend(differences(&table, row).into_iter().map(|w| (row.pid, w)));
    }
    for family in table.families() {
        let simulated = rows
            .iter()
            .any(|r| table.family(r.pid).is_some_and(|f| f.name == family.name));
        if family.support == Support::Upgrade && !simulated {
            found.insert((family.name.as_str(), "no device"));
        }
    }
    let explained: BTreeSet<_> = DIFFERENCES.iter().map(|(who, w, _)| (*who, *w)).collect();
    assert_eq!(found, explained);
    assert!(DIFFERENCES.iter().all(|(.., why)| !why.is_empty()));
}

/// The comparison can fail: a row with another's file system is told apart.
#[test]
fn a_difference_is_seen() {
    let table = PlatformTable::built_in().unwrap();
    let mut row = platforms()
        .into_iter()
        .find(|r| r.pid == "ASR-903")
        .unwrap();
    assert_eq!(differences(&table, &row), Vec::<&str>::new());
    row.file_system = "flash:".into();
    row.install_engine = true;
    row.reload_s = 10_000.0;
    assert_eq!(
        differences(&table, &row),
        ["file system", "install engine", "reload"]
    );
}
