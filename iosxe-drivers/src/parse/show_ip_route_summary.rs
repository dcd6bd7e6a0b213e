//! `show ip route summary`: routes per source.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! IP routing table name is default (0x0)
//! Route Source    Networks    Subnets     Replicates  Overhead    Memory (bytes)
//! ospf 200        0           500         0           52000       154000
//!   Intra-area: 500 Inter-area: 0 External-1: 0 External-2: 0
//! internal        2                                               920
//! Total           2           6           0           408         2000
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::words;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIpRouteSummary {
    /// Name of the table: `default`, or a VRF.
    pub table: Option<String>,
    /// Number of the table.
    pub vrf_id: Option<u32>,
    /// Equal paths at most.
    pub maximum_paths: Option<u32>,
    /// Sources in the order of the device.
    pub sources: Vec<RouteSource>,
    /// All sources.
    pub total: Option<RouteSource>,
}

/// Routes of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteSource {
    /// `connected`, `ospf`.
    pub protocol: String,
    /// Process or autonomous system.
    pub process: Option<String>,
    /// Protocol and process together, as printed.
    pub source: String,
    /// Networks.
    pub networks: u64,
    /// Subnets.
    pub subnets: Option<u64>,
    /// Routes of other tables.
    pub replicates: Option<u64>,
    /// Overhead in memory.
    pub overhead_bytes: Option<u64>,
    /// Memory.
    pub memory_bytes: u64,
    /// Counts by type of route.
    pub details: RouteDetails,
}

/// Counts by type of route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteDetails {
    /// OSPF inside the area.
    pub intra_area: Option<u64>,
    /// OSPF and IS-IS between areas.
    pub inter_area: Option<u64>,
    /// OSPF external, type 1.
    pub external_1: Option<u64>,
    /// OSPF external, type 2.
    pub external_2: Option<u64>,
    /// OSPF NSSA external, type 1.
    pub nssa_external_1: Option<u64>,
    /// OSPF NSSA external, type 2.
    pub nssa_external_2: Option<u64>,
    /// IS-IS level 1.
    pub level_1: Option<u64>,
    /// IS-IS level 2.
    pub level_2: Option<u64>,
    /// BGP from outside.
    pub external: Option<u64>,
    /// BGP from inside.
    pub internal: Option<u64>,
    /// BGP of this router.
    pub local: Option<u64>,
}

const IGNORED: &[Ignored] = &[
    ignored("Route Source Networks *", "heading"),
    ignored("Removing Queue Size *", "routes that are being removed"),
];

/// Reads `show ip route summary`.
///
/// # Errors
/// On a malformed row, and when the line of totals is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowIpRouteSummary>, ParseError> {
    let mut lines = Lines::new("show ip route summary", text)?;
    let mut value = ShowIpRouteSummary::default();
    let mut columns = 5;
    while let Some(line) = lines.next() {
        if line.starts("Route Source") {
            // Before 12.4 routes of other tables had no column.
            columns = if line.body().contains("Replicates") {
                5
            } else {
                4
            };
            continue;
        }
        if let Some([name, id]) = line
            .scan("IP routing table name is {} ({})")
            .or_else(|| line.scan("IP routing table name is {}({})"))
        {
            value.table = Some(name.to_owned());
            value.vrf_id = Some(line.hex(id)?);
        } else if let Some([paths]) = line.scan("IP routing table maximum-paths is {#}") {
            value.maximum_paths = Some(line.number(paths)?);
        } else if let Some(source) = row(line, columns)? {
            if source.protocol == "Total" {
                value.total = Some(source);
            } else {
                value.sources.push(source);
            }
        } else if let Some(last) = value
            .sources
            .last_mut()
            .filter(|_| line.body().contains(": "))
            && details(&mut last.details, line)?
        {
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.total.is_none() {
        return Err(lines.incomplete("the line `Total`"));
    }
    Ok(lines.finish(value))
}

fn row(line: Line<'_>, columns: usize) -> Result<Option<RouteSource>, ParseError> {
    let all = words(line.body());
    if line.body().contains(':') {
        return Ok(None);
    }
    let is_number = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
    let count = all.iter().rev().take_while(|word| is_number(word)).count();
    // `ospf 200  0 500 0 52000 154000`: the number of the process is one of the row's numbers.
    let cells = match count {
        2 => 2,
        3 if all.len() == 4 => 2,
        _ if count == columns || count == columns + 1 => columns,
        _ => return Ok(None),
    };
    let (source, numbers) = all
        .split_at_checked(all.len() - cells)
        .unwrap_or((&all, &[]));
    let [protocol, process @ ..] = source else {
        return Ok(None);
    };
    if !protocol
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        return Ok(None);
    }
    let mut found = RouteSource {
        protocol: (*protocol).to_owned(),
        process: super::units::text(&process.join(" ")),
        source: source.join(" "),
        ..RouteSource::default()
    };
    match numbers {
        [networks, subnets, replicates, overhead, memory] => {
            found.networks = line.number(networks)?;
            found.subnets = Some(line.number(subnets)?);
            found.replicates = Some(line.number(replicates)?);
            found.overhead_bytes = Some(line.number(overhead)?);
            found.memory_bytes = line.number(memory)?;
        }
        [networks, subnets, overhead, memory] => {
            found.networks = line.number(networks)?;
            found.subnets = Some(line.number(subnets)?);
            found.overhead_bytes = Some(line.number(overhead)?);
            found.memory_bytes = line.number(memory)?;
        }
        [networks, memory] => {
            found.networks = line.number(networks)?;
            found.memory_bytes = line.number(memory)?;
        }
        _ => return Ok(None),
    }
    Ok(Some(found))
}

/// `Intra-area: 500 Inter-area: 0`, `NSSA External-1: 0`, `Level 1: 1 Level 2: 0`.
fn details(details: &mut RouteDetails, line: Line<'_>) -> Result<bool, ParseError> {
    let mut rest = line.body();
    while let Some((key, tail)) = rest.split_once(':') {
        let tail = tail.trim_start();
        let (number, after) = tail.split_once(char::is_whitespace).unwrap_or((tail, ""));
        let slot = match key.trim() {
            "Intra-area" => &mut details.intra_area,
            "Inter-area" => &mut details.inter_area,
            "External-1" => &mut details.external_1,
            "External-2" => &mut details.external_2,
            "NSSA External-1" => &mut details.nssa_external_1,
            "NSSA External-2" => &mut details.nssa_external_2,
            "Level 1" => &mut details.level_1,
            "Level 2" => &mut details.level_2,
            "External" => &mut details.external,
            "Internal" => &mut details.internal,
            "Local" => &mut details.local,
            _ => return Ok(false),
        };
        *slot = Some(line.number(number)?);
        rest = after;
    }
    Ok(true)
}
