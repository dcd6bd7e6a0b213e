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

mod error;
mod job;
mod lists;
mod thread;

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use iosxe_core::ports::{ConnectError, Endpoint, Evidence};
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};

use super::dial::dial;
use crate::channel::{
    Backend, Channel, ChannelError, Heard, HostKeys, Limits, Reader, Request, Writer,
};
use error::timed_out;
use job::Job;
pub(crate) use lists::supported;

/// Stack of a session's thread. OpenSSL's and libssh2's frames stay well under half of it.
const STACK_BYTES: usize = 512 * 1024;

/// How long leaving in order may take.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

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
