//! A crash after every single record, and after every single act: design section 3 and rule 9.

use std::time::Duration;

use iosxe_core::stage::Outcome;

use super::bench::{Bench, Moment};

/// What a device must have been sent in all its lives together.
type Sent = [(&'static str, usize)];

/// Kills a run at every moment that it had; each time another process takes it on, later by `after`.
pub(super) fn killed_everywhere(whole: &Bench, after: Duration, outcome: Outcome, sent: &Sent) {
    assert_eq!(whole.outcome("sw-a"), outcome, "without a crash");
    let moments: Vec<&Moment> = whole.moments.iter().filter(|m| m.records > 2).collect();
    assert!(moments.len() > 50, "{} moments", moments.len());
    for moment in moments {
        let last = &whole.records[moment.records - 1].event;
        let place = format!("killed after record {}, {last:?}", moment.records);
        let mut bench = whole.resumed(moment, after);
        bench.run();
        // What it does first is to look.
        if let Some(first) = bench.tasks.first() {
            assert!(!first.what.starts_with("act "), "{place}: {first:?}");
        }
        let looked = bench.tasks.iter().position(|t| t.what.starts_with("look"));
        let acted = bench.tasks.iter().position(|t| t.what.starts_with("act "));
        assert!(
            acted.is_none_or(|acted| looked.is_some_and(|l| l < acted)),
            "{place}: {:?}",
            bench.tasks
        );
        assert_eq!(bench.outcome("sw-a"), outcome, "{place}");
        for (command, times) in sent {
            let found = bench.sim("sw-a").count(command);
            assert_eq!(found, *times, "{command}, {place}");
        }
    }
}

#[test]
fn rule_9_nothing_is_sent_twice_wherever_an_upgrade_is_killed() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.run();
    killed_everywhere(
        &bench,
        Duration::from_secs(30),
        Outcome::Upgraded,
        &[("copy", 1), ("add", 1), ("activate", 1), ("commit", 1)],
    );
}

#[test]
fn rule_9_nothing_is_sent_twice_wherever_a_way_back_is_killed() {
    let mut bench = Bench::new(&["sw-a"]);
    bench.sim("sw-a").troubles.port_down = Some(Duration::from_secs(86_400));
    bench.run();
    killed_everywhere(
        &bench,
        Duration::from_secs(30),
        Outcome::RolledBack,
        &[("copy", 1), ("activate", 1), ("abort", 1), ("commit", 0)],
    );
}

/// Nobody came back before the timer ran out: whatever had been activated went back by itself and is
/// sent nothing disruptive (rule 7), and what was committed stays.
#[test]
fn rule_7_a_resume_a_day_later_finds_out_what_became_of_it() {
    let mut whole = Bench::new(&["sw-a"]);
    whole.run();
    let moments: Vec<Moment> = whole.moments.clone();
    for moment in moments.iter().filter(|m| m.records > 2) {
        let mut bench = whole.resumed(moment, Duration::from_secs(86_400));
        bench.run();
        let now = bench.now;
        let sim = bench.sim("sw-a");
        let activated_before = moment.sims[&"sw-a".into()].count("activate");
        let committed_before = moment.sims[&"sw-a".into()].count("commit");
        let runs = sim.runs(now);
        assert_eq!(sim.count("activate"), 1, "{moment:?}");
        assert!(sim.is_committed());
        let expected = if activated_before == 1 && committed_before == 0 {
            assert_eq!(sim.auto_aborts, 1);
            assert_eq!(runs, super::driver::FROM);
            Outcome::RolledBack
        } else {
            assert_eq!(runs, super::driver::TO);
            Outcome::Upgraded
        };
        assert_eq!(bench.outcome("sw-a"), expected, "{moment:?}");
    }
}
