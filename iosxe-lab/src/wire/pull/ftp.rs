//! FTP in passive mode.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Failure, Piece, Remote, Taker, connect, patient};

struct Control(BufReader<TcpStream>);

impl Control {
    /// One answer: its code and its last line.
    async fn answer(&mut self) -> Result<(u16, String), Failure> {
        loop {
            let mut line = String::new();
            if patient(self.0.read_line(&mut line)).await? == 0 {
                return Err(Failure::Broken);
            }
            let code = line.get(..3).and_then(|c| c.parse::<u16>().ok());
            // Lines of a longer answer have a hyphen behind the code, or no code.
            if let Some(code) = code
                && line.get(3..4) != Some("-")
            {
                return Ok((code, line.trim_end().to_owned()));
            }
        }
    }

    async fn ask(&mut self, line: &str) -> Result<(u16, String), Failure> {
        let text = format!("{line}\r\n");
        patient(self.0.write_all(text.as_bytes())).await?;
        self.answer().await
    }
}

/// The port of `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`.
fn passive(line: &str) -> Option<u16> {
    let (_, list) = line.split_once('(')?;
    let (list, _) = list.split_once(')')?;
    let mut numbers = list.split(',').map(|n| n.trim().parse::<u8>().ok());
    let high = numbers.nth(4)??;
    let low = numbers.next()??;
    Some(u16::from_be_bytes([high, low]))
}

pub(super) async fn fetch(remote: &Remote, address: SocketAddr, to: &Taker) -> Result<(), Failure> {
    let mut control = Control(BufReader::new(connect(address).await?));
    control.answer().await?;
    let user = remote.user.as_deref().unwrap_or("anonymous");
    let (code, _) = control.ask(&format!("USER {user}")).await?;
    if code == 331 {
        let password = remote.password.as_deref().unwrap_or("cisco@");
        let (code, _) = control.ask(&format!("PASS {password}")).await?;
        if code != 230 {
            return Err(Failure::Login);
        }
    } else if code != 230 {
        return Err(Failure::Login);
    }
    control.ask("TYPE I").await?;
    let (code, line) = control.ask(&format!("SIZE {}", remote.path)).await?;
    let size = line.split_whitespace().nth(1).and_then(|s| s.parse().ok());
    let size: Option<u64> = size.filter(|_| code == 213);
    let (_, line) = control.ask("PASV").await?;
    let port = passive(&line).ok_or(Failure::Broken)?;
    let mut data = connect(SocketAddr::new(address.ip(), port)).await?;
    let (code, _) = control.ask(&format!("RETR {}", remote.path)).await?;
    match code {
        125 | 150 => {}
        550 => return Err(Failure::NoSuchFile),
        553 | 532 => return Err(Failure::Denied),
        _ => return Err(Failure::Broken),
    }
    if let Some(size) = size {
        to.give(Piece::Size(size)).await?;
    }
    loop {
        let mut piece = vec![0u8; 16 << 10];
        let n = patient(data.read(&mut piece)).await?;
        if n == 0 {
            break;
        }
        piece.truncate(n);
        to.give(Piece::Data(piece)).await?;
    }
    match control.answer().await? {
        (226 | 250, _) => Ok(()),
        _ => Err(Failure::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::passive;

    #[test]
    fn the_port_of_the_data_is_in_the_answer() {
        let line = "227 Entering Passive Mode (127,0,0,1,195,80).";
        assert_eq!(passive(line), Some(50_000));
        assert_eq!(passive("227 somewhere"), None);
    }
}
