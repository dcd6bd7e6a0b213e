//! The legacy SCP protocol on an exec channel: `scp -t` takes a file, `scp -f` hands one out.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use serde_json::json;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::cli::places::{Place, content, flash_mut, fs_of, locate};
use crate::model::device::{Device, User};
use crate::model::flash::{Blob, Content};
use crate::model::image::DigestPair;
use crate::timeline::EventKind;

/// Bytes a second of the `slow_link` fault, wall time.
const SLOW_BYTES_S: f64 = 262_144.0;

/// What an `scp` command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    sink: bool,
    path: String,
}

impl Request {
    /// Reads `scp [-v] [-p] [-d] -t PATH` and the like.
    pub(super) fn parse(command: &str) -> Option<Request> {
        let mut words = command.split_whitespace();
        if words.next()? != "scp" {
            return None;
        }
        let mut sink = None;
        let mut path = None;
        for word in words {
            match word.strip_prefix('-') {
                Some(flags) if path.is_none() && word != "--" => {
                    if flags.contains('t') {
                        sink = Some(true);
                    } else if flags.contains('f') {
                        sink = Some(false);
                    }
                }
                Some("-") => {}
                _ => path = Some(word.trim_matches(['"', '\'']).to_owned()),
            }
        }
        Some(Request {
            sink: sink?,
            path: path?,
        })
    }
}

/// One SCP copy.
pub(super) struct Copy {
    device: Arc<Device>,
    user: User,
    cut: Arc<Notify>,
}

/// How a copy failed: the text for the client, empty when nobody is there to read it.
struct Failed(String);

impl From<russh::Error> for Failed {
    fn from(error: russh::Error) -> Self {
        tracing::debug!(%error, "scp channel lost");
        Failed(String::new())
    }
}

struct Wire {
    read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
    held: VecDeque<u8>,
}

impl Wire {
    async fn more(&mut self) -> Result<Option<Vec<u8>>, Failed> {
        loop {
            match self.read.wait().await {
                Some(ChannelMsg::Data { data }) => return Ok(Some(data.to_vec())),
                Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return Ok(None),
                Some(_) => {}
            }
        }
    }

    async fn byte(&mut self) -> Result<Option<u8>, Failed> {
        while self.held.is_empty() {
            match self.more().await? {
                Some(data) => self.held.extend(data),
                None => return Ok(None),
            }
        }
        Ok(self.held.pop_front())
    }

    async fn line(&mut self) -> Result<Option<String>, Failed> {
        let mut line = Vec::new();
        while let Some(b) = self.byte().await? {
            if b == b'\n' {
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            line.push(b);
            if line.len() > 4096 {
                return Err(Failed("protocol error: line too long".into()));
            }
        }
        Ok(None)
    }

    /// Up to `most` bytes of file data.
    async fn data(&mut self, most: u64) -> Result<Option<Vec<u8>>, Failed> {
        let held = std::mem::take(&mut self.held);
        let mut data: Vec<u8> = if held.is_empty() {
            match self.more().await? {
                Some(data) => data,
                None => return Ok(None),
            }
        } else {
            held.into()
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if data.len() > most {
            self.held.extend(data.split_off(most));
        }
        Ok(Some(data))
    }

    async fn send(&self, bytes: impl Into<Vec<u8>>) -> Result<(), Failed> {
        Ok(self.write.data_bytes(bytes.into()).await?)
    }
}

impl Copy {
    pub(super) fn new(device: Arc<Device>, user: User, cut: Arc<Notify>) -> Self {
        Copy { device, user, cut }
    }

    /// Runs the copy on a channel and closes it.
    pub(super) async fn run(self, channel: Channel<Msg>, request: Request) {
        let (read, write) = channel.split();
        let mut wire = Wire {
            read,
            write,
            held: VecDeque::new(),
        };
        let done = match self.allowed() {
            Err(refusal) => Err(refusal),
            Ok(()) if request.sink => self.sink(&mut wire, &request.path).await,
            Ok(()) => self.source(&mut wire, &request.path).await,
        };
        let status = u32::from(done.is_err());
        if let Err(Failed(text)) = done
            && !text.is_empty()
            && wire.send(format!("\u{1}{text}\n")).await.is_err()
        {
            tracing::trace!("client left before the error");
        }
        for end in [
            wire.write.exit_status(status).await,
            wire.write.eof().await,
            wire.write.close().await,
        ] {
            if let Err(error) = end {
                tracing::trace!(%error, "scp channel was closed already");
            }
        }
    }

    fn allowed(&self) -> Result<(), Failed> {
        if !self
            .device
            .state()
            .running_config
            .has("ip scp server enable")
        {
            return Err(Failed("Administratively disabled.".into()));
        }
        if self.user.privilege < 15 {
            return Err(Failed("Privilege denied.".into()));
        }
        Ok(())
    }

    /// Ends the connection where a fault says so.
    async fn cut_at(&self, wire: &mut Wire, moment: &str) -> Result<(), Failed> {
        if self.device.strikes("transfer_cut", moment) {
            return self.cut(wire).await;
        }
        Ok(())
    }

    /// Ends the connection. Nothing more is said on it: an orderly end of the copy would be another thing.
    async fn cut(&self, wire: &mut Wire) -> Result<(), Failed> {
        self.cut.notify_one();
        while wire.more().await?.is_some() {}
        Err(Failed(String::new()))
    }

    async fn sink(&self, wire: &mut Wire, target: &str) -> Result<(), Failed> {
        self.cut_at(wire, "asked").await?;
        wire.send([0]).await?;
        loop {
            let Some(line) = wire.line().await? else {
                return Ok(());
            };
            match line.chars().next() {
                Some('C') => {
                    self.take_file(wire, &line, target).await?;
                }
                Some('T' | 'E') => wire.send([0]).await?,
                Some('D') => return Err(Failed("directories are not supported".into())),
                _ => return Err(Failed("protocol error".into())),
            }
        }
    }

    /// Where a file of that name goes.
    fn target(&self, target: &str, name: &str) -> Result<Place, Failed> {
        let url = if target.ends_with([':', '/']) {
            format!("{target}{name}")
        } else {
            target.to_owned()
        };
        locate(&self.device, &self.device.state(), &url)
            .filter(|p| !p.path.is_empty())
            .ok_or_else(|| Failed(format!("%Error opening {url} (No such device)")))
    }

    async fn take_file(&self, wire: &mut Wire, line: &str, target: &str) -> Result<(), Failed> {
        let mut words = line.splitn(3, ' ');
        let (_, size, name) = (words.next(), words.next(), words.next());
        let size: u64 = size
            .and_then(|s| s.parse().ok())
            .ok_or_else(|| Failed("protocol error: size".into()))?;
        let place = self.target(target, name.unwrap_or_default())?;
        let device = &self.device;
        let path = device.new_blob_path();
        let failed = |error: std::io::Error| Failed(format!("%Error writing (I/O error: {error})"));
        let mut file = File::create(&path).await.map_err(failed)?;
        let blob = Arc::new(Blob::empty(path));
        let limit = self.begin(&place, &blob, size)?;
        self.cut_at(wire, "named").await?;
        wire.send([0]).await?;
        let struck = Struck {
            corrupt: device
                .strikes("image_corrupted", "transfer")
                .then_some(size / 2),
            drop: device
                .strikes("session_dropped", "transfer")
                .then_some(size / 2),
            full: device.strikes("flash_full", "transfer"),
        };
        let limit = if struck.full {
            limit.min(size / 2)
        } else {
            limit
        };
        let slow = device.state().faults.has("slow_link", "transfer");
        let mut digests = DigestPair::default();
        let mut got = 0u64;
        while got < size {
            let Some(mut data) = wire.data(size - got).await? else {
                file.flush().await.map_err(failed)?;
                return Err(Failed(String::new()));
            };
            let end = got + data.len() as u64;
            if got == 0 && size > 1 && device.strikes("transfer_cut", "first_byte") {
                data.truncate(1);
                file.write_all(&data).await.map_err(failed)?;
                file.flush().await.map_err(failed)?;
                blob.set_len(1);
                return self.cut(wire).await;
            }
            struck.corrupt(&mut data, got);
            if end > limit {
                data.truncate(usize::try_from(limit.saturating_sub(got)).unwrap_or(0));
                file.write_all(&data).await.map_err(failed)?;
                blob.set_len(limit);
                return Err(Failed(format!(
                    "%Error writing {}:{} (No space left on device)",
                    fs_of(device, &place),
                    place.path
                )));
            }
            file.write_all(&data).await.map_err(failed)?;
            digests.update(&data);
            if slow {
                let wait = data.len() as f64 / SLOW_BYTES_S;
                device
                    .world
                    .clock
                    .sleep_wall(Duration::from_secs_f64(wait))
                    .await;
            }
            got = end;
            blob.set_len(got);
            if struck.drop.is_some_and(|at| got >= at) {
                file.flush().await.map_err(failed)?;
                return self.cut(wire).await;
            }
        }
        file.flush().await.map_err(failed)?;
        blob.seal(digests.finish());
        self.cut_at(wire, "last_byte").await?;
        let said = wire.byte().await?;
        if said != Some(0) {
            return Err(Failed("protocol error: file not confirmed".into()));
        }
        let fs = fs_of(device, &place);
        device.record(
            EventKind::FileReceived,
            [
                ("fs", json!(fs)),
                ("path", json!(place.path)),
                ("size", json!(size)),
                ("by", json!("scp")),
            ],
        );
        self.cut_at(wire, "kept").await?;
        wire.send([0]).await
    }

    /// Makes the directory entry; gives the bytes that fit. A file of that name is replaced.
    fn begin(&self, place: &Place, blob: &Arc<Blob>, size: u64) -> Result<u64, Failed> {
        let now = self.device.now();
        let mut state = self.device.state();
        let flash = flash_mut(&mut state, place)
            .ok_or_else(|| Failed("%Error opening (No such device)".into()))?;
        if flash
            .put(&place.path, Content::Disk(Arc::clone(blob)), now)
            .is_err()
        {
            return Err(Failed(format!(
                "%Error opening {} (No space left on device)",
                place.path
            )));
        }
        tracing::debug!(
            device = self.device.name,
            path = place.path,
            size,
            "receiving"
        );
        Ok(flash.free())
    }

    async fn source(&self, wire: &mut Wire, url: &str) -> Result<(), Failed> {
        let place = locate(&self.device, &self.device.state(), url);
        let content = place.and_then(|p| content(&self.device.state(), &p));
        let Some(content) = content else {
            return Err(Failed(format!(
                "%Error opening {url} (No such file or directory)"
            )));
        };
        // OpenSSH refuses a name that is not the last part of what it asked for.
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        wire.byte().await?;
        wire.send(format!("C0644 {} {name}\n", content.len()))
            .await?;
        wire.byte().await?;
        let mut reader = content.reader().map_err(|e| Failed(e.to_string()))?;
        loop {
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0u8; 1 << 16];
                let n = reader.read(&mut piece).unwrap_or(0);
                piece.truncate(n);
                (reader, piece)
            })
            .await;
            let Ok((back, piece)) = read else {
                return Err(Failed("I/O error".into()));
            };
            reader = back;
            if piece.is_empty() {
                break;
            }
            wire.send(piece).await?;
        }
        wire.send([0]).await?;
        wire.byte().await?;
        Ok(())
    }
}

/// Faults of one transfer, decided at its beginning.
struct Struck {
    corrupt: Option<u64>,
    drop: Option<u64>,
    full: bool,
}

impl Struck {
    /// Changes the byte at the chosen offset, if it is in this piece.
    fn corrupt(&self, data: &mut [u8], from: u64) {
        let byte = self
            .corrupt
            .and_then(|at| at.checked_sub(from))
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| data.get_mut(at));
        if let Some(byte) = byte {
            *byte ^= 0x20;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_of_common_clients_are_read() {
        let sink = |path: &str| {
            Some(Request {
                sink: true,
                path: path.into(),
            })
        };
        assert_eq!(Request::parse("scp -t flash:x.bin"), sink("flash:x.bin"));
        assert_eq!(
            Request::parse("scp -v -p -t -- flash:/x.bin"),
            sink("flash:/x.bin")
        );
        assert_eq!(Request::parse("scp -qt bootflash:"), sink("bootflash:"));
        assert_eq!(
            Request::parse("scp -f flash:x"),
            Some(Request {
                sink: false,
                path: "flash:x".into()
            })
        );
        assert_eq!(Request::parse("show version"), None);
    }
}
