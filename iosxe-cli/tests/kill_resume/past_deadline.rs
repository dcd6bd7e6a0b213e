//! Design rule 7: the device went back by itself before anybody came.

use std::time::Instant;

use iosxe_core::event::Event;
use iosxe_lab::EventKind;
use serde_json::json;

use super::bench::Bench;
use super::support::{c9300, fault, wait_for};

/// Simulated seconds per second.
const SPEED: f64 = 600.0;

/// A device whose timer runs out soon: the shortest that a plan allows.
fn short_timer() -> Bench {
    let bench = Bench::at_speed(vec![c9300("sw-a")], SPEED);
    bench.add_to_configuration("[policy]\nauto_abort = 5400\nconvergence = 300");
    bench
}

fn auto_aborted(bench: &Bench) -> bool {
    bench.count("sw-a", EventKind::AutoAbort) == 1
}

/// Ends the run of `bench`, whose device has gone back or is about to.
#[track_caller]
fn resume_is_told_so(bench: &Bench) {
    let ran = bench.resume().finish();
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "rolled_back", "{told}");
    assert_eq!(told["fault"]["code"], "auto_abort", "{told}");
    assert_eq!(told["running"], "17.09.04a", "{told}");
    assert_eq!(told["committed"], "17.09.04a", "{told}");
    assert!(told["auto_abort_deadline"].is_null(), "{told}");

    let truth = bench.truth("sw-a");
    assert_eq!(truth["committed_version"], "17.09.04a");
    assert_eq!(truth["running_version"], "17.09.04a");
    assert_eq!(truth["reloads"], json!({"command": 1, "auto_abort": 1}));
    assert_eq!(bench.commands("sw-a", "install activate"), 1);
    for never in [
        "install commit",
        "install abort",
        "reload",
        "install rollback",
    ] {
        assert_eq!(bench.commands("sw-a", never), 0, "{never}");
    }
    bench.hold_against_the_journal();
    assert_eq!(bench.table().cell("sw-a", "status"), "rolled_back");

    // The end is the end.
    let seen = bench.events("sw-a").len();
    let again = bench.start(&["resume", bench.run_id().as_str()]).finish();
    assert_eq!((again.code, &again.stdout), (1, &ran.stdout));
    assert_eq!(bench.events("sw-a").len(), seen);
}

#[test]
fn a_device_that_was_left_in_its_soak_is_reported_as_gone_back() {
    let bench = short_timer();
    bench.kill_at(bench.upgrade(), "the soak", || {
        bench.recorded(|e| matches!(e, Event::SoakUntil { .. })) == 1
    });
    wait_for("the way back", || {
        auto_aborted(&bench) && bench.count("sw-a", EventKind::ReloadEnd) == 2
    });
    resume_is_told_so(&bench);
}

/// Nobody saw it come back on the new release: its deadline is not in the journal.
#[test]
fn so_is_one_that_nobody_saw_on_the_new_release() {
    let bench = short_timer();
    bench.kill_at(bench.upgrade(), "the command to activate", || {
        bench.count("sw-a", EventKind::InstallActivate) == 1
    });
    wait_for("the way back", || {
        auto_aborted(&bench) && bench.count("sw-a", EventKind::ReloadEnd) == 2
    });
    resume_is_told_so(&bench);
}

#[test]
fn a_resume_while_the_device_goes_back_waits_for_it() {
    let bench = short_timer();
    bench.kill_at(bench.upgrade(), "the soak", || {
        bench.recorded(|e| matches!(e, Event::SoakUntil { .. })) == 1
    });
    wait_for("the beginning of the way back", || auto_aborted(&bench));
    resume_is_told_so(&bench);
}

/// The reload of the activation ended on the old release: that is another cause, however late it is
/// when somebody looks.
#[test]
fn a_device_that_booted_its_old_release_did_not_abort_by_its_timer() {
    let bench = short_timer();
    bench.set_fault("sw-a", fault("boots_old_image"));
    bench.kill_at(bench.upgrade(), "the command to activate", || {
        bench.count("sw-a", EventKind::InstallActivate) == 1
    });
    let activated = Instant::now();
    wait_for("the time of the deadline", || {
        activated.elapsed().as_secs_f64() * SPEED > 5400.0
    });
    let ran = bench.resume().finish();
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "rolled_back", "{told}");
    assert_eq!(told["fault"]["code"], "boot_fallback", "{told}");
    assert_eq!(bench.truth("sw-a")["reloads"], json!({"command": 1}));
    assert_eq!(bench.commands("sw-a", "install activate"), 1);
}
