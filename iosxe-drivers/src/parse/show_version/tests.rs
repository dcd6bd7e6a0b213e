use super::*;

const C9300: &str = r#"sw1#show version
Cisco IOS XE Software, Version 17.09.04a
Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2023 by Cisco Systems, Inc.
Compiled Fri 20-Oct-23 10:44 by mcpre

ROM: IOS-XE ROMMON
BOOTLDR: System Bootstrap, Version 17.12.1r, RELEASE SOFTWARE (P)
sw1 uptime is 1 week, 2 days, 3 minutes
Uptime for this control processor is 1 week, 2 days, 5 minutes
System returned to ROM by Image Install
System image file is "flash:packages.conf"
Last reload reason: Image Install

Technology Package License Information:
------------------------------------------------------------------------------
Technology-package                                     Technology-package
Current                        Type                       Next reboot
------------------------------------------------------------------------------
network-advantage       Smart License                    network-advantage
None                    Subscription Smart License       None

Smart Licensing Status: Smart Licensing Using Policy

cisco C9300-24T (X86) processor with 1331521K/6147K bytes of memory.
Processor board ID FOC00000001
1 Virtual Ethernet interface
2048K bytes of non-volatile configuration memory.
8388608K bytes of physical memory.
11264000K bytes of Flash at flash:.

Base Ethernet MAC Address          : 00:b6:70:ff:06:5e
Motherboard Serial Number          : FOC00000009
Model Number                       : C9300-24T
System Serial Number               : FOC00000001

Switch Ports Model              SW Version        SW Image              Mode
------ ----- -----              ----------        ----------            ----
*    1 41    C9300-24T          17.09.04a         CAT9K_IOSXE           INSTALL
 2 41    C9300-24T          17.09.04a         CAT9K_IOSXE           BUNDLE

Switch 02
---------
Switch uptime                      : 1 week, 2 days, 5 minutes
Base Ethernet MAC Address          : 00:b6:70:ff:07:5e
Model Number                       : C9300-24T
System Serial Number               : FOC00000002

Configuration register is 0x102 (will be 0x142 at next reload)

sw1#"#;

#[test]
fn a_stack_of_two() {
    let parsed = parse(C9300).unwrap();
    assert!(parsed.unknown.is_empty(), "{:?}", parsed.unknown);
    let v = parsed.value;
    assert_eq!(v.os, Os::IosXe);
    assert_eq!(v.running().to_string(), "17.09.04a");
    assert_eq!(v.version, "17.9.4a");
    assert_eq!(v.hostname, "sw1");
    assert_eq!(v.uptime_s, 604_800 + 2 * 86_400 + 180);
    assert_eq!(v.boot_mode(), Some(BootMode::Install));
    assert_eq!(v.members.len(), 2);
    assert_eq!(v.members[1].mode, Some(BootMode::Bundle));
    assert_eq!(v.hardware.serial.as_deref(), Some("FOC00000001"));
    assert_eq!(
        v.member_hardware[0].hardware.serial.as_deref(),
        Some("FOC00000002")
    );
    assert_eq!(v.config_register_at_reload(), Some(0x142));
    assert_eq!(v.physical_memory_bytes, Some(8_388_608 * 1024));
    assert_eq!(v.licenses.len(), 2);
    assert_eq!(
        v.licenses[0].next_reboot.as_deref(),
        Some("network-advantage")
    );
}

#[test]
fn a_cut_is_an_error_and_an_alien_line_is_named() {
    let cut = C9300.split("Processor board").next().unwrap();
    assert_eq!(
        parse(cut).unwrap_err().kind,
        super::super::ParseErrorKind::Incomplete
    );
    let alien = C9300.replace("1 Virtual Ethernet interface", "@@ alien 4711 @@");
    let parsed = parse(&alien).unwrap();
    assert_eq!(parsed.unknown.len(), 1);
    assert_eq!(parsed.unknown[0].number, 28);
}

#[test]
fn three_x_and_classic() {
    let text = "Cisco IOS Software, IOS-XE Software, Catalyst L3 Switch Software (CAT3K_CAA-UNIVERSALK9-M), Version 03.06.05E RELEASE SOFTWARE (fc2)\n\
        sw uptime is 28 weeks, 56 \nminutes\n\
        cisco WS-C3850-48U (MIPS) processor with 4194304K bytes of physical memory.\n\
        Processor board ID FOC11111111\n\
        *    1 56    WS-C3850-48U   03.06.05E   cat3k_caa-universalk9 INSTALL\n";
    let v = parse(text).unwrap().value;
    assert_eq!(
        (v.os, v.running().to_string()),
        (Os::IosXe, "03.06.05E".to_owned())
    );
    assert_eq!(v.uptime_s, 28 * 604_800 + 56 * 60);
    let text = "Cisco Internetwork Operating System Software\n\
        IOS (tm) C2600 Software (C2600-I-M), Version 12.2(2)XA1, EARLY DEPLOYMENT RELEASE SOFTWARE (fc1)\n\
        ts uptime is 1 minute\nProcessor board ID JAD00000001 (3894145955)\n";
    let v = parse(text).unwrap().value;
    assert_eq!((v.os, v.version.as_str()), (Os::Ios, "12.2(2)XA1"));
    assert_eq!(v.processor_board_id.as_deref(), Some("JAD00000001"));
}
