//! Routing neighbours, gateway roles and port-channels of the topology, before and after a reload.

use iosxe_lab::{
    BgpSpec, DeviceSpec, EigrpSpec, EventKind, Fault, GatewaySpec, IsisSpec, NetworkSpec, OspfSpec,
};

use crate::client::{Shell, c9300, fleet};

/// More looks than a boot takes.
const LOOKS_MAX: usize = 1000;

fn routed() -> DeviceSpec {
    let mut spec = c9300("sw-a");
    let gateway = |group, forwards| GatewaySpec {
        port: "Vlan10".into(),
        group,
        address: format!("10.10.10.{}", 250 + group),
        forwards,
    };
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
        eigrp: vec![EigrpSpec {
            address: "10.10.10.3".into(),
            port: "Vlan10".into(),
        }],
        isis: vec![IsisSpec {
            system: "core-01".into(),
            address: "10.200.1.5".into(),
            port: "Te1/1/2".into(),
        }],
        hsrp: vec![gateway(1, true), gateway(2, false)],
        vrrp: vec![gateway(3, true)],
    };
    spec
}

async fn all(shell: &mut Shell) -> String {
    let mut text = String::new();
    for command in [
        "show ip ospf neighbor",
        "show ip bgp summary",
        "show ip eigrp neighbors",
        "show isis neighbors",
        "show ip route 0.0.0.0",
        "show standby brief",
        "show vrrp brief",
        "show etherchannel summary",
    ] {
        text.push_str(&shell.command(command).await);
    }
    text
}

#[tokio::test]
async fn the_network_of_a_topology_is_shown_in_the_devices_formats() {
    let fleet = fleet(vec![routed()]).await;
    let mut shell = fleet.shell("sw-a").await;
    let text = all(&mut shell).await;
    for row in [
        "10.255.0.1        1   FULL/DR         00:00:30    10.200.1.1      TenGigabitEthernet1/1/1",
        "10.255.0.2      4        65001     619     695       33    0    0 ",
        "0   10.10.10.3              Vl10                     13 ",
        "core-01         L2   Te1/1/2       10.200.1.5      UP    27       core-01.01",
        "Routing entry for 0.0.0.0/0, supernet",
        "  * 10.10.10.2\n",
        "Vl10        1    110 P Active  local           10.10.10.253    10.10.10.251",
        "Vl10        2    110 P Standby 10.10.10.253    local           10.10.10.252",
        "Vl10               3   110 3570      Y  Master  10.10.10.1      10.10.10.253",
        "Te1/1/1(P)     Te1/1/2(P)",
    ] {
        assert!(text.replace('\r', "").contains(row), "{row}\n{text}");
    }
}

#[tokio::test]
async fn a_device_without_a_network_has_none_of_it() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let mut shell = fleet.shell("sw-a").await;
    let text = all(&mut shell).await;
    assert!(text.contains("% BGP not active"), "{text}");
    assert!(text.contains("% Network not in table"), "{text}");
    for word in ["FULL", "Vl10", "EIGRP", "System Id", "Invalid"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_reload_may_lose_a_routing_neighbour_and_a_bundled_member() {
    let fleet = fleet(vec![routed()]).await;
    for kind in ["routing_neighbor_lost", "port_channel_member_lost"] {
        let fault = Fault {
            kind: kind.into(),
            at: String::new(),
            times: None,
        };
        fleet.lab.set_fault("sw-a", fault).unwrap();
    }
    for (round, lost) in [(1, true), (2, false)] {
        let mut shell = fleet.shell("sw-a").await;
        shell.send("reload\r").await;
        shell.until("[confirm]").await;
        shell.send("\r").await;
        shell.until_gone().await;
        fleet.wait_for(EventKind::ReloadEnd, round).await;
        let mut shell = fleet.shell("sw-a").await;
        // Until everything that comes back is back: the slowest is BGP.
        let mut text = all(&mut shell).await;
        for _ in 0..LOOKS_MAX {
            if !text.contains("Idle") {
                break;
            }
            text = all(&mut shell).await;
        }
        assert!(!text.contains("Idle"), "{text}");
        assert_eq!(text.contains("FULL"), !lost, "{text}");
        assert_eq!(text.contains("Te1/1/2(w)"), lost, "{text}");
        assert_eq!(text.contains("Te1/1/2(P)"), !lost, "{text}");
        assert!(
            text.contains("Te1/1/1(P)") && text.contains("core-01.01"),
            "{text}"
        );
    }
}
