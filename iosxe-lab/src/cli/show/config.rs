//! Configuration listings.

use super::View;
use crate::cli::grammar::Args;
use crate::model::config::Config;

/// The listing with its head lines, as `show running-config` and files have it.
pub(crate) fn running_text(v: &View<'_>) -> String {
    let clock = &v.device.world.clock;
    let s = v.state;
    let body = s.running_config.body(&s.running.release);
    format!(
        "!\n! Last configuration change at {} by {}\n! NVRAM config last updated at {} by {1}\n!\n{body}",
        clock.config_date(s.config_changed_s),
        v.device
            .world
            .users
            .first()
            .map_or("admin", |u| u.name.as_str()),
        clock.config_date(s.config_saved_s),
    )
}

pub(super) fn running(v: &View<'_>, args: &Args) -> String {
    if let Some(name) = args.get("name") {
        let squeezed = name.replace(' ', "").to_lowercase();
        let found = v.state.running_config.sections.iter().find(|s| {
            s.line.strip_prefix("interface ").is_some_and(|n| {
                let n = n.to_lowercase();
                n == squeezed || short(&n) == short(&squeezed)
            })
        });
        let Some(section) = found else {
            return String::new();
        };
        let one = Config {
            sections: vec![section.clone()],
        };
        let body = one.body(&v.state.running.release);
        let body = body
            .split_once('\n')
            .map_or("", |(_, rest)| rest)
            .trim_start_matches("!\n");
        let body = body.replace("!\nend", "end");
        return format!(
            "Building configuration...\n\nCurrent configuration : {} bytes\n!\n{body}\n",
            body.len()
        );
    }
    let text = running_text(v);
    format!(
        "Building configuration...\n\nCurrent configuration : {} bytes\n{text}\n",
        text.len()
    )
}

/// `te1/1/1` from `tengigabitethernet1/1/1`.
fn short(name: &str) -> String {
    let letters: String = name
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .take(2)
        .collect();
    let number: String = name.chars().skip_while(char::is_ascii_alphabetic).collect();
    letters + &number
}

/// Text of the startup configuration, with its head lines.
pub(crate) fn startup_text(v: &View<'_>) -> String {
    let clock = &v.device.world.clock;
    let s = v.state;
    format!(
        "!\n! Last configuration change at {}\n!\n{}",
        clock.config_date(s.config_saved_s),
        s.startup_config.body(&s.startup_release)
    )
}

pub(super) fn startup(v: &View<'_>) -> String {
    let text = startup_text(v);
    format!("Using {} out of 33554432 bytes\n{text}\n", text.len())
}

pub(super) fn differences(v: &View<'_>, args: &Args) -> String {
    let from = args.get("from").unwrap_or("nvram:startup-config");
    let with = args.get("to").unwrap_or("system:running-config");
    let mut read = Vec::new();
    for url in [from, with] {
        match crate::cli::replace::read(v.device, v.state, url) {
            Some(config) => read.push(config),
            None => return format!("Error: Could not open file {url} for reading\n"),
        }
    }
    let (Some(with), Some(from)) = (read.pop(), read.pop()) else {
        return String::new();
    };
    // As on a device: signs say what the second has and the first lacks.
    let text = with.differences(&from);
    if text.is_empty() {
        "!Contextual Config Diffs:\n!No changes were found\n\n".to_owned()
    } else {
        format!("!Contextual Config Diffs:\n{text}\n")
    }
}

pub(super) fn rollback_timer(v: &View<'_>) -> String {
    match &v.state.revert {
        None => "%No Rollback Confirmed Change pending\n".to_owned(),
        Some(r) => format!(
            "Time configured(or reconfigured): {}\nTimer type: absolute timer\nTimer value: {} min\nUser: \
             {}\nRollback Confirmed Change will be done at {}\n",
            v.device.world.clock.config_date(v.now),
            crate::clock::whole(r.at_s - v.now) / 60,
            r.user,
            v.device.world.clock.config_date(r.at_s)
        ),
    }
}

pub(super) fn archive(v: &View<'_>) -> String {
    if !crate::cli::replace::archives(v.state) {
        return "Archive feature not enabled\n".to_owned();
    }
    "The maximum archive configurations allowed is 10.\nThere are currently 0 archive configurations \
     saved.\n Archive #  Name\n"
        .to_owned()
}

pub(super) fn lock(v: &View<'_>) -> String {
    let editor = v.state.sessions.iter().find(|s| s.in_config);
    let holder = match (&v.state.config_lock, editor) {
        (Some(user), _) => Some((user.clone(), "console".to_owned(), 0)),
        (None, Some(s)) => Some((s.user.clone(), s.from.clone(), u32::from(s.line) + 1)),
        (None, None) => None,
    };
    match holder {
        None => "Parser Configure Lock\n---------------------\nOwner PID         : -1\nUser              : \
                 unknown\nTTY               : -1\nType              : NO LOCK\nState             : \
                 FREE\nClass             : unknown\nCount             : 0\nPending Requests  : 0\nUser debug \
                 info   : \n"
            .to_owned(),
        Some((user, from, tty)) => format!(
            "Parser Configure Lock\n---------------------\nOwner PID         : 391\nUser              : \
             {user}\nTTY               : {tty}\nType              : EXCLUSIVE\nState             : \
             LOCKED\nClass             : EXPOSED\nCount             : 1\nPending Requests  : 0\nUser debug \
             info   : configure terminal from {from}\n"
        ),
    }
}
