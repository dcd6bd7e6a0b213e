//! Who may write: a lock of the operating system that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use iosxe_core::ports::JournalError;

use super::owner_only;
use crate::journal::storage;

/// How often and how long a lock is tried: a writer of this process that was just dropped closes
/// its file within milliseconds; another process keeps it.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// The name of a journal's lock file, as tests and messages want it.
fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// The right to write, held by an open file.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    pub(super) async fn take(journal: &str, path: &Path) -> Result<Self, JournalError> {
        for tried in 1.. {
            let mut file = open(journal, path)?;
            match file.try_lock() {
                Ok(()) => return Self::named(journal, path, file),
                Err(TryLockError::WouldBlock) if tried < LOCK_TRIES => {
                    tokio::time::sleep(LOCK_PAUSE).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::InUse {
                        journal: journal.to_owned(),
                        holder: holder(&mut file),
                    });
                }
                Err(TryLockError::Error(e)) => {
                    let lock = lock_path(path);
                    let reason = format!("cannot lock {}: {e}", lock.display());
                    return Err(storage(journal, reason));
                }
            }
        }
        Err(storage(journal, "its lock was tried in vain"))
    }

    /// The right to write if nobody has it this moment.
    pub(super) fn if_free(journal: &str, path: &Path) -> Option<Self> {
        let file = open(journal, path).ok()?;
        file.try_lock().ok()?;
        Self::named(journal, path, file).ok()
    }

    /// Writes the holder's name into the file.
    fn named(journal: &str, path: &Path, mut file: File) -> Result<Self, JournalError> {
        let written = file
            .set_len(0)
            .and_then(|()| writeln!(file, "pid {} on {}", std::process::id(), host()));
        written.map_err(|e| cannot_write(journal, path, &e))?;
        Ok(Self { file })
    }

    /// Lets go in peace: the file names nobody any more. It stays, for a lock file that is removed
    /// may be held by somebody who opened it before.
    pub(super) fn release(self) -> std::io::Result<()> {
        self.file.set_len(0)
    }
}

fn open(journal: &str, path: &Path) -> Result<File, JournalError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    owner_only(&mut options);
    options
        .open(lock_path(path))
        .map_err(|e| cannot_write(journal, path, &e))
}

fn cannot_write(journal: &str, path: &Path, error: &std::io::Error) -> JournalError {
    let lock = lock_path(path);
    storage(journal, format!("cannot write {}: {error}", lock.display()))
}

/// Who holds a lock, as far as the file says. Where locks are mandatory it cannot be read.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "it does not say who".to_owned(),
    }
}

/// The name of this machine, for a person. The standard library has no portable way to ask.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "an unnamed host".to_owned())
}
