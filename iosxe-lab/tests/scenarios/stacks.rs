//! Stacks whose switches boot from their own flash, and switches that are kept out.

use super::client::{Fleet, Shell, device, fleet};
use super::install::{LONG, activate, causes};
use iosxe_lab::{ApartSpec, BootModeSpec, DeviceSpec, EventKind, Fault};

const OLD: &str = "cat9k_iosxe.17.09.04a.SPA.bin";
const NEW: &str = "cat9k_iosxe.17.12.04.SPA.bin";

fn stack(change: impl FnOnce(&mut DeviceSpec)) -> DeviceSpec {
    let mut stack = device("st-a", "C9300-24P");
    stack.members = 3;
    change(&mut stack);
    stack
}

/// A switch of a stack of three that runs something else.
fn third(version: Option<&str>, boot_mode: Option<BootModeSpec>) -> Vec<ApartSpec> {
    vec![ApartSpec {
        member: 3,
        version: version.map(str::to_owned),
        boot_mode,
    }]
}

fn fault(kind: &str, at: &str) -> Fault {
    Fault {
        kind: kind.into(),
        at: at.into(),
        times: None,
    }
}

/// State and release of every switch, by the lab's truth.
async fn members(fleet: &Fleet) -> Vec<(String, String, String)> {
    let truth = fleet.truth("st-a").await;
    let all = truth["members"].as_array().unwrap().clone();
    let word = |m: &serde_json::Value, key: &str| m[key].as_str().unwrap().to_owned();
    all.iter()
        .map(|m| (word(m, "state"), word(m, "version"), word(m, "boot_mode")))
        .collect()
}

async fn copy_to(shell: &mut Shell, fs: &str) {
    shell.send(&format!("copy flash:{NEW} {fs}:{NEW}\r")).await;
    shell.until("Destination filename").await;
    shell.send("\r").await;
    shell.until("bytes copied").await;
    shell.until("st-a#").await;
}

/// Sets these boot statements and saves; asked before what another release wrote is written over.
async fn boots(shell: &mut Shell, lines: &[String], other_release: bool) {
    shell.send("configure terminal\r").await;
    shell.until("(config)#").await;
    for line in lines {
        shell.send(&format!("{line}\r")).await;
        shell.until("(config)#").await;
    }
    shell.send("end\r").await;
    shell.until("st-a#").await;
    shell.send("write memory\r").await;
    if other_release {
        shell.until("NVRAM configuration?[confirm]").await;
        shell.send("\r").await;
    }
    shell.until("[OK]").await;
    shell.until("st-a#").await;
}

async fn reload(fleet: &Fleet, mut shell: Shell, nth: usize) -> Shell {
    shell.send("reload\r").await;
    shell.until("this will reload the whole stack").await;
    shell.until("Proceed with reload? [confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, nth).await;
    fleet.shell("st-a").await
}

#[tokio::test]
async fn in_bundle_mode_every_switch_boots_from_its_own_flash() {
    let fleet = fleet(vec![stack(|s| s.boot_mode = Some(BootModeSpec::Bundle))]).await;
    fleet.push("st-a", NEW).await;
    let mut shell = fleet.shell("st-a").await;
    copy_to(&mut shell, "flash-2").await;
    let switch_all = |file: &str| format!("boot system switch all flash:{file}");
    boots(
        &mut shell,
        &[
            "no boot system".to_owned(),
            switch_all(NEW),
            switch_all(OLD),
        ],
        false,
    )
    .await;
    let both = format!("BOOT variable = flash:{NEW};flash:{OLD};");
    let shown = shell.command("show boot").await;
    assert_eq!(shown.matches(&both).count(), 3, "{shown}");

    // The third one has no such file, and boots its second entry.
    let mut shell = reload(&fleet, shell, 1).await;
    let of =
        |state: &str, version: &str| (state.to_owned(), version.to_owned(), "bundle".to_owned());
    let shown = shell.repeat("show switch", "V-Mismatch").await;
    assert!(!shown.contains("Removed"), "{shown}");
    let version = shell.repeat("show version", "     2 ").await;
    assert!(
        version.contains("17.09.04a") && version.contains("17.12.04"),
        "{version}"
    );
    shell.repeat("show switch", "Standby  ").await;
    assert_eq!(members(&fleet).await[2], of("v-mismatch", "17.09.04a"));
    assert_eq!(members(&fleet).await[0], of("ready", "17.12.04"));
    // It does not take part: neither its flash nor its ports, nor what is saved now.
    let listed = shell.command("dir flash-3:").await;
    assert!(listed.contains("%Error opening flash-3:"), "{listed}");
    let ports = shell.command("show interfaces status").await;
    let third = ports.lines().filter(|l| l.starts_with("Gi3/0/"));
    assert!(third.clone().count() > 0 && third.clone().all(|l| !l.contains(" connected ")));
    boots(
        &mut shell,
        &["no boot system".to_owned(), switch_all(OLD)],
        true,
    )
    .await;
    let truth = fleet.truth("st-a").await;
    let variable = |n: usize| {
        truth["members"][n]["boot_variable"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(variable(1), format!("flash:{OLD}"));
    assert_eq!(variable(2), format!("flash:{NEW};flash:{OLD}"));

    let mut shell = reload(&fleet, shell, 2).await;
    shell.repeat("show switch", "Standby  ").await;
    let all = members(&fleet).await;
    assert!(
        all.iter()
            .all(|m| m.1 == "17.09.04a" && m.0 != "v-mismatch"),
        "{all:?}"
    );
    assert_eq!(causes(&fleet), ["command", "command"]);
}

#[tokio::test]
async fn a_boot_statement_without_switch_all_is_the_actives_alone() {
    let fleet = fleet(vec![stack(|_| {})]).await;
    let mut shell = fleet.shell("st-a").await;
    let line = format!("boot system flash:{OLD}");
    boots(&mut shell, &["no boot system".to_owned(), line], false).await;
    let shown = shell.command("show boot").await;
    assert_eq!(
        shown
            .matches(&format!("BOOT variable = flash:{OLD};"))
            .count(),
        1,
        "{shown}"
    );
    assert_eq!(shown.matches("BOOT variable = \n").count(), 2, "{shown}");
}

#[tokio::test]
async fn a_switch_in_another_boot_mode_is_kept_out_although_its_release_is_the_same() {
    let spec = stack(|s| {
        s.apart = third(None, Some(BootModeSpec::Bundle));
        s.config = vec!["switch 4 provision c9300-24p".into()];
    });
    let fleet = fleet(vec![spec]).await;
    let mut shell = fleet.shell("st-a").await;
    let switch = shell.command("show switch detail").await;
    assert!(switch.contains("V-Mismatch"), "{switch}");
    let absent = switch.lines().find(|l| l.contains("Provisioned")).unwrap();
    let words: Vec<&str> = absent.split_whitespace().collect();
    assert_eq!(words, ["4", "Member", "0000.0000.0000", "0", "Provisioned"]);
    let row = switch.lines().find(|l| l.contains("V-Mismatch")).unwrap();
    assert!(row.starts_with(" 3       Member "), "{row}");
    let version = shell.command("show version").await;
    let mode = |line: &str| line.ends_with("BUNDLE ") || line.ends_with("INSTALL");
    let rows: Vec<&str> = version
        .lines()
        .filter(|l| mode(l.trim_end_matches('\r')))
        .collect();
    assert_eq!(rows.len(), 3, "{version}");
    assert!(
        rows[2].contains("17.09.04a") && rows[2].contains("BUNDLE"),
        "{version}"
    );
    // What the engine does, it does without it.
    fleet.push("st-a", NEW).await;
    let added = shell
        .command(&format!("install add file flash:{NEW}"))
        .await;
    assert!(added.contains("Add: Passed on [1 2]"), "{added}");
}

#[tokio::test]
async fn what_was_missing_while_the_stack_went_back_is_a_mismatch_afterwards() {
    let fleet = fleet(vec![stack(|_| {})]).await;
    fleet
        .lab
        .set_fault("st-a", fault("member_missing_after_reload", ""))
        .unwrap();
    activate(&fleet, "st-a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("st-a").await;
    shell.send("install abort\r").await;
    shell.until("[y/n]").await;
    shell.send("y\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    let mut shell = fleet.shell("st-a").await;
    shell.repeat("show switch", "V-Mismatch").await;
    let all = members(&fleet).await;
    assert_eq!(
        (all[0].1.as_str(), all[2].1.as_str()),
        ("17.09.04a", "17.12.04")
    );
}

#[tokio::test]
async fn a_switch_that_boots_the_old_release_alone_is_in_its_place_after_the_way_back() {
    let fleet = fleet(vec![stack(|_| {})]).await;
    fleet
        .lab
        .set_fault("st-a", fault("member_mismatch_after_reload", ""))
        .unwrap();
    activate(&fleet, "st-a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("st-a").await;
    shell.repeat("show switch", "V-Mismatch").await;
    let summary = shell.command("show install summary").await;
    assert!(summary.contains("[ Switch 1 2 ]"), "{summary}");
    shell.send("install abort\r").await;
    shell.until("[y/n]").await;
    shell.send("y\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::MemberUp, 3).await;
    let all = members(&fleet).await;
    assert!(
        all.iter()
            .all(|m| m.1 == "17.09.04a" && m.0 != "v-mismatch"),
        "{all:?}"
    );
}

#[tokio::test]
async fn auto_upgrade_cures_a_switch_of_the_same_train_and_nothing_else() {
    let enabled = || vec!["software auto-upgrade enable".to_owned()];
    let cured = stack(|s| {
        s.apart = third(Some("17.09.05"), None);
        s.config = enabled();
    });
    let one = fleet(vec![cured]).await;
    one.wait_for(EventKind::MemberUp, 1).await;
    assert_eq!(causes(&one), ["mismatch"]);
    assert!(one.events(EventKind::MemberUp)[0].sim_s > 180.0);
    let all = members(&one).await;
    assert_eq!(all[2].1, "17.09.04a");
    let truth = one.truth("st-a").await;
    assert_eq!(
        (&truth["reload_count"], &truth["reloads"]["mismatch"]),
        (&0.into(), &1.into())
    );

    for (apart, why) in [
        (
            third(None, Some(BootModeSpec::Bundle)),
            "switch 3 does not run in install mode",
        ),
        (third(Some("17.06.05"), None), "switch 3 runs another train"),
        (Vec::new(), "no switch is mismatched"),
    ] {
        let fleet = fleet(vec![stack(|s| s.apart = apart)]).await;
        let mut shell = fleet.shell("st-a").await;
        let said = shell.command("install autoupgrade").await;
        assert!(
            said.contains(&format!("FAILED: install_autoupgrade : {why}")),
            "{said}"
        );
        assert!(causes(&fleet).is_empty());
    }
}

#[tokio::test]
async fn auto_upgrade_wants_a_full_ring_and_may_be_asked_for_by_hand() {
    let fleet = fleet(vec![stack(|s| s.apart = third(Some("17.09.05"), None))]).await;
    fleet.lab.set_fault("st-a", fault("half_ring", "")).unwrap();
    let mut shell = fleet.shell("st-a").await;
    let said = shell.command("install autoupgrade").await;
    assert!(said.contains("the stack is no full ring"), "{said}");
    fleet.lab.clear_faults("st-a").unwrap();
    let said = shell.command("install autoupgrade").await;
    assert!(said.contains("SUCCESS: install_autoupgrade"), "{said}");
    shell.repeat("show switch", "Removed").await;
    fleet.wait_for(EventKind::MemberUp, 1).await;
    let shown = shell.command("show switch").await;
    assert!(
        !shown.contains("V-Mismatch") && !shown.contains("Removed"),
        "{shown}"
    );
}

/// The question comes before the one about the reload. With `n` the device goes back, and nothing is
/// saved; other releases ask nothing, and fail.
#[tokio::test]
async fn a_way_back_asks_about_unsaved_configuration() {
    let fleet = fleet(vec![stack(|_| {})]).await;
    fleet
        .lab
        .set_fault("st-a", fault("unsaved_config", "reload"))
        .unwrap();
    activate(&fleet, "st-a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    fleet
        .lab
        .set_fault("st-a", fault("unsaved_refused", ""))
        .unwrap();
    let mut shell = fleet.shell("st-a").await;
    let said = shell.command("install abort").await;
    let refusal = "FAILED: install_abort : System configuration has been modified. Please save \
                   configuration and resubmit command.";
    assert!(said.contains(refusal), "{said}");
    shell.send("install abort\r").await;
    shell.until("re-enter the command. [y/n/q] ").await;
    shell.send("q\r").await;
    let said = shell.until("st-a#").await;
    assert!(said.contains("FAILED: install_abort"), "{said}");
    shell.send("install abort\r").await;
    shell.until("re-enter the command. [y/n/q] ").await;
    shell.send("n\r").await;
    shell.until("Do you want to proceed? [y/n]").await;
    shell.send("y\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 2).await;
    assert!(fleet.events(EventKind::ConfigSaved).is_empty());
    assert_eq!(fleet.truth("st-a").await["running_version"], "17.09.04a");
    assert_eq!(fleet.truth("st-a").await["config_saved"], true);
}
