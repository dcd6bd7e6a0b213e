//! Devices that are through, watched while the wave behind them waits.

use iosxe_core::event::Event;
use iosxe_core::health::{Finding, Weight};
use iosxe_core::ids::DeviceName;
use iosxe_core::observation::Observation;
use iosxe_core::ports::Look;
use iosxe_core::stage::Outcome;
use jiff::Timestamp;

use super::device::Moves;
use super::fleet::gates;
use super::{Command, Dispatcher, Done, InFlight, POLL_LEAST, Task, TaskError, later};
use crate::status::DeviceState;

/// How often a device is looked at while its wave is watched, besides the last look.
const LOOKS: u32 = 4;

impl Dispatcher {
    /// The next look at a device that was upgraded, where a wave waits for it.
    pub(super) fn watch(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let due = self.watch_due(name, now);
        if due.is_none_or(|due| now < due) {
            self.live(name).wake = due;
            return Ok(Vec::new());
        }
        let scope = self.device(name).map(|d| self.proof_scope(d));
        let look = Look::Health(scope.unwrap_or_default());
        Ok(self.start(name, InFlight::Watch, Task::Look(look)))
    }

    /// When the next look is due; `None` where nobody waits for it.
    fn watch_due(&self, name: &DeviceName, now: Timestamp) -> Option<Timestamp> {
        let policy = &self.state.header.as_ref()?.policy;
        let soak = policy.fleet.waves.soak;
        let mine = *self.waves.get(name)?;
        let device = self.device(name)?;
        let upgraded = matches!(&device.ended, Some((Outcome::Upgraded, _)));
        if soak.is_zero() || !upgraded || self.stopping.is_some() || self.state.leaves_alone(name) {
            return None;
        }
        // The first wave behind it that still waits does so for the last one that changed anything.
        let open = |d: &DeviceState| d.ended.is_none() && d.held.is_none();
        let later_waves = self.waves.iter().filter(|(_, w)| **w > mine);
        let waiting = later_waves.filter(|(n, _)| self.device(n).is_some_and(open));
        let next = waiting.map(|(_, w)| *w).min()?;
        let between = self.waves.iter().filter(|(_, w)| **w > mine && **w < next);
        let changed = |d: &DeviceState| matches!(&d.ended, Some((Outcome::Upgraded, _)));
        let mut between = between.filter_map(|(n, _)| self.device(n));
        if between.any(changed) {
            return None;
        }
        let every = self.wall(soak / LOOKS).max(POLL_LEAST);
        let seen = device.watched.as_ref();
        let from = seen.map_or(device.ended_at?, |(at, _)| *at);
        let whole = self.of_wave(mine).all(|d| d.ended.is_some());
        let until = self.watched_until(self.of_wave(mine)).filter(|_| whole);
        let Some(until) = until else {
            return Some(later(from, every));
        };
        match seen {
            Some((at, findings)) if *at >= until => {
                // The last look is repeated while a gate check may still converge.
                let bound = later(until, self.wall(policy.convergence));
                let again = !gates(findings).is_empty() && now < bound;
                again.then(|| self.poll_at(*at))
            }
            _ => Some(later(from, every).min(until).max(from)),
        }
    }

    fn of_wave(&self, wave: u32) -> impl Iterator<Item = &DeviceState> {
        let names = self.waves.iter().filter(move |(_, w)| **w == wave);
        names.filter_map(|(name, _)| self.device(name))
    }

    /// What such a look saw.
    pub(super) fn watched(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        result: Result<Done, TaskError>,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let findings = match result {
            Ok(Done::Seen(Observation::Health(health))) => {
                let baseline = device.baseline.clone().unwrap_or_default();
                let policy = self.state.header.as_ref().map(|h| &h.policy);
                let prefixes_lost = policy.map_or(0, |p| p.prefixes_lost_percent);
                let mut worse = health.worse_than(&baseline, prefixes_lost);
                worse.retain(|f| !device.accepted.contains(&f.check));
                worse
            }
            Ok(_) => Vec::new(),
            Err(error) => vec![Finding {
                check: "answers".into(),
                weight: Weight::Gate,
                expected: "an answer".into(),
                found: error.fault().message,
            }],
        };
        let mut moves = self.record(name, now, [Event::Watched { findings }])?;
        let live = self.live(name);
        live.wake = None;
        if !std::mem::replace(&mut live.parked, true) {
            moves.push(Command::Park(name.clone()));
        }
        Ok(moves)
    }
}
