//! `configure replace`, its revert timer, `configure confirm` and `configure revert now`.
//!
//! Wording follows the configuration guide and public transcripts.

use std::sync::Arc;

use super::grammar::Args;
use super::shell::Shell;
use super::terminal::{Echo, Io};
use crate::model::config::Config;
use crate::model::device::{Device, Revert, State};

/// What `archive` without a `path` says to a timer.
pub(super) const NO_ARCHIVE: &str =
    "Archive feature not enabled\n% Error caught by command handler\n";

/// Whether `archive` is configured with a `path`.
pub(super) fn archives(state: &State) -> bool {
    let section = state.running_config.section("archive");
    section.is_some_and(|s| s.children.iter().any(|c| c.starts_with("path ")))
}

/// Keeps the running configuration and puts it back after so many minutes, unless that is confirmed.
pub(super) fn arm_revert(shell: &Shell, minutes: u32) {
    let device = Arc::clone(&shell.device);
    let (at_s, generation) = {
        let mut state = device.state();
        state.generation += 1;
        let generation = state.generation;
        let at_s = device.now() + f64::from(minutes) * 60.0;
        let saved = state.running_config.clone();
        state.revert = Some(Revert {
            at_s,
            generation,
            user: shell.user.name.clone(),
            saved,
        });
        (at_s, generation)
    };
    let later = Arc::clone(&device);
    device.spawn(async move {
        later.world.clock.sleep_until(at_s).await;
        let due = later
            .state()
            .revert
            .as_ref()
            .is_some_and(|r| r.generation == generation);
        if due {
            undo(&later);
        }
    });
}

/// Puts the configuration back that was kept when the change began.
pub(super) fn undo(device: &Device) {
    let undone = {
        let mut state = device.state();
        let revert = state.revert.take();
        let undone = revert.is_some();
        if let Some(revert) = revert {
            state.running_config = revert.saved;
            state.config_changed_s = device.now();
        }
        undone
    };
    if undone {
        device.log(
            "ARCHIVE_DIFF-5-ROLLBK_CNFMD_CHG_ROLLBACK_START",
            "Start rolling to the configuration before the change",
        );
    }
}

/// Runs `configure confirm`.
pub(super) async fn confirm(shell: &mut Shell) -> Io<()> {
    let pending = shell.device.state().revert.take().is_some();
    let text = if pending {
        ""
    } else {
        "%No Rollback Confirmed Change pending\n"
    };
    shell.term.write(text).await
}

const QUESTION: &str = "This will apply all necessary additions and deletions\nto replace the current running \
                        configuration with the\ncontents of the specified configuration file, which is\nassumed to \
                        be a complete configuration, not a partial\nconfiguration. Enter Y if you are sure you want \
                        to proceed. ? [no]: ";

/// Runs `configure replace`.
pub(super) async fn replace(shell: &mut Shell, args: &Args) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let url = args.get("url").unwrap_or_default().to_owned();
    let minutes = match args.get("minutes").map(str::parse::<u32>) {
        None => None,
        Some(Ok(n)) if (1..=120).contains(&n) => Some(n),
        Some(_) => return shell.invalid("configure replace x time x", 25).await,
    };
    let (wanted, archives) = {
        let state = device.state();
        (read(&device, &state, &url), archives(&state))
    };
    let Some(wanted) = wanted else {
        let text = format!("Error: Could not open file {url} for reading\n");
        return shell.term.write(&text).await;
    };
    if minutes.is_some() && !archives {
        let text = "%Turn config archive on before using Rollback Confirmed Change\n";
        return shell.term.write(text).await;
    }
    if !args.has("force") {
        let answer = shell.term.ask(QUESTION, Echo::Plain).await?;
        let answer = answer.unwrap_or_default();
        if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
    }
    if let Some(minutes) = minutes {
        let text = "Rollback Confirmed Change: Backing up current running config\n";
        shell.term.write(text).await?;
        arm_revert(shell, minutes);
    }
    device.world.clock.sleep(2.0).await;
    let aborted = device.strikes("replace_fails", "aborted");
    let failed = !aborted && device.strikes("replace_fails", "failed");
    let partial = device.strikes("replace_fails", "partial");
    let configlet = device.state().running_config.differences(&wanted);
    if failed {
        let text = "Total number of passes: 1\nRollback failed. Reverting to the configuration before it\n";
        return shell.term.write(text).await;
    }
    if args.has("list") && !configlet.is_empty() {
        let list = format!("!Pass  1\n!List of Rollback Commands:\n{configlet}end\n\n");
        shell.term.write(&list).await?;
    }
    let text = if aborted {
        format!(
            "Total number of passes: 5\nRollback Done\n\nThe rollback configlet from the last pass is listed below:\n\
             ********\n\n!List of Rollback Commands:\n{configlet}end\n\n********\n\nRollback aborted after 5 passes\n\
             The following commands are failed to apply to the IOS image.\n********\n\n{configlet}\n********\n\n"
        )
    } else {
        let mut state = device.state();
        // What the device could not take stays as it is, and it says nothing of that.
        let left = partial.then(|| first_difference(&state.running_config, &wanted));
        let running = state.running_config.clone();
        state.running_config = wanted;
        if let Some(line) = left.flatten() {
            state.running_config.keep_as(&running, &line);
        }
        state.config_changed_s = device.now();
        "Total number of passes: 1\nRollback Done\n\n".to_owned()
    };
    shell.term.write(&text).await
}

/// A configuration by its name.
pub(super) fn read(device: &Device, state: &State, url: &str) -> Option<Config> {
    match url {
        "nvram:startup-config" | "startup-config" => Some(state.startup_config.clone()),
        "system:running-config" | "running-config" => Some(state.running_config.clone()),
        _ => {
            let place = super::places::locate(device, state, url)?;
            let text = super::places::content(state, &place)?.as_text()?;
            Some(Config::parse(&text))
        }
    }
}

/// The first top-level line whose section is not the same in both.
fn first_difference(running: &Config, wanted: &Config) -> Option<String> {
    let all = running.sections.iter().chain(&wanted.sections);
    let mut lines = all.map(|s| s.line.clone());
    lines.find(|line| running.section(line) != wanted.section(line))
}
