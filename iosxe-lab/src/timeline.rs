//! What happened in the lab, in order. The control address hands it out.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::clock::Clock;

/// What changed. The words are a contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A user was let in.
    Login,
    /// A connection ended.
    Logout,
    /// A line was executed on a shell or exec channel (secrets are not in it).
    Command,
    /// A file arrived whole in a flash.
    FileReceived,
    /// A file was removed.
    FileDeleted,
    /// `install add` ended well.
    InstallAdd,
    /// `install activate` ended well; the reload follows.
    InstallActivate,
    /// `install commit` ended well.
    InstallCommit,
    /// `install abort` was accepted.
    InstallAbort,
    /// The auto-abort timer fired.
    AutoAbort,
    /// `install rollback` was accepted.
    Rollback,
    /// The boot variable as the boot loader will read it changed.
    BootVariable,
    /// The running configuration was saved.
    ConfigSaved,
    /// Sessions drop and the device goes away; `detail.cause` says why. With `detail.member` only
    /// that side of a pair reboots, and the device stays.
    ReloadBegin,
    /// The device answers again, or the side in `detail.member` is Ready; `detail.version` says
    /// with what.
    ReloadEnd,
    /// A member is gone.
    MemberDown,
    /// A member is Ready.
    MemberUp,
    /// Another supervisor or member took over.
    Switchover,
    /// A fault struck.
    Fault,
}

/// One change.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Number of the event, from 1, without gaps.
    pub seq: u64,
    /// Wall time, RFC 3339.
    pub wall: String,
    /// Simulated seconds since the lab started.
    pub sim_s: f64,
    /// The device's name.
    pub device: String,
    /// What changed.
    pub kind: EventKind,
    /// More about it; fixed keys per kind.
    pub detail: BTreeMap<String, Value>,
}

/// The list of all events of a lab.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    events: Mutex<Vec<Event>>,
}

impl Timeline {
    /// Appends one event.
    pub(crate) fn record<const N: usize>(
        &self,
        clock: &Clock,
        device: &str,
        kind: EventKind,
        detail: [(&str, Value); N],
    ) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let event = Event {
            seq: events.len() as u64 + 1,
            wall: clock.wall(),
            sim_s: clock.now_s(),
            device: device.to_owned(),
            kind,
            detail: detail.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        };
        tracing::debug!(device, kind = ?event.kind, detail = ?event.detail, "lab event");
        events.push(event);
    }

    /// Events after `seq`.
    pub(crate) fn since(&self, seq: u64) -> Vec<Event> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = usize::try_from(seq).unwrap_or(usize::MAX);
        events.iter().skip(skip).cloned().collect()
    }
}
