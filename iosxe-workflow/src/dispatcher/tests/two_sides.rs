//! An upgrade that takes several disturbing steps, one side after the other, and is committed before
//! the second side follows.

use std::time::Duration;

use iosxe_core::boot::BootMode;
use iosxe_core::device::{Facts, IssuState, RedundancyState, Role};
use iosxe_core::event::{Event, RollbackCause, Takeover};
use iosxe_core::fault::{Class, Effect};
use iosxe_core::plan::{
    DevicePlan, Disturbs, Method, OnFailedGate, Standing, Step, StepKind, StepState,
};
use iosxe_core::ports::Decision;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::TalkError;
use jiff::Timestamp;

use super::bench::{Bench, Setup};
use super::crash::killed_everywhere;
use super::driver::{FROM, TIMER, TO, blocked, step};
use crate::dispatcher::{Input, TaskError, between, later};

/// From the reload of a side until it is hot.
const BOOT: Duration = Duration::from_secs(8 * 60);

/// How far both sides are, in the words of the device's last operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    #[default]
    Before,
    Loaded,
    Ran,
    Accepted,
    Committed,
    Both,
}

impl At {
    const WORDS: [(Self, &'static str); 4] = [
        (Self::Loaded, "loadversion"),
        (Self::Ran, "runversion"),
        (Self::Accepted, "acceptversion"),
        (Self::Committed, "commitversion"),
    ];
}

/// The second side of a device in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Sides {
    at: At,
    /// Hot again from then on.
    hot: Option<Timestamp>,
    /// It refuses this command.
    refuses: Option<StepKind>,
    /// It comes up on the old release whatever is committed.
    stays_old: bool,
    /// A trunk port stays down once both are on the new release.
    loses_a_port: bool,
}

impl Sides {
    /// Whether the side that answers runs the new release.
    pub(super) fn runs_new(&self) -> bool {
        self.at >= At::Ran
    }

    /// Whether a trunk port is down.
    pub(super) fn port_is_down(&self) -> bool {
        self.loses_a_port && self.at == At::Both
    }

    /// The device takes itself back.
    pub(super) fn expire(&mut self, at: Timestamp) {
        self.at = At::Before;
        self.hot = Some(later(at, BOOT));
    }

    /// What a command does; `None` when it is none of these. Gives whether the timer runs behind it.
    pub(super) fn act(&mut self, step: &Step, now: Timestamp) -> Option<Result<bool, TaskError>> {
        let at = match step.kind {
            StepKind::LoadVersion => At::Loaded,
            StepKind::RunVersion => At::Ran,
            StepKind::AcceptVersion => At::Accepted,
            StepKind::CommitVersion => At::Committed,
            StepKind::ReloadSlot if self.stays_old => At::Committed,
            StepKind::ReloadSlot => At::Both,
            StepKind::AbortVersion => At::Before,
            _ => return None,
        };
        if self.refuses == Some(step.kind) {
            return Some(Err(TaskError::Talk(TalkError::Failed {
                command: step.commands.join("; "),
                answer: "FAILED: not in this state".into(),
                effect: Effect::Unknown,
                class: Class::Operator,
                code: "install_failed",
                remedy: None,
                tail: Vec::new(),
            })));
        }
        self.at = at;
        if step.disturbs != Disturbs::None {
            self.hot = Some(later(now, BOOT));
        }
        Some(Ok(matches!(at, At::Loaded | At::Ran)))
    }

    pub(super) fn tell(&self, facts: &mut Facts, timer: Option<Timestamp>, now: Timestamp) {
        facts.boot_mode = BootMode::Bundle;
        let mut second = facts.members[0].clone();
        (second.id, second.role) = (2, Role::Standby);
        second.ready = self.hot.is_none_or(|hot| hot <= now);
        facts.members.push(second);
        let word = At::WORDS.iter().find(|(at, _)| *at == self.at);
        facts.issu = Some(IssuState {
            in_progress: word.is_some(),
            last_operation: word.map(|(_, word)| (*word).to_owned()),
            rollback: timer.map(|at| between(now, at)),
            ..IssuState::default()
        });
        facts.redundancy = Some(RedundancyState {
            sso: true,
            peer: "STANDBY HOT".into(),
            switchover_enabled: Some(true),
            communications: true,
            peer_since: self.hot.map(|hot| between(hot, now)),
        });
    }
}

/// The plan of a row that wants an upgrade in service.
pub(super) fn planned(plan: &mut DevicePlan) {
    use StageKind::{Approve, Commit, Postcheck, Rollback, Upgrade};
    let (none, side) = (Disturbs::None, Disturbs::Switchover);
    plan.method = Method::Issu;
    plan.members = 2;
    plan.steps.truncate(3);
    plan.steps.extend([
        step(StepKind::Gate, Approve, "gate", none),
        step(StepKind::LoadVersion, Upgrade, "issu loadversion", side),
        step(StepKind::RunVersion, Upgrade, "issu runversion", side),
        step(StepKind::Verify, Postcheck, "verify", none),
        step(StepKind::AcceptVersion, Commit, "issu acceptversion", none),
        step(StepKind::CommitVersion, Commit, "issu commitversion", none),
        step(
            StepKind::ReloadSlot,
            Commit,
            "hw-module slot R0 reload",
            side,
        ),
        step(StepKind::Verify, Commit, "verify", none),
    ]);
    let back = step(StepKind::AbortVersion, Rollback, "issu abortversion", side);
    plan.way_back = vec![back];
}

fn at(facts: &Facts) -> At {
    let did = |(at, word): &(At, &str)| facts.issu.as_ref()?.did(word).then_some(*at);
    let runs_new = facts.running.number() == Some(&TO.parse().unwrap());
    let over = if runs_new { At::Both } else { At::Before };
    At::WORDS.iter().find_map(did).unwrap_or(over)
}

pub(super) fn assess(step: &Step, facts: &Facts) -> Option<StepState> {
    let needs = match step.kind {
        StepKind::LoadVersion => At::Before,
        StepKind::RunVersion => At::Loaded,
        StepKind::AcceptVersion => At::Ran,
        StepKind::CommitVersion => At::Accepted,
        StepKind::ReloadSlot => At::Committed,
        StepKind::AbortVersion => At::Loaded,
        _ => return None,
    };
    let at = at(facts);
    Some(if facts.missing_members().next().is_some() {
        StepState::Pending {
            what: "the second side".into(),
        }
    } else {
        match (step.kind, at) {
            (StepKind::AbortVersion, At::Before) => StepState::Done,
            (StepKind::AbortVersion, _) => StepState::Ready,
            (_, at) if at == needs => StepState::Ready,
            (_, At::Before) => blocked("the new release", FROM, "went_back"),
            (_, at) if at > needs => StepState::Done,
            (_, at) => blocked("the step before", &format!("{at:?}"), "out_of_order"),
        }
    })
}

pub(super) fn standing(facts: &Facts) -> Standing {
    let settling = |what: &str| Standing::Settling { what: what.into() };
    if facts.missing_members().next().is_some() {
        return settling("the second side");
    }
    match at(facts) {
        At::Before => Standing::Original,
        At::Loaded => settling("the switchover"),
        At::Ran | At::Accepted => Standing::Uncommitted,
        At::Committed => settling("the new release on the second side"),
        At::Both => Standing::Committed,
    }
}

fn bench_with(policy: OnFailedGate, change: impl FnOnce(&mut Sides)) -> Bench {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.on_failed_gate = policy;
    setup.records[0].want_method = Some(Method::Issu);
    let mut bench = Bench::with(setup);
    change(&mut bench.sim("sw-a").sides);
    bench
}

fn bench() -> Bench {
    bench_with(OnFailedGate::Abort, |_| {})
}

const WHOLE: [&str; 6] = [
    "transfer",
    "load_version",
    "run_version",
    "accept_version",
    "commit_version",
    "reload_slot",
];

#[test]
fn each_disturbing_step_is_taken_once_and_the_timer_stopped_behind_the_proof() {
    let mut bench = bench();
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.acts("sw-a"), WHOLE);
    let soak = bench.events("sw-a", |r| match r.event {
        Event::SoakUntil { at } => Some(at),
        _ => None,
    });
    assert!(bench.when("sw-a", "act accept_version") >= soak[0]);
    // Both sides are proven once more behind the commit.
    let reloaded = bench.when("sw-a", "act reload_slot");
    let mut looks = bench.tasks.iter().filter(|t| t.what == "look health");
    assert!(looks.next_back().unwrap().at > reloaded);
    assert_eq!(bench.device("sw-a").deadline, None);
    assert_eq!(bench.device("sw-a").committed, Some(TO.parse().unwrap()));
}

/// While it is on trial, what is committed is the old release.
#[test]
fn what_runs_on_trial_is_not_told_as_committed() {
    let mut bench = bench();
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    let device = bench.device("sw-a");
    assert_eq!(device.running, Some(TO.parse().unwrap()));
    assert_eq!(device.committed, Some(FROM.parse().unwrap()));
    assert!(device.deadline.is_some());
}

/// One look that cannot read the state of the upgrade is no commit, and the next one says so.
#[test]
fn rule_2_a_misread_makes_no_commit_of_a_trial() {
    let mut bench = bench();
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    let (_, mut facts) = bench.device("sw-a").facts.clone().unwrap();
    facts.issu = None;
    let facts = Box::new(facts);
    let misread = Box::new(Event::FactsSeen { facts });
    bench.feed(Input::Told("sw-a".into(), misread));
    bench.run_until("the next look", |b| {
        b.device("sw-a").committed == Some(FROM.parse().unwrap())
    });
    let abort = bench.device("sw-a").may_be_decided(&Takeover::Abort);
    assert_eq!(abort, Ok(()));
    bench.run();
    assert_eq!(bench.acts("sw-a"), WHOLE);
}

/// Also while the commit is on its way, and behind it: then it came too late, and the rest is done.
#[test]
fn rule_20_an_abort_by_hand_at_any_moment_ends_on_one_release() {
    let mut whole = bench();
    let mut moments = 0;
    while whole.step() {
        moments += 1;
    }
    let mut back = 0;
    for moment in 1..moments {
        let mut bench = bench();
        for _ in 0..moment {
            bench.step();
        }
        bench.feed(Input::Decided(Decision {
            device: "sw-a".into(),
            takeover: Takeover::Abort,
            by: "maria".into(),
            reason: "the window closes".into(),
            at: None,
        }));
        bench.run();
        let committed = bench.sim("sw-a").count("commit_version");
        match bench.outcome("sw-a") {
            Outcome::RolledBack => {
                assert_eq!(committed, 0, "moment {moment}");
                back += 1;
            }
            Outcome::Upgraded => {
                assert_eq!(committed, 1, "moment {moment}");
                let aborted = bench.sim("sw-a").count("abort_version");
                assert_eq!(aborted, 0, "moment {moment}");
            }
            other => panic!("moment {moment}: {other}"),
        }
    }
    assert!(back > 5, "{back} of {moments}");
}

#[test]
fn rule_9_nothing_is_sent_twice_wherever_it_is_killed() {
    let mut bench = bench();
    bench.run();
    let sent: Vec<_> = WHOLE[1..].iter().map(|word| (*word, 1)).collect();
    killed_everywhere(&bench, Duration::from_secs(30), Outcome::Upgraded, &sent);
}

#[test]
fn rule_9_nothing_is_sent_twice_wherever_its_way_back_is_killed() {
    let mut bench = bench();
    bench.sim("sw-a").troubles.port_down = Some(Duration::from_secs(86_400));
    bench.run();
    assert_eq!(bench.fault("sw-a").code, "gate_failed");
    let sent = [
        ("load_version", 1),
        ("run_version", 1),
        ("accept_version", 0),
        ("abort_version", 1),
    ];
    killed_everywhere(&bench, Duration::from_secs(30), Outcome::RolledBack, &sent);
}

/// Whatever its timer took back is sent nothing; whose timer was stopped is carried on.
#[test]
fn rule_7_a_resume_a_day_later_finds_out_what_became_of_it() {
    let mut whole = bench();
    whole.run();
    for moment in whole.moments.iter().filter(|m| m.records > 2) {
        let mut bench = whole.resumed(moment, Duration::from_secs(86_400));
        bench.run();
        let before = |word| moment.sims[&"sw-a".into()].count(word) == 1;
        let back = before("load_version") && !before("accept_version");
        let expected = match back {
            true => Outcome::RolledBack,
            false => Outcome::Upgraded,
        };
        assert_eq!(bench.outcome("sw-a"), expected, "{moment:?}");
        if back {
            assert_eq!(bench.fault("sw-a").code, "auto_abort", "{moment:?}");
            assert_eq!(bench.sim("sw-a").count("abort_version"), 0, "{moment:?}");
        }
        assert_eq!(bench.sim("sw-a").count("load_version"), 1, "{moment:?}");
    }
}

#[test]
fn a_first_step_that_is_refused_ends_where_it_began() {
    let refused = |sides: &mut Sides| sides.refuses = Some(StepKind::LoadVersion);
    let mut bench = bench_with(OnFailedGate::Abort, refused);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-a").code, "device_aborted");
    assert_eq!(bench.acts("sw-a"), ["transfer", "load_version"]);
}

/// One side new and one old is no state to stay in.
#[test]
fn a_later_step_that_is_refused_leads_back() {
    let refused = |sides: &mut Sides| sides.refuses = Some(StepKind::RunVersion);
    let mut bench = bench_with(OnFailedGate::Abort, refused);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    let message = bench.fault("sw-a").message.clone();
    assert!(message.contains("FAILED: not in this state"), "{message}");
    assert_eq!(
        bench.acts("sw-a"),
        ["transfer", "load_version", "run_version", "abort_version"]
    );
}

/// Rule 5: where a person is asked and nobody answers, it is taken back in time.
#[test]
fn rule_5_a_refusal_that_nobody_answers_for_is_aborted_before_the_deadline() {
    let refused = |sides: &mut Sides| sides.refuses = Some(StepKind::RunVersion);
    let mut bench = bench_with(OnFailedGate::Ask, refused);
    bench.run_until_event("the question", |e| matches!(e, Event::HeldFor { .. }));
    let deadline = bench.device("sw-a").deadline.unwrap();
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert!(bench.when("sw-a", "act abort_version") < deadline);
    assert_eq!(bench.sim("sw-a").auto_aborts, 0);
}

/// Behind the commit there is no way back of the plan's: a person has it.
#[test]
fn a_second_side_that_stays_on_the_old_release_is_left_to_a_person() {
    let mut bench = bench_with(OnFailedGate::Abort, |sides| sides.stays_old = true);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    let held = bench.device("sw-a").held.clone().unwrap();
    assert_eq!(held.code, "issu_stopped", "{held}");
    assert_eq!(bench.acts("sw-a"), WHOLE);
    let back = bench.events("sw-a", |r| match &r.event {
        Event::RollbackBegun { cause } => Some(cause.clone()),
        _ => None,
    });
    assert_eq!(back, Vec::<RollbackCause>::new());
}

#[test]
fn the_timer_of_one_that_nobody_takes_on_is_journalled_from_the_first_step() {
    let mut bench = bench();
    bench.run_until("the first step", |b| {
        b.acts("sw-a").contains(&"load_version")
    });
    // Counted from the intent, which is written before the act.
    let asked = bench.device("sw-a").deadline.unwrap();
    let left = between(bench.when("sw-a", "act load_version"), asked);
    assert!(
        left <= TIMER && left + Duration::from_secs(5) > TIMER,
        "{left:?}"
    );
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
}

/// One side is committed by then: what differs is for a person to accept, as before the commit.
#[test]
fn a_second_proof_that_is_held_behind_the_commit_can_be_accepted() {
    let mut bench = bench_with(OnFailedGate::Ask, |sides| sides.loses_a_port = true);
    bench.run_until("the device is held", |b| b.device("sw-a").held.is_some());
    assert_eq!(bench.fault("sw-a").code, "gate_failed");
    assert_eq!(bench.acts("sw-a"), WHOLE);
    let mut bench = bench.killed_and_resumed(Duration::from_secs(60));
    bench.feed(Input::Decided(iosxe_core::ports::Decision {
        device: "sw-a".into(),
        takeover: iosxe_core::event::Takeover::Accept {
            check: "port:Te1/1/1".into(),
        },
        by: "maria".into(),
        reason: "that cable is out".into(),
        at: None,
    }));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert!(bench.acts("sw-a").is_empty());
}
