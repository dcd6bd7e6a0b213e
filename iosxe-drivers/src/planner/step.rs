//! The parts that steps are made of.

use iosxe_core::boot::file_name;
use iosxe_core::device::{FactKind, Facts};
use iosxe_core::fault::Remedy;
use iosxe_core::firmware::is_package;
use iosxe_core::image::Image;
use iosxe_core::patch::is_patch;
use iosxe_core::plan::{DevicePlan, Disturbs, Refusal, Step, StepKind};
use iosxe_core::platform::Redundancy;
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};

use super::Case;

pub(super) fn step(
    kind: StepKind,
    stage: StageKind,
    commands: Vec<String>,
    bound_s: u64,
    undo: impl Into<String>,
) -> Step {
    Step {
        kind,
        stage,
        commands,
        member_fs: None,
        server: None,
        firmware: Vec::new(),
        disturbs: Disturbs::None,
        bound_s,
        undo: undo.into(),
        why: Reason::default(),
    }
}

pub(super) fn disturbing(mut step: Step) -> Step {
    step.disturbs = Disturbs::Reload;
    step
}

/// One side after the other is taken away.
pub(super) fn switching_over(mut step: Step) -> Step {
    step.disturbs = Disturbs::Switchover;
    step
}

/// The same step for the file system of a further member.
pub(super) fn on(mut step: Step, file_system: &str) -> Step {
    step.member_fs = Some(file_system.to_owned());
    step
}

/// The gate before the first step that disturbs, for an upgrade by reload.
pub(super) fn gate(what: &str, image: &Image, facts: &Facts) -> Step {
    gate_for(what, "the device reloads", image, facts)
}

/// The same, with the words for what happens then.
pub(super) fn gate_for(what: &str, then: &str, image: &Image, facts: &Facts) -> Step {
    // What an approval is given for stands in the plan's hash.
    let what_it_is = if is_patch(&image.file) {
        "patch"
    } else if is_package(&image.file) {
        "firmware"
    } else {
        "image"
    };
    let trust = if image.provenance.verified {
        format!("the {what_it_is}")
    } else if what_it_is == "firmware" {
        "UNVERIFIED firmware".to_owned()
    } else {
        format!("an UNVERIFIED {what_it_is}")
    };
    let mut gate = step(
        StepKind::Gate,
        StageKind::Approve,
        vec![format!("approval to {what} {trust}: {then}")],
        0,
        "nothing has been disturbed",
    );
    let members = facts.evidence(FactKind::Member);
    gate.why = Reason::new(
        "approval_before_disturbance",
        "the next step takes the device away: a person says when",
        if members.is_empty() {
            facts.evidence(FactKind::Model)
        } else {
            members
        },
    );
    gate
}

/// The boot statement of a file: on a stack of several switches for all of them, each of which has a
/// variable of its own.
pub(super) fn boot_system(case: Case<'_>, path: &str) -> String {
    if is_stack(case) {
        format!("boot system switch all {path}")
    } else {
        format!("boot system {path}")
    }
}

/// Several switches that are one stack.
pub(super) fn is_stack(case: Case<'_>) -> bool {
    case.family.redundancy == Redundancy::Stack && case.request.facts.members.len() > 1
}

/// A value of the policy as evidence.
pub(super) fn policy(name: &str, value: impl std::fmt::Display) -> Evidence {
    Evidence::new("policy", format!("{name} = {value}"))
}

/// A value of the platform table as evidence.
pub(super) fn table(family: &str, name: &str, value: impl std::fmt::Display) -> Evidence {
    Evidence::new(
        format!("platform table, {family}"),
        format!("{name} = {value}"),
    )
}

/// The name under which the way back keeps startup-config: one per plan target, so that two plans
/// never share a copy.
pub(super) fn kept_startup(plan: &DevicePlan) -> String {
    format!("iosxe-startup-before-{}.cfg", plan.to)
}

/// The refusal of a plan whose activation would bring up something else: the next boot has to be
/// packages.conf, on every member that boots for itself.
pub(super) fn boots_packages(facts: &Facts) -> Result<(), Refusal> {
    let is_first = |files: &[String]| {
        files
            .first()
            .is_some_and(|f| file_name(f) == "packages.conf")
    };
    let next = next_boot(facts)?;
    let of_whom = |side: &str, files: &[String]| match files {
        [] => format!("the next boot{side} is not set, and has to be packages.conf"),
        files => format!(
            "the next boot{side} is {}, not packages.conf",
            files.join("; ")
        ),
    };
    let other = facts.boot.others().find(|(_, files)| !is_first(files));
    let message = match other {
        _ if !is_first(next) => of_whom("", next),
        Some((side, files)) => of_whom(&format!(" of {side}"), files),
        None => return Ok(()),
    };
    let all = match facts.boot.members_next.is_empty() {
        true => "boot system flash:packages.conf",
        false => "boot system switch all flash:packages.conf",
    };
    // In a directory of its own, or not packages at all: that command would boot something else.
    let elsewhere = |runs: &&str| file_name(runs) != "packages.conf";
    let remedy = match facts.system_image.as_deref().filter(elsewhere) {
        Some(runs) => Remedy::new(format!(
            "the device runs {runs}: find out what it shall boot before anything is upgraded"
        )),
        None => Remedy::with("set it and save", all),
    };
    Err(Refusal::new("boot_variable", message, remedy)
        .seen(facts.evidence(FactKind::NextBoot))
        .seen(facts.evidence(FactKind::StandbyBoot)))
}

/// The boot files of the next boot as the device gives them, or a refusal.
pub(super) fn next_boot(facts: &Facts) -> Result<&[String], Refusal> {
    match facts.boot.next.as_deref() {
        Some(files) if !files.is_empty() => Ok(files),
        Some(_) | None => Err(Refusal::new(
            "no_boot_variable",
            "the boot variable does not exist: the device boots the first image that it finds",
            Remedy::with("set it and save", "boot system flash:packages.conf"),
        )
        .seen(facts.evidence(FactKind::NextBoot))),
    }
}
