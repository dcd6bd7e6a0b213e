//! Port-channels, routing neighbours, the default route and gateway roles, as values to compare.

use iosxe_core::health::{Adjacency, Channel, DefaultRoute, GatewayGroup, Health, Part, Unread};

use super::health::short;
use super::read;
use crate::parse::show_isis_neighbors::IsisState;
use crate::parse::{
    ParseError, Parsed, show_etherchannel_summary, show_ip_bgp_summary, show_ip_eigrp_neighbors,
    show_ip_ospf_neighbor, show_ip_route_default, show_isis_neighbors, show_standby_brief,
    show_vrrp_brief,
};
use crate::talk::console::{Output, Taken};

/// The command that a part is asked by.
pub(super) fn command(part: Part) -> &'static str {
    match part {
        Part::Channels => "show etherchannel summary",
        Part::DefaultRoute => "show ip route 0.0.0.0",
        Part::Ospf => "show ip ospf neighbor",
        Part::Bgp => "show ip bgp summary",
        Part::Eigrp => "show ip eigrp neighbors",
        Part::Isis => "show isis neighbors",
        Part::Hsrp => "show standby brief",
        Part::Vrrp => "show vrrp brief",
    }
}

/// Takes an answer in. `known`: the device has answered this before, so that not to know the command
/// now is no answer about its capabilities, but none at all.
pub(super) fn take(part: Part, output: &Output, known: bool, health: &mut Health) {
    let mut lines = Vec::new();
    if let Some(why) = no_answer(output, known) {
        lines.extend(why);
    } else {
        match part {
            Part::Channels => {
                if let Some(value) = value(output, show_etherchannel_summary::parse, &mut lines) {
                    health.channels = channels(value);
                }
            }
            Part::DefaultRoute => {
                if let Some(value) = value(output, show_ip_route_default::parse, &mut lines) {
                    health.default_route = default_route(value);
                }
            }
            Part::Ospf => {
                let read = value(output, show_ip_ospf_neighbor::parse, &mut lines);
                health.routing.extend(read.map(ospf).unwrap_or_default());
            }
            Part::Bgp => {
                let read = value(output, show_ip_bgp_summary::parse, &mut lines);
                health.routing.extend(read.map(bgp).unwrap_or_default());
            }
            Part::Eigrp => {
                let read = value(output, show_ip_eigrp_neighbors::parse, &mut lines);
                health.routing.extend(read.map(eigrp).unwrap_or_default());
            }
            Part::Isis => {
                let read = value(output, show_isis_neighbors::parse, &mut lines);
                health.routing.extend(read.map(isis).unwrap_or_default());
            }
            Part::Hsrp => {
                let read = value(output, show_standby_brief::parse, &mut lines);
                health.gateways.extend(read.map(hsrp).unwrap_or_default());
            }
            Part::Vrrp => {
                let read = value(output, show_vrrp_brief::parse, &mut lines);
                health.gateways.extend(read.map(vrrp).unwrap_or_default());
            }
        }
    }
    let unread = lines.into_iter().map(|line| Unread { part, line });
    health.unread.extend(unread);
}

/// Whether there is nothing to read, and why where that is no answer either.
#[expect(
    clippy::option_option,
    reason = "no value; no value and nothing to say of it; no value and why"
)]
fn no_answer(output: &Output, known: bool) -> Option<Option<String>> {
    let said = || Some(format!("{}: {}", output.command, output.refusal()));
    match output.taken {
        Taken::NotAuthorized => Some(said()),
        Taken::Unknown => Some(known.then(said).flatten()),
        Taken::Ran => None,
    }
}

/// A parser's value; output that it refuses, and lines that it does not know, are told.
fn value<T>(
    output: &Output,
    parse: impl FnOnce(&str) -> Result<Parsed<T>, ParseError>,
    lines: &mut Vec<String>,
) -> Option<T> {
    if is_off(output) {
        return None;
    }
    read(output, parse, lines).unwrap_or_else(|error| {
        lines.push(error.to_string());
        None
    })
}

/// `% BGP not active`, `%OSPF: Router process not running`, `% IS-IS not running`: an answer, with
/// nothing in it.
fn is_off(output: &Output) -> bool {
    let mut lines = output.text.lines().map(str::trim).filter(|l| !l.is_empty());
    lines.next().is_some_and(|line| {
        let line = line.to_ascii_lowercase();
        let says = ["not active", "not enabled", "not running", "not configured"];
        line.starts_with('%') && says.iter().any(|s| line.contains(s))
    })
}

fn channels(value: show_etherchannel_summary::ShowEtherchannelSummary) -> Vec<Channel> {
    let mut channels: Vec<Channel> = value
        .channels
        .into_iter()
        .map(|channel| {
            let bundled = channel.ports.iter().filter(|p| p.is_bundled());
            let mut bundled: Vec<String> = bundled.map(|p| short(&p.port)).collect();
            bundled.sort();
            Channel {
                name: channel.name,
                bundled,
            }
        })
        .collect();
    channels.sort_by(|a, b| a.name.cmp(&b.name));
    channels
}

fn default_route(value: show_ip_route_default::ShowIpRouteDefault) -> Option<DefaultRoute> {
    let mut via = value.via;
    via.sort();
    via.dedup();
    (!via.is_empty()).then_some(DefaultRoute { via })
}

fn adjacency(protocol: Part, name: String, up: bool, state: &str) -> Adjacency {
    Adjacency {
        protocol,
        name,
        up,
        state: state.to_owned(),
        prefixes: None,
    }
}

fn ospf(value: show_ip_ospf_neighbor::ShowIpOspfNeighbor) -> Vec<Adjacency> {
    let neighbours = value.neighbors.into_iter().map(|n| {
        // The role behind the slash is of an election that a reload may turn.
        let state = n.state.split('/').next().unwrap_or_default().trim();
        // Two routers of a segment that are neither designated nor backup stay here, by design.
        let others = state == "2way" && n.state.ends_with("drother");
        let name = format!("{}@{}", n.neighbor_id, short(&n.interface));
        adjacency(Part::Ospf, name, n.is_full() || others, state)
    });
    neighbours.collect()
}

fn bgp(value: show_ip_bgp_summary::ShowIpBgpSummary) -> Vec<Adjacency> {
    let mut found = Vec::new();
    for family in value.families {
        for n in family.neighbors {
            let name = match &family.address_family {
                Some(family) => format!("{} ({family})", n.address),
                None => n.address,
            };
            let state = n.state.as_deref().unwrap_or("established");
            found.push(Adjacency {
                prefixes: n.prefixes_received,
                ..adjacency(Part::Bgp, name, n.prefixes_received.is_some(), state)
            });
        }
    }
    found
}

fn eigrp(value: show_ip_eigrp_neighbors::ShowIpEigrpNeighbors) -> Vec<Adjacency> {
    let neighbours = value.neighbors.into_iter().map(|n| {
        let vrf = n.vrf.map(|vrf| format!(" ({vrf})")).unwrap_or_default();
        let name = format!("{}@{}{vrf}", n.address, short(&n.interface));
        adjacency(Part::Eigrp, name, true, "up")
    });
    neighbours.collect()
}

fn isis(value: show_isis_neighbors::ShowIsisNeighbors) -> Vec<Adjacency> {
    let neighbours = value.neighbors.into_iter().map(|n| {
        let name = format!("{}@{} {}", n.system_id, short(&n.interface), n.level);
        let (up, state) = match n.state {
            IsisState::Up => (true, "up"),
            IsisState::Init => (false, "init"),
            IsisState::Down => (false, "down"),
        };
        adjacency(Part::Isis, name, up, state)
    });
    neighbours.collect()
}

fn hsrp(value: show_standby_brief::ShowStandbyBrief) -> Vec<GatewayGroup> {
    let groups = value.groups.into_iter().map(|g| GatewayGroup {
        protocol: Part::Hsrp,
        name: format!("{} group {}", short(&g.interface), g.group),
        role: format!("{:?}", g.state).to_ascii_lowercase(),
    });
    groups.collect()
}

fn vrrp(value: show_vrrp_brief::ShowVrrpBrief) -> Vec<GatewayGroup> {
    let groups = value.groups.into_iter().map(|g| {
        let family = g.address_family.map(|f| format!(" {f}"));
        GatewayGroup {
            protocol: Part::Vrrp,
            name: format!(
                "{} group {}{}",
                short(&g.interface),
                g.group,
                family.unwrap_or_default()
            ),
            role: format!("{:?}", g.state).to_ascii_lowercase(),
        }
    });
    groups.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(part: Part, text: &str, taken: Taken) -> Output {
        Output {
            command: command(part).to_owned(),
            text: text.to_owned(),
            prompt: None,
            taken,
        }
    }

    fn read(part: Part, text: &str) -> Health {
        let mut health = Health::default();
        take(part, &says(part, text, Taken::Ran), false, &mut health);
        health
    }

    // Made up after the formats of Catalyst 9500 and C8300, 17.9.
    const OSPF: &str = "\nNeighbor ID     Pri   State           Dead Time   Address         Interface\n\
        192.0.2.1         1   FULL/DR         00:00:36    198.51.100.1    TenGigabitEthernet1/1/1\n\
        192.0.2.3         1   2WAY/DROTHER    00:00:31    198.51.100.3    TenGigabitEthernet1/1/1\n\
        192.0.2.9         0   EXSTART/  -     00:00:33    198.51.100.9    Vlan10\n";

    #[test]
    fn routing_neighbours_are_named_by_who_and_where() {
        let health = read(Part::Ospf, OSPF);
        assert!(health.unread.is_empty(), "{:?}", health.unread);
        let seen: Vec<_> = health
            .routing
            .iter()
            .map(|a| (a.name.as_str(), a.up, a.state.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("192.0.2.1@Te1/1/1", true, "full"),
                ("192.0.2.3@Te1/1/1", true, "2way"),
                ("192.0.2.9@Vl10", false, "exstart"),
            ]
        );
        let health = read(
            Part::Bgp,
            "BGP router identifier 192.0.2.8, local AS number 65000\nBGP table version is 33, main \
             routing table version 33\n\nNeighbor        V           AS MsgRcvd MsgSent   TblVer  InQ \
             OutQ Up/Down  State/PfxRcd\n198.51.100.1    4        65001     619     695       33    0    \
             0 05:07:45      100\n198.51.100.5    4        65002       0       0        1    0    0 \
             never    Idle\n",
        );
        assert!(health.unread.is_empty(), "{:?}", health.unread);
        assert_eq!(health.routing[0].prefixes, Some(100));
        assert_eq!(
            (health.routing[1].up, health.routing[1].state.as_str()),
            (false, "idle")
        );
    }

    #[test]
    fn only_bundled_members_count() {
        let health = read(
            Part::Channels,
            "Number of channel-groups in use: 1\nNumber of aggregators:           1\n\nGroup  \
             Port-channel  Protocol    Ports\n------+-------------+-----------+------------\n1      \
             Po1(SU)         LACP        Te1/1/2(P)      Te1/1/1(P)      Te1/1/3(w)\n",
        );
        assert_eq!(health.channels[0].bundled, ["Te1/1/1", "Te1/1/2"]);
    }

    #[test]
    fn roles_are_read_of_both_protocols() {
        let health = read(
            Part::Hsrp,
            "                     P indicates configured to preempt.\n                     |\n\
             Interface   Grp  Pri P State   Active          Standby         Virtual IP\n\
             Vl10        1    110 P Active  local           198.51.100.3    198.51.100.254\n\
             Vl20        2    100   Init    unknown         unknown         198.51.101.254\n",
        );
        assert_eq!(health.gateways[0].name, "Vl10 group 1");
        assert_eq!(health.gateways[0].role, "active");
        assert!(!health.gateways[1].is_settled());
        let health = read(
            Part::Vrrp,
            "Interface          Grp  A-F Pri  Time Own Pre State   Master addr/Group addr\n  \
             Vl30                 3 IPv4 100     0  N   Y  BACKUP  198.51.100.1 198.51.100.254\n",
        );
        assert_eq!(health.gateways[0].role, "backup", "{health:?}");
    }

    #[test]
    fn what_is_off_unknown_or_empty_is_an_answer_and_has_nothing() {
        for (part, text) in [
            (Part::Bgp, "% BGP not active\n\n"),
            (Part::Ospf, ""),
            (Part::Ospf, "%OSPF: Router process not running\n"),
            (Part::Isis, ""),
            (Part::Eigrp, "\n"),
            (Part::Hsrp, ""),
            (Part::DefaultRoute, "% Network not in table\n"),
        ] {
            assert_eq!(read(part, text), Health::default(), "{part}: {text}");
        }
        let unknown = "         ^\n% Invalid input detected at '^' marker.\n";
        let output = says(Part::Channels, unknown, Taken::Unknown);
        let mut health = Health::default();
        take(Part::Channels, &output, false, &mut health);
        assert_eq!(health, Health::default());
        // It knew the command before the upgrade: that is no answer any more.
        take(Part::Channels, &output, true, &mut health);
        assert!(
            health.unread[0].line.contains("Invalid input"),
            "{health:?}"
        );
    }

    #[test]
    fn rule_2_output_that_a_parser_refuses_leaves_its_part_open() {
        let health = read(Part::Ospf, "Neighbor ID     Pri   State\n192.0.2.1 ???\n");
        assert_eq!(health.unread[0].part, Part::Ospf);
        assert!(
            health.unread[0]
                .line
                .contains("`show ip ospf neighbor`, line 2"),
            "{health:?}"
        );
        let mut health = Health::default();
        let refused = says(
            Part::Hsrp,
            "Command authorization failed.\n",
            Taken::NotAuthorized,
        );
        take(Part::Hsrp, &refused, false, &mut health);
        assert_eq!(
            health.unread[0].line,
            "show standby brief: Command authorization failed."
        );
    }
}
