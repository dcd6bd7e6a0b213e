//! Boot variables and the boot loader.

use super::View;
use crate::cli::grammar::Args;
use crate::model::firmware::Part;
use crate::model::platform::Family;

/// All boot entries as the active's variable has them.
fn next_boot(v: &View<'_>) -> String {
    next_boot_of(v, v.state.active)
}

/// The same of one member.
fn next_boot_of(v: &View<'_>, id: u8) -> String {
    v.state.boot.of(id).iter().map(|e| v.entry(e)).collect()
}

/// `BOOT variable = ...`, or that there is none.
fn boot_line(v: &View<'_>) -> String {
    if v.state.boot.path.is_empty() {
        "BOOT variable does not exist".to_owned()
    } else {
        format!("BOOT variable = {}", next_boot(v))
    }
}

/// The same lines again for the standby, which has the same variables once it is Ready.
fn with_standby(v: &View<'_>, lines: &str) -> String {
    let second = if v.state.ready_standby(v.now).is_some() {
        lines.lines().map(|l| format!("Standby {l}\n")).collect()
    } else {
        "Standby not ready to show bootvar\n".to_owned()
    };
    format!("{lines}\n{second}\n")
}

pub(super) fn boot(v: &View<'_>) -> String {
    let s = v.state;
    let yes = |on: bool| if on { "yes" } else { "no" };
    match v.device.platform.family {
        Family::Stackable => {
            let mut t = String::new();
            let line = "-".repeat(27);
            for m in s.working() {
                t.push_str(&format!(
                    "{line}\nSwitch {}\n{line}\nCurrent Boot Variables:\nBOOT variable = \
                     {};\n\nBoot Variables on next reload:\nBOOT variable = {}\nManual Boot = \
                     {}\nEnable Break = yes\nBoot Mode = DEVICE\niPXE Timeout = 0\n",
                    m.id,
                    s.running.image_file,
                    next_boot_of(v, m.id),
                    yes(s.boot.manual)
                ));
            }
            t
        }
        Family::Core | Family::Modular => {
            let alone = v.device.platform.family == Family::Core && s.members.len() == 1;
            let register = if alone {
                format!("Configuration Register is {:#x}\n", s.confreg_next)
            } else {
                String::new()
            };
            let lines = format!(
                "{}\n{register}MANUAL_BOOT variable = {}\nBAUD variable = 9600\nENABLE_BREAK \
                 variable = yes\nBOOTMODE variable does not exist\nIPXE_TIMEOUT variable does not \
                 exist\nCONFIG_FILE variable = \n",
                boot_line(v),
                yes(s.boot.manual)
            );
            with_standby(v, &lines)
        }
        Family::Router | Family::Asr | Family::Ncs => {
            let will = if s.confreg == s.confreg_next {
                String::new()
            } else {
                format!(" (will be {:#x} at next reload)", s.confreg_next)
            };
            let lines = format!(
                "{}\nCONFIG_FILE variable = \nBOOTLDR variable does not exist\nConfiguration \
                 register is {:#x}{will}\n",
                boot_line(v),
                s.confreg
            );
            with_standby(v, &lines)
        }
    }
}

pub(super) fn romvar(v: &View<'_>) -> String {
    let s = v.state;
    if v.device.platform.is_switch() {
        let line = "-".repeat(34);
        format!(
            "{line}\nROMMON variables for Active \
             Switch\n{line}\nABNORMAL_RESET_COUNT=0\nAUTO_SWITCH_CONSOLE_DISABLE=0\nBAUD=9600\nBOOT={}\nBSI=0\nMANUAL_BOOT={}\n\
             SWITCH_NUMBER={}\nSWITCH_PRIORITY={}\nSWITCH_IGNORE_STARTUP_CFG={}\nTEMPLATE=access\n\n",
            next_boot(v),
            if s.boot.manual { "yes" } else { "no" },
            if v.device.platform.engines() {
                1
            } else {
                s.active
            },
            s.active().map_or(1, |m| m.priority),
            u8::from(
                s.confreg_next & 0x40 != 0 || s.running_config.has("system ignore startupconfig")
            ),
        )
    } else {
        format!(
            "ROMMON variables:\n PS1 = rommon ! >\n LICENSE_BOOT_LEVEL =\n THRPUT =\n \
             MCP_STARTUP_TRACEFLAGS = 00000000:00000000\n RET_2_RTS =\n EULA_ACCEPTED = TRUE\n BOOT = \
             {}\n ? = 0\n BSI = 0\n RET_2_RCALTS =\n RANDOM_NUM = {}\n",
            next_boot(v),
            s.reloads.values().sum::<u64>() + 1_000_003
        )
    }
}

pub(super) fn rom_monitor(v: &View<'_>, args: &Args) -> String {
    let active = super::processor(v);
    let slot = args
        .get("n")
        .map(str::to_owned)
        .or_else(|| {
            let named = args.keyword(2).filter(|w| w.starts_with(['r', 'R']));
            named.map(str::to_uppercase)
        })
        .unwrap_or(active);
    match v.state.firmware.version(&slot, Part::Rommon) {
        Some(version) => {
            format!("System Bootstrap, Version {version}, RELEASE SOFTWARE\n")
        }
        None => format!("% No rom-monitor in {slot}\n"),
    }
}
