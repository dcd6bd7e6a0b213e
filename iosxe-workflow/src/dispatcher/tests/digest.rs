//! The image's bytes are proved right before they are used.

use std::time::Duration;

use iosxe_core::event::{Event, StepRef, Way};
use iosxe_core::plan::Method;
use iosxe_core::stage::Outcome;

use super::bench::{Bench, Setup};
use super::driver::BYTES;
use crate::dispatcher::later;

/// The proof of the copy, as the driver of these tests plans it.
const PROOF: StepRef = StepRef {
    way: Way::Forth,
    index: 2,
};

/// Proved after its copy; then the night passes.
fn a_night_after_the_proof(spoiled: bool) -> Bench {
    let mut bench = Bench::with(Setup::of(&["sw-a"]));
    bench.run_until_event(
        "a proof",
        |e| matches!(e, Event::StepDone { step, .. } if *step == PROOF),
    );
    bench.sim("sw-a").spoiled = spoiled;
    bench.now = later(bench.now, Duration::from_secs(8 * 3600));
    bench
}

fn digests(bench: &Bench) -> usize {
    let tasks = bench.tasks.iter();
    tasks.filter(|t| t.what == "look digest").count()
}

#[test]
fn a_fresh_proof_is_not_asked_for_twice() {
    let mut bench = Bench::with(Setup::of(&["sw-a"]));
    bench.run();
    assert_eq!(digests(&bench), 1);
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
}

#[test]
fn an_old_proof_is_asked_for_again() {
    let mut bench = a_night_after_the_proof(false);
    bench.run();
    assert_eq!(digests(&bench), 2);
    assert_eq!(
        bench.acts("sw-a").join(" "),
        "transfer add activate commit",
        "a good file is not sent again"
    );
}

#[test]
fn a_file_that_was_written_over_meanwhile_is_never_added() {
    let mut bench = a_night_after_the_proof(true);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(
        bench.acts("sw-a").join(" "),
        "transfer delete_file transfer add activate commit"
    );
}

#[test]
fn a_plan_that_copies_nothing_never_deletes_a_file_with_another_hash() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.records[0].want_method = Some(Method::Convert);
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").flash = Some(BYTES);
    bench.sim("sw-a").spoiled = true;
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::DeadLetter);
    assert_eq!(bench.fault("sw-a").code, "hash_differs");
    assert_eq!(bench.acts("sw-a"), Vec::<&str>::new());
}
