//! Is 17.09.04a newer than 17.9.4, and of which train?
//!
//! Devices, file names and people write one release in several ways. [`Version`] reads them all,
//! compares them as releases, and prints the padded form that the first line of `show version` uses.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A release of IOS-XE.
///
/// `17.09.04a`, `17.9.4a` and `17.09.04a.0.4` are one release: the build fields that
/// `show install summary` adds are kept ([`Version::full`]) but never compared. A rebuild letter
/// sorts after none (`17.9.4 < 17.9.4a < 17.9.5`), a pre-release (`17.07.01prd16`) before it.
///
/// ```
/// use iosxe_core::version::Version;
/// let header: Version = "17.09.04a".parse()?;
/// let summary: Version = "17.9.4a.0.6".parse()?;
/// assert_eq!(header, summary);
/// assert!(header > "17.9.4".parse()?);
/// assert_eq!(summary.to_string(), "17.09.04a");
/// # Ok::<(), iosxe_core::version::VersionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Version {
    major: u16,
    minor: u16,
    rebuild: u16,
    /// Rebuild letters, lower case: `a`, `b`, `prd16` is not one of them.
    letters: String,
    /// The number of a pre-release (`prd16`).
    pre_release: Option<u16>,
    /// The train letters of a 3.x release, upper case: `S`, `E`, `SG`.
    train_letters: String,
    /// Build fields behind the release, as `show install summary` prints them.
    build: Vec<u32>,
}

/// Why a text is no release number. Engineering builds have none and end here too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no IOS-XE release number")]
pub struct VersionError {
    /// What was read.
    pub text: String,
}

impl Version {
    /// Major and minor number: `(17, 9)`.
    #[must_use]
    pub fn train(&self) -> (u16, u16) {
        (self.major, self.minor)
    }

    /// Whether Cisco maintains the train for the extended time. Trains of 26.x and later are not
    /// decided here: the pattern for them is not published in what we read.
    ///
    /// Source: Cisco, "In-Service Software Upgrade (ISSU)", Catalyst; 16.6 and 17.18 unconfirmed.
    #[must_use]
    pub fn is_extended_maintenance(&self) -> bool {
        matches!(
            self.train(),
            (16, 6 | 9 | 12) | (17, 3 | 6 | 9 | 12 | 15 | 18)
        )
    }

    /// The code name of the train, empty where Cisco stopped using names. For people only.
    #[must_use]
    pub fn code_name(&self) -> &'static str {
        match self.train() {
            (16, 1..=3) => "Denali",
            (16, 4..=6) => "Everest",
            (16, 7..=9) => "Fuji",
            (16, 10..=12) => "Gibraltar",
            (17, 1..=3) => "Amsterdam",
            (17, 4..=6) => "Bengaluru",
            (17, 7..=9) => "Cupertino",
            (17, 10..=12) => "Dublin",
            _ => "",
        }
    }

    /// The release with its build fields, as `show install summary` prints it.
    #[must_use]
    pub fn full(&self) -> String {
        let mut text = self.to_string();
        for field in &self.build {
            text.push('.');
            text.push_str(&field.to_string());
        }
        text
    }

    /// The release as the IOS line of `show version` spells it: no padding (`17.9.4a`).
    #[must_use]
    pub fn unpadded(&self) -> String {
        format!(
            "{}.{}.{}{}",
            self.major, self.minor, self.rebuild, self.letters
        )
    }

    fn key(&self) -> (u16, u16, u16, &str, u32, &str) {
        // A finished release sorts after each of its pre-releases.
        let pre = self.pre_release.map_or(u32::MAX, u32::from);
        (
            self.major,
            self.minor,
            self.rebuild,
            &self.letters,
            pre,
            &self.train_letters,
        )
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        parse(text.trim()).ok_or_else(|| VersionError {
            text: text.trim().to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<Version> {
    let mut fields = text.split('.');
    let major = number(fields.next()?)?;
    let minor = number(fields.next()?)?;
    let third = fields.next()?;
    let digits = third.len() - third.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (rebuild, suffix) = third.split_at(digits);
    let mut version = Version {
        major,
        minor,
        rebuild: number(rebuild)?,
        letters: String::new(),
        pre_release: None,
        train_letters: String::new(),
        build: Vec::new(),
    };
    if let Some(n) = suffix.strip_prefix("prd") {
        version.pre_release = Some(number(n)?);
    } else if suffix.chars().all(|c| c.is_ascii_lowercase()) && suffix.len() <= 2 {
        suffix.clone_into(&mut version.letters);
    } else if major == 3 {
        // 03.06.05E, 03.06.05bE: rebuild letters are small, train letters are capitals.
        let small = suffix.len()
            - suffix
                .trim_start_matches(|c: char| c.is_ascii_lowercase())
                .len();
        let (letters, train) = suffix.split_at(small);
        if !is_train(train) {
            return None;
        }
        letters.clone_into(&mut version.letters);
        train.clone_into(&mut version.train_letters);
    } else {
        return None;
    }
    for field in fields {
        if major == 3 && version.train_letters.is_empty() && is_train(field) {
            field.clone_into(&mut version.train_letters);
        } else {
            version.build.push(field.parse().ok()?);
        }
    }
    if version.build.len() > 4 {
        return None;
    }
    Some(version)
}

fn is_train(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.chars().all(|c| c.is_ascii_uppercase())
}

fn number(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!(
            "{:02}.{:02}.{:02}{}",
            self.major, self.minor, self.rebuild, self.letters
        );
        if let Some(pre) = self.pre_release {
            text.push_str(&format!("prd{pre}"));
        }
        if !self.train_letters.is_empty() {
            // Catalyst writes 03.06.05E, routers write 03.16.04b.S.
            if self.train_letters != "E" {
                text.push('.');
            }
            text.push_str(&self.train_letters);
        }
        f.pad(&text)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Version {}
impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.full())
    }
}
impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn spellings_of_one_release_are_equal() {
        for text in ["17.09.04a", "17.9.4a", "17.09.04a.0.4", "17.9.04a.0.3629"] {
            assert_eq!(v(text), v("17.9.4a"), "{text}");
        }
        assert_eq!(v("16.6.6.0"), v("16.06.06"));
        assert_eq!(v("03.06.05E"), v("3.6.5E"));
        assert_eq!(v("03.16.04b.S").to_string(), "03.16.04b.S");
        assert_eq!(v("03.04.06.SG").to_string(), "03.04.06.SG");
        assert_eq!(v("17.09.04a.0.4").full(), "17.09.04a.0.4");
    }

    #[test]
    fn order_is_the_order_of_releases() {
        let ascending = [
            "03.06.05E",
            "16.6.1",
            "16.6.10",
            "16.12.5",
            "16.12.5b",
            "17.3.1",
            "17.07.01prd16",
            "17.7.1",
            "17.7.1a",
            "17.9.4",
            "17.9.4a",
            "17.9.5",
            "17.12.1",
            "26.01.01",
        ];
        for pair in ascending.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn engineering_builds_and_classic_ios_are_no_number() {
        for text in [
            "BLD_POLARIS_DEV_LATEST_20210302_012043",
            "15.2(7)E3",
            "17.9",
            "",
            "17.x.1",
            "17.9.4-a",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn trains() {
        assert!(v("17.9.4a").is_extended_maintenance());
        assert!(!v("17.10.1").is_extended_maintenance());
        assert_eq!(v("17.9.4a").code_name(), "Cupertino");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            if let Ok(version) = text.parse::<Version>() {
                prop_assert_eq!(version.full().parse::<Version>().unwrap(), version);
            }
        }

        #[test]
        fn printed_form_is_read_back(a in 0u16..40, b in 0u16..40, c in 0u16..40, l in "[a-z]?") {
            let text = format!("{a}.{b}.{c}{l}");
            prop_assert_eq!(v(&text), v(&v(&text).to_string()));
            prop_assert_eq!(v(&text).unpadded(), text);
        }
    }
}
