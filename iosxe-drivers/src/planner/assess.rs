//! Steps held against what a look saw: is it done, can it be done, what stands in the way?

use iosxe_core::boot::{BootMode, PackageState, file_name};
use iosxe_core::device::{Facts, MISMATCH, Readiness, Role};
use iosxe_core::image::HashKind;
use iosxe_core::observation::{Digest, Observation};
use iosxe_core::plan::{DevicePlan, Method, Standing, Step, StepKind, StepState};
use iosxe_core::ports::Look;
use iosxe_core::stage::StageKind;
use iosxe_core::version::Version;

use super::{firmware_state, keep, request_state, rollback, smu_state};
use crate::look::configuration::{RUNNING, STARTUP};

/// The look that tells how a step stands.
#[must_use]
pub fn look_for(step: &Step, plan: &DevicePlan) -> Look {
    let with_firmware = [StepKind::WriteFirmware, StepKind::Reload, StepKind::Verify];
    if plan.method == Method::Firmware && with_firmware.contains(&step.kind) {
        return Look::Firmware;
    }
    match step.kind {
        StepKind::SaveConfig => Look::Readiness,
        StepKind::VerifyHash => Look::Digest {
            path: format!("{}{}", plan.file_system_of(step), plan.image.file),
            kind: plan.image.digest().map_or(HashKind::Md5, |(kind, _)| kind),
        },
        // A file of that name may be the copy of an earlier plan.
        StepKind::KeepStartup => Look::Configuration {
            kept: format!(
                "{}{}",
                plan.file_system_of(step),
                super::step::kept_startup(plan)
            ),
            with: STARTUP.into(),
        },
        StepKind::ReplaceConfig | StepKind::ConfirmConfig => Look::Configuration {
            kept: format!("{}{}", plan.file_system, super::step::kept_startup(plan)),
            with: RUNNING.into(),
        },
        StepKind::DeleteFile
        | StepKind::Transfer
        | StepKind::Pull
        | StepKind::CopyAcross
        | StepKind::Add
        | StepKind::Gate
        | StepKind::SetBoot
        | StepKind::Activate
        | StepKind::ActivateIssu
        | StepKind::ActivateStandby
        | StepKind::ActivateActive
        | StepKind::LoadVersion
        | StepKind::RunVersion
        | StepKind::AcceptVersion
        | StepKind::CommitVersion
        | StepKind::ReloadSlot
        | StepKind::InstallNode
        | StepKind::AddActivateCommit
        | StepKind::Reload
        | StepKind::Verify
        | StepKind::Commit
        | StepKind::Abort
        | StepKind::AbortIssu
        | StepKind::AbortVersion
        | StepKind::RestoreStartup
        | StepKind::Deactivate
        | StepKind::RemovePatch
        | StepKind::WriteFirmware => Look::Facts,
        // Points come and go: where it leads is asked right before it is taken.
        StepKind::InstallRollback => match rollback::point_of(step) {
            Some(id) => Look::Point { id },
            None => Look::Facts,
        },
        StepKind::CheckPatch => Look::Patch {
            path: format!("{}{}", plan.file_system, plan.image.file),
        },
        StepKind::ExpandPackages | StepKind::InstallPackages | StepKind::RollbackPackages => {
            request_state::look_for(step, plan)
        }
    }
}

/// Holds a step against what its look saw.
#[must_use]
pub fn assess(step: &Step, plan: &DevicePlan, seen: &Observation) -> StepState {
    match (step.kind, seen) {
        (StepKind::SaveConfig, Observation::Readiness(readiness)) => save_config(readiness),
        (StepKind::VerifyHash, Observation::Digest(digest)) => verify_hash(step, plan, digest),
        (StepKind::CheckPatch, Observation::Patch(seen)) => smu_state::check(plan, seen),
        (_, Observation::Configuration(seen)) => keep::assess(step, plan, seen),
        (_, Observation::Facts(facts)) if plan.method == Method::Smu => {
            let own = smu_state::assess(step, plan, facts);
            own.unwrap_or_else(|| with_facts(step, plan, facts))
        }
        (_, Observation::Facts(facts)) if plan.method == Method::Firmware => {
            let own = firmware_state::assess(step, plan, facts);
            own.unwrap_or_else(|| with_facts(step, plan, facts))
        }
        (_, Observation::Facts(facts)) => with_facts(step, plan, facts),
        (kind, Observation::Provisioned(seen)) if kind.provisions() => {
            request_state::assess(step, plan, seen)
        }
        (kind, _) => StepState::Blocked {
            expected: format!("the look that belongs to {}", kind.word()),
            found: "another one".into(),
            code: "wrong_look".into(),
        },
    }
}

fn save_config(readiness: &Readiness) -> StepState {
    match &readiness.unsaved {
        Some(lines) if lines.is_empty() => StepState::Done,
        Some(_) => StepState::Ready,
        None => StepState::Blocked {
            expected: "a comparison of running and startup configuration".into(),
            found: "none that could be read".into(),
            code: "unsaved_unknown".into(),
        },
    }
}

fn verify_hash(step: &Step, plan: &DevicePlan, digest: &Digest) -> StepState {
    let expected = plan.image.digest_of(digest.kind).unwrap_or_default();
    let short = |hex: &str| format!("{}…", hex.get(..16).unwrap_or(hex));
    match digest.hex.as_deref() {
        Some(hex) if !expected.is_empty() && hex.eq_ignore_ascii_case(expected) => StepState::Done,
        Some(hex) => StepState::Blocked {
            expected: format!("{} {}", digest.kind, short(expected)),
            found: short(hex),
            code: "hash_differs".into(),
        },
        None => StepState::Blocked {
            expected: format!(
                "a {} of {}{}",
                digest.kind,
                plan.file_system_of(step),
                plan.image.file
            ),
            found: "the device does not compute it".into(),
            code: "hash_unsupported".into(),
        },
    }
}

/// The size of a file on the file system that a step is about.
fn size_on_flash(step: &Step, plan: &DevicePlan, facts: &Facts, name: &str) -> Option<u64> {
    facts
        .file_systems
        .iter()
        .find(|fs| fs.name == plan.file_system_of(step))
        .and_then(|fs| fs.files.iter().find(|f| f.name == name))
        .map(|f| f.size_bytes)
}

/// Whether the image is the install engine's. A patch in its list needs its file all the same, and
/// firmware never stands there.
fn added(plan: &DevicePlan, facts: &Facts) -> bool {
    !matches!(plan.method, Method::Smu | Method::Firmware)
        && facts
            .install
            .as_ref()
            .is_some_and(|i| i.states_of(&plan.to).next().is_some())
}

pub(super) fn busy(facts: &Facts) -> Option<StepState> {
    facts
        .install_busy
        .as_ref()
        .map(|what| StepState::Pending { what: what.clone() })
}

fn with_facts(step: &Step, plan: &DevicePlan, facts: &Facts) -> StepState {
    let back = [StepKind::InstallRollback, StepKind::RestoreStartup];
    let known = plan.serials.iter().any(|s| facts.serials.contains(s));
    // A way back may be walked long after its plan was made.
    let reloads_back = step.kind == StepKind::Reload && step.stage == StageKind::Rollback;
    if (back.contains(&step.kind) || reloads_back) && !plan.serials.is_empty() && !known {
        return StepState::Blocked {
            expected: format!("the device with serial {}", plan.serials.join(", ")),
            found: facts.serials.join(", "),
            code: "serial_differs".into(),
        };
    }
    if let Some(state) = other_flash(step, facts) {
        return state;
    }
    let size_of = |name: &str| size_on_flash(step, plan, facts, name);
    if let Some(state) = super::sides::assess(step, plan, facts) {
        return state;
    }
    if let Some(state) = request_state::reload(step, plan, facts) {
        return state;
    }
    match step.kind {
        StepKind::DeleteFile => match size_of(&plan.image.file) {
            // Once added, the file is the install engine's: it is neither deleted nor sent again.
            _ if added(plan, facts) => StepState::Done,
            None => StepState::Done,
            Some(size) if size == plan.image.size_bytes => StepState::Done,
            Some(_) => StepState::Ready,
        },
        StepKind::Transfer | StepKind::Pull | StepKind::CopyAcross => {
            match size_of(&plan.image.file) {
                _ if added(plan, facts) => StepState::Done,
                Some(size) if size == plan.image.size_bytes => StepState::Done,
                Some(size) => StepState::Blocked {
                    expected: format!("no file, or {} bytes", plan.image.size_bytes),
                    found: format!("{size} bytes"),
                    code: "partial_file".into(),
                },
                None => StepState::Ready,
            }
        }
        StepKind::Add => {
            if added(plan, facts) {
                return busy(facts).unwrap_or(StepState::Done);
            }
            busy(facts).unwrap_or(StepState::Ready)
        }
        StepKind::SetBoot => {
            let first = boots_first(plan);
            if every_next(facts).all(|file| file == Some(file_name(&first))) {
                StepState::Done
            } else {
                StepState::Ready
            }
        }
        StepKind::Activate => activate(plan, facts),
        StepKind::ActivateIssu => activate_in_service(plan, facts),
        // What members do beside the one that answers is for the post-check to say, which has its time and
        // its way back.
        StepKind::AddActivateCommit if is_engines(plan, facts) => StepState::Done,
        StepKind::AddActivateCommit => match standing(plan, facts) {
            Standing::Committed | Standing::Uncommitted => StepState::Done,
            Standing::Original => StepState::Ready,
            Standing::Settling { what } => StepState::Pending { what },
            Standing::Other { running } => other(plan, running),
        },
        StepKind::Reload if boots_another(plan, facts).is_some() => StepState::Blocked {
            expected: format!(
                "{} or the old image as the next boot of every member",
                boots_first(plan)
            ),
            found: boots_another(plan, facts).unwrap_or_default(),
            code: "boot_variable".into(),
        },
        // Forth it is done by then, whatever a member is; and back such a member is a reason to go, never
        // one to wait with it.
        StepKind::Reload if on_target(plan, facts) => match boots_old(plan, facts) {
            true => busy(facts).unwrap_or(StepState::Ready),
            false => StepState::Done,
        },
        // Back, and a member is kept out: that is for the proof to tell.
        StepKind::Reload | StepKind::Abort | StepKind::InstallRollback
            if facts.mismatched().is_some() && went_home(step, plan, facts) =>
        {
            StepState::Done
        }
        StepKind::Reload => match standing(plan, facts) {
            // A reload forth is done when the target runs; back, when the old release does. Which
            // one is meant is seen from the boot variable.
            Standing::Committed | Standing::Uncommitted if !boots_old(plan, facts) => {
                StepState::Done
            }
            Standing::Original if boots_old(plan, facts) => StepState::Done,
            Standing::Committed | Standing::Uncommitted | Standing::Original => StepState::Ready,
            Standing::Settling { what } => StepState::Pending { what },
            Standing::Other { running } => other(plan, running),
        },
        StepKind::Commit => match standing(plan, facts) {
            Standing::Committed => StepState::Done,
            Standing::Uncommitted => busy(facts).unwrap_or(StepState::Ready),
            Standing::Settling { what } => StepState::Pending { what },
            Standing::Original => StepState::Blocked {
                expected: format!("{} activated", plan.to),
                found: format!("{} runs", plan.from),
                code: "went_back".into(),
            },
            Standing::Other { running } => other(plan, running),
        },
        // A missing member is a reason to go back, never one to wait with it.
        StepKind::Abort if runs_target(plan, facts, PackageState::Uncommitted) => {
            busy(facts).unwrap_or(StepState::Ready)
        }
        StepKind::Abort => match standing(plan, facts) {
            Standing::Original => StepState::Done,
            Standing::Uncommitted => busy(facts).unwrap_or(StepState::Ready),
            Standing::Settling { what } => StepState::Pending { what },
            Standing::Committed => StepState::Blocked {
                expected: format!("{} not committed", plan.to),
                found: "it is committed".into(),
                code: "committed_already".into(),
            },
            Standing::Other { running } => other(plan, running),
        },
        StepKind::AbortIssu => abort_in_service(plan, facts),
        // Steps of a router's upgrade in service, in a plan that is none.
        StepKind::ActivateStandby
        | StepKind::ActivateActive
        | StepKind::LoadVersion
        | StepKind::RunVersion
        | StepKind::AcceptVersion
        | StepKind::CommitVersion
        | StepKind::ReloadSlot
        | StepKind::InstallNode
        | StepKind::AbortVersion => StepState::Blocked {
            expected: "a plan that upgrades a router in service".into(),
            found: plan.method.word().into(),
            code: "wrong_plan".into(),
        },
        StepKind::InstallRollback if on_target(plan, facts) => {
            busy(facts).unwrap_or_else(|| rollback::leads(step, plan, facts))
        }
        StepKind::InstallRollback => match standing(plan, facts) {
            Standing::Original => StepState::Done,
            Standing::Committed | Standing::Uncommitted => {
                busy(facts).unwrap_or_else(|| rollback::leads(step, plan, facts))
            }
            Standing::Settling { what } => StepState::Pending { what },
            Standing::Other { running } => other(plan, running),
        },
        StepKind::RestoreStartup => {
            if boots_old(plan, facts) {
                StepState::Done
            } else {
                StepState::Ready
            }
        }
        StepKind::Verify => match standing(plan, facts) {
            Standing::Uncommitted | Standing::Committed => StepState::Done,
            Standing::Settling { what } => StepState::Pending { what },
            Standing::Original => StepState::Blocked {
                expected: format!("{} on every member", plan.to),
                found: format!("{} runs", plan.from),
                code: "went_back".into(),
            },
            Standing::Other { running } => other(plan, running),
        },
        StepKind::SaveConfig | StepKind::VerifyHash | StepKind::Gate => StepState::Ready,
        StepKind::KeepStartup | StepKind::ReplaceConfig | StepKind::ConfirmConfig => {
            StepState::Blocked {
                expected: "a comparison of configurations".into(),
                found: "facts".into(),
                code: "wrong_look".into(),
            }
        }
        StepKind::CheckPatch | StepKind::Deactivate | StepKind::RemovePatch => StepState::Blocked {
            expected: "a plan for a patch".into(),
            found: format!("one by {}", plan.method),
            code: "wrong_look".into(),
        },
        StepKind::ExpandPackages | StepKind::InstallPackages | StepKind::RollbackPackages => {
            StepState::Blocked {
                expected: "what the files name that packages are booted by".into(),
                found: "another look".into(),
                code: "wrong_look".into(),
            }
        }
        StepKind::WriteFirmware => StepState::Blocked {
            expected: "a plan for firmware".into(),
            found: format!("one by {}", plan.method),
            code: "wrong_plan".into(),
        },
    }
}

/// The file system of a further member is not there: the member is away, or has become the active, whose
/// flash has another name. A copy to it would go nowhere, or onto itself.
fn other_flash(step: &Step, facts: &Facts) -> Option<StepState> {
    let wanted = step.member_fs.as_ref()?;
    if facts.file_systems.iter().any(|f| f.name == *wanted) {
        return None;
    }
    let active = facts.members.iter().find(|m| m.role == Role::Active);
    let moved = active.filter(|m| wanted.ends_with(&format!("-{}:", m.id)));
    Some(match moved {
        Some(active) => StepState::Blocked {
            expected: wanted.clone(),
            found: format!("member {} is the active now", active.id),
            code: "roles_changed".into(),
        },
        None => StepState::Pending {
            what: wanted.clone(),
        },
    })
}

/// The member that answers runs the target, whatever it boots next. A patch leaves the release as it is.
fn on_target(plan: &DevicePlan, facts: &Facts) -> bool {
    let unconverted = plan.method == Method::Convert && facts.boot_mode == BootMode::Bundle;
    let release = facts.running.number() == Some(&plan.to);
    release && !unconverted && plan.method != Method::Smu
}

/// The same, as the install engine has it.
fn is_engines(plan: &DevicePlan, facts: &Facts) -> bool {
    let states = [PackageState::Uncommitted, PackageState::Committed];
    on_target(plan, facts)
        && states
            .into_iter()
            .any(|state| runs_target(plan, facts, state))
}

/// The member that answers is back where it came from, and nothing is left to be booted.
fn went_home(step: &Step, plan: &DevicePlan, facts: &Facts) -> bool {
    let on_trial = facts
        .install
        .as_ref()
        .is_some_and(|i| i.has(&plan.to, PackageState::Uncommitted));
    let home = match step.kind {
        StepKind::Reload => boots_old(plan, facts),
        _ => !on_trial,
    };
    let release = facts.running.number() == Some(&plan.from);
    home && release && facts.install_busy.is_none() && plan.method != Method::Smu
}

/// The member that answers runs the target, activated: what members do beside it is for the
/// post-check to say, which has its time and its way back.
fn runs_target(plan: &DevicePlan, facts: &Facts, state: PackageState) -> bool {
    facts.running.number() == Some(&plan.to)
        && facts
            .install
            .as_ref()
            .is_some_and(|i| i.has(&plan.to, state))
}

pub(super) fn activate(plan: &DevicePlan, facts: &Facts) -> StepState {
    if runs_target(plan, facts, PackageState::Uncommitted)
        || runs_target(plan, facts, PackageState::Committed)
    {
        return StepState::Done;
    }
    match standing(plan, facts) {
        Standing::Uncommitted | Standing::Committed => StepState::Done,
        Standing::Settling { what } => StepState::Pending { what },
        Standing::Other { running } => other(plan, running),
        Standing::Original => {
            let inactive = facts
                .install
                .as_ref()
                .is_some_and(|i| i.has(&plan.to, PackageState::Inactive));
            if inactive {
                StepState::Ready
            } else {
                StepState::Blocked {
                    expected: format!("{} added and inactive", plan.to),
                    found: "it is not in `show install summary`".into(),
                    code: "not_added".into(),
                }
            }
        }
    }
}

/// In service the phases are the device's (design rule 14): done when both sides stand on the target.
/// The first switchover alone is not the end of it.
fn activate_in_service(plan: &DevicePlan, facts: &Facts) -> StepState {
    match (standing(plan, facts), moving(facts)) {
        (Standing::Other { running }, _) => other(plan, running),
        (_, Some(what)) | (Standing::Settling { what }, None) => StepState::Pending { what },
        (Standing::Uncommitted | Standing::Committed, None) => StepState::Done,
        (Standing::Original, None) => activate(plan, facts),
    }
}

/// An abort while a side boots would leave none: the device's own is waited for.
fn abort_in_service(plan: &DevicePlan, facts: &Facts) -> StepState {
    match (standing(plan, facts), moving(facts)) {
        (Standing::Other { running }, _) => other(plan, running),
        (_, Some(what)) | (Standing::Settling { what }, None) => StepState::Pending { what },
        (Standing::Original, None) => StepState::Done,
        (Standing::Uncommitted, None) => busy(facts).unwrap_or(StepState::Ready),
        (Standing::Committed, None) => StepState::Blocked {
            expected: format!("{} not committed", plan.to),
            found: "it is committed".into(),
            code: "committed_already".into(),
        },
    }
}

/// The phase of an upgrade in service that is on its way.
fn moving(facts: &Facts) -> Option<String> {
    let state = facts.issu.as_ref().filter(|s| !s.is_settled())?;
    let phase = state.state.as_deref().unwrap_or("its phases");
    Some(format!("the upgrade in service: {phase}"))
}

pub(super) fn other(plan: &DevicePlan, running: String) -> StepState {
    StepState::Blocked {
        expected: format!("{} or {}", plan.from, plan.to),
        found: running,
        code: "third_release".into(),
    }
}

/// The file that every member boots next, as far as the device tells, the one that answers first; `None`
/// for a member without a variable. What a member boots that is kept out is not the stack's to set.
fn every_next(facts: &Facts) -> impl Iterator<Item = Option<&str>> {
    let own = facts.boot.next.as_ref().and_then(|n| n.first());
    let out = facts.members.iter().filter(|m| m.state == MISMATCH);
    let out: Vec<String> = out.map(|m| format!("member {}", m.id)).collect();
    let others = facts.boot.others();
    let others = others.filter(move |(side, _)| !out.contains(side));
    let others = others.map(|(_, files)| files.first());
    std::iter::once(own)
        .chain(others)
        .map(|file| file.map(|f| file_name(f)))
}

/// The file of the old release: the last boot entry that the plan sets.
fn old_file(plan: &DevicePlan) -> Option<&str> {
    let set = plan.steps.iter().find(|s| s.kind == StepKind::SetBoot)?;
    let mut entries = set.commands.iter().rev();
    let last = entries.find_map(|c| c.strip_prefix("boot system "))?;
    Some(file_name(last))
}

/// Whether the next boot is the old release's (bundle mode).
fn boots_old(plan: &DevicePlan, facts: &Facts) -> bool {
    every_next(facts).all(|next| match (next, old_file(plan)) {
        (Some(next), Some(old)) => next == old,
        (Some(next), None) => next != file_name(&boots_first(plan)),
        (None, _) => false,
    })
}

/// The next boot of a member where it is neither the new release's nor the old one's, somebody else's plan;
/// and where members would boot one and the other.
fn boots_another(plan: &DevicePlan, facts: &Facts) -> Option<String> {
    let (wanted, old) = (boots_first(plan), old_file(plan)?);
    let new = file_name(&wanted);
    let all: Vec<Option<&str>> = every_next(facts).collect();
    let strange = all
        .iter()
        .flatten()
        .find(|next| **next != old && **next != new);
    if let Some(strange) = strange {
        return Some((*strange).to_owned());
    }
    let first = all.first().copied().flatten()?;
    let other = all.iter().find(|next| **next != Some(first))?;
    Some(format!(
        "{first}, and {} on a member",
        other.unwrap_or("none")
    ))
}

/// The file that the boot variable names first when the plan has set it.
fn boots_first(plan: &DevicePlan) -> String {
    match plan.method {
        Method::Convert => "packages.conf".into(),
        Method::RequestPlatform => request_state::boots(plan).unwrap_or_default(),
        _ => plan.image.file.clone(),
    }
}

/// What the device is, seen against its plan, after an activation or reload.
#[must_use]
pub fn standing(plan: &DevicePlan, facts: &Facts) -> Standing {
    if plan.method == Method::Smu {
        return smu_state::standing(plan, facts);
    }
    if plan.method == Method::Firmware {
        return firmware_state::standing(plan, facts);
    }
    let settling = |what: String| Standing::Settling { what };
    if let Err(standing) = all_there(plan, facts) {
        return standing;
    }
    if let Some(form) = super::sides::form(plan) {
        return super::sides::standing(form, plan, facts);
    }
    let running = match members_on(plan, facts) {
        Ok(running) => running,
        Err(standing) => return standing,
    };
    if plan.method == Method::RequestPlatform {
        return request_state::standing(plan, running);
    }
    let state = |version| {
        let install = facts.install.as_ref()?;
        Some((
            install.has(version, PackageState::Uncommitted),
            install.has(version, PackageState::Committed),
        ))
    };
    // A conversion may keep the release: the boot mode tells before from after.
    let unconverted = plan.method == Method::Convert && facts.boot_mode == BootMode::Bundle;
    if *running == plan.to && !unconverted {
        return match (plan.method, state(&plan.to)) {
            (Method::Bundle, _) => Standing::Committed,
            (_, Some((true, _))) => Standing::Uncommitted,
            (_, Some((false, true))) => Standing::Committed,
            (_, Some((false, false)) | None) => {
                settling(format!("{} in `show install summary`", plan.to))
            }
        };
    }
    if *running == plan.from {
        return match (plan.method, state(&plan.to)) {
            // What the engine lists does not tell whether it was booted: the boot variable does.
            (Method::Convert, _) if plan.to == plan.from || boots_old(plan, facts) => {
                match &facts.install_busy {
                    Some(what) => settling(what.clone()),
                    None => Standing::Original,
                }
            }
            // Activated, with one step committed as well, and the reload has not begun; or the way back
            // has not ended.
            (method, Some((true, _) | (_, true))) if method != Method::Bundle => {
                settling(format!("the reload that brings {}", plan.to))
            }
            _ => match &facts.install_busy {
                Some(what) => settling(what.clone()),
                None => Standing::Original,
            },
        };
    }
    Standing::Other {
        running: running.to_string(),
    }
}

/// Every member of the plan, and ready.
fn all_there(plan: &DevicePlan, facts: &Facts) -> Result<(), Standing> {
    let settling = |what: String| Err(Standing::Settling { what });
    if facts.members.len() < plan.members {
        return settling(format!(
            "{} of {} members",
            facts.members.len(),
            plan.members
        ));
    }
    match facts.missing_members().next() {
        Some(member) => settling(format!("member {} ({})", member.id, member.state)),
        None => Ok(()),
    }
}

/// The release that every member runs, all of them being there.
pub(super) fn members_on<'a>(plan: &DevicePlan, facts: &'a Facts) -> Result<&'a Version, Standing> {
    all_there(plan, facts)?;
    facts
        .common_version()
        .ok_or_else(|| match facts.running.number() {
            Some(_) => Standing::Settling {
                what: "all members on one release".into(),
            },
            None => Standing::Other {
                running: facts.running.to_string(),
            },
        })
}
