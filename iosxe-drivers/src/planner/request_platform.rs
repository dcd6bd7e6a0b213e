//! `request platform software`: what upgrades a device that boots packages where `install add` of an
//! image does not, or not yet. In place the packages go beside those that run and packages.conf is
//! written anew; beside, they go into a directory of their own, which the boot variable names.
//!
//! Source: Cisco, Catalyst 3850 upgrade guides of 16.x; ASR 1000 and ISR 4000 software configuration
//! guides, "individual packages"; command reference, `request platform software package`.

use iosxe_core::boot::{BootMode, file_name};
use iosxe_core::device::{FactKind, Facts};
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Method, Refusal, StepKind};
use iosxe_core::platform::{IssuForm, Packages, Redundancy, RequestBy, RequestForm};
use iosxe_core::stage::StageKind;
use iosxe_core::version::Version;
use iosxe_core::why::{Evidence, Reason};

use super::bundle::{boots_again, keep_startup};
use super::install::verify;
use super::method::{mode, row};
use super::step::{boots_packages, disturbing, gate_for, kept_startup, next_boot, step, table};
use super::{Because, Case};
use crate::parse::packages_conf::release_of;

/// How the running release upgrades, where it does so by these commands.
pub(super) fn form<'a>(case: Case<'a>, from: &Version) -> Option<&'a RequestBy> {
    case.family.requests(from)
}

/// Whether the method is legal here.
pub(super) fn legal(case: Case<'_>, from: &Version) -> Result<(), Refusal> {
    let (family, facts) = (case.family, case.request.facts);
    let auto = || Remedy::new("set `want_method` to `auto`");
    if facts.boot_mode == BootMode::Bundle {
        return Err(Refusal::new(
            "bundle_mode",
            "the row wants request_platform, but the device boots one image: it has no packages to replace",
            auto(),
        )
        .seen(mode(facts))
        .seen(row(case)));
    }
    let Some(by) = form(case, from) else {
        // Why this release is not upgraded at all, where that is so.
        super::path::checked(case, from, Method::RequestPlatform, &mut Vec::new())?;
        if family.packages == Packages::RequestPlatform {
            return Err(by_hand(case));
        }
        let since = family.install_since.as_ref();
        return Err(Refusal::new(
            "request_not_here",
            match since.filter(|since| from >= *since) {
                Some(since) => format!(
                    "the row wants request_platform, but {from} upgrades by `install add`, as every release from {since} on"
                ),
                None => format!(
                    "how {from} of {} upgrades by `request platform software` is not known",
                    family.name
                ),
            },
            match since.filter(|since| from >= *since) {
                Some(_) => auto(),
                None => Remedy::new("add its commands to the platform table (`request_by`), or upgrade this device by hand"),
            },
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(row(case)));
    };
    // The members of a stack are given packages by one command; two processors are not.
    let together = matches!(
        family.redundancy,
        Redundancy::Stack | Redundancy::StackwiseVirtual
    );
    if facts.members.len() > 1 && (by.form == RequestForm::Beside || !together) {
        return Err(by_hand(case));
    }
    Ok(())
}

/// A device that boots packages, and that no plan of ours upgrades by a reload, with what to type: one
/// command for both processors where the family has it (Cisco, ASR 903 design guide), packages for each
/// of them where it has not (Cisco's upgrade plug-ins for ASR 1000).
pub(super) fn by_hand(case: Case<'_>) -> Refusal {
    let (family, facts) = (case.family, case.request.facts);
    let image = &case.request.image.file;
    let file = format!("{}{image}", family.primary);
    let count = facts.members.len();
    let node = family.issu_by.iter().any(|by| by.form == IssuForm::Node);
    let (steps, command) = match (count, node) {
        (0 | 1, _) => (
            "upgrade this device by hand: copy the image, type this, then reload",
            format!("request platform software package install rp 0 file {file}"),
        ),
        (_, true) => (
            "set `want_method` to `issu`, or upgrade this device by hand: copy the image to both processors, then type",
            format!("request platform software package install node file {file}"),
        ),
        (_, false) => (
            "set `want_method` to `issu`, or upgrade this device by hand: type this for the flash of each processor, set the boot variable, save, reload",
            format!(
                "request platform software package expand file {file} to {}packages",
                family.primary
            ),
        ),
    };
    let table_says = match family.packages {
        Packages::Install => "install",
        Packages::RequestPlatform => "request_platform",
    };
    Refusal::new(
        "subpackage_mode",
        match count {
            0 | 1 => format!(
                "the device runs in sub-package mode, and the platform table says nothing of how {} upgrades there",
                family.name
            ),
            _ => format!(
                "the device boots packages on {count} route processors: by a reload each would need packages of its own, which is not carried out"
            ),
        },
        Remedy::with(steps, command),
    )
    .seen(mode(facts))
    .seen(vec![table(&family.name, "packages", table_says)])
}

/// Why by these commands.
pub(super) fn reason(case: Case<'_>, from: &Version) -> Reason {
    let mut lines = mode(case.request.facts);
    if let Some(by) = form(case, from) {
        lines.push(table(&case.family.name, "request_by, form", by.form.word()));
        lines.push(table(&case.family.name, "request_by, since", &by.since));
        if let Some(before) = &by.before {
            lines.push(table(&case.family.name, "request_by, before", before));
        }
    }
    Reason::new(
        "packages_by_request",
        "the device boots packages, and its release upgrades those by `request platform software`: no timer takes it back",
        lines,
    )
}

pub(super) fn request_platform(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Some(by) = form(case, &plan.from) else {
        return Err(by_hand(case));
    };
    match by.form {
        RequestForm::InPlace => in_place(plan, case, by),
        RequestForm::Beside => beside(plan, case, by),
    }
}

/// How long the packages may take: they are copied to every member, extracted and checked there.
fn writes_s(case: Case<'_>) -> u64 {
    let [_, add_most] = case.family.add_s;
    add_most
}

fn in_place(plan: &mut DevicePlan, case: Case<'_>, by: &RequestBy) -> Result<(), Refusal> {
    let facts = case.request.facts;
    boots_packages(facts)?;
    let (_, reload_most) = case.reload();
    let image = format!("{}{}", plan.file_system, plan.image.file);
    let old = running_packages(case, &plan.from);
    let back = by.rollback.as_deref().filter(|_| old.is_some());
    let undo = match (back, &by.rollback) {
        (Some(command), _) => format!(
            "{command}: it rests on the packages of {} that stay on every flash, and on the rollback file that this step leaves",
            plan.from
        ),
        (None, Some(_)) => format!(
            "NONE by the device: the packages of {} are not on every flash",
            plan.from
        ),
        (None, None) => format!(
            "NONE by the device: the platform table names no command; {} has to be installed again",
            plan.from
        ),
    };
    plan.steps.push(gate_for(
        "install",
        match back {
            Some(_) => "packages.conf names the new packages from then on, the device reloads, and no timer takes it back",
            None => "packages.conf names the new packages from then on, the device reloads, and there is NO way back but another installation",
        },
        &plan.image,
        facts,
    ));
    plan.steps.push(
        step(
            StepKind::InstallPackages,
            StageKind::Upgrade,
            vec![by.command(&image, "")],
            writes_s(case),
            undo,
        )
        .because(Reason::new(
            "packages_in_place",
            "the packages go to every member beside those that run; the next boot is theirs, whoever causes it",
            old.clone().unwrap_or_default(),
        )),
    );
    plan.steps.push(reload(
        plan,
        StageKind::Upgrade,
        reload_most.as_secs(),
        match back {
            Some(_) => "the way back: the old packages, and one more reload",
            None => "NONE by the device",
        },
        facts,
    ));
    plan.steps.push(verify(
        format!("{} on every member, members back, baseline equal", plan.to),
        case.request.policy,
    ));
    if let Some(command) = back {
        plan.way_back.push(
            step(
                StepKind::RollbackPackages,
                StageKind::Rollback,
                vec![command.to_owned()],
                writes_s(case),
                "none needed",
            )
            .because(Reason::new(
                "old_packages_stay",
                format!(
                    "packages.conf names the packages of {} again; without its rollback file the device refuses, and a person installs the old image",
                    plan.from
                ),
                old.unwrap_or_default(),
            )),
        );
        let again = reload(
            plan,
            StageKind::Rollback,
            reload_most.as_secs(),
            "none: the upgrade begins anew",
            facts,
        );
        plan.way_back.push(again);
    }
    Ok(())
}

fn reload(
    plan: &DevicePlan,
    stage: StageKind,
    bound_s: u64,
    undo: &str,
    facts: &Facts,
) -> iosxe_core::plan::Step {
    let release = match stage {
        StageKind::Rollback => &plan.from,
        _ => &plan.to,
    };
    disturbing(step(
        StepKind::Reload,
        stage,
        vec!["reload".into()],
        bound_s,
        undo,
    ))
    .because(Reason::new(
        "packages_boot_by_reload",
        format!("the packages of {release} run after a reload alone"),
        facts.evidence(FactKind::BootMode),
    ))
}

/// The lines that show the packages of the running release on the flash of every member; `None` where
/// one has none.
fn running_packages(case: Case<'_>, from: &Version) -> Option<Vec<Evidence>> {
    let facts = case.request.facts;
    let mut lines = Vec::new();
    for fs in &facts.file_systems {
        let mut names = fs.files.iter().map(|f| &f.name);
        names.find(|name| release_of(name).as_ref() == Some(from))?;
        let listed = facts.evidence_of(FactKind::File, fs.member).into_iter();
        lines.extend(listed.filter(|e| {
            let name = e.line.split_whitespace().last().unwrap_or_default();
            release_of(name).as_ref() == Some(from)
        }));
    }
    (!lines.is_empty()).then_some(lines)
}

fn beside(plan: &mut DevicePlan, case: Case<'_>, by: &RequestBy) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let running = boots_again_from(case, &plan.from)?;
    let (_, reload_most) = case.reload();
    let fs = plan.file_system.clone();
    let dir = directory(plan);
    let new = format!("{dir}/packages.conf");
    let old = format!("{fs}{}", file_name(&running));
    let kept = format!("{fs}{}", kept_startup(plan));
    let image = format!("{fs}{}", plan.image.file);
    plan.steps.push(
        step(
            StepKind::ExpandPackages,
            StageKind::Transfer,
            vec![format!("mkdir {dir}"), by.command(&image, &dir)],
            writes_s(case),
            format!("delete /force /recursive {dir}"),
        )
        .because(Reason::new(
            "packages_beside",
            format!("{dir} is the new release's own: nothing that runs or boots is written over"),
            facts.evidence(FactKind::SystemImage),
        )),
    );
    keep_startup(plan, case, &[]);
    plan.steps.push(gate_for(
        "set the boot variable for the packages of",
        "the device reloads",
        &plan.image,
        facts,
    ));
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
                .chain(facts.evidence(FactKind::NextBoot))
                .collect(),
        )),
    );
    plan.steps.push(reload(
        plan,
        StageKind::Upgrade,
        reload_most.as_secs(),
        "the way back: old startup-config and one more reload",
        facts,
    ));
    plan.steps.push(verify(
        format!("{} runs from its packages, baseline equal", plan.to),
        case.request.policy,
    ));
    boots_again(plan, &kept, case);
    Ok(())
}

/// The directory of the new packages: one per release, so that two upgrades never share one.
fn directory(plan: &DevicePlan) -> String {
    format!("{}packages-{}", plan.file_system, plan.to)
}

/// The file that the device runs, when it could boot it again: named by the boot variable, and, where
/// the look reaches it, on flash with packages of its release.
fn boots_again_from(case: Case<'_>, from: &Version) -> Result<String, Refusal> {
    let facts = case.request.facts;
    let running = facts.system_image.clone().ok_or_else(|| {
        Refusal::new(
            "no_system_image",
            "the device does not say which file it booted: there would be no way back",
            Remedy::with("look at", "show version"),
        )
        .seen(facts.evidence(FactKind::Release))
    })?;
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
    // A directory is not looked into: what runs from it was booted from it.
    let at_the_root = !file_name(&running).contains('/');
    let listed = |name: &str| {
        let mut files = facts.file_systems.iter().flat_map(|fs| &fs.files);
        files.any(|f| f.name == name)
    };
    let is_there = listed(file_name(&running)) && running_packages(case, from).is_some();
    if at_the_root && !is_there {
        return Err(Refusal::new(
            "no_way_back",
            format!(
                "{running} or the packages of {from} are not on flash: there would be no way back"
            ),
            Remedy::new("put the running packages on flash first"),
        )
        .seen(facts.evidence(FactKind::SystemImage))
        .seen(facts.evidence(FactKind::Space)));
    }
    Ok(running)
}
