//! A person takes a device over while another process drives its run (design rule 20).

use iosxe_lab::EventKind;

use super::support::{Bench, Running, c9300};
use super::{UPGRADE, upgrade};

/// A device that is watched for long after its upgrade, and the process that watches it.
fn watched() -> (Bench, Running) {
    let bench = Bench::with(vec![c9300("sw-a"), c9300("sw-b")], |o| o.speed = 240.0);
    bench.add_to_configuration("[policy]\nauto_abort = 36000\nsoak = 28800");
    let running = bench.start(&upgrade("sw-a"));
    running.wait_stderr("healthy; watched before the commit");
    (bench, running)
}

#[test]
fn a_commit_by_hand_is_followed_by_the_process_that_drives_the_run() {
    let (bench, running) = watched();
    let ran = bench.run(&["commit", "sw-a", "--reason", "the window closes"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded");
    let theirs = running.finish();
    assert_eq!(theirs.code, 0, "{}", theirs.stderr);
    assert!(
        theirs.stderr.contains("taken over by tester"),
        "{}",
        theirs.stderr
    );
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
}

#[test]
fn an_abort_by_hand_is_followed_and_is_what_was_wanted() {
    let (bench, running) = watched();
    let ran = bench.run(&["abort", "sw-a", "--reason", "the phones are silent"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "rolled_back");
    let message = device["fault"]["message"].as_str().unwrap();
    assert_eq!(
        message,
        "tester took the device back: the phones are silent"
    );
    // For those who wanted the upgrade it is none.
    let theirs = running.finish();
    assert_eq!(theirs.code, 1, "{}", theirs.stderr);
    assert_eq!(bench.count("sw-a", EventKind::InstallAbort), 1);
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 0);
}

/// The process that was to follow it dies: the command goes on in its place.
#[test]
fn a_decision_that_nobody_is_left_to_follow_is_followed_by_the_command_itself() {
    let (bench, running) = watched();
    running.kill_at("the watch", || true);
    let ran = bench.run(&["commit", "sw-a", "--reason", "the window closes"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded");
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
}

#[test]
fn a_device_with_nothing_to_decide_is_told_as_that() {
    let bench = Bench::with(vec![c9300("sw-a")], |o| o.image_bytes = 4 << 20);
    bench.set_fault("sw-a", super::support::fault("slow_link"));
    let running = bench.start(&UPGRADE);
    running.wait_stderr("MB sent");
    let told = [
        bench.told(&bench.run(&["abort", "sw-a", "--reason", "no"])),
        bench.told(&bench.run(&["commit", "sw-z", "--reason", "no"])),
    ];
    running.interrupt();
    assert_eq!(running.finish().code, 4);
    insta::assert_snapshot!(told.join("\n\n"), @r"
    exit 2
    error: sw-a is in_progress in run <run>: nothing is activated and uncommitted [nothing_to_decide]
      next: look at the run: `iosxe status <run>

    exit 2
    error: no run has changed sw-z [no_such_device]
      next: look at the runs: `iosxe status --all`
    ");
}
