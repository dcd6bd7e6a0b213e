//! Firmware beside the image: what is written, in which order, and that there is no way back.
//!
//! Three forms, by family (`firmware` of the platform table): ROMMON of a router, which is written and
//! runs after a reload; CPLD and FPGA card by card, each of which the device power cycles itself; ROMMON
//! of a Catalyst out of the running release, by one command that reloads. Nothing here runs beside an
//! image: the release stays, and an install that is not committed comes first.
//!
//! Source: Cisco, "Upgrading the ROMMON" of ASR 1000, ISR 4000 and ASR 900; genielibs
//! `apis/iosxe/platform/utils.py` for the questions of `upgrade hw-programmable`.

use iosxe_core::boot::{BootMode, same_file};
use iosxe_core::device::{FactKind, Facts, Role};
use iosxe_core::fault::Remedy;
use iosxe_core::firmware::{
    self, Change, Firmware, FirmwareState, Fit, Package, PackageKind, PartKind, is_package,
};
use iosxe_core::plan::{DevicePlan, Method, Refusal, Step, StepKind};
use iosxe_core::platform::{FirmwareForm, Redundancy};
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};

use super::bundle::copy_to_others;
use super::image::{catalogue, provenance, usable};
use super::install::verify;
use super::method::row;
use super::step::{boots_packages, disturbing, gate_for, next_boot, step, table};
use super::{Because, Case};

/// How nothing of it is undone, in words that an approval covers.
const NO_WAY_BACK: &str = "NONE: firmware is not taken back, and a failed write may need an RMA";

/// The region of a Catalyst's boot loader that no command shows the version of.
const GOLDEN: &str = "capsule-golden";

/// A row asks for firmware exactly when it names a package of it.
pub(super) fn asked(case: Case<'_>) -> Result<(), Refusal> {
    let request = case.request;
    let image = request.image;
    let wanted = request.record.want_method == Some(Method::Firmware);
    match (wanted, is_package(&image.file)) {
        (true, true) | (false, false) => Ok(()),
        (false, true) => Err(Refusal::new(
            "firmware_not_asked_for",
            format!(
                "{} is a package of firmware, and no release is installed with it",
                image.file
            ),
            Remedy::new("set `want_method` to `firmware`, or name an image"),
        )
        .seen(row(case))
        .seen(vec![catalogue(image)])),
        (true, false) => Err(Refusal::new(
            "not_firmware",
            format!(
                "the row wants firmware, and {} is no package of it",
                image.file
            ),
            Remedy::new("name a ROMMON or hw-programmables .pkg file in the `image` cell"),
        )
        .seen(row(case))),
    }
}

/// Whether a file has to be on flash for it: a capsule is in the running release.
pub(super) fn sends(case: Case<'_>) -> bool {
    Package::of(&case.request.image.file).is_none_or(|p| p.has_file())
}

/// The package is one for this device, and the device stands as it must before any of it is written.
pub(super) fn checked(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<(), Refusal> {
    let (image, facts) = (case.request.image, case.request.facts);
    let (package, form) = form(case)?;
    alone(case)?;
    if package.has_file() {
        usable(image)?;
        provenance(case, reasons)?;
    }
    boots_as_it_runs(facts)?;
    let state = state(case)?;
    let lines = facts.evidence(FactKind::Firmware);
    let kept = kept(state, case);
    if !kept.is_empty() {
        let text = format!(
            "newer than the package, and left alone: {}",
            kept.join(", ")
        );
        reasons.push(Reason::new("firmware_newer_stays", text, lines.clone()));
    }
    reasons.push(Reason::new(
        "firmware_for_the_platform",
        format!(
            "{} is for {}: {}",
            image.file,
            case.family.name,
            form_words(form)
        ),
        facts
            .evidence(FactKind::Model)
            .into_iter()
            .chain([catalogue(image)])
            .collect(),
    ));
    reasons.push(Reason::new(
        "firmware_no_way_back",
        "the way back: NONE. What is written stays; power lost while it is written means an RMA: never power cycle the device until it is proven",
        lines,
    ));
    Ok(())
}

/// The row of the platform table that takes the package.
fn form(case: Case<'_>) -> Result<(Package, &FirmwareForm), Refusal> {
    let (image, facts, family) = (case.request.image, case.request.facts, case.family);
    let package = Package::of(&image.file);
    let takes = |form: &&FirmwareForm| {
        package
            .as_ref()
            .is_some_and(|p| p.kind == form.kind && form.packages.contains(&p.product))
    };
    let found = family.firmware.iter().find(takes);
    if let (Some(form), Some(package)) = (found, package.clone()) {
        return Ok((package, form));
    }
    let known: Vec<&str> = family
        .firmware
        .iter()
        .flat_map(|f| &f.packages)
        .map(String::as_str)
        .collect();
    let remedy =
        Remedy::new("correct the `image` cell; what upgrades itself at boot needs no package");
    let refusal = if known.is_empty() {
        Refusal::new(
            "firmware_not_on_platform",
            format!("this version writes no firmware of {}", family.name),
            remedy,
        )
    } else {
        Refusal::new(
            "firmware_wrong_family",
            format!(
                "{} is no package of firmware for {} ({} takes {})",
                image.file,
                facts.pid,
                family.name,
                known.join(", ")
            ),
            remedy,
        )
    };
    Err(refusal
        .seen(facts.evidence(FactKind::Model))
        .seen(vec![catalogue(image)]))
}

fn form_words(form: &FirmwareForm) -> &'static str {
    match form.kind {
        PackageKind::Rommon if form.regions > 1 => {
            "one region of the boot loader is written and booted, then the other"
        }
        PackageKind::Rommon => {
            "the boot loader of every processor is written, and runs after a reload"
        }
        PackageKind::Programmable => {
            "each part is written by a command of its own, and the device power cycles its card"
        }
        PackageKind::Capsule => {
            "the boot loader is written out of the running release, and the device reloads by itself"
        }
    }
}

/// Firmware is never written beside an image that is on its way, nor during an upgrade in service.
fn alone(case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    if let Some(package) = facts.install.as_ref().and_then(|i| i.uncommitted()) {
        return Err(Refusal::new(
            "firmware_install_uncommitted",
            format!(
                "{} is activated and not committed: firmware is not written beside it",
                package.label
            ),
            Remedy::new("commit or abort it first"),
        )
        .seen(facts.evidence(FactKind::Package)));
    }
    if facts.issu.as_ref().is_some_and(|i| i.in_progress) {
        return Err(Refusal::new(
            "firmware_in_service",
            "an upgrade in service is on its way: firmware is not written beside it",
            Remedy::with("finish or abort it first", "show issu state detail"),
        )
        .seen(facts.evidence(FactKind::Issu)));
    }
    Ok(())
}

/// The reload has to bring up what runs now.
fn boots_as_it_runs(facts: &Facts) -> Result<(), Refusal> {
    if facts.boot_mode == BootMode::Install {
        boots_packages(facts)?;
    }
    let next = next_boot(facts)?;
    let runs = facts.system_image.as_deref();
    let same = next
        .first()
        .zip(runs)
        .is_some_and(|(next, runs)| same_file(next, runs));
    if same {
        return Ok(());
    }
    Err(Refusal::new(
        "boot_variable",
        format!(
            "the next boot is {}, and {} runs: the reload would change the release, too",
            next.join("; "),
            runs.unwrap_or("another file")
        ),
        Remedy::new("set the boot variable to what runs, and save"),
    )
    .seen(facts.evidence(FactKind::NextBoot))
    .seen(facts.evidence(FactKind::SystemImage)))
}

fn state<'a>(case: Case<'a>) -> Result<&'a FirmwareState, Refusal> {
    let facts = case.request.facts;
    facts.firmware.as_ref().ok_or_else(|| {
        Refusal::new(
            "firmware_unread",
            "nobody read the firmware of the device's parts",
            Remedy::with("have it read first", "iosxe firmware list"),
        )
        .seen(facts.evidence(FactKind::Model))
    })
}

/// Parts that are newer than the package.
fn kept(state: &FirmwareState, case: Case<'_>) -> Vec<String> {
    let newer = |part: &Firmware| match firmware::fit(part, case.request.image) {
        Fit::Newer(brought) => Some(format!(
            "{} {} {} (the package has {brought})",
            part.slot, part.kind, part.version
        )),
        Fit::Behind(_) | Fit::Same | Fit::Unclear(_) | Fit::NotConcerned => None,
    };
    state.parts.iter().filter_map(newer).collect()
}

/// `upgrade rom-monitor … all` writes every part that has a boot loader: none of them may be newer, nor
/// one of which nothing is known.
fn all_behind(case: Case<'_>) -> Result<(), Refusal> {
    let (image, facts) = (case.request.image, case.request.facts);
    let loaders = state(case)?.parts.iter();
    let mut loaders = loaders.filter(|part| part.kind == PartKind::Rommon);
    let left_alone = |part: &&Firmware| {
        matches!(
            firmware::fit(part, image),
            Fit::Newer(_) | Fit::NotConcerned | Fit::Unclear(_)
        )
    };
    let Some(part) = loaders.find(left_alone) else {
        return Ok(());
    };
    Err(Refusal::new(
        "firmware_newer_part",
        format!(
            "{} has {}, which {} is not known to be newer than, and the command writes every part",
            part.slot, part.version, image.file
        ),
        Remedy::new("take a package that is newer than all of them, or do this device by hand"),
    )
    .seen(facts.evidence(FactKind::Firmware)))
}

/// What is written, in the device's order; refused where that is not known to the last digit.
fn changes(case: Case<'_>) -> Result<Vec<Change>, Refusal> {
    let (image, facts) = (case.request.image, case.request.facts);
    let state = state(case)?;
    let lines = || facts.evidence(FactKind::Firmware);
    if !firmware::is_told(state, image) {
        return Err(Refusal::new(
            "firmware_versions_unknown",
            format!(
                "nobody said which versions {} brings for the parts of {}: only exactly planned versions are written",
                image.file, facts.pid
            ),
            Remedy::with(
                "name them as the release notes do",
                format!("iosxe image add {} --brings 'BOARD PART VERSION'", image.file),
            ),
        )
        .seen(lines())
        .seen(vec![catalogue(image)]));
    }
    let unclear: Vec<String> = state
        .parts
        .iter()
        .filter_map(|part| match firmware::fit(part, image) {
            Fit::Unclear(brought) => Some(format!(
                "{} {} has {}, the package {brought}",
                part.slot, part.kind, part.version
            )),
            _ => None,
        })
        .collect();
    if !unclear.is_empty() {
        return Err(Refusal::new(
            "firmware_versions_unclear",
            format!(
                "which is newer cannot be told: {}; a downgrade is never risked",
                unclear.join(", ")
            ),
            Remedy::new("compare them by the release notes, and do this device by hand"),
        )
        .seen(lines()));
    }
    let remedy = Remedy::with("look at what it has", "iosxe firmware list");
    // No verdict from a misread (design rule 2): what is not read may be newer.
    if let Some(line) = state.inconclusive.first() {
        return Err(Refusal::new(
            "firmware_unread",
            format!("what the device says of its firmware cannot be read: {line}"),
            remedy,
        )
        .seen(lines()));
    }
    let changes = firmware::behind(state, image);
    if changes.is_empty() {
        return Err(Refusal::new(
            "firmware_current",
            format!("no part of the device is behind {}", image.file),
            remedy,
        )
        .seen(lines()));
    }
    Ok(changes)
}

/// The steps of the method; what comes before the gate stands in the plan already.
pub(super) fn firmware(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let (package, form) = form(case)?;
    match package.kind {
        PackageKind::Rommon => rommon(plan, case, form),
        PackageKind::Programmable => programmable(plan, case, form),
        PackageKind::Capsule => capsule(plan, case, form, &package),
    }
}

/// `upgrade rom-monitor filename … all`, a reload; where there are two regions, the same once more.
fn rommon(plan: &mut DevicePlan, case: Case<'_>, form: &FirmwareForm) -> Result<(), Refusal> {
    let changes = changes(case)?;
    all_behind(case)?;
    // Whichever processor is active by then reads it from its own flash.
    copy_to_others(plan, case);
    let (reload, reload_most) = case.reload();
    let [typical, most] = form.write_s;
    let regions = form.regions.max(1);
    let reloads = match regions {
        1 => "the device reloads".to_owned(),
        n => format!("the device reloads {n} times"),
    };
    plan.steps.push(gate(plan, case, &changes, &reloads));
    for region in 0..regions {
        // The versions that are shown are those of the region that was booted.
        let of_region = if region == 0 {
            changes.clone()
        } else {
            Vec::new()
        };
        let which = match (region, regions) {
            (_, 1) => String::new(),
            (n, _) => format!(", region {} of {regions}", n + 1),
        };
        let mut write = write(
            format!(
                "upgrade rom-monitor filename {}{} all",
                plan.file_system, plan.image.file
            ),
            most,
            &of_region,
            case,
        );
        write.why.text.push_str(&which);
        plan.steps.push(write);
        let mut boots = disturbing(step(
            StepKind::Reload,
            StageKind::Upgrade,
            vec!["reload".into()],
            reload_most.as_secs(),
            NO_WAY_BACK,
        ))
        .because(Reason::new(
            "firmware_runs_after_a_reload",
            "a boot loader runs at the next boot; only then its version can be read",
            vec![table(
                &case.family.name,
                "reload_s, at most",
                reload_most.as_secs(),
            )],
        ));
        boots.firmware = of_region;
        plan.steps.push(boots);
    }
    plan.estimate_s = (typical + reload.as_secs()) * u64::from(regions);
    plan.steps.push(proof(case, &changes));
    Ok(())
}

/// `upgrade hw-programmable`, part by part: the other side first, the side that answers last.
fn programmable(plan: &mut DevicePlan, case: Case<'_>, form: &FirmwareForm) -> Result<(), Refusal> {
    let mut changes = changes(case)?;
    let facts = case.request.facts;
    let own = own_slot(case);
    let standby = facts.members.iter().find(|m| m.role == Role::Standby);
    let other = standby.map(|m| format!("R{}", m.id));
    changes.sort_by_key(|change| {
        if Some(&change.slot) == other.as_ref() {
            0
        } else if change.slot == own {
            2
        } else {
            1
        }
    });
    let cards = |changes: &[Change]| {
        let mut slots: Vec<&str> = changes.iter().map(|c| c.slot.as_str()).collect();
        slots.dedup();
        slots.join(", ")
    };
    let cycled = format!("the device power cycles the cards in {}", cards(&changes));
    let (reload, reload_most) = case.reload();
    let [typical, most] = form.write_s;
    // The processor that answers is power cycled, too: the other one reads it from its own flash then.
    copy_to_others(plan, case);
    plan.steps.push(gate(plan, case, &changes, &cycled));
    plan.estimate_s = 0;
    for change in &changes {
        let is_processor = change.slot == own || Some(&change.slot) == other.as_ref();
        let back = if is_processor { reload.as_secs() } else { 0 };
        plan.estimate_s += typical + back;
        let one = std::slice::from_ref(change);
        plan.steps.push(disturbing(write(
            format!(
                "upgrade hw-programmable {} filename {}{} {}",
                change.kind.word(),
                plan.file_system,
                plan.image.file,
                change.slot
            ),
            most + reload_most.as_secs(),
            one,
            case,
        )));
    }
    plan.steps.push(proof(case, &changes));
    Ok(())
}

/// The slot of the processor that answers.
fn own_slot(case: Case<'_>) -> String {
    let facts = case.request.facts;
    match case.family.redundancy {
        Redundancy::DualRouteProcessor => {
            let active = facts.members.iter().find(|m| m.role == Role::Active);
            active.map_or_else(|| "R0".to_owned(), |m| format!("R{}", m.id))
        }
        _ => "R0".to_owned(),
    }
}

/// `upgrade rom-monitor capsule`: the command writes and reloads.
fn capsule(
    plan: &mut DevicePlan,
    case: Case<'_>,
    form: &FirmwareForm,
    package: &Package,
) -> Result<(), Refusal> {
    let facts = case.request.facts;
    if facts.members.len() > 1 {
        return Err(Refusal::new(
            "firmware_other_side",
            "the device has two sides, and no document that we know says how the other one's boot loader is written",
            Remedy::new("write both sides by hand, one after the other"),
        )
        .seen(facts.evidence(FactKind::Member)));
    }
    let golden = package.product == GOLDEN;
    let changes = if golden { Vec::new() } else { changes(case)? };
    let region = if golden { "golden" } else { "primary" };
    let (reload, reload_most) = case.reload();
    let [typical, most] = form.write_s;
    plan.steps
        .push(gate(plan, case, &changes, "the device reloads by itself"));
    let mut write = disturbing(write(
        format!("upgrade rom-monitor capsule {region} switch active R0"),
        most + reload_most.as_secs(),
        &changes,
        case,
    ));
    if golden {
        write
            .why
            .text
            .push_str("; no command shows the version of the golden region: that it was written is the device's word alone");
    }
    plan.steps.push(write);
    plan.estimate_s = typical + reload.as_secs();
    plan.steps.push(proof(case, &changes));
    Ok(())
}

fn listed(changes: &[Change]) -> String {
    let all: Vec<String> = changes.iter().map(ToString::to_string).collect();
    if all.is_empty() {
        "the golden region".to_owned()
    } else {
        all.join(", ")
    }
}

fn gate(plan: &DevicePlan, case: Case<'_>, changes: &[Change], then: &str) -> Step {
    let mut gate = gate_for(
        "write",
        &format!(
            "{}; {then}; NO WAY BACK; do not power cycle it until it is proven, or it may need an RMA",
            listed(changes)
        ),
        &plan.image,
        case.request.facts,
    );
    gate.why = Reason::new(
        "approval_before_firmware",
        "nothing that follows can be undone: a person says when",
        case.request.facts.evidence(FactKind::Firmware),
    );
    gate
}

fn write(command: String, bound_s: u64, changes: &[Change], case: Case<'_>) -> Step {
    let mut write = step(
        StepKind::WriteFirmware,
        StageKind::Upgrade,
        vec![command],
        bound_s,
        NO_WAY_BACK,
    )
    .because(Reason::new(
        "firmware_is_written_once",
        "sent once; the device's questions are answered with yes for exactly these versions alone, and with no for a downgrade",
        case.request
            .facts
            .evidence(FactKind::Firmware)
            .into_iter()
            .chain([catalogue(case.request.image)])
            .collect::<Vec<Evidence>>(),
    ));
    write.firmware = changes.to_vec();
    write
}

fn proof(case: Case<'_>, changes: &[Change]) -> Step {
    let wanted: Vec<String> = changes
        .iter()
        .map(|c| format!("{} {} {}", c.slot, c.kind, c.to))
        .collect();
    let wanted = if wanted.is_empty() {
        "the device back".to_owned()
    } else {
        wanted.join(", ")
    };
    verify(
        format!("{wanted}; the same release, members back, baseline equal"),
        case.request.policy,
    )
}
