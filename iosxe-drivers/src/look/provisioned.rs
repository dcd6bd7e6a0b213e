//! Which packages a device boots next, and whether they are there: the file that names them, and its
//! directory beside it, on every member that was asked for.

use iosxe_core::observation::{Observation, Provisioned};
use iosxe_core::talk::TalkError;

use super::{answer, read};
use crate::parse::{dir, packages_conf};
use crate::talk::console::{Command, Output};
use crate::talk::script::Inquiry;

#[derive(Debug)]
pub(crate) struct ProvisionedInquiry {
    /// `flash:packages.conf`, one per member.
    paths: Vec<String>,
}

impl ProvisionedInquiry {
    pub(crate) fn new(paths: Vec<String>) -> Self {
        Self { paths }
    }
}

fn shown(path: &str) -> String {
    format!("more {path}")
}

fn listed(path: &str) -> String {
    let end = path.rfind(['/', ':']).map_or(0, |at| at + 1);
    format!("dir {}", path.get(..end).unwrap_or_default())
}

impl Inquiry for ProvisionedInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        let mut commands = self.paths.iter().flat_map(|p| [shown(p), listed(p)]);
        Ok(commands.nth(answers.len()).map(Command::show))
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let seen: Result<Vec<Provisioned>, TalkError> = self
            .paths
            .iter()
            .map(|path| provisioned(path, &answers))
            .collect();
        Ok(Observation::Provisioned(seen?))
    }
}

fn provisioned(path: &str, answers: &[Output]) -> Result<Provisioned, TalkError> {
    let mut unknown = Vec::new();
    let mut seen = Provisioned {
        path: path.to_owned(),
        found: false,
        release: None,
        missing: Vec::new(),
    };
    let Some(output) = answer(answers, &shown(path)) else {
        return Ok(seen);
    };
    let Some(conf) = read(output, packages_conf::parse, &mut unknown)? else {
        return Ok(seen);
    };
    if conf.missing.is_some() {
        return Ok(seen);
    }
    seen.found = true;
    seen.release = conf.release();
    let beside = match answer(answers, &listed(path)) {
        Some(output) => read(output, dir::parse, &mut unknown)?,
        None => None,
    };
    let there: Vec<String> = beside
        .into_iter()
        .flat_map(|d| d.directories)
        .flat_map(|d| d.files)
        // One that is still being written has no bytes yet.
        .filter(|f| !f.directory && f.size_bytes > 0)
        .map(|f| f.name)
        .collect();
    seen.missing = conf
        .files
        .into_iter()
        .filter(|file| !there.contains(file))
        .collect();
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::console::Taken;

    fn asked(paths: &[&str], say: impl Fn(&str) -> String) -> Vec<Provisioned> {
        let mut inquiry = Box::new(ProvisionedInquiry::new(
            paths.iter().map(|p| (*p).to_owned()).collect(),
        ));
        let mut answers = Vec::new();
        while let Some(command) = inquiry.next(&answers).unwrap() {
            answers.push(Output {
                text: say(&command.line),
                command: command.line,
                prompt: None,
                taken: Taken::Ran,
            });
        }
        match inquiry.read(answers).unwrap() {
            Observation::Provisioned(seen) => seen,
            other => panic!("{other:?}"),
        }
    }

    const CONF: &str = "boot  rp 0 0   rp_boot  x-rpboot.16.12.08.SPA.pkg\n\
                        iso   rp 0 0   rp_base  x-rpbase.16.12.08.SPA.pkg\n";

    fn listing(files: &[(&str, u64)]) -> String {
        let rows: String = files
            .iter()
            .map(|(name, size)| format!("  12  -rw-  {size}  Nov 2 2026 09:00:00 +00:00  {name}\n"))
            .collect();
        format!("Directory of flash:/\n\n{rows}\n1000 bytes total (500 bytes free)\n")
    }

    #[test]
    fn what_is_named_and_not_there_or_empty_is_missing() {
        let seen = asked(&["bootflash:new/packages.conf"], |command| match command {
            "more bootflash:new/packages.conf" => CONF.into(),
            "dir bootflash:new/" => listing(&[
                ("x-rpboot.16.12.08.SPA.pkg", 9),
                ("x-rpbase.16.12.08.SPA.pkg", 0),
            ]),
            other => panic!("{other}"),
        });
        assert_eq!(seen[0].release, Some("16.12.8".parse().unwrap()));
        assert_eq!(seen[0].missing, ["x-rpbase.16.12.08.SPA.pkg"]);
        assert!(!seen[0].boots(&"16.12.8".parse().unwrap()));
    }

    #[test]
    fn every_member_is_asked_and_one_without_the_file_is_told_apart() {
        let seen = asked(
            &["flash-1:packages.conf", "flash-2:packages.conf"],
            |command| {
                if command.contains("flash-2:") {
                    return "%Error opening flash-2: (No such file or directory)\n".into();
                }
                match command {
                    "more flash-1:packages.conf" => CONF.into(),
                    _ => listing(&[
                        ("x-rpboot.16.12.08.SPA.pkg", 9),
                        ("x-rpbase.16.12.08.SPA.pkg", 9),
                    ]),
                }
            },
        );
        assert!(seen[0].boots(&"16.12.8".parse().unwrap()));
        assert!(!seen[1].found && seen[1].release.is_none());
    }
}
