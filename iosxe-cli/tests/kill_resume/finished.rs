//! Runs that have nothing left to do.

use iosxe_lab::EventKind;

use super::bench::Bench;
use super::support::{c9300, fault};

#[test]
fn a_finished_run_prints_its_summary_and_exits_as_it_did() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.upgrade().finish();
    bench.assert_upgraded_once(&ran, "sw-a");
    let seen = bench.events("sw-a").len();

    let again = bench.start(&["resume", bench.run_id().as_str()]).finish();
    assert_eq!((again.code, &again.stdout), (0, &ran.stdout));
    let without_name = bench.resume().finish();
    assert_eq!(without_name.stdout, "");
    insta::assert_snapshot!(format!("exit {}\n{}", without_name.code, without_name.stderr), @r"
    exit 2
    error: no run is unfinished [nothing_to_resume]
      next: look at the runs: `iosxe status --all`
    ");
    let unknown = bench.start(&["resume", "20000101-000000-beef"]).finish();
    assert_eq!(unknown.stdout, "");
    insta::assert_snapshot!(format!("exit {}\n{}", unknown.code, unknown.stderr), @r"
    exit 2
    error: journal.db has no run 20000101-000000-beef [no_such_run]
      next: list the runs: `iosxe status --all`
    ");
    assert_eq!(
        bench.events("sw-a").len(),
        seen,
        "the device was left alone"
    );
}

#[test]
fn without_any_run_there_is_nothing_to_resume() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.resume().finish();
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(format!("exit {}\n{}", ran.code, ran.stderr), @r"
    exit 2
    error: no run is unfinished [nothing_to_resume]
      next: look at the runs: `iosxe status --all`
    ");
    assert_eq!(bench.count("sw-a", EventKind::Login), 0);
}

/// A refused device is an answer to those who named it, and one of many to those who did not.
#[test]
fn a_finished_run_remembers_whether_its_devices_were_named() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.set_fault("sw-a", fault("unsaved_config"));
    for (select, code) in [(["--limit", "sw-a"].as_slice(), 3), (&["--all"], 0)] {
        let mut arguments = vec!["upgrade", "--approve", "auto"];
        arguments.extend(select);
        let ran = bench.start(&arguments).finish();
        assert_eq!(ran.code, code, "{select:?}\n{}", ran.stdout);
        assert_eq!(ran.device("sw-a")["outcome"], "refused");
        let again = bench.start(&["resume", bench.run_id().as_str()]).finish();
        assert_eq!((again.code, &again.stdout), (code, &ran.stdout));
    }
}
