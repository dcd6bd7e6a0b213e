//! Which column of a sheet of images is it?

use crate::column::Field;

/// A column that is read. Every other one is the operator's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ImageColumn {
    File,
    Release,
    Platform,
    Size,
    Md5,
    Sha512,
    Approval,
    Source,
    Verified,
    Path,
    MinMemory,
    MinRommon,
}

impl ImageColumn {
    pub(crate) const ALL: [Self; 12] = [
        Self::File,
        Self::Release,
        Self::Platform,
        Self::Size,
        Self::Md5,
        Self::Sha512,
        Self::Approval,
        Self::Source,
        Self::Verified,
        Self::Path,
        Self::MinMemory,
        Self::MinRommon,
    ];
}

impl Field for ImageColumn {
    const REQUIRED: &'static [Self] = &[Self::File, Self::Release, Self::Platform, Self::Size];

    fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Release => "release",
            Self::Platform => "platform",
            Self::Size => "size",
            Self::Md5 => "md5",
            Self::Sha512 => "sha512",
            Self::Approval => "approval",
            Self::Source => "source",
            Self::Verified => "verified",
            Self::Path => "path",
            Self::MinMemory => "min_memory_bytes",
            Self::MinRommon => "min_rommon",
        }
    }

    fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::File => &["file name", "image", "image file", "image name"],
            Self::Release => &["version", "software version", "image version"],
            Self::Platform => &["platforms", "model", "models", "pid", "pids"],
            Self::Size => &["size bytes", "bytes", "size in bytes", "file size"],
            Self::Md5 => &["md5 checksum", "md5 hash"],
            Self::Sha512 => &["sha512 checksum", "sha512 hash"],
            Self::Approval => &["approved", "approvals", "approved by", "approver"],
            Self::Source => &["origin", "fetched from", "downloaded from"],
            Self::MinMemory => &["min memory", "minimum memory"],
            Self::MinRommon => &["minimum rommon"],
            Self::Verified | Self::Path => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::column::key;

    #[test]
    fn headers_are_matched_as_people_write_them() {
        for (header, column) in [
            ("File", ImageColumn::File),
            ("SHA-512", ImageColumn::Sha512),
            ("Sha_512", ImageColumn::Sha512),
            ("MD5", ImageColumn::Md5),
            ("Size (bytes)", ImageColumn::Size),
            ("Approved by", ImageColumn::Approval),
            ("VERSION", ImageColumn::Release),
            ("Min. memory (bytes)", ImageColumn::MinMemory),
        ] {
            let found = ImageColumn::of_header(header).map(|(c, _)| c);
            assert_eq!(found, Some(column), "{header}");
        }
        assert_eq!(ImageColumn::of_header("rack"), None);
    }

    #[test]
    fn no_name_means_two_columns() {
        let mut seen = BTreeMap::new();
        for column in ImageColumn::ALL {
            for name in column.aliases().iter().chain([&column.name()]) {
                assert_eq!(seen.insert(key(name), column), None, "{name}");
            }
        }
    }
}
