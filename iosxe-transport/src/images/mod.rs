//! Which images are there: a catalogue file beside them.
//!
//! ```toml
//! [[image]]
//! file = "cat9k_iosxe.17.09.04a.SPA.bin"
//! version = "17.09.04a"
//! platforms = ["C9300", "C9400"]      # prefixes of the models that boot it
//! size_bytes = 1264541283
//! sha512 = "…"                        # lower-case hex; md5 where nothing better is known
//! verified = true                     # compared with the value that the vendor publishes
//! approved_by = "maria"               # who allows it to be used
//! source = "software.example.net"     # where it was fetched
//! min_memory_bytes = 8589934592       # what it needs
//! min_rommon = "17.3(1r)"
//! brings = ["* fpga 18102401"]         # of a package of firmware: board, part, version
//! ```
//!
//! The files lie in the catalogue's own folder, unless an entry says `path`, relative to that
//! folder or absolute. The catalogue is the operator's: [`Catalogue::add`] changes its own entry and
//! leaves every other line as it stands.
//!
//! Beside the file there may be a sheet of the inventory's workbook ([`open_with`]): one list is made
//! of both, and a file that both name has to have the same bytes in both.

mod choose;
mod digest;
mod edit;
mod join;
mod name;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use iosxe_core::fault::Fault;
use iosxe_core::firmware::Brings;
use iosxe_core::image::{Image, ImageError, Listed, Provenance};
use iosxe_core::ports::{ImageSheet, Images};
use iosxe_core::version::Version;
use serde::{Deserialize, Serialize};

use crate::durable::replace_file;
use choose::{by_release, named};
use digest::Digests;
use edit::with_entry;
use join::joined;

/// A catalogue file and the images that it names.
#[derive(Debug)]
pub struct Catalogue {
    file: PathBuf,
    beside: Option<Arc<dyn ImageSheet>>,
    added_to: AddTo,
    /// One writer at a time.
    writing: Mutex<()>,
    /// What was hashed, by path; the lock of an entry is held while it is hashed, so that fifty
    /// devices that want one image have it read once.
    hashed: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<Option<Hashed>>>>>,
}

/// Where [`Catalogue::add`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddTo {
    /// The catalogue file.
    File,
    /// The sheet beside it.
    Sheet,
}

/// The digests of a file as it was at a moment.
#[derive(Clone, Debug)]
struct Hashed {
    size: u64,
    modified: Option<SystemTime>,
    digests: Digests,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    image: Vec<Entry>,
}

/// One `[[image]]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    version: Version,
    platforms: Vec<String>,
    size_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    md5: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha512: Option<String>,
    #[serde(flatten)]
    provenance: Provenance,
}

/// What the operator says about an image that is added.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its release, where the file name does not say it.
    pub version: Option<Version>,
    /// Prefixes of the models that boot it, where the file name does not say them.
    pub platforms: Option<Vec<String>>,
    /// The SHA-512 that the vendor publishes: held against the one that is computed.
    pub sha512: Option<String>,
    /// Who allows it to be used.
    pub approved_by: Option<String>,
    /// Where it was fetched.
    pub source: Option<String>,
    /// What a package of firmware brings.
    pub brings: Vec<Brings>,
}

/// Why an image was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// The file is not what devices are upgraded with.
    #[error("{file} is no image: {why}")]
    NoImage {
        /// The file.
        file: String,
        /// Why not.
        why: String,
    },
    /// Its name does not say something, and nobody else did.
    #[error("the name {file} does not say {what}: give it")]
    NotSaid {
        /// The file.
        file: String,
        /// `the release`, `the platforms`.
        what: &'static str,
    },
    /// The bytes are not those that the vendor published.
    #[error("{file} has the SHA-512 {found}, and not the published {published}: fetch it again")]
    NotAsPublished {
        /// The file.
        file: String,
        /// The digest of its bytes.
        found: String,
        /// The digest that was given.
        published: String,
    },
    /// The catalogue or the file cannot be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The sheet cannot be read or written. It is as it was.
    #[error("{}", .0.message)]
    Sheet(Fault),
    /// The catalogue cannot be written. It is as it was.
    #[error("cannot write {path}: {reason}")]
    Unwritable {
        /// The catalogue.
        path: String,
        /// Why.
        reason: String,
    },
}

/// Opens a catalogue. The file is read when something is asked of it; one that is not there is an
/// empty one for [`Catalogue::add`] and an error for everybody else.
pub fn open(file: impl Into<PathBuf>) -> Arc<Catalogue> {
    catalogue(file.into(), None, AddTo::File)
}

/// Opens a catalogue and a sheet beside it. Where there is such a sheet the file may be missing.
pub fn open_with(
    file: impl Into<PathBuf>,
    sheet: Arc<dyn ImageSheet>,
    added_to: AddTo,
) -> Arc<Catalogue> {
    catalogue(file.into(), Some(sheet), added_to)
}

fn catalogue(
    file: PathBuf,
    beside: Option<Arc<dyn ImageSheet>>,
    added_to: AddTo,
) -> Arc<Catalogue> {
    Arc::new(Catalogue {
        file,
        beside,
        added_to,
        writing: Mutex::new(()),
        hashed: Mutex::new(HashMap::new()),
    })
}

impl Catalogue {
    /// Where the file is, for messages.
    #[must_use]
    pub fn location(&self) -> String {
        self.file.display().to_string()
    }

    /// Every image of the file in its order, then those that the sheet alone has.
    ///
    /// # Errors
    /// [`ImageError::Unreadable`] with the line that cannot be read, [`ImageError::Sheet`] with the
    /// cells, [`ImageError::Disagree`] for a file that both name and one is wrong about.
    pub async fn list(&self) -> Result<Vec<Listed>, ImageError> {
        Ok(self.read().await?.0)
    }

    /// Every image, and the places that were read, for messages.
    async fn read(&self) -> Result<(Vec<Listed>, String), ImageError> {
        let sheet = match &self.beside {
            Some(sheet) => sheet.read().await?.map(|all| (all, sheet.location())),
            None => None,
        };
        let file = self.of_the_file(sheet.is_some())?;
        let Some((sheet, place)) = sheet else {
            return Ok((file, self.location()));
        };
        let places = format!("{} with {place}", self.location());
        Ok((joined(file, sheet)?, places))
    }

    fn of_the_file(&self, may_be_missing: bool) -> Result<Vec<Listed>, ImageError> {
        match fs::read_to_string(&self.file) {
            Ok(text) => self.images(&text),
            Err(e) if may_be_missing && e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(self.unreadable(&e.to_string())),
        }
    }

    fn images(&self, text: &str) -> Result<Vec<Listed>, ImageError> {
        let file: File =
            toml::from_str(text).map_err(|e| self.unreadable(e.to_string().trim_end()))?;
        let listed = |entry| Listed {
            image: self.image(entry),
            origin: self.location(),
        };
        Ok(file.image.into_iter().map(listed).collect())
    }

    fn image(&self, entry: Entry) -> Image {
        let place = entry.path.unwrap_or_else(|| PathBuf::from(&entry.file));
        Image {
            path: self.folder().join(place),
            file: entry.file,
            version: entry.version,
            platforms: entry.platforms,
            size_bytes: entry.size_bytes,
            sha512: entry.sha512.map(|d| d.to_ascii_lowercase()),
            md5: entry.md5.map(|d| d.to_ascii_lowercase()),
            provenance: entry.provenance,
        }
    }

    fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    fn unreadable(&self, reason: &str) -> ImageError {
        ImageError::Unreadable {
            path: self.location(),
            reason: reason.to_owned(),
        }
    }

    /// Hashes a file and puts it into the catalogue, in place of an entry of the same name. It is
    /// not written to one place when another says something else of its bytes.
    ///
    /// Release and models come from the name where they are not given; a file outside the
    /// catalogue's folder stays where it is and is named by its path. Reads the file once, in full.
    ///
    /// # Errors
    /// [`AddError`]; the catalogue is then as it was.
    pub async fn add(&self, path: &Path, given: Said) -> Result<Image, AddError> {
        let file = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let said = name::read(&file);
        if let Some(why) = said.no_image {
            return Err(AddError::NoImage {
                file,
                why: why.to_owned(),
            });
        }
        if file.contains(".SSA.") {
            tracing::warn!(%file, "signed for development: production hardware does not boot it");
        }
        let not_said = |what| AddError::NotSaid {
            file: file.clone(),
            what,
        };
        let version = given
            .version
            .or(said.version)
            .ok_or_else(|| not_said("the release"))?;
        let platforms = given.platforms.unwrap_or(said.platforms);
        if platforms.is_empty() {
            return Err(not_said("the platforms"));
        }
        let hashed = self.hashed(path).await?;
        if let Some(published) = &given.sha512
            && !published
                .trim()
                .eq_ignore_ascii_case(&hashed.digests.sha512)
        {
            return Err(AddError::NotAsPublished {
                file,
                found: hashed.digests.sha512,
                published: published.clone(),
            });
        }
        let entry = Entry {
            provenance: Provenance {
                verified: given.sha512.is_some(),
                approved_by: given.approved_by,
                source: given.source,
                brings: given.brings,
                ..Provenance::default()
            },
            path: self.place(path, &file),
            version,
            platforms,
            size_bytes: hashed.size,
            md5: Some(hashed.digests.md5),
            sha512: Some(hashed.digests.sha512),
            file,
        };
        let image = self.image(entry.clone());
        let found = Listed {
            image: image.clone(),
            origin: path.display().to_string(),
        };
        match (&self.beside, self.added_to) {
            (Some(sheet), AddTo::Sheet) => {
                let others = of_the_same(self.of_the_file(true)?, &image);
                joined(vec![found], others)?;
                sheet.put(&image).await.map_err(AddError::Sheet)?;
            }
            (Some(sheet), AddTo::File) => {
                let others = of_the_same(sheet.read().await?.unwrap_or_default(), &image);
                joined(vec![found], others)?;
                self.put(&entry)?;
            }
            (None, _) => self.put(&entry)?,
        }
        Ok(image)
    }

    /// Where an entry says that its file is, when it is not in the catalogue's folder.
    fn place(&self, path: &Path, file: &str) -> Option<PathBuf> {
        let absolute = |p: &Path| fs::canonicalize(p).unwrap_or_else(|_| p.to_path_buf());
        let folder = if self.folder().as_os_str().is_empty() {
            absolute(Path::new("."))
        } else {
            absolute(self.folder())
        };
        let path = absolute(path);
        (path != folder.join(file)).then_some(path)
    }

    fn put(&self, entry: &Entry) -> Result<(), AddError> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(self.unreadable(&e.to_string()).into()),
        };
        // What cannot be read is not written over.
        self.images(&text)?;
        let unwritable = |reason: String| AddError::Unwritable {
            path: self.location(),
            reason,
        };
        let block = toml::to_string(entry).map_err(|e| unwritable(e.to_string()))?;
        let text = with_entry(&text, &entry.file, &format!("[[image]]\n{block}"));
        // A catalogue of a shape that our editing does not understand (inline tables) is left alone.
        let now = self.images(&text)?;
        if now.iter().filter(|l| l.image.file == entry.file).count() != 1 {
            return Err(unwritable(format!(
                "it has an entry for {} that is not a [[image]] of its own; remove it first",
                entry.file
            )));
        }
        replace_file(&self.file, text.as_bytes()).map_err(|e| unwritable(e.to_string()))
    }

    /// The digests of a file: those from before when size and time of change are the same.
    async fn hashed(&self, path: &Path) -> Result<Hashed, ImageError> {
        let slot = {
            let mut all = self.hashed.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(path.to_path_buf()).or_default())
        };
        let mut slot = slot.lock().await;
        let unreadable = |reason: String| ImageError::Unreadable {
            path: path.display().to_string(),
            reason,
        };
        let about = tokio::fs::metadata(path)
            .await
            .map_err(|e| unreadable(e.to_string()))?;
        if let Some(held) = &*slot
            && held.size == about.len()
            && held.modified == about.modified().ok()
        {
            return Ok(held.clone());
        }
        let owned = path.to_path_buf();
        let (size, digests) = tokio::task::spawn_blocking(move || digest::of(&owned))
            .await
            .map_err(|e| unreadable(e.to_string()))?
            .map_err(|e| unreadable(e.to_string()))?;
        let hashed = Hashed {
            size,
            modified: about.modified().ok(),
            digests,
        };
        *slot = Some(hashed.clone());
        Ok(hashed)
    }
}

fn of_the_same(mut all: Vec<Listed>, image: &Image) -> Vec<Listed> {
    all.retain(|l| l.image.file == image.file);
    all
}

#[async_trait]
impl Images for Catalogue {
    async fn find(
        &self,
        pid: &str,
        target: Option<&Version>,
        file: Option<&str>,
    ) -> Result<Image, ImageError> {
        let (all, places) = self.read().await?;
        let all = all.into_iter().map(|l| l.image).collect();
        match file {
            Some(file) => named(all, &places, pid, target, file),
            None => by_release(all, &places, pid, target),
        }
    }

    async fn verify(&self, image: &Image) -> Result<(), ImageError> {
        if image.digest().is_none() {
            return Err(ImageError::NoDigest {
                file: image.file.clone(),
            });
        }
        let differs = |what: &str, expected: &str, found: &str| ImageError::Differs {
            path: image.path.display().to_string(),
            what: what.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        };
        // The size first: a gigabyte need not be read to see that half of it is missing.
        let about = tokio::fs::metadata(&image.path)
            .await
            .map_err(|e| ImageError::Unreadable {
                path: image.path.display().to_string(),
                reason: e.to_string(),
            })?;
        if about.len() != image.size_bytes {
            let (expected, found) = (image.size_bytes.to_string(), about.len().to_string());
            return Err(differs("size", &expected, &found));
        }
        let hashed = self.hashed(&image.path).await?;
        for (what, expected, found) in [
            ("SHA-512", &image.sha512, &hashed.digests.sha512),
            ("MD5", &image.md5, &hashed.digests.md5),
        ] {
            if let Some(expected) = expected
                && !expected.eq_ignore_ascii_case(found)
            {
                return Err(differs(what, expected, found));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
