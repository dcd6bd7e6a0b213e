//! The way between two releases, held against the rule table.

use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{Method, Refusal};
use iosxe_core::version::Version;
use iosxe_core::why::{Evidence, Reason};

use super::Case;
use crate::rules::{Move, Rule, Severity};

/// Every rule that speaks becomes a reason; a blocking one that is not waived is a refusal.
pub(super) fn checked(
    case: Case<'_>,
    from: &Version,
    method: Method,
    reasons: &mut Vec<Reason>,
) -> Result<(), Refusal> {
    let request = case.request;
    let of = Move {
        family: &case.family.name,
        pid: &request.facts.pid,
        method,
        from,
        to: &request.image.version,
    };
    for rule in case.rules.about(of) {
        let waiver = rule.waived(&request.record.waivers);
        match (rule.severity, waiver) {
            (Severity::Block, None) => return Err(refusal(case, rule)),
            (Severity::Block, Some(waiver)) => reasons.push(Reason::new(
                &rule.id,
                format!("{}; waived: {}", rule.text, waiver.reason),
                lines(case, rule)
                    .into_iter()
                    .chain([Evidence::new(
                        format!("inventory, {}", request.record.origin),
                        format!("waive = {}: {}", waiver.rule, waiver.reason),
                    )])
                    .collect(),
            )),
            (Severity::Warn, Some(_)) | (Severity::Info, _) => {
                reasons.push(Reason::new(&rule.id, rule.text.clone(), lines(case, rule)));
            }
            (Severity::Warn, None) => reasons.push(Reason::new(
                &rule.id,
                format!("warning: {}", rule.text),
                lines(case, rule),
            )),
        }
    }
    Ok(())
}

fn lines(case: Case<'_>, rule: &Rule) -> Vec<Evidence> {
    let mut lines = case.request.facts.evidence(FactKind::Release);
    lines.push(Evidence::new(
        "rule table",
        format!("{}: {}", rule.id, rule.source),
    ));
    lines
}

fn refusal(case: Case<'_>, rule: &Rule) -> Refusal {
    let (message, remedy) = match &rule.via {
        Some(via) => (
            format!("{}: {via} comes first", rule.text),
            format!("set `target_version` to {via}, then upgrade again"),
        ),
        None => (
            rule.text.clone(),
            rule.remedy
                .clone()
                .unwrap_or_else(|| format!("choose another release, or waive `{}`", rule.id)),
        ),
    };
    Refusal::new(&rule.id, message, Remedy::new(remedy)).seen(lines(case, rule))
}
