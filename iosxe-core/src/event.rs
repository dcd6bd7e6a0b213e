//! The one stream of what happens: what the journal keeps, what readers follow, what replay folds.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::device::{Facts, Readiness, Record};
use crate::fault::Fault;
use crate::health::{Finding, Health};
use crate::ids::{DeviceName, IntentId, RunId};
use crate::patch::PatchSeen;
use crate::plan::{DevicePlan, Policy, Step, StepKind};
use crate::reference::Against;
use crate::stage::{Outcome, StageKind};
use crate::talk::Question;
use crate::version::Version;

/// The version of this format. A reader refuses a journal from the future by it.
pub const FORMAT: u16 = 1;

/// One event with its place in the stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Format version.
    pub v: u16,
    /// The run.
    pub run: RunId,
    /// Place in the run, from 1, without gaps for records. Progress carries the number of the last
    /// record before it.
    pub seq: u64,
    /// The device, for events of one.
    pub device: Option<DeviceName>,
    /// Wall time.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// Which list of a plan a step is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// [`DevicePlan::steps`].
    Forth,
    /// [`DevicePlan::way_back`].
    Back,
}

/// A step of a device's plan by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepRef {
    /// Which list.
    pub way: Way,
    /// 0-based place in it.
    pub index: usize,
}

/// How a gate is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApproveMode {
    /// The person who starts the run approves every plan with it.
    Auto,
    /// Ask on the terminal.
    Prompt,
    /// Wait for `iosxe approve` or for the inventory's `approval` column.
    Wait,
}

/// What came of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// The device did it: a look says so.
    Applied,
    /// A look proves that nothing happened. One new intent may follow.
    NoEffect,
    /// The device refused, in words.
    Refused {
        /// Why.
        fault: Fault,
    },
}

/// Why a device is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollbackCause {
    /// A gate check stayed failed, or nobody answered for it.
    FailedGate {
        /// What failed, in words.
        checks: Vec<String>,
    },
    /// A person asked for it.
    Operator {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// The device went back by itself: its auto-abort timer.
    AutoAbort,
    /// The device booted its old release.
    BootFallback,
    /// The device ended an upgrade in service itself, and both sides run the old release.
    DeviceAborted {
        /// What it says of that.
        said: String,
    },
}

impl RollbackCause {
    /// Whether the device went back by itself: then it is sent nothing disruptive (design rule 7).
    #[must_use]
    pub fn is_own(&self) -> bool {
        match self {
            Self::AutoAbort | Self::BootFallback | Self::DeviceAborted { .. } => true,
            Self::FailedGate { .. } | Self::Operator { .. } => false,
        }
    }
}

/// What a person decided by hand for a device (design rule 20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Takeover {
    /// Commit now.
    Commit,
    /// Take it back.
    Abort,
    /// Count this check as passed.
    Accept {
        /// Name of the check.
        check: String,
    },
    /// Take it back although it is committed.
    RollBack,
    /// Its plan may be carried out.
    Approve {
        /// The hash of the plan that was read.
        plan_hash: String,
    },
    /// Its plan may not be carried out.
    Reject {
        /// The hash of the plan that was read.
        plan_hash: String,
    },
    /// Stop at the next safe point; a resume goes on from there.
    Pause,
    /// Stop at the next safe point, for good.
    Cancel,
    /// Type this at the question that the device's conversation stands at.
    Answer {
        /// A line; empty is a bare Enter.
        text: String,
        /// The question that it is for; any when nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<String>,
    },
    /// Put the configuration back that its plan has kept; the release stays.
    ReplaceConfig {
        /// The steps that do so, as the person was shown them.
        steps: Vec<Step>,
    },
}

impl Takeover {
    /// Whether a device whose upgrade has ended is changed once more.
    #[must_use]
    pub fn is_afterwards(&self) -> bool {
        matches!(self, Self::RollBack | Self::ReplaceConfig { .. })
    }
}

/// What happened.
///
/// Records are durable before anybody sees them; [`Event::is_progress`] tells the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A run begins.
    RunStarted {
        /// `upgrade`, `plan`, `discover`, `check`, `transfer`, `verify`.
        verb: String,
        /// The stage after which every device stops.
        until: StageKind,
        /// The rules of the run.
        policy: Policy,
        /// How gates are answered.
        approve: ApproveMode,
        /// How many times faster than wall time device time runs: 1 but against a lab.
        scale: f64,
        /// Who started it.
        by: String,
        /// The command that resumes it.
        resume_with: String,
        /// Its devices were chosen by name or pattern: being refused or held is an answer to that.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        named: bool,
        /// The inventory whose rows its devices are, as the inventory calls itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inventory: Option<String>,
    },
    /// A process takes an unfinished run on.
    RunResumed {
        /// Who.
        by: String,
        /// The devices that are taken on; the others stay as they are unless they are activated. All of
        /// them when nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<BTreeSet<DeviceName>>,
    },
    /// The device belongs to the run, with its row as it was read.
    Selected {
        /// The row.
        record: Box<Record>,
        /// The plan that was signed off for it: no other is carried out.
        #[serde(default)]
        bound_to: Option<String>,
        /// What it is held against: of a verification alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        against: Option<Against>,
    },
    /// A stage begins.
    StageEntered {
        /// Which.
        stage: StageKind,
    },
    /// What the device said about itself.
    FactsSeen {
        /// All of it.
        facts: Box<Facts>,
    },
    /// The plan is made.
    Planned {
        /// All of it.
        plan: Box<DevicePlan>,
    },
    /// What stands in the way of a change.
    ReadinessSeen {
        /// All of it.
        readiness: Readiness,
    },
    /// Configurations were kept.
    BackupKept {
        /// Where, relative to the run's folder.
        files: Vec<String>,
    },
    /// How the device was before.
    BaselineTaken {
        /// All of it.
        health: Health,
    },
    /// Something a person should know; nothing stops.
    Warned {
        /// Stable code.
        code: String,
        /// One sentence.
        message: String,
    },
    /// A look at the device ended without an answer; another follows.
    LookFailed {
        /// Why.
        fault: Fault,
        /// How many in a row.
        attempt: u32,
    },
    /// The gate waits for an answer.
    GateWaiting {
        /// The plan that is to be approved.
        plan_hash: String,
    },
    /// The gate is open.
    Approved {
        /// Who.
        by: String,
        /// The plan that was approved.
        plan_hash: String,
    },
    /// An approval was not used in the time that it holds: the gate is closed again.
    ApprovalLapsed,
    /// The gate stays closed.
    Rejected {
        /// Who.
        by: String,
        /// Why, in words.
        reason: String,
    },
    /// A changing command is about to leave.
    Intent {
        /// Its number.
        intent: IntentId,
        /// The step.
        step: StepRef,
        /// What it does.
        what: StepKind,
        /// What will be sent.
        commands: Vec<String>,
    },
    /// The conversation of an act stands at a question that no table knows. Nothing was typed; the
    /// session stays open for a person's answer.
    QuestionMet {
        /// The question, and the lines before it.
        question: Question,
        /// Until when the session is kept open; then it is closed, and the act has stopped.
        until: Timestamp,
    },
    /// The conversation of an act met something that it cannot go on with, and sent nothing more: a
    /// question that no table knows, a prompt where no device should stand. What came of the act is
    /// for the next look to say.
    ActStopped {
        /// The number of its intent, which stays open.
        intent: IntentId,
        /// What it met.
        fault: Fault,
    },
    /// What came of an intent.
    IntentClosed {
        /// Its number.
        intent: IntentId,
        /// What came of it.
        closing: Closing,
    },
    /// A look says that the step's aim is reached.
    StepDone {
        /// The step.
        step: StepRef,
        /// It was so before anything was sent in this run.
        found_so: bool,
    },
    /// The device left for a reload.
    WentAway,
    /// The device answers again.
    CameBack {
        /// What it runs.
        running: String,
    },
    /// When the device goes back by itself unless it is committed; read from the device.
    AutoAbortDeadline {
        /// Wall time.
        at: Timestamp,
    },
    /// The timer does not run any more.
    AutoAbortOver,
    /// Post-checks may fail until then.
    ConvergenceUntil {
        /// Wall time.
        at: Timestamp,
    },
    /// The device is watched until then before it is committed.
    SoakUntil {
        /// Wall time.
        at: Timestamp,
    },
    /// What a post-check found. Empty: equal to the baseline.
    Findings {
        /// What is worse than before.
        findings: Vec<Finding>,
    },
    /// The device is taken back.
    RollbackBegun {
        /// Why.
        cause: RollbackCause,
    },
    /// A person decided by hand.
    TakenOver {
        /// What.
        takeover: Takeover,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// The device waits for a person; its run goes on when they answered.
    HeldFor {
        /// What is asked.
        fault: Fault,
    },
    /// A release on the way to the target is there to stay: the way goes on from it with a look, a
    /// plan and an approval of their own.
    HopDone {
        /// The release.
        reached: Version,
        /// What follows, in order.
        then: Vec<Version>,
        /// Patches that follow on that release, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        patches: Vec<String>,
    },
    /// The end of this device's way. Nothing of the device follows in this run, but for a resume of
    /// a lost or held one.
    Ended {
        /// How.
        outcome: Outcome,
        /// What stopped it.
        fault: Option<Fault>,
        /// What it runs, as it said last.
        running: Option<Version>,
        /// What it is committed to, as it said last.
        committed: Option<Version>,
    },
    /// The device waits for others or for the clock, and has given its place away meanwhile.
    Queued {
        /// For what, in words.
        what: String,
        /// Until when, where that is known.
        until: Option<Timestamp>,
    },
    /// How a device is that has been upgraded, while the wave behind it waits. Empty: equal to the
    /// baseline.
    Watched {
        /// What is worse than before.
        findings: Vec<Finding>,
    },
    /// The end of the run. Nothing follows.
    RunEnded,
    /// The process leaves the run unfinished.
    RunLeft {
        /// Why.
        why: String,
    },
    /// What the device says of the patch on its flash.
    PatchSeen {
        /// In its words.
        seen: Box<PatchSeen>,
    },
    /// Bytes of a transfer. Progress.
    Moved {
        /// Bytes that are over.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// What is waited for. Progress.
    Waiting {
        /// In words.
        what: String,
        /// The bound, if there is one.
        until: Option<Timestamp>,
    },
    /// Of a newer format: kept by readers, never written.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// Whether the event may be lost: it is sent, not kept.
    #[must_use]
    pub fn is_progress(&self) -> bool {
        matches!(self, Self::Moved { .. } | Self::Waiting { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_another_version_are_kept_as_unknown() {
        let event: Event = serde_json::from_str(r#"{"kind":"teleported","where":"x"}"#).unwrap();
        assert_eq!(event, Event::Unknown);
    }

    #[test]
    fn an_envelope_is_read_back() {
        let envelope = Envelope {
            v: FORMAT,
            run: RunId::new("r1"),
            seq: 7,
            device: Some("sw1".into()),
            at: "2026-11-23T03:00:00Z".parse().unwrap(),
            event: Event::StepDone {
                step: StepRef {
                    way: Way::Forth,
                    index: 3,
                },
                found_so: true,
            },
        };
        let text = serde_json::to_string(&envelope).unwrap();
        assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), envelope);
    }
}
