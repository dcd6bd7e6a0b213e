//! Where one device stands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use iosxe_core::boot::BootMode;
use iosxe_core::device::{Facts, Operation, Readiness, Record};
use iosxe_core::event::{Closing, Event, RollbackCause, StepRef, Takeover, Way};
use iosxe_core::fault::Fault;
use iosxe_core::health::{Finding, Health};
use iosxe_core::ids::IntentId;
use iosxe_core::patch::PatchSeen;
use iosxe_core::plan::{DevicePlan, Disturbs, Step, StepKind};
use iosxe_core::reference::Against;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::Question;
use iosxe_core::version::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BAD_HASH, BAD_SIZE, wall};
use crate::dispatcher::{FIRMWARE_WRITTEN, later};

/// An intent whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIntent {
    /// Its number.
    pub id: IntentId,
    /// The step.
    pub step: StepRef,
    /// What it does.
    pub what: StepKind,
    /// When it was written.
    pub at: Timestamp,
    /// When the device was seen last before it, and how long it had been up then (device time): what
    /// a later look is held against to tell a reload from none.
    pub up_before: Option<(Timestamp, Duration)>,
    /// The newest entry that the install engine's history had before it.
    pub operation_before: Option<Operation>,
    /// What its conversation could not go on with.
    pub stopped: Option<Fault>,
    /// The question that its conversation stands at, and until when it waits for an answer.
    pub question: Option<(Question, Timestamp)>,
    /// What the device answered in words that refuse its command.
    pub refused: Option<String>,
}

/// How it is known when a device goes back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineFrom {
    /// The time that is left was read from the device.
    Read,
    /// The timer that the activation asks for, counted from the moment at which its command was
    /// written down. The device starts it with the activation, so that it has at least so long.
    Asked,
}

/// What a device's events are held against, of the run that they belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Device time runs so many times faster than wall time.
    pub(super) scale: f64,
    /// So many persons have to approve a plan.
    pub(super) approvals: usize,
}

/// A configuration that a person has put back.
#[derive(Clone, Debug, PartialEq)]
pub struct PutBack {
    /// The steps that do so, in place of the plan's way back.
    pub steps: Vec<Step>,
    /// The upgrade was there to stay before, and its release still is.
    pub of_settled: bool,
}

/// A device as the journal tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceState {
    /// Its row.
    pub record: Record,
    /// Its place among the devices of the run: the number of its first record.
    pub place: u64,
    /// The plan that was signed off for it: no other is carried out.
    pub bound_to: Option<String>,
    /// What it is held against: of a verification alone.
    pub against: Option<Against>,
    /// Releases that it reached on its way, the one that it came from first.
    pub hops: Vec<Version>,
    /// Where it is.
    pub stage: StageKind,
    /// When its first event happened.
    pub started: Option<Timestamp>,
    /// When its last event happened.
    pub last: Option<Timestamp>,
    /// What it said of itself last, and when.
    pub facts: Option<(Timestamp, Facts)>,
    /// Its plan.
    pub plan: Option<DevicePlan>,
    /// What stood in the way at the pre-check.
    pub readiness: Option<Readiness>,
    /// Its configurations are kept.
    pub backup: Option<Vec<String>>,
    /// How it was before.
    pub baseline: Option<Health>,
    /// Which list of steps is walked.
    pub way: Way,
    /// The next step of that list.
    pub cursor: usize,
    /// The intent without an outcome.
    pub open: Option<OpenIntent>,
    /// How many intents each step has had.
    pub intents: BTreeMap<StepRef, u32>,
    /// The same since a process took the run on last.
    pub intents_since_resume: BTreeMap<StepRef, u32>,
    /// Who approved its plan so far, and when, in the order of their words.
    pub approvals: Vec<(String, Timestamp)>,
    /// Whose approval was not used in time.
    pub lapsed: BTreeSet<String>,
    /// Who approved its plan, when nobody else has to.
    pub approved: Option<String>,
    /// A disruptive command of ours was closed as applied: the device may be away or changed.
    pub disturbed: bool,
    /// A step of the upgrade itself was closed as applied: what was begun is finished.
    pub begun: bool,
    /// The step whose intent was closed as applied last.
    pub applied: Option<StepRef>,
    /// When it goes back by itself.
    pub deadline: Option<Timestamp>,
    /// How that is known; `None` when it is not.
    pub deadline_from: Option<DeadlineFrom>,
    /// Post-checks may fail until then.
    pub convergence_until: Option<Timestamp>,
    /// It is watched until then.
    pub soak_until: Option<Timestamp>,
    /// The last findings of a post-check.
    pub findings: Option<Vec<Finding>>,
    /// Checks that a person counts as passed.
    pub accepted: BTreeSet<String>,
    /// Why it is taken back.
    pub rollback: Option<RollbackCause>,
    /// The configuration alone is, or was, put back.
    pub put_back: Option<PutBack>,
    /// What a person decided.
    pub takeover: Option<Takeover>,
    /// Who, and why.
    pub taken_by: Option<(String, String)>,
    /// What it waits for.
    pub held: Option<Fault>,
    /// It does not answer since.
    pub away_since: Option<Timestamp>,
    /// How it ended.
    pub ended: Option<(Outcome, Option<Fault>)>,
    /// What it runs, as it said last.
    pub running: Option<Version>,
    /// What it is committed to, as it said last.
    pub committed: Option<Version>,
    /// Sentences that a person should read.
    pub warnings: Vec<String>,
    /// How often the file on its flash was not the image, since a process took the run on last.
    pub bad_copies: u32,
    /// The file on its flash has the image's size and not its hash: it must go.
    pub must_delete: bool,
    /// What it says of the patch on its flash.
    pub patch_seen: Option<PatchSeen>,
    /// When it was looked at last behind its end, and what was worse than its baseline.
    pub watched: Option<(Timestamp, Vec<Finding>)>,
    /// What it waits for before it may go on, and until when where that is known.
    pub queued: Option<(String, Option<Timestamp>)>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Who asked for a stop at its next safe point, and why; until the next resume.
    pub paused: Option<(String, String)>,
    /// The same for good.
    pub cancelled: Option<(String, String)>,
}

impl DeviceState {
    pub(super) fn new(record: Record, bound_to: Option<String>, place: u64) -> Self {
        Self {
            record,
            place,
            bound_to,
            against: None,
            hops: Vec::new(),
            stage: StageKind::Discover,
            started: None,
            last: None,
            facts: None,
            plan: None,
            readiness: None,
            backup: None,
            baseline: None,
            way: Way::Forth,
            cursor: 0,
            open: None,
            intents: BTreeMap::new(),
            intents_since_resume: BTreeMap::new(),
            approvals: Vec::new(),
            lapsed: BTreeSet::new(),
            approved: None,
            disturbed: false,
            begun: false,
            applied: None,
            deadline: None,
            deadline_from: None,
            convergence_until: None,
            soak_until: None,
            findings: None,
            accepted: BTreeSet::new(),
            rollback: None,
            put_back: None,
            takeover: None,
            taken_by: None,
            held: None,
            away_since: None,
            ended: None,
            running: None,
            committed: None,
            warnings: Vec::new(),
            bad_copies: 0,
            must_delete: false,
            patch_seen: None,
            watched: None,
            queued: None,
            ended_at: None,
            paused: None,
            cancelled: None,
        }
    }

    /// What a verification compares it with, and what counts as passed there.
    pub(super) fn hold_against(&mut self, against: Option<Against>) {
        if let Some(Against::Seen(reference)) = &against {
            self.baseline = Some(reference.baseline.clone());
            self.accepted.clone_from(&reference.accepted);
        }
        self.against = against;
    }

    /// Takes in one event of a run with such rules.
    pub(super) fn apply(
        &mut self,
        at: Timestamp,
        event: &Event,
        rules: Rules,
    ) -> Result<(), String> {
        if let Some((outcome, _)) = &self.ended {
            // Progress may trail behind; of the records a warning of a reader may, and what is seen
            // of a device while the wave behind it waits.
            return match event {
                Event::Moved { .. } | Event::Waiting { .. } | Event::Warned { .. } => Ok(()),
                Event::Watched { findings } if *outcome == Outcome::Upgraded => {
                    self.watched = Some((at, findings.clone()));
                    Ok(())
                }
                Event::TakenOver {
                    takeover: Takeover::Cancel,
                    by,
                    reason,
                } => {
                    self.cancelled = Some((by.clone(), reason.clone()));
                    Ok(())
                }
                Event::TakenOver { .. } => {
                    self.ended = None;
                    self.apply(at, event, rules)
                }
                _ => Err(format!("an event after the end ({outcome})")),
            };
        }
        self.started.get_or_insert(at);
        self.last = Some(at);
        if !matches!(event, Event::Warned { .. }) {
            self.queued = None;
        }
        match event {
            Event::StageEntered { stage } => self.stage = *stage,
            Event::FactsSeen { facts } => self.see(at, facts),
            Event::Planned { plan } => {
                if self.disturbed || self.open.is_some() {
                    return Err("a new plan for a device that is being changed".into());
                }
                if self.plan.as_ref().is_some_and(|old| old.hash != plan.hash) {
                    // An approval names a plan: another plan needs another.
                    self.close_gate();
                }
                let other_file = |old: &DevicePlan| old.image.file != plan.image.file;
                if self.plan.as_ref().is_some_and(other_file) {
                    // Copies of another file.
                    self.intents_since_resume.clear();
                    self.bad_copies = 0;
                }
                self.plan = Some(plan.as_ref().clone());
                self.way = Way::Forth;
                self.cursor = 0;
            }
            Event::ReadinessSeen { readiness } => self.readiness = Some(readiness.clone()),
            Event::BackupKept { files } => self.backup = Some(files.clone()),
            Event::BaselineTaken { health } => self.baseline = Some(health.clone()),
            Event::Warned { code, message } => {
                match code.as_str() {
                    BAD_HASH => self.bad_copy(true)?,
                    BAD_SIZE => self.bad_copy(false)?,
                    _ => {}
                }
                self.hear(message);
                self.warnings.push(message.clone());
            }
            Event::LookFailed { .. } | Event::Moved { .. } | Event::Waiting { .. } => {}
            Event::GateWaiting { .. } => {}
            Event::Approved { by, plan_hash } => {
                let plan = self.plan.as_ref().ok_or("an approval without a plan")?;
                if plan.hash != *plan_hash {
                    return Err("an approval for another plan".into());
                }
                self.approve(by, at, rules.approvals);
            }
            Event::Rejected { .. } => self.close_gate(),
            Event::ApprovalLapsed => {
                let names = self.approvals.iter().map(|(name, _)| name.clone());
                self.lapsed.extend(names);
                self.close_gate();
            }
            Event::Intent {
                intent, step, what, ..
            } => {
                self.intend(at, *intent, *step, *what)?;
                self.expect_timer(at, *what, rules.scale);
            }
            Event::QuestionMet { question, until } => match &mut self.open {
                Some(open) => open.question = Some((question.clone(), *until)),
                None => return Err("a question without an intent".into()),
            },
            Event::ActStopped { intent, fault } => match &mut self.open {
                Some(open) if open.id == *intent => {
                    open.question = None;
                    open.stopped = Some(fault.clone());
                    // Whether it goes on, and when, is not known any more.
                    self.forget_timer();
                }
                Some(_) | None => return Err(format!("{intent} stopped and is not open")),
            },
            Event::IntentClosed { intent, closing } => self.close(*intent, closing)?,
            Event::StepDone { step, .. } => self.done(*step)?,
            Event::WentAway => self.away_since = Some(at),
            Event::CameBack { .. } => self.away_since = None,
            Event::AutoAbortDeadline { at: deadline } => {
                self.deadline = Some(*deadline);
                self.deadline_from = Some(DeadlineFrom::Read);
            }
            Event::AutoAbortOver => {
                self.deadline = None;
                self.deadline_from = None;
            }
            Event::ConvergenceUntil { at: until } => self.convergence_until = Some(*until),
            Event::SoakUntil { at: until } => self.soak_until = Some(*until),
            Event::Findings { findings } => self.findings = Some(findings.clone()),
            Event::RollbackBegun { cause } => {
                if self.open.is_some() {
                    return Err("a rollback while an intent is open".into());
                }
                self.rollback = Some(cause.clone());
                self.held = None;
                self.way = Way::Back;
                self.cursor = 0;
                self.convergence_until = None;
                self.findings = None;
            }
            Event::TakenOver {
                takeover,
                by,
                reason,
            } => {
                match takeover {
                    Takeover::Accept { check } => {
                        self.accepted.insert(check.clone());
                    }
                    // Of the conversation alone: what was decided for the device stands.
                    Takeover::Answer { .. } => {
                        let open = self.open.as_mut();
                        let asked = open.and_then(|open| open.question.take());
                        return asked
                            .map(|_| ())
                            .ok_or_else(|| "an answer to no question".to_owned());
                    }
                    // The plan's other way back is the one that is walked.
                    Takeover::RollBack => {
                        if let Some(plan) = &mut self.plan {
                            plan.way_back = plan.way_back_for_good().to_vec();
                        }
                        self.put_back = None;
                        self.rollback = None;
                        self.intents.retain(|place, _| place.way == Way::Forth);
                        // It is proven and at work until its own first command back.
                        self.disturbed = false;
                        self.begun = false;
                    }
                    // What was decided for the upgrade stands.
                    Takeover::Pause => {
                        self.paused = Some((by.clone(), reason.clone()));
                        return Ok(());
                    }
                    Takeover::Cancel => {
                        self.cancelled = Some((by.clone(), reason.clone()));
                        return Ok(());
                    }
                    Takeover::Approve { .. } | Takeover::Reject { .. } => {
                        return Err("an answer of the gate as a takeover".into());
                    }
                    // The configuration alone goes back, by the steps that the person was shown.
                    Takeover::ReplaceConfig { steps } => {
                        let before = self.put_back.as_ref().map(|p| p.of_settled);
                        let settled = || self.rollback.is_none() && self.is_settled();
                        self.put_back = Some(PutBack {
                            of_settled: before.unwrap_or_else(settled),
                            steps: steps.clone(),
                        });
                        self.rollback = None;
                        self.intents.retain(|place, _| place.way == Way::Forth);
                        self.disturbed = false;
                        self.begun = false;
                    }
                    Takeover::Commit | Takeover::Abort => {}
                }
                self.takeover = Some(takeover.clone());
                self.taken_by = Some((by.clone(), reason.clone()));
                self.held = None;
            }
            Event::HeldFor { fault } => self.held = Some(fault.clone()),
            Event::HopDone { reached, .. } => self.begin_again(reached)?,
            Event::PatchSeen { seen } => self.patch_seen = Some(seen.as_ref().clone()),
            Event::Ended {
                outcome,
                fault,
                running,
                committed,
            } => {
                if *outcome == Outcome::Upgraded && self.open.is_some() {
                    return Err("upgraded while an intent is open".into());
                }
                if running.is_some() {
                    self.running.clone_from(running);
                }
                if committed.is_some() {
                    self.committed.clone_from(committed);
                }
                self.ended = Some((*outcome, fault.clone()));
                self.ended_at = Some(at);
            }
            Event::Watched { .. } => return Err("watched before its end".into()),
            Event::Queued { what, until } => self.queued = Some((what.clone(), *until)),
            Event::Selected { .. } => return Err("selected twice".into()),
            Event::RunStarted { .. }
            | Event::RunResumed { .. }
            | Event::RunEnded
            | Event::RunLeft { .. } => return Err("an event of the run at a device".into()),
            Event::Unknown => return Err("an event of a newer program".into()),
        }
        Ok(())
    }

    /// On a release on its way: what follows begins with a look, as if the device were new.
    fn begin_again(&mut self, reached: &Version) -> Result<(), String> {
        let plan = self.plan.as_ref().ok_or("a hop without a plan")?;
        if !plan.is_on_the_way() || plan.to != *reached {
            return Err(format!("a hop to {reached}, which the plan does not name"));
        }
        if self.open.is_some() || self.way == Way::Back || self.step().is_some() {
            return Err("a hop that is not over".into());
        }
        let mut hops = std::mem::take(&mut self.hops);
        if hops.is_empty() {
            hops.push(plan.from.clone());
        }
        hops.push(reached.clone());
        *self = Self {
            hops,
            stage: self.stage,
            started: self.started,
            last: self.last,
            running: self.running.take(),
            committed: self.committed.take(),
            warnings: std::mem::take(&mut self.warnings),
            paused: self.paused.take(),
            cancelled: self.cancelled.take(),
            // What was signed off was the plan of the hop.
            ..Self::new(self.record.clone(), None, self.place)
        };
        Ok(())
    }

    /// One more person approved; the gate is open when as many did as the run takes.
    fn approve(&mut self, by: &str, at: Timestamp, needed: usize) {
        self.approvals.retain(|(name, _)| name != by);
        self.approvals.push((by.to_owned(), at));
        if self.approvals.len() >= needed {
            let names: Vec<&str> = self
                .approvals
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            self.approved = Some(names.join(" and "));
            self.held = None;
        }
    }

    fn close_gate(&mut self) {
        self.approvals.clear();
        self.approved = None;
    }

    fn see(&mut self, at: Timestamp, facts: &Facts) {
        self.running = facts.running.number().cloned();
        // In bundle mode the install engine has no say: what was booted is what stays.
        // One that an upgrade in service has on trial is not there to stay yet.
        if facts.is_on_trial() {
            // Also where a look before could not read that it is.
            let from = self.plan.as_ref().map(|p| p.from.clone());
            self.committed = from.or_else(|| self.committed.take());
            self.facts = Some((at, facts.clone()));
            return;
        }
        self.committed = match (&facts.install, facts.boot_mode) {
            (Some(install), BootMode::Install) => install.committed().cloned(),
            (_, BootMode::Bundle) | (None, _) => self.running.clone(),
        };
        self.facts = Some((at, facts.clone()));
    }

    /// The copy on flash is not the image: back to its deletion, that of the member it is on.
    fn bad_copy(&mut self, must_delete: bool) -> Result<(), String> {
        let plan = self.plan.as_ref().ok_or("a bad copy without a plan")?;
        let at = plan
            .steps
            .iter()
            .take(self.cursor + 1)
            .rposition(|s| s.kind == StepKind::DeleteFile)
            .ok_or("a bad copy for a plan that copies nothing")?;
        if self.open.is_some() {
            return Err("a bad copy while an intent is open".into());
        }
        self.bad_copies += 1;
        self.must_delete = must_delete;
        self.cursor = at;
        Ok(())
    }

    fn intend(
        &mut self,
        at: Timestamp,
        id: IntentId,
        place: StepRef,
        what: StepKind,
    ) -> Result<(), String> {
        if let Some(open) = &self.open {
            return Err(format!("a second intent while {} is open", open.id));
        }
        let (next, step) = self.step().ok_or("an intent without a step")?;
        if next != place || step.kind != what {
            return Err(format!("an intent for {} out of order", what.word()));
        }
        let disturbs = step.disturbs;
        let acts = disturbs != Disturbs::None || what.is_for_good();
        if acts && self.way == Way::Forth && self.approved.is_none() {
            return Err("a disruptive intent without approval".into());
        }
        if what.ends_trial() && !self.verified() && self.takeover != Some(Takeover::Commit) {
            return Err("a commit without proof".into());
        }
        *self.intents.entry(place).or_default() += 1;
        *self.intents_since_resume.entry(place).or_default() += 1;
        self.open = Some(OpenIntent {
            id,
            step: place,
            what,
            at,
            up_before: self.facts.as_ref().map(|(seen, f)| (*seen, f.uptime)),
            operation_before: self
                .facts
                .as_ref()
                .and_then(|(_, f)| f.history.last().cloned()),
            stopped: None,
            question: None,
            refused: None,
        });
        Ok(())
    }

    /// From here on the device may go back by itself, also before anybody has read its timer.
    fn expect_timer(&mut self, at: Timestamp, what: StepKind, scale: f64) {
        let timer = self.plan.as_ref().and_then(|p| p.auto_abort);
        if let (true, Some(timer)) = (what.starts_timer(), timer) {
            self.deadline = Some(later(at, wall(timer, scale)));
            self.deadline_from = Some(DeadlineFrom::Asked);
        }
    }

    /// A warning that quotes the command whose intent is open is what the device answered to it.
    fn hear(&mut self, message: &str) {
        let step = self.open.as_ref().and_then(|open| self.step_at(open.step));
        let quoted = step.is_some_and(|s| {
            s.commands
                .iter()
                .any(|c| message.contains(&format!("`{c}`")))
        });
        if let Some(open) = self.open.as_mut().filter(|_| quoted) {
            open.refused = Some(message.to_owned());
        }
    }

    /// No timer of ours was started.
    fn forget_timer(&mut self) {
        if self.deadline_from == Some(DeadlineFrom::Asked) {
            self.deadline = None;
            self.deadline_from = None;
        }
    }

    fn close(&mut self, id: IntentId, closing: &Closing) -> Result<(), String> {
        let open = self
            .open
            .take()
            .ok_or("the end of an intent that is not open")?;
        if open.id != id {
            return Err(format!("the end of {id} while {} is open", open.id));
        }
        let disturbs = self
            .step_at(open.step)
            .map_or(Disturbs::None, |s| s.disturbs);
        if *closing != Closing::Applied && open.what.starts_timer() {
            self.forget_timer();
        }
        if *closing == Closing::Applied {
            self.applied = Some(open.step);
            // Another configuration may take traffic away as a reload does.
            self.disturbed |= disturbs != Disturbs::None
                || open.what.is_for_good()
                || open.what == StepKind::ReplaceConfig;
            let stage = self.step_at(open.step).map(|s| s.stage);
            self.begun |= open.step.way == Way::Forth && stage == Some(StageKind::Upgrade);
        }
        Ok(())
    }

    fn done(&mut self, place: StepRef) -> Result<(), String> {
        if self.open.is_some() {
            return Err("a step done while its intent is open".into());
        }
        let (next, _) = self.step().ok_or("a step done that does not exist")?;
        if next != place {
            return Err("a step done out of order".into());
        }
        if let Some((_, step)) = self.step() {
            let (kind, disturbs) = (step.kind, step.disturbs);
            if kind == StepKind::DeleteFile {
                self.must_delete = false;
            }
            // What somebody said of one write says nothing of the next.
            if kind == StepKind::WriteFirmware {
                self.accepted.remove(FIRMWARE_WRITTEN);
            }
            // An abort that was decided while the commit was on its way came too late.
            if kind.commits() && self.takeover == Some(Takeover::Abort) {
                self.takeover = None;
            }
            // A proof that follows has a time of its own.
            if kind == StepKind::Verify {
                self.convergence_until = None;
            }
            // Also where a person typed the command: the device is activated all the same.
            if disturbs != Disturbs::None {
                self.disturbed = true;
            }
        }
        self.cursor += 1;
        Ok(())
    }

    /// A resume takes up what was lost, held or left.
    pub(super) fn reopen(&mut self) {
        self.held = None;
        self.paused = None;
        // A copy that ended with its process says nothing against the device or the way to it.
        self.bad_copies = 0;
        self.intents_since_resume.clear();
        let again = matches!(
            &self.ended,
            Some((
                Outcome::Lost | Outcome::Held | Outcome::Uncommitted | Outcome::NotStarted,
                _
            ))
        );
        if again && self.cancelled.is_none() {
            self.ended = None;
        }
    }
}
