//! Install mode in one step: add, activate and commit by one command. No timer takes the device back.

use iosxe_core::device::FactKind;
use iosxe_core::plan::{DevicePlan, Refusal, StepKind};
use iosxe_core::stage::StageKind;
use iosxe_core::why::Reason;

use super::install::verify;
use super::step::{boots_packages, disturbing, gate_for, step};
use super::{Because, Case};

pub(super) fn one_step(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Case {
        family, request, ..
    } = case;
    let facts = request.facts;
    boots_packages(facts)?;
    let path = format!("{}{}", plan.file_system, plan.image.file);
    let [_, add_most] = family.add_s;
    let [_, activate_most] = family.activate_s;
    let (_, reload_most) = family.reload();
    let bound = add_most + activate_most + reload_most.as_secs();
    // A point is a way back only when it is where the device stands now.
    let back = facts
        .rollback_point
        .as_ref()
        .filter(|point| point.release.as_ref() == Some(&plan.from))
        .map(|point| point.id);
    let undo = match back {
        Some(id) => format!("install rollback to id {id}: one reload, while its files are there"),
        None => format!(
            "NONE by the device: it lists no point that leads to {}",
            plan.from
        ),
    };
    plan.steps.push(gate_for(
        "add, activate and commit",
        match back {
            Some(_) => "the device reloads, and no timer takes it back",
            None => "the device reloads, and there is NO way back but another installation",
        },
        &plan.image,
        facts,
    ));
    plan.steps.push(
        disturbing(step(
            StepKind::AddActivateCommit,
            StageKind::Upgrade,
            vec![format!("install add file {path} activate commit")],
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
    let Some(id) = back else {
        return Ok(());
    };
    plan.way_back.push(
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
            facts.evidence(FactKind::RollbackPoint),
        )),
    );
    Ok(())
}
