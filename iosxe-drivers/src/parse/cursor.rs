//! The lines of one output, without what a session puts around and between them.
//!
//! Removed, with the numbers of the remaining lines kept: the echoed command, prompts at both
//! ends, `Load for five secs` and `Time source is` (`terminal exec prompt timestamp`), log lines
//! (also glued behind a prompt), blank lines, carriage returns, trailing spaces.

use std::borrow::Cow;
use std::str::FromStr;

use iosxe_core::device::Release;

use super::error::{ParseError, ParseErrorKind, quote};
use super::scan::{contains, scan, starts};
use super::words::{Word, switch};
use super::{Parsed, UnknownLine, units};

/// One line of an output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    command: &'static str,
    /// From 1, in the text as it was given.
    pub(crate) number: usize,
    /// With leading spaces, without trailing ones.
    pub(crate) text: &'a str,
    /// Without the spaces in front.
    body: &'a str,
}

impl<'a> Line<'a> {
    /// The holes of a pattern when this line has its form.
    pub(crate) fn scan<const N: usize>(&self, pattern: &str) -> Option<[&'a str; N]> {
        scan(pattern, self.body)
    }

    /// Whether this line has the form of a pattern without holes.
    pub(crate) fn is(&self, pattern: &str) -> bool {
        super::scan::matches(pattern, self.body)
    }

    /// Without the spaces in front.
    pub(crate) fn body(&self) -> &'a str {
        self.body
    }

    /// Whether the text starts with a prefix, spaces and case aside.
    pub(crate) fn starts(&self, prefix: &str) -> bool {
        starts(self.body(), prefix)
    }

    /// A part of this line, as a line of its own number.
    pub(crate) fn part(self, text: &'a str) -> Self {
        Self {
            text,
            body: text.trim_start(),
            ..self
        }
    }

    /// How far the text is indented, in bytes.
    pub(crate) fn indent(&self) -> usize {
        self.text.len() - self.body().len()
    }

    /// A rule of `-`, `=`, `+`, `*` and spaces: drawn under headers, carries nothing.
    pub(crate) fn is_rule(&self) -> bool {
        let mut drawn = 0;
        for b in self.text.bytes() {
            match b {
                b'-' | b'=' | b'+' | b'*' | b'_' => drawn += 1,
                b' ' | b'\t' | b'|' => {}
                _ => return false,
            }
        }
        drawn >= 3
    }

    /// The text between two byte columns, trimmed; what lies outside the line is empty.
    pub(crate) fn columns(&self, from: usize, to: usize) -> &'a str {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (from, to) = (floor(from), floor(to));
        self.text.get(from..to).unwrap_or("").trim()
    }

    /// The error that this part of the line is not what it should be.
    pub(crate) fn bad(&self, part: &str, expected: impl Into<Cow<'static, str>>) -> ParseError {
        let start = self.text.as_ptr() as usize;
        let at = (part.as_ptr() as usize).wrapping_sub(start);
        let before = self.text.get(..at).unwrap_or("");
        ParseError {
            command: Cow::Borrowed(self.command),
            kind: ParseErrorKind::Malformed,
            line: self.number,
            column: before.chars().count() + 1,
            expected: expected.into(),
            quote: quote(if part.is_empty() { self.text } else { part }),
        }
    }

    /// A number.
    ///
    /// # Errors
    /// When the part is none, or too large for its type.
    pub(crate) fn number<T: FromStr>(&self, part: &str) -> Result<T, ParseError> {
        part.trim().parse().map_err(|_| self.bad(part, "a number"))
    }

    /// A hexadecimal number, with or without `0x`.
    pub(crate) fn hex(&self, part: &str) -> Result<u32, ParseError> {
        let digits = part
            .trim()
            .trim_start_matches("0x")
            .trim_start_matches("0X");
        u32::from_str_radix(digits, 16).map_err(|_| self.bad(part, "a hexadecimal number"))
    }

    /// A word out of a closed set.
    pub(crate) fn word<T: Word>(&self, part: &str) -> Result<T, ParseError> {
        T::read(part).ok_or_else(|| self.bad(part, T::EXPECTED))
    }

    /// `Yes`/`No` in one of its spellings.
    pub(crate) fn switch(&self, part: &str) -> Result<bool, ParseError> {
        switch(part).ok_or_else(|| self.bad(part, "`yes` or `no`"))
    }

    /// Seconds of a written-out uptime.
    pub(crate) fn uptime(&self, part: &str) -> Result<u64, ParseError> {
        units::uptime(part)
            .ok_or_else(|| self.bad(part, "a duration like `2 days, 3 hours, 4 minutes`"))
    }

    /// Seconds of `hh:mm:ss`.
    pub(crate) fn clock(&self, part: &str) -> Result<u64, ParseError> {
        units::clock(part).ok_or_else(|| self.bad(part, "a duration `hh:mm:ss`"))
    }

    /// Seconds of `01:49:42`, whole.
    pub(crate) fn hms(&self, part: &str) -> Result<u64, ParseError> {
        units::hms(part).ok_or_else(|| self.bad(part, "a duration `hh:mm:ss`"))
    }

    /// Seconds of `1d18h` or `00:01:37`.
    pub(crate) fn age(&self, part: &str) -> Result<u64, ParseError> {
        units::age(part).ok_or_else(|| self.bad(part, "a duration like `1d18h`"))
    }

    /// A MAC address, lower-case.
    pub(crate) fn mac(&self, part: &str) -> Result<String, ParseError> {
        if units::is_mac(part) {
            Ok(part.to_ascii_lowercase())
        } else {
            Err(self.bad(part, "a MAC address"))
        }
    }

    /// A release that must stand there.
    pub(crate) fn release(&self, part: &str) -> Result<Release, ParseError> {
        if part.trim().is_empty() {
            return Err(self.bad(part, "a release"));
        }
        Ok(units::release(part.trim()))
    }
}

/// A line that may be passed over, with the reason.
pub(crate) struct Ignored {
    /// Pattern of [`scan`] whose holes do not matter; a `*` at the end stands for any rest.
    pub(crate) pattern: &'static str,
    /// Why nothing is lost.
    #[expect(
        dead_code,
        reason = "read by people: the rule is that each row says why"
    )]
    pub(crate) because: &'static str,
}

/// One row of a list of lines that may be passed over.
pub(crate) const fn ignored(pattern: &'static str, because: &'static str) -> Ignored {
    Ignored { pattern, because }
}

/// The content lines of an output and the lines found unknown so far.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    command: &'static str,
    lines: Vec<Line<'a>>,
    at: usize,
    last: usize,
    echo: Option<&'a str>,
    unknown: Vec<UnknownLine>,
}

impl<'a> Lines<'a> {
    /// Cleans the text.
    ///
    /// # Errors
    /// When the device did not know the command or refused it.
    pub(crate) fn new(command: &'static str, text: &'a str) -> Result<Self, ParseError> {
        Self::read(command, text, true)
    }

    /// Cleans the text, but leaves log lines in: they are the content.
    pub(crate) fn with_log(command: &'static str, text: &'a str) -> Result<Self, ParseError> {
        Self::read(command, text, false)
    }

    fn read(command: &'static str, text: &'a str, strip_log: bool) -> Result<Self, ParseError> {
        let mut lines: Vec<Line<'a>> = Vec::with_capacity(text.len() / 32);
        let mut last = 0;
        let mut content = 0;
        let mut echo = None;
        // Most outputs hold no log line at all.
        let strip_log = strip_log && text.contains('%');
        for (index, raw) in RawLines::of(text).enumerate() {
            let text = raw.trim_ascii_end();
            if text.is_empty() {
                continue;
            }
            let text = text.trim_start_matches('\r');
            let line = Line {
                command,
                number: index + 1,
                text,
                body: text.trim_ascii_start(),
            };
            last = index + 1;
            if content < 8 {
                refusal(line)?;
            }
            if is_session(line.body) || (strip_log && is_log(text)) {
                continue;
            }
            if content < 2 && (is_prompt(text) || is_echo(command, text)) {
                if !is_prompt(text) {
                    content += 1;
                    echo = Some(text);
                }
                continue;
            }
            content += 1;
            lines.push(line);
        }
        while lines.last().is_some_and(|line| is_prompt(line.text)) {
            lines.pop();
        }
        Ok(Self {
            command,
            lines,
            at: 0,
            last,
            echo,
            unknown: Vec::new(),
        })
    }

    /// The line after the one returned last, without taking it.
    pub(crate) fn peek(&self) -> Option<Line<'a>> {
        self.lines.get(self.at).copied()
    }

    /// The last word of the echoed command: its argument, where it takes one.
    pub(crate) fn echoed_argument(&self) -> Option<&'a str> {
        self.echo?.split_whitespace().last()
    }

    /// Whether any line matches.
    pub(crate) fn any(&self, test: impl Fn(&Line<'a>) -> bool) -> bool {
        self.lines.iter().any(test)
    }

    /// Whether nothing was printed.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Passes over a line when a row of the list says so; else it is an unknown line.
    pub(crate) fn pass(&mut self, line: Line<'a>, rows: &[Ignored]) {
        // Most rows differ in the first letter: legal texts have many rows.
        let first = line.body().bytes().next().map(|b| b.to_ascii_lowercase());
        let listed = rows.iter().any(|row| {
            let begins = row.pattern.bytes().next().map(|b| b.to_ascii_lowercase());
            (begins == first || matches!(begins, Some(b'{' | b'~'))) && line.is(row.pattern)
        });
        if !listed {
            self.unknown(line);
        }
    }

    /// Whether every line so far matched a row.
    pub(crate) fn all_known(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Reports a line that matches no row.
    pub(crate) fn unknown(&mut self, line: Line<'a>) {
        self.unknown.push(UnknownLine {
            number: line.number,
            text: line.body().to_owned(),
        });
    }

    /// The error that the text ends too early.
    pub(crate) fn incomplete(&self, missing: impl Into<Cow<'static, str>>) -> ParseError {
        let end = self.lines.last();
        ParseError {
            command: Cow::Borrowed(self.command),
            kind: ParseErrorKind::Incomplete,
            line: self.last.max(1),
            column: end.map_or(1, |line| line.text.chars().count() + 1),
            expected: missing.into(),
            quote: end.map_or_else(String::new, |line| quote(line.text)),
        }
    }

    /// The value, or the error that something it must have never came.
    pub(crate) fn need<T>(
        &self,
        value: Option<T>,
        missing: impl Into<Cow<'static, str>>,
    ) -> Result<T, ParseError> {
        value.ok_or_else(|| self.incomplete(missing))
    }

    /// Puts value and unknown lines together.
    pub(crate) fn finish<T>(self, value: T) -> Parsed<T> {
        Parsed {
            value,
            unknown: self.unknown,
        }
    }
}

/// The lines of a text, split at line feeds, with the last one even when it is empty.
///
/// Eight bytes at a time: in what is read here the search for line feeds is a good part of the
/// work, and the standard search pays for its alignment on every short line.
struct RawLines<'a> {
    text: &'a str,
    /// Where the current line begins.
    begin: usize,
    /// Where the word behind `found` begins.
    next: usize,
    /// High bits of the bytes of the current word that are line feeds.
    found: u64,
    over: bool,
}

impl<'a> RawLines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            begin: 0,
            next: 0,
            found: 0,
            over: false,
        }
    }

    /// Marks the line feeds of the eight bytes at `next`, and moves on.
    fn look(&mut self) -> bool {
        const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
        const FEEDS: u64 = u64::from_le_bytes([b'\n'; 8]);
        let mut word = [0; 8];
        let Some(tail) = self.text.as_bytes().get(self.next..) else {
            return false;
        };
        if let Some(chunk) = tail.first_chunk::<8>() {
            word = *chunk;
        } else if tail.is_empty() {
            return false;
        } else {
            for (to, from) in word.iter_mut().zip(tail) {
                *to = *from;
            }
        }
        let same = u64::from_le_bytes(word) ^ FEEDS;
        // Exact for each byte: no carry leaves a byte whose high bit was cleared first.
        self.found = !(((same & LOW) + LOW) | same | LOW);
        self.next += 8;
        true
    }
}

impl<'a> Iterator for RawLines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while self.found == 0 {
            if !self.look() {
                if self.over {
                    return None;
                }
                self.over = true;
                return self.text.get(self.begin..);
            }
        }
        let at = self.next - 8 + (self.found.trailing_zeros() / 8) as usize;
        self.found &= self.found - 1;
        let line = self.text.get(self.begin..at);
        self.begin = at + 1;
        line
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let line = self.peek();
        self.at += usize::from(line.is_some());
        line
    }
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
    let text = text.trim().trim_end_matches('\u{7}');
    let Some(name) = text.strip_suffix(['#', '>']) else {
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
    let text = text.trim();
    // A line that was scrolled because the terminal is narrow starts with `$`.
    if text.starts_with('$') {
        return true;
    }
    if let Some(at) = text.find(['#', '>'])
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
    // `verify /md5 (flash:x) = …` is the answer, not the echo.
    if typed.contains('=') {
        return false;
    }
    let mut typed = typed.split_whitespace().filter(|word| *word != "do");
    let mut wanted = command.split_whitespace();
    let (Some(first), Some(verb)) = (typed.next(), wanted.next()) else {
        return false;
    };
    if first.len() < 2 || !starts(verb, first) {
        return false;
    }
    match (typed.next(), wanted.next()) {
        (Some(second), Some(noun)) => starts(noun, second) || starts(second, noun),
        // `Reload command is being issued …` is the answer, not the echo of `reload`.
        (Some(_), None) => first.starts_with(|c: char| c.is_ascii_lowercase()),
        (None, wanted) => wanted.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn lines_are_split_as_the_standard_library_does(text in "[\n\r a\u{80}\u{8a}é\u{10a}]{0,60}") {
            let ours: Vec<&str> = RawLines::of(&text).collect();
            let theirs: Vec<&str> = text.split('\n').collect();
            proptest::prop_assert_eq!(ours, theirs);
        }
    }

    fn lines(text: &str) -> Vec<(usize, String)> {
        Lines::new("show version", text)
            .unwrap()
            .map(|line| (line.number, line.text.to_owned()))
            .collect()
    }

    #[test]
    fn what_a_session_adds_is_removed_and_numbers_stay() {
        let text = "R1#sh ver\r\nLoad for five secs: 2%/0%; one minute: 1%; five minutes: 1%\r\n\
            Time source is NTP, 05:47:45.686 EST Thu Jun 6 2019\r\n\r\n  first  \r\n\
            *Jan 29 08:17:01.416: %SYS-5-CONFIG_I: Configured\r\n\r\nsecond\r\nR1#\r\n";
        assert_eq!(
            lines(text),
            [(5, "  first".to_owned()), (8, "second".to_owned())]
        );
    }

    #[test]
    fn log_lines_behind_a_prompt_are_log_lines() {
        assert!(is_log(
            "R1#*Jan 27 20:09:17.549: %SEC_LOGIN-5-LOGIN_SUCCESS: Login"
        ));
        assert!(is_log("Dec 1 00:00:00: %PMAN-SW1-5-EXITACTION: x"));
        assert!(!is_log("Load 5%: fine") && !is_log("100% of 3-4-X done"));
    }

    #[test]
    fn unknown_commands_are_an_answer() {
        let error = Lines::new(
            "show switch",
            "show switch\n     ^\n% Invalid input detected at '^' marker.\n",
        )
        .unwrap_err();
        assert!(error.is_not_supported());
        assert_eq!(error.line, 3);
    }

    #[test]
    fn columns_count_characters_of_the_given_text() {
        let line = Line {
            command: "x",
            number: 3,
            text: "",
            body: "",
        }
        .part("  é bad");
        let part = line.scan::<2>("{} {}").unwrap()[1];
        assert_eq!(line.bad(part, "good").column, 5);
        assert_eq!(line.columns(2, 4), "é");
        assert_eq!(line.columns(3, 90), "é bad");
    }
}
