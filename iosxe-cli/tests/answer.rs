//! A question that no table knows stops one device: its session is kept open, and a person answers it
//! from another terminal.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{EventKind, Fault};
use serde_json::Value;

use support::{Bench, Running, c9300, fault, wait_for};

/// `sw-a` asks something during its activation, `sw-b` does not; a person has half a minute.
fn asking() -> Bench {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    bench.add_to_configuration("[policy]\nanswer_within = 18000");
    let question = Fault {
        at: "install_activate".into(),
        ..fault("unknown_prompt")
    };
    bench.set_fault("sw-a", question);
    bench
}

fn start(bench: &Bench) -> Running {
    bench.start(&["upgrade", "--all", "--approve", "auto", "--output", "json"])
}

/// How the status tells of a device, without touching it.
fn status(bench: &Bench, name: &str) -> Value {
    bench.run(&["status", "--output", "json"]).device(name)
}

fn wait_for_question(bench: &Bench) -> Value {
    let mut asked = Value::Null;
    wait_for("the question", || {
        if !bench.path("journal.db").exists() {
            return false;
        }
        let devices = bench.run(&["status", "--output", "json"]).devices();
        let found = devices.iter().find(|d| d["name"] == "sw-a");
        asked = found.map_or(Value::Null, |d| d["fault"].clone());
        asked["code"] == "unknown_question"
    });
    asked
}

#[test]
fn the_answer_is_typed_into_the_session_that_asked_and_the_upgrade_goes_on() {
    let bench = asking();
    let running = start(&bench);
    let asked = wait_for_question(&bench);
    let message = asked["message"].as_str().unwrap();
    assert!(message.contains("Peer license quorum"), "{message}");
    let remedy = asked["remedy"].as_str().unwrap();
    assert!(remedy.ends_with("`iosxe answer sw-a TEXT`"), "{remedy}");
    assert_eq!(status(&bench, "sw-a")["outcome"], "in_progress");
    // The other device is none the worse for it.
    wait_for("the other device's end", || {
        status(&bench, "sw-b")["outcome"] == "upgraded"
    });

    let answered = bench.run(&["answer", "sw-a", "yes", "--output", "json"]);
    assert_eq!(answered.code, 0, "{}", answered.stderr);
    assert_eq!(answered.device("sw-a")["outcome"], "upgraded");
    let ran = running.finish();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("iosxe answer"), "{}", ran.stderr);
    assert_eq!(bench.sent("sw-a", "install activate"), 1);
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 1);
    assert_eq!(bench.truth("sw-a")["committed_version"], "17.12.04");
    let runs = bench.path("runs").join(ran.run_name());
    let report = std::fs::read_to_string(runs.join("report.html")).unwrap();
    assert!(report.contains("Peer license quorum"));
    assert!(report.contains("answer `yes`"));
}

#[test]
fn an_answer_that_the_device_takes_for_a_no_ends_with_its_words() {
    let bench = asking();
    let running = start(&bench);
    wait_for_question(&bench);
    let answered = bench.run(&["answer", "sw-a", "no", "--reason", "not tonight"]);
    assert_eq!(answered.code, 1, "{}", answered.stderr);
    let ran = running.finish();
    let fault = &ran.device("sw-a")["fault"];
    assert_eq!(fault["code"], "install_failed");
    let message = fault["message"].as_str().unwrap();
    assert!(message.contains("Operation is not confirmed"), "{message}");
    assert_eq!(bench.sent("sw-a", "install activate"), 1);
}

#[test]
fn nothing_is_typed_where_nobody_asked_or_nobody_listens() {
    let bench = asking();
    let running = start(&bench);
    wait_for_question(&bench);
    let line = bench.run(&["answer", "sw-a", "yes\nreload"]);
    assert_eq!(line.code, 2, "{}", line.stderr);
    let other = bench.run(&["answer", "sw-b", "yes"]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    assert!(
        other.stderr.contains("stands at no question")
            || other.stderr.contains("no run has changed"),
        "{}",
        other.stderr
    );
    // With the process goes its session.
    running.kill_at("now", || true);
    let late = bench.run(&["answer", "sw-a", "yes"]);
    assert_eq!(late.code, 2, "{}", late.stderr);
    assert!(
        late.stderr.contains("no process keeps a conversation"),
        "{}",
        late.stderr
    );
    let truth = bench.truth("sw-a");
    assert_eq!(truth["running_version"], "17.09.04a");
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 0);
}
