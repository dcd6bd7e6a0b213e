//! The lines of one output, without what a session puts around and between them.
//!
//! Removed, with the numbers of the remaining lines kept: the echoed command, prompts at both
//! ends, `Load for five secs` and `Time source is` (`terminal exec prompt timestamp`), log lines
//! (also glued behind a prompt), blank lines, carriage returns, trailing spaces.

use std::borrow::Cow;
use std::str::FromStr;

use iosxe_core::device::Release;

use super::error::{ParseError, ParseErrorKind, quote};
use super::parts::{holds, trim};
use super::raw_lines::RawLines;
use super::scan::{Lead, begins_so, opened, scan, starts};
use super::session::{Opening, is_around, without_prompts};
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
    /// A raw line without its ends; `None` for a blank one.
    #[inline]
    pub(super) fn of(command: &'static str, number: usize, raw: &'a str) -> Option<Self> {
        let text = raw.trim_ascii_end();
        if text.is_empty() {
            return None;
        }
        let text = text.trim_start_matches('\r');
        Some(Self {
            command,
            number,
            text,
            body: text.trim_ascii_start(),
        })
    }

    /// The holes of a pattern when this line has its form.
    pub(crate) fn scan<const N: usize>(&self, pattern: &str) -> Option<[&'a str; N]> {
        scan(pattern, self.body)
    }

    /// Whether this line has the form of a pattern without holes.
    pub(crate) fn is(&self, pattern: &str) -> bool {
        super::scan::matches(pattern, self.body)
    }

    /// Whether a row of the list says that this line may be passed over.
    pub(crate) fn is_listed(&self, rows: &[Ignored]) -> bool {
        let lead = Lead::of_text(self.body);
        rows.iter()
            .any(|row| row.lead.may_begin(lead) && begins_so(row.head, row.open, self.body))
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
        trim(part).parse().map_err(|_| self.bad(part, "a number"))
    }

    /// A hexadecimal number, with or without `0x`.
    pub(crate) fn hex(&self, part: &str) -> Result<u32, ParseError> {
        let mut digits = trim(part);
        for prefix in ["0x", "0X"] {
            while let Some(behind) = digits.strip_prefix(prefix) {
                digits = behind;
            }
        }
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
        let release = trim(part);
        if release.is_empty() {
            return Err(self.bad(part, "a release"));
        }
        Ok(units::release(release))
    }
}

/// A line that may be passed over, with the reason.
pub(crate) struct Ignored {
    /// Pattern of [`scan`] whose holes do not matter.
    head: &'static str,
    /// Whether any rest may follow.
    open: bool,
    lead: Lead,
    /// Why nothing is lost.
    #[expect(
        dead_code,
        reason = "read by people: the rule is that each row says why"
    )]
    because: &'static str,
}

/// One row of a list of lines that may be passed over; a `*` at the end of the pattern stands for
/// any rest.
pub(crate) const fn ignored(pattern: &'static str, because: &'static str) -> Ignored {
    let (head, open) = opened(pattern);
    Ignored {
        head,
        open,
        lead: Lead::of_pattern(head),
        because,
    }
}

/// The content lines of an output, found one at a time, and the lines found unknown so far.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    command: &'static str,
    /// The text as it was given.
    all: &'a str,
    /// Before the first line.
    begin: Cursor<'a>,
    cursor: Cursor<'a>,
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
        // Most outputs hold no log line at all.
        let strip_log = strip_log && holds(text.as_bytes(), b'%');
        let opening = Opening::of(command, text, strip_log)?;
        let begin = Cursor {
            raw: NumberedLines::of(command, without_prompts(command, text, strip_log)),
            strip_log,
            opening,
        };
        Ok(Self {
            command,
            all: text,
            cursor: begin.clone(),
            begin,
            unknown: Vec::new(),
        })
    }

    /// The line after the one returned last, without taking it.
    pub(crate) fn peek(&self) -> Option<Line<'a>> {
        self.cursor.clone().next()
    }

    /// The last word of the echoed command: its argument, where it takes one.
    pub(crate) fn echoed_argument(&self) -> Option<&'a str> {
        self.begin.opening.echo?.split_whitespace().last()
    }

    /// Whether any line matches.
    pub(crate) fn any(&self, test: impl Fn(&Line<'a>) -> bool) -> bool {
        self.begin.clone().any(|line| test(&line))
    }

    /// Whether nothing was printed.
    pub(crate) fn is_empty(&self) -> bool {
        self.begin.clone().next().is_none()
    }

    /// Passes over a line when a row of the list says so; else it is an unknown line.
    pub(crate) fn pass(&mut self, line: Line<'a>, rows: &[Ignored]) {
        if !line.is_listed(rows) {
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
        let end = self.begin.clone().last();
        let last = RawLines::of(self.all)
            .zip(1..)
            .filter(|(raw, _)| !raw.trim_ascii_end().is_empty())
            .last();
        ParseError {
            command: Cow::Borrowed(self.command),
            kind: ParseErrorKind::Incomplete,
            line: last.map_or(1, |(_, number)| number),
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

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        self.cursor.next()
    }
}

/// A place in the text, between two lines.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    raw: NumberedLines<'a>,
    /// Whether log lines are left out.
    strip_log: bool,
    opening: Opening<'a>,
}

impl<'a> Iterator for Cursor<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let line = self.raw.next()?;
            if self.opening.leaves(line) && !is_around(line, self.strip_log) {
                return Some(line);
            }
        }
    }
}

/// The lines of a text that are not blank.
#[derive(Clone, Debug)]
pub(super) struct NumberedLines<'a> {
    command: &'static str,
    raw: RawLines<'a>,
    /// Of the last line, blank ones included.
    number: usize,
}

impl<'a> NumberedLines<'a> {
    pub(super) fn of(command: &'static str, text: &'a str) -> Self {
        Self {
            command,
            raw: RawLines::of(text),
            number: 0,
        }
    }
}

impl<'a> Iterator for NumberedLines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let raw = self.raw.next()?;
            self.number += 1;
            if let Some(line) = Line::of(self.command, self.number, raw) {
                return Some(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn only_prompts_at_the_ends_are_no_output() {
        let text = "R1#\nR1#show version\na\nb\nR1#\nc\n\nR1#\n*Jan 29 08:17:01.416: %SYS-5-CONFIG_I: Configured\nR1#  \n\n";
        let output = ["a", "b", "R1#", "c"].map(str::to_owned);
        assert_eq!(
            lines(text),
            [3, 4, 5, 6].into_iter().zip(output).collect::<Vec<_>>()
        );
        assert_eq!(lines("R1#\n\nR1#"), []);
        assert!(
            Lines::new("show version", "R1#show version\nR1#")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn looking_ahead_or_around_takes_no_line() {
        let mut lines = Lines::new("show version", "sh ver\na\n\nb\nR1#").unwrap();
        assert_eq!(lines.peek().map(|line| line.number), Some(2));
        assert_eq!(lines.next().map(|line| line.text), Some("a"));
        assert_eq!(lines.peek().map(|line| line.text), Some("b"));
        assert!(lines.any(|line| line.text == "a") && !lines.any(|line| line.text == "R1#"));
        assert_eq!(
            (lines.next().map(|line| line.number), lines.peek().is_none()),
            (Some(4), true)
        );
        assert!(lines.next().is_none());
        assert_eq!(lines.echoed_argument(), Some("ver"));
        // What is missing, is missing behind the last line, prompt included.
        let error = lines.incomplete("more");
        assert_eq!(
            (error.line, error.column, error.quote.as_str()),
            (5, 2, "b")
        );
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
