//! What the network around a device makes of it: routing neighbours, the way out, gateway roles.

use serde::Deserialize;

/// Routing and gateways of a device, in a topology file:
///
/// ```toml
/// [[device]]
/// name = "core-a"
/// pid = "C9500-24Y4C"
/// version = "17.09.04a"
///
/// [device.network]
/// default_route = "10.200.1.1"
/// ospf = [{ id = "10.255.0.1", address = "10.200.1.1", port = "Twe1/0/1" }]
/// bgp = [{ address = "10.255.0.2", as = 65001, prefixes = 120 }]
/// hsrp = [{ port = "Vlan10", group = 1, address = "10.10.10.254" }]
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSpec {
    /// Next hop of the default route; none when left out.
    pub default_route: Option<String>,
    /// OSPF neighbours, full when their port is up.
    pub ospf: Vec<OspfSpec>,
    /// BGP neighbours, established some time after boot.
    pub bgp: Vec<BgpSpec>,
    /// EIGRP neighbours.
    pub eigrp: Vec<EigrpSpec>,
    /// IS-IS neighbours.
    pub isis: Vec<IsisSpec>,
    /// HSRP groups.
    pub hsrp: Vec<GatewaySpec>,
    /// VRRP groups.
    pub vrrp: Vec<GatewaySpec>,
}

/// An OSPF neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OspfSpec {
    /// Router ID.
    pub id: String,
    /// Its address.
    pub address: String,
    /// Our port, short or long name.
    pub port: String,
}

/// A BGP neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BgpSpec {
    /// Its address.
    pub address: String,
    /// Its autonomous system.
    #[serde(rename = "as")]
    pub asn: u32,
    /// Prefixes that it sends.
    #[serde(default)]
    pub prefixes: u64,
}

/// An EIGRP neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EigrpSpec {
    /// Its address.
    pub address: String,
    /// Our port, short or long name.
    pub port: String,
}

/// An IS-IS neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsisSpec {
    /// Its name.
    pub system: String,
    /// Its address.
    pub address: String,
    /// Our port, short or long name.
    pub port: String,
}

/// A group of routers that share an address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewaySpec {
    /// Our port, long name: `Vlan10`.
    pub port: String,
    /// Its number.
    pub group: u32,
    /// The shared address.
    pub address: String,
    /// False where another router forwards, and this one waits to take over.
    #[serde(default = "yes")]
    pub forwards: bool,
}

fn yes() -> bool {
    true
}

/// What a fault took away until the next boot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// The first routing neighbour.
    pub(crate) neighbour: bool,
    /// The last member of the port-channel is up and not bundled.
    pub(crate) bundled: bool,
}
