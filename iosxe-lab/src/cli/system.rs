//! Commands about the line and the box: privilege, terminal, saving, reload, configuration's ways
//! back.

use std::sync::Arc;

use super::grammar::Args;
use super::replace;
use super::shell::{Mode, Shell};
use super::table::Action;
use super::terminal::{Echo, HungUp, Io};
use crate::model::reload::Cause;

/// Runs a command that is neither show, file nor install.
pub(crate) async fn run(shell: &mut Shell, action: Action, args: &Args) -> Io<()> {
    match action {
        Action::Enable => enable(shell).await,
        Action::Disable => {
            shell.privilege = 1;
            Ok(())
        }
        Action::Exit => {
            shell.closing = true;
            Ok(())
        }
        Action::ConfigureTerminal => configure(shell, args).await,
        Action::ConfigureReplace => replace::replace(shell, args).await,
        Action::ConfigureConfirm => replace::confirm(shell).await,
        Action::ConfigureRevert => {
            replace::undo(&shell.device);
            Ok(())
        }
        Action::WriteMemory => write_memory(shell).await,
        Action::Ping => {
            let host = args.get("host").unwrap_or_default();
            let text = format!(
                "Type escape sequence to abort.\nSending 5, 100-byte ICMP Echos to {host}, timeout is 2 \
                 seconds:\n!!!!!\nSuccess rate is 100 percent (5/5), round-trip min/avg/max = 1/1/2 ms\n"
            );
            shell.term.write(&text).await
        }
        Action::Reload => reload(shell).await,
        Action::ReloadIn => reload_in(shell, args).await,
        Action::ReloadCancel => {
            let pending = shell.device.state().scheduled.take().is_some();
            let text = if pending {
                "\n\n***\n*** --- SHUTDOWN ABORTED ---\n***\n\n"
            } else {
                "%No reload is scheduled.\n"
            };
            shell.term.write(text).await
        }
        Action::TerminalLength => number(shell, args, 512, |shell, n| shell.term.length = n).await,
        Action::TerminalWidth => number(shell, args, 512, |shell, n| shell.term.width = n).await,
        Action::TerminalMonitor => {
            shell.monitor = true;
            Ok(())
        }
        Action::TerminalNoMonitor => {
            shell.monitor = false;
            Ok(())
        }
        Action::TerminalTimestamp => {
            shell.timestamp = true;
            Ok(())
        }
        Action::TerminalNoTimestamp => {
            shell.timestamp = false;
            Ok(())
        }
        Action::ClearLogging => {
            if shell.term.confirm("Clear logging buffer [confirm]").await? {
                shell.device.state().logging.clear();
            }
            Ok(())
        }
        Action::ClearLine => {
            let sure = shell.term.confirm("[confirm]").await?;
            shell.term.write(if sure { " [OK]\n" } else { "" }).await
        }
        Action::Send => {
            let text = args.get("text").unwrap_or_default().to_owned();
            shell
                .device
                .log("SYS-7-USERLOG_DEBUG", &format!("Message from tty1: {text}"));
            Ok(())
        }
        Action::NotHere => {
            shell
                .term
                .write("% This command is not available on the simulated device\n")
                .await
        }
        _ => Ok(()),
    }
}

async fn number(
    shell: &mut Shell,
    args: &Args,
    most: usize,
    set: impl FnOnce(&mut Shell, usize),
) -> Io<()> {
    match args.get("n").map(str::parse::<usize>) {
        Some(Ok(n)) if n <= most => {
            set(shell, n);
            Ok(())
        }
        _ => shell.invalid("terminal length x", 16).await,
    }
}

async fn enable(shell: &mut Shell) -> Io<()> {
    if shell.privilege >= 15 {
        return Ok(());
    }
    for _ in 0..3 {
        match shell.term.ask("Password: ", Echo::Hidden).await? {
            Some(typed) if typed == shell.device.world.enable => {
                shell.privilege = 15;
                return Ok(());
            }
            Some(_) => {}
            None => break,
        }
    }
    shell.term.write("% Bad secrets\n\n").await
}

async fn write_memory(shell: &mut Shell) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let other = {
        let state = device.state();
        state.startup_release != state.running.release
    };
    if other && !device.state().running_config.has("file prompt quiet") {
        let warning = "Warning: Attempting to overwrite an NVRAM configuration previously written\nby a \
                       different version of the system image.\n";
        shell.term.write(warning).await?;
        if !shell
            .term
            .confirm("Overwrite the previous NVRAM configuration?[confirm]")
            .await?
        {
            return Ok(());
        }
    }
    shell.term.write("Building configuration...\n").await?;
    device.world.clock.sleep(1.0).await;
    super::files::save(&device);
    shell.term.write("[OK]\n").await
}

async fn configure(shell: &mut Shell, args: &Args) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let holder = device.state().config_lock.clone();
    if let Some(user) = holder {
        let text = format!(
            "Configuration mode is locked by process '391' user '{user}' from terminal '0'. Please try later.\n"
        );
        return shell.term.write(&text).await;
    }
    if let Some(minutes) = args.get("minutes").and_then(|m| m.parse::<u32>().ok()) {
        if !replace::archives(&device.state()) {
            return shell.term.write(replace::NO_ARCHIVE).await;
        }
        replace::arm_revert(shell, minutes);
        shell
            .term
            .write("Rollback Confirmed Change: Backing up current running config\n")
            .await?;
    }
    shell.mode = Mode::Config(None);
    let session = shell.session;
    for info in device
        .state()
        .sessions
        .iter_mut()
        .filter(|s| s.id == session)
    {
        info.in_config = true;
    }
    shell
        .term
        .write("Enter configuration commands, one per line.  End with CNTL/Z.\n")
        .await
}

/// Asks to save an unsaved configuration. False when the user interrupts.
pub(super) async fn save_question(shell: &mut Shell) -> Io<bool> {
    if !shell.device.state().unsaved() {
        return Ok(true);
    }
    loop {
        let question = "\nSystem configuration has been modified. Save? [yes/no]: ";
        let Some(answer) = shell.term.ask(question, Echo::Plain).await? else {
            return Ok(false);
        };
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => {
                shell.term.write("Building configuration...\n").await?;
                super::files::save(&shell.device);
                shell.term.write("[OK]\n").await?;
                return Ok(true);
            }
            "n" | "no" => return Ok(true),
            _ => shell.term.write("% Please answer 'yes' or 'no'.\n").await?,
        }
    }
}

async fn reload(shell: &mut Shell) -> Io<()> {
    if !save_question(shell).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    if device.strikes("unknown_prompt", "reload") {
        let question = "Storage journal is dirty. Replay before restart? (yes/[no]): ";
        let answer = shell.term.ask(question, Echo::Plain).await?;
        if answer.as_deref() != Some("yes") {
            return shell.term.write("% Reload is not confirmed\n").await;
        }
    }
    if device.state().members.len() > 1 && !device.platform.engines() {
        let text =
            "Reload command is being issued on Active unit, this will reload the whole stack\n";
        shell.term.write(text).await?;
    }
    if !shell.term.confirm("Proceed with reload? [confirm]").await? {
        return Ok(());
    }
    device.log(
        "SYS-5-RELOAD",
        "Reload requested by user on vty0. Reload Reason: Reload Command.",
    );
    device.reload(Cause::Command, "Reload Command");
    Err(HungUp)
}

async fn reload_in(shell: &mut Shell, args: &Args) -> Io<()> {
    let when = args.get("when").unwrap_or_default().to_owned();
    let minutes = match when.split_once(':') {
        Some((h, m)) => h
            .parse::<u32>()
            .ok()
            .zip(m.parse::<u32>().ok())
            .map(|(h, m)| h * 60 + m),
        None => when.parse::<u32>().ok(),
    };
    let Some(minutes) = minutes else {
        return shell.invalid("reload in x", 10).await;
    };
    if !save_question(shell).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    let at = device
        .world
        .clock
        .config_date(device.now() + f64::from(minutes) * 60.0);
    let text = format!(
        "Reload scheduled for {at} (in {minutes} minutes) by {} on vty0\n",
        shell.user.name
    );
    shell.term.write(&text).await?;
    if shell.term.confirm("Proceed with reload? [confirm]").await? {
        device.schedule_reload(
            f64::from(minutes) * 60.0,
            args.get("reason").unwrap_or_default(),
        );
    }
    Ok(())
}
