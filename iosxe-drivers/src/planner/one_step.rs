//! Install mode in one step: add, activate and commit by one command. No timer takes the device back.

use iosxe_core::device::FactKind;
use iosxe_core::plan::{DevicePlan, Refusal, StepKind};
use iosxe_core::stage::StageKind;
use iosxe_core::why::Reason;

use super::install::verify;
use super::step::{boots_packages, disturbing, gate_for, step};
use super::{Because, Case, rollback};

pub(super) fn one_step(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let reloads = Reloads {
        words: "activate commit",
        what: "add, activate and commit",
        then: "the device reloads",
    };
    carried_out(plan, case, &reloads)
}

/// How the one command reloads the device.
pub(super) struct Reloads<'a> {
    /// Behind the file in the command.
    pub(super) words: &'a str,
    /// What is approved.
    pub(super) what: &'a str,
    /// What the device does then.
    pub(super) then: &'a str,
}

/// The steps, whichever way the device reloads.
pub(super) fn carried_out(
    plan: &mut DevicePlan,
    case: Case<'_>,
    reloads: &Reloads<'_>,
) -> Result<(), Refusal> {
    let Case {
        family, request, ..
    } = case;
    let facts = request.facts;
    boots_packages(facts)?;
    let path = format!("{}{}", plan.file_system, plan.image.file);
    let [_, add_most] = family.add_s;
    let [_, activate_most] = family.activate_s;
    let (_, reload_most) = case.reload();
    let bound = add_most + activate_most + reload_most.as_secs();
    let back = rollback::point(plan, case);
    let undo = rollback::undo(plan, back);
    let then = match back {
        Some(_) => format!("{}, and no timer takes it back", reloads.then),
        None => format!(
            "{}, and there is NO way back but another installation",
            reloads.then
        ),
    };
    plan.steps
        .push(gate_for(reloads.what, &then, &plan.image, facts));
    plan.steps.push(
        disturbing(step(
            StepKind::AddActivateCommit,
            StageKind::Upgrade,
            vec![format!("install add file {path} {}", reloads.words)],
            bound,
            undo,
        ))
        .because(Reason::new(
            "one_step_without_timer",
            "the release is committed before anybody has proven it: the device does not go back by itself",
            facts
                .evidence(FactKind::Package)
                .into_iter()
                .chain(facts.evidence(FactKind::RollbackPoint))
                .collect(),
        )),
    );
    plan.steps.push(verify(
        format!("{} on every member, members back, baseline equal", plan.to),
        request.policy,
    ));
    plan.way_back.extend(back.map(|id| rollback::to(id, case)));
    Ok(())
}
