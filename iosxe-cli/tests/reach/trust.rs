//! `iosxe trust` takes the same way to a device as a run does.

use iosxe_lab::EventKind;

use super::jump::{HIDDEN, address_of, forget_the_way};
use super::lab;
use super::support::Bench;

/// Forgets the key of the device behind the jump host.
fn forget_its_key(bench: &Bench) {
    let own = address_of(bench, "hidden-a");
    let host = own.strip_suffix(":22").unwrap();
    let lines = bench.read("known_hosts");
    let kept: Vec<&str> = lines.lines().filter(|l| !l.starts_with(host)).collect();
    assert_eq!(kept.len() + 1, lines.lines().count(), "{lines}");
    bench.write("known_hosts", kept.join("\n") + "\n");
}

#[test]
fn trust_looks_at_the_key_behind_the_jump_host_and_sends_the_device_nothing() {
    let bench = lab(HIDDEN);
    forget_its_key(&bench);
    let ran = bench.run(&["discover"]);
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    hidden-a: refused in discover: the host key of <address of hidden-a> is not known: ssh-ed25519 SHA256:<key> [host_key_unknown]
      next: compare the fingerprint with the device's console, then accept it: `--accept-new-host-keys`
    ");
    let ran = bench.run(&["trust", "hidden-a"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json()["trusted"][0]["name"], "hidden-a");
    assert!(bench.happened("jump-01", EventKind::Login));
    assert!(!bench.happened("hidden-a", EventKind::Login));
    let ran = bench.run(&["discover"]);
    assert_eq!(bench.told(&ran), "exit 0\nhidden-a: ready in discover");
}

#[test]
fn trust_goes_over_the_jump_host_of_the_site_and_asks_it_for_old_algorithms() {
    let bench = lab(&HIDDEN.replace("jump = true", "jump = true\nssh = \"legacy\""));
    forget_its_key(&bench);
    forget_the_way(&bench);
    let known = bench.read("known_hosts");
    bench.add_to_configuration(&format!(
        "[[site]]\nmatch = \"lyon\"\njump = [\"{}\"]",
        address_of(&bench, "jump-01")
    ));
    let ran = bench.run(&["trust", "hidden-a"]);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r#"
    exit 2
    error: hidden-a: jump host <address of jump-01> offers no algorithm that the profile allows: key exchange: it offers diffie-hellman-group-exchange-sha1, diffie-hellman-group14-sha1 [no_common_algorithm]
      next: if the device speaks only old algorithms, allow them for it: `[[ssh]] match = "NAME", profile = "legacy"`
    "#);
    assert_eq!(bench.read("known_hosts"), known);

    bench.add_to_configuration("[[ssh]]\nmatch = \"127.*\"\nprofile = \"legacy\"");
    let ran = bench.run(&["trust", "hidden-a"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = bench.run(&["discover"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// A jump host whose key nobody knows is no way to a key that is to be trusted.
#[test]
fn trust_pins_nothing_that_a_stranger_in_between_shows() {
    let bench = lab(HIDDEN);
    bench.write("known_hosts", "");
    let ran = bench.run(&["trust", "hidden-a"]);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 2
    error: hidden-a: the host key of jump host <address of jump-01> is not known: ssh-ed25519 SHA256:<key> [host_key_unknown]
      next: compare the fingerprint with the jump host's console, then accept it: `iosxe discover --limit hidden-a --accept-new-host-keys`
    ");
    assert_eq!(bench.read("known_hosts"), "");
}
