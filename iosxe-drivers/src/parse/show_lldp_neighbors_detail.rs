//! `show lldp neighbors detail`: neighbours with addresses, software and inventory.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! ------------------------------------------------
//! Local Intf: Gi1/0/16
//! Chassis id: 843d.c600.f1b8
//! Port id: Gi1/0/2
//! System Name: sw2
//! System Description:
//! Cisco IOS Software …
//! Time remaining: 99 seconds
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowLldpNeighborsDetail {
    /// As listed.
    pub neighbors: Vec<LldpNeighborDetail>,
    /// How many the device says that it listed.
    pub total: Option<u32>,
}

/// One neighbour. What it did not advertise is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LldpNeighborDetail {
    /// Port of this device.
    pub local_interface: Option<String>,
    /// Its identity: a MAC or network address.
    pub chassis_id: String,
    /// Its port.
    pub port_id: Option<String>,
    /// Description of its port.
    pub port_description: Option<String>,
    /// Its name.
    pub system_name: Option<String>,
    /// First line of its description.
    pub system: Option<String>,
    /// Seconds until it is forgotten.
    pub time_remaining_s: Option<u32>,
    /// Letters: what it can do.
    pub system_capability: Option<String>,
    /// Letters: what it does.
    pub enabled_capability: Option<String>,
    /// Addresses for management.
    pub management_addresses: Vec<String>,
    /// `supported, enabled`.
    pub auto_negotiation: Option<String>,
    /// Modes of its port: `1000baseT(FD)`.
    pub physical_media: Vec<String>,
    /// Type of its transceiver.
    pub mau_type: Option<u32>,
    /// VLAN.
    pub vlan: Option<u32>,
    /// Address of the sender.
    pub source_mac: Option<String>,
    /// Hardware revision of an endpoint.
    pub hardware_revision: Option<String>,
    /// Firmware revision of an endpoint.
    pub firmware_revision: Option<String>,
    /// Software revision of an endpoint.
    pub software_revision: Option<String>,
    /// Serial number of an endpoint.
    pub serial: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// `Endpoint Class III`.
    pub device_type: Option<String>,
    /// Policies for voice and other traffic.
    pub policies: Vec<NetworkPolicy>,
}

/// What an endpoint is told about its traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPolicy {
    /// `Voice`, `Voice Signal`.
    pub application: String,
    /// VLAN.
    pub vlan: u32,
    /// Tagged or not.
    pub tagged: bool,
    /// Priority of layer 2.
    pub priority: u32,
    /// Differentiated services code point.
    pub dscp: u32,
}

const IGNORED: &[Ignored] = &[
    ignored("{*} - not advertised", "`None` says it"),
    ignored("{*} not advertised", "`None` says it"),
    ignored(
        "Local Intf service instance: *",
        "service instances of EVCs",
    ),
    ignored("MED Information:", "heading"),
    ignored("MED Codes:", "legend"),
    ignored("({}) {*}", "legend"),
    ignored("Capabilities: *", "capabilities of the endpoint class"),
    ignored("PD device, *", "power over Ethernet has its own command"),
    ignored(
        "Power requirements *",
        "power over Ethernet has its own command",
    ),
    ignored("Location *", "place of an endpoint"),
    ignored("Asset id: *", "not needed for an upgrade"),
    ignored("OID:", "object of the management address"),
    ignored(
        "PoE+ Power via MDI TLV:*",
        "power over Ethernet has its own command",
    ),
    ignored("Power Pair: *", "power over Ethernet has its own command"),
    ignored("Power Class: *", "power over Ethernet has its own command"),
    ignored("Power *", "power over Ethernet has its own command"),
    ignored("MAC address: *", "the chassis id names it"),
];

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Keys,
    Description,
    Media,
    Oid,
}

/// Reads `show lldp neighbors detail`.
///
/// # Errors
/// When an entry ends inside its description, or fewer entries are listed than declared.
pub fn parse(text: &str) -> Result<Parsed<ShowLldpNeighborsDetail>, ParseError> {
    let mut lines = Lines::new("show lldp neighbors detail", text)?;
    let mut value = ShowLldpNeighborsDetail::default();
    let mut part = Part::Keys;
    let mut local = None;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            part = Part::Keys;
        } else if let Some([count]) = line.scan("Total entries displayed:~{#}") {
            value.total = Some(line.number(count)?);
        } else if let Some([port]) = line.scan("Local Intf:~{*}") {
            local = units::text(port);
            part = Part::Keys;
        } else if let Some([id]) = line.scan("Chassis id:~{*}") {
            value.neighbors.push(LldpNeighborDetail {
                local_interface: local.take(),
                chassis_id: id.to_owned(),
                ..LldpNeighborDetail::default()
            });
        } else if let Some(entry) = value.neighbors.last_mut() {
            if !field(entry, line, &mut part)? {
                lines.pass(line, IGNORED);
            }
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.neighbors.is_empty() && value.total != Some(0) {
        return Err(lines.incomplete("the line `Chassis id:`"));
    }
    if part == Part::Description || value.neighbors.iter().any(|n| n.time_remaining_s.is_none()) {
        return Err(lines.incomplete("the line `Time remaining:`"));
    }
    let found = u32::try_from(value.neighbors.len()).unwrap_or(u32::MAX);
    if value.total.is_some_and(|total| found < total) {
        return Err(lines.incomplete("as many neighbours as declared"));
    }
    Ok(lines.finish(value))
}

fn field(
    entry: &mut LldpNeighborDetail,
    line: Line<'_>,
    part: &mut Part,
) -> Result<bool, ParseError> {
    let body = line.body();
    if let Some([seconds]) = line.scan("Time remaining:~{#} seconds") {
        entry.time_remaining_s = Some(line.number(seconds)?);
        *part = Part::Keys;
        return Ok(true);
    }
    match *part {
        // Free text until the time that is left.
        Part::Description => {
            if entry.system.is_none() {
                entry.system = units::text(body);
            }
            return Ok(true);
        }
        Part::Media if line.indent() >= 4 && (body.ends_with(')') || body == "Other/unknown") => {
            entry.physical_media.push(body.to_owned());
            return Ok(true);
        }
        Part::Oid if body.bytes().all(|b| b.is_ascii_digit() || b == b'.') => return Ok(true),
        _ => {}
    }
    if let Some([rest]) = line.scan("Auto Negotiation - {*}") {
        entry.auto_negotiation = units::text(rest);
        return Ok(true);
    }
    if let Some([application, vlan, tagged, priority, dscp]) =
        line.scan("Network Policy({*}): VLAN {#}, {}, Layer-2 priority: {#}, DSCP: {#}")
    {
        entry.policies.push(NetworkPolicy {
            application: application.to_owned(),
            vlan: line.number(vlan)?,
            tagged: tagged == "tagged",
            priority: line.number(priority)?,
            dscp: line.number(dscp)?,
        });
        return Ok(true);
    }
    let Some((key, text)) = pair(line.text, ':') else {
        return Ok(false);
    };
    if text.ends_with("not advertised") {
        return Ok(true);
    }
    let given = units::given(text);
    *part = Part::Keys;
    match key {
        "Port id" => entry.port_id = given,
        "Port Description" => entry.port_description = given,
        "System Name" => entry.system_name = given,
        "System Description" => {
            *part = Part::Description;
            entry.system = given;
        }
        "System Capabilities" => entry.system_capability = given,
        "Enabled Capabilities" => entry.enabled_capability = given,
        "Management Addresses" => {}
        "IP" | "IPV6" => entry.management_addresses.extend(given),
        "OID" => *part = Part::Oid,
        "Physical media capabilities" => *part = Part::Media,
        "Media Attachment Unit type" => entry.mau_type = Some(line.number(text)?),
        "Vlan ID" => entry.vlan = Some(line.number(text)?),
        "Peer Source MAC" => entry.source_mac = given,
        "H/W revision" => entry.hardware_revision = given,
        "F/W revision" => entry.firmware_revision = given,
        "S/W revision" => entry.software_revision = given,
        "Serial number" => entry.serial = given,
        "Manufacturer" => entry.manufacturer = given,
        "Model" => entry.model = given,
        "Device type" => entry.device_type = given,
        _ => return Ok(false),
    }
    Ok(true)
}
