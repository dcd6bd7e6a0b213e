//! `copy SERVER FLASH`: the device fetches a file, and asks for what the command left out.
//!
//! Questions are known by their words, come in any order, and each at most once: a second one means
//! that the first answer was not taken. The copy lives as long as the device says anything.
//!
//! Source of the wording: unicon.plugins `generic/service_patterns.py`, pyntc
//! `pyntc/devices/ios_device.py`.

use std::time::Duration;

use iosxe_core::fault::{Class, Effect, Remedy};
use iosxe_core::observation::{Acted, Observation, Verdict};
use iosxe_core::plan::Step as PlanStep;
use iosxe_core::ports::{Credential, ServerSide};
use iosxe_core::pull::Terms;
use iosxe_core::secret::{Redactor, Secret};
use iosxe_core::talk::{Dialogue, Exchange, Input, Move, Question, TalkError, Tick};

use super::console::{Answer, Command, Console, Output, QUIET, Reply, Step, Taken};

/// Printed without an end of line, and no question: what a copy says while it waits for its server
/// or its flash.
const STATEMENTS: [&str; 4] = ["Accessing ", "Loading ", "Sending file modes", "[OK"];

const OVERWRITE: &str = "Do you want to over write?";
const HOST_KEY: &str = "continue connecting (yes/no";
const ABORT: &str = "Abort Copy? [confirm]";
const PASSWORD: &str = "assword:";
const USERNAME: &str = "Source username";

/// One copy.
pub struct Pull {
    console: Console,
    command: Option<Command>,
    line: String,
    terms: Terms,
    /// Nobody has told that bytes come.
    begun: Option<Box<dyn FnOnce() + Send>>,
    /// Masks the password, should a device echo it.
    redactor: Redactor,
    /// What came last was a mark of progress.
    marking: bool,
    result: Option<Result<Output, TalkError>>,
    /// The question that nobody knows an answer to.
    asked: Option<Question>,
    /// What a person answers, and the question that it is for.
    answer: Option<(String, String)>,
}

impl std::fmt::Debug for Pull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pull")
            .field("line", &self.line)
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

impl Pull {
    /// The copy of a step on a device whose hostname the login learnt.
    #[must_use]
    pub fn new(step: &PlanStep, hostname: &str, server: ServerSide) -> Self {
        let terms = step.server.clone().unwrap_or(Terms {
            credential: None,
            accept_host_key: false,
            idle_s: step.bound_s,
        });
        let line = step.commands.join("; ");
        let answers = answers(&line, server.login.as_ref(), terms.accept_host_key);
        let idle = Duration::from_secs(terms.idle_s.max(10));
        let command = Command::with(line.clone(), answers, idle).stating(&STATEMENTS);
        Self {
            console: Console::new(hostname),
            command: Some(command),
            line,
            terms,
            begun: Some(server.begun),
            redactor: Redactor::new(server.login.iter().flat_map(Credential::secrets)),
            marking: false,
            result: None,
            asked: None,
            answer: None,
        }
    }

    /// What is kept of a text: the first mark of progress of a row. An hour of them would make one
    /// line of a hundred thousand.
    fn heard(&mut self, text: &str) -> String {
        if text.contains('!')
            && let Some(begun) = self.begun.take()
        {
            begun();
        }
        let mut kept = String::with_capacity(text.len());
        for c in text.chars() {
            if !(c == '!' && self.marking) {
                kept.push(c);
            }
            self.marking = c == '!';
        }
        kept
    }

    fn masked(&self, mut error: TalkError) -> TalkError {
        let mask = |text: &mut String| *text = self.redactor.redact(text);
        match &mut error {
            TalkError::TimedOut { tail, .. } => tail.iter_mut().for_each(mask),
            TalkError::UnknownQuestion { question: text, .. }
            | TalkError::WrongPrompt { prompt: text } => mask(text),
            // These are made of masked text, or hold nothing that the device said.
            TalkError::HungUp { .. }
            | TalkError::Rejected { .. }
            | TalkError::NotAuthorized { .. }
            | TalkError::EnableRefused { .. }
            | TalkError::NoDevice { .. }
            | TalkError::Misread { .. }
            | TalkError::Failed { .. }
            | TalkError::Channel { .. } => {}
        }
        error
    }

    /// A question that came once more: the answer to the first was not taken.
    fn explained(&self, error: TalkError) -> TalkError {
        let TalkError::UnknownQuestion { question, .. } = &error else {
            return error;
        };
        let login = question.contains(PASSWORD) || question.contains(USERNAME);
        if !login || self.terms.credential.is_none() {
            return error;
        }
        self.failed(
            format!("it asks again: {question}"),
            &LOGIN_REFUSED,
            Vec::new(),
        )
    }

    /// The question that a person may answer. One for a secret is none: answers are journalled.
    fn question_of(&self, error: &TalkError, text: String) -> Option<Question> {
        let TalkError::UnknownQuestion { during, .. } = error else {
            return None;
        };
        let mut before = self.console.before();
        for line in &mut before {
            *line = self.redactor.redact(line);
        }
        let question = Question {
            during: during.clone(),
            text,
            before,
        };
        let shows_a_secret = self.redactor.redact(&question.text) != question.text;
        (!shows_a_secret && !question.wants_a_secret()).then_some(question)
    }

    fn failed(&self, answer: String, why: &Why, tail: Vec<String>) -> TalkError {
        let mut remedy = Remedy::new(why.remedy);
        if let Some(command) = why.command {
            remedy = Remedy::with(why.remedy, command);
        }
        TalkError::Failed {
            command: self.line.clone(),
            answer,
            effect: why.effect,
            class: match why.who {
                Who::Nobody => Class::Transient,
                Who::Person => Class::Operator,
                Who::Never => Class::Permanent,
            },
            code: why.code,
            remedy: Some(remedy),
            tail,
        }
    }

    /// What the device said, once it is back at its prompt.
    fn judged(&self, output: &Output) -> Result<Verdict, TalkError> {
        if output.prompt.is_none() {
            return Err(TalkError::HungUp {
                during: self.line.clone(),
                tail: output.tail(12),
            });
        }
        match output.taken {
            Taken::Ran => {}
            Taken::Unknown => {
                return Err(TalkError::Rejected {
                    command: self.line.clone(),
                    answer: output.refusal(),
                });
            }
            Taken::NotAuthorized => {
                return Err(TalkError::NotAuthorized {
                    command: self.line.clone(),
                    answer: output.refusal(),
                });
            }
        }
        let lines = || output.text.lines().map(str::trim);
        let line_with = |text: &str| lines().find(|l| l.contains(text));
        for (question, why) in [
            (OVERWRITE, &FILE_EXISTS),
            (ABORT, &NOT_EXECUTABLE),
            (HOST_KEY, &HOST_KEY_UNKNOWN),
        ] {
            if question == HOST_KEY && self.terms.accept_host_key {
                continue;
            }
            if let Some(line) = line_with(question) {
                return Err(self.failed(line.to_owned(), why, output.tail(12)));
            }
        }
        // The last word counts: a device may try a second address after the first.
        for line in lines().rev() {
            if is_success(line) {
                return Ok(Verdict::Success);
            }
            if let Some(why) = failure(line) {
                return Err(self.failed(line.to_owned(), why, output.tail(12)));
            }
        }
        Ok(Verdict::Unknown)
    }
}

impl Dialogue for Pull {
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move {
        if let Some(command) = self.command.take() {
            return self.console.start(command, now);
        }
        let kept;
        let input = match input {
            Input::Text(text) => {
                kept = self.heard(text);
                Input::Text(&kept)
            }
            Input::Opened | Input::Silence | Input::HungUp => input,
        };
        if let Some((text, asked)) = self.answer.take() {
            // Nobody has read the session since the question: it is typed where that still stands.
            match input {
                Input::Opened | Input::Text(_) => {
                    if let Input::Text(said) = input {
                        self.console.hear(said, now);
                    }
                    self.answer = Some((text, asked));
                    return Move::Wait(now.plus(QUIET));
                }
                Input::Silence if self.console.stands_at(&asked) => {
                    return self.console.type_in(text, now);
                }
                Input::Silence | Input::HungUp => {}
            }
        }
        match self.console.feed(input, now) {
            Step::Go(step) => step,
            Step::Over(mut output) => {
                output.text = self.redactor.redact(&output.text);
                self.result = Some(Ok(output));
                Move::Done
            }
            Step::Failed(error) => {
                let asked = if let TalkError::UnknownQuestion { question, .. } = &error {
                    Some(question.clone())
                } else {
                    None
                };
                let error = self.masked(error);
                let error = self.explained(error);
                self.asked = asked.and_then(|text| self.question_of(&error, text));
                self.result = Some(Err(error));
                Move::Done
            }
        }
    }
}

impl Exchange for Pull {
    fn observe(self: Box<Self>) -> Result<Observation, TalkError> {
        let output = match &self.result {
            Some(Ok(output)) => output,
            Some(Err(error)) => return Err(error.clone()),
            None => {
                return Err(TalkError::Channel {
                    reason: "the copy was never begun".into(),
                });
            }
        };
        let verdict = self.judged(output)?;
        Ok(Observation::Acted(Acted {
            verdict,
            tail: output.tail(12),
        }))
    }

    fn question(&self) -> Option<Question> {
        self.asked.clone()
    }

    fn answer(&mut self, text: &str) {
        if let Some(asked) = self.asked.take() {
            self.result = None;
            self.answer = Some((text.to_owned(), asked.text));
        }
    }
}

/// The questions of a copy, with their answers. Any other stops the conversation.
fn answers(line: &str, login: Option<&Credential>, accept_host_key: bool) -> Vec<Answer> {
    let once = |question, reply| Answer {
        question,
        reply,
        times: 1,
    };
    let (host, path) = address(line);
    let password = login.and_then(|l| l.password.clone());
    vec![
        once("Address or name of remote host", known(host)),
        once(USERNAME, known(login.map(|l| l.username.as_str()))),
        once("Source filename", known(path)),
        once(PASSWORD, password.map_or(Reply::Stop, secret)),
        // The command names it.
        once("Destination filename", Reply::Line("")),
        once(
            HOST_KEY,
            Reply::Line(if accept_host_key { "yes" } else { "no" }),
        ),
        // What was in the way is gone by a step of its own; what is there since is somebody's.
        once(OVERWRITE, Reply::Key('n')),
        once("before copying? [confirm]", Reply::Key('n')),
        // The device holds it for no image of its own: Enter ends the copy.
        once(ABORT, Reply::Line("")),
    ]
}

fn secret(password: Secret) -> Reply {
    Reply::Secret(password)
}

fn known(text: Option<&str>) -> Reply {
    match text {
        Some(text) if !text.is_empty() => Reply::Text(text.to_owned()),
        Some(_) | None => Reply::Stop,
    }
}

/// Server and file of `copy PROTOCOL://SERVER/FILE …`.
fn address(line: &str) -> (Option<&str>, Option<&str>) {
    let from = line.split_whitespace().nth(1);
    let Some((_, rest)) = from.and_then(|f| f.split_once("://")) else {
        return (None, None);
    };
    match rest.split_once('/') {
        Some((host, path)) => (Some(host), Some(path)),
        None => (Some(rest), None),
    }
}

/// Who moves next.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// Later it may go.
    Nobody,
    /// A person has to change something.
    Person,
    /// It will fail the same way.
    Never,
}

/// Why a copy failed.
#[derive(Debug)]
struct Why {
    code: &'static str,
    who: Who,
    /// Whether a part may stand on the flash.
    effect: Effect,
    remedy: &'static str,
    command: Option<&'static str>,
}

const fn why(code: &'static str, who: Who, effect: Effect, remedy: &'static str) -> Why {
    Why {
        code,
        who,
        effect,
        remedy,
        command: None,
    }
}

const LOGIN_REFUSED: Why = why(
    iosxe_core::pull::LOGIN_REFUSED,
    Who::Person,
    Effect::None,
    "correct the credential that `[transfer]` names; for https and ftp the user that the device's \
     configuration names",
);
const HOST_KEY_UNKNOWN: Why = why(
    "server_key_unknown",
    Who::Person,
    Effect::None,
    "compare the server's key with what the device shows and let the device keep it, or say \
     `accept_host_key = true` beside the server in `[transfer]`",
);
const FILE_EXISTS: Why = why(
    "file_exists",
    Who::Nobody,
    Effect::None,
    "find out who else copies to this device",
);
const NOT_EXECUTABLE: Why = why(
    "image_signature",
    Who::Never,
    Effect::None,
    "check that the server's file is the catalogue's",
);
const TIMED_OUT: Why = why(
    "server_timeout",
    Who::Nobody,
    Effect::None,
    "check the way from the device to the server, and its source interface and VRF",
);
const NO_FILE: Why = why(
    "server_no_file",
    Who::Never,
    Effect::None,
    "put the image into the server's folder, or correct `from` in `[transfer]`",
);
const DENIED: Why = why(
    "server_denied",
    Who::Person,
    Effect::None,
    "let the server give the file to this user",
);
const UNKNOWN_HOST: Why = why(
    "server_unknown",
    Who::Person,
    Effect::None,
    "name the server by its address, or let the device resolve its name",
);
const UNREACHABLE: Why = why(
    "server_unreachable",
    Who::Nobody,
    Effect::None,
    "check that the server is up, and the way from the device to it",
);
const FLASH_FULL: Why = Why {
    command: Some("install remove inactive"),
    ..why(
        "flash_full",
        Who::Never,
        Effect::Unknown,
        "free room on the device's flash",
    )
};
const FLASH_FAILED: Why = why(
    "device_file_error",
    Who::Person,
    Effect::Unknown,
    "look at the device's flash",
);
const BROKEN: Why = why(
    "server_broke_off",
    Who::Nobody,
    Effect::Unknown,
    "look at the server's log",
);
const NOT_OPENED: Why = why(
    "server_error",
    Who::Nobody,
    Effect::None,
    "look at the server's log; for https, whether the device trusts its certificate",
);

/// What stands in the brackets of `%Error opening SERVER (…)`, or alone on a line. The first that
/// fits counts.
const REASONS: [(&str, &Why); 15] = [
    ("no space left on device", &FLASH_FULL),
    ("timed out", &TIMED_OUT),
    ("no such file", &NO_FILE),
    ("file not found", &NO_FILE),
    ("incorrect login", &LOGIN_REFUSED),
    ("login incorrect", &LOGIN_REFUSED),
    ("authentication failed", &LOGIN_REFUSED),
    ("permission denied", &DENIED),
    ("access denied", &DENIED),
    ("could not resolve", &UNKNOWN_HOST),
    ("unknown host", &UNKNOWN_HOST),
    ("bad ip address or host name", &UNKNOWN_HOST),
    ("unreachable", &UNREACHABLE),
    ("connection refused", &UNREACHABLE),
    ("host down", &UNREACHABLE),
];

/// `N bytes copied in S secs`, `[OK - N bytes]`, `Copy complete`.
fn is_success(line: &str) -> bool {
    let (number, rest) = line.split_once(' ').unwrap_or((line, ""));
    let counted = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    counted && rest.starts_with("bytes copied in")
        || line
            .rsplit_once('[')
            .is_some_and(|(_, tail)| tail.starts_with("OK - ") && tail.ends_with(']'))
        || line.starts_with("Copy complete")
}

/// What a line says of a failure. Only a line that begins like one is asked: a name, an address or a
/// banner may hold any word.
fn failure(line: &str) -> Option<&'static Why> {
    let of = |text: &str| {
        let text = text.to_ascii_lowercase();
        let found = REASONS.iter().find(|(words, _)| text.contains(words));
        found.map(|(_, why)| *why)
    };
    // Behind marks of progress it may stand on their line.
    let line = line.trim_start_matches(['!', '.', 'O']);
    if let Some(rest) = line.strip_prefix("%Error ") {
        // The address stands before the bracket, and may hold any word too.
        let reason = rest.rsplit_once('(').map_or(rest, |(_, reason)| reason);
        let found = of(reason);
        return Some(match rest.split_whitespace().next() {
            Some("opening") => found.unwrap_or(&NOT_OPENED),
            Some("writing") => found.unwrap_or(&FLASH_FAILED),
            // It had begun: whatever the reason, the same may go on later.
            Some("reading") => match found {
                Some(why) if matches!(why.who, Who::Nobody) => &BROKEN,
                Some(why) => why,
                None => &BROKEN,
            },
            _ => found.unwrap_or(&FLASH_FAILED),
        });
    }
    let said = line.trim_start_matches('%').trim_start();
    let begins = |start: &&&str| {
        said.get(..start.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(start))
    };
    [
        "Login incorrect",
        "Could not resolve",
        "Unknown host",
        "Bad IP address or host name",
        "Permission denied",
        "Access denied",
        "Authentication failed",
        "Connection timed out",
        "Connection refused",
        "Destination unreachable",
        "No such file",
        "No space left on device",
        "Timed out",
    ]
    .iter()
    .find(begins)
    .and_then(|_| of(said))
}

#[cfg(test)]
mod tests;
