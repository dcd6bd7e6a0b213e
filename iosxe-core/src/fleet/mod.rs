//! The rules of a fleet: who may be disturbed when, and how many at once.
//!
//! All of it is data that a run keeps in its journal: a resume follows the rules that the run began
//! with. Who may go next is decided by the engine from these rules and from how the devices stand.

mod forecast;
mod time;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::device::Record;
use crate::fault::{Class, Fault, Remedy};
use crate::ids::DeviceName;
use crate::policy::seconds;
use crate::words::glob;

pub use forecast::{Forecast, Turn, forecast};
pub use time::{Room, time_needed};
pub use window::{Dates, DatesError, Day, Opening, Window, WindowError};

/// Rules that bind devices to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetPolicy {
    /// The windows that rows and sites name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// What holds for the rows of some sites; the first that fits a row holds for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteRules>,
    /// In which order, and when to stop.
    pub waves: Waves,
    /// Devices that may be disturbed at once, over all sites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reloads: Option<u32>,
    /// Images that may be on their way to devices at once, over all sites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<u32>,
}

/// What holds for the rows of some sites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteRules {
    /// Pattern of the `site` column.
    pub pattern: String,
    /// The window of rows that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Devices of one site that may be disturbed at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reloads: Option<u32>,
    /// Images that may be on their way to devices of one site at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<u32>,
}

/// Waves: a few devices first, and no more of them where those fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Waves {
    /// Rows without a wave of their own go in batches, behind every row that has one: so many in the
    /// first. Where nothing is said, such rows wait for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<u32>,
    /// Each batch is so many times larger than the one before it.
    pub growth: u32,
    /// How long the devices of a wave are watched before the next one begins. Device time.
    #[serde(with = "seconds")]
    pub soak: Duration,
    /// So many failed devices of a wave stop the next one, and what is left of their own.
    pub failures: u32,
    /// So many failed devices of the run stop it; any number where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_failures: Option<u32>,
}

impl Default for Waves {
    fn default() -> Self {
        Self {
            canary: None,
            growth: 3,
            soak: Duration::ZERO,
            failures: 1,
            run_failures: None,
        }
    }
}

/// Rules that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// A window.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// Two windows of one name.
    #[error("two windows are called `{0}`")]
    TwoWindows(String),
    /// A row or a site names a window that is none.
    #[error("{place} names the window `{window}`, which is not defined")]
    NoSuchWindow {
        /// Where.
        place: String,
        /// The name.
        window: String,
    },
    /// A number that lets nobody go.
    #[error("{0} is 0: nothing could ever be upgraded")]
    Zero(&'static str),
}

impl From<FleetError> for Fault {
    fn from(error: FleetError) -> Self {
        let (code, remedy) = match &error {
            FleetError::Window(WindowError::UnknownZone { .. }) => (
                "window_zone",
                "give the name of a time zone as it stands in the IANA list: `Europe/Berlin`",
            ),
            FleetError::Window(WindowError::DaysAndDates { .. }) => {
                ("window_invalid", "say `days` or `dates`, not both")
            }
            FleetError::Window(WindowError::Past { .. }) => (
                "window_over",
                "give the window dates that are to come, or name another one",
            ),
            FleetError::TwoWindows(_) => ("window_invalid", "give each window a name of its own"),
            FleetError::NoSuchWindow { .. } => (
                "window_unknown",
                "define it with [[window]] in the configuration, or correct the name",
            ),
            FleetError::Zero(_) => ("fleet_invalid", "give 1 or more, or leave it out"),
        };
        Self::new(Class::Operator, code, error.to_string()).remedy(Remedy::new(remedy))
    }
}

impl FleetPolicy {
    /// Whether it says nothing that differs from the default.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the rules can be followed at all.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn checked(&self) -> Result<(), FleetError> {
        let zero = |name, value: Option<u32>| match value {
            Some(0) => Err(FleetError::Zero(name)),
            _ => Ok(()),
        };
        zero("waves.canary", self.waves.canary)?;
        zero("waves.growth", Some(self.waves.growth))?;
        zero("waves.failures", Some(self.waves.failures))?;
        zero("waves.run_failures", self.waves.run_failures)?;
        zero("limits.reloads", self.reloads)?;
        zero("limits.transfers", self.transfers)?;
        for site in &self.sites {
            zero("reloads of a site", site.reloads)?;
            zero("transfers of a site", site.transfers)?;
            self.known(site.window.as_deref(), || {
                format!("the site `{}`", site.pattern)
            })?;
        }
        let mut names = BTreeSet::new();
        for window in &self.windows {
            window.time_zone()?;
            if !names.insert(window.name.as_str()) {
                return Err(FleetError::TwoWindows(window.name.clone()));
            }
        }
        Ok(())
    }

    /// Whether the rules can be followed for these rows, seen from an instant.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn checked_for<'a>(
        &self,
        records: impl IntoIterator<Item = &'a Record>,
        now: Timestamp,
    ) -> Result<(), FleetError> {
        self.checked()?;
        let mut asked = BTreeSet::new();
        for record in records {
            let name = self.window_name(record);
            self.known(name, || record.origin.clone())?;
            asked.extend(name);
        }
        let windows = self.windows.iter();
        for window in windows.filter(|w| asked.contains(w.name.as_str())) {
            window.checked(now)?;
        }
        Ok(())
    }

    fn known(&self, name: Option<&str>, place: impl Fn() -> String) -> Result<(), FleetError> {
        match name {
            Some(name) if !self.windows.iter().any(|w| w.name == name) => {
                Err(FleetError::NoSuchWindow {
                    place: place(),
                    window: name.to_owned(),
                })
            }
            _ => Ok(()),
        }
    }

    /// The rules of a row's site.
    #[must_use]
    pub fn site(&self, record: &Record) -> Option<&SiteRules> {
        let site = record.site.as_deref()?;
        self.sites.iter().find(|rules| glob(&rules.pattern, site))
    }

    fn window_name<'a>(&'a self, record: &'a Record) -> Option<&'a str> {
        let of_site = || self.site(record).and_then(|site| site.window.as_deref());
        record.window.as_deref().or_else(of_site)
    }

    /// The window of a row: its own, or that of its site. `None` where it may go at any time.
    ///
    /// # Errors
    /// [`FleetError::NoSuchWindow`].
    pub fn window(&self, record: &Record) -> Result<Option<&Window>, FleetError> {
        let Some(name) = self.window_name(record) else {
            return Ok(None);
        };
        self.known(Some(name), || record.origin.clone())?;
        Ok(self.windows.iter().find(|w| w.name == name))
    }

    /// The wave of each row that is in one: its own number, or that of the batch that it falls into, in
    /// the order of the rows. Rows that are held are in none: nobody waits for them.
    #[must_use]
    pub fn wave_of<'a>(
        &self,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> BTreeMap<DeviceName, u32> {
        let (numbered, others): (Vec<&Record>, Vec<&Record>) = records
            .into_iter()
            .filter(|r| !r.hold)
            .partition(|r| r.wave.is_some());
        let mut waves: BTreeMap<DeviceName, u32> = numbered
            .iter()
            .filter_map(|r| Some((r.name.clone(), r.wave?)))
            .collect();
        let Some(canary) = self.waves.canary else {
            return waves;
        };
        let mut wave = waves
            .values()
            .max()
            .map_or(1, |last| last.saturating_add(1));
        let (mut size, mut left) = (canary.max(1), canary.max(1));
        for record in others {
            if left == 0 {
                wave = wave.saturating_add(1);
                size = size.saturating_mul(self.waves.growth.max(1));
                left = size;
            }
            left -= 1;
            waves.insert(record.name.clone(), wave);
        }
        waves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, change: impl FnOnce(&mut Record)) -> Record {
        let address = "10.0.0.1".parse().unwrap();
        let mut record = Record::new(name.into(), address, format!("fleet.csv, row of {name}"));
        change(&mut record);
        record
    }

    fn policy(text: &str) -> FleetPolicy {
        toml::from_str(text).unwrap()
    }

    fn said(policy: &FleetPolicy, rows: &[Record]) -> String {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        policy.checked_for(rows, now).unwrap_err().to_string()
    }

    const NIGHT: &str = "[[windows]]\nname = \"night\"\nzone = \"Europe/Berlin\"\nstarts = \"22:00\"\nends = \"04:00\"\n";

    #[test]
    fn a_row_has_its_own_window_or_that_of_its_site() {
        let text = format!(
            "{NIGHT}[[windows]]\nname = \"noon\"\nzone = \"Europe/Paris\"\nstarts = \"12:00\"\nends = \"13:00\"\n\
             [[sites]]\npattern = \"ly*\"\nwindow = \"noon\"\n"
        );
        let policy = policy(&text);
        let name = |record: &Record| policy.window(record).unwrap().map(|w| w.name.clone());
        let lyon = |r: &mut Record| r.site = Some("Lyon".into());
        assert_eq!(name(&row("a", lyon)).as_deref(), Some("noon"));
        let own = row("b", |r| {
            lyon(r);
            r.window = Some("night".into());
        });
        assert_eq!(name(&own).as_deref(), Some("night"));
        assert_eq!(name(&row("c", |_| {})), None);
    }

    #[test]
    fn rules_that_nobody_could_follow_are_named() {
        let lost = row("a", |r| r.window = Some("nigth".into()));
        assert_eq!(
            said(&policy(NIGHT), std::slice::from_ref(&lost)),
            "fleet.csv, row of a names the window `nigth`, which is not defined"
        );
        assert_eq!(
            said(&policy(&format!("{NIGHT}{NIGHT}")), &[]),
            "two windows are called `night`"
        );
        for (text, name) in [
            ("reloads = 0", "limits.reloads"),
            ("[waves]\ncanary = 0", "waves.canary"),
            ("[waves]\nfailures = 0", "waves.failures"),
            ("[waves]\nrun_failures = 0", "waves.run_failures"),
            (
                "[[sites]]\npattern = \"*\"\ntransfers = 0",
                "transfers of a site",
            ),
        ] {
            assert_eq!(
                said(&policy(text), &[]),
                format!("{name} is 0: nothing could ever be upgraded")
            );
        }
        let past = policy(&format!("{NIGHT}dates = [\"2026-11-01\"]"));
        let night = row("a", |r| r.window = Some("night".into()));
        assert!(said(&past, &[night]).contains("its dates are over"));
        // One that no row names may be over: it is left from last time.
        past.checked_for(&[row("b", |_| {})], "2026-11-23T12:00:00Z".parse().unwrap())
            .unwrap();
    }

    #[test]
    fn rows_without_a_wave_follow_in_batches_that_grow() {
        let policy = policy("[waves]\ncanary = 1\ngrowth = 2\n");
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let mut rows: Vec<Record> = names.iter().map(|n| row(n, |_| {})).collect();
        rows[7].wave = Some(3);
        rows[0].hold = true;
        let waves = policy.wave_of(&rows);
        let of: Vec<(&str, u32)> = waves.iter().map(|(n, w)| (n.as_str(), *w)).collect();
        assert_eq!(
            of,
            [
                ("b", 4),
                ("c", 5),
                ("d", 5),
                ("e", 6),
                ("f", 6),
                ("g", 6),
                ("h", 3)
            ]
        );
    }

    #[test]
    fn without_a_canary_only_rows_that_say_so_are_in_a_wave() {
        let rows = [row("a", |r| r.wave = Some(2)), row("b", |_| {})];
        let waves = FleetPolicy::default().wave_of(&rows);
        assert_eq!(waves.into_iter().collect::<Vec<_>>(), [("a".into(), 2)]);
    }
}
