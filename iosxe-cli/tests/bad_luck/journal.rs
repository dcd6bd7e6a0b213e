//! Journals that are not ours to write, or not to be written at all.

use std::path::Path;
use std::process::Command;

use super::UPGRADE;
use super::support::{Bench, Running, c9300, program};

#[test]
fn a_run_that_the_journal_does_not_have_is_not_resumed() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    assert_eq!(bench.run(&["discover"]).code, 0);
    let seen = bench.timeline().len();
    let resumed = bench.run(&["resume", "20200101-000000-beef"]);
    let shown = bench.run(&["status", "20200101-000000-beef"]);
    assert_eq!(bench.timeline().len(), seen);
    let told = [bench.told(&resumed), bench.told(&shown)].join("\n\n");
    insta::assert_snapshot!(told, @r"
    exit 2
    error: journal.db has no run <run> [no_such_run]
      next: list the runs: `iosxe status --all`

    exit 2
    error: journal.db has no run <run> [no_such_run]
      next: list the runs: `iosxe status --all`
    ");
}

#[test]
fn without_a_run_there_is_nothing_to_resume() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.run(&["resume"]);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: no run is unfinished [nothing_to_resume]
      next: look at the runs: `iosxe status --all`
    ");
}

#[test]
fn a_journal_of_a_newer_program_is_left_as_it_is() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    assert_eq!(bench.run(&["discover"]).code, 0);
    let journal = bench.path("journal.db");
    bench.wait(from_the_future(&journal));
    let bytes = std::fs::read(&journal).unwrap();
    let seen = bench.timeline().len();
    let told = [
        bench.told(&bench.run(&UPGRADE)),
        bench.told(&bench.run(&["resume"])),
        bench.told(&bench.run(&["status"])),
    ];
    assert_eq!(bench.timeline().len(), seen);
    assert!(std::fs::read(&journal).unwrap() == bytes, "it was changed");
    insta::assert_snapshot!(told.join("\n\n"), @r"
    exit 2
    error: journal.db has format 7; this program knows formats up to 1 [journal_from_the_future]
      next: use the newer program for this journal

    exit 2
    error: journal.db has format 7; this program knows formats up to 1 [journal_from_the_future]
      next: use the newer program for this journal

    exit 2
    error: journal.db has format 7; this program knows formats up to 1 [journal_from_the_future]
      next: use the newer program for this journal
    ");
}

/// What a program with another layout of the tables would have written.
async fn from_the_future(journal: &Path) {
    use sqlx::Connection as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(journal);
    let mut connection = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    sqlx::query("UPDATE meta SET value = '7' WHERE key = 'schema'")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Nothing of it is in another file, so that it can be copied, sent and archived as it is.
#[test]
fn a_journal_that_nobody_writes_is_one_file() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let left = || -> Vec<String> {
        let entries = std::fs::read_dir(bench.path("")).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|n| n.starts_with("journal.db-")).collect()
    };
    for arguments in [
        &["discover"][..],
        &["plan"],
        &["resume"],
        &["status"],
        &["upgrade", "--limit", "nobody", "--approve", "auto"],
    ] {
        bench.run(arguments);
        assert_eq!(left(), Vec::<String>::new(), "{arguments:?}");
        assert_eq!(bench.read("journal.db.lock"), "", "{arguments:?}");
    }
    std::fs::copy(bench.path("journal.db"), bench.path("copy.db")).unwrap();
    let copied = bench.run(&["status", "--journal", "copy.db"]);
    assert_eq!(copied.stdout, bench.run(&["status"]).stdout);
    assert!(copied.stdout.contains("sw-a"));
}

#[test]
fn a_file_that_is_no_journal_is_left_as_it_is() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.write("notes.db", "our notes, no database at all\n");
    let ran = bench.run(&[&UPGRADE[..], &["--journal", "notes.db"]].concat());
    bench.assert_no_contact();
    assert_eq!(bench.read("notes.db"), "our notes, no database at all\n");
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: notes.db is no journal, nor any database [journal_storage]
      next: name the journal, or a file that is not there yet: `--journal FILE`
    ");
    assert_eq!(bench.run(&["status", "--journal", "notes.db"]).code, 2);
}

#[test]
fn a_journal_that_another_process_writes_is_waited_for_by_the_person() {
    let bench = Bench::with(vec![c9300("sw-a")], |options| {
        // Long enough to be met at work.
        options.image_bytes = 4 << 20;
    });
    bench.set_fault("sw-a", super::support::fault("slow_link"));
    let first = bench.start(&["transfer"]);
    first.wait_stderr("MB sent");
    let second = bench.run(&UPGRADE);
    let shown = bench.run(&["status"]);
    first.interrupt();
    assert_eq!(first.finish().code, 4);
    insta::assert_snapshot!(bench.told(&second), @r"
    exit 2
    error: journal.db is in use by another process (pid <pid> on vm) [journal_in_use]
      next: wait for that process, or stop it
    ");
    // Looking on is allowed.
    assert_eq!(shown.code, 0);
    assert_eq!(shown.device("sw-a")["outcome"], "in_progress");
}

/// Runs the command as a user who may write nothing here; `None` where that cannot be tried.
fn as_nobody(bench: &Bench, arguments: &[&str]) -> Option<super::support::Ran> {
    let command = bench.command(arguments);
    let mut unprivileged = Command::new("setpriv");
    unprivileged
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => unprivileged.env(name, value),
            None => unprivileged.env_remove(name),
        };
    }
    let mut probe = Command::new("setpriv");
    probe
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(program().get_program())
        .arg("--version");
    match probe.output() {
        Ok(output) if output.status.success() => Some(Running::start(unprivileged).finish()),
        _ => None,
    }
}

/// Runs the command where it cannot write into the folder; `None` where that cannot be tried.
fn without_write_access(bench: &Bench, arguments: &[&str]) -> Option<super::support::Ran> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = bench.path("");
    let mode = |mode| {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o555);
    let root = std::fs::write(folder.join("probe"), "").is_ok();
    let ran = if root {
        drop(std::fs::remove_file(folder.join("probe")));
        as_nobody(bench, arguments)
    } else {
        Some(bench.run(arguments))
    };
    mode(0o755);
    if ran.is_none() {
        eprintln!("skipped: this is root, who may write everywhere, and `setpriv` does not help");
    }
    ran
}

#[test]
fn a_folder_that_cannot_be_written_holds_no_journal_and_starts_no_run() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let Some(ran) = without_write_access(&bench, &UPGRADE) else {
        return;
    };
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: journal.db: cannot write journal.db.lock: Permission denied (os error 13) [journal_storage]
      next: check that the folder exists, can be written and has room
    ");
}

/// The upgrade does not depend on the inventory's columns: losing them is told, nothing stops.
#[test]
fn an_inventory_in_a_folder_that_cannot_be_written_is_told_at_the_end() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let elsewhere = tempfile::tempdir().unwrap();
    let place = |name: &str| elsewhere.path().join(name).display().to_string();
    std::fs::copy(bench.path("known_hosts"), place("known_hosts")).unwrap();
    bench.configure(|text| {
        text.replace("\"journal.db\"", &format!("{:?}", place("journal.db")))
            .replace("\"known_hosts\"", &format!("{:?}", place("known_hosts")))
            .replace("\"runs\"", &format!("{:?}", place("runs")))
    });
    open_to_all(elsewhere.path());
    let Some(ran) = without_write_access(&bench, &["discover"]) else {
        return;
    };
    bench.assert_only_read();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let last = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(bench.redact(last), @"1 row of inventory.csv is not written: cannot write inventory.csv: no file can be made in its folder: permission denied [inventory_unwritable]; check that the file and its folder can be written and have room; then write what is due with `iosxe resume <run>");
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}
