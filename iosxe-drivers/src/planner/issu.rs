//! In-service upgrade of two supervisors or a StackWise Virtual pair: one side after the other, driven
//! by the device and observed (design rule 14).
//!
//! Source: Cisco, "Performing an In-Service Software Upgrade" for Catalyst 9400, 9500 and 9600.

use std::time::Duration;

use iosxe_core::boot::BootMode;
use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Method, Policy, Refusal, StepKind};
use iosxe_core::platform::{IssuBy, IssuForm, Redundancy};
use iosxe_core::stage::StageKind;
use iosxe_core::version::Version;
use iosxe_core::why::{Evidence, Reason};

use super::install::{MARGIN, TIMER_MINUTES, add, commit, verify};
use super::issu_router::boots;
use super::method::{mode, row};
use super::step::{boots_packages, gate_for, policy as value, step, switching_over, table};
use super::{Because, Case};

/// How an upgrade in service goes here, when it is legal at all. A capability that the table denies is
/// never granted by a probe (design rule 17).
pub(super) fn legal(case: Case<'_>, from: &Version) -> Result<IssuForm, Refusal> {
    let family = case.family;
    let facts = case.request.facts;
    let reload = || Remedy::new("set `want_method` to `auto`: the device reloads");
    let Some(since) = &family.issu_since else {
        return Err(Refusal::new(
            "issu_not_on_platform",
            format!("{} has no upgrade in service", family.name),
            reload(),
        )
        .seen(facts.evidence(FactKind::Model))
        .seen(row(case)));
    };
    if from < since {
        return Err(Refusal::new(
            "issu_too_early",
            format!("{} upgrades in service from {since} on", family.name),
            reload(),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(vec![table(&family.name, "issu_since", since)]));
    }
    let peers = matches!(
        family.redundancy,
        Redundancy::DualSupervisor | Redundancy::StackwiseVirtual | Redundancy::DualRouteProcessor
    ) && facts.members.len() > 1;
    if !peers {
        return Err(Refusal::new(
            "issu_alone",
            "an upgrade in service needs a second side, and there is none",
            reload(),
        )
        .seen(facts.evidence(FactKind::Member))
        .seen(facts.evidence(FactKind::Redundancy)));
    }
    let form = form(case, from)?;
    super::path::checked(case, from, Method::Issu, &mut Vec::new())?;
    ready(case)?;
    super::issu_router::standby_boots(case)?;
    Ok(form)
}

/// The commands for the device's boot mode and release.
fn form(case: Case<'_>, from: &Version) -> Result<IssuForm, Refusal> {
    let (family, facts) = (case.family, case.request.facts);
    let reload = || Remedy::new("set `want_method` to `auto`: the device reloads");
    let fits = |by: &IssuBy| *from >= by.since && by.before.as_ref().is_none_or(|b| from < b);
    let ways: Vec<IssuBy> = family.in_service(facts.boot_mode).collect();
    if let Some(by) = ways.iter().find(|by| fits(by)) {
        return Ok(by.form);
    }
    if let Some(by) = ways.iter().find(|by| *from < by.since) {
        return Err(Refusal::new(
            "issu_too_early",
            format!(
                "{} upgrades in service from {} on when it boots {}",
                family.name,
                by.since,
                boots(facts.boot_mode)
            ),
            reload(),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(mode(facts))
        .seen(vec![table(&family.name, "issu_by, since", &by.since)]));
    }
    let message = match facts.boot_mode {
        BootMode::Bundle => {
            "an upgrade in service needs install mode, and the device runs in bundle mode"
        }
        BootMode::Install => {
            "an upgrade in service needs bundle mode, and the device boots packages"
        }
    };
    Err(Refusal::new("issu_bundle_mode", message, reload())
        .seen(mode(facts))
        .seen(facts.evidence(FactKind::Release)))
}

/// Whether the device itself says that one may start now.
fn ready(case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let lines = || facts.evidence(FactKind::Issu);
    let Some(state) = &facts.issu else {
        return Err(Refusal::new(
            "issu_unknown",
            "the device does not say whether an upgrade in service may start",
            Remedy::with("look at", "show issu state detail"),
        )
        .seen(facts.evidence(FactKind::Redundancy)));
    };
    let why_not = if state.in_progress {
        Some("one is in progress".to_owned())
    } else if !state.failing.is_empty() {
        Some(state.failing.join("; "))
    } else if state.enabled == Some(false) {
        Some("it is disabled".to_owned())
    } else {
        None
    };
    match (why_not, &facts.redundancy) {
        (Some(why), _) => Err(Refusal::new(
            "issu_not_ready",
            format!("the device would not take an upgrade in service now: {why}"),
            Remedy::with("bring every check to Yes first", "show issu state detail"),
        )
        .seen(lines())),
        (None, Some(redundancy)) if redundancy.is_ready() => Ok(()),
        (None, _) => Err(Refusal::new(
            "standby_not_hot",
            "the standby could not take over",
            Remedy::with(
                "bring the standby to STANDBY HOT first",
                "show redundancy states",
            ),
        )
        .seen(facts.evidence(FactKind::Redundancy))),
    }
}

/// Whether the install engine carries it out.
pub(super) fn uses_engine(case: Case<'_>, from: &Version) -> bool {
    matches!(
        form(case, from),
        Ok(IssuForm::Activate | IssuForm::Location)
    )
}

/// The auto-abort timer of an upgrade in service in minutes, `needed` of them at least, and why it is
/// that; `lines` are what they are needed for.
pub(super) fn auto_abort(
    policy: &Policy,
    needed: u64,
    lines: Vec<Evidence>,
) -> Result<(u64, Reason), Refusal> {
    let asked = policy.auto_abort.as_secs() / 60;
    let minutes = asked.max(needed);
    let (lines, theirs) = if asked >= needed {
        (vec![value("auto_abort", policy.auto_abort.as_secs())], "do")
    } else {
        (lines, "would not")
    };
    if !TIMER_MINUTES.contains(&minutes) {
        return Err(Refusal::new(
            "auto_abort_too_short",
            format!(
                "an upgrade in service needs an auto-abort timer of {needed} min, and the device takes {} to {} min",
                TIMER_MINUTES.start(),
                TIMER_MINUTES.end(),
            ),
            Remedy::new("set `convergence` or `auto_abort` in [policy] to a shorter time"),
        )
        .seen(lines));
    }
    let why = Reason::new(
        "auto_abort_timer",
        format!(
            "the timer of {minutes} min outlasts both reloads and convergence ({needed} min at most), the policy's {asked} min {theirs}",
        ),
        lines,
    );
    Ok((minutes, why))
}

/// The steps, by the commands that the device has.
pub(super) fn issu(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    match form(case, &plan.from)? {
        IssuForm::Activate => activate(plan, case),
        IssuForm::Location => super::issu_router::location(plan, case),
        IssuForm::Versions => super::issu_router::versions(plan, case),
        IssuForm::Node => super::issu_router::node(plan, case),
    }
}

/// One command for both sides.
fn activate(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Case {
        family, request, ..
    } = case;
    let facts = request.facts;
    boots_packages(facts)?;
    let policy = request.policy;
    let [_, activate_most] = family.activate_s;
    let [_, add_most] = family.add_s;
    let (reload, reload_most) = case.reload();
    // The standby first, then the side that was active.
    let phases = Duration::from_secs(activate_most) + reload_most * 2;
    let needed = (phases + policy.convergence + MARGIN)
        .as_secs()
        .div_ceil(60);
    let mut lines = vec![
        value("convergence", policy.convergence.as_secs()),
        table(&family.name, "activate_s, at most", activate_most),
    ];
    lines.extend(case.reload_lines());
    let (minutes, timer) = auto_abort(policy, needed, lines)?;
    plan.auto_abort = Some(Duration::from_secs(minutes * 60));
    plan.estimate_s = (reload * 2).as_secs();
    let switches_over = "one side after the other reloads, with a switchover between";
    plan.steps.push(add(plan, add_most, facts));
    plan.steps
        .push(gate_for("activate", switches_over, &plan.image, facts));
    plan.steps.push(
        switching_over(step(
            StepKind::ActivateIssu,
            StageKind::Upgrade,
            vec![format!("install activate issu auto-abort-timer {minutes}")],
            phases.as_secs(),
            "install abort issu, or the device itself when nobody commits: both sides once more",
        ))
        .because(timer),
    );
    plan.steps.push(verify(
        format!("{} on both sides, standby hot, baseline equal", plan.to),
        policy,
    ));
    plan.steps.push(commit(policy));
    plan.way_back.push(
        switching_over(step(
            StepKind::AbortIssu,
            StageKind::Rollback,
            vec!["install abort issu".into()],
            phases.as_secs(),
            "none: the upgrade begins anew",
        ))
        .because(Reason::new(
            "issu_abort_when_settled",
            "sent only while no side boots; otherwise the device's own way back is waited for",
            facts.evidence(FactKind::Issu),
        )),
    );
    Ok(())
}
