//! Who may open a gate, and how many persons it takes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The rules of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApprovalPolicy {
    /// Different persons who have to approve a plan: 1 or 2.
    pub persons: u32,
    /// Whoever started the run is none of them.
    pub not_the_requester: bool,
    /// Who may approve; everybody where nobody is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// How long an approval holds until the device is disturbed, in seconds of wall time; for good where
    /// nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_s: Option<u64>,
    /// The run is an emergency, for this reason: one person is enough, and the requester may be it. Said
    /// with the command, never in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<String>,
}

impl Default for ApprovalPolicy {
    fn default() -> Self {
        Self {
            persons: 1,
            not_the_requester: false,
            by: Vec::new(),
            valid_s: None,
            emergency: None,
        }
    }
}

impl ApprovalPolicy {
    /// Whether it says nothing that differs from the default.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it can be followed.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn checked(&self) -> Result<(), String> {
        if !(1..=2).contains(&self.persons) {
            return Err(format!(
                "approval.persons is {}: a plan is approved by one person or by two",
                self.persons
            ));
        }
        if self.valid_s == Some(0) {
            return Err("approval.valid_s is 0: no approval would ever hold".into());
        }
        let named = self.by.len();
        if named > 0 && named < usize::try_from(self.persons).unwrap_or(usize::MAX) {
            return Err("approval.by names one person, and a plan takes two".into());
        }
        Ok(())
    }

    /// How many persons a plan of this run takes.
    #[must_use]
    pub fn needed(&self) -> usize {
        let two = self.persons > 1 && self.emergency.is_none();
        if two { 2 } else { 1 }
    }

    /// How long an approval holds, in wall time.
    #[must_use]
    pub fn valid(&self) -> Option<Duration> {
        self.valid_s.map(Duration::from_secs)
    }

    /// Whether somebody may approve a run that `requester` started.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn may_approve(&self, by: &str, requester: &str) -> Result<(), String> {
        if !self.by.is_empty() && !self.by.iter().any(|name| name == by) {
            return Err(format!("{by} is not among those who may approve"));
        }
        if self.not_the_requester && self.emergency.is_none() && by == requester {
            return Err(format!(
                "{by} started the run, and somebody else has to approve"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_approve_is_said_by_name_and_by_role() {
        let policy = ApprovalPolicy {
            persons: 2,
            not_the_requester: true,
            by: vec!["ann".into(), "bob".into()],
            ..ApprovalPolicy::default()
        };
        policy.checked().unwrap();
        assert_eq!(policy.needed(), 2);
        assert_eq!(policy.may_approve("ann", "bob"), Ok(()));
        let said = |by, requester| policy.may_approve(by, requester).unwrap_err();
        assert_eq!(said("eve", "bob"), "eve is not among those who may approve");
        assert_eq!(
            said("bob", "bob"),
            "bob started the run, and somebody else has to approve"
        );
        let emergency = ApprovalPolicy {
            emergency: Some("the core is down".into()),
            ..policy
        };
        assert_eq!(emergency.needed(), 1);
        assert_eq!(emergency.may_approve("bob", "bob"), Ok(()));
        // A name that was not given the role has none in an emergency either.
        assert!(emergency.may_approve("eve", "bob").is_err());
    }

    #[test]
    fn rules_that_nobody_could_follow_are_refused() {
        let said = |change: fn(&mut ApprovalPolicy)| {
            let mut policy = ApprovalPolicy::default();
            change(&mut policy);
            policy.checked().unwrap_err()
        };
        assert!(said(|p| p.persons = 0).contains("approval.persons is 0"));
        assert!(said(|p| p.persons = 3).contains("one person or by two"));
        assert!(said(|p| p.valid_s = Some(0)).contains("no approval would ever hold"));
        let one = said(|p| {
            p.persons = 2;
            p.by = vec!["ann".into()];
        });
        assert!(one.contains("a plan takes two"));
    }
}
