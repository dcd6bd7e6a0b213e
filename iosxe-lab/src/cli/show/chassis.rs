//! What is in a chassis: inventory, slots, modules.

use super::View;
use super::redundancy::operating;
use crate::clock;
use crate::model::device::Member;
use crate::model::firmware::Part as Fitted;
use crate::model::platform::{Family, Part};

/// A part as a device lists it: by `show inventory`, and as a row of `entPhysicalTable`.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) descr: String,
    pub(crate) pid: String,
    vid: String,
    pub(crate) serial: String,
    /// The member that it is, where it is one and not a part of one.
    pub(crate) member: Option<u8>,
}

fn item(t: &mut Vec<Item>, name: &str, descr: &str, pid: &str, vid: &str, sn: &str) {
    t.push(Item {
        name: name.to_owned(),
        descr: descr.to_owned(),
        pid: pid.to_owned(),
        vid: vid.to_owned(),
        serial: sn.to_owned(),
        member: None,
    });
}

/// The same for a switch of a stack, a half of a StackWise Virtual, or a card that is a member.
fn member(t: &mut [Item], m: &Member) {
    if let Some(item) = t.last_mut() {
        item.member = Some(m.id);
    }
}

/// A part's serial number, made from the chassis' own.
pub(super) fn part(serial: &str, letters: &str, n: u8) -> String {
    let tail: String = serial.chars().skip(3).take(7).collect();
    format!("{letters}{tail}{}", char::from(b'A' + n % 26))
}

pub(super) fn inventory(v: &View<'_>) -> String {
    items(v)
        .into_iter()
        .map(|i| {
            format!(
                "NAME: \"{}\", DESCR: \"{}\"\nPID: {:<18}, VID: {:<4} , SN: {}\n\n",
                i.name, i.descr, i.pid, i.vid, i.serial
            )
        })
        .collect()
}

/// Every part, in the order of `show inventory`.
pub(super) fn items(v: &View<'_>) -> Vec<Item> {
    match v.device.platform.family {
        Family::Stackable => stack_inventory(v),
        Family::Core => {
            let many = v.state.members.len() > 1;
            v.state
                .present()
                .flat_map(|m| {
                    let before = if many {
                        format!("Switch {} ", m.id)
                    } else {
                        String::new()
                    };
                    fixed_inventory(v, m, &before)
                })
                .collect()
        }
        Family::Modular | Family::Router | Family::Asr | Family::Ncs => chassis_inventory(v),
    }
}

fn stack_inventory(v: &View<'_>) -> Vec<Item> {
    let p = v.device.platform;
    let mut t = Vec::new();
    let members: Vec<_> = v.state.present().collect();
    if members.len() > 1
        && let Some(first) = v.state.active()
    {
        let name = if p.prefix == "cat3k_caa-universalk9" {
            "c38xx Stack"
        } else {
            "c93xx Stack"
        };
        item(&mut t, name, name, p.pid, "V02", &first.serial);
    }
    for m in members {
        let id = m.id;
        let name = format!("Switch {id}");
        item(&mut t, &name, p.described, p.pid, "V02", &m.serial);
        member(&mut t, m);
        if v.state.members.len() > 1 {
            for n in 1..=2 {
                let name = format!("StackPort{id}/{n}");
                let sn = part(&m.serial, "MOC", n);
                item(&mut t, &name, &name, "STACK-T1-50CM", "V01", &sn);
            }
        }
        for (n, bay) in [(4, "A"), (5, "B")] {
            let name = format!("Switch {id} - Power Supply {bay}");
            let sn = part(&m.serial, "DTN", n);
            item(&mut t, &name, &name, p.power, "V02", &sn);
        }
        let (uplink, module) = if p.prefix == "cat3k_caa-universalk9" {
            ("4x10G Uplink Module", "C3850-NM-4-10G")
        } else {
            ("8x10G Uplink Module", "C9300-NM-8X")
        };
        item(
            &mut t,
            &format!("Switch {id} FRU Uplink Module 1"),
            uplink,
            module,
            "V02",
            &part(&m.serial, "FOC", 9),
        );
    }
    t
}

/// One Catalyst 9500, alone or as a half of a StackWise Virtual.
fn fixed_inventory(v: &View<'_>, m: &Member, before: &str) -> Vec<Item> {
    let p = v.device.platform;
    let mut t = Vec::new();
    let name = format!("{before}Chassis");
    item(&mut t, &name, p.described, p.pid, "V01", &m.serial);
    member(&mut t, m);
    for (n, supply) in (0u8..).zip(p.supplies) {
        let letters = if supply.pid == p.power { "ART" } else { "FOC" };
        item(
            &mut t,
            &format!("{before}{}", supply.name),
            supply.described,
            supply.pid,
            "V01",
            &part(&m.serial, letters, n),
        );
    }
    let name = format!("{before}{}", p.engine.name);
    item(
        &mut t,
        &name,
        p.engine.described,
        p.engine.pid,
        "V01",
        &m.serial,
    );
    t
}

/// The name of a part that every member has, for that member: `Slot 4 Supervisor`, `module R1`.
fn of_member(v: &View<'_>, text: &str, m: &Member) -> String {
    let slot = v.device.slot(1);
    match v.device.platform.engines() {
        true if text.contains(&format!("Slot {slot}")) => text.replace(
            &format!("Slot {slot}"),
            &format!("Slot {}", v.device.slot(m.id)),
        ),
        true => text
            .replace("R0", &format!("R{}", m.id - 1))
            .replace("F0", &format!("F{}", m.id - 1)),
        false => text.to_owned(),
    }
}

fn chassis_inventory(v: &View<'_>) -> Vec<Item> {
    let p = v.device.platform;
    let serial = v.state.serial();
    let vid = if p.is_switch() { "V01" } else { "V03" };
    let mut t = Vec::new();
    item(&mut t, "Chassis", p.described, p.pid, vid, &serial);
    // What is built into the box has no serial number of its own.
    let own = |part_of: &Part, n: u8| {
        if part_of.pid == p.pid {
            (String::new(), String::new())
        } else {
            ("V02".to_owned(), part(&serial, "JAE", n))
        }
    };
    for (n, card) in (0u8..).zip(p.cards).filter(|(_, c)| !c.name.is_empty()) {
        let (vid, sn) = own(card, n);
        item(&mut t, card.name, card.described, card.pid, &vid, &sn);
    }
    let early = p.family == Family::Router;
    if early {
        supplies(&mut t, v, &serial);
    }
    for m in v.state.present() {
        let name = of_member(v, p.engine.name, m);
        if !name.is_empty() {
            let sn = if p.engines() {
                m.serial.clone()
            } else {
                part(&serial, "FOC", 3)
            };
            item(&mut t, &name, p.engine.described, p.engine.pid, "V03", &sn);
            member(&mut t, m);
        }
    }
    for m in v.state.present() {
        if let Some(f) = p.forwarding.filter(|f| !f.name.is_empty()) {
            let (vid, sn) = own(&f, 10 + m.id);
            let name = of_member(v, f.name, m);
            item(&mut t, &name, f.described, f.pid, &vid, &sn);
        }
    }
    if !early {
        supplies(&mut t, v, &serial);
    }
    t
}

fn supplies(t: &mut Vec<Item>, v: &View<'_>, serial: &str) {
    let p = v.device.platform;
    for (n, supply) in (0u8..).zip(p.supplies).filter(|(_, s)| !s.name.is_empty()) {
        let (letters, vid) = match (supply.pid == p.power, p.is_switch()) {
            (true, true) => ("DTM", "V01"),
            (true, false) => ("DCA", "V03"),
            (false, true) => ("FXS", "V01"),
            (false, false) => ("FOC", ""),
        };
        let sn = part(serial, letters, n + 1);
        item(t, supply.name, supply.described, supply.pid, vid, &sn);
    }
}

/// `1d18h` or `00:12:33`, as insert times are written.
fn insert_time(seconds: f64) -> String {
    let s = clock::whole(seconds);
    if s >= 7 * 86_400 {
        format!("{}w{}d", s / (7 * 86_400), s / 86_400 % 7)
    } else if s >= 86_400 {
        format!("{}d{:02}h", s / 86_400, s / 3600 % 24)
    } else {
        clock::hms(seconds)
    }
}

pub(super) fn platform(v: &View<'_>) -> String {
    let p = v.device.platform;
    if p.stackable() || (p.family == Family::Core && v.state.members.len() > 1) {
        return super::stack::platform(v);
    }
    let mut t = format!(
        "Chassis type: {:<20}\n\nSlot      Type                State                 Insert time \
         (ago) \n--------- ------------------- --------------------- ----------------- \n",
        p.pid
    );
    let mut row = |slot: &str, kind: &str, state: &str, since_s: f64| {
        let ago = insert_time(v.now - since_s);
        t.push_str(&format!("{slot:<9} {kind:<19} {state:<21} {ago:<17} \n"));
    };
    let booted_s = v.state.running.booted_s;
    let young = v.state.uptime(v.now) < 20.0;
    for card in p.cards {
        let state = if young { "booting" } else { "ok" };
        row(card.slot, card.pid, state, booted_s);
    }
    let state = |m: &Member| match (m.missing, v.now < m.ready_s, m.id == v.state.active) {
        (true, ..) => "unknown",
        (_, true, _) => "booting",
        (_, _, true) => "ok, active",
        (_, _, false) => "ok, standby",
    };
    for m in &v.state.members {
        let slot = of_member(v, p.engine.slot, m);
        row(&slot, p.engine.pid, state(m), m.booted_s);
    }
    for m in &v.state.members {
        if let Some(f) = p.forwarding {
            row(&of_member(v, f.slot, m), f.pid, state(m), m.booted_s);
        }
    }
    for supply in p.supplies.iter().filter(|s| !s.slot.is_empty()) {
        row(supply.slot, supply.pid, "ok", booted_s);
    }
    t.push_str(
        "\nSlot      CPLD Version        Firmware Version                        \n--------- \
         ------------------- --------------------------------------- \n",
    );
    let cpld = if p.supplies.is_empty() {
        "N/A"
    } else {
        "19061022"
    };
    let base = p.cards.iter().filter(|c| !c.slot.starts_with(' '));
    let mut slots: Vec<String> = base.map(|c| c.slot.to_owned()).collect();
    slots.extend(v.state.present().map(|m| of_member(v, p.engine.slot, m)));
    if let Some(f) = p.forwarding {
        slots.extend(v.state.present().map(|m| of_member(v, f.slot, m)));
    }
    for slot in slots {
        let of = |part| v.state.firmware.version(&slot, part);
        let rommon = of(Fitted::Rommon).unwrap_or(p.rommon);
        t.push_str(&format!(
            "{slot:<9} {:<19} {rommon:<39} \n",
            of(Fitted::Cpld).unwrap_or(cpld)
        ));
    }
    t + "\n"
}

/// One row of the two tables of `show module`.
struct Module {
    slot: String,
    ports: u32,
    card: String,
    model: &'static str,
    serial: String,
    mac: String,
    software: String,
}

/// `70D3.1A2B.0100 to 70D3.1A2B.017F`: the addresses of a module, from its chassis' own.
fn mac_range(mac: &str, n: usize, count: usize) -> String {
    let base: usize = mac
        .split('.')
        .next_back()
        .and_then(|w| usize::from_str_radix(w, 16).ok())
        .unwrap_or(0);
    let stem = mac.rsplit_once('.').map_or(mac, |(stem, _)| stem);
    let low = base + n * 0x80;
    format!(
        "{stem}.{:04X} to {stem}.{:04X}",
        low & 0xffff,
        (low + count.max(1) - 1) & 0xffff
    )
    .to_uppercase()
    .replace(" TO ", " to ")
}

fn modules(v: &View<'_>) -> Vec<Module> {
    let p = v.device.platform;
    let (serial, mac) = match &v.state.chassis {
        Some(found) => found.clone(),
        None => return Vec::new(),
    };
    let mut all = Vec::new();
    for (n, card) in (0u8..)
        .zip(p.cards)
        .filter(|(_, c)| !c.slot.starts_with(' '))
    {
        let own = format!("{}/0/", card.slot);
        let ports = p.ports.iter().filter(|b| b.slot == own).map(|b| b.count);
        let words = card.described.split(" Series ").last().unwrap_or_default();
        all.push(Module {
            slot: card.slot.to_owned(),
            ports: ports.sum(),
            card: words.to_owned(),
            model: card.pid,
            serial: part(&serial, "JAE", n),
            mac: mac.clone(),
            software: v.state.running.release.padded(),
        });
    }
    for m in v.state.present() {
        let ports = p
            .ports
            .iter()
            .filter(|b| b.slot.contains("{}"))
            .map(|b| b.count);
        let words = p.engine.described.split(" Series ").last();
        all.push(Module {
            slot: v.device.slot(m.id).to_string(),
            ports: ports.sum(),
            card: words.unwrap_or_default().to_owned(),
            model: p.engine.pid,
            serial: m.serial.clone(),
            mac: m.mac.clone(),
            software: m.release.padded(),
        });
    }
    all.sort_by_key(|m| m.slot.parse::<u8>().unwrap_or(u8::MAX));
    all
}

const CARDS: &str = "Mod Ports Card Type                                   Model          Serial No.\n\
                     ---+-----+--------------------------------------+--------------+--------------\n";
const STATUS: &str = "Mod MAC addresses                    Hw   Fw           Sw                 Status\n\
                      ---+--------------------------------+----+------------+------------------+--------\n";

/// The tables of cards and their status.
fn module_tables(v: &View<'_>, rows: &[Module]) -> String {
    let mut t = String::from(CARDS);
    for m in rows {
        t.push_str(&format!(
            "{:<3} {:<4} {:<43} {:<16} {}\n",
            m.slot, m.ports, m.card, m.model, m.serial
        ));
    }
    t.push('\n');
    t.push_str(STATUS);
    for (n, m) in rows.iter().enumerate() {
        t.push_str(&format!(
            "{:<3} {} 1.0  {:<13} {:<18} ok         \n",
            m.slot,
            mac_range(&m.mac, n, 0x80),
            super::rommon(v),
            m.software
        ));
    }
    t + "\n"
}

/// The last table of a chassis, in the three-column form of 9600 or the four-column form of 9400.
fn module_roles(v: &View<'_>) -> String {
    let nine_six = v.device.platform.pid.starts_with("C96");
    let mut t = String::from(if nine_six {
        "Mod Redundancy Role     Operating Redundancy Mode Configured Redundancy Mode\n\
         ---+-------------------+-------------------------+---------------------------\n"
    } else {
        "Mod Redundancy Role     Operating Mode  Configured Mode  Redundancy Status\n\
         ---+-------------------+---------------+---------------+------------------\n"
    });
    let configured = if v.state.members.len() > 1 {
        "sso"
    } else {
        "non-redundant"
    };
    let mode = operating(v).to_lowercase();
    for m in v.state.present() {
        let slot = v.device.slot(m.id);
        let role = v.state.role(m);
        if nine_six {
            t.push_str(&format!(
                "{slot:<3} {role:<19} {mode:<25} {configured:<26}\n"
            ));
            continue;
        }
        let status = match v.state.ready_standby(v.now) {
            _ if m.id == v.state.active => "Active",
            Some((_, true)) => "Standby Hot",
            Some((_, false)) => "Standby Cold",
            None => "Disabled",
        };
        t.push_str(&format!(
            "{slot:<3} {role:<19} {mode:<15} {configured:<16} {status:<17}\n"
        ));
    }
    t + "\n"
}

pub(super) fn module(v: &View<'_>) -> String {
    let p = v.device.platform;
    if let Some((_, mac)) = &v.state.chassis {
        return format!(
            "Chassis Type: {:<20}\n\n{}{}Chassis MAC address range: 64 addresses from {mac} to {} \n\n",
            p.pid,
            module_tables(v, &modules(v)),
            module_roles(v),
            mac.replace("00", "3f"),
        );
    }
    let many = v.state.members.len() > 1;
    let mut t = format!("Chassis Type: {}\n\n", p.pid);
    for m in v.state.present() {
        if many {
            t.push_str(&format!("Switch Number {} \n\n", m.id));
        }
        t.push_str(&fixed_module(v, m));
    }
    for m in v.state.present() {
        let number = if many {
            format!(" {}", m.id)
        } else {
            String::new()
        };
        t.push_str(&format!(
            "Chassis{number} MAC address range: 512 addresses from {} to {}\n\n",
            m.mac,
            m.mac.replace("00", "ff")
        ));
    }
    t
}

/// The tables of one Catalyst 9500.
fn fixed_module(v: &View<'_>, m: &Member) -> String {
    let p = v.device.platform;
    let ports: u32 = p.ports.iter().map(|b| b.count).sum();
    let low = m.mac.to_uppercase();
    let high = low.replace("00", "7F");
    let many = v.state.members.len() > 1;
    let (mode, configured) = if many {
        (operating(v), "sso")
    } else {
        ("non-redundant", "Non-redundant")
    };
    format!(
        "{CARDS}1   {ports:<4} {:<43} {:<16} {}\n\n{STATUS}\
         1   {low} to {high} 0.2  {:<13}{:<19}ok\n\nMod Redundancy Role     Operating Redundancy Mode \
         Configured Redundancy Mode\n---+-------------------+-------------------------+---------------------------\n\
         1   {:<19} {:<25} {configured}\n\n",
        p.described,
        p.pid,
        m.serial,
        super::rommon(v),
        m.release.padded(),
        v.state.role(m),
        mode.to_lowercase(),
    )
}
