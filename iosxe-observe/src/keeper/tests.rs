use std::os::unix::fs::PermissionsExt as _;

use iosxe_core::secret::Secret;
use proptest::prelude::*;

use super::*;

/// Every reading is a second later than the one before.
#[derive(Default)]
struct Ticks(std::sync::atomic::AtomicI64);

#[async_trait]
impl Clock for Ticks {
    fn now(&self) -> Timestamp {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_second(1_790_000_000 + n).unwrap()
    }
    async fn until(&self, _at: Timestamp) {}
}

fn keeper(folder: &tempfile::TempDir) -> FolderKeeper {
    FolderKeeper::new(folder.path(), Arc::new(Ticks::default()))
}

fn secrets() -> Redactor {
    Redactor::new([&Secret::new("hunter22"), &Secret::new("grüße-öl")])
}

/// What a device's evidence holds after these calls, without the process's number.
fn written(redactor: Redactor, act: impl FnOnce(&dyn Evidence)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let evidence = keeper(&folder)
        .evidence(&"r1".into(), &"sw1".into(), redactor)
        .unwrap();
    act(&*evidence);
    drop(evidence);
    let text = std::fs::read_to_string(folder.path().join("r1/sw1.log")).unwrap();
    text.replace(&std::process::id().to_string(), "PID")
}

#[test]
fn an_ordinary_session() {
    let text = written(secrets(), |e| {
        e.note("connected to 10.0.0.1:22");
        e.received("Welcome\r\n\r\nsw1>");
        e.sent("enable\n");
        e.received("enable\r\nPassword: ");
        e.sent("hunter22\n");
        e.received("\r\nsw1#");
        e.sent("show clock\n");
        e.received("show clock\r\n.03:00:00 UTC\r\n\u{1b}[2J\u{7}C:\\x\u{9b}\n\tend\r\r\nsw1#");
        e.note("closed");
    });
    insta::assert_snapshot!(text, @r"
    2026-09-21T14:13:20.000Z 1 = opened by process PID
    2026-09-21T14:13:21.000Z 1 = connected to 10.0.0.1:22
    2026-09-21T14:13:22.000Z 1 < Welcome
    2026-09-21T14:13:22.000Z 1 < 
    2026-09-21T14:13:22.000Z 1 <~ sw1>
    2026-09-21T14:13:23.000Z 1 > enable\n
    2026-09-21T14:13:24.000Z 1 < enable
    2026-09-21T14:13:24.000Z 1 <~ Password:
    2026-09-21T14:13:25.000Z 1 > ***\n
    2026-09-21T14:13:25.000Z 1 <  
    2026-09-21T14:13:26.000Z 1 <~ sw1#
    2026-09-21T14:13:27.000Z 1 > show clock\n
    2026-09-21T14:13:28.000Z 1 < show clock
    2026-09-21T14:13:28.000Z 1 < .03:00:00 UTC
    2026-09-21T14:13:28.000Z 1 < \x1b[2J\x07C:\\x\u{9b}\n
    2026-09-21T14:13:28.000Z 1 < 	end\r
    2026-09-21T14:13:28.000Z 1 <~ sw1#
    2026-09-21T14:13:29.000Z 1 = closed
    ");
}

/// Whatever comes in whatever pieces, the instants of a file grow.
#[test]
fn lines_stand_in_the_order_of_their_time() {
    let text = written(secrets(), |e| {
        for piece in [
            "sw1",
            "#",
            "show ver\r\nCisco",
            "\r\nsw1#",
            "h",
            "unter21\r\n",
        ] {
            e.received(piece);
            e.sent("x\n");
            e.note("a moment");
        }
    });
    let instants: Vec<&str> = text.lines().map(|l| &l[..24]).collect();
    assert!(instants.is_sorted(), "{text}");
    assert!(text.contains(" < hunter21\n"), "{text}");
}

#[test]
fn a_secret_in_two_chunks_is_masked_also_with_something_sent_between() {
    let text = written(secrets(), |e| {
        e.received("the password is hunt");
        e.sent(" ");
        e.note("a moment");
        e.received("er22 indeed\r\n");
        e.received("username x sec");
        e.received("ret 9 $9$abc");
        e.received("def\r\n");
        e.received("left over hunt");
        e.received("er22");
    });
    assert!(text.contains("< the password ***\n"), "{text}");
    assert!(text.contains("< username x secret ***\n"), "{text}");
    assert!(text.contains("<~ left over ***\n"), "{text}");
    assert!(!text.contains("hunt") && !text.contains("$9$"), "{text}");
}

#[test]
fn a_line_without_end_is_not_held_for_ever_and_its_secrets_are_masked() {
    // Progress marks, as `copy` prints them.
    let text = written(secrets(), |e| {
        for _ in 0..3000 {
            e.received("!!!!!!!!!!");
        }
    });
    let marks: usize = text.lines().map(|l| l.matches('!').count()).sum();
    assert_eq!(marks, 30_000);
    assert!(
        text.lines().count() > 3,
        "nothing was written before the end"
    );

    // A secret at every place relative to the cut.
    for shift in 0..40 {
        let text = written(secrets(), |e| {
            e.received(&"x".repeat(HELD_BYTES_MAX - SECRET_BYTES_MAX - 20 + shift));
            e.received("hunter22");
            for _ in 0..SECRET_BYTES_MAX {
                e.received("y");
            }
            e.received("zzzz\r\n");
        });
        assert!(!text.contains("hunter22"));
        assert_eq!(text.matches("***").count(), 1, "{shift}");
        assert!(!text.contains("hunt") && !text.contains("er22"), "{shift}");
    }

    // A keyword whose value is longer than what is held.
    let text = written(secrets(), |e| {
        e.received("crypto key-string ");
        for _ in 0..3000 {
            e.received("0123456789");
        }
        e.received("end\r\nsw1 is fine\r\n");
    });
    assert!(!text.contains("0123"), "{}", &text[..400]);
    assert!(text.contains("< sw1 is fine\n"));
}

#[test]
fn only_the_owner_reads_evidence_and_backups() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = keeper(&folder);
    // As it may have been left by somebody else.
    let run = keeper.folder(&"r1".into());
    std::fs::create_dir_all(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(run.join("sw1.log"), "before\n").unwrap();

    let _evidence = keeper
        .evidence(&"r1".into(), &"sw1".into(), secrets())
        .unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&run), 0o700);
    assert_eq!(mode(&run.join("sw1.log")), 0o600);
    let log = std::fs::read_to_string(run.join("sw1.log")).unwrap();
    assert!(log.starts_with("before\n2026-"), "{log}");
}

#[tokio::test]
async fn backups_are_whole_and_the_first_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = keeper(&folder);
    let (run, device) = ("r1".into(), "sw1".into());
    let mut backup = Backup {
        running: "hostname sw1\nusername x secret 9 $9$abc\n".into(),
        startup: Some("hostname sw1\n".into()),
        outputs: vec![
            ("show version".into(), "one".into()),
            ("show  VERSION".into(), "two".into()),
            ("?".into(), "three".into()),
        ],
    };
    let names = keeper.backup(&run, &device, &backup).await.unwrap();
    assert_eq!(
        names,
        [
            "sw1-running.cfg",
            "sw1-startup.cfg",
            "sw1.show-version.txt",
            "sw1.show-version.2.txt",
            "sw1.output.txt"
        ]
    );
    let at = |name: &str| keeper.folder(&run).join(name);
    let read = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    // Not masked: a masked configuration brings no device back.
    assert_eq!(read("sw1-running.cfg"), backup.running);
    for name in &names {
        let mode = std::fs::metadata(at(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }

    // A resume that backs up again neither overwrites nor repeats.
    assert_eq!(keeper.backup(&run, &device, &backup).await.unwrap(), names);
    backup.running.push_str("end\n");
    let again = keeper.backup(&run, &device, &backup).await.unwrap();
    assert_eq!(again[0], "sw1-running.2.cfg");
    assert!(!read("sw1-running.cfg").ends_with("end\n"));
    let left = std::fs::read_dir(keeper.folder(&run)).unwrap();
    assert!(
        left.flatten()
            .all(|f| !f.file_name().to_string_lossy().contains("partial"))
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("runs"), "a file").unwrap();
    let fault = FolderKeeper::new(folder.path().join("runs"), Arc::new(Ticks::default()))
        .evidence(&"r1".into(), &"sw1".into(), secrets())
        .err()
        .unwrap();
    assert_eq!(fault.code, "evidence_unwritable");
    assert!(fault.message.contains("runs/r1: "), "{fault}");
}

#[test]
fn evidence_that_could_not_be_written_is_told_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = keeper(&folder);
    let path = folder.path().join("readonly.log");
    std::fs::write(&path, "").unwrap();
    // A file that cannot be written stands for a disk that is full.
    let log = Log {
        path: path.clone(),
        clock: Arc::clone(&keeper.clock),
        redactor: secrets(),
        session: 1,
        failed: Arc::clone(&keeper.failed),
        state: Mutex::new(LogState {
            file: File::open(&path).unwrap(),
            held: String::new(),
            since: Timestamp::UNIX_EPOCH,
            masked: false,
        }),
    };
    log.sent("reload\n");
    let fault = keeper
        .evidence(&"r1".into(), &"sw1".into(), secrets())
        .err()
        .unwrap();
    assert!(fault.message.contains("readonly.log"), "{fault}");
    assert!(
        keeper
            .evidence(&"r1".into(), &"sw1".into(), secrets())
            .is_ok()
    );
}

#[test]
fn no_name_leads_out_of_the_folder_or_to_another_name() {
    let names = [
        "sw1", "SW1", "../sw1", "..", ".", "", "a/b", "a%2Fb", "a b", "ß", "a\0b", ".hidden", "a.b",
    ];
    let mut files: Vec<String> = names.iter().map(|n| file_name(n)).collect();
    assert!(
        files
            .iter()
            .all(|f| !f.contains('/') && !f.starts_with('.'))
    );
    files.sort();
    files.dedup();
    assert_eq!(files.len(), names.len());
}

proptest! {
    /// However the same bytes are cut, what is written is the same and holds no secret.
    #[test]
    fn chunks_make_no_difference(
        parts in prop::collection::vec(prop_oneof![
            Just("hunter22".to_owned()), Just("grüße-öl".to_owned()), Just("\r\n".to_owned()),
            Just(" password ".to_owned()), "[ -~]{0,12}",
        ], 0..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let text = format!("{}\r\n", parts.concat());
        let mut places: Vec<usize> = cuts.iter().map(|c| c.index(text.len())).collect();
        places.push(text.len());
        places.sort_unstable();
        let strip = |log: String| -> Vec<String> {
            log.lines().skip(1).map(|l| l.splitn(3, ' ').nth(2).unwrap().to_owned()).collect()
        };
        let whole = strip(written(secrets(), |e| e.received(&text)));
        let pieces = strip(written(secrets(), |e| {
            let mut from = 0;
            for place in places {
                if let Some(piece) = text.get(from..place) {
                    e.received(piece);
                    from = place;
                }
            }
        }));
        prop_assert!(whole.iter().all(|l| !l.contains("hunter22") && !l.contains("grüße-öl")));
        prop_assert_eq!(whole, pieces);
    }
}
