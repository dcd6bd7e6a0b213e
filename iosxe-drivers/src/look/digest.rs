//! The digest of a file, computed by the device.

use std::time::Duration;

use iosxe_core::image::HashKind;
use iosxe_core::observation::{Digest, Observation};
use iosxe_core::talk::TalkError;

use crate::talk::console::{Command, Output, Taken};
use crate::talk::script::Inquiry;

/// A gigabyte takes one to five minutes; slow flash three times that.
const BOUND: Duration = Duration::from_secs(900);

/// Asks for the strong digest first; a release that does not know it is asked for MD5.
#[derive(Debug)]
pub(crate) struct DigestInquiry {
    pub(crate) path: String,
    pub(crate) kind: HashKind,
}

impl DigestInquiry {
    fn command(&self, kind: HashKind) -> Command {
        Command::with(
            format!("verify {} {}", kind.option(), self.path),
            Vec::new(),
            BOUND,
        )
    }
}

impl Inquiry for DigestInquiry {
    fn next(&mut self, answers: &[Output]) -> Result<Option<Command>, TalkError> {
        match answers {
            [] => Ok(Some(self.command(self.kind))),
            [first] if first.taken == Taken::Unknown && self.kind == HashKind::Sha512 => {
                self.kind = HashKind::Md5;
                Ok(Some(self.command(HashKind::Md5)))
            }
            _ => Ok(None),
        }
    }

    fn read(self: Box<Self>, answers: Vec<Output>) -> Result<Observation, TalkError> {
        let file_system = self
            .path
            .split_inclusive(':')
            .next()
            .unwrap_or_default()
            .to_owned();
        let digest = |hex| {
            Observation::Digest(Digest {
                file_system: file_system.clone(),
                kind: self.kind,
                hex,
            })
        };
        let Some(last) = answers.last() else {
            return Ok(digest(None));
        };
        if last.taken == Taken::Unknown {
            return Ok(digest(None));
        }
        match hex_of(&last.text, self.kind) {
            Some(hex) => Ok(digest(Some(hex))),
            None => {
                let line = last.tail(1).join("");
                Err(TalkError::Misread {
                    command: last.command.clone(),
                    line: last.text.lines().count(),
                    column: 1,
                    reason: format!("expected a line that ends in `= ` and a {}", self.kind),
                    quote: line,
                })
            }
        }
    }
}

/// The digest behind the last `= `. Source: pyntc and Cisco's "MD5 File Validation".
fn hex_of(text: &str, kind: HashKind) -> Option<String> {
    let digits = match kind {
        HashKind::Md5 => 32,
        HashKind::Sha512 => 128,
    };
    text.lines().rev().find_map(|line| {
        let (_, tail) = line.rsplit_once('=')?;
        let hex = tail.trim();
        let good = hex.len() == digits && hex.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| hex.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_with_a_digest_counts() {
        let md5 = "0123456789abcdef0123456789ABCDEF";
        let text = format!("......Done!\nverify /md5 (flash: x=1.bin) = {md5}\n");
        assert_eq!(hex_of(&text, HashKind::Md5).unwrap(), md5.to_lowercase());
        assert_eq!(hex_of(&text, HashKind::Sha512), None);
        assert_eq!(hex_of("%Error verifying flash:x", HashKind::Md5), None);
    }
}
