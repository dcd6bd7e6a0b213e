//! `show interfaces description`: states and descriptions of all interfaces.
//!
//! Source: genieparser golden outputs.
//!
//! ```text
//! Interface                      Status         Protocol Description
//! Gi0/0                          admin down     down     to router2
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::show_ip_interface_brief::{LineProtocol, LinkStatus};
use super::table::Table;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInterfacesDescription {
    /// As listed.
    pub interfaces: Vec<DescribedInterface>,
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribedInterface {
    /// Short name.
    pub name: String,
    /// State of the interface: `up`, `down`, `admin down`.
    pub status: String,
    /// The same as a value.
    #[serde(skip)]
    pub link: Option<LinkStatus>,
    /// State of the line protocol.
    pub protocol: LineProtocol,
    /// Its description.
    pub description: Option<String>,
}

/// Reads `show interfaces description`.
///
/// # Errors
/// When the heading is missing, or on a row without valid states.
pub fn parse(text: &str) -> Result<Parsed<ShowInterfacesDescription>, ParseError> {
    let mut lines = Lines::new("show interfaces description", text)?;
    let mut table = None;
    let mut interfaces = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(found) =
            Table::header(&line, ["Interface", "Status", "Protocol", "Description"])
        {
            table = Some(found);
            continue;
        }
        let Some(cells) = table.as_ref().map(|table| table.cells(&line)) else {
            lines.unknown(line);
            continue;
        };
        let [name, status, protocol, description] = cells;
        if !units::is_interface(name)
            && (name.contains(' ') || name.is_empty() || status.is_empty())
        {
            lines.unknown(line);
            continue;
        }
        interfaces.push(DescribedInterface {
            name: name.to_owned(),
            status: status.to_owned(),
            link: Some(line.word(status)?),
            protocol: line.word(protocol)?,
            description: units::text(description),
        });
    }
    if table.is_none() {
        return Err(lines.incomplete("the heading `Interface Status Protocol Description`"));
    }
    Ok(lines.finish(ShowInterfacesDescription { interfaces }))
}
