//! Fast reload (xFSU) of Catalyst 9300: one command adds, activates and commits, and the ports of the
//! listed protocols are out of service for seconds. What is lost is the device's own way back.
//!
//! Source: Cisco, "Understand Extended Fast Software Upgrade on Catalyst 9300 Series Switches" and the
//! quick reference guide of that name.

use iosxe_core::boot::BootMode;
use iosxe_core::device::FactKind;
use iosxe_core::fault::Remedy;
use iosxe_core::plan::{DevicePlan, Method, Refusal, StepKind};
use iosxe_core::platform::XfsuWord;
use iosxe_core::version::Version;
use iosxe_core::why::Reason;

use super::Case;
use super::method::{mode, row};
use super::one_step::{Reloads, carried_out};
use super::step::table;

/// What can be done instead: the person says so, never this program (design rule 13).
fn reload() -> Remedy {
    Remedy::new("set `want_method` to `auto`: the device reloads as usual")
}

/// Whether a fast reload is legal here: by the table, by the release rules, and by the device's own word.
/// What the table denies no device grants (design rule 17).
pub(super) fn legal(case: Case<'_>, from: &Version) -> Result<(), Refusal> {
    let (family, facts) = (case.family, case.request.facts);
    let Some(since) = &family.xfsu_since else {
        return Err(Refusal::new(
            "xfsu_not_on_platform",
            format!("{} has no fast reload", family.name),
            reload(),
        )
        .seen(facts.evidence(FactKind::Model))
        .seen(row(case)));
    };
    if from < since {
        return Err(Refusal::new(
            "xfsu_too_early",
            format!("{} reloads fast from {since} on", family.name),
            reload(),
        )
        .seen(facts.evidence(FactKind::Release))
        .seen(vec![table(&family.name, "xfsu_since", since)]));
    }
    if facts.boot_mode == BootMode::Bundle {
        return Err(Refusal::new(
            "bundle_mode",
            "a fast reload needs install mode, and the device runs in bundle mode",
            Remedy::new("set `want_method` to `auto` or `bundle`"),
        )
        .seen(mode(facts))
        .seen(row(case)));
    }
    super::path::checked(case, from, Method::Xfsu, &mut Vec::new())?;
    eligible(case)
}

/// Every requirement has to be met, by the device's own word.
fn eligible(case: Case<'_>) -> Result<(), Refusal> {
    let facts = case.request.facts;
    let Some(state) = &facts.xfsu else {
        return Err(Refusal::new(
            "xfsu_unknown",
            "the device does not say clearly whether it may reload fast",
            Remedy::with("look at", "show xfsu eligibility"),
        )
        .seen(facts.evidence(FactKind::Xfsu))
        .seen(facts.evidence(FactKind::Release)));
    };
    let why_not = if !state.supported {
        "its hardware does not support it".to_owned()
    } else if !state.failing.is_empty() {
        state.failing.join("; ")
    } else {
        return Ok(());
    };
    Err(Refusal::new(
        "xfsu_not_eligible",
        format!("the device may not reload fast: {why_not}"),
        Remedy::with(
            "meet every requirement, or set `want_method` to `auto`: the device reloads as usual",
            "show xfsu eligibility",
        ),
    )
    .seen(facts.evidence(FactKind::Xfsu)))
}

/// Why it goes so, with the lines of the device.
pub(super) fn reason(case: Case<'_>) -> Reason {
    Reason::new(
        "fast_reload",
        "the device says that it may reload fast: ports of the protocols that the vendor lists are out of service for seconds, the others for longer",
        case.request.facts.evidence(FactKind::Xfsu),
    )
}

/// By which word, since the table says which release knows it.
pub(super) fn word_reason(case: Case<'_>, word: &XfsuWord) -> Reason {
    Reason::new(
        "fast_reload_word",
        format!(
            "releases from {} on say `{}` to a fast reload",
            word.since, word.word
        ),
        case.request.facts.evidence(FactKind::Release),
    )
}

pub(super) fn xfsu(plan: &mut DevicePlan, case: Case<'_>) -> Result<(), Refusal> {
    let Some(word) = case.family.xfsu_word(&plan.from) else {
        return Err(Refusal::new(
            "xfsu_too_early",
            format!("no word is known by which {} reloads fast", plan.from),
            reload(),
        )
        .seen(case.request.facts.evidence(FactKind::Release)));
    };
    plan.reasons.push(word_reason(case, word));
    carried_out(
        plan,
        case,
        &Reloads {
            words: &format!("activate {} commit", word.word),
            what: "add, activate and commit, by a fast reload,",
            then: "the device reloads fast, the way back is a usual reload",
        },
    )?;
    let commits = plan.steps.iter_mut();
    for step in commits.filter(|s| s.kind == StepKind::AddActivateCommit) {
        step.undo = step.undo.replace("one reload", "one usual reload");
    }
    // The longest that is still a fast one: what takes longer is told.
    let [_, most] = case.family.xfsu_s;
    plan.estimate_s = most;
    Ok(())
}
