//! `show version`.

use super::View;
use crate::clock;
use crate::model::device::Member;
use crate::model::platform::Family;
use crate::model::release::Release;

/// First line of the IOS description, shared with `show redundancy`.
pub(super) fn ios_line(v: &View<'_>, r: &Release) -> String {
    let p = v.device.platform;
    // Member tables leave the ending out.
    let run_from = match p.software {
        "CAT3K_CAA-UNIVERSALK9" => "-M",
        _ => "",
    };
    format!(
        "Cisco IOS Software [{}], {} ({}{run_from}), Version {}, RELEASE SOFTWARE (fc3)",
        r.codename(),
        p.ios,
        p.software,
        r.plain()
    )
}

/// The lines under it: support, copyright, compile date.
pub(super) fn ios_tail(r: &Release) -> String {
    let (compiled, year) = r.compiled();
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
    let processor_up = s.active().map_or(0.0, |m| v.now - m.booted_s);
    let mut t = format!(
        "Cisco IOS XE Software, Version {}\n{}\n{}\n\nCisco IOS-XE software, Copyright (c) \
         2005-{year} by cisco Systems, Inc.\nAll rights reserved.\n\n\n",
        r.padded(),
        ios_line(v, r),
        ios_tail(r)
    );
    if p.is_switch() {
        let loader = match p.software {
            "CAT3K_CAA-UNIVERSALK9" => "CAT3K_CAA Boot Loader (CAT3K_CAA-HBOOT-M)",
            _ => "System Bootstrap,",
        };
        t.push_str(&format!(
            "ROM: IOS-XE ROMMON\nBOOTLDR: {loader} Version {}, RELEASE SOFTWARE (P)\n",
            super::rommon(v)
        ));
    } else if p.family == Family::Ncs {
        t.push_str("ROM: IOS-XE ROMMON\n\n");
    } else {
        t.push_str(&format!("ROM: IOS-XE ROMMON {}\n\n", super::rommon(v)));
    }
    let began = v.device.world.clock.config_date(s.running.booted_s);
    t.push_str(&format!(
        "{host} uptime is {up}\nUptime for this control processor is {}\nSystem returned to ROM \
         by {reason}\nSystem restarted at {began}\nSystem image file is \"{image}\"\nLast reload \
         reason: {reason}\n\n\n\n",
        clock::uptime(processor_up),
        host = s.hostname(),
        reason = s.running.reason,
        image = s.running.image_file,
    ));
    t.push_str(&licences(v));
    t.push_str(&format!(
        "cisco {} {}\nProcessor board ID {}\n",
        p.pid,
        p.processor,
        s.serial()
    ));
    if matches!(p.family, Family::Router | Family::Asr) {
        t.push_str("Router operating mode: Autonomous\n");
    }
    t.push_str(&interface_counts(v));
    t.push_str(&format!(
        "32768K bytes of non-volatile configuration memory.\n{}K bytes of physical memory.\n",
        p.dram_k
    ));
    t.push_str(&storage(v));
    t.push('\n');
    if p.is_switch() {
        t.push_str(&hardware(v));
    }
    if v.has_confreg() {
        let will = if s.confreg_next == s.confreg {
            String::new()
        } else {
            format!(" (will be {:#x} at next reload)", s.confreg_next)
        };
        t.push_str(&format!(
            "Configuration register is {:#x}{will}\n\n",
            s.confreg
        ));
    }
    t
}

/// The file systems; of a stack those of every member.
fn storage(v: &View<'_>) -> String {
    let p = v.device.platform;
    let mut t = String::new();
    let main = |m: &Member, at: &str| {
        format!(
            "{}K bytes of {} at {at}:.\n",
            m.flash.total() / 1024,
            p.storage
        )
    };
    if p.stackable() {
        for m in v.state.present() {
            let tail = if m.id == v.state.active {
                String::new()
            } else {
                format!("-{}", m.id)
            };
            t.push_str(&format!(
                "1638400K bytes of Crash Files at crashinfo{tail}:.\n"
            ));
            t.push_str(&main(m, &format!("flash{tail}")));
        }
        return t;
    }
    if let Some(m) = v.state.active() {
        t.push_str(&main(m, p.fs()));
    }
    for disk in p.disks {
        // The file system is a little larger than what this line says.
        let k = match disk.name {
            "crashinfo" => 1_638_400,
            _ => disk.bytes / 1024,
        };
        t.push_str(&format!(
            "{k}K bytes of {} at {}:.\n",
            disk.words, disk.name
        ));
    }
    t
}

/// Serial numbers and models, per switch where there are several.
fn hardware(v: &View<'_>) -> String {
    let (p, s) = (v.device.platform, v.state);
    let mut t = chassis(v, s.active);
    if p.engines() {
        return t;
    }
    if p.stackable() {
        t.push_str(&member_table(v));
    }
    for m in s.present().filter(|m| m.id != s.active) {
        let up = if p.stackable() {
            format!(
                "Switch uptime                      : {}\n\n",
                clock::uptime(v.now - m.booted_s)
            )
        } else {
            String::new()
        };
        t.push_str(&format!("\nSwitch {:02}\n---------\n{up}", m.id));
        t.push_str(&chassis(v, m.id));
        if p.stackable() {
            t.push_str(&format!(
                "Last reload reason                 : {}\n\n",
                s.running.reason
            ));
        }
    }
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
        let level = match (v.device.platform.family, v.device.platform.pid) {
            (Family::Asr, _) => {
                "License Type: RightToUse\nLicense Level: advipservices\nNext reload license Level: \
                 advipservices\n\n\n"
            }
            (Family::Ncs, pid) if pid.starts_with("ASR-920") => {
                "License Level: advancedmetroipaccess\nLicense Type: Smart License\nNext reload license \
                 Level: advancedmetroipaccess\n\n\n"
            }
            (Family::Ncs, _) => {
                "License Level: metroaggrservices\nLicense Type: Smart License\nNext reload license \
                 Level: metroaggrservices\n\n\n"
            }
            (_, "CSR1000V") => {
                "License Level: ax\nLicense Type: Default. No valid license found.\nNext reload license \
                 Level: ax\n\n\n"
            }
            (_, "C8000V") => {
                "License Level: network-advantage\nLicense Type: Perpetual\nNext reload license Level: \
                 network-advantage\n\nAddon License Level: dna-advantage\nAddon License Type: \
                 Subscription\nNext reload addon license Level: dna-advantage\n\nThe current \
                 throughput level is 250000 kbps\n\n\n"
            }
            _ => "",
        };
        format!("{level}Smart Licensing Status: {}\n\n", licensing(v))
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
    let (serial, mac) = match &v.state.chassis {
        Some((serial, mac)) => (serial, mac),
        None => (&m.serial, &m.mac),
    };
    let mac: String = mac.replace('.', "");
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
        serial
    )
}

fn member_table(v: &View<'_>) -> String {
    let p = v.device.platform;
    let ports: u32 = p.ports.iter().map(|b| b.count).sum::<u32>() + 9;
    let mut t = String::from(
        "\nSwitch Ports Model              SW Version        SW Image              Mode   \n\
         ------ ----- -----              ----------        ----------            ----   \n",
    );
    for m in v
        .state
        .present()
        .filter(|m| v.now >= m.ready_s || m.id == v.state.active)
    {
        let star = if m.id == v.state.active { '*' } else { ' ' };
        t.push_str(&format!(
            "{star}{:>5} {ports:<5} {:<18} {:<17} {:<21} {:<7}\n",
            m.id,
            p.pid,
            m.release.padded(),
            p.software,
            m.mode.upper()
        ));
    }
    t.push_str("\n\n");
    t
}
