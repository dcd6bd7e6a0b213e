//! One command at a prompt, replayed.

use super::*;
use iosxe_core::talk::Dialogue;
use iosxe_core::talk::replay::{Beat, ReplayError, replay};

struct One {
    console: Console,
    command: Option<Command>,
    result: Option<Result<Output, TalkError>>,
}

impl Dialogue for One {
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move {
        if let Some(command) = self.command.take() {
            return self.console.start(command, now);
        }
        match self.console.feed(input, now) {
            Step::Go(step) => step,
            Step::Over(output) => {
                self.result = Some(Ok(output));
                Move::Done
            }
            Step::Failed(error) => {
                self.result = Some(Err(error));
                Move::Done
            }
        }
    }
}

fn run(command: Command, beats: &[Beat]) -> Result<Output, TalkError> {
    let mut first: Option<Result<Output, TalkError>> = None;
    for chunk in [1, 2, 7, 100_000] {
        let mut one = One {
            console: Console::new("sw1"),
            command: Some(command.clone()),
            result: None,
        };
        replay(&mut one, beats, chunk).unwrap();
        let result = one.result.unwrap();
        if let (Some(Ok(a)), Ok(b)) = (&first, &result) {
            assert_eq!(a.text, b.text, "the same text in chunks of {chunk}");
        }
        first = Some(result);
    }
    first.unwrap()
}

#[test]
fn echo_paging_and_prompt() {
    let output = run(
        Command::show("show clock"),
        &[
            Beat::types("show clock"),
            Beat::says("show clock\r\nline one\r\n --More-- "),
            Beat::types(" "),
            Beat::says("\r         \rline two\r\nsw1#"),
        ],
    )
    .unwrap();
    assert_eq!(output.text.lines().next(), Some("line one"));
    assert_eq!(output.text.lines().nth(1).unwrap().trim(), "line two");
    assert_eq!(output.prompt, Some(PromptKind::Privileged));
}

#[test]
fn a_banner_line_or_another_host_is_no_prompt() {
    let output = run(
        Command::show("show banner"),
        &[
            Beat::types("show banner"),
            Beat::says("show banner\r\nsw10#\r\n*** keep out #\r\nkey#\r\nsw1#"),
        ],
    )
    .unwrap();
    assert_eq!(output.text, "sw10#\n*** keep out #\nkey#\n");
}

#[test]
fn a_log_line_behind_the_prompt_hides_no_prompt() {
    let output = run(
        Command::show("show clock"),
        &[
            Beat::types("show clock"),
            Beat::says("show clock\r\n12:00\r\nsw1#*Jan 27 20:09:17.549: %SYS-5-CONFIG_I: Configured from console\r\n"),
        ],
    )
    .unwrap();
    assert!(output.text.starts_with("12:00\n"));
    assert_eq!(output.prompt, Some(PromptKind::Privileged));
}

#[test]
fn an_unknown_question_stops_and_is_quoted() {
    let error = run(
        Command::show("reload"),
        &[
            Beat::types("reload"),
            Beat::says("reload\r\nErase everything? [yes/no]: "),
        ],
    )
    .unwrap_err();
    assert_eq!(
        error,
        TalkError::UnknownQuestion {
            during: "reload".into(),
            question: "Erase everything? [yes/no]:".into()
        }
    );
}

#[test]
fn a_known_question_is_answered_as_often_as_allowed() {
    let answers = vec![Answer {
        question: "Proceed with reload? [confirm]",
        reply: Reply::Line(""),
        times: 1,
    }];
    let command = Command::with("reload", answers, Duration::from_secs(60));
    let asks = Beat::says("reload\r\nProceed with reload? [confirm]");
    let output = run(
        command.clone(),
        &[
            Beat::types("reload"),
            asks.clone(),
            Beat::types(""),
            Beat::HangsUp,
        ],
    )
    .unwrap();
    assert_eq!(output.prompt, None);
    let error = run(
        command,
        &[
            Beat::types("reload"),
            asks,
            Beat::types(""),
            Beat::says("\r\nProceed with reload? [confirm]"),
        ],
    )
    .unwrap_err();
    assert!(matches!(error, TalkError::UnknownQuestion { .. }));
}

#[test]
fn refusals_are_capability_answers() {
    let output = run(
        Command::show("show install summary"),
        &[
            Beat::types("show install summary"),
            Beat::says("show install summary\r\n          ^\r\n% Invalid input detected at '^' marker.\r\n\r\nsw1#"),
        ],
    )
    .unwrap();
    assert_eq!(output.taken, Taken::Unknown);
    let output = run(
        Command::show("install commit"),
        &[
            Beat::types("install commit"),
            Beat::says("install commit\r\nCommand authorization failed.\r\n\r\nsw1#"),
        ],
    )
    .unwrap();
    assert_eq!(output.taken, Taken::NotAuthorized);
}

#[test]
fn rommon_is_told_from_a_line_that_ends_alike() {
    let error = run(
        Command::show("show clock"),
        &[
            Beat::types("show clock"),
            Beat::says("show clock\r\nSignature verification failed for key#\r\nrommon 1 >"),
        ],
    )
    .unwrap_err();
    assert_eq!(
        error,
        TalkError::WrongPrompt {
            prompt: "rommon 1 >".into()
        }
    );
}

#[test]
fn silence_ends_in_a_timeout_with_the_last_lines() {
    let error = run(
        Command::with(
            "install add file flash:x",
            Vec::new(),
            Duration::from_secs(30),
        ),
        &[
            Beat::types("install add file flash:x"),
            Beat::says("install add file flash:x\r\ninstall_add: Adding IMG\r\n"),
        ],
    )
    .unwrap_err();
    assert!(
        matches!(error, TalkError::TimedOut { tail, .. } if tail.iter().any(|l| l.contains("Adding IMG")))
    );
}

#[test]
fn the_transcript_is_strict() {
    let mut one = One {
        console: Console::new("sw1"),
        command: Some(Command::show("show clock")),
        result: None,
    };
    let error = replay(&mut one, &[Beat::types("show version")], 1).unwrap_err();
    assert!(matches!(error, ReplayError::Typed { .. }));
}

#[test]
fn log_lines() {
    assert!(is_log_line("*Jan 29 08:17:01.416: %FAC-3-MNEM: text"));
    assert!(is_log_line(
        "Jan 29 2026 08:17:01.416 UTC: %INSTALL-5-INSTALL_COMPLETED_INFO: x"
    ));
    assert!(is_log_line(
        "%PMAN-5-EXITACTION: F0/0: pvp: Process manager is exiting"
    ));
    assert!(!is_log_line("5% of 100"));
    assert!(!is_log_line("%Error opening flash:x (No such file)"));
}
