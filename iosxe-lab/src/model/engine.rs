//! The install engine at work: add, activate, commit, the ways back, removal. Operations run apart
//! from the session that asked, as on a device: a lost session does not stop them.
//!
//! Wording of verdicts, progress and refusals follows field notes 5 and public transcripts; the
//! rest is ours.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::mpsc;

use super::birth;
use super::boot;
use super::device::{Device, Member, State};
use super::flash::Content;
use super::install::{HistoryRow, Package, PackageState};
use super::release::Release;
use super::reload::{Cause, Pace, provision};
use crate::timeline::EventKind;

/// What an operation tells the session that started it.
#[derive(Debug)]
pub(crate) enum Said {
    /// Text to print, with its newline.
    Text(String),
    /// A fault cuts the session here.
    Cut,
}

/// Where an operation prints. Printing to a session that is gone is no error.
#[derive(Debug, Clone)]
pub(crate) struct Sink(pub(crate) mpsc::UnboundedSender<Said>);

impl Sink {
    fn say(&self, said: Said) {
        if self.0.send(said).is_err() {
            tracing::trace!("nobody listens to this operation any more");
        }
    }

    pub(crate) fn line(&self, text: impl Into<String>) {
        self.say(Said::Text(text.into() + "\n"));
    }

    /// Text without a newline of its own.
    pub(super) fn text(&self, text: impl Into<String>) {
        self.say(Said::Text(text.into()));
    }

    /// A fault cuts the session here.
    pub(crate) fn cut(&self) {
        self.say(Said::Cut);
    }

    /// Where nobody listens: what the device does by itself.
    pub(super) fn deaf() -> Sink {
        Sink(mpsc::unbounded_channel().0)
    }
}

/// The engine's lock; the engine is idle again when it is dropped. An operation that was not ended by
/// then has failed: it was refused, or the line at which it asked something is gone.
#[derive(Debug)]
pub(crate) struct Lock {
    device: Arc<Device>,
    name: &'static str,
    began_s: f64,
    ended: bool,
}

impl Lock {
    /// Takes the lock for an operation such as `install_add`; `None` when another one runs.
    pub(crate) fn take(device: &Arc<Device>, name: &'static str) -> Option<Lock> {
        let mut state = device.state();
        if state.install.running.is_some() {
            return None;
        }
        state.install.running = Some(name);
        let began_s = device.now();
        let n = state.install.history.len();
        let date = device.world.clock.engine_date(began_s);
        state
            .install
            .log
            .push(format!("[{n}|{name}]: START {date}"));
        Some(Lock {
            device: Arc::clone(device),
            name,
            began_s,
            ended: false,
        })
    }

    pub(super) fn end(mut self, command: &'static str, ok: bool) {
        self.note(&mut self.device.state(), command, ok);
        self.ended = true;
    }

    fn note(&self, state: &mut State, command: &'static str, ok: bool) {
        let ended_s = self.device.now();
        let date = self.device.world.clock.engine_date(ended_s);
        let status = if ok { "OK" } else { "Fail" };
        let word = if ok { "SUCCESS" } else { "FAILED" };
        let n = state.install.history.len();
        state
            .install
            .log
            .push(format!("[{n}|{}]: END {word}  {date}", self.name));
        state.install.note(HistoryRow {
            command,
            status,
            began_s: self.began_s,
            ended_s,
        });
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let device = Arc::clone(&self.device);
        let mut state = device.state();
        // A reload has cut the operation off: nobody was left to write its end.
        let cut_off = state.install.running.take() != Some(self.name);
        if !self.ended && !cut_off {
            let command = match self.name {
                "install_activate" => "activate",
                "install_commit" => "commit",
                "install_abort" => "cancel",
                "install_rollback" => "rollback",
                "install_deactivate" => "deactivate",
                "install_remove" => "remove",
                _ => "add",
            };
            self.note(&mut state, command, false);
        }
    }
}

/// One operation in progress: who prints what under which name.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) device: &'a Arc<Device>,
    pub(super) out: &'a Sink,
    pub(super) name: &'static str,
}

impl Run<'_> {
    pub(super) fn verdict(&self, ok: bool, reason: &str) {
        let date = self.device.world.clock.engine_date(self.device.now());
        let word = if ok { "SUCCESS" } else { "FAILED" };
        let tail = match (ok, reason.is_empty()) {
            (true, _) => format!(" {date}"),
            (false, true) => format!("  exit(1) {date}"),
            (false, false) => format!(" : {reason}"),
        };
        self.out.line(format!("{word}: {}{tail}", self.name));
    }

    fn labels(&self) -> Vec<String> {
        self.device.labels(&self.device.state())
    }

    pub(super) fn where_is(&self, label: &str) -> String {
        if self.device.platform.stackable() {
            format!("Switch {label}")
        } else if label.contains('/') {
            format!("Chassis {label}")
        } else {
            label.to_owned()
        }
    }

    /// The lines of one phase that every member passes, in so many simulated seconds.
    pub(super) async fn phase(&self, what: &str, seconds: f64, cut_at: &str) {
        let labels = self.labels();
        self.out.line(format!("--- Starting {what} ---"));
        self.out.line(format!("Performing {what} on all members"));
        let each = seconds / (labels.len() as f64 + 1.0);
        for label in &labels {
            self.out.line(format!(
                "  [{label}] {what} package(s) on {}",
                self.where_is(label)
            ));
        }
        for (i, label) in labels.iter().enumerate() {
            self.device.world.clock.sleep(each).await;
            if i == 0 && self.device.strikes("session_dropped", cut_at) {
                self.out.say(Said::Cut);
            }
            self.out.line(format!(
                "  [{label}] Finished {what} on {}",
                self.where_is(label)
            ));
        }
        self.device.world.clock.sleep(each).await;
        let all = labels.join(" ");
        self.out
            .line(format!("Checking status of {what} on [{all}]"));
        self.out.line(format!("{what}: Passed on [{all}]"));
    }

    pub(super) fn event(&self, kind: EventKind, release: &Release) {
        self.device
            .record(kind, [("version", json!(release.padded()))]);
    }

    /// An event that somebody else than a command caused.
    pub(super) fn event_by(&self, kind: EventKind, by: &str) {
        self.device.record(kind, [("by", json!(by))]);
    }
}

/// Why an add cannot go on.
enum AddRefusal {
    /// Printed per member, then a bare verdict.
    Member {
        label: String,
        text: String,
        passed: Vec<String>,
    },
    /// Printed with the verdict.
    Whole(String),
    /// It is there already: no change, and that is success.
    Same,
}

/// `install add file`: checks and expands the image on every member.
pub(crate) async fn add(
    device: Arc<Device>,
    lock: Lock,
    path: String,
    out: Sink,
) -> Option<Release> {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_add",
    };
    let done = add_inner(&run, &path).await;
    run.verdict(done.is_ok(), done.as_ref().err().map_or("", String::as_str));
    lock.end("add", done.is_ok());
    if let Ok(release) = &done {
        device.log(
            "INSTALL-5-INSTALL_COMPLETED_INFO",
            &format!(
                "install_engine: Completed install add PACKAGE {}:{path}",
                device.platform.fs()
            ),
        );
        run.event(EventKind::InstallAdd, release);
    }
    done.ok()
}

/// The body of an add; on failure the reason that the verdict carries.
pub(super) async fn add_inner(run: &Run<'_>, path: &str) -> Result<Release, String> {
    let device = run.device;
    let fs = device.platform.fs();
    let labels = run.labels();
    let all = labels.join(" ");
    let add_s = device.durations(labels.len()).add_s;
    device.log(
        "INSTALL-5-INSTALL_START_INFO",
        &format!("install_engine: Started install add {fs}:{path}"),
    );
    run.out.line("install_add: Adding IMG");
    run.out.line("--- Starting initial file syncing ---");
    let first = labels.first().cloned().unwrap_or_default();
    run.out.line(format!(
        "Copying {fs}:{path} from  {} to  {}",
        run.where_is(&first),
        run.where_is(&all)
    ));
    device.world.clock.sleep(add_s * 0.3).await;
    let copied = copy_to_members(device, path);
    if copied.is_ok() {
        run.out
            .line("Info: Finished copying to the selected members");
    }
    run.out.line("Finished initial file syncing\n");
    let checked = match copied {
        Ok(content) => check(device, path, content).await,
        Err(refusal) => Err(refusal),
    };
    match checked {
        Ok(release) => {
            run.phase("Add", add_s * 0.7, "install_add").await;
            expand_on_members(device, path, &release);
            run.out
                .line(format!("Image added. Version: {}", release.engine()));
            run.out.line("Finished Add\n");
            Ok(release)
        }
        Err(AddRefusal::Same) => {
            let release = device
                .state()
                .install
                .in_state(PackageState::Inactive)
                .map(|p| p.release.clone());
            run.out.line("--- Starting Add ---");
            for label in &labels {
                run.out.line(format!(
                    "  [{label}] {} Add succeed with reason: Same Image File-No Change",
                    run.where_is(label)
                ));
            }
            run.out
                .line(format!("Add: Passed on [{all}]\nFinished Add\n"));
            release.ok_or_else(String::new)
        }
        Err(AddRefusal::Whole(reason)) => Err(reason),
        Err(AddRefusal::Member {
            label,
            text,
            passed,
        }) => {
            run.out.line("--- Starting Add ---");
            device.world.clock.sleep(add_s * 0.1).await;
            run.out.line(format!(
                "  [{label}] {} FAILED: {text}",
                run.where_is(&label)
            ));
            run.out.line(format!("Checking status of Add on [{all}]"));
            run.out.line(format!(
                "Add: Passed on [{}]. Failed on [{label}]",
                passed.join(" ")
            ));
            run.out.line("Finished Add\n");
            Err(String::new())
        }
    }
}

fn shortage(device: &Device, need: u64, free: u64) -> String {
    format!(
        "/{} requires {} KB of free space, but only {} KB is available",
        device.platform.fs(),
        need.div_ceil(1024),
        free / 1024
    )
}

fn refuse_member(device: &Device, state: &State, index: usize, text: String) -> AddRefusal {
    let labels = device.labels(state);
    let label = labels.get(index).cloned().unwrap_or_default();
    let passed = labels.into_iter().filter(|l| *l != label).collect();
    AddRefusal::Member {
        label,
        text,
        passed,
    }
}

/// Copies the image to the members that lack it.
fn copy_to_members(device: &Device, path: &str) -> Result<Content, AddRefusal> {
    let now = device.now();
    let full = device.strikes("flash_full", "install_add");
    let mut state = device.state();
    let Some(content) = state.flash().and_then(|f| f.content(path)).cloned() else {
        return Err(AddRefusal::Whole(format!(
            "{}:{path} does not exist",
            device.platform.fs()
        )));
    };
    let present: Vec<usize> = (0..state.members.len())
        .filter(|i| state.members.get(*i).is_some_and(Member::works))
        .collect();
    let need = birth::expanded_bytes(content.len());
    for (nth, i) in present.iter().enumerate() {
        let Some(member) = state.members.get(*i) else {
            continue;
        };
        let there = member.flash.content(path).map(Content::len) == Some(content.len());
        let wanted = need + if there { 0 } else { content.len() };
        let free = member.flash.free();
        let struck = full && nth + 1 == present.len();
        if free < wanted || struck {
            let shown = if struck { free.min(wanted / 3) } else { free };
            let text = shortage(device, wanted, shown);
            return Err(refuse_member(device, &state, nth, text));
        }
    }
    for member in state.members.iter_mut().filter(|m| m.works()) {
        if !member.flash.holds(path) && member.flash.put(path, content.clone(), now).is_err() {
            return Err(AddRefusal::Whole("No space left on device".into()));
        }
    }
    Ok(content)
}

/// Checks signature, platform and what the engine knows already.
async fn check(device: &Arc<Device>, path: &str, content: Content) -> Result<Release, AddRefusal> {
    let info = tokio::task::spawn_blocking(move || content.image_info())
        .await
        .ok()
        .flatten();
    let broken = device.strikes("image_corrupted", "install_add");
    let state = device.state();
    let Some(info) = info.filter(|_| !broken) else {
        let text = format!(
            "Signature verification failed for {}:{path}",
            device.platform.fs()
        );
        return Err(refuse_member(device, &state, 0, text));
    };
    if info.prefix != device.platform.prefix {
        let text = format!(
            "{path} is not compatible with platform {}",
            device.platform.software
        );
        return Err(refuse_member(device, &state, 0, text));
    }
    match state
        .install
        .packages
        .iter()
        .find(|p| p.release == info.release)
        .map(|p| p.state)
    {
        Some(PackageState::Inactive) => Err(AddRefusal::Same),
        Some(_) => Err(AddRefusal::Whole(
            "Super package already added. Add operation not allowed".into(),
        )),
        None => Ok(info.release),
    }
}

fn expand_on_members(device: &Device, path: &str, release: &Release) {
    let now = device.now();
    let mut state = device.state();
    let len = state
        .flash()
        .and_then(|f| f.content(path))
        .map_or(0, Content::len);
    let mut files = Vec::new();
    for member in state.members.iter_mut().filter(|m| m.works()) {
        files = birth::expand(
            &mut member.flash,
            device.platform,
            release,
            len,
            device.world.seed,
            now,
        );
    }
    let package = Package {
        release: release.clone(),
        state: PackageState::Inactive,
        file: path.to_owned(),
        files,
    };
    state.install.packages.insert(0, package);
}

/// `install activate`: makes the release the next one to boot and reloads. `timer_s` is the
/// auto-abort time, `None` for one-step operations.
pub(crate) async fn activate(
    device: Arc<Device>,
    lock: Lock,
    release: Release,
    timer_s: Option<f64>,
    out: Sink,
) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_activate",
    };
    let times = device.durations(run.labels().len());
    device.log(
        "INSTALL-5-INSTALL_START_INFO",
        "install_engine: Started install activate",
    );
    run.phase("Activate", times.activate_s * 0.9, "install_activate")
        .await;
    run.out.line("Finished Activate\n");
    put_on_trial(&device, &release);
    if let Some(seconds) = timer_s {
        device.arm_auto_abort(seconds);
        device.log(
            "INSTALL-5-INSTALL_AUTO_ABORT_TIMER_PROGRESS",
            &format!(
                "install_engine: Install auto abort timer will expire in {seconds:.0} seconds"
            ),
        );
    }
    run.event(EventKind::InstallActivate, &release);
    run.verdict(true, "");
    lock.end("activate", true);
    device.world.clock.sleep(times.activate_s * 0.1).await;
    device.reload(Cause::Command, "Image Install");
}

fn put_on_trial(device: &Device, release: &Release) {
    let mut state = device.state();
    state.install.activate(release);
    provision(&mut state, device, release);
    force_boot_variable(device, &mut state);
}

/// Routers point BOOT at `packages.conf` by themselves.
fn force_boot_variable(device: &Device, state: &mut State) {
    let entry = format!("{}:packages.conf", device.platform.fs());
    if !device.platform.is_switch() && state.boot.path.first() != Some(&entry) {
        state.running_config.remove("boot system ");
        state.startup_config.remove("boot system ");
        state.running_config.add(&format!("boot system {entry}"));
        state.startup_config.add(&format!("boot system {entry}"));
        state.boot = boot::saved(state, &state.startup_config, device.platform);
        let path = state.boot.path.join(";");
        device.record(EventKind::BootVariable, [("value", json!(path))]);
    }
}

/// Whether a fast reload is refused behind the add, in words.
fn fast_reload_refused(run: &Run<'_>, eligible: bool) -> bool {
    let label = run.labels().first().cloned().unwrap_or_default();
    run.out
        .line(format!("[{label}]: Performing xFSU-pre-check"));
    if run.device.strikes("xfsu_refused", "fpga") {
        run.out.line(format!(
            "ERROR: FPGA on switch {label} does not support xFSU. Please upgrade FPGA using regular install."
        ));
        run.verdict(false, "");
        return true;
    }
    run.out.line("SUCCESS: xFSU-pre-check finished");
    if eligible && !run.device.strikes("xfsu_refused", "requirement") {
        return false;
    }
    run.out.line("FAILED: xFSU requirement pre-check");
    run.out
        .line("Abort xFSU install since requirement does not met");
    true
}

/// `install add file F activate commit`, and the same by a fast reload.
pub(crate) async fn one_step(device: Arc<Device>, lock: Lock, path: String, pace: Pace, out: Sink) {
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
    if let Pace::Fast { eligible } = pace
        && fast_reload_refused(&run, eligible)
    {
        lock.end("add", false);
        return;
    }
    let times = device.durations(run.labels().len());
    out.line("install_activate: Activating IMG\nFollowing packages shall be activated:");
    for file in birth::package_files(device.platform, &release) {
        out.line(format!("/{}/{file}", device.platform.fs()));
    }
    out.line("");
    run.phase("Activate", times.activate_s * 0.6, "install_activate")
        .await;
    out.line("Finished Activate\n");
    put_on_trial(&device, &release);
    run.event(EventKind::InstallActivate, &release);
    run.phase("Commit", 10.0, "install_commit").await;
    out.line("Finished Commit operation\n");
    {
        let mut state = device.state();
        state.install.commit();
        state.install.add_point(&release, device.now());
    }
    run.event(EventKind::InstallCommit, &release);
    run.verdict(true, "");
    lock.end("commit", true);
    device.world.clock.sleep(times.activate_s * 0.2).await;
    device.state().boots_fast = pace != Pace::Usual;
    device.reload(Cause::Command, "Image Install");
}

/// `install commit`.
pub(crate) async fn commit(device: Arc<Device>, lock: Lock, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: "install_commit",
    };
    let trial = {
        let state = device.state();
        super::reload::on_trial(&state).filter(|r| *r == state.running.release)
    };
    let Some(release) = trial else {
        out.line("install_commit: Committing IMG");
        run.verdict(
            false,
            "Nothing to commit: no activated and uncommitted package is running",
        );
        lock.end("commit", false);
        return;
    };
    out.line("install_commit: Committing IMG");
    run.phase("Commit", 15.0, "install_commit").await;
    out.line("Finished Commit operation\n");
    {
        let mut state = device.state();
        state.install.commit();
        let now = device.now();
        state.install.add_point(&release, now);
    }
    device.log(
        "INSTALL-5-INSTALL_COMPLETED_INFO",
        "install_engine: Completed install commit",
    );
    run.event(EventKind::InstallCommit, &release);
    run.verdict(true, "");
    lock.end("commit", true);
}

/// `install abort`, and `install rollback to committed` while a release is on trial.
pub(crate) async fn give_up(device: Arc<Device>, lock: Lock, by: Backwards, out: Sink) {
    let run = Run {
        device: &device,
        out: &out,
        name: by.name(),
    };
    let target = {
        let state = device.state();
        match &by {
            Backwards::Abort | Backwards::ToCommitted => state
                .install
                .in_state(PackageState::Deactivated)
                .map(|p| p.release.clone()),
            Backwards::To(release, _) => Some(release.clone()),
        }
    };
    let Some(target) = target else {
        run.verdict(false, "Nothing to Abort");
        lock.end(by.command(), false);
        return;
    };
    let times = device.durations(run.labels().len());
    run.phase(by.phase(), times.activate_s * 0.8, "install_abort")
        .await;
    out.line(format!("Finished {}\n", by.phase()));
    {
        let mut state = device.state();
        state.install.revert();
        if matches!(by, Backwards::To(..)) {
            for package in &mut state.install.packages {
                if package.state == PackageState::Committed {
                    package.state = PackageState::Inactive;
                }
            }
            state.install.set(&target, PackageState::Committed);
            if let Backwards::To(_, patches) = &by {
                state.install.use_patches(patches);
            }
        }
        provision(&mut state, &device, &target);
        force_boot_variable(&device, &mut state);
    }
    run.event(by.event(), &target);
    run.verdict(true, "");
    lock.end(by.command(), true);
    device.world.clock.sleep(times.activate_s * 0.2).await;
    device.reload(Cause::Command, "Image Install");
}

/// Which way back was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Backwards {
    /// `install abort`.
    Abort,
    /// `install rollback to committed`.
    ToCommitted,
    /// `install rollback to id` or `label`: the release that is meant and its patches.
    To(Release, Vec<String>),
}

impl Backwards {
    /// The operation's name in verdicts.
    pub(crate) fn name(&self) -> &'static str {
        if *self == Backwards::Abort {
            "install_abort"
        } else {
            "install_rollback"
        }
    }

    fn command(&self) -> &'static str {
        if *self == Backwards::Abort {
            "cancel"
        } else {
            "rollback"
        }
    }

    fn phase(&self) -> &'static str {
        if *self == Backwards::Abort {
            "Abort"
        } else {
            "Rollback"
        }
    }

    fn event(&self) -> EventKind {
        if *self == Backwards::Abort {
            EventKind::InstallAbort
        } else {
            EventKind::Rollback
        }
    }
}
