//! How a device stands, and what a person may still decide for it.

use iosxe_core::event::{StepRef, Takeover, Way};
use iosxe_core::patch::PatchEffect;
use iosxe_core::plan::{DevicePlan, Disturbs, Method, Step, StepKind};
use iosxe_core::reference::{Against, Reference};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::Question;
use jiff::Timestamp;

use super::DeviceState;
use crate::activated_by::Trial;

impl DeviceState {
    /// Whether it says that the patch takes effect without a reload.
    #[must_use]
    pub fn patch_is_hot(&self) -> bool {
        let effect = self.patch_seen.as_ref().and_then(|seen| seen.effect);
        effect == Some(PatchEffect::Hot)
    }

    /// Whether its plan writes firmware, which has no way back.
    #[must_use]
    pub fn writes_firmware(&self) -> bool {
        let plan = self.plan.as_ref();
        plan.is_some_and(|p| p.method == Method::Firmware)
    }

    /// How an earlier run saw it, where this one only holds it against that.
    #[must_use]
    pub fn reference(&self) -> Option<&Reference> {
        match self.against.as_ref()? {
            Against::Seen(reference) => Some(reference),
            Against::Nothing { .. } => None,
        }
    }

    /// The plan that its release is seen against, and the end of it that is wanted: its own, or in a
    /// verification that of the run before.
    #[must_use]
    pub fn judged_by(&self) -> Option<(&DevicePlan, Way)> {
        match self.reference() {
            Some(reference) => reference.plan.as_ref().map(|(plan, way)| (plan, *way)),
            None => self.plan.as_ref().map(|plan| (plan, self.way)),
        }
    }

    /// The step that is next, with its place.
    #[must_use]
    pub fn step(&self) -> Option<(StepRef, &Step)> {
        let plan = self.plan.as_ref()?;
        let list = match self.way {
            Way::Forth => &plan.steps,
            Way::Back => self.way_back(plan),
        };
        let place = StepRef {
            way: self.way,
            index: self.cursor,
        };
        list.get(self.cursor).map(|step| (place, step))
    }

    /// A step by its place.
    #[must_use]
    pub fn step_at(&self, place: StepRef) -> Option<&Step> {
        let plan = self.plan.as_ref()?;
        match place.way {
            Way::Forth => plan.steps.get(place.index),
            Way::Back => self.way_back(plan).get(place.index),
        }
    }

    /// The steps of the way back that is walked.
    fn way_back<'a>(&'a self, plan: &'a DevicePlan) -> &'a [Step] {
        let own = self.put_back.as_ref().map(|p| p.steps.as_slice());
        own.unwrap_or(&plan.way_back)
    }

    /// Between the first disruptive command and the end: such a device is carried to its commit or
    /// back before anything stops (design rule 3).
    #[must_use]
    pub fn is_activated(&self) -> bool {
        let intended = self.open.as_ref().is_some_and(|open| {
            open.what.is_for_good()
                || open.what == StepKind::ReplaceConfig
                || self
                    .step_at(open.step)
                    .is_some_and(|s| s.disturbs != Disturbs::None)
        });
        self.ended.is_none() && (self.disturbed || intended)
    }

    /// Whether its partners must be left alone: it is disturbed, or ended in a state that nobody
    /// proved (design rule 16).
    #[must_use]
    pub fn freezes_partners(&self) -> bool {
        match &self.ended {
            None => self.has_begun(),
            Some((outcome, _)) => {
                self.disturbed && !matches!(outcome, Outcome::Upgraded | Outcome::RolledBack)
            }
        }
    }

    /// Whether the upgrade is there to stay: its commit is behind the device, or, where the method has
    /// none, its proof.
    pub(super) fn is_settled(&self) -> bool {
        let Some(plan) = &self.plan else { return false };
        let commit = plan.steps.iter().position(|s| s.kind.commits());
        let proof = || plan.steps.iter().position(|s| s.kind == StepKind::Verify);
        let last = commit.or_else(proof);
        let behind = last.is_some_and(|at| self.way == Way::Forth && self.cursor > at);
        // Under a patch the release is committed all the time.
        let by_somebody = plan.method != Method::Smu
            && plan.auto_abort.is_some()
            && self.committed.as_ref() == Some(&plan.to);
        behind || by_somebody
    }

    /// Whether its commit is behind the device: what follows has no way back of the plan's.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        let commit = self
            .plan
            .as_ref()
            .and_then(|plan| plan.steps.iter().position(|s| s.kind.commits()));
        commit.is_some_and(|at| self.way == Way::Forth && self.cursor > at)
    }

    /// Whether a person can still decide so for the device (design rule 20).
    ///
    /// # Errors
    /// Why not, in words.
    pub fn may_be_decided(&self, takeover: &Takeover) -> Result<(), &'static str> {
        if let Takeover::Answer { question, .. } = takeover {
            return match self.question() {
                None => Err("its conversation stands at no question"),
                Some((asked, _)) if question.as_ref().is_some_and(|q| *q != asked.text) => {
                    Err("its conversation stands at another question by now")
                }
                Some((question, _)) if question.wants_a_secret() => {
                    Err("it asks for a secret, and answers are journalled: type it on the device")
                }
                Some(_) => Ok(()),
            };
        }
        match takeover {
            Takeover::Approve { plan_hash } | Takeover::Reject { plan_hash } => {
                return self.may_be_answered(plan_hash);
            }
            Takeover::Pause | Takeover::Cancel => {
                let again = matches!(
                    &self.ended,
                    Some((
                        Outcome::Lost | Outcome::Held | Outcome::Uncommitted | Outcome::NotStarted,
                        _
                    ))
                );
                return match (&self.ended, &self.cancelled) {
                    (_, Some(_)) => Err("it is cancelled"),
                    // A resume would take it up again.
                    (Some(_), None) if again && *takeover == Takeover::Cancel => Ok(()),
                    (Some(_), None) => Err("it has ended"),
                    (None, None) => Ok(()),
                };
            }
            _ => {}
        }
        if *takeover == Takeover::RollBack {
            let back = self
                .plan
                .as_ref()
                .map_or(&[][..], DevicePlan::way_back_for_good);
            let again = self.takeover == Some(Takeover::RollBack) && self.open.is_none();
            let is_patch = self.plan.as_ref().is_some_and(|p| p.method == Method::Smu);
            // With another configuration the release is as it was.
            let stays = self.put_back.as_ref().is_some_and(|p| p.of_settled);
            let stays = stays && self.open.is_none() && !back.is_empty();
            return match &self.ended {
                Some((Outcome::RolledBack | Outcome::DeadLetter, _)) if stays => Ok(()),
                // One that ended without being back is tried again.
                Some((Outcome::DeadLetter | Outcome::Refused, _)) if again => Ok(()),
                _ if self.rollback.is_some() => Err("it was taken back already"),
                _ if !self.is_settled() => Err("no release was installed on it for good"),
                Some((Outcome::Upgraded, _)) if back.is_empty() && is_patch => {
                    Err("a patch was put in or taken out, and the release stayed: `iosxe smu`")
                }
                Some((Outcome::Upgraded, _)) if self.writes_firmware() => {
                    Err("firmware was written: it is not taken back")
                }
                Some((Outcome::Upgraded, _)) if back.is_empty() => {
                    Err("its plan knows no way back: install the old release by hand")
                }
                Some((Outcome::Upgraded, _)) => Ok(()),
                Some(_) | None => Err("its upgrade has not ended well"),
            };
        }
        if let Takeover::ReplaceConfig { steps } = takeover {
            return match &self.ended {
                _ if steps.is_empty() => Err(
                    "its plan kept no configuration that can be put back alone: `keep_config` of [policy], in install mode",
                ),
                // The copy is made before the gate.
                _ if self.approved.is_none() => Err("its upgrade did not come to the gate"),
                _ if self.open.is_some() => Err("what was sent to it last is not settled"),
                Some((Outcome::Upgraded | Outcome::RolledBack | Outcome::DeadLetter, _)) => Ok(()),
                Some(_) | None => Err("its upgrade has not ended"),
            };
        }
        // There may be a proof behind the commit, too: on routers that keep one side first.
        let is_proven =
            self.ended.is_none() && self.step().is_some_and(|(_, s)| s.kind == StepKind::Verify);
        if is_proven && self.disturbed && matches!(takeover, Takeover::Accept { .. }) {
            return Ok(());
        }
        let activated = self.disturbed || self.is_activated();
        if !activated || self.is_settled() {
            return Err("nothing is activated and uncommitted");
        }
        let at_work = self.ended.is_none() && self.held.is_none();
        match takeover {
            Takeover::Commit if self.rollback.is_some() => Err("it is on its way back"),
            Takeover::Abort if self.writes_firmware() => {
                Err("firmware was written: it is not taken back")
            }
            Takeover::Abort if self.plan.as_ref().is_some_and(|p| p.way_back.is_empty()) => {
                Err("its plan has no way back: install the old release by hand")
            }
            Takeover::Abort if self.rollback.is_some() && at_work => {
                Err("it is on its way back already")
            }
            Takeover::Commit
            | Takeover::Abort
            | Takeover::Accept { .. }
            | Takeover::Answer { .. }
            | Takeover::RollBack
            | Takeover::Approve { .. }
            | Takeover::Reject { .. }
            | Takeover::Pause
            | Takeover::Cancel
            | Takeover::ReplaceConfig { .. } => Ok(()),
        }
    }

    /// Whether its gate can be answered for this plan.
    fn may_be_answered(&self, plan_hash: &str) -> Result<(), &'static str> {
        let Some(plan) = &self.plan else {
            return Err("it has no plan yet");
        };
        if plan_hash.len() < 8 || !plan.hash.starts_with(plan_hash) {
            return Err("its plan is another one: read it first");
        }
        if self.ended.is_some() {
            return Err("it has ended");
        }
        if self.has_begun() || self.way == Way::Back {
            return Err("its upgrade has begun");
        }
        Ok(())
    }

    /// Whether a step of the upgrade itself was carried out, or may have been: what was begun is finished.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        let open = self.open.as_ref().map(|open| open.step);
        let opened = open.is_some_and(|place| {
            let step = self.step_at(place);
            place.way == Way::Forth && step.is_some_and(|s| s.stage == StageKind::Upgrade)
        });
        self.begun || opened || self.is_activated()
    }

    /// Whether it is carried on, whatever stops the others (design rule 3): it is activated, or boots
    /// something else the next time that it boots.
    #[must_use]
    pub fn must_go_on(&self) -> bool {
        self.ended.is_none() && self.has_begun()
    }

    /// The question that its conversation stands at, and until when it waits for an answer.
    #[must_use]
    pub fn question(&self) -> Option<&(Question, Timestamp)> {
        self.open.as_ref()?.question.as_ref()
    }

    /// The process that kept the session open is gone.
    pub(super) fn forget_question(&mut self) {
        if let Some(open) = &mut self.open {
            open.question = None;
        }
    }

    /// Whether this was activated on it, is not settled, and the device was not seen to have gone
    /// back since.
    pub(crate) fn left_activated(&self, trial: &Trial) -> bool {
        let outcome = self.ended.as_ref().map(|(outcome, _)| outcome);
        let ours = |p: &DevicePlan| match trial {
            Trial::Release(release) => {
                !matches!(p.method, Method::Smu | Method::Firmware) && p.to == *release
            }
            Trial::Patch(file) => p.method == Method::Smu && p.image.file == *file,
        };
        self.plan.as_ref().is_some_and(ours)
            && (self.disturbed || self.is_activated())
            && !self.is_settled()
            && outcome != Some(&Outcome::RolledBack)
    }

    pub(super) fn verified(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| {
            plan.steps
                .iter()
                .position(|s| s.kind == StepKind::Verify)
                .is_some_and(|at| self.way == Way::Forth && self.cursor > at)
        })
    }

    /// How it stands, in the words of a summary.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match &self.ended {
            Some((outcome, _)) => *outcome,
            None if self.started.is_none() => Outcome::NotStarted,
            None if self.held.is_some() => Outcome::Held,
            None => Outcome::InProgress,
        }
    }
}
