//! `show issu state detail`: may an in-service upgrade start, and how far is a running one?
//!
//! Three formats: the check table of Catalyst 9000 (16.9 and later), the running operation of the
//! install engine and of ASR 1000, and the per-slot list of Catalyst 6500.
//!
//! Source: genieparser golden outputs of Catalyst 9500/9600, ASR 1000, 6500.
//!
//! ```text
//! Current ISSU Status: Enabled
//! Previous ISSU Operation: Successful
//! =======================================================
//! System Check                        Status
//! -------------------------------------------------------
//! Platform ISSU Support               Yes
//! Operational Mode                    HA-REMOTE
//! =======================================================
//! No ISSU operation is in progress
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::pair;
use super::table::wide;
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// Whether an in-service upgrade may start.
    IssuStatus {
        /// It may.
        Enabled = "Enabled",
        /// It may not.
        Disabled = "Disabled",
        /// One is running.
        InProgress = "In Progress",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIssuState {
    /// Whether an operation runs: `No ISSU operation is in progress` is `false`.
    pub in_progress: bool,
    /// Whether one may start; old platforms do not say.
    pub status: Option<IssuStatus>,
    /// How the one before ended: `Successful`, `Failed`, `N/A`.
    pub previous_operation: Option<String>,
    /// The check table.
    pub checks: Option<Checks>,
    /// The running operation.
    pub operation: Option<IssuOperation>,
    /// Catalyst 6500: one entry per slot.
    pub slots: Vec<IssuSlot>,
}

/// What must be `true` before an in-service upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// The platform can do it.
    pub platform_support: Option<String>,
    /// The standby is there.
    pub standby_online: Option<String>,
    /// The device boots by itself.
    pub autoboot_enabled: Option<String>,
    /// Stateful switchover works.
    pub sso_mode: Option<String>,
    /// Booted from `packages.conf`.
    pub install_boot: Option<String>,
    /// Boots from internal flash.
    pub valid_boot_media: Option<String>,
    /// `HA-REMOTE`, `HA-STANDALONE`, `NONE`.
    pub operational_mode: Option<String>,
}

impl Checks {
    /// The checks that do not say `Yes`, by their names on the device, with what they say.
    pub fn failing(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("Platform ISSU Support", &self.platform_support),
            ("Standby Online", &self.standby_online),
            ("Autoboot Enabled", &self.autoboot_enabled),
            ("SSO Mode", &self.sso_mode),
            ("Install Boot", &self.install_boot),
            ("Valid Boot Media", &self.valid_boot_media),
        ]
        .into_iter()
        .map(|(name, says)| (name, says.as_deref().unwrap_or("not told")))
        .filter(|(_, says)| *says != "yes")
    }

    /// Whether every check says `Yes`.
    #[must_use]
    pub fn all_pass(&self) -> bool {
        self.failing().next().is_none()
    }
}

/// A running operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuOperation {
    /// Slot that is being changed.
    pub slot: Option<String>,
    /// When the version was loaded.
    pub loadversion_time: Option<String>,
    /// From where: `vty 0`.
    pub context: Option<String>,
    /// `loadversion`, `Commit R0`.
    pub last_operation: Option<String>,
    /// `automatic`, `inactive`.
    pub rollback_state: Option<String>,
    /// Why the rollback is inactive.
    pub rollback_detail: Option<String>,
    /// Time until the device goes back by itself.
    pub rollback_remaining_s: Option<u64>,
    /// Image of the rollback.
    pub rollback_image: Option<String>,
    /// Image that runs.
    pub running_image: Option<String>,
    /// `sso`.
    pub operating_mode: Option<String>,
    /// `terminal state reached`.
    pub terminal_state_reached: bool,
    /// Image that was added.
    pub added_image: Option<String>,
    /// Whether it is compatible.
    pub compatible: Option<bool>,
    /// `One-shot ISSU`.
    pub operation_type: Option<String>,
    /// `Image installation using ISSU`.
    pub install_type: Option<String>,
    /// `Activated state`.
    pub current_state: Option<String>,
    /// What was done.
    pub completed: Vec<CompletedOperation>,
    /// States that were passed.
    pub transitions: Vec<String>,
    /// `inactive`, or what the timer says.
    pub auto_abort_timer: Option<String>,
    /// Why it was aborted.
    pub abort_reason: Option<String>,
}

/// One operation that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedOperation {
    /// `Switchover`.
    pub name: String,
    /// When it began: `2025-07-01:07:38:19`.
    pub started: String,
}

/// One slot of a Catalyst 6500.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuSlot {
    /// Its number.
    pub slot: u32,
    /// `Active`, `Standby`.
    pub rp_state: Option<String>,
    /// `Init`, `Load Version`.
    pub issu_state: Option<String>,
    /// Boot variable.
    pub boot_variable: Option<String>,
    /// `sso`, `rpr`.
    pub operating_mode: Option<String>,
    /// Version to go to.
    pub primary_version: Option<String>,
    /// Version to go back to.
    pub secondary_version: Option<String>,
    /// Version that runs.
    pub current_version: Option<String>,
    /// Where variables are stored.
    pub variable_store: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored(
        "--- Starting local lock acquisition on *",
        "the command locks while it reads",
    ),
    ignored(
        "Finished local lock acquisition on *",
        "the command locks while it reads",
    ),
    ignored(
        "--- Starting installation state synchronization ---",
        "the command synchronises first",
    ),
    ignored(
        "Finished installation state synchronization",
        "the command synchronises first",
    ),
    ignored("System Check Status", "heading"),
    ignored("Operation Start time", "heading"),
    ignored("Name Compatible", "heading"),
    ignored("Completed operations:", "heading"),
];

/// Reads `show issu state detail`.
///
/// # Errors
/// On a status outside the legend, and when neither a state nor an operation is told.
pub fn parse(text: &str) -> Result<Parsed<ShowIssuState>, ParseError> {
    let mut lines = Lines::new("show issu state detail", text)?;
    let mut value = ShowIssuState::default();
    let mut idle = false;
    let mut added = false;
    while let Some(line) = lines.next() {
        if line.is("No ISSU operation is in progress") {
            idle = true;
        } else if let Some([status]) = line.scan("Current ISSU Status:~{*}") {
            value.status = Some(line.word(status)?);
        } else if let Some([text]) = line.scan("Previous ISSU Operation:~{*}") {
            value.previous_operation = units::text(text);
        } else if line.is("Added Image:") {
            added = true;
        } else if line.starts("--- Starting") || line.starts("Finished ") || line.is_rule() {
        } else if let Some((key, text)) = pair(line.text, '=').filter(|(k, _)| !k.is_empty()) {
            slot(&mut value, &mut lines, line, key, text)?;
        } else if operation(&mut value, line)? {
            added = false;
        } else {
            table(&mut value, &mut lines, line, added)?;
        }
    }
    value.in_progress = value.operation.is_some();
    if !idle && value.operation.is_none() && value.slots.is_empty() {
        return Err(lines.incomplete("`No ISSU operation is in progress`, or the operation"));
    }
    if value.slots.iter().any(|slot| slot.variable_store.is_none()) {
        return Err(lines.incomplete("the line `Variable Store`"));
    }
    if value
        .operation
        .as_ref()
        .is_some_and(|op| op.operating_mode.is_none())
    {
        return Err(lines.incomplete("the line `Operating mode`"));
    }
    Ok(lines.finish(value))
}

/// Rows of the tables: checks, added image, completed operations.
fn table<'a>(
    value: &mut ShowIssuState,
    lines: &mut Lines<'a>,
    line: Line<'a>,
    added: bool,
) -> Result<(), ParseError> {
    let cells = wide(line.text);
    let [name, text] = cells.as_slice() else {
        lines.pass(line, IGNORED);
        return Ok(());
    };
    let checks = value.checks.get_or_insert_default();
    let slot = match *name {
        "Platform ISSU Support" => &mut checks.platform_support,
        "Standby Online" => &mut checks.standby_online,
        "Autoboot Enabled" => &mut checks.autoboot_enabled,
        "SSO Mode" => &mut checks.sso_mode,
        "Install Boot" => &mut checks.install_boot,
        "Valid Boot Media" => &mut checks.valid_boot_media,
        "Operational Mode" => {
            checks.operational_mode = units::text(text);
            return Ok(());
        }
        _ => {
            if *checks == Checks::default() {
                value.checks = None;
            }
            return match value.operation.as_mut() {
                Some(operation) if !added && text.contains(':') && text.contains('-') => {
                    operation.completed.push(CompletedOperation {
                        name: (*name).to_owned(),
                        started: (*text).to_owned(),
                    });
                    Ok(())
                }
                _ if added && *name != "Name" => {
                    let operation = value.operation.get_or_insert_default();
                    operation.added_image = units::text(name);
                    operation.compatible = Some(line.switch(text)?);
                    Ok(())
                }
                _ => {
                    lines.pass(line, IGNORED);
                    Ok(())
                }
            };
        }
    };
    *slot = Some(if line.switch(text)? { "yes" } else { "no" }.to_owned());
    Ok(())
}

/// Lines of a running operation.
fn operation(value: &mut ShowIssuState, line: Line<'_>) -> Result<bool, ParseError> {
    let Some((key, text)) = line
        .body()
        .split_once(':')
        .map(|(k, t)| (k.trim(), t.trim()))
    else {
        return Ok(false);
    };
    let mut op = value.operation.clone().unwrap_or_default();
    match key {
        "Slot being modified" => op.slot = units::text(text),
        "Loadversion time" => {
            let (time, context) = text.split_once(" on ").unwrap_or((text, ""));
            op.loadversion_time = units::text(time);
            op.context = units::text(context);
        }
        "Last operation" => op.last_operation = units::text(text),
        "Rollback" => {
            let (state, detail) = text.split_once(',').unwrap_or((text, ""));
            op.rollback_state = units::text(state);
            match detail
                .trim()
                .strip_prefix("remaining time before rollback:")
            {
                Some(left) => op.rollback_remaining_s = Some(line.hms(left.trim())?),
                None => op.rollback_detail = units::text(detail),
            }
        }
        "Original (rollback) image" => op.rollback_image = units::text(text),
        "Running image" => op.running_image = units::text(text),
        "Operating mode" => {
            let (mode, state) = text.split_once(',').unwrap_or((text, ""));
            op.operating_mode = units::text(mode);
            op.terminal_state_reached = state.trim() == "terminal state reached";
        }
        "Operation type" => op.operation_type = units::text(text),
        "Install type" => op.install_type = units::text(text),
        "Current state" => op.current_state = units::text(text),
        "State transition" => {
            op.transitions = text.split("->").map(|s| s.trim().to_owned()).collect();
        }
        "Auto abort timer" => op.auto_abort_timer = units::text(text),
        "Abort Reason" => op.abort_reason = units::given(text),
        _ => return Ok(false),
    }
    value.operation = Some(op);
    Ok(true)
}

/// `       ISSU State = Init`.
fn slot<'a>(
    value: &mut ShowIssuState,
    lines: &mut Lines<'a>,
    line: Line<'a>,
    key: &str,
    text: &str,
) -> Result<(), ParseError> {
    if key == "Slot" {
        value.slots.push(IssuSlot {
            slot: line.number(text)?,
            ..IssuSlot::default()
        });
        return Ok(());
    }
    let Some(slot) = value.slots.last_mut() else {
        lines.unknown(line);
        return Ok(());
    };
    let field = match key {
        "RP State" => &mut slot.rp_state,
        "ISSU State" => &mut slot.issu_state,
        "Boot Variable" => &mut slot.boot_variable,
        "Operating Mode" => &mut slot.operating_mode,
        "Primary Version" => &mut slot.primary_version,
        "Secondary Version" => &mut slot.secondary_version,
        "Current Version" => &mut slot.current_version,
        "Variable Store" => &mut slot.variable_store,
        _ => {
            lines.unknown(line);
            return Ok(());
        }
    };
    *field = units::text(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_fails_blocks() {
        let text = "--- Starting local lock acquisition on R0 ---\nFinished local lock acquisition on R0\n\
            Current ISSU Status: Enabled\nPrevious ISSU Operation: N/A\n=====\nSystem Check          Status\n-----\n\
            Platform ISSU Support               Yes\nStandby Online                      Yes\n\
            Autoboot Enabled                    Yes\nSSO Mode                            Yes\n\
            Install Boot                        Yes\nValid Boot Media                    Yes\n\
            Operational Mode                    HA-REMOTE\n=====\nNo ISSU operation is in progress\n";
        let parsed = parse(text).unwrap();
        assert!(parsed.unknown.is_empty(), "{:?}", parsed.unknown);
        assert!(parsed.value.checks.unwrap().all_pass() && !parsed.value.in_progress);
        let bad = text.replace(
            "SSO Mode                            Yes",
            "SSO Mode                            No",
        );
        assert!(!parse(&bad).unwrap().value.checks.unwrap().all_pass());
        assert!(parse(text.split("No ISSU").next().unwrap()).is_err());
    }

    #[test]
    fn the_rollback_timer_of_a_running_one() {
        let text = "Slot being modified: R1\n  Loadversion time: 20180430 19:13:51 on vty 0\n  Last operation: loadversion\n\
            \x20 Rollback: automatic, remaining time before rollback: 00:29:53\n  Operating mode: sso, terminal state reached\n";
        let op = parse(text).unwrap().value.operation.unwrap();
        assert_eq!(op.rollback_remaining_s, Some(1793));
        assert!(op.terminal_state_reached);
    }
}
