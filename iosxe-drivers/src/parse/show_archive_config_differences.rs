//! `show archive config differences` and `incremental-diffs`: what is not saved.
//!
//! Source: genieparser golden output (incremental); the configuration guide for the contextual form.
//!
//! ```text
//! !Contextual Config Diffs:
//! interface GigabitEthernet1/0/1
//!  +description uplink
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowArchiveConfigDifferences {
    /// Changed lines in order, trimmed: with `+` or `-` in the contextual form, plain commands in
    /// the incremental one. Empty when both configurations are equal.
    pub changes: Vec<String>,
}

impl ShowArchiveConfigDifferences {
    /// Whether both configurations are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

const IGNORED: &[Ignored] = &[
    ignored("!List of Commands:", "heading"),
    ignored("!Contextual Config Diffs:", "heading"),
    ignored("!No changes were found", "the list stays empty"),
    ignored("!*", "comments are no configuration"),
];

/// Reads both commands. The text is configuration: every other line is a change.
///
/// # Errors
/// When nothing was printed, or a file could not be read.
pub fn parse(text: &str) -> Result<Parsed<ShowArchiveConfigDifferences>, ParseError> {
    let mut lines = Lines::new("show archive config differences", text)?;
    if lines.is_empty() {
        return Err(lines.incomplete("the list of differences"));
    }
    let mut changes = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts("%Error") || line.starts("% ") {
            return Err(line.bad(line.body(), "the list of differences"));
        }
        if line.body().starts_with('!') {
            lines.pass(line, IGNORED);
        } else {
            changes.push(line.body().to_owned());
        }
    }
    Ok(lines.finish(ShowArchiveConfigDifferences { changes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changed() {
        assert!(
            parse("!Contextual Config Diffs:\n!No changes were found\n")
                .unwrap()
                .value
                .is_empty()
        );
        assert!(parse("").is_err());
        assert!(
            parse("%Error opening nvram:startup-config (No such file or directory)\n").is_err()
        );
    }
}
