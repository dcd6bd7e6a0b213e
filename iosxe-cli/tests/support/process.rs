//! A process with its two streams, watched while it runs.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

use super::wait_for;

/// What a process wrote so far, and the thread that reads it.
#[derive(Debug)]
struct Stream {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn of(from: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(from).lines() {
                let Ok(line) = line else { return };
                let mut text = kept.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
            }
        });
        Self {
            text,
            reader: Some(reader),
        }
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.so_far()
    }
}

/// A command that runs; killed when the test gives up on it.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = Stream::of(child.stdout.take().unwrap());
        let stderr = Stream::of(child.stderr.take().unwrap());
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// What it said on standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// What it printed so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// Waits until it says something on standard error.
    pub(crate) fn wait_stderr(&self, part: &str) {
        wait_for(part, || self.stderr().contains(part));
    }

    /// Waits until it prints something.
    pub(crate) fn wait_stdout(&self, part: &str) {
        wait_for(part, || self.stdout().contains(part));
    }

    /// Its process number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let sent = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// SIGKILL at that moment, which must come while it runs.
    #[track_caller]
    pub(crate) fn kill_at(mut self, moment: &str, mut came: impl FnMut() -> bool) {
        wait_for(moment, || {
            let came = came();
            let ended = self.child.try_wait().unwrap();
            assert_eq!(ended, None, "ended before {moment}:\n{}", self.stderr());
            came
        });
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Ran {
        let mut status = None;
        wait_for("the command to end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        Ran {
            code: status.and_then(|s| s.code()).unwrap_or(-1),
            stdout: self.stdout.whole(),
            stderr: self.stderr.whole(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            eprintln!("killed; it had said:\n{}", self.stderr());
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit code; -1 for a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}\n{}", self.stdout, self.stderr))
    }

    /// The lines of JSON on standard output.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines.map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    /// The devices of the summary.
    #[track_caller]
    pub(crate) fn devices(&self) -> Vec<Value> {
        self.json()["devices"].as_array().unwrap().clone()
    }

    /// A device of the summary.
    #[track_caller]
    pub(crate) fn device(&self, name: &str) -> Value {
        let mut devices = self.devices().into_iter();
        devices.find(|d| d["name"] == name).unwrap()
    }

    /// The run that it tells of.
    #[track_caller]
    pub(crate) fn run_name(&self) -> String {
        self.json()["run"].as_str().unwrap().to_owned()
    }
}
