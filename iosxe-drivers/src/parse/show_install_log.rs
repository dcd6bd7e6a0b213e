//! `show install log`: the steps of past install operations.
//!
//! Source: genielibs install transcripts; no capture in the corpus.
//!
//! ```text
//! [0|install_op_boot]: START Wed Jun 12 19:31:50 Universal 2019
//! [0|install_op_boot(INFO, )]: Mount IMG INI state base image
//! [0|install_op_boot]: END SUCCESS  Wed Jun 12 19:31:53 Universal 2019
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// How an operation ended.
    LogResult {
        /// It succeeded.
        Success = "SUCCESS",
        /// It failed.
        Failed = "FAILED" | "FAILURE",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInstallLog {
    /// Operations in the order of their begin.
    pub operations: Vec<LoggedOperation>,
}

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedOperation {
    /// Its number in the log.
    pub number: u32,
    /// `install_activate`.
    pub name: String,
    /// When it began, device time.
    pub started: Option<String>,
    /// When it ended, device time.
    pub ended: Option<String>,
    /// How it ended; `None` while it runs, or when the device reloaded in between.
    pub result: Option<LogResult>,
    /// What it said.
    pub messages: Vec<String>,
}

/// Reads `show install log`.
///
/// # Errors
/// On a line in brackets that is cut.
pub fn parse(text: &str) -> Result<Parsed<ShowInstallLog>, ParseError> {
    let mut lines = Lines::new("show install log", text)?;
    let mut value = ShowInstallLog::default();
    if lines.is_empty() {
        return Err(lines.incomplete("a line of the log"));
    }
    while let Some(line) = lines.next() {
        if !line.body().starts_with('[') {
            lines.unknown(line);
            continue;
        }
        let Some([number, name, message]) = line.scan("[{#}|{*}]:~{*}") else {
            return Err(line.bad(line.body(), "`[number|operation]: message`"));
        };
        let name = name.split('(').next().unwrap_or(name).trim();
        let number = line.number(number)?;
        let operation = match value
            .operations
            .iter_mut()
            .rfind(|op| op.number == number && op.name == name)
        {
            Some(operation) if !message.starts_with("START") || operation.started.is_none() => {
                operation
            }
            _ => {
                value.operations.push(LoggedOperation {
                    number,
                    name: name.to_owned(),
                    ..LoggedOperation::default()
                });
                let Some(operation) = value.operations.last_mut() else {
                    continue;
                };
                operation
            }
        };
        if let Some(when) = message.strip_prefix("START") {
            operation.started = units::text(when);
        } else if let Some([result, when]) = super::scan::scan("END {} {*}", message) {
            operation.result = Some(line.word(result)?);
            operation.ended = units::text(when);
        } else if !message.is_empty() {
            operation.messages.push(message.to_owned());
        }
    }
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_ended_and_one_that_did_not() {
        let value = parse(
            "[0|install_op_boot]: START Wed Jun 12 19:31:50 Universal 2019\n\
             [0|install_op_boot(INFO, )]: Mount IMG INI state base image\n\
             [0|install_op_boot]: END SUCCESS  Wed Jun 12 19:31:53 Universal 2019\n\
             [1|install_activate]: START Wed Jun 12 20:31:50 Universal 2019\n",
        )
        .unwrap()
        .value;
        assert_eq!(value.operations[0].result, Some(LogResult::Success));
        assert_eq!(value.operations[0].messages.len(), 1);
        assert_eq!(value.operations[1].result, None);
        assert!(parse("[1|install_act\n").is_err());
    }
}
