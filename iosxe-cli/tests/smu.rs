//! Patches over the running release, in and out, over SSH against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::sync::Arc;

use iosxe_lab::{DeviceSpec, EventKind, Fault, PatchSpec};
use russh::client;
use russh::keys::PublicKeyOrCertificate;
use serde_json::Value;

use support::{Bench, Ran, c9300, fault, stack, upgrades, wait_for};

const HOT: &str = "cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin";
const COLD: &str = "cat9k_iosxe.17.09.04a.CSCwa00002.SPA.smu.bin";
const OTHER: &str = "cat9k_iosxe.17.12.04.CSCwa00003.SPA.smu.bin";
const ROUTER: &str = "isr4400-universalk9.17.09.04a.CSCwa00001.SPA.smu.bin";

fn patches() -> Vec<PatchSpec> {
    let smu = |defect: &str, version: Option<&str>, hot| PatchSpec {
        defect: defect.into(),
        version: version.map(str::to_owned),
        hot,
        foreign_uncommitted: false,
    };
    vec![
        smu("CSCwa00001", None, true),
        smu("CSCwa00002", None, false),
        smu("CSCwa00003", Some("17.12.04"), true),
    ]
}

/// A lab of these devices, the patches of the first one in the catalogue.
fn patched(mut devices: Vec<DeviceSpec>) -> Bench {
    devices[0].smus = patches();
    let bench = Bench::new(devices);
    catalogued(&bench, &[HOT, COLD, OTHER]);
    bench
}

fn catalogued(bench: &Bench, files: &[&str]) {
    for file in files {
        let path = format!("images/{file}");
        let ran = bench.run(&["image", "add", &path]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
}

fn smu<'a>(verb: &'a str, files: &[&'a str], name: &'a str) -> Vec<&'a str> {
    let mut words = vec!["smu", verb];
    words.extend(files);
    words.extend(["--limit", name, "--approve", "auto", "--output", "json"]);
    words
}

fn add(bench: &Bench, files: &[&str]) -> Ran {
    bench.run(&smu("add", files, "sw-a"))
}

fn remove(bench: &Bench, files: &[&str]) -> Ran {
    bench.run(&smu("remove", files, "sw-a"))
}

/// The patches that the engine lists, as the lab knows it: file and state.
fn listed(truth: &Value) -> Vec<(String, String)> {
    let lines = truth["install_state"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .iter()
        .filter(|p| p["type"] == "SMU")
        .map(|p| (text(&p["version"]), text(&p["state"])))
        .collect()
}

fn state(file: &str, state: &str) -> (String, String) {
    (file.to_owned(), state.to_owned())
}

fn on_flash(truth: &Value, file: &str) -> bool {
    let files = truth["files"].as_array().unwrap();
    files.iter().any(|f| f["path"] == file)
}

/// Release and health stayed; nothing is on trial.
#[track_caller]
fn assert_release_stays(truth: &Value) {
    assert_eq!(truth["running_version"], "17.09.04a");
    assert_eq!(truth["committed_version"], "17.09.04a");
    assert_eq!(truth["uncommitted_version"], Value::Null);
    assert_eq!(truth["auto_abort_s"], Value::Null);
}

fn told<'a>(device: &'a Value, what: &str) -> &'a str {
    device["fault"][what].as_str().unwrap_or_default()
}

/// Takes any host key: the device is the test's own.
struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// Somebody else types a command on a device.
fn typed(bench: &Bench, name: &str, line: &str) {
    let devices = bench.lab().devices();
    let address = devices.iter().find(|d| d.name == name).unwrap().address;
    let own = bench.credentials();
    bench.wait(async move {
        let config = Arc::new(client::Config::default());
        let mut handle = client::connect(config, address, Trusting).await.unwrap();
        let login = handle.authenticate_password(own.username, own.password);
        assert!(login.await.unwrap().success());
        let mut channel = handle.channel_open_session().await.unwrap();
        channel.exec(true, line).await.unwrap();
        while channel.wait().await.is_some() {}
    });
}

/// A fault at a moment, once.
fn once(kind: &str, at: &str) -> Fault {
    Fault {
        kind: kind.into(),
        at: at.into(),
        times: Some(1),
    }
}

#[test]
fn a_hot_patch_is_put_in_without_a_reload() {
    let bench = patched(vec![c9300("sw-a")]);
    let ran = add(&bench, &[HOT]);
    let device = ran.device("sw-a");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(device["outcome"], "upgraded");
    assert_eq!(device["method"], "smu");
    for key in ["from", "to", "running", "committed"] {
        assert_eq!(device[key], "17.09.04a", "{key}");
    }
    assert!(
        ran.stderr
            .contains(&format!("the device says that {HOT} is hot")),
        "{}",
        ran.stderr
    );
    let truth = bench.truth("sw-a");
    assert_eq!(truth["reload_count"], 0);
    assert_eq!(listed(&truth), [state(HOT, "C")]);
    assert_release_stays(&truth);
    assert_eq!(bench.count("sw-a", EventKind::ReloadBegin), 0);
    let activate = format!("install activate file flash:{HOT} auto-abort-timer ");
    assert_eq!(bench.sent("sw-a", &activate), 1);

    let again = add(&bench, &[HOT]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(again.device("sw-a")["outcome"], "already");
    assert_eq!(bench.sent("sw-a", "install"), 3);
}

#[test]
fn a_patch_that_reloads_reloads_the_whole_stack_once() {
    let bench = patched(vec![stack("sw-a")]);
    let ran = add(&bench, &[COLD]);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("sw-a");
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(listed(&truth), [state(COLD, "C")]);
    assert_release_stays(&truth);
    assert!(
        ran.stderr.contains("takes effect by a reload"),
        "{}",
        ran.stderr
    );
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
}

#[test]
fn a_router_takes_a_patch_of_its_own_name() {
    let mut spec = DeviceSpec::new("sw-a", "C8300-1N1S-6T", "17.09.04a");
    spec.smus = patches();
    spec.smus.truncate(2);
    let bench = Bench::new(vec![spec]);
    let cold = "c8000be-universalk9.17.09.04a.CSCwa00002.SPA.smu.bin";
    catalogued(&bench, &[cold]);
    let ran = add(&bench, &[cold]);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("sw-a");
    assert_eq!(truth["reload_count"], 1);
    assert_eq!(listed(&truth), [state(cold, "C")]);
    assert_release_stays(&truth);
}

#[test]
fn the_patches_of_a_row_are_put_in_one_after_the_other() {
    let bench = patched(vec![c9300("sw-a")]);
    bench.edit(|table| {
        table.set("sw-a", "target_version", "");
        table.set("sw-a", "want_method", "smu");
        table.set("sw-a", "image", &format!("{COLD}, {HOT}"));
    });
    let plan = bench.run(&["plan", "--output", "table"]);
    let follows = format!("then: {HOT}, by a plan and an approval of its own");
    assert!(plan.stdout.contains(&follows), "{}", plan.stdout);
    assert!(
        plan.stdout
            .contains("unless check_patch found the patch to be hot"),
        "{}",
        plan.stdout
    );
    let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    let truth = bench.truth("sw-a");
    assert_eq!(listed(&truth), [state(COLD, "C"), state(HOT, "C")]);
    assert_eq!(truth["reload_count"], 1);
    assert_release_stays(&truth);
    let kinds = [EventKind::InstallActivate, EventKind::InstallCommit];
    let order: Vec<(EventKind, String)> = bench
        .timeline()
        .iter()
        .filter(|e| kinds.contains(&e.kind))
        .map(|e| (e.kind, e.detail["smu"][0].as_str().unwrap().to_owned()))
        .collect();
    let [activate, commit] = kinds;
    let both = |file: &str| [(activate, file.to_owned()), (commit, file.to_owned())];
    assert_eq!(order, [both(COLD), both(HOT)].concat());
}

#[test]
fn what_the_name_tells_is_refused_before_anything_is_touched() {
    let router = support::device("rt-a", "ISR4451-X/K9");
    let bench = patched(vec![c9300("sw-a"), router]);
    for (files, code) in [(OTHER, "patch_other_release"), (ROUTER, "image_not_named")] {
        let ran = add(&bench, &[files]);
        let device = ran.device("sw-a");
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert_eq!(device["outcome"], "refused", "{files}");
        assert_eq!(told(&device, "code"), code, "{}", ran.stderr);
        assert!(!told(&device, "remedy").is_empty() || device["fault"]["remedy"].is_object());
    }
    let ran = bench.run(&smu("add", &[HOT], "rt-a"));
    let device = ran.device("rt-a");
    assert_eq!(
        told(&device, "code"),
        "image_wrong_platform",
        "{}",
        ran.stderr
    );
    // A patch that no row asks for by its method is neither a release nor an `already`.
    bench.edit(|table| {
        table.set("sw-a", "target_version", "");
        table.set("sw-a", "image", HOT);
    });
    let ran = upgrades::upgrade(&bench, "sw-a");
    let device = ran.device("sw-a");
    assert_eq!(
        told(&device, "code"),
        "patch_not_asked_for",
        "{}",
        ran.stderr
    );
    bench.assert_only_read();
}

#[test]
fn what_the_device_refuses_is_told_and_changes_nothing_in_use() {
    for (at, kind) in [
        ("install_add", EventKind::InstallAdd),
        ("install_activate", EventKind::InstallActivate),
    ] {
        let bench = patched(vec![c9300("sw-a")]);
        bench.set_fault("sw-a", once("smu_incompatible", at));
        let ran = add(&bench, &[HOT]);
        let device = ran.device("sw-a");
        assert_eq!(ran.code, 1, "{at}: {}", ran.stderr);
        assert_eq!(device["outcome"], "dead_letter", "{at}");
        let message = told(&device, "message");
        assert!(message.contains("not compatible"), "{at}: {message}");
        let truth = bench.truth("sw-a");
        assert_release_stays(&truth);
        assert_eq!(bench.count("sw-a", kind), 0, "{at}");
        assert!(
            listed(&truth).iter().all(|(_, s)| s == "I"),
            "{at}: {truth}"
        );
        assert_eq!(truth["reload_count"], 0, "{at}");
    }
}

#[test]
fn a_failed_gate_takes_the_patch_out_again() {
    let bench = patched(vec![c9300("sw-a")]);
    bench.set_fault("sw-a", fault("interface_down_after_upgrade"));
    let ran = add(&bench, &[COLD]);
    let device = ran.device("sw-a");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(device["outcome"], "rolled_back");
    assert_eq!(told(&device, "code"), "gate_failed");
    let truth = bench.truth("sw-a");
    assert_release_stays(&truth);
    assert_eq!(listed(&truth), []);
    assert!(!on_flash(&truth, COLD), "{truth}");
    assert_eq!(truth["reload_count"], 2);
    assert_eq!(bench.count("sw-a", EventKind::InstallAbort), 1);
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 0);
}

#[test]
fn a_second_patch_that_fails_its_gate_leaves_the_first_in() {
    let bench = patched(vec![c9300("sw-a")]);
    bench.set_fault("sw-a", fault("interface_down_after_upgrade"));
    let ran = add(&bench, &[HOT, COLD]);
    assert_eq!(
        ran.device("sw-a")["outcome"],
        "rolled_back",
        "{}",
        ran.stderr
    );
    let truth = bench.truth("sw-a");
    assert_eq!(listed(&truth), [state(HOT, "C")]);
    assert_release_stays(&truth);
}

#[test]
fn killed_after_the_activation_the_run_goes_on_and_sends_nothing_twice() {
    for (file, kind, reloads) in [
        (HOT, EventKind::InstallActivate, 0),
        (COLD, EventKind::ReloadBegin, 1),
    ] {
        let bench = patched(vec![c9300("sw-a")]);
        let running = bench.start(&smu("add", &[file], "sw-a"));
        running.kill_at("the activation", || bench.count("sw-a", kind) == 1);
        let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
        assert_eq!(
            ran.device("sw-a")["outcome"],
            "upgraded",
            "{file}: {}",
            ran.stderr
        );
        assert_eq!(bench.sent("sw-a", "install activate file"), 1, "{file}");
        assert_eq!(bench.sent("sw-a", "install commit"), 1, "{file}");
        let truth = bench.truth("sw-a");
        assert_eq!(truth["reload_count"], reloads, "{file}");
        assert_eq!(listed(&truth), [state(file, "C")]);
        assert_release_stays(&truth);
    }
}

#[test]
fn an_activation_that_a_killed_run_left_is_known_to_be_its_own() {
    let bench = patched(vec![c9300("sw-a")]);
    let running = bench.start(&smu("add", &[HOT], "sw-a"));
    running.kill_at("the activation", || {
        bench.count("sw-a", EventKind::InstallActivate) == 1
    });
    let ran = add(&bench, &[COLD]);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "held", "{}", ran.stderr);
    assert_eq!(told(&device, "code"), "activated_by_run");
    assert_eq!(bench.sent("sw-a", "install activate file"), 1);
}

#[test]
fn killed_until_the_timer_ran_out_a_hot_patch_is_reported_as_gone_back() {
    let bench = patched(vec![c9300("sw-a")]);
    let running = bench.start(&smu("add", &[HOT], "sw-a"));
    running.kill_at("the activation", || {
        bench.count("sw-a", EventKind::InstallActivate) == 1
    });
    wait_for("the device's own timer", || {
        bench.count("sw-a", EventKind::AutoAbort) == 1
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    assert_eq!(told(&device, "code"), "auto_abort");
    assert_eq!(bench.sent("sw-a", "install activate file"), 1);
    let truth = bench.truth("sw-a");
    assert_eq!(listed(&truth), []);
    assert_release_stays(&truth);
}

#[test]
fn patches_are_taken_out_again_and_leave_nothing_behind() {
    let bench = patched(vec![stack("sw-a")]);
    let ran = add(&bench, &[HOT, COLD]);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(listed(&bench.truth("sw-a")).len(), 2);
    // Whoever takes one out needs no file of it.
    std::fs::remove_file(bench.path("images/catalogue.toml")).unwrap();
    let ran = remove(&bench, &[HOT, COLD]);
    let device = ran.device("sw-a");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        (&device["outcome"], &device["method"]),
        (&"upgraded".into(), &"smu".into())
    );
    let truth = bench.truth("sw-a");
    assert_eq!(listed(&truth), []);
    assert!(!on_flash(&truth, HOT) && !on_flash(&truth, COLD));
    assert_release_stays(&truth);
    // In and out, the cold one alone.
    assert_eq!(truth["reload_count"], 2);
    assert_eq!(bench.sent("sw-a", "install deactivate file"), 2);
    let again = remove(&bench, &[HOT, COLD]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(again.device("sw-a")["outcome"], "already");
}

#[test]
fn killed_in_the_middle_of_a_removal_the_run_goes_on() {
    let bench = patched(vec![c9300("sw-a")]);
    add(&bench, &[COLD]);
    let running = bench.start(&smu("remove", &[COLD], "sw-a"));
    running.kill_at("the second reload", || {
        bench.count("sw-a", EventKind::ReloadBegin) == 2
    });
    let ran = bench.run(&["resume", "--approve", "auto", "--output", "json"]);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.sent("sw-a", "install deactivate file"), 1);
    let truth = bench.truth("sw-a");
    assert_eq!(listed(&truth), []);
    assert_eq!(truth["reload_count"], 2);
}

#[test]
fn a_removal_whose_gate_fails_leaves_the_patch_in() {
    let bench = patched(vec![c9300("sw-a")]);
    add(&bench, &[COLD]);
    bench.set_fault("sw-a", fault("interface_down_after_upgrade"));
    let ran = remove(&bench, &[COLD]);
    assert_eq!(
        ran.device("sw-a")["outcome"],
        "rolled_back",
        "{}",
        ran.stderr
    );
    let truth = bench.truth("sw-a");
    assert_eq!(listed(&truth), [state(COLD, "C")]);
    assert!(on_flash(&truth, COLD));
    assert_release_stays(&truth);
}

#[test]
fn what_somebody_left_on_trial_is_found_and_left_alone() {
    let mut spec = c9300("sw-a");
    spec.smus = patches();
    spec.smus[0].foreign_uncommitted = true;
    let bench = Bench::new(vec![spec]);
    catalogued(&bench, &[COLD]);
    let ran = add(&bench, &[COLD]);
    let device = ran.device("sw-a");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(device["outcome"], "held");
    assert_eq!(told(&device, "code"), "foreign_uncommitted");
    assert!(told(&device, "message").contains(HOT));
    bench.assert_only_read();
}

#[test]
fn the_lost_file_of_a_patch_in_use_stops_every_installation() {
    let bench = patched(vec![c9300("sw-a")]);
    add(&bench, &[HOT]);
    let before = bench.sent("sw-a", "install");
    typed(&bench, "sw-a", &format!("delete /force flash:{HOT}"));
    assert!(!on_flash(&bench.truth("sw-a"), HOT));
    let upgrade = [
        "upgrade",
        "--limit",
        "sw-a",
        "--approve",
        "auto",
        "--output",
        "json",
    ];
    for ran in [add(&bench, &[COLD]), bench.run(&upgrade)] {
        let device = ran.device("sw-a");
        assert_eq!(device["outcome"], "refused", "{}", ran.stderr);
        assert_eq!(told(&device, "code"), "patch_file_missing");
    }
    assert_eq!(bench.sent("sw-a", "install"), before);
    let table = bench.run(&["smu", "list", "--output", "table"]);
    assert!(table.stdout.contains("MISSING"), "{}", table.stdout);
}

#[test]
fn the_list_shows_every_patch_and_reads_only() {
    let mut spec = c9300("sw-a");
    spec.smus = patches();
    spec.smus[0].foreign_uncommitted = true;
    let bench = Bench::new(vec![spec, c9300("sw-b")]);
    let ran = bench.run(&["smu", "list", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let device = ran.device("sw-a");
    assert_eq!(device["release"], "17.09.04a");
    let expected = serde_json::json!([
        {"file": HOT, "state": "uncommitted", "members": "Switch 1", "on_flash": true}
    ]);
    assert_eq!(device["patches"], expected, "{device}");
    assert_eq!(ran.device("sw-b")["patches"], serde_json::json!([]));
    let table = bench.run(&["smu", "list", "--output", "table"]);
    let row = table
        .stdout
        .lines()
        .find(|l| l.starts_with("sw-a"))
        .unwrap();
    for word in [HOT, "uncommitted", "Switch 1", "there"] {
        assert!(row.contains(word), "{row}");
    }
    bench.assert_only_read();
}

#[test]
fn wrong_usage_touches_nothing() {
    let bench = patched(vec![c9300("sw-a")]);
    for (words, code) in [
        (
            vec!["smu", "add", HOT, "--approve", "auto"],
            "nothing_selected",
        ),
        (
            vec![
                "smu",
                "add",
                "cat9k_iosxe.17.12.04.SPA.bin",
                "--all",
                "--approve",
                "auto",
            ],
            "not_a_patch",
        ),
        (
            vec!["smu", "remove", HOT, "--all", "--until", "never"],
            "until",
        ),
    ] {
        let ran = bench.run(&words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("[{code}]")), "{}", ran.stderr);
    }
    let asks = bench.run(&["smu", "add", HOT, "--all"]);
    assert_eq!(asks.code, 3, "{}", asks.stderr);
    bench.assert_no_contact();
}

#[test]
fn up_to_the_transfer_the_patch_is_sent_and_its_effect_told() {
    let bench = patched(vec![c9300("sw-a")]);
    let mut words = smu("add", &[HOT], "sw-a");
    words.extend(["--until", "transfer"]);
    let ran = bench.run(&words);
    assert_eq!(ran.device("sw-a")["outcome"], "staged", "{}", ran.stderr);
    assert!(ran.stderr.contains("is hot"), "{}", ran.stderr);
    let truth = bench.truth("sw-a");
    assert!(on_flash(&truth, HOT));
    assert_eq!(listed(&truth), []);
    assert_eq!(bench.sent("sw-a", "install"), 0);
}

/// A window of minutes is spent on patches that are there already, all of them.
#[test]
fn up_to_the_transfer_every_patch_of_the_row_is_sent() {
    let bench = patched(vec![c9300("sw-a")]);
    let mut words = smu("add", &[HOT, COLD], "sw-a");
    words.extend(["--until", "transfer"]);
    let ran = bench.run(&words);
    assert_eq!(ran.device("sw-a")["outcome"], "staged", "{}", ran.stderr);
    let truth = bench.truth("sw-a");
    for file in [HOT, COLD] {
        assert!(on_flash(&truth, file), "{file}");
    }
    assert_eq!(listed(&truth), []);
    assert_eq!(bench.sent("sw-a", "install"), 0);
    assert_eq!(bench.count("sw-a", EventKind::FileReceived), 2);
    // What is there is not sent again.
    let ran = add(&bench, &[HOT, COLD]);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.count("sw-a", EventKind::FileReceived), 2);
}
