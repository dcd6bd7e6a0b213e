//! Patches (SMU, software maintenance update): which file is one, and what a device says of it.

use serde::{Deserialize, Serialize};

use crate::version::Version;
use crate::why::Evidence;

/// How the file of a patch ends.
const SUFFIX: &str = ".smu.bin";

/// Whether a file is a patch, by its name: `cat9k_iosxe.17.09.04a.CSCwc85207.SPA.smu.bin`.
#[must_use]
pub fn is_patch(file: &str) -> bool {
    file.len() > SUFFIX.len() && file.ends_with(SUFFIX)
}

/// The defect that a patch mends, by its name: `CSCwc85207`.
#[must_use]
pub fn defect(file: &str) -> Option<&str> {
    file.split('.').find(|field| {
        field
            .strip_prefix("CSC")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
    })
}

/// What shall become of the patches that a row names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchAim {
    /// They are put in.
    #[default]
    Apply,
    /// They are taken out.
    Remove,
}

impl PatchAim {
    /// Whether it is what rows mean that do not say.
    #[must_use]
    pub fn is_apply(&self) -> bool {
        *self == Self::Apply
    }
}

/// What a patch takes away when it takes effect, in the device's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchEffect {
    /// Nothing: processes are patched while they run.
    Hot,
    /// The device reloads.
    Reload,
}

/// What a device says of the file of a patch on its flash (`show install package`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatchSeen {
    /// The file.
    pub file: String,
    /// Whether it is a patch at all; `None` where the device does not say.
    pub is_patch: Option<bool>,
    /// What it takes away; `None` where the device does not say: a reload has to be reckoned with.
    pub effect: Option<PatchEffect>,
    /// The release that it is for; `None` where the device does not say.
    pub release: Option<Version>,
    /// Files of patches in use that it replaces.
    pub supersedes: Vec<String>,
    /// Files of patches in use that replace it.
    pub superseded_by: Vec<String>,
    /// An answer that could not be read.
    pub unread: Option<String>,
    /// The lines behind it.
    pub lines: Vec<Evidence>,
}

impl PatchSeen {
    /// A file of which the device says nothing.
    #[must_use]
    pub fn silent(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            is_patch: None,
            effect: None,
            release: None,
            supersedes: Vec::new(),
            superseded_by: Vec::new(),
            unread: None,
            lines: Vec::new(),
        }
    }
}

impl std::fmt::Display for PatchSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.effect {
            Some(PatchEffect::Hot) => write!(
                f,
                "the device says that {} is hot: it takes effect without a reload",
                self.file
            )?,
            Some(PatchEffect::Reload) => write!(
                f,
                "the device says that {} takes effect by a reload",
                self.file
            )?,
            None => write!(
                f,
                "the device does not say what {} takes: a reload is reckoned with",
                self.file
            )?,
        }
        if !self.supersedes.is_empty() {
            write!(f, "; it replaces {}", self.supersedes.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_told_from_an_image_by_its_name() {
        let patch = "cat9k_iosxe.17.09.04a.CSCwc85207.SPA.smu.bin";
        assert!(is_patch(patch) && !is_patch("cat9k_iosxe.17.09.04a.SPA.bin"));
        assert!(!is_patch(".smu.bin"));
        assert_eq!(defect(patch), Some("CSCwc85207"));
        assert_eq!(defect("cat9k_iosxe.17.09.04a.SPA.bin"), None);
    }

    #[test]
    fn a_device_that_says_nothing_of_the_effect_is_reckoned_to_reload() {
        let seen = PatchSeen::silent("x.smu.bin");
        assert!(seen.to_string().ends_with("a reload is reckoned with"));
    }
}
