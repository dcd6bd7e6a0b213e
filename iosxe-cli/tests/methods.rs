//! Every method that a row may ask for, forth and back, over SSH against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Topology};
use serde_json::Value;

use support::upgrades::{most_sides_down, releases, upgrade, upgrading, wanting};
use support::{Bench, fault, stack, wait_for};

const TOPOLOGY: &str = include_str!("../../examples/topologies/all-families.toml");

/// Devices of the sample topology with two sides that upgrade in service by the install engine.
const IN_SERVICE: [&str; 3] = ["chassis9400-01", "chassis9600-01", "svl-01"];

/// Those devices, cabled to each other alone, their rows asking for an upgrade in service.
fn in_service() -> Bench {
    let mut devices = Topology::from_toml(TOPOLOGY).unwrap().device;
    devices.retain(|d| IN_SERVICE.contains(&d.name.as_str()));
    for device in &mut devices {
        if let Some(neighbours) = &mut device.neighbours {
            neighbours.retain(|n| IN_SERVICE.contains(&n.device.as_str()));
        }
    }
    wanting(devices, "issu")
}

#[test]
fn in_service_one_side_reloads_after_the_other() {
    let bench = in_service();
    for name in IN_SERVICE {
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "upgraded", "{name}: {}", ran.stderr);
        assert_eq!(device["method"], "issu", "{name}");
        let truth = bench.truth(name);
        assert_eq!(releases(&truth), ["17.12.04", "17.12.04"], "{name}");
        assert_eq!(truth["committed_version"], "17.12.04", "{name}");
        assert_eq!(truth["reload_count"], 0, "{name}: {truth}");
        assert_eq!(bench.count(name, EventKind::Switchover), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::InstallActivate), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::InstallCommit), 1, "{name}");
        assert_eq!(most_sides_down(&bench, name), 1, "{name}");
    }
}

#[test]
fn a_failed_gate_goes_back_in_service_too() {
    let bench = in_service();
    let name = "chassis9600-01";
    let mut down = fault("interface_down_after_upgrade");
    down.at = "issu".into();
    bench.set_fault(name, down);
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    let truth = bench.truth(name);
    assert_eq!(releases(&truth), ["17.09.04a", "17.09.04a"]);
    assert_eq!(bench.count(name, EventKind::InstallAbort), 1);
    assert_eq!(bench.count(name, EventKind::InstallCommit), 0);
    assert_eq!(most_sides_down(&bench, name), 1);
}

/// Whether it refused before anything or gave up half way, the device says so, and what it is then is
/// proven.
#[test]
fn what_the_device_ends_itself_is_proven_and_told() {
    let bench = in_service();
    for (name, kind, said) in [
        (
            "chassis9400-01",
            "issu_refused",
            "admission criteria are not met",
        ),
        (
            "chassis9600-01",
            "standby_does_not_boot",
            "Standby did not reach terminal redundancy state",
        ),
    ] {
        bench.set_fault(name, fault(kind));
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(device["fault"]["code"], "device_aborted", "{name}");
        let message = device["fault"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{name}: {message}");
        let truth = bench.truth(name);
        assert_eq!(releases(&truth), ["17.09.04a", "17.09.04a"], "{name}");
        assert_eq!(bench.sent(name, "install activate issu"), 1, "{name}");
        assert_eq!(bench.sent(name, "install abort"), 0, "{name}");
        assert_eq!(bench.count(name, EventKind::Switchover), 0, "{name}");
    }
}

/// One side is left: nothing is sent to it, its own timer takes it back, and a resume proves that.
#[test]
fn a_side_that_is_lost_with_the_switchover_is_left_to_the_timer() {
    let bench = in_service();
    let name = "chassis9400-01";
    bench.set_fault(name, fault("switchover_lost"));
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "held", "{}", ran.stderr);
    assert!(device["auto_abort_deadline"].is_string(), "{device}");
    wait_for("the device's own way back", || {
        bench.count(name, EventKind::AutoAbort) == 1 && bench.truth(name)["up"] == true
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    assert_eq!(device["fault"]["code"], "auto_abort");
    assert_eq!(bench.sent(name, "install activate issu"), 1);
    assert_eq!(bench.sent(name, "install abort"), 0);
    assert_eq!(releases(&bench.truth(name)), ["17.09.04a", "17.09.04a"]);
}

#[test]
fn in_one_step_a_stack_is_upgraded_by_one_command() {
    let bench = wanting(vec![stack("sw-stack")], "one_step");
    let ran = upgrade(&bench, "sw-stack");
    let device = ran.device("sw-stack");
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(device["method"], "one_step");
    let truth = bench.truth("sw-stack");
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(truth["committed_version"], truth["running_version"]);
    assert_eq!(bench.count("sw-stack", EventKind::AutoAbort), 0);
}

#[test]
fn after_one_step_a_failed_gate_goes_back_to_the_point_before() {
    let bench = wanting(vec![stack("sw-stack")], "one_step");
    let before = bench.truth("sw-stack")["running_version"].clone();
    bench.set_fault("sw-stack", fault("interface_down_after_upgrade"));
    let ran = upgrade(&bench, "sw-stack");
    let device = ran.device("sw-stack");
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    let truth = bench.truth("sw-stack");
    assert_eq!(truth["running_version"], before);
    assert_eq!(truth["committed_version"], before);
    assert_eq!(bench.count("sw-stack", EventKind::Rollback), 1);
}

/// A switch and a router in bundle mode, their rows asking for a conversion.
fn bundles() -> Bench {
    let device = |name: &str, pid: &str| {
        let mut spec = DeviceSpec::new(name, pid, "17.09.04a");
        spec.target_version = Some("17.12.04".into());
        spec.boot_mode = Some(BootModeSpec::Bundle);
        spec
    };
    wanting(
        vec![device("sw-a", "C9300-24P"), device("rt-a", "C8300-1N1S-6T")],
        "convert",
    )
}

#[test]
fn a_conversion_ends_in_install_mode_with_the_old_image_beside() {
    let bench = bundles();
    for name in ["sw-a", "rt-a"] {
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "upgraded", "{name}: {}", ran.stderr);
        assert_eq!(device["method"], "convert", "{name}");
        let truth = bench.truth(name);
        assert_eq!(truth["boot_mode"], "install", "{name}");
        assert_eq!(truth["running_version"], "17.12.04", "{name}");
        assert_eq!(truth["committed_version"], "17.12.04", "{name}");
        assert_eq!(truth["reload_count"], 1, "{name}");
        let again = upgrade(&bench, name);
        assert_eq!(again.device(name)["fault"]["code"], Value::Null, "{name}");
        assert_eq!(again.device(name)["outcome"], "already", "{name}");
    }
}

#[test]
fn a_conversion_whose_gate_fails_boots_the_bundle_again() {
    let bench = bundles();
    for name in ["sw-a", "rt-a"] {
        bench.set_fault(name, fault("interface_down_after_upgrade"));
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        let truth = bench.truth(name);
        assert_eq!(truth["boot_mode"], "bundle", "{name}");
        assert_eq!(truth["running_version"], "17.09.04a", "{name}");
        assert_eq!(truth["reload_count"], 2, "{name}");
    }
}

/// Killed in the middle, the run goes on by looking: nothing disruptive is sent again.
#[test]
fn killed_in_the_middle_of_a_switchover_the_upgrade_goes_on() {
    let bench = in_service();
    let name = "chassis9600-01";
    let running = bench.start(&upgrading(name));
    running.kill_at("the switchover", || {
        bench.count(name, EventKind::Switchover) == 1
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.device(name)["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.sent(name, "install activate issu"), 1);
    assert_eq!(bench.sent(name, "install commit"), 1);
    assert_eq!(releases(&bench.truth(name)), ["17.12.04", "17.12.04"]);
    assert_eq!(most_sides_down(&bench, name), 1);
}

#[test]
fn killed_while_the_device_reloads_the_one_command_is_not_sent_again() {
    let bench = wanting(vec![stack("sw-stack")], "one_step");
    let running = bench.start(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    running.kill_at("the reload", || {
        bench.count("sw-stack", EventKind::ReloadBegin) == 1
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    let device = ran.device("sw-stack");
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.sent("sw-stack", "install add file"), 1);
    assert_eq!(bench.truth("sw-stack")["reload_count"], 1);
}
