//! Between activate and commit.

use iosxe_core::event::Event;
use iosxe_core::plan::StepKind;
use iosxe_lab::EventKind;

use super::bench::{Bench, intents, router};
use super::support::c9300;

/// Seven times in one run: whoever kills it, the device is carried to its commit.
#[test]
fn killed_seven_times_between_activate_and_commit() {
    let bench = Bench::at_speed(vec![c9300("sw-a")], 150.0).with_a_long_timer();
    let happened = |kind| bench.count("sw-a", kind) > 0;
    let resumed = || bench.recorded(|e| matches!(e, Event::RunResumed { .. }));
    let intended = |what| intents(&bench.records()).iter().any(|i| i.what == what);

    bench.kill_at(bench.upgrade(), "the command to activate", || {
        bench.commands("sw-a", "install activate") == 1 && happened(EventKind::InstallActivate)
    });
    bench.kill_at(bench.resume(), "the beginning of the reload", || {
        resumed() == 1 && happened(EventKind::ReloadBegin)
    });
    bench.kill_at(bench.resume(), "a resume while the device is away", || {
        resumed() == 2
    });
    bench.kill_at(bench.resume(), "the end of the reload", || {
        resumed() == 3 && happened(EventKind::ReloadEnd)
    });
    bench.kill_at(bench.resume(), "the soak", || {
        bench.recorded(|e| matches!(e, Event::SoakUntil { .. })) == 1
    });
    bench.kill_at(bench.resume(), "a resume during the soak", || {
        resumed() == 5
    });
    bench.kill_at(bench.resume(), "the intent to commit", || {
        intended(StepKind::Commit)
    });
    let ran = bench.resume().finish();

    bench.assert_upgraded_once(&ran, "sw-a");
    assert_eq!(resumed(), 7);
    // The instants of the first process are those of the last: a resume starts none of them again.
    for (what, like) in [
        ("soak", is_soak as fn(&Event) -> bool),
        ("deadline", is_deadline),
    ] {
        assert_eq!(bench.recorded(like), 1, "{what}");
    }
    let activations = intents(&bench.records());
    let activations = activations.iter().filter(|i| i.what == StepKind::Activate);
    assert_eq!(activations.count(), 1);
}

fn is_soak(event: &Event) -> bool {
    matches!(event, Event::SoakUntil { .. })
}

fn is_deadline(event: &Event) -> bool {
    matches!(event, Event::AutoAbortDeadline { .. })
}

/// The command has left; whether the device did it is for the next process to find out.
#[test]
fn killed_at_the_commit_itself() {
    let bench = Bench::new(vec![c9300("sw-a")]).with_a_long_timer();
    bench.kill_at(bench.upgrade(), "the command to commit", || {
        bench.commands("sw-a", "install commit") == 1
    });
    let ran = bench.resume().finish();
    bench.assert_upgraded_once(&ran, "sw-a");
}

/// In bundle mode there is no timer: what was meant and what the device runs is all there is.
#[test]
fn killed_while_a_router_in_bundle_mode_is_set_up_and_away() {
    let bench = Bench::new(vec![router("rt-a")]);
    let happened = |kind| bench.count("rt-a", kind) > 0;
    bench.kill_at(bench.upgrade(), "the new boot variable", || {
        happened(EventKind::BootVariable)
    });
    assert_eq!(bench.commands("rt-a", "reload"), 0, "too late to be a test");
    bench.kill_at(bench.resume(), "the beginning of the reload", || {
        happened(EventKind::ReloadBegin)
    });
    bench.kill_at(bench.resume(), "a resume while the router is away", || {
        bench.recorded(|e| matches!(e, Event::RunResumed { .. })) == 2
    });
    let ran = bench.resume().finish();
    bench.assert_upgraded_once(&ran, "rt-a");
    assert_eq!(bench.commands("rt-a", "write memory"), 1);
}
