//! `sysDescr` as a system and a release.

use std::fmt;

use iosxe_core::version::Version;
use serde::Serialize;

/// An operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// IOS-XE.
    IosXe,
    /// Classic IOS.
    Ios,
    /// IOS XR.
    IosXr,
    /// NX-OS.
    NxOs,
    /// AireOS, the system of wireless controllers before IOS-XE.
    Controller,
    /// None of these.
    Other,
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::IosXe => "IOS-XE",
            Self::Ios => "classic IOS",
            Self::IosXr => "IOS XR",
            Self::NxOs => "NX-OS",
            Self::Controller => "AireOS",
            Self::Other => "another system",
        })
    }
}

/// Words of a description that only IOS-XE has: the name itself, the feature set of Catalyst images
/// (`CAT9K_IOSXE`), and that of routers, whose IOS is a process of Linux.
const IOS_XE: [&str; 3] = ["IOSXE", "IOS-XE", "LINUX_IOSD"];

/// Which system a description is of, and which release it names.
///
/// `Cisco IOS Software [Amsterdam], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.3.4, …`
/// Up to 16.x and on routers up to 3.x the code name is absent, and 3.x may call its release by the
/// number of its IOS (`15.5(3)S5`), which is then all that is known.
#[must_use]
pub fn read(description: &str) -> (System, Option<String>) {
    let first = description.lines().next().unwrap_or_default();
    let word = behind_version(description);
    let system = if first.starts_with("Cisco IOS XR") {
        System::IosXr
    } else if first.starts_with("Cisco NX-OS") {
        System::NxOs
    } else if first.starts_with("Cisco Controller") {
        System::Controller
    } else if first.starts_with("Cisco IOS Software") || first.starts_with("Cisco Internetwork") {
        let named = first.starts_with("Cisco IOS Software [");
        if named || IOS_XE.iter().any(|w| description.contains(w)) {
            System::IosXe
        } else {
            System::Ios
        }
    } else {
        System::Other
    };
    let release = word.map(|word| match system {
        System::IosXe => release(word),
        _ => word.to_owned(),
    });
    (system, release)
}

/// The word behind `Version `, without what follows its number: `17.3.4` of `17.3.4, RELEASE
/// SOFTWARE`, `6.4.2` of `6.4.2[Default]`.
fn behind_version(description: &str) -> Option<&str> {
    let (_, rest) = description.split_once("Version ")?;
    let end = rest
        .find(|c: char| c == ',' || c == '[' || c.is_whitespace())
        .unwrap_or(rest.len());
    rest.get(..end).filter(|word| !word.is_empty())
}

/// A release of IOS-XE as this program writes it; as the device prints it where it is no number.
pub(super) fn release(text: &str) -> String {
    text.parse::<Version>()
        .map_or_else(|_| text.to_owned(), |version| version.to_string())
}
