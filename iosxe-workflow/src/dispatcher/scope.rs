//! What a look at the health asks of a device, and which of the user's checks are for it.

use iosxe_core::event::Event;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::health::{Check, Health, Said, Scope, Weight, When};

use super::Dispatcher;
use crate::limit::Limit;
use crate::status::DeviceState;

impl Dispatcher {
    /// For the baseline: every part that the device may know.
    pub(super) fn baseline_scope(&self, device: &DeviceState) -> Scope {
        Scope {
            parts: None,
            checks: self.own_checks(device, Check::is_for_baseline),
        }
    }

    /// For a proof: what the baseline had, for a poll is made often.
    pub(super) fn proof_scope(&self, device: &DeviceState) -> Scope {
        let parts = device.baseline.as_ref().map(Health::parts);
        Scope {
            parts: Some(parts.unwrap_or_default()),
            checks: self.own_checks(device, Check::is_for_proof),
        }
    }

    /// The checks of the run for this device. They are those that it began with: a resume reads them
    /// from the journal.
    fn own_checks(&self, device: &DeviceState, when: impl Fn(&Check) -> bool) -> Vec<Check> {
        let own = || self.state.header.as_ref().map(|h| h.policy.checks.iter());
        // A verification makes those of the run that it holds the device against.
        let all = match device.reference() {
            Some(reference) => Some(reference.checks.iter()),
            None => own(),
        };
        let mine = all
            .into_iter()
            .flatten()
            .filter(|check| when(check) && self.is_for(check, device));
        mine.cloned().collect()
    }

    fn is_for(&self, check: &Check, device: &DeviceState) -> bool {
        let pid = device.facts.as_ref().map(|(_, facts)| facts.pid.as_str());
        let of_family = |cell: &String| pid.is_some_and(|pid| self.table.cell_names(cell, pid));
        let families = check.families.is_empty() || check.families.iter().any(of_family);
        let chosen = |limit: &String| {
            // What cannot be read was refused with the configuration.
            Limit::parse(limit).is_ok_and(|l| l.fits(&device.record, &self.table))
        };
        families && check.limit.iter().all(chosen)
    }

    /// A gate check of the user's that fails before anything is touched, or cannot be read.
    pub(super) fn own_blocking(&self, device: &DeviceState) -> Option<Fault> {
        let baseline = device.baseline.as_ref()?;
        let checks = self.own_checks(device, |c| c.when != When::Post && c.weight == Weight::Gate);
        let is_asked = |name: &str| checks.iter().any(|c| c.name == name);
        let unread = baseline.own.iter().find_map(|answer| match &answer.said {
            Said::Unread { line } if is_asked(&answer.check) => Some((&answer.check, line)),
            _ => None,
        });
        let failed: Vec<String> = baseline
            .own_failed()
            .into_iter()
            .filter(|f| f.weight == Weight::Gate)
            .map(|f| f.to_string())
            .collect();
        if !failed.is_empty() {
            let message = format!("a check fails before the upgrade: {}", failed.join("; "));
            return Some(
                Fault::new(Class::Operator, "check_failed", message).remedy(Remedy::new(
                    "put right what the check looks at, or change the check, and start anew",
                )),
            );
        }
        let (check, line) = unread?;
        Some(
            Fault::new(
                Class::Operator,
                "precheck_inconclusive",
                format!("the answer to check:{check} cannot be read: {line}"),
            )
            .remedy(Remedy::new(
                "change the check, or restrict it to the families that know its command",
            )),
        )
    }
}

/// What has to be told of a baseline: what it could not read and cannot be compared later, and checks
/// that only warn.
pub(super) fn warnings(baseline: &Health) -> Vec<Event> {
    let unread = baseline.all_unread().into_iter().map(|line| Event::Warned {
        code: "baseline_unread".into(),
        message: format!("not read before the upgrade, so not compared after it: {line}"),
    });
    let own = baseline.own_failed().into_iter();
    let warns = own
        .filter(|f| f.weight == Weight::Warn)
        .map(|f| Event::Warned {
            code: "check_warns".into(),
            message: format!("before the upgrade {f}"),
        });
    unread.chain(warns).collect()
}
