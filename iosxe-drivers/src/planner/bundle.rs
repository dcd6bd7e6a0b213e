//! Bundle mode: boot variable with the old entry kept, save, reload.

use iosxe_core::boot::file_name;
use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Refusal, StepKind};
use iosxe_core::stage::StageKind;
use iosxe_core::why::Reason;

use super::install::proven;
use super::step::{disturbing, gate, kept_startup, next_boot, step};
use super::{Because, Case};

pub(super) fn bundle(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Case {
        family, request, ..
    } = case;
    let facts = request.facts;
    if facts.members.len() > 1 {
        return Err(Refusal::new(
            "bundle_stack",
            "in bundle mode the image must be on every member, and only the active one is sent it",
            Remedy::new("upgrade this device by hand, or bring it to install mode"),
        )
        .seen(facts.evidence(FactKind::BootMode))
        .seen(facts.evidence(FactKind::Member)));
    }
    let running = facts.system_image.clone().ok_or_else(|| {
        Refusal::new(
            "no_system_image",
            "the device does not say which file it booted: there would be no way back",
            Remedy::with("look at", "show version"),
        )
        .seen(facts.evidence(FactKind::Release))
    })?;
    let on_flash = facts
        .file_systems
        .iter()
        .any(|fs| fs.files.iter().any(|f| f.name == file_name(&running)));
    if !on_flash {
        return Err(Refusal::new(
            "no_way_back",
            format!(
                "{running} is not on {}: there would be no way back",
                family.primary
            ),
            Remedy::new("put the running image on flash first"),
        )
        .seen(facts.evidence(FactKind::SystemImage))
        .seen(facts.evidence(FactKind::Space)));
    }
    let old = format!("{}{}", plan.file_system, file_name(&running));
    let new = format!("{}{}", plan.file_system, plan.image.file);
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
    let (_, reload_most) = family.reload();
    let kept = kept_startup(plan);
    let next_lines = facts.evidence(FactKind::NextBoot);
    plan.steps.push(
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
            next_lines.clone(),
        )),
    );
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
    plan.steps.push(
        step(
            StepKind::Verify,
            StageKind::Postcheck,
            vec![format!("{} runs, baseline equal", plan.to)],
            request.policy.convergence.as_secs(),
            "none needed",
        )
        .because(proven(request.policy)),
    );
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
            next_lines,
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
    Ok(())
}
