//! Firmware beside the image, over SSH against the lab's truth: what is written, what is not, and that
//! nothing is written twice.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{DeviceSpec, EventKind, Fault, FirmwarePackageSpec, FirmwarePartSpec};
use serde_json::Value;

use support::{Bench, Ran, device};

const ISR: &str = "isr4400_rommon_1612_2r_SPA.pkg";
const ASR: &str = "asr1000-rommon.173-1r.SPA.pkg";
const PARTS: &str = "asr1000-hw-programmables.16.08.01.SPA.pkg";

fn rommon(version: &str) -> FirmwarePackageSpec {
    FirmwarePackageSpec {
        rommon: Some(version.into()),
        ..FirmwarePackageSpec::default()
    }
}

fn isr(name: &str) -> DeviceSpec {
    let mut spec = device(name, "ISR4451-X/K9");
    spec.firmware.rommon = Some("16.9(1r)".into());
    spec.firmware.packages = vec![rommon("16.12(2r)")];
    spec
}

fn asr(name: &str) -> DeviceSpec {
    let mut spec = DeviceSpec::new(name, "ASR1006", "17.03.05");
    spec.firmware.rommon = Some("16.2(1r)".into());
    spec.firmware.fpga = Some("17071402".into());
    spec.firmware.packages = vec![
        rommon("17.3(1r)"),
        FirmwarePackageSpec {
            release: Some("16.08.01".into()),
            fpga: Some("18102401".into()),
            ..FirmwarePackageSpec::default()
        },
    ];
    spec
}

fn once(kind: &str, at: &str) -> Fault {
    Fault {
        kind: kind.into(),
        at: at.into(),
        times: Some(1),
    }
}

/// A lab of one device with a package in the catalogue.
fn bench(spec: DeviceSpec, file: &str, brings: &[&str]) -> Bench {
    let bench = Bench::new(vec![spec]);
    let path = format!("images/{file}");
    let mut words = vec!["image", "add", path.as_str()];
    for line in brings {
        words.extend(["--brings", line]);
    }
    let ran = bench.run(&words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    bench
}

const UPGRADE: [&str; 4] = ["--approve", "auto", "--output", "json"];

fn words<'a>(name: &'a str, file: &'a str) -> Vec<&'a str> {
    let mut words = vec!["firmware", "upgrade", name, "--package", file];
    words.extend(UPGRADE);
    words
}

fn upgrade(bench: &Bench, name: &str, file: &str) -> Ran {
    bench.run(&words(name, file))
}

fn part<'a>(truth: &'a Value, slot: &str, part: &str) -> &'a Value {
    let list = truth["firmware"].as_array().unwrap();
    let found = list.iter().find(|p| p["slot"] == slot && p["part"] == part);
    found.unwrap()
}

fn told<'a>(device: &'a Value, what: &str) -> &'a str {
    device["fault"][what].as_str().unwrap_or_default()
}

#[test]
fn the_boot_loader_of_a_router_is_written_once_and_proven_behind_the_reload() {
    let bench = bench(isr("rt-a"), ISR, &[]);
    let ran = upgrade(&bench, "rt-a", ISR);
    let device = ran.device("rt-a");
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!((ran.code, &device["method"]), (0, &"firmware".into()));
    for key in ["from", "to", "running", "committed"] {
        assert_eq!(device[key], "17.09.04a", "{key}: the release stays");
    }
    let truth = bench.truth("rt-a");
    assert_eq!(part(&truth, "R0", "rommon")["version"], "16.12(2r)");
    assert_eq!(part(&truth, "R0", "rommon")["writes"], 1);
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor filename "), 1);

    let again = upgrade(&bench, "rt-a", ISR);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(again.device("rt-a")["outcome"], "already");
    assert_eq!(bench.sent("rt-a", "upgrade "), 1);
}

#[test]
fn both_processors_of_a_chassis_have_the_new_boot_loader() {
    let bench = bench(asr("rt-a"), ASR, &[]);
    let ran = upgrade(&bench, "rt-a", ASR);
    assert_eq!(ran.device("rt-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("rt-a");
    for slot in ["R0", "R1", "F0", "0"] {
        assert_eq!(
            part(&truth, slot, "rommon")["version"],
            "17.3(1r)",
            "{slot}"
        );
        assert_eq!(part(&truth, slot, "rommon")["writes"], 1, "{slot}");
    }
    assert_eq!(truth["reload_count"], 1);
}

#[test]
fn two_regions_are_written_and_booted_one_after_the_other() {
    let mut spec = DeviceSpec::new("rt-a", "ASR-903", "17.06.05");
    spec.firmware.rommon = Some("15.6(42r)S".into());
    spec.firmware.packages = vec![rommon("15.6(48r)S")];
    let file = "asr900_15_6_48r_s_rommon.pkg";
    let bench = bench(spec, file, &[]);
    let ran = upgrade(&bench, "rt-a", file);
    assert_eq!(ran.device("rt-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("rt-a");
    for slot in ["R0", "R1"] {
        let own = part(&truth, slot, "rommon");
        assert_eq!(own["version"], "15.6(48r)S", "{slot}");
        assert_eq!(own["other_region"], "15.6(48r)S", "{slot}");
    }
    assert_eq!(truth["reload_count"], 2);
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor filename "), 2);
}

#[test]
fn cards_are_written_one_by_one_the_side_that_answers_last() {
    let bench = bench(asr("rt-a"), PARTS, &["ASR1000-RP2 fpga 18102401"]);
    let ran = upgrade(&bench, "rt-a", PARTS);
    assert_eq!(ran.device("rt-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("rt-a");
    for slot in ["R0", "R1"] {
        let own = part(&truth, slot, "fpga");
        assert_eq!(
            (&own["version"], &own["writes"]),
            (&"18102401".into(), &1.into())
        );
    }
    let lines: Vec<String> = bench
        .timeline()
        .iter()
        .filter(|e| e.kind == EventKind::Command)
        .filter_map(|e| e.detail["line"].as_str().map(str::to_owned))
        .filter(|line| line.starts_with("upgrade "))
        .collect();
    let slots: Vec<&str> = lines.iter().filter_map(|l| l.rsplit(' ').next()).collect();
    assert_eq!(slots, ["R1", "R0"], "{lines:?}");
    assert_eq!(truth["reload_count"], 0, "one side carried on");
    assert_eq!(bench.count("rt-a", EventKind::Switchover), 1);
}

#[test]
fn the_plan_says_none_and_never_to_cut_the_power_before_anything_is_sent() {
    let bench = bench(isr("rt-a"), ISR, &[]);
    bench.edit(|table| {
        table.set("rt-a", "target_version", "");
        table.set("rt-a", "want_method", "firmware");
        table.set("rt-a", "image", ISR);
    });
    let plan = bench.run(&["plan", "--output", "table"]);
    for text in [
        "the way back: NONE",
        "R0 ROMMON 16.9(1r) -> 16.12(2r)",
        "undo: NONE",
        "do not power cycle it",
        "NO WAY BACK",
        "17.09.04a -> 17.09.04a  firmware",
    ] {
        assert!(plan.stdout.contains(text), "{text}: {}", plan.stdout);
    }
    bench.assert_only_read();
    // Nobody approved: the package is there, and nothing was written.
    let waits = bench.run(&["upgrade", "--all", "--approve", "wait", "--output", "json"]);
    assert_eq!(waits.code, 3, "{}", waits.stderr);
    assert_eq!(bench.sent("rt-a", "upgrade "), 0);
}

#[test]
fn a_downgrade_is_answered_with_no_and_the_device_left_alone() {
    // The catalogue says something else than what the package would write.
    let mut spec = asr("rt-a");
    spec.firmware.fpga = Some("18112901".into());
    spec.firmware.packages[1].fpga = Some("17071402".into());
    let bench = bench(spec, PARTS, &["ASR1000-RP2 fpga 19010101"]);
    let ran = upgrade(&bench, "rt-a", PARTS);
    let device = ran.device("rt-a");
    assert_eq!(device["outcome"], "dead_letter", "{}", ran.stderr);
    assert_eq!(
        told(&device, "code"),
        "firmware_downgrade",
        "{}",
        ran.stderr
    );
    assert!(
        told(&device, "message").contains("from current version 18112901 to 17071402"),
        "{}",
        told(&device, "message")
    );
    let truth = bench.truth("rt-a");
    for slot in ["R0", "R1"] {
        let own = part(&truth, slot, "fpga");
        assert_eq!(
            (&own["version"], &own["writes"]),
            (&"18112901".into(), &0.into())
        );
    }
    assert_eq!(
        bench.sent("rt-a", "upgrade "),
        1,
        "not tried on the next card"
    );
    assert_eq!(bench.count("rt-a", EventKind::MemberDown), 0);
}

#[test]
fn what_a_newer_part_has_is_never_touched() {
    let mut spec = isr("rt-a");
    spec.firmware.rommon = Some("17.6(1r)".into());
    let bench = bench(spec, ISR, &[]);
    let ran = upgrade(&bench, "rt-a", ISR);
    assert_eq!(ran.device("rt-a")["outcome"], "already", "{}", ran.stderr);
    bench.assert_only_read();
}

#[test]
fn a_command_that_comes_back_without_a_word_is_a_failure_and_reloads_nothing() {
    let mut spec = isr("rt-a");
    spec.faults = vec![once("firmware_silent", "write")];
    let bench = bench(spec, ISR, &[]);
    let ran = upgrade(&bench, "rt-a", ISR);
    let device = ran.device("rt-a");
    assert_eq!(
        (ran.code, &device["outcome"]),
        (1, &"dead_letter".into()),
        "{}",
        ran.stderr
    );
    assert_eq!(told(&device, "code"), "firmware_silent");
    let truth = bench.truth("rt-a");
    assert_eq!(truth["reload_count"], 0);
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor"), 1);
}

#[test]
fn a_version_that_is_the_old_one_behind_the_reload_ends_in_the_dead_letters() {
    let mut spec = isr("rt-a");
    spec.faults = vec![once("firmware_silent", "reload")];
    let bench = bench(spec, ISR, &[]);
    let ran = upgrade(&bench, "rt-a", ISR);
    let device = ran.device("rt-a");
    assert_eq!(
        (ran.code, &device["outcome"]),
        (1, &"dead_letter".into()),
        "{}",
        ran.stderr
    );
    assert_eq!(told(&device, "code"), "gate_failed");
    assert!(
        told(&device, "message").contains("R0 ROMMON is 16.9(1r)"),
        "{}",
        told(&device, "message")
    );
    assert_eq!(bench.truth("rt-a")["reload_count"], 1);
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor"), 1);
}

#[test]
fn a_session_that_is_lost_in_the_middle_is_a_persons_to_settle_and_nothing_is_sent_twice() {
    let mut spec = isr("rt-a");
    spec.faults = vec![once("session_dropped", "firmware")];
    let bench = bench(spec, ISR, &[]);
    let ran = upgrade(&bench, "rt-a", ISR);
    let device = ran.device("rt-a");
    assert_eq!(device["outcome"], "held", "{}", ran.stderr);
    assert_eq!(told(&device, "code"), "firmware_unproven");
    assert_eq!(bench.truth("rt-a")["reload_count"], 0);

    let resumed = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    assert_eq!(
        resumed.device("rt-a")["outcome"],
        "held",
        "{}",
        resumed.stderr
    );
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor"), 1);

    // Somebody saw its end on the console.
    let seen = [
        "accept",
        "rt-a",
        "firmware_written",
        "--reason",
        "console said complete",
    ];
    let accepted = bench.run(&seen);
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    // The command goes on with the run itself: the reload, and the proof.
    let end = bench.run(&["status", "--output", "json"]);
    assert_eq!(end.device("rt-a")["outcome"], "upgraded", "{}", end.stderr);
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor"), 1);
    let truth = bench.truth("rt-a");
    assert_eq!(part(&truth, "R0", "rommon")["version"], "16.12(2r)");
    assert_eq!(truth["reload_count"], 1);
}

#[test]
fn a_device_that_keeps_how_far_it_is_needs_no_person_when_the_session_is_lost() {
    let mut spec = asr("rt-a");
    spec.firmware.progress = true;
    spec.faults = vec![once("session_dropped", "firmware")];
    let bench = bench(spec, ASR, &[]);
    let ran = upgrade(&bench, "rt-a", ASR);
    assert_eq!(ran.device("rt-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("rt-a");
    assert_eq!(part(&truth, "R1", "rommon")["writes"], 1);
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor"), 1);
}

#[test]
fn a_card_whose_session_is_lost_is_known_by_its_version() {
    let mut spec = asr("rt-a");
    spec.faults = vec![once("session_dropped", "firmware")];
    let bench = bench(spec, PARTS, &["R1 fpga 18102401"]);
    let ran = upgrade(&bench, "rt-a", PARTS);
    assert_eq!(ran.device("rt-a")["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.sent("rt-a", "upgrade "), 1);
    let truth = bench.truth("rt-a");
    assert_eq!(part(&truth, "R1", "fpga")["version"], "18102401");
    assert_eq!(
        part(&truth, "R0", "fpga")["version"],
        "17071402",
        "not asked for"
    );
}

#[test]
fn killed_in_the_middle_and_resumed_it_is_not_sent_twice() {
    let mut spec = asr("rt-a");
    spec.firmware.progress = true;
    spec.firmware.write_s = Some(1200.0);
    let bench = bench(spec, ASR, &[]);
    let running = bench.start(&words("rt-a", ASR));
    running.kill_at("the write to begin", || {
        bench.sent("rt-a", "upgrade rom-monitor") == 1
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.device("rt-a")["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.sent("rt-a", "upgrade rom-monitor"), 1);
    let truth = bench.truth("rt-a");
    assert_eq!(part(&truth, "R0", "rommon")["writes"], 1);
    assert_eq!(truth["reload_count"], 1);
}

#[test]
fn a_switch_takes_its_boot_loader_from_the_running_release() {
    let mut spec = DeviceSpec::new("sw-a", "C9407R", "17.09.04a");
    spec.members = 1;
    spec.firmware.rommon = Some("17.6.1r[FC2]".into());
    spec.firmware.capsule = Some("17.8.1r[FC1]".into());
    let bench = Bench::new(vec![spec]);
    let ran = upgrade(&bench, "sw-a", "capsule-primary");
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("sw-a");
    assert_eq!(part(&truth, "3", "rommon")["version"], "17.8.1r[FC1]");
    assert_eq!(truth["reload_count"], 0, "the device reloaded by itself");
    assert_eq!(truth["reloads"]["firmware"], 1);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_touched() {
    let bench = bench(asr("rt-a"), PARTS, &[]);
    let add = bench.run(&["image", "add", &format!("images/{ASR}")]);
    assert_eq!(add.code, 0, "{}", add.stderr);
    let refused = |ran: &Ran, code: &str| {
        let device = ran.device("rt-a");
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert_eq!(device["outcome"], "refused", "{code}");
        assert_eq!(told(&device, "code"), code, "{}", ran.stderr);
    };
    refused(&upgrade(&bench, "rt-a", PARTS), "firmware_versions_unknown");
    refused(&upgrade(&bench, "rt-a", ISR), "image_not_named");
    refused(
        &upgrade(&bench, "rt-a", "capsule-primary"),
        "firmware_wrong_family",
    );
    bench.assert_only_read();
    let wrong = upgrade(&bench, "rt-a", "asr1000-universalk9.17.03.05.SPA.bin");
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    let nobody = upgrade(&bench, "rt-z", ASR);
    assert_eq!(nobody.code, 2, "{}", nobody.stderr);
}

#[test]
fn firmware_is_listed_part_by_part_with_what_is_behind() {
    let mut spec = asr("rt-a");
    spec.firmware.parts = vec![FirmwarePartSpec {
        slot: "R1".into(),
        part: "fpga".into(),
        version: "18102401".into(),
    }];
    let bench = bench(spec, PARTS, &["ASR1000-RP2 fpga 18102401"]);
    let ran = bench.run(&["firmware", "list", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let parts = document["devices"][0]["parts"].as_array().unwrap();
    let of = |slot: &str, part: &str| {
        let found = parts
            .iter()
            .find(|p| p["slot"] == slot && p["part"] == part);
        found.unwrap().clone()
    };
    let (r0, r1) = (of("R0", "fpga"), of("R1", "fpga"));
    assert_eq!(
        (&r0["version"], &r0["behind"]),
        (&"17071402".into(), &true.into())
    );
    assert_eq!(
        (&r0["brings"], &r0["package"]),
        (&"18102401".into(), &PARTS.into())
    );
    assert_eq!(r1["behind"], false);
    assert_eq!(
        of("R0", "rommon")["behind"],
        Value::Null,
        "no package brings it"
    );
    assert_eq!(r0["board"], "ASR1000-RP2");
    bench.assert_only_read();
    let table = bench.run(&["firmware", "list", "--package", PARTS, "--output", "table"]);
    assert!(table.stdout.contains("BEHIND"), "{}", table.stdout);
}
