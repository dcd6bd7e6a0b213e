//! An older release, only when it is asked for by name: over SSH, against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind};

use support::upgrades::{upgrade, upgrading};
use support::{Bench, Ran, device, fault};

const OLD: &str = "17.09.04a";
const NEW: &str = "17.12.04";

/// A device on the newer release whose row names the older one.
fn newer(name: &str, pid: &str) -> DeviceSpec {
    let mut spec = DeviceSpec::new(name, pid, NEW);
    spec.target_version = Some(OLD.into());
    spec
}

fn switch() -> Bench {
    Bench::new(vec![newer("sw-a", "C9300-48P")])
}

fn allowed(bench: &Bench, name: &str) -> Ran {
    let mut words = upgrading(name).to_vec();
    words.push("--allow-downgrade");
    bench.run(&words)
}

#[track_caller]
fn assert_refused(bench: &Bench, ran: &Ran) {
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "refused", "{}", ran.stderr);
    assert_eq!(told["fault"]["code"], "downgrade", "{told}");
    bench.assert_only_read();
}

#[test]
fn it_needs_the_policy_and_the_row_that_names_the_release() {
    let bench = switch();
    assert_refused(&bench, &upgrade(&bench, "sw-a"));
    bench.edit(|table| table.set("sw-a", "target_version", ""));
    bench.edit(|table| table.set("sw-a", "image", "cat9k_iosxe.17.09.04a.SPA.bin"));
    assert_refused(&bench, &allowed(&bench, "sw-a"));
}

#[test]
fn asked_for_by_name_it_is_done_and_the_newer_configuration_is_kept() {
    let bench = switch();
    let ran = allowed(&bench, "sw-a");
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("sw-a");
    assert_eq!(truth["running_version"], OLD);
    assert_eq!(truth["committed_version"], OLD);
    assert_eq!(truth["reload_count"], 1);
    let files = truth["files"].as_array().unwrap();
    let kept = "iosxe-startup-before-17.09.04a.cfg";
    assert!(files.iter().any(|f| f["path"] == kept), "{truth}");
    let ran = bench.run(&["rollback", "sw-a", "--approve", "auto", "--output", "json"]);
    assert_eq!(
        ran.device("sw-a")["outcome"],
        "rolled_back",
        "{}",
        ran.stderr
    );
    assert_eq!(bench.truth("sw-a")["committed_version"], NEW);
}

#[test]
fn the_plan_says_what_it_is_and_what_may_be_lost() {
    let bench = switch();
    let ran = bench.run(&["plan", "--allow-downgrade", "--output", "table"]);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    for words in [
        "approval to DOWNGRADE to 17.09.04a",
        "[older_release_reads_less]",
        "[secrets_of_newer_releases]",
        "[ssh_offer_changes_back]",
        "[first_release_unknown]",
        "[newer_configuration_is_kept]",
    ] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
    bench.edit(|table| table.set("sw-a", "want_method", "xfsu"));
    let ran = allowed(&bench, "sw-a");
    assert_eq!(
        ran.device("sw-a")["fault"]["code"],
        "xfsu_down",
        "{}",
        ran.stderr
    );
}

#[test]
fn never_in_service() {
    let mut chassis = newer("core-a", "C9606R");
    chassis.members = 2;
    let bench = Bench::new(vec![chassis]);
    bench.edit(|table| table.set("core-a", "want_method", "issu"));
    let ran = allowed(&bench, "core-a");
    assert_eq!(
        ran.device("core-a")["fault"]["code"],
        "issu_down",
        "{}",
        ran.stderr
    );
    bench.assert_only_read();
}

#[test]
fn a_failed_gate_brings_the_newer_release_back() {
    let mut router = newer("rt-a", "ISR4331/K9");
    router.boot_mode = Some(BootModeSpec::Bundle);
    let bench = Bench::new(vec![newer("sw-a", "C9300-48P"), router]);
    for name in ["sw-a", "rt-a"] {
        bench.set_fault(name, fault("interface_down_after_upgrade"));
        let ran = allowed(&bench, name);
        let told = ran.device(name);
        assert_eq!(told["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        let truth = bench.truth(name);
        assert_eq!(truth["running_version"], NEW, "{name}");
        assert_eq!(truth["committed_version"], NEW, "{name}");
    }
    assert_eq!(bench.count("sw-a", EventKind::InstallAbort), 1);
    assert_eq!(
        bench.sent("rt-a", "copy bootflash:iosxe-startup-before-"),
        1
    );
}

/// A row that goes up asks for nothing of this.
#[test]
fn allowing_it_changes_nothing_for_a_device_that_goes_up() {
    let bench = Bench::new(vec![device("sw-a", "C9300-48P")]);
    let plan = |words: &[&str]| {
        let ran = bench.run(words);
        let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        said["hash"].clone()
    };
    let hash = plan(&["plan", "--output", "json"]);
    assert_eq!(
        plan(&["plan", "--allow-downgrade", "--output", "json"]),
        hash
    );
}
