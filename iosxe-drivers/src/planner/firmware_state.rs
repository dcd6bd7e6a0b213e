//! Steps of firmware held against what a look saw. The release stays: its states tell nothing here.

use iosxe_core::device::Facts;
use iosxe_core::firmware::{Change, FirmwareState, PartKind, compare};
use iosxe_core::plan::{DevicePlan, Standing, Step, StepKind, StepState};

use super::assess::{busy, members_on};

/// Holds a step against facts; `None` for the steps that are those of every method.
pub(super) fn assess(step: &Step, plan: &DevicePlan, facts: &Facts) -> Option<StepState> {
    match step.kind {
        StepKind::WriteFirmware => Some(write(step, plan, facts)),
        StepKind::Reload => Some(reload(step, plan, facts)),
        StepKind::Verify => Some(match standing(plan, facts) {
            Standing::Committed | Standing::Uncommitted => StepState::Done,
            Standing::Settling { what } => StepState::Pending { what },
            Standing::Original => StepState::Pending {
                what: "the new firmware".into(),
            },
            Standing::Other { running } => blocked(plan.from.to_string(), running, "third_release"),
        }),
        _ => None,
    }
}

fn blocked(expected: String, found: String, code: &str) -> StepState {
    StepState::Blocked {
        expected,
        found,
        code: code.into(),
    }
}

fn pending(what: impl Into<String>) -> StepState {
    StepState::Pending { what: what.into() }
}

/// How one part stands against its change.
enum Part {
    /// As it was.
    From,
    /// As it shall be.
    To,
    /// Not shown: its card may be booting.
    Gone,
    /// Neither: what it has.
    Third(String),
}

fn part(change: &Change, state: &FirmwareState) -> Part {
    let same = |a: &str, b: &str| {
        let order = compare(change.kind, a, b);
        order.is_some_and(std::cmp::Ordering::is_eq)
    };
    match state.part(&change.slot, change.kind) {
        None => Part::Gone,
        Some(found) if same(&found.version, &change.to) => Part::To,
        Some(found) if same(&found.version, &change.from) => Part::From,
        Some(found) => Part::Third(found.version.clone()),
    }
}

/// What is so before anything is sent, and after: the members there, nothing else on its way.
fn settled<'a>(plan: &DevicePlan, facts: &'a Facts) -> Result<&'a FirmwareState, StepState> {
    match members_on(plan, facts) {
        Ok(running) if *running == plan.from => {}
        Ok(running) => {
            return Err(blocked(
                plan.from.to_string(),
                running.to_string(),
                "third_release",
            ));
        }
        Err(Standing::Settling { what }) => return Err(pending(what)),
        Err(_) => return Err(pending("a release on every member")),
    }
    if let Some(package) = facts.install.as_ref().and_then(|i| i.uncommitted()) {
        return Err(blocked(
            "nothing uncommitted beside firmware".into(),
            format!("{} is activated and not committed", package.label),
            "firmware_install_uncommitted",
        ));
    }
    if let Some(busy) = busy(facts) {
        return Err(busy);
    }
    let redundant = facts.redundancy.as_ref();
    if let Some(state) = redundant.filter(|r| r.has_peer() && !r.is_ready()) {
        return Err(pending(format!("the standby to be hot ({})", state.peer)));
    }
    let Some(state) = &facts.firmware else {
        return Err(pending("the firmware to be read"));
    };
    match &state.writing {
        Some(what) => Err(pending(format!("firmware being written: {what}"))),
        None => Ok(state),
    }
}

fn write(step: &Step, plan: &DevicePlan, facts: &Facts) -> StepState {
    let state = match settled(plan, facts) {
        Ok(state) => state,
        Err(not_yet) => return not_yet,
    };
    let changes = &step.firmware;
    let all = |is: fn(&Part) -> bool| changes.iter().all(|c| is(&part(c, state)));
    if !changes.is_empty() && all(|p| matches!(p, Part::To)) {
        return StepState::Done;
    }
    for change in changes {
        match part(change, state) {
            Part::Third(found) => {
                return blocked(
                    format!(
                        "{} {} {} or {}",
                        change.slot, change.kind, change.from, change.to
                    ),
                    found,
                    "firmware_third_version",
                );
            }
            Part::Gone => return pending(format!("{} {}", change.slot, change.kind)),
            Part::From | Part::To => {}
        }
    }
    // A boot loader's new version is seen after its reload alone; some devices keep that it was written.
    let written = |c: &Change| {
        c.kind == PartKind::Rommon
            && (state.written.contains(&c.slot) || matches!(part(c, state), Part::To))
    };
    if !changes.is_empty() && changes.iter().all(written) {
        return StepState::Done;
    }
    StepState::Ready
}

fn reload(step: &Step, plan: &DevicePlan, facts: &Facts) -> StepState {
    match settled(plan, facts) {
        Err(not_yet) => not_yet,
        Ok(state) => {
            let runs = |c: &Change| matches!(part(c, state), Part::To);
            if !step.firmware.is_empty() && step.firmware.iter().all(runs) {
                StepState::Done
            } else {
                StepState::Ready
            }
        }
    }
}

/// What the device is, seen against a plan that writes firmware: committed, or not yet. It never is as
/// before: what does not show its new version after all is a proof that fails.
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
    let settling = |what: String| Standing::Settling { what };
    let Some(state) = &facts.firmware else {
        return settling("the firmware to be read".into());
    };
    let redundant = facts.redundancy.as_ref();
    if redundant.is_some_and(|r| r.has_peer() && !r.is_ready()) {
        return settling("the standby to be hot".into());
    }
    let wrong: Vec<String> = plan
        .changes()
        .filter_map(|change| {
            let is = |found: &str| format!("{} {} is {found}", change.slot, change.kind);
            match part(change, state) {
                Part::To => None,
                Part::From => Some(is(&change.from)),
                Part::Gone => Some(is("not shown")),
                Part::Third(found) => Some(is(&found)),
            }
        })
        .collect();
    if wrong.is_empty() {
        Standing::Committed
    } else {
        settling(wrong.join(", "))
    }
}
