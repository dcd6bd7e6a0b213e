//! Why a lab could not be started or asked.

use std::net::IpAddr;
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
    #[error(
        "unknown fault {}; `iosxe lab faults` lists kinds and moments",
        quoted(kind, moment)
    )]
    Fault {
        /// The kind as given.
        kind: String,
        /// The moment as given, empty when none was.
        moment: String,
    },
    /// No device of that name.
    #[error("no device {name:?} in this lab; its devices are {}", listed(known))]
    UnknownDevice {
        /// The name as given.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The folder holds somebody's files.
    #[error(
        "{} holds {file}, and no lab was made there: name a new folder, or move the file away",
        dir.display()
    )]
    Occupied {
        /// The folder.
        dir: PathBuf,
        /// The first file that would have been overwritten.
        file: &'static str,
    },
    /// Devices and control address are for this machine alone: they open to anybody who reaches them.
    #[error("{address} is no loopback address: a lab listens on 127.0.0.0/8 or ::1 only")]
    NotLoopback {
        /// The address as given.
        address: IpAddr,
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

/// Names that an error lists before it counts the rest.
const LISTED: usize = 20;

fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(String::as_str).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn quoted(kind: &str, moment: &str) -> String {
    if moment.is_empty() {
        format!("{kind:?}")
    } else {
        format!("{kind:?} at {moment:?}")
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_device_is_answered_with_the_names_that_there_are() {
        let unknown = |n: usize| {
            let known = (1..=n).map(|i| format!("sw-{i}")).collect();
            let name = "sw-x".to_owned();
            LabError::UnknownDevice { name, known }.to_string()
        };
        assert_eq!(
            unknown(2),
            r#"no device "sw-x" in this lab; its devices are sw-1, sw-2"#
        );
        assert!(unknown(23).ends_with("sw-19, sw-20 and 3 more"));
    }

    #[test]
    fn an_unknown_fault_is_answered_with_where_they_are_listed() {
        let unknown = |kind: &str, moment: &str| {
            let (kind, moment) = (kind.to_owned(), moment.to_owned());
            LabError::Fault { kind, moment }.to_string()
        };
        assert_eq!(
            unknown("gremlins", ""),
            r#"unknown fault "gremlins"; `iosxe lab faults` lists kinds and moments"#
        );
        assert!(unknown("never_returns", "show").contains(r#""never_returns" at "show""#));
    }
}
