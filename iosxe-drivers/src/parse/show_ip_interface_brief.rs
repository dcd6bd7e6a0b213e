//! `show ip interface brief`: addresses and states of all interfaces.
//!
//! Source: genieparser golden outputs; a filtered output has no heading.
//!
//! ```text
//! Interface              IP-Address      OK? Method Status                Protocol
//! GigabitEthernet0/0/0   10.105.44.23    YES other  up                    up
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// State of an interface.
    LinkStatus {
        /// Works.
        Up = "up",
        /// No link.
        Down = "down",
        /// Shut down in the configuration.
        #[serde(rename = "administratively down")]
        AdministrativelyDown = "administratively down" | "admin down",
        /// Deleted, until the next reload.
        Deleted = "deleted",
        /// Being reset.
        Reset = "reset",
        /// Standby of a pair.
        Standby = "standby mode",
    }
}

word_enum! {
    /// State of the line protocol.
    LineProtocol {
        /// Works.
        Up = "up",
        /// Does not work.
        Down = "down",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIpInterfaceBrief {
    /// As listed.
    pub interfaces: Vec<IpInterface>,
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpInterface {
    /// Its name.
    pub name: String,
    /// Its address, or `unassigned`.
    pub ip_address: String,
    /// Whether the address is valid.
    pub ok: bool,
    /// Where the address comes from: `NVRAM`, `manual`, `DHCP`, `TFTP`, `unset`.
    pub method: String,
    /// State of the interface.
    pub status: LinkStatus,
    /// State of the line protocol.
    pub protocol: LineProtocol,
}

const IGNORED: &[Ignored] = &[ignored(
    "Interface IP-Address OK? Method Status Protocol",
    "heading",
)];

/// Reads `show ip interface brief`.
///
/// # Errors
/// On a row that has an address and no valid state.
pub fn parse(text: &str) -> Result<Parsed<ShowIpInterfaceBrief>, ParseError> {
    let mut lines = Lines::new("show ip interface brief", text)?;
    let mut interfaces = Vec::new();
    let mut headed = false;
    while let Some(line) = lines.next() {
        headed |= line.starts("Interface ");
        let row = line
            .scan("{} {} YES {} {*} {}")
            .map(|r: [&str; 5]| (r, true))
            .or_else(|| line.scan("{} {} NO {} {*} {}").map(|r| (r, false)));
        if let Some(([name, address, method, status, protocol], ok)) = row {
            interfaces.push(IpInterface {
                name: name.to_owned(),
                ip_address: address.to_owned(),
                ok,
                method: method.to_owned(),
                status: line.word(status)?,
                protocol: line.word(protocol)?,
            });
        } else if line
            .scan("{} {} YES{*}")
            .is_some_and(|[_, a, _]: [&str; 3]| super::units::is_ipv4(a) || a == "unassigned")
        {
            return Err(line.bad(
                line.body(),
                "interface, address, method, status and protocol",
            ));
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if interfaces.is_empty() && !headed {
        return Err(lines.incomplete("the heading `Interface IP-Address OK?`"));
    }
    Ok(lines.finish(ShowIpInterfaceBrief { interfaces }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shut_down_is_two_words() {
        let text = "Interface IP-Address OK? Method Status Protocol\nTe0/0/5  unassigned   YES unset  administratively down down\n";
        let value = parse(text).unwrap().value;
        assert_eq!(value.interfaces[0].status, LinkStatus::AdministrativelyDown);
        assert!(parse(&text[..text.len() - 30]).is_err());
    }
}
