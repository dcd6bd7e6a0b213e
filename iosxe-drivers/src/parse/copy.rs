//! `copy SOURCE DESTINATION`: what was asked, how far it came and how it ended.
//!
//! Source: unicon `generic/service_patterns.py`, pyntc `ios_device.py`, field notes; unscored, no
//! capture in the corpus.
//!
//! ```text
//! Destination filename [x.bin]?
//! Accessing tftp://192.0.2.10/x.bin...
//! Loading x.bin from 192.0.2.10 (via GigabitEthernet0/0): !!!!!!!!!!!!!!!!O!!
//! [OK - 794609595 bytes]
//!
//! 794609595 bytes copied in 131.231 secs (6055042 bytes/sec)
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{scan, starts};
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// A question of the dialogue. The order varies between releases.
    CopyQuestion {
        /// `Address or name of remote host []?`
        RemoteHost = "Address or name of remote host",
        /// `Source username [admin]?`
        SourceUsername = "Source username",
        /// `Source filename [x.bin]?`
        SourceFilename = "Source filename",
        /// `Destination username [admin]?`
        DestinationUsername = "Destination username",
        /// `Destination filename [x.bin]?`
        DestinationFilename = "Destination filename",
        /// `Password:`
        Password = "Password",
        /// A host key that is not known.
        HostKey = "Are you sure you want to continue connecting",
        /// A file of that name is there.
        Overwrite = "Do you want to over write",
        /// `Erase flash: before copying? [confirm]`
        Erase = "Erase flash",
        /// The file does not run on this device.
        NotExecutable = "Abort Copy",
        /// Startup-config was written by another release.
        OverwriteNvram = "Overwrite the previous NVRAM configuration",
    }
}

word_enum! {
    /// How the copy ended.
    CopyResult {
        /// All bytes were written.
        Copied = "copied",
        /// It was not carried through; the reason is in `error`.
        Failed = "failed",
        /// Somebody said no to a question.
        Cancelled = "cancelled",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// What was asked, in order.
    pub questions: Vec<CopyQuestion>,
    /// A file of that name was there before.
    pub file_exists: bool,
    /// What the marks of progress say.
    pub progress: CopyProgress,
    /// How it ended.
    pub result: CopyResult,
    /// Bytes that were written.
    pub copied_bytes: Option<u64>,
    /// How long it took, milliseconds.
    pub duration_ms: Option<u64>,
    /// As the device computes it.
    pub bytes_per_s: Option<u64>,
    /// Why it failed.
    pub error: Option<CopyError>,
}

/// Marks of progress. How many bytes a mark stands for depends on protocol and release: they tell
/// that something moves, not how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyProgress {
    /// `!` and `C`: packets that arrived.
    pub moved: u64,
    /// `.` and `O`: packets that timed out or came out of order.
    pub stalled: u64,
}

/// Why a copy failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyError {
    /// The file or address that the device names.
    pub file: Option<String>,
    /// The reason in parentheses: `No such file or directory`.
    pub reason: String,
    /// What kind of reason it is.
    pub cause: CopyCause,
}

word_enum! {
    /// Reasons that differ in what can be done about them.
    CopyCause {
        /// Trying again may help.
        TimedOut = "Timed out",
        /// The name is wrong.
        NoSuchFile = "No such file",
        /// The server or the device does not allow it.
        Denied = "Permission denied",
        /// No room on the destination.
        NoSpace = "No space left on device",
        /// The server cannot be reached or named.
        Unreachable = "Unreachable",
        /// None of these.
        Other = "other",
    }
}

const IGNORED: &[Ignored] = &[
    ignored("Accessing *", "progress"),
    ignored("Loading *", "progress"),
    ignored("Writing *", "progress"),
    ignored("Copying *", "progress"),
    ignored("Sending file modes: *", "progress"),
    ignored("Copy in progress...*", "progress"),
    ignored("Copy complete*", "the line of bytes says it"),
    ignored("Building configuration...*", "progress"),
    ignored("Erasing the *", "progress"),
    ignored("Erase of *", "progress"),
    ignored("Verifying checksum...*", "the result line says it"),
    ignored(
        "Compressed configuration from *",
        "size of the configuration",
    ),
    ignored("Digital Signature *", "checked again by verify"),
    ignored(
        "The authenticity of host *",
        "said of the host key question",
    ),
    ignored("Signature Verification *", "checked again by verify"),
];

/// Marks of progress at the end of what has arrived of a running copy.
#[must_use]
pub fn progress(text: &str) -> CopyProgress {
    let mut total = CopyProgress::default();
    for line in text.lines() {
        add(
            &mut total,
            line.rsplit_once(": ").map_or(line, |(_, marks)| marks),
        );
    }
    total
}

/// Counts the marks of a line that holds nothing else (a result in brackets aside).
fn add(total: &mut CopyProgress, marks: &str) -> bool {
    let marks = marks.split('[').next().unwrap_or("").trim();
    if marks.is_empty()
        || !marks
            .bytes()
            .all(|b| matches!(b, b'!' | b'.' | b'O' | b'C' | b'#'))
    {
        return false;
    }
    for mark in marks.bytes() {
        match mark {
            b'!' | b'C' | b'#' => total.moved += 1,
            _ => total.stalled += 1,
        }
    }
    true
}

/// Reads the output of `copy`.
///
/// # Errors
/// [`ParseErrorKind::Incomplete`](super::ParseErrorKind::Incomplete) while no result was told; use
/// [`progress`] then.
pub fn parse(text: &str) -> Result<Parsed<Copy>, ParseError> {
    let mut lines = Lines::new("copy", text)?;
    let mut value = Copy {
        questions: Vec::new(),
        file_exists: false,
        progress: CopyProgress::default(),
        result: CopyResult::Failed,
        copied_bytes: None,
        duration_ms: None,
        bytes_per_s: None,
        error: None,
    };
    let mut result = None;
    while let Some(line) = lines.next() {
        if let Some(question) = question(line.body()) {
            value.questions.push(question);
            // The answer stands behind the question, where the terminal echoes it.
            let answer = line.body().rsplit([']', '?', ')']).next().unwrap_or("");
            if matches!(answer.trim(), "n" | "no" | "N") {
                result = Some(CopyResult::Cancelled);
            }
            continue;
        }
        if let Some([bytes, seconds, rate]) = line
            .scan("{#} bytes copied in {} sec~({#} bytes/sec)")
            .or_else(|| line.scan("{#} bytes copied in {} secs~({#} bytes/sec)"))
        {
            value.copied_bytes = Some(line.number(bytes)?);
            value.duration_ms = Some(milliseconds(line, seconds)?);
            value.bytes_per_s = Some(line.number(rate)?);
            result = Some(CopyResult::Copied);
        } else if line.starts("%Warning:") && line.body().contains("already existing") {
            value.file_exists = true;
        } else if let Some(error) = error(line.body()) {
            value.error = Some(error);
            result = Some(CopyResult::Failed);
        } else if line.starts("%Warning:") || line.starts("% Warning:") {
            // A warning is followed by the question that decides.
        } else if line.starts("[OK") {
            if let Some([bytes]) = line.scan("[OK - {#} bytes]") {
                value.copied_bytes = Some(line.number(bytes)?);
            } else if line.is("[OK]") {
                result = result.or(Some(CopyResult::Copied));
            } else {
                return Err(line.bad(line.body(), "`[OK]` or `[OK - … bytes]`"));
            }
        } else if line.is("Copy aborted~*") || line.starts("% Copy aborted") {
            result = Some(CopyResult::Cancelled);
        } else if add(&mut value.progress, last_part(line.body())) {
        } else {
            lines.pass(line, IGNORED);
        }
    }
    value.result = lines.need(result, "`… bytes copied in …`, or an error")?;
    Ok(lines.finish(value))
}

fn last_part(body: &str) -> &str {
    body.rsplit_once(": ").map_or(body, |(_, marks)| marks)
}

fn question(body: &str) -> Option<CopyQuestion> {
    let end = body.find([' ', '[', '?', ':'])?;
    if !body.contains(['?', ':']) || end == 0 {
        return None;
    }
    const QUESTIONS: [(&str, CopyQuestion); 11] = [
        ("Address or name of remote host", CopyQuestion::RemoteHost),
        ("Source username", CopyQuestion::SourceUsername),
        ("Source filename", CopyQuestion::SourceFilename),
        ("Destination username", CopyQuestion::DestinationUsername),
        ("Destination filename", CopyQuestion::DestinationFilename),
        ("Password:", CopyQuestion::Password),
        (
            "Are you sure you want to continue connecting",
            CopyQuestion::HostKey,
        ),
        ("Do you want to over write?", CopyQuestion::Overwrite),
        ("Erase flash:", CopyQuestion::Erase),
        ("Abort Copy?", CopyQuestion::NotExecutable),
        (
            "Overwrite the previous NVRAM configuration?",
            CopyQuestion::OverwriteNvram,
        ),
    ];
    QUESTIONS
        .iter()
        .find(|(head, _)| starts(body, head))
        .map(|(_, question)| *question)
}

/// `%Error opening tftp://192.0.2.10/x.bin (No such file or directory)`.
fn error(body: &str) -> Option<CopyError> {
    let text = body
        .strip_prefix("%Error ")
        .or_else(|| body.strip_prefix("%ERROR: "))
        .or_else(|| body.strip_prefix("% Error "))
        .or_else(|| {
            body.strip_prefix("%Login incorrect")
                .map(|_| "login (Permission denied)")
        })
        .or_else(|| {
            body.strip_prefix("%Destination ")
                .map(|_| body.trim_start_matches('%'))
        })?;
    let (file, reason) = match scan("{} {} ({*})", text) {
        Some([_, file, reason]) => (units::text(file), reason),
        None => (None, text),
    };
    const CAUSES: [(&str, CopyCause); 12] = [
        ("timed out", CopyCause::TimedOut),
        ("timeout", CopyCause::TimedOut),
        ("no such file", CopyCause::NoSuchFile),
        ("not found", CopyCause::NoSuchFile),
        ("path does not exist", CopyCause::NoSuchFile),
        ("permission denied", CopyCause::Denied),
        ("login incorrect", CopyCause::Denied),
        ("denied", CopyCause::Denied),
        ("no space left", CopyCause::NoSpace),
        ("not enough space", CopyCause::NoSpace),
        ("could not resolve", CopyCause::Unreachable),
        ("unreachable", CopyCause::Unreachable),
    ];
    let cause = CAUSES
        .iter()
        .find(|(words, _)| super::scan::contains(reason, words))
        .map_or(CopyCause::Other, |(_, cause)| *cause);
    Some(CopyError {
        file,
        reason: reason.to_owned(),
        cause,
    })
}

/// `131.231` seconds.
fn milliseconds(line: Line<'_>, text: &str) -> Result<u64, ParseError> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let part: String = part.chars().chain("00".chars()).take(3).collect();
    let whole = line.number::<u64>(whole)?.saturating_mul(1000);
    let part: u64 = part
        .parse()
        .map_err(|_| line.bad(text, "a number of seconds"))?;
    Ok(whole.saturating_add(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ParseErrorKind;

    const TEXT: &str = include_str!("../../tests/outputs/copy.txt");

    #[test]
    fn questions_progress_and_result() {
        let parsed = parse(TEXT).unwrap();
        assert_eq!(parsed.unknown, []);
        let value = parsed.value;
        assert_eq!(value.questions, [CopyQuestion::DestinationFilename]);
        assert_eq!(
            value.progress,
            CopyProgress {
                moved: 30,
                stalled: 2
            }
        );
        assert_eq!(value.result, CopyResult::Copied);
        assert_eq!(value.copied_bytes, Some(794_609_595));
        assert_eq!(
            (value.duration_ms, value.bytes_per_s),
            (Some(131_231), Some(6_055_042))
        );
        let running = TEXT.split("[OK").next().unwrap();
        assert_eq!(parse(running).unwrap_err().kind, ParseErrorKind::Incomplete);
        assert_eq!(progress(running).moved, 30);
        let refused = "%Warning:There is a file already existing with this name \nDo you want to over write? [confirm]n\n";
        assert_eq!(parse(refused).unwrap().value.result, CopyResult::Cancelled);
        assert!(parse(&refused.replace("]n", "]")).is_err());
    }

    #[test]
    fn an_error_says_what_can_be_done() {
        for (text, cause) in [
            (
                "%Error opening tftp://192.0.2.10/x.bin (Timed out)",
                CopyCause::TimedOut,
            ),
            (
                "%Error opening scp://a@192.0.2.10/x.bin (No such file or directory)",
                CopyCause::NoSuchFile,
            ),
            (
                "%Error opening scp://a@192.0.2.10/x.bin (Permission denied)",
                CopyCause::Denied,
            ),
            (
                "%Error writing flash:x.bin (No space left on device)",
                CopyCause::NoSpace,
            ),
            (
                "%Error opening http://192.0.2.10/x.bin (I/O error)",
                CopyCause::Other,
            ),
        ] {
            let text = format!(
                "Destination filename [x.bin]? \n%Warning:There is a file already existing with this name \n\
                 Do you want to over write? [confirm]\nAccessing a file...\n{text}\n"
            );
            let parsed = parse(&text).unwrap();
            assert_eq!(parsed.unknown, []);
            let error = parsed.value.error.unwrap();
            assert_eq!(
                (parsed.value.result, error.cause),
                (CopyResult::Failed, cause)
            );
            assert!(error.file.is_some() && parsed.value.file_exists);
            assert_eq!(parsed.value.questions.len(), 2);
        }
    }
}
