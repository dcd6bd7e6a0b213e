//! Raw evidence and backups in a folder for each run, readable by its owner only. BASE is the folder
//! of all runs, which the command calls `runs`.
//!
//! ```text
//! BASE/RUN/DEVICE.log           every byte sent and received (design rule 21)
//! BASE/RUN/DEVICE-running.cfg   the configuration before the upgrade
//! BASE/RUN/DEVICE-startup.cfg
//! BASE/RUN/DEVICE.show-version.txt   further outputs, by their command
//! ```
//!
//! Letters, digits, `.`, `_` and `-` of a name stay as they are; every other byte is written as
//! `%XX`, so that no name leads out of the folder and no two names meet in one file.
//!
//! # A line of evidence
//!
//! ```text
//! 2026-11-23T03:00:00.004Z 1 <~ sw1#
//! 2026-11-23T03:00:00.120Z 1 > show clock\n
//! 2026-11-23T03:00:00.160Z 1 < show clock
//! 2026-11-23T03:00:00.180Z 1 < 03:00:00.177 UTC Mon Nov 23 2026
//! 2026-11-23T03:00:00.200Z 1 = closed
//! ```
//!
//! Instant of its first byte (wall time; of bytes that waited while something was sent, the instant of
//! that), number of the session in this process, direction (`>` sent, `<` received, `<~` a piece of a
//! line that goes on in the next one, `=` no byte), text. The lines of a session stand in the order of
//! their time.
//! `\r\n` ends a received line and is not shown; other control characters are (`\n`, `\r`,
//! `\x1b`), and `\` is `\\`, so that the bytes can be told exactly and a terminal that shows the
//! file is not steered by it.
//!
//! # Secrets
//!
//! A received line is written when it is complete, so that a secret that came in several pieces is
//! masked as a whole. A prompt, which has no line end, is written when something is sent at it, but
//! for bytes that could be the beginning of a secret: these wait for what follows. A line longer than
//! 8 KiB is written in pieces that never cut a known secret of up to 512 bytes. What is still held
//! when the evidence is dropped is written then; what is held when the process is killed is lost.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::observation::Backup;
use iosxe_core::ports::{Clock, Evidence, Keeper};
use iosxe_core::secret::Redactor;
use jiff::Timestamp;

/// Longest received line that is held back whole.
const HELD_BYTES_MAX: usize = 8 * 1024;

/// Longest secret that is masked when such a line is written in pieces.
const SECRET_BYTES_MAX: usize = 512;

/// Files under one folder: the default [`Keeper`].
pub struct FolderKeeper {
    base: PathBuf,
    clock: Arc<dyn Clock>,
    sessions: AtomicU32,
    /// The first write of evidence that failed. [`Evidence`] has no way to say so; whoever asks
    /// for evidence next is told.
    failed: Arc<Mutex<Option<String>>>,
}

impl std::fmt::Debug for FolderKeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FolderKeeper")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl FolderKeeper {
    /// Keeps everything below `base`, a folder a run; folders are made when they are needed.
    pub fn new(base: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            base: base.into(),
            clock,
            sessions: AtomicU32::new(0),
            failed: Arc::default(),
        }
    }

    /// The folder of a run.
    #[must_use]
    pub fn folder(&self, run: &RunId) -> PathBuf {
        self.base.join(file_name(run.as_str()))
    }

    fn make_folder(&self, run: &RunId) -> Result<PathBuf, Fault> {
        let folder = self.folder(run);
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&folder)
            .and_then(|()| restrict(&folder, 0o700))
            .map_err(|e| unwritable(&folder, &e))?;
        Ok(folder)
    }
}

#[async_trait]
impl Keeper for FolderKeeper {
    fn evidence(
        &self,
        run: &RunId,
        device: &DeviceName,
        redactor: Redactor,
    ) -> Result<Arc<dyn Evidence>, Fault> {
        if let Some(reason) = lock(&self.failed).take() {
            return Err(fault(format!("evidence was lost: {reason}")));
        }
        let name = format!("{}.log", file_name(device.as_str()));
        let path = self.make_folder(run)?.join(name);
        let file = owner_only()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|file| restrict(&path, 0o600).map(|()| file))
            .map_err(|e| unwritable(&path, &e))?;
        let log = Log {
            path,
            clock: Arc::clone(&self.clock),
            redactor,
            session: self.sessions.fetch_add(1, Ordering::Relaxed) + 1,
            failed: Arc::clone(&self.failed),
            state: Mutex::new(LogState {
                file,
                held: String::new(),
                since: Timestamp::UNIX_EPOCH,
                masked: false,
            }),
        };
        log.note(&format!("opened by process {}", std::process::id()));
        match lock(&self.failed).take() {
            Some(reason) => Err(fault(reason)),
            None => Ok(Arc::new(log)),
        }
    }

    /// Writes complete files, flushed to the disk, one after the other; blocks for as long as that
    /// takes. A file that is there stays as it is: the first backup of a run is the one from before
    /// the change. The same text is not kept twice, another text gets a numbered name
    /// (`DEVICE-running.2.cfg`).
    async fn backup(
        &self,
        run: &RunId,
        device: &DeviceName,
        backup: &Backup,
    ) -> Result<Vec<String>, Fault> {
        let folder = self.make_folder(run)?;
        let device = file_name(device.as_str());
        let mut texts = vec![(format!("{device}-running"), "cfg", &backup.running)];
        if let Some(startup) = &backup.startup {
            texts.push((format!("{device}-startup"), "cfg", startup));
        }
        for (command, output) in &backup.outputs {
            texts.push((format!("{device}.{}", words(command)), "txt", output));
        }
        texts
            .into_iter()
            .map(|(stem, extension, text)| {
                keep(&folder, &stem, extension, text)
                    .map_err(|e| unwritable(&folder.join(format!("{stem}.{extension}")), &e))
            })
            .collect()
    }
}

/// Keeps a text under the first name that is free or already holds it.
fn keep(folder: &Path, stem: &str, extension: &str, text: &str) -> io::Result<String> {
    let mut number = 1;
    let name = loop {
        let name = match number {
            1 => format!("{stem}.{extension}"),
            n => format!("{stem}.{n}.{extension}"),
        };
        match std::fs::read(folder.join(&name)) {
            Ok(kept) if kept == text.as_bytes() => return Ok(name),
            Ok(_) => number += 1,
            Err(e) if e.kind() == io::ErrorKind::NotFound => break name,
            Err(e) => return Err(e),
        }
    };
    // Complete under its name, or not there at all.
    let partial = folder.join(format!("{name}.partial"));
    let mut file = owner_only()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&partial, folder.join(&name))?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(name)
}

/// One device's evidence from one session.
struct Log {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    redactor: Redactor,
    session: u32,
    failed: Arc<Mutex<Option<String>>>,
    state: Mutex<LogState>,
}

struct LogState {
    file: File,
    /// What was received of a line that is not complete.
    held: String,
    /// When its first byte came.
    since: Timestamp,
    /// The rest of the line belongs to a secret whose beginning is already written as a mask.
    masked: bool,
}

impl Log {
    fn line(&self, at: Timestamp, mark: &str, text: &str) -> String {
        format!("{at:.3} {} {mark} {text}\n", self.session)
    }

    /// Hands whole lines to the operating system in one write, so that sessions that share a file
    /// do not cut each other's lines.
    fn write(&self, state: &mut LogState, lines: &str) {
        if lines.is_empty() {
            return;
        }
        if let Err(e) = state.file.write_all(lines.as_bytes()) {
            lock(&self.failed).get_or_insert_with(|| format!("{}: {e}", self.path.display()));
        }
    }

    /// What is not received, behind what was received before it.
    fn ours(&self, mark: &str, text: &str) {
        let mut state = lock(&self.state);
        let now = self.clock.now();
        let mut lines = self.before(&mut state, now);
        lines.push_str(&self.line(now, mark, &visible(&self.redactor.redact(text))));
        self.write(&mut state, &lines);
    }

    /// Takes from a line that is not complete what can be written without cutting a secret.
    fn before(&self, state: &mut LogState, now: Timestamp) -> String {
        let since = std::mem::replace(&mut state.since, now);
        let settled = if state.masked {
            0
        } else {
            self.redactor.settled(&state.held)
        };
        match state.held.split_at_checked(settled) {
            Some((head, tail)) if !head.is_empty() => {
                let line = self.line(since, "<~", &visible(head));
                state.held = tail.to_owned();
                line
            }
            _ => String::new(),
        }
    }

    /// A received line or piece of one, masked and made visible.
    fn received_text(&self, state: &mut LogState, text: &str, complete: bool) -> String {
        let text = if complete {
            text.strip_suffix("\r\n").unwrap_or(text)
        } else {
            text
        };
        if state.masked {
            state.masked = !complete;
            return "***".to_owned();
        }
        visible(&self.redactor.redact(text))
    }

    /// Takes from a line that is too long to be held what can be written without cutting a secret.
    fn safe_piece(&self, state: &mut LogState) -> String {
        if state.masked {
            state.held.clear();
            return "***".to_owned();
        }
        let whole = self.redactor.redact(&state.held);
        let last = state.held.len().saturating_sub(SECRET_BYTES_MAX);
        let first = last.saturating_sub(SECRET_BYTES_MAX).max(1);
        let cut = (first..=last).rev().find_map(|at| {
            let (head, tail) = state.held.split_at_checked(at)?;
            let head = self.redactor.redact(head);
            let same = whole
                .strip_prefix(head.as_str())
                .is_some_and(|rest| rest == self.redactor.redact(tail));
            same.then_some((at, head))
        });
        match cut {
            Some((at, head)) => {
                state.held.drain(..at);
                head
            }
            // A keyword of the configuration masks everything up to the end of its line.
            None => {
                state.held.clear();
                state.masked = true;
                whole
            }
        }
    }
}

impl Evidence for Log {
    fn received(&self, text: &str) {
        let mut state = lock(&self.state);
        let now = self.clock.now();
        let mut lines = String::new();
        for piece in text.split_inclusive('\n') {
            if state.held.is_empty() {
                state.since = now;
            }
            state.held.push_str(piece);
            let since = state.since;
            if piece.ends_with('\n') {
                let held = std::mem::take(&mut state.held);
                let shown = self.received_text(&mut state, &held, true);
                lines.push_str(&self.line(since, "<", &shown));
            } else if state.held.len() > HELD_BYTES_MAX {
                let piece = self.safe_piece(&mut state);
                state.since = now;
                lines.push_str(&self.line(since, "<~", &visible(&piece)));
            }
        }
        self.write(&mut state, &lines);
    }

    fn sent(&self, text: &str) {
        self.ours(">", text);
    }

    fn note(&self, text: &str) {
        self.ours("=", text);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        let held = std::mem::take(&mut state.held);
        if !held.is_empty() {
            let shown = self.received_text(&mut state, &held, false);
            let line = self.line(state.since, "<~", &shown);
            self.write(&mut state, &line);
        }
    }
}

/// A file name that stands for a name and for no other.
fn file_name(name: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(name.len());
    for (place, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric()
            || byte == b'_'
            || byte == b'-'
            || (byte == b'.' && place > 0);
        if plain {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    if out.is_empty() {
        out.push('%');
    }
    out
}

/// A command as a part of a file name; `keep` numbers those that become the same.
fn words(command: &str) -> String {
    let parts: Vec<String> = command
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    match parts.join("-") {
        words if words.is_empty() => "output".to_owned(),
        // Room for the device's name and a number within the 255 bytes of a file name.
        words => words.chars().take(80).collect(),
    }
}

/// Control characters as one sees them in source code; tabs stay.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes away what a file or folder that was already there grants to others.
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

fn fault(message: String) -> Fault {
    Fault::new(Class::Operator, "evidence_unwritable", message).remedy(Remedy::new(
        "check that the folder of the runs can be written and has room",
    ))
}

fn unwritable(path: &Path, error: &io::Error) -> Fault {
    fault(format!("cannot write {}: {error}", path.display()))
}

/// A lock whatever happened to another holder: evidence is needed most when something went wrong.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
