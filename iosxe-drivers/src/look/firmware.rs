//! Firmware beside the image, part by part: what is asked of a family, and what the answers say.

use iosxe_core::device::{Member, Role};
use iosxe_core::firmware::{Firmware, FirmwareState, PartKind};
use iosxe_core::platform::{Family, Kind, Redundancy};

use super::answer;
use super::facts::PLATFORM;
use super::health::conclusive;
use crate::parse::show_upgrade_progress::UpgradeState;
use crate::parse::{
    show_firmware_version_all, show_hw_programmable, show_platform, show_rom_monitor,
    show_upgrade_progress,
};
use crate::talk::console::Output;

pub(super) const FIRMWARE: &str = "show firmware version all";
pub(super) const PROGRAMMABLE: &str = "show hw-programmable all";
/// Not every platform has it: probed.
const PROGRESS: &str = "show upgrade progress";
pub(super) const ROM_MONITOR: &str = "show rom-monitor ";

/// What is asked of a family, each of it only where the family knows it. `writes`: also how far a
/// write is.
pub(super) fn commands(family: &Family, writes: bool) -> Vec<&'static str> {
    let mut commands = Vec::new();
    match family.kind {
        Kind::Switch if family.redundancy != Redundancy::Stack => commands.push(FIRMWARE),
        Kind::Switch => {}
        Kind::Router => {
            commands.push(PROGRAMMABLE);
            // A chassis with route processors was asked for it already.
            if family.redundancy != Redundancy::DualRouteProcessor {
                commands.push(PLATFORM);
            }
            if writes {
                commands.push(PROGRESS);
            }
        }
    }
    commands
}

/// What is asked once the members are known: the boot loader of each switch. Supervisors stand in the
/// table of their chassis.
pub(super) fn of_members(family: &Family, members: &[Member]) -> Vec<String> {
    let switches = matches!(
        family.redundancy,
        Redundancy::Stack | Redundancy::StackwiseVirtual
    );
    if family.kind != Kind::Switch || !switches {
        return Vec::new();
    }
    members
        .iter()
        .filter(|m| m.ready || m.role == Role::Active)
        .map(|m| format!("{ROM_MONITOR}switch {} r0", m.id))
        .collect()
}

/// What the answers say; `rommon` is the version that `show version` has for the part that answers.
pub(super) fn read(answers: &[Output], rommon: Option<&str>) -> FirmwareState {
    let mut state = FirmwareState::default();
    let mut inconclusive = Vec::new();
    of_chassis(answers, &mut state, &mut inconclusive);
    let platform =
        conclusive(answers, PLATFORM, show_platform::parse, &mut inconclusive).unwrap_or_default();
    let board = |slot: &str| {
        let mut slots = platform.slots.iter();
        let own = slots.find(|s| s.slot.trim() == slot);
        own.and_then(|s| s.kind.clone())
    };
    let mut push = |slot: &str, kind: PartKind, name: &str, version: Option<String>| {
        let known = state.part(slot, kind).is_some();
        if let Some(version) = version.filter(|v| v != "N/A" && !known) {
            state.parts.push(Firmware {
                slot: slot.to_owned(),
                kind,
                name: name.to_owned(),
                board: board(slot),
                version,
                expected: None,
            });
        }
    };
    let programmable = conclusive(
        answers,
        PROGRAMMABLE,
        show_hw_programmable::parse,
        &mut inconclusive,
    );
    for slot in programmable.into_iter().flat_map(|p| p.slots) {
        push(&slot.slot, PartKind::Cpld, "CPLD", slot.cpld_version);
        push(&slot.slot, PartKind::Fpga, "FPGA", slot.fpga_version);
    }
    for slot in &platform.firmware {
        push(
            &slot.slot,
            PartKind::Rommon,
            "ROMMON",
            slot.firmware_version.clone(),
        );
        // Where no table of programmable parts tells it.
        push(
            &slot.slot,
            PartKind::Cpld,
            "CPLD",
            slot.cpld_version.clone(),
        );
    }
    for output in answers
        .iter()
        .filter(|o| o.command.starts_with(ROM_MONITOR))
    {
        let command = output.command.as_str();
        let slot = command
            .strip_prefix(ROM_MONITOR)
            .and_then(|rest| rest.split_whitespace().nth(1))
            .unwrap_or_default();
        let shown = conclusive(answers, command, show_rom_monitor::parse, &mut inconclusive);
        push(
            slot,
            PartKind::Rommon,
            "boot loader",
            shown.map(|s| s.version),
        );
    }
    let rommons = |p: &Firmware| p.kind == PartKind::Rommon;
    if !state.parts.iter().any(rommons)
        && let Some(version) = rommon
    {
        state.parts.push(Firmware {
            slot: "-".into(),
            kind: PartKind::Rommon,
            name: "ROMMON".into(),
            board: None,
            version: version.to_owned(),
            expected: None,
        });
    }
    progress(answers, &mut state, &mut inconclusive);
    state.inconclusive = inconclusive;
    state
}

/// `show firmware version all` of a chassis of switches, with what the running release comes with.
fn of_chassis(answers: &[Output], state: &mut FirmwareState, inconclusive: &mut Vec<String>) {
    let all = conclusive(
        answers,
        FIRMWARE,
        show_firmware_version_all::parse,
        inconclusive,
    );
    for device in all.into_iter().flat_map(|a| a.devices) {
        let expected = device
            .expected_version
            .filter(|_| device.mismatch == Some(true));
        let Some(version) = device.version.filter(|v| v != "N/A") else {
            continue;
        };
        let name = device.device;
        let lower = name.to_ascii_lowercase();
        let kind = if lower.contains("rommon") {
            PartKind::Rommon
        } else if lower.contains("fpga") {
            PartKind::Fpga
        } else if lower.contains("cpld") {
            PartKind::Cpld
        } else {
            PartKind::Other
        };
        state.parts.push(Firmware {
            slot: device.slot,
            kind,
            board: name.split_once(" / ").map(|(_, pid)| pid.to_owned()),
            name,
            version,
            expected,
        });
    }
}

fn progress(answers: &[Output], state: &mut FirmwareState, inconclusive: &mut Vec<String>) {
    if answer(answers, PROGRESS).is_none() {
        return;
    }
    let shown = conclusive(
        answers,
        PROGRESS,
        show_upgrade_progress::parse,
        inconclusive,
    );
    for device in shown.into_iter().flat_map(|p| p.devices) {
        match device.state {
            UpgradeState::Waiting | UpgradeState::Updating => {
                state.writing = Some(format!("{} {}", device.slot, device.device));
            }
            UpgradeState::Completed => state.written.push(device.slot),
            UpgradeState::Failed => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::console::Taken;

    fn says(command: &str, text: &str) -> Output {
        Output {
            command: command.to_owned(),
            text: text.to_owned(),
            prompt: None,
            taken: Taken::Ran,
        }
    }

    fn parts(answers: &[Output]) -> Vec<String> {
        let state = read(answers, Some("17.8.1r"));
        assert_eq!(state.inconclusive, Vec::<String>::new());
        let line = |p: &Firmware| {
            let board = p.board.as_deref().unwrap_or("-");
            format!("{} {} {} {board}", p.slot, p.kind, p.version)
        };
        state.parts.iter().map(line).collect()
    }

    // Made up after the formats of ASR 1000, 16.x.
    const PLATFORM_TEXT: &str = "Chassis type: ASR1006\n\n\
        Slot      Type                State                 Insert time (ago) \n\
        --------- ------------------- --------------------- ----------------- \n\
        0         ASR1000-SIP40       ok                    1w5d          \n\
        R0        ASR1000-RP2         ok, active            1w5d          \n\
        R1        ASR1000-RP2         ok, standby           1w5d          \n\n\
        Slot      CPLD Version        Firmware Version                        \n\
        --------- ------------------- --------------------------------------- \n\
        0         00200800            16.2(1r)                                \n\
        R0        10021901            16.9(4r)                                \n\
        R1        10021901            16.9(4r)                                \n\n";
    const PROGRAMMABLE_TEXT: &str = "Hw-programmable versions\n\n\
        Slot              CPLD version              FPGA version                \n\
        ----------------------------------------------------------------------\n\
        R0                14111801                  18102401                    \n\
        R1                14111801                  N/A                         \n";

    #[test]
    fn a_router_has_its_parts_slot_by_slot_with_their_cards() {
        let answers = [
            says(PLATFORM, PLATFORM_TEXT),
            says(PROGRAMMABLE, PROGRAMMABLE_TEXT),
        ];
        assert_eq!(
            parts(&answers),
            [
                "R0 CPLD 14111801 ASR1000-RP2",
                "R0 FPGA 18102401 ASR1000-RP2",
                "R1 CPLD 14111801 ASR1000-RP2",
                "0 ROMMON 16.2(1r) ASR1000-SIP40",
                "0 CPLD 00200800 ASR1000-SIP40",
                "R0 ROMMON 16.9(4r) ASR1000-RP2",
                "R1 ROMMON 16.9(4r) ASR1000-RP2",
            ]
        );
    }

    #[test]
    fn a_chassis_says_itself_what_is_behind_its_release() {
        // Made up after the format of Catalyst 9600.
        let text = "Slot  Device Name / Model           Firmware Version      Firmware Version    Mismatch\n\
                    ----- ----------------------------- --------------------- ------------------- ---------\n \
                    3    Supervisor Rommon (Active)    17.1.1[FC2]           N/A                 N/A\n \
                    3    Supervisor CPLD\n        IO FPGA                     1901211e              21071424            Yes\n        \
                    Flash FPGA                  201221ba              201221ba            No\n";
        let state = read(&[says(FIRMWARE, text)], None);
        let behind: Vec<_> = state.parts.iter().filter(|p| p.is_behind()).collect();
        assert_eq!(behind.len(), 1, "{state:?}");
        assert_eq!(behind[0].expected.as_deref(), Some("21071424"));
        assert_eq!(
            (behind[0].slot.as_str(), behind[0].kind),
            ("3", PartKind::Fpga)
        );
        assert!(state.part("3", PartKind::Rommon).is_some());
    }

    #[test]
    fn each_member_of_a_stack_has_its_boot_loader() {
        let text = "System Bootstrap, Version 17.12.1r, RELEASE SOFTWARE (P)\n";
        let answers = [
            says("show rom-monitor switch 1 r0", text),
            says("show rom-monitor switch 2 r0", text),
        ];
        assert_eq!(
            parts(&answers),
            ["1 ROMMON 17.12.1r -", "2 ROMMON 17.12.1r -"]
        );
        assert_eq!(parts(&[]), ["- ROMMON 17.8.1r -"], "of show version");
    }

    #[test]
    fn what_is_being_written_is_told() {
        let text = include_str!("../../tests/outputs/show_upgrade_progress.txt");
        let state = read(&[says(PROGRESS, text)], None);
        assert!(state.writing.is_some() && state.written.is_empty());
        let over = text
            .replace("Updating...", "Completed")
            .replace("Waiting...", "Completed");
        let state = read(&[says(PROGRESS, &over)], None);
        assert_eq!(
            (state.writing, state.written),
            (None, vec!["1".into(), "2".into()])
        );
    }
}
