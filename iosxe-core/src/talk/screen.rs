//! Bytes to text: what a person would see after the control characters did their work.

/// Collects what a device sends and resolves carriage returns, backspaces, bells, NULs and terminal
/// escapes. Fed in any chunks, it holds the same text.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    done: String,
    line: Vec<char>,
    column: usize,
    escape: Escape,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    /// After ESC.
    Begun,
    /// After ESC and an intermediate byte (`ESC ( B`): one more belongs to it.
    Designator,
    /// Inside `ESC [ …`, up to its final byte.
    Csi,
}

impl Screen {
    /// An empty screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what came.
    pub fn push(&mut self, text: &str) {
        for c in text.chars() {
            self.put(c);
        }
    }

    fn put(&mut self, c: char) {
        match self.escape {
            Escape::Begun => {
                self.escape = match c {
                    '[' => Escape::Csi,
                    '(' | ')' | '#' => Escape::Designator,
                    _ => Escape::None,
                };
                return;
            }
            Escape::Designator => {
                self.escape = Escape::None;
                return;
            }
            Escape::Csi => {
                if ('@'..='~').contains(&c) {
                    self.escape = Escape::None;
                }
                return;
            }
            Escape::None => {}
        }
        match c {
            '\x1b' => self.escape = Escape::Begun,
            '\n' => {
                self.done.extend(self.line.drain(..));
                self.done.push('\n');
                self.column = 0;
            }
            '\r' => self.column = 0,
            '\x08' => self.column = self.column.saturating_sub(1),
            '\t' => self.write('\t'),
            c if c.is_control() => {}
            c => self.write(c),
        }
    }

    fn write(&mut self, c: char) {
        match self.line.get_mut(self.column) {
            Some(cell) => *cell = c,
            None => self.line.push(c),
        }
        self.column += 1;
    }

    /// Everything so far, the unfinished line included.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.done.clone();
        text.extend(&self.line);
        text
    }

    /// The finished lines.
    #[must_use]
    pub fn finished(&self) -> &str {
        &self.done
    }

    /// The unfinished line: where a prompt or a question stands.
    #[must_use]
    pub fn last_line(&self) -> String {
        self.line.iter().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Wipes the unfinished line: a `--More--` or an answered question.
    pub fn wipe_line(&mut self) {
        self.line.clear();
        self.column = 0;
    }

    /// The last finished lines that are not blank, and the unfinished one: for errors.
    #[must_use]
    pub fn tail(&self, lines: usize) -> Vec<String> {
        let text = self.text();
        let all: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        let from = all.len().saturating_sub(lines);
        all.into_iter().skip(from).map(str::to_owned).collect()
    }
}

/// Decodes bytes into text across chunk borders; what is no UTF-8 becomes U+FFFD.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    rest: Vec<u8>,
}

impl Decoder {
    /// The text of these bytes; an unfinished character waits for the next call.
    pub fn decode(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        let mut text = String::with_capacity(self.rest.len());
        let mut from = 0;
        while let Some(rest) = self.rest.get(from..) {
            match std::str::from_utf8(rest) {
                Ok(good) => {
                    text.push_str(good);
                    from = self.rest.len();
                    break;
                }
                Err(error) => {
                    let valid = from + error.valid_up_to();
                    let good = self.rest.get(from..valid).unwrap_or_default();
                    text.push_str(&String::from_utf8_lossy(good));
                    match error.error_len() {
                        Some(bad) => {
                            text.push('\u{fffd}');
                            from = valid + bad;
                        }
                        None => {
                            from = valid;
                            break;
                        }
                    }
                }
            }
        }
        self.rest.drain(..from.min(self.rest.len()));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let mut screen = Screen::new();
        screen.push(text);
        screen.text()
    }

    #[test]
    fn control_characters_do_their_work() {
        assert_eq!(shown("a\r\nb\r\n"), "a\nb\n");
        assert_eq!(shown("abc\x08\x08X"), "aXc");
        assert_eq!(shown(" --More-- \r          \rGi1"), "Gi1       ");
        assert_eq!(shown("sw1#\x07"), "sw1#");
        assert_eq!(shown("\0\0x\x1b[2Ky\x1b(Bz"), "xyz");
    }

    proptest! {
        #[test]
        fn any_chunks_give_the_same_text(text in "[a-c\\r\\n\\x08\\x1b\\[\u{e9}]{0,60}", cut in 1usize..9) {
            let mut screen = Screen::new();
            let mut decoder = Decoder::default();
            for chunk in text.as_bytes().chunks(cut) {
                screen.push(&decoder.decode(chunk));
            }
            prop_assert_eq!(screen.text(), shown(&text));
        }

        #[test]
        fn any_bytes_are_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut decoder = Decoder::default();
            let text = decoder.decode(&bytes);
            prop_assert!(text.len() <= bytes.len() * 3);
        }
    }
}
