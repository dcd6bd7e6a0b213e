//! A device of 16.12: SHA-1 key exchange, `ssh-rsa`, nothing else.

use iosxe_core::event::Event;
use iosxe_core::ids::RunId;
use iosxe_lab::EventKind;
use iosxe_workflow::journal;

use super::support::Bench;
use super::{UPGRADE, events, lab, outcome, session_log};

const OLD: &str = r#"
[[device]]
name = "old-a"
pid = "C9300-48P"
version = "16.12.05"
target_version = "17.12.04"
ssh = "legacy"
"#;

fn allow(bench: &Bench, pattern: &str) {
    bench.add_to_configuration(&format!(
        "[[ssh]]\nmatch = \"{pattern}\"\nprofile = \"legacy\""
    ));
}

#[test]
fn it_is_refused_in_one_sentence_that_says_how_to_allow_it() {
    let bench = lab(OLD);
    // What is allowed for others is not allowed for it.
    allow(&bench, "new-*");
    let ran = bench.run(&["upgrade", "--limit", "old-a", "--approve", "auto"]);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r#"
    exit 3
    old-a: refused in discover: <address of old-a> offers no algorithm that the profile allows: key exchange, host key, cipher or MAC, libssh2 does not say which [no_common_algorithm]
      next: if the device speaks only old algorithms, allow them for it: `[[ssh]] match = "NAME", profile = "legacy"`
    "#);
}

#[test]
fn with_the_profile_it_is_upgraded_and_every_use_is_on_record() {
    let bench = lab(OLD);
    allow(&bench, "old-*");
    let ran = bench.run(&UPGRADE);
    assert_eq!(outcome(&ran, "old-a"), "upgraded", "{}", ran.stderr);
    assert_eq!(ran.code, 0);
    assert_eq!(bench.count("old-a", EventKind::InstallCommit), 1);

    // Once in the run's record, which is what a report is made of …
    let told: Vec<_> = events(&ran, "warned")
        .into_iter()
        .filter(|e| e["event"]["code"] == "legacy_algorithms")
        .collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    let message = told[0]["event"]["message"].as_str().unwrap();
    assert!(message.contains("sha1, ssh-rsa"), "{message}");
    let run = told[0]["run"].as_str().unwrap();
    assert_eq!(kept(&bench, run), [message]);

    // … and at each session in the evidence: shells, and the transfer.
    let log = session_log(&bench, "old-a");
    let sessions = log.matches("connected to ").count() + log.matches("transfer session").count();
    assert!(sessions >= 2, "{log}");
    let allowed = log.matches("legacy SSH algorithms (SHA-1, CBC) are allowed");
    assert!(allowed.count() >= sessions, "{log}");
}

/// The warnings of that kind in the journal.
fn kept(bench: &Bench, run: &str) -> Vec<String> {
    let url = format!("sqlite:{}", bench.path("journal.db").display());
    let records = bench.wait(async {
        let journal = journal::open_reader(&url).await.unwrap();
        journal.read(&RunId::new(run), 0).await.unwrap()
    });
    let warned = records.into_iter().filter_map(|r| match r.event {
        Event::Warned { code, message } if code == "legacy_algorithms" => Some(message),
        _ => None,
    });
    warned.collect()
}
