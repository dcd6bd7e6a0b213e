//! Whatever a device prints, a parser answers with a value or an error, for every command of the
//! registry: any text, any cut of a text that looks right, log lines between any two lines.

use iosxe_drivers::parse::{CommandSpec, commands, find, to_json};
use proptest::prelude::*;

/// Pieces of outputs of our own making: enough of each format that its rows are reached.
const PIECES: &[&str] = &[
    "Cisco IOS XE Software, Version 17.09.04a",
    "Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)",
    "sw1 uptime is 1 week, 2 days, 3 minutes",
    "System image file is \"flash:packages.conf\"",
    "cisco C9300-24T (X86) processor with 1331521K/6147K bytes of memory.",
    "Processor board ID FOC00000001",
    "*    1 41    C9300-24T          17.09.04a         CAT9K_IOSXE           INSTALL",
    "[ Switch 1 2 ] Installed Package(s) Information:",
    "IMG   C    17.09.04a.0.6",
    "Auto abort timer: active on install_activate, time before rollback - 01:49:42",
    "BOOT variable = bootflash:packages.conf,12;",
    "Configuration register is 0x2 (will be 0x2102 at next reload)",
    "ROMMON variables:",
    "Directory of flash:/",
    "   24  -rw-        794609595  Feb 17 2017 11:50:21 -07:00  image.bin",
    "1940303872 bytes total (1036210176 bytes free)",
    "*  11353194496    4835155968      disk     rw   flash: bootflash: flash-1:",
    "Switch/Stack Mac Address : 00d6.fe00.0001 - Local Mac Address",
    "*1       Active   00d6.fe00.0001     15     V02     Ready",
    "         Stack Port Status             Neighbors",
    "1/1        OK           2/2            50cm           Yes       Yes           Yes       3                   No",
    "Redundant System Information :",
    "        Current Software state = STANDBY HOT",
    "my state = 13 -ACTIVE",
    "Current ISSU Status: Enabled",
    "Rollback: automatic, remaining time before rollback: 00:29:53",
    "Slot      Type                State                 Insert time (ago)",
    "R0        ASR1000-RP2         ok, active            1w5d",
    "NAME: \"Switch 1\", DESCR: \"C9300-24T\"",
    "PID: C9300-24T         , VID: V02  , SN: FOC00000001",
    ".18:57:38.347 UTC Mon Oct 19 2015",
    "    Line       User       Host(s)              Idle       Location",
    "*  4 vty 2     admin      idle                 00:00:07 10.0.0.3",
    "Port      Name               Status       Vlan       Duplex  Speed Type",
    "Gi1/0/2   Access é Point     connected    8          a-full a-1000 10/100/1000BaseTX",
    "Group  Port-channel  Protocol    Ports",
    "10     Po10(SU)        PAgP      Gi1/0/15(P)     Gi1/0/16(P)",
    "Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID",
    "sw2.example.com  Ten 1/1/3         173              R I   WS-C3524-XFas 0/1",
    "Mod Ports Card Type                                   Model          Serial No.",
    "3   11   Supervisor 1 Module                         C9400-SUP-1      JAE00000001",
    "10.0.0.2        4        65001     619     695       33    0    0 05:07:45      100",
    "1A  PWR-C4-950WAC-R     GEN222700VU  No Input Power  Bad      n/a      950",
    " R0          Temp: Coretemp  Normal          47   Celsius\t(107,117,123,125)(Celsius)",
    "verify /md5 (flash:x.bin) = e1588a2bda3583feb9188933d265ba11",
    "[0|install_op_boot(INFO, )]: Mount IMG INI state base image",
    "----------------------------------------------",
    "% Invalid input detected at '^' marker.",
    "\u{0}\u{7}\u{1b}[2K@@ alien é 4711 @@",
    "",
];

const LOG: &str = "*Jan 29 08:17:01.416: %SYS-5-CONFIG_I: Configured from console by admin on vty0";

fn run(spec: &CommandSpec, text: &str) {
    let lines = text.split('\n').count();
    match spec.to_json(text) {
        Ok(parsed) => {
            for line in parsed.unknown {
                assert!(
                    line.number >= 1 && line.number <= lines,
                    "{}: {line:?}",
                    spec.name
                );
            }
        }
        Err(error) => {
            assert!(error.line <= lines, "{}: {error}", spec.name);
            assert!(!error.to_string().is_empty());
        }
    }
}

fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_answered(text in "(?s).{0,400}") {
        for spec in commands() {
            run(spec, &text);
        }
    }

    #[test]
    fn any_cut_of_anything_that_looks_right_is_answered(lines in pieces(), cut in 0usize..4000) {
        let text = lines.join("\r\n");
        let mut at = cut.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        for spec in commands() {
            run(spec, &text);
            run(spec, &text[..at]);
        }
    }

    #[test]
    fn log_lines_between_any_two_lines_change_nothing(lines in pieces()) {
        let plain = lines.join("\n");
        let noisy: Vec<String> = lines.iter().map(|line| format!("{line}\n{LOG}")).collect();
        let noisy = noisy.join("\n");
        for spec in commands().iter().filter(|spec| spec.name != "show logging") {
            match (spec.to_json(&plain), spec.to_json(&noisy)) {
                (Ok(a), Ok(b)) => prop_assert_eq!(a.value, b.value, "{}", spec.name),
                (Err(a), Err(b)) => prop_assert_eq!(a.kind, b.kind, "{}", spec.name),
                (a, b) => prop_assert!(false, "{}: {:?} and {:?}", spec.name, a.is_ok(), b.is_ok()),
            }
        }
    }

    #[test]
    fn any_typed_command_is_resolved_or_refused(typed in ".{0,60}") {
        if let Ok(spec) = find(&typed) {
            prop_assert!(!spec.name.is_empty());
        }
    }
}

#[test]
fn a_command_the_device_does_not_know_is_a_distinct_answer() {
    for spec in commands() {
        let text = format!(
            "sw1#{}\n          ^\n% Invalid input detected at '^' marker.\n\nsw1#",
            spec.name
        );
        let error = spec.to_json(&text).unwrap_err();
        assert!(error.is_not_supported(), "{}: {error}", spec.name);
        assert_eq!(error.line, 3);
    }
    assert!(
        to_json("sh ver", "% Invalid input detected at '^' marker.")
            .unwrap_err()
            .is_not_supported()
    );
}

#[test]
fn cost_grows_linearly_with_the_text() {
    // One long line, many long lines: a quadratic scan would take minutes.
    let long = format!("{}\n", "a (b: = 1 -, ".repeat(40_000));
    let many = PIECES.join("\n").repeat(300);
    for spec in commands() {
        run(spec, &long);
        run(spec, &many);
    }
}
