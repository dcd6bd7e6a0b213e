//! When the device goes back by itself, from the command to activate on (design rules 3, 6 and 11).

use std::time::Duration;

use iosxe_core::event::Event;
use iosxe_core::plan::StepKind;
use iosxe_core::stage::Outcome;
use jiff::Timestamp;

use super::bench::{Bench, Setup};
use super::driver::TIMER;
use super::sim::{Question, Then, Timer};
use crate::dispatcher::{between, later};
use crate::status::DeadlineFrom;

/// When the command to activate was written down.
#[track_caller]
fn intended(bench: &Bench) -> Timestamp {
    let intents = bench.events("sw-a", |r| match r.event {
        Event::Intent {
            what: StepKind::Activate,
            ..
        } => Some(r.at),
        _ => None,
    });
    assert_eq!(intents.len(), 1);
    intents[0]
}

fn known(bench: &Bench) -> Option<(Timestamp, DeadlineFrom)> {
    let summary = bench.summary("sw-a");
    summary
        .auto_abort_deadline
        .zip(summary.auto_abort_deadline_from)
}

#[test]
fn rule_3_the_deadline_is_known_from_the_command_on_and_then_read() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until("the activation", |b| b.acts("sw-a").contains(&"activate"));
    let asked = later(intended(&bench), TIMER);
    assert_eq!(known(&bench), Some((asked, DeadlineFrom::Asked)));

    // A process that takes the run on knows it as well.
    let mut bench = bench.killed_and_resumed(Duration::from_secs(60));
    assert_eq!(known(&bench), Some((asked, DeadlineFrom::Asked)));
    bench.run_until_event("its timer", |e| {
        matches!(e, Event::AutoAbortDeadline { .. })
    });
    let (read, from) = known(&bench).unwrap();
    assert_eq!(from, DeadlineFrom::Read);
    assert!(read >= asked, "it was started after it was asked for");
    bench.run();
    assert_eq!(known(&bench), None, "committed");
}

#[test]
fn device_time_runs_faster_in_a_lab() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.scale = 60.0;
    let mut bench = Bench::with(setup);
    bench.run_until("the activation", |b| b.acts("sw-a").contains(&"activate"));
    let asked = later(intended(&bench), TIMER / 60);
    assert_eq!(known(&bench), Some((asked, DeadlineFrom::Asked)));
}

#[test]
fn rule_11_a_device_that_is_held_with_another_key_shows_when_it_goes_back() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.new_key_after_reload = true;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    let asked = later(intended(&bench), TIMER);
    assert_eq!(known(&bench), Some((asked, DeadlineFrom::Asked)));
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "host_key_changed");
    let told = format!(
        "; the device goes back by itself at {} unless it is committed (counted from the command: \
         its timer is not read yet)",
        asked.strftime("%Y-%m-%d %H:%M:%S UTC")
    );
    assert!(fault.message.ends_with(&told), "{fault}");
    // Nothing may be sent to it: the run does not wait for what it could not do.
    assert!(bench.now < later(intended(&bench), Duration::from_secs(3600)));
}

#[test]
fn a_timer_that_runs_and_is_not_told_is_counted_from_the_command() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.timer = Timer::Unread;
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    let asked = later(intended(&bench), TIMER);
    assert_eq!(known(&bench), Some((asked, DeadlineFrom::Asked)));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
}

#[test]
fn a_device_that_runs_no_timer_does_not_go_back_by_itself() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.timer = Timer::None;
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    assert_eq!(known(&bench), None);
}

/// What is waiting for an answer has started no timer.
#[test]
fn a_question_of_the_activation_takes_the_deadline_away() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.asks = Some(Question {
        step: StepKind::Activate,
        open: Duration::from_secs(86_400),
        then: Then::Nothing,
    });
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    assert_eq!(known(&bench), None);
    let message = &bench.fault("sw-a").message;
    assert_eq!(message.matches("goes back").count(), 1, "{message}");
}

#[test]
fn rule_5_a_gate_that_nobody_answers_for_is_told_with_its_deadline_and_ends_without_it() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.on_failed_gate = iosxe_core::plan::OnFailedGate::Ask;
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").troubles.port_down = Some(Duration::from_secs(86_400));
    bench.run_until_event("the question", |e| matches!(e, Event::HeldFor { .. }));
    let (deadline, _) = known(&bench).unwrap();
    let message = bench.fault("sw-a").message.clone();
    assert!(
        message.starts_with("a gate check failed: port:Te1/1/1 is down, expected up (trunk); "),
        "{message}"
    );
    let at = deadline.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    assert!(message.contains(&at), "{message}");
    bench.run();
    assert_eq!(
        bench.fault("sw-a").message,
        "a gate check failed after the upgrade: port:Te1/1/1 is down, expected up (trunk); nobody \
         answered in time"
    );
    assert!(between(bench.now, deadline) < Duration::from_secs(15 * 60));
}
