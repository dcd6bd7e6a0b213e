//! Post-checks that fail, and post-checks that cannot be read.

use std::time::Duration;

use iosxe_core::event::{Event, RollbackCause};
use iosxe_core::plan::{OnFailedGate, OnInconclusive};
use iosxe_core::stage::Outcome;
use jiff::Timestamp;

use super::bench::{Bench, Setup};
use super::driver::FROM;
use crate::dispatcher::{between, earlier};

const FOREVER: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

fn convergence(bench: &Bench) -> Vec<Timestamp> {
    bench.events("sw-a", |r| match r.event {
        Event::ConvergenceUntil { at } => Some(at),
        _ => None,
    })
}

#[test]
fn rule_1_a_gate_check_that_stays_failed_leads_to_an_abort_and_the_way_back_is_proven() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.port_down = Some(FOREVER);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "gate_failed");
    assert!(fault.message.contains("port:Te1/1/1"), "{fault}");
    assert_eq!(bench.acts("sw-a"), ["transfer", "add", "activate", "abort"]);
    let aborted = bench.when("sw-a", "act abort");
    assert!(aborted >= convergence(&bench)[0], "before its time");
    // The same look at ports and neighbours as before the upgrade came after it.
    let mut looks = bench.tasks.iter().filter(|t| t.what == "look health");
    assert!(looks.next_back().unwrap().at > aborted);
    let now = bench.now;
    assert_eq!(bench.sim("sw-a").runs(now), FROM);
    assert!(bench.device("sw-a").deadline.is_none());
}

/// What is read at night: what is, and what should be.
#[test]
fn a_member_that_does_not_get_ready_is_told_in_sentences() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.member_syncs = true;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(
        bench.fault("sw-a").message,
        "a gate check failed after the upgrade: members: not settled, member 2 (Syncing); expected \
         17.09.04a on every member"
    );
    let wait = "17.09.04a on every member; not settled, member 2 (Syncing)";
    assert!(bench.waits.iter().any(|w| w == wait), "{:?}", bench.waits);
}

#[test]
fn rule_1_a_gate_check_that_recovers_in_its_time_costs_nothing() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.port_down = Some(5 * MINUTE);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let soak = bench.events("sw-a", |r| match r.event {
        Event::SoakUntil { .. } => Some(r.at),
        _ => None,
    });
    assert!(
        soak[0] < convergence(&bench)[0],
        "ended early when it is equal"
    );
}

#[test]
fn rule_2_a_gate_check_that_cannot_be_read_is_a_question_and_no_verdict() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.unreadable = true;
    bench.run_until_event("the question", |e| matches!(e, Event::HeldFor { .. }));
    let fault = bench.fault("sw-a").clone();
    assert_eq!(fault.code, "check_inconclusive");
    assert!(fault.message.contains("line 3: ?"), "{fault}");
    let command = fault.remedy.unwrap().command.unwrap();
    assert!(command.starts_with("iosxe commit sw-a "), "{command}");
    let deadline = bench.device("sw-a").deadline.unwrap();

    // Nobody answers: its timer is never stopped, and it goes back while that can be proven (rule 5).
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    let aborted = bench.when("sw-a", "act abort");
    assert!(aborted >= earlier(deadline, 15 * MINUTE));
    assert!(aborted < earlier(deadline, 14 * MINUTE));
}

#[test]
fn rule_2_the_policy_may_answer_for_a_check_that_cannot_be_read() {
    for (answer, outcome) in [
        (OnInconclusive::Commit, Outcome::Upgraded),
        (OnInconclusive::Abort, Outcome::RolledBack),
    ] {
        let mut setup = Setup::of(&["sw-a"]);
        setup.policy.on_inconclusive = answer;
        let mut bench = Bench::with(setup);
        bench.sim("sw-a").troubles.unreadable = true;
        bench.sim("sw-a").troubles.role_moved = true;
        bench.run();
        assert_eq!(bench.outcome("sw-a"), outcome);
        // What would only have been told is told all the same.
        let told = bench.device("sw-a").warnings.iter();
        let moved = told.filter(|w| w.contains("is standby, was active"));
        assert_eq!(moved.count(), usize::from(outcome == Outcome::Upgraded));
    }
}

#[test]
fn rule_5_a_failed_gate_that_nobody_answers_for_is_aborted_15_min_before_the_deadline() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.on_failed_gate = OnFailedGate::Ask;
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").troubles.port_down = Some(FOREVER);
    bench.run_until_event("the question", |e| matches!(e, Event::HeldFor { .. }));
    let command = bench.fault("sw-a").remedy.clone().unwrap().command.unwrap();
    assert!(command.starts_with("iosxe accept sw-a "), "{command}");
    let deadline = bench.device("sw-a").deadline.unwrap();
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    let aborted = bench.when("sw-a", "act abort");
    let before = between(aborted, deadline);
    assert!(
        (14 * MINUTE..=15 * MINUTE).contains(&before),
        "{before:?} before"
    );
    let causes = bench.events("sw-a", |r| match &r.event {
        Event::RollbackBegun { cause } => Some(cause.clone()),
        _ => None,
    });
    let [RollbackCause::FailedGate { checks }] = causes.as_slice() else {
        panic!("{causes:?}");
    };
    assert!(checks.iter().any(|c| c.contains("nobody answered")));
}

#[test]
fn rule_6_the_soak_ends_20_min_before_the_deadline_at_the_latest() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.soak = FOREVER;
    let mut bench = Bench::with(setup);
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    let device = bench.device("sw-a");
    let (soak, deadline) = (device.soak_until.unwrap(), device.deadline.unwrap());
    assert_eq!(between(soak, deadline), 20 * MINUTE);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert!(bench.when("sw-a", "act commit") >= soak);
    assert_eq!(bench.sim("sw-a").auto_aborts, 0);
}
