//! The ways back of the install engine: `install abort`, `install rollback to`, `install label`.

use std::sync::Arc;

use super::grammar::Args;
use super::install::{failed, follow, reload_question, saved};
use super::shell::Shell;
use super::terminal::Io;
use crate::model::device::State;
use crate::model::engine::{self, Backwards, Lock};
use crate::model::install::{PackageState, RollbackPoint};
use crate::model::smu;

/// Runs `install abort` or a rollback to another image.
pub(super) async fn back(shell: &mut Shell, lock: Lock, args: &Args, by: Backwards) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let (trial, patches) = {
        let state = device.state();
        (
            state.install.in_state(PackageState::Uncommitted).is_some(),
            state.install.only_patches_open(),
        )
    };
    let name = by.name();
    let other = matches!(by, Backwards::To(..));
    if !other && patches {
        return take_back(shell, lock, args, name).await;
    }
    if !trial && !other {
        return failed(shell, name, "Nothing to Abort").await;
    }
    if !configuration(shell, args, name).await? {
        return Ok(());
    }
    if !reload_question(shell, name, args.has("prompt-level")).await? {
        return Ok(());
    }
    follow(shell, "install_abort", move |out| {
        engine::give_up(device, lock, by, out)
    })
    .await
}

/// Deals with unsaved configuration before a way back that reloads: releases ask, and some fail without a
/// question. True to go on.
async fn configuration(shell: &mut Shell, args: &Args, name: &'static str) -> Io<bool> {
    let unsaved = shell.device.state().unsaved();
    let quiet = args.has("prompt-level")
        || (unsaved && shell.device.strikes("unsaved_refused", "install_abort"));
    saved(shell, name, quiet).await
}

/// Patches that wait for a commit are taken back; a hot one without a reload.
async fn take_back(shell: &mut Shell, lock: Lock, args: &Args, name: &'static str) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let cold = {
        let state = device.state();
        let mut patches = state.install.patches.iter();
        patches.any(|p| p.state.open() && !p.hot)
    };
    if cold && !configuration(shell, args, name).await? {
        return Ok(());
    }
    if cold && !reload_question(shell, name, args.has("prompt-level")).await? {
        return Ok(());
    }
    let command = if name == "install_abort" {
        "cancel"
    } else {
        "rollback"
    };
    follow(shell, "install_abort", move |out| {
        smu::abort(device, lock, name, command, out)
    })
    .await
}

/// The point that `id` or `label` names, when its image is still known.
fn point(state: &State, args: &Args) -> Option<RollbackPoint> {
    let named = |p: &&RollbackPoint| match (args.get("id"), args.get("label")) {
        (Some(id), _) => p.id.to_string() == id,
        (None, Some(label)) => p.label.as_deref() == Some(label),
        (None, None) => false,
    };
    let known = |p: &RollbackPoint| {
        state
            .install
            .packages
            .iter()
            .any(|k| k.release == p.release)
    };
    let found = state.install.points.iter().rev().find(named)?;
    Some(found.clone()).filter(known)
}

/// Runs `install rollback to`.
pub(super) async fn rollback(shell: &mut Shell, lock: Lock, args: &Args) -> Io<()> {
    let name = "install_rollback";
    if args.has("committed") {
        return back(shell, lock, args, Backwards::ToCommitted).await;
    }
    if args.has("base") {
        // The running image without patches, not the image before it.
        return patches_only(shell, lock, args, Vec::new(), "Already at the base image").await;
    }
    let (found, running) = {
        let state = shell.device.state();
        (point(&state, args), state.running.release.clone())
    };
    let Some(point) = found else {
        let reason = match (args.get("id"), args.get("label")) {
            (Some(id), _) => format!("No rollback id {id} present"),
            (None, label) => format!("No rollback label {} present", label.unwrap_or_default()),
        };
        return failed(shell, name, &reason).await;
    };
    if point.release == running {
        let same = "The system runs that release already";
        return patches_only(shell, lock, args, point.patches, same).await;
    }
    back(
        shell,
        lock,
        args,
        Backwards::To(point.release, point.patches),
    )
    .await
}

/// The same image with exactly these patches; `same` is said when that is so already.
async fn patches_only(
    shell: &mut Shell,
    lock: Lock,
    args: &Args,
    files: Vec<String>,
    same: &str,
) -> Io<()> {
    let name = "install_rollback";
    let device = Arc::clone(&shell.device);
    let (trial, used, lost, cold) = {
        let state = device.state();
        let known = |file: &&String| state.install.patches.iter().any(|p| p.file == **file);
        (
            state.install.in_state(PackageState::Uncommitted).is_some(),
            state.install.patches_in_use(),
            files.iter().find(|f| !known(f)).cloned(),
            smu::needs_reload(&state, &files),
        )
    };
    if trial {
        let reason = "An uncommitted image is active. Commit or abort it first";
        return failed(shell, name, reason).await;
    }
    if let Some(file) = lost {
        let reason = format!(
            "Improper State./{}/{file} not present. Please restore file for stability.",
            device.platform.fs()
        );
        return failed(shell, name, &reason).await;
    }
    if used == files {
        return failed(shell, name, same).await;
    }
    if cold && !configuration(shell, args, name).await? {
        return Ok(());
    }
    if cold && !reload_question(shell, name, args.has("prompt-level")).await? {
        return Ok(());
    }
    follow(shell, "install_abort", move |out| {
        smu::rollback(device, lock, files, out)
    })
    .await
}

/// Runs `install label N label-name L` and `install label N description TEXT`.
pub(super) async fn label(shell: &mut Shell, args: &Args) -> Io<()> {
    let id = args.get("id").unwrap_or_default().to_owned();
    let done = {
        let mut state = shell.device.state();
        let mut points = state.install.points.iter_mut();
        let point = points.find(|p| p.id.to_string() == id);
        point.map(|p| match (args.get("label"), args.get("text")) {
            (Some(label), _) => p.label = Some(label.to_owned()),
            (None, text) => p.description = text.map(str::to_owned),
        })
    };
    let name = if args.get("label").is_some() {
        "install_add_label"
    } else {
        "install_add_description"
    };
    let date = shell.device.world.clock.engine_date(shell.device.now());
    let text = match done {
        Some(()) => format!("SUCCESS: {name} {date}\n"),
        None => format!("FAILED: {name} : No rollback id {id} present\n"),
    };
    shell.term.write(&text).await
}
