//! One side reboots, the other takes over: what every way of upgrading in service is made of.

use std::sync::Arc;

use serde_json::json;

use super::{Row, Stage, Upgrade, row_place};
use crate::model::device::{BootMode, Device, Power, State};
use crate::model::engine::{Lock, Sink};
use crate::model::release::Release;
use crate::model::reload::{Cause, provision, provision_member};
use crate::timeline::EventKind;

/// Why the next step cannot be done any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The system reloaded, or another upgrade runs: nothing is left to do.
    Gone,
    /// The side that reboots does not come up.
    NoBoot,
}

/// One upgrade at work.
#[derive(Debug)]
pub(super) struct Rolling {
    pub(super) device: Arc<Device>,
    pub(super) id: u64,
    pub(super) cause: Cause,
}

impl Rolling {
    /// Changes the upgrade, if it is still on.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Upgrade) -> T) -> Result<T, Broken> {
        let mut state = self.device.state();
        state.issu.of(self.id).map(change).ok_or(Broken::Gone)
    }

    /// Notes an operation with a member, as `show issu state detail` lists it.
    pub(super) fn row(&self, what: &str, id: Option<u8>) -> Result<(), Broken> {
        let at_s = self.device.now();
        let place = id.map(|id| row_place(&self.device, &self.device.state(), id));
        let what = place.map_or_else(|| what.to_owned(), |place| format!("{what} {place}"));
        self.with(|u| {
            u.last.clone_from(&what);
            u.rows.push(Row { what, at_s });
        })
    }

    pub(super) fn stage(&self, stage: Stage, words: &'static str) -> Result<(), Broken> {
        self.with(|u| {
            u.stage = stage;
            u.passed.push(words);
        })
    }

    /// Waits so many simulated seconds.
    pub(super) async fn rest(&self, seconds: f64) -> Result<(), Broken> {
        self.device.world.clock.sleep(seconds).await;
        self.with(|_| ())
    }

    /// Gives a member a release to boot.
    pub(super) fn give(&self, id: u8, release: &Release, new: bool) -> Result<(), Broken> {
        let device = &self.device;
        let mut state = device.state();
        if state.running.mode == BootMode::Install {
            provision_member(&mut state, device, id, release);
        }
        let upgrade = state.issu.of(self.id).ok_or(Broken::Gone)?;
        upgrade.given.retain(|g| *g != id);
        if new {
            upgrade.given.push(id);
        }
        Ok(())
    }

    /// A member that is not active reboots on a release; nothing waits for it.
    pub(super) fn restart(&self, id: u8, release: &Release) -> Result<f64, Broken> {
        let device = &self.device;
        let Power::Up(number) = *device.power.borrow() else {
            return Err(Broken::Gone);
        };
        let (ready_s, hot_s) = {
            let now = device.now();
            let mut state = device.state();
            state.issu.of(self.id).ok_or(Broken::Gone)?;
            let times = device.durations(state.members.len());
            let Some(member) = state.members.iter_mut().find(|m| m.id == id) else {
                return Err(Broken::Gone);
            };
            member.release = release.clone();
            member.missing = false;
            member.booted_s = now + times.boot_s;
            member.ready_s = member.booted_s + times.settle_s * 0.6;
            member.hot_s = member.ready_s + times.standby_s;
            *state.reloads.entry(self.cause.word()).or_default() += 1;
            state
                .members
                .iter()
                .find(|m| m.id == id)
                .map_or((now, now), |m| (m.ready_s, m.hot_s))
        };
        device.record(
            EventKind::ReloadBegin,
            [
                ("cause", json!(self.cause.word())),
                ("member", json!(id)),
                ("reason", json!("Image Install")),
            ],
        );
        device.record(EventKind::MemberDown, [("member", json!(id))]);
        let (waiting, version) = (Arc::clone(device), release.padded());
        device.spawn(async move {
            waiting.world.clock.sleep_until(ready_s).await;
            let there = waiting
                .state()
                .members
                .iter()
                .any(|m| m.id == id && !m.missing && m.ready_s <= ready_s);
            if there && *waiting.power.borrow() == Power::Up(number) {
                let detail = [("member", json!(id)), ("version", json!(version))];
                waiting.record(EventKind::ReloadEnd, detail);
                waiting.record(EventKind::MemberUp, [("member", json!(id))]);
            }
        });
        Ok(hot_s)
    }

    /// The member reboots and the wait ends when it is hot. A fault of that name keeps it down.
    pub(super) async fn restart_and_wait(
        &self,
        id: u8,
        release: &Release,
        fault: Option<&str>,
    ) -> Result<(), Broken> {
        let hot_s = self.restart(id, release)?;
        let fails = fault.is_some_and(|kind| self.device.strikes(kind, "issu"));
        if fails {
            lose(&self.device, id);
        }
        self.device.world.clock.sleep_until(hot_s).await;
        self.with(|_| ())?;
        if fails { Err(Broken::NoBoot) } else { Ok(()) }
    }

    /// The hot standby takes over: every session is lost. Gives the member that was active.
    pub(super) fn switch(&self, to: u8) -> Result<u8, Broken> {
        self.with(|_| ())?;
        let device = &self.device;
        let from = device.hand_over(to, "ISSU").ok_or(Broken::Gone)?;
        let breaks = device.strikes("interface_down_after_upgrade", "issu");
        let uplink = crate::model::cabling::uplink_names(device.platform, 1);
        for port in &mut device.state().interfaces {
            port.broken = breaks && uplink.first() == Some(&port.short);
        }
        Ok(from)
    }

    /// Both sides return to the old release, one after the other; without a partner the whole system
    /// reloads. Ends the upgrade.
    pub(super) async fn back(&self, out: &Sink, reason: &'static str) -> Result<(), Broken> {
        let (from, mut given) = self.with(|u| {
            u.stage = Stage::Aborting;
            u.reason = Some(reason);
            (u.from.clone(), u.given.clone())
        })?;
        let active = self.device.state().active;
        if given.contains(&active) {
            let Some(peer) = self.device.state().standby().map(|m| m.id) else {
                self.whole(&from);
                return Ok(());
            };
            if given.contains(&peer) {
                out.line("--- Starting abort on Standby ---");
                self.give(peer, &from, false)?;
                self.restart_and_wait(peer, &from, None).await?;
                out.line("Finished abort on Standby");
            }
            out.line("--- Starting switchover to Standby ---");
            self.switch(peer)?;
            self.image_runs(&from)?;
            given = vec![active];
        }
        for id in given {
            self.give(id, &from, false)?;
            self.restart_and_wait(id, &from, None).await?;
        }
        let mut state = self.device.state();
        state.install.revert();
        state.issu.end(false);
        Ok(())
    }

    /// The active is alone: the whole system reloads into the old release.
    fn whole(&self, from: &Release) {
        {
            let mut state = self.device.state();
            state.install.revert();
            if state.running.mode == BootMode::Install {
                provision(&mut state, &self.device, from);
            }
        }
        self.device.reload(self.cause, "Image Install");
    }

    /// Names the file that runs after a switchover.
    pub(super) fn image_runs(&self, release: &Release) -> Result<(), Broken> {
        let image = self.with(|u| {
            if *release == u.to {
                u.to_image.clone()
            } else {
                u.from_image.clone()
            }
        })?;
        self.device.state().running.image_file = image;
        Ok(())
    }
}

/// A member that was rebooting is not seen again before the whole system reloads, or an upgrade
/// in service reboots it once more.
pub(crate) fn lose(device: &Device, id: u8) {
    let mut state = device.state();
    if let Some(member) = state.members.iter_mut().find(|m| m.id == id) {
        member.missing = true;
        member.ready_s = f64::MAX;
        member.hot_s = f64::MAX;
    }
}

/// The member that carries no sessions, hot; the settled state that an abort waits for.
pub(super) fn settled(state: &State, now_s: f64) -> bool {
    let Some(upgrade) = &state.issu.current else {
        return false;
    };
    state.install.running.is_none()
        && upgrade.stage != Stage::Aborting
        && state
            .standby()
            .is_none_or(|_| state.hot_peer(now_s).is_some())
}

/// The auto-abort or rollback timer ran out while an upgrade in service was on: when no supervisor
/// boots any more, both sides go back.
pub(crate) async fn expired(device: &Arc<Device>) {
    let lock = loop {
        let Some(u) = device.state().issu.current.clone() else {
            return;
        };
        // Stopped or committed while a side was still booting.
        let over = device.state().install.timer.is_none();
        if over || u.stage == Stage::Aborting || u.is_kept() {
            return;
        }
        let free = settled(&device.state(), device.now());
        let lock = free
            .then(|| Lock::take(device, "install_auto_abort"))
            .flatten();
        match lock {
            Some(lock) => break (lock, u.id),
            // The engine looks again from time to time, as long as a side boots.
            None => device.world.clock.sleep(10.0).await,
        }
    };
    let (lock, id) = lock;
    device.record(EventKind::AutoAbort, []);
    device.log(
        "INSTALL-3-INSTALL_AUTO_ABORT",
        "install_engine: auto abort timer expired, the system returns to the committed image",
    );
    device.state().install.timer = None;
    let rolling = Rolling {
        device: Arc::clone(device),
        id,
        cause: Cause::AutoAbort,
    };
    let done = rolling
        .back(&Sink::deaf(), "Auto abort timer expired")
        .await;
    lock.end("cancel", done.is_ok());
}
