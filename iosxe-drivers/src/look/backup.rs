//! Configurations and named outputs, for the run's folder.

use iosxe_core::observation::{Backup, Observation};
use iosxe_core::talk::TalkError;

use super::answer;
use crate::talk::console::{Command, Output, Taken};
use crate::talk::script::Inquiry;

const RUNNING: &str = "show running-config";
const STARTUP: &str = "show startup-config";

/// What is kept beside the configurations: what an auditor or a person at three in the morning asks
/// for first.
const OUTPUTS: [&str; 5] = [
    "show version",
    "show inventory",
    "show install summary",
    "show ip interface brief",
    "show license summary",
];

#[derive(Debug)]
pub(crate) struct BackupInquiry;

impl Inquiry for BackupInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        let all = [RUNNING, STARTUP].into_iter().chain(OUTPUTS);
        Ok(all.skip(answers.len()).map(Command::show).next())
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let text = |command: &str| {
            answer(&answers, command)
                .filter(|o| o.taken == Taken::Ran)
                .map(|o| o.text.clone())
        };
        let running =
            text(RUNNING)
                .filter(|t| ends_whole(t))
                .ok_or_else(|| TalkError::Misread {
                    command: RUNNING.into(),
                    line: 0,
                    column: 0,
                    reason: "expected a configuration that ends in `end`".into(),
                    quote: answer(&answers, RUNNING)
                        .map(|o| o.tail(1).join(""))
                        .unwrap_or_default(),
                })?;
        Ok(Observation::Backup(Box::new(Backup {
            running,
            startup: text(STARTUP).filter(|t| ends_whole(t)),
            outputs: OUTPUTS
                .into_iter()
                .filter_map(|c| text(c).map(|t| (c.to_owned(), t)))
                .collect(),
        })))
    }
}

/// A configuration that was printed to its end.
fn ends_whole(text: &str) -> bool {
    text.lines().rev().map(str::trim).find(|l| !l.is_empty()) == Some("end")
}
