//! The user's rules for planning and carrying out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::approval::ApprovalPolicy;
use crate::fleet::FleetPolicy;
use crate::health::Check;
use crate::pull::TransferPolicy;

/// The user's rules for planning and carrying out. Durations are device time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a file format"
)]
pub struct Policy {
    /// Auto-abort timer that activation asks for (the device's range is 30 to 1200 minutes).
    #[serde(with = "seconds")]
    pub auto_abort: Duration,
    /// How long a gate check may stay failed before it counts (design rule 1).
    #[serde(with = "seconds")]
    pub convergence: Duration,
    /// How long an upgraded device is watched before it is committed (design rule 6).
    #[serde(with = "seconds")]
    pub soak: Duration,
    /// After this a device that has not come back is lost (design rule 8).
    #[serde(with = "seconds")]
    pub lost_after: Duration,
    /// Room that must stay free beside the image and its packages, in bytes.
    pub flash_margin_bytes: u64,
    /// Bytes needed for the extraction, in percent of the image size.
    pub flash_expand_percent: u64,
    /// How long a session that stands at an unknown question is kept open for a person's answer. A
    /// device closes an idle line after 10 min unless it is configured otherwise.
    #[serde(with = "seconds", skip_serializing_if = "is_usual_answer_time")]
    pub answer_within: Duration,
    /// What happens when a gate check fails for good.
    pub on_failed_gate: OnFailedGate,
    /// What happens when a gate check cannot be read.
    pub on_inconclusive: OnInconclusive,
    /// A release older than the running one may be installed.
    pub allow_downgrade: bool,
    /// Plans of install mode keep a copy of startup-config on flash, which `rollback --running-config` puts back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_config: bool,
    /// The revert timer that a configuration is put back with: the device undoes it unless it is
    /// confirmed. The device's range is 1 to 120 minutes.
    #[serde(with = "seconds", skip_serializing_if = "is_usual_replace_timer")]
    pub replace_timer: Duration,
    /// Only images that somebody approved in the catalogue are used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub approved_images_only: bool,
    /// Activating a patch asks for the auto-abort timer, too. Off for releases that refuse the two in
    /// one command: the device then takes the time that it is used to.
    #[serde(skip_serializing_if = "is_true")]
    pub patch_timer: bool,
    /// A BGP neighbour that sends so many percent fewer prefixes than before is not told.
    pub prefixes_lost_percent: u8,
    /// Where images come from.
    #[serde(skip_serializing_if = "TransferPolicy::is_push")]
    pub transfer: TransferPolicy,
    /// Who may open gates.
    #[serde(skip_serializing_if = "ApprovalPolicy::is_plain")]
    pub approval: ApprovalPolicy,
    /// Waves, windows and what may happen at once.
    #[serde(skip_serializing_if = "is_plain_fleet")]
    pub fleet: Box<FleetPolicy>,
    /// The user's own checks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
}

const REPLACE_TIMER: Duration = Duration::from_secs(10 * 60);

/// Policies of earlier journals do not say.
fn is_usual_replace_timer(time: &Duration) -> bool {
    *time == REPLACE_TIMER
}

const ANSWER_WITHIN: Duration = Duration::from_secs(9 * 60);

/// Policies of earlier journals do not say.
fn is_usual_answer_time(time: &Duration) -> bool {
    *time == ANSWER_WITHIN
}

/// Policies of earlier journals do not say.
fn is_plain_fleet(fleet: &FleetPolicy) -> bool {
    fleet.is_plain()
}

/// Policies of earlier journals do not say.
fn is_true(value: &bool) -> bool {
    *value
}

/// What happens when a gate check fails for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailedGate {
    /// Take the device back.
    Abort,
    /// Ask a person.
    Ask,
}

/// What happens when a gate check cannot be read (design rule 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInconclusive {
    /// Ask a person; until then the device keeps its timer.
    Ask,
    /// Go on to commit.
    Commit,
    /// Take the device back.
    Abort,
}

impl Default for Policy {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self {
            auto_abort: minutes(120),
            convergence: minutes(10),
            soak: minutes(10),
            lost_after: minutes(60),
            answer_within: ANSWER_WITHIN,
            flash_margin_bytes: 300_000_000,
            flash_expand_percent: 100,
            on_failed_gate: OnFailedGate::Abort,
            on_inconclusive: OnInconclusive::Ask,
            allow_downgrade: false,
            keep_config: false,
            replace_timer: REPLACE_TIMER,
            approved_images_only: false,
            patch_timer: true,
            prefixes_lost_percent: 10,
            transfer: TransferPolicy::default(),
            approval: ApprovalPolicy::default(),
            fleet: Box::default(),
            checks: Vec::new(),
        }
    }
}

/// Durations as whole seconds in files.
pub mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes whole seconds.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.as_secs())
    }

    /// Reads whole seconds.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
