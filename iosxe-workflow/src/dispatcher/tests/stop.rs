//! Design rule 3: between activation and commit every stop waits for this device.

use iosxe_core::event::Event;
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};
use crate::dispatcher::Input;

fn one_at_a_time() -> Setup {
    let mut setup = Setup::of(&["sw-a", "sw-b"]);
    setup.limits.devices = 1;
    setup
}

fn is_left(event: &Event) -> bool {
    matches!(event, Event::RunLeft { .. })
}

/// At every single moment between the two.
#[test]
fn rule_3_a_stop_between_activate_and_commit_carries_that_device_to_its_commit() {
    let mut stops = 0;
    loop {
        let mut bench = Bench::with(one_at_a_time());
        bench.run_until("the activation", |b| b.acts("sw-a").contains(&"activate"));
        for _ in 0..stops {
            bench.step();
        }
        if bench.acts("sw-a").contains(&"commit") {
            break;
        }
        bench.feed(Input::Stop("stopped by the operator".into()));
        bench.run();
        assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded, "stop {stops}");
        assert_eq!(bench.outcome("sw-b"), Outcome::NotStarted, "stop {stops}");
        let to_b = bench.tasks.iter().filter(|t| t.device.as_str() == "sw-b");
        assert_eq!(to_b.count(), 0, "stop {stops}");
        assert!(is_left(&bench.records.last().unwrap().event));
        stops += 1;
    }
    assert!(stops > 10, "{stops} moments");
}

#[test]
fn rule_3_a_stop_during_a_way_back_lets_it_be_proven() {
    let mut bench = Bench::with(one_at_a_time());
    bench.sim("sw-a").troubles.port_down = Some(std::time::Duration::from_secs(86_400));
    bench.run_until("the abort", |b| b.acts("sw-a").contains(&"abort"));
    bench.feed(Input::Stop("stopped by the operator".into()));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.outcome("sw-b"), Outcome::NotStarted);
}

#[test]
fn rule_3_before_the_activation_a_stop_ends_the_work_and_a_resume_takes_it_up() {
    let mut bench = Bench::with(one_at_a_time());
    bench.run_until_event(
        "the copy",
        |e| matches!(e, Event::Intent { commands, .. } if commands == &["copy"]),
    );
    bench.feed(Input::Stop("stopped by the operator".into()));
    assert_eq!(bench.cancelled, ["sw-a".into()]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::InProgress);
    assert!(is_left(&bench.records.last().unwrap().event));
    assert!(!bench.acts("sw-a").contains(&"activate"));

    let mut bench = bench.killed_and_resumed(std::time::Duration::from_secs(60));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.outcome("sw-b"), Outcome::Upgraded);
    assert_eq!(bench.sim("sw-a").count("copy"), 1);
}
