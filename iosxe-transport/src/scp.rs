//! The sending side of the old SCP protocol, without any I/O.
//!
//! SCP push is what an IOS-XE device takes: `scp -t` on an exec channel, no SFTP (Cisco, "Secure
//! Copy": the server has no SFTP subsystem). The far end says a zero byte when it is ready; we send
//! `C0644 SIZE NAME`, it says zero; we send the bytes and a zero, it says zero. Anything else is an
//! answer of one or two and a line of text, or, where the device does not even start its SCP server,
//! text alone: `Privilege denied.`, `Administratively disabled.`
//!
//! A library's own `scp_send` is not used: libssh2's quotes the path for a POSIX shell, which a
//! device CLI is not, and throws the text of a refusal away.

use iosxe_core::ports::TransferError;

/// Longest answer that is kept. A far end that says more is not speaking SCP.
const ANSWER_MAX: usize = 4_096;

/// What the source wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Send these bytes of the protocol. Say [`Source::sent_control`] before the far end is listened
    /// to again: its answer may come before the library says that they have left.
    Control(Vec<u8>),
    /// Send bytes of the file, at most so many, then say [`Source::sent_data`].
    Data(u64),
    /// Wait for the far end's answer and feed it to [`Source::heard`].
    Answer,
    /// The file is over and the far end has said so.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The far end has to say that it is ready.
    Ready,
    /// The header is to be sent.
    Header,
    /// The far end has to accept the header.
    Accepted,
    /// The bytes are to be sent.
    Data,
    /// The closing zero is to be sent.
    Closing,
    /// The far end has to say that the file is whole.
    Stored,
    Done,
}

/// How the far end says what is no acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    /// A line behind a one or a two.
    Coded,
    /// Text outside the protocol, without an end of its own.
    Plain,
}

/// One file on its way.
#[derive(Clone, Debug)]
pub struct Source {
    state: State,
    name: String,
    size: u64,
    sent: u64,
    /// An answer that is not whole yet.
    answer: Option<(Voice, Vec<u8>)>,
}

impl Source {
    /// A file of that many bytes, under the name that goes into the header. A device takes the name
    /// of its `scp -t` argument; a directory on a host takes this one.
    #[must_use]
    pub fn new(name: &str, size: u64) -> Self {
        Self {
            state: State::Ready,
            name: name.to_owned(),
            size,
            sent: 0,
            answer: None,
        }
    }

    /// Bytes of the file that were sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// What is to be done next.
    #[must_use]
    pub fn want(&self) -> Want {
        match self.state {
            State::Ready | State::Accepted | State::Stored => Want::Answer,
            State::Header => {
                Want::Control(format!("C0644 {} {}\n", self.size, self.name).into_bytes())
            }
            State::Data => Want::Data(self.size - self.sent),
            State::Closing => Want::Control(vec![0]),
            State::Done => Want::Done,
        }
    }

    /// The control bytes are leaving.
    pub fn sent_control(&mut self) {
        self.state = match self.state {
            State::Header => State::Accepted,
            State::Closing => State::Stored,
            state => state,
        };
    }

    /// Bytes of the file have left.
    pub fn sent_data(&mut self, bytes: u64) {
        self.sent = self.size.min(self.sent.saturating_add(bytes));
        if self.state == State::Data && self.sent == self.size {
            self.state = State::Closing;
        }
    }

    /// The far end said this, wherever its bytes were cut.
    ///
    /// # Errors
    /// [`TransferError::NoSpace`], [`TransferError::Refused`] or [`TransferError::Protocol`] with
    /// its words, once they are whole.
    pub fn heard(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        for &byte in bytes {
            if let Some((voice, text)) = &mut self.answer {
                if byte == b'\n' && *voice == Voice::Coded {
                    let text = std::mem::take(text);
                    return Err(self.refusal(&text));
                }
                if text.len() < ANSWER_MAX {
                    text.push(byte);
                }
                continue;
            }
            match byte {
                0 => self.accepted()?,
                WARNING | FATAL => self.answer = Some((Voice::Coded, Vec::new())),
                _ => self.answer = Some((Voice::Plain, vec![byte])),
            }
        }
        Ok(())
    }

    /// The far end said something on its standard error: kept, for it may explain the end.
    pub fn heard_aside(&mut self, bytes: &[u8]) {
        let (_, text) = self.answer.get_or_insert((Voice::Plain, Vec::new()));
        let room = ANSWER_MAX.saturating_sub(text.len());
        text.extend(bytes.iter().take(room));
    }

    /// Whether the far end began to say something that is no acknowledgement, and did not end it.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.answer.is_some()
    }

    /// The connection ended, or nothing more came: what that means.
    #[must_use]
    pub fn ended(&self) -> TransferError {
        match &self.answer {
            Some((_, text)) if !tidy(text).is_empty() => self.refusal(text),
            // Also before its first word: a device that refuses says so, and a lost connection says nothing.
            _ => TransferError::Broken {
                sent: self.sent,
                total: self.size,
            },
        }
    }

    fn accepted(&mut self) -> Result<(), TransferError> {
        self.state = match self.state {
            State::Ready => State::Header,
            State::Accepted if self.size == 0 => State::Closing,
            State::Accepted => State::Data,
            State::Stored => State::Done,
            // It acknowledges what was not sent.
            State::Header | State::Data | State::Closing | State::Done => {
                return Err(TransferError::Protocol {
                    answer: format!("acknowledged {} of {} bytes", self.sent, self.size),
                });
            }
        };
        Ok(())
    }

    fn refusal(&self, text: &[u8]) -> TransferError {
        let answer = tidy(text);
        match Refusal::of(&answer) {
            Refusal::NoSpace => TransferError::NoSpace { answer },
            // Before the first byte of the file, any no is a refusal that left nothing behind.
            _ if self.sent == 0 && !matches!(self.answer, Some((Voice::Plain, _))) => {
                TransferError::Refused { answer }
            }
            Refusal::Forbidden if self.sent == 0 => TransferError::Refused { answer },
            Refusal::Forbidden | Refusal::Other => TransferError::Protocol { answer },
        }
    }
}

const WARNING: u8 = 1;
const FATAL: u8 = 2;

/// What the words of a far end mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    NoSpace,
    Forbidden,
    Other,
}

/// Words for a full file system: POSIX, IOS (`%Error writing … (No space left on device)`, `(Not
/// enough space on device)`), and quotas.
const NO_SPACE: [&str; 6] = [
    "no space",
    "not enough space",
    "insufficient space",
    "disk full",
    "file system full",
    "quota exceeded",
];

/// Words for a user or a server that may not: `Privilege denied.` is a user that does not land in
/// privilege 15 (scp_sidecar issue 16), `Administratively disabled.` a server that is off.
const FORBIDDEN: [&str; 9] = [
    "denied",
    "disabled",
    "not authorized",
    "authorization failed",
    "not enabled",
    "read-only",
    "no such",
    "not found",
    "invalid",
];

impl Refusal {
    fn of(answer: &str) -> Self {
        let answer = answer.to_ascii_lowercase();
        if NO_SPACE.iter().any(|w| answer.contains(w)) {
            Self::NoSpace
        } else if FORBIDDEN.iter().any(|w| answer.contains(w)) {
            Self::Forbidden
        } else {
            Self::Other
        }
    }
}

/// One line for people: no control characters, no blank ends.
fn tidy(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .split(|c: char| c.is_control())
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The command that starts the far end.
///
/// The path is not quoted, since a device CLI knows no quotes; so it may hold nothing that a shell
/// would take for more than a path.
///
/// # Errors
/// [`TransferError::Refused`] for a path that cannot be sent unquoted.
pub fn sink_command(destination: &str) -> Result<String, TransferError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+:/=@,".contains(c);
    if destination.is_empty() || destination.starts_with('-') || !destination.chars().all(plain) {
        return Err(TransferError::Refused {
            answer: format!(
                "`{destination}` was not sent: a path on a device has letters, digits and ._-+:/=@, only"
            ),
        });
    }
    Ok(format!("scp -t {destination}"))
}

/// The file name of a device path: what stands behind the last `/` or `:`.
#[must_use]
pub fn file_name(destination: &str) -> &str {
    destination.rsplit(['/', ':']).next().unwrap_or(destination)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A whole sending against a far end that answers as told, `cut` bytes at a time.
    fn run(size: u64, answers: &[&[u8]], cut: usize) -> Result<Vec<u8>, TransferError> {
        let mut source = Source::new("image.bin", size);
        let mut wire = Vec::new();
        let mut answers = answers.iter();
        loop {
            match source.want() {
                Want::Control(bytes) => {
                    wire.extend(bytes);
                    source.sent_control();
                }
                Want::Data(left) => {
                    let n = left.min(3);
                    wire.extend(std::iter::repeat_n(b'x', usize::try_from(n).unwrap()));
                    source.sent_data(n);
                }
                Want::Answer => match answers.next() {
                    Some(answer) => {
                        for chunk in answer.chunks(cut) {
                            source.heard(chunk)?;
                        }
                    }
                    None => return Err(source.ended()),
                },
                Want::Done => return Ok(wire),
            }
        }
    }

    #[test]
    fn a_file_goes_over_as_the_protocol_has_it() {
        let wire = run(7, &[b"\0", b"\0", b"\0"], 1).unwrap();
        assert_eq!(wire, b"C0644 7 image.bin\nxxxxxxx\0");
        let wire = run(0, &[b"\0", b"\0", b"\0"], 1).unwrap();
        assert_eq!(wire, b"C0644 0 image.bin\n\0");
    }

    #[test]
    fn the_words_of_a_refusal_are_kept_and_told_apart() {
        let refused = |answer: &str| TransferError::Refused {
            answer: answer.to_owned(),
        };
        let no_space = |answer: &str| TransferError::NoSpace {
            answer: answer.to_owned(),
        };
        let protocol = |answer: &str| TransferError::Protocol {
            answer: answer.to_owned(),
        };
        let cases: [(&[&[u8]], TransferError); 9] = [
            (&[b"\x02Privilege denied.\n"], refused("Privilege denied.")),
            (&[b"Privilege denied.\r\n"], refused("Privilege denied.")),
            (
                &[b"Administratively disabled.\r\n"],
                refused("Administratively disabled."),
            ),
            (&[], TransferError::Broken { sent: 0, total: 7 }),
            (
                &[
                    b"\0",
                    b"\x01scp: flash:image.bin: No space left on device\n",
                ],
                no_space("scp: flash:image.bin: No space left on device"),
            ),
            (&[b"\0", b"\x01strange words\n"], refused("strange words")),
            (
                &[
                    b"\0",
                    b"\0",
                    b"\x01%Error writing flash:image.bin (I/O error)\n",
                ],
                protocol("%Error writing flash:image.bin (I/O error)"),
            ),
            (
                &[b"Welcome to the switch\r\n"],
                protocol("Welcome to the switch"),
            ),
            (&[b"\0", b"\0"], TransferError::Broken { sent: 7, total: 7 }),
        ];
        for (answers, error) in cases {
            assert_eq!(run(7, answers, 4).unwrap_err(), error);
        }
    }

    #[test]
    fn an_acknowledgement_of_nothing_is_no_protocol() {
        let error = run(7, &[b"\0\0"], 2).unwrap_err();
        assert!(matches!(error, TransferError::Protocol { .. }), "{error}");
    }

    #[test]
    fn a_path_that_a_shell_would_read_is_not_sent() {
        assert_eq!(
            sink_command("flash:cat9k_iosxe.17.09.04a.SPA.bin").unwrap(),
            "scp -t flash:cat9k_iosxe.17.09.04a.SPA.bin"
        );
        for bad in [
            "",
            "-f",
            "flash:a b",
            "flash:a;reload",
            "flash:$(x)",
            "a\nb",
        ] {
            assert!(sink_command(bad).is_err(), "{bad}");
        }
        assert_eq!(file_name("flash:a.bin"), "a.bin");
        assert_eq!(file_name("/tmp/x/a.bin"), "a.bin");
    }

    proptest! {
        #[test]
        fn any_answers_end_it_and_cuts_do_not_matter(
            size in 0_u64..40,
            answers in proptest::collection::vec(
                prop_oneof![
                    3 => Just(vec![0_u8]),
                    1 => proptest::collection::vec(any::<u8>(), 0..12),
                ],
                0..6,
            ),
            cut in 1_usize..5,
        ) {
            let answers: Vec<&[u8]> = answers.iter().map(Vec::as_slice).collect();
            let whole = run(size, &answers, usize::MAX);
            prop_assert_eq!(&whole, &run(size, &answers, cut));
            if let Ok(wire) = whole {
                let header = format!("C0644 {size} image.bin\n");
                prop_assert_eq!(wire.len() as u64, header.len() as u64 + size + 1);
            }
        }
    }
}
