//! The topology file: which devices a lab has and how they differ from the ordinary.

use std::path::PathBuf;

use serde::Deserialize;

use crate::error::LabError;
use crate::fault::Fault;
use crate::model::platform;
use crate::model::release::Release;
use crate::network::NetworkSpec;

/// Devices of a lab, read from TOML:
///
/// ```toml
/// [[device]]
/// name = "dist-a"
/// pid = "C9500-24Y4C"
/// version = "17.09.04a"
/// target_version = "17.12.04"
/// site = "berlin"
/// ha_group = "dist"
///
/// [[device]]
/// name = "sw-a"
/// pid = "C9300-48P"
/// members = 3
/// version = "17.06.05"
/// free_bytes = [0, 0, 1000000]            # per member, 0 = all of it
/// neighbours = [{ local = "Te1/1/1", device = "dist-a", remote = "Twe1/0/1" }]
/// faults = [{ kind = "image_corrupted", at = "transfer", times = 1 }]
///
/// [[device]]
/// name = "core-a"
/// pid = "C9407R"                          # two supervisors; members = 1 for one
/// version = "17.09.04a"
///
/// [[device]]
/// name = "pair-a"
/// pid = "C9500-24Y4C"
/// members = 2                             # StackWise Virtual
/// version = "17.09.04a"
///
/// [[device]]
/// name = "old-a"
/// pid = "ISR4451-X/K9"
/// version = "16.12.05"
/// boot_mode = "bundle"
/// ssh = "legacy"
///
/// [[device]]
/// name = "jump-01"
/// pid = "ISR4331/K9"
/// version = "17.09.04a"
/// jump = true
///
/// [[device]]
/// name = "quick-a"
/// pid = "C9300-24P"
/// version = "17.09.04a"
/// times = { add_s = 3, activate_s = 2, boot_s = 5, settle_s = 1 }
///
/// [[device]]
/// name = "stack-a"
/// pid = "C9300-24P"
/// members = 3
/// version = "17.09.04a"
/// apart = [{ member = 3, boot_mode = "bundle" }]  # V-Mismatch, although the release is the same
/// config = ["switch 4 provision c9300-24p"]       # configured, and not there
///
/// [[device]]
/// name = "boots-a"
/// pid = "ASR1001-X"
/// version = "16.09.05"
/// firmware = { rommon = "16.2(1r)", packages = [{ rommon = "17.3(1r)" }] }
///
/// [[device]]
/// name = "hidden-a"
/// pid = "C9300-24P"
/// version = "17.09.04a"
/// behind = "jump-01"
/// ```
///
/// `examples/topologies/all-families.toml` of the repository has one device of every family, and
/// its head lists every PID.
///
/// ```
/// let topology = iosxe_lab::Topology::from_toml(
///     "[[device]]\nname = \"a\"\npid = \"C9300-24P\"\nversion = \"17.9.4a\"\n",
/// )?;
/// assert_eq!(topology.device[0].members, 1);
/// # Ok::<(), iosxe_lab::LabError>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// The devices, in the order of the inventory.
    #[serde(default)]
    pub device: Vec<DeviceSpec>,
}

/// What an SSH server offers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SshProfile {
    /// curve25519 and ECDH, SHA-2, aes-ctr and aes-gcm, as recent 17.x.
    #[default]
    Modern,
    /// As 16.12: group-exchange-sha1 and group14-sha1, `ssh-rsa` with SHA-1, aes-ctr and aes-cbc,
    /// hmac-sha1. Clients refuse it unless they are told to allow old algorithms.
    Legacy,
}

/// Kind of host key of a device with the modern profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKeyKind {
    /// `ssh-ed25519`; cheap to make.
    #[default]
    Ed25519,
    /// `ecdsa-sha2-nistp256`.
    Ecdsa,
    /// 2048-bit RSA with SHA-2 signatures.
    Rsa,
}

/// Simulated seconds of the phases of an upgrade; those of the platform where none is given. For a lab
/// whose clock runs as fast as ours, where the platform's minutes would be minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimesSpec {
    /// `install add`.
    pub add_s: Option<f64>,
    /// Activate until the session is lost.
    pub activate_s: Option<f64>,
    /// Session lost until SSH answers.
    pub boot_s: Option<f64>,
    /// SSH answering until every member is ready and neighbours are seen.
    pub settle_s: Option<f64>,
    /// Member ready until the standby is hot.
    pub standby_s: Option<f64>,
}

impl TimesSpec {
    /// The first time that is no time.
    fn wrong(&self) -> Option<f64> {
        let given = [
            self.add_s,
            self.activate_s,
            self.boot_s,
            self.settle_s,
            self.standby_s,
        ];
        let mut given = given.into_iter().flatten();
        given.find(|s| !(0.1..=86_400.0).contains(s))
    }
}

/// How upgrades in service behave where documents leave it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IssuSpec {
    /// True to let an upgrade in service go to an older release; documents contradict each other.
    pub downgrade: bool,
    /// True when the other route processor of an ASR 1000 runs the old image until `hw-module slot`
    /// reloads it; false when `issu commitversion` does.
    pub slot_reload: bool,
}

impl Default for IssuSpec {
    fn default() -> Self {
        IssuSpec {
            downgrade: false,
            slot_reload: true,
        }
    }
}

/// How `request platform software package install` behaves where sources differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestSpec {
    /// True to have it offer the reload when it is done; the prompt comes back otherwise.
    pub asks_reload: bool,
}

/// A patch (SMU) whose file lies in the lab's `images/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchSpec {
    /// The defect that it mends, such as `CSCwc85207`.
    pub defect: String,
    /// The release that it is for; the device's own when left out.
    #[serde(default)]
    pub version: Option<String>,
    /// True when it takes effect without a reload.
    #[serde(default)]
    pub hot: bool,
    /// True to have it in flash, activated and uncommitted before the lab starts: somebody else's
    /// unfinished work.
    #[serde(default)]
    pub foreign_uncommitted: bool,
}

/// Firmware beside the image.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FirmwareStateSpec {
    /// Boot loader or ROMMON of every slot; the platform's when left out.
    pub rommon: Option<String>,
    /// CPLD of every processor; the platform's when left out.
    pub cpld: Option<String>,
    /// FPGA of every processor; the platform's when left out.
    pub fpga: Option<String>,
    /// Parts that differ.
    pub parts: Vec<FirmwarePartSpec>,
    /// Packages whose files lie in the lab's `images/`.
    pub packages: Vec<FirmwarePackageSpec>,
    /// The boot loader in the capsule of the running release (Catalyst 9400, 9500, 9600).
    pub capsule: Option<String>,
    /// True to have `show upgrade progress`; no document says which platforms do.
    pub progress: bool,
    /// Simulated seconds of writing one part; 120 when left out.
    pub write_s: Option<f64>,
    /// Simulated seconds that the first boot of another train takes longer; the platform's when left
    /// out.
    pub first_boot_s: Option<f64>,
}

/// Firmware of one part of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirmwarePartSpec {
    /// `R0`, `F0`, `0`; the number of a switch.
    pub slot: String,
    /// `rommon`, `cpld` or `fpga`.
    pub part: String,
    /// Its version.
    pub version: String,
}

/// A package of firmware: of a ROMMON, or of programmable parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FirmwarePackageSpec {
    /// The ROMMON that it brings, such as `17.3(1r)`.
    pub rommon: Option<String>,
    /// The release in the name of a package of programmable parts.
    pub release: Option<String>,
    /// The CPLD that it brings.
    pub cpld: Option<String>,
    /// The FPGA that it brings.
    pub fpga: Option<String>,
}

/// How a device boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BootModeSpec {
    /// `packages.conf` and sub-packages.
    Install,
    /// One `.bin`.
    Bundle,
}

/// A switch of a stack that runs something else than the others, and is kept out (`V-Mismatch`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApartSpec {
    /// Its number; the first switch is the active.
    pub member: u8,
    /// The release that it runs; that of the stack when left out.
    #[serde(default)]
    pub version: Option<String>,
    /// How it boots; as the stack does when left out.
    #[serde(default)]
    pub boot_mode: Option<BootModeSpec>,
}

/// A cable to a neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeighbourSpec {
    /// Our interface, short or long name.
    pub local: String,
    /// The neighbour's name.
    pub device: String,
    /// The neighbour's interface, short name.
    pub remote: String,
    /// The neighbour's PID; looked up in the lab when left out.
    #[serde(default)]
    pub platform: Option<String>,
}

/// One device of a topology.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a file format"
)]
pub struct DeviceSpec {
    /// Hostname, at most 63 letters, digits and hyphens.
    pub name: String,
    /// Product id from the lab's platform table.
    pub pid: String,
    /// Switches of a Catalyst 3850, 9200 or 9300 stack (1 to 8), of a Catalyst 9500 StackWise Virtual
    /// (2), or supervisors and route processors of C9407R, C9606R, ASR1006, ASR-903, ASR-907 and
    /// NCS4206-SA (1 or 2).
    /// When left out, 2 for those chassis and 1 for everything else.
    #[serde(default)]
    pub members: u8,
    /// The release that runs, `17.09.04a` or `17.9.4a`.
    pub version: String,
    /// The release of the inventory's `target_version`; none when left out.
    #[serde(default)]
    pub target_version: Option<String>,
    /// When left out, `install` on switches, C8300, C8000V and CSR1000V, `bundle` on other routers. On
    /// ASR 900, ASR 920 and NCS, which have no install commands, `install` means booted from
    /// sub-packages.
    #[serde(default)]
    pub boot_mode: Option<BootModeSpec>,
    /// Flash size in bytes; the platform's when left out.
    #[serde(default)]
    pub flash_bytes: Option<u64>,
    /// Free bytes per member, 0 for all of it.
    #[serde(default)]
    pub free_bytes: Vec<u64>,
    /// Cables; two uplinks to the site's distribution switch when left out.
    #[serde(default)]
    pub neighbours: Option<Vec<NeighbourSpec>>,
    /// Routing neighbours, default route and gateway groups; none when left out.
    #[serde(default)]
    pub network: NetworkSpec,
    /// Redundancy group for the inventory.
    #[serde(default)]
    pub ha_group: Option<String>,
    /// Site for the inventory.
    #[serde(default)]
    pub site: Option<String>,
    /// Role for the inventory.
    #[serde(default)]
    pub role: Option<String>,
    /// Wave for the inventory.
    #[serde(default)]
    pub wave: Option<u32>,
    /// Faults that wait from the start.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// SSH offer.
    #[serde(default)]
    pub ssh: SshProfile,
    /// Host key of the modern offer.
    #[serde(default)]
    pub hostkey: HostKeyKind,
    /// Name of the jump host through which alone this device is reached. It has an address of
    /// TEST-NET-1 and no socket of its own: the jump host's forwarded channel ends at it.
    #[serde(default)]
    pub behind: Option<String>,
    /// True for a jump host: it forwards TCP (direct-tcpip) and is not in the inventory.
    #[serde(default)]
    pub jump: bool,
    /// False to start without `ip scp server enable`.
    #[serde(default = "yes")]
    pub scp_server: bool,
    /// More configuration lines, present in running and startup configuration.
    #[serde(default)]
    pub config: Vec<String>,
    /// PEM files with the authorities whose certificates it trusts when it fetches by HTTPS, in place
    /// of trustpoints; none when left out. Relative to the working directory.
    #[serde(default)]
    pub trusts: Vec<PathBuf>,
    /// Login banner text.
    #[serde(default)]
    pub banner: Option<String>,
    /// Public keys in OpenSSH form that log in as the administrator.
    #[serde(default)]
    pub authorized_keys: Vec<String>,
    /// Connections that are taken at once; 16 when left out.
    #[serde(default = "lines")]
    pub vty_lines: usize,
    /// Boot entries (`flash:packages.conf`); the boot mode's own when left out.
    #[serde(default)]
    pub boot: Option<Vec<String>>,
    /// True to stop in the boot loader at the next reload.
    #[serde(default)]
    pub manual_boot: bool,
    /// Configuration register, such as `0x2142`.
    #[serde(default)]
    pub confreg: Option<String>,
    /// True to add an image and leave it activated and uncommitted before the lab starts:
    /// somebody else's unfinished work.
    #[serde(default)]
    pub foreign_uncommitted: Option<String>,
    /// False for servers that only take keyboard-interactive.
    #[serde(default = "yes")]
    pub password_auth: bool,
    /// Patches for it; their files lie in `images/`, not in its flash.
    #[serde(default)]
    pub smus: Vec<PatchSpec>,
    /// What is open about upgrades in service.
    #[serde(default)]
    pub issu: IssuSpec,
    /// What is open about `request platform software`.
    #[serde(default)]
    pub request: RequestSpec,
    /// Firmware beside the image.
    #[serde(default)]
    pub firmware: FirmwareStateSpec,
    /// Times of its own instead of the platform's.
    #[serde(default)]
    pub times: TimesSpec,
    /// Switches of a stack that run something else than the others.
    #[serde(default)]
    pub apart: Vec<ApartSpec>,
}

fn yes() -> bool {
    true
}

fn lines() -> usize {
    16
}

impl Topology {
    /// Reads and checks a topology file.
    ///
    /// # Errors
    /// [`LabError::Topology`] for wrong TOML, unknown keys, PIDs or jump hosts, and names that
    /// occur twice; [`LabError::Release`] and [`LabError::Fault`] for those fields.
    pub fn from_toml(text: &str) -> Result<Self, LabError> {
        let topology: Topology = toml::from_str(text).map_err(|e| LabError::Topology {
            reason: e.to_string(),
        })?;
        topology.checked()
    }

    /// Checks a topology that was built in code.
    ///
    /// # Errors
    /// As [`Topology::from_toml`].
    pub fn checked(mut self) -> Result<Self, LabError> {
        let names: Vec<String> = self.device.iter().map(|d| d.name.clone()).collect();
        let jumps: Vec<String> = self
            .device
            .iter()
            .filter(|d| d.jump)
            .map(|d| d.name.clone())
            .collect();
        for device in &mut self.device {
            let bad = |reason: String| LabError::Topology {
                reason: format!("device {:?}: {reason}", device.name),
            };
            let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.';
            if device.name.is_empty() || !device.name.chars().all(good) {
                return Err(bad(
                    "the name may hold letters, digits, '-', '_' and '.'".into()
                ));
            }
            if names.iter().filter(|n| **n == device.name).count() > 1 {
                return Err(bad("the name occurs twice".into()));
            }
            let Some(platform) = platform::find(&device.pid) else {
                let known: Vec<_> = platform::all().map(|p| p.pid).collect();
                return Err(bad(format!(
                    "unknown pid {:?}; known: {}",
                    device.pid,
                    known.join(", ")
                )));
            };
            if device.members == 0 {
                device.members = platform.usual_members();
            }
            let most = platform.most_members();
            if device.members > most {
                return Err(bad(format!(
                    "{} has at most {most} member{}",
                    platform.pid,
                    if most == 1 { "" } else { "s" }
                )));
            }
            if let Some(behind) = &device.behind
                && !jumps.contains(behind)
            {
                return Err(bad(format!(
                    "behind {behind:?}, which is no device with jump = true"
                )));
            }
            Release::parse(&device.version)?;
            for release in device
                .target_version
                .iter()
                .chain(&device.foreign_uncommitted)
                .chain(device.smus.iter().filter_map(|s| s.version.as_ref()))
                .chain(device.apart.iter().filter_map(|a| a.version.as_ref()))
            {
                Release::parse(release)?;
            }
            let own = |s: &PatchSpec| s.version.as_ref().is_none_or(|v| *v == device.version);
            if let Some(smu) = device
                .smus
                .iter()
                .find(|s| s.foreign_uncommitted && !own(s))
            {
                return Err(bad(format!(
                    "{} is not for the release that runs",
                    smu.defect
                )));
            }
            let word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
            if let Some(smu) = device
                .smus
                .iter()
                .find(|s| s.defect.is_empty() || !word(&s.defect))
            {
                return Err(bad(format!("{:?} is no defect's number", smu.defect)));
            }
            if let Some(text) = &device.confreg
                && parse_confreg(text).is_none()
            {
                return Err(bad(format!("{text:?} is no configuration register")));
            }
            if let Some(wrong) = device.times.wrong() {
                return Err(bad(format!("{wrong} s is no time: 0.1 to 86400 s")));
            }
            let of_stack =
                |a: &ApartSpec| platform.stackable() && (2..=device.members).contains(&a.member);
            if let Some(stray) = device.apart.iter().find(|a| !of_stack(a)) {
                return Err(bad(format!(
                    "no further switch of a stack has the number {}",
                    stray.member
                )));
            }
            let parts = ["rommon", "cpld", "fpga"];
            let mut given = device.firmware.parts.iter();
            if let Some(part) = given.find(|p| !parts.contains(&p.part.as_str())) {
                return Err(bad(format!("{:?} is no part with firmware", part.part)));
            }
            let times = [device.firmware.write_s, device.firmware.first_boot_s];
            let mut times = times.into_iter().flatten();
            if let Some(wrong) = times.find(|s| !(0.0..=86_400.0).contains(s)) {
                return Err(bad(format!("{wrong} s is no time: 0 to 86400 s")));
            }
            for fault in &mut device.faults {
                *fault = fault.clone().checked()?;
            }
        }
        Ok(self)
    }

    /// The fleet without a topology file: Catalyst 9300, a stack of three, Catalyst 9500 and an
    /// ISR 4451 in bundle mode, in rotation.
    #[must_use]
    pub fn rotation(devices: usize) -> Self {
        const SITES: [&str; 3] = ["berlin", "lyon", "porto"];
        const STARTS: [&str; 2] = ["17.09.04a", "17.06.05"];
        let device = (0..devices)
            .map(|i| {
                let round = i / 4 + 1;
                let (name, pid, members, role) = match i % 4 {
                    0 => (format!("sw-access-{round:02}"), "C9300-48P", 1, "access"),
                    1 => (format!("sw-stack-{round:02}"), "C9300-24P", 3, "access"),
                    2 => (format!("sw-core-{round:02}"), "C9500-24Y4C", 1, "core"),
                    _ => (format!("rt-edge-{round:02}"), "ISR4451-X/K9", 1, "edge"),
                };
                let mut spec = DeviceSpec::new(&name, pid, STARTS.get(i / 4 % 2).unwrap_or(&""));
                spec.members = members;
                spec.target_version = Some("17.12.04".to_owned());
                spec.site = SITES.get(i / 4 % 3).map(|s| (*s).to_owned());
                spec.role = Some(role.to_owned());
                spec
            })
            .collect();
        Topology { device }
    }
}

impl DeviceSpec {
    /// A device with nothing special about it.
    #[must_use]
    pub fn new(name: &str, pid: &str, version: &str) -> Self {
        DeviceSpec {
            name: name.to_owned(),
            pid: pid.to_owned(),
            members: platform::find(pid).map_or(1, platform::Platform::usual_members),
            version: version.to_owned(),
            target_version: None,
            boot_mode: None,
            flash_bytes: None,
            free_bytes: Vec::new(),
            neighbours: None,
            network: NetworkSpec::default(),
            ha_group: None,
            site: None,
            role: None,
            wave: None,
            faults: Vec::new(),
            ssh: SshProfile::default(),
            hostkey: HostKeyKind::default(),
            behind: None,
            jump: false,
            scp_server: true,
            config: Vec::new(),
            trusts: Vec::new(),
            banner: None,
            authorized_keys: Vec::new(),
            vty_lines: lines(),
            boot: None,
            manual_boot: false,
            confreg: None,
            foreign_uncommitted: None,
            password_auth: true,
            smus: Vec::new(),
            issu: IssuSpec::default(),
            request: RequestSpec::default(),
            firmware: FirmwareStateSpec::default(),
            times: TimesSpec::default(),
            apart: Vec::new(),
        }
    }
}

/// Reads `0x2102`.
pub(crate) fn parse_confreg(text: &str) -> Option<u16> {
    let digits = text
        .trim()
        .strip_prefix("0x")
        .or_else(|| text.trim().strip_prefix("0X"))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_the_device_and_the_field() {
        let cases = [
            (
                "name = \"a b\"\npid = \"C9300-48P\"\nversion = \"17.9.4\"",
                "letters",
            ),
            (
                "name = \"a\"\npid = \"C1\"\nversion = \"17.9.4\"",
                "unknown pid",
            ),
            (
                "name = \"a\"\npid = \"C9500-24Y4C\"\nversion = \"17.9.4\"\nmembers = 3",
                "at most 2 members",
            ),
            (
                "name = \"a\"\npid = \"C8000V\"\nversion = \"17.9.4\"\nmembers = 2",
                "at most 1 member",
            ),
            (
                "name = \"a\"\npid = \"C9300-48P\"\nversion = \"17.9\"",
                "no IOS-XE release",
            ),
            (
                "name = \"a\"\npid = \"C9300-48P\"\nversion = \"17.9.4\"\nbehind = \"b\"",
                "behind",
            ),
            (
                "name = \"a\"\npid = \"C9300-48P\"\nversion = \"17.9.4\"\ncolour = 1",
                "colour",
            ),
        ];
        for (text, say) in cases {
            let error = Topology::from_toml(&format!("[[device]]\n{text}\n")).unwrap_err();
            assert!(error.to_string().contains(say), "{text}: {error}");
        }
    }

    #[test]
    fn the_rotation_has_the_four_kinds() {
        let fleet = Topology::rotation(6).checked().unwrap();
        let pids: Vec<_> = fleet.device.iter().map(|d| d.pid.as_str()).collect();
        assert_eq!(
            pids,
            [
                "C9300-48P",
                "C9300-24P",
                "C9500-24Y4C",
                "ISR4451-X/K9",
                "C9300-48P",
                "C9300-24P"
            ]
        );
        assert_eq!(fleet.device[1].members, 3);
        assert_eq!(fleet.device[4].name, "sw-access-02");
    }
}
