//! `show upgrade progress` and `show upgrade fpd progress`: how far firmware is being written.
//!
//! Source: the table of the command reference (field-programmable devices). The words for a state
//! are not confirmed for IOS-XE, and not every platform has the command; unscored.
//!
//! ```text
//! FPD Image Upgrade Progress Table:
//! ==== =================== ====================================================
//!                                               Approx.
//!                          Field Programmable    Time     Elapsed
//! Slot Card Type           Device:"ID-Name"     Needed     Time     State
//! ==== =================== ================== ========== ========== ===========
//! 1    SPA-2XOC3-ATM       1-I/O FPGA           00:02:00   00:00:17 Updating...
//! ==== =================== ====================================================
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// Where the upgrade of one device stands.
    UpgradeState {
        /// Its turn has not come.
        Waiting = "Waiting" | "Pending",
        /// It is being written: the card must not lose power.
        Updating = "Updating" | "In progress" | "Upgrading",
        /// It is done.
        Completed = "Completed" | "Complete" | "Done" | "Success",
        /// It failed.
        Failed = "Failed" | "Failure",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowUpgradeProgress {
    /// Devices whose firmware is being upgraded; none when nothing is in progress.
    pub devices: Vec<UpgradingDevice>,
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradingDevice {
    /// Slot of the card.
    pub slot: String,
    /// `SPA-2XOC3-ATM 1-I/O FPGA`: card and device, as printed.
    pub device: String,
    /// How long it takes in all; `None` before it began.
    pub needed_s: Option<u64>,
    /// How long it has taken; `None` before it began.
    pub elapsed_s: Option<u64>,
    /// Where it stands.
    pub state: UpgradeState,
}

const IGNORED: &[Ignored] = &[
    ignored("FPD Image Upgrade Progress Table:*", "heading"),
    ignored("Approx.", "heading"),
    ignored("Field Programmable Time *", "heading"),
    ignored("Slot Card Type *", "heading"),
];

/// Reads `show upgrade progress`.
///
/// # Errors
/// When a time or a state is malformed, and when a table is not closed by its rule.
pub fn parse(text: &str) -> Result<Parsed<ShowUpgradeProgress>, ParseError> {
    let mut lines = Lines::new("show upgrade progress", text)?;
    let mut value = ShowUpgradeProgress::default();
    let mut idle = false;
    let mut closed = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            closed = !value.devices.is_empty();
        } else if line.starts("% There is no") || line.starts("No ") {
            // `% There is no FPD image upgrade in progress.`
            idle = true;
        } else if let Some(device) = row(line)? {
            closed = false;
            value.devices.push(device);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !closed && !idle {
        return Err(lines.incomplete("the rule below the table"));
    }
    Ok(lines.finish(value))
}

fn row(line: Line<'_>) -> Result<Option<UpgradingDevice>, ParseError> {
    let words: Vec<&str> = line.body().split_whitespace().collect();
    let is_time = |word: &&str| word.matches(':').count() == 2 && !word.contains('"');
    let Some(at) = words.iter().position(is_time) else {
        return Ok(None);
    };
    let (Some(before), Some([needed, elapsed, state @ ..])) = (words.get(..at), words.get(at..))
    else {
        return Err(line.bad(line.body(), "needed time, elapsed time and state"));
    };
    let [slot, device @ ..] = before else {
        return Err(line.bad(line.body(), "slot and device"));
    };
    let time = |text: &str| -> Result<Option<u64>, ParseError> {
        if text == "--:--:--" {
            Ok(None)
        } else {
            line.clock(text).map(Some)
        }
    };
    let state = state.join(" ");
    let state = state.trim_end_matches(['.', '!']);
    Ok(Some(UpgradingDevice {
        slot: (*slot).to_owned(),
        device: units::text(&device.join(" "))
            .ok_or_else(|| line.bad(line.body(), "the name of the device"))?,
        needed_s: time(needed)?,
        elapsed_s: time(elapsed)?,
        state: super::words::Word::read(state)
            .ok_or_else(|| line.bad(line.body(), <UpgradeState as super::words::Word>::EXPECTED))?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../../tests/outputs/show_upgrade_progress.txt");

    #[test]
    fn one_is_written_and_one_waits() {
        let parsed = parse(TEXT).unwrap();
        assert_eq!(parsed.unknown, []);
        let devices = parsed.value.devices;
        assert_eq!(
            (devices[0].slot.as_str(), devices[0].device.as_str()),
            ("1", "SPA-2XOC3-ATM 1-I/O FPGA")
        );
        assert_eq!(
            (devices[0].needed_s, devices[0].elapsed_s),
            (Some(120), Some(17))
        );
        assert_eq!(devices[0].state, UpgradeState::Updating);
        assert_eq!(
            (devices[1].state, devices[1].needed_s),
            (UpgradeState::Waiting, None)
        );
        let none = parse("% There is no FPD image upgrade in progress.\n").unwrap();
        assert!(none.value.devices.is_empty() && none.unknown.is_empty());
    }

    #[test]
    fn an_open_table_and_an_unknown_state_are_errors() {
        let end = TEXT.trim_end().rfind('\n').unwrap();
        assert!(parse(&TEXT[..end]).is_err());
        assert!(parse(&TEXT.replace("Waiting...", "Wandering")).is_err());
        assert!(parse("\n").is_err());
    }
}
