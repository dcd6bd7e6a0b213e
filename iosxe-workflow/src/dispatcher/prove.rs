//! Proof that the network is as healthy as before: forth before the commit, back after a rollback.
//!
//! Forth: facts, then health, until they are equal to the baseline or the convergence time is over;
//! then the soak; then the same once more. Back: the same against the release that the device came
//! from, without a soak.

use std::time::Duration;

use iosxe_core::device::Facts;
use iosxe_core::event::{Event, RollbackCause, Takeover, Way};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::health::{Finding, Health, Weight};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::{DevicePlan, Method, OnFailedGate, OnInconclusive, Standing};
use iosxe_core::ports::Look;
use iosxe_core::stage::{Outcome, StageKind};
use jiff::Timestamp;

use super::device::{GATE_FAILED, Moves, abort_counts, aborts_by_hand};
use super::steps::{bounded, commits_by_hand};
use super::{Dispatcher, InFlight, Task, earlier};
use crate::status::DeviceState;

/// The soak ends at least this long before the deadline (design rule 6), in device time.
const SOAK_MARGIN: Duration = Duration::from_secs(20 * 60);

/// A convergence that begins after the soak ends at least this long before the deadline.
const ABORT_MARGIN: Duration = Duration::from_secs(15 * 60);

impl Dispatcher {
    /// The next move of a proof.
    pub(super) fn prove(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if device.way == Way::Forth
            && commits_by_hand(device)
            && let Some((place, _)) = device.step()
        {
            return self.record(
                name,
                now,
                [Event::StepDone {
                    step: place,
                    found_so: false,
                }],
            );
        }
        let stage = match (device.way, device.step()) {
            // One side may be proven behind the commit.
            (Way::Forth, Some((_, step))) => step.stage,
            (Way::Forth, None) => StageKind::Postcheck,
            (Way::Back, _) => StageKind::Rollback,
        };
        let soak = device
            .soak_until
            .filter(|at| device.way == Way::Forth && *at > now);
        let mut moves = self.enter(name, now, stage)?;
        if let Some(until) = soak {
            moves.extend(self.wait(name, now, until, "the soak to end", Some(until))?);
            return Ok(moves);
        }
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        if device.convergence_until.is_none() {
            let at = self.converges_until(name, now);
            moves.extend(self.record(name, now, [Event::ConvergenceUntil { at }])?);
        }
        let (what, look) = if self.live(name).proved_facts {
            let scope = self.device(name).map(|d| self.proof_scope(d));
            (
                InFlight::ProofHealth,
                Look::Health(scope.unwrap_or_default()),
            )
        } else {
            let firmware = self
                .device(name)
                .and_then(|d| d.plan.as_ref())
                .is_some_and(|p| p.method == Method::Firmware);
            let look = if firmware {
                Look::Firmware
            } else {
                Look::Facts
            };
            (InFlight::ProofFacts, look)
        };
        moves.extend(self.start(name, what, Task::Look(look)));
        Ok(moves)
    }

    fn converges_until(&self, name: &DeviceName, now: Timestamp) -> Timestamp {
        let convergence = self
            .state
            .header
            .as_ref()
            .map_or(Duration::ZERO, |h| h.policy.convergence);
        let latest = self
            .device(name)
            .and_then(|d| d.deadline)
            .map(|d| earlier(d, self.wall(ABORT_MARGIN)));
        bounded(now, self.wall(convergence), latest)
    }

    /// The device as it is: the right release on every member?
    pub(super) fn proof_facts(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if aborts_by_hand(device) && abort_counts(device) {
            return Ok(Vec::new());
        }
        if device.reference().is_some() {
            return self.verify_facts(name, now, facts);
        }
        let way = device.way;
        let Some(plan) = device.plan.clone() else {
            return Ok(Vec::new());
        };
        let standing = match self.drivers.of(facts) {
            Ok(driver) => driver.standing(&plan, facts),
            Err(refusal) => return self.give_up(name, now, refusal.into()),
        };
        if way == Way::Forth && standing == Standing::Original {
            return self.came_back_old(name, now, facts);
        }
        // Where the configuration alone went back, the release is the one that ran before that.
        let stays = matches!(device.takeover, Some(Takeover::ReplaceConfig { .. }));
        let mut moves = self.record(
            name,
            now,
            [Event::FactsSeen {
                facts: Box::new(facts.clone()),
            }],
        )?;
        let settled = match (&standing, way) {
            (Standing::Committed, Way::Back) if stays => true,
            (Standing::Uncommitted | Standing::Committed, Way::Forth)
            | (Standing::Original, Way::Back) => true,
            (Standing::Other { running }, _) => {
                let fault = Fault::new(
                    Class::Operator,
                    "third_release",
                    format!(
                        "the device runs {running}, neither {} nor {}",
                        plan.from, plan.to
                    ),
                )
                .remedy(Remedy::new(
                    "look at the device; nothing more is sent to it",
                ));
                moves.extend(self.end(name, now, Outcome::DeadLetter, Some(fault))?);
                return Ok(moves);
            }
            _ => false,
        };
        if settled {
            self.live(name).proved_facts = true;
            return Ok(moves);
        }
        let finding = not_settled(&plan, way, standing);
        moves.extend(self.judge(name, now, vec![finding], Vec::new())?);
        Ok(moves)
    }

    /// How the device is: as healthy as its baseline?
    pub(super) fn proof_health(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        health: &Health,
    ) -> Moves {
        self.live(name).proved_facts = false;
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if aborts_by_hand(device) && abort_counts(device) {
            return Ok(Vec::new());
        }
        let baseline = device.baseline.clone().unwrap_or_default();
        let policy = self.state.header.as_ref().map(|h| &h.policy);
        let prefixes_lost = policy.map_or(0, |p| p.prefixes_lost_percent);
        let is_open = |check: &str| !device.accepted.contains(check);
        let live = self.live.get(name);
        let boots_otherwise = live.map_or(&[][..], |l| &l.boots_otherwise);
        let findings: Vec<Finding> = boots_otherwise
            .iter()
            .cloned()
            .chain(health.worse_than(&baseline, prefixes_lost))
            .filter(|f| is_open(&f.check))
            .collect();
        // What could not be read before cannot be compared now: it was warned about then.
        let inconclusive = health.unread_since(&baseline);
        self.judge(name, now, findings, inconclusive)
    }

    pub(super) fn judge(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        findings: Vec<Finding>,
        inconclusive: Vec<String>,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let mut moves = Vec::new();
        if device.findings.as_ref() != Some(&findings) {
            let event = Event::Findings {
                findings: findings.clone(),
            };
            moves.extend(self.record(name, now, [event])?);
        }
        let gates: Vec<&Finding> = findings
            .iter()
            .filter(|f| f.weight == Weight::Gate)
            .collect();
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        if gates.is_empty() && inconclusive.is_empty() {
            moves.extend(self.proved(name, now, &findings)?);
            return Ok(moves);
        }
        // After the soak a gate that failed anew has its own time to converge.
        let stale = device
            .soak_until
            .is_some_and(|soak| device.convergence_until.is_some_and(|c| c <= soak) && soak <= now);
        let until = if stale && device.way == Way::Forth {
            let at = self.converges_until(name, now);
            moves.extend(self.record(name, now, [Event::ConvergenceUntil { at }])?);
            at
        } else {
            device.convergence_until.unwrap_or(now)
        };
        if now < until {
            let what = gates
                .first()
                .map_or_else(|| "output that can be read".to_owned(), |f| f.awaited());
            let at = self.poll_at(now).min(until);
            moves.extend(self.wait(name, now, at, what, Some(until))?);
            return Ok(moves);
        }
        let failed: Vec<String> = gates.iter().map(ToString::to_string).collect();
        let warns: Vec<Finding> = findings
            .iter()
            .filter(|f| f.weight != Weight::Gate)
            .cloned()
            .collect();
        moves.extend(self.failed(name, now, &failed, &inconclusive, &warns)?);
        Ok(moves)
    }

    fn proved(&mut self, name: &DeviceName, now: Timestamp, findings: &[Finding]) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if device.reference().is_some() {
            return self.as_it_was(name, now, findings);
        }
        if device.way == Way::Back {
            let fault = self.why_back(name);
            return self.end(name, now, Outcome::RolledBack, Some(fault));
        }
        let Some((place, _)) = device.step() else {
            return Ok(Vec::new());
        };
        if device.soak_until.is_none() {
            let soak = self
                .state
                .header
                .as_ref()
                .map_or(Duration::ZERO, |h| h.policy.soak);
            let latest = device.deadline.map(|d| earlier(d, self.wall(SOAK_MARGIN)));
            let at = bounded(now, self.wall(soak), latest);
            return self.record(name, now, [Event::SoakUntil { at }]);
        }
        let mut events = told(findings);
        events.push(Event::StepDone {
            step: place,
            found_so: false,
        });
        self.record(name, now, events)
    }

    /// The convergence time is over, and a gate check still fails or cannot be read. `warns` is what
    /// would only have been told.
    fn failed(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        failed: &[String],
        inconclusive: &[String],
        warns: &[Finding],
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if device.reference().is_some() {
            return self.not_as_it_was(name, now, failed, inconclusive, warns);
        }
        if device.way == Way::Back {
            // Back on the old release, and still not as it was: a person has to look.
            let mut fault = self.why_back(name);
            fault.code = "rollback_unproven".into();
            fault.message = format!(
                "{}; the device is back, but not as it was: {}",
                fault.message,
                failed
                    .iter()
                    .chain(inconclusive)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("; ")
            );
            return self.end(name, now, Outcome::DeadLetter, Some(fault));
        }
        let policy = self
            .state
            .header
            .as_ref()
            .map(|h| h.policy.clone())
            .unwrap_or_default();
        if failed.is_empty() {
            // Rule 2: no verdict from a misread.
            let fault = Fault::new(
                Class::Operator,
                "check_inconclusive",
                format!("a gate check cannot be read: {}", inconclusive.join("; ")),
            )
            .remedy(Remedy::with(
                "look at the line; commit or abort by hand",
                "iosxe commit DEVICE --reason TEXT",
            ));
            return match policy.on_inconclusive {
                OnInconclusive::Ask => self.hold(name, now, fault),
                OnInconclusive::Abort => self.take_back(name, now, inconclusive),
                OnInconclusive::Commit => {
                    let mut moves = self.record(
                        name,
                        now,
                        [Event::Warned {
                            code: fault.code,
                            message: fault.message,
                        }],
                    )?;
                    moves.extend(self.proved(name, now, warns)?);
                    Ok(moves)
                }
            };
        }
        match policy.on_failed_gate {
            OnFailedGate::Abort => self.take_back(name, now, failed),
            OnFailedGate::Ask => {
                let fault = Fault::new(
                    Class::Operator,
                    GATE_FAILED,
                    format!("a gate check failed: {}", failed.join("; ")),
                )
                .remedy(Remedy::with(
                    "accept the check, or take the device back",
                    "iosxe accept DEVICE CHECK --reason TEXT",
                ));
                self.hold(name, now, fault)
            }
        }
    }

    pub(super) fn take_back(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        checks: &[String],
    ) -> Moves {
        let device = self.device(name);
        let plan = device.and_then(|d| d.plan.as_ref());
        let kept = device.is_some_and(DeviceState::is_committed);
        if let Some(plan) = plan.filter(|p| p.way_back.is_empty() || kept) {
            let why = if kept {
                "it is committed, so that the plan's way back is over"
            } else {
                "the plan has no way back"
            };
            let fault = Fault::new(
                Class::Operator,
                GATE_FAILED,
                format!(
                    "a gate check failed after the upgrade, and {why}: {}",
                    checks.join("; ")
                ),
            )
            .remedy(Remedy::new(match plan.method {
                Method::Firmware => {
                    "look at the device's log and at its firmware; do not power cycle it".to_owned()
                }
                _ => format!("mend what failed, or install {} again by hand", plan.from),
            }));
            return self.end(name, now, Outcome::DeadLetter, Some(fault));
        }
        let cause = RollbackCause::FailedGate {
            checks: checks.to_vec(),
        };
        let mut moves = self.record(name, now, [Event::RollbackBegun { cause }])?;
        moves.extend(self.enter(name, now, StageKind::Rollback)?);
        Ok(moves)
    }

    /// Why a device was taken back, for its summary.
    fn why_back(&self, name: &DeviceName) -> Fault {
        let device = self.device(name);
        let plan = device.and_then(|d| d.plan.as_ref());
        let patches = plan.is_some_and(|p| p.method == Method::Smu);
        let (code, message) = match device.and_then(|d| d.rollback.as_ref()) {
            Some(RollbackCause::AutoAbort) => (
                "auto_abort",
                "nobody committed in time: the device went back by itself".to_owned(),
            ),
            Some(RollbackCause::BootFallback) if patches => (
                "boot_fallback",
                "the device runs with the patches that it had before".to_owned(),
            ),
            Some(RollbackCause::BootFallback) => (
                "boot_fallback",
                "the device booted the release that it came from".to_owned(),
            ),
            Some(RollbackCause::DeviceAborted { said }) => (
                "device_aborted",
                format!("the device ended the upgrade itself and runs its old release: {said}"),
            ),
            Some(RollbackCause::Operator { by, reason })
                if matches!(
                    device.and_then(|d| d.takeover.as_ref()),
                    Some(Takeover::ReplaceConfig { .. })
                ) =>
            {
                let message = format!(
                    "{by} had the configuration put back that was kept before the upgrade: {reason}"
                );
                return Fault::new(Class::Operator, "configuration_put_back", message).remedy(
                    Remedy::with(
                        "it runs and is not saved: save it when it is what you want",
                        "write memory",
                    ),
                );
            }
            Some(RollbackCause::Operator { by, reason }) => {
                ("by_hand", format!("{by} took the device back: {reason}"))
            }
            Some(RollbackCause::FailedGate { checks }) => (
                GATE_FAILED,
                format!(
                    "a gate check failed after the upgrade: {}",
                    checks.join("; ")
                ),
            ),
            None => (
                GATE_FAILED,
                "a gate check failed after the upgrade".to_owned(),
            ),
        };
        Fault::new(Class::Operator, code, message).remedy(Remedy::new(
            "find the cause before this device is tried again",
        ))
    }
}

/// What a look at the device shows in place of the end of a plan that is wanted.
pub(super) fn not_settled(plan: &DevicePlan, way: Way, standing: Standing) -> Finding {
    let is_patch = plan.method == Method::Smu;
    let release = match way {
        Way::Forth => &plan.to,
        Way::Back => &plan.from,
    };
    let expected = match plan.method {
        Method::Smu => plan.patch_words(way),
        Method::Firmware => firmware_words(plan),
        _ => format!("{release} on every member"),
    };
    let found = match standing {
        Standing::Settling { what } if plan.method == Method::Firmware => what,
        Standing::Settling { what } => format!("not settled, {what}"),
        _ if is_patch => "it is not so".to_owned(),
        Standing::Uncommitted | Standing::Committed => format!("{} runs", plan.to),
        Standing::Original => format!("{} runs", plan.from),
        Standing::Other { running } => format!("{running} runs"),
    };
    let check = match plan.method {
        Method::Firmware => "firmware",
        _ => "members",
    };
    Finding {
        check: check.into(),
        weight: Weight::Gate,
        expected,
        found,
    }
}

/// Findings that are told and no more.
pub(super) fn told(findings: &[Finding]) -> Vec<Event> {
    let warned = |f: &Finding| Event::Warned {
        code: "check_warns".into(),
        message: format!("{} is {}, was {}", f.check, f.found, f.expected),
    };
    findings.iter().map(warned).collect()
}

/// The versions that a plan has written, in words.
fn firmware_words(plan: &DevicePlan) -> String {
    let parts = plan.changes();
    let parts: Vec<String> = parts
        .map(|c| format!("{} {} {}", c.slot, c.kind, c.to))
        .collect();
    if parts.is_empty() {
        "every member back".to_owned()
    } else {
        parts.join(", ")
    }
}
