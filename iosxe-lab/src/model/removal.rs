//! `install remove`: which files go, and what the engine forgets with them.

use serde_json::json;

use super::boot;
use super::device::{BootMode, Device};
use super::engine::Lock;
use super::install::PackageState;
use super::release::Release;
use crate::timeline::EventKind;

/// Files that `install remove inactive` would delete and those it keeps, per label.
pub(crate) fn removable(device: &Device) -> Vec<(String, Vec<String>, Vec<String>)> {
    let state = device.state();
    let mut kept: Vec<String> = vec!["packages.conf".into()];
    for package in state
        .install
        .packages
        .iter()
        .filter(|p| p.state != PackageState::Inactive)
    {
        kept.extend(package.files.iter().cloned());
        kept.push(format!(
            "{}.{}.SPA.conf",
            device.platform.prefix,
            package.release.padded()
        ));
    }
    let patches = state.install.patches.iter();
    kept.extend(
        patches
            .filter(|p| p.state != PackageState::Inactive)
            .map(|p| p.file.clone()),
    );
    if state.running.mode == BootMode::Bundle
        && let Some(path) = boot::local_path(&state.running.image_file)
    {
        kept.push(path.to_owned());
    }
    let labels = device.labels(&state);
    let there: Vec<_> = state.working().collect();
    labels
        .into_iter()
        .zip(there)
        .map(|(label, member)| {
            let ours = |name: &str| {
                name.starts_with(device.platform.package_stem())
                    && (name.ends_with(".bin") || name.ends_with(".pkg") || name.ends_with(".conf"))
            };
            let (keep, remove): (Vec<String>, Vec<String>) = member
                .flash
                .entries()
                .map(|(name, _)| name.to_owned())
                .filter(|name| ours(name) || name == "packages.conf")
                .partition(|name| kept.contains(name));
            (label, keep, remove)
        })
        .collect()
}

/// Deletes files on every member and forgets packages that lost theirs.
pub(crate) fn delete_everywhere(device: &Device, files: &[String]) {
    let mut gone = Vec::new();
    {
        let mut state = device.state();
        for member in state.members.iter_mut().filter(|m| m.works()) {
            for file in files {
                if member.flash.remove(file) && !gone.contains(file) {
                    gone.push(file.clone());
                }
            }
        }
        let lost: Vec<Release> = state
            .install
            .packages
            .iter()
            .filter(|p| {
                p.state == PackageState::Inactive && p.files.iter().any(|f| files.contains(f))
            })
            .map(|p| p.release.clone())
            .collect();
        for release in lost {
            state.install.forget(&release, PackageState::Inactive);
            state.install.points.retain(|p| p.release != release);
        }
        let gone = |file: &String| files.contains(file);
        state.install.patches.retain(|p| !gone(&p.file));
        state.install.points.retain(|p| !p.patches.iter().any(gone));
    }
    let fs = device.platform.fs();
    for file in gone {
        device.record(
            EventKind::FileDeleted,
            [("fs", json!(fs)), ("path", json!(file))],
        );
    }
}

/// Ends a removal; the work itself is [`delete_everywhere`].
pub(crate) fn end_remove(lock: Lock, ok: bool) {
    lock.end("remove", ok);
}
