//! What both backends need before and while they log in.

use std::time::Duration;

use iosxe_core::device::Address;
use iosxe_core::ports::ConnectError;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The terminal that a shell is given: wide and high, so that little is wrapped or paged before the
/// session has set its own sizes.
pub(super) mod terminal {
    pub(in crate::ssh) const KIND: &str = "vt100";
    pub(in crate::ssh) const COLUMNS: u32 = 511;
    pub(in crate::ssh) const ROWS: u32 = 1000;
}

/// A TCP connection without delays.
pub(super) async fn dial(address: &Address, bound: Duration) -> Result<TcpStream, ConnectError> {
    let unreachable = |e: std::io::Error| ConnectError::Unreachable {
        address: address.to_string(),
        reason: e.to_string(),
    };
    let stream = timeout(
        bound,
        TcpStream::connect((address.host.as_str(), address.port)),
    )
    .await
    .map_err(|_| ConnectError::TimedOut {
        address: address.to_string(),
        waited: bound,
    })?
    .map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    Ok(stream)
}

/// A connection that ended before the login was over. A server that says so in words of
/// authentication has refused; one that just goes away may be out of lines, or booting.
pub(super) fn ended_in_login(address: &Address, username: &str, reason: String) -> ConnectError {
    if reason
        .to_ascii_lowercase()
        .contains("authentication failure")
    {
        return ConnectError::CredentialRefused {
            address: address.to_string(),
            username: username.to_owned(),
            methods: reason,
        };
    }
    ConnectError::Handshake {
        address: address.to_string(),
        reason: format!("in the login: {reason}"),
    }
}
