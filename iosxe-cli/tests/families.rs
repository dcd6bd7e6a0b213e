//! Every family of the sample topology upgraded over SSH, and the way back of those with two sides.

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

use support::{Bench, Ran, fault};

const TOPOLOGY: &str = include_str!("../../examples/topologies/all-families.toml");

/// Route processors that boot one image each are upgraded by hand until it can be sent to both.
const BY_HAND: [&str; 2] = ["asr1006-01", "ncs4206-01"];

fn fleet() -> Vec<DeviceSpec> {
    Topology::from_toml(TOPOLOGY).unwrap().device
}

fn only(names: &[&str]) -> Bench {
    let mut devices = fleet();
    devices.retain(|d| names.contains(&d.name.as_str()));
    for device in &mut devices {
        device.neighbours = None;
    }
    Bench::new(devices)
}

fn upgrade(bench: &Bench) -> Ran {
    bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"])
}

fn releases(truth: &Value) -> Vec<&str> {
    let members = truth["members"].as_array().unwrap();
    members
        .iter()
        .map(|m| m["version"].as_str().unwrap())
        .collect()
}

#[test]
fn every_family_is_upgraded_on_every_side_by_one_reload() {
    let bench = Bench::new(fleet());
    let ran = upgrade(&bench);
    for spec in fleet() {
        let name = spec.name.as_str();
        let device = ran.device(name);
        let truth = bench.truth(name);
        if BY_HAND.contains(&name) {
            assert_eq!(device["fault"]["code"], "bundle_stack", "{name}");
            assert_eq!(truth["reload_count"], 0, "{name}");
            continue;
        }
        let target = spec.target_version.clone().unwrap();
        assert_eq!(device["outcome"], "upgraded", "{name}: {}", ran.stderr);
        assert_eq!(device["running"], target.as_str(), "{name}");
        assert_eq!(truth["reload_count"], 1, "{name}");
        assert_eq!(truth["committed_version"], target.as_str(), "{name}");
        assert!(
            releases(&truth).iter().all(|r| *r == target),
            "{name}: {truth}"
        );
    }
}

#[test]
fn two_route_processors_in_install_mode_are_upgraded_together() {
    let mut devices = fleet();
    devices.retain(|d| d.name == "asr1006-01");
    for device in &mut devices {
        device.neighbours = None;
        device.boot_mode = Some(BootModeSpec::Install);
        device.version = "17.09.04a".into();
        device.target_version = Some("17.12.04".into());
    }
    let bench = Bench::new(devices);
    let ran = upgrade(&bench);
    assert_eq!(
        ran.device("asr1006-01")["outcome"],
        "upgraded",
        "{}",
        ran.stderr
    );
    let truth = bench.truth("asr1006-01");
    assert_eq!(releases(&truth), ["17.12.04", "17.12.04"]);
    assert_eq!(truth["reload_count"], 1);
}

#[test]
fn a_failed_gate_takes_both_sides_back() {
    let cabled = ["chassis9400-01", "chassis9600-01", "svl-01"];
    let mut devices = fleet();
    devices.retain(|d| cabled.contains(&d.name.as_str()));
    for device in &mut devices {
        // What is left of the cables: the loss of one is what the gate sees.
        if let Some(neighbours) = &mut device.neighbours {
            neighbours.retain(|n| cabled.contains(&n.device.as_str()));
        }
    }
    let bench = Bench::new(devices);
    for name in ["chassis9600-01", "svl-01"] {
        bench.set_fault(name, fault("interface_down_after_upgrade"));
        let ran = bench.run(&[
            "upgrade",
            "--limit",
            name,
            "--approve",
            "auto",
            "--output",
            "json",
        ]);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(ran.code, 1, "{name}");
        let truth = bench.truth(name);
        assert_eq!(releases(&truth), ["17.09.04a", "17.09.04a"], "{name}");
        assert_eq!(bench.count(name, EventKind::InstallAbort), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::InstallCommit), 0, "{name}");
    }
}

/// The supervisor that stayed away comes back on what it was given, beside one that went back: two
/// releases, which a person has to look at. Nothing was committed, and the chassis works.
#[test]
fn a_second_side_that_stays_away_takes_the_device_back_and_is_reported() {
    let bench = only(&["chassis9400-01"]);
    bench.set_fault("chassis9400-01", fault("member_missing_after_reload"));
    let ran = upgrade(&bench);
    let device = ran.device("chassis9400-01");
    assert_eq!(device["outcome"], "dead_letter", "{}", ran.stderr);
    assert_eq!(device["running"], "17.09.04a");
    let said = device["fault"]["message"].as_str().unwrap();
    assert!(said.contains("member 4 (STANDBY COLD)"), "{said}");
    assert_eq!(bench.count("chassis9400-01", EventKind::InstallAbort), 1);
    assert_eq!(bench.count("chassis9400-01", EventKind::InstallCommit), 0);
}

#[test]
fn neighbours_that_no_row_names_are_reported_and_not_added() {
    let mut devices = fleet();
    devices.retain(|d| ["svl-01", "stack-01"].contains(&d.name.as_str()));
    let bench = Bench::new(devices);
    let rows = bench.read("inventory.csv");
    let without: Vec<&str> = rows.lines().filter(|l| !l.starts_with("svl-01")).collect();
    bench.write("inventory.csv", without.join("\n") + "\n");
    let ran = bench.run(&["discover", "--neighbors", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let found = &ran.json()["neighbors"];
    assert_eq!(found["unknown"][0]["name"], "svl-01", "{found}");
    assert_eq!(
        found["unknown"][0]["seen_by"][0]["device"], "stack-01",
        "{found}"
    );
    assert_eq!(found["missing"], serde_json::json!([]));
    assert!(!bench.read("inventory.csv").contains("svl-01"));
}

/// What `iosxe parse` refuses, a person who pipes a device's answer into it stumbles over at once.
#[test]
fn no_line_that_a_discovery_reads_is_unknown() {
    let bench = Bench::new(fleet());
    let ran = bench.run(&["discover", "--output", "ndjson"]);
    let mut seen = 0;
    for line in ran.lines() {
        if line["event"]["kind"] == "facts_seen" {
            seen += 1;
            let facts = &line["event"]["facts"];
            assert_eq!(
                facts["unknown_lines"],
                serde_json::json!([]),
                "{}",
                line["device"]
            );
            let around = &facts["surroundings"]["inconclusive"];
            assert_eq!(*around, serde_json::json!([]), "{}", line["device"]);
        }
    }
    assert_eq!(seen, fleet().len());
}
