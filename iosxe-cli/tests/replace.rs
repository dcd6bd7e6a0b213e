//! The kept configuration put back, the release staying: over SSH, against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{BootModeSpec, DeviceSpec, Fault};

use support::upgrades::upgrade;
use support::{Bench, Ran, c9300, device, fault, wait_for};

const ARCHIVE: &str = "archive\n path flash:cfg\n";
const REPLACE: &str = "configure replace flash:iosxe-startup-before-17.12.04.cfg list";

fn archiving(name: &str) -> DeviceSpec {
    let mut spec = c9300(name);
    spec.config = vec![ARCHIVE.into()];
    spec
}

/// Devices that were upgraded, their plans keeping the configuration, and have lost lines of it since.
fn upgraded(devices: Vec<DeviceSpec>) -> Bench {
    let names: Vec<String> = devices.iter().map(|d| d.name.clone()).collect();
    let bench = Bench::new(devices);
    bench.add_to_configuration("[policy]\nkeep_config = true\nreplace_timer = 1800");
    for name in &names {
        bench.set_fault(name, fault("config_lines_lost"));
        let ran = upgrade(&bench, name);
        assert_eq!(ran.device(name)["outcome"], "upgraded", "{}", ran.stderr);
        assert_eq!(
            bench.truth(name)["config_saved"],
            false,
            "it has lost lines"
        );
    }
    bench
}

fn put_back(bench: &Bench, more: &[&str]) -> Ran {
    let mut words = vec!["rollback", "--running-config", "--approve", "auto"];
    words.extend(["--output", "json"]);
    words.extend(more);
    bench.run(&words)
}

fn replace_fails(at: &str) -> Fault {
    Fault {
        at: at.into(),
        ..fault("replace_fails")
    }
}

#[test]
fn it_is_put_back_confirmed_and_proven_and_the_release_stays() {
    let bench = upgraded(vec![archiving("sw-a")]);
    let ran = put_back(&bench, &["sw-a", "--reason", "VLAN 20 is gone"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "rolled_back", "{}", ran.stderr);
    assert_eq!(told["fault"]["code"], "configuration_put_back", "{told}");
    let truth = bench.truth("sw-a");
    assert_eq!(truth["running_version"], "17.12.04");
    assert_eq!(truth["committed_version"], "17.12.04");
    assert_eq!(truth["config_saved"], true, "running is what startup keeps");
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(bench.sent("sw-a", &format!("{REPLACE} time 30")), 1);
    assert_eq!(bench.sent("sw-a", "configure confirm"), 1);
    let report = bench.path("runs").join(ran.run_name()).join("report.html");
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("VLAN 20 is gone") && report.contains("configure replace"));
    // The release still has its own way back.
    let ran = bench.run(&["rollback", "sw-a", "--approve", "auto", "--output", "json"]);
    assert_eq!(
        ran.device("sw-a")["outcome"],
        "rolled_back",
        "{}",
        ran.stderr
    );
    assert_eq!(bench.truth("sw-a")["committed_version"], "17.09.04a");
    assert_eq!(bench.sent("sw-a", "install rollback to id"), 1);
}

#[test]
fn without_a_timer_only_when_asked_for_by_name() {
    let bench = upgraded(vec![c9300("sw-a")]);
    let ran = put_back(&bench, &["sw-a"]);
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "dead_letter", "{}", ran.stderr);
    assert_eq!(told["fault"]["code"], "archive_not_configured", "{told}");
    assert_eq!(bench.sent("sw-a", "configure replace"), 0);
    let ran = put_back(&bench, &["sw-a", "--without-timer"]);
    assert_eq!(
        ran.device("sw-a")["outcome"],
        "rolled_back",
        "{}",
        ran.stderr
    );
    assert_eq!(bench.truth("sw-a")["running_version"], "17.12.04");
    assert_eq!(bench.truth("sw-a")["config_saved"], true);
    assert_eq!(bench.sent("sw-a", "configure confirm"), 0);
}

/// In bundle mode the kept one has the boot statements of the old release: it goes back with that.
#[test]
fn a_configuration_that_boots_the_old_release_is_not_put_back_alone() {
    let mut router = device("rt-a", "ISR4331/K9");
    router.boot_mode = Some(BootModeSpec::Bundle);
    let bench = upgraded(vec![router]);
    let ran = put_back(&bench, &["rt-a"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("in install mode"), "{}", ran.stderr);
    assert_eq!(bench.sent("rt-a", "configure replace"), 0);
}

/// Aborted, failed or partial, said or not: nothing is confirmed, and the device takes it back.
#[test]
fn what_is_not_equal_is_not_confirmed_and_goes_back() {
    for at in ["aborted", "failed", "partial"] {
        let bench = upgraded(vec![archiving("sw-a")]);
        bench.set_fault("sw-a", replace_fails(at));
        let ran = put_back(&bench, &["sw-a"]);
        let told = ran.device("sw-a");
        assert_eq!(told["outcome"], "dead_letter", "{at}: {}", ran.stderr);
        let code = told["fault"]["code"].as_str().unwrap();
        assert_eq!(code, "configuration_not_replaced", "{at}: {told}");
        assert_eq!(bench.sent("sw-a", "configure replace"), 1, "{at}");
        assert_eq!(bench.sent("sw-a", "configure confirm"), 0, "{at}");
        let truth = bench.truth("sw-a");
        assert_eq!(truth["config_saved"], false, "{at}: {truth}");
        assert_eq!(truth["running_version"], "17.12.04", "{at}");
        // Without the fault it is tried again.
        let ran = put_back(&bench, &["sw-a"]);
        assert_eq!(
            ran.device("sw-a")["outcome"],
            "rolled_back",
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn killed_before_the_confirmation_a_resume_compares_first() {
    let bench = upgraded(vec![archiving("sw-a")]);
    // Longer than a busy machine takes to start the command again.
    bench.configure(|text| text.replace("replace_timer = 1800", "replace_timer = 7200"));
    let held = Fault {
        at: "configure confirm".into(),
        ..fault("command_held")
    };
    bench.set_fault("sw-a", held);
    let running = bench.start(&["rollback", "sw-a", "--running-config", "--approve", "auto"]);
    running.kill_at("the confirmation", || {
        bench.sent("sw-a", "configure confirm") == 1
    });
    bench.lab().clear_faults("sw-a").unwrap();
    let ran = bench.run(&["resume", "--output", "json"]);
    assert_eq!(
        ran.device("sw-a")["outcome"],
        "rolled_back",
        "{}",
        ran.stderr
    );
    assert_eq!(bench.sent("sw-a", "configure replace"), 1);
    wait_for("the configuration to stay", || {
        bench.truth("sw-a")["config_saved"] == true
    });
}

#[test]
fn a_device_whose_plan_kept_none_is_named_and_nothing_is_sent() {
    let bench = Bench::new(vec![archiving("sw-a")]);
    let ran = upgrade(&bench, "sw-a");
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    let ran = put_back(&bench, &["sw-a"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("keep_config"), "{}", ran.stderr);
    assert_eq!(bench.sent("sw-a", "configure"), 0);
}

#[test]
fn nothing_is_replaced_without_a_yes() {
    let bench = upgraded(vec![archiving("sw-a")]);
    let ran = bench.run(&["rollback", "sw-a", "--running-config"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let ran = bench.run(&["rollback", "sw-a", "--without-timer", "--approve", "auto"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(bench.sent("sw-a", "configure replace"), 0);
}
