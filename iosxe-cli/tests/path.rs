//! A release that has to come before the target: two upgrades, each with its plan and its approval.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{DeviceSpec, EventKind};

use support::upgrades::{upgrade, upgrading};
use support::{Bench, VIA_17_9, fault, wait_for};

/// One device two trains below its target, and another whose target is the release between.
fn bench(between: &str) -> Bench {
    let device = |name: &str, from: &str, to: &str| {
        let mut spec = DeviceSpec::new(name, "C9300-24P", from);
        spec.target_version = Some(to.into());
        spec
    };
    let bench = Bench::new(vec![
        device("sw-a", "17.06.05", "17.12.04"),
        device("sw-b", "17.06.05", between),
    ]);
    bench.write("rules.toml", VIA_17_9);
    bench.configure(|text| format!("rules = \"rules.toml\"\n{text}"));
    bench
}

#[test]
fn the_release_between_is_installed_and_committed_first() {
    let bench = bench("17.09.04a");
    let plan = bench.run(&["plan", "--limit", "sw-a", "--output", "table"]);
    assert!(
        plan.stdout.contains("17.06.05 -> 17.09.04a"),
        "{}",
        plan.stdout
    );
    assert!(
        plan.stdout
            .contains("then: 17.12.04, by a plan and an approval of its own"),
        "{}",
        plan.stdout
    );
    assert!(plan.stdout.contains("17.09.04a comes before 17.12.04"));

    let ran = upgrade(&bench, "sw-a");
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(
        (&device["from"], &device["to"], &device["committed"]),
        (&"17.06.05".into(), &"17.12.04".into(), &"17.12.04".into())
    );
    let truth = bench.truth("sw-a");
    assert_eq!(truth["reload_count"], 2);
    assert_eq!(truth["committed_version"], "17.12.04");
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 2);
}

#[test]
fn without_an_image_of_the_release_between_nothing_is_touched() {
    let bench = bench("17.12.04");
    let ran = upgrade(&bench, "sw-a");
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "refused", "{}", ran.stderr);
    let said = device["fault"]["message"].as_str().unwrap();
    assert!(
        said.starts_with("17.09.04a has to come before 17.12.04: "),
        "{said}"
    );
    bench.assert_only_read();
}

#[test]
fn a_gate_that_fails_on_the_second_leg_leaves_the_release_between() {
    let bench = bench("17.09.04a");
    let running = bench.start(&upgrading("sw-a"));
    wait_for("the first commit", || {
        bench.count("sw-a", EventKind::InstallCommit) == 1
    });
    bench.set_fault("sw-a", fault("interface_down_after_upgrade"));
    let ran = running.finish();
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    assert_eq!(
        (&device["from"], &device["to"], &device["running"]),
        (&"17.06.05".into(), &"17.12.04".into(), &"17.09.04a".into())
    );
    let truth = bench.truth("sw-a");
    assert_eq!(truth["committed_version"], "17.09.04a");
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
}

#[test]
fn killed_between_the_upgrades_the_second_follows_and_the_first_is_not_repeated() {
    let bench = bench("17.09.04a");
    let running = bench.start(&upgrading("sw-a"));
    running.kill_at("the first commit", || {
        bench.count("sw-a", EventKind::InstallCommit) == 1
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(device["from"], "17.06.05");
    let truth = bench.truth("sw-a");
    assert_eq!(truth["committed_version"], "17.12.04");
    assert_eq!(truth["reload_count"], 2);
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 2);
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 2);
}
