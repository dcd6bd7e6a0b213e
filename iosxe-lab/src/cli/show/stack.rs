//! Switches that work as one: stacks and StackWise Virtual.

use super::View;
use crate::model::cabling::virtual_links;
use crate::model::device::Member;

fn switch_rows(v: &View<'_>) -> String {
    let master = v.state.active().map(|m| m.mac.clone()).unwrap_or_default();
    let mut t = format!(
        "Switch/Stack Mac Address : {master} - Local Mac Address\nMac persistency wait time: \
         Indefinite\n                                             H/W   Current\nSwitch#   Role    \
         Mac Address     Priority Version  State \n{}\n",
        "-".repeat(85)
    );
    for m in &v.state.members {
        let star = if m.id == v.state.active { '*' } else { ' ' };
        let (mac, priority, hw) = if m.missing {
            ("0000.0000.0000", 0, "")
        } else {
            (m.mac.as_str(), m.priority, "V02")
        };
        t.push_str(&format!(
            "{star}{:<7} {:<8} {mac:<15} {priority:^7}  {hw:<7}  {:<36}\n",
            m.id,
            v.state.role(m),
            v.state.state_of(m, v.now)
        ));
    }
    for id in provisioned(v) {
        t.push_str(&format!(
            " {id:<7} {:<8} {:<15} {:^7}  {:<7}  {:<36}\n",
            "Member", "0000.0000.0000", 0, "", "Provisioned"
        ));
    }
    t
}

/// Numbers of switches that the configuration names and that never were there.
fn provisioned(v: &View<'_>) -> Vec<u8> {
    let lines = v.state.running_config.values("switch ");
    let named = lines.iter().filter_map(|line| {
        let (id, rest) = line.split_once(' ')?;
        let id = id.parse::<u8>().ok()?;
        rest.starts_with("provision ").then_some(id)
    });
    named
        .filter(|id| !v.state.members.iter().any(|m| m.id == *id))
        .collect()
}

pub(super) fn switch(v: &View<'_>) -> String {
    switch_rows(v) + "\n\n"
}

/// The members of `show platform`, which has the same columns for stacks and for two switches of
/// a StackWise Virtual.
pub(super) fn platform(v: &View<'_>) -> String {
    let p = v.device.platform;
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
        let star = if m.id == v.state.active { '*' } else { ' ' };
        t.push_str(&format!(
            "{star}{:<9}{:<15} {:<11} {}\n",
            m.id,
            v.state.role(m),
            m.priority,
            v.state.state_of(m, v.now)
        ));
    }
    t + "\n"
}

/// Ring neighbours of a member: left and right, `None` where a cable is out.
fn ring(v: &View<'_>, m: &Member) -> (Option<u8>, Option<u8>) {
    let up: Vec<u8> = v
        .state
        .present()
        .filter(|m| m.id == v.state.active || v.now >= m.ready_s)
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
    // Two switches of a StackWise Virtual are a line, never a ring.
    let half = v.state.faults.has("half_ring", "now")
        || !v.device.platform.stackable()
        || v.state.members.iter().any(|m| m.missing);
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

/// True when every member that is there has a neighbour on both sides.
pub(super) fn full_ring(v: &View<'_>) -> bool {
    v.state
        .members
        .iter()
        .all(|m| matches!(ring(v, m), (Some(_), Some(_))))
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

/// Long name of a port by its short one.
fn long(v: &View<'_>, short: &str) -> String {
    let found = v.state.interfaces.iter().find(|i| i.short == short);
    found.map_or_else(|| short.to_owned(), |i| i.long.clone())
}

/// True when the links of that switch and its peer's are up: both are there and Ready.
fn linked(v: &View<'_>) -> bool {
    v.state.members.len() == 2
        && v.state
            .members
            .iter()
            .all(|m| !m.missing && v.now >= m.ready_s)
}

/// `show stackwise-virtual`.
pub(super) fn virtual_domain(v: &View<'_>) -> String {
    let head = "Stackwise Virtual Configuration:\n--------------------------------\n";
    let joined = virtual_links(&v.device.spec, v.device.platform);
    if joined.links.is_empty() {
        return format!("{head}Stackwise Virtual : Disabled\n\n");
    }
    let domain = v
        .state
        .running_config
        .section("stackwise-virtual")
        .and_then(|s| s.children.iter().find_map(|c| c.strip_prefix("domain ")))
        .unwrap_or("1");
    let mut t = format!(
        "{head}Stackwise Virtual : Enabled\nDomain Number : {domain}\n\nSwitch  Stackwise Virtual \
         Link  Ports\n------  ----------------------  ------\n"
    );
    for (m, [first, second]) in v.state.members.iter().zip(&joined.links) {
        if m.missing {
            continue;
        }
        t.push_str(&format!(
            "{:<7} 1                       {}\n{}{}\n",
            m.id,
            long(v, first),
            " ".repeat(32),
            long(v, second)
        ));
    }
    t + "\n"
}

/// `show stackwise-virtual link`. The legend and the letter of a healthy link changed: `P` was
/// bundled and is pending since 17.x, where `R` is ready (field notes 10).
pub(super) fn virtual_link(v: &View<'_>) -> String {
    let newer = v.state.running.release.at_least(17, 1);
    let (legend, good) = if newer {
        ("S-Suspended P-Pending E-Error T-Timeout R-Ready", 'R')
    } else {
        (
            "s-Suspended P-Bundled E-Error D-Down R-RLayer3 I-Indiv",
            'P',
        )
    };
    let mut t = format!(
        "Stackwise Virtual Link(SVL) Information:\n----------------------------------------\n\
         Flags:\n------\nLink Status\n-----------\nU-Up D-Down\nProtocol Status\n---------------\n\
         {legend}\n-----------------------------------------------\n\
         Switch  SVL     Ports                           Link-Status     Protocol-Status\n\
         ------  ---     -----                           -----------     ---------------\n"
    );
    let (link, protocol) = match (linked(v), newer) {
        (true, _) => ('U', good),
        (false, true) => ('D', 'P'),
        (false, false) => ('D', 'D'),
    };
    let joined = virtual_links(&v.device.spec, v.device.platform);
    for (m, ports) in v.state.members.iter().zip(&joined.links) {
        if m.missing {
            continue;
        }
        for (n, port) in ports.iter().enumerate() {
            let who = if n == 0 {
                format!("{:<8}1       ", m.id)
            } else {
                " ".repeat(16)
            };
            t.push_str(&format!(
                "{who}{:<32}{link:<16}{protocol:<16}\n",
                long(v, port)
            ));
        }
    }
    t + "\n"
}

/// `show stackwise-virtual dual-active-detection`.
pub(super) fn dual_active(v: &View<'_>) -> String {
    let mut t = String::from(
        "In dual-active recovery mode: No\nRecovery Reload: Enabled\n\nDual-Active-Detection \
         Configuration:\n-------------------------------------\nSwitch\tDad port\t\t\tStatus\n\
         ------\t------------\t\t\t---------\n",
    );
    let status = if linked(v) { "up" } else { "down" };
    let joined = virtual_links(&v.device.spec, v.device.platform);
    for (m, port) in v.state.members.iter().zip(&joined.detection) {
        if !m.missing {
            t.push_str(&format!("{}\t{:<27}\t{status}\n", m.id, long(v, port)));
        }
    }
    t + "\n"
}
