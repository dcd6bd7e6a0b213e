//! `configure replace` from a kept file, its revert timer on the device's clock, its failures.

use super::client::{Fleet, Shell, c9300, fleet};
use iosxe_lab::{DeviceSpec, Fault};

const KEPT: &str = "flash:kept.cfg";
const COMPARE: &str = "show archive config differences flash:kept.cfg system:running-config";
const ASKS: &str = "sure you want to proceed. ? [no]: ";

fn archiving() -> DeviceSpec {
    let mut spec = c9300("sw-a");
    spec.config = vec!["archive\n path flash:cfg\n maximum 5\n".into()];
    spec
}

/// A device whose configuration is kept, and changed since.
async fn changed(spec: DeviceSpec) -> (Fleet, Shell) {
    let fleet = fleet(vec![spec]).await;
    let mut shell = fleet.shell("sw-a").await;
    shell.send(&format!("copy startup-config {KEPT}\r")).await;
    shell.until("]? ").await;
    shell.send("\r").await;
    shell.until("sw-a#").await;
    assert!(
        shell
            .command(COMPARE)
            .await
            .contains("No changes were found")
    );
    for line in [
        "configure terminal",
        "no ip forward-protocol nd",
        "ntp server 192.0.2.9",
    ] {
        shell.send(&format!("{line}\r")).await;
        shell.until("(config)#").await;
    }
    shell.send("end\r").await;
    shell.until("sw-a#").await;
    shell.repeat(COMPARE, "+ntp server 192.0.2.9").await;
    (fleet, shell)
}

async fn replace(shell: &mut Shell, options: &str) -> String {
    shell
        .send(&format!("configure replace {KEPT} {options}\r"))
        .await;
    shell.until(ASKS).await;
    shell.send("Y\r").await;
    shell.until("sw-a#").await
}

#[tokio::test]
async fn only_what_differs_is_changed_and_a_confirmation_ends_the_timer() {
    let (_fleet, mut shell) = changed(archiving()).await;
    let said = replace(&mut shell, "list time 120").await;
    assert!(
        said.contains("Rollback Confirmed Change: Backing up"),
        "{said}"
    );
    assert!(said.contains("Rollback Done"), "{said}");
    assert!(
        shell
            .command(COMPARE)
            .await
            .contains("No changes were found")
    );
    let timer = shell.command("show archive config rollback timer").await;
    assert!(timer.contains("Timer type: absolute timer"), "{timer}");
    assert_eq!(shell.command("configure confirm").await.trim(), "");
    let again = shell.command("configure confirm").await;
    assert!(
        again.contains("%No Rollback Confirmed Change pending"),
        "{again}"
    );
}

#[tokio::test]
async fn without_a_confirmation_the_device_takes_it_back() {
    let (_fleet, mut shell) = changed(archiving()).await;
    replace(&mut shell, "list time 5").await;
    assert!(
        shell
            .command(COMPARE)
            .await
            .contains("No changes were found")
    );
    shell.repeat(COMPARE, "+ntp server 192.0.2.9").await;
    let timer = shell.command("show archive config rollback timer").await;
    assert!(
        timer.contains("%No Rollback Confirmed Change pending"),
        "{timer}"
    );
}

#[tokio::test]
async fn it_is_refused_without_its_file_an_archive_or_a_yes() {
    let (_fleet, mut shell) = changed(c9300("sw-a")).await;
    let none = shell.command("configure replace flash:none.cfg list").await;
    assert!(none.contains("Error: Could not open file flash:none.cfg for reading"));
    let compared = shell
        .command("show archive config differences flash:none.cfg nvram:startup-config")
        .await;
    assert!(compared.contains("Could not open file"), "{compared}");
    let timed = shell
        .command(&format!("configure replace {KEPT} list time 5"))
        .await;
    assert!(timed.contains("config archive on before using"), "{timed}");
    assert!(
        shell
            .command("show archive")
            .await
            .contains("Archive feature not enabled")
    );
    shell
        .send(&format!("configure replace {KEPT} list\r"))
        .await;
    shell.until(ASKS).await;
    shell.send("\r").await;
    shell.until("sw-a#").await;
    assert!(shell.command(COMPARE).await.contains("+ntp server"));
}

#[tokio::test]
async fn failures_are_said_or_not_and_change_nothing_or_not_all() {
    for (at, said) in [
        ("aborted", "Rollback aborted after 5 passes"),
        ("failed", "Rollback failed"),
        ("partial", "Rollback Done"),
    ] {
        let (fleet, mut shell) = changed(c9300("sw-a")).await;
        let fault = Fault {
            kind: "replace_fails".into(),
            at: at.into(),
            times: None,
        };
        fleet.lab.set_fault("sw-a", fault).unwrap();
        let seen = replace(&mut shell, "list").await;
        assert!(seen.contains(said), "{at}: {seen}");
        let left = shell.command(COMPARE).await;
        assert!(!left.contains("No changes were found"), "{at}: {left}");
        let all = left.contains("ntp server") && left.contains("ip forward-protocol nd");
        assert_eq!(all, at != "partial", "{at}: {left}");
    }
}
