//! Maintenance windows: when a device may be disturbed.
//!
//! A window is a rule on a calendar: on which days it begins, at which local time it opens and closes,
//! and on which dates it does not take place. What it says of an instant is pure arithmetic on the
//! calendar of its time zone, changes of the clock included.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// How far ahead an opening is looked for: a window that does not open within two years never does.
const HORIZON_DAYS: u32 = 732;

/// A named window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// What rows call it.
    pub name: String,
    /// IANA name of the time zone that its times are in: `Europe/Berlin`.
    pub zone: String,
    /// Weekdays on which it opens: `mon` to `sun`; every day where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// Dates on which it opens, in place of weekdays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<Date>,
    /// Local time at which it opens.
    pub starts: Time,
    /// Local time at which it closes: of the next day where it is not later than `starts`.
    pub ends: Time,
    /// Dates that it keeps clear of: `2026-12-24`, or `2026-12-20/2027-01-06` with both ends in it. It
    /// does not open on one, and closes at the midnight with which one begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blackout: Vec<Dates>,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: Time| time.strftime("%H:%M").to_string();
        let (starts, ends) = (clock(self.starts), clock(self.ends));
        write!(f, "{starts} to {ends} ({})", self.zone)?;
        let joined = |words: Vec<String>| words.join(", ");
        let days = joined(self.days.iter().map(|d| format!("{d:?}")).collect());
        let dates = joined(self.dates.iter().map(Date::to_string).collect());
        let black = joined(self.blackout.iter().map(Dates::to_string).collect());
        for (when, words) in [("on", days), ("on", dates), ("not on", black)] {
            if !words.is_empty() {
                write!(f, ", {when} {words}")?;
            }
        }
        Ok(())
    }
}

/// A weekday by its first three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

/// A date, or dates from one to another, both in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dates {
    /// The first.
    pub first: Date,
    /// The last.
    pub last: Date,
}

impl Dates {
    fn has(self, date: Date) -> bool {
        self.first <= date && date <= self.last
    }
}

/// A text that is neither a date nor two.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a date (2026-12-24) nor two in order (2026-12-20/2027-01-06)")]
pub struct DatesError(pub String);

impl FromStr for Dates {
    type Err = DatesError;

    fn from_str(text: &str) -> Result<Self, DatesError> {
        let bad = || DatesError(text.to_owned());
        let (first, last) = text.split_once('/').unwrap_or((text, text));
        let date = |t: &str| t.trim().parse::<Date>().map_err(|_| bad());
        let dates = Self {
            first: date(first)?,
            last: date(last)?,
        };
        (dates.first <= dates.last).then_some(dates).ok_or_else(bad)
    }
}

impl TryFrom<String> for Dates {
    type Error = DatesError;

    fn try_from(text: String) -> Result<Self, DatesError> {
        text.parse()
    }
}

impl From<Dates> for String {
    fn from(dates: Dates) -> Self {
        dates.to_string()
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}/{}", self.first, self.last)
        }
    }
}

/// One time that a window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    /// From this instant on.
    pub opens: Timestamp,
    /// Up to this instant.
    pub closes: Timestamp,
}

impl Opening {
    /// How long it is, in wall time.
    #[must_use]
    pub fn length(&self) -> Duration {
        Duration::try_from(self.closes.duration_since(self.opens)).unwrap_or_default()
    }
}

/// A window that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// No such time zone.
    #[error("the window `{window}` is in the time zone `{zone}`, which nobody knows")]
    UnknownZone {
        /// The window.
        window: String,
        /// Its zone.
        zone: String,
    },
    /// Both weekdays and dates.
    #[error("the window `{window}` opens on weekdays and on dates: say one of the two")]
    DaysAndDates {
        /// The window.
        window: String,
    },
    /// It does not open any more.
    #[error("the window `{window}` does not open any more: {why}")]
    Past {
        /// The window.
        window: String,
        /// Why, in words.
        why: &'static str,
    },
}

impl Window {
    /// Its time zone.
    ///
    /// # Errors
    /// [`WindowError::UnknownZone`].
    pub fn time_zone(&self) -> Result<TimeZone, WindowError> {
        TimeZone::get(&self.zone).map_err(|_| WindowError::UnknownZone {
            window: self.name.clone(),
            zone: self.zone.clone(),
        })
    }

    /// Whether it can be kept at all, seen from an instant.
    ///
    /// # Errors
    /// [`WindowError`].
    pub fn checked(&self, now: Timestamp) -> Result<(), WindowError> {
        self.time_zone()?;
        if !self.days.is_empty() && !self.dates.is_empty() {
            return Err(WindowError::DaysAndDates {
                window: self.name.clone(),
            });
        }
        if self.opening(now).is_some() {
            return Ok(());
        }
        Err(WindowError::Past {
            window: self.name.clone(),
            why: if self.dates.is_empty() {
                "every day of it is blacked out"
            } else {
                "its dates are over or blacked out"
            },
        })
    }

    /// The opening that an instant is in, or else the next one; `None` where none comes.
    #[must_use]
    pub fn opening(&self, now: Timestamp) -> Option<Opening> {
        let zone = self.time_zone().ok()?;
        // One that began the day before may still be open.
        let today = now.to_zoned(zone.clone()).date();
        let mut date = today.yesterday().unwrap_or(today);
        for _ in 0..HORIZON_DAYS {
            if let Some(opening) = self.on(date, &zone).filter(|o| o.closes > now) {
                return Some(opening);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The opening that begins on a date.
    fn on(&self, date: Date, zone: &TimeZone) -> Option<Opening> {
        let named = match (self.dates.as_slice(), self.days.as_slice()) {
            ([], []) => true,
            ([], days) => days.contains(&Day::of(date.weekday())),
            (dates, _) => dates.contains(&date),
        };
        if !named || self.is_black(date) {
            return None;
        }
        let next = date.tomorrow().ok()?;
        let at = |date: Date, time: Time| {
            let zoned = date.to_datetime(time).to_zoned(zone.clone());
            zoned.ok().map(|z| z.timestamp())
        };
        let opens = at(date, self.starts)?;
        let closes = match () {
            () if self.ends > self.starts => at(date, self.ends)?,
            () if self.is_black(next) => at(next, Time::midnight())?,
            () => at(next, self.ends)?,
        };
        // A change of the clock may leave nothing of a short one.
        (closes > opens).then_some(Opening { opens, closes })
    }

    fn is_black(&self, date: Date) -> bool {
        self.blackout.iter().any(|dates| dates.has(date))
    }

    /// An instant as its people read it.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> String {
        match self.time_zone() {
            Ok(zone) => at
                .to_zoned(zone)
                .strftime("%a %Y-%m-%d %H:%M %Z")
                .to_string(),
            Err(_) => at.strftime("%a %Y-%m-%d %H:%M UTC").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(text: &str) -> Window {
        toml::from_str(&format!(
            "name = \"night\"\nzone = \"Europe/Berlin\"\n{text}"
        ))
        .unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn opening(window: &Window, now: &str) -> Option<(String, String)> {
        let text = |t: Timestamp| t.to_string();
        let opening = window.opening(at(now))?;
        Some((text(opening.opens), text(opening.closes)))
    }

    fn pair(opens: &str, closes: &str) -> Option<(String, String)> {
        Some((opens.to_owned(), closes.to_owned()))
    }

    #[test]
    fn a_window_over_midnight_is_open_on_both_sides_of_it() {
        let window = window("starts = \"22:00\"\nends = \"04:00\"");
        let tonight = pair("2026-11-23T21:00:00Z", "2026-11-24T03:00:00Z");
        assert_eq!(opening(&window, "2026-11-23T12:00:00Z"), tonight, "before");
        assert_eq!(opening(&window, "2026-11-23T22:00:00Z"), tonight, "in it");
        assert_eq!(
            opening(&window, "2026-11-24T02:59:59Z"),
            tonight,
            "its last second"
        );
        let next = pair("2026-11-24T21:00:00Z", "2026-11-25T03:00:00Z");
        assert_eq!(opening(&window, "2026-11-24T03:00:00Z"), next, "closed");
    }

    #[test]
    fn weekdays_are_those_on_which_it_opens() {
        let window = window("days = [\"sat\"]\nstarts = \"23:00\"\nends = \"01:00\"");
        // A Monday; the Saturday after it, until Sunday.
        let saturday = pair("2026-11-28T22:00:00Z", "2026-11-29T00:00:00Z");
        assert_eq!(opening(&window, "2026-11-23T12:00:00Z"), saturday);
        assert_eq!(
            opening(&window, "2026-11-28T23:30:00Z"),
            saturday,
            "on Sunday, local time"
        );
    }

    #[test]
    fn a_night_in_which_the_clock_changes_is_as_long_as_it_is() {
        // Clocks go forward at 2:00 and back at 3:00 (local time).
        let window = window("starts = \"22:00\"\nends = \"04:00\"");
        let spring = window.opening(at("2026-03-28T20:00:00Z")).unwrap();
        assert_eq!(spring.length(), Duration::from_secs(5 * 3600));
        let autumn = window.opening(at("2026-10-24T20:00:00Z")).unwrap();
        assert_eq!(autumn.length(), Duration::from_secs(7 * 3600));
    }

    #[test]
    fn a_blackout_has_neither_the_beginning_nor_the_end_of_a_night() {
        let window = window(
            "starts = \"22:00\"\nends = \"04:00\"\nblackout = [\"2026-12-24/2026-12-26\", \"2026-12-31\"]",
        );
        // The night before it ends at midnight.
        let before = pair("2026-12-23T21:00:00Z", "2026-12-23T23:00:00Z");
        assert_eq!(opening(&window, "2026-12-23T12:00:00Z"), before);
        let after = pair("2026-12-27T21:00:00Z", "2026-12-28T03:00:00Z");
        assert_eq!(opening(&window, "2026-12-23T23:00:00Z"), after);
        let first = pair("2027-01-01T21:00:00Z", "2027-01-02T03:00:00Z");
        assert_eq!(opening(&window, "2026-12-31T12:00:00Z"), first);
    }

    #[test]
    fn what_cannot_be_kept_is_said_with_its_name() {
        let now = at("2026-11-23T12:00:00Z");
        let night = "starts = \"22:00\"\nends = \"04:00\"\n";
        let said = |window: &Window| window.checked(now).unwrap_err().to_string();
        let past = window(&format!("{night}dates = [\"2026-11-01\"]"));
        assert_eq!(
            said(&past),
            "the window `night` does not open any more: its dates are over or blacked out"
        );
        let black = window(&format!("{night}blackout = [\"2020-01-01/2040-01-01\"]"));
        assert!(said(&black).ends_with("every day of it is blacked out"));
        let both = window(&format!(
            "{night}dates = [\"2026-12-01\"]\ndays = [\"mon\"]"
        ));
        assert!(said(&both).contains("weekdays and on dates"));
        let mut lost = window(night);
        lost.zone = "Europe/Atlantis".into();
        assert!(said(&lost).contains("`Europe/Atlantis`, which nobody knows"));
        assert_eq!(lost.opening(now), None);
        window(&format!("{night}dates = [\"2026-11-22\", \"2026-12-01\"]"))
            .checked(now)
            .unwrap();
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        for text in ["2026-13-01", "2026-12-26/2026-12-24", "soon", ""] {
            assert!(text.parse::<Dates>().is_err(), "{text}");
        }
        let dates: Dates = "2026-12-24/2026-12-26".parse().unwrap();
        assert_eq!(dates.to_string(), "2026-12-24/2026-12-26");
    }

    #[test]
    fn a_window_is_read_back_from_the_journal() {
        let window = window(
            "days = [\"sat\", \"sun\"]\nstarts = \"22:00\"\nends = \"04:00\"\nblackout = [\"2026-12-24\"]",
        );
        let text = serde_json::to_string(&window).unwrap();
        assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), window);
    }

    #[test]
    fn a_window_says_when_it_is_open() {
        let text = "days = [\"sat\", \"sun\"]\nstarts = \"22:00\"\nends = \"04:00\"\nblackout = [\"2026-12-24/2026-12-26\"]";
        assert_eq!(
            window(text).to_string(),
            "22:00 to 04:00 (Europe/Berlin), on Sat, Sun, not on 2026-12-24/2026-12-26"
        );
    }

    #[test]
    fn an_instant_is_shown_in_the_zone_of_the_window() {
        let window = window("starts = \"22:00\"\nends = \"04:00\"");
        assert_eq!(
            window.local(at("2026-11-23T21:00:00Z")),
            "Mon 2026-11-23 22:00 CET"
        );
    }
}
