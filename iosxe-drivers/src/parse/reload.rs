//! `reload`, `reload in|at`, `reload cancel`: what was asked and what will happen.
//!
//! Source: unicon `generic/service_patterns.py` and its stack and quad-supervisor mocks, command
//! reference (`reload in`); unscored, no capture in the corpus. That the device really went away is
//! seen by the session, never by this text.
//!
//! ```text
//! System configuration has been modified. Save? [yes/no]: no
//! Reload command is being issued on Active unit, this will reload the whole stack
//! Proceed with reload? [confirm]
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::contains;
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// A question of the dialogue.
    ReloadQuestion {
        /// The running configuration is not saved.
        SaveConfiguration = "Save? [yes/no]",
        /// The last question before the reload.
        Proceed = "Proceed with reload? [confirm]",
        /// Of a stack or a virtual switch: which part of it.
        Shelf = "Reload the entire shelf [confirm]" | "Reload this shelf [confirm]",
        /// Something is wrong, and the device says what: never to be answered by itself.
        Anyway = "reload anyway",
        /// As `Anyway`.
        Continue = "Continue to reload?",
        /// None of these: to be shown, never answered.
        Other = "other",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// What was asked, in order.
    pub questions: Vec<ReloadQuestion>,
    /// What the device warned of, in its own words.
    pub warnings: Vec<String>,
    /// The device says that the whole stack will reload.
    pub whole_stack: bool,
    /// A reload that will happen later.
    pub scheduled: Option<LaterReload>,
    /// A scheduled reload was called off.
    pub cancelled: bool,
    /// The reload has begun.
    pub begun: bool,
    /// The device refused, in its own words.
    pub refused: Option<String>,
}

/// A reload that will happen later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterReload {
    /// `20:10:00 UTC Mon Oct 19 2015`.
    pub at: Option<String>,
    /// How long until then.
    pub remaining_s: Option<u64>,
}

const IGNORED: &[Ignored] = &[
    ignored("Building configuration...*", "the configuration was saved"),
    ignored("[OK]", "the configuration was saved"),
    ignored("***", "frame of a message"),
    ignored(
        "*** --- SHUTDOWN in {} ---",
        "the line `Reload scheduled` says it",
    ),
];

/// Reads the dialogue of `reload`.
///
/// # Errors
/// When nothing was asked and nothing told.
pub fn parse(text: &str) -> Result<Parsed<Reload>, ParseError> {
    let mut lines = Lines::new("reload", text)?;
    let mut value = Reload::default();
    while let Some(line) = lines.next() {
        let body = line.body();
        if let Some(question) = question(body) {
            if matches!(question, ReloadQuestion::Anyway | ReloadQuestion::Continue) {
                value.warnings.push(body.to_owned());
            }
            value.questions.push(question);
        } else if line.starts("Reload command is being issued on Active unit") {
            value.whole_stack = contains(body, "whole stack");
        } else if let Some([when]) = line.scan("Reload scheduled {*}") {
            let (at, rest) = when.split_once('(').unwrap_or((when, ""));
            let left = if rest.is_empty() { at } else { rest };
            let left = left.trim_start_matches("in ");
            let end = left
                .find(')')
                .or_else(|| left.find(" by "))
                .unwrap_or(left.len());
            let left = left.get(..end).unwrap_or("").replace(" and ", ", ");
            let Some(remaining_s) = units::uptime(&left) else {
                return Err(line.bad(body, "a time until the reload"));
            };
            value.scheduled = Some(LaterReload {
                at: at.strip_prefix("for ").and_then(units::text),
                remaining_s: Some(remaining_s),
            });
        } else if contains(body, "SHUTDOWN ABORTED") {
            value.cancelled = true;
        } else if contains(body, "reloading, reason")
            || contains(body, "reload action requested")
            || line.starts("Preparing to reload")
            || line.starts("Connection closed by foreign host")
        {
            value.begun = true;
        } else if line.starts("%Warning") || line.starts("WARNING") || line.starts("Warning") {
            value.warnings.push(body.to_owned());
        } else if let Some(why) = body.strip_prefix('%') {
            value.refused = units::text(why);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value == Reload::default() {
        return Err(lines.incomplete("a question, a schedule or a refusal"));
    }
    Ok(lines.finish(value))
}

fn question(body: &str) -> Option<ReloadQuestion> {
    const QUESTIONS: [(&str, ReloadQuestion); 7] = [
        ("Save? [yes/no]", ReloadQuestion::SaveConfiguration),
        ("reload anyway", ReloadQuestion::Anyway),
        ("Continue to reload?", ReloadQuestion::Continue),
        ("Proceed with reload? [confirm]", ReloadQuestion::Proceed),
        ("Reload the entire shelf", ReloadQuestion::Shelf),
        ("Reload this shelf", ReloadQuestion::Shelf),
        ("[confirm]", ReloadQuestion::Other),
    ];
    if !contains(body, "[confirm]") && !contains(body, "yes/") && !body.ends_with('?') {
        return None;
    }
    Some(
        QUESTIONS
            .iter()
            .find(|(words, _)| contains(body, words))
            .map_or(ReloadQuestion::Other, |(_, question)| *question),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../tests/outputs/reload.txt");

    #[test]
    fn a_stack_is_reloaded() {
        let parsed = parse(TEXT).unwrap();
        assert_eq!(parsed.unknown, []);
        let value = parsed.value;
        assert_eq!(
            value.questions,
            [ReloadQuestion::SaveConfiguration, ReloadQuestion::Proceed]
        );
        assert!(value.whole_stack && value.begun && value.refused.is_none());
    }

    #[test]
    fn a_net_is_spread_and_taken_in() {
        let value = parse(
            "Reload scheduled for 20:10:00 UTC Mon Oct 19 2015 (in 20 minutes) by admin on vty0 (10.0.0.1)\n\
             Proceed with reload? [confirm]\n",
        )
        .unwrap()
        .value;
        let later = value.scheduled.unwrap();
        assert_eq!(later.remaining_s, Some(1200));
        assert_eq!(later.at.as_deref(), Some("20:10:00 UTC Mon Oct 19 2015"));
        let parsed = parse("***\n*** --- SHUTDOWN ABORTED ---\n***\n").unwrap();
        assert!(parsed.value.cancelled && parsed.unknown.is_empty());
        let anyway = parse(
            "%Warning: BOOT variable names a file that is not there\nDo you wish to proceed with reload anyway[confirm]",
        )
        .unwrap()
        .value;
        assert_eq!(anyway.questions, [ReloadQuestion::Anyway]);
        assert_eq!(anyway.warnings.len(), 2);
        assert!(parse("\n").is_err());
    }
}
