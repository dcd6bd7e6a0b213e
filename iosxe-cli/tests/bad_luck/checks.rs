//! What is proven before a commit: the network around the device, and the user's own checks.

use iosxe_lab::{BgpSpec, DeviceSpec, EventKind, GatewaySpec, NetworkSpec, OspfSpec};

use super::support::{Bench, c9300, fault};
use super::{UPGRADE, upgrade};

/// A switch with routing neighbours, a default route and a gateway group.
fn routed() -> DeviceSpec {
    let mut spec = c9300("sw-a");
    spec.network = NetworkSpec {
        default_route: Some("10.10.10.2".into()),
        ospf: vec![OspfSpec {
            id: "10.255.0.1".into(),
            address: "10.200.1.1".into(),
            port: "Te1/1/1".into(),
        }],
        bgp: vec![BgpSpec {
            address: "10.255.0.2".into(),
            asn: 65001,
            prefixes: 120,
        }],
        hsrp: vec![GatewaySpec {
            port: "Vlan10".into(),
            group: 1,
            address: "10.10.10.254".into(),
            forwards: true,
        }],
        ..NetworkSpec::default()
    };
    spec
}

#[test]
fn rule_1_what_the_network_makes_of_a_device_comes_back_before_the_commit() {
    let bench = Bench::new(vec![routed()]);
    let ran = bench.run(&UPGRADE);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
    let journal = ran.device("sw-a").to_string();
    assert!(!journal.contains("not read"), "{journal}");
    assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 1);
}

#[test]
fn rule_1_a_lost_routing_neighbour_or_bundled_member_takes_the_device_back() {
    for (kind, said) in [
        (
            "routing_neighbor_lost",
            "ospf:10.255.0.1@Te1/1/1 is gone, expected full",
        ),
        (
            "port_channel_member_lost",
            "port-channel:Po1 is without Te1/1/2, expected a bundle of Te1/1/1, Te1/1/2",
        ),
    ] {
        let bench = Bench::new(vec![routed()]);
        bench.set_fault("sw-a", fault(kind));
        let ran = bench.run(&UPGRADE);
        let device = ran.device("sw-a");
        assert_eq!(device["outcome"], "rolled_back", "{kind}: {}", ran.stderr);
        let message = device["fault"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{message}");
        assert_eq!(bench.truth("sw-a")["committed_version"], "17.09.04a");
        assert_eq!(bench.count("sw-a", EventKind::InstallCommit), 0);
        assert_eq!(bench.count("sw-a", EventKind::InstallAbort), 1);
    }
}

/// One check of one's own, `rest` behind its name.
fn with_check(rest: &str) -> Bench {
    let bench = Bench::new(vec![routed()]);
    bench.add_to_configuration(&format!("\n[[check]]\nname = \"mine\"\n{rest}\n"));
    bench
}

#[test]
fn a_check_of_ones_own_that_fails_before_stops_the_device_untouched() {
    let bench = with_check("command = \"show clock\"\nexpect = \"^It is late\"");
    let ran = bench.run(&upgrade("sw-a"));
    bench.assert_only_read();
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "refused");
    assert_eq!(device["fault"]["code"], "check_failed");
    assert_eq!(
        device["fault"]["message"],
        "a check fails before the upgrade: check:mine is not matched, expected matched by `^It is late`"
    );
    assert_eq!(ran.code, 3);
}

#[test]
fn a_check_of_ones_own_that_the_device_does_not_know_stops_it_untouched() {
    let bench = with_check("command = \"show bridge-domain\"\nexpect = \"x\"");
    let ran = bench.run(&UPGRADE);
    bench.assert_only_read();
    let device = ran.device("sw-a");
    assert_eq!(device["fault"]["code"], "precheck_inconclusive");
    let message = device["fault"]["message"].as_str().unwrap();
    assert!(message.contains("% Invalid input detected"), "{message}");
}

#[test]
fn a_check_of_ones_own_that_fails_after_takes_the_device_back_or_warns() {
    let old = "command = \"show version | include 17.09.04a\"\nexpect = \"17.09.04a\"\n";
    let bench = with_check(old);
    let ran = bench.run(&UPGRADE);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    let message = device["fault"]["message"].as_str().unwrap();
    assert!(
        message.contains("check:mine is not matched, expected matched by `17.09.04a`"),
        "{message}"
    );
    let bench = with_check(&format!("{old}weight = \"warn\"\n"));
    let ran = bench.run(&UPGRADE);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(
        device["warnings"][0],
        "check:mine is not matched, was matched by `17.09.04a`"
    );
}

#[test]
fn fields_and_lines_are_held_against_those_of_before() {
    let bench = with_check(
        "command = \"show ip bgp summary\"\nfield = \"families.0.neighbors.0.prefixes_received\"\nsame = true\n\
         [[check]]\nname = \"adjacencies\"\ncommand = \"show ip ospf neighbor\"\nfield = \"neighbors.#\"\nat_least = 1\n\
         [[check]]\nname = \"vlans\"\ncommand = \"show vlan brief\"\nequal_to_baseline = true\nwhen = \"post\"\n",
    );
    let ran = bench.run(&["check"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|l| l.starts_with("check:") || l.starts_with("  sw-a: "))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    check:mine: `show ip bgp summary`: families.0.neighbors.0.prefixes_received as before (before and after, gate)
      sw-a: is kept, to be compared after the upgrade
    check:adjacencies: `show ip ospf neighbor`: neighbors.# at least 1 (before and after, gate)
      sw-a: is as expected
    check:vlans: `show vlan brief`: the same lines as before (after, gate)
      sw-a: is kept, to be compared after the upgrade
    ");
    let ran = bench.run(&UPGRADE);
    assert_eq!(ran.device("sw-a")["outcome"], "upgraded", "{}", ran.stderr);
}

#[test]
fn a_check_that_could_change_a_device_is_refused_with_the_configuration() {
    let bench = with_check("command = \"clear ip bgp *\"\nexpect = \"x\"");
    let ran = bench.run(&UPGRADE);
    bench.assert_no_contact();
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains(
            "the check `mine` has the command `clear ip bgp *`: only show commands are run as checks"
        ),
        "{}",
        ran.stderr
    );
}
