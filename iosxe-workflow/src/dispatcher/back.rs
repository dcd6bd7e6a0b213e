//! A device that booted by itself: did it, when, and what it came back on (design rule 7).

use std::time::Duration;

use iosxe_core::device::Facts;
use iosxe_core::event::{Closing, Event, RollbackCause, Way};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::{Disturbs, Method, Step};
use jiff::Timestamp;

use super::device::Moves;
use super::{Dispatcher, between, earlier, later};
use crate::status::DeviceState;

/// `show version` gives the uptime in minutes: a reload is only seen when it is missing more.
const UPTIME_SLACK: Duration = Duration::from_secs(120);

/// How exactly a boot is held against the deadline, in device time. A reload of the activation that
/// ends on the old release is earlier by more: the timer that a plan asks for outlasts it by the
/// convergence time and 15 min (design rule 6).
const TIMER_SLACK: Duration = Duration::from_secs(10 * 60);

impl Dispatcher {
    /// Whether the device was booted after the open intent was written. Held against its uptime
    /// before: what is missing is time that it was down and boots since.
    pub(super) fn has_rebooted(&self, device: &DeviceState, facts: &Facts, now: Timestamp) -> bool {
        let before = device
            .open
            .as_ref()
            .and_then(|o| o.up_before)
            .or_else(|| device.facts.as_ref().map(|(at, f)| (*at, f.uptime)));
        before.is_some_and(|(at, uptime)| {
            let expected = uptime + self.device_time(between(at, now));
            facts.uptime + UPTIME_SLACK < expected
        })
    }

    /// Whether the second side of a redundant device was booted after the open intent was written: it has
    /// been in its state for less time than has passed since.
    pub(super) fn other_side_rebooted(
        &self,
        device: &DeviceState,
        facts: &Facts,
        now: Timestamp,
    ) -> bool {
        let open = device.open.as_ref();
        let since = facts.redundancy.as_ref().and_then(|r| r.peer_since);
        open.zip(since).is_some_and(|(open, since)| {
            since + UPTIME_SLACK < self.device_time(between(open.at, now))
        })
    }

    /// Whether one of the two sides was booted after the open intent was written, or that cannot be told.
    pub(super) fn a_side_booted(
        &self,
        device: &DeviceState,
        facts: Option<&Facts>,
        now: Timestamp,
    ) -> bool {
        let Some(facts) = facts else { return true };
        let redundancy = facts.redundancy.as_ref();
        redundancy.is_none_or(|r| r.peer_since.is_none())
            || self.has_rebooted(device, facts, now)
            || self.other_side_rebooted(device, facts, now)
    }

    /// When the device goes back by itself, as far as that is known. An activation that met a question
    /// may have gone on all the same: then its timer was started after its intent was written.
    pub(super) fn deadline(&self, device: &DeviceState) -> Option<Timestamp> {
        let unread = || {
            let open = device.open.as_ref().filter(|o| o.what.starts_timer())?;
            let timer = device.plan.as_ref()?.auto_abort?;
            Some(self.after(open.at, timer))
        };
        device.deadline.or_else(unread)
    }

    /// Whether the device's last boot is later than the time that it had: then its timer took it back,
    /// and not the boot loader.
    pub(super) fn booted_past_deadline(
        &self,
        device: &DeviceState,
        facts: &Facts,
        now: Timestamp,
    ) -> bool {
        // In service one side may go back alone, and the one that answers was never away.
        let other = facts.redundancy.as_ref().and_then(|r| r.peer_since);
        let in_service = device
            .plan
            .as_ref()
            .is_some_and(|p| p.method == Method::Issu);
        let last = other
            .filter(|_| in_service)
            .map_or(facts.uptime, |other| other.min(facts.uptime));
        let booted = earlier(now, self.wall(last));
        self.deadline(device)
            .is_some_and(|deadline| later(booted, self.wall(TIMER_SLACK)) >= deadline)
    }

    /// Whether a patch that looks untouched was activated or deactivated all the same, and is as before
    /// without a boot: the device's history tells, and behind the deadline it has to be reckoned with.
    pub(super) fn patch_went_back(
        &self,
        device: &DeviceState,
        step: &Step,
        facts: &Facts,
        now: Timestamp,
    ) -> bool {
        let (Some(open), Some(plan)) = (&device.open, &device.plan) else {
            return false;
        };
        if plan.method != Method::Smu || device.way != Way::Forth || step.disturbs == Disturbs::None
        {
            return false;
        }
        let since = facts.history.iter().rev();
        let mut since = since.take_while(|o| open.operation_before.as_ref() != Some(*o));
        let done = since.any(|o| {
            o.name.eq_ignore_ascii_case(step.kind.word()) && o.result.eq_ignore_ascii_case("ok")
        });
        done || self
            .deadline(device)
            .is_some_and(|deadline| deadline <= now)
    }

    /// A hot patch goes out of use without a boot: by its timer, when that is over.
    fn hot_patch_timed_out(&self, device: &DeviceState, now: Timestamp) -> bool {
        let over = |deadline| later(now, self.wall(TIMER_SLACK)) >= deadline;
        device.patch_is_hot() && self.deadline(device).is_some_and(over)
    }

    /// The device booted, and runs the release that it came from (design rule 7): it is sent nothing
    /// disruptive any more.
    pub(super) fn came_back_old(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
    ) -> Moves {
        let mut moves = self.keep_facts(name, now, Some(facts))?;
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        let cause = if self.booted_past_deadline(device, facts, now)
            || self.hot_patch_timed_out(device, now)
        {
            RollbackCause::AutoAbort
        } else {
            RollbackCause::BootFallback
        };
        let way_back = device.way == Way::Back;
        let mut events = Vec::new();
        if let Some(open) = &device.open {
            events.push(Event::IntentClosed {
                intent: open.id,
                closing: Closing::Applied,
            });
        }
        events.push(Event::AutoAbortOver);
        if !way_back {
            events.push(Event::RollbackBegun { cause });
        }
        moves.extend(self.record(name, now, events)?);
        self.live(name).quiet_since = None;
        Ok(moves)
    }
}
