//! The image's digest once more, right before a step uses the image: between transfer and use days may
//! lie, and other people.

use iosxe_core::ids::DeviceName;
use iosxe_core::observation::Observation;
use iosxe_core::plan::{DevicePlan, Step, StepKind, StepState};
use iosxe_core::ports::Look;
use jiff::Timestamp;

use super::device::Moves;
use super::{Dispatcher, between, operator};

impl Dispatcher {
    /// The look that has to come before a step, if one has to: each member that has a copy is asked.
    pub(super) fn digest_is_due(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
    ) -> Option<Look> {
        if !matches!(
            step.kind,
            StepKind::Add
                | StepKind::AddActivateCommit
                | StepKind::SetBoot
                | StepKind::LoadVersion
                | StepKind::InstallNode
                | StepKind::ExpandPackages
                | StepKind::InstallPackages
                | StepKind::WriteFirmware
        ) {
            return None;
        }
        let device = self.state.devices.get(name)?;
        let (plan, (_, facts)) = (device.plan.as_ref()?, device.facts.as_ref()?);
        let fresh = |at: &Timestamp| self.device_time(between(*at, now)) < self.limits.digest;
        let proven = self.live.get(name).map(|l| &l.proven);
        let (index, proof) = proofs(plan).find(|(index, _)| {
            let at = proven.and_then(|p| p.get(index));
            !at.is_some_and(fresh)
        })?;
        let look = self.drivers.of(facts).ok()?.look_for(proof, plan);
        self.live(name).proving = Some(index);
        Some(look)
    }

    /// What that look says. A wrong digest leads where it leads after a transfer: the file goes, and is
    /// sent again. Of a copy that others were made from a person decides.
    pub(super) fn digest_again(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        seen: &Observation,
    ) -> Moves {
        let proving = self.live(name).proving.take();
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let (Some(plan), Some((_, facts))) = (&device.plan, &device.facts) else {
            return Ok(Vec::new());
        };
        let Some((index, proof)) = proofs(plan).find(|(index, _)| Some(*index) == proving) else {
            return Ok(Vec::new());
        };
        let last = proofs(plan).all(|(other, _)| other <= index);
        let file_system = plan.file_system_of(proof).to_owned();
        let proof = proof.clone();
        let state = match self.drivers.of(facts) {
            Ok(driver) => driver.assess(&proof, plan, seen),
            Err(refusal) => return self.give_up(name, now, refusal.into()),
        };
        match state {
            StepState::Blocked {
                expected,
                found,
                code,
            } if last => self.blocked(name, now, &proof, None, expected, found, &code),
            StepState::Blocked {
                expected, found, ..
            } => {
                let fault = operator(
                    "image_changed",
                    format!(
                        "the image on {file_system} was right and is not any more: expected {expected}, found {found}"
                    ),
                    "find out who wrote over it, delete it on every member, then resume",
                );
                self.give_up(name, now, fault)
            }
            StepState::Done | StepState::Ready | StepState::Pending { .. } => {
                self.live(name).proven.insert(index, now);
                Ok(Vec::new())
            }
        }
    }
}

/// The steps of a plan that prove the image, one per flash that it is copied to, with their places.
fn proofs(plan: &DevicePlan) -> impl Iterator<Item = (usize, &Step)> {
    let steps = plan.steps.iter().enumerate();
    steps.filter(|(_, s)| s.kind == StepKind::VerifyHash)
}
