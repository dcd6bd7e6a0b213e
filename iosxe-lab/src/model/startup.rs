//! The configuration of a new device.

use std::net::SocketAddr;

use super::cabling::{uplink_names, virtual_links};
use super::config::{Config, Section};
use super::device::{Interface, Seat, World};
use super::platform::{Family, Platform};
use crate::topology::DeviceSpec;

/// What configuration writes about one port.
struct Writer<'a> {
    spec: &'a DeviceSpec,
    platform: &'a Platform,
    uplinks: Vec<String>,
    host: String,
}

fn push(c: &mut Config, line: &str, children: Vec<String>) {
    c.sections.push(Section {
        line: line.to_owned(),
        children,
    });
}

/// The configuration that a device of the lab starts with.
pub(crate) fn configuration(
    spec: &DeviceSpec,
    platform: &Platform,
    interfaces: &[Interface],
    boot: &[String],
    address: SocketAddr,
    world: &World,
) -> Config {
    let mut c = Config::default();
    head(&mut c, spec, platform, boot, world);
    let writer = Writer {
        spec,
        platform,
        uplinks: uplink_names(platform, spec.members),
        host: address.ip().to_string(),
    };
    if platform.stackable() {
        push(
            &mut c,
            "interface Port-channel1",
            vec!["description uplink".into(), "switchport mode trunk".into()],
        );
    }
    for (nth, interface) in interfaces.iter().enumerate() {
        let children = writer.port(interface, nth);
        push(&mut c, &format!("interface {}", interface.long), children);
    }
    if platform.is_switch() {
        push(
            &mut c,
            "interface Vlan1",
            vec!["no ip address".into(), "shutdown".into()],
        );
        push(
            &mut c,
            "interface Vlan10",
            vec!["ip address 10.10.10.1 255.255.255.0".into()],
        );
    }
    push(&mut c, "ip forward-protocol nd", Vec::new());
    push(&mut c, "ip ssh version 2", Vec::new());
    if spec.scp_server {
        push(&mut c, "ip scp server enable", Vec::new());
    }
    push(&mut c, "line con 0", vec!["stopbits 1".into()]);
    push(
        &mut c,
        "line vty 0 15",
        vec!["exec-timeout 10 0".into(), "transport input ssh".into()],
    );
    for text in &spec.config {
        c.merge(&Config::parse(text));
    }
    c
}

/// Everything above the interfaces.
fn head(c: &mut Config, spec: &DeviceSpec, platform: &Platform, boot: &[String], world: &World) {
    let mut line = |text: &str| push(c, text, Vec::new());
    line("service timestamps debug datetime msec");
    line("service timestamps log datetime msec");
    line(&format!("hostname {}", spec.name));
    for entry in boot {
        if platform.stackable() {
            line(&format!("boot system switch all {entry}"));
        } else {
            line(&format!("boot system {entry}"));
        }
    }
    if spec.manual_boot {
        line("boot manual");
    }
    line("enable secret 9 $9$labsecret$notarealhash");
    line("aaa new-model");
    line("aaa authentication login default local");
    line("aaa authorization exec default local");
    if platform.is_switch() {
        line("ip routing");
    }
    line("ip domain name lab.example");
    for user in &world.users {
        line(&format!(
            "username {} privilege {} secret 9 $9$labsecret$notarealhash",
            user.name, user.privilege
        ));
    }
    for i in 1..=spec.members {
        if platform.stackable() {
            line(&format!(
                "switch {i} provision {}",
                platform.pid.to_lowercase()
            ));
        }
    }
    if !virtual_links(spec, platform).links.is_empty() {
        push(c, "stackwise-virtual", vec!["domain 1".into()]);
    }
    let mode = if spec.members > 1 {
        vec!["mode sso".into()]
    } else {
        Vec::new()
    };
    push(c, "redundancy", mode);
    if platform.is_switch() {
        push(c, "spanning-tree mode rapid-pvst", Vec::new());
        push(c, "vlan 10", vec!["name users".into()]);
        push(c, "vlan 20", vec!["name voice".into()]);
    }
}

impl Writer<'_> {
    /// The lines under one interface; `nth` is its place in the listing.
    fn port(&self, interface: &Interface, nth: usize) -> Vec<String> {
        let uplink = self.uplinks.contains(&interface.short) || interface.neighbour.is_some();
        let mut children = Vec::new();
        if let Some(n) = &interface.neighbour {
            children.push(format!("description to {}", n.device));
        }
        if interface.seat == Seat::Management {
            let vrf = if self.platform.is_switch() {
                "vrf forwarding Mgmt-vrf"
            } else {
                "vrf forwarding Mgmt-intf"
            };
            children.push(vrf.into());
            children.push(format!("ip address {} 255.255.255.0", self.host));
            children.push("negotiation auto".into());
            return children;
        }
        match self.platform.family {
            Family::Router | Family::Asr | Family::Ncs => self.router(interface, nth, children),
            Family::Core | Family::Modular => self.core(interface, uplink, children),
            Family::Stackable if uplink => {
                children.push("switchport mode trunk".into());
                children.push("channel-group 1 mode active".into());
                children
            }
            Family::Stackable => {
                if interface.short.contains("/0/") {
                    children.extend(access());
                }
                children
            }
        }
    }

    fn router(&self, interface: &Interface, nth: usize, mut children: Vec<String>) -> Vec<String> {
        if nth == 0 && self.platform.management().is_none() {
            children.push(format!("ip address {} 255.255.255.0", self.host));
        } else if interface.cabled {
            children.push(format!(
                "ip address 10.200.{}.1 255.255.255.252",
                nth % 250 + 1
            ));
        } else {
            children.push("no ip address".into());
            children.push("shutdown".into());
        }
        children.push("negotiation auto".into());
        children
    }

    fn core(&self, interface: &Interface, uplink: bool, mut children: Vec<String>) -> Vec<String> {
        let joined = virtual_links(self.spec, self.platform);
        if joined.links.iter().flatten().any(|n| *n == interface.short) {
            children.push("stackwise-virtual link 1".into());
        } else if joined.detection.contains(&interface.short) {
            children.push("stackwise-virtual dual-active-detection".into());
        } else if uplink {
            children.push("no switchport".into());
            let n = if self.uplinks.first() == Some(&interface.short) {
                1
            } else {
                5
            };
            children.push(format!("ip address 10.254.0.{n} 255.255.255.252"));
        } else if self.platform.family == Family::Modular && interface.short.starts_with("Gi") {
            children.extend(access());
        }
        children
    }
}

fn access() -> [String; 2] {
    [
        "switchport access vlan 10".to_owned(),
        "switchport mode access".to_owned(),
    ]
}
