//! A patch over the running release: add, activate with the timer, commit; or the way out again.
//!
//! Whether a patch takes a reload stands in its file, and the device reads it there: no plan knows it
//! before. So a plan reckons with the reload, has the device say what it is before the gate, and the
//! gate tells it.
//!
//! Source: Cisco, "Software Maintenance Upgrade" of Catalyst 9000 and of routers.

use iosxe_core::boot::{BootMode, PackageState, file_name};
use iosxe_core::device::{FactKind, Facts};
use iosxe_core::fault::Remedy;
use iosxe_core::patch::{PatchAim, is_patch};
use iosxe_core::plan::{DevicePlan, Method, Refusal, Step, StepKind};
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};

use super::image::catalogue;
use super::install::{add, commit, timer, verify};
use super::method::{mode, row};
use super::step::{boots_packages, disturbing, gate_for, policy as value, step};
use super::{Because, Case};

/// Longest that `install remove file` takes, in seconds of device time.
const REMOVE_MOST_S: u64 = 300;

/// A row asks for a patch exactly when it names one, and the name is of the running release.
pub(super) fn asked(case: Case<'_>) -> Result<(), Refusal> {
    let request = case.request;
    let (facts, image) = (request.facts, request.image);
    let wanted = request.record.want_method == Some(Method::Smu);
    match (wanted, is_patch(&image.file)) {
        (false, false) => return Ok(()),
        (false, true) => {
            return Err(Refusal::new(
                "patch_not_asked_for",
                format!(
                    "{} is a patch, and no release is installed with it",
                    image.file
                ),
                Remedy::new("set `want_method` to `smu`, or name an image"),
            )
            .seen(row(case))
            .seen(vec![catalogue(image)]));
        }
        (true, false) => {
            return Err(Refusal::new(
                "not_a_patch",
                format!("the row wants a patch, and {} is none", image.file),
                Remedy::new("name a .smu.bin file in the `image` cell"),
            )
            .seen(row(case)));
        }
        (true, true) => {}
    }
    if facts.boot_mode == BootMode::Bundle {
        return Err(Refusal::new(
            "bundle_mode",
            "the row wants a patch, but the device runs in bundle mode: it takes patches in install mode alone",
            Remedy::new("bring the device to install mode first (`want_method = convert`)"),
        )
        .seen(mode(facts))
        .seen(row(case)));
    }
    match facts.running.number() {
        Some(running) if *running != image.version => Err(Refusal::new(
            "patch_other_release",
            format!(
                "{} is for {}, and the device runs {running}: a patch is for exactly one release",
                image.file, image.version
            ),
            Remedy::new("use the patch of the running release, or upgrade the device first"),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(vec![catalogue(image)])),
        Some(_) | None => Ok(()),
    }
}

/// The file of a patch that is in use and not on the flash of the member that answers: the engine does
/// nothing before it is restored.
pub(super) fn files_there(case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let flash = facts
        .file_systems
        .iter()
        .find(|fs| fs.name == case.family.primary);
    let (Some(install), Some(flash)) = (&facts.install, flash) else {
        return Ok(());
    };
    let in_use = |state| state != PackageState::Inactive;
    let lost = install.patches().find(|p| {
        // One in a folder does not stand in the list of the root.
        let name = file_name(&p.label);
        in_use(p.state) && !name.contains('/') && flash.files.iter().all(|f| f.name != name)
    });
    match lost {
        None => Ok(()),
        Some(patch) => Err(Refusal::new(
            "patch_file_missing",
            format!(
                "the file of a patch in use, {}, is not on {} any more, and the install engine refuses all work until it is",
                file_name(&patch.label),
                flash.name
            ),
            Remedy::new(format!(
                "copy exactly that file back to {} of every member, and do not reload before",
                flash.name
            )),
        )
        .seen(lines_of(facts, file_name(&patch.label)))),
    }
}

/// The lines of the install engine that name a file; all of them where none does.
fn lines_of(facts: &Facts, file: &str) -> Vec<Evidence> {
    let all = facts.evidence(FactKind::Package);
    let named: Vec<Evidence> = all
        .iter()
        .filter(|e| e.line.contains(file))
        .cloned()
        .collect();
    if named.is_empty() { all } else { named }
}

/// The steps of the method; what comes before the gate stands in the plan already.
pub(super) fn smu(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    boots_packages(case.request.facts)?;
    plan.then_patches = follow(case);
    match case.request.record.patch_aim {
        PatchAim::Apply => put_in(plan, case),
        PatchAim::Remove => {
            take_out(plan, case);
            Ok(())
        }
    }
}

/// The patches of the row behind this one that are not yet as they shall be.
fn follow(case: Case<'_>) -> Vec<String> {
    let request = case.request;
    let this = request.image.file.as_str();
    let settled = |file: &str| request.record.is_settled_patch(request.facts, file);
    let behind = request.record.patches().skip_while(|file| *file != this);
    let behind = behind
        .skip(1)
        .filter(|file| !settled(file) && *file != this);
    behind.map(str::to_owned).collect()
}

fn put_in(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Case {
        family, request, ..
    } = case;
    let (facts, policy) = (request.facts, request.policy);
    let [_, add_most] = family.add_s;
    let bound = disturbed_for(case);
    let path = path(plan);
    let timer = timer(case)?;
    let (asked, why) = if policy.patch_timer {
        plan.auto_abort = Some(policy.auto_abort);
        (
            format!(" auto-abort-timer {}", timer.minutes),
            timer.reason(),
        )
    } else {
        let why = "the policy says that activating a patch takes no timer: what the device takes itself is read back";
        (
            String::new(),
            Reason::new("device_timer", why, vec![value("patch_timer", false)]),
        )
    };
    plan.steps.push(check(&path, facts));
    plan.steps.push(add(plan, add_most, facts));
    plan.steps.push(gate_for(
        "activate",
        "the device reloads, unless check_patch found the patch to be hot",
        &plan.image,
        facts,
    ));
    plan.steps.push(
        disturbing(step(
            StepKind::Activate,
            StageKind::Upgrade,
            vec![format!("install activate file {path}{asked}")],
            bound,
            "install abort, or the device itself when nobody commits: a reload unless the patch is hot",
        ))
        .because(why),
    );
    plan.steps.push(verify(
        format!(
            "the patch active on every member, still {}, members back, baseline equal",
            plan.to
        ),
        policy,
    ));
    let mut committed = commit(policy);
    committed.undo =
        format!("install deactivate file {path}; install commit; install remove file {path}");
    plan.steps.push(committed);
    plan.way_back.push(abort(case));
    // What somebody else had added stays added.
    let listed = facts
        .install
        .as_ref()
        .is_some_and(|i| i.lists_patch(&plan.image.file));
    if !listed {
        plan.way_back
            .push(remove(&path, StageKind::Rollback, facts));
    }
    Ok(())
}

fn take_out(plan: &mut DevicePlan, case: Case<'_>) {
    let request = case.request;
    let facts = request.facts;
    let path = path(plan);
    let file = &plan.image.file;
    let listed = facts.install.as_ref().map(|i| i.patch_states(file));
    let unused = listed.is_some_and(|states| {
        let mut states = states.into_iter().flatten();
        states.all(|s| s == PackageState::Inactive)
    });
    if unused {
        // Nothing is disturbed: no gate, and nothing to go back from.
        plan.steps.push(remove(&path, StageKind::Commit, facts));
        return;
    }
    plan.steps.push(check(&path, facts));
    plan.steps.push(gate_for(
        "take out",
        "the device reloads, unless check_patch found the patch to be hot",
        &plan.image,
        facts,
    ));
    plan.steps.push(
        disturbing(step(
            StepKind::Deactivate,
            StageKind::Upgrade,
            vec![format!("install deactivate file {path}")],
            disturbed_for(case),
            "install abort: a reload unless the patch is hot",
        ))
        .because(Reason::new(
            "out_of_use_before_removed",
            "a patch in use is deactivated, and that committed, before its file goes",
            lines_of(facts, file),
        )),
    );
    plan.steps.push(verify(
        format!(
            "the patch out of use on every member, still {}, members back, baseline equal",
            plan.to
        ),
        request.policy,
    ));
    let mut committed = commit(request.policy);
    committed.undo = "the patch is put in again, while somebody has its file".into();
    plan.steps.push(committed);
    plan.steps.push(remove(&path, StageKind::Commit, facts));
    plan.way_back.push(abort(case));
}

fn path(plan: &DevicePlan) -> String {
    format!("{}{}", plan.file_system, plan.image.file)
}

/// The longest that the device may be away, in seconds of device time.
fn disturbed_for(case: Case<'_>) -> u64 {
    let [_, activate_most] = case.family.activate_s;
    let (_, reload_most) = case.family.reload();
    activate_most + reload_most.as_secs()
}

fn check(path: &str, facts: &Facts) -> Step {
    step(
        StepKind::CheckPatch,
        StageKind::Transfer,
        vec![format!("show install package {path}")],
        300,
        "none needed",
    )
    .because(Reason::new(
        "patch_says_what_it_takes",
        "for which release it is, what replaces it, and whether it takes a reload stands in the file alone: the device reads it",
        facts.evidence(FactKind::Release),
    ))
}

fn abort(case: Case<'_>) -> Step {
    disturbing(step(
        StepKind::Abort,
        StageKind::Rollback,
        vec!["install abort".into()],
        disturbed_for(case),
        "none: the patch begins anew",
    ))
    .because(Reason::new(
        "abort_before_commit",
        "what is not committed goes back by one command: a reload unless the patch is hot",
        case.request.facts.evidence(FactKind::Package),
    ))
}

fn remove(path: &str, stage: StageKind, facts: &Facts) -> Step {
    step(
        StepKind::RemovePatch,
        stage,
        vec![format!("install remove file {path}")],
        REMOVE_MOST_S,
        "none: the file is sent again when the patch is put in",
    )
    .because(Reason::new(
        "unused_patch_goes",
        "a patch that is not in use is taken off the flash: the next one to look finds no left-over",
        facts.evidence(FactKind::Package),
    ))
}
