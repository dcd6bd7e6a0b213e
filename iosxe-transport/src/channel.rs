//! The seam between SSH libraries and everything else: one connection, one channel, bytes.
//!
//! A [`Backend`] opens a connection, proves the host key to [`HostKeys`], logs in and opens one
//! channel: a shell on a terminal, or one command. That is all it does. The pump and SCP are
//! written once, over the two halves of a [`Channel`].
//!
//! One connection carries one channel: in libssh2 two channels of a connection block each other, and
//! a device counts a vty line for each connection either way.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iosxe_core::device::Address;
use iosxe_core::ports::{ConnectError, Endpoint, Evidence};

use crate::ssh::known_hosts::HostKey;

/// What a new channel is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A shell on a terminal.
    Shell,
    /// One command without a terminal: `scp -t flash:image.bin`.
    Exec(String),
}

/// What the far end said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// On its standard output. Never empty.
    Out(Vec<u8>),
    /// On its standard error. Never empty.
    Err(Vec<u8>),
    /// Nothing more will come.
    End,
}

/// Why bytes do not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The connection or the channel is over.
    #[error("the connection ended")]
    Ended,
    /// Something broke below the bytes: a packet that cannot be decrypted, a protocol violation.
    #[error("{0}")]
    Failed(String),
}

/// Bytes from the far end.
#[async_trait]
pub trait Reader: Send {
    /// Waits for the next bytes. After [`Heard::End`] it answers with that for ever.
    ///
    /// Cancel-safe: a dropped future loses nothing.
    ///
    /// # Errors
    /// [`ChannelError::Failed`]; an ended connection is [`Heard::End`].
    async fn read(&mut self) -> Result<Heard, ChannelError>;
}

/// Bytes to the far end.
#[async_trait]
pub trait Writer: Send {
    /// Hands over all the bytes; returns when the library has taken them, which the far end's
    /// window delays.
    ///
    /// Not cancel-safe: after a dropped future some of the bytes may have left.
    ///
    /// # Errors
    /// [`ChannelError`].
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ChannelError>;

    /// Says that no more bytes will come.
    ///
    /// # Errors
    /// [`ChannelError`].
    async fn end(&mut self) -> Result<(), ChannelError>;

    /// Leaves in order: closes the channel, says goodbye, ends the connection. Bounded, about two
    /// seconds. Dropping both halves ends the connection too, without the words.
    async fn close(&mut self);

    /// Whether the connection still stands, as far as is known without asking.
    fn is_open(&self) -> bool;
}

/// An open channel. Dropping it frees everything that belongs to it.
pub struct Channel {
    /// From the far end.
    pub reader: Box<dyn Reader>,
    /// To the far end.
    pub writer: Box<dyn Writer>,
    /// The algorithms in use, for people.
    pub algorithms: String,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

/// Decides about host keys, before any credential is sent.
pub trait HostKeys: Send + Sync {
    /// The types of the keys that are known for a host (`ssh-ed25519`, `ssh-rsa`, …): a backend
    /// asks for these first (design rule 11).
    ///
    /// # Errors
    /// [`ConnectError::Local`] when the file cannot be read.
    fn known_types(&self, address: &Address) -> Result<Vec<String>, ConnectError>;

    /// Says whether a host may be trusted.
    ///
    /// # Errors
    /// [`ConnectError::HostKeyUnknown`], [`ConnectError::HostKeyChanged`], [`ConnectError::Local`].
    /// The backend then ends the connection and returns this error.
    fn check(&self, address: &Address, key: &HostKey) -> Result<(), ConnectError>;
}

/// Bounds of wall time that a backend keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the TCP connection of one hop.
    pub connect: Duration,
    /// For one hop's handshake, and again for its login and channel. A slow AAA server is in it.
    pub login: Duration,
    /// A sign of life is sent after this much silence; `None` sends none. Three in a row without
    /// an answer end the connection.
    pub keepalive: Option<Duration>,
}

/// A library that speaks SSH.
#[async_trait]
pub trait Backend: Send + Sync + fmt::Debug {
    /// Its name in messages and settings: `ssh2`, `russh`.
    fn name(&self) -> &'static str;

    /// Opens a connection with one channel on it. Cancel-safe: a dropped future closes everything.
    ///
    /// # Errors
    /// [`ConnectError`].
    async fn open(
        &self,
        to: &Endpoint,
        request: Request,
        keys: Arc<dyn HostKeys>,
        limits: Limits,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Channel, ConnectError>;
}
