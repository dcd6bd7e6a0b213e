//! How do bytes pass through an open channel, and how is it left?

use std::time::Duration;

use ::russh::client::{Handle, Msg};
use ::russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect};
use async_trait::async_trait;
use tokio::time::timeout;

use super::Tether;
use super::link::{Farewell, Handler, Shared, with};
use crate::channel::{ChannelError, Heard, Reader, Writer};

/// How long leaving in order may take.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

pub(super) struct RusshReader {
    pub(super) half: ChannelReadHalf,
    /// The end, once it was seen.
    pub(super) over: Option<Result<Heard, ChannelError>>,
    pub(super) state: Shared,
}

#[async_trait]
impl Reader for RusshReader {
    async fn read(&mut self) -> Result<Heard, ChannelError> {
        if let Some(over) = &self.over {
            return over.clone();
        }
        loop {
            match self.half.wait().await {
                Some(ChannelMsg::Data { data }) if !data.is_empty() => {
                    return Ok(Heard::Out(data.to_vec()));
                }
                Some(ChannelMsg::ExtendedData { data, .. }) if !data.is_empty() => {
                    return Ok(Heard::Err(data.to_vec()));
                }
                Some(ChannelMsg::Eof | ChannelMsg::Close) => {
                    return self.over.insert(Ok(Heard::End)).clone();
                }
                None => {
                    let farewell = with(&self.state, |s| s.farewell.clone());
                    let over = match farewell {
                        Some(Farewell::Broke(reason)) => Err(ChannelError::Failed(reason)),
                        Some(Farewell::Said(_)) | None => Ok(Heard::End),
                    };
                    return self.over.insert(over).clone();
                }
                Some(_) => {}
            }
        }
    }
}

pub(super) struct RusshWriter {
    pub(super) half: ChannelWriteHalf<Msg>,
    pub(super) handle: Handle<Handler>,
    /// The connections that carry this one, nearest first.
    pub(super) hops: Vec<Handle<Handler>>,
    pub(super) _tether: Tether,
}

#[async_trait]
impl Writer for RusshWriter {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ChannelError> {
        self.half
            .data_bytes(bytes)
            .await
            .map_err(|_| ChannelError::Ended)
    }

    async fn end(&mut self) -> Result<(), ChannelError> {
        self.half.eof().await.map_err(|_| ChannelError::Ended)
    }

    async fn close(&mut self) {
        let leaving = async {
            // Each of these fails only when the connection is over already: then we have left.
            if self.half.eof().await.is_ok() && self.half.close().await.is_ok() {
                for handle in std::iter::once(&mut self.handle).chain(self.hops.iter_mut().rev()) {
                    if handle
                        .disconnect(Disconnect::ByApplication, "done", "en")
                        .await
                        .is_ok()
                        && let Err(e) = (&mut *handle).await
                    {
                        tracing::trace!(error = %e, "the session ended with");
                    }
                }
            }
        };
        if timeout(CLOSE_WAIT, leaving).await.is_err() {
            tracing::debug!("the far end did not let us leave in order");
        }
    }

    fn is_open(&self) -> bool {
        !self.handle.is_closed()
    }
}
