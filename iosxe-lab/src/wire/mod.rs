//! The wire: SSH server, legacy SCP, connections that can be cut, SNMP agent.

mod cuttable;
mod handler;
mod keys;
pub(crate) mod pull;
mod scp;
mod server;
mod snmp;

pub(crate) use keys::host_key;
pub(crate) use server::{listen, serve};
pub(crate) use snmp::{Agent, answer};
