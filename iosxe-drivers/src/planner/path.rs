//! The way between two releases, held against the rule table.

use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{Method, Refusal};
use iosxe_core::version::Version;
use iosxe_core::why::{Evidence, Reason};

use super::Case;
use crate::rules::{Move, Rule, Severity};

/// Every rule that speaks becomes a reason; a blocking one that is not waived is a refusal. One that a
/// release on the way would satisfy is met last: it helps nobody to set out on a way that ends.
pub(super) fn checked(
    case: Case<'_>,
    from: &Version,
    method: Method,
    reasons: &mut Vec<Reason>,
) -> Result<(), Refusal> {
    let to = &case.request.image.version;
    let blocks = |leg: Move<'_>, on_the_way: bool| {
        case.rules
            .about(leg)
            .find(|rule| blocking(case, rule) && rule.via.is_some() == on_the_way)
            .map(|rule| refusal(case, rule))
    };
    let mut legs = vec![leg(case, method, from, to)];
    let mut here = to;
    for next in case.request.then {
        legs.push(leg(case, method, here, next));
        here = next;
    }
    for on_the_way in [false, true] {
        if let Some(refusal) = legs.iter().find_map(|leg| blocks(*leg, on_the_way)) {
            return Err(refusal);
        }
    }
    why_so_far(case, from, method, reasons);
    reasons.extend(
        case.rules
            .about(leg(case, method, from, to))
            .map(|rule| reason(case, rule)),
    );
    Ok(())
}

/// What the first boot of the target takes longer than any other, by the rules that speak: typical, at
/// most, in seconds of device time.
pub(super) fn more_s(case: Case<'_>, from: &Version, method: Method) -> [u64; 2] {
    let to = &case.request.image.version;
    let speaking = case.rules.about(leg(case, method, from, to));
    speaking.fold([0; 2], |[typical, most], rule| {
        let [more, longest] = rule.reload_more_s;
        [typical + more, most + longest]
    })
}

fn leg<'a>(case: Case<'a>, method: Method, from: &'a Version, to: &'a Version) -> Move<'a> {
    Move {
        family: &case.family.name,
        pid: &case.request.facts.pid,
        method,
        from,
        to,
    }
}

fn blocking(case: Case<'_>, rule: &Rule) -> bool {
    rule.severity == Severity::Block && rule.waived(&case.request.record.waivers).is_none()
}

/// The rules for which the device goes to another release than its target first.
fn why_so_far(case: Case<'_>, from: &Version, method: Method, reasons: &mut Vec<Reason>) {
    let request = case.request;
    for later in request.then {
        let asking = case.rules.about(leg(case, method, from, later));
        for (rule, via) in asking.filter_map(|r| Some((r, r.via.as_ref()?))) {
            let taken = *via == request.image.version || request.then.contains(via);
            if taken && blocking(case, rule) {
                let text = format!("{}: {via} comes before {later}", rule.text);
                reasons.push(Reason::new(&rule.id, text, lines(case, rule)));
            }
        }
    }
}

fn reason(case: Case<'_>, rule: &Rule) -> Reason {
    let record = &case.request.record;
    let mut lines = lines(case, rule);
    match (rule.severity, rule.waived(&record.waivers)) {
        (Severity::Block, Some(waiver)) => {
            lines.push(Evidence::new(
                format!("inventory, {}", record.origin),
                format!("waive = {}: {}", waiver.rule, waiver.reason),
            ));
            let text = format!("{}; waived: {}", rule.text, waiver.reason);
            Reason::new(&rule.id, text, lines)
        }
        (Severity::Warn, None) => Reason::new(&rule.id, format!("warning: {}", rule.text), lines),
        (Severity::Block, None) | (Severity::Warn, Some(_)) | (Severity::Info, _) => {
            Reason::new(&rule.id, rule.text.clone(), lines)
        }
    }
}

fn lines(case: Case<'_>, rule: &Rule) -> Vec<Evidence> {
    let mut lines = case.request.facts.evidence(FactKind::Release);
    lines.push(Evidence::new(
        "rule table",
        format!("{}: {}", rule.id, rule.source),
    ));
    lines
}

/// The image where it has to be on the device.
fn image_path(case: Case<'_>) -> String {
    format!("{}{}", case.family.primary, case.request.image.file)
}

fn refusal(case: Case<'_>, rule: &Rule) -> Refusal {
    let (message, remedy) = match &rule.via {
        Some(via) => (
            format!("{}: {via} comes first", rule.text),
            format!("add an image of {via} to the catalogue, or set `target_version` to {via}"),
        ),
        None => (
            rule.text.clone(),
            rule.remedy
                .as_ref()
                .map(|remedy| remedy.replace("{file}", &image_path(case)))
                .unwrap_or_else(|| format!("choose another release, or waive `{}`", rule.id)),
        ),
    };
    let mut refusal = Refusal::new(&rule.id, message, Remedy::new(remedy)).seen(lines(case, rule));
    refusal.via.clone_from(&rule.via);
    refusal
}
