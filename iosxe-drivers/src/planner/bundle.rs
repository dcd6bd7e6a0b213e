//! Bundle mode: boot variable with the old entry kept, save, reload. A second route processor boots
//! from its own flash: the image is copied across and verify there too.

use iosxe_core::boot::file_name;
use iosxe_core::device::{FactKind, Facts, Role};
use iosxe_core::fault::Remedy;
use iosxe_core::image::HashKind;
use iosxe_core::plan::{DevicePlan, Refusal, Step, StepKind};
use iosxe_core::platform::Redundancy;
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};

use super::install::verify;
use super::step::{disturbing, gate, kept_startup, next_boot, on, step};
use super::{Because, Case};

/// The file that the device runs, when it could boot it again: on every flash, and in the boot variable.
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
    // Every processor boots from its own flash, and goes back from there.
    for fs in &facts.file_systems {
        if !fs.files.iter().any(|f| f.name == file_name(&running)) {
            return Err(Refusal::new(
                "no_way_back",
                format!(
                    "{running} is not on {}: there would be no way back",
                    fs.name
                ),
                Remedy::new("put the running image on flash first"),
            )
            .seen(facts.evidence(FactKind::SystemImage))
            .seen(facts.evidence_of(FactKind::Space, fs.member)));
        }
    }
    // What the device boots today must be what it runs, or the old entries are no way back.
    let next = next_boot(facts)?;
    if !next.iter().any(|f| file_name(f) == file_name(&running)) {
        return Err(Refusal::new(
            "boot_variable",
            format!(
                "the device runs {running}, but its next boot is {}",
                next.join("; ")
            ),
            Remedy::new("find out what the device shall boot before anything is upgraded"),
        )
        .seen(facts.evidence(FactKind::SystemImage))
        .seen(facts.evidence(FactKind::NextBoot)));
    }
    Ok(running)
}

/// startup-config into a file of its own.
pub(super) fn keep_startup(kept: &str, facts: &Facts) -> Step {
    step(
        StepKind::KeepStartup,
        StageKind::Transfer,
        vec![format!("copy startup-config {kept}")],
        120,
        format!("delete /force {kept}"),
    )
    .because(Reason::new(
        "startup_config_is_kept",
        "the old release may not read what the new one saves: the way back restores this copy",
        facts.evidence(FactKind::NextBoot),
    ))
}

/// The way back: the old startup-config with its boot statements, and a reload.
pub(super) fn boots_again(plan: &mut DevicePlan, kept: &str, case: Case<'_>) {
    let facts = case.request.facts;
    let (_, reload_most) = case.family.reload();
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
    let Case {
        family, request, ..
    } = case;
    let facts = request.facts;
    let running = way_back_material(case)?;
    let old = format!("{}{}", plan.file_system, file_name(&running));
    let new = format!("{}{}", plan.file_system, plan.image.file);
    let (_, reload_most) = family.reload();
    let kept_name = kept_startup(plan);
    let kept = format!("{}{kept_name}", plan.file_system);
    let next_lines = facts.evidence(FactKind::NextBoot);
    let others = copy_to_others(plan, case)?;
    plan.steps.push(keep_startup(&kept, facts));
    for side in &others {
        let kept = format!("{}{kept_name}", side.file_system);
        plan.steps.push(
            on(
                step(
                    StepKind::KeepStartup,
                    StageKind::Transfer,
                    vec![format!("copy startup-config {kept}")],
                    120,
                    format!("delete /force {kept}"),
                ),
                &side.file_system,
            )
            .because(Reason::new(
                "startup_config_is_kept",
                "whichever processor is active afterwards: the way back finds the copy on its own flash",
                side.seen.clone(),
            )),
        );
    }
    plan.steps
        .push(gate("set the boot variable for", &plan.image, facts));
    plan.steps.push(
        step(
            StepKind::SetBoot,
            StageKind::Upgrade,
            vec![
                "configure terminal".into(),
                "no boot system".into(),
                format!("boot system {new}"),
                format!("boot system {old}"),
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
        request.policy,
    ));
    boots_again(plan, &kept, case);
    Ok(())
}

/// A processor beside the one that answers.
#[derive(Debug)]
pub(super) struct Side {
    file_system: String,
    /// What its flash showed of its space.
    seen: Vec<Evidence>,
}

/// The image onto the flash of every processor that the copy to the device does not reach.
pub(super) fn copy_to_others(plan: &mut DevicePlan, case: Case<'_>) -> Result<Vec<Side>, Refusal> {
    let others = other_sides(case)?;
    for side in &others {
        copy_across(plan, side);
    }
    Ok(others)
}

/// The processors that must be given the image by a copy of their own.
fn other_sides(case: Case<'_>) -> Result<Vec<Side>, Refusal> {
    let facts = case.request.facts;
    if facts.members.len() > 1 && case.family.redundancy != Redundancy::DualRouteProcessor {
        return Err(Refusal::new(
            "bundle_stack",
            "in bundle mode the image must be on every member, and only the active one is sent it",
            Remedy::new("upgrade this device by hand, or bring it to install mode"),
        )
        .seen(facts.evidence(FactKind::BootMode))
        .seen(facts.evidence(FactKind::Member)));
    }
    let others = facts.members.iter().filter(|m| m.role != Role::Active);
    Ok(others
        .map(|m| Side {
            file_system: case.family.file_system(m.id, false),
            seen: facts.evidence_of(FactKind::Space, m.id),
        })
        .collect())
}

/// The image from the flash where it is proven to the other processor's, and proven there.
///
/// In bundle mode nothing copies the image to the standby, and each processor boots what its own flash
/// holds: operational practice, which no guide that we read says in words.
fn copy_across(plan: &mut DevicePlan, side: &Side) {
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
            "image_on_both_processors",
            "in bundle mode each processor boots from its own flash, and nothing copies the image there",
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
