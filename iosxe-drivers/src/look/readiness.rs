//! What stands in the way of a change right now.

use iosxe_core::device::{OperatingMode, Readiness};
use iosxe_core::observation::Observation;
use iosxe_core::talk::TalkError;
use iosxe_core::talk::prompt::PromptKind;

use super::{answer, read};
use crate::parse::{show_archive_config_rollback_timer, show_configuration_lock, show_reload};
use crate::talk::console::{Command, Output, Taken};
use crate::talk::script::Inquiry;

const DIFFERENCES: &str =
    "show archive config differences nvram:startup-config system:running-config";
const RELOAD: &str = "show reload";
/// The lock is taken by `configure terminal lock` and, where `configuration mode exclusive` is set, by
/// every configuration session. A session that takes none shows nowhere.
const LOCK: &str = "show configuration lock";
const REVERT: &str = "show archive config rollback timer";
const SCP: &str = "show running-config | include ip scp server";

/// Every command of this look; those that a release does not know are passed over.
const COMMANDS: [&str; 5] = [DIFFERENCES, RELOAD, LOCK, REVERT, SCP];

#[derive(Debug)]
pub(crate) struct ReadinessInquiry;

impl Inquiry for ReadinessInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        Ok(COMMANDS
            .into_iter()
            .skip(answers.len())
            .map(Command::show)
            .next())
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let ran = |command: &str| answer(&answers, command).filter(|o| o.taken == Taken::Ran);
        let mut inconclusive = Vec::new();
        let unsaved = ran(DIFFERENCES).and_then(|o| differences(&o.text));
        if unsaved.is_none() {
            let line = answer(&answers, DIFFERENCES)
                .map(|o| o.tail(1).join(""))
                .unwrap_or_default();
            inconclusive.push(format!("{DIFFERENCES}: {line}"));
        }
        // Lines that a parser does not know do not touch what is asked here; a refusal does.
        let mut clear = |error: TalkError| inconclusive.push(error.to_string());
        let scheduled_reload = answer(&answers, RELOAD)
            .and_then(|o| {
                read(o, show_reload::parse, &mut Vec::new()).unwrap_or_else(|e| {
                    clear(e);
                    None
                })
            })
            .and_then(|shown| shown.scheduled)
            .map(|s| match (s.at, s.remaining) {
                (Some(at), _) => format!("at {at}"),
                (None, Some(remaining)) => format!("in {remaining}"),
                (None, None) => "at a time that the device does not say".to_owned(),
            });
        let config_session = answer(&answers, LOCK)
            .and_then(|o| {
                read(o, show_configuration_lock::parse, &mut Vec::new()).unwrap_or_else(|e| {
                    clear(e);
                    None
                })
            })
            .filter(|lock| lock.locked)
            .map(|lock| {
                format!(
                    "{} on line {}",
                    lock.user.as_deref().unwrap_or("somebody"),
                    lock.tty.as_deref().unwrap_or("?")
                )
            });
        // What is neither a timer nor its absence stands in nobody's way.
        let pending_revert = ran(REVERT)
            .and_then(|o| show_archive_config_rollback_timer::parse(&o.text).ok())
            .and_then(|parsed| parsed.value.in_words());
        let mode = answers.iter().find_map(|o| match o.prompt {
            Some(PromptKind::Maintenance) => Some(OperatingMode::Maintenance),
            Some(PromptKind::Recovery) => Some(OperatingMode::Recovery),
            Some(
                PromptKind::User
                | PromptKind::Privileged
                | PromptKind::Config
                | PromptKind::Rommon
                | PromptKind::Setup,
            )
            | None => None,
        });
        Ok(Observation::Readiness(Box::new(Readiness {
            unsaved,
            scheduled_reload,
            config_session,
            pending_revert,
            mode: mode.unwrap_or_default(),
            scp_server: ran(SCP)
                .is_some_and(|o| lines(&o.text).any(|l| l == "ip scp server enable")),
            // Known to whoever logged in.
            scp_privilege: false,
            inconclusive,
        })))
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty())
}

/// The lines that differ; `None` when the output is neither a comparison nor its absence.
///
/// Source: Cisco, "Configuration Replace and Configuration Rollback": `+` is only in the second file,
/// `-` only in the first; lines that IOS writes by itself are not changes of anybody.
pub(super) fn differences(text: &str) -> Option<Vec<String>> {
    let compared = lines(text).any(|l| {
        let l = l.trim_start_matches('!');
        l.starts_with("No changes were found") || l.starts_with("Contextual Config Diffs")
    });
    compared.then(|| {
        lines(text)
            .filter(|l| l.starts_with('+') || l.starts_with('-'))
            .filter(|l| {
                let body = l.trim_start_matches(['+', '-']).trim();
                let own = ["!", "ntp clock-period"];
                let own = own.iter().any(|start| body.starts_with(start)) || is_release(body);
                !body.is_empty() && !own
            })
            .map(str::to_owned)
            .collect()
    })
}

/// `version 17.9`: the release that wrote it. `version 2` of a routing protocol is somebody's.
fn is_release(line: &str) -> bool {
    let number = line.strip_prefix("version ");
    number
        .and_then(|n| n.split_once('.'))
        .is_some_and(|(a, b)| {
            let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
            digits(a) && digits(b)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_from_none_and_from_nonsense() {
        let text = "!Contextual Config Diffs:\n+hostname sw2\n-hostname sw1\ninterface Gi1/0/1\n +description x\n";
        assert_eq!(differences(text).unwrap().len(), 3);
        assert_eq!(
            differences("!No changes were found\n").unwrap(),
            Vec::<String>::new()
        );
        assert_eq!(differences("%Error opening nvram:startup-config\n"), None);
        let own = "!Contextual Config Diffs:\n+ntp clock-period 17179860\n";
        assert!(differences(own).unwrap().is_empty());
    }
}
