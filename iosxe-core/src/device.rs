//! A device in two types that are never merged: [`Record`], what we were told, and [`Facts`], what
//! we saw.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::boot::{BootMode, BootSettings, InstallState, PackageState};
use crate::firmware::FirmwareState;
use crate::ids::{CredentialName, DeviceName};
use crate::patch::PatchAim;
use crate::plan::Method;
use crate::surroundings::Surroundings;
use crate::version::Version;
use crate::why::Evidence;

/// Host and port of a device's management address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Name or address, without brackets.
    pub host: String,
    /// TCP port of SSH.
    pub port: u16,
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address: give HOST, HOST:PORT or [IPV6]:PORT")]
pub struct AddressError(pub String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let bad = || AddressError(text.to_owned());
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, tail) = rest.split_once(']').ok_or_else(bad)?;
            match tail.strip_prefix(':') {
                Some(port) => (host, port.parse().map_err(|_| bad())?),
                None if tail.is_empty() => (host, 22),
                None => return Err(bad()),
            }
        } else {
            match text.split_once(':') {
                // More than one colon and no brackets: an IPv6 address without a port.
                Some((_, tail)) if tail.contains(':') => (text, 22),
                Some((host, port)) => (host, port.parse().map_err(|_| bad())?),
                None => (text, 22),
            }
        };
        if host.is_empty() || host.contains(char::is_whitespace) || port == 0 {
            return Err(bad());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What the inventory says about a device. The operator's columns, typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `hostname`: the name that everything of ours uses.
    pub name: DeviceName,
    /// `address`.
    pub address: Address,
    /// `platform`: family or PID prefix that the device must be of.
    pub platform: Option<String>,
    /// `serial`: at least one of these must be a chassis or member of the device.
    pub serials: Vec<String>,
    /// `site`.
    pub site: Option<String>,
    /// `role`.
    pub role: Option<String>,
    /// `target_version`.
    pub target: Option<Version>,
    /// `image`: file name in the image catalogue.
    pub image: Option<String>,
    /// `want_method`; `None` is `auto`.
    pub want_method: Option<Method>,
    /// `ha_group`.
    pub ha_group: Option<String>,
    /// `wave`.
    pub wave: Option<u32>,
    /// `window`.
    pub window: Option<String>,
    /// `credential`; `None` is the one named `default`.
    pub credential: Option<CredentialName>,
    /// `fallback_credential`.
    pub fallback_credential: Option<CredentialName>,
    /// `jump`: hosts to go through, nearest first, `[user@]host[:port]`.
    pub jump: Vec<String>,
    /// `console`: words for a person.
    pub console: Option<String>,
    /// `save_config`: unsaved configuration may be saved.
    pub save_config: bool,
    /// `hold`: skip the device.
    pub hold: bool,
    /// `approval`: `approved by NAME HASH8`; any other text is none.
    pub approval: Option<CellApproval>,
    /// `notes`.
    pub notes: Option<String>,
    /// `waive`: rules that shall not stop this device.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// What shall become of the patches that `image` names. No column says it: a command does.
    #[serde(default, skip_serializing_if = "PatchAim::is_apply")]
    pub patch_aim: PatchAim,
    /// Where the row stands, for messages: `fleet.xlsx, sheet Devices, row 7`.
    pub origin: String,
}

impl Record {
    /// A row that says no more than which device it is and where the row stands.
    #[must_use]
    pub fn new(name: DeviceName, address: Address, origin: impl Into<String>) -> Self {
        Self {
            name,
            address,
            platform: None,
            serials: Vec::new(),
            site: None,
            role: None,
            target: None,
            image: None,
            want_method: None,
            ha_group: None,
            wave: None,
            window: None,
            credential: None,
            fallback_credential: None,
            jump: Vec::new(),
            console: None,
            save_config: false,
            hold: false,
            approval: None,
            notes: None,
            waivers: Vec::new(),
            patch_aim: PatchAim::Apply,
            origin: origin.into(),
        }
    }

    /// The patches that the row asks for, in their order; none where it asks for something else.
    pub fn patches(&self) -> impl Iterator<Item = &str> {
        let cell = self.image.as_deref();
        cell.filter(|_| self.want_method == Some(Method::Smu))
            .into_iter()
            .flat_map(|cell| cell.split(','))
            .map(str::trim)
            .filter(|file| !file.is_empty())
    }

    /// Whether a patch of the row is as it shall be, for good: committed on every member, or listed by
    /// none.
    #[must_use]
    pub fn is_settled_patch(&self, facts: &Facts, file: &str) -> bool {
        let install = facts.install.as_ref();
        install.is_some_and(|install| match self.patch_aim {
            PatchAim::Apply => install.patch_is(file, PackageState::Committed),
            PatchAim::Remove => !install.lists_patch(file),
        })
    }

    /// The first patch of the row that is not yet as it shall be.
    #[must_use]
    pub fn next_patch(&self, facts: &Facts) -> Option<&str> {
        self.patches()
            .find(|file| !self.is_settled_patch(facts, file))
    }
}

/// A rule that somebody set aside, and why: it stands in the plan and in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The rule's name.
    pub rule: String,
    /// Why it may be set aside here.
    pub reason: String,
}

impl Waiver {
    /// Reads `RULE: REASON`, several joined by `;`. A rule without a reason is no waiver.
    #[must_use]
    pub fn parse(cell: &str) -> Vec<Self> {
        cell.split(';')
            .filter_map(|part| {
                let (rule, reason) = part.split_once([':', '='])?;
                let (rule, reason) = (rule.trim(), reason.trim());
                (!rule.is_empty() && !reason.is_empty()).then(|| Self {
                    rule: rule.to_owned(),
                    reason: reason.to_owned(),
                })
            })
            .collect()
    }
}

/// An approval written into the inventory by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellApproval {
    /// Who.
    pub by: String,
    /// The first 8 digits of the plan's hash, lower case.
    pub hash8: String,
}

impl CellApproval {
    /// Reads `approved by NAME HASH8`; anything else is no approval.
    #[must_use]
    pub fn parse(cell: &str) -> Option<Self> {
        let rest = cell.trim();
        let head = rest.get(..12)?;
        if !head.eq_ignore_ascii_case("approved by ") {
            return None;
        }
        let (by, hash8) = rest.get(12..)?.trim().rsplit_once(char::is_whitespace)?;
        let good = hash8.len() == 8 && hash8.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| Self {
            by: by.trim().to_owned(),
            hash8: hash8.to_ascii_lowercase(),
        })
        .filter(|a| !a.by.is_empty())
    }
}

/// The release that a device or member runs. Engineering builds have no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// A numbered release.
    Number(Version),
    /// A build without an orderable number, as the device prints it.
    Engineering(String),
}

impl Release {
    /// The number, where there is one.
    #[must_use]
    pub fn number(&self) -> Option<&Version> {
        match self {
            Self::Number(version) => Some(version),
            Self::Engineering(_) => None,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(version) => version.fmt(f),
            Self::Engineering(text) => f.pad(text),
        }
    }
}

/// What a member, supervisor or route processor is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the control plane.
    Active,
    /// Takes over from the active.
    Standby,
    /// A further stack member.
    Member,
}

/// The state of a member that runs something else than its stack, and is kept out of it.
pub const MISMATCH: &str = "V-Mismatch";

/// One switch of a stack, supervisor or route processor; a standalone device has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Switch number, or slot.
    pub id: u32,
    /// Its role.
    pub role: Role,
    /// Whether it is ready; the device's own word stands in `state`.
    pub ready: bool,
    /// The device's word: `Ready`, `V-Mismatch`, `Provisioned`, `HA sync in progress`.
    pub state: String,
    /// Model, where the device says it.
    pub pid: Option<String>,
    /// Serial, where the device says it.
    pub serial: Option<String>,
    /// Release, where the device says it per member.
    pub release: Option<Release>,
    /// Boot mode, where the device says it per member.
    pub boot_mode: Option<BootMode>,
    /// Both stack ports are up: this member closes the ring. `None` where there are none.
    pub ring: Option<bool>,
}

/// One file on a device's flash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashFile {
    /// Name without the file system.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
}

/// One file system of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// As the device names it: `flash:`, `flash-2:`, `bootflash:`.
    pub name: String,
    /// The member it belongs to.
    pub member: u32,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Bytes free.
    pub free_bytes: u64,
    /// Files at its root.
    pub files: Vec<FlashFile>,
}

/// What the device said about itself, in one look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The hostname of its prompt.
    pub hostname: String,
    /// The model: `C9300-48P`, `ISR4451-X/K9`.
    pub pid: String,
    /// Every serial of chassis and members.
    pub serials: Vec<String>,
    /// What executes now, on the member that answers.
    pub running: Release,
    /// How it was booted.
    pub boot_mode: BootMode,
    /// `System image file is "…"`; absent on some.
    pub system_image: Option<String>,
    /// What is booted next.
    pub boot: BootSettings,
    /// Time since the last boot of the processor that answers, in device time.
    pub uptime: Duration,
    /// `Last reload reason`.
    pub reload_reason: Option<String>,
    /// Every member; none where the device's table of them could not be read.
    pub members: Vec<Member>,
    /// One file system per member that an image must be on.
    pub file_systems: Vec<FileSystem>,
    /// The install engine's view; `None` where the device has no such command.
    pub install: Option<InstallState>,
    /// An install operation runs now; the line that says so.
    pub install_busy: Option<String>,
    /// Finished and running operations as the engine's history lists them, oldest first. Empty
    /// where the device does not tell.
    pub history: Vec<Operation>,
    /// Both sides of a redundant device as `show redundancy states` has them; `None` where there is
    /// nothing to be redundant with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redundancy: Option<RedundancyState>,
    /// What the device says of an upgrade in service; `None` where it does not know of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issu: Option<IssuState>,
    /// What the device says of a fast reload (xFSU); only a discovery asks, and not every family knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xfsu: Option<XfsuState>,
    /// The newest point that the install engine can go back to; only a discovery asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_point: Option<RollbackPoint>,
    /// The feature set of the running image, as the device prints it: `CAT9K_IOSXE`,
    /// `X86_64_LINUX_IOSD-UNIVERSALK9_NPE-M`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_set: Option<String>,
    /// DRAM of the processor that answers, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// ROMMON or boot loader, as the device prints its version: `17.9.1r[FC1]`, `16.12(2r)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rommon: Option<String>,
    /// Firmware beside the image, part by part; only a discovery and a look for it ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<FirmwareState>,
    /// A controller manages the device (SD-WAN): its software is the controller's to change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub controller_managed: bool,
    /// What hangs on the device; only a discovery looks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surroundings: Option<Surroundings>,
    /// The privilege level of this session.
    pub privilege: u8,
    /// Lines of output that no parser knew, with the command: reported, never guessed at.
    pub unknown_lines: Vec<String>,
    /// The captured lines behind what a plan is made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<Trace>,
    /// Numbers of switches that the configuration of a stack names and that are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub provisioned: Vec<u32>,
    /// `software auto-upgrade enable` is configured; `None` where nobody asked, as of anything but a
    /// stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_upgrade: Option<bool>,
}

/// Where `install rollback to id N` leads. Source: `show install rollback id N` of Catalyst 9600, 17.x.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackPoint {
    /// Its number.
    pub id: u32,
    /// The release of the image that it would activate; `None` where the device does not tell.
    pub release: Option<Version>,
}

/// An upgrade in service as `show issu state detail` tells of it: Catalyst 9400, 9500 and 9600, and
/// routers with two processors, which print no table of checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuState {
    /// One is running, from its activation to its commit or its end.
    pub in_progress: bool,
    /// `Current ISSU Status: Enabled`; `None` where the line is absent.
    pub enabled: Option<bool>,
    /// Checks of its table that do not say `Yes`, in the device's words.
    pub failing: Vec<String>,
    /// `Current state` of the one that runs: `Activated state`.
    pub state: Option<String>,
    /// `Last operation` of the one that runs: `loadversion`, `Commit R0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_operation: Option<String>,
    /// `Operating mode: sso, terminal state reached`; `None` where the line is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<bool>,
    /// Time until the rollback timer of the one that runs takes it back; `None` where none runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Duration>,
    /// Whether that timer runs could not be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rollback_unread: bool,
    /// The rollback timer that the device is configured with, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_configured: Option<Duration>,
}

impl IssuState {
    /// Nothing of it is on its way: both sides stand still, on whatever they run.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let activated = |s: &String| s.to_ascii_lowercase().starts_with("activated");
        !self.in_progress || self.state.as_ref().is_some_and(activated)
    }

    /// Whether the last thing that was done to the one that runs is this.
    #[must_use]
    pub fn did(&self, operation: &str) -> bool {
        let last = self.last_operation.as_ref();
        self.in_progress && last.is_some_and(|last| last.eq_ignore_ascii_case(operation))
    }
}

/// Whether the device may reload fast. Source: `show xfsu eligibility` of Catalyst 9300, 17.x.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct XfsuState {
    /// Its hardware can.
    pub supported: bool,
    /// Requirements that are not met, in the device's words.
    pub failing: Vec<String>,
}

/// Both sides of a redundant device. Source: `show redundancy states` of Catalyst 9000 and ASR 1000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedundancyState {
    /// `Redundancy Mode (Operational) = sso`.
    pub sso: bool,
    /// `peer state`, the device's word: `STANDBY HOT`, `DISABLED`.
    pub peer: String,
    /// `Manual Swact = enabled`; `None` where the line is absent.
    pub switchover_enabled: Option<bool>,
    /// `Communications = Up`.
    pub communications: bool,
    /// How long the second side has been in its state, in device time; `None` where the device was not
    /// asked, or has no second side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_since: Option<Duration>,
}

impl RedundancyState {
    /// There is a second side at all.
    #[must_use]
    pub fn has_peer(&self) -> bool {
        self.peer != "DISABLED"
    }

    /// The second side could take over now without losing state.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.sso
            && self.peer == "STANDBY HOT"
            && self.communications
            && self.switchover_enabled != Some(false)
    }
}

/// What a captured line told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// The model.
    Model,
    /// The running release.
    Release,
    /// The running release of one member.
    MemberRelease,
    /// Install or bundle mode, of the device or of a member.
    BootMode,
    /// The file that was booted.
    SystemImage,
    /// What is booted next.
    NextBoot,
    /// A member, its role and state.
    Member,
    /// Total and free bytes of a file system.
    Space,
    /// An image or a boot file on flash.
    File,
    /// A package of the install engine.
    Package,
    /// The state of redundancy.
    Redundancy,
    /// What stands against an upgrade in service, and how far one is.
    Issu,
    /// The timer after which an upgrade in service is taken back.
    RollbackTimer,
    /// What a standby processor boots next.
    StandbyBoot,
    /// A point to go back to.
    RollbackPoint,
    /// DRAM.
    Memory,
    /// ROMMON.
    Rommon,
    /// The feature set of the running image.
    FeatureSet,
    /// Who manages the device.
    Management,
    /// A switch of a stack that is configured and not there.
    Provisioned,
    /// The stack ports of a member.
    Ring,
    /// Whether a stack upgrades a mismatched member by itself.
    AutoUpgrade,
    /// What stands against a fast reload.
    Xfsu,
    /// Firmware of a part.
    Firmware,
}

/// A captured line and what it told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// What it told.
    pub kind: FactKind,
    /// Of which member, where the line speaks of one.
    pub member: Option<u32>,
    /// The line and the command that printed it.
    pub evidence: Evidence,
}

/// One entry of the install engine's operation history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// `add`, `activate`, `commit`, `rollback`, `cancel`.
    pub name: String,
    /// `OK`, `Fail`, or the device's other word.
    pub result: String,
    /// The start as the device prints it.
    pub started: String,
}

impl Facts {
    /// The version on every member, when they all run the same numbered release.
    #[must_use]
    pub fn common_version(&self) -> Option<&Version> {
        let running = self.running.number()?;
        self.members
            .iter()
            .all(|m| {
                m.release
                    .as_ref()
                    .is_none_or(|r| r.number() == Some(running))
            })
            .then_some(running)
    }

    /// Whether a release runs on every member.
    #[must_use]
    pub fn runs(&self, version: &Version) -> bool {
        self.common_version() == Some(version)
    }

    /// Time until the device goes back by itself, by whichever of its timers runs; the inner value is
    /// `None` where it runs and does not say how long.
    #[must_use]
    pub fn goes_back_in(&self) -> Option<Option<Duration>> {
        let rollback = || self.issu.as_ref()?.rollback.map(Some);
        let install = self.install.as_ref().and_then(|i| i.auto_abort);
        match install {
            Some(Some(_)) => install,
            Some(None) | None => rollback().or(install),
        }
    }

    /// Whether the image that runs in bundle mode is on trial: an upgrade in service has brought it, and
    /// has not been committed.
    #[must_use]
    pub fn is_on_trial(&self) -> bool {
        let on = |issu: &IssuState| issu.in_progress && !issu.did("commitversion");
        self.boot_mode == BootMode::Bundle && self.issu.as_ref().is_some_and(on)
    }

    /// The member that its stack keeps out, if any: it does not heal by waiting.
    #[must_use]
    pub fn mismatched(&self) -> Option<&Member> {
        self.members.iter().find(|m| m.state == MISMATCH)
    }

    /// Members that are not ready.
    pub fn missing_members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|m| !m.ready)
    }

    /// The captured lines that told something.
    #[must_use]
    pub fn evidence(&self, kind: FactKind) -> Vec<Evidence> {
        let of_kind = self.traces.iter().filter(|t| t.kind == kind);
        of_kind.map(|t| t.evidence.clone()).collect()
    }

    /// The captured lines that told something of one member; of the device, where none speaks of the
    /// member alone.
    #[must_use]
    pub fn evidence_of(&self, kind: FactKind, member: u32) -> Vec<Evidence> {
        let lines = |wanted: Option<u32>| -> Vec<Evidence> {
            let found = self
                .traces
                .iter()
                .filter(|t| t.kind == kind && t.member == wanted);
            found.map(|t| t.evidence.clone()).collect()
        };
        let own = lines(Some(member));
        if own.is_empty() { lines(None) } else { own }
    }

    /// A file on a file system.
    #[must_use]
    pub fn file(&self, file_system: &FileSystem, name: &str) -> Option<u64> {
        self.file_systems
            .iter()
            .find(|fs| fs.name == file_system.name)
            .and_then(|fs| fs.files.iter().find(|f| f.name == name))
            .map(|f| f.size_bytes)
    }
}

/// A mode of operation in which nothing disruptive is done. Seen from the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatingMode {
    /// As usual.
    #[default]
    Normal,
    /// Graceful insertion and removal: `H(maint-mode)#`.
    Maintenance,
    /// Lost the dual-active election: `H(recovery-mode)#`.
    Recovery,
}

/// What stands in the way of a change right now. Filled by the pre-check's look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// Lines that differ between running and startup configuration: `+` only running, `-` only
    /// startup. `None` where the comparison could not be read.
    pub unsaved: Option<Vec<String>>,
    /// A scheduled reload, in the device's words.
    pub scheduled_reload: Option<String>,
    /// Somebody in configuration mode or holding the lock, in the device's words.
    pub config_session: Option<String>,
    /// A pending `configure revert`, in the device's words.
    pub pending_revert: Option<String>,
    /// What the prompt says.
    pub mode: OperatingMode,
    /// `ip scp server enable` is configured.
    pub scp_server: bool,
    /// The login lands in privilege 15 without `enable`: an SCP session has no other way to it.
    pub scp_privilege: bool,
    /// Looks that gave no answer that could be read, with the line.
    pub inconclusive: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let a = |t: &str| t.parse::<Address>().map(|a| a.to_string());
        assert_eq!(a("10.0.0.1").unwrap(), "10.0.0.1:22");
        assert_eq!(a("sw1.example.net:2222").unwrap(), "sw1.example.net:2222");
        assert_eq!(a("2001:db8::1").unwrap(), "[2001:db8::1]:22");
        assert_eq!(a("[2001:db8::1]:830").unwrap(), "[2001:db8::1]:830");
        for bad in ["", "a b", ":22", "h:0", "h:x", "[::1", "[::1]x"] {
            assert!(a(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rule_is_waived_only_with_a_reason() {
        let w = Waiver::parse("rommon_minimum: vendor case 6912; no_reason; empty: ; b=two");
        let pairs: Vec<_> = w.iter().map(|w| (&*w.rule, &*w.reason)).collect();
        assert_eq!(
            pairs,
            [("rommon_minimum", "vendor case 6912"), ("b", "two")]
        );
    }

    #[test]
    fn only_the_agreed_words_approve() {
        let a = CellApproval::parse("Approved by Maria Lind 7F3A00c1").unwrap();
        assert_eq!(
            (a.by.as_str(), a.hash8.as_str()),
            ("Maria Lind", "7f3a00c1")
        );
        for no in [
            "yes",
            "approved",
            "approved by 7f3a00c1",
            "approved by x 7f3a",
            "ok by x 7f3a00c1",
            "approved bü",
        ] {
            assert!(CellApproval::parse(no).is_none(), "{no}");
        }
    }
}
