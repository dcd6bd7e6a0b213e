//! Bad input and bad luck: one clear sentence each, nothing lost, and no device touched that need
//! not be. One program, so that it links once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod by_hand;
mod checks;
mod inventory;
mod journal;
mod login;
mod obstacles;
mod question;
mod stop;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod workbook;

/// Upgrades everything, nobody asked.
const UPGRADE: [&str; 4] = ["upgrade", "--all", "--approve", "auto"];

/// Upgrades the device of that name, nobody asked.
fn upgrade(name: &str) -> [&str; 5] {
    ["upgrade", "--limit", name, "--approve", "auto"]
}
