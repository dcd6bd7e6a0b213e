//! What a session puts around and between the lines of an output: refusals, the echo of the
//! command, prompts, log lines, lines of other services.

use super::cursor::{Line, NumberedLines};
use super::error::{ParseError, ParseErrorKind};
use super::parts::trim;
use super::scan::{contains, starts};

/// What stands in front of the output: the first lines with content, of which some are no output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening<'a> {
    pub(super) echo: Option<&'a str>,
    /// The numbers of the lines that are output after all.
    kept: [usize; Opening::LINES_MAX],
    /// The number of its last line.
    end: usize,
}

impl<'a> Opening<'a> {
    /// Echo and prompts stand in front of the output, behind at most one line of something else.
    const LINES_MAX: usize = 2;
    /// A refusal is among the first things that are said.
    const REFUSAL_LINES_MAX: usize = 8;

    /// Reads as much of the text as it needs.
    ///
    /// # Errors
    /// When the device did not know the command or refused it.
    pub(super) fn of(
        command: &'static str,
        text: &'a str,
        strip_log: bool,
    ) -> Result<Self, ParseError> {
        let mut opening = Self {
            echo: None,
            kept: [0; Self::LINES_MAX],
            end: 0,
        };
        let mut lines = NumberedLines::of(command, text);
        let mut content = 0;
        while content < Self::REFUSAL_LINES_MAX
            && let Some(line) = lines.next()
        {
            refusal(line)?;
            if is_around(line, strip_log) {
                continue;
            }
            if let Some(kept) = opening.kept.get_mut(content) {
                opening.end = line.number;
                if is_prompt(line.text) {
                    continue;
                }
                if is_echo(command, line.text) {
                    opening.echo = Some(line.text);
                } else {
                    *kept = line.number;
                }
            }
            content += 1;
        }
        Ok(opening)
    }

    /// Whether a line is output, as far as it depends on where the line stands.
    #[inline]
    pub(super) fn leaves(&self, line: Line<'_>) -> bool {
        line.number > self.end || self.kept.contains(&line.number)
    }
}

/// Whether a line is of the session or a log line, wherever it stands.
#[inline]
pub(super) fn is_around(line: Line<'_>, strip_log: bool) -> bool {
    is_session(line.body()) || (strip_log && is_log(line.text))
}

/// The text without the prompts behind its last line with content.
pub(super) fn without_prompts<'a>(
    command: &'static str,
    text: &'a str,
    strip_log: bool,
) -> &'a str {
    let (mut kept, mut rest) = (text, text);
    while !rest.is_empty() {
        let (before, raw) = rest.rsplit_once('\n').unwrap_or(("", rest));
        if let Some(line) = Line::of(command, 0, raw) {
            if is_around(line, strip_log) {
                // Left out wherever it stands.
            } else if is_prompt(line.text) {
                kept = before;
            } else {
                break;
            }
        }
        rest = before;
    }
    kept
}

/// `% Invalid input detected at '^' marker.` and its kin, as the first thing that was said.
fn refusal(line: Line<'_>) -> Result<(), ParseError> {
    const UNKNOWN: [&str; 6] = [
        "% Invalid input detected",
        "% Incomplete command",
        "% Ambiguous command",
        "% Unknown command",
        "% Unrecognized command",
        "% Command not supported",
    ];
    let body = line.body();
    if !body.starts_with(['%', 'C']) {
        return Ok(());
    }
    let kind = if UNKNOWN.iter().any(|head| starts(body, head)) {
        ParseErrorKind::NotSupported
    } else if starts(body, "Command authorization failed") || starts(body, "% Authorization failed")
    {
        ParseErrorKind::NotAuthorized
    } else {
        return Ok(());
    };
    Err(ParseError {
        kind,
        ..line.bad(body, "the output of the command")
    })
}

/// Lines of the session rather than of the command.
#[inline]
fn is_session(text: &str) -> bool {
    match text.bytes().next() {
        Some(b'L') => text.starts_with("Load for five secs:"),
        Some(b'T') => text.starts_with("Time source is "),
        // Printed by services straight to the terminal, without a log header (unicon,
        // generic/patterns.py).
        Some(b'y') => text.starts_with("yang-infra:"),
        Some(b'P') => text.starts_with("PKI_SSL_IPC:"),
        Some(b'G') => text.starts_with("Guestshell destroyed successfully"),
        Some(b'S') => text.starts_with("SECURITY WARNING - Module:"),
        Some(b'A') => text.starts_with("Applying config on Switch ") && text.contains("...["),
        _ => false,
    }
}

/// A log line: `*Jan 29 08:17:01.416: %FAC-3-MNEMONIC: text`, also behind a prompt.
///
/// Source: the pattern that unicon strips, `%[A-Z0-9_]+(-\S+)?-\d-[A-Z0-9_]+:`.
pub(crate) fn is_log(text: &str) -> bool {
    let Some(at) = text.find('%') else {
        return false;
    };
    text.get(at + 1..).is_some_and(is_mnemonic)
}

/// `FAC-3-MNEMONIC:` or `FAC-SLOT-3-MNEMONIC:`.
fn is_mnemonic(text: &str) -> bool {
    let Some((head, _)) = text.split_once(':') else {
        return false;
    };
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    if head.contains(char::is_whitespace) {
        return false;
    }
    let mut parts = head.rsplitn(3, '-');
    let (Some(mnemonic), Some(severity), Some(facility)) =
        (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    word(mnemonic)
        && severity.len() == 1
        && severity.bytes().all(|b| b.is_ascii_digit())
        && facility.split('-').next().is_some_and(word)
}

/// A prompt and nothing behind it: `Router#`, `sw-1(boot)>`.
fn is_prompt(text: &str) -> bool {
    let text = trim(text).trim_end_matches('\u{7}');
    let Some(name) = text.strip_suffix('#').or_else(|| text.strip_suffix('>')) else {
        return false;
    };
    !name.is_empty()
        && name.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'(' | b')' | b'/' | b':')
        })
        && name.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The command as the terminal echoes it, behind a prompt or alone.
fn is_echo(command: &str, text: &str) -> bool {
    let text = trim(text);
    // A line that was scrolled because the terminal is narrow starts with `$`.
    if text.starts_with('$') {
        return true;
    }
    if let Some(at) = text.bytes().position(|b| matches!(b, b'#' | b'>'))
        && let (Some(name), Some(rest)) = (text.get(..=at), text.get(at + 1..))
        && (is_prompt(name) || at == 0)
    {
        // Behind a prompt any form of the command counts: `show bgp vpnv4 unicast … summary`.
        let verb = command.split(' ').next().unwrap_or("");
        return rest
            .split_whitespace()
            .find(|word| *word != "do")
            .is_some_and(|word| word.len() >= 2 && starts(verb, word));
    }
    is_typed(command, text)
        || (command.contains(' ') && command.get(1..).is_some_and(|tail| contains(text, tail)))
}

/// Whether the words typed abbreviate the beginning of the command.
fn is_typed(command: &str, typed: &str) -> bool {
    let mut words = typed.split_whitespace().filter(|word| *word != "do");
    let mut wanted = command.split_whitespace();
    let (Some(first), Some(verb)) = (words.next(), wanted.next()) else {
        return false;
    };
    // `verify /md5 (flash:x) = …` is the answer, not the echo.
    if first.len() < 2 || !starts(verb, first) || typed.contains('=') {
        return false;
    }
    match (words.next(), wanted.next()) {
        (Some(second), Some(noun)) => starts(noun, second) || starts(second, noun),
        // `Reload command is being issued …` is the answer, not the echo of `reload`.
        (Some(_), None) => first.starts_with(|c: char| c.is_ascii_lowercase()),
        (None, wanted) => wanted.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_behind_a_prompt_are_log_lines() {
        assert!(is_log(
            "R1#*Jan 27 20:09:17.549: %SEC_LOGIN-5-LOGIN_SUCCESS: Login"
        ));
        assert!(is_log("Dec 1 00:00:00: %PMAN-SW1-5-EXITACTION: x"));
        assert!(!is_log("Load 5%: fine") && !is_log("100% of 3-4-X done"));
    }
}
