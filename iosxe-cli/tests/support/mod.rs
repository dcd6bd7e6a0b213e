//! The command as a person starts it, and a lab for it to work on.
//!
//! Every test has devices of its own: a lab of one or two is up in a few hundredths of a second,
//! and what one test leaves behind is no other's.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test program uses its part of what all of them share"
)]

mod process;
mod table;
mod terminal;
pub(crate) mod upgrades;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use iosxe_lab::{
    Base, Credentials, DeviceSpec, Event, EventKind, Fault, Lab, LabOptions, Topology,
};

use serde_json::Value;

pub(crate) use process::{Ran, Running};
pub(crate) use table::Table;
pub(crate) use terminal::Terminal;

/// Wall-clock bound of every wait, for a machine that is busy with other things: a test that needs
/// it is broken.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(10);

/// A rule that sends Catalyst 9300 to 17.12 by way of 17.9.
pub(crate) const VIA_17_9: &str = r#"
[[rule]]
id = "over_17_9"
severity = "block"
families = ["catalyst-9300"]
to = ">=17.10.1"
via = "17.9.4a"
text = "these switches take newer trains only from 17.9.4a"
source = "our change board"
"#;

/// Bytes of an image: real and hashed, but their number does not matter here.
pub(crate) const IMAGE_BYTES: u64 = 256 << 10;

/// A Catalyst 9300 that shall be upgraded.
pub(crate) fn c9300(name: &str) -> DeviceSpec {
    device(name, "C9300-48P")
}

/// The one with 24 ports.
pub(crate) fn c9300_24(name: &str) -> DeviceSpec {
    device(name, "C9300-24P")
}

/// Three Catalyst 9300 in one stack.
pub(crate) fn stack(name: &str) -> DeviceSpec {
    let mut spec = device(name, "C9300-24P");
    spec.members = 3;
    spec
}

/// A device on 17.09.04a that shall become 17.12.04.
pub(crate) fn device(name: &str, pid: &str) -> DeviceSpec {
    let mut spec = DeviceSpec::new(name, pid, "17.09.04a");
    spec.target_version = Some("17.12.04".into());
    spec
}

/// A fault of the lab at its usual moment.
pub(crate) fn fault(kind: &str) -> Fault {
    Fault {
        kind: kind.into(),
        at: String::new(),
        times: None,
    }
}

/// Waits until a condition holds.
pub(crate) fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < BOUND, "waited {BOUND:?} for {what}");
        std::thread::sleep(LOOK);
    }
}

/// A lab, its folder, and the command working in it.
#[derive(Debug)]
pub(crate) struct Bench {
    // Stops before the runtime that drives it and before its folder goes.
    lab: Lab,
    runtime: tokio::runtime::Runtime,
    dir: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Bench {
    /// A lab of these devices. Its inventory is the CSV file.
    pub(crate) fn new(devices: Vec<DeviceSpec>) -> Self {
        Self::with(devices, |_| {})
    }

    /// The same with other options.
    pub(crate) fn with(devices: Vec<DeviceSpec>, choose: impl FnOnce(&mut LabOptions)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = LabOptions::new(dir.path());
        options.topology = Some(Topology { device: devices });
        options.speed = 600.0;
        options.base = Base::Auto;
        options.port = 0;
        options.image_bytes = IMAGE_BYTES;
        choose(&mut options);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let lab = runtime.block_on(Lab::start(options)).unwrap();
        let bench = Self {
            lab,
            runtime,
            dir,
            environment: Vec::new(),
        };
        bench.configure(|text| text.replace("inventory.xlsx", "inventory.csv"));
        bench
    }

    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Sets a fault of the lab.
    pub(crate) fn set_fault(&self, device: &str, fault: Fault) {
        // Some strike at once, and what they begin is a task of the lab.
        let _guard = self.runtime.enter();
        self.lab.set_fault(device, fault).unwrap();
    }

    /// Runs something beside the lab until the test ends.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Waits for something of the lab's runtime.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Changes the configuration file.
    pub(crate) fn configure(&self, change: impl FnOnce(String) -> String) {
        self.write("iosxe.toml", change(self.read("iosxe.toml")));
    }

    /// Puts lines in front of the tables of the configuration file, or tables behind them.
    pub(crate) fn add_to_configuration(&self, text: &str) {
        self.configure(|old| format!("{old}\n{text}\n"));
    }

    /// The inventory as it stands.
    pub(crate) fn table(&self) -> Table {
        Table::read(&self.path("inventory.csv"))
    }

    /// Changes the inventory.
    pub(crate) fn edit(&self, change: impl FnOnce(&mut Table)) {
        let mut table = self.table();
        change(&mut table);
        table.write(&self.path("inventory.csv"));
    }

    /// The administrator of the devices.
    pub(crate) fn credentials(&self) -> Credentials {
        self.lab.credentials()
    }

    /// Sets or, without a value, takes away a variable of the command's environment.
    pub(crate) fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The command in the lab's folder, with the credentials of the lab, nothing from this process.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        let own = self.credentials();
        command
            .current_dir(self.dir.path())
            .env("IOSXE_USERNAME", own.username)
            .env("IOSXE_PASSWORD", own.password)
            .env("IOSXE_ENABLE", own.enable)
            .args(arguments);
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    /// Starts the command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.start(arguments).finish()
    }

    /// What the lab knows of a device.
    pub(crate) fn truth(&self, device: &str) -> Value {
        serde_json::from_str(&self.http("GET", &format!("/devices/{device}"))).unwrap()
    }

    /// What the control address answers.
    pub(crate) fn http(&self, method: &str, path: &str) -> String {
        let url = self.lab.control_url();
        let host = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {head}");
        body.to_owned()
    }

    /// Everything that happened in the lab.
    pub(crate) fn timeline(&self) -> Vec<Event> {
        self.lab.timeline(0)
    }

    /// Whether a device has done this.
    pub(crate) fn happened(&self, device: &str, kind: EventKind) -> bool {
        self.count(device, kind) > 0
    }

    /// How often a device has done this.
    pub(crate) fn count(&self, device: &str, kind: EventKind) -> usize {
        let events = self.timeline();
        events
            .iter()
            .filter(|e| e.device == device && e.kind == kind)
            .count()
    }

    /// How many commands that begin so a device has received.
    pub(crate) fn sent(&self, device: &str, command: &str) -> usize {
        let begins = |line: &Value| line.as_str().is_some_and(|l| l.starts_with(command));
        let events = self.timeline();
        events
            .iter()
            .filter(|e| e.device == device && e.kind == EventKind::Command)
            .filter(|e| e.detail.get("line").is_some_and(begins))
            .count()
    }

    /// Nobody knocked at any device.
    #[track_caller]
    pub(crate) fn assert_no_contact(&self) {
        let events = self.timeline();
        assert!(events.is_empty(), "somebody was there: {events:#?}");
    }

    /// No device was changed: logins, and commands that only read.
    #[track_caller]
    pub(crate) fn assert_only_read(&self) {
        self.assert_only_read_on(|_| true);
    }

    /// The same for some devices.
    #[track_caller]
    pub(crate) fn assert_only_read_on(&self, of: impl Fn(&str) -> bool) {
        for event in self.timeline().iter().filter(|e| of(&e.device)) {
            match event.kind {
                // What the test itself set.
                EventKind::Login | EventKind::Logout | EventKind::Fault => {}
                EventKind::Command => {
                    let line = event.detail["line"].as_str().unwrap_or_default();
                    assert!(only_reads(line), "{}: `{line}`", event.device);
                }
                _ => panic!("{} was changed: {event:#?}", event.device),
            }
        }
    }

    /// A text of the command without what differs from run to run.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for device in self.lab.devices() {
            text = text.replace(
                &device.address.to_string(),
                &format!("<address of {}>", device.name),
            );
        }
        let dir = self.dir.path();
        let resolved = dir.canonicalize().unwrap();
        for dir in [dir, resolved.as_path()] {
            text = text.replace(&format!("{}/", dir.display()), "");
            text = text.replace(&dir.display().to_string(), "<folder>");
        }
        redact(&text)
    }

    /// How a command ended, in words: its exit code, the faults of its summary, and what it said
    /// to a person where there is no summary.
    pub(crate) fn told(&self, ran: &Ran) -> String {
        let mut text = format!("exit {}\n", ran.code);
        if ran.stdout.is_empty() {
            text.push_str(&ran.stderr);
        } else {
            for device in ran.devices() {
                text.push_str(&in_words(&device));
            }
        }
        self.redact(text.trim_end())
    }
}

fn in_words(device: &serde_json::Value) -> String {
    let word = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let head = format!(
        "{}: {} in {}",
        word(&device["name"]),
        word(&device["outcome"]),
        word(&device["stage"])
    );
    let fault = &device["fault"];
    if fault.is_null() {
        return head + "\n";
    }
    format!(
        "{head}: {} [{}]\n  next: {}\n",
        word(&fault["message"]),
        word(&fault["code"]),
        word(&fault["remedy"])
    )
}

/// The command, nothing of this process's environment that it would heed.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iosxe"));
    for name in [
        "IOSXE_CONFIG",
        "IOSXE_LOG",
        "IOSXE_USERNAME",
        "IOSXE_PASSWORD",
        "IOSXE_ENABLE",
        "IOSXE_SNMP_COMMUNITY",
        "IOSXE_SNMP_USER",
        "IOSXE_SNMP_AUTH",
        "IOSXE_SNMP_PRIV",
        "IOSXE_SNMP_HASH",
        "SUDO_USER",
    ] {
        command.env_remove(name);
    }
    command.env("USER", "tester").env("TZ", "UTC");
    command
}

/// Runs the command in a folder, without a lab.
pub(crate) fn run_in(dir: &Path, arguments: &[&str]) -> Ran {
    let mut command = program();
    command.current_dir(dir).args(arguments);
    Running::start(command).finish()
}

/// Commands of the device that change nothing on it.
pub(crate) fn only_reads(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    [
        "show", "dir", "terminal", "verify", "more", "enable", "exit", "",
    ]
    .contains(&first)
}

/// Hides clock times, names of runs, process numbers, digests and fingerprints.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        for (number, word) in line.split(' ').enumerate() {
            if number > 0 {
                out.push(' ');
            }
            out.push_str(&redact_word(word));
        }
    }
    after(&out, "pid ", |c| c.is_ascii_digit(), "<pid>")
}

fn redact_word(word: &str) -> String {
    let shape: String = word
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect();
    let core = shape.trim_end_matches([':', '.', ',', ';', ')']);
    let rest = &word[core.len()..];
    let digest = core.trim_end_matches('…');
    let hidden = match core {
        _ if digest.len() >= 16
            && word
                .bytes()
                .take(digest.len())
                .all(|b| b.is_ascii_hexdigit()) =>
        {
            "<digest>"
        }
        "99:99:99" => "<time>",
        "9999-99-99" => "<date>",
        _ if core.starts_with("99999999-999999-") => "<run>",
        _ => {
            return after(
                word,
                "SHA256:",
                |c| c.is_ascii_alphanumeric() || "+/=".contains(c),
                "<key>",
            );
        }
    };
    format!("{hidden}{rest}")
}

/// Replaces what follows a mark, as long as its characters belong to it.
fn after(text: &str, mark: &str, belongs: impl Fn(char) -> bool, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(mark) {
        let (head, tail) = rest.split_at(at + mark.len());
        out.push_str(head);
        rest = tail.trim_start_matches(&belongs);
        if rest.len() < tail.len() {
            out.push_str(with);
        }
    }
    out + rest
}
