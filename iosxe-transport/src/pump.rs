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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use iosxe_core::secret::Secret;
    use proptest::prelude::*;

    use super::*;
    use crate::channel::{Reader, Writer};

    /// A device that says what it was told to say, piece by piece, and keeps what is typed.
    struct Tape(VecDeque<Result<Heard, ChannelError>>);

    #[async_trait]
    impl Reader for Tape {
        async fn read(&mut self) -> Result<Heard, ChannelError> {
            match self.0.pop_front() {
                Some(heard) => heard,
                None => std::future::pending().await,
            }
        }
    }

    #[derive(Clone, Default)]
    struct Typed {
        bytes: Arc<Mutex<Vec<u8>>>,
        fails: Option<ChannelError>,
    }

    #[async_trait]
    impl Writer for Typed {
        async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ChannelError> {
            self.bytes.lock().unwrap().extend(bytes);
            self.fails.clone().map_or(Ok(()), Err)
        }

        async fn end(&mut self) -> Result<(), ChannelError> {
            Ok(())
        }

        async fn close(&mut self) {}

        fn is_open(&self) -> bool {
            true
        }
    }

    #[derive(Default)]
    struct Kept(Mutex<String>);

    impl Evidence for Kept {
        fn received(&self, text: &str) {
            self.0.lock().unwrap().push_str(text);
        }

        fn sent(&self, text: &str) {
            self.0.lock().unwrap().push_str(&format!("[{text}]"));
        }

        fn note(&self, _text: &str) {}
    }

    fn pump(tape: Vec<Result<Heard, ChannelError>>, typed: &Typed) -> (Pump, Arc<Kept>) {
        let kept = Arc::new(Kept::default());
        let channel = Channel {
            reader: Box::new(Tape(tape.into())),
            writer: Box::new(typed.clone()),
            algorithms: String::new(),
        };
        (Pump::new(channel, Arc::clone(&kept) as _), kept)
    }

    fn says(text: &str) -> Result<Heard, ChannelError> {
        Ok(Heard::Out(text.as_bytes().to_vec()))
    }

    /// Makes its moves in turn and keeps what it was fed.
    struct Plan(VecDeque<Move>, String);

    impl Plan {
        fn new(moves: impl IntoIterator<Item = Move>) -> Self {
            Self(moves.into_iter().collect(), String::new())
        }
    }

    impl Dialogue for Plan {
        fn next(&mut self, input: Input<'_>, _now: Tick) -> Move {
            let fed = match input {
                Input::Opened => "opened;".to_owned(),
                Input::Text(text) => format!("{text};"),
                Input::Silence => "silence;".to_owned(),
                Input::HungUp => "hung up;".to_owned(),
            };
            self.1.push_str(&fed);
            self.0.pop_front().unwrap_or(Move::Done)
        }
    }

    fn at(seconds: u64) -> Tick {
        Tick(Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn lines_end_in_one_newline_keys_in_none_and_secrets_are_masked() {
        let typed = Typed::default();
        let (mut pump, kept) = pump(vec![says("a"), says("b"), says("c")], &typed);
        let mut plan = Plan::new([
            Move::Send(Line::plain("enable"), at(9)),
            Move::Send(Line::Secret(Secret::new("hunter22")), at(9)),
            Move::Send(Line::Key(' '), at(9)),
        ]);
        pump.talk(&mut plan).await.unwrap();
        assert_eq!(*typed.bytes.lock().unwrap(), b"enable\nhunter22\n ");
        assert_eq!(*kept.0.lock().unwrap(), "[enable\n]a[***\n]b[ ]c");
        assert_eq!(plan.1, "opened;a;b;c;");
        assert!(pump.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_comes_at_its_tick_and_time_is_the_sessions() {
        let typed = Typed::default();
        let (mut pump, _) = pump(vec![], &typed);
        let mut plan = Plan::new([Move::Wait(at(5)), Move::Wait(at(7))]);
        let begun = Instant::now();
        pump.talk(&mut plan).await.unwrap();
        assert_eq!(plan.1, "opened;silence;silence;");
        assert_eq!(begun.elapsed().as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_words_come_before_the_end_also_when_writing_fails() {
        let typed = Typed {
            fails: Some(ChannelError::Ended),
            ..Typed::default()
        };
        let (mut pump, _) = pump(vec![says("good bye"), Ok(Heard::End)], &typed);
        let mut plan = Plan::new([Move::Send(Line::plain("reload"), at(9)), Move::Wait(at(9))]);
        pump.talk(&mut plan).await.unwrap();
        assert_eq!(plan.1, "opened;good bye;hung up;");
        assert!(!pump.is_open());
        let mut again = Plan::new([Move::Send(Line::plain("show clock"), at(9))]);
        pump.talk(&mut again).await.unwrap();
        assert_eq!(again.1, "opened;hung up;");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_below_is_an_error() {
        let failed = || ChannelError::Failed("bad MAC".to_owned());
        let (mut reading, _) = pump(vec![Err(failed())], &Typed::default());
        let error = reading
            .talk(&mut Plan::new([Move::Wait(at(9))]))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "the channel failed: bad MAC");
        let typed = Typed {
            fails: Some(failed()),
            ..Typed::default()
        };
        let (mut writing, _) = pump(vec![], &typed);
        let send = Move::Send(Line::plain("x"), at(9));
        assert!(writing.talk(&mut Plan::new([send])).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_dialogue_that_never_waits_is_stopped() {
        struct Restless;
        impl Dialogue for Restless {
            fn next(&mut self, _input: Input<'_>, _now: Tick) -> Move {
                Move::Wait(Tick::default())
            }
        }
        let (mut pump, _) = pump(vec![], &Typed::default());
        assert!(pump.talk(&mut Restless).await.is_err());
        let (mut ended, _) = super::tests::pump(vec![Ok(Heard::End)], &Typed::default());
        assert!(ended.talk(&mut Restless).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupted_session_is_not_used_again() {
        let (mut pump, _) = pump(vec![], &Typed::default());
        let mut plan = Plan::new([Move::Send(Line::plain("install ac"), at(99))]);
        let cut = timeout(Duration::from_secs(1), pump.talk(&mut plan)).await;
        assert!(cut.is_err());
        assert!(!pump.is_open());
        let error = pump.talk(&mut Plan::new([])).await.unwrap_err();
        assert!(error.to_string().contains("interrupted"), "{error}");
    }

    proptest! {
        #[test]
        fn any_chunks_are_the_same_text(text in "\\PC{0,40}", cut in 1_usize..7) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            let heard = runtime.block_on(async {
                let mut tape: Vec<_> = text
                    .as_bytes()
                    .chunks(cut)
                    .map(|c| Ok(Heard::Out(c.to_vec())))
                    .collect();
                tape.push(Ok(Heard::End));
                let (mut pump, kept) = pump(tape, &Typed::default());
                let mut plan = Plan::new((0..200).map(|_| Move::Wait(at(9))));
                // The end of the tape ends the plan, or its two hundred moves do.
                pump.talk(&mut plan).await.ok();
                kept.0.lock().unwrap().clone()
            });
            prop_assert_eq!(heard, text);
        }
    }
}
