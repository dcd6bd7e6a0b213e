//! In service on routers with two processors: by location or by version on ASR 1000, by one command on
//! ASR 900 and NCS 4200.
//!
//! Source: Cisco, ASR 1000 software configuration guide, "Software Upgrade Process" and "ISSU by install
//! commands"; ASR 903 design and deployment guide; genielibs `apis/issu/configure.py`.

use std::time::Duration;

use iosxe_core::boot::{BootMode, file_name};
use iosxe_core::device::{FactKind, Facts, Role};
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Refusal, Step, StepKind};
use iosxe_core::platform::Redundancy;
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};

use super::bundle::{copy_to_others, keep_startup, others, way_back_material};
use super::install::{MARGIN, add, commit, verify};
use super::issu::auto_abort;
use super::method::mode;
use super::sides::{load_command, reload_command};
use super::step::{boots_packages, gate_for, kept_startup, policy as value, step};
use super::step::{switching_over, table};
use super::{Because, Case};

/// What the standby has to show besides its state: the same next boot, and a register that boots.
pub(super) fn standby_boots(case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    if case.family.redundancy != Redundancy::DualRouteProcessor {
        return Ok(());
    }
    let lines = || facts.evidence(FactKind::StandbyBoot);
    let first = |files: &Option<Vec<String>>| {
        let first = files.as_ref().and_then(|f| f.first());
        first.map(|f| file_name(f).to_owned())
    };
    let (ours, theirs) = (first(&facts.boot.next), first(&facts.boot.standby_next));
    if theirs.is_none() || ours != theirs {
        return Err(Refusal::new(
            "standby_boot_variable",
            format!(
                "the next boot of the standby is {}, that of the active {}",
                theirs.as_deref().unwrap_or("not told"),
                ours.as_deref().unwrap_or("not told"),
            ),
            Remedy::with("save the configuration, and look again", "show bootvar"),
        )
        .seen(lines())
        .seen(facts.evidence(FactKind::NextBoot)));
    }
    let good = &case.family.config_register_good;
    if let Some(register) = facts.boot.standby_config_register_next
        && !good.contains(&register)
    {
        return Err(Refusal::new(
            "standby_config_register",
            format!("the configuration register of the standby's next boot is {register:#x}"),
            Remedy::with("set it back and save", "config-register 0x2102"),
        )
        .seen(lines()));
    }
    Ok(())
}

/// The time that both sides take at most, and that the timer has to outlast.
struct Times {
    /// From the first command until both sides are settled. One command alone may take as long: its side
    /// reloads, and where that does not come up the device takes its time to bring it back.
    phases: Duration,
    needed: Duration,
    lines: Vec<Evidence>,
}

fn times(case: Case<'_>) -> Times {
    let (family, policy) = (case.family, case.request.policy);
    let [_, activate_most] = family.activate_s;
    let (_, side_most) = case.side();
    let activate = Duration::from_secs(activate_most);
    let phases = activate + side_most * 2;
    Times {
        phases,
        needed: phases + policy.convergence + MARGIN,
        lines: vec![
            value("convergence", policy.convergence.as_secs()),
            table(&family.name, "activate_s, at most", activate_most),
            table(&family.name, "issu_side_s, at most", side_most.as_secs()),
        ],
    }
}

fn minutes(time: Duration) -> u64 {
    time.as_secs().div_ceil(60)
}

/// What the gate says of an upgrade that carries the traffic on one side meanwhile.
const ONE_AFTER_THE_OTHER: &str =
    "one route processor reloads after the other, with a switchover between";

fn estimate(plan: &mut DevicePlan, case: Case<'_>) {
    let (side, _) = case.side();
    plan.estimate_s = (side * 2).as_secs();
}

/// `install activate location`: the standby, then the active.
pub(super) fn location(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    boots_packages(facts)?;
    let policy = case.request.policy;
    let [_, add_most] = case.family.add_s;
    let times = times(case);
    let needed = minutes(times.needed);
    let (timer, why) = auto_abort(policy, needed, times.lines)?;
    plan.auto_abort = Some(Duration::from_secs(timer * 60));
    estimate(plan, case);
    plan.steps.push(add(plan, add_most, facts));
    plan.steps.push(gate_for(
        "activate",
        ONE_AFTER_THE_OTHER,
        &plan.image,
        facts,
    ));
    plan.steps.push(
        switching_over(step(
            StepKind::ActivateStandby,
            StageKind::Upgrade,
            vec![format!(
                "install activate location standby auto-abort-timer {timer}"
            )],
            times.phases.as_secs(),
            "install abort issu, or the device itself when nobody commits: the standby once more",
        ))
        .because(why),
    );
    plan.steps.push(switchover(
        StepKind::ActivateActive,
        "install activate location active",
        times.phases.as_secs(),
        "install abort issu, or the device itself when nobody commits: both sides once more",
        facts,
    ));
    plan.steps.push(verify(
        format!("{} on both sides, standby hot, baseline equal", plan.to),
        policy,
    ));
    plan.steps.push(commit(policy));
    plan.way_back.push(abort(
        StepKind::AbortIssu,
        "install abort issu",
        times.phases,
        facts,
    ));
    Ok(())
}

/// The step with which the standby takes over.
fn switchover(kind: StepKind, command: &str, bound_s: u64, undo: &str, facts: &Facts) -> Step {
    switching_over(step(
        kind,
        StageKind::Upgrade,
        vec![command.to_owned()],
        bound_s,
        undo,
    ))
    .because(Reason::new(
        "switchover_when_hot",
        "sent only while the standby runs the new release and could take over: it does",
        facts.evidence(FactKind::Redundancy),
    ))
}

fn abort(kind: StepKind, command: &str, bound: Duration, facts: &Facts) -> Step {
    switching_over(step(
        kind,
        StageKind::Rollback,
        vec![command.to_owned()],
        bound.as_secs(),
        "none: the upgrade begins anew",
    ))
    .because(Reason::new(
        "issu_abort_when_settled",
        "sent only while no side boots; otherwise the device's own way back is waited for",
        facts.evidence(FactKind::Issu),
    ))
}

/// `issu loadversion` to `issu commitversion`, from one image each.
pub(super) fn versions(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let policy = case.request.policy;
    let running = way_back_material(case)?;
    let times = times(case);
    let slot_of = |role: Role| {
        let member = facts.members.iter().find(|m| m.role == role);
        member.map(|m| m.id).ok_or_else(|| {
            Refusal::new(
                "members_unknown",
                "the device does not say which route processor is active and which stands by",
                Remedy::with("look at the slots", "show platform"),
            )
            .seen(facts.evidence(FactKind::Member))
        })
    };
    let (active, standby) = (slot_of(Role::Active)?, slot_of(Role::Standby)?);
    let (timer, timer_lines) = rollback_timer(case, &times)?;
    plan.auto_abort = Some(timer);
    estimate(plan, case);
    copy_to_others(plan, case);
    let kept = format!("{}{}", plan.file_system, kept_startup(plan));
    keep_startup(plan, case, &others(case));
    plan.steps.push(gate_for(
        "load and run",
        ONE_AFTER_THE_OTHER,
        &plan.image,
        facts,
    ));
    plan.steps.push(
        switching_over(step(
            StepKind::LoadVersion,
            StageKind::Upgrade,
            vec![load_command(plan, standby)],
            times.phases.as_secs(),
            "issu abortversion, or the device itself when its timer ends: the standby once more",
        ))
        .because(Reason::new(
            "rollback_timer",
            format!(
                "the device's timer of {} min outlasts both reloads and convergence ({} min at most)",
                minutes(timer),
                minutes(times.needed),
            ),
            timer_lines,
        )),
    );
    plan.steps.push(switchover(
        StepKind::RunVersion,
        "issu runversion",
        times.phases.as_secs(),
        "issu abortversion, or the device itself when its timer ends: both sides once more",
        facts,
    ));
    plan.steps.push(verify(
        format!(
            "{} active, {} hot beside it on R{active}, baseline equal",
            plan.to, plan.from
        ),
        policy,
    ));
    plan.steps.extend(kept_steps(plan, case, &running, &kept));
    plan.steps.push(
        switching_over(step(
            StepKind::ReloadSlot,
            StageKind::Commit,
            vec![reload_command(active)],
            times.phases.as_secs(),
            "none needed: the active side carries the traffic",
        ))
        .because(Reason::new(
            "other_side_boots_the_new_image",
            format!(
                "R{active} still runs {}: it boots what was committed, unless it does so by itself",
                plan.from
            ),
            facts.evidence(FactKind::Member),
        )),
    );
    let mut both = verify(
        format!("{} on both sides, standby hot, baseline equal", plan.to),
        policy,
    );
    both.stage = StageKind::Commit;
    both.why.rule = "proof_of_both_sides".into();
    plan.steps.push(both);
    plan.way_back.push(abort(
        StepKind::AbortVersion,
        "issu abortversion",
        times.phases,
        facts,
    ));
    Ok(())
}

/// What ends the trial: the timer is stopped only behind the proof, and right before the commit.
fn kept_steps(plan: &DevicePlan, case: Case<'_>, running: &str, kept: &str) -> [Step; 2] {
    let facts = case.request.facts;
    let policy = case.request.policy;
    let old = file_name(running);
    [
        step(
            StepKind::AcceptVersion,
            StageKind::Commit,
            vec!["issu acceptversion".into()],
            300,
            "issu abortversion, by hand: the device does not go back by itself any more",
        )
        .because(Reason::new(
            "accept_after_the_proof",
            format!(
                "after a soak of {} min: it stops the timer, so it comes behind the proof and right before the commit",
                minutes(policy.soak)
            ),
            vec![value("soak", policy.soak.as_secs())],
        )),
        step(
            StepKind::CommitVersion,
            StageKind::Commit,
            vec!["issu commitversion".into()],
            300,
            format!(
                "copy {kept} startup-config, then a reload of both sides: {old} boots again"
            ),
        )
        .because(Reason::new(
            "commit_names_the_boot_image",
            format!("it saves the boot variable: {} from then on", plan.image.file),
            facts
                .evidence(FactKind::NextBoot)
                .into_iter()
                .chain(facts.evidence(FactKind::SystemImage))
                .collect(),
        )),
    ]
}

/// The rollback timer that the device will start, when it is long enough. It is configuration, and so
/// the operator's to set.
fn rollback_timer(case: Case<'_>, times: &Times) -> Result<(Duration, Vec<Evidence>), Refusal> {
    let (family, facts) = (case.family, case.request.facts);
    let configured = facts.issu.as_ref().and_then(|i| i.rollback_configured);
    let timer = configured.unwrap_or(Duration::from_secs(family.issu_rollback_s));
    let mut lines = facts.evidence(FactKind::RollbackTimer);
    if configured.is_none() {
        lines.push(table(
            &family.name,
            "issu_rollback_s",
            family.issu_rollback_s,
        ));
    }
    lines.extend(times.lines.iter().cloned());
    if timer >= times.needed {
        return Ok((timer, lines));
    }
    let needed = minutes(times.needed);
    Err(Refusal::new(
        "rollback_timer_too_short",
        format!(
            "the device's rollback timer of {} min is shorter than both reloads and convergence need ({needed} min)",
            minutes(timer)
        ),
        Remedy::with(
            "set it in the configuration and save",
            format!("issu set rollback-timer {:02}:{:02}:00", needed / 60, needed % 60),
        ),
    )
    .seen(lines))
}

/// `request platform software package install node`: what it installs is kept, and nothing takes it
/// back.
pub(super) fn node(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let (family, facts) = (case.family, case.request.facts);
    boots_packages(facts)?;
    let times = times(case);
    let [_, add_most] = family.add_s;
    estimate(plan, case);
    plan.steps.push(gate_for(
        "install on both route processors by one command",
        "one reloads after the other and the interface modules after them, no timer takes it back, and \
         there is NO way back but another installation",
        &plan.image,
        facts,
    ));
    let mut lines = mode(facts);
    lines.push(table(&family.name, "module_delay_s", family.module_delay_s));
    plan.steps.push(
        switching_over(step(
            StepKind::InstallNode,
            StageKind::Upgrade,
            vec![format!(
                "request platform software package install node file {}{} interface-module-delay {}",
                plan.file_system, plan.image.file, family.module_delay_s
            )],
            add_most + times.phases.as_secs(),
            format!(
                "NONE by the device: what it installs is kept; {} has to be installed again",
                plan.from
            ),
        ))
        .because(Reason::new(
            "one_command_without_timer",
            format!(
                "sub-package mode has no trial: the release is kept before anybody has proven it; interface modules reload {} s apart",
                family.module_delay_s
            ),
            lines,
        )),
    );
    plan.steps.push(verify(
        format!("{} on both sides, standby hot, baseline equal", plan.to),
        case.request.policy,
    ));
    Ok(())
}

/// The words for what a form boots.
pub(super) fn boots(mode: BootMode) -> &'static str {
    match mode {
        BootMode::Install => "packages",
        BootMode::Bundle => "one image",
    }
}
