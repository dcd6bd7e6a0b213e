//! Scenarios against a running lab, over real SSH. One binary, so that they link once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, outside of test functions"
)]

#[path = "scenarios/client.rs"]
mod client;
#[path = "scenarios/control.rs"]
mod control;
#[path = "scenarios/families.rs"]
mod families;
#[path = "scenarios/faults.rs"]
mod faults;
#[path = "scenarios/firmware.rs"]
mod firmware;
#[path = "scenarios/install.rs"]
mod install;
#[path = "scenarios/issu.rs"]
mod issu;
#[path = "scenarios/issu_routers.rs"]
mod issu_routers;
#[path = "scenarios/login.rs"]
mod login;
#[path = "scenarios/network.rs"]
mod network;
#[path = "scenarios/pull.rs"]
mod pull;
#[path = "scenarios/redundancy.rs"]
mod redundancy;
#[path = "scenarios/replace.rs"]
mod replace;
#[path = "scenarios/request.rs"]
mod request;
#[path = "scenarios/smu.rs"]
mod smu;
#[path = "scenarios/stacks.rs"]
mod stacks;
#[path = "scenarios/transfer.rs"]
mod transfer;
#[path = "scenarios/xfsu.rs"]
mod xfsu;
