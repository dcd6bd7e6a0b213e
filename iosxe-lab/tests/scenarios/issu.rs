//! Upgrades in service by the install set: Catalyst chassis, StackWise Virtual, ASR 1000 by location.

use super::client::{Fleet, Shell, device, fleet, fleet_at, image, scp};
use super::install::causes;
use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Fault};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

fn chassis() -> DeviceSpec {
    device("a", "C9407R")
}

fn with_fault(mut spec: DeviceSpec, kind: &str) -> DeviceSpec {
    spec.faults = vec![Fault {
        kind: kind.into(),
        at: String::new(),
        times: None,
    }];
    spec
}

async fn added(fleet: &Fleet) -> Shell {
    fleet.push("a", FILE).await;
    let mut shell = fleet.shell("a").await;
    let said = shell
        .command(&format!("install add file bootflash:{FILE}"))
        .await;
    assert!(said.contains("SUCCESS: install_add "), "{said}");
    shell
}

/// Answers the reload question of a command.
async fn agreed(shell: &mut Shell, command: &str) {
    shell.send(&format!("{command}\r")).await;
    shell.until("Do you want to proceed? [y/n]").await;
    shell.send("y\r").await;
}

/// Which member a switchover made the active.
fn switched_to(fleet: &Fleet) -> Vec<u64> {
    let events = fleet.events(EventKind::Switchover);
    events
        .iter()
        .map(|e| e.detail["to"].as_u64().unwrap())
        .collect()
}

fn releases(truth: &serde_json::Value) -> Vec<&str> {
    let members = truth["members"].as_array().unwrap();
    members
        .iter()
        .map(|m| m["version"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn one_command_takes_both_supervisors_to_the_new_release_with_one_switchover() {
    let fleet = fleet(vec![chassis()]).await;
    fleet.push("a", FILE).await;
    let mut shell = fleet.shell("a").await;
    let idle = shell.command("show issu state detail").await;
    assert!(idle.contains("Current ISSU Status: Enabled"), "{idle}");
    let command = format!("install add file bootflash:{FILE} activate issu commit");
    agreed(&mut shell, &command).await;
    let seen = shell.until_gone().await;
    let mut at = 0;
    for stage in ["STAGE 0", "STAGE 1", "STAGE 2", "STAGE 3", "STAGE 4"] {
        at += seen[at..]
            .find(stage)
            .unwrap_or_else(|| panic!("{stage}: {seen}"));
    }
    fleet.wait_for(EventKind::InstallCommit, 1).await;
    assert_eq!(switched_to(&fleet), [2]);
    assert_eq!(causes(&fleet), ["issu", "issu"]);
    let truth = fleet.truth("a").await;
    assert_eq!(truth["reload_count"], 0, "no command reloaded the system");
    assert_eq!(truth["reloads"]["issu"], 2);
    assert_eq!(releases(&truth), ["17.12.04", "17.12.04"]);
    assert_eq!(truth["committed_version"], "17.12.04");
    assert!(truth["auto_abort_s"].is_null());
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show issu state detail").await;
    for text in [
        "Previous ISSU Operation: Successful",
        "No ISSU operation is in progress",
    ] {
        assert!(said.contains(text), "{said}");
    }
    let said = shell.command("show install summary").await;
    assert!(said.contains("[ R0 R1 ]") && said.contains("IMG   C    17.12.04.0."));
    let history = shell
        .command(
            "show platform software install-manager switch active r0 operation history summary",
        )
        .await;
    assert!(history.contains("commit       OK"), "{history}");
    // The system was up all the time.
    let version = shell.command("show version").await;
    let up = version
        .lines()
        .find(|l| l.contains("a uptime is "))
        .unwrap();
    assert!(up.contains("day") || up.contains("week"), "{up}");
}

#[tokio::test]
async fn every_phase_of_three_steps_is_told_as_it_is() {
    let fleet = fleet_at(vec![chassis()], 300.0).await;
    let mut shell = added(&fleet).await;
    let mut watch = fleet.shell("a").await;
    agreed(&mut shell, "install activate issu auto-abort-timer 1200").await;
    fleet.wait_for(EventKind::MemberDown, 1).await;
    // The standby boots; the other side has changed nothing yet.
    let said = watch.command("show issu state detail").await;
    for text in [
        "Current ISSU Status: In Progress",
        "Step-by-step ISSU",
        "Activate location standby R1",
        "State transition: Added\n",
        "remaining time before rollback: 19:",
        "terminal state not reached",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let said = watch.command("show install summary").await;
    let blocks: Vec<&str> = said.split("Package(s) Information").collect();
    assert_eq!(blocks.len(), 3, "{said}");
    assert!(blocks[0].contains("[ R0 ]") && blocks[1].contains("IMG   C    17.09.04a."));
    assert!(blocks[1].contains("[ R1 ]") && blocks[2].contains("IMG   U    17.12.04."));
    let busy = watch.command("install abort issu prompt-level none").await;
    assert!(busy.contains("some operation is already running"), "{busy}");
    let said = watch.command("redundancy force-switchover").await;
    assert!(said.contains("an ISSU operation is in progress"), "{said}");
    // Two releases keep state together.
    watch
        .repeat("show redundancy states", "peer state = 8  -STANDBY HOT")
        .await;
    let truth = fleet.truth("a").await;
    assert_eq!(releases(&truth), ["17.09.04a", "17.12.04"]);
    assert_eq!(truth["running_version"], "17.09.04a");
    let seen = shell.until_gone().await;
    assert!(seen.contains("SUCCESS: install_activate"), "{seen}");
    fleet.wait_for(EventKind::Switchover, 1).await;
    let mut shell = fleet.shell("a").await;
    let early = shell.command("install commit").await;
    assert!(early.contains("FAILED: install_commit"), "{early}");
    shell
        .repeat(
            "show issu state detail",
            "Active switched-over -> Activated\n",
        )
        .await;
    assert!(fleet.events(EventKind::InstallCommit).is_empty());
}

#[tokio::test]
async fn a_pair_of_switches_waits_for_its_commit() {
    let mut pair = device("a", "C9500-24Y4C");
    pair.members = 2;
    let fleet = fleet(vec![pair]).await;
    let mut shell = added(&fleet).await;
    agreed(&mut shell, "install activate issu auto-abort-timer 1200").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::InstallActivate, 1).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show issu state detail").await;
    for text in [
        "Activate location standby chassis 2",
        "Activate location active chassis 1",
        "Current state : Activated state",
        "State transition: Added -> Standby activated -> Active switched-over -> Activated\n",
        "terminal state reached",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let said = shell.command("install add file flash:x.bin").await;
    assert!(
        said.contains("Install ISSU in progress. Abort the ISSU upgrade to proceed"),
        "{said}"
    );
    let said = shell.command("show install summary").await;
    assert!(said.contains("[ Chassis 1/R0 2/R0 ]") && said.contains("IMG   U    17.12.04.0."));
    assert!(said.contains("Auto abort timer: active on install_activate"));
    let said = shell.command("install commit").await;
    assert!(said.contains("SUCCESS: install_commit"), "{said}");
    let truth = fleet.truth("a").await;
    assert_eq!(truth["committed_version"], "17.12.04");
    assert_eq!(truth["members"][1]["role"], "active");
    assert_eq!(switched_to(&fleet), [2]);
}

#[tokio::test]
async fn an_expired_timer_takes_both_sides_back_with_a_second_switchover() {
    let fleet = fleet(vec![chassis()]).await;
    let mut shell = added(&fleet).await;
    agreed(&mut shell, "install activate issu auto-abort-timer 30").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::AutoAbort, 1).await;
    fleet.wait_for(EventKind::MemberUp, 4).await;
    assert_eq!(causes(&fleet), ["issu", "issu", "auto_abort", "auto_abort"]);
    assert_eq!(switched_to(&fleet), [2, 1]);
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show issu state detail", "Previous ISSU Operation: Failed")
        .await;
    let truth = fleet.truth("a").await;
    assert_eq!(releases(&truth), ["17.09.04a", "17.09.04a"]);
    assert_eq!(truth["committed_version"], "17.09.04a");
    let said = shell.command("show install summary").await;
    assert!(said.contains("IMG   I    17.12.04") && said.contains("IMG   C    17.09.04a"));
}

#[tokio::test]
async fn an_abort_is_taken_when_nothing_boots_and_takes_both_sides_back() {
    let fleet = fleet(vec![chassis()]).await;
    let mut shell = added(&fleet).await;
    let said = shell.command("install abort issu").await;
    assert!(said.contains("Nothing to Abort"), "{said}");
    agreed(&mut shell, "install activate issu auto-abort-timer 1200").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::InstallActivate, 1).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("install abort").await;
    assert!(said.contains("Abort the ISSU upgrade to proceed"), "{said}");
    shell
        .send("configure terminal\rip host x 10.0.0.1\rend\r")
        .await;
    shell.until("(config)#end").await;
    shell.until("a#").await;
    let said = shell.command("install abort issu").await;
    assert!(
        said.contains("FAILED: install_abort : System configuration has been modified."),
        "{said}"
    );
    // Another release wrote the configuration that is there.
    shell.send("write memory\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until("a#").await;
    agreed(&mut shell, "install abort issu").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::MemberUp, 4).await;
    assert_eq!(causes(&fleet), ["issu"; 4]);
    assert_eq!(fleet.events(EventKind::InstallAbort).len(), 1);
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show issu state detail", "No ISSU operation is in progress")
        .await;
    assert_eq!(
        releases(&fleet.truth("a").await),
        ["17.09.04a", "17.09.04a"]
    );
}

#[tokio::test]
async fn a_standby_that_does_not_boot_ends_the_upgrade_where_it_began() {
    let fleet = fleet(vec![with_fault(chassis(), "standby_does_not_boot")]).await;
    let mut shell = added(&fleet).await;
    agreed(&mut shell, "install activate issu").await;
    shell
        .until("FAILED: install_activate : ISSU is aborted")
        .await;
    shell.until("a#").await;
    assert!(switched_to(&fleet).is_empty(), "the session was never lost");
    let said = shell.command("show issu state detail").await;
    for text in [
        "Current ISSU Status: Enabled",
        "Previous ISSU Operation: Failed",
        "No ISSU operation is in progress",
    ] {
        assert!(said.contains(text), "{said}");
    }
    let truth = fleet.truth("a").await;
    assert_eq!(releases(&truth), ["17.09.04a", "17.09.04a"]);
    assert!(truth["auto_abort_s"].is_null(), "{truth}");
    assert_eq!(
        fleet.events(EventKind::InstallAbort)[0].detail["by"],
        "device"
    );
}

#[tokio::test]
async fn an_old_active_that_never_returns_leaves_one_side_until_the_timer_reloads_all() {
    let fleet = fleet(vec![with_fault(chassis(), "switchover_lost")]).await;
    let mut shell = added(&fleet).await;
    agreed(&mut shell, "install activate issu auto-abort-timer 60").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::Switchover, 1).await;
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show redundancy states", "peer state = 1  -DISABLED")
        .await;
    fleet.wait_for(EventKind::AutoAbort, 1).await;
    fleet.wait_for(EventKind::MemberUp, 2).await;
    assert_eq!(causes(&fleet), ["issu", "issu", "auto_abort"]);
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show redundancy states", "peer state = 8  -STANDBY HOT")
        .await;
    assert_eq!(
        releases(&fleet.truth("a").await),
        ["17.09.04a", "17.09.04a"]
    );
}

#[tokio::test]
async fn what_is_not_ready_for_it_is_refused_before_anything_changes() {
    let mut alone = chassis();
    alone.members = 1;
    let mut manual = device("b", "C9606R");
    manual.manual_boot = true;
    let mut refused = with_fault(device("c", "C9407R"), "issu_refused");
    refused.target_version = Some("17.12.04".into());
    let stack = device("d", "C9300-48P");
    let fleet = fleet(vec![alone, manual, refused, stack]).await;
    for (name, words) in [
        ("a", "ISSU is not supported on this platform"),
        ("b", "Manual boot is enabled"),
        ("c", "admission criteria are not met"),
        ("d", "ISSU is not supported on this platform"),
    ] {
        fleet.push(name, FILE).await;
        let mut shell = fleet.shell(name).await;
        shell
            .command(&format!("install add file flash:{FILE}"))
            .await;
        agreed(&mut shell, "install activate issu").await;
        let said = shell.until(&format!("{name}#")).await;
        assert!(
            said.contains("FAILED: install_activate") && said.contains(words),
            "{said}"
        );
        let truth = fleet.truth(name).await;
        assert!(truth["auto_abort_s"].is_null() && truth["running_version"] == "17.09.04a");
    }
    assert!(fleet.events(EventKind::MemberDown).is_empty());
}

#[tokio::test]
async fn an_older_release_is_refused_unless_the_topology_lets_it() {
    let mut strict = device("a", "C9407R");
    strict.version = "17.12.04".into();
    strict.target_version = None;
    let mut lax = strict.clone();
    lax.name = "b".into();
    lax.issu.downgrade = true;
    let fleet = fleet(vec![strict, lax]).await;
    let (old, bytes) = image("17.09.04a", "cat9k_iosxe", fleet.dir.path());
    for name in ["a", "b"] {
        let handle = fleet.login(name).await;
        assert_eq!(
            scp(&handle, &format!("flash:{old}"), &bytes).await.last(),
            Some(&0)
        );
        let mut shell = fleet.shell(name).await;
        let added = shell
            .command(&format!("install add file flash:{old}"))
            .await;
        assert!(added.contains("SUCCESS"), "{added}");
        agreed(&mut shell, "install activate issu auto-abort-timer 1200").await;
        if name == "a" {
            let said = shell.until("a#").await;
            assert!(
                said.contains("Downgrade with ISSU is not supported"),
                "{said}"
            );
        } else {
            shell.until_gone().await;
        }
    }
    fleet.wait_for(EventKind::InstallActivate, 1).await;
    assert_eq!(
        releases(&fleet.truth("b").await),
        ["17.09.04a", "17.09.04a"]
    );
}

fn asr() -> DeviceSpec {
    let mut router = DeviceSpec::new("a", "ASR1006", "17.03.05");
    router.boot_mode = Some(BootModeSpec::Install);
    router.target_version = Some("17.03.08a".into());
    router
}

#[tokio::test]
async fn route_processors_are_activated_by_location() {
    // Slow enough that the standby still boots when the next command comes.
    let fleet = fleet_at(vec![asr()], 100.0).await;
    let file = "asr1000rpx86-universalk9.17.03.08a.SPA.bin";
    fleet.push("a", file).await;
    let mut shell = fleet.shell("a").await;
    shell
        .command(&format!("install add file bootflash:{file}"))
        .await;
    let said = shell.command("show issu state detail").await;
    assert!(!said.contains("System Check"), "{said}");
    agreed(
        &mut shell,
        "install activate location standby auto-abort-timer 1200",
    )
    .await;
    shell.until("SUCCESS: install_activate").await;
    shell.until("a#").await;
    agreed(&mut shell, "install activate location active").await;
    let early = shell.until("a#").await;
    assert!(early.contains("FAILED: install_activate"), "{early}");
    shell
        .repeat(
            "show issu state detail",
            "State transition: Added -> Standby activated\n",
        )
        .await;
    agreed(&mut shell, "install activate location active").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::InstallActivate, 1).await;
    let mut shell = fleet.shell("a").await;
    // The timer stops by this family's own words, which changed with 17.
    for words in ["install stop-timer", "install auto-abort-timer stop extra"] {
        let said = shell.command(words).await;
        assert!(said.contains("% Invalid input"), "{said}");
    }
    let said = shell.command("install abort stop-timer").await;
    assert!(
        said.contains("SUCCESS: install_auto_abort_timer_stop"),
        "{said}"
    );
    let said = shell.command("show issu state detail").await;
    assert!(said.contains("Auto abort timer: inactive"), "{said}");
    let said = shell.command("install commit").await;
    assert!(said.contains("SUCCESS: install_commit"), "{said}");
    assert_eq!(
        releases(&fleet.truth("a").await),
        ["17.03.08a", "17.03.08a"]
    );
    assert_eq!(causes(&fleet), ["issu", "issu"]);
}

#[tokio::test]
async fn a_standby_alone_on_the_new_release_goes_back_without_a_switchover() {
    let fleet = fleet(vec![asr()]).await;
    let file = "asr1000rpx86-universalk9.17.03.08a.SPA.bin";
    fleet.push("a", file).await;
    let mut shell = fleet.shell("a").await;
    shell
        .command(&format!("install add file bootflash:{file}"))
        .await;
    agreed(
        &mut shell,
        "install activate location standby auto-abort-timer 1200",
    )
    .await;
    shell.until("a#").await;
    shell
        .repeat(
            "show issu state detail",
            "State transition: Added -> Standby activated\n",
        )
        .await;
    agreed(&mut shell, "install abort issu").await;
    shell.until("SUCCESS: install_abort").await;
    assert!(switched_to(&fleet).is_empty());
    assert_eq!(releases(&fleet.truth("a").await), ["17.03.05", "17.03.05"]);
}
