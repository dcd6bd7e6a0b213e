//! Fast reload of Catalyst 9300: eligibility, the one command, its refusals.

use super::client::{Fleet, Shell, c9300, device, fleet};
use super::install::causes;
use iosxe_lab::{DeviceSpec, EventKind, Fault};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

async fn run(fleet: &Fleet, word: &str) -> Shell {
    fleet.push("sw-a", FILE).await;
    let mut shell = fleet.shell("sw-a").await;
    shell
        .send(&format!(
            "install add file flash:{FILE} activate {word} commit\r"
        ))
        .await;
    shell
}

fn stack() -> DeviceSpec {
    let mut spec = device("sw-a", "C9300-24P");
    spec.members = 3;
    spec
}

/// Simulated seconds from the beginning of the only reload to its end.
fn away(fleet: &Fleet) -> f64 {
    let at = |kind| fleet.events(kind)[0].sim_s;
    at(EventKind::ReloadEnd) - at(EventKind::ReloadBegin)
}

#[tokio::test]
async fn a_fast_reload_is_shorter_and_commits_at_once() {
    let mut usual = 0.0;
    for (word, fast) in [("", false), ("xfsu", true)] {
        let fleet = fleet(vec![c9300("sw-a")]).await;
        let mut shell = run(&fleet, word).await;
        shell.until("Do you want to proceed? [y/n]").await;
        shell.send("y\r").await;
        let seen = shell.until_gone().await;
        assert!(
            seen.contains("SUCCESS: install_add_activate_commit"),
            "{seen}"
        );
        fleet.wait_for(EventKind::ReloadEnd, 1).await;
        let mut shell = fleet.shell("sw-a").await;
        let summary = shell.command("show install summary").await;
        assert!(summary.contains("IMG   C    17.12.04.0."), "{summary}");
        assert_eq!(causes(&fleet), ["command"]);
        if fast {
            assert!(seen.contains("SUCCESS: xFSU-pre-check finished"), "{seen}");
            assert!(away(&fleet) < usual / 2.0, "{} of {usual}", away(&fleet));
        } else {
            usual = away(&fleet);
        }
    }
}

#[tokio::test]
async fn eligibility_is_told_row_by_row() {
    let fleet = fleet(vec![stack()]).await;
    let mut shell = fleet.shell("sw-a").await;
    let told = shell
        .repeat("show xfsu eligibility", "SSO Mode                  Yes")
        .await;
    assert!(told.contains("Full ring stack           Yes"), "{told}");
    assert!(
        told.contains("Spanning Tree             Eligible"),
        "{told}"
    );
    shell.send("configure terminal\r").await;
    shell.until("(config)#").await;
    shell
        .send("spanning-tree vlan 10 root primary\rend\r")
        .await;
    shell.until("sw-a#").await;
    let half = Fault {
        kind: "half_ring".into(),
        at: String::new(),
        times: None,
    };
    fleet.lab.set_fault("sw-a", half).unwrap();
    let told = shell.command("show xfsu eligibility").await;
    assert!(told.contains("Full ring stack           No"), "{told}");
    assert!(
        told.contains("Ineligible:Root Switch with forwarding link:VLAN0010"),
        "{told}"
    );
}

#[tokio::test]
async fn each_refusal_leaves_the_device_on_its_release() {
    for (at, said) in [
        (
            "not_ready",
            "System not ready for reload fast, Please run this command later",
        ),
        ("fpga", "ERROR: FPGA on switch 1 does not support xFSU"),
        (
            "requirement",
            "Abort xFSU install since requirement does not met",
        ),
    ] {
        let fleet = fleet(vec![c9300("sw-a")]).await;
        let fault = Fault {
            kind: "xfsu_refused".into(),
            at: at.into(),
            times: None,
        };
        fleet.lab.set_fault("sw-a", fault).unwrap();
        let mut shell = run(&fleet, "xfsu").await;
        if at != "not_ready" {
            shell.until("Do you want to proceed? [y/n]").await;
            shell.send("y\r").await;
        }
        let seen = shell.until(said).await;
        shell.until("sw-a#").await;
        assert!(
            !seen.contains("SUCCESS: install_add_activate_commit"),
            "{seen}"
        );
        let summary = shell.command("show install summary").await;
        assert!(
            summary.contains("IMG   C    17.09.04a.0."),
            "{at}: {summary}"
        );
        assert!(fleet.events(EventKind::ReloadBegin).is_empty(), "{at}");
    }
}

#[tokio::test]
async fn words_and_models_that_have_no_fast_reload_do_not_know_it() {
    let mut old = c9300("sw-old");
    old.version = "17.06.05".into();
    let fleet = fleet(vec![old, device("sw-other", "C9200-24P")]).await;
    let mut shell = fleet.shell("sw-old").await;
    let line = "install add file flash:x.bin activate xfsu commit";
    assert!(shell.command(line).await.contains("% Invalid input"));
    let older = line.replace("xfsu", "reloadfast");
    shell.send(&format!("{older}\r")).await;
    shell.until("Do you want to proceed? [y/n]").await;
    let mut shell = fleet.shell("sw-other").await;
    let told = shell.command("show xfsu eligibility").await;
    assert!(told.contains("% Invalid input"), "{told}");
}
