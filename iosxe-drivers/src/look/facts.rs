//! What a device is: one login, the fewest commands, and only those that its family knows.

use std::collections::BTreeSet;
use std::time::Duration;

use iosxe_core::boot::{BootMode, BootSettings, MemberBoot};
use iosxe_core::device::{
    Facts, FileSystem, FlashFile, Member, Operation, RedundancyState, Role, RollbackPoint,
};
use iosxe_core::observation::Observation;
use iosxe_core::platform::{Family, IssuForm, Kind, PlatformTable, Redundancy};
use iosxe_core::talk::TalkError;

use super::issu::{self, ISSU, TIMER, TIMER_SET};
use super::members::{self, Shown};
use super::stamp::surely_before;
use super::trace::traces;
use super::xfsu::{self, XFSU};
use super::{answer, firmware, read, read_if_clear, surroundings};
use crate::parse::show_boot::{ShowBoot, UnitBoot, UnitKind};
use crate::parse::show_install_log::ShowInstallLog;
use crate::parse::show_redundancy::{Communications, RedundancyMode};
use crate::parse::show_version::{OperatingMode, ShowVersion};
use crate::parse::{
    dir, show_boot, show_install_history, show_install_log, show_install_rollback,
    show_install_summary, show_inventory, show_module, show_platform, show_privilege,
    show_redundancy, show_redundancy_states, show_romvar, show_switch, show_version,
};
use crate::talk::console::{Command, Output, Taken};
use crate::talk::script::Inquiry;

pub(super) const VERSION: &str = "show version";
const PRIVILEGE: &str = "show privilege";
pub(super) const INSTALL: &str = "show install summary";
pub(super) const BOOT: &str = "show boot";
pub(super) const BOOTVAR: &str = "show bootvar";
const ROMVAR: &str = "show romvar";
const INVENTORY: &str = "show inventory";
pub(super) const SWITCH: &str = "show switch detail";
pub(super) const MODULE: &str = "show module";
pub(super) const PLATFORM: &str = "show platform";
pub(super) const REDUNDANCY: &str = "show redundancy";
pub(super) const REDUNDANCY_STATES: &str = "show redundancy states";
pub(super) const ROLLBACK: &str = "show install rollback";
/// No show command of these releases tells; its absence is the default, off.
pub(super) const AUTO_UPGRADE: &str = "show running-config | include ^software auto-upgrade";
const AUTO_UPGRADE_LINE: &str = "software auto-upgrade enable";
const LOG: &str = "show install log";
const HISTORY_SWITCH: &str =
    "show platform software install-manager switch active r0 operation history summary";
const HISTORY_ROUTER: &str =
    "show platform software install-manager rp active operation history summary";

#[derive(Debug)]
pub(crate) struct FactsInquiry {
    hostname: String,
    table: PlatformTable,
    /// Commands still to ask, last first; filled once the family is known.
    todo: Option<Vec<String>>,
    members_asked: bool,
    depth: Depth,
    /// Asks where this rollback point leads; the newest one in a wide look.
    point: Option<u32>,
}

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// What an upgrade turns on.
    Narrow,
    /// And the firmware of every part.
    Firmware,
    /// And what hangs on the device.
    Wide,
}

impl FactsInquiry {
    pub(crate) fn new(hostname: &str, table: PlatformTable) -> Self {
        Self {
            hostname: hostname.to_owned(),
            table,
            todo: None,
            members_asked: false,
            depth: Depth::Narrow,
            point: None,
        }
    }

    /// The same, with where one rollback point leads.
    pub(crate) fn of_point(hostname: &str, table: PlatformTable, id: u32) -> Self {
        Self {
            point: Some(id),
            ..Self::new(hostname, table)
        }
    }

    /// The same, with what hangs on the device and its firmware.
    pub(crate) fn wide(hostname: &str, table: PlatformTable) -> Self {
        Self {
            depth: Depth::Wide,
            ..Self::new(hostname, table)
        }
    }

    /// The same, with the firmware of every part.
    pub(crate) fn firmware(hostname: &str, table: PlatformTable) -> Self {
        Self {
            depth: Depth::Firmware,
            ..Self::new(hostname, table)
        }
    }

    /// The family, where it is one whose commands are known.
    fn family(&self, version: &ShowVersion) -> Option<&Family> {
        self.table
            .family(&pid(version))
            .filter(|f| !f.primary.is_empty())
    }

    fn commands(&self, version: &ShowVersion) -> Vec<String> {
        let mut commands = vec![PRIVILEGE.to_owned(), INVENTORY.to_owned()];
        if let Some(family) = self.family(version) {
            let mut ask = |command: &str| commands.push(command.to_owned());
            ask(INSTALL);
            ask(&family.boot_command);
            if family.kind == Kind::Switch {
                ask(ROMVAR);
            }
            // For how long the other side has been in its state: whether it booted since.
            let sides = family.issu_since.is_some();
            match family.redundancy {
                Redundancy::None => {}
                Redundancy::Stack => ask(SWITCH),
                Redundancy::StackwiseVirtual => {
                    ask(SWITCH);
                    if sides {
                        ask(REDUNDANCY);
                    }
                    ask(REDUNDANCY_STATES);
                }
                Redundancy::DualSupervisor => {
                    ask(MODULE);
                    if sides {
                        ask(REDUNDANCY);
                    }
                    ask(REDUNDANCY_STATES);
                }
                Redundancy::DualRouteProcessor => {
                    ask(PLATFORM);
                    ask(REDUNDANCY);
                    ask(REDUNDANCY_STATES);
                }
            }
            let redundant = family.redundancy == Redundancy::DualRouteProcessor;
            if family.issu_since.is_some() && (family.kind == Kind::Switch || redundant) {
                ask(ISSU);
            }
            let mode = version.boot_mode().unwrap_or(BootMode::Bundle);
            if family
                .in_service(mode)
                .any(|by| by.form == IssuForm::Versions)
            {
                ask(TIMER);
                if self.depth == Depth::Wide {
                    ask(TIMER_SET);
                }
            }
            let points = self.depth == Depth::Wide || self.point.is_some();
            if points && version.boot_mode() == Some(BootMode::Install) {
                ask(ROLLBACK);
                let running = version.running();
                let since = family.xfsu_since.as_ref();
                if since.is_some_and(|since| running.number().is_some_and(|r| r >= since)) {
                    ask(XFSU);
                }
            }
            ask(LOG);
            ask(match family.kind {
                Kind::Switch => HISTORY_SWITCH,
                Kind::Router => HISTORY_ROUTER,
            });
            ask(&format!("dir {}", family.primary));
            if self.depth == Depth::Wide {
                surroundings::commands(family)
                    .into_iter()
                    .for_each(&mut ask);
            }
            if self.depth != Depth::Narrow {
                firmware::commands(family, self.depth == Depth::Firmware)
                    .into_iter()
                    .for_each(&mut ask);
            }
        }
        commands.reverse();
        commands
    }
}

impl Inquiry for FactsInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        let Some(first) = answers.first() else {
            return Ok(Some(Command::show(VERSION)));
        };
        if self.todo.is_none() {
            let version = version(first, &mut Vec::new())?;
            self.todo = Some(self.commands(&version));
        }
        // The members are known once their tables were read: their flashes come last.
        let left = self.todo.as_ref().map_or(0, Vec::len);
        if !self.members_asked && left == 0 {
            self.members_asked = true;
            let mut quiet = Vec::new();
            let version = version(first, &mut quiet)?;
            if let Some(family) = self.family(&version) {
                let shown = shown(answers, &mut quiet)?;
                let members = members::members(&version, &pid(&version), &shown);
                let stack = family.redundancy == Redundancy::Stack && members.len() > 1;
                let itself = (self.depth == Depth::Wide && stack).then(|| AUTO_UPGRADE.to_owned());
                let mut others: Vec<String> = members
                    .iter()
                    .filter(|m| m.role != Role::Active && m.ready)
                    .map(|m| format!("dir {}", family.file_system(m.id, false)))
                    .collect();
                if self.depth != Depth::Narrow {
                    others.extend(firmware::of_members(family, &members));
                }
                let point = listed_point(self.point, answers, &mut quiet);
                let point = point.map(|id| format!("{ROLLBACK} id {id}"));
                if let Some(todo) = &mut self.todo {
                    todo.extend(others.into_iter().chain(point).chain(itself).rev());
                }
            }
        }
        Ok(self.todo.as_mut().and_then(Vec::pop).map(Command::show))
    }

    fn may_be_forbidden(&self, command: &str) -> bool {
        command == AUTO_UPGRADE
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let mut unknown = Vec::new();
        let Some(first) = answers.first() else {
            return Err(TalkError::Channel {
                reason: "nothing was asked".into(),
            });
        };
        let version = version(first, &mut unknown)?;
        let family = self.family(&version).cloned();
        let install = match answer(&answers, INSTALL) {
            Some(output) => read(output, show_install_summary::parse, &mut unknown)?
                .map(|summary| summary.state()),
            None => None,
        };
        let boot = self.boot(&answers, &version, &mut unknown)?;
        let shown = shown(&answers, &mut unknown)?;
        let history = history(&answers, &mut unknown);
        let inventory = read_if_clear(
            answer(&answers, INVENTORY),
            show_inventory::parse,
            &mut unknown,
        );
        let log = read_if_clear(
            // An engine that was never asked for anything has an empty log.
            answer(&answers, LOG).filter(|o| !o.text.trim().is_empty()),
            show_install_log::parse,
            &mut unknown,
        );
        let install_busy = log
            .as_ref()
            .and_then(|l| running_operation(l, version.restarted_at.as_deref()));
        let members = members::members(&version, &pid(&version), &shown);
        let boot_mode = version.boot_mode().unwrap_or(BootMode::Bundle);
        let file_systems = file_systems(&answers, family.as_ref(), &members, &mut unknown)?;
        Ok(Observation::Facts(Box::new(Facts {
            hostname: self.hostname.clone(),
            pid: pid(&version),
            serials: serials(&version, inventory.as_ref()),
            running: version.running(),
            boot_mode,
            system_image: version.system_image.clone(),
            traces: traces(&answers, &pid(&version), &boot, &members, &file_systems),
            boot,
            uptime: Duration::from_secs(
                version
                    .control_processor_uptime_s
                    .unwrap_or(version.uptime_s),
            ),
            reload_reason: version.last_reload_reason.clone(),
            members,
            file_systems,
            install_busy,
            install,
            history,
            redundancy: redundancy(&shown),
            issu: issu::read_state(&answers, &mut unknown),
            xfsu: xfsu::read_state(&answers, &mut unknown),
            rollback_point: rollback_point(self.point, &answers, &mut unknown),
            feature_set: version.software.clone(),
            memory_bytes: version.physical_memory_bytes,
            firmware: (self.depth != Depth::Narrow && family.is_some())
                .then(|| firmware::read(&answers, rommon(&version).as_deref())),
            rommon: rommon(&version),
            controller_managed: version.router_operating_mode
                == Some(OperatingMode::ControllerManaged),
            surroundings: surroundings::read(&answers),
            privilege: privilege(&answers, &mut unknown),
            provisioned: members::provisioned(&shown),
            auto_upgrade: answer(&answers, AUTO_UPGRADE)
                .filter(|o| o.taken == Taken::Ran)
                .map(|o| o.text.lines().any(|l| l.trim() == AUTO_UPGRADE_LINE)),
            unknown_lines: unknown,
        })))
    }
}

/// The point that is asked for, if it is in the list, else the highest number there: each commit makes
/// one.
fn listed_point(wanted: Option<u32>, answers: &[Output], unknown: &mut Vec<String>) -> Option<u32> {
    let listed = read_if_clear(
        answer(answers, ROLLBACK),
        show_install_rollback::parse,
        unknown,
    )?;
    let mut ids = listed.points.iter().map(|p| p.id);
    match wanted {
        Some(id) => ids.find(|listed| *listed == id),
        None => ids.max(),
    }
}

/// That point, with the release of the image that it leads to.
fn rollback_point(
    wanted: Option<u32>,
    answers: &[Output],
    unknown: &mut Vec<String>,
) -> Option<RollbackPoint> {
    let id = listed_point(wanted, answers, unknown)?;
    let asked = format!("{ROLLBACK} id {id}");
    let shown = read_if_clear(
        answer(answers, &asked),
        show_install_rollback::parse,
        unknown,
    );
    let packages = shown.and_then(|s| s.detail).map(|d| d.packages);
    let release = packages
        .into_iter()
        .flatten()
        .find_map(|package| package.release);
    Some(RollbackPoint { id, release })
}

impl FactsInquiry {
    fn boot(
        &self,
        answers: &[Output],
        version: &ShowVersion,
        unknown: &mut Vec<String>,
    ) -> Result<BootSettings, TalkError> {
        let shown: Option<ShowBoot> = match (answer(answers, BOOT), answer(answers, BOOTVAR)) {
            (Some(output), _) => read(output, show_boot::parse, unknown)?,
            (None, Some(output)) => read(output, show_boot::parse_bootvar, unknown)?,
            (None, None) => None,
        };
        let romvar = read_if_clear(answer(answers, ROMVAR), show_romvar::parse, unknown);
        // The first unit is the one that answers, unless it is a stack's: those go by number.
        let active = version.members.iter().find(|m| m.active).map(|m| m.switch);
        let answers_from = |b: &ShowBoot| {
            let of = |u: &&UnitBoot| active.is_some() && u.switch_number == active;
            b.units.iter().find(of).or(b.units.first()).cloned()
        };
        let unit = shown.as_ref().and_then(answers_from);
        let unit = unit.as_ref();
        let members_next = shown.iter().flat_map(|b| &b.units);
        let members_next = members_next
            .filter(|u| u.switch_number.is_some())
            .filter(|u| u.switch_number != unit.and_then(|unit| unit.switch_number))
            .filter_map(|u| {
                Some(MemberBoot {
                    member: u.switch_number?,
                    next: next_files(u).unwrap_or_default(),
                })
            })
            .collect();
        let standby = shown
            .as_ref()
            .and_then(|b| b.units.iter().find(|u| u.unit == UnitKind::Standby));
        let next = unit.and_then(next_files);
        let short = |register: u32| u16::try_from(register).ok();
        let register = unit
            .and_then(UnitBoot::config_register_at_reload)
            .or_else(|| version.config_register_at_reload())
            .and_then(short);
        let manual = shown.as_ref().and_then(manual_boot).or_else(|| {
            let value = romvar.as_ref()?.manual_boot.as_deref()?;
            Some(value.eq_ignore_ascii_case("yes"))
        });
        Ok(BootSettings {
            next,
            manual,
            config_register_next: register,
            ignore_startup: romvar.map(|r| r.ignore_startup_config.as_deref() == Some("1")),
            standby_next: standby.and_then(next_files),
            standby_config_register_next: standby
                .and_then(UnitBoot::config_register_at_reload)
                .and_then(short),
            members_next,
        })
    }
}

/// The tables that tell of members, as far as the device was asked for them.
fn shown(answers: &[Output], unknown: &mut Vec<String>) -> Result<Shown, TalkError> {
    Ok(Shown {
        switch: match answer(answers, SWITCH) {
            Some(output) => read(output, show_switch::parse_detail, unknown)?,
            None => None,
        },
        module: match answer(answers, MODULE) {
            Some(output) => read(output, show_module::parse, unknown)?,
            None => None,
        },
        platform: match answer(answers, PLATFORM) {
            Some(output) => read(output, show_platform::parse, unknown)?,
            None => None,
        },
        redundancy: read_if_clear(answer(answers, REDUNDANCY), show_redundancy::parse, unknown),
        states: match answer(answers, REDUNDANCY_STATES) {
            Some(output) => read(output, show_redundancy_states::parse, unknown)?,
            None => None,
        },
    })
}

/// The files of a unit's next boot, where it has any.
fn next_files(unit: &UnitBoot) -> Option<Vec<String>> {
    let files: Vec<String> = unit.next_files().into_iter().map(str::to_owned).collect();
    (!files.is_empty()).then_some(files)
}

fn redundancy(shown: &Shown) -> Option<RedundancyState> {
    let states = shown.states.as_ref()?;
    let peer = shown.redundancy.as_ref().and_then(|r| r.peer.as_ref());
    Some(RedundancyState {
        sso: states.operational_mode == RedundancyMode::Sso,
        peer: members::peer_word(states),
        switchover_enabled: states.manual_switchover,
        communications: states.communications == Communications::Up,
        peer_since: peer
            .and_then(|p| p.uptime)
            .map(|up| Duration::from_secs(up.total_s)),
    })
}

/// The boot loader's version: of the `BOOTLDR` line on Catalysts, of the `ROM` line elsewhere.
fn rommon(version: &ShowVersion) -> Option<String> {
    let line = version
        .boot_loader
        .as_deref()
        .filter(|l| l.contains("Version"))
        .or(version.rom.as_deref())?;
    let word = match line.split_once("Version") {
        Some((_, rest)) => rest.split([',', ' ']).find(|w| !w.is_empty())?,
        None => line.split_whitespace().last()?,
    };
    word.contains(char::is_numeric).then(|| word.to_owned())
}

/// Manual boot on any member: one that stops in ROMMON is missing after the reload.
fn manual_boot(boot: &ShowBoot) -> Option<bool> {
    let known: Vec<bool> = boot.units.iter().filter_map(|u| u.manual_boot).collect();
    (!known.is_empty()).then(|| known.contains(&true))
}

fn version(output: &Output, unknown: &mut Vec<String>) -> Result<ShowVersion, TalkError> {
    // Every release of every Cisco system names its maker. A host that does not is none of ours,
    // and where in its words a parser got lost helps nobody.
    if !output.text.trim().is_empty()
        && !output.text.contains("Cisco")
        && output.taken == Taken::Ran
    {
        return Err(TalkError::NoDevice {
            command: output.command.clone(),
            answer: first_line(&output.text),
        });
    }
    read(output, show_version::parse, unknown)?.ok_or_else(|| TalkError::Rejected {
        command: output.command.clone(),
        answer: output.refusal(),
    })
}

/// The first line that says anything, shortened.
fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|l| !l.is_empty());
    line.unwrap_or_default().chars().take(120).collect()
}

/// The model: of the member marked active, of the processor line, of the model number.
fn pid(version: &ShowVersion) -> String {
    let active = version
        .members
        .iter()
        .find(|m| m.active)
        .or(version.members.first());
    active
        .map(|m| m.model.clone())
        .or_else(|| version.chassis.clone())
        .or_else(|| version.hardware.model.clone())
        .unwrap_or_default()
}

pub(super) fn serials(
    version: &ShowVersion,
    inventory: Option<&show_inventory::ShowInventory>,
) -> Vec<String> {
    let mut serials = BTreeSet::new();
    serials.extend(version.hardware.serial.clone());
    serials.extend(version.processor_board_id.clone());
    serials.extend(
        version
            .member_hardware
            .iter()
            .filter_map(|m| m.hardware.serial.clone()),
    );
    if let Some(inventory) = inventory {
        for part in &inventory.parts {
            let name = part.name.to_ascii_lowercase();
            let words: Vec<&str> = name.split_whitespace().collect();
            let is_chassis = name.contains("chassis")
                || matches!(words.as_slice(), ["switch", n] if n.parse::<u32>().is_ok())
                || matches!(words.as_slice(), ["switch", n, "chassis"] if n.parse::<u32>().is_ok())
                || name.parse::<u32>().is_ok();
            if is_chassis {
                serials.extend(part.serial.clone());
            }
        }
    }
    serials.into_iter().collect()
}

/// The engine's operations, oldest first; the device prints the newest first, and only so many.
fn history(answers: &[Output], unknown: &mut Vec<String>) -> Vec<Operation> {
    let output = answer(answers, HISTORY_SWITCH).or_else(|| answer(answers, HISTORY_ROUTER));
    let Some(shown) = read_if_clear(output, show_install_history::parse, unknown) else {
        return Vec::new();
    };
    shown
        .operations
        .iter()
        .rev()
        .map(|o| Operation {
            name: words(&o.command),
            result: words(&o.status),
            started: o.start.clone(),
        })
        .collect()
}

/// The operation that has begun last and not ended. One that the reload of its own activation cut off
/// is followed by the one that the boot writes, and is not the last. None outlives a boot.
fn running_operation(log: &ShowInstallLog, booted: Option<&str>) -> Option<String> {
    let last = log.operations.last()?;
    if last.ended.is_some() || last.result.is_some() {
        return None;
    }
    let Some(since) = &last.started else {
        return Some(last.name.clone());
    };
    if booted.is_some_and(|booted| surely_before(since, booted)) {
        return None;
    }
    Some(format!("{} since {since} (device time)", last.name))
}

/// A parser's word as text.
fn words(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn file_systems(
    answers: &[Output],
    family: Option<&Family>,
    members: &[Member],
    unknown: &mut Vec<String>,
) -> Result<Vec<FileSystem>, TalkError> {
    let Some(family) = family else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for member in members {
        let name = family.file_system(member.id, member.role == Role::Active);
        let Some(output) = answer(answers, &format!("dir {name}")) else {
            continue;
        };
        let Some(shown) = read(output, dir::parse, unknown)? else {
            continue;
        };
        let Some(directory) = shown.directories.first() else {
            continue;
        };
        let (Some(total_bytes), Some(free_bytes)) = (directory.total_bytes, directory.free_bytes)
        else {
            continue;
        };
        found.push(FileSystem {
            name,
            member: member.id,
            total_bytes,
            free_bytes,
            files: directory
                .files
                .iter()
                .filter(|f| !f.directory)
                .map(|f| FlashFile {
                    name: f.name.clone(),
                    size_bytes: f.size_bytes,
                })
                .collect(),
        });
    }
    Ok(found)
}

/// The privilege level; a device that does not say is not taken for privileged.
fn privilege(answers: &[Output], unknown: &mut Vec<String>) -> u8 {
    read_if_clear(answer(answers, PRIVILEGE), show_privilege::parse, unknown).map_or(0, |p| p.level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_without_an_end_runs_unless_the_device_booted_since() {
        let log = show_install_log::parse(
            "[0|install_add]: START Wed Nov 06 17:00:00 UTC 2024\n\
             [0|install_add]: END SUCCESS  Wed Nov 06 17:03:00 UTC 2024\n\
             [1|install_activate]: START Wed Nov 06 17:18:32 UTC 2024\n",
        )
        .unwrap()
        .value;
        let running = "install_activate since Wed Nov 06 17:18:32 UTC 2024 (device time)";
        for (booted, expected) in [
            (None, Some(running)),
            (Some("09:00:00 UTC Fri Oct 4 2024"), Some(running)),
            (Some("17:24:10 UTC Wed Nov 6 2024"), None),
        ] {
            let found = running_operation(&log, booted);
            assert_eq!(found.as_deref(), expected, "{booted:?}");
        }
        let ended = ShowInstallLog {
            operations: log.operations.into_iter().take(1).collect(),
        };
        assert_eq!(running_operation(&ended, None), None);
    }
}
