//! A configuration that is kept on flash, held against another.
//!
//! Source: Cisco, "Contextual Configuration Diff Utility", "Configuration Replace and Configuration
//! Rollback" and "Configuration Rollback Confirmed Change".

use iosxe_core::observation::{ConfigSeen, Observation};
use iosxe_core::talk::TalkError;

use super::facts::{VERSION, serials};
use super::readiness::differences;
use super::{answer, read, read_if_clear};
use crate::parse::{
    show_archive, show_archive_config_differences, show_archive_config_rollback_timer, show_version,
};
use crate::talk::console::{Command, Output, Taken};
use crate::talk::script::Inquiry;

/// What runs; only of it a change may be pending.
pub(crate) const RUNNING: &str = "system:running-config";
/// What is saved.
pub(crate) const STARTUP: &str = "nvram:startup-config";

const REVERT: &str = "show archive config rollback timer";
const ARCHIVE: &str = "show archive";

/// What a device says of a file that it cannot open.
const CANNOT_OPEN: [&str; 3] = ["Could not open", "%Error opening", "No such file"];

#[derive(Debug)]
pub(crate) struct ConfigurationInquiry {
    compares: String,
    of_running: bool,
}

impl ConfigurationInquiry {
    pub(crate) fn new(kept: &str, with: &str) -> Self {
        Self {
            compares: format!("show archive config differences {kept} {with}"),
            of_running: with == RUNNING,
        }
    }
}

impl Inquiry for ConfigurationInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        let command = match (answers.len(), self.of_running) {
            (0, _) => self.compares.as_str(),
            (1, true) => REVERT,
            (2, true) => ARCHIVE,
            (3, true) => VERSION,
            _ => return Ok(None),
        };
        Ok(Some(Command::show(command)))
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let mut seen = ConfigSeen::default();
        if let Some(output) = answer(&answers, &self.compares) {
            compared(&mut seen, output);
        }
        let mut quiet = Vec::new();
        if let Some(output) = answer(&answers, REVERT) {
            match read(
                output,
                show_archive_config_rollback_timer::parse,
                &mut quiet,
            ) {
                Ok(timer) => seen.pending = timer.and_then(|timer| timer.in_words()),
                // A timer that is not seen would not be confirmed, and undo what was proven.
                Err(error) => {
                    seen.differing = None;
                    seen.unread = Some(error.to_string());
                }
            }
        }
        seen.archive = answer(&answers, ARCHIVE).and_then(archive);
        let version = read_if_clear(answer(&answers, VERSION), show_version::parse, &mut quiet);
        if let Some(version) = version {
            seen.serials = serials(&version, None);
            seen.running = Some(version.running());
        }
        Ok(Observation::Configuration(Box::new(seen)))
    }
}

fn compared(seen: &mut ConfigSeen, output: &Output) {
    let opened = !CANNOT_OPEN.iter().any(|text| output.text.contains(text));
    seen.missing = output.taken == Taken::Ran && !opened;
    if seen.missing {
        return;
    }
    // Its parser refuses what is no comparison; which lines are nobody's change is told here.
    let parsed = show_archive_config_differences::parse(&output.text);
    let lines = parsed.ok().and_then(|_| differences(&output.text));
    match lines.filter(|_| output.taken == Taken::Ran) {
        Some(lines) => seen.differing = Some(lines.len()),
        None => {
            let said = output.tail(1).join("");
            seen.unread = Some(format!("{}: {said}", output.command));
        }
    }
}

/// Whether `archive` has a path.
fn archive(output: &Output) -> Option<bool> {
    if output.text.contains("Archive feature not enabled") {
        return Some(false);
    }
    let listed = output.taken == Taken::Ran && show_archive::parse(&output.text).is_ok();
    listed.then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = "flash:iosxe-startup-before-17.12.04.cfg";

    fn seen(with: &str, answers: &[&str]) -> ConfigSeen {
        let mut inquiry = Box::new(ConfigurationInquiry::new(KEPT, with));
        let mut outputs: Vec<Output> = Vec::new();
        let mut texts = answers.iter();
        while let Some(command) = inquiry.next(&outputs).unwrap() {
            outputs.push(Output {
                command: command.line,
                text: (*texts.next().unwrap()).to_owned(),
                prompt: None,
                taken: Taken::Ran,
            });
        }
        assert_eq!(texts.next(), None, "an answer that nobody asked for");
        match inquiry.read(outputs).unwrap() {
            Observation::Configuration(seen) => *seen,
            other => panic!("{other:?}"),
        }
    }

    const TIMER: &str = include_str!("../../tests/outputs/show_archive_config_rollback_timer.txt");
    const LISTED: &str = include_str!("../../tests/outputs/show_archive.txt");

    #[test]
    fn equal_differing_missing_and_unread_are_told_apart() {
        let equal = seen(
            STARTUP,
            &["!Contextual Config Diffs:\n!No changes were found\n"],
        );
        assert!(equal.is_equal() && equal.pending.is_none());
        // The line that every release writes for itself is nobody's change.
        let other = seen(
            STARTUP,
            &["!Contextual Config Diffs:\n+version 17.12\n-version 17.9\n"],
        );
        assert!(other.is_equal());
        let two = "!Contextual Config Diffs:\ninterface Vlan10\n +description users\n-ntp server 192.0.2.9\n";
        assert_eq!(seen(STARTUP, &[two]).differing, Some(2));
        let none = seen(
            STARTUP,
            &["Error: Could not open file flash:x.cfg for reading\n"],
        );
        assert!(none.missing && !none.is_equal());
        let odd = seen(STARTUP, &["the flash is asleep\n"]);
        assert_eq!((odd.missing, odd.differing), (false, None));
        assert!(odd.unread.unwrap().ends_with("the flash is asleep"));
    }

    #[test]
    fn of_the_running_one_the_timer_and_the_archive_are_asked() {
        let same = "!Contextual Config Diffs:\n!No changes were found\n";
        let version = include_str!("../../tests/outputs/show_version.txt");
        let found = seen(RUNNING, &[same, TIMER, LISTED, version]);
        assert!(!found.serials.is_empty() && found.running.is_some());
        assert!(found.pending.unwrap().contains("10 min of netops"));
        assert_eq!(found.archive, Some(true));
        let none = "%No Rollback Confirmed Change pending\n";
        let off = "Archive feature not enabled\n";
        let found = seen(RUNNING, &[same, none, off, "what?\n"]);
        assert_eq!((found.pending, found.archive), (None, Some(false)));
        // Whether a timer runs has to be known: unconfirmed it would undo what was proven.
        let odd = seen(RUNNING, &[same, "the timer is shy\n", off, "what?\n"]);
        assert!(odd.differing.is_none() && odd.unread.is_some());
    }
}
