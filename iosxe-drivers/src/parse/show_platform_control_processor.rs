//! `show platform software status control-processor brief`: load and memory of each processor.
//!
//! Source: genieparser golden outputs of ISR and a Catalyst stack.
//!
//! ```text
//! Load Average
//!  Slot  Status  1-Min  5-Min 15-Min
//! 1-RP0 Healthy   0.26   0.35   0.33
//!
//! Memory (kB)
//!  Slot  Status    Total     Used (Pct)     Free (Pct) Committed (Pct)
//! 1-RP0 Healthy  4010000  2553084 (64%)  1456916 (36%)   3536536 (88%)
//!
//! CPU Utilization
//!  Slot  CPU   User System   Nice   Idle    IRQ   SIRQ IOwait
//! 1-RP0    0   3.89   2.09   0.00  93.80   0.00   0.19   0.00
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::words;
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// Health of a processor.
    Health {
        /// Good.
        Healthy = "Healthy",
        /// High.
        Warning = "Warning",
        /// Too high.
        Critical = "Critical",
        /// Not known yet.
        Unknown = "Unknown",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShowPlatformControlProcessor {
    /// Load averages.
    pub loads: Vec<Load>,
    /// Memory.
    pub memory: Vec<Memory>,
    /// Load of each core in percent.
    pub cores: Vec<Core>,
}

/// Load averages of one processor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// `RP0`, `1-RP0`.
    pub slot: String,
    /// Health.
    pub status: Health,
    /// Over a minute.
    pub one_minute: f64,
    /// Over five minutes.
    pub five_minutes: f64,
    /// Over fifteen minutes.
    pub fifteen_minutes: f64,
}

/// Memory of one processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// `RP0`.
    pub slot: String,
    /// Health.
    pub status: Health,
    /// In all.
    pub total_bytes: u64,
    /// Used.
    pub used_bytes: u64,
    /// Used in percent.
    pub used_percent: u32,
    /// Free.
    pub free_bytes: u64,
    /// Free in percent.
    pub free_percent: u32,
    /// Promised to processes.
    pub committed_bytes: u64,
    /// Promised in percent.
    pub committed_percent: u32,
}

/// Load of one core in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Core {
    /// `RP0`.
    pub slot: String,
    /// Its number.
    pub cpu: u32,
    /// Processes.
    pub user: f64,
    /// Kernel.
    pub system: f64,
    /// Processes of low priority.
    pub nice: f64,
    /// Nothing to do.
    pub idle: f64,
    /// Interrupts.
    pub irq: f64,
    /// Soft interrupts.
    pub sirq: f64,
    /// Waits for a disk.
    pub waiting: f64,
}

const IGNORED: &[Ignored] = &[
    ignored("Load Average", "heading"),
    ignored("Memory (kB)", "heading"),
    ignored("CPU Utilization", "heading"),
    ignored("Slot Status *", "heading"),
    ignored("Slot CPU *", "heading"),
];

/// Reads the command.
///
/// # Errors
/// On a malformed row, and when one of the three tables is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowPlatformControlProcessor>, ParseError> {
    let mut lines = Lines::new(
        "show platform software status control-processor brief",
        text,
    )?;
    let mut value = ShowPlatformControlProcessor::default();
    let mut slot = String::new();
    while let Some(line) = lines.next() {
        let all = words(line.body());
        match all.as_slice() {
            [
                place,
                status,
                total,
                used,
                used_p,
                free,
                free_p,
                committed,
                committed_p,
            ] if used_p.starts_with('(') && *place != "Slot" => {
                let bytes = |part: &str| -> Result<u64, ParseError> {
                    Ok(line.number::<u64>(part)?.saturating_mul(1024))
                };
                let percent = |part: &str| line.number(part.trim_matches(['(', ')', '%']));
                value.memory.push(Memory {
                    slot: (*place).to_owned(),
                    status: line.word(status)?,
                    total_bytes: bytes(total)?,
                    used_bytes: bytes(used)?,
                    used_percent: percent(used_p)?,
                    free_bytes: bytes(free)?,
                    free_percent: percent(free_p)?,
                    committed_bytes: bytes(committed)?,
                    committed_percent: percent(committed_p)?,
                });
            }
            [place, status, one, five, fifteen] if place.contains("RP") => {
                value.loads.push(Load {
                    slot: (*place).to_owned(),
                    status: line.word(status)?,
                    one_minute: line.number(one)?,
                    five_minutes: line.number(five)?,
                    fifteen_minutes: line.number(fifteen)?,
                });
            }
            // The slot stands on the row of its first core only.
            [
                before @ ..,
                cpu,
                user,
                system,
                nice,
                idle,
                irq,
                sirq,
                waiting,
            ] if before.len() <= 1 && cpu.bytes().all(|b| b.is_ascii_digit()) => {
                if let [place] = before {
                    (*place).clone_into(&mut slot);
                }
                value.cores.push(Core {
                    slot: slot.clone(),
                    cpu: line.number(cpu)?,
                    user: line.number(user)?,
                    system: line.number(system)?,
                    nice: line.number(nice)?,
                    idle: line.number(idle)?,
                    irq: line.number(irq)?,
                    sirq: line.number(sirq)?,
                    waiting: line.number(waiting)?,
                });
            }
            _ => lines.pass(line, IGNORED),
        }
    }
    if value.loads.is_empty() || value.memory.is_empty() || value.cores.is_empty() {
        return Err(lines.incomplete("the tables of load, memory and cores"));
    }
    Ok(lines.finish(value))
}
