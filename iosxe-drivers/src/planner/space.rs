//! Room on the flash of every member, not only of the one that answers: `install add` copies the
//! image to all and extracts it on all.

use iosxe_core::device::{FactKind, Role};
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{Method, Refusal, SpaceNeed};
use iosxe_core::why::Reason;

use super::Case;
use super::step::policy;

/// The arithmetic per member, when every one has room.
pub(super) fn checked(
    case: Case<'_>,
    method: Method,
    reasons: &mut Vec<Reason>,
) -> Result<Vec<SpaceNeed>, Refusal> {
    let request = case.request;
    let image = request.image;
    let facts = request.facts;
    let rules = request.policy;
    let added = facts
        .install
        .as_ref()
        .is_some_and(|i| i.states_of(&image.version).next().is_some());
    // In bundle mode, and for a release that is added already, nothing is extracted.
    let expands = !matches!(method, Method::Bundle | Method::Firmware) && !added;
    let margins = || {
        let expand = expands.then(|| policy("flash_expand_percent", rules.flash_expand_percent));
        let margin = policy("flash_margin_bytes", rules.flash_margin_bytes);
        expand.into_iter().chain([margin]).collect::<Vec<_>>()
    };
    let mut needs = Vec::new();
    let mut lines = Vec::new();
    // A package of firmware is read from the flash of the side that answers.
    let concerned = |member: u32| {
        let active = facts.members.iter().find(|m| m.role == Role::Active);
        method != Method::Firmware || active.is_none_or(|m| m.id == member)
    };
    for fs in facts.file_systems.iter().filter(|fs| concerned(fs.member)) {
        let there = fs
            .files
            .iter()
            .find(|f| f.name == image.file)
            .map_or(0, |f| f.size_bytes);
        let need = SpaceNeed {
            file_system: fs.name.clone(),
            member: fs.member,
            free_bytes: fs.free_bytes,
            // A partial file is deleted before the copy: its bytes come back.
            reused_bytes: there,
            image_bytes: image.size_bytes,
            expand_bytes: if expands {
                image.size_bytes.saturating_mul(rules.flash_expand_percent) / 100
            } else {
                0
            },
            margin_bytes: rules.flash_margin_bytes,
        };
        let seen = facts.evidence_of(FactKind::Space, fs.member);
        if let Some(short) = need.short_bytes() {
            return Err(Refusal::new(
                "flash_too_small",
                format!(
                    "member {}: {} has {} MB free, the upgrade needs {} MB (image {} MB, extraction {} MB, margin {} MB)",
                    fs.member,
                    fs.name,
                    mb(need.free_bytes + need.reused_bytes),
                    mb(need.needed_bytes()),
                    mb(need.image_bytes),
                    mb(need.expand_bytes),
                    mb(need.margin_bytes),
                ),
                Remedy::with(
                    format!("free {} MB on {} of member {}", mb(short), fs.name, fs.member),
                    match method {
                        // What cleans up there takes the way back with it: that is for a person to see.
                        Method::RequestPlatform => format!("dir {}", fs.name),
                        _ => "install remove inactive".to_owned(),
                    },
                ),
            )
            .seen(seen)
            .seen(margins()));
        }
        if there == image.size_bytes {
            reasons.push(Reason::new(
                "image_is_adopted",
                format!(
                    "{} on {} has the right size already: it is adopted when its hash is right",
                    image.file, fs.name
                ),
                facts
                    .evidence_of(FactKind::File, fs.member)
                    .into_iter()
                    .filter(|e| e.line.ends_with(&image.file))
                    .collect(),
            ));
        }
        lines.extend(seen);
        needs.push(need);
    }
    for member in facts.members.iter().filter(|m| concerned(m.id)) {
        if !needs.iter().any(|n| n.member == member.id) {
            let fs = case
                .family
                .file_system(member.id, member.role == Role::Active);
            return Err(Refusal::new(
                "flash_unknown",
                format!("{fs} of member {} could not be read", member.id),
                Remedy::with("look at the flash", format!("dir {fs}")),
            )
            .seen(facts.evidence(FactKind::Model)));
        }
    }
    let least = needs.iter().min_by_key(|n| n.left_bytes());
    lines.extend(margins());
    reasons.push(Reason::new(
        "space_on_every_member",
        match least {
            Some(n) if needs.len() > 1 => format!(
                "every member has room; the least is on {}: {} MB stay free of {} MB",
                n.file_system,
                mb(n.left_bytes()),
                mb(n.free_bytes)
            ),
            Some(n) => format!(
                "{} has room: {} MB stay free of {} MB",
                n.file_system,
                mb(n.left_bytes()),
                mb(n.free_bytes)
            ),
            None => String::new(),
        },
        lines,
    ));
    Ok(needs)
}

fn mb(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
