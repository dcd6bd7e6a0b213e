//! Every family of the sample topology upgraded over SSH, and the way back of those with two sides.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Fault, Topology};

use support::upgrades::{self, releases};
use support::{Bench, Ran, fault};

const TOPOLOGY: &str = include_str!("../../examples/topologies/all-families.toml");

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

#[test]
fn every_family_is_upgraded_on_every_side_by_one_reload() {
    let bench = Bench::new(fleet());
    let ran = upgrade(&bench);
    for spec in fleet() {
        let name = spec.name.as_str();
        let device = ran.device(name);
        let truth = bench.truth(name);
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
        let ran = upgrades::upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(ran.code, 1, "{name}");
        let truth = bench.truth(name);
        assert_eq!(releases(&truth), ["17.09.04a", "17.09.04a"], "{name}");
        assert_eq!(bench.count(name, EventKind::InstallAbort), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::InstallCommit), 0, "{name}");
    }
}

/// Bundle mode has no timer: the old startup-config and one more reload bring every processor back.
#[test]
fn a_failed_gate_takes_a_bundle_back_on_every_processor() {
    let names = [
        "asr902-01",
        "asr903-01",
        "asr920-01",
        "ncs520-01",
        "ncs4206-01",
        "asr1006-01",
    ];
    let bench = only(&names);
    for name in names {
        bench.set_fault(name, fault("interface_down_after_upgrade"));
        let ran = upgrades::upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(ran.code, 1, "{name}");
        let truth = bench.truth(name);
        let spec = fleet().into_iter().find(|d| d.name == name).unwrap();
        assert!(
            releases(&truth).iter().all(|r| *r == spec.version),
            "{name}: {truth}"
        );
        assert_eq!(truth["reload_count"], 2, "{name}");
        let boots = truth["boot_variable"].as_str().unwrap();
        assert!(boots.contains(&spec.version), "{name}: {boots}");
    }
}

#[test]
fn a_failed_gate_aborts_a_stack_of_3850_and_a_csr_1000v() {
    let names = ["stack3850-01", "csr1000v-01"];
    let bench = only(&names);
    for name in names {
        bench.set_fault(name, fault("interface_down_after_upgrade"));
        let ran = upgrades::upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        let truth = bench.truth(name);
        let spec = fleet().into_iter().find(|d| d.name == name).unwrap();
        assert!(
            releases(&truth).iter().all(|r| *r == spec.version),
            "{name}: {truth}"
        );
        assert_eq!(bench.count(name, EventKind::InstallAbort), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::InstallCommit), 0, "{name}");
    }
}

/// Before 16.10 a device computes no SHA-512: the catalogue's MD5 proves the copy.
#[test]
fn an_older_3850_is_proven_by_md5() {
    let mut devices = fleet();
    devices.retain(|d| d.name == "stack3850-01");
    for device in &mut devices {
        device.neighbours = None;
        device.version = "16.09.08".into();
    }
    let bench = Bench::new(devices);
    let ran = upgrade(&bench);
    let device = ran.device("stack3850-01");
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("stack3850-01");
    assert_eq!(releases(&truth), ["16.12.11", "16.12.11"]);
}

/// The image is proven on both flashes before anybody is asked, and sent over the network once.
#[test]
fn a_bundle_goes_to_both_processors_before_the_gate() {
    let bench = only(&["asr903-01"]);
    let ran = bench.run(&["transfer", "--output", "json"]);
    assert_eq!(
        ran.device("asr903-01")["outcome"],
        "staged",
        "{}",
        ran.stderr
    );
    let truth = bench.truth("asr903-01");
    let image = "asr900rsp3-universalk9.17.09.05a.SPA.bin";
    let mut places: Vec<&str> = truth["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["path"] == image)
        .map(|f| f["fs"].as_str().unwrap())
        .collect();
    places.sort_unstable();
    assert_eq!(places, ["bootflash", "stby-bootflash"]);
    assert_eq!(truth["reload_count"], 0);
    assert_eq!(bench.count("asr903-01", EventKind::FileReceived), 4);
}

/// What is wrong with one copy is no reason to send the image over the network again.
#[test]
fn a_bad_copy_on_the_second_processor_is_made_again_there_alone() {
    for (kind, received) in [
        (
            "image_corrupted",
            vec!["bootflash", "stby-bootflash", "stby-bootflash"],
        ),
        // Half a file, and nobody was told: a look finds it.
        ("session_dropped", vec!["bootflash", "stby-bootflash"]),
    ] {
        let bench = only(&["asr903-01"]);
        bench.set_fault(
            "asr903-01",
            Fault {
                kind: kind.into(),
                at: "copy".into(),
                times: None,
            },
        );
        let ran = upgrade(&bench);
        let device = ran.device("asr903-01");
        assert_eq!(device["outcome"], "upgraded", "{kind}: {}", ran.stderr);
        let image = "asr900rsp3-universalk9.17.09.05a.SPA.bin";
        let of_image = |what: EventKind| -> Vec<String> {
            let events = bench.timeline();
            let events = events.iter().filter(|e| e.kind == what);
            let events = events.filter(|e| e.detail["path"] == image);
            events
                .map(|e| e.detail["fs"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            of_image(EventKind::FileDeleted),
            ["stby-bootflash"],
            "{kind}"
        );
        assert_eq!(of_image(EventKind::FileReceived), received, "{kind}");
    }
}

#[test]
fn sub_packages_are_left_to_a_person_with_the_command_to_type() {
    let mut devices = fleet();
    devices.retain(|d| d.name == "asr903-01");
    for device in &mut devices {
        device.neighbours = None;
        device.boot_mode = Some(BootModeSpec::Install);
    }
    let bench = Bench::new(devices);
    let ran = upgrade(&bench);
    let device = ran.device("asr903-01");
    assert_eq!(device["fault"]["code"], "subpackage_mode", "{}", ran.stderr);
    assert_eq!(bench.truth("asr903-01")["reload_count"], 0);
    assert_eq!(bench.count("asr903-01", EventKind::FileReceived), 0);
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
