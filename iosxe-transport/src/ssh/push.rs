//! SCP push: the file mover port.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use iosxe_core::ports::{Endpoint, Evidence, FileMover, TransferError, TransferWatch};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Backends, SshPolicy, announce_legacy};
use crate::channel::{Channel, ChannelError, Heard, HostKeys, Request};
use crate::scp::{Source, Want, file_name, sink_command};

/// How often a transfer that waits looks whether somebody stopped it.
const CANCEL_LOOK: Duration = Duration::from_millis(200);

/// How long the rest of an answer may take once it began: text outside the protocol has no end of
/// its own.
const ANSWER_WAIT: Duration = Duration::from_secs(2);

/// Pushes files by a policy.
#[derive(Debug)]
pub(crate) struct ScpMover {
    pub(crate) policy: SshPolicy,
    pub(crate) backends: Backends,
}

#[async_trait]
impl FileMover for ScpMover {
    async fn push(
        &self,
        to: &Endpoint,
        source: &Path,
        destination: &str,
        watch: &dyn TransferWatch,
        evidence: Arc<dyn Evidence>,
    ) -> Result<u64, TransferError> {
        let command = sink_command(destination)?;
        let (file, size) = open(source).await?;
        let backend = self.backends.pick(to)?;
        announce_legacy(to, &*evidence);
        let keys: Arc<dyn HostKeys> = Arc::new(self.policy.known_hosts());
        let request = Request::Exec(command.clone());
        let channel = backend
            .open(
                to,
                request,
                keys,
                self.policy.limits(),
                Arc::clone(&evidence),
            )
            .await
            .map_err(refused_before_the_start)?;
        evidence.note(&format!(
            "transfer session to {} as {} ({}: {})",
            to.address,
            to.credential.username,
            backend.name(),
            channel.algorithms
        ));
        evidence.sent(&format!("{command}\n"));
        let mut transfer = Transfer {
            source: Source::new(file_name(destination), size),
            channel,
            file,
            path: source,
            size,
            watch,
            write_size: self.policy.write_size.max(1),
            stall: self.policy.stall_timeout,
        };
        let result = transfer.run().await;
        match &result {
            Ok(bytes) => evidence.note(&format!("{bytes} bytes sent to {destination}")),
            Err(error) => evidence.note(&format!("transfer to {destination}: {error}")),
        }
        transfer.channel.writer.close().await;
        result
    }
}

/// A device whose SCP server is off may refuse the request itself.
fn refused_before_the_start(error: iosxe_core::ports::ConnectError) -> TransferError {
    match error {
        iosxe_core::ports::ConnectError::NoChannel { reason, .. }
            if reason.contains("refused") || reason.contains("denied") =>
        {
            TransferError::Refused {
                answer: format!("the SCP request: {reason}"),
            }
        }
        error => TransferError::Connect(error),
    }
}

async fn open(path: &Path) -> Result<(File, u64), TransferError> {
    let unreadable = |e: std::io::Error| source_error(path, &e.to_string());
    let file = File::open(path).await.map_err(unreadable)?;
    let about = file.metadata().await.map_err(unreadable)?;
    if !about.is_file() {
        return Err(source_error(path, "it is not a file"));
    }
    Ok((file, about.len()))
}

fn source_error(path: &Path, reason: &str) -> TransferError {
    TransferError::Source {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}

struct Transfer<'a> {
    source: Source,
    channel: Channel,
    file: File,
    path: &'a Path,
    size: u64,
    watch: &'a dyn TransferWatch,
    write_size: usize,
    stall: Duration,
}

impl Transfer<'_> {
    async fn run(&mut self) -> Result<u64, TransferError> {
        self.watch.moved(0, self.size);
        loop {
            match self.source.want() {
                Want::Done => return Ok(self.source.sent()),
                Want::Answer => self.hear().await?,
                Want::Control(bytes) => {
                    // Before the write: the answer may overtake the news that it is done.
                    self.source.sent_control();
                    self.write(bytes).await?;
                }
                Want::Data(left) => {
                    let block = self.block(left).await?;
                    let length = block.len() as u64;
                    self.write(block).await?;
                    self.source.sent_data(length);
                    self.watch.moved(self.source.sent(), self.size);
                }
            }
        }
    }

    /// The next bytes of the file.
    async fn block(&mut self, left: u64) -> Result<Vec<u8>, TransferError> {
        let room = usize::try_from(left).map_or(self.write_size, |l| l.min(self.write_size));
        let mut block = Vec::with_capacity(room);
        let limit = room as u64;
        (&mut self.file)
            .take(limit)
            .read_to_end(&mut block)
            .await
            .map_err(|e| source_error(self.path, &e.to_string()))?;
        if block.len() < room {
            return Err(source_error(
                self.path,
                "it became shorter while it was sent",
            ));
        }
        Ok(block)
    }

    /// Waits for the far end's word.
    async fn hear(&mut self) -> Result<(), TransferError> {
        let since = Instant::now();
        loop {
            self.stopped()?;
            let wait = if self.source.is_answering() {
                ANSWER_WAIT
            } else {
                self.stall
            };
            let deadline = since + wait;
            let look = deadline.min(Instant::now() + CANCEL_LOOK);
            match timeout_at(look, self.channel.reader.read()).await {
                Ok(heard) => return self.heard(heard),
                Err(_) if look < deadline => {}
                Err(_) if self.source.is_answering() => return Err(self.source.ended()),
                Err(_) => return Err(self.stalled()),
            }
        }
    }

    fn heard(&mut self, heard: Result<Heard, ChannelError>) -> Result<(), TransferError> {
        match heard {
            Ok(Heard::Out(bytes)) => self.source.heard(&bytes),
            Ok(Heard::Err(bytes)) => {
                self.source.heard_aside(&bytes);
                Ok(())
            }
            Ok(Heard::End) => self.end(),
            Err(e) => {
                tracing::debug!(error = %e, "transfer channel");
                self.end()
            }
        }
    }

    /// Nothing more comes. A far end that has the whole file closes at once after its last word, and
    /// both may be here before the library says that our last byte has left.
    fn end(&self) -> Result<(), TransferError> {
        if self.source.want() == Want::Done {
            return Ok(());
        }
        Err(self.source.ended())
    }

    /// Hands bytes to the library, listening meanwhile: a far end that runs out of space says so in
    /// the middle, and then takes nothing more.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), TransferError> {
        let since = Instant::now();
        let Channel { reader, writer, .. } = &mut self.channel;
        let mut writing = writer.write(bytes);
        let mut listening = true;
        let mut heard_end = false;
        let written = loop {
            if self.watch.cancelled() {
                return Err(TransferError::Cancelled {
                    sent: self.source.sent(),
                    total: self.size,
                });
            }
            if since.elapsed() >= self.stall {
                break None;
            }
            tokio::select! {
                biased;
                written = timeout(CANCEL_LOOK, &mut writing) => {
                    if let Ok(written) = written {
                        break Some(written);
                    }
                }
                heard = reader.read(), if listening => match heard {
                    Ok(Heard::Out(bytes)) => self.source.heard(&bytes)?,
                    Ok(Heard::Err(bytes)) => self.source.heard_aside(&bytes),
                    Ok(Heard::End) | Err(_) => {
                        listening = false;
                        heard_end = true;
                    }
                },
            }
            if heard_end {
                break Some(Err(ChannelError::Ended));
            }
        };
        drop(writing);
        match written {
            None => Err(self.stalled()),
            Some(Ok(())) => Ok(()),
            // Its last words may still be on their way to us.
            Some(Err(_)) => self.last_words().await,
        }
    }

    async fn last_words(&mut self) -> Result<(), TransferError> {
        let deadline = Instant::now() + ANSWER_WAIT;
        while self.source.want() != Want::Done {
            match timeout_at(deadline, self.channel.reader.read()).await {
                Ok(heard) => self.heard(heard)?,
                Err(_) => return Err(self.source.ended()),
            }
        }
        Ok(())
    }

    fn stopped(&self) -> Result<(), TransferError> {
        if self.watch.cancelled() {
            return Err(TransferError::Cancelled {
                sent: self.source.sent(),
                total: self.size,
            });
        }
        Ok(())
    }

    fn stalled(&self) -> TransferError {
        TransferError::Stalled {
            sent: self.source.sent(),
            total: self.size,
            waited: self.stall,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use iosxe_core::ports::{AlgorithmProfile, ConnectError, Credential};
    use iosxe_core::secret::Secret;
    use tokio::sync::watch;

    use super::*;
    use crate::channel::{Backend, Limits, Reader, Writer};

    /// A far end that says its next word as soon as something begins to be sent to it, and ends
    /// after the last.
    #[derive(Clone, Debug)]
    struct Far(Vec<Heard>);

    struct Words {
        left: VecDeque<Heard>,
        ended: bool,
        said: watch::Sender<usize>,
        /// Writes that began.
        begun: watch::Receiver<usize>,
    }

    #[async_trait]
    impl Reader for Words {
        async fn read(&mut self) -> Result<Heard, ChannelError> {
            let said = *self.said.borrow();
            if self.ended {
                return Ok(Heard::End);
            }
            let word = match self.begun.wait_for(|begun| *begun >= said).await {
                Ok(_) => self.left.pop_front().unwrap_or(Heard::End),
                // Nobody writes any more.
                Err(_) => Heard::End,
            };
            self.ended = word == Heard::End;
            self.said.send_replace(said + 1);
            Ok(word)
        }
    }

    /// Says that bytes have left when the answer to them was heard, not before.
    struct LateWriter {
        begun: watch::Sender<usize>,
        /// Words that were heard; the first one answers nothing.
        said: watch::Receiver<usize>,
    }

    #[async_trait]
    impl Writer for LateWriter {
        async fn write(&mut self, _bytes: Vec<u8>) -> Result<(), ChannelError> {
            self.begun.send_modify(|begun| *begun += 1);
            let begun = *self.begun.borrow();
            match self.said.wait_for(|said| *said > begun).await {
                Ok(_) => Ok(()),
                Err(_) => Err(ChannelError::Ended),
            }
        }

        async fn end(&mut self) -> Result<(), ChannelError> {
            Ok(())
        }

        async fn close(&mut self) {}

        fn is_open(&self) -> bool {
            true
        }
    }

    #[async_trait]
    impl Backend for Far {
        fn name(&self) -> &'static str {
            "far"
        }

        async fn open(
            &self,
            _to: &Endpoint,
            _request: Request,
            _keys: Arc<dyn HostKeys>,
            _limits: Limits,
            _evidence: Arc<dyn Evidence>,
        ) -> Result<Channel, ConnectError> {
            let (says, said) = watch::channel(0);
            let (begins, begun) = watch::channel(0);
            Ok(Channel {
                reader: Box::new(Words {
                    left: self.0.clone().into(),
                    ended: false,
                    said: says,
                    begun,
                }),
                writer: Box::new(LateWriter {
                    begun: begins,
                    said,
                }),
                algorithms: String::new(),
            })
        }
    }

    struct Nobody;

    impl TransferWatch for Nobody {
        fn moved(&self, _bytes: u64, _total: u64) {}
        fn cancelled(&self) -> bool {
            false
        }
    }

    impl Evidence for Nobody {
        fn received(&self, _text: &str) {}
        fn sent(&self, _text: &str) {}
        fn note(&self, _text: &str) {}
    }

    async fn push(words: &[&[u8]]) -> Result<u64, TransferError> {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("empty.bin");
        std::fs::write(&source, "").unwrap();
        let far = Far(words.iter().map(|w| Heard::Out(w.to_vec())).collect());
        let backend: Arc<dyn Backend> = Arc::new(far);
        let to = Endpoint {
            device: "sw1".into(),
            address: "sw1".parse().unwrap(),
            credential: Credential::password("netops", Secret::new("hunter22")),
            jumps: Vec::new(),
            profile: AlgorithmProfile::Modern,
        };
        // A writer that waits in vain ends the test soon, and in words.
        let policy = SshPolicy {
            stall_timeout: Duration::from_secs(10),
            ..SshPolicy::new(dir.path().join("known_hosts"))
        };
        crate::ssh::mover_over(backend, policy)
            .push(&to, &source, "flash:empty.bin", &Nobody, Arc::new(Nobody))
            .await
    }

    #[tokio::test]
    async fn words_that_overtake_the_news_of_our_bytes_are_understood() {
        // Each answer, and the end, are there before the write is said to be over.
        assert_eq!(push(&[b"\0", b"\0", b"\0"]).await, Ok(0));
    }

    #[tokio::test]
    async fn an_end_before_the_last_word_is_no_success() {
        let error = push(&[b"\0", b"\0"]).await.unwrap_err();
        assert_eq!(error, TransferError::Broken { sent: 0, total: 0 });
        let error = push(&[b"\0", b"\x01No space left on device\n"])
            .await
            .unwrap_err();
        assert!(matches!(error, TransferError::NoSpace { .. }), "{error}");
    }
}
