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
}

impl Device {
    /// The hot standby, or why there is none.
    pub(crate) fn hot_standby(&self) -> Result<u8, NoPeer> {
        match self.state().ready_standby(self.now()) {
            None => Err(NoPeer::Absent),
            Some((_, false)) => Err(NoPeer::NotHot),
            Some((member, true)) => Ok(member.id),
        }
    }

    /// The hot standby becomes active at once, every session is lost, and the old active reboots
    /// to be the standby.
    pub(crate) fn switch_over(self: &Arc<Self>, reason: &'static str) -> Result<(), NoPeer> {
        let to = self.hot_standby()?;
        let Power::Up(number) = *self.power.borrow() else {
            return Err(NoPeer::Absent);
        };
        let from = {
            let mut state = self.state();
            let from = std::mem::replace(&mut state.active, to);
            state.active_since_s = self.now();
            let at_s = state.active_since_s;
            state.switchovers.push(Switchover {
                from,
                to,
                reason,
                at_s,
            });
            state.install.running = None;
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
        self.reboot_member(from);
        Ok(())
    }

    /// A member that is not active reboots alone, on the release that runs.
    pub(crate) fn reboot_member(self: &Arc<Self>, id: u8) {
        let Power::Up(number) = *self.power.borrow() else {
            return;
        };
        let ready_s = {
            let now = self.now();
            let mut state = self.state();
            let times = self.platform.durations(state.members.len());
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
