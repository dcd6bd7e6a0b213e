//! `show interfaces` in full.

use super::View;
use super::network::{Port, address, bundle_members, logical, ports};
use crate::clock;
use crate::model::device::Seat;

/// What the port can carry, in kilobits a second.
fn bandwidth(short: &str) -> u64 {
    match short.trim_end_matches(|c: char| !c.is_ascii_alphabetic()) {
        "Te" => 10_000_000,
        "Twe" => 25_000_000,
        "Hu" => 100_000_000,
        "Po" => 20_000_000,
        _ => 1_000_000,
    }
}

/// Letters of a short name.
fn letters(short: &str) -> &str {
    let end = short
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(short.len());
    short.get(..end).unwrap_or(short)
}

fn speed(short: &str) -> &'static str {
    match letters(short) {
        "Te" => "10Gb/s",
        "Twe" => "25Gb/s",
        "Hu" => "100Gb/s",
        "Po" => "10Gb/s",
        _ => "1000Mb/s",
    }
}

/// The address of a port: its box' own, with the place in the list at the end.
fn mac(v: &View<'_>, nth: usize) -> String {
    let base = match &v.state.chassis {
        Some((_, mac)) => mac.clone(),
        None => v.state.active().map(|m| m.mac.clone()).unwrap_or_default(),
    };
    let stem = base.get(..base.len().saturating_sub(2)).unwrap_or(&base);
    format!("{stem}{:02x}", nth % 256)
}

/// Length of a dotted mask.
fn bits(mask: &str) -> u32 {
    mask.split('.')
        .filter_map(|o| o.parse::<u8>().ok())
        .map(u8::count_ones)
        .sum()
}

/// One interface as `show interfaces` needs it.
struct Entry<'a> {
    long: &'a str,
    short: String,
    shut: bool,
    up: bool,
    hardware: &'a str,
    description: &'a str,
    network: Option<(&'a str, &'a str)>,
    media: Option<&'a str>,
    /// Names of the members of a port-channel.
    bundled: Vec<String>,
    nth: usize,
}

impl<'a> Entry<'a> {
    fn port(p: &'a Port<'a>, v: &View<'_>, nth: usize) -> Self {
        Entry {
            long: &p.i.long,
            short: p.i.short.clone(),
            shut: p.shut(),
            up: p.up(v),
            hardware: p.i.hardware,
            description: p.description(),
            network: p.network(),
            media: Some(p.i.media),
            bundled: Vec::new(),
            nth,
        }
    }

    /// The first line.
    fn head(&self, v: &View<'_>) -> String {
        let name = self.long;
        let switch = v.device.platform.is_switch();
        match (self.shut, self.up) {
            (true, _) => {
                let tail = if switch { " (disabled)" } else { "" };
                format!("{name} is administratively down, line protocol is down{tail}\n")
            }
            (false, true) if name.starts_with("Vlan") => {
                format!("{name} is up, line protocol is up , Autostate Enabled\n")
            }
            (false, true) => {
                let tail = if switch { " (connected)" } else { "" };
                format!("{name} is up, line protocol is up{tail}\n")
            }
            (false, false) => {
                let tail = if switch { " (notconnect)" } else { "" };
                format!("{name} is down, line protocol is down{tail}\n")
            }
        }
    }

    /// Packets so far: a steady trickle while it is up.
    fn packets(&self, v: &View<'_>, every_s: u64) -> u64 {
        if self.up {
            clock::whole(v.state.uptime(v.now)) / every_s + self.nth as u64
        } else {
            0
        }
    }

    fn text(&self, v: &View<'_>) -> String {
        let switch = v.device.platform.is_switch();
        let mut t = self.head(v);
        let mac = mac(v, self.nth);
        t.push_str(&format!(
            "  Hardware is {}, address is {mac} (bia {mac})\n",
            self.hardware
        ));
        if !self.description.is_empty() {
            t.push_str(&format!("  Description: {}\n", self.description));
        }
        if let Some((address, mask)) = self.network {
            t.push_str(&format!("  Internet address is {address}/{}\n", bits(mask)));
        }
        t.push_str(&format!(
            "  MTU 1500 bytes, BW {} Kbit/sec, DLY 10 usec, \n     reliability 255/255, txload 1/255, \
             rxload 1/255\n  Encapsulation ARPA, loopback not set\n",
            bandwidth(letters(&self.short))
        ));
        t.push_str(if switch {
            "  Keepalive set (10 sec)\n"
        } else {
            "  Keepalive not supported \n"
        });
        t.push_str(&self.link(switch));
        t.push_str("  ARP type: ARPA, ARP Timeout 04:00:00\n");
        if !self.bundled.is_empty() {
            t.push_str(&format!(
                "  Members in this channel: {} \n",
                self.bundled.join(" ")
            ));
        }
        t + &self.counters(v)
    }

    /// Duplex, speed and flow control; virtual interfaces have none.
    fn link(&self, switch: bool) -> String {
        let Some(media) = self.media else {
            return String::new();
        };
        match (switch, self.up) {
            (true, true) => format!(
                "  Full-duplex, {}, media type is {media}\n  input flow-control is on, output \
                 flow-control is unsupported \n",
                speed(&self.short)
            ),
            (true, false) => format!(
                "  Auto-duplex, Auto-speed, media type is {media}\n  input flow-control is on, output \
                 flow-control is unsupported \n"
            ),
            (false, _) => format!(
                "  Full Duplex, {}, link type is auto, media type is {media}\n  output flow-control is \
                 off, input flow-control is off\n",
                speed(&self.short)
                    .replace("Mb/s", "Mbps")
                    .replace("Gb/s", "Gbps")
            ),
        }
    }

    fn counters(&self, v: &View<'_>) -> String {
        let (input, output) = (self.packets(v, 3), self.packets(v, 5));
        let (last, out) = if self.up {
            ("00:00:01", "00:00:00")
        } else {
            ("never", "never")
        };
        let resets = 1 + self.nth % 3;
        format!(
            "  Last input {last}, output {out}, output hang never\n  Last clearing of \"show interface\" \
             counters never\n  Input queue: 0/2000/0/0 (size/max/drops/flushes); Total output drops: \
             0\n  Queueing strategy: fifo\n  Output queue: 0/40 (size/max)\n  5 minute input rate \
             {rate} bits/sec, {pps} packets/sec\n  5 minute output rate {rate} bits/sec, {pps} \
             packets/sec\n     {input} packets input, {} bytes, 0 no buffer\n     Received {} \
             broadcasts ({} multicasts)\n     0 runts, 0 giants, 0 throttles \n     0 input errors, 0 \
             CRC, 0 frame, 0 overrun, 0 ignored\n     0 watchdog, {} multicast, 0 pause input\n     0 \
             input packets with dribble condition detected\n     {output} packets output, {} bytes, 0 \
             underruns\n     Output 0 broadcasts (0 multicasts)\n     0 output errors, 0 collisions, \
             {resets} interface resets\n     0 unknown protocol drops\n     0 babbles, 0 late \
             collision, 0 deferred\n     0 lost carrier, 0 no carrier, 0 pause output\n     0 output \
             buffer failures, 0 output buffers swapped out\n",
            input * 342,
            input / 4,
            input / 5,
            input / 5,
            output * 251,
            rate = if self.up { 2000 } else { 0 },
            pps = u8::from(self.up) * 3,
        )
    }
}

/// `te1/1/1` from any spelling of the name.
fn squeezed(name: &str) -> String {
    let name: String = name.to_lowercase().split_whitespace().collect();
    let number = name
        .find(|c: char| c.is_ascii_digit())
        .and_then(|at| name.get(at..))
        .unwrap_or_default();
    let kind: String = name
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .take(3)
        .collect();
    let kind = match kind.as_str() {
        "twe" => "twe",
        other => other.get(..2).unwrap_or(other),
    };
    format!("{kind}{number}")
}

/// Every interface, or the one that is named; `None` when there is no such interface.
pub(super) fn full(v: &View<'_>, name: Option<&str>) -> Option<String> {
    let all = ports(v);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (name, children) in logical(v, "Vlan") {
        let shut = children.iter().any(|c| c == "shutdown");
        entries.push(Entry {
            long: name,
            short: name.replace("Vlan", "Vl"),
            shut,
            up: !shut,
            hardware: "Ethernet SVI",
            description: described(children),
            network: address(children),
            media: None,
            bundled: Vec::new(),
            nth: 0x40,
        });
    }
    for (nth, p) in all.iter().enumerate() {
        let mut entry = Entry::port(p, v, nth + 1);
        if p.i.seat == Seat::Management {
            entry.nth = 0;
        }
        entries.push(entry);
    }
    for (name, children) in logical(v, "Port-channel") {
        let members = bundle_members(v, &all);
        let up: Vec<String> = members
            .iter()
            .filter(|(_, up)| *up)
            .map(|(p, _)| p.i.short.clone())
            .collect();
        entries.push(Entry {
            long: name,
            short: name.replace("Port-channel", "Po"),
            shut: children.iter().any(|c| c == "shutdown"),
            up: !up.is_empty(),
            hardware: "EtherChannel",
            description: described(children),
            network: None,
            media: Some("N/A"),
            bundled: up,
            nth: 0xf0,
        });
    }
    let Some(name) = name else {
        return Some(entries.iter().map(|e| e.text(v)).collect());
    };
    let asked = squeezed(name);
    entries
        .iter()
        .find(|e| squeezed(e.long) == asked)
        .map(|e| e.text(v))
}

fn described(children: &[String]) -> &str {
    children
        .iter()
        .find_map(|c| c.strip_prefix("description "))
        .unwrap_or("")
}

/// `show interfaces summary`.
pub(super) fn summary(v: &View<'_>) -> String {
    let mut t = String::from(
        "\n *: interface is up\n IHQ: pkts in input hold queue     IQD: pkts dropped from input \
         queue\n OHQ: pkts in output hold queue    OQD: pkts dropped from output queue\n RXBS: rx \
         rate (bits/sec)            RXPS: rx rate (pkts/sec)\n TXBS: tx rate (bits/sec)            \
         TXPS: tx rate (pkts/sec)\n TRTL: throttle count\n\n  Interface                   IHQ       \
         IQD       OHQ       OQD      RXBS      RXPS      TXBS      TXPS      TRTL\n",
    );
    t.push_str(&("-".repeat(113) + "\n"));
    for p in ports(v) {
        let up = p.up(v);
        let (star, rate, pps) = if up { ('*', 2000, 3) } else { (' ', 0, 0) };
        t.push_str(&format!(
            "{star} {:<23}{:>8}{:>10}{:>10}{:>10}{rate:>10}{pps:>10}{rate:>10}{pps:>10}{:>10}\n",
            p.i.long, 0, 0, 0, 0, 0
        ));
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_spelling_of_a_name_is_the_same_interface() {
        for text in ["TenGigabitEthernet1/1/1", "te1/1/1", "Te 1/1/1", "ten1/1/1"] {
            assert_eq!(squeezed(text), "te1/1/1", "{text}");
        }
        assert_eq!(squeezed("TwentyFiveGigE1/0/1"), squeezed("Twe1/0/1"));
        assert_eq!(bits("255.255.255.252"), 30);
        assert_eq!(bandwidth("Twe"), 25_000_000);
    }
}
