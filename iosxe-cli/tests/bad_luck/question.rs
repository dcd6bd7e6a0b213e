//! Questions of the device that no table knows: never answered, and put before a person.

use iosxe_lab::{EventKind, Fault};

use super::support::{Bench, c9300};
use super::upgrade;

fn asking(moment: &str) -> Bench {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.set_fault(
        "sw-a",
        Fault {
            kind: "unknown_prompt".into(),
            at: moment.into(),
            // At every try, until somebody has dealt with it.
            times: Some(0),
        },
    );
    bench
}

/// What was typed at the device.
fn typed(bench: &Bench) -> Vec<String> {
    let events = bench.timeline().into_iter();
    let commands = events.filter(|e| e.kind == EventKind::Command);
    commands
        .map(|e| e.detail["line"].as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn assert_not_answered(bench: &Bench) {
    for line in typed(bench) {
        assert!(!["", "y", "n", "yes", "no"].contains(&line.as_str()));
    }
}

#[test]
fn an_unknown_question_of_the_activation_holds_the_device_and_is_shown() {
    let bench = asking("install_activate");
    let ran = bench.run(&upgrade("sw-a"));
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: held in upgrade: the device asks `Peer license quorum is not reached. Continue with detached entitlement? (yes/[no]):` during install activate auto-abort-timer 120; a look finds activate fail in the device's history; should it go on by itself, it goes back 120 min later unless it is committed [unknown_question]
      next: no answer is ever guessed: type the command on the device, answer there by hand, then resume: `install activate auto-abort-timer 120`
    ");
    let last = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(bench.redact(last), @"resume with: iosxe resume <run>");
    assert_not_answered(&bench);
    let row = bench.table();
    assert_eq!(row.cell("sw-a", "status"), "held");
    let error = row.cell("sw-a", "last_error");
    assert!(error.contains("detached entitlement?"), "{error}");

    // As long as nobody has dealt with it, a resume is asked the same, and answers nothing.
    let again = bench.run(&["resume"]);
    assert_eq!((again.code, bench.told(&again)), (3, bench.told(&ran)));
    let typed = typed(&bench);
    let activations = typed.iter().filter(|l| l.starts_with("install activate"));
    assert_eq!(activations.count(), 2);
    assert!(!bench.happened("sw-a", EventKind::InstallActivate));
}

#[test]
fn so_does_one_of_the_add_also_among_all_devices() {
    let bench = asking("install_add");
    let ran = bench.run(&super::UPGRADE);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: held in transfer: the device asks `Peer license quorum is not reached. Continue with detached entitlement? (yes/[no]):` during install add file flash:cat9k_iosxe.17.12.04.SPA.bin; a look finds add fail in the device's history [unknown_question]
      next: no answer is ever guessed: type the command on the device, answer there by hand, then resume: `install add file flash:cat9k_iosxe.17.12.04.SPA.bin`
    ");
    assert_not_answered(&bench);
    assert!(!bench.happened("sw-a", EventKind::InstallAdd));
}

/// It is activated, and its timer runs: it waits for a person, and is taken back while there is time
/// (design rule 5).
#[test]
fn one_of_the_commit_is_shown_with_the_time_of_the_way_back() {
    let bench = asking("install_commit");
    let ran = bench.run(&upgrade("sw-a"));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let held = ran.stderr.lines().find(|l| l.contains("sw-a: held: "));
    let held = held.unwrap();
    assert!(held.contains("detached entitlement?"), "{held}");
    assert!(
        held.contains("the device goes back by itself at 20"),
        "{held}"
    );
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "rolled_back");
    assert_eq!(device["running"], "17.09.04a");
    let message = device["fault"]["message"].as_str().unwrap();
    assert!(message.ends_with("nobody answered in time"), "{message}");
    assert_not_answered(&bench);
    assert!(!bench.happened("sw-a", EventKind::InstallCommit));
    assert!(bench.happened("sw-a", EventKind::InstallAbort));
}
