//! A question that no table knows: never answered, looked after, and left to a person.

use std::time::Duration;

use iosxe_core::event::Event;
use iosxe_core::plan::StepKind;
use iosxe_core::stage::Outcome;

use super::bench::Bench;
use super::sim::{Question, Then};

const MINUTE: Duration = Duration::from_secs(60);

fn asking(kind: StepKind, open: Duration) -> Bench {
    asking_then(kind, open, Then::Nothing)
}

fn asking_then(step: StepKind, open: Duration, then: Then) -> Bench {
    let mut bench = Bench::new(&["sw-a"]);
    let question = Question { step, open, then };
    bench.sim("sw-a").troubles.asks = Some(question);
    bench
}

/// Held with the question and with what to type.
#[track_caller]
fn assert_held(bench: &Bench, command: &str, found: &str) {
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "unknown_question");
    let message = &fault.message;
    assert!(message.contains("Continue without a quorum?"), "{message}");
    assert!(message.contains(found), "{message}");
    let remedy = fault.remedy.as_ref().unwrap();
    assert_eq!(remedy.command.as_deref(), Some(command));
    assert!(remedy.text.contains("no answer is ever guessed"));
    assert!(matches!(
        bench.records.last().unwrap().event,
        Event::RunLeft { .. }
    ));
}

#[test]
fn a_question_of_the_activation_holds_the_device_after_a_look() {
    let mut bench = asking(StepKind::Activate, Duration::ZERO);
    bench.run();
    assert_held(&bench, "install activate", "nothing came of it");
    assert_eq!(bench.sim("sw-a").count("activate"), 1, "not asked twice");
    let stopped = bench.events("sw-a", |r| match r.event {
        Event::ActStopped { .. } => Some(r.at),
        _ => None,
    });
    let mut looks = bench.tasks.iter().filter(|t| t.what == "look facts");
    assert!(looks.next_back().unwrap().at > stopped[0]);
    // Nothing was activated, so nothing has to be carried on.
    assert!(!bench.device("sw-a").is_activated());
}

#[test]
fn a_question_of_the_activation_that_the_device_keeps_open_is_watched_and_left_open() {
    let mut bench = asking(StepKind::Activate, Duration::from_secs(86_400));
    bench.run();
    assert_held(
        &bench,
        "install activate",
        "still busy with install_activate",
    );
    let fault = bench.fault("sw-a");
    assert!(fault.message.contains("120 min later"), "{fault}");
    assert!(bench.device("sw-a").is_activated(), "it may go on");
}

#[test]
fn an_operation_that_ended_with_our_session_is_told_as_that() {
    let mut bench = asking_then(StepKind::Activate, Duration::ZERO, Then::Fails);
    bench.run();
    assert_held(&bench, "install activate", "activate Fail");
    assert_eq!(bench.sim("sw-a").count("activate"), 1);
}

#[test]
fn an_activation_that_goes_on_all_the_same_is_carried_to_its_commit() {
    let mut bench = asking_then(StepKind::Activate, MINUTE, Then::GoesOn);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let warnings = &bench.device("sw-a").warnings;
    let told = warnings
        .iter()
        .any(|w| w.contains("Continue without a quorum?") && w.contains("done all the same"));
    assert!(told, "{warnings:?}");
}

#[test]
fn a_question_of_the_add_holds_the_device_too() {
    let mut bench = asking(StepKind::Add, Duration::ZERO);
    bench.run();
    assert_held(&bench, "install add", "nothing came of it");
}

#[test]
fn a_question_of_the_commit_names_the_deadline() {
    let mut bench = asking(StepKind::Commit, Duration::ZERO);
    bench.run_until_event("the hold", |e| matches!(e, Event::HeldFor { .. }));
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "unknown_question");
    let deadline = bench.device("sw-a").deadline.unwrap();
    let deadline = deadline.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    assert!(fault.message.contains(&deadline), "{fault}");
    // Nobody comes: rule 5.
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
}

/// While what was sent last is open, nothing else may be sent: not even an abort.
#[test]
fn a_commit_that_is_still_open_at_its_deadline_is_left_to_the_device() {
    let mut bench = asking(StepKind::Commit, Duration::from_secs(86_400));
    bench.run();
    assert_held(&bench, "install commit", "still busy");
    assert_eq!(bench.sim("sw-a").count("abort"), 0);
}

#[test]
fn a_resume_after_the_person_tries_once_more() {
    let mut bench = asking(StepKind::Activate, Duration::ZERO);
    bench.run();
    assert_held(&bench, "install activate", "nothing came of it");
    bench.sim("sw-a").troubles.asks = None;
    let mut bench = bench.killed_and_resumed(MINUTE);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
}

/// The person typed the command and answered: the device is found activated, and is carried on.
#[test]
fn a_resume_finds_what_the_person_did_by_hand() {
    let mut bench = asking(StepKind::Activate, Duration::ZERO);
    bench.run();
    let step = bench.device("sw-a").plan.as_ref().unwrap().steps[5].clone();
    let now = bench.now;
    bench.sim("sw-a").troubles.asks = None;
    let by_hand = bench
        .sim("sw-a")
        .act(&step, crate::dispatcher::LoginWith::Usual, now);
    assert!(by_hand.is_ok());
    let mut bench = bench.killed_and_resumed(10 * MINUTE);
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    assert!(bench.device("sw-a").is_activated());
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.acts("sw-a"), ["commit"]);
}

/// Rule 7, also where the engine's log never heard of the end of what was asked.
#[test]
fn rule_7_a_device_that_went_back_with_the_question_open_is_found_out() {
    let mut bench = asking(StepKind::Commit, Duration::from_secs(86_400 * 365));
    bench.run();
    assert_held(&bench, "install commit", "still busy");
    let mut bench = bench.killed_and_resumed(super::driver::TIMER);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-a").code, "auto_abort");
    assert!(bench.acts("sw-a").is_empty());
}
