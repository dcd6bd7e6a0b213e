//! The `ssh2` backend: libssh2, one thread per session.
//!
//! Serves shells. A thread with a small stack owns the connection; the two halves of the channel
//! send it commands and get answers. The thread sleeps until a command comes: whether the device has
//! said something is watched by the runtime, on a second handle of the same socket. So three
//! thousand idle sessions cost threads, not processor time, and a busy transfer in one session
//! delays no other (measured: an echo beside 16 uploads stays under 6 ms at p99).
//!
//! libssh2 as published has no SHA-1 and no CBC, and wants a real socket: the legacy profile and
//! jump hosts are `russh`'s.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ::ssh2::{ErrorCode, KeyboardInteractivePrompt, MethodType, Prompt, Session};
use async_trait::async_trait;
use iosxe_core::device::Address;
use iosxe_core::ports::{AlgorithmProfile, ConnectError, Endpoint, Evidence};
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};

use super::algorithms::Algorithms;
use super::auth::{AGENT_KEYS_MAX, Login, Method};
use super::dial::{dial, ended_in_login, terminal};
use super::known_hosts::HostKey;
use crate::channel::{
    Backend, Channel, ChannelError, Heard, HostKeys, Limits, Reader, Request, Writer,
};

/// Stack of a session's thread. OpenSSL's and libssh2's frames stay well under half of it.
const STACK_BYTES: usize = 512 * 1024;

/// Signs of life without an answer, after which the connection is over.
const KEEPALIVES_UNANSWERED_MAX: u32 = 3;

/// How long one call into the library may block while bytes are written. Between two calls the
/// thread looks at its commands.
const WRITE_SLICE: Duration = Duration::from_millis(250);

/// How long each word of leaving in order may take.
const CLOSE_SLICE: Duration = Duration::from_millis(600);

/// How long leaving in order may take.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// So often in a row one look asks both streams. Twice is enough unless the library counts wrongly.
const LOOKS_MAX: u32 = 8;

/// One read of the thread.
const READ_BYTES: usize = 32 * 1024;

/// Error codes of libssh2 (`libssh2.h`) that are told apart here.
mod code {
    pub(super) const KEX_FAILURE: i32 = -5;
    pub(super) const SOCKET_SEND: i32 = -7;
    pub(super) const TIMEOUT: i32 = -9;
    pub(super) const SOCKET_DISCONNECT: i32 = -13;
    pub(super) const FILE: i32 = -16;
    pub(super) const AUTHENTICATION_FAILED: i32 = -18;
    pub(super) const PUBLICKEY_UNVERIFIED: i32 = -19;
    pub(super) const CHANNEL_CLOSED: i32 = -26;
    pub(super) const CHANNEL_EOF_SENT: i32 = -27;
    pub(super) const SOCKET_TIMEOUT: i32 = -30;
    pub(super) const METHOD_NOT_SUPPORTED: i32 = -33;
    pub(super) const SOCKET_RECV: i32 = -43;
    pub(super) const BAD_SOCKET: i32 = -45;
    pub(super) const KEYFILE_AUTH_FAILED: i32 = -48;
}

fn number(error: &::ssh2::Error) -> i32 {
    match error.code() {
        ErrorCode::Session(code) | ErrorCode::SFTP(code) => code,
    }
}

/// The `ssh2` library.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ssh2;

#[async_trait]
impl Backend for Ssh2 {
    fn name(&self) -> &'static str {
        "ssh2"
    }

    async fn open(
        &self,
        to: &Endpoint,
        request: Request,
        keys: Arc<dyn HostKeys>,
        limits: Limits,
        _evidence: Arc<dyn Evidence>,
    ) -> Result<Channel, ConnectError> {
        if !to.jumps.is_empty() {
            return Err(ConnectError::Local {
                what: "jump hosts".to_owned(),
                reason: "the ssh2 backend has none; use russh".to_owned(),
            });
        }
        let stream = dial(&to.address, limits.connect).await?;
        let local = |what: &str, e: std::io::Error| ConnectError::Local {
            what: what.to_owned(),
            reason: e.to_string(),
        };
        let socket = Arc::new(stream.into_std().map_err(|e| local("socket", e))?);
        let watched = socket
            .try_clone()
            .and_then(tokio::net::TcpStream::from_std)
            .map_err(|e| local("socket", e))?;
        let tie = Arc::new(Tie {
            line: Arc::new(Line {
                socket,
                heard: AtomicBool::new(true),
                over: AtomicBool::new(false),
                look: Notify::new(),
            }),
        });
        let (commands, inbox) = mpsc::channel();
        let (opened, opening) = oneshot::channel();
        let job = Job {
            to: to.clone(),
            request,
            keys,
            limits,
            line: Arc::clone(&tie.line),
        };
        std::thread::Builder::new()
            .name(format!("ssh {}", to.device))
            .stack_size(STACK_BYTES)
            .spawn(move || job.run(&inbox, opened))
            .map_err(|e| local("thread of a session", e))?;
        // The thread keeps its own bounds; this one is for a call of the library that ignores them.
        let patience = limits.login * 3;
        let algorithms = match timeout(patience, opening).await {
            Ok(Ok(result)) => result?,
            Ok(Err(_)) => {
                return Err(ConnectError::Handshake {
                    address: to.address.to_string(),
                    reason: "the session's thread ended".to_owned(),
                });
            }
            Err(_) => return Err(timed_out(&to.address, patience)),
        };
        Ok(Channel {
            reader: Box::new(Ssh2Reader {
                commands: commands.clone(),
                pending: None,
                watched,
                over: None,
                tie: Arc::clone(&tie),
            }),
            writer: Box::new(Ssh2Writer { commands, tie }),
            algorithms,
        })
    }
}

/// What the thread and the two halves share.
#[derive(Debug)]
struct Line {
    socket: Arc<TcpStream>,
    /// Something came since the last sign of life was sent.
    heard: AtomicBool,
    /// The connection is over, as far as the thread knows.
    over: AtomicBool,
    /// Something may have come that the socket does not show any more.
    look: Notify,
}

/// Ends the connection when both halves are gone: whatever the thread is doing then fails at once.
#[derive(Debug)]
struct Tie {
    line: Arc<Line>,
}

impl Drop for Tie {
    fn drop(&mut self) {
        hang_up(&self.line.socket);
    }
}

fn hang_up(socket: &TcpStream) {
    if let Err(e) = socket.shutdown(Shutdown::Both) {
        tracing::trace!(error = %e, "the socket was closed before");
    }
}

/// What a half asks of the thread.
enum Command {
    /// Is there anything? `None` means not now.
    Read(oneshot::Sender<Result<Option<Heard>, ChannelError>>),
    Write(Vec<u8>, oneshot::Sender<Result<(), ChannelError>>),
    End(oneshot::Sender<Result<(), ChannelError>>),
    Close(oneshot::Sender<()>),
}

struct Ssh2Reader {
    commands: Sender<Command>,
    /// An answer that is on its way. Kept here, so that a dropped `read` loses nothing.
    pending: Option<oneshot::Receiver<Result<Option<Heard>, ChannelError>>>,
    watched: tokio::net::TcpStream,
    over: Option<Result<Heard, ChannelError>>,
    tie: Arc<Tie>,
}

/// So often in a row the socket may show bytes of which the library makes nothing, before we pause.
/// A long packet comes in many pieces; each is consumed.
const EMPTY_LOOKS_MAX: u32 = 64;

#[async_trait]
impl Reader for Ssh2Reader {
    async fn read(&mut self) -> Result<Heard, ChannelError> {
        if let Some(over) = &self.over {
            return over.clone();
        }
        let mut empty_looks = 0_u32;
        loop {
            match self.look().await {
                Ok(None) => {}
                Ok(Some(Heard::End)) => return self.over.insert(Ok(Heard::End)).clone(),
                Ok(Some(heard)) => return Ok(heard),
                Err(e) => return self.over.insert(Err(e)).clone(),
            }
            let mut byte = [0_u8; 1];
            tokio::select! {
                biased;
                () = self.tie.line.look.notified() => {}
                peeked = self.watched.peek(&mut byte) => {
                    self.tie.line.heard.store(true, Ordering::Relaxed);
                    empty_looks += 1;
                    if empty_looks > EMPTY_LOOKS_MAX {
                        if !matches!(peeked, Ok(n) if n > 0) {
                            return self.over.insert(Ok(Heard::End)).clone();
                        }
                        sleep(Duration::from_millis(5)).await;
                    }
                }
            }
        }
    }
}

impl Ssh2Reader {
    async fn look(&mut self) -> Result<Option<Heard>, ChannelError> {
        let pending = match &mut self.pending {
            Some(pending) => pending,
            None => {
                let (reply, answer) = oneshot::channel();
                if self.commands.send(Command::Read(reply)).is_err() {
                    return Ok(Some(Heard::End));
                }
                self.pending.insert(answer)
            }
        };
        let answer = pending.await;
        self.pending = None;
        // A thread that is gone has nothing more to say.
        answer.unwrap_or(Ok(Some(Heard::End)))
    }
}

struct Ssh2Writer {
    commands: Sender<Command>,
    tie: Arc<Tie>,
}

impl Ssh2Writer {
    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<(), ChannelError>>) -> Command,
    ) -> Result<(), ChannelError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .map_err(|_| ChannelError::Ended)?;
        answer.await.unwrap_or(Err(ChannelError::Ended))
    }
}

#[async_trait]
impl Writer for Ssh2Writer {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ChannelError> {
        self.ask(|reply| Command::Write(bytes, reply)).await
    }

    async fn end(&mut self) -> Result<(), ChannelError> {
        self.ask(Command::End).await
    }

    async fn close(&mut self) {
        let (reply, answer) = oneshot::channel();
        if self.commands.send(Command::Close(reply)).is_ok()
            && timeout(CLOSE_WAIT, answer).await.is_err()
        {
            tracing::debug!("the far end did not let us leave in order");
        }
        hang_up(&self.tie.line.socket);
    }

    fn is_open(&self) -> bool {
        !self.tie.line.over.load(Ordering::Relaxed)
            && !matches!(self.tie.line.socket.peek(&mut [0_u8; 1]), Ok(0))
    }
}

/// What the thread is given.
struct Job {
    to: Endpoint,
    request: Request,
    keys: Arc<dyn HostKeys>,
    limits: Limits,
    line: Arc<Line>,
}

impl Job {
    fn run(self, inbox: &Receiver<Command>, opened: oneshot::Sender<Result<String, ConnectError>>) {
        match self.establish() {
            Err(error) => {
                hang_up(&self.line.socket);
                if opened.send(Err(error)).is_err() {
                    tracing::trace!("nobody waits for this connection any more");
                }
            }
            Ok(mut shell) => {
                if opened.send(Ok(in_use(&shell.session))).is_ok() {
                    shell.serve(inbox, self.limits.keepalive);
                }
                self.line.over.store(true, Ordering::Relaxed);
                hang_up(&self.line.socket);
            }
        }
    }

    fn establish(&self) -> Result<Thread, ConnectError> {
        let address = &self.to.address;
        let mut session = Session::new().map_err(|e| self.handshake_failed(&e))?;
        session.set_timeout(millis(self.limits.login));
        let known = self.keys.known_types(address)?;
        prefer(
            &session,
            &Algorithms::of(self.to.profile).asking_for(&known),
        )
        .map_err(|e| self.handshake_failed(&e))?;
        session.set_tcp_stream(Arc::clone(&self.line.socket));
        session.handshake().map_err(|e| self.handshake_failed(&e))?;
        let key = session
            .host_key()
            .and_then(|(blob, _)| HostKey::from_blob(blob))
            .ok_or_else(|| ConnectError::Handshake {
                address: address.to_string(),
                reason: "it shows no host key that can be read".to_owned(),
            })?;
        self.keys.check(address, &key)?;
        self.log_in(&session)?;
        let channel = self.channel(&session)?;
        Ok(Thread {
            session,
            channel,
            line: Arc::clone(&self.line),
            unanswered: 0,
        })
    }

    fn handshake_failed(&self, error: &::ssh2::Error) -> ConnectError {
        let address = self.to.address.to_string();
        match number(error) {
            code::KEX_FAILURE | code::METHOD_NOT_SUPPORTED => ConnectError::NoCommonAlgorithm {
                address,
                reason: "key exchange, host key, cipher or MAC, libssh2 does not say which"
                    .to_owned(),
            },
            code::TIMEOUT => timed_out(&self.to.address, self.limits.login),
            _ => ConnectError::Handshake {
                address,
                reason: error.message().to_owned(),
            },
        }
    }

    fn log_in(&self, session: &Session) -> Result<(), ConnectError> {
        let credential = &self.to.credential;
        let user = credential.username.as_str();
        let mut login = Login::new(credential);
        let offered: Vec<String> = match session.auth_methods(user) {
            Ok(methods) => methods.split(',').map(str::to_owned).collect(),
            // Nothing was asked for: we are in.
            Err(_) if session.authenticated() => return Ok(()),
            Err(e) => return Err(self.broken_in_login(&e)),
        };
        let names: Vec<&str> = offered.iter().map(String::as_str).collect();
        while let Some(method) = login.next(&names) {
            let tried = match method {
                Method::KeyFile => self.key_file(session),
                Method::Agent => self.agent(session, &mut login)?,
                Method::Password => match &credential.password {
                    Some(password) => session.userauth_password(user, password.expose()),
                    None => continue,
                },
                Method::KeyboardInteractive => {
                    let mut asked = Asked {
                        login: &mut login,
                        socket: &self.line.socket,
                        left_open: false,
                    };
                    let tried = session.userauth_keyboard_interactive(user, &mut asked);
                    if asked.left_open {
                        return Err(login.refused(&self.to.address, &names));
                    }
                    tried
                }
            };
            match tried {
                Ok(()) => return Ok(()),
                Err(e) => match number(&e) {
                    code::AUTHENTICATION_FAILED | code::PUBLICKEY_UNVERIFIED => {
                        login.failed(method);
                    }
                    code::FILE | code::KEYFILE_AUTH_FAILED if method == Method::KeyFile => {
                        return Err(self.key_file_unusable(e.message()));
                    }
                    _ => return Err(self.broken_in_login(&e)),
                },
            }
        }
        Err(login.refused(&self.to.address, &names))
    }

    fn key_file_unusable(&self, reason: &str) -> ConnectError {
        let path = self.to.credential.key_file.clone().unwrap_or_default();
        ConnectError::Local {
            what: format!("key file {}", path.display()),
            reason: reason.to_owned(),
        }
    }

    fn broken_in_login(&self, error: &::ssh2::Error) -> ConnectError {
        if number(error) == code::TIMEOUT {
            return timed_out(&self.to.address, self.limits.login);
        }
        ended_in_login(
            &self.to.address,
            &self.to.credential.username,
            error.message().to_owned(),
        )
    }

    fn key_file(&self, session: &Session) -> Result<(), ::ssh2::Error> {
        let credential = &self.to.credential;
        let path = credential.key_file.clone().unwrap_or_default();
        // The library takes a file that is not there for a refusal.
        std::fs::File::open(&path).map_err(|_| {
            ::ssh2::Error::new(ErrorCode::Session(code::FILE), "the file cannot be opened")
        })?;
        let passphrase = credential.key_passphrase.as_ref().map(|p| p.expose());
        session.userauth_pubkey_file(&credential.username, None, &path, passphrase)
    }

    fn agent(
        &self,
        session: &Session,
        login: &mut Login<'_>,
    ) -> Result<Result<(), ::ssh2::Error>, ConnectError> {
        let local = |e: ::ssh2::Error| ConnectError::Local {
            what: "SSH agent".to_owned(),
            reason: e.message().to_owned(),
        };
        let mut agent = session.agent().map_err(local)?;
        agent.connect().map_err(local)?;
        agent.list_identities().map_err(local)?;
        let keys = agent.identities().map_err(local)?;
        if keys.is_empty() {
            login.remark("holds no key");
        }
        for key in keys.iter().take(AGENT_KEYS_MAX) {
            match agent.userauth(&self.to.credential.username, key) {
                Ok(()) => return Ok(Ok(())),
                Err(e) if is_over(number(&e)) => return Ok(Err(e)),
                Err(e) => tracing::debug!(error = %e, "the agent's key was refused"),
            }
        }
        Ok(Err(::ssh2::Error::new(
            ErrorCode::Session(code::AUTHENTICATION_FAILED),
            "no key of the agent was accepted",
        )))
    }

    fn channel(&self, session: &Session) -> Result<::ssh2::Channel, ConnectError> {
        let opening = || {
            let mut channel = session.channel_session()?;
            match &self.request {
                Request::Shell => {
                    let size = (terminal::COLUMNS, terminal::ROWS, 0, 0);
                    channel.request_pty(terminal::KIND, None, Some(size))?;
                    channel.shell()?;
                }
                Request::Exec(command) => channel.exec(command)?,
            }
            Ok(channel)
        };
        opening().map_err(|e: ::ssh2::Error| match number(&e) {
            code::TIMEOUT => timed_out(&self.to.address, self.limits.login),
            _ => ConnectError::NoChannel {
                address: self.to.address.to_string(),
                reason: e.message().to_owned(),
            },
        })
    }
}

/// Answers the server's questions; hangs up rather than answer what must not be answered, for the
/// library knows no other way to leave a question open.
struct Asked<'a, 'c> {
    login: &'a mut Login<'c>,
    socket: &'a TcpStream,
    left_open: bool,
}

impl KeyboardInteractivePrompt for Asked<'_, '_> {
    fn prompt<'p>(
        &mut self,
        _username: &str,
        _instructions: &str,
        prompts: &[Prompt<'p>],
    ) -> Vec<String> {
        match self
            .login
            .answer(prompts.iter().map(|p| (&*p.text, p.echo)))
        {
            Some(answers) => answers,
            None => {
                self.left_open = true;
                hang_up(self.socket);
                Vec::new()
            }
        }
    }
}

/// The thread's side of an open channel.
struct Thread {
    session: Session,
    channel: ::ssh2::Channel,
    line: Arc<Line>,
    unanswered: u32,
}

impl Thread {
    fn serve(&mut self, inbox: &Receiver<Command>, keepalive: Option<Duration>) {
        if let Some(every) = keepalive {
            let seconds = u32::try_from(every.as_secs()).unwrap_or(u32::MAX).max(1);
            self.session.set_keepalive(true, seconds);
        }
        let mut waiting = Vec::new();
        loop {
            let command = match waiting.pop() {
                Some(command) => Ok(command),
                None => match keepalive {
                    Some(every) => inbox.recv_timeout(every),
                    None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                },
            };
            let heeded = match command {
                Ok(Command::Read(reply)) => reply.send(self.look()).is_ok(),
                Ok(Command::Write(bytes, reply)) => {
                    let written = self.write(&bytes, inbox, &mut waiting);
                    reply.send(written).is_ok()
                }
                Ok(Command::End(reply)) => {
                    self.blocking(CLOSE_SLICE);
                    let ended = self.channel.send_eof().map_err(|e| failed(&e));
                    reply.send(ended).is_ok()
                }
                Ok(Command::Close(reply)) => {
                    self.leave();
                    if reply.send(()).is_err() {
                        tracing::trace!("nobody waits for the end");
                    }
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.sign_of_life();
                    true
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if !heeded {
                tracing::trace!("an answer came too late");
            }
        }
    }

    fn blocking(&self, bound: Duration) {
        self.session.set_blocking(true);
        self.session.set_timeout(millis(bound));
    }

    /// What is there now, without waiting.
    fn look(&mut self) -> Result<Option<Heard>, ChannelError> {
        self.session.set_blocking(false);
        for _ in 0..LOOKS_MAX {
            let mut buffer = vec![0_u8; READ_BYTES];
            let out = self.channel.read(&mut buffer);
            if let Ok(n) = out
                && n > 0
            {
                buffer.truncate(n);
                return self.heard(Heard::Out(buffer));
            }
            let aside = self.channel.stderr().read(&mut buffer);
            if let Ok(n) = aside
                && n > 0
            {
                buffer.truncate(n);
                return self.heard(Heard::Err(buffer));
            }
            // Each read takes everything off the socket, for both streams: what the second took for
            // the first must not be left where nobody looks again.
            if self.channel.read_window().available > 0 {
                continue;
            }
            match out {
                Ok(_) => {
                    self.line.over.store(true, Ordering::Relaxed);
                    return Ok(Some(Heard::End));
                }
                // The end came with the second read.
                Err(e) if e.kind() == ErrorKind::WouldBlock && aside.is_ok() => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(e) => {
                    self.line.over.store(true, Ordering::Relaxed);
                    return match self.explain(&e) {
                        ChannelError::Ended => Ok(Some(Heard::End)),
                        failed @ ChannelError::Failed(_) => Err(failed),
                    };
                }
            }
        }
        Ok(None)
    }

    fn heard(&self, heard: Heard) -> Result<Option<Heard>, ChannelError> {
        self.line.heard.store(true, Ordering::Relaxed);
        Ok(Some(heard))
    }

    /// Writes all of it, looking at the inbox in between: a reader must not wait for a writer that
    /// the device keeps waiting.
    fn write(
        &mut self,
        bytes: &[u8],
        inbox: &Receiver<Command>,
        waiting: &mut Vec<Command>,
    ) -> Result<(), ChannelError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.blocking(WRITE_SLICE);
            match self.channel.write(rest) {
                Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                Err(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {}
                Err(e) => {
                    self.line.look.notify_one();
                    return Err(self.explain(&e));
                }
            }
            loop {
                match inbox.try_recv() {
                    Ok(Command::Read(reply)) => {
                        if reply.send(self.look()).is_err() {
                            return Err(ChannelError::Ended);
                        }
                    }
                    Ok(other) => waiting.insert(0, other),
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return Err(ChannelError::Ended),
                }
            }
        }
        // What came meanwhile lies in the library, where the socket does not show it.
        self.line.look.notify_one();
        Ok(())
    }

    fn sign_of_life(&mut self) {
        let pending = matches!(self.line.socket.peek(&mut [0_u8; 1]), Ok(n) if n > 0);
        if self.line.heard.swap(false, Ordering::Relaxed) || pending {
            self.unanswered = 0;
        } else {
            self.unanswered += 1;
        }
        if self.unanswered > KEEPALIVES_UNANSWERED_MAX {
            tracing::debug!("no answer to signs of life");
            self.line.over.store(true, Ordering::Relaxed);
            hang_up(&self.line.socket);
            return;
        }
        self.blocking(CLOSE_SLICE);
        if let Err(e) = self.session.keepalive_send() {
            tracing::debug!(error = %e, "no sign of life could be sent");
        }
        self.line.look.notify_one();
    }

    fn leave(&mut self) {
        self.blocking(CLOSE_SLICE);
        // Each fails only when the connection is over already: then we have left.
        let left = self
            .channel
            .send_eof()
            .and_then(|()| self.channel.close())
            .and_then(|()| self.session.disconnect(None, "done", None));
        if let Err(e) = left {
            tracing::trace!(error = %e, "left without the words");
        }
    }

    /// What an I/O error of the library means; its code is kept by the session.
    fn explain(&self, error: &std::io::Error) -> ChannelError {
        match ::ssh2::Error::last_session_error(&self.session) {
            Some(last) => failed(&last),
            None => ChannelError::Failed(error.to_string()),
        }
    }
}

fn failed(error: &::ssh2::Error) -> ChannelError {
    if is_over(number(error)) {
        ChannelError::Ended
    } else {
        ChannelError::Failed(error.message().to_owned())
    }
}

/// Whether a code says no more than that the connection or the channel is over.
fn is_over(code: i32) -> bool {
    matches!(
        code,
        code::SOCKET_SEND
            | code::SOCKET_DISCONNECT
            | code::SOCKET_RECV
            | code::SOCKET_TIMEOUT
            | code::BAD_SOCKET
            | code::CHANNEL_CLOSED
            | code::CHANNEL_EOF_SENT
    )
}

fn timed_out(address: &Address, waited: Duration) -> ConnectError {
    ConnectError::TimedOut {
        address: address.to_string(),
        waited,
    }
}

fn millis(duration: Duration) -> u32 {
    // Zero would mean no bound at all.
    u32::try_from(duration.as_millis())
        .unwrap_or(u32::MAX)
        .max(1)
}

const LISTS: [MethodType; 6] = [
    MethodType::Kex,
    MethodType::HostKey,
    MethodType::CryptCs,
    MethodType::CryptSc,
    MethodType::MacCs,
    MethodType::MacSc,
];

fn list(algorithms: &Algorithms, kind: MethodType) -> &[String] {
    match kind {
        MethodType::Kex => &algorithms.key_exchange,
        MethodType::HostKey => &algorithms.host_key,
        MethodType::CryptCs | MethodType::CryptSc => &algorithms.cipher,
        MethodType::MacCs | MethodType::MacSc => &algorithms.mac,
        MethodType::CompCs
        | MethodType::CompSc
        | MethodType::LangCs
        | MethodType::LangSc
        | MethodType::SignAlgo => &[],
    }
}

/// Gives the library our lists; what it does not have it leaves out by itself.
fn prefer(session: &Session, algorithms: &Algorithms) -> Result<(), ::ssh2::Error> {
    for kind in LISTS {
        session.method_pref(kind, &list(algorithms, kind).join(","))?;
    }
    Ok(())
}

/// What this backend, as it was built, can do of a profile.
pub(crate) fn supported(profile: AlgorithmProfile) -> Algorithms {
    let all = Algorithms::of(profile);
    let Ok(session) = Session::new() else {
        return all;
    };
    let keep = |kind: MethodType| -> Vec<String> {
        let has = session.supported_algs(kind).unwrap_or_default();
        list(&all, kind)
            .iter()
            .filter(|n| has.contains(&n.as_str()))
            .cloned()
            .collect()
    };
    Algorithms {
        key_exchange: keep(MethodType::Kex),
        host_key: keep(MethodType::HostKey),
        cipher: keep(MethodType::CryptCs),
        mac: keep(MethodType::MacCs),
    }
}

/// The algorithms of an open session, for people.
fn in_use(session: &Session) -> String {
    let method = |kind| session.methods(kind).unwrap_or("?");
    let cipher = method(MethodType::CryptCs);
    let mac = if cipher.contains("gcm") || cipher.contains("poly1305") {
        String::new()
    } else {
        format!(", {}", method(MethodType::MacCs))
    };
    let key = session
        .host_key()
        .and_then(|(blob, _)| HostKey::from_blob(blob))
        .map_or_else(String::new, |k| k.fingerprint());
    format!(
        "{}, {}, {cipher}{mac}; host key {key}",
        method(MethodType::Kex),
        method(MethodType::HostKey),
    )
}
