//! Patches: hot and cold ones, wrong ones, several, and their ways back.

use super::client::{Fleet, Shell, c9300, fleet, scp};
use super::install::{LONG, activate as upgrade, causes};
use iosxe_lab::{DeviceSpec, EventKind, Fault, PatchSpec};

const HOT: &str = "cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin";
const COLD: &str = "cat9k_iosxe.17.09.04a.CSCwa00002.SPA.smu.bin";
const OTHER: &str = "cat9k_iosxe.17.12.04.CSCwa00003.SPA.smu.bin";

fn patched(name: &str) -> DeviceSpec {
    let mut spec = c9300(name);
    let smu = |defect: &str, version: Option<&str>, hot| PatchSpec {
        defect: defect.into(),
        version: version.map(str::to_owned),
        hot,
        foreign_uncommitted: false,
    };
    spec.smus = vec![
        smu("CSCwa00001", None, true),
        smu("CSCwa00002", None, false),
        smu("CSCwa00003", Some("17.12.04"), true),
    ];
    spec
}

async fn add(fleet: &Fleet, shell: &mut Shell, file: &str) -> String {
    fleet.push("a", file).await;
    shell
        .command(&format!("install add file flash:{file}"))
        .await
}

/// Adds, activates and commits the hot patch.
async fn hot_committed(fleet: &Fleet) -> Shell {
    let mut shell = fleet.shell("a").await;
    add(fleet, &mut shell, HOT).await;
    shell
        .command(&format!("install activate file flash:{HOT}"))
        .await;
    let done = shell.command("install commit").await;
    assert!(done.contains("SUCCESS: install_commit"), "{done}");
    shell
}

async fn cold_activated(fleet: &Fleet) -> Shell {
    let mut shell = fleet.shell("a").await;
    let before = fleet.events(EventKind::ReloadEnd).len();
    add(fleet, &mut shell, COLD).await;
    shell
        .send(&format!("install activate file flash:{COLD} {LONG}\r"))
        .await;
    shell.until("Do you want to proceed? [y/n]").await;
    shell.send("y\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, before + 1).await;
    fleet.shell("a").await
}

#[tokio::test]
async fn a_hot_patch_takes_effect_without_a_reload() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = fleet.shell("a").await;
    let said = add(&fleet, &mut shell, HOT).await;
    assert!(said.contains("SUCCESS: install_add "), "{said}");
    let said = shell
        .command(&format!("show install package flash:{HOT}"))
        .await;
    for text in [
        "Package Type: SMU\n",
        "Defect ID: CSCwa00001\n",
        "Package State: Inactive\n",
        "SMU Type: hot\n",
        "SMU Compatible with Version: 17.09.04a.0.",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let again = shell
        .command(&format!("install add file flash:{HOT}"))
        .await;
    assert!(
        again.contains("SMU Already Added-No Change") && again.contains("SUCCESS: install_add"),
        "{again}"
    );
    let said = shell
        .command(&format!("install activate file flash:{HOT} {LONG}"))
        .await;
    assert!(said.contains("SUCCESS: install_activate"), "{said}");
    let said = shell.command("show install summary").await;
    assert!(
        said.contains(&format!("SMU   U    flash:{HOT}\n")),
        "{said}"
    );
    assert!(said.contains("IMG   C    17.09.04a.0."), "{said}");
    assert!(said.contains("Auto abort timer: active on install_activate"));
    let said = shell.command("show install uncommitted").await;
    assert!(said.contains("SMU   U") && !said.contains("IMG"), "{said}");
    let said = shell.command("install commit").await;
    assert!(said.contains("SUCCESS: install_commit"), "{said}");
    let said = shell.command("show install committed").await;
    assert!(
        said.contains("SMU   C") && said.contains("IMG   C"),
        "{said}"
    );
    assert!(fleet.events(EventKind::ReloadBegin).is_empty());
    let truth = fleet.truth("a").await;
    assert!(truth["auto_abort_s"].is_null());
    let smu = truth["install_state"].as_array().unwrap();
    assert!(smu.iter().any(|p| p["type"] == "SMU" && p["state"] == "C"));
}

#[tokio::test]
async fn a_cold_patch_asks_and_reloads_and_another_reload_before_the_commit_loses_it() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = cold_activated(&fleet).await;
    let said = shell.command("show install summary").await;
    assert!(
        said.contains(&format!("SMU   U    flash:{COLD}\n")),
        "{said}"
    );
    shell.send("reload\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install summary").await;
    assert!(
        said.contains(&format!("SMU   I    flash:{COLD}\n")),
        "{said}"
    );
    assert!(said.contains("Auto abort timer: inactive"), "{said}");
    assert_eq!(causes(&fleet), ["command", "command"]);
}

#[tokio::test]
async fn a_committed_cold_patch_survives_reloads_and_leaves_by_deactivation() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = cold_activated(&fleet).await;
    shell.command("install commit").await;
    let said = shell
        .command(&format!("install remove file flash:{COLD}"))
        .await;
    assert!(said.contains("is in use"), "{said}");
    shell
        .send(&format!("install deactivate file flash:{COLD}\r"))
        .await;
    shell.until("Do you want to proceed? [y/n]").await;
    shell.send("y\r").await;
    let seen = shell.until_gone().await;
    assert!(seen.contains("SUCCESS: install_deactivate"), "{seen}");
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install summary").await;
    assert!(said.contains("SMU   D"), "{said}");
    shell.command("install commit").await;
    let said = shell.command("show install summary").await;
    assert!(said.contains("SMU   I"), "{said}");
    let said = shell
        .command(&format!("install remove file flash:{COLD}"))
        .await;
    assert!(said.contains("SUCCESS: install_remove"), "{said}");
    assert!(!shell.command("show install summary").await.contains("SMU"));
    assert!(!shell.command("dir").await.contains(COLD));
}

#[tokio::test]
async fn patches_that_do_not_fit_are_refused() {
    let mut spec = patched("a");
    spec.faults = vec![Fault {
        kind: "smu_incompatible".into(),
        at: "install_activate".into(),
        times: None,
    }];
    let fleet = fleet(vec![spec]).await;
    let mut shell = fleet.shell("a").await;
    let said = add(&fleet, &mut shell, OTHER).await;
    assert!(
        said.contains("is not compatible with the running version 17.09.04a")
            && said.contains("FAILED: install_add"),
        "{said}"
    );
    let mut bytes = std::fs::read(fleet.dir.path().join("images").join(COLD)).unwrap();
    bytes[2000] ^= 1;
    let handle = fleet.login("a").await;
    assert_eq!(
        scp(&handle, &format!("flash:{COLD}"), &bytes).await.last(),
        Some(&0)
    );
    let said = shell
        .command(&format!("install add file flash:{COLD}"))
        .await;
    assert!(said.contains("Signature verification failed"), "{said}");
    add(&fleet, &mut shell, HOT).await;
    let said = shell
        .command(&format!("install activate file flash:{HOT}"))
        .await;
    assert!(said.contains("FAILED: install_activate"), "{said}");
    assert!(
        shell
            .command("show install summary")
            .await
            .contains("SMU   I")
    );
}

#[tokio::test]
async fn patches_add_up_and_a_rollback_takes_them_apart() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = hot_committed(&fleet).await;
    let points = shell.command("show install rollback").await;
    assert!(points.contains("2       No Label") && points.contains("1       No Label"));
    let said = shell.command("show install rollback id 2").await;
    assert!(
        said.contains("Reload required: NO") && said.contains("SMU   C"),
        "{said}"
    );
    let mut shell = cold_activated(&fleet).await;
    shell.command("install commit").await;
    let said = shell.command("show install active").await;
    assert_eq!(said.matches("SMU   C").count(), 2, "{said}");
    let said = shell.command("show install rollback id 1").await;
    assert!(
        said.contains("Reload required: YES") && !said.contains("SMU"),
        "{said}"
    );
    // Without the cold one: a reload, and the hot one stays.
    let said = shell.command("install label 2 label-name good").await;
    assert!(said.contains("SUCCESS: install_add_label"), "{said}");
    let said = shell.command("install label 9 label-name bad").await;
    assert!(
        said.contains("FAILED: install_add_label : No rollback id 9 present"),
        "{said}"
    );
    let said = shell.command("show install rollback").await;
    assert!(
        said.contains("2       good                             No Description"),
        "{said}"
    );
    shell
        .send("install rollback to label good prompt-level none\r")
        .await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install active").await;
    assert!(said.contains(HOT) && !said.contains(COLD), "{said}");
    // To the base: only a hot one is left, so nothing reloads.
    let said = shell.command("install rollback to base").await;
    assert!(said.contains("SUCCESS: install_rollback"), "{said}");
    assert!(!shell.command("show install active").await.contains("SMU"));
    let said = shell.command("install rollback to base").await;
    assert!(said.contains("Already at the base image"), "{said}");
    assert_eq!(causes(&fleet), ["command", "command"]);
}

#[tokio::test]
async fn all_added_patches_are_one_activation_that_asks_when_one_of_them_reloads() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = fleet.shell("a").await;
    add(&fleet, &mut shell, HOT).await;
    add(&fleet, &mut shell, COLD).await;
    shell.send(&format!("install activate {LONG}\r")).await;
    shell.until("Do you want to proceed? [y/n]").await;
    shell.send("n\r").await;
    shell.until("FAILED: install_activate").await;
    shell.until("a#").await;
    shell.send(&format!("install activate {LONG}\r")).await;
    shell.until("Do you want to proceed? [y/n]").await;
    shell.send("y\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install uncommitted").await;
    assert_eq!(said.matches("SMU   U").count(), 2, "{said}");
}

#[tokio::test]
async fn an_abort_or_the_timer_takes_a_hot_patch_back_without_a_reload() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = fleet.shell("a").await;
    add(&fleet, &mut shell, HOT).await;
    let activate = format!("install activate file flash:{HOT} auto-abort-timer 30");
    shell.command(&activate).await;
    let said = shell.command("install abort").await;
    assert!(said.contains("SUCCESS: install_abort"), "{said}");
    assert!(
        shell
            .command("show install summary")
            .await
            .contains("SMU   I")
    );
    shell.command(&activate).await;
    fleet.wait_for(EventKind::AutoAbort, 1).await;
    shell.repeat("show install summary", "SMU   I").await;
    assert!(fleet.events(EventKind::ReloadBegin).is_empty());
}

#[tokio::test]
async fn an_upgrade_drops_patches_and_the_way_back_takes_them_along() {
    let fleet = fleet(vec![patched("a")]).await;
    hot_committed(&fleet).await;
    upgrade(&fleet, "a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install summary").await;
    assert!(
        said.contains("SMU   D") && said.contains("IMG   U    17.12.04"),
        "{said}"
    );
    shell.command("install commit").await;
    assert!(
        shell
            .command("show install summary")
            .await
            .contains("SMU   I")
    );
    shell
        .send("install rollback to id 2 prompt-level none\r")
        .await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install summary").await;
    assert!(
        said.contains("SMU   C") && said.contains("IMG   C    17.09.04a"),
        "{said}"
    );
}

#[tokio::test]
async fn nothing_is_installed_while_the_file_of_a_patch_is_gone() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = hot_committed(&fleet).await;
    shell.command(&format!("delete /force flash:{HOT}")).await;
    let said = shell
        .command(&format!("install add file flash:{COLD}"))
        .await;
    assert!(
        said.contains("Improper State./flash/")
            && said.contains("not present. Please restore file for stability."),
        "{said}"
    );
    fleet.push("a", HOT).await;
    let said = add(&fleet, &mut shell, COLD).await;
    assert!(said.contains("SUCCESS: install_add"), "{said}");
}

#[tokio::test]
async fn the_timer_stops_by_the_words_of_the_release() {
    let fleet = fleet(vec![patched("a")]).await;
    let mut shell = fleet.shell("a").await;
    add(&fleet, &mut shell, HOT).await;
    shell
        .command(&format!("install activate file flash:{HOT}"))
        .await;
    let said = shell.command("install stop-timer").await;
    assert!(said.contains("% Invalid input"), "{said}");
    let said = shell.command("install auto-abort-timer stop").await;
    assert!(
        said.contains("SUCCESS: install_auto_abort_timer_stop"),
        "{said}"
    );
    let said = shell.command("show install summary").await;
    assert!(
        said.contains("SMU   U") && said.contains("Auto abort timer: inactive"),
        "{said}"
    );
}

#[tokio::test]
async fn a_patch_that_somebody_left_uncommitted_is_found_and_goes_by_itself() {
    let mut spec = patched("a");
    spec.smus[0].foreign_uncommitted = true;
    let fleet = fleet(vec![spec]).await;
    let mut shell = fleet.shell("a").await;
    let said = shell.command("show install summary").await;
    assert!(
        said.contains(&format!("SMU   U    flash:{HOT}\n")),
        "{said}"
    );
    let said = shell
        .command(&format!("show install package flash:{HOT}"))
        .await;
    assert!(said.contains("Package State: Active\n"), "{said}");
    assert!(fleet.truth("a").await["auto_abort_s"].as_u64().unwrap() > 0);
    fleet.wait_for(EventKind::AutoAbort, 1).await;
    shell.repeat("show install summary", "SMU   I").await;
    assert!(fleet.events(EventKind::ReloadBegin).is_empty());
}
