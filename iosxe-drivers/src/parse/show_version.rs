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

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{contains, pair, scan, starts};
use super::table::wide;
use super::units::{self, release};
use super::words::word_enum;
use super::{ParseError, Parsed};

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
    /// Its last path component.
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

const IGNORED: &[Ignored] = &[
    ignored("Compiled *", "the version names the build"),
    ignored(
        "Copyright (c) *",
        "legal text; the first is read for its years",
    ),
    ignored("Cisco IOS-XE software, Copyright *", "legal text"),
    ignored("Technical Support: *", "legal text"),
    ignored("All rights reserved.*", "legal text"),
    ignored("licensed under the *", "legal text"),
    ignored("software code licensed *", "legal text"),
    ignored("with ABSOLUTELY NO *", "legal text"),
    ignored("GPL code under *", "legal text"),
    ignored("documentation or *", "legal text"),
    ignored("(http://www.gnu.org*", "legal text"),
    ignored("or the applicable URL *", "legal text"),
    ignored("software.", "legal text"),
    ignored("This product contains *", "legal text"),
    ignored("States and local country *", "legal text"),
    ignored("use. Delivery of *", "legal text"),
    ignored("third-party authority *", "legal text"),
    ignored("Importers, exporters*", "legal text"),
    ignored("compliance with U.S.*", "legal text"),
    ignored("agree to comply *", "legal text"),
    ignored("to comply with U.S.*", "legal text"),
    ignored("A summary of U.S.*", "legal text"),
    ignored("http://www.cisco.com/*", "legal text"),
    ignored("https://www.cisco.com/*", "legal text"),
    ignored("If you require further *", "legal text"),
    ignored("export@cisco.com.", "legal text"),
    ignored(
        "This software is supported for *",
        "the build label says that it is special",
    ),
    ignored(
        "Cisco Internetwork Operating System*",
        "the next line names the software",
    ),
    ignored("TAC:Home:*", "a link in the banner of classic IOS"),
    ignored("TAC Support: *", "a link in the banner of classic IOS"),
    ignored("Image text-base: *", "memory layout of classic IOS"),
    ignored(
        "Running default software",
        "no image file was named: `system_image` stays empty",
    ),
    ignored(
        "{} Revision {}, {} Revision {}",
        "code names of FPGAs on Catalyst 4500",
    ),
    ignored("Last reset from *", "the reload reason says it"),
    ignored(
        "{#} {*} interface",
        "ports are counted from their own command",
    ),
    ignored(
        "{#} {*} interfaces",
        "ports are counted from their own command",
    ),
    ignored(
        "{#} {*} interface(s)",
        "ports are counted from their own command",
    ),
    ignored(
        "{#} {*} interface.",
        "ports are counted from their own command",
    ),
    ignored(
        "{#} {*} interfaces.",
        "ports are counted from their own command",
    ),
    ignored(
        "{#} {*} interface(s).",
        "ports are counted from their own command",
    ),
    ignored("{#} terminal line*", "lines are listed by show users"),
    ignored("{#} {*} line", "lines are listed by show users"),
    ignored("{#} {*} lines", "lines are listed by show users"),
    ignored("{#} {*} line(s)", "lines are listed by show users"),
    ignored("{#} {*} port", "ports are counted from their own command"),
    ignored("{#} {*} ports", "ports are counted from their own command"),
    ignored(
        "{#} {*} port(s)",
        "ports are counted from their own command",
    ),
    ignored("{#} {*} Radio", "ports are counted from their own command"),
    ignored(
        "{#} {*} Radio(s)",
        "ports are counted from their own command",
    ),
    ignored("{#} {*} module(s)", "modules are listed by show inventory"),
    ignored("{#} {*} module", "modules are listed by show inventory"),
    ignored("{#} {*} modules", "modules are listed by show inventory"),
    ignored(
        "The password-recovery mechanism is *",
        "not needed for an upgrade",
    ),
    ignored("DRAM configuration is *", "the memory lines give sizes"),
    ignored("Bridging software.", "feature of classic IOS"),
    ignored("X.25 software, *", "feature of classic IOS"),
    ignored("SuperLAT software *", "feature of classic IOS"),
    ignored("TN3270 Emulation *", "feature of classic IOS"),
    ignored("Primary Rate ISDN software*", "feature of classic IOS"),
    ignored("Basic Rate ISDN software*", "feature of classic IOS"),
    ignored(
        "{} processor: part number *",
        "hardware detail of classic IOS",
    ),
    ignored("Suite License Information for *", "heading"),
    ignored("Technology Package License Information:", "heading"),
    ignored("License Information for *", "heading"),
    ignored("License Info:", "heading"),
    ignored("Technology-package *", "heading"),
    ignored("Technology Technology-package *", "heading"),
    ignored("Current {*} Next reboot", "heading"),
    ignored("Suite {*} Next reboot", "heading"),
    ignored("License Mode: *", "the operating mode line says it"),
    ignored("Addon License *", "add-ons do not decide an upgrade"),
    ignored(
        "Next reload addon license *",
        "add-ons do not decide an upgrade",
    ),
    ignored(
        "The current throughput level is *",
        "licensed throughput does not decide an upgrade",
    ),
    ignored(
        "The current crypto throughput level is *",
        "licensed throughput does not decide an upgrade",
    ),
    ignored(
        "Throughput level is *",
        "licensed throughput does not decide an upgrade",
    ),
    ignored("Device#*", "heading of the licence table of classic IOS"),
    ignored("Processor board ID", "the device has no board ID"),
];

/// Keys of the hardware blocks that say nothing that is used.
const UNUSED_KEYS: &[&str] = &[
    "motherboard assembly number",
    "model revision number",
    "motherboard revision number",
    "daughterboard assembly number",
    "top assembly part number",
    "top assembly revision number",
    "clei code number",
    "cip serial number",
    "sku brand name",
    "fips",
    "last reload time",
    "power supply assembly number",
    "hardware revision number",
    "motherboard assembly revision number",
    "backplane fpga version",
    "product series number",
];

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
    let mut reader = Reader::default();
    while let Some(line) = lines.next() {
        reader.line(&mut lines, line)?;
    }
    reader.finish(lines)
}

#[derive(Default)]
struct Reader {
    version: Option<ShowVersion>,
    release: Option<Release>,
    xe: bool,
    hostname: Option<String>,
    board: bool,
    /// Rows of the licence tables may follow.
    licences: bool,
}

fn empty(os: Os, version: &str) -> ShowVersion {
    ShowVersion {
        os,
        release: None,
        version: version.to_owned(),
        experimental: false,
        code_name: None,
        software: None,
        build: None,
        copyright_years: None,
        hostname: String::new(),
        uptime_s: 0,
        control_processor_uptime_s: None,
        returned_to_rom_by: None,
        restarted_at: None,
        system_image: None,
        system_image_file: None,
        last_reload_reason: None,
        last_reload_type: None,
        rom: None,
        boot_loader: None,
        chassis: None,
        processor: None,
        processor_revision: None,
        cpu: None,
        cpu_speed: None,
        memory_bytes: None,
        io_memory_bytes: None,
        physical_memory_bytes: None,
        nvram_bytes: None,
        processor_board_id: None,
        storage: Vec::new(),
        router_operating_mode: None,
        installation_mode: None,
        licenses: Vec::new(),
        license_level: None,
        license_type: None,
        next_reload_license_level: None,
        air_license_level: None,
        next_reload_air_license_level: None,
        smart_licensing_status: None,
        hardware: Hardware::default(),
        members: Vec::new(),
        member_hardware: Vec::new(),
        config_register: None,
        config_register_next: None,
    }
}

impl Reader {
    fn line<'a>(&mut self, lines: &mut Lines<'a>, line: Line<'a>) -> Result<(), ParseError> {
        let body = line.body();
        let Some(value) = self.version.as_mut() else {
            return self.banner(lines, line);
        };
        if line.is_rule() {
            return Ok(());
        }
        let known = match body.as_bytes().first().map(u8::to_ascii_lowercase) {
            Some(b'0'..=b'9' | b'*') => member(value, line)? || memory(value, line)?,
            Some(b'b' | b'm' | b'p' | b'v' | b'd' | b't' | b'h') if hardware_line(value, line)? => {
                true
            }
            Some(b's') => system_line(value, line)? || hardware_line(value, line)?,
            Some(b'l' | b'n' | b'a') => last_or_licence(value, line) || hardware_line(value, line)?,
            Some(b'r') => rom_or_router(value, line)?,
            Some(b'i' | b'u')
                if line.starts("Installation mode is") || line.starts("Uptime for") =>
            {
                mode_or_uptime(value, line)?
            }
            Some(b'c') => register_or_copyright(value, line)? || hardware_line(value, line)?,
            Some(b'p') => false,
            _ => false,
        };
        if known {
            return Ok(());
        }
        if let Some([id, ..]) = line.scan::<2>("Processor board ID {}{*}") {
            value.processor_board_id = Some(id.trim_end_matches(',').to_owned());
            self.board = true;
            self.licences = false;
            return Ok(());
        }
        if line.starts("BOOTLDR:") {
            value.boot_loader = units::text(body.get("BOOTLDR:".len()..).unwrap_or(""));
            return Ok(());
        }
        if processor(value, line)? || cpu(value, line) {
            return Ok(());
        }
        if self.hostname.is_none() && host(value, lines, line)? {
            self.hostname = Some(value.hostname.clone());
            return Ok(());
        }
        if body.contains("License Information") {
            self.licences = true;
        } else if self.licences && licence(value, body) {
            return Ok(());
        }
        lines.pass(line, IGNORED);
        Ok(())
    }

    /// Up to the line that names the IOS version.
    fn banner<'a>(&mut self, lines: &mut Lines<'a>, line: Line<'a>) -> Result<(), ParseError> {
        if let Some([text]) = line.scan("Cisco IOS XE Software, Version {}") {
            self.release = Some(line.release(text)?);
            self.xe = true;
        } else if line.starts("Cisco IOS Software") || line.starts("IOS (tm)") {
            let mut value = ios_line(line, self.xe)?;
            value.release = self.release.take();
            self.version = Some(value);
        } else {
            lines.pass(line, IGNORED);
        }
        Ok(())
    }

    fn finish(self, lines: Lines<'_>) -> Result<Parsed<ShowVersion>, ParseError> {
        let value = lines.need(self.version, "the line `Cisco IOS Software, … Version`")?;
        lines.need(self.hostname, "the line `… uptime is`")?;
        if !self.board && !lines.any(|line| line.starts("Processor board ID")) {
            return Err(lines.incomplete("the line `Processor board ID`"));
        }
        if let Some(open) = value
            .member_hardware
            .iter()
            .find(|m| m.hardware.serial.is_none())
        {
            return Err(lines.incomplete(format!("the serial number of switch {}", open.switch)));
        }
        Ok(lines.finish(value))
    }
}

/// `Cisco IOS Software [Name], … (FEATURES), Experimental Version X [label …]`.
fn ios_line(line: Line<'_>, xe: bool) -> Result<ShowVersion, ParseError> {
    let body = line.body();
    let Some((head, tail)) = body.split_once("Version ") else {
        return Err(line.bad(body, "a line with `Version`"));
    };
    let end = tail.find([',', ' ']).unwrap_or(tail.len());
    let (version, rest) = tail.split_at_checked(end).unwrap_or((tail, ""));
    if version.is_empty() {
        return Err(line.bad(tail, "a version"));
    }
    let os = if xe || contains(head, "IOS-XE Software") {
        Os::IosXe
    } else {
        Os::Ios
    };
    let between = |text: &str, open: char, close: char| {
        let (_, inner) = text.rsplit_once(open)?;
        units::text(inner.split_once(close)?.0)
    };
    let mut value = empty(os, version);
    value.experimental = head.trim_end().ends_with("Experimental");
    value.code_name =
        scan::<2>("Cisco IOS Software~[{*}],{*}", head).and_then(|[name, _]| units::text(name));
    value.software = between(head, '(', ')');
    value.build = between(rest, '(', ')').filter(|tag| tag.starts_with("fc"));
    Ok(value)
}

/// `NAME uptime is 2 days, 3 minutes`; the line wraps in old terminals.
fn host(
    value: &mut ShowVersion,
    lines: &mut Lines<'_>,
    line: Line<'_>,
) -> Result<bool, ParseError> {
    let Some([name, duration]) = line.scan("{} uptime is {*}") else {
        return Ok(false);
    };
    name.clone_into(&mut value.hostname);
    value.uptime_s = match (units::uptime(duration), lines.peek()) {
        (None, Some(next)) => {
            let joined = units::uptime(&format!("{duration} {}", next.body()));
            if joined.is_some() {
                lines.next();
            }
            joined.map_or_else(|| line.uptime(duration), Ok)?
        }
        _ => line.uptime(duration)?,
    };
    Ok(true)
}

fn system_line(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([file, ..]) = line.scan::<2>("System image file is \"{*}\"{*}") {
        value.system_image = Some(file.to_owned());
        value.system_image_file = file.rsplit(['/', ':']).next().map(str::to_owned);
    } else if let Some([reason]) = line.scan("System returned to ROM by {*}") {
        value.returned_to_rom_by = Some(reason.to_owned());
    } else if let Some([when]) = line.scan("System restarted at {*}") {
        value.restarted_at = Some(when.to_owned());
    } else if let Some([reason]) = line.scan("System restarted by {*}") {
        value.returned_to_rom_by = Some(reason.to_owned());
    } else if let Some([status]) = line.scan("Smart Licensing Status:~{*}") {
        value.smart_licensing_status = units::text(status);
    } else if let Some([number]) = line.scan("Switch {#}") {
        value.member_hardware.push(MemberHardware {
            switch: line.number(number)?,
            uptime_s: None,
            last_reload_reason: None,
            hardware: Hardware::default(),
        });
    } else if let Some([duration]) = line.scan("Switch uptime~:~{*}") {
        let seconds = line.uptime(duration)?;
        match value.member_hardware.last_mut() {
            Some(member) => member.uptime_s = Some(seconds),
            None => return Ok(false),
        }
    } else {
        return Ok(line.starts("Switch Ports Model"));
    }
    Ok(true)
}

fn rom_or_router(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([text]) = line.scan("ROM:~{*}") {
        // Some builds forget the line end before BOOTLDR.
        let (rom, loader) = match text.split_once("BOOTLDR:") {
            Some((rom, loader)) => (rom, units::text(loader)),
            None => (text, None),
        };
        if value.rom.is_none() {
            value.rom = units::text(rom);
        }
        if loader.is_some() {
            value.boot_loader = loader;
        }
    } else if let Some([mode]) = line.scan("Router operating mode:~{*}") {
        value.router_operating_mode = Some(line.word(mode)?);
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn mode_or_uptime(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([mode]) = line.scan("Installation mode is {}") {
        value.installation_mode = Some(boot_mode(line, mode)?);
    } else if let Some([duration]) = line.scan("Uptime for this control processor is {*}") {
        value.control_processor_uptime_s = Some(line.uptime(duration)?);
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn register_or_copyright(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([now, next]) = line.scan("Configuration register is {} (will be {} at next reload)")
    {
        value.config_register = Some(line.hex(now)?);
        value.config_register_next = Some(line.hex(next)?);
    } else if let Some([now]) = line.scan("Configuration register is {}") {
        value.config_register = Some(line.hex(now)?);
    } else if let Some([years, _]) = line.scan("Copyright (c) {} by {*}") {
        if value.copyright_years.is_none() {
            value.copyright_years = Some(years.to_owned());
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn last_or_licence(value: &mut ShowVersion, line: Line<'_>) -> bool {
    if let Some([reason]) = line.scan("Last reload reason~:~{*}") {
        match value.member_hardware.last_mut() {
            Some(member) => member.last_reload_reason = units::text(reason),
            None => value.last_reload_reason = units::text(reason),
        }
    } else if let Some([kind]) = line.scan("Last reload type:~{*}") {
        value.last_reload_type = units::text(kind);
    } else if let Some([level, kind]) = line.scan("License Level:~{*} Type:~{*}") {
        value.license_level = units::text(level);
        value.license_type = units::text(kind);
    } else if let Some([level]) = line.scan("License Level:~{*}") {
        value.license_level = units::text(level);
    } else if let Some([kind]) = line.scan("License Type:~{*}") {
        value.license_type = units::text(kind);
    } else if let Some([_, level]) = line.scan("Next {} license Level:~{*}") {
        value.next_reload_license_level = units::text(level);
    } else if let Some([level]) = line.scan("AIR License Level:~{*}") {
        value.air_license_level = units::text(level);
    } else if let Some([level]) = line.scan("Next reload AIR license Level:~{*}") {
        value.next_reload_air_license_level = units::text(level);
    } else {
        return false;
    }
    true
}

/// `*    1 41    C9300-24P          17.06.01          CAT9K_IOSXE           BUNDLE`.
fn member(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let body = line.body();
    let active = body.starts_with('*');
    let mut words = body.trim_start_matches('*').split_whitespace();
    let mut next = || words.next().unwrap_or("");
    let (switch, ports, model, version, image, mode) =
        (next(), next(), next(), next(), next(), next());
    let number = |text: &str| text.parse::<u32>().ok();
    let (Some(switch), Some(ports)) = (number(switch), number(ports)) else {
        return if active {
            Err(line.bad(body, "a member: switch, ports, model"))
        } else {
            Ok(false)
        };
    };
    if image.is_empty() || words.next().is_some() {
        return Err(line.bad(body, "a member: switch, ports, model, version, image, mode"));
    }
    value.members.push(Member {
        switch,
        active,
        ports,
        model: model.to_owned(),
        version: version.to_owned(),
        image: image.to_owned(),
        mode: if mode.is_empty() {
            None
        } else {
            Some(boot_mode(line, mode)?)
        },
    });
    Ok(true)
}

fn boot_mode(line: Line<'_>, word: &str) -> Result<BootMode, ParseError> {
    if word.eq_ignore_ascii_case("INSTALL") {
        Ok(BootMode::Install)
    } else if word.eq_ignore_ascii_case("BUNDLE") {
        Ok(BootMode::Bundle)
    } else {
        Err(line.bad(word, "`INSTALL` or `BUNDLE`"))
    }
}

/// `8388608K bytes of physical memory.`, `11264000K bytes of Flash at flash:.`.
fn memory(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let Some([size, kind]) = line.scan("{#}K bytes of {*}") else {
        return Ok(false);
    };
    let bytes = line.number::<u64>(size)?.saturating_mul(1024);
    if starts(kind, "physical memory") {
        value.physical_memory_bytes = Some(bytes);
    } else if contains(kind, "non-volatile configuration memory") {
        value.nvram_bytes = Some(bytes);
    } else {
        let kind = kind.trim_end_matches('.');
        let (kind, file_system) = kind
            .rsplit_once("at ")
            .filter(|(_, fs)| fs.ends_with(':'))
            .unwrap_or((kind, ""));
        value.storage.push(Storage {
            file_system: file_system.to_owned(),
            kind: kind.trim().to_owned(),
            size_bytes: bytes,
        });
    }
    Ok(true)
}

/// `cisco C9300-24P (X86) processor (revision V01) with 1333273K/6147K bytes of memory.`
fn processor(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let body = line.body();
    if !body.ends_with("memory.") && !body.ends_with("memory") {
        return Ok(false);
    }
    let Some((head, memory)) = body.rsplit_once(" with ") else {
        return Ok(false);
    };
    let Some((size, _)) = memory.split_once(" bytes of") else {
        return Err(line.bad(memory, "a size in K bytes"));
    };
    let kilobytes = |part: &str| -> Result<u64, ParseError> {
        Ok(line
            .number::<u64>(part.trim_end_matches('K'))?
            .saturating_mul(1024))
    };
    match size.split_once('/') {
        Some((main, io)) => {
            value.memory_bytes = Some(kilobytes(main)?);
            value.io_memory_bytes = Some(kilobytes(io)?);
        }
        None => value.memory_bytes = Some(kilobytes(size)?),
    }
    let mut words = head.split_whitespace().skip(1);
    value.chassis = words.next().map(str::to_owned);
    if let Some([revision, _]) = head
        .find("(revision ")
        .and_then(|at| head.get(at..))
        .and_then(|tail| scan("(revision {*}){*}", tail))
    {
        value.processor_revision = units::text(revision);
    }
    value.processor = head
        .split_once('(')
        .and_then(|(_, tail)| tail.split_once(')'))
        .map(|(inner, _)| inner.to_owned())
        .filter(|inner| !inner.starts_with("revision"));
    Ok(true)
}

/// `MPC8572 CPU at 1.5GHz, Supervisor 7`.
fn cpu(value: &mut ShowVersion, line: Line<'_>) -> bool {
    let Some([kind, speed, _]) = line.scan("{} CPU at {},{*}") else {
        return false;
    };
    value.cpu = Some(kind.to_owned());
    value.cpu_speed = Some(speed.to_owned());
    true
}

/// `Model Number                       : C9300-24P`, of the chassis or of the last `Switch 02`.
fn hardware_line(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let Some((key, text)) = pair(line.text, ':') else {
        return Ok(false);
    };
    let block = match value.member_hardware.last_mut() {
        Some(member) => &mut member.hardware,
        None => &mut value.hardware,
    };
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let slot = if is("Model Number") {
        &mut block.model
    } else if is("System Serial Number") {
        &mut block.serial
    } else if is("Base Ethernet MAC Address") {
        if !text.is_empty() {
            block.mac_address = Some(line.mac(text)?);
        }
        return Ok(true);
    } else if is("Motherboard Serial Number") {
        &mut block.motherboard_serial
    } else if is("Version ID") {
        &mut block.version_id
    } else if is("Power supply part number") {
        &mut block.power_supply_part
    } else if is("Power supply serial number") {
        &mut block.power_supply_serial
    } else if is("Daughterboard serial number") {
        &mut block.daughterboard_serial
    } else if is("Daughterboard revision number") {
        &mut block.daughterboard_revision
    } else if is("Hardware Board Revision Number") {
        &mut block.board_revision
    } else if is("System FPGA version") {
        &mut block.fpga_version
    } else {
        return Ok(UNUSED_KEYS.iter().any(|name| is(name)));
    };
    *slot = units::text(text);
    Ok(true)
}

/// A row of the licence tables: three columns on Catalysts, four on ISR, one for the members of a
/// suite.
fn licence(value: &mut ShowVersion, body: &str) -> bool {
    let given = |text: &str| units::text(text).filter(|t| !t.eq_ignore_ascii_case("none"));
    let row = |technology: Option<&str>, current: &str, kind: &str, next: &str| TechnologyPackage {
        technology: technology.map(str::to_owned),
        current: given(current),
        kind: given(kind),
        next_reboot: given(next),
    };
    let package = match wide(body).as_slice() {
        ["Technology" | "Suite" | "Current", ..] => return false,
        [current, kind, next] => row(None, current, kind, next),
        [technology, current, kind, next] => row(Some(technology), current, kind, next),
        [member] if !member.contains(' ') && !member.contains(':') => row(Some(member), "", "", ""),
        _ => return false,
    };
    value.licenses.push(package);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const C9300: &str = r#"sw1#show version
Cisco IOS XE Software, Version 17.09.04a
Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2023 by Cisco Systems, Inc.
Compiled Fri 20-Oct-23 10:44 by mcpre

ROM: IOS-XE ROMMON
BOOTLDR: System Bootstrap, Version 17.12.1r, RELEASE SOFTWARE (P)
sw1 uptime is 1 week, 2 days, 3 minutes
Uptime for this control processor is 1 week, 2 days, 5 minutes
System returned to ROM by Image Install
System image file is "flash:packages.conf"
Last reload reason: Image Install

Technology Package License Information:
------------------------------------------------------------------------------
Technology-package                                     Technology-package
Current                        Type                       Next reboot
------------------------------------------------------------------------------
network-advantage       Smart License                    network-advantage
None                    Subscription Smart License       None

Smart Licensing Status: Smart Licensing Using Policy

cisco C9300-24T (X86) processor with 1331521K/6147K bytes of memory.
Processor board ID FOC00000001
1 Virtual Ethernet interface
2048K bytes of non-volatile configuration memory.
8388608K bytes of physical memory.
11264000K bytes of Flash at flash:.

Base Ethernet MAC Address          : 00:b6:70:ff:06:5e
Motherboard Serial Number          : FOC00000009
Model Number                       : C9300-24T
System Serial Number               : FOC00000001

Switch Ports Model              SW Version        SW Image              Mode
------ ----- -----              ----------        ----------            ----
*    1 41    C9300-24T          17.09.04a         CAT9K_IOSXE           INSTALL
     2 41    C9300-24T          17.09.04a         CAT9K_IOSXE           BUNDLE

Switch 02
---------
Switch uptime                      : 1 week, 2 days, 5 minutes
Base Ethernet MAC Address          : 00:b6:70:ff:07:5e
Model Number                       : C9300-24T
System Serial Number               : FOC00000002

Configuration register is 0x102 (will be 0x142 at next reload)

sw1#"#;

    #[test]
    fn a_stack_of_two() {
        let parsed = parse(C9300).unwrap();
        assert!(parsed.unknown.is_empty(), "{:?}", parsed.unknown);
        let v = parsed.value;
        assert_eq!(v.os, Os::IosXe);
        assert_eq!(v.running().to_string(), "17.09.04a");
        assert_eq!(v.version, "17.9.4a");
        assert_eq!(v.hostname, "sw1");
        assert_eq!(v.uptime_s, 604_800 + 2 * 86_400 + 180);
        assert_eq!(v.boot_mode(), Some(BootMode::Install));
        assert_eq!(v.members.len(), 2);
        assert_eq!(v.members[1].mode, Some(BootMode::Bundle));
        assert_eq!(v.hardware.serial.as_deref(), Some("FOC00000001"));
        assert_eq!(
            v.member_hardware[0].hardware.serial.as_deref(),
            Some("FOC00000002")
        );
        assert_eq!(v.config_register_at_reload(), Some(0x142));
        assert_eq!(v.physical_memory_bytes, Some(8_388_608 * 1024));
        assert_eq!(v.licenses.len(), 2);
        assert_eq!(
            v.licenses[0].next_reboot.as_deref(),
            Some("network-advantage")
        );
    }

    #[test]
    fn a_cut_is_an_error_and_an_alien_line_is_named() {
        let cut = C9300.split("Processor board").next().unwrap();
        assert_eq!(
            parse(cut).unwrap_err().kind,
            super::super::ParseErrorKind::Incomplete
        );
        let alien = C9300.replace("1 Virtual Ethernet interface", "@@ alien 4711 @@");
        let parsed = parse(&alien).unwrap();
        assert_eq!(parsed.unknown.len(), 1);
        assert_eq!(parsed.unknown[0].number, 28);
    }

    #[test]
    fn three_x_and_classic() {
        let text = "Cisco IOS Software, IOS-XE Software, Catalyst L3 Switch Software (CAT3K_CAA-UNIVERSALK9-M), Version 03.06.05E RELEASE SOFTWARE (fc2)\n\
            sw uptime is 28 weeks, 56 \nminutes\n\
            cisco WS-C3850-48U (MIPS) processor with 4194304K bytes of physical memory.\n\
            Processor board ID FOC11111111\n";
        let v = parse(text).unwrap().value;
        assert_eq!(
            (v.os, v.running().to_string()),
            (Os::IosXe, "03.06.05E".to_owned())
        );
        assert_eq!(v.uptime_s, 28 * 604_800 + 56 * 60);
        let text = "Cisco Internetwork Operating System Software\n\
            IOS (tm) C2600 Software (C2600-I-M), Version 12.2(2)XA1, EARLY DEPLOYMENT RELEASE SOFTWARE (fc1)\n\
            ts uptime is 1 minute\nProcessor board ID JAD00000001 (3894145955)\n";
        let v = parse(text).unwrap().value;
        assert_eq!((v.os, v.version.as_str()), (Os::Ios, "12.2(2)XA1"));
        assert_eq!(v.processor_board_id.as_deref(), Some("JAD00000001"));
    }
}
