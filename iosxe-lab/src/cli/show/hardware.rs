//! Chassis, members, redundancy, environment.

use super::View;
use super::version::{ios_line, ios_tail};
use crate::clock;
use crate::model::device::Member;
use crate::model::platform::Family;

fn switch_rows(v: &View<'_>) -> String {
    let master = v.state.active().map(|m| m.mac.clone()).unwrap_or_default();
    let mut t = format!(
        "Switch/Stack Mac Address : {master} - Local Mac Address\nMac persistency wait time: \
         Indefinite\n                                             H/W   Current\nSwitch#   Role    \
         Mac Address     Priority Version  State \n{}\n",
        "-".repeat(85)
    );
    for m in &v.state.members {
        let star = if m.id == 1 { '*' } else { ' ' };
        let (mac, priority, hw) = if m.missing {
            ("0000.0000.0000", 0, "")
        } else {
            (m.mac.as_str(), m.priority, "V02")
        };
        t.push_str(&format!(
            "{star}{:<7} {:<8} {mac:<15} {priority:^7}  {hw:<7}  {:<36}\n",
            m.id,
            m.role(),
            m.state(v.now)
        ));
    }
    t
}

pub(super) fn switch(v: &View<'_>) -> String {
    switch_rows(v) + "\n\n"
}

/// Ring neighbours of a member: left and right, `None` where a cable is out.
fn ring(v: &View<'_>, m: &Member) -> (Option<u8>, Option<u8>) {
    let up: Vec<u8> = v
        .state
        .present()
        .filter(|m| m.id == 1 || v.now >= m.ready_s)
        .map(|m| m.id)
        .collect();
    let Some(at) = up
        .iter()
        .position(|id| *id == m.id)
        .filter(|_| up.len() > 1)
    else {
        return (None, None);
    };
    let n = up.len();
    let half = v.state.faults.has("half_ring", "now") || v.state.members.iter().any(|m| m.missing);
    let left = up
        .get((at + n - 1) % n)
        .copied()
        .filter(|_| !(half && at == 0));
    let right = up
        .get((at + 1) % n)
        .copied()
        .filter(|_| !(half && at + 1 == n));
    (left, right)
}

pub(super) fn switch_detail(v: &View<'_>) -> String {
    let mut t = switch_rows(v);
    t.push_str(
        "\n\n\n         Stack Port Status             Neighbors     \n\
         Switch#  Port 1     Port 2           Port 1   Port 2 \n\
         --------------------------------------------------------\n",
    );
    for m in v.state.present() {
        let (left, right) = ring(v, m);
        let status = |n: Option<u8>| if n.is_some() { "OK" } else { "DOWN" };
        let who = |n: Option<u8>| n.map_or("None".to_owned(), |n| n.to_string());
        t.push_str(&format!(
            "  {:<8}{:<11}{:<17}{:<9}{}\n",
            m.id,
            status(left),
            status(right),
            who(left),
            who(right)
        ));
    }
    t + "\n"
}

pub(super) fn stack_ports(v: &View<'_>) -> String {
    let mut t = String::from(
        "Sw#/Port#  Port Status  Neighbor/Port  Cable Length   Link OK   Link Active   Sync OK   \
         #Changes to LinkOK  In Loopback\n",
    );
    t.push_str(&("-".repeat(115) + "\n"));
    for m in v.state.present() {
        let (left, right) = ring(v, m);
        for (port, next, theirs) in [(1, left, 2), (2, right, 1)] {
            let (status, who, active) = match next {
                Some(n) => ("OK", format!("{n}/{theirs}"), "Yes"),
                None => ("DOWN", "NONE/NONE".to_owned(), "No"),
            };
            let length = if next.is_some() { "50cm" } else { "No Cable" };
            t.push_str(&format!(
                "{:<11}{status:<13}{who:<15}{length:<15}{:<10}{active:<14}{active:<10}{:<20}{}\n",
                format!("{}/{port}", m.id),
                "Yes",
                1,
                if next.is_some() { "No" } else { "Yes" }
            ));
        }
    }
    t
}

/// The standby, when there is one, and whether it is hot.
fn standby<'a>(v: &'a View<'_>) -> Option<(&'a Member, bool)> {
    let m = v
        .state
        .members
        .iter()
        .find(|m| m.id == 2 && !m.missing && v.now >= m.ready_s)?;
    Some((m, v.now >= m.hot_s))
}

pub(super) fn redundancy(v: &View<'_>) -> String {
    let s = v.state;
    let up = clock::uptime(s.uptime(v.now));
    let peer = standby(v);
    let duplex = peer.is_some();
    let configured = if s.members.len() > 1 || v.device.platform.stackable() {
        "sso"
    } else {
        "Non-redundant"
    };
    let operating = match peer {
        Some((_, true)) => "sso",
        _ => "Non-redundant",
    };
    let comms = if duplex {
        "Up"
    } else {
        "Down      Reason: Failure"
    };
    let boot: String = s.boot.path.iter().map(|e| format!("{e};")).collect();
    let mut t = format!(
        "Redundant System Information :\n------------------------------\n       Available system \
         uptime = {up}\nSwitchovers system experienced = 0\n              Standby failures = 0\n        \
         Last switchover reason = none\n\n                 Hardware Mode = {}\n    Configured \
         Redundancy Mode = {configured}\n     Operating Redundancy Mode = {operating}\n              \
         Maintenance Mode = Disabled\n                Communications = {comms}\n\n",
        if duplex { "Duplex" } else { "Simplex" }
    );
    let processor = |slot: &str, at: &str, state: &str| {
        format!(
            "{slot} = {at}\n        Current Software state = {state}\n       Uptime in current \
             state = {up}\n                 Image Version = {}\n{}                          BOOT = \
             {boot}\n                   CONFIG_FILE = \n        Configuration register = {:#x}\n",
            ios_line(v),
            ios_tail(v),
            s.confreg
        )
    };
    let slot = if v.device.platform.is_switch() {
        "slot 1"
    } else {
        "slot 6"
    };
    t.push_str("Current Processor Information :\n-------------------------------\n");
    t.push_str(&processor("               Active Location", slot, "ACTIVE"));
    match peer {
        Some((m, hot)) => {
            t.push_str("\nPeer Processor Information :\n----------------------------\n");
            let state = if hot {
                "STANDBY HOT"
            } else {
                "STANDBY COLD-BULK"
            };
            t.push_str(&processor(
                "              Standby Location",
                &format!("slot {}", m.id),
                state,
            ));
        }
        None => t.push_str(
            "\nPeer (slot: 0) information is not available because it is in 'DISABLED' state\n",
        ),
    }
    t
}

pub(super) fn redundancy_states(v: &View<'_>) -> String {
    let peer = standby(v);
    let (peer_state, mode, state, swact, comms) = match peer {
        Some((_, true)) => ("8  -STANDBY HOT", "Duplex", "sso", "enabled", "Up"),
        Some((_, false)) => (
            "7  -STANDBY COLD-BULK",
            "Duplex",
            "sso",
            "disabled (peer unit not yet in terminal standby state)",
            "Up",
        ),
        None => (
            "1  -DISABLED",
            "Simplex",
            "Non Redundant",
            "disabled (system is simplex (no peer unit))",
            "Down      Reason: Simplex mode",
        ),
    };
    let operational = if matches!(peer, Some((_, true))) {
        "sso"
    } else {
        "Non-redundant"
    };
    let configured = if v.state.members.len() > 1 {
        "sso"
    } else {
        "Non-redundant"
    };
    format!(
        "       my state = 13 -ACTIVE \n     peer state = {peer_state} \n           Mode = {mode}\n           \
         Unit = Primary\n        Unit ID = 1\n\nRedundancy Mode (Operational) = \
         {operational}\nRedundancy Mode (Configured)  = {configured}\nRedundancy State              \
         = {state}\n     Maintenance Mode = Disabled\n    Manual Swact = {swact}\n Communications = \
         {comms}\n\n   client count = 112\n client_notification_TMR = 30000 milliseconds\n           RF \
         debug mask = 0x0   \n\n"
    )
}

fn item(t: &mut String, name: &str, descr: &str, pid: &str, vid: &str, sn: &str) {
    t.push_str(&format!(
        "NAME: \"{name}\", DESCR: \"{descr}\"\nPID: {pid:<18}, VID: {vid:<4} , SN: {sn}\n\n"
    ));
}

/// A part's serial number, made from the chassis' own.
fn part(serial: &str, letters: &str, n: u8) -> String {
    let tail: String = serial.chars().skip(3).take(7).collect();
    format!("{letters}{tail}{}", char::from(b'A' + n % 26))
}

pub(super) fn inventory(v: &View<'_>) -> String {
    let p = v.device.platform;
    let mut t = String::new();
    match p.family {
        Family::Stackable => {
            let members: Vec<_> = v.state.present().collect();
            if members.len() > 1
                && let Some(first) = members.first()
            {
                item(
                    &mut t,
                    "c93xx Stack",
                    "c93xx Stack",
                    p.pid,
                    "V02",
                    &first.serial,
                );
            }
            for m in members {
                let id = m.id;
                item(
                    &mut t,
                    &format!("Switch {id}"),
                    p.described,
                    p.pid,
                    "V02",
                    &m.serial,
                );
                if v.state.members.len() > 1 {
                    for n in 1..=2 {
                        let name = format!("StackPort{id}/{n}");
                        item(
                            &mut t,
                            &name,
                            &name,
                            "STACK-T1-50CM",
                            "V01",
                            &part(&m.serial, "MOC", n),
                        );
                    }
                }
                for (n, bay) in [(4, "A"), (5, "B")] {
                    let name = format!("Switch {id} - Power Supply {bay}");
                    item(
                        &mut t,
                        &name,
                        &name,
                        p.power,
                        "V02",
                        &part(&m.serial, "DTN", n),
                    );
                }
                let name = format!("Switch {id} FRU Uplink Module 1");
                item(
                    &mut t,
                    &name,
                    "8x10G Uplink Module",
                    "C9300-NM-8X",
                    "V02",
                    &part(&m.serial, "FOC", 9),
                );
            }
        }
        Family::Core => {
            let serial = v
                .state
                .active()
                .map(|m| m.serial.clone())
                .unwrap_or_default();
            item(&mut t, "Chassis", p.described, p.pid, "V01", &serial);
            for n in 0..2u8 {
                let name = format!("Power Supply Module {n}");
                item(
                    &mut t,
                    &name,
                    "Cisco Catalyst 9500 Series 650W AC Power Supply",
                    p.power,
                    "V01",
                    &part(&serial, "ART", n),
                );
            }
            for n in 0..2u8 {
                let name = format!("Fan Tray {n}");
                item(
                    &mut t,
                    &name,
                    "Cisco Catalyst 9500 Series Fan Tray",
                    "C9K-T1-FANTRAY",
                    "V01",
                    &part(&serial, "FOC", n + 4),
                );
            }
            item(
                &mut t,
                "Slot 1 Supervisor",
                p.described,
                p.pid,
                "V01",
                &serial,
            );
        }
        Family::Router => {
            let serial = v
                .state
                .active()
                .map(|m| m.serial.clone())
                .unwrap_or_default();
            item(&mut t, "Chassis", p.described, p.pid, "V03", &serial);
            item(
                &mut t,
                "Power Supply Module 0",
                "450W AC Power Supply for Cisco ISR 4000",
                p.power,
                "V03",
                &part(&serial, "DCA", 1),
            );
            item(
                &mut t,
                "Fan Tray",
                "Cisco ISR4000 Fan Assembly",
                "ACS-4450-FANASSY",
                "",
                &part(&serial, "FOC", 2),
            );
            item(
                &mut t,
                "module 0",
                &format!(
                    "Cisco {} Built-In NIM controller",
                    p.pid.trim_end_matches("/K9")
                ),
                p.pid,
                "",
                "",
            );
            item(
                &mut t,
                "module R0",
                &format!("Cisco {} Route Processor", p.pid.trim_end_matches("/K9")),
                p.pid,
                "V03",
                &part(&serial, "FOC", 3),
            );
            item(
                &mut t,
                "module F0",
                &format!(
                    "Cisco {} Forwarding Processor",
                    p.pid.trim_end_matches("/K9")
                ),
                p.pid,
                "",
                "",
            );
        }
    }
    t
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
    let up = insert_time(v.state.uptime(v.now));
    if p.family == Family::Stackable {
        let ports: u32 = p.ports.iter().map(|b| b.count).sum::<u32>() + 9;
        let mut t = String::from(
            "Switch  Ports    Model                Serial No.   MAC address     Hw Ver.       Sw Ver. \n\
             ------  -----   ---------             -----------  --------------  -------       --------\n",
        );
        for m in v.state.present() {
            t.push_str(&format!(
                " {:<7} {ports:<7} {:<21} {:<12} {}  {:<13} {:<13}\n",
                m.id,
                p.pid,
                m.serial,
                m.mac,
                "V02",
                m.release.padded()
            ));
        }
        let mac = v.state.active().map(|m| m.mac.clone()).unwrap_or_default();
        t.push_str(&format!(
            "Switch/Stack Mac Address : {mac} - Local Mac Address\nMac persistency wait time: \
             Indefinite\n                                   Current\nSwitch#   Role        Priority      \
             State \n-------------------------------------------\n"
        ));
        for m in &v.state.members {
            let star = if m.id == 1 { '*' } else { ' ' };
            t.push_str(&format!(
                "{star}{:<9}{:<15} {:<11} {}\n",
                m.id,
                m.role(),
                m.priority,
                m.state(v.now)
            ));
        }
        return t + "\n";
    }
    let mut t = format!(
        "Chassis type: {:<20}\n\nSlot      Type                State                 Insert time \
         (ago) \n--------- ------------------- --------------------- ----------------- \n",
        p.pid
    );
    let state = |at: f64| {
        if v.state.uptime(v.now) < at {
            "booting"
        } else {
            "ok"
        }
    };
    let base = if p.is_switch() { "1" } else { "0" };
    let card = if p.is_switch() {
        p.pid.to_owned()
    } else {
        format!(
            "{}-{}x1GE",
            p.pid.trim_end_matches("/K9"),
            p.ports.first().map_or(4, |b| b.count)
        )
    };
    let mut row = |slot: &str, kind: &str, state: &str| {
        t.push_str(&format!("{slot:<9} {kind:<19} {state:<21} {up:<17} \n"));
    };
    row(base, p.pid, state(20.0));
    row(&format!(" {base}/0"), &card, state(20.0));
    row("R0", p.pid, "ok, active");
    if !p.is_switch() {
        row("F0", p.pid, "ok, active");
    }
    row("P0", p.power, "ok");
    if p.is_switch() {
        row("P1", p.power, "ok");
        row("P2", "C9K-T1-FANTRAY", "ok");
        row("P3", "C9K-T1-FANTRAY", "ok");
    } else {
        row("P2", "ACS-4450-FANASSY", "ok");
    }
    t.push_str(
        "\nSlot      CPLD Version        Firmware Version                        \n--------- \
         ------------------- --------------------------------------- \n",
    );
    let mut slots = vec![base, "R0"];
    if !p.is_switch() {
        slots.push("F0");
    }
    for slot in slots {
        t.push_str(&format!("{slot:<9} {:<19} {:<39} \n", "19061022", p.rommon));
    }
    t + "\n"
}

pub(super) fn module(v: &View<'_>) -> String {
    let p = v.device.platform;
    let Some(m) = v.state.active() else {
        return String::new();
    };
    let ports: u32 = p.ports.iter().map(|b| b.count).sum();
    let low = m.mac.to_uppercase();
    let high = low.replace("00", "7F");
    format!(
        "Chassis Type: {}\n\nMod Ports Card Type                                   Model          \
         Serial No.\n---+-----+--------------------------------------+--------------+--------------\n\
         1   {ports:<4} {:<38} {:<16} {}\n\nMod MAC addresses                    Hw   Fw           \
         Sw                 Status\n---+--------------------------------+----+------------+------------------+--------\n\
         1   {low} to {high} 0.2  {:<13}{:<19}ok\n\nMod Redundancy Role     Operating Redundancy Mode \
         Configured Redundancy Mode\n---+-------------------+-------------------------+---------------------------\n\
         1   Active              non-redundant             Non-redundant\n\nChassis MAC address \
         range: 512 addresses from {} to {}\n\n",
        p.pid,
        p.described,
        p.pid,
        m.serial,
        p.rommon,
        v.state.running.release.padded(),
        m.mac,
        m.mac.replace("00", "ff")
    )
}

pub(super) fn environment(v: &View<'_>) -> String {
    let p = v.device.platform;
    if !p.is_switch() {
        return String::from(
            "Number of Critical alarms:  0\nNumber of Major alarms:     0\nNumber of Minor alarms:     \
             0\n\n Slot        Sensor          Current State   Reading        Threshold(Minor,Major,Critical,Shutdown)\n \
             ----------  --------------  --------------- ------------   ---------------------------------------\n P0          \
             Temp: Temp 1    Normal          28 Celsius   \t(na ,na ,na ,na )(Celsius)\n R0          \
             Temp: CPU       Normal          41 Celsius   \t(90 ,100,105,110)(Celsius)\n",
        );
    }
    let mut t = String::from("Sensor List: Environmental Monitoring \n");
    for m in v.state.present() {
        t.push_str(&format!(
            "Switch {} FAN 1 is OK\nSwitch {0} FAN 2 is OK\nSwitch {0}: SYSTEM TEMPERATURE is OK\n",
            m.id
        ));
    }
    t.push_str(
        "SW  PID                 Serial#     Status           Sys Pwr  PoE Pwr  Watts\n\
         --  ------------------  ----------  ---------------  -------  -------  -----\n",
    );
    for m in v.state.present() {
        for (n, bay) in [(4, "A"), (5, "B")] {
            t.push_str(&format!(
                "{}{bay}  {:<18}  {}  OK              Good     Good     1100\n",
                m.id,
                p.power,
                part(&m.serial, "DTN", n)
            ));
        }
    }
    t + "\n"
}

pub(super) fn stackwise_virtual() -> String {
    "Stackwise Virtual Configuration:\n--------------------------------\nStackwise Virtual : Disabled\n\n".to_owned()
}
