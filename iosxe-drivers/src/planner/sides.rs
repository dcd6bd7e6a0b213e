//! How far an upgrade in service of a router is, by what both processors show: steps of it are held
//! against that, never against what a command printed.
//!
//! Source: `show issu state detail`, `show redundancy` and `show platform` of ASR 1000 in every phase,
//! as genieparser's golden outputs have them.

use iosxe_core::boot::{PackageState, file_name};
use iosxe_core::device::{Facts, IssuState, Member, Role};
use iosxe_core::plan::{DevicePlan, Standing, Step, StepKind, StepState};
use iosxe_core::platform::IssuForm;

/// How a plan upgrades a router in service; `None` for every other plan.
pub(super) fn form(plan: &DevicePlan) -> Option<IssuForm> {
    plan.steps.iter().find_map(|step| match step.kind {
        StepKind::ActivateStandby => Some(IssuForm::Location),
        StepKind::LoadVersion => Some(IssuForm::Versions),
        StepKind::InstallNode => Some(IssuForm::Node),
        _ => None,
    })
}

/// What both sides are.
#[derive(Debug)]
enum Far {
    /// Both on the old release, nothing on its way.
    Before,
    /// Something boots, or could not be read.
    Moving(String),
    /// The standby is hot on the new release.
    StandbyNew,
    /// The new release is active, and the old one hot beside it: it could still take over.
    ActiveNew,
    /// The same, and the new image is the one to boot.
    Kept,
    /// Both on the new release and hot.
    BothNew,
    /// A side runs a release that the plan does not name.
    Other(String),
}

fn other_side(facts: &Facts) -> Option<&Member> {
    facts.members.iter().find(|m| m.role != Role::Active)
}

/// The word for a slot: `R1`.
fn slot(member: &Member) -> String {
    format!("R{}", member.id)
}

fn far(plan: &DevicePlan, facts: &Facts) -> Far {
    let known = |release: &iosxe_core::device::Release| {
        let number = release.number().cloned();
        number.filter(|v| *v == plan.from || *v == plan.to)
    };
    let Some(active) = known(&facts.running) else {
        return Far::Other(facts.running.to_string());
    };
    let Some(member) = other_side(facts) else {
        return Far::Moving("the other route processor".into());
    };
    let Some(release) = &member.release else {
        return Far::Moving(format!("{} ({})", slot(member), member.state));
    };
    let Some(second) = known(release) else {
        return Far::Other(format!("{release} on {}", slot(member)));
    };
    let Some(issu) = &facts.issu else {
        return Far::Moving("what the device says of its upgrade in service".into());
    };
    let (new, old) = (&plan.to, &plan.from);
    if (&active, &second) == (new, old) && is_kept(plan, facts, issu) {
        return Far::Kept;
    }
    if let Some(what) = on_its_way_back(issu) {
        return Far::Moving(what);
    }
    if !member.ready || issu.terminal == Some(false) {
        return Far::Moving(format!("{} ({})", slot(member), member.state));
    }
    if let Some(what) = &facts.install_busy {
        return Far::Moving(what.clone());
    }
    match (&active == new, &second == new, issu.in_progress) {
        (false, false, false) => match facts.install.as_ref().and_then(|i| i.uncommitted()) {
            // A look takes its time: what it read first may be over when it reads the last.
            Some(package) => Far::Moving(format!("{} in `show install summary`", package.label)),
            None => Far::Before,
        },
        (false, true, true) => Far::StandbyNew,
        (true, false, true) => Far::ActiveNew,
        (true, true, _) => Far::BothNew,
        (false, false, true) => Far::Moving(words(issu)),
        (false, true, false) | (true, false, false) => {
            Far::Moving(format!("{} on {active}", slot(member)))
        }
    }
}

/// `issu commitversion` is behind the device: the last that was done, or, where that is not told any
/// more, the new image is the one to boot.
fn is_kept(plan: &DevicePlan, facts: &Facts, issu: &IssuState) -> bool {
    let first = facts.boot.next.as_ref().and_then(|n| n.first());
    let boots_new = first.is_some_and(|f| file_name(f) == plan.image.file);
    issu.did("commitversion") || (!issu.in_progress && boots_new)
}

fn on_its_way_back(issu: &IssuState) -> Option<String> {
    let says = |text: &Option<String>, word: &str| {
        let text = text.as_ref().map(|t| t.to_ascii_lowercase());
        text.is_some_and(|t| t.contains(word))
    };
    let back = says(&issu.state, "abort") || says(&issu.last_operation, "abort");
    (issu.in_progress && back).then(|| "the device's own way back".to_owned())
}

fn words(issu: &IssuState) -> String {
    let phase = issu.state.as_ref().or(issu.last_operation.as_ref());
    let phase = phase.map_or("its phases", String::as_str);
    format!("the upgrade in service: {phase}")
}

/// What the device is, seen against its plan.
pub(super) fn standing(form: IssuForm, plan: &DevicePlan, facts: &Facts) -> Standing {
    let settling = |what: String| Standing::Settling { what };
    let on_the_other = || {
        let slot = other_side(facts).map_or_else(|| "the other side".to_owned(), slot);
        settling(format!("{} on {slot}", plan.to))
    };
    match far(plan, facts) {
        Far::Other(running) => Standing::Other { running },
        Far::Moving(what) => settling(what),
        Far::Before => Standing::Original,
        Far::StandbyNew => settling(format!("{} on both sides", plan.to)),
        Far::ActiveNew if form == IssuForm::Versions => Standing::Uncommitted,
        Far::ActiveNew | Far::Kept => on_the_other(),
        Far::BothNew => {
            let issu = facts.issu.as_ref();
            let on = issu.is_some_and(|i| i.in_progress && !i.did("commitversion"));
            let has = |state| {
                facts
                    .install
                    .as_ref()
                    .is_some_and(|i| i.has(&plan.to, state))
            };
            match form {
                IssuForm::Node if on => settling("the end of the installation".into()),
                IssuForm::Node => Standing::Committed,
                _ if on => Standing::Uncommitted,
                IssuForm::Versions => Standing::Committed,
                _ if has(PackageState::Uncommitted) => Standing::Uncommitted,
                _ if has(PackageState::Committed) => Standing::Committed,
                _ => settling(format!("{} in `show install summary`", plan.to)),
            }
        }
    }
}

/// How a step of such an upgrade stands; `None` for a step that is not its own.
pub(super) fn assess(step: &Step, plan: &DevicePlan, facts: &Facts) -> Option<StepState> {
    let form = form(plan)?;
    let far = match far(plan, facts) {
        Far::Other(running) => {
            return is_own(step.kind).then(|| super::assess::other(plan, running));
        }
        far => far,
    };
    Some(match step.kind {
        StepKind::ActivateStandby => match far {
            Far::Before => super::assess::activate(plan, facts),
            far => done_unless_moving(far),
        },
        StepKind::LoadVersion | StepKind::InstallNode => match far {
            Far::Before => as_planned(step, plan, facts),
            Far::StandbyNew if form == IssuForm::Node => pending("the switchover"),
            Far::ActiveNew if form == IssuForm::Node => pending("the other route processor"),
            far => done_unless_moving(far),
        },
        StepKind::ActivateActive | StepKind::RunVersion => match far {
            Far::Before => went_back(plan),
            Far::StandbyNew => StepState::Ready,
            Far::ActiveNew if form == IssuForm::Location => pending("the other route processor"),
            far => done_unless_moving(far),
        },
        StepKind::AcceptVersion => match far {
            Far::Before | Far::StandbyNew => went_back(plan),
            // With its timer gone it is accepted, by whomever. One that cannot be read is not gone.
            Far::ActiveNew if facts.goes_back_in().is_some() || timer_unread(facts) => {
                StepState::Ready
            }
            far => done_unless_moving(far),
        },
        StepKind::CommitVersion => match far {
            Far::Before | Far::StandbyNew => went_back(plan),
            Far::ActiveNew => StepState::Ready,
            Far::BothNew if standing(form, plan, facts) == Standing::Uncommitted => {
                StepState::Ready
            }
            far => done_unless_moving(far),
        },
        StepKind::ReloadSlot => match far {
            Far::Before | Far::StandbyNew => went_back(plan),
            Far::ActiveNew => StepState::Blocked {
                expected: format!("{} committed", plan.to),
                found: "it is on trial".into(),
                code: "not_committed".into(),
            },
            Far::Kept => kept(step, plan, facts),
            far => done_unless_moving(far),
        },
        StepKind::AbortIssu | StepKind::AbortVersion => match far {
            Far::Before => StepState::Done,
            Far::Moving(what) => StepState::Pending { what },
            Far::StandbyNew | Far::ActiveNew => StepState::Ready,
            Far::BothNew if standing(form, plan, facts) == Standing::Uncommitted => {
                StepState::Ready
            }
            Far::BothNew | Far::Kept => StepState::Blocked {
                expected: format!("{} not committed", plan.to),
                found: "it is committed".into(),
                code: "committed_already".into(),
            },
            Far::Other(running) => super::assess::other(plan, running),
        },
        _ => return None,
    })
}

/// Whether the timer runs cannot be told, and the device does not say that it was accepted.
fn timer_unread(facts: &Facts) -> bool {
    let issu = facts.issu.as_ref();
    issu.is_some_and(|issu| issu.rollback_unread && !issu.did("acceptversion"))
}

fn is_own(kind: StepKind) -> bool {
    matches!(
        kind,
        StepKind::ActivateStandby
            | StepKind::ActivateActive
            | StepKind::LoadVersion
            | StepKind::RunVersion
            | StepKind::AcceptVersion
            | StepKind::CommitVersion
            | StepKind::ReloadSlot
            | StepKind::InstallNode
            | StepKind::AbortIssu
            | StepKind::AbortVersion
    )
}

/// What lies before the step is behind the device.
fn done_unless_moving(far: Far) -> StepState {
    match far {
        Far::Moving(what) => StepState::Pending { what },
        _ => StepState::Done,
    }
}

fn pending(what: &str) -> StepState {
    StepState::Pending { what: what.into() }
}

fn went_back(plan: &DevicePlan) -> StepState {
    StepState::Blocked {
        expected: format!("{} on one side at least", plan.to),
        found: format!("{} runs", plan.from),
        code: "went_back".into(),
    }
}

/// A command that names a slot fits as long as the roles are the planned ones.
fn as_planned(step: &Step, plan: &DevicePlan, facts: &Facts) -> StepState {
    let Some(member) = other_side(facts) else {
        return pending("the other route processor");
    };
    let command = match step.kind {
        StepKind::LoadVersion => load_command(plan, member.id),
        StepKind::ReloadSlot => reload_command(member.id),
        _ => return StepState::Ready,
    };
    if step.commands.contains(&command) {
        return StepState::Ready;
    }
    StepState::Blocked {
        expected: step.commands.join("; "),
        found: format!("{} stands by: {command}", slot(member)),
        code: "roles_changed".into(),
    }
}

/// The other side has to boot the new image: hot on the old one, or, without the upgrade that bridged
/// the two, cold. While it boots it is left alone.
fn kept(step: &Step, plan: &DevicePlan, facts: &Facts) -> StepState {
    let stands = other_side(facts).filter(|m| m.ready || m.state == "STANDBY COLD");
    match (stands, &facts.install_busy) {
        (Some(_), None) => as_planned(step, plan, facts),
        (None, _) => pending("the other route processor"),
        (Some(_), Some(what)) => pending(what),
    }
}

/// `issu loadversion` names the standby's slot and the file on the standby's flash.
pub(super) fn load_command(plan: &DevicePlan, slot: u32) -> String {
    format!(
        "issu loadversion rp {slot} file stby-{}{}",
        plan.file_system, plan.image.file
    )
}

pub(super) fn reload_command(slot: u32) -> String {
    format!("hw-module slot R{slot} reload")
}
