//! What every parser owes its caller, for every command of the registry, over outputs of our own
//! making (`tests/outputs/COMMAND[.VARIANT].txt`): no line of them is unknown; what a session puts
//! around and between the lines changes nothing; a cut is an error, or the text says the same
//! without what was cut.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests: what is wrong ends the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use iosxe_drivers::parse::{CommandSpec, ParsedJson, commands};
use proptest::prelude::*;

/// Commands whose list has no end that could be missed: one row less is a valid output of one part
/// less. Callers learn of a cut from the prompt, which the session waits for (`Console`), and
/// compare what counts with a second command.
const OPEN_LISTS: &[&str] = &[
    "reload",
    "show archive",
    "show archive config differences",
    "show boot",
    "show boot system",
    "show bootvar",
    "show cdp neighbors",
    "show cdp neighbors detail",
    "show environment",
    "show environment all",
    "show etherchannel summary",
    "show file information",
    "show file systems",
    "show firmware version all",
    "show hw-programmable all",
    "show install log",
    "show install package",
    "show install rollback",
    "show install version",
    "show interfaces",
    "show interfaces description",
    "show interfaces status",
    "show interfaces summary",
    "show inventory",
    "show ip bgp summary",
    "show ip eigrp neighbors",
    "show ip interface brief",
    "show ip ospf neighbor",
    "show ip ssh",
    "show isis neighbors",
    "show license",
    "show license summary",
    "show lldp neighbors",
    "show logging",
    "show ntp associations",
    "show platform",
    "show platform software status control-processor brief",
    "show power inline",
    "show processes cpu",
    "show processes memory",
    "show redundancy switchover history",
    "show reload",
    "show rom-monitor",
    "show romvar",
    "show sdwan software",
    "show stack-power",
    "show standby brief",
    "show switch",
    "show switch detail",
    "show switch stack-ports summary",
    "show users",
    "show version",
    "show version RP",
    "show version running",
    "show vrrp brief",
];

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.trim_matches('_').to_owned()
}

/// Command, file name and text of every output.
fn outputs() -> Vec<(&'static CommandSpec, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outputs");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let stem = name.split('.').next().unwrap();
            let spec = commands()
                .iter()
                .find(|spec| slug(spec.name) == stem)
                .unwrap_or_else(|| panic!("{name} is the output of no command"));
            (spec, name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn read(spec: &CommandSpec, name: &str, text: &str) -> ParsedJson {
    spec.to_json(text)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_command_has_an_output_that_is_read_to_the_last_line() {
    let outputs = outputs();
    for spec in commands() {
        assert!(
            outputs.iter().any(|(with, _, _)| with.name == spec.name),
            "no output of {}",
            spec.name
        );
    }
    for (spec, name, text) in &outputs {
        assert_eq!(read(spec, name, text).unknown, [], "{name}");
    }
}

#[test]
fn line_ends_prompts_and_blank_lines_change_nothing() {
    for (spec, name, text) in &outputs() {
        let whole = read(spec, name, text).value;
        let bare = text.trim_end().to_owned();
        let variants = [
            ("CRLF", text.replace('\n', "\r\n")),
            ("CR CR LF", text.replace('\n', "\r\r\n")),
            ("no line end", bare.clone()),
            ("a prompt", format!("{bare}\nsw1#")),
            ("a prompt with a bell", format!("{bare}\nsw1#\u{7}")),
            ("a prompt and blanks", format!("\n{bare}\n\nsw1#\n\n")),
            ("blank lines between", bare.replace('\n', "\n\n")),
            ("trailing blanks", bare.replace('\n', "   \n")),
            (
                "time stamps in front",
                format!(
                    "Load for five secs: 2%/0%; one minute: 1%; five minutes: 1%\n\
                     Time source is NTP, 05:47:45.686 EST Thu Jun 6 2019\n{text}"
                ),
            ),
            ("an echo", format!("sw1#{}\n{text}", spec.name)),
        ];
        for (what, variant) in variants {
            // In these the blank lines and the trailing blanks are content.
            if spec.name == "show archive config differences" && what.contains("blank") {
                continue;
            }
            let parsed = read(spec, &format!("{name} with {what}"), &variant);
            assert_eq!(parsed.value, whole, "{name} with {what}");
            assert_eq!(parsed.unknown, [], "{name} with {what}");
        }
    }
}

#[test]
fn log_lines_between_any_two_lines_change_nothing() {
    const LOGS: [&str; 3] = [
        "*Jan 29 08:17:01.416: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (10.0.0.1)",
        "Oct  3 2023 10:00:00.123 UTC: %LINK-3-UPDOWN: Interface GigabitEthernet1/0/1, changed state to down",
        ".Nov  1 00:00:00: %PMAN-SW1-5-EXITACTION: R0/0: pvp: Process manager is exiting: reload",
    ];
    for (spec, name, text) in &outputs() {
        if spec.name == "show logging" || spec.name == "show archive config differences" {
            continue;
        }
        let whole = read(spec, name, text).value;
        let lines: Vec<&str> = text.lines().collect();
        for at in 0..=lines.len() {
            let log = LOGS[at % LOGS.len()];
            let mut noisy = lines.clone();
            noisy.insert(at, log);
            let parsed = read(spec, &format!("{name}, log at {at}"), &noisy.join("\n"));
            assert_eq!(parsed.value, whole, "{name}, log at {at}");
            assert_eq!(parsed.unknown, [], "{name}, log at {at}");
        }
    }
}

/// What a cut does.
enum Cut {
    /// It is an error, or changes nothing.
    Seen,
    /// A line is reported as unknown.
    Unknown,
    /// Nothing tells that the value is another one.
    Silent,
}

fn cut(spec: &CommandSpec, text: &str, at: usize, whole: &ParsedJson) -> Cut {
    match spec.to_json(&text[..at]) {
        Err(_) => Cut::Seen,
        Ok(parsed) if parsed.value == whole.value => Cut::Seen,
        Ok(parsed) if !parsed.unknown.is_empty() => Cut::Unknown,
        Ok(_) => Cut::Silent,
    }
}

/// Cuts that nothing tells of, as `name:line`, with the rest of the line that is missing.
fn silent(spec: &CommandSpec, name: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let whole = read(spec, name, text);
    let body = text.trim_end();
    // Within the last line a cut is a shorter last word: only the prompt behind it could tell.
    let last = body.rfind('\n').map_or(0, |at| at + 1);
    let step = if body.len() > 4000 { 7 } else { 1 };
    let (mut between, mut within) = (Vec::new(), Vec::new());
    for at in (0..last).filter(|at| text.is_char_boundary(*at)) {
        let boundary = text[..at].ends_with('\n') || text[at..].starts_with('\n');
        if !boundary && at % step != 0 {
            continue;
        }
        if matches!(cut(spec, text, at, &whole), Cut::Silent) {
            let line = text[..at].matches('\n').count() + 1;
            let tail: String = text[at..].chars().take_while(|c| *c != '\n').collect();
            let report = format!("{name}:{line}: before `{tail}`");
            if boundary { &mut between } else { &mut within }.push(report);
        }
    }
    (between, within)
}

#[test]
fn a_cut_output_is_an_error_unless_its_list_has_no_end() {
    let mut silent_cuts = Vec::new();
    for (spec, name, text) in &outputs() {
        if OPEN_LISTS.contains(&spec.name) {
            continue;
        }
        let (between, within) = silent(spec, name, text);
        silent_cuts.extend(between.into_iter().chain(within).take(4));
    }
    assert!(
        silent_cuts.is_empty(),
        "{} silent cuts:\n{}",
        silent_cuts.len(),
        silent_cuts.join("\n")
    );
}

#[test]
fn every_open_list_is_one() {
    let outputs = outputs();
    let mut closed = Vec::new();
    for command in OPEN_LISTS {
        let open = outputs
            .iter()
            .filter(|(spec, _, _)| spec.name == *command)
            .any(|(spec, name, text)| {
                let (between, within) = silent(spec, name, text);
                !between.is_empty() || !within.is_empty()
            });
        if !open {
            closed.push(command);
        }
    }
    assert!(closed.is_empty(), "these have an end: {closed:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any change of a few bytes is answered, with lines that exist.
    #[test]
    fn damage_is_answered(at in 0.0..1.0f64, length in 0usize..60, junk in "(?s).{0,12}") {
        for (spec, name, text) in &outputs() {
            let floor = |mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a small text")]
            let start = floor((at * text.len() as f64) as usize);
            let end = floor(start + length);
            let damaged = format!("{}{junk}{}", &text[..start], &text[end..]);
            let lines = damaged.split('\n').count();
            match spec.to_json(&damaged) {
                Ok(parsed) => prop_assert!(
                    parsed.unknown.iter().all(|line| (1..=lines).contains(&line.number)),
                    "{}", name
                ),
                Err(error) => prop_assert!(error.line <= lines, "{}: {}", name, error),
            }
        }
    }
}

/// The same cuts over real captures, where they are at hand: a folder per command, each capture
/// `NAME.txt` beside `NAME.json` with its `command`. Prints, per command, how many captures have cuts
/// that nothing tells of; fails on a panic only.
#[test]
#[ignore = "needs a folder of captures: IOSXE_CORPUS=FOLDER"]
fn captures_cut_anywhere_are_answered() {
    let root = std::env::var("IOSXE_CORPUS").expect("IOSXE_CORPUS names a folder of captures");
    let mut totals = std::collections::BTreeMap::<&str, (usize, usize, Vec<String>)>::new();
    for folder in fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(files) = fs::read_dir(&folder) else {
            continue;
        };
        for path in files.map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            let meta: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let command = meta["command"].as_str().unwrap();
            let end = command.find([' ', '/']).map_or(command.len(), |_| {
                command
                    .find(" [")
                    .or_else(|| command.find(" <"))
                    .or_else(|| command.find('/'))
                    .unwrap_or(command.len())
            });
            let Ok(spec) = iosxe_drivers::parse::find(command[..end].trim()) else {
                continue;
            };
            let bytes = fs::read(path.with_extension("txt")).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if spec.to_json(&text).is_err() {
                continue;
            }
            let name = path.file_stem().unwrap().to_str().unwrap();
            let (between, within) = silent(spec, name, &text);
            let total = totals.entry(spec.name).or_default();
            total.0 += 1;
            total.1 += usize::from(!between.is_empty() || !within.is_empty());
            total.2.extend(within.into_iter().chain(between).take(2));
        }
    }
    for (command, (captures, silent, examples)) in &totals {
        if *silent > 0 {
            println!("{command}: {silent} of {captures}");
            for example in examples.iter().take(4) {
                println!("    {example}");
            }
        }
    }
    assert!(!totals.is_empty());
}
