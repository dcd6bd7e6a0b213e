//! Why an output could not be read.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What sort of answer a [`ParseError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParseErrorKind {
    /// The device does not know the command (`% Invalid input detected`): an answer about its
    /// capabilities, not a failure.
    NotSupported,
    /// The device knows the command and does not let this user run it (`Command authorization
    /// failed.`).
    NotAuthorized,
    /// A known line does not have its form, or a state letter is outside its legend.
    Malformed,
    /// The text ends inside a record, or before the footer or the count that it declares.
    Incomplete,
    /// No parser is registered under that name, or several are.
    NoSuchCommand,
}

/// Why an output could not be read: where, what was expected and what stood there.
///
/// Lines and columns count from 1 in the text as it was given, echoes and log lines included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub struct ParseError {
    /// The command whose output was read.
    pub command: Cow<'static, str>,
    /// What sort of answer this is.
    pub kind: ParseErrorKind,
    /// Line, from 1; 0 when the error is about no line.
    pub line: usize,
    /// Column in characters, from 1; 0 when the error is about no line.
    pub column: usize,
    /// What should have stood there.
    pub expected: Cow<'static, str>,
    /// A short quote of what stood there.
    pub quote: String,
}

impl ParseError {
    /// Whether the device said that it does not know the command.
    #[must_use]
    pub fn is_not_supported(&self) -> bool {
        self.kind == ParseErrorKind::NotSupported
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            kind,
            line,
            column,
            expected,
            quote,
        } = self;
        match kind {
            ParseErrorKind::NotSupported => {
                write!(
                    f,
                    "{command}: line {line}: the device does not know this command: `{quote}`"
                )
            }
            ParseErrorKind::NotAuthorized => {
                write!(
                    f,
                    "{command}: line {line}: this user may not run the command: `{quote}`"
                )
            }
            ParseErrorKind::Malformed => write!(
                f,
                "{command}: line {line}, column {column}: expected {expected}, found `{quote}`"
            ),
            ParseErrorKind::Incomplete => write!(
                f,
                "{command}: line {line}, column {column}: the output ends before {expected}"
            ),
            ParseErrorKind::NoSuchCommand => write!(f, "`{command}`: expected {expected}"),
        }
    }
}

/// The first characters of a text, for a message.
pub(crate) fn quote(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let mut short: String = text.trim().chars().take(CHARACTERS_MAX).collect();
    if text.trim().chars().nth(CHARACTERS_MAX).is_some() {
        short.push('…');
    }
    short
}
