//! Before anything is activated.

use iosxe_core::event::Event;
use iosxe_core::stage::StageKind;
use iosxe_lab::EventKind;

use super::bench::{Bench, router};
use super::support::{c9300, fault};

#[test]
fn killed_during_discovery_and_the_pre_check() {
    let bench = Bench::new(vec![c9300("sw-a"), router("rt-a")]);
    bench.kill_at(bench.upgrade(), "the first login", || {
        bench.count("sw-a", EventKind::Login) + bench.count("rt-a", EventKind::Login) == 1
    });
    bench.kill_at(bench.resume(), "the pre-check", || {
        bench.recorded(|e| {
            matches!(
                e,
                Event::StageEntered {
                    stage: StageKind::Precheck
                }
            )
        }) > 0
    });
    let ran = bench.resume().finish();
    bench.assert_upgraded_once(&ran, "sw-a");
    bench.assert_upgraded_once(&ran, "rt-a");
}

/// A partial file is deleted and sent again, however often that happens: it says nothing against the
/// device or the way to it.
#[test]
fn killed_in_the_middle_of_the_transfer_again_and_again() {
    let bench = Bench::with_larger_images(vec![c9300("sw-a")]);
    bench.set_fault("sw-a", fault("slow_link"));
    let part = |bench: &Bench| bench.size_on("sw-a", "17.12.04");
    for kill in 0..5 {
        let running = match kill {
            0 => bench.upgrade(),
            _ => bench.resume(),
        };
        bench.kill_at(running, "some bytes on flash", || {
            bench.commands("sw-a", "scp ") == kill + 1 && part(&bench) > 100_000
        });
        assert!(part(&bench) < 2 << 20, "too late to be a test");
        assert_eq!(bench.images_received("sw-a"), 0);
    }
    bench.clear_faults("sw-a");
    let ran = bench.resume().finish();
    bench.assert_upgraded_once(&ran, "sw-a");
    assert_eq!(bench.commands("sw-a", "delete /force"), 5);
    assert_eq!(bench.count("sw-a", EventKind::FileDeleted), 5);
}

#[test]
fn killed_when_the_image_is_there_and_not_yet_proven() {
    let bench = Bench::new(vec![c9300("sw-a"), router("rt-a")]);
    bench.kill_at(bench.upgrade(), "the image on one device", || {
        bench.images_received("sw-a") + bench.images_received("rt-a") == 1
    });
    bench.kill_at(bench.resume(), "the proof of one image", || {
        bench.commands("sw-a", "verify") + bench.commands("rt-a", "verify") > 0
    });
    let ran = bench.resume().finish();
    bench.assert_upgraded_once(&ran, "sw-a");
    bench.assert_upgraded_once(&ran, "rt-a");
}

/// The install engine goes on without its session.
#[test]
fn killed_during_install_add() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.kill_at(bench.upgrade(), "the command to add", || {
        bench.commands("sw-a", "install add") == 1
    });
    assert_eq!(
        bench.count("sw-a", EventKind::InstallAdd),
        0,
        "too late to be a test"
    );
    bench.kill_at(bench.resume(), "a resume while the engine works", || {
        bench.recorded(|e| matches!(e, Event::RunResumed { .. })) == 1
    });
    let ran = bench.resume().finish();
    bench.assert_upgraded_once(&ran, "sw-a");
    assert_eq!(bench.commands("sw-a", "install add"), 1);
}
