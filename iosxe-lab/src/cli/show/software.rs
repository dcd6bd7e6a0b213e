//! Installed software, and upgrades in service.

use super::View;
use crate::cli::grammar::Args;
use crate::clock;
use crate::model::install::PackageState;

const RULE: &str =
    "--------------------------------------------------------------------------------\n";

fn header(v: &View<'_>) -> String {
    let labels = v.device.labels(v.state).join(" ");
    if v.device.platform.stackable() {
        format!("[ Switch {labels} ]")
    } else if labels.contains('/') {
        format!("[ Chassis {labels} ]")
    } else {
        format!("[ {labels} ]")
    }
}

fn legend() -> &'static str {
    "State (St): I - Inactive, U - Activated & Uncommitted,\n            C - Activated & Committed, D - Deactivated & Uncommitted\n"
}

fn packages(v: &View<'_>, title: &str, keep: impl Fn(PackageState) -> bool) -> String {
    let mut t = format!(
        "{} {title} Package(s) Information:\n{}{RULE}",
        header(v),
        legend()
    );
    t.push_str("Type  St   Filename/Version\n");
    t.push_str(RULE);
    let mut shown: Vec<_> = v
        .state
        .install
        .packages
        .iter()
        .filter(|p| keep(p.state))
        .collect();
    shown.sort_by_key(|p| p.state != PackageState::Inactive);
    for p in shown {
        t.push_str(&format!(
            "IMG   {}    {}\n",
            p.state.letter(),
            p.release.engine()
        ));
    }
    t
}

fn timer(v: &View<'_>) -> String {
    let words = match v.state.install.timer {
        Some(timer) => format!(
            "active on install_activate, time before rollback - {}",
            clock::hms(timer.deadline_s - v.now)
        ),
        None => "inactive".to_owned(),
    };
    format!("\n{RULE}Auto abort timer: {words}\n{RULE}")
}

pub(super) fn install_summary(v: &View<'_>) -> String {
    let old = !v.state.running.release.at_least(16, 9);
    let body = packages(v, "Installed", |_| true);
    if old { body } else { body + &timer(v) + "\n" }
}

pub(super) fn install_state(v: &View<'_>, args: &Args) -> String {
    let kinds: [(&str, &str, &[PackageState]); 4] = [
        (
            "active",
            "Active",
            &[PackageState::Committed, PackageState::Uncommitted],
        ),
        ("inactive", "Inactive", &[PackageState::Inactive]),
        ("committed", "Committed", &[PackageState::Committed]),
        (
            "uncommitted",
            "Uncommitted",
            &[PackageState::Uncommitted, PackageState::Deactivated],
        ),
    ];
    for (word, title, states) in kinds {
        if args.has(word) {
            let any = v
                .state
                .install
                .packages
                .iter()
                .any(|p| states.contains(&p.state));
            if !any {
                return format!(
                    "{} {title} Package(s) Information:\n{}{RULE}Type  St   Filename/Version\n{RULE}No {title} Packages\n{}\n",
                    header(v),
                    legend(),
                    timer(v)
                );
            }
            return packages(v, title, |s| states.contains(&s)) + &timer(v) + "\n";
        }
    }
    String::new()
}

pub(super) fn rollback(v: &View<'_>, id: Option<&str>) -> String {
    let points = &v.state.install.points;
    if let Some(id) = id {
        let Some(p) = points.iter().find(|p| p.id.to_string() == id) else {
            return format!("No rollback id {id} present\n");
        };
        return format!(
            "Rollback id - {} (Created on {})\nLabel: No Label\nDescription: No \
             Description\nReload required: YES\n{}{RULE}Type  St   Filename/Version\n{RULE}IMG   C    {}\n",
            p.id,
            v.device.world.clock.engine_date(p.made_s),
            legend(),
            p.release.engine()
        );
    }
    let mut t = String::from(
        "ID      Label                            Description\n\
         -------------------------------------------------------\n",
    );
    for p in points.iter().rev() {
        t.push_str(&format!(
            "{:<8}No Label                         No Description\n",
            p.id
        ));
    }
    t
}

pub(super) fn log(v: &View<'_>) -> String {
    let mut t = v.state.install.log.join("\n");
    t.push('\n');
    t
}

pub(super) fn package(v: &View<'_>, url: &str) -> String {
    let path = url.split_once(':').map_or(url, |(_, p)| p);
    let Some(content) = v.state.flash().and_then(|f| f.content(path)) else {
        return format!("{url} does not exist\n");
    };
    let Some(info) = content.image_info() else {
        return format!("{url}: not a package\n");
    };
    let known = v
        .state
        .install
        .packages
        .iter()
        .find(|p| p.release == info.release);
    let state = match known.map(|p| p.state) {
        Some(PackageState::Inactive) => "Inactive",
        Some(_) => "Active",
        None => "Not Installed",
    };
    format!(
        "Name: {path}\nVersion: {}.{}..{}\nPlatform: {}\nPackage Type: IMG\nDefect ID: \nPackage \
         State: {state}\nSupersedes List: {{}}\nSMU Fixes List: {{}}\nSMU ID: 0\nSMU Type: \
         reload\nSMU Compatible with Version: \nSMUImpact:\n",
        info.release.engine(),
        1_700_000_000u64,
        info.release.codename(),
        v.device.platform.package_stem().to_uppercase()
    )
}

pub(super) fn history(v: &View<'_>) -> String {
    let rule = "-".repeat(101) + "\n";
    let mut t = format!(
        "Operation Summary:\n{rule}                     uuid                 op_id      command   \
         status    duration   [start time         - end time]\n{rule}"
    );
    let clock = &v.device.world.clock;
    for row in &v.state.install.history {
        let uuid = format!("{}_op_{}", clock.history_id(row.began_s), row.command);
        t.push_str(&format!(
            "{uuid:>38}  1  {:>14}  {:>7}    {}   [{} - {}]\n",
            row.command,
            row.status,
            clock::hms(row.ended_s - row.began_s),
            clock.history_date(row.began_s),
            clock.history_date(row.ended_s)
        ));
    }
    t + &rule
}

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
    format!(
        "--- Starting local lock acquisition on {place} ---\nFinished local lock acquisition on {place}\n\n"
    )
}

/// The second lock of route processors.
const SYNC: &str = "--- Starting installation state synchronization ---\nFinished installation state \
                    synchronization\n\n";

/// `show issu state detail`. Only the idle form: nothing upgrades in service yet.
pub(super) fn issu(v: &View<'_>) -> String {
    let p = v.device.platform;
    if !p.is_switch() {
        return format!("{}{SYNC}No ISSU operation is in progress\n\n", locks(v));
    }
    let yes = |on: bool| if on { "Yes" } else { "No" };
    let pair = !p.stackable() && v.state.members.len() > 1;
    let peer = v.state.ready_standby(v.now);
    let sso = pair && matches!(peer, Some((_, true)));
    let rule = "=======================================================";
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
    format!(
        "{before}Current ISSU Status: {}\nPrevious ISSU Operation: N/A\n{rule}\n\
         System Check                        Status\n{}\n\
         Platform ISSU Support               {}\n\
         Standby Online                      {}\n\
         Autoboot Enabled                    {}\n\
         SSO Mode                            {}\n\
         Install Boot                        {}\n\
         Valid Boot Media                    Yes\n{mode}{rule}\n\
         No ISSU operation is in progress\n\n",
        if sso { "Enabled" } else { "Disabled" },
        "-------------------------------------------------------",
        yes(pair),
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

/// `show issu rollback-timer`, idle.
pub(super) fn issu_timer(v: &View<'_>) -> String {
    let sync = if v.device.platform.is_switch() {
        ""
    } else {
        SYNC
    };
    format!(
        "{}{sync}Rollback: inactive, no ISSU operation is in progress\n\n",
        locks(v)
    )
}
