//! `show reload`: will the device reload by itself?
//!
//! Source: command reference (`reload in`, `reload at`); the wording is the same since IOS 12.
//!
//! ```text
//! Reload scheduled for 23:10:00 UTC Mon Oct 19 2015 (in 19 minutes) by admin on vty0 (10.0.0.1)
//! Reload reason: safety net
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowReload {
    /// The reload that is scheduled; `None` for none.
    pub scheduled: Option<ScheduledReload>,
}

/// A reload that will happen by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledReload {
    /// When, device time.
    pub at: Option<String>,
    /// In how long, as the device words it.
    pub remaining: Option<String>,
    /// Seconds until then.
    pub remaining_s: Option<u64>,
    /// Who ordered it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

const IGNORED: &[Ignored] = &[ignored(
    "Install fast reload *",
    "does not happen by itself",
)];

/// Reads `show reload`.
///
/// # Errors
/// When nothing was told.
pub fn parse(text: &str) -> Result<Parsed<ShowReload>, ParseError> {
    let mut lines = Lines::new("show reload", text)?;
    let mut answer: Option<Option<ScheduledReload>> = None;
    while let Some(line) = lines.next() {
        if line.is("No reload is scheduled.*") {
            answer = Some(None);
        } else if let Some([tail]) = line.scan("Reload scheduled {*}") {
            let tail = tail.trim_start_matches("for ");
            // `in 19 minutes and 59 seconds by admin on vty0` has no clock to name.
            let (at, rest) = tail
                .split_once('(')
                .map_or((None, tail), |(at, rest)| (units::text(at), rest));
            let rest = rest.trim_start_matches("in ");
            let end = rest
                .find(')')
                .or_else(|| rest.find(" by "))
                .unwrap_or(rest.len());
            let remaining = rest.get(..end).unwrap_or("");
            let by = tail.split_once(" by ").and_then(|(_, by)| units::text(by));
            answer = Some(Some(ScheduledReload {
                at,
                remaining_s: units::uptime(&remaining.replace(" and ", ", ")),
                remaining: units::text(remaining),
                by,
                reason: None,
            }));
        } else if let Some(Some(reload)) = answer.as_mut()
            && let Some([reason]) = line.scan("Reload reason:~{*}")
        {
            reload.reason = units::text(reason);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    let scheduled = lines.need(answer, "`No reload is scheduled.` or `Reload scheduled`")?;
    Ok(lines.finish(ShowReload { scheduled }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_and_one() {
        assert_eq!(
            parse("No reload is scheduled.\n").unwrap().value.scheduled,
            None
        );
        let value = parse(
            "Reload scheduled for 23:10:00 UTC Mon Oct 19 2015 (in 1 hour and 19 minutes) by admin on vty0 (10.0.0.1)\nReload reason: net\n",
        )
        .unwrap()
        .value
        .scheduled
        .unwrap();
        assert_eq!(value.remaining_s, Some(4740));
        assert_eq!(value.by.as_deref(), Some("admin on vty0 (10.0.0.1)"));
        assert_eq!(value.reason.as_deref(), Some("net"));
        let value = parse("Reload scheduled in 59 minutes and 50 seconds by console\n")
            .unwrap()
            .value
            .scheduled
            .unwrap();
        assert_eq!((value.at, value.remaining_s), (None, Some(3590)));
        assert!(parse("\n").is_err());
    }
}
