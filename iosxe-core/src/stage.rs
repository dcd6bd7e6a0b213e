//! The stages that each device walks, and what may follow what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A stage of a device's way. The words are those of the `stage` column and of `--until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// Reach the device and learn its facts.
    Discover,
    /// Choose and validate the image.
    Select,
    /// Decide the steps.
    Plan,
    /// Health, space, redundancy, configuration; baseline and backups. Read-only.
    Precheck,
    /// Clean-up that the plan names, the copy and its proof.
    Transfer,
    /// The gate before the first step that disturbs.
    Approve,
    /// The steps of the method, and the wait for the device.
    Upgrade,
    /// Version on every member, redundancy, baseline.
    Postcheck,
    /// Makes the upgrade permanent.
    Commit,
    /// The way back, and its proof.
    Rollback,
    /// Clean-up under policy, last write-back.
    Close,
}

impl StageKind {
    /// Every stage in the order of a device's way; rollback stands before close.
    pub const ALL: [Self; 11] = [
        Self::Discover,
        Self::Select,
        Self::Plan,
        Self::Precheck,
        Self::Transfer,
        Self::Approve,
        Self::Upgrade,
        Self::Postcheck,
        Self::Commit,
        Self::Rollback,
        Self::Close,
    ];

    /// The word for it in columns, JSON and flags.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Select => "select",
            Self::Plan => "plan",
            Self::Precheck => "precheck",
            Self::Transfer => "transfer",
            Self::Approve => "approve",
            Self::Upgrade => "upgrade",
            Self::Postcheck => "postcheck",
            Self::Commit => "commit",
            Self::Rollback => "rollback",
            Self::Close => "close",
        }
    }
}

impl fmt::Display for StageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that names no stage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no stage (discover, select, plan, precheck, transfer, approve, upgrade, postcheck, commit, rollback, close)"
)]
pub struct UnknownStage(pub String);

impl FromStr for StageKind {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.word() == text)
            .ok_or_else(|| UnknownStage(text.to_owned()))
    }
}

/// How a device's way ended, or where it stands. The words are those of the summary's `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Runs the target, proven and committed in this run.
    Upgraded,
    /// Ran the target before this run touched it.
    Already,
    /// Everything that the verb or `--until` asked for is done; nothing was changed.
    Ready,
    /// The image is on the device, verified.
    Staged,
    /// The plan is refused; nothing was changed.
    Refused,
    /// Back on the release it came from, verified.
    RolledBack,
    /// Runs the target, not committed.
    Uncommitted,
    /// On its way.
    InProgress,
    /// Waits for a person.
    Held,
    /// Did not come back in the time that a device may take.
    Lost,
    /// Parked for a person with its evidence.
    DeadLetter,
    /// Never begun.
    NotStarted,
}

impl Outcome {
    /// Every outcome, in the order in which summaries count them.
    pub const ALL: [Self; 12] = [
        Self::Upgraded,
        Self::Already,
        Self::Ready,
        Self::Staged,
        Self::Refused,
        Self::RolledBack,
        Self::Uncommitted,
        Self::InProgress,
        Self::Held,
        Self::Lost,
        Self::DeadLetter,
        Self::NotStarted,
    ];

    /// The word for it in columns and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Upgraded => "upgraded",
            Self::Already => "already",
            Self::Ready => "ready",
            Self::Staged => "staged",
            Self::Refused => "refused",
            Self::RolledBack => "rolled_back",
            Self::Uncommitted => "uncommitted",
            Self::InProgress => "in_progress",
            Self::Held => "held",
            Self::Lost => "lost",
            Self::DeadLetter => "dead_letter",
            Self::NotStarted => "not_started",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for stage in StageKind::ALL {
            assert_eq!(stage.word().parse::<StageKind>().unwrap(), stage);
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.word());
        }
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.word());
        }
        assert!("stage".parse::<StageKind>().is_err());
    }
}
