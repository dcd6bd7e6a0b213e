//! A configuration that the plan keeps on flash, and how it is put back.
//!
//! Source: Cisco, "Configuration Replace and Configuration Rollback" and "Configuration Rollback
//! Confirmed Change".

use std::time::Duration;

use iosxe_core::device::FactKind;
use iosxe_core::observation::ConfigSeen;
use iosxe_core::plan::{DevicePlan, Method, Step, StepKind, StepState};
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};
use iosxe_core::words::counted;

use super::step::{kept_startup, policy as value, step};
use super::{Because, Case};

/// The longest that the device may take for a configuration, in seconds of device time. A large one is
/// applied in several passes.
const REPLACE_S: u64 = 600;

/// The revert timer's range on the device, in minutes.
const TIMER_MINUTES: std::ops::RangeInclusive<u64> = 1..=120;

/// startup-config into a file of its own before the gate, where the method keeps none: the policy asks
/// for it, or the release goes down.
pub(super) fn keep(plan: &mut DevicePlan, case: Case<'_>) {
    let down = plan.to < plan.from;
    let asked = case.request.policy.keep_config;
    let kinds = |kind| plan.steps.iter().position(|s: &Step| s.kind == kind);
    let Some(gate) = kinds(StepKind::Gate) else {
        return;
    };
    if !boots_alike(plan) || !(down || asked) || kinds(StepKind::KeepStartup).is_some() {
        return;
    }
    let kept = kept_path(plan);
    let lines = match asked {
        true => vec![value("keep_config", true)],
        false => case.request.facts.evidence(FactKind::Release),
    };
    let keeps = step(
        StepKind::KeepStartup,
        StageKind::Transfer,
        vec![format!("copy startup-config {kept}")],
        120,
        format!("delete /force {kept}"),
    )
    .because(Reason::new(
        "configuration_is_kept",
        "a copy of startup-config on flash: `iosxe rollback --running-config` puts it back",
        lines,
    ));
    plan.steps.insert(gate, keeps);
}

/// Whether the configuration of before is one to run under the new release, too: in bundle mode and
/// after a conversion its boot statements are those of the old one.
fn boots_alike(plan: &DevicePlan) -> bool {
    matches!(
        plan.method,
        Method::ThreeStep | Method::OneStep | Method::Xfsu
    )
}

fn kept_path(plan: &DevicePlan) -> String {
    format!("{}{}", plan.file_system, kept_startup(plan))
}

/// The steps that put the kept configuration back, with the device's own revert timer or without one;
/// `None` where the plan keeps none, or one with the boot statements of the old release.
pub(crate) fn put_back(plan: &DevicePlan, revert: Option<Duration>) -> Option<Vec<Step>> {
    let keeps = |s: &&Step| s.kind == StepKind::KeepStartup && s.member_fs.is_none();
    plan.steps
        .iter()
        .find(keeps)
        .filter(|_| boots_alike(plan))?;
    let file = kept_path(plan);
    let lines = || vec![Evidence::new("plan", format!("keep_startup {file}"))];
    let replaces = |command: String, undo: &str| {
        step(
            StepKind::ReplaceConfig,
            StageKind::Rollback,
            vec![command],
            REPLACE_S,
            undo,
        )
        .because(Reason::new(
            "configuration_is_replaced",
            "only what differs is changed, and a comparison that finds nothing left proves it",
            lines(),
        ))
    };
    let Some(revert) = revert else {
        return Some(vec![replaces(
            format!("configure replace {file} list"),
            "NONE: no timer takes it back",
        )]);
    };
    let minutes = revert.as_secs().div_ceil(60);
    let minutes = minutes.clamp(*TIMER_MINUTES.start(), *TIMER_MINUTES.end());
    let mut timed = replaces(
        format!("configure replace {file} list time {minutes}"),
        "the device itself, when nobody confirms",
    );
    // The device has until its timer ends, and is seen to have gone back then.
    timed.bound_s = REPLACE_S + minutes * 60;
    let confirms = step(
        StepKind::ConfirmConfig,
        StageKind::Rollback,
        vec!["configure confirm".into()],
        120,
        "none: the comparison was empty",
    )
    .because(Reason::new(
        "confirmed_when_equal",
        "the timer is stopped only when the comparison finds nothing left",
        lines(),
    ));
    Some(vec![timed, confirms])
}

/// Holds a step about a configuration against the comparison that its look made.
pub(super) fn assess(step: &Step, plan: &DevicePlan, seen: &ConfigSeen) -> StepState {
    let blocked = |expected: &str, found: String, code: &str| StepState::Blocked {
        expected: expected.to_owned(),
        found,
        code: code.to_owned(),
    };
    let differ = |lines: usize| counted(lines, "differing line");
    if step.kind != StepKind::KeepStartup {
        // What is put back is this device's own, and of a release that the plan knows.
        if !seen.serials.iter().any(|s| plan.serials.contains(s)) {
            return blocked(
                &format!("the device with serial {}", plan.serials.join(", ")),
                seen.serials.join(", "),
                "serial_differs",
            );
        }
        let running = seen.running.as_ref();
        if !running.is_some_and(|r| [Some(&plan.from), Some(&plan.to)].contains(&r.number())) {
            return blocked(
                &format!("{} or {}", plan.from, plan.to),
                running.map_or_else(|| "unknown".to_owned(), ToString::to_string),
                "third_release",
            );
        }
    }
    match (step.kind, seen.differing) {
        (StepKind::KeepStartup, _) if seen.missing => StepState::Ready,
        (_, _) if seen.missing => blocked(
            "the kept configuration",
            format!("{} cannot be opened", kept_path(plan)),
            "kept_configuration_missing",
        ),
        // No verdict from a misread (design rule 2).
        (_, None) => blocked(
            "a comparison that can be read",
            seen.unread.clone().unwrap_or_default(),
            "comparison_unread",
        ),
        // Whatever it is compared with, equal is what was wanted; a timer that still runs is for the
        // confirmation.
        (StepKind::KeepStartup | StepKind::ReplaceConfig, Some(0)) => StepState::Done,
        (StepKind::KeepStartup, Some(_)) => StepState::Ready,
        (StepKind::ReplaceConfig, Some(lines)) => match (&seen.pending, seen.archive) {
            (Some(timer), _) => StepState::Pending {
                what: format!(
                    "the device to take its configuration back ({}): {timer}",
                    differ(lines)
                ),
            },
            (None, archive) if timed(step) && archive != Some(true) => blocked(
                "`archive` with a `path`, which a revert timer needs",
                match archive {
                    Some(_) => "none is configured".to_owned(),
                    None => "`show archive` does not say".to_owned(),
                },
                "archive_not_configured",
            ),
            (None, _) => StepState::Ready,
        },
        (StepKind::ConfirmConfig, Some(0)) => match &seen.pending {
            Some(_) => StepState::Ready,
            None => StepState::Done,
        },
        (StepKind::ConfirmConfig, Some(lines)) => blocked(
            "the kept configuration to run",
            format!("{}; nothing is confirmed", differ(lines)),
            "configuration_differs",
        ),
        (kind, Some(_)) => blocked("another look", kind.word().to_owned(), "wrong_look"),
    }
}

/// Whether the device takes it back by itself.
fn timed(step: &Step) -> bool {
    step.commands.iter().any(|c| c.contains(" time "))
}
