//! The image: is it for this device, signed, proven, of the right kind?

use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::firmware::numbers;
use iosxe_core::image::{HashKind, Image};
use iosxe_core::patch::is_patch;
use iosxe_core::plan::{Method, Refusal};
use iosxe_core::why::{Evidence, Reason};

use super::Case;
use super::step::policy;

/// Kinds of images that leave out encryption or licensing: other products under nearly the same name.
const RESTRICTED: [&str; 4] = ["nolipe", "noli", "ldpe", "npe"];

/// Nothing about the image forbids to use it here.
pub(super) fn checked(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<(), Refusal> {
    let image = case.request.image;
    let facts = case.request.facts;
    let family = case.family;
    if !family.images.iter().any(|p| names_product(&image.file, p)) {
        return Err(Refusal::new(
            "image_wrong_family",
            format!(
                "{} is no image for {} ({} wants {}…)",
                image.file,
                facts.pid,
                family.name,
                family.images.join("…, ")
            ),
            Remedy::new("correct the `image` cell, or the catalogue's `platforms`"),
        )
        .seen(facts.evidence(FactKind::Model))
        .seen(vec![catalogue(image)]));
    }
    let (kind, hex) = usable(image)?;
    if let Some(running) = &facts.feature_set {
        let (ours, theirs) = (restriction(&image.file), restriction(running));
        if ours != theirs {
            let name = |r: Option<&str>| r.map_or("full encryption".to_owned(), str::to_uppercase);
            return Err(Refusal::new(
                "restricted_image_crossed",
                format!(
                    "{} has {}, the device runs {} ({running})",
                    image.file,
                    name(ours),
                    name(theirs),
                ),
                Remedy::new("use the image of the kind that the device runs"),
            )
            .seen(facts.evidence(FactKind::FeatureSet))
            .seen(vec![catalogue(image)]));
        }
    }
    if let Some(running) = &facts.system_image
        && iosxe_core::boot::same_file(running, &image.file)
        && !converts_itself(case)
    {
        return Err(Refusal::new(
            "image_is_running",
            format!(
                "{running} is the file that the device runs, and the image of that name is another"
            ),
            Remedy::new("name the image file after its release; look at its size in the catalogue"),
        )
        .seen(facts.evidence(FactKind::SystemImage)));
    }
    provenance(case, reasons)?;
    reasons.push(Reason::new(
        "image_for_the_platform",
        format!(
            "{} is {} of {} for {}; its {kind} begins with {}",
            image.file,
            if is_patch(&image.file) {
                "a patch"
            } else {
                "the image"
            },
            image.version,
            family.name,
            hex.get(..16).unwrap_or(hex)
        ),
        facts
            .evidence(FactKind::Model)
            .into_iter()
            .chain([catalogue(image)])
            .collect(),
    ));
    Ok(())
}

/// Signed for release, and with a digest: its kind and value.
pub(super) fn usable(image: &Image) -> Result<(HashKind, &str), Refusal> {
    if image.file.contains(".SSA.") || image.file.contains("_SSA.") {
        return Err(Refusal::new(
            "image_development_signed",
            format!(
                "{} is signed with a development key: production hardware does not boot it",
                image.file
            ),
            Remedy::new("use the release-signed image (SPA)"),
        )
        .seen(vec![catalogue(image)]));
    }
    let Some(digest) = image.digest() else {
        return Err(Refusal::new(
            "image_no_digest",
            format!("the catalogue has no digest for {}", image.file),
            Remedy::with(
                "add the image again to have it hashed",
                "iosxe image add FILE",
            ),
        )
        .seen(vec![catalogue(image)]));
    };
    Ok(digest)
}

/// A conversion may install the very image that runs: it is adopted, never sent or deleted.
pub(super) fn converts_itself(case: Case<'_>) -> bool {
    let (facts, image) = (case.request.facts, case.request.image);
    let runs = facts.system_image.as_deref();
    case.request.record.want_method == Some(Method::Convert)
        && runs.is_some_and(|running| iosxe_core::boot::same_file(running, &image.file))
        && facts.file_systems.iter().all(|fs| {
            fs.files
                .iter()
                .any(|f| f.name == image.file && f.size_bytes == image.size_bytes)
        })
}

/// Who vouches for it, and whether the device has what it needs.
pub(super) fn provenance(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<(), Refusal> {
    let image = case.request.image;
    let facts = case.request.facts;
    let known = &image.provenance;
    if case.request.policy.approved_images_only && known.approved_by.is_none() {
        return Err(Refusal::new(
            "image_not_approved",
            format!("nobody approved {} in the catalogue", image.file),
            Remedy::with(
                "have it approved",
                "iosxe image add FILE --approved-by NAME",
            ),
        )
        .seen(vec![catalogue(image), policy("approved_images_only", true)]));
    }
    if !known.verified {
        reasons.push(Reason::new(
            "image_unverified",
            "warning: the digest was computed here and not compared with the one that the vendor publishes",
            vec![Evidence::new(
                format!("image catalogue, {}", image.file),
                "verified = false",
            )],
        ));
    }
    if let (Some(needed), Some(has)) = (known.min_memory_bytes, facts.memory_bytes)
        && has < needed
    {
        let refusal = Refusal::new(
            "memory_too_small",
            format!(
                "{} needs {} MB of DRAM, the device has {} MB",
                image.file,
                needed / 1_000_000,
                has / 1_000_000
            ),
            Remedy::new("choose an older release, or add memory"),
        )
        .seen(facts.evidence(FactKind::Memory))
        .seen(vec![needs(image, "min_memory_bytes", needed)]);
        reasons.push(unless_waived(case, refusal)?);
    }
    if let (Some(needed), Some(has)) = (&known.min_rommon, &facts.rommon)
        && numbers(has) < numbers(needed)
    {
        let refusal = Refusal::new(
            "rommon_too_old",
            format!("{} needs ROMMON {needed}, the device has {has}", image.file),
            Remedy::new("upgrade the ROMMON first"),
        )
        .seen(facts.evidence(FactKind::Rommon))
        .seen(vec![needs(image, "min_rommon", needed)]);
        reasons.push(unless_waived(case, refusal)?);
    }
    Ok(())
}

/// The refusal; or, where the row waives its rule, the reason that stays in the plan.
fn unless_waived(case: Case<'_>, refusal: Refusal) -> Result<Reason, Refusal> {
    let record = case.request.record;
    let Some(waiver) = record.waivers.iter().find(|w| w.rule == refusal.code) else {
        return Err(refusal);
    };
    let mut lines = refusal.evidence;
    lines.push(Evidence::new(
        format!("inventory, {}", record.origin),
        format!("waive = {}: {}", waiver.rule, waiver.reason),
    ));
    Ok(Reason::new(
        &refusal.code,
        format!("{}; waived: {}", refusal.message, waiver.reason),
        lines,
    ))
}

fn needs(image: &Image, name: &str, value: impl std::fmt::Display) -> Evidence {
    Evidence::new(
        format!("image catalogue, {}", image.file),
        format!("{name} = {value}"),
    )
}

/// The catalogue's word about an image.
pub(super) fn catalogue(image: &Image) -> Evidence {
    let digest = image.digest().map_or_else(
        || "no digest".to_owned(),
        |(kind, hex)| format!("{kind} {hex}"),
    );
    Evidence::new(
        "image catalogue",
        format!(
            "{}, {}, {} bytes, {digest}",
            image.file, image.version, image.size_bytes
        ),
    )
}

/// What the flash of the member that answers shows of the image's name; what it shows of its space
/// where there is no such file.
pub(super) fn on_flash(case: Case<'_>) -> Vec<Evidence> {
    let facts = case.request.facts;
    let source = format!("dir {}", case.family.primary);
    let named: Vec<Evidence> = facts
        .evidence(FactKind::File)
        .into_iter()
        .filter(|e| e.source == source && e.line.ends_with(&case.request.image.file))
        .collect();
    if !named.is_empty() {
        return named;
    }
    let space = facts.evidence(FactKind::Space).into_iter();
    space.filter(|e| e.source == source).collect()
}

/// `cat9k_iosxe` names `cat9k_iosxe.17.09.04a.SPA.bin` and, as a restricted kind of the same product,
/// `cat9k_iosxe_npe.…`; `isr4400-universalk9` does not name `isr4400v2-…`.
fn names_product(file: &str, prefix: &str) -> bool {
    let Some(rest) = file.strip_prefix(prefix) else {
        return false;
    };
    let rest = rest.strip_prefix('_').unwrap_or(rest);
    RESTRICTED
        .iter()
        .find_map(|kind| rest.strip_prefix(kind))
        .unwrap_or(rest)
        .starts_with('.')
}

/// The restricted kind that a file name or a feature set names.
fn restriction(text: &str) -> Option<&'static str> {
    let product = text.split(['.', '-']).collect::<Vec<_>>().join("_");
    let lower = product.to_ascii_lowercase();
    RESTRICTED
        .into_iter()
        .find(|kind| lower.split('_').any(|word| word.ends_with(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rommon_versions_compare_by_their_numbers() {
        assert!(numbers("17.9.1r[FC1]") > numbers("17.3(1r)"));
        assert!(numbers("16.12(2r)") < numbers("17.3(1r)"));
        assert_eq!(numbers("17.9.1r[FC3]"), numbers("17.9(1r)"));
    }

    #[test]
    fn products_are_told_apart_by_their_whole_name() {
        assert!(names_product(
            "cat9k_iosxe.17.09.04a.SPA.bin",
            "cat9k_iosxe"
        ));
        assert!(names_product(
            "cat9k_iosxe_npe.17.09.04a.SPA.bin",
            "cat9k_iosxe"
        ));
        assert!(names_product(
            "cat9k_iosxeldpe.17.09.04a.SPA.bin",
            "cat9k_iosxe"
        ));
        assert!(!names_product(
            "cat9k_lite_iosxe.17.09.04a.SPA.bin",
            "cat9k_iosxe"
        ));
        assert!(!names_product(
            "isr4400v2-universalk9.17.09.04a.SPA.bin",
            "isr4400-universalk9"
        ));
    }

    #[test]
    fn restricted_kinds_are_found_in_file_names_and_feature_sets() {
        for (text, kind) in [
            ("cat9k_iosxe.17.09.04a.SPA.bin", None),
            ("cat9k_iosxe_npe.17.09.04a.SPA.bin", Some("npe")),
            ("cat9k_iosxeldpe.17.09.04a.SPA.bin", Some("ldpe")),
            ("isr4400-universalk9_npe.17.09.04a.SPA.bin", Some("npe")),
            (
                "asr900rsp3-universalk9_nolipe.17.09.04a.SPA.bin",
                Some("nolipe"),
            ),
            ("CAT9K_IOSXE", None),
            ("X86_64_LINUX_IOSD-UNIVERSALK9_NPE-M", Some("npe")),
            ("X86_64_LINUX_IOSD-UNIVERSALK9-M", None),
            ("PPC_LINUX_IOSD-UNIVERSALK9_NOLI-M", Some("noli")),
        ] {
            assert_eq!(restriction(text), kind, "{text}");
        }
    }
}
