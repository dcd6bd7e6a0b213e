//! Devices that are not simply there: old algorithms, no SSH yet, jump hosts, and keys on the other
//! side of them, through the whole command. One program, so that it links once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod jump;
mod legacy;
mod snmp;
#[path = "../support/mod.rs"]
mod support;
mod trust;

use iosxe_lab::Topology;
use serde_json::Value;

use support::{Bench, Ran};

/// A lab as a topology file describes it.
fn lab(topology: &str) -> Bench {
    Bench::new(Topology::from_toml(topology).unwrap().device)
}

/// Upgrades everything, nobody asked, events as they happen.
const UPGRADE: [&str; 6] = [
    "upgrade",
    "--all",
    "--approve",
    "auto",
    "--output",
    "ndjson",
];

/// The events of that kind, each with its own fields.
fn events(ran: &Ran, kind: &str) -> Vec<Value> {
    let lines = ran.lines().into_iter();
    lines
        .filter(|l| l["type"] == "event" && l["event"]["kind"] == kind)
        .collect()
}

/// What came of a device, by the summary of a command that printed its events.
#[track_caller]
fn outcome(ran: &Ran, device: &str) -> String {
    let lines = ran.lines();
    let summary = lines.last().unwrap();
    assert_eq!(summary["type"], "summary", "{}", ran.stderr);
    let mut devices = summary["devices"].as_array().unwrap().iter();
    let device = devices.find(|d| d["name"] == device).unwrap();
    match device["fault"]["message"].as_str() {
        Some(fault) => format!("{}: {fault}", device["outcome"].as_str().unwrap()),
        None => device["outcome"].as_str().unwrap().to_owned(),
    }
}

/// The raw session log of a device.
fn session_log(bench: &Bench, device: &str) -> String {
    let mut runs = std::fs::read_dir(bench.path("runs")).unwrap();
    let run = runs.next().unwrap().unwrap().path();
    std::fs::read_to_string(run.join(format!("{device}.log"))).unwrap()
}
