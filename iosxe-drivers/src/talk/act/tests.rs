//! What an act types, answers and makes of the device's words.

use super::*;
use iosxe_core::fault::Classified;
use iosxe_core::plan::Disturbs;
use iosxe_core::stage::StageKind;
use iosxe_core::talk::replay::{Beat, replay};

fn act(kind: StepKind, commands: &[&str], beats: &[Beat]) -> Result<Acted, TalkError> {
    let step = PlanStep {
        kind,
        stage: StageKind::Upgrade,
        commands: commands.iter().map(|c| (*c).to_owned()).collect(),
        member_fs: None,
        server: None,
        firmware: Vec::new(),
        disturbs: Disturbs::None,
        bound_s: 60,
        undo: String::new(),
        why: iosxe_core::why::Reason::default(),
    };
    let mut last = None;
    for chunk in [1, 5, 100_000] {
        let mut act = Box::new(Act::new(&step, "sw1"));
        replay(act.as_mut(), beats, chunk).unwrap();
        last = Some(act.observe().map(|o| match o {
            Observation::Acted(acted) => acted,
            other => panic!("{other:?}"),
        }));
    }
    last.unwrap()
}

const ACTIVATE: &str = "install activate auto-abort-timer 120";

/// A question that no release asks, in the middle of a commit.
const QUORUM: &str = "Peer license quorum is not reached. Continue? (yes/[no]): ";

#[test]
fn a_person_answers_what_no_table_knows_and_the_act_goes_on() {
    for chunk in [1, 5, 100_000] {
        let step = PlanStep {
            kind: StepKind::Commit,
            stage: StageKind::Commit,
            commands: vec!["install commit".into()],
            member_fs: None,
            server: None,
            firmware: Vec::new(),
            disturbs: Disturbs::None,
            bound_s: 60,
            undo: String::new(),
            why: iosxe_core::why::Reason::default(),
        };
        let mut act = Box::new(Act::new(&step, "sw1"));
        assert_eq!(act.question(), None);
        let asked = [
            Beat::types("install commit"),
            Beat::says(format!(
                "install commit\r\ninstall_commit: START\r\n{QUORUM}"
            )),
        ];
        replay(act.as_mut(), &asked, chunk).unwrap();
        let question = act.question().unwrap();
        assert_eq!(question.during, "install commit");
        assert_eq!(question.text, QUORUM.trim());
        assert_eq!(question.before.last().unwrap(), "install_commit: START");
        act.answer("yes");
        assert_eq!(act.question(), None);
        let goes_on = [
            Beat::types("yes"),
            Beat::says("yes\r\nSUCCESS: install_commit Mon Nov 23 2026\r\nsw1#"),
        ];
        replay(act.as_mut(), &goes_on, chunk).unwrap();
        let Ok(Observation::Acted(acted)) = act.observe() else {
            panic!("no act");
        };
        assert_eq!(acted.verdict, Verdict::Success);
    }
}

#[test]
fn activation_answers_the_reload_question_once_and_loses_the_session() {
    let acted = act(
        StepKind::Activate,
        &[ACTIVATE],
        &[
            Beat::types(ACTIVATE),
            Beat::says(format!("{ACTIVATE}\r\ninstall_activate: START\r\nThis operation may require a reload of the system. Do you want to proceed? [y/n]")),
            Beat::types("y"),
            Beat::says("y\r\n--- Starting Activate ---\r\nActivate: Passed on [1]\r\n"),
            Beat::HangsUp,
        ],
    )
    .unwrap();
    assert_eq!(acted.verdict, Verdict::WentAway);
}

#[test]
fn a_copy_to_the_standby_writes_over_nothing() {
    let copy = "copy bootflash:x.bin stby-bootflash:x.bin";
    let asks = |then: &str| {
        [
            Beat::types(copy),
            Beat::says(format!("{copy}\r\nDestination filename [x.bin]? ")),
            Beat::types(""),
            Beat::says(format!("\r\n{then}")),
        ]
    };
    let acted = act(
        StepKind::CopyAcross,
        &[copy],
        &asks(
            "Copy in progress...CCCC\r\n900 bytes copied in 1.2 secs (750 bytes/sec)\r\n\r\nsw1#",
        ),
    );
    assert_eq!(acted.unwrap().verdict, Verdict::Success);
    let refused = act(
        StepKind::CopyAcross,
        &[copy],
        &asks(
            "%Warning:There is a file already existing with this name \r\nDo you want to over write? [confirm]",
        ),
    );
    assert!(
        matches!(refused, Err(TalkError::UnknownQuestion { .. })),
        "{refused:?}"
    );
    let full = act(
        StepKind::CopyAcross,
        &[copy],
        &asks("%Error writing stby-bootflash:x.bin (No space left on device)\r\nsw1#"),
    );
    assert_eq!(full.unwrap_err().class(), Class::Permanent);
}

#[test]
fn a_success_line_of_something_else_is_no_verdict() {
    let text = "SUCCESS: Files deleted.\n SUCCESS: Upgrade_Service finished\n";
    assert_eq!(install_verdict(text), None);
    let text = "SUCCESS: install_remove  Mon\nFAILED: install_add_label  exit(1) Thu";
    assert!(!install_verdict(text).unwrap().0);
    assert!(
        install_verdict("SUCCESS: install_add_activate_commit Wed Nov 06")
            .unwrap()
            .0
    );
}

#[test]
fn unsaved_configuration_is_left_to_a_person() {
    let error = act(
        StepKind::Add,
        &["install add file flash:x.bin"],
        &[
            Beat::types("install add file flash:x.bin"),
            Beat::says("install add file flash:x.bin\r\nSystem configuration has been modified.\r\nPress Yes(y) to save the configuration and proceed.\r\nPress No(n) for proceeding without saving the configuration.\r\nPress Quit(q) to exit, you may save configuration and re-enter the command. [y/n/q]"),
            Beat::types("q"),
            Beat::says("q\r\n\r\nsw1#"),
        ],
    )
    .unwrap_err();
    assert_eq!(error.code(), "unsaved_configuration");
    assert_eq!(error.class(), Class::Operator);
}

/// Design rule 12: the way back goes on without saving, by its own answer; a release that asks nothing and
/// refuses is left to a person, who has the device's timer behind them.
#[test]
fn a_way_back_goes_on_without_saving() {
    let abort = |then: &str| {
        let mut beats = vec![
            Beat::types("install abort"),
            Beat::says(
                "install abort\r\ninstall_abort: START\r\nSystem configuration has been modified.\r\nPress Yes(y) to save the configuration and proceed.\r\nPress No(n) for proceeding without saving the configuration.\r\nPress Quit(q) to exit, you may save configuration and re-enter the command. [y/n/q]",
            ),
            Beat::types("n"),
            Beat::says(
                "n\r\nThis operation may require a reload of the system. Do you want to proceed? [y/n]",
            ),
            Beat::types("y"),
            Beat::says(format!("y\r\n{then}")),
        ];
        if !then.ends_with('#') {
            beats.push(Beat::HangsUp);
        }
        act(StepKind::Abort, &["install abort"], &beats)
    };
    let acted = abort("--- Starting Abort ---\r\nAbort: Passed on [1]\r\n").unwrap();
    assert_eq!(acted.verdict, Verdict::WentAway);
    // The question is in the text, and says nothing of what came of the command.
    let acted = abort("Abort: Passed on [1]\r\nSUCCESS: install_abort Mon\r\nsw1#").unwrap();
    assert_eq!(acted.verdict, Verdict::Success);
    let refused = act(
        StepKind::InstallRollback,
        &["install rollback to id 2"],
        &[
            Beat::types("install rollback to id 2"),
            Beat::says("install rollback to id 2\r\ninstall_rollback: START\r\nFAILED: install_rollback : System configuration has been modified. Please save configuration and resubmit command.\r\nsw1#"),
        ],
    )
    .unwrap_err();
    assert_eq!(refused.code(), "unsaved_configuration");
    assert_eq!(refused.class(), Class::Operator);
}

#[test]
fn the_reason_stands_above_the_verdict() {
    let error = act(
        StepKind::Add,
        &["install add file flash:x.bin"],
        &[
            Beat::types("install add file flash:x.bin"),
            Beat::says("install add file flash:x.bin\r\ninstall_add: START\r\n[2] FAILED: /mnt/sd3/user requires 462703 KB of free space, but only 408260 KB is available\r\nFAILED: install_add exit(1) Mon\r\nsw1#"),
        ],
    )
    .unwrap_err();
    assert_eq!(error.code(), "flash_full");
    assert!(error.to_string().contains("462703 KB"), "{error}");
    assert_eq!(error.effect(), Effect::None);
}

#[test]
fn adding_what_is_added_is_no_change() {
    let acted = act(
        StepKind::Add,
        &["install add file flash:x.bin"],
        &[
            Beat::types("install add file flash:x.bin"),
            Beat::says("install add file flash:x.bin\r\n[1] Switch 1 Add succeed with reason: Same Image File-No Change\r\nSUCCESS: install_add Mon\r\nsw1#"),
        ],
    )
    .unwrap();
    assert_eq!(acted.verdict, Verdict::NoChange);
}

#[test]
fn a_busy_engine_is_transient_without_effect() {
    let error = act(
        StepKind::Commit,
        &["install commit"],
        &[
            Beat::types("install commit"),
            Beat::says("install commit\r\nFAILED: install_commit : cannot start new install operation, some operation is already running\r\nsw1#"),
        ],
    )
    .unwrap_err();
    assert_eq!(
        (error.class(), error.effect()),
        (Class::Transient, Effect::None)
    );
}

#[test]
fn a_reload_that_warns_is_not_confirmed() {
    let error = act(
        StepKind::Reload,
        &["reload"],
        &[
            Beat::types("reload"),
            Beat::says("reload\r\nBoot variable either does not exist or is invalid\r\nDo you wish to proceed with reload anyway[confirm]"),
        ],
    )
    .unwrap_err();
    assert!(matches!(error, TalkError::UnknownQuestion { .. }));
}

#[test]
fn configuration_commands_run_in_a_row_and_stop_at_the_first_refusal() {
    let commands = [
        "configure terminal",
        "no boot system",
        "end",
        "write memory",
    ];
    let acted = act(
        StepKind::SetBoot,
        &commands,
        &[
            Beat::types("configure terminal"),
            Beat::says("configure terminal\r\nEnter configuration commands, one per line.  End with CNTL/Z.\r\nsw1(config)#"),
            Beat::types("no boot system"),
            Beat::says("no boot system\r\nsw1(config)#"),
            Beat::types("end"),
            Beat::says("end\r\nsw1#"),
            Beat::types("write memory"),
            Beat::says("write memory\r\nBuilding configuration...\r\n[OK]\r\nsw1#"),
        ],
    )
    .unwrap();
    assert_eq!(acted.verdict, Verdict::Success);
    let error = act(
        StepKind::SetBoot,
        &commands,
        &[
            Beat::types("configure terminal"),
            Beat::says("configure terminal\r\n            ^\r\n% Invalid input detected at '^' marker.\r\n\r\nsw1#"),
        ],
    )
    .unwrap_err();
    assert!(matches!(error, TalkError::Rejected { .. }));
}

const LOAD: &str = "issu loadversion rp 1 file stby-bootflash:x.bin";

/// What ASR 1000 prints while it loads the standby; made up after the transcript in its guide.
const LOADS: &str = "--- Starting image verification ---\r\nFinished image verification\r\n\
    WARNING: Candidate software combination not found in compatibility database\r\n\
    SUCCESS: Software provisioned.  New software will load on reboot.\r\n";

#[test]
fn the_last_word_of_a_stage_is_the_verdict() {
    let said = |then: &str| {
        let beats = [
            Beat::types(LOAD),
            Beat::says(format!("{LOAD}\r\n{LOADS}{then}sw1#")),
        ];
        act(StepKind::LoadVersion, &[LOAD], &beats)
    };
    let good = said("--- Starting standby reload ---\r\nFinished standby reload\r\n");
    assert_eq!(good.unwrap().verdict, Verdict::Success);
    let error = said("FAILED: Standby RP did not reach terminal state\r\n").unwrap_err();
    assert_eq!(
        (error.class(), error.effect()),
        (Class::Operator, Effect::Unknown)
    );
    assert!(error.to_string().contains(LOAD), "{error}");
    assert!(error.to_string().contains("terminal state"), "{error}");
}

#[test]
fn running_the_new_version_loses_the_session() {
    let run = "issu runversion";
    let beats = [
        Beat::types(run),
        Beat::says(format!(
            "{run}\r\nInitiating active RP failover\r\nSUCCESS: Standby RP will now become active\r\n"
        )),
        Beat::HangsUp,
    ];
    let acted = act(StepKind::RunVersion, &[run], &beats).unwrap();
    assert_eq!(acted.verdict, Verdict::WentAway);
}

#[test]
fn a_timer_that_is_not_accepted_is_left_to_a_person() {
    let accept = "issu acceptversion";
    let beats = [
        Beat::types(accept),
        Beat::says(format!(
            "{accept}\r\nFAILED: No version runs that could be accepted\r\nsw1#"
        )),
    ];
    let error = act(StepKind::AcceptVersion, &[accept], &beats).unwrap_err();
    assert_eq!(
        (error.class(), error.effect()),
        (Class::Operator, Effect::None)
    );
}

#[test]
fn a_commit_may_write_over_what_the_old_release_saved_and_asks_nothing_else() {
    let commit = "issu commitversion";
    let asks = |question: &str| {
        [
            Beat::types(commit),
            Beat::says(format!("{commit}\r\n{question}")),
            Beat::types(""),
            Beat::says(
                "\r\nBuilding configuration...\r\n[OK]\r\nSUCCESS: Installation changes committed\r\nsw1#",
            ),
        ]
    };
    let nvram = asks("Overwrite the previous NVRAM configuration?[confirm]");
    let acted = act(StepKind::CommitVersion, &[commit], &nvram).unwrap();
    assert_eq!(acted.verdict, Verdict::Success);
    let other = [
        Beat::types(commit),
        Beat::says(format!("{commit}\r\nErase the other side? [confirm]")),
    ];
    let error = act(StepKind::CommitVersion, &[commit], &other).unwrap_err();
    assert!(matches!(error, TalkError::UnknownQuestion { .. }));
}

#[test]
fn a_slot_is_reloaded_after_its_question_unless_the_device_refuses() {
    let reload = "hw-module slot R0 reload";
    let question = "Proceed with reload of module? [confirm]";
    let beats = [
        Beat::types(reload),
        Beat::says(format!("{reload}\r\n{question}")),
        Beat::types(""),
        Beat::says("\r\nsw1#"),
    ];
    let acted = act(StepKind::ReloadSlot, &[reload], &beats).unwrap();
    assert_eq!(acted.verdict, Verdict::Unknown, "the look says");
    let beats = [
        Beat::types(reload),
        Beat::says(format!(
            "{reload}\r\n% Reload of this slot is not allowed now\r\nsw1#"
        )),
    ];
    let error = act(StepKind::ReloadSlot, &[reload], &beats).unwrap_err();
    assert!(error.to_string().contains("not allowed now"), "{error}");
}

#[test]
fn the_active_side_is_activated_behind_the_reload_question() {
    let line = "install activate location active";
    let beats = [
        Beat::types(line),
        Beat::says(format!(
            "{line}\r\ninstall_activate: START\r\nThis operation may require a reload of the system. Do you want to proceed? [y/n]"
        )),
        Beat::types("y"),
        Beat::says("y\r\nSTAGE 3: Installing software on Active\r\n"),
        Beat::HangsUp,
    ];
    let acted = act(StepKind::ActivateActive, &[line], &beats).unwrap();
    assert_eq!(acted.verdict, Verdict::WentAway);
}

#[test]
fn a_stage_of_one_command_that_fails_after_one_that_went_well_is_a_failure() {
    let line = "request platform software package install node file bootflash:x.bin interface-module-delay 150";
    let beats = [
        Beat::types(line),
        Beat::says(format!(
            "{line}\r\nSTAGE 1: Installing software on standby RP\r\nSUCCESS: Software provisioned.  New software will load on reboot.\r\nSTAGE 2: Restarting standby RP\r\nFAILED: Standby RP did not reach terminal redundancy state\r\nsw1#"
        )),
    ];
    let error = act(StepKind::InstallNode, &[line], &beats).unwrap_err();
    assert_eq!(error.code(), "install_failed");
    assert_eq!(error.effect(), Effect::Unknown);
}

const PATCH: &str = "flash:cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin";

#[test]
fn a_hot_patch_is_activated_without_a_question_and_the_session_stays() {
    let activate = format!("install activate file {PATCH} auto-abort-timer 120");
    let acted = act(
        StepKind::Activate,
        &[&activate],
        &[
            Beat::types(&activate),
            Beat::says(format!(
                "{activate}\r\ninstall_activate: START Mon\r\nFinished SMU Activate operation\r\nSUCCESS: install_activate Mon Nov 23 2026\r\nsw1#"
            )),
        ],
    );
    assert_eq!(acted.unwrap().verdict, Verdict::Success);
}

#[test]
fn a_deactivation_answers_the_reload_question_and_loses_the_session() {
    let deactivate = format!("install deactivate file {PATCH}");
    let acted = act(
        StepKind::Deactivate,
        &[&deactivate],
        &[
            Beat::types(&deactivate),
            Beat::says(format!(
                "{deactivate}\r\nThis operation may require a reload of the system. Do you want to proceed? [y/n]"
            )),
            Beat::types("y"),
            Beat::says("y\r\nSUCCESS: install_deactivate Mon\r\n"),
            Beat::HangsUp,
        ],
    );
    assert_eq!(acted.unwrap().verdict, Verdict::WentAway);
}

#[test]
fn a_patch_that_is_added_already_is_no_change() {
    let add = format!("install add file {PATCH}");
    let acted = act(
        StepKind::Add,
        &[&add],
        &[
            Beat::types(&add),
            Beat::says(format!(
                "{add}\r\n  [1] Switch 1 Add succeed with reason: SMU Already Added-No Change\r\nSUCCESS: install_add Mon\r\nsw1#"
            )),
        ],
    );
    assert_eq!(acted.unwrap().verdict, Verdict::NoChange);
}

#[test]
fn what_an_engine_says_against_a_patch_has_its_code() {
    for (kind, command, said, code) in [
        (
            StepKind::Add,
            format!("install add file {PATCH}"),
            "  [1] Switch 1 FAILED: Improper State./flash/x.smu.bin not present. Please restore file for stability.\r\nFAILED: install_add exit(1) Mon",
            "package_files_missing",
        ),
        (
            StepKind::Activate,
            format!("install activate file {PATCH}"),
            "  [1] Switch 1 FAILED: SMU is not compatible with the running version\r\nFAILED: install_activate exit(1) Mon",
            "image_incompatible",
        ),
        (
            StepKind::RemovePatch,
            format!("install remove file {PATCH}"),
            "FAILED: install_remove : x.smu.bin is in use. Deactivate it and commit first",
            "install_failed",
        ),
    ] {
        let beats = [
            Beat::types(&command),
            Beat::says(format!("{command}\r\n{said}\r\nsw1#")),
        ];
        let error = act(kind, &[&command], &beats).unwrap_err();
        assert_eq!(error.code(), code, "{said}");
    }
}

#[test]
fn a_list_of_files_to_remove_is_left_to_a_person() {
    let remove = format!("install remove file {PATCH}");
    let error = act(
        StepKind::RemovePatch,
        &[&remove],
        &[
            Beat::types(&remove),
            Beat::says(format!("{remove}\r\nThe following files will be deleted:\r\n    [R0]: /flash/other.pkg\r\nDo you want to remove the above files? [y/n]")),
        ],
    )
    .unwrap_err();
    assert!(
        matches!(error, TalkError::UnknownQuestion { .. }),
        "{error}"
    );
}

const INSTALL: &str =
    "request platform software package install switch all file flash:x.bin new auto-copy";

/// Made up after the format of 16.3.
const INSTALLED: &str = "Expanding image file: flash:x.bin\r\n\
[1 2]: Expanding file\r\n\
WARNING: x-rpbase.16.12.11.SPA.pkg will replace the identical file that already exists in flash:\r\n\
[1 2]: Finished expanding all-in-one software package in switch 1 2\r\n\
SUCCESS: Finished expanding all-in-one software package.\r\n\
[1 2]: Performing install\r\n\
WARNING: Candidate software combination not found in compatibility database\r\n\
  SUCCESS: install finished\r\n";

fn said(command: &str, text: &str) -> [Beat; 2] {
    [
        Beat::types(command),
        Beat::says(format!("{command}\r\n{text}\r\nsw1#")),
    ]
}

#[test]
fn warnings_of_an_installation_are_no_failure_and_its_last_word_counts() {
    let kind = StepKind::InstallPackages;
    for last in ["", "SUCCESS: Finished install: Success on [1 2]\r\n"] {
        let beats = said(INSTALL, &format!("{INSTALLED}{last}"));
        let acted = act(kind, &[INSTALL], &beats).unwrap();
        assert_eq!(acted.verdict, Verdict::Success);
    }
    let beats = said(
        INSTALL,
        &format!("{INSTALLED}[2]: FAILED\r\nFAILED: install failed on [2]\r\n"),
    );
    let error = act(kind, &[INSTALL], &beats).unwrap_err();
    assert_eq!(error.code(), "install_failed");
    // The other member has new packages by now.
    assert_eq!(error.effect(), Effect::Unknown);
}

#[test]
fn the_reload_that_an_installation_offers_is_a_step_of_its_own() {
    let beats = [
        Beat::types(INSTALL),
        Beat::says(format!(
            "{INSTALL}\r\n{INSTALLED}[1]: Do you want to proceed with reload? [yes/no]: "
        )),
        Beat::types("no"),
        Beat::says("no\r\nsw1#"),
    ];
    let acted = act(StepKind::InstallPackages, &[INSTALL], &beats).unwrap();
    assert_eq!(acted.verdict, Verdict::Success);
}

#[test]
fn what_a_device_says_against_packages_has_its_code() {
    let rollback =
        "request platform software package install switch all rollback on-reboot auto-copy";
    let expand = "request platform software package expand file bootflash:x.bin to bootflash:new";
    for (kind, command, text, code) in [
        (
            StepKind::InstallPackages,
            INSTALL,
            "% Candidate package compatibility checks failed because the following package dependencies were not satisfied. Operation aborted.",
            "image_incompatible",
        ),
        (
            StepKind::RollbackPackages,
            rollback,
            "FAILED: No rollback file found for /tmp/sw/isos/packages.conf",
            "no_rollback_file",
        ),
        (
            StepKind::ExpandPackages,
            expand,
            "FAILED: Signature verification failed for bootflash:x.bin",
            "image_signature",
        ),
        (
            StepKind::InstallPackages,
            INSTALL,
            "FAILED: Not enough disk space on [2]",
            "flash_full",
        ),
    ] {
        let error = act(kind, &[command], &said(command, text)).unwrap_err();
        assert_eq!(error.code(), code, "{text}");
    }
}

/// The directory of an earlier try is the one that was asked for.
#[test]
fn a_directory_that_is_there_already_is_used() {
    let (mkdir, expand) = (
        "mkdir bootflash:new",
        "request platform software package expand file bootflash:x.bin to bootflash:new",
    );
    for made in [
        "Created dir bootflash:/new",
        "%Error Creating dir bootflash:/new (Can't create a file that exists)",
    ] {
        let beats = [
            Beat::types(mkdir),
            Beat::says(format!("{mkdir}\r\nCreate directory filename [new]? ")),
            Beat::types(""),
            Beat::says(format!("\r\n{made}\r\nsw1#")),
            Beat::types(expand),
            Beat::says(format!(
                "{expand}\r\nVerifying parameters\r\nSUCCESS: Finished expanding all-in-one software package.\r\nsw1#"
            )),
        ];
        let acted = act(StepKind::ExpandPackages, &[mkdir, expand], &beats).unwrap();
        assert_eq!(acted.verdict, Verdict::Success, "{made}");
    }
}

#[test]
fn an_installation_that_loses_its_session_has_no_verdict() {
    let beats = [
        Beat::types(INSTALL),
        Beat::says(format!("{INSTALL}\r\n{INSTALLED}")),
        Beat::HangsUp,
    ];
    let acted = act(StepKind::InstallPackages, &[INSTALL], &beats).unwrap();
    assert_eq!(acted.verdict, Verdict::Unknown);
}

/// A write of one part, in chunks of every size.
fn writes(from: &str, to: &str, beats: &[Beat]) -> Result<Acted, TalkError> {
    let step = PlanStep {
        kind: StepKind::WriteFirmware,
        stage: StageKind::Upgrade,
        commands: vec![HW.into()],
        member_fs: None,
        server: None,
        firmware: vec![iosxe_core::firmware::Change {
            slot: "R1".into(),
            kind: iosxe_core::firmware::PartKind::Fpga,
            from: from.into(),
            to: to.into(),
        }],
        disturbs: Disturbs::Reload,
        bound_s: 60,
        undo: String::new(),
        why: iosxe_core::why::Reason::default(),
    };
    let mut last = None;
    for chunk in [1, 3, 7, 100_000] {
        let mut act = Box::new(Act::new(&step, "sw1"));
        replay(act.as_mut(), beats, chunk).unwrap();
        last = Some(act.observe().map(|o| match o {
            Observation::Acted(acted) => acted,
            other => panic!("{other:?}"),
        }));
    }
    last.unwrap()
}

const HW: &str = "upgrade hw-programmable fpga filename bootflash:p.pkg R1";

/// After the words that genielibs answers; its prompt lacks the closing bracket.
fn hw_question(from: &str, to: &str) -> Beat {
    Beat::says(format!(
        "{HW}\r\nStart service Upgrade FPGA on Route-Processor 1 from current version {from} to {to}  (Y)es/(N)o/(C)ontinue? [Y"
    ))
}

#[test]
fn firmware_is_agreed_to_for_exactly_the_planned_versions() {
    let beats = [
        Beat::types(HW),
        hw_question("17071402", "18102401"),
        Beat::types("Y"),
        Beat::says("Y\r\nThe card will be power-cycled. (Y)es/(N)o/(C)ontinue? [Y]"),
        Beat::types("Y"),
        Beat::says("Y\r\nUpgrading FPGA ...\r\nUpgrade complete\r\nsw1#"),
    ];
    let acted = writes("17071402", "18102401", &beats).unwrap();
    assert_eq!(acted.verdict, Verdict::Success);
}

#[test]
fn a_downgrade_of_firmware_is_answered_with_no_and_told() {
    for (from, to, code) in [
        ("18102401", "17071402", "firmware_downgrade"),
        ("17071402", "19010101", "firmware_not_as_planned"),
    ] {
        let beats = [
            Beat::types(HW),
            hw_question(from, to),
            Beat::types("N"),
            Beat::says("N\r\nUpgrade is not done\r\nsw1#"),
        ];
        let error = writes("17071402", "18102401", &beats).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.effect(), Effect::None);
        assert!(error.to_string().contains(to), "{error}");
    }
}

#[test]
fn another_question_of_firmware_is_answered_by_nobody() {
    let beats = [
        Beat::types(HW),
        Beat::says(format!(
            "{HW}\r\nThe image is not signed. Continue? [confirm]"
        )),
    ];
    let error = writes("17071402", "18102401", &beats).unwrap_err();
    assert!(
        matches!(error, TalkError::UnknownQuestion { .. }),
        "{error}"
    );
}

#[test]
fn firmware_that_came_back_without_a_word_or_not_at_all_is_no_success() {
    let silent = [
        Beat::types(HW),
        Beat::says(format!("{HW}\r\n655360+0 records out\r\nsw1#")),
    ];
    let acted = writes("1", "2", &silent).unwrap();
    assert_eq!(acted.verdict, Verdict::Unknown);
    let gone = [
        Beat::types(HW),
        Beat::says(format!("{HW}\r\nUpgrading ...\r\n")),
        Beat::HangsUp,
    ];
    let acted = writes("1", "2", &gone).unwrap();
    assert_eq!(acted.verdict, Verdict::WentAway);
}
