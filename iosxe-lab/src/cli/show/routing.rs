//! Routing neighbours, the default route and gateway roles.

use super::View;
use super::network::ports;
use crate::network::GatewaySpec;

/// From boot to a full adjacency of an interior protocol, in simulated seconds.
const INTERIOR_S: f64 = 50.0;

/// From boot to an established BGP session.
const EXTERIOR_S: f64 = 75.0;

/// From boot to a role in a group.
const ROLE_S: f64 = 30.0;

/// Whether a neighbour over that port is there: `nth` counts over all protocols, and a fault takes the
/// first.
fn is_there(v: &View<'_>, nth: usize, port: Option<&str>, after_s: f64) -> bool {
    let lost = v.state.lost.neighbour && nth == 0;
    let all = ports(v);
    let over = port.is_none_or(|port| {
        // A port of the configuration alone (an SVI) has no cable to be out.
        all.iter()
            .find(|p| p.i.short == port || p.i.long == port)
            .is_none_or(|p| p.up(v))
    });
    !lost && over && v.state.uptime(v.now) > after_s
}

/// `00:01:01`, `3d04h`.
fn since(v: &View<'_>, after_s: f64) -> String {
    let s = (v.state.uptime(v.now) - after_s).max(0.0).floor();
    let (minutes, seconds) = ((s / 60.0).floor(), s % 60.0);
    let (hours, minutes) = ((minutes / 60.0).floor(), minutes % 60.0);
    if hours < 24.0 {
        format!("{hours:02.0}:{minutes:02.0}:{seconds:02.0}")
    } else {
        format!("{:.0}d{:02.0}h", (hours / 24.0).floor(), hours % 24.0)
    }
}

fn long<'a>(v: &'a View<'_>, port: &'a str) -> &'a str {
    let found = v.state.interfaces.iter().find(|i| i.short == port);
    found.map_or(port, |i| i.long.as_str())
}

fn short(port: &str) -> String {
    port.replace("Vlan", "Vl")
        .replace("TwentyFiveGigE", "Twe")
        .replace("TenGigabitEthernet", "Te")
        .replace("GigabitEthernet", "Gi")
}

pub(super) fn ospf(v: &View<'_>) -> String {
    let spec = &v.device.spec.network;
    if spec.ospf.is_empty() {
        return String::new();
    }
    let mut t = String::from(
        "\nNeighbor ID     Pri   State           Dead Time   Address         Interface\n",
    );
    for (nth, n) in spec.ospf.iter().enumerate() {
        if is_there(v, nth, Some(&n.port), INTERIOR_S) {
            t.push_str(&format!(
                "{:<15} {:>3}   {:<15} 00:00:3{}    {:<15} {}\n",
                n.id,
                1,
                "FULL/DR",
                nth % 10,
                n.address,
                long(v, &n.port)
            ));
        }
    }
    t
}

pub(super) fn bgp(v: &View<'_>) -> String {
    let spec = &v.device.spec.network;
    if spec.bgp.is_empty() {
        return "% BGP not active\n\n".to_owned();
    }
    let mut t = String::from(
        "BGP router identifier 10.255.0.9, local AS number 65000\nBGP table version is 33, main \
         routing table version 33\n\nNeighbor        V           AS MsgRcvd MsgSent   TblVer  InQ \
         OutQ Up/Down  State/PfxRcd\n",
    );
    for (nth, n) in spec.bgp.iter().enumerate() {
        // A neighbour that is configured stays in the list, whatever its state.
        let (up, version, state) = if is_there(v, spec.ospf.len() + nth, None, EXTERIOR_S) {
            (since(v, EXTERIOR_S), 33, n.prefixes.to_string())
        } else {
            ("never".to_owned(), 1, "Idle".to_owned())
        };
        t.push_str(&format!(
            "{:<15} 4 {:>12} {:>7} {:>7} {version:>8}    0    0 {up:<8} {state:>8}\n",
            n.address, n.asn, 619, 695
        ));
    }
    t
}

pub(super) fn eigrp(v: &View<'_>) -> String {
    let spec = &v.device.spec.network;
    if spec.eigrp.is_empty() {
        return String::new();
    }
    let mut t = String::from(
        "EIGRP-IPv4 Neighbors for AS(100)\nH   Address                 Interface              Hold \
         Uptime   SRTT   RTO  Q  Seq\n                                                   (sec)         \
         (ms)       Cnt Num\n",
    );
    let before = spec.ospf.len() + spec.bgp.len();
    for (nth, n) in spec.eigrp.iter().enumerate() {
        if is_there(v, before + nth, Some(&n.port), INTERIOR_S) {
            t.push_str(&format!(
                "{nth:<3} {:<23} {:<22} {:>4} {:<8} {:>4} {:>5}  0  {}\n",
                n.address,
                short(long(v, &n.port)),
                13,
                since(v, INTERIOR_S),
                2,
                100,
                nth + 12
            ));
        }
    }
    t
}

pub(super) fn isis(v: &View<'_>) -> String {
    let spec = &v.device.spec.network;
    if spec.isis.is_empty() {
        return String::new();
    }
    let mut t = String::from(
        "\nTag core:\nSystem Id       Type Interface     IP Address      State Holdtime Circuit Id\n",
    );
    let before = spec.ospf.len() + spec.bgp.len() + spec.eigrp.len();
    for (nth, n) in spec.isis.iter().enumerate() {
        if is_there(v, before + nth, Some(&n.port), INTERIOR_S) {
            t.push_str(&format!(
                "{:<15} L2   {:<13} {:<15} UP    {:<8} {}.01\n",
                n.system,
                short(long(v, &n.port)),
                n.address,
                27,
                n.system
            ));
        }
    }
    t
}

/// `show ip route 0.0.0.0`: a look-up, with whatever covers it.
pub(super) fn default_route(v: &View<'_>) -> String {
    match &v.device.spec.network.default_route {
        Some(hop) if v.state.uptime(v.now) > ROLE_S => format!(
            "Routing entry for 0.0.0.0/0, supernet\n  Known via \"static\", distance 1, metric 0, \
             candidate default path\n  Routing Descriptor Blocks:\n  * {hop}\n      Route metric is 0, \
             traffic share count is 1\n"
        ),
        _ => "% Network not in table\n".to_owned(),
    }
}

fn settled(v: &View<'_>) -> bool {
    v.state.uptime(v.now) > ROLE_S
}

/// The address of ours on an interface of the configuration.
fn address(v: &View<'_>, group: &GatewaySpec) -> String {
    v.state
        .running_config
        .section(&format!("interface {}", group.port))
        .and_then(|s| super::network::address(&s.children))
        .map_or("10.10.10.1", |(address, _)| address)
        .to_owned()
}

/// Somebody else's address in the net of the group.
fn other(group: &GatewaySpec) -> String {
    let net = group
        .address
        .rsplit_once('.')
        .map_or("10.10.10", |(n, _)| n);
    format!("{net}.253")
}

pub(super) fn hsrp(v: &View<'_>) -> String {
    let mut t = String::from(
        "                     P indicates configured to preempt.\n                     |\nInterface   Grp  \
         Pri P State   Active          Standby         Virtual IP\n",
    );
    for g in &v.device.spec.network.hsrp {
        let (state, active, standby) = match (settled(v), g.forwards) {
            (false, _) => ("Init", "unknown".to_owned(), "unknown".to_owned()),
            (true, true) => ("Active", "local".to_owned(), other(g)),
            (true, false) => ("Standby", other(g), "local".to_owned()),
        };
        t.push_str(&format!(
            "{:<11} {:<4} {:<3} P {state:<7} {active:<15} {standby:<15} {}\n",
            short(&g.port),
            g.group,
            110,
            g.address
        ));
    }
    t
}

pub(super) fn vrrp(v: &View<'_>) -> String {
    let mut t = String::new();
    if v.device.spec.network.vrrp.is_empty() {
        return t;
    }
    t.push_str("Interface          Grp Pri Time  Own Pre State   Master addr     Group addr\n");
    for g in &v.device.spec.network.vrrp {
        let (state, master) = match (settled(v), g.forwards) {
            (false, _) => ("Init", "0.0.0.0".to_owned()),
            (true, true) => ("Master", address(v, g)),
            (true, false) => ("Backup", other(g)),
        };
        t.push_str(&format!(
            "{:<18} {:<3} {:<3} {:<5}     Y  {state:<7} {master:<15} {}\n",
            short(&g.port),
            g.group,
            110,
            3570,
            g.address
        ));
    }
    t
}
