//! What Cisco IOS-XE devices say and what to tell them: parsers, conversations, the planner and the
//! driver that joins them. No network, no clock.
//!
//! [`all`] is the driver registry that the engine takes; [`parse`] reads single outputs, [`snmp`] what a
//! device told without a login.

mod driver;
mod look;
pub mod parse;
pub mod planner;
pub mod rules;
pub mod talk;

pub use driver::{all, with_rules};
pub use look::own::validate as validate_check;
pub use look::snmp;
