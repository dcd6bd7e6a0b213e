//! Who may open a gate, for how long, and what stops a device before it.

use std::time::Duration;

use iosxe_core::approval::ApprovalPolicy;
use iosxe_core::event::{Event, Takeover};
use iosxe_core::ports::Decision;
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};
use crate::dispatcher::{DECISION_REFUSED, Input};

const MINUTE: Duration = Duration::from_secs(60);

/// The requester and whoever is asked at the gate is `tester`.
fn ruled(change: impl FnOnce(&mut ApprovalPolicy)) -> Bench {
    let mut setup = Setup::of(&["sw-a"]);
    change(&mut setup.policy.approval);
    Bench::with(setup)
}

fn decide(bench: &mut Bench, by: &str, takeover: Takeover) {
    bench.feed(Input::Decided(Decision {
        device: "sw-a".into(),
        takeover,
        by: by.into(),
        reason: "read and thought about".into(),
        at: None,
    }));
}

fn approves(bench: &mut Bench, by: &str) {
    let plan_hash = bench
        .device("sw-a")
        .plan
        .as_ref()
        .unwrap()
        .hash8()
        .to_owned();
    decide(bench, by, Takeover::Approve { plan_hash });
}

fn rejects(bench: &mut Bench, by: &str) {
    let plan_hash = bench
        .device("sw-a")
        .plan
        .as_ref()
        .unwrap()
        .hash8()
        .to_owned();
    decide(bench, by, Takeover::Reject { plan_hash });
}

fn refusals(bench: &Bench) -> Vec<String> {
    bench.events("sw-a", |r| match &r.event {
        Event::Warned { code, message } if code == DECISION_REFUSED => Some(message.clone()),
        _ => None,
    })
}

fn planned(bench: &mut Bench) {
    bench.run_until_event("a plan", |e| matches!(e, Event::Planned { .. }));
}

#[test]
fn a_plan_may_be_approved_before_its_gate_is_reached() {
    let mut bench = Bench::new(&["sw-a"]);
    planned(&mut bench);
    approves(&mut bench, "ann");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.device("sw-a").approved.as_deref(), Some("ann"));
    assert!(
        !bench.tasks.iter().any(|t| t.what == "ask"),
        "nobody is asked again"
    );
}

#[test]
fn two_persons_are_two_different_ones() {
    let mut bench = ruled(|p| p.persons = 2);
    bench.run();
    // The one at the gate was not enough.
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    assert_eq!(bench.acts("sw-a"), ["transfer", "add"]);
    let mut bench = bench.killed_and_resumed(MINUTE);
    approves(&mut bench, "tester");
    assert_eq!(
        refusals(&bench),
        [
            "tester approved sw-a, which does not count: tester approved it already, and it takes a second person"
        ]
    );
    approves(&mut bench, "ann");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(
        bench.device("sw-a").approved.as_deref(),
        Some("tester and ann")
    );
}

#[test]
fn whoever_asks_for_it_does_not_approve_it_where_that_is_the_rule() {
    let mut bench = ruled(|p| p.not_the_requester = true);
    bench.run();
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "approval");
    assert!(
        fault
            .message
            .ends_with("tester started the run, and somebody else has to approve"),
        "{fault}"
    );
    let mut bench = bench.killed_and_resumed(MINUTE);
    approves(&mut bench, "ann");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);

    let mut emergency = ruled(|p| {
        p.not_the_requester = true;
        p.persons = 2;
        p.emergency = Some("the core is down".into());
    });
    emergency.run();
    assert_eq!(emergency.outcome("sw-a"), Outcome::Upgraded);
}

#[test]
fn somebody_without_the_role_opens_nothing() {
    let mut bench = ruled(|p| p.by = vec!["ann".into()]);
    planned(&mut bench);
    approves(&mut bench, "eve");
    assert_eq!(
        refusals(&bench),
        ["eve approved sw-a, which does not count: eve is not among those who may approve"]
    );
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    assert_eq!(bench.acts("sw-a"), ["transfer", "add"]);
}

#[test]
fn an_approval_of_another_plan_is_none() {
    let mut bench = Bench::new(&["sw-a"]);
    planned(&mut bench);
    let plan_hash = "0badcafe".to_owned();
    decide(&mut bench, "ann", Takeover::Approve { plan_hash });
    assert!(refusals(&bench)[0].ends_with("its plan is another one: read it first"));
    decide(
        &mut bench,
        "ann",
        Takeover::Approve {
            plan_hash: String::new(),
        },
    );
    assert_eq!(refusals(&bench).len(), 2);
    assert_eq!(bench.device("sw-a").approved, None);
}

/// Conflicting answers: the more careful one wins, and both are in the journal.
#[test]
fn no_beats_yes_until_the_upgrade_has_begun() {
    for first in ["yes", "no"] {
        let mut bench = Bench::new(&["sw-a"]);
        planned(&mut bench);
        match first {
            "yes" => {
                approves(&mut bench, "ann");
                rejects(&mut bench, "bob");
            }
            _ => {
                rejects(&mut bench, "bob");
                approves(&mut bench, "ann");
                assert!(refusals(&bench)[0].ends_with("it has ended"));
            }
        }
        bench.run();
        assert_eq!(bench.outcome("sw-a"), Outcome::Held);
        assert_eq!(bench.fault("sw-a").code, "rejected");
        assert!(bench.acts("sw-a").iter().all(|a| *a != "activate"));
    }
    let mut late = Bench::new(&["sw-a"]);
    late.run_until("the activation", |b| b.acts("sw-a").contains(&"activate"));
    rejects(&mut late, "bob");
    assert!(refusals(&late)[0].ends_with("its upgrade has begun"));
    late.run();
    assert_eq!(late.outcome("sw-a"), Outcome::Upgraded);
}

#[test]
fn an_approval_that_is_too_old_is_asked_for_again() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.approval.valid_s = Some(3600);
    let night = "name = \"night\"\nzone = \"UTC\"\nstarts = \"06:00\"\nends = \"09:00\"";
    setup.policy.fleet.windows = vec![toml::from_str(night).unwrap()];
    setup.records[0].window = Some("night".into());
    let mut bench = Bench::with(setup);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let lapsed = bench.events("sw-a", |r| {
        matches!(r.event, Event::ApprovalLapsed).then_some(r.at)
    });
    let asked: Vec<_> = bench
        .tasks
        .iter()
        .filter(|t| t.what == "ask")
        .map(|t| t.at)
        .collect();
    assert_eq!(lapsed.len(), 1);
    assert_eq!(asked.len(), 2);
    assert!(asked[1] >= lapsed[0]);
    assert!(bench.when("sw-a", "act activate") > asked[1]);
}

#[test]
fn a_pause_stops_at_the_next_safe_point_and_a_resume_goes_on() {
    let mut bench = Bench::new(&["sw-a", "sw-b"]);
    bench.run_until("sw-a's activation", |b| {
        b.acts("sw-a").contains(&"activate")
    });
    for name in ["sw-a", "sw-b"] {
        bench.feed(Input::Decided(Decision {
            device: name.into(),
            takeover: Takeover::Pause,
            by: "ann".into(),
            reason: "a storm".into(),
            at: None,
        }));
    }
    bench.run();
    // Rule 3: what is activated is carried to its commit.
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let activated = bench.acts("sw-b").contains(&"activate");
    if !activated {
        assert_eq!(bench.outcome("sw-b"), Outcome::Held);
        assert_eq!(bench.fault("sw-b").message, "ann paused the run: a storm");
    }
    let mut bench = bench.killed_and_resumed(MINUTE);
    bench.run();
    assert_eq!(bench.outcome("sw-b"), Outcome::Upgraded);
}

#[test]
fn what_is_cancelled_stays_so() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until("the copy", |b| b.acts("sw-a").contains(&"transfer"));
    decide(&mut bench, "ann", Takeover::Cancel);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    assert_eq!(bench.fault("sw-a").code, "cancelled");
    let mut bench = bench.killed_and_resumed(MINUTE);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    assert!(bench.acts("sw-a").is_empty());
}
