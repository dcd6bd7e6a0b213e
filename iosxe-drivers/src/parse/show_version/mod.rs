//! `show version`: what runs, on which hardware, booted from where.
//!
//! One grammar for IOS-XE 16.x and later, 3.x (Catalyst 3850/4500, routers) and classic IOS.
//! Source: field notes of the 16.x-26.x formats and the genieparser and ntc-templates golden
//! outputs of Catalyst 9000, 3850, 4500, 2960, ASR, ISR, C8000V, C9800 and IE.
//!
//! ```text
//! Cisco IOS XE Software, Version 17.09.04a
//! Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)
//! sw1 uptime is 1 week, 2 days, 3 minutes
//! System image file is "flash:packages.conf"
//! cisco C9300-24T (X86) processor with 1331521K/6147K bytes of memory.
//! Processor board ID FOC00000001
//! Switch Ports Model              SW Version        SW Image              Mode
//! *    1 41    C9300-24T          17.09.04a         CAT9K_IOSXE           INSTALL
//! Configuration register is 0x102
//! ```

use iosxe_core::boot::BootMode;
use iosxe_core::device::Release;
use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::units::release;
use super::words::word_enum;
use super::{ParseError, Parsed};

mod ignored;
mod lines;
mod reader;

word_enum! {
    /// The operating system that answered.
    Os {
        /// IOS-XE, 3.x included.
        #[serde(rename = "ios-xe")]
        IosXe = "IOS-XE",
        /// Classic IOS: parsed, never upgraded by this tool.
        Ios = "IOS",
    }
}

word_enum! {
    /// How a router is managed.
    OperatingMode {
        /// On its own.
        Autonomous = "Autonomous",
        /// By an SD-WAN controller.
        #[serde(rename = "controller-managed")]
        ControllerManaged = "Controller-Managed",
    }
}

/// The value of `show version`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowVersion {
    /// Operating system.
    pub os: Os,
    /// Release of the header line (`Cisco IOS XE Software, Version`); 3.x Catalysts and classic
    /// IOS have none.
    pub release: Option<Release>,
    /// Version of the IOS line: unpadded (`17.9.4a`), experimental (`17.6.20210302:012459`) or
    /// classic (`15.2(7)E3`).
    pub version: String,
    /// Not a released build.
    pub experimental: bool,
    /// Code name in brackets, where it is not empty.
    pub code_name: Option<String>,
    /// Feature set in parentheses: `CAT9K_IOSXE`, `X86_64_LINUX_IOSD-UNIVERSALK9-M`.
    pub software: Option<String>,
    /// Build tag: `fc3`.
    pub build: Option<String>,
    /// Label of a build that was not released: `BLD_POLARIS_DEV_LATEST_20200702_122021`.
    pub build_label: Option<String>,
    /// Years of the copyright of the IOS line: tells the age of an image without a number.
    pub copyright_years: Option<String>,
    /// Name of the device.
    pub hostname: String,
    /// Since the system started; survives a switchover.
    pub uptime_s: u64,
    /// Since this control processor started.
    pub control_processor_uptime_s: Option<u64>,
    /// Why the system was in ROM: reload, power-on, `Image Install`, with the time.
    pub returned_to_rom_by: Option<String>,
    /// When the system restarted.
    pub restarted_at: Option<String>,
    /// Booted file; absent for a default image.
    pub system_image: Option<String>,
    /// Its path on the file system: `packages.conf`, `test/packages.conf`.
    pub system_image_file: Option<String>,
    /// `Last reload reason`.
    pub last_reload_reason: Option<String>,
    /// `Last reload type`.
    pub last_reload_type: Option<String>,
    /// `ROM:` line.
    pub rom: Option<String>,
    /// `BOOTLDR:` line.
    pub boot_loader: Option<String>,
    /// Product of the chassis or active member.
    pub chassis: Option<String>,
    /// Processor in parentheses: `X86`, `RP2`, `VXE`.
    pub processor: Option<String>,
    /// `(revision V01)`.
    pub processor_revision: Option<String>,
    /// Type of a named CPU: `MPC8572`.
    pub cpu: Option<String>,
    /// Its clock: `1.5GHz`.
    pub cpu_speed: Option<String>,
    /// `Supervisor 7` behind the CPU: Catalyst 4500.
    pub supervisor: Option<String>,
    /// Revisions of its FPGAs, by their code names.
    pub fpga_revisions: Vec<FpgaRevision>,
    /// Main memory.
    pub memory_bytes: Option<u64>,
    /// I/O memory.
    pub io_memory_bytes: Option<u64>,
    /// DRAM of the control processor.
    pub physical_memory_bytes: Option<u64>,
    /// Configuration memory.
    pub nvram_bytes: Option<u64>,
    /// `Processor board ID`.
    pub processor_board_id: Option<String>,
    /// Identities in the licence table of classic IOS.
    pub udis: Vec<Udi>,
    /// File systems and disks named with their size.
    pub storage: Vec<Storage>,
    /// How a router is managed.
    pub router_operating_mode: Option<OperatingMode>,
    /// `Installation mode is`: wireless controllers and some others.
    pub installation_mode: Option<BootMode>,
    /// Licences that are active and that become active with the next reload.
    pub licenses: Vec<TechnologyPackage>,
    /// `License Level`.
    pub license_level: Option<String>,
    /// `License Type`.
    pub license_type: Option<String>,
    /// `Next reload license Level`.
    pub next_reload_license_level: Option<String>,
    /// `AIR License Level`.
    pub air_license_level: Option<String>,
    /// `Next reload AIR license Level`.
    pub next_reload_air_license_level: Option<String>,
    /// `Smart Licensing Status`.
    pub smart_licensing_status: Option<String>,
    /// Hardware of the active member or the chassis.
    pub hardware: Hardware,
    /// Members of a stack.
    pub members: Vec<Member>,
    /// Hardware of the other members (`Switch 02` blocks).
    pub member_hardware: Vec<MemberHardware>,
    /// Configuration register now; absent on many Catalysts.
    pub config_register: Option<u32>,
    /// Configuration register at the next reload, where it will change.
    pub config_register_next: Option<u32>,
}

impl ShowVersion {
    /// The register that holds after the next reload.
    #[must_use]
    pub fn config_register_at_reload(&self) -> Option<u32> {
        self.config_register_next.or(self.config_register)
    }

    /// The boot mode that the output proves: of the member marked active, of the mode line, or of
    /// the booted file.
    ///
    /// Source: Catalyst 9400, 9500 and 9600 print neither table nor mode line.
    #[must_use]
    pub fn boot_mode(&self) -> Option<BootMode> {
        let member = self
            .members
            .iter()
            .find(|m| m.active)
            .or(self.members.first());
        member
            .and_then(|m| m.mode)
            .or(self.installation_mode)
            .or_else(|| {
                let image = self.system_image.as_deref()?;
                Some(if image.ends_with(".conf") {
                    BootMode::Install
                } else {
                    BootMode::Bundle
                })
            })
    }

    /// The running release: of the header, else of the IOS line.
    #[must_use]
    pub fn running(&self) -> Release {
        self.release
            .clone()
            .unwrap_or_else(|| release(&self.version))
    }
}

/// A row of the table `Device#   PID   SN`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Udi {
    /// Number in the table.
    pub device: String,
    /// Product.
    pub pid: String,
    /// Its serial number.
    pub serial: String,
}

/// Revision of one FPGA: `Jawa Revision 7`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FpgaRevision {
    /// Its code name.
    pub name: String,
    /// As printed: `7`, `0x0.0x1C`.
    pub revision: String,
}

/// A disk or file system and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// `flash:`.
    pub file_system: String,
    /// What it is: `Flash`, `eUSB flash`; may be empty.
    pub kind: String,
    /// Its size.
    pub size_bytes: u64,
}

/// One row of the licence tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TechnologyPackage {
    /// Suite or technology, on ISR.
    pub technology: Option<String>,
    /// The package in use; `None` where the device says so.
    pub current: Option<String>,
    /// `Smart License`, `RightToUse`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The package after the next reload.
    pub next_reboot: Option<String>,
}

/// Identity of one piece of hardware.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// `Base Ethernet MAC Address`.
    pub mac_address: Option<String>,
    /// `Model Number`.
    pub model: Option<String>,
    /// `System Serial Number`.
    pub serial: Option<String>,
    /// `Motherboard Serial Number`.
    pub motherboard_serial: Option<String>,
    /// `Version ID`.
    pub version_id: Option<String>,
    /// `Power supply part number`.
    pub power_supply_part: Option<String>,
    /// `Power supply serial number`.
    pub power_supply_serial: Option<String>,
    /// `Daughterboard serial number`.
    pub daughterboard_serial: Option<String>,
    /// `Daughterboard revision number`.
    pub daughterboard_revision: Option<String>,
    /// `Hardware Board Revision Number`.
    pub board_revision: Option<String>,
    /// `System FPGA version`.
    pub fpga_version: Option<String>,
}

/// Hardware of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberHardware {
    /// Switch number.
    pub switch: u32,
    /// Since the member started.
    pub uptime_s: Option<u64>,
    /// `Last reload reason` of the member.
    pub last_reload_reason: Option<String>,
    /// Identity.
    #[serde(flatten)]
    pub hardware: Hardware,
}

/// One row of the member table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Switch number.
    pub switch: u32,
    /// Marked with `*`.
    pub active: bool,
    /// Number of ports.
    pub ports: u32,
    /// Product.
    pub model: String,
    /// Release that the member runs.
    pub version: String,
    /// Its feature set.
    pub image: String,
    /// Install or bundle; absent on classic IOS.
    pub mode: Option<BootMode>,
}

/// Reads the output of `show version`.
///
/// # Errors
/// When the version line, host name or board line is missing, or a known line is malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowVersion>, ParseError> {
    parse_as("show version", text)
}

/// Reads `show version` of another form of the command, which prints a preamble of its own.
pub(crate) fn parse_as(
    command: &'static str,
    text: &str,
) -> Result<Parsed<ShowVersion>, ParseError> {
    let mut lines = Lines::new(command, text)?;
    let mut reader = reader::Reader::default();
    while let Some(line) = lines.next() {
        reader.line(&mut lines, line)?;
    }
    reader.finish(lines)
}

#[cfg(test)]
mod tests;
