//! Every parser of the registry: the first line of the input names the command, the rest is what the
//! device printed.

#![no_main]

use iosxe_drivers::parse::{commands, find};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (name, output) = text.split_once('\n').unwrap_or(("", &text));
    let chosen = name.bytes().fold(0usize, |sum, b| {
        sum.wrapping_mul(31).wrapping_add(usize::from(b))
    });
    let spec = find(name)
        .ok()
        .or_else(|| commands().get(chosen % commands().len()))
        .unwrap_or(&commands()[0]);
    let lines = output.split('\n').count();
    match spec.to_json(output) {
        Ok(parsed) => {
            for line in &parsed.unknown {
                assert!(
                    (1..=lines).contains(&line.number),
                    "{}: {line:?} of {lines}",
                    spec.name
                );
            }
        }
        Err(error) => {
            assert!(error.line <= lines, "{}: {error}", spec.name);
            assert!(
                error.line == 0 || error.column >= 1,
                "{}: {error}",
                spec.name
            );
            assert!(!error.to_string().is_empty());
        }
    }
    // A prompt behind the output is no part of it.
    if !output.trim_end().is_empty() && !output.trim_end().ends_with(['#', '>', '\u{7}']) {
        let plain = spec.to_json(output.trim_end());
        let prompted = spec.to_json(&format!("{}\nfuzz#", output.trim_end()));
        match (plain, prompted) {
            (Ok(a), Ok(b)) => assert_eq!(a.value, b.value, "{}", spec.name),
            (Err(a), Err(b)) => assert_eq!(a.kind, b.kind, "{}", spec.name),
            (a, b) => panic!("{}: {a:?} without and {b:?} with a prompt", spec.name),
        }
    }
});
