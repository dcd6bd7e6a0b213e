//! `request platform software package install node` of NCS 4200 with two processors: one command,
//! stages that the device goes through by itself, no commit (field notes 6.3).

use std::sync::Arc;

use super::rolling::{Broken, Rolling};
use super::rules::bridged;
use super::{Kind, Stage, Upgrade, begin, from_packages};
use crate::model::birth;
use crate::model::device::Device;
use crate::model::engine::{Lock, Run, Sink};
use crate::model::flash::Content;
use crate::model::image::ImageInfo;
use crate::model::install::{Package, PackageState};
use crate::model::reload::Cause;
use crate::timeline::EventKind;

const RULE: &str = "===================================================";

fn stage(out: &Sink, n: u8, what: &str) {
    out.line(format!("\nSTAGE {n}: {what}\n{RULE}"));
}

/// Both processors change, the standby first; interface modules follow `delay_s` apart.
pub(crate) async fn node(
    device: Arc<Device>,
    lock: Lock,
    path: String,
    content: Option<Content>,
    delay_s: f64,
    out: Sink,
) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install node",
    };
    out.line("--- Starting disk space verification ---");
    let len = content.as_ref().map_or(0, Content::len);
    let info = tokio::task::spawn_blocking(move || content.and_then(|c| c.image_info())).await;
    let begun = check(&run, info.ok().flatten(), len);
    let (id, info, first) = match begun {
        Ok(begun) => begun,
        Err(reason) => {
            out.line(format!("FAILED: {reason}"));
            return lock.end("activate", false);
        }
    };
    out.line("Finished disk space verification");
    let rolling = Rolling {
        device: Arc::clone(&device),
        id,
        cause: Cause::Issu,
    };
    let done = roll(&run, &rolling, &info, first, &path, len, delay_s).await;
    lock.end("activate", done.is_ok());
}

/// What must hold, and the beginning.
fn check(
    run: &Run<'_>,
    info: Option<ImageInfo>,
    len: u64,
) -> Result<(u64, ImageInfo, u8), &'static str> {
    let device = run.device;
    let refused = device.strikes("issu_refused", "issu");
    let mut state = device.state();
    if !from_packages(&state) {
        return Err("SYSTEM IS NOT BOOTED VIA PACKAGE FILE");
    }
    let info = info.ok_or("The package file does not exist or its signature is wrong")?;
    if info.prefix != device.platform.prefix {
        return Err("The package is not compatible with this platform");
    }
    let peer = state
        .hot_peer(device.now())
        .ok_or("Standby RP is not in Standby Hot state")?;
    bridged(
        &state.running.release,
        &info.release,
        device.spec.issu.downgrade,
    )?;
    if refused {
        return Err("Candidate software is not compatible with the running software");
    }
    let need = birth::expanded_bytes(len);
    if state.present().any(|m| m.flash.free() < need) {
        return Err("Not enough disk space for the packages");
    }
    let upgrade = Upgrade {
        id: 0,
        kind: Kind::Node,
        stage: Stage::Loading,
        from: state.running.release.clone(),
        to: info.release.clone(),
        from_image: state.running.image_file.clone(),
        to_image: state.running.image_file.clone(),
        began_s: device.now(),
        first: peer,
        given: Vec::new(),
        rows: Vec::new(),
        last: "install node".into(),
        passed: Vec::new(),
        reason: None,
    };
    Ok((begin(device, &mut state, upgrade), info, peer))
}

async fn roll(
    run: &Run<'_>,
    rolling: &Rolling,
    info: &ImageInfo,
    first: u8,
    path: &str,
    len: u64,
    delay_s: f64,
) -> Result<(), Broken> {
    let (device, out) = (run.device, run.out);
    let active = device.state().active;
    let times = device.durations(2);
    stage(out, 1, "Installing software on standby RP");
    rolling.rest(times.add_s * 0.5).await?;
    expand(device, first, info, len);
    rolling.give(first, &info.release, true)?;
    out.line("SUCCESS: Software provisioned.  New software will load on reboot.");
    stage(out, 2, "Restarting standby RP");
    out.line("--- Starting standby reload ---\nFinished standby reload");
    let fault = Some("standby_does_not_boot");
    match rolling.restart_and_wait(first, &info.release, fault).await {
        Ok(()) => {}
        Err(Broken::Gone) => return Err(Broken::Gone),
        Err(Broken::NoBoot) => {
            out.line("FAILED: Standby RP did not reach terminal redundancy state");
            run.event_by(EventKind::InstallAbort, "device");
            rolling.back(out, "Standby RP did not boot").await?;
            return Err(Broken::NoBoot);
        }
    }
    rolling.stage(Stage::Loaded, "standby")?;
    stage(out, 3, "Installing sipspa package on local RP");
    rolling.rest(times.add_s * 0.2).await?;
    out.line("Finished sipspa installation");
    stage(out, 4, "Installing software on active RP");
    rolling.rest(times.add_s * 0.3).await?;
    expand(device, active, info, len);
    rolling.give(active, &info.release, true)?;
    out.line("SUCCESS: Software provisioned.  New software will load on reboot.");
    rolling.rest(5.0).await?;
    rolling.switch(first)?;
    {
        let mut state = device.state();
        state.provisioned = Some(info.release.clone());
        keep(&mut state.install.packages, device, info, path);
    }
    rolling.stage(Stage::Switched, "switchover")?;
    run.event(EventKind::InstallActivate, &info.release);
    let modules = device
        .platform
        .cards
        .iter()
        .filter(|c| c.slot.starts_with(' '));
    for card in modules {
        let slot = card.slot.trim();
        device.log(
            "IOSXE_OIR-6-SOFT_RELOADSPA",
            &format!("SPA({}) reloaded on subslot {slot}", card.pid),
        );
        rolling.rest(delay_s).await?;
    }
    let back = rolling
        .restart_and_wait(active, &info.release, Some("switchover_lost"))
        .await;
    if back != Err(Broken::Gone) {
        device.state().issu.end(back.is_ok());
    }
    back
}

/// The packages of the image in the flash of one processor.
fn expand(device: &Device, id: u8, info: &ImageInfo, len: u64) {
    let now = device.now();
    let mut state = device.state();
    for member in state.members.iter_mut().filter(|m| m.id == id) {
        birth::expand(
            &mut member.flash,
            device.platform,
            &info.release,
            len,
            device.world.seed,
            now,
        );
    }
}

/// There is no commit: what was installed is what is kept.
fn keep(packages: &mut Vec<Package>, device: &Device, info: &ImageInfo, path: &str) {
    for package in packages.iter_mut() {
        package.state = PackageState::Inactive;
    }
    packages.retain(|p| p.release != info.release);
    let package = Package {
        release: info.release.clone(),
        state: PackageState::Committed,
        file: path.to_owned(),
        files: birth::package_files(device.platform, &info.release),
    };
    packages.insert(0, package);
}
