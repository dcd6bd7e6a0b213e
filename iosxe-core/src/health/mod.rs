//! Baseline, checks and their comparison.

mod network;
mod own;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use network::{Adjacency, Channel, DefaultRoute, GatewayGroup, Part, Unread};
pub use own::{Answer, Check, Expectation, Said, Scalar, When};

/// Whether a difference may lead to an abort (design rule 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// A failed gate check that stays failed leads to an abort.
    Gate,
    /// Reported, never more.
    Warn,
}

/// One port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Name as the device prints it, short.
    pub name: String,
    /// It was up and forwarding.
    pub up: bool,
    /// Routed, trunk, port-channel, stack or SVL link, access point or network neighbour: a gate.
    /// Every other port only warns.
    pub weight: Weight,
    /// Why it weighs what it does: `trunk`, `routed`, `neighbour core-01`.
    pub because: String,
}

/// A neighbour that CDP or LLDP sees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Neighbour {
    /// Its name, without a domain.
    pub name: String,
    /// Our port towards it.
    pub port: String,
}

/// How the device is, in values that can be compared before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Every port.
    pub ports: Vec<Port>,
    /// Every neighbour.
    pub neighbours: Vec<Neighbour>,
    /// Looks at ports and neighbours that gave no answer that could be read (design rule 2), with the
    /// line.
    pub inconclusive: Vec<String>,
    /// Port-channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// Neighbours of routing protocols.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routing: Vec<Adjacency>,
    /// The default route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_route: Option<DefaultRoute>,
    /// Groups of HSRP and VRRP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<GatewayGroup>,
    /// The user's own checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Answer>,
    /// Further parts that gave no answer that could be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

/// What a look at the health asks beside ports and neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The parts to ask; `None` is every one that the device may know.
    pub parts: Option<BTreeSet<Part>>,
    /// The user's own checks to make.
    pub checks: Vec<Check>,
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the check, for `accept`: `port:Te1/1/1`, `neighbour:core-01`.
    pub check: String,
    /// Gate or warn.
    pub weight: Weight,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Finding {
    /// What is waited for, to stand behind "waiting for".
    #[must_use]
    pub fn awaited(&self) -> String {
        if self.is_of_one_thing() {
            format!(
                "{} to be {}; it is {}",
                self.check, self.expected, self.found
            )
        } else {
            format!("{}; {}", self.expected, self.found)
        }
    }

    /// Whether the check names the thing that it looks at, and not a question to the whole device.
    fn is_of_one_thing(&self) -> bool {
        self.check.contains(':')
    }
}

/// What was found, and what should have been: `port:Te1/1/1 is down, expected up (trunk)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            check,
            expected,
            found,
            ..
        } = self;
        if self.is_of_one_thing() {
            write!(f, "{check} is {found}, expected {expected}")
        } else {
            write!(f, "{check}: {found}; expected {expected}")
        }
    }
}

impl Health {
    /// What is worse than in the baseline. New things are never findings; a neighbour that moved
    /// to another port is a warning, and so is a BGP neighbour that sends more than
    /// `prefixes_lost_percent` fewer prefixes. While there is output that cannot be read and could be
    /// before, what is not listed is not known to be gone (design rule 2).
    #[must_use]
    pub fn worse_than(&self, baseline: &Self, prefixes_lost_percent: u8) -> Vec<Finding> {
        let unread = self
            .inconclusive
            .iter()
            .any(|line| !baseline.inconclusive.contains(line));
        let mut findings = Vec::new();
        for before in baseline.ports.iter().filter(|p| p.up) {
            let now = self.ports.iter().find(|p| p.name == before.name);
            if now.map_or(unread, |p| p.up) {
                continue;
            }
            findings.push(Finding {
                check: format!("port:{}", before.name),
                weight: before.weight,
                expected: format!("up ({})", before.because),
                found: if now.is_some() { "down" } else { "absent" }.to_owned(),
            });
        }
        let names: BTreeSet<&str> = baseline
            .neighbours
            .iter()
            .map(|n| n.name.as_str())
            .collect();
        for name in names {
            findings.extend(self.neighbour_worse_than(baseline, name, unread));
        }
        findings.extend(self.network_worse_than(baseline, prefixes_lost_percent));
        findings.extend(self.own_worse_than(baseline));
        findings
    }

    /// One neighbour, which may be on several ports: a port that it left for a new one is a move, one
    /// that it left for none is a loss.
    fn neighbour_worse_than(&self, baseline: &Self, name: &str, unread: bool) -> Vec<Finding> {
        let (before, now) = (baseline.ports_of(name), self.ports_of(name));
        let mut gained = now.difference(&before);
        let mut findings = Vec::new();
        for port in before.difference(&now) {
            let moved = gained.next();
            if unread && moved.is_none() {
                continue;
            }
            let still: Vec<&str> = now.iter().copied().collect();
            let (weight, found) = match moved {
                Some(other) => (Weight::Warn, format!("seen on {other}")),
                None if still.is_empty() => (Weight::Gate, "gone".to_owned()),
                None => (Weight::Gate, format!("seen only on {}", still.join(", "))),
            };
            findings.push(Finding {
                check: format!("neighbour:{name}"),
                weight,
                expected: format!("seen on {port}"),
                found,
            });
        }
        findings
    }

    /// Our ports towards a neighbour.
    fn ports_of(&self, name: &str) -> BTreeSet<&str> {
        let of = self.neighbours.iter().filter(|n| n.name == name);
        of.map(|n| n.port.as_str()).collect()
    }

    /// What could not be read, of gates and of what they are held against. What could not be read in
    /// the baseline either is left out: it was told then, and cannot be compared now.
    #[must_use]
    pub fn unread_since(&self, baseline: &Self) -> Vec<String> {
        let lines = self.inconclusive.iter();
        let lines = lines.filter(|line| !baseline.inconclusive.contains(line));
        let parts = self.unread.iter().map(|u| &u.line);
        let own = self.own.iter().filter_map(|answer| match &answer.said {
            Said::Unread { line }
                if answer.weight == Weight::Gate && !baseline.never_had(&answer.check) =>
            {
                Some(line)
            }
            _ => None,
        });
        lines.chain(parts).chain(own).cloned().collect()
    }

    /// Everything that could not be read.
    #[must_use]
    pub fn all_unread(&self) -> Vec<String> {
        let parts = self.unread.iter().map(|u| u.line.clone());
        let own = self.own.iter().filter_map(|answer| match &answer.said {
            Said::Unread { line } => Some(line.clone()),
            Said::Met | Said::Failed { .. } | Said::Value { .. } => None,
        });
        let lines = self.inconclusive.iter().cloned();
        lines.chain(parts).chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, up: bool, weight: Weight) -> Port {
        Port {
            name: name.into(),
            up,
            weight,
            because: "trunk".into(),
        }
    }

    #[test]
    fn a_finding_is_a_sentence_of_what_is_and_what_should_be() {
        let finding = |check: &str, found: &str, expected: &str| Finding {
            check: check.into(),
            weight: Weight::Gate,
            expected: expected.into(),
            found: found.into(),
        };
        let port = finding("port:Te1/1/1", "down", "up (trunk)");
        assert_eq!(
            port.to_string(),
            "port:Te1/1/1 is down, expected up (trunk)"
        );
        assert_eq!(port.awaited(), "port:Te1/1/1 to be up (trunk); it is down");
        let members = finding(
            "members",
            "not settled, member 3 (Removed)",
            "17.12.04 on every member",
        );
        assert_eq!(
            members.to_string(),
            "members: not settled, member 3 (Removed); expected 17.12.04 on every member"
        );
        assert_eq!(
            members.awaited(),
            "17.12.04 on every member; not settled, member 3 (Removed)"
        );
    }

    #[test]
    fn rule_1_a_laptop_that_went_home_is_a_warning() {
        let before = Health {
            ports: vec![
                port("Gi1/0/1", true, Weight::Warn),
                port("Te1/1/1", true, Weight::Gate),
            ],
            ..Health::default()
        };
        let after = Health {
            ports: vec![
                port("Gi1/0/1", false, Weight::Warn),
                port("Te1/1/1", true, Weight::Gate),
            ],
            ..Health::default()
        };
        let findings = after.worse_than(&before, 10);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].weight, Weight::Warn);
        assert!(
            before.worse_than(&after, 10).is_empty(),
            "a port that came up is no finding"
        );
    }

    #[test]
    fn rule_2_what_is_missing_from_output_that_cannot_be_read_is_no_finding() {
        let before = Health {
            ports: vec![
                port("Te1/1/1", true, Weight::Gate),
                port("Te1/1/2", true, Weight::Gate),
            ],
            neighbours: vec![Neighbour {
                name: "core".into(),
                port: "Te1/1/1".into(),
            }],
            inconclusive: vec!["show lldp neighbors: line 4: ?".into()],
            ..Health::default()
        };
        let mut after = Health {
            ports: vec![port("Te1/1/2", false, Weight::Gate)],
            ..before.clone()
        };
        after.neighbours.clear();
        let checks = |after: &Health| -> Vec<String> {
            let findings = after.worse_than(&before, 10).into_iter();
            findings.map(|f| f.check).collect()
        };
        // As readable as before: what is not there is gone.
        assert_eq!(
            checks(&after),
            ["port:Te1/1/1", "port:Te1/1/2", "neighbour:core"]
        );
        after
            .inconclusive
            .push("show cdp neighbors: line 9: ?".into());
        assert_eq!(checks(&after), ["port:Te1/1/2"], "seen down is down");
    }

    #[test]
    fn a_neighbour_that_is_gone_gates_and_one_that_moved_warns() {
        let n = |name: &str, port: &str| Neighbour {
            name: name.into(),
            port: port.into(),
        };
        let before = Health {
            neighbours: vec![n("core", "Te1/1/1"), n("ap", "Gi1/0/9")],
            ..Health::default()
        };
        let after = Health {
            neighbours: vec![n("ap", "Gi1/0/10")],
            ..Health::default()
        };
        let weights: Vec<_> = after
            .worse_than(&before, 10)
            .into_iter()
            .map(|f| (f.to_string(), f.weight))
            .collect();
        assert_eq!(
            weights,
            [
                (
                    "neighbour:ap is seen on Gi1/0/10, expected seen on Gi1/0/9".to_owned(),
                    Weight::Warn
                ),
                (
                    "neighbour:core is gone, expected seen on Te1/1/1".to_owned(),
                    Weight::Gate
                ),
            ]
        );
    }

    #[test]
    fn a_neighbour_that_lost_one_of_two_links_has_not_moved() {
        let n = |port: &str| Neighbour {
            name: "core".into(),
            port: port.into(),
        };
        let before = Health {
            neighbours: vec![n("Te1/1/1"), n("Te1/1/2")],
            ..Health::default()
        };
        let after = Health {
            neighbours: vec![n("Te1/1/2")],
            ..Health::default()
        };
        let found = after.worse_than(&before, 10);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].weight, Weight::Gate);
        assert_eq!(
            found[0].to_string(),
            "neighbour:core is seen only on Te1/1/2, expected seen on Te1/1/1"
        );
    }

    #[test]
    fn a_baseline_of_before_there_were_these_parts_is_read_and_written_as_it_was() {
        let old = r#"{"ports":[],"neighbours":[],"inconclusive":[]}"#;
        let health: Health = serde_json::from_str(old).unwrap();
        assert_eq!(health, Health::default());
        assert_eq!(serde_json::to_string(&health).unwrap(), old);
        assert!(health.parts().is_empty(), "nothing of it is asked again");
    }
}
