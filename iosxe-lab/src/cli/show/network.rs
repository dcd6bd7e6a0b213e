//! Interfaces, neighbours and the little of routing that checks compare.

use super::View;
use crate::model::device::{Interface, Seat};

/// An interface as configuration and cabling make it.
pub(super) struct Port<'a> {
    pub(super) i: &'a Interface,
    children: &'a [String],
}

impl Port<'_> {
    pub(super) fn shut(&self) -> bool {
        self.children.iter().any(|c| c == "shutdown")
    }

    pub(super) fn up(&self, v: &View<'_>) -> bool {
        let there = match self.i.seat {
            Seat::Management | Seat::Card => true,
            Seat::Member(id) => v
                .state
                .working()
                .any(|m| m.id == id && (v.now >= m.ready_s || id == v.state.active)),
        };
        self.i.cabled && !self.i.broken && !self.shut() && there
    }

    pub(super) fn description(&self) -> &str {
        self.children
            .iter()
            .find_map(|c| c.strip_prefix("description "))
            .unwrap_or("")
    }

    fn has(&self, line: &str) -> bool {
        self.children.iter().any(|c| c.starts_with(line))
    }

    fn vlan(&self) -> String {
        if self.has("no switchport") || self.has("ip address") {
            return "routed".into();
        }
        if self.has("switchport mode trunk") {
            return "trunk".into();
        }
        self.children
            .iter()
            .find_map(|c| c.strip_prefix("switchport access vlan "))
            .unwrap_or("1")
            .to_owned()
    }

    fn address(&self) -> Option<&str> {
        address(self.children).map(|(a, _)| a)
    }

    /// Address and mask.
    pub(super) fn network(&self) -> Option<(&str, &str)> {
        address(self.children)
    }
}

/// Address and mask of an interface's lines.
pub(super) fn address(children: &[String]) -> Option<(&str, &str)> {
    let rest = children
        .iter()
        .find_map(|c| c.strip_prefix("ip address "))?;
    let (address, mask) = rest.split_once(' ')?;
    address.contains('.').then_some((address, mask))
}

/// Ports of members that are there, in listing order.
pub(super) fn ports<'a>(v: &'a View<'_>) -> Vec<Port<'a>> {
    v.state
        .interfaces
        .iter()
        .filter(|i| match i.seat {
            Seat::Management | Seat::Card => true,
            Seat::Member(id) => v.state.present().any(|m| m.id == id),
        })
        .map(|i| Port {
            i,
            children: children(v, &i.long),
        })
        .collect()
}

fn children<'a>(v: &'a View<'_>, long: &str) -> &'a [String] {
    v.state
        .running_config
        .section(&format!("interface {long}"))
        .map_or(&[], |s| s.children.as_slice())
}

/// Logical interfaces of the configuration: SVIs and port-channels, with their lines.
pub(super) fn logical<'a>(
    v: &'a View<'_>,
    kind: &'a str,
) -> impl Iterator<Item = (&'a str, &'a [String])> {
    let prefix = format!("interface {kind}");
    v.state.running_config.sections.iter().filter_map(move |s| {
        let name = s.line.strip_prefix("interface ")?;
        s.line
            .starts_with(&prefix)
            .then_some((name, s.children.as_slice()))
    })
}

/// Members of the port-channel, and which of them are bundled.
pub(super) fn bundle_members<'a, 'b>(
    v: &'b View<'_>,
    all: &'a [Port<'b>],
) -> Vec<(&'a Port<'b>, bool)> {
    let mut members: Vec<(&Port<'_>, bool)> = all
        .iter()
        .filter(|p| p.has("channel-group 1 "))
        .map(|p| (p, p.up(v)))
        .collect();
    if v.state.lost.bundled
        && let Some((_, bundled)) = members.last_mut()
    {
        *bundled = false;
    }
    members
}

pub(super) fn status(v: &View<'_>) -> String {
    let mut t = String::from(
        "\nPort         Name               Status       Vlan       Duplex  Speed Type\n",
    );
    let all = ports(v);
    for p in all.iter().filter(|p| p.i.seat != Seat::Management) {
        let up = p.up(v);
        let status = match (p.shut(), up) {
            (true, _) => "disabled",
            (false, true) => "connected",
            (false, false) => "notconnect",
        };
        let ten = !p.i.short.starts_with("Gi");
        let (duplex, speed) = match (up, ten) {
            (true, false) => ("a-full", "a-1000"),
            (true, true) => (
                "full",
                if p.i.short.starts_with("Hu") {
                    "100G"
                } else {
                    "10G"
                },
            ),
            (false, _) => ("auto", "auto"),
        };
        let name: String = p.description().chars().take(18).collect();
        t.push_str(&format!(
            "{:<12} {name:<18} {status:<12} {:<10} {duplex:>6} {speed:>6} {}\n",
            p.i.short,
            p.vlan(),
            p.i.media
        ));
    }
    for (name, children) in logical(v, "Port-channel") {
        let up = bundle_members(v, &all).iter().any(|(_, up)| *up);
        let port = name.replace("Port-channel", "Po");
        let description = children
            .iter()
            .find_map(|c| c.strip_prefix("description "))
            .unwrap_or("");
        let (status, duplex, speed) = if up {
            ("connected", "a-full", "a-10G")
        } else {
            ("notconnect", "auto", "auto")
        };
        t.push_str(&format!(
            "{port:<12} {description:<18} {status:<12} {:<10} {duplex:>6} {speed:>6} N/A\n",
            "trunk"
        ));
    }
    t
}

/// Every interface with administrative and protocol state, for the two-column listings.
fn two_states(v: &View<'_>) -> Vec<(String, String, bool, bool, String, Option<String>)> {
    let all = ports(v);
    let mut rows = Vec::new();
    for (name, children) in logical(v, "Vlan") {
        let shut = children.iter().any(|c| c == "shutdown");
        let address = children
            .iter()
            .find_map(|c| c.strip_prefix("ip address "))
            .and_then(|r| r.split_whitespace().next());
        let description = children
            .iter()
            .find_map(|c| c.strip_prefix("description "))
            .unwrap_or("");
        rows.push((
            name.to_owned(),
            name.replace("Vlan", "Vl"),
            shut,
            !shut,
            description.to_owned(),
            address.map(str::to_owned),
        ));
    }
    for p in &all {
        rows.push((
            p.i.long.clone(),
            p.i.short.clone(),
            p.shut(),
            p.up(v),
            p.description().to_owned(),
            p.address().map(str::to_owned),
        ));
    }
    for (name, children) in logical(v, "Port-channel") {
        let up = bundle_members(v, &all).iter().any(|(_, up)| *up);
        let description = children
            .iter()
            .find_map(|c| c.strip_prefix("description "))
            .unwrap_or("");
        rows.push((
            name.to_owned(),
            name.replace("Port-channel", "Po"),
            false,
            up,
            description.to_owned(),
            None,
        ));
    }
    rows
}

pub(super) fn description(v: &View<'_>) -> String {
    let mut t =
        String::from("Interface                      Status         Protocol Description\n");
    for (_, short, shut, up, description, _) in two_states(v) {
        let status = match (shut, up) {
            (true, _) => "admin down",
            (false, true) => "up",
            (false, false) => "down",
        };
        let protocol = if up { "up" } else { "down" };
        t.push_str(format!("{short:<30} {status:<14} {protocol:<8} {description}").trim_end());
        t.push('\n');
    }
    t
}

pub(super) fn ip_brief(v: &View<'_>) -> String {
    let mut t = String::from(
        "Interface              IP-Address      OK? Method Status                Protocol\n",
    );
    for (long, _, shut, up, _, address) in two_states(v) {
        let status = match (shut, up) {
            (true, _) => "administratively down",
            (false, true) => "up",
            (false, false) => "down",
        };
        let method = if address.is_some() { "NVRAM" } else { "unset" };
        t.push_str(&format!(
            "{long:<22} {:<15} YES {method:<6} {status:<21} {}\n",
            address.unwrap_or_else(|| "unassigned".into()),
            if up { "up" } else { "down" }
        ));
    }
    t
}

pub(super) fn trunk(v: &View<'_>) -> String {
    let all = ports(v);
    let mut names: Vec<String> = all
        .iter()
        .filter(|p| p.vlan() == "trunk" && p.up(v) && !p.has("channel-group"))
        .map(|p| p.i.short.clone())
        .collect();
    if bundle_members(v, &all).iter().any(|(_, up)| *up) {
        names.push("Po1".into());
    }
    let table = |head: &str, value: &str| {
        let rows: String = names.iter().map(|n| format!("{n:<12}{value}\n")).collect();
        format!("\n{head}\n{rows}")
    };
    table(
        "Port        Mode             Encapsulation  Status        Native vlan",
        "on               802.1q         trunking      1",
    ) + &table("Port        Vlans allowed on trunk", "1-4094")
        + &table(
            "Port        Vlans allowed and active in management domain",
            "1,10,20",
        )
        + &table(
            "Port        Vlans in spanning tree forwarding state and not pruned",
            "1,10,20",
        )
}

pub(super) fn etherchannel(v: &View<'_>) -> String {
    let all = ports(v);
    let members = bundle_members(v, &all);
    let groups = usize::from(!members.is_empty());
    let mut t = format!(
        "Flags:  D - down        P - bundled in port-channel\n        I - stand-alone s - \
         suspended\n        H - Hot-standby (LACP only)\n        R - Layer3      S - Layer2\n        U - \
         in use      f - failed to allocate aggregator\n\n        M - not in use, minimum links not \
         met\n        u - unsuitable for bundling\n        w - waiting to be aggregated\n        d - \
         default port\n\n        A - formed by Auto LAG\n\n\nNumber of channel-groups in use: \
         {groups}\nNumber of aggregators:           {groups}\n\nGroup  Port-channel  Protocol    \
         Ports\n------+-------------+-----------+-----------------------------------------------\n"
    );
    if groups > 0 {
        let flag = if members.iter().any(|(_, up)| *up) {
            "SU"
        } else {
            "SD"
        };
        let list: Vec<String> = members
            .iter()
            .map(|(p, bundled)| {
                let flag = match (bundled, p.up(v)) {
                    (true, _) => 'P',
                    (false, true) => 'w',
                    (false, false) => 'D',
                };
                format!("{}({flag})", p.i.short)
            })
            .collect();
        let group = format!("Po1({flag})");
        t.push_str(&format!(
            "{:<7}{group:<16}LACP        {}\n",
            1,
            list.join("     ")
        ));
    }
    t + "\n"
}

/// Neighbours that are heard: cable up, and some time after boot.
fn neighbours<'a>(v: &'a View<'_>) -> Vec<(&'a Interface, &'a crate::model::device::Neighbour)> {
    let heard = v.state.uptime(v.now) > 45.0;
    ports(v)
        .into_iter()
        .filter(|p| heard && p.up(v))
        .filter_map(|p| p.i.neighbour.as_ref().map(|n| (p.i, n)))
        .collect()
}

/// `Ten 1/1/1`, as the neighbour table shortens names.
fn spaced(short: &str) -> String {
    let letters: String = short
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    let number = short.get(letters.len()..).unwrap_or_default();
    let kind = match letters.as_str() {
        "Gi" => "Gig",
        "Te" => "Ten",
        other => other,
    };
    format!("{kind} {number}")
}

fn platform_word(pid: &str) -> String {
    pid.trim_end_matches("/K9").chars().take(9).collect()
}

fn capability(pid: &str) -> &'static str {
    let routers = ["ISR", "C8", "C11", "ASR", "NCS"];
    if routers.iter().any(|r| pid.starts_with(r)) {
        "R S I"
    } else {
        "S I"
    }
}

pub(super) fn cdp(v: &View<'_>) -> String {
    let rows = neighbours(v);
    let mut t = String::from(
        "Capability Codes: R - Router, T - Trans Bridge, B - Source Route Bridge\n                  \
         S - Switch, H - Host, I - IGMP, r - Repeater, P - Phone, \n                  D - Remote, C - \
         CVTA, M - Two-port Mac Relay \n\nDevice ID        Local Intrfce     Holdtme    Capability  \
         Platform  Port ID\n",
    );
    for (i, n) in &rows {
        let name = format!("{}.lab.example", n.device);
        t.push_str(&format!(
            "{name}\n                 {:<18}{:<15} {:>5}   {:<10}{}\n",
            spaced(&i.short),
            151,
            capability(&n.pid),
            platform_word(&n.pid),
            spaced(&n.port)
        ));
    }
    t + &format!("\nTotal cdp entries displayed : {}\n", rows.len())
}

pub(super) fn cdp_detail(v: &View<'_>) -> String {
    let rows = neighbours(v);
    let mut t = String::new();
    for (i, n) in &rows {
        let capabilities = if capability(&n.pid) == "S I" {
            "Switch IGMP "
        } else {
            "Router Switch IGMP "
        };
        t.push_str(&format!(
            "-------------------------\nDevice ID: {}.lab.example\nEntry address(es): \n  IP address: \
             {address}\nPlatform: cisco {},  Capabilities: {capabilities}\nInterface: {},  Port ID \
             (outgoing port): {}\nHoldtime : 151 sec\n\nVersion :\nCisco IOS Software [Cupertino], lab \
             neighbour, Version 17.9.4a, RELEASE SOFTWARE (fc3)\n\nadvertisement version: 2\nDuplex: \
             full\nManagement address(es): \n  IP address: {address}\n\n",
            n.device,
            n.pid,
            i.long,
            n.port,
            address = n.address
        ));
    }
    t + &format!("\nTotal cdp entries displayed : {}\n", rows.len())
}

pub(super) fn lldp(v: &View<'_>) -> String {
    let rows = neighbours(v);
    let mut t = String::from(
        "Capability codes:\n    (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device\n    (W) \
         WLAN Access Point, (P) Repeater, (S) Station, (O) Other\n\nDevice ID           Local Intf     \
         Hold-time  Capability      Port ID\n",
    );
    for (i, n) in &rows {
        let name: String = n.device.chars().take(20).collect();
        t.push_str(&format!(
            "{name:<20}{:<15}120        {:<16}{}\n",
            i.short, "B,R", n.port
        ));
    }
    t + &format!("\nTotal entries displayed: {}\n\n", rows.len())
}

pub(super) fn lldp_detail(v: &View<'_>) -> String {
    let rows = neighbours(v);
    let mut t = String::new();
    for (i, n) in &rows {
        let last = n.address.rsplit('.').next().unwrap_or("1");
        let id = last.parse::<u16>().unwrap_or(1);
        t.push_str(&format!(
            "------------------------------------------------\nLocal Intf: {}\nChassis id: \
             70d3.1a00.{id:04x}\nPort id: {port}\nPort Description: {port}\nSystem Name: \
             {}.lab.example\n\nSystem Description: \nCisco IOS Software [Cupertino], lab neighbour, \
             Version 17.9.4a, RELEASE SOFTWARE (fc3)\n\nTime remaining: 101 seconds\nSystem \
             Capabilities: B,R\nEnabled Capabilities: R\nManagement Addresses:\n    IP: \
             {}\nAuto Negotiation - not supported\nPhysical media capabilities - not \
             advertised\nMedia Attachment Unit type - not advertised\nVlan ID: - not \
             advertised\n\n",
            i.short,
            n.device,
            n.address,
            port = n.port,
        ));
    }
    t + &format!("\nTotal entries displayed: {}\n\n", rows.len())
}

pub(super) fn vlan(v: &View<'_>) -> String {
    let mut t = String::from(
        "\nVLAN Name                             Status    Ports\n---- -------------------------------- \
         --------- -------------------------------\n1    default                          active    \n",
    );
    for s in v.state.running_config.sections.iter() {
        if let Some(id) = s.line.strip_prefix("vlan ") {
            let name = s
                .children
                .iter()
                .find_map(|c| c.strip_prefix("name "))
                .unwrap_or("VLAN");
            t.push_str(&format!("{id:<4} {name:<32} active    \n"));
        }
    }
    t
}

pub(super) fn spanning_tree(v: &View<'_>) -> String {
    let all = ports(v);
    let up = all
        .iter()
        .filter(|p| p.up(v) && p.i.seat != Seat::Management && p.vlan() != "routed")
        .count();
    format!(
        "Switch is in rapid-pvst mode\nRoot bridge for: none\nExtended system ID                      \
         is enabled\nPortfast Default                        is disabled\n\nName                   \
         Blocking Listening Learning Forwarding STP Active\n---------------------- -------- --------- \
         -------- ---------- ----------\nVLAN0010                     0         0        0 {up:>10} \
         {up:>10}\n---------------------- -------- --------- -------- ---------- ----------\n1 vlan                       \
         0         0        0 {up:>10} {up:>10}\n"
    )
}

pub(super) fn routes(v: &View<'_>) -> String {
    let hop = v.device.spec.network.default_route.as_deref();
    let last_resort = hop.map_or_else(
        || "Gateway of last resort is not set\n\n".to_owned(),
        |hop| {
            format!(
                "Gateway of last resort is {hop} to network 0.0.0.0\n\nS*    0.0.0.0/0 [1/0] via {hop}\n"
            )
        },
    );
    let mut t = format!(
        "Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n       D - EIGRP, O \
         - OSPF\n\n{last_resort}"
    );
    for (long, _, _, up, _, address) in two_states(v) {
        if let Some(address) = address.filter(|_| up) {
            t.push_str(&format!(
                "L        {address}/32 is directly connected, {long}\n"
            ));
        }
    }
    t
}

pub(super) fn route_summary(v: &View<'_>) -> String {
    let fixed = usize::from(v.device.spec.network.default_route.is_some());
    let row = |source: &str, networks: usize, subnets: usize| {
        let all = networks + subnets;
        format!(
            "{source:<15} {networks:<11} {subnets:<11} 0           {:<11} {}\n",
            all * 96,
            all * 312
        )
    };
    format!(
        "IP routing table name is default (0x0)\nIP routing table maximum-paths is 32\nRoute Source    \
         Networks    Subnets     Replicates  Overhead    Memory (bytes)\n{}{}{}internal        1                                               \
         528\nTotal           {:<11} 2           0           {:<11} {}\n",
        row("application", 0, 0),
        row("connected", 0, 2),
        row("static", fixed, 0),
        fixed + 1,
        (fixed + 2) * 96,
        (fixed + 2) * 312 + 528
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shortened_as_in_neighbour_tables() {
        assert_eq!(spaced("Te1/1/1"), "Ten 1/1/1");
        assert_eq!(spaced("Twe1/0/2"), "Twe 1/0/2");
        assert_eq!(platform_word("ISR4451-X/K9"), "ISR4451-X");
        assert_eq!(capability("C9500-24Y4C"), "S I");
    }
}
