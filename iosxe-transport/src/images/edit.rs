//! How does the catalogue's text change, and nothing else of it?

use super::Entry;

/// The text with one `[[image]]` put in place of the one of the same file, or at the end. Comments
/// behind an entry are taken for the next one's and stay.
pub(super) fn with_entry(text: &str, file: &str, block: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_header = |line: &str| line.trim_start().starts_with('[');
    let starts = (0..lines.len()).filter(|&n| {
        lines
            .get(n)
            .is_some_and(|l| l.trim().starts_with("[[image]]"))
    });
    for start in starts {
        let body = lines.iter().skip(start + 1);
        let length = body.clone().take_while(|l| !is_header(l)).count();
        let entry: Vec<&str> = body.take(length).copied().collect();
        let is_it = toml::from_str::<Entry>(&entry.join("\n")).is_ok_and(|e| e.file == file);
        if !is_it {
            continue;
        }
        let kept = entry
            .iter()
            .rev()
            .take_while(|l| l.trim().is_empty() || l.trim_start().starts_with('#'))
            .count();
        let before = lines.iter().take(start).copied();
        let after = lines.iter().skip(start + 1 + length - kept).copied();
        let mut out: Vec<&str> = before.chain(block.lines()).chain(after).collect();
        out.push("");
        return out.join("\n");
    }
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(block);
    out
}
