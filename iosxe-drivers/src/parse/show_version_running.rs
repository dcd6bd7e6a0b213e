//! `show version running`, `show version RP <slot> <running|provisioned|installed>`: every package
//! with its file, place and checksum.
//!
//! Source: genieparser golden outputs of Catalyst 9400 (17.8) and ASR 1000 (3.16).
//!
//! ```text
//! Package: rpbase, version: 17.09.04a, status: active
//!   Role: rp_base
//!   File: consolidated:cat9k-rpbase.17.09.04a.SPA.pkg, on: RP0
//!   Built: 2023-10-20_10.44, by: mcpre
//!   File SHA1 checksum: ac93b8faa50c0c5b3d1e3f044e914ad3df34ccc5
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::{ParseError, Parsed};

/// The value of the commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowVersionRunning {
    /// As listed.
    pub packages: Vec<RunningPackage>,
}

/// One package at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningPackage {
    /// `rpbase`.
    pub package: String,
    /// Its version, or `n/a`.
    pub version: String,
    /// `active`, or `n/a`.
    pub status: String,
    /// What it does; 3.x does not say.
    pub role: Option<String>,
    /// Its file, with the place in front: `consolidated:packages.conf`.
    pub file: Option<String>,
    /// The file alone.
    pub file_name: Option<String>,
    /// `RP0`, `RP0/0`.
    pub on: Option<String>,
    /// When it was built.
    pub built: Option<String>,
    /// By whom.
    pub built_by: Option<String>,
    /// SHA-1, or `n/a`.
    pub sha1: Option<String>,
}

/// Reads both commands.
///
/// # Errors
/// When a package ends before its checksum, and when there is none.
pub fn parse(text: &str) -> Result<Parsed<ShowVersionRunning>, ParseError> {
    read("show version running", text)
}

/// Reads `show version RP …`.
///
/// # Errors
/// As [`parse`].
pub fn parse_rp(text: &str) -> Result<Parsed<ShowVersionRunning>, ParseError> {
    read("show version RP", text)
}

fn read(command: &'static str, text: &str) -> Result<Parsed<ShowVersionRunning>, ParseError> {
    let mut lines = Lines::new(command, text)?;
    let mut packages: Vec<RunningPackage> = Vec::new();
    while let Some(line) = lines.next() {
        if let Some([package, version, status]) =
            line.scan("Package: {*}, version: {*}, status: {*}")
        {
            packages.push(RunningPackage {
                package: package.to_owned(),
                version: version.to_owned(),
                status: status.to_owned(),
                role: None,
                file: None,
                file_name: None,
                on: None,
                built: None,
                built_by: None,
                sha1: None,
            });
            continue;
        }
        let Some(last) = packages.last_mut() else {
            lines.unknown(line);
            continue;
        };
        if let Some([role]) = line.scan("Role: {*}") {
            last.role = Some(role.to_owned());
        } else if let Some([file, on]) = line.scan("File: {*}, on: {*}") {
            last.file = Some(file.to_owned());
            last.file_name = file.rsplit(':').next().map(str::to_owned);
            last.on = Some(on.to_owned());
        } else if let Some([built, by]) = line.scan("Built: {*}, by: {*}") {
            last.built = Some(built.to_owned());
            last.built_by = Some(by.to_owned());
        } else if let Some([sha1]) = line.scan("File SHA1 checksum: {*}") {
            // Leading zeros are not printed.
            let whole =
                (32..=40).contains(&sha1.len()) && sha1.bytes().all(|b| b.is_ascii_hexdigit());
            if !whole && !sha1.eq_ignore_ascii_case("n/a") {
                return Err(line.bad(sha1, "up to 40 hexadecimal digits, or `n/a`"));
            }
            last.sha1 = Some(sha1.to_owned());
        } else {
            lines.unknown(line);
        }
    }
    if packages.is_empty() {
        return Err(lines.incomplete("the line `Package:`"));
    }
    if packages.iter().any(|package| package.sha1.is_none()) {
        return Err(lines.incomplete("the checksum of the package"));
    }
    Ok(lines.finish(ShowVersionRunning { packages }))
}
