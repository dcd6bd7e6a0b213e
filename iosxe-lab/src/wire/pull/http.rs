//! One `GET` of HTTP/1.0: what it brings ends with the connection.

use base64ct::{Base64, Encoding};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::{Failure, Piece, Remote, Taker, patient};

/// Lines of a header; a server that sends more is none.
const LINES: usize = 100;

pub(super) async fn fetch(
    remote: &Remote,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    to: &Taker,
) -> Result<(), Failure> {
    let mut stream = BufReader::new(stream);
    let login = match (&remote.user, &remote.password) {
        (Some(user), password) => {
            let pair = format!("{user}:{}", password.as_deref().unwrap_or_default());
            let encoded = Base64::encode_string(pair.as_bytes());
            format!("Authorization: Basic {encoded}\r\n")
        }
        (None, _) => String::new(),
    };
    let request = format!(
        "GET /{} HTTP/1.0\r\nHost: {}\r\nUser-Agent: iosxe-lab\r\n{login}Connection: close\r\n\r\n",
        remote.path, remote.host
    );
    patient(stream.write_all(request.as_bytes())).await?;
    let mut size = None;
    for n in 0..LINES {
        let mut line = String::new();
        if patient(stream.read_line(&mut line)).await? == 0 {
            return Err(Failure::Broken);
        }
        let line = line.trim_end();
        if n == 0 {
            judge(line)?;
        } else if line.is_empty() {
            break;
        } else if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            size = value.trim().parse::<u64>().ok();
        }
    }
    if let Some(size) = size {
        to.give(Piece::Size(size)).await?;
    }
    let mut got = 0u64;
    // Where the length is known nothing has to be said of the end.
    while size.is_none_or(|size| got < size) {
        let mut data = vec![0u8; 16 << 10];
        let n = patient(stream.read(&mut data)).await?;
        if n == 0 {
            break;
        }
        data.truncate(n);
        got += n as u64;
        to.give(Piece::Data(data)).await?;
    }
    if size.is_some_and(|size| size != got) {
        return Err(Failure::Broken);
    }
    Ok(())
}

/// What a status line means for a copy.
fn judge(line: &str) -> Result<(), Failure> {
    match line.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        Some("401" | "403") => Err(Failure::Denied),
        Some("404" | "410") => Err(Failure::NoSuchFile),
        _ => Err(Failure::Broken),
    }
}
