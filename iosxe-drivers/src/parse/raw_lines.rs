//! The lines of a text, as they stand there.

/// The lines of a text, split at line feeds, with the last one even when it is empty.
///
/// Sixty-four bytes at a time: in what is read here the search for line feeds is a good part of the
/// work, and the standard search pays for its alignment on every short line.
#[derive(Clone, Debug)]
pub(super) struct RawLines<'a> {
    text: &'a str,
    /// Where the current line begins.
    begin: usize,
    /// Where the block behind `found` begins.
    next: usize,
    /// The line feeds of the current block that are still to come, a bit for each byte.
    found: u64,
    over: bool,
}

impl<'a> RawLines<'a> {
    const BLOCK: usize = 64;

    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            begin: 0,
            next: 0,
            found: 0,
            over: false,
        }
    }

    /// Marks the line feeds of the block at `next`, and moves on.
    fn look(&mut self) -> bool {
        let Some(tail) = self.text.as_bytes().get(self.next..) else {
            return false;
        };
        self.found = if let Some(block) = tail.first_chunk() {
            feeds(block)
        } else if tail.is_empty() {
            return false;
        } else {
            let mut block = [0; Self::BLOCK];
            for (to, from) in block.iter_mut().zip(tail) {
                *to = *from;
            }
            feeds(&block)
        };
        self.next += Self::BLOCK;
        true
    }
}

/// A bit for each byte that is a line feed, the lowest for the first.
fn feeds(block: &[u8; RawLines::BLOCK]) -> u64 {
    // Brings the lowest bits of eight bytes together in the highest one.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let marks = block.map(|byte| u8::from(byte == b'\n'));
    let (words, _) = marks.as_chunks::<8>();
    words.iter().rev().fold(0, |found, word| {
        found << 8 | u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56
    })
}

impl<'a> Iterator for RawLines<'a> {
    type Item = &'a str;

    #[inline]
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
        let at = self.next - Self::BLOCK + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        let line = self.text.get(self.begin..at);
        self.begin = at + 1;
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn lines_are_split_as_the_standard_library_does(text in "[\n\r a\u{80}\u{8a}é\u{10a}]{0,200}") {
            let ours: Vec<&str> = RawLines::of(&text).collect();
            let theirs: Vec<&str> = text.split('\n').collect();
            proptest::prop_assert_eq!(ours, theirs);
        }
    }
}
