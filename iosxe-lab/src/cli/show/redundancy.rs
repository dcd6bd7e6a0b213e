//! Who is active, who stands by, and what changed hands.

use super::View;
use super::version::{ios_line, ios_tail};
use crate::clock;

/// Words for the standby's state.
fn peer_words(hot: bool, same: bool) -> (&'static str, &'static str) {
    match (hot, same) {
        (true, _) => ("8  -STANDBY HOT", "STANDBY HOT"),
        (false, true) => ("7  -STANDBY COLD-BULK", "STANDBY COLD-BULK"),
        // Two releases do not keep state together: the pair falls back to RPR.
        (false, false) => ("4  -STANDBY COLD", "STANDBY COLD"),
    }
}

/// The operating mode: what the pair can do now.
pub(super) fn operating(v: &View<'_>) -> &'static str {
    match v.state.ready_standby(v.now) {
        Some((_, true)) => "sso",
        Some((m, false)) if !v.state.alike(&m.release) => "rpr",
        _ => "Non-redundant",
    }
}

fn configured(v: &View<'_>) -> &'static str {
    let section = v.state.running_config.section("redundancy");
    let asked = section.and_then(|s| s.children.iter().find_map(|c| c.strip_prefix("mode ")));
    match asked {
        Some("rpr") => "rpr",
        Some(_) => "sso",
        None => "Non-redundant",
    }
}

/// One of the two processor blocks.
fn processor(v: &View<'_>, place: &str, id: u8, state: &str, since_s: f64) -> String {
    let boot: String = v.state.boot.path.iter().map(|e| v.entry(e)).collect();
    let release = v
        .state
        .members
        .iter()
        .find(|m| m.id == id)
        .map_or(&v.state.running.release, |m| &m.release);
    let confreg = if v.has_confreg() {
        format!("        Configuration register = {:#x}\n", v.state.confreg)
    } else {
        String::new()
    };
    format!(
        "{place} = slot {}\n        Current Software state = {state}\n       Uptime in current \
         state = {}\n                 Image Version = {}\n{}                          BOOT = \
         {boot}\n                   CONFIG_FILE = \n{confreg}",
        v.device.slot(id),
        clock::uptime(v.now - since_s),
        ios_line(v, release),
        ios_tail(release),
    )
}

pub(super) fn redundancy(v: &View<'_>) -> String {
    let s = v.state;
    let peer = s.ready_standby(v.now);
    let configured = if v.device.platform.stackable() {
        "sso"
    } else {
        configured(v)
    };
    let reason = s.switchovers.last().map_or("none", |c| c.reason);
    let mut t = format!(
        "Redundant System Information :\n------------------------------\n       Available system \
         uptime = {}\nSwitchovers system experienced = {}\n              Standby failures = 0\n        \
         Last switchover reason = {reason}\n\n                 Hardware Mode = {}\n    Configured \
         Redundancy Mode = {configured}\n     Operating Redundancy Mode = {}\n              \
         Maintenance Mode = Disabled\n                Communications = {}\n\n",
        clock::uptime(s.uptime(v.now)),
        s.switchovers.len(),
        if peer.is_some() { "Duplex" } else { "Simplex" },
        operating(v),
        if peer.is_some() {
            "Up"
        } else {
            "Down      Reason: Failure"
        },
    );
    t.push_str("Current Processor Information :\n-------------------------------\n");
    t.push_str(&processor(
        v,
        "               Active Location",
        s.active,
        "ACTIVE",
        s.active_since_s,
    ));
    match peer {
        Some((m, hot)) => {
            t.push_str("\nPeer Processor Information :\n----------------------------\n");
            let (_, state) = peer_words(hot, s.alike(&m.release));
            t.push_str(&processor(
                v,
                "              Standby Location",
                m.id,
                state,
                if hot { m.hot_s } else { m.ready_s },
            ));
        }
        None => t.push_str(
            "\nPeer (slot: 0) information is not available because it is in 'DISABLED' state\n",
        ),
    }
    t
}

pub(super) fn states(v: &View<'_>) -> String {
    let peer = v.state.ready_standby(v.now);
    let (peer_state, mode, state, swact, comms) = match peer {
        Some((_, true)) => ("8  -STANDBY HOT", "Duplex", "sso", "enabled", "Up"),
        Some((m, false)) => {
            let same = v.state.alike(&m.release);
            (
                peer_words(false, same).0,
                "Duplex",
                if same { "sso" } else { "rpr" },
                "disabled (peer unit not yet in terminal standby state)",
                "Up",
            )
        }
        None => (
            "1  -DISABLED",
            "Simplex",
            "Non Redundant",
            "disabled (system is simplex (no peer unit))",
            "Down      Reason: Simplex mode",
        ),
    };
    let id = match v.device.platform.is_switch() {
        true => v.device.slot(v.state.active),
        // Route processors are numbered by their backplane slots.
        false => 48 + v.state.active.saturating_sub(1),
    };
    let unit = if v.state.active == 1 {
        "Primary"
    } else {
        "Secondary"
    };
    format!(
        "       my state = 13 -ACTIVE \n     peer state = {peer_state} \n           Mode = {mode}\n           \
         Unit = {unit}\n        Unit ID = {id}\n\nRedundancy Mode (Operational) = \
         {}\nRedundancy Mode (Configured)  = {}\nRedundancy State              \
         = {state}\n     Maintenance Mode = Disabled\n    Manual Swact = {swact}\n Communications = \
         {comms}\n\n   client count = 112\n client_notification_TMR = 30000 milliseconds\n           RF \
         debug mask = 0x0   \n\n",
        operating(v),
        configured(v),
    )
}

/// `show redundancy switchover history`.
pub(super) fn history(v: &View<'_>) -> String {
    let mut t = String::from(
        "Index  Previous  Current  Switchover             Switchover\n       active    active   \
         reason                 time\n-----  --------  -------  ----------             ----------\n",
    );
    for (n, change) in v.state.switchovers.iter().enumerate() {
        t.push_str(&format!(
            "{:>4}{:>8}{:>9}     {:<22} {}\n",
            n + 1,
            v.device.slot(change.from),
            v.device.slot(change.to),
            change.reason,
            v.device.world.clock.config_date(change.at_s)
        ));
    }
    t
}

/// `show redundancy config-sync failures mcl`.
pub(super) fn mismatched_commands() -> String {
    "Mismatched Command List\n-----------------------\n\nThe list is Empty\n\n".to_owned()
}
