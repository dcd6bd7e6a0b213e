//! Patches: `install add`, `activate` and `deactivate` of a `.smu.bin`, with their questions.

use std::sync::Arc;

use super::grammar::Args;
use super::install::{failed, follow, reload_question, saved, timer_s};
use super::places::{content, locate};
use super::shell::Shell;
use super::terminal::Io;
use crate::model::engine::Lock;
use crate::model::flash::Content;
use crate::model::install::{PackageState, Patch};
use crate::model::smu;

/// The bytes of a file on the active that is named like a patch; what it is, is in its header.
pub(super) fn named(shell: &Shell, url: &str) -> Option<(String, Content)> {
    let state = shell.device.state();
    let place = locate(&shell.device, &state, url)?;
    let own = place.member == state.active_index() && place.disk == 0;
    let smu = place.path.ends_with(".smu.bin");
    let content = content(&state, &place).filter(|_| own && smu)?;
    Some((place.path, content))
}

/// Runs `install add file` of a patch.
pub(super) async fn add(
    shell: &mut Shell,
    lock: Lock,
    args: &Args,
    found: (String, Content),
) -> Io<()> {
    if !saved(shell, "install_add", args.has("prompt-level")).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    let (path, content) = found;
    follow(shell, "install_add", move |out| {
        smu::add(device, lock, path, content, out)
    })
    .await
}

/// Added patches that an `install activate` means: the one that is named, or all when nothing else was
/// added. Empty when it means an image.
pub(super) fn wanted(shell: &Shell, args: &Args) -> Vec<String> {
    let state = shell.device.state();
    let url = args.get("file");
    let path = url.and_then(|u| locate(&shell.device, &state, u).map(|p| p.path));
    // Without a file a newer image comes first; what is left of an older one does not count.
    if url.is_none()
        && state
            .install
            .in_state(PackageState::Inactive)
            .is_some_and(|p| state.install.patches.iter().all(|s| s.base < p.release))
    {
        return Vec::new();
    }
    let inactive = |p: &&Patch| p.state == PackageState::Inactive;
    let patches = state.install.patches.iter().filter(inactive);
    patches
        .filter(|p| p.base == state.running.release)
        .filter(|p| match &path {
            Some(path) => *path == p.file,
            None => url.is_none(),
        })
        .map(|p| p.file.clone())
        .collect()
}

/// Runs `install activate` of patches.
pub(super) async fn activate(
    shell: &mut Shell,
    lock: Lock,
    args: &Args,
    files: Vec<String>,
) -> Io<()> {
    let name = "install_activate";
    let quiet = args.has("prompt-level");
    let timer = match timer_s(args) {
        Ok(timer) => timer,
        Err(reason) => return failed(shell, name, reason).await,
    };
    let trial = {
        let state = shell.device.state();
        state.install.in_state(PackageState::Uncommitted).is_some()
    };
    if trial {
        let reason = "An uncommitted image is active. Commit or abort it first";
        return failed(shell, name, reason).await;
    }
    shell
        .term
        .write("install_activate: Activating SMU\n")
        .await?;
    let cold = patches(shell, &files, |p| !p.hot);
    if cold && (!saved(shell, name, quiet).await? || !reload_question(shell, name, quiet).await?) {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    follow(shell, "install_activate", move |out| {
        smu::activate(device, lock, files, timer, out)
    })
    .await
}

fn patches(shell: &Shell, files: &[String], holds: impl Fn(&Patch) -> bool) -> bool {
    let state = shell.device.state();
    let mut named = state.install.patches.iter();
    named.any(|p| files.contains(&p.file) && holds(p))
}

/// Runs `install deactivate file`.
pub(super) async fn deactivate(shell: &mut Shell, lock: Lock, args: &Args) -> Io<()> {
    let name = "install_deactivate";
    let url = args.get("file").unwrap_or_default().to_owned();
    let place = locate(&shell.device, &shell.device.state(), &url);
    let files: Vec<String> = place.into_iter().map(|p| p.path).collect();
    if !patches(shell, &files, |p| p.state == PackageState::Committed) {
        let reason = format!("{url} is not an activated and committed SMU");
        return failed(shell, name, &reason).await;
    }
    shell
        .term
        .write("install_deactivate: Deactivating SMU\n")
        .await?;
    let quiet = args.has("prompt-level");
    if !saved(shell, name, quiet).await? || !reload_question(shell, name, quiet).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    follow(shell, "install_activate", move |out| {
        smu::deactivate(device, lock, files, out)
    })
    .await
}
