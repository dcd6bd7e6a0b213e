//! `show memory statistics`: the pools of IOS.
//!
//! Source: genieparser golden outputs.
//!
//! ```text
//!                 Head    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)
//! Processor  FF86F21010   856541768   355116128   501425640   499097976   501041348
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowMemoryStatistics {
    /// Key of a trace, which some releases print first.
    pub trace_key: Option<String>,
    /// The pools.
    pub pools: Vec<MemoryPool>,
}

/// One pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryPool {
    /// `Processor`, `lsmpi_io`.
    pub name: String,
    /// Its address.
    pub head: String,
    /// Its size.
    pub total_bytes: u64,
    /// Used.
    pub used_bytes: u64,
    /// Free.
    pub free_bytes: u64,
    /// Smallest amount that was free.
    pub lowest_bytes: u64,
    /// Largest free block.
    pub largest_bytes: u64,
}

const IGNORED: &[Ignored] = &[ignored("Head Total(b) *", "heading")];

/// Reads `show memory statistics`.
///
/// # Errors
/// When there is no pool or a row is cut.
pub fn parse(text: &str) -> Result<Parsed<ShowMemoryStatistics>, ParseError> {
    let mut lines = Lines::new("show memory statistics", text)?;
    let mut value = ShowMemoryStatistics::default();
    while let Some(line) = lines.next() {
        if let Some([key]) = line.scan("Tracekey :~{*}") {
            value.trace_key = Some(key.to_owned());
        } else if let Some([name, head, total, used, free, lowest, largest]) =
            line.scan("{} {} {#} {#} {#} {#} {#}")
        {
            value.pools.push(MemoryPool {
                name: name.to_owned(),
                head: head.to_owned(),
                total_bytes: line.number(total)?,
                used_bytes: line.number(used)?,
                free_bytes: line.number(free)?,
                lowest_bytes: line.number(lowest)?,
                largest_bytes: line.number(largest)?,
            });
        } else if line.starts("Processor ") || line.starts("lsmpi_io") {
            return Err(line.bad(line.body(), "a pool in seven columns"));
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.pools.is_empty() {
        return Err(lines.incomplete("a pool"));
    }
    Ok(lines.finish(value))
}
