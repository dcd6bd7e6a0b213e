//! `show platform software install-manager … operation history summary`: every install operation
//! and how it ended; the best evidence after a lost session.
//!
//! Source: genieparser golden outputs of Catalyst 9600 (`RP active`) and 9300 (`switch active r0`).
//!
//! ```text
//! Operation Summary:
//! --------------------------------------------------------------------------------
//! uuid                             op_id  command  status  duration  [start time - end time]
//! --------------------------------------------------------------------------------
//! 2021_11_08_16_40_01_op_commit    1      commit   OK      00:00:04  [2021-11-08 16:40:01 - 2021-11-08 16:40:05]
//! --------------------------------------------------------------------------------
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// What was asked for.
    InstallCommand {
        /// `install add`.
        Add = "add",
        /// `install activate`.
        Activate = "activate",
        /// `install commit`.
        Commit = "commit",
        /// `install deactivate`.
        Deactivate = "deactivate",
        /// `install rollback`.
        Rollback = "rollback",
        /// `install remove`.
        Remove = "remove",
        /// `install abort`.
        Abort = "abort",
        /// The operation was cancelled.
        Cancel = "cancel",
        /// `install prepare`.
        Prepare = "prepare",
    }
}

word_enum! {
    /// How an operation ended.
    OperationStatus {
        /// It succeeded.
        Ok = "OK",
        /// It failed.
        Fail = "Fail",
        /// The device does not know; also while it runs.
        Unknown = "Unknown",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInstallHistory {
    /// Operations, newest first.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its identity.
    pub uuid: String,
    /// Its number.
    pub id: u32,
    /// What was asked for.
    pub command: InstallCommand,
    /// How it ended.
    pub status: OperationStatus,
    /// How long it took.
    pub duration_s: u64,
    /// Start, device time.
    pub start: String,
    /// End, device time.
    pub end: String,
}

const IGNORED: &[Ignored] = &[
    ignored("Operation Summary:", "heading"),
    ignored("uuid op_id command status duration *", "heading"),
];

/// Reads the history.
///
/// # Errors
/// On a malformed row, and when the rule under the table is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowInstallHistory>, ParseError> {
    let mut lines = Lines::new("show platform software install-manager", text)?;
    let mut operations = Vec::new();
    let mut rules = 0;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            rules += 1;
        } else if line.starts("uuid") {
        } else if let Some([uuid, id, command, status, duration, start, end]) =
            line.scan("{} {#} {} {} {} [{*} - {*}]")
        {
            operations.push(Operation {
                uuid: uuid.to_owned(),
                id: line.number(id)?,
                command: line.word(command)?,
                status: line.word(status)?,
                duration_s: line.hms(duration)?,
                start: start.to_owned(),
                end: end.to_owned(),
            });
        } else if line.body().contains("_op_") {
            return Err(line.bad(
                line.body(),
                "an operation: uuid, number, command, status, duration, [start - end]",
            ));
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if rules < 3 {
        return Err(lines.incomplete("the rule under the table"));
    }
    Ok(lines.finish(ShowInstallHistory { operations }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_rollback_and_a_cut() {
        let text = "Operation Summary:\n-----\nuuid op_id command status duration [start time - end time]\n-----\n\
            2021_11_09_09_31_36_op_rollback 1 rollback Fail 00:01:04 [2021-11-09 09:31:36 - 2021-11-09 09:32:40]\n-----\n";
        let value = parse(text).unwrap().value;
        assert_eq!(value.operations[0].status, OperationStatus::Fail);
        assert_eq!(value.operations[0].duration_s, 64);
        let cut = text.trim_end().trim_end_matches('-');
        assert!(parse(cut).is_err());
        let cut = &text[..text.len() - 20];
        assert!(parse(cut).unwrap_err().to_string().contains("an operation"));
    }
}
