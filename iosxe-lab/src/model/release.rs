//! Spellings of one release: header, IOS line, file name, install engine.

use crate::error::LabError;

/// An IOS-XE release of the lab, such as 17.09.04a.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Release {
    major: u16,
    minor: u16,
    rebuild: u16,
    letter: String,
}

impl Release {
    /// Reads `17.09.04a`, `17.9.4a` and the like.
    pub(crate) fn parse(text: &str) -> Result<Self, LabError> {
        let bad = || LabError::Release {
            text: text.to_owned(),
        };
        let mut parts = text.trim().splitn(3, '.');
        let mut number = || {
            parts
                .next()
                .and_then(|p| p.parse::<u16>().ok())
                .ok_or_else(bad)
        };
        let (major, minor) = (number()?, number()?);
        let last = parts.next().ok_or_else(bad)?;
        let digits = last.len() - last.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (rebuild, letter) = last.split_at(digits);
        let rebuild = rebuild.parse().map_err(|_| bad())?;
        if letter.len() > 1 || !letter.chars().all(|c| c.is_ascii_lowercase()) {
            return Err(bad());
        }
        Ok(Release {
            major,
            minor,
            rebuild,
            letter: letter.to_owned(),
        })
    }

    /// `17.09.04a`: header line, file names, member tables.
    pub(crate) fn padded(&self) -> String {
        format!(
            "{:02}.{:02}.{:02}{}",
            self.major, self.minor, self.rebuild, self.letter
        )
    }

    /// `17.9.4a`: the IOS line.
    pub(crate) fn plain(&self) -> String {
        format!(
            "{}.{}.{}{}",
            self.major, self.minor, self.rebuild, self.letter
        )
    }

    /// `17.9`: the `version` line of a configuration.
    pub(crate) fn short(&self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// `17.09.04a.0.6`: what the install engine writes, with build fields.
    pub(crate) fn engine(&self) -> String {
        if self.major < 17 {
            return format!("{}.0", self.plain());
        }
        format!("{}.0.{}", self.padded(), self.build())
    }

    fn build(&self) -> u32 {
        let letter = self
            .letter
            .bytes()
            .next()
            .map_or(0, |b| u32::from(b - b'a') + 1);
        u32::from(self.major) * 211
            + u32::from(self.minor) * 97
            + u32::from(self.rebuild) * 13
            + letter
    }

    /// The code name printed in brackets.
    pub(crate) fn codename(&self) -> &'static str {
        match (self.major, self.minor) {
            (16, 0..=3) => "Denali",
            (16, 4..=6) => "Everest",
            (16, 7..=9) => "Fuji",
            (16, _) => "Gibraltar",
            (17, 0..=3) => "Amsterdam",
            (17, 4..=6) => "Bengaluru",
            (17, 7..=9) => "Cupertino",
            (17, 10..=12) => "Dublin",
            _ => "IOSXE",
        }
    }

    /// The compile date and the year of the copyright line.
    pub(crate) fn compiled(&self) -> (String, u16) {
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let n = self.build();
        let year = if self.major >= 26 {
            2000 + self.major
        } else {
            2014 + (u16::from(self.major == 17) * 5) + self.minor / 3 + self.rebuild / 3
        };
        let pick = |list: &'static [&'static str], n: u32| -> &'static str {
            list.get(n as usize % list.len()).copied().unwrap_or("Mon")
        };
        let text = format!(
            "{} {:02}-{}-{:02} {:02}:{:02} by mcpre",
            pick(&DAYS, n),
            n % 27 + 1,
            pick(&MONTHS, n / 7),
            year % 100,
            n % 24,
            n % 60
        );
        (text, year)
    }

    /// True for releases of one train, such as 17.9.
    pub(crate) fn same_train(&self, other: &Self) -> bool {
        (self.major, self.minor) == (other.major, other.minor)
    }

    /// Major and minor number.
    pub(crate) fn train(&self) -> (u16, u16) {
        (self.major, self.minor)
    }

    /// True for this release and those after it, rebuild by rebuild.
    pub(crate) fn builds_on(&self, major: u16, minor: u16, rebuild: u16) -> bool {
        (self.major, self.minor, self.rebuild) >= (major, minor, rebuild)
    }

    /// True where SMUs, `verify /sha512` and the newer wording of the engine exist.
    pub(crate) fn at_least(&self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_release_has_four_spellings() {
        let r = Release::parse("17.9.4a").unwrap();
        assert_eq!(r, Release::parse("17.09.04a").unwrap());
        assert_eq!(r.padded(), "17.09.04a");
        assert_eq!(r.plain(), "17.9.4a");
        assert!(r.engine().starts_with("17.09.04a.0."));
        assert_eq!(Release::parse("16.06.06").unwrap().engine(), "16.6.6.0");
        assert_eq!(r.codename(), "Cupertino");
        assert!(r < Release::parse("17.09.05").unwrap());
        assert!(r > Release::parse("17.09.04").unwrap());
        assert!(Release::parse("latest").is_err());
        assert!(Release::parse("17.9").is_err());
    }
}
