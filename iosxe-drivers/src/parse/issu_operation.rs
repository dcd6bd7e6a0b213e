//! `issu loadversion|runversion|acceptversion|commitversion|abortversion`: the transcript of one
//! step of a classic ISSU (ASR 1000, ASR 900, NCS 4200).
//!
//! Source: the upgrade guides of ASR 1000 and genielibs `apis/issu/configure.py`; unscored, no
//! capture in the corpus. The truth after a step is `show issu state detail`.
//!
//! ```text
//! --- Starting installation state synchronization ---
//! Finished installation state synchronization
//! STAGE 1: Installing software on Standby RP
//! ==========================================
//! --- Starting image verification ---
//! Finished image verification
//! SUCCESS: Software provisioned.  New software will load on reboot.
//! STAGE 2: Restarting Standby RP
//! ==============================
//! --- Starting standby reload ---
//! Finished standby reload
//! SUCCESS: Finished loading the image on the standby
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::install_operation::InstallResult;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuOperation {
    /// The parts of the step, in order.
    pub parts: Vec<IssuPart>,
    /// Results with their words; the last one is the verdict.
    pub results: Vec<IssuResult>,
    /// Packages that the compatibility database does not know: no failure.
    pub warnings: u32,
    /// The active RP fails over: the session ends here.
    pub failover: bool,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuPart {
    /// `image verification`.
    pub name: String,
    /// Whether it came to its end.
    pub finished: bool,
}

/// One result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuResult {
    /// How it ended.
    pub result: InstallResult,
    /// What the device says of it.
    pub detail: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Expanding image file: *", "progress"),
    ignored("Verifying *", "progress"),
    ignored("Expanding *", "progress"),
    ignored("Copying *", "progress"),
    ignored("Generating *", "progress"),
    ignored("Found *", "progress"),
    ignored("Checking *", "progress"),
    ignored("Compatibility check *", "progress"),
    ignored("Software sets are identified as *", "progress"),
    ignored("Software sets are *", "progress"),
    ignored("Validating *", "progress"),
    ignored("Locating *", "progress"),
    ignored("Checking matching criteria *", "progress"),
    ignored("Determining *", "progress"),
    ignored("Constructing *", "progress"),
    ignored("Updating *", "progress"),
    ignored("Creating *", "progress"),
    ignored("Committing *", "progress"),
    ignored("Applying *", "progress"),
    ignored("Processing *", "progress"),
    ignored("Restarting *", "progress"),
    ignored("Blocking *", "progress"),
    ignored("Unblocking *", "progress"),
    ignored("Assigning *", "progress"),
    ignored("Configuring *", "progress"),
    ignored("Cancelling *", "progress"),
    ignored("Standby RP will *", "progress"),
    ignored("Image file expanded *", "progress"),
    ignored("[{}]: *", "progress of one slot"),
    ignored("Linking *", "progress"),
];

/// Reads the transcript of an ISSU command.
///
/// # Errors
/// When no result ends it, or a part began and did not finish: the session was cut.
pub fn parse(text: &str) -> Result<Parsed<IssuOperation>, ParseError> {
    let mut lines = Lines::new("issu", text)?;
    let mut value = IssuOperation::default();
    // The stages of one command are counted; a first one announces a second.
    let mut stage = 0u32;
    let mut results_before = 0;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([number, _]) = line.scan("STAGE {#}:{*}") {
            stage = line.number(number)?;
            results_before = value.results.len();
        } else if let Some([name]) = line.scan("--- Starting {*} ---") {
            value.parts.push(IssuPart {
                name: name.to_owned(),
                finished: false,
            });
        } else if let Some([name]) = line.scan("Finished {*}") {
            let cut = value
                .parts
                .iter()
                .any(|part| part.name != name && part.name.starts_with(name));
            match value.parts.iter_mut().rfind(|part| part.name == name) {
                Some(part) => part.finished = true,
                None if cut => {
                    return Err(line.bad(line.body(), "the name of a part that was started"));
                }
                None => lines.unknown(line),
            }
        } else if let Some([detail]) = line.scan("SUCCESS:~{*}") {
            value.results.push(IssuResult {
                result: InstallResult::Success,
                detail: units::text(detail),
            });
        } else if let Some([detail]) = line.scan("FAILED:~{*}") {
            value.results.push(IssuResult {
                result: InstallResult::Failed,
                detail: units::text(detail),
            });
        } else if let Some([detail]) = line.scan("% {*}") {
            // `% runversion not allowed in this state`.
            value.results.push(IssuResult {
                result: InstallResult::Failed,
                detail: units::text(detail),
            });
        } else if line.starts("WARNING:") {
            value.warnings = value.warnings.saturating_add(1);
        } else if line.is("Initiating active RP failover*") {
            value.failover = true;
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !value.failover {
        let failed = value
            .results
            .last()
            .is_some_and(|r| r.result == InstallResult::Failed);
        if let Some(open) = value.parts.iter().find(|part| !part.finished)
            && !failed
        {
            return Err(lines.incomplete(format!("`Finished {}`", open.name)));
        }
        if stage == 1 && !failed {
            return Err(lines.incomplete("`STAGE 2`"));
        }
        if value.results.len() == results_before {
            return Err(lines.incomplete("`SUCCESS: …` or `FAILED: …`"));
        }
    }
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../tests/outputs/issu.txt");

    #[test]
    fn a_step_that_ends_well_and_one_that_fails_over() {
        let parsed = parse(TEXT).unwrap();
        assert_eq!(parsed.unknown, []);
        let value = parsed.value;
        assert_eq!(value.parts.len(), 4);
        assert!(value.parts.iter().all(|part| part.finished));
        assert_eq!(value.results.len(), 2);
        assert_eq!(value.warnings, 1);
        let gone = "--- Starting installation state synchronization ---\n\
            Finished installation state synchronization\nInitiating active RP failover\n";
        assert!(parse(gone).unwrap().value.failover);
        let failed = parse("FAILED: Standby RP is not in the hot state\n").unwrap();
        assert_eq!(failed.value.results[0].result, InstallResult::Failed);
    }

    #[test]
    fn an_open_part_is_a_cut() {
        let cut = TEXT.rfind("Finished").unwrap();
        assert!(parse(&TEXT[..cut]).is_err());
        assert!(parse("--- Starting image verification ---\n").is_err());
        assert!(parse("\n").is_err());
    }
}
