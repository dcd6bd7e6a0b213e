//! How do we get a trusted shell, and a file over?
//!
//! [`connector`] and [`mover`] are the two constructors. Which of the two libraries serves what is
//! decided by [`SshPolicy`] and a few facts:
//!
//! | what | by default | why |
//! |---|---|---|
//! | shells | `ssh2` | a thread of its own: no transfer delays a conversation |
//! | bulk transfer | `russh` | more bytes for less processor time |
//! | the legacy profile | always `russh` | libssh2 as published has no SHA-1 |
//! | jump hosts | always `russh` | libssh2 wants a real socket |
//!
//! A build without one of them uses the other, as far as it can.

mod algorithms;
#[cfg(any(feature = "ssh2", feature = "russh"))]
mod auth;
#[cfg(feature = "russh")]
mod backend_russh;
#[cfg(feature = "ssh2")]
mod backend_ssh2;
#[cfg(any(feature = "ssh2", feature = "russh"))]
mod dial;
pub mod known_hosts;
mod push;
mod shell;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::ports::{AlgorithmProfile, ConnectError, Connector, Endpoint, FileMover};

pub use algorithms::{Algorithms, is_legacy};
#[cfg(feature = "russh")]
pub use backend_russh::Russh;
#[cfg(feature = "ssh2")]
pub use backend_ssh2::Ssh2;

use crate::channel::{Backend, Limits};
use known_hosts::KnownHosts;

/// A library that speaks SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackendKind {
    /// libssh2, a thread per session.
    Ssh2,
    /// russh, asynchronous, pure Rust.
    Russh,
}

impl BackendKind {
    /// Its name in settings and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssh2 => "ssh2",
            Self::Russh => "russh",
        }
    }

    /// Whether this build has it.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        self.build().is_some()
    }

    fn build(self) -> Option<Arc<dyn Backend>> {
        match self {
            #[cfg(feature = "ssh2")]
            Self::Ssh2 => Some(Arc::new(Ssh2)),
            #[cfg(feature = "russh")]
            Self::Russh => Some(Arc::new(Russh)),
            #[cfg(not(all(feature = "ssh2", feature = "russh")))]
            _ => None,
        }
    }
}

/// How to connect: the same for all devices of a run.
///
/// Times are wall time.
#[derive(Clone, Debug)]
pub struct SshPolicy {
    /// The `known_hosts` file. It need not exist.
    pub known_hosts: PathBuf,
    /// Pin the keys of hosts that are not in it on first sight. A changed key is refused all the
    /// same.
    pub accept_new: bool,
    /// For the TCP connection of one hop.
    pub connect_timeout: Duration,
    /// For a hop's handshake, and again for its login: behind it may be a slow AAA server. IOS-XE
    /// itself gives a login 120 s (`ip ssh time-out`).
    pub login_timeout: Duration,
    /// A sign of life is sent after this much silence, for firewalls; `None` sends none. It does not
    /// stop the vty's `exec-timeout` (design rule 18).
    pub keepalive: Option<Duration>,
    /// What serves shells.
    pub shell_backend: BackendKind,
    /// What serves transfers.
    pub bulk_backend: BackendKind,
    /// Bytes of a file that are handed to the library at once. 32 KiB cost 29 % more processor time
    /// with `ssh2` than 256 KiB.
    pub write_size: usize,
    /// A transfer of which no byte moved for so long is given up. Before 17.10.1 a device takes 200 to
    /// 500 KB/s, so that only bytes count, never the whole time.
    pub stall_timeout: Duration,
}

impl SshPolicy {
    /// The defaults, with a `known_hosts` file.
    pub fn new(known_hosts: impl Into<PathBuf>) -> Self {
        Self {
            known_hosts: known_hosts.into(),
            accept_new: false,
            connect_timeout: Duration::from_secs(15),
            login_timeout: Duration::from_secs(45),
            keepalive: Some(Duration::from_secs(30)),
            shell_backend: BackendKind::Ssh2,
            bulk_backend: BackendKind::Russh,
            write_size: 256 * 1024,
            stall_timeout: Duration::from_secs(120),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            connect: self.connect_timeout,
            login: self.login_timeout,
            keepalive: self.keepalive,
        }
    }

    fn known_hosts(&self) -> KnownHosts {
        KnownHosts::new(&self.known_hosts, self.accept_new)
    }
}

/// Opens shells: the [`Connector`] port.
#[must_use]
pub fn connector(policy: SshPolicy) -> Arc<dyn Connector> {
    let backends = Backends::built_in(policy.shell_backend);
    Arc::new(shell::SshConnector { policy, backends })
}

/// Pushes files by SCP: the [`FileMover`] port.
#[must_use]
pub fn mover(policy: SshPolicy) -> Arc<dyn FileMover> {
    let backends = Backends::built_in(policy.bulk_backend);
    Arc::new(push::ScpMover { policy, backends })
}

/// Opens shells over a backend of one's own, whatever the endpoint asks for.
#[must_use]
pub fn connector_over(backend: Arc<dyn Backend>, policy: SshPolicy) -> Arc<dyn Connector> {
    let backends = Backends::Only(backend);
    Arc::new(shell::SshConnector { policy, backends })
}

/// Pushes files over a backend of one's own, whatever the endpoint asks for.
#[must_use]
pub fn mover_over(backend: Arc<dyn Backend>, policy: SshPolicy) -> Arc<dyn FileMover> {
    let backends = Backends::Only(backend);
    Arc::new(push::ScpMover { policy, backends })
}

/// What one backend of this build can do.
#[derive(Clone, Debug)]
pub struct BackendReport {
    /// Which.
    pub kind: BackendKind,
    /// What it offers to devices by default.
    pub modern: Algorithms,
    /// What it offers where the legacy profile is allowed.
    pub legacy: Algorithms,
    /// Whether it goes over jump hosts.
    pub jump_hosts: bool,
    /// What it serves unless told otherwise, for people.
    pub serves: &'static str,
}

/// What this build can do (`iosxe doctor`). No network is touched.
#[must_use]
pub fn report() -> Vec<BackendReport> {
    Vec::from([
        #[cfg(feature = "ssh2")]
        BackendReport {
            kind: BackendKind::Ssh2,
            modern: backend_ssh2::supported(AlgorithmProfile::Modern),
            legacy: backend_ssh2::supported(AlgorithmProfile::Legacy),
            jump_hosts: false,
            serves: "shells",
        },
        #[cfg(feature = "russh")]
        BackendReport {
            kind: BackendKind::Russh,
            modern: backend_russh::supported(AlgorithmProfile::Modern),
            legacy: backend_russh::supported(AlgorithmProfile::Legacy),
            jump_hosts: true,
            serves: "transfers, the legacy profile, jump hosts",
        },
    ])
}

/// Which backend serves an endpoint.
#[derive(Clone, Debug)]
enum Backends {
    /// One, for everything.
    Only(Arc<dyn Backend>),
    /// The one that was chosen, except where another has to serve.
    Chosen(BackendKind),
}

impl Backends {
    fn built_in(chosen: BackendKind) -> Self {
        Self::Chosen(chosen)
    }

    fn pick(&self, to: &Endpoint) -> Result<Arc<dyn Backend>, ConnectError> {
        let chosen = match self {
            Self::Only(backend) => return Ok(Arc::clone(backend)),
            Self::Chosen(chosen) => *chosen,
        };
        let missing = |what: &str| ConnectError::Local {
            what: what.to_owned(),
            reason: "this build has no SSH backend for it (feature `russh`)".to_owned(),
        };
        if !to.jumps.is_empty() {
            return BackendKind::Russh
                .build()
                .ok_or_else(|| missing("jump hosts"));
        }
        let wanted = match to.profile {
            AlgorithmProfile::Modern => chosen,
            AlgorithmProfile::Legacy => BackendKind::Russh,
        };
        let other = match wanted {
            BackendKind::Ssh2 => BackendKind::Russh,
            BackendKind::Russh => BackendKind::Ssh2,
        };
        wanted
            .build()
            .or_else(|| other.build())
            .ok_or_else(|| missing("connections"))
    }
}

/// The legacy profile is never used in silence: each use is logged and stands in the evidence.
fn announce_legacy(to: &Endpoint, evidence: &dyn iosxe_core::ports::Evidence) {
    for jump in &to.jumps {
        if jump.profile == AlgorithmProfile::Legacy {
            tracing::warn!(device = %to.device, jump = %jump.address, "legacy SSH algorithms allowed");
            evidence.note(&format!(
                "legacy SSH algorithms (SHA-1, CBC) are allowed for jump host {}",
                jump.address
            ));
        }
    }
    if to.profile == AlgorithmProfile::Legacy {
        tracing::warn!(device = %to.device, address = %to.address, "legacy SSH algorithms allowed");
        evidence.note("legacy SSH algorithms (SHA-1, CBC) are allowed for this device");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_of_the_build_reports_what_devices_need() {
        for report in report() {
            assert!(report.kind.is_built_in());
            let modern = &report.modern;
            for (list, name) in [
                (&modern.key_exchange, "curve25519-sha256"),
                (&modern.key_exchange, "diffie-hellman-group14-sha256"),
                (&modern.host_key, "rsa-sha2-512"),
                (&modern.host_key, "ecdsa-sha2-nistp256"),
                (&modern.cipher, "aes256-ctr"),
                (&modern.mac, "hmac-sha2-256"),
                (&modern.mac, "hmac-sha2-256-etm@openssh.com"),
            ] {
                assert!(list.iter().any(|n| n == name), "{:?}: {name}", report.kind);
                assert!(!list.iter().any(|n| is_legacy(n)), "{:?}", report.kind);
            }
        }
    }

    /// Devices up to 16.12 speak nothing else: a build that cannot must say so here.
    #[cfg(feature = "russh")]
    #[test]
    fn the_legacy_profile_reaches_the_oldest_releases() {
        let legacy = backend_russh::supported(AlgorithmProfile::Legacy);
        for name in [
            "diffie-hellman-group-exchange-sha1",
            "diffie-hellman-group14-sha1",
            "diffie-hellman-group1-sha1",
        ] {
            assert!(legacy.key_exchange.iter().any(|n| n == name), "{name}");
        }
        assert!(legacy.host_key.iter().any(|n| n == "ssh-rsa"));
        assert!(legacy.cipher.iter().any(|n| n == "aes128-cbc"));
        assert!(legacy.mac.iter().any(|n| n == "hmac-sha1"));
    }

    #[cfg(all(feature = "russh", feature = "ssh2"))]
    #[test]
    fn what_serves_follows_the_policy_except_where_only_russh_can() {
        use iosxe_core::ports::{Credential, Jump};
        use iosxe_core::secret::Secret;
        let credential = Credential::password("netops", Secret::new("hunter22"));
        let address: iosxe_core::device::Address = "sw1".parse().unwrap();
        let plain = Endpoint {
            device: "sw1".into(),
            address: address.clone(),
            credential: credential.clone(),
            jumps: Vec::new(),
            profile: AlgorithmProfile::Modern,
        };
        let legacy = Endpoint {
            profile: AlgorithmProfile::Legacy,
            ..plain.clone()
        };
        let jump = Endpoint {
            jumps: vec![Jump {
                address,
                credential,
                profile: AlgorithmProfile::Modern,
            }],
            ..plain.clone()
        };
        let serves = |chosen, to| Backends::built_in(chosen).pick(to).unwrap().name();
        assert_eq!(serves(BackendKind::Ssh2, &plain), "ssh2");
        assert_eq!(serves(BackendKind::Russh, &plain), "russh");
        assert_eq!(serves(BackendKind::Ssh2, &legacy), "russh");
        assert_eq!(serves(BackendKind::Ssh2, &jump), "russh");
    }
}
