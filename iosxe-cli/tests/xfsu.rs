//! Fast reload of Catalyst 9300, where a row asks for it by name: over SSH, against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{DeviceSpec, EventKind, Fault};

use support::upgrades::{releases, upgrade, wanting};
use support::{Bench, c9300, device, fault, stack};

const FAST: &str = "install add file flash:cat9k_iosxe.17.12.04.SPA.bin activate xfsu commit";

fn fast(devices: Vec<DeviceSpec>) -> Bench {
    wanting(devices, "xfsu")
}

fn refused(at: &str) -> Fault {
    Fault {
        at: at.into(),
        ..fault("xfsu_refused")
    }
}

/// Simulated seconds of a device's only reload.
fn away(bench: &Bench, name: &str) -> f64 {
    let timeline = bench.timeline();
    let at = |kind| {
        let mut events = timeline.iter().filter(|e| e.device == name);
        events.find(|e| e.kind == kind).unwrap().sim_s
    };
    at(EventKind::ReloadEnd) - at(EventKind::ReloadBegin)
}

#[test]
fn a_stack_reloads_fast_and_is_proven_on_every_member() {
    let bench = fast(vec![stack("sw-fast"), stack("sw-usual")]);
    bench.edit(|table| table.set("sw-usual", "want_method", "one_step"));
    for name in ["sw-fast", "sw-usual"] {
        let ran = upgrade(&bench, name);
        assert_eq!(ran.device(name)["outcome"], "upgraded", "{}", ran.stderr);
    }
    let truth = bench.truth("sw-fast");
    assert_eq!(releases(&truth), ["17.12.04"; 3]);
    assert_eq!(truth["committed_version"], "17.12.04");
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(bench.sent("sw-fast", FAST), 1);
    assert!(away(&bench, "sw-fast") < away(&bench, "sw-usual") / 2.0);
}

/// The plan names what is lost; nothing is sent to a device that may not reload fast.
#[test]
fn the_plan_names_the_lost_net_and_refuses_what_the_device_denies() {
    let mut root = c9300("sw-root");
    root.config = vec!["spanning-tree vlan 10 root primary\n".into()];
    let bench = fast(vec![c9300("sw-a"), root, device("sw-9200", "C9200-24P")]);
    let ran = bench.run(&["plan", "--output", "table"]);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("by a fast reload"), "{said}");
    assert!(said.contains("no timer takes it back"), "{said}");
    assert!(said.contains("one usual reload"), "{said}");
    for (name, code) in [
        ("sw-root", "xfsu_not_eligible"),
        ("sw-9200", "xfsu_not_on_platform"),
    ] {
        let ran = upgrade(&bench, name);
        let told = ran.device(name);
        assert_eq!(told["outcome"], "refused", "{name}: {}", ran.stderr);
        assert_eq!(told["fault"]["code"], code);
    }
    bench.assert_only_read();
}

/// What the device refuses for good is told in its words; nothing takes the place of what was asked for.
#[test]
fn a_refusal_of_the_device_is_final_and_never_becomes_a_usual_reload() {
    for (at, words) in [
        ("fpga", "FPGA on switch 1 does not support xFSU"),
        ("requirement", "Abort xFSU install"),
    ] {
        let bench = fast(vec![c9300("sw-a")]);
        bench.set_fault("sw-a", refused(at));
        let ran = upgrade(&bench, "sw-a");
        let told = ran.device("sw-a");
        assert_eq!(told["outcome"], "dead_letter", "{at}: {}", ran.stderr);
        let message = told["fault"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{at}: {message}");
        assert_eq!(bench.sent("sw-a", "install add file"), 1, "{at}");
        let truth = bench.truth("sw-a");
        assert_eq!(truth["running_version"], "17.09.04a");
        assert_eq!(truth["reload_count"], 0, "{at}");
    }
}

#[test]
fn a_device_that_is_not_ready_yet_is_asked_once_more() {
    let bench = fast(vec![c9300("sw-a")]);
    bench.set_fault("sw-a", refused("not_ready"));
    let ran = upgrade(&bench, "sw-a");
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.sent("sw-a", FAST), 2);
    assert_eq!(bench.truth("sw-a")["reload_count"], 1);
}

#[test]
fn a_failed_gate_goes_back_by_a_usual_reload() {
    let bench = fast(vec![c9300("sw-a")]);
    bench.set_fault("sw-a", fault("interface_down_after_upgrade"));
    let ran = upgrade(&bench, "sw-a");
    assert_eq!(
        ran.device("sw-a")["outcome"],
        "rolled_back",
        "{}",
        ran.stderr
    );
    let truth = bench.truth("sw-a");
    assert_eq!(truth["running_version"], "17.09.04a");
    assert_eq!(truth["committed_version"], "17.09.04a");
    assert_eq!(bench.sent("sw-a", "install rollback to id"), 1);
}
