//! Bundle mode: boot variable with the old entry kept, save, reload.

use iosxe_core::boot::file_name;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, PlanRequest, Refusal, StepKind};
use iosxe_core::platform::Family;
use iosxe_core::stage::StageKind;

use super::{disturbing, gate, kept_startup, next_boot, step};

pub(super) fn bundle(
    plan: &mut DevicePlan,
    request: &PlanRequest<'_>,
    family: &Family,
) -> Result<(), Refusal> {
    let facts = request.facts;
    if facts.members.len() > 1 {
        return Err(Refusal::new(
            "bundle_stack",
            "a stack in bundle mode needs the image on every member by hand",
            Remedy::new("upgrade this stack by hand, or bring it to install mode"),
        ));
    }
    let running = facts.system_image.clone().ok_or_else(|| {
        Refusal::new(
            "no_system_image",
            "the device does not say which file it booted: there would be no way back",
            Remedy::with("look at", "show version"),
        )
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
        ));
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
        ));
    }
    let (_, reload_most) = family.reload();
    let kept = kept_startup(plan);
    plan.steps.push(step(
        StepKind::KeepStartup,
        StageKind::Transfer,
        vec![format!("copy startup-config {kept}")],
        120,
        format!("delete /force {kept}"),
    ));
    plan.steps.push(gate("set the boot variable and reload"));
    plan.steps.push(step(
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
    ));
    plan.steps.push(disturbing(step(
        StepKind::Reload,
        StageKind::Upgrade,
        vec!["reload".into()],
        reload_most.as_secs(),
        "the way back: old startup-config and one more reload",
    )));
    plan.steps.push(step(
        StepKind::Verify,
        StageKind::Postcheck,
        vec![format!("{} runs, baseline equal", plan.to)],
        request.policy.convergence.as_secs(),
        "none needed",
    ));
    plan.way_back.push(step(
        StepKind::RestoreStartup,
        StageKind::Rollback,
        vec![format!("copy {kept} startup-config")],
        120,
        "none needed",
    ));
    plan.way_back.push(disturbing(step(
        StepKind::Reload,
        StageKind::Rollback,
        vec!["reload".into()],
        reload_most.as_secs(),
        "none: the upgrade begins anew",
    )));
    plan.reasons
        .push(format!("{old} stays the second boot entry"));
    Ok(())
}
