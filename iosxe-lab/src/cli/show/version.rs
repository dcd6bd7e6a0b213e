//! `show version`.

use super::View;
use crate::clock;
use crate::model::platform::Family;

/// First line of the IOS description, shared with `show redundancy`.
pub(super) fn ios_line(v: &View<'_>) -> String {
    let p = v.device.platform;
    let r = &v.state.running.release;
    format!(
        "Cisco IOS Software [{}], {} ({}), Version {}, RELEASE SOFTWARE (fc3)",
        r.codename(),
        p.ios,
        p.software,
        r.plain()
    )
}

/// The lines under it: support, copyright, compile date.
pub(super) fn ios_tail(v: &View<'_>) -> String {
    let (compiled, year) = v.state.running.release.compiled();
    format!(
        "Technical Support: http://www.cisco.com/techsupport\nCopyright (c) 1986-{year} by Cisco \
         Systems, Inc.\nCompiled {compiled}\n"
    )
}

pub(super) fn version(v: &View<'_>) -> String {
    let (d, s) = (v.device, v.state);
    let p = d.platform;
    let r = &s.running.release;
    let (_, year) = r.compiled();
    let up = clock::uptime(s.uptime(v.now));
    let active = s.active();
    let serial = active.map(|m| m.serial.clone()).unwrap_or_default();
    let mut t = format!(
        "Cisco IOS XE Software, Version {}\n{}\n{}\n\nCisco IOS-XE software, Copyright (c) \
         2005-{year} by cisco Systems, Inc.\nAll rights reserved.  This text stands for the notices \
         of a real release;\nthe simulated device runs no Cisco software.\n\n\n",
        r.padded(),
        ios_line(v),
        ios_tail(v)
    );
    if p.is_switch() {
        t.push_str(&format!(
            "ROM: IOS-XE ROMMON\nBOOTLDR: System Bootstrap, Version {}, RELEASE SOFTWARE (P)\n",
            p.rommon
        ));
    } else {
        t.push_str(&format!("ROM: IOS-XE ROMMON {}\n\n", p.rommon));
    }
    let began = v.device.world.clock.config_date(s.running.booted_s);
    t.push_str(&format!(
        "{host} uptime is {up}\nUptime for this control processor is {up}\nSystem returned to ROM \
         by {reason}\nSystem restarted at {began}\nSystem image file is \"{image}\"\nLast reload \
         reason: {reason}\n\n\n\nThis is the place of the export notice of a real device.\n\n\n",
        host = s.hostname(),
        reason = s.running.reason,
        image = s.running.image_file,
    ));
    t.push_str(&licences(v));
    match p.family {
        Family::Stackable => {
            t.push_str(&format!(
                "cisco {} (X86) processor with 1331521K/6147K bytes of memory.\n",
                p.pid
            ));
        }
        Family::Core => t.push_str(&format!(
            "cisco {} (X86) processor (revision V01) with 2863107K/6147K bytes of memory.\n",
            p.pid
        )),
        Family::Router => t.push_str(&format!(
            "cisco {} (2RU) processor with 1647778K/6147K bytes of memory.\n",
            p.pid
        )),
    }
    t.push_str(&format!("Processor board ID {serial}\n"));
    if !p.is_switch() {
        t.push_str("Router operating mode: Autonomous\n");
    }
    t.push_str(&interface_counts(v));
    t.push_str(
        "32768K bytes of non-volatile configuration memory.\n8388608K bytes of physical memory.\n",
    );
    let flash_k = s.flash().map_or(0, |f| f.total() / 1024);
    match p.family {
        Family::Stackable => {
            for m in s.present() {
                let at = if m.id == 1 {
                    "flash".to_owned()
                } else {
                    format!("flash-{}", m.id)
                };
                let crash = if m.id == 1 {
                    "crashinfo".to_owned()
                } else {
                    format!("crashinfo-{}", m.id)
                };
                t.push_str(&format!(
                    "1638400K bytes of Crash Files at {crash}:.\n{flash_k}K bytes of Flash at {at}:.\n"
                ));
            }
        }
        Family::Core => t.push_str(&format!(
            "{flash_k}K bytes of Bootflash at bootflash:.\n1638400K bytes of Crash Files at \
             crashinfo:.\n"
        )),
        Family::Router => {
            t.push_str(&format!(
                "{flash_k}K bytes of flash memory at bootflash:.\n"
            ));
        }
    }
    t.push('\n');
    if p.is_switch() {
        t.push_str(&chassis(v, 1));
        if p.family == Family::Stackable {
            t.push_str(&member_table(v));
            for m in s.present().filter(|m| m.id > 1) {
                t.push_str(&format!(
                    "\nSwitch {:02}\n---------\nSwitch uptime                      : {up}\n\n",
                    m.id
                ));
                t.push_str(&chassis(v, m.id));
                t.push_str(&format!(
                    "Last reload reason                 : {}\n\n",
                    s.running.reason
                ));
            }
        }
    }
    let will = if s.confreg_next == s.confreg {
        String::new()
    } else {
        format!(" (will be {:#x} at next reload)", s.confreg_next)
    };
    t.push_str(&format!(
        "Configuration register is {:#x}{will}\n\n",
        s.confreg
    ));
    t
}

fn licences(v: &View<'_>) -> String {
    if v.device.platform.is_switch() {
        let line = "-".repeat(78);
        format!(
            "Technology Package License Information: \n\n{line}\n\
             Technology-package                                     Technology-package\n\
             Current                        Type                       Next reboot  \n{line}\n\
             network-advantage   \tSmart License                 \t network-advantage   \n\
             dna-advantage       \tSubscription Smart License    \t dna-advantage       \n\n\n\
             Smart Licensing Status: {}\n\n",
            licensing(v)
        )
    } else {
        format!("Smart Licensing Status: {}\n\n", licensing(v))
    }
}

/// The licensing words changed with 17.3.
fn licensing(v: &View<'_>) -> &'static str {
    if v.state.running.release.at_least(17, 3) {
        "Smart Licensing Using Policy"
    } else {
        "Registration Not Applicable/Not Applicable"
    }
}

fn interface_counts(v: &View<'_>) -> String {
    let mut t = String::new();
    if v.device.platform.is_switch() {
        t.push_str("2 Virtual Ethernet interfaces\n");
    }
    let kinds = [
        ("GigabitEthernet", "Gigabit Ethernet"),
        ("TenGigabitEthernet", "Ten Gigabit Ethernet"),
        ("TwentyFiveGigE", "TwentyFive Gigabit Ethernet"),
        ("HundredGigE", "Hundred Gigabit Ethernet"),
    ];
    for (long, words) in kinds {
        let n = v
            .state
            .interfaces
            .iter()
            .filter(|i| {
                i.long
                    .strip_prefix(long)
                    .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
            })
            .count();
        if n > 0 {
            t.push_str(&format!(
                "{n} {words} interface{}\n",
                if n == 1 { "" } else { "s" }
            ));
        }
    }
    t
}

/// Serial numbers and models of one chassis.
fn chassis(v: &View<'_>, id: u8) -> String {
    let Some(m) = v.state.members.iter().find(|m| m.id == id) else {
        return String::new();
    };
    let mac: String = m.mac.replace('.', "");
    let octets: Vec<String> = mac
        .as_bytes()
        .chunks(2)
        .map(|c| String::from_utf8_lossy(c).into_owned())
        .collect();
    format!(
        "Base Ethernet MAC Address          : {}\n\
         Motherboard Assembly Number        : 73-18271-03\n\
         Motherboard Serial Number          : {}\n\
         Model Revision Number              : A0\n\
         Motherboard Revision Number        : A0\n\
         Model Number                       : {}\n\
         System Serial Number               : {}\n\
         CLEI Code Number                   : \n\n",
        octets.join(":"),
        m.serial.replace("FCW", "FOC"),
        v.device.platform.pid,
        m.serial
    )
}

fn member_table(v: &View<'_>) -> String {
    let p = v.device.platform;
    let ports: u32 = p.ports.iter().map(|b| b.count).sum::<u32>() + 9;
    let mut t = String::from(
        "\nSwitch Ports Model              SW Version        SW Image              Mode   \n\
         ------ ----- -----              ----------        ----------            ----   \n",
    );
    let mode = v.state.running.mode.upper();
    for m in v
        .state
        .present()
        .filter(|m| v.now >= m.ready_s || m.id == 1)
    {
        let star = if m.id == 1 { '*' } else { ' ' };
        t.push_str(&format!(
            "{star}{:>5} {ports:<5} {:<18} {:<17} {:<21} {mode:<7}\n",
            m.id,
            p.pid,
            m.release.padded(),
            p.software
        ));
    }
    t.push_str("\n\n");
    t
}
