//! Why a lab could not be started or asked.

use std::path::PathBuf;

/// What went wrong while a lab was set up. Nothing here concerns a running device: those speak
/// their own error texts over SSH.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// A file of the lab's folder could not be written or read.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried: "create", "write", "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// An address or port could not be bound.
    #[error("cannot listen on {address}")]
    Listen {
        /// The wanted address.
        address: String,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The topology file is not valid TOML or holds an unknown key.
    #[error("topology: {reason}")]
    Topology {
        /// What is wrong, with the device's name where there is one.
        reason: String,
    },
    /// A version is not spelled like a release (`17.09.04a`).
    #[error("{text:?} is no IOS-XE release")]
    Release {
        /// The text as given.
        text: String,
    },
    /// A fault was asked for that the lab does not know.
    #[error("unknown fault {kind:?} at {moment:?}; `faults()` lists them")]
    Fault {
        /// The kind as given.
        kind: String,
        /// The moment as given, empty when none was.
        moment: String,
    },
    /// No device of that name.
    #[error("no device {name:?} in this lab")]
    UnknownDevice {
        /// The name as given.
        name: String,
    },
    /// The workbook could not be written.
    #[error("cannot write the inventory workbook")]
    Workbook(#[source] Box<rust_xlsxwriter::XlsxError>),
    /// A host key could not be made.
    #[error("cannot make a host key for {device}: {reason}")]
    HostKey {
        /// The device's name.
        device: String,
        /// The key library's reason.
        reason: String,
    },
}

impl LabError {
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> LabError {
        let path = path.into();
        move |source| LabError::File {
            action,
            path,
            source,
        }
    }
}
