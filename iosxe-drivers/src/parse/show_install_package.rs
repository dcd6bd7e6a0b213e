//! `show install package FILE`: what an image or SMU on flash is for.
//!
//! Source: genieparser golden output of Catalyst 9300, 17.8.
//!
//! ```text
//! Name: cat9k-wlc.17.09.04a.SPA.bin
//! Version: 17.09.04a.0.6
//! Platform: CAT9K
//! Package Type: SMU
//! SMU Compatible with Version: 17.09.04a.0.6
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// The value of the command. Empty fields were printed without a value or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInstallPackage {
    /// File name.
    pub name: String,
    /// Version with build fields and code name.
    pub version: Option<String>,
    /// Platform that it is for: `CAT9K`.
    pub platform: Option<String>,
    /// `PKG`, `SMU`, `IMG`.
    pub package_type: Option<String>,
    /// The defect that an SMU fixes.
    pub defect_id: Option<String>,
    /// `Not Installed`, `Committed`.
    pub package_state: Option<String>,
    /// SMUs that it replaces.
    pub supersedes: Option<String>,
    /// Defects fixed.
    pub fixes: Option<String>,
    /// Number of the SMU.
    pub smu_id: Option<u32>,
    /// `reload` or `non-reload` (hot).
    pub smu_type: Option<String>,
    /// The base release that an SMU is for.
    pub smu_compatible_with: Option<String>,
    /// Impact as printed.
    pub smu_impact: Option<String>,
    /// The package inside.
    pub package: Option<Inner>,
}

/// The package inside the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inner {
    /// File name of the package.
    pub file: String,
    /// Its size.
    pub size_bytes: Option<u64>,
    /// SHA-1 of the raw file.
    pub sha1: Option<String>,
    /// Size of its header.
    pub header_size_bytes: Option<u64>,
    /// Version of its header.
    pub header_version: Option<u32>,
    /// Type number.
    pub type_number: Option<u32>,
    /// Flags.
    pub flags: Option<u32>,
    /// Name inside.
    pub name: Option<String>,
    /// `none`, `i686`.
    pub boot_architecture: Option<String>,
    /// Route processor it runs on.
    pub route_processor: Option<String>,
    /// Who built it.
    pub user: Option<String>,
    /// Short name of the package.
    pub package_name: Option<String>,
    /// Build label.
    pub build: Option<String>,
    /// Whether one can boot it.
    pub bootable: Option<bool>,
}

const IGNORED: &[Ignored] = &[
    ignored("Internal package information:", "heading"),
    ignored("BuildTime: *", "the version names the build"),
    ignored("ReleaseDate: *", "the version names the build"),
    ignored("Timestamp:*", "the version names the build"),
    ignored("CardTypes:*", "line cards are checked by the device"),
];

/// Reads `show install package FILE`.
///
/// # Errors
/// When the first line does not name the package, or a number is malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowInstallPackage>, ParseError> {
    let mut lines = Lines::new("show install package", text)?;
    let mut value = ShowInstallPackage::default();
    let mut hash_follows = false;
    while let Some(line) = lines.next() {
        if std::mem::take(&mut hash_follows) {
            let hash = line.body();
            if hash.len() != 40 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(line.bad(hash, "a SHA-1 of 40 hexadecimal digits"));
            }
            value.package.get_or_insert_default().sha1 = Some(hash.to_owned());
            continue;
        }
        if line.is("Package is not bootable.") || line.is("Package is bootable*") {
            value.package.get_or_insert_default().bootable = Some(!line.starts("Package is not"));
            continue;
        }
        let Some((key, text)) = pair(line.text, ':') else {
            lines.unknown(line);
            continue;
        };
        let given = units::text(text);
        if let Some(inner) = value.package.as_mut() {
            match key {
                "Size" => inner.size_bytes = Some(line.number(text)?),
                "Raw disk-file SHA1sum" => hash_follows = true,
                "Header size" => {
                    inner.header_size_bytes =
                        Some(line.number(text.split(' ').next().unwrap_or(""))?);
                }
                "Header version" => inner.header_version = Some(line.number(text)?),
                "Package type" => inner.type_number = Some(line.number(text)?),
                "Package flags" => inner.flags = Some(line.number(text)?),
                "Name" => inner.name = given,
                "BootArchitecture" => inner.boot_architecture = given,
                "RouteProcessor" => inner.route_processor = given,
                "User" => inner.user = given,
                "PackageName" => inner.package_name = given,
                "Build" => inner.build = given,
                "Platform" => {}
                _ => lines.pass(line, IGNORED),
            }
            continue;
        }
        match key {
            "Name" => text.clone_into(&mut value.name),
            "Version" => value.version = given,
            "Platform" => value.platform = given,
            "Package Type" => value.package_type = given,
            "Defect ID" => value.defect_id = given,
            "Package State" => value.package_state = given,
            "Supersedes List" => value.supersedes = given,
            "SMU Fixes List" => value.fixes = given,
            "SMU ID" => value.smu_id = given.map(|_| line.number(text)).transpose()?,
            "SMU Type" => value.smu_type = given,
            "SMU Compatible with Version" => value.smu_compatible_with = given,
            "SMUImpact" => value.smu_impact = given,
            "Package" => {
                value.package = Some(Inner {
                    file: text.to_owned(),
                    ..Inner::default()
                });
            }
            _ => lines.pass(line, IGNORED),
        }
    }
    if hash_follows {
        return Err(lines.incomplete("the SHA-1 of the package"));
    }
    if value.name.is_empty() || value.version.is_none() {
        return Err(lines.incomplete("name and version of the package"));
    }
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_smu_names_its_base() {
        let value = parse(
            "Name: x.smu.bin\nVersion: 17.09.04a.0.6\nPlatform: CAT9K\nPackage Type: SMU\n\
             Defect ID: CSCxx00001\nSMU Type: reload\nSMU Compatible with Version: 17.09.04a.0.6\n\
             Package: x.pkg\nSize: 12\nRaw disk-file SHA1sum:\n4e739aa1b7f4705bbce4ddddf4afab969ce0a7f0\n",
        )
        .unwrap()
        .value;
        assert_eq!(value.smu_compatible_with.as_deref(), Some("17.09.04a.0.6"));
        assert_eq!(value.package.unwrap().size_bytes, Some(12));
    }
}
