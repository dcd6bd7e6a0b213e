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

/// What a file looks like now; `None` when it cannot be seen.
#[cfg(feature = "xlsx")]
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().map(|m| Stamp::of(&m))
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
        let by = lock(&beside(format!("~${name}")), excel_user)?;
        Some(Self {
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

/// An error of the system in words for a person.
pub(crate) fn reason(e: &io::Error) -> String {
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

/// How names of our temporary files start. Without the target's name: that may be as long as names
/// can be.
const TEMPORARY: &str = ".iosxe-inventory-";

static SERIAL: AtomicU32 = AtomicU32::new(0);

impl Temporary {
    fn beside(target: &Path) -> io::Result<Self> {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let name = format!("{TEMPORARY}{}-{serial}.tmp", std::process::id());
        let path = target.with_file_name(name);
        if serial == 0 {
            sweep(target);
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
fn sweep(target: &Path) {
    let Some(Ok(entries)) = target.parent().map(fs::read_dir) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.starts_with(TEMPORARY) && name.ends_with(".tmp");
        let old = || {
            let modified = entry.metadata().and_then(|m| m.modified()).ok();
            modified.and_then(|m| m.elapsed().ok()) > Some(LEFTOVER_AGE)
        };
        if ours && old() {
            drop(fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, "old").unwrap();
        (folder, path)
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions_and_leaves_nothing_behind() {
        let (folder, path) = folder_with("fleet.csv");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        let (_, stamp) = read(&path).unwrap();
        assert_eq!(replace(&path, b"new", &stamp).unwrap(), Replaced::Done);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(&folder), ["fleet.csv"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        }
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let (folder, path) = folder_with("fleet.csv");
        let (_, stamp) = read(&path).unwrap();
        fs::write(&path, "their edit").unwrap();
        let replaced = replace(&path, b"new", &stamp).unwrap();
        assert_eq!(replaced, Replaced::ChangedMeanwhile);
        assert_eq!(fs::read(&path).unwrap(), b"their edit");
        assert_eq!(names(&folder), ["fleet.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_saves_by_renaming_is_noticed() {
        let (folder, path) = folder_with("fleet.csv");
        let (_, stamp) = read(&path).unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "NEW").unwrap();
        let old = fs::metadata(&path).unwrap().modified().unwrap();
        let file = File::options().write(true).open(&other).unwrap();
        file.set_modified(old).unwrap();
        fs::rename(&other, &path).unwrap();
        let replaced = replace(&path, b"new", &stamp).unwrap();
        assert_eq!(replaced, Replaced::ChangedMeanwhile);
    }

    #[cfg(unix)]
    #[test]
    fn behind_a_link_the_file_is_replaced() {
        let (folder, path) = folder_with("fleet.csv");
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let (_, stamp) = read(&link).unwrap();
        replace(&link, b"new", &stamp).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_name_as_long_as_names_can_be_is_no_hindrance() {
        let (_folder, path) = folder_with(&format!("{}.csv", "n".repeat(251)));
        let (_, stamp) = read(&path).unwrap();
        assert_eq!(replace(&path, b"new", &stamp).unwrap(), Replaced::Done);
    }

    #[test]
    fn lock_files_name_program_and_person() {
        let (folder, path) = folder_with("fleet.xlsx");
        let shown = Path::new("fleet.xlsx");
        assert_eq!(Holder::of(&path), None);
        let mut owner = vec![10];
        owner.extend(b"Maria Lind                     ");
        fs::write(folder.path().join("~$fleet.xlsx"), owner).unwrap();
        insta::assert_snapshot!(Holder::of(&path).unwrap().error(shown), @"fleet.xlsx is open in Excel (Maria Lind)");
        let office = folder.path().join(".~lock.fleet.xlsx#");
        fs::write(&office, ",maria,desk,23.11.2026 09:14,file:///x;").unwrap();
        insta::assert_snapshot!(Holder::of(&path).unwrap().error(shown), @"fleet.xlsx is open in LibreOffice (maria)");
        fs::write(&office, "").unwrap();
        assert_eq!(Holder::of(&path).unwrap().by, None);
        let (_, stamp) = read(&path).unwrap();
        let locked = replace(&path, b"new", &stamp);
        assert!(matches!(locked, Err(InventoryError::Locked { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn a_read_only_file_stays_as_it_is() {
        let (_folder, path) = folder_with("fleet.csv");
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        let (_, stamp) = read(&path).unwrap();
        let error = replace(&path, b"new", &stamp).unwrap_err().to_string();
        assert!(
            error.ends_with("fleet.csv: the file is read-only"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, path) = folder_with("fleet.csv");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        if File::create(folder.path().join("probe")).is_ok() {
            eprintln!("skipped: this user may write everywhere");
            return;
        }
        let (_, stamp) = read(&path).unwrap();
        let error = replace(&path, b"new", &stamp).unwrap_err().to_string();
        assert!(
            error.ends_with("no file can be made in its folder: permission denied"),
            "{error}"
        );
    }

    #[test]
    fn leftovers_of_killed_processes_go_after_an_hour() {
        let (folder, path) = folder_with("fleet.csv");
        let old = folder.path().join(".iosxe-inventory-1-0.tmp");
        let young = folder.path().join(".iosxe-inventory-2-0.tmp");
        let file = File::create(&old).unwrap();
        file.set_modified(SystemTime::now() - LEFTOVER_AGE * 2)
            .unwrap();
        File::create(&young).unwrap();
        sweep(&path);
        assert_eq!(names(&folder), [".iosxe-inventory-2-0.tmp", "fleet.csv"]);
    }

    #[test]
    fn what_is_no_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let none = read(&folder.path().join("none.csv"));
        assert!(matches!(none, Err(InventoryError::NotFound { .. })));
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with(": it is no file"), "{error}");
    }
}
