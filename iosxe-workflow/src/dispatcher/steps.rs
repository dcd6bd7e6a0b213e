//! The steps of a plan, each in three moves: observe, act once per intent, observe again.

use std::time::Duration;

use iosxe_core::device::Facts;
use iosxe_core::event::{Closing, Event, RollbackCause, StepRef, Takeover, Way};
use iosxe_core::ids::{DeviceName, IntentId};
use iosxe_core::observation::Observation;
use iosxe_core::plan::{Disturbs, Method, Step, StepKind, StepState};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::words::counted;
use jiff::Timestamp;

use super::device::{Moves, aborts_by_hand};
use super::{ActEnd, CopyEnd, DECISION_REFUSED, Dispatcher, InFlight, Live, Task, later, operator};
use crate::status::DeviceState;

impl Dispatcher {
    /// The next move of the step that is next.
    pub(super) fn step(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some((place, step)) = device.step().map(|(p, s)| (p, s.clone())) else {
            return match device.way {
                Way::Forth => self.upgraded(name, now),
                Way::Back => self.prove(name, now),
            };
        };
        if let Some(outcome) = self.stops_here(device, &step) {
            let plan = device.plan.as_ref();
            let next = plan.and_then(|p| p.then_patches.first()).cloned();
            return match next.filter(|_| self.until() == StageKind::Transfer) {
                Some(file) if outcome == Outcome::Staged => self.stage_next(name, now, file),
                Some(_) | None => self.end(name, now, outcome, None),
            };
        }
        if let Some(moves) = self.gate_again(name, now, &step) {
            return moves;
        }
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        // Before it is looked at: whoever waits for others, or for the clock, needs no session.
        let waits = device
            .open
            .is_none()
            .then(|| self.has_to_wait(name, now, &step));
        if let Some(moves) = waits.flatten() {
            return moves;
        }
        let mut moves = self.enter(name, now, step.stage)?;
        // Rule 7: a device that went back by itself is sent nothing disruptive.
        let by_itself = device_cause(self.device(name)).is_some_and(RollbackCause::is_own);
        if by_itself && step.disturbs != Disturbs::None {
            moves.extend(self.record(
                name,
                now,
                [Event::StepDone {
                    step: place,
                    found_so: true,
                }],
            )?);
            return Ok(moves);
        }
        moves.extend(match step.kind {
            StepKind::Gate => self.gate(name, now, place)?,
            StepKind::Verify => self.prove(name, now)?,
            StepKind::SaveConfig
            | StepKind::KeepStartup
            | StepKind::DeleteFile
            | StepKind::Transfer
            | StepKind::Pull
            | StepKind::CopyAcross
            | StepKind::VerifyHash
            | StepKind::Add
            | StepKind::SetBoot
            | StepKind::Activate
            | StepKind::ActivateIssu
            | StepKind::ActivateStandby
            | StepKind::ActivateActive
            | StepKind::LoadVersion
            | StepKind::RunVersion
            | StepKind::AcceptVersion
            | StepKind::CommitVersion
            | StepKind::ReloadSlot
            | StepKind::InstallNode
            | StepKind::AddActivateCommit
            | StepKind::Reload
            | StepKind::Commit
            | StepKind::Abort
            | StepKind::AbortIssu
            | StepKind::AbortVersion
            | StepKind::InstallRollback
            | StepKind::RestoreStartup
            | StepKind::CheckPatch
            | StepKind::Deactivate
            | StepKind::RemovePatch
            | StepKind::ExpandPackages
            | StepKind::InstallPackages
            | StepKind::RollbackPackages
            | StepKind::ReplaceConfig
            | StepKind::ConfirmConfig
            | StepKind::WriteFirmware => self.observe(name, now, place, &step)?,
        });
        Ok(moves)
    }

    /// The stage that was asked for is behind the device.
    fn stops_here(&self, device: &DeviceState, step: &Step) -> Option<Outcome> {
        let until = self.until();
        // A device that is on its way back is brought back, whatever was asked for.
        if device.way == Way::Back || device.open.is_some() {
            return None;
        }
        // What extracts the image belongs to the transfer stage, and waits for the window all the same.
        let extracts = matches!(step.kind, StepKind::Add | StepKind::ExpandPackages);
        let add_waits = until == StageKind::Transfer && extracts;
        if step.stage <= until && !add_waits {
            return None;
        }
        Some(if device.disturbed {
            Outcome::Uncommitted
        } else if until >= StageKind::Transfer {
            Outcome::Staged
        } else {
            Outcome::Ready
        })
    }

    fn observe(&mut self, name: &DeviceName, now: Timestamp, place: StepRef, step: &Step) -> Moves {
        let Some(seen) = self.live(name).seen.take() else {
            let Some(device) = self.device(name) else {
                return Ok(Vec::new());
            };
            let (Some(plan), Some((_, facts))) = (&device.plan, &device.facts) else {
                return Ok(Vec::new());
            };
            let driver = match self.drivers.of(facts) {
                Ok(driver) => driver,
                Err(refusal) => return self.give_up(name, now, refusal.into()),
            };
            let look = driver.look_for(step, plan);
            return Ok(self.start(name, InFlight::StepLook, Task::Look(look)));
        };
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let (Some(plan), Some((_, facts))) = (&device.plan, &device.facts) else {
            return Ok(Vec::new());
        };
        let state = match self.drivers.of(facts) {
            Ok(driver) => driver.assess(step, plan, &seen),
            Err(refusal) => return self.give_up(name, now, refusal.into()),
        };
        let state = forced_deletion(device, step, &seen).unwrap_or(state);
        let seen_facts = match &seen {
            Observation::Facts(facts) => Some(facts.as_ref()),
            _ => None,
        };
        // Rule 7: it was done, and is to be done again: the device went back by itself. Records of one
        // moment are written together, so that this is met only where a journal was cut between them.
        let undone = state == StepState::Ready
            && place.way == Way::Forth
            && step.disturbs != Disturbs::None
            && device.open.is_none()
            && device.applied == Some(place);
        if let (true, Some(facts)) = (undone, seen_facts) {
            return self.came_back_old(name, now, facts);
        }
        if let Observation::Patch(patch) = &seen {
            let told = Event::PatchSeen {
                seen: patch.clone(),
            };
            let mut moves = self.record(name, now, [told])?;
            moves.extend(self.assessed(name, now, place, step, None, state)?);
            return Ok(moves);
        }
        self.assessed(name, now, place, step, seen_facts, state)
    }

    /// Follows what a look says of a step.
    fn assessed(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        place: StepRef,
        step: &Step,
        seen_facts: Option<&Facts>,
        state: StepState,
    ) -> Moves {
        match state {
            StepState::Done => {
                if let Some(bound) = self.patch_reload_due(name, now, step, seen_facts) {
                    let at = self.poll_at(now).min(bound);
                    let what = "the reload that the patch takes";
                    return self.wait(name, now, at, what, Some(bound));
                }
                if let Some(bound) = self.unheard_until(name, now, step) {
                    let at = self.poll_at(now).min(bound);
                    let what = "the packages to stay as they are";
                    return self.wait(name, now, at, what, Some(bound));
                }
                self.step_done(name, now, place, step, seen_facts)
            }
            StepState::Ready if self.device(name).is_some_and(|d| d.open.is_some()) => {
                self.live(name).whole_since = None;
                self.seems_undone(name, now, step, seen_facts)
            }
            StepState::Ready => self.ready(name, now, place, step, seen_facts),
            // A timer that nobody of ours has started is somebody's.
            StepState::Pending { what }
                if step.kind == StepKind::ReplaceConfig
                    && self.device(name).is_some_and(|d| d.open.is_none()) =>
            {
                let expected = "no change that waits for its confirmation".to_owned();
                self.blocked(name, now, step, None, expected, what, "pending_revert")
            }
            StepState::Pending { what } => {
                self.live(name).whole_since = None;
                self.pending(name, now, step, seen_facts, &what)
            }
            StepState::Blocked {
                expected,
                found,
                code,
            } => self.blocked(name, now, step, seen_facts, expected, found, &code),
        }
    }

    /// A patch stands in its new state before the reload that it takes has begun: until when that is
    /// waited for. A patch that the device calls hot takes none.
    fn patch_reload_due(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Option<Timestamp> {
        let device = self.device(name)?;
        let plan = device.plan.as_ref()?;
        if plan.method != Method::Smu
            || step.disturbs == Disturbs::None
            || device.open.is_none()
            || device.patch_is_hot()
            || self.has_rebooted(device, facts?, now)
        {
            return None;
        }
        let since = *self.live(name).quiet_since.get_or_insert(now);
        let until = self.after(since, self.limits.settle);
        (now < until).then_some(until)
    }

    /// What writes packages ended without a verdict that was heard, and may go on: until when what is
    /// there has to stay as it is before it is believed to be all.
    fn unheard_until(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
    ) -> Option<Timestamp> {
        let is_open = self.device(name).is_some_and(|d| d.open.is_some());
        let live = self.live(name);
        if !step.kind.provisions() || !is_open || live.act == ActEnd::Heard {
            return None;
        }
        let since = *live.whole_since.get_or_insert(now);
        let until = self.after(since, self.limits.settle);
        (now < until).then_some(until)
    }

    /// Keeps facts that say something new; those that only tick on are not kept.
    pub(super) fn keep_facts(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: Option<&Facts>,
    ) -> Moves {
        let (Some(facts), Some(device)) = (facts, self.device(name)) else {
            return Ok(Vec::new());
        };
        if device
            .facts
            .as_ref()
            .is_some_and(|(_, old)| !says_something_new(old, facts))
        {
            return Ok(Vec::new());
        }
        self.record(
            name,
            now,
            [Event::FactsSeen {
                facts: Box::new(facts.clone()),
            }],
        )
    }

    pub(super) fn step_done(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        place: StepRef,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Moves {
        let mut moves = self.keep_facts(name, now, facts)?;
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        let mut events = Vec::new();
        if let Some(open) = &device.open {
            if let Some(stopped) = &open.stopped {
                events.push(Event::Warned {
                    code: stopped.code.clone(),
                    message: format!("{}; a look finds it done all the same", stopped.message),
                });
            }
            events.push(Event::IntentClosed {
                intent: open.id,
                closing: Closing::Applied,
            });
        }
        let found_so = !device.intents.contains_key(&place);
        if step.kind.starts_timer() || step.kind.goes_on_with_timer() {
            events.extend(self.timer(device, now, facts));
        } else if step.kind.ends_timer() && device.deadline.is_some() {
            events.push(Event::AutoAbortOver);
        } else if step.kind == StepKind::Deactivate && has_timer(facts) {
            // Not every release starts one with it.
            events.extend(self.timer(device, now, facts));
        }
        if step.kind.commits() && aborts_by_hand(device) {
            events.push(Event::Warned {
                code: DECISION_REFUSED.into(),
                message: "an abort was decided by hand when the commit had left already".into(),
            });
        }
        events.push(Event::StepDone {
            step: place,
            found_so,
        });
        moves.extend(self.record(name, now, events)?);
        let live = self.live(name);
        live.quiet_since = None;
        live.pending_since = None;
        live.wrote = None;
        if step.kind == StepKind::VerifyHash {
            live.proven.insert(place.index, now);
        }
        Ok(moves)
    }

    /// What an activated device says of its timer. Rule 6: the time that is left is read back.
    pub(super) fn timer(
        &self,
        device: &DeviceState,
        now: Timestamp,
        facts: Option<&Facts>,
    ) -> Vec<Event> {
        let warned = |code: &str, message: &str| Event::Warned {
            code: code.into(),
            message: message.into(),
        };
        let left = facts.and_then(Facts::goes_back_in);
        match left {
            Some(Some(left)) => vec![Event::AutoAbortDeadline {
                at: self.after(now, left),
            }],
            Some(None) => {
                let asked = device.plan.as_ref().and_then(|p| p.auto_abort);
                // Counted from our command, which is what stands; from now where there was none.
                let from_now = asked.filter(|_| device.deadline.is_none());
                let deadline = from_now.map(|asked| Event::AutoAbortDeadline {
                    at: self.after(now, asked),
                });
                let unread = "the auto-abort timer runs, the device does not say how long";
                deadline
                    .into_iter()
                    .chain([warned("timer_unread", unread)])
                    .collect()
            }
            None => vec![
                Event::AutoAbortOver,
                warned(
                    "no_timer",
                    "no auto-abort timer runs: the device does not go back by itself",
                ),
            ],
        }
    }

    /// The step can be taken: the intent first, then the act.
    fn ready(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        place: StepRef,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let (intents, most) = match step.kind {
            StepKind::Transfer | StepKind::Pull | StepKind::CopyAcross | StepKind::DeleteFile => {
                (&device.intents_since_resume, self.limits.transfers)
            }
            _ => (&device.intents, self.limits.intents),
        };
        let had = intents.get(&place).copied().unwrap_or(0);
        if had >= most {
            let fault = operator(
                "step_without_effect",
                format!(
                    "{} was sent {} and had no effect",
                    step.commands.join("; "),
                    counted(had, "time")
                ),
                "look at the device's log, then carry the step out by hand or resume",
            );
            return self.give_up(name, now, fault);
        }
        if let Some(moves) = self.server_login(name, now, step) {
            return moves;
        }
        if let Some(look) = self.digest_is_due(name, now, step) {
            return Ok(self.start(name, InFlight::Digest, Task::Look(look)));
        }
        if let Some(moves) = self.has_to_wait(name, now, step) {
            return moves;
        }
        let outside = match (self.device(name), step.kind.starts_timer()) {
            (Some(device), true) => self.goes_back_outside(device, now),
            _ => None,
        };
        // What the device was like right before, so that a later look has something to be held
        // against.
        let mut moves = match facts {
            Some(facts) if step.disturbs != Disturbs::None || step.kind.is_for_good() => self
                .record(
                    name,
                    now,
                    [Event::FactsSeen {
                        facts: Box::new(facts.clone()),
                    }],
                )?,
            facts => self.keep_facts(name, now, facts)?,
        };
        moves.extend(self.record(name, now, outside)?);
        let intent = IntentId(self.state.next_intent);
        moves.extend(self.record(
            name,
            now,
            [Event::Intent {
                intent,
                step: place,
                what: step.kind,
                commands: step.commands.clone(),
            }],
        )?);
        let task = match (step.kind, self.device(name).and_then(|d| d.plan.clone())) {
            (StepKind::Transfer, Some(plan)) => Task::Push(Box::new(plan)),
            (StepKind::Pull, Some(plan)) => {
                self.live(name).copy = CopyEnd::Unknown;
                Task::Pull {
                    step: Box::new(step.clone()),
                    bytes: plan.image.size_bytes,
                }
            }
            _ => Task::Act(step.clone()),
        };
        moves.extend(self.start(name, InFlight::Act, task));
        Ok(moves)
    }

    /// Every step is behind it.
    fn upgraded(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        // Asked for less, it stays where that ended.
        let mut moves = match self.until() {
            StageKind::Close => self.enter(name, now, StageKind::Close)?,
            _ => Vec::new(),
        };
        if self.device(name).is_some_and(|d| d.deadline.is_some()) {
            moves.extend(self.record(name, now, [Event::AutoAbortOver])?);
        }
        let on_the_way = self.device(name).and_then(|d| d.plan.as_ref());
        if let Some(plan) = on_the_way.filter(|p| p.is_on_the_way()) {
            let reached = Event::HopDone {
                reached: plan.to.clone(),
                then: plan.then.clone(),
                patches: plan.then_patches.clone(),
            };
            let login = self.live(name).login;
            *self.live(name) = Live {
                login,
                ..Live::default()
            };
            moves.extend(self.record(name, now, [reached])?);
            return Ok(moves);
        }
        moves.extend(self.end(name, now, Outcome::Upgraded, None)?);
        Ok(moves)
    }
}

/// Whether a look shows that the device's auto-abort timer runs.
fn has_timer(facts: Option<&Facts>) -> bool {
    let install = facts.and_then(|f| f.install.as_ref());
    install.is_some_and(|i| i.auto_abort.is_some())
}

fn device_cause(device: Option<&DeviceState>) -> Option<&RollbackCause> {
    device?.rollback.as_ref()
}

/// A copy with the right size and the wrong hash must go: its size says that it is there.
fn forced_deletion(device: &DeviceState, step: &Step, seen: &Observation) -> Option<StepState> {
    if step.kind != StepKind::DeleteFile || !device.must_delete {
        return None;
    }
    let (plan, Observation::Facts(facts)) = (device.plan.as_ref()?, seen) else {
        return None;
    };
    let there = facts
        .file_systems
        .iter()
        .filter(|fs| fs.name == plan.file_system_of(step))
        .any(|fs| fs.files.iter().any(|f| f.name == plan.image.file));
    Some(if there {
        StepState::Ready
    } else {
        StepState::Done
    })
}

fn says_something_new(old: &Facts, new: &Facts) -> bool {
    if new.firmware.is_some() && old.firmware != new.firmware {
        return true;
    }
    let packages = |f: &Facts| f.install.as_ref().map(|i| i.packages.clone());
    old.running != new.running
        || old.boot != new.boot
        || old.boot_mode != new.boot_mode
        || old.members != new.members
        || packages(old) != packages(new)
        || old.reload_reason != new.reload_reason
        || old.serials != new.serials
}

/// Whether a person decided that a device is committed without further proof. What follows its commit
/// is proven all the same.
pub(super) fn commits_by_hand(device: &DeviceState) -> bool {
    device.takeover == Some(Takeover::Commit) && !device.is_committed()
}

/// An instant for a bound that begins now.
pub(super) fn bounded(now: Timestamp, wall: Duration, latest: Option<Timestamp>) -> Timestamp {
    let at = later(now, wall);
    latest.map_or(at, |l| at.min(l).max(now))
}
