//! `show issu rollback-timer`: will the device go back by itself?
//!
//! Source: genieparser golden outputs of ASR 1000 and Catalyst 9500.
//!
//! ```text
//! Rollback: automatic, remaining time before rollback: 00:29:53
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// State of the timer.
    RollbackState {
        /// It does not run.
        Inactive = "inactive",
        /// It runs.
        Automatic = "automatic",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIssuRollbackTimer {
    /// The timer; some releases print nothing but the locks.
    pub state: Option<RollbackState>,
    /// Why it does not run.
    pub reason: Option<String>,
    /// Time that is left.
    pub remaining_s: Option<u64>,
    /// Time that is configured.
    pub configured_s: Option<u64>,
    /// Processors that were locked for the answer.
    pub locked: Vec<Lock>,
}

/// A processor that was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// `R0`, `2/R0`.
    pub place: String,
    /// Number of the slot, where the place is one.
    pub slot: Option<u32>,
}

const IGNORED: &[Ignored] = &[
    ignored(
        "Finished local lock acquisition on *",
        "the begin of the lock is read",
    ),
    ignored(
        "--- Starting installation state synchronization ---",
        "the command synchronises first",
    ),
    ignored(
        "Finished installation state synchronization",
        "the command synchronises first",
    ),
];

/// Reads `show issu rollback-timer`.
///
/// # Errors
/// On a malformed timer, and when nothing was printed.
pub fn parse(text: &str) -> Result<Parsed<ShowIssuRollbackTimer>, ParseError> {
    let mut lines = Lines::new("show issu rollback-timer", text)?;
    let mut value = ShowIssuRollbackTimer {
        state: None,
        reason: None,
        remaining_s: None,
        configured_s: None,
        locked: Vec::new(),
    };
    if lines.is_empty() {
        return Err(lines.incomplete("the line `Rollback:`"));
    }
    while let Some(line) = lines.next() {
        if let Some([state, detail]) = line.scan("Rollback: {},~{*}") {
            value.state = Some(line.word(state)?);
            match detail.strip_prefix("remaining time before rollback:") {
                Some(left) => value.remaining_s = Some(line.hms(left.trim())?),
                None => value.reason = units::text(detail),
            }
        } else if let Some([time]) = line.scan("Configured Rollback Time = {}") {
            value.configured_s = Some(line.hms(time)?);
        } else if let Some([place]) = line.scan("--- Starting local lock acquisition on {*} ---") {
            let place = place.rsplit(' ').next().unwrap_or(place);
            value.locked.push(Lock {
                place: place.to_owned(),
                slot: place.strip_prefix('R').and_then(|n| n.parse().ok()),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    Ok(lines.finish(value))
}
