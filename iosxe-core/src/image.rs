//! Which file, which size, which digest, for which platforms?

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::fault::{Class, Classified, Effect, Remedy};
use crate::firmware::Brings;
use crate::version::Version;

/// How a digest was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashKind {
    /// `verify /md5`: known to every release.
    Md5,
    /// `verify /sha512`: absent on old releases.
    Sha512,
}

impl HashKind {
    /// The option of the device's `verify` command.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::Md5 => "/md5",
            Self::Sha512 => "/sha512",
        }
    }
}

impl fmt::Display for HashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5 => "MD5",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// An image of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// File name, as it will stand on flash.
    pub file: String,
    /// Its release.
    pub version: Version,
    /// PID prefixes that it is for.
    pub platforms: Vec<String>,
    /// Exact size in bytes.
    pub size_bytes: u64,
    /// SHA-512 in lower-case hex.
    pub sha512: Option<String>,
    /// MD5 in lower-case hex.
    pub md5: Option<String>,
    /// Where its bytes are.
    pub path: PathBuf,
    /// Where it comes from, who vouches for it, and what it needs.
    #[serde(default, skip_serializing_if = "Provenance::is_unknown")]
    pub provenance: Provenance,
}

/// What the operator wrote about an image beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Its SHA-512 was compared with the value that the vendor publishes. A digest that was only
    /// computed here proves that nothing changed since, not that the file was right.
    pub verified: bool,
    /// Who allowed it to be used.
    pub approved_by: Option<String>,
    /// Where it was fetched.
    pub source: Option<String>,
    /// DRAM that it needs, in bytes.
    pub min_memory_bytes: Option<u64>,
    /// The oldest ROMMON that boots it.
    pub min_rommon: Option<String>,
    /// What a package of firmware brings, part by part, as its release notes say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brings: Vec<Brings>,
}

impl Provenance {
    /// Nothing was written.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

impl Image {
    /// The strongest digest that the catalogue holds.
    #[must_use]
    pub fn digest(&self) -> Option<(HashKind, &str)> {
        self.sha512
            .as_deref()
            .map(|h| (HashKind::Sha512, h))
            .or_else(|| self.md5.as_deref().map(|h| (HashKind::Md5, h)))
    }

    /// Its digest of one kind.
    #[must_use]
    pub fn digest_of(&self, kind: HashKind) -> Option<&str> {
        match kind {
            HashKind::Md5 => self.md5.as_deref(),
            HashKind::Sha512 => self.sha512.as_deref(),
        }
    }

    /// Whether it is for a model.
    #[must_use]
    pub fn fits(&self, pid: &str) -> bool {
        self.platforms.iter().any(|p| pid.starts_with(p.as_str()))
    }
}

/// An image and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The image.
    #[serde(flatten)]
    pub image: Image,
    /// `images/catalogue.toml`, `fleet.xlsx, sheet Images, row 4`, or both.
    pub origin: String,
}

/// Why there is no image to send.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The catalogue has none for the model and release.
    #[error("the catalogue {catalogue} has no image of {version} for {pid}; it has {known}")]
    NotFound {
        /// Where was looked.
        catalogue: String,
        /// The model.
        pid: String,
        /// The wanted release.
        version: String,
        /// What it has for the model.
        known: String,
    },
    /// The row names a file that the catalogue does not have.
    #[error("the catalogue {catalogue} has no image named {file}")]
    NotNamed {
        /// Where was looked.
        catalogue: String,
        /// The file that the row names.
        file: String,
    },
    /// The image that the row names is for another platform.
    #[error("{file} is for {platforms}, not for {pid}")]
    WrongPlatform {
        /// The file.
        file: String,
        /// What it is for.
        platforms: String,
        /// The model.
        pid: String,
    },
    /// The row names an image and a release that do not belong together.
    #[error("{file} is {found}, but the row wants {wanted}")]
    WrongVersion {
        /// The file.
        file: String,
        /// Its release.
        found: String,
        /// The wanted release.
        wanted: String,
    },
    /// The bytes are not those that the catalogue promises.
    #[error("{path}: {what} is {found}, the catalogue says {expected}")]
    Differs {
        /// The file.
        path: String,
        /// `size`, `SHA-512`, `MD5`.
        what: String,
        /// What the catalogue says.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// Neither SHA-512 nor MD5 in the catalogue: nothing could be proven on the device.
    #[error("the catalogue has no digest for {file}")]
    NoDigest {
        /// The file.
        file: String,
    },
    /// Two places name one file and do not say the same of its bytes.
    #[error("{file} has the {what} {ours} in {place}, and {theirs} in {other}")]
    Disagree {
        /// The file.
        file: String,
        /// `size`, `SHA-512`, `MD5`, `release`.
        what: String,
        /// What the one place says.
        ours: String,
        /// The one place.
        place: String,
        /// What the other place says.
        theirs: String,
        /// The other place.
        other: String,
    },
    /// The sheet of images has cells that say nothing, or is not there.
    #[error("{reason}")]
    Sheet {
        /// What is wrong, with file, sheet and cell.
        reason: String,
    },
    /// The catalogue or the file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
}

impl Classified for ImageError {
    fn class(&self) -> Class {
        match self {
            Self::NotFound { .. }
            | Self::NotNamed { .. }
            | Self::WrongPlatform { .. }
            | Self::WrongVersion { .. }
            | Self::Differs { .. }
            | Self::NoDigest { .. }
            | Self::Disagree { .. }
            | Self::Sheet { .. }
            | Self::Unreadable { .. } => Class::Operator,
        }
    }

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "image_not_found",
            Self::NotNamed { .. } => "image_not_named",
            Self::WrongPlatform { .. } => "image_wrong_platform",
            Self::WrongVersion { .. } => "image_wrong_version",
            Self::Differs { .. } => "image_differs",
            Self::NoDigest { .. } => "image_no_digest",
            Self::Disagree { .. } => "image_disagree",
            Self::Sheet { .. } => "image_sheet",
            Self::Unreadable { .. } => "image_unreadable",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::NotFound { .. } | Self::NotNamed { .. } => {
                Remedy::with("add the image to the catalogue", "iosxe image add FILE")
            }
            Self::WrongPlatform { .. } | Self::WrongVersion { .. } => {
                Remedy::new("correct the `image` or `target_version` cell of the row")
            }
            Self::Differs { .. } => Remedy::with(
                "fetch the file again, or add it anew when the catalogue is wrong",
                "iosxe image verify",
            ),
            Self::NoDigest { .. } => Remedy::with(
                "add the image again to have it hashed",
                "iosxe image add FILE",
            ),
            Self::Disagree { .. } => Remedy::with(
                "find out which bytes are right, and correct or remove the other",
                "iosxe image list",
            ),
            Self::Sheet { .. } => Remedy::with(
                "correct the sheet or its name, then look at what is listed",
                "iosxe image list",
            ),
            Self::Unreadable { .. } => Remedy::new("check the path and its permissions"),
        })
    }
}
