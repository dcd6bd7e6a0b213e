//! `show ip route 0.0.0.0`: the default route of the global table, one look-up however many routes
//! there are.
//!
//! Source: Cisco IP routing command reference, `show ip route` with an address; the line of a device
//! that does not route is that of `show ip route` there, and unconfirmed for the form with an address.
//!
//! ```text
//! Routing entry for 0.0.0.0/0, supernet
//!   Known via "ospf 1", distance 110, metric 1, candidate default path
//!   Routing Descriptor Blocks:
//!   * 192.0.2.1, from 192.0.2.255, 2d01h ago, via TenGigabitEthernet1/1/1
//!       Route metric is 1, traffic share count is 1
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIpRouteDefault {
    /// `ospf 1`, `static`; `None` where there is no such route, and for a default gateway.
    pub known_via: Option<String>,
    /// Next hops, or ports where there is none, as listed.
    pub via: Vec<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Tag *", "attribute of the protocol"),
    ignored("Redistributing via *", "configuration"),
    ignored("Advertised by *", "configuration"),
    ignored("Last update from *", "when it was learnt last"),
    ignored("Routing Descriptor Blocks:", "heading"),
    ignored("Route metric is *", "attribute of a path"),
    ignored("Route tag *", "attribute of a path"),
    ignored("MPLS label: *", "attribute of a path"),
    ignored("MPLS Flags: *", "attribute of a path"),
    ignored("AS Hops *", "attribute of a path"),
    ignored("opaque_ptr *", "attribute of a path"),
    ignored("Total delay is *", "attribute of a path"),
    ignored("Reliability *", "attribute of a path"),
    ignored("Loading *", "attribute of a path"),
    ignored("SR Incoming Label: *", "attribute of a path"),
    ignored("Host Gateway *", "heading of redirects"),
    ignored("ICMP redirect cache is empty", "no redirects"),
];

/// Reads `show ip route 0.0.0.0`.
///
/// # Errors
/// When it is neither a route nor the statement that there is none, and for a route without a path.
pub fn parse(text: &str) -> Result<Parsed<ShowIpRouteDefault>, ParseError> {
    let mut lines = Lines::new("show ip route 0.0.0.0", text)?;
    let mut value = ShowIpRouteDefault::default();
    let (mut answered, mut is_route) = (false, false);
    while let Some(line) = lines.next() {
        if line.is("% Network not in table") || line.is("% Subnet not in table") {
            answered = true;
        } else if let Some([gateway]) = line.scan("Default gateway is {}") {
            answered = true;
            if gateway != "not" {
                value.via.push(gateway.to_owned());
            }
        } else if line.starts("Default gateway is not set") {
            answered = true;
        } else if let Some([network]) = line
            .scan("Routing entry for {}, supernet")
            .or_else(|| line.scan("Routing entry for {}"))
        {
            // Of a longer prefix it would say nothing about the default route.
            if network != "0.0.0.0/0" {
                return Err(line.bad(line.body(), "the entry of 0.0.0.0/0"));
            }
            answered = true;
            is_route = true;
        } else if let Some([known, _]) = line.scan("Known via \"{*}\", {*}") {
            value.known_via = Some(known.to_owned());
        } else if is_route && let Some(path) = path(line) {
            value.via.push(path);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !answered {
        return Err(lines.incomplete("the entry of 0.0.0.0/0, or that there is none"));
    }
    if is_route && value.via.is_empty() {
        return Err(lines.incomplete("a path of the route"));
    }
    Ok(lines.finish(value))
}

/// `* 192.0.2.1, from …`, `192.0.2.1`, `* directly connected, via Null0`.
fn path(line: Line<'_>) -> Option<String> {
    let body = line.body().trim_start_matches("* ");
    let (first, rest) = body.split_once(',').unwrap_or((body, ""));
    if first.parse::<std::net::IpAddr>().is_ok() {
        return Some(first.to_owned());
    }
    if first == "directly connected" {
        return rest.split("via ").nth(1).map(|p| p.trim().to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made up after the format of 17.9.
    const OSPF: &str = "Routing entry for 0.0.0.0/0, supernet\n  Known via \"ospf 1\", distance 110, \
        metric 1, candidate default path\n  Tag 1, type extern 2, forward metric 2\n  Last update \
        from 192.0.2.5 on TenGigabitEthernet1/1/2, 00:10:12 ago\n  Routing Descriptor Blocks:\n    \
        192.0.2.5, from 192.0.2.255, 00:10:12 ago, via TenGigabitEthernet1/1/2\n      Route metric \
        is 1, traffic share count is 1\n      Route tag 1\n  * 192.0.2.1, from 192.0.2.255, 2d01h \
        ago, via TenGigabitEthernet1/1/1\n      Route metric is 1, traffic share count is 1\n      \
        Route tag 1\n";

    fn read(text: &str) -> ShowIpRouteDefault {
        let parsed = parse(text).unwrap();
        assert!(parsed.unknown.is_empty(), "{:?}", parsed.unknown);
        parsed.value
    }

    #[test]
    fn the_paths_of_the_route_are_read() {
        let value = read(OSPF);
        assert_eq!(value.known_via.as_deref(), Some("ospf 1"));
        assert_eq!(value.via, ["192.0.2.5", "192.0.2.1"]);
        let value = read(
            "Routing entry for 0.0.0.0/0, supernet\n  Known via \"static\", distance 1, metric 0, \
             candidate default path\n  Routing Descriptor Blocks:\n  * directly connected, via \
             Null0\n      Route metric is 0, traffic share count is 1\n",
        );
        assert_eq!(value.via, ["Null0"]);
    }

    #[test]
    fn no_route_and_a_device_that_does_not_route_are_answers() {
        assert_eq!(
            read("% Network not in table\n"),
            ShowIpRouteDefault::default()
        );
        assert_eq!(
            read("% Subnet not in table\n"),
            ShowIpRouteDefault::default()
        );
        let gateway = "Default gateway is 192.0.2.1\n\nHost               Gateway           Last \
                       Use    Total Uses  Interface\nICMP redirect cache is empty\n";
        assert_eq!(read(gateway).via, ["192.0.2.1"]);
        assert_eq!(
            read("Default gateway is not set\n\nICMP redirect cache is empty\n"),
            ShowIpRouteDefault::default()
        );
    }

    #[test]
    fn silence_a_cut_and_another_prefix_are_errors() {
        assert!(parse("").is_err());
        assert!(parse("Routing entry for 0.0.0.0/0, supernet\n  Known via \"static\", distance 1, metric 0\n").is_err());
        assert!(parse("Routing entry for 0.0.0.0/8\n").is_err());
    }
}
