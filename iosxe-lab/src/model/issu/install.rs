//! The install set: `install activate issu` and its kin on Catalyst, `install activate location` on
//! ASR 1000, the commit and the abort of both.

use std::sync::Arc;

use super::rolling::{Broken, Rolling, settled};
use super::{Kind, Stage, Upgrade, admission, begin, compatible, place};
use crate::model::birth;
use crate::model::device::Device;
use crate::model::engine::{Lock, Run, Sink, add_inner};
use crate::model::release::Release;
use crate::model::reload::Cause;
use crate::timeline::EventKind;

const RULE: &str = "===================================================";

/// After so many simulated seconds more than a boot takes, a standby is given up.
const PATIENCE_S: f64 = 900.0;

/// What is to be activated, and how long the way back stays open.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) release: Release,
    pub(crate) timer_s: f64,
}

/// Why an activation ended early.
enum Ended {
    /// It never began; nothing changed.
    Refused(String),
    /// The standby did not come up; the old release is back.
    Aborted,
    /// The old active did not come up: the new release runs alone and uncommitted.
    Alone,
    /// The system reloaded meanwhile.
    Gone,
}

impl From<Broken> for Ended {
    fn from(_: Broken) -> Self {
        Ended::Gone
    }
}

/// The checks before anything changes, as the device prints them.
fn checks(run: &Run<'_>, release: &Release) -> Result<(), Ended> {
    let device = run.device;
    run.out.line(
        "NOTE: Going to start Activate ISSU install process\n\nSTAGE 0: Initial System Level \
         Sanity Check before starting ISSU",
    );
    run.out.line(RULE);
    let refused = device.strikes("issu_refused", "issu");
    let (list, pair) = {
        let state = device.state();
        let pair = compatible(&state.running.release, release, device.spec.issu.downgrade);
        (admission(device, &state), pair)
    };
    for (what, result) in list {
        run.out.line(format!("--- Verifying {what} ---"));
        result.map_err(|e| Ended::Refused(e.to_owned()))?;
    }
    run.out
        .line("--- Verifying Platform specific ISSU admission criteria ---");
    pair.map_err(|e| Ended::Refused(e.to_owned()))?;
    if refused {
        return Err(Ended::Refused(
            "Platform specific ISSU admission criteria are not met".into(),
        ));
    }
    run.out.line("Finished Initial System Level Sanity Check\n");
    Ok(())
}

/// Checks, begins, arms the timer, and gives the standby the new release.
async fn prepare(run: &Run<'_>, plan: &Plan, kind: Kind) -> Result<(Rolling, u8), Ended> {
    checks(run, &plan.release)?;
    let device = run.device;
    let (id, peer, seconds) = {
        let mut state = device.state();
        let Some(peer) = state.hot_peer(device.now()) else {
            return Err(Ended::Refused("Standby is not present".into()));
        };
        let image = state.running.image_file.clone();
        let upgrade = Upgrade {
            id: 0,
            kind,
            stage: Stage::Loading,
            from: state.running.release.clone(),
            to: plan.release.clone(),
            from_image: image,
            to_image: format!("{}:packages.conf", device.platform.fs()),
            began_s: device.now(),
            first: peer,
            given: Vec::new(),
            rows: Vec::new(),
            last: String::new(),
            passed: vec!["Added"],
            reason: None,
        };
        let seconds = device.durations(state.members.len()).activate_s;
        (begin(device, &mut state, upgrade), peer, seconds * 0.4)
    };
    let rolling = Rolling {
        device: Arc::clone(device),
        id,
        cause: Cause::Issu,
    };
    device.arm_auto_abort(plan.timer_s);
    device.log(
        "INSTALL-5-INSTALL_START_INFO",
        "install_engine: Started install activate ISSU",
    );
    rolling.row("Activate location standby", Some(peer))?;
    run.out
        .line(format!("STAGE 1: Installing software on Standby\n{RULE}"));
    provision_side(run, &rolling, peer, "install_remote", seconds).await?;
    Ok((rolling, peer))
}

/// The lines and the work of giving one side its packages.
async fn provision_side(
    run: &Run<'_>,
    rolling: &Rolling,
    id: u8,
    what: &str,
    seconds: f64,
) -> Result<(), Ended> {
    let device = run.device;
    let (there, label, to) = {
        let state = device.state();
        let label = device.label(id, state.members.len());
        let to = state.issu.current.as_ref().map(|u| u.to.clone());
        (place(device, &state, id), label, to)
    };
    run.out.line(format!(
        "--- Starting {what} ---\nPerforming {what} on {there}\n  [{label}] {what} package(s) on {there}"
    ));
    rolling.rest(seconds).await?;
    if device.strikes("session_dropped", "install_activate") {
        run.out.cut();
    }
    rolling.give(id, &to.ok_or(Ended::Gone)?, true)?;
    run.out.line(format!(
        "  [{label}] Finished {what} on {there}\n{what}: Passed on [{label}]\nFinished {what}\n"
    ));
    Ok(())
}

/// The standby reboots and becomes hot, or everything goes back.
async fn load(run: &Run<'_>, rolling: &Rolling, peer: u8, to: &Release) -> Result<(), Ended> {
    run.out.line(format!(
        "STAGE 2: Restarting Standby\n{RULE}\n--- Starting standby reload ---\nFinished standby \
         reload\n--- Starting wait for Standby to reach terminal redundancy state ---"
    ));
    match rolling
        .restart_and_wait(peer, to, Some("standby_does_not_boot"))
        .await
    {
        Ok(()) => {}
        Err(Broken::Gone) => return Err(Ended::Gone),
        Err(Broken::NoBoot) => {
            rolling.rest(PATIENCE_S).await?;
            run.out
                .line("ERROR: Standby did not reach terminal redundancy state");
            run.event_by(EventKind::InstallAbort, "device");
            rolling
                .back(run.out, "Standby did not reach terminal redundancy state")
                .await?;
            return Err(Ended::Aborted);
        }
    }
    run.out
        .line("Finished wait for Standby to reach terminal redundancy state\n");
    rolling.stage(Stage::Loaded, "Standby activated")?;
    Ok(())
}

/// The active gets its packages, the standby takes over, and the old active reboots.
async fn swap(run: &Run<'_>, rolling: &Rolling, peer: u8, to: &Release) -> Result<(), Ended> {
    let device = run.device;
    let (active, seconds) = {
        let state = device.state();
        let times = device.durations(state.members.len());
        (state.active, times.activate_s * 0.4)
    };
    rolling.row("Activate location active", Some(active))?;
    run.out
        .line(format!("STAGE 3: Installing software on Active\n{RULE}"));
    provision_side(run, rolling, active, "install_active", seconds).await?;
    run.out.line(format!(
        "STAGE 4: Restarting Active (switchover to standby)\n{RULE}\n--- Starting active reload ---\nNew \
         software will load after reboot process is completed"
    ));
    run.verdict(true, "");
    rolling.rest(5.0).await?;
    rolling.row("Switchover", None)?;
    rolling.switch(peer)?;
    rolling.image_runs(to)?;
    device.state().install.activate(to);
    rolling.stage(Stage::Switched, "Active switched-over")?;
    match rolling
        .restart_and_wait(active, to, Some("switchover_lost"))
        .await
    {
        Ok(()) => {}
        Err(Broken::Gone) => return Err(Ended::Gone),
        Err(Broken::NoBoot) => return Err(Ended::Alone),
    }
    rolling.stage(Stage::Activated, "Activated")?;
    run.event(EventKind::InstallActivate, to);
    device.log(
        "INSTALL-5-INSTALL_COMPLETED_INFO",
        "install_engine: Completed install activate ISSU",
    );
    Ok(())
}

/// Prints how an activation ended early and notes it.
fn close(run: &Run<'_>, lock: Lock, ended: Ended) {
    match ended {
        Ended::Refused(reason) => run.verdict(false, &reason),
        Ended::Aborted => run.verdict(
            false,
            "ISSU is aborted: Standby did not reach terminal redundancy state",
        ),
        Ended::Alone | Ended::Gone => {}
    }
    lock.end("activate", false);
}

/// `install activate issu`: both sides, one after the other. The commit is another command.
pub(crate) async fn steps(device: Arc<Device>, lock: Lock, plan: Plan, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_activate",
    };
    match both(&run, &plan, Kind::Steps).await {
        Ok(_) => lock.end("activate", true),
        Err(ended) => close(&run, lock, ended),
    }
}

async fn both(run: &Run<'_>, plan: &Plan, kind: Kind) -> Result<Rolling, Ended> {
    let (rolling, peer) = prepare(run, plan, kind).await?;
    load(run, &rolling, peer, &plan.release).await?;
    swap(run, &rolling, peer, &plan.release).await?;
    Ok(rolling)
}

/// `install add file F activate issu commit`.
pub(crate) async fn one_shot(
    device: Arc<Device>,
    lock: Lock,
    path: String,
    timer_s: f64,
    out: Sink,
) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_add_activate_commit",
    };
    let release = match add_inner(&run, &path).await {
        Ok(release) => release,
        Err(reason) => {
            run.verdict(false, &reason);
            lock.end("add", false);
            return;
        }
    };
    run.event(EventKind::InstallAdd, &release);
    out.line("install_activate: Activating ISSU\nFollowing packages shall be activated:");
    for file in birth::package_files(device.platform, &release) {
        out.line(format!("/{}/{file}", device.platform.fs()));
    }
    out.line("");
    let plan = Plan { release, timer_s };
    let done = match both(&run, &plan, Kind::OneShot).await {
        Ok(rolling) => keep(&run, &rolling, &plan.release)
            .await
            .map_err(Ended::from),
        Err(ended) => Err(ended),
    };
    match done {
        Ok(()) => lock.end("commit", true),
        Err(ended) => close(&run, lock, ended),
    }
}

/// `install activate location standby`: the standby reboots on the new release; the command is over
/// when that has begun.
pub(crate) async fn activate_standby(device: Arc<Device>, lock: Lock, plan: Plan, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_activate",
    };
    let (rolling, peer) = match prepare(&run, &plan, Kind::Located).await {
        Ok(begun) => begun,
        Err(ended) => return close(&run, lock, ended),
    };
    out.line("--- Starting standby reload ---\nFinished standby reload\n");
    run.verdict(true, "");
    lock.end("activate", true);
    // The command is over here; what follows prints to nobody.
    let waiting = Arc::clone(&device);
    device.spawn(async move {
        let deaf = Sink::deaf();
        let background = Run {
            device: &waiting,
            out: &deaf,
            name: "install_activate",
        };
        let loaded = load(&background, &rolling, peer, &plan.release).await;
        if loaded.is_err() {
            tracing::debug!(
                device = waiting.name,
                "the standby does not run the new release"
            );
        }
    });
}

/// `install activate location active`: the standby takes over and the old active reboots.
pub(crate) async fn activate_active(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_activate",
    };
    let found = {
        let state = device.state();
        let peer = state.hot_peer(device.now());
        let upgrade = state.issu.current.as_ref();
        upgrade
            .filter(|u| u.kind == Kind::Located && u.stage == Stage::Loaded)
            .zip(peer)
            .map(|(u, peer)| (u.id, peer, u.to.clone()))
    };
    let Some((id, peer, to)) = found else {
        let reason = "Standby is not activated or not in Standby Hot state";
        return close(&run, lock, Ended::Refused(reason.into()));
    };
    let rolling = Rolling {
        device: Arc::clone(&device),
        id,
        cause: Cause::Issu,
    };
    match swap(&run, &rolling, peer, &to).await {
        Ok(()) => lock.end("activate", true),
        Err(ended) => close(&run, lock, ended),
    }
}

/// Both sides keep the new release.
async fn keep(run: &Run<'_>, rolling: &Rolling, release: &Release) -> Result<(), Broken> {
    let device = run.device;
    let (active, peer) = {
        let state = device.state();
        (state.active, state.hot_peer(device.now()))
    };
    let peer = peer.ok_or(Broken::NoBoot)?;
    for id in [active, peer] {
        rolling.row("Commit", Some(id))?;
        run.out.line(format!(
            "--- Starting Commit on {0} ---\nFinished Commit on {0}",
            place(device, &device.state(), id)
        ));
        rolling.rest(4.0).await?;
    }
    {
        let mut state = device.state();
        state.install.commit();
        state.install.add_point(release, device.now());
        state.issu.end(true);
    }
    device.log(
        "INSTALL-5-INSTALL_COMPLETED_INFO",
        "install_engine: Completed install commit",
    );
    run.event(EventKind::InstallCommit, release);
    Ok(())
}

/// `install commit` after both sides run the new release.
pub(crate) async fn commit(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_commit",
    };
    let found = {
        let state = device.state();
        let upgrade = state.issu.current.as_ref();
        upgrade
            .filter(|u| u.stage == Stage::Activated)
            .map(|u| (u.id, u.to.clone()))
    };
    out.line("install_commit: Committing ISSU");
    let Some((id, release)) = found else {
        run.verdict(false, "ISSU operation is not in Activated state");
        return lock.end("commit", false);
    };
    let rolling = Rolling {
        device: Arc::clone(&device),
        id,
        cause: Cause::Issu,
    };
    let done = keep(&run, &rolling, &release).await.is_ok();
    run.verdict(
        done,
        if done {
            ""
        } else {
            "Standby is not in Standby Hot state"
        },
    );
    lock.end("commit", done);
}

/// `install abort issu`.
pub(crate) async fn give_up(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_abort",
    };
    let found = {
        let mut state = device.state();
        // The lock is ours: what must not run is anything that boots.
        let running = state.install.running.take();
        let quiet = settled(&state, device.now());
        state.install.running = running;
        let upgrade = state.issu.current.as_ref();
        upgrade.map(|u| (u.id, u.from.clone(), quiet))
    };
    out.line("install_abort: Aborting ISSU");
    let (id, from) = match found {
        None => {
            run.verdict(false, "Nothing to Abort");
            return lock.end("cancel", false);
        }
        Some((_, _, false)) => {
            run.verdict(false, "Standby has not reached terminal redundancy state");
            return lock.end("cancel", false);
        }
        Some((id, from, true)) => (id, from),
    };
    run.event(EventKind::InstallAbort, &from);
    device.state().install.timer = None;
    let rolling = Rolling {
        device: Arc::clone(&device),
        id,
        cause: Cause::Issu,
    };
    let done = rolling.back(&out, "User initiated abort").await.is_ok();
    run.verdict(done, "");
    lock.end("cancel", done);
}
