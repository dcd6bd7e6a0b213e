//! Every promise of the front page, held against each implementation that makes it.

use iosxe_core::event::{Envelope, Event, FORMAT, StepRef, Takeover, Way};
use iosxe_core::ids::RunId;
use iosxe_core::ports::{Decision, Journal, JournalError};
use proptest::prelude::*;

use super::{open, open_reader};

fn record(run: &str, seq: u64, event: Event) -> Envelope {
    Envelope {
        v: FORMAT,
        run: RunId::new(run),
        seq,
        device: (!seq.is_multiple_of(3)).then(|| format!("sw{}", seq % 7).as_str().into()),
        at: jiff::Timestamp::from_second(1_790_000_000 + i64::try_from(seq).unwrap()).unwrap(),
        event,
    }
}

fn note(run: &str, seq: u64) -> Envelope {
    record(
        run,
        seq,
        Event::Warned {
            code: format!("code_{seq}"),
            message: "Ümläute, \"quotes\", \u{0} and\nlines".into(),
        },
    )
}

fn notes(run: &str, seqs: std::ops::RangeInclusive<u64>) -> Vec<Envelope> {
    seqs.map(|seq| note(run, seq)).collect()
}

fn decision(device: &str) -> Decision {
    Decision {
        device: device.into(),
        takeover: Takeover::Accept {
            check: "port:Te1/1/1".into(),
        },
        by: "maria".into(),
        reason: "the cable is \"planned\"".into(),
        at: None,
    }
}

fn is_storage(result: Result<(), JournalError>, words: &str) {
    match result {
        Err(JournalError::Storage { reason, .. }) => {
            assert!(reason.contains(words), "`{reason}` does not say `{words}`");
        }
        other => panic!("{other:?}"),
    }
}

/// The journal of format 1 as it was written then. New records of this format may be added; from
/// the first release on the lines that are there never change.
fn sample() -> Vec<Envelope> {
    include_str!("samples/format-1.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What every implementation must do.
async fn conforms(journal: &dyn Journal) {
    let a = RunId::new("a");
    let b = RunId::new("b");
    assert!(journal.runs().await.unwrap().is_empty());
    assert!(matches!(
        journal.read(&a, 0).await,
        Err(JournalError::NoSuchRun { run, .. }) if run == "a"
    ));
    assert_eq!(journal.cursor(&a, "audit").await.unwrap(), 0);

    // What was appended is read back, whole or after a place.
    journal.append(&[]).await.unwrap();
    journal.append(&notes("b", 1..=3)).await.unwrap();
    journal.append(&notes("a", 1..=1)).await.unwrap();
    journal.append(&notes("b", 4..=5)).await.unwrap();
    assert_eq!(journal.read(&b, 0).await.unwrap(), notes("b", 1..=5));
    assert_eq!(journal.read(&b, 3).await.unwrap(), notes("b", 4..=5));
    assert!(journal.read(&b, 5).await.unwrap().is_empty());
    assert!(journal.read(&b, u64::MAX).await.unwrap().is_empty());

    // A run is never woven by two hands: no second record of one number, no gap, no mixture.
    is_storage(journal.append(&notes("b", 5..=6)).await, "cannot follow");
    is_storage(journal.append(&notes("b", 7..=7)).await, "cannot follow");
    is_storage(journal.append(&notes("c", 2..=2)).await, "cannot follow");
    is_storage(journal.append(&notes("c", 0..=1)).await, "cannot follow");
    is_storage(
        journal.append(&[note("b", 6), note("b", 8)]).await,
        "should",
    );
    is_storage(journal.append(&[note("b", 6), note("a", 7)]).await, "a");
    let moved = Event::Moved { bytes: 1, total: 2 };
    is_storage(
        journal.append(&[note("b", 6), record("b", 7, moved)]).await,
        "not kept",
    );
    is_storage(
        journal.append(&[record("b", 6, Event::Unknown)]).await,
        "not kept",
    );
    let mut future = note("b", 6);
    future.v = FORMAT + 1;
    is_storage(journal.append(&[future]).await, "format");
    assert_eq!(journal.read(&b, 0).await.unwrap(), notes("b", 1..=5));

    // Newest first, by the order in which they began; ended when the last record says so.
    journal
        .append(&[record("b", 6, Event::RunEnded)])
        .await
        .unwrap();
    let heads = journal.runs().await.unwrap();
    let shown: Vec<_> = heads.iter().map(|h| (h.run.as_str(), h.ended)).collect();
    assert_eq!(shown, [("a", false), ("b", true)]);
    assert_eq!(heads[1].started, note("b", 1).at);
    let resumed = Event::RunResumed {
        by: "maria".into(),
        only: None,
    };
    journal.append(&[record("b", 7, resumed)]).await.unwrap();
    assert!(!journal.runs().await.unwrap()[1].ended);

    // Cursors: one per run and reader, never back.
    journal.set_cursor(&b, "audit", 4).await.unwrap();
    journal.set_cursor(&b, "audit", 2).await.unwrap();
    journal.set_cursor(&b, "inventory", 1).await.unwrap();
    assert_eq!(journal.cursor(&b, "audit").await.unwrap(), 4);
    assert_eq!(journal.cursor(&b, "inventory").await.unwrap(), 1);
    assert_eq!(journal.cursor(&a, "audit").await.unwrap(), 0);

    // Decisions: of one run, in order, after a place.
    assert!(journal.decisions(&b, 0).await.unwrap().is_empty());
    let first = journal.decide(&b, &decision("sw1")).await.unwrap();
    journal.decide(&a, &decision("sw2")).await.unwrap();
    let third = journal.decide(&b, &decision("sw3")).await.unwrap();
    assert!(first > 0 && third > first);
    let left = journal.decisions(&b, 0).await.unwrap();
    assert_eq!(left, [(first, decision("sw1")), (third, decision("sw3"))]);
    let left = journal.decisions(&b, first).await.unwrap();
    assert_eq!(left, [(third, decision("sw3"))]);

    // Every kind of record of the sample, and more than one page of one run.
    let sample = sample();
    journal.append(&sample).await.unwrap();
    assert_eq!(journal.read(&sample[0].run, 0).await.unwrap(), sample);
    let many = notes("many", 1..=4500);
    journal.append(&many).await.unwrap();
    assert_eq!(journal.read(&RunId::new("many"), 0).await.unwrap(), many);
    assert_eq!(journal.runs().await.unwrap().len(), 4);
}

/// Many tasks append to runs of their own at once, as the devices of several runs would.
async fn keeps_order_under_load(journal: std::sync::Arc<dyn Journal>) {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let journal = journal.clone();
        tasks.spawn(async move {
            let run = format!("load-{n}");
            for seq in 1..=50 {
                journal.append(&[note(&run, seq)]).await.unwrap();
                journal
                    .set_cursor(&RunId::new(&*run), "r", seq)
                    .await
                    .unwrap();
            }
            let kept = journal.read(&RunId::new(&*run), 0).await.unwrap();
            assert_eq!(kept, notes(&run, 1..=50));
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

#[test]
fn the_sample_of_format_1_is_read_and_written_as_it_was() {
    for (line, envelope) in include_str!("samples/format-1.jsonl").lines().zip(sample()) {
        assert_ne!(envelope.event, Event::Unknown, "{line}");
        // Written again it says the same: a default that was added later may only add keys.
        let was: serde_json::Value = serde_json::from_str(line).unwrap();
        let is = serde_json::to_value(&envelope).unwrap();
        assert_subset(&was, &is, line);
    }
}

fn assert_subset(was: &serde_json::Value, is: &serde_json::Value, line: &str) {
    match (was, is) {
        (serde_json::Value::Object(was), serde_json::Value::Object(is)) => {
            for (key, value) in was {
                let now = is
                    .get(key)
                    .unwrap_or_else(|| panic!("`{key}` is lost: {line}"));
                assert_subset(value, now, line);
            }
        }
        _ => assert_eq!(was, is, "{line}"),
    }
}

#[tokio::test]
async fn memory_conforms() {
    conforms(&*open("memory:").await.unwrap()).await;
    keeps_order_under_load(open("memory:").await.unwrap()).await;
}

#[tokio::test]
async fn urls_that_name_no_journal_are_refused() {
    for url in ["", "sqlite:", "postgres://db/fleet", "https://x"] {
        assert!(
            matches!(open(url).await, Err(JournalError::Storage { .. })),
            "{url}"
        );
    }
    assert!(open_reader("memory:").await.is_err());
}

proptest! {
    #[test]
    fn any_batches_are_read_back_in_order(sizes in prop::collection::vec(0u64..40, 0..12), after in 0u64..300) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let journal = open("memory:").await.unwrap();
            batches(&*journal, &sizes, after).await;
        });
    }
}

async fn batches(journal: &dyn Journal, sizes: &[u64], after: u64) {
    let run = RunId::new("p");
    let mut next = 1;
    for size in sizes {
        journal
            .append(&notes("p", next..=next + size - 1))
            .await
            .unwrap();
        next += size;
    }
    let total = next - 1;
    match journal.read(&run, after).await {
        Ok(kept) => assert_eq!(kept, notes("p", after + 1..=total)),
        Err(e) => assert!(total == 0, "{e}"),
    }
}

#[test]
fn step_references_are_plain_in_the_file() {
    let step = StepRef {
        way: Way::Back,
        index: 2,
    };
    assert_eq!(
        serde_json::to_value(step).unwrap(),
        serde_json::json!({"way": "back", "index": 2})
    );
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::io::{BufRead as _, BufReader};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::sync::Arc;

    use iosxe_core::fault::Classified as _;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
    use sqlx::{AssertSqlSafe, Connection as _, Row as _};

    use super::*;

    fn path(folder: &tempfile::TempDir) -> String {
        folder.path().join("journal.db").display().to_string()
    }

    /// A hand that knows nothing of the journal.
    async fn edit(path: &str, statements: &[&str]) {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        for statement in statements {
            sqlx::query(AssertSqlSafe(*statement))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        connection.close().await.unwrap();
    }

    #[tokio::test]
    async fn sqlite_conforms() {
        let folder = tempfile::tempdir().unwrap();
        conforms(&*open(&path(&folder)).await.unwrap()).await;
        let second = format!("sqlite:{}", folder.path().join("second.db").display());
        keeps_order_under_load(open(&second).await.unwrap()).await;
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let run = RunId::new("a");
        for round in 0..3 {
            let journal = open(&path).await.unwrap();
            let first = round * 10 + 1;
            journal
                .append(&notes("a", first..=first + 9))
                .await
                .unwrap();
            journal.set_cursor(&run, "audit", first).await.unwrap();
        }
        let journal = open(&path).await.unwrap();
        assert_eq!(journal.read(&run, 0).await.unwrap(), notes("a", 1..=30));
        assert_eq!(journal.cursor(&run, "audit").await.unwrap(), 21);
    }

    #[tokio::test]
    async fn the_writer_flushes_every_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let _journal = open(&path).await.unwrap();
        let mut connection = super::super::sqlite::connect_writing(&path, Path::new(&path))
            .await
            .unwrap();
        let mut pragma = async |name: &str| -> String {
            let query = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
            sqlx::query(AssertSqlSafe(query))
                .fetch_one(&mut connection)
                .await
                .unwrap()
                .get(0)
        };
        assert_eq!(pragma("synchronous").await, "2");
        assert_eq!(pragma("journal_mode").await, "wal");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let journal = open(&path).await.unwrap();
        journal.append(&notes("a", 1..=1)).await.unwrap();
        for end in ["", "-wal", "-shm", ".lock"] {
            let mode = std::fs::metadata(format!("{path}{end}"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{end}");
        }
    }

    #[tokio::test]
    async fn two_writers_exclude_each_other_and_readers_look_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let run = RunId::new("a");
        let early = open_reader(&path).await.unwrap();
        assert!(early.runs().await.unwrap().is_empty());

        let journal = open(&path).await.unwrap();
        let second = open(&path).await.err().unwrap();
        let JournalError::InUse { holder, .. } = &second else {
            panic!("{second:?}");
        };
        assert!(holder.contains(&format!("pid {} on ", std::process::id())));
        assert_eq!(second.code(), "journal_in_use");

        let reader = open_reader(&path).await.unwrap();
        journal.append(&notes("a", 1..=2)).await.unwrap();
        assert_eq!(reader.read(&run, 0).await.unwrap(), notes("a", 1..=2));
        journal.append(&notes("a", 3..=3)).await.unwrap();
        assert_eq!(reader.read(&run, 2).await.unwrap(), notes("a", 3..=3));
        is_storage(reader.append(&notes("a", 4..=4)).await, "reading only");
        is_storage(reader.set_cursor(&run, "x", 1).await, "reading only");

        drop(journal);
        let again = open(&path).await.unwrap();
        again.append(&notes("a", 4..=4)).await.unwrap();
        assert_eq!(reader.read(&run, 3).await.unwrap(), notes("a", 4..=4));
    }

    #[tokio::test]
    async fn a_closed_journal_is_one_file_that_nobody_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let journal = open(&path).await.unwrap();
        journal.append(&notes("a", 1..=9)).await.unwrap();
        let run = RunId::new("a");
        journal.set_cursor(&run, "audit", 7).await.unwrap();
        let beside = |end: &str| std::path::PathBuf::from(format!("{path}{end}"));
        assert!(
            beside("-wal").exists(),
            "nothing is promised while it is open"
        );
        journal.close().await.unwrap();
        for end in ["-wal", "-shm"] {
            assert!(!beside(end).exists(), "{end} is left");
        }
        assert_eq!(std::fs::read_to_string(beside(".lock")).unwrap(), "");
        is_storage(journal.append(&notes("a", 10..=10)).await, "has ended");
        assert!(journal.read(&run, 0).await.is_err());

        // The file alone holds everything, and the next writer need not wait.
        let alone = folder.path().join("alone.db").display().to_string();
        std::fs::copy(&path, &alone).unwrap();
        let copy = open_reader(&alone).await.unwrap();
        assert_eq!(copy.read(&run, 0).await.unwrap(), notes("a", 1..=9));
        assert_eq!(copy.cursor(&run, "audit").await.unwrap(), 7);
        // Nor does looking on leave anything.
        let look = open_reader(&path).await.unwrap();
        assert_eq!(look.read(&run, 0).await.unwrap().len(), 9);
        look.close().await.unwrap();
        for end in ["-wal", "-shm"] {
            assert!(!beside(end).exists(), "{end} is left");
        }
        let again = open(&path).await.unwrap();
        again.append(&notes("a", 10..=10)).await.unwrap();
    }

    #[tokio::test]
    async fn somebody_who_looks_on_can_leave_a_decision_for_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let run = RunId::new("a");
        let early = open_reader(&path).await.unwrap();
        assert!(matches!(
            early.decide(&run, &decision("sw1")).await,
            Err(JournalError::NoSuchRun { .. })
        ));
        let journal = open(&path).await.unwrap();
        journal.append(&notes("a", 1..=3)).await.unwrap();
        let reader = open_reader(&path).await.unwrap();
        let number = reader.decide(&run, &decision("sw1")).await.unwrap();
        assert_eq!(
            journal.decisions(&run, 0).await.unwrap(),
            [(number, decision("sw1"))]
        );
        // Records are the writer's alone, and it goes on.
        is_storage(reader.append(&notes("a", 4..=4)).await, "reading only");
        journal.append(&notes("a", 4..=4)).await.unwrap();
        journal.close().await.unwrap();
    }

    /// Whoever looks on holds nobody up, and nothing is lost by it.
    #[tokio::test]
    async fn a_journal_can_be_closed_while_somebody_looks_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let journal = open(&path).await.unwrap();
        journal.append(&notes("a", 1..=3)).await.unwrap();
        let reader = open_reader(&path).await.unwrap();
        let run = RunId::new("a");
        assert_eq!(reader.read(&run, 0).await.unwrap().len(), 3);
        journal.close().await.unwrap();
        assert_eq!(reader.read(&run, 0).await.unwrap().len(), 3);
        open(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_link_leads_to_the_same_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let _journal = open(&path).await.unwrap();
        let link = folder.path().join("link.db");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&path, &link).unwrap();
        #[cfg(not(unix))]
        return;
        assert!(matches!(
            open(&link.display().to_string()).await,
            Err(JournalError::InUse { .. })
        ));
    }

    #[tokio::test]
    async fn a_journal_from_the_future_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        open(&path).await.unwrap().close().await.unwrap();
        edit(
            &path,
            &["UPDATE meta SET value = '99' WHERE key = 'schema'"],
        )
        .await;
        let before = std::fs::read(&path).unwrap();
        for result in [open(&path).await, open_reader(&path).await] {
            assert!(matches!(
                result.err().unwrap(),
                JournalError::FromTheFuture {
                    found: 99,
                    known: 1,
                    ..
                }
            ));
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[tokio::test]
    async fn the_tables_of_schema_1_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let mut statements: Vec<String> = include_str!("samples/schema-1.sql")
            .lines()
            .map(str::to_owned)
            .collect();
        for (line, e) in include_str!("samples/format-1.jsonl").lines().zip(sample()) {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            statements.push(format!(
                "INSERT INTO records (run, seq, at, kind, record) VALUES ('{}', {}, '{}', {}, '{}')",
                e.run,
                e.seq,
                e.at,
                json["event"]["kind"].to_string().replace('"', "'"),
                line.replace('\'', "''"),
            ));
        }
        let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
        edit(&path, &statements).await;
        let run = sample()[0].run.clone();
        for journal in [
            open_reader(&path).await.unwrap(),
            open(&path).await.unwrap(),
        ] {
            assert_eq!(journal.read(&run, 0).await.unwrap(), sample());
            assert_eq!(journal.cursor(&run, "inventory").await.unwrap(), 5);
            assert!(journal.runs().await.unwrap()[0].ended);
            // It was begun before there were any.
            assert!(journal.decisions(&run, 0).await.unwrap().is_empty());
        }
    }

    #[tokio::test]
    async fn damage_is_named_and_never_skipped() {
        let cases = [
            ("UPDATE records SET record = '{\"v\":1' WHERE seq = 2", 2),
            ("DELETE FROM records WHERE seq = 2", 2),
            ("DELETE FROM records WHERE seq = 1", 1),
            (
                "UPDATE records SET record = (SELECT record FROM records WHERE seq = 1) WHERE seq = 3",
                3,
            ),
        ];
        for (damage, at) in cases {
            let folder = tempfile::tempdir().unwrap();
            let path = path(&folder);
            let journal = open(&path).await.unwrap();
            journal.append(&notes("a", 1..=4)).await.unwrap();
            edit(&path, &[damage]).await;
            let error = journal.read(&RunId::new("a"), 0).await.err().unwrap();
            let JournalError::Damaged { seq, run, .. } = &error else {
                panic!("{damage}: {error:?}");
            };
            assert_eq!((*seq, run.as_str()), (at, "a"), "{damage}: {error}");
            assert_eq!(journal.runs().await.unwrap().len(), 1);
        }
    }

    #[tokio::test]
    async fn a_record_of_a_newer_format_is_from_the_future() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let journal = open(&path).await.unwrap();
        journal.append(&notes("a", 1..=1)).await.unwrap();
        edit(
            &path,
            &["UPDATE records SET record = '{\"v\":2,\"who\":\"knows\"}'"],
        )
        .await;
        assert!(matches!(
            journal.read(&RunId::new("a"), 0).await,
            Err(JournalError::FromTheFuture { found: 2, .. })
        ));
    }

    #[tokio::test]
    async fn files_that_are_no_journal_are_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = path(&folder);
        edit(&foreign, &["CREATE TABLE people (name TEXT)"]).await;
        let text = folder.path().join("notes.txt").display().to_string();
        std::fs::write(&text, "This is a text file of a person.\n".repeat(99)).unwrap();
        for file in [&foreign, &text] {
            let before = std::fs::read(file).unwrap();
            for result in [open(file).await, open_reader(file).await] {
                let error = result.err().unwrap();
                assert!(matches!(error, JournalError::Storage { .. }), "{error:?}");
            }
            assert_eq!(std::fs::read(file).unwrap(), before, "{file}");
        }
        insta::assert_snapshot!(
            open(&foreign).await.err().unwrap().to_string().replace(&foreign, "FILE"),
            @"FILE: this SQLite file is no journal of iosxe"
        );
        insta::assert_snapshot!(
            open(&text).await.err().unwrap().to_string().replace(&text, "FILE"),
            @"FILE: file is not a database"
        );
    }

    #[tokio::test]
    async fn a_folder_that_is_missing_or_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("nowhere/journal.db");
        let error = open(&missing.display().to_string()).await.err().unwrap();
        let text = error
            .to_string()
            .replace(folder.path().to_str().unwrap(), "TMP");
        insta::assert_snapshot!(text, @"TMP/nowhere/journal.db: the folder TMP/nowhere: No such file or directory (os error 2)");
        assert!(error.remedy().unwrap().text.contains("folder exists"));

        let Some(locked) = unwritable(&folder) else {
            return;
        };
        let error = open(&locked).await.err().unwrap();
        let JournalError::Storage { reason, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(reason.starts_with("cannot write "), "{reason}");
        assert!(reason.contains(".lock: "), "{reason}");
    }

    /// A path in a folder that cannot be written, even by root: permissions do not stop root, but
    /// the kernel's own file system does.
    fn unwritable(folder: &tempfile::TempDir) -> Option<String> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let locked = folder.path().join("locked");
            std::fs::create_dir(&locked).unwrap();
            std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).unwrap();
            for candidate in [locked.as_path(), Path::new("/sys/kernel")] {
                let probe = candidate.join("probe");
                if candidate.is_dir() && std::fs::write(&probe, "").is_err() {
                    return Some(candidate.join("journal.db").display().to_string());
                }
            }
        }
        let _ = folder;
        None
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_append_that_fails_keeps_nothing_and_the_next_may_succeed() {
        // A statement that never gets its turn stands for every way in which SQLite fails.
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let journal = open(&path).await.unwrap();
        journal.append(&notes("a", 1..=1)).await.unwrap();
        edit(
            &path,
            &["CREATE TRIGGER stop BEFORE INSERT ON records WHEN NEW.seq = 3 BEGIN SELECT RAISE(ABORT, 'disk is full'); END"],
        )
        .await;
        is_storage(journal.append(&notes("a", 2..=4)).await, "disk is full");
        assert_eq!(
            journal.read(&RunId::new("a"), 0).await.unwrap(),
            notes("a", 1..=1)
        );
        edit(&path, &["DROP TRIGGER stop"]).await;
        journal.append(&notes("a", 2..=4)).await.unwrap();
        assert_eq!(
            journal.read(&RunId::new("a"), 0).await.unwrap(),
            notes("a", 1..=4)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_batches_are_read_back_from_a_file(sizes in prop::collection::vec(0u64..40, 0..12), after in 0u64..300) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let folder = tempfile::tempdir().unwrap();
                let journal = open(&path(&folder)).await.unwrap();
                batches(&*journal, &sizes, after).await;
            });
        }
    }

    const CHILD: &str = "IOSXE_TEST_JOURNAL";

    /// Not a test of its own: the process that `a_killed_writer_loses_nothing` kills.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "the child of another test"]
    async fn child_that_writes_until_it_is_killed() {
        let Ok(path) = std::env::var(CHILD) else {
            return;
        };
        let journal = open(&path).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..4 {
            let journal = Arc::clone(&journal);
            tasks.spawn(async move {
                let run = format!("k{n}");
                let kept = journal.read(&RunId::new(&*run), 0).await;
                let mut last = kept.map_or(0, |kept| kept.last().map_or(0, |r| r.seq));
                loop {
                    journal
                        .append(&notes(&run, last + 1..=last + 3))
                        .await
                        .unwrap();
                    last += 3;
                    println!("ack {run} {last}");
                }
            });
        }
        tasks.join_all().await;
    }

    fn spawn(path: &str) -> Child {
        let name = format!("{}::child_that_writes_until_it_is_killed", module_path!())
            .split_once("::")
            .unwrap()
            .1
            .to_owned();
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--ignored", "--nocapture"])
            .env(CHILD, path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    #[tokio::test]
    async fn a_killed_writer_loses_nothing_that_was_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(&folder);
        let mut acknowledged = std::collections::BTreeMap::<String, u64>::new();
        for round in 0..5u64 {
            let mut child = spawn(&path);
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let mut seen = 0;
            let mut take = |line: std::io::Result<String>| {
                // Another line of the test runner may stand before the words on the same line.
                let line = line.unwrap();
                let Some((_, ack)) = line.split_once("ack ") else {
                    return;
                };
                let (run, seq) = ack.split_once(' ').unwrap();
                if let Ok(seq) = seq.parse() {
                    acknowledged.insert(run.to_owned(), seq);
                    seen += 1;
                }
            };
            for line in lines
                .by_ref()
                .take(20 + usize::try_from(round).unwrap() * 7)
            {
                take(line);
            }
            if round == 0 {
                let JournalError::InUse { holder, .. } = open(&path).await.err().unwrap() else {
                    panic!("two processes write one journal");
                };
                assert!(holder.contains(&child.id().to_string()), "{holder}");
            }
            child.kill().unwrap();
            child.wait().unwrap();
            // What it had said before it died counts.
            lines.for_each(&mut take);
            assert!(seen > 10, "the child said nothing");

            let reader = open_reader(&path).await.unwrap();
            for (run, seq) in &acknowledged {
                let kept = reader.read(&RunId::new(run.as_str()), 0).await.unwrap();
                let last = kept.last().unwrap().seq;
                assert!(
                    last >= *seq,
                    "{run}: {seq} was acknowledged, {last} is kept"
                );
                assert_eq!(last % 3, 0, "{run}: half an append is kept");
                assert_eq!(kept, notes(run, 1..=last));
            }
        }
        // And the lock died with its process.
        open(&path).await.unwrap();
    }
}
