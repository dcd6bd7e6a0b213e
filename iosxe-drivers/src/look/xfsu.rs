//! What a device says of a fast reload: may it do one?

use iosxe_core::device::XfsuState;

use super::{answer, read_if_clear};
use crate::parse::show_xfsu_eligibility::{self, Eligibility, EligibilityCheck};
use crate::talk::console::Output;

pub(super) const XFSU: &str = "show xfsu eligibility";

/// What the device says, where it says it clearly: output that its parser refuses is no eligibility.
pub(super) fn read_state(answers: &[Output], unknown: &mut Vec<String>) -> Option<XfsuState> {
    let shown = read_if_clear(answer(answers, XFSU), show_xfsu_eligibility::parse, unknown)?;
    let failing = shown.checks.iter().filter(|check| !is_met(check));
    Some(XfsuState {
        supported: shown.supported,
        failing: failing.map(in_words).collect(),
    })
}

fn is_met(check: &EligibilityCheck) -> bool {
    match check.status {
        Eligibility::Yes | Eligibility::Eligible => true,
        Eligibility::No | Eligibility::Ineligible => false,
    }
}

fn in_words(check: &EligibilityCheck) -> String {
    let says = match check.status {
        Eligibility::Yes => "Yes",
        Eligibility::No => "No",
        Eligibility::Eligible => "Eligible",
        Eligibility::Ineligible => "Ineligible",
    };
    match &check.reason {
        Some(reason) => format!("{}: {says}, {reason}", check.name),
        None => format!("{}: {says}", check.name),
    }
}

/// Whether a line of the answer tells something that a plan rests on.
pub(super) fn tells(line: &str) -> bool {
    let words = ["Yes", "No", "Eligible", "Ineligible"];
    line.starts_with("Reload fast supported")
        || line.contains("Ineligible:")
        || words.iter().any(|word| line.ends_with(word))
}
