//! A session that ends at every kind of byte of a conversation: what became of the command is found out
//! by looking, and a command that took effect is never sent again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

#[path = "../support/mod.rs"]
mod support;

mod bundle;
mod copies;
mod install;
mod issu;

use std::collections::BTreeMap;

use iosxe_lab::{DeviceSpec, EventKind, Fault};

use support::{Bench, Ran, fault};

/// A command, the text behind which the session ends, and how often the device has received the command
/// in the end: once when it never got it or went on without us, twice when it gave it up with the session.
struct Loss {
    command: &'static str,
    after: &'static str,
    received: usize,
}

const fn loss(command: &'static str, after: &'static str, received: usize) -> Loss {
    Loss {
        command,
        after,
        received,
    }
}

/// What happens on a device by a command: what a loss of its session may neither double nor leave out.
const EFFECTS: [EventKind; 10] = [
    EventKind::InstallAdd,
    EventKind::InstallActivate,
    EventKind::InstallCommit,
    EventKind::InstallAbort,
    EventKind::AutoAbort,
    EventKind::Rollback,
    EventKind::BootVariable,
    EventKind::ReloadBegin,
    EventKind::Switchover,
    EventKind::MemberDown,
];

/// The device beside them whose session is not cut.
const WHOLE: &str = "whole";

/// How the devices of some losses are upgraded.
struct Round {
    spec: fn(&str) -> DeviceSpec,
    method: Option<&'static str>,
    faults: Vec<Fault>,
    save: bool,
    speed: f64,
}

impl Round {
    fn of(spec: fn(&str) -> DeviceSpec) -> Self {
        Self {
            spec,
            method: None,
            faults: Vec::new(),
            save: false,
            speed: 600.0,
        }
    }

    fn by(self, method: &'static str) -> Self {
        let method = Some(method);
        Self { method, ..self }
    }

    /// With a fault besides, on each of them.
    fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// With unsaved configuration, which may be saved.
    fn unsaved(self) -> Self {
        let round = self.with(fault("unsaved_config"));
        Self {
            save: true,
            ..round
        }
    }

    /// With a lab this many times faster than wall time.
    fn at_speed(self, speed: f64) -> Self {
        Self { speed, ..self }
    }

    fn bench(&self, cuts: &[Fault]) -> Bench {
        let named = (0..cuts.len()).map(name).chain([WHOLE.to_owned()]);
        let names: Vec<String> = named.collect();
        let specs = names.iter().map(|n| (self.spec)(n)).collect();
        let bench = Bench::with(specs, |options| options.speed = self.speed);
        bench.edit(|table| {
            for name in &names {
                if let Some(method) = self.method {
                    table.set(name, "want_method", method);
                }
                if self.save {
                    table.set(name, "save_config", "yes");
                }
            }
        });
        for name in &names {
            for fault in &self.faults {
                bench.set_fault(name, fault.clone());
            }
        }
        for (n, cut) in cuts.iter().enumerate() {
            bench.set_fault(&name(n), cut.clone());
        }
        bench
    }

    /// Upgrades one device for each loss and one without any, and holds the lab's timeline against it.
    fn lose(&self, losses: &[Loss], outcome: &str, runs: &str) {
        let cut = |loss: &Loss| Fault {
            at: loss.after.into(),
            ..fault("session_cut")
        };
        let cuts: Vec<Fault> = losses.iter().map(cut).collect();
        let bench = self.bench(&cuts);
        let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
        for (n, cut) in cuts.iter().enumerate() {
            assert_as_whole(&bench, &ran, n, cut, outcome, runs);
        }
        // All of them at once: what they are is best seen side by side.
        let count = |(n, loss): (usize, &Loss)| (loss.after, bench.sent(&name(n), loss.command));
        let received: Vec<_> = losses.iter().enumerate().map(count).collect();
        let expected: Vec<_> = losses.iter().map(|l| (l.after, l.received)).collect();
        assert_eq!(received, expected);
    }
}

fn name(n: usize) -> String {
    format!("sw-{n:02}")
}

/// A device whose session was cut ended as it should, and what happened on it is what happened on the
/// one that nobody disturbed.
#[track_caller]
fn assert_as_whole(bench: &Bench, ran: &Ran, n: usize, cut: &Fault, outcome: &str, runs: &str) {
    let (name, after) = (name(n), &cut.at);
    let told = ran.device(&name);
    assert_eq!(
        told["outcome"], outcome,
        "{name} {after:?}: {told}\n{}",
        ran.stderr
    );
    let timeline = bench.timeline();
    let struck = |e: &&iosxe_lab::Event| {
        e.device == name && e.kind == EventKind::Fault && e.detail["kind"] == cut.kind.as_str()
    };
    let cuts = timeline.iter().filter(struck).count();
    assert_eq!(cuts, 1, "{name} {after:?}: the session was not cut");
    assert_eq!(
        effects(bench, &name),
        effects(bench, WHOLE),
        "{name} {after:?}"
    );
    let truth = bench.truth(&name);
    assert_eq!(truth["running_version"], runs, "{name} {after:?}");
    assert_eq!(truth["committed_version"], runs, "{name} {after:?}");
}

fn effects(bench: &Bench, name: &str) -> BTreeMap<String, usize> {
    let of = EFFECTS.map(|kind| (format!("{kind:?}"), bench.count(name, kind)));
    of.into_iter().filter(|(_, count)| *count > 0).collect()
}
