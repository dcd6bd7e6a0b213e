//! `verify`: a device held against the baseline of an earlier run, over SSH, with nothing changed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::Fault;

use support::{Bench, Ran, c9300, device, fault, stack};

/// A check that only the ring of a stack can fail.
const RING: &str = r#"
[[check]]
name = "ring"
command = "show switch stack-ports summary"
equal_to_baseline = true
weight = "WEIGHT"
"#;

fn verify(bench: &Bench, which: &[&str]) -> Ran {
    let mut arguments = vec!["verify", "--output", "json"];
    arguments.extend(which);
    bench.run(&arguments)
}

fn changed(bench: &Bench) -> usize {
    let only_looks = ["Login", "Logout", "Fault", "Command"];
    let events = bench.timeline();
    let kinds = events.iter().map(|e| format!("{:?}", e.kind));
    kinds.filter(|k| !only_looks.contains(&k.as_str())).count()
}

fn upgrade(bench: &Bench) -> Ran {
    bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"])
}

#[test]
fn an_upgraded_device_is_held_against_the_run_that_upgraded_it() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let upgraded = upgrade(&bench);
    assert_eq!(upgraded.code, 0, "{}", upgraded.stderr);
    // A later run that had nothing to do has no baseline, and is passed over.
    assert_eq!(upgrade(&bench).device("sw-a")["outcome"], "already");
    let row = bench.table();
    let before = changed(&bench);
    let ran = verify(&bench, &["sw-a"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told = ran.device("sw-a");
    for (key, value) in [
        ("outcome", "already"),
        ("stage", "postcheck"),
        ("to", "17.12.04"),
        ("running", "17.12.04"),
        ("committed", "17.12.04"),
    ] {
        assert_eq!(told[key], value, "{key}: {told}");
    }
    assert_eq!(told["against"]["run"], upgraded.run_name().as_str());
    let wants = "17.12.04, there to stay, in install mode";
    assert_eq!(told["against"]["wants"], wants);
    assert!(ran.stderr.contains(wants), "{}", ran.stderr);
    assert_eq!(changed(&bench), before, "it only reads");
    // How the device stands is the word of the runs that change it.
    for cell in ["status", "stage", "run", "plan", "method", "last_upgrade"] {
        let (was, is) = (row.cell("sw-a", cell), bench.table());
        assert_eq!(is.cell("sw-a", cell), was, "{cell}");
    }
    let report = format!("runs/{}/report.html", ran.run_name());
    assert!(bench.read(&report).contains("Held against"));
    let runs = bench.run(&["status", "--all"]).json();
    assert_eq!(runs["runs"][0]["verb"], "verify");
    // Named, it is the only run that is asked.
    let named = verify(&bench, &["sw-a", "--run", &upgraded.run_name()]);
    assert_eq!(named.device("sw-a")["outcome"], "already");
}

#[test]
fn a_check_without_an_upgrade_is_enough_also_where_nothing_has_to_be_changed() {
    let mut there = c9300("sw-there");
    there.version = "17.12.04".into();
    let bench = Bench::new(vec![c9300("sw-a"), there]);
    let checked = bench.run(&["check", "--output", "json"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert_eq!(checked.device("sw-there")["outcome"], "already");
    let ran = verify(&bench, &["--all"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for (name, release) in [("sw-a", "17.09.04a"), ("sw-there", "17.12.04")] {
        let told = ran.device(name);
        assert_eq!(told["outcome"], "already", "{told}");
        assert_eq!(told["to"], release, "{told}");
    }
    bench.assert_only_read();
}

#[test]
fn a_device_without_a_baseline_is_refused_and_told_what_to_run() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    let checked = bench.run(&["check", "--limit", "sw-a", "--output", "json"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let ran = verify(&bench, &["--all"]);
    assert_eq!(ran.code, 0, "refused, and nobody named it: {}", ran.stderr);
    assert_eq!(ran.device("sw-a")["outcome"], "already");
    let ran = verify(&bench, &["sw-b"]);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-b: refused in postcheck: no run has a baseline of it [no_baseline]
      next: run check first, which changes nothing: `iosxe check --limit sw-b`
    ");
    let other = verify(&bench, &["sw-b", "--run", &checked.run_name()]);
    assert_eq!(other.code, 3);
    assert_eq!(other.device("sw-b")["fault"]["code"], "no_baseline");
    assert_eq!(bench.sent("sw-b", ""), 0, "nobody asked it anything");
    assert_eq!(bench.table().cell("sw-b", "status"), "");
}

#[test]
fn what_differs_is_a_dead_letter_until_it_is_put_right_and_the_row_follows() {
    let bench = Bench::new(vec![stack("sw-a")]);
    bench.add_to_configuration(&RING.replace("WEIGHT", "gate"));
    let upgraded = upgrade(&bench);
    assert_eq!(upgraded.device("sw-a")["outcome"], "upgraded");
    bench.set_fault("sw-a", fault("half_ring"));
    let before = changed(&bench);
    let ran = verify(&bench, &["sw-a"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    sw-a: dead_letter in postcheck: it is not as in run <run> of <date> <time> UTC: check:ring is changed, lines: 2 gone (first: `1/1        OK           3/2            50cm           Yes       Yes           Ye`), 2 new (first: `1/1        DOWN         NONE/NONE      No Cable       Yes       No            No`), expected the same 8 lines as before [gate_failed]
      next: put right what differs, then verify again; nothing was changed
    ");
    assert_eq!(changed(&bench), before, "it only reads");
    let row = bench.table();
    assert_eq!(row.cell("sw-a", "status"), "dead_letter");
    assert_eq!(row.cell("sw-a", "stage"), "postcheck");
    assert!(row.cell("sw-a", "last_error").contains("check:ring"));
    bench.lab().clear_faults("sw-a").unwrap();
    let ran = verify(&bench, &["sw-a"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let row = bench.table();
    assert_eq!(row.cell("sw-a", "status"), "upgraded");
    assert_eq!(row.cell("sw-a", "stage"), "close");
    assert_eq!(row.cell("sw-a", "run"), upgraded.run_name());
    assert_eq!(row.cell("sw-a", "last_error"), "");
}

#[test]
fn a_check_that_warns_is_told_and_fails_nothing() {
    let bench = Bench::new(vec![stack("sw-a")]);
    bench.add_to_configuration(&RING.replace("WEIGHT", "warn"));
    let checked = bench.run(&["check", "--output", "json"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    // The checks are those of the run that has the baseline.
    bench.configure(|text| text.split("[[check]]").next().unwrap().to_owned());
    bench.set_fault("sw-a", fault("half_ring"));
    let ran = verify(&bench, &["sw-a"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told = ran.device("sw-a");
    assert_eq!(told["outcome"], "already", "{told}");
    let warned = told["warnings"].as_array().unwrap();
    let of_ring = |w: &serde_json::Value| w.as_str().unwrap().contains("check:ring");
    assert!(warned.iter().any(of_ring), "{told}");
}

#[test]
fn another_release_than_the_run_wants_is_a_dead_letter_at_once() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let checked = bench.run(&["check", "--output", "json"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    // Somebody else upgrades it, by notes of their own.
    let other = bench.run(&[
        "upgrade",
        "--all",
        "--approve",
        "auto",
        "--journal",
        "other.db",
    ]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    let ran = verify(&bench, &["sw-a"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    sw-a: dead_letter in postcheck: run <run> wants 17.09.04a, there to stay, in install mode: members: 17.12.04 runs; expected 17.09.04a on every member [release_differs]
      next: find out who changed it, and look at how that run left it: `iosxe status <run>
    ");
}

#[test]
fn a_device_on_trial_is_told_apart_and_its_row_stays_the_runs() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.run(&[
        "upgrade",
        "--all",
        "--approve",
        "auto",
        "--until",
        "upgrade",
        "--output",
        "json",
    ]);
    assert_eq!(ran.device("sw-a")["outcome"], "uncommitted");
    let row = bench.table();
    let verified = verify(&bench, &["sw-a"]);
    assert_eq!(verified.code, 1, "{}", verified.stderr);
    insta::assert_snapshot!(bench.told(&verified), @r"
    exit 1
    sw-a: uncommitted in postcheck: it is as healthy as in run <run>, and 17.12.04 is not committed [not_committed]
      next: go on with that run, or decide by hand with `commit` or `abort`: `iosxe resume <run>
    ");
    for cell in ["status", "stage", "run", "last_error"] {
        let is = bench.table();
        assert_eq!(is.cell("sw-a", cell), row.cell("sw-a", cell), "{cell}");
    }
    let back = bench.run(&["abort", "sw-a", "--reason", "it was a rehearsal"]);
    assert_eq!(back.code, 0, "{}", back.stderr);
    assert_eq!(verify(&bench, &["sw-a"]).code, 0);
}

#[test]
fn a_device_that_went_back_is_held_against_what_it_came_from() {
    let bench = Bench::new(vec![device("sw-a", "C9300-24P")]);
    bench.set_fault("sw-a", fault("interface_down_after_upgrade"));
    let ran = upgrade(&bench);
    assert_eq!(ran.device("sw-a")["outcome"], "rolled_back");
    let ran = verify(&bench, &["sw-a"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.device("sw-a")["to"], "17.09.04a");
    assert_eq!(bench.table().cell("sw-a", "status"), "rolled_back");
}

#[test]
fn one_that_does_not_answer_is_a_dead_letter_and_another_run_or_device_is_wrong_usage() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let checked = bench.run(&["check", "--output", "json"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    bench.set_fault(
        "sw-a",
        Fault {
            times: Some(50),
            ..fault("wrong_password")
        },
    );
    let ran = verify(&bench, &["sw-a"]);
    assert_ne!(ran.code, 0, "{}", ran.stderr);
    assert_ne!(ran.device("sw-a")["outcome"], "already");
    for which in [
        &["sw-z"][..],
        &["sw-a", "--run", "20200101-000000-0000"],
        &[],
    ] {
        let ran = verify(&bench, which);
        assert_eq!(ran.code, 2, "{which:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty());
    }
}
