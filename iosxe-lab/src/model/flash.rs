//! One file system of one member: real bytes on disk, computed bytes, sizes and limits.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::firmware;
use super::image::{self, DigestPair, Digests, Generated, ImageInfo};
use super::smu::{self, SmuInfo};

/// What a file holds. Clones share the bytes, so a synchronised image costs nothing per member.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Bytes received from outside, on the host's disk.
    Disk(Arc<Blob>),
    /// Bytes computed from a seed.
    Generated(Arc<Generated>),
    /// Small texts: configurations, `packages.conf`.
    Text(Arc<str>),
}

/// A received file on the host's disk; removed from there when its last copy is deleted.
#[derive(Debug)]
pub(crate) struct Blob {
    path: PathBuf,
    len: AtomicU64,
    digests: OnceLock<Digests>,
    info: OnceLock<Option<ImageInfo>>,
    smu: OnceLock<Option<SmuInfo>>,
    firmware: OnceLock<Option<firmware::Info>>,
}

impl Blob {
    /// A file that starts empty at `path`.
    pub(crate) fn empty(path: PathBuf) -> Self {
        Blob {
            path,
            len: AtomicU64::new(0),
            digests: OnceLock::new(),
            info: OnceLock::new(),
            smu: OnceLock::new(),
            firmware: OnceLock::new(),
        }
    }

    pub(crate) fn set_len(&self, len: u64) {
        self.len.store(len, Ordering::Relaxed);
    }

    /// Records the digests that were computed while the bytes came in; the file is whole now.
    pub(crate) fn seal(&self, digests: Digests) {
        self.digests.get_or_init(|| digests);
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "flash file was already gone");
        }
    }
}

impl Content {
    /// A small text file.
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Content::Text(text.into())
    }

    /// The same bytes but for one in the middle, in a file of the host.
    pub(crate) fn damaged(&self, path: PathBuf) -> io::Result<Content> {
        let mut bytes = self.bytes()?;
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 0xff;
        }
        Self::on_host(path, &bytes)
    }

    /// The first half of the bytes, in a file of the host.
    pub(crate) fn half(&self, path: PathBuf) -> io::Result<Content> {
        let mut bytes = self.bytes()?;
        bytes.truncate(bytes.len() / 2);
        Self::on_host(path, &bytes)
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn on_host(path: PathBuf, bytes: &[u8]) -> io::Result<Content> {
        std::fs::write(&path, bytes)?;
        let blob = Blob::empty(path);
        blob.set_len(bytes.len() as u64);
        Ok(Content::Disk(Arc::new(blob)))
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Content::Disk(blob) => blob.len.load(Ordering::Relaxed),
            Content::Generated(file) => file.len(),
            Content::Text(text) => text.len() as u64,
        }
    }

    /// A reader over the bytes; blocking, so call it away from the async threads for big files.
    pub(crate) fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Content::Disk(blob) => Box::new(File::open(&blob.path)?),
            Content::Generated(file) => Box::new(file.reader()),
            Content::Text(text) => Box::new(io::Cursor::new(text.as_bytes().to_vec())),
        })
    }

    /// Digests of the bytes as they are. `None` while the file is still being received.
    pub(crate) fn digests(&self) -> Option<Digests> {
        match self {
            Content::Disk(blob) => blob.digests.get().cloned(),
            Content::Generated(file) => Some(file.digests()),
            Content::Text(text) => {
                let mut both = DigestPair::default();
                both.update(text.as_bytes());
                Some(both.finish())
            }
        }
    }

    /// What the header of an intact image says; `None` for anything else. Blocking.
    pub(crate) fn image_info(&self) -> Option<ImageInfo> {
        match self {
            Content::Disk(blob) => blob
                .info
                .get_or_init(|| {
                    let mut reader = File::open(&blob.path).ok()?;
                    image::inspect(&mut reader, self.len())
                })
                .clone(),
            Content::Generated(file) => {
                let spec = file.spec()?;
                let release = super::release::Release::parse(&spec.version).ok()?;
                Some(ImageInfo {
                    prefix: spec.prefix.clone(),
                    release,
                })
            }
            Content::Text(_) => None,
        }
    }

    /// What the header of an intact package of firmware says; `None` for anything else. Blocking.
    pub(crate) fn firmware_info(&self) -> Option<firmware::Info> {
        match self {
            Content::Disk(blob) => blob
                .firmware
                .get_or_init(|| {
                    let mut reader = File::open(&blob.path).ok()?;
                    firmware::inspect(&mut reader, self.len())
                })
                .clone(),
            Content::Generated(_) | Content::Text(_) => None,
        }
    }

    /// What the header of an intact patch says; `None` for anything else. Blocking.
    pub(crate) fn smu_info(&self) -> Option<SmuInfo> {
        match self {
            Content::Disk(blob) => blob
                .smu
                .get_or_init(|| {
                    let mut reader = File::open(&blob.path).ok()?;
                    smu::inspect(&mut reader, self.len())
                })
                .clone(),
            Content::Generated(_) | Content::Text(_) => None,
        }
    }

    /// The text of a small file, `None` for binaries.
    pub(crate) fn as_text(&self) -> Option<String> {
        match self {
            Content::Text(text) => Some(text.to_string()),
            Content::Disk(_) if self.len() < (1 << 20) => {
                let mut text = String::new();
                self.reader().ok()?.read_to_string(&mut text).ok()?;
                Some(text)
            }
            Content::Disk(_) | Content::Generated(_) => None,
        }
    }
}

/// One entry of a file system.
#[derive(Debug, Clone)]
pub(crate) struct FileEntry {
    /// Inode-like number of the `dir` listing.
    pub(crate) index: u32,
    /// Simulated second of the last change.
    pub(crate) changed_s: f64,
    /// The bytes; `None` for a folder.
    pub(crate) content: Option<Content>,
}

/// A file that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoSpace {
    /// Bytes that were asked for.
    pub(crate) wanted: u64,
    /// Bytes that are free.
    pub(crate) free: u64,
}

/// One file system (`flash:` of a member, `bootflash:`).
#[derive(Debug, Clone)]
pub(crate) struct Flash {
    total: u64,
    used_elsewhere: u64,
    next_index: u32,
    files: BTreeMap<String, FileEntry>,
}

impl Flash {
    /// An empty file system of `total` bytes.
    pub(crate) fn new(total: u64) -> Self {
        Flash {
            total,
            used_elsewhere: 0,
            next_index: 11,
            files: BTreeMap::new(),
        }
    }

    /// Size in bytes.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Free bytes.
    pub(crate) fn free(&self) -> u64 {
        let used: u64 = self
            .files
            .values()
            .map(|f| f.content.as_ref().map_or(4096, Content::len))
            .sum();
        self.total.saturating_sub(used + self.used_elsewhere)
    }

    /// Makes all but `bytes` unavailable, as crash files or a container store would.
    pub(crate) fn squeeze_to(&mut self, bytes: u64) {
        self.used_elsewhere = 0;
        self.used_elsewhere = self.free().saturating_sub(bytes);
    }

    /// Normal form of a path: no leading slash.
    pub(crate) fn normal(path: &str) -> String {
        path.trim_start_matches('/').to_owned()
    }

    /// The entry of that name.
    pub(crate) fn get(&self, path: &str) -> Option<&FileEntry> {
        self.files.get(&Self::normal(path))
    }

    /// The bytes of that file.
    pub(crate) fn content(&self, path: &str) -> Option<&Content> {
        self.get(path).and_then(|f| f.content.as_ref())
    }

    /// True when a file or folder of that name is there.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    /// All entries in listing order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &FileEntry)> {
        let mut all: Vec<_> = self.files.iter().map(|(p, f)| (p.as_str(), f)).collect();
        all.sort_by_key(|(_, f)| f.index);
        all.into_iter()
    }

    /// Writes or replaces a file.
    pub(crate) fn put(&mut self, path: &str, content: Content, at_s: f64) -> Result<(), NoSpace> {
        let path = Self::normal(path);
        let freed = self.content(&path).map_or(0, Content::len);
        let wanted = content.len();
        let free = self.free() + freed;
        if wanted > free {
            return Err(NoSpace { wanted, free });
        }
        let index = self.files.get(&path).map_or_else(
            || {
                self.next_index += 1;
                self.next_index
            },
            |old| old.index,
        );
        self.files.insert(
            path,
            FileEntry {
                index,
                changed_s: at_s,
                content: Some(content),
            },
        );
        Ok(())
    }

    /// Makes a folder entry.
    pub(crate) fn folder(&mut self, path: &str, at_s: f64) {
        self.next_index += 1;
        let entry = FileEntry {
            index: self.next_index,
            changed_s: at_s,
            content: None,
        };
        self.files.insert(Self::normal(path), entry);
    }

    /// Removes everything in a folder, and leaves the folder.
    pub(crate) fn clear_folder(&mut self, path: &str) {
        let folder = format!("{}/", Self::normal(path).trim_end_matches('/'));
        self.files.retain(|name, _| !name.starts_with(&folder));
    }

    /// Removes a file; false when it was not there.
    pub(crate) fn remove(&mut self, path: &str) -> bool {
        self.files.remove(&Self::normal(path)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_fit_changes_nothing() {
        let mut flash = Flash::new(100);
        flash.put("/a", Content::text("x".repeat(60)), 0.0).unwrap();
        let error = flash
            .put("b", Content::text("y".repeat(60)), 0.0)
            .unwrap_err();
        assert_eq!(
            error,
            NoSpace {
                wanted: 60,
                free: 40
            }
        );
        assert!(!flash.holds("b"));
        flash.put("a", Content::text("z".repeat(90)), 0.0).unwrap();
        assert_eq!(flash.free(), 10);
        assert!(flash.remove("/a"));
        assert!(!flash.remove("/a"));
    }

    #[test]
    fn squeezing_leaves_the_asked_bytes() {
        let mut flash = Flash::new(1000);
        flash.put("a", Content::text("x".repeat(100)), 0.0).unwrap();
        flash.squeeze_to(50);
        assert_eq!(flash.free(), 50);
        flash.squeeze_to(u64::MAX);
        assert_eq!(flash.free(), 900, "nothing is held back any more");
    }
}
