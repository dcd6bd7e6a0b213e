//! The `russh` backend: pure Rust, asynchronous.
//!
//! Serves bulk transfers (it moves more bytes than OpenSSH's client for less processor time), the
//! legacy profile (its algorithm lists are ours to choose, without compiler flags) and every way
//! over jump hosts (libssh2 wants a real socket).

use std::borrow::Cow;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse, Msg};
use ::russh::keys::agent::AgentIdentity;
use ::russh::keys::agent::client::AgentClient;
use ::russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use ::russh::{
    Channel as RusshChannel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect, MethodSet,
    Names, Preferred,
};
use async_trait::async_trait;
use iosxe_core::device::Address;
use iosxe_core::ports::{AlgorithmProfile, ConnectError, Credential, Endpoint, Evidence};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::algorithms::Algorithms;
use super::auth::{AGENT_KEYS_MAX, Login, Method};
use super::dial::{dial, ended_in_login, terminal};
use super::known_hosts::HostKey;
use crate::channel::{
    Backend, Channel, ChannelError, Heard, HostKeys, Limits, Reader, Request, Writer,
};

/// Signs of life without an answer, after which the connection is over.
const KEEPALIVES_UNANSWERED_MAX: usize = 3;

/// How long leaving in order may take.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// The `russh` library.
#[derive(Clone, Copy, Debug, Default)]
pub struct Russh;

#[async_trait]
impl Backend for Russh {
    fn name(&self) -> &'static str {
        "russh"
    }

    async fn open(
        &self,
        to: &Endpoint,
        request: Request,
        keys: Arc<dyn HostKeys>,
        limits: Limits,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Channel, ConnectError> {
        let first = to.jumps.first().map_or(&to.address, |j| &j.address);
        let tether = Tether::default();
        let stream = dial(first, limits.connect)
            .await
            .map_err(|e| behind_a_jump(e, to, to.jumps.first().map(|j| &j.address)))?;
        let stream = tether.hold(stream, first)?;
        let mut way: Box<dyn Stream> = Box::new(stream);
        let mut hops = Vec::new();
        for (at, jump) in to.jumps.iter().enumerate() {
            let next = to.jumps.get(at + 1).map_or(&to.address, |j| &j.address);
            let mut link = Link::open(way, &jump.address, jump.profile, &keys, limits)
                .await
                .map_err(|e| behind_a_jump(e, to, Some(&jump.address)))?;
            link.log_in(&jump.credential, limits)
                .await
                .map_err(|e| behind_a_jump(e, to, Some(&jump.address)))?;
            evidence.note(&format!(
                "jump host {} ({})",
                jump.address,
                link.algorithms()
            ));
            way =
                Box::new(
                    link.tunnel(next, limits)
                        .await
                        .map_err(|reason| ConnectError::Jump {
                            jump: jump.address.to_string(),
                            address: next.to_string(),
                            reason,
                        })?,
                );
            hops.push(link.handle);
        }
        let mut link = Link::open(way, &to.address, to.profile, &keys, limits).await?;
        link.log_in(&to.credential, limits).await?;
        let algorithms = link.algorithms();
        let channel = link.channel(request, limits).await?;
        let (reader, writer) = channel.split();
        Ok(Channel {
            reader: Box::new(RusshReader {
                half: reader,
                over: None,
                state: Arc::clone(&link.state),
            }),
            writer: Box::new(RusshWriter {
                half: writer,
                handle: link.handle,
                hops,
                _tether: tether,
            }),
            algorithms,
        })
    }
}

/// A failure of a hop, told as such. What the operator has to see to (keys, credentials, algorithms)
/// keeps its class, and says whose it is.
fn behind_a_jump(error: ConnectError, to: &Endpoint, jump: Option<&Address>) -> ConnectError {
    let Some(jump) = jump else { return error };
    let address = format!("jump host {jump}");
    match error {
        ConnectError::Unreachable { .. }
        | ConnectError::TimedOut { .. }
        | ConnectError::Handshake { .. }
        | ConnectError::NoChannel { .. } => ConnectError::Jump {
            jump: jump.to_string(),
            address: to.address.to_string(),
            reason: error.to_string(),
        },
        ConnectError::NoCommonAlgorithm { reason, .. } => {
            ConnectError::NoCommonAlgorithm { address, reason }
        }
        ConnectError::HostKeyUnknown { fingerprint, .. } => ConnectError::HostKeyUnknown {
            address,
            fingerprint,
        },
        ConnectError::HostKeyChanged {
            fingerprint,
            expected,
            ..
        } => ConnectError::HostKeyChanged {
            address,
            fingerprint,
            expected,
        },
        ConnectError::CredentialRefused {
            username, methods, ..
        } => ConnectError::CredentialRefused {
            address,
            username,
            methods,
        },
        ConnectError::Jump { .. } | ConnectError::Local { .. } => error,
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Ends the first hop's socket when it is dropped. The library's session task ends by itself only
/// when it has nothing left to write, which a device that takes nothing more never lets happen.
#[derive(Debug, Default)]
struct Tether(Mutex<Option<std::net::TcpStream>>);

impl Tether {
    fn hold(
        &self,
        stream: tokio::net::TcpStream,
        address: &Address,
    ) -> Result<tokio::net::TcpStream, ConnectError> {
        let held = || {
            let stream = stream.into_std()?;
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.try_clone()?);
            tokio::net::TcpStream::from_std(stream)
        };
        held().map_err(|e: std::io::Error| ConnectError::Unreachable {
            address: address.to_string(),
            reason: e.to_string(),
        })
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        let held = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(stream) = held.take()
            && let Err(e) = stream.shutdown(Shutdown::Both)
        {
            tracing::trace!(error = %e, "the socket was closed before");
        }
    }
}

/// What the library's callbacks leave for us.
#[derive(Debug, Default)]
struct State {
    /// Why the host key was refused.
    refused_key: Option<ConnectError>,
    /// The algorithms in use.
    algorithms: String,
    /// What the far end or the library said when the connection ended.
    farewell: Option<Farewell>,
}

#[derive(Clone, Debug)]
enum Farewell {
    /// The far end ended it, with these words.
    Said(String),
    /// It broke, in a way that is no ordinary end.
    Broke(String),
}

type Shared = Arc<Mutex<State>>;

fn with<T>(state: &Shared, f: impl FnOnce(&mut State) -> T) -> T {
    f(&mut state.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Handler {
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
struct Link {
    handle: Handle<Handler>,
    address: Address,
    profile: AlgorithmProfile,
    /// Who logs in, for errors.
    user: String,
    state: Shared,
}

impl Link {
    async fn open(
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

    fn algorithms(&self) -> String {
        with(&self.state, |s| s.algorithms.clone())
    }

    async fn log_in(
        &mut self,
        credential: &Credential,
        limits: Limits,
    ) -> Result<(), ConnectError> {
        let address = self.address.clone();
        self.user.clone_from(&credential.username);
        timeout(limits.login, self.try_methods(credential))
            .await
            .map_err(|_| timed_out(&address, limits.login))?
    }

    async fn try_methods(&mut self, credential: &Credential) -> Result<(), ConnectError> {
        let mut login = Login::new(credential);
        let user = credential.username.as_str();
        let answer = self.handle.authenticate_none(user).await;
        let Some(mut offered) = self.outcome(answer)? else {
            return Ok(());
        };
        loop {
            let names: Vec<&str> = offered.iter().map(Into::into).collect();
            let Some(method) = login.next(&names) else {
                return Err(login.refused(&self.address, &names));
            };
            let answer = match method {
                Method::KeyFile => self.key_file(credential).await?,
                Method::Agent => self.agent(user, &mut login).await?,
                Method::Password => {
                    let Some(password) = &credential.password else {
                        continue;
                    };
                    let answer = self
                        .handle
                        .authenticate_password(user, password.expose())
                        .await;
                    self.outcome(answer)?
                }
                Method::KeyboardInteractive => match self.questions(user, &mut login).await? {
                    Asked::Answered(answer) => answer,
                    // To leave a question open is to leave.
                    Asked::Unanswered => return Err(login.refused(&self.address, &names)),
                },
            };
            match answer {
                None => return Ok(()),
                Some(still_offered) => {
                    login.failed(method);
                    offered = still_offered;
                }
            }
        }
    }

    /// `None` when we are in, else what the server still takes.
    fn outcome(
        &self,
        answer: Result<AuthResult, ::russh::Error>,
    ) -> Result<Option<MethodSet>, ConnectError> {
        match answer {
            Ok(AuthResult::Success) => Ok(None),
            Ok(AuthResult::Failure {
                remaining_methods, ..
            }) if !self.handle.is_closed() || !remaining_methods.is_empty() => {
                Ok(Some(remaining_methods))
            }
            // The library reports a connection that ended in the login as a plain failure.
            Ok(AuthResult::Failure { .. }) => Err(self.ended_in_login("the connection ended")),
            Err(e) => Err(self.ended_in_login(&e.to_string())),
        }
    }

    fn ended_in_login(&self, reason: &str) -> ConnectError {
        let reason = with(&self.state, |s| match &s.farewell {
            Some(Farewell::Said(text)) if !text.is_empty() => text.clone(),
            Some(Farewell::Broke(text)) => text.clone(),
            _ => reason.to_owned(),
        });
        ended_in_login(&self.address, &self.user, reason)
    }

    async fn key_file(
        &mut self,
        credential: &Credential,
    ) -> Result<Option<MethodSet>, ConnectError> {
        let Some(path) = credential.key_file.clone() else {
            return Ok(Some(MethodSet::empty()));
        };
        let what = format!("key file {}", path.display());
        let local = |reason: String| ConnectError::Local {
            what: what.clone(),
            reason,
        };
        let passphrase = credential.key_passphrase.clone();
        // A key with a passphrase takes tens of rounds of bcrypt: not on the runtime's threads.
        let key = tokio::task::spawn_blocking(move || {
            ::russh::keys::load_secret_key(path, passphrase.as_ref().map(|p| p.expose()))
        })
        .await
        .map_err(|e| local(e.to_string()))?
        .map_err(|e| local(e.to_string()))?;
        let hash = if key.algorithm().is_rsa() {
            self.rsa_hash().await
        } else {
            None
        };
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        let answer = self
            .handle
            .authenticate_publickey(credential.username.as_str(), key)
            .await;
        self.outcome(answer)
    }

    /// How to sign with an RSA key: what the server says it takes, else SHA-512, or SHA-1 for the
    /// old devices that say nothing because they know nothing else.
    async fn rsa_hash(&self) -> Option<HashAlg> {
        match self.handle.best_supported_rsa_hash().await {
            Ok(Some(hash)) if hash.is_some() || self.profile == AlgorithmProfile::Legacy => hash,
            _ if self.profile == AlgorithmProfile::Legacy => None,
            _ => Some(HashAlg::Sha512),
        }
    }

    #[cfg(unix)]
    async fn agent(
        &mut self,
        user: &str,
        login: &mut Login<'_>,
    ) -> Result<Option<MethodSet>, ConnectError> {
        let local = |e: ::russh::keys::Error| ConnectError::Local {
            what: "SSH agent".to_owned(),
            reason: e.to_string(),
        };
        let mut agent = AgentClient::connect_env().await.map_err(local)?;
        let mut offered = MethodSet::from([::russh::MethodKind::PublicKey].as_slice());
        let mut keys = Vec::new();
        for identity in agent.request_identities().await.map_err(local)? {
            if let AgentIdentity::PublicKey { key, .. } = identity {
                keys.push(key);
            }
        }
        if keys.is_empty() {
            login.remark("holds no key");
        }
        for key in keys.into_iter().take(AGENT_KEYS_MAX) {
            let hash = if key.algorithm().is_rsa() {
                self.rsa_hash().await
            } else {
                None
            };
            let answer = self
                .handle
                .authenticate_publickey_with(user, key, hash, &mut agent)
                .await;
            match answer {
                Ok(answer) => match self.outcome(Ok(answer))? {
                    None => return Ok(None),
                    Some(still_offered) => offered = still_offered,
                },
                // The agent does not sign with this one: locked, or a question was declined.
                Err(e) => login.remark(&e.to_string()),
            }
        }
        Ok(Some(offered))
    }

    #[cfg(not(unix))]
    async fn agent(
        &mut self,
        _user: &str,
        _login: &mut Login<'_>,
    ) -> Result<Option<MethodSet>, ConnectError> {
        Err(ConnectError::Local {
            what: "SSH agent".to_owned(),
            reason: "this backend reaches an agent on Unix only".to_owned(),
        })
    }

    async fn questions(
        &mut self,
        user: &str,
        login: &mut Login<'_>,
    ) -> Result<Asked, ConnectError> {
        let mut answer = self
            .handle
            .authenticate_keyboard_interactive_start(user, None)
            .await;
        loop {
            match answer {
                Ok(KeyboardInteractiveAuthResponse::Success) => return Ok(Asked::Answered(None)),
                Ok(KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods, ..
                }) => return Ok(Asked::Answered(Some(remaining_methods))),
                Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => {
                    let questions = prompts.iter().map(|p| (p.prompt.as_str(), p.echo));
                    let Some(answers) = login.answer(questions) else {
                        return Ok(Asked::Unanswered);
                    };
                    answer = self
                        .handle
                        .authenticate_keyboard_interactive_respond(answers)
                        .await;
                }
                Err(e) => return Err(self.ended_in_login(&e.to_string())),
            }
        }
    }

    /// A connection through this hop to the next.
    async fn tunnel(&self, next: &Address, limits: Limits) -> Result<impl Stream + use<>, String> {
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

    async fn channel(
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

/// What came of the server's questions.
enum Asked {
    /// `None` when we are in, else what the server still takes.
    Answered(Option<MethodSet>),
    /// They must not be answered.
    Unanswered,
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

struct RusshReader {
    half: ChannelReadHalf,
    /// The end, once it was seen.
    over: Option<Result<Heard, ChannelError>>,
    state: Shared,
}

#[async_trait]
impl Reader for RusshReader {
    async fn read(&mut self) -> Result<Heard, ChannelError> {
        if let Some(over) = &self.over {
            return over.clone();
        }
        loop {
            match self.half.wait().await {
                Some(ChannelMsg::Data { data }) if !data.is_empty() => {
                    return Ok(Heard::Out(data.to_vec()));
                }
                Some(ChannelMsg::ExtendedData { data, .. }) if !data.is_empty() => {
                    return Ok(Heard::Err(data.to_vec()));
                }
                Some(ChannelMsg::Eof | ChannelMsg::Close) => {
                    return self.over.insert(Ok(Heard::End)).clone();
                }
                None => {
                    let farewell = with(&self.state, |s| s.farewell.clone());
                    let over = match farewell {
                        Some(Farewell::Broke(reason)) => Err(ChannelError::Failed(reason)),
                        Some(Farewell::Said(_)) | None => Ok(Heard::End),
                    };
                    return self.over.insert(over).clone();
                }
                Some(_) => {}
            }
        }
    }
}

struct RusshWriter {
    half: ChannelWriteHalf<Msg>,
    handle: Handle<Handler>,
    /// The connections that carry this one, nearest first.
    hops: Vec<Handle<Handler>>,
    _tether: Tether,
}

#[async_trait]
impl Writer for RusshWriter {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ChannelError> {
        self.half
            .data_bytes(bytes)
            .await
            .map_err(|_| ChannelError::Ended)
    }

    async fn end(&mut self) -> Result<(), ChannelError> {
        self.half.eof().await.map_err(|_| ChannelError::Ended)
    }

    async fn close(&mut self) {
        let leaving = async {
            // Each of these fails only when the connection is over already: then we have left.
            if self.half.eof().await.is_ok() && self.half.close().await.is_ok() {
                for handle in std::iter::once(&mut self.handle).chain(self.hops.iter_mut().rev()) {
                    if handle
                        .disconnect(Disconnect::ByApplication, "done", "en")
                        .await
                        .is_ok()
                        && let Err(e) = (&mut *handle).await
                    {
                        tracing::trace!(error = %e, "the session ended with");
                    }
                }
            }
        };
        if timeout(CLOSE_WAIT, leaving).await.is_err() {
            tracing::debug!("the far end did not let us leave in order");
        }
    }

    fn is_open(&self) -> bool {
        !self.handle.is_closed()
    }
}

/// The library's form of our lists. What it does not have is left out.
fn preferred(algorithms: &Algorithms) -> Preferred {
    fn known<T>(names: &[String], parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        names.iter().filter_map(|n| parse(n)).collect()
    }
    let mut kex = known(&algorithms.key_exchange, |n| {
        ::russh::kex::Name::try_from(n).ok()
    });
    // Not algorithms: that we understand the server's extensions, and strict key exchange.
    kex.push(::russh::kex::EXTENSION_SUPPORT_AS_CLIENT);
    kex.push(::russh::kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT);
    Preferred {
        kex: Cow::Owned(kex),
        key: Cow::Owned(known(&algorithms.host_key, |n| Algorithm::new(n).ok())),
        cipher: Cow::Owned(known(&algorithms.cipher, |n| {
            ::russh::cipher::Name::try_from(n).ok()
        })),
        mac: Cow::Owned(known(&algorithms.mac, |n| {
            ::russh::mac::Name::try_from(n).ok()
        })),
        // Images do not compress, and a device's processor has better things to do.
        compression: Cow::Borrowed(&[::russh::compression::NONE]),
        ..Preferred::DEFAULT
    }
}

/// What this backend can do of a profile, for the report.
pub(crate) fn supported(profile: AlgorithmProfile) -> Algorithms {
    let all = Algorithms::of(profile);
    let lists = preferred(&all);
    let keep = |wanted: Vec<String>, has: Vec<String>| -> Vec<String> {
        wanted.into_iter().filter(|n| has.contains(n)).collect()
    };
    Algorithms {
        key_exchange: keep(
            all.key_exchange,
            lists.kex.iter().map(|n| n.as_ref().to_owned()).collect(),
        ),
        host_key: keep(
            all.host_key,
            lists.key.iter().map(|n| n.as_str().to_owned()).collect(),
        ),
        cipher: keep(
            all.cipher,
            lists.cipher.iter().map(|n| n.as_ref().to_owned()).collect(),
        ),
        mac: keep(
            all.mac,
            lists.mac.iter().map(|n| n.as_ref().to_owned()).collect(),
        ),
    }
}

/// Sizes for group exchange. Old devices have 2048 and 4096 bits; a larger wish costs them seconds.
fn gex(profile: AlgorithmProfile) -> client::GexParams {
    let wished = match profile {
        AlgorithmProfile::Modern => 3072,
        AlgorithmProfile::Legacy => 2048,
    };
    client::GexParams::new(2048, wished, 8192).unwrap_or_default()
}

fn timed_out(address: &Address, waited: Duration) -> ConnectError {
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
