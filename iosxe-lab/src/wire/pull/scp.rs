//! `scp -f` on a server, by the legacy protocol. As a device without pinned keys, any host key is
//! taken.

use std::net::SocketAddr;
use std::sync::Arc;

use russh::client::{self, Handle, Msg};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg};

use super::{Failure, Piece, Remote, Taker, connect, patient};

pub(super) struct Any;

impl client::Handler for Any {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

impl From<russh::Error> for Failure {
    fn from(error: russh::Error) -> Self {
        tracing::debug!(%error, "an SSH server was lost");
        Failure::Broken
    }
}

/// A channel, and what came of it that is not read yet.
pub(super) struct Source {
    channel: Channel<Msg>,
    held: Vec<u8>,
}

impl Source {
    pub(super) fn new(channel: Channel<Msg>) -> Self {
        let held = Vec::new();
        Source { channel, held }
    }

    /// So many bytes.
    pub(super) async fn exactly(&mut self, count: usize) -> Result<Vec<u8>, Failure> {
        while self.held.len() < count {
            self.more().await?;
        }
        Ok(self.held.drain(..count).collect())
    }

    pub(super) async fn send(&self, bytes: Vec<u8>) -> Result<(), Failure> {
        Ok(self.channel.data_bytes(bytes).await?)
    }

    async fn more(&mut self) -> Result<(), Failure> {
        loop {
            let next = patient(async { Ok::<_, Failure>(self.channel.wait().await) }).await?;
            match next {
                Some(ChannelMsg::Data { data }) => {
                    self.held.extend_from_slice(&data);
                    return Ok(());
                }
                Some(ChannelMsg::Eof | ChannelMsg::Close) | None => return Err(Failure::Broken),
                Some(_) => {}
            }
        }
    }

    async fn line(&mut self) -> Result<String, Failure> {
        loop {
            if let Some(at) = self.held.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.held.drain(..=at).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.held.len() > 4096 {
                return Err(Failure::Broken);
            }
            self.more().await?;
        }
    }

    async fn go_on(&self) -> Result<(), Failure> {
        self.send(vec![0]).await
    }
}

/// A session of the user that the remote names.
pub(super) async fn log_in(remote: &Remote, address: SocketAddr) -> Result<Handle<Any>, Failure> {
    let stream = connect(address).await?;
    let config = Arc::new(client::Config::default());
    let mut handle = patient(client::connect_stream(config, stream, Any)).await?;
    let user = remote.user.clone().unwrap_or_default();
    let password = remote.password.clone().unwrap_or_default();
    let login = patient(handle.authenticate_password(user, password)).await?;
    if !login.success() {
        return Err(Failure::Login);
    }
    Ok(handle)
}

pub(super) async fn fetch(remote: &Remote, address: SocketAddr, to: &Taker) -> Result<(), Failure> {
    let handle = log_in(remote, address).await?;
    let channel = patient(handle.channel_open_session()).await?;
    channel
        .exec(true, format!("scp -f {}", remote.path))
        .await?;
    let mut source = Source::new(channel);
    source.go_on().await?;
    let line = source.line().await?;
    let mut left = length(&line)?;
    to.give(Piece::Size(left)).await?;
    source.go_on().await?;
    while left > 0 {
        if source.held.is_empty() {
            source.more().await?;
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let take = most.min(source.held.len());
        let data: Vec<u8> = source.held.drain(..take).collect();
        left -= take as u64;
        to.give(Piece::Data(data)).await?;
    }
    if source.held.is_empty() {
        source.more().await?;
    }
    source.go_on().await
}

/// The length in `C0644 1234 name`; other lines are what the server has against it.
fn length(line: &str) -> Result<u64, Failure> {
    if let Some(rest) = line.strip_prefix('C') {
        let size = rest.split_whitespace().nth(1);
        return size.and_then(|s| s.parse().ok()).ok_or(Failure::Broken);
    }
    let text = line.to_lowercase();
    if text.contains("no such file") {
        Err(Failure::NoSuchFile)
    } else if text.contains("denied") {
        Err(Failure::Denied)
    } else {
        Err(Failure::Broken)
    }
}
