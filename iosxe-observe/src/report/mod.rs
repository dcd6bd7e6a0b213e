//! One value that says what a run did, folded from its records; [`html`] and [`json`] print it.
//!
//! The fold is pure and total: any records, also those of a run that is still going on or was
//! left, give a report of what is known. Instants are wall time.

mod fold;
pub mod html;
pub mod json;

use std::collections::BTreeMap;

use iosxe_core::event::{ApproveMode, Closing, RollbackCause, Takeover, Way};
use iosxe_core::fault::Fault;
use iosxe_core::health::Finding;
use iosxe_core::ids::{DeviceName, IntentId, RunId};
use iosxe_core::plan::{Disturbs, Method, Policy, StepKind};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::why::Evidence;
use jiff::Timestamp;
use serde::Serialize;

/// Version of the JSON form of [`Report`]. Format 1 had sentences alone for `reasons`.
pub const FORMAT: u16 = 2;

/// What a run did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of this form.
    pub format: u16,
    /// The run; `None` when there is no record.
    pub run: Option<RunId>,
    /// How it was started; `None` when that record is not there.
    pub start: Option<Start>,
    /// The first record.
    pub began: Option<Timestamp>,
    /// The last record.
    pub last: Option<Timestamp>,
    /// The end of the run, when it has ended.
    pub ended: Option<Timestamp>,
    /// Times at which a process left the run, and at which another took it on.
    pub changes: Vec<Change>,
    /// Warnings that concern no single device.
    pub warnings: Vec<Warning>,
    /// How many devices came to each outcome; every outcome is there.
    pub counts: BTreeMap<Outcome, usize>,
    /// Devices in the order in which they were selected.
    pub devices: Vec<DeviceReport>,
    /// Records of kinds that this program does not know.
    pub unknown_records: usize,
}

/// How a run was started.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Start {
    /// `upgrade`, `plan`, `discover`, `check`, `transfer`.
    pub verb: String,
    /// The stage after which every device stops.
    pub until: StageKind,
    /// Who.
    pub by: String,
    /// How gates are answered.
    pub approve: ApproveMode,
    /// How many times faster than wall time device time runs: 1 but against a lab.
    pub scale: f64,
    /// The rules.
    pub policy: Policy,
    /// The command that resumes the run.
    pub resume_with: String,
}

/// A process that left a run or took it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A process left.
    Left {
        /// When.
        at: Timestamp,
        /// Why.
        why: String,
    },
    /// A process took it on.
    Resumed {
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
    },
}

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// When.
    pub at: Timestamp,
    /// Stable code.
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// How an earlier run saw a device, and what it wants of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldAgainst {
    /// The run.
    pub run: RunId,
    /// When its baseline was taken.
    pub at: Timestamp,
    /// What it wants, in words.
    pub wants: String,
}

/// What happened to one device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceReport {
    /// Its name.
    pub name: DeviceName,
    /// Its address.
    pub address: Option<String>,
    /// The row that it comes from.
    pub origin: Option<String>,
    /// Site.
    pub site: Option<String>,
    /// Redundancy group.
    pub ha_group: Option<String>,
    /// Model, as the device says it.
    pub platform: Option<String>,
    /// Serials, as the device says them.
    pub serials: Vec<String>,
    /// The release that it came from.
    pub from: Option<String>,
    /// The release that it should get.
    pub to: Option<String>,
    /// What it ran, as it said last.
    pub running: Option<String>,
    /// What it was committed to, as it said last.
    pub committed: Option<String>,
    /// How.
    pub method: Option<Method>,
    /// The image's file.
    pub image: Option<String>,
    /// Hash of the plan.
    pub plan_hash: Option<String>,
    /// Hash of the plan that was signed off before the run; no other is carried out.
    pub bound_to: Option<String>,
    /// What it is held against: of a verification alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_against: Option<HeldAgainst>,
    /// Why the plan is as it is.
    pub reasons: Vec<Why>,
    /// How it ended, or where it stands.
    pub outcome: Outcome,
    /// The last stage that it entered.
    pub stage: Option<StageKind>,
    /// Every stage that it entered.
    pub stages: Vec<StageEntry>,
    /// The first thing that was done for it.
    pub began: Option<Timestamp>,
    /// Its end.
    pub ended: Option<Timestamp>,
    /// From the first thing to the end or to the last record, in seconds of wall time.
    pub seconds: f64,
    /// The steps of its plan, those of an earlier plan first, the way back last where it was taken.
    pub steps: Vec<StepReport>,
    /// Times at which it was away for a reload.
    pub absences: Vec<Absence>,
    /// The answers at its gate.
    pub answers: Vec<Answer>,
    /// The commitments in time.
    pub deadlines: Deadlines,
    /// Findings of the last post-check.
    pub findings: Vec<Finding>,
    /// Lines that differed between running and startup configuration before the upgrade.
    pub unsaved: Vec<String>,
    /// Backups, relative to the run's folder.
    pub backups: Vec<String>,
    /// Warnings.
    pub warnings: Vec<Warning>,
    /// Looks that gave no answer.
    pub failed_looks: usize,
    /// The way back.
    pub rollback: Option<Rollback>,
    /// What people decided by hand.
    pub takeovers: Vec<TakeoverEntry>,
    /// The steps back from behind the commit, until somebody asks for them.
    #[serde(skip)]
    back_for_good: Vec<StepReport>,
    /// What a person is asked, while the device is held.
    pub held_for: Option<Fault>,
    /// What stopped it.
    pub fault: Option<Fault>,
}

/// A choice with its rule and the captured lines behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The rule's stable name; empty in journals of the first format.
    pub rule: String,
    /// One sentence.
    pub text: String,
    /// The lines, masked like a configuration.
    pub evidence: Vec<Evidence>,
}

/// A stage with its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StageEntry {
    /// Which.
    pub stage: StageKind,
    /// When.
    pub at: Timestamp,
}

/// One step of a plan and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// Forth or back.
    pub way: Way,
    /// 0-based place in that list of the plan.
    pub index: usize,
    /// The step belongs to a plan that was replaced in this run.
    pub replaced: bool,
    /// What it does.
    pub kind: StepKind,
    /// Its stage.
    pub stage: StageKind,
    /// What it takes away.
    pub disturbs: Disturbs,
    /// Its commands.
    pub commands: Vec<String>,
    /// Why it is there; `None` where the plan does not say it.
    pub why: Option<Why>,
    /// Every time that it was meant to be carried out.
    pub intents: Vec<IntentReport>,
    /// When a look said that its aim is reached.
    pub done: Option<Timestamp>,
    /// It was so before anything was sent in this run.
    pub found_so: bool,
}

impl StepReport {
    /// From the first intent to the proof, in seconds of wall time.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        Some(seconds(self.intents.first()?.at, self.done?))
    }
}

/// One intent and its closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IntentReport {
    /// Its number.
    pub intent: IntentId,
    /// When it was written down.
    pub at: Timestamp,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// What came of it; `None` while that is not known.
    pub closing: Option<Closing>,
}

/// A time without the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Absence {
    /// It left.
    pub left: Timestamp,
    /// It answered again.
    pub back: Option<Timestamp>,
}

/// An answer at a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The plan that it approves; `None` for a rejection.
    pub approved: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// Instants that bound what a device may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deadlines {
    /// When the device would go back by itself; the last one that was read from it.
    pub auto_abort: Option<Timestamp>,
    /// When that timer was seen to run no more.
    pub auto_abort_over: Option<Timestamp>,
    /// Until when post-checks might fail.
    pub convergence: Option<Timestamp>,
    /// Until when it was watched before the commit.
    pub soak: Option<Timestamp>,
}

/// A way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// When it began.
    pub at: Timestamp,
    /// Why.
    pub cause: RollbackCause,
}

/// A decision by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakeoverEntry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub takeover: Takeover,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Seconds between two instants, 0 when the clock went back between them.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests;
