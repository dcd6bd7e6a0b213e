//! The exit codes: one table.

use std::process::ExitCode;

use iosxe_core::stage::{Outcome, StageKind};
use iosxe_workflow::summary::Summary;

/// What the process says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Every selected device is as wanted.
    AsWanted,
    /// At least one failed, was rolled back or is in the dead letters.
    SomeFailed,
    /// What was compared is not the same.
    Different,
    /// Wrong usage or bad input: nothing was touched.
    Usage,
    /// Stopped by a gate, a window, a breaker or a budget.
    Stopped,
    /// Interrupted.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::AsWanted => 0,
            Exit::SomeFailed | Exit::Different => 1,
            Exit::Usage => 2,
            Exit::Stopped => 3,
            Exit::Interrupted => 4,
        })
    }
}

/// What a verb is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Only asks: every answered row is as wanted.
    Answers,
    /// Devices on their target.
    Forth,
    /// Devices back on what they came from.
    Back,
}

/// What the devices of a run make of the exit code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The devices were selected by name or pattern: being held or refused is an answer to that.
    pub(crate) by_name: bool,
    /// What the verb is for.
    pub(crate) aim: Aim,
    /// The process was told to stop.
    pub(crate) interrupted: bool,
}

/// The first of 4, 1, 3, 0 that holds.
pub(crate) fn of(summary: &Summary, asked: Asked) -> Exit {
    if asked.interrupted {
        return Exit::Interrupted;
    }
    let mut exit = Exit::AsWanted;
    for device in &summary.devices {
        let gate = device.fault.as_ref().is_some_and(|f| {
            matches!(
                f.code.as_str(),
                "approval"
                    | "rejected"
                    | "unknown_question"
                    | "group_frozen"
                    | "earlier_wave"
                    | "failure_budget"
                    | "paused"
                    | "cancelled"
                    | "wave_unhealthy"
                    | "limit_held"
                    | "window_closed"
                    | "window_over"
                    | "window_too_short"
                    | "window_unknown"
                    | "plan_differs"
            )
        });
        let one = match device.outcome {
            Outcome::Upgraded if asked.aim == Aim::Back => Exit::SomeFailed,
            Outcome::Upgraded | Outcome::Already | Outcome::Ready | Outcome::Staged => {
                Exit::AsWanted
            }
            Outcome::RolledBack if asked.aim == Aim::Back => Exit::AsWanted,
            Outcome::RolledBack | Outcome::Uncommitted | Outcome::Lost | Outcome::DeadLetter => {
                Exit::SomeFailed
            }
            Outcome::InProgress => Exit::Stopped,
            // Held after its activation: it runs on trial, and somebody has to decide.
            Outcome::Held if device.stage >= StageKind::Upgrade => Exit::Stopped,
            // Asked, and no answer: no session, or nothing on it that could be read.
            Outcome::Refused | Outcome::NotStarted
                if asked.aim == Aim::Answers
                    && device.stage == StageKind::Discover
                    && device.running.is_none() =>
            {
                Exit::SomeFailed
            }
            Outcome::Refused if asked.aim == Aim::Answers => Exit::AsWanted,
            Outcome::Held | Outcome::Refused | Outcome::NotStarted if asked.by_name || gate => {
                Exit::Stopped
            }
            // Nobody's credential is wanted to be wrong.
            Outcome::Refused | Outcome::NotStarted
                if device
                    .fault
                    .as_ref()
                    .is_some_and(|f| f.code.starts_with("credential_")) =>
            {
                Exit::SomeFailed
            }
            Outcome::Held | Outcome::Refused | Outcome::NotStarted => Exit::AsWanted,
        };
        exit = match (exit, one) {
            (Exit::SomeFailed, _) | (_, Exit::SomeFailed) => Exit::SomeFailed,
            (Exit::Stopped, _) | (_, Exit::Stopped) => Exit::Stopped,
            (a, _) => a,
        };
    }
    exit
}
