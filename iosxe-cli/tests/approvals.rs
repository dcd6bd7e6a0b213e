//! Gates answered, and runs stopped, from another terminal.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::EventKind;

use support::{Bench, Ran, c9300};

/// Two devices that wait at their gates, and their run.
fn waiting(configuration: &str) -> (Bench, String) {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    bench.add_to_configuration(configuration);
    let ran = bench.run(&["upgrade", "--all", "--approve", "wait", "--output", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let run = ran.json()["run"].as_str().unwrap().to_owned();
    (bench, run)
}

fn plan_of(bench: &Bench, run: &str, device: &str) -> String {
    let status = bench.run(&["status", run, "--output", "json"]);
    status.device(device)["plan"].as_str().unwrap().to_owned()
}

fn said(bench: &mut Bench, by: &str, arguments: &[&str]) -> Ran {
    bench.environment("USER", by);
    let ran = bench.run(arguments);
    bench.environment("USER", "tester");
    ran
}

#[test]
fn a_plan_that_was_read_is_approved_by_its_hash_and_carried_out_by_a_resume() {
    let (mut bench, run) = waiting("");
    let hash = plan_of(&bench, &run, "sw-a");
    let wrong = bench.run(&["approve", &run, "--plan-hash", "0badcafe"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("no such plan waits in it"),
        "{}",
        wrong.stderr
    );
    let short = bench.run(&["approve", &run, "--plan-hash", &hash[..7]]);
    assert_eq!(short.code, 2);
    let lost = bench.run(&["approve", "no-such-run", "--plan-hash", &hash]);
    assert!(lost.stderr.contains("no_such_run"), "{}", lost.stderr);

    let ran = said(&mut bench, "ann", &["approve", &run, "--plan-hash", &hash]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(&format!("iosxe resume {run}")),
        "{}",
        ran.stderr
    );
    let ran = bench.run(&["resume", &run, "--output", "json"]);
    assert_eq!(ran.code, 3, "the other one waits on: {}", ran.stderr);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded");
    assert_eq!(ran.device("sw-b")["outcome"], "held");
    assert!(ran.stderr.contains("approved by ann"), "{}", ran.stderr);
    assert_eq!(bench.count("sw-b", EventKind::InstallActivate), 0);

    let hash = plan_of(&bench, &run, "sw-b");
    let ran = bench.run(&[
        "reject",
        &run,
        "sw-b",
        "--plan-hash",
        &hash,
        "--reason",
        "not tonight",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = bench.run(&["resume", &run, "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.device("sw-b")["fault"]["code"], "rejected");
    assert_eq!(bench.count("sw-b", EventKind::InstallActivate), 0);
}

#[test]
fn two_persons_approve_where_it_takes_two_and_an_emergency_takes_one() {
    let rules =
        "[approval]\npersons = 2\nnot_the_requester = true\nby = [\"ann\", \"bob\", \"tester\"]\n";
    let (mut bench, run) = waiting(rules);
    let hash = plan_of(&bench, &run, "sw-a");
    let approve = ["approve", &run, "sw-a", "--plan-hash", &hash];
    for (by, why) in [("tester", "started the run"), ("eve", "not among those")] {
        let ran = said(&mut bench, by, &approve);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
    assert_eq!(said(&mut bench, "ann", &approve).code, 0);
    let ran = bench.run(&["resume", &run, "--output", "json"]);
    assert_eq!(ran.device("sw-a")["outcome"], "held", "{}", ran.stderr);
    assert_eq!(said(&mut bench, "bob", &approve).code, 0);
    let ran = bench.run(&["resume", &run, "--output", "json"]);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);

    let ran = bench.run(&[
        "upgrade",
        "--limit",
        "sw-b",
        "--approve",
        "auto",
        "--emergency",
        "the core is down",
        "--output",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report = format!("runs/{}/report.html", ran.json()["run"].as_str().unwrap());
    assert!(bench.read(&report).contains("the core is down"));
}

/// Rule 3: whoever is activated is carried on; the other one stops where it is.
#[test]
fn a_run_is_paused_at_the_next_safe_point_of_each_device() {
    let bench = Bench::with(vec![c9300("sw-a"), c9300("sw-b")], |o| o.speed = 240.0);
    bench.configure(|text| text.replace("devices = 8", "devices = 8\nreloads = 1"));
    bench.add_to_configuration("[waves]\ncanary = 1\n");
    let running = bench.start(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    running.wait_stderr("sw-a: healthy; watched before the commit");
    let status = bench.run(&["status", "--output", "json"]).json();
    let run = status["run"].as_str().unwrap();
    let ran = bench.run(&["pause", run, "--reason", "a storm", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("sw-a: in postcheck, begun"),
        "{}",
        ran.stderr
    );
    let theirs = running.finish();
    assert_eq!(theirs.code, 3, "{}", theirs.stderr);
    assert_eq!(theirs.device("sw-a")["outcome"], "upgraded");
    assert_eq!(theirs.device("sw-b")["fault"]["code"], "paused");
    assert_eq!(bench.count("sw-b", EventKind::InstallActivate), 0);
    let again = bench.run(&["pause", run]);
    assert_eq!(again.code, 2, "{}", again.stderr);
    let ran = bench.run(&["resume", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.device("sw-b")["outcome"], "upgraded");
}

#[test]
fn a_cancelled_run_is_not_taken_on() {
    let (bench, run) = waiting("");
    let ran = bench.run(&[
        "cancel",
        &run,
        "--reason",
        "another release",
        "--output",
        "json",
    ]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let ran = bench.run(&["resume", &run, "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    for name in ["sw-a", "sw-b"] {
        assert_eq!(ran.device(name)["fault"]["code"], "cancelled");
        assert_eq!(bench.count(name, EventKind::InstallActivate), 0);
    }
}
