//! What is known of device families.

use std::sync::Arc;
use std::time::Duration;

use crate::device::Facts;
use crate::health::Scope;
use crate::image::HashKind;
use crate::observation::Observation;
use crate::plan::{DevicePlan, PlanRequest, Refusal, Standing, Step, StepState};
use crate::secret::Secret;
use crate::talk::Exchange;

use super::Credential;

/// What a look is after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// [`crate::observation::Observation::Facts`].
    Facts,
    /// The same with what hangs on the device: asked once, for a plan is not made twice.
    Discovery,
    /// Facts, with the release that this rollback point of the install engine leads to.
    Point {
        /// Its number.
        id: u32,
    },
    /// [`crate::observation::Observation::Readiness`].
    Readiness,
    /// [`crate::observation::Observation::Health`].
    Health(Scope),
    /// [`crate::observation::Observation::Backup`].
    Backup,
    /// [`crate::observation::Observation::Digest`].
    Digest {
        /// `flash:image.bin`.
        path: String,
        /// How.
        kind: HashKind,
    },
    /// [`crate::observation::Observation::Patch`].
    Patch {
        /// `flash:x.smu.bin`.
        path: String,
    },
    /// [`crate::observation::Observation::Provisioned`].
    Provisioned {
        /// `flash:packages.conf`, one per member.
        paths: Vec<String>,
    },
    /// [`crate::observation::Observation::Configuration`].
    Configuration {
        /// The kept one: `flash:x.cfg`.
        kept: String,
        /// What it is held against: `nvram:startup-config`, `system:running-config`.
        with: String,
    },
    /// [`crate::observation::Observation::Facts`] with the firmware of every part.
    Firmware,
}

/// What a fetching device is told about its server beside the step.
pub struct ServerSide {
    /// Who logs in there, where somebody has to.
    pub login: Option<Credential>,
    /// Called once, when bytes come: the server has let the device in.
    pub begun: Box<dyn FnOnce() + Send>,
}

impl std::fmt::Debug for ServerSide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSide")
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// What a device family knows: pure, no I/O.
pub trait Driver: Send + Sync {
    /// From a fresh shell to a usable prompt: waits for it, enables, sets the terminal up.
    fn login(&self, enable: Option<Secret>) -> Box<dyn Exchange>;

    /// A read-only look. `hostname` is the one that the login learnt.
    fn look(&self, look: &Look, hostname: &str) -> Box<dyn Exchange>;

    /// A changing step: sends its commands, answers what its table knows.
    fn act(&self, step: &Step, hostname: &str) -> Box<dyn Exchange>;

    /// A step with which the device fetches a file: the same, with the questions of a server.
    fn pull(&self, step: &Step, hostname: &str, server: ServerSide) -> Box<dyn Exchange>;

    /// Decides the steps.
    ///
    /// # Errors
    /// [`Refusal`]: the device is left alone.
    fn plan(&self, request: &PlanRequest<'_>) -> Result<DevicePlan, Refusal>;

    /// The steps that put the configuration back which a plan keeps, with a revert timer or without;
    /// `None` where it keeps none.
    fn put_back(&self, plan: &DevicePlan, revert: Option<Duration>) -> Option<Vec<Step>> {
        let _none = (plan, revert);
        None
    }

    /// The look that tells how a step stands.
    fn look_for(&self, step: &Step, plan: &DevicePlan) -> Look;

    /// Holds a step against what that look saw.
    fn assess(&self, step: &Step, plan: &DevicePlan, seen: &Observation) -> StepState;

    /// What the device is, seen against its plan, after an activation or reload.
    fn standing(&self, plan: &DevicePlan, facts: &Facts) -> Standing;

    /// How long a reload of this device takes, in device time: (p90, bound).
    fn reload_time(&self, facts: &Facts) -> (Duration, Duration);
}

/// Finds the driver for a device.
pub trait Drivers: Send + Sync {
    /// The driver for a device of which nothing is known: logs in and reads facts.
    fn any(&self) -> Arc<dyn Driver>;

    /// The driver for a device.
    ///
    /// # Errors
    /// [`Refusal`] for a device that is recognised and not supported, or not recognised.
    fn of(&self, facts: &Facts) -> Result<Arc<dyn Driver>, Refusal>;
}
