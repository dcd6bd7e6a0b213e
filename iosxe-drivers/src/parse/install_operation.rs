//! `install add|activate|commit|abort|remove|rollback …`: the transcript of one operation.
//!
//! Source: genielibs install transcripts of Catalyst 9000, C8500 and ASR 1000 (16.x to 17.x) and
//! field notes; unscored, no capture in the corpus. Of the many progress lines only those are read
//! that say what was done where; the truth after the operation is `show install summary`.
//!
//! ```text
//! install_add_activate_commit: START Wed Nov 06 17:18:32 UTC 2024
//! --- Starting Add ---
//! Performing Add on all members
//!   [1] Add package(s) on switch 1
//!   [1] Finished Add on switch 1
//! Checking status of Add on [1 2]
//! Add: Passed on [1 2]
//! Finished Add
//! Image added. Version: 17.09.04a.0.6
//! This operation may require a reload of the system. Do you want to proceed? [y/n]y
//! --- Starting Activate ---
//! Activate: Passed on [1 2]
//! SUCCESS: install_add_activate_commit Wed Nov 06 17:19:32 UTC 2024
//! ```
//!
//! Three lines look like verdicts and are none: `SUCCESS: Files deleted.`,
//! `SUCCESS: Upgrade_Service finished`, `FAILED: xFSU requirement pre-check`.

use iosxe_core::device::Release;
use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{contains, scan};
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// A question of an install command.
    InstallQuestion {
        /// The running configuration is not saved.
        SaveConfiguration = "re-enter the command. [y/n/q]",
        /// The boot variable must name `packages.conf`.
        BootVariable = "Please confirm you have changed boot config",
        /// The point of disturbance.
        Reload = "This operation may require a reload of the system",
        /// Files will be deleted.
        RemoveFiles = "Do you want to remove the above files",
        /// None of these: to be shown, never answered.
        Other = "other",
    }
}

word_enum! {
    /// How a phase ended on one member.
    MemberResult {
        /// It passed.
        Passed = "Passed",
        /// It failed.
        Failed = "Failed",
    }
}

word_enum! {
    /// How the operation ended.
    InstallResult {
        /// `SUCCESS`.
        Success = "SUCCESS",
        /// `FAILED`.
        Failed = "FAILED",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallOperation {
    /// `install_add_activate_commit`, of the first line.
    pub operation: Option<String>,
    /// When it began, device time.
    pub started: Option<String>,
    /// What was asked, in order.
    pub questions: Vec<InstallQuestion>,
    /// The command was left at the last question: the answer behind it is `q` or `n`.
    pub ends_at_question: bool,
    /// What passed and failed where.
    pub phases: Vec<Phase>,
    /// The release that was added.
    pub added: Option<Release>,
    /// The same with its build fields, `17.09.04a.0.6`: the name to activate it by.
    pub added_label: Option<String>,
    /// The image or package was there already.
    pub no_change: bool,
    /// Files that will be or were deleted.
    pub deleted: Vec<String>,
    /// Files that are in use and stay.
    pub kept: Vec<String>,
    /// Somebody refused the deletion.
    pub deletion_rejected: bool,
    /// Room that is missing.
    pub shortage: Option<Shortage>,
    /// How it ended; `None` when the command was left at a question.
    pub verdict: Option<InstallVerdict>,
}

/// One phase of the operation on one group of members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// `Add`, `Activate`, `Commit`.
    pub name: String,
    /// How it ended.
    pub result: MemberResult,
    /// `1`, `R0`, `1/R0`.
    pub members: Vec<String>,
}

/// Room that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// `/flash`, `/mnt/sd3/user`.
    pub path: String,
    /// What the operation needs.
    pub needed_bytes: u64,
    /// What is there, where the device says so.
    pub available_bytes: Option<u64>,
}

/// The line that ends the operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallVerdict {
    /// How it ended.
    pub result: InstallResult,
    /// The operation that the line names.
    pub operation: Option<String>,
    /// What stands behind it: a reason, or the time.
    pub detail: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("--- Starting *", "the result of the phase is read"),
    ignored("Starting *", "the result of the phase is read"),
    ignored("Performing *", "the result of the phase is read"),
    ignored("Checking status of *", "the result of the phase is read"),
    ignored("Checking whether *", "progress"),
    ignored("Finished *", "the result of the phase is read"),
    ignored("Copying *", "progress"),
    ignored("Info: *", "progress"),
    ignored("install_{}: *", "progress"),
    ignored("[{}] *", "progress of one member"),
    ignored("Following packages shall be *", "heading of a list"),
    ignored("/flash*", "a package that is activated"),
    ignored("/bootflash*", "a package that is activated"),
    ignored("Modified *", "list of changed packages"),
    ignored("Added *", "list of changed packages"),
    ignored("Removed *", "list of changed packages"),
    ignored("Old files list:", "heading of a list"),
    ignored("New files list:", "heading of a list"),
    ignored("SMU Add operation *", "progress"),
    ignored("NOTE: *", "tells what will follow"),
    ignored("Warning: *", "a warning is no result"),
    ignored("WARNING: *", "a warning is no result"),
    ignored("Building configuration...*", "progress"),
    ignored("[OK]", "progress"),
    ignored("Cleaning up unnecessary package files", "progress"),
    ignored("No path specified, will use *", "progress"),
    ignored("Cleaning *", "progress"),
    ignored("Scanning boot directory *", "progress"),
    ignored("Preparing packages list to delete *", "progress"),
    ignored("done.", "progress"),
    ignored("Deleting file *", "the list of files is read"),
    ignored(
        "The following files will be deleted:",
        "heading of the list",
    ),
    ignored(
        "System configuration has been modified.*",
        "the question follows",
    ),
    ignored("Press Yes(y) to save *", "the question follows"),
    ignored("Press No(n) *", "the question follows"),
    ignored("Image will be loaded *", "progress"),
    ignored("Initiating *", "progress"),
    ignored("Compatibility *", "progress"),
    ignored("MCU *", "microcode is upgraded: takes minutes"),
    ignored("Chassis {} reloading*", "the reload has begun"),
    ignored(
        "SUCCESS: Files deleted.",
        "no verdict: a part of install remove",
    ),
    ignored(
        "SUCCESS: Upgrade_Service finished",
        "no verdict: a part of the operation",
    ),
    ignored(
        "SUCCESS: xFSU-pre-check finished",
        "no verdict: a part of the operation",
    ),
    ignored(
        "FAILED: xFSU requirement pre-check*",
        "no verdict: a part of the operation",
    ),
];

/// Reads the transcript of an install command.
///
/// # Errors
/// When no verdict ends it and no question does: the session was cut, and nobody knows.
pub fn parse(text: &str) -> Result<Parsed<InstallOperation>, ParseError> {
    let mut lines = Lines::new("install", text)?;
    let mut value = InstallOperation::default();
    let mut deleting = false;
    let mut pending: Option<String> = None;
    while let Some(line) = lines.next() {
        let body = line.body();
        value.ends_at_question = false;
        if let Some(question) = question(body) {
            value.questions.push(question);
            // Answered otherwise the operation goes on, and has to end in a verdict.
            let answer = body.rsplit(']').next().unwrap_or("").trim();
            value.ends_at_question = matches!(answer, "q" | "n" | "Q" | "N");
            deleting = false;
        } else if let Some([operation, when]) = line.scan("{}: START {*}") {
            if value.operation.is_none() {
                value.operation = Some(operation.to_owned());
                value.started = units::text(when);
            }
        } else if let Some(verdict) = verdict(line)? {
            value.verdict = Some(verdict);
            value.shortage = value.shortage.take().or(shortage(line, body)?);
        } else if phases(&mut value.phases, line)? {
        } else if let Some([release]) = line.scan("Image added. Version:~{}") {
            value.added = Some(line.release(release)?);
            value.added_label = Some(release.to_owned());
        } else if contains(body, "Same Image File-No Change")
            || contains(body, "SMU Already Added-No Change")
            || contains(body, "Super package already added")
            || line.is("Nothing to clean.")
            || line.starts("Nothing to Abort")
        {
            value.no_change = true;
        } else if contains(body, "User Rejected Deletion") {
            value.deletion_rejected = true;
        } else if contains(body, " KB of free space") {
            value.shortage = shortage(line, body)?;
        } else if line.is("The following files will be deleted:") {
            deleting = true;
        } else if let Some(file) = file(body) {
            // In 16.x the reason stands on the next line.
            match file.strip_suffix(" File is in use, will not delete.") {
                Some(kept) => value.kept.push(kept.trim_end().to_owned()),
                None if deleting => value.deleted.push(file.to_owned()),
                None => pending = Some(file.to_owned()),
            }
            continue;
        } else if line.is("File is in use, will not delete.") {
            value.kept.extend(pending.take());
        } else {
            lines.pass(line, IGNORED);
        }
        pending = None;
    }
    if let (Some(started), Some(ended)) = (
        value.operation.as_deref(),
        value.verdict.as_ref().and_then(|v| v.operation.as_deref()),
    ) && started != ended
        && started.starts_with(ended)
    {
        return Err(lines.incomplete(format!("the name `{started}` in the verdict")));
    }
    if value.verdict.is_none() && !value.ends_at_question && !value.no_change {
        return Err(lines.incomplete("`SUCCESS: install_…` or `FAILED: …`"));
    }
    Ok(lines.finish(value))
}

fn question(body: &str) -> Option<InstallQuestion> {
    if !(contains(body, "[y/n]") || contains(body, "[y/n/q]")) {
        return None;
    }
    const QUESTIONS: [(&str, InstallQuestion); 4] = [
        (
            "re-enter the command. [y/n/q]",
            InstallQuestion::SaveConfiguration,
        ),
        (
            "confirm you have changed boot config",
            InstallQuestion::BootVariable,
        ),
        (
            "may require a reload of the system",
            InstallQuestion::Reload,
        ),
        ("remove the above files", InstallQuestion::RemoveFiles),
    ];
    Some(
        QUESTIONS
            .iter()
            .find(|(words, _)| contains(body, words))
            .map_or(InstallQuestion::Other, |(_, question)| *question),
    )
}

/// `SUCCESS: install_add_activate_commit Wed Nov 06 17:19:32 UTC 2024`,
/// `FAILED: install_add_label : No rollback id 3 present`, `FAILED: Booted in bundle mode. …`.
fn verdict(line: Line<'_>) -> Result<Option<InstallVerdict>, ParseError> {
    let body = line.body();
    let (result, rest) = if let Some(rest) = body.strip_prefix("SUCCESS:") {
        (InstallResult::Success, rest.trim_start())
    } else if let Some(rest) = body.strip_prefix("FAILED:") {
        (InstallResult::Failed, rest.trim_start())
    } else {
        return Ok(None);
    };
    let (name, detail) = rest.split_once([' ', ':']).unwrap_or((rest, ""));
    let named = name.starts_with("install_") || name == "add_activate_commit";
    if named {
        return Ok(Some(InstallVerdict {
            result,
            operation: Some(name.trim_end_matches(':').to_owned()),
            detail: units::text(detail.trim_start_matches([' ', ':'])),
        }));
    }
    if line.is_listed(IGNORED) {
        return Ok(None);
    }
    // Refusals name no operation; a success always does.
    if result == InstallResult::Success {
        return Err(line.bad(rest, "the name of the operation"));
    }
    Ok(Some(InstallVerdict {
        result,
        operation: None,
        detail: units::text(rest),
    }))
}

/// `Add: Passed on [1 2]`, `Add: Passed on []. Failed on [1]`, `Activate: Passed on [R0]`.
fn phases(into: &mut Vec<Phase>, line: Line<'_>) -> Result<bool, ParseError> {
    let Some((name, rest)) = line.body().split_once(": ") else {
        return Ok(false);
    };
    if !rest.starts_with("Passed on") && !rest.starts_with("Failed on") {
        return Ok(false);
    }
    for part in rest.split(". ") {
        let Some([result, members]) =
            scan("{} on [{*}]{*}", part).map(|[r, m, _]: [&str; 3]| [r, m])
        else {
            return Err(line.bad(part, "`Passed on […]` or `Failed on […]`"));
        };
        let members: Vec<String> = members.split_whitespace().map(str::to_owned).collect();
        if !members.is_empty() {
            into.push(Phase {
                name: name.to_owned(),
                result: line.word(result)?,
                members,
            });
        }
    }
    Ok(true)
}

/// `[R0]: /flash/old.pkg`, `[R0]: /flash/packages.conf File is in use, will not delete.`
fn file(body: &str) -> Option<&str> {
    let (member, path) = body.split_once(": ")?;
    let path = path.trim();
    (member.starts_with('[') && member.ends_with(']') && path.starts_with('/')).then_some(path)
}

/// `… /flash requires 462703 KB of free space, but only 408260 KB is available`.
fn shortage(line: Line<'_>, body: &str) -> Result<Option<Shortage>, ParseError> {
    let Some((head, tail)) = body.split_once(" requires ") else {
        return Ok(None);
    };
    let Some((needed, tail)) = tail.split_once(" KB of free space") else {
        return Ok(None);
    };
    let kilobytes = |text: &str| -> Result<u64, ParseError> {
        Ok(line.number::<u64>(text)?.saturating_mul(1024))
    };
    Ok(Some(Shortage {
        path: head.rsplit(' ').next().unwrap_or(head).to_owned(),
        needed_bytes: kilobytes(needed)?,
        available_bytes: scan("{*}but only {#} KB is available{*}", tail)
            .map(|[_, available, _]: [&str; 3]| kilobytes(available))
            .transpose()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ParseErrorKind;

    const TEXT: &str = include_str!("../../tests/outputs/install.txt");

    #[test]
    fn a_one_step_upgrade_of_a_stack() {
        let parsed = parse(TEXT).unwrap();
        assert_eq!(parsed.unknown, []);
        let value = parsed.value;
        assert_eq!(
            value.operation.as_deref(),
            Some("install_add_activate_commit")
        );
        assert_eq!(value.questions, [InstallQuestion::Reload]);
        assert_eq!(value.phases.len(), 3);
        assert_eq!(value.phases[0].members, ["1", "2"]);
        assert_eq!(value.added.unwrap().to_string(), "17.09.04a");
        assert_eq!(value.added_label.as_deref(), Some("17.09.04a.0.6"));
        let verdict = value.verdict.unwrap();
        assert_eq!(verdict.result, InstallResult::Success);
        assert_eq!(
            verdict.operation.as_deref(),
            Some("install_add_activate_commit")
        );
    }

    #[test]
    fn no_verdict_is_an_error_unless_a_question_ends_it() {
        let cut = TEXT.rfind("SUCCESS").unwrap();
        assert_eq!(
            parse(&TEXT[..cut]).unwrap_err().kind,
            ParseErrorKind::Incomplete
        );
        let short = TEXT.rfind("_activate_commit").unwrap();
        assert_eq!(
            parse(&TEXT[..short]).unwrap_err().kind,
            ParseErrorKind::Incomplete,
            "a verdict of another operation"
        );
        let asked = "install_activate: START Wed Nov 06 17:18:32 UTC 2024\n\
            System configuration has been modified.\nPress Yes(y) to save the configuration and proceed.\n\
            Press No(n) for proceeding without saving the configuration.\n\
            Press Quit(q) to exit, you may save configuration and re-enter the command. [y/n/q]q\n";
        let parsed = parse(asked).unwrap();
        assert_eq!(parsed.unknown, []);
        assert!(parsed.value.ends_at_question && parsed.value.verdict.is_none());
        assert_eq!(parsed.value.questions, [InstallQuestion::SaveConfiguration]);
    }

    #[test]
    fn failures_say_why() {
        let text = "install_add: START Wed Nov 06 17:18:32 UTC 2024\ninstall_add: Adding IMG\n\
            --- Starting Add ---\nPerforming Add on all members\n\
            \x20 [1] FAILED: /mnt/sd3/user requires 462703 KB of free space, but only 408260 KB is available\n\
            Add: Passed on [2]. Failed on [1]\nFAILED: install_add  exit(1) Wed Nov 06 17:19:32 UTC 2024\n";
        let parsed = parse(text).unwrap();
        assert_eq!(parsed.unknown, []);
        let value = parsed.value;
        let shortage = value.shortage.unwrap();
        assert_eq!(shortage.needed_bytes, 462_703 * 1024);
        assert_eq!(shortage.available_bytes, Some(408_260 * 1024));
        assert_eq!(value.phases[1].result, MemberResult::Failed);
        assert_eq!(value.verdict.unwrap().result, InstallResult::Failed);
        let text = "FAILED: Booted in bundle mode. For Bundle-to-Install mode conversion, please use one-shot CLI\n";
        let verdict = parse(text).unwrap().value.verdict.unwrap();
        assert!(verdict.operation.is_none() && verdict.detail.unwrap().contains("bundle"));
    }

    #[test]
    fn a_removal_lists_what_goes_and_what_stays_in_both_formats() {
        let text = "install_remove: START Wed Nov 06 17:18:32 UTC 2024\ninstall_remove: Removing IMG\n\
            Cleaning up unnecessary package files\nNo path specified, will use booted path /flash/packages.conf\n\
            \x20 Preparing packages list to delete ...\n\
            \x20   [R0]: /flash/packages.conf File is in use, will not delete.\n\
            \x20   [R0]: /flash/old.conf\n\x20     File is in use, will not delete.\n  done.\n\n\
            The following files will be deleted:\n    [R0]: /flash/a.pkg\n    [R0]: /flash/b.pkg\n\
            Do you want to remove the above files? [y/n]y\nSUCCESS: Files deleted.\n\
            --- Starting Post_Remove_Cleanup ---\nPost_Remove_Cleanup: Passed on [1]\n\
            SUCCESS: install_remove  Wed Nov 06 17:19:32 UTC 2024\n";
        let parsed = parse(text).unwrap();
        assert_eq!(parsed.unknown, []);
        let value = parsed.value;
        assert_eq!(value.kept, ["/flash/packages.conf", "/flash/old.conf"]);
        assert_eq!(value.deleted, ["/flash/a.pkg", "/flash/b.pkg"]);
        assert_eq!(
            value.verdict.unwrap().operation.as_deref(),
            Some("install_remove")
        );
    }
}
