//! What the tests of this crate share: evidence that is kept, watches, dialogues, images.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iosxe_core::device::Address;
use iosxe_core::ports::{AlgorithmProfile, Credential, Endpoint, Evidence, Jump, TransferWatch};
use iosxe_core::talk::{Dialogue, Input, Line, Move, Tick};

/// Evidence in memory.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Vec<String>>);

impl Kept {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

impl Evidence for Kept {
    fn received(&self, text: &str) {
        self.0.lock().unwrap().push(format!("< {text:?}"));
    }

    fn sent(&self, text: &str) {
        self.0.lock().unwrap().push(format!("> {text:?}"));
    }

    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(format!("- {text}"));
    }
}

/// A watch that counts, and can stop the transfer after some bytes.
#[derive(Debug, Default)]
pub struct Watch {
    pub moved: AtomicU64,
    pub calls: AtomicU64,
    pub stop: AtomicBool,
    pub stop_after: Option<u64>,
}

impl TransferWatch for Watch {
    fn moved(&self, bytes: u64, _total: u64) {
        assert!(bytes >= self.moved.load(Ordering::Relaxed));
        self.moved.store(bytes, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self
                .stop_after
                .is_some_and(|n| self.moved.load(Ordering::Relaxed) >= n)
    }
}

/// Types lines one by one, each after the text that it waits for.
pub struct Script {
    steps: std::vec::IntoIter<(String, Option<Line>)>,
    current: Option<(String, Option<Line>)>,
    pub heard: String,
    pub outcome: &'static str,
    bound: Duration,
}

impl Script {
    /// Waits for the first text, types the line, and so on; a step without a line ends it.
    pub fn new(steps: &[(&str, Option<Line>)]) -> Self {
        let steps: Vec<_> = steps
            .iter()
            .map(|(text, line)| ((*text).to_owned(), line.clone()))
            .collect();
        let mut steps = steps.into_iter();
        Self {
            current: steps.next(),
            steps,
            heard: String::new(),
            outcome: "not over",
            bound: Duration::from_secs(20),
        }
    }

    pub fn within(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    fn done(&mut self, outcome: &'static str) -> Move {
        self.outcome = outcome;
        Move::Done
    }
}

impl Dialogue for Script {
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move {
        match input {
            Input::Opened => {}
            Input::Text(text) => self.heard.push_str(text),
            Input::Silence => return self.done("silence"),
            Input::HungUp => return self.done("hung up"),
        }
        match self.current.take() {
            Some((text, line)) if self.heard.contains(&text) => {
                let at = self.heard.find(&text).unwrap() + text.len();
                self.heard.drain(..at);
                self.current = self.steps.next();
                match line {
                    Some(line) => Move::Send(line, now.plus(self.bound)),
                    None => self.done("done"),
                }
            }
            Some(step) => {
                self.current = Some(step);
                Move::Wait(now.plus(self.bound))
            }
            None => self.done("done"),
        }
    }
}

pub fn endpoint(address: Address, credential: Credential) -> Endpoint {
    Endpoint {
        device: "sw1".into(),
        address,
        credential,
        jumps: Vec::new(),
        profile: AlgorithmProfile::Modern,
    }
}

pub fn over(mut to: Endpoint, address: Address, credential: Credential) -> Endpoint {
    to.jumps.push(Jump {
        address,
        credential,
        profile: AlgorithmProfile::Modern,
    });
    to
}

/// A file of bytes that do not compress, the same for the same size.
pub fn image(dir: &Path, name: &str, size: usize) -> PathBuf {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(size);
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}
