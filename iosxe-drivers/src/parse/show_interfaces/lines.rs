//! The lines below the name of an interface.

use super::super::cursor::{Ignored, Line, ignored};
use super::super::scan::{scan, starts};
use super::super::{ParseError, units};
use super::{Duplex, InputQueue, Interface, Tunnel, counters};

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Known,
    /// The line of the last clearing: the last one of a subinterface.
    Cleared,
    Unknown,
}

pub(super) const IGNORED: &[Ignored] = &[
    ignored("ARP type:*", "timeouts of ARP do not decide anything"),
    ignored("Fec is *", "forward error correction: the errors tell"),
    ignored(
        "Carrier delay is *",
        "configuration, compared with the configuration",
    ),
    ignored(
        "Asymmetric Carrier-Delay *",
        "configuration, compared with the configuration",
    ),
    ignored("Time to live*", "of a tunnel: configuration"),
    ignored("Tunnel TTL *", "configuration"),
    ignored("Tunnel transmit bandwidth *", "configuration"),
    ignored("Tunnel receive bandwidth *", "configuration"),
    ignored("Tunnel Subblocks:", "heading"),
    ignored("src-track:", "heading"),
    ignored("{} source tracking subblock *", "the source names it"),
    ignored("Set of tunnels with source *", "the source names it"),
    ignored("Key disabled*", "configuration"),
    ignored("Key 0x*", "configuration"),
    ignored("Checksumming of packets *", "configuration"),
    ignored("Path MTU Discovery*", "configuration"),
    ignored("Fast tunneling *", "configuration"),
    ignored("Conversations *", "detail of the queueing"),
    ignored("Reserved Conversations *", "detail of the queueing"),
    ignored("Available Bandwidth *", "detail of the queueing"),
    ignored("No. of active members *", "the members are listed"),
    ignored("No. of members *", "the members are listed"),
    ignored("No. of Non-active members *", "the members are listed"),
    ignored("No. of PF_JUMBO *", "the members are listed"),
    ignored(
        "RTS {}, CTS *",
        "leads of a serial line: the protocol tells",
    ),
    ignored("DCD=*", "leads of a serial line: the protocol tells"),
    ignored("DTR is pulsed *", "configuration"),
    ignored("LCP *", "the line protocol tells"),
    ignored("Open: *", "the line protocol tells"),
    ignored("Listen: *", "the line protocol tells"),
    ignored("CRC checking *", "configuration"),
    ignored("L2 Switched: *", "counted by the hardware a second time"),
    ignored("L3 in Switched: *", "counted by the hardware a second time"),
    ignored(
        "L3 out Switched: *",
        "counted by the hardware a second time",
    ),
    ignored("Clock mode is *", "configuration"),
    ignored("Timeslot(s) Used:*", "configuration"),
    ignored("Internet protocol processing disabled", "no address"),
    ignored("Vaccess status *", "the line protocol tells"),
];

pub(super) fn read(interface: &mut Interface, line: Line<'_>) -> Result<Kind, ParseError> {
    let body = line.body();
    let known = match body.bytes().next() {
        Some(b'0'..=b'9') => {
            rate(interface, line, body)? || counters::read(&mut interface.counters, line)?
        }
        Some(b'D') => match body.strip_prefix("Description:") {
            Some(text) => {
                interface.description = units::text(text);
                true
            }
            None => false,
        },
        Some(b'E') => encapsulation(interface, line, body)?,
        Some(b'H') if body.starts_with("Hardware is") => hardware(interface, line, body)?,
        Some(b'I') => address_or_queue(interface, line, body)?,
        Some(b'K') if body.starts_with("Keepalive") => keepalive(interface, line, body)?,
        Some(b'L') => {
            if let Some(when) = body.strip_prefix("Last clearing of \"show interface\" counters") {
                interface.counters_cleared_s = since(line, when.trim_start())?;
                return Ok(Kind::Cleared);
            }
            last(interface, line, body)?
        }
        Some(b'M') => mtu_or_members(interface, line, body)?,
        Some(b'O') => output(interface, line, body)?,
        Some(b'Q') => match body.strip_prefix("Queueing strategy:") {
            Some(text) => {
                interface.queueing = units::text(text);
                true
            }
            None => false,
        },
        Some(b'R') => match body.strip_prefix("Received ") {
            Some(rest) => counters::broadcasts(&mut interface.counters, line, rest, false)?,
            None => false,
        },
        Some(b'T') if body.starts_with("Tunnel ") => tunnel(interface, line, body)?,
        Some(b'r') if body.starts_with("reliability ") => loads(interface, line, body)?,
        Some(b'i' | b'o') => flow_control(interface, line, body)?,
        _ => false,
    };
    Ok(if known || speed(interface, line, body)? {
        Kind::Known
    } else {
        Kind::Unknown
    })
}

/// `never`, `00:00:07`, `1d02h`.
fn since(line: Line<'_>, text: &str) -> Result<Option<u64>, ParseError> {
    if text == "never" {
        Ok(None)
    } else {
        line.age(text).map(Some)
    }
}

/// `Hardware is Gigabit Ethernet, address is 0057.d2ff.428c (bia 0057.d2ff.428c)`.
fn hardware(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    let Some(text) = body.strip_prefix("Hardware is ") else {
        return Err(line.bad(body, "`Hardware is` and its name"));
    };
    if text == "not present" {
        interface.hardware_absent = true;
        return Ok(true);
    }
    let Some((name, addresses)) = text.split_once(", address is ") else {
        interface.hardware = units::text(text);
        return Ok(true);
    };
    interface.hardware = units::text(name);
    let Some([address, burned]) = scan("{} (bia {})", addresses) else {
        return Err(line.bad(addresses, "an address and `(bia …)`"));
    };
    interface.mac_address = Some(line.mac(address)?);
    interface.burned_in_address = Some(line.mac(burned)?);
    Ok(true)
}

fn address_or_queue(
    interface: &mut Interface,
    line: Line<'_>,
    body: &str,
) -> Result<bool, ParseError> {
    if let Some(queue) = body.strip_prefix("Input queue:") {
        let Some([size, max, drops, flushes, out]) = scan(
            "{#}/{#}/{#}/{#} (size/max/drops/flushes); Total output drops:~{#}",
            queue,
        ) else {
            return Err(line.bad(
                queue,
                "`0/75/0/0 (size/max/drops/flushes); Total output drops: 0`",
            ));
        };
        interface.input_queue = Some(InputQueue {
            size: line.number(size)?,
            max: line.number(max)?,
            drops: line.number(drops)?,
            flushes: line.number(flushes)?,
        });
        interface.output_drops = Some(line.number(out)?);
    } else if let Some(address) = body.strip_prefix("Internet address is ") {
        let good = address.split_once('/').is_some_and(|(ip, length)| {
            units::is_ipv4(ip) && length.parse::<u8>().is_ok_and(|n| n <= 32)
        });
        if !good {
            return Err(line.bad(address, "an address like `10.1.1.1/24`"));
        }
        interface.ip_address = Some(address.to_owned());
    } else if let Some(how) = body.strip_prefix("Internet address will be negotiated using ") {
        interface.ip_address_by = units::text(how);
    } else if let Some([name, _]) = scan("Interface is unnumbered. Using address of {} ({*})", body)
    {
        interface.unnumbered_to = Some(name.to_owned());
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// `MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec,`; old releases go on with the loads.
fn mtu_or_members(
    interface: &mut Interface,
    line: Line<'_>,
    body: &str,
) -> Result<bool, ParseError> {
    if let Some(rest) = body.strip_prefix("MTU ") {
        let expected = "`MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec,`";
        let mut parts = rest.split(',').map(str::trim);
        let Some(mtu) = parts.next().and_then(|part| part.strip_suffix(" bytes")) else {
            return Err(line.bad(rest, expected));
        };
        interface.mtu_bytes = Some(line.number(mtu)?);
        for part in parts {
            if let Some(rest) = part.strip_prefix("BW ") {
                let number = rest.split(' ').next().unwrap_or("");
                interface.bandwidth_kbit_per_s = Some(line.number(number)?);
            } else if let Some(rest) = part.strip_prefix("DLY ") {
                let Some(number) = rest.strip_suffix(" usec") else {
                    return Err(line.bad(rest, expected));
                };
                interface.delay_us = Some(line.number(number)?);
            } else if !part.is_empty()
                && !part.starts_with("RxBW ")
                && !load(interface, line, part)?
            {
                return Err(line.bad(part, expected));
            }
        }
        if interface.delay_us.is_none() {
            return Err(line.bad(rest, expected));
        }
    } else if let Some(names) = body.strip_prefix("Members in this channel:") {
        interface.members = names.split_whitespace().map(str::to_owned).collect();
    } else if let Some([_, name, _]) = scan("Member {#} : {} ,{*}", body) {
        interface.members.push(name.to_owned());
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// `reliability 255/255, txload 1/255, rxload 1/255`.
fn loads(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    for part in body.split(',') {
        if !load(interface, line, part.trim())? {
            return Err(line.bad(part, "`reliability`, `txload` or `rxload`"));
        }
    }
    if interface.rx_load.is_none() {
        return Err(line.bad(body, "`reliability 255/255, txload 1/255, rxload 1/255`"));
    }
    Ok(true)
}

fn load(interface: &mut Interface, line: Line<'_>, part: &str) -> Result<bool, ParseError> {
    let Some((what, share)) = part.split_once(' ') else {
        return Ok(false);
    };
    let slot = match what {
        "reliability" | "rely" => &mut interface.reliability,
        "txload" | "load" => &mut interface.tx_load,
        "rxload" => &mut interface.rx_load,
        _ => return Ok(false),
    };
    let Some(count) = share.strip_suffix("/255") else {
        return Err(line.bad(share, "a share of 255"));
    };
    *slot = Some(line.number(count)?);
    Ok(true)
}

/// `Encapsulation 802.1Q Virtual LAN, Vlan ID  10., loopback not set`.
fn encapsulation(
    interface: &mut Interface,
    line: Line<'_>,
    body: &str,
) -> Result<bool, ParseError> {
    let Some(text) = body.strip_prefix("Encapsulation ") else {
        return Ok(false);
    };
    let mut parts = text.split(',').map(str::trim);
    interface.encapsulation = parts.next().and_then(units::text);
    for part in parts {
        let id = |text: &str| line.number(text.trim().trim_end_matches('.'));
        if let Some(vlan) = part
            .strip_prefix("Vlan ID ")
            .or_else(|| part.strip_prefix("outer ID "))
        {
            interface.vlan = Some(id(vlan)?);
        } else if let Some(vlan) = part.strip_prefix("inner ID ") {
            interface.inner_vlan = Some(id(vlan)?);
        }
        // What is left is `loopback not set` and the tag that a native VLAN lacks.
    }
    Ok(true)
}

/// `Keepalive set (10 sec)`, `Keepalive not supported`.
fn keepalive(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    if let Some([seconds]) = scan("Keepalive set ({#} sec)", body) {
        interface.keepalive_s = Some(line.number(seconds)?);
    } else if !body.starts_with("Keepalive not ") && body != "Keepalive disabled" {
        return Err(line.bad(body, "`Keepalive set (10 sec)` or `Keepalive not …`"));
    }
    Ok(true)
}

/// `Last input 00:00:07, output 00:00:00, output hang never`.
fn last(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    let Some(rest) = body.strip_prefix("Last input ") else {
        return Ok(false);
    };
    let Some((input, rest)) = rest.split_once(", output ") else {
        return Err(line.bad(rest, "`…, output …, output hang …`"));
    };
    let Some((output, hang)) = rest.split_once(", output hang ") else {
        return Err(line.bad(rest, "`…, output hang …`"));
    };
    interface.last_input_s = since(line, input)?;
    interface.last_output_s = since(line, output)?;
    interface.output_hang_s = since(line, hang)?;
    Ok(true)
}

/// `Output queue: 0/40 (size/max)`, `Output 2 broadcasts (0 IP multicasts)`.
fn output(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    if let Some(queue) = body.strip_prefix("Output queue:") {
        let size = queue.trim_start().split('/').next().unwrap_or("");
        interface.output_queue_size = Some(line.number(size)?);
        Ok(true)
    } else if let Some(rest) = body.strip_prefix("Output ") {
        counters::broadcasts(&mut interface.counters, line, rest, true)
    } else {
        Ok(false)
    }
}

/// `5 minute input rate 3000 bits/sec, 5 packets/sec`.
fn rate(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    let Some((interval, rest)) = body.split_once("put rate ") else {
        return Ok(false);
    };
    let mut words = interval.split(' ');
    let (count, unit, inbound) = (words.next(), words.next(), words.next() == Some("in"));
    let count: u32 = line.number(count.unwrap_or(""))?;
    let unit = match unit {
        Some("second" | "seconds") => 1,
        Some("minute" | "minutes") => 60,
        _ => return Err(line.bad(interval, "an interval in seconds or minutes")),
    };
    let Some((bits, packets)) = rest
        .split_once(" bits/sec, ")
        .and_then(|(bits, rest)| Some((bits, rest.strip_suffix(" packets/sec")?)))
    else {
        return Err(line.bad(rest, "`… bits/sec, … packets/sec`"));
    };
    interface.rate_interval_s = Some(count.saturating_mul(unit));
    let (bits, packets) = (Some(line.number(bits)?), Some(line.number(packets)?));
    if inbound {
        interface.input_bits_per_s = bits;
        interface.input_packets_per_s = packets;
    } else {
        interface.output_bits_per_s = bits;
        interface.output_packets_per_s = packets;
    }
    Ok(true)
}

/// `input flow-control is off, output flow-control is unsupported`, in either order.
fn flow_control(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    let mut any = false;
    for part in body.split(',') {
        let part = part.trim();
        if let Some(word) = part.strip_prefix("input flow-control is ") {
            interface.input_flow_control = Some(line.word(word)?);
        } else if let Some(word) = part.strip_prefix("output flow-control is ") {
            interface.output_flow_control = Some(line.word(word)?);
        } else if any {
            return Err(line.bad(part, "`input` or `output flow-control is …`"));
        } else {
            return Ok(false);
        }
        any = true;
    }
    Ok(any)
}

/// `Full-duplex, 1000Mb/s, link type is auto, media type is 10/100/1000BaseTX`,
/// `Unknown, Unknown, link type is auto, media type is unknown media type`.
fn speed(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    let Some((first, rest)) = body.split_once(',') else {
        return Ok(false);
    };
    let duplex: Duplex = if let Some(word) = first.strip_suffix("uplex") {
        let word = word
            .trim_end_matches(['d', 'D'])
            .trim_end_matches(['-', ' ']);
        line.word(word)?
    } else if first == "Unknown" {
        Duplex::Unknown
    } else {
        return Ok(false);
    };
    let (word, rest) = rest
        .trim_start()
        .split_once(',')
        .unwrap_or((rest.trim(), ""));
    let word = word.trim();
    let (mut speed, mut auto) = (None, false);
    if starts(word, "auto") {
        auto = true;
    } else if !word.eq_ignore_ascii_case("unknown") {
        speed = Some(megabits(line, word)?);
    }
    // Virtual routers print two such lines, of which the first knows nothing.
    if duplex == Duplex::Unknown && interface.duplex.is_some() {
        return Ok(true);
    }
    interface.duplex = Some(duplex);
    interface.speed_mbit_per_s = speed;
    interface.speed_auto = auto;
    interface.media_type = match rest.split_once("media type is") {
        Some((_, media)) => units::text(media),
        // `Half-duplex, 10Mb/s, 100BaseTX/FX`.
        None => units::text(rest).filter(|text| !text.starts_with("link type is")),
    };
    Ok(true)
}

/// `1000Mb/s`, `1000Mbps`, `10Gb/s`, `2.5Gb/s`, `100Mb/s`.
fn megabits(line: Line<'_>, word: &str) -> Result<u64, ParseError> {
    let expected = "a speed like `1000Mb/s`";
    let Some(number) = word
        .strip_suffix("b/s")
        .or_else(|| word.strip_suffix("bps"))
        .or_else(|| word.strip_suffix("bits/s"))
    else {
        return Err(line.bad(word, expected));
    };
    let (number, unit) = if let Some(number) = number.strip_suffix('G') {
        (number, 1000)
    } else if let Some(number) = number.strip_suffix('M') {
        (number, 1)
    } else {
        return Err(line.bad(word, expected));
    };
    match number.split_once('.') {
        Some((whole, tenth)) if tenth.len() == 1 => Ok(line
            .number::<u64>(whole)?
            .saturating_mul(unit)
            .saturating_add(line.number::<u64>(tenth)?.saturating_mul(unit) / 10)),
        _ => Ok(line.number::<u64>(number)?.saturating_mul(unit)),
    }
}

fn tunnel(interface: &mut Interface, line: Line<'_>, body: &str) -> Result<bool, ParseError> {
    let tunnel = interface.tunnel.get_or_insert_with(Tunnel::default);
    if let Some(ends) = body.strip_prefix("Tunnel source ") {
        let (source, destination) = match ends.split_once(", destination ") {
            Some((source, destination)) => (source, units::text(destination)),
            None => (ends, None),
        };
        tunnel.destination = destination.filter(|text| text != "UNKNOWN");
        let (address, through) = match source.split_once(" (") {
            Some((address, rest)) => (address, units::text(rest.trim_end_matches(')'))),
            None => (source, None),
        };
        tunnel.source = units::text(address).filter(|text| text != "UNKNOWN");
        tunnel.source_interface = through;
    } else if let Some(what) = body.strip_prefix("Tunnel protocol/transport ") {
        tunnel.transport = units::text(what);
    } else if let Some(why) = body.strip_prefix("Tunnel linestate evaluation ") {
        tunnel.line_state = units::text(why);
    } else if let Some([size]) = scan("Tunnel transport MTU {#} bytes", body) {
        tunnel.transport_mtu_bytes = Some(line.number(size)?);
    } else if let Some([name]) = scan("Tunnel protection via {*}", body) {
        tunnel.protection_profile = name
            .split_once("profile \"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .and_then(|(name, _)| units::text(name));
    } else {
        return Ok(false);
    }
    Ok(true)
}
