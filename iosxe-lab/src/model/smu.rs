//! Patches: their files, and what the install engine does with them.
//!
//! A patch file of the lab has the layout of its images ([`super::image`]) with a header of its own:
//! the defect it mends, the one release it is for, and whether it takes effect without a reload.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use rand_chacha::rand_core::Rng;
use serde_json::json;
use sha2::{Digest, Sha512};

use super::birth;
use super::device::{Device, State};
use super::engine::{Lock, Run, Sink};
use super::flash::Content;
use super::image::{self, DigestPair, Digests, HEADER};
use super::install::{PackageState, Patch};
use super::release::Release;
use super::reload::Cause;
use crate::error::LabError;
use crate::timeline::EventKind;

const MAGIC: &str = "iosxe-lab smu 1";

/// Describes a patch file (SMU) that the lab's devices accept. The same description always gives the
/// same bytes. Lab only: no real device takes such a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SmuSpec {
    /// File name prefix of the platform, such as `cat9k_iosxe`.
    pub prefix: String,
    /// The release it is for, in the padded spelling.
    pub version: String,
    /// The defect that it mends, such as `CSCwc85207`.
    pub defect: String,
    /// True when it takes effect without a reload.
    pub hot: bool,
    /// Size of the file in bytes; raised to 1 KiB when smaller.
    pub size_bytes: u64,
}

impl SmuSpec {
    /// The file name: `cat9k_iosxe.17.09.04a.CSCwc85207.SPA.smu.bin`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!(
            "{}.{}.{}.SPA.smu.bin",
            self.prefix, self.version, self.defect
        )
    }

    fn bytes(&self) -> Vec<u8> {
        let size = self.size_bytes.max(1024);
        let mut bytes = format!(
            "{MAGIC}\nprefix {}\nversion {}\nsize {size}\ndefect {}\ntype {}\n",
            self.prefix,
            self.version,
            self.defect,
            if self.hot { "hot" } else { "reload" },
        )
        .into_bytes();
        bytes.resize(HEADER, b'\n');
        let signed = usize::try_from(size.saturating_sub(image::TRAILER)).unwrap_or(HEADER);
        let mut body = vec![0u8; signed.saturating_sub(HEADER)];
        birth::rng(0, &self.file_name()).fill_bytes(&mut body);
        bytes.extend(body);
        let trailer = Sha512::digest(&bytes);
        bytes.extend(trailer);
        bytes
    }

    /// Writes the file and returns its digests.
    ///
    /// # Errors
    /// [`LabError::File`] when the file cannot be written.
    pub fn write_to(&self, path: &Path) -> Result<Digests, LabError> {
        let bytes = self.bytes();
        let mut both = DigestPair::default();
        both.update(&bytes);
        let mut file = std::fs::File::create(path).map_err(LabError::file("create", path))?;
        file.write_all(&bytes)
            .map_err(LabError::file("write", path))?;
        Ok(both.finish())
    }
}

/// What the header of an intact patch says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SmuInfo {
    pub(crate) prefix: String,
    pub(crate) base: Release,
    pub(crate) defect: String,
    pub(crate) hot: bool,
}

/// Reads and checks a patch file; `None` when it is none or was changed.
pub(crate) fn inspect(reader: &mut dyn Read, len: u64) -> Option<SmuInfo> {
    let text = image::signed_header(reader, len)?;
    let mut lines = text.lines();
    if lines.next() != Some(MAGIC) {
        return None;
    }
    let mut field = |name: &str| {
        lines
            .next()
            .and_then(|l| l.strip_prefix(name))
            .map(|v| v.trim().to_owned())
    };
    let (prefix, version, size) = (field("prefix ")?, field("version ")?, field("size ")?);
    let (defect, kind) = (field("defect ")?, field("type ")?);
    if size.parse::<u64>().ok()? != len {
        return None;
    }
    Some(SmuInfo {
        prefix,
        base: Release::parse(&version).ok()?,
        defect,
        hot: kind == "hot",
    })
}

/// The file of a patch that is in use and gone from the active's flash; the engine does nothing before
/// it is restored.
pub(crate) fn missing_file(device: &Device, state: &State) -> Option<String> {
    let flash = state.flash()?;
    let used = state.install.patches.iter().filter(|p| p.state.in_use());
    let lost = used.into_iter().find(|p| !flash.holds(&p.file))?;
    Some(format!(
        "Improper State./{}/{} not present. Please restore file for stability.",
        device.platform.fs(),
        lost.file
    ))
}

fn run<'a>(device: &'a Arc<Device>, out: &'a Sink, name: &'static str) -> Run<'a> {
    Run { device, out, name }
}

fn members_say(run: &Run<'_>, what: &str) {
    let labels = run.device.labels(&run.device.state());
    for label in labels {
        run.out
            .line(format!("  [{label}] {} {what}", run.where_is(&label)));
    }
}

fn note(device: &Device, kind: EventKind, files: &[String]) {
    device.record(kind, [("smu", json!(files))]);
}

/// `install add file` of a patch.
pub(crate) async fn add(
    device: Arc<Device>,
    lock: Lock,
    path: String,
    content: Content,
    out: Sink,
) {
    let run = run(&device, &out, "install_add");
    out.line("install_add: Adding SMU\n--- Starting initial file syncing ---");
    device.world.clock.sleep(8.0).await;
    let bytes = content.clone();
    let info = tokio::task::spawn_blocking(move || bytes.smu_info()).await;
    let result = match info.ok().flatten() {
        None => Err(format!(
            "Signature verification failed for {}:{path}",
            device.platform.fs()
        )),
        Some(info) => take(&device, &path, content, info),
    };
    match result {
        Ok(Added::New) => {
            out.line(
                "Info: Finished copying to the selected members\nFinished initial file syncing\n",
            );
            run.phase("SMU_Add", 10.0, "install_add").await;
            out.line("Finished SMU Add operation\n");
            note(&device, EventKind::InstallAdd, &[path]);
            run.verdict(true, "");
            lock.end("add", true);
        }
        Ok(Added::Same) => {
            members_say(&run, "Add succeed with reason: SMU Already Added-No Change");
            run.verdict(true, "");
            lock.end("add", true);
        }
        Err(reason) => {
            members_say(&run, &format!("FAILED: {reason}"));
            run.verdict(false, "");
            lock.end("add", false);
        }
    }
}

enum Added {
    New,
    Same,
}

fn take(
    device: &Arc<Device>,
    path: &str,
    content: Content,
    info: SmuInfo,
) -> Result<Added, String> {
    let refused = device.strikes("smu_incompatible", "install_add");
    let now = device.now();
    let mut state = device.state();
    if info.prefix != device.platform.prefix || info.base != state.running.release || refused {
        return Err(format!(
            "SMU {path} is not compatible with the running version {}",
            state.running.release.engine()
        ));
    }
    if state.install.patches.iter().any(|p| p.file == path) {
        return Ok(Added::Same);
    }
    for member in state.members.iter_mut().filter(|m| m.works()) {
        if !member.flash.holds(path) && member.flash.put(path, content.clone(), now).is_err() {
            return Err("No space left on device".into());
        }
    }
    state.install.patches.push(Patch {
        file: path.to_owned(),
        base: info.base,
        defect: info.defect,
        hot: info.hot,
        state: PackageState::Inactive,
    });
    Ok(Added::New)
}

/// `install activate` of patches that were added: at once when all are hot, else with a reload.
pub(crate) async fn activate(
    device: Arc<Device>,
    lock: Lock,
    files: Vec<String>,
    timer_s: f64,
    out: Sink,
) {
    let run = run(&device, &out, "install_activate");
    if device.strikes("smu_incompatible", "install_activate") {
        members_say(
            &run,
            "FAILED: SMU is not compatible with the running version",
        );
        run.verdict(false, "");
        return lock.end("activate", false);
    }
    run.phase("SMU Activate", 15.0, "install_activate").await;
    let reloads = change(&device, &files, PackageState::Uncommitted);
    out.line("Finished SMU Activate operation\n");
    device.arm_auto_abort(timer_s);
    note(&device, EventKind::InstallActivate, &files);
    finish(&run, lock, "activate", reloads).await;
}

/// `install deactivate file`: the patch is out of use until the commit, which makes that final.
pub(crate) async fn deactivate(device: Arc<Device>, lock: Lock, files: Vec<String>, out: Sink) {
    let run = run(&device, &out, "install_deactivate");
    run.phase("SMU Deactivate", 15.0, "install_activate").await;
    let reloads = change(&device, &files, PackageState::Deactivated);
    out.line("Finished SMU Deactivate operation\n");
    finish(&run, lock, "deactivate", reloads).await;
}

/// Puts patches into a state; true when one of them takes a reload.
fn change(device: &Device, files: &[String], to: PackageState) -> bool {
    let mut state = device.state();
    let mut reloads = false;
    for patch in &mut state.install.patches {
        if files.contains(&patch.file) && patch.state != to {
            patch.state = to;
            reloads |= !patch.hot;
        }
    }
    reloads
}

async fn finish(run: &Run<'_>, lock: Lock, command: &'static str, reloads: bool) {
    run.verdict(true, "");
    lock.end(command, true);
    if reloads {
        run.device.world.clock.sleep(10.0).await;
        run.device.state().install.patch_reload = true;
        run.device.reload(Cause::Command, "Image Install");
    }
}

/// `install commit` while only patches wait for it.
pub(crate) async fn commit(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = run(&device, &out, "install_commit");
    out.line("install_commit: Committing SMU");
    run.phase("SMU Commit", 10.0, "install_commit").await;
    out.line("Finished SMU Commit operation\n");
    let files = {
        let mut state = device.state();
        let files = state.install.open_patches();
        state.install.commit();
        let release = state.running.release.clone();
        state.install.add_point(&release, device.now());
        files
    };
    note(&device, EventKind::InstallCommit, &files);
    run.verdict(true, "");
    lock.end("commit", true);
}

/// `install abort` and `install rollback to committed` while only patches are uncommitted.
pub(crate) async fn abort(
    device: Arc<Device>,
    lock: Lock,
    name: &'static str,
    command: &'static str,
    out: Sink,
) {
    let run = run(&device, &out, name);
    run.phase("SMU Abort", 10.0, "install_abort").await;
    out.line("Finished SMU Abort operation\n");
    let (files, reloads) = revert(&device);
    note(&device, EventKind::InstallAbort, &files);
    finish(&run, lock, command, reloads).await;
}

/// What was changed and not committed is as before; the files and whether it takes a reload.
fn revert(device: &Device) -> (Vec<String>, bool) {
    let mut state = device.state();
    let files = state.install.open_patches();
    let patches = state.install.patches.iter();
    let reloads = patches.filter(|p| p.state.open()).any(|p| !p.hot);
    state.install.revert();
    (files, reloads)
}

/// The auto-abort timer ran out with nothing but patches to take back.
pub(crate) fn expired(device: &Arc<Device>) {
    device.record(EventKind::AutoAbort, []);
    device.log(
        "INSTALL-3-INSTALL_AUTO_ABORT",
        "install_engine: auto abort timer expired, uncommitted patches are taken back",
    );
    let (_, reloads) = revert(device);
    if reloads {
        device.reload(Cause::AutoAbort, "Image Install");
    }
}

/// `install rollback` to the running image with other patches: exactly these are in use afterwards.
pub(crate) async fn rollback(device: Arc<Device>, lock: Lock, files: Vec<String>, out: Sink) {
    let run = run(&device, &out, "install_rollback");
    run.phase("SMU Rollback", 10.0, "install_abort").await;
    out.line("Finished SMU Rollback operation\n");
    let reloads = {
        let mut state = device.state();
        let reloads = needs_reload(&state, &files);
        state.install.timer = None;
        state.install.use_patches(&files);
        reloads
    };
    note(&device, EventKind::Rollback, &files);
    finish(&run, lock, "rollback", reloads).await;
}

/// True when a change from the patches in use to these takes a reload.
pub(crate) fn needs_reload(state: &State, files: &[String]) -> bool {
    let changes = |p: &&Patch| p.state.in_use() != files.contains(&p.file);
    let patches = state.install.patches.iter();
    patches.filter(changes).any(|p| !p.hot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> SmuSpec {
        SmuSpec {
            prefix: "cat9k_iosxe".into(),
            version: "17.09.04a".into(),
            defect: "CSCwc85207".into(),
            hot: true,
            size_bytes: 4000,
        }
    }

    #[test]
    fn a_patch_tells_what_it_is_and_notices_a_changed_byte() {
        let bytes = spec().bytes();
        assert_eq!(bytes.len(), 4000);
        let info = inspect(&mut bytes.as_slice(), 4000).unwrap();
        assert!(info.hot && info.defect == "CSCwc85207" && info.base.padded() == "17.09.04a");
        assert_eq!(
            image::inspect(&mut bytes.as_slice(), 4000),
            None,
            "no image"
        );
        for at in [3, 100, 700, 3999] {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert_eq!(inspect(&mut bad.as_slice(), 4000), None, "byte {at}");
        }
        assert_eq!(
            spec().file_name(),
            "cat9k_iosxe.17.09.04a.CSCwc85207.SPA.smu.bin"
        );
    }
}
