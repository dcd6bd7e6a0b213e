//! How fast outputs are read: `show version` alone, and `show interfaces` and others by the
//! megabyte, where the cost has to grow with the text and not faster.
//!
//! The texts are made here, in the devices' formats and sizes.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use iosxe_drivers::parse::{
    dir, show_install_summary, show_interfaces, show_inventory, show_logging, show_version,
};

/// A stack of two Catalyst 9300.
fn version() -> String {
    let legal = "Cisco IOS-XE software, Copyright (c) 2005-2023 by cisco Systems, Inc.
All rights reserved.  Certain components of Cisco IOS-XE software are
licensed under the GNU General Public License (\"GPL\") Version 2.0.  The
software code licensed under GPL Version 2.0 is free software that comes
with ABSOLUTELY NO WARRANTY.  You can redistribute and/or modify such
GPL code under the terms of GPL Version 2.0.  For more details, see the
documentation or \"License Notice\" file accompanying the IOS-XE software,
or the applicable URL provided on the flyer accompanying the IOS-XE
software.
";
    let export = "This product contains cryptographic features and is subject to United
States and local country laws governing import, export, transfer and
use. Delivery of Cisco cryptographic products does not imply
third-party authority to import, export, distribute or use encryption.
Importers, exporters, distributors and users are responsible for
compliance with U.S. and local country laws. By using this product you
agree to comply with applicable laws and regulations. If you are unable
to comply with U.S. and local laws, return this product immediately.

A summary of U.S. laws governing Cisco cryptographic products may be found at:
http://www.cisco.com/wwl/export/crypto/tool/stqrg.html

If you require further assistance please contact us by sending email to
export@cisco.com.
";
    let hardware = "Base Ethernet MAC Address          : 00:b6:70:00:06:5e
Motherboard Assembly Number        : 73-00000-01
Motherboard Serial Number          : FOC00000009
Model Revision Number              : A0
Motherboard Revision Number        : A0
Model Number                       : C9300-24T
System Serial Number               : FOC00000001
CLEI Code Number                   :
";
    format!(
        "Cisco IOS XE Software, Version 17.09.04a
Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2023 by Cisco Systems, Inc.
Compiled Fri 20-Oct-23 10:44 by mcpre


{legal}

ROM: IOS-XE ROMMON
BOOTLDR: System Bootstrap, Version 17.12.1r, RELEASE SOFTWARE (P)
sw1 uptime is 1 week, 2 days, 3 minutes
Uptime for this control processor is 1 week, 2 days, 5 minutes
System returned to ROM by Image Install
System image file is \"flash:packages.conf\"
Last reload reason: Image Install



{export}

Technology Package License Information:

------------------------------------------------------------------------------
Technology-package                                     Technology-package
Current                        Type                       Next reboot
------------------------------------------------------------------------------
network-advantage       Smart License                    network-advantage
dna-advantage           Subscription Smart License       dna-advantage
AIR License Level: AIR DNA Advantage
Next reload AIR license Level: AIR DNA Advantage


Smart Licensing Status: Smart Licensing Using Policy

cisco C9300-24T (X86) processor with 1331521K/6147K bytes of memory.
Processor board ID FOC00000001
1 Virtual Ethernet interface
56 Gigabit Ethernet interfaces
16 Ten Gigabit Ethernet interfaces
4 TwentyFive Gigabit Ethernet interfaces
4 Forty Gigabit Ethernet interfaces
2048K bytes of non-volatile configuration memory.
8388608K bytes of physical memory.
1638400K bytes of Crash Files at crashinfo:.
1638400K bytes of Crash Files at crashinfo-2:.
11264000K bytes of Flash at flash:.
11264000K bytes of Flash at flash-2:.

{hardware}

Switch Ports Model              SW Version        SW Image              Mode
------ ----- -----              ----------        ----------            ----
*    1 41    C9300-24T          17.09.04a         CAT9K_IOSXE           INSTALL
     2 41    C9300-24T          17.09.04a         CAT9K_IOSXE           INSTALL


Switch 02
---------
Switch uptime                      : 1 week, 2 days, 5 minutes

{hardware}Last reload reason                 : Image Install

Configuration register is 0x102

"
    )
}

/// One port of a Catalyst, with all its lines.
fn port(text: &mut String, number: usize) {
    let unit = number / 48 + 1;
    let index = number % 48 + 1;
    let packets = number * 7919;
    let written = write!(
        text,
        "GigabitEthernet{unit}/0/{index} is up, line protocol is up (connected) 
  Hardware is Gigabit Ethernet, address is 0057.d200.{number:04x} (bia 0057.d200.{number:04x})
  Description: access port {number}
  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec, 
     reliability 255/255, txload 1/255, rxload 1/255
  Encapsulation ARPA, loopback not set
  Keepalive set (10 sec)
  Full-duplex, 1000Mb/s, media type is 10/100/1000BaseTX
  input flow-control is on, output flow-control is unsupported 
  ARP type: ARPA, ARP Timeout 04:00:00
  Last input 00:00:07, output 00:00:00, output hang never
  Last clearing of \"show interface\" counters 2w3d
  Input queue: 0/2000/0/0 (size/max/drops/flushes); Total output drops: 0
  Queueing strategy: fifo
  Output queue: 0/40 (size/max)
  5 minute input rate 3000 bits/sec, 5 packets/sec
  5 minute output rate 58000 bits/sec, 8 packets/sec
     {packets} packets input, 41210298 bytes, 0 no buffer
     Received 535996 broadcasts (535961 multicasts)
     0 runts, 0 giants, 0 throttles 
     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored
     0 watchdog, 535961 multicast, 0 pause input
     0 input packets with dribble condition detected
     {packets} packets output, 3642296 bytes, 0 underruns
     Output 1297 broadcasts (516883 multicasts)
     0 output errors, 0 collisions, 2 interface resets
     0 unknown protocol drops
     0 babbles, 0 late collision, 0 deferred
     0 lost carrier, 0 no carrier, 0 pause output
     0 output buffer failures, 0 output buffers swapped out
"
    );
    assert!(written.is_ok());
}

/// Records until the text has the size.
fn repeat(size: usize, head: &str, foot: &str, record: impl Fn(&mut String, usize)) -> String {
    let mut text = String::with_capacity(size + 2048);
    text.push_str(head);
    let mut number = 0;
    while text.len() < size {
        record(&mut text, number);
        number += 1;
    }
    text.push_str(foot);
    text
}

fn interfaces(size: usize) -> String {
    repeat(size, "", "", port)
}

fn listing(size: usize) -> String {
    repeat(
        size,
        "Directory of flash:/\n\n",
        "\n11353194496 bytes total (4835155968 bytes free)\n",
        |text, n| {
            let written = writeln!(
                text,
                "{:6}  -rw-        79460{:04}  Feb 17 2017 11:50:21 +00:00  cat9k-pkg{n}.17.09.04a.SPA.pkg",
                n + 10,
                n % 10_000
            );
            assert!(written.is_ok());
        },
    )
}

fn inventory(size: usize) -> String {
    repeat(size, "", "", |text, n| {
        let written = write!(
            text,
            "NAME: \"Switch {n}\", DESCR: \"C9300-24T\"\nPID: C9300-24T         , VID: V02  , SN: FOC{n:08}\n\n"
        );
        assert!(written.is_ok());
    })
}

fn log(size: usize) -> String {
    let head = "Syslog logging: enabled (0 messages dropped, 3 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)\n\n\
        Log Buffer (102400 bytes):\n\n";
    repeat(size, head, "", |text, n| {
        let written = writeln!(
            text,
            "*Jan 29 08:{:02}:{:02}.416: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/{}, changed state to up",
            n / 60 % 60,
            n % 60,
            n % 48 + 1
        );
        assert!(written.is_ok());
    })
}

fn summary() -> String {
    let rule = "-".repeat(80);
    format!(
        "[ Switch 1 2 ] Installed Package(s) Information:\nState (St): I - Inactive, U - Activated & Uncommitted,\n            C - Activated & Committed, D - Deactivated & Uncommitted\n{rule}\nType  St   Filename/Version\n{rule}\nIMG   C    17.06.05.0.5\nIMG   U    17.09.04a.0.6\n{rule}\nAuto abort timer: active on install_activate, time before rollback - 01:49:42\n{rule}\n"
    )
}

const SIZES: [(&str, usize); 3] = [
    ("60 KB", 60_000),
    ("1 MB", 1_000_000),
    ("10 MB", 10_000_000),
];

fn bytes(text: &str) -> Throughput {
    Throughput::Bytes(text.len() as u64)
}

fn single(c: &mut Criterion) {
    let text = version();
    let read = show_version::parse(&text);
    assert!(read.is_ok_and(|parsed| parsed.unknown.is_empty()));
    c.bench_function("show version", |b| {
        b.iter(|| black_box(show_version::parse(black_box(&text))));
    });
    let text = summary();
    assert!(show_install_summary::parse(&text).is_ok_and(|parsed| parsed.unknown.is_empty()));
    c.bench_function("show install summary", |b| {
        b.iter(|| black_box(show_install_summary::parse(black_box(&text))));
    });
}

/// One command in three sizes: the rate has to stay.
macro_rules! sizes {
    ($c:expr, $name:literal, $make:ident, $parser:ident) => {
        let mut group = $c.benchmark_group($name);
        group.sample_size(20);
        for (label, size) in SIZES {
            let text = $make(size);
            let read = $parser::parse(&text);
            assert!(read.is_ok_and(|parsed| parsed.unknown.is_empty()), $name);
            group.throughput(bytes(&text));
            group.bench_with_input(BenchmarkId::from_parameter(label), &text, |b, text| {
                b.iter(|| black_box($parser::parse(black_box(text))));
            });
        }
        group.finish();
    };
}

fn by_size(c: &mut Criterion) {
    sizes!(c, "show interfaces", interfaces, show_interfaces);
    sizes!(c, "dir", listing, dir);
    sizes!(c, "show inventory", inventory, show_inventory);
    sizes!(c, "show logging", log, show_logging);
}

criterion_group!(benches, single, by_size);
criterion_main!(benches);
