//! What do the library's errors mean?

use std::time::Duration;

use ::ssh2::ErrorCode;
use iosxe_core::device::Address;
use iosxe_core::ports::ConnectError;

use crate::channel::ChannelError;

/// Error codes of libssh2 (`libssh2.h`) that are told apart here.
pub(super) mod code {
    pub(in super::super) const KEX_FAILURE: i32 = -5;
    pub(in super::super) const SOCKET_SEND: i32 = -7;
    pub(in super::super) const TIMEOUT: i32 = -9;
    pub(in super::super) const SOCKET_DISCONNECT: i32 = -13;
    pub(in super::super) const FILE: i32 = -16;
    pub(in super::super) const AUTHENTICATION_FAILED: i32 = -18;
    pub(in super::super) const PUBLICKEY_UNVERIFIED: i32 = -19;
    pub(in super::super) const CHANNEL_CLOSED: i32 = -26;
    pub(in super::super) const CHANNEL_EOF_SENT: i32 = -27;
    pub(in super::super) const SOCKET_TIMEOUT: i32 = -30;
    pub(in super::super) const METHOD_NOT_SUPPORTED: i32 = -33;
    pub(in super::super) const SOCKET_RECV: i32 = -43;
    pub(in super::super) const BAD_SOCKET: i32 = -45;
    pub(in super::super) const KEYFILE_AUTH_FAILED: i32 = -48;
}

pub(super) fn number(error: &::ssh2::Error) -> i32 {
    match error.code() {
        ErrorCode::Session(code) | ErrorCode::SFTP(code) => code,
    }
}

pub(super) fn failed(error: &::ssh2::Error) -> ChannelError {
    if is_over(number(error)) {
        ChannelError::Ended
    } else {
        ChannelError::Failed(error.message().to_owned())
    }
}

/// Whether a code says no more than that the connection or the channel is over.
pub(super) fn is_over(code: i32) -> bool {
    matches!(
        code,
        code::SOCKET_SEND
            | code::SOCKET_DISCONNECT
            | code::SOCKET_RECV
            | code::SOCKET_TIMEOUT
            | code::BAD_SOCKET
            | code::CHANNEL_CLOSED
            | code::CHANNEL_EOF_SENT
    )
}

pub(super) fn timed_out(address: &Address, waited: Duration) -> ConnectError {
    ConnectError::TimedOut {
        address: address.to_string(),
        waited,
    }
}

pub(super) fn millis(duration: Duration) -> u32 {
    // Zero would mean no bound at all.
    u32::try_from(duration.as_millis())
        .unwrap_or(u32::MAX)
        .max(1)
}
