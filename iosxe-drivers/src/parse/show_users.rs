//! `show users`: who else is on the device.
//!
//! Source: genieparser and ntc-templates golden outputs; a long location wraps to its own line.
//!
//! ```text
//!     Line       User       Host(s)              Idle       Location
//! *  4 vty 2     admin      idle                 00:00:07 10.0.0.3
//!
//!   Interface    User               Mode         Idle     Peer Address
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Line, Lines};
use super::scan::words;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowUsers {
    /// Lines in use.
    pub sessions: Vec<Session>,
    /// Sessions without a line: NETCONF and the like.
    pub peers: Vec<PeerSession>,
}

/// One line in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Marked with `*`: this session.
    pub this: bool,
    /// Number of the line.
    pub line: u32,
    /// `vty 0`, `con 0`, `vty 0/1/0`.
    pub name: String,
    /// Number behind `vty`.
    pub tty: String,
    /// Who; empty without login.
    pub user: Option<String>,
    /// What runs: `idle`, or an address.
    pub host: Option<String>,
    /// Since the last key: `hh:mm:ss`, or minutes, as printed.
    pub idle: Option<String>,
    /// From where.
    pub location: Option<String>,
}

/// One session without a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerSession {
    /// Its interface.
    pub interface: String,
    /// Who.
    pub user: String,
    /// Mode or protocol.
    pub mode: Option<String>,
    /// Since the last packet, as printed.
    pub idle: Option<String>,
    /// From where.
    pub peer_address: Option<String>,
}

/// Reads `show users`.
///
/// # Errors
/// When the heading is missing or a row is malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowUsers>, ParseError> {
    let mut lines = Lines::new("show users", text)?;
    let mut value = ShowUsers::default();
    let mut headed = false;
    let mut peers = false;
    while let Some(line) = lines.next() {
        if line.starts("Line ") && line.body().contains("Location") {
            headed = true;
        } else if line.starts("Interface ") && line.body().contains("Peer Address") {
            peers = true;
        } else if !headed {
            lines.unknown(line);
        } else if let Some(location) = wrapped(line) {
            let slot = if peers {
                value.peers.last_mut().map(|p| &mut p.peer_address)
            } else {
                value.sessions.last_mut().map(|s| &mut s.location)
            };
            match slot {
                Some(slot @ None) => *slot = Some(location.to_owned()),
                _ => lines.unknown(line),
            }
        } else if peers {
            match peer(line) {
                Some(peer) => value.peers.push(peer),
                None => lines.unknown(line),
            }
        } else {
            match session(line)? {
                Some(session) => value.sessions.push(session),
                None => lines.unknown(line),
            }
        }
    }
    if !headed {
        return Err(lines.incomplete("the heading `Line User Host(s) Idle Location`"));
    }
    Ok(lines.finish(value))
}

/// A location alone on a line, far to the right.
fn wrapped<'a>(line: Line<'a>) -> Option<&'a str> {
    (line.indent() > 20 && !line.body().contains(' ')).then(|| line.body())
}

fn is_idle(word: &str) -> bool {
    units::clock(word).is_some()
        || word.contains(['d', 'w', 'y', 'h']) && units::age(word).is_some()
        || word.bytes().all(|b| b.is_ascii_digit())
}

/// `*  4 vty 2     admin      idle                 00:00:07 10.0.0.3`.
fn session(line: Line<'_>) -> Result<Option<Session>, ParseError> {
    let body = line.body();
    let this = body.starts_with('*');
    let all = words(body.trim_start_matches('*'));
    let [number, kind, unit, rest @ ..] = all.as_slice() else {
        return Ok(None);
    };
    if !number.bytes().all(|b| b.is_ascii_digit())
        || !matches!(*kind, "vty" | "con" | "tty" | "aux" | "lpt")
    {
        return Ok(None);
    }
    // Without login the column of the user is empty: `0 con 0    idle   00:01`.
    let idle_at = rest.iter().rposition(|w| is_idle(w));
    let (user, host) = match (rest, idle_at) {
        (["idle", ..], _) | ([_], _) => (None, rest.first()),
        ([user, host, ..], _) => (Some(user), Some(host)),
        ([], _) => (None, None),
    };
    let location = idle_at
        .and_then(|at| rest.get(at + 1..))
        .filter(|tail| !tail.is_empty())
        .map(|tail| tail.join(" "));
    Ok(Some(Session {
        this,
        line: line.number(number)?,
        name: format!("{kind} {unit}"),
        tty: (*unit).to_owned(),
        user: user.map(|u| (*u).to_owned()),
        host: host.map(|h| (*h).to_owned()),
        idle: idle_at.and_then(|at| rest.get(at)).map(|i| (*i).to_owned()),
        location,
    }))
}

/// `unknown      NETCONF(ONEP)      com.cisco.ne 00:00:49`.
fn peer(line: Line<'_>) -> Option<PeerSession> {
    let all = words(line.body());
    let idle_at = all.iter().rposition(|w| is_idle(w))?;
    let (before, after) = all.split_at_checked(idle_at)?;
    let [interface, user, mode @ ..] = before else {
        return None;
    };
    Some(PeerSession {
        interface: (*interface).to_owned(),
        user: (*user).to_owned(),
        mode: units::text(&mode.join(" ")),
        idle: after.first().map(|i| (*i).to_owned()),
        peer_address: after.get(1).map(|a| (*a).to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_location_and_no_user() {
        let value = parse(
            "    Line       User       Host(s)              Idle       Location\n\
             \x20  0 con 0                idle                 00:01:30\n\
             *  2 vty 0     admin      idle                 00:00:00\n\
             \x20                                                  host.example.com\n\
             \x20 Interface    User               Mode         Idle     Peer Address\n",
        )
        .unwrap();
        assert!(value.unknown.is_empty());
        let sessions = value.value.sessions;
        assert_eq!(sessions[0].user, None);
        assert_eq!(sessions[1].location.as_deref(), Some("host.example.com"));
        assert!(sessions[1].this);
    }
}
