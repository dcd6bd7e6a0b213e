//! What sessions put in the way of a conversation, each as a transcript of our own making after the
//! forms that devices print, fed in chunks of any size: what comes of it does not depend on the cuts.
//!
//! Sources of the forms: unicon.plugins `iosxe/patterns.py`, `generic/patterns.py` and its mock devices;
//! netmiko `cisco_ios.py`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: what is wrong ends the test"
)]

use std::sync::Arc;

use iosxe_core::fault::{Classified as _, Effect};
use iosxe_core::firmware::{Change, PartKind};
use iosxe_core::observation::{Observation, Verdict};
use iosxe_core::plan::{Disturbs, Step, StepKind};
use iosxe_core::platform::PlatformTable;
use iosxe_core::ports::{Driver, Look};
use iosxe_core::stage::StageKind;
use iosxe_core::talk::replay::{Beat, replay_cut};
use iosxe_core::talk::{Exchange, TalkError};
use iosxe_core::why::Reason;
use proptest::prelude::*;

fn driver() -> Arc<dyn Driver> {
    iosxe_drivers::all(PlatformTable::built_in().unwrap())
        .unwrap()
        .any()
}

fn step(kind: StepKind, commands: &[&str]) -> Step {
    Step {
        kind,
        stage: StageKind::Upgrade,
        commands: commands.iter().map(|c| (*c).to_owned()).collect(),
        member_fs: None,
        server: None,
        firmware: Vec::new(),
        disturbs: Disturbs::None,
        bound_s: 600,
        undo: String::new(),
        why: Reason::default(),
    }
}

type Outcome = Result<Observation, TalkError>;

/// A fresh exchange, and its transcript.
type Scene = (Box<dyn Exchange>, Vec<Beat>);

/// Plays a transcript in chunks of these sizes, over and over; the last is as long as it gets.
fn play(mut exchange: Box<dyn Exchange>, beats: &[Beat], sizes: &[usize]) -> Outcome {
    let mut sizes = sizes.iter().copied().cycle();
    replay_cut(exchange.as_mut(), beats, || sizes.next().unwrap_or(1)).unwrap();
    exchange.observe()
}

fn types(line: &str) -> Beat {
    Beat::types(line)
}

fn says(text: &str) -> Beat {
    Beat::says(text.replace('\n', "\r\n"))
}

/// The login after the hostname was learnt.
fn terminal(prompt: &str) -> Vec<Beat> {
    let lines = [
        "terminal length 0",
        "terminal width 511",
        "terminal no monitor",
        "terminal no exec prompt timestamp",
    ];
    let typed = lines.iter();
    typed
        .flat_map(|line| [types(line), says(&format!("{line}\n{prompt}"))])
        .collect()
}

fn log_in(greeting: &str, prompt: &str) -> Scene {
    let mut beats = vec![says(greeting), types(""), says(&format!("\n{prompt}"))];
    beats.extend(terminal(prompt));
    (driver().login(None), beats)
}

fn act(host: &str, step: &Step, beats: Vec<Beat>) -> Scene {
    (driver().act(step, host), beats)
}

const COMMIT: &str = "install commit";

/// A commit on `sw1` whose answer is this, prompt included.
fn committing(answer: &str) -> Scene {
    let step = step(StepKind::Commit, &[COMMIT]);
    let beats = vec![types(COMMIT), says(answer)];
    act("sw1", &step, beats)
}

/// What a transcript has to come to.
enum Comes {
    /// A login that learnt this hostname.
    Login(&'static str),
    /// A success in the device's words.
    Success,
    /// Nothing was to be done, in the device's words.
    NoChange,
    /// No verdict: a look has to tell.
    Unsaid,
    /// A refusal of this code, which may have had an effect or not.
    Refused(&'static str, Effect),
    /// A digest that ends so.
    Digest(&'static str),
    /// The session stands where no conversation goes on, at this prompt.
    WrongPrompt(&'static str),
}

fn fits(wanted: &Comes, outcome: &Outcome) -> bool {
    match (wanted, outcome) {
        (Comes::Login(host), Ok(Observation::Login(login))) => login.hostname == *host,
        (Comes::Success, Ok(Observation::Acted(acted))) => acted.verdict == Verdict::Success,
        (Comes::NoChange, Ok(Observation::Acted(acted))) => acted.verdict == Verdict::NoChange,
        (Comes::Unsaid, Ok(Observation::Acted(acted))) => acted.verdict == Verdict::Unknown,
        (Comes::Refused(code, effect), Err(error)) => {
            error.code() == *code && error.effect() == *effect
        }
        (Comes::Digest(end), Ok(Observation::Digest(digest))) => {
            digest.hex.as_deref().is_some_and(|hex| hex.ends_with(end))
        }
        (Comes::WrongPrompt(at), Err(TalkError::WrongPrompt { prompt })) => prompt == at,
        _ => false,
    }
}

const REPLACE: &str = "configure replace flash:kept.cfg list time 10";

/// The question of a replacement, spread over lines as devices print it.
const SURE: &str = "This will apply all necessary additions and deletions\nto replace the current running \
     configuration with the\ncontents of the specified configuration file, which is\nassumed to be a complete \
     configuration, not a partial\nconfiguration. Enter Y if you are sure you want to proceed. ? [no]: ";

/// A replacement on `sw1` that asks, and then says this.
fn replacing(then: &str) -> Scene {
    let step = step(StepKind::ReplaceConfig, &[REPLACE]);
    let beats = vec![
        types(REPLACE),
        says(&format!("{REPLACE}\n{SURE}")),
        types("Y"),
        says(&format!("Y\n{then}sw1#")),
    ];
    act("sw1", &step, beats)
}

/// A replacement that is refused before it asks.
fn replace_refused(says_then: &str) -> Scene {
    let step = step(StepKind::ReplaceConfig, &[REPLACE]);
    let beats = vec![types(REPLACE), says(&format!("{REPLACE}\n{says_then}sw1#"))];
    act("sw1", &step, beats)
}

/// A fast reload on `sw1` that says this behind its start.
fn fast_reload(then: &str) -> Scene {
    let command = "install add file flash:x.bin activate xfsu commit";
    let step = step(StepKind::AddActivateCommit, &[command]);
    let beats = vec![
        types(command),
        says(&format!(
            "{command}\ninstall_add_activate_commit: START Mon Nov 23 02:10:11 UTC 2026\n\
             Checking STP eligibility: Eligible\n[1]: Performing xFSU-pre-check\n{then}sw1#"
        )),
    ];
    act("sw1", &step, beats)
}

/// What a device says to a configuration that shall be replaced, and to a fast reload.
fn words() -> Vec<(&'static str, Scene, Comes)> {
    let done = "Total number of passes: 1\nRollback Done\n\n";
    let listed = "Rollback Confirmed Change: Backing up current running config\n!Pass  1\n\
         !List of Rollback Commands:\nno ntp server 192.0.2.9\nend\n\n";
    let confirm = step(StepKind::ConfirmConfig, &["configure confirm"]);
    vec![
        (
            "a replacement that is done",
            replacing(&format!("{listed}{done}")),
            Comes::Success,
        ),
        (
            "a replacement whose configlet was aborted, done or not",
            replacing(&format!(
                "Total number of passes: 5\nRollback Done\n\nThe rollback configlet from the last pass is \
                 listed below:\n********\n\n{listed}********\n\nRollback aborted after 5 passes\n"
            )),
            Comes::Refused("configuration_not_replaced", Effect::Unknown),
        ),
        (
            "a replacement that failed",
            replacing("Rollback failed. Reverting to the configuration before it\n"),
            Comes::Refused("configuration_not_replaced", Effect::Unknown),
        ),
        (
            "a replacement that gives itself up",
            replacing("%Aborting Rollback\n"),
            Comes::Refused("configuration_not_replaced", Effect::Unknown),
        ),
        (
            "a replacement that says nothing of its end",
            replacing(""),
            Comes::Unsaid,
        ),
        (
            "a file that is not there",
            replace_refused("Error: Could not open file flash:kept.cfg for reading\n"),
            Comes::Refused("kept_configuration_missing", Effect::None),
        ),
        (
            "a timer without an archive",
            replace_refused("%Turn config archive on before using Rollback Confirmed Change\n"),
            Comes::Refused("archive_not_configured", Effect::None),
        ),
        (
            "a configuration that somebody has locked",
            replace_refused(
                "Configuration mode is locked by process '391' user 'jane' from terminal '0'.\n",
            ),
            Comes::Refused("configuration_locked", Effect::None),
        ),
        (
            "a confirmation of nothing",
            act(
                "sw1",
                &confirm,
                vec![
                    types("configure confirm"),
                    says("configure confirm\n%No Rollback Confirmed Change pending\nsw1#"),
                ],
            ),
            Comes::NoChange,
        ),
        (
            "a fast reload that comes too early",
            fast_reload("System not ready for reload fast, Please run this command later\n"),
            Comes::Refused("xfsu_not_now", Effect::Unknown),
        ),
        (
            "an FPGA that cannot reload fast",
            fast_reload(
                "ERROR: FPGA on switch 1 does not support xFSU. Please upgrade FPGA using regular install.\n\
                 FAILED: install_add_activate_commit  exit(1) Mon Nov 23 02:12:11 UTC 2026\n",
            ),
            Comes::Refused("xfsu_fpga", Effect::Unknown),
        ),
        (
            "a requirement that is not met, behind a success that is none",
            fast_reload(
                "SUCCESS: xFSU-pre-check finished\nFAILED: xFSU requirement pre-check\n\
                 Abort xFSU install since requirement does not met\n",
            ),
            Comes::Refused("xfsu_not_eligible", Effect::Unknown),
        ),
        (
            "a pre-check alone is no verdict",
            fast_reload("SUCCESS: xFSU-pre-check finished\n"),
            Comes::Unsaid,
        ),
    ]
}

#[test]
fn words_of_a_replacement_and_of_a_fast_reload_are_told_apart() {
    for size in [1, 2, 7, 100_000] {
        for (name, (exchange, beats), wanted) in words() {
            let outcome = play(exchange, &beats, &[size]);
            assert!(
                fits(&wanted, &outcome),
                "{name}, chunks of {size}: {outcome:?}"
            );
        }
    }
}

/// Every trap by name, with a fresh exchange, its transcript and what it has to come to.
fn traps() -> Vec<(&'static str, Scene, Comes)> {
    const DONE: &str = "SUCCESS: install_commit Mon Nov 23 02:10:11 UTC 2026\n";
    let long = "install add file bootflash:c8000be-universalk9.17.12.04.SPA.bin";
    let add = step(StepKind::Add, &[long]);
    let added = "SUCCESS: install_add Mon Nov 23 02:10:11 UTC 2026\n";
    let verify = Look::Digest {
        path: "flash:a.bin".into(),
        kind: iosxe_core::image::HashKind::Md5,
    };
    let hex = "0123456789abcdef0123456789abcdef";
    let boot = step(
        StepKind::SetBoot,
        &[
            "configure terminal",
            "no boot system",
            "end",
            "write memory",
        ],
    );
    let host = "edge-router-of-the-northern-branch-7";
    let cut = "edge-router-of-the-n";
    vec![
        (
            "an echo that scrolled: its end behind a dollar",
            act(
                "sw1",
                &add,
                vec![
                    types(long),
                    says(&format!(
                        "$e c8000be-universalk9.17.12.04.SPA.bin\ninstall_add: START\n{added}sw1#"
                    )),
                ],
            ),
            Comes::Success,
        ),
        (
            "an echo that scrolled twice, redrawn over itself",
            act(
                "sw1",
                &add,
                vec![
                    types(long),
                    Beat::says(format!(
                        "install add file boot{}$tflash:c8000be-univ{}$rsalk9.17.12.04.SPA.bin\r\n\
                         install_add: START\r\n{}sw1#",
                        "\u{8}".repeat(21),
                        "\u{8}".repeat(20),
                        added.replace('\n', "\r\n")
                    )),
                ],
            ),
            Comes::Success,
        ),
        (
            "a log line glued to the prompt",
            committing(&format!(
                "{COMMIT}\n{DONE}sw1#*Nov 23 02:10:12.549: %INSTALL-5-INSTALL_COMPLETED_INFO: R0/0: \
                 install_engine: Completed install commit\n"
            )),
            Comes::Success,
        ),
        (
            "a log line between verdict and prompt, wrapped by the terminal",
            committing(&format!(
                "{COMMIT}\n{DONE}*Nov 23 02:10:12.549: %INSTALL-5-INSTALL_COMPLETED_INFO: R0/0: install_e\n\
                 ngine: Completed install commit\nsw1#"
            )),
            Comes::Success,
        ),
        (
            "a bell behind the prompt",
            committing(&format!("{COMMIT}\n{DONE}sw1#\u{7}")),
            Comes::Success,
        ),
        (
            "lines of the output that end like prompts",
            committing(&format!(
                "{COMMIT}\nkey#\nsw10#\nsw1(config)# is no place for this\n{DONE}sw1#"
            )),
            Comes::Success,
        ),
        (
            "a page in spite of terminal length 0",
            {
                let step = step(StepKind::Commit, &[COMMIT]);
                let beats = vec![
                    types(COMMIT),
                    says(&format!("{COMMIT}\ninstall_commit: START\n --More-- ")),
                    types(" "),
                    Beat::says(format!(
                        "{}{}{}{}sw1#",
                        "\u{8}".repeat(10),
                        " ".repeat(10),
                        "\u{8}".repeat(10),
                        DONE.replace('\n', "\r\n")
                    )),
                ];
                act("sw1", &step, beats)
            },
            Comes::Success,
        ),
        (
            "the time in front of the output",
            (
                driver().look(&verify, "sw1"),
                vec![
                    types("verify /md5 flash:a.bin"),
                    says(&format!(
                        "verify /md5 flash:a.bin\nLoad for five secs: 3%/0%; one minute: 4%; five minutes: 4%\n\
                         Time source is NTP, 02:10:11.686 UTC Mon Nov 23 2026\n\n.....Done!\n\
                         verify /md5 (flash:a.bin) = {hex}\n\nsw1#"
                    )),
                ],
            ),
            Comes::Digest("cdef"),
        ),
        (
            "a hostname that configuration mode cuts",
            act(
                host,
                &boot,
                vec![
                    types("configure terminal"),
                    says(&format!(
                        "configure terminal\nEnter configuration commands, one per line.  End with CNTL/Z.\n\
                         {cut}(config)#"
                    )),
                    types("no boot system"),
                    says(&format!("no boot system\n{cut}(config)#")),
                    types("end"),
                    says(&format!("end\n{host}#")),
                    types("write memory"),
                    says(&format!(
                        "write memory\nBuilding configuration...\n[OK]\n{host}#"
                    )),
                ],
            ),
            Comes::Success,
        ),
        (
            "a banner full of hashes and passwords",
            log_in(
                "\n####################\n# Password: is asked of nobody #\n*** call room 12 #\n\nsw1#",
                "sw1#",
            ),
            Comes::Login("sw1"),
        ),
        (
            "a hostname that the reload has changed",
            log_in("\nSwitch#", "Switch#"),
            Comes::Login("Switch"),
        ),
        (
            "the setup dialogue after a reload",
            (
                driver().login(None),
                vec![says(
                    "\n         --- System Configuration Dialog ---\n\n\
                     Would you like to enter the initial configuration dialog? [yes/no]: ",
                )],
            ),
            Comes::WrongPrompt(
                "Would you like to enter the initial configuration dialog? [yes/no]:",
            ),
        ),
        (
            "the boot loader of a router",
            (driver().login(None), vec![says("\nkey#\nrommon 1 >")]),
            Comes::WrongPrompt("rommon 1 >"),
        ),
        (
            "the boot loader of a switch, in the middle of a command",
            committing(&format!(
                "{COMMIT}\nSignature verification failed for key#\nswitch:"
            )),
            Comes::WrongPrompt("switch:"),
        ),
        (
            "a question about firmware whose prompt lacks its bracket",
            writing(
                "17071402 to 18102401",
                vec![
                    types("Y"),
                    says("Y\nThe card will be power-cycled. (Y)es/(N)o/(C)ontinue? [Y]"),
                    types("Y"),
                    says("Y\nUpgrade complete\nkey#"),
                ],
            ),
            Comes::Success,
        ),
        (
            "the same question, going down",
            writing(
                "17071402 to 16010101",
                vec![types("N"), says("N\nUpgrade is not done\nkey#")],
            ),
            Comes::Refused("firmware_downgrade", Effect::None),
        ),
    ]
}

/// FPGA of the other processor, planned from 17071402 to 18102401, and what the device asks.
fn writing(versions: &str, rest: Vec<Beat>) -> Scene {
    let command = "upgrade hw-programmable fpga filename bootflash:p.pkg R1";
    let mut write = step(StepKind::WriteFirmware, &[command]);
    write.firmware = vec![Change {
        slot: "R1".into(),
        kind: PartKind::Fpga,
        from: "17071402".into(),
        to: "18102401".into(),
    }];
    let mut beats = vec![
        types(command),
        says(&format!(
            "{command}\nStart service Upgrade FPGA on Route-Processor 1 from current version {versions}  (Y)es/(N)o/(C)ontinue? [Y"
        )),
    ];
    beats.extend(rest);
    act("key", &write, beats)
}

#[test]
fn each_trap_is_passed_whole_and_character_by_character() {
    for size in [1, 2, 7, 100_000] {
        for (name, (exchange, beats), wanted) in traps() {
            let outcome = play(exchange, &beats, &[size]);
            assert!(
                fits(&wanted, &outcome),
                "{name}, chunks of {size}: {outcome:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_trap_is_passed_in_any_chunks(sizes in proptest::collection::vec(1_usize..90, 1..40)) {
        for (name, (exchange, beats), wanted) in traps() {
            let outcome = play(exchange, &beats, &sizes);
            prop_assert!(fits(&wanted, &outcome), "{}, chunks of {:?}: {:?}", name, sizes, outcome);
        }
    }

    #[test]
    fn those_words_come_in_any_chunks(sizes in proptest::collection::vec(1_usize..90, 1..40)) {
        for (name, (exchange, beats), wanted) in words() {
            let outcome = play(exchange, &beats, &sizes);
            prop_assert!(fits(&wanted, &outcome), "{}, chunks of {:?}: {:?}", name, sizes, outcome);
        }
    }
}
