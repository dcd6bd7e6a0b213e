//! The parts of the health beside ports, and the user's own checks, on the way through a run.

use std::time::Duration;

use iosxe_core::event::Event;
use iosxe_core::health::{Check, Part, Said, Weight, When};
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};

const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn check(name: &str, weight: Weight) -> Check {
    Check {
        name: name.into(),
        command: "show ntp status".into(),
        expect: Some("^Clock is synchronized".into()),
        absent: None,
        equal_to_baseline: false,
        field: None,
        is: None,
        at_least: None,
        at_most: None,
        same: false,
        when: When::Both,
        weight,
        families: Vec::new(),
        limit: Vec::new(),
    }
}

fn bench_with(checks: Vec<Check>, own: Option<[Said; 2]>) -> Bench {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.checks = checks;
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").troubles.own = own;
    bench
}

fn fails() -> Said {
    Said::Failed {
        expected: "matched by `^Clock`".into(),
        found: "not matched".into(),
    }
}

fn warnings(bench: &Bench) -> Vec<String> {
    bench.events("sw-a", |e| match &e.event {
        Event::Warned { message, .. } => Some(message.clone()),
        _ => None,
    })
}

#[test]
fn rule_1_a_routing_neighbour_that_comes_back_in_its_time_leads_to_a_commit() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.routing_stuck = Some(("init", 8 * MINUTE));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert!(
        bench
            .waits
            .contains(&"ospf:192.0.2.1@Te1/1/1 to be full; it is init".to_owned()),
        "{:?}",
        bench.waits
    );
}

#[test]
fn rule_1_a_routing_neighbour_that_does_not_come_back_takes_the_device_back() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.routing_stuck = Some(("exstart", 1000 * MINUTE));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.sim("sw-a").count("commit"), 0);
    let said = &bench.fault("sw-a").message;
    assert!(
        said.contains("ospf:192.0.2.1@Te1/1/1 is exstart, expected full"),
        "{said}"
    );
}

#[test]
fn rule_1_a_role_that_moved_is_committed_with_a_warning() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.role_moved = true;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert!(
        warnings(&bench).contains(&"hsrp:Vl10 group 1 is standby, was active".to_owned()),
        "{:?}",
        warnings(&bench)
    );
}

#[test]
fn rule_2_routing_neighbours_that_cannot_be_read_hold_the_device() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.routing_unreadable = true;
    bench.run_until("the device is held", |b| b.device("sw-a").held.is_some());
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "check_inconclusive");
    assert!(
        fault.message.contains("show ip ospf neighbor, line 2: ?"),
        "{}",
        fault.message
    );
    assert_eq!(bench.sim("sw-a").count("commit"), 0);
    assert_eq!(bench.sim("sw-a").count("abort"), 0);
}

#[test]
fn a_post_check_asks_only_for_what_the_baseline_had() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run();
    let scopes = &bench.sim("sw-a").scopes;
    assert_eq!(scopes[0].parts, None, "the baseline asks for every part");
    assert!(scopes.len() > 2);
    for scope in &scopes[1..] {
        let parts: Vec<Part> = scope.parts.clone().unwrap().into_iter().collect();
        assert_eq!(parts, [Part::Ospf, Part::Hsrp]);
    }
}

#[test]
fn a_gate_check_of_the_users_that_fails_before_stops_the_device_untouched() {
    let own = Some([fails(), Said::Met]);
    let mut bench = bench_with(vec![check("ntp", Weight::Gate)], own);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Refused);
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "check_failed");
    assert_eq!(
        fault.message,
        "a check fails before the upgrade: check:ntp is not matched, expected matched by `^Clock`"
    );
    assert!(bench.sim("sw-a").sent.is_empty());
}

#[test]
fn rule_2_a_gate_check_of_the_users_that_cannot_be_read_before_stops_the_device_untouched() {
    let unread = Said::Unread {
        line: "show ntp status: ?".into(),
    };
    let mut bench = bench_with(
        vec![check("ntp", Weight::Gate)],
        Some([unread.clone(), unread.clone()]),
    );
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Refused);
    assert_eq!(bench.fault("sw-a").code, "precheck_inconclusive");
    assert!(bench.sim("sw-a").sent.is_empty());
    // One that only warns stops nothing, and is told once.
    let mut bench = bench_with(
        vec![check("ntp", Weight::Warn)],
        Some([unread.clone(), unread]),
    );
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let told = warnings(&bench);
    let of_it = told.iter().filter(|w| w.contains("show ntp status: ?"));
    assert_eq!(of_it.count(), 1, "{told:?}");
}

#[test]
fn a_gate_check_of_the_users_that_fails_after_takes_the_device_back() {
    let own = Some([Said::Met, fails()]);
    let mut bench = bench_with(vec![check("ntp", Weight::Gate)], own.clone());
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    let mut bench = bench_with(vec![check("ntp", Weight::Warn)], own);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert!(
        warnings(&bench).contains(&"check:ntp is not matched, was matched by `^Clock`".to_owned()),
        "{:?}",
        warnings(&bench)
    );
}

#[test]
fn a_check_is_made_when_and_where_it_is_for() {
    let with = |change: &dyn Fn(&mut Check)| {
        let mut check = check("ntp", Weight::Warn);
        change(&mut check);
        let mut bench = bench_with(vec![check], Some([Said::Met, Said::Met]));
        bench.run();
        let made = |at: usize| bench.sims.values().next().unwrap().scopes[at].checks.len();
        (made(0), made(1))
    };
    assert_eq!(with(&|_| {}), (1, 1));
    assert_eq!(with(&|c| c.when = When::Pre), (1, 0));
    assert_eq!(with(&|c| c.when = When::Post), (0, 1));
    assert_eq!(
        with(&|c| {
            c.when = When::Post;
            c.expect = None;
            c.equal_to_baseline = true;
        }),
        (1, 1),
        "there must be something to compare with"
    );
    assert_eq!(with(&|c| c.families = vec!["C9300".into()]), (1, 1));
    assert_eq!(with(&|c| c.families = vec!["ASR1000".into()]), (0, 0));
    assert_eq!(with(&|c| c.limit = vec!["sw-*".into()]), (1, 1));
    assert_eq!(
        with(&|c| c.limit = vec!["sw-*".into(), "site=nowhere".into()]),
        (0, 0)
    );
}

#[test]
fn a_resumed_run_makes_the_checks_that_it_began_with() {
    let own = Some([Said::Met, Said::Met]);
    let mut bench = bench_with(vec![check("ntp", Weight::Gate)], own);
    bench.run_until_event("its baseline", |e| matches!(e, Event::BaselineTaken { .. }));
    let mut other = bench.killed_and_resumed(MINUTE);
    let before = other.sim("sw-a").scopes.len();
    other.run();
    assert_eq!(other.outcome("sw-a"), Outcome::Upgraded);
    let scopes = &other.sim("sw-a").scopes[before..];
    assert!(scopes.iter().all(|s| s.checks.len() == 1), "{scopes:?}");
    assert!(!scopes.is_empty());
}
