//! `request platform software package`: in place on switches and ASR 1000, beside on routers, and the
//! releases that know nothing else.

use super::client::{Fleet, Shell, fleet};
use super::install::causes;
use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Fault};

const C3850: &str = "cat3k_caa-universalk9.16.12.11.SPA.bin";
const ISR: &str = "isr4400-universalk9.16.12.08.SPA.bin";
const ASR: &str = "asr1001x-universalk9.16.12.08.SPA.bin";
const INVALID: &str = "% Invalid input detected";

fn spec(pid: &str, from: &str, to: &str) -> DeviceSpec {
    let mut spec = DeviceSpec::new("a", pid, from);
    spec.target_version = Some(to.into());
    spec.boot_mode = Some(BootModeSpec::Install);
    spec
}

fn stack() -> DeviceSpec {
    let mut spec = spec("WS-C3850-24P", "16.03.06", "16.12.11");
    spec.members = 2;
    spec
}

fn isr() -> DeviceSpec {
    spec("ISR4451-X/K9", "16.09.08", "16.12.08")
}

fn asr() -> DeviceSpec {
    spec("ASR1001-X", "16.09.08", "16.12.08")
}

fn install(file: &str, words: &str) -> String {
    format!("request platform software package install switch all file flash:{file} {words}")
}

const ROLLBACK: &str =
    "request platform software package install switch all rollback on-reboot auto-copy";

async fn holding(spec: DeviceSpec, file: &str) -> (Fleet, Shell) {
    let fleet = fleet(vec![spec]).await;
    fleet.push("a", file).await;
    let shell = fleet.shell("a").await;
    (fleet, shell)
}

async fn reload(fleet: &Fleet, mut shell: Shell) -> Shell {
    let before = fleet.events(EventKind::ReloadEnd).len();
    shell.send("reload\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, before + 1).await;
    fleet.shell("a").await
}

/// Every text in its order.
#[track_caller]
fn in_order(said: &str, texts: &[&str]) {
    let mut at = 0;
    for text in texts {
        at += said[at..]
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {said}"));
    }
}

async fn boots(shell: &mut Shell, fs: &str, release: &str) -> bool {
    let said = shell.command(&format!("more {fs}packages.conf")).await;
    said.contains(&format!(".{release}.SPA.pkg"))
}

#[tokio::test]
async fn a_stack_installs_in_place_and_runs_it_after_a_reload() {
    let (fleet, mut shell) = holding(stack(), C3850).await;
    let said = shell.command(&install(C3850, "new auto-copy")).await;
    in_order(
        &said,
        &[
            "[2]: Finished copying to switch 2",
            "SUCCESS: Finished expanding all-in-one software package.",
            "  SUCCESS: install finished",
            "SUCCESS: Finished install: Success on [1 2]",
        ],
    );
    for fs in ["flash-1:", "flash-2:"] {
        assert!(boots(&mut shell, fs, "16.12.11").await, "{fs}");
    }
    let truth = fleet.truth("a").await;
    assert_eq!(truth["running_version"], "16.03.06");
    assert_eq!(truth["reload_count"], 0);
    let mut shell = reload(&fleet, shell).await;
    let truth = fleet.truth("a").await;
    for member in truth["members"].as_array().unwrap() {
        assert_eq!(member["version"], "16.12.11", "{truth}");
    }
    assert_eq!(truth["committed_version"], "16.12.11");
    // And the engine of the new release knows what runs.
    let said = shell.command("show install summary").await;
    assert!(said.contains("IMG   C    16.12.11"), "{said}");
}

#[tokio::test]
async fn a_rollback_names_the_old_packages_again() {
    let (fleet, mut shell) = holding(stack(), C3850).await;
    let none = shell.command(ROLLBACK).await;
    assert!(
        none.contains("FAILED: No rollback file found for /tmp/sw/isos/packages.conf"),
        "{none}"
    );
    shell.command(&install(C3850, "new auto-copy")).await;
    let mut shell = reload(&fleet, shell).await;
    let said = shell.command(ROLLBACK).await;
    in_order(
        &said,
        &[
            "SUCCESS: Software provisioned.",
            "SUCCESS: Finished rollback: Success on [1 2]",
        ],
    );
    assert!(boots(&mut shell, "flash-2:", "16.03.06").await);
    reload(&fleet, shell).await;
    let truth = fleet.truth("a").await;
    assert_eq!(truth["running_version"], "16.03.06", "{truth}");
    assert_eq!(truth["committed_version"], "16.03.06", "{truth}");
    assert_eq!(causes(&fleet), ["command", "command"]);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_named() {
    let (fleet, mut shell) = holding(stack(), C3850).await;
    for (command, words) in [
        (
            install(C3850, "auto-copy"),
            "% Candidate package compatibility checks failed because",
        ),
        (install(C3850, "new"), "FAILED: flash:cat3k"),
        (install("nothing.bin", "new auto-copy"), "No such file"),
        (
            "request platform software package install switch 7 file flash:x new".into(),
            "FAILED: There is no such switch",
        ),
    ] {
        let said = shell.command(&command).await;
        assert!(said.contains(words), "{command}: {said}");
        assert!(!said.contains("Success on"), "{said}");
    }
    for fs in ["flash-1:", "flash-2:"] {
        assert!(boots(&mut shell, fs, "16.03.06").await, "{fs}");
    }
    assert!(fleet.events(EventKind::InstallAdd).is_empty());
}

/// Releases before `install add`, and routers whose engine takes patches alone.
#[tokio::test]
async fn an_old_release_knows_no_install_add_of_an_image() {
    let (_fleet, mut shell) = holding(stack(), C3850).await;
    for command in ["show install summary", "install add file flash:x.bin"] {
        let said = shell.command(command).await;
        assert!(said.contains(INVALID), "{command}: {said}");
    }
    let (_fleet, mut shell) = holding(isr(), ISR).await;
    let said = shell
        .command(&format!("install add file bootflash:{ISR}"))
        .await;
    assert!(
        said.contains("FAILED: install_add : Package type"),
        "{said}"
    );
    let switch = shell.command(&install(ISR, "new auto-copy")).await;
    assert!(switch.contains(INVALID), "{switch}");
}

#[tokio::test]
async fn a_router_expands_beside_what_runs_and_boots_what_it_is_told() {
    let (fleet, mut shell) = holding(isr(), ISR).await;
    let expand =
        format!("request platform software package expand file bootflash:{ISR} to bootflash:new");
    let said = shell.command(&expand).await;
    assert!(
        said.contains("FAILED: bootflash:new/ is no directory"),
        "{said}"
    );
    shell.send("mkdir bootflash:new\r").await;
    shell.until("Create directory filename [new]? ").await;
    shell.send("\r").await;
    shell.until("Created dir bootflash:/new").await;
    shell.until("a#").await;
    let said = shell.command(&expand).await;
    in_order(
        &said,
        &[
            "Copying package files",
            "SUCCESS: Finished expanding all-in-one software package.",
        ],
    );
    let again = shell.command(&expand).await;
    assert!(again.contains("WARNING: isr4400-"), "{again}");
    let inside = shell.command("dir bootflash:new/").await;
    assert!(
        inside.contains(" packages.conf") && inside.contains("isr4400-rpboot.16.12.08.SPA.pkg")
    );
    let root = shell.command("dir bootflash:").await;
    assert!(
        !root.contains("16.12.08.SPA.pkg") && root.contains(" new\n"),
        "{root}"
    );
    for line in [
        "configure terminal",
        "no boot system",
        "boot system bootflash:new/packages.conf",
        "boot system bootflash:packages.conf",
        "end",
    ] {
        shell.send(&format!("{line}\r")).await;
        shell.until("#").await;
    }
    shell.command("write memory").await;
    let mut shell = reload(&fleet, shell).await;
    let said = shell.command("show version").await;
    assert!(
        said.contains("System image file is \"bootflash:new/packages.conf\""),
        "{said}"
    );
    assert_eq!(fleet.truth("a").await["running_version"], "16.12.08");
}

#[tokio::test]
async fn an_asr_installs_in_place_and_goes_back() {
    let (fleet, mut shell) = holding(asr(), ASR).await;
    let said = shell
        .command(&format!(
            "request platform software package install rp 0 file bootflash:{ASR} on-reboot"
        ))
        .await;
    in_order(
        &said,
        &[
            "WARNING: Candidate software combination not found in compatibility database",
            "SUCCESS: Software provisioned.  New software will load on reboot.",
        ],
    );
    let mut shell = reload(&fleet, shell).await;
    assert_eq!(fleet.truth("a").await["running_version"], "16.12.08");
    let said = shell
        .command("request platform software package install rp 0 rollback on-reboot")
        .await;
    assert!(said.contains("SUCCESS: Software provisioned."), "{said}");
    reload(&fleet, shell).await;
    assert_eq!(fleet.truth("a").await["running_version"], "16.09.08");
}

#[tokio::test]
async fn a_router_that_boots_one_image_has_nothing_to_install_over() {
    let mut bundle = asr();
    bundle.boot_mode = Some(BootModeSpec::Bundle);
    let (_fleet, mut shell) = holding(bundle, ASR).await;
    let said = shell
        .command(&format!(
            "request platform software package install rp 0 file bootflash:{ASR} on-reboot"
        ))
        .await;
    assert!(
        said.contains("FAILED: SYSTEM IS NOT BOOTED VIA PACKAGE FILE"),
        "{said}"
    );
}

#[tokio::test]
async fn faults_strike_an_installation_as_they_do_the_engines() {
    let cases = [
        ("image_corrupted", "FAILED: Signature verification failed"),
        ("flash_full", "FAILED: Not enough disk space on [2]"),
        ("install_busy", "some operation is already running"),
        ("member_install_fails", "FAILED: install failed on [2]"),
    ];
    for (kind, words) in cases {
        let mut device = stack();
        device.faults = vec![Fault {
            kind: kind.into(),
            at: "install_add".into(),
            times: None,
        }];
        let (_fleet, mut shell) = holding(device, C3850).await;
        let said = shell.command(&install(C3850, "new auto-copy")).await;
        assert!(said.contains(words), "{kind}: {said}");
        let half = kind == "member_install_fails";
        assert_eq!(
            boots(&mut shell, "flash-1:", "16.12.11").await,
            half,
            "{kind}"
        );
        assert!(boots(&mut shell, "flash-2:", "16.03.06").await, "{kind}");
    }
}

#[tokio::test]
async fn a_lost_session_stops_nothing_and_the_rollback_file_may_be_lost() {
    let fault = |kind: &str| Fault {
        kind: kind.into(),
        at: "install_add".into(),
        times: None,
    };
    let mut device = stack();
    device.faults = vec![fault("session_dropped"), fault("no_rollback_file")];
    let (fleet, mut shell) = holding(device, C3850).await;
    shell
        .send(&format!("{}\r", install(C3850, "new auto-copy")))
        .await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::InstallAdd, 1).await;
    let mut shell = fleet.shell("a").await;
    assert!(boots(&mut shell, "flash-2:", "16.12.11").await);
    let said = shell.command(ROLLBACK).await;
    assert!(said.contains("FAILED: No rollback file found"), "{said}");
}

#[tokio::test]
async fn a_release_may_offer_the_reload_itself() {
    for (answer, reloads) in [("no", 0), ("yes", 1)] {
        let mut device = stack();
        device.request.asks_reload = true;
        let (fleet, mut shell) = holding(device, C3850).await;
        shell
            .send(&format!("{}\r", install(C3850, "new auto-copy")))
            .await;
        shell
            .until("Do you want to proceed with reload? [yes/no]: ")
            .await;
        shell.send(&format!("{answer}\r")).await;
        if reloads == 0 {
            shell.until("New software will load on reboot.").await;
            shell.until("a#").await;
        } else {
            shell.until_gone().await;
            fleet.wait_for(EventKind::ReloadEnd, 1).await;
        }
        assert_eq!(fleet.truth("a").await["reload_count"], reloads);
    }
}
