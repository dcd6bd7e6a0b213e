//! `request platform software package`: what releases have before `install add` takes images, and
//! sub-package mode for good (field notes 7). In place packages.conf is written anew and the old one
//! kept beside it; `expand` writes into a folder and changes nothing that boots.
//!
//! Operations run apart from the session that asked, as those of the install engine do. The order of the
//! lines follows the guides of Catalyst 3850 and ASR 1000 and what scripts of the time waited for;
//! refusals that neither gives are ours.

use std::sync::Arc;

use serde_json::json;

use super::birth;
use super::boot::local_path;
use super::device::{BootMode, Device, State};
use super::engine::Sink;
use super::flash::Content;
use super::image::ImageInfo;
use super::install::{Package, PackageState};
use super::release::Release;
use super::reload::provision_member;
use crate::timeline::EventKind;

/// What `rollback` goes back to, beside the packages.conf that was written over it.
const KEPT: &str = "packages.conf.00-";

/// The name under which such an operation holds the device.
const NAME: &str = "request";

/// Held while an operation runs; the device is free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    device: Arc<Device>,
}

impl Held {
    /// `None` when something runs already.
    pub(crate) fn take(device: &Arc<Device>) -> Option<Held> {
        let mut state = device.state();
        if state.install.running.is_some() {
            return None;
        }
        state.install.running = Some(NAME);
        Some(Held {
            device: Arc::clone(device),
        })
    }

    /// Waits; false when a reload has cut the operation off meanwhile.
    async fn rest(&self, seconds: f64) -> bool {
        self.device.world.clock.sleep(seconds).await;
        self.device.state().install.running == Some(NAME)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.device.state();
        if state.install.running == Some(NAME) {
            state.install.running = None;
        }
    }
}

/// What is installed, and how.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The file, without file system.
    pub(crate) path: String,
    /// Its bytes; `None` where there is no such file.
    pub(crate) content: Option<Content>,
    /// Ids of the members that are meant.
    pub(crate) members: Vec<u8>,
    /// `new`: the packages replace those that run, whatever those are.
    pub(crate) new: bool,
    /// `auto-copy`: members that lack the file are given it.
    pub(crate) auto_copy: bool,
}

fn tell(device: &Device, kind: EventKind, release: &Release) {
    device.record(kind, [("version", json!(release.padded()))]);
}

fn list(ids: &[u8]) -> String {
    let words: Vec<String> = ids.iter().map(u8::to_string).collect();
    words.join(" ")
}

/// The folder of a path, with its slash; empty at the root.
fn folder(path: &str) -> &str {
    path.rfind('/')
        .map_or("", |at| path.get(..=at).unwrap_or(""))
}

/// The image in a file, when this device could run it.
async fn image(device: &Device, wanted: &Wanted) -> Result<ImageInfo, String> {
    let fs = device.platform.fs();
    let path = &wanted.path;
    let Some(content) = wanted.content.clone() else {
        return Err(format!("{fs}:{path}: No such file or directory"));
    };
    let info = tokio::task::spawn_blocking(move || content.image_info()).await;
    let broken = device.strikes("image_corrupted", "install_add");
    match info.ok().flatten().filter(|_| !broken) {
        None => Err(format!("Signature verification failed for {fs}:{path}")),
        Some(info) if info.prefix != device.platform.prefix => Err(format!(
            "{path} is not compatible with platform {}",
            device.platform.software
        )),
        Some(info) => Ok(info),
    }
}

/// The first member without room for the packages.
fn crowded(device: &Device, members: &[u8], need: u64) -> Option<u8> {
    let full = device.strikes("flash_full", "install_add");
    let state = device.state();
    let mut meant = state.present().filter(|m| members.contains(&m.id));
    let found = meant.find(|m| m.flash.free() < need).map(|m| m.id);
    found.or_else(|| members.last().copied().filter(|_| full))
}

fn write_packages(device: &Device, id: u8, info: &ImageInfo, len: u64, folder: &str) {
    let now = device.now();
    let seed = device.world.seed;
    let mut state = device.state();
    for member in state.members.iter_mut().filter(|m| m.id == id) {
        let release = &info.release;
        birth::packages(
            &mut member.flash,
            device.platform,
            release,
            len,
            seed,
            now,
            folder,
        );
    }
}

/// Writes packages.conf of a folder on one member, and keeps the one that was there.
fn write_conf(device: &Device, id: u8, folder: &str, release: &Release, keep_old: bool) {
    let now = device.now();
    let mut state = device.state();
    let (conf, kept) = (format!("{folder}packages.conf"), format!("{folder}{KEPT}"));
    for member in state.members.iter_mut().filter(|m| m.id == id) {
        let old = member.flash.content(&conf).cloned();
        if let Some(old) = old.filter(|_| keep_old)
            && member.flash.put(&kept, old, now).is_err()
        {
            tracing::warn!(device = device.name, "no space for the rollback file");
        }
        if !keep_old {
            member.flash.remove(&kept);
        }
    }
    if folder.is_empty() {
        provision_member(&mut state, device, id, release);
        return;
    }
    let text = birth::conf_text(device.platform, release);
    for member in state.members.iter_mut().filter(|m| m.id == id) {
        if member
            .flash
            .put(&conf, Content::text(text.clone()), now)
            .is_err()
        {
            tracing::warn!(device = device.name, "no space for packages.conf");
        }
    }
}

/// The release of the rollback file of a folder on one member.
fn kept_release(state: &State, id: u8, folder: &str) -> Option<Release> {
    let member = state.members.iter().find(|m| m.id == id)?;
    let text = member
        .flash
        .content(&format!("{folder}{KEPT}"))?
        .as_text()?;
    let named = text.lines().find_map(|l| l.strip_prefix("# release "))?;
    Release::parse(named).ok()
}

/// The folder that the device was booted from; `None` where it was booted from one image.
fn booted_folder(state: &State) -> Option<String> {
    if state.running.mode == BootMode::Bundle {
        return None;
    }
    let path = local_path(&state.running.image_file)?;
    Some(folder(path).to_owned())
}

const NOT_PACKAGES: &str = "SYSTEM IS NOT BOOTED VIA PACKAGE FILE";

/// `install switch ... file`: expands on every member that is meant, then provisions. True when it went
/// well.
pub(crate) async fn install_switch(
    device: Arc<Device>,
    held: Held,
    wanted: Wanted,
    out: Sink,
) -> bool {
    let all = list(&wanted.members);
    let fs = device.platform.fs();
    let times = device.durations(wanted.members.len());
    out.line(format!("Expanding image file: {fs}:{}", wanted.path));
    if booted_folder(&device.state()).is_none() {
        out.line(format!("FAILED: {NOT_PACKAGES}"));
        return false;
    }
    let info = match image(&device, &wanted).await {
        Ok(info) => info,
        Err(reason) => {
            out.line(format!("FAILED: {reason}"));
            return false;
        }
    };
    let (running, active) = {
        let state = device.state();
        (state.running.release.clone(), state.active)
    };
    if !wanted.new && !info.release.same_train(&running) {
        out.line(
            "% Candidate package compatibility checks failed because the following package dependencies were not \
             satisfied. Operation aborted.",
        );
        return false;
    }
    let others: Vec<u8> = wanted
        .members
        .iter()
        .copied()
        .filter(|id| *id != active)
        .collect();
    if !others.is_empty() && !wanted.auto_copy {
        out.line(format!(
            "FAILED: {fs}:{} is not on switch {}. Use auto-copy",
            wanted.path,
            list(&others)
        ));
        return false;
    }
    let len = wanted.content.as_ref().map_or(0, Content::len);
    if let Some(id) = crowded(&device, &wanted.members, birth::expanded_bytes(len)) {
        out.line(format!("FAILED: Not enough disk space on [{id}]"));
        return false;
    }
    if !others.is_empty() {
        let to = list(&others);
        out.line(format!(
            "[{active}]: Copying {fs}:{} from switch {active} to switch {to}",
            wanted.path
        ));
        if !held.rest(times.add_s * 0.3).await {
            return false;
        }
        out.line(format!("[{to}]: Finished copying to switch {to}"));
    }
    out.line(format!("[{all}]: Expanding file"));
    if !held.rest(times.add_s * 0.2).await {
        return false;
    }
    if device.strikes("session_dropped", "install_add") {
        out.cut();
    }
    if !held.rest(times.add_s * 0.2).await {
        return false;
    }
    for id in &wanted.members {
        write_packages(&device, *id, &info, len, "");
    }
    out.line(format!(
        "[{all}]: Finished expanding all-in-one software package in switch {all}\n\
         SUCCESS: Finished expanding all-in-one software package.\n[{all}]: Performing install"
    ));
    let keeps = !device.strikes("no_rollback_file", "install_add");
    let last_fails = device.strikes("member_install_fails", "install_add");
    let each = times.add_s * 0.3 / wanted.members.len().max(1) as f64;
    for id in &wanted.members {
        if !held.rest(each).await {
            return false;
        }
        out.line(format!(
            "[{id}]: install package(s) on switch {id}\n--- Starting list of software package changes ---"
        ));
        if last_fails && wanted.members.last() == Some(id) {
            out.line(format!(
                "[{id}]: Failed to write packages.conf on switch {id}"
            ));
            out.line(format!("FAILED: install failed on [{id}]"));
            return false;
        }
        for file in birth::package_files(device.platform, &running) {
            out.line(format!("  Removed {file}"));
        }
        for file in birth::package_files(device.platform, &info.release) {
            out.line(format!("  Added {file}"));
        }
        write_conf(&device, *id, "", &info.release, keeps);
        out.line(format!(
            "Finished list of software package changes\n  SUCCESS: install finished\n\
             [{id}]: Finished install successful on switch {id}"
        ));
    }
    tell(&device, EventKind::InstallAdd, &info.release);
    out.line(format!("Checking status of install on [{all}]"));
    out.line(format!("[{all}]: Finished install in switch {all}"));
    out.line(format!("SUCCESS: Finished install: Success on [{all}]"));
    true
}

/// `install switch ... rollback`.
pub(crate) async fn rollback_switch(
    device: Arc<Device>,
    held: Held,
    members: Vec<u8>,
    out: Sink,
) -> bool {
    let all = list(&members);
    out.line(format!("[{all}]: Performing rollback"));
    if !held.rest(20.0).await {
        return false;
    }
    let done = back(&device, &members, "");
    let Some(release) = done else {
        out.line("FAILED: No rollback file found for /tmp/sw/isos/packages.conf");
        return false;
    };
    for file in birth::package_files(device.platform, &release) {
        out.line(format!("  Added {file}"));
    }
    out.line("SUCCESS: Software provisioned.  New software will load on reboot.");
    out.line(format!("SUCCESS: Finished rollback: Success on [{all}]"));
    true
}

/// Every member's packages.conf names what its rollback file does; `None` when one has none.
fn back(device: &Device, members: &[u8], folder: &str) -> Option<Release> {
    let kept: Option<Vec<(u8, Release)>> = {
        let state = device.state();
        let of = |id: &u8| Some((*id, kept_release(&state, *id, folder)?));
        members.iter().map(of).collect()
    };
    let kept = kept?;
    for (id, release) in &kept {
        write_conf(device, *id, folder, release, true);
    }
    let release = kept.into_iter().next().map(|(_, release)| release)?;
    tell(device, EventKind::Rollback, &release);
    Some(release)
}

/// `install rp N file`: into the folder that the router was booted from.
pub(crate) async fn install_rp(device: Arc<Device>, held: Held, wanted: Wanted, out: Sink) -> bool {
    let times = device.durations(1);
    out.line("--- Starting image file verification ---\nChecking image file names");
    let Some(folder) = booted_folder(&device.state()) else {
        out.line(format!("FAILED: {NOT_PACKAGES}"));
        return false;
    };
    let info = match image(&device, &wanted).await {
        Ok(info) => info,
        Err(reason) => {
            out.line(format!("FAILED: {reason}"));
            return false;
        }
    };
    let len = wanted.content.as_ref().map_or(0, Content::len);
    if crowded(&device, &wanted.members, birth::expanded_bytes(len)).is_some() {
        out.line("FAILED: Not enough disk space for the packages");
        return false;
    }
    if !held.rest(times.add_s * 0.4).await {
        return false;
    }
    if device.strikes("session_dropped", "install_add") {
        out.cut();
    }
    if !held.rest(times.add_s * 0.3).await {
        return false;
    }
    for id in &wanted.members {
        write_packages(&device, *id, &info, len, &folder);
    }
    out.line(
        "WARNING:\nWARNING: Candidate software will be installed upon reboot\nWARNING:\nFinished image file \
         verification\n--- Starting compatibility testing ---\nWARNING:\nWARNING: Candidate software combination \
         not found in compatibility database\nWARNING:\nFinished compatibility testing\n--- Starting commit of \
         software changes ---\nUpdating provisioning rollback files",
    );
    let keeps = !device.strikes("no_rollback_file", "install_add");
    if !held.rest(times.add_s * 0.3).await {
        return false;
    }
    for id in &wanted.members {
        write_conf(&device, *id, &folder, &info.release, keeps);
    }
    tell(&device, EventKind::InstallAdd, &info.release);
    out.line(
        "Creating pending provisioning file\nCommitting provisioning file\nFinished commit of software \
         changes\nSUCCESS: Software provisioned.  New software will load on reboot.",
    );
    true
}

/// `install rp N rollback`.
pub(crate) async fn rollback_rp(
    device: Arc<Device>,
    held: Held,
    members: Vec<u8>,
    out: Sink,
) -> bool {
    out.line("--- Starting commit of software changes ---");
    if !held.rest(20.0).await {
        return false;
    }
    let folder = booted_folder(&device.state());
    if folder.and_then(|f| back(&device, &members, &f)).is_none() {
        out.line("FAILED: No rollback file found for /tmp/sw/isos/packages.conf");
        return false;
    }
    out.line("SUCCESS: Software provisioned.  New software will load on reboot.");
    true
}

/// `expand file ... to`: packages and their packages.conf in a folder that is there.
pub(crate) async fn expand(
    device: Arc<Device>,
    held: Held,
    wanted: Wanted,
    to: String,
    out: Sink,
) -> bool {
    let times = device.durations(1);
    out.line("Verifying parameters");
    let there = {
        let state = device.state();
        let entry = state.flash().and_then(|f| f.get(to.trim_end_matches('/')));
        to.is_empty() || entry.is_some_and(|e| e.content.is_none())
    };
    if !there {
        out.line(format!(
            "FAILED: {}:{to} is no directory",
            device.platform.fs()
        ));
        return false;
    }
    let info = match image(&device, &wanted).await {
        Ok(info) => info,
        Err(reason) => {
            out.line(format!("FAILED: {reason}"));
            return false;
        }
    };
    out.line("Validating package type");
    let len = wanted.content.as_ref().map_or(0, Content::len);
    if crowded(&device, &wanted.members, birth::expanded_bytes(len)).is_some() {
        out.line("FAILED: Not enough disk space for the packages");
        return false;
    }
    out.line("Copying package files");
    if !held.rest(times.add_s * 0.4).await {
        return false;
    }
    if device.strikes("session_dropped", "install_add") {
        out.cut();
    }
    if !held.rest(times.add_s * 0.6).await {
        return false;
    }
    for id in &wanted.members {
        let again: Vec<String> = {
            let state = device.state();
            let files = birth::package_files(device.platform, &info.release).into_iter();
            let holds = |f: &String| {
                state
                    .flash()
                    .is_some_and(|fl| fl.holds(&format!("{to}{f}")))
            };
            files.filter(holds).collect()
        };
        for file in again {
            out.line(format!(
                "WARNING: {file} will replace the identical file that already exists in {}:{to}",
                device.platform.fs()
            ));
        }
        write_packages(&device, *id, &info, len, &to);
        write_conf(&device, *id, &to, &info.release, true);
    }
    tell(&device, EventKind::InstallAdd, &info.release);
    out.line("SUCCESS: Finished expanding all-in-one software package.");
    true
}

/// What was booted from its packages is what the engine finds committed, where no operation of its own
/// brought it.
pub(super) fn keep(state: &mut State, device: &Device) {
    let release = state.running.release.clone();
    let packages = &mut state.install.packages;
    let known = |p: &Package| p.release == release && p.state.in_use();
    if packages.iter().any(known) {
        return;
    }
    for package in packages.iter_mut() {
        package.state = PackageState::Inactive;
    }
    packages.retain(|p| p.release != release);
    let platform = device.platform;
    let package = Package {
        file: format!("{}.{}.SPA.bin", platform.prefix, release.padded()),
        files: birth::package_files(platform, &release),
        state: PackageState::Committed,
        release: release.clone(),
    };
    packages.insert(0, package);
    let now = device.now();
    state.install.add_point(&release, now);
}
