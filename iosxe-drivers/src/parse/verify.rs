//! `verify /md5 FILE`, `verify /sha512 FILE`, `verify FILE`: is the file on flash the right one?
//!
//! Source: pyntc `ios_device.py`; Cisco, "MD5 File Validation"; genielibs for the signature. No
//! capture in the corpus.
//!
//! ```text
//! .......................Done!
//! verify /md5 (flash:x.bin) = e1588a2bda3583feb9188933d265ba11
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{contains, scan};
use super::words::word_enum;
use super::{ParseError, Parsed};

word_enum! {
    /// A digest.
    Algorithm {
        /// 32 digits.
        Md5 = "md5",
        /// 128 digits.
        Sha512 = "sha512",
    }
}

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verify {
    /// The file, as the device names it.
    pub file: Option<String>,
    /// Which digest.
    pub algorithm: Option<Algorithm>,
    /// The digest, in lower case.
    pub digest: Option<String>,
    /// `Verified`: a digest was given and is equal. `false`: it is not.
    pub matches: Option<bool>,
    /// What was given, when it is not equal.
    pub submitted: Option<String>,
    /// The embedded signature of the image was checked, and how it ended.
    pub signature_valid: Option<bool>,
    /// Why nothing could be computed.
    pub error: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Verifying file integrity of *", "progress"),
    ignored("Verifying the embedded *", "progress"),
    ignored("Starting image verification", "progress"),
    ignored("Hash Computation:*", "progress"),
    ignored("Computed Hash *", "the signature line gives the result"),
    ignored("Embedded Hash *", "the signature line gives the result"),
    ignored("CCO Hash *", "the signature line gives the result"),
    ignored(
        "Embedded hash verification successful.",
        "the signature line gives the result",
    ),
    ignored(
        "File system hash verification successful.",
        "the signature line gives the result",
    ),
];

/// Reads the output of `verify`.
///
/// # Errors
/// When no result was told, or a digest has not the length of its kind.
pub fn parse(text: &str) -> Result<Parsed<Verify>, ParseError> {
    let mut lines = Lines::new("verify", text)?;
    let mut value = Verify::default();
    while let Some(line) = lines.next() {
        // Dots may stand in front of the result on the same line.
        let body = line
            .body()
            .trim_start_matches('.')
            .trim_start_matches("Done!")
            .trim_start();
        if body.is_empty() || is_progress(body) {
        } else if let Some([how, file, hex]) = scan("verify /{} ({*}) = {}", body) {
            value.file = Some(file.to_owned());
            value.algorithm = Some(line.word(how)?);
            value.digest = Some(digest(line, hex)?);
        } else if let Some([file, hex]) = scan("Verified ({*}) = {}", body) {
            value.file = Some(file.to_owned());
            value.digest = Some(digest(line, hex)?);
            value.algorithm = Some(if hex.len() == 32 {
                Algorithm::Md5
            } else {
                Algorithm::Sha512
            });
            value.matches = Some(true);
        } else if let Some([hex]) = scan("Computed signature~=~{}", body) {
            value.digest = Some(digest(line, hex)?);
            value.matches = Some(false);
        } else if let Some([hex]) = scan("Submitted signature~=~{}", body) {
            value.submitted = Some(hex.to_ascii_lowercase());
            value.matches = Some(false);
        } else if contains(body, "signature successfully verified") {
            value.signature_valid = Some(true);
        } else if contains(body, "signature verification failed")
            || contains(body, "signature is invalid")
        {
            value.signature_valid = Some(false);
        } else if let Some([what]) = scan("%Error {*}", body) {
            value.error = Some(what.to_owned());
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value == Verify::default() {
        return Err(lines.incomplete("the digest or the result"));
    }
    Ok(lines.finish(value))
}

fn is_progress(text: &str) -> bool {
    text.trim_end_matches("Done!")
        .bytes()
        .all(|b| matches!(b, b'.' | b'!' | b' '))
}

fn digest(line: Line<'_>, hex: &str) -> Result<String, ParseError> {
    if matches!(hex.len(), 32 | 128) && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(hex.to_ascii_lowercase())
    } else {
        Err(line.bad(hex, "32 or 128 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_a_match_and_a_mismatch() {
        let hash = "e1588a2bda3583feb9188933d265ba11";
        let value = parse(&format!(
            "{}Done!\nverify /md5 (flash:x.bin) = {hash}\n",
            ".".repeat(300)
        ))
        .unwrap();
        assert!(value.unknown.is_empty());
        assert_eq!(value.value.digest.as_deref(), Some(hash));
        let value = parse(&format!(
            "....Done!\nVerified (flash:x.bin) = {}\n",
            hash.repeat(4)
        ))
        .unwrap()
        .value;
        assert_eq!(
            (value.matches, value.algorithm),
            (Some(true), Some(Algorithm::Sha512))
        );
        let value = parse(&format!("%Error verifying flash:x.bin\nComputed signature  = {hash}\nSubmitted signature = {hash}\n")).unwrap().value;
        assert_eq!(value.matches, Some(false));
        let value = parse("Digital signature successfully verified in file bootflash:x\n")
            .unwrap()
            .value;
        assert_eq!(value.signature_valid, Some(true));
    }

    #[test]
    fn a_cut_digest_is_an_error() {
        assert!(
            parse("verify /md5 (flash:x.bin) = e1588a2bda35\n")
                .unwrap_err()
                .to_string()
                .contains("32 or 128")
        );
        assert!(parse(".....\n").is_err());
    }
}
