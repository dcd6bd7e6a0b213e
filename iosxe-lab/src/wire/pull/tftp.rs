//! TFTP in octet mode, with the options for block size and length.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;

use super::{Failure, Piece, Remote, Taker};

/// A packet that is not answered is sent again after this, so often.
const AGAIN: Duration = Duration::from_millis(700);
const TRIES: u32 = 5;

const DATA: u16 = 3;
const ERROR: u16 = 5;
const OACK: u16 = 6;

fn request(remote: &Remote) -> Vec<u8> {
    let mut packet = vec![0, 1];
    let block = remote.block.to_string();
    for word in [&remote.path, "octet", "blksize", &block, "tsize", "0"] {
        packet.extend(word.as_bytes());
        packet.push(0);
    }
    packet
}

fn acknowledge(block: u16) -> Vec<u8> {
    let mut packet = vec![0, 4];
    packet.extend(block.to_be_bytes());
    packet
}

/// Code and argument of a packet: the block's number, the error's code.
fn head(packet: &[u8]) -> Option<(u16, u16, &[u8])> {
    let (code, rest) = packet.split_first_chunk::<2>()?;
    let code = u16::from_be_bytes(*code);
    if code == OACK {
        return Some((code, 0, rest));
    }
    let (number, rest) = rest.split_first_chunk::<2>()?;
    Some((code, u16::from_be_bytes(*number), rest))
}

/// The value of an option that the server took.
fn option(list: &[u8], name: &str) -> Option<u64> {
    let text = String::from_utf8_lossy(list).into_owned();
    let mut words = text.split('\0');
    while let (Some(key), Some(value)) = (words.next(), words.next()) {
        if key.eq_ignore_ascii_case(name) {
            return value.parse().ok();
        }
    }
    None
}

pub(super) async fn fetch(remote: &Remote, address: SocketAddr, to: &Taker) -> Result<(), Failure> {
    let own: SocketAddr = if address.is_ipv6() {
        SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0))
    } else {
        SocketAddr::from(([127, 0, 0, 1], 0))
    };
    let socket = UdpSocket::bind(own).await?;
    let mut last = request(remote);
    let mut peer = None;
    let mut next = 1u16;
    let mut block = 512usize;
    let mut buffer = vec![0u8; 65_536];
    loop {
        let (n, from) = answer(&socket, &last, peer.unwrap_or(address), &mut buffer).await?;
        // The server goes on from a port of its own; what comes from elsewhere is not ours.
        if from.ip() != address.ip() || peer.is_some_and(|p| p != from) {
            continue;
        }
        let packet = buffer.get(..n).unwrap_or_default();
        match head(packet) {
            Some((OACK, _, options)) if peer.is_none() => {
                let size = option(options, "blksize").and_then(|b| usize::try_from(b).ok());
                block = size.unwrap_or(block);
                if let Some(size) = option(options, "tsize") {
                    to.give(Piece::Size(size)).await?;
                }
                last = acknowledge(0);
            }
            Some((DATA, number, data)) if number == next => {
                let end = data.len() < block;
                to.give(Piece::Data(data.to_vec())).await?;
                last = acknowledge(number);
                next = next.wrapping_add(1);
                if end {
                    socket.send_to(&last, from).await?;
                    return Ok(());
                }
            }
            // A block that came already: its acknowledgement was lost.
            Some((DATA, ..)) => {}
            Some((ERROR, code, _)) => {
                return Err(match code {
                    1 => Failure::NoSuchFile,
                    2 => Failure::Denied,
                    _ => Failure::Broken,
                });
            }
            _ => continue,
        }
        peer = Some(from);
    }
}

/// Sends a packet until something comes back.
async fn answer(
    socket: &UdpSocket,
    packet: &[u8],
    to: SocketAddr,
    buffer: &mut [u8],
) -> Result<(usize, SocketAddr), Failure> {
    for _ in 0..TRIES {
        socket.send_to(packet, to).await?;
        if let Ok(got) = tokio::time::timeout(AGAIN, socket.recv_from(buffer)).await {
            return Ok(got?);
        }
    }
    Err(Failure::TimedOut)
}
