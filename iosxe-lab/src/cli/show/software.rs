//! Installed software, and upgrades in service.

use super::View;
use crate::cli::grammar::Args;
use crate::clock;
use crate::model::install::{Package, PackageState, RollbackPoint};
use crate::model::smu::{SmuInfo, needs_reload};

const RULE: &str =
    "--------------------------------------------------------------------------------\n";

/// Members that the engine knows the same about, with what it knows of a package there. While two
/// sides run two releases each has its own.
fn groups(v: &View<'_>) -> Vec<(Vec<String>, bool)> {
    let count = v.state.members.len();
    let by = |given: bool| -> Vec<String> {
        let there = v.state.working().filter(|m| v.state.given(m.id) == given);
        there.map(|m| v.device.label(m.id, count)).collect()
    };
    let trial = v
        .state
        .install
        .in_state(PackageState::Uncommitted)
        .is_some();
    let on = v.state.issu.current.as_ref().filter(|u| u.by_install());
    match on.map(|_| (by(false), by(true))) {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => {
            vec![(old, false), (new, true)]
        }
        Some((old, new)) => vec![(if old.is_empty() { new } else { old }, trial)],
        None => vec![(v.device.labels(v.state), trial)],
    }
}

/// The state of a package on a side that was given the new release or not.
fn letter(v: &View<'_>, package: &Package, new: bool) -> PackageState {
    let Some(u) = v.state.issu.current.as_ref().filter(|u| u.by_install()) else {
        return package.state;
    };
    match (package.release == u.to, package.release == u.from, new) {
        (true, _, true) => PackageState::Uncommitted,
        (true, _, false) => PackageState::Inactive,
        (_, true, true) => PackageState::Deactivated,
        (_, true, false) => PackageState::Committed,
        _ => package.state,
    }
}

fn header(v: &View<'_>, labels: &[String]) -> String {
    let labels = labels.join(" ");
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
    let blocks: Vec<String> = groups(v)
        .iter()
        .map(|(labels, new)| block(v, title, labels, *new, &keep))
        .collect();
    blocks.join("\n")
}

/// The packages of some members that know the same.
fn block(
    v: &View<'_>,
    title: &str,
    labels: &[String],
    new: bool,
    keep: impl Fn(PackageState) -> bool,
) -> String {
    let mut t = format!(
        "{} {title} Package(s) Information:\n{}{RULE}",
        header(v, labels),
        legend()
    );
    t.push_str("Type  St   Filename/Version\n");
    t.push_str(RULE);
    let known = v.state.install.packages.iter();
    let mut shown: Vec<_> = known
        .map(|p| (letter(v, p, new), p))
        .filter(|(state, _)| keep(*state))
        .collect();
    shown.sort_by_key(|(state, _)| *state != PackageState::Inactive);
    for (state, p) in &shown {
        t.push_str(&format!(
            "IMG   {}    {}\n",
            state.letter(),
            p.release.engine()
        ));
    }
    let fs = v.device.platform.fs();
    let patches = v.state.install.patches.iter();
    let patches: Vec<_> = patches.filter(|p| keep(p.state)).collect();
    for p in &patches {
        t.push_str(&format!("SMU   {}    {fs}:{}\n", p.state.letter(), p.file));
    }
    if shown.is_empty() && patches.is_empty() && title != "Installed" {
        t.push_str(&format!("No {title} Packages\n"));
    }
    t
}

fn timer(v: &View<'_>) -> String {
    // The rollback timer of the classic set is not the engine's.
    let classic = v
        .state
        .issu
        .current
        .as_ref()
        .is_some_and(|u| !u.by_install());
    let words = match v.state.install.timer.filter(|_| !classic) {
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
        let reload = p.release != v.state.running.release || needs_reload(v.state, &p.patches);
        let fs = v.device.platform.fs();
        let patches: String = p
            .patches
            .iter()
            .map(|file| format!("SMU   C    {fs}:{file}\n"))
            .collect();
        return format!(
            "Rollback id - {} (Created on {})\nLabel: {}\nDescription: {}\nReload required: \
             {}\n{}{RULE}Type  St   Filename/Version\n{RULE}IMG   C    {}\n{patches}",
            p.id,
            v.device.world.clock.engine_date(p.made_s),
            label(p),
            described(p),
            if reload { "YES" } else { "NO" },
            legend(),
            p.release.engine()
        );
    }
    let mut t = String::from(
        "ID      Label                            Description\n\
         -------------------------------------------------------\n",
    );
    for p in points.iter().rev() {
        t.push_str(&format!("{:<8}{:<33}{}\n", p.id, label(p), described(p)));
    }
    t
}

fn label(point: &RollbackPoint) -> &str {
    point.label.as_deref().unwrap_or("No Label")
}

fn described(point: &RollbackPoint) -> &str {
    point.description.as_deref().unwrap_or("No Description")
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
    if let Some(info) = content.smu_info() {
        return patch(v, path, &info);
    }
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

/// `show install package` of a patch, from its header.
fn patch(v: &View<'_>, path: &str, info: &SmuInfo) -> String {
    let known = v.state.install.patches.iter().find(|p| p.file == path);
    let state = match known.map(|p| p.state) {
        None => "Not Installed",
        Some(PackageState::Inactive) => "Inactive",
        Some(PackageState::Deactivated) => "Deactivated",
        Some(PackageState::Uncommitted | PackageState::Committed) => "Active",
    };
    let (kind, impact) = if info.hot {
        ("hot", "")
    } else {
        ("reload", " reload")
    };
    format!(
        "Name: {path}\nVersion: {}.{}..{}\nPlatform: {}\nPackage Type: SMU\nDefect ID: {defect}\nPackage \
         State: {state}\nSupersedes List: {{}}\nSMU Fixes List: {{}}\nSMU ID: {}\nSMU Type: \
         {kind}\nSMU Compatible with Version: {}\nSMUImpact:{impact}\n",
        info.base.engine(),
        1_700_000_000u64,
        info.base.codename(),
        v.device.platform.package_stem().to_uppercase(),
        info.defect.bytes().map(u32::from).sum::<u32>(),
        info.base.engine(),
        defect = info.defect,
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
