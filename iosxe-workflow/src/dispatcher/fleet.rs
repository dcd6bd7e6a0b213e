//! Whose turn it is: what binds devices to each other, to the clock and to what a network can stand.
//!
//! Nobody is asked before the upgrade itself begins: discovery, plans, checks and copies go ahead of it.
//! Once a device has begun it is finished (design rules 3 and 4): neither a wave nor a window that
//! closes stops it, only its redundancy group and the limits are still asked.

use std::collections::BTreeMap;
use std::time::Duration;

use iosxe_core::device::Record;
use iosxe_core::event::{Event, Way};
use iosxe_core::fault::Fault;
use iosxe_core::fleet::{FleetPolicy, Room, time_needed};
use iosxe_core::health::{Finding, Weight};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::{Disturbs, Step, StepKind};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::words::counted;
use jiff::Timestamp;

use super::device::Moves;
use super::{Dispatcher, between, later, operator};
use crate::status::DeviceState;

/// A window that opens later than this is not waited for by a process: the run is resumed then. Wall
/// time.
const WAITS_FOR_WINDOW: Duration = Duration::from_secs(12 * 3600);

/// Why a device may not go on now.
#[derive(Debug)]
enum Wait {
    /// Others, or the clock.
    For {
        what: String,
        /// Not before this; to be asked again soon where nothing is said.
        at: Option<Timestamp>,
    },
    /// A person has to look first.
    Person(Fault),
}

fn others(what: String) -> Wait {
    Wait::For { what, at: None }
}

impl Dispatcher {
    /// What a device does that has to wait before a step; `None` when it may take it.
    pub(super) fn has_to_wait(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
    ) -> Option<Moves> {
        match self.turn(name, now, step) {
            Some(Wait::Person(fault)) => {
                self.live(name).queued = None;
                Some(self.hold(name, now, fault))
            }
            Some(Wait::For { what, at }) => {
                let until = at.unwrap_or_else(|| self.poll_at(now));
                Some(self.queue(name, now, until, what, at))
            }
            None => {
                self.live(name).queued.as_ref()?;
                // It comes back among those that are worked on.
                if self.has_slot() {
                    self.live(name).queued = None;
                    return None;
                }
                let at = self.poll_at(now);
                let what = "a place among the devices".to_owned();
                Some(self.queue(name, now, at, what, None))
            }
        }
    }

    /// Waits for others; said once.
    fn queue(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        until: Timestamp,
        what: String,
        bound: Option<Timestamp>,
    ) -> Moves {
        let live = self.live(name);
        if live.queued.as_ref() == Some(&what) {
            return Ok(self.sleep(name, until));
        }
        live.queued = Some(what.clone());
        let queued = Event::Queued { what, until: bound };
        let mut moves = self.record(name, now, [queued])?;
        moves.extend(self.sleep(name, until));
        Ok(moves)
    }

    fn turn(&self, name: &DeviceName, now: Timestamp, step: &Step) -> Option<Wait> {
        let device = self.device(name)?;
        let forth = device.way == Way::Forth;
        if forth && step.stage == StageKind::Upgrade && !device.has_begun() {
            let wait = self
                .run_budget()
                .or_else(|| self.wave(name, now))
                .or_else(|| self.group(name, device))
                .or_else(|| self.limit(name, device, Bound::Reloads))
                .or_else(|| self.window(device, now));
            if wait.is_some() {
                return wait;
            }
        }
        match step.kind {
            StepKind::Transfer | StepKind::Pull => self.limit(name, device, Bound::Transfers),
            // Another configuration may take traffic away as a reload does.
            kind if step.disturbs == Disturbs::None && kind != StepKind::ReplaceConfig => None,
            _ => self
                .group(name, device)
                .or_else(|| self.limit(name, device, Bound::Reloads)),
        }
    }

    fn fleet(&self) -> Option<&FleetPolicy> {
        self.state.header.as_ref().map(|h| h.policy.fleet.as_ref())
    }

    /// Whether so many devices failed that nobody new may begin.
    fn run_budget(&self) -> Option<Wait> {
        let most = self.fleet()?.waves.run_failures?;
        let failed = self.state.devices.iter().filter(|(_, d)| has_failed(d));
        let names: Vec<String> = failed.map(|(name, _)| name.to_string()).collect();
        reached(names.len(), most).then(|| {
            Wait::Person(operator(
                "failure_budget",
                format!(
                    "{} of the run failed ({}), and it stops at {most}",
                    counted(names.len(), "device"),
                    listed(&names)
                ),
                "find out why they failed, settle them, then resume",
            ))
        })
    }

    /// Whether the waves before a device's own have gone well, and its own so far.
    fn wave(&self, name: &DeviceName, now: Timestamp) -> Option<Wait> {
        let mine = *self.waves.get(name)?;
        let most = self.fleet()?.waves.failures;
        let mut waves: BTreeMap<u32, Vec<(&DeviceName, &DeviceState)>> = BTreeMap::new();
        for (other, wave) in self.waves.iter().filter(|(_, wave)| **wave <= mine) {
            let device = self.state.devices.get_key_value(other);
            waves.entry(*wave).or_default().extend(device);
        }
        for (wave, devices) in waves.range(..mine) {
            let mut not_well = Vec::new();
            for (other, device) in devices {
                match device.outcome() {
                    Outcome::Upgraded | Outcome::Already => {}
                    Outcome::NotStarted | Outcome::InProgress if device.ended.is_none() => {
                        return Some(others(format!("wave {wave}")));
                    }
                    outcome => not_well.push(format!("{other} is {outcome}")),
                }
            }
            if reached(not_well.len(), most) || not_well.len() == devices.len() {
                return Some(Wait::Person(operator(
                    "earlier_wave",
                    format!("of wave {wave}, {}", listed(&not_well)),
                    "settle the earlier wave first, then resume",
                )));
            }
        }
        let own = waves.get(&mine).into_iter().flatten();
        let failed = own.filter(|(_, device)| has_failed(device));
        let failed: Vec<String> = failed.map(|(other, _)| other.to_string()).collect();
        if reached(failed.len(), most) {
            return Some(Wait::Person(operator(
                "failure_budget",
                format!(
                    "of wave {mine}, {} failed ({}), and a wave stops at {most}",
                    counted(failed.len(), "device"),
                    listed(&failed)
                ),
                "find out why they failed and settle them, then resume",
            )));
        }
        // One in which everybody was there already is watched by nobody.
        let (last, devices) = waves.range(..mine).rev().find(|(_, devices)| {
            let mut devices = devices.iter();
            devices.any(|(_, d)| matches!(&d.ended, Some((Outcome::Upgraded, _))))
        })?;
        self.soak(*last, devices, now)
    }

    /// Whether the wave before is still watched, or was seen to be worse than it was.
    fn soak(
        &self,
        wave: u32,
        devices: &[(&DeviceName, &DeviceState)],
        now: Timestamp,
    ) -> Option<Wait> {
        let until = self.watched_until(devices.iter().map(|(_, d)| *d))?;
        if now < until {
            let what = format!("wave {wave}, which is being watched");
            return Some(Wait::For {
                what,
                at: Some(until),
            });
        }
        for (name, device) in devices {
            let Some((Outcome::Upgraded, _)) = &device.ended else {
                continue;
            };
            let gates = match &device.watched {
                Some((at, findings)) if *at >= until => gates(findings),
                _ => return Some(others(format!("a last look at wave {wave}"))),
            };
            if gates.is_empty() {
                continue;
            }
            let converges = self.state.header.as_ref().map(|h| h.policy.convergence);
            let bound = later(until, self.wall(converges.unwrap_or_default()));
            if now < bound {
                let what = format!("{name} of wave {wave}: {}", listed(&gates));
                return Some(others(what));
            }
            return Some(Wait::Person(operator(
                "wave_unhealthy",
                format!(
                    "{name} of wave {wave} was upgraded, and is worse since: {}",
                    listed(&gates)
                ),
                "mend it, or take it back with `iosxe rollback`, then resume",
            )));
        }
        None
    }

    /// Until when the upgraded devices of a wave are watched; `None` where they are not.
    pub(super) fn watched_until<'a>(
        &self,
        devices: impl Iterator<Item = &'a DeviceState>,
    ) -> Option<Timestamp> {
        let soak = self.fleet()?.waves.soak;
        let upgraded = devices.filter(|d| matches!(&d.ended, Some((Outcome::Upgraded, _))));
        let last = upgraded.filter_map(|d| d.ended_at).max()?;
        (!soak.is_zero()).then(|| later(last, self.wall(soak)))
    }

    /// Who must be left in peace while this device is disturbed (design rule 16).
    fn group(&self, name: &DeviceName, me: &DeviceState) -> Option<Wait> {
        let group = me.record.ha_group.as_ref()?;
        let partners = self.state.devices.iter().filter(|(other, device)| {
            *other != name
                && device.record.ha_group.as_ref() == Some(group)
                && device.freezes_partners()
        });
        let at_work = |device: &DeviceState| device.ended.is_none() && device.held.is_none();
        // One that nobody works on first: it is not waited for.
        let (other, device) = partners.min_by_key(|(_, device)| at_work(device))?;
        if at_work(device) {
            return Some(others(format!("{other} of the same redundancy group")));
        }
        let outcome = device.outcome();
        Some(Wait::Person(operator(
            "group_frozen",
            format!("{other} of the same redundancy group is {outcome}"),
            "bring the partner to a proven state first",
        )))
    }

    /// Whether its window has room for the upgrade and for its way back.
    fn window(&self, device: &DeviceState, now: Timestamp) -> Option<Wait> {
        let (policy, plan) = (&self.state.header.as_ref()?.policy, device.plan.as_ref()?);
        let window = match policy.fleet.window(&device.record) {
            Ok(window) => window?,
            Err(error) => return Some(Wait::Person(error.into())),
        };
        let need = time_needed(plan, policy);
        let name = &window.name;
        let fault = match window.room(now, self.wall(need)) {
            Room::Now(_) => return None,
            Room::Later(opening) => {
                let when = window.local(opening.opens);
                if between(now, opening.opens) <= WAITS_FOR_WINDOW {
                    return Some(Wait::For {
                        what: format!("the window `{name}`, which opens {when}"),
                        at: Some(opening.opens),
                    });
                }
                operator(
                    "window_closed",
                    format!(
                        "the window `{name}` has no room any more for {} and the way back: it opens again {when}",
                        minutes(need)
                    ),
                    "resume the run then",
                )
            }
            Room::TooShort { longest } => operator(
                "window_too_short",
                format!(
                    "the upgrade and its way back need {}, and the window `{name}` is never open for more than {}",
                    minutes(need),
                    minutes(self.device_time(longest))
                ),
                "give the window more time, or the device another one",
            ),
            Room::Over => operator(
                "window_over",
                format!("the window `{name}` does not open any more"),
                "give the window dates that are to come, or the device another one",
            ),
        };
        Some(Wait::Person(fault))
    }

    /// What is warned of where the device's own way back could happen outside its window (design rule 6).
    pub(super) fn goes_back_outside(&self, device: &DeviceState, now: Timestamp) -> Option<Event> {
        let (policy, plan) = (&self.state.header.as_ref()?.policy, device.plan.as_ref()?);
        let window = policy.fleet.window(&device.record).ok()??;
        let at = self.after(now, plan.auto_abort?);
        let closes = window.opening(now)?.closes;
        (at > closes).then(|| Event::Warned {
            code: "self_reload_outside_window".into(),
            message: format!(
                "were it never committed, the device would go back by itself {}, after its window `{}` closed {}",
                window.local(at),
                window.name,
                window.local(closes)
            ),
        })
    }

    /// Whether as many devices are at it as may be, at its site or in all.
    fn limit(&self, name: &DeviceName, me: &DeviceState, bound: Bound) -> Option<Wait> {
        let fleet = self.fleet()?;
        let site = fleet.site(&me.record);
        let (all, of_site) = match bound {
            Bound::Reloads => (fleet.reloads, site.and_then(|s| s.reloads)),
            Bound::Transfers => (fleet.transfers, site.and_then(|s| s.transfers)),
        };
        if all.is_none() && of_site.is_none() {
            return None;
        }
        // One that is at it already goes on.
        if bound.counts(me) {
            return None;
        }
        let at_it = |here: bool| -> Vec<(&DeviceName, &DeviceState)> {
            let devices = self
                .state
                .devices
                .iter()
                .filter(|(other, _)| *other != name);
            let devices = devices.filter(|(_, device)| bound.counts(device));
            devices
                .filter(|(_, device)| !here || same_site(&device.record, &me.record))
                .collect()
        };
        let wait = |who: Vec<(&DeviceName, &DeviceState)>, what: String| {
            // They wait for a person: so does everybody behind them.
            if who.iter().all(|(_, device)| device.held.is_some()) {
                let names: Vec<String> = who.iter().map(|(n, _)| n.to_string()).collect();
                return Wait::Person(operator(
                    "limit_held",
                    format!("{what}: {}, which wait for a person", listed(&names)),
                    "settle them, then resume",
                ));
            }
            others(what)
        };
        let here = at_it(true);
        if of_site.is_some_and(|most| reached(here.len(), most)) {
            let site = me.record.site.as_deref().unwrap_or_default();
            return Some(wait(here, format!("{} at {site}", bound.words())));
        }
        let all_of_them = at_it(false);
        let many = all.is_some_and(|most| reached(all_of_them.len(), most));
        many.then(|| wait(all_of_them, bound.words().to_owned()))
    }
}

fn same_site(one: &Record, other: &Record) -> bool {
    match (&one.site, &other.site) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    }
}

/// What only so many devices may be at, at once.
#[derive(Clone, Copy, Debug)]
enum Bound {
    Reloads,
    Transfers,
}

impl Bound {
    fn counts(self, device: &DeviceState) -> bool {
        let open = device.open.as_ref().map(|open| open.what);
        match self {
            // From its first disruptive command on until it has been seen as healthy as before.
            Self::Reloads => {
                let proven = device.way == Way::Forth && device.soak_until.is_some();
                device.ended.is_none() && device.has_begun() && !proven
            }
            Self::Transfers => matches!(open, Some(StepKind::Transfer | StepKind::Pull)),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Reloads => "other devices that are disturbed",
            Self::Transfers => "other copies",
        }
    }
}

/// Whether a device counts against a budget of failures.
fn has_failed(device: &DeviceState) -> bool {
    matches!(
        &device.ended,
        Some((
            Outcome::RolledBack | Outcome::DeadLetter | Outcome::Lost | Outcome::Uncommitted,
            _
        ))
    )
}

fn reached(count: usize, most: u32) -> bool {
    u32::try_from(count).unwrap_or(u32::MAX) >= most
}

/// The first of some, and how many more there are.
fn listed(of: &[String]) -> String {
    const SHOWN: usize = 3;
    let first: Vec<&str> = of.iter().take(SHOWN).map(String::as_str).collect();
    match of.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The findings that a commit would not have passed.
pub(super) fn gates(findings: &[Finding]) -> Vec<String> {
    let gates = findings.iter().filter(|f| f.weight == Weight::Gate);
    gates.map(ToString::to_string).collect()
}

fn minutes(time: Duration) -> String {
    counted(time.as_secs().div_ceil(60), "minute")
}
