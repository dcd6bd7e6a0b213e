//! What stands in the way of a change: it is found while nothing was changed yet.

use iosxe_lab::DeviceSpec;

use super::support::{Bench, c9300, fault, stack};
use super::upgrade;

/// An upgrade that is refused at a device of this kind; returns what it said.
#[track_caller]
fn refused(bench: &Bench, name: &str) -> String {
    let owners = bench.table().owners();
    let ran = bench.run(&upgrade(name));
    bench.assert_only_read();
    assert_eq!(bench.table().owners(), owners);
    let row = bench.table();
    let fault = &ran.device(name)["fault"];
    assert_eq!(
        row.cell(name, "status"),
        ran.device(name)["outcome"].as_str().unwrap()
    );
    let code = format!("[{}]", fault["code"].as_str().unwrap_or("-"));
    assert!(row.cell(name, "last_error").ends_with(&code), "{row:?}");
    bench.told(&ran)
}

fn with(change: impl FnOnce(&mut DeviceSpec)) -> Bench {
    let mut spec = c9300("sw-a");
    change(&mut spec);
    Bench::new(vec![spec])
}

fn troubled(spec: DeviceSpec, kind: &str) -> Bench {
    let name = spec.name.clone();
    let bench = Bench::new(vec![spec]);
    bench.set_fault(&name, fault(kind));
    bench
}

#[test]
fn an_image_whose_bytes_are_not_the_catalogues_is_not_sent() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let image = bench.path("images/cat9k_iosxe.17.12.04.SPA.bin");
    let mut bytes = std::fs::read(&image).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&image, bytes).unwrap();
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in select: images/cat9k_iosxe.17.12.04.SPA.bin: SHA-512 is <digest>, the catalogue says <digest> [image_differs]
      next: fetch the file again, or add it anew when the catalogue is wrong: `iosxe image verify`
    ");
}

#[test]
fn an_image_that_is_only_half_there_is_not_sent() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let image = bench.path("images/cat9k_iosxe.17.12.04.SPA.bin");
    let bytes = std::fs::read(&image).unwrap();
    std::fs::write(&image, &bytes[..bytes.len() / 2]).unwrap();
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in select: images/cat9k_iosxe.17.12.04.SPA.bin: size is 131072, the catalogue says 262144 [image_differs]
      next: fetch the file again, or add it anew when the catalogue is wrong: `iosxe image verify`
    ");
}

#[test]
fn an_image_for_another_platform_is_not_sent() {
    let router = super::support::device("rt-a", "ISR4451-X/K9");
    let bench = Bench::new(vec![c9300("sw-a"), router]);
    bench.edit(|table| {
        table.set("sw-a", "image", "isr4400-universalk9.17.12.04.SPA.bin");
    });
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in select: isr4400-universalk9.17.12.04.SPA.bin is for ISR4431, ISR4451, not for C9300-48P [image_wrong_platform]
      next: correct the `image` or `target_version` cell of the row
    ");
}

#[test]
fn a_row_for_another_platform_is_not_worked_on() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.edit(|table| table.set("sw-a", "platform", "C9500"));
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in discover: the row says platform C9500, the device is a C9300-48P [platform_differs]
      next: correct the `platform` cell, or the address
    ");
}

#[test]
fn a_row_for_another_chassis_is_not_worked_on() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.edit(|table| table.set("sw-a", "serial", "FOC0000A000"));
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in discover: the row says serial FOC0000A000, the device says FCW1927LFNN [serial_differs]
      next: find out which device answers at this address, then correct the row
    ");
}

#[test]
fn flash_that_is_too_small_on_one_member_of_a_stack_names_the_member() {
    let mut spec = stack("sw-a");
    spec.free_bytes = vec![0, 0, 1_000_000];
    let bench = Bench::new(vec![spec]);
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in plan: member 3: flash-3: has 1 MB free, the upgrade needs 301 MB (image 1 MB, extraction 1 MB, margin 300 MB) [flash_too_small]
      next: free 300 MB on flash-3: of member 3: `install remove inactive`
    ");
}

/// Design rule 12.
#[test]
fn unsaved_configuration_is_shown() {
    let bench = troubled(c9300("sw-a"), "unsaved_config");
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in precheck: running and startup configuration differ in 1 line: +ip host forgotten 192.0.2.99 [unsaved_configuration]
      next: save or undo the changes, or allow saving with save_config = yes in the row: `write memory`
    ");
}

#[test]
fn a_reload_that_somebody_scheduled_is_not_overridden() {
    let bench = troubled(c9300("sw-a"), "scheduled_reload");
    let told = refused(&bench, "sw-a");
    assert!(told.contains("[scheduled_reload]"), "{told}");
    let told = without_clock(&told);
    insta::assert_snapshot!(told, @r"
    exit 3
    sw-a: refused in precheck: a reload is scheduled: <when> [scheduled_reload]
      next: cancel it, or wait until it is over: `reload cancel`
    ");
}

/// The device's own times.
fn without_clock(text: &str) -> String {
    let at = text.find("a reload is scheduled: ").unwrap();
    let (head, tail) = text.split_at(at);
    let end = tail.find(" [").unwrap();
    format!("{head}a reload is scheduled: <when>{}", &tail[end..])
}

#[test]
fn somebody_in_configuration_mode_is_waited_for() {
    let bench = troubled(c9300("sw-a"), "config_session");
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in precheck: somebody is configuring the device: colleague on line 0 [config_session]
      next: wait until they are done: `show users`
    ");
}

#[test]
fn manual_boot_would_stop_in_the_boot_loader() {
    let bench = with(|spec| spec.manual_boot = true);
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in precheck: manual boot is on: the device would stop in ROMMON [manual_boot]
      next: turn it off and save: `no boot manual`
    ");
}

#[test]
fn a_configuration_register_that_ignores_the_startup_configuration_is_refused() {
    let mut router = super::support::device("rt-a", "ISR4451-X/K9");
    router.confreg = Some("0x2142".into());
    let bench = Bench::new(vec![router]);
    insta::assert_snapshot!(refused(&bench, "rt-a"), @r"
    exit 3
    rt-a: refused in precheck: the configuration register of the next boot is 0x2142 [config_register]
      next: set it back and save: `config-register 0x2102`
    ");
}

#[test]
fn a_half_ring_is_no_stack_to_reload() {
    let bench = troubled(stack("sw-a"), "half_ring");
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in plan: a stack port of member 1 is down: the stack is a half ring [half_ring]
      next: repair the stack cabling first: `show switch stack-ports summary`
    ");
}

#[test]
fn a_user_without_privilege_is_told_what_is_missing() {
    let mut bench = Bench::new(vec![c9300("sw-a")]);
    bench.environment("IOSXE_USERNAME", "viewer");
    let password = bench.credentials().viewer_password;
    bench.environment("IOSXE_PASSWORD", &password);
    bench.environment("IOSXE_ENABLE", "");
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in precheck: the session has privilege 1, 15 is needed [privilege]
      next: let AAA grant privilege 15 at login, or set the enable secret
    ");
}

/// The install engine would be within reach, but an SCP session cannot enable.
#[test]
fn a_user_that_has_to_enable_cannot_copy() {
    let mut bench = Bench::new(vec![c9300("sw-a")]);
    bench.environment("IOSXE_USERNAME", "viewer");
    let password = bench.credentials().viewer_password;
    bench.environment("IOSXE_PASSWORD", &password);
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in precheck: the login does not land in privilege 15, and an SCP session cannot enable [scp_privilege]
      next: let AAA grant this user privilege 15 at login
    ");
}

#[test]
fn a_device_without_scp_server_is_told_how_to_get_one() {
    let bench = with(|spec| spec.scp_server = false);
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: refused in precheck: the device takes no SCP: its server is off [scp_server]
      next: turn it on: `ip scp server enable`
    ");
}

#[test]
fn somebody_elses_unfinished_install_is_left_alone() {
    let bench = with(|spec| spec.foreign_uncommitted = Some("17.12.04".into()));
    insta::assert_snapshot!(refused(&bench, "sw-a"), @r"
    exit 3
    sw-a: held in plan: 17.12.04.0.4803 is activated and not committed, and not by this plan [foreign_uncommitted]
      next: find out whose it is; commit or abort it by hand
    ");
}
