//! `parse COMMAND [FILE|-] [--lenient]`: prints one output of a device as JSON, as `iosxe parse`
//! does; a small stand-in for trying parsers by hand.

use std::io::{Read, Write};
use std::process::ExitCode;

use iosxe_drivers::parse;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let lenient = arguments.iter().any(|a| a == "--lenient");
    arguments.retain(|a| a != "--lenient" && a != "parse");
    let command = arguments.first().cloned().unwrap_or_default();
    let bytes = match arguments.get(1).map(String::as_str) {
        None | Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        Some(path) => std::fs::read(path),
    };
    let answer = bytes.map_err(|e| e.to_string()).and_then(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        let parsed = parse::to_json(&command, &text).map_err(|e| e.to_string())?;
        if parsed.unknown.is_empty() || lenient {
            serde_json::to_string(&parsed.value).map_err(|e| e.to_string())
        } else {
            let lines: Vec<String> = parsed
                .unknown
                .iter()
                .map(|line| format!("line {}: not recognised: `{}`", line.number, line.text))
                .collect();
            Err(lines.join("\n"))
        }
    });
    let (text, code, to_error) = match answer {
        Ok(text) => (text, ExitCode::SUCCESS, false),
        Err(text) => (text, ExitCode::from(2), true),
    };
    let written = if to_error {
        writeln!(std::io::stderr(), "{text}")
    } else {
        writeln!(std::io::stdout(), "{text}")
    };
    if written.is_err() {
        return ExitCode::FAILURE;
    }
    code
}
