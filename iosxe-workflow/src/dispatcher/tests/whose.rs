//! An activation that stands on the device before the run touched it: of which run is it?

use std::time::Duration;

use iosxe_core::event::Event;
use iosxe_core::ids::RunId;
use iosxe_core::ports::Journal as _;
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};
use super::driver::{FROM, TO};
use crate::activated_by::{ActivatedBy, Trial};
use crate::journal::MemoryJournal;

/// A run that was killed after its activation, the device back on the new release.
fn left_activated() -> Bench {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run_until_event("the soak", |e| matches!(e, Event::SoakUntil { .. }));
    bench
}

/// A new run for the device of another one.
fn anew(earlier: &Bench, activated_by: Option<ActivatedBy>) -> Bench {
    let mut setup = Setup::of(&["sw-a"]);
    setup.activated_by = activated_by;
    let mut bench = Bench::with(setup);
    bench.now = earlier.now;
    bench.sims.clone_from(&earlier.sims);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Held);
    assert!(bench.acts("sw-a").is_empty());
    bench
}

#[test]
fn an_activation_of_an_unfinished_run_is_called_by_its_run() {
    let by = ActivatedBy {
        run: "r0".into(),
        ended: false,
    };
    let bench = anew(&left_activated(), Some(by));
    let fault = bench.fault("sw-a");
    assert_eq!(fault.code, "activated_by_run");
    assert!(
        fault
            .message
            .ends_with("run r0 of this journal activated it and is not finished"),
        "{fault}"
    );
    let command = fault.remedy.clone().unwrap().command.unwrap();
    assert_eq!(command, "iosxe resume r0");
}

#[test]
fn one_of_a_run_that_has_ended_is_settled_by_hand() {
    let by = ActivatedBy {
        run: "r0".into(),
        ended: true,
    };
    let bench = anew(&left_activated(), Some(by));
    let command = bench.fault("sw-a").remedy.clone().unwrap().command.unwrap();
    assert_eq!(command, "iosxe commit sw-a --reason TEXT");
}

#[test]
fn one_that_no_run_knows_is_somebody_elses() {
    let bench = anew(&left_activated(), None);
    assert_eq!(bench.fault("sw-a").code, "foreign_uncommitted");
    let asked: Vec<&str> = bench
        .tasks
        .iter()
        .map(|t| t.what.as_str())
        .filter(|what| what.starts_with("whose"))
        .collect();
    assert_eq!(asked, [format!("whose {TO}")]);
}

async fn found(bench: &Bench, device: &str, release: &str, without: &str) -> Option<ActivatedBy> {
    let journal = MemoryJournal::default();
    for record in &bench.records {
        journal.append(std::slice::from_ref(record)).await.unwrap();
    }
    let trial = Trial::Release(release.parse().unwrap());
    let without: RunId = without.into();
    ActivatedBy::find(&journal, &device.into(), &trial, &without)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_journal_knows_who_activated_and_did_not_settle_it() {
    let by = |ended| {
        let run = "r1".into();
        Some(ActivatedBy { run, ended })
    };
    let left = left_activated();
    assert_eq!(found(&left, "sw-a", TO, "r2").await, by(false));
    assert_eq!(found(&left, "sw-a", TO, "r1").await, None, "its own run");
    assert_eq!(found(&left, "sw-a", FROM, "r2").await, None);
    assert_eq!(found(&left, "sw-b", TO, "r2").await, None);

    // From the command on: what came of it is not known.
    let mut killed = Bench::new(&["sw-a"]);
    killed.run_until("the activation", |b| b.acts("sw-a").contains(&"activate"));
    assert_eq!(found(&killed, "sw-a", TO, "r2").await, by(false));

    let mut early = Bench::new(&["sw-a"]);
    early.run_until("the add", |b| b.acts("sw-a").contains(&"add"));
    assert_eq!(found(&early, "sw-a", TO, "r2").await, None, "not activated");

    let mut settled = left.killed_and_resumed(Duration::from_secs(60));
    settled.run();
    assert_eq!(settled.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(found(&settled, "sw-a", TO, "r2").await, None);

    let mut back = Bench::new(&["sw-a"]);
    back.sim("sw-a").troubles.port_down = Some(Duration::from_secs(86_400));
    back.run();
    assert_eq!(back.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(found(&back, "sw-a", TO, "r2").await, None);

    let mut setup = Setup::of(&["sw-a"]);
    setup.until = iosxe_core::stage::StageKind::Upgrade;
    let mut uncommitted = Bench::with(setup);
    uncommitted.run();
    assert_eq!(found(&uncommitted, "sw-a", TO, "r2").await, by(true));
}
