//! Facts, image and policy to steps: pure, and no choice is left for the time of execution.
//!
//! Every choice, every step and every refusal names its rule and the captured lines behind it.
//! `docs/rules.md` says what each rule means.

mod assess;
mod bundle;
mod convert;
mod device;
mod downgrade;
mod firmware;
mod firmware_state;
mod image;
mod install;
mod issu;
mod issu_router;
mod keep;
mod method;
mod one_step;
mod path;
mod request_platform;
mod request_state;
mod rollback;
mod sides;
mod smu;
mod smu_state;
mod space;
mod stack;
mod step;
mod xfsu;

use std::time::Duration;

use iosxe_core::plan::{DevicePlan, Method, PlanRequest, Refusal, Step, StepKind};
use iosxe_core::platform::Family;
use iosxe_core::stage::StageKind;
use iosxe_core::surroundings::BlastRadius;
use iosxe_core::why::{Evidence, Reason};

use crate::rules::RuleTable;

pub use assess::{assess, look_for, standing};
pub(crate) use keep::put_back;
use step::step;

/// What planning needs to know, gathered once.
#[derive(Clone, Copy)]
struct Case<'a> {
    family: &'a Family,
    rules: &'a RuleTable,
    request: &'a PlanRequest<'a>,
    /// What the first boot of the new release takes longer than any other, in seconds of device time:
    /// typical, at most.
    more_s: [u64; 2],
}

impl Case<'_> {
    /// A reload that ends on the new release, in device time: p90, at most.
    fn reload(&self) -> (Duration, Duration) {
        let [typical, most] = self.more_s.map(Duration::from_secs);
        let (p90, longest) = self.family.reload();
        (p90 + typical, longest + most)
    }

    /// The longest reload as evidence: of the platform table, and what the rules add to it.
    fn reload_lines(&self) -> Vec<Evidence> {
        let (_, most) = self.family.reload();
        let usual = step::table(&self.family.name, "reload_s, at most", most.as_secs());
        let [_, more] = self.more_s;
        let more = (more > 0)
            .then(|| Evidence::new("rule table", format!("reload_more_s, at most = {more}")));
        std::iter::once(usual).chain(more).collect()
    }

    /// The same of one side of an upgrade in service.
    fn side(&self) -> (Duration, Duration) {
        let [typical, most] = self.more_s.map(Duration::from_secs);
        let (usual, longest) = self.family.side();
        (usual + typical, longest + most)
    }
}

/// Decides the steps for one device.
///
/// # Errors
/// [`Refusal`]: the device is left alone. The codes are stable.
pub fn plan(
    family: &Family,
    rules: &RuleTable,
    request: &PlanRequest<'_>,
) -> Result<DevicePlan, Refusal> {
    let mut case = Case {
        family,
        rules,
        request,
        more_s: [0; 2],
    };
    let mut reasons = Vec::new();
    smu::asked(case)?;
    firmware::asked(case)?;
    let from = device::checked(case, &mut reasons)?;
    let sends = request.record.patch_aim.is_apply() && firmware::sends(case);
    let writes_firmware = request.record.want_method == Some(Method::Firmware);
    if writes_firmware {
        firmware::checked(case, &mut reasons)?;
    } else if sends {
        image::checked(case, &mut reasons)?;
    }
    let method = method::decided(case, &from, &mut reasons)?;
    // A patch leaves the release as it is, and so does firmware.
    let leaves_release = matches!(method, Method::Smu | Method::Firmware);
    if !leaves_release {
        path::checked(case, &from, method, &mut reasons)?;
        case.more_s = path::more_s(case, &from, method);
    }
    let space = if sends {
        space::checked(case, method, &mut reasons)?
    } else {
        Vec::new()
    };
    let facts = request.facts;
    let mut plan = DevicePlan {
        device: request.record.name.clone(),
        pid: facts.pid.clone(),
        serials: sorted(&facts.serials),
        to: match method {
            Method::Firmware => from.clone(),
            _ => request.image.version.clone(),
        },
        from,
        then: request.then.to_vec(),
        then_patches: Vec::new(),
        method,
        image: request.image.clone(),
        file_system: family.primary.clone(),
        members: facts.members.len(),
        steps: Vec::new(),
        way_back: Vec::new(),
        undo_commit: Vec::new(),
        reasons,
        blast_radius: facts.surroundings.as_ref().map(|around| BlastRadius {
            ports_up: around.ports_up,
            ports_powered: around.ports_powered,
            neighbours: around.neighbours.len(),
            members: facts.members.len(),
        }),
        space,
        auto_abort: None,
        estimate_s: case.reload().0.as_secs(),
        hash: String::new(),
    };
    before_the_gate(&mut plan, case, sends)?;
    match method {
        Method::ThreeStep => install::three_step(&mut plan, case)?,
        Method::Bundle => bundle::bundle(&mut plan, case)?,
        Method::OneStep => one_step::one_step(&mut plan, case)?,
        Method::Convert => convert::convert(&mut plan, case)?,
        Method::Issu => issu::issu(&mut plan, case)?,
        Method::Smu => smu::smu(&mut plan, case)?,
        Method::RequestPlatform => request_platform::request_platform(&mut plan, case)?,
        Method::Xfsu => xfsu::xfsu(&mut plan, case)?,
        Method::Firmware => firmware::firmware(&mut plan, case)?,
    }
    // They say for themselves how they go, or that they do not.
    if !leaves_release {
        rollback::after_commit(&mut plan, case);
    }
    keep::keep(&mut plan, case);
    downgrade::told(&mut plan, case);
    Ok(plan.sealed())
}

fn sorted(serials: &[String]) -> Vec<String> {
    let mut serials = serials.to_vec();
    serials.sort();
    serials.dedup();
    serials
}

/// The steps that are safe in the daytime: save if allowed, copy, proof.
fn before_the_gate(plan: &mut DevicePlan, case: Case<'_>, sends: bool) -> Result<(), Refusal> {
    let image = &plan.image;
    let path = format!("{}{}", plan.file_system, image.file);
    let on_flash = image::on_flash(case);
    let catalogue = image::catalogue(image);
    let mut steps = Vec::new();
    if case.request.record.save_config {
        steps.push(
            step(
                StepKind::SaveConfig,
                StageKind::Transfer,
                vec!["write memory".into()],
                120,
                "none: the row allows it (save_config = yes)",
            )
            .because(Reason::new(
                "save_config_allowed",
                "unsaved configuration may be saved before anything else",
                vec![Evidence::new(
                    format!("inventory, {}", case.request.record.origin),
                    "save_config = yes",
                )],
            )),
        );
    }
    if !sends {
        plan.steps = steps;
        return Ok(());
    }
    // The file that the device runs is proven and used, and never touched (design rule 15).
    if !image::converts_itself(case) {
        steps.extend(copied(plan, case, &path, &on_flash, &catalogue)?);
    }
    let kind = image
        .digest()
        .map_or(iosxe_core::image::HashKind::Md5, |(kind, _)| kind);
    steps.push(
        step(
            StepKind::VerifyHash,
            StageKind::Transfer,
            vec![format!("verify {} {path}", kind.option())],
            900,
            "none needed",
        )
        .because(Reason::new(
            "digest_on_the_device",
            "only a digest that the device computes proves the bytes on its flash",
            vec![catalogue],
        )),
    );
    plan.steps = steps;
    Ok(())
}

/// The copy, and what has to go before it.
fn copied(
    plan: &DevicePlan,
    case: Case<'_>,
    path: &str,
    on_flash: &[Evidence],
    catalogue: &Evidence,
) -> Result<[Step; 2], Refusal> {
    let image = &plan.image;
    let delete = step(
        StepKind::DeleteFile,
        StageKind::Transfer,
        vec![format!("delete /force {path}")],
        120,
        "none: only a partial or different file of that name is deleted",
    )
    .because(Reason::new(
        "partial_file_goes",
        "what a broken copy leaves behind has the image's name and would be taken for it",
        on_flash.to_vec(),
    ));
    // An hour for a gigabyte: what a box without SSH bulk mode needs.
    let copy_bound = (image.size_bytes / 250_000).max(600);
    let mut evidence: Vec<Evidence> = on_flash.iter().chain([catalogue]).cloned().collect();
    let request = case.request;
    if let Some(server) = request
        .policy
        .transfer
        .server(request.record.site.as_deref())
    {
        server.checked()?;
        evidence.push(server.line());
        let mut pull = step(
            StepKind::Pull,
            StageKind::Transfer,
            vec![server.command(&image.file, path)],
            copy_bound,
            format!("delete /force {path}"),
        )
        .because(Reason::new(
            "image_is_fetched_once",
            "fetched by the device when it is not there with its size; one that is there is adopted",
            evidence,
        ));
        pull.server = Some(server.terms);
        return Ok([delete, pull]);
    }
    let transfer = step(
        StepKind::Transfer,
        StageKind::Transfer,
        vec![format!(
            "scp {} to {path} ({} bytes)",
            image.file, image.size_bytes
        )],
        copy_bound,
        format!("delete /force {path}"),
    )
    .because(Reason::new(
        "image_is_sent_once",
        "sent when it is not there with its size; one that is there is adopted",
        evidence,
    ));
    Ok([delete, transfer])
}

/// A step with its reason.
trait Because {
    fn because(self, why: Reason) -> Self;
}

impl Because for Step {
    fn because(mut self, why: Reason) -> Self {
        self.why = why;
        self
    }
}

#[cfg(test)]
mod tests;
