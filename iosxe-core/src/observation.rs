//! What a conversation found out: the closed set that crosses the port between drivers and engine.

use serde::{Deserialize, Serialize};

use crate::device::{Facts, Readiness, Release};
use crate::health::Health;
use crate::image::HashKind;
use crate::patch::PatchSeen;
use crate::talk::prompt::PromptKind;
use crate::version::Version;

/// The result of one exchange with a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// A session stands at a prompt.
    Login(Login),
    /// What the device is.
    Facts(Box<Facts>),
    /// What stands in the way of a change.
    Readiness(Box<Readiness>),
    /// How the device is.
    Health(Box<Health>),
    /// Running and startup configuration.
    Backup(Box<Backup>),
    /// A digest that the device computed.
    Digest(Digest),
    /// What came of an act.
    Acted(Acted),
    /// What the device says of a patch on its flash.
    Patch(Box<PatchSeen>),
    /// What the files name that packages are booted by, in the order in which they were asked for.
    Provisioned(Vec<Provisioned>),
    /// How a kept configuration stands against another.
    Configuration(Box<ConfigSeen>),
}

/// A file that names the packages to boot, and whether they are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioned {
    /// `flash-2:packages.conf`.
    pub path: String,
    /// It is there.
    pub found: bool,
    /// The release of the packages that it names; `None` where they are of more than one, or say none.
    pub release: Option<Version>,
    /// Packages that it names and that are not beside it.
    pub missing: Vec<String>,
}

impl Provisioned {
    /// It boots a release: it names that release's packages, and all of them are there.
    #[must_use]
    pub fn boots(&self, release: &Version) -> bool {
        self.found && self.release.as_ref() == Some(release) && self.missing.is_empty()
    }
}

/// A kept configuration held against another. Lines of it may hold secrets: none is kept here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigSeen {
    /// The kept file cannot be opened.
    pub missing: bool,
    /// How many lines differ; `None` where the comparison could not be read.
    pub differing: Option<usize>,
    /// The line that could not be read.
    pub unread: Option<String>,
    /// A change that undoes itself unless it is confirmed is pending, in the device's words. Asked of
    /// the running configuration alone, like what follows.
    pub pending: Option<String>,
    /// The serials of the device that answers, and what it runs, as `show version` has them.
    pub serials: Vec<String>,
    /// What it runs.
    pub running: Option<Release>,
    /// `archive` is configured with a `path`, which a revert timer needs; `None` where the device does
    /// not say.
    pub archive: Option<bool>,
}

impl ConfigSeen {
    /// Nothing differs.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differing == Some(0)
    }
}

/// A session at its prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The hostname of the prompt.
    pub hostname: String,
    /// Where the session stands.
    pub prompt: PromptKind,
    /// The privilege level came without `enable`: what an exec channel (SCP) will have too.
    pub privileged_at_login: bool,
}

/// The configurations, complete, as the device prints them. They hold secrets: they go to the run's
/// folder with owner-only permissions, never into the journal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// `show running-config`.
    pub running: String,
    /// `show startup-config`; `None` when the device has none.
    pub startup: Option<String>,
    /// Further outputs: command and text.
    pub outputs: Vec<(String, String)>,
}

impl std::fmt::Debug for Backup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backup({} bytes running-config, …)", self.running.len())
    }
}

/// A digest that the device computed over a file on its flash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The file system it looked at: `flash:`, `flash-2:`.
    pub file_system: String,
    /// How it was made.
    pub kind: HashKind,
    /// Lower-case hex; `None` when the device does not know this kind.
    pub hex: Option<String>,
}

/// What came of an act, as far as the conversation saw. Success is believed only after a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// The verdict line, if one was seen.
    pub verdict: Verdict,
    /// The last lines that the device said, redacted.
    pub tail: Vec<String>,
}

/// What the device said about an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It says that it did it.
    Success,
    /// It says that there was nothing to do.
    NoChange,
    /// The prompt came back without a verdict, or the connection ended: look.
    Unknown,
    /// The connection ended, as it must when a device reloads.
    WentAway,
}
