//! The steps of a plan, each in three moves: observe, act once per intent, observe again.

use std::time::Duration;

use iosxe_core::device::{Facts, Operation};
use iosxe_core::event::{Closing, Event, RollbackCause, StepRef, Takeover, Way};
use iosxe_core::fault::{Class, Effect, Fault, Remedy};
use iosxe_core::ids::{DeviceName, IntentId};
use iosxe_core::observation::Observation;
use iosxe_core::plan::{Disturbs, Step, StepKind, StepState};
use iosxe_core::ports::{GateAnswer, GateQuestion};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::TalkError;
use iosxe_core::words::counted;
use jiff::Timestamp;

use super::device::{Moves, aborts_by_hand, with_deadline};
use super::{
    DECISION_REFUSED, Dispatcher, Done, InFlight, Task, TaskError, between, earlier, later,
    operator,
};
use crate::status::{BAD_HASH, BAD_SIZE, DeviceState};

/// `show version` gives the uptime in minutes: a reload is only seen when it is missing more.
const UPTIME_SLACK: Duration = Duration::from_secs(120);

/// How exactly a boot is held against the deadline, in device time. A reload of the activation that
/// ends on the old release is earlier by more: the timer that a plan asks for outlasts it by the
/// convergence time and 15 min (design rule 6).
const TIMER_SLACK: Duration = Duration::from_secs(10 * 60);

/// Copies that may turn out bad before a person has to look.
const BAD_COPIES: u32 = 2;

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
            return self.end(name, now, outcome, None);
        }
        let mut moves = self.enter(name, now, step.stage)?;
        // Rule 7: a device that went back by itself is sent nothing disruptive.
        let by_itself = matches!(
            device_cause(self.device(name)),
            Some(RollbackCause::AutoAbort | RollbackCause::BootFallback)
        );
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
            | StepKind::VerifyHash
            | StepKind::Add
            | StepKind::SetBoot
            | StepKind::Activate
            | StepKind::Reload
            | StepKind::Commit
            | StepKind::Abort
            | StepKind::RestoreStartup => self.observe(name, now, place, &step)?,
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
        // `install add` belongs to the transfer stage, and waits for the window all the same.
        let add_waits = until == StageKind::Transfer && step.kind == StepKind::Add;
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
            && device.disturbed;
        if let (true, Some(facts)) = (undone, seen_facts) {
            return self.came_back_old(name, now, facts);
        }
        match state {
            StepState::Done => self.step_done(name, now, place, step, seen_facts),
            StepState::Ready if device.open.is_some() => {
                self.seems_undone(name, now, step, seen_facts)
            }
            StepState::Ready => self.ready(name, now, place, step, seen_facts),
            StepState::Pending { what } => self.pending(name, now, step, seen_facts, &what),
            StepState::Blocked {
                expected,
                found,
                code,
            } => self.blocked(name, now, step, seen_facts, expected, found, &code),
        }
    }

    /// Keeps facts that say something new; those that only tick on are not kept.
    fn keep_facts(&mut self, name: &DeviceName, now: Timestamp, facts: Option<&Facts>) -> Moves {
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

    fn step_done(
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
        match step.kind {
            StepKind::Activate => {
                // Rule 6: the time that is left is read back, never assumed.
                let left = facts
                    .and_then(|f| f.install.as_ref())
                    .and_then(|i| i.auto_abort);
                match left {
                    Some(Some(left)) => {
                        events.push(Event::AutoAbortDeadline {
                            at: self.after(now, left),
                        });
                    }
                    Some(None) => {
                        if let Some(asked) = device.plan.as_ref().and_then(|p| p.auto_abort) {
                            events.push(Event::AutoAbortDeadline {
                                at: self.after(now, asked),
                            });
                        }
                        events.push(Event::Warned {
                            code: "timer_unread".into(),
                            message: "the auto-abort timer runs, the device does not say how long"
                                .into(),
                        });
                    }
                    None => events.push(Event::Warned {
                        code: "no_timer".into(),
                        message: "no auto-abort timer runs: the device does not go back by itself"
                            .into(),
                    }),
                }
            }
            StepKind::Commit | StepKind::Abort => events.push(Event::AutoAbortOver),
            StepKind::SaveConfig
            | StepKind::KeepStartup
            | StepKind::DeleteFile
            | StepKind::Transfer
            | StepKind::VerifyHash
            | StepKind::Add
            | StepKind::Gate
            | StepKind::SetBoot
            | StepKind::Reload
            | StepKind::Verify
            | StepKind::RestoreStartup => {}
        }
        if step.kind == StepKind::Commit && aborts_by_hand(device) {
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
        Ok(moves)
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
            StepKind::Transfer | StepKind::DeleteFile => {
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
        if step.disturbs != Disturbs::None
            && let Some(wait) = self.partners(name)
        {
            return match wait {
                Partner::Busy(what) => {
                    let at = self.poll_at(now);
                    self.wait(name, now, at, what, None)
                }
                Partner::Frozen(fault) => self.hold(name, now, fault),
            };
        }
        // What the device was like right before, so that a later look has something to be held
        // against.
        let mut moves = match facts {
            Some(facts) if step.disturbs != Disturbs::None => self.record(
                name,
                now,
                [Event::FactsSeen {
                    facts: Box::new(facts.clone()),
                }],
            )?,
            facts => self.keep_facts(name, now, facts)?,
        };
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
            _ => Task::Act(step.clone()),
        };
        moves.extend(self.start(name, InFlight::Act, task));
        Ok(moves)
    }

    /// An act ended. Whatever it says, the next move is a look; only a refusal in words closes its
    /// intent at once.
    pub(super) fn acted(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        result: Result<Done, TaskError>,
    ) -> Moves {
        let live = self.live(name);
        live.seen = None;
        live.quiet_since = None;
        live.pending_since = Some(now);
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some(open) = device.open.clone() else {
            return Ok(Vec::new());
        };
        let disruptive = device
            .step_at(open.step)
            .is_some_and(|s| s.disturbs != Disturbs::None);
        let error = match result {
            Ok(_) => {
                // A device that was told to reload goes away; the first look would meet it leaving.
                if disruptive {
                    let at = self.poll_at(now);
                    return self.wait(name, now, at, "the reload", None);
                }
                return Ok(Vec::new());
            }
            Err(error) => error,
        };
        if matches!(error, TaskError::Connect(_)) {
            // No session, so nothing was sent: surely no effect.
            let mut moves = self.record(
                name,
                now,
                [Event::IntentClosed {
                    intent: open.id,
                    closing: Closing::NoEffect,
                }],
            )?;
            moves.extend(self.look_failed(name, now, &error)?);
            return Ok(moves);
        }
        let fault = error.fault();
        if fault.effect == Effect::None {
            return self.refused(name, now, open.id, fault);
        }
        if matches!(error, TaskError::Transfer(_)) && fault.class != Class::Transient {
            // The device said why: no room, or another protocol. Trying again would not help.
            return self.refused(name, now, open.id, fault);
        }
        if matches!(
            error,
            TaskError::Talk(TalkError::UnknownQuestion { .. } | TalkError::WrongPrompt { .. })
        ) {
            // The session is closed; whether that ended the operation is for the look to say.
            let stopped = Event::ActStopped {
                intent: open.id,
                fault,
            };
            let mut moves = self.record(name, now, [stopped])?;
            let at = self.poll_at(now);
            moves.extend(self.wait(name, now, at, "a look at what came of it", None)?);
            return Ok(moves);
        }
        if disruptive {
            // What the device said stands in the run, whatever the look finds.
            let mut moves = Vec::new();
            if fault.class == Class::Operator {
                let warned = Event::Warned {
                    code: fault.code.clone(),
                    message: fault.message.clone(),
                };
                moves.extend(self.record(name, now, [warned])?);
            }
            let at = self.poll_at(now);
            moves.extend(self.wait(name, now, at, "the device to come back", None)?);
            return Ok(moves);
        }
        let mut moves = self.record(name, now, [Event::LookFailed { fault, attempt: 1 }])?;
        let at = self.poll_at(now);
        moves.extend(self.sleep(name, at));
        Ok(moves)
    }

    fn refused(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        intent: IntentId,
        fault: Fault,
    ) -> Moves {
        let closing = Closing::Refused {
            fault: fault.clone(),
        };
        let mut moves = self.record(name, now, [Event::IntentClosed { intent, closing }])?;
        if fault.may_repeat() {
            let at = self.poll_at(now);
            moves.extend(self.wait(name, now, at, fault.message, None)?);
        } else {
            moves.extend(self.give_up(name, now, fault)?);
        }
        Ok(moves)
    }

    /// The look says that the step is still to be done although its intent is open.
    fn seems_undone(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some(open) = device.open.clone() else {
            return Ok(Vec::new());
        };
        if let Some(failed) =
            facts.and_then(|f| failed_operation(f, open.operation_before.as_ref()))
        {
            if let Some(stopped) = &open.stopped {
                let found = format!("a look finds {failed} in the device's history");
                let fault = left_to_a_person(device, step, stopped, &found);
                let closing = Closing::Refused {
                    fault: fault.clone(),
                };
                let intent = open.id;
                let mut moves =
                    self.record(name, now, [Event::IntentClosed { intent, closing }])?;
                moves.extend(self.hold(name, now, fault)?);
                return Ok(moves);
            }
            let fault = operator(
                "install_failed",
                format!(
                    "{}: the device's history says {failed}",
                    step.commands.join("; ")
                ),
                "look at `show install log`",
            );
            return self.refused(name, now, open.id, fault);
        }
        if step.disturbs != Disturbs::None {
            if let Some(facts) = facts
                && self.has_rebooted(device, facts, now)
            {
                return self.came_back_old(name, now, facts);
            }
            // It may be about to go: only after a while of idleness is it believed that it will not.
            let since = *self.live(name).quiet_since.get_or_insert(now);
            if self.device_time(between(since, now)) < self.limits.settle {
                let at = self.poll_at(now);
                let bound = self.after(since, self.limits.settle);
                return self.wait(
                    name,
                    now,
                    at,
                    "the device to leave for its reload",
                    Some(bound),
                );
            }
        }
        let mut moves = self.keep_facts(name, now, facts)?;
        moves.extend(self.record(
            name,
            now,
            [Event::IntentClosed {
                intent: open.id,
                closing: Closing::NoEffect,
            }],
        )?);
        self.live(name).quiet_since = None;
        // Sent again it would be asked again.
        if let Some(stopped) = &open.stopped
            && let Some(device) = self.device(name)
        {
            let fault = left_to_a_person(
                device,
                step,
                stopped,
                "a look finds that nothing came of it",
            );
            moves.extend(self.hold(name, now, fault)?);
        }
        Ok(moves)
    }

    /// Whether the device was booted after the open intent was written. Held against its uptime
    /// before: what is missing is time that it was down and boots since.
    pub(super) fn has_rebooted(&self, device: &DeviceState, facts: &Facts, now: Timestamp) -> bool {
        let before = device
            .open
            .as_ref()
            .and_then(|o| o.up_before)
            .or_else(|| device.facts.as_ref().map(|(at, f)| (*at, f.uptime)));
        before.is_some_and(|(at, uptime)| {
            let expected = uptime + self.device_time(between(at, now));
            facts.uptime + UPTIME_SLACK < expected
        })
    }

    /// Whether the device's last boot is later than the time that it had: then its timer took it back,
    /// and not the boot loader.
    fn booted_past_deadline(&self, device: &DeviceState, facts: &Facts, now: Timestamp) -> bool {
        // Nobody saw it on the new release, so nobody read its timer: it was started after the intent
        // was written.
        let unread = || {
            let open = device
                .open
                .as_ref()
                .filter(|o| o.what == StepKind::Activate)?;
            let timer = device.plan.as_ref()?.auto_abort?;
            Some(self.after(open.at, timer))
        };
        let booted = earlier(now, self.wall(facts.uptime));
        device
            .deadline
            .or_else(unread)
            .is_some_and(|deadline| later(booted, self.wall(TIMER_SLACK)) >= deadline)
    }

    /// The device booted, and runs the release that it came from (design rule 7): it is sent nothing
    /// disruptive any more.
    pub(super) fn came_back_old(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
    ) -> Moves {
        let mut moves = self.keep_facts(name, now, Some(facts))?;
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        let cause = if self.booted_past_deadline(device, facts, now) {
            RollbackCause::AutoAbort
        } else {
            RollbackCause::BootFallback
        };
        let way_back = device.way == Way::Back;
        let mut events = Vec::new();
        if let Some(open) = &device.open {
            events.push(Event::IntentClosed {
                intent: open.id,
                closing: Closing::Applied,
            });
        }
        events.push(Event::AutoAbortOver);
        if !way_back {
            events.push(Event::RollbackBegun { cause });
        }
        moves.extend(self.record(name, now, events)?);
        self.live(name).quiet_since = None;
        Ok(moves)
    }

    fn pending(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
        what: &str,
    ) -> Moves {
        // Rule 7, whatever the engine's log says to be running: its timer took the device back.
        if let (Some(facts), Some(device)) = (facts, self.device(name))
            && device.way == Way::Forth
            && device.open.is_some()
            && device.plan.as_ref().map(|p| &p.from) == facts.running.number()
            && self.has_rebooted(device, facts, now)
            && self.booted_past_deadline(device, facts, now)
        {
            return self.came_back_old(name, now, facts);
        }
        let mut moves = self.keep_facts(name, now, facts)?;
        let since = *self.live(name).pending_since.get_or_insert(now);
        let stopped = self
            .device(name)
            .and_then(|d| d.open.as_ref()?.stopped.as_ref())
            .cloned();
        let most = match stopped {
            Some(_) => self.limits.question,
            None => Duration::from_secs(step.bound_s.max(300)),
        };
        let bound = self.after(since, most);
        if now >= bound {
            if let (Some(stopped), Some(device)) = (stopped, self.device(name)) {
                let found = format!("a look finds the device still busy with {what}");
                let fault = left_to_a_person(device, step, &stopped, &found);
                moves.extend(self.hold(name, now, fault)?);
                return Ok(moves);
            }
            let fault = operator(
                "step_overdue",
                format!("{}: still waiting for {what}", step.commands.join("; ")),
                "look at the device; it is left as it is",
            );
            moves.extend(self.give_up(name, now, fault)?);
            return Ok(moves);
        }
        let at = self.poll_at(now);
        moves.extend(self.wait(name, now, at, what, Some(bound))?);
        Ok(moves)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one StepState::Blocked"
    )]
    fn blocked(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
        expected: String,
        found: String,
        code: &str,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let message = format!("{}: expected {expected}, found {found}", step.kind.word());
        if let Some(facts) = facts {
            // Went back by itself and dropped what was added: that is no obstacle, that is the end.
            let dropped = code == "not_added"
                && device.open.is_some()
                && self.has_rebooted(device, facts, now);
            if code == "went_back" || dropped {
                return self.came_back_old(name, now, facts);
            }
        }
        let open = device.open.clone();
        if matches!(code, BAD_HASH | BAD_SIZE) {
            let mut events = Vec::new();
            if let Some(open) = open {
                let fault = Fault::new(Class::Transient, code, message.clone());
                events.push(Event::IntentClosed {
                    intent: open.id,
                    closing: Closing::Refused { fault },
                });
            }
            let copies = device.bad_copies + 1;
            if copies > BAD_COPIES {
                let mut moves = self.record(name, now, events)?;
                let fault = operator(
                    code,
                    format!("{message}, after {copies} copies"),
                    "look at the flash and at the way to the device; the bad file is left where it is",
                );
                moves.extend(self.give_up(name, now, fault)?);
                return Ok(moves);
            }
            events.push(Event::Warned {
                code: code.to_owned(),
                message,
            });
            return self.record(name, now, events);
        }
        let mut moves = self.keep_facts(name, now, facts)?;
        if let Some(open) = open {
            let fault = Fault::new(Class::Operator, code, message.clone());
            moves.extend(self.record(
                name,
                now,
                [Event::IntentClosed {
                    intent: open.id,
                    closing: Closing::Refused { fault },
                }],
            )?);
        }
        let fault = Fault::new(Class::Operator, code, message).remedy(Remedy::new(
            "look at the device; nothing more is sent to it",
        ));
        if code == "third_release" {
            // Rule 7: untouched, to the dead letters.
            moves.extend(self.end(name, now, Outcome::DeadLetter, Some(fault))?);
        } else {
            moves.extend(self.give_up(name, now, fault)?);
        }
        Ok(moves)
    }

    fn gate(&mut self, name: &DeviceName, now: Timestamp, place: StepRef) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some(plan) = device.plan.clone() else {
            return Ok(Vec::new());
        };
        if device.approved.is_some() {
            return self.record(
                name,
                now,
                [Event::StepDone {
                    step: place,
                    found_so: false,
                }],
            );
        }
        if device.record.window.is_some() {
            let fault = operator(
                "window_not_covered",
                "the row names a maintenance window, which this version does not keep",
                "run inside the window yourself with the `window` cell cleared",
            );
            return self.hold(name, now, fault);
        }
        let mut moves = self.record(
            name,
            now,
            [Event::GateWaiting {
                plan_hash: plan.hash.clone(),
            }],
        )?;
        let question = GateQuestion {
            device: name.clone(),
            plan,
        };
        moves.extend(self.start(name, InFlight::Gate, Task::Ask(Box::new(question))));
        Ok(moves)
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
            Ok(Done::Answered(GateAnswer::Approved { by })) => {
                self.record(name, now, [Event::Approved { by, plan_hash }])
            }
            Ok(Done::Answered(GateAnswer::Rejected { by, reason })) => {
                let fault = operator(
                    "rejected",
                    format!("{by} rejected the plan: {reason}"),
                    "nothing was disturbed; the image stays on flash",
                );
                let mut moves = self.record(name, now, [Event::Rejected { by, reason }])?;
                moves.extend(self.end(name, now, Outcome::Held, Some(fault))?);
                Ok(moves)
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

    /// Every step is behind it.
    fn upgraded(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let mut moves = self.enter(name, now, StageKind::Close)?;
        if self.device(name).is_some_and(|d| d.deadline.is_some()) {
            moves.extend(self.record(name, now, [Event::AutoAbortOver])?);
        }
        moves.extend(self.end(name, now, Outcome::Upgraded, None)?);
        Ok(moves)
    }

    /// Who must be left in peace while this device is disturbed (design rule 16).
    fn partners(&self, name: &DeviceName) -> Option<Partner> {
        let me = &self.device(name)?.record;
        for (other, device) in &self.state.devices {
            if other == name {
                continue;
            }
            let same_group = me.ha_group.is_some() && me.ha_group == device.record.ha_group;
            if same_group && device.freezes_partners() {
                if device.ended.is_some() || device.held.is_some() {
                    return Some(Partner::Frozen(operator(
                        "group_frozen",
                        format!(
                            "{other} of the same redundancy group is {}",
                            device.outcome()
                        ),
                        "bring the partner to a proven state first",
                    )));
                }
                return Some(Partner::Busy(format!(
                    "{other} of the same redundancy group"
                )));
            }
            let earlier_wave = match (me.wave, device.record.wave) {
                (Some(mine), Some(theirs)) => theirs < mine,
                _ => false,
            };
            if earlier_wave {
                match device.outcome() {
                    Outcome::Upgraded | Outcome::Already => {}
                    Outcome::NotStarted | Outcome::InProgress if device.ended.is_none() => {
                        return Some(Partner::Busy(format!("{other} of an earlier wave")));
                    }
                    outcome => {
                        return Some(Partner::Frozen(operator(
                            "earlier_wave",
                            format!("{other} of an earlier wave is {outcome}"),
                            "settle the earlier wave first, then resume",
                        )));
                    }
                }
            }
        }
        None
    }
}

/// What a person is told of an act whose conversation could not go on: what it met, what a look
/// finds since, and what to type. Nothing was answered, and nothing is guessed.
fn left_to_a_person(device: &DeviceState, step: &Step, stopped: &Fault, found: &str) -> Fault {
    let mut fault = Fault {
        message: format!("{}; {found}", stopped.message),
        ..stopped.clone()
    };
    if device.open.is_some()
        && step.kind == StepKind::Activate
        && let Some(timer) = device.plan.as_ref().and_then(|p| p.auto_abort)
    {
        fault.message = format!(
            "{}; should it go on by itself, it goes back {} min later unless it is committed",
            fault.message,
            timer.as_secs() / 60
        );
    }
    if stopped.code == "unknown_question" {
        fault.remedy = Some(Remedy::with(
            "no answer is ever guessed: type the command on the device, answer there by hand, then resume",
            step.commands.join("; "),
        ));
    }
    with_deadline(device, fault)
}

fn device_cause(device: Option<&DeviceState>) -> Option<&RollbackCause> {
    device?.rollback.as_ref()
}

enum Partner {
    Busy(String),
    Frozen(Fault),
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
        .filter(|fs| fs.name == plan.file_system)
        .any(|fs| fs.files.iter().any(|f| f.name == plan.image.file));
    Some(if there {
        StepState::Ready
    } else {
        StepState::Done
    })
}

/// A failed entry that the install engine's history has had since. The history is a window that
/// moves: the entry before is looked for by what it says, not by its place.
fn failed_operation(facts: &Facts, before: Option<&Operation>) -> Option<String> {
    facts
        .history
        .iter()
        .rev()
        .take_while(|o| before != Some(*o))
        .find(|o| o.result.eq_ignore_ascii_case("fail"))
        .map(|o| format!("{} {}", o.name, o.result))
}

fn says_something_new(old: &Facts, new: &Facts) -> bool {
    let packages = |f: &Facts| f.install.as_ref().map(|i| i.packages.clone());
    old.running != new.running
        || old.boot != new.boot
        || old.boot_mode != new.boot_mode
        || old.members != new.members
        || packages(old) != packages(new)
        || old.reload_reason != new.reload_reason
        || old.serials != new.serials
}

/// Whether a person decided that a device is committed without further proof.
pub(super) fn commits_by_hand(device: &DeviceState) -> bool {
    device.takeover == Some(Takeover::Commit)
}

/// An instant for a bound that begins now.
pub(super) fn bounded(now: Timestamp, wall: Duration, latest: Option<Timestamp>) -> Timestamp {
    let at = later(now, wall);
    latest.map_or(at, |l| at.min(l).max(now))
}
