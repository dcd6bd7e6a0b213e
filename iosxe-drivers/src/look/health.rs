//! How a device is: ports and network neighbours, weighed by design rule 1, and what else its scope
//! names.

use std::collections::BTreeMap;

use iosxe_core::health::{Check, Health, Neighbour, Part, Port, Scope, Weight};
use iosxe_core::observation::Observation;
use iosxe_core::talk::TalkError;

use super::{answer, network, own, read};
use crate::parse::show_interfaces_status::PortStatus;
use crate::parse::show_ip_interface_brief::{IpInterface, LineProtocol, LinkStatus};
use crate::parse::{
    ParseError, Parsed, show_cdp_neighbors, show_interfaces_status, show_ip_interface_brief,
    show_lldp_neighbors,
};
use crate::talk::console::{Command, Output};
use crate::talk::script::Inquiry;

const STATUS: &str = "show interfaces status";
const BRIEF: &str = "show ip interface brief";
const CDP: &str = "show cdp neighbors";
const LLDP: &str = "show lldp neighbors";

/// Every command of this look. Routers do not know the first, devices without LLDP not the last.
const COMMANDS: [&str; 4] = [STATUS, BRIEF, CDP, LLDP];

/// The look: ports and neighbours, then the parts and the user's checks of its scope.
#[derive(Debug)]
pub(crate) struct HealthInquiry {
    parts: Vec<Part>,
    /// The parts were there before.
    known: bool,
    checks: Vec<Check>,
}

impl HealthInquiry {
    pub(crate) fn new(scope: &Scope) -> Self {
        let parts = Part::ALL.into_iter();
        Self {
            parts: match &scope.parts {
                Some(chosen) => parts.filter(|p| chosen.contains(p)).collect(),
                None => parts.collect(),
            },
            known: scope.parts.is_some(),
            checks: scope.checks.clone(),
        }
    }

    /// Every command, in order. Checks follow the parts one for one, and two of them may ask the same.
    fn commands(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().map(|p| network::command(*p));
        let checks = self.checks.iter().map(|c| c.command.as_str());
        COMMANDS.into_iter().chain(parts).chain(checks)
    }
}

impl Inquiry for HealthInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        let next = self.commands().nth(answers.len());
        Ok(next.map(Command::show))
    }

    fn may_be_forbidden(&self, command: &str) -> bool {
        !COMMANDS.contains(&command)
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let mut inconclusive = Vec::new();
        let mut neighbours = Vec::new();
        if let Some(cdp) = conclusive(&answers, CDP, show_cdp_neighbors::parse, &mut inconclusive) {
            neighbours.extend(cdp.neighbors.into_iter().filter_map(|n| {
                is_network_cdp(n.capability.as_deref().unwrap_or_default())
                    .then(|| neighbour(&n.device_id, &n.local_interface))
            }));
        }
        if let Some(lldp) = conclusive(
            &answers,
            LLDP,
            show_lldp_neighbors::parse,
            &mut inconclusive,
        ) {
            neighbours.extend(lldp.neighbors.into_iter().filter_map(|n| {
                is_network_lldp(n.capability.as_deref().unwrap_or_default())
                    .then(|| neighbour(&n.device_id, &n.local_interface))
            }));
        }
        neighbours.sort();
        neighbours.dedup();
        let seen: BTreeMap<&str, &str> = neighbours
            .iter()
            .map(|n| (n.port.as_str(), n.name.as_str()))
            .collect();
        let mut ports: BTreeMap<String, Port> = BTreeMap::new();
        if let Some(brief) = conclusive(
            &answers,
            BRIEF,
            show_ip_interface_brief::parse,
            &mut inconclusive,
        ) {
            for interface in &brief.interfaces {
                let port = routed(interface, &seen);
                ports.insert(port.name.clone(), port);
            }
        }
        if let Some(status) = conclusive(
            &answers,
            STATUS,
            show_interfaces_status::parse,
            &mut inconclusive,
        ) {
            for row in &status.ports {
                let name = short(&row.port);
                let (weight, because) = weigh(&name, &row.vlan, seen.get(name.as_str()).copied());
                let up = row.status == PortStatus::Connected;
                ports.insert(
                    name.clone(),
                    Port {
                        name,
                        up,
                        weight,
                        because,
                    },
                );
            }
        }
        let mut health = Health {
            ports: ports.into_values().collect(),
            neighbours,
            inconclusive,
            ..Health::default()
        };
        let mut further = answers.iter().skip(COMMANDS.len());
        for (part, output) in self.parts.iter().zip(further.by_ref()) {
            network::take(*part, output, self.known, &mut health);
        }
        for (check, output) in self.checks.iter().zip(further) {
            health.own.push(own::answer(check, output));
        }
        Ok(Observation::Health(Box::new(health)))
    }
}

/// Design rule 2: output that a parser refuses, or lines that it does not know, leave the check open.
pub(super) fn conclusive<T>(
    answers: &[Output],
    command: &str,
    parse: impl FnOnce(&str) -> Result<Parsed<T>, ParseError>,
    inconclusive: &mut Vec<String>,
) -> Option<T> {
    let output = answer(answers, command)?;
    // `% CDP is not enabled`: an answer, without neighbours.
    if output
        .text
        .lines()
        .any(|l| l.trim_start().starts_with('%') && l.contains("not enabled"))
    {
        return None;
    }
    match read(output, parse, inconclusive) {
        Ok(value) => value,
        Err(error) => {
            inconclusive.push(error.to_string());
            None
        }
    }
}

fn neighbour(device: &str, port: &str) -> Neighbour {
    Neighbour {
        name: plain_name(device),
        port: short(port),
    }
}

/// CDP and LLDP print the domain or not, and LLDP cuts at 20 characters.
pub(super) fn plain_name(device: &str) -> String {
    device
        .split('.')
        .next()
        .unwrap_or(device)
        .chars()
        .take(20)
        .collect()
}

/// A port in the two-letter form in which all commands can be compared: `Te1/1/1` of
/// `TenGigabitEthernet1/1/1` and of `Ten 1/1/1`.
pub(super) fn short(port: &str) -> String {
    let port = port.trim();
    let digits = port
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(port.len());
    let (kind, number) = port.split_at(digits);
    let kind = kind.trim();
    let letters = match kind {
        // Two letters would make these one with others: Tw is 2.5 Gigabit, Twe 25 Gigabit.
        k if k.starts_with("Twe") => "Twe".to_owned(),
        k if k.starts_with("TwoH") || k.starts_with("TH") => "TwoHu".to_owned(),
        k => k.chars().take(2).collect(),
    };
    format!("{letters}{number}")
}

fn weigh(name: &str, vlan: &str, neighbour: Option<&str>) -> (Weight, String) {
    if let Some(neighbour) = neighbour {
        return (Weight::Gate, format!("neighbour {neighbour}"));
    }
    if name.starts_with("Po") {
        return (Weight::Gate, "port-channel".to_owned());
    }
    match vlan {
        "trunk" | "routed" => (Weight::Gate, vlan.to_owned()),
        vlan => (Weight::Warn, format!("access, VLAN {vlan}")),
    }
}

fn routed(interface: &IpInterface, seen: &BTreeMap<&str, &str>) -> Port {
    let name = short(&interface.name);
    let up = interface.status == LinkStatus::Up && interface.protocol == LineProtocol::Up;
    let has_address = interface.ip_address != "unassigned";
    let (weight, because) = match seen.get(name.as_str()) {
        Some(neighbour) => (Weight::Gate, format!("neighbour {neighbour}")),
        None if has_address => (Weight::Gate, "routed".to_owned()),
        None => (Weight::Warn, "no address".to_owned()),
    };
    Port {
        name,
        up,
        weight,
        because,
    }
}

/// Router, bridge or switch, and no phone. Letters of CDP's legend.
fn is_network_cdp(capability: &str) -> bool {
    let has = |letter: &str| capability.split([' ', ',']).any(|c| c == letter);
    ["R", "T", "B", "S"].into_iter().any(has) && !has("P")
}

/// Router, access point, or a bridge that is no telephone. Letters of LLDP's legend.
fn is_network_lldp(capability: &str) -> bool {
    let has = |letter: &str| capability.split([' ', ',']).any(|c| c == letter);
    has("R") || has("W") || (has("B") && !has("T"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_all_commands_have_one_name() {
        assert_eq!(short("TenGigabitEthernet1/1/1"), "Te1/1/1");
        assert_eq!(short("Ten 1/1/1"), "Te1/1/1");
        assert_eq!(short("Twe1/0/1"), "Twe1/0/1");
        assert_eq!(short("TwentyFiveGigE1/0/1"), "Twe1/0/1");
        assert_eq!(short("GigabitEthernet0"), "Gi0");
    }

    #[test]
    fn phones_are_no_network_neighbours() {
        assert!(is_network_cdp("R S I"));
        assert!(is_network_cdp("T"));
        assert!(!is_network_cdp("H P M"));
        assert!(!is_network_cdp("S P"));
        assert!(is_network_lldp("B,R"));
        assert!(is_network_lldp("B"));
        assert!(!is_network_lldp("B,T"));
    }

    fn asked(scope: &Scope) -> Vec<String> {
        let mut look = HealthInquiry::new(scope);
        let mut answers = Vec::new();
        while let Some(command) = look.next(&answers).unwrap() {
            answers.push(Output {
                command: command.line,
                text: String::new(),
                prompt: None,
                taken: crate::talk::console::Taken::Ran,
            });
        }
        let all = answers.into_iter().skip(COMMANDS.len());
        all.map(|o| o.command).collect()
    }

    #[test]
    fn every_part_is_asked_once_and_later_only_what_there_was() {
        assert_eq!(
            asked(&Scope::default()),
            [
                "show etherchannel summary",
                "show ip route 0.0.0.0",
                "show ip ospf neighbor",
                "show ip bgp summary",
                "show ip eigrp neighbors",
                "show isis neighbors",
                "show standby brief",
                "show vrrp brief",
            ]
        );
        let later = |parts: &[Part]| {
            asked(&Scope {
                parts: Some(parts.iter().copied().collect()),
                checks: Vec::new(),
            })
        };
        assert!(later(&[]).is_empty());
        assert_eq!(later(&[Part::Bgp]), ["show ip bgp summary"]);
    }
}
