//! A release older than the one that runs: only when the policy allows it and the row names it, and with
//! what is lost on the way said.

use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Method, Refusal, StepKind};
use iosxe_core::version::Version;
use iosxe_core::why::{Evidence, Reason};

use super::Case;
use super::step::policy;

/// Refuses a downgrade that nobody asked for by name; the reasons of one that somebody did.
pub(super) fn asked(
    case: Case<'_>,
    from: &Version,
    reasons: &mut Vec<Reason>,
) -> Result<(), Refusal> {
    let request = case.request;
    let (record, facts) = (request.record, request.facts);
    let to = &request.image.version;
    if to >= from {
        return Ok(());
    }
    let missing = match (
        request.policy.allow_downgrade,
        record.target.as_ref() == Some(to),
    ) {
        (true, true) => None,
        (false, _) => Some(
            "allow it for the run, with `allow_downgrade = true` in [policy] or `--allow-downgrade`, and name the older release in `target_version`",
        ),
        (true, false) => Some(
            "name the older release in the row's `target_version`: an image alone may be a slip",
        ),
    };
    let row = || {
        let target = record.target.as_ref();
        let target = target.map_or_else(|| "none".to_owned(), ToString::to_string);
        Evidence::new(
            format!("inventory, {}", record.origin),
            format!("target_version = {target}"),
        )
    };
    if let Some(missing) = missing {
        return Err(Refusal::new(
            "downgrade",
            format!("{to} is older than the running {from}, and a downgrade is asked for by name"),
            Remedy::new(missing),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(vec![row()]));
    }
    reasons.push(Reason::new(
        "downgrade",
        format!("DOWNGRADE to {to}: the policy allows it, and the row names the release"),
        vec![row(), policy("allow_downgrade", true)],
    ));
    if !case.rules.knows_first_release(&facts.pid) {
        reasons.push(Reason::new(
            "first_release_unknown",
            format!(
                "warning: the first release that runs on {} is not known here: look whether {to} does",
                facts.pid
            ),
            facts.evidence(FactKind::Model),
        ));
    }
    Ok(())
}

/// What a downgrade changes in a plan that is whole: its gate says what it is, and the configuration of
/// the newer release is kept.
pub(super) fn told(plan: &mut DevicePlan, case: Case<'_>) {
    if plan.to >= plan.from || plan.method == Method::Smu {
        return;
    }
    let mut gates = plan.steps.iter_mut().filter(|s| s.kind == StepKind::Gate);
    if let Some(command) = gates.next().and_then(|gate| gate.commands.first_mut()) {
        let rest = command.strip_prefix("approval to ").unwrap_or(command);
        *command = format!("approval to DOWNGRADE to {}: {rest}", plan.to);
    }
    let Some(kept) = plan.steps.iter().find(|s| s.kind == StepKind::KeepStartup) else {
        return;
    };
    let kept = kept.commands.first().and_then(|c| c.rsplit(' ').next());
    let kept = kept.unwrap_or_default();
    let comes_back = match super::put_back(plan, None) {
        Some(_) => format!(
            "when {} runs again, `iosxe rollback --running-config {}` puts it back",
            plan.from, plan.device
        ),
        None => "the way back restores it".to_owned(),
    };
    plan.reasons.push(Reason::new(
        "newer_configuration_is_kept",
        format!(
            "{kept} keeps what {} has saved: save nothing with {} before it is proven; {comes_back}",
            plan.from, plan.to,
        ),
        case.request.facts.evidence(FactKind::Release),
    ));
}
