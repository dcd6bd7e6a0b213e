//! Where a run and each of its devices stand: the fold over the journal.
//!
//! Live runs and replay use the same function, [`RunState::apply`]. It is total: an event that may not
//! follow is an [`IllegalTransition`], and nothing is done after it. So the rules that protect the
//! network are checked at the one place that every event must pass: no activation without approval, no
//! commit without proof, no second intent while one is open.

mod device;
mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use iosxe_core::event::{ApproveMode, Envelope, Event};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::plan::Policy;
use iosxe_core::stage::StageKind;
use jiff::Timestamp;

pub use device::{DeadlineFrom, DeviceState, OpenIntent, PutBack};

/// Code of the warning that sends a device back to the deletion of its image: wrong hash.
pub const BAD_HASH: &str = "hash_differs";
/// The same for a file of another size.
pub const BAD_SIZE: &str = "partial_file";

/// What the run was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct RunHeader {
    /// `upgrade`, `plan`, …
    pub verb: String,
    /// The stage after which every device stops.
    pub until: StageKind,
    /// Its rules.
    pub policy: Policy,
    /// How gates are answered.
    pub approve: ApproveMode,
    /// Device time runs this many times faster than wall time.
    pub scale: f64,
    /// Who started it.
    pub by: String,
    /// The command that resumes it.
    pub resume_with: String,
    /// Its devices were chosen by name or pattern.
    pub named: bool,
    /// The inventory whose rows its devices are.
    pub inventory: Option<String>,
}

/// A run as its journal tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunState {
    /// Its name.
    pub run: Option<RunId>,
    /// What it was asked for.
    pub header: Option<RunHeader>,
    /// Its devices by name.
    pub devices: BTreeMap<DeviceName, DeviceState>,
    /// The last sequence number.
    pub seq: u64,
    /// The number of the next intent.
    pub next_intent: u64,
    /// When it began.
    pub started: Option<Timestamp>,
    /// The time of its last record.
    pub last: Option<Timestamp>,
    /// Its end is recorded.
    pub ended: bool,
    /// The devices that the process which took it on last is for; `None` for all of them.
    pub only: Option<BTreeSet<DeviceName>>,
}

/// An event that may not follow what is recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq}{}: {why}", device.as_ref().map(|d| format!(" of {d}")).unwrap_or_default())]
pub struct IllegalTransition {
    /// The record.
    pub seq: u64,
    /// The device.
    pub device: Option<DeviceName>,
    /// What is wrong.
    pub why: String,
}

/// Device time in wall time, where device time runs `scale` times faster.
pub(crate) fn wall(device_time: Duration, scale: f64) -> Duration {
    Duration::try_from_secs_f64(device_time.as_secs_f64() / scale).unwrap_or(device_time)
}

impl RunState {
    /// How many times faster than wall time device time runs.
    pub(crate) fn scale(&self) -> f64 {
        self.header.as_ref().map_or(1.0, |h| h.scale).max(0.001)
    }

    /// Whether the process that drives the run is not there for a device.
    pub(crate) fn leaves_alone(&self, name: &DeviceName) -> bool {
        self.only.as_ref().is_some_and(|only| !only.contains(name))
    }

    /// The devices in the order in which they were selected.
    #[must_use]
    pub fn in_order(&self) -> Vec<&DeviceState> {
        let mut devices: Vec<&DeviceState> = self.devices.values().collect();
        devices.sort_by_key(|device| device.place);
        devices
    }

    /// Takes in one event.
    ///
    /// # Errors
    /// [`IllegalTransition`]; then nothing changed but what is named by its record, and nothing more
    /// may be done.
    pub fn apply(&mut self, envelope: &Envelope) -> Result<(), IllegalTransition> {
        let illegal = |why: String| IllegalTransition {
            seq: envelope.seq,
            device: envelope.device.clone(),
            why,
        };
        if envelope.event.is_progress() {
            return Ok(());
        }
        if envelope.seq != self.seq + 1 {
            return Err(illegal(format!("record {} is missing", self.seq + 1)));
        }
        self.seq = envelope.seq;
        self.last = Some(envelope.at);
        if let Event::Intent { intent, .. } = &envelope.event {
            self.next_intent = self.next_intent.max(intent.0 + 1);
        }
        match (&envelope.device, &envelope.event) {
            (
                None,
                Event::RunStarted {
                    verb,
                    until,
                    policy,
                    approve,
                    scale,
                    by,
                    resume_with,
                    named,
                    inventory,
                },
            ) => {
                if self.header.is_some() {
                    return Err(illegal("a second beginning".into()));
                }
                self.run = Some(envelope.run.clone());
                self.started = Some(envelope.at);
                self.header = Some(RunHeader {
                    verb: verb.clone(),
                    until: *until,
                    policy: policy.clone(),
                    approve: *approve,
                    scale: *scale,
                    by: by.clone(),
                    resume_with: resume_with.clone(),
                    named: *named,
                    inventory: inventory.clone(),
                });
                Ok(())
            }
            (None, Event::RunResumed { only, .. }) => {
                self.ended = false;
                self.only.clone_from(only);
                for (name, device) in &mut self.devices {
                    device.forget_question();
                    if only.as_ref().is_none_or(|only| only.contains(name)) {
                        device.reopen();
                    }
                }
                Ok(())
            }
            (None, Event::RunEnded) => {
                self.ended = true;
                Ok(())
            }
            (None, Event::RunLeft { .. } | Event::Warned { .. } | Event::Waiting { .. }) => Ok(()),
            (None, _) => Err(illegal("an event of a device without a device".into())),
            (
                Some(name),
                Event::Selected {
                    record,
                    bound_to,
                    against,
                },
            ) => {
                if self.devices.contains_key(name) {
                    return Err(illegal("selected twice".into()));
                }
                let mut device =
                    DeviceState::new(record.as_ref().clone(), bound_to.clone(), envelope.seq);
                device.hold_against(against.clone());
                self.devices.insert(name.clone(), device);
                Ok(())
            }
            (Some(name), event) => {
                let rules = device::Rules {
                    scale: self.scale(),
                    approvals: self
                        .header
                        .as_ref()
                        .map_or(1, |h| h.policy.approval.needed()),
                };
                self.devices
                    .get_mut(name)
                    .ok_or_else(|| "an event of a device that is not selected".to_owned())
                    .and_then(|device| device.apply(envelope.at, event, rules))
                    .map_err(illegal)
            }
        }
    }

    /// A run from its records.
    ///
    /// # Errors
    /// The first record that may not follow.
    pub fn replay<'a>(
        records: impl IntoIterator<Item = &'a Envelope>,
    ) -> Result<Self, IllegalTransition> {
        let mut state = Self::default();
        for record in records {
            state.apply(record)?;
        }
        Ok(state)
    }
}
