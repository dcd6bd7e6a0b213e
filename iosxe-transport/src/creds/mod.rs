//! Who may log in where: the [`Secrets`](iosxe_core::ports::Secrets) port.
//!
//! Today credentials come from the environment ([`mod@env`]): the secrets themselves never stand in a
//! configuration file, only the names of the variables that hold them.

pub mod env;
pub mod snmp;
