//! `show install summary` and `show install active|inactive|committed|uncommitted`: the state of
//! every package, and whether the device will go back by itself.
//!
//! Source: genieparser `show_install.py` and its golden outputs of 16.6 to 17.17 (Catalyst 9000,
//! ASR 1000, C9800); 16.6 prints no footer.
//!
//! ```text
//! [ Switch 1 2 ] Installed Package(s) Information:
//! State (St): I - Inactive, U - Activated & Uncommitted,
//!             C - Activated & Committed, D - Deactivated & Uncommitted
//! --------------------------------------------------------------------------------
//! Type  St   Filename/Version
//! --------------------------------------------------------------------------------
//! IMG   C    17.09.04a.0.6
//! --------------------------------------------------------------------------------
//! Auto abort timer: active on install_activate, time before rollback - 01:49:42
//! --------------------------------------------------------------------------------
//! ```

use std::time::Duration;

use iosxe_core::boot::{self, InstallState, PackageState};
use iosxe_core::version::Version;
use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::words::{Word, word_enum};
use super::{ParseError, Parsed};

word_enum! {
    /// Type of a package, as the device abbreviates it.
    PackageType {
        /// The base image.
        Img = "IMG",
        /// A point fix.
        Smu = "SMU",
        /// AP service pack (C9800).
        Apsp = "APSP",
        /// AP device pack (C9800).
        Apdp = "APDP",
        /// Optional sub-package.
        Subpkg = "SUBPKG",
        /// Hot patch.
        Hotpatch = "HOTPATCH",
    }
}

word_enum! {
    /// Whether the auto-abort timer runs.
    TimerState {
        /// Nothing will happen by itself.
        Inactive = "inactive",
        /// The device goes back unless somebody commits.
        Active = "active",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInstallSummary {
    /// One block per group of members that agree; several mean that members differ.
    pub blocks: Vec<Block>,
    /// The timer; 16.6 does not print it.
    pub auto_abort: Option<AutoAbort>,
}

/// Members with the same packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// `Switch 1 2 3`, `R0 R1`, `Chassis 1/R0 2/R0`.
    pub members: String,
    /// The packages; empty where the device says `No … Packages`.
    pub packages: Vec<Package>,
    /// The device's own words for an empty list: `No Inactive Packages`.
    pub none: Option<String>,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: PackageType,
    /// Its state.
    pub state: PackageState,
    /// Release of an image, file of an SMU.
    pub label: String,
    /// The release, where the label is one.
    pub release: Option<Version>,
}

/// The auto-abort timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoAbort {
    /// Whether it runs.
    pub state: TimerState,
    /// The operation that started it, where the device says so.
    pub operation: Option<String>,
    /// Time until the device goes back, where the device says so.
    pub remaining_s: Option<u64>,
}

impl ShowInstallSummary {
    /// The same in the words of the core.
    #[must_use]
    pub fn state(&self) -> InstallState {
        let packages = self.blocks.iter().flat_map(|block| {
            block.packages.iter().map(|package| boot::Package {
                kind: match package.kind {
                    PackageType::Img => boot::PackageKind::Image,
                    PackageType::Smu => boot::PackageKind::Smu,
                    PackageType::Apsp
                    | PackageType::Apdp
                    | PackageType::Subpkg
                    | PackageType::Hotpatch => boot::PackageKind::Other,
                },
                state: package.state,
                label: package.label.clone(),
                version: package.release.clone(),
                members: block.members.clone(),
            })
        });
        InstallState {
            packages: packages.collect(),
            members_differ: self.blocks.len() > 1,
            auto_abort: self
                .auto_abort
                .as_ref()
                .filter(|timer| timer.state == TimerState::Active)
                .map(|timer| timer.remaining_s.map(Duration::from_secs)),
        }
    }
}

const IGNORED: &[Ignored] = &[
    ignored(
        "State (St): I - Inactive, U - Activated & Uncommitted,",
        "legend; the letters are fixed",
    ),
    ignored(
        "C - Activated & Committed, D - Deactivated & Uncommitted",
        "legend; the letters are fixed",
    ),
    ignored("Type St Filename/Version", "heading"),
];

/// Reads `show install summary`.
///
/// # Errors
/// On a state letter outside the legend, a malformed timer, and from release 17 on when the timer
/// line at the end is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowInstallSummary>, ParseError> {
    read("show install summary", text)
}

/// Reads `show install active|inactive|committed|uncommitted`, which prints a part of the summary.
///
/// # Errors
/// As [`parse`].
pub fn parse_state(text: &str) -> Result<Parsed<ShowInstallSummary>, ParseError> {
    read("show install active|inactive|committed|uncommitted", text)
}

fn read(command: &'static str, text: &str) -> Result<Parsed<ShowInstallSummary>, ParseError> {
    let mut lines = Lines::new(command, text)?;
    let mut blocks: Vec<Block> = Vec::new();
    let mut auto_abort: Option<AutoAbort> = None;
    let mut closed = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            closed = auto_abort.is_some();
        } else if let Some([members, _]) = line.scan("[ {*} ] {*} Package(s) Information:") {
            blocks.push(Block {
                members: members.to_owned(),
                packages: Vec::new(),
                none: None,
            });
        } else if line.starts("Auto abort timer") {
            auto_abort = Some(timer(line)?);
        } else if let (Some(block), Some([_])) = (blocks.last_mut(), line.scan("No {*} Packages")) {
            block.none = Some(line.body().to_owned());
        } else if let (Some(block), Some(package)) = (blocks.last_mut(), package(line)?) {
            block.packages.push(package);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if blocks.is_empty() {
        return Err(lines.incomplete("the line `[ … ] Installed Package(s) Information:`"));
    }
    // Only 16.x prints no timer; a build without a number may be anything.
    let new = blocks
        .iter()
        .flat_map(|block| &block.packages)
        .filter(|package| package.kind == PackageType::Img)
        .any(|package| {
            package
                .release
                .as_ref()
                .is_none_or(|release| release.train().0 != 16)
        });
    // `active` may go on with the time that is left; the rule below says that it does not.
    let bare = auto_abort
        .as_ref()
        .is_some_and(|timer| timer.state == TimerState::Active && timer.remaining_s.is_none());
    if bare && !closed {
        return Err(lines.incomplete("the rule below the timer"));
    }
    if (new && auto_abort.is_none())
        || blocks
            .iter()
            .any(|b| b.packages.is_empty() && b.none.is_none() && auto_abort.is_none())
    {
        return Err(lines.incomplete("the line `Auto abort timer`"));
    }
    Ok(lines.finish(ShowInstallSummary { blocks, auto_abort }))
}

/// `IMG   C    17.06.03.0.3629`; `None` for a line that is no row.
pub(crate) fn package(line: Line<'_>) -> Result<Option<Package>, ParseError> {
    let Some([kind, state, label]) = line.scan("{} {} {}") else {
        return match line.scan("{} {}") {
            Some([kind, state]) if PackageType::read(kind).is_some() => {
                Err(line.bad(state, "type, state and file or version"))
            }
            _ => match line.scan("{}") {
                Some([kind]) if PackageType::read(kind).is_some() => {
                    Err(line.bad(kind, "type, state and file or version"))
                }
                _ => Ok(None),
            },
        };
    };
    let Some(kind) = PackageType::read(kind) else {
        return Ok(None);
    };
    let state = match state {
        "I" => PackageState::Inactive,
        "U" => PackageState::Uncommitted,
        "C" => PackageState::Committed,
        "D" => PackageState::Deactivated,
        _ => return Err(line.bad(state, "one of the states I, U, C, D")),
    };
    let release: Option<Version> = label.parse().ok();
    let begun = label.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if kind == PackageType::Img && release.is_none() && begun {
        return Err(line.bad(label, "a whole release, like `17.09.04a.0.6`"));
    }
    Ok(Some(Package {
        kind,
        state,
        label: label.to_owned(),
        release,
    }))
}

fn timer(line: Line<'_>) -> Result<AutoAbort, ParseError> {
    let running = |operation: &str, remaining: Option<&str>| -> Result<AutoAbort, ParseError> {
        Ok(AutoAbort {
            state: TimerState::Active,
            operation: super::units::text(operation),
            remaining_s: remaining.map(|text| line.hms(text)).transpose()?,
        })
    };
    if line.is("Auto abort timer~:~inactive") {
        Ok(AutoAbort {
            state: TimerState::Inactive,
            operation: None,
            remaining_s: None,
        })
    } else if let Some([operation, left]) =
        line.scan("Auto abort timer~:~active on {*}, time before rollback -~{}")
    {
        running(operation, Some(left))
    } else if let Some([left]) = line.scan("Auto abort timer~:~active~, time before rollback -~{}")
    {
        running("", Some(left))
    } else if line.is("Auto abort timer~:~active") {
        running("", None)
    } else {
        Err(line.bad(
            line.body(),
            "`inactive`, or `active` with the time before rollback",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ParseErrorKind;

    fn summary(rows: &str, timer: &str) -> String {
        format!(
            "[ Switch 1 2 ] Installed Package(s) Information:\n\
             State (St): I - Inactive, U - Activated & Uncommitted,\n\
             \x20           C - Activated & Committed, D - Deactivated & Uncommitted\n\
             ----------------\nType  St   Filename/Version\n----------------\n{rows}\n\
             ----------------\n{timer}\n----------------\n"
        )
    }

    #[test]
    fn the_running_timer_in_its_three_shapes() {
        for (text, operation, left) in [
            (
                "Auto abort timer: active on install_activate, time before rollback -  01:49:42",
                Some("install_activate"),
                Some(6582),
            ),
            (
                "Auto abort timer: active , time before rollback - 00:52:16",
                None,
                Some(3136),
            ),
            ("Auto abort timer: active", None, None),
        ] {
            let parsed = parse(&summary("IMG   U    17.09.04a.0.6", text)).unwrap();
            assert!(parsed.unknown.is_empty());
            let timer = parsed.value.auto_abort.clone().unwrap();
            assert_eq!(
                (timer.operation.as_deref(), timer.remaining_s),
                (operation, left)
            );
            assert!(parsed.value.state().auto_abort.is_some());
            assert!(
                parsed
                    .value
                    .state()
                    .has(&"17.9.4a".parse().unwrap(), PackageState::Uncommitted)
            );
        }
    }

    #[test]
    fn members_that_differ_are_seen() {
        let one = summary("IMG   C    17.09.04a.0.6", "Auto abort timer: inactive");
        let two = one
            .replace("Switch 1 2", "Switch 3")
            .replace("17.09.04a", "17.06.05");
        let value = parse(&format!("{one}{two}")).unwrap().value;
        assert!(value.state().members_differ);
        assert_eq!(value.blocks[1].members, "Switch 3");
        assert_eq!(value.state().auto_abort, None);
    }

    #[test]
    fn an_unknown_letter_a_cut_row_and_a_missing_footer_are_errors() {
        let error = parse(&summary(
            "IMG   X    17.09.04a.0.6",
            "Auto abort timer: inactive",
        ))
        .unwrap_err();
        assert_eq!((error.line, error.column), (7, 7));
        let error = parse(&summary("IMG   C", "Auto abort timer: inactive")).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::Malformed);
        let text = summary("IMG   C    17.09.04a.0.6", "");
        assert_eq!(parse(&text).unwrap_err().kind, ParseErrorKind::Incomplete);
        let old = summary("IMG   C    16.6.6.0", "");
        assert_eq!(parse(&old).unwrap().value.auto_abort, None);
    }

    #[test]
    fn an_empty_part_of_the_summary() {
        let value = parse_state("[ R0 ] Inactive Package(s) Information:\nType  St   Filename/Version\nNo Inactive Packages\n")
            .unwrap()
            .value;
        assert!(value.blocks[0].packages.is_empty());
    }
}
