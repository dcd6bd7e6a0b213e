//! A kept configuration: when a plan keeps one, how it is put back, and what a comparison says of that.

use std::time::Duration;

use iosxe_core::device::Release;
use iosxe_core::observation::{ConfigSeen, Observation};
use iosxe_core::plan::{DevicePlan, Step, StepKind, StepState};

use super::{Ask, fleet};
use crate::planner::{assess, look_for, put_back};

fn planned(name: &str) -> (Ask, DevicePlan) {
    let (_, ask) = fleet().into_iter().find(|(n, _)| *n == name).unwrap();
    let plan = ask.plan().unwrap();
    (ask, plan)
}

fn place(plan: &DevicePlan, kind: StepKind) -> Option<usize> {
    plan.steps.iter().position(|s| s.kind == kind)
}

#[test]
fn a_copy_is_kept_before_the_gate_where_somebody_asked_or_the_release_goes_down() {
    for name in [
        "catalyst_9300_kept",
        "catalyst_9300_down",
        "isr_4000_bundle",
    ] {
        let (_, plan) = planned(name);
        let kept = place(&plan, StepKind::KeepStartup).unwrap();
        assert!(
            kept < place(&plan, StepKind::Gate).unwrap(),
            "{name}: {plan}"
        );
    }
    let (_, plan) = planned("catalyst_9300");
    assert_eq!(place(&plan, StepKind::KeepStartup), None);
    assert_eq!(
        put_back(&plan, None),
        None,
        "what is not kept cannot be put back"
    );
    let (_, plan) = planned("isr_4000_bundle");
    let old = "its boot statements are those of the old release";
    assert_eq!(put_back(&plan, None), None, "{old}");
}

#[test]
fn the_gate_of_a_downgrade_says_that_it_is_one() {
    for name in ["catalyst_9300_down", "isr_4000_bundle_down"] {
        let (_, plan) = planned(name);
        let gate = &plan.steps[place(&plan, StepKind::Gate).unwrap()];
        assert!(
            gate.commands[0].starts_with("approval to DOWNGRADE to 17.06.05: "),
            "{plan}"
        );
    }
}

#[test]
fn the_revert_timer_is_one_that_the_device_takes() {
    let (_, plan) = planned("catalyst_9300_kept");
    let minutes = |seconds| {
        let steps = put_back(&plan, Some(Duration::from_secs(seconds))).unwrap();
        steps[0].commands[0].rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(minutes(0), "1");
    assert_eq!(minutes(601), "11");
    assert_eq!(minutes(10 * 3600), "120");
}

const FILE: &str = "flash:iosxe-startup-before-17.12.04.cfg";

/// What a look at this device saw.
fn seen(plan: &DevicePlan, lines: usize) -> ConfigSeen {
    ConfigSeen {
        differing: Some(lines),
        serials: plan.serials.clone(),
        running: Some(Release::Number(plan.to.clone())),
        archive: Some(true),
        ..ConfigSeen::default()
    }
}

fn says(step: &Step, plan: &DevicePlan, seen: &ConfigSeen) -> StepState {
    assess(
        step,
        plan,
        &Observation::Configuration(Box::new(seen.clone())),
    )
}

#[track_caller]
fn assert_blocked(state: &StepState, wanted: &str) {
    assert!(
        matches!(state, StepState::Blocked { code, .. } if code == wanted),
        "{state:?}, not {wanted}"
    );
}

#[test]
fn it_is_replaced_with_a_timer_and_confirmed_when_equal() {
    let (_, plan) = planned("catalyst_9300_kept");
    let steps = put_back(&plan, Some(Duration::from_secs(600))).unwrap();
    let [replace, confirm] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(
        replace.commands,
        [format!("configure replace {FILE} list time 10")]
    );
    assert_eq!(confirm.commands, ["configure confirm"]);
    let differs = seen(&plan, 3);
    let pending = |lines| ConfigSeen {
        pending: Some("a timer of 10 min of netops runs".into()),
        ..seen(&plan, lines)
    };
    assert_eq!(says(replace, &plan, &differs), StepState::Ready);
    assert!(matches!(
        says(replace, &plan, &pending(3)),
        StepState::Pending { .. }
    ));
    assert_eq!(says(replace, &plan, &pending(0)), StepState::Done);
    assert_eq!(says(confirm, &plan, &pending(0)), StepState::Ready);
    assert_eq!(says(confirm, &plan, &seen(&plan, 0)), StepState::Done);
    assert_blocked(&says(confirm, &plan, &pending(3)), "configuration_differs");
}

#[test]
fn what_stands_in_the_way_is_told_apart() {
    let (_, plan) = planned("catalyst_9300_kept");
    let timed = put_back(&plan, Some(Duration::from_secs(600))).unwrap();
    let untimed = put_back(&plan, None).unwrap();
    assert_eq!(
        untimed[0].commands,
        [format!("configure replace {FILE} list")]
    );
    assert_eq!(untimed.len(), 1, "there is no timer to stop");
    let with = |change: &dyn Fn(&mut ConfigSeen)| {
        let mut seen = seen(&plan, 3);
        change(&mut seen);
        seen
    };
    let cases: [(&str, ConfigSeen); 5] = [
        ("archive_not_configured", with(&|s| s.archive = Some(false))),
        ("archive_not_configured", with(&|s| s.archive = None)),
        ("kept_configuration_missing", with(&|s| s.missing = true)),
        (
            "serial_differs",
            with(&|s| s.serials = vec!["FOC00000000".into()]),
        ),
        (
            "third_release",
            with(&|s| s.running = Some(Release::Number("17.15.1".parse().unwrap()))),
        ),
    ];
    for (code, seen) in &cases {
        assert_blocked(&says(&timed[0], &plan, seen), code);
    }
    let unread = with(&|s| s.differing = None);
    assert_blocked(&says(&timed[0], &plan, &unread), "comparison_unread");
    assert_eq!(says(&untimed[0], &plan, &cases[0].1), StepState::Ready);
}

#[test]
fn a_copy_of_an_earlier_plan_is_written_over() {
    let (_, plan) = planned("catalyst_9300_kept");
    let keep = &plan.steps[place(&plan, StepKind::KeepStartup).unwrap()];
    let look = look_for(keep, &plan);
    let wanted = iosxe_core::ports::Look::Configuration {
        kept: FILE.into(),
        with: "nvram:startup-config".into(),
    };
    assert_eq!(look, wanted);
    let of = |differing, missing| ConfigSeen {
        differing,
        missing,
        ..ConfigSeen::default()
    };
    assert_eq!(says(keep, &plan, &of(None, true)), StepState::Ready);
    assert_eq!(says(keep, &plan, &of(Some(2), false)), StepState::Ready);
    assert_eq!(says(keep, &plan, &of(Some(0), false)), StepState::Done);
    assert_blocked(&says(keep, &plan, &of(None, false)), "comparison_unread");
}
