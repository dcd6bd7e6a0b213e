//! `show cdp neighbors detail`: neighbours with addresses and software.
//!
//! Source: genieparser and ntc-templates golden outputs of IOS, IOS-XE and NX-OS neighbours.
//!
//! ```text
//! -------------------------
//! Device ID: sw2.example.com
//! Entry address(es):
//!   IP address: 10.1.1.2
//! Platform: cisco C9300-24T,  Capabilities: Switch IGMP
//! Interface: GigabitEthernet1/0/16,  Port ID (outgoing port): GigabitEthernet0/1
//! Holdtime : 164 sec
//! Version :
//! Cisco IOS Software …
//! advertisement version: 2
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowCdpNeighborsDetail {
    /// As listed.
    pub neighbors: Vec<CdpNeighborDetail>,
    /// How many were listed: as the device declares, or counted where it does not.
    pub total: Option<u32>,
}

/// One neighbour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdpNeighborDetail {
    /// Its name.
    pub device_id: String,
    /// Addresses of the entry.
    pub entry_addresses: Vec<String>,
    /// Addresses for management.
    pub management_addresses: Vec<String>,
    /// Product.
    pub platform: Option<String>,
    /// What it is: `Router Switch IGMP`.
    pub capability: Option<String>,
    /// Port of this device.
    pub local_interface: String,
    /// Port of the neighbour.
    pub port_id: Option<String>,
    /// Seconds until it is forgotten.
    pub hold_time_s: Option<u32>,
    /// First line of its software.
    pub software: Option<String>,
    /// Version of CDP.
    pub advertisement_version: Option<u32>,
    /// `full`, `half`.
    pub duplex: Option<String>,
    /// Native VLAN.
    pub native_vlan: Option<String>,
    /// VTP domain.
    pub vtp_domain: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Protocol Hello: *", "data of a cluster"),
    ignored("Power *", "power over Ethernet has its own command"),
    ignored(
        "Spare Pair PoE *",
        "power over Ethernet has its own command",
    ),
    ignored(
        "Spare Pair Detection *",
        "power over Ethernet has its own command",
    ),
    ignored(
        "Unidirectional Link *",
        "link detection has its own command",
    ),
    ignored("Physical location: *", "place of a phone"),
    ignored("Second Port Status: *", "second port of a phone"),
    ignored("Peer Source MAC: *", "address of the neighbour's port"),
    ignored(
        "VTP Management Domain Name: *",
        "named as VTP Management Domain elsewhere",
    ),
    ignored("SysName: *", "the device ID names it"),
    ignored("SysObjectID: *", "the platform names it"),
    ignored("MTU: *", "not needed for an upgrade"),
];

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Keys,
    Entry,
    Management,
    Software,
}

/// Reads `show cdp neighbors detail`.
///
/// # Errors
/// When an entry has no port, or fewer entries are listed than declared.
pub fn parse(text: &str) -> Result<Parsed<ShowCdpNeighborsDetail>, ParseError> {
    let mut lines = Lines::new("show cdp neighbors detail", text)?;
    let mut value = ShowCdpNeighborsDetail::default();
    let mut part = Part::Keys;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            part = Part::Keys;
            continue;
        }
        if let Some([count]) = line.scan("Total cdp entries displayed :~{#}") {
            value.total = Some(line.number(count)?);
            continue;
        }
        if let Some([id]) = line.scan("Device ID:~{*}") {
            value.neighbors.push(CdpNeighborDetail {
                device_id: id.to_owned(),
                ..CdpNeighborDetail::default()
            });
            part = Part::Keys;
            continue;
        }
        let Some(entry) = value.neighbors.last_mut() else {
            lines.unknown(line);
            continue;
        };
        if let Some([version]) = line.scan("advertisement version:~{#}") {
            entry.advertisement_version = Some(line.number(version)?);
            part = Part::Keys;
            continue;
        }
        if part == Part::Software {
            // Free text until the line above; it may look like anything.
            if entry.software.is_none() {
                entry.software = units::text(line.body());
            }
            continue;
        }
        if let Some([address, _]) = line
            .scan("IP address:~{}{*}")
            .or_else(|| line.scan("IPv6 address:~{}{*}"))
        {
            match part {
                Part::Management => entry.management_addresses.push(address.to_owned()),
                _ => entry.entry_addresses.push(address.to_owned()),
            }
            continue;
        }
        if let Some([local, port]) = line.scan("Interface:~{*},~Port ID (outgoing port):~{*}") {
            local.clone_into(&mut entry.local_interface);
            entry.port_id = units::text(port);
            continue;
        }
        if let Some([platform, capability]) = line.scan("Platform:~{*},~Capabilities:~{*}") {
            entry.platform = units::text(platform);
            entry.capability = units::text(capability);
            continue;
        }
        let Some((key, text)) = pair(line.text, ':') else {
            lines.pass(line, IGNORED);
            continue;
        };
        match key {
            "Entry address(es)" => part = Part::Entry,
            "Management address(es)" => part = Part::Management,
            "Version" => part = Part::Software,
            "Platform" => entry.platform = units::text(text.trim_end_matches(',')),
            "Holdtime" => {
                entry.hold_time_s = Some(line.number(text.trim_end_matches("sec"))?);
            }
            "Duplex" | "Duplex Mode" => entry.duplex = units::text(text),
            "Native VLAN" => entry.native_vlan = units::text(text),
            "VTP Management Domain" => entry.vtp_domain = units::text(text.trim_matches('\'')),
            _ => lines.pass(line, IGNORED),
        }
    }
    if value.neighbors.is_empty() && value.total != Some(0) {
        return Err(lines.incomplete("the line `Device ID:`"));
    }
    if part == Part::Software || value.neighbors.iter().any(|n| n.local_interface.is_empty()) {
        return Err(lines.incomplete("port and version of the neighbour"));
    }
    let found = u32::try_from(value.neighbors.len()).unwrap_or(u32::MAX);
    if value.total.is_some_and(|total| found < total) {
        return Err(lines.incomplete("as many neighbours as declared"));
    }
    value.total = value.total.or(Some(found));
    Ok(lines.finish(value))
}
