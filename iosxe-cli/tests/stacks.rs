//! Stacks whose members boot each from their own flash, and members that are kept out or not there: over
//! SSH against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{ApartSpec, BootModeSpec, DeviceSpec, EventKind, Fault, TimesSpec};
use serde_json::Value;

use support::upgrades::{releases, upgrade, upgrading, wanting};
use support::{Bench, Ran, device, fault, stack, wait_for};

const NAME: &str = "sw-stack";
const OLD: &str = "cat9k_iosxe.17.09.04a.SPA.bin";
const NEW: &str = "cat9k_iosxe.17.12.04.SPA.bin";
const FROM: &str = "17.09.04a";
const TO: &str = "17.12.04";

fn with(change: impl FnOnce(&mut DeviceSpec)) -> DeviceSpec {
    let mut spec = stack(NAME);
    change(&mut spec);
    spec
}

fn bundle() -> DeviceSpec {
    with(|s| s.boot_mode = Some(BootModeSpec::Bundle))
}

fn third(version: Option<&str>, boot_mode: Option<BootModeSpec>) -> Vec<ApartSpec> {
    vec![ApartSpec {
        member: 3,
        version: version.map(str::to_owned),
        boot_mode,
    }]
}

fn at(kind: &str, at: &str) -> Fault {
    Fault {
        at: at.into(),
        ..fault(kind)
    }
}

/// A word of every member, by the lab's truth.
fn of_members(truth: &Value, key: &str) -> Vec<String> {
    let members = truth["members"].as_array().unwrap();
    members
        .iter()
        .map(|m| m[key].as_str().unwrap().to_owned())
        .collect()
}

/// The file systems that hold a file.
fn places(truth: &Value, file: &str) -> Vec<String> {
    let files = truth["files"].as_array().unwrap();
    let mut found: Vec<String> = files
        .iter()
        .filter(|f| f["path"] == file)
        .map(|f| f["fs"].as_str().unwrap().to_owned())
        .collect();
    found.sort_unstable();
    found
}

fn code(ran: &Ran) -> String {
    let device = ran.device(NAME);
    device["fault"]["code"].as_str().unwrap_or("-").to_owned()
}

fn message(ran: &Ran) -> String {
    let device = ran.device(NAME);
    let said = device["fault"]["message"].as_str();
    said.unwrap_or_default().to_owned()
}

/// All three are back on the old release, by a way that saved nothing of the new one.
#[track_caller]
fn assert_back(bench: &Bench, ran: &Ran, boots: &str) {
    let device = ran.device(NAME);
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    let truth = bench.truth(NAME);
    assert_eq!(releases(&truth), [FROM; 3]);
    assert_eq!(of_members(&truth, "boot_mode"), ["bundle"; 3]);
    assert_eq!(of_members(&truth, "boot_variable"), [boots; 3]);
    assert_eq!(truth["reload_count"], 2, "{truth}");
    assert_eq!(bench.sent(NAME, "write memory"), 1);
    // The new release never wrote startup-config: the old copy came back.
    let saved = bench.timeline();
    let saved: Vec<_> = saved
        .iter()
        .filter(|e| e.kind == EventKind::ConfigSaved)
        .map(|e| match e.detail.get("from") {
            Some(from) => from.as_str().unwrap().to_owned(),
            None => "write memory".to_owned(),
        })
        .collect();
    let kept = format!("flash:iosxe-startup-before-{TO}.cfg");
    assert_eq!(saved, ["write memory".to_owned(), kept]);
}

#[test]
fn in_bundle_mode_every_member_boots_a_proven_copy_of_its_own() {
    let bench = wanting(vec![bundle()], "bundle");
    let ran = upgrade(&bench, NAME);
    let device = ran.device(NAME);
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(device["method"], "bundle");
    let truth = bench.truth(NAME);
    assert_eq!(releases(&truth), [TO; 3]);
    assert_eq!(of_members(&truth, "state"), ["ready"; 3]);
    assert_eq!(of_members(&truth, "boot_mode"), ["bundle"; 3]);
    let both = format!("flash:{NEW};flash:{OLD}");
    assert_eq!(of_members(&truth, "boot_variable"), [both.as_str(); 3]);
    let all = ["flash", "flash-2", "flash-3"];
    for file in [NEW, OLD, &format!("iosxe-startup-before-{TO}.cfg")] {
        assert_eq!(places(&truth, file), all, "{file}");
    }
    assert_eq!(truth["reload_count"], 1);
    for fs in all {
        let proof = format!("verify /sha512 {fs}:{NEW}");
        assert!(bench.sent(NAME, &proof) > 0, "{proof}");
    }
    let again = upgrade(&bench, NAME);
    assert_eq!(again.device(NAME)["outcome"], "already", "{}", again.stderr);
}

#[test]
fn a_bad_copy_on_one_member_is_made_again_there_alone() {
    let bench = wanting(vec![bundle()], "bundle");
    bench.set_fault(NAME, at("image_corrupted", "copy"));
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "upgraded", "{}", ran.stderr);
    let events = bench.timeline();
    let of_image = |kind: EventKind| -> Vec<&str> {
        let events = events.iter().filter(|e| e.kind == kind);
        let events = events.filter(|e| e.detail["path"] == NEW);
        events.map(|e| e.detail["fs"].as_str().unwrap()).collect()
    };
    assert_eq!(of_image(EventKind::FileDeleted), ["flash-2"]);
    let received = ["flash", "flash-2", "flash-2", "flash-3"];
    assert_eq!(of_image(EventKind::FileReceived), received);
}

#[test]
fn a_bundle_whose_gate_fails_boots_the_old_one_again_on_every_member() {
    let bench = wanting(vec![bundle()], "bundle");
    bench.set_fault(NAME, fault("interface_down_after_upgrade"));
    let ran = upgrade(&bench, NAME);
    assert_eq!(code(&ran), "gate_failed");
    assert_back(&bench, &ran, &format!("flash:{OLD}"));
}

/// The member that stays behind is told by name; the rest does not wait for it to heal.
#[test]
fn a_member_that_comes_back_mismatched_takes_the_stack_back() {
    for method in ["bundle", "convert"] {
        let bench = wanting(vec![bundle()], method);
        bench.set_fault(NAME, fault("member_mismatch_after_reload"));
        let ran = upgrade(&bench, NAME);
        assert_eq!(code(&ran), "gate_failed", "{method}: {}", ran.stderr);
        let said = message(&ran);
        assert!(said.contains("member 3 (V-Mismatch)"), "{method}: {said}");
        assert_back(&bench, &ran, &format!("flash:{OLD}"));
    }
    let bench = wanting(vec![with(|_| {})], "three_step");
    bench.set_fault(NAME, fault("member_mismatch_after_reload"));
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "rolled_back", "{}", ran.stderr);
    assert!(
        message(&ran).contains("member 3 (V-Mismatch)"),
        "{}",
        message(&ran)
    );
    let truth = bench.truth(NAME);
    assert_eq!(releases(&truth), [FROM; 3]);
    assert_eq!(of_members(&truth, "state"), ["ready"; 3]);
    assert_eq!(bench.count(NAME, EventKind::InstallAbort), 1);
    assert_eq!(bench.count(NAME, EventKind::InstallCommit), 0);
}

/// What the member that was away boots is no longer what the stack runs: a person is told which one.
#[test]
fn a_member_that_misses_the_way_back_is_reported_by_name() {
    let bench = wanting(vec![with(|_| {})], "three_step");
    bench.set_fault(NAME, fault("member_missing_after_reload"));
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "dead_letter", "{}", ran.stderr);
    assert_eq!(code(&ran), "rollback_unproven");
    let said = message(&ran);
    assert!(said.contains("member 3 (Removed)"), "{said}");
    assert!(said.contains("member 3 (V-Mismatch)"), "{said}");
    assert_eq!(releases(&bench.truth(NAME)), [FROM, FROM, TO]);
}

#[test]
fn a_stack_is_converted_as_a_whole() {
    let bench = wanting(vec![bundle()], "convert");
    let ran = upgrade(&bench, NAME);
    let device = ran.device(NAME);
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(device["method"], "convert");
    let truth = bench.truth(NAME);
    assert_eq!(releases(&truth), [TO; 3]);
    assert_eq!(of_members(&truth, "boot_mode"), ["install"; 3]);
    let both = format!("flash:packages.conf;flash:{OLD}");
    assert_eq!(of_members(&truth, "boot_variable"), [both.as_str(); 3]);
    assert_eq!(truth["committed_version"], TO);
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(places(&truth, OLD), ["flash", "flash-2", "flash-3"]);
    assert_eq!(bench.sent(NAME, "no boot manual"), 1);
}

#[test]
fn a_conversion_whose_gate_fails_boots_the_bundle_again_on_every_member() {
    let bench = wanting(vec![bundle()], "convert");
    bench.set_fault(NAME, fault("interface_down_after_upgrade"));
    let ran = upgrade(&bench, NAME);
    assert_eq!(code(&ran), "gate_failed");
    assert_back(&bench, &ran, &format!("flash:{OLD}"));
}

/// Killed while the stack reloads, the run goes on by looking: no copy, statement or reload twice.
#[test]
fn killed_while_a_bundle_stack_reloads_nothing_is_done_again() {
    let bench = wanting(vec![bundle()], "bundle");
    let running = bench.start(&upgrading(NAME));
    running.kill_at("the reload", || {
        bench.count(NAME, EventKind::ReloadBegin) == 1
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.device(NAME)["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth(NAME);
    assert_eq!(releases(&truth), [TO; 3]);
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(bench.sent(NAME, "boot system"), 2);
    let copies = format!("copy flash:{NEW}");
    assert_eq!(bench.sent(NAME, &copies), 2);
}

/// Before anything is touched, with the cure that fits what the member runs.
#[test]
fn a_member_that_is_kept_out_is_named_with_its_cure() {
    let auto = || vec!["software auto-upgrade enable".to_owned()];
    let cases = [
        (
            with(|s| s.apart = third(None, Some(BootModeSpec::Bundle))),
            "mixed_boot_modes",
            "member 3 runs in bundle mode",
            "at the console of member 3",
        ),
        (
            with(|s| s.apart = third(Some("17.09.05"), None)),
            "member_mismatch",
            "member 3 is V-Mismatch, kept out of the stack: it runs 17.09.05",
            "install autoupgrade",
        ),
        (
            with(|s| s.apart = third(Some("17.06.05"), None)),
            "member_mismatch",
            "it runs 17.06.05, and the stack 17.09.04a",
            "at the console of member 3",
        ),
        (
            with(|s| {
                s.boot_mode = Some(BootModeSpec::Bundle);
                s.apart = third(Some("17.09.05"), None);
            }),
            "member_mismatch",
            "member 3 is V-Mismatch",
            "auto-upgrade does not work in bundle mode",
        ),
        (
            with(|s| {
                s.apart = third(Some("17.06.05"), None);
                s.config = auto();
            }),
            "member_mismatch",
            "auto-upgrade is enabled and may cure it within minutes, or has not been able to",
            "at the console of member 3",
        ),
    ];
    for (spec, expected, said, cure) in cases {
        let bench = Bench::new(vec![spec]);
        let ran = upgrade(&bench, NAME);
        let device = ran.device(NAME);
        assert_eq!(device["outcome"], "refused", "{expected}: {}", ran.stderr);
        assert_eq!(code(&ran), expected);
        assert!(message(&ran).contains(said), "{said}: {}", message(&ran));
        let next = device["fault"]["remedy"].as_str().unwrap();
        assert!(next.contains(cure), "{cure}: {next}");
        bench.assert_only_read();
    }
}

/// Reported, never relied on, and in nobody's way: its reload is the device's own.
#[test]
fn what_auto_upgrade_cures_in_time_fails_no_gate() {
    let spec = with(|s| {
        s.config = vec!["software auto-upgrade enable".into()];
        s.version = "17.09.04a".into();
        s.target_version = Some("17.09.05a".into());
        s.times = TimesSpec {
            boot_s: Some(60.0),
            settle_s: Some(30.0),
            standby_s: Some(30.0),
            ..TimesSpec::default()
        };
    });
    let bench = Bench::new(vec![spec]);
    bench.set_fault(NAME, fault("member_mismatch_after_reload"));
    let plan = bench.run(&["plan", "--output", "json"]).stdout;
    assert!(plan.contains("auto_upgrade_on"), "{plan}");
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth(NAME);
    assert_eq!(releases(&truth), ["17.09.05a"; 3]);
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(truth["reloads"]["mismatch"], 1, "{truth}");
    assert_eq!(bench.sent(NAME, "install autoupgrade"), 0);
}

#[test]
fn a_switch_that_is_configured_and_not_there_is_compared_with_the_row() {
    let spec = || with(|s| s.config = vec!["switch 4 provision c9300-24p".into()]);
    let bench = Bench::new(vec![spec()]);
    let plan = bench.run(&["plan", "--output", "json"]).stdout;
    assert!(
        plan.contains("switch 4 is configured and not there"),
        "{plan}"
    );
    let truth = bench.truth(NAME);
    let mut serials = of_members(&truth, "serial");
    serials.push("FCW2512L4XZ".into());
    bench.edit(|table| table.set(NAME, "serial", &serials.join(", ")));
    let ran = upgrade(&bench, NAME);
    assert_eq!(code(&ran), "member_missing", "{}", ran.stderr);
    let said = "the row names serial FCW2512L4XZ, which no member has; switch 4 is configured and not there";
    assert_eq!(message(&ran), said);
    bench.assert_only_read();
    // Without it the row and the stack agree.
    serials.pop();
    bench.edit(|table| table.set(NAME, "serial", &serials.join(", ")));
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "upgraded", "{}", ran.stderr);
}

#[test]
fn two_members_on_one_cable_are_upgraded_and_the_plan_says_so() {
    let mut two = device(NAME, "C9300-24P");
    two.members = 2;
    let bench = Bench::new(vec![two]);
    bench.set_fault(NAME, fault("half_ring"));
    let plan = bench.run(&["plan", "--output", "json"]).stdout;
    assert!(plan.contains("half_ring_of_two"), "{plan}");
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "upgraded", "{}", ran.stderr);
}

/// Design rule 12: the release that boots writes a line of its own, and the way back leaves it unsaved.
#[test]
fn a_way_back_saves_nothing_when_it_is_asked() {
    let bench = wanting(vec![with(|_| {})], "three_step");
    bench.set_fault(NAME, at("unsaved_config", "reload"));
    bench.set_fault(NAME, fault("interface_down_after_upgrade"));
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "rolled_back", "{}", ran.stderr);
    // The question is no refusal: nobody is warned of one.
    let warnings = ran.device(NAME)["warnings"].to_string();
    assert!(!warnings.contains("install abort"), "{warnings}");
    assert_eq!(bench.sent(NAME, "install abort"), 1);
    assert_eq!(bench.count(NAME, EventKind::InstallAbort), 1);
    assert_eq!(bench.count(NAME, EventKind::ConfigSaved), 0);
    let truth = bench.truth(NAME);
    assert_eq!(
        (&truth["config_saved"], releases(&truth)),
        (&true.into(), vec![FROM; 3])
    );
}

/// The same after one step, whose way back is a rollback.
#[test]
fn a_rollback_saves_nothing_when_it_is_asked() {
    let bench = wanting(vec![with(|_| {})], "one_step");
    bench.set_fault(NAME, at("unsaved_config", "reload"));
    bench.set_fault(NAME, fault("interface_down_after_upgrade"));
    let ran = upgrade(&bench, NAME);
    assert_eq!(ran.device(NAME)["outcome"], "rolled_back", "{}", ran.stderr);
    assert_eq!(bench.count(NAME, EventKind::Rollback), 1);
    assert_eq!(bench.count(NAME, EventKind::ConfigSaved), 0);
}

/// A release that asks nothing and refuses leaves the device to its own timer: a person is told why, and
/// by when it goes back; nothing is saved for it.
#[test]
fn a_way_back_that_wants_the_configuration_saved_is_left_to_the_timer() {
    let bench = wanting(vec![with(|_| {})], "three_step");
    bench.set_fault(NAME, at("unsaved_config", "reload"));
    bench.set_fault(NAME, fault("interface_down_after_upgrade"));
    bench.set_fault(
        NAME,
        Fault {
            times: Some(0),
            ..fault("unsaved_refused")
        },
    );
    let ran = upgrade(&bench, NAME);
    let device = ran.device(NAME);
    assert_eq!(device["outcome"], "dead_letter", "{}", ran.stderr);
    let next = device["fault"]["remedy"].as_str().unwrap();
    assert!(next.contains("goes back by itself"), "{next}");
    assert_eq!(bench.sent(NAME, "install abort"), 1);
    assert!(
        message(&ran).contains("System configuration has been modified"),
        "{}",
        message(&ran)
    );
    assert!(device["auto_abort_deadline"].is_string(), "{device}");
    assert_eq!(bench.count(NAME, EventKind::ConfigSaved), 0);
    wait_for("the device's own way back", || {
        bench.count(NAME, EventKind::AutoAbort) == 1 && bench.truth(NAME)["up"] == true
    });
    assert_eq!(releases(&bench.truth(NAME)), [FROM; 3]);
}
