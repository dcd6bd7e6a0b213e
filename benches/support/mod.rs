//! What the benches share: how they are called, what machine this is, what a process used.
#![allow(dead_code, reason = "each bench uses its part")]

use std::path::Path;

/// Whether to measure. `cargo bench` says so; `cargo test --all-targets` does not, and wants to know
/// that the bench works, soon.
pub(crate) fn measures() -> bool {
    let said = |word: &str| std::env::args().any(|a| a == word);
    said("--bench") && !said("--test")
}

/// Prints what the figures hold for: processor, cores, memory, system, build.
pub(crate) fn print_machine() {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        text.lines()
            .find_map(|l| l.strip_prefix(name)?.split_once(':'))
            .map_or_else(|| "unknown".to_owned(), |(_, v)| v.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "machine: {}, {cores} cores, memory {}, Linux {}{}",
        field(&text("/proc/cpuinfo"), "model name"),
        field(&text("/proc/meminfo"), "MemTotal"),
        text("/proc/sys/kernel/osrelease").trim(),
        if cfg!(debug_assertions) {
            ", NOT an optimised build"
        } else {
            ""
        },
    );
}

/// Processor time in seconds that this process, and the children it waited for, have used.
pub(crate) fn processor_seconds() -> (f64, f64) {
    // Fields 14 to 17 of proc(5), in ticks; the second field is the name in parentheses.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(4)
        .map(|f| f.parse().unwrap())
        .collect();
    // 100 on every Linux of the last twenty years (`getconf CLK_TCK`).
    let second = 100.0;
    (
        (ticks[0] + ticks[1]) / second,
        (ticks[2] + ticks[3]) / second,
    )
}

/// Bytes of a field of `/proc/self/status`: `VmRSS`, what is resident now, or `VmHWM`, the most that
/// ever was.
pub(crate) fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix(field)?.strip_prefix(':'))
        .unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes * 1024
}

/// Writes a file of bytes that do not compress and are on disk when this returns.
pub(crate) fn write_image(path: &Path, size: u64) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).unwrap();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut left = size;
    while left > 0 {
        let mut block = Vec::with_capacity(1 << 20);
        while block.len() < 1 << 20 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block.extend(state.to_le_bytes());
        }
        let length = usize::try_from(left).map_or(block.len(), |l| l.min(block.len()));
        file.write_all(&block[..length]).unwrap();
        left -= length as u64;
    }
    file.sync_all().unwrap();
}

/// Nobody looks at the conversation.
#[derive(Debug)]
pub(crate) struct NoEvidence;

impl iosxe_core::ports::Evidence for NoEvidence {
    fn received(&self, _text: &str) {}
    fn sent(&self, _text: &str) {}
    fn note(&self, _text: &str) {}
}
