//! Upgrades in service: the questions and refusals around [`crate::model::issu`].

use std::sync::Arc;

use super::grammar::Args;
use super::install::{
    boot_question, failed, follow, list_packages, on_active, reload_question, saved, target,
    timer_s,
};
use super::places::{content, fs_name, locate};
use super::shell::Shell;
use super::table::Action;
use super::terminal::Io;
use crate::model::device::{Device, State};
use crate::model::engine::Lock;
use crate::model::issu::{self, Classic, Plan};

/// True when an `install` command belongs here: it asks for an upgrade in service, or one is on.
pub(super) fn concerned(shell: &Shell, action: Action) -> bool {
    let asked = matches!(
        action,
        Action::InstallActivateIssu
            | Action::InstallOneShotIssu
            | Action::InstallStandby
            | Action::InstallActive
            | Action::InstallAbortIssu
    );
    let state = shell.device.state();
    asked
        || state
            .issu
            .current
            .as_ref()
            .is_some_and(issu::Upgrade::by_install)
}

/// Runs an `install` command that belongs here.
pub(super) async fn run(shell: &mut Shell, action: Action, args: &Args, lock: Lock) -> Io<()> {
    let on = shell.device.state().issu.current.is_some();
    let device = Arc::clone(&shell.device);
    match action {
        Action::InstallAbortIssu => abort(shell, args, lock).await,
        Action::InstallCommit => {
            follow(shell, "install_commit", move |out| {
                issu::commit(device, lock, out)
            })
            .await
        }
        Action::InstallActive => {
            if !saved(shell, "install_activate", false).await?
                || !reload_question(shell, "install_activate", false).await?
            {
                return Ok(());
            }
            follow(shell, "install_activate", move |out| {
                issu::activate_active(device, lock, out)
            })
            .await
        }
        _ if on => in_progress(shell, action).await,
        Action::InstallOneShotIssu => one_shot(shell, args, lock).await,
        _ => activate(shell, action, args, lock).await,
    }
}

/// What every other operation is told while an upgrade in service is on.
async fn in_progress(shell: &mut Shell, action: Action) -> Io<()> {
    let name = match action {
        Action::InstallAdd => "install_add",
        Action::InstallOneStep | Action::InstallOneShotIssu => "install_add_activate_commit",
        Action::InstallAbort => "install_abort",
        Action::InstallRollback => "install_rollback",
        Action::InstallActivate | Action::InstallActivateIssu | Action::InstallStandby => {
            "install_activate"
        }
        _ => "install_remove",
    };
    let (place, date) = {
        let device = &shell.device;
        let state = device.state();
        (
            issu::place(device, &state, state.active),
            device.world.clock.engine_date(device.now()),
        )
    };
    let text = format!(
        "  [1]  {place} FAILED: Install ISSU in progress. Abort the ISSU upgrade to proceed\nFAILED: {name}  \
         exit(1) {date}\n"
    );
    shell.term.write(&text).await
}

async fn abort(shell: &mut Shell, args: &Args, lock: Lock) -> Io<()> {
    let name = "install_abort";
    let (on, unsaved) = {
        let state = shell.device.state();
        (state.issu.current.is_some(), state.unsaved())
    };
    if !on {
        return failed(shell, name, "Nothing to Abort").await;
    }
    if unsaved {
        let reason = "System configuration has been modified. Please save configuration and resubmit \
                      command.";
        return failed(shell, name, reason).await;
    }
    if !reload_question(shell, name, args.has("prompt-level")).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    follow(shell, "install_abort", move |out| {
        issu::give_up(device, lock, out)
    })
    .await
}

async fn one_shot(shell: &mut Shell, args: &Args, lock: Lock) -> Io<()> {
    let name = "install_add_activate_commit";
    let quiet = args.has("prompt-level");
    let url = args.get("file").unwrap_or_default().to_owned();
    let Some(path) = on_active(shell, name, &url).await? else {
        return Ok(());
    };
    if !saved(shell, name, quiet).await?
        || !boot_question(shell, name).await?
        || !reload_question(shell, name, quiet).await?
    {
        return Ok(());
    }
    let timer = timer_s(&Args::default()).unwrap_or_default();
    let device = Arc::clone(&shell.device);
    follow(shell, "install_add", move |out| {
        issu::one_shot(device, lock, path, timer, out)
    })
    .await
}

async fn activate(shell: &mut Shell, action: Action, args: &Args, lock: Lock) -> Io<()> {
    let name = "install_activate";
    let quiet = args.has("prompt-level");
    let plan = match (target(shell, args), timer_s(args)) {
        (Ok(release), Ok(timer_s)) => Plan { release, timer_s },
        (Err(reason), _) | (_, Err(reason)) => return failed(shell, name, reason).await,
    };
    shell
        .term
        .write("install_activate: Activating ISSU\n")
        .await?;
    if !saved(shell, name, quiet).await? || !boot_question(shell, name).await? {
        return Ok(());
    }
    list_packages(shell, &plan.release).await?;
    if !reload_question(shell, name, quiet).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    if action == Action::InstallStandby {
        return follow(shell, "install_activate", move |out| {
            issu::activate_standby(device, lock, plan, out)
        })
        .await;
    }
    follow(shell, "install_activate", move |out| {
        issu::steps(device, lock, plan, out)
    })
    .await
}

/// The `issu` set and its kin on routers with two processors.
pub(super) async fn routers(shell: &mut Shell, action: Action, args: &Args) -> Io<()> {
    if action == Action::SlotReload {
        return slot_reload(shell, args.get("slot").unwrap_or_default()).await;
    }
    let (name, moment) = match action {
        Action::IssuLoad => ("issu_loadversion", "install_activate"),
        Action::IssuRun => ("issu_runversion", "install_activate"),
        Action::IssuAccept => ("issu_acceptversion", "install_commit"),
        Action::IssuCommit => ("issu_commitversion", "install_commit"),
        Action::IssuAbort => ("issu_abortversion", "install_abort"),
        _ => ("install node", "install_activate"),
    };
    if shell.device.strikes("silently_dropped_request", moment) {
        return Ok(());
    }
    let busy = shell.device.strikes("install_busy", moment);
    let lock = if busy {
        None
    } else {
        Lock::take(&shell.device, name)
    };
    let Some(lock) = lock else {
        let text = "FAILED: cannot start new operation, some operation is already running\n";
        return shell.term.write(text).await;
    };
    let device = Arc::clone(&shell.device);
    match action {
        Action::IssuLoad => {
            let wanted = classic(&device, args);
            let Some(wanted) = wanted else {
                return shell
                    .term
                    .write("FAILED: The file is not on a file system of the target RP\n")
                    .await;
            };
            follow(shell, moment, move |out| {
                issu::load_version(device, lock, wanted, out)
            })
            .await
        }
        Action::IssuRun => {
            follow(shell, moment, move |out| {
                issu::run_version(device, lock, out)
            })
            .await
        }
        Action::IssuAccept => {
            follow(shell, moment, move |out| {
                issu::accept_version(device, lock, out)
            })
            .await
        }
        Action::IssuCommit => {
            follow(shell, moment, move |out| {
                issu::commit_version(device, lock, out)
            })
            .await
        }
        Action::IssuAbort => {
            follow(shell, moment, move |out| {
                issu::abort_version(device, lock, out)
            })
            .await
        }
        _ => node(shell, args, lock).await,
    }
}

/// What `issu loadversion rp N file stby-FS:F` names; nothing when the file is not the standby's.
fn classic(device: &Device, args: &Args) -> Option<Classic> {
    let state = device.state();
    let target = rp(&state, args.get("rp")?)?;
    let place = locate(device, &state, args.get("file")?)?;
    let own = state.members.get(place.member)?;
    if own.id != target || own.id == state.active {
        return None;
    }
    let fs = fs_name(device, &state, place.member, place.disk);
    let fs = fs.strip_prefix("stby-").unwrap_or(&fs);
    Some(Classic {
        target,
        image: format!("{fs}:{}", place.path),
        content: content(&state, &place),
    })
}

/// The member that a route processor's number means.
fn rp(state: &State, number: &str) -> Option<u8> {
    let id = number.parse::<u8>().ok()?.checked_add(1)?;
    state.members.iter().any(|m| m.id == id).then_some(id)
}

async fn node(shell: &mut Shell, args: &Args, lock: Lock) -> Io<()> {
    let url = args.get("file").unwrap_or_default().to_owned();
    let delay_s = args.get("delay").and_then(|d| d.parse::<f64>().ok());
    let device = Arc::clone(&shell.device);
    let found = {
        let state = device.state();
        let place = locate(&device, &state, &url);
        let place = place.filter(|p| p.member == state.active_index());
        place.map(|p| (p.path.clone(), content(&state, &p)))
    };
    let (path, content) = found.unwrap_or_default();
    follow(shell, "install_activate", move |out| {
        issu::node(device, lock, path, content, delay_s.unwrap_or(0.0), out)
    })
    .await
}

/// `hw-module slot Rn reload`: of the standby only; that of the active is a switchover's business.
async fn slot_reload(shell: &mut Shell, slot: &str) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let found = {
        let state = device.state();
        let number = slot.strip_prefix(['R', 'r']);
        number.and_then(|n| rp(&state, n)).map(|id| {
            let on = state.issu.current.as_ref();
            (id, id == state.active, on.is_some_and(|u| !u.is_kept()))
        })
    };
    let Some((id, active, upgrading)) = found else {
        return shell.term.write("% Slot is not present\n").await;
    };
    if active || upgrading {
        let text = "% Reload of this slot is not allowed now\n";
        return shell.term.write(text).await;
    }
    if !shell
        .term
        .confirm("Proceed with reload of module? [confirm]")
        .await?
    {
        return Ok(());
    }
    let reloading = Arc::clone(&device);
    device.spawn(async move { issu::slot_reload(reloading, id).await });
    Ok(())
}
