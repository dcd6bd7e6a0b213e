//! The members of a stack: which of them take part, which are expected, and whether the ring holds.
//!
//! Source: Cisco, "Managing Switch Stacks" of Catalyst 9000 (member states, auto-upgrade and what it
//! wants), and public issue threads about stacks of mixed boot modes.

use iosxe_core::boot::BootMode;
use iosxe_core::device::{FactKind, Member, Role};
use iosxe_core::fault::Remedy;
use iosxe_core::plan::Refusal;
use iosxe_core::platform::Redundancy;
use iosxe_core::why::{Evidence, Reason};

use super::Case;

/// Some members boot packages and some one image. On a stack that alone keeps a member out, with equal
/// releases.
pub(super) fn mixed(case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let other = |m: &&Member| m.boot_mode.is_some_and(|mode| mode != facts.boot_mode);
    let out: Vec<&Member> = facts.members.iter().filter(other).collect();
    if out.is_empty() {
        return Ok(());
    }
    let numbers: Vec<String> = out.iter().map(|m| m.id.to_string()).collect();
    let numbers = numbers.join(", ");
    let theirs = match facts.boot_mode {
        BootMode::Install => BootMode::Bundle,
        BootMode::Bundle => BootMode::Install,
    };
    let cure = match facts.boot_mode {
        BootMode::Install => format!(
            "at the console of member {numbers}: boot it from packages.conf of {}; auto-upgrade does not reach a member in bundle mode",
            facts.running
        ),
        BootMode::Bundle => format!(
            "at the console of member {numbers}: boot it from the image that the stack runs; auto-upgrade does not work in bundle mode",
        ),
    };
    Err(Refusal::new(
        "mixed_boot_modes",
        format!(
            "member {numbers} runs in {} mode, and the device in {} mode",
            theirs.word(),
            facts.boot_mode.word()
        ),
        Remedy::new(cure),
    )
    .seen(facts.evidence(FactKind::BootMode))
    .seen(
        out.iter()
            .flat_map(|m| facts.evidence_of(FactKind::Member, m.id))
            .collect(),
    ))
}

/// A member that runs another release does not forward, and no upgrade of the stack reaches it.
pub(super) fn mismatched(case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let Some(member) = facts.mismatched() else {
        return Ok(());
    };
    let (id, stack) = (member.id, &facts.running);
    let own = member.release.as_ref();
    let runs = own.map_or_else(String::new, |own| {
        format!(": it runs {own}, and the stack {stack}")
    });
    // Reported, and never relied on: it may be over before the next look, and a person may have begun
    // something else meanwhile.
    let itself = match facts.auto_upgrade {
        Some(true) => {
            "; auto-upgrade is enabled and may cure it within minutes, or has not been able to"
        }
        Some(false) | None => "",
    };
    let train = |release: Option<&iosxe_core::device::Release>| Some(release?.number()?.train());
    let cure = if facts.boot_mode == BootMode::Bundle {
        Remedy::new(format!(
            "copy the image that the stack runs to the flash of member {id} at its console, and boot it from there: auto-upgrade does not work in bundle mode"
        ))
    } else if train(own).is_some() && train(own) == train(Some(stack)) {
        Remedy::with(
            format!(
                "let the stack bring member {id} to {stack}, which reloads that member: it needs a full ring and the files of {stack} in flash; else install {stack} at its console"
            ),
            "install autoupgrade",
        )
    } else {
        Remedy::new(format!(
            "install {stack} at the console of member {id}: the stack upgrades by itself what runs its own train alone"
        ))
    };
    Err(Refusal::new(
        "member_mismatch",
        format!(
            "member {id} is {}, kept out of the stack{runs}{itself}",
            member.state
        ),
        cure,
    )
    .seen(facts.evidence_of(FactKind::Member, id))
    .seen(facts.evidence_of(FactKind::MemberRelease, id))
    .seen(facts.evidence(FactKind::AutoUpgrade)))
}

/// Serials that the row names are all there. A switch that is configured and not there is no error by
/// itself: the configuration of a switch that was taken out stays.
pub(super) fn expected(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<(), Refusal> {
    let (facts, record) = (case.request.facts, case.request.record);
    let several = matches!(
        case.family.redundancy,
        Redundancy::Stack | Redundancy::StackwiseVirtual
    );
    if !several {
        return Ok(());
    }
    let numbers: Vec<String> = facts.provisioned.iter().map(u32::to_string).collect();
    let numbers = numbers.join(", ");
    let there = |serial: &&String| {
        let members = facts.members.iter().filter_map(|m| m.serial.as_ref());
        let mut known = facts.serials.iter().chain(members);
        known.any(|known| known.eq_ignore_ascii_case(serial))
    };
    let missing: Vec<&str> = record
        .serials
        .iter()
        .filter(|s| !there(s))
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        let configured = match facts.provisioned.is_empty() {
            true => String::new(),
            false => format!("; switch {numbers} is configured and not there"),
        };
        return Err(Refusal::new(
            "member_missing",
            format!(
                "the row names serial {}, which no member has{configured}",
                missing.join(", ")
            ),
            Remedy::with(
                "bring that member back, or take its serial out of the row",
                "show switch",
            ),
        )
        .seen(facts.evidence(FactKind::Provisioned))
        .seen(facts.evidence(FactKind::Member))
        .seen(vec![Evidence::new(
            format!("inventory, {}", record.origin),
            format!("serial = {}", record.serials.join(", ")),
        )]));
    }
    if !facts.provisioned.is_empty() {
        reasons.push(Reason::new(
            "member_provisioned",
            format!("switch {numbers} is configured and not there, and the row does not expect it"),
            facts.evidence(FactKind::Provisioned),
        ));
    }
    Ok(())
}

/// A stack of several whose members are all ready: does somebody stand by, and is the ring closed?
pub(super) fn healthy(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    if !facts.members.iter().any(|m| m.role == Role::Standby) {
        return Err(Refusal::new(
            "no_standby",
            "no member of the stack stands by",
            Remedy::with("find out why no standby was elected", "show switch"),
        )
        .seen(facts.evidence(FactKind::Member)));
    }
    let open: Vec<&Member> = facts
        .members
        .iter()
        .filter(|m| m.ring == Some(false))
        .collect();
    if let Some(member) = open.first() {
        // Two switches with one cable are as a pair should be, only without a spare.
        if facts.members.len() > 2 {
            return Err(Refusal::new(
                "half_ring",
                format!(
                    "a stack port of member {} is down: the stack is a half ring",
                    member.id
                ),
                Remedy::with(
                    "repair the stack cabling first",
                    "show switch stack-ports summary",
                ),
            )
            .seen(facts.evidence(FactKind::Ring)));
        }
        reasons.push(Reason::new(
            "half_ring_of_two",
            "the two members are joined by one cable: a half ring, which splits when it breaks",
            facts.evidence(FactKind::Ring),
        ));
    }
    match facts.auto_upgrade {
        Some(true) => reasons.push(Reason::new(
            "auto_upgrade_on",
            "auto-upgrade is enabled: a member that comes back mismatched may reload once more by itself; nothing here relies on it",
            facts.evidence(FactKind::AutoUpgrade),
        )),
        Some(false) => reasons.push(Reason::new(
            "auto_upgrade_off",
            "auto-upgrade is off, as by default: a member that comes back mismatched stays out, and takes the stack back",
            facts.evidence(FactKind::Member),
        )),
        None => {}
    }
    Ok(())
}
