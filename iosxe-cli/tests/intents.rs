//! What a device is told stands in the journal before: the lab holds each changing command that it
//! receives, and the journal is read beside the run that waits.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_core::event::Event;
use iosxe_core::ids::RunId;
use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Fault};
use iosxe_workflow::journal;

use support::{Bench, device, fault, stack, wait_for};

/// A device, how it is upgraded, whether a gate fails, and the command at which it is held.
struct Case {
    spec: DeviceSpec,
    method: &'static str,
    fails: bool,
    held: &'static str,
}

fn case(spec: DeviceSpec, method: &'static str, held: &'static str) -> Case {
    Case {
        spec,
        method,
        fails: false,
        held,
    }
}

fn cases() -> Vec<Case> {
    let switch = |name: &str| device(name, "C9300-24P");
    let chassis = |name: &str| {
        let mut spec = device(name, "C9606R");
        spec.members = 2;
        spec
    };
    let bundle = |name: &str, pid: &str| {
        let mut spec = device(name, pid);
        spec.boot_mode = Some(BootModeSpec::Bundle);
        spec
    };
    let router = |name: &str| bundle(name, "ISR4331/K9");
    let failing = |case: Case| Case {
        fails: true,
        ..case
    };
    vec![
        case(switch("add"), "three_step", "install add file"),
        case(switch("activate"), "three_step", "install activate auto"),
        case(switch("commit"), "three_step", "install commit"),
        failing(case(switch("abort"), "three_step", "install abort")),
        case(stack("one-step"), "one_step", "install add file"),
        failing(case(stack("rollback"), "one_step", "install rollback")),
        case(chassis("issu"), "issu", "install activate issu"),
        case(
            bundle("convert", "C9300-24P"),
            "convert",
            "install add file",
        ),
        case(router("keep"), "bundle", "copy startup-config"),
        case(router("boot"), "bundle", "configure terminal"),
        case(router("save"), "bundle", "write memory"),
        case(router("reload"), "bundle", "reload"),
        failing(case(router("restore"), "bundle", "copy bootflash:")),
    ]
}

/// The intents of a device that stand in the journal and have no end, each with its commands.
fn open_intents(bench: &Bench, device: &str) -> Vec<Vec<String>> {
    let place = bench.path("journal.db").display().to_string();
    bench.wait(async {
        let reader = journal::open_reader(&place).await.unwrap();
        let run = RunId::new(reader.runs().await.unwrap()[0].run.as_str());
        let mut open = Vec::new();
        for record in reader.read(&run, 0).await.unwrap() {
            if record.device.is_none_or(|d| d.as_str() != device) {
                continue;
            }
            match record.event {
                Event::Intent {
                    intent, commands, ..
                } => open.push((intent, commands)),
                Event::IntentClosed { intent, .. } => open.retain(|(id, _)| *id != intent),
                _ => {}
            }
        }
        open.into_iter().map(|(_, commands)| commands).collect()
    })
}

#[test]
fn every_changing_command_that_a_device_receives_has_its_intent_in_the_journal() {
    let cases = cases();
    let bench = Bench::with(cases.iter().map(|c| c.spec.clone()).collect(), |options| {
        options.speed = 200.0;
    });
    bench.edit(|table| {
        for case in &cases {
            table.set(&case.spec.name, "want_method", case.method);
        }
    });
    for case in &cases {
        let name = &case.spec.name;
        bench.set_fault(
            name,
            Fault {
                at: case.held.into(),
                ..fault("command_held")
            },
        );
        if case.fails {
            bench.set_fault(name, fault("interface_down_after_upgrade"));
        }
    }
    let running = bench.start(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    let mut waiting: Vec<&Case> = cases.iter().collect();
    wait_for("every command to be held", || {
        waiting.retain(|case| {
            let name = &case.spec.name;
            let is_held = bench.timeline().iter().any(|e| {
                e.device == *name
                    && e.kind == EventKind::Fault
                    && e.detail["kind"] == "command_held"
            });
            if is_held {
                let open = open_intents(&bench, name);
                let [commands] = open.as_slice() else {
                    panic!("{name}: {open:?} is open");
                };
                let told = commands.iter().any(|c| c.starts_with(case.held));
                assert!(told, "{name}: {commands:?} is no `{}`", case.held);
                bench.lab().clear_faults(name).unwrap();
            }
            !is_held
        });
        waiting.is_empty()
    });
    let ran = running.finish();
    for case in &cases {
        let name = &case.spec.name;
        let outcome = if case.fails {
            "rolled_back"
        } else {
            "upgraded"
        };
        let told = ran.device(name);
        assert_eq!(told["outcome"], outcome, "{name}: {told}");
        let once = bench.sent(name, case.held);
        assert_eq!(once, 1, "{name}: `{}`", case.held);
    }
}
