//! Upgrades in service: two supervisors, route processors or switches change their release one
//! after the other, and the one that carries the sessions changes in between.
//!
//! What runs here: the install set of Catalyst chassis and StackWise Virtual (one command, or
//! activate and commit), the same set by location on ASR 1000, the classic `issu` set on ASR 1000
//! and the one command of NCS 4200. Phases and states follow field notes 6 and public captures of
//! `show issu state detail`; wording that neither gives is ours.

mod classic;
mod install;
mod node;
mod rolling;
mod rules;

pub(crate) use classic::{Classic, abort_version, accept_version, commit_version};
pub(crate) use classic::{load_version, run_version, slot_reload};
pub(crate) use install::{
    Plan, activate_active, activate_standby, commit, give_up, one_shot, steps,
};
pub(crate) use node::node;
pub(crate) use rolling::{expired, lose};
pub(crate) use rules::{admission, compatible, supported};

use super::device::{BootMode, Device, State};
use super::release::Release;

/// How the upgrade was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `install add file F activate issu commit`.
    OneShot,
    /// `install activate issu` and `install commit`.
    Steps,
    /// `install activate location standby`, `... active`, `install commit`.
    Located,
    /// `issu loadversion` to `issu commitversion`.
    Classic,
    /// `request platform software package install node`.
    Node,
}

/// Where an upgrade stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The standby is being given the new release.
    Loading,
    /// The standby runs it and is hot.
    Loaded,
    /// The standby has taken over; the old active boots.
    Switched,
    /// Both are hot; the old release is kept for the way back.
    Activated,
    /// Kept; of the classic set, the other processor still waits for its reload.
    Committed,
    /// On the way back to the old release.
    Aborting,
}

/// An operation that began, for `show issu state detail`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) at_s: f64,
}

/// An upgrade in service that is not over.
#[derive(Debug, Clone)]
pub(crate) struct Upgrade {
    /// Which one; a wait that finds another one is void.
    pub(crate) id: u64,
    pub(crate) kind: Kind,
    pub(crate) stage: Stage,
    pub(crate) from: Release,
    pub(crate) to: Release,
    /// The file that the device ran when it began.
    pub(crate) from_image: String,
    /// The file that it runs when it is over.
    pub(crate) to_image: String,
    pub(crate) began_s: f64,
    /// Id of the member that changes first.
    pub(crate) first: u8,
    /// Ids of the members that were given the new release.
    pub(crate) given: Vec<u8>,
    pub(crate) rows: Vec<Row>,
    /// The last operation: `loadversion`, `Commit R0`.
    pub(crate) last: String,
    /// Stages that were passed, in the words of the state transition.
    pub(crate) passed: Vec<&'static str>,
    /// Why it is on its way back.
    pub(crate) reason: Option<&'static str>,
}

impl Upgrade {
    /// True when the new release stays whatever comes.
    pub(crate) fn is_kept(&self) -> bool {
        self.stage == Stage::Committed || (self.kind == Kind::Node && self.stage == Stage::Switched)
    }

    /// True when it is one of the install engine's.
    pub(crate) fn by_install(&self) -> bool {
        matches!(self.kind, Kind::OneShot | Kind::Steps | Kind::Located)
    }
}

/// What a device remembers about upgrades in service.
#[derive(Debug, Default)]
pub(crate) struct Track {
    pub(crate) current: Option<Upgrade>,
    /// How the last one ended: true when the new release was kept.
    pub(crate) previous: Option<bool>,
    begun: u64,
}

impl Track {
    /// The upgrade of that number, if it is still on.
    fn of(&mut self, id: u64) -> Option<&mut Upgrade> {
        self.current.as_mut().filter(|u| u.id == id)
    }

    /// Ends the upgrade.
    pub(crate) fn end(&mut self, kept: bool) {
        if self.current.take().is_some() {
            self.previous = Some(kept);
        }
    }
}

impl State {
    /// True when a member that runs that release can keep state with the active: it runs the same, or
    /// an upgrade in service bridges the two.
    pub(crate) fn alike(&self, release: &Release) -> bool {
        *release == self.running.release || self.issu.current.is_some()
    }

    /// True when a member was given the new release of an upgrade in service.
    pub(crate) fn given(&self, id: u8) -> bool {
        self.issu
            .current
            .as_ref()
            .is_some_and(|u| u.given.contains(&id))
    }

    /// The release that a standby that is not hot yet comes from or goes to, and the standby's id;
    /// nothing when nobody stands by.
    fn hot_peer(&self, now_s: f64) -> Option<u8> {
        let (member, hot) = self.ready_standby(now_s)?;
        hot.then_some(member.id)
    }
}

/// How a line of the engine names a member: `R0`, `Chassis 1/R0`.
pub(crate) fn place(device: &Device, state: &State, id: u8) -> String {
    let label = device.label(id, state.members.len());
    if label.contains('/') {
        format!("Chassis {label}")
    } else {
        label
    }
}

/// A row's end: `R1`, `chassis 2`.
fn row_place(device: &Device, state: &State, id: u8) -> String {
    let label = device.label(id, state.members.len());
    if label.contains('/') {
        format!("chassis {id}")
    } else {
        label
    }
}

/// True when the device was booted from its packages.
fn from_packages(state: &State) -> bool {
    state.running.mode == BootMode::Install && state.provisioned.is_some()
}

/// Begins an upgrade; gives its number.
fn begin(device: &Device, state: &mut State, upgrade: Upgrade) -> u64 {
    state.issu.begun += 1;
    let id = state.issu.begun;
    tracing::debug!(
        device = device.name,
        to = upgrade.to.padded(),
        "upgrade in service"
    );
    state.issu.current = Some(Upgrade { id, ..upgrade });
    id
}
