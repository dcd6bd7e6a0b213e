//! One command at a prompt: echo, paging, questions, syslog in between, and the prompt at the end.

use std::time::Duration;

use iosxe_core::secret::Secret;
use iosxe_core::talk::prompt::{PromptKind, is_more, recognise};
use iosxe_core::talk::screen::Screen;
use iosxe_core::talk::{Input, Line, Move, TalkError, Tick};

use super::firmware::{Judge, Refused};

/// After something that looks like a prompt or a question, this much silence proves that nothing
/// follows it in the same burst. Wall time.
pub(super) const QUIET: Duration = Duration::from_millis(25);

/// Silence after which an unfinished line that no table knows is taken for a question, and a prompt
/// with a log line glued to it for a prompt. Wall time; longer than any pause that a busy control
/// processor makes inside a line.
const SETTLED: Duration = Duration::from_secs(3);

/// An answer to a question of the device.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Text that the unfinished line (or the line before it and it) contains.
    pub question: &'static str,
    /// What is done.
    pub reply: Reply,
    /// How often in one command; once more is an unknown question.
    pub times: u8,
}

/// What a question is answered with.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A line with its end of line; empty is a bare Enter.
    Line(&'static str),
    /// A line that is known only now.
    Text(String),
    /// One key.
    Key(char),
    /// A secret line.
    Secret(Secret),
    /// What the versions of the question deserve, seen against the plan's.
    Firmware(Judge),
    /// Nothing: the conversation ends here, and the question is quoted.
    Stop,
}

/// A command with what belongs to it.
#[derive(Clone, Debug)]
pub struct Command {
    /// What is typed.
    pub line: String,
    /// The questions that may be answered.
    pub answers: Vec<Answer>,
    /// The longest silence until something must have been said. Wall time.
    pub bound: Duration,
    /// Texts of unfinished lines that ask nothing, whatever they end with.
    pub statements: &'static [&'static str],
}

impl Command {
    /// A command without questions, bound to two minutes of silence: `show` commands on a busy box
    /// pause for tens of seconds.
    pub fn show(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            answers: Vec::new(),
            bound: Duration::from_secs(120),
            statements: &[],
        }
    }

    /// A command with questions and its own bound.
    pub fn with(line: impl Into<String>, answers: Vec<Answer>, bound: Duration) -> Self {
        Self {
            line: line.into(),
            answers,
            bound,
            statements: &[],
        }
    }

    /// The same, with texts of unfinished lines that ask nothing, whatever they end with.
    #[must_use]
    pub fn stating(mut self, statements: &'static [&'static str]) -> Self {
        self.statements = statements;
        self
    }
}

/// How the device took the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It ran.
    Ran,
    /// `% Invalid input`, `% Incomplete command`, `% Ambiguous command`, `% Unknown command`: a
    /// capability answer.
    Unknown,
    /// AAA says no.
    NotAuthorized,
}

/// What came of one command.
#[derive(Clone, Debug)]
pub struct Output {
    /// What was typed.
    pub command: String,
    /// What the device said between echo and prompt.
    pub text: String,
    /// Where the session stands now; `None` when the connection ended.
    pub prompt: Option<PromptKind>,
    /// How the device took it.
    pub taken: Taken,
}

impl Output {
    /// The last lines that are not blank.
    #[must_use]
    pub fn tail(&self, lines: usize) -> Vec<String> {
        let all: Vec<&str> = self.text.lines().filter(|l| !l.trim().is_empty()).collect();
        let from = all.len().saturating_sub(lines);
        all.into_iter()
            .skip(from)
            .map(|l| l.trim_end().to_owned())
            .collect()
    }

    /// The first line of a refusal.
    #[must_use]
    pub fn refusal(&self) -> String {
        self.text
            .lines()
            .map(str::trim)
            .find(|l| l.starts_with('%') || l.contains("uthorization failed"))
            .unwrap_or_else(|| self.text.trim())
            .to_owned()
    }
}

/// What the console wants after an input.
#[derive(Debug)]
pub enum Step {
    /// Go on so.
    Go(Move),
    /// The command is over.
    Over(Output),
    /// The conversation cannot go on.
    Failed(TalkError),
}

/// A shell at a prompt, running one command at a time.
#[derive(Debug)]
pub struct Console {
    hostname: String,
    screen: Screen,
    command: Command,
    used: Vec<u8>,
    /// Since when nothing was said.
    last_heard: Tick,
    /// The unfinished line was judged at this length of the screen; nothing new since.
    candidate: Option<Candidate>,
    /// Bytes of the screen up to the last answer: what a question says stands behind them.
    answered: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Candidate {
    Prompt(PromptKind),
    Question(usize),
    More,
}

impl Console {
    /// A console for a hostname that the login learnt.
    #[must_use]
    pub fn new(hostname: impl Into<String>) -> Self {
        Self {
            hostname: hostname.into(),
            screen: Screen::new(),
            command: Command::show(""),
            used: Vec::new(),
            last_heard: Tick::default(),
            candidate: None,
            answered: 0,
        }
    }

    /// The hostname that prompts are anchored on.
    #[must_use]
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// The hostname changed by a command of ours or was learnt anew.
    pub fn set_hostname(&mut self, hostname: impl Into<String>) {
        self.hostname = hostname.into();
    }

    /// Types a command.
    pub fn start(&mut self, command: Command, now: Tick) -> Move {
        self.screen.clear();
        self.used = vec![0; command.answers.len()];
        self.candidate = None;
        self.answered = 0;
        self.last_heard = now;
        let line = Line::plain(command.line.clone());
        let until = now.plus(command.bound);
        self.command = command;
        Move::Send(line, until)
    }

    /// Takes an input for the running command.
    pub fn feed(&mut self, input: Input<'_>, now: Tick) -> Step {
        match input {
            Input::Opened => Step::Go(self.wait(now)),
            Input::Text(text) => {
                self.screen.push(text);
                self.last_heard = now;
                self.candidate = self.judge();
                Step::Go(self.wait(now))
            }
            Input::Silence => self.silence(now),
            Input::HungUp => Step::Over(self.output(None)),
        }
    }

    /// Types a person's answer to the question that the running command stands at.
    pub fn type_in(&mut self, text: String, now: Tick) -> Move {
        // The question is kept as a finished line, so that it is not taken for a new one.
        self.screen.push("\r\n");
        self.last_heard = now;
        self.candidate = None;
        Move::Send(Line::Plain(text), now.plus(self.command.bound))
    }

    /// Takes in what was said while nobody waited for it.
    pub fn hear(&mut self, text: &str, now: Tick) {
        self.screen.push(text);
        self.last_heard = now;
        self.candidate = self.judge();
    }

    /// Whether the unfinished line is still this question.
    #[must_use]
    pub fn stands_at(&self, question: &str) -> bool {
        self.screen.last_line().trim() == question
    }

    /// The first question about firmware that was answered with no.
    #[must_use]
    pub fn refused_firmware(&self) -> Option<&Refused> {
        self.command.answers.iter().find_map(|a| match &a.reply {
            Reply::Firmware(judge) => judge.refused(),
            _ => None,
        })
    }

    /// The lines above the unfinished one.
    #[must_use]
    pub fn before(&self) -> Vec<String> {
        let mut lines = self.screen.tail(9);
        lines.pop();
        lines
    }

    fn wait(&self, now: Tick) -> Move {
        let until = if self.candidate.is_some() {
            now.plus(QUIET)
        } else if self.screen.last_line().trim().is_empty() {
            self.last_heard.plus(self.command.bound)
        } else {
            self.last_heard.plus(SETTLED.min(self.command.bound))
        };
        Move::Wait(until)
    }

    fn judge(&self) -> Option<Candidate> {
        let last = self.screen.last_line();
        if last.trim().is_empty() {
            return None;
        }
        if is_more(&last) {
            return Some(Candidate::More);
        }
        // The echo of our own command stands behind the prompt, never alone: a prompt that is the
        // whole line is not the echo's line.
        if let Some(kind) = recognise(&last, &self.hostname)
            && self.screen.finished().contains('\n')
        {
            return Some(Candidate::Prompt(kind));
        }
        let before = self
            .screen
            .finished()
            .trim_end()
            .lines()
            .next_back()
            .unwrap_or_default();
        let two = format!("{} {}", before.trim(), last.trim());
        // The question must stand in the unfinished line, at least with its end.
        self.command
            .answers
            .iter()
            .position(|a| last.contains(a.question) || spans(&two, &last, a.question))
            .map(Candidate::Question)
    }

    fn silence(&mut self, now: Tick) -> Step {
        match self.candidate.take() {
            Some(Candidate::Prompt(kind)) => return self.at_prompt(kind),
            Some(Candidate::More) => {
                self.screen.wipe_line();
                return Step::Go(Move::Send(Line::Key(' '), now.plus(self.command.bound)));
            }
            Some(Candidate::Question(n)) => return self.answer(n, now),
            None => {}
        }
        let quiet = now.0.saturating_sub(self.last_heard.0);
        if quiet >= SETTLED {
            if let Some(kind) = self.glued_prompt() {
                return self.at_prompt(kind);
            }
            let last = self.screen.last_line();
            let states = |text: &&&str| last.contains(**text);
            let statement = self.command.statements.iter().find(states);
            if statement.is_none() && is_question(&last) {
                return Step::Failed(TalkError::UnknownQuestion {
                    during: self.command.line.clone(),
                    question: last.trim().to_owned(),
                });
            }
        }
        if quiet >= self.command.bound {
            return Step::Failed(TalkError::TimedOut {
                during: self.command.line.clone(),
                waited: quiet,
                tail: self.screen.tail(8),
            });
        }
        Step::Go(Move::Wait(self.last_heard.plus(self.command.bound)))
    }

    fn at_prompt(&self, kind: PromptKind) -> Step {
        match kind {
            PromptKind::Rommon | PromptKind::Setup => Step::Failed(TalkError::WrongPrompt {
                prompt: self.screen.last_line().trim().to_owned(),
            }),
            PromptKind::User
            | PromptKind::Privileged
            | PromptKind::Config
            | PromptKind::Maintenance
            | PromptKind::Recovery => Step::Over(self.output(Some(kind))),
        }
    }

    fn answer(&mut self, n: usize, now: Tick) -> Step {
        let last = self.screen.last_line().trim().to_owned();
        let unknown = |during: &str, question: String| {
            Step::Failed(TalkError::UnknownQuestion {
                during: during.to_owned(),
                question,
            })
        };
        let text = self.screen.text();
        let said = text.get(self.answered..).unwrap_or(&text);
        let (Some(answer), Some(used)) = (self.command.answers.get_mut(n), self.used.get_mut(n))
        else {
            return unknown(&self.command.line, last);
        };
        if *used >= answer.times {
            return unknown(&self.command.line, last);
        }
        *used += 1;
        let line = match &mut answer.reply {
            Reply::Firmware(judge) => Line::plain(judge.answer(said)),
            Reply::Line(text) => Line::plain(*text),
            Reply::Text(text) => Line::plain(text.clone()),
            Reply::Key(key) => Line::Key(*key),
            Reply::Secret(secret) => Line::Secret(secret.clone()),
            Reply::Stop => return unknown(&self.command.line, last),
        };
        // The question is kept as a finished line, so that it is not taken for a new one.
        self.screen.push("\r\n");
        self.answered = self.screen.finished().len();
        Step::Go(Move::Send(line, now.plus(self.command.bound)))
    }

    /// A log line that was printed right behind the prompt: `H#*Jan 27 20:09:17.549: %FAC-3-…`.
    fn glued_prompt(&self) -> Option<PromptKind> {
        let text = self.screen.text();
        // The echo's own line begins with nothing of the prompt: the prompt was printed before the
        // command was typed. So the first line is no candidate.
        let (_, later) = text.split_once('\n')?;
        later.lines().rev().take(20).find_map(|line| {
            let at = line.find(['#', '>'])?;
            let (head, tail) = line.split_at_checked(at + 1)?;
            let kind = recognise(head, &self.hostname)?;
            is_log_line(tail).then_some(kind)
        })
    }

    fn output(&self, prompt: Option<PromptKind>) -> Output {
        let text = match prompt {
            Some(_) => self.screen.finished().to_owned(),
            None => self.screen.text(),
        };
        let text = without_echo(&text, &self.command.line);
        let taken = taken(&text);
        Output {
            command: self.command.line.clone(),
            text,
            prompt,
            taken,
        }
    }
}

/// The question stands on two lines and ends in the unfinished one.
fn spans(two: &str, last: &str, question: &str) -> bool {
    two.find(question)
        .is_some_and(|at| at + question.len() > two.len() - last.trim().len())
}

/// Whether a line that nothing follows asks something.
fn is_question(line: &str) -> bool {
    let line = line.trim_end();
    ["?", "]", "]:", "]?", ":", "[confirm]", "(y/n)", "(yes/no)"]
        .iter()
        .any(|end| line.ends_with(end))
        && line.len() > 3
}

/// Whether a text begins like a log message of IOS: a time stamp and `%FACILITY-SEVERITY-NAME:`.
#[must_use]
pub fn is_log_line(text: &str) -> bool {
    let Some(at) = text.find('%') else {
        return false;
    };
    let (head, tail) = text.split_at(at);
    if head.len() > 60 {
        return false;
    }
    let Some((tag, _)) = tail.get(1..).and_then(|t| t.split_once(':')) else {
        return false;
    };
    let mut parts = tag.split('-');
    let facility = parts.next().unwrap_or_default();
    let shaped = |t: &str| {
        !t.is_empty()
            && t.chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    shaped(facility)
        && tag
            .split('-')
            .any(|p| p.len() == 1 && p.bytes().all(|b| (b'0'..=b'7').contains(&b)))
        && tag.split('-').all(shaped)
}

/// The output without the echo of the command. A device with a narrow terminal shows only the end
/// of a long command behind a `$`.
fn without_echo(text: &str, command: &str) -> String {
    let Some((first, rest)) = text.split_once('\n') else {
        return if is_echo(text, command) {
            String::new()
        } else {
            text.to_owned()
        };
    };
    if is_echo(first, command) {
        rest.to_owned()
    } else {
        text.to_owned()
    }
}

fn is_echo(line: &str, command: &str) -> bool {
    let line = line.trim();
    let command = command.trim();
    if command.is_empty() {
        return line.is_empty();
    }
    line.ends_with(command)
        || line
            .strip_prefix('$')
            .is_some_and(|tail| command.ends_with(tail.trim()))
        || line
            .rsplit_once('$')
            .is_some_and(|(_, tail)| tail.trim().len() >= 8 && command.ends_with(tail.trim()))
}

fn taken(text: &str) -> Taken {
    for line in text.lines().map(str::trim) {
        if line.contains("uthorization failed") && (line.starts_with('%') || line.starts_with('C'))
        {
            return Taken::NotAuthorized;
        }
        let unknown = [
            "% Invalid input detected at",
            "% Incomplete command",
            "% Ambiguous command",
            "% Unknown command",
            "%Invalid input detected at",
        ];
        if unknown.iter().any(|u| line.starts_with(u)) {
            return Taken::Unknown;
        }
    }
    Taken::Ran
}

#[cfg(test)]
mod tests;
