//! How far an upgrade by `request platform software` is: its steps are held against what the files
//! name that the device boots by, never against what a command printed.

use iosxe_core::device::Facts;
use iosxe_core::observation::Provisioned;
use iosxe_core::plan::{DevicePlan, Method, Standing, Step, StepKind, StepState};
use iosxe_core::ports::Look;
use iosxe_core::stage::StageKind;
use iosxe_core::version::Version;

/// The look for a step that writes packages.
pub(super) fn look_for(step: &Step, plan: &DevicePlan) -> Look {
    let paths = match step.kind {
        StepKind::ExpandPackages => boots(plan).into_iter().collect(),
        _ => every_flash(plan)
            .into_iter()
            .map(|fs| format!("{fs}packages.conf"))
            .collect(),
    };
    Look::Provisioned { paths }
}

/// The file that the boot variable of the plan names first.
pub(super) fn boots(plan: &DevicePlan) -> Option<String> {
    let set = plan.steps.iter().find(|s| s.kind == StepKind::SetBoot)?;
    let mut entries = set.commands.iter();
    let first = entries.find_map(|c| c.strip_prefix("boot system "))?;
    Some(first.to_owned())
}

/// The file system of every member by a name that does not change with the active one: `flash-1:` of
/// the switch that is `flash:` now, as the others are named. A device of one member has one name.
fn every_flash(plan: &DevicePlan) -> Vec<String> {
    let other = plan.space.iter().find_map(|need| {
        let number = format!("-{}:", need.member);
        let base = need.file_system.strip_suffix(&number)?;
        Some(base.to_owned())
    });
    match other {
        Some(base) => {
            let named = plan.space.iter().map(|n| format!("{base}-{}:", n.member));
            named.collect()
        }
        None => vec![plan.file_system.clone()],
    }
}

/// Holds a step that writes packages against what the files name.
pub(super) fn assess(step: &Step, plan: &DevicePlan, seen: &[Provisioned]) -> StepState {
    let on_all = |release| seen.iter().all(|p| p.boots(release));
    // A member that is away is for the proof to tell of: it keeps nobody from going back.
    let on_those_there = |release| seen.iter().filter(|p| p.found).all(|p| p.boots(release));
    match step.kind {
        StepKind::InstallPackages => names(seen, &plan.to, on_all(&plan.to)),
        StepKind::RollbackPackages => names(seen, &plan.from, on_those_there(&plan.from)),
        _ => expanded(seen, &plan.to),
    }
}

/// Every member shall name `wanted`, and names something else so far. While they differ the command is
/// at work, or has ended half way: that is for its time to tell.
fn names(seen: &[Provisioned], wanted: &Version, is_done: bool) -> StepState {
    // Of packages that say no one release nobody could tell before from after.
    let unread = seen.iter().any(|p| p.found && p.release.is_none());
    if unread || !seen.iter().any(|p| p.found) {
        return StepState::Blocked {
            expected: "packages.conf, by which the device boots, with packages of one release"
                .into(),
            found: words(seen),
            code: "provisioning_unread".into(),
        };
    }
    if is_done {
        return StepState::Done;
    }
    let begun = |p: &Provisioned| p.release.as_ref() == Some(wanted);
    if seen.iter().any(begun) {
        return StepState::Pending {
            what: format!(
                "packages.conf of every member to name {wanted}: {}",
                words(seen)
            ),
        };
    }
    StepState::Ready
}

/// What the members name, in words.
fn words(seen: &[Provisioned]) -> String {
    let of = |p: &Provisioned| match (&p.release, p.found, p.missing.first()) {
        (_, false, _) => format!("{} is not there", p.path),
        (Some(release), true, None) => format!("{} names {release}", p.path),
        (Some(release), true, Some(file)) => {
            format!("{} names {release}, without {file}", p.path)
        }
        (None, true, _) => format!("{} names packages of no one release", p.path),
    };
    let all: Vec<String> = seen.iter().map(of).collect();
    all.join(", ")
}

fn expanded(seen: &[Provisioned], to: &Version) -> StepState {
    match seen {
        [one] if one.boots(to) => StepState::Done,
        [one] if one.found && one.release.is_none() => StepState::Blocked {
            expected: format!("packages of {to}"),
            found: words(seen),
            code: "provisioning_unread".into(),
        },
        // Part of them is there: the command is at work, or begins anew over what it left.
        _ => StepState::Ready,
    }
}

/// How the reload of a plan that writes packages.conf in place stands; which way is meant is the
/// step's own. `None` for every other step.
pub(super) fn reload(step: &Step, plan: &DevicePlan, facts: &Facts) -> Option<StepState> {
    if step.kind != StepKind::Reload || !is_in_place(plan) {
        return None;
    }
    let back = step.stage == StageKind::Rollback;
    // A missing member is a reason to go back, never one to wait with it.
    if back && facts.running.number() == Some(&plan.to) {
        return Some(StepState::Ready);
    }
    // Back, and a member is kept out: that is for the proof to tell.
    if back && facts.running.number() == Some(&plan.from) && facts.mismatched().is_some() {
        return Some(StepState::Done);
    }
    Some(match super::assess::standing(plan, facts) {
        Standing::Settling { what } => StepState::Pending { what },
        Standing::Other { running } => super::assess::other(plan, running),
        Standing::Original if back => StepState::Done,
        Standing::Original => StepState::Ready,
        Standing::Committed | Standing::Uncommitted if back => StepState::Ready,
        Standing::Committed | Standing::Uncommitted => StepState::Done,
    })
}

fn is_in_place(plan: &DevicePlan) -> bool {
    plan.method == Method::RequestPlatform
        && plan
            .steps
            .iter()
            .any(|s| s.kind == StepKind::InstallPackages)
}

/// What the device is: what was booted is what stays, whatever an engine lists that did not bring it.
pub(super) fn standing(plan: &DevicePlan, running: &Version) -> Standing {
    if *running == plan.to {
        Standing::Committed
    } else if *running == plan.from {
        Standing::Original
    } else {
        Standing::Other {
            running: running.to_string(),
        }
    }
}
