//! Do we know this host, and by which key? The file that OpenSSH has: `known_hosts`.
//!
//! Read anew for each question, since `ssh-keygen -R`, an editor and other runs change it. Format
//! and matching as `sshd(8)`, "SSH_KNOWN_HOSTS FILE FORMAT": plain names with `*`, `?` and `!`,
//! hashed names (`|1|SALT|HASH`), `[host]:port`, several keys per host, `@revoked`. Lines of
//! `@cert-authority` are passed over: devices have no certificates.
//!
//! Stricter than OpenSSH in one point: a host that is known by keys of other types only shows a
//! *changed* key, not an unknown one. After an upgrade a device may well answer with a new type of
//! key, and an operator must see that (design rule 11).

mod lines;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64ct::{Base64Unpadded, Encoding};
use iosxe_core::device::Address;
use iosxe_core::ports::ConnectError;
use sha2::{Digest, Sha256};

use crate::channel::HostKeys;
use crate::durable::{append, replace_file};
use lines::{entry, file_name, judge, line, names, replaced};

/// A public key as a host shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …: the type of the key, not of a signature.
    pub kind: String,
    /// The key in the encoding of RFC 4253, section 6.6.
    pub blob: Vec<u8>,
}

impl HostKey {
    /// A key from its encoding, which begins with its type.
    #[must_use]
    pub fn from_blob(blob: &[u8]) -> Option<Self> {
        let (length, rest) = blob.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let kind = std::str::from_utf8(rest.get(..length)?).ok()?;
        (!kind.is_empty() && kind.bytes().all(|b| b.is_ascii_graphic())).then(|| Self {
            kind: kind.to_owned(),
            blob: blob.to_vec(),
        })
    }

    /// `ssh-ed25519 SHA256:…`, as `ssh-keygen -l` prints it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.blob);
        format!(
            "{} SHA256:{}",
            self.kind,
            Base64Unpadded::encode_string(&digest)
        )
    }
}

/// What the file says about a host and a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the pinned key.
    Known,
    /// The host is not in the file.
    Unknown,
    /// The host is in the file with other keys.
    Changed {
        /// Their fingerprints.
        expected: Vec<String>,
    },
    /// The key is marked as one that nobody may trust.
    Revoked,
}

/// One writer at a time in this process; a file is appended to by whole lines, so that several
/// processes may learn keys at once.
static WRITING: Mutex<()> = Mutex::new(());

/// A `known_hosts` file, with or without leave to learn.
#[derive(Clone, Debug)]
pub struct KnownHosts {
    path: PathBuf,
    accept_new: bool,
}

impl KnownHosts {
    /// The file at a path; it need not exist. `accept_new` pins the keys of hosts that are not in it
    /// on first sight.
    pub fn new(path: impl Into<PathBuf>, accept_new: bool) -> Self {
        Self {
            path: path.into(),
            accept_new,
        }
    }

    /// What the file says.
    ///
    /// # Errors
    /// [`ConnectError::Local`] when it exists and cannot be read.
    pub fn verdict(&self, address: &Address, key: &HostKey) -> Result<Verdict, ConnectError> {
        Ok(judge(&self.text()?, address, key))
    }

    /// Replaces what is pinned for a host by this key, in one step: a reader sees the old file or
    /// the new one.
    ///
    /// # Errors
    /// [`ConnectError::Local`] when the file or its folder cannot be written.
    pub fn pin(&self, address: &Address, key: &HostKey) -> Result<(), ConnectError> {
        let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let text = replaced(&self.text()?, address, key);
        replace_file(&self.path, text.as_bytes()).map_err(|e| self.local(&e))
    }

    fn learn(&self, address: &Address, key: &HostKey) -> Result<Verdict, ConnectError> {
        let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        // Another session may have pinned it since.
        let text = self.text()?;
        let verdict = judge(&text, address, key);
        if verdict == Verdict::Unknown {
            let gap = if text.is_empty() || text.ends_with('\n') {
                ""
            } else {
                "\n"
            };
            append(&self.path, &format!("{gap}{}", line(address, key)))
                .map_err(|e| self.local(&e))?;
            tracing::info!(%address, fingerprint = %key.fingerprint(), "host key accepted");
            return Ok(Verdict::Known);
        }
        Ok(verdict)
    }

    fn text(&self) -> Result<String, ConnectError> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(e) => Err(self.local(&e)),
        }
    }

    fn local(&self, error: &io::Error) -> ConnectError {
        ConnectError::Local {
            what: format!("known hosts file {}", self.path.display()),
            reason: error.to_string(),
        }
    }
}

impl HostKeys for KnownHosts {
    fn known_types(&self, address: &Address) -> Result<Vec<String>, ConnectError> {
        let name = file_name(address);
        let mut types = Vec::new();
        for entry in self.text()?.lines().filter_map(entry) {
            if !entry.revoked && names(entry.hosts, &name) && !types.contains(&entry.key.kind) {
                types.push(entry.key.kind);
            }
        }
        Ok(types)
    }

    fn check(&self, address: &Address, key: &HostKey) -> Result<(), ConnectError> {
        let mut verdict = self.verdict(address, key)?;
        if verdict == Verdict::Unknown && self.accept_new {
            verdict = self.learn(address, key)?;
        }
        match verdict {
            Verdict::Known => Ok(()),
            Verdict::Unknown => Err(ConnectError::HostKeyUnknown {
                address: address.to_string(),
                fingerprint: key.fingerprint(),
            }),
            Verdict::Changed { expected } => Err(ConnectError::HostKeyChanged {
                address: address.to_string(),
                fingerprint: key.fingerprint(),
                expected: expected.join(" or "),
            }),
            Verdict::Revoked => Err(ConnectError::HostKeyChanged {
                address: address.to_string(),
                fingerprint: key.fingerprint(),
                expected: "a key that is not revoked".to_owned(),
            }),
        }
    }
}

/// Looks at the last host of a way and trusts nobody: how `trust` learns what a device shows.
#[derive(Debug)]
pub(crate) struct Peek {
    known: KnownHosts,
    target: Address,
    seen: Mutex<Option<HostKey>>,
}

impl Peek {
    pub(crate) fn new(known: KnownHosts, target: Address) -> Arc<Self> {
        Arc::new(Self {
            known,
            target,
            seen: Mutex::new(None),
        })
    }

    pub(crate) fn take(&self) -> Option<HostKey> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl HostKeys for Peek {
    fn known_types(&self, address: &Address) -> Result<Vec<String>, ConnectError> {
        self.known.known_types(address)
    }

    fn check(&self, address: &Address, key: &HostKey) -> Result<(), ConnectError> {
        if *address != self.target {
            return self.known.check(address, key);
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
        Err(ConnectError::HostKeyUnknown {
            address: address.to_string(),
            fingerprint: key.fingerprint(),
        })
    }
}

#[cfg(test)]
mod tests {
    use base64ct::Base64;

    use super::lines::tests::{at, encoded, key};
    use super::*;

    #[test]
    fn fingerprints_are_those_of_ssh_keygen() {
        // Made with ssh-keygen -t ed25519; ssh-keygen -l printed the fingerprint.
        let blob = Base64::decode_vec(
            "AAAAC3NzaC1lZDI1NTE5AAAAIF+Zgi53VQ3TFSt6cIg2YTIr1VNnrPEqktmW19VnbQjh",
        )
        .unwrap();
        let key = HostKey::from_blob(&blob).unwrap();
        assert_eq!(key.kind, "ssh-ed25519");
        assert!(key.fingerprint().starts_with("ssh-ed25519 SHA256:"));
        assert_eq!(key.fingerprint().len(), "ssh-ed25519 SHA256:".len() + 43);
        assert_eq!(HostKey::from_blob(&blob[..3]), None);
        assert_eq!(HostKey::from_blob(&[0, 0, 0, 9, b'x']), None);
    }

    #[test]
    fn a_new_host_is_pinned_only_with_leave_and_durably() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deeper/known_hosts");
        let ed = key("ssh-ed25519", 1);
        let strict = KnownHosts::new(&path, false);
        let error = strict.check(&at("sw1:22022"), &ed).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the host key of sw1:22022 is not known: {}",
                ed.fingerprint()
            )
        );
        assert!(!path.exists());

        let open = KnownHosts::new(&path, true);
        open.check(&at("sw1:22022"), &ed).unwrap();
        open.check(&at("sw1:22022"), &ed).unwrap();
        strict.check(&at("sw1:22022"), &ed).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);

        let other = key("ssh-ed25519", 2);
        let error = open.check(&at("sw1:22022"), &other).unwrap_err();
        assert!(
            matches!(error, ConnectError::HostKeyChanged { .. }),
            "{error}"
        );
        assert_eq!(
            strict.known_types(&at("sw1:22022")).unwrap(),
            ["ssh-ed25519"]
        );
    }

    #[test]
    fn a_line_without_an_end_is_not_joined_to_ours() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("known_hosts");
        fs::write(&path, format!("sw1 {}", encoded(&key("ssh-rsa", 1)))).unwrap();
        let hosts = KnownHosts::new(&path, true);
        hosts.check(&at("sw2"), &key("ssh-rsa", 2)).unwrap();
        hosts.check(&at("sw1"), &key("ssh-rsa", 1)).unwrap();
    }

    #[test]
    fn a_pin_is_replaced_and_the_rest_of_the_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("known_hosts");
        let (old, new) = (key("ssh-rsa", 1), key("ssh-ed25519", 2));
        fs::write(
            &path,
            format!(
                "# mine\nsw1,sw2 {o}\nsw1 {o} again\nlab-* {o}\nlab-1 {o}\nsw3 {o}",
                o = encoded(&old)
            ),
        )
        .unwrap();
        let hosts = KnownHosts::new(&path, false);
        hosts.pin(&at("sw1"), &new).unwrap();
        hosts.pin(&at("lab-1"), &new).unwrap();
        for (host, key, verdict) in [
            ("sw1", &new, Verdict::Known),
            (
                "sw1",
                &old,
                Verdict::Changed {
                    expected: vec![new.fingerprint()],
                },
            ),
            ("sw2", &old, Verdict::Known),
            ("sw3", &old, Verdict::Known),
            ("lab-1", &new, Verdict::Known),
            ("lab-2", &old, Verdict::Known),
        ] {
            assert_eq!(hosts.verdict(&at(host), key).unwrap(), verdict, "{host}");
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# mine\nsw2 "), "{text}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_not_an_empty_file() {
        let dir = tempfile::tempdir().unwrap();
        let hosts = KnownHosts::new(dir.path(), true);
        let error = hosts.check(&at("sw1"), &key("ssh-rsa", 1)).unwrap_err();
        assert!(matches!(error, ConnectError::Local { .. }), "{error}");
    }
}
