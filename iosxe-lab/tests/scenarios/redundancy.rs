//! Two supervisors, route processors or switches: both take part, one can leave.

use super::client::{Fleet, Shell, device, fleet, fleet_at};
use super::install::{LONG, activate, causes};
use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

fn pair() -> DeviceSpec {
    let mut pair = device("a", "C9500-24Y4C");
    pair.members = 2;
    pair
}

/// Sends the image, copies it to the standby when asked, makes it the boot image, saves, reloads.
async fn boot_from(fleet: &Fleet, file: &str, both: bool) {
    fleet.push("a", file).await;
    let mut shell = fleet.shell("a").await;
    if both {
        shell
            .send(&format!("copy bootflash:{file} stby-bootflash:{file}\r"))
            .await;
        shell.until("Destination filename").await;
        shell.send("\r").await;
        shell.until("bytes copied").await;
        shell.until("a#").await;
    }
    configure_boot(&mut shell, file).await;
    shell.send("reload\r").await;
    shell.until("Proceed with reload? [confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
}

async fn configure_boot(shell: &mut Shell, file: &str) {
    shell.send("configure terminal\r").await;
    shell.until("(config)#").await;
    shell.send("no boot system\r").await;
    shell.until("(config)#").await;
    shell.send(&format!("boot system bootflash:{file}\r")).await;
    shell.until("(config)#").await;
    shell.send("end\r").await;
    shell.until("a#").await;
    shell.command("write memory").await;
}

#[tokio::test]
async fn three_steps_take_both_switches_of_a_virtual_with_one_reload() {
    let fleet = fleet(vec![pair()]).await;
    let seen = activate(&fleet, "a", LONG).await;
    assert!(seen.contains("Activate: Passed on [1/R0 2/R0]"), "{seen}");
    fleet.wait_for(EventKind::MemberUp, 1).await;
    let end = fleet.events(EventKind::ReloadEnd);
    let up = fleet.events(EventKind::MemberUp);
    assert!(up[0].sim_s > end[0].sim_s, "the standby is later");
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show redundancy states", "peer state = 8  -STANDBY HOT")
        .await;
    let summary = shell.command("show install summary").await;
    assert!(
        summary.contains("[ Chassis 1/R0 2/R0 ]") && summary.contains("IMG   U    17.12.04.0.")
    );
    let platform = shell.command("show platform").await;
    assert_eq!(platform.matches("17.12.04").count(), 2, "{platform}");
    for fs in ["bootflash:", "stby-bootflash:"] {
        let listed = shell.command(&format!("dir {fs}")).await;
        assert!(listed.contains(FILE) && listed.contains("cat9k-rpbase.17.12.04.SPA.pkg"));
    }
    let done = shell.command("install commit").await;
    assert!(done.contains("SUCCESS: install_commit"), "{done}");
    assert_eq!(causes(&fleet), ["command"]);
}

#[tokio::test]
async fn an_expired_timer_takes_both_supervisors_back() {
    let fleet = fleet(vec![device("a", "C9407R")]).await;
    activate(&fleet, "a", "auto-abort-timer 30").await;
    fleet.wait_for(EventKind::AutoAbort, 1).await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    assert_eq!(causes(&fleet), ["command", "auto_abort"]);
    let mut shell = fleet.shell("a").await;
    let module = shell.repeat("show module", "Standby Hot").await;
    assert!(
        module.contains("17.09.04a") && !module.contains("17.12.04"),
        "{module}"
    );
}

#[tokio::test]
async fn an_abort_takes_both_route_processors_back() {
    let mut router = DeviceSpec::new("a", "ASR1006", "17.03.05");
    router.boot_mode = Some(BootModeSpec::Install);
    router.target_version = Some("17.03.08a".into());
    let fleet = fleet(vec![router]).await;
    let file = "asr1000rpx86-universalk9.17.03.08a.SPA.bin";
    fleet.push("a", file).await;
    let mut shell = fleet.shell("a").await;
    let added = shell
        .command(&format!("install add file bootflash:{file}"))
        .await;
    assert!(added.contains("Add: Passed on [R0 R1]"), "{added}");
    super::install::start_activate(&mut shell, LONG).await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("a").await;
    assert!(
        shell
            .command("show version")
            .await
            .contains("Version 17.03.08a")
    );
    shell.send("install abort\r").await;
    shell.until("[y/n]").await;
    shell.send("y\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    let mut shell = fleet.shell("a").await;
    let summary = shell.command("show install summary").await;
    assert!(summary.contains("[ R0 R1 ]") && summary.contains("IMG   C    17.03.05.0."));
    shell
        .repeat("show platform", "R1        ASR1000-RP2         ok, standby")
        .await;
}

#[tokio::test]
async fn a_switchover_moves_the_active_and_drops_the_session() {
    let fleet = fleet(vec![device("a", "C9606R")]).await;
    let mut shell = fleet.shell("a").await;
    shell.send("redundancy force-switchover\r").await;
    shell
        .until("Proceed with switchover to standby RP? [confirm]")
        .await;
    shell.send("\r").await;
    shell.until_gone().await;
    let change = fleet.events(EventKind::Switchover);
    assert_eq!(change.len(), 1);
    assert_eq!(
        (&change[0].detail["from"], &change[0].detail["to"]),
        (&1.into(), &2.into())
    );
    assert!(fleet.events(EventKind::ReloadBegin).is_empty());

    let mut shell = fleet.shell("a").await;
    let said = shell.command("show redundancy").await;
    for text in [
        "Switchovers system experienced = 1",
        "Last switchover reason = user forced",
        "Active Location = slot 4",
    ] {
        assert!(said.contains(text), "{said}");
    }
    let history = shell.command("show redundancy switchover history").await;
    assert!(
        history.contains("   1       3        4     user forced"),
        "{history}"
    );
    // The old active comes back as the standby, and the system's uptime has survived.
    fleet.wait_for(EventKind::MemberUp, 1).await;
    shell
        .repeat("show redundancy states", "peer state = 8  -STANDBY HOT")
        .await;
    let platform = shell.command("show platform").await;
    assert!(
        platform.contains("R0        C9600-SUP-1         ok, standby"),
        "{platform}"
    );
    assert!(
        platform.contains("R1        C9600-SUP-1         ok, active"),
        "{platform}"
    );
    let version = shell.command("show version").await;
    assert!(
        version.contains("Last reload reason: Reload Command"),
        "{version}"
    );
    // And back again.
    shell.send("redundancy force-switchover\r").await;
    shell.until("[confirm]").await;
    shell.send("y").await;
    shell.until_gone().await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show redundancy").await;
    assert!(said.contains("Active Location = slot 3"), "{said}");
    // The system has been up all the time, this supervisor has booted in between.
    let version = shell.command("show version").await;
    let up = |text: &str| {
        let line = version.lines().find(|l| l.contains(text)).unwrap();
        line.contains("day") || line.contains("week")
    };
    assert!(
        up("a uptime is ") && !up("Uptime for this control processor is "),
        "{version}"
    );
}

#[tokio::test]
async fn the_control_address_lists_both_supervisors() {
    let fleet = fleet(vec![device("a", "C9407R")]).await;
    let truth = fleet.truth("a").await;
    let members = truth["members"].as_array().unwrap();
    let word = |m: usize, key: &str| members[m][key].as_str().unwrap().to_owned();
    assert_eq!(
        (word(0, "slot"), word(0, "role")),
        ("R0".into(), "active".into())
    );
    assert_eq!(
        (word(1, "slot"), word(1, "role")),
        ("R1".into(), "standby".into())
    );
    for m in 0..2 {
        assert_eq!(
            (word(m, "state"), word(m, "version")),
            ("ready".into(), "17.09.04a".into())
        );
    }
    assert_ne!(
        truth["serial"], members[0]["serial"],
        "the chassis has its own"
    );
}

#[tokio::test]
async fn a_supervisor_that_does_not_come_back_is_missing_from_everything() {
    let mut chassis = device("a", "C9407R");
    chassis.faults = vec![iosxe_lab::Fault {
        kind: "member_missing_after_reload".into(),
        at: String::new(),
        times: None,
    }];
    let fleet = fleet(vec![chassis]).await;
    activate(&fleet, "a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install summary").await;
    assert!(
        said.contains("[ R0 ]") && said.contains("IMG   U    17.12.04.0."),
        "{said}"
    );
    let said = shell.command("show redundancy states").await;
    assert!(said.contains("peer state = 1  -DISABLED"), "{said}");
    assert_eq!(fleet.truth("a").await["members"][1]["state"], "removed");
}

#[tokio::test]
async fn a_standby_that_is_not_hot_takes_nothing_over() {
    let fleet = fleet_at(vec![pair()], 60.0).await;
    let mut shell = fleet.shell("a").await;
    shell.send("redundancy reload peer\r").await;
    shell.until("Reload peer [confirm]").await;
    shell.send("\r").await;
    shell.until("a#").await;
    assert_eq!(fleet.events(EventKind::MemberDown).len(), 1);
    let said = shell.command("redundancy force-switchover").await;
    assert!(said.contains("There is no STANDBY present"), "{said}");
    let said = shell.command("dir stby-bootflash:").await;
    assert!(said.contains("%Error opening stby-bootflash:"), "{said}");
    let link = shell.command("show stackwise-virtual link").await;
    assert!(link.contains("HundredGigE1/0/27               D"), "{link}");
    let boot = shell.command("show boot").await;
    assert!(boot.contains("Standby not ready to show bootvar"), "{boot}");
    shell
        .repeat(
            "show redundancy states",
            "peer state = 7  -STANDBY COLD-BULK",
        )
        .await;
    let said = shell.command("redundancy force-switchover").await;
    assert!(said.contains("Standby not ready for switchover"), "{said}");
    shell
        .repeat("show redundancy states", "peer state = 8  -STANDBY HOT")
        .await;
    assert!(fleet.events(EventKind::ReloadBegin).is_empty());
}

#[tokio::test]
async fn a_bundle_boots_both_route_processors_when_both_hold_it() {
    let mut router = DeviceSpec::new("a", "NCS4206-SA", "17.06.05");
    router.target_version = Some("17.09.05a".into());
    let fleet = fleet(vec![router]).await;
    boot_from(&fleet, "ncs4200rsp3-universalk9.17.09.05a.SPA.bin", true).await;
    fleet.wait_for(EventKind::MemberUp, 1).await;
    let mut shell = fleet.shell("a").await;
    shell
        .repeat("show redundancy states", "peer state = 8  -STANDBY HOT")
        .await;
    let said = shell.command("show redundancy").await;
    assert_eq!(said.matches("Version 17.9.5a").count(), 2, "{said}");
}

#[tokio::test]
async fn a_standby_without_the_image_stays_in_its_boot_loader() {
    let mut router = DeviceSpec::new("a", "ASR1006", "17.03.05");
    router.target_version = Some("17.03.08a".into());
    let fleet = fleet(vec![router]).await;
    boot_from(&fleet, "asr1000rpx86-universalk9.17.03.08a.SPA.bin", false).await;
    fleet.wait_for(EventKind::MemberDown, 1).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show redundancy states").await;
    assert!(said.contains("peer state = 1  -DISABLED"), "{said}");
    let said = shell.command("show platform").await;
    assert!(
        said.contains("R1        ASR1000-RP2         unknown"),
        "{said}"
    );
    assert!(fleet.events(EventKind::MemberUp).is_empty());
}

#[tokio::test]
async fn two_releases_on_two_processors_are_no_redundancy() {
    let mut router = DeviceSpec::new("a", "ASR1006", "17.03.05");
    router.target_version = Some("17.03.08a".into());
    // The standby has only the old image, which stays as the second boot entry.
    router.config = vec!["boot system bootflash:asr1000rpx86-universalk9.17.03.05.SPA.bin".into()];
    router.boot = Some(vec![
        "bootflash:asr1000rpx86-universalk9.17.03.08a.SPA.bin".into(),
    ]);
    let fleet = fleet(vec![router]).await;
    fleet
        .push("a", "asr1000rpx86-universalk9.17.03.08a.SPA.bin")
        .await;
    let mut shell = fleet.shell("a").await;
    shell.send("reload\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::MemberUp, 1).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show redundancy states").await;
    assert!(said.contains("peer state = 4  -STANDBY COLD"), "{said}");
    assert!(
        said.contains("Redundancy Mode (Operational) = rpr"),
        "{said}"
    );
    let said = shell.command("redundancy force-switchover").await;
    assert!(said.contains("Standby not ready"), "{said}");
}
