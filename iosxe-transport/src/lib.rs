//! How bytes move between the orchestrator and its devices: SSH shells, SCP push, host keys,
//! credentials, images, and a first look over SNMP.
//!
//! Implements the ports of `iosxe-core`; nothing here knows what the bytes mean or retries anything.
//!
//! - [`ssh::connector`] opens shells, [`ssh::mover`] pushes files; [`ssh::SshPolicy`] says how.
//! - [`channel`] is the seam that an SSH library fills: two do, behind the features `ssh2` and
//!   `russh`, held to one suite (`tests/conformance`).
//! - [`ssh::known_hosts`] reads and writes OpenSSH's file.
//! - `snmp::probe` (feature `snmp`) asks a device what it is without a login.
//! - [`creds`] answers for credentials, [`images`] for images.
//!
//! ```no_run
//! use std::sync::Arc;
//! use iosxe_core::ports::{Endpoint, Evidence};
//! use iosxe_transport::ssh::{self, SshPolicy};
//!
//! # async fn run(to: Endpoint, evidence: Arc<dyn Evidence>) -> Result<(), Box<dyn std::error::Error>> {
//! let connector = ssh::connector(SshPolicy::new("known_hosts"));
//! let session = connector.connect(&to, evidence).await?;
//! println!("{}", session.algorithms());
//! # Ok(()) }
//! ```

pub mod channel;
pub mod creds;
mod durable;
pub mod images;
mod pump;
pub mod scp;
#[cfg(feature = "snmp")]
pub mod snmp;
pub mod ssh;
