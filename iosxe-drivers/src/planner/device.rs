//! The device itself: may it be upgraded at all, as it stands?

use iosxe_core::device::{FactKind, Role};
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{Method, Refusal};
use iosxe_core::platform::Redundancy;
use iosxe_core::version::Version;
use iosxe_core::why::Reason;

use super::Case;

/// The release that it comes from, when nothing about the device forbids an upgrade.
pub(super) fn checked(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<Version, Refusal> {
    let facts = case.request.facts;
    if facts.controller_managed {
        return Err(Refusal::new(
            "controller_managed",
            "a controller manages the device: its software is the controller's to change",
            Remedy::new("upgrade it from its controller"),
        )
        .seen(facts.evidence(FactKind::Management)));
    }
    let Some(from) = facts.running.number().cloned() else {
        return Err(Refusal::new(
            "engineering_build",
            format!("the running build has no release number: {}", facts.running),
            Remedy::new("bring it to a released version by hand first"),
        )
        .seen(facts.evidence(FactKind::Release)));
    };
    members(case, reasons)?;
    redundancy(case, reasons)?;
    // Firmware has versions of its own.
    if case.request.record.want_method != Some(Method::Firmware) {
        super::downgrade::asked(case, &from, reasons)?;
    }
    Ok(from)
}

fn members(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    if facts.members.is_empty() {
        return Err(Refusal::new(
            "members_unknown",
            "the device's table of members names none",
            Remedy::with("look at the members", ready_shown(case)),
        )
        .seen(facts.evidence(FactKind::Model)));
    }
    super::stack::mixed(case)?;
    super::stack::mismatched(case)?;
    if facts.common_version().is_none() {
        let running: Vec<String> = facts
            .members
            .iter()
            .filter_map(|m| Some(format!("{} on {}", m.release.as_ref()?, m.id)))
            .collect();
        return Err(Refusal::new(
            "members_differ",
            format!("the members run different releases: {}", running.join(", ")),
            Remedy::new("bring every member to one release first"),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(facts.evidence(FactKind::MemberRelease)));
    }
    if let Some(missing) = facts.missing_members().next() {
        return Err(Refusal::new(
            "member_not_ready",
            format!("member {} is {}", missing.id, missing.state),
            Remedy::with("bring every member to Ready first", ready_shown(case)),
        )
        .seen(facts.evidence_of(FactKind::Member, missing.id))
        .seen(facts.evidence(FactKind::Redundancy)));
    }
    super::stack::expected(case, reasons)
}

fn ready_shown(case: Case<'_>) -> &'static str {
    match case.family.redundancy {
        Redundancy::None | Redundancy::Stack | Redundancy::StackwiseVirtual => "show switch",
        Redundancy::DualSupervisor | Redundancy::DualRouteProcessor => "show redundancy states",
    }
}

/// What redundancy there is, and what an upgrade by reload takes of it.
fn redundancy(case: Case<'_>, reasons: &mut Vec<Reason>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let count = facts.members.len();
    if count < 2 {
        return Ok(());
    }
    let lines = facts.evidence(FactKind::Member);
    match case.family.redundancy {
        Redundancy::Stack => {
            super::stack::healthy(case, reasons)?;
            reasons.push(Reason::new(
                "stack_reloads_together",
                format!("all {count} members reload together: a stack has no rolling upgrade"),
                lines,
            ));
        }
        Redundancy::StackwiseVirtual
        | Redundancy::DualSupervisor
        | Redundancy::DualRouteProcessor => {
            if let Some(state) = &facts.redundancy
                && !state.is_ready()
            {
                return Err(Refusal::new(
                    "standby_not_hot",
                    format!(
                        "the standby could not take over: peer state {}, {}",
                        state.peer,
                        if state.sso { "sso" } else { "not sso" }
                    ),
                    Remedy::with(
                        "bring the standby to STANDBY HOT first",
                        "show redundancy states",
                    ),
                )
                .seen(facts.evidence(FactKind::Redundancy)));
            }
            if case.request.record.want_method == Some(Method::Issu) {
                reasons.push(Reason::new(
                    "one_side_after_the_other",
                    "one side reloads after the other; what hangs on one side alone goes down with it",
                    lines,
                ));
                return Ok(());
            }
            let standby = facts.members.iter().find(|m| m.role == Role::Standby);
            reasons.push(Reason::new(
                "both_sides_reload_together",
                format!(
                    "both sides reload together, {} included: only an upgrade in service spares one, and it must be asked for",
                    standby.map_or_else(String::new, |m| match case.family.redundancy {
                        Redundancy::StackwiseVirtual => format!("switch {}", m.id),
                        _ => format!("slot {}", m.id),
                    })
                ),
                lines,
            ));
        }
        Redundancy::None => {}
    }
    Ok(())
}
