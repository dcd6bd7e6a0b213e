//! What a person sees and types: questions, and bars that keep out of their way.

use iosxe_lab::EventKind;

use super::support::{Bench, Terminal, c9300, fault, wait_for};

const ASKED: &str = "activate now? The device reloads. [y]es, [a]ll, [n]o: ";

fn upgrade_all(bench: &Bench, columns: u16) -> Option<Terminal> {
    Terminal::start(&bench.command(&["upgrade", "--all"]), columns)
}

/// One device asks while the image is still on its way to the other.
#[test]
fn a_question_stands_alone_until_it_is_answered_and_the_next_one_follows() {
    let bench = Bench::with(vec![c9300("sw-a"), c9300("sw-b")], |options| {
        options.image_bytes = 2 << 20;
    });
    bench.set_fault("sw-b", fault("slow_link"));
    let Some(mut terminal) = upgrade_all(&bench, 80) else {
        return;
    };
    terminal.wait(&format!("sw-a: {ASKED}"));
    assert!(
        !bench.happened("sw-b", EventKind::FileReceived),
        "sw-b is to be at work while the question stands"
    );
    wait_for("the image on sw-b", || {
        bench.happened("sw-b", EventKind::InstallAdd)
    });
    // Its plan stands above, and nothing was drawn over either.
    assert_eq!(terminal.seen_behind(ASKED), "");
    let seen = terminal.seen();
    let (above, _) = seen.rsplit_once(ASKED).unwrap();
    let (_, plan) = above.rsplit_once("\u{1b}").unwrap_or(("", above));
    assert!(plan.contains("sw-a# install commit"), "{plan}");

    terminal.keys("y\n");
    terminal.wait(&format!("sw-b: {ASKED}"));
    terminal.keys("n\n");
    let ran = terminal.finish();
    // What was rejected stays as it is.
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
    assert!(!bench.happened("sw-b", EventKind::InstallActivate));
    assert!(ran.stdout.contains("tester rejected the plan"));
}

#[test]
fn ctrl_c_at_the_question_ends_a_run_that_has_activated_nothing() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    let Some(mut terminal) = upgrade_all(&bench, 150) else {
        return;
    };
    terminal.wait(ASKED);
    terminal.interrupt();
    let ran = terminal.finish();
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    for name in ["sw-a", "sw-b"] {
        assert!(!bench.happened(name, EventKind::InstallActivate));
    }
    let last = ran.stdout.lines().last().unwrap();
    insta::assert_snapshot!(bench.redact(last), @"resume with: iosxe resume <run>");

    // The question is put again.
    let Some(mut terminal) = Terminal::start(&bench.command(&["resume"]), 150) else {
        return;
    };
    terminal.wait(ASKED);
    terminal.keys("a\n");
    assert_eq!(terminal.finish().code, 0);
    for name in ["sw-a", "sw-b"] {
        assert_eq!(bench.count(name, EventKind::InstallCommit), 1);
    }
}

#[test]
fn a_second_ctrl_c_leaves_at_once_also_while_a_question_stands() {
    let bench = Bench::with(vec![c9300("sw-a"), c9300("sw-b")], |o| o.speed = 240.0);
    bench.add_to_configuration("[policy]\nauto_abort = 36000\nsoak = 28800");
    bench.set_fault("sw-b", fault("slow_link"));
    let Some(mut terminal) = upgrade_all(&bench, 80) else {
        return;
    };
    terminal.wait(&format!("sw-a: {ASKED}"));
    terminal.keys("y\n");
    terminal.wait(&format!("sw-b: {ASKED}"));
    wait_for("sw-a on its new release", || {
        bench.count("sw-a", EventKind::ReloadEnd) == 1
    });
    terminal.interrupt();
    // sw-a has hours to go: this alone ends nothing.
    terminal.wait("once more leaves at once");
    terminal.interrupt();
    let ran = terminal.finish();
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("sw-a# install commit"),
        "{}",
        ran.stdout
    );
    assert!(!bench.happened("sw-a", EventKind::InstallCommit));
    assert!(!bench.happened("sw-b", EventKind::InstallActivate));
}

/// A line that is wider than the terminal is drawn on two, and one of them is never wiped.
#[test]
fn bars_fit_the_terminal_and_show_the_stage() {
    let bench = Bench::with(vec![c9300("sw-distribution-24")], |options| {
        options.image_bytes = 1 << 20;
    });
    bench.set_fault("sw-distribution-24", fault("slow_link"));
    let command = bench.command(&["upgrade", "--all", "--approve", "auto"]);
    let Some(terminal) = Terminal::start(&command, 80) else {
        return;
    };
    terminal.wait("of 1.00 MiB");
    terminal.wait("upgrade    waiting for the device to come back");
    let ran = terminal.finish();
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let frames = frames(&ran.stdout);
    let sending = frames.iter().filter(|l| l.contains("of 1.00 MiB")).count();
    assert!(sending > 1, "{frames:#?}");
    // The line of the device and the line of the run, each filled up to the edge.
    for frame in frames {
        assert!(frame.chars().count() <= 2 * 80, "`{frame}`");
    }
}

/// What was drawn at a time, without the movements of the cursor: it begins with a spinner.
fn frames(seen: &str) -> Vec<String> {
    let pieces = seen.split('\u{1b}').map(|piece| {
        let text = piece.split_once(['A', 'B', 'K']);
        text.map_or(piece, |(_, text)| text)
    });
    let drawn = pieces.filter(|p| p.starts_with(['-', '\\', '|', '/']));
    drawn.map(str::to_owned).collect()
}
