//! `upgrade rom-monitor` and `upgrade hw-programmable`, with their questions.

use std::sync::Arc;

use super::grammar::Args;
use super::install::follow;
use super::places::{content, locate};
use super::shell::Shell;
use super::table::Action;
use super::terminal::{Echo, Io};
use crate::model::firmware::{self, Info, Part};
use crate::model::platform::Family;

const NO_POWER_CYCLE: &str = "This command could take several minutes, please wait and do not power cycle the chassis \
                              or the card. Otherwise, hardware may be unrecoverable.\n";

/// True where a command does not exist.
pub(crate) fn missing(family: Family, action: Action) -> bool {
    match action {
        Action::UpgradeRommon => !matches!(family, Family::Router | Family::Asr | Family::Ncs),
        Action::UpgradeProgrammable => family != Family::Asr,
        Action::UpgradeCapsule => !matches!(family, Family::Core | Family::Modular),
        _ => false,
    }
}

/// Runs an `upgrade` command.
pub(super) async fn run(shell: &mut Shell, action: Action, args: &Args) -> Io<()> {
    if shell.device.state().firmware.busy() {
        return shell
            .term
            .write("% Upgrade is in progress, try again later\n")
            .await;
    }
    if shell.device.state().install.running.is_some() {
        let text = "% Upgrade is not allowed while an install operation is running\n";
        return shell.term.write(text).await;
    }
    match action {
        Action::UpgradeCapsule => capsule(shell, args).await,
        _ => match package(shell, args).await? {
            None => Ok(()),
            Some(info) if action == Action::UpgradeRommon => rommon(shell, args, &info).await,
            Some(info) => programmable(shell, args, &info).await,
        },
    }
}

/// The package that the command names; `None` when it was refused.
async fn package(shell: &mut Shell, args: &Args) -> Io<Option<Info>> {
    let url = args.get("file").unwrap_or_default().to_owned();
    let found = {
        let state = shell.device.state();
        locate(&shell.device, &state, &url).and_then(|p| content(&state, &p))
    };
    let Some(content) = found else {
        let text = format!("%Error opening {url} (No such file or directory)\n");
        shell.term.write(&text).await?;
        return Ok(None);
    };
    let info = tokio::task::spawn_blocking(move || content.firmware_info()).await;
    let Some(info) = info.ok().flatten() else {
        let text = "% Upgrade failed: Upgrade image MD5 signature does not match\n";
        shell.term.write(text).await?;
        return Ok(None);
    };
    if !info.fits(shell.device.platform) {
        let text = "% The package is not supported on this platform\n";
        shell.term.write(text).await?;
        return Ok(None);
    }
    Ok(Some(info))
}

async fn rommon(shell: &mut Shell, args: &Args, info: &Info) -> Io<()> {
    let place = args.get("where").unwrap_or("all").to_owned();
    let Some(version) = info.version(Part::Rommon).map(str::to_owned) else {
        return shell.term.write("% The package has no rom-monitor\n").await;
    };
    let slots: Vec<String> = {
        let state = shell.device.state();
        let parts = state.firmware.parts.iter();
        parts
            .filter(|p| p.part == Part::Rommon)
            .filter(|p| place == "all" || p.slot.eq_ignore_ascii_case(&place))
            .map(|p| p.slot.clone())
            .collect()
    };
    let text = format!(
        "Chassis model {} has a single rom-monitor.\n\n",
        shell.device.platform.pid
    );
    shell.term.write(&text).await?;
    let device = Arc::clone(&shell.device);
    follow(shell, "firmware", move |out| {
        firmware::write_rommon(device, version, slots, out)
    })
    .await
}

/// `Route-Processor 1`, as the question names a slot.
fn unit(slot: &str) -> String {
    let (words, number) = match slot.split_at_checked(1) {
        Some(("R", n)) => ("Route-Processor", n),
        Some(("F", n)) => ("Embedded-Service-Processor", n),
        _ => ("SPA-Inter-Processor", slot),
    };
    format!("{words} {number}")
}

async fn programmable(shell: &mut Shell, args: &Args, info: &Info) -> Io<()> {
    let wanted = args.get("part").unwrap_or("all").to_lowercase();
    let slot = args.get("slot").unwrap_or_default().to_uppercase();
    shell.term.write(NO_POWER_CYCLE).await?;
    for part in [Part::Cpld, Part::Fpga] {
        if wanted != "all" && wanted != part.word() {
            continue;
        }
        let has = {
            let state = shell.device.state();
            state.firmware.version(&slot, part).map(str::to_owned)
        };
        let name = part.word().to_uppercase();
        let (Some(has), Some(new)) = (has, info.version(part).map(str::to_owned)) else {
            let text = format!("No {name} to upgrade in slot {slot}\n");
            shell.term.write(&text).await?;
            continue;
        };
        if has == new {
            let text = format!("{name} in slot {slot} has version {new} already\n");
            shell.term.write(&text).await?;
            continue;
        }
        let question = format!(
            "Start service Upgrade {name} on {} from current version {has} to {new}  (Y)es/(N)o/(C)ontinue? [Y",
            unit(&slot)
        );
        if !agreed(shell, &question).await? {
            shell.term.write("Upgrade is not done\n").await?;
            return Ok(());
        }
        let question = format!(
            "When the upgrade is done, {} will be power-cycled. (Y)es/(N)o/(C)ontinue? [Y]",
            unit(&slot)
        );
        if !agreed(shell, &question).await? {
            shell.term.write("Upgrade is not done\n").await?;
            return Ok(());
        }
        let device = Arc::clone(&shell.device);
        let slot = slot.clone();
        follow(shell, "firmware", move |out| {
            firmware::write_part(device, slot, part, new, out)
        })
        .await?;
    }
    Ok(())
}

/// Enter and Y agree, as the bracket says.
async fn agreed(shell: &mut Shell, question: &str) -> Io<bool> {
    let answer = shell.term.ask(question, Echo::Plain).await?;
    Ok(answer.is_some_and(|a| matches!(a.trim(), "" | "y" | "Y")))
}

async fn capsule(shell: &mut Shell, args: &Args) -> Io<()> {
    let region = args.get("region").unwrap_or_default().to_lowercase();
    if !matches!(region.as_str(), "primary" | "golden") {
        return shell.invalid("upgrade rom-monitor capsule x", 28).await;
    }
    let question = "This operation will reload the switch and take a few minutes to complete. Do you want to \
                    proceed (y/n)? [confirm]";
    if !shell.term.confirm(question).await? {
        return shell.term.write("Upgrade is not done\n").await;
    }
    let device = Arc::clone(&shell.device);
    follow(shell, "firmware", move |out| {
        firmware::write_capsule(device, region == "primary", out)
    })
    .await
}
