//! `more FS:packages.conf`: the packages that a device boots, one entry a line.
//!
//! Source: the file as Cisco's forensic guide for Catalyst 9800 and public captures of Catalyst 9200 quote
//! it; the ASR 1000 software configuration guide, "Provisioning files".
//!
//! ```text
//! #! /usr/binos/bin/packages_conf.sh
//! sha1sum: 3ba1c29a0bf3cb2fbbf818c8ca6203c2b0c2f60d
//! # package.conf: provisioned software file for build 2024-01-30_15.39
//! boot  rp 0 0   rp_boot     cat9k-rpboot.17.09.05.SPA.pkg
//! iso   rp 0 0   rp_base     cat9k-rpbase.17.09.05.SPA.pkg
//! ```

use iosxe_core::version::Version;

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed};

/// What the file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackagesConf {
    /// Files of packages, each once, in the order of the file. Empty where there is no such file.
    pub(crate) files: Vec<String>,
    /// Why there is none: `No such file or directory`.
    pub(crate) missing: Option<String>,
}

impl PackagesConf {
    /// The release that all packages are of.
    pub(crate) fn release(&self) -> Option<Version> {
        let mut releases = self.files.iter().map(|file| release_of(file));
        let first = releases.next()??;
        releases
            .all(|other| other.as_ref() == Some(&first))
            .then_some(first)
    }
}

/// The release in the name of a package: between its first dot and its signature.
pub(crate) fn release_of(file: &str) -> Option<Version> {
    let (_, rest) = file.split_once('.')?;
    let number = rest.strip_suffix(".pkg")?.rsplit_once('.')?.0;
    number.parse().ok()
}

const IGNORED: &[Ignored] = &[
    ignored("sha1sum: *", "proof against damage, the loader's own"),
    ignored("sha256sum: *", "the same"),
    ignored("mount *", "no package"),
    ignored("nfs *", "no package"),
];

/// Reads the file.
///
/// # Errors
/// When an entry names no package, or the file has none.
pub(crate) fn parse(text: &str) -> Result<Parsed<PackagesConf>, ParseError> {
    // A comment may look like a prompt.
    let plain: String = text
        .lines()
        .map(|line| {
            if line.trim_start().starts_with('#') {
                ""
            } else {
                line
            }
        })
        .fold(String::with_capacity(text.len()), |all, line| {
            all + line + "\n"
        });
    let mut lines = Lines::new("more", &plain)?;
    let mut value = PackagesConf {
        files: Vec::new(),
        missing: None,
    };
    while let Some(line) = lines.next() {
        if line.starts("boot ") || line.starts("iso ") {
            let file = line.body().split_whitespace().last().unwrap_or_default();
            if !file.ends_with(".pkg") {
                return Err(line.bad(file, "the file of a package, `….pkg`"));
            }
            if !value.files.iter().any(|f| f == file) {
                value.files.push(file.to_owned());
            }
        } else if let Some([_, reason]) = line.scan("%Error opening {*} ({*})") {
            value.missing = Some(reason.to_owned());
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.files.is_empty() && value.missing.is_none() {
        return Err(lines.incomplete("an entry that names a package"));
    }
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made up after the format.
    const FILE: &str = "\
#! /usr/binos/bin/packages_conf.sh

sha1sum: 3ba1c29a0bf3cb2fbbf818c8ca6203c2b0c2f60d
# sha1sum above - used to verify that this file is not corrupted.
#
# package.conf: provisioned software file for build 2017-03-01_10.00
#
boot  rp 0 0   rp_boot       cat3k_caa-rpboot.16.03.06.SPA.pkg

iso   rp 0 0   rp_base       cat3k_caa-rpbase.16.03.06.SPA.pkg
iso   rp 1 0   rp_base       cat3k_caa-rpbase.16.03.06.SPA.pkg
iso   fp 0 0   fp            cat3k_caa-fp.16.03.06.SPA.pkg
";

    #[test]
    fn every_package_is_named_once_and_all_are_of_one_release() {
        let value = parse(FILE).unwrap().value;
        assert_eq!(
            value.files,
            [
                "cat3k_caa-rpboot.16.03.06.SPA.pkg",
                "cat3k_caa-rpbase.16.03.06.SPA.pkg",
                "cat3k_caa-fp.16.03.06.SPA.pkg"
            ]
        );
        assert_eq!(value.release(), Some("16.3.6".parse().unwrap()));
        let mixed = parse(&FILE.replace("-fp.16.03.06", "-fp.16.06.01"));
        assert_eq!(mixed.unwrap().value.release(), None);
    }

    #[test]
    fn a_file_that_is_not_there_says_so_and_one_without_entries_is_refused() {
        let value = parse("%Error opening flash:packages.conf (No such file or directory)\n");
        assert_eq!(
            value.unwrap().value.missing.as_deref(),
            Some("No such file or directory")
        );
        assert!(parse("sha1sum: 00\n# nothing\n").is_err());
        assert!(parse("iso rp 0 0 rp_base\n").is_err());
    }

    #[test]
    fn a_package_tells_its_release_by_its_name() {
        for (file, release) in [
            ("cat3k_caa-rpbase.16.03.05b.SPA.pkg", Some("16.3.5b")),
            ("isr4400-firmware_nim_ge.16.12.08.SPA.pkg", Some("16.12.8")),
            ("cat9k-rpbase.BLD_LATEST.SSA.pkg", None),
            ("packages.conf", None),
        ] {
            let expected = release.map(|r| r.parse().unwrap());
            assert_eq!(release_of(file), expected, "{file}");
        }
    }
}
