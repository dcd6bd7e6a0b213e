//! What came of a task: an answer of the device, or none.

use iosxe_core::event::{Event, Way};
use iosxe_core::fault::Class;
use iosxe_core::ids::DeviceName;
use iosxe_core::observation::Observation;
use iosxe_core::plan::Method;
use iosxe_core::ports::ConnectError;
use iosxe_core::stage::Outcome;
use iosxe_core::talk::TalkError;
use jiff::Timestamp;

use super::device::Moves;
use super::{Dispatcher, Done, InFlight, POLL_LEAST, TaskError, between, later, operator};

impl Dispatcher {
    /// What came of a task.
    pub(super) fn done(
        &mut self,
        name: &DeviceName,
        result: Result<Done, TaskError>,
        now: Timestamp,
    ) -> Moves {
        // An answer to a question that was withdrawn belongs to no task.
        let asked = self.live(name).busy == Some(InFlight::Gate);
        if matches!(result, Ok(Done::Answered(_))) && !asked {
            return Ok(Vec::new());
        }
        let Some(what) = self.live(name).busy.take() else {
            return Ok(Vec::new());
        };
        if what == InFlight::Watch {
            return self.watched(name, now, result);
        }
        if self.device(name).is_none_or(|d| d.ended.is_some()) {
            return Ok(Vec::new());
        }
        let mut moves = Vec::new();
        match &result {
            Ok(done) => {
                // These are not the device's own.
                if !matches!(done, Done::Selected(_) | Done::Whose(_) | Done::Answered(_)) {
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
            (InFlight::Whose, Ok(Done::Whose(found))) => {
                self.live(name).activated_by = Some(found);
                Vec::new()
            }
            (InFlight::Select | InFlight::Whose, Err(error)) => {
                self.not_selected(name, now, error.fault())?
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
            (InFlight::ReadinessBack, Ok(Done::Seen(Observation::Readiness(readiness)))) => {
                self.live(name).may_go_back = Some(now);
                let readiness = *readiness;
                self.record(name, now, [Event::ReadinessSeen { readiness }])?
            }
            (InFlight::Backup, Ok(Done::Kept(files))) => {
                self.record(name, now, [Event::BackupKept { files }])?
            }
            (InFlight::Baseline, Ok(Done::Seen(Observation::Health(health)))) => {
                let warnings = super::scope::warnings(&health);
                let taken = Event::BaselineTaken { health: *health };
                self.record(name, now, std::iter::once(taken).chain(warnings))?
            }
            (InFlight::StepLook, Ok(Done::Seen(seen))) => {
                self.live(name).seen = Some(seen);
                Vec::new()
            }
            (InFlight::Digest, Ok(Done::Seen(seen @ Observation::Digest(_)))) => {
                self.digest_again(name, now, &seen)?
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
            Done::Seen(Observation::Facts(facts)) if away => {
                let back = Event::CameBack {
                    running: facts.running.to_string(),
                };
                let slow = self.slow_for_a_fast_reload(name, now);
                self.record(name, now, std::iter::once(back).chain(slow))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A fast reload that was none: the ports may have been out of service for longer than was asked
    /// for, which health afterwards does not tell.
    fn slow_for_a_fast_reload(&self, name: &DeviceName, now: Timestamp) -> Option<Event> {
        let device = self.device(name)?;
        let plan = device.plan.as_ref()?;
        if plan.method != Method::Xfsu || device.way != Way::Forth {
            return None;
        }
        let gone = self.device_time(between(device.away_since?, now)).as_secs();
        (gone > plan.estimate_s).then(|| Event::Warned {
            code: "slow_reload".into(),
            message: format!(
                "away for {} min, and a fast reload takes {} min at most: it may have been a usual one",
                gone.div_ceil(60),
                plan.estimate_s.div_ceil(60)
            ),
        })
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
            return self.hold(name, now, error.fault());
        }
        if activated && (error.is_away() || self.ends_in_handshake(name, error)) {
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
                let at = later(now, self.wall(delay).max(POLL_LEAST));
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

    /// A device that goes down ends a handshake wherever it stands, and a library may call that algorithms
    /// that do not meet. It had met them before: that is believed when it is said again and again.
    fn ends_in_handshake(&mut self, name: &DeviceName, error: &TaskError) -> bool {
        let of_algorithms = matches!(
            error,
            TaskError::Connect(ConnectError::NoCommonAlgorithm { .. })
        );
        if !of_algorithms {
            return false;
        }
        let most = self.limits.look.tries;
        let live = self.live(name);
        live.failures += 1;
        live.failures < most
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
        let mut lost_at = self.after(since, lost_after.max(bound));
        if let Some(deadline) = self.deadline(device) {
            lost_at = lost_at.max(self.after(deadline, bound));
        }
        if now >= lost_at {
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
        moves.extend(self.wait(name, now, at, "the device to come back", Some(lost_at))?);
        Ok(moves)
    }
}
