//! Parts of a line: where its words end, what stands before and behind a separator.
//!
//! Each answers as the standard library does, which is made for long texts of any language: devices
//! write short lines of ASCII. Here eight bytes are looked at at once, as one number, and what is
//! not ASCII is left to the standard library.

/// The high bit of each of eight bytes.
pub(super) const HIGH: u64 = u64::from_le_bytes([0x80; 8]);

/// Eight bytes as a number, the first the lowest; behind the end of the text stands the filling.
#[inline]
pub(super) fn word_at(text: &[u8], from: usize, filling: u8) -> u64 {
    let tail = text.get(from..).unwrap_or(&[]);
    match tail.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => {
            let filled = u64::from_le_bytes([filling; 8]);
            tail.iter()
                .rev()
                .fold(filled, |word, byte| word << 8 | u64::from(*byte))
        }
    }
}

/// Where the first white space stands, or the end.
pub(super) fn word_end(text: &str) -> usize {
    const SPACES: u64 = u64::from_le_bytes([b'!'; 8]);
    let bytes = text.as_bytes();
    let mut from = 0;
    // What is no plain letter: spaces and what is below, and all that is not ASCII.
    let end = loop {
        let word = word_at(bytes, from, b' ');
        let marks = (word.wrapping_sub(SPACES) | word) & HIGH;
        if marks != 0 {
            break from + (marks.trailing_zeros() / 8) as usize;
        }
        from += 8;
    };
    match bytes.get(end) {
        None | Some(b'\t'..=b'\r' | b' ') => end.min(bytes.len()),
        // A device writes plain ASCII: the standard library looks at the rest.
        Some(_) => text.find(char::is_whitespace).unwrap_or(text.len()),
    }
}

/// The text without the white space at its ends: as the standard library does, which decodes even
/// where all is ASCII.
pub(super) fn trim(text: &str) -> &str {
    let short = text.trim_ascii();
    match short.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => short,
        _ => text.trim(),
    }
}

/// The next word of a text, empty when there is none, and what is behind it.
pub(super) fn next_word(text: &str) -> (&str, &str) {
    let start = text.trim_ascii_start();
    let text = match start.as_bytes() {
        [b'!'..=b'~', ..] => start,
        // Perhaps white space that is not ASCII.
        _ => text.trim_start(),
    };
    text.split_at_checked(word_end(text)).unwrap_or((text, ""))
}

/// Whether there is nothing but white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.is_empty() || text.trim_start().is_empty()
}

/// Where a byte stands first.
///
/// Eight bytes at a time: the standard search is made for long texts, and what is searched here is
/// a line or a part of one.
#[inline]
pub(super) fn position(text: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let wanted = ONES * u64::from(byte);
    let (words, rest) = text.as_chunks::<8>();
    let mut before = 0;
    for word in words {
        let same = u64::from_le_bytes(*word) ^ wanted;
        // The lowest mark is right: a borrow only makes false ones above it.
        let marks = same.wrapping_sub(ONES) & !same & HIGH;
        if marks != 0 {
            return Some(before + (marks.trailing_zeros() / 8) as usize);
        }
        before += 8;
    }
    Some(before + rest.iter().position(|b| *b == byte)?)
}

/// Whether a byte stands anywhere in a long text.
pub(super) fn holds(text: &[u8], byte: u8) -> bool {
    // No early end within a block: that is what the processor compares at once.
    let (blocks, rest) = text.as_chunks::<64>();
    blocks
        .iter()
        .any(|block| block.iter().fold(false, |found, b| found | (*b == byte)))
        || rest.contains(&byte)
}

/// Text before and behind the first separator (ASCII).
#[inline]
pub(super) fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = position(text.as_bytes(), separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Text before and behind the last separator (ASCII).
pub(super) fn cut_last(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|b| b == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Text before and behind the last place where `needle` stands.
pub(super) fn cut_at_last<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let mut places = text.as_bytes().windows(needle.len().max(1));
    let at = places.rposition(|place| place == needle.as_bytes())?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}

/// Text before and behind the first place where `needle` stands.
pub(super) fn cut_at<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let (hay, wanted) = (text.as_bytes(), needle.as_bytes());
    let first = wanted.first()?;
    let mut from = 0;
    loop {
        let at = from + position(hay.get(from..)?, *first)?;
        if hay.get(at..)?.starts_with(wanted) {
            return Some((text.get(..at)?, text.get(at + wanted.len()..)?));
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Plain words, white space of every sort, and letters of more than one byte.
    const TEXT: &str = "[a:, a:, \t\r\u{b}\u{1f}\u{7f}\u{85}\u{a0}\u{3000}é]{0,40}";

    /// Where a part stands, too: errors give its column.
    fn place(whole: &str, part: &str) -> (usize, String) {
        (
            part.as_ptr() as usize - whole.as_ptr() as usize,
            part.to_owned(),
        )
    }

    proptest! {
        #[test]
        fn white_space_is_what_the_standard_library_takes_for_it(text in TEXT) {
            prop_assert_eq!(place(&text, trim(&text)), place(&text, text.trim()));
            prop_assert_eq!(is_blank(&text), text.trim().is_empty());
            prop_assert_eq!(
                word_end(&text),
                text.find(char::is_whitespace).unwrap_or(text.len())
            );
            let mut rest = text.as_str();
            for word in text.split_whitespace().chain([""]) {
                let (next, behind) = next_word(rest);
                prop_assert_eq!(next, word);
                rest = behind;
            }
        }

        #[test]
        fn separators_are_found_where_the_standard_library_finds_them(text in TEXT) {
            prop_assert_eq!(cut(&text, b':'), text.split_once(':'));
            prop_assert_eq!(cut_last(&text, b':'), text.rsplit_once(':'));
            prop_assert_eq!(cut_at(&text, "a:"), text.split_once("a:"));
            prop_assert_eq!(cut_at_last(&text, "a:"), text.rsplit_once("a:"));
        }

        #[test]
        fn any_byte_is_found(text in prop::collection::vec(any::<u8>(), 0..200), byte: u8) {
            let at = text.iter().position(|b| *b == byte);
            prop_assert_eq!(position(&text, byte), at);
            prop_assert_eq!(holds(&text, byte), at.is_some());
        }

        #[test]
        fn a_short_text_is_filled_up(text in prop::collection::vec(any::<u8>(), 0..20), from in 0..24usize) {
            let mut tail: Vec<u8> = text.iter().skip(from).copied().collect();
            tail.resize(8.max(tail.len()), b'{');
            prop_assert_eq!(&word_at(&text, from, b'{').to_le_bytes()[..], &tail[..8]);
        }
    }
}
