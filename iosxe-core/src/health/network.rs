//! What the network makes of a device: bundles, routing neighbours, the way out, gateway roles.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Finding, Health, Weight};

/// A part of the health that is asked by a command of its own, and only while the device has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Members of port-channels.
    Channels,
    /// OSPF adjacencies.
    Ospf,
    /// BGP sessions of IPv4 unicast.
    Bgp,
    /// EIGRP adjacencies.
    Eigrp,
    /// IS-IS adjacencies.
    Isis,
    /// The default route of the global table.
    DefaultRoute,
    /// HSRP groups.
    Hsrp,
    /// VRRP groups.
    Vrrp,
}

impl Part {
    /// Every part, in the order in which they are asked.
    pub const ALL: [Self; 8] = [
        Self::Channels,
        Self::DefaultRoute,
        Self::Ospf,
        Self::Bgp,
        Self::Eigrp,
        Self::Isis,
        Self::Hsrp,
        Self::Vrrp,
    ];

    /// The word in front of the name in a check: `ospf:192.0.2.1@Te1/1/1`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Channels => "port-channel",
            Self::Ospf => "ospf",
            Self::Bgp => "bgp",
            Self::Eigrp => "eigrp",
            Self::Isis => "isis",
            Self::DefaultRoute => "default-route",
            Self::Hsrp => "hsrp",
            Self::Vrrp => "vrrp",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A part that gave no answer that could be read (design rule 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Which.
    pub part: Part,
    /// The command, and the line that could not be read.
    pub line: String,
}

/// A port-channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Short name: `Po1`.
    pub name: String,
    /// Its members that carry traffic, in short names.
    pub bundled: Vec<String>,
}

/// A neighbour that a routing protocol speaks with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjacency {
    /// OSPF, BGP, EIGRP or IS-IS.
    pub protocol: Part,
    /// Who, over which port of ours and in which process: what makes it the same one later.
    pub name: String,
    /// Full, established or up: it does what it is there for.
    pub up: bool,
    /// The device's own word for it.
    pub state: String,
    /// Prefixes that a BGP neighbour sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefixes: Option<u64>,
}

/// The default route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultRoute {
    /// Next hops or ports, sorted.
    pub via: Vec<String>,
}

/// A group of HSRP or VRRP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayGroup {
    /// HSRP or VRRP.
    pub protocol: Part,
    /// Port and number, and the address family where there are several: `Vl10 group 1`.
    pub name: String,
    /// What it is in the group, in the device's word, lower case: `active`, `backup`.
    pub role: String,
}

impl GatewayGroup {
    /// Whether the group has settled: it forwards, or another one does and this one knows.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        ["active", "standby", "listen", "master", "backup"].contains(&self.role.as_str())
    }
}

impl Health {
    /// The parts that there is something of: what a later look asks again.
    #[must_use]
    pub fn parts(&self) -> BTreeSet<Part> {
        let channels = self.channels.iter().any(|c| !c.bundled.is_empty());
        let up = self.routing.iter().filter(|a| a.up).map(|a| a.protocol);
        let settled = self.gateways.iter().filter(|g| g.is_settled());
        up.chain(settled.map(|g| g.protocol))
            .chain(channels.then_some(Part::Channels))
            .chain(self.default_route.as_ref().map(|_| Part::DefaultRoute))
            .collect()
    }

    /// What of these parts is worse than in the baseline. A part that cannot be read now says nothing
    /// (design rule 2).
    pub(super) fn network_worse_than(
        &self,
        baseline: &Self,
        prefixes_lost_percent: u8,
    ) -> Vec<Finding> {
        let mut findings = self.channels_worse_than(baseline);
        findings.extend(self.routing_worse_than(baseline, prefixes_lost_percent));
        findings.extend(self.way_out_worse_than(baseline));
        findings.extend(self.gateways_worse_than(baseline));
        findings
    }

    fn is_unread(&self, part: Part) -> bool {
        self.unread.iter().any(|u| u.part == part)
    }

    fn channels_worse_than(&self, baseline: &Self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.is_unread(Part::Channels) {
            return findings;
        }
        for before in baseline.channels.iter().filter(|c| !c.bundled.is_empty()) {
            let now = self.channels.iter().find(|c| c.name == before.name);
            let bundled = now.map(|c| c.bundled.as_slice()).unwrap_or_default();
            let missing: Vec<&str> = before
                .bundled
                .iter()
                .filter(|port| !bundled.contains(port))
                .map(String::as_str)
                .collect();
            if missing.is_empty() {
                continue;
            }
            findings.push(Finding {
                check: format!("{}:{}", Part::Channels, before.name),
                weight: Weight::Gate,
                expected: format!("a bundle of {}", before.bundled.join(", ")),
                found: match now {
                    Some(_) => format!("without {}", missing.join(", ")),
                    None => "absent".to_owned(),
                },
            });
        }
        findings
    }

    fn routing_worse_than(&self, baseline: &Self, prefixes_lost_percent: u8) -> Vec<Finding> {
        let mut findings = Vec::new();
        for before in baseline.routing.iter().filter(|a| a.up) {
            if self.is_unread(before.protocol) {
                continue;
            }
            let now = self
                .routing
                .iter()
                .find(|a| a.protocol == before.protocol && a.name == before.name);
            let mut find = |weight, expected: String, found: String| {
                findings.push(Finding {
                    check: format!("{}:{}", before.protocol, before.name),
                    weight,
                    expected,
                    found,
                });
            };
            let Some(now) = now else {
                find(Weight::Gate, before.state.clone(), "gone".to_owned());
                continue;
            };
            if !now.up {
                find(Weight::Gate, before.state.clone(), now.state.clone());
            } else if now.state != before.state {
                find(Weight::Warn, before.state.clone(), now.state.clone());
            } else if let (Some(had), Some(has)) = (before.prefixes, now.prefixes)
                && fewer(had, has, prefixes_lost_percent)
            {
                let expected = format!(
                    "sending {}, or at most {prefixes_lost_percent} % fewer",
                    counted_prefixes(had)
                );
                find(
                    Weight::Warn,
                    expected,
                    format!("sending {}", counted_prefixes(has)),
                );
            }
        }
        findings
    }

    fn way_out_worse_than(&self, baseline: &Self) -> Option<Finding> {
        let before = baseline.default_route.as_ref()?;
        if self.is_unread(Part::DefaultRoute) {
            return None;
        }
        let (weight, found) = match &self.default_route {
            None => (Weight::Gate, "gone".to_owned()),
            Some(now) if now.via.iter().any(|hop| before.via.contains(hop)) => return None,
            Some(now) if now == before => return None,
            Some(now) => (Weight::Warn, now.to_string()),
        };
        Some(Finding {
            check: format!("{}:0.0.0.0/0", Part::DefaultRoute),
            weight,
            expected: before.to_string(),
            found,
        })
    }

    fn gateways_worse_than(&self, baseline: &Self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for before in baseline.gateways.iter().filter(|g| g.is_settled()) {
            if self.is_unread(before.protocol) {
                continue;
            }
            let now = self
                .gateways
                .iter()
                .find(|g| g.protocol == before.protocol && g.name == before.name);
            let (weight, found) = match now {
                None => (Weight::Gate, "gone"),
                Some(now) if now.role == before.role => continue,
                Some(now) if now.is_settled() => (Weight::Warn, now.role.as_str()),
                Some(now) => (Weight::Gate, now.role.as_str()),
            };
            findings.push(Finding {
                check: format!("{}:{}", before.protocol, before.name),
                weight,
                expected: before.role.clone(),
                found: found.to_owned(),
            });
        }
        findings
    }
}

impl fmt::Display for DefaultRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "via {}", self.via.join(", "))
    }
}

/// Whether more than that part of what was there is missing.
fn fewer(had: u64, has: u64, percent: u8) -> bool {
    let lost = u128::from(had.saturating_sub(has));
    lost * 100 > u128::from(had) * u128::from(percent)
}

fn counted_prefixes(n: u64) -> String {
    match n {
        1 => "1 prefix".to_owned(),
        n => format!("{n} prefixes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adjacency(protocol: Part, name: &str, state: &str, up: bool) -> Adjacency {
        Adjacency {
            protocol,
            name: name.into(),
            up,
            state: state.into(),
            prefixes: None,
        }
    }

    fn before() -> Health {
        Health {
            channels: vec![Channel {
                name: "Po1".into(),
                bundled: vec!["Te1/1/1".into(), "Te1/1/2".into()],
            }],
            routing: vec![
                adjacency(Part::Ospf, "192.0.2.1@Te1/1/1", "full", true),
                adjacency(Part::Ospf, "192.0.2.9@Vl10", "init", false),
                Adjacency {
                    prefixes: Some(100),
                    ..adjacency(Part::Bgp, "192.0.2.2", "established", true)
                },
            ],
            default_route: Some(DefaultRoute {
                via: vec!["192.0.2.1".into()],
            }),
            gateways: vec![
                GatewayGroup {
                    protocol: Part::Hsrp,
                    name: "Vl10 group 1".into(),
                    role: "active".into(),
                },
                GatewayGroup {
                    protocol: Part::Vrrp,
                    name: "Vl20 group 2".into(),
                    role: "init".into(),
                },
            ],
            ..Health::default()
        }
    }

    fn told(now: &Health) -> Vec<(String, Weight)> {
        now.worse_than(&before(), 10)
            .into_iter()
            .map(|f| (f.to_string(), f.weight))
            .collect()
    }

    #[test]
    fn only_what_the_device_has_is_asked_again() {
        let parts: Vec<Part> = before().parts().into_iter().collect();
        assert_eq!(
            parts,
            [
                Part::Channels,
                Part::Ospf,
                Part::Bgp,
                Part::DefaultRoute,
                Part::Hsrp
            ]
        );
        assert!(Health::default().parts().is_empty());
    }

    #[test]
    fn what_is_as_it_was_and_what_is_new_is_no_finding() {
        assert!(told(&before()).is_empty());
        let mut now = before();
        now.routing
            .push(adjacency(Part::Eigrp, "192.0.2.7@Vl7", "up", true));
        now.routing[1].up = true;
        now.gateways[1].role = "master".into();
        assert!(told(&now).is_empty());
    }

    #[test]
    fn whatever_is_gone_is_a_gate() {
        let gate = |text: &str| (text.to_owned(), Weight::Gate);
        assert_eq!(
            told(&Health::default()),
            [
                gate("port-channel:Po1 is absent, expected a bundle of Te1/1/1, Te1/1/2"),
                gate("ospf:192.0.2.1@Te1/1/1 is gone, expected full"),
                gate("bgp:192.0.2.2 is gone, expected established"),
                gate("default-route:0.0.0.0/0 is gone, expected via 192.0.2.1"),
                gate("hsrp:Vl10 group 1 is gone, expected active"),
            ]
        );
    }

    #[test]
    fn what_has_not_settled_is_a_gate_and_what_settled_otherwise_warns() {
        let mut now = before();
        now.channels[0].bundled.pop();
        now.routing[0].up = false;
        now.routing[0].state = "exstart/dr".into();
        now.default_route = Some(DefaultRoute {
            via: vec!["192.0.2.5".into()],
        });
        now.gateways[0].role = "init".into();
        assert_eq!(
            told(&now),
            [
                (
                    "port-channel:Po1 is without Te1/1/2, expected a bundle of Te1/1/1, Te1/1/2"
                        .to_owned(),
                    Weight::Gate
                ),
                (
                    "ospf:192.0.2.1@Te1/1/1 is exstart/dr, expected full".to_owned(),
                    Weight::Gate
                ),
                (
                    "default-route:0.0.0.0/0 is via 192.0.2.5, expected via 192.0.2.1".to_owned(),
                    Weight::Warn
                ),
                (
                    "hsrp:Vl10 group 1 is init, expected active".to_owned(),
                    Weight::Gate
                ),
            ]
        );
        let mut now = before();
        // Another one is the designated router now.
        now.routing[0].state = "2way/drother".into();
        now.gateways[0].role = "standby".into();
        let weights: Vec<Weight> = told(&now).into_iter().map(|(_, w)| w).collect();
        assert_eq!(weights, [Weight::Warn, Weight::Warn]);
    }

    #[test]
    fn prefixes_may_be_fewer_by_the_tolerance_and_not_by_more() {
        let mut now = before();
        now.routing[2].prefixes = Some(90);
        assert!(told(&now).is_empty());
        now.routing[2].prefixes = Some(89);
        assert_eq!(
            told(&now),
            [(
                "bgp:192.0.2.2 is sending 89 prefixes, expected sending 100 prefixes, or at most \
                 10 % fewer"
                    .to_owned(),
                Weight::Warn
            )]
        );
        now.routing[2].prefixes = Some(1_000_000);
        assert!(told(&now).is_empty(), "more is no finding");
    }

    #[test]
    fn rule_2_a_part_that_cannot_be_read_says_nothing_and_shields_no_other() {
        let mut now = before();
        now.routing.clear();
        now.default_route = None;
        now.unread = vec![Unread {
            part: Part::Ospf,
            line: "show ip ospf neighbor, line 2: ?".into(),
        }];
        let checks: Vec<String> = now
            .worse_than(&before(), 10)
            .into_iter()
            .map(|f| f.check)
            .collect();
        assert_eq!(checks, ["bgp:192.0.2.2", "default-route:0.0.0.0/0"]);
        assert_eq!(
            now.unread_since(&before()),
            ["show ip ospf neighbor, line 2: ?"]
        );
    }
}
