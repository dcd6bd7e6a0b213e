//! `show processes cpu [sorted|platform]`: load of the control plane.
//!
//! Source: genieparser and ntc-templates golden outputs of IOS-XE 3.x to 17.x and classic IOS.
//!
//! ```text
//! CPU utilization for five seconds: 4%/0%; one minute: 6%; five minutes: 5%
//!  PID Runtime(ms)   Invoked      uSecs   5Sec   1Min   5Min TTY Process
//!    1           0        22          0  0.00%  0.00%  0.00%   0 Chunk Manager
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{scan, words};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShowProcessesCpu {
    /// Load of all cores in percent.
    pub total: Option<CpuLoad>,
    /// Load of each core.
    pub cores: Vec<CpuLoad>,
    /// Processes of IOS.
    pub processes: Vec<CpuProcess>,
    /// Processes of Linux (`platform`).
    pub platform: Vec<PlatformProcess>,
}

/// Load in percent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuLoad {
    /// Number of the core.
    pub core: Option<u32>,
    /// Over five seconds.
    pub five_seconds: u32,
    /// Of these, in interrupts.
    pub interrupts: Option<u32>,
    /// Over a minute.
    pub one_minute: u32,
    /// Over five minutes.
    pub five_minutes: u32,
}

/// One process of IOS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CpuProcess {
    /// Its number.
    pub pid: u32,
    /// Time it ran.
    pub runtime_ms: u64,
    /// How often it ran.
    pub invoked: u64,
    /// Microseconds per run.
    pub per_run_us: u64,
    /// Percent over five seconds.
    pub five_seconds: f64,
    /// Percent over a minute.
    pub one_minute: f64,
    /// Percent over five minutes.
    pub five_minutes: f64,
    /// Line it works for.
    pub tty: u32,
    /// Its name.
    pub name: String,
}

/// One process of Linux.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformProcess {
    /// Its number.
    pub pid: u32,
    /// Number of its parent.
    pub parent: u32,
    /// Percent over five seconds.
    pub five_seconds: u32,
    /// Percent over a minute.
    pub one_minute: u32,
    /// Percent over five minutes.
    pub five_minutes: u32,
    /// `S`, `R`.
    pub status: String,
    /// Its memory.
    pub size_bytes: u64,
    /// Its name.
    pub name: String,
}

const IGNORED: &[Ignored] = &[
    ignored("PID Runtime(ms) *", "heading"),
    ignored("Pid PPid *", "heading"),
];

/// Reads `show processes cpu`.
///
/// # Errors
/// On a malformed row, and when nothing was told.
pub fn parse(text: &str) -> Result<Parsed<ShowProcessesCpu>, ParseError> {
    let mut lines = Lines::new("show processes cpu", text)?;
    let mut value = ShowProcessesCpu::default();
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some(load) = load(line)? {
            match load.core {
                Some(_) => value.cores.push(load),
                None => value.total = Some(load),
            }
        } else if line.body().starts_with(|c: char| c.is_ascii_digit()) {
            row(&mut value, line)?;
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.total.is_none() && value.cores.is_empty() && value.processes.is_empty() {
        return Err(lines.incomplete("the line `CPU utilization`"));
    }
    Ok(lines.finish(value))
}

fn load(line: Line<'_>) -> Result<Option<CpuLoad>, ParseError> {
    let body = line.body();
    let (core, rest) = match scan("Core {#}: {*}", body) {
        Some([core, rest]) => (Some(line.number(core)?), rest),
        None => (None, body),
    };
    let Some(rest) = rest.strip_prefix("CPU utilization for five seconds:") else {
        return Ok(None);
    };
    let mut parts = rest
        .split([';', ','])
        .map(|part| part.rsplit(':').next().unwrap_or(part));
    let mut next = || parts.next().map(str::trim).unwrap_or("");
    let (five, one, all) = (next(), next(), next());
    let (five, interrupts) = five
        .split_once('/')
        .map_or((five, None), |(a, b)| (a, Some(b)));
    let percent = |text: &str| line.number(text.trim().trim_end_matches('%'));
    Ok(Some(CpuLoad {
        core,
        five_seconds: percent(five)?,
        interrupts: interrupts.map(percent).transpose()?,
        one_minute: percent(one)?,
        five_minutes: percent(all)?,
    }))
}

fn row(value: &mut ShowProcessesCpu, line: Line<'_>) -> Result<(), ParseError> {
    let all = words(line.body());
    match all.as_slice() {
        [pid, parent, five, one, minutes, status, size, name @ ..]
            if status.bytes().all(|b| b.is_ascii_alphabetic()) && !name.is_empty() =>
        {
            let percent = |text: &str| line.number(text.trim_end_matches('%'));
            value.platform.push(PlatformProcess {
                pid: line.number(pid)?,
                parent: line.number(parent)?,
                five_seconds: percent(five)?,
                one_minute: percent(one)?,
                five_minutes: percent(minutes)?,
                status: (*status).to_owned(),
                size_bytes: line.number(size)?,
                name: name.join(" "),
            });
        }
        [
            pid,
            runtime,
            invoked,
            per_run,
            five,
            one,
            minutes,
            tty,
            name @ ..,
        ] if !name.is_empty() => {
            let percent = |text: &str| line.number(text.trim_end_matches('%'));
            value.processes.push(CpuProcess {
                pid: line.number(pid)?,
                runtime_ms: line.number(runtime)?,
                invoked: line.number(invoked)?,
                per_run_us: line.number(per_run)?,
                five_seconds: percent(five)?,
                one_minute: percent(one)?,
                five_minutes: percent(minutes)?,
                tty: line.number(tty)?,
                name: name.join(" "),
            });
        }
        _ => return Err(line.bad(line.body(), "a process in nine columns")),
    }
    Ok(())
}
