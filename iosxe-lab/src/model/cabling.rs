//! Ports of a new device and what their cables lead to.

use super::device::{Interface, Neighbour, Seat, World};
use super::platform::{Family, Members, Platform, Ports};
use crate::topology::DeviceSpec;

/// What stands for a member in port names: its number, or its slot in the chassis.
fn slot_of(platform: &Platform, member: u8) -> u8 {
    match platform.members {
        Members::Engines(slots) => slots
            .get(usize::from(member).saturating_sub(1))
            .copied()
            .unwrap_or(member),
        Members::Single | Members::Stack | Members::Virtual => member,
    }
}

/// Slot part and number of a port, such as `1/0/24`.
fn number(platform: &Platform, block: &Ports, member: u8, n: u32) -> String {
    let slot = block
        .slot
        .replace("{}", &slot_of(platform, member).to_string());
    format!("{slot}{n}")
}

/// All ports of a device, in the order of listings.
pub(crate) fn interfaces(spec: &DeviceSpec, platform: &Platform, world: &World) -> Vec<Interface> {
    let mut all = Vec::new();
    let management = |all: &mut Vec<Interface>| {
        if let Some(number) = platform.management() {
            let mut port = port(
                "GigabitEthernet",
                "Gi",
                number,
                Seat::Management,
                "RJ45",
                "RP management port",
            );
            port.cabled = true;
            all.push(port);
        }
    };
    if platform.is_switch() {
        management(&mut all);
    }
    for member in 1..=spec.members {
        for (at, block) in platform.ports.iter().enumerate() {
            let own = block.slot.contains("{}");
            if !own && member > 1 {
                continue;
            }
            let seat = if own {
                Seat::Member(member)
            } else {
                Seat::Card
            };
            for n in block.first..block.first + block.count {
                let mut port = port(
                    block.long,
                    block.short,
                    &number(platform, block, member, n),
                    seat,
                    block.media,
                    block.hardware,
                );
                let nth = n - block.first + 1;
                port.cabled = at == 0
                    && match platform.family {
                        Family::Stackable | Family::Modular => nth <= 6 || nth.is_multiple_of(4),
                        Family::Core => false,
                        Family::Router | Family::Asr | Family::Ncs => nth <= 2,
                    };
                all.push(port);
            }
        }
    }
    if !platform.is_switch() {
        management(&mut all);
    }
    let virtual_links = virtual_links(spec, platform);
    for interface in &mut all {
        interface.cabled |= virtual_links.contains(interface.short.as_str());
    }
    wire_up(&mut all, spec, platform, world);
    all
}

/// Connects the neighbours of the topology, or the usual ones.
fn wire_up(all: &mut [Interface], spec: &DeviceSpec, platform: &Platform, world: &World) {
    if let Some(list) = &spec.neighbours {
        for n in list {
            let known = world.names.iter().find(|(name, _)| *name == n.device);
            let pid = n
                .platform
                .clone()
                .or_else(|| known.map(|(_, p)| (*p).to_owned()));
            let pid = pid.as_deref().unwrap_or("C9500-24Y4C");
            wire(all, &n.local, &n.device, &n.remote, pid);
        }
        return;
    }
    let site = spec.site.clone().unwrap_or_else(|| "lab".to_owned());
    for (i, local) in uplink_names(platform, spec.members).iter().enumerate() {
        let (device, remote, pid) = match platform.family {
            Family::Stackable => (
                format!("dist-{site}"),
                format!("Twe1/0/{}", i + 1),
                "C9500-24Y4C",
            ),
            Family::Core | Family::Modular => (
                format!("core-{site}-{}", i + 1),
                format!("Hu1/0/{}", i + 25),
                "C9500-32C",
            ),
            Family::Router | Family::Asr | Family::Ncs => {
                (format!("pe-{site}"), format!("Gi0/0/{i}"), "ISR4451-X/K9")
            }
        };
        wire(all, local, &device, &remote, pid);
    }
}

fn port(
    long: &str,
    short: &str,
    number: &str,
    seat: Seat,
    media: &'static str,
    hardware: &'static str,
) -> Interface {
    Interface {
        long: format!("{long}{number}"),
        short: format!("{short}{number}"),
        seat,
        media,
        hardware,
        cabled: false,
        broken: false,
        neighbour: None,
    }
}

fn wire(all: &mut [Interface], local: &str, device: &str, remote: &str, pid: &str) {
    let found = all.iter_mut().find(|i| i.short == local || i.long == local);
    if let Some(interface) = found {
        interface.cabled = true;
        let last = device
            .bytes()
            .fold(0u32, |sum, b| (sum + u32::from(b)) % 250)
            + 1;
        interface.neighbour = Some(Neighbour {
            device: device.to_owned(),
            port: remote.to_owned(),
            pid: pid.to_owned(),
            address: format!("10.255.0.{last}"),
        });
    }
}

/// Short names of the two ports that lead towards the core; one on routers.
pub(crate) fn uplink_names(platform: &Platform, members: u8) -> Vec<String> {
    if !platform.is_switch() {
        let first = platform.ports.first();
        return first
            .map(|b| format!("{}{}", b.short, number(platform, b, 1, b.first)))
            .into_iter()
            .collect();
    }
    let Some(block) = platform.ports.last() else {
        return Vec::new();
    };
    let name = |member, n| format!("{}{}", block.short, number(platform, block, member, n));
    if block.slot.contains("{}") && members > 1 {
        vec![name(1, block.first), name(2, block.first)]
    } else {
        vec![name(1, block.first), name(1, block.first + 1)]
    }
}

/// Ports that join two switches to one StackWise Virtual system, short names per switch.
#[derive(Debug, Default)]
pub(crate) struct VirtualLinks {
    /// Links, switch 1 then switch 2.
    pub(crate) links: Vec<[String; 2]>,
    /// Dual-active detection, one port per switch.
    pub(crate) detection: Vec<String>,
}

impl VirtualLinks {
    /// True when the port is one of them.
    pub(crate) fn contains(&self, short: &str) -> bool {
        self.links.iter().flatten().any(|n| n == short) || self.detection.iter().any(|n| n == short)
    }
}

/// The last two ports of each switch are links, the one before them detects a dual active.
pub(crate) fn virtual_links(spec: &DeviceSpec, platform: &Platform) -> VirtualLinks {
    let mut all = VirtualLinks::default();
    if platform.members != Members::Virtual || spec.members < 2 {
        return all;
    }
    let Some(block) = platform.ports.last() else {
        return all;
    };
    let last = block.first + block.count - 1;
    for member in 1..=spec.members {
        let name = |n| format!("{}{}", block.short, number(platform, block, member, n));
        all.links.push([name(last - 1), name(last)]);
        all.detection.push(name(last - 2));
    }
    all
}
