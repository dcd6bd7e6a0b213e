//! Devices that are away too long, that come back on something else, and instants that stay.

use std::time::Duration;

use iosxe_core::event::{Event, RollbackCause};
use iosxe_core::stage::Outcome;
use jiff::Timestamp;

use super::bench::{Bench, Setup};
use super::driver::{FROM, RELOAD, TIMER};
use crate::dispatcher::{LoginWith, between, earlier, later};

const MINUTE: Duration = Duration::from_secs(60);
const FOREVER: Duration = Duration::from_secs(86_400 * 365);

fn causes(bench: &Bench) -> Vec<RollbackCause> {
    bench.events("sw-a", |r| match &r.event {
        Event::RollbackBegun { cause } => Some(cause.clone()),
        _ => None,
    })
}

fn late(bench: &Bench) -> Vec<Timestamp> {
    bench.events("sw-a", |r| match &r.event {
        Event::Warned { code, .. } if code == "late" => Some(r.at),
        _ => None,
    })
}

fn since_away(bench: &Bench, at: Timestamp) -> Duration {
    between(bench.device("sw-a").away_since.unwrap(), at)
}

#[test]
fn rule_7_a_device_that_its_timer_took_back_is_sent_nothing_more() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    let mut bench = bench.killed_and_resumed(TIMER);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-a").code, "auto_abort");
    assert_eq!(causes(&bench), [RollbackCause::AutoAbort]);
    assert!(bench.acts("sw-a").is_empty(), "{:?}", bench.acts("sw-a"));
    assert_eq!(bench.sim("sw-a").auto_aborts, 1);
    // Verified: looked at as before the upgrade.
    assert!(bench.tasks.iter().any(|t| t.what == "look health"));
}

/// The same where nobody had read the timer.
#[test]
fn rule_7_so_is_a_device_that_nobody_saw_on_the_new_release() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until("the activation", |b| b.acts("sw-a").contains(&"activate"));
    let mut bench = bench.killed_and_resumed(2 * TIMER);
    bench.run();
    assert_eq!(bench.fault("sw-a").code, "auto_abort");
    assert!(bench.acts("sw-a").is_empty());
}

#[test]
fn rule_7_a_device_that_booted_its_old_release_is_verified_and_reported() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.boots = Some(FROM);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-a").code, "boot_fallback");
    assert_eq!(causes(&bench), [RollbackCause::BootFallback]);
    assert_eq!(bench.acts("sw-a"), ["transfer", "add", "activate"]);
}

/// Somebody activates it by hand after it went back by itself: that is not ours to undo.
#[test]
fn rule_7_what_is_done_by_hand_to_a_device_that_went_back_is_left_alone() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.boots = Some(FROM);
    bench.run_until_event("the way back", |e| matches!(e, Event::RollbackBegun { .. }));
    let step = bench.device("sw-a").plan.as_ref().unwrap().steps[5].clone();
    let now = bench.now;
    let sim = bench.sim("sw-a");
    sim.troubles.boots = None;
    assert!(sim.act(&step, LoginWith::Usual, now).is_ok());
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(bench.fault("sw-a").code, "rollback_unproven");
    assert_eq!(bench.sim("sw-a").count("abort"), 0);
}

#[test]
fn rule_7_a_device_on_a_third_release_goes_to_the_dead_letters_untouched() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.boots = Some("17.03.03");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(bench.fault("sw-a").code, "third_release");
    assert_eq!(bench.summary("sw-a").auto_abort_deadline, None, "none runs");
    assert_eq!(bench.acts("sw-a"), ["transfer", "add", "activate"]);
}

#[test]
fn rule_8_past_the_p90_a_device_is_late_and_at_60_min_it_is_lost() {
    // Watched until 20 min before its deadline, and gone when it is looked at then.
    let mut setup = Setup::of(&["sw-a"]);
    setup.policy.soak = FOREVER;
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").troubles.leaves_again = Some(60 * MINUTE);
    bench.run_until_event("its timer", |e| {
        matches!(e, Event::AutoAbortDeadline { .. })
    });
    let deadline = bench.device("sw-a").deadline.unwrap();
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Lost);
    assert_eq!(bench.fault("sw-a").code, "lost");
    let [late] = late(&bench)[..] else {
        panic!("late once");
    };
    let (p90, _) = RELOAD;
    let late = since_away(&bench, late);
    assert!((p90..p90 + MINUTE).contains(&late), "late after {late:?}");
    let lost = since_away(&bench, bench.now);
    let hour = 60 * MINUTE;
    assert!((hour..hour + MINUTE).contains(&lost), "lost after {lost:?}");
    let (_, most) = RELOAD;
    assert!(bench.now > later(deadline, most), "its deadline is over");
    assert_eq!(bench.acts("sw-a"), ["transfer", "add", "activate"]);
}

#[test]
fn rule_8_a_late_device_that_comes_back_goes_on() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.stays_away = Some(50 * MINUTE);
    bench.run();
    assert_eq!(late(&bench).len(), 1);
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
}

#[test]
fn rule_8_a_device_is_not_lost_before_its_deadline_and_a_reload() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.leaves_again = Some(2 * MINUTE);
    bench.run_until_event("its timer", |e| {
        matches!(e, Event::AutoAbortDeadline { .. })
    });
    let deadline = bench.device("sw-a").deadline.unwrap();
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Lost);
    let (_, most) = RELOAD;
    assert!(bench.now >= later(deadline, most), "lost at {}", bench.now);
}

/// The same where nobody read the timer: it was asked for.
#[test]
fn rule_8_nor_is_one_that_never_came_back_from_its_activation() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.stays_away = Some(FOREVER);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Lost);
    let (_, most) = RELOAD;
    let latest = later(bench.when("sw-a", "act activate"), TIMER + most);
    let lost = between(latest, bench.now);
    assert!(
        lost < MINUTE && bench.now > earlier(latest, MINUTE),
        "{lost:?}"
    );
    assert_eq!(bench.acts("sw-a"), ["transfer", "add", "activate"]);
}

#[test]
fn rule_8_a_lost_device_is_picked_up_by_a_resume() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.stays_away = Some(160 * MINUTE);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Lost);
    let mut bench = bench.killed_and_resumed(60 * MINUTE);
    bench.run();
    // Its timer was over long before.
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-a").code, "auto_abort");
    assert!(bench.acts("sw-a").is_empty());
}

/// A resume continues them and never starts them again.
#[test]
fn rule_6_deadline_soak_and_convergence_are_the_same_instants_after_a_resume() {
    let instants = |b: &Bench| {
        let device = b.device("sw-a");
        (device.deadline, device.soak_until, device.convergence_until)
    };
    for (what, like) in [
        ("convergence", is_convergence as fn(&Event) -> bool),
        ("soak", is_soak),
    ] {
        let mut bench = Bench::new(&["sw-a"]);
        if what == "convergence" {
            bench.sim("sw-a").troubles.port_down = Some(9 * MINUTE);
        }
        bench.run_until_event(what, like);
        let before = instants(&bench);
        let (deadline, _, _) = before;
        assert!(deadline.is_some());
        for _ in 0..3 {
            bench = bench.killed_and_resumed(MINUTE);
            bench.step();
            bench.step();
            assert_eq!(instants(&bench), before, "{what}");
        }
        bench.run();
        assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
        let told = bench.records.iter().filter(|r| like(&r.event)).count();
        assert_eq!(told, 1, "{what}");
        if let (_, Some(soak), _) = before {
            assert!(bench.when("sw-a", "act commit") >= soak);
        }
    }
}

fn is_convergence(event: &Event) -> bool {
    matches!(event, Event::ConvergenceUntil { .. })
}

fn is_soak(event: &Event) -> bool {
    matches!(event, Event::SoakUntil { .. })
}
