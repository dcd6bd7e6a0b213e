//! One device: what it does next, and what came of its last task.

use iosxe_core::boot::PackageState;
use iosxe_core::device::Facts;
use iosxe_core::event::{Event, RollbackCause, Takeover};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_core::observation::Observation;
use iosxe_core::plan::PlanRequest;
use iosxe_core::ports::{ConnectError, Decision, Look};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::TalkError;
use iosxe_core::words::counted;
use jiff::Timestamp;

use super::{
    Command, DECISION_REFUSED, Dispatcher, Done, InFlight, Live, LoginWith, Out, REFUSALS_PARK,
    Task, TaskError, Trust, between, earlier, ending, later, operator,
};
use crate::status::{DeviceState, IllegalTransition};

/// Before its deadline an unanswered device is taken back (design rule 5), in device time.
const ABORT_BEFORE_DEADLINE: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// Tries of a refused credential after our own reload, and between them, in device time (rule 10).
const REFUSALS_AFTER_RELOAD: u32 = 5;
const REFUSAL_PAUSE: std::time::Duration = std::time::Duration::from_secs(60);

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
        if device.is_activated() && device.rollback.is_none() {
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
        let fault = fault.at(name, device.stage);
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

    /// When an unanswered device is taken back.
    pub(super) fn abort_at(&self, name: &DeviceName) -> Option<Timestamp> {
        let deadline = self.device(name)?.deadline?;
        Some(earlier(deadline, self.wall(ABORT_BEFORE_DEADLINE)))
    }

    /// Lets a device take its next step, if it may.
    pub(super) fn advance(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if device.ended.is_some() {
            return Ok(Vec::new());
        }
        let live = self.live.get(name);
        if live.is_some_and(|l| l.busy.is_some() || l.wake.is_some_and(|at| at > now)) {
            return Ok(Vec::new());
        }
        if device.held.is_some() {
            return self.held(name, now);
        }
        if self.stopping.is_some() && !device.is_activated() {
            return Ok(Vec::new());
        }
        if device.started.is_none() && !self.has_slot() {
            return Ok(Vec::new());
        }
        if aborts_by_hand(device)
            && device.is_activated()
            && device.open.is_none()
            && device.may_be_decided(&Takeover::Abort).is_ok()
        {
            let (by, reason) = device.taken_by.clone().unwrap_or_default();
            let cause = RollbackCause::Operator { by, reason };
            return self.record(name, now, [Event::RollbackBegun { cause }]);
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
        if let Err(why) = device.may_be_decided(&decision.takeover) {
            let warned = Event::Warned {
                code: DECISION_REFUSED.into(),
                message: format!("{} decided for {name}, but {why}", decision.by),
            };
            return self.record(name, now, [warned]);
        }
        let live = self.live(name);
        live.wake = None;
        let taken = Event::TakenOver {
            takeover: decision.takeover.clone(),
            by: decision.by.clone(),
            reason: decision.reason.clone(),
        };
        self.record(name, now, [taken])
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
            let asked = self
                .device(name)
                .and_then(|d| d.held.as_ref())
                .map(|f| f.message.clone());
            let checks = asked
                .into_iter()
                .chain(["nobody answered in time".to_owned()])
                .collect();
            let cause = RollbackCause::FailedGate { checks };
            return self.record(name, now, [Event::RollbackBegun { cause }]);
        }
        Ok(Vec::new())
    }

    fn has_slot(&self) -> bool {
        let taken = self
            .state
            .devices
            .values()
            .filter(|d| d.started.is_some() && d.ended.is_none() && d.held.is_none())
            .count();
        taken < self.limits.devices
    }

    fn discover(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if device.record.hold {
            let fault = operator(
                "hold",
                "the row says hold",
                "clear the `hold` cell when the device may be worked on",
            );
            let mut moves = self.enter(name, now, StageKind::Discover)?;
            moves.extend(self.end(name, now, Outcome::Held, Some(fault))?);
            return Ok(moves);
        }
        let credential = Self::credential_of(device);
        match self.trust.get(&credential) {
            None => {
                self.trust.insert(credential, Trust::Trying(name.clone()));
            }
            Some(Trust::Trying(other)) if other != name => return Ok(Vec::new()),
            Some(Trust::Refused(n)) if *n >= REFUSALS_PARK => {
                let fault = Fault::new(
                    Class::Operator,
                    "credential_parked",
                    format!(
                        "credential {credential} was refused {} and is not tried again",
                        counted(*n, "time")
                    ),
                )
                .remedy(Remedy::new("correct the credential, then resume"));
                let mut moves = self.enter(name, now, StageKind::Discover)?;
                moves.extend(self.end(name, now, Outcome::NotStarted, Some(fault))?);
                return Ok(moves);
            }
            // One refusal may be one device's own: the next device proves which.
            Some(Trust::Refused(_)) => {
                if self.somebody_tries(&credential, name) {
                    return Ok(Vec::new());
                }
            }
            Some(Trust::Trying(_) | Trust::Proven) => {}
        }
        let mut moves = self.enter(name, now, StageKind::Discover)?;
        moves.extend(self.start(name, InFlight::Facts, Task::Look(Look::Facts)));
        Ok(moves)
    }

    fn somebody_tries(
        &self,
        credential: &iosxe_core::ids::CredentialName,
        me: &DeviceName,
    ) -> bool {
        self.state.devices.iter().any(|(name, device)| {
            name != me
                && Self::credential_of(device) == *credential
                && self
                    .live
                    .get(name)
                    .is_some_and(|l| l.busy == Some(InFlight::Facts))
        })
    }

    /// Whether the device is the one that the row means, and one that we work on.
    fn identify(&self, name: &DeviceName) -> Result<(), Fault> {
        let Some(device) = self.device(name) else {
            return Ok(());
        };
        let Some((_, facts)) = &device.facts else {
            return Ok(());
        };
        let record = &device.record;
        if !record.serials.is_empty()
            && !record
                .serials
                .iter()
                .any(|s| facts.serials.iter().any(|f| f.eq_ignore_ascii_case(s)))
        {
            return Err(operator(
                "serial_differs",
                format!(
                    "the row says serial {}, the device says {}",
                    record.serials.join(", "),
                    facts.serials.join(", ")
                ),
                "find out which device answers at this address, then correct the row",
            ));
        }
        if let Some(cell) = &record.platform
            && !self.table.cell_names(cell, &facts.pid)
        {
            return Err(operator(
                "platform_differs",
                format!(
                    "the row says platform {cell}, the device is a {}",
                    facts.pid
                ),
                "correct the `platform` cell, or the address",
            ));
        }
        self.drivers.of(facts).map(|_| ()).map_err(Fault::from)
    }

    fn select_and_plan(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        if let Err(fault) = self.identify(name) {
            return self.end(name, now, Outcome::Refused, Some(fault));
        }
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if self.until() == StageKind::Discover {
            return self.end(name, now, Outcome::Ready, None);
        }
        if device.record.target.is_none() && device.record.image.is_none() {
            let fault = operator(
                "no_target",
                "the row has neither target_version nor image",
                "fill one of the two cells",
            );
            return self.end(name, now, Outcome::Refused, Some(fault));
        }
        let Some(image) = self.live.get(name).and_then(|l| l.image.clone()) else {
            let mut moves = self.enter(name, now, StageKind::Select)?;
            moves.extend(self.start(name, InFlight::Select, Task::Select));
            return Ok(moves);
        };
        let mut moves = self.enter(name, now, StageKind::Plan)?;
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        let ((record, bound_to), Some((_, facts))) = (
            (device.record.clone(), device.bound_to.clone()),
            device.facts.clone(),
        ) else {
            return Ok(moves);
        };
        if let Some(ended) = self.stands_already(name, now, &facts, &image.version)? {
            moves.extend(ended);
            return Ok(moves);
        }
        let header = self.state.header.clone();
        let policy = header.map(|h| h.policy).unwrap_or_default();
        let plan = self.drivers.of(&facts).and_then(|driver| {
            driver.plan(&PlanRequest {
                record: &record,
                facts: &facts,
                image: &image,
                policy: &policy,
            })
        });
        match plan {
            Ok(plan) if bound_to.as_ref().is_some_and(|hash| *hash != plan.hash) => {
                let fault = operator(
                    "plan_differs",
                    format!(
                        "the device's plan is {} now, another than the signed one",
                        plan.hash8()
                    ),
                    "look at the difference, and have the new plan signed off",
                );
                moves.extend(self.end(name, now, Outcome::Refused, Some(fault))?);
            }
            Ok(plan) => {
                moves.extend(self.record(
                    name,
                    now,
                    [Event::Planned {
                        plan: Box::new(plan),
                    }],
                )?);
                if self.until() == StageKind::Plan {
                    moves.extend(self.end(name, now, Outcome::Ready, None)?);
                }
            }
            Err(refusal) => {
                moves.extend(self.end(name, now, Outcome::Refused, Some(refusal.into()))?);
            }
        }
        Ok(moves)
    }

    /// The target runs already, or something that is not ours is half way.
    fn stands_already(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
        target: &iosxe_core::version::Version,
    ) -> Result<Option<Vec<Command>>, IllegalTransition> {
        if let Some(package) = facts.install.as_ref().and_then(|i| i.uncommitted()) {
            let fault = operator(
                "foreign_uncommitted",
                format!(
                    "{} is activated and not committed, and not by this plan",
                    package.label
                ),
                "find out whose it is; commit or abort it by hand",
            );
            return self.end(name, now, Outcome::Held, Some(fault)).map(Some);
        }
        if facts.runs(target) {
            let committed = facts
                .install
                .as_ref()
                .is_none_or(|i| i.packages.is_empty() || i.has(target, PackageState::Committed));
            if committed || facts.boot_mode == iosxe_core::boot::BootMode::Bundle {
                return self.end(name, now, Outcome::Already, None).map(Some);
            }
        }
        Ok(None)
    }

    /// What came of a task.
    pub(super) fn done(
        &mut self,
        name: &DeviceName,
        result: Result<Done, TaskError>,
        now: Timestamp,
    ) -> Moves {
        let Some(what) = self.live(name).busy.take() else {
            return Ok(Vec::new());
        };
        if self.device(name).is_none_or(|d| d.ended.is_some()) {
            return Ok(Vec::new());
        }
        let mut moves = Vec::new();
        match &result {
            Ok(done) => {
                if !matches!(done, Done::Selected(_) | Done::Answered(_)) {
                    moves.extend(self.answered(name, now, done)?);
                }
            }
            Err(TaskError::Connect(ConnectError::CredentialRefused { .. })) => {}
            Err(error) if error.connect().is_some() => self.release_credential(name),
            // A session was there: the credential opened it.
            Err(_) => self.prove_credential(name),
        }
        moves.extend(match (what, result) {
            (InFlight::Act, result) => self.acted(name, now, result)?,
            (InFlight::Gate, result) => self.gate_answered(name, now, result)?,
            (InFlight::Select, Ok(Done::Selected(image))) => {
                self.live(name).image = Some(*image);
                Vec::new()
            }
            (InFlight::Select, Err(error)) => {
                self.end(name, now, Outcome::Refused, Some(error.fault()))?
            }
            (_, Err(error)) => self.look_failed(name, now, &error)?,
            (InFlight::Facts, Ok(Done::Seen(Observation::Facts(facts)))) => {
                self.record(name, now, [Event::FactsSeen { facts }])?
            }
            (InFlight::Readiness, Ok(Done::Seen(Observation::Readiness(readiness)))) => self
                .record(
                    name,
                    now,
                    [Event::ReadinessSeen {
                        readiness: *readiness,
                    }],
                )?,
            (InFlight::Backup, Ok(Done::Kept(files))) => {
                self.record(name, now, [Event::BackupKept { files }])?
            }
            (InFlight::Baseline, Ok(Done::Seen(Observation::Health(health)))) => {
                self.record(name, now, [Event::BaselineTaken { health: *health }])?
            }
            (InFlight::StepLook, Ok(Done::Seen(seen))) => {
                self.live(name).seen = Some(seen);
                Vec::new()
            }
            (InFlight::ProofFacts, Ok(Done::Seen(Observation::Facts(facts)))) => {
                self.proof_facts(name, now, &facts)?
            }
            (InFlight::ProofHealth, Ok(Done::Seen(Observation::Health(health)))) => {
                self.proof_health(name, now, &health)?
            }
            (_, Ok(_)) => {
                let fault = operator(
                    "wrong_observation",
                    "a driver answered with another observation than was asked for",
                    "report this: it is a fault of the driver",
                );
                self.give_up(name, now, fault)?
            }
        });
        Ok(moves)
    }

    /// The device answered: counters of failures end.
    fn answered(&mut self, name: &DeviceName, now: Timestamp, done: &Done) -> Moves {
        self.prove_credential(name);
        let live = self.live(name);
        live.failures = 0;
        live.refusals = 0;
        live.late = false;
        let away = self.device(name).is_some_and(|d| d.away_since.is_some());
        match done {
            Done::Seen(Observation::Facts(facts)) if away => self.record(
                name,
                now,
                [Event::CameBack {
                    running: facts.running.to_string(),
                }],
            ),
            _ => Ok(Vec::new()),
        }
    }

    fn prove_credential(&mut self, name: &DeviceName) {
        if let Some(device) = self.device(name) {
            let credential = Self::credential_of(device);
            self.trust.insert(credential, Trust::Proven);
        }
    }

    /// The first device that tries a credential did not get as far as to try it: another may.
    fn release_credential(&mut self, name: &DeviceName) {
        let Some(device) = self.device(name) else {
            return;
        };
        let credential = Self::credential_of(device);
        if self.trust.get(&credential) == Some(&Trust::Trying(name.clone())) {
            self.trust.remove(&credential);
        }
    }

    /// A look without an answer.
    pub(super) fn look_failed(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        error: &TaskError,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let activated = device.is_activated();
        if matches!(
            error,
            TaskError::Connect(ConnectError::CredentialRefused { .. })
        ) {
            return self.credential_refused(name, now, error, activated);
        }
        // Rule 11: a key that changed after our own reload gets no credentials.
        if activated
            && matches!(
                error,
                TaskError::Connect(
                    ConnectError::HostKeyChanged { .. } | ConnectError::HostKeyUnknown { .. }
                )
            )
        {
            let fault = with_deadline(device, error.fault());
            return self.hold(name, now, fault);
        }
        if activated && error.is_away() {
            return self.away(name, now);
        }
        let fault = error.fault();
        let transient = fault.class == Class::Transient
            // A device that was busy for a moment may know the command at the next try.
            && !matches!(error, TaskError::Talk(TalkError::Misread { .. }));
        if !transient {
            return self.give_up(name, now, fault);
        }
        let random = self.next_random();
        let schedule = self.limits.look;
        let live = self.live(name);
        live.failures += 1;
        let attempt = live.failures;
        match schedule.delay_after(attempt, random) {
            Some(delay) => {
                let at = later(now, self.wall(delay).max(super::POLL_LEAST));
                let mut moves = self.record(name, now, [Event::LookFailed { fault, attempt }])?;
                moves.extend(self.sleep(name, at));
                Ok(moves)
            }
            None => {
                let mut fault = fault;
                fault.message = match attempt {
                    1 => fault.message,
                    _ => format!("{} ({attempt} tries)", fault.message),
                };
                self.give_up(name, now, fault)
            }
        }
    }

    fn credential_refused(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        error: &TaskError,
        activated: bool,
    ) -> Moves {
        let fault = error.fault();
        if activated {
            // AAA is often out of reach right after a reload: that is not ready, not refused.
            let pause = self.after(now, REFUSAL_PAUSE);
            let has_fallback = self
                .device(name)
                .is_some_and(|d| d.record.fallback_credential.is_some());
            let live = self.live(name);
            live.refusals += 1;
            let tried = live.refusals >= REFUSALS_AFTER_RELOAD;
            if live.login == LoginWith::Fallback || tried && !has_fallback {
                let device = self.device(name).map(|d| with_deadline(d, fault.clone()));
                return self.hold(name, now, device.unwrap_or(fault));
            }
            if tried {
                // From here on: an AAA server that is out of reach is so for the next login too.
                live.login = LoginWith::Fallback;
            }
            return self.wait(name, now, pause, "a login (refused after the reload)", None);
        }
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let credential = Self::credential_of(device);
        let refused = match self.trust.get(&credential) {
            Some(Trust::Refused(n)) => n + 1,
            // A credential that opened other devices is not parked by one that refuses it.
            Some(Trust::Proven) => 0,
            Some(Trust::Trying(_)) | None => 1,
        };
        if refused > 0 {
            self.trust.insert(credential, Trust::Refused(refused));
        }
        self.end(name, now, Outcome::Refused, Some(fault))
    }

    /// The device is away, as it must be while it reloads.
    pub(super) fn away(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let mut moves = Vec::new();
        if self.device(name).is_some_and(|d| d.away_since.is_none()) {
            moves.extend(self.record(name, now, [Event::WentAway])?);
        }
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        let since = device.away_since.unwrap_or(now);
        let gone = self.device_time(between(since, now));
        let (p90, bound) = device
            .facts
            .as_ref()
            .and_then(|(_, f)| self.drivers.of(f).ok().map(|d| d.reload_time(f)))
            .unwrap_or_default();
        let lost_after = self
            .state
            .header
            .as_ref()
            .map_or(bound, |h| h.policy.lost_after);
        let deadline = device.deadline.map(|d| self.after(d, bound));
        if gone >= lost_after.max(bound) && deadline.is_none_or(|d| now >= d) {
            let fault = operator(
                "lost",
                format!(
                    "the device has not answered for {} min",
                    gone.as_secs() / 60
                ),
                "look at its console; when it is back, `iosxe resume` goes on with it",
            );
            moves.extend(self.end(name, now, Outcome::Lost, Some(fault))?);
            return Ok(moves);
        }
        let late = gone >= p90 && !std::mem::replace(&mut self.live(name).late, gone >= p90);
        if late {
            let message = format!(
                "late: away for {} min, longer than nine of ten reloads",
                gone.as_secs() / 60
            );
            moves.extend(self.record(
                name,
                now,
                [Event::Warned {
                    code: "late".into(),
                    message,
                }],
            )?);
        }
        let at = self.poll_at(now);
        let lost_at = self.after(since, lost_after);
        moves.extend(self.wait(name, now, at, "the device to come back", Some(lost_at))?);
        Ok(moves)
    }
}

/// Whether a person decided that a device is taken back, and that has not begun.
pub(super) fn aborts_by_hand(device: &DeviceState) -> bool {
    device.takeover == Some(Takeover::Abort) && device.rollback.is_none()
}

/// A fault that says when the device goes back by itself, where that is known.
pub(super) fn with_deadline(device: &DeviceState, mut fault: Fault) -> Fault {
    if let Some(deadline) = device.deadline {
        fault.message = format!(
            "{}; the device goes back by itself at {} unless it is committed",
            fault.message,
            deadline.strftime("%Y-%m-%d %H:%M:%S UTC")
        );
    }
    fault
}
