//! `show redundancy switchover history` and `show redundancy config-sync failures mcl`: past
//! switchovers, and commands that keep the standby cold.
//!
//! Source: genieparser golden outputs of C9800 and Catalyst.
//!
//! ```text
//! Index  Previous  Current  Switchover             Switchover
//!        active    active   reason                 time
//! -----  --------  -------  ----------             ----------
//!    1       1        2     user forced            05:40:13 UTC Thu Oct 1 2020
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::table::wide;
use super::{ParseError, Parsed};

/// The value of both commands; what was not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowRedundancyHistory {
    /// Switchovers, oldest first.
    pub switchovers: Vec<Switchover>,
    /// Commands that the standby does not take (mismatched command list), with their context.
    pub mismatched_commands: Vec<String>,
}

/// One switchover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switchover {
    /// Its number.
    pub index: u32,
    /// Slot that was active before.
    pub previous_active: u32,
    /// Slot that is active since.
    pub current_active: u32,
    /// Why.
    pub reason: String,
    /// When, device time.
    pub time: String,
}

const IGNORED: &[Ignored] = &[
    ignored("Index Previous Current *", "heading"),
    ignored("active active reason time", "heading"),
    ignored("No switchover history *", "the list stays empty"),
];

/// Reads both commands.
///
/// # Errors
/// On a malformed row, and when neither table was begun.
pub fn parse(text: &str) -> Result<Parsed<ShowRedundancyHistory>, ParseError> {
    let mut lines = Lines::new("show redundancy switchover history", text)?;
    let mut value = ShowRedundancyHistory::default();
    let mut mcl = false;
    let mut begun = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            begun = true;
        } else if line.is("Mismatched Command List") {
            mcl = true;
        } else if mcl {
            let body = line.body();
            // Configuration lines carry a sign, a comment mark, or begin a section.
            let configuration = body.starts_with(['-', '+', '!'])
                || body.contains("Config Sync:")
                || body.starts_with(|c: char| c.is_ascii_alphabetic());
            if configuration {
                value.mismatched_commands.push(body.to_owned());
            } else {
                lines.unknown(line);
            }
        } else if line.body().starts_with(|c: char| c.is_ascii_digit()) {
            let cells = wide(line.text);
            let [index, previous, current, reason, time] = cells.as_slice() else {
                return Err(line.bad(line.body(), "index, two slots, reason and time"));
            };
            value.switchovers.push(Switchover {
                index: line.number(index)?,
                previous_active: line.number(previous)?,
                current_active: line.number(current)?,
                reason: (*reason).to_owned(),
                time: (*time).to_owned(),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !begun && !mcl {
        return Err(lines.incomplete("the table of switchovers"));
    }
    Ok(lines.finish(value))
}
