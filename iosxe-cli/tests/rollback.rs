//! Back to the release before, when the upgrade is committed: over SSH, against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{BootModeSpec, EventKind, Fault};

use support::{Bench, Ran, c9300, device, fault, stack};

fn upgraded(devices: Vec<iosxe_lab::DeviceSpec>, methods: &[(&str, &str)]) -> Bench {
    let bench = Bench::new(devices);
    bench.edit(|table| {
        for (name, method) in methods {
            table.set(name, "want_method", method);
        }
    });
    let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    bench
}

fn rollback(bench: &Bench, which: &[&str]) -> Ran {
    let mut arguments = vec!["rollback", "--approve", "auto", "--output", "json"];
    arguments.extend(which);
    bench.run(&arguments)
}

#[track_caller]
fn assert_back(bench: &Bench, ran: &Ran, name: &str) {
    let told = ran.device(name);
    assert_eq!(told["outcome"], "rolled_back", "{name}: {}", ran.stderr);
    let truth = bench.truth(name);
    for key in ["running_version", "committed_version"] {
        assert_eq!(truth[key], "17.09.04a", "{name}: {truth}");
    }
    for member in truth["members"].as_array().unwrap() {
        assert_eq!(member["version"], "17.09.04a", "{name}: {truth}");
    }
}

#[test]
fn every_method_has_its_way_back_from_behind_the_commit() {
    let mut bundle = device("rt-bundle", "ISR4331/K9");
    bundle.boot_mode = Some(BootModeSpec::Bundle);
    let mut chassis = device("in-service", "C9606R");
    chassis.members = 2;
    let bench = upgraded(
        vec![c9300("three-step"), stack("one-step"), bundle, chassis],
        &[("one-step", "one_step"), ("in-service", "issu")],
    );
    let ran = rollback(&bench, &["--all", "--reason", "the phones are silent"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for name in ["three-step", "one-step", "rt-bundle", "in-service"] {
        assert_back(&bench, &ran, name);
    }
    for name in ["three-step", "one-step", "in-service"] {
        assert_eq!(bench.sent(name, "install rollback to id"), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::Rollback), 1, "{name}");
    }
    let runs = bench.path("runs").join(ran.run_name());
    let report = std::fs::read_to_string(runs.join("report.html")).unwrap();
    assert!(report.contains("install rollback to id"));
    assert!(report.contains("the phones are silent"));
    let again = rollback(&bench, &["--all"]);
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert!(again.stderr.contains("it was taken back already"));
    assert_eq!(bench.sent("three-step", "install rollback to id"), 1);
}

#[test]
fn the_other_devices_of_the_run_are_left_as_they_are() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b"), c9300("sw-c")]);
    bench.set_fault("sw-c", fault("interface_down_after_upgrade"));
    let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.device("sw-c")["outcome"], "rolled_back");
    let before = bench.sent("sw-b", "");
    let ran = rollback(&bench, &["sw-a", "sw-c"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_back(&bench, &ran, "sw-a");
    assert!(ran.stderr.contains("sw-c is rolled_back"), "{}", ran.stderr);
    assert_eq!(bench.sent("sw-b", ""), before, "nobody asked for it");
    assert_eq!(bench.truth("sw-b")["running_version"], "17.12.04");
    let status = bench.run(&["status", "--output", "json"]);
    assert_eq!(status.device("sw-b")["outcome"], "upgraded");
}

/// A redundant pair goes back one after the other, and no wave keeps the next from it.
#[test]
fn partners_and_waves_go_back_one_after_the_other() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    bench.edit(|table| {
        for (name, wave) in [("sw-a", "1"), ("sw-b", "2")] {
            table.set(name, "ha_group", "pair");
            table.set(name, "wave", wave);
        }
    });
    let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let before = bench.timeline().len();
    let ran = rollback(&bench, &["--all"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut away = Vec::new();
    for event in bench.timeline().split_off(before) {
        match event.kind {
            EventKind::ReloadBegin => away.push(event.device.clone()),
            EventKind::ReloadEnd => away.retain(|d| *d != event.device),
            _ => {}
        }
        assert!(away.len() < 2, "both are away");
    }
    for name in ["sw-a", "sw-b"] {
        assert_back(&bench, &ran, name);
    }
}

/// The engine is busy for as long as it is tried; asked for once more, the device goes back.
#[test]
fn a_rollback_that_failed_is_tried_again() {
    let bench = upgraded(vec![c9300("sw-a")], &[]);
    let busy = Fault {
        at: "install_abort".into(),
        times: Some(2),
        ..fault("install_busy")
    };
    bench.set_fault("sw-a", busy);
    let ran = rollback(&bench, &["sw-a"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "dead_letter", "{told}");
    assert_eq!(bench.truth("sw-a")["running_version"], "17.12.04");
    let ran = rollback(&bench, &["sw-a"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_back(&bench, &ran, "sw-a");
    assert_eq!(bench.count("sw-a", EventKind::Rollback), 1);
}

#[test]
fn killed_while_the_device_reloads_a_resume_proves_the_way_back() {
    let bench = upgraded(vec![c9300("sw-a")], &[]);
    let running = bench.start(&["rollback", "sw-a", "--approve", "auto"]);
    running.kill_at("the reload", || {
        bench.count("sw-a", EventKind::Rollback) == 1
    });
    let ran = bench.run(&["resume", "--output", "json"]);
    assert_back(&bench, &ran, "sw-a");
    assert_eq!(bench.sent("sw-a", "install rollback to id"), 1);
}

#[test]
fn nothing_is_taken_back_unasked_or_without_a_yes() {
    let bench = upgraded(vec![c9300("sw-a")], &[]);
    let nobody = bench.run(&["rollback", "sw-a"]);
    assert_eq!(nobody.code, 3, "{}", nobody.stderr);
    assert!(
        nobody.stderr.contains("--approve auto"),
        "{}",
        nobody.stderr
    );
    let unnamed = bench.run(&["rollback", "--approve", "auto"]);
    assert_eq!(unnamed.code, 2, "{}", unnamed.stderr);
    let other = rollback(&bench, &["sw-z"]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    assert_eq!(bench.truth("sw-a")["running_version"], "17.12.04");
    assert_eq!(bench.sent("sw-a", "install rollback"), 0);
}

/// What stands in the way is told with the difference before anything is done, and the device stays.
#[test]
fn unsaved_configuration_is_told_before_anything_is_done() {
    let bench = upgraded(vec![c9300("sw-a")], &[]);
    let run = bench.run(&["status", "--output", "json"]).run_name();
    bench.set_fault("sw-a", fault("unsaved_config"));
    let ran = rollback(&bench, &["sw-a"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "refused", "{told}");
    assert_eq!(told["fault"]["code"], "unsaved_configuration", "{told}");
    let message = told["fault"]["message"].as_str().unwrap();
    assert!(message.contains('+'), "{message}");
    assert_eq!(bench.sent("sw-a", "install rollback to"), 0);
    assert_eq!(bench.truth("sw-a")["running_version"], "17.12.04");
    // Which run is undone, and from when, is said without being asked.
    let of = format!("run {run} of 2");
    assert_eq!(ran.stderr.matches(&of).count(), 2, "{}", ran.stderr);
    // It may be asked for again.
    let again = rollback(&bench, &["sw-a"]);
    assert_eq!(again.code, 3, "{}", again.stderr);
    assert_eq!(
        again.device("sw-a")["fault"]["code"],
        "unsaved_configuration"
    );
}

#[test]
fn the_point_is_asked_once_more_right_before_it_is_taken() {
    let bench = upgraded(vec![c9300("sw-a")], &[]);
    let before = bench.sent("sw-a", "show install rollback id 1");
    let ran = rollback(&bench, &["sw-a"]);
    assert_back(&bench, &ran, "sw-a");
    let asked = bench.sent("sw-a", "show install rollback id 1");
    assert!(asked > before, "{asked} times, {before} before");
}

#[test]
fn the_devices_of_a_saved_plan_go_back_if_they_were_upgraded_by_it() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    let planned = bench.run(&["plan", "--limit", "sw-a", "--save", "plan.json"]);
    assert_eq!(planned.code, 0, "{}", planned.stderr);
    let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = bench.read("plan.json");
    let saved: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hash = saved["devices"][0]["hash"].as_str().unwrap();
    bench.write("other.json", text.replace(hash, &"0".repeat(hash.len())));
    let other = rollback(&bench, &["--plan", "other.json"]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    assert_eq!(bench.sent("sw-a", "install rollback to"), 0);
    let ran = rollback(&bench, &["--plan", "plan.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_back(&bench, &ran, "sw-a");
    assert_eq!(bench.truth("sw-b")["running_version"], "17.12.04");
}
