//! Families, what they can do, and which one a model belongs to. The table is data; users override
//! rows of it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::boot::BootMode;
use crate::firmware::PackageKind;
use crate::version::Version;

/// The table that ships with this crate.
const BUILT_IN: &str = include_str!("../data/platforms.toml");

/// How a family keeps running when a part fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redundancy {
    /// Nothing.
    #[default]
    None,
    /// A stack of switches; all members reload together.
    Stack,
    /// Two supervisors in one chassis.
    DualSupervisor,
    /// Two switches as one, by StackWise Virtual.
    StackwiseVirtual,
    /// Two route processors in one chassis.
    DualRouteProcessor,
}

/// Which dialect of the command line a family speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Catalyst: `switch active`, `show romvar`.
    #[default]
    Switch,
    /// Routers: `rp active`, no stack.
    Router,
}

/// What upgrades a device that boots packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packages {
    /// The install engine: install mode.
    #[default]
    Install,
    /// `request platform software`: sub-package mode.
    RequestPlatform,
}

/// What upgrades a redundant device in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuForm {
    /// `install activate issu`: one command for both sides.
    Activate,
    /// `install activate location standby`, then `… active`.
    Location,
    /// `issu loadversion`, `runversion`, `acceptversion`, `commitversion`.
    Versions,
    /// `request platform software package install node`: one command, no timer and no commit.
    Node,
}

impl IssuForm {
    /// The word for it in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Location => "location",
            Self::Versions => "versions",
            Self::Node => "node",
        }
    }
}

/// One way in which a family upgrades in service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuBy {
    /// The boot mode that it needs: packages (`install`, sub-package mode included) or one image.
    pub boots: BootMode,
    /// The commands.
    pub form: IssuForm,
    /// The first release that has it.
    pub since: Version,
    /// The first release that it is not used for any more.
    #[serde(default)]
    pub before: Option<Version>,
}

/// What `request platform software` does with the packages of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestForm {
    /// They go beside those that run, and the file that names the ones to boot is written anew.
    InPlace,
    /// They go into a directory of their own, with a file of their own that the boot variable names.
    Beside,
}

impl RequestForm {
    /// The word for it in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InPlace => "in_place",
            Self::Beside => "beside",
        }
    }
}

/// How a release upgrades by `request platform software`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestBy {
    /// What becomes of the packages.
    pub form: RequestForm,
    /// The first release that has the commands.
    pub since: Version,
    /// The first release that upgrades in another way.
    #[serde(default)]
    pub before: Option<Version>,
    /// The command. `{file}` stands for the image with its file system, `{dir}` for the directory.
    pub install: String,
    /// The command that makes the file name the old packages again; `None`: there is none.
    #[serde(default)]
    pub rollback: Option<String>,
}

impl RequestBy {
    /// The command for an image.
    #[must_use]
    pub fn command(&self, file: &str, dir: &str) -> String {
        self.install.replace("{file}", file).replace("{dir}", dir)
    }

    /// What it lacks, in words.
    fn lacks(&self) -> Option<&'static str> {
        let places = match self.form {
            RequestForm::InPlace => &["{file}"][..],
            RequestForm::Beside => &["{file}", "{dir}"],
        };
        places.iter().copied().find(|p| !self.install.contains(p))
    }
}

/// The word of a fast reload (xFSU) in `install add … activate WORD commit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XfsuWord {
    /// `reloadfast`, `xfsu`.
    pub word: String,
    /// The first release that knows it.
    pub since: Version,
}

/// How firmware of one kind is written on a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirmwareForm {
    /// Which packages it takes.
    pub kind: PackageKind,
    /// What the names of its packages begin with, up to the version.
    pub packages: Vec<String>,
    /// Regions of the boot loader's flash that are written one after the other, each with a reload.
    #[serde(default = "one_region")]
    pub regions: u8,
    /// Writing one package, or one part where parts are written one by one, in seconds of device time:
    /// typical, at most.
    pub write_s: [u64; 2],
}

fn one_region() -> u8 {
    1
}

/// Whether a family is upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// Planned and carried out.
    Upgrade,
    /// Named, and refused with the reason.
    Recognise,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name in JSON, columns and overrides.
    pub name: String,
    /// Prefixes of its models; over all families the longest match wins.
    pub pids: Vec<String>,
    /// Whether it is upgraded.
    pub support: Support,
    /// Why it is not.
    #[serde(default)]
    pub why: String,
    /// Switch or router.
    #[serde(default)]
    pub kind: Kind,
    /// How it keeps running.
    #[serde(default)]
    pub redundancy: Redundancy,
    /// The command that shows what is booted next: `show boot` or `show bootvar`.
    #[serde(default = "bootvar")]
    pub boot_command: String,
    /// The first release that upgrades by `install add` of an image; `None`: every one that has the
    /// command.
    #[serde(default)]
    pub install_since: Option<Version>,
    /// What upgrades a device of it that boots packages.
    #[serde(default)]
    pub packages: Packages,
    /// How it upgrades by `request platform software` where it boots packages; the first row that has
    /// the running release counts. Empty: no release is known to.
    #[serde(default)]
    pub request_by: Vec<RequestBy>,
    /// The first release that upgrades in service; `None`: no release does.
    #[serde(default)]
    pub issu_since: Option<Version>,
    /// How it upgrades in service, by boot mode and release; empty: by one `install activate issu`.
    #[serde(default)]
    pub issu_by: Vec<IssuBy>,
    /// One side of an upgrade in service, from its reload until it is hot, in seconds of device time:
    /// typical, at most. Zero: as long as a reload of the device.
    #[serde(default)]
    pub issu_side_s: [u64; 2],
    /// The rollback timer of `issu loadversion` where the configuration sets none, in seconds.
    #[serde(default = "rollback_timer")]
    pub issu_rollback_s: u64,
    /// Seconds between the reloads of two interface modules after the switchover.
    #[serde(default)]
    pub module_delay_s: u64,
    /// The first release that upgrades by a fast reload (xFSU); `None`: no release does.
    #[serde(default)]
    pub xfsu_since: Option<Version>,
    /// The words for it, oldest first.
    #[serde(default)]
    pub xfsu_words: Vec<XfsuWord>,
    /// A fast reload, from the loss of the session to a usable login, in seconds of device time:
    /// typical, and the longest that is still a fast one.
    #[serde(default)]
    pub xfsu_s: [u64; 2],
    /// The file system that an image goes to.
    #[serde(default)]
    pub primary: String,
    /// The file system of a further member; `{n}` is its number.
    #[serde(default)]
    pub member_fs: String,
    /// Prefixes of its image file names: any other is refused before transfer.
    #[serde(default)]
    pub images: Vec<String>,
    /// Install mode is the normal one.
    #[serde(default)]
    pub install: bool,
    /// Configuration registers that boot the system with its configuration.
    #[serde(default)]
    pub config_register_good: Vec<u16>,
    /// `install add`, in seconds of device time: typical, at most.
    #[serde(default)]
    pub add_s: [u64; 2],
    /// `install activate` up to the loss of the session: typical, at most.
    #[serde(default)]
    pub activate_s: [u64; 2],
    /// From the loss of the session to a usable login: p90, at most.
    #[serde(default)]
    pub reload_s: [u64; 2],
    /// How its firmware is written; empty: not by this program.
    #[serde(default)]
    pub firmware: Vec<FirmwareForm>,
}

fn bootvar() -> String {
    "show bootvar".to_owned()
}

/// Default of the device. Source: ASR 1000 software configuration guide, ISSU.
fn rollback_timer() -> u64 {
    2700
}

impl Family {
    /// How a device of it upgrades in service in a boot mode, whatever its release.
    pub fn in_service(&self, boots: BootMode) -> impl Iterator<Item = IssuBy> + '_ {
        let one_command = match (&self.issu_since, boots, self.issu_by.is_empty()) {
            (Some(since), BootMode::Install, true) => Some(IssuBy {
                boots,
                form: IssuForm::Activate,
                since: since.clone(),
                before: None,
            }),
            _ => None,
        };
        let listed = self.issu_by.iter().filter(move |by| by.boots == boots);
        listed.cloned().chain(one_command)
    }

    /// How a release upgrades by `request platform software`, where it does.
    #[must_use]
    pub fn requests(&self, release: &Version) -> Option<&RequestBy> {
        let has = |by: &&RequestBy| {
            *release >= by.since && by.before.as_ref().is_none_or(|before| release < before)
        };
        self.request_by.iter().find(has)
    }

    /// One side of an upgrade in service, in device time: typical, at most.
    #[must_use]
    pub fn side(&self) -> (Duration, Duration) {
        let [typical, most] = self.issu_side_s;
        if most == 0 {
            return self.reload();
        }
        (Duration::from_secs(typical), Duration::from_secs(most))
    }

    /// The word for a fast reload that a release knows.
    #[must_use]
    pub fn xfsu_word(&self, release: &Version) -> Option<&XfsuWord> {
        let known = self.xfsu_words.iter().filter(|w| w.since <= *release);
        known.max_by(|a, b| a.since.cmp(&b.since))
    }

    /// The file system of one member.
    #[must_use]
    pub fn file_system(&self, member: u32, is_active: bool) -> String {
        if is_active || self.member_fs.is_empty() {
            self.primary.clone()
        } else {
            self.member_fs.replace("{n}", &member.to_string())
        }
    }

    /// Reload in device time: p90, at most.
    #[must_use]
    pub fn reload(&self) -> (Duration, Duration) {
        let [p90, most] = self.reload_s;
        (Duration::from_secs(p90), Duration::from_secs(most))
    }
}

/// The families by model. A clone is another name for the same table.
#[derive(Clone, Debug)]
pub struct PlatformTable {
    families: Arc<[Family]>,
}

/// A table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the platform table cannot be read: {0}")]
pub struct PlatformTableError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    family: Vec<Family>,
}

impl PlatformTable {
    /// The table that ships with this crate.
    ///
    /// # Errors
    /// Never in a released crate: a test reads it.
    pub fn built_in() -> Result<Self, PlatformTableError> {
        Self::parse(BUILT_IN)
    }

    fn parse(text: &str) -> Result<Self, PlatformTableError> {
        let file: File = toml::from_str(text).map_err(|e| PlatformTableError(e.to_string()))?;
        for family in &file.family {
            if let Some(place) = family.request_by.iter().find_map(RequestBy::lacks) {
                let name = &family.name;
                let what = format!("{name}: a command of `request_by` does not say {place}");
                return Err(PlatformTableError(what));
            }
        }
        Ok(Self {
            families: file.family.into(),
        })
    }

    /// The same table with rows replaced by name or added.
    ///
    /// # Errors
    /// When the text is not of the table's shape.
    pub fn overridden(self, text: &str) -> Result<Self, PlatformTableError> {
        let mut families = self.families.to_vec();
        for family in Self::parse(text)?.families.iter() {
            families.retain(|f| f.name != family.name);
            families.push(family.clone());
        }
        Ok(Self {
            families: families.into(),
        })
    }

    /// The family of a model: the longest prefix wins.
    #[must_use]
    pub fn family(&self, pid: &str) -> Option<&Family> {
        self.families
            .iter()
            .filter_map(|family| {
                let longest = family
                    .pids
                    .iter()
                    .filter(|p| pid.starts_with(p.as_str()))
                    .map(String::len)
                    .max()?;
                Some((longest, family))
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, family)| family)
    }

    /// Every family.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// Whether a cell of the `platform` column names this model: a family's name, or a PID prefix.
    #[must_use]
    pub fn cell_names(&self, cell: &str, pid: &str) -> bool {
        let cell = cell.trim();
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let prefix = |p: &str| pid.get(..p.len()).is_some_and(|head| same(head, p));
        if prefix(cell) {
            return true;
        }
        let Some(family) = self.family(pid) else {
            return false;
        };
        let plain = |t: &str| {
            t.chars()
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
                .to_lowercase()
        };
        let wanted = plain(cell);
        let name = plain(&family.name);
        // People write `Catalyst 9300`, `cat9300`, `C9300`, `ISR4000`, `9300`.
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        wanted == name
            || [format!("c{digits}"), format!("cat{digits}"), digits.clone()].contains(&wanted)
            || (name.starts_with("isr") && wanted == format!("isr{digits}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> PlatformTable {
        PlatformTable::built_in().unwrap()
    }

    #[test]
    fn models_find_their_family() {
        let cases = [
            ("C9300-48P", "catalyst-9300"),
            ("C9300X-24Y", "catalyst-9300"),
            ("C9500-16X", "catalyst-9500"),
            ("C9407R", "catalyst-9400"),
            ("ISR4451-X/K9", "isr-4000"),
            ("C1121-8P", "isr-1000"),
            ("C8300-1N1S-6T", "catalyst-8000"),
            ("C8000V", "catalyst-8000v"),
            ("C9800-L-F-K9", "wireless-controller"),
            ("ASR1006-X", "asr-1000-modular"),
            ("ASR1006", "asr-1000-modular"),
            ("ASR1001-X", "asr-1000-fixed"),
            ("ASR-903", "asr-900"),
            ("ASR-907", "asr-900"),
            ("ASR-920-12CZ-A", "asr-920"),
            ("WS-C3650-48PD", "catalyst-3850"),
            ("NCS4206-SA", "ncs-4200-modular"),
            ("NCS4202-SA", "ncs-4200-fixed"),
            ("NCS520-4G4Z-A", "ncs-520"),
            ("CSR1000V", "catalyst-8000v"),
            ("C8500-12X4QC", "catalyst-8500"),
            ("C8500L-8S4X", "catalyst-8500l"),
            ("WS-C3850-24P", "catalyst-3850"),
            ("C9606R", "catalyst-9600"),
            ("C9500X-28C8D", "catalyst-9500"),
        ];
        for (pid, name) in cases {
            assert_eq!(
                table().family(pid).map(|f| f.name.as_str()),
                Some(name),
                "{pid}"
            );
        }
        assert!(table().family("WS-C2960X-24").is_none());
    }

    #[test]
    fn every_upgraded_family_is_complete() {
        for family in table().families() {
            match family.support {
                Support::Upgrade => {
                    assert!(
                        !family.primary.is_empty() && !family.images.is_empty(),
                        "{family:?}"
                    );
                    assert!(family.reload_s[0] > 0 && family.reload_s[0] < family.reload_s[1]);
                    assert!(!family.config_register_good.is_empty());
                    if let Some(since) = &family.xfsu_since {
                        assert!(family.xfsu_word(since).is_some(), "{family:?}");
                        assert!(family.xfsu_s[0] > 0 && family.xfsu_s[0] < family.xfsu_s[1]);
                    }
                    // Every way is one of a release that upgrades in service at all.
                    for by in &family.issu_by {
                        assert!(Some(&by.since) >= family.issu_since.as_ref(), "{family:?}");
                        assert!(by.before.as_ref().is_none_or(|b| *b > by.since));
                    }
                    // `install add` takes over where the older commands end.
                    for by in &family.request_by {
                        assert!(by.before.as_ref().is_none_or(|b| *b > by.since));
                        let over = family.install_since.as_ref();
                        assert!(
                            over.is_none_or(|o| by.before.as_ref() == Some(o)),
                            "{family:?}"
                        );
                    }
                }
                Support::Recognise => assert!(!family.why.is_empty(), "{family:?}"),
            }
        }
    }

    #[test]
    fn a_command_that_names_no_image_is_no_row() {
        let row = |install: &str| {
            format!(
                "[[family]]\nname = \"isr-4000\"\npids = [\"ISR44\"]\nsupport = \"recognise\"\nwhy = \"w\"\n\
                 request_by = [{{ form = \"beside\", since = \"16.1.1\", install = \"{install}\" }}]\n"
            )
        };
        assert!(table().overridden(&row("expand {file} to {dir}")).is_ok());
        let error = table().overridden(&row("expand {file}")).unwrap_err();
        assert!(error.to_string().contains("does not say {dir}"), "{error}");
    }

    #[test]
    fn a_release_has_the_first_row_that_holds_it() {
        let table = table();
        let form = |pid: &str, release: &str| {
            let family = table.family(pid).unwrap();
            family.requests(&release.parse().unwrap()).map(|by| by.form)
        };
        assert_eq!(form("WS-C3850-24P", "16.03.06"), Some(RequestForm::InPlace));
        assert_eq!(form("WS-C3850-24P", "16.06.01"), None);
        assert_eq!(form("C9300-48P", "16.06.01"), Some(RequestForm::InPlace));
        assert_eq!(form("C9407R", "16.06.01"), None);
        assert_eq!(form("ISR4451-X/K9", "16.12.08"), Some(RequestForm::Beside));
        assert_eq!(form("ASR-902", "17.06.05"), Some(RequestForm::Beside));
    }

    #[test]
    fn the_word_for_a_fast_reload_is_that_of_the_running_release() {
        let table = table();
        let family = table.family("C9300-48P").unwrap();
        let word = |release: &str| {
            let found = family.xfsu_word(&release.parse().unwrap());
            found.map(|w| w.word.clone())
        };
        assert_eq!(word("17.3.1"), None);
        assert_eq!(word("17.6.5").as_deref(), Some("reloadfast"));
        assert_eq!(word("17.9.4a").as_deref(), Some("xfsu"));
    }

    #[test]
    fn rows_are_overridden_by_name() {
        let mine = "[[family]]\nname = \"isr-4000\"\npids = [\"ISR44\"]\nsupport = \"recognise\"\nwhy = \"ours are leased\"\n";
        let table = table().overridden(mine).unwrap();
        assert_eq!(
            table.family("ISR4451-X/K9").unwrap().support,
            Support::Recognise
        );
        assert!(table.family("ISR4331").is_none());
    }

    #[test]
    fn cells_name_models_as_people_do() {
        for cell in [
            "C9300",
            "C9300-48P",
            "c9300-48p",
            "Catalyst 9300",
            "catalyst-9300",
            "cat9300",
            "9300",
        ] {
            assert!(table().cell_names(cell, "C9300-48P"), "{cell}");
        }
        assert!(table().cell_names("ISR4451", "ISR4451-X/K9"));
        assert!(table().cell_names("isr4000", "ISR4451-X/K9"));
        assert!(!table().cell_names("C9500", "C9300-48P"));
    }
}
