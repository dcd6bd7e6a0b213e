//! How: by the device's boot mode, unless the row asks for another method by name.

use iosxe_core::boot::BootMode;
use iosxe_core::device::{FactKind, Facts};
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{Method, Refusal};
use iosxe_core::platform::{IssuForm, Packages};
use iosxe_core::version::Version;
use iosxe_core::why::{Evidence, Reason};

use super::Case;
use super::step::table;

/// The method, with the reason for it.
pub(super) fn decided(
    case: Case<'_>,
    from: &Version,
    reasons: &mut Vec<Reason>,
) -> Result<Method, Refusal> {
    let request = case.request;
    let facts = request.facts;
    let wanted = request.record.want_method;
    let (method, mut reason) = match (wanted, facts.boot_mode) {
        // The normal way of a release that boots packages and knows no `install add` of an image.
        (None, BootMode::Install) if super::request_platform::form(case, from).is_some() => {
            super::request_platform::legal(case, from)?;
            (
                Method::RequestPlatform,
                super::request_platform::reason(case, from),
            )
        }
        (Some(Method::RequestPlatform), _) => {
            super::request_platform::legal(case, from)?;
            (
                Method::RequestPlatform,
                super::request_platform::reason(case, from),
            )
        }
        (None | Some(Method::ThreeStep), BootMode::Install) => (
            Method::ThreeStep,
            Reason::new(
                "install_mode_three_steps",
                "the device runs in install mode: with three steps it goes back by itself unless the upgrade is committed",
                mode(facts),
            ),
        ),
        (None | Some(Method::Bundle), BootMode::Bundle) => (
            Method::Bundle,
            Reason::new(
                "bundle_mode_boots_beside",
                "the device runs in bundle mode: the new image is booted beside the old one",
                mode(facts),
            ),
        ),
        (Some(method @ (Method::ThreeStep | Method::OneStep)), BootMode::Bundle) => {
            return Err(Refusal::new(
                "bundle_mode",
                format!("the row wants {method}, but the device runs in bundle mode"),
                Remedy::new("set `want_method` to `auto` or `bundle`"),
            )
            .seen(mode(facts))
            .seen(row(case)));
        }
        (Some(Method::Bundle), BootMode::Install) => {
            return Err(Refusal::new(
                "install_to_bundle",
                "the row wants bundle mode, but the device runs in install mode",
                Remedy::new("set `want_method` to `auto`"),
            )
            .seen(mode(facts))
            .seen(row(case)));
        }
        (Some(Method::OneStep), BootMode::Install) => (
            Method::OneStep,
            Reason::new(
                "install_mode_one_step",
                "the device runs in install mode: one command adds, activates and commits",
                mode(facts),
            ),
        ),
        (Some(Method::Issu), _) => {
            let form = super::issu::legal(case, from)?;
            in_service_by(case, form, reasons);
            let lines = [FactKind::Issu, FactKind::Redundancy];
            let lines = lines.into_iter().flat_map(|kind| facts.evidence(kind));
            (
                Method::Issu,
                Reason::new(
                    "in_service",
                    "the device says that an upgrade in service may start: one side carries the traffic",
                    lines.collect(),
                ),
            )
        }
        (Some(Method::Convert), _) => {
            super::convert::legal(case, from)?;
            (
                Method::Convert,
                Reason::new(
                    "bundle_to_install",
                    "the device runs in bundle mode: it is brought to install mode",
                    mode(facts),
                ),
            )
        }
        (Some(Method::Smu), _) => (
            Method::Smu,
            Reason::new(
                "patch_over_release",
                "the device runs in install mode: a patch is put over or taken from the release that runs, which stays",
                mode(facts),
            ),
        ),
        (Some(Method::Xfsu), _) => {
            super::xfsu::legal(case, from)?;
            (Method::Xfsu, super::xfsu::reason(case))
        }
        (Some(Method::Firmware), _) => (
            Method::Firmware,
            Reason::new(
                "firmware_beside_the_image",
                "firmware is written in a step of its own: the release that runs stays",
                mode(facts),
            ),
        ),
    };
    if wanted.is_some() {
        reason.text.push_str(", and the row asks for it");
        reason.evidence.extend(row(case));
    }
    match method {
        Method::Bundle | Method::Convert | Method::RequestPlatform | Method::Firmware => {}
        // By which commands, and since when, the table says for itself.
        Method::Issu if !case.family.issu_by.is_empty() => {
            if super::issu::uses_engine(case, from) {
                listed(case, from)?;
            }
        }
        _ => {
            engine(case, from)?;
            super::smu::files_there(case)?;
        }
    }
    reasons.push(reason);
    Ok(method)
}

/// By which commands a router is upgraded in service.
fn in_service_by(case: Case<'_>, form: IssuForm, reasons: &mut Vec<Reason>) {
    let text = match form {
        // Catalyst has no other.
        IssuForm::Activate => return,
        IssuForm::Location => {
            "it boots packages: the install engine takes one side after the other"
        }
        IssuForm::Versions => "it boots one image: `issu loadversion` to `issu commitversion`",
        IssuForm::Node => {
            "it boots packages that no install engine has: one command takes both sides"
        }
    };
    let lines = mode(case.request.facts);
    reasons.push(Reason::new("in_service_by", text, lines));
}

/// The lines that tell the boot mode.
pub(super) fn mode(facts: &Facts) -> Vec<Evidence> {
    let lines = facts.evidence(FactKind::BootMode);
    if lines.is_empty() {
        facts.evidence(FactKind::SystemImage)
    } else {
        lines
    }
}

/// The row's own word.
pub(super) fn row(case: Case<'_>) -> Vec<Evidence> {
    let record = case.request.record;
    let word = record.want_method.map_or("auto", Method::word);
    vec![Evidence::new(
        format!("inventory, {}", record.origin),
        format!("want_method = {word}"),
    )]
}

/// Install mode is not yet `install add`: early releases boot packages and upgrade by other commands.
fn engine(case: Case<'_>, from: &Version) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let auto = super::request_platform::legal(case, from)
        .ok()
        .map(|()| Remedy::new("set `want_method` to `auto`: it is upgraded by those commands"));
    if case.family.packages == Packages::RequestPlatform {
        let Some(remedy) = auto else {
            return Err(super::request_platform::by_hand(case));
        };
        return Err(Refusal::new(
            "subpackage_mode",
            format!(
                "the row asks for the install engine, but the device runs in sub-package mode, which {} upgrades by `request platform software`",
                case.family.name
            ),
            remedy,
        )
        .seen(mode(facts))
        .seen(row(case)));
    }
    if let Some(since) = &case.family.install_since
        && from < since
    {
        // What the rules say of such a release comes first: they know the steps.
        super::path::checked(case, from, Method::ThreeStep, &mut Vec::new())?;
        return Err(Refusal::new(
            "install_too_early",
            format!(
                "{from} upgrades by `request platform software`: `install add` of an image works from {since} on"
            ),
            auto.unwrap_or_else(|| Remedy::new("upgrade this device by hand to a later release first")),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(vec![table(&case.family.name, "install_since", since)]));
    }
    target_has_engine(case)?;
    listed(case, from)
}

/// The release that is installed has an install engine, too: without one nothing could commit it or take
/// it back.
pub(super) fn target_has_engine(case: Case<'_>) -> Result<(), Refusal> {
    let to = &case.request.image.version;
    match &case.family.install_since {
        Some(since) if to < since => Err(Refusal::new(
            "target_too_early",
            format!(
                "{to} has no `install add` of an image, which {} has from {since} on: it could neither be committed nor taken back",
                case.family.name
            ),
            Remedy::new("choose a later release, or install this one by hand"),
        )
        .seen(vec![table(&case.family.name, "install_since", since)])),
        _ => Ok(()),
    }
}

/// The engine knows the release that runs: what it upgrades it can take back.
fn listed(case: Case<'_>, from: &Version) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let Some(install) = &facts.install else {
        return Err(Refusal::new(
            "no_install_engine",
            format!("{from} knows no `show install summary`: its release has no install engine"),
            Remedy::new("upgrade this release by hand to one that has it"),
        )
        .seen(facts.evidence(FactKind::Release)));
    };
    if install.states_of(from).next().is_none() {
        return Err(Refusal::new(
            "running_not_installed",
            format!(
                "the install engine does not list the running {from}: there would be no way back"
            ),
            Remedy::with("find out what the device booted", "show install summary"),
        )
        .seen(facts.evidence(FactKind::Package))
        .seen(facts.evidence(FactKind::Release)));
    }
    Ok(())
}
