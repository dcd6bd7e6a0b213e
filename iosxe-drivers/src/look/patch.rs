//! What a device says of a patch on its flash, and of the patches in use beside it.
//!
//! Nothing here is guessed: what the device does not say stays unsaid. Whether a patch is hot is told
//! by its `SMU Type`; the words for that differ by release.

use iosxe_core::boot::{PackageState, file_name};
use iosxe_core::observation::Observation;
use iosxe_core::patch::{self, PatchEffect, PatchSeen};
use iosxe_core::talk::TalkError;
use iosxe_core::why::Evidence;

use super::facts::INSTALL;
use super::{answer, read};
use crate::parse::show_install_package::{self, ShowInstallPackage};
use crate::parse::show_install_summary;
use crate::talk::console::{Command, Output, Taken};
use crate::talk::script::Inquiry;

/// `SMU Type` of a patch that takes effect without a reload: `hot` in Cisco's guides, `non-reload` in
/// captures.
const HOT: [&str; 2] = ["hot", "non-reload"];

/// Lines that the answer rests on.
const TELLING: [&str; 5] = [
    "Package Type:",
    "SMU Type:",
    "SMU Compatible with Version:",
    "Supersedes List:",
    "SMUImpact:",
];

#[derive(Debug)]
pub(crate) struct PatchInquiry {
    /// `flash:x.smu.bin`.
    path: String,
    /// Files of the patches in use that are still to be asked for, last first.
    others: Option<Vec<String>>,
}

impl PatchInquiry {
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            others: None,
        }
    }

    fn file_system(&self) -> &str {
        self.path.split_inclusive(':').next().unwrap_or_default()
    }

    /// Commands for the patches in use beside it, as the summary lists them.
    fn others(&self, answers: &[Output]) -> Vec<String> {
        let Some(summary) = answer(answers, INSTALL) else {
            return Vec::new();
        };
        let Ok(parsed) = show_install_summary::parse(&summary.text) else {
            return Vec::new();
        };
        let state = parsed.value.state();
        let mut files: Vec<String> = state
            .patches()
            .filter(|p| matches!(p.state, PackageState::Committed | PackageState::Uncommitted))
            .map(|p| file_name(&p.label).to_owned())
            .filter(|file| file != file_name(&self.path))
            .collect();
        files.sort();
        files.dedup();
        files.reverse();
        files
            .into_iter()
            .map(|file| shown(&format!("{}{file}", self.file_system())))
            .collect()
    }
}

fn shown(path: &str) -> String {
    format!("show install package {path}")
}

impl Inquiry for PatchInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        match answers {
            [] => return Ok(Some(Command::show(shown(&self.path)))),
            [_] => return Ok(Some(Command::show(INSTALL))),
            [_, _, ..] => {}
        }
        if self.others.is_none() {
            self.others = Some(self.others(answers));
        }
        Ok(self.others.as_mut().and_then(Vec::pop).map(Command::show))
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let file = file_name(&self.path).to_owned();
        let mut seen = PatchSeen::silent(file.clone());
        let command = shown(&self.path);
        let Some(output) = answer(&answers, &command) else {
            return Ok(Observation::Patch(Box::new(seen)));
        };
        seen.lines = telling(output);
        let mut unknown = Vec::new();
        let own = match read(output, show_install_package::parse, &mut unknown) {
            Ok(Some(package)) => {
                said(&mut seen, &package);
                package.supersedes.unwrap_or_default()
            }
            // The release does not know the command.
            Ok(None) => return Ok(Observation::Patch(Box::new(seen))),
            Err(error) => {
                seen.unread = Some(error.to_string());
                return Ok(Observation::Patch(Box::new(seen)));
            }
        };
        let prefix = shown("");
        for output in answers.iter().filter(|o| o.command != command) {
            let Some(path) = output.command.strip_prefix(&prefix) else {
                continue;
            };
            let other = file_name(path).to_owned();
            if names(&own, &other) {
                seen.supersedes.push(other.clone());
            }
            let package = read(output, show_install_package::parse, &mut unknown);
            let replaces = package.ok().flatten().and_then(|p| p.supersedes);
            if replaces.is_some_and(|list| names(&list, &file)) {
                seen.lines.extend(telling(output));
                seen.superseded_by.push(other);
            }
        }
        Ok(Observation::Patch(Box::new(seen)))
    }
}

/// What the file itself says.
fn said(seen: &mut PatchSeen, package: &ShowInstallPackage) {
    let word = |text: &Option<String>| text.as_deref().map(|t| t.trim().to_ascii_lowercase());
    seen.is_patch = word(&package.package_type).map(|kind| kind == "smu");
    seen.effect = word(&package.smu_type).map(|kind| {
        if HOT.contains(&kind.as_str()) {
            PatchEffect::Hot
        } else {
            PatchEffect::Reload
        }
    });
    seen.release = package
        .smu_compatible_with
        .as_deref()
        .and_then(|text| text.trim().parse().ok());
}

/// Whether a list of superseded patches names a patch: by its file, or by the defect that it mends.
fn names(list: &str, file: &str) -> bool {
    let mut words = list.split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
    words.any(|word| word == file || Some(word) == patch::defect(file))
}

fn telling(output: &Output) -> Vec<Evidence> {
    if output.taken != Taken::Ran {
        return Vec::new();
    }
    output
        .text
        .lines()
        .map(str::trim)
        .filter(|line| TELLING.iter().any(|mark| line.starts_with(mark)))
        .map(|line| Evidence::new(output.command.clone(), line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::script::Script;
    use iosxe_core::talk::Exchange as _;
    use iosxe_core::talk::replay::{Beat, replay};

    const ONE: &str = "cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin";
    const TWO: &str = "cat9k_iosxe.17.09.04a.CSCwa00002.SPA.smu.bin";

    /// Made up after the format of 17.x.
    fn package(file: &str, kind: &str, supersedes: &str) -> String {
        format!(
            "Name: {file}\r\nVersion: 17.09.04a.0.6.1697784000..Cupertino\r\nPlatform: CAT9K\r\n\
             Package Type: SMU\r\nDefect ID: CSCwa00001\r\nPackage State: Not Installed\r\n\
             Supersedes List: {{{supersedes}}}\r\nSMU Fixes List: {{}}\r\nSMU ID: 777\r\n\
             SMU Type: {kind}\r\nSMU Compatible with Version: 17.09.04a.0.6\r\nSMUImpact:\r\n"
        )
    }

    fn summary(patches: &str) -> String {
        let rule = "-".repeat(80);
        format!(
            "[ Switch 1 ] Installed Package(s) Information:\r\n\
             State (St): I - Inactive, U - Activated & Uncommitted,\r\n            \
             C - Activated & Committed, D - Deactivated & Uncommitted\r\n{rule}\r\n\
             Type  St   Filename/Version\r\n{rule}\r\nIMG   C    17.09.04a.0.6\r\n{patches}{rule}\r\n\
             Auto abort timer: inactive\r\n{rule}\r\n"
        )
    }

    fn seen(conversation: &[(String, String)]) -> PatchSeen {
        let mut beats = Vec::new();
        for (command, text) in conversation {
            beats.push(Beat::types(command));
            beats.push(Beat::says(format!("{command}\r\n{text}sw1#")));
        }
        let mut last = None;
        for chunk in [1, 7, 100_000] {
            let inquiry = Box::new(PatchInquiry::new(format!("flash:{ONE}")));
            let mut script = Box::new(Script::new("sw1", inquiry));
            replay(script.as_mut(), &beats, chunk).unwrap();
            last = match script.observe().unwrap() {
                Observation::Patch(seen) => Some(*seen),
                other => panic!("{other:?}"),
            };
        }
        last.unwrap()
    }

    fn asks(file: &str) -> String {
        format!("show install package flash:{file}")
    }

    #[test]
    fn hot_is_what_the_device_calls_hot_and_nothing_else() {
        for (kind, effect) in [
            ("hot", PatchEffect::Hot),
            ("non-reload", PatchEffect::Hot),
            ("reload", PatchEffect::Reload),
            ("restart", PatchEffect::Reload),
        ] {
            let seen = seen(&[
                (asks(ONE), package(ONE, kind, "")),
                (INSTALL.into(), summary("")),
            ]);
            assert_eq!(seen.effect, Some(effect), "{kind}");
            assert_eq!(seen.release, "17.9.4a".parse().ok());
            assert_eq!((seen.is_patch, seen.unread), (Some(true), None));
            assert!(
                seen.lines
                    .iter()
                    .any(|l| l.line == format!("SMU Type: {kind}"))
            );
        }
    }

    #[test]
    fn a_release_without_the_command_says_nothing() {
        let refused = "           ^\r\n% Invalid input detected at '^' marker.\r\n\r\n".to_owned();
        let seen = seen(&[(asks(ONE), refused), (INSTALL.into(), summary(""))]);
        assert_eq!(seen, PatchSeen::silent(ONE));
    }

    #[test]
    fn what_cannot_be_read_is_kept_with_its_reason() {
        let text = "file is busy, try later\r\n".to_owned();
        let seen = seen(&[(asks(ONE), text), (INSTALL.into(), summary(""))]);
        assert!(seen.unread.is_some() && seen.effect.is_none(), "{seen:?}");
    }

    #[test]
    fn patches_in_use_are_asked_whether_they_replace_it() {
        let used = format!("SMU   C    flash:{TWO}\r\n");
        for (list, replaced) in [(ONE, true), ("CSCwa00001", true), ("CSCwa00009", false)] {
            let seen = seen(&[
                (asks(ONE), package(ONE, "hot", "")),
                (INSTALL.into(), summary(&used)),
                (asks(TWO), package(TWO, "hot", list)),
            ]);
            assert_eq!(!seen.superseded_by.is_empty(), replaced, "{list}");
            assert!(seen.supersedes.is_empty());
        }
        let seen = seen(&[
            (asks(ONE), package(ONE, "reload", "CSCwa00002")),
            (INSTALL.into(), summary(&used)),
            (asks(TWO), package(TWO, "hot", "")),
        ]);
        assert_eq!(seen.supersedes, [TWO]);
    }
}
