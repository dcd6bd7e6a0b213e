//! Steps of an upgrade in service of a router, held against every phase that both sides can be in.

use std::fmt::Write as _;
use std::time::Duration;

use iosxe_core::boot::PackageState;
use iosxe_core::device::{Facts, IssuState, Release, Role};
use iosxe_core::observation::Observation;
use iosxe_core::plan::{DevicePlan, StepKind, StepState};

use super::fleet;
use crate::planner::{assess, standing};

/// What both sides are, from the words of `show issu state detail`.
struct Seen {
    what: &'static str,
    /// The active runs the new release, and the standby does; `None` when the standby boots.
    active_new: bool,
    standby_new: Option<bool>,
    /// `Last operation` of what is in progress.
    doing: Option<&'static str>,
    timer: bool,
    /// The new image is the one to boot, or committed.
    kept: bool,
}

impl Seen {
    fn new(what: &'static str, active_new: bool, standby_new: Option<bool>) -> Self {
        Self {
            what,
            active_new,
            standby_new,
            doing: None,
            timer: false,
            kept: false,
        }
    }

    fn doing(self, last: &'static str) -> Self {
        Self {
            doing: Some(last),
            timer: true,
            ..self
        }
    }

    fn without_timer(self) -> Self {
        Self {
            timer: false,
            ..self
        }
    }

    fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    fn facts(&self, plan: &DevicePlan, before: &Facts) -> Facts {
        let release = |new: bool| {
            let version = if new { &plan.to } else { &plan.from };
            Release::Number(version.clone())
        };
        let mut facts = before.clone();
        facts.running = release(self.active_new);
        // The sides change roles with the switchover.
        let roles = match self.active_new && !plan.steps.is_empty() {
            true => [Role::Standby, Role::Active],
            false => [Role::Active, Role::Standby],
        };
        for (member, role) in facts.members.iter_mut().zip(roles) {
            member.role = role;
            if role == Role::Active {
                member.release = Some(release(self.active_new));
                continue;
            }
            member.release = self.standby_new.map(release);
            if self.standby_new.is_none() {
                member.ready = false;
                member.state = "STANDBY COLD-BULK".into();
            }
        }
        facts.issu = Some(IssuState {
            in_progress: self.doing.is_some(),
            last_operation: self.doing.map(str::to_owned),
            terminal: self.doing.map(|_| self.standby_new.is_some()),
            rollback: self.timer.then(|| Duration::from_secs(1800)),
            ..IssuState::default()
        });
        let packages = facts.install.as_mut().filter(|i| !i.packages.is_empty());
        if let Some(install) = packages {
            let old = install.packages.remove(0);
            let mut new = old.clone();
            new.version = Some(plan.to.clone());
            new.state = match (self.kept, self.active_new) {
                (true, _) => PackageState::Committed,
                (false, true) => PackageState::Uncommitted,
                (false, false) => PackageState::Inactive,
            };
            install.packages = vec![new, old];
            install.auto_abort = self.timer.then(|| Some(Duration::from_secs(1800)));
        }
        if self.kept && before.boot_mode == iosxe_core::boot::BootMode::Bundle {
            facts.boot.next = Some(vec![format!("{}{}", plan.file_system, plan.image.file)]);
        }
        facts
    }
}

fn words(state: &StepState) -> String {
    match state {
        StepState::Done => "done".into(),
        StepState::Ready => "READY".into(),
        StepState::Pending { what } => format!("waits for {what}"),
        StepState::Blocked {
            code,
            expected,
            found,
        } => format!("blocked [{code}]: expected {expected}, found {found}"),
    }
}

fn phases(name: &str) -> Vec<Seen> {
    let (load, run) = match name {
        "asr_1006_issu" => ("Activate location standby R1", "Switchover"),
        "ncs_4206_issu" => ("install node", "install node"),
        _ => ("loadversion", "runversion"),
    };
    let mut all = vec![
        Seen::new("nothing done", false, Some(false)),
        Seen::new("the standby is told to reload", false, Some(false)).doing(load),
        Seen::new("the standby boots", false, None).doing(load),
        Seen::new("the standby runs the new release", false, Some(true)).doing(load),
        Seen::new("the old active boots", true, None).doing(run),
        Seen::new("both went back, the standby boots", false, None),
        Seen::new("the device takes it back", false, Some(true)).doing("abortversion"),
        Seen::new("both on the new release", true, Some(true)).doing(run),
        Seen::new("over", true, Some(true)).kept(),
    ];
    if name == "asr_1006_issu_versions" {
        all.extend([
            Seen::new("the old one stands by", true, Some(false)).doing(run),
            Seen::new("accepted", true, Some(false))
                .doing("acceptversion")
                .without_timer(),
            Seen::new("committed", true, Some(false))
                .doing("commitversion")
                .without_timer(),
            Seen::new("committed, told no more", true, Some(false)).kept(),
            Seen::new("the other side boots", true, None)
                .doing("commitversion")
                .without_timer(),
        ]);
    }
    all
}

#[test]
fn every_step_is_held_against_what_both_sides_show() {
    let mut text = String::new();
    for name in ["asr_1006_issu", "asr_1006_issu_versions", "ncs_4206_issu"] {
        let (_, ask) = fleet().into_iter().find(|(n, _)| *n == name).unwrap();
        let before = ask.device.facts(&[]).unwrap();
        let plan = ask.plan_of(&before).unwrap();
        writeln!(text, "== {name}").unwrap();
        for seen in phases(name) {
            let facts = seen.facts(&plan, &before);
            let stands = standing(&plan, &facts);
            writeln!(text, "\n{}: {stands:?}", seen.what).unwrap();
            let own = |kind: iosxe_core::plan::StepKind| {
                let word = kind.word();
                ["activate", "version", "slot", "node", "issu", "commit"]
                    .iter()
                    .any(|part| word.contains(part))
            };
            let seen = Observation::Facts(Box::new(facts));
            for step in plan.steps.iter().chain(&plan.way_back) {
                if own(step.kind) {
                    let state = assess(step, &plan, &seen);
                    writeln!(text, "  {:<16} {}", step.kind.word(), words(&state)).unwrap();
                }
            }
        }
    }
    insta::assert_snapshot!(text);
}

/// A command that names a slot is not sent to a device whose sides have changed since it was planned.
#[test]
fn a_slot_that_is_not_the_standby_any_more_is_not_loaded() {
    let mut all = fleet().into_iter();
    let (_, ask) = all.find(|(n, _)| *n == "asr_1006_issu_versions").unwrap();
    let mut facts = ask.device.facts(&[]).unwrap();
    let plan = ask.plan_of(&facts).unwrap();
    let load = plan.steps.iter().find(|s| s.kind.starts_timer()).unwrap();
    let now = |facts: &Facts| assess(load, &plan, &Observation::Facts(Box::new(facts.clone())));
    assert_eq!(now(&facts), StepState::Ready);
    facts.members[0].role = Role::Standby;
    facts.members[1].role = Role::Active;
    assert!(
        matches!(now(&facts), StepState::Blocked { code, .. } if code == "roles_changed"),
        "{:?}",
        now(&facts)
    );
    facts.running = Release::Number("16.6.10".parse().unwrap());
    assert!(matches!(now(&facts), StepState::Blocked { code, .. } if code == "third_release"));
}

/// The table denies; a user's row of it grants (design rule 17).
#[test]
fn which_commands_a_release_has_is_data() {
    let mut all = fleet().into_iter();
    let (_, ask) = all.find(|(n, _)| *n == "asr_1006_dual_bundle").unwrap();
    let mut record = ask.record.clone();
    record.want_method = Some(iosxe_core::plan::Method::Issu);
    let device = ask.device.clone().rollback_timer("5400");
    let facts = device.facts(&[]).unwrap();
    let shipped = super::table().family(&facts.pid).unwrap();
    let planned = |family: &iosxe_core::platform::Family| {
        let request = iosxe_core::plan::PlanRequest {
            record: &record,
            facts: &facts,
            image: &ask.image,
            then: &[],
            policy: &ask.policy,
        };
        crate::planner::plan(family, super::rules(), &request)
    };
    assert_eq!(planned(shipped).unwrap_err().code, "issu_bundle_mode");
    let mut mine = shipped.clone();
    for by in &mut mine.issu_by {
        by.before = None;
    }
    let plan = planned(&mine).unwrap();
    assert!(plan.steps.iter().any(|s| s.kind == StepKind::LoadVersion));
}

/// No timer that is seen is one thing, and one that cannot be read is another.
#[test]
fn an_accept_whose_timer_cannot_be_read_is_not_done() {
    let mut all = fleet().into_iter();
    let (_, ask) = all.find(|(n, _)| *n == "asr_1006_issu_versions").unwrap();
    let before = ask.device.facts(&[]).unwrap();
    let plan = ask.plan_of(&before).unwrap();
    let accept = iosxe_core::plan::StepKind::AcceptVersion;
    let accept = plan.steps.iter().find(|s| s.kind == accept).unwrap();
    let seen = |doing: &'static str, unread: bool| {
        let seen = Seen::new("the old one stands by", true, Some(false));
        let mut facts = seen.doing(doing).without_timer().facts(&plan, &before);
        facts.issu.as_mut().unwrap().rollback_unread = unread;
        assess(accept, &plan, &Observation::Facts(Box::new(facts)))
    };
    assert_eq!(seen("runversion", false), StepState::Done);
    assert_eq!(seen("runversion", true), StepState::Ready);
    assert_eq!(seen("acceptversion", true), StepState::Done);
}
