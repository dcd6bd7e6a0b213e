//! The `issu` command set of ASR 1000 with two route processors, booted from one image each
//! (field notes 6.3).

use std::sync::Arc;

use serde_json::json;

use super::rolling::{Broken, Rolling, settled};
use super::rules::bridged;
use super::{Kind, Stage, Upgrade, begin};
use crate::model::boot;
use crate::model::device::{BootMode, Device, State};
use crate::model::engine::{Lock, Run, Sink};
use crate::model::flash::Content;
use crate::model::install::AutoAbort;
use crate::model::release::Release;
use crate::model::reload::Cause;
use crate::timeline::EventKind;

/// Default of the rollback timer in seconds.
const ROLLBACK_S: f64 = 2700.0;

/// What `issu loadversion` was given.
#[derive(Debug, Clone)]
pub(crate) struct Classic {
    /// Id of the route processor that is named.
    pub(crate) target: u8,
    /// The file as the active names it after a switchover: `harddisk:x.bin`.
    pub(crate) image: String,
    /// Its bytes on the standby; nothing when they are not there.
    pub(crate) content: Option<Content>,
}

/// Seconds of the rollback timer, from the configuration.
fn rollback_s(state: &State) -> f64 {
    let set = state.running_config.value("issu set rollback-timer ");
    set.and_then(seconds).map_or(ROLLBACK_S, f64::from)
}

/// Reads `2700`, `45:00` and `00:45:00`.
fn seconds(text: &str) -> Option<u32> {
    text.trim().split(':').try_fold(0u32, |sum, part| {
        let part: u32 = part.parse().ok()?;
        sum.checked_mul(60)?.checked_add(part)
    })
}

fn phase(out: &Sink, what: &str) {
    out.line(format!("--- Starting {what} ---\nFinished {what}\n"));
}

fn locks(run: &Run<'_>) {
    let state = run.device.state();
    for (n, member) in state.members.iter().enumerate() {
        let label = run.device.label(member.id, state.members.len());
        phase(run.out, &format!("local lock acquisition on {label}"));
        if n == 0 {
            phase(run.out, "installation state synchronization");
        }
    }
}

fn fail(run: &Run<'_>, lock: Lock, command: &'static str, reason: &str) {
    run.out.line(format!("FAILED: {reason}"));
    lock.end(command, false);
}

/// What stands in the way of `issu loadversion`.
fn refusal(device: &Device, state: &State, wanted: &Classic, to: &Release) -> Option<&'static str> {
    let peer = state.ready_standby(device.now());
    if state.issu.current.is_some() {
        Some("An ISSU operation is in progress")
    } else if state.running.mode == BootMode::Install {
        Some("The system is booted from packages; use the install commands")
    } else if peer.is_none_or(|(m, _)| m.id != wanted.target) {
        Some("The target RP is not the standby")
    } else if !matches!(peer, Some((_, true))) {
        Some("Standby RP is not in RF_STANDBY_HOT state")
    } else {
        bridged(&state.running.release, to, device.spec.issu.downgrade).err()
    }
}

/// `issu loadversion`: the standby reboots on the new image; the command is over when it has begun.
pub(crate) async fn load_version(device: Arc<Device>, lock: Lock, wanted: Classic, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "issu_loadversion",
    };
    locks(&run);
    phase(&out, "file path checking");
    let Some(content) = wanted.content.clone() else {
        return fail(
            &run,
            lock,
            "activate",
            "The image file does not exist on the target RP",
        );
    };
    let info = tokio::task::spawn_blocking(move || content.image_info()).await;
    let info = info
        .ok()
        .flatten()
        .filter(|i| i.prefix == device.platform.prefix);
    let Some(info) = info else {
        return fail(&run, lock, "activate", "Image verification failed");
    };
    phase(&out, "system installation readiness checking");
    let refused = device.strikes("issu_refused", "issu");
    let begun = {
        let mut state = device.state();
        let reason = refusal(&device, &state, &wanted, &info.release);
        match reason.or_else(|| refused.then_some("The new image is not ISSU compatible")) {
            Some(reason) => Err(reason),
            None => {
                let upgrade = Upgrade {
                    id: 0,
                    kind: Kind::Classic,
                    stage: Stage::Loading,
                    from: state.running.release.clone(),
                    to: info.release.clone(),
                    from_image: state.running.image_file.clone(),
                    to_image: wanted.image.clone(),
                    began_s: device.now(),
                    first: wanted.target,
                    given: vec![wanted.target],
                    rows: Vec::new(),
                    last: "loadversion".into(),
                    passed: Vec::new(),
                    reason: None,
                };
                Ok((begin(&device, &mut state, upgrade), rollback_s(&state)))
            }
        }
    };
    let (id, seconds) = match begun {
        Ok(begun) => begun,
        Err(reason) => return fail(&run, lock, "activate", reason),
    };
    for what in [
        "image verification",
        "ISSU compatibility verification",
        "impact testing",
        "commit of software changes",
    ] {
        device.world.clock.sleep(20.0).await;
        phase(&out, what);
    }
    out.line("SUCCESS: Software provisioned.  New software will load on reboot.");
    device.arm_auto_abort(seconds);
    phase(&out, "standby reload");
    lock.end("activate", true);
    let rolling = Rolling {
        device: Arc::clone(&device),
        id,
        cause: Cause::Issu,
    };
    // The command is over here; the standby boots by itself.
    device.spawn(async move { boots(&rolling, wanted.target, &info.release).await });
}

/// The standby comes up with the new image, or the device takes it back.
async fn boots(rolling: &Rolling, target: u8, to: &Release) {
    let device = &rolling.device;
    let fault = Some("standby_does_not_boot");
    let done = match rolling.restart_and_wait(target, to, fault).await {
        Ok(()) => rolling.stage(Stage::Loaded, "loadversion"),
        Err(Broken::Gone) => Err(Broken::Gone),
        Err(Broken::NoBoot) => {
            device.record(EventKind::InstallAbort, [("by", json!("device"))]);
            device.state().install.timer = None;
            rolling.back(&Sink::deaf(), "standby does not boot").await
        }
    };
    if done.is_err() {
        tracing::debug!(device = device.name, "the upgrade was broken off");
    }
}

/// The upgrade in progress when it is one of this command set in one of these stages, with no side
/// that boots.
fn at(device: &Arc<Device>, stages: &[Stage]) -> Option<(Rolling, Upgrade)> {
    let upgrade = {
        let mut state = device.state();
        let running = state.install.running.take();
        let quiet = settled(&state, device.now());
        state.install.running = running;
        state.issu.current.clone().filter(|_| quiet)
    };
    let upgrade = upgrade.filter(|u| u.kind == Kind::Classic && stages.contains(&u.stage))?;
    let rolling = Rolling {
        device: Arc::clone(device),
        id: upgrade.id,
        cause: Cause::Issu,
    };
    Some((rolling, upgrade))
}

/// `issu runversion`: the standby takes over with the new image.
pub(crate) async fn run_version(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "issu_runversion",
    };
    locks(&run);
    let Some((rolling, upgrade)) = at(&device, &[Stage::Loaded]) else {
        let reason = "Standby RP is not in terminal state with the new version";
        return fail(&run, lock, "activate", reason);
    };
    phase(&out, "installation state save");
    out.line("--- Starting switchover to the standby RP ---\nInitiating active RP failover\nSUCCESS: Standby RP will now become active");
    device.world.clock.sleep(3.0).await;
    let done = async {
        rolling.with(|u| "runversion".clone_into(&mut u.last))?;
        let old = rolling.switch(upgrade.first)?;
        rolling.image_runs(&upgrade.to)?;
        rolling.stage(Stage::Switched, "runversion")?;
        rolling
            .restart_and_wait(old, &upgrade.from, Some("switchover_lost"))
            .await?;
        rolling.stage(Stage::Activated, "standby")
    };
    let done = done.await;
    if done.is_ok() {
        run.event(EventKind::InstallActivate, &upgrade.to);
    }
    lock.end("activate", done.is_ok());
}

/// `issu acceptversion`: the rollback timer stops.
pub(crate) async fn accept_version(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "issu_acceptversion",
    };
    locks(&run);
    let accepted = {
        let mut state = device.state();
        let upgrade = state.issu.current.as_mut();
        let upgrade = upgrade.filter(|u| u.kind == Kind::Classic && u.last == "runversion");
        upgrade
            .map(|u| "acceptversion".clone_into(&mut u.last))
            .map(|()| {
                state.install.timer = None;
            })
    };
    if accepted.is_none() {
        return fail(
            &run,
            lock,
            "activate",
            "No version runs that could be accepted",
        );
    }
    device.world.clock.sleep(2.0).await;
    out.line("Cancelling rollback timer\nSUCCESS: Rollback timer cancelled");
    lock.end("activate", true);
}

/// `issu commitversion`: the new image is the one to boot. Whether the other route processor reloads
/// by itself is a setting.
pub(crate) async fn commit_version(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "issu_commitversion",
    };
    locks(&run);
    let Some((rolling, upgrade)) = at(&device, &[Stage::Activated]) else {
        let reason =
            "Standby RP is not in terminal state, or no version runs that could be committed";
        return fail(&run, lock, "commit", reason);
    };
    out.line("--- Starting installation changes ---\nCancelling rollback timer\nSaving image changes\nFinished installation changes\n");
    out.text("Building configuration...");
    device.world.clock.sleep(5.0).await;
    let value = {
        let mut state = device.state();
        state.install.timer = None::<AutoAbort>;
        let line = format!("boot system {}", upgrade.to_image);
        let state = &mut *state;
        for config in [&mut state.running_config, &mut state.startup_config] {
            config.remove("boot system ");
            config.add(&line);
        }
        state.boot = boot::saved(state, &state.startup_config, device.platform);
        state.boot.path.join(";")
    };
    device.record(EventKind::BootVariable, [("value", json!(value))]);
    device.record(EventKind::ConfigSaved, []);
    out.line("[OK]\nSUCCESS: Installation changes committed");
    run.event(EventKind::InstallCommit, &upgrade.to);
    let noted = rolling.with(|u| "commitversion".clone_into(&mut u.last));
    lock.end("commit", noted.is_ok());
    if rolling.stage(Stage::Committed, "commitversion").is_err() || device.spec.issu.slot_reload {
        return;
    }
    let other = device.state().standby().map(|m| m.id);
    if let Some(id) = other {
        finish(&rolling, id, &upgrade).await;
    }
}

/// The other route processor boots the committed image, if it holds it, and the upgrade is over.
async fn finish(rolling: &Rolling, id: u8, upgrade: &Upgrade) {
    let device = &rolling.device;
    let holds = device
        .state()
        .members
        .iter()
        .any(|m| m.id == id && boot::holds(m, device.platform, &upgrade.to_image));
    if !holds {
        device.record(EventKind::MemberDown, [("member", json!(id))]);
        super::lose(device, id);
        device.state().issu.end(true);
        return;
    }
    if rolling
        .restart_and_wait(id, &upgrade.to, None)
        .await
        .is_ok()
    {
        device.state().issu.end(true);
    }
}

/// `issu abortversion`.
pub(crate) async fn abort_version(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "issu_abortversion",
    };
    locks(&run);
    let stages = [Stage::Loaded, Stage::Switched, Stage::Activated];
    let Some((rolling, upgrade)) = at(&device, &stages) else {
        let reason = "No ISSU operation can be aborted now";
        return fail(&run, lock, "cancel", reason);
    };
    run.event(EventKind::InstallAbort, &upgrade.from);
    device.state().install.timer = None;
    phase(&out, "installation changes");
    out.line("SUCCESS: Target RP will now reload");
    let done = rolling.back(&out, "abortversion").await;
    lock.end("cancel", done.is_ok());
}

/// `hw-module slot Rn reload` of the standby: it boots what the boot variable names.
pub(crate) async fn slot_reload(device: Arc<Device>, id: u8) {
    let committed = {
        let state = device.state();
        let upgrade = state.issu.current.clone();
        upgrade.filter(|u| u.kind == Kind::Classic && u.stage == Stage::Committed)
    };
    match committed {
        Some(upgrade) => {
            let rolling = Rolling {
                device: Arc::clone(&device),
                id: upgrade.id,
                cause: Cause::Command,
            };
            finish(&rolling, id, &upgrade).await;
        }
        None => device.reboot_member(id),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_timer_is_read_in_every_spelling() {
        assert_eq!(seconds("2700"), Some(2700));
        assert_eq!(seconds("45:00"), Some(2700));
        assert_eq!(seconds(" 01:00:00"), Some(3600));
        assert_eq!(seconds("soon"), None);
    }
}
