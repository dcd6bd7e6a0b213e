//! `show interfaces`: state, hardware, rates and counters of every interface.
//!
//! Source: genieparser and ntc-templates captures of Catalyst 2960 to 9600, ISR, ASR, CSR and C1100
//! (read for the format; the fixtures are our own). No capture in the corpus: unscored.
//!
//! ```text
//! GigabitEthernet1/0/1 is up, line protocol is up (connected)
//!   Hardware is Gigabit Ethernet, address is 0057.d200.0001 (bia 0057.d200.0001)
//!   MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec,
//!      reliability 255/255, txload 1/255, rxload 1/255
//!   Full-duplex, 1000Mb/s, media type is 10/100/1000BaseTX
//!   Last input 00:00:07, output 00:00:00, output hang never
//!   Last clearing of "show interface" counters never
//!   Input queue: 0/2000/0/0 (size/max/drops/flushes); Total output drops: 0
//!   5 minute input rate 3000 bits/sec, 5 packets/sec
//!      12127 packets input, 2297417 bytes, 0 no buffer
//!      0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored
//!      0 output buffer failures, 0 output buffers swapped out
//! ```
//!
//! The end of the list is not marked, the end of an interface is: by the line of the output
//! buffers, and for a subinterface, which has no counters, by the line of the last clearing. A text
//! that ends elsewhere is cut.

mod counters;
mod lines;

use serde::{Deserialize, Serialize};

pub use counters::Counters;

use super::cursor::{Line, Lines};
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// State of the interface itself.
    Link {
        /// It works.
        Up = "up",
        /// It does not.
        Down = "down",
        /// `shutdown` is configured.
        AdministrativelyDown = "administratively down",
        /// The hardware is being reset.
        Reset = "reset",
        /// A subinterface that is gone from the configuration.
        Deleted = "deleted",
        /// Another interface works in its place.
        Standby = "standby mode",
        /// It starts.
        Initializing = "initializing",
    }
}

word_enum! {
    /// State of the line protocol.
    Protocol {
        /// Frames pass.
        Up = "up",
        /// They do not.
        Down = "down",
    }
}

word_enum! {
    /// What stands in parentheses behind the line protocol.
    PortNote {
        /// Link.
        Connected = "connected",
        /// No link.
        Notconnect = "notconnect" | "not connect",
        /// Shut down.
        Disabled = "disabled",
        /// Shut down by the device.
        #[serde(rename = "err-disabled")]
        ErrDisabled = "err-disabled",
        /// Suspended by link aggregation.
        Suspended = "suspended",
        /// Destination of a monitor session.
        Monitoring = "monitoring",
        /// Its VLAN does not exist, or the license lacks.
        Inactive = "inactive",
        /// Hears itself.
        Looped = "looped",
        /// Says up so that routes stay.
        Spoofing = "spoofing",
        /// Fault.
        Faulty = "faulty",
    }
}

word_enum! {
    /// Duplex.
    Duplex {
        /// Both directions at once.
        Full = "full",
        /// One at a time.
        Half = "half",
        /// Not negotiated yet.
        Auto = "auto",
        /// The device does not know.
        Unknown = "unknown",
    }
}

word_enum! {
    /// Flow control of one direction.
    FlowControl {
        /// Works.
        On = "on",
        /// Does not.
        Off = "off",
        /// The hardware has none.
        Unsupported = "unsupported",
        /// Wanted, when the peer agrees.
        Desired = "desired",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInterfaces {
    /// As listed.
    pub interfaces: Vec<Interface>,
}

/// One interface. `None` where the device does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Full name: `GigabitEthernet1/0/1`.
    pub interface: String,
    /// Whether it works.
    pub link: Link,
    /// Whether frames pass.
    pub line_protocol: Protocol,
    /// Status of a switch port.
    pub port_status: Option<PortNote>,
    /// A VLAN interface goes down with its last port.
    pub autostate: Option<bool>,
    /// `description` of the configuration.
    pub description: Option<String>,
    /// `Ten Gigabit Ethernet`, `BUILT-IN-2T+6X1GE`, `EtherChannel`.
    pub hardware: Option<String>,
    /// The device says `Hardware is not present`: no transceiver or module.
    pub hardware_absent: bool,
    /// Address in use.
    pub mac_address: Option<String>,
    /// Burned-in address.
    pub burned_in_address: Option<String>,
    /// `10.1.1.1/24`.
    pub ip_address: Option<String>,
    /// The address comes from elsewhere: `DHCP`, `IPCP`.
    pub ip_address_by: Option<String>,
    /// The interface whose address it borrows.
    pub unnumbered_to: Option<String>,
    /// MTU.
    pub mtu_bytes: Option<u32>,
    /// Bandwidth as routing sees it.
    pub bandwidth_kbit_per_s: Option<u64>,
    /// Delay as routing sees it, microseconds.
    pub delay_us: Option<u64>,
    /// Of 255.
    pub reliability: Option<u8>,
    /// Of 255.
    pub tx_load: Option<u8>,
    /// Of 255.
    pub rx_load: Option<u8>,
    /// `ARPA`, `802.1Q Virtual LAN`, `TUNNEL`.
    pub encapsulation: Option<String>,
    /// VLAN of a subinterface.
    pub vlan: Option<u16>,
    /// Inner VLAN of a subinterface.
    pub inner_vlan: Option<u16>,
    /// Interval of keepalives; `None` when none are sent.
    pub keepalive_s: Option<u32>,
    /// Duplex in use.
    pub duplex: Option<Duplex>,
    /// Speed in use; `None` while it is negotiated.
    pub speed_mbit_per_s: Option<u64>,
    /// Speed is negotiated, or to be.
    pub speed_auto: bool,
    /// `10/100/1000BaseTX`, `SFP-10GBase-SR`, `unknown`.
    pub media_type: Option<String>,
    /// Flow control of what arrives.
    pub input_flow_control: Option<FlowControl>,
    /// Flow control of what leaves.
    pub output_flow_control: Option<FlowControl>,
    /// Ports of a port-channel.
    pub members: Vec<String>,
    /// Of a tunnel.
    pub tunnel: Option<Tunnel>,
    /// Since the last packet in; `None` for never.
    pub last_input_s: Option<u64>,
    /// Since the last packet out; `None` for never.
    pub last_output_s: Option<u64>,
    /// Since the output hung; `None` for never.
    pub output_hang_s: Option<u64>,
    /// Since the counters were cleared; `None` for never.
    pub counters_cleared_s: Option<u64>,
    /// Queue of what arrived for the processor.
    pub input_queue: Option<InputQueue>,
    /// Packets dropped on their way out.
    pub output_drops: Option<u64>,
    /// Packets waiting to leave.
    pub output_queue_size: Option<u64>,
    /// `fifo`, `Class-based queueing`.
    pub queueing: Option<String>,
    /// Interval over which rates are averaged.
    pub rate_interval_s: Option<u32>,
    /// Rate in.
    pub input_bits_per_s: Option<u64>,
    /// Rate in.
    pub input_packets_per_s: Option<u64>,
    /// Rate out.
    pub output_bits_per_s: Option<u64>,
    /// Rate out.
    pub output_packets_per_s: Option<u64>,
    /// Since they were cleared.
    pub counters: Counters,
}

/// Queue of what arrived for the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputQueue {
    /// Waiting.
    pub size: u64,
    /// Room.
    pub max: u64,
    /// Dropped because it was full.
    pub drops: u64,
    /// Dropped to protect the processor.
    pub flushes: u64,
}

/// What a tunnel adds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tunnel {
    /// Address; `None` when the device says `UNKNOWN`.
    pub source: Option<String>,
    /// Interface whose address is the source.
    pub source_interface: Option<String>,
    /// Address of the peer.
    pub destination: Option<String>,
    /// `GRE/IP`.
    pub transport: Option<String>,
    /// Why the line is down, as the device words it.
    pub line_state: Option<String>,
    /// Profile that protects it.
    pub protection_profile: Option<String>,
    /// MTU of the transport.
    pub transport_mtu_bytes: Option<u32>,
}

impl Interface {
    fn new(interface: &str, link: Link, line_protocol: Protocol) -> Self {
        Self {
            interface: interface.to_owned(),
            link,
            line_protocol,
            port_status: None,
            autostate: None,
            description: None,
            hardware: None,
            hardware_absent: false,
            mac_address: None,
            burned_in_address: None,
            ip_address: None,
            ip_address_by: None,
            unnumbered_to: None,
            mtu_bytes: None,
            bandwidth_kbit_per_s: None,
            delay_us: None,
            reliability: None,
            tx_load: None,
            rx_load: None,
            encapsulation: None,
            vlan: None,
            inner_vlan: None,
            keepalive_s: None,
            duplex: None,
            speed_mbit_per_s: None,
            speed_auto: false,
            media_type: None,
            input_flow_control: None,
            output_flow_control: None,
            members: Vec::new(),
            tunnel: None,
            last_input_s: None,
            last_output_s: None,
            output_hang_s: None,
            counters_cleared_s: None,
            input_queue: None,
            output_drops: None,
            output_queue_size: None,
            queueing: None,
            rate_interval_s: None,
            input_bits_per_s: None,
            input_packets_per_s: None,
            output_bits_per_s: None,
            output_packets_per_s: None,
            counters: Counters::default(),
        }
    }
}

/// Reads `show interfaces`, of all interfaces or of one.
///
/// # Errors
/// When there is no interface, when a known line is malformed, and when the last interface is not
/// told to its end.
pub fn parse(text: &str) -> Result<Parsed<ShowInterfaces>, ParseError> {
    let mut lines = Lines::new("show interfaces", text)?;
    let mut interfaces: Vec<Interface> = Vec::with_capacity(text.len() / 1280);
    let mut cleared = false;
    while let Some(line) = lines.next() {
        if let Some((interface, known)) = header(line)? {
            if !known {
                lines.unknown(line);
            }
            interfaces.push(interface);
            cleared = false;
            continue;
        }
        let Some(interface) = interfaces.last_mut() else {
            lines.unknown(line);
            continue;
        };
        match lines::read(interface, line)? {
            lines::Kind::Known => {}
            lines::Kind::Cleared => cleared = true,
            lines::Kind::Unknown => lines.pass(line, lines::IGNORED),
        }
    }
    let Some(last) = interfaces.last() else {
        return Err(lines.incomplete("a line `NAME is …, line protocol is …`"));
    };
    let closed = match &last.counters {
        counters if counters.output_buffers_swapped_out.is_some() => true,
        counters => {
            let bare = last.link == Link::Deleted || last.interface.contains('.');
            bare && cleared && *counters == Counters::default() && last.input_queue.is_none()
        }
    };
    if !closed {
        return Err(lines.incomplete(format!("the last counters of {}", last.interface)));
    }
    Ok(lines.finish(ShowInterfaces { interfaces }))
}

/// `Vlan1 is administratively down, line protocol is down , Autostate Enabled`, and whether its end
/// was understood.
fn header(line: Line<'_>) -> Result<Option<(Interface, bool)>, ParseError> {
    let body = line.body();
    // The name is the first word: most lines are told apart by the second.
    let Some((name, rest)) = body.split_once(' ') else {
        return Ok(None);
    };
    let Some(rest) = rest.strip_prefix("is ") else {
        return Ok(None);
    };
    let Some((link, rest)) = rest.split_once(", line protocol is ") else {
        return Ok(None);
    };
    let end = rest.find([' ', ',']).unwrap_or(rest.len());
    let (protocol, note) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let mut interface = Interface::new(name, line.word(link)?, line.word(protocol)?);
    let mut known = true;
    let mut note = note.trim_matches([' ', ',']);
    if let Some((word, rest)) = note.strip_prefix('(').and_then(|n| n.split_once(')')) {
        interface.port_status = super::words::Word::read(word);
        known = interface.port_status.is_some();
        note = rest.trim_matches([' ', ',']);
    }
    match note {
        "" => {}
        "Autostate Enabled" => interface.autostate = Some(true),
        "Autostate Disabled" => interface.autostate = Some(false),
        _ => known = false,
    }
    Ok(Some((interface, known)))
}

#[cfg(test)]
mod tests;
