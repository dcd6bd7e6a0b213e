//! The summary of a run: what scripts read.

use std::collections::BTreeMap;

use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::plan::DevicePlan;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::TalkError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::status::{DeadlineFrom, DeviceState, RunState};

/// One device of a summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceSummary {
    /// Its name.
    pub name: String,
    /// Its model, or what the inventory says, or nothing.
    pub platform: Option<String>,
    /// The release that it came from.
    pub from: Option<String>,
    /// The target.
    pub to: Option<String>,
    /// What it runs, as it said last.
    pub running: Option<String>,
    /// What it is committed to, as it said last.
    pub committed: Option<String>,
    /// How.
    pub method: Option<String>,
    /// How it ended or stands.
    pub outcome: Outcome,
    /// Where it is.
    pub stage: StageKind,
    /// When it goes back by itself unless it is committed.
    pub auto_abort_deadline: Option<Timestamp>,
    /// How that is known: read from the device, or counted from the command that starts the timer.
    pub auto_abort_deadline_from: Option<DeadlineFrom>,
    /// What it waits for: others, or the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// What stopped it.
    pub fault: Option<FaultSummary>,
    /// Wall seconds from its first to its last event, pauses between two processes included.
    pub seconds: f64,
    /// What it was held against: of a verification alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<AgainstSummary>,
    /// First 8 digits of its plan's hash.
    pub plan: Option<String>,
    /// Sentences that a person should read.
    pub warnings: Vec<String>,
}

/// What a verification holds a device against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgainstSummary {
    /// The run.
    pub run: String,
    /// When its baseline was taken.
    pub at: Timestamp,
    /// What that run wants of the device, in words.
    pub wants: String,
}

/// The fault of a summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultSummary {
    /// Who moves next.
    pub class: Class,
    /// Stable code.
    pub code: String,
    /// What and where.
    pub message: String,
    /// What to do next.
    pub remedy: Option<String>,
}

impl From<&Fault> for FaultSummary {
    fn from(fault: &Fault) -> Self {
        Self {
            class: fault.class,
            code: fault.code.clone(),
            message: fault.message.clone(),
            remedy: fault.remedy.as_ref().map(ToString::to_string),
        }
    }
}

/// A run as scripts read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its name.
    pub run: Option<String>,
    /// Its devices by name.
    pub devices: Vec<DeviceSummary>,
    /// How many devices have each outcome; every outcome is there.
    pub counts: BTreeMap<Outcome, usize>,
    /// Wall seconds from the first to the last record. Of a run that was left and resumed the pause
    /// counts: that long the fleet was on its way.
    pub wall_s: f64,
}

impl Summary {
    /// The summary of a run.
    #[must_use]
    pub fn of(state: &RunState) -> Self {
        let devices: Vec<DeviceSummary> = state.devices.values().map(device).collect();
        let mut counts: BTreeMap<Outcome, usize> =
            Outcome::ALL.into_iter().map(|o| (o, 0)).collect();
        for device in &devices {
            *counts.entry(device.outcome).or_default() += 1;
        }
        Self {
            run: state.run.as_ref().map(ToString::to_string),
            devices,
            counts,
            wall_s: seconds(state.started, state.last),
        }
    }
}

/// A question that waits for a person, and the command that answers it.
fn open_question(state: &DeviceState) -> Option<Fault> {
    let (question, until) = state.question()?;
    let error = TalkError::UnknownQuestion {
        during: question.during.clone(),
        question: question.text.clone(),
    };
    Some(Fault::from(&error).remedy(Remedy::with(
        format!(
            "its session is kept open until {}; answer it there with",
            until.strftime("%H:%M:%S UTC")
        ),
        format!("iosxe answer {} TEXT", state.record.name),
    )))
}

fn seconds(from: Option<Timestamp>, to: Option<Timestamp>) -> f64 {
    match (from, to) {
        (Some(from), Some(to)) => (to.duration_since(from).as_secs_f64() * 1000.0).round() / 1000.0,
        _ => 0.0,
    }
}

fn device(state: &DeviceState) -> DeviceSummary {
    let plan = state.plan.as_ref();
    let facts = state.facts.as_ref().map(|(_, f)| f);
    let from = state
        .hops
        .first()
        .or(plan.map(|p| &p.from))
        .map(ToString::to_string)
        .or_else(|| facts.map(|f| f.running.to_string()));
    let reference = state.reference();
    let to = plan
        .map(DevicePlan::target)
        .or(reference.map(|r| &r.release))
        .or(state.record.target.as_ref())
        .map(ToString::to_string);
    let fault = state
        .ended
        .as_ref()
        .and_then(|(_, f)| f.as_ref())
        .or(state.held.as_ref())
        .cloned()
        .or_else(|| open_question(state));
    DeviceSummary {
        name: state.record.name.to_string(),
        platform: facts
            .map(|f| f.pid.clone())
            .or_else(|| state.record.platform.clone()),
        from,
        to,
        running: state.running.as_ref().map(ToString::to_string),
        committed: state.committed.as_ref().map(ToString::to_string),
        method: plan.map(|p| p.method.word().to_owned()),
        outcome: state.outcome(),
        stage: state.stage,
        auto_abort_deadline: state.deadline,
        auto_abort_deadline_from: state.deadline_from,
        waits_for: state.queued.as_ref().map(|(what, _)| what.clone()),
        fault: fault.as_ref().map(FaultSummary::from),
        seconds: seconds(state.started, state.last),
        against: reference.map(|r| AgainstSummary {
            run: r.run.to_string(),
            at: r.at,
            wants: r.wanted(),
        }),
        plan: plan.map(|p| p.hash8().to_owned()),
        warnings: state.warnings.clone(),
    }
}
