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
//! ```
//!
//! The files lie in the catalogue's own folder, unless an entry says `path`, relative to that
//! folder or absolute. The catalogue is the operator's: [`Catalogue::add`] changes its own entry and
//! leaves every other line as it stands.

mod choose;
mod digest;
mod edit;
mod name;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use iosxe_core::image::{Image, ImageError, Provenance};
use iosxe_core::ports::Images;
use iosxe_core::version::Version;
use serde::{Deserialize, Serialize};

use crate::durable::replace_file;
use choose::{by_release, named};
use digest::Digests;
use edit::with_entry;

/// A catalogue file and the images that it names.
#[derive(Debug)]
pub struct Catalogue {
    file: PathBuf,
    /// One writer at a time.
    writing: Mutex<()>,
    /// What was hashed, by path; the lock of an entry is held while it is hashed, so that fifty
    /// devices that want one image have it read once.
    hashed: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<Option<Hashed>>>>>,
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
    Arc::new(Catalogue {
        file: file.into(),
        writing: Mutex::new(()),
        hashed: Mutex::new(HashMap::new()),
    })
}

impl Catalogue {
    /// Where it is, for messages.
    #[must_use]
    pub fn location(&self) -> String {
        self.file.display().to_string()
    }

    /// Every image in it, in its order.
    ///
    /// # Errors
    /// [`ImageError::Unreadable`] with the line that cannot be read.
    pub fn list(&self) -> Result<Vec<Image>, ImageError> {
        let text = fs::read_to_string(&self.file).map_err(|e| self.unreadable(&e.to_string()))?;
        self.images(&text)
    }

    fn images(&self, text: &str) -> Result<Vec<Image>, ImageError> {
        let file: File =
            toml::from_str(text).map_err(|e| self.unreadable(e.to_string().trim_end()))?;
        Ok(file.image.into_iter().map(|e| self.image(e)).collect())
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

    /// Hashes a file and puts it into the catalogue, in place of an entry of the same name.
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
        self.put(&entry)?;
        Ok(self.image(entry))
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
        if now.iter().filter(|i| i.file == entry.file).count() != 1 {
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

#[async_trait]
impl Images for Catalogue {
    async fn find(
        &self,
        pid: &str,
        target: Option<&Version>,
        file: Option<&str>,
    ) -> Result<Image, ImageError> {
        let all = self.list()?;
        match file {
            Some(file) => named(all, &self.location(), pid, target, file),
            None => by_release(all, &self.location(), pid, target),
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
mod tests {
    use super::*;

    const NAME: &str = "cat9k_iosxe.17.09.04a.SPA.bin";

    fn folder() -> (tempfile::TempDir, Arc<Catalogue>) {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            (NAME, "bytes of 17.9"),
            ("cat9k_iosxe_npe.17.09.04a.SPA.bin", "no payload encryption"),
            ("cat9k_lite_iosxe.17.09.04a.SPA.bin", "lite"),
            ("cat9k_iosxe.17.12.04.SPA.bin", "bytes of 17.12"),
            ("mystery.bin", "?"),
        ] {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let catalogue = open(dir.path().join("catalogue.toml"));
        (dir, catalogue)
    }

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn images_are_added_by_their_names_and_found_by_model_and_release() {
        let (dir, catalogue) = folder();
        for name in [
            "cat9k_iosxe_npe.17.09.04a.SPA.bin",
            NAME,
            "cat9k_lite_iosxe.17.09.04a.SPA.bin",
            "cat9k_iosxe.17.12.04.SPA.bin",
        ] {
            catalogue
                .add(&dir.path().join(name), Said::default())
                .await
                .unwrap();
        }
        assert_eq!(catalogue.list().unwrap().len(), 4);
        let target = version("17.9.4a");
        let image = catalogue
            .find("C9300-48U", Some(&target), None)
            .await
            .unwrap();
        assert_eq!(image.file, NAME);
        assert_eq!(image.size_bytes, 13);
        assert_eq!(
            image.md5.as_deref(),
            Some("d528095a9af1e6d04283462901eb3e32")
        );
        assert_eq!(image.sha512.as_deref().map(str::len), Some(128));
        catalogue.verify(&image).await.unwrap();
        let lite = catalogue
            .find("C9200L-24T", Some(&target), None)
            .await
            .unwrap();
        assert!(lite.file.contains("lite"));
        let named = catalogue
            .find("C9300-48U", None, Some("cat9k_iosxe.17.12.04.SPA.bin"))
            .await
            .unwrap();
        assert_eq!(named.version, version("17.12.4"));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_apart() {
        let (dir, catalogue) = folder();
        catalogue
            .add(&dir.path().join(NAME), Said::default())
            .await
            .unwrap();
        let find = async |pid: &str, target: Option<&str>, file: Option<&str>| {
            let target = target.map(version);
            catalogue
                .find(pid, target.as_ref(), file)
                .await
                .unwrap_err()
                .to_string()
                .replace(&catalogue.location(), "CATALOGUE")
        };
        let cases = [
            (
                find("C9300-48U", Some("17.6.5"), None).await,
                "the catalogue CATALOGUE has no image of 17.06.05 for C9300-48U; it has 17.09.04a",
            ),
            (
                find("ISR4451-X/K9", Some("17.9.4a"), None).await,
                "the catalogue CATALOGUE has no image of 17.09.04a for ISR4451-X/K9; it has none for it",
            ),
            (
                find("C9300-48U", None, Some("other.bin")).await,
                "the catalogue CATALOGUE has no image named other.bin",
            ),
            (
                find("C9300-48U", Some("17.12.4"), Some(NAME)).await,
                "cat9k_iosxe.17.09.04a.SPA.bin is 17.09.04a, but the row wants 17.12.04",
            ),
        ];
        for (said, expected) in cases {
            assert_eq!(said, expected);
        }
        let said = find("ISR4451-X/K9", None, Some(NAME)).await;
        assert!(said.ends_with("not for ISR4451-X/K9"), "{said}");
    }

    #[tokio::test]
    async fn bytes_that_differ_are_seen_also_after_they_were_right() {
        let (dir, catalogue) = folder();
        let path = dir.path().join(NAME);
        let image = catalogue.add(&path, Said::default()).await.unwrap();
        catalogue.verify(&image).await.unwrap();
        fs::write(&path, "bytes of 17").unwrap();
        let error = catalogue.verify(&image).await.unwrap_err().to_string();
        assert!(
            error.ends_with("size is 11, the catalogue says 13"),
            "{error}"
        );
        fs::write(&path, "bytes of 17.X").unwrap();
        // The same size; a file system with coarse times must not hide the change.
        let later = SystemTime::now() + std::time::Duration::from_secs(5);
        fs::File::open(&path).unwrap().set_modified(later).unwrap();
        let error = catalogue.verify(&image).await.unwrap_err();
        assert!(
            matches!(&error, ImageError::Differs { what, .. } if what == "SHA-512"),
            "{error}"
        );
        fs::remove_file(&path).unwrap();
        let error = catalogue.verify(&image).await.unwrap_err();
        assert!(matches!(error, ImageError::Unreadable { .. }), "{error}");
        let bare = Image {
            sha512: None,
            provenance: Provenance::default(),
            md5: None,
            ..image
        };
        let error = catalogue.verify(&bare).await.unwrap_err();
        assert!(matches!(error, ImageError::NoDigest { .. }), "{error}");
    }

    #[tokio::test]
    async fn the_operators_lines_stay_as_they_are() {
        let (dir, catalogue) = folder();
        let path = dir.path().join(NAME);
        let text = "# ours\n\n[[image]]\nfile = \"old.bin\" # keep\nversion = \"16.12.5\"\n\
                    platforms = [\"C9300\"]\nsize_bytes = 1\n\n# the new one\n[[image]]\n\
                    file = \"cat9k_iosxe.17.09.04a.SPA.bin\"\nversion = \"17.09.04a\"\n\
                    platforms = [\"C9300\"]\nsize_bytes = 7\n\n# the last\n[[image]]\n\
                    file = \"z.bin\"\nversion = \"17.3.1\"\nplatforms = [\"C9300\"]\nsize_bytes = 2\n";
        fs::write(dir.path().join("catalogue.toml"), text).unwrap();
        catalogue
            .add(
                &path,
                Said {
                    platforms: Some(vec!["C9300".to_owned()]),
                    ..Said::default()
                },
            )
            .await
            .unwrap();
        let now = fs::read_to_string(dir.path().join("catalogue.toml")).unwrap();
        let (head, _) = text.split_once("size_bytes = 7").unwrap();
        let (_, tail) = text.split_once("size_bytes = 7").unwrap();
        assert!(now.starts_with(head.trim_end()), "{now}");
        assert!(now.trim_end().ends_with(tail.trim_end()), "{now}");
        let list = catalogue.list().unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list[1].size_bytes, 13);
    }

    #[tokio::test]
    async fn what_a_name_does_not_say_must_be_given() {
        let (dir, catalogue) = folder();
        let path = dir.path().join("mystery.bin");
        let error = catalogue.add(&path, Said::default()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the name mystery.bin does not say the release: give it"
        );
        let error = catalogue
            .add(
                &path,
                Said {
                    version: Some(version("17.9.1")),
                    ..Said::default()
                },
            )
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the name mystery.bin does not say the platforms: give it"
        );
        // The vendor's word: compared, and a difference changes nothing.
        let path = dir.path().join(NAME);
        let right = catalogue.hashed(&path).await.unwrap().digests.sha512;
        let says = |sha512: &str| Said {
            sha512: Some(sha512.to_owned()),
            ..Said::default()
        };
        let error = catalogue.add(&path, says("00ff")).await.unwrap_err();
        assert!(matches!(error, AddError::NotAsPublished { .. }), "{error}");
        let image = catalogue
            .add(&path, says(&right.to_uppercase()))
            .await
            .unwrap();
        assert!(image.provenance.verified);
        let elsewhere = tempfile::tempdir().unwrap();
        let outside = elsewhere.path().join("mystery.bin");
        fs::write(&outside, "?").unwrap();
        catalogue
            .add(
                &outside,
                Said {
                    version: Some(version("17.9.1")),
                    platforms: Some(vec!["C9300".into()]),
                    ..Said::default()
                },
            )
            .await
            .unwrap();
        let image = catalogue
            .find("C9300-24T", Some(&version("17.9.1")), None)
            .await
            .unwrap();
        catalogue.verify(&image).await.unwrap();
        let error = catalogue
            .add(&dir.path().join("x.smu.bin"), Said::default())
            .await
            .unwrap_err();
        assert!(matches!(error, AddError::NoImage { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_catalogue_that_cannot_be_read_is_named_with_its_line_and_not_written_over() {
        let (dir, catalogue) = folder();
        let error = catalogue.list().unwrap_err();
        assert!(matches!(error, ImageError::Unreadable { .. }), "{error}");
        fs::write(dir.path().join("catalogue.toml"), "[[image]]\nfile = 3\n").unwrap();
        let error = catalogue.list().unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        catalogue
            .add(&dir.path().join(NAME), Said::default())
            .await
            .unwrap_err();
        let text = fs::read_to_string(dir.path().join("catalogue.toml")).unwrap();
        assert_eq!(text, "[[image]]\nfile = 3\n");
    }
}
