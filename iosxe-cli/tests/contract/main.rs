//! What scripts rely on: exit codes, the shape of every document, where the words go.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

#[path = "../support/mod.rs"]
mod support;

use iosxe_lab::{EventKind, Fault};
use serde_json::{Value, json};

use support::{Bench, c9300, device, run_in, stack};

/// The names in an object, in order.
fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[track_caller]
fn has_keys(value: &Value, wanted: &[&str]) {
    let keys = keys(value);
    for key in wanted {
        assert!(keys.contains(key), "no `{key}` in {value:#}");
    }
}

const OUTCOMES: [&str; 12] = [
    "upgraded",
    "already",
    "ready",
    "staged",
    "refused",
    "rolled_back",
    "uncommitted",
    "in_progress",
    "held",
    "lost",
    "dead_letter",
    "not_started",
];

const DEVICE: [&str; 12] = [
    "name",
    "platform",
    "from",
    "to",
    "running",
    "committed",
    "method",
    "outcome",
    "stage",
    "auto_abort_deadline",
    "fault",
    "seconds",
];

/// The summary of a run, as `upgrade`, `status` and the others print it.
#[track_caller]
fn is_summary(value: &Value) {
    has_keys(value, &["run", "devices", "counts", "wall_s"]);
    let mut counted = keys(&value["counts"]);
    let mut outcomes = OUTCOMES.to_vec();
    counted.sort_unstable();
    outcomes.sort_unstable();
    assert_eq!(counted, outcomes);
    assert!(value["wall_s"].is_number());
    for device in value["devices"].as_array().unwrap() {
        has_keys(device, &DEVICE);
        assert!(OUTCOMES.contains(&device["outcome"].as_str().unwrap()));
        assert!(device["seconds"].is_number());
        if !device["fault"].is_null() {
            has_keys(&device["fault"], &["class", "code", "message", "remedy"]);
        }
    }
}

/// One upgrade seen from every side: its events, its summary, `status`, the inventory, a second
/// upgrade of what is upgraded already.
#[test]
fn an_upgrade_tells_its_events_and_ends_in_its_summary() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.run(&[
        "upgrade",
        "--all",
        "--approve",
        "auto",
        "--output",
        "ndjson",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = ran.lines();
    let (last, events) = lines.split_last().unwrap();
    for event in events {
        assert_eq!(event["type"], "event");
        has_keys(event, &["v", "run", "seq", "device", "at", "event"]);
    }
    assert!(events.iter().any(|e| e["event"]["kind"] == "intent"));
    assert_eq!(last["type"], "summary");
    is_summary(last);
    assert_eq!(last["counts"]["upgraded"], 1);
    let device = &last["devices"][0];
    for (key, value) in [
        ("name", "sw-a"),
        ("platform", "C9300-48P"),
        ("from", "17.09.04a"),
        ("to", "17.12.04"),
        ("running", "17.12.04"),
        ("committed", "17.12.04"),
        ("method", "three_step"),
        ("outcome", "upgraded"),
        ("stage", "close"),
    ] {
        assert_eq!(device[key], value, "{key}");
    }
    assert!(device["auto_abort_deadline"].is_null());
    assert!(device["fault"].is_null());
    // Records, without gaps; progress between them carries the last number.
    let mut seq = 0;
    for event in events {
        let next = event["seq"].as_u64().unwrap();
        assert!(next == seq || next == seq + 1, "{next} after {seq}");
        seq = next;
    }

    // The truth agrees, and the inventory says so.
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 1);
    let table = bench.table();
    assert_eq!(table.cell("sw-a", "status"), "upgraded");
    assert_eq!(table.cell("sw-a", "current_version"), "17.12.04");
    assert_eq!(table.cell("sw-a", "run"), last["run"].as_str().unwrap());
    assert!(table.cell("sw-a", "last_upgrade").ends_with("+00:00"));

    // A report is left beside the session logs, and its path is told.
    let report = format!("runs/{}/report.html", last["run"].as_str().unwrap());
    assert!(bench.read(&report).contains("sw-a"));
    assert!(
        ran.stderr.contains(&format!("report: {report}")),
        "{}",
        ran.stderr
    );

    // `status` shows the same from the journal, and `resume` of a finished run ends as it did.
    let mut summary = last.clone();
    summary.as_object_mut().unwrap().remove("type");
    let run = summary["run"].as_str().unwrap().to_owned();
    assert_eq!(bench.run(&["status"]).json(), summary);
    let resumed = bench.run(&["resume", &run]);
    assert_eq!((resumed.code, resumed.json()), (0, summary));

    let again = bench.run(&["upgrade", "--all", "--approve", "auto"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    is_summary(&again.json());
    assert_eq!(again.json()["counts"]["already"], 1);
    assert_eq!(bench.count("sw-a", EventKind::InstallActivate), 1);

    let runs = bench.run(&["status", "--all"]).json();
    let runs = runs["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for (found, outcome) in runs.iter().zip(["already", "upgraded"]) {
        assert_eq!(found["ended"], true);
        assert_eq!(found["verb"], "upgrade");
        assert_eq!(found["counts"][outcome], 1);
        assert!(found["started"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(runs[0]["run"], again.run_name().as_str(), "newest first");
    assert_eq!(runs[1]["run"], run.as_str());
}

/// `verify` prints what the other verbs print: events and a summary, and it changes nothing.
#[test]
fn a_verification_tells_its_events_and_ends_in_its_summary() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    let checked = bench.run(&["check", "--limit", "sw-a"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    let ran = bench.run(&["verify", "--all", "--output", "ndjson"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = ran.lines();
    let (last, events) = lines.split_last().unwrap();
    for event in events {
        assert_eq!(event["type"], "event");
        has_keys(event, &["v", "run", "seq", "device", "at", "event"]);
    }
    assert_eq!(last["type"], "summary");
    is_summary(last);
    assert_eq!(last["counts"]["already"], 1);
    assert_eq!(last["counts"]["refused"], 1);
    assert_eq!(bench.run(&["verify", "--limit", "sw-b"]).code, 3);
    assert_eq!(bench.run(&["verify", "sw-z"]).code, 2);
    let mut summary = last.clone();
    summary.as_object_mut().unwrap().remove("type");
    let run = summary["run"].as_str().unwrap().to_owned();
    assert_eq!(bench.run(&["status", &run]).json(), summary);
    bench.assert_only_read();
}

#[test]
fn status_without_any_run_is_empty_and_no_error() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.run(&["status"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.json()["run"], Value::Null);
    assert_eq!(ran.json()["devices"], json!([]));
    is_summary(&ran.json());
    let ran = bench.run(&["status", "--all"]);
    assert_eq!((ran.code, ran.json()), (0, json!({ "runs": [] })));
    assert!(!bench.path("journal.db").exists(), "a look makes no file");
}

#[test]
fn a_plan_has_its_keys_and_its_hash_stays_until_the_facts_change() {
    let bench = Bench::new(vec![
        c9300("sw-a"),
        stack("st-a"),
        device("rt-a", "ISR4451-X/K9"),
    ]);
    bench.edit(|table| {
        table.set("st-a", "target_version", "17.15.01");
        table.set("st-a", "image", "");
    });
    let ran = bench.run(&["plan", "--output", "json", "--save", "plan.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    bench.assert_only_read();
    let plan = ran.json();
    has_keys(&plan, &["run", "hash", "devices"]);
    assert_eq!(plan["run"], Value::Null);
    for device in plan["devices"].as_array().unwrap() {
        has_keys(
            device,
            &[
                "name", "from", "to", "method", "image", "steps", "reasons", "hash", "refusal",
            ],
        );
        for step in device["steps"].as_array().unwrap() {
            has_keys(step, &["kind", "command", "disturbs", "bound_s", "undo"]);
            let disturbs = step["disturbs"].as_str().unwrap();
            assert!(["none", "switchover", "reload"].contains(&disturbs));
            assert!(step["bound_s"].is_u64());
        }
    }
    assert_eq!(ran.device("sw-a")["method"], "three_step");
    assert_eq!(ran.device("rt-a")["method"], "bundle");
    let reloads = |name: &str| {
        let device = ran.device(name);
        let steps = device["steps"].as_array().unwrap();
        steps.iter().filter(|s| s["disturbs"] == "reload").count()
    };
    assert_eq!((reloads("sw-a"), reloads("rt-a")), (1, 1));
    let refused = ran.device("st-a");
    has_keys(&refused["refusal"], &["code", "message", "remedy"]);
    assert_eq!(refused["hash"], Value::Null);

    let again = bench.run(&["plan", "--output", "ndjson"]);
    let last = again.lines().pop().unwrap();
    assert_eq!(last["type"], "summary");
    assert_eq!(last["hash"], plan["hash"]);

    // Refused rows alone have no plan, and nothing has no hash.
    let refused = bench.run(&["plan", "--limit", "st-a"]);
    assert_eq!(refused.json()["hash"], Value::Null);

    // A plan that was touched is none.
    let saved = bench.read("plan.json").replacen("17.12.04", "17.12.05", 1);
    bench.write("plan.json", saved);
    let ran = bench.run(&["upgrade", "--plan", "plan.json", "--approve", "auto"]);
    bench.assert_only_read();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: plan.json: the plan of rt-a was changed after it was hashed [plan_file]
      next: make the plan anew: `iosxe plan --save FILE`
    ");
}

/// Selected by name, being refused is an answer to that: 3. Among all of them it is counted: 0.
#[test]
fn a_refused_device_counts_by_how_it_was_selected() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.edit(|table| table.set("sw-a", "platform", "C9500"));
    let all = bench.run(&["upgrade", "--all", "--approve", "auto"]);
    assert_eq!(all.json()["counts"]["refused"], 1);
    assert_eq!(all.code, 0, "{}", all.stderr);
    let one = bench.run(&["upgrade", "--limit", "sw-*", "--approve", "auto"]);
    assert_eq!(one.json()["counts"]["refused"], 1);
    assert_eq!(one.code, 3, "{}", one.stderr);
    assert_eq!(
        bench.run(&["discover", "--limit", "sw-a"]).code,
        0,
        "it answered"
    );
    bench.assert_only_read();
}

/// Worse wins: a device that failed says 1 although another was stopped.
#[test]
fn a_failed_device_says_one_whatever_the_others_say() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    bench.edit(|table| table.set("sw-b", "hold", "yes"));
    bench.set_fault(
        "sw-a",
        Fault {
            kind: "image_corrupted".into(),
            at: "transfer".into(),
            times: Some(0),
        },
    );
    let ran = bench.run(&["upgrade", "--limit", "sw-*", "--approve", "auto"]);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    sw-a: dead_letter in transfer: verify_hash: expected SHA-512 <digest>, found <digest>, after 3 copies [hash_differs]
      next: look at the flash and at the way to the device; the bad file is left where it is
    sw-b: held in discover: the row says hold [hold]
      next: clear the `hold` cell when the device may be worked on
    ");
    assert!(!bench.happened("sw-a", EventKind::InstallAdd));
}

#[test]
fn until_a_stage_nothing_behind_it_happens() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let ran = bench.run(&["upgrade", "--all", "--until", "precheck"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    bench.assert_only_read();
    assert_eq!(ran.device("sw-a")["outcome"], "ready");
    let ran = bench.run(&["transfer"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.device("sw-a")["outcome"], "staged");
    assert_eq!(bench.count("sw-a", EventKind::FileReceived), 1);
    assert_eq!(bench.count("sw-a", EventKind::InstallAdd), 0);
    // What arrived whole is not sent again.
    assert_eq!(bench.run(&["transfer"]).code, 0);
    assert_eq!(bench.count("sw-a", EventKind::FileReceived), 1);
}

/// Wrong usage touches nothing and says what would be right.
#[test]
fn wrong_usage_is_two_and_names_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 8] = [
        (&["upgrad"], "unrecognized subcommand 'upgrad'"),
        (&["upgrade", "--al"], "unexpected argument '--al'"),
        (&["upgrade", "--all", "--limit", "x"], "cannot be used with"),
        (
            &["upgrade", "--all", "--approve", "yes"],
            "possible values: auto, prompt, wait",
        ),
        (
            &["--output", "xml", "status"],
            "possible values: table, json, ndjson",
        ),
        (
            &["upgrade", "--approve", "auto"],
            "--limit EXPR, --plan FILE or --all",
        ),
        (
            &["--config", "none.toml", "status"],
            "cannot read none.toml",
        ),
        (&["plan"], "no inventory is named"),
    ];
    for (arguments, words) in cases {
        let ran = run_in(dir.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{arguments:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    for arguments in [["--help"], ["--version"]] {
        let ran = run_in(dir.path(), &arguments);
        assert_eq!(ran.code, 0, "{arguments:?}");
        assert!(
            ran.stderr.is_empty() && !ran.stdout.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn wrong_configuration_and_selection_are_two_and_no_device_is_greeted() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let mut told = Vec::new();
    for arguments in [
        &["upgrade", "--limit", "rt-*", "--approve", "auto"][..],
        &["upgrade", "--limit", "colour=blue", "--approve", "auto"],
        &["upgrade", "--all", "--until", "lunch", "--approve", "auto"],
        &["upgrade", "--plan", "none.json", "--approve", "auto"],
    ] {
        told.push(bench.told(&bench.run(arguments)));
    }
    bench.add_to_configuration("[polcy]\nsoak = 60");
    told.push(bench.told(&bench.run(&["upgrade", "--all", "--approve", "auto"])));
    bench.assert_no_contact();
    let folder = bench.run(&["status", "--config", "images"]);
    assert_eq!(folder.code, 2);
    let next = "next: name the file in it: `--config images/iosxe.toml`";
    assert!(folder.stderr.contains(next), "{}", folder.stderr);
    assert!(!bench.path("journal.db").exists(), "no run began");
    insta::assert_snapshot!(told.join("\n\n"), @r"
    exit 2
    error: no row of the inventory is selected by rt-* [limit]
      next: look at the rows: `iosxe inventory show`

    exit 2
    error: `colour` cannot be selected by [limit]
      next: give a hostname pattern, site=…, role=…, wave=… or platform=…

    exit 2
    error: --until: `lunch` is no stage (discover, select, plan, precheck, transfer, approve, upgrade, postcheck, commit, rollback, close) [until]
      next: give one of these words

    exit 2
    error: none.json: No such file or directory (os error 2) [plan_file]
      next: make the plan anew: `iosxe plan --save FILE`

    exit 2
    error: iosxe.toml, line 16: unknown field `polcy`, expected one of `inventory`, `journal`, `known_hosts`, `runs`, `platforms`, `rules`, `clock`, `images`, `limits`, `policy`, `transfer`, `check`, `credential`, `ssh`, `jump`, `site`, `window`, `waves`, `approval`, `snmp` [config_invalid]
      next: correct the line
    ");
}

#[test]
fn two_saved_plans_are_compared_and_the_exit_code_says_whether_they_are_the_same() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b"), c9300("sw-c")]);
    bench.edit(|table| {
        for (name, site) in [("sw-a", "old"), ("sw-b", "old-new"), ("sw-c", "new")] {
            table.set(name, "site", site);
        }
    });
    let save = |limit: &str, file: &str| {
        let ran = bench.run(&["plan", "--limit", limit, "--save", file]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.json()["hash"].clone()
    };
    let old = save("site=old*", "old.json");
    save("site=old*", "same.json");
    let same = bench.run(&["plan", "diff", "old.json", "same.json"]);
    assert_eq!(same.code, 0, "{}", same.stderr);
    has_keys(
        &same.json(),
        &["same", "hash", "added", "removed", "changed"],
    );
    assert_eq!(same.json()["same"], true);
    assert_eq!(same.json()["changed"], json!([]));

    bench.configure(|text| format!("{text}\n[policy]\nauto_abort = 10800\n"));
    let new = save("site=*new", "new.json");
    let ran = bench.run(&["plan", "diff", "old.json", "new.json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let found = ran.json();
    assert_eq!(found["hash"], json!({ "a": old, "b": new }));
    assert_eq!(found["same"], false);
    assert_eq!(found["removed"], json!(["sw-a"]));
    assert_eq!(found["added"], json!(["sw-c"]));
    assert_eq!(found["changed"][0]["name"], "sw-b");
    let table = bench.run(&["plan", "diff", "old.json", "new.json", "--output", "table"]);
    assert_eq!(table.code, 1);
    insta::assert_snapshot!(bench.redact(&without_hashes(&table.stdout)), @r"
    --- old.json  <hash>
    +++ new.json  <hash>
    - sw-a
    + sw-c
    ~ sw-b  <hash> -> <hash>
        forth - activate  install activate auto-abort-timer 120  RELOAD, undo: install abort, or the device itself when nobody commits: one reload
        forth + activate  install activate auto-abort-timer 180  RELOAD, undo: install abort, or the device itself when nobody commits: one reload
    ");

    // What is printed is for reading: only what is saved can be compared and carried out.
    let printed = bench.run(&["plan", "--limit", "sw-a"]).stdout;
    bench.write("printed.json", printed);
    bench.write("torn.json", "{");
    let told = ["printed.json", "torn.json", "none.json"]
        .map(|file| bench.told(&bench.run(&["plan", "diff", "old.json", file])));
    insta::assert_snapshot!(told.join("\n\n"), @r"
    exit 2
    error: printed.json: it is no plan that `iosxe plan --save` wrote [plan_file]
      next: make the plan anew: `iosxe plan --save FILE`

    exit 2
    error: torn.json: it is no JSON: EOF while parsing an object at line 1 column 1 [plan_file]
      next: make the plan anew: `iosxe plan --save FILE`

    exit 2
    error: none.json: No such file or directory (os error 2) [plan_file]
      next: make the plan anew: `iosxe plan --save FILE`
    ");
    bench.assert_only_read();
}

/// Hides the 8 digits of hashes.
fn without_hashes(text: &str) -> String {
    let digits = |w: &str| w.len() == 8 && w.bytes().all(|b| b.is_ascii_hexdigit());
    let lines = text.lines().map(|line| {
        let words = line
            .split(' ')
            .map(|w| if digits(w) { "<hash>" } else { w });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whatever the verb: every line by itself is an object.
#[test]
fn ndjson_is_one_object_a_line() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    assert_eq!(bench.run(&["discover"]).code, 0);
    assert_eq!(bench.run(&["plan"]).code, 0);
    bench.write("clock.txt", "18:20:11.000 UTC Mon Nov 23 2026\n");
    for arguments in [
        &["status", "--all"][..],
        &["status"],
        &["lab", "faults"],
        &["image", "list"],
        &["image", "verify"],
        &["inventory", "show"],
        &["inventory", "validate"],
        &["doctor"],
        &["parse", "show clock", "clock.txt"],
    ] {
        let ran = bench.run(&[arguments, &["--output", "ndjson"]].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty(), "{arguments:?}");
        for line in ran.stdout.lines() {
            let value: Result<Value, _> = serde_json::from_str(line);
            assert!(value.is_ok_and(|v| v.is_object()), "{arguments:?}: {line}");
        }
    }
}

/// The devices of a demo end with it: what is printed last is what works.
#[test]
fn an_interrupted_demo_says_how_to_start_anew() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let running = bench.start(&["demo", "--devices", "1", "--dir", "demo", "--speed", "60"]);
    running.wait_stderr("healthy; watched before the commit");
    running.interrupt();
    running.wait_stderr("once more leaves at once");
    running.interrupt();
    let ran = running.finish();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let last = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(last, @"start anew with: iosxe demo --dir demo --devices 1 --speed 60 --seed 1");
    assert!(!ran.stderr.contains("install commit"), "{}", ran.stderr);
    assert!(bench.read("demo/report.html").contains("sw-access-01"));

    let arguments = last.strip_prefix("start anew with: iosxe ").unwrap();
    let again = bench.start(&arguments.split(' ').collect::<Vec<_>>());
    again.wait_stderr("healthy; watched before the commit");
}

#[test]
fn a_parser_error_names_the_file_and_an_unknown_command_the_list() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("out.txt"), "nonsense\n").unwrap();
    let cases = [
        (
            ["parse", "show version", "out.txt"],
            "out.txt: show version: line 1",
        ),
        (["parse", "show bananas", "out.txt"], "`iosxe parse --list`"),
    ];
    for (arguments, words) in cases {
        let ran = run_in(dir.path(), &arguments);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

#[test]
fn a_first_look_has_the_shape_of_a_summary_and_its_own_list_beside_the_devices() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let mut bench = Bench::with(vec![c9300("sw-a")], |o| o.snmp_port = Some(port));
    let community = bench.lab().snmp().unwrap().community;
    bench.environment("IOSXE_SNMP_COMMUNITY", &community);
    let json = bench.run(&["discover", "--snmp", "--output", "json"]);
    let ndjson = bench.run(&["discover", "--snmp", "--output", "ndjson"]);
    let lines = ndjson.lines();
    assert_eq!(lines.len(), 1, "a look is no run and has no events");
    assert_eq!(lines[0]["type"], "summary");
    for (code, document) in [(json.code, &json.json()), (ndjson.code, &lines[0])] {
        assert_eq!(code, 0);
        is_summary(document);
        assert_eq!(document["run"], Value::Null);
        let told = document["snmp"].as_array().unwrap();
        assert_eq!(told.len(), 1);
        has_keys(
            &told[0],
            &[
                "name",
                "address",
                "version",
                "reachable",
                "system",
                "description",
                "sys_name",
                "sys_object_id",
                "release",
                "model",
                "chassis",
                "complete",
                "family",
                "support",
                "differences",
                "next",
            ],
        );
        has_keys(
            &told[0]["chassis"][0],
            &["number", "name", "model", "serial", "release"],
        );
    }
}
