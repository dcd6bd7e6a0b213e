//! Installed software, boot variables, boot loader.

use super::View;
use crate::cli::grammar::Args;
use crate::clock;
use crate::model::install::PackageState;
use crate::model::platform::Family;

const RULE: &str =
    "--------------------------------------------------------------------------------\n";

fn header(v: &View<'_>) -> String {
    let labels = v.device.labels(v.state).join(" ");
    if v.device.platform.stackable() {
        format!("[ Switch {labels} ]")
    } else {
        format!("[ {labels} ]")
    }
}

fn legend() -> &'static str {
    "State (St): I - Inactive, U - Activated & Uncommitted,\n            C - Activated & Committed, D - Deactivated & Uncommitted\n"
}

fn packages(v: &View<'_>, title: &str, keep: impl Fn(PackageState) -> bool) -> String {
    let mut t = format!(
        "{} {title} Package(s) Information:\n{}{RULE}",
        header(v),
        legend()
    );
    t.push_str("Type  St   Filename/Version\n");
    t.push_str(RULE);
    let mut shown: Vec<_> = v
        .state
        .install
        .packages
        .iter()
        .filter(|p| keep(p.state))
        .collect();
    shown.sort_by_key(|p| p.state != PackageState::Inactive);
    for p in shown {
        t.push_str(&format!(
            "IMG   {}    {}\n",
            p.state.letter(),
            p.release.engine()
        ));
    }
    t
}

fn timer(v: &View<'_>) -> String {
    let words = match v.state.install.timer {
        Some(timer) => format!(
            "active on install_activate, time before rollback - {}",
            clock::hms(timer.deadline_s - v.now)
        ),
        None => "inactive".to_owned(),
    };
    format!("\n{RULE}Auto abort timer: {words}\n{RULE}")
}

pub(super) fn install_summary(v: &View<'_>) -> String {
    let old = !v.state.running.release.at_least(16, 9);
    let body = packages(v, "Installed", |_| true);
    if old { body } else { body + &timer(v) + "\n" }
}

pub(super) fn install_state(v: &View<'_>, args: &Args) -> String {
    let kinds: [(&str, &str, &[PackageState]); 4] = [
        (
            "active",
            "Active",
            &[PackageState::Committed, PackageState::Uncommitted],
        ),
        ("inactive", "Inactive", &[PackageState::Inactive]),
        ("committed", "Committed", &[PackageState::Committed]),
        (
            "uncommitted",
            "Uncommitted",
            &[PackageState::Uncommitted, PackageState::Deactivated],
        ),
    ];
    for (word, title, states) in kinds {
        if args.has(word) {
            let any = v
                .state
                .install
                .packages
                .iter()
                .any(|p| states.contains(&p.state));
            if !any {
                return format!(
                    "{} {title} Package(s) Information:\n{}{RULE}Type  St   Filename/Version\n{RULE}No {title} Packages\n{}\n",
                    header(v),
                    legend(),
                    timer(v)
                );
            }
            return packages(v, title, |s| states.contains(&s)) + &timer(v) + "\n";
        }
    }
    String::new()
}

pub(super) fn rollback(v: &View<'_>, id: Option<&str>) -> String {
    let points = &v.state.install.points;
    if let Some(id) = id {
        let Some(p) = points.iter().find(|p| p.id.to_string() == id) else {
            return format!("No rollback id {id} present\n");
        };
        return format!(
            "Rollback id - {} (Created on {})\nLabel: No Label\nDescription: No \
             Description\nReload required: YES\n{}{RULE}Type  St   Filename/Version\n{RULE}IMG   C    {}\n",
            p.id,
            v.device.world.clock.engine_date(p.made_s),
            legend(),
            p.release.engine()
        );
    }
    let mut t = String::from(
        "ID      Label                            Description\n\
         -------------------------------------------------------\n",
    );
    for p in points.iter().rev() {
        t.push_str(&format!(
            "{:<8}No Label                         No Description\n",
            p.id
        ));
    }
    t
}

pub(super) fn log(v: &View<'_>) -> String {
    let mut t = v.state.install.log.join("\n");
    t.push('\n');
    t
}

pub(super) fn package(v: &View<'_>, url: &str) -> String {
    let path = url.split_once(':').map_or(url, |(_, p)| p);
    let Some(content) = v.state.flash().and_then(|f| f.content(path)) else {
        return format!("{url} does not exist\n");
    };
    let Some(info) = content.image_info() else {
        return format!("{url}: not a package\n");
    };
    let known = v
        .state
        .install
        .packages
        .iter()
        .find(|p| p.release == info.release);
    let state = match known.map(|p| p.state) {
        Some(PackageState::Inactive) => "Inactive",
        Some(_) => "Active",
        None => "Not Installed",
    };
    format!(
        "Name: {path}\nVersion: {}.{}..{}\nPlatform: {}\nPackage Type: IMG\nDefect ID: \nPackage \
         State: {state}\nSupersedes List: {{}}\nSMU Fixes List: {{}}\nSMU ID: 0\nSMU Type: \
         reload\nSMU Compatible with Version: \nSMUImpact:\n",
        info.release.engine(),
        1_700_000_000u64,
        info.release.codename(),
        v.device.platform.package_stem().to_uppercase()
    )
}

pub(super) fn history(v: &View<'_>) -> String {
    let rule = "-".repeat(101) + "\n";
    let mut t = format!(
        "Operation Summary:\n{rule}                     uuid                 op_id      command   \
         status    duration   [start time         - end time]\n{rule}"
    );
    let clock = &v.device.world.clock;
    for row in &v.state.install.history {
        let uuid = format!("{}_op_{}", clock.history_id(row.began_s), row.command);
        t.push_str(&format!(
            "{uuid:>38}  1  {:>14}  {:>7}    {}   [{} - {}]\n",
            row.command,
            row.status,
            clock::hms(row.ended_s - row.began_s),
            clock.history_date(row.began_s),
            clock.history_date(row.ended_s)
        ));
    }
    t + &rule
}

pub(super) fn issu(v: &View<'_>) -> String {
    format!(
        "Current ISSU Status: Disabled\nPrevious ISSU Operation: N/A\n{}\n\
         System Check                        Status\n{}\n\
         Platform ISSU Support               No\n\
         Standby Online                      {}\n\
         Autoboot Enabled                    {}\n\
         SSO Mode                            No\n\
         Install Boot                        {}\n\
         Valid Boot Media                    Yes\n{0}\n\
         No ISSU operation is in progress\n\n",
        "=======================================================",
        "-------------------------------------------------------",
        if v.state.present().count() > 1 {
            "Yes"
        } else {
            "No"
        },
        if v.state.boot.manual { "No" } else { "Yes" },
        if v.state.provisioned.is_some() {
            "Yes"
        } else {
            "No"
        },
    )
}

fn next_boot(v: &View<'_>) -> String {
    v.state.boot.path.iter().map(|e| format!("{e};")).collect()
}

pub(super) fn boot(v: &View<'_>) -> String {
    let s = v.state;
    let yes = |on: bool| if on { "yes" } else { "no" };
    match v.device.platform.family {
        Family::Stackable => {
            let mut t = String::new();
            let line = "-".repeat(27);
            for m in s.present() {
                t.push_str(&format!(
                    "{line}\nSwitch {}\n{line}\nCurrent Boot Variables:\nBOOT variable = \
                     {};\n\nBoot Variables on next reload:\nBOOT variable = {}\nManual Boot = \
                     {}\nEnable Break = yes\nBoot Mode = DEVICE\niPXE Timeout = 0\n",
                    m.id,
                    s.running.image_file,
                    next_boot(v),
                    yes(s.boot.manual)
                ));
            }
            t
        }
        Family::Core => {
            let boot = if s.boot.path.is_empty() {
                "BOOT variable does not exist".to_owned()
            } else {
                format!("BOOT variable = {}", next_boot(v))
            };
            format!(
                "{boot}\nConfiguration Register is {:#x}\nMANUAL_BOOT variable = {}\nBAUD \
                 variable = 9600\nENABLE_BREAK variable = yes\nBOOTMODE variable does not \
                 exist\nIPXE_TIMEOUT variable does not exist\nCONFIG_FILE variable = \n\nStandby \
                 not ready to show bootvar\n\n",
                s.confreg_next,
                yes(s.boot.manual)
            )
        }
        Family::Router => {
            let boot = if s.boot.path.is_empty() {
                "BOOT variable does not exist".to_owned()
            } else {
                let entries: String = s.boot.path.iter().map(|e| format!("{e},1;")).collect();
                format!("BOOT variable = {entries}")
            };
            let will = if s.confreg == s.confreg_next {
                String::new()
            } else {
                format!(" (will be {:#x} at next reload)", s.confreg_next)
            };
            format!(
                "{boot}\nCONFIG_FILE variable = \nBOOTLDR variable does not exist\nConfiguration \
                 register is {:#x}{will}\n\nStandby not ready to show bootvar\n\n",
                s.confreg
            )
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
             SWITCH_NUMBER=1\nSWITCH_PRIORITY={}\nSWITCH_IGNORE_STARTUP_CFG={}\nTEMPLATE=access\n\n",
            next_boot(v),
            if s.boot.manual { "yes" } else { "no" },
            s.active().map_or(1, |m| m.priority),
            u8::from(
                s.confreg_next & 0x40 != 0 || s.running_config.has("system ignore startupconfig")
            ),
        )
    } else {
        let entries: String = s.boot.path.iter().map(|e| format!("{e},1;")).collect();
        format!(
            "ROMMON variables:\n PS1 = rommon ! >\n LICENSE_BOOT_LEVEL =\n THRPUT =\n \
             MCP_STARTUP_TRACEFLAGS = 00000000:00000000\n RET_2_RTS =\n EULA_ACCEPTED = TRUE\n BOOT = \
             {entries}\n ? = 0\n BSI = 0\n RET_2_RCALTS =\n RANDOM_NUM = {}\n",
            s.reloads.values().sum::<u64>() + 1_000_003
        )
    }
}

pub(super) fn rom_monitor(v: &View<'_>) -> String {
    format!(
        "System Bootstrap, Version {}, RELEASE SOFTWARE\n",
        v.device.platform.rommon
    )
}
