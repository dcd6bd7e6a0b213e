//! What hangs on a device: ports, power, neighbours, licences.

use std::collections::BTreeSet;

use iosxe_core::platform::{Family, Kind};
use iosxe_core::surroundings::{Adjacent, Licence, Surroundings};

use super::answer;
use super::health::{conclusive, plain_name, short};
use crate::parse::show_interfaces_status::PortStatus;
use crate::parse::show_ip_interface_brief::{LineProtocol, LinkStatus};
use crate::parse::{
    show_cdp_neighbors_detail, show_interfaces_status, show_ip_interface_brief,
    show_license_summary, show_lldp_neighbors_detail, show_power_inline,
};
use crate::talk::console::Output;

const STATUS: &str = "show interfaces status";
const BRIEF: &str = "show ip interface brief";
const POWER: &str = "show power inline";
const CDP: &str = "show cdp neighbors detail";
const LLDP: &str = "show lldp neighbors detail";
const LICENCES: &str = "show license summary";

/// What is asked of a family, each of it only where the family knows it.
pub(super) fn commands(family: &Family) -> Vec<&'static str> {
    let mut commands = vec![CDP, LLDP, LICENCES];
    match family.kind {
        Kind::Switch => commands.extend([STATUS, POWER]),
        Kind::Router => commands.push(BRIEF),
    }
    commands
}

/// What the answers say; `None` where nothing was asked.
pub(super) fn read(answers: &[Output]) -> Option<Surroundings> {
    answer(answers, CDP)?;
    let mut inconclusive = Vec::new();
    let neighbours = neighbours(answers, &mut inconclusive);
    let (ports_up, ports_powered) = ports(answers, &mut inconclusive);
    let licences = conclusive(
        answers,
        LICENCES,
        show_license_summary::parse,
        &mut inconclusive,
    );
    Some(Surroundings {
        ports_up,
        ports_powered,
        neighbours,
        licences: licences
            .into_iter()
            .flat_map(|l| l.licenses)
            .map(|l| Licence {
                name: l.name,
                status: l.status,
            })
            .collect(),
        inconclusive,
    })
}

fn ports(answers: &[Output], inconclusive: &mut Vec<String>) -> (usize, usize) {
    let status = conclusive(answers, STATUS, show_interfaces_status::parse, inconclusive);
    let brief = conclusive(answers, BRIEF, show_ip_interface_brief::parse, inconclusive);
    let up = match (status, brief) {
        (Some(status), _) => status
            .ports
            .iter()
            .filter(|p| p.status == PortStatus::Connected)
            .count(),
        (None, Some(brief)) => brief
            .interfaces
            .iter()
            .filter(|i| i.status == LinkStatus::Up && i.protocol == LineProtocol::Up)
            // Loopbacks and tunnels go down with the device, and nobody hangs on them.
            .filter(|i| {
                let name = i.name.to_ascii_lowercase();
                !["lo", "tu", "nu", "vl", "bd", "vi"]
                    .iter()
                    .any(|k| name.starts_with(k))
            })
            .count(),
        (None, None) => 0,
    };
    let power = conclusive(answers, POWER, show_power_inline::parse, inconclusive);
    let powered = power.map_or(0, |p| p.ports.iter().filter(|p| p.oper == "on").count());
    (up, powered)
}

fn neighbours(answers: &[Output], inconclusive: &mut Vec<String>) -> Vec<Adjacent> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let cdp = conclusive(answers, CDP, show_cdp_neighbors_detail::parse, inconclusive);
    for n in cdp.into_iter().flat_map(|c| c.neighbors) {
        let capability = n.capability.unwrap_or_default();
        let is_network = ["Router", "Switch", "Trans-Bridge", "Source-Route-Bridge"]
            .iter()
            .any(|word| capability.split_whitespace().any(|c| c == *word))
            && !capability.contains("Phone");
        if is_network {
            let address = n
                .management_addresses
                .into_iter()
                .chain(n.entry_addresses)
                .next();
            found.push(Adjacent {
                name: plain_name(&n.device_id),
                port: short(&n.local_interface),
                address,
                platform: n.platform,
            });
        }
    }
    let lldp = conclusive(
        answers,
        LLDP,
        show_lldp_neighbors_detail::parse,
        inconclusive,
    );
    for n in lldp.into_iter().flat_map(|l| l.neighbors) {
        let capability = n.enabled_capability.or(n.system_capability);
        let capability = capability.unwrap_or_default();
        let has = |letter: &str| capability.split([',', ' ']).any(|c| c == letter);
        let is_network = has("R") || has("W") || (has("B") && !has("T"));
        if let (true, Some(name)) = (is_network, n.system_name) {
            found.push(Adjacent {
                name: plain_name(&name),
                port: n.local_interface.as_deref().map(short).unwrap_or_default(),
                address: n.management_addresses.into_iter().next(),
                platform: n.model,
            });
        }
    }
    // CDP tells more than LLDP, and came first.
    found.retain(|n| seen.insert((n.name.clone(), n.port.clone())));
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::console::Taken;

    fn says(command: &str, text: &str) -> Output {
        Output {
            command: command.to_owned(),
            text: text.to_owned(),
            prompt: None,
            taken: Taken::Ran,
        }
    }

    // Made up after the formats of Catalyst 9300, 17.9.
    fn switch() -> Vec<Output> {
        vec![
            says(
                CDP,
                "-------------------------\nDevice ID: core-01.example.net\nEntry address(es): \n  IP address: 192.0.2.1\n\
                 Platform: cisco C9500-24Y4C,  Capabilities: Router Switch IGMP \n\
                 Interface: TenGigabitEthernet1/1/1,  Port ID (outgoing port): TwentyFiveGigE1/0/1\nHoldtime : 151 sec\n\n\
                 Version :\nCisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)\n\n\
                 advertisement version: 2\nDuplex: full\n\n\
                 -------------------------\nDevice ID: SEP00005E005301\nEntry address(es): \n  IP address: 192.0.2.77\n\
                 Platform: Cisco IP Phone 8841,  Capabilities: Host Phone Two-port Mac Relay \n\
                 Interface: GigabitEthernet1/0/1,  Port ID (outgoing port): Port 1\nHoldtime : 120 sec\n\n\
                 Version :\nsip88xx.12-8-1\n\nadvertisement version: 2\nDuplex: full\n\n\nTotal cdp entries displayed : 2\n",
            ),
            says(LLDP, "% LLDP is not enabled\n"),
            says(
                STATUS,
                "Port         Name               Status       Vlan       Duplex  Speed Type\n\
                 Gi1/0/1      desk               connected    10         a-full a-1000 10/100/1000BaseTX\n\
                 Gi1/0/2                         notconnect   10           auto   auto 10/100/1000BaseTX\n\
                 Te1/1/1      to core            connected    trunk        full    10G SFP-10GBase-SR\n",
            ),
            says(
                POWER,
                "Module   Available     Used     Remaining\n          (Watts)     (Watts)    (Watts)\n\
                 ------   ---------   --------   ---------\n1           437.0       15.4       421.6\n\
                 Interface Admin  Oper       Power   Device              Class Max\n                            (Watts)\n\
                 --------- ------ ---------- ------- ------------------- ----- ----\n\
                 Gi1/0/1   auto   on         15.4    IP Phone 8841       4     60.0\n\
                 Gi1/0/2   auto   off        0.0     n/a                 n/a   60.0\n",
            ),
            says(
                LICENCES,
                "License Usage:\n  License                 Entitlement Tag               Count Status\n  \
                 -----------------------------------------------------------------------------\n  \
                 network-advantage       (C9300-24 Network Advantage)      1 IN USE\n",
            ),
        ]
    }

    #[test]
    fn what_hangs_on_a_switch_is_counted() {
        let around = read(&switch()).unwrap();
        assert_eq!(around.inconclusive, Vec::<String>::new());
        assert_eq!((around.ports_up, around.ports_powered), (2, 1));
        let names: Vec<_> = around.neighbours.iter().map(|n| n.name.as_str()).collect();
        assert_eq!(names, ["core-01"], "a phone is no network neighbour");
        assert_eq!(around.neighbours[0].address.as_deref(), Some("192.0.2.1"));
        assert_eq!(around.neighbours[0].port, "Te1/1/1");
        assert_eq!(around.licences[0].status, "IN USE");
    }

    #[test]
    fn output_that_cannot_be_read_is_told_and_counts_nothing() {
        let mut answers = switch();
        answers[3].text = "Interface Admin  Oper\nGi1/0/1 ???\n".into();
        let around = read(&answers).unwrap();
        assert_eq!(around.ports_powered, 0);
        assert!(
            around.inconclusive[0].contains("show power inline"),
            "{around:?}"
        );
    }

    #[test]
    fn a_look_for_facts_alone_asks_nothing_of_it() {
        assert_eq!(read(&[says("show version", "")]), None);
    }
}
