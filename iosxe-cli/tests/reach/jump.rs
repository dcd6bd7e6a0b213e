//! A device that only a jump host leads to.

use iosxe_lab::EventKind;
use serde_json::Value;

use super::support::{Bench, c9300};
use super::{UPGRADE, events, lab, outcome, session_log};

pub(crate) const HIDDEN: &str = r#"
[[device]]
name = "jump-01"
pid = "ISR4331/K9"
version = "17.09.04a"
jump = true

[[device]]
name = "hidden-a"
pid = "C9300-24P"
version = "17.09.04a"
target_version = "17.12.04"
site = "lyon"
behind = "jump-01"
"#;

/// Where the jump host listens, as a `jump` cell has it.
pub(crate) fn address_of(bench: &Bench, device: &str) -> String {
    let devices = bench.lab().devices();
    let device = devices.iter().find(|d| d.name == device).unwrap();
    device.address.to_string()
}

/// Takes the lab's `jump` cell away.
pub(crate) fn forget_the_way(bench: &Bench) {
    bench.edit(|table| table.set("hidden-a", "jump", ""));
}

/// The users that logged in to a device.
fn users(bench: &Bench, device: &str) -> Vec<String> {
    let timeline = bench.timeline();
    let logins = timeline
        .iter()
        .filter(|e| e.device == device && e.kind == EventKind::Login);
    let mut users: Vec<_> = logins
        .map(|e| e.detail["user"].as_str().unwrap().to_owned())
        .collect();
    users.dedup();
    users
}

/// A jump host is passed through: nothing is asked of it or changed on it.
#[track_caller]
fn assert_only_passed(bench: &Bench, jump: &str) {
    assert!(bench.happened(jump, EventKind::Login));
    for event in bench.timeline().iter().filter(|e| e.device == jump) {
        let passed = matches!(event.kind, EventKind::Login | EventKind::Logout);
        assert!(passed, "{event:#?}");
    }
}

#[test]
fn without_the_jump_column_it_is_not_reached() {
    let bench = lab(HIDDEN);
    forget_the_way(&bench);
    // Some networks refuse its address at once, some let every try wait: one is enough.
    let running = bench.start(&["discover", "--output", "ndjson"]);
    running.wait_stdout("look_failed");
    let said = running.stdout();
    let failed = said.lines().find(|l| l.contains("look_failed")).unwrap();
    let failed: Value = serde_json::from_str(failed).unwrap();
    let code = failed["event"]["fault"]["code"].as_str().unwrap();
    assert!(
        ["unreachable", "connect_timeout"].contains(&code),
        "{failed:#}"
    );
    bench.assert_no_contact();
}

#[test]
fn with_the_jump_column_it_is_upgraded() {
    let bench = lab(HIDDEN);
    assert_eq!(
        bench.table().cell("hidden-a", "jump"),
        address_of(&bench, "jump-01")
    );
    let ran = bench.run(&UPGRADE);
    assert_eq!(outcome(&ran, "hidden-a"), "upgraded", "{}", ran.stderr);
    assert_eq!(ran.code, 0);
    assert_eq!(bench.count("hidden-a", EventKind::InstallCommit), 1);
    assert_only_passed(&bench, "jump-01");
    assert!(session_log(&bench, "hidden-a").contains("jump host "));
    assert!(events(&ran, "warned").is_empty());
}

#[test]
fn the_jump_host_of_its_site_leads_to_it_where_the_row_names_none() {
    let bench = lab(HIDDEN);
    forget_the_way(&bench);
    bench.add_to_configuration(&format!(
        "[[site]]\nmatch = \"berlin\"\njump = [\"nowhere.invalid\"]\n\n\
         [[site]]\nmatch = \"ly*\"\njump = [\"{}\"]",
        address_of(&bench, "jump-01")
    ));
    let ran = bench.run(&UPGRADE);
    assert_eq!(outcome(&ran, "hidden-a"), "upgraded", "{}", ran.stderr);
    assert_only_passed(&bench, "jump-01");
}

#[test]
fn the_rows_own_jump_host_counts_before_that_of_its_site() {
    let bench = lab(HIDDEN);
    bench.add_to_configuration("[[site]]\nmatch = \"*\"\njump = [\"nowhere.invalid\"]");
    let ran = bench.run(&["discover"]);
    assert_eq!(bench.told(&ran), "exit 0\nhidden-a: ready in discover");
}

#[test]
fn a_jump_host_of_a_site_that_is_no_address_is_bad_input() {
    let bench = lab(HIDDEN);
    bench.add_to_configuration("[[site]]\nmatch = \"*\"\njump = [\"jump:many\"]");
    let ran = bench.run(&["discover"]);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: jump host jump:many: `jump:many` is no address: give HOST, HOST:PORT or [IPV6]:PORT [jump_address]
      next: write [USER@]HOST[:PORT]
    ");
}

#[test]
fn a_jump_host_has_a_credential_of_its_own() {
    let mut bench = lab(HIDDEN);
    let viewer = bench.credentials().viewer_password;
    bench.environment("JUMP_PASSWORD", &viewer);
    bench.add_to_configuration(
        "[[jump]]\nhost = \"127.*\"\ncredential = \"gate\"\n\n\
         [[credential]]\nname = \"gate\"\nusername = \"viewer\"\npassword_env = \"JUMP_PASSWORD\"",
    );
    let ran = bench.run(&["discover"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(users(&bench, "jump-01"), ["viewer"]);
    assert_eq!(users(&bench, "hidden-a"), [bench.credentials().username]);
    assert!(!session_log(&bench, "hidden-a").contains(&viewer));
}

#[test]
fn a_host_that_forwards_nothing_is_named_as_what_is_wrong() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    let no_jump = address_of(&bench, "sw-b");
    bench.edit(|table| table.set("sw-a", "jump", &no_jump));
    let ran = bench.run(&["discover", "--limit", "sw-a"]);
    assert!(!bench.happened("sw-a", EventKind::Login));
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    sw-a: dead_letter in discover: the jump host <address of sw-b> does not lead to <address of sw-a>: Failed to open channel (AdministrativelyProhibited) (5 tries) [jump_failed]
      next: check the `jump` cell and the jump host
    ");
}

#[test]
fn an_old_jump_host_is_passed_where_its_name_is_allowed_old_algorithms() {
    let bench = lab(&HIDDEN.replace("jump = true", "jump = true\nssh = \"legacy\""));
    let ran = bench.run(&["discover"]);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r#"
    exit 1
    hidden-a: refused in discover: jump host <address of jump-01> offers no algorithm that the profile allows: key exchange: it offers diffie-hellman-group-exchange-sha1, diffie-hellman-group14-sha1 [no_common_algorithm]
      next: if the device speaks only old algorithms, allow them for it: `[[ssh]] match = "NAME", profile = "legacy"`
    "#);

    bench.add_to_configuration("[[ssh]]\nmatch = \"127.*\"\nprofile = \"legacy\"");
    let ran = bench.run(&["discover", "--output", "ndjson"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_only_passed(&bench, "jump-01");
    let told = events(&ran, "warned");
    let message = told[0]["event"]["message"].as_str().unwrap();
    let expected = format!(
        "legacy SSH algorithms are allowed for jump host {}; the device uses curve25519-sha256",
        address_of(&bench, "jump-01")
    );
    assert!(message.starts_with(&expected), "{message}");
}
