//! Ctrl-C, and a gate that nobody answers.

use iosxe_lab::EventKind;

use super::support::{Bench, Running, c9300, fault, wait_for};
use super::{UPGRADE, upgrade};

/// Two devices, one after the other, so that the second has not begun when the first is stopped.
fn one_at_a_time() -> Bench {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    bench.configure(|text| text.replace("devices = 8", "devices = 1"));
    bench
}

fn last_line(bench: &Bench, stderr: &str) -> String {
    bench.redact(stderr.lines().last().unwrap())
}

#[test]
fn ctrl_c_during_the_transfer_stops_it_and_the_run_can_be_resumed() {
    let bench = Bench::with(vec![c9300("sw-a")], |options| options.image_bytes = 4 << 20);
    bench.set_fault("sw-a", fault("slow_link"));
    let running = bench.start(&UPGRADE);
    running.wait_stderr("MB sent");
    running.interrupt();
    let ran = running.finish();

    assert_eq!(ran.code, 4, "{}", ran.stderr);
    insta::assert_snapshot!(last_line(&bench, &ran.stderr), @"resume with: iosxe resume <run>");
    assert!(!bench.happened("sw-a", EventKind::FileReceived));
    assert!(!bench.happened("sw-a", EventKind::InstallAdd));
    assert_eq!(ran.device("sw-a")["outcome"], "in_progress");
}

/// Design rule 3.
#[test]
fn ctrl_c_after_the_activation_carries_that_device_to_its_commit_and_starts_no_other() {
    let bench = one_at_a_time();
    let running = bench.start(&UPGRADE);
    wait_for("the activation of sw-a", || {
        bench.happened("sw-a", EventKind::InstallActivate)
    });
    running.interrupt();
    let ran = running.finish();

    assert_eq!(ran.code, 4, "{}", ran.stderr);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 4
    sw-a: upgraded in close
    sw-b: not_started in discover
    ");
    insta::assert_snapshot!(last_line(&bench, &ran.stderr), @"resume with: iosxe resume <run>");
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
    bench.assert_only_read_on(|name| name == "sw-b");

    let resume = resume_command(&ran.stderr);
    let ran = bench.run(&resume.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json()["counts"]["upgraded"], 2);
    for name in ["sw-a", "sw-b"] {
        assert_eq!(bench.count(name, EventKind::InstallActivate), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::InstallCommit), 1, "{name}");
    }
}

/// The arguments of the command that stands last on standard error.
fn resume_command(stderr: &str) -> Vec<String> {
    let line = stderr.lines().last().unwrap();
    let command = line.strip_prefix("resume with: iosxe ").unwrap();
    command.split(' ').map(str::to_owned).collect()
}

/// Design rule 3.
#[test]
fn a_second_ctrl_c_leaves_at_once_with_the_deadline_and_what_to_type() {
    let bench = one_at_a_time();
    let running = bench.start(&UPGRADE);
    // Back on the new release: its deadline is read from it, and the watch before the commit begins.
    running.wait_stderr("goes back by itself at");
    interrupt_twice(&running);
    let ran = running.finish();

    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let end: Vec<_> = ran.stderr.lines().rev().take(2).collect();
    let end: Vec<_> = end.into_iter().rev().collect();
    insta::assert_snapshot!(bench.redact(&end.join("\n")), @r"
    sw-a: activated, not committed; it goes back to 17.09.04a by itself at <date> <time> UTC. To keep 17.12.04: sw-a# install commit    To go back now: sw-a# install abort
    resume with: iosxe resume <run>
    ");
    assert!(!bench.happened("sw-a", EventKind::InstallCommit));
    assert!(!ran.device("sw-a")["auto_abort_deadline"].is_null());
    bench.assert_only_read_on(|name| name == "sw-b");

    let resume = resume_command(&ran.stderr);
    let ran = bench.run(&resume.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 1);
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
}

/// Design rule 3, for a device whose timer nobody could read: it never comes back.
#[test]
fn a_second_ctrl_c_tells_the_deadline_also_before_the_device_has_told_it() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.set_fault("sw-a", fault("never_returns"));
    let running = bench.start(&upgrade("sw-a"));
    running.wait_stderr("away, reloading");
    interrupt_twice(&running);
    let ran = running.finish();

    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let line = open_line(&ran.stderr);
    insta::assert_snapshot!(bench.redact(line), @"sw-a: its activation was sent at <date> <time> UTC, its timer of 120 min was not read back; unless it is committed by <date> <time> UTC at the latest it goes back to 17.09.04a by itself. To keep 17.12.04, once it is back: sw-a# install commit    To go back now: sw-a# install abort");
    assert_eq!(seconds_to_go(line), Some(120 * 60 / 600));
    assert_eq!(ran.device("sw-a")["auto_abort_deadline_from"], "asked");

    // Whoever takes it over is told the same before anything else, and at the end again.
    let by_hand = bench.start(&["commit", "sw-a", "--reason", "the window closes"]);
    by_hand.wait_stderr("taken over by tester: commit now: the window closes");
    assert_eq!(open_line(&by_hand.stderr()), line);
    interrupt_twice(&by_hand);
    let ran = by_hand.finish();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let told = ran.stderr.lines().filter(|l| *l == line).count();
    assert_eq!(told, 2, "{}", ran.stderr);
    insta::assert_snapshot!(last_line(&bench, &ran.stderr), @"resume with: iosxe resume <run>");
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 1);
}

fn open_line(stderr: &str) -> &str {
    let mut lines = stderr.lines();
    lines
        .find(|l| l.contains("its activation was sent"))
        .unwrap()
}

/// Seconds of wall time between the two instants of the line.
fn seconds_to_go(line: &str) -> Option<i64> {
    let instants: Vec<jiff::Timestamp> = line
        .split(" UTC")
        .filter_map(|part| {
            let at = part.get(part.len().checked_sub(19)?..)?;
            format!("{}Z", at.replace(' ', "T")).parse().ok()
        })
        .collect();
    match instants.as_slice() {
        [sent, back] => Some(back.duration_since(*sent).as_secs()),
        _ => None,
    }
}

fn interrupt_twice(running: &Running) {
    running.interrupt();
    running.wait_stderr("once more leaves at once");
    running.interrupt();
}

#[test]
fn without_a_terminal_the_gate_needs_the_flag_that_answers_it() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let told = [
        bench.told(&bench.run(&["upgrade", "--all"])),
        bench.told(&bench.run(&["upgrade", "--all", "--approve", "prompt"])),
    ];
    bench.assert_no_contact();
    insta::assert_snapshot!(told.join("\n\n"), @r"
    exit 3
    error: the gate would ask, and standard input is no terminal [needs_terminal]
      next: say how gates are answered: `--approve auto|wait`

    exit 3
    error: the gate would ask, and standard input is no terminal [needs_terminal]
      next: say how gates are answered: `--approve auto|wait`
    ");
}

/// What is wrong with the input is told before the missing flag: it would be in vain.
#[test]
fn bad_input_is_told_before_the_flag_that_is_missing() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    for arguments in [
        &["upgrade", "--limit", "nope"][..],
        &["upgrade", "--limit", "foo=1"],
        &["upgrade", "--plan", "nofile"],
        &["upgrade", "--all", "--inventory", "nofile.csv"],
    ] {
        let ran = bench.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
    }
    bench.assert_no_contact();
}

#[test]
fn a_gate_that_waits_says_what_answers_it() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.run(&["upgrade", "--limit", "sw-a", "--approve", "wait"]);
    assert!(!bench.happened("sw-a", EventKind::InstallActivate));
    let plan = bench.table().cell("sw-a", "plan").to_owned();
    insta::assert_snapshot!(bench.told(&ran).replace(&plan, "<plan>"), @r"
    exit 3
    sw-a: held in approve: plan <plan> waits for approval [approval]
      next: write `approved by NAME <plan>` into the `approval` cell of sw-a, or type `iosxe approve RUN sw-a --plan-hash <plan>`, then resume
    ");
    insta::assert_snapshot!(last_line(&bench, &ran.stderr), @"resume with: iosxe resume <run>");

    // The words that it asks for open the gate, and no others.
    bench.edit(|table| table.set("sw-a", "approval", "approved by Maria 00000000"));
    let ran = bench.run(&["resume"]);
    insta::assert_snapshot!(bench.told(&ran).replace(&plan, "<plan>"), @r"
    exit 3
    sw-a: held in approve: plan <plan> waits for approval [approval]
      next: the `approval` cell approves plan 00000000, another one: write `approved by NAME <plan>` into the `approval` cell of sw-a, or type `iosxe approve RUN sw-a --plan-hash <plan>`, then resume
    ");
    bench.edit(|table| table.set("sw-a", "approval", "approved by Maria"));
    let ran = bench.run(&["resume"]);
    assert_eq!(ran.code, 3);
    let warned = "`approved by Maria` is no approval: write `approved by NAME HASH8`";
    assert!(ran.stderr.contains(warned), "{}", ran.stderr);
    assert!(!bench.happened("sw-a", EventKind::InstallActivate));
    bench.edit(|table| table.set("sw-a", "approval", &format!("approved by Maria {plan}")));
    let ran = bench.run(&["resume"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
}

#[test]
fn a_device_that_is_held_back_is_not_even_greeted() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.edit(|table| table.set("sw-a", "hold", "yes"));
    let ran = bench.run(&upgrade("sw-a"));
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: held in discover: the row says hold [hold]
      next: clear the `hold` cell when the device may be worked on
    ");
}
