//! An upgrade whose packages are written without an engine that tells how far it is: what the members'
//! files name is all that there is to see.

use std::time::Duration;

use iosxe_core::event::Event;
use iosxe_core::fault::{Class, Effect};
use iosxe_core::observation::{Acted, Observation, Provisioned, Verdict};
use iosxe_core::plan::{DevicePlan, Disturbs, Method, Standing, Step, StepKind, StepState};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::TalkError;
use jiff::Timestamp;

use super::bench::{Bench, Setup};
use super::crash::killed_everywhere;
use super::driver::{FROM, TO, blocked, step};
use crate::dispatcher::{Done, TaskError, between, later};

const MINUTE: Duration = Duration::from_secs(60);

/// What comes of the command that writes packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Written {
    /// Done, and said so.
    #[default]
    Told,
    /// The session is lost, and each member takes so long from then on.
    Goes(Duration),
    /// The session is lost, and nothing comes of it.
    Lost,
    /// The device refuses it, and no member has changed.
    Refused,
    /// The device says so when the first member has changed.
    HalfWay,
}

/// Two members, by what their packages.conf names.
#[derive(Clone, Debug)]
pub(super) struct Packages {
    pub(super) names: [&'static str; 2],
    /// For the commands, one after the other; the others are told.
    pub(super) written: Vec<Written>,
    /// At work: the release, and when each member is done.
    work: Option<(&'static str, [Timestamp; 2])>,
}

impl Default for Packages {
    fn default() -> Self {
        Self {
            names: [FROM; 2],
            written: Vec::new(),
            work: None,
        }
    }
}

impl Packages {
    /// Lets what is due happen.
    fn settle(&mut self, now: Timestamp) {
        if let Some((release, due)) = self.work {
            for (name, at) in self.names.iter_mut().zip(due) {
                if at <= now {
                    *name = release;
                }
            }
        }
    }

    pub(super) fn look(&mut self, now: Timestamp) -> Observation {
        self.settle(now);
        let named = |(n, release): (usize, &&'static str)| Provisioned {
            path: format!("flash-{}:packages.conf", n + 1),
            found: true,
            release: Some(release.parse().unwrap()),
            missing: Vec::new(),
        };
        Observation::Provisioned(self.names.iter().enumerate().map(named).collect())
    }

    /// What a command of these does; `None` for another's.
    pub(super) fn act(&mut self, step: &Step, now: Timestamp) -> Option<Result<Done, TaskError>> {
        let release = match step.kind {
            StepKind::InstallPackages => TO,
            StepKind::RollbackPackages => FROM,
            _ => return None,
        };
        let at_work = self.work.is_some_and(|(_, due)| due[1] > now);
        assert!(!at_work, "sent again while it is at work");
        let written = match self.written.is_empty() {
            true => Written::Told,
            false => self.written.remove(0),
        };
        let failed = |code: &'static str| {
            Err(TaskError::Talk(TalkError::Failed {
                command: step.commands.join("; "),
                answer: "FAILED: so it says".into(),
                effect: Effect::Unknown,
                class: Class::Permanent,
                code,
                remedy: None,
                tail: Vec::new(),
            }))
        };
        let acted = |verdict| {
            let tail = Vec::new();
            Ok(Done::Seen(Observation::Acted(Acted { verdict, tail })))
        };
        Some(match written {
            Written::Told => {
                self.names = [release; 2];
                acted(Verdict::Success)
            }
            Written::Goes(each) => {
                self.work = Some((release, [later(now, each), later(now, each * 2)]));
                acted(Verdict::Unknown)
            }
            Written::Lost => acted(Verdict::Unknown),
            Written::Refused => failed("image_signature"),
            Written::HalfWay => {
                self.names[0] = release;
                failed("install_failed")
            }
        })
    }
}

/// The steps of such an upgrade, in the place of three.
pub(super) fn planned(plan: &mut DevicePlan) {
    use StageKind::{Postcheck, Rollback, Upgrade};
    plan.method = Method::RequestPlatform;
    plan.auto_abort = None;
    let gate = plan.steps.iter().position(|s| s.kind == StepKind::Gate);
    plan.steps.truncate(gate.unwrap() + 1);
    plan.steps.retain(|s| s.kind != StepKind::Add);
    let none = Disturbs::None;
    plan.steps.extend([
        step(StepKind::InstallPackages, Upgrade, "install", none),
        step(StepKind::Reload, Upgrade, "reload", Disturbs::Reload),
        step(StepKind::Verify, Postcheck, "verify", none),
    ]);
    plan.way_back = vec![
        step(StepKind::RollbackPackages, Rollback, "rollback", none),
        step(StepKind::Reload, Rollback, "reload", Disturbs::Reload),
    ];
}

/// How a step of it stands by what the files name.
pub(super) fn assess(step: &Step, seen: &[Provisioned]) -> StepState {
    let wanted = match step.kind {
        StepKind::RollbackPackages => FROM,
        _ => TO,
    };
    let wanted = wanted.parse().unwrap();
    let done = seen.iter().filter(|p| p.boots(&wanted)).count();
    match done {
        0 => StepState::Ready,
        all if all == seen.len() => StepState::Done,
        _ => StepState::Pending {
            what: "the other member".into(),
        },
    }
}

/// How its reload stands.
pub(super) fn reload(step: &Step, standing: &Standing) -> StepState {
    let there = match step.stage {
        StageKind::Rollback => Standing::Original,
        _ => Standing::Committed,
    };
    match standing {
        Standing::Other { running } => blocked("one of two", running, "third_release"),
        standing if *standing == there => StepState::Done,
        _ => StepState::Ready,
    }
}

fn bench(written: &[Written]) -> Bench {
    let mut setup = Setup::of(&["sw-a"]);
    setup.records[0].want_method = Some(Method::RequestPlatform);
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").packages.written = written.to_vec();
    bench
}

const WHOLE: [&str; 3] = ["transfer", "install_packages", "reload"];

#[test]
fn packages_are_written_once_and_the_reload_follows_when_all_name_them() {
    let mut bench = bench(&[]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.acts("sw-a"), WHOLE);
    let heard = between(
        bench.when("sw-a", "act install_packages"),
        bench.when("sw-a", "act reload"),
    );
    assert!(heard < MINUTE, "{heard:?}");
}

/// The last member's file is there before anybody knows that it is the last word: a while without a
/// change comes first, and no second command.
#[test]
fn what_nobody_heard_to_the_end_has_to_stay_as_it_is() {
    let each = 4 * MINUTE;
    let mut bench = bench(&[Written::Goes(each)]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.acts("sw-a"), WHOLE);
    let waited = between(
        bench.when("sw-a", "act install_packages"),
        bench.when("sw-a", "act reload"),
    );
    assert!(waited >= each * 2 + 2 * MINUTE, "{waited:?}");
    let words = ["the other member", "the packages to stay as they are"];
    for word in words {
        assert!(bench.waits.iter().any(|w| w == word), "{:?}", bench.waits);
    }
}

/// Nothing is seen of it for a quarter of an hour: then it is sent once more, and no third time.
#[test]
fn what_came_to_nothing_is_sent_once_more() {
    let mut once = bench(&[Written::Lost]);
    once.run();
    assert_eq!(once.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(once.sim("sw-a").count("install_packages"), 2);
    let again = between(
        once.when("sw-a", "act install_packages"),
        once.when("sw-a", "act reload"),
    );
    assert!(again >= 15 * MINUTE, "{again:?}");
    let mut twice = bench(&[Written::Lost, Written::Lost]);
    twice.run();
    assert_eq!(twice.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(twice.fault("sw-a").code, "step_without_effect");
    assert_eq!(twice.sim("sw-a").count("install_packages"), 2);
    assert_eq!(twice.sim("sw-a").count("reload"), 0);
}

#[test]
fn a_refusal_is_believed_when_every_member_is_as_it_was() {
    let mut bench = bench(&[Written::Refused]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(bench.fault("sw-a").code, "image_signature");
    assert_eq!(bench.acts("sw-a"), &WHOLE[..2]);
    let looked = bench
        .tasks
        .iter()
        .rposition(|t| t.what == "look provisioned");
    let acted = bench
        .tasks
        .iter()
        .position(|t| t.what == "act install_packages");
    assert!(looked > acted, "the look comes behind it");
}

#[test]
fn a_stack_of_two_minds_is_not_reloaded() {
    let mut bench = bench(&[Written::HalfWay]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "install_failed");
    assert!(
        fault
            .message
            .contains("ended half way, short of the other member"),
        "{fault}"
    );
    assert_eq!(bench.acts("sw-a"), &WHOLE[..2]);
}

#[test]
fn a_rollback_that_is_refused_ends_with_a_person_on_the_new_release() {
    let mut bench = bench(&[Written::Told, Written::Refused]);
    bench.sim("sw-a").troubles.port_down = Some(Duration::from_secs(86_400));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(bench.sim("sw-a").count("reload"), 1);
    let now = bench.now;
    assert_eq!(bench.sim("sw-a").runs(now), TO);
}

/// Rule 7: nothing disruptive is sent to a device that booted what it had before.
#[test]
fn rule_7_a_device_on_its_old_packages_is_not_reloaded_again() {
    let mut bench = bench(&[]);
    bench.sim("sw-a").troubles.boots = Some(FROM);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-a").code, "boot_fallback");
    // It would boot the new ones next: that is taken back, without a reload.
    assert_eq!(bench.sim("sw-a").count("rollback_packages"), 1);
    assert_eq!(bench.sim("sw-a").count("reload"), 1);
}

#[test]
fn rule_9_nothing_is_sent_twice_wherever_it_is_killed() {
    for written in [Written::Told, Written::Goes(MINUTE)] {
        let mut bench = bench(&[written]);
        bench.run();
        let sent: Vec<_> = WHOLE[1..].iter().map(|word| (*word, 1)).collect();
        killed_everywhere(&bench, Duration::from_secs(30), Outcome::Upgraded, &sent);
    }
}

#[test]
fn rule_9_nothing_is_sent_twice_wherever_its_way_back_is_killed() {
    let mut bench = bench(&[Written::Told, Written::Goes(MINUTE)]);
    bench.sim("sw-a").troubles.port_down = Some(Duration::from_secs(86_400));
    bench.run();
    let gates = bench.events("sw-a", |r| match &r.event {
        Event::RollbackBegun { .. } => Some(()),
        _ => None,
    });
    assert_eq!(gates.len(), 1);
    let sent = [
        ("install_packages", 1),
        ("rollback_packages", 1),
        ("reload", 2),
    ];
    killed_everywhere(&bench, Duration::from_secs(30), Outcome::RolledBack, &sent);
}
