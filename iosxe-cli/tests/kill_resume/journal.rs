//! The journal against what really happened, in a run that nobody disturbs.

use iosxe_core::event::{Closing, Event};
use iosxe_lab::EventKind;

use super::bench::{Bench, intents, router};
use super::support::{c9300, device, stack, wait_for};

#[test]
fn every_change_of_a_device_was_an_intent_before_and_of_one_intent_only() {
    let fleet = ["sw-a", "st-a", "co-a", "rt-a"];
    let bench = Bench::new(vec![
        c9300(fleet[0]),
        stack(fleet[1]),
        device(fleet[2], "C9500-24Y4C"),
        router(fleet[3]),
    ]);
    let running = bench.upgrade();
    // Again and again while it works: whatever a device was told stands in the journal by then.
    let mut looks = 0;
    wait_for("the end of the run", || {
        bench.hold_against_the_journal();
        looks += 1;
        bench.recorded(|e| *e == Event::RunEnded) == 1
    });
    let ran = running.finish();
    assert!(looks > 20, "{looks} looks");
    for name in fleet {
        bench.assert_upgraded_once(&ran, name);
    }
    // And the other way round: every intent was carried out, once, and is closed.
    for intent in intents(&bench.records()) {
        assert!(intent.closed.is_some(), "{intent:?}");
        for command in &intent.commands {
            let told = if command.starts_with("scp ") {
                "scp "
            } else {
                command
            };
            assert_eq!(bench.commands(&intent.device, told), 1, "{intent:?}");
        }
    }
    let unapplied = bench.recorded(
        |e| matches!(e, Event::IntentClosed { closing, .. } if *closing != Closing::Applied),
    );
    assert_eq!(unapplied, 0);
    assert_eq!(bench.count("rt-a", EventKind::ConfigSaved), 1);
}
