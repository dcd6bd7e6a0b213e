//! A file of a server by SFTP version 3: open, ask for its length, read to its end.

use std::net::SocketAddr;

use super::scp::{Source, log_in};
use super::{Failure, Piece, Remote, Taker, patient};

/// Packet types of the protocol (draft-ietf-secsh-filexfer-02, section 3).
const INIT: u8 = 1;
const VERSION: u8 = 2;
const OPEN: u8 = 3;
const READ: u8 = 5;
const FSTAT: u8 = 8;
const HANDLE: u8 = 102;
const DATA: u8 = 103;
const ATTRS: u8 = 105;

/// Codes of a status.
const EOF: u32 = 1;
const NO_SUCH_FILE: u32 = 2;
const PERMISSION_DENIED: u32 = 3;

/// The version of the protocol, to open for reading, and no attributes.
const THREE: u32 = 3;
const TO_READ: u32 = 1;
const NOTHING: u32 = 0;
/// Attributes hold a size.
const HAS_SIZE: u32 = 1;

/// Bytes asked for at once, which every server gives.
const BLOCK: u32 = 32 << 10;

/// The longest packet that is taken: a block and what is around it.
const LONGEST: u32 = 64 << 10;

/// The one request that is ever open.
const REQUEST: u32 = 7;

pub(super) async fn fetch(remote: &Remote, address: SocketAddr, to: &Taker) -> Result<(), Failure> {
    // The session lives as long as its handle.
    let handle = log_in(remote, address).await?;
    let channel = patient(handle.channel_open_session()).await?;
    channel.request_subsystem(true, "sftp").await?;
    let mut source = Source::new(channel);
    let (kind, _) = ask(&mut source, INIT, &THREE.to_be_bytes()).await?;
    if kind != VERSION {
        return Err(Failure::Broken);
    }
    let mut open = REQUEST.to_be_bytes().to_vec();
    put(&mut open, remote.path.as_bytes())?;
    open.extend(TO_READ.to_be_bytes());
    open.extend(NOTHING.to_be_bytes());
    let file = match ask(&mut source, OPEN, &open).await? {
        (HANDLE, answer) => text(&answer)?.to_vec(),
        (_, answer) => return Err(status(&answer).1),
    };
    let mut named = REQUEST.to_be_bytes().to_vec();
    put(&mut named, &file)?;
    if let (ATTRS, answer) = ask(&mut source, FSTAT, &named).await?
        && let Some(size) = size(&answer)
    {
        to.give(Piece::Size(size)).await?;
    }
    let mut at = 0u64;
    loop {
        let mut read = named.clone();
        read.extend(at.to_be_bytes());
        read.extend(BLOCK.to_be_bytes());
        match ask(&mut source, READ, &read).await? {
            (DATA, answer) => {
                let data = text(&answer)?.to_vec();
                at += data.len() as u64;
                to.give(Piece::Data(data)).await?;
            }
            (_, answer) => match status(&answer) {
                (Some(EOF), _) => return Ok(()),
                (_, why) => return Err(why),
            },
        }
    }
}

/// Sends a packet and takes the answer: its type, and what follows the number of the request.
async fn ask(source: &mut Source, kind: u8, body: &[u8]) -> Result<(u8, Vec<u8>), Failure> {
    let length = u32::try_from(body.len() + 1).map_err(|_| Failure::Broken)?;
    let mut packet = length.to_be_bytes().to_vec();
    packet.push(kind);
    packet.extend(body);
    source.send(packet).await?;
    let head = source.exactly(4).await?;
    let length = number(&head).filter(|n| (5..=LONGEST).contains(n));
    let length = usize::try_from(length.ok_or(Failure::Broken)?).map_err(|_| Failure::Broken)?;
    let answer = source.exactly(length).await?;
    let (kind, rest) = answer.split_first().ok_or(Failure::Broken)?;
    let rest = rest.get(4..).ok_or(Failure::Broken)?;
    Ok((*kind, rest.to_vec()))
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.first_chunk()?))
}

/// Writes a text behind its length.
fn put(packet: &mut Vec<u8>, text: &[u8]) -> Result<(), Failure> {
    let length = u32::try_from(text.len()).map_err(|_| Failure::Broken)?;
    packet.extend(length.to_be_bytes());
    packet.extend(text);
    Ok(())
}

/// The text with which an answer begins.
fn text(answer: &[u8]) -> Result<&[u8], Failure> {
    let length = number(answer).and_then(|n| usize::try_from(n).ok());
    let end = length.and_then(|n| n.checked_add(4));
    end.and_then(|end| answer.get(4..end))
        .ok_or(Failure::Broken)
}

fn size(answer: &[u8]) -> Option<u64> {
    let flags = number(answer)?;
    let size = answer.get(4..)?.first_chunk()?;
    (flags & HAS_SIZE != 0).then(|| u64::from_be_bytes(*size))
}

/// The code of a status, and what it means for a copy.
fn status(answer: &[u8]) -> (Option<u32>, Failure) {
    let code = number(answer);
    let why = match code {
        Some(NO_SUCH_FILE) => Failure::NoSuchFile,
        Some(PERMISSION_DENIED) => Failure::Denied,
        Some(_) | None => Failure::Broken,
    };
    (code, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_cut_are_refused() {
        let mut answer = Vec::new();
        put(&mut answer, b"handle").unwrap();
        assert_eq!(text(&answer).unwrap(), b"handle");
        for cut in 0..answer.len() {
            assert!(text(&answer[..cut]).is_err());
        }
        assert!(text(&[0xff; 8]).is_err());
        assert_eq!(size(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(size(&[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1, 0]), None);
        assert_eq!(size(&[0, 0, 0, 1, 0]), None);
        assert_eq!(status(&[0, 0, 0, 2]).1, Failure::NoSuchFile);
    }
}
