//! Questions of the device that no table knows: never answered, and put before a person.

use iosxe_lab::{EventKind, Fault};

use super::support::{Bench, Ran, c9300, wait_for};
use super::upgrade;

fn asking(moment: &str) -> Bench {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.set_fault(
        "sw-a",
        Fault {
            kind: "unknown_prompt".into(),
            at: moment.into(),
            times: None,
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

/// What was told, without the device's own time.
fn told(bench: &Bench, ran: &Ran) -> String {
    let text = bench.told(ran);
    let (head, tail) = text.split_once(" since ").unwrap();
    let (_, tail) = tail.split_once(" UTC 20").unwrap();
    format!("{head} since <when>{}", &tail[2..])
}

#[test]
fn an_unknown_question_of_the_activation_holds_the_device_and_is_shown() {
    let bench = asking("install_activate");
    let ran = bench.run(&upgrade("sw-a"));
    insta::assert_snapshot!(told(&bench, &ran), @r"
    exit 3
    sw-a: held in upgrade: the device asks `Peer license quorum is not reached. Continue with detached entitlement? (yes/[no]):` while install activate auto-abort-timer 120; a look finds the device still busy with install_activate since <when>; should it go on by itself, it goes back 120 min later unless it is committed [unknown_question]
      next: no answer is ever guessed: type the command on the device, answer there by hand, then resume: `install activate auto-abort-timer 120`
    ");
    let last = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(bench.redact(last), @"resume with: iosxe resume <run>");
    assert_not_answered(&bench);
    let row = bench.table();
    assert_eq!(row.cell("sw-a", "status"), "held");
    let error = row.cell("sw-a", "last_error");
    assert!(error.contains("detached entitlement?"), "{error}");

    // As long as nobody has dealt with it, nothing is sent a second time.
    let again = bench.run(&["resume"]);
    assert_eq!((again.code, told(&bench, &again)), (3, told(&bench, &ran)));
    let typed = typed(&bench);
    let activations = typed.iter().filter(|l| l.starts_with("install activate"));
    assert_eq!(activations.count(), 1);
    assert!(!bench.happened("sw-a", EventKind::InstallActivate));
}

#[test]
fn so_does_one_of_the_add_also_among_all_devices() {
    let bench = asking("install_add");
    let ran = bench.run(&super::UPGRADE);
    insta::assert_snapshot!(told(&bench, &ran), @r"
    exit 3
    sw-a: held in transfer: the device asks `Peer license quorum is not reached. Continue with detached entitlement? (yes/[no]):` while install add file flash:cat9k_iosxe.17.12.04.SPA.bin; a look finds the device still busy with install_add since <when> [unknown_question]
      next: no answer is ever guessed: type the command on the device, answer there by hand, then resume: `install add file flash:cat9k_iosxe.17.12.04.SPA.bin`
    ");
    assert_not_answered(&bench);
    assert!(!bench.happened("sw-a", EventKind::InstallAdd));
}

/// It is activated, and its timer runs.
#[test]
fn one_of_the_commit_is_shown_with_the_time_of_the_way_back() {
    let bench = asking("install_commit");
    let ran = bench.run(&upgrade("sw-a"));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "held");
    let message = device["fault"]["message"].as_str().unwrap();
    assert!(message.contains("detached entitlement?"), "{message}");
    assert!(
        message.contains("the device goes back by itself at 20"),
        "{message}"
    );
    assert!(!device["auto_abort_deadline"].is_null());
    assert_not_answered(&bench);

    // Nobody came: its timer took it back, which is found out and no more (design rule 7).
    wait_for("the way back", || {
        bench.count("sw-a", EventKind::ReloadEnd) == 2
    });
    let ran = bench.run(&["resume"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let device = ran.device("sw-a");
    let message = device["fault"]["message"].as_str().unwrap();
    assert!(message.contains("went back by itself"), "{message}");
    assert_eq!(device["running"], "17.09.04a");
    assert!(!bench.happened("sw-a", EventKind::InstallCommit));
    assert!(!bench.happened("sw-a", EventKind::InstallAbort));
}
