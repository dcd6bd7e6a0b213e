//! What a device is held against at any time: how an earlier run saw it, and what that run wants of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::boot::{BootMode, BootSettings};
use crate::device::Facts;
use crate::event::Way;
use crate::fault::Fault;
use crate::health::{Check, Health};
use crate::ids::RunId;
use crate::plan::{DevicePlan, Method};
use crate::stage::{Outcome, StageKind};
use crate::version::Version;

/// What a verification has to hold a device against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// How a run saw it.
    Seen(Box<Reference>),
    /// Nothing: no run has a baseline of it.
    Nothing {
        /// The only run that was asked, where it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<RunId>,
    },
}

/// How a run saw a device, and what it wants of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The run.
    pub run: RunId,
    /// When its baseline was taken.
    pub at: Timestamp,
    /// The release that it wants on every member.
    pub release: Version,
    /// How the device was before.
    pub baseline: Health,
    /// The user's own checks, those of that run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Checks that a person counted as passed in it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<String>,
    /// Its plan, and which end of it is wanted. `None`: it had nothing to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<(DevicePlan, Way)>,
    /// Members that were there.
    pub members: usize,
    /// How it booted, and what it would boot.
    pub boot: Boot,
    /// How the run left it.
    pub left: Left,
}

/// How a device booted, and what it would boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The mode that it runs in.
    pub mode: BootMode,
    /// The next boot.
    pub next: BootSettings,
}

impl From<&Facts> for Boot {
    fn from(facts: &Facts) -> Self {
        Self {
            mode: facts.boot_mode,
            next: facts.boot.clone(),
        }
    }
}

/// How a run left a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// How it stands there.
    pub outcome: Outcome,
    /// Where.
    pub stage: StageKind,
    /// What stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The device's row says what a verification found since, and not this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complained_since: bool,
}

impl Left {
    /// Whether somebody has to do something for the device in that run: then its row is that run's.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.outcome {
            Outcome::Uncommitted | Outcome::InProgress | Outcome::Held | Outcome::Lost => true,
            Outcome::Upgraded
            | Outcome::Already
            | Outcome::Ready
            | Outcome::Staged
            | Outcome::Refused
            | Outcome::RolledBack
            | Outcome::DeadLetter
            | Outcome::NotStarted => false,
        }
    }
}

impl Reference {
    /// What is wanted, in words: `17.12.04, committed, in install mode`.
    #[must_use]
    pub fn wanted(&self) -> String {
        let (release, mode) = (&self.release, self.boot.mode.word());
        match &self.plan {
            Some((plan, way)) if plan.method == Method::Smu => {
                format!("{release} in {mode} mode, {}", plan.patch_words(*way))
            }
            _ => format!("{release}, there to stay, in {mode} mode"),
        }
    }
}
