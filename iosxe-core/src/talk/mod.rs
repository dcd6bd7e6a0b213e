//! Talking to a device without doing any I/O.
//!
//! A [`Dialogue`] owns no socket and no clock. It is fed what the device said, the silence after a
//! wait, or the end of the connection, and answers with what to send or how long to wait. The pump
//! of a transport drives it; a test replays a transcript into it ([`replay`]).

pub mod prompt;
pub mod replay;
pub mod screen;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fault::{Class, Classified, Effect, Remedy};
use crate::observation::Observation;
use crate::secret::Secret;

/// Time since the session was opened. Wall time: silence on a wire is not scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(pub Duration);

impl Tick {
    /// The instant this much later.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0 + wait)
    }
}

/// What happened on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The dialogue begins; the shell is open.
    Opened,
    /// The device said this. Chunks may be cut anywhere between two characters.
    Text(&'a str),
    /// Nothing was said until the tick that the last move named.
    Silence,
    /// The connection ended.
    HungUp,
}

/// What a dialogue wants.
#[derive(Debug)]
pub enum Move {
    /// Send this; feed [`Input::Silence`] if nothing is said until the tick.
    Send(Line, Tick),
    /// Feed what comes, and [`Input::Silence`] at the tick.
    Wait(Tick),
    /// The dialogue is over; read its result.
    Done,
}

/// What is typed. The pump writes transcripts from it, so a secret is told apart by type.
#[derive(Clone, Debug)]
pub enum Line {
    /// A line; the pump adds the end of line.
    Plain(String),
    /// A single key without an end of line, for `--More--` and `[confirm]`.
    Key(char),
    /// A line that never reaches a transcript.
    Secret(Secret),
}

impl Line {
    /// A plain line.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }
}

/// A conversation as the pump sees it: object-safe.
pub trait Dialogue: Send {
    /// Takes what happened and says what to do.
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move;
}

/// A conversation with a typed result.
pub trait Conversation: Dialogue {
    /// What it finds out.
    type Output;

    /// Its result, after [`Move::Done`].
    ///
    /// # Errors
    /// What stopped it.
    fn finish(self) -> Result<Self::Output, TalkError>;
}

/// A conversation as the engine sees it: its result is one of the closed [`Observation`]s, so that no
/// driver type crosses the port.
pub trait Exchange: Dialogue {
    /// Its result, after [`Move::Done`].
    ///
    /// # Errors
    /// What stopped it.
    fn observe(self: Box<Self>) -> Result<Observation, TalkError>;

    /// The question that it stands at after [`Move::Done`] and cannot answer, where a person may: the
    /// session was left as it is.
    fn question(&self) -> Option<Question> {
        None
    }

    /// A person's answer to that question. The exchange goes on when it is driven once more.
    fn answer(&mut self, text: &str) {
        let _unasked = text;
    }
}

/// A question of a device that no answer table knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The command that met it.
    pub during: String,
    /// As it stands.
    pub text: String,
    /// The lines before it, oldest first.
    pub before: Vec<String>,
}

impl Question {
    /// Whether it asks for something that must not be typed in the open: answers are journalled.
    #[must_use]
    pub fn wants_a_secret(&self) -> bool {
        let text = self.text.to_lowercase();
        [
            "passw",
            "passphrase",
            "secret",
            "passcode",
            "passkey",
            "token",
            "pin:",
        ]
        .iter()
        .any(|word| text.contains(word))
    }
}

/// Why a conversation ended without a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TalkError {
    /// The connection ended in the middle.
    #[error("the connection ended during {during}")]
    HungUp {
        /// What was going on: `show version`.
        during: String,
        /// The last lines that the device said.
        tail: Vec<String>,
    },
    /// Nothing that was waited for came.
    #[error("no prompt within {} s during {during}", waited.as_secs())]
    TimedOut {
        /// What was going on.
        during: String,
        /// How long was waited.
        waited: Duration,
        /// The last lines that the device said.
        tail: Vec<String>,
    },
    /// The device asked something that no answer table knows. It was not answered.
    #[error("the device asks `{question}` during {during}")]
    UnknownQuestion {
        /// What was going on.
        during: String,
        /// The question as it stands.
        question: String,
    },
    /// The device does not know the command, or not in this form.
    #[error("the device refuses `{command}`: {answer}")]
    Rejected {
        /// What was sent.
        command: String,
        /// What the device said.
        answer: String,
    },
    /// AAA forbids the command to this user.
    #[error("this user may not run `{command}`: {answer}")]
    NotAuthorized {
        /// What was sent.
        command: String,
        /// What the device said.
        answer: String,
    },
    /// Enable was refused, or is needed and there is no secret.
    #[error("enable is refused: {answer}")]
    EnableRefused {
        /// What the device said.
        answer: String,
    },
    /// A prompt where no device should stand: ROMMON, the setup dialog, a shell.
    #[error("the device stands at `{prompt}`")]
    WrongPrompt {
        /// The prompt.
        prompt: String,
    },
    /// What answers is another kind of host.
    #[error("what answers is no Cisco device: to `{command}` it says `{answer}`")]
    NoDevice {
        /// What was asked.
        command: String,
        /// What it said, shortened to a line.
        answer: String,
    },
    /// Output that a parser refuses.
    #[error("cannot read `{command}`, line {line}, column {column}: {reason}")]
    Misread {
        /// The command.
        command: String,
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// What was expected.
        reason: String,
        /// The line itself, shortened.
        quote: String,
    },
    /// The device answered in words that say it did not do it.
    #[error("`{command}` failed: {answer}")]
    Failed {
        /// What was sent.
        command: String,
        /// The line that says so.
        answer: String,
        /// What it did all the same.
        effect: Effect,
        /// Who moves next.
        class: Class,
        /// Stable code.
        code: &'static str,
        /// What to do about it, where more can be said than the answer does.
        remedy: Option<Remedy>,
        /// The lines around it.
        tail: Vec<String>,
    },
    /// The channel failed below the conversation.
    #[error("the channel failed: {reason}")]
    Channel {
        /// Why.
        reason: String,
    },
}

impl Classified for TalkError {
    fn class(&self) -> Class {
        match self {
            Self::HungUp { .. } | Self::TimedOut { .. } | Self::Channel { .. } => Class::Transient,
            Self::UnknownQuestion { .. }
            | Self::NotAuthorized { .. }
            | Self::EnableRefused { .. }
            | Self::WrongPrompt { .. }
            | Self::NoDevice { .. }
            | Self::Misread { .. } => Class::Operator,
            Self::Rejected { .. } => Class::Permanent,
            Self::Failed { class, .. } => *class,
        }
    }

    fn effect(&self) -> Effect {
        match self {
            // Whether a command that was sent had an effect is not known to a conversation that
            // lost its connection. A look is harmless; an act must be looked after.
            Self::HungUp { .. }
            | Self::TimedOut { .. }
            | Self::Channel { .. }
            | Self::UnknownQuestion { .. }
            | Self::WrongPrompt { .. }
            | Self::Misread { .. } => Effect::Unknown,
            Self::Rejected { .. }
            | Self::NotAuthorized { .. }
            | Self::EnableRefused { .. }
            | Self::NoDevice { .. } => Effect::None,
            Self::Failed { effect, .. } => *effect,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::HungUp { .. } => "session_lost",
            Self::TimedOut { .. } => "no_prompt",
            Self::UnknownQuestion { .. } => "unknown_question",
            Self::Rejected { .. } => "command_rejected",
            Self::NotAuthorized { .. } => "command_not_authorized",
            Self::EnableRefused { .. } => "enable_refused",
            Self::WrongPrompt { .. } => "wrong_prompt",
            Self::NoDevice { .. } => "no_device",
            Self::Misread { .. } => "output_not_understood",
            Self::Failed { code, .. } => code,
            Self::Channel { .. } => "channel_failed",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::UnknownQuestion { .. } => {
                Some(Remedy::new("answer it on the device by hand, then resume"))
            }
            Self::NotAuthorized { .. } => {
                Some(Remedy::new("allow the command to this user in AAA"))
            }
            Self::EnableRefused { .. } => Some(Remedy::new(
                "set the enable secret of this credential, or let AAA grant privilege 15",
            )),
            Self::WrongPrompt { .. } => Some(Remedy::new("look at the device's console")),
            Self::NoDevice { .. } => Some(Remedy::new(
                "check the `address` cell: another host answers there",
            )),
            Self::Misread { .. } => Some(Remedy::with(
                "look at the raw output in the run's folder; the parser's view is printed by",
                "iosxe parse",
            )),
            Self::Failed { remedy, .. } => remedy.clone(),
            Self::HungUp { .. }
            | Self::TimedOut { .. }
            | Self::Rejected { .. }
            | Self::Channel { .. } => None,
        }
    }

    fn evidence(&self) -> Vec<String> {
        match self {
            Self::HungUp { tail, .. } | Self::TimedOut { tail, .. } | Self::Failed { tail, .. } => {
                tail.clone()
            }
            Self::Misread { quote, .. } => vec![quote.clone()],
            Self::UnknownQuestion { question, .. } => vec![question.clone()],
            Self::WrongPrompt { prompt } => vec![prompt.clone()],
            Self::Rejected { answer, .. }
            | Self::NoDevice { answer, .. }
            | Self::NotAuthorized { answer, .. }
            | Self::EnableRefused { answer } => vec![answer.clone()],
            Self::Channel { .. } => Vec::new(),
        }
    }
}
