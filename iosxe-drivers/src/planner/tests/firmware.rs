//! Firmware: what is planned, and steps held against what a device shows.

use iosxe_core::device::Facts;
use iosxe_core::firmware::{FirmwareState, Package, PartKind};
use iosxe_core::image::{Image, Provenance};
use iosxe_core::observation::Observation;
use iosxe_core::plan::{Disturbs, Method, Standing, Step, StepKind, StepState};
use iosxe_core::ports::Look;

use super::device::{Device, Shape};
use super::{Ask, image};
use crate::planner::{assess, look_for, standing};

pub(super) const ROMMON: &str = "asr1000-rommon.173-1r.SPA.pkg";
pub(super) const PARTS: &str = "asr1000-hw-programmables.16.08.01.SPA.pkg";

pub(super) fn package(file: &str, brings: &[&str]) -> Image {
    let release = Package::of(file).and_then(|p| p.release());
    Image {
        file: file.into(),
        version: release.unwrap_or_else(|| "17.9.4a".parse().unwrap()),
        path: file.into(),
        size_bytes: 4_000_000,
        provenance: Provenance {
            verified: true,
            brings: brings.iter().map(|b| b.parse().unwrap()).collect(),
            ..Provenance::default()
        },
        ..image("asr1000-universalk9.17.09.04a.SPA.bin")
    }
}

pub(super) fn wanting(device: Device, file: &str, brings: &[&str]) -> Ask {
    let iosd = "asr1000-universalk9.17.09.04a.SPA.bin";
    let mut ask = Ask::wanting(Method::Firmware, device.discovered(), iosd);
    ask.image = package(file, brings);
    ask
}

pub(super) fn asr() -> Device {
    Device::new(
        "ASR1006-X",
        Shape::DualRouter,
        "X86_64_LINUX_IOSD-UNIVERSALK9-M",
    )
    .members(2)
}

pub(super) fn supervisor() -> Device {
    Device::new("C9404R", Shape::Chassis, "CAT9K_IOSXE")
}

fn written(steps: &[Step]) -> Vec<&Step> {
    steps
        .iter()
        .filter(|s| s.kind == StepKind::WriteFirmware)
        .collect()
}

fn say(ask: &Ask, step: &Step, facts: &Facts) -> StepState {
    let seen = Observation::Facts(Box::new(facts.clone()));
    assess(step, &ask.plan().unwrap(), &seen)
}

fn set(state: &mut FirmwareState, slot: &str, kind: PartKind, version: &str) {
    let part = state
        .parts
        .iter_mut()
        .find(|p| p.slot == slot && p.kind == kind);
    part.unwrap().version = version.into();
}

#[test]
fn the_plans_of_each_form_are_these() {
    let asks = [
        ("rommon", wanting(asr(), ROMMON, &[])),
        (
            "cards",
            wanting(
                asr(),
                PARTS,
                &["ASR1000-RP2 fpga 18102401", "R0 cpld 15012301"],
            ),
        ),
        (
            "regions",
            wanting(
                Device::new("ASR-903", Shape::DualRouter, "PPC_LINUX_IOSD-UNIVERSALK9-M")
                    .members(2)
                    .bundle("asr900rsp3-universalk9.17.09.04a.SPA.bin"),
                "asr900_17_3_48r_s_rommon.pkg",
                &[],
            ),
        ),
        ("capsule", wanting(supervisor(), "capsule-primary", &[])),
        ("golden", wanting(supervisor(), "capsule-golden", &[])),
    ];
    for (name, ask) in asks {
        let plan = ask.plan().unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!(plan.from, plan.to, "{name}: the release stays");
        assert!(plan.way_back.is_empty() && plan.undo_commit.is_empty());
        let gate = plan
            .steps
            .iter()
            .position(|s| s.kind == StepKind::Gate)
            .unwrap();
        let first = plan
            .steps
            .iter()
            .position(|s| s.kind.is_for_good())
            .unwrap();
        assert!(gate < first, "{name}");
        assert!(plan.steps[gate].commands[0].contains("NO WAY BACK"));
        insta::assert_snapshot!(format!("firmware_{name}"), plan.to_string());
    }
}

#[test]
fn an_approval_covers_the_very_versions() {
    let one = wanting(asr(), PARTS, &["* fpga 18102401"]).plan().unwrap();
    let other = wanting(asr(), PARTS, &["* fpga 19010101"]).plan().unwrap();
    assert_ne!(one.hash, other.hash);
}

#[test]
fn the_side_that_answers_is_written_last() {
    let plan = wanting(asr(), PARTS, &["* fpga 18102401"]).plan().unwrap();
    let slots: Vec<&str> = plan.changes().map(|c| c.slot.as_str()).collect();
    assert_eq!(slots, ["R1", "R0"]);
    assert!(
        written(&plan.steps)
            .iter()
            .all(|s| s.disturbs == Disturbs::Reload)
    );
}

#[test]
fn each_state_of_a_boot_loader_has_its_next_step() {
    let ask = wanting(asr(), ROMMON, &[]);
    let plan = ask.plan().unwrap();
    let write = written(&plan.steps)[0].clone();
    let reload = plan
        .steps
        .iter()
        .find(|s| s.kind == StepKind::Reload)
        .unwrap();
    assert_eq!(look_for(&write, &plan), Look::Firmware);
    let before = ask.device.clone().discovered().facts(&[]).unwrap();
    assert_eq!(say(&ask, &write, &before), StepState::Ready);
    assert_eq!(say(&ask, reload, &before), StepState::Ready);
    assert!(
        matches!(standing(&plan, &before), Standing::Settling { .. }),
        "never as before"
    );
    let state = |change: &dyn Fn(&mut FirmwareState)| {
        let mut facts = before.clone();
        change(facts.firmware.as_mut().unwrap());
        facts
    };
    let after = state(&|s| set(s, "R0", PartKind::Rommon, "17.3.1r"));
    assert_eq!(say(&ask, &write, &after), StepState::Done);
    assert_eq!(say(&ask, reload, &after), StepState::Done);
    assert_eq!(standing(&plan, &after), Standing::Committed);
    let third = state(&|s| set(s, "R0", PartKind::Rommon, "16.9(1r)"));
    assert!(matches!(
        say(&ask, &write, &third),
        StepState::Blocked { code, .. } if code == "firmware_third_version"
    ));
    let busy = state(&|s| s.writing = Some("R0 1-ROMMON".into()));
    assert!(matches!(
        say(&ask, &write, &busy),
        StepState::Pending { .. }
    ));
    let kept = state(&|s| s.written = vec!["R0".into()]);
    assert_eq!(say(&ask, &write, &kept), StepState::Done);
    let mut unread = before.clone();
    unread.firmware = None;
    assert!(matches!(
        say(&ask, &write, &unread),
        StepState::Pending { .. }
    ));
}

#[test]
fn a_standby_that_is_not_hot_is_waited_for_between_two_cards() {
    let ask = wanting(asr(), PARTS, &["* fpga 18102401"]);
    let plan = ask.plan().unwrap();
    let last = (*written(&plan.steps).last().unwrap()).clone();
    let mut facts = ask.device.facts(&[]).unwrap();
    assert_eq!(say(&ask, &last, &facts), StepState::Ready);
    facts.redundancy.as_mut().unwrap().peer = "STANDBY COLD".into();
    assert!(matches!(
        say(&ask, &last, &facts),
        StepState::Pending { .. }
    ));
}

#[test]
fn what_the_first_boot_takes_longer_is_in_the_numbers_of_an_upgrade() {
    let stack = |from| Device::new("C9300-48P", Shape::Stack, "CAT9K_IOSXE").runs(from);
    let file = "cat9k_iosxe.17.12.04.SPA.bin";
    let (near, far) = (stack("17.12.01"), stack("17.09.04a"));
    let (near, far) = (
        Ask::new(near, file).plan().unwrap(),
        Ask::new(far, file).plan().unwrap(),
    );
    let bound = |plan: &iosxe_core::plan::DevicePlan| {
        let step = plan.steps.iter().find(|s| s.kind == StepKind::Activate);
        step.unwrap().bound_s
    };
    assert_eq!(far.estimate_s - near.estimate_s, 374);
    assert_eq!(bound(&far) - bound(&near), 600);
}
