//! Looks: read-only commands in a row, and the observation that they add up to.

use iosxe_core::observation::Observation;
use iosxe_core::talk::{Dialogue, Exchange, Input, Move, TalkError, Tick};

use super::console::{Command, Console, Output, Step, Taken};

/// What a look asks and how its answers are read.
pub trait Inquiry: Send {
    /// The next command, seeing the answers so far; `None` when there is enough.
    ///
    /// # Errors
    /// When an answer cannot be read and no further one would help.
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError>;

    /// Whether the user may be forbidden to run this command: then it is an answer among the others,
    /// and the look goes on.
    fn may_be_forbidden(&self, _command: &str) -> bool {
        false
    }

    /// What the answers say.
    ///
    /// # Errors
    /// [`TalkError::Misread`] and others.
    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError>;
}

/// Runs an inquiry at a prompt.
pub struct Script {
    console: Console,
    inquiry: Box<dyn Inquiry>,
    answers: Vec<Output>,
    running: bool,
    failed: Option<TalkError>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script")
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}

impl Script {
    /// A script for a device whose hostname the login learnt.
    #[must_use]
    pub fn new(hostname: &str, inquiry: Box<dyn Inquiry>) -> Self {
        Self {
            console: Console::new(hostname),
            inquiry,
            answers: Vec::new(),
            running: false,
            failed: None,
        }
    }

    fn fail(&mut self, error: TalkError) -> Move {
        self.failed = Some(error);
        Move::Done
    }

    fn go_on(&mut self, now: Tick) -> Move {
        match self.inquiry.next(&self.answers) {
            Ok(Some(command)) => {
                self.running = true;
                self.console.start(command, now)
            }
            Ok(None) => Move::Done,
            Err(error) => self.fail(error),
        }
    }
}

impl Dialogue for Script {
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move {
        if !self.running {
            return self.go_on(now);
        }
        match self.console.feed(input, now) {
            Step::Go(step) => step,
            Step::Failed(error) => self.fail(error),
            Step::Over(output) => {
                if output.prompt.is_none() {
                    let tail = output.tail(8);
                    return self.fail(TalkError::HungUp {
                        during: output.command,
                        tail,
                    });
                }
                if output.taken == Taken::NotAuthorized
                    && !self.inquiry.may_be_forbidden(&output.command)
                {
                    let answer = output.refusal();
                    return self.fail(TalkError::NotAuthorized {
                        command: output.command,
                        answer,
                    });
                }
                self.answers.push(output);
                self.go_on(now)
            }
        }
    }
}

impl Exchange for Script {
    fn observe(self: Box<Self>) -> Result<Observation, TalkError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.inquiry.read(self.answers),
        }
    }
}
