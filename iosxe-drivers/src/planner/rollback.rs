//! The way back of a release that is committed: the install engine's rollback point before it.
//!
//! Source: Cisco, "Install mode" guides of Catalyst 9000 and the commands' history as genielibs
//! captures it: each commit makes a point, and the points go with the files behind them.

use iosxe_core::device::{FactKind, Facts};
use iosxe_core::plan::{DevicePlan, Step, StepKind, StepState};
use iosxe_core::stage::StageKind;
use iosxe_core::why::Reason;

use super::step::{disturbing, step};
use super::{Because, Case};

/// The newest point, where it leads to the release that the device runs now.
pub(super) fn point(plan: &DevicePlan, case: Case<'_>) -> Option<u32> {
    let point = case.request.facts.rollback_point.as_ref()?;
    (point.release.as_ref() == Some(&plan.from)).then_some(point.id)
}

/// How the commitment of the new release is undone, in words.
pub(super) fn undo(plan: &DevicePlan, point: Option<u32>) -> String {
    match point {
        Some(id) => format!("install rollback to id {id}: one reload, while its files are there"),
        None => format!(
            "NONE by the device: it lists no point that leads to {}",
            plan.from
        ),
    }
}

/// The step back to a point.
pub(super) fn to(id: u32, case: Case<'_>) -> Step {
    let [_, activate_most] = case.family.activate_s;
    let (_, reload_most) = case.reload();
    disturbing(step(
        StepKind::InstallRollback,
        StageKind::Rollback,
        vec![format!("install rollback to id {id}")],
        activate_most + reload_most.as_secs(),
        "none: the upgrade begins anew",
    ))
    .because(Reason::new(
        "rollback_after_commit",
        "`committed` is the new release by then: the point before it is named",
        case.request.facts.evidence(FactKind::RollbackPoint),
    ))
}

/// The point that a step goes back to.
pub(super) fn point_of(step: &Step) -> Option<u32> {
    let mut commands = step.commands.iter();
    commands.find_map(|c| {
        c.strip_prefix("install rollback to id ")?
            .trim()
            .parse()
            .ok()
    })
}

/// Whether the point leads, as the device says now, to the release that the plan named.
pub(super) fn leads(step: &Step, plan: &DevicePlan, facts: &Facts) -> StepState {
    let Some(id) = point_of(step) else {
        return StepState::Ready;
    };
    let found = match &facts.rollback_point {
        Some(point) if point.id == id => match &point.release {
            Some(release) if *release == plan.from => return StepState::Ready,
            Some(release) => format!("it leads to {release}"),
            None => "the device does not say where it leads".to_owned(),
        },
        Some(_) | None => "the device does not list it any more".to_owned(),
    };
    StepState::Blocked {
        expected: format!("rollback point {id} to lead to {}", plan.from),
        found,
        code: "rollback_point_differs".into(),
    }
}

/// What a plan that ends with `install commit` can still do afterwards, known before it begins.
pub(super) fn after_commit(plan: &mut DevicePlan, case: Case<'_>) {
    let point = point(plan, case);
    let undo = undo(plan, point);
    let mut commits = plan.steps.iter_mut();
    let Some(commit) = commits.find(|s| s.kind == StepKind::Commit) else {
        return;
    };
    commit.undo = undo;
    plan.undo_commit.extend(point.map(|id| to(id, case)));
}
