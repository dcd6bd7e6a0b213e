//! Which questions a step may meet, and what each is answered with.

use iosxe_core::plan::{Step, StepKind};

use super::console::{Answer, Reply};
use super::firmware::{Judge, QUESTION};

/// The questions that a step may meet, with their answers. Any other stops the conversation.
///
/// Source of the wording: genielibs `apis/iosxe/install/execute.py`, unicon.plugins
/// `generic/service_patterns.py`.
pub(super) fn answers(step: &Step) -> Vec<Answer> {
    let once = |question, reply| Answer {
        question,
        reply,
        times: 1,
    };
    match step.kind {
        // Removing asks nothing that a plan could answer: a list of further files is for a person.
        StepKind::Add | StepKind::Commit | StepKind::RemovePatch => vec![unsaved()],
        StepKind::Activate
        | StepKind::ActivateIssu
        | StepKind::ActivateStandby
        | StepKind::ActivateActive
        | StepKind::AddActivateCommit
        | StepKind::Abort
        | StepKind::AbortIssu
        | StepKind::InstallRollback
        | StepKind::Deactivate => vec![
            if goes_back(step.kind) {
                left_unsaved()
            } else {
                unsaved()
            },
            once(
                "This operation may require a reload of the system",
                Reply::Line("y"),
            ),
            // Asked of a device in install mode whose next boot the plan has proven to be
            // packages.conf: a plan for any other is refused.
            once(
                "Please confirm you have changed boot config to",
                Reply::Line("y"),
            ),
        ],
        StepKind::Reload => vec![
            // The configuration was saved by a step of the plan: a question here means that
            // somebody changed it since, and that is theirs to save.
            once("Save? [yes/no]", Reply::Line("no")),
            once("reload anyway", Reply::Stop),
            once("Continue to reload?", Reply::Stop),
            once("Proceed with reload? [confirm]", Reply::Line("")),
            once("Reload the entire shelf [confirm]", Reply::Line("")),
            once("Reload this shelf [confirm]", Reply::Line("")),
        ],
        StepKind::SaveConfig => vec![
            // Asked when startup-config was written by another release. The plan kept a copy of it.
            once(
                "Overwrite the previous NVRAM configuration?",
                Reply::Line(""),
            ),
        ],
        // The new release writes the startup-config that the old one wrote. The plan kept a copy of it.
        StepKind::SetBoot | StepKind::CommitVersion => {
            vec![once(
                "Overwrite the previous NVRAM configuration?",
                Reply::Line(""),
            )]
        }
        StepKind::KeepStartup => vec![
            once("Destination filename", Reply::Line("")),
            // The copy of an earlier try of this very plan.
            once("Do you want to over write? [confirm]", Reply::Line("")),
        ],
        // A file of that name was deleted before: whether to write over one is for nobody to answer.
        StepKind::RestoreStartup | StepKind::CopyAcross => {
            vec![once("Destination filename", Reply::Line(""))]
        }
        StepKind::DeleteFile => vec![
            once("Delete filename", Reply::Line("")),
            Answer {
                question: "Delete ",
                reply: Reply::Line(""),
                times: 1,
            },
        ],
        // Answered for this step alone: it is what a person has asked for.
        StepKind::ReplaceConfig => {
            vec![once("sure you want to proceed. ? [no]:", Reply::Line("Y"))]
        }
        StepKind::ConfirmConfig => Vec::new(),
        StepKind::ReloadSlot => vec![once(
            "Proceed with reload of module? [confirm]",
            Reply::Line(""),
        )],
        // None of these asks anything that we know of.
        StepKind::LoadVersion
        | StepKind::RunVersion
        | StepKind::AcceptVersion
        | StepKind::AbortVersion
        | StepKind::InstallNode => Vec::new(),
        // The reload is a step of its own, journalled and bound. Some releases offer one here.
        StepKind::InstallPackages | StepKind::RollbackPackages => {
            vec![once(
                "Do you want to proceed with reload?",
                Reply::Line("no"),
            )]
        }
        StepKind::ExpandPackages => vec![once("Create directory filename", Reply::Line(""))],
        // No general rule answers these: what is planned, to the last digit, and nothing else.
        StepKind::WriteFirmware => vec![
            Answer {
                question: QUESTION,
                reply: Reply::Firmware(Judge::new(&step.firmware)),
                times: 8,
            },
            // Of the capsule of a Catalyst, which the plan names with its reload.
            once(
                "This operation will reload the switch and take a few minutes to complete. Do you want to proceed",
                Reply::Line("y"),
            ),
        ],
        // The image's own ways have conversations of their own.
        StepKind::Transfer
        | StepKind::Pull
        | StepKind::VerifyHash
        | StepKind::Gate
        | StepKind::Verify
        | StepKind::CheckPatch => Vec::new(),
    }
}

/// Steps of a way back alone: no plan takes them forth.
pub(super) fn goes_back(kind: StepKind) -> bool {
    matches!(
        kind,
        StepKind::Abort | StepKind::AbortIssu | StepKind::InstallRollback
    )
}

/// The same question on the way back is answered `n`, go on without saving. What is unsaved there was
/// written on the new release, by the release itself or by somebody, and nothing is saved between
/// activate and commit (design rule 12): saved, the old release would boot a configuration that it may not
/// be able to read. The lines are not lost to a person: the run's log has the question, and the look at the
/// health after the reload what is missing.
fn left_unsaved() -> Answer {
    Answer {
        question: UNSAVED,
        reply: Reply::Line("n"),
        times: 1,
    }
}

/// The end of the question about unsaved configuration.
pub(super) const UNSAVED: &str = "re-enter the command. [y/n/q]";

/// Install commands offer to save the configuration. Saving is a step of its own, never a side
/// effect of another: quit, and let the engine find out who changed it.
fn unsaved() -> Answer {
    Answer {
        question: UNSAVED,
        reply: Reply::Line("q"),
        times: 1,
    }
}
