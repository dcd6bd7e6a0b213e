//! `show processes memory [sorted]`: memory of IOS and its processes.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! Processor Pool Total: 1371713468 Used:  314300744 Free: 1057412724
//!  PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process
//!    0   0  300693520   48258952  232782240          0          0 *Init*
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::words;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowProcessesMemory {
    /// The pools.
    pub pools: Vec<Pool>,
    /// The processes.
    pub processes: Vec<MemoryProcess>,
    /// What all hold.
    pub held_bytes: Option<u64>,
}

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// `Processor`, `lsmpi_io`, `reserve P`.
    pub name: String,
    /// Its size.
    pub total_bytes: u64,
    /// Used.
    pub used_bytes: u64,
    /// Free.
    pub free_bytes: u64,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryProcess {
    /// Its number.
    pub pid: u32,
    /// Line it works for.
    pub tty: u32,
    /// Ever taken.
    pub allocated_bytes: u64,
    /// Ever given back.
    pub freed_bytes: u64,
    /// Held.
    pub holding_bytes: u64,
    /// Buffers taken.
    pub get_buffers: u64,
    /// Buffers given back.
    pub return_buffers: u64,
    /// Its name.
    pub name: String,
}

const IGNORED: &[Ignored] = &[ignored("PID TTY Allocated *", "heading")];

/// Reads `show processes memory`.
///
/// # Errors
/// On a malformed row, and when there is no pool.
pub fn parse(text: &str) -> Result<Parsed<ShowProcessesMemory>, ParseError> {
    let mut lines = Lines::new("show processes memory", text)?;
    let mut value = ShowProcessesMemory::default();
    while let Some(line) = lines.next() {
        if let Some([name, total, used, free]) =
            line.scan("{*} Pool Total:~{#} Used:~{#} Free:~{#}")
        {
            value.pools.push(Pool {
                name: name.to_owned(),
                total_bytes: line.number(total)?,
                used_bytes: line.number(used)?,
                free_bytes: line.number(free)?,
            });
        } else if let Some([held]) = line.scan("{#} Total") {
            value.held_bytes = Some(line.number(held)?);
        } else if line.body().starts_with(|c: char| c.is_ascii_digit()) {
            let all = words(line.body());
            let [pid, tty, allocated, freed, holding, get, back, name @ ..] = all.as_slice() else {
                return Err(line.bad(line.body(), "a process in eight columns"));
            };
            value.processes.push(MemoryProcess {
                pid: line.number(pid)?,
                tty: line.number(tty)?,
                allocated_bytes: line.number(allocated)?,
                freed_bytes: line.number(freed)?,
                holding_bytes: line.number(holding)?,
                get_buffers: line.number(get)?,
                return_buffers: line.number(back)?,
                name: name.join(" "),
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.pools.is_empty() && value.processes.is_empty() {
        return Err(lines.incomplete("a pool"));
    }
    Ok(lines.finish(value))
}
