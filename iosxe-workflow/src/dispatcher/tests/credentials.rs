//! Design rule 10.

use std::time::Duration;

use iosxe_core::event::{Closing, Event};
use iosxe_core::plan::StepKind;
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};
use crate::dispatcher::{LoginWith, between};

#[test]
fn rule_10_a_credential_is_proven_on_one_device_before_a_second_uses_it() {
    let mut bench = Bench::new(&["sw-a", "sw-b", "sw-c"]);
    bench.step();
    bench.step();
    let knocked: Vec<_> = bench.tasks.iter().map(|t| t.device.as_str()).collect();
    assert_eq!(knocked, ["sw-a"]);
    bench.run();
    for name in ["sw-a", "sw-b", "sw-c"] {
        assert_eq!(bench.outcome(name), Outcome::Upgraded, "{name}");
    }
}

#[test]
fn rule_10_two_refusals_park_the_credential_and_everybody_who_uses_it() {
    let mut bench = Bench::new(&["sw-a", "sw-b", "sw-c", "sw-d"]);
    for name in ["sw-a", "sw-b", "sw-c", "sw-d"] {
        bench.sim(name).troubles.refusals = 99;
    }
    bench.run();
    let logins: Vec<_> = bench.tasks.iter().map(|t| t.device.as_str()).collect();
    assert_eq!(logins, ["sw-a", "sw-b"], "each once, and nobody else");
    for (name, outcome, code) in [
        ("sw-a", Outcome::Refused, "credential_refused"),
        ("sw-b", Outcome::Refused, "credential_refused"),
        ("sw-c", Outcome::NotStarted, "credential_parked"),
        ("sw-d", Outcome::NotStarted, "credential_parked"),
    ] {
        assert_eq!(bench.outcome(name), outcome, "{name}");
        assert_eq!(bench.fault(name).code, code, "{name}");
    }
}

#[test]
fn rule_10_a_credential_that_opened_others_is_not_parked_by_one_device() {
    let mut bench = Bench::new(&["sw-a", "sw-b", "sw-c"]);
    bench.sim("sw-b").troubles.refusals = 99;
    bench.run();
    assert_eq!(bench.outcome("sw-b"), Outcome::Refused);
    assert_eq!(bench.outcome("sw-c"), Outcome::Upgraded);
}

/// The logins after the activation that were refused: how many, and with what.
fn logins(bench: &Bench) -> Vec<(LoginWith, Duration)> {
    let activated = bench.when("sw-a", "act activate");
    let tasks = bench.tasks.iter().filter(|t| t.at > activated);
    let logins: Vec<_> = tasks.filter(|t| t.what == "look facts").collect();
    let gaps = logins.windows(2).map(|w| between(w[0].at, w[1].at));
    let gaps = std::iter::once(Duration::ZERO).chain(gaps);
    logins.iter().map(|t| t.with).zip(gaps).collect()
}

fn refusing(times: u32, fallback: bool) -> Bench {
    let mut setup = Setup::of(&["sw-a"]);
    if fallback {
        setup.records[0].fallback_credential = Some("console".into());
    }
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").troubles.refusals_after_reload = times;
    bench
}

#[test]
fn rule_10_after_our_own_reload_a_refusal_counts_as_not_ready() {
    let mut bench = refusing(3, false);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
}

#[test]
fn rule_10_after_our_own_reload_five_tries_a_minute_apart_are_the_most() {
    let mut bench = refusing(99, false);
    bench.run_until("the hold", |b| b.device("sw-a").held.is_some());
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "credential_refused");
    // While it is away there is nobody to refuse.
    let left = bench.sims[&"sw-a".into()].troubles.refusals;
    assert_eq!(99 - left, 5);
    let tries = logins(&bench);
    for (with, gap) in &tries[tries.len() - 4..] {
        assert_eq!(*with, LoginWith::Usual);
        assert!(*gap >= Duration::from_secs(60), "{gap:?}");
    }
}

/// A commit that finds no login has sent nothing: that is a login that is not ready, and no refusal.
#[test]
fn rule_10_so_does_one_that_meets_the_commit() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until_event(
        "the command to commit",
        |e| matches!(e, Event::Intent { what, .. } if *what == StepKind::Commit),
    );
    bench.sim("sw-a").troubles.refusals = 2;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let closings = bench.events("sw-a", |r| match &r.event {
        Event::IntentClosed { closing, .. } => Some(closing.clone()),
        _ => None,
    });
    let tail = &closings[closings.len() - 2..];
    assert_eq!(tail, [Closing::NoEffect, Closing::Applied]);
    assert_eq!(bench.sim("sw-a").count("commit"), 1);
}

#[test]
fn rule_10_then_the_fallback_credential_is_tried_and_kept() {
    let mut bench = refusing(99, true);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let left = bench.sims[&"sw-a".into()].troubles.refusals;
    assert_eq!(99 - left, 5, "tries with the usual one");
    let after: Vec<LoginWith> = logins(&bench).into_iter().map(|(with, _)| with).collect();
    let first = after
        .iter()
        .position(|w| *w == LoginWith::Fallback)
        .unwrap();
    assert!(after[first..].iter().all(|w| *w == LoginWith::Fallback));
}
