//! Facts, image and policy to steps: pure, and no choice is left for the time of execution.

mod assess;
mod bundle;
mod install;

use iosxe_core::boot::BootMode;
use iosxe_core::device::Facts;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Disturbs, Method, PlanRequest, Refusal, Step, StepKind};
use iosxe_core::platform::{Family, Redundancy};
use iosxe_core::stage::StageKind;
use iosxe_core::version::Version;

pub use assess::{assess, look_for, standing};

/// Decides the steps for one device.
///
/// # Errors
/// [`Refusal`]: the device is left alone. The codes are stable.
pub fn plan(family: &Family, request: &PlanRequest<'_>) -> Result<DevicePlan, Refusal> {
    let from = checked_release(request)?;
    checked_image(family, request)?;
    // A pair is one device with two chassis: planned as a stack it would be called safe by nobody.
    if family.redundancy == Redundancy::StackwiseVirtual && request.facts.members.len() > 1 {
        return Err(Refusal::new(
            "stackwise_virtual",
            "the device is a StackWise Virtual pair, which this version does not upgrade",
            Remedy::new("upgrade this pair by hand"),
        ));
    }
    let (method, mut reasons) = method(request)?;
    let facts = request.facts;
    if let Some(running) = &facts.system_image
        && iosxe_core::boot::same_file(running, &request.image.file)
    {
        return Err(Refusal::new(
            "image_is_running",
            format!(
                "{} is the file that the device runs, under another release's name",
                running
            ),
            Remedy::new("name the image file after its release"),
        ));
    }
    checked_space(family, request, method, &mut reasons)?;
    let mut plan = DevicePlan {
        device: request.record.name.clone(),
        pid: facts.pid.clone(),
        serials: sorted(&facts.serials),
        from,
        to: request.image.version.clone(),
        method,
        image: request.image.clone(),
        file_system: family.primary.clone(),
        members: facts.members.len(),
        steps: Vec::new(),
        way_back: Vec::new(),
        reasons,
        auto_abort: None,
        estimate_s: 0,
        hash: String::new(),
    };
    before_the_gate(&mut plan, request, family);
    match method {
        Method::ThreeStep => install::three_step(&mut plan, request, family)?,
        Method::Bundle => bundle::bundle(&mut plan, request, family)?,
        Method::OneStep
        | Method::Issu
        | Method::Xfsu
        | Method::Convert
        | Method::RequestPlatform
        | Method::Smu
        | Method::Firmware => return Err(not_covered(method)),
    }
    if facts.members.len() > 1 {
        plan.reasons.push(format!(
            "all {} members reload together: a stack has no rolling upgrade",
            facts.members.len()
        ));
    }
    Ok(plan.sealed())
}

/// Which release it comes from, and whether the target is newer.
fn checked_release(request: &PlanRequest<'_>) -> Result<Version, Refusal> {
    let facts = request.facts;
    let Some(from) = facts.running.number().cloned() else {
        return Err(Refusal::new(
            "engineering_build",
            format!(
                "the device runs {}, a build without a release number",
                facts.running
            ),
            Remedy::new("bring it to a released version by hand first"),
        ));
    };
    if facts.common_version().is_none() {
        return Err(Refusal::new(
            "members_differ",
            "the members run different releases",
            Remedy::new("bring every member to one release first"),
        ));
    }
    if let Some(missing) = facts.missing_members().next() {
        return Err(Refusal::new(
            "member_not_ready",
            format!("member {} is {}", missing.id, missing.state),
            Remedy::with("bring every member to Ready first", "show switch"),
        ));
    }
    let to = &request.image.version;
    if *to < from && !request.policy.allow_downgrade {
        return Err(Refusal::new(
            "downgrade",
            format!("{to} is older than the running {from}"),
            Remedy::new("a downgrade must be asked for: set `allow_downgrade = true`"),
        ));
    }
    Ok(from)
}

fn checked_image(family: &Family, request: &PlanRequest<'_>) -> Result<(), Refusal> {
    let image = request.image;
    if !family
        .images
        .iter()
        .any(|prefix| names_product(&image.file, prefix))
    {
        return Err(Refusal::new(
            "image_wrong_family",
            format!(
                "{} is no image for {} ({} wants {}…)",
                image.file,
                request.facts.pid,
                family.name,
                family.images.join("…, ")
            ),
            Remedy::new("correct the `image` cell, or the catalogue's `platforms`"),
        ));
    }
    if image.file.contains(".SSA.") {
        return Err(Refusal::new(
            "image_development_signed",
            format!(
                "{} is signed with a development key: production hardware does not boot it",
                image.file
            ),
            Remedy::new("use the release-signed image (SPA)"),
        ));
    }
    if image.digest().is_none() {
        return Err(Refusal::new(
            "image_no_digest",
            format!("the catalogue has no digest for {}", image.file),
            Remedy::with(
                "add the image again to have it hashed",
                "iosxe image add FILE",
            ),
        ));
    }
    Ok(())
}

/// `cat9k_iosxe` names `cat9k_iosxe.17.09.04a.SPA.bin` and not `cat9k_iosxe_npe.…`, which is another
/// product; `isr4400-universalk9` names neither `isr4400-universalk9_npe` nor `isr4400v2-…`.
fn names_product(file: &str, prefix: &str) -> bool {
    file.strip_prefix(prefix)
        .is_some_and(|rest| rest.starts_with('.'))
}

fn method(request: &PlanRequest<'_>) -> Result<(Method, Vec<String>), Refusal> {
    let facts = request.facts;
    let modes: Vec<BootMode> = facts
        .members
        .iter()
        .filter_map(|m| m.boot_mode)
        .chain([facts.boot_mode])
        .collect();
    if modes.contains(&BootMode::Install) && modes.contains(&BootMode::Bundle) {
        return Err(Refusal::new(
            "mixed_boot_modes",
            "some members run in install mode and some in bundle mode",
            Remedy::new("bring every member to one boot mode first"),
        ));
    }
    match (request.record.want_method, facts.boot_mode) {
        (None | Some(Method::ThreeStep), BootMode::Install) => Ok((
            Method::ThreeStep,
            vec!["the device runs in install mode: with three steps it goes back by itself unless the upgrade is committed".to_owned()],
        )),
        (None | Some(Method::Bundle), BootMode::Bundle) => Ok((
            Method::Bundle,
            vec!["the device runs in bundle mode: the new image is booted beside the old one".to_owned()],
        )),
        (Some(Method::ThreeStep), BootMode::Bundle) => Err(Refusal::new(
            "bundle_mode",
            "the row wants three steps, but the device runs in bundle mode",
            Remedy::new("set `want_method` to `auto` or `bundle`"),
        )),
        (Some(Method::Bundle), BootMode::Install) => Err(Refusal::new(
            "install_to_bundle",
            "the row wants bundle mode, but the device runs in install mode",
            Remedy::new("set `want_method` to `auto`"),
        )),
        // Rule 13: never a quieter or louder method in place of the one that was asked for.
        (
            Some(
                method @ (Method::OneStep
                | Method::Issu
                | Method::Xfsu
                | Method::Convert
                | Method::RequestPlatform
                | Method::Smu
                | Method::Firmware),
            ),
            _,
        ) => Err(not_covered(method)),
    }
}

fn not_covered(method: Method) -> Refusal {
    Refusal::new(
        "method_not_covered",
        format!("the row wants {method}, which this version does not carry out"),
        Remedy::new("set `want_method` to `auto`, or upgrade this device by hand"),
    )
}

/// Room on the flash of every member, not only of the one that answers: `install add` copies the
/// image to all and extracts it on all.
fn checked_space(
    family: &Family,
    request: &PlanRequest<'_>,
    method: Method,
    reasons: &mut Vec<String>,
) -> Result<(), Refusal> {
    let image = request.image;
    let policy = request.policy;
    let added = request
        .facts
        .install
        .as_ref()
        .is_some_and(|i| i.states_of(&image.version).next().is_some());
    for fs in &request.facts.file_systems {
        let there = fs
            .files
            .iter()
            .find(|f| f.name == image.file)
            .map_or(0, |f| f.size_bytes);
        let expand = if method == Method::ThreeStep && !added {
            image.size_bytes.saturating_mul(policy.flash_expand_percent) / 100
        } else {
            0
        };
        // A partial file is deleted before the copy: its bytes come back.
        let need = image.size_bytes + expand + policy.flash_margin_bytes;
        let have = fs.free_bytes.saturating_add(there);
        if have < need {
            return Err(Refusal::new(
                "flash_too_small",
                format!(
                    "member {}: {} has {} MB free, the upgrade needs {} MB (image {} MB, extraction {} MB, margin {} MB)",
                    fs.member,
                    fs.name,
                    mb(have),
                    mb(need),
                    mb(image.size_bytes),
                    mb(expand),
                    mb(policy.flash_margin_bytes),
                ),
                Remedy::with(
                    format!(
                        "free {} MB on {} of member {}",
                        mb(need - have),
                        fs.name,
                        fs.member
                    ),
                    "install remove inactive",
                ),
            ));
        }
        if there == image.size_bytes {
            reasons.push(format!(
                "{} on {} has the right size already: it is adopted when its hash is right",
                image.file, fs.name
            ));
        }
    }
    if request.facts.file_systems.is_empty() {
        return Err(Refusal::new(
            "flash_unknown",
            format!("no file system of {} could be read", family.name),
            Remedy::with("look at the flash", "dir flash:"),
        ));
    }
    Ok(())
}

fn mb(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

fn sorted(serials: &[String]) -> Vec<String> {
    let mut serials = serials.to_vec();
    serials.sort();
    serials.dedup();
    serials
}

/// The steps that are safe in the daytime: save if allowed, copy, proof.
fn before_the_gate(plan: &mut DevicePlan, request: &PlanRequest<'_>, family: &Family) {
    let image = &plan.image;
    let path = format!("{}{}", plan.file_system, image.file);
    if request.record.save_config {
        plan.steps.push(step(
            StepKind::SaveConfig,
            StageKind::Transfer,
            vec!["write memory".into()],
            120,
            "none: the row allows it (save_config = yes)",
        ));
    }
    plan.steps.push(step(
        StepKind::DeleteFile,
        StageKind::Transfer,
        vec![format!("delete /force {path}")],
        120,
        "none: only a partial or different file of that name is deleted",
    ));
    // An hour for a gigabyte: what a box without SSH bulk mode needs.
    let copy_bound = (image.size_bytes / 250_000).max(600);
    plan.steps.push(step(
        StepKind::Transfer,
        StageKind::Transfer,
        vec![format!(
            "scp {} to {path} ({} bytes)",
            image.file, image.size_bytes
        )],
        copy_bound,
        format!("delete /force {path}"),
    ));
    let (kind, hex) = image
        .digest()
        .map_or((iosxe_core::image::HashKind::Md5, ""), |(kind, hex)| {
            (kind, hex)
        });
    let verify = format!("verify {} {path}", kind.option());
    let begin = hex.get(..16).unwrap_or(hex);
    plan.reasons
        .push(format!("{kind} of the image begins with {begin}"));
    plan.steps.push(step(
        StepKind::VerifyHash,
        StageKind::Transfer,
        vec![verify],
        900,
        "none needed",
    ));
    let (p90, _) = family.reload();
    plan.estimate_s = p90.as_secs();
}

fn step(
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
        disturbs: Disturbs::None,
        bound_s,
        undo: undo.into(),
    }
}

fn disturbing(mut step: Step) -> Step {
    step.disturbs = Disturbs::Reload;
    step
}

fn gate(what: &str) -> Step {
    step(
        StepKind::Gate,
        StageKind::Approve,
        vec![format!("approval to {what}")],
        0,
        "nothing has been disturbed",
    )
}

/// The name under which the way back keeps startup-config: one per plan target, so that two plans
/// never share a copy.
fn kept_startup(plan: &DevicePlan) -> String {
    format!("{}iosxe-startup-before-{}.cfg", plan.file_system, plan.to)
}

/// The boot files of the next boot as the device gives them, or a refusal.
fn next_boot(facts: &Facts) -> Result<&[String], Refusal> {
    match facts.boot.next.as_deref() {
        Some(files) if !files.is_empty() => Ok(files),
        Some(_) | None => Err(Refusal::new(
            "no_boot_variable",
            "the boot variable does not exist: the device boots the first image that it finds",
            Remedy::with("set it and save", "boot system flash:packages.conf"),
        )),
    }
}
