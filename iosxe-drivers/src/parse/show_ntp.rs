//! `show ntp associations` and `show ntp status`: does the device have the right time?
//!
//! Source: genieparser golden outputs (associations); command reference (status).
//!
//! ```text
//!   address         ref clock       st   when   poll reach  delay  offset   disp
//! *~192.0.2.1       192.0.2.2        2    676   1024   377  0.117  -3.705  1.090
//!  * sys.peer, # selected, + candidate, - outlyer, x falseticker, ~ configured
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::words;
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// Whether the clock follows a server.
    NtpState {
        /// It does.
        Synchronized = "synchronized",
        /// It does not.
        Unsynchronized = "unsynchronized",
    }
}

word_enum! {
    /// What the device thinks of a server, as the mark in front says.
    PeerMode {
        /// `*`: followed.
        Synchronized = "*",
        /// `#`: selected.
        Selected = "#",
        /// `+`: could be followed.
        Candidate = "+",
        /// `-`: differs.
        Outlier = "-",
        /// `x`: lies.
        Falseticker = "x",
        /// No mark.
        Unused = "",
    }
}

/// The value of both commands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShowNtp {
    /// Servers (`associations`).
    pub associations: Vec<NtpAssociation>,
    /// The clock (`status`).
    pub clock: Option<NtpClock>,
}

/// The clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NtpClock {
    /// Whether it follows a server.
    pub state: NtpState,
    /// Distance from a reference clock.
    pub stratum: Option<u32>,
    /// Server that is followed.
    pub reference: Option<String>,
    /// Offset in milliseconds.
    pub offset_ms: Option<f64>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NtpAssociation {
    /// Its address.
    pub address: String,
    /// `~`: configured.
    pub configured: bool,
    /// What the device thinks of it.
    pub mode: PeerMode,
    /// What it follows.
    pub reference: String,
    /// Its stratum.
    pub stratum: u32,
    /// Seconds since it answered, as printed; `-` for never.
    pub when: String,
    /// Interval.
    pub poll_s: u32,
    /// Answers of the last eight polls, as an octal number in print.
    pub reach: u32,
    /// Delay in milliseconds.
    pub delay_ms: f64,
    /// Offset in milliseconds.
    pub offset_ms: f64,
    /// Dispersion in milliseconds.
    pub dispersion_ms: f64,
}

const IGNORED: &[Ignored] = &[
    ignored("address ref clock *", "heading"),
    ignored("nominal freq is *", "frequency of the oscillator"),
    ignored("ntp uptime is *", "statistics"),
    ignored(
        "reference time is *",
        "the state line tells whether it is right",
    ),
    ignored("root delay is *", "statistics"),
    ignored("root dispersion is *", "statistics"),
    ignored("loopfilter state is *", "statistics"),
    ignored("system poll interval is *", "statistics"),
    ignored("%NTP is not enabled.", "`clock` stays empty"),
];

/// Reads both commands.
///
/// # Errors
/// On a malformed row, and when neither a heading nor a state was printed.
pub fn parse(text: &str) -> Result<Parsed<ShowNtp>, ParseError> {
    let mut lines = Lines::new("show ntp associations", text)?;
    let mut value = ShowNtp::default();
    let mut headed = false;
    let mut legend = false;
    while let Some(line) = lines.next() {
        if line.starts("address") {
            headed = true;
        } else if line.body().contains("sys.peer") {
            legend = true;
        } else if let Some([state, rest]) = line.scan("Clock is {},~{*}") {
            let stratum = super::scan::scan("stratum {#}{*}", rest).map(|[s, _]: [&str; 2]| s);
            value.clock = Some(NtpClock {
                state: line.word(state)?,
                stratum: stratum.map(|s| line.number(s)).transpose()?,
                reference: rest
                    .split_once("reference is ")
                    .and_then(|(_, r)| super::units::text(r)),
                offset_ms: None,
            });
        } else if let (Some(clock), Some([offset, _])) = (
            value.clock.as_mut(),
            line.scan("clock offset is {} msec{*}"),
        ) {
            clock.offset_ms = Some(line.number(offset)?);
        } else if headed && let Some(row) = association(line)? {
            value.associations.push(row);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if headed && !legend {
        return Err(lines.incomplete("the legend under the table"));
    }
    Ok(lines.finish(value))
}

fn association(line: Line<'_>) -> Result<Option<NtpAssociation>, ParseError> {
    let all = words(line.body());
    let [
        address,
        reference,
        stratum,
        when,
        poll,
        reach,
        delay,
        offset,
        dispersion,
    ] = all.as_slice()
    else {
        return Ok(None);
    };
    let (mark, rest) = match address.as_bytes() {
        [b'*' | b'#' | b'+' | b'-' | b'x', ..] => {
            address.split_at_checked(1).unwrap_or(("", address))
        }
        _ => ("", *address),
    };
    let name = rest.trim_start_matches('~');
    Ok(Some(NtpAssociation {
        address: name.to_owned(),
        configured: name.len() < rest.len(),
        mode: line.word(mark)?,
        reference: (*reference).to_owned(),
        stratum: line.number(stratum)?,
        when: (*when).to_owned(),
        poll_s: line.number(poll)?,
        reach: line.number(reach)?,
        delay_ms: line.number(delay)?,
        offset_ms: line.number(offset)?,
        dispersion_ms: line.number(dispersion)?,
    }))
}
