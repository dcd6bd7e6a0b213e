//! From bundle to install mode: the boot variable names packages.conf first and the running image
//! second, then one command adds, activates and commits on every member. The old image boots again by
//! its entry, on each from its own flash.
//!
//! Source: Cisco, "Managing Software" of Catalyst 9000, conversion from bundle to install mode.

use iosxe_core::boot::{BootMode, file_name};
use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Refusal, StepKind};
use iosxe_core::platform::{Kind, Packages};
use iosxe_core::stage::StageKind;
use iosxe_core::version::Version;
use iosxe_core::why::Reason;

use super::bundle::{boots_again, keep_startup, others, way_back_material};
use super::install::verify;
use super::method::{mode, row};
use super::step::{boot_system, disturbing, gate_for, kept_startup, step, table};
use super::{Because, Case};

/// Whether a conversion is legal here, and can be undone.
pub(super) fn legal(case: Case<'_>, from: &Version) -> Result<(), Refusal> {
    let (family, facts) = (case.family, case.request.facts);
    let auto = || Remedy::new("set `want_method` to `auto`");
    if facts.boot_mode == BootMode::Install {
        return Err(Refusal::new(
            "already_install_mode",
            "the row wants a conversion, and the device runs in install mode already",
            auto(),
        )
        .seen(mode(facts))
        .seen(row(case)));
    }
    if family.install_since.is_none() || family.packages != Packages::Install {
        return Err(Refusal::new(
            "no_install_mode",
            format!("{} has no install mode to convert to", family.name),
            auto(),
        )
        .seen(facts.evidence(FactKind::Model))
        .seen(row(case)));
    }
    super::method::target_has_engine(case)?;
    if let Some(since) = &family.install_since
        && from < since
    {
        return Err(Refusal::new(
            "install_too_early",
            format!("`install add` of an image works from {since} on"),
            Remedy::new("upgrade the device in bundle mode to a later release first"),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(vec![table(&family.name, "install_since", since)]));
    }
    Ok(())
}

pub(super) fn convert(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Case {
        family, request, ..
    } = case;
    let facts = request.facts;
    let running = way_back_material(case)?;
    let fs = plan.file_system.clone();
    let old = format!("{fs}{}", file_name(&running));
    let kept = format!("{fs}{}", kept_startup(plan));
    let [_, add_most] = family.add_s;
    let [_, activate_most] = family.activate_s;
    let (_, reload_most) = case.reload();
    // `install add` copies the image to every member; the way back it does not know.
    keep_startup(plan, case, &others(case));
    plan.steps.push(gate_for(
        "convert to install mode with",
        "the device reloads, and boots packages from then on",
        &plan.image,
        facts,
    ));
    let mut boot = vec![
        "configure terminal".to_owned(),
        "no boot system".to_owned(),
        boot_system(case, &format!("{fs}packages.conf")),
        boot_system(case, &old),
    ];
    if family.kind == Kind::Switch {
        boot.push("no boot manual".to_owned());
    }
    boot.extend(["end".to_owned(), "write memory".to_owned()]);
    plan.steps.push(
        step(
            StepKind::SetBoot,
            StageKind::Upgrade,
            boot,
            180,
            format!("copy {kept} startup-config: the old boot statements come back with it"),
        )
        .because(Reason::new(
            "packages_before_image",
            format!(
                "packages.conf comes with the installation: until then {old}, the second entry, boots"
            ),
            facts
                .evidence(FactKind::SystemImage)
                .into_iter()
                .chain(facts.evidence(FactKind::NextBoot))
                .collect(),
        )),
    );
    plan.steps.push(
        disturbing(step(
            StepKind::AddActivateCommit,
            StageKind::Upgrade,
            vec![format!(
                "install add file {fs}{} activate commit",
                plan.image.file
            )],
            add_most + activate_most + reload_most.as_secs(),
            "the way back: old startup-config and one more reload, into bundle mode",
        ))
        .because(Reason::new(
            "one_step_without_timer",
            "bundle mode takes no other: no timer takes the device back",
            facts.evidence(FactKind::BootMode),
        )),
    );
    plan.steps.push(verify(
        match facts.members.len() {
            0 | 1 => format!("{} runs in install mode, baseline equal", plan.to),
            _ => format!(
                "{} in install mode on every member, members back, baseline equal",
                plan.to
            ),
        },
        request.policy,
    ));
    boots_again(plan, &kept, case);
    Ok(())
}
