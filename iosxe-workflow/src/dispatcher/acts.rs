//! What came of an act: its own word, and what the looks after it say.

use std::time::Duration;

use iosxe_core::device::{Facts, Operation};
use iosxe_core::event::{Closing, Event, RollbackCause, Takeover, Way};
use iosxe_core::fault::{Class, Effect, Fault, Remedy};
use iosxe_core::ids::{DeviceName, IntentId};
use iosxe_core::observation::{Observation, Verdict};
use iosxe_core::plan::{Disturbs, Method, OnFailedGate, Step, StepKind};
use iosxe_core::stage::Outcome;
use iosxe_core::talk::TalkError;
use jiff::Timestamp;

use super::device::Moves;
use super::{ActEnd, CopyEnd, Dispatcher, Done, TaskError, between, operator};
use crate::status::{BAD_HASH, BAD_SIZE, DeviceState, OpenIntent};

/// Copies that may turn out bad before a person has to look.
const BAD_COPIES: u32 = 2;

/// How long a command that begins unseen is watched before it is believed to have done nothing, in
/// device time: extracting and verifying an image takes minutes, of which no look tells.
const UNSEEN: Duration = Duration::from_secs(15 * 60);

impl Dispatcher {
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
        live.whole_since = None;
        live.act = match &result {
            Ok(Done::Seen(Observation::Acted(acted))) if acted.verdict == Verdict::Success => {
                ActEnd::Heard
            }
            Ok(_) => ActEnd::AtPrompt,
            Err(_) => ActEnd::Unknown,
        };
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some(open) = device.open.clone() else {
            return Ok(Vec::new());
        };
        let step = device.step_at(open.step);
        let disruptive = open.what == StepKind::ReplaceConfig
            || step.is_some_and(|s| s.disturbs != Disturbs::None);
        let provisions = step.is_some_and(|s| s.kind.provisions());
        let for_good = open.what.is_for_good();
        let error = match result {
            Ok(done) => {
                if for_good {
                    self.wrote(name, &done);
                }
                self.server_let_in(name);
                self.live(name).copy = CopyEnd::Told;
                // A device that was told to reload goes away; the first look would meet it leaving.
                if disruptive && open.what != StepKind::ReplaceConfig {
                    let at = self.poll_at(now);
                    return self.wait(name, now, at, "the reload", None);
                }
                return Ok(Vec::new());
            }
            Err(error) => error,
        };
        if let Some(moves) = self.copy_failed(name, now, &error) {
            return moves;
        }
        self.release_server(name);
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
        // What the device itself ended at its prompt is over, and never sent again.
        let ended = matches!(
            error,
            TaskError::Talk(
                TalkError::Failed { .. }
                    | TalkError::Rejected { .. }
                    | TalkError::NotAuthorized { .. }
            )
        );
        if fault.effect == Effect::None || (for_good && ended) {
            return self.refused(name, now, open.id, fault);
        }
        if matches!(error, TaskError::Transfer(_)) && fault.class != Class::Transient {
            // The device said why: no room, or another protocol. Trying again would not help.
            return self.refused(name, now, open.id, fault);
        }
        // A verdict against it says nothing of the members that had their packages before.
        let said_no = provisions && matches!(error, TaskError::Talk(TalkError::Failed { .. }));
        let stops = matches!(
            error,
            TaskError::Talk(TalkError::UnknownQuestion { .. } | TalkError::WrongPrompt { .. })
        );
        if stops || said_no {
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
            if fault.class != Class::Transient {
                let warned = Event::Warned {
                    code: fault.code.clone(),
                    message: fault.message.clone(),
                };
                moves.extend(self.record(name, now, [warned])?);
            } else if matches!(error, TaskError::Talk(TalkError::Failed { .. })) {
                // It may be done later: said, and no verdict.
                moves.extend(self.record(name, now, [Event::LookFailed { fault, attempt: 1 }])?);
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

    pub(super) fn refused(
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
    pub(super) fn seems_undone(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Moves {
        if let Some(moves) = self.copy_goes_on(name, now, step, facts) {
            return moves;
        }
        if let Some(moves) = self.firmware_open(name, now, step, facts)? {
            return Ok(moves);
        }
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some(open) = device.open.clone() else {
            return Ok(Vec::new());
        };
        if step.kind == StepKind::ReplaceConfig && open.stopped.is_none() {
            return self.not_replaced(name, now, step, &open);
        }
        let recorded = facts.and_then(|f| failed_operation(f, open.operation_before.as_ref()));
        if let (Some(failed), Some(stopped)) = (&recorded, &open.stopped) {
            let found = format!("a look finds {failed} in the device's history");
            let fault = left_to_a_person(device, step, stopped, &found);
            let closing = Closing::Refused {
                fault: fault.clone(),
            };
            let intent = open.id;
            let mut moves = self.record(name, now, [Event::IntentClosed { intent, closing }])?;
            moves.extend(self.hold(name, now, fault)?);
            return Ok(moves);
        }
        // One side may have gone to the new release and come back: whether all is as before is for the
        // proof to say. Said is what the device answered to the command. Where nobody heard it, the history
        // is a verdict if a side has booted since: if none has, it was given up with our session.
        let in_service = step.disturbs == Disturbs::Switchover && device.way == Way::Forth;
        let given_up = || {
            recorded
                .clone()
                .filter(|_| self.a_side_booted(device, facts, now))
        };
        if in_service && let Some(said) = open.refused.clone().or_else(given_up) {
            if device.disturbed {
                return self.refused_half_way(name, now, open.id, step, &said, facts);
            }
            return self.ended_by_itself(name, now, open.id, said, facts);
        }
        // The device gave the operation up, and said why. Where nobody heard why, it gave it up with our
        // session, in the middle of a question perhaps: that is no verdict on the image. Looked at as
        // below, it is sent once more, and its answer heard.
        if let (Some(failed), Some(said)) = (&recorded, &open.refused) {
            let message = format!("{said}; its history says {failed}");
            // A way back that the device refuses leaves it its own.
            let by_itself = device.way == Way::Back && device.deadline.is_some();
            let remedy = match by_itself {
                true => {
                    "take it back by hand when the cause is gone; left alone, it goes back by itself when its timer ends"
                }
                false => "look at `show install log`",
            };
            let fault = operator("install_failed", message, remedy);
            return self.refused(name, now, open.id, fault);
        }
        if let Some(facts) = facts
            && self.patch_went_back(device, step, facts, now)
        {
            return self.came_back_old(name, now, facts);
        }
        if step.disturbs != Disturbs::None {
            if let Some(facts) = facts
                && self.has_rebooted(device, facts, now)
            {
                if device.takeover == Some(Takeover::RollBack) {
                    let message = format!(
                        "{}: the device has reloaded and still runs {}",
                        step.commands.join("; "),
                        facts.running
                    );
                    let fault = operator("rollback_no_effect", message, "look at the device's log");
                    return self.refused(name, now, open.id, fault);
                }
                return self.came_back_old(name, now, facts);
            }
            if let Some(facts) = facts
                && step.disturbs == Disturbs::Switchover
                && device.way == Way::Forth
                && self.other_side_rebooted(device, facts, now)
            {
                if self.booted_past_deadline(device, facts, now) {
                    return self.came_back_old(name, now, facts);
                }
                let said = "the second side booted since, and is not on the new release".to_owned();
                if device.disturbed {
                    return self.refused_half_way(name, now, open.id, step, &said, Some(facts));
                }
                return self.ended_by_itself(name, now, open.id, said, Some(facts));
            }
            // It may be about to go: only after a while of idleness is it believed that it will not.
            let since = *self.live(name).quiet_since.get_or_insert(now);
            let settle = match step.kind.begins_unseen() && recorded.is_none() {
                true => self.limits.settle.max(UNSEEN),
                false => self.limits.settle,
            };
            if self.device_time(between(since, now)) < settle {
                let at = self.poll_at(now);
                let bound = self.after(since, settle);
                return self.wait(
                    name,
                    now,
                    at,
                    "the device to leave for its reload",
                    Some(bound),
                );
            }
        }
        if step.kind.provisions() {
            // It was refused, and every member is as it was.
            if let Some(stopped) = open.stopped.clone().filter(is_verdict) {
                return self.refused(name, now, open.id, stopped);
            }
            let since = *self.live(name).quiet_since.get_or_insert(now);
            if self.device_time(between(since, now)) < UNSEEN {
                let at = self.poll_at(now);
                let bound = self.after(since, UNSEEN);
                let what = "anything to be seen of the packages";
                return self.wait(name, now, at, what, Some(bound));
            }
        }
        // Refused for good before the engine has kept any record of it: asking again would not help.
        let plan = self.device(name).and_then(|d| d.plan.as_ref());
        if let Some(said) = open.refused.clone()
            && plan.is_some_and(|p| p.method == Method::Xfsu)
        {
            let next = "set `want_method` to `auto`, and the device reloads as usual";
            return self.refused(name, now, open.id, operator("install_failed", said, next));
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

    /// The configuration is another than the kept one, and no timer runs that would change that. Where
    /// the device has said what it did, that was no success, and it is not sent again.
    fn not_replaced(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        open: &OpenIntent,
    ) -> Moves {
        let done = self.live(name).act != ActEnd::Unknown;
        let put_back = self.device(name).and_then(|d| d.put_back.as_ref());
        // With a timer whatever was applied is taken back by now; without one nobody knows.
        let timed = put_back.is_some_and(|p| {
            let mut steps = p.steps.iter();
            steps.any(|s| s.kind == StepKind::ConfirmConfig)
        });
        let intent = open.id;
        if open.refused.is_none() && !done && timed {
            let closing = Closing::NoEffect;
            return self.record(name, now, [Event::IntentClosed { intent, closing }]);
        }
        let said = open.refused.clone().unwrap_or_else(|| {
            let command = step.commands.join("; ");
            let how = if done { "ended" } else { "lost its session" };
            format!("`{command}` {how}, and the comparison finds lines that differ")
        });
        let fault = operator(
            "configuration_not_replaced",
            format!("{said}; nothing was confirmed"),
            "look at the session's log for the lines that the device refused",
        );
        self.refused(name, now, intent, fault)
    }

    /// The device ended an upgrade in service itself: both sides run the release that they came from.
    fn ended_by_itself(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        intent: IntentId,
        said: String,
        facts: Option<&Facts>,
    ) -> Moves {
        let events = [
            Event::IntentClosed {
                intent,
                closing: Closing::Applied,
            },
            Event::AutoAbortOver,
            Event::RollbackBegun {
                cause: RollbackCause::DeviceAborted { said },
            },
        ];
        let mut moves = self.keep_facts(name, now, facts)?;
        moves.extend(self.record(name, now, events)?);
        Ok(moves)
    }

    /// A later command of an upgrade in service is refused: one side runs the new release, and the other
    /// the old one. That is no state to stay in.
    fn refused_half_way(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        intent: IntentId,
        step: &Step,
        said: &str,
        facts: Option<&Facts>,
    ) -> Moves {
        let kept = self.device(name).is_some_and(DeviceState::is_committed);
        let fault = operator(
            "issu_stopped",
            format!("{}: {said}", step.commands.join("; ")),
            match kept {
                true => "the active side is committed; look at the other one, then resume",
                false => "look at the device; abort it by hand, or resume",
            },
        );
        let closing = Closing::Refused {
            fault: fault.clone(),
        };
        let mut moves = self.keep_facts(name, now, facts)?;
        moves.extend(self.record(name, now, [Event::IntentClosed { intent, closing }])?);
        let policy = self.state.header.as_ref().map(|h| h.policy.on_failed_gate);
        if kept || policy == Some(OnFailedGate::Ask) {
            moves.extend(self.give_up(name, now, fault)?);
        } else {
            moves.extend(self.take_back(name, now, &[fault.message])?);
        }
        Ok(moves)
    }

    pub(super) fn pending(
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
        // Known from here on, whoever goes on with it: what is waited for is no success.
        let unheard = |d: &DeviceState| d.open.as_ref().is_some_and(|o| o.refused.is_none());
        if step.kind == StepKind::ReplaceConfig && self.device(name).is_some_and(unheard) {
            let command = step.commands.join("; ");
            let warned = Event::Warned {
                code: "configuration_differs".into(),
                message: format!("`{command}` ended otherwise than it should: waiting for {what}"),
            };
            moves.extend(self.record(name, now, [warned])?);
        }
        let since = *self.live(name).pending_since.get_or_insert(now);
        let stopped = self
            .device(name)
            .and_then(|d| d.open.as_ref()?.stopped.as_ref())
            .cloned();
        let most = match stopped {
            Some(_) => self.limits.question,
            None => Duration::from_secs(step.bound_s.max(300)),
        };
        let mut bound = self.after(since, most);
        // Rule 14: while a side boots the device's own way back is waited for, and that it has until its
        // timer ends.
        if let Some(deadline) = self
            .device(name)
            .filter(|d| d.way == Way::Back && step.disturbs == Disturbs::Switchover)
            .and_then(|d| d.deadline)
        {
            bound = bound.max(self.after(deadline, most));
        }
        if now >= bound {
            if let (Some(stopped), Some(device)) = (stopped, self.device(name)) {
                let found = match is_verdict(&stopped) && step.kind.provisions() {
                    true => format!(
                        "it ended half way, short of {what}: a reload now would part the members"
                    ),
                    false => format!("a look finds the device still busy with {what}"),
                };
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
    pub(super) fn blocked(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
        expected: String,
        found: String,
        code: &str,
    ) -> Moves {
        if code == BAD_SIZE
            && let Some(moves) = self.copy_goes_on(name, now, step, facts)
        {
            return moves;
        }
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
        // A plan that copies nothing uses what was there: another file of that name is nobody's to delete.
        let copies = device
            .plan
            .as_ref()
            .is_some_and(|p| p.steps.iter().any(|s| s.kind == StepKind::DeleteFile));
        if matches!(code, BAD_HASH | BAD_SIZE) && copies {
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
            // Rule 7: untouched, to the dead letters; with what it says of its timer.
            if step.kind.starts_timer()
                && let (Some(facts), Some(device)) = (facts, self.device(name))
            {
                let timer = self.timer(device, now, Some(facts));
                moves.extend(self.record(name, now, timer)?);
            }
            moves.extend(self.end(name, now, Outcome::DeadLetter, Some(fault))?);
        } else {
            moves.extend(self.give_up(name, now, fault)?);
        }
        Ok(moves)
    }
}

/// Whether what stopped an act is the device's own verdict, and not a conversation that could not go on.
fn is_verdict(stopped: &Fault) -> bool {
    !matches!(stopped.code.as_str(), "unknown_question" | "wrong_prompt")
}

/// What a person is told of an act whose conversation could not go on: what it met, what a look
/// finds since, and what to type. Nothing was answered, and nothing is guessed.
pub(super) fn left_to_a_person(
    device: &DeviceState,
    step: &Step,
    stopped: &Fault,
    found: &str,
) -> Fault {
    let mut fault = Fault {
        message: format!("{}; {found}", stopped.message),
        ..stopped.clone()
    };
    if device.open.is_some()
        && step.kind.starts_timer()
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
    fault
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
