//! Waves, windows and limits: who may be disturbed when.

use std::collections::BTreeSet;
use std::time::Duration;

use iosxe_core::event::Event;
use iosxe_core::fleet::{FleetPolicy, SiteRules, Window};
use iosxe_core::stage::Outcome;
use jiff::Timestamp;

use super::bench::{Bench, Setup};

const MINUTE: Duration = Duration::from_secs(60);

/// Runs of these devices under such rules; each begins on Monday, 2:00 UTC.
fn fleet(names: &[&str], rules: impl FnOnce(&mut FleetPolicy)) -> Setup {
    let mut setup = Setup::of(names);
    rules(&mut setup.policy.fleet);
    setup
}

fn in_waves(setup: &mut Setup, waves: &[u32]) {
    for (record, wave) in setup.records.iter_mut().zip(waves) {
        record.wave = Some(*wave);
    }
}

/// A window in UTC.
fn window(times: &str) -> Window {
    toml::from_str(&format!("name = \"night\"\nzone = \"UTC\"\n{times}")).unwrap()
}

/// The port of a device that never comes back.
fn spoil(bench: &mut Bench, name: &str) {
    bench.sim(name).troubles.port_down = Some(Duration::from_secs(86_400 * 9));
}

/// The longest time that so many devices were disturbed at once, by their records.
fn most_at_once(bench: &Bench) -> usize {
    let mut down = BTreeSet::new();
    let mut most = 0;
    for record in &bench.records {
        let name = record.device.clone();
        match &record.event {
            Event::Intent { commands, .. } if commands.iter().any(|c| c == "install activate") => {
                down.insert(name);
            }
            Event::SoakUntil { .. } | Event::Ended { .. } => {
                down.remove(&name);
            }
            _ => {}
        }
        most = most.max(down.len());
    }
    most
}

/// What a device said that it waits for.
fn queued(bench: &Bench, name: &str) -> Vec<String> {
    bench.events(name, |r| match &r.event {
        Event::Queued { what, .. } => Some(what.clone()),
        _ => None,
    })
}

fn ended(bench: &Bench, name: &str) -> Timestamp {
    bench.device(name).ended_at.unwrap()
}

#[test]
fn a_wave_begins_when_the_one_before_it_is_through_and_was_watched() {
    let mut setup = fleet(&["sw-a", "sw-b", "sw-c"], |f| f.waves.soak = 30 * MINUTE);
    in_waves(&mut setup, &[1, 1, 2]);
    let mut bench = Bench::with(setup);
    bench.run();
    for name in ["sw-a", "sw-b", "sw-c"] {
        assert_eq!(bench.outcome(name), Outcome::Upgraded);
    }
    let through = ended(&bench, "sw-a").max(ended(&bench, "sw-b"));
    let soaked = crate::dispatcher::later(through, 30 * MINUTE);
    assert!(bench.when("sw-c", "act activate") >= soaked);
    // Copies go ahead of it.
    assert!(bench.when("sw-c", "act add") < ended(&bench, "sw-a"));
    let looks = bench.events("sw-a", |r| match &r.event {
        Event::Watched { findings } => Some((r.at, findings.len())),
        _ => None,
    });
    assert!(looks.len() >= 4, "{looks:?}");
    assert!(
        looks.last().unwrap().0 >= soaked,
        "the last look is behind the soak"
    );
    let waits = queued(&bench, "sw-c");
    assert_eq!(
        waits,
        [
            "wave 1",
            "wave 1, which is being watched",
            "a last look at wave 1"
        ]
    );
}

#[test]
fn a_device_that_gets_worse_while_it_is_watched_stops_the_next_wave() {
    let mut setup = fleet(&["sw-a", "sw-b"], |f| f.waves.soak = 60 * MINUTE);
    in_waves(&mut setup, &[1, 2]);
    let mut bench = Bench::with(setup);
    bench.run_until("sw-a is through", |b| b.device("sw-a").ended.is_some());
    spoil(&mut bench, "sw-a");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    assert_eq!(bench.outcome("sw-b"), Outcome::Held);
    let fault = bench.fault("sw-b");
    assert_eq!(fault.code, "wave_unhealthy");
    assert!(
        fault
            .message
            .starts_with("sw-a of wave 1 was upgraded, and is worse since: port:"),
        "{fault}"
    );
    assert!(!bench.acts("sw-b").contains(&"activate"));
}

#[test]
fn a_flap_while_a_wave_is_watched_stops_nobody() {
    let mut setup = fleet(&["sw-a", "sw-b"], |f| f.waves.soak = 60 * MINUTE);
    in_waves(&mut setup, &[1, 2]);
    let mut bench = Bench::with(setup);
    bench.run_until("sw-a is through", |b| b.device("sw-a").ended.is_some());
    spoil(&mut bench, "sw-a");
    bench.run_until_event(
        "a look that finds it",
        |e| matches!(e, Event::Watched { findings } if !findings.is_empty()),
    );
    bench.sim("sw-a").troubles.port_down = None;
    bench.run();
    assert_eq!(bench.outcome("sw-b"), Outcome::Upgraded);
}

#[test]
fn a_wave_that_failed_stops_the_next_one_and_what_is_left_of_itself() {
    let mut setup = fleet(&["sw-a", "sw-b", "sw-c"], |f| f.reloads = Some(1));
    in_waves(&mut setup, &[1, 1, 2]);
    let mut bench = Bench::with(setup);
    spoil(&mut bench, "sw-a");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    let fault = bench.fault("sw-b");
    assert_eq!(fault.code, "failure_budget");
    assert_eq!(
        fault.message,
        "of wave 1, 1 device failed (sw-a), and a wave stops at 1"
    );
    assert_eq!(bench.fault("sw-c").code, "earlier_wave");
    for name in ["sw-b", "sw-c"] {
        assert_eq!(bench.acts(name), ["transfer", "add"]);
    }
}

#[test]
fn a_budget_that_allows_a_failure_goes_on_behind_it() {
    let mut setup = fleet(&["sw-a", "sw-b", "sw-c"], |f| f.waves.failures = 2);
    in_waves(&mut setup, &[1, 1, 2]);
    let mut bench = Bench::with(setup);
    spoil(&mut bench, "sw-a");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.outcome("sw-b"), Outcome::Upgraded);
    assert_eq!(bench.outcome("sw-c"), Outcome::Upgraded);
}

/// A wave in which nothing went well proves nothing, however many failures are allowed.
#[test]
fn a_canary_that_failed_is_none() {
    let mut setup = fleet(&["sw-a", "sw-b"], |f| {
        f.waves.canary = Some(1);
        f.waves.failures = 5;
    });
    setup.limits.devices = 5;
    let mut bench = Bench::with(setup);
    spoil(&mut bench, "sw-a");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-b").code, "earlier_wave");
}

#[test]
fn the_run_stops_at_its_budget_whatever_the_waves() {
    let names = ["sw-a", "sw-b", "sw-c", "sw-d"];
    let mut bench = Bench::with(fleet(&names, |f| {
        f.reloads = Some(1);
        f.waves.run_failures = Some(2);
    }));
    spoil(&mut bench, "sw-a");
    spoil(&mut bench, "sw-c");
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.outcome("sw-b"), Outcome::Upgraded);
    assert_eq!(bench.outcome("sw-c"), Outcome::RolledBack);
    assert_eq!(bench.fault("sw-d").code, "failure_budget");
    assert_eq!(bench.acts("sw-d"), ["transfer", "add"]);
}

/// With fewer places than devices that wait for a wave, those of the wave before must find one.
#[test]
fn whoever_waits_gives_its_place_away() {
    let mut setup = fleet(&["sw-a", "sw-b", "sw-c"], |_| {});
    in_waves(&mut setup, &[2, 2, 1]);
    setup.limits.devices = 1;
    let mut bench = Bench::with(setup);
    bench.run();
    for name in ["sw-a", "sw-b", "sw-c"] {
        assert_eq!(bench.outcome(name), Outcome::Upgraded, "{name}");
    }
    assert!(bench.when("sw-a", "act activate") > ended(&bench, "sw-c"));
    assert_eq!(most_at_once(&bench), 1);
}

#[test]
fn no_more_devices_are_disturbed_at_once_than_may_be() {
    let names = ["sw-a", "sw-b", "sw-c", "sw-d", "sw-e"];
    let mut free = Bench::with(fleet(&names, |_| {}));
    free.run();
    assert_eq!(most_at_once(&free), 5);
    let mut all = Bench::with(fleet(&names, |f| f.reloads = Some(2)));
    all.run();
    assert_eq!(most_at_once(&all), 2);

    let mut setup = fleet(&names, |f| {
        f.sites = vec![SiteRules {
            pattern: "lyon".into(),
            reloads: Some(1),
            ..SiteRules::default()
        }];
    });
    for record in &mut setup.records {
        let lyon = record.name.as_str() < "sw-d";
        record.site = Some(if lyon { "Lyon" } else { "Nantes" }.into());
    }
    let mut site = Bench::with(setup);
    site.run();
    assert_eq!(most_at_once(&site), 3, "one of Lyon, both of Nantes");
    for name in names {
        assert_eq!(site.outcome(name), Outcome::Upgraded);
    }
}

#[test]
fn a_device_goes_when_its_window_opens_and_not_before() {
    let mut setup = fleet(&["sw-a"], |f| {
        f.windows = vec![window("starts = \"04:00\"\nends = \"08:00\"")];
    });
    setup.records[0].window = Some("night".into());
    let mut bench = Bench::with(setup);
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::Upgraded);
    let opens: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
    assert!(
        bench.when("sw-a", "act add") < opens,
        "what disturbs nobody goes ahead"
    );
    let activated = bench.when("sw-a", "act activate");
    assert!(
        activated >= opens && activated < crate::dispatcher::later(opens, MINUTE),
        "{activated}"
    );
    assert_eq!(
        queued(&bench, "sw-a"),
        ["the window `night`, which opens Mon 2026-11-23 04:00 UTC"]
    );
}

/// The upgrade takes 10 min, the checks may fail for 10 and the way back takes 10: 30 in all.
#[test]
fn what_does_not_fit_with_its_way_back_is_not_begun() {
    let at = |times: &str| {
        let mut setup = fleet(&["sw-a"], |f| f.windows = vec![window(times)]);
        setup.records[0].window = Some("night".into());
        let mut bench = Bench::with(setup);
        bench.run();
        bench
    };
    let fits = at("starts = \"01:00\"\nends = \"02:32\"");
    assert_eq!(fits.outcome("sw-a"), Outcome::Upgraded);
    let late = at("starts = \"01:00\"\nends = \"02:25\"");
    assert_eq!(late.outcome("sw-a"), Outcome::Held);
    let fault = late.fault("sw-a");
    assert_eq!(fault.code, "window_closed");
    assert_eq!(
        fault.message,
        "the window `night` has no room any more for 30 minutes and the way back: it opens again Tue 2026-11-24 01:00 UTC"
    );
    assert_eq!(late.acts("sw-a"), ["transfer", "add"]);
    let short = at("starts = \"02:00\"\nends = \"02:20\"");
    assert_eq!(short.fault("sw-a").code, "window_too_short");
    let over = at("dates = [\"2026-11-22\"]\nstarts = \"02:00\"\nends = \"05:00\"");
    assert_eq!(over.fault("sw-a").code, "window_over");
}

/// Design rules 3 and 4: what was begun is finished, and a failed gate takes a device back, whatever the
/// window says by then.
#[test]
fn a_window_that_closes_stops_nothing_that_was_begun() {
    for spoilt in [false, true] {
        let mut setup = fleet(&["sw-a"], |f| {
            f.windows = vec![window("starts = \"01:00\"\nends = \"02:31\"")];
        });
        setup.records[0].window = Some("night".into());
        let mut bench = Bench::with(setup);
        // Slower than anybody thought.
        bench.sim("sw-a").troubles.stays_away = Some(40 * MINUTE);
        if spoilt {
            spoil(&mut bench, "sw-a");
        }
        bench.run();
        let closed: Timestamp = "2026-11-23T02:31:00Z".parse().unwrap();
        assert!(ended(&bench, "sw-a") > closed);
        let outcome = if spoilt {
            Outcome::RolledBack
        } else {
            Outcome::Upgraded
        };
        assert_eq!(bench.outcome("sw-a"), outcome);
        let warned = bench
            .device("sw-a")
            .warnings
            .iter()
            .any(|w| w.contains("after its window `night` closed"));
        assert!(warned, "rule 6: {:?}", bench.device("sw-a").warnings);
    }
}

#[test]
fn a_run_that_is_killed_waits_on_for_its_wave_and_its_window() {
    let mut setup = fleet(&["sw-a", "sw-b"], |f| {
        f.waves.soak = 30 * MINUTE;
        f.windows = vec![window("starts = \"03:00\"\nends = \"08:00\"")];
    });
    in_waves(&mut setup, &[1, 2]);
    for record in &mut setup.records {
        record.window = Some("night".into());
    }
    let mut whole = Bench::with(setup);
    whole.run();
    assert_eq!(whole.outcome("sw-b"), Outcome::Upgraded);
    let opens: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
    for moment in &whole.moments {
        let mut bench = whole.resumed(moment, MINUTE);
        bench.run();
        for name in ["sw-a", "sw-b"] {
            assert_eq!(bench.outcome(name), Outcome::Upgraded);
            let count = bench.sims[&name.into()].count("activate");
            assert_eq!(count, 1, "{name} after {} records", moment.records);
            let sent = bench.records.iter().find(|r| {
                r.device.as_ref().is_some_and(|d| d.as_str() == name)
                    && matches!(&r.event, Event::Intent { commands, .. } if commands[0] == "install activate")
            });
            assert!(sent.unwrap().at >= opens);
        }
        let through = bench.records.iter().find(|r| {
            r.device.as_ref().is_some_and(|d| d.as_str() == "sw-a")
                && matches!(r.event, Event::Ended { .. })
        });
        let activated = bench.records.iter().find(|r| {
            r.device.as_ref().is_some_and(|d| d.as_str() == "sw-b")
                && matches!(&r.event, Event::Intent { commands, .. } if commands[0] == "install activate")
        });
        let waited = crate::dispatcher::between(through.unwrap().at, activated.unwrap().at);
        assert!(waited >= 30 * MINUTE);
    }
}
