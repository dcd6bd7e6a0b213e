//! Facts in a file: written by `discover --save`, planned from by `plan --facts`, held against the
//! device when the plan is carried out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{DeviceSpec, EventKind};
use serde_json::{Value, json};

use support::{Bench, Ran, VIA_17_9, c9300, device, stack};

/// How every print of a plan from saved facts begins.
const RESTS_ON: &str = "planned from the facts saved in facts.json, no device was asked; read ";

/// Adds `discover --save` to what the bench has.
#[track_caller]
fn discovered(bench: &Bench) {
    let ran = bench.run(&["discover", "--save", "facts.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// From here on no device can be reached: nobody listens at the addresses of the rows.
fn cut_off(bench: &Bench, names: &[&str]) {
    bench.edit(|table| {
        for (port, name) in (1..).zip(names) {
            table.set(name, "address", &format!("127.0.0.1:{port}"));
        }
    });
}

/// A plan without what only one from saved facts has.
fn planned(ran: &Ran) -> Value {
    let mut plan = ran.json();
    plan.as_object_mut().unwrap().remove("facts");
    for device in plan["devices"].as_array_mut().unwrap() {
        device.as_object_mut().unwrap().remove("facts_read_at");
    }
    plan
}

/// What `plan --facts` prints for a person, without how old the facts are.
fn told(bench: &Bench, ran: &Ran) -> String {
    let printed = match ran.stdout.split_once("\n\n") {
        Some((ages, rest)) if ages.starts_with(RESTS_ON) => rest,
        _ => &ran.stdout,
    };
    let text = format!("exit {}\n{printed}{}", ran.code, ran.stderr);
    bench.redact(text.trim_end())
}

#[test]
fn a_plan_from_saved_facts_is_the_one_of_the_device_and_touches_nothing() {
    let names = ["sw-a", "st-a", "rt-a", "sw-far", "sw-held"];
    let bench = Bench::new(vec![
        c9300("sw-a"),
        stack("st-a"),
        device("rt-a", "ISR4451-X/K9"),
        c9300("sw-far"),
        c9300("sw-held"),
    ]);
    bench.edit(|table| {
        // No image of that release, and a row that nobody shall work on.
        table.set("sw-far", "target_version", "17.15.01");
        table.set("sw-far", "image", "");
        table.set("sw-held", "hold", "yes");
    });
    let live = bench.run(&["plan"]);
    assert_eq!(live.code, 0, "{}", live.stderr);
    let ran = bench.run(&["discover", "--save", "facts.json"]);
    assert!(
        ran.stderr
            .contains("facts of 4 of 5 devices saved in facts.json"),
        "{}",
        ran.stderr
    );

    cut_off(&bench, &names);
    let before = (bench.read("inventory.csv"), bench.timeline().len());
    let runs = bench.run(&["status", "--all"]).json();
    let mut command = bench.command(&["plan", "--facts", "facts.json", "--save", "plan.json"]);
    for secret in ["IOSXE_USERNAME", "IOSXE_PASSWORD", "IOSXE_ENABLE"] {
        command.env_remove(secret);
    }
    let saved = support::Running::start(command).finish();
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    assert!(live.json()["hash"].is_string());
    assert_eq!(planned(&saved), planned(&live));
    let after = (bench.read("inventory.csv"), bench.timeline().len());
    assert_eq!(after, before, "neither inventory nor device");
    assert_eq!(bench.run(&["status", "--all"]).json(), runs, "it is no run");

    // It says what it rests on, wherever somebody looks.
    let facts = &saved.json()["facts"];
    assert_eq!(facts["file"], "facts.json");
    assert!(facts["age_s"].is_u64());
    assert_eq!(saved.device("sw-held")["facts_read_at"], Value::Null);
    let read_at = saved.device("sw-a")["facts_read_at"].clone();
    assert!(facts["oldest"].as_str() <= read_at.as_str());
    assert!(saved.stderr.contains(RESTS_ON), "{}", saved.stderr);
    assert!(
        saved
            .stderr
            .contains("the facts of 4 devices were read at another address than the row has now: "),
        "{}",
        saved.stderr
    );
    let table = bench.run(&["plan", "--facts", "facts.json", "--output", "table"]);
    assert!(table.stdout.starts_with(RESTS_ON), "{}", table.stdout);
    let ndjson = bench.run(&["plan", "--facts", "facts.json", "--output", "ndjson"]);
    assert_eq!(ndjson.lines().len(), 1, "there are no events");
    assert_eq!(ndjson.lines()[0]["type"], "summary");
    assert_eq!(ndjson.lines()[0]["hash"], live.json()["hash"]);

    // What is planned for is what the inventory says now.
    bench.edit(|table| {
        table.set("sw-a", "target_version", "17.15.01");
        table.set("sw-a", "image", "");
    });
    let limited = bench.run(&["plan", "--facts", "facts.json", "--limit", "sw-*"]);
    assert_eq!(limited.code, 3, "{}", limited.stderr);
    assert_eq!(limited.json()["devices"].as_array().unwrap().len(), 3);
    let (far, near) = (limited.device("sw-far"), limited.device("sw-a"));
    assert_eq!(near["to"], "17.15.01");
    assert_eq!(near["refusal"]["code"], far["refusal"]["code"]);
}

#[test]
fn a_release_on_the_way_comes_out_as_live() {
    for (between, outcome) in [("17.09.04a", "ready"), ("17.12.04", "refused")] {
        let device = |name: &str, to: &str| {
            let mut spec = DeviceSpec::new(name, "C9300-24P", "17.06.05");
            spec.target_version = Some(to.into());
            spec
        };
        let bench = Bench::new(vec![device("sw-a", "17.12.04"), device("sw-b", between)]);
        bench.write("rules.toml", VIA_17_9);
        bench.configure(|text| format!("rules = \"rules.toml\"\n{text}"));
        let live = bench.run(&["plan", "--limit", "sw-a"]);
        discovered(&bench);
        cut_off(&bench, &["sw-a", "sw-b"]);
        let saved = bench.run(&["plan", "--facts", "facts.json", "--limit", "sw-a"]);
        assert_eq!(saved.device("sw-a")["outcome"], outcome);
        assert_eq!(planned(&saved), planned(&live));
        if outcome == "ready" {
            let legs = json!(["17.09.04a", "17.12.04"]);
            assert_eq!(saved.device("sw-a")["legs"], legs);
        }
    }
}

#[test]
fn a_plan_from_saved_facts_is_held_against_the_device_before_it_is_carried_out() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    // Nothing in the row says which box it is.
    bench.edit(|table| table.set("sw-b", "serial", ""));
    discovered(&bench);
    // As if sw-b had been another one when it was read.
    let serial = bench.truth("sw-b")["serial"].as_str().unwrap().to_owned();
    let facts = bench.read("facts.json").replace(&serial, "FOC0000OLD0");
    bench.write("facts.json", facts);
    let ran = bench.run(&["plan", "--facts", "facts.json", "--save", "plan.json"]);
    assert_eq!(ran.device("sw-b")["outcome"], "ready", "{}", ran.stdout);
    let ran = bench.run(&["upgrade", "--plan", "plan.json", "--approve", "auto"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded");
    assert_eq!(ran.device("sw-b")["fault"]["code"], "plan_differs");
    assert_eq!(bench.count("sw-b", EventKind::InstallAdd), 0);
}

#[test]
fn facts_that_are_not_there_or_not_the_rows_are_told_in_a_sentence() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b"), c9300("sw-c")]);
    bench.edit(|table| {
        for (name, role) in [("sw-a", "old"), ("sw-b", "old"), ("sw-c", "new")] {
            table.set(name, "role", role);
        }
    });
    let ran = bench.run(&["discover", "--limit", "role=old", "--save", "facts.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    bench.edit(|table| {
        table.set("sw-a", "serial", "FOC0000NEW0");
        table.set("sw-b", "platform", "C9500");
    });
    let plan = ["plan", "--facts", "facts.json", "--output", "table"];
    let mut said = vec![told(&bench, &bench.run(&plan))];

    // A file as a whole.
    let whole = bench.read("facts.json");
    let newer = whole.replacen("\"iosxe_facts\":1", "\"iosxe_facts\":2", 1);
    assert_ne!(newer, whole);
    for text in [
        newer.replace("\"devices\"", "\"fleet\"").as_str(),
        "{\"iosxe_plan\":1,\"hash\":\"\",\"devices\":[]}",
        "{\"iosxe_facts\":1,\"devices\":[{\"device\":\"sw-a\"}]}",
        "{",
    ] {
        bench.write("facts.json", text);
        said.push(told(&bench, &bench.run(&plan)));
    }
    let mut twice: Value = serde_json::from_str(&whole).unwrap();
    let first = twice["devices"][0].clone();
    twice["devices"].as_array_mut().unwrap().push(first);
    bench.write("facts.json", twice.to_string());
    said.push(told(&bench, &bench.run(&plan)));
    std::fs::remove_file(bench.path("facts.json")).unwrap();
    said.push(told(&bench, &bench.run(&plan)));
    insta::assert_snapshot!(said.join("\n\n"), @r"
    exit 1
    sw-a  refused: the row says serial FOC0000NEW0, the device says FCW1927LFNN, as saved in facts.json at <date> <time> UTC [serial_differs]

    sw-b  refused: the row says platform C9500, the device is a C9300-48P, as saved in facts.json at <date> <time> UTC [platform_differs]

    sw-c  refused: facts.json has no facts of this device [facts_missing]

    0 of 3 devices planned
      next: correct the row, or save the facts anew where the device was replaced: `iosxe discover --save facts.json`
      next: correct the row, or save the facts anew where the device was replaced: `iosxe discover --save facts.json`
      next: save facts in which it is: `iosxe discover --save facts.json`

    exit 2
    error: facts.json: its format 2 is newer than 1, the newest that this program knows [facts_file]
      next: use the program that wrote it, or save the facts anew with this one: `iosxe discover --save facts.json`

    exit 2
    error: facts.json: it is no file that `iosxe discover --save` wrote [facts_file]
      next: save the facts anew: `iosxe discover --save facts.json`

    exit 2
    error: facts.json: the facts are damaged: missing field `address` at line 1 column 45 [facts_file]
      next: save the facts anew: `iosxe discover --save facts.json`

    exit 2
    error: facts.json: it is no JSON: EOF while parsing an object at line 1 column 1 [facts_file]
      next: save the facts anew: `iosxe discover --save facts.json`

    exit 2
    error: facts.json: sw-a is in it twice [facts_file]
      next: save the facts anew: `iosxe discover --save facts.json`

    exit 2
    error: facts.json: No such file or directory (os error 2) [facts_file]
      next: save the facts anew: `iosxe discover --save facts.json`
    ");
}

#[test]
fn facts_that_could_not_be_read_leave_an_older_file_as_it_is() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    cut_off(&bench, &["sw-b"]);
    let ran = bench.run(&["discover", "--save", "facts.json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("facts of 1 of 2 devices saved in facts.json"),
        "{}",
        ran.stderr
    );
    let kept = bench.read("facts.json");
    let ran = bench.run(&["discover", "--limit", "sw-b", "--save", "facts.json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("no facts were read: facts.json was not written"),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.read("facts.json"), kept);

    let ran = bench.run(&["discover", "--limit", "sw-a", "--save", "none/facts.json"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("cannot write none/facts.json: "),
        "{}",
        ran.stderr
    );
    let left = std::fs::read_dir(bench.path("")).unwrap();
    let left = left.filter(|e| {
        let name = e.as_ref().unwrap().file_name();
        name.to_string_lossy().contains(".new")
    });
    assert_eq!(left.count(), 0);
}
