//! `show xfsu eligibility`: may this switch or stack reload fast (xFSU)?
//!
//! Source: genieparser captures of Catalyst 9300 stacks, 17.x (read for the format); unscored, no
//! capture in the corpus. What a switch without stack prints is not confirmed: the row `SSO Mode`
//! is required of stacks only.
//!
//! ```text
//! Reload fast supported: Yes
//! xFSU PLATFORM Status: Not started yet
//! Stack Configuration: Yes
//! Eligibility Check         Status
//! =================         ======
//! Autoboot Enabled          Yes
//! Check macsec eligibility  Eligible
//! Note:   All the status should be Yes or eligible to continue xFSU
//!
//! Spanning Tree             Ineligible:Root Switch with forwarding link:VLAN0069
//! Suggested fixes:
//!   Suggest to configure root bridge for VLAN0069 …
//!
//! SSO Mode                  Yes
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::table::wide;
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// What the device says of one requirement.
    Eligibility {
        /// Met.
        Yes = "Yes",
        /// Not met.
        No = "No",
        /// Met.
        Eligible = "Eligible",
        /// Not met; a reason follows.
        Ineligible = "Ineligible",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowXfsuEligibility {
    /// Whether the hardware can reload fast at all.
    pub supported: bool,
    /// Where a fast reload stands: `Not started yet`.
    pub platform_status: Option<String>,
    /// Whether this is a stack.
    pub stack: Option<bool>,
    /// The requirements.
    pub checks: Vec<EligibilityCheck>,
    /// What the device suggests.
    pub suggested_fixes: Vec<String>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibilityCheck {
    /// `Full ring stack`.
    pub name: String,
    /// What the device says.
    pub status: Eligibility,
    /// Why it is not met.
    pub reason: Option<String>,
}

impl ShowXfsuEligibility {
    /// Whether a fast reload is supported and every requirement met.
    #[must_use]
    pub fn eligible(&self) -> bool {
        self.supported
            && !self.checks.is_empty()
            && self
                .checks
                .iter()
                .all(|c| matches!(c.status, Eligibility::Yes | Eligibility::Eligible))
    }
}

const IGNORED: &[Ignored] = &[
    ignored("Eligibility Check Status", "heading"),
    ignored("Note:*", "says what the words mean"),
    ignored(
        "For all the list of protocols *",
        "a link to the vendor's page",
    ),
    ignored("http*", "a link to the vendor's page"),
];

/// Reads `show xfsu eligibility`.
///
/// # Errors
/// When a state is outside its legend, or the requirements are not told to their end: the row
/// `Spanning Tree`, and on a stack `SSO Mode`.
pub fn parse(text: &str) -> Result<Parsed<ShowXfsuEligibility>, ParseError> {
    let mut lines = Lines::new("show xfsu eligibility", text)?;
    let mut supported = None;
    let mut value = ShowXfsuEligibility {
        supported: false,
        platform_status: None,
        stack: None,
        checks: Vec::new(),
        suggested_fixes: Vec::new(),
    };
    let mut fixes = false;
    let mut headed = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([answer]) = line.scan("Reload fast supported:~{*}") {
            supported = Some(line.switch(answer)?);
        } else if let Some([_, status]) = line.scan("{*} PLATFORM Status:~{*}") {
            value.platform_status = units::text(status);
        } else if let Some([answer]) = line.scan("Stack Configuration:~{*}") {
            value.stack = Some(line.switch(answer)?);
        } else if line.is("Suggested fixes:") {
            fixes = true;
        } else if line.is("Eligibility Check Status") {
            headed = true;
        } else if fixes && line.indent() > 0 {
            value.suggested_fixes.push(line.body().to_owned());
        } else if let Some(check) = check(line, headed)? {
            fixes = false;
            value.checks.push(check);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    value.supported = lines.need(supported, "the line `Reload fast supported`")?;
    let told = |name: &str| value.checks.iter().any(|c| c.name == name);
    if value.supported && !told("Spanning Tree") {
        return Err(lines.incomplete("the row `Spanning Tree`"));
    }
    if value.supported && value.stack != Some(false) && !told("SSO Mode") {
        return Err(lines.incomplete("the row `SSO Mode`"));
    }
    Ok(lines.finish(value))
}

/// `Spanning Tree             Ineligible:Root Switch with forwarding link:VLAN0069`.
fn check(line: Line<'_>, headed: bool) -> Result<Option<EligibilityCheck>, ParseError> {
    if !headed || line.starts("Note:") {
        return Ok(None);
    }
    // A long name leaves one space only: `Network Advantage License Yes`.
    let (name, status) = match wide(line.body()).as_slice() {
        [name, status] => (*name, *status),
        [_] => match line.body().rsplit_once(' ') {
            Some((name, status)) if super::words::switch(status).is_some() => (name, status),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let (word, reason) = match status.split_once(':') {
        Some((word, reason)) => (word, units::text(reason)),
        None => (status, None),
    };
    Ok(Some(EligibilityCheck {
        name: name.to_owned(),
        status: line.word(word)?,
        reason,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ParseErrorKind;

    const TEXT: &str = include_str!("../../tests/outputs/show_xfsu_eligibility.txt");

    #[test]
    fn a_stack_that_is_not_eligible_says_why() {
        let parsed = parse(TEXT).unwrap();
        assert_eq!(parsed.unknown, []);
        let value = parsed.value;
        assert!(value.supported && !value.eligible());
        assert_eq!(value.stack, Some(true));
        assert_eq!(value.checks.len(), 7);
        let tree = value
            .checks
            .iter()
            .find(|c| c.name == "Spanning Tree")
            .unwrap();
        assert_eq!(tree.status, Eligibility::Ineligible);
        assert_eq!(
            tree.reason.as_deref(),
            Some("Root Switch with forwarding link:VLAN0010")
        );
        assert_eq!(value.suggested_fixes.len(), 1);
        let good = TEXT.replace(
            "Ineligible:Root Switch with forwarding link:VLAN0010",
            "Eligible",
        );
        assert!(parse(&good).unwrap().value.eligible());
        let none = parse("Reload fast supported: No\n").unwrap().value;
        assert!(!none.eligible());
    }

    #[test]
    fn a_missing_row_and_a_state_outside_the_legend_are_errors() {
        let cut = TEXT.split("SSO Mode").next().unwrap();
        assert_eq!(parse(cut).unwrap_err().kind, ParseErrorKind::Incomplete);
        let odd = TEXT.replace(
            "Full ring stack           Yes",
            "Full ring stack           Maybe",
        );
        let error = parse(&odd).unwrap_err();
        assert_eq!((error.kind, error.line), (ParseErrorKind::Malformed, 9));
    }
}
