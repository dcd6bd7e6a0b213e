//! Upgrades in service of routers with two processors, forth and back, over SSH against the lab's
//! truth: ASR 1000 by location and by version, NCS 4200 by one command.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Fault};
use serde_json::Value;

use support::upgrades::{most_sides_down, releases, upgrade, upgrading, wanting};
use support::{Bench, Ran, fault, wait_for};

/// One router of each form, by what it boots and runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// ASR 1000 that boots packages.
    Location,
    /// ASR 1000 that boots one image.
    Versions,
    /// NCS 4200 in sub-package mode.
    Node,
}

use Form::{Location, Node, Versions};

impl Form {
    fn name(self) -> &'static str {
        match self {
            Location => "asr-location",
            Versions => "asr-versions",
            Node => "ncs-node",
        }
    }

    fn from(self) -> &'static str {
        match self {
            Location => "17.03.05",
            Versions => "16.09.05",
            Node => "17.06.05",
        }
    }

    fn to(self) -> &'static str {
        match self {
            Location => "17.03.08a",
            Versions => "16.12.08",
            Node => "17.09.05a",
        }
    }

    fn spec(self) -> DeviceSpec {
        let (pid, boots) = match self {
            Location => ("ASR1006", BootModeSpec::Install),
            Versions => ("ASR1006", BootModeSpec::Bundle),
            Node => ("NCS4206-SA", BootModeSpec::Install),
        };
        let mut spec = DeviceSpec::new(self.name(), pid, self.from());
        spec.target_version = Some(self.to().into());
        spec.boot_mode = Some(boots);
        if self == Versions {
            // The default of 45 min is too short for two reloads and the proof.
            spec.config = vec!["issu set rollback-timer 01:30:00".into()];
        }
        spec
    }

    fn bench(self) -> Bench {
        wanting(vec![self.spec()], "issu")
    }

    /// With a fault of its upgrade in service.
    fn with_fault(self, kind: &str) -> Bench {
        let bench = self.bench();
        bench.set_fault(
            self.name(),
            Fault {
                at: "issu".into(),
                ..fault(kind)
            },
        );
        bench
    }

    /// The commands that disturb, in order.
    fn commands(self) -> &'static [&'static str] {
        match self {
            Location => &[
                "install activate location standby",
                "install activate location active",
            ],
            Versions => &[
                "issu loadversion",
                "issu runversion",
                "hw-module slot R0 reload",
            ],
            Node => &["request platform software package install node"],
        }
    }

    /// Nothing was sent twice, and the device is on one release, told as it is.
    #[track_caller]
    fn assert_stands(self, bench: &Bench, told: &Value, release: &str) {
        let name = self.name();
        let truth = bench.truth(name);
        assert_eq!(releases(&truth), [release, release], "{name}: {truth}");
        assert_eq!(truth["running_version"], release, "{name}");
        assert_eq!(truth["committed_version"], release, "{name}: {truth}");
        assert_eq!(told["running"], release, "{name}: {told}");
        assert_eq!(told["committed"], release, "{name}: {told}");
        for command in self.commands() {
            let times = bench.sent(name, command);
            assert!(times <= 1, "{name}: `{command}` was sent {times} times");
        }
        assert!(most_sides_down(bench, name) <= 1, "{name}");
    }
}

/// The same for each of them at once: they have a lab each, and most of the time is waiting.
fn each<T: Copy + Send>(of: &[T], check: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for &one in of {
            let check = &check;
            scope.spawn(move || check(one));
        }
    });
}

fn resume(bench: &Bench) -> Ran {
    bench.run(&["resume", "--approve", "auto", "--output", "json"])
}

#[test]
fn one_processor_reloads_after_the_other_by_each_familys_own_commands() {
    each(&[Location, Versions, Node], |form| {
        let bench = form.bench();
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "upgraded", "{name}: {}", ran.stderr);
        assert_eq!(device["method"], "issu", "{name}");
        form.assert_stands(&bench, &device, form.to());
        for command in form.commands() {
            assert_eq!(bench.sent(name, command), 1, "{name}: {command}");
        }
        assert_eq!(bench.count(name, EventKind::Switchover), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::AutoAbort), 0, "{name}");
        let commits = usize::from(form != Node);
        assert_eq!(
            bench.count(name, EventKind::InstallCommit),
            commits,
            "{name}"
        );
        let again = upgrade(&bench, name);
        assert_eq!(again.device(name)["outcome"], "already", "{name}");
    });
}

/// Where the commit reloads the other processor itself, that is seen, and no command is sent.
#[test]
fn a_processor_that_the_commit_reloads_is_not_reloaded_again() {
    let mut spec = Versions.spec();
    spec.issu.slot_reload = false;
    let bench = wanting(vec![spec], "issu");
    let name = Versions.name();
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    Versions.assert_stands(&bench, &device, Versions.to());
    assert_eq!(bench.sent(name, "hw-module"), 0);
}

/// The timer is stopped, and the image kept, behind the proof alone.
#[test]
fn nothing_is_accepted_before_it_is_proven() {
    let bench = Versions.bench();
    let name = Versions.name();
    let ran = bench.run(&[
        "upgrade",
        "--limit",
        name,
        "--approve",
        "auto",
        "--output",
        "ndjson",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let events: Vec<Value> = ran.lines();
    let seq = |holds: &dyn Fn(&Value) -> bool| {
        let found = events.iter().position(|e| holds(&e["event"]));
        found.unwrap_or_else(|| panic!("{}", ran.stdout))
    };
    let proven = seq(&|e| e["kind"] == "soak_until");
    let read = seq(&|e| e["kind"] == "auto_abort_deadline");
    let intent = |what: &'static str| seq(&|e| e["kind"] == "intent" && e["what"] == what);
    assert!(intent("load_version") < read && read < intent("run_version"));
    assert!(intent("run_version") < proven && proven < intent("accept_version"));
    assert!(intent("accept_version") < intent("commit_version"));
    assert!(intent("commit_version") < intent("reload_slot"));
}

#[test]
fn a_rollback_timer_that_is_too_short_is_refused_before_anything_is_touched() {
    let mut spec = Versions.spec();
    spec.config = Vec::new();
    let bench = wanting(vec![spec], "issu");
    let ran = upgrade(&bench, Versions.name());
    let device = ran.device(Versions.name());
    assert_eq!(device["outcome"], "refused", "{}", ran.stderr);
    assert_eq!(device["fault"]["code"], "rollback_timer_too_short");
    let remedy = device["fault"]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("issu set rollback-timer 01:20:00"),
        "{remedy}"
    );
    bench.assert_only_read();
}

#[test]
fn a_standby_that_does_not_boot_ends_the_upgrade_where_it_began() {
    each(&[Location, Versions, Node], |form| {
        let bench = form.with_fault("standby_does_not_boot");
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(
            device["fault"]["code"], "device_aborted",
            "{name}: {device}"
        );
        form.assert_stands(&bench, &device, form.from());
        assert_eq!(bench.count(name, EventKind::Switchover), 0, "{name}");
        for command in ["install abort", "issu abortversion"] {
            assert_eq!(bench.sent(name, command), 0, "{name}");
        }
    });
}

#[test]
fn what_the_device_refuses_is_told_in_its_words_and_nothing_is_disturbed() {
    each(&[Location, Versions, Node], |form| {
        let bench = form.with_fault("issu_refused");
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(
            device["fault"]["code"], "device_aborted",
            "{name}: {device}"
        );
        let message = device["fault"]["message"].as_str().unwrap();
        assert!(message.contains("FAILED: "), "{name}: {message}");
        form.assert_stands(&bench, &device, form.from());
        assert_eq!(bench.count(name, EventKind::ReloadBegin), 0, "{name}");
    });
}

#[test]
fn a_failed_gate_takes_both_sides_back() {
    let ways = [
        (Location, "install abort issu"),
        (Versions, "issu abortversion"),
    ];
    each(&ways, |(form, back)| {
        let bench = form.with_fault("interface_down_after_upgrade");
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(device["fault"]["code"], "gate_failed", "{name}: {device}");
        form.assert_stands(&bench, &device, form.from());
        assert_eq!(bench.sent(name, back), 1, "{name}");
        assert_eq!(bench.count(name, EventKind::InstallCommit), 0, "{name}");
        assert_eq!(bench.sent(name, "issu acceptversion"), 0, "{name}");
    });
}

/// One command without a trial: the plan says so, and a person has to look.
#[test]
fn where_there_is_no_way_back_a_failed_gate_ends_with_a_person() {
    let bench = Node.with_fault("interface_down_after_upgrade");
    let name = Node.name();
    let shown = bench.run(&["plan", "--limit", name, "--output", "json"]);
    let plan = shown.json()["devices"][0].clone();
    let gate = plan["steps"].as_array().unwrap().iter();
    let gate: Vec<&str> = gate
        .filter(|s| s["kind"] == "gate")
        .map(|s| s["command"].as_str().unwrap())
        .collect();
    assert!(
        gate.len() == 1 && gate[0].contains("NO way back"),
        "{gate:?}"
    );
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "dead_letter", "{}", ran.stderr);
    assert_eq!(device["fault"]["code"], "gate_failed", "{device}");
    Node.assert_stands(&bench, &device, Node.to());
}

/// One side is left: nothing is sent to it, its own timer takes it back, and a resume proves that.
#[test]
fn a_processor_that_is_lost_with_the_switchover_is_left_to_the_timer() {
    each(&[Location, Versions], |form| {
        let bench = form.with_fault("switchover_lost");
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "held", "{name}: {}", ran.stderr);
        assert!(
            device["auto_abort_deadline"].is_string(),
            "{name}: {device}"
        );
        wait_for("the device's own way back", || {
            bench.count(name, EventKind::AutoAbort) == 1 && bench.truth(name)["up"] == true
        });
        let ran = resume(&bench);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(device["fault"]["code"], "auto_abort", "{name}: {device}");
        let truth = bench.truth(name);
        assert_eq!(releases(&truth), [form.from(), form.from()], "{name}");
        for command in ["install abort", "issu abortversion", "issu acceptversion"] {
            assert_eq!(bench.sent(name, command), 0, "{name}");
        }
    });
}

/// Nothing takes this one back: it is held, and told as it is.
#[test]
fn a_processor_that_is_lost_without_a_timer_is_left_to_a_person() {
    let bench = Node.with_fault("switchover_lost");
    let name = Node.name();
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "held", "{}", ran.stderr);
    assert_eq!(device["fault"]["code"], "step_overdue", "{device}");
    assert_eq!(device["running"], Node.to(), "{device}");
    assert_eq!(bench.sent(name, Node.commands()[0]), 1);
}

#[test]
fn killed_in_the_middle_of_the_switchover_the_upgrade_goes_on() {
    each(&[Location, Versions, Node], |form| {
        let bench = form.bench();
        let name = form.name();
        let running = bench.start(&upgrading(name));
        running.kill_at("the switchover", || {
            bench.count(name, EventKind::Switchover) == 1
        });
        let ran = resume(&bench);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "upgraded", "{name}: {}", ran.stderr);
        form.assert_stands(&bench, &device, form.to());
    });
}

#[test]
fn killed_while_the_standby_boots_the_upgrade_goes_on() {
    each(&[Location, Versions, Node], |form| {
        let bench = form.bench();
        let name = form.name();
        let running = bench.start(&upgrading(name));
        running.kill_at("the reload of the standby", || {
            bench.count(name, EventKind::MemberDown) == 1
        });
        let ran = resume(&bench);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "upgraded", "{name}: {}", ran.stderr);
        form.assert_stands(&bench, &device, form.to());
    });
}

/// Nobody was there when the timer ended: the device went back, and the resume finds that out.
#[test]
fn a_timer_that_ends_while_nobody_is_there_is_found_and_proven() {
    let standby = ("the standby on the new release", EventKind::MemberUp);
    let settled = ("both sides settled", EventKind::InstallActivate);
    let moments = [
        (Location, standby),
        (Location, settled),
        (Versions, standby),
        (Versions, settled),
    ];
    each(&moments, |(form, (moment, kind))| {
        let bench = form.bench();
        let name = form.name();
        let running = bench.start(&upgrading(name));
        running.kill_at(moment, || bench.count(name, kind) == 1);
        wait_for("the device's own way back", || {
            bench.count(name, EventKind::AutoAbort) == 1
        });
        let ran = resume(&bench);
        let device = ran.device(name);
        let outcome = &device["outcome"];
        assert_eq!(outcome, "rolled_back", "{name}, {moment}: {}", ran.stderr);
        assert_eq!(device["fault"]["code"], "auto_abort", "{name}: {device}");
        form.assert_stands(&bench, &device, form.from());
        for command in ["install abort", "issu abortversion", "install commit"] {
            assert_eq!(bench.sent(name, command), 0, "{name}, {moment}");
        }
    });
}
