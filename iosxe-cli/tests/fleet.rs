//! Waves, windows and limits over SSH, held against what the lab saw.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::collections::BTreeSet;

use iosxe_lab::{Event, EventKind};
use jiff::{Timestamp, ToSpan as _, Zoned};

use support::{Bench, c9300, device, fault};

const ALL: [&str; 6] = ["upgrade", "--all", "--approve", "auto", "--output", "json"];

fn first(bench: &Bench, device: &str, kind: EventKind) -> Event {
    let mut events = bench.timeline().into_iter();
    let found = events.find(|e| e.device == device && e.kind == kind);
    found.unwrap_or_else(|| panic!("{device} had no {kind:?}"))
}

/// How many devices were away or booting at once, at most.
fn most_down(bench: &Bench) -> usize {
    let mut down = BTreeSet::new();
    let mut most = 0;
    for event in bench.timeline() {
        match event.kind {
            EventKind::ReloadBegin => {
                down.insert(event.device);
            }
            EventKind::ReloadEnd => {
                down.remove(&event.device);
            }
            _ => {}
        }
        most = most.max(down.len());
    }
    most
}

/// A window of today in UTC, so many seconds from now.
fn window(opens: i64, closes: i64) -> String {
    let now = Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    let at = |seconds: i64| now.checked_add(seconds.seconds()).unwrap();
    let (opens, closes) = (at(opens), at(closes));
    format!(
        "[[window]]\nname = \"night\"\nzone = \"UTC\"\ndates = [\"{}\"]\nstarts = \"{}\"\nends = \"{}\"\n",
        opens.date(),
        opens.strftime("%H:%M:%S"),
        closes.strftime("%H:%M:%S"),
    )
}

/// A lab of such devices whose rows name the window `night`.
fn by_night(names: &[&str], window: &str) -> Bench {
    let bench = Bench::new(names.iter().map(|n| c9300(n)).collect());
    bench.edit(|table| {
        for name in names {
            table.set(name, "window", "night");
        }
    });
    bench.add_to_configuration(window);
    bench
}

#[test]
fn a_canary_goes_first_and_the_others_when_it_was_watched() {
    let bench = Bench::new(vec![
        c9300("sw-a"),
        c9300("sw-b"),
        device("rt-c", "ISR4451-X/K9"),
    ]);
    bench.add_to_configuration("[waves]\ncanary = 1\nsoak = 1200\n");
    // In the order of the rows.
    let ran = bench.run(&ALL);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let canary = first(&bench, "sw-a", EventKind::InstallCommit);
    for (name, kind) in [
        ("sw-b", EventKind::InstallActivate),
        ("rt-c", EventKind::ReloadBegin),
    ] {
        let begun = first(&bench, name, kind);
        let waited = begun.sim_s - canary.sim_s;
        assert!(waited >= 1200.0, "{name} waited {waited} s");
        assert!(
            first(&bench, name, EventKind::FileReceived).seq < canary.seq,
            "copies go ahead"
        );
    }
}

#[test]
fn a_canary_that_goes_back_keeps_the_others_where_they_are() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b"), c9300("sw-c")]);
    bench.add_to_configuration("[waves]\ncanary = 1\n");
    bench.set_fault("sw-a", fault("interface_down_after_upgrade"));
    let ran = bench.run(&ALL);
    assert_eq!(ran.device("sw-a")["outcome"], "rolled_back");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    for name in ["sw-b", "sw-c"] {
        let device = ran.device(name);
        assert_eq!(device["outcome"], "held");
        assert_eq!(device["fault"]["code"], "earlier_wave");
        assert_eq!(bench.truth(name)["running_version"], "17.09.04a");
        assert_eq!(bench.count(name, EventKind::InstallActivate), 0);
    }
}

#[test]
fn no_more_devices_are_down_at_once_than_may_be() {
    let names = ["sw-a", "sw-b", "sw-c"];
    let bench = Bench::new(names.iter().map(|n| c9300(n)).collect());
    bench.configure(|text| text.replace("devices = 8", "devices = 8\nreloads = 1"));
    let ran = bench.run(&ALL);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(most_down(&bench), 1);
}

#[test]
fn a_device_is_first_disturbed_when_its_window_opens() {
    let bench = by_night(&["sw-a"], &window(15, 3600));
    let opens = Timestamp::now().checked_add(15.seconds()).unwrap();
    let ran = bench.run(&ALL);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let activated = first(&bench, "sw-a", EventKind::InstallActivate);
    let at: Timestamp = activated.wall.parse().unwrap();
    // The window's second is a whole one.
    assert!(
        at >= opens.checked_sub(1.seconds()).unwrap(),
        "{at} before {opens}"
    );
    assert!(
        ran.stderr.contains("the window `night`, which opens"),
        "{}",
        ran.stderr
    );
}

/// The upgrade of a Catalyst 9300 needs 34 min with its way back, which are 3.4 s here.
#[test]
fn what_does_not_fit_any_more_is_held_and_nothing_is_disturbed() {
    let bench = by_night(&["sw-a"], &window(-3600, 2));
    let ran = bench.run(&ALL);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let code = ran.device("sw-a")["fault"]["code"].clone();
    // Told by what was left of it when the device got so far.
    assert!(
        code == "window_too_short" || code == "window_over",
        "{code}"
    );
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 0);
    assert_eq!(bench.truth("sw-a")["running_version"], "17.09.04a");
}

#[test]
fn a_plan_says_whether_the_list_fits_into_its_window() {
    let bench = by_night(&["sw-a", "sw-b", "sw-c"], &window(3600, 3620));
    bench.configure(|text| text.replace("devices = 8", "devices = 8\nreloads = 1"));
    let ran = bench.run(&["plan", "--output", "table"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // A few seconds each here, and as much again must be left for a way back.
    assert!(ran.stdout.contains("3 of 3 devices fit"), "{}", ran.stdout);
    bench.configure(|text| text.replace("reloads = 1\n", "reloads = 1\ntransfers = 1\n"));
    let json = bench.run(&["plan", "--output", "json"]).json();
    let windows = json["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0]["fit"].as_array().unwrap().len(), 3);
    assert_eq!(windows[0]["left"].as_array().unwrap().len(), 0);
}

#[test]
fn rules_that_cannot_be_followed_touch_nothing() {
    let bench = by_night(&["sw-a"], "");
    let ran = bench.run(&ALL);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(bench.redact(ran.stderr.trim_end()), @"
    error: inventory.csv, row 2 names the window `night`, which is not defined [window_unknown]
      next: define it with [[window]] in the configuration, or correct the name
    ");
    let past = "[[window]]\nname = \"night\"\nzone = \"Europe/Berlin\"\ndates = [\"2026-01-01\"]\nstarts = \"22:00\"\nends = \"04:00\"\n";
    bench.add_to_configuration(past);
    let ran = bench.run(&ALL);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(bench.redact(ran.stderr.trim_end()), @"
    error: the window `night` does not open any more: its dates are over or blacked out [window_over]
      next: give the window dates that are to come, or name another one
    ");
    bench.configure(|text| text.replace("Europe/Berlin", "Europe/Bärlin"));
    let ran = bench.run(&ALL);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(bench.redact(ran.stderr.trim_end()), @"
    error: iosxe.toml: the window `night` is in the time zone `Europe/Bärlin`, which nobody knows [window_zone]
      next: give the name of a time zone as it stands in the IANA list: `Europe/Berlin`
    ");
    bench.configure(|text| format!("{text}[waves]\nfailures = 0\n"));
    let ran = bench.run(&["upgrade", "--all"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("waves.failures is 0"), "{}", ran.stderr);
    bench.assert_no_contact();
}
