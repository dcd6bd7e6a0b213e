//! A session that ends at every kind of byte of an install conversation: what became of the command is
//! found out by looking, and a command that took effect is never sent again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{EventKind, Fault};

use support::{Bench, device, fault};

/// A command, the text behind which the session ends, and how often the device has received the command
/// in the end: once when it never got it or went on without us, twice when it gave it up with the session.
struct Loss {
    command: &'static str,
    after: &'static str,
    received: usize,
}

const fn loss(command: &'static str, after: &'static str, received: usize) -> Loss {
    Loss {
        command,
        after,
        received,
    }
}

const ADD: &str = "install add file";
const ACTIVATE: &str = "install activate";
const COMMIT: &str = "install commit";
const ABORT: &str = "install abort";

const FORTH: [Loss; 19] = [
    // The echo: its first byte, its middle, its end.
    loss(ADD, "#i", 1),
    loss(ADD, "install add fi", 1),
    loss(ADD, "SPA.bin", 1),
    // The first line of the answer, its middle, the verdict, what follows it.
    loss(ADD, "install_add: ST", 2),
    loss(ADD, "--- Starting Add", 1),
    loss(ADD, "SUCCESS: install_a", 1),
    loss(ADD, "SUCCESS: install_add ... \n", 1),
    loss(ADD, "SUCCESS: install_add ... #", 1),
    loss(ACTIVATE, "install ac", 1),
    loss(ACTIVATE, "install_activate: ST", 2),
    // The question, and the echo of its answer.
    loss(ACTIVATE, "Do you want to proceed? [y/n]", 2),
    loss(ACTIVATE, "Do you want to proceed? [y/n]y", 2),
    loss(ACTIVATE, "--- Starting Activate", 1),
    loss(ACTIVATE, "SUCCESS: install_activate", 1),
    loss(COMMIT, "install c", 1),
    loss(COMMIT, "install_commit: ST", 2),
    loss(COMMIT, "--- Starting Commit", 1),
    loss(COMMIT, "SUCCESS: install_com", 1),
    loss(COMMIT, "SUCCESS: install_commit ... #", 1),
];

const BACK: [Loss; 5] = [
    loss(ABORT, "install ab", 1),
    loss(ABORT, "install_abort: ST", 2),
    loss(ABORT, "install_abort ... proceed? [y/n]", 2),
    loss(ABORT, "--- Starting Abort", 1),
    loss(ABORT, "SUCCESS: install_ab", 1),
];

/// Upgrades one device for each loss, and holds the lab's timeline against it.
fn lose(losses: &[Loss], outcome: &str, prepare: impl Fn(&Bench, &str)) {
    let name = |n: usize| format!("sw-{n:02}");
    let devices = (0..losses.len()).map(|n| device(&name(n), "C9300-24P"));
    let bench = Bench::new(devices.collect());
    for (n, loss) in losses.iter().enumerate() {
        let cut = Fault {
            at: loss.after.into(),
            ..fault("session_cut")
        };
        bench.set_fault(&name(n), cut);
        prepare(&bench, &name(n));
    }
    let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    for (n, loss) in losses.iter().enumerate() {
        let (name, after) = (name(n), loss.after);
        let told = ran.device(&name);
        assert_eq!(told["outcome"], outcome, "{name} {after:?}: {told}");
        let struck = |e: &iosxe_lab::Event| {
            e.device == name && e.kind == EventKind::Fault && e.detail["kind"] == "session_cut"
        };
        let cuts = bench.timeline().iter().filter(|e| struck(e)).count();
        assert_eq!(cuts, 1, "{name} {after:?}: the session was not cut");
        let received = bench.sent(&name, loss.command);
        assert_eq!(received, loss.received, "{name} {after:?}");
        assert_eq!(bench.count(&name, EventKind::InstallAdd), 1, "{name}");
        assert_eq!(bench.count(&name, EventKind::InstallActivate), 1, "{name}");
        let kept = usize::from(outcome == "upgraded");
        assert_eq!(bench.count(&name, EventKind::InstallCommit), kept, "{name}");
        let back = bench.count(&name, EventKind::InstallAbort);
        assert_eq!(back, 1 - kept, "{name} {after:?}");
        let runs = if kept == 1 { "17.12.04" } else { "17.09.04a" };
        let truth = bench.truth(&name);
        assert_eq!(truth["running_version"], runs, "{name} {after:?}");
        assert_eq!(truth["committed_version"], runs, "{name} {after:?}");
    }
}

#[test]
fn wherever_it_is_lost_on_the_way_forth_each_command_takes_effect_once() {
    lose(&FORTH, "upgraded", |_, _| {});
}

#[test]
fn wherever_it_is_lost_on_the_way_back_each_command_takes_effect_once() {
    lose(&BACK, "rolled_back", |bench, name| {
        bench.set_fault(name, fault("interface_down_after_upgrade"));
    });
}
