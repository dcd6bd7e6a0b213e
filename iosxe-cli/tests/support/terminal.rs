//! The command on a terminal, by `script` of util-linux.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::{Ran, wait_for};

/// A command that runs on a terminal; killed when the test gives up on it.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    keys: ChildStdin,
    seen: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// A word of a shell's line.
fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''"))
}

impl Terminal {
    /// Starts a command on a terminal of so many columns; says so where there is no `script`.
    pub(crate) fn start(command: &Command, columns: u16) -> Option<Self> {
        let there = Command::new("script").arg("--version").output();
        if !there.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("util-linux")) {
            eprintln!("skipped: there is no `script` of util-linux to make a terminal with");
            return None;
        }
        let words: Vec<String> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(quoted)
            .collect();
        let line = format!("stty cols {columns} rows 50; exec {}", words.join(" "));
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]);
        script.current_dir(command.get_current_dir().unwrap());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .env("NO_COLOR", "1");
        let mut child = script
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let keys = child.stdin.take().unwrap();
        let mut screen = child.stdout.take().unwrap();
        let seen = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&seen);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = screen.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..read]);
                kept.lock().unwrap().push_str(&text);
            }
        });
        Some(Self {
            child,
            keys,
            seen,
            reader: Some(reader),
        })
    }

    /// Everything that was written to the terminal, bars and all.
    pub(crate) fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }

    /// What was written behind the last time that these words were.
    pub(crate) fn seen_behind(&self, words: &str) -> String {
        let seen = self.seen();
        let (_, behind) = seen.rsplit_once(words).unwrap();
        behind.to_owned()
    }

    /// Waits until it shows something.
    pub(crate) fn wait(&self, part: &str) {
        wait_for(part, || self.seen().contains(part));
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&mut self) {
        self.keys("\u{3}");
    }

    /// Waits for its end. What it showed is in `stdout`, without carriage returns.
    pub(crate) fn finish(mut self) -> Ran {
        let mut status = None;
        wait_for("the command on the terminal to end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        self.reader.take().unwrap().join().unwrap();
        Ran {
            code: status.and_then(|s| s.code()).unwrap_or(-1),
            stdout: self.seen().replace('\r', ""),
            stderr: String::new(),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            eprintln!("killed; it had shown:\n{}", self.seen());
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
