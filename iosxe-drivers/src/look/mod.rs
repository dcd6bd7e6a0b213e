//! Looks: which commands are asked, and what their answers add up to.

mod backup;
pub(crate) mod configuration;
mod digest;
mod facts;
mod firmware;
mod health;
mod issu;
mod members;
mod network;
pub(crate) mod own;
mod patch;
mod provisioned;
mod readiness;
pub mod snmp;
mod stamp;
mod surroundings;
mod trace;
mod xfsu;

use iosxe_core::talk::TalkError;

use crate::parse::{ParseError, Parsed};
use crate::talk::console::{Output, Taken};

pub(crate) use backup::BackupInquiry;
pub(crate) use configuration::ConfigurationInquiry;
pub(crate) use digest::DigestInquiry;
pub(crate) use facts::FactsInquiry;
pub(crate) use health::HealthInquiry;
pub(crate) use patch::PatchInquiry;
pub(crate) use provisioned::ProvisionedInquiry;
pub(crate) use readiness::ReadinessInquiry;

/// A parser's refusal as an error of the conversation.
pub(crate) fn misread(command: &str, error: &ParseError) -> TalkError {
    TalkError::Misread {
        command: command.to_owned(),
        line: error.line,
        column: error.column,
        reason: format!("expected {}", error.expected),
        quote: error.quote.clone(),
    }
}

/// Reads an answer. `None` when the device does not know the command: a capability, no failure.
///
/// # Errors
/// [`TalkError::Misread`].
pub(crate) fn read<T>(
    output: &Output,
    parse: impl FnOnce(&str) -> Result<Parsed<T>, ParseError>,
    unknown: &mut Vec<String>,
) -> Result<Option<T>, TalkError> {
    if output.taken == Taken::Unknown {
        return Ok(None);
    }
    match parse(&output.text) {
        Ok(parsed) => {
            unknown.extend(
                parsed
                    .unknown
                    .iter()
                    .map(|l| format!("{}, line {}: {}", output.command, l.number, l.text)),
            );
            Ok(Some(parsed.value))
        }
        Err(error) if error.is_not_supported() => Ok(None),
        Err(error) => Err(misread(&output.command, &error)),
    }
}

/// Reads an answer that decides nothing alone (design rule 2): output that its parser refuses is kept
/// among the unknown lines, and counts as no answer.
pub(crate) fn read_if_clear<T>(
    output: Option<&Output>,
    parse: impl FnOnce(&str) -> Result<Parsed<T>, ParseError>,
    unknown: &mut Vec<String>,
) -> Option<T> {
    read(output?, parse, unknown).unwrap_or_else(|error| {
        unknown.push(error.to_string());
        None
    })
}

/// The answer to a command.
pub(crate) fn answer<'a>(answers: &'a [Output], command: &str) -> Option<&'a Output> {
    answers.iter().find(|o| o.command == command)
}
