//! `show redundancy`: both processors, their state and what they boot.
//!
//! Source: genieparser and ntc-templates golden outputs of ASR 1000, Catalyst 3850, 9400, 9500 and
//! StackWise Virtual (`Active Location = Switch 1`).
//!
//! ```text
//! Redundant System Information :
//! ------------------------------
//!        Available system uptime = 15 hours, 4 minutes
//!                  Hardware Mode = Duplex
//!     Configured Redundancy Mode = sso
//! Current Processor Information :
//! -------------------------------
//!                Active Location = slot 6
//!         Current Software state = ACTIVE
//! Peer (slot: 1) information is not available because it is in 'DISABLED' state
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// Whether a second processor is there.
    HardwareMode {
        /// One processor.
        Simplex = "Simplex",
        /// Two processors.
        Duplex = "Duplex",
    }
}

word_enum! {
    /// A redundancy mode.
    RedundancyMode {
        /// None.
        #[serde(rename = "non-redundant")]
        NonRedundant = "Non-redundant" | "Non Redundant",
        /// Stateful switchover.
        Sso = "sso",
        /// Route processor redundancy: the standby reloads to take over.
        Rpr = "rpr",
        /// RPR with a started standby.
        #[serde(rename = "rpr-plus")]
        RprPlus = "rpr-plus" | "rpr plus",
        /// Non-stop forwarding.
        Hsa = "hsa",
    }
}

word_enum! {
    /// Software state of a processor.
    SoftwareState {
        /// Runs the device.
        Active = "ACTIVE",
        /// Ready to take over with state.
        StandbyHot = "STANDBY HOT",
        /// Getting state.
        StandbyBulk = "STANDBY COLD-BULK" | "STANDBY COLD-FILESYS",
        /// Started without state.
        StandbyCold = "STANDBY COLD" | "STANDBY COLD-CONFIG",
        /// Starting.
        Init = "INIT" | "NEGOTIATION" | "INITIALIZATION",
        /// Not there.
        Disabled = "DISABLED",
    }
}

word_enum! {
    /// Whether the processors talk to each other.
    Communications {
        /// Yes.
        Up = "Up",
        /// No.
        Down = "Down",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowRedundancy {
    /// Since the system started; survives a switchover.
    pub uptime: Option<Elapsed>,
    /// Switchovers since then.
    pub switchovers: u64,
    /// How often the standby failed.
    pub standby_failures: u64,
    /// Why the last switchover happened; `None` for `none`.
    pub last_switchover_reason: Option<String>,
    /// One or two processors.
    pub hardware_mode: HardwareMode,
    /// Mode that is configured.
    pub configured_mode: RedundancyMode,
    /// Mode that works.
    pub operating_mode: RedundancyMode,
    /// Maintenance mode; `false` is good.
    pub maintenance_mode: Option<bool>,
    /// Whether the processors talk.
    pub communications: Communications,
    /// Why they do not.
    pub communications_reason: Option<String>,
    /// The active processor.
    pub current: Option<Processor>,
    /// The standby.
    pub peer: Option<Processor>,
    /// Why there is nothing about the peer: its state.
    pub peer_absent: Option<String>,
}

/// A duration with the parts that the device printed: old bugs show as parts that do not add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elapsed {
    /// All of it; a year has 365 days.
    pub total_s: u64,
    /// Whole years.
    pub years: u64,
    /// Weeks besides.
    pub weeks: u64,
    /// Days besides.
    pub days: u64,
    /// Hours besides.
    pub hours: u64,
    /// Minutes besides.
    pub minutes: u64,
}

/// One processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processor {
    /// `slot 6`, `Switch 1`.
    pub location: String,
    /// Number of the slot or switch.
    pub slot: Option<u32>,
    /// Its state.
    pub state: Option<SoftwareState>,
    /// Since it is in that state.
    pub uptime: Option<Elapsed>,
    /// Version of the image: `17.9.5`.
    pub version: Option<String>,
    /// Boot variable.
    pub boot: Option<String>,
    /// File system of its first entry.
    pub boot_file_system: Option<String>,
    /// File of its first entry.
    pub boot_file: Option<String>,
    /// Configuration file.
    pub config_file: Option<String>,
    /// Configuration register.
    pub config_register: Option<u32>,
    /// Fast switchover.
    pub fast_switchover: Option<bool>,
    /// Announces its addresses at once after a switchover.
    pub initial_garp: Option<bool>,
}

const IGNORED: &[Ignored] = &[
    ignored("Redundant System Information :", "heading"),
    ignored("Current Processor Information :", "heading"),
    ignored("Peer Processor Information :", "heading"),
    ignored("Technical Support: *", "belongs to the image line"),
    ignored("Copyright (c) *", "belongs to the image line"),
    ignored("Compiled *", "belongs to the image line"),
];

#[derive(Default)]
struct Draft {
    uptime: Option<Elapsed>,
    switchovers: Option<u64>,
    failures: Option<u64>,
    reason: Option<String>,
    hardware: Option<HardwareMode>,
    configured: Option<RedundancyMode>,
    operating: Option<RedundancyMode>,
    maintenance: Option<bool>,
    communications: Option<Communications>,
    communications_reason: Option<String>,
    processors: Vec<(bool, Processor, bool)>,
    absent: Option<String>,
}

/// Reads `show redundancy`.
///
/// # Errors
/// On a state or mode outside the legend, and when a section is missing or cut.
pub fn parse(text: &str) -> Result<Parsed<ShowRedundancy>, ParseError> {
    let mut lines = Lines::new("show redundancy", text)?;
    let mut draft = Draft::default();
    let mut peer_section = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            continue;
        }
        if line.starts("Peer Processor Information") {
            peer_section = true;
            continue;
        }
        if let Some([_, state]) =
            line.scan("Peer ({*}) information is not available because it is in '{*}' state")
        {
            draft.absent = Some(state.to_ascii_lowercase());
            continue;
        }
        let Some((key, text)) = pair(line.text, '=') else {
            lines.pass(line, IGNORED);
            continue;
        };
        if !field(&mut draft, line, key, text, peer_section)? {
            lines.pass(line, IGNORED);
        }
    }
    if peer_section && draft.processors.len() < 2 {
        return Err(lines.incomplete("the peer processor"));
    }
    if draft.processors.iter().any(|(_, _, complete)| !complete) {
        return Err(lines.incomplete("the BOOT variable of the processor"));
    }
    if draft
        .processors
        .iter()
        .any(|(_, processor, _)| processor.state.is_none())
    {
        return Err(lines.incomplete("the line `Current Software state`"));
    }
    let mut processors = draft.processors.into_iter();
    let current = processors.next().map(|(_, processor, _)| processor);
    let peer = processors.next().map(|(_, processor, _)| processor);
    if peer.is_none() && draft.absent.is_none() {
        return Err(lines.incomplete("the peer processor, or why it is not available"));
    }
    let value = ShowRedundancy {
        uptime: draft.uptime,
        switchovers: lines.need(draft.switchovers, "`Switchovers system experienced`")?,
        standby_failures: lines.need(draft.failures, "`Standby failures`")?,
        last_switchover_reason: draft.reason,
        hardware_mode: lines.need(draft.hardware, "`Hardware Mode`")?,
        configured_mode: lines.need(draft.configured, "`Configured Redundancy Mode`")?,
        operating_mode: lines.need(draft.operating, "`Operating Redundancy Mode`")?,
        maintenance_mode: draft.maintenance,
        communications: lines.need(draft.communications, "`Communications`")?,
        communications_reason: draft.communications_reason,
        current,
        peer,
        peer_absent: draft.absent,
    };
    Ok(lines.finish(value))
}

fn field(
    draft: &mut Draft,
    line: super::cursor::Line<'_>,
    key: &str,
    text: &str,
    peer_section: bool,
) -> Result<bool, ParseError> {
    match key {
        "Available system uptime" => draft.uptime = Some(elapsed(line, text)?),
        "Switchovers system experienced" => draft.switchovers = Some(line.number(text)?),
        "Standby failures" => draft.failures = Some(line.number(text)?),
        "Last switchover reason" => draft.reason = units::text(text).filter(|t| t != "none"),
        "Hardware Mode" => draft.hardware = Some(line.word(text)?),
        "Configured Redundancy Mode" => draft.configured = Some(line.word(text)?),
        "Operating Redundancy Mode" => draft.operating = Some(line.word(text)?),
        "Maintenance Mode" => draft.maintenance = Some(line.switch(text)?),
        "Communications" => {
            let (state, reason) = text.split_once("Reason:").unwrap_or((text, ""));
            draft.communications = Some(line.word(state.trim())?);
            draft.communications_reason = units::text(reason);
        }
        "Active Location" | "Standby Location" => {
            let slot = text.rsplit(' ').next().and_then(|n| n.parse().ok());
            draft.processors.push((
                peer_section,
                Processor {
                    location: text.to_owned(),
                    slot,
                    state: None,
                    uptime: None,
                    version: None,
                    boot: None,
                    boot_file_system: None,
                    boot_file: None,
                    config_file: None,
                    config_register: None,
                    fast_switchover: None,
                    initial_garp: None,
                },
                false,
            ));
        }
        _ => {
            let Some((_, processor, complete)) = draft.processors.last_mut() else {
                return Ok(false);
            };
            match key {
                "Current Software state" => processor.state = Some(line.word(text)?),
                "Uptime in current state" => processor.uptime = Some(elapsed(line, text)?),
                "Image Version" => {
                    processor.version = text
                        .split_once("Version ")
                        .and_then(|(_, tail)| tail.split([',', ' ']).next())
                        .and_then(units::text);
                }
                "BOOT" => {
                    processor.boot = units::text(text);
                    if let Some((file_system, file)) = super::show_boot::files(text)
                        .first()
                        .and_then(|entry| entry.split_once(':'))
                    {
                        processor.boot_file_system = units::text(file_system);
                        processor.boot_file = units::text(file.trim_start_matches('/'));
                    }
                }
                "CONFIG_FILE" => processor.config_file = units::text(text),
                "Configuration register" => processor.config_register = Some(line.hex(text)?),
                "Fast Switchover" => processor.fast_switchover = Some(line.switch(text)?),
                "Initial Garp" => processor.initial_garp = Some(line.switch(text)?),
                "BOOTLDR" => {}
                _ => return Ok(false),
            }
            // A variable that is there ends in `;`; what stands below it proves it, too.
            *complete |= match key {
                "BOOT" => text.ends_with(';'),
                _ => matches!(
                    key,
                    "CONFIG_FILE" | "Configuration register" | "Fast Switchover" | "Initial Garp"
                ),
            };
        }
    }
    Ok(true)
}

/// `1 year, 13 weeks, 6 days, 1 hour, 2 minutes`.
fn elapsed(line: super::cursor::Line<'_>, text: &str) -> Result<Elapsed, ParseError> {
    let mut elapsed = Elapsed {
        total_s: line.uptime(text)?,
        ..Elapsed::default()
    };
    for part in text.split(',') {
        let Some([count, unit]) = super::scan::scan("{#} {}", part) else {
            continue;
        };
        let slot = match unit.trim_end_matches('s') {
            "year" => &mut elapsed.years,
            "week" => &mut elapsed.weeks,
            "day" => &mut elapsed.days,
            "hour" => &mut elapsed.hours,
            _ => &mut elapsed.minutes,
        };
        *slot = line.number(count)?;
    }
    Ok(elapsed)
}
