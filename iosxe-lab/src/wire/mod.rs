//! The wire: SSH server, legacy SCP, connections that can be cut.

mod cuttable;
mod handler;
mod keys;
mod scp;
mod server;

pub(crate) use keys::host_key;
pub(crate) use server::{listen, serve};
