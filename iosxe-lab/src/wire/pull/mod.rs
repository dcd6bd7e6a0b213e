//! What a device fetches from a server: HTTP, HTTPS, TFTP, FTP, SCP and SFTP, each as a client.
//!
//! A lab stays on its machine: only loopback addresses are asked, every other server is one that
//! does not answer. Limits of time are wall time, as all of the wire. Lab only: the port of a server may
//! stand in the address (`tftp://127.0.0.1:6969/x`) of every protocol.

mod ftp;
mod http;
mod scp;
mod sftp;
mod tftp;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// How long a server may say nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// A protocol of `copy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
    Tftp,
    Ftp,
    Scp,
    Sftp,
}

impl Scheme {
    /// The protocol before the colon of a source.
    pub(crate) fn parse(word: &str) -> Option<Scheme> {
        Some(match word.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "tftp" => Scheme::Tftp,
            "ftp" => Scheme::Ftp,
            "scp" => Scheme::Scp,
            "sftp" => Scheme::Sftp,
            _ => return None,
        })
    }

    /// As it is written.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Tftp => "tftp",
            Scheme::Ftp => "ftp",
            Scheme::Scp => "scp",
            Scheme::Sftp => "sftp",
        }
    }

    /// True where a user and a password are needed.
    pub(crate) fn over_ssh(self) -> bool {
        matches!(self, Scheme::Scp | Scheme::Sftp)
    }

    fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Tftp => 69,
            Scheme::Ftp => 21,
            Scheme::Scp | Scheme::Sftp => 22,
        }
    }
}

/// A file on a server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) scheme: Scheme,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    /// Name or address, with its port when one was given.
    pub(crate) host: String,
    /// Without the slash behind the host.
    pub(crate) path: String,
    /// Block size that TFTP asks for.
    pub(crate) block: u16,
    /// PEM files with the authorities that the device trusts.
    pub(crate) trusts: Vec<PathBuf>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Remote {
    /// Reads `scp://user:password@host:port/path`, and `tftp:` with everything left out.
    pub(crate) fn parse(text: &str) -> Option<Remote> {
        let (scheme, rest) = text.split_once(':')?;
        let rest = rest.trim_start_matches('/');
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        let (user, password) = match login.map(|l| l.split_once(':').ok_or(l)) {
            Some(Ok((user, password))) => (Some(user), Some(password)),
            Some(Err(user)) => (Some(user), None),
            None => (None, None),
        };
        Some(Remote {
            scheme: Scheme::parse(scheme)?,
            user: user.map(str::to_owned),
            password: password.map(str::to_owned),
            host: host.to_owned(),
            path: path.to_owned(),
            block: 512,
            trusts: Vec::new(),
        })
    }

    /// The address as a device prints it: without a password.
    pub(crate) fn shown(&self) -> String {
        let user = self.user.as_ref().map(|u| format!("{u}@"));
        format!(
            "{}://{}{}/{}",
            self.scheme.word(),
            user.unwrap_or_default(),
            self.host,
            self.path
        )
    }

    /// The last part of the path.
    pub(crate) fn file(&self) -> &str {
        self.path.rsplit(['/', ':']).next().unwrap_or(&self.path)
    }

    /// Name or address without its port.
    fn name(&self) -> &str {
        self.host
            .rsplit_once(':')
            .map_or(&self.host, |(name, _)| name)
    }

    /// Where the server listens; nothing for a server that is not on this machine.
    fn address(&self) -> Option<SocketAddr> {
        let (host, port) = match self.host.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (self.host.as_str(), self.scheme.port()),
        };
        let ip: IpAddr = match host {
            "localhost" => [127, 0, 0, 1].into(),
            other => other.parse().ok()?,
        };
        ip.is_loopback().then(|| SocketAddr::new(ip, port))
    }
}

/// What comes from a server.
#[derive(Debug)]
pub(crate) enum Piece {
    /// How long the file is, when the server says so.
    Size(u64),
    /// Bytes of the file, in order.
    Data(Vec<u8>),
}

/// Why a file did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    TimedOut,
    NoSuchFile,
    Denied,
    Login,
    Broken,
}

impl Failure {
    /// The words in brackets of `%Error opening`.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Failure::TimedOut => "Timed out",
            Failure::NoSuchFile => "No such file or directory",
            Failure::Denied => "Permission denied",
            Failure::Login => "Incorrect Login/Password",
            Failure::Broken => "I/O error",
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        tracing::debug!(%error, "a server was lost");
        match error.kind() {
            std::io::ErrorKind::TimedOut => Failure::TimedOut,
            _ => Failure::Broken,
        }
    }
}

/// Where pieces go; a copy that nobody waits for ends.
#[derive(Debug)]
pub(crate) struct Taker(pub(crate) mpsc::Sender<Piece>);

impl Taker {
    async fn give(&self, piece: Piece) -> Result<(), Failure> {
        self.0.send(piece).await.map_err(|_| Failure::Broken)
    }
}

/// Fetches a file to its end.
pub(crate) async fn fetch(remote: &Remote, to: Taker) -> Result<(), Failure> {
    let address = remote.address().ok_or(Failure::TimedOut)?;
    match remote.scheme {
        Scheme::Http => http::fetch(remote, connect(address).await?, &to).await,
        Scheme::Https => http::fetch(remote, tls::connect(remote, address).await?, &to).await,
        Scheme::Tftp => tftp::fetch(remote, address, &to).await,
        Scheme::Ftp => ftp::fetch(remote, address, &to).await,
        Scheme::Scp => scp::fetch(remote, address, &to).await,
        Scheme::Sftp => sftp::fetch(remote, address, &to).await,
    }
}

/// Waits for a server, not for ever.
async fn patient<T, E: Into<Failure>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Failure::TimedOut),
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Failure> {
    patient(TcpStream::connect(address)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_shapes_are_read() {
        let read = |text: &str| {
            let r = Remote::parse(text).unwrap();
            (r.user, r.password, r.host, r.path)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            read("scp://ann:pw@127.0.0.1:2222/flash:x.bin"),
            (
                some("ann"),
                some("pw"),
                "127.0.0.1:2222".into(),
                "flash:x.bin".into()
            )
        );
        assert_eq!(
            read("tftp://10.0.0.1/a/b.bin"),
            (None, None, "10.0.0.1".into(), "a/b.bin".into())
        );
        assert_eq!(read("ftp:"), (None, None, String::new(), String::new()));
        assert!(Remote::parse("flash:x").is_none());
        let far = Remote::parse("http://192.0.2.1/x").unwrap();
        assert_eq!(far.address(), None, "a lab stays on its machine");
        let secret = Remote::parse("ftp://ann:pw@127.0.0.1/d/x").unwrap();
        assert_eq!(secret.shown(), "ftp://ann@127.0.0.1/d/x");
        assert!(!format!("{secret:?}").contains("pw"));
        assert_eq!(secret.file(), "x");
        assert_eq!(secret.address().unwrap().port(), 21);
    }
}
