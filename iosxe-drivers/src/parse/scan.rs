//! Patterns for one line, scanned in one pass.
//!
//! A pattern is the line as the device prints it, with holes. It has to match the whole line
//! (white space at both ends aside). Letters match in any case, for devices spell one line
//! `Model Number` or `Model number`.
//!
//! | in the pattern | matches |
//! |---|---|
//! | a space | one or more white-space characters |
//! | `~` | any white space, or none |
//! | `{}` | a word: no white space, not empty, shortest before the character that follows |
//! | `{#}` | decimal digits |
//! | `{*}` | any text up to what follows, trimmed; may be empty |
//!
//! There is no backtracking over more than one hole, so the cost is linear in the line.

use super::parts::{HIGH, cut, is_blank, trim, word_at, word_end};

/// The texts of the holes when `text` has the form of `pattern`.
pub(crate) fn scan<'a, const N: usize>(pattern: &str, text: &'a str) -> Option<[&'a str; N]> {
    if rules_out(pattern, text) {
        return None;
    }
    let mut holes = [""; N];
    let mut slots = holes.iter_mut();
    let rest = walk(pattern, text, &mut |hole| {
        if let Some(slot) = slots.next() {
            *slot = hole;
        }
    })?;
    is_blank(rest).then_some(holes)
}

/// Whether a line has the form of a pattern; `*` at the end of the pattern stands for any rest.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (head, open) = opened(pattern);
    begins_so(head, open, text)
}

/// A pattern without the `*` at its end, and whether there was one.
pub(crate) const fn opened(pattern: &str) -> (&str, bool) {
    if let [head @ .., b'*'] = pattern.as_bytes()
        && let Some((head, _)) = pattern.split_at_checked(head.trim_ascii_end().len())
    {
        (head, true)
    } else {
        (pattern, false)
    }
}

/// Whether a line has the form of a pattern, with any rest behind it where it is open.
#[inline]
pub(crate) fn begins_so(head: &str, open: bool, text: &str) -> bool {
    if rules_out(head, text) {
        return false;
    }
    // Most rows have no hole, and most lines are spelled as the row is.
    if open && text.starts_with(head) {
        return true;
    }
    walk(head, text, &mut |_| {}).is_some_and(|rest| open || is_blank(rest))
}

/// How a line or a pattern begins: enough of it to tell most of them apart at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lead {
    /// The first bytes, with the bit set that tells a small letter from a capital one.
    bytes: u64,
    /// The bytes of a pattern before its first hole or space, which are wanted letter for letter.
    mask: u64,
}

impl Lead {
    const SMALL: u64 = u64::from_le_bytes([0x20; 8]);

    pub(crate) const fn of_pattern(pattern: &str) -> Self {
        let (mut bytes, mut mask, mut shift) = (0, 0, 0);
        let mut rest = pattern.as_bytes();
        while let [letter, after @ ..] = rest
            && !matches!(letter, b'{' | b'~' | b' ')
            && shift < u64::BITS
        {
            bytes |= (*letter as u64 | 0x20) << shift;
            mask |= 0xff << shift;
            shift += 8;
            rest = after;
        }
        if let [b'{', b'#', b'}', ..] = rest
            && shift < u64::BITS
        {
            bytes |= 0x30 << shift;
            mask |= 0xf0 << shift;
        }
        Self { bytes, mask }
    }

    #[inline]
    pub(crate) fn of_text(text: &str) -> Self {
        Self {
            bytes: word_at(text.as_bytes(), 0, 0) | Self::SMALL,
            mask: u64::MAX,
        }
    }

    /// Whether a text that begins so (without white space) may have the form of this pattern.
    #[inline]
    pub(crate) fn may_begin(self, text: Self) -> bool {
        (self.bytes ^ text.bytes) & self.mask == 0
    }
}

/// Whether the first two letters differ already: most lines meet most patterns only so far.
#[inline]
fn rules_out(pattern: &str, text: &str) -> bool {
    let text = text.trim_ascii_start().as_bytes();
    match (pattern.as_bytes(), text) {
        ([b'{' | b'~' | b' ', ..] | [], _) => false,
        ([first, ..], [found, ..]) if !first.eq_ignore_ascii_case(found) => true,
        (_, []) => true,
        ([_, b'{' | b'~' | b' ', ..], _) => false,
        ([_, second, ..], [_, found, ..]) => !second.eq_ignore_ascii_case(found),
        _ => false,
    }
}

/// Matches the pattern against the beginning of the text and returns what is left of it.
fn walk<'a>(pattern: &str, text: &'a str, take: &mut dyn FnMut(&'a str)) -> Option<&'a str> {
    let found = text.as_bytes();
    let blanks = |from: usize| {
        let tail = found.get(from..).unwrap_or(&[]);
        from + tail.iter().take_while(|b| b.is_ascii_whitespace()).count()
    };
    let mut at = blanks(0);
    // Up to the first hole most lines are spelled as the pattern is.
    let same = plain(pattern.as_bytes(), found.get(at..).unwrap_or(&[]));
    let mut wanted = pattern.as_bytes().get(same..).unwrap_or(&[]);
    at += same;
    loop {
        let (taken, after) = match wanted {
            [] => return text.get(at..),
            [b' ', after @ ..] => {
                let behind = blanks(at);
                if behind == at && at < found.len() {
                    return None;
                }
                (behind - at, after)
            }
            [b'~', after @ ..] => (blanks(at) - at, after),
            [b'{', b'*', b'}', after @ ..] => {
                let rest = text.get(at..)?;
                let taken = any(after, rest)?;
                take(trim(rest.get(..taken)?));
                (taken, after)
            }
            [b'{', b'#', b'}', after @ ..] => {
                let rest = text.get(at..)?;
                let taken = rest.bytes().take_while(u8::is_ascii_digit).count();
                take(filled(rest.get(..taken)?)?);
                (taken, after)
            }
            [b'{', b'}', after @ ..] => {
                let rest = text.get(at..)?;
                let taken = word(after, rest);
                take(trim(filled(rest.get(..taken)?)?));
                (taken, after)
            }
            [letter, after @ ..] => {
                if !found.get(at)?.eq_ignore_ascii_case(letter) {
                    return None;
                }
                (1, after)
            }
        };
        at += taken;
        wanted = after;
    }
}

/// A hole with something in it.
fn filled(hole: &str) -> Option<&str> {
    (!hole.is_empty()).then_some(hole)
}

/// How far text and pattern are the same, letter for letter, before the first hole. Ends before a
/// space, which may stand for more than one.
fn plain(pattern: &[u8], text: &[u8]) -> usize {
    // Carries a byte from `{` on into its high bit: `~` and the rest above stop the walk, too.
    const HOLES: u64 = u64::from_le_bytes([0x80 - b'{'; 8]);
    let mut from = 0;
    let same = loop {
        let wanted = word_at(pattern, from, b'{');
        let differ = wanted ^ word_at(text, from, 0);
        let holes = (((wanted & !HIGH) + HOLES) | wanted) & HIGH;
        if (differ | holes) != 0 {
            let bits = differ.trailing_zeros().min(holes.trailing_zeros());
            break from + (bits / 8) as usize;
        }
        from += 8;
    };
    match pattern.get(..same) {
        Some([before @ .., b' ']) => before.len(),
        _ => same,
    }
}

/// What a pattern wants letter for letter, before its next hole or space.
fn literal(pattern: &[u8]) -> &[u8] {
    let end = pattern
        .iter()
        .position(|b| matches!(b, b'{' | b'~' | b' '))
        .unwrap_or(pattern.len());
    pattern.get(..end).unwrap_or(&[])
}

/// How many bytes of `rest` a word takes before the literal that follows it.
fn word(after: &[u8], rest: &str) -> usize {
    let end = word_end(rest);
    let word = rest.as_bytes().get(..end).unwrap_or(&[]);
    match literal(after) {
        [] => end,
        next => find(word, next, 0).unwrap_or(end),
    }
}

/// How many bytes of `rest` a free text takes before what follows it in the pattern.
fn any(after: &[u8], rest: &str) -> Option<usize> {
    if after.is_empty() {
        return Some(rest.len());
    }
    let spaced = after.starts_with(b" ");
    let mut tail = after;
    while let [b' ' | b'~', behind @ ..] = tail {
        tail = behind;
    }
    let next = literal(tail);
    if next.is_empty() {
        if spaced && tail == b"{}" {
            // The last word of the line.
            let trimmed = rest.trim_end();
            return trimmed.rfind(char::is_whitespace);
        }
        return Some(rest.len());
    }
    let anchored = tail.len() == next.len();
    let then_space = tail.get(next.len()) == Some(&b' ');
    let mut from = 0;
    let mut found = None;
    while let Some(at) = find(rest.as_bytes(), next, from) {
        from = at + 1;
        let before = at == 0 || rest.get(..at)?.ends_with(char::is_whitespace);
        let behind = rest.get(at + next.len()..)?;
        if (!spaced || before)
            && (!then_space || behind.is_empty() || behind.starts_with(char::is_whitespace))
            && (!anchored || is_blank(behind))
        {
            found = Some(at);
            break;
        }
    }
    let at = found?;
    // The white space before the literal belongs to the pattern's space.
    Some(if spaced {
        rest.get(..at)?.trim_end().len()
    } else {
        at
    })
}

/// Where `needle` (ASCII) stands in `text` from `from` on, in any case.
fn find(text: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let first = needle.first()?;
    let mut at = from;
    loop {
        let tail = text.get(at..)?;
        at += tail.iter().position(|b| b.eq_ignore_ascii_case(first))?;
        if text
            .get(at..at + needle.len())?
            .eq_ignore_ascii_case(needle)
        {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether `text` starts with `prefix`, in any case.
pub(crate) fn starts(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// Whether `needle` (ASCII) stands anywhere in `text`, in any case.
pub(crate) fn contains(text: &str, needle: &str) -> bool {
    find(text.as_bytes(), needle.as_bytes(), 0).is_some()
}

/// Key and value of a line `key : value` or `key = value`, both trimmed.
#[inline]
pub(crate) fn pair(text: &str, separator: char) -> Option<(&str, &str)> {
    let (key, value) = match u8::try_from(separator) {
        Ok(separator) if separator.is_ascii() => cut(text, separator)?,
        _ => text.split_once(separator)?,
    };
    Some((trim(key), trim(value)))
}

/// The words of a line.
pub(crate) fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_digits_and_free_text_are_taken() {
        assert_eq!(
            scan(
                "Cisco IOS XE Software, Version {}",
                "Cisco IOS XE Software, Version 17.09.04a "
            ),
            Some(["17.09.04a"])
        );
        assert_eq!(
            scan(
                "{#} bytes total~({#} bytes free)",
                "10 bytes total (5 bytes free)"
            ),
            Some(["10", "5"])
        );
        assert_eq!(
            scan(
                "cisco {} ({*}) processor{*}with {#}K/{#}K bytes of memory.",
                "cisco C9300-24P (X86) processor (revision V01) with 13K/6147K bytes of memory."
            ),
            Some(["C9300-24P", "X86", "(revision V01)", "13", "6147"])
        );
        assert_eq!(scan("{*} {}", "a b  c"), Some(["a b", "c"]));
        assert_eq!(
            scan("{*} uptime is {*}", "my host uptime is 2 days"),
            Some(["my host", "2 days"])
        );
        assert_eq!(scan("Filename:~{*}", "Filename:"), Some([""]));
        assert_eq!(scan::<1>("Filename: {}", "Filename:"), None);
        assert_eq!(
            scan("Model Number~:~{*}", "Model number    : X "),
            Some(["X"])
        );
        assert_eq!(
            scan("{}({}) {*}", "Po10(SU)   PAgP"),
            Some(["Po10", "SU", "PAgP"])
        );
    }

    /// A pattern, a line of its form, and what the line has in the holes.
    const FORMS: [(&str, &str, [&str; 2]); 5] = [
        (
            "Configuration register is {} (will be {} at next reload)",
            "Configuration register is 0x102 (will be 0x142 at next reload)",
            ["0x102", "0x142"],
        ),
        (
            "{#}K bytes of {*}",
            "2048K bytes of Flash at flash:.",
            ["2048", "Flash at flash:."],
        ),
        (
            "Cisco IOS Software~[{*}],{*}",
            "Cisco IOS Software [Name], a (B)",
            ["Name", "a (B)"],
        ),
        (
            "Model Number~:~{*} {}",
            "Model Number : A B {}",
            ["A B", "{}"],
        ),
        ("M{#} processor: {}", "M7 processor: ~", ["7", "~"]),
    ];

    proptest! {
        #[test]
        fn case_and_more_white_space_change_no_hole(
            form in 0..FORMS.len(),
            upper in prop::collection::vec(prop::bool::ANY, 80),
            wide in prop::collection::vec(0..3usize, 80),
        ) {
            let (pattern, line, holes) = FORMS[form];
            let mut varied = String::new();
            for ((letter, upper), wide) in line.chars().zip(upper).zip(wide) {
                varied.push(if upper { letter.to_ascii_uppercase() } else { letter });
                if letter == ' ' {
                    varied.push_str(&" \t"[..wide]);
                }
            }
            let found = scan::<2>(pattern, &varied);
            let same = found.is_some_and(|found| {
                found.iter().zip(holes).all(|(found, hole)| {
                    words(found).join(" ").eq_ignore_ascii_case(hole)
                })
            });
            prop_assert!(same, "{varied:?}: {found:?}");
            // No line that has the form is passed over for its first letters.
            prop_assert!(Lead::of_pattern(pattern).may_begin(Lead::of_text(&varied)));
            // And a cut line is no such line.
            let end = pattern.len().min(5);
            prop_assert_eq!(scan::<2>(pattern, &line[..end]), None);
        }
    }

    #[test]
    fn what_stands_for_a_hole_may_stand_in_a_line() {
        assert_eq!(scan("ROM: {} x", "ROM: {} x"), Some(["{}"]));
        assert_eq!(scan("ROM:~{*}", "ROM:~ {*}"), Some(["~ {*}"]));
        assert_eq!(scan("ROM: a|b {#}", "ROM: a|b 7"), Some(["7"]));
        assert_eq!(scan::<1>("ROM: {#}", "ROM: {#}"), None);
    }

    #[test]
    fn a_lead_tells_lines_apart() {
        let may = |pattern, text| Lead::of_pattern(pattern).may_begin(Lead::of_text(text));
        assert!(may("Technology Type", "TECHNOLOGY") && !may("Technology Type", "Technical"));
        assert!(may("use. Delivery of", "Use. X") && !may("use. Delivery of", "use"));
        assert!(may("M{#} processor", "m7 processor") && !may("M{#} processor", "Model"));
        assert!(may("{} a", "x a") && may("L~: a", "L  : a") && may("", ""));
    }

    proptest! {
        #[test]
        fn any_line_is_matched_or_not(text in ".{0,80}") {
            let _: Option<[&str; 2]> = scan("{*} a {}", &text);
            let _: Option<[&str; 3]> = scan("{}({#}){*}", &text);
            let _: Option<[&str; 2]> = scan("x~{*}=~{*}", &text);
        }
    }
}
