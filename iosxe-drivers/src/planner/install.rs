//! Install mode in three steps: add, activate with the device's own auto-abort timer, commit.

use std::time::Duration;

use iosxe_core::device::{FactKind, Facts};
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Policy, Refusal, Step, StepKind};
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};

use super::step::{boots_packages, disturbing, gate, policy as value, step, table};
use super::{Because, Case};

/// The timer's range on the device, in minutes. Source: Cisco, "Upgrading the Cisco IOS XE Software"
/// for Catalyst 8000V; the ASR 1000 ISSU guide says seconds in one place, which is a slip.
pub(super) const TIMER_MINUTES: std::ops::RangeInclusive<u64> = 30..=1200;

/// Between the end of the device's soak and its deadline (design rule 6), and beside the bounds of
/// the steps when the timer is sized.
pub(super) const MARGIN: Duration = Duration::from_secs(15 * 60);

/// The timer that an activation asks for, and what it has to outlast.
pub(super) struct Timer {
    pub(super) minutes: u64,
    needed_minutes: u64,
    lines: Vec<Evidence>,
}

impl Timer {
    /// Why the timer is as long as it is.
    pub(super) fn reason(&self) -> Reason {
        Reason::new(
            "auto_abort_timer",
            format!(
                "the timer of {} min outlasts activation, reload and convergence ({} min at most)",
                self.minutes, self.needed_minutes
            ),
            self.lines.clone(),
        )
    }
}

/// The policy's timer, where it is long enough (design rule 6).
pub(super) fn timer(case: Case<'_>) -> Result<Timer, Refusal> {
    let Case {
        family, request, ..
    } = case;
    let [_, activate_most] = family.activate_s;
    let (_, reload_most) = case.reload();
    let policy = request.policy;
    let needed = Duration::from_secs(activate_most) + reload_most + policy.convergence + MARGIN;
    let timer = Timer {
        minutes: policy.auto_abort.as_secs() / 60,
        needed_minutes: needed.as_secs().div_ceil(60),
        lines: [
            value("auto_abort", policy.auto_abort.as_secs()),
            value("convergence", policy.convergence.as_secs()),
            table(&family.name, "activate_s, at most", activate_most),
        ]
        .into_iter()
        .chain(case.reload_lines())
        .collect(),
    };
    if TIMER_MINUTES.contains(&timer.minutes) && policy.auto_abort >= needed {
        return Ok(timer);
    }
    Err(Refusal::new(
        "auto_abort_too_short",
        format!(
            "an auto-abort timer of {} min is outside {} to {} min, or shorter than activation, reload and convergence need ({} min)",
            timer.minutes,
            TIMER_MINUTES.start(),
            TIMER_MINUTES.end(),
            timer.needed_minutes
        ),
        Remedy::new("set `auto_abort` in [policy] to a longer time"),
    )
    .seen(timer.lines))
}

pub(super) fn three_step(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Case {
        family, request, ..
    } = case;
    let facts = request.facts;
    boots_packages(facts)?;
    let [_, activate_most] = family.activate_s;
    let [_, add_most] = family.add_s;
    let (_, reload_most) = case.reload();
    let policy = request.policy;
    let timer = timer(case)?;
    plan.auto_abort = Some(policy.auto_abort);
    plan.steps.push(add(plan, add_most, facts));
    plan.steps.push(gate("activate", &plan.image, facts));
    plan.steps.push(
        disturbing(step(
            StepKind::Activate,
            StageKind::Upgrade,
            vec![format!(
                "install activate auto-abort-timer {}",
                timer.minutes
            )],
            activate_most + reload_most.as_secs(),
            "install abort, or the device itself when nobody commits: one reload",
        ))
        .because(timer.reason()),
    );
    plan.steps.push(verify(
        format!("{} on every member, members back, baseline equal", plan.to),
        policy,
    ));
    plan.steps.push(commit(policy));
    plan.way_back.push(
        disturbing(step(
            StepKind::Abort,
            StageKind::Rollback,
            vec!["install abort".into()],
            activate_most + reload_most.as_secs(),
            "none: the upgrade begins anew",
        ))
        .because(Reason::new(
            "abort_before_commit",
            ABORT,
            facts.evidence(FactKind::Package),
        )),
    );
    Ok(())
}

/// What is said of an abort, the answer to its one question included.
pub(super) const ABORT: &str = "what is activated and not committed goes back by one command; configuration that was changed since is not saved: asked for it, the answer is no";

/// Packages onto every member, before anybody is asked: it disturbs nothing.
pub(super) fn add(plan: &DevicePlan, most: u64, facts: &Facts) -> Step {
    let path = format!("{}{}", plan.file_system, plan.image.file);
    step(
        StepKind::Add,
        StageKind::Transfer,
        vec![format!("install add file {path}")],
        most,
        format!("install remove file {path}"),
    )
    .because(Reason::new(
        "added_before_the_gate",
        "adding extracts the packages on every member and disturbs nothing",
        facts.evidence(FactKind::Package),
    ))
}

/// The commit, after the soak.
pub(super) fn commit(policy: &Policy) -> Step {
    step(
        StepKind::Commit,
        StageKind::Commit,
        vec!["install commit".into()],
        300,
        "known when the plan is whole",
    )
    .because(Reason::new(
        "commit_after_the_proof",
        format!(
            "after a soak of {} min: a commit ends the way back that the device walks by itself",
            policy.soak.as_secs().div_ceil(60)
        ),
        vec![value("soak", policy.soak.as_secs())],
    ))
}

/// The proof that a commit waits for: read on the device, compared with the baseline.
pub(super) fn verify(proven: String, policy: &Policy) -> Step {
    step(
        StepKind::Verify,
        StageKind::Postcheck,
        vec![proven],
        policy.convergence.as_secs(),
        "none needed",
    )
    .because(Reason::new(
        "proof_before_commit",
        "release, members and health are held against the baseline until equal",
        vec![value("convergence", policy.convergence.as_secs())],
    ))
}
