//! Scenarios against a running lab, over real SSH. One binary, so that they link once.

#[path = "scenarios/client.rs"]
mod client;
#[path = "scenarios/faults.rs"]
mod faults;
#[path = "scenarios/install.rs"]
mod install;
#[path = "scenarios/login.rs"]
mod login;
#[path = "scenarios/transfer.rs"]
mod transfer;
