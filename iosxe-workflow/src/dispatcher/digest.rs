//! The image's digest once more, right before a step uses the image: between transfer and use days may
//! lie, and other people.

use iosxe_core::ids::DeviceName;
use iosxe_core::observation::Observation;
use iosxe_core::plan::{DevicePlan, Step, StepKind, StepState};
use iosxe_core::ports::Look;
use jiff::Timestamp;

use super::device::Moves;
use super::{Dispatcher, between};

impl Dispatcher {
    /// The look that has to come before a step, if one has to.
    pub(super) fn digest_is_due(
        &self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
    ) -> Option<Look> {
        if !matches!(
            step.kind,
            StepKind::Add | StepKind::AddActivateCommit | StepKind::SetBoot
        ) {
            return None;
        }
        let proven = self.live.get(name).and_then(|l| l.proven);
        if proven.is_some_and(|at| self.device_time(between(at, now)) < self.limits.digest) {
            return None;
        }
        let device = self.device(name)?;
        let (plan, (_, facts)) = (device.plan.as_ref()?, device.facts.as_ref()?);
        let proof = proof_of_the_image(plan)?;
        let driver = self.drivers.of(facts).ok()?;
        Some(driver.look_for(proof, plan))
    }

    /// What that look says. A wrong digest leads where it leads after a transfer: the file goes, and is
    /// sent again.
    pub(super) fn digest_again(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        seen: &Observation,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let (Some(plan), Some((_, facts))) = (&device.plan, &device.facts) else {
            return Ok(Vec::new());
        };
        let Some(proof) = proof_of_the_image(plan).cloned() else {
            return Ok(Vec::new());
        };
        let state = match self.drivers.of(facts) {
            Ok(driver) => driver.assess(&proof, plan, seen),
            Err(refusal) => return self.give_up(name, now, refusal.into()),
        };
        match state {
            StepState::Blocked {
                expected,
                found,
                code,
            } => self.blocked(name, now, &proof, None, expected, found, &code),
            StepState::Done | StepState::Ready | StepState::Pending { .. } => {
                self.live(name).proven = Some(now);
                Ok(Vec::new())
            }
        }
    }
}

/// The step of a plan that proves the image on flash.
fn proof_of_the_image(plan: &DevicePlan) -> Option<&Step> {
    plan.steps.iter().find(|s| s.kind == StepKind::VerifyHash)
}
