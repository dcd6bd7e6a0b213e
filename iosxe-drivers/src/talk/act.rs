//! Changing commands: what is sent, which questions are answered, and what the device said of it.
//!
//! A verdict is what the device *said*; the engine believes only a second look.

use std::time::Duration;

use iosxe_core::fault::{Class, Effect, Remedy};
use iosxe_core::observation::{Acted, Observation, Verdict};
use iosxe_core::plan::{Step as PlanStep, StepKind};
use iosxe_core::talk::{Dialogue, Exchange, Input, Move, Question, TalkError, Tick};

use super::answers::{UNSAVED, answers, goes_back};
use super::console::{Command, Console, Output, QUIET, Step, Taken};
use super::firmware::Refused;

/// Runs the commands of one step.
#[derive(Debug)]
pub struct Act {
    step: PlanStep,
    kind: StepKind,
    console: Console,
    commands: std::vec::IntoIter<String>,
    bound: Duration,
    outputs: Vec<Output>,
    running: bool,
    failed: Option<TalkError>,
    asked: Option<Question>,
    /// What a person answers, and the question that it is for.
    answer: Option<(String, String)>,
}

impl Act {
    /// The act of a step on a device whose hostname the login learnt.
    #[must_use]
    pub fn new(step: &PlanStep, hostname: &str) -> Self {
        Self {
            step: step.clone(),
            kind: step.kind,
            console: Console::new(hostname),
            commands: step.commands.clone().into_iter(),
            bound: Duration::from_secs(step.bound_s.max(60)),
            outputs: Vec::new(),
            running: false,
            failed: None,
            asked: None,
            answer: None,
        }
    }

    fn go_on(&mut self, now: Tick) -> Move {
        match self.commands.next() {
            Some(line) => {
                self.running = true;
                let command = Command::with(line, answers(&self.step), self.bound);
                self.console.start(command, now)
            }
            None => Move::Done,
        }
    }
}

impl Dialogue for Act {
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move {
        if !self.running {
            return self.go_on(now);
        }
        if let Some((text, asked)) = self.answer.take() {
            // Nobody has read the session since the question: it is typed where that still stands.
            match input {
                Input::Opened | Input::Text(_) => {
                    if let Input::Text(said) = input {
                        self.console.hear(said, now);
                    }
                    self.answer = Some((text, asked));
                    return Move::Wait(now.plus(QUIET));
                }
                Input::Silence if self.console.stands_at(&asked) => {
                    return self.console.type_in(text, now);
                }
                Input::Silence | Input::HungUp => {}
            }
        }
        match self.console.feed(input, now) {
            Step::Go(step) => step,
            Step::Failed(error) => {
                if let TalkError::UnknownQuestion { during, question } = &error {
                    self.asked = Some(Question {
                        during: during.clone(),
                        text: question.clone(),
                        before: self.console.before(),
                    });
                }
                self.failed = Some(error);
                Move::Done
            }
            Step::Over(output) => {
                // What was answered with no was not done: the rest of the command's words say so.
                if let Some(refused) = self.console.refused_firmware() {
                    self.failed = Some(refusal(refused, &output));
                    return Move::Done;
                }
                let stop = output.prompt.is_none() || failure(self.kind, &output).is_some();
                self.outputs.push(output);
                if stop { Move::Done } else { self.go_on(now) }
            }
        }
    }
}

impl Exchange for Act {
    fn observe(self: Box<Self>) -> Result<Observation, TalkError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Some(error) = self.outputs.iter().find_map(|o| failure(self.kind, o)) {
            return Err(error);
        }
        let tail = self.outputs.last().map(|o| o.tail(12)).unwrap_or_default();
        Ok(Observation::Acted(Acted {
            verdict: verdict(self.kind, &self.outputs),
            tail,
        }))
    }

    fn question(&self) -> Option<Question> {
        self.asked.clone()
    }

    fn answer(&mut self, text: &str) {
        if let Some(asked) = self.asked.take() {
            self.failed = None;
            self.answer = Some((text.to_owned(), asked.text));
        }
    }
}

/// Whether the connection of a step may end because the device, or the side that answers, reloads; a
/// failure of such a step says nothing of what it has done so far.
fn reloads(kind: StepKind) -> bool {
    matches!(
        kind,
        StepKind::Activate
            | StepKind::ActivateIssu
            | StepKind::ActivateStandby
            | StepKind::ActivateActive
            | StepKind::LoadVersion
            | StepKind::RunVersion
            | StepKind::ReloadSlot
            | StepKind::InstallNode
            | StepKind::AddActivateCommit
            | StepKind::Reload
            | StepKind::Abort
            | StepKind::AbortIssu
            | StepKind::AbortVersion
            | StepKind::InstallRollback
            | StepKind::Deactivate
            | StepKind::WriteFirmware
    )
}

/// What becomes of a command whose question about firmware was answered with no.
fn refusal(refused: &Refused, output: &Output) -> TalkError {
    TalkError::Failed {
        command: output.command.clone(),
        answer: format!("{} ({})", refused.question, refused.why),
        // A device that went away all the same is looked at.
        effect: if output.prompt.is_some() {
            Effect::None
        } else {
            Effect::Unknown
        },
        class: Class::Operator,
        code: refused.code,
        remedy: None,
        tail: output.tail(12),
    }
}

/// Whether a step is a command of the install engine, which ends with its verdict line.
fn is_install(kind: StepKind) -> bool {
    matches!(
        kind,
        StepKind::Add
            | StepKind::Activate
            | StepKind::ActivateIssu
            | StepKind::ActivateStandby
            | StepKind::ActivateActive
            | StepKind::AddActivateCommit
            | StepKind::Commit
            | StepKind::Abort
            | StepKind::AbortIssu
            | StepKind::InstallRollback
            | StepKind::Deactivate
            | StepKind::RemovePatch
    )
}

/// Whether a step is a command of another set that ends with `SUCCESS: …` or `FAILED: …`, and names
/// nothing behind it: `issu` and `request platform software`.
fn is_worded(kind: StepKind) -> bool {
    let listed = matches!(
        kind,
        StepKind::LoadVersion
            | StepKind::RunVersion
            | StepKind::AcceptVersion
            | StepKind::CommitVersion
            | StepKind::AbortVersion
            | StepKind::InstallNode
    );
    listed || kind.provisions()
}

/// The verdict line of the install engine.
///
/// `SUCCESS: Files deleted.`, `SUCCESS: Upgrade_Service finished` and their like are no verdicts:
/// only a line that names the operation is.
fn install_verdict(text: &str) -> Option<(bool, &str)> {
    text.lines().rev().map(str::trim).find_map(|line| {
        let (word, rest) = line.split_once(": ")?;
        let operation = rest.trim_start();
        let named =
            operation.starts_with("install_") || operation.starts_with("add_activate_commit");
        match word {
            "SUCCESS" if named => Some((true, line)),
            "FAILED" if named => Some((false, line)),
            _ => None,
        }
    })
}

/// The last line of a command that begins with its verdict. A stage that went well says so before the
/// next one begins.
fn worded_verdict(text: &str) -> Option<(bool, &str)> {
    text.lines().rev().map(str::trim).find_map(|line| {
        let good = line.starts_with("SUCCESS:");
        (good || line.starts_with("FAILED:")).then_some((good, line))
    })
}

fn verdict(kind: StepKind, outputs: &[Output]) -> Verdict {
    let Some(last) = outputs.last() else {
        return Verdict::Unknown;
    };
    if last.prompt.is_none() {
        return if reloads(kind) {
            Verdict::WentAway
        } else {
            Verdict::Unknown
        };
    }
    let text = &last.text;
    match kind {
        _ if is_install(kind) => {
            if [
                "No Change",
                "Super package already added",
                "Nothing to Abort",
            ]
            .iter()
            .any(|n| text.contains(n))
            {
                return Verdict::NoChange;
            }
            match install_verdict(text) {
                Some((true, _)) => Verdict::Success,
                Some((false, _)) | None => Verdict::Unknown,
            }
        }
        _ if is_worded(kind) => match worded_verdict(text) {
            Some((true, _)) => Verdict::Success,
            Some((false, _)) | None => Verdict::Unknown,
        },
        StepKind::WriteFirmware => {
            if written(text) {
                Verdict::Success
            } else {
                Verdict::Unknown
            }
        }
        StepKind::SaveConfig | StepKind::SetBoot => {
            if text.contains("[OK]") {
                Verdict::Success
            } else {
                Verdict::Unknown
            }
        }
        StepKind::ReplaceConfig | StepKind::ConfirmConfig => super::configuration::verdict(text),
        StepKind::KeepStartup | StepKind::RestoreStartup | StepKind::CopyAcross => {
            if text.contains("copied in") || text.contains("[OK]") {
                Verdict::Success
            } else {
                Verdict::Unknown
            }
        }
        _ => Verdict::Unknown,
    }
}

/// Whether a command that writes firmware says that it did. One that only copied and came back did
/// not (CSCvg94612).
///
/// Source: Cisco, ROMMON guides of ASR 1000 and ISR 4000; the words of `upgrade hw-programmable` are
/// not confirmed, and its version is read in any case.
fn written(text: &str) -> bool {
    let said = [
        "ROMMON upgrade complete",
        "Upgrade complete",
        "upgrade completed successfully",
        "Successfully upgraded",
    ];
    text.lines()
        .any(|line| said.iter().any(|words| line.contains(words)))
}

/// What a text says, who moves next, and the stable code. The first match counts.
///
/// Source: field captures of the install engine as genielibs, Cisco guides and public issue threads
/// quote it.
const FAILURES: [(&str, Class, &str); 27] = [
    (
        "System not ready for reload fast",
        Class::Transient,
        "xfsu_not_now",
    ),
    ("does not support xFSU", Class::Permanent, "xfsu_fpga"),
    ("Abort xFSU install", Class::Permanent, "xfsu_not_eligible"),
    ("KB of free space", Class::Permanent, "flash_full"),
    ("No space left on device", Class::Permanent, "flash_full"),
    (
        "System configuration has been modified",
        Class::Operator,
        "unsaved_configuration",
    ),
    (
        "some operation is already running",
        Class::Transient,
        "engine_busy",
    ),
    (
        "operation is already in progress",
        Class::Transient,
        "engine_busy",
    ),
    (
        "Install ISSU in progress",
        Class::Operator,
        "issu_in_progress",
    ),
    ("Booted in bundle mode", Class::Operator, "bundle_mode"),
    (
        "running image is not present in the device",
        Class::Operator,
        "package_files_missing",
    ),
    (
        "Please restore file for stability",
        Class::Operator,
        "package_files_missing",
    ),
    (
        "ignature verification failed",
        Class::Permanent,
        "image_signature",
    ),
    ("ignature check failed", Class::Permanent, "image_signature"),
    (
        "File not a valid executable",
        Class::Permanent,
        "image_signature",
    ),
    ("not compatible", Class::Permanent, "image_incompatible"),
    // Of firmware, before anything is written.
    (
        "MD5 signature does not match",
        Class::Permanent,
        "image_signature",
    ),
    (
        "not supported on this",
        Class::Operator,
        "firmware_not_supported",
    ),
    ("% Upgrade is in progress", Class::Transient, "engine_busy"),
    ("%Error opening", Class::Permanent, "device_file_error"),
    ("%Error writing", Class::Permanent, "device_file_error"),
    ("%Error copying", Class::Permanent, "device_file_error"),
    ("%Error deleting", Class::Permanent, "device_file_error"),
    (
        "Candidate package compatibility checks failed",
        Class::Permanent,
        "image_incompatible",
    ),
    (
        "No rollback file found",
        Class::Operator,
        "no_rollback_file",
    ),
    (
        "NOT BOOTED VIA PACKAGE FILE",
        Class::Operator,
        "bundle_mode",
    ),
    ("Not enough disk space", Class::Permanent, "flash_full"),
];

fn failure(kind: StepKind, output: &Output) -> Option<TalkError> {
    // Without the prompt behind it nothing of what was written is settled.
    if kind == StepKind::WriteFirmware && output.prompt.is_none() {
        return None;
    }
    match output.taken {
        Taken::Ran => {}
        Taken::Unknown => {
            return Some(TalkError::Rejected {
                command: output.command.clone(),
                answer: output.refusal(),
            });
        }
        Taken::NotAuthorized => {
            return Some(TalkError::NotAuthorized {
                command: output.command.clone(),
                answer: output.refusal(),
            });
        }
    }
    if matches!(kind, StepKind::ReplaceConfig | StepKind::ConfirmConfig) {
        return super::configuration::failure(output);
    }
    let text = behind_the_question(kind, &output.text);
    let said = if is_install(kind) {
        // Only the verdict decides: a name, a banner or a progress line may hold any word. A quit at
        // the question about unsaved configuration has no verdict.
        if text.contains(UNSAVED) {
            ("System configuration has been modified", true)
        } else {
            match install_verdict(text) {
                Some((false, line)) => (line, true),
                Some((true, _)) => return None,
                None => (refusing_line(text)?, false),
            }
        }
    } else if is_worded(kind) {
        // A directory that is there already is the one that was asked for.
        if kind == StepKind::ExpandPackages && output.command.starts_with("mkdir ") {
            return None;
        }
        match worded_verdict(text) {
            Some((false, line)) => (line, true),
            Some((true, _)) => return None,
            None => (refusing_line(text)?, false),
        }
    } else {
        (
            output
                .text
                .lines()
                .map(str::trim)
                .find(|l| l.starts_with("%Error") || refuses(kind, l))?,
            true,
        )
    };
    let (line, has_verdict) = said;
    if line.contains("No Change") || line.contains("Super package already added") {
        return None;
    }
    // The reason may stand in a member's line above the verdict.
    let reason = FAILURES
        .iter()
        .find(|(text, ..)| line.contains(text))
        .or_else(|| has_verdict.then(|| FAILURES.iter().find(|(t, ..)| text.contains(t)))?);
    let (class, code) = reason.map_or((Class::Operator, "install_failed"), |(_, c, code)| {
        (*c, *code)
    });
    if !has_verdict && reason.is_none() {
        return None;
    }
    let answer = reason
        .and_then(|(words, ..)| text.lines().map(str::trim).find(|l| l.contains(words)))
        .unwrap_or(line)
        .to_owned();
    Some(TalkError::Failed {
        command: output.command.clone(),
        answer,
        // What failed half way is looked at before anything else.
        // One that waits for another operation has not begun.
        effect: if reloads(kind) || (kind.provisions() && code != "engine_busy") {
            Effect::Unknown
        } else {
            Effect::None
        },
        class,
        code,
        remedy: match code {
            "no_rollback_file" => Some(Remedy::new(
                "install the image of the old release again by hand, then reload",
            )),
            // Never in place of what was asked for (design rule 13): a person may ask for it.
            _ => code
                .starts_with("xfsu_")
                .then(|| Remedy::new("set `want_method` to `auto`: the device reloads as usual")),
        },
        tail: output.tail(12),
    })
}

/// What a device said, without the question about unsaved configuration where a way back has answered it:
/// its words are those of a refusal.
fn behind_the_question(kind: StepKind, text: &str) -> &str {
    match text.rsplit_once(UNSAVED) {
        Some((_, rest)) if goes_back(kind) => rest,
        _ => text,
    }
}

/// `% Reload of this slot is not allowed now`, `% Upgrade failed: …`.
fn refuses(kind: StepKind, line: &str) -> bool {
    let asked = matches!(kind, StepKind::ReloadSlot | StepKind::WriteFirmware);
    asked && (line.starts_with("% ") || line.starts_with("ERROR:"))
}

/// A refusal that ends without a verdict line: `cannot start new install operation, …`.
fn refusing_line(text: &str) -> Option<&str> {
    text.lines()
        .map(str::trim)
        .find(|l| FAILURES.iter().any(|(t, ..)| l.contains(t)))
}

#[cfg(test)]
mod tests;
