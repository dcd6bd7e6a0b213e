//! `install ...`: the questions and refusals around the engine.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::grammar::Args;
use super::places::locate;
use super::shell::Shell;
use super::show::{View, xfsu};
use super::table::Action;
use super::terminal::{Echo, Io};
use crate::model::birth;
use crate::model::boot;
use crate::model::device::BootMode;
use crate::model::engine::{self, Backwards, Lock, Said, Sink};
use crate::model::install::{Package, PackageState};
use crate::model::release::Release;
use crate::model::reload::Pace;
use crate::model::removal;
use crate::model::smu;

/// Default of the auto-abort timer in minutes (field notes 5.5).
const AUTO_ABORT_MIN: u32 = 120;

/// Runs an `install` command.
pub(crate) async fn run(shell: &mut Shell, action: Action, args: &Args) -> Io<()> {
    let moment = match action {
        Action::InstallAdd | Action::InstallOneStep | Action::InstallFast => "install_add",
        Action::InstallOneShotIssu => "install_add",
        Action::InstallActivate
        | Action::InstallActivateIssu
        | Action::InstallStandby
        | Action::InstallActive => "install_activate",
        Action::InstallCommit => "install_commit",
        Action::InstallAbort | Action::InstallAbortIssu | Action::InstallRollback => {
            "install_abort"
        }
        _ => "install_remove",
    };
    if shell.device.strikes("silently_dropped_request", moment) {
        return Ok(());
    }
    let name = match action {
        Action::InstallAdd => "install_add",
        Action::InstallOneStep | Action::InstallOneShotIssu | Action::InstallFast => {
            "install_add_activate_commit"
        }
        Action::InstallActivate
        | Action::InstallActivateIssu
        | Action::InstallStandby
        | Action::InstallActive => "install_activate",
        Action::InstallCommit => "install_commit",
        Action::InstallAbort | Action::InstallAbortIssu => "install_abort",
        Action::InstallRollback => "install_rollback",
        Action::InstallDeactivate => "install_deactivate",
        Action::InstallLabel => return super::rollback::label(shell, args).await,
        Action::InstallAutoUpgrade => return autoupgrade(shell).await,
        Action::InstallTimerStop | Action::InstallTimerStopOld | Action::InstallTimerStopAbort => {
            return stop_timer(shell).await;
        }
        _ => "install_remove",
    };
    let date = shell.device.world.clock.engine_date(shell.device.now());
    shell.term.write(&format!("{name}: START {date}\n")).await?;
    let busy = shell.device.strikes("install_busy", moment);
    let lock = if busy {
        None
    } else {
        Lock::take(&shell.device, name)
    };
    let Some(lock) = lock else {
        let text = format!(
            "FAILED: {name} : cannot start new install operation, some operation is already running\n"
        );
        return shell.term.write(&text).await;
    };
    if shell.device.strikes("unknown_prompt", moment) {
        let question =
            "Peer license quorum is not reached. Continue with detached entitlement? (yes/[no]): ";
        let answer = shell.term.ask(question, Echo::Plain).await?;
        if answer.as_deref() != Some("yes") {
            return failed(shell, name, "Operation is not confirmed").await;
        }
    }
    let lost = smu::missing_file(&shell.device, &shell.device.state());
    if let Some(reason) = lost {
        return failed(shell, name, &reason).await;
    }
    if super::issu::concerned(shell, action) {
        return super::issu::run(shell, action, args, lock).await;
    }
    match action {
        Action::InstallAdd => {
            let url = args.get("file").unwrap_or_default();
            match super::smu::named(shell, url) {
                Some(found) if !bundle(shell) => super::smu::add(shell, lock, args, found).await,
                _ => add(shell, lock, args).await,
            }
        }
        Action::InstallOneStep => one_step(shell, lock, args, Pace::Usual).await,
        Action::InstallFast => {
            if shell.device.strikes("xfsu_refused", "not_ready") {
                let text = "System not ready for reload fast, Please run this command later\n";
                return shell.term.write(text).await;
            }
            let eligible = {
                let state = shell.device.state();
                let view = View {
                    device: &shell.device,
                    state: &state,
                    now: shell.device.now(),
                };
                xfsu::why_not(&view).is_none()
            };
            one_step(shell, lock, args, Pace::Fast { eligible }).await
        }
        Action::InstallActivate => {
            let patches = super::smu::wanted(shell, args);
            if patches.is_empty() {
                activate(shell, lock, args).await
            } else {
                super::smu::activate(shell, lock, args, patches).await
            }
        }
        Action::InstallDeactivate => super::smu::deactivate(shell, lock, args).await,
        Action::InstallCommit => {
            let device = Arc::clone(&shell.device);
            let patches = device.state().install.only_patches_open();
            follow(shell, "install_commit", move |out| async move {
                if patches {
                    smu::commit(device, lock, out).await;
                } else {
                    engine::commit(device, lock, out).await;
                }
            })
            .await
        }
        Action::InstallAbort => super::rollback::back(shell, lock, args, Backwards::Abort).await,
        Action::InstallRollback => super::rollback::rollback(shell, lock, args).await,
        Action::InstallRemoveInactive => remove_inactive(shell, lock).await,
        Action::InstallRemoveFile => {
            let url = args.get("file").unwrap_or_default().to_owned();
            remove_file(shell, lock, &url).await
        }
        _ => {
            let version = args.get("version").unwrap_or_default().to_owned();
            remove_version(shell, lock, &version).await
        }
    }
}

/// `install autoupgrade`: a member that is kept out is given what the stack runs, now.
async fn autoupgrade(shell: &mut Shell) -> Io<()> {
    let name = "install_autoupgrade";
    let date = shell.device.world.clock.engine_date(shell.device.now());
    shell.term.write(&format!("{name}: START {date}\n")).await?;
    match shell.device.renew() {
        Ok(id) => {
            let date = shell.device.world.clock.engine_date(shell.device.now());
            let text = format!("Auto upgrade of switch {id} has begun\nSUCCESS: {name} {date}\n");
            shell.term.write(&text).await
        }
        Err(reason) => failed(shell, name, &reason).await,
    }
}

pub(super) async fn failed(shell: &mut Shell, name: &str, reason: &str) -> Io<()> {
    let date = shell.device.world.clock.engine_date(shell.device.now());
    shell
        .term
        .write(&format!("FAILED: {name} : {reason} {date}\n"))
        .await
}

/// Starts an operation apart from this session and prints what it says.
pub(super) async fn follow<F>(
    shell: &mut Shell,
    moment: &'static str,
    start: impl FnOnce(Sink) -> F,
) -> Io<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (tx, mut rx) = mpsc::unbounded_channel();
    shell.device.spawn(start(Sink(tx)));
    let mut n = 0u32;
    while let Some(said) = rx.recv().await {
        match said {
            Said::Text(text) => {
                shell.term.write(&text).await?;
                n += 1;
                if n % 4 == 2 && shell.device.strikes("syslog_noise", moment) {
                    let noise = shell.noise_line();
                    shell.term.write(&noise).await?;
                }
            }
            Said::Cut => return shell.drop_session().await,
        }
    }
    Ok(())
}

/// Deals with unsaved configuration before a disturbing step. True to go on.
pub(super) async fn saved(shell: &mut Shell, name: &str, quiet: bool) -> Io<bool> {
    if !shell.device.state().unsaved() {
        return Ok(true);
    }
    if quiet {
        let label = shell
            .device
            .labels(&shell.device.state())
            .first()
            .cloned()
            .unwrap_or_default();
        let reason = "System configuration has been modified. Please save configuration and resubmit command.";
        shell
            .term
            .write(&format!("  [{label}] FAILED: {reason}\n"))
            .await?;
        failed(shell, name, reason).await?;
        return Ok(false);
    }
    let question = "\nSystem configuration has been modified.\nPress Yes(y) to save the configuration and \
                    proceed.\nPress No(n) for proceeding without saving the configuration.\nPress Quit(q) to \
                    exit, you may save configuration and re-enter the command. [y/n/q] ";
    match letter(shell, question, "ynq").await? {
        'y' => {
            shell.term.write("Building configuration...\n").await?;
            super::files::save(&shell.device);
            shell
                .term
                .write("[OK]Modified configuration has been saved\n")
                .await?;
            Ok(true)
        }
        'n' => Ok(true),
        _ => {
            failed(shell, name, "User quit").await?;
            Ok(false)
        }
    }
}

/// Asks until one of the letters is the answer; `q` when the user interrupts.
async fn letter(shell: &mut Shell, question: &str, allowed: &str) -> Io<char> {
    loop {
        let Some(answer) = shell.term.ask(question, Echo::Plain).await? else {
            return Ok('q');
        };
        let first = answer.trim().to_lowercase().chars().next().unwrap_or(' ');
        if allowed.contains(first) {
            return Ok(first);
        }
    }
}

pub(super) async fn reload_question(shell: &mut Shell, name: &str, quiet: bool) -> Io<bool> {
    if quiet {
        return Ok(true);
    }
    let question =
        "This operation may require a reload of the system. Do you want to proceed? [y/n]";
    if letter(shell, question, "yn").await? == 'y' {
        return Ok(true);
    }
    failed(shell, name, "User rejected the operation").await?;
    Ok(false)
}

/// The path of a file on the active member, or nothing with the refusal printed.
pub(super) async fn on_active(shell: &mut Shell, name: &str, url: &str) -> Io<Option<String>> {
    let (place, active) = {
        let state = shell.device.state();
        (locate(&shell.device, &state, url), state.active_index())
    };
    match place {
        Some(place) if place.disk == 0 && place.member == active => Ok(Some(place.path)),
        _ => {
            failed(
                shell,
                name,
                &format!("{url} is not on the active's file system"),
            )
            .await?;
            Ok(None)
        }
    }
}

fn bundle(shell: &Shell) -> bool {
    shell.device.state().running.mode == BootMode::Bundle
}

const BUNDLE: &str = "Booted in bundle mode. For Bundle-to-Install mode conversion, please use one-shot CLI - \
                      install add file <> activate commit";

/// In words of our own: no source quotes a device.
const PATCHES_ONLY: &str = "Package type is not supported: this release adds SMU packages only";

async fn add(shell: &mut Shell, lock: Lock, args: &Args) -> Io<()> {
    let url = args.get("file").unwrap_or_default().to_owned();
    if !shell.device.adds_images() {
        return failed(shell, "install_add", PATCHES_ONLY).await;
    }
    if bundle(shell) {
        return failed(shell, "install_add", BUNDLE).await;
    }
    let Some(path) = on_active(shell, "install_add", &url).await? else {
        return Ok(());
    };
    if !saved(shell, "install_add", args.has("prompt-level")).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    follow(shell, "install_add", move |out| async move {
        engine::add(device, lock, path, out).await;
    })
    .await
}

/// Routers set the boot variable themselves; switches ask when it names no `packages.conf`.
pub(super) async fn boot_question(shell: &mut Shell, name: &str) -> Io<bool> {
    let device = Arc::clone(&shell.device);
    let good = !device.platform.is_switch()
        || device
            .state()
            .boot
            .path
            .first()
            .and_then(|e| boot::local_path(e))
            == Some("packages.conf");
    if good {
        return Ok(true);
    }
    let question = format!(
        "Please confirm you have changed boot config to {}:packages.conf [y/n]",
        device.platform.fs()
    );
    if letter(shell, &question, "yn").await? == 'y' {
        return Ok(true);
    }
    failed(shell, name, "Boot config is not confirmed").await?;
    Ok(false)
}

async fn one_step(shell: &mut Shell, lock: Lock, args: &Args, pace: Pace) -> Io<()> {
    let name = "install_add_activate_commit";
    let quiet = args.has("prompt-level");
    if !shell.device.adds_images() {
        return failed(shell, name, PATCHES_ONLY).await;
    }
    let url = args.get("file").unwrap_or_default().to_owned();
    let Some(path) = on_active(shell, name, &url).await? else {
        return Ok(());
    };
    if !saved(shell, name, quiet).await? || !boot_question(shell, name).await? {
        return Ok(());
    }
    if !reload_question(shell, name, quiet).await? {
        return Ok(());
    }
    let device = Arc::clone(&shell.device);
    follow(shell, "install_add", move |out| {
        engine::one_step(device, lock, path, pace, out)
    })
    .await
}

async fn activate(shell: &mut Shell, lock: Lock, args: &Args) -> Io<()> {
    let name = "install_activate";
    let device = Arc::clone(&shell.device);
    if bundle(shell) {
        return failed(shell, name, BUNDLE).await;
    }
    let (release, timer_s) = match (target(shell, args), timer_s(args)) {
        (Ok(release), Ok(timer_s)) => (release, timer_s),
        (Err(reason), _) | (_, Err(reason)) => return failed(shell, name, reason).await,
    };
    let quiet = args.has("prompt-level");
    shell
        .term
        .write("install_activate: Activating IMG\n")
        .await?;
    if !saved(shell, name, quiet).await? || !boot_question(shell, name).await? {
        return Ok(());
    }
    list_packages(shell, &release).await?;
    if !reload_question(shell, name, quiet).await? {
        return Ok(());
    }
    follow(shell, "install_activate", move |out| {
        engine::activate(device, lock, release, Some(timer_s), out)
    })
    .await
}

/// Seconds of the auto-abort timer that was asked for.
pub(super) fn timer_s(args: &Args) -> Result<f64, &'static str> {
    match args.get("minutes").map(str::parse::<u32>) {
        None => Ok(f64::from(AUTO_ABORT_MIN) * 60.0),
        Some(Ok(n)) if (30..=1200).contains(&n) => Ok(f64::from(n) * 60.0),
        Some(_) => Err("auto-abort-timer is 30 to 1200 minutes"),
    }
}

/// The added release that an activation means.
pub(super) fn target(shell: &Shell, args: &Args) -> Result<Release, &'static str> {
    let device = &shell.device;
    let wanted = args
        .get("file")
        .and_then(|url| locate(device, &device.state(), url))
        .map(|p| p.path);
    let state = device.state();
    if state.install.in_state(PackageState::Uncommitted).is_some() {
        return Err("An uncommitted image is active. Commit or abort it first");
    }
    let added = |p: &&Package| {
        p.state == PackageState::Inactive && wanted.as_ref().is_none_or(|w| *w == p.file)
    };
    let found = state.install.packages.iter().find(added);
    found
        .map(|p| p.release.clone())
        .ok_or("No package is added that could be activated")
}

/// The packages that are to be activated.
pub(super) async fn list_packages(shell: &mut Shell, release: &Release) -> Io<()> {
    let platform = shell.device.platform;
    let mut list = String::from("Following packages shall be activated:\n");
    for file in birth::package_files(platform, release) {
        list.push_str(&format!("/{}/{file}\n", platform.fs()));
    }
    shell.term.write(&format!("{list}\n")).await
}

async fn remove_inactive(shell: &mut Shell, lock: Lock) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let fs = device.platform.fs();
    let lists = removal::removable(&device);
    let newer = device.state().running.release.at_least(17, 10);
    shell
        .term
        .write(&format!(
            "install_remove: Removing IMG\nCleaning up unnecessary package files\nNo path specified, will use \
             booted path /{fs}/packages.conf\n\n  Cleaning /{fs}\n  Scanning boot directory for packages ... \
             done.\n  Preparing packages list to delete ...\n"
        ))
        .await?;
    device.world.clock.sleep(10.0).await;
    let mut text = String::new();
    for (label, keep, _) in &lists {
        for file in keep {
            let line = if newer {
                format!("    [{label}]: /{fs}/{file} File is in use, will not delete.\n")
            } else {
                format!("    {file}\n      File is in use, will not delete.\n")
            };
            text.push_str(&line);
        }
    }
    text.push_str("  done.\n\n");
    if lists.iter().all(|(_, _, remove)| remove.is_empty()) {
        text.push_str(
            "SUCCESS: No extra package or provisioning files found on media. Nothing to clean.\n\n",
        );
        shell.term.write(&text).await?;
        removal::end_remove(lock, true);
        return removed(shell).await;
    }
    text.push_str("The following files will be deleted:\n");
    for (label, _, remove) in &lists {
        for file in remove {
            text.push_str(&format!("    [{label}]: /{fs}/{file}\n"));
        }
    }
    shell.term.write(&text).await?;
    if letter(
        shell,
        "\nDo you want to remove the above files? [y/n]",
        "yn",
    )
    .await?
        != 'y'
    {
        shell.term.write("User Rejected Deletion\n").await?;
        removal::end_remove(lock, true);
        return removed(shell).await;
    }
    let mut text = String::from("\nDeleting files:\n");
    for (label, _, remove) in &lists {
        for file in remove {
            text.push_str(&format!(
                "  Deleting file [{label}]: /{fs}/{file} ... done.\n"
            ));
        }
    }
    text.push_str("SUCCESS: Files deleted.\n\n");
    device.world.clock.sleep(15.0).await;
    let files: Vec<String> = lists
        .into_iter()
        .flat_map(|(_, _, remove)| remove)
        .collect();
    removal::delete_everywhere(&device, &files);
    shell.term.write(&text).await?;
    phase_remove(shell).await?;
    removal::end_remove(lock, true);
    removed(shell).await
}

async fn phase_remove(shell: &mut Shell) -> Io<()> {
    let labels = shell.device.labels(&shell.device.state());
    let all = labels.join(" ");
    let mut text = String::from(
        "--- Starting Post_Remove_Cleanup ---\nPerforming Post_Remove_Cleanup on all members\n",
    );
    for label in &labels {
        text.push_str(&format!(
            "  [{label}] Finished Post_Remove_Cleanup on {label}\n"
        ));
    }
    text.push_str(&format!(
        "Checking status of Post_Remove_Cleanup on [{all}]\nPost_Remove_Cleanup: Passed on [{all}]\nFinished \
         Post_Remove_Cleanup\n\n"
    ));
    shell.term.write(&text).await
}

async fn removed(shell: &mut Shell) -> Io<()> {
    let date = shell.device.world.clock.engine_date(shell.device.now());
    shell
        .term
        .write(&format!("SUCCESS: install_remove  {date}\n"))
        .await
}

async fn remove_file(shell: &mut Shell, lock: Lock, url: &str) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let Some(path) = on_active(shell, "install_remove", url).await? else {
        return Ok(());
    };
    let (known, there, used) = {
        let state = device.state();
        let mut patches = state.install.patches.iter();
        let used = patches.any(|p| p.file == path && p.state != PackageState::Inactive);
        let package = state.install.packages.iter().find(|p| p.file == path);
        (
            package.cloned(),
            state.flash().is_some_and(|f| f.holds(&path)),
            used,
        )
    };
    if used {
        let reason = format!("{path} is in use. Deactivate it and commit first");
        return failed(shell, "install_remove", &reason).await;
    }
    if !there {
        let name = device.platform.fs();
        return failed(
            shell,
            "install_remove",
            &format!("{name}:{path} does not exist"),
        )
        .await;
    }
    let mut files = vec![path];
    if let Some(package) = known.filter(|p| p.state == PackageState::Inactive) {
        files.extend(parts(shell, &package.release));
    }
    finish_remove(shell, lock, &files).await
}

/// The files that belong to an added release beside its `.bin`.
fn parts(shell: &Shell, release: &Release) -> Vec<String> {
    let platform = shell.device.platform;
    let mut files = birth::package_files(platform, release);
    files.push(format!("{}.{}.SPA.conf", platform.prefix, release.padded()));
    files
}

async fn remove_version(shell: &mut Shell, lock: Lock, version: &str) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let found = {
        let state = device.state();
        let named =
            |r: &Release| r.engine() == version || r.padded() == version || r.plain() == version;
        state
            .install
            .packages
            .iter()
            .find(|p| p.state == PackageState::Inactive && named(&p.release))
            .cloned()
    };
    let Some(package) = found else {
        return failed(
            shell,
            "install_remove",
            &format!("{version} is not an inactive version"),
        )
        .await;
    };
    let mut files = parts(shell, &package.release);
    files.push(package.file);
    finish_remove(shell, lock, &files).await
}

async fn finish_remove(shell: &mut Shell, lock: Lock, files: &[String]) -> Io<()> {
    shell.term.write("install_remove: Removing IMG\n").await?;
    shell.device.world.clock.sleep(10.0).await;
    removal::delete_everywhere(&shell.device, files);
    phase_remove(shell).await?;
    removal::end_remove(lock, true);
    removed(shell).await
}

async fn stop_timer(shell: &mut Shell) -> Io<()> {
    let stopped = {
        let mut state = shell.device.state();
        state.install.timer.take().is_some()
    };
    if stopped {
        let date = shell.device.world.clock.engine_date(shell.device.now());
        shell.term.write(&format!("install_auto_abort_timer_stop: START {date}\nSUCCESS: install_auto_abort_timer_stop {date}\n")).await
    } else {
        failed(
            shell,
            "install_auto_abort_timer_stop",
            "Auto abort timer is not running",
        )
        .await
    }
}
