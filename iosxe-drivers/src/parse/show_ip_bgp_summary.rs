//! `show ip bgp summary`, `show bgp … summary`: sessions and prefixes.
//!
//! Source: genieparser and ntc-templates golden outputs; a long neighbour wraps.
//!
//! ```text
//! BGP router identifier 10.0.0.1, local AS number 65000
//! Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd
//! 10.0.0.2        4        65001     619     695       33    0    0 05:07:45      100
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::words;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIpBgpSummary {
    /// One entry per address family; one in all for `show ip bgp summary`.
    pub families: Vec<BgpFamily>,
}

/// One address family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BgpFamily {
    /// `VPNv4 Unicast`, where it is named.
    pub address_family: Option<String>,
    /// Router ID.
    pub router_id: String,
    /// Local autonomous system, also with a dot.
    pub local_as: String,
    /// Version of the BGP table.
    pub table_version: Option<u64>,
    /// Version of the main routing table.
    pub routing_table_version: Option<u64>,
    /// Entries of the tables with their memory.
    pub tables: Vec<BgpTable>,
    /// Memory in all.
    pub total_memory_bytes: Option<u64>,
    /// Prefixes ever learned and forgotten: `11724891/9708585`.
    pub activity_prefixes: Option<String>,
    /// Paths ever learned and forgotten.
    pub activity_paths: Option<String>,
    /// Interval of the scanner.
    pub scan_interval_s: Option<u64>,
    /// The neighbours.
    pub neighbors: Vec<BgpNeighbor>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BgpTable {
    /// `network`, `BGP community`.
    pub name: String,
    /// Entries; two numbers where the device prints paths and best paths.
    pub entries: String,
    /// Its memory.
    pub memory_bytes: u64,
}

/// One neighbour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BgpNeighbor {
    /// Its address.
    pub address: String,
    /// Version of BGP.
    pub version: u32,
    /// Its autonomous system.
    #[serde(rename = "as")]
    pub asn: String,
    /// Messages received.
    pub messages_received: u64,
    /// Messages sent.
    pub messages_sent: u64,
    /// Version of the table it has.
    pub table_version: u64,
    /// Waiting to be read.
    pub input_queue: u64,
    /// Waiting to be sent.
    pub output_queue: u64,
    /// How long in this state, as printed: `05:07:45`, `3w0d`, `never`.
    pub up_down: String,
    /// Prefixes received; `None` while the session is not established.
    pub prefixes_received: Option<u64>,
    /// State while the session is not established: `idle`, `active`, `idle (admin)`.
    pub state: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Neighbor V AS *", "heading"),
    ignored(
        "{#} received paths for inbound soft reconfiguration",
        "included in the path entries",
    ),
    ignored("{#} networks peaked at *", "a high-water mark"),
    ignored("Dampening enabled. *", "dampening has its own command"),
    ignored("BGP sessions: *", "counted from the neighbours"),
    ignored("* Dynamically created *", "legend"),
    ignored(
        "Dynamically created neighbors: *",
        "counted from the neighbours",
    ),
    ignored("Subnet range *", "limits of dynamic neighbours"),
    ignored("BGP multipath route *", "included in the path entries"),
    ignored("BGP peergroup *", "configuration"),
    ignored("BGP peer-group *", "configuration"),
];

/// Reads the summary.
///
/// # Errors
/// On a malformed neighbour, and when the router ID is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowIpBgpSummary>, ParseError> {
    let mut lines = Lines::new("show ip bgp summary", text)?;
    let mut value = ShowIpBgpSummary::default();
    let mut family_name = None;
    let mut pending: Option<Line<'_>> = None;
    let mut headed = false;
    while let Some(line) = lines.next() {
        if let Some([name]) = line.scan("For address family:~{*}") {
            family_name = units::text(name);
            continue;
        }
        if let Some([id, asn]) = line.scan("BGP router identifier {}, local AS number {}") {
            value.families.push(BgpFamily {
                address_family: family_name.take(),
                router_id: id.to_owned(),
                local_as: asn.to_owned(),
                ..BgpFamily::default()
            });
            headed = false;
            continue;
        }
        if line.is("% BGP not active") {
            continue;
        }
        let Some(family) = value.families.last_mut() else {
            lines.pass(line, IGNORED);
            continue;
        };
        if line.starts("Neighbor ") {
            headed = true;
        } else if headed {
            let all = words(line.body());
            match (all.as_slice(), pending.take()) {
                ([address], None) if is_address(address) => pending = Some(line),
                (cells, Some(before)) => {
                    family.neighbors.push(neighbor(line, before.body(), cells)?)
                }
                ([address, cells @ ..], None) if is_address(address) => {
                    family.neighbors.push(neighbor(line, address, cells)?);
                }
                _ => lines.pass(line, IGNORED),
            }
        } else if !summary(family, line)? {
            lines.pass(line, IGNORED);
        }
    }
    if let Some(line) = pending {
        return Err(line.bad(
            line.body(),
            "the counters of the neighbour on the next line",
        ));
    }
    if value.families.is_empty() && !lines.any(|line| line.is("% BGP not active")) {
        return Err(lines.incomplete("the line `BGP router identifier`"));
    }
    Ok(lines.finish(value))
}

fn is_address(word: &str) -> bool {
    word.trim_start_matches('*')
        .parse::<std::net::IpAddr>()
        .is_ok()
}

fn summary(family: &mut BgpFamily, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([table, main]) =
        line.scan("BGP table version is {#}, main routing table version {#}")
    {
        family.table_version = Some(line.number(table)?);
        family.routing_table_version = Some(line.number(main)?);
    } else if let Some([total]) = line.scan("BGP using {#} total bytes of memory") {
        family.total_memory_bytes = Some(line.number(total)?);
    } else if let Some([prefixes, paths, scan]) =
        line.scan("BGP activity {} prefixes, {} paths, scan interval {#} secs")
    {
        family.activity_prefixes = Some(prefixes.to_owned());
        family.activity_paths = Some(paths.to_owned());
        family.scan_interval_s = Some(line.number(scan)?);
    } else if let Some([entries, name, bytes]) =
        line.scan("{} {*} entries using {#} bytes of memory")
    {
        family.tables.push(BgpTable {
            name: name.to_owned(),
            entries: entries.to_owned(),
            memory_bytes: line.number(bytes)?,
        });
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn neighbor(line: Line<'_>, address: &str, cells: &[&str]) -> Result<BgpNeighbor, ParseError> {
    let [
        version,
        asn,
        received,
        sent,
        table,
        input,
        output,
        up_down,
        state @ ..,
    ] = cells
    else {
        return Err(line.bad(line.body(), "ten columns of a neighbour"));
    };
    let state = state.join(" ");
    if state.is_empty() {
        return Err(line.bad(line.body(), "a state or the number of prefixes"));
    }
    let prefixes: Option<u64> = state.parse().ok();
    Ok(BgpNeighbor {
        address: address.trim_start_matches('*').to_owned(),
        version: line.number(version)?,
        asn: (*asn).to_owned(),
        messages_received: line.number(received)?,
        messages_sent: line.number(sent)?,
        table_version: line.number(table)?,
        input_queue: line.number(input)?,
        output_queue: line.number(output)?,
        up_down: (*up_down).to_owned(),
        prefixes_received: prefixes,
        state: prefixes.is_none().then(|| state.to_ascii_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn established_idle_and_wrapped() {
        let value = parse(
            "BGP router identifier 10.0.0.1, local AS number 65000\n\
             Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n\
             10.0.0.2        4        65001     619     695       33    0    0 05:07:45      100\n\
             10.0.0.3        4        65001       0       0        1    0    0 never    Idle (Admin)\n\
             2001:DB8:1234:5678::1\n                4        65001       1       2        1    0    0 1d00h          5\n",
        )
        .unwrap();
        assert!(value.unknown.is_empty());
        let n = &value.value.families[0].neighbors;
        assert_eq!(
            (n[0].prefixes_received, n[1].state.as_deref()),
            (Some(100), Some("idle (admin)"))
        );
        assert_eq!(n[2].address, "2001:DB8:1234:5678::1");
    }
}
