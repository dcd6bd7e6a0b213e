//! Images that devices fetch.

use std::time::Duration;

use iosxe_core::event::{Closing, Event};
use iosxe_core::fault::Class;
use iosxe_core::plan::StepKind;
use iosxe_core::pull::LOGIN_REFUSED;
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};
use super::driver::BYTES;
use super::sim::Copied;
use crate::dispatcher::{Input, between};

fn bench(names: &[&str]) -> Bench {
    let mut setup = Setup::of(names);
    setup.policy.transfer =
        serde_json::from_str(r#"{"from": "scp://h/ios", "credential": "files"}"#).unwrap();
    Bench::with(setup)
}

fn one(copies: impl IntoIterator<Item = Copied>) -> Bench {
    let mut bench = bench(&["sw-a"]);
    bench.sim("sw-a").troubles.copies = copies.into_iter().collect();
    bench
}

fn fails(code: &'static str, class: Class, leaves: Option<u64>) -> Copied {
    Copied::Fails {
        code,
        class,
        leaves,
    }
}

fn drops(grows_for: u64, leaves: Option<u64>) -> Copied {
    Copied::Drops {
        grows_for: Duration::from_secs(grows_for),
        leaves,
    }
}

/// How the copies of a device ended, in the record.
fn closings(bench: &Bench, name: &str) -> Vec<&'static str> {
    let pulls = bench.events(name, |r| match &r.event {
        Event::Intent { intent, what, .. } if *what == StepKind::Pull => Some(*intent),
        _ => None,
    });
    bench.events(name, |r| match &r.event {
        Event::IntentClosed { intent, closing } if pulls.contains(intent) => Some(match closing {
            Closing::Applied => "applied",
            Closing::NoEffect => "no effect",
            Closing::Refused { .. } => "refused",
        }),
        _ => None,
    })
}

const REST: [&str; 3] = ["add", "activate", "commit"];

#[test]
fn a_device_fetches_once_and_is_upgraded() {
    let mut bench = one([]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.acts("sw-a"), [&["pull"][..], &REST].concat());
    assert_eq!(closings(&bench, "sw-a"), ["applied"]);
}

#[test]
fn a_copy_that_outlives_its_session_is_waited_for_and_not_begun_again() {
    // Longer than any single look waits.
    let mut bench = one([drops(900, Some(BYTES))]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.acts("sw-a"), [&["pull"][..], &REST].concat());
    assert_eq!(closings(&bench, "sw-a"), ["applied"]);
    let waited = bench.waits.iter().any(|w| w.contains("may go on"));
    assert!(waited, "{:?}", bench.waits);
}

#[test]
fn what_a_lost_copy_leaves_is_deleted_and_fetched_anew() {
    let mut bench = one([drops(90, Some(300))]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let acts = [&["pull", "delete_file", "pull"][..], &REST].concat();
    assert_eq!(bench.acts("sw-a"), acts);
    let pulls: Vec<_> = bench
        .tasks
        .iter()
        .filter(|t| t.what == "act pull")
        .collect();
    assert!(between(pulls[0].at, pulls[1].at) >= Duration::from_secs(90 + 120));
}

#[test]
fn a_lost_copy_that_left_nothing_is_asked_for_once_more_after_a_while() {
    let mut bench = one([drops(0, None)]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(closings(&bench, "sw-a"), ["no effect", "applied"]);
}

#[test]
fn a_copy_that_never_ends_is_left_to_a_person() {
    let mut bench = one([drops(86_400, None)]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(bench.fault("sw-a").code, "step_overdue");
    assert_eq!(bench.acts("sw-a"), ["pull"]);
}

#[test]
fn a_server_that_breaks_off_is_asked_again_as_often_as_a_transfer_is_tried() {
    let mut bench = one((0..2).map(|_| fails("server_broke_off", Class::Transient, Some(7))));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(closings(&bench, "sw-a"), ["refused", "refused", "applied"]);
    let mut bench = one((0..9).map(|_| fails("server_timeout", Class::Transient, None)));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "server_timeout");
    assert!(fault.message.ends_with(", 4 times"), "{fault}");
    assert_eq!(bench.acts("sw-a"), ["pull"; 4]);
}

#[test]
fn what_will_not_get_better_is_not_tried_again() {
    for (code, class) in [
        ("server_no_file", Class::Permanent),
        ("flash_full", Class::Permanent),
        ("server_denied", Class::Operator),
    ] {
        let mut bench = one([fails(code, class, Some(7))]);
        bench.run();
        assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter, "{code}");
        assert_eq!(bench.fault("sw-a").code, code);
        assert_eq!(bench.acts("sw-a"), ["pull"]);
    }
}

#[test]
fn wrong_bytes_are_deleted_and_fetched_anew() {
    let mut bench = one([Copied::Spoiled]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let acts = [&["pull", "delete_file", "pull"][..], &REST].concat();
    assert_eq!(bench.acts("sw-a"), acts);
}

#[test]
fn another_process_looks_first_and_waits_for_the_copy_of_the_one_that_was_killed() {
    for (leaves, acts) in [
        (Some(BYTES), &["add", "activate", "commit"][..]),
        (
            Some(5),
            &["delete_file", "pull", "add", "activate", "commit"][..],
        ),
        (None, &["pull", "add", "activate", "commit"][..]),
    ] {
        let mut bench = one([drops(600, leaves)]);
        bench.run_until("the copy", |b| b.acts("sw-a") == ["pull"]);
        let mut second = bench.killed_and_resumed(Duration::from_secs(5));
        second.run();
        assert_eq!(second.outcome("sw-a"), Outcome::Upgraded, "{leaves:?}");
        assert_eq!(second.acts("sw-a"), acts, "{leaves:?}");
    }
}

#[test]
fn rule_10_a_server_login_is_proven_by_one_device_before_a_second_uses_it() {
    let mut bench = bench(&["sw-a", "sw-b"]);
    let queued = |b: &Bench, name: &str| b.events(name, |r| pull_intent(&r.event)).len();
    bench.run_until_event("the first copy", |e| pull_intent(e).is_some());
    // No byte comes: the other one waits.
    bench.stalled = Some("sw-a".into());
    bench.run_until("the other's turn", |b| {
        b.waits
            .iter()
            .any(|w| w.contains("logs in to an image server"))
    });
    assert_eq!((queued(&bench, "sw-a"), queued(&bench, "sw-b")), (1, 0));
    bench.stalled = None;
    bench.run();
    for name in ["sw-a", "sw-b"] {
        assert_eq!(bench.outcome(name), Outcome::Upgraded, "{name}");
    }
}

#[test]
fn rule_10_the_first_bytes_prove_it() {
    let mut bench = bench(&["sw-a", "sw-b"]);
    bench.run_until_event("the first copy", |e| pull_intent(e).is_some());
    bench.stalled = Some("sw-a".into());
    let moved = Event::Moved {
        bytes: 0,
        total: BYTES,
    };
    bench.feed(Input::Told("sw-a".into(), Box::new(moved)));
    // The first copy still runs.
    bench.run_until("the second copy", |b| b.acts("sw-b").contains(&"pull"));
    let waited = |w: &&String| w.contains("logs in to an image server");
    assert_eq!(bench.waits.iter().filter(waited).count(), 0);
    assert_eq!(bench.acts("sw-a"), [""; 0]);
}

fn pull_intent(event: &Event) -> Option<()> {
    matches!(event, Event::Intent { what, .. } if *what == StepKind::Pull).then_some(())
}

#[test]
fn rule_10_two_refusals_of_servers_park_the_credential() {
    let names = ["sw-a", "sw-b", "sw-c", "sw-d"];
    let mut bench = bench(&names);
    for name in names {
        bench.sim(name).troubles.copies = [fails(LOGIN_REFUSED, Class::Operator, None)].into();
    }
    bench.run();
    let mut tried = Vec::new();
    for name in names {
        let parked = bench.fault(name).code == "credential_parked";
        assert_eq!(bench.acts(name).is_empty(), parked, "{name}");
        if parked {
            assert_eq!(bench.outcome(name), Outcome::NotStarted);
        } else {
            assert_eq!(bench.fault(name).code, LOGIN_REFUSED);
            tried.push(name);
        }
    }
    assert_eq!(tried.len(), 2, "{tried:?}");
}

#[test]
fn rule_10_a_login_that_servers_took_is_not_parked_by_one_that_refuses_it() {
    let mut bench = bench(&["sw-a", "sw-b", "sw-c"]);
    bench.sim("sw-b").troubles.copies = [fails(LOGIN_REFUSED, Class::Operator, None)].into();
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.fault("sw-b").code, LOGIN_REFUSED);
    assert_eq!(bench.outcome("sw-c"), Outcome::Upgraded);
}
