//! Install or bundle mode, the boot variable, and the states of packages.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::version::Version;

/// How the running software was booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootMode {
    /// Sub-packages named by `packages.conf`.
    Install,
    /// One `.bin` file.
    Bundle,
}

impl BootMode {
    /// The word for it in columns and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Bundle => "bundle",
        }
    }
}

/// What decides what is booted next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootSettings {
    /// The files of the next boot, in order, as the device prints them (`bootflash:packages.conf`).
    /// `None` when the variable does not exist: the first image found is booted then.
    pub next: Option<Vec<String>>,
    /// `boot manual`: the device stops in ROMMON after a reload.
    pub manual: Option<bool>,
    /// The configuration register that holds after the next reload; `None` where the device has
    /// none (many Catalysts).
    pub config_register_next: Option<u16>,
    /// The startup-config will be ignored at the next boot (`SWITCH_IGNORE_STARTUP_CFG=1`).
    pub ignore_startup: Option<bool>,
    /// The files of the next boot of a standby supervisor or route processor; `None` where the device
    /// does not tell, as while it boots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby_next: Option<Vec<String>>,
    /// Its configuration register at the next reload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby_config_register_next: Option<u16>,
    /// The next boot of the further members of a stack, each of which has a variable of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members_next: Vec<MemberBoot>,
}

/// The next boot of one further member of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberBoot {
    /// Its number.
    pub member: u32,
    /// Its boot files in order; none when it has no variable.
    pub next: Vec<String>,
}

impl BootSettings {
    /// The boot files of every other side that the device tells of, with a word for the side.
    pub fn others(&self) -> impl Iterator<Item = (String, &[String])> {
        let members = self.members_next.iter();
        let members = members.map(|m| (format!("member {}", m.member), m.next.as_slice()));
        let standby = self.standby_next.iter();
        members.chain(standby.map(|files| ("the standby".to_owned(), files.as_slice())))
    }
}

/// `flash:` and `bootflash:` are one file system on Catalyst 9000, and `flash:/x` is `flash:x`:
/// two boot entries are the same file when their tails are.
///
/// Source: genielibs `cat9k/verify.py` compares without the prefix.
#[must_use]
pub fn same_file(a: &str, b: &str) -> bool {
    file_name(a) == file_name(b)
}

/// The path behind the file system prefix: `packages.conf` of `bootflash:/packages.conf`.
#[must_use]
pub fn file_name(path: &str) -> &str {
    path.split_once(':')
        .map_or(path, |(_, tail)| tail)
        .trim_start_matches('/')
}

/// The letter of a package in `show install summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageState {
    /// `I`: added, not activated.
    Inactive,
    /// `U`: activated, not committed.
    Uncommitted,
    /// `C`: activated and committed.
    Committed,
    /// `D`: deactivated, not committed.
    Deactivated,
}

/// What a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageKind {
    /// `IMG`: the base image.
    Image,
    /// `SMU`: a point fix.
    Smu,
    /// `APSP`, `APDP`, `SUBPKG` and others that an image upgrade only has to name.
    Other,
}

/// One line of `show install summary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// What it is.
    pub kind: PackageKind,
    /// Its state.
    pub state: PackageState,
    /// Release of an image; file of an SMU.
    pub label: String,
    /// The release, where the label is one.
    pub version: Option<Version>,
    /// The members that the block speaks of: `Switch 1 2 3`, `R0`.
    pub members: String,
}

/// The install engine's own view: the truth after every reconnect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallState {
    /// All packages of all blocks.
    pub packages: Vec<Package>,
    /// More than one header block: the members differ.
    pub members_differ: bool,
    /// Time until the device goes back by itself, in device time. `None`: no timer runs.
    pub auto_abort: Option<Option<Duration>>,
}

impl InstallState {
    /// The states in which a release appears as an image.
    pub fn states_of<'a>(
        &'a self,
        version: &'a Version,
    ) -> impl Iterator<Item = PackageState> + 'a {
        self.packages
            .iter()
            .filter(move |p| p.kind == PackageKind::Image && p.version.as_ref() == Some(version))
            .map(|p| p.state)
    }

    /// Whether a release stands in a state on any member.
    #[must_use]
    pub fn has(&self, version: &Version, state: PackageState) -> bool {
        self.states_of(version).any(|s| s == state)
    }

    /// The package that is activated and not committed, if any.
    #[must_use]
    pub fn uncommitted(&self) -> Option<&Package> {
        self.packages.iter().find(|p| {
            matches!(
                p.state,
                PackageState::Uncommitted | PackageState::Deactivated
            )
        })
    }

    /// The lines about patches.
    pub fn patches(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|p| p.kind == PackageKind::Smu)
    }

    /// The state of a patch in each block of members; `None` where a block does not list it. Empty
    /// when nothing is listed at all.
    #[must_use]
    pub fn patch_states(&self, file: &str) -> Vec<Option<PackageState>> {
        let mut blocks: Vec<&str> = Vec::new();
        for package in &self.packages {
            if !blocks.contains(&package.members.as_str()) {
                blocks.push(&package.members);
            }
        }
        let of = |block: &str| {
            self.patches()
                .find(|p| p.members == block && same_file(&p.label, file))
                .map(|p| p.state)
        };
        blocks.into_iter().map(of).collect()
    }

    /// Whether any member lists a patch.
    #[must_use]
    pub fn lists_patch(&self, file: &str) -> bool {
        self.patch_states(file).iter().any(Option::is_some)
    }

    /// Whether a patch stands in a state on every member.
    #[must_use]
    pub fn patch_is(&self, file: &str, state: PackageState) -> bool {
        let states = self.patch_states(file);
        !states.is_empty() && states.iter().all(|s| *s == Some(state))
    }

    /// The release that the device goes back to when nobody commits.
    #[must_use]
    pub fn committed(&self) -> Option<&Version> {
        self.packages
            .iter()
            .find(|p| p.kind == PackageKind::Image && p.state == PackageState::Committed)
            .and_then(|p| p.version.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_stands_in_a_state_where_every_member_says_so() {
        let line = |members: &str, kind, state, label: &str| Package {
            kind,
            state,
            label: label.into(),
            version: None,
            members: members.into(),
        };
        let one = "flash:x.17.09.04a.CSCwa00001.SPA.smu.bin";
        let mut install = InstallState {
            packages: vec![
                line(
                    "Switch 1",
                    PackageKind::Image,
                    PackageState::Committed,
                    "17.09.04a",
                ),
                line("Switch 1", PackageKind::Smu, PackageState::Committed, one),
                line(
                    "Switch 2",
                    PackageKind::Image,
                    PackageState::Committed,
                    "17.09.04a",
                ),
            ],
            ..InstallState::default()
        };
        let file = file_name(one);
        let committed = Some(PackageState::Committed);
        assert_eq!(install.patch_states(file), [committed, None]);
        assert!(install.lists_patch(file) && !install.patch_is(file, PackageState::Committed));
        install.packages.pop();
        assert!(install.patch_is(file, PackageState::Committed));
        assert!(!InstallState::default().patch_is(file, PackageState::Committed));
    }

    #[test]
    fn flash_and_bootflash_are_one() {
        assert!(same_file("flash:packages.conf", "bootflash:/packages.conf"));
        assert!(!same_file(
            "flash:packages.conf",
            "bootflash:test/packages.conf"
        ));
    }
}
