//! `show issu state` and `show issu rollback-timer`, in every phase.

use super::View;
use crate::clock;
use crate::model::issu::{Kind, Stage, Upgrade, admission, compatible, supported};

/// Locks that the engine takes before it answers about ISSU.
fn locks(v: &View<'_>) -> String {
    let labels = v.device.labels(v.state);
    let first = labels.first().cloned().unwrap_or_default();
    let place = if v.device.platform.stackable() {
        format!("switch {first}")
    } else if first.contains('/') {
        let active = v.device.label(v.state.active, v.state.members.len());
        format!("chassis {active}")
    } else {
        v.device.label(v.state.active, v.state.members.len())
    };
    lock(&place)
}

fn lock(place: &str) -> String {
    format!(
        "--- Starting local lock acquisition on {place} ---\nFinished local lock acquisition on {place}\n\n"
    )
}

/// The second lock of route processors.
const SYNC: &str = "--- Starting installation state synchronization ---\nFinished installation state \
                    synchronization\n\n";

const RULE: &str = "=======================================================\n";
const LINE: &str = "-------------------------------------------------------\n";

/// `show issu state detail`.
pub(super) fn state(v: &View<'_>) -> String {
    let upgrade = v.state.issu.current.as_ref();
    let classic = upgrade.filter(|u| matches!(u.kind, Kind::Classic | Kind::Node));
    if let Some(upgrade) = classic {
        return slot(v, upgrade);
    }
    let body = match upgrade {
        Some(upgrade) => progress(v, upgrade),
        None => "No ISSU operation is in progress\n\n".to_owned(),
    };
    if v.device.platform.is_switch() {
        format!("{}{body}", health(v))
    } else {
        format!("{}{SYNC}{body}", locks(v))
    }
}

/// The table of what an upgrade in service needs.
fn health(v: &View<'_>) -> String {
    let p = v.device.platform;
    let yes = |on: bool| if on { "Yes" } else { "No" };
    let pair = !p.stackable() && v.state.members.len() > 1;
    let peer = v.state.ready_standby(v.now);
    let sso = pair && matches!(peer, Some((_, true)));
    let (before, mode) = if pair {
        let mode = match (peer.is_some(), p.engines()) {
            (false, _) => "NONE",
            (true, true) => "HA-STANDALONE",
            (true, false) => "HA-REMOTE",
        };
        let line = if v.state.running.release.at_least(17, 9) {
            format!("Operational Mode                    {mode}\n")
        } else {
            String::new()
        };
        (locks(v), line)
    } else {
        (String::new(), String::new())
    };
    let ready = admission(v.device, v.state).iter().all(|(_, r)| r.is_ok());
    let status = match (&v.state.issu.current, ready) {
        (Some(_), _) => "In Progress",
        (None, true) => "Enabled",
        (None, false) => "Disabled",
    };
    let previous = match v.state.issu.previous {
        None => "N/A",
        Some(true) => "Successful",
        Some(false) => "Failed",
    };
    format!(
        "{before}Current ISSU Status: {status}\nPrevious ISSU Operation: {previous}\n{RULE}\
         System Check                        Status\n{LINE}\
         Platform ISSU Support               {}\n\
         Standby Online                      {}\n\
         Autoboot Enabled                    {}\n\
         SSO Mode                            {}\n\
         Install Boot                        {}\n\
         Valid Boot Media                    Yes\n{mode}{RULE}",
        yes(supported(v.device, v.state)),
        yes(if pair {
            peer.is_some()
        } else {
            v.state.present().count() > 1
        }),
        yes(!v.state.boot.manual),
        yes(sso),
        yes(v.state.provisioned.is_some()),
    )
}

fn terminal(v: &View<'_>) -> String {
    let hot = matches!(v.state.ready_standby(v.now), Some((_, true)));
    format!(
        "Operating mode: sso, terminal state {}\n",
        if hot { "reached" } else { "not reached" }
    )
}

/// An upgrade of the install set while it runs.
fn progress(v: &View<'_>, u: &Upgrade) -> String {
    let fits = compatible(&u.from, &u.to, v.device.spec.issu.downgrade).is_ok();
    let kind = if u.kind == Kind::OneShot {
        "One-shot ISSU"
    } else {
        "Step-by-step ISSU"
    };
    let now = u.passed.last().copied().unwrap_or("Added");
    let current = if u.stage == Stage::Aborting {
        "Aborting"
    } else {
        now
    };
    let mut t = format!(
        "Added Image:\nName                                Compatible\n{LINE}{:<36}{}\n\nOperation type: {kind}\n\
         Install type  : Image installation using ISSU\nCurrent state : {current} state\nLast operation: {}\n\n\
         Completed operations:\n\nOperation                              Start time\n{LINE}",
        u.to.engine(),
        if fits { "Yes" } else { "No" },
        u.last,
    );
    for row in &u.rows {
        let date = v.device.world.clock.issu_date(row.at_s);
        t.push_str(&format!("{:<39}{date}\n", row.what));
    }
    let timer = match v.state.install.timer {
        Some(timer) => format!(
            "automatic, remaining time before rollback: {}",
            clock::hms(timer.deadline_s - v.now)
        ),
        None => "inactive".to_owned(),
    };
    t.push_str(&format!(
        "\nState transition: {}\n\nAuto abort timer: {timer}\nAbort Reason: {}\nRunning image: {}\n{}\n",
        u.passed.join(" -> "),
        u.reason.unwrap_or("N/A"),
        v.state.running.image_file,
        terminal(v),
    ));
    t
}

/// An upgrade of the classic set while it runs.
fn slot(v: &View<'_>, u: &Upgrade) -> String {
    let label = |id| v.device.label(id, v.state.members.len());
    let mut t = locks(v);
    if v.state.active != u.first {
        t.push_str(SYNC);
        t.push_str(&lock(&label(u.first)));
    }
    let image = if v.state.active == u.first {
        v.state.running.image_file.clone()
    } else {
        u.to_image.clone()
    };
    let notes = if u.stage == Stage::Switched {
        "  Notes: runversion executed, active RP is being provisioned\n"
    } else {
        ""
    };
    t + &format!(
        "Slot being modified: {}\n  Loadversion time: {} on vty 0\n  Last operation: {}\n  {}\n  Original \
         (rollback) image: {}\n  Running image: {image}\n  {}{notes}\n",
        label(u.first),
        v.device.world.clock.compact_date(u.began_s),
        u.last,
        rollback(v, u),
        u.from_image,
        terminal(v),
    )
}

fn rollback(v: &View<'_>, u: &Upgrade) -> String {
    match v.state.install.timer {
        Some(timer) => format!(
            "Rollback: automatic, remaining time before rollback: {}",
            clock::hms(timer.deadline_s - v.now)
        ),
        None if u.kind == Kind::Classic => {
            let by = match u.last.as_str() {
                "commitversion" => "commitversion",
                "acceptversion" => "acceptversion",
                _ => "abortversion",
            };
            format!("Rollback: inactive, timer canceled by {by}")
        }
        None => "Rollback: inactive, timer is not running".to_owned(),
    }
}

/// `show issu rollback-timer`.
pub(super) fn timer(v: &View<'_>) -> String {
    let sync = if v.device.platform.is_switch() {
        ""
    } else {
        SYNC
    };
    let words = match &v.state.issu.current {
        Some(upgrade) => rollback(v, upgrade),
        None => "Rollback: inactive, no ISSU operation is in progress".to_owned(),
    };
    format!("{}{sync}{words}\n\n", locks(v))
}
