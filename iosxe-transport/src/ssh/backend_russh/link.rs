//! How does one hop become a connection, and a connection a channel?

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::russh::client::{self, Handle, Msg};
use ::russh::keys::PublicKeyOrCertificate;
use ::russh::{Channel as RusshChannel, ChannelMsg, Names};
use iosxe_core::device::Address;
use iosxe_core::ports::{AlgorithmProfile, ConnectError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::super::algorithms::Algorithms;
use super::super::dial::terminal;
use super::super::known_hosts::HostKey;
use super::lists::{gex, preferred};
use crate::channel::{HostKeys, Limits, Request};

/// Signs of life without an answer, after which the connection is over.
const KEEPALIVES_UNANSWERED_MAX: usize = 3;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What the library's callbacks leave for us.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Why the host key was refused.
    pub(super) refused_key: Option<ConnectError>,
    /// The algorithms in use.
    pub(super) algorithms: String,
    /// What the far end or the library said when the connection ended.
    pub(super) farewell: Option<Farewell>,
}

#[derive(Clone, Debug)]
pub(super) enum Farewell {
    /// The far end ended it, with these words.
    Said(String),
    /// It broke, in a way that is no ordinary end.
    Broke(String),
}

pub(super) type Shared = Arc<Mutex<State>>;

pub(super) fn with<T>(state: &Shared, f: impl FnOnce(&mut State) -> T) -> T {
    f(&mut state.lock().unwrap_or_else(PoisonError::into_inner))
}

pub(super) struct Handler {
    address: Address,
    keys: Arc<dyn HostKeys>,
    state: Shared,
    key_shown: String,
}

impl client::Handler for Handler {
    type Error = ::russh::Error;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        // Certificates are never asked for.
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        let blob = key.to_bytes().map_err(::russh::Error::SshKey)?;
        let Some(key) = HostKey::from_blob(&blob) else {
            return Ok(false);
        };
        self.key_shown = key.fingerprint();
        match self.keys.check(&self.address, &key) {
            Ok(()) => Ok(true),
            Err(error) => {
                with(&self.state, |s| s.refused_key = Some(error));
                Ok(false)
            }
        }
    }

    async fn kex_done(
        &mut self,
        _shared_secret: Option<&[u8]>,
        names: &Names,
        _session: &mut client::Session,
    ) -> Result<(), Self::Error> {
        // Ciphers of the GCM and ChaCha20 kind bring their own authentication.
        let cipher = names.cipher.as_ref();
        let mac = if cipher.contains("gcm") || cipher.contains("poly1305") {
            String::new()
        } else {
            format!(", {}", names.client_mac.as_ref())
        };
        let text = format!(
            "{}, {}, {cipher}{mac}; host key {}",
            names.kex.as_ref(),
            names.key.as_str(),
            self.key_shown
        );
        with(&self.state, |s| s.algorithms = text);
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: client::DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let farewell = match reason {
            client::DisconnectReason::ReceivedDisconnect(info) => Farewell::Said(info.message),
            client::DisconnectReason::Error(e) if is_plain_end(&e) => Farewell::Said(String::new()),
            client::DisconnectReason::Error(e) => Farewell::Broke(e.to_string()),
        };
        with(&self.state, |s| s.farewell = Some(farewell));
        Ok(())
    }
}

/// Whether an error says no more than that the connection is over.
fn is_plain_end(error: &::russh::Error) -> bool {
    matches!(
        error,
        ::russh::Error::HUP
            | ::russh::Error::Disconnect
            | ::russh::Error::SendError
            | ::russh::Error::RecvError
            | ::russh::Error::IO(_)
            | ::russh::Error::KeepaliveTimeout
    )
}

/// One hop: a connection, before its channel.
pub(super) struct Link {
    pub(super) handle: Handle<Handler>,
    pub(super) address: Address,
    pub(super) profile: AlgorithmProfile,
    /// Who logs in, for errors.
    pub(super) user: String,
    pub(super) state: Shared,
}

impl Link {
    pub(super) async fn open(
        stream: impl Stream + 'static,
        address: &Address,
        profile: AlgorithmProfile,
        keys: &Arc<dyn HostKeys>,
        limits: Limits,
    ) -> Result<Self, ConnectError> {
        let algorithms = Algorithms::of(profile).asking_for(&keys.known_types(address)?);
        let config = client::Config {
            client_id: ::russh::SshId::Standard(Cow::Borrowed(concat!(
                "SSH-2.0-iosxe_",
                env!("CARGO_PKG_VERSION")
            ))),
            preferred: preferred(&algorithms),
            keepalive_interval: limits.keepalive,
            keepalive_max: KEEPALIVES_UNANSWERED_MAX,
            nodelay: true,
            gex: gex(profile),
            ..client::Config::default()
        };
        let state = Shared::default();
        let handler = Handler {
            address: address.clone(),
            keys: Arc::clone(keys),
            state: Arc::clone(&state),
            key_shown: String::new(),
        };
        let connecting = client::connect_stream(Arc::new(config), stream, handler);
        let handle = match timeout(limits.login, connecting).await {
            Err(_) => return Err(timed_out(address, limits.login)),
            Ok(Err(error)) => {
                if let Some(refused) = with(&state, |s| s.refused_key.take()) {
                    return Err(refused);
                }
                return Err(handshake_failed(address, &error));
            }
            Ok(Ok(handle)) => handle,
        };
        Ok(Self {
            handle,
            address: address.clone(),
            profile,
            user: String::new(),
            state,
        })
    }

    pub(super) fn algorithms(&self) -> String {
        with(&self.state, |s| s.algorithms.clone())
    }

    /// A connection through this hop to the next.
    pub(super) async fn tunnel(
        &self,
        next: &Address,
        limits: Limits,
    ) -> Result<impl Stream + use<>, String> {
        let opening = self.handle.channel_open_direct_tcpip(
            next.host.clone(),
            u32::from(next.port),
            "127.0.0.1",
            0,
        );
        match timeout(limits.connect, opening).await {
            Err(_) => Err(format!("no answer within {} s", limits.connect.as_secs())),
            Ok(Err(e)) => Err(e.to_string()),
            Ok(Ok(channel)) => Ok(channel.into_stream()),
        }
    }

    pub(super) async fn channel(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<RusshChannel<Msg>, ConnectError> {
        let no_channel = |reason: String| ConnectError::NoChannel {
            address: self.address.to_string(),
            reason,
        };
        let opening = async {
            let mut channel = self
                .handle
                .channel_open_session()
                .await
                .map_err(|e| no_channel(e.to_string()))?;
            let sent = match request {
                Request::Shell => {
                    let (columns, rows) = (terminal::COLUMNS, terminal::ROWS);
                    channel
                        .request_pty(true, terminal::KIND, columns, rows, 0, 0, &[])
                        .await
                        .map_err(|e| no_channel(e.to_string()))?;
                    granted(&mut channel, "a terminal")
                        .await
                        .map_err(no_channel)?;
                    channel.request_shell(true).await
                }
                Request::Exec(command) => channel.exec(true, command).await,
            };
            sent.map_err(|e| no_channel(e.to_string()))?;
            granted(&mut channel, "the request")
                .await
                .map_err(no_channel)?;
            Ok(channel)
        };
        timeout(limits.login, opening)
            .await
            .map_err(|_| timed_out(&self.address, limits.login))?
    }
}

/// Waits for the answer to a request on a channel. Nothing that is data comes before it.
async fn granted(channel: &mut RusshChannel<Msg>, what: &str) -> Result<(), String> {
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Success) => return Ok(()),
            Some(ChannelMsg::Failure) => return Err(format!("{what} is refused")),
            Some(ChannelMsg::WindowAdjusted { .. }) => {}
            Some(ChannelMsg::Eof | ChannelMsg::Close) | None => {
                return Err(format!("the channel was closed instead of granting {what}"));
            }
            Some(other) => tracing::debug!(?other, "before the answer to a request"),
        }
    }
}

pub(super) fn timed_out(address: &Address, waited: Duration) -> ConnectError {
    ConnectError::TimedOut {
        address: address.to_string(),
        waited,
    }
}

fn handshake_failed(address: &Address, error: &::russh::Error) -> ConnectError {
    let address = address.to_string();
    match error {
        ::russh::Error::NoCommonAlgo { kind, theirs, .. } => ConnectError::NoCommonAlgorithm {
            address,
            reason: format!("{}: it offers {}", algorithm_kind(kind), theirs.join(", ")),
        },
        other => ConnectError::Handshake {
            address,
            reason: match other {
                ::russh::Error::HUP | ::russh::Error::Disconnect => {
                    "it ended the connection".to_owned()
                }
                other => other.to_string(),
            },
        },
    }
}

fn algorithm_kind(kind: &::russh::AlgorithmKind) -> &'static str {
    match kind {
        ::russh::AlgorithmKind::Kex => "key exchange",
        ::russh::AlgorithmKind::Key => "host key",
        ::russh::AlgorithmKind::Cipher => "cipher",
        ::russh::AlgorithmKind::Compression => "compression",
        ::russh::AlgorithmKind::Mac => "MAC",
    }
}
