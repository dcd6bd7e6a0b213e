//! `kill -9` at any moment, then `iosxe resume`: the end is that of an undisturbed run, nothing
//! disruptive is sent twice for one intent, no image that arrived whole is sent again, and whatever a
//! device was told stood in the journal before.
//!
//! The real command, over real SSH, against a lab in this process that tells what really happened.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod activated;
mod before;
mod bench;
mod finished;
mod journal;
mod past_deadline;
#[path = "../support/mod.rs"]
mod support;
