//! `show archive config rollback timer`: is there a change that undoes itself unless it is confirmed?
//!
//! Source: command reference (timed rollback); unscored, no capture in the corpus. Nothing pending is
//! told as genielibs quotes it.
//!
//! ```text
//! Time configured(or reconfigured): 22:50:48 UTC Sat Feb 21 2009
//! Timer type: absolute timer
//! Timer value: 2 min
//! User: console
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowArchiveConfigRollbackTimer {
    /// Whether a change waits for its confirmation.
    pub pending: bool,
    /// When its timer was started, in the device's words.
    pub configured: Option<String>,
    /// `absolute timer`, `idle timer`.
    pub timer_type: Option<String>,
    /// How long it runs.
    pub timer_min: Option<u64>,
    /// Who started it.
    pub user: Option<String>,
}

impl ShowArchiveConfigRollbackTimer {
    /// What is pending, in words; `None` when nothing is.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        let user = self.user.as_deref().unwrap_or("somebody");
        let minutes = self
            .timer_min
            .map_or_else(String::new, |m| format!(" of {m} min"));
        let since = self.configured.as_deref();
        let since = since.map_or_else(String::new, |at| format!(" since {at} (device time)"));
        self.pending
            .then(|| format!("a timer{minutes} of {user} runs{since}"))
    }
}

const IGNORED: &[Ignored] = &[ignored(
    "Rollback Confirmed Change *",
    "says when, which the lines above do",
)];

/// Reads `show archive config rollback timer`.
///
/// # Errors
/// When neither a timer nor its absence is told.
pub fn parse(text: &str) -> Result<Parsed<ShowArchiveConfigRollbackTimer>, ParseError> {
    let mut lines = Lines::new("show archive config rollback timer", text)?;
    let mut value = ShowArchiveConfigRollbackTimer::default();
    let mut none = false;
    while let Some(line) = lines.next() {
        if line
            .body()
            .trim_start_matches(['%', ' '])
            .starts_with("No Rollback Confirmed Change")
        {
            none = true;
        } else if let Some([at]) = line.scan("Time configured(or reconfigured):~{*}") {
            value.configured = units::text(at);
        } else if let Some([kind]) = line.scan("Timer type:~{*}") {
            value.timer_type = units::text(kind);
        } else if let Some([minutes]) = line.scan("Timer value:~{#} min") {
            value.timer_min = Some(line.number(minutes)?);
        } else if let Some([user]) = line.scan("User:~{*}") {
            value.user = units::text(user);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if none {
        return Ok(lines.finish(ShowArchiveConfigRollbackTimer::default()));
    }
    if value.timer_min.is_none() || value.user.is_none() {
        return Err(lines.incomplete("a timer with its value and its user, or that there is none"));
    }
    value.pending = true;
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../tests/outputs/show_archive_config_rollback_timer.txt");

    #[test]
    fn a_pending_change_is_told_from_none_and_from_nonsense() {
        let value = parse(TEXT).unwrap().value;
        assert_eq!(value.timer_min, Some(10));
        let said = value.in_words().unwrap();
        assert_eq!(
            said,
            "a timer of 10 min of netops runs since 02:10:11 UTC Mon Nov 23 2026 (device time)"
        );
        let none = parse("%No Rollback Confirmed Change pending\n")
            .unwrap()
            .value;
        assert_eq!((none.pending, none.in_words()), (false, None));
        assert!(parse("").is_err());
        assert!(parse(TEXT.split("User").next().unwrap()).is_err());
    }
}
