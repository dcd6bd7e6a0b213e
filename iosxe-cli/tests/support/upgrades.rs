//! One device upgraded by the method that its row names, and what the lab knows of it then.

use iosxe_lab::{DeviceSpec, EventKind};
use serde_json::Value;

use super::{Bench, Ran};

/// A lab of these devices, their rows asking for a method.
pub(crate) fn wanting(devices: Vec<DeviceSpec>, method: &str) -> Bench {
    let names: Vec<String> = devices.iter().map(|d| d.name.clone()).collect();
    let bench = Bench::new(devices);
    bench.edit(|table| {
        for name in &names {
            table.set(name, "want_method", method);
        }
    });
    bench
}

/// The command that upgrades one device, its gate open.
pub(crate) fn upgrading(name: &str) -> [&str; 7] {
    [
        "upgrade",
        "--limit",
        name,
        "--approve",
        "auto",
        "--output",
        "json",
    ]
}

/// Upgrades one device, its gate open.
pub(crate) fn upgrade(bench: &Bench, name: &str) -> Ran {
    bench.run(&upgrading(name))
}

/// The releases of its members.
pub(crate) fn releases(truth: &Value) -> Vec<&str> {
    let members = truth["members"].as_array().unwrap();
    members
        .iter()
        .map(|m| m["version"].as_str().unwrap())
        .collect()
}

/// How many sides were down at once, at most, by the lab's timeline.
pub(crate) fn most_sides_down(bench: &Bench, device: &str) -> usize {
    let mut down: Vec<Value> = Vec::new();
    let mut most = 0;
    for event in bench.timeline() {
        if event.device != device {
            continue;
        }
        let member = event.detail.get("member").cloned().unwrap_or_default();
        match event.kind {
            // One that did not come up is down once, however often it is reloaded.
            EventKind::MemberDown if down.contains(&member) => {}
            EventKind::MemberDown => down.push(member),
            EventKind::MemberUp => down.retain(|m| *m != member),
            _ => {}
        }
        most = most.max(down.len());
    }
    most
}
