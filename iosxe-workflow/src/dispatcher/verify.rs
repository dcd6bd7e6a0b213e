//! A device held against how an earlier run saw it, at any time and without a change: the looks,
//! tolerances and bounds are those of the proof before a commit.

use iosxe_core::boot::{PackageState, same_file};
use iosxe_core::device::{FactKind, Facts};
use iosxe_core::event::{Event, Way};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::health::{Finding, Weight};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::{DevicePlan, Standing};
use iosxe_core::reference::{Against, Boot, Reference};
use iosxe_core::stage::{Outcome, StageKind};
use jiff::Timestamp;

use super::device::{GATE_FAILED, Moves};
use super::precheck::boot_settings;
use super::prove::{not_settled, told};
use super::{Dispatcher, operator};
use crate::status::DeviceState;

/// Name of the check of what the device would boot next.
const BOOT: &str = "boot";

impl Dispatcher {
    /// The next move of a verification.
    pub(super) fn verify(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if let Some(Against::Nothing { run }) = &device.against {
            let fault = no_baseline(run.as_ref().map(ToString::to_string));
            let mut moves = self.enter(name, now, StageKind::Postcheck)?;
            moves.extend(self.end(name, now, Outcome::Refused, Some(fault))?);
            return Ok(moves);
        }
        if device.facts.is_none() {
            return self.discover(name, now);
        }
        if let Err(fault) = self.identify(name) {
            return self.refuse(name, now, fault);
        }
        self.prove(name, now)
    }

    /// The device as it is: release, members and next boot as the run before wants them?
    pub(super) fn verify_facts(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
    ) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let standing = match self.stands(device, facts) {
            Ok(standing) => standing,
            Err(fault) => return self.give_up(name, now, fault),
        };
        let Some(reference) = device.reference().cloned() else {
            return Ok(Vec::new());
        };
        let seen = Event::FactsSeen {
            facts: Box::new(facts.clone()),
        };
        let mut moves = self.record(name, now, [seen])?;
        let end = reference.plan.as_ref().map(|(plan, way)| (plan, *way));
        match (&standing, end.map_or(Way::Forth, |(_, way)| way)) {
            (Standing::Uncommitted | Standing::Committed, Way::Forth)
            | (Standing::Original, Way::Back) => {
                let register_good = self.table.family(&facts.pid);
                let register_good = register_good.map(|f| f.config_register_good.clone());
                let otherwise =
                    boots_otherwise(&reference, facts, &register_good.unwrap_or_default());
                let live = self.live(name);
                live.proved_facts = true;
                live.boots_otherwise = otherwise;
            }
            (Standing::Settling { .. }, _) => {
                let finding = members_finding(&reference, end, standing);
                moves.extend(self.judge(name, now, vec![finding], Vec::new())?);
            }
            (
                Standing::Uncommitted
                | Standing::Committed
                | Standing::Original
                | Standing::Other { .. },
                _,
            ) => {
                // No time makes another release of it.
                let finding = members_finding(&reference, end, standing);
                let fault = Fault::new(
                    Class::Operator,
                    "release_differs",
                    format!(
                        "run {} wants {}: {finding}",
                        reference.run,
                        reference.wanted()
                    ),
                )
                .remedy(Remedy::with(
                    "find out who changed it, and look at how that run left it",
                    format!("iosxe status {}", reference.run),
                ))
                .evidence(release_lines(facts));
                moves.extend(self.end(name, now, Outcome::DeadLetter, Some(fault))?);
            }
        }
        Ok(moves)
    }

    /// Everything that gates is as it was.
    pub(super) fn as_it_was(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        findings: &[Finding],
    ) -> Moves {
        let mut moves = self.record(name, now, told(findings))?;
        let on_trial = self.device(name).and_then(|device| {
            let (_, facts) = device.facts.as_ref()?;
            let stands = self.stands(device, facts).ok()?;
            (stands == Standing::Uncommitted).then(|| on_trial(device))?
        });
        let outcome = match on_trial {
            Some(_) => Outcome::Uncommitted,
            None => Outcome::Already,
        };
        moves.extend(self.end(name, now, outcome, on_trial)?);
        Ok(moves)
    }

    /// A gate check is not as it was, or could not be read for all of its time.
    pub(super) fn not_as_it_was(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        failed: &[String],
        inconclusive: &[String],
        warns: &[Finding],
    ) -> Moves {
        let Some(reference) = self.device(name).and_then(DeviceState::reference) else {
            return Ok(Vec::new());
        };
        let of = format!(
            "run {} of {}",
            reference.run,
            reference.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        );
        let (outcome, fault) = if failed.is_empty() {
            // Rule 2: no verdict from a misread.
            let fault = operator(
                "check_inconclusive",
                format!(
                    "whether it is as in {of} cannot be told: {}",
                    inconclusive.join("; ")
                ),
                "look at the line; the raw output is in the run's folder",
            );
            (Outcome::Held, fault.evidence(inconclusive.to_vec()))
        } else {
            let fault = operator(
                GATE_FAILED,
                format!("it is not as in {of}: {}", failed.join("; ")),
                "put right what differs, then verify again; nothing was changed",
            );
            let lines = failed.iter().chain(inconclusive).cloned();
            (Outcome::DeadLetter, fault.evidence(lines))
        };
        let mut moves = self.record(name, now, told(warns))?;
        moves.extend(self.end(name, now, outcome, Some(fault))?);
        Ok(moves)
    }

    /// What the device is, seen against the plan of the run before, or against how it was then.
    fn stands(&self, device: &DeviceState, facts: &Facts) -> Result<Standing, Fault> {
        let driver = self.drivers.of(facts).map_err(Fault::from)?;
        Ok(match (device.judged_by(), device.reference()) {
            (Some((plan, _)), _) => driver.standing(plan, facts),
            (None, Some(reference)) => unchanged(reference, facts),
            (None, None) => Standing::Original,
        })
    }
}

fn no_baseline(run: Option<String>) -> Fault {
    let message = match run {
        Some(run) => format!("run {run} has no baseline of it"),
        None => "no run has a baseline of it".to_owned(),
    };
    Fault::new(Class::Operator, "no_baseline", message).remedy(Remedy::with(
        "run check first, which changes nothing",
        "iosxe check --limit DEVICE",
    ))
}

/// What a person is told of a device that is as healthy as before and not committed.
fn on_trial(device: &DeviceState) -> Option<Fault> {
    let reference = device.reference()?;
    let message = format!(
        "it is as healthy as in run {}, and {} is not committed",
        reference.run, reference.release
    );
    let remedy = Remedy::with(
        "go on with that run, or decide by hand with `commit` or `abort`",
        format!("iosxe resume {}", reference.run),
    );
    Some(Fault::new(Class::Operator, "not_committed", message).remedy(remedy))
}

/// A device that its run had nothing to change on.
fn unchanged(reference: &Reference, facts: &Facts) -> Standing {
    let settling = |what: String| Standing::Settling { what };
    let release = &reference.release;
    if facts.members.len() < reference.members {
        return settling(format!(
            "{} of {} members",
            facts.members.len(),
            reference.members
        ));
    }
    if let Some(member) = facts.missing_members().next() {
        return settling(format!("member {} ({})", member.id, member.state));
    }
    if !facts.runs(release) {
        return match facts.running.number() {
            Some(running) if running == release => settling("all members on one release".into()),
            Some(_) | None => Standing::Other {
                running: facts.running.to_string(),
            },
        };
    }
    let install = facts.install.as_ref().filter(|i| !i.packages.is_empty());
    match install {
        Some(install) if install.has(release, PackageState::Uncommitted) => Standing::Uncommitted,
        Some(_) | None => Standing::Committed,
    }
}

fn members_finding(
    reference: &Reference,
    end: Option<(&DevicePlan, Way)>,
    standing: Standing,
) -> Finding {
    if let Some((plan, way)) = end {
        return not_settled(plan, way, standing);
    }
    Finding {
        check: "members".into(),
        weight: Weight::Gate,
        expected: format!("{} on every member", reference.release),
        found: match standing {
            Standing::Settling { what } => format!("not settled, {what}"),
            Standing::Other { running } => format!("{running} runs"),
            Standing::Uncommitted | Standing::Committed | Standing::Original => {
                "another release runs".to_owned()
            }
        },
    }
}

/// What the device would boot otherwise than it would have then.
fn boots_otherwise(reference: &Reference, facts: &Facts, register_good: &[u16]) -> Vec<Finding> {
    let (then, now) = (&reference.boot, Boot::from(facts));
    let finding = |expected: String, found: String| Finding {
        check: BOOT.into(),
        weight: Weight::Gate,
        expected,
        found,
    };
    let mut findings = Vec::new();
    if then.mode != now.mode {
        findings.push(finding(
            format!("{} mode", then.mode.word()),
            format!("it runs in {} mode", now.mode.word()),
        ));
    }
    for (what, then, now) in [
        ("the next boot", &then.next.next, &now.next.next),
        (
            "the next boot of the standby",
            &then.next.standby_next,
            &now.next.standby_next,
        ),
    ] {
        let first = |files: &Option<Vec<String>>| files.as_ref()?.first().cloned();
        if let (Some(then), Some(now)) = (first(then), first(now))
            && !same_file(&then, &now)
        {
            findings.push(finding(then, format!("{what} is {now}")));
        }
    }
    let told_of = |boot: &Boot| {
        let mut told = Vec::new();
        let mut stop = |code: &str, message: String, _: Remedy| {
            told.push((code.to_owned(), message));
        };
        boot_settings(boot.mode, &boot.next, register_good, &mut stop);
        told
    };
    let before = told_of(then);
    let since = told_of(&now).into_iter();
    let since = since.filter(|(code, _)| before.iter().all(|(known, _)| known != code));
    findings.extend(since.map(|(_, message)| finding("a boot as before".to_owned(), message)));
    findings
}

/// The captured lines that say what runs.
fn release_lines(facts: &Facts) -> Vec<String> {
    let of = |kind| facts.evidence(kind).into_iter();
    let lines = of(FactKind::Release).chain(of(FactKind::MemberRelease));
    lines.map(|e| e.to_string()).collect()
}
