//! Steps of a patch held against what a look saw. The release stays: its states tell nothing here.

use iosxe_core::boot::PackageState;
use iosxe_core::device::Facts;
use iosxe_core::patch::PatchSeen;
use iosxe_core::plan::{DevicePlan, Standing, Step, StepKind, StepState};

use super::assess::{busy, members_on, other};

/// What the device says of the file: fit for this device, or not.
pub(super) fn check(plan: &DevicePlan, seen: &PatchSeen) -> StepState {
    let blocked = |code: &str, expected: String, found: String| StepState::Blocked {
        expected,
        found,
        code: code.into(),
    };
    let file = &plan.image.file;
    if let Some(why) = &seen.unread {
        let expected = format!("what the device says of {file}");
        return blocked("patch_unread", expected, why.clone());
    }
    // What is in use may always be taken out.
    if plan.takes_patch_out() {
        return StepState::Done;
    }
    if seen.is_patch == Some(false) {
        let found = "the device calls it another kind of package";
        return blocked("not_a_patch", format!("{file}, a patch"), found.into());
    }
    if let Some(release) = &seen.release
        && *release != plan.to
    {
        return blocked(
            "patch_incompatible",
            format!("a patch for {}", plan.to),
            format!("the device says that {file} is for {release}"),
        );
    }
    if let Some(newer) = seen.superseded_by.first() {
        return blocked(
            "patch_superseded",
            format!("{file} not replaced by another patch"),
            format!("{newer} is in use and replaces it"),
        );
    }
    StepState::Done
}

/// Holds a step against facts; `None` for the steps that are those of every method.
pub(super) fn assess(step: &Step, plan: &DevicePlan, facts: &Facts) -> Option<StepState> {
    let states = states(plan, facts);
    Some(match step.kind {
        StepKind::DeleteFile if states.iter().any(Option::is_some) => StepState::Done,
        StepKind::Add if states.is_empty() => not_listed(),
        StepKind::Add if states.iter().all(Option::is_some) => idle(facts, StepState::Done),
        StepKind::Add => idle(facts, StepState::Ready),
        StepKind::RemovePatch => remove(plan, facts, &states),
        StepKind::Activate | StepKind::Deactivate => {
            begun(standing(plan, facts), plan, facts, &states)
        }
        StepKind::Verify => match standing(plan, facts) {
            Standing::Uncommitted | Standing::Committed => StepState::Done,
            standing => open(standing, plan),
        },
        StepKind::Commit => match standing(plan, facts) {
            Standing::Committed => StepState::Done,
            Standing::Uncommitted => idle(facts, StepState::Ready),
            standing => open(standing, plan),
        },
        StepKind::Abort => abort(plan, facts, &states),
        _ => return None,
    })
}

fn states(plan: &DevicePlan, facts: &Facts) -> Vec<Option<PackageState>> {
    let install = facts.install.as_ref();
    install.map_or_else(Vec::new, |i| i.patch_states(&plan.image.file))
}

fn idle(facts: &Facts, then: StepState) -> StepState {
    busy(facts).unwrap_or(then)
}

fn not_listed() -> StepState {
    StepState::Pending {
        what: "`show install summary` to list the packages".into(),
    }
}

/// The patch of the plan in words, as it shall be.
fn wanted(plan: &DevicePlan) -> String {
    let state = if plan.takes_patch_out() {
        "out of use"
    } else {
        "in use"
    };
    format!("{} {state}", plan.image.file)
}

/// A standing in which neither activation nor deactivation is there.
fn open(standing: Standing, plan: &DevicePlan) -> StepState {
    match standing {
        Standing::Settling { what } => StepState::Pending { what },
        Standing::Other { running } => other(plan, running),
        Standing::Original | Standing::Uncommitted | Standing::Committed => StepState::Blocked {
            expected: wanted(plan),
            found: "it is as it was before".into(),
            code: "went_back".into(),
        },
    }
}

fn begun(
    standing: Standing,
    plan: &DevicePlan,
    facts: &Facts,
    states: &[Option<PackageState>],
) -> StepState {
    match standing {
        Standing::Uncommitted | Standing::Committed => StepState::Done,
        Standing::Original if plan.takes_patch_out() => idle(facts, StepState::Ready),
        Standing::Original if states.iter().all(|s| *s == Some(PackageState::Inactive)) => {
            idle(facts, StepState::Ready)
        }
        Standing::Original => StepState::Blocked {
            expected: format!("{} added and inactive", plan.image.file),
            found: "it is not so on every member".into(),
            code: "not_added".into(),
        },
        Standing::Settling { what } => StepState::Pending { what },
        Standing::Other { running } => other(plan, running),
    }
}

fn abort(plan: &DevicePlan, facts: &Facts, states: &[Option<PackageState>]) -> StepState {
    // A missing member is a reason to go back, never one to wait with it.
    let waits = |s: &Option<PackageState>| {
        matches!(
            s,
            Some(PackageState::Uncommitted | PackageState::Deactivated)
        )
    };
    if facts.running.number() == Some(&plan.from) && states.iter().any(waits) {
        return idle(facts, StepState::Ready);
    }
    match standing(plan, facts) {
        Standing::Original => StepState::Done,
        Standing::Committed => StepState::Blocked {
            expected: format!("{} not committed", wanted(plan)),
            found: "it is committed".into(),
            code: "committed_already".into(),
        },
        Standing::Uncommitted => idle(facts, StepState::Ready),
        Standing::Settling { what } => StepState::Pending { what },
        Standing::Other { running } => other(plan, running),
    }
}

fn remove(plan: &DevicePlan, facts: &Facts, states: &[Option<PackageState>]) -> StepState {
    let file = &plan.image.file;
    let on_flash = facts
        .file_systems
        .iter()
        .filter(|fs| fs.name == plan.file_system)
        .any(|fs| fs.files.iter().any(|f| f.name == *file));
    if states.is_empty() {
        return not_listed();
    }
    let used = states
        .iter()
        .flatten()
        .find(|s| **s != PackageState::Inactive);
    match (used, states.iter().any(Option::is_some) || on_flash) {
        (Some(_), _) => StepState::Blocked {
            expected: format!("{file} not in use"),
            found: "it is in use".into(),
            code: "patch_in_use".into(),
        },
        (None, true) => idle(facts, StepState::Ready),
        (None, false) => idle(facts, StepState::Done),
    }
}

/// What the device is, seen against the plan of a patch.
pub(super) fn standing(plan: &DevicePlan, facts: &Facts) -> Standing {
    let running = match members_on(plan, facts) {
        Ok(running) => running,
        Err(standing) => return standing,
    };
    if *running != plan.from {
        return Standing::Other {
            running: running.to_string(),
        };
    }
    let states = states(plan, facts);
    let Some(first) = states.first() else {
        return Standing::Settling {
            what: "`show install summary` to list the packages".into(),
        };
    };
    if states.iter().any(|s| s != first) {
        return Standing::Settling {
            what: format!("{} in one state on every member", plan.image.file),
        };
    }
    let standing = match (plan.takes_patch_out(), first) {
        (false, Some(PackageState::Uncommitted)) | (true, Some(PackageState::Deactivated)) => {
            Standing::Uncommitted
        }
        (false, Some(PackageState::Committed)) | (true, Some(PackageState::Inactive) | None) => {
            Standing::Committed
        }
        (false, Some(PackageState::Inactive | PackageState::Deactivated) | None)
        | (true, Some(PackageState::Committed | PackageState::Uncommitted)) => Standing::Original,
    };
    match (&standing, &facts.install_busy) {
        (Standing::Original, Some(what)) => Standing::Settling { what: what.clone() },
        _ => standing,
    }
}
