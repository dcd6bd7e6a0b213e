//! A report for programs.

use super::Report;

/// The report as indented JSON with a line end. Instants are RFC 3339 in UTC, durations that end in
/// `_s` or are called `seconds` are seconds, states are lower-case words. The `format` key is
/// raised when a key changes its meaning or goes away; keys may be added.
#[must_use]
pub fn text(report: &Report) -> String {
    // No map with other keys than words and no value that JSON lacks is in a report.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
