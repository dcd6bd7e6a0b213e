//! Firmware beside the image (ROMMON, CPLD, FPGA): which file is a package of it, what a package
//! brings, and which parts of a device are behind it.
//!
//! Firmware has no way back: what is written stays. So nothing here is guessed. Versions of which
//! nobody can say which is newer are told to be so, and a package whose versions nobody named brings
//! nothing.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::image::Image;
use crate::version::Version;

/// A kind of part that has firmware of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Boot loader.
    Rommon,
    /// Complex programmable logic device.
    Cpld,
    /// Field-programmable gate array.
    Fpga,
    /// Another part: shown, never written.
    Other,
}

impl PartKind {
    /// The word for it in commands, JSON and the catalogue.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rommon => "rommon",
            Self::Cpld => "cpld",
            Self::Fpga => "fpga",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Rommon => "ROMMON",
            Self::Cpld => "CPLD",
            Self::Fpga => "FPGA",
            Self::Other => "firmware",
        })
    }
}

/// Firmware of one part, as a device shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// `R0`, `3`, `F1`; the number of a stack's member.
    pub slot: String,
    /// What it is.
    pub kind: PartKind,
    /// The device's own word: `Supervisor CPLD`, `ROMMON`.
    pub name: String,
    /// Model of the card in the slot, where the device says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// Its version, as printed.
    pub version: String,
    /// The version that comes with the running release, where the device says so and it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

impl Firmware {
    /// Whether the device itself says that it is not what the running release comes with.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.expected.is_some()
    }
}

/// Everything that one look told of a device's firmware.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirmwareState {
    /// Every part, as listed.
    pub parts: Vec<Firmware>,
    /// A part that is being written now, in the device's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing: Option<String>,
    /// Slots whose writing has ended since the last boot, where the device keeps that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<String>,
    /// Looks that gave no answer that could be read, with the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inconclusive: Vec<String>,
}

impl FirmwareState {
    /// One part.
    #[must_use]
    pub fn part(&self, slot: &str, kind: PartKind) -> Option<&Firmware> {
        let mut parts = self.parts.iter();
        parts.find(|p| p.kind == kind && p.slot.eq_ignore_ascii_case(slot))
    }
}

/// Which kind of package a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageKind {
    /// ROMMON of every processor of a router.
    Rommon,
    /// CPLD and FPGA, card by card.
    Programmable,
    /// ROMMON of a Catalyst, out of the running release: no file.
    Capsule,
}

/// A package of firmware, as its name tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its kind.
    pub kind: PackageKind,
    /// The name of its product, without the version: `asr1000-rommon`, `capsule-primary`.
    pub product: String,
    /// The version in its name: of the ROMMON (`17.3(1r)`), or of the release that it came with.
    pub version: Option<String>,
}

impl Package {
    /// What a file or a word of the `image` cell says: `asr1000-rommon.173-1r.SPA.pkg`,
    /// `isr4400_rommon_1612_2r_SPA.pkg`, `asr900_15_6_48r_s_rommon.pkg`,
    /// `asr1000-hw-programmables.16.08.01.SPA.pkg`, `capsule-primary`, `capsule-golden.17.12.1r`.
    ///
    /// Source of the names: Cisco's ROMMON guides of ASR 1000, ISR 4000 and ASR 900, release notes of
    /// ASR 1000.
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        let package = |kind, product: &str, version: Option<String>| Self {
            kind,
            product: product.to_owned(),
            version,
        };
        for product in ["capsule-primary", "capsule-golden"] {
            if let Some(rest) = file.strip_prefix(product) {
                let version = rest.strip_prefix('.').filter(|v| !v.is_empty());
                if rest.is_empty() || version.is_some_and(|v| !numbers(v).is_empty()) {
                    return Some(package(
                        PackageKind::Capsule,
                        product,
                        version.map(str::to_owned),
                    ));
                }
                return None;
            }
        }
        let stem = file.strip_suffix(".pkg")?;
        if let Some(at) = stem.find("hw-programmables") {
            let (product, rest) = stem.split_at(at + "hw-programmables".len());
            let version = rest.trim_start_matches('.');
            let version = version.strip_suffix(".SPA").unwrap_or(version);
            let version = (!version.is_empty()).then(|| version.to_owned());
            return Some(package(PackageKind::Programmable, product, version));
        }
        let at = stem.find("rommon")?;
        let (before, rest) = stem.split_at(at + "rommon".len());
        // The version stands behind the word, or before it.
        let (product, version) = match rommon_version(rest) {
            Some(version) => (before.to_owned(), Some(version)),
            None => {
                let head = before.split(['_', '-', '.']).next().unwrap_or(before);
                (
                    format!("{head}-rommon"),
                    rommon_version(before.strip_prefix(head).unwrap_or_default()),
                )
            }
        };
        Some(package(PackageKind::Rommon, &product, version))
    }

    /// The version in its name as a number that the catalogue can keep.
    #[must_use]
    pub fn release(&self) -> Option<Version> {
        let text = self.version.as_deref()?;
        if let Ok(version) = text.parse() {
            return Some(version);
        }
        let [major, minor, build] = <[u32; 3]>::try_from(numbers(text)).ok()?;
        format!("{major}.{minor}.{build}r").parse().ok()
    }

    /// Whether there is a file to send.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.kind != PackageKind::Capsule
    }
}

/// Whether a file is a package of firmware, by its name.
#[must_use]
pub fn is_package(file: &str) -> bool {
    Package::of(file).is_some()
}

/// `.173-1r.SPA`, `_1612_2r_SPA`, `_15_6_48r_s_`: `17.3(1r)`, `16.12(2r)`, `15.6(48r)S`.
fn rommon_version(text: &str) -> Option<String> {
    let fields: Vec<&str> = text
        .split(['_', '-', '.'])
        .filter(|f| !f.is_empty())
        .collect();
    let build = fields.iter().position(|f| {
        f.strip_suffix('r')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    })?;
    let digits = |at: Option<usize>| -> Option<&str> {
        let field = fields.get(at?).copied()?;
        (!field.is_empty() && field.bytes().all(|b| b.is_ascii_digit())).then_some(field)
    };
    let last = digits(build.checked_sub(1))?;
    let (major, minor) = match digits(build.checked_sub(2)) {
        Some(major) if last.len() <= 2 => (major, last),
        _ => last.split_at_checked(2).filter(|(_, m)| !m.is_empty())?,
    };
    let letter = match fields.get(build + 1) {
        Some(&("s" | "S")) => "S",
        _ => "",
    };
    Some(format!("{major}.{minor}({}){letter}", fields.get(build)?))
}

/// The numbers of a ROMMON's version in order: `17.9.1r[FC1]` and `16.12(2r)` have no common form.
#[must_use]
pub fn numbers(version: &str) -> Vec<u32> {
    let head = version.split('[').next().unwrap_or(version);
    head.split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect()
}

/// Which of two versions of one kind of part is newer; `None` where their forms do not tell.
///
/// A ROMMON's are compared by their numbers. CPLD and FPGA have a date or a counter in hexadecimal
/// digits: two of one length are compared digit by digit, two of different lengths not at all.
#[must_use]
pub fn compare(kind: PartKind, a: &str, b: &str) -> Option<Ordering> {
    if a.trim() == b.trim() {
        return Some(Ordering::Equal);
    }
    match kind {
        PartKind::Rommon => {
            let (a, b) = (numbers(a), numbers(b));
            (a.len() >= 3 && a.len() == b.len()).then(|| a.cmp(&b))
        }
        PartKind::Cpld | PartKind::Fpga => {
            let hex = |text: &str| {
                let text = text.trim().to_ascii_lowercase();
                let text = text.strip_prefix("0x").unwrap_or(&text).to_owned();
                let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
                good.then_some(text)
            };
            let (a, b) = (hex(a)?, hex(b)?);
            (a.len() == b.len()).then(|| a.cmp(&b))
        }
        PartKind::Other => None,
    }
}

/// What a package brings for one kind of part on one kind of card: a line of the release notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Brings {
    /// Prefix of the card's model, or its slot; `*` for every one.
    pub board: String,
    /// The part.
    pub kind: PartKind,
    /// The version.
    pub version: String,
}

/// A text that names no board, part and version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no `BOARD PART VERSION`: write `ASR1000-RP2 fpga 18102401`, or `* cpld 14111801`"
)]
pub struct BringsError(pub String);

impl FromStr for Brings {
    type Err = BringsError;

    fn from_str(text: &str) -> Result<Self, BringsError> {
        let bad = || BringsError(text.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let [board, kind, version] = words.as_slice() else {
            return Err(bad());
        };
        let kind = match kind.to_ascii_lowercase().as_str() {
            "rommon" => PartKind::Rommon,
            "cpld" => PartKind::Cpld,
            "fpga" => PartKind::Fpga,
            _ => return Err(bad()),
        };
        Ok(Self {
            board: (*board).to_owned(),
            kind,
            version: (*version).to_owned(),
        })
    }
}

impl TryFrom<String> for Brings {
    type Error = BringsError;

    fn try_from(text: String) -> Result<Self, BringsError> {
        text.parse()
    }
}

impl From<Brings> for String {
    fn from(brings: Brings) -> Self {
        brings.to_string()
    }
}

impl fmt::Display for Brings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.board, self.kind.word(), self.version)
    }
}

impl Brings {
    /// Whether it is for a part.
    #[must_use]
    pub fn is_for(&self, part: &Firmware) -> bool {
        let slot = self.board.eq_ignore_ascii_case(&part.slot);
        let board = part.board.as_deref();
        self.kind == part.kind
            && (self.board == "*" || slot || board.is_some_and(|b| b.starts_with(&self.board)))
    }
}

/// One part that is to be written: exactly from this version to that one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The slot.
    pub slot: String,
    /// The part.
    pub kind: PartKind,
    /// The version that it has.
    pub from: String,
    /// The version that the package brings.
    pub to: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} -> {}",
            self.slot, self.kind, self.from, self.to
        )
    }
}

/// How one part stands against a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is older: it would be written.
    Behind(Change),
    /// It has what the package brings.
    Same,
    /// It is newer than what the package brings, which this is.
    Newer(String),
    /// Nobody can say which of the two is newer: what the package brings.
    Unclear(String),
    /// The package brings nothing for it, as far as anybody said.
    NotConcerned,
}

/// How one part stands against a package.
#[must_use]
pub fn fit(part: &Firmware, image: &Image) -> Fit {
    let Some(version) = brought(part, image) else {
        return Fit::NotConcerned;
    };
    match compare(part.kind, &part.version, &version) {
        Some(Ordering::Equal) => Fit::Same,
        Some(Ordering::Greater) => Fit::Newer(version),
        None => Fit::Unclear(version),
        Some(Ordering::Less) => Fit::Behind(Change {
            slot: part.slot.clone(),
            kind: part.kind,
            from: part.version.clone(),
            to: version,
        }),
    }
}

/// What a package brings for a part: what the catalogue says first, then what its name or the device
/// itself tells.
#[must_use]
pub fn brought(part: &Firmware, image: &Image) -> Option<String> {
    let package = Package::of(&image.file)?;
    let listed = image.provenance.brings.iter();
    // The line that names the card most exactly.
    let exact = listed
        .filter(|b| b.is_for(part))
        .max_by_key(|b| (b.board != "*", b.board.len()));
    if let Some(brings) = exact {
        return Some(brings.version.clone());
    }
    match (package.kind, part.kind) {
        (PackageKind::Rommon, PartKind::Rommon) => package.version,
        (PackageKind::Capsule, PartKind::Rommon) => {
            package.version.or_else(|| part.expected.clone())
        }
        _ => None,
    }
}

/// Whether anybody said what a package brings for parts of this device at all.
#[must_use]
pub fn is_told(state: &FirmwareState, image: &Image) -> bool {
    let mut parts = state.parts.iter();
    parts.any(|part| fit(part, image) != Fit::NotConcerned)
}

/// The parts that are behind a package, in the order in which they are written: the other side of a
/// redundant device before the one that answers is for the planner to say.
#[must_use]
pub fn behind(state: &FirmwareState, image: &Image) -> Vec<Change> {
    state
        .parts
        .iter()
        .filter_map(|part| match fit(part, image) {
            Fit::Behind(change) => Some(change),
            Fit::Same | Fit::Newer(_) | Fit::Unclear(_) | Fit::NotConcerned => None,
        })
        .collect()
}

/// Whether a device has everything that a package brings, and nothing about it is unclear.
#[must_use]
pub fn is_current(state: &FirmwareState, image: &Image) -> bool {
    state.inconclusive.is_empty()
        && is_told(state, image)
        && state.parts.iter().all(|part| match fit(part, image) {
            Fit::Same | Fit::Newer(_) | Fit::NotConcerned => true,
            Fit::Behind(_) | Fit::Unclear(_) => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Provenance;

    fn part(slot: &str, kind: PartKind, board: Option<&str>, version: &str) -> Firmware {
        Firmware {
            slot: slot.into(),
            kind,
            name: kind.to_string(),
            board: board.map(str::to_owned),
            version: version.into(),
            expected: None,
        }
    }

    fn image(file: &str, brings: &[&str]) -> Image {
        Image {
            file: file.into(),
            version: "16.8.1".parse().unwrap(),
            platforms: vec!["ASR1006".into()],
            size_bytes: 1,
            sha512: None,
            md5: None,
            path: file.into(),
            provenance: Provenance {
                brings: brings.iter().map(|b| b.parse().unwrap()).collect(),
                ..Provenance::default()
            },
        }
    }

    #[test]
    fn names_tell_kind_product_and_version() {
        let cases = [
            (
                "asr1000-rommon.173-1r.SPA.pkg",
                PackageKind::Rommon,
                "asr1000-rommon",
                "17.3(1r)",
            ),
            (
                "isr4400_rommon_1612_2r_SPA.pkg",
                PackageKind::Rommon,
                "isr4400_rommon",
                "16.12(2r)",
            ),
            (
                "isr4200_4300_rommon_169_1r_SPA.pkg",
                PackageKind::Rommon,
                "isr4200_4300_rommon",
                "16.9(1r)",
            ),
            (
                "asr900_15_6_48r_s_rommon.pkg",
                PackageKind::Rommon,
                "asr900-rommon",
                "15.6(48r)S",
            ),
            (
                "asr1000-hw-programmables.16.08.01.SPA.pkg",
                PackageKind::Programmable,
                "asr1000-hw-programmables",
                "16.08.01",
            ),
            (
                "capsule-golden.17.12.1r",
                PackageKind::Capsule,
                "capsule-golden",
                "17.12.1r",
            ),
        ];
        for (file, kind, product, version) in cases {
            let package = Package::of(file).unwrap();
            assert_eq!(package.kind, kind, "{file}");
            assert_eq!(package.product, product, "{file}");
            assert_eq!(package.version.as_deref(), Some(version), "{file}");
            assert!(package.release().is_some(), "{file}");
        }
        assert_eq!(Package::of("capsule-primary").unwrap().version, None);
        for other in [
            "cat9k_iosxe.17.09.04a.SPA.bin",
            "cat9k-rpboot.17.09.04a.SPA.pkg",
            "capsule-primarily",
            "rommon.bin",
        ] {
            assert_eq!(Package::of(other), None, "{other}");
        }
    }

    #[test]
    fn versions_of_different_forms_are_not_compared() {
        use Ordering::{Equal, Greater, Less};
        let cases = [
            (PartKind::Rommon, "16.9(4r)", "17.3(1r)", Some(Less)),
            (PartKind::Rommon, "17.8.1r[FC1]", "17.8(1r)", Some(Equal)),
            (PartKind::Rommon, "17.3(1r)", "1.5", None),
            (PartKind::Fpga, "18102401", "17071402", Some(Greater)),
            (PartKind::Fpga, "1901211e", "21071424", Some(Less)),
            (PartKind::Fpga, "0x31", "31", Some(Equal)),
            (PartKind::Cpld, "0x0d (170503)", "0x0e (190101)", None),
            (PartKind::Cpld, "10021901", "100219", None),
        ];
        for (kind, a, b, order) in cases {
            assert_eq!(compare(kind, a, b), order, "{a} {b}");
        }
    }

    #[test]
    fn only_what_is_older_is_written() {
        let state = FirmwareState {
            parts: vec![
                part("R0", PartKind::Fpga, Some("ASR1000-RP2"), "18102401"),
                part("R1", PartKind::Fpga, Some("ASR1000-RP2"), "17071402"),
                part("F0", PartKind::Cpld, Some("ASR1000-ESP40"), "12071700"),
                part("0", PartKind::Cpld, Some("ASR1000-SIP40"), "0x31 (a)"),
            ],
            ..FirmwareState::default()
        };
        let file = "asr1000-hw-programmables.16.08.01.SPA.pkg";
        let bundle = image(file, &["ASR1000-RP2 fpga 18102401", "F0 cpld 19061022"]);
        let changes: Vec<String> = behind(&state, &bundle)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            changes,
            [
                "R1 FPGA 17071402 -> 18102401",
                "F0 CPLD 12071700 -> 19061022"
            ]
        );
        assert!(!is_current(&state, &bundle));
        let older = image(file, &["* fpga 17071402"]);
        assert_eq!(fit(&state.parts[0], &older), Fit::Newer("17071402".into()));
        assert!(is_current(&state, &older), "never a downgrade");
        let silent = image(file, &[]);
        assert!(!is_told(&state, &silent) && !is_current(&state, &silent));
        let unclear = image(file, &["* cpld 19041600"]);
        assert_eq!(
            fit(&state.parts[3], &unclear),
            Fit::Unclear("19041600".into())
        );
    }

    #[test]
    fn a_line_of_the_catalogue_is_board_part_version() {
        let brings: Brings = "ASR1000-RP2 FPGA 18102401".parse().unwrap();
        assert_eq!(brings.to_string(), "ASR1000-RP2 fpga 18102401");
        for bad in ["", "fpga 1", "x other 1", "a b c d"] {
            assert!(bad.parse::<Brings>().is_err(), "{bad}");
        }
    }
}
