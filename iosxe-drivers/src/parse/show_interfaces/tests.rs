use super::*;
use crate::parse::ParseErrorKind;

/// Made up by us after the formats named in the module's front page.
const MIXED: &str = include_str!("../../../tests/outputs/show_interfaces.txt");

fn named<'a>(value: &'a ShowInterfaces, name: &str) -> &'a Interface {
    value
        .interfaces
        .iter()
        .find(|i| i.interface == name)
        .unwrap()
}

#[test]
fn every_shape_is_read_and_no_line_is_left() {
    let parsed = parse(MIXED).unwrap();
    assert_eq!(parsed.unknown, []);
    let value = parsed.value;
    let names: Vec<&str> = value
        .interfaces
        .iter()
        .map(|i| i.interface.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "Vlan10",
            "GigabitEthernet0/0",
            "GigabitEthernet1/0/1",
            "TwentyFiveGigE1/1/1",
            "FastEthernet1",
            "Port-channel1",
            "Loopback0",
            "Tunnel5",
            "GigabitEthernet0/0/1.20",
            "Serial0/1/0:0"
        ]
    );

    let svi = named(&value, "Vlan10");
    assert_eq!(
        (svi.link, svi.line_protocol),
        (Link::AdministrativelyDown, Protocol::Down)
    );
    assert_eq!(svi.autostate, Some(true));
    assert_eq!(svi.ip_address.as_deref(), Some("10.0.10.1/24"));
    assert_eq!(svi.keepalive_s, None);
    assert_eq!(svi.counters.output_errors, Some(0));

    let port = named(&value, "GigabitEthernet1/0/1");
    assert_eq!(port.port_status, Some(PortNote::Connected));
    assert_eq!(port.mac_address.as_deref(), Some("0057.d200.0001"));
    assert_eq!(port.description.as_deref(), Some("to core-1, port 7"));
    assert_eq!(
        (port.mtu_bytes, port.bandwidth_kbit_per_s, port.delay_us),
        (Some(1500), Some(1_000_000), Some(10))
    );
    assert_eq!(
        (port.duplex, port.speed_mbit_per_s, port.speed_auto),
        (Some(Duplex::Full), Some(1000), false)
    );
    assert_eq!(port.media_type.as_deref(), Some("10/100/1000BaseTX"));
    assert_eq!(port.input_flow_control, Some(FlowControl::On));
    assert_eq!(
        (port.last_input_s, port.last_output_s),
        (Some(7), Some(93_600))
    );
    assert_eq!(port.counters_cleared_s, Some(2 * 604_800 + 3 * 86_400));
    assert_eq!(
        port.input_queue,
        Some(InputQueue {
            size: 1,
            max: 2000,
            drops: 3,
            flushes: 4
        })
    );
    assert_eq!(port.output_drops, Some(1_842_857));
    assert_eq!(
        (port.rate_interval_s, port.input_bits_per_s),
        (Some(300), Some(3000))
    );
    let counters = &port.counters;
    assert_eq!(counters.input_bytes, Some(785_742_018_801));
    assert_eq!(counters.output_bytes, Some(94_269_500_291));
    assert_eq!(
        (counters.input_errors, counters.crc, counters.overrun),
        (Some(12), Some(9), Some(2))
    );
    assert_eq!(
        (counters.input_broadcasts, counters.input_multicasts),
        (Some(17), Some(16))
    );
    assert_eq!(counters.output_multicasts, Some(22));
    assert_eq!(counters.late_collisions, Some(5));

    let absent = named(&value, "TwentyFiveGigE1/1/1");
    assert!(absent.hardware_absent && absent.hardware.is_some() && absent.media_type.is_none());
    assert_eq!(absent.port_status, Some(PortNote::Notconnect));
    assert_eq!(named(&value, "FastEthernet1").duplex, Some(Duplex::Half));
    assert_eq!(
        named(&value, "FastEthernet1").media_type.as_deref(),
        Some("100BaseTX/FX")
    );
    assert_eq!(
        named(&value, "Port-channel1").members,
        ["Gi1/0/1", "Gi2/0/1"]
    );
    let tunnel = named(&value, "Tunnel5").tunnel.clone().unwrap();
    assert_eq!(tunnel.source_interface.as_deref(), Some("Loopback100"));
    assert_eq!(tunnel.destination.as_deref(), Some("10.7.7.8"));
    assert_eq!(
        tunnel.line_state.as_deref(),
        Some("down - no output interface")
    );
    assert_eq!(tunnel.protection_profile.as_deref(), Some("site-to-site"));
    let sub = named(&value, "GigabitEthernet0/0/1.20");
    assert_eq!((sub.vlan, sub.inner_vlan), (Some(20), None));
    assert_eq!(sub.counters, Counters::default());
    let serial = named(&value, "Serial0/1/0:0");
    assert_eq!(serial.unnumbered_to.as_deref(), Some("Loopback0"));
    assert_eq!(serial.counters.carrier_transitions, Some(3));
}

#[test]
fn a_malformed_counter_and_a_cut_are_errors_with_their_place() {
    let bad = MIXED.replace("12 input errors, 9 CRC", "12 input errors, x CRC");
    let parsed = parse(&bad).unwrap();
    assert_eq!(
        parsed.unknown.len(),
        1,
        "a line without its number is none of ours"
    );
    let bad = MIXED.replace("BW 1000000 Kbit/sec", "BW fast Kbit/sec");
    let error = parse(&bad).unwrap_err();
    assert_eq!(
        (error.kind, error.line),
        (ParseErrorKind::Malformed, 4),
        "{error}"
    );
    let last = MIXED.rfind("output buffers swapped out").unwrap();
    let error = parse(&MIXED[..last]).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::Malformed, "{error}");
    let line = MIXED[..last].rfind('\n').unwrap();
    let error = parse(&MIXED[..line]).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::Incomplete, "{error}");
    assert!(parse("sw1#\n").is_err());
}

#[test]
fn an_unknown_word_in_parentheses_is_an_unknown_line_and_the_interface_is_kept() {
    let parsed = parse(&MIXED.replace("(connected)", "(wedged)")).unwrap();
    assert_eq!(parsed.unknown.len(), 2);
    assert_eq!(
        named(&parsed.value, "GigabitEthernet1/0/1").port_status,
        None
    );
    let error = parse(&MIXED.replace("Vlan10 is administratively down", "Vlan10 is wobbly"));
    assert_eq!(error.unwrap_err().kind, ParseErrorKind::Malformed);
}
