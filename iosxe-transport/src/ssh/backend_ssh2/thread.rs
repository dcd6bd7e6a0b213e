//! How does the thread serve an open channel?

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use ::ssh2::Session;

use super::error::{failed, millis};
use super::{Command, Line, hang_up};
use crate::channel::{ChannelError, Heard};

/// Signs of life without an answer, after which the connection is over.
const KEEPALIVES_UNANSWERED_MAX: u32 = 3;

/// How long one call into the library may block while bytes are written. Between two calls the
/// thread looks at its commands.
const WRITE_SLICE: Duration = Duration::from_millis(250);

/// How long each word of leaving in order may take.
const CLOSE_SLICE: Duration = Duration::from_millis(600);

/// So often in a row one look asks both streams. Twice is enough unless the library counts wrongly.
const LOOKS_MAX: u32 = 8;

/// One read of the thread.
const READ_BYTES: usize = 32 * 1024;

/// The thread's side of an open channel.
pub(super) struct Thread {
    pub(super) session: Session,
    pub(super) channel: ::ssh2::Channel,
    pub(super) line: Arc<Line>,
    pub(super) unanswered: u32,
}

impl Thread {
    pub(super) fn serve(&mut self, inbox: &Receiver<Command>, keepalive: Option<Duration>) {
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
