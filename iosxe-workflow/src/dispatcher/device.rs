//! One device: what it does next, and the moves that all its stages share.

use std::time::Duration;

use iosxe_core::event::{Event, RollbackCause, Takeover};
use iosxe_core::fault::Fault;
use iosxe_core::health::Weight;
use iosxe_core::ids::DeviceName;
use iosxe_core::ports::Decision;
use iosxe_core::stage::{Outcome, StageKind};
use jiff::Timestamp;

use super::{Command, DECISION_REFUSED, Dispatcher, InFlight, Live, Out, Task, earlier, ending};
use crate::status::{DeadlineFrom, DeviceState, IllegalTransition};

/// Before its deadline an unanswered device is taken back (design rule 5), in device time.
const ABORT_BEFORE_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Between what holds a device and the time at which it goes back.
const GOES_BACK: &str = "; the device goes back by itself at ";

/// Code of a gate check that failed.
pub(super) const GATE_FAILED: &str = "gate_failed";

pub(super) type Moves = Result<Vec<Command>, IllegalTransition>;

impl Dispatcher {
    pub(super) fn device(&self, name: &DeviceName) -> Option<&DeviceState> {
        self.state.devices.get(name)
    }

    pub(super) fn live(&mut self, name: &DeviceName) -> &mut Live {
        self.live.entry(name.clone()).or_default()
    }

    /// Records events of one device, in order.
    pub(super) fn record(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        events: impl IntoIterator<Item = Event>,
    ) -> Moves {
        let mut out = Out {
            now,
            run: &self.run,
            state: &mut self.state,
            commands: Vec::new(),
        };
        for event in events {
            out.record(Some(name), event)?;
        }
        Ok(out.commands)
    }

    /// Starts a task.
    pub(super) fn start(&mut self, name: &DeviceName, what: InFlight, task: Task) -> Vec<Command> {
        let live = self.live(name);
        let login = live.login;
        live.at_work = true;
        live.busy = Some(what);
        live.wake = None;
        live.parked = false;
        vec![Command::Do(name.clone(), Box::new(task), login)]
    }

    /// Waits: no task before that instant.
    pub(super) fn sleep(&mut self, name: &DeviceName, until: Timestamp) -> Vec<Command> {
        let live = self.live(name);
        live.wake = Some(until);
        if std::mem::replace(&mut live.parked, true) {
            Vec::new()
        } else {
            vec![Command::Park(name.clone())]
        }
    }

    /// Shows what is waited for and waits.
    pub(super) fn wait(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        until: Timestamp,
        what: impl Into<String>,
        bound: Option<Timestamp>,
    ) -> Moves {
        let mut commands = self.record(
            name,
            now,
            [Event::Waiting {
                what: what.into(),
                until: bound,
            }],
        )?;
        commands.extend(self.sleep(name, until));
        Ok(commands)
    }

    /// Enters a stage if the device is not in it.
    pub(super) fn enter(&mut self, name: &DeviceName, now: Timestamp, stage: StageKind) -> Moves {
        match self.device(name) {
            Some(device) if device.started.is_some() && device.stage == stage => Ok(Vec::new()),
            Some(_) => self.record(name, now, [Event::StageEntered { stage }]),
            None => Ok(Vec::new()),
        }
    }

    /// Ends a device's way.
    pub(super) fn end(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        outcome: Outcome,
        fault: Option<Fault>,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let event = Event::Ended {
            outcome,
            fault: fault.map(|f| f.at(name, device.stage)),
            running: device.running.clone(),
            committed: device.committed.clone(),
        };
        let mut commands = self.record(name, now, [event])?;
        let live = self.live(name);
        live.wake = None;
        if !std::mem::replace(&mut live.parked, true) {
            commands.push(Command::Park(name.clone()));
        }
        Ok(commands)
    }

    /// Ends a device that cannot go on; one that is activated waits for a person instead, with its
    /// timer running (design rules 3 and 5).
    pub(super) fn give_up(&mut self, name: &DeviceName, now: Timestamp, fault: Fault) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        // Firmware has no way back and no timer: nobody's decision is waited for.
        let over = device.open.is_none() && device.writes_firmware();
        if device.is_activated() && device.rollback.is_none() && !over {
            return self.hold(name, now, fault);
        }
        let outcome = ending(device, &fault);
        self.end(name, now, outcome, Some(fault))
    }

    /// Waits for a person.
    pub(super) fn hold(&mut self, name: &DeviceName, now: Timestamp, fault: Fault) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let fault = with_deadline(device, fault).at(name, device.stage);
        if device.held.as_ref() == Some(&fault) {
            return Ok(Vec::new());
        }
        let mut commands = self.record(name, now, [Event::HeldFor { fault }])?;
        let abort_at = self.abort_at(name);
        let live = self.live(name);
        live.wake = abort_at;
        live.seen = None;
        if !std::mem::replace(&mut live.parked, true) {
            commands.push(Command::Park(name.clone()));
        }
        Ok(commands)
    }

    /// When an unanswered device is taken back. While its activation is open nothing may be sent, at
    /// no time: there is nothing to wait for.
    pub(super) fn abort_at(&self, name: &DeviceName) -> Option<Timestamp> {
        let device = self.device(name)?;
        let open = device.open.as_ref();
        if open.is_some_and(|o| o.what.starts_timer()) {
            return None;
        }
        let deadline = device.deadline?;
        Some(earlier(deadline, self.wall(ABORT_BEFORE_DEADLINE)))
    }

    /// Lets a device take its next step, if it may.
    pub(super) fn advance(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let live = self.live.get(name);
        if live.is_some_and(|l| l.busy.is_some() || l.wake.is_some_and(|at| at > now)) {
            return Ok(Vec::new());
        }
        if device.ended.is_some() {
            return self.watch(name, now);
        }
        if device.held.is_some() {
            return self.held(name, now);
        }
        let left = self.stopping.is_some() || self.state.leaves_alone(name);
        if left && !device.must_go_on() {
            return Ok(Vec::new());
        }
        if !device.must_go_on()
            && let Some(moves) = self.ordered(name, now)
        {
            return moves;
        }
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        // Also of one that an earlier process has begun.
        let at_work = self.live.get(name).is_some_and(|l| l.at_work);
        if !at_work && !device.must_go_on() && !self.has_slot() {
            return Ok(Vec::new());
        }
        let rolls_back = device
            .takeover
            .as_ref()
            .is_some_and(Takeover::is_afterwards);
        if aborts_by_hand(device)
            && device.open.is_none()
            && (rolls_back || device.is_activated() && abort_counts(device))
        {
            if rolls_back && let Some(moves) = self.before_rolling_back(name, now)? {
                return Ok(moves);
            }
            let (by, reason) = self
                .device(name)
                .and_then(|d| d.taken_by.clone())
                .unwrap_or_default();
            let cause = RollbackCause::Operator { by, reason };
            return self.record(name, now, [Event::RollbackBegun { cause }]);
        }
        if device.against.is_some() {
            return self.verify(name, now);
        }
        if device.facts.is_none() {
            return self.discover(name, now);
        }
        if device.plan.is_none() {
            return self.select_and_plan(name, now);
        }
        if let Some(moves) = self.precheck(name, now)? {
            return Ok(moves);
        }
        self.step(name, now)
    }

    /// A person decided for a device: recorded and followed, or answered with why not.
    pub(super) fn decided(&mut self, decision: &Decision, now: Timestamp) -> Moves {
        let name = &decision.device;
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let closed = match (&decision.takeover, device.question()) {
            (Takeover::Answer { .. }, Some((_, until))) if *until <= now => {
                Err("the session that asked is closed")
            }
            _ => Ok(()),
        };
        if let Err(why) = closed.and(device.may_be_decided(&decision.takeover)) {
            let warned = Event::Warned {
                code: DECISION_REFUSED.into(),
                message: format!("{} decided for {name}, but {why}", decision.by),
            };
            return self.record(name, now, [warned]);
        }
        if let Some(moves) = self.answered_from_afar(decision, now) {
            return moves;
        }
        let busy = self.live.get(name).is_some_and(|l| l.busy.is_some());
        let stops = matches!(decision.takeover, Takeover::Pause | Takeover::Cancel);
        let cuts = stops && busy && self.device(name).is_some_and(|d| !d.must_go_on());
        let live = self.live(name);
        live.wake = None;
        live.may_go_back = None;
        let taken = Event::TakenOver {
            takeover: decision.takeover.clone(),
            by: decision.by.clone(),
            reason: decision.reason.clone(),
        };
        let mut moves = self.record(name, now, [taken])?;
        if let Takeover::Answer { text, .. } = &decision.takeover {
            moves.push(Command::Answer(name.clone(), text.clone()));
        }
        if cuts {
            moves.push(Command::Cancel(name.clone()));
        }
        // What it was held for may stand: then it is taken back in time all the same (rule 5).
        if self.device(name).is_some_and(|d| d.held.is_some()) {
            let abort_at = self.abort_at(name);
            self.live(name).wake = abort_at;
        }
        Ok(moves)
    }

    fn held(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        // Rule 5: a device that nobody answers for goes back while there is time to prove it.
        let due = self.abort_at(name).is_some_and(|at| at <= now);
        let can = self
            .device(name)
            .is_some_and(|d| d.is_activated() && d.open.is_none());
        if due && !can {
            // What was sent last is still open: nothing else may be sent. A person has the device.
            self.live(name).wake = None;
        }
        if due && can {
            let checks = self
                .device(name)
                .and_then(unanswered)
                .into_iter()
                .chain(["nobody answered in time".to_owned()])
                .collect();
            let cause = RollbackCause::FailedGate { checks };
            return self.record(name, now, [Event::RollbackBegun { cause }]);
        }
        Ok(Vec::new())
    }

    /// Whether one more device may be worked on. One that waits for others has given its place away:
    /// they could not go before it otherwise.
    pub(super) fn has_slot(&self) -> bool {
        let counts = |(name, device): &(&DeviceName, &DeviceState)| {
            let live = self.live.get(*name);
            device.ended.is_none()
                && device.held.is_none()
                && live.is_some_and(|l| l.at_work && l.queued.is_none())
        };
        let taken = self.state.devices.iter().filter(counts).count();
        taken < self.limits.devices
    }
}

/// Whether a person decided that a device is taken back, and that has not begun.
pub(super) fn aborts_by_hand(device: &DeviceState) -> bool {
    let back = |t: &Takeover| *t == Takeover::Abort || t.is_afterwards();
    device.takeover.as_ref().is_some_and(back) && device.rollback.is_none()
}

/// Whether such an abort can still be walked.
pub(super) fn abort_counts(device: &DeviceState) -> bool {
    device.may_be_decided(&Takeover::Abort).is_ok()
}

/// What nobody answered, without the deadline that is over then.
fn unanswered(device: &DeviceState) -> Option<String> {
    let fault = device.held.as_ref()?;
    let gates: Vec<String> = device
        .findings
        .iter()
        .flatten()
        .filter(|f| f.weight == Weight::Gate)
        .map(ToString::to_string)
        .collect();
    if fault.code == GATE_FAILED && !gates.is_empty() {
        return Some(gates.join("; "));
    }
    let message = fault.message.split(GOES_BACK).next();
    message.map(str::to_owned)
}

/// A fault that says when the device goes back by itself, where that is known.
fn with_deadline(device: &DeviceState, mut fault: Fault) -> Fault {
    if let (Some(deadline), Some(from)) = (device.deadline, device.deadline_from) {
        let how = match from {
            DeadlineFrom::Read => "",
            DeadlineFrom::Asked => " (counted from the command: its timer is not read yet)",
        };
        fault.message = format!(
            "{}{GOES_BACK}{} unless it is committed{how}",
            fault.message,
            deadline.strftime("%Y-%m-%d %H:%M:%S UTC")
        );
    }
    fault
}
