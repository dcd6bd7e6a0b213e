//! `show clock`: the device's time.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! .18:57:38.347 UTC Mon Oct 19 2015
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// How far the time can be trusted, as the mark in front says.
    ClockState {
        /// No mark: set by NTP or by hand.
        Authoritative = "",
        /// `*`: nobody set it.
        NotAuthoritative = "*",
        /// `.`: NTP had it, and lost its servers.
        Unsynchronised = ".",
    }
}

word_enum! {
    /// Day of the week.
    Weekday {
        /// Monday.
        Mon = "Mon",
        /// Tuesday.
        Tue = "Tue",
        /// Wednesday.
        Wed = "Wed",
        /// Thursday.
        Thu = "Thu",
        /// Friday.
        Fri = "Fri",
        /// Saturday.
        Sat = "Sat",
        /// Sunday.
        Sun = "Sun",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowClock {
    /// How far the time can be trusted.
    pub state: ClockState,
    /// `18:57:38.347`.
    pub time: String,
    /// Name of the zone; its offset is in the configuration.
    pub zone: String,
    /// Day of the week.
    pub day_of_week: Weekday,
    /// Month by name: `Oct`.
    pub month: String,
    /// Day of the month.
    pub day: u32,
    /// Year.
    pub year: u32,
    /// Where the time comes from (`show clock detail`).
    pub source: Option<String>,
}

/// Reads `show clock [detail]`.
///
/// # Errors
/// When the line of the time is missing or malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowClock>, ParseError> {
    let mut lines = Lines::new("show clock", text)?;
    let mut found: Option<ShowClock> = None;
    while let Some(line) = lines.next() {
        if let Some([time, zone, weekday, month, day, year]) = line.scan("{} {} {} {} {#} {#}") {
            let digits = time.trim_start_matches(['*', '.']);
            let mark = time.get(..time.len() - digits.len()).unwrap_or("");
            let whole = digits.split('.').next().unwrap_or("");
            line.clock(whole)?;
            found = Some(ShowClock {
                state: line.word(mark)?,
                time: digits.to_owned(),
                zone: zone.to_owned(),
                day_of_week: line.word(weekday)?,
                month: month.to_owned(),
                day: line.number(day)?,
                year: line.number(year)?,
                source: None,
            });
        } else if let (Some(value), Some([source])) =
            (found.as_mut(), line.scan("Time source is {*}"))
        {
            value.source = Some(source.to_owned());
        } else {
            lines.unknown(line);
        }
    }
    let value = lines.need(found, "a time like `18:57:38.347 UTC Mon Oct 19 2015`")?;
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_tells_how_far_to_trust_it() {
        for (text, state) in [
            (
                "18:57:38.347 UTC Mon Oct 19 2015",
                ClockState::Authoritative,
            ),
            (
                "*18:57:38.347 UTC Mon Oct 19 2015",
                ClockState::NotAuthoritative,
            ),
            (
                ".18:57:38.347 UTC Mon Oct 19 2015",
                ClockState::Unsynchronised,
            ),
        ] {
            assert_eq!(parse(text).unwrap().value.state, state);
        }
        assert!(parse("18:57 x").is_err());
        assert!(parse("18:aa:38.347 UTC Mon Oct 19 2015").is_err());
    }
}
