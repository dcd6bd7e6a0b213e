//! How a device is reached: endpoints, connectors, shells, and where their bytes are kept.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::device::Address;
use crate::fault::{Class, Classified, Effect, Remedy};
use crate::ids::DeviceName;
use crate::secret::Secret;
use crate::talk::{Conversation, Dialogue, TalkError};

/// Which algorithms a client may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AlgorithmProfile {
    /// What is safe today.
    #[default]
    Modern,
    /// SHA-1 key exchange and `ssh-rsa` too: what releases up to 16.12 offer. Allowed per device,
    /// every use is logged.
    Legacy,
}

/// Who logs in, and with what.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The user.
    pub username: String,
    /// Password, for `password` and `keyboard-interactive`.
    pub password: Option<Secret>,
    /// Enable secret, where login does not grant privilege 15.
    pub enable: Option<Secret>,
    /// Private key file in OpenSSH format.
    pub key_file: Option<std::path::PathBuf>,
    /// Passphrase of the private key.
    pub key_passphrase: Option<Secret>,
    /// Ask the SSH agent.
    pub agent: bool,
}

impl Credential {
    /// A user with a password.
    pub fn password(username: impl Into<String>, password: Secret) -> Self {
        Self {
            username: username.into(),
            password: Some(password),
            enable: None,
            key_file: None,
            key_passphrase: None,
            agent: false,
        }
    }

    /// Every secret in it, for a redactor.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.password
            .iter()
            .chain(&self.enable)
            .chain(&self.key_passphrase)
    }
}

/// A hop on the way to a device.
#[derive(Clone, Debug)]
pub struct Jump {
    /// Where.
    pub address: Address,
    /// Who.
    pub credential: Credential,
    /// Which algorithms may be used with it.
    pub profile: AlgorithmProfile,
}

/// Everything that a connection to one device needs.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The device, for messages and evidence.
    pub device: DeviceName,
    /// Where.
    pub address: Address,
    /// Who.
    pub credential: Credential,
    /// The hops before it, nearest to us first.
    pub jumps: Vec<Jump>,
    /// Which algorithms may be used.
    pub profile: AlgorithmProfile,
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Refused, no route, no name.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// Nothing answered in time.
    #[error("{address} did not answer within {} s", waited.as_secs())]
    TimedOut {
        /// Where.
        address: String,
        /// How long was waited, wall time.
        waited: Duration,
    },
    /// What answers speaks no SSH, or ended in the handshake.
    #[error("{address} breaks off the SSH handshake: {reason}")]
    Handshake {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// No common algorithm.
    #[error("{address} offers no algorithm that the profile allows: {reason}")]
    NoCommonAlgorithm {
        /// Where.
        address: String,
        /// What is missing.
        reason: String,
    },
    /// The host key is not in the known hosts.
    #[error("the host key of {address} is not known: {fingerprint}")]
    HostKeyUnknown {
        /// Where.
        address: String,
        /// `ssh-ed25519 SHA256:…`.
        fingerprint: String,
    },
    /// The host key is another than the known one. No credential was sent.
    #[error("the host key of {address} changed: {fingerprint} instead of {expected}")]
    HostKeyChanged {
        /// Where.
        address: String,
        /// What it shows now.
        fingerprint: String,
        /// What is known.
        expected: String,
    },
    /// The credential was refused.
    #[error("{address} refuses the credential of {username} ({methods})")]
    CredentialRefused {
        /// Where.
        address: String,
        /// Who.
        username: String,
        /// The methods that were tried.
        methods: String,
    },
    /// A hop before the device failed.
    #[error("the jump host {jump} does not lead to {address}: {reason}")]
    Jump {
        /// The hop.
        jump: String,
        /// Where to.
        address: String,
        /// Why.
        reason: String,
    },
    /// The server refuses another channel: all lines are taken.
    #[error("{address} opens no channel: {reason}")]
    NoChannel {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// Something on our own side: a key file, a known-hosts file.
    #[error("{what}: {reason}")]
    Local {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
}

impl Classified for ConnectError {
    fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Handshake { .. }
            | Self::Jump { .. }
            | Self::NoChannel { .. } => Class::Transient,
            Self::NoCommonAlgorithm { .. }
            | Self::HostKeyUnknown { .. }
            | Self::HostKeyChanged { .. }
            | Self::CredentialRefused { .. }
            | Self::Local { .. } => Class::Operator,
        }
    }

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "connect_timeout",
            Self::Handshake { .. } => "no_ssh",
            Self::NoCommonAlgorithm { .. } => "no_common_algorithm",
            Self::HostKeyUnknown { .. } => "host_key_unknown",
            Self::HostKeyChanged { .. } => "host_key_changed",
            Self::CredentialRefused { .. } => "credential_refused",
            Self::Jump { .. } => "jump_failed",
            Self::NoChannel { .. } => "no_channel",
            Self::Local { .. } => "local_file",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => Some(Remedy::new(
                "check the `address` cell and the way to the device",
            )),
            Self::Handshake { .. } => Some(Remedy::new(
                "check that the port is the device's SSH port and that a vty line is free",
            )),
            Self::NoCommonAlgorithm { .. } => Some(Remedy::new(
                "if the device speaks only old algorithms, allow them for it: `[[ssh]] match = \"NAME\", profile = \"legacy\"`",
            )),
            Self::HostKeyUnknown { .. } => Some(Remedy::with(
                "compare the fingerprint with the device's console, then accept it",
                "--accept-new-host-keys",
            )),
            Self::HostKeyChanged { .. } => Some(Remedy::with(
                "find out why the key changed; if it is right, trust it",
                "iosxe trust DEVICE",
            )),
            Self::CredentialRefused { .. } => {
                Some(Remedy::new("check user and password of this credential"))
            }
            Self::Jump { .. } => Some(Remedy::new("check the `jump` cell and the jump host")),
            Self::NoChannel { .. } => {
                Some(Remedy::new("free a vty line, or wait until one is free"))
            }
            Self::Local { .. } => Some(Remedy::new("check the file and its permissions")),
        }
    }
}

/// Where raw evidence goes: every byte, with time, redacted (design rule 21).
pub trait Evidence: Send + Sync {
    /// The device said this.
    fn received(&self, text: &str);
    /// We sent this; a secret arrives here already masked.
    fn sent(&self, text: &str);
    /// Something that no byte shows: connected, key, closed.
    fn note(&self, text: &str);
}

/// Opens sessions.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Opens an authenticated shell.
    ///
    /// Reads only: nothing is sent but the login.
    ///
    /// # Errors
    /// [`ConnectError`]. A refused credential is reported at once and never tried again here.
    async fn connect(
        &self,
        to: &Endpoint,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Box<dyn Session>, ConnectError>;

    /// Pins the key that the device shows now in place of the known one (`iosxe trust`).
    ///
    /// # Errors
    /// [`ConnectError`] when the device cannot be reached or the file not be written.
    async fn trust(&self, to: &Endpoint) -> Result<String, ConnectError>;
}

/// One shell on one device.
#[async_trait]
pub trait Session: Send {
    /// Drives a dialogue to its end.
    ///
    /// # Errors
    /// [`TalkError::Channel`] when the channel fails below the conversation; the end of the
    /// connection is an input of the dialogue, not an error.
    async fn talk(&mut self, dialogue: &mut dyn Dialogue) -> Result<(), TalkError>;

    /// Whether the connection still stands, as far as is known.
    fn is_open(&self) -> bool;

    /// The algorithms in use, for people: `curve25519-sha256, ssh-ed25519, aes256-gcm`.
    fn algorithms(&self) -> String;

    /// Leaves.
    async fn close(&mut self);
}

/// Joins a session and a typed conversation.
///
/// # Errors
/// What stopped either.
pub async fn converse<C: Conversation>(
    session: &mut dyn Session,
    mut conversation: C,
) -> Result<C::Output, TalkError> {
    session.talk(&mut conversation).await?;
    conversation.finish()
}
