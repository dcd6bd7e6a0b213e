//! Files that other programs have open too: lock files, and replacing a file as one act.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use crate::error::InventoryError;

/// The largest inventory that is read. A workbook of 5,000 devices has about 1 MB; a hundred times
/// that is some other file.
const FILE_BYTES_MAX: u64 = 128 << 20;

/// After this time a temporary file of ours belongs to a process that was killed. A write takes
/// seconds even on a slow network share.
const LEFTOVER_AGE: Duration = Duration::from_secs(3600);

/// What a file looked like when it was read. Another program that saves it changes at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    /// Device and inode: most programs save by renaming a new file.
    identity: (u64, u64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let identity = (0, 0);
        Self {
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
            identity,
        }
    }
}

/// Who has a file open, as its lock file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) program: &'static str,
    pub(crate) by: Option<String>,
}

impl Holder {
    /// Looks for the lock files of Excel (`~$fleet.xlsx`) and LibreOffice (`.~lock.fleet.xlsx#`).
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy();
        let beside = |lock: String| path.with_file_name(lock);
        if let Some(by) = lock(&beside(format!(".~lock.{name}#")), libre_office_user) {
            return Some(Self {
                program: "LibreOffice",
                by,
            });
        }
        // Excel cuts two letters off a long name to make room for its mark.
        let short: String = name.chars().skip(2).collect();
        let long = name.chars().count() > 10;
        [
            Some(format!("~${name}")),
            long.then(|| format!("~${short}")),
        ]
        .into_iter()
        .flatten()
        .find_map(|owner| lock(&beside(owner), excel_user))
        .map(|by| Self {
            program: "Excel",
            by,
        })
    }

    pub(crate) fn error(self, path: &Path) -> InventoryError {
        InventoryError::Locked {
            path: shown(path),
            program: self.program,
            by: self.by,
        }
    }
}

/// The user in a lock file: `None` when there is no such file, `Some(None)` when it does not say.
fn lock(path: &Path, user: fn(&[u8]) -> Option<String>) -> Option<Option<String>> {
    // An owner file that Excel holds open cannot be read on Windows; that it is there is enough.
    fs::symlink_metadata(path).ok()?;
    let bytes = fs::read(path).unwrap_or_default();
    Some(user(&bytes).filter(|u| !u.is_empty()))
}

/// `Maria Lind,maria,host,23.11.2026 09:14,file:///…;`
fn libre_office_user(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut fields = text.split(',');
    let name = fields.next()?.trim();
    let account = fields.next().unwrap_or_default().trim();
    let user = if name.is_empty() { account } else { name };
    printable(user)
}

/// The length of the name, then the name in the code page of that machine.
fn excel_user(bytes: &[u8]) -> Option<String> {
    let (&length, rest) = bytes.split_first()?;
    let name = rest.get(..usize::from(length))?;
    printable(String::from_utf8_lossy(name).trim())
}

fn printable(text: &str) -> Option<String> {
    let good = !text.is_empty() && text.len() <= 100 && !text.contains(char::is_control);
    good.then(|| text.to_owned())
}

/// A path as messages show it.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Reads a whole file and what it looked like.
pub(crate) fn read(path: &Path) -> Result<(Vec<u8>, Stamp), InventoryError> {
    let unreadable = |reason: String| InventoryError::Unreadable {
        path: shown(path),
        reason,
    };
    let failed = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => InventoryError::NotFound { path: shown(path) },
        _ => unreadable(e.to_string()),
    };
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(unreadable("it is no file".to_owned()));
    }
    if metadata.len() > FILE_BYTES_MAX {
        return Err(unreadable(format!(
            "it has {} MiB, more than {} MiB",
            metadata.len() >> 20,
            FILE_BYTES_MAX >> 20
        )));
    }
    let stamp = Stamp::of(&metadata);
    let bytes = fs::read(path).map_err(failed)?;
    Ok((bytes, stamp))
}

/// How a replacement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The new content is on disk.
    Done,
    /// Somebody else changed the file since it was read; nothing was written.
    ChangedMeanwhile,
}

/// Puts new content in place of a file that still looks like `stamp`.
///
/// A reader sees the old or the new file, never a part, also after a crash of the machine: the
/// content is on disk before the name is. Permissions and, where the system lets us, owner and
/// group stay; extended attributes do not. Between the last look and the rename another program
/// can still save: no file system offers to rename only if unchanged, so that gap is made as small
/// as it can be and [`Holder`] covers the programs that announce themselves.
pub(crate) fn replace(
    path: &Path,
    content: &[u8],
    stamp: &Stamp,
) -> Result<Replaced, InventoryError> {
    // Behind a symbolic link the file is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let unwritable = |e: io::Error| InventoryError::Unwritable {
        path: shown(path),
        reason: reason(&e),
    };
    let metadata = fs::metadata(&target).map_err(unwritable)?;
    if metadata.permissions().readonly() {
        return Err(InventoryError::Unwritable {
            path: shown(path),
            reason: "the file is read-only".to_owned(),
        });
    }
    let temporary = Temporary::beside(&target).map_err(|e| InventoryError::Unwritable {
        path: shown(path),
        reason: format!("no file can be made in its folder: {}", reason(&e)),
    })?;
    temporary.fill(content, &metadata).map_err(unwritable)?;
    let now = fs::metadata(&target).map_err(unwritable)?;
    if Stamp::of(&now) != *stamp {
        return Ok(Replaced::ChangedMeanwhile);
    }
    if let Some(holder) = Holder::of(path) {
        return Err(holder.error(path));
    }
    temporary
        .rename_to(&target)
        .map_err(|e| sharing_violation(&e, path).unwrap_or_else(|| unwritable(e)))?;
    sync_folder(&target);
    Ok(Replaced::Done)
}

fn reason(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "no space left".to_owned(),
        _ => e.to_string(),
    }
}

/// Windows refuses to replace a file that a program has open (ERROR_SHARING_VIOLATION).
fn sharing_violation(e: &io::Error, path: &Path) -> Option<InventoryError> {
    (cfg!(windows) && e.raw_os_error() == Some(32)).then(|| InventoryError::Locked {
        path: shown(path),
        program: "another program",
        by: None,
    })
}

/// The rename itself must survive a crash. Where a folder cannot be opened (Windows, some network
/// shares) the file system orders it by itself, and an error would claim that nothing was written.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent()
        && let Ok(folder) = File::open(folder)
    {
        drop(folder.sync_all());
    }
}

/// A file beside the target, gone again unless it was renamed.
struct Temporary {
    path: PathBuf,
    file: File,
}

static SERIAL: AtomicU32 = AtomicU32::new(0);

impl Temporary {
    fn beside(target: &Path) -> io::Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let start = format!(".{name}.iosxe-");
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let path = target.with_file_name(format!("{start}{}-{serial}.tmp", std::process::id()));
        if serial == 0 {
            sweep(target, &start);
        }
        let file = File::options().write(true).create_new(true).open(&path);
        file.map(|file| Self { path, file })
    }

    fn fill(&self, content: &[u8], like: &Metadata) -> io::Result<()> {
        (&self.file).write_all(content)?;
        self.file.set_permissions(like.permissions())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            let mine = self.file.metadata()?;
            // Only root may give a file away, and a member its group: where we may not, the file
            // stays readable and writable as before, under our name.
            if (mine.uid(), mine.gid()) != (like.uid(), like.gid())
                && fchown(&self.file, Some(like.uid()), Some(like.gid())).is_err()
            {
                drop(fchown(&self.file, None, Some(like.gid())));
            }
        }
        self.file.sync_all()
    }

    fn rename_to(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing of that name any more.
        drop(fs::remove_file(&self.path));
    }
}

/// Removes what killed processes left behind, once per process.
fn sweep(target: &Path, start: &str) {
    let Some(Ok(entries)) = target.parent().map(fs::read_dir) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.starts_with(start) && name.ends_with(".tmp");
        let old = || {
            let modified = entry.metadata().and_then(|m| m.modified()).ok();
            modified.and_then(|m| m.elapsed().ok()) > Some(LEFTOVER_AGE)
        };
        if ours && old() {
            drop(fs::remove_file(entry.path()));
        }
    }
}
