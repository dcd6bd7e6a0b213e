//! Records in, report out.

use std::collections::BTreeMap;

use iosxe_core::event::{Closing, Envelope, Event, StepRef, Takeover, Way};
use iosxe_core::fault::Fault;
use iosxe_core::health::Weight;
use iosxe_core::ids::{DeviceName, IntentId};
use iosxe_core::plan::{DevicePlan, Step};
use iosxe_core::reference::Against;
use iosxe_core::secret::Redactor;
use iosxe_core::stage::Outcome;
use iosxe_core::why::{Evidence, Reason};
use jiff::Timestamp;

use super::{
    Absence, Answer, Change, Deadlines, DeviceReport, FORMAT, HeldAgainst, IntentReport, Report,
    Rollback, StageEntry, Start, StepReport, TakeoverEntry, Warning, Why, seconds,
};

impl Report {
    /// The report of one run's records, in the order in which the journal gives them.
    #[must_use]
    pub fn of(records: &[Envelope]) -> Self {
        let mut report = Self {
            format: FORMAT,
            run: records.first().map(|r| r.run.clone()),
            start: None,
            began: records.first().map(|r| r.at),
            last: records.last().map(|r| r.at),
            ended: None,
            changes: Vec::new(),
            warnings: Vec::new(),
            counts: Outcome::ALL.into_iter().map(|o| (o, 0)).collect(),
            devices: Vec::new(),
            unknown_records: 0,
        };
        let mut devices: BTreeMap<&DeviceName, (usize, DeviceReport)> = BTreeMap::new();
        for record in records {
            if record.event == Event::Unknown {
                report.unknown_records += 1;
            }
            match &record.device {
                None => report.take(record.at, &record.event),
                Some(name) => {
                    let place = devices.len();
                    devices
                        .entry(name)
                        .or_insert_with(|| (place, DeviceReport::new(name.clone())))
                        .1
                        .take(record.at, &record.event);
                }
            }
        }
        let mut devices: Vec<_> = devices.into_values().collect();
        devices.sort_by_key(|(place, _)| *place);
        for (_, mut device) in devices {
            device.finish(report.last);
            *report.counts.entry(device.outcome).or_default() += 1;
            report.devices.push(device);
        }
        report
    }

    fn take(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::RunStarted {
                verb,
                until,
                policy,
                approve,
                scale,
                by,
                resume_with,
                ..
            } => {
                self.start = Some(Start {
                    verb: verb.clone(),
                    until: *until,
                    by: by.clone(),
                    approve: *approve,
                    scale: *scale,
                    policy: policy.clone(),
                    resume_with: resume_with.clone(),
                });
            }
            Event::RunResumed { by, .. } => {
                self.ended = None;
                self.changes.push(Change::Resumed { at, by: by.clone() });
            }
            Event::RunLeft { why } => {
                let why = why.clone();
                self.changes.push(Change::Left { at, why });
            }
            Event::RunEnded => self.ended = Some(at),
            Event::Warned { code, message } => self.warnings.push(warning(at, code, message)),
            // Everything else is of a device; without a name there is nothing to put it to.
            _ => {}
        }
    }
}

fn warning(at: Timestamp, code: &str, message: &str) -> Warning {
    Warning {
        at,
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

impl DeviceReport {
    fn new(name: DeviceName) -> Self {
        Self {
            name,
            address: None,
            origin: None,
            site: None,
            ha_group: None,
            platform: None,
            serials: Vec::new(),
            from: None,
            to: None,
            running: None,
            committed: None,
            method: None,
            image: None,
            plan_hash: None,
            bound_to: None,
            held_against: None,
            reasons: Vec::new(),
            outcome: Outcome::NotStarted,
            stage: None,
            stages: Vec::new(),
            began: None,
            ended: None,
            seconds: 0.0,
            steps: Vec::new(),
            absences: Vec::new(),
            answers: Vec::new(),
            deadlines: Deadlines::default(),
            findings: Vec::new(),
            unsaved: Vec::new(),
            backups: Vec::new(),
            warnings: Vec::new(),
            failed_looks: 0,
            rollback: None,
            takeovers: Vec::new(),
            back_for_good: Vec::new(),
            held_for: None,
            fault: None,
        }
    }

    fn take(&mut self, at: Timestamp, event: &Event) {
        match event {
            // Neither of them does anything for the device.
            Event::Selected { .. } | Event::Unknown => {}
            // What a person says to a device that has ended does not begin it anew.
            Event::TakenOver { .. } | Event::Warned { .. } if self.ended.is_some() => {}
            Event::Watched { .. } => {}
            _ => {
                self.began.get_or_insert(at);
                self.ended = None;
                self.fault = None;
                self.held_for = None;
                self.outcome = Outcome::InProgress;
            }
        }
        match event {
            Event::Selected {
                record,
                bound_to,
                against,
            } => {
                self.bound_to.clone_from(bound_to);
                self.address = Some(record.address.to_string());
                self.origin = Some(record.origin.clone());
                self.site.clone_from(&record.site);
                self.ha_group.clone_from(&record.ha_group);
                self.to = record.target.as_ref().map(ToString::to_string);
                if let Some(Against::Seen(reference)) = against {
                    self.to = Some(reference.release.to_string());
                    self.held_against = Some(HeldAgainst {
                        run: reference.run.clone(),
                        at: reference.at,
                        wants: reference.wanted(),
                    });
                }
            }
            Event::StageEntered { stage } => {
                self.stage = Some(*stage);
                self.stages.push(StageEntry { stage: *stage, at });
            }
            Event::FactsSeen { facts } => {
                self.platform = Some(facts.pid.clone());
                self.serials.clone_from(&facts.serials);
                let running = facts.running.to_string();
                self.from.get_or_insert_with(|| running.clone());
                self.running = Some(running);
            }
            Event::Planned { plan } => self.planned(plan),
            Event::ReadinessSeen { readiness } => {
                let lines = readiness.unsaved.iter().flatten();
                self.unsaved = lines.map(|line| masked(line)).collect();
            }
            Event::BackupKept { files } => {
                for file in files {
                    if !self.backups.contains(file) {
                        self.backups.push(file.clone());
                    }
                }
            }
            Event::Warned { code, message } => self.warnings.push(warning(at, code, message)),
            Event::LookFailed { .. } => self.failed_looks += 1,
            Event::Approved { by, plan_hash } => self.answers.push(Answer {
                at,
                by: by.clone(),
                approved: Some(plan_hash.clone()),
                reason: None,
            }),
            Event::Rejected { by, reason } => self.answers.push(Answer {
                at,
                by: by.clone(),
                approved: None,
                reason: Some(reason.clone()),
            }),
            Event::Intent { intent, step, .. } => {
                if let Some(step) = self.step(*step) {
                    step.intents.push(IntentReport {
                        intent: *intent,
                        at,
                        closed: None,
                        closing: None,
                    });
                }
            }
            Event::QuestionMet { question, .. } => {
                let message = format!("asked `{}` during {}", question.text, question.during);
                self.warnings.push(warning(at, "unknown_question", &message));
            }
            Event::ActStopped { fault, .. } => {
                self.warnings.push(warning(at, &fault.code, &fault.message));
            }
            Event::IntentClosed { intent, closing } => self.closed(at, *intent, closing),
            Event::StepDone { step, found_so } => {
                if let Some(step) = self.step(*step) {
                    step.done.get_or_insert(at);
                    step.found_so = *found_so;
                }
            }
            Event::WentAway => self.absences.push(Absence {
                left: at,
                back: None,
            }),
            Event::CameBack { running } => {
                self.running = Some(running.clone());
                if let Some(absence) = self.absences.last_mut() {
                    absence.back.get_or_insert(at);
                }
            }
            Event::AutoAbortDeadline { at } => {
                self.deadlines.auto_abort = Some(*at);
                self.deadlines.auto_abort_over = None;
            }
            Event::AutoAbortOver => self.deadlines.auto_abort_over = Some(at),
            Event::ConvergenceUntil { at } => self.deadlines.convergence = Some(*at),
            Event::SoakUntil { at } => self.deadlines.soak = Some(*at),
            Event::Findings { findings } => self.findings.clone_from(findings),
            Event::Watched { findings } => {
                let gates = findings.iter().filter(|f| f.weight == Weight::Gate);
                self.warnings.extend(gates.map(|finding| {
                    let message = format!("worse since its upgrade: {finding}");
                    warning(at, "wave_unhealthy", &message)
                }));
            }
            Event::RollbackBegun { cause } => {
                let cause = cause.clone();
                self.rollback = Some(Rollback { at, cause });
            }
            Event::TakenOver {
                takeover,
                by,
                reason,
            } => {
                match takeover {
                    Takeover::RollBack => self.walks_back(self.back_for_good.clone()),
                    Takeover::ReplaceConfig { steps } => {
                        let steps = steps.iter().enumerate();
                        self.walks_back(steps.map(|(n, s)| fresh_step(Way::Back, n, s)).collect());
                    }
                    Takeover::Commit
                    | Takeover::Abort
                    | Takeover::Accept { .. }
                    | Takeover::Answer { .. }
                    | Takeover::Approve { .. }
                    | Takeover::Reject { .. }
                    | Takeover::Pause
                    | Takeover::Cancel => {}
                }
                self.takeovers.push(TakeoverEntry {
                    at,
                    takeover: takeover.clone(),
                    by: by.clone(),
                    reason: reason.clone(),
                });
            }
            Event::HeldFor { fault } => {
                self.outcome = Outcome::Held;
                self.held_for = Some(masked_fault(fault));
            }
            Event::Ended {
                outcome,
                fault,
                running,
                committed,
            } => {
                self.outcome = *outcome;
                self.ended = Some(at);
                self.fault = fault.as_ref().map(masked_fault);
                if let Some(running) = running {
                    self.running = Some(running.to_string());
                }
                if let Some(committed) = committed {
                    self.committed = Some(committed.to_string());
                }
            }
            Event::RunStarted { .. }
            | Event::RunResumed { .. }
            | Event::BaselineTaken { .. }
            | Event::GateWaiting { .. }
            | Event::RunEnded
            | Event::RunLeft { .. }
            | Event::Moved { .. }
            | Event::Waiting { .. }
            | Event::Queued { .. }
            | Event::ApprovalLapsed
            // The steps that led there stay; those of the next plan follow.
            | Event::HopDone { .. }
            | Event::PatchSeen { .. }
            | Event::Unknown => {}
        }
    }

    /// Takes a plan in. The same plan, made again after a resume, changes nothing; of a plan that
    /// is replaced the steps stay that something was done for.
    fn planned(&mut self, plan: &DevicePlan) {
        let same = self.plan_hash.as_deref() == Some(plan.hash.as_str());
        self.platform.get_or_insert_with(|| plan.pid.clone());
        self.from.get_or_insert_with(|| plan.from.to_string());
        self.to = Some(plan.target().to_string());
        self.method = Some(plan.method);
        self.image = Some(plan.image.file.clone());
        self.plan_hash = Some(plan.hash.clone());
        self.reasons = plan.reasons.iter().map(why).collect();
        if same {
            return;
        }
        self.steps
            .retain(|s| s.done.is_some() || !s.intents.is_empty());
        for step in &mut self.steps {
            step.replaced = true;
        }
        for (way, steps) in [(Way::Forth, &plan.steps), (Way::Back, &plan.way_back)] {
            let fresh = steps.iter().enumerate();
            self.steps.extend(fresh.map(|(n, s)| fresh_step(way, n, s)));
        }
        let back = plan.way_back_for_good().iter().enumerate();
        self.back_for_good = back.map(|(n, s)| fresh_step(Way::Back, n, s)).collect();
    }

    /// From here on these steps are the way back.
    fn walks_back(&mut self, steps: Vec<StepReport>) {
        self.steps
            .retain(|s| s.replaced || s.way == Way::Forth || !s.intents.is_empty());
        for step in self.steps.iter_mut().filter(|s| s.way == Way::Back) {
            step.replaced = true;
        }
        self.steps.extend(steps);
    }

    fn step(&mut self, place: StepRef) -> Option<&mut StepReport> {
        self.steps
            .iter_mut()
            .find(|s| !s.replaced && s.way == place.way && s.index == place.index)
    }

    fn closed(&mut self, at: Timestamp, intent: IntentId, closing: &Closing) {
        let found = self
            .steps
            .iter_mut()
            .flat_map(|s| &mut s.intents)
            .find(|i| i.intent == intent);
        if let Some(found) = found {
            found.closed = Some(at);
            found.closing = Some(match closing {
                Closing::Refused { fault } => Closing::Refused {
                    fault: masked_fault(fault),
                },
                Closing::Applied | Closing::NoEffect => closing.clone(),
            });
        }
    }

    fn finish(&mut self, last: Option<Timestamp>) {
        if let (Some(began), Some(end)) = (self.began, self.ended.or(last)) {
            self.seconds = seconds(began, end);
        }
        // A way back that was never needed is the plan's business, not the report's.
        self.steps
            .retain(|s| s.way == Way::Forth || s.done.is_some() || !s.intents.is_empty());
    }
}

fn fresh_step(way: Way, index: usize, step: &Step) -> StepReport {
    StepReport {
        way,
        index,
        replaced: false,
        kind: step.kind,
        stage: step.stage,
        disturbs: step.disturbs,
        commands: step.commands.clone(),
        why: (!step.why.is_empty()).then(|| why(&step.why)),
        intents: Vec::new(),
        done: None,
        found_so: false,
    }
}

/// A captured line as anybody may read it: what stands behind a keyword that carries a secret is
/// masked. Which secrets the run used the journal does not say; raw evidence had them masked.
fn masked(line: &str) -> String {
    Redactor::default().redact(line)
}

fn masked_fault(fault: &Fault) -> Fault {
    Fault {
        message: masked(&fault.message),
        evidence: fault.evidence.iter().map(|line| masked(line)).collect(),
        ..fault.clone()
    }
}

fn why(reason: &Reason) -> Why {
    let lines = reason.evidence.iter();
    Why {
        rule: reason.rule.clone(),
        text: reason.text.clone(),
        evidence: lines
            .map(|e| Evidence::new(&e.source, masked(&e.line)))
            .collect(),
    }
}
