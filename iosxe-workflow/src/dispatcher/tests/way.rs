//! The way of a device with which nothing is wrong.

use iosxe_core::event::Event;
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};

#[test]
fn a_healthy_device_walks_every_stage_to_its_commit() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let stages = bench.events("sw-a", |r| match &r.event {
        Event::StageEntered { stage } => Some(stage.word()),
        _ => None,
    });
    assert_eq!(
        stages.join(" "),
        "discover select plan precheck transfer approve upgrade postcheck commit close"
    );
    assert_eq!(
        bench.acts("sw-a"),
        ["transfer", "add", "activate", "commit"]
    );
    let now = bench.now;
    assert_eq!(bench.sim("sw-a").runs(now), super::driver::TO);
    assert!(bench.sim("sw-a").is_committed());
    assert!(matches!(
        bench.records.last().unwrap().event,
        Event::RunEnded
    ));
    // A port of the warn kind that went down is told and costs nothing (rule 1).
    assert_eq!(
        bench.device("sw-a").warnings,
        ["port:Gi1/0/1 is down, was up (trunk)"]
    );
}

/// Design section 3: every intent is on disk before its act, and closed by a look after it.
#[test]
fn each_act_stands_between_its_intent_and_the_look_that_closes_it() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run();
    let mut open = None;
    for record in &bench.records {
        match &record.event {
            Event::Intent { intent, what, .. } => {
                assert_eq!(open.replace((*intent, record.at)), None);
                let word = what.word();
                let act = bench.when("sw-a", &format!("act {word}"));
                assert!(record.at <= act, "{word}");
            }
            Event::IntentClosed { intent, .. } => {
                let (opened, at) = open.take().unwrap();
                assert_eq!(opened, *intent);
                let mut looks = bench.tasks.iter().filter(|t| t.what.starts_with("look"));
                assert!(looks.any(|t| at < t.at && t.at <= record.at));
            }
            _ => {}
        }
    }
    assert_eq!(open, None);
}

#[test]
fn what_is_on_flash_already_is_not_sent_again() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").flash = Some(super::driver::BYTES);
    bench.run();
    assert_eq!(bench.acts("sw-a"), ["add", "activate", "commit"]);
}

#[test]
fn a_partial_file_is_deleted_and_sent_anew() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").flash = Some(3);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(
        bench.acts("sw-a"),
        ["delete_file", "transfer", "add", "activate", "commit"]
    );
}

/// Design rule 16.
#[test]
fn rule_16_members_of_one_group_are_never_disturbed_together() {
    let mut setup = Setup::of(&["sw-a", "sw-b"]);
    for record in &mut setup.records {
        record.ha_group = Some("pair".into());
    }
    let mut bench = Bench::with(setup);
    bench.run();
    let (first, second) = (
        bench.when("sw-a", "act commit"),
        bench.when("sw-b", "act activate"),
    );
    assert!(first < second, "{first} {second}");
    assert_eq!(bench.outcome("sw-b"), Outcome::Upgraded);
}
