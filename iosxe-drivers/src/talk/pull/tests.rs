//! Copies as devices print them, made up after the real wording, cut into chunks of any size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use iosxe_core::fault::Classified;
use iosxe_core::plan::{Disturbs, StepKind};
use iosxe_core::stage::StageKind;
use iosxe_core::talk::replay::{Beat, replay};

use super::*;

const SCP: &str = "copy scp://192.0.2.9/ios/i.bin flash:i.bin vrf Mgmt-vrf";
const WEB: &str = "copy https://images.example.net/ios/i.bin flash:i.bin";
const BARE: &str = "copy tftp://192.0.2.9/ios/i.bin flash:i.bin";

/// The secret of every login here.
const HIDDEN: &str = "hunter22";

fn step(line: &str, accept_host_key: bool) -> PlanStep {
    PlanStep {
        kind: StepKind::Pull,
        stage: StageKind::Transfer,
        commands: vec![line.to_owned()],
        member_fs: None,
        server: Some(Terms {
            credential: line.contains("scp:").then(|| "files".into()),
            accept_host_key,
            idle_s: 300,
        }),
        firmware: Vec::new(),
        disturbs: Disturbs::None,
        bound_s: 3600,
        undo: String::new(),
        why: iosxe_core::why::Reason::default(),
    }
}

/// Every way of cutting the text comes to the same; what that is, and how often bytes were seen to
/// come.
fn copied(line: &str, accept_host_key: bool, beats: &[Beat]) -> (Result<Verdict, TalkError>, u32) {
    let mut all = Vec::new();
    for chunk in [1, 5, 100_000] {
        let begun = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&begun);
        let server = ServerSide {
            login: line
                .contains("scp:")
                .then(|| Credential::password("ann", Secret::new(HIDDEN))),
            begun: Box::new(move || {
                seen.fetch_add(1, Ordering::Relaxed);
            }),
        };
        let mut pull = Box::new(Pull::new(&step(line, accept_host_key), "sw1", server));
        replay(pull.as_mut(), beats, chunk).unwrap_or_else(|e| panic!("chunks of {chunk}: {e}"));
        assert!(!format!("{pull:?}").contains(HIDDEN));
        let result = pull.observe().map(|o| match o {
            Observation::Acted(acted) => acted.verdict,
            other => panic!("{other:?}"),
        });
        all.push((result, begun.load(Ordering::Relaxed)));
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    all.remove(0)
}

/// A copy by HTTPS that says this after its one question.
fn web(then: &str) -> (Result<Verdict, TalkError>, u32) {
    copied(
        WEB,
        false,
        &[
            Beat::types(WEB),
            Beat::says(format!("{WEB}\r\nDestination filename [i.bin]? ")),
            Beat::types(""),
            Beat::says(format!("\r\n{then}\r\nsw1#")),
        ],
    )
}

fn error(result: (Result<Verdict, TalkError>, u32)) -> TalkError {
    result.0.unwrap_err()
}

const WHOLE: &str = "Accessing https://images.example.net/ios/i.bin...\r\n\
                     Loading https://images.example.net/ios/i.bin !!!!!!!!!!!!!!!!!!!!\r\n\
                     [OK - 524288/4096 bytes]\r\n\r\n\
                     524288 bytes copied in 2.112 secs (248242 bytes/sec)\r\n";

#[test]
fn a_whole_copy_succeeds_and_tells_once_that_bytes_come() {
    assert_eq!(web(WHOLE), (Ok(Verdict::Success), 1));
}

#[test]
fn questions_are_answered_by_their_words_in_any_order() {
    let user = ("Source username [netops]? ", Beat::types("ann"));
    let password = ("Password: ", Beat::TypesSecret);
    let name = ("Destination filename [i.bin]? ", Beat::types(""));
    let host = (
        "Address or name of remote host []? ",
        Beat::types("192.0.2.9"),
    );
    let file = ("Source filename []? ", Beat::types("ios/i.bin"));
    let erase = ("Erase flash: before copying? [confirm]", Beat::types("n"));
    for order in [
        vec![&user, &name, &password],
        vec![&name, &user, &password],
        vec![&host, &user, &file, &name, &password],
        vec![&password, &name],
        vec![&name, &erase, &user, &password],
        vec![],
    ] {
        let mut beats = vec![Beat::types(SCP), Beat::says(format!("{SCP}\r\n"))];
        for (question, answer) in order {
            beats.push(Beat::says(*question));
            beats.push(answer.clone());
            beats.push(Beat::says("\r\n"));
        }
        beats.push(Beat::says(
            " Sending file modes: C0644 524288 i.bin\r\n!!!!!!!!\r\n524288 bytes copied in 2.1 secs (249660 bytes/sec)\r\n\r\nsw1#",
        ));
        assert_eq!(copied(SCP, false, &beats), (Ok(Verdict::Success), 1));
    }
}

fn host_key(accept: bool, answer: &str, then: &str) -> Result<Verdict, TalkError> {
    let asks = "The authenticity of host '192.0.2.9' cannot be established.\r\n\
                Are you sure you want to continue connecting (yes/no)? ";
    copied(
        SCP,
        accept,
        &[
            Beat::types(SCP),
            Beat::says(format!("{SCP}\r\n{asks}")),
            Beat::types(answer),
            Beat::says(format!("{answer}\r\n{then}")),
        ],
    )
    .0
}

#[test]
fn a_servers_key_is_not_trusted_unless_the_configuration_says_so() {
    let refused = "%Error opening scp://192.0.2.9/ios/i.bin (Permission denied)\r\nsw1#";
    let error = host_key(false, "no", refused).unwrap_err();
    assert_eq!(
        (error.code(), error.class(), error.effect()),
        ("server_key_unknown", Class::Operator, Effect::None)
    );
    let remedy = error.remedy().unwrap().text;
    assert!(remedy.contains("accept_host_key = true"), "{remedy}");
    let whole = "!!!\r\n524288 bytes copied in 2.1 secs (249660 bytes/sec)\r\nsw1#";
    assert_eq!(host_key(true, "yes", whole), Ok(Verdict::Success));
}

#[test]
fn nothing_is_written_over() {
    let (result, _) = copied(
        WEB,
        false,
        &[
            Beat::types(WEB),
            Beat::says(format!(
                "{WEB}\r\n%Warning:There is a file already existing with this name \r\nDo you want to over write? [confirm]"
            )),
            Beat::types("n"),
            Beat::says("n\r\n\r\nsw1#"),
        ],
    );
    let error = result.unwrap_err();
    assert_eq!(
        (error.code(), error.class(), error.effect()),
        ("file_exists", Class::Transient, Effect::None)
    );
}

#[test]
fn what_the_device_holds_for_no_image_is_not_copied() {
    let (result, _) = copied(
        WEB,
        false,
        &[
            Beat::types(WEB),
            Beat::says(format!(
                "{WEB}\r\n%Warning: File not a valid executable for this system\r\nAbort Copy? [confirm]"
            )),
            Beat::types(""),
            Beat::says("\r\nsw1#"),
        ],
    );
    let error = result.unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("image_signature", Class::Permanent)
    );
}

#[test]
fn a_login_that_is_asked_for_again_was_refused_and_is_not_repeated() {
    let asked = [
        Beat::types(SCP),
        Beat::says(format!("{SCP}\r\nPassword: ")),
        Beat::TypesSecret,
        Beat::says("\r\nPassword: "),
    ];
    let error = error(copied(SCP, false, &asked));
    assert_eq!(
        (error.code(), error.class(), error.effect()),
        ("server_login_refused", Class::Operator, Effect::None)
    );
}

#[test]
fn a_password_that_a_device_echoes_is_masked_whatever_comes_of_it() {
    let asked = |then: Vec<Beat>| {
        let mut beats = vec![
            Beat::types(SCP),
            Beat::says(format!("{SCP}\r\nPassword: ")),
            Beat::TypesSecret,
        ];
        beats.extend(then);
        copied(SCP, false, &beats).0
    };
    for then in [
        vec![Beat::says(format!("{HIDDEN}\r\n!!!")), Beat::HangsUp],
        vec![Beat::says(format!("{HIDDEN}\r\n!!!"))],
        vec![Beat::says(format!("{HIDDEN}\r\nWhat is {HIDDEN}?"))],
        vec![Beat::says(format!(
            "{HIDDEN}\r\n%Error opening scp://{HIDDEN}/ (Timed out)\r\nsw1#"
        ))],
    ] {
        let error = asked(then).unwrap_err();
        let told = format!("{error} {error:?} {:?}", error.evidence());
        assert!(told.contains("***") && !told.contains(HIDDEN), "{told}");
    }
}

#[test]
fn a_login_that_nobody_has_is_not_answered() {
    for question in ["Source username [netops]? ", "Password: "] {
        let asked = [
            Beat::types(BARE),
            Beat::says(format!("{BARE}\r\n{question}")),
        ];
        let error = error(copied(BARE, false, &asked));
        assert!(
            matches!(error, TalkError::UnknownQuestion { .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_question_that_no_table_knows_stops_the_copy() {
    let asked = [
        Beat::types(WEB),
        Beat::says(format!("{WEB}\r\nFormat flash: first? [yes/no]: ")),
    ];
    let error = error(copied(WEB, false, &asked));
    assert!(
        matches!(error, TalkError::UnknownQuestion { .. }),
        "{error:?}"
    );
}

#[test]
fn each_failure_has_its_code_and_who_moves_next() {
    use Class::{Operator, Permanent, Transient};
    let opening = |why: &str| format!("%Error opening https://h/i.bin ({why})");
    for (said, code, class, effect) in [
        (
            opening("Timed out"),
            "server_timeout",
            Transient,
            Effect::None,
        ),
        (
            opening("No such file or directory"),
            "server_no_file",
            Permanent,
            Effect::None,
        ),
        (
            opening("Permission denied"),
            "server_denied",
            Operator,
            Effect::None,
        ),
        (
            opening("Incorrect Login/Password"),
            "server_login_refused",
            Operator,
            Effect::None,
        ),
        (
            opening("I/O error"),
            "server_error",
            Transient,
            Effect::None,
        ),
        (
            opening("Undefined error"),
            "server_error",
            Transient,
            Effect::None,
        ),
        (
            "!!!!\r\n%Error reading https://h/i.bin (I/O error)".into(),
            "server_broke_off",
            Transient,
            Effect::Unknown,
        ),
        (
            "!!!!....\r\n%Error reading https://h/i.bin (Timed out)".into(),
            "server_broke_off",
            Transient,
            Effect::Unknown,
        ),
        (
            "!!!!\r\n%Error writing flash:i.bin (No space left on device)".into(),
            "flash_full",
            Permanent,
            Effect::Unknown,
        ),
        (
            "Login incorrect".into(),
            "server_login_refused",
            Operator,
            Effect::None,
        ),
        (
            "Could not resolve host images.example.net".into(),
            "server_unknown",
            Operator,
            Effect::None,
        ),
        (
            "% Connection timed out; remote host not responding".into(),
            "server_timeout",
            Transient,
            Effect::None,
        ),
    ] {
        let error = error(web(&said));
        assert_eq!(
            (error.code(), error.class(), error.effect()),
            (code, class, effect),
            "{said}"
        );
        assert!(error.remedy().is_some(), "{said}");
        let line = said.lines().last().unwrap();
        assert!(error.to_string().contains(line), "{error}");
    }
}

#[test]
fn a_word_in_a_name_or_a_log_line_is_no_failure() {
    for said in [
        "%SYS-3-CPUHOG: Error: Permission denied, timed out",
        "*Nov 23 01:00:00.000: %IOSXE-4-X: %Error opening (Timed out)",
        "Loading Error-No-such-file-denied.bin",
        "% banner: Login incorrect is what thieves read",
    ] {
        assert_eq!(web(&format!("{said}\r\n{WHOLE}")).0, Ok(Verdict::Success));
        assert_eq!(web(said).0, Ok(Verdict::Unknown), "{said}");
    }
}

#[test]
fn the_last_word_counts() {
    let first = "%Error opening https://h/i.bin (Timed out)";
    assert_eq!(web(&format!("{first}\r\n{WHOLE}")).0, Ok(Verdict::Success));
}

#[test]
fn a_refused_command_is_no_copy() {
    let error = error(copied(
        WEB,
        false,
        &[
            Beat::types(WEB),
            Beat::says(format!(
                "{WEB}\r\n                ^\r\n% Invalid input detected at '^' marker.\r\n\r\nsw1#"
            )),
        ],
    ));
    assert!(matches!(error, TalkError::Rejected { .. }), "{error:?}");
}

#[test]
fn a_copy_lives_as_long_as_the_device_says_anything() {
    let loading = "Loading ios/i.bin from 192.0.2.9 (via GigabitEthernet0/0): ";
    let mut beats = vec![
        Beat::types(BARE),
        Beat::says(format!("{BARE}\r\n{loading}")),
        // A server that takes its time: the line ends like a question, and is none.
        Beat::Silence,
    ];
    for _ in 0..5 {
        beats.push(Beat::says("!"));
        beats.push(Beat::Silence);
        beats.push(Beat::says("."));
        beats.push(Beat::Silence);
    }
    beats.push(Beat::says("[OK - 524288 bytes]"));
    beats.push(Beat::Silence);
    beats.push(Beat::says(
        "\r\n524288 bytes copied in 900.1 secs (582 bytes/sec)\r\n\r\nsw1#",
    ));
    assert_eq!(copied(BARE, false, &beats), (Ok(Verdict::Success), 1));
    let dead = [
        Beat::types(BARE),
        Beat::says(format!("{BARE}\r\n{loading}!!!")),
    ];
    let error = error(copied(BARE, false, &dead));
    let TalkError::TimedOut { waited, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(waited.as_secs() >= 300, "{waited:?}");
    assert_eq!(error.effect(), Effect::Unknown);
}

#[test]
fn a_session_that_ends_leaves_the_outcome_to_a_look() {
    let error = error(copied(
        WEB,
        false,
        &[
            Beat::types(WEB),
            Beat::says(format!("{WEB}\r\nAccessing https://h/i.bin...\r\n!!!!")),
            Beat::HangsUp,
        ],
    ));
    assert!(matches!(error, TalkError::HungUp { .. }), "{error:?}");
    assert_eq!(error.effect(), Effect::Unknown);
}

#[test]
fn an_hour_of_marks_is_one_mark_long() {
    let server = ServerSide {
        login: None,
        begun: Box::new(|| {}),
    };
    let mut pull = Pull::new(&step(WEB, false), "sw1", server);
    let mut now = Tick::default();
    drop(pull.next(Input::Opened, now));
    for _ in 0..100_000 {
        now = now.plus(Duration::from_millis(36));
        drop(pull.next(Input::Text("!"), now));
    }
    drop(pull.next(Input::Text("\r\nsw1#"), now));
    drop(pull.next(Input::Silence, now.plus(Duration::from_secs(1))));
    let Some(Ok(output)) = &pull.result else {
        panic!("{:?}", pull.result);
    };
    assert_eq!(output.text.trim(), "!");
}

#[test]
fn a_person_may_answer_a_question_that_no_table_knows_and_the_copy_goes_on() {
    let server = ServerSide {
        login: None,
        begun: Box::new(|| {}),
    };
    let mut pull = Box::new(Pull::new(&step(WEB, false), "sw1", server));
    let asked = [
        Beat::types(WEB),
        Beat::says(format!("{WEB}\r\nFormat flash: first? [yes/no]: ")),
    ];
    replay(pull.as_mut(), &asked, 7).unwrap();
    let question = pull.question().unwrap();
    assert_eq!(question.text, "Format flash: first? [yes/no]:");
    pull.answer("no");
    assert_eq!(pull.question(), None);
    let waits = pull.next(Input::Opened, Tick::default());
    assert!(matches!(waits, Move::Wait(_)), "{waits:?}");
    let now = Tick::default().plus(QUIET);
    let Move::Send(line, _) = pull.next(Input::Silence, now) else {
        panic!("nothing was typed");
    };
    assert_eq!(
        format!("{line:?}"),
        format!("{:?}", iosxe_core::talk::Line::Plain("no".into()))
    );
    let rest = "no\r\nAccessing https://images.example.net/ios/i.bin...\r\n!!!\r\n\
                1000 bytes copied in 0.400 secs (2500 bytes/sec)\r\n\r\nsw1#";
    assert!(matches!(pull.next(Input::Text(rest), now), Move::Wait(_)));
    let over = pull.next(Input::Silence, now.plus(QUIET));
    assert!(matches!(over, Move::Done), "{over:?}");
    let Observation::Acted(acted) = pull.observe().unwrap() else {
        panic!("another observation");
    };
    assert_eq!(acted.verdict, Verdict::Success);
}

#[test]
fn a_question_for_a_secret_is_no_persons_to_answer_here() {
    let server = ServerSide {
        login: None,
        begun: Box::new(|| {}),
    };
    let mut pull = Box::new(Pull::new(&step(SCP, false), "sw1", server));
    let asked = [Beat::types(SCP), Beat::says(format!("{SCP}\r\nPassword: "))];
    replay(pull.as_mut(), &asked, 7).unwrap();
    assert_eq!(pull.question(), None);
    assert!(pull.observe().is_err());
}
