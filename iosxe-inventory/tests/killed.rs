//! A process that is killed while it writes a workbook leaves the old or the new one, whole.
#![cfg(all(unix, feature = "xlsx"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use calamine::{Reader as _, Xlsx};
use iosxe_core::ports::RowUpdate;
use rust_xlsxwriter::Workbook;

const CHILD: &str = "IOSXE_TEST_WORKBOOK";

/// So many that a write takes a while.
const ROWS: u32 = 400;

/// Processes that must have been killed between the first byte of the new workbook and its name.
const IN_THE_MIDDLE: usize = 5;

/// Wall-clock bound of the test, for a machine that is busy with other things.
const BOUND: Duration = Duration::from_secs(120);

fn make(path: &Path) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Devices").unwrap();
    let header = ["hostname", "address", "target_version", "status", "notes"];
    sheet.write_row(0, 0, header).unwrap();
    for n in 1..=ROWS {
        let row = [
            format!("sw-{n:03}"),
            format!("192.0.2.1:{n}"),
            "17.12.04".to_owned(),
            "g0".to_owned(),
            format!("note {n}"),
        ];
        sheet.write_row(n, 0, row).unwrap();
    }
    book.save(path).unwrap();
}

/// Not a test of its own: the process that the other one kills.
#[tokio::test]
#[ignore = "the child of another test"]
async fn child_that_writes_until_it_is_killed() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let inventory = iosxe_inventory::open(&path).unwrap();
    let mut generation = generation(Path::new(&path));
    loop {
        generation += 1;
        let updates: Vec<RowUpdate> = (1..=ROWS)
            .map(|n| RowUpdate {
                device: Some(format!("sw-{n:03}").as_str().into()),
                status: Some(format!("g{generation}")),
                ..RowUpdate::default()
            })
            .collect();
        inventory.write(&updates).await.unwrap();
        println!("ack {generation}");
    }
}

fn spawn(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The generation that every row of the workbook is of; another program reads it.
#[track_caller]
fn generation(path: &Path) -> u64 {
    let mut book: Xlsx<_> = calamine::open_workbook(path).unwrap();
    let sheet = book.worksheet_range("Devices").unwrap();
    let cell = |row, column| sheet.get_value((row, column)).unwrap().to_string();
    let first = cell(1, 3);
    for row in 1..=ROWS {
        assert_eq!(cell(row, 3), first, "row {row} is of another write");
        assert_eq!(cell(row, 4), format!("note {row}"));
    }
    first.strip_prefix('g').unwrap().parse().unwrap()
}

/// Temporary files of a writer.
fn unfinished(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "tmp"))
        .collect()
}

#[test]
fn a_killed_write_leaves_the_old_or_the_new_workbook_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.xlsx");
    make(&path);
    let begun = Instant::now();
    let mut in_the_middle = 0;
    while in_the_middle < IN_THE_MIDDLE {
        assert!(begun.elapsed() < BOUND, "{in_the_middle} in the middle");
        let mut child = spawn(&path);
        let acknowledged = Arc::new(AtomicU64::new(0));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let heard = Arc::clone(&acknowledged);
        let listener = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, number)) = line.split_once("ack ") {
                    heard.store(number.trim().parse().unwrap(), Ordering::SeqCst);
                }
            }
        });
        // It has written at least once, and is at it again.
        while acknowledged.load(Ordering::SeqCst) == 0 || unfinished(folder.path()).is_empty() {
            assert!(begun.elapsed() < BOUND, "the child does not write");
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        listener.join().unwrap();
        let said = acknowledged.load(Ordering::SeqCst);
        let found = generation(&path);
        assert!(
            found == said || found == said + 1,
            "{said} was acknowledged, {found} is there"
        );
        let left = unfinished(folder.path());
        in_the_middle += usize::from(!left.is_empty());
        for file in left {
            std::fs::remove_file(file).unwrap();
        }
    }
}
