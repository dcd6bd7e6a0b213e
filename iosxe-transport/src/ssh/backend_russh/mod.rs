//! The `russh` backend: pure Rust, asynchronous.
//!
//! Serves bulk transfers (it moves more bytes than OpenSSH's client for less processor time), the
//! legacy profile (its algorithm lists are ours to choose, without compiler flags) and every way
//! over jump hosts (libssh2 wants a real socket).

mod halves;
mod link;
mod lists;
mod login;

use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use iosxe_core::device::Address;
use iosxe_core::ports::{ConnectError, Endpoint, Evidence};

use super::dial::dial;
use crate::channel::{Backend, Channel, HostKeys, Limits, Request};
use halves::{RusshReader, RusshWriter};
use link::{Link, Stream};
pub(crate) use lists::supported;

/// The `russh` library.
#[derive(Clone, Copy, Debug, Default)]
pub struct Russh;

#[async_trait]
impl Backend for Russh {
    fn name(&self) -> &'static str {
        "russh"
    }

    async fn open(
        &self,
        to: &Endpoint,
        request: Request,
        keys: Arc<dyn HostKeys>,
        limits: Limits,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Channel, ConnectError> {
        let first = to.jumps.first().map_or(&to.address, |j| &j.address);
        let tether = Tether::default();
        let stream = dial(first, limits.connect)
            .await
            .map_err(|e| behind_a_jump(e, to, to.jumps.first().map(|j| &j.address)))?;
        let stream = tether.hold(stream, first)?;
        let mut way: Box<dyn Stream> = Box::new(stream);
        let mut hops = Vec::new();
        for (at, jump) in to.jumps.iter().enumerate() {
            let next = to.jumps.get(at + 1).map_or(&to.address, |j| &j.address);
            let mut link = Link::open(way, &jump.address, jump.profile, &keys, limits)
                .await
                .map_err(|e| behind_a_jump(e, to, Some(&jump.address)))?;
            link.log_in(&jump.credential, limits)
                .await
                .map_err(|e| behind_a_jump(e, to, Some(&jump.address)))?;
            evidence.note(&format!(
                "jump host {} ({})",
                jump.address,
                link.algorithms()
            ));
            way =
                Box::new(
                    link.tunnel(next, limits)
                        .await
                        .map_err(|reason| ConnectError::Jump {
                            jump: jump.address.to_string(),
                            address: next.to_string(),
                            reason,
                        })?,
                );
            hops.push(link.handle);
        }
        let mut link = Link::open(way, &to.address, to.profile, &keys, limits).await?;
        link.log_in(&to.credential, limits).await?;
        let algorithms = link.algorithms();
        let channel = link.channel(request, limits).await?;
        let (reader, writer) = channel.split();
        Ok(Channel {
            reader: Box::new(RusshReader {
                half: reader,
                over: None,
                state: Arc::clone(&link.state),
            }),
            writer: Box::new(RusshWriter {
                half: writer,
                handle: link.handle,
                hops,
                _tether: tether,
            }),
            algorithms,
        })
    }
}

/// A failure of a hop, told as such. What the operator has to see to (keys, credentials, algorithms)
/// keeps its class, and says whose it is.
fn behind_a_jump(error: ConnectError, to: &Endpoint, jump: Option<&Address>) -> ConnectError {
    let Some(jump) = jump else { return error };
    let address = format!("jump host {jump}");
    match error {
        ConnectError::Unreachable { .. }
        | ConnectError::TimedOut { .. }
        | ConnectError::Handshake { .. }
        | ConnectError::NoChannel { .. } => ConnectError::Jump {
            jump: jump.to_string(),
            address: to.address.to_string(),
            reason: error.to_string(),
        },
        ConnectError::NoCommonAlgorithm { reason, .. } => {
            ConnectError::NoCommonAlgorithm { address, reason }
        }
        ConnectError::HostKeyUnknown { fingerprint, .. } => ConnectError::HostKeyUnknown {
            address,
            fingerprint,
        },
        ConnectError::HostKeyChanged {
            fingerprint,
            expected,
            ..
        } => ConnectError::HostKeyChanged {
            address,
            fingerprint,
            expected,
        },
        ConnectError::CredentialRefused {
            username, methods, ..
        } => ConnectError::CredentialRefused {
            address,
            username,
            methods,
        },
        ConnectError::Jump { .. } | ConnectError::Local { .. } => error,
    }
}

/// Ends the first hop's socket when it is dropped. The library's session task ends by itself only
/// when it has nothing left to write, which a device that takes nothing more never lets happen.
#[derive(Debug, Default)]
struct Tether(Mutex<Option<std::net::TcpStream>>);

impl Tether {
    fn hold(
        &self,
        stream: tokio::net::TcpStream,
        address: &Address,
    ) -> Result<tokio::net::TcpStream, ConnectError> {
        let held = || {
            let stream = stream.into_std()?;
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.try_clone()?);
            tokio::net::TcpStream::from_std(stream)
        };
        held().map_err(|e: std::io::Error| ConnectError::Unreachable {
            address: address.to_string(),
            reason: e.to_string(),
        })
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        let held = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(stream) = held.take()
            && let Err(e) = stream.shutdown(Shutdown::Both)
        {
            tracing::trace!(error = %e, "the socket was closed before");
        }
    }
}
