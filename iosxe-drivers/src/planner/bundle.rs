//! Bundle mode: boot variable with the old entry kept, save, reload. Every further member of a stack,
//! supervisor and route processor boots from its own flash: the image is copied there and proven, too.

use iosxe_core::boot::file_name;
use iosxe_core::device::{FactKind, Role};
use iosxe_core::fault::Remedy;
use iosxe_core::image::HashKind;
use iosxe_core::plan::{DevicePlan, Refusal, StepKind};
use iosxe_core::platform::Redundancy;
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};

use super::install::verify;
use super::step::{boot_system, disturbing, gate, kept_startup, next_boot, on, step};
use super::{Because, Case};

/// The file that the device runs, when every member could boot it again: on every flash, and in every
/// boot variable.
pub(super) fn way_back_material(case: Case<'_>) -> Result<String, Refusal> {
    let facts = case.request.facts;
    let running = facts.system_image.clone().ok_or_else(|| {
        Refusal::new(
            "no_system_image",
            "the device does not say which file it booted: there would be no way back",
            Remedy::with("look at", "show version"),
        )
        .seen(facts.evidence(FactKind::Release))
    })?;
    let file = file_name(&running);
    // Every member boots from its own flash, and goes back from there.
    let mut size = None;
    for fs in &facts.file_systems {
        let none = |why: String| {
            Refusal::new(
                "no_way_back",
                format!("there would be no way back: {why}"),
                Remedy::new("put the running image on that flash first"),
            )
            .seen(facts.evidence(FactKind::SystemImage))
            .seen(facts.evidence_of(FactKind::Space, fs.member))
        };
        let Some(there) = fs.files.iter().find(|f| f.name == file) else {
            return Err(none(format!("{running} is not on {}", fs.name)));
        };
        let first = *size.get_or_insert(there.size_bytes);
        if there.size_bytes != first {
            return Err(none(format!(
                "{file} on {} has {} bytes, and {first} where it was booted",
                fs.name, there.size_bytes
            )));
        }
    }
    // What the device boots today must be what it runs, or the old entries are no way back.
    let boots_it = |files: &[String]| files.iter().any(|f| file_name(f) == file);
    let another = |message: String| {
        Refusal::new(
            "boot_variable",
            message,
            Remedy::new("find out what the device shall boot before anything is upgraded"),
        )
        .seen(facts.evidence(FactKind::SystemImage))
        .seen(facts.evidence(FactKind::NextBoot))
        .seen(facts.evidence(FactKind::StandbyBoot))
    };
    let next = next_boot(facts)?;
    if !boots_it(next) {
        return Err(another(format!(
            "the device runs {running}, but its next boot is {}",
            next.join("; ")
        )));
    }
    if let Some((side, files)) = facts.boot.others().find(|(_, files)| !boots_it(files)) {
        return Err(another(format!(
            "the device runs {running}, but the next boot of {side} is {}",
            match files {
                [] => "not set".to_owned(),
                files => files.join("; "),
            }
        )));
    }
    Ok(running)
}

/// startup-config into a file of its own, on every flash: whichever member is active afterwards finds
/// it on its own.
pub(super) fn keep_startup(plan: &mut DevicePlan, case: Case<'_>, others: &[Side]) {
    let facts = case.request.facts;
    let name = kept_startup(plan);
    let keep = |kept: String, text: &str, lines| {
        step(
            StepKind::KeepStartup,
            StageKind::Transfer,
            vec![format!("copy startup-config {kept}")],
            120,
            format!("delete /force {kept}"),
        )
        .because(Reason::new("startup_config_is_kept", text, lines))
    };
    let first = keep(
        format!("{}{name}", plan.file_system),
        "the old release may not read what the new one saves: the way back restores this copy",
        facts.evidence(FactKind::NextBoot),
    );
    let text = format!(
        "whichever {} is active afterwards: the way back finds the copy on its own flash",
        one(case)
    );
    let further = others.iter().map(|side| {
        let kept = format!("{}{name}", side.file_system);
        on(keep(kept, &text, side.seen.clone()), &side.file_system)
    });
    plan.steps.push(first);
    plan.steps.extend(further);
}

/// The word for one of several that boot for themselves.
fn one(case: Case<'_>) -> &'static str {
    match case.family.redundancy {
        Redundancy::DualRouteProcessor => "processor",
        Redundancy::DualSupervisor => "supervisor",
        Redundancy::None | Redundancy::Stack | Redundancy::StackwiseVirtual => "member",
    }
}

/// The way back: the old startup-config with its boot statements, and a reload.
pub(super) fn boots_again(plan: &mut DevicePlan, kept: &str, case: Case<'_>) {
    let facts = case.request.facts;
    let (_, reload_most) = case.reload();
    plan.way_back.push(
        step(
            StepKind::RestoreStartup,
            StageKind::Rollback,
            vec![format!("copy {kept} startup-config")],
            120,
            "none needed",
        )
        .because(Reason::new(
            "startup_config_comes_back",
            "never the new release's running configuration, always the old startup configuration",
            facts.evidence(FactKind::NextBoot),
        )),
    );
    plan.way_back.push(
        disturbing(step(
            StepKind::Reload,
            StageKind::Rollback,
            vec!["reload".into()],
            reload_most.as_secs(),
            "none: the upgrade begins anew",
        ))
        .because(Reason::new(
            "bundle_boots_by_reload",
            "the old image boots by a reload alone",
            facts.evidence(FactKind::SystemImage),
        )),
    );
}

pub(super) fn bundle(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let running = way_back_material(case)?;
    let old = format!("{}{}", plan.file_system, file_name(&running));
    let new = format!("{}{}", plan.file_system, plan.image.file);
    let (_, reload_most) = case.reload();
    let kept = format!("{}{}", plan.file_system, kept_startup(plan));
    let next_lines = facts.evidence(FactKind::NextBoot);
    let others = others(case);
    for side in &others {
        copy_across(plan, case, side);
    }
    keep_startup(plan, case, &others);
    plan.steps
        .push(gate("set the boot variable for", &plan.image, facts));
    plan.steps.push(
        step(
            StepKind::SetBoot,
            StageKind::Upgrade,
            vec![
                "configure terminal".into(),
                "no boot system".into(),
                boot_system(case, &new),
                boot_system(case, &old),
                "end".into(),
                "write memory".into(),
            ],
            180,
            format!("copy {kept} startup-config: the old boot statements come back with it"),
        )
        .because(Reason::new(
            "old_image_stays_second",
            format!("{old} stays the second boot entry"),
            facts
                .evidence(FactKind::SystemImage)
                .into_iter()
                .chain(next_lines.clone())
                .collect(),
        )),
    );
    plan.steps.push(
        disturbing(step(
            StepKind::Reload,
            StageKind::Upgrade,
            vec!["reload".into()],
            reload_most.as_secs(),
            "the way back: old startup-config and one more reload",
        ))
        .because(Reason::new(
            "bundle_boots_by_reload",
            "a bundle runs after a reload alone; no timer takes it back",
            facts.evidence(FactKind::BootMode),
        )),
    );
    plan.steps.push(verify(
        if others.is_empty() {
            format!("{} runs, baseline equal", plan.to)
        } else {
            format!("{} on every member, members back, baseline equal", plan.to)
        },
        case.request.policy,
    ));
    boots_again(plan, &kept, case);
    Ok(())
}

/// A member beside the one that answers: a switch, a supervisor, a route processor.
#[derive(Debug)]
pub(super) struct Side {
    file_system: String,
    /// What its flash showed of its space.
    seen: Vec<Evidence>,
}

/// The members beside the one that answers.
pub(super) fn others(case: Case<'_>) -> Vec<Side> {
    let facts = case.request.facts;
    let others = facts.members.iter().filter(|m| m.role != Role::Active);
    others
        .map(|m| Side {
            file_system: case.family.file_system(m.id, false),
            seen: facts.evidence_of(FactKind::Space, m.id),
        })
        .collect()
}

/// The image onto the flash of every member that the copy to the device does not reach.
pub(super) fn copy_to_others(plan: &mut DevicePlan, case: Case<'_>) {
    for side in &others(case) {
        copy_across(plan, case, side);
    }
}

/// The image from the flash where it is proven to another member's, and proven there.
///
/// In bundle mode nothing copies the image, and each boots what its own flash holds. Source: Cisco,
/// "Managing Switch Stacks", for stacks; operational practice for two processors.
fn copy_across(plan: &mut DevicePlan, case: Case<'_>, side: &Side) {
    let from = format!("{}{}", plan.file_system, plan.image.file);
    let to = format!("{}{}", side.file_system, plan.image.file);
    let kind = plan.image.digest().map_or(HashKind::Md5, |(kind, _)| kind);
    // From flash to flash, a gigabyte in a quarter of an hour at worst.
    let copy_bound = (plan.image.size_bytes / 1_000_000).max(600);
    let steps = [
        step(
            StepKind::DeleteFile,
            StageKind::Transfer,
            vec![format!("delete /force {to}")],
            120,
            "none: only a partial or different file of that name is deleted",
        )
        .because(Reason::new(
            "partial_file_goes",
            "what a broken copy leaves behind has the image's name and would be taken for it",
            side.seen.clone(),
        )),
        step(
            StepKind::CopyAcross,
            StageKind::Transfer,
            vec![format!("copy {from} {to}")],
            copy_bound,
            format!("delete /force {to}"),
        )
        .because(Reason::new(
            match one(case) {
                "processor" => "image_on_both_processors",
                _ => "image_on_every_member",
            },
            format!(
                "in bundle mode each {} boots from its own flash, and nothing copies the image there",
                one(case)
            ),
            side.seen.clone(),
        )),
        step(
            StepKind::VerifyHash,
            StageKind::Transfer,
            vec![format!("verify {} {to}", kind.option())],
            900,
            "none needed",
        )
        .because(Reason::new(
            "digest_on_the_device",
            "only a digest that the device computes proves the bytes on its flash",
            vec![super::image::catalogue(&plan.image)],
        )),
    ];
    plan.steps
        .extend(steps.map(|step| on(step, &side.file_system)));
}
