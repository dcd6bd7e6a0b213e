//! Who answers gates.

use async_trait::async_trait;

use crate::ids::DeviceName;
use crate::plan::DevicePlan;

/// What a gate asks.
#[derive(Clone, Debug)]
pub struct GateQuestion {
    /// The device.
    pub device: DeviceName,
    /// Its plan.
    pub plan: DevicePlan,
    /// What was found since the plan was made and bears on the answer.
    pub found: Vec<String>,
    /// Whose approval counts already, or was not used in time: the same word of theirs, written once,
    /// is no new one.
    pub heard: Vec<String>,
}

/// The answer at a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateAnswer {
    /// Go.
    Approved {
        /// Who.
        by: String,
    },
    /// Stay.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Nobody can answer now: the device waits.
    NotNow {
        /// What would answer it.
        how: String,
    },
}

/// Answers gates.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Asks.
    async fn ask(&self, question: &GateQuestion) -> GateAnswer;
}
