//! Upgrades in service of routers by their own commands: ASR 1000 step by step, NCS 4200 by one.

use super::client::{Fleet, Shell, fleet, scp};
use super::install::causes;
use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Fault};

const ASR: &str = "asr1000rpx86-universalk9.17.03.08a.SPA.bin";
const NCS: &str = "ncs4200rsp3-universalk9.17.09.05a.SPA.bin";

fn asr() -> DeviceSpec {
    let mut router = DeviceSpec::new("a", "ASR1006", "17.03.05");
    router.target_version = Some("17.03.08a".into());
    router
}

fn ncs() -> DeviceSpec {
    let mut router = DeviceSpec::new("a", "NCS4206-SA", "17.06.05");
    router.target_version = Some("17.09.05a".into());
    router.boot_mode = Some(BootModeSpec::Install);
    router
}

/// The image on both route processors, and a shell.
async fn ready(fleet: &Fleet) -> Shell {
    let bytes = std::fs::read(fleet.dir.path().join("images").join(ASR)).unwrap();
    for fs in ["bootflash", "stby-bootflash"] {
        let handle = fleet.login("a").await;
        let said = scp(&handle, &format!("{fs}:{ASR}"), &bytes).await;
        assert_eq!(said.last(), Some(&0), "{}", String::from_utf8_lossy(&said));
    }
    fleet.shell("a").await
}

async fn loaded(shell: &mut Shell) {
    let command = format!("issu loadversion rp 1 file stby-bootflash:{ASR}");
    let said = shell.command(&command).await;
    assert!(said.contains("SUCCESS: Software provisioned."), "{said}");
    shell
        .repeat("show issu state detail", "terminal state reached")
        .await;
}

fn releases(truth: &serde_json::Value) -> Vec<&str> {
    let members = truth["members"].as_array().unwrap();
    members
        .iter()
        .map(|m| m["version"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_classic_steps_bring_one_processor_then_the_other() {
    let fleet = fleet(vec![asr()]).await;
    let mut shell = ready(&fleet).await;
    loaded(&mut shell).await;
    let said = shell.command("show issu state detail").await;
    for text in [
        "Slot being modified: R1\n",
        "  Last operation: loadversion\n",
        "  Rollback: automatic, remaining time before rollback: 00:",
        "  Original (rollback) image: bootflash:asr1000rpx86-universalk9.17.03.05.SPA.bin\n",
        "  Running image: bootflash:asr1000rpx86-universalk9.17.03.08a.SPA.bin\n",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let platform = shell.command("show redundancy").await;
    assert!(platform.contains("Version 17.3.5,") && platform.contains("Version 17.3.8a,"));
    shell.send("issu runversion\r").await;
    let seen = shell.until_gone().await;
    assert!(
        seen.contains("SUCCESS: Standby RP will now become active"),
        "{seen}"
    );
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show version").await;
    assert!(
        said.contains("Version 17.03.08a") && said.contains(ASR),
        "{said}"
    );
    shell
        .repeat("show issu state detail", "Last operation: runversion")
        .await;
    fleet.wait_for(EventKind::InstallActivate, 1).await;
    shell.command("issu acceptversion").await;
    let said = shell.command("show issu rollback-timer").await;
    assert!(
        said.contains("Rollback: inactive, timer canceled by acceptversion"),
        "{said}"
    );
    shell
        .repeat("show issu state detail", "terminal state reached")
        .await;
    let said = shell.command("issu commitversion").await;
    assert!(
        said.contains("SUCCESS: Installation changes committed"),
        "{said}"
    );
    let truth = fleet.truth("a").await;
    assert_eq!(truth["boot_variable"], format!("bootflash:{ASR}"));
    assert_eq!(
        releases(&truth),
        ["17.03.05", "17.03.08a"],
        "the other side waits"
    );
    shell.send("hw-module slot R0 reload\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until("a#").await;
    shell
        .repeat("show issu state detail", "No ISSU operation is in progress")
        .await;
    assert_eq!(
        releases(&fleet.truth("a").await),
        ["17.03.08a", "17.03.08a"]
    );
    assert_eq!(causes(&fleet), ["issu", "issu", "command"]);
}

#[tokio::test]
async fn a_commit_reloads_the_other_processor_where_the_topology_says_so() {
    let mut router = asr();
    router.issu.slot_reload = false;
    let fleet = fleet(vec![router]).await;
    let mut shell = ready(&fleet).await;
    loaded(&mut shell).await;
    shell.send("issu runversion\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::InstallActivate, 1).await;
    let mut shell = fleet.shell("a").await;
    shell.repeat("issu commitversion", "SUCCESS").await;
    fleet.wait_for(EventKind::MemberUp, 3).await;
    assert_eq!(
        releases(&fleet.truth("a").await),
        ["17.03.08a", "17.03.08a"]
    );
}

#[tokio::test]
async fn an_abort_after_the_switchover_returns_to_the_old_image() {
    let fleet = fleet(vec![asr()]).await;
    let mut shell = ready(&fleet).await;
    loaded(&mut shell).await;
    shell.send("issu runversion\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::InstallActivate, 1).await;
    let mut shell = fleet.shell("a").await;
    shell.send("issu abortversion\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::MemberUp, 3).await;
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show issu state detail", "No ISSU operation is in progress")
        .await;
    let truth = fleet.truth("a").await;
    assert_eq!(releases(&truth), ["17.03.05", "17.03.05"]);
    assert_eq!(truth["members"][0]["role"], "active");
}

#[tokio::test]
async fn the_rollback_timer_of_the_configuration_takes_the_standby_back() {
    let mut router = asr();
    router.config = vec!["issu set rollback-timer 20:00".into()];
    let fleet = fleet(vec![router]).await;
    let mut shell = ready(&fleet).await;
    loaded(&mut shell).await;
    let said = shell.command("show issu rollback-timer").await;
    assert!(
        said.contains("remaining time before rollback: 00:"),
        "{said}"
    );
    fleet.wait_for(EventKind::AutoAbort, 1).await;
    fleet.wait_for(EventKind::MemberUp, 2).await;
    assert_eq!(causes(&fleet), ["issu", "auto_abort"]);
    assert!(fleet.events(EventKind::Switchover).is_empty());
    assert_eq!(releases(&fleet.truth("a").await), ["17.03.05", "17.03.05"]);
}

#[tokio::test]
async fn the_classic_commands_say_what_is_missing() {
    let fleet = fleet(vec![asr()]).await;
    let mut shell = fleet.shell("a").await;
    for (command, words) in [
        (
            format!("issu loadversion rp 1 file stby-bootflash:{ASR}"),
            "does not exist on the target RP",
        ),
        (
            format!("issu loadversion rp 0 file bootflash:{ASR}"),
            "not on a file system of the target RP",
        ),
        ("issu runversion".into(), "not in terminal state"),
        ("issu acceptversion".into(), "No version runs"),
        ("issu commitversion".into(), "FAILED"),
        ("issu abortversion".into(), "No ISSU operation"),
    ] {
        let said = shell.command(&command).await;
        assert!(
            said.contains("FAILED: ") && said.contains(words),
            "{command}: {said}"
        );
    }
    assert!(fleet.events(EventKind::MemberDown).is_empty());
}

#[tokio::test]
async fn one_command_upgrades_both_processors_of_an_ncs() {
    let fleet = fleet(vec![ncs()]).await;
    fleet.push("a", NCS).await;
    let mut shell = fleet.shell("a").await;
    let command = format!(
        "request platform software package install node file bootflash:{NCS} interface-module-delay 60"
    );
    shell.send(&format!("{command}\r")).await;
    let seen = shell.until_gone().await;
    let mut at = 0;
    for stage in [
        "Starting disk space verification",
        "STAGE 1: Installing software on standby RP",
        "STAGE 2: Restarting standby RP",
        "STAGE 3: Installing sipspa package on local RP",
        "STAGE 4: Installing software on active RP",
        "SUCCESS: Software provisioned.  New software will load on reboot.",
    ] {
        at += seen[at..]
            .find(stage)
            .unwrap_or_else(|| panic!("{stage}: {seen}"));
    }
    fleet.wait_for(EventKind::MemberUp, 2).await;
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show redundancy states", "peer state = 8  -STANDBY HOT")
        .await;
    let said = shell.command("show logging").await;
    assert!(said.contains("reloaded on subslot 0/0"), "{said}");
    let truth = fleet.truth("a").await;
    assert_eq!(releases(&truth), ["17.09.05a", "17.09.05a"]);
    assert_eq!(truth["committed_version"], "17.09.05a");
    assert_eq!(causes(&fleet), ["issu", "issu"]);
    // And it stays there.
    shell.send("reload\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 3).await;
    assert_eq!(fleet.truth("a").await["running_version"], "17.09.05a");
}

#[tokio::test]
async fn an_ncs_that_is_booted_from_one_image_is_refused() {
    let mut bundle = ncs();
    bundle.boot_mode = Some(BootModeSpec::Bundle);
    let fleet = fleet(vec![bundle]).await;
    fleet.push("a", NCS).await;
    let mut shell = fleet.shell("a").await;
    let command = format!("request platform software package install node file bootflash:{NCS}");
    let said = shell.command(&command).await;
    assert!(
        said.contains("FAILED: SYSTEM IS NOT BOOTED VIA PACKAGE FILE"),
        "{said}"
    );
    assert!(fleet.events(EventKind::MemberDown).is_empty());
}

#[tokio::test]
async fn a_standby_of_an_ncs_that_does_not_boot_is_taken_back() {
    let mut router = ncs();
    router.faults = vec![Fault {
        kind: "standby_does_not_boot".into(),
        at: String::new(),
        times: None,
    }];
    let fleet = fleet(vec![router]).await;
    fleet.push("a", NCS).await;
    let mut shell = fleet.shell("a").await;
    let command = format!("request platform software package install node file bootflash:{NCS}");
    let said = shell.command(&command).await;
    assert!(said.contains("FAILED: Standby RP did not reach"), "{said}");
    assert_eq!(releases(&fleet.truth("a").await), ["17.06.05", "17.06.05"]);
    assert!(fleet.events(EventKind::Switchover).is_empty());
}
