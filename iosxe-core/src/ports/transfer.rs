//! How files get onto devices.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{ConnectError, Endpoint, Evidence};
use crate::fault::{Class, Classified, Effect, Remedy};

/// Why a file did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// No session.
    #[error("no session for the transfer")]
    Connect(#[from] ConnectError),
    /// The device says no.
    #[error("the device refuses the file: {answer}")]
    Refused {
        /// What it said.
        answer: String,
    },
    /// The device has no room left. A part of the file is on its flash.
    #[error("the device has no room for the file: {answer}")]
    NoSpace {
        /// What it said.
        answer: String,
    },
    /// The connection ended after so many bytes. A part of the file is on its flash.
    #[error("the connection ended after {sent} of {total} bytes")]
    Broken {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
    /// No byte moved for so long. A part of the file is on its flash.
    #[error("no byte moved for {} s after {sent} of {total} bytes", waited.as_secs())]
    Stalled {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
        /// Wall time.
        waited: Duration,
    },
    /// The source cannot be read.
    #[error("cannot read {path}: {reason}")]
    Source {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The device speaks another protocol than SCP.
    #[error("the device answers outside the protocol: {answer}")]
    Protocol {
        /// What it said.
        answer: String,
    },
    /// Somebody stopped it.
    #[error("stopped after {sent} of {total} bytes")]
    Cancelled {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
}

impl Classified for TransferError {
    fn class(&self) -> Class {
        match self {
            Self::Connect(e) => e.class(),
            Self::Refused { .. } | Self::Source { .. } | Self::Protocol { .. } => Class::Operator,
            Self::NoSpace { .. } => Class::Permanent,
            Self::Broken { .. } | Self::Stalled { .. } | Self::Cancelled { .. } => Class::Transient,
        }
    }

    fn effect(&self) -> Effect {
        match self {
            Self::Connect(_) | Self::Refused { .. } | Self::Source { .. } => Effect::None,
            Self::NoSpace { .. }
            | Self::Broken { .. }
            | Self::Stalled { .. }
            | Self::Protocol { .. }
            | Self::Cancelled { .. } => Effect::Unknown,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Connect(e) => e.code(),
            Self::Refused { .. } => "transfer_refused",
            Self::NoSpace { .. } => "flash_full",
            Self::Broken { .. } => "transfer_broken",
            Self::Stalled { .. } => "transfer_stalled",
            Self::Source { .. } => "image_unreadable",
            Self::Protocol { .. } => "transfer_protocol",
            Self::Cancelled { .. } => "transfer_cancelled",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Connect(e) => e.remedy(),
            Self::Refused { .. } => Some(Remedy::with(
                "let the device accept SCP from a user that lands in privilege 15",
                "ip scp server enable",
            )),
            Self::NoSpace { .. } => Some(Remedy::with(
                "free room on the device's flash",
                "install remove inactive",
            )),
            Self::Source { .. } => Some(Remedy::new("check the image file and its permissions")),
            Self::Protocol { .. } => {
                Some(Remedy::new("look at the raw output in the run's folder"))
            }
            Self::Broken { .. } | Self::Stalled { .. } | Self::Cancelled { .. } => None,
        }
    }
}

/// Follows a transfer and may stop it.
pub trait TransferWatch: Send + Sync {
    /// So many bytes are over. Called often; must not block.
    fn moved(&self, bytes: u64, total: u64);
    /// Whether to stop at the next chance.
    fn cancelled(&self) -> bool;
}

/// Moves files onto devices.
#[async_trait]
pub trait FileMover: Send + Sync {
    /// Writes one local file to a device's flash, on a session of its own.
    ///
    /// Writes flash. Overwrites a file of that name. Nothing else is retried or deleted here: what
    /// arrived is proven by the caller on the device.
    ///
    /// # Errors
    /// [`TransferError`]; after all but `Connect`, `Refused` and `Source` a part of the file may be
    /// on flash under its final name.
    async fn push(
        &self,
        to: &Endpoint,
        source: &Path,
        destination: &str,
        watch: &dyn TransferWatch,
        evidence: Arc<dyn Evidence>,
    ) -> Result<u64, TransferError>;
}
