//! The gate before the first step that disturbs.

use iosxe_core::event::{Event, StepRef, Takeover, Way};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::Step;
use iosxe_core::ports::{Decision, GateAnswer, GateQuestion};
use iosxe_core::stage::{Outcome, StageKind};
use jiff::Timestamp;

use super::device::Moves;
use super::{DECISION_REFUSED, Dispatcher, Done, InFlight, Task, TaskError, later, operator};

impl Dispatcher {
    pub(super) fn gate(&mut self, name: &DeviceName, now: Timestamp, place: StepRef) -> Moves {
        if self.device(name).is_some_and(|d| d.approved.is_some()) {
            return self.record(
                name,
                now,
                [Event::StepDone {
                    step: place,
                    found_so: false,
                }],
            );
        }
        self.ask(name, now)
    }

    /// Asks whether the plan may be carried out.
    fn ask(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some(plan) = device.plan.clone() else {
            return Ok(Vec::new());
        };
        let found: Vec<String> = device.patch_seen.iter().map(ToString::to_string).collect();
        let approved = device.approvals.iter().map(|(name, _)| name);
        let heard = approved.chain(&device.lapsed).cloned().collect();
        let plan_hash = plan.hash.clone();
        let mut moves = self.record(name, now, [Event::GateWaiting { plan_hash }])?;
        let question = GateQuestion {
            device: name.clone(),
            plan,
            found,
            heard,
        };
        moves.extend(self.start(name, InFlight::Gate, Task::Ask(Box::new(question))));
        Ok(moves)
    }

    /// Before the first step that belongs to the upgrade: an approval that is too old is none, and the
    /// gate is asked again. `None` where it is open.
    pub(super) fn gate_again(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
    ) -> Option<Moves> {
        let device = self.device(name)?;
        let first =
            device.way == Way::Forth && step.stage == StageKind::Upgrade && !device.has_begun();
        if !first {
            return None;
        }
        if device.approved.is_none() {
            return Some(self.ask(name, now));
        }
        let valid = self.state.header.as_ref()?.policy.approval.valid()?;
        let oldest = device.approvals.iter().map(|(_, at)| *at).min()?;
        (later(oldest, valid) <= now).then(|| self.record(name, now, [Event::ApprovalLapsed]))
    }

    /// An answer of somebody at another terminal. `None` for decisions of another kind.
    pub(super) fn answered_from_afar(
        &mut self,
        decision: &Decision,
        now: Timestamp,
    ) -> Option<Moves> {
        let name = &decision.device;
        let by = decision.by.clone();
        match &decision.takeover {
            Takeover::Approve { .. } => {
                let header = self.state.header.as_ref()?;
                let valid = header.policy.approval.valid();
                let old = decision
                    .at
                    .zip(valid)
                    .filter(|(at, valid)| later(*at, *valid) <= now);
                let old = old.map(|_| "it was given too long ago".to_owned());
                if let Some(why) = self.may_not_approve(name, &by).or(old) {
                    let message = format!("{by} approved {name}, which does not count: {why}");
                    let code = DECISION_REFUSED.into();
                    return Some(self.record(name, now, [Event::Warned { code, message }]));
                }
                self.withdraw_question(name);
                Some(self.approve(name, now, by))
            }
            Takeover::Reject { .. } => {
                let reason = decision.reason.clone();
                self.withdraw_question(name);
                Some(self.reject(name, now, by, reason))
            }
            _ => None,
        }
    }

    /// The gate is answered: what is still asked elsewhere has no answer to give any more.
    fn withdraw_question(&mut self, name: &DeviceName) {
        let live = self.live(name);
        live.wake = None;
        if live.busy == Some(InFlight::Gate) {
            live.busy = None;
        }
    }

    /// Why somebody's word does not open the gate.
    fn may_not_approve(&self, name: &DeviceName, by: &str) -> Option<String> {
        let header = self.state.header.as_ref()?;
        if let Err(why) = header.policy.approval.may_approve(by, &header.by) {
            return Some(why);
        }
        let device = self.device(name)?;
        let twice = device.approvals.iter().any(|(name, _)| name == by);
        (device.approved.is_none() && twice)
            .then(|| format!("{by} approved it already, and it takes a second person"))
    }

    fn approve(&mut self, name: &DeviceName, now: Timestamp, by: String) -> Moves {
        let plan = self.device(name).and_then(|d| d.plan.as_ref());
        let Some(plan_hash) = plan.map(|p| p.hash.clone()) else {
            return Ok(Vec::new());
        };
        self.record(name, now, [Event::Approved { by, plan_hash }])
    }

    fn reject(&mut self, name: &DeviceName, now: Timestamp, by: String, reason: String) -> Moves {
        let fault = operator(
            "rejected",
            format!("{by} rejected the plan: {reason}"),
            "nothing was disturbed; the image stays on flash",
        );
        let mut moves = self.record(name, now, [Event::Rejected { by, reason }])?;
        moves.extend(self.end(name, now, Outcome::Held, Some(fault))?);
        Ok(moves)
    }

    /// What a device does that was told to stop; `None` where it was not.
    pub(super) fn ordered(&mut self, name: &DeviceName, now: Timestamp) -> Option<Moves> {
        let device = self.device(name)?;
        if let Some((by, reason)) = &device.cancelled {
            let fault = operator(
                "cancelled",
                format!("{by} cancelled the run: {reason}"),
                "start a new run when it shall be upgraded after all",
            );
            let outcome = if device.started.is_none() || device.intents.is_empty() {
                Outcome::NotStarted
            } else {
                Outcome::Held
            };
            return Some(self.end(name, now, outcome, Some(fault)));
        }
        let (by, reason) = device.paused.as_ref()?;
        let fault = operator(
            "paused",
            format!("{by} paused the run: {reason}"),
            "resume the run",
        );
        Some(self.hold(name, now, fault))
    }

    pub(super) fn gate_answered(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        result: Result<Done, TaskError>,
    ) -> Moves {
        let Some(plan_hash) = self
            .device(name)
            .and_then(|d| d.plan.as_ref())
            .map(|p| p.hash.clone())
        else {
            return Ok(Vec::new());
        };
        match result {
            // Somebody at another terminal was faster: what was decided stands.
            Ok(Done::Answered(GateAnswer::Approved { .. } | GateAnswer::NotNow { .. }))
                if self.device(name).is_some_and(|d| d.approved.is_some()) =>
            {
                Ok(Vec::new())
            }
            Ok(Done::Answered(GateAnswer::Approved { by })) => {
                if let Some(why) = self.may_not_approve(name, &by) {
                    return self.waits_for_approval(name, now, &plan_hash, &why);
                }
                self.approve(name, now, by)
            }
            Ok(Done::Answered(GateAnswer::Rejected { by, reason })) => {
                self.reject(name, now, by, reason)
            }
            Ok(Done::Answered(GateAnswer::NotNow { how })) => {
                let hash8: String = plan_hash.chars().take(8).collect();
                let fault = operator("approval", format!("plan {hash8} waits for approval"), &how);
                self.hold(name, now, fault)
            }
            Ok(_) => Ok(Vec::new()),
            Err(error) => self.give_up(name, now, error.fault()),
        }
    }

    /// It waits for another person than the one who answered.
    fn waits_for_approval(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        plan_hash: &str,
        why: &str,
    ) -> Moves {
        let hash8: String = plan_hash.chars().take(8).collect();
        let message = format!("plan {hash8} waits for approval: {why}");
        let how = "ask somebody who may to approve it with `iosxe approve`, then resume";
        self.hold(name, now, operator("approval", message, how))
    }
}
