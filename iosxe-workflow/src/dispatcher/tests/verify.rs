//! A device held against the baseline of another run.

use std::time::Duration;

use iosxe_core::event::{Event, Way};
use iosxe_core::health::{Said, Weight};
use iosxe_core::plan::OnInconclusive;
use iosxe_core::reference::{Against, Reference};
use iosxe_core::stage::{Outcome, StageKind};

use super::bench::{Bench, Setup};
use super::driver::{FROM, TO};
use super::sim::Sim;
use crate::reference;
use crate::status::RunState;

const MINUTE: Duration = Duration::from_secs(60);

/// What a run leaves behind of its device.
fn left_by(bench: &Bench) -> Reference {
    let state = RunState::replay(&bench.records).unwrap();
    let run = state.run.clone().unwrap();
    let name = "sw-a".into();
    let device = &state.devices[&name];
    reference::reference(&run, &state, &name, device, &bench.records).unwrap()
}

/// A verification of the same device in the state that a run left it in.
fn verifying(run: &Bench, change: impl FnOnce(&mut Sim)) -> Bench {
    let mut setup = Setup::of(&["sw-a"]);
    setup.until = StageKind::Postcheck;
    setup.against = Some(Against::Seen(Box::new(left_by(run))));
    // What is decided for an upgrade is not decided for it.
    setup.policy.on_inconclusive = OnInconclusive::Abort;
    let mut bench = Bench::with(setup);
    bench.sims.clone_from(&run.sims);
    bench.now = run.now;
    change(bench.sim("sw-a"));
    bench
}

fn upgraded() -> Bench {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    bench
}

#[track_caller]
fn assert_untouched(bench: &Bench, run: &Bench) {
    assert!(bench.acts("sw-a").is_empty());
    let sent = |b: &Bench| b.sims.values().next().unwrap().sent.clone();
    assert_eq!(sent(bench), sent(run), "it only looks");
}

#[test]
fn a_device_as_it_was_is_already_there_without_a_soak() {
    let run = upgraded();
    assert_eq!(left_by(&run).release.to_string(), TO);
    let mut bench = verifying(&run, |_| {});
    let begun = bench.now;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Already);
    assert_eq!(bench.device("sw-a").stage, StageKind::Postcheck);
    assert!(bench.now.duration_since(begun).as_secs() < 60);
    assert_untouched(&bench, &run);
}

#[test]
fn a_gate_that_fails_has_the_time_of_a_post_check_and_then_names_the_check() {
    let run = upgraded();
    let mut bench = verifying(&run, |sim| {
        sim.troubles.port_down = Some(1000 * MINUTE);
    });
    let begun = bench.now;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "gate_failed");
    assert!(fault.message.contains("port:Te1/1/1 is down"), "{fault:?}");
    assert!(!fault.evidence.is_empty());
    assert!(bench.now.duration_since(begun).as_secs() >= 600);
    assert_untouched(&bench, &run);
    // One that comes back in its time is no failure.
    let mut bench = verifying(&run, |sim| sim.troubles.role_moved = true);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Already);
    let told = &bench.device("sw-a").warnings;
    assert!(told.iter().any(|w| w.contains("hsrp:Vl10")), "{told:?}");
}

#[test]
fn rule_2_what_cannot_be_read_is_no_verdict() {
    let run = upgraded();
    let mut bench = verifying(&run, |sim| sim.troubles.routing_unreadable = true);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    assert_eq!(bench.fault("sw-a").code, "check_inconclusive");
    assert_untouched(&bench, &run);
}

#[test]
fn a_run_that_changed_nothing_wants_what_it_found() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.until = StageKind::Precheck;
    let mut run = Bench::with(setup);
    run.run();
    assert_eq!(run.outcome("sw-a"), Outcome::Ready);
    let left = left_by(&run);
    assert_eq!(left.release.to_string(), FROM);
    assert_eq!(left.plan.as_ref().unwrap().1, Way::Back);
    let mut bench = verifying(&run, |_| {});
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Already);
    // The target that it shall run one day is another release than that run saw.
    let other = upgraded();
    let mut bench = verifying(&run, |_| {});
    bench.sims.clone_from(&other.sims);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(bench.fault("sw-a").code, "release_differs");
}

#[test]
fn a_run_that_has_activated_it_wants_its_target_and_the_trial_is_told() {
    let mut run = Bench::new(&["sw-a"]);
    run.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    let left = left_by(&run);
    assert_eq!(left.release.to_string(), TO);
    assert!(left.left.is_open());
    let mut bench = verifying(&run, |_| {});
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Uncommitted);
    assert_eq!(bench.fault("sw-a").code, "not_committed");
}

#[test]
fn a_device_that_boots_otherwise_than_then_is_told() {
    let run = upgraded();
    let mut setup = Setup::of(&["sw-a"]);
    setup.until = StageKind::Postcheck;
    let mut reference = left_by(&run);
    reference.boot.next.next = Some(vec!["flash:other.conf".into()]);
    setup.against = Some(Against::Seen(Box::new(reference)));
    let mut bench = Bench::with(setup);
    bench.sims.clone_from(&run.sims);
    bench.now = run.now;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    let said = &bench.fault("sw-a").message;
    assert!(
        said.contains("boot: the next boot is flash:packages.conf; expected flash:other.conf"),
        "{said}"
    );
}

#[test]
fn the_checks_are_those_of_the_run_that_has_the_baseline() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.checks = vec![super::checks::check("ntp", Weight::Gate)];
    let mut run = Bench::with(setup);
    run.sim("sw-a").troubles.own = Some([Said::Met, Said::Met]);
    run.run();
    assert_eq!(run.outcome("sw-a"), Outcome::Upgraded);
    let mut bench = verifying(&run, |_| {});
    let before = bench.sim("sw-a").scopes.len();
    bench.run();
    let scopes = &bench.sim("sw-a").scopes[before..];
    assert_eq!(scopes.len(), 1);
    assert_eq!(scopes[0].checks.len(), 1);
    assert_eq!(bench.outcome("sw-a"), Outcome::Already);
}

#[test]
fn a_device_without_a_baseline_is_not_even_greeted() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.until = StageKind::Postcheck;
    setup.against = Some(Against::Nothing { run: None });
    let mut bench = Bench::with(setup);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Refused);
    assert_eq!(bench.fault("sw-a").code, "no_baseline");
    assert!(bench.tasks.is_empty());
}
