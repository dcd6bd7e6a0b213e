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
    rest.trim_start().is_empty().then_some(holes)
}

/// Whether a line has the form of a pattern; `*` at the end of the pattern stands for any rest.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    if rules_out(pattern, text) {
        return false;
    }
    let (head, open) = match pattern.strip_suffix('*') {
        Some(head) => (head.trim_ascii_end(), true),
        None => (pattern, false),
    };
    // Most rows have no hole, and most lines are spelled as the row is.
    if open && text.starts_with(head) {
        return true;
    }
    walk(head, text, &mut |_| {}).is_some_and(|rest| open || rest.trim_start().is_empty())
}

/// Whether the first two letters differ already: most lines meet most patterns only so far.
#[inline]
fn rules_out(pattern: &str, text: &str) -> bool {
    let text = text.trim_ascii_start().as_bytes();
    match (pattern.as_bytes(), text) {
        ([b'{' | b'~' | b' ', ..] | [], _) => false,
        ([first, ..], [found, ..]) if !first.eq_ignore_ascii_case(found) => true,
        (_, []) => true,
        ([_, b'{' | b'~' | b' ' | b'*', ..], _) => false,
        ([_, second, ..], [_, found, ..]) => !second.eq_ignore_ascii_case(found),
        _ => false,
    }
}

/// Matches the pattern against the beginning of the text and returns what is left of it.
fn walk<'a>(pattern: &str, text: &'a str, take: &mut dyn FnMut(&'a str)) -> Option<&'a str> {
    let (wanted, found) = (pattern.as_bytes(), text.as_bytes());
    let blanks = |from: usize| {
        let tail = found.get(from..).unwrap_or(&[]);
        from + tail.iter().take_while(|b| b.is_ascii_whitespace()).count()
    };
    let mut at = blanks(0);
    let mut next = 0;
    loop {
        match wanted.get(next) {
            None => return text.get(at..),
            Some(b' ') => {
                let after = blanks(at);
                if after == at && at < found.len() {
                    return None;
                }
                at = after;
            }
            Some(b'~') => at = blanks(at),
            Some(b'{') => {
                let (kind, after) = pattern.get(next + 1..)?.split_once('}')?;
                let rest = text.get(at..)?;
                let taken = match kind {
                    "#" => rest
                        .bytes()
                        .position(|b| !b.is_ascii_digit())
                        .unwrap_or(rest.len()),
                    "*" => any(after, rest)?,
                    _ => word(after, rest),
                };
                let hole = rest.get(..taken)?;
                if hole.is_empty() && kind != "*" {
                    return None;
                }
                take(hole.trim());
                at += taken;
                // Behind the brace.
                next = pattern.len() - after.len();
                continue;
            }
            Some(letter) => {
                if !found
                    .get(at)
                    .is_some_and(|b| b.eq_ignore_ascii_case(letter))
                {
                    return None;
                }
                at += 1;
            }
        }
        next += 1;
    }
}

fn literal(pattern: &str) -> &str {
    let end = pattern
        .bytes()
        .position(|b| matches!(b, b'{' | b'~' | b' '))
        .unwrap_or(pattern.len());
    pattern.get(..end).unwrap_or("")
}

/// How many bytes of `rest` a word takes before the literal that follows it.
fn word(after: &str, rest: &str) -> usize {
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or("");
    match literal(after) {
        "" => end,
        next => find(word, next, 0).unwrap_or(end),
    }
}

/// How many bytes of `rest` a free text takes before what follows it in the pattern.
fn any(after: &str, rest: &str) -> Option<usize> {
    let spaced = after.starts_with(' ');
    let tail = after.trim_start_matches([' ', '~']);
    let next = literal(tail);
    if next.is_empty() {
        if spaced && tail == "{}" {
            // The last word of the line.
            let trimmed = rest.trim_end();
            return trimmed.rfind(char::is_whitespace);
        }
        return Some(rest.len());
    }
    let anchored = tail.len() == next.len();
    let then_space = tail.as_bytes().get(next.len()) == Some(&b' ');
    let mut from = 0;
    let mut found = None;
    while let Some(at) = find(rest, next, from) {
        from = at + 1;
        let before = at == 0 || rest.get(..at)?.ends_with(char::is_whitespace);
        let behind = rest.get(at + next.len()..)?;
        if (!spaced || before)
            && (!then_space || behind.is_empty() || behind.starts_with(char::is_whitespace))
            && (!anchored || behind.trim().is_empty())
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
fn find(text: &str, needle: &str, from: usize) -> Option<usize> {
    let (first, needle) = (needle.bytes().next()?, needle.as_bytes());
    let hay = text.as_bytes();
    let mut at = from;
    loop {
        let tail = hay.get(at..)?;
        at += tail.iter().position(|b| b.eq_ignore_ascii_case(&first))?;
        if hay.get(at..at + needle.len())?.eq_ignore_ascii_case(needle) {
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
    find(text, needle, 0).is_some()
}

/// Key and value of a line `key : value` or `key = value`, both trimmed.
pub(crate) fn pair(text: &str, separator: char) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(separator)?;
    Some((key.trim(), value.trim()))
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

    proptest! {
        #[test]
        fn any_line_is_matched_or_not(text in ".{0,80}") {
            let _: Option<[&str; 2]> = scan("{*} a {}", &text);
            let _: Option<[&str; 3]> = scan("{}({#}){*}", &text);
            let _: Option<[&str; 2]> = scan("x~{*}=~{*}", &text);
        }
    }
}
