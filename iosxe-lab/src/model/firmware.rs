//! Firmware beside the image: the parts of a device, packages of it, and what writing one does.
//!
//! A boot loader that was written runs after the next boot; a router of two regions writes the one
//! that it did not boot from. CPLD and FPGA are written card by card, and the card is power cycled.
//! The file of a package has the layout of the lab's images ([`super::image`]) with a header of its own.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use rand_chacha::rand_core::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::birth;
use super::device::{Device, State};
use super::engine::Sink;
use super::image::{self, DigestPair, Digests, HEADER};
use super::platform::{Family, Members, Platform};
use super::reload::Cause;
use crate::error::LabError;
use crate::topology::{DeviceSpec, FirmwarePackageSpec};

const MAGIC: &str = "iosxe-lab firmware 1";

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Rommon,
    Cpld,
    Fpga,
}

impl Part {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Part::Rommon => "rommon",
            Part::Cpld => "cpld",
            Part::Fpga => "fpga",
        }
    }

    pub(crate) fn read(word: &str) -> Option<Part> {
        [Part::Rommon, Part::Cpld, Part::Fpga]
            .into_iter()
            .find(|p| p.word() == word)
    }
}

/// Firmware of one part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Firmware {
    pub(crate) slot: String,
    pub(crate) part: Part,
    /// What runs.
    pub(crate) version: String,
    /// The other region of a boot loader that has two.
    pub(crate) other: Option<String>,
    /// What was written, and runs after the next boot.
    pub(crate) written: Option<String>,
    /// How often it was written.
    pub(crate) writes: u32,
    /// Simulated second until which its card is without power or boots.
    pub(crate) gone_until_s: f64,
}

/// How far a write is, for `show upgrade progress`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Progress {
    pub(crate) slot: String,
    pub(crate) part: Part,
    pub(crate) began_s: f64,
    pub(crate) needed_s: f64,
    pub(crate) over: bool,
}

/// All firmware of a device.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Board {
    pub(crate) parts: Vec<Firmware>,
    /// Writes since the last boot.
    pub(crate) progress: Vec<Progress>,
}

impl Board {
    pub(crate) fn version(&self, slot: &str, part: Part) -> Option<&str> {
        let mut parts = self.parts.iter();
        let found = parts.find(|p| p.part == part && p.slot == slot);
        found.map(|p| p.version.as_str())
    }

    /// True while something is written.
    pub(crate) fn busy(&self) -> bool {
        self.progress.iter().any(|p| !p.over)
    }

    /// Boots: what was written runs.
    pub(crate) fn boot(&mut self) {
        self.progress.clear();
        for part in &mut self.parts {
            part.gone_until_s = 0.0;
            let Some(new) = part.written.take() else {
                continue;
            };
            let old = std::mem::replace(&mut part.version, new);
            if part.other.is_some() {
                part.other = Some(old);
            }
        }
    }

    /// For the control address.
    pub(crate) fn describe(&self) -> Value {
        let parts = self.parts.iter();
        let list: Vec<Value> = parts
            .map(|p| {
                json!({
                    "slot": p.slot, "part": p.part.word(), "version": p.version,
                    "other_region": p.other, "written": p.written, "writes": p.writes,
                })
            })
            .collect();
        Value::Array(list)
    }
}

/// The slots of a device's processors, as its tables name them.
fn engines(platform: &Platform, members: u8) -> Vec<String> {
    (1..=members.max(1))
        .map(|id| match (platform.family, platform.members) {
            (Family::Stackable | Family::Core, _) => id.to_string(),
            (Family::Modular, Members::Engines(slots)) => {
                let slot = slots.get(usize::from(id) - 1).copied().unwrap_or(id);
                slot.to_string()
            }
            _ => format!("R{}", id - 1),
        })
        .collect()
}

/// The firmware that a device is born with.
pub(crate) fn born(platform: &Platform, spec: &DeviceSpec) -> Board {
    let own = &spec.firmware;
    let mut parts: Vec<Firmware> = Vec::new();
    let two = platform.family == Family::Ncs && platform.engines();
    let mut add = |slot: &str, part: Part, version: &str| {
        parts.push(Firmware {
            slot: slot.to_owned(),
            part,
            version: version.to_owned(),
            other: (two && part == Part::Rommon).then(|| version.to_owned()),
            written: None,
            writes: 0,
            gone_until_s: 0.0,
        });
    };
    let rommon = own.rommon.as_deref().unwrap_or(platform.rommon);
    let engines = engines(platform, spec.members);
    let bases = || platform.cards.iter().filter(|c| !c.slot.starts_with(' '));
    let router = !platform.is_switch();
    if router {
        for card in bases() {
            add(card.slot, Part::Rommon, rommon);
        }
    }
    for slot in &engines {
        add(slot, Part::Rommon, rommon);
    }
    let cpld = |usual: &str| own.cpld.clone().unwrap_or_else(|| usual.to_owned());
    let fpga = |usual: &str| own.fpga.clone().unwrap_or_else(|| usual.to_owned());
    if platform.family == Family::Modular {
        for slot in &engines {
            add(slot, Part::Cpld, &cpld("18041605"));
        }
    }
    let programmable = matches!(platform.family, Family::Asr | Family::Ncs);
    if router && programmable {
        for slot in &engines {
            add(slot, Part::Cpld, &cpld("14111801"));
            add(slot, Part::Fpga, &fpga("18102401"));
        }
    }
    if router && platform.forwarding.is_some() {
        for slot in &engines {
            let slot = slot.replace('R', "F");
            add(&slot, Part::Rommon, rommon);
            if programmable {
                add(&slot, Part::Cpld, "12071700");
            }
        }
    }
    if programmable {
        for card in bases() {
            add(card.slot, Part::Cpld, "19041600");
            add(card.slot, Part::Fpga, "00010024");
        }
    }
    for given in &own.parts {
        let kind = Part::read(&given.part);
        let found = parts
            .iter_mut()
            .find(|p| p.slot == given.slot && Some(p.part) == kind);
        if let Some(part) = found {
            part.version.clone_from(&given.version);
        }
    }
    Board {
        parts,
        progress: Vec::new(),
    }
}

/// Describes a package of firmware that the lab's devices take. Lab only: no real device does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FirmwareSpec {
    /// The file name.
    pub file: String,
    /// What the file name begins with for the devices that take it: `asr1000-rommon`.
    pub product: String,
    /// What it brings, by part: `rommon`, `cpld`, `fpga`, and the version.
    pub brings: Vec<(String, String)>,
}

impl FirmwareSpec {
    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{MAGIC}\nproduct {}\n", self.product);
        for (part, version) in &self.brings {
            head.push_str(&format!("{part} {version}\n"));
        }
        let mut bytes = head.into_bytes();
        bytes.resize(HEADER, b'\n');
        let mut body = vec![0u8; 24 << 10];
        birth::rng(0, &self.file).fill_bytes(&mut body);
        bytes.extend(body);
        let trailer = Sha512::digest(&bytes);
        bytes.extend(trailer);
        bytes
    }

    /// Writes the file and returns its digests.
    ///
    /// # Errors
    /// [`LabError::File`] when the file cannot be written.
    pub fn write_to(&self, path: &Path) -> Result<Digests, LabError> {
        let bytes = self.bytes();
        let mut both = DigestPair::default();
        both.update(&bytes);
        let mut file = std::fs::File::create(path).map_err(LabError::file("create", path))?;
        file.write_all(&bytes)
            .map_err(LabError::file("write", path))?;
        Ok(both.finish())
    }
}

/// What the name of a platform's ROMMON package begins with.
fn rommon_product(platform: &Platform) -> Option<&'static str> {
    Some(match platform.prefix {
        "isr4400-universalk9" => "isr4400_rommon",
        "isr4300-universalk9" | "isr4200-universalk9" => "isr4200_4300_rommon",
        _ if platform.family == Family::Asr => "asr1000-rommon",
        _ if platform.family == Family::Ncs && platform.engines() => "asr900",
        _ => return None,
    })
}

/// A package of the topology as a file: `17.3(1r)` gives `asr1000-rommon.173-1r.SPA.pkg`.
pub(crate) fn package(
    device: &Device,
    given: &FirmwarePackageSpec,
) -> Result<FirmwareSpec, LabError> {
    let wrong = |reason: String| LabError::Topology {
        reason: format!("device {:?}: {reason}", device.name),
    };
    let platform = device.platform;
    if let Some(version) = &given.rommon {
        let product = rommon_product(platform)
            .ok_or_else(|| wrong("it takes no package of ROMMON".into()))?;
        let numbers: Vec<&str> = version
            .split(|c: char| !c.is_ascii_digit())
            .filter(|n| !n.is_empty())
            .collect();
        let [major, minor, build] = numbers.as_slice() else {
            return Err(wrong(format!("{version:?} is no version of a ROMMON")));
        };
        let file = match product {
            "asr1000-rommon" => format!("{product}.{major}{minor}-{build}r.SPA.pkg"),
            "asr900" => format!("{product}_{major}_{minor}_{build}r_s_rommon.pkg"),
            _ => format!("{product}_{major}{minor}_{build}r_SPA.pkg"),
        };
        return Ok(FirmwareSpec {
            file,
            product: product.to_owned(),
            brings: vec![("rommon".into(), version.clone())],
        });
    }
    if platform.family != Family::Asr {
        return Err(wrong("it takes no package of programmable parts".into()));
    }
    let release = given.release.as_deref().unwrap_or("16.08.01");
    let part = |word: &str, version: &Option<String>| {
        version.as_ref().map(|v| (word.to_owned(), v.clone()))
    };
    Ok(FirmwareSpec {
        file: format!("asr1000-hw-programmables.{release}.SPA.pkg"),
        product: "asr1000-hw-programmables".into(),
        brings: [part("cpld", &given.cpld), part("fpga", &given.fpga)]
            .into_iter()
            .flatten()
            .collect(),
    })
}

/// What the header of an intact package says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Info {
    product: String,
    brings: Vec<(Part, String)>,
}

impl Info {
    /// The version that it brings for a part.
    pub(crate) fn version(&self, part: Part) -> Option<&str> {
        let mut brings = self.brings.iter();
        brings.find(|(p, _)| *p == part).map(|(_, v)| v.as_str())
    }

    /// Whether a device takes it.
    pub(crate) fn fits(&self, platform: &Platform) -> bool {
        let programmables = platform.family == Family::Asr;
        rommon_product(platform) == Some(self.product.as_str())
            || (programmables && self.product == "asr1000-hw-programmables")
    }
}

/// Reads and checks a package; `None` when it is none or was changed. Blocking.
pub(crate) fn inspect(reader: &mut dyn Read, len: u64) -> Option<Info> {
    let text = image::signed_header(reader, len)?;
    let mut lines = text.lines();
    if lines.next() != Some(MAGIC) {
        return None;
    }
    let product = lines.next()?.strip_prefix("product ")?.to_owned();
    let brings = lines.filter_map(|line| {
        let (word, version) = line.split_once(' ')?;
        Some((Part::read(word)?, version.trim().to_owned()))
    });
    Some(Info {
        product,
        brings: brings.collect(),
    })
}

/// Simulated seconds of writing one part, or one package.
fn write_s(device: &Device) -> f64 {
    device.spec.firmware.write_s.unwrap_or(120.0)
}

fn begin(device: &Device, state: &mut State, slots: &[String], part: Part) {
    let now = device.now();
    for slot in slots {
        state.firmware.progress.push(Progress {
            slot: slot.clone(),
            part,
            began_s: now,
            needed_s: write_s(device),
            over: false,
        });
    }
}

/// `upgrade rom-monitor filename … all`: goes on alone when the session is lost.
pub(crate) async fn write_rommon(
    device: Arc<Device>,
    version: String,
    slots: Vec<String>,
    out: Sink,
) {
    begin(&device, &mut device.state(), &slots, Part::Rommon);
    out.line("Upgrade rom-monitor\n\nTarget copying rom-monitor image file");
    device.world.clock.sleep(write_s(&device) * 0.3).await;
    out.line("4259840+0 records in\n4259840+0 records out");
    if device.strikes("session_dropped", "firmware") {
        out.cut();
    }
    if device.strikes("firmware_silent", "write") {
        // CSCvg94612: copy lines and the prompt, and nothing was written.
        device.state().firmware.progress.clear();
        out.line("655360+0 records in\n655360+0 records out");
        return;
    }
    out.line("Checking upgrade image...\nBurning upgrade partition...");
    device.world.clock.sleep(write_s(&device) * 0.7).await;
    let lost = device.strikes("firmware_silent", "reload");
    {
        let mut state = device.state();
        let board = &mut state.firmware;
        for part in &mut board.parts {
            if part.part == Part::Rommon && slots.contains(&part.slot) {
                part.writes += 1;
                part.written = (!lost).then(|| version.clone());
            }
        }
        for progress in &mut board.progress {
            progress.over = true;
        }
    }
    out.line(
        "Checking upgrade partition...\nROMMON upgrade complete.\nTo make the new ROMMON permanent, \
         you must restart the RP.",
    );
}

/// One part of one card, and its power cycle: goes on alone when the session is lost.
pub(crate) async fn write_part(
    device: Arc<Device>,
    slot: String,
    part: Part,
    version: String,
    out: Sink,
) {
    begin(
        &device,
        &mut device.state(),
        std::slice::from_ref(&slot),
        part,
    );
    out.line(format!("Upgrading {} ...", part.word().to_uppercase()));
    device.world.clock.sleep(write_s(&device) * 0.5).await;
    if device.strikes("session_dropped", "firmware") {
        out.cut();
    }
    device.world.clock.sleep(write_s(&device) * 0.5).await;
    let lost =
        device.strikes("firmware_silent", "reload") || device.strikes("firmware_silent", "write");
    let now = device.now();
    {
        let mut state = device.state();
        let board = &mut state.firmware;
        for found in &mut board.parts {
            if found.slot != slot {
                continue;
            }
            // Its card is without power, and then boots.
            found.gone_until_s = now + 60.0;
            if found.part == part {
                found.writes += 1;
                if !lost {
                    found.version.clone_from(&version);
                }
            }
        }
        board.progress.clear();
    }
    out.line("Upgrade complete. The card is power-cycled now.");
    device.world.clock.sleep(1.0).await;
    power_cycle(&device, &slot);
}

/// Takes the power from a card for a moment.
fn power_cycle(device: &Arc<Device>, slot: &str) {
    let Some(id) = slot
        .strip_prefix('R')
        .and_then(|n| n.parse::<u8>().ok())
        .map(|n| n + 1)
    else {
        return;
    };
    let active = device.state().active;
    if id != active {
        device.reboot_member(id);
    } else if device.switch_over("firmware").is_err() {
        device.reload(Cause::Firmware, "firmware upgrade");
    }
}

/// `upgrade rom-monitor capsule`: writes, and reloads the switch.
pub(crate) async fn write_capsule(device: Arc<Device>, primary: bool, out: Sink) {
    out.line("Upgrading the ROMMON, do not power cycle the switch");
    device.world.clock.sleep(write_s(&device)).await;
    let lost =
        device.strikes("firmware_silent", "reload") || device.strikes("firmware_silent", "write");
    let new = capsule(&device);
    {
        let mut state = device.state();
        let first = state
            .firmware
            .parts
            .iter_mut()
            .find(|p| p.part == Part::Rommon);
        if let Some(part) = first {
            part.writes += 1;
            part.written = (primary && !lost).then_some(new);
        }
    }
    device.reload(Cause::Firmware, "Reload Command");
}

/// The boot loader in the running release's capsule.
pub(crate) fn capsule(device: &Device) -> String {
    let own = device.spec.firmware.capsule.clone();
    own.unwrap_or_else(|| device.platform.rommon.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(other: Option<&str>) -> Firmware {
        Firmware {
            slot: "R0".into(),
            part: Part::Rommon,
            version: "15.6(42r)S".into(),
            other: other.map(str::to_owned),
            written: Some("15.6(48r)S".into()),
            writes: 1,
            gone_until_s: 0.0,
        }
    }

    #[test]
    fn what_was_written_runs_after_a_boot_and_the_other_region_keeps_the_old() {
        let mut board = Board {
            parts: vec![part(Some("15.6(42r)S")), part(None)],
            progress: Vec::new(),
        };
        board.boot();
        assert_eq!(board.parts[0].version, "15.6(48r)S");
        assert_eq!(board.parts[0].other.as_deref(), Some("15.6(42r)S"));
        assert_eq!(
            (board.parts[1].version.as_str(), &board.parts[1].other),
            ("15.6(48r)S", &None)
        );
        board.parts[0].written = Some("15.6(48r)S".into());
        board.boot();
        assert_eq!(board.parts[0].other.as_deref(), Some("15.6(48r)S"));
    }

    #[test]
    fn a_package_is_read_back_and_a_changed_one_is_none() {
        let spec = FirmwareSpec {
            file: "asr1000-rommon.173-1r.SPA.pkg".into(),
            product: "asr1000-rommon".into(),
            brings: vec![("rommon".into(), "17.3(1r)".into())],
        };
        let mut bytes = spec.bytes();
        let len = bytes.len() as u64;
        let info = inspect(&mut bytes.as_slice(), len).unwrap();
        assert_eq!(info.version(Part::Rommon), Some("17.3(1r)"));
        assert_eq!(info.version(Part::Fpga), None);
        bytes[900] ^= 1;
        assert_eq!(inspect(&mut bytes.as_slice(), len), None);
    }
}
