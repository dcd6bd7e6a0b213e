//! Firmware beside the image: regions, questions, power cycles, and what fails without a word.

use super::client::{Fleet, Shell, c9300, fleet};
use super::install::causes;
use iosxe_lab::{DeviceSpec, EventKind, Fault, FirmwarePackageSpec};
use serde_json::Value;

const ROMMON: &str = "asr1000-rommon.173-1r.SPA.pkg";
const PARTS: &str = "asr1000-hw-programmables.16.08.01.SPA.pkg";

fn rommon(version: &str) -> FirmwarePackageSpec {
    FirmwarePackageSpec {
        rommon: Some(version.into()),
        ..FirmwarePackageSpec::default()
    }
}

fn asr(name: &str) -> DeviceSpec {
    let mut spec = DeviceSpec::new(name, "ASR1006", "17.03.05");
    spec.firmware.rommon = Some("16.2(1r)".into());
    spec.firmware.fpga = Some("17071402".into());
    spec.firmware.progress = true;
    spec.firmware.packages = vec![
        rommon("17.3(1r)"),
        FirmwarePackageSpec {
            release: Some("16.08.01".into()),
            fpga: Some("18102401".into()),
            ..FirmwarePackageSpec::default()
        },
    ];
    spec
}

fn silent(at: &str) -> Fault {
    Fault {
        kind: "firmware_silent".into(),
        at: at.into(),
        times: Some(1),
    }
}

/// The version of a part, as the lab knows it.
fn version(truth: &Value, slot: &str, part: &str) -> String {
    let list = truth["firmware"].as_array().unwrap();
    let found = list
        .iter()
        .find(|p| p["slot"] == slot && p["part"] == part)
        .unwrap();
    found["version"].as_str().unwrap().to_owned()
}

async fn reloaded(fleet: &Fleet, mut shell: Shell) -> Shell {
    let before = fleet.events(EventKind::ReloadEnd).len();
    shell.send("reload\r").await;
    shell.until("Proceed with reload? [confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, before + 1).await;
    fleet.shell("a").await
}

#[tokio::test]
async fn a_boot_loader_runs_after_the_reload_alone() {
    let fleet = fleet(vec![asr("a")]).await;
    fleet.push("a", ROMMON).await;
    let mut shell = fleet.shell("a").await;
    let said = shell
        .command(&format!(
            "upgrade rom-monitor filename bootflash:{ROMMON} all"
        ))
        .await;
    assert!(said.contains("ROMMON upgrade complete."), "{said}");
    let shown = shell.command("show rom-monitor r0").await;
    assert!(shown.contains("Version 16.2(1r),"), "{shown}");
    let progress = shell.command("show upgrade progress").await;
    assert!(progress.contains("Completed"), "{progress}");
    let mut shell = reloaded(&fleet, shell).await;
    let shown = shell.command("show platform").await;
    assert!(
        shown.contains("17.3(1r)") && !shown.contains("16.2(1r)"),
        "{shown}"
    );
    let progress = shell.command("show upgrade progress").await;
    assert!(
        progress.contains("% There is no FPD image upgrade"),
        "{progress}"
    );
}

#[tokio::test]
async fn two_regions_are_written_one_after_the_other() {
    let mut spec = DeviceSpec::new("a", "ASR-903", "17.06.05");
    spec.members = 1;
    spec.firmware.rommon = Some("15.6(42r)S".into());
    spec.firmware.packages = vec![rommon("15.6(48r)S")];
    let fleet = fleet(vec![spec]).await;
    let file = "asr900_15_6_48r_s_rommon.pkg";
    fleet.push("a", file).await;
    let write = format!("upgrade rom-monitor filename bootflash:{file} all");
    let mut shell = fleet.shell("a").await;
    shell.command(&write).await;
    let mut shell = reloaded(&fleet, shell).await;
    let r0 = |truth: &Value| {
        let list = truth["firmware"].as_array().unwrap();
        list.iter().find(|p| p["slot"] == "R0").unwrap().clone()
    };
    let truth = r0(&fleet.truth("a").await);
    assert_eq!(
        (&truth["version"], &truth["other_region"]),
        (&"15.6(48r)S".into(), &"15.6(42r)S".into())
    );
    shell.command(&write).await;
    reloaded(&fleet, shell).await;
    let truth = r0(&fleet.truth("a").await);
    assert_eq!(truth["other_region"], "15.6(48r)S");
    assert_eq!(truth["writes"], 2);
}

#[tokio::test]
async fn what_fails_without_a_word_leaves_the_old_version() {
    for at in ["write", "reload"] {
        let mut spec = asr("a");
        spec.faults = vec![silent(at)];
        let fleet = fleet(vec![spec]).await;
        fleet.push("a", ROMMON).await;
        let mut shell = fleet.shell("a").await;
        let said = shell
            .command(&format!(
                "upgrade rom-monitor filename bootflash:{ROMMON} all"
            ))
            .await;
        assert_eq!(said.contains("complete"), at == "reload", "{said}");
        assert!(said.contains("records out"), "{said}");
        reloaded(&fleet, shell).await;
        let truth = fleet.truth("a").await;
        assert_eq!(version(&truth, "R0", "rommon"), "16.2(1r)", "{at}");
    }
}

#[tokio::test]
async fn a_part_is_written_after_two_questions_and_its_card_power_cycled() {
    let fleet = fleet(vec![asr("a")]).await;
    fleet.push("a", PARTS).await;
    let mut shell = fleet.shell("a").await;
    let write = format!("upgrade hw-programmable fpga filename bootflash:{PARTS} R1\r");
    shell.send(&write).await;
    let asked = shell.until("(Y)es/(N)o/(C)ontinue? [Y").await;
    assert!(
        asked.contains(
            "Upgrade FPGA on Route-Processor 1 from current version 17071402 to 18102401  (Y)es"
        ),
        "{asked}"
    );
    shell.send("N\r").await;
    shell.until("Upgrade is not done").await;
    assert_eq!(version(&fleet.truth("a").await, "R1", "fpga"), "17071402");
    shell.send(&write).await;
    shell.until("(Y)es/(N)o/(C)ontinue? [Y").await;
    shell.send("Y\r").await;
    shell
        .until("will be power-cycled. (Y)es/(N)o/(C)ontinue? [Y]")
        .await;
    shell.send("Y\r").await;
    shell.until("Upgrade complete").await;
    fleet.wait_for(EventKind::MemberDown, 1).await;
    fleet.wait_for(EventKind::MemberUp, 1).await;
    assert_eq!(version(&fleet.truth("a").await, "R1", "fpga"), "18102401");
    assert!(
        fleet.events(EventKind::ReloadBegin).is_empty(),
        "the standby alone"
    );
}

#[tokio::test]
async fn the_processor_that_answers_takes_the_device_with_it() {
    let mut spec = DeviceSpec::new("a", "ASR1001-X", "17.06.05");
    spec.firmware = asr("a").firmware;
    let fleet = fleet(vec![spec]).await;
    fleet.push("a", PARTS).await;
    let mut shell = fleet.shell("a").await;
    shell
        .send(&format!(
            "upgrade hw-programmable all filename bootflash:{PARTS} R0\r"
        ))
        .await;
    for _ in 0..2 {
        shell.until("(Y)es/(N)o/(C)ontinue? [Y").await;
        shell.send("Y\r").await;
    }
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    assert_eq!(causes(&fleet), ["firmware"]);
    let truth = fleet.truth("a").await;
    assert_eq!(truth["reload_count"], 0, "no reload was commanded");
    assert_eq!(version(&truth, "R0", "fpga"), "18102401");
}

#[tokio::test]
async fn a_capsule_asks_and_reloads_by_itself() {
    let mut spec = DeviceSpec::new("a", "C9407R", "17.09.04a");
    spec.members = 1;
    spec.firmware.rommon = Some("17.6.1r[FC2]".into());
    spec.firmware.capsule = Some("17.8.1r[FC1]".into());
    let fleet = fleet(vec![spec, c9300("b")]).await;
    let mut shell = fleet.shell("a").await;
    let shown = shell.command("show firmware version all").await;
    assert!(
        shown.contains("17.6.1r[FC2]") && shown.contains(" Yes\n"),
        "{shown}"
    );
    shell
        .send("upgrade rom-monitor capsule primary switch active R0\r")
        .await;
    shell.until("Do you want to proceed (y/n)? [confirm]").await;
    shell.send("y").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    assert_eq!(causes(&fleet), ["firmware"]);
    let mut shell = fleet.shell("a").await;
    let shown = shell.command("show firmware version all").await;
    assert!(
        shown.contains("17.8.1r[FC1]") && !shown.contains(" Yes\n"),
        "{shown}"
    );
    let mut stack = fleet.shell("b").await;
    let refused = stack
        .command("upgrade rom-monitor capsule primary switch active R0")
        .await;
    assert!(refused.contains("% Invalid input"), "{refused}");
    let shown = stack.command("show rom-monitor switch 1 r0").await;
    assert!(shown.contains("System Bootstrap, Version"), "{shown}");
}

#[tokio::test]
async fn an_fpga_reloads_once_more_at_the_first_boot_of_another_train() {
    let mut spec = DeviceSpec::new("a", "ASR-920-12CZ-A", "17.06.05");
    spec.target_version = Some("17.09.05a".into());
    let fleet = fleet(vec![spec]).await;
    let file = "asr920-universalk9_npe.17.09.05a.SPA.bin";
    fleet.push("a", file).await;
    let mut shell = fleet.shell("a").await;
    shell.send("configure terminal\r").await;
    shell.until("a(config)#").await;
    for line in ["no boot system", &format!("boot system bootflash:{file}")] {
        shell.send(&format!("{line}\r")).await;
        shell.until("a(config)#").await;
    }
    shell.send("end\r").await;
    shell.until("a#").await;
    shell.command("write memory").await;
    reloaded(&fleet, shell).await;
    assert_eq!(causes(&fleet), ["command", "firmware"]);
    assert_eq!(fleet.truth("a").await["running_version"], "17.09.05a");
}

#[tokio::test]
async fn a_package_of_another_platform_or_a_changed_one_is_refused() {
    let mut other = DeviceSpec::new("a", "ISR4451-X/K9", "17.09.04a");
    other.firmware.packages = vec![rommon("17.3(1r)")];
    let fleet = fleet(vec![other, asr("b")]).await;
    fleet.push("a", ROMMON).await;
    let mut shell = fleet.shell("a").await;
    let said = shell
        .command(&format!(
            "upgrade rom-monitor filename bootflash:{ROMMON} all"
        ))
        .await;
    assert!(
        said.contains("% The package is not supported on this platform"),
        "{said}"
    );
    let said = shell
        .command("upgrade rom-monitor filename bootflash:nothing.pkg all")
        .await;
    assert!(said.contains("%Error opening"), "{said}");
}
