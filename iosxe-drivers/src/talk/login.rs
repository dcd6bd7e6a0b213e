//! From a fresh shell to a usable prompt: learn the hostname, enable, set the terminal up.

use std::time::Duration;

use iosxe_core::observation::{Login as LoggedIn, Observation};
use iosxe_core::secret::Secret;
use iosxe_core::talk::prompt::{PromptKind, learn};
use iosxe_core::talk::screen::Screen;
use iosxe_core::talk::{Dialogue, Exchange, Input, Line, Move, TalkError, Tick};

use super::console::{Answer, Command, Console, Output, Reply, Step, Taken};

/// A device that has just booted may take this long to print its first prompt. Wall time.
const FIRST_PROMPT: Duration = Duration::from_secs(45);

/// Silence after which a prompt is asked for with a newline.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Silence that ends a burst.
const QUIET: Duration = Duration::from_millis(50);

/// What sets the terminal up. Without a length paging sets in; with the default width the device
/// scrolls its own echo of long commands. A command that a release does not know is passed over.
const TERMINAL: [&str; 4] = [
    "terminal length 0",
    "terminal width 511",
    "terminal no monitor",
    "terminal no exec prompt timestamp",
];

/// The login dialogue.
pub struct Login {
    enable: Option<Secret>,
    state: State,
    screen: Screen,
    console: Console,
    began: Tick,
    /// The strange last line, and where the finished lines ended when a newline was sent for it.
    strange: Option<(String, usize)>,
    hostname: String,
    prompt: PromptKind,
    privileged_at_login: bool,
    failed: Option<TalkError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Waiting for the first prompt.
    Fresh,
    /// A newline was sent; the same prompt must come again.
    Confirming,
    /// `enable` runs.
    Enabling,
    /// The n-th terminal command runs.
    Terminal(usize),
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// A login with the enable secret of the credential, if it has one.
    #[must_use]
    pub fn new(enable: Option<Secret>) -> Self {
        Self {
            enable,
            state: State::Fresh,
            screen: Screen::new(),
            console: Console::new(""),
            began: Tick::default(),
            strange: None,
            hostname: String::new(),
            prompt: PromptKind::User,
            privileged_at_login: false,
            failed: None,
        }
    }

    fn fail(&mut self, error: TalkError) -> Move {
        self.failed = Some(error);
        Move::Done
    }

    fn listen(&mut self, input: Input<'_>, now: Tick) -> Move {
        match input {
            Input::Opened => {
                self.began = now;
                Move::Wait(now.plus(ASK_AGAIN))
            }
            Input::Text(text) => {
                self.screen.push(text);
                let wait = if learn(&self.screen.last_line()).is_some() {
                    QUIET
                } else {
                    ASK_AGAIN
                };
                Move::Wait(now.plus(wait))
            }
            Input::HungUp => {
                let tail = self.screen.tail(8);
                self.fail(TalkError::HungUp {
                    during: "waiting for the first prompt".into(),
                    tail,
                })
            }
            Input::Silence => self.judge(now),
        }
    }

    fn judge(&mut self, now: Tick) -> Move {
        let line = self.screen.last_line().trim().to_owned();
        let seen = learn(&line);
        let strange = seen.is_none();
        match (self.state, seen) {
            (State::Fresh, Some((hostname, prompt))) => {
                if matches!(prompt, PromptKind::Rommon | PromptKind::Setup) {
                    return self.fail(TalkError::WrongPrompt { prompt: line });
                }
                // A banner may end in a line that looks like a prompt: only what a newline brings
                // again is one.
                self.hostname = hostname;
                self.prompt = prompt;
                self.state = State::Confirming;
                self.screen.clear();
                Move::Send(Line::plain(""), now.plus(ASK_AGAIN))
            }
            (State::Confirming, Some((hostname, prompt)))
                if hostname == self.hostname && self.screen.finished().contains('\n') =>
            {
                self.prompt = prompt;
                self.privileged_at_login = prompt != PromptKind::User;
                self.console.set_hostname(hostname);
                self.confirmed(now)
            }
            _ => {
                if strange && self.came_back(&line) {
                    return self.fail(foreign(line));
                }
                if now.0.saturating_sub(self.began.0) >= FIRST_PROMPT {
                    let tail = self.screen.tail(8);
                    return self.fail(TalkError::TimedOut {
                        during: "waiting for the first prompt".into(),
                        waited: now.0.saturating_sub(self.began.0),
                        tail,
                    });
                }
                self.state = State::Fresh;
                self.screen.wipe_line();
                self.strange = Some((line, self.screen.finished().len()));
                Move::Send(Line::plain(""), now.plus(ASK_AGAIN))
            }
        }
    }

    /// Whether this line is a prompt of something else: it ends like one, everything is quiet, and it
    /// alone came again, as the answer to a newline. A banner goes on, or is a line of `####`.
    fn came_back(&self, line: &str) -> bool {
        let shaped = line.ends_with(['#', '>', '$', '%'])
            && (line.len() <= 2 || line.contains(|c: char| c.is_alphanumeric()));
        let Some((before, end)) = &self.strange else {
            return false;
        };
        let since = self.screen.finished().get(*end..).unwrap_or_default();
        shaped && line == before && since.contains('\n') && since.trim().is_empty()
    }

    fn confirmed(&mut self, now: Tick) -> Move {
        if self.prompt == PromptKind::User
            && let Some(secret) = self.enable.clone()
        {
            self.state = State::Enabling;
            let answers = vec![Answer {
                question: "assword:",
                reply: Reply::Secret(secret),
                times: 1,
            }];
            let command = Command::with("enable", answers, Duration::from_secs(60));
            return self.console.start(command, now);
        }
        self.terminal(0, now)
    }

    fn terminal(&mut self, n: usize, now: Tick) -> Move {
        match TERMINAL.get(n) {
            Some(line) => {
                self.state = State::Terminal(n);
                self.console.start(Command::show(*line), now)
            }
            None => Move::Done,
        }
    }

    fn over(&mut self, output: Output, now: Tick) -> Move {
        let Some(prompt) = output.prompt else {
            let tail = output.tail(8);
            return self.fail(TalkError::HungUp {
                during: output.command,
                tail,
            });
        };
        match self.state {
            State::Enabling => {
                if prompt == PromptKind::User || output.taken != Taken::Ran {
                    let answer = output
                        .text
                        .lines()
                        .map(str::trim)
                        .find(|l| l.starts_with('%'))
                        .unwrap_or("the prompt stayed at user level")
                        .to_owned();
                    return self.fail(TalkError::EnableRefused { answer });
                }
                self.prompt = prompt;
                self.terminal(0, now)
            }
            State::Terminal(n) => self.terminal(n + 1, now),
            State::Fresh | State::Confirming => Move::Done,
        }
    }
}

/// What it means that a prompt is none of IOS-XE. A Unix shell and Junos show user and host; what
/// else ends in `#` or `>` may be a Cisco device of another kind (`RP/0/RP0/CPU0:xr#`), or one whose
/// prompt somebody changed.
fn foreign(prompt: String) -> TalkError {
    if prompt.ends_with(['$', '%']) || prompt.contains(['@', '~']) {
        return TalkError::NoDevice {
            command: "RETURN".into(),
            answer: prompt.chars().take(60).collect(),
        };
    }
    TalkError::WrongPrompt { prompt }
}

impl Dialogue for Login {
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move {
        match self.state {
            State::Fresh | State::Confirming => self.listen(input, now),
            State::Enabling | State::Terminal(_) => match self.console.feed(input, now) {
                Step::Go(step) => step,
                Step::Over(output) => self.over(output, now),
                // A second password question means that the secret was wrong.
                Step::Failed(TalkError::UnknownQuestion { question, .. })
                    if self.state == State::Enabling =>
                {
                    self.fail(TalkError::EnableRefused { answer: question })
                }
                Step::Failed(error) => self.fail(error),
            },
        }
    }
}

impl Exchange for Login {
    fn observe(self: Box<Self>) -> Result<Observation, TalkError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(Observation::Login(LoggedIn {
                hostname: self.hostname,
                prompt: self.prompt,
                privileged_at_login: self.privileged_at_login,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iosxe_core::talk::replay::{Beat, replay};

    fn login(enable: Option<&str>, beats: &[Beat]) -> Result<LoggedIn, TalkError> {
        let mut last = None;
        for chunk in [1, 3, 10_000] {
            let mut dialogue = Box::new(Login::new(enable.map(Secret::new)));
            replay(dialogue.as_mut(), beats, chunk).unwrap();
            last = Some(dialogue.observe().map(|o| match o {
                Observation::Login(login) => login,
                other => panic!("{other:?}"),
            }));
        }
        last.unwrap()
    }

    fn terminal(prompt: &str) -> Vec<Beat> {
        TERMINAL
            .iter()
            .flat_map(|line| {
                [
                    Beat::types(*line),
                    Beat::says(format!("{line}\r\n{prompt}")),
                ]
            })
            .collect()
    }

    #[test]
    fn privilege_15_at_once() {
        let mut beats = vec![
            Beat::says("\r\n*** no entry for sw9#\r\n\r\nsw1#"),
            Beat::types(""),
            Beat::says("\r\nsw1#"),
        ];
        beats.extend(terminal("sw1#"));
        let seen = login(None, &beats).unwrap();
        assert_eq!(seen.hostname, "sw1");
        assert!(seen.privileged_at_login);
    }

    #[test]
    fn enable_with_a_secret() {
        let mut beats = vec![
            Beat::says("sw1>"),
            Beat::types(""),
            Beat::says("\r\nsw1>"),
            Beat::types("enable"),
            Beat::says("enable\r\nPassword: "),
            Beat::TypesSecret,
            Beat::says("\r\nsw1#"),
        ];
        beats.extend(terminal("sw1#"));
        let seen = login(Some("s3cret"), &beats).unwrap();
        assert_eq!(seen.prompt, PromptKind::Privileged);
        assert!(!seen.privileged_at_login, "SCP will not be privileged");
    }

    #[test]
    fn a_wrong_enable_secret_is_said_so() {
        let beats = [
            Beat::says("sw1>"),
            Beat::types(""),
            Beat::says("\r\nsw1>"),
            Beat::types("enable"),
            Beat::says("enable\r\nPassword: "),
            Beat::TypesSecret,
            Beat::says("\r\n% Access denied\r\n\r\nsw1>"),
        ];
        let error = login(Some("wrong1"), &beats).unwrap_err();
        assert_eq!(
            error,
            TalkError::EnableRefused {
                answer: "% Access denied".into()
            }
        );
    }

    #[test]
    fn a_prompt_of_another_system_ends_the_login_at_its_second_coming() {
        for prompt in [
            "[root@files ~]# ",
            "maria@files:~$ ",
            "\u{1b}[01;32mmaria@files\u{1b}[00m:~$ ",
            "maria@mx480> ",
            "% ",
        ] {
            let beats = [
                Beat::says(format!("Last login: today from here\r\n{prompt}")),
                Beat::types(""),
                Beat::says(format!("\r\n{prompt}")),
            ];
            let error = login(None, &beats).unwrap_err();
            assert!(matches!(error, TalkError::NoDevice { .. }), "{error}");
        }
        for prompt in ["RP/0/RP0/CPU0:xr1#", "[sw1] #"] {
            let beats = [
                Beat::says(format!("\r\n{prompt}")),
                Beat::types(""),
                Beat::says(format!("\r\n{prompt}")),
            ];
            let error = login(None, &beats).unwrap_err();
            assert_eq!(
                error,
                TalkError::WrongPrompt {
                    prompt: prompt.into()
                }
            );
        }
    }

    #[test]
    fn a_banner_that_ends_like_a_strange_prompt_is_waited_out() {
        let banner = "\r\n*** call us @ room 12 #";
        for slow in [
            // Nothing for a long time, then the prompt.
            vec![Beat::Silence, Beat::types(""), Beat::Silence],
            // The banner goes on, and ends as it did before.
            vec![
                Beat::says(format!("\r\n*** or write to us{banner}")),
                Beat::Silence,
            ],
            // It says the same, but not to a newline of ours: on the very line that stood there.
            vec![Beat::says("*** call us @ room 12 #"), Beat::Silence],
        ] {
            let mut beats = vec![Beat::says(banner), Beat::types("")];
            beats.extend(slow);
            beats.extend([
                Beat::types(""),
                Beat::says("\r\nsw1#"),
                Beat::types(""),
                Beat::says("\r\nsw1#"),
            ]);
            beats.extend(terminal("sw1#"));
            assert_eq!(login(None, &beats).unwrap().hostname, "sw1");
        }
        let frame = Beat::says("\r\n##########");
        let mut beats = vec![frame.clone(), Beat::types(""), frame, Beat::types("")];
        beats.extend([
            Beat::says("\r\nsw1#"),
            Beat::types(""),
            Beat::says("\r\nsw1#"),
        ]);
        beats.extend(terminal("sw1#"));
        assert_eq!(login(None, &beats).unwrap().hostname, "sw1");
    }

    #[test]
    fn rommon_and_setup_dialog_are_named() {
        let error = login(None, &[Beat::says("\r\nrommon 1 >")]).unwrap_err();
        assert!(matches!(error, TalkError::WrongPrompt { .. }));
    }
}
