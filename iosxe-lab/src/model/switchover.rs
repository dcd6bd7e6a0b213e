//! A standby takes over, and the old active comes back as the standby.

use std::sync::Arc;

use serde_json::json;

use super::device::{Device, Power, Switchover};
use crate::timeline::EventKind;

/// Why a switchover or the reload of a peer cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPeer {
    /// There is none, or it has not booted.
    Absent,
    /// It is there and not hot.
    NotHot,
    /// An upgrade in service runs, which changes roles by itself.
    Upgrading,
}

impl Device {
    /// The hot standby, or why there is none.
    pub(crate) fn hot_standby(&self) -> Result<u8, NoPeer> {
        let state = self.state();
        if state.issu.current.is_some() {
            return Err(NoPeer::Upgrading);
        }
        match state.ready_standby(self.now()) {
            None => Err(NoPeer::Absent),
            Some((_, false)) => Err(NoPeer::NotHot),
            Some((member, true)) => Ok(member.id),
        }
    }

    /// The hot standby becomes active at once, every session is lost, and the old active reboots
    /// to be the standby.
    pub(crate) fn switch_over(self: &Arc<Self>, reason: &'static str) -> Result<(), NoPeer> {
        let to = self.hot_standby()?;
        self.state().install.running = None;
        let from = self.hand_over(to, reason).ok_or(NoPeer::Absent)?;
        if self.strikes("switchover_lost", "switchover") {
            self.record(EventKind::MemberDown, [("member", json!(from))]);
            super::issu::lose(self, from);
        } else {
            self.reboot_member(from);
        }
        Ok(())
    }

    /// The change of roles alone: sessions are lost, and the member that was active waits for what is
    /// to become of it. `None` when the device is down.
    pub(super) fn hand_over(self: &Arc<Self>, to: u8, reason: &'static str) -> Option<u8> {
        let Power::Up(number) = *self.power.borrow() else {
            return None;
        };
        let from = {
            let mut state = self.state();
            let from = std::mem::replace(&mut state.active, to);
            if let Some(release) = state.active().map(|m| m.release.clone()) {
                state.running.release = release;
            }
            state.active_since_s = self.now();
            let at_s = state.active_since_s;
            state.switchovers.push(Switchover {
                from,
                to,
                reason,
                at_s,
            });
            state.config_lock = None;
            from
        };
        self.record(
            EventKind::Switchover,
            [
                ("from", json!(from)),
                ("to", json!(to)),
                ("reason", json!(reason)),
            ],
        );
        self.log(
            "REDUNDANCY-3-SWITCHOVER",
            &format!("RP switchover ({reason})"),
        );
        // The management address moves with the active: every connection of the old one ends.
        self.power.send_replace(Power::Up(number + 1));
        Some(from)
    }

    /// A member that is not active reboots alone, on the release that runs.
    pub(crate) fn reboot_member(self: &Arc<Self>, id: u8) {
        let Power::Up(number) = *self.power.borrow() else {
            return;
        };
        let ready_s = {
            let now = self.now();
            let mut state = self.state();
            let times = self.durations(state.members.len());
            let Some(member) = state.members.iter_mut().find(|m| m.id == id) else {
                return;
            };
            member.booted_s = now + times.boot_s;
            member.ready_s = member.booted_s + times.settle_s * 0.6;
            member.hot_s = member.ready_s + times.standby_s;
            member.ready_s
        };
        self.record(EventKind::MemberDown, [("member", json!(id))]);
        self.announce(id, ready_s, number);
    }
}
