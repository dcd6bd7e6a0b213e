//! `show configuration lock` and `show users` in configuration mode (`show config-mode users`, who
//! holds the configuration).
//!
//! Source: command reference (`configuration mode exclusive`); unscored, no capture in the corpus.
//!
//! ```text
//! Parser Configure Lock
//! ---------------------
//! Owner PID         : 3
//! User              : admin
//! TTY               : 0
//! Type              : EXCLUSIVE
//! State             : LOCKED
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowConfigurationLock {
    /// Whether somebody holds the lock.
    pub locked: bool,
    /// Process that holds it.
    pub owner_pid: Option<i64>,
    /// Who.
    pub user: Option<String>,
    /// From which line.
    pub tty: Option<String>,
    /// `EXCLUSIVE`, `TRANSIENT`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `LOCKED`, `FREE`.
    pub state: Option<String>,
    /// Since when it is held.
    pub active_s: Option<u64>,
}

const IGNORED: &[Ignored] = &[
    ignored("Parser Configure Lock", "heading"),
    ignored("Class*", "class of the lock"),
    ignored("Count*", "depth of the lock"),
    ignored("Pending Requests*", "who else waits"),
    ignored("User debug info*", "debugging"),
    ignored("Session idle state*", "debugging"),
    ignored("No of exec cmds getting executed*", "debugging"),
    ignored("No of exec cmds blocked*", "debugging"),
    ignored("Config wait for show completion*", "debugging"),
    ignored("Remote ip address*", "the line names the session"),
    ignored("Lock active time*", "read where it is a number"),
    ignored("Lock Expiration timer*", "timer of the lock"),
];

/// Reads `show configuration lock`.
///
/// # Errors
/// When neither a lock nor its absence is told.
pub fn parse(text: &str) -> Result<Parsed<ShowConfigurationLock>, ParseError> {
    let mut lines = Lines::new("show configuration lock", text)?;
    let mut value = ShowConfigurationLock::default();
    let mut known = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            continue;
        }
        match pair(line.text, ':') {
            Some(("Owner PID", text)) => {
                let pid: i64 = line.number(text)?;
                value.owner_pid = Some(pid);
                value.locked |= pid >= 0;
            }
            Some(("User", text)) => value.user = units::given(text).filter(|u| u != "unknown"),
            Some(("TTY", text)) => value.tty = units::given(text).filter(|t| t != "-1"),
            Some(("Type", text)) => value.kind = units::given(text),
            Some(("State", text)) => {
                known = true;
                value.locked = text.eq_ignore_ascii_case("LOCKED");
                value.state = units::given(text).map(|s| s.to_ascii_lowercase());
            }
            Some((key, text)) if key.starts_with("Lock active time") => {
                value.active_s = text.parse().ok();
            }
            _ if line.starts("The configuration is not locked") || line.starts("No lock") => {
                known = true;
            }
            _ => lines.pass(line, IGNORED),
        }
    }
    if !known {
        return Err(lines.incomplete("the line `State`"));
    }
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_and_free() {
        let text = "Parser Configure Lock\n---------------------\nOwner PID         : 543\nUser              : admin\nTTY               : 2\nType              : EXCLUSIVE\nState             : LOCKED\n";
        let value = parse(text).unwrap().value;
        assert!(value.locked);
        assert_eq!(value.user.as_deref(), Some("admin"));
        let free = text
            .replace("543", "-1")
            .replace("LOCKED", "FREE")
            .replace("admin", "unknown");
        let value = parse(&free).unwrap().value;
        assert!(!value.locked && value.user.is_none());
    }
}
