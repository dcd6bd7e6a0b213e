//! `show install version all|summary|value`: the packages of each version at each location.
//!
//! Source: genieparser golden outputs of Catalyst 9400, 17.10.
//!
//! ```text
//! Location: R0
//!   Version: 17.10.01.0.161965
//!     Version State: Activated & Committed
//!     Package List:
//!       Package Type: IMG
//!         Package Name: /flash1/user/cat9k-lni.17.10.01.SPA.pkg
//!         Package State: Activated & Committed
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::show_install_summary::PackageType;
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// State of a version or package, spelled out.
    SpelledState {
        /// Added only.
        Inactive = "Inactive",
        /// Activated, not committed.
        #[serde(rename = "activated & uncommitted")]
        Uncommitted = "Activated & Uncommitted",
        /// Activated and committed.
        #[serde(rename = "activated & committed")]
        Committed = "Activated & Committed",
        /// Deactivated, not committed.
        #[serde(rename = "deactivated & uncommitted")]
        Deactivated = "Deactivated & Uncommitted",
        /// Only added.
        Added = "Added",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInstallVersion {
    /// One entry per route processor or switch.
    pub locations: Vec<Location>,
}

/// One location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// `R0`.
    pub name: String,
    /// Its versions.
    pub versions: Vec<InstalledVersion>,
}

/// One version at one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledVersion {
    /// Version with build fields.
    pub version: String,
    /// Build number behind the version.
    pub extension: Option<String>,
    /// State of the version.
    pub state: Option<SpelledState>,
    /// File it was added from.
    pub file: Option<String>,
    /// Its packages.
    pub packages: Vec<VersionPackage>,
}

/// One package of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionPackage {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: PackageType,
    /// Path of the file.
    pub name: Option<String>,
    /// Its state.
    pub state: Option<SpelledState>,
}

const IGNORED: &[Ignored] = &[
    ignored("CW_IMAGE:*", "internal name of the image"),
    ignored("Checksum:*", "the device checks it when it adds"),
    ignored("Package List:", "heading"),
];

/// Reads `show install version`.
///
/// # Errors
/// On an unknown state or type, and when the text ends inside a package.
pub fn parse(text: &str) -> Result<Parsed<ShowInstallVersion>, ParseError> {
    let mut lines = Lines::new("show install version", text)?;
    let mut locations: Vec<Location> = Vec::new();
    while let Some(line) = lines.next() {
        let Some((key, value)) = pair(line.text, ':') else {
            if !line.is_rule() {
                lines.unknown(line);
            }
            continue;
        };
        if key == "Location" {
            locations.push(Location {
                name: value.to_owned(),
                versions: Vec::new(),
            });
            continue;
        }
        let Some(location) = locations.last_mut() else {
            lines.unknown(line);
            continue;
        };
        if key == "Version" {
            line.release(value)?;
            location.versions.push(InstalledVersion {
                version: value.to_owned(),
                extension: None,
                state: None,
                file: None,
                packages: Vec::new(),
            });
            continue;
        }
        let Some(version) = location.versions.last_mut() else {
            lines.unknown(line);
            continue;
        };
        match (key, version.packages.last_mut()) {
            ("Version Extension", _) => version.extension = units::text(value),
            ("Version State", _) => version.state = Some(line.word(value)?),
            ("Filename", _) => version.file = units::text(value),
            ("Package Type", _) => version.packages.push(VersionPackage {
                kind: line.word(value)?,
                name: None,
                state: None,
            }),
            ("Package Name", Some(package)) => package.name = units::text(value),
            ("Package State", Some(package)) => package.state = Some(line.word(value)?),
            _ => lines.pass(line, IGNORED),
        }
    }
    if locations.is_empty() {
        return Err(lines.incomplete("the line `Location:`"));
    }
    let open = |p: &VersionPackage| p.name.is_none() || p.state.is_none();
    if locations
        .iter()
        .flat_map(|l| &l.versions)
        .flat_map(|v| &v.packages)
        .any(open)
    {
        return Err(lines.incomplete("name and state of the package"));
    }
    Ok(lines.finish(ShowInstallVersion { locations }))
}
