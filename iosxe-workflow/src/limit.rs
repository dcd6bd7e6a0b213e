//! Which rows an expression of `--limit` chooses.

use iosxe_core::device::Record;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::platform::PlatformTable;

use crate::reach::glob;

/// One expression: a hostname pattern, or a column and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A pattern of hostnames.
    Name(String),
    /// A pattern of sites.
    Site(String),
    /// A pattern of roles.
    Role(String),
    /// A wave.
    Wave(u32),
    /// A family or PID prefix, or a pattern of the cell.
    Platform(String),
}

impl Limit {
    /// Reads an expression.
    ///
    /// # Errors
    /// A fault for one that selects by nothing known.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let bad = |what: String| {
            Fault::new(Class::Operator, "limit", what).remedy(Remedy::new(
                "give a hostname pattern, site=…, role=…, wave=… or platform=…",
            ))
        };
        let text = text.trim();
        match text.split_once('=') {
            None if text.is_empty() => Err(bad("an empty --limit selects nothing".into())),
            None => Ok(Self::Name(text.to_owned())),
            Some(("site", v)) => Ok(Self::Site(v.to_owned())),
            Some(("role", v)) => Ok(Self::Role(v.to_owned())),
            Some(("platform", v)) => Ok(Self::Platform(v.to_owned())),
            Some(("wave", v)) => v
                .parse()
                .map(Self::Wave)
                .map_err(|_| bad(format!("`{v}` is no wave number"))),
            Some((key, _)) => Err(bad(format!("`{key}` cannot be selected by"))),
        }
    }

    /// Whether a row is chosen.
    #[must_use]
    pub fn fits(&self, record: &Record, table: &PlatformTable) -> bool {
        let same = |a: &Option<String>, b: &str| a.as_deref().is_some_and(|a| glob(b, a));
        match self {
            Self::Name(pattern) => glob(pattern, record.name.as_str()),
            Self::Site(site) => same(&record.site, site),
            Self::Role(role) => same(&record.role, role),
            Self::Wave(wave) => record.wave == Some(*wave),
            Self::Platform(platform) => record
                .platform
                .as_deref()
                .is_some_and(|cell| glob(platform, cell) || table.cell_names(platform, cell)),
        }
    }
}
