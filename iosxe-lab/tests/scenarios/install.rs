//! The install engine and reloads, from the first command to the last event.

use super::client::{Fleet, Shell, c9300, device, fleet, fleet_at, image, scp};
use iosxe_lab::{BootModeSpec, Event, EventKind};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

/// A timer that no busy machine outlasts: two minutes of wall time.
pub(crate) const LONG: &str = "auto-abort-timer 1200";

/// Add and activate on a device; gives what the session saw until it died.
pub(crate) async fn activate(fleet: &Fleet, name: &str, timer: &str) -> String {
    fleet.push(name, FILE).await;
    let mut shell = fleet.shell(name).await;
    let added = shell
        .command(&format!("install add file flash:{FILE}"))
        .await;
    assert!(added.contains("SUCCESS: install_add "), "{added}");
    start_activate(&mut shell, timer).await;
    shell.until_gone().await
}

pub(crate) async fn start_activate(shell: &mut Shell, timer: &str) {
    shell.send(&format!("install activate {timer}\r")).await;
    shell.until("Do you want to proceed? [y/n]").await;
    shell.send("y\r").await;
}

pub(crate) fn causes(fleet: &Fleet) -> Vec<String> {
    let begun = fleet.events(EventKind::ReloadBegin);
    begun
        .iter()
        .map(|e| e.detail["cause"].as_str().unwrap().to_owned())
        .collect()
}

fn versions(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .map(|e| e.detail["version"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn three_steps_upgrade_a_switch_with_one_reload() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let seen = activate(&fleet, "sw-a", LONG).await;
    assert!(seen.contains("SUCCESS: install_activate"), "{seen}");
    let refused = tokio::net::TcpStream::connect(fleet.address("sw-a"))
        .await
        .is_err();
    let back = !fleet.events(EventKind::ReloadEnd).is_empty();
    assert!(refused || back, "a booting device refuses connections");
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("sw-a").await;
    let summary = shell.command("show install summary").await;
    assert!(summary.contains("IMG   U    17.12.04.0."), "{summary}");
    assert!(
        summary
            .contains("Auto abort timer: active on install_activate, time before rollback - 19:")
    );
    assert!(
        shell
            .command("show version")
            .await
            .contains("Last reload reason: Image Install")
    );
    let done = shell.command("install commit").await;
    assert!(done.contains("SUCCESS: install_commit"), "{done}");
    let summary = shell.command("show install summary").await;
    assert!(summary.contains("IMG   C    17.12.04.0."), "{summary}");
    assert!(summary.contains("Auto abort timer: inactive"), "{summary}");
    assert_eq!(causes(&fleet), ["command"]);
    assert_eq!(versions(&fleet.events(EventKind::ReloadEnd)), ["17.12.04"]);
    assert!(
        shell
            .command("install commit")
            .await
            .contains("FAILED: install_commit")
    );
}

#[tokio::test]
async fn without_commit_the_device_goes_back_by_itself() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    activate(&fleet, "sw-a", "auto-abort-timer 30").await;
    fleet.wait_for(EventKind::AutoAbort, 1).await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    assert_eq!(causes(&fleet), ["command", "auto_abort"]);
    assert_eq!(
        versions(&fleet.events(EventKind::ReloadEnd)),
        ["17.12.04", "17.09.04a"]
    );
    let mut shell = fleet.shell("sw-a").await;
    let summary = shell.command("show install summary").await;
    assert!(summary.contains("IMG   C    17.09.04a.0."), "{summary}");
    assert!(
        shell
            .command("install commit")
            .await
            .contains("FAILED: install_commit")
    );
}

#[tokio::test]
async fn an_abort_returns_to_the_committed_release() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    activate(&fleet, "sw-a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("sw-a").await;
    shell.send("install abort\r").await;
    shell.until("[y/n]").await;
    shell.send("y\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    assert_eq!(
        versions(&fleet.events(EventKind::ReloadEnd)),
        ["17.12.04", "17.09.04a"]
    );
    let mut shell = fleet.shell("sw-a").await;
    shell.send("install remove inactive\r").await;
    shell
        .until("Do you want to remove the above files? [y/n]")
        .await;
    shell.send("y\r").await;
    shell.until("SUCCESS: install_remove").await;
    shell.until("sw-a#").await;
    assert!(!shell.command("dir").await.contains("17.12.04"));
    let packages = shell.command("show install summary").await;
    assert!(!packages.contains("17.12.04"), "{packages}");
}

#[tokio::test]
async fn a_rollback_to_an_id_works_after_commit() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    activate(&fleet, "sw-a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("sw-a").await;
    shell.command("install commit").await;
    let points = shell.command("show install rollback").await;
    assert!(points.contains("1       No Label"), "{points}");
    assert!(
        shell
            .command("install rollback to id 77")
            .await
            .contains("No rollback id 77 present")
    );
    shell
        .send("install rollback to id 1 prompt-level none\r")
        .await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    let mut shell = fleet.shell("sw-a").await;
    let summary = shell.command("show install summary").await;
    assert!(summary.contains("IMG   C    17.09.04a.0."), "{summary}");
}

#[tokio::test]
async fn a_stack_upgrades_all_members() {
    let mut stack = device("st-a", "C9300-24P");
    stack.members = 3;
    let fleet = fleet(vec![stack]).await;
    activate(&fleet, "st-a", LONG).await;
    fleet.wait_for(EventKind::MemberUp, 2).await;
    let mut shell = fleet.shell("st-a").await;
    let version = shell.command("show version").await;
    let rows = version
        .lines()
        .filter(|l| l.contains("17.12.04") && l.contains("INSTALL"))
        .count();
    assert_eq!(rows, 3, "{version}");
    let switches = shell.command("show switch").await;
    assert!(
        switches.contains("*1       Active") && switches.contains(" 3       Member"),
        "{switches}"
    );
    assert!(
        shell.command("dir flash-3:").await.contains(FILE),
        "the image is on every member"
    );
}

#[tokio::test]
async fn a_member_without_space_fails_the_add_and_changes_nothing() {
    let mut stack = device("st-a", "C9300-24P");
    stack.members = 3;
    stack.free_bytes = vec![0, 0, 100_000];
    let fleet = fleet(vec![stack]).await;
    fleet.push("st-a", FILE).await;
    let mut shell = fleet.shell("st-a").await;
    let said = shell
        .command(&format!("install add file flash:{FILE}"))
        .await;
    assert!(
        said.contains("Failed on [3]") && said.contains("KB of free space"),
        "{said}"
    );
    assert!(said.contains("FAILED: install_add"), "{said}");
    assert!(
        !shell
            .command("show install summary")
            .await
            .contains("17.12.04")
    );
    assert!(
        shell
            .command("show install log")
            .await
            .contains("END FAILED")
    );
}

#[tokio::test]
async fn a_bundle_router_upgrades_by_boot_variable_and_reload() {
    let fleet = fleet(vec![device("rt-a", "ISR4451-X/K9")]).await;
    let file = "isr4400-universalk9.17.12.04.SPA.bin";
    fleet.push("rt-a", file).await;
    let mut shell = fleet.shell("rt-a").await;
    let refused = shell
        .command(&format!("install add file bootflash:{file}"))
        .await;
    assert!(
        refused.contains("FAILED: install_add : Booted in bundle mode."),
        "{refused}"
    );
    shell.send("configure terminal\r").await;
    shell.until("(config)#").await;
    for line in [
        "no boot system",
        &format!("boot system bootflash:{file}"),
        "boot system bootflash:isr4400-universalk9.17.09.04a.SPA.bin",
    ] {
        shell.send(&format!("{line}\r")).await;
        shell.until("(config)#").await;
    }
    shell.send("end\r").await;
    shell.until("rt-a#").await;
    let before = shell.command("show bootvar").await;
    assert!(
        !before.contains("17.12.04"),
        "BOOT is written when the configuration is saved: {before}"
    );
    assert!(shell.command("write memory").await.contains("[OK]"));
    assert!(
        shell
            .command("show bootvar")
            .await
            .contains("17.12.04.SPA.bin,1;bootflash:isr4400")
    );
    shell.send("reload\r").await;
    shell.until("Proceed with reload? [confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    assert_eq!(versions(&fleet.events(EventKind::ReloadEnd)), ["17.12.04"]);
    assert_eq!(causes(&fleet), ["command"]);
}

#[tokio::test]
async fn one_step_converts_a_bundle_switch_to_install_mode() {
    let mut bundle = c9300("sw-a");
    bundle.boot_mode = Some(BootModeSpec::Bundle);
    let fleet = fleet(vec![bundle]).await;
    fleet.push("sw-a", FILE).await;
    let mut shell = fleet.shell("sw-a").await;
    assert!(shell.command("show version").await.contains("BUNDLE"));
    shell
        .send(
            "configure terminal\rno boot system\rboot system switch all flash:packages.conf\rend\r",
        )
        .await;
    shell.until("(config)#end").await;
    shell.until("sw-a#").await;
    shell.command("write memory").await;
    shell
        .send(&format!(
            "install add file flash:{FILE} activate commit prompt-level none\r"
        ))
        .await;
    let seen = shell.until_gone().await;
    assert!(
        seen.contains("SUCCESS: install_add_activate_commit"),
        "{seen}"
    );
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let ended = fleet.events(EventKind::ReloadEnd);
    assert_eq!(ended[0].detail["boot_mode"], "install");
}

#[tokio::test]
async fn the_engine_refuses_what_it_must() {
    let fleet = fleet_at(vec![c9300("sw-a")], 60.0).await;
    let (other, bytes) = image("17.12.04", "isr4400-universalk9", fleet.dir.path());
    assert_eq!(
        scp(
            &fleet.login("sw-a").await,
            &format!("flash:{other}"),
            &bytes
        )
        .await
        .last(),
        Some(&0)
    );
    let mut shell = fleet.shell("sw-a").await;
    let said = shell
        .command(&format!("install add file flash:{other}"))
        .await;
    assert!(
        said.contains("not compatible") && said.contains("FAILED: install_add"),
        "{said}"
    );
    let said = shell.command("install add file flash:nothing.bin").await;
    assert!(said.contains("FAILED: install_add"), "{said}");
    fleet.push("sw-a", FILE).await;
    shell
        .send("configure terminal\rip host a 10.0.0.1\rend\r")
        .await;
    shell.until("(config)#end").await;
    shell.until("sw-a#").await;
    let said = shell
        .command(&format!("install add file flash:{FILE} prompt-level none"))
        .await;
    assert!(
        said.contains("FAILED: System configuration has been modified."),
        "{said}"
    );
    shell
        .send(&format!("install add file flash:{FILE}\r"))
        .await;
    shell.until("[y/n/q] ").await;
    shell.send("q\r").await;
    shell.until("sw-a#").await;
    shell.command("write memory").await;
    let mut second = fleet.shell("sw-a").await;
    shell
        .send(&format!("install add file flash:{FILE}\r"))
        .await;
    shell.until("Adding IMG").await;
    let busy = second.command("install commit").await;
    assert!(busy.contains("cannot start new install operation, some operation is already running"));
    shell.until("SUCCESS: install_add").await;
    shell.until("sw-a#").await;
    let again = shell
        .command(&format!("install add file flash:{FILE}"))
        .await;
    assert!(again.contains("Same Image File-No Change"), "{again}");
}
