//! Whether a list fits into its windows, and what would be left of it.
//!
//! A plan of the plans: copies are taken to be done before, each device to need what its plan
//! estimates. Nothing is carried out by it; the engine decides anew from how the devices stand.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{FleetPolicy, Room, time_needed};
use crate::device::Record;
use crate::ids::DeviceName;
use crate::plan::DevicePlan;
use crate::policy::Policy;

/// What becomes of the devices of one window in its next opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// The window.
    pub window: String,
    /// When it opens, or opened.
    pub opens: Timestamp,
    /// When it closes.
    pub closes: Timestamp,
    /// The devices that fit into it, in the order of their turns: when each begins, and when it is
    /// through.
    pub fit: Vec<Turn>,
    /// The devices that do not.
    pub left: Vec<DeviceName>,
}

/// A device's turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// The device.
    pub device: DeviceName,
    /// When it is disturbed first.
    pub begins: Timestamp,
    /// When it is through, its soak too.
    pub ends: Timestamp,
}

/// One device in such a list.
struct Entry<'a> {
    record: &'a Record,
    wave: Option<u32>,
    /// Wall time until it may be called upgraded.
    takes: Duration,
    /// Wall time that must be left, the way back counted.
    needs: Duration,
}

/// The next opening of each window of these devices, and who fits into it. `at_once` is how many
/// devices are worked on at once, `scale` how many times faster than wall time device time runs.
#[must_use]
pub fn forecast<'a>(
    devices: impl IntoIterator<Item = (&'a Record, &'a DevicePlan)>,
    policy: &Policy,
    at_once: usize,
    scale: f64,
    now: Timestamp,
) -> Vec<Forecast> {
    let fleet = &policy.fleet;
    let devices: Vec<(&Record, &DevicePlan)> = devices.into_iter().collect();
    let waves = fleet.wave_of(devices.iter().map(|(record, _)| *record));
    let wall = |time: Duration| {
        Duration::try_from_secs_f64(time.as_secs_f64() / scale.max(0.001)).unwrap_or(time)
    };
    let mut by_window: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    for (record, plan) in devices.iter().filter(|(record, _)| !record.hold) {
        let Ok(Some(window)) = fleet.window(record) else {
            continue;
        };
        let takes = Duration::from_secs(plan.estimate_s).saturating_add(policy.soak);
        by_window.entry(&window.name).or_default().push(Entry {
            record,
            wave: waves.get(&record.name).copied(),
            takes: wall(takes),
            needs: wall(time_needed(plan, policy)),
        });
    }
    let mut all = Vec::new();
    for (name, mut entries) in by_window {
        let window = fleet.windows.iter().find(|w| w.name == name);
        let Some(opening) = window.and_then(|w| match w.room(now, Duration::ZERO) {
            Room::Now(opening) | Room::Later(opening) => Some(opening),
            Room::TooShort { .. } | Room::Over => None,
        }) else {
            continue;
        };
        entries.sort_by(|a, b| (a.wave, &a.record.name).cmp(&(b.wave, &b.record.name)));
        let schedule = Schedule {
            fleet,
            at_once,
            soak: wall(fleet.waves.soak),
            closes: opening.closes,
        };
        let (fit, left) = schedule.of(&entries, opening.opens.max(now));
        all.push(Forecast {
            window: name.to_owned(),
            opens: opening.opens,
            closes: opening.closes,
            fit,
            left,
        });
    }
    all
}

struct Schedule<'a> {
    fleet: &'a FleetPolicy,
    at_once: usize,
    soak: Duration,
    closes: Timestamp,
}

impl Schedule<'_> {
    fn of(&self, entries: &[Entry<'_>], opens: Timestamp) -> (Vec<Turn>, Vec<DeviceName>) {
        let mut placed: Vec<(Turn, &Record)> = Vec::new();
        let mut left = Vec::new();
        // A wave begins when the one before it is through and was watched.
        let mut begins = opens;
        let mut wave = None;
        for entry in entries {
            if entry.wave.is_some() && entry.wave != wave {
                let before = placed.iter().filter(|_| wave.is_some());
                if let Some(last) = before.map(|(turn, _)| turn.ends).max() {
                    begins = after(last, self.soak);
                }
                wave = entry.wave;
            }
            // Where one of a wave is left, the wave is not through: none of the next one begins.
            let stopped = entry.wave.is_some()
                && left
                    .iter()
                    .any(|(_, of): &(DeviceName, Option<u32>)| of.is_some() && *of < entry.wave);
            let turn = (!stopped)
                .then(|| self.place(entry, begins, &placed))
                .flatten();
            match turn {
                Some(turn) => placed.push((turn, entry.record)),
                None => left.push((entry.record.name.clone(), entry.wave)),
            }
        }
        let fit = placed.into_iter().map(|(turn, _)| turn).collect();
        (fit, left.into_iter().map(|(name, _)| name).collect())
    }

    /// The first moment at which a device may begin beside those that have their turns.
    fn place(
        &self,
        entry: &Entry<'_>,
        begins: Timestamp,
        placed: &[(Turn, &Record)],
    ) -> Option<Turn> {
        let ends = placed.iter().map(|(turn, _)| turn.ends);
        let mut moments: Vec<Timestamp> = ends
            .filter(|at| *at > begins)
            .chain(std::iter::once(begins))
            .collect();
        moments.sort_unstable();
        moments.dedup();
        let at = moments.into_iter().find(|at| {
            let beside: Vec<&Record> = placed
                .iter()
                .filter(|(turn, _)| turn.begins <= *at && *at < turn.ends)
                .map(|(_, record)| *record)
                .collect();
            self.may_go_beside(entry.record, &beside)
        })?;
        (after(at, entry.needs) <= self.closes).then(|| Turn {
            device: entry.record.name.clone(),
            begins: at,
            ends: after(at, entry.takes),
        })
    }

    fn may_go_beside(&self, me: &Record, beside: &[&Record]) -> bool {
        let most =
            |limit: Option<u32>| limit.map_or(usize::MAX, |n| n.try_into().unwrap_or(usize::MAX));
        let here = beside
            .iter()
            .filter(|other| other.site.is_some() && other.site == me.site)
            .count();
        let of_site = most(self.fleet.site(me).and_then(|site| site.reloads));
        let partner = |other: &&&Record| me.ha_group.is_some() && other.ha_group == me.ha_group;
        beside.len() < self.at_once.min(most(self.fleet.reloads))
            && here < of_site
            && beside.iter().find(partner).is_none()
    }
}

fn after(at: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| at.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Method;

    const MINUTE: u64 = 60;

    fn plan(name: &str) -> DevicePlan {
        let text = format!(
            r#"{{"device":"{name}","pid":"C9300-48P","serials":[],"from":"17.9.4","to":"17.12.4","method":"three_step",
            "image":{{"file":"i.bin","version":"17.12.4","platforms":[],"size_bytes":1,"path":"i.bin"}},
            "file_system":"flash:","members":1,"steps":[],"way_back":[{{"kind":"abort","stage":"rollback",
            "commands":["install abort"],"disturbs":"reload","bound_s":60,"undo":""}}],
            "reasons":[],"auto_abort":null,"estimate_s":{},"hash":"h"}}"#,
            10 * MINUTE
        );
        let plan: DevicePlan = serde_json::from_str(&text).unwrap();
        assert_eq!(plan.method, Method::ThreeStep);
        plan
    }

    /// Each device takes 20 min with its soak, and needs 30 with its way back.
    fn told(fleet: &str, rows: &[(&str, &str)], at_once: usize) -> String {
        let mut policy = Policy {
            fleet: toml::from_str(&format!(
                "{fleet}\n[[windows]]\nname = \"night\"\nzone = \"UTC\"\nstarts = \"22:00\"\nends = \"23:00\"\n"
            ))
            .unwrap(),
            ..Policy::default()
        };
        policy.soak = Duration::from_secs(10 * MINUTE);
        policy.convergence = Duration::from_secs(10 * MINUTE);
        let rows: Vec<(Record, DevicePlan)> = rows
            .iter()
            .map(|(name, words)| {
                let address = "10.0.0.1".parse().unwrap();
                let mut record = Record::new((*name).into(), address, "row");
                record.window = Some("night".into());
                for (key, value) in words.split(' ').filter_map(|w| w.split_once('=')) {
                    match key {
                        "wave" => record.wave = value.parse().ok(),
                        "group" => record.ha_group = Some(value.into()),
                        "site" => record.site = Some(value.into()),
                        other => panic!("{other}"),
                    }
                }
                (record, plan(name))
            })
            .collect();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let all = forecast(rows.iter().map(|(r, p)| (r, p)), &policy, at_once, 1.0, now);
        let [forecast] = all.as_slice() else {
            panic!("{all:?}")
        };
        let clock = |at: Timestamp| at.strftime("%H:%M").to_string();
        let turns = forecast.fit.iter();
        let mut words: Vec<String> = turns
            .map(|t| format!("{} {}-{}", t.device, clock(t.begins), clock(t.ends)))
            .collect();
        words.extend(forecast.left.iter().map(|d| format!("{d} left")));
        words.join(", ")
    }

    #[test]
    fn devices_go_side_by_side_as_far_as_they_may() {
        let rows = [("a", ""), ("b", ""), ("c", ""), ("d", "")];
        assert_eq!(
            told("", &rows, 20),
            "a 22:00-22:20, b 22:00-22:20, c 22:00-22:20, d 22:00-22:20"
        );
        // The third pair would need until 23:10 if it had to go back.
        let rows = [("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")];
        let two = "a 22:00-22:20, b 22:00-22:20, c 22:20-22:40, d 22:20-22:40, e left";
        assert_eq!(told("reloads = 2", &rows, 20), two);
        assert_eq!(told("", &rows, 2), two);
    }

    #[test]
    fn partners_and_sites_bind() {
        let rows = [("a", "group=g"), ("b", "group=g"), ("c", "")];
        assert_eq!(
            told("", &rows, 20),
            "a 22:00-22:20, b 22:20-22:40, c 22:00-22:20"
        );
        let site = "[[sites]]\npattern = \"lyon\"\nreloads = 1\n";
        let rows = [("a", "site=lyon"), ("b", "site=lyon"), ("c", "site=nantes")];
        assert_eq!(
            told(site, &rows, 20),
            "a 22:00-22:20, b 22:20-22:40, c 22:00-22:20"
        );
    }

    #[test]
    fn a_wave_waits_for_the_one_before_it_and_its_soak() {
        let rows = [("a", "wave=1"), ("b", "wave=2"), ("c", "wave=3")];
        let soak = "[waves]\nsoak = 600\n";
        assert_eq!(
            told(soak, &rows, 20),
            "a 22:00-22:20, b 22:30-22:50, c left"
        );
        let rows = [
            ("a", "wave=1"),
            ("b", "wave=1"),
            ("c", "wave=1"),
            ("d", "wave=2"),
        ];
        assert_eq!(
            told("reloads = 1", &rows, 20),
            "a 22:00-22:20, b 22:20-22:40, c left, d left",
            "a wave that is not through holds the next one"
        );
    }
}
