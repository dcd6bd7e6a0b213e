//! Plays a transcript into a dialogue, in chunks of any size.

use std::time::Duration;

use super::{Dialogue, Input, Line, Move, Tick};

/// One piece of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beat {
    /// The device says this.
    Says(String),
    /// The dialogue must type exactly this.
    Types(String),
    /// The dialogue must type something that is secret.
    TypesSecret,
    /// The device says nothing for as long as the dialogue is willing to wait.
    Silence,
    /// The connection ends.
    HangsUp,
}

impl Beat {
    /// The device says this.
    pub fn says(text: impl Into<String>) -> Self {
        Self::Says(text.into())
    }

    /// The dialogue must type exactly this.
    pub fn types(text: impl Into<String>) -> Self {
        Self::Types(text.into())
    }
}

/// Where a replay left its transcript.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The dialogue typed something else.
    #[error("beat {beat}: expected {expected}, the dialogue typed {typed}")]
    Typed {
        /// 0-based index into the transcript.
        beat: usize,
        /// What the transcript has.
        expected: String,
        /// What came.
        typed: String,
    },
    /// The dialogue was done before the transcript, or is not done at its end.
    #[error("beat {beat}: {what}")]
    Early {
        /// 0-based index into the transcript.
        beat: usize,
        /// What happened.
        what: &'static str,
    },
}

/// Plays a transcript; `chunk` is the number of characters that the dialogue is fed at once.
///
/// # Errors
/// The first beat at which dialogue and transcript part.
pub fn replay(
    dialogue: &mut dyn Dialogue,
    transcript: &[Beat],
    chunk: usize,
) -> Result<(), ReplayError> {
    replay_cut(dialogue, transcript, || chunk)
}

/// The same in chunks of as many characters as `chunk` says, one after the other.
///
/// # Errors
/// The first beat at which dialogue and transcript part.
pub fn replay_cut(
    dialogue: &mut dyn Dialogue,
    transcript: &[Beat],
    mut chunk: impl FnMut() -> usize,
) -> Result<(), ReplayError> {
    let mut now = Tick::default();
    let mut beats = transcript.iter().enumerate().peekable();
    let mut step = dialogue.next(Input::Opened, now);
    loop {
        let deadline = match step {
            Move::Done => {
                return match beats.next() {
                    None => Ok(()),
                    Some((beat, _)) => Err(ReplayError::Early {
                        beat,
                        what: "the dialogue was done before it",
                    }),
                };
            }
            Move::Send(line, until) => {
                let expected = beats.next();
                check(expected, &line)?;
                until
            }
            Move::Wait(until) => until,
        };
        step = match beats.peek() {
            // A dialogue that was sent something may still be waiting when it is its turn to type:
            // only silence moves it on.
            None | Some((_, Beat::Types(_) | Beat::TypesSecret)) => {
                if now > Tick(Duration::from_secs(86_400)) {
                    let beat = beats.peek().map_or(transcript.len(), |(n, _)| *n);
                    return Err(ReplayError::Early {
                        beat,
                        what: "the dialogue waits for ever",
                    });
                }
                now = Tick(deadline.0.max(now.0 + Duration::from_millis(1)));
                dialogue.next(Input::Silence, now)
            }
            Some((_, Beat::Silence)) => {
                beats.next();
                now = Tick(deadline.0.max(now.0 + Duration::from_millis(1)));
                dialogue.next(Input::Silence, now)
            }
            Some((_, Beat::HangsUp)) => {
                beats.next();
                dialogue.next(Input::HungUp, now)
            }
            Some((_, Beat::Says(text))) => {
                let text = text.clone();
                beats.next();
                say(dialogue, &text, &mut chunk, &mut now)
            }
        };
    }
}

fn say(
    dialogue: &mut dyn Dialogue,
    text: &str,
    chunk: &mut dyn FnMut() -> usize,
    now: &mut Tick,
) -> Move {
    let mut rest = text.chars().peekable();
    let mut step = Move::Wait(*now);
    while rest.peek().is_some() {
        let piece: String = rest.by_ref().take(chunk().max(1)).collect();
        *now = now.plus(Duration::from_millis(1));
        step = dialogue.next(Input::Text(&piece), *now);
        if !matches!(step, Move::Wait(_)) {
            break;
        }
    }
    step
}

fn check(expected: Option<(usize, &Beat)>, line: &Line) -> Result<(), ReplayError> {
    let typed = match line {
        Line::Plain(text) => format!("{text:?}"),
        Line::Key(key) => format!("key {key:?}"),
        Line::Secret(_) => "a secret".to_owned(),
    };
    let (beat, wanted) = match expected {
        Some((n, beat)) => (n, Some(beat)),
        None => (usize::MAX, None),
    };
    let fits = match (wanted, line) {
        (Some(Beat::Types(text)), Line::Plain(sent)) => text == sent,
        (Some(Beat::Types(text)), Line::Key(key)) => *text == key.to_string(),
        (Some(Beat::TypesSecret), Line::Secret(_)) => true,
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(ReplayError::Typed {
            beat,
            expected: format!("{wanted:?}"),
            typed,
        })
    }
}
