//! The lines of `show version`, one function per kind.

use iosxe_core::boot::BootMode;

use super::super::cursor::{Line, Lines};
use super::super::parts::{cut, cut_at, cut_at_last, cut_last, next_word, trim};
use super::super::scan::{contains, pair, scan, starts};
use super::super::table::wide;
use super::super::{ParseError, units};
use super::ignored::UNUSED_KEYS;
use super::reader::empty;
use super::{
    FpgaRevision, Hardware, Member, MemberHardware, Os, ShowVersion, Storage, TechnologyPackage,
    Udi,
};

/// `Cisco IOS Software [Name], … (FEATURES), Experimental Version X [label …]`.
pub(super) fn ios(line: Line<'_>, xe: bool) -> Result<ShowVersion, ParseError> {
    let body = line.body();
    let Some((head, tail)) = cut_at(body, "Version ") else {
        return Err(line.bad(body, "a line with `Version`"));
    };
    let end = tail
        .bytes()
        .position(|b| matches!(b, b',' | b' '))
        .unwrap_or(tail.len());
    let (version, rest) = tail.split_at_checked(end).unwrap_or((tail, ""));
    if version.is_empty() {
        return Err(line.bad(tail, "a version"));
    }
    let os = if xe || contains(head, "IOS-XE Software") {
        Os::IosXe
    } else {
        Os::Ios
    };
    let in_parentheses = |text: &str| {
        let (_, inner) = cut_last(text, b'(')?;
        units::text(cut(inner, b')')?.0)
    };
    let mut value = empty(os, version);
    value.experimental = head.trim_end().ends_with("Experimental");
    value.code_name =
        scan::<2>("Cisco IOS Software~[{*}],{*}", head).and_then(|[name, _]| units::text(name));
    value.software = in_parentheses(head);
    value.build = in_parentheses(rest).filter(|tag| tag.starts_with("fc"));
    value.build_label = build_label(rest);
    Ok(value)
}

/// `[S2C-build-polaris_dev-116872-/nobackup/mcpre/BLD-BLD_POLARIS_DEV_LATEST_20200702_122021 243]`
/// behind an experimental version, `[v163_mr_throttle … 108]` in older ones.
fn build_label(rest: &str) -> Option<String> {
    let (_, label) = rest.split_once('[')?;
    let label = label.split(']').next()?;
    let label = label.rsplit('/').next()?.split_whitespace().next()?;
    units::text(label.strip_prefix("BLD-").unwrap_or(label))
}

/// `NAME uptime is 2 days, 3 minutes`; the line wraps in old terminals.
pub(super) fn host(
    value: &mut ShowVersion,
    lines: &mut Lines<'_>,
    line: Line<'_>,
) -> Result<bool, ParseError> {
    let Some((name, duration)) = cut(line.body(), b' ')
        .and_then(|(name, rest)| Some((name, rest.strip_prefix("uptime is ")?)))
    else {
        return Ok(false);
    };
    name.clone_into(&mut value.hostname);
    value.uptime_s = match units::uptime(duration) {
        Some(seconds) => seconds,
        None => {
            let joined = lines
                .peek()
                .and_then(|next| units::uptime(&format!("{duration} {}", next.body())));
            if joined.is_some() {
                lines.next();
            }
            joined.map_or_else(|| line.uptime(duration), Ok)?
        }
    };
    Ok(true)
}

pub(super) fn system(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let body = line.body();
    if let Some(rest) = body.strip_prefix("System ") {
        if let Some(file) = rest.strip_prefix("image file is \"") {
            let Some((file, _)) = cut(file, b'"') else {
                return Err(line.bad(file, "a file in quotation marks"));
            };
            value.system_image = Some(file.to_owned());
            value.system_image_file = file.rsplit(':').next().map(str::to_owned);
        } else if let Some(reason) = rest
            .strip_prefix("returned to ROM by")
            .or_else(|| rest.strip_prefix("restarted by"))
        {
            value.returned_to_rom_by = Some(reason.trim_start().to_owned());
        } else if let Some(when) = rest.strip_prefix("restarted at ") {
            value.restarted_at = Some(when.to_owned());
        } else {
            return Ok(false);
        }
    } else if let Some(status) = body.strip_prefix("Smart Licensing Status:") {
        value.smart_licensing_status = units::text(status);
    } else if !starts(body, "Switch ") {
        return Ok(false);
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
        return Ok(false);
    }
    Ok(true)
}

pub(super) fn rom_or_router(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([text]) = line.scan("ROM:~{*}") {
        // Some builds forget the line end before BOOTLDR.
        let (rom, loader) = match cut_at(text, "BOOTLDR:") {
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

pub(super) fn mode_or_uptime(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([mode]) = line.scan("Installation mode is {}") {
        value.installation_mode = Some(boot_mode(line, mode)?);
    } else if let Some([duration]) = line.scan("Uptime for this control processor is {*}") {
        value.control_processor_uptime_s = Some(line.uptime(duration)?);
    } else {
        return Ok(false);
    }
    Ok(true)
}

pub(super) fn register_or_copyright(
    value: &mut ShowVersion,
    line: Line<'_>,
) -> Result<bool, ParseError> {
    if let Some([now]) = line.scan("Configuration register is {}") {
        value.config_register = Some(line.hex(now)?);
    } else if let Some([now, next]) =
        line.scan("Configuration register is {} (will be {} at next reload)")
    {
        value.config_register = Some(line.hex(now)?);
        value.config_register_next = Some(line.hex(next)?);
    } else if let Some([years, _]) = line.scan("Copyright (c) {} by {*}") {
        if value.copyright_years.is_none() {
            value.copyright_years = Some(years.to_owned());
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

pub(super) fn last_or_licence(value: &mut ShowVersion, line: Line<'_>) -> bool {
    if line.starts("Last reload") {
        let last = value.member_hardware.last_mut();
        if let Some([reason]) = line.scan("Last reload reason~:~{*}") {
            let slot = last.map_or(&mut value.last_reload_reason, |m| &mut m.last_reload_reason);
            *slot = units::text(reason);
        } else if let Some([kind]) = line.scan("Last reload type:~{*}") {
            value.last_reload_type = units::text(kind);
        } else {
            return false;
        }
    } else if line.starts("License ") {
        if let Some([level, kind]) = line.scan("License Level:~{*} Type:~{*}") {
            value.license_level = units::text(level);
            value.license_type = units::text(kind);
        } else if let Some([level]) = line.scan("License Level:~{*}") {
            value.license_level = units::text(level);
        } else if let Some([kind]) = line.scan("License Type:~{*}") {
            value.license_type = units::text(kind);
        } else {
            return false;
        }
    } else if line.starts("Next ") {
        if let Some([_, level]) = line.scan("Next {} license Level:~{*}") {
            value.next_reload_license_level = units::text(level);
        } else if let Some([level]) = line.scan("Next reload AIR license Level:~{*}") {
            value.next_reload_air_license_level = units::text(level);
        } else {
            return false;
        }
    } else if line.starts("AIR ")
        && let Some([level]) = line.scan("AIR License Level:~{*}")
    {
        value.air_license_level = units::text(level);
    } else {
        return false;
    }
    true
}

/// `*    1 41    C9300-24P          17.06.01          CAT9K_IOSXE           BUNDLE`.
pub(super) fn member(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let body = line.body();
    let active = body.starts_with('*');
    if !active {
        // `56 Gigabit Ethernet interfaces` begins with a number, too; here a second one follows.
        let second = cut(body, b' ').map(|(_, rest)| rest.trim_start());
        if !second.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            return Ok(false);
        }
    }
    let mut rest = body.trim_start_matches('*');
    let mut next = || {
        let (word, behind) = next_word(rest);
        rest = behind;
        word
    };
    let (switch, ports) = (next(), next());
    let number = |text: &str| text.parse::<u32>().ok();
    let (Some(switch), Some(ports)) = (number(switch), number(ports)) else {
        return if active {
            Err(line.bad(body, "a member: switch, ports, model"))
        } else {
            Ok(false)
        };
    };
    let (model, version, image, mode) = (next(), next(), next(), next());
    if image.is_empty() || !next().is_empty() {
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
pub(super) fn memory(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let Some([size, kind]) = line.scan("{#}K bytes of {*}") else {
        return Ok(false);
    };
    let bytes = line.number::<u64>(size)?.saturating_mul(1024);
    if starts(kind, "physical memory") {
        value.physical_memory_bytes = Some(bytes);
    } else if starts(kind, "non-volatile configuration memory") {
        value.nvram_bytes = Some(bytes);
    } else {
        let kind = kind.trim_end_matches('.');
        // `Flash at flash:`; classic IOS names no file system.
        let (kind, file_system) = Some(kind)
            .filter(|kind| kind.ends_with(':'))
            .and_then(|kind| cut_last(kind, b' '))
            .and_then(|(kind, name)| Some((kind.strip_suffix("at")?, name)))
            .unwrap_or((kind, ""));
        value.storage.push(Storage {
            file_system: file_system.to_owned(),
            kind: trim(kind).to_owned(),
            size_bytes: bytes,
        });
    }
    Ok(true)
}

/// `cisco C9300-24P (X86) processor (revision V01) with 1333273K/6147K bytes of memory.`
pub(super) fn processor(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    let body = line.body();
    if !body.ends_with("memory.") && !body.ends_with("memory") {
        return Ok(false);
    }
    let Some((head, memory)) = cut_at_last(body, " with ") else {
        return Ok(false);
    };
    let Some((size, _)) = cut_at(memory, " bytes of") else {
        return Err(line.bad(memory, "a size in K bytes"));
    };
    let kilobytes = |part: &str| -> Result<u64, ParseError> {
        Ok(line
            .number::<u64>(part.trim_end_matches('K'))?
            .saturating_mul(1024))
    };
    match cut(size, b'/') {
        Some((main, io)) => {
            value.memory_bytes = Some(kilobytes(main)?);
            value.io_memory_bytes = Some(kilobytes(io)?);
        }
        None => value.memory_bytes = Some(kilobytes(size)?),
    }
    let (_, behind) = next_word(head);
    value.chassis = units::text(next_word(behind).0);
    if let Some((revision, _)) = cut_at(head, "(revision ").and_then(|(_, tail)| cut(tail, b')')) {
        value.processor_revision = units::text(revision);
    }
    value.processor = cut(head, b'(')
        .and_then(|(_, tail)| cut(tail, b')'))
        .map(|(inner, _)| inner.to_owned())
        .filter(|inner| !inner.starts_with("revision"));
    Ok(true)
}

/// `MPC8572 CPU at 1.5GHz, Supervisor 7`.
pub(super) fn cpu(value: &mut ShowVersion, line: Line<'_>) -> bool {
    let Some((kind, rest)) = cut(line.body(), b' ') else {
        return false;
    };
    let Some(rest) = rest.strip_prefix("CPU at ") else {
        return false;
    };
    let (speed, rest) = rest.split_once(',').unwrap_or((rest, ""));
    value.cpu = Some(kind.to_owned());
    value.cpu_speed = units::text(speed);
    value.supervisor = rest
        .trim_start()
        .strip_prefix("Supervisor ")
        .and_then(units::text);
    true
}

/// `Jawa Revision 7, Snowtrooper Revision 0x0.0x1C`.
pub(super) fn fpgas(value: &mut ShowVersion, line: Line<'_>) -> bool {
    let second = cut(line.body(), b' ').map(|(_, rest)| rest);
    if !second.is_some_and(|rest| rest.starts_with("Revision ")) {
        return false;
    }
    let mut found = Vec::new();
    for part in line.body().split(',') {
        let Some([name, revision]) = scan("{} Revision {}", part) else {
            return false;
        };
        found.push(FpgaRevision {
            name: name.to_owned(),
            revision: revision.to_owned(),
        });
    }
    value.fpga_revisions = found;
    true
}

/// `Processor board ID FOC00000001`, in classic IOS with more behind it.
pub(super) fn board(value: &mut ShowVersion, line: Line<'_>) -> bool {
    if let Some([id, _]) = line.scan("Processor board ID {}{*}") {
        value.processor_board_id = Some(id.trim_end_matches(',').to_owned());
    }
    // A device may have no board ID.
    true
}

/// `*0        CISCO2911/K9          FTX0000000A`: the row below `Device#   PID   SN`.
pub(super) fn unit(value: &mut ShowVersion, line: Line<'_>) -> bool {
    let Some([device, pid, serial]) = line.scan("*{#} {} {}") else {
        return false;
    };
    value.udis.push(Udi {
        device: device.to_owned(),
        pid: pid.to_owned(),
        serial: serial.to_owned(),
    });
    true
}

/// `56 Gigabit Ethernet interfaces`, `1 terminal line`: ports, lines and modules, which have
/// commands of their own.
pub(super) fn counted(body: &str) -> bool {
    const NOUNS: [&str; 11] = [
        "interface",
        "line",
        "port",
        "radio",
        "module",
        "engine",
        "controller",
        "channel",
        "processor",
        "bundle",
        "slot",
    ];
    let Some((_, text)) = cut(body, b' ') else {
        return false;
    };
    let last = text.trim_end_matches('.');
    let last = cut_last(last, b' ').map_or(last, |(_, last)| last);
    let last = last.strip_suffix("(s)").unwrap_or(last);
    let last = last.strip_suffix('s').unwrap_or(last);
    let noun = |word: &str| NOUNS.iter().any(|noun| word.eq_ignore_ascii_case(noun));
    noun(last)
        || text
            .split(' ')
            .any(|word| noun(word.trim_end_matches(['s', ','])) && text.contains(" with "))
}

/// `Model Number                       : C9300-24P`, of the chassis or of the last `Switch 02`.
pub(super) fn hardware(value: &mut ShowVersion, line: Line<'_>) -> Result<bool, ParseError> {
    // A key of these blocks has words and then spaces before its colon.
    let Some((key, text)) = pair(line.text, ':').filter(|(key, _)| key.len() <= 40) else {
        return Ok(false);
    };
    let block = match value.member_hardware.last_mut() {
        Some(member) => &mut member.hardware,
        None => &mut value.hardware,
    };
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let slot = match key.bytes().next().map(|b| b.to_ascii_lowercase()) {
        Some(b'b') if is("Base Ethernet MAC Address") => {
            if !text.is_empty() {
                block.mac_address = Some(line.mac(text)?);
            }
            return Ok(true);
        }
        Some(b'd') if is("Daughterboard serial number") => &mut block.daughterboard_serial,
        Some(b'd') if is("Daughterboard revision number") => &mut block.daughterboard_revision,
        Some(b'h') if is("Hardware Board Revision Number") => &mut block.board_revision,
        Some(b'm') if is("Model Number") => &mut block.model,
        Some(b'm') if is("Motherboard Serial Number") => &mut block.motherboard_serial,
        Some(b'p') if is("Power supply part number") => &mut block.power_supply_part,
        Some(b'p') if is("Power supply serial number") => &mut block.power_supply_serial,
        Some(b's') if is("System Serial Number") => &mut block.serial,
        Some(b's') if is("System FPGA version") => &mut block.fpga_version,
        Some(b'v') if is("Version ID") => &mut block.version_id,
        _ => return Ok(UNUSED_KEYS.iter().any(|name| is(name))),
    };
    *slot = units::text(text);
    Ok(true)
}

/// The order of columns that a heading announces, where it is one.
#[inline]
pub(super) fn licence_heading(line: Line<'_>) -> Option<LicenceColumns> {
    match line.body().as_bytes() {
        [b'T' | b't', b'E' | b'e', ..] if line.is("Technology Type *") => {
            Some(LicenceColumns::TypeSecond)
        }
        [b'T', b'e', ..] | [b'L', b'i', ..] | [b'S', b'u', ..] => {
            announces_type_third(line.body()).then_some(LicenceColumns::TypeThird)
        }
        _ => None,
    }
}

fn announces_type_third(body: &str) -> bool {
    body.starts_with("Technology Package License Information")
        || body.starts_with("License Information")
        || body.starts_with("Suite License Information")
}

/// Order of the columns of a licence table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LicenceColumns {
    /// Technology, current, type, next reboot; the technology may be missing.
    TypeThird,
    /// Technology, type, current, next reboot.
    TypeSecond,
}

/// A row of the licence tables: three columns on Catalysts, four on ISR, one for the members of a
/// suite.
pub(super) fn licence(value: &mut ShowVersion, columns: LicenceColumns, body: &str) -> bool {
    let given = |text: &str| units::text(text).filter(|t| !t.eq_ignore_ascii_case("none"));
    let row = |technology: Option<&str>, current: &str, kind: &str, next: &str| TechnologyPackage {
        technology: technology.map(str::to_owned),
        current: given(current),
        kind: given(kind),
        next_reboot: given(next),
    };
    let package = match wide(body).as_slice() {
        ["Technology" | "Suite" | "Current", ..] => return false,
        [technology, kind, current, next] if columns == LicenceColumns::TypeSecond => {
            row(Some(technology), current, kind, next)
        }
        [technology, current, next] if columns == LicenceColumns::TypeSecond => {
            row(Some(technology), current, "", next)
        }
        [current, kind, next] => row(None, current, kind, next),
        [technology, current, kind, next] => row(Some(technology), current, kind, next),
        [member] if !member.contains(' ') && !member.contains(':') => row(Some(member), "", "", ""),
        _ => return false,
    };
    value.licenses.push(package);
    true
}
