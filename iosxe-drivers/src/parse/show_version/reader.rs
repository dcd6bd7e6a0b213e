//! Which line of `show version` is which, and what must not be missing.

use iosxe_core::device::Release;

use super::super::cursor::{Line, Lines};
use super::super::{ParseError, Parsed, units};
use super::ignored::rows;
use super::lines;
use super::{Hardware, Os, ShowVersion};

#[derive(Default)]
pub(super) struct Reader {
    version: Option<ShowVersion>,
    release: Option<Release>,
    seen: Seen,
    /// Rows of the licence tables may follow, in the order of this heading.
    licences: Option<lines::LicenceColumns>,
}

/// Lines that were met.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four marks that have nothing to do with each other"
)]
struct Seen {
    /// The header of IOS-XE.
    xe: bool,
    /// The name of the device.
    name: bool,
    /// The board.
    board: bool,
    /// The heading of the members.
    table: bool,
}

impl Reader {
    #[inline]
    pub(super) fn line<'a>(
        &mut self,
        lines: &mut Lines<'a>,
        line: Line<'a>,
    ) -> Result<(), ParseError> {
        let Some(value) = self.version.as_mut() else {
            return self.banner(lines, line);
        };
        if line.is_rule() {
            return Ok(());
        }
        let body = line.body();
        if let Some(columns) = lines::licence_heading(line) {
            self.licences = Some(columns);
        }
        // Half of the output is legal text: it goes first.
        if line.is_listed(rows(line)) {
            return Ok(());
        }
        let known = match body.bytes().next().map(|b| b.to_ascii_lowercase()) {
            Some(b'0'..=b'9') => {
                lines::member(value, line)? || lines::memory(value, line)? || lines::counted(body)
            }
            Some(b'*') => lines::unit(value, line) || lines::member(value, line)?,
            Some(b's') if line.starts("Switch Ports Model") => {
                self.seen.table = true;
                true
            }
            Some(b's') => lines::system(value, line)? || lines::hardware(value, line)?,
            Some(b'l' | b'n' | b'a') => {
                lines::last_or_licence(value, line) || lines::hardware(value, line)?
            }
            Some(b'r') => lines::rom_or_router(value, line)?,
            Some(b'i' | b'u') => lines::mode_or_uptime(value, line)?,
            Some(b'c') => {
                lines::register_or_copyright(value, line)? || lines::hardware(value, line)?
            }
            Some(b'p') if body.starts_with("Processor board ID") => {
                self.seen.board = true;
                self.licences = None;
                lines::board(value, line)
            }
            Some(b'b') if line.starts("BOOTLDR:") => {
                value.boot_loader = units::text(body.get("BOOTLDR:".len()..).unwrap_or(""));
                true
            }
            Some(b'b' | b'd' | b'h' | b'm' | b'p' | b't' | b'v' | b'f') => {
                lines::hardware(value, line)?
            }
            _ => false,
        };
        if known {
            return Ok(());
        }
        if !self.seen.name && lines::host(value, lines, line)? {
            self.seen.name = true;
            return Ok(());
        }
        if lines::processor(value, line)? || lines::cpu(value, line) || lines::fpgas(value, line) {
            return Ok(());
        }
        if let Some(columns) = self.licences
            && lines::licence(value, columns, body)
        {
            return Ok(());
        }
        lines.unknown(line);
        Ok(())
    }

    /// Up to the line that names the IOS version.
    fn banner<'a>(&mut self, lines: &mut Lines<'a>, line: Line<'a>) -> Result<(), ParseError> {
        if let Some([text, _]) = line.scan("Cisco IOS XE Software, Version {}~{*}") {
            // `03.16.05.S - Extended Support Release`.
            self.release = Some(line.release(text.trim_end_matches(','))?);
            self.seen.xe = true;
        } else if line.starts("Cisco IOS Software") || line.starts("IOS (tm)") {
            let mut value = lines::ios(line, self.seen.xe)?;
            value.release = self.release.take();
            self.version = Some(value);
        } else {
            lines.pass(line, rows(line));
        }
        Ok(())
    }

    pub(super) fn finish(self, lines: Lines<'_>) -> Result<Parsed<ShowVersion>, ParseError> {
        let value = lines.need(self.version, "the line `Cisco IOS Software, … Version`")?;
        if !self.seen.name {
            return Err(lines.incomplete("the line `… uptime is`"));
        }
        if !self.seen.board {
            return Err(lines.incomplete("the line `Processor board ID`"));
        }
        if let Some(open) = value
            .member_hardware
            .iter()
            .find(|m| m.hardware.serial.is_none())
        {
            return Err(lines.incomplete(format!("the serial number of switch {}", open.switch)));
        }
        if let Some(missing) = missing(&value, self.seen.table) {
            return Err(lines.incomplete(missing));
        }
        Ok(lines.finish(value))
    }
}

/// What the end of the output must still hold. Nothing marks it, so what a family always prints
/// there stands for it.
///
/// Source: captures of both kinds. The configuration register is absent on many Catalyst 9000, never
/// on a router; stackable switches list their members, and then a block for each of the others.
fn missing(value: &ShowVersion, table: bool) -> Option<&'static str> {
    const STACKABLE: [&str; 4] = ["C92", "C93", "WS-C36", "WS-C38"];
    const ROUTERS: [&str; 7] = ["ISR", "ASR", "C8", "C1", "CSR", "NCS", "VG"];
    let is = |families: &[&str]| {
        value
            .chassis
            .as_deref()
            .is_some_and(|pid| families.iter().any(|family| pid.starts_with(family)))
    };
    let xe = value.os == Os::IosXe;
    if value.members.is_empty() && (table || xe && is(&STACKABLE)) {
        Some("the rows of the members")
    } else if xe && value.member_hardware.len() + 1 < value.members.len() {
        Some("the block of every other member")
    } else if xe && is(&ROUTERS) && value.config_register.is_none() {
        Some("the line `Configuration register is`")
    } else {
        None
    }
}

pub(super) fn empty(os: Os, version: &str) -> ShowVersion {
    ShowVersion {
        os,
        release: None,
        version: version.to_owned(),
        experimental: false,
        code_name: None,
        software: None,
        build: None,
        build_label: None,
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
        supervisor: None,
        fpga_revisions: Vec::new(),
        memory_bytes: None,
        io_memory_bytes: None,
        physical_memory_bytes: None,
        nvram_bytes: None,
        processor_board_id: None,
        udis: Vec::new(),
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
