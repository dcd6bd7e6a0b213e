//! Runs one conversation on one shell.
//!
//! The only reader of the monotonic clock: a dialogue is told the time, it never asks. Ticks count
//! from the moment that the session was opened.

use std::sync::Arc;
use std::time::Duration;

use iosxe_core::ports::Evidence;
use iosxe_core::talk::screen::Decoder;
use iosxe_core::talk::{Dialogue, Input, Line, Move, TalkError, Tick};
use tokio::time::{Instant, timeout, timeout_at};

use crate::channel::{Channel, ChannelError, Heard};

/// What ends a typed line. A device takes CR and LF each as the whole end of a line, so that CR LF
/// would be two; LF is what netmiko and scrapli have sent to such devices for years.
const END_OF_LINE: char = '\n';

/// How long a line may take to leave. Lines are short: only a device whose window stays shut, or a
/// dead link, takes this long.
const WRITE_WAIT: Duration = Duration::from_secs(30);

/// So often in a row a dialogue may name a tick that is already over, or go on after the connection
/// ended, before it is taken for broken. Real ones do so once or twice.
const IDLE_MOVES_MAX: u32 = 1_000;

/// A shell channel with what must survive from one conversation to the next.
pub(crate) struct Pump {
    channel: Channel,
    decoder: Decoder,
    opened: Instant,
    evidence: Arc<dyn Evidence>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between two conversations.
    Ready,
    /// In one. A pump found in this state at the start of another was dropped in the middle.
    Talking,
    /// The connection is over.
    Ended,
}

impl Pump {
    pub(crate) fn new(channel: Channel, evidence: Arc<dyn Evidence>) -> Self {
        Self {
            channel,
            decoder: Decoder::default(),
            opened: Instant::now(),
            evidence,
            state: State::Ready,
        }
    }

    pub(crate) fn algorithms(&self) -> String {
        self.channel.algorithms.clone()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Ready && self.channel.writer.is_open()
    }

    pub(crate) async fn close(&mut self) {
        if self.state != State::Ended {
            self.state = State::Ended;
            self.channel.writer.close().await;
            self.evidence.note("closed");
        }
    }

    /// Drives a dialogue to its end. Dropped in the middle, the session cannot be used again: what
    /// was half typed stands on the device's line.
    pub(crate) async fn talk(&mut self, dialogue: &mut dyn Dialogue) -> Result<(), TalkError> {
        if self.state == State::Talking {
            return Err(channel_failed(
                "an earlier conversation on this session was interrupted",
            ));
        }
        let over = self.state == State::Ended;
        self.state = State::Talking;
        let result = self.run(dialogue, over).await;
        self.state = match result {
            Ok(ended) if !ended => State::Ready,
            _ => State::Ended,
        };
        result.map(|_| ())
    }

    /// Returns whether the connection ended.
    async fn run(&mut self, dialogue: &mut dyn Dialogue, over: bool) -> Result<bool, TalkError> {
        let mut ended = over;
        let mut idle = 0_u32;
        let mut wanted = dialogue.next(Input::Opened, self.now());
        loop {
            let until = match wanted {
                Move::Done => return Ok(ended),
                Move::Wait(tick) => tick,
                Move::Send(line, tick) => {
                    if !ended {
                        self.send(line).await?;
                    }
                    tick
                }
            };
            if ended {
                idle = bounded(idle)?;
                wanted = dialogue.next(Input::HungUp, self.now());
                continue;
            }
            if until <= self.now() {
                idle = bounded(idle)?;
            } else {
                idle = 0;
            }
            wanted = match self.hear(until).await? {
                Event::Text(text) => {
                    idle = 0;
                    self.evidence.received(&text);
                    dialogue.next(Input::Text(&text), self.now())
                }
                Event::Silence => dialogue.next(Input::Silence, self.now()),
                Event::End => {
                    ended = true;
                    self.evidence.note("the device ended the connection");
                    dialogue.next(Input::HungUp, self.now())
                }
            };
        }
    }

    /// Waits for text, at most until a tick.
    async fn hear(&mut self, until: Tick) -> Result<Event, TalkError> {
        let deadline = self.opened + until.0;
        loop {
            let heard = match timeout_at(deadline, self.channel.reader.read()).await {
                Err(_) => return Ok(Event::Silence),
                Ok(heard) => heard.map_err(|e| channel_failed(e.to_string()))?,
            };
            match heard {
                // On a terminal there is no second stream; a server that uses one all the same
                // means it for the reader.
                Heard::Out(bytes) | Heard::Err(bytes) => {
                    let text = self.decoder.decode(&bytes);
                    // The first half of a character says nothing yet.
                    if !text.is_empty() {
                        return Ok(Event::Text(text));
                    }
                }
                Heard::End => return Ok(Event::End),
            }
        }
    }

    /// Types a line. That the connection is over is not said here but by the reader, after the
    /// last words that may still be in it.
    async fn send(&mut self, line: Line) -> Result<(), TalkError> {
        let (typed, shown) = match line {
            Line::Plain(text) => {
                let typed = format!("{text}{END_OF_LINE}");
                (typed.clone(), typed)
            }
            Line::Key(key) => (key.to_string(), key.to_string()),
            Line::Secret(secret) => (
                format!("{}{END_OF_LINE}", secret.expose()),
                format!("***{END_OF_LINE}"),
            ),
        };
        // Evidence first: what may have left must be on record.
        self.evidence.sent(&shown);
        let written = timeout(WRITE_WAIT, self.channel.writer.write(typed.into_bytes())).await;
        match written {
            Ok(Ok(()) | Err(ChannelError::Ended)) => Ok(()),
            Ok(Err(e @ ChannelError::Failed(_))) => Err(channel_failed(e.to_string())),
            Err(_) => Err(channel_failed(format!(
                "the device took no input for {} s",
                WRITE_WAIT.as_secs()
            ))),
        }
    }

    fn now(&self) -> Tick {
        Tick(self.opened.elapsed())
    }
}

enum Event {
    Text(String),
    Silence,
    End,
}

fn bounded(idle: u32) -> Result<u32, TalkError> {
    if idle >= IDLE_MOVES_MAX {
        return Err(channel_failed(
            "the dialogue goes on without waiting for anything",
        ));
    }
    Ok(idle + 1)
}

fn channel_failed(reason: impl Into<String>) -> TalkError {
    TalkError::Channel {
        reason: reason.into(),
    }
}
