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

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64ct::{Base64, Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use iosxe_core::device::Address;
use iosxe_core::ports::ConnectError;
use sha2::{Digest, Sha256};

use crate::channel::HostKeys;

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

/// One line that names keys; comments and what cannot be read are kept by the writer as they are.
#[derive(Clone, Debug)]
struct Entry<'a> {
    revoked: bool,
    hosts: &'a str,
    key: HostKey,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let mut rest = line.trim();
    if rest.is_empty() || rest.starts_with('#') {
        return None;
    }
    let mut revoked = false;
    if rest.starts_with('@') {
        let (marker, tail) = rest.split_once([' ', '\t'])?;
        match marker {
            "@revoked" => revoked = true,
            // A certificate authority, or a marker of later days: says nothing about a plain key.
            _ => return None,
        }
        rest = tail.trim_start();
    }
    let mut words = rest.split_ascii_whitespace();
    let (hosts, kind, encoded) = (words.next()?, words.next()?, words.next()?);
    let key = HostKey::from_blob(&Base64::decode_vec(encoded).ok()?)?;
    (key.kind == kind).then_some(Entry {
        revoked,
        hosts,
        key,
    })
}

/// The name under which a host stands in the file: `host`, or `[host]:port` off port 22.
fn file_name(address: &Address) -> String {
    let host = address.host.to_ascii_lowercase();
    if address.port == 22 {
        host
    } else {
        format!("[{host}]:{}", address.port)
    }
}

/// Whether the host column of a line means this name.
fn names(hosts: &str, name: &str) -> bool {
    if let Some(hashed) = hosts.strip_prefix("|1|") {
        return hashed_names(hashed, name).unwrap_or(false);
    }
    let mut hit = false;
    for pattern in hosts.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if glob(&pattern.to_ascii_lowercase(), name) => return false,
            Some(_) => {}
            None => hit |= glob(&pattern.to_ascii_lowercase(), name),
        }
    }
    hit
}

fn hashed_names(salt_and_hash: &str, name: &str) -> Option<bool> {
    let (salt, hash) = salt_and_hash.split_once('|')?;
    let salt = Base64::decode_vec(salt).ok()?;
    let hash = Base64::decode_vec(hash).ok()?;
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&salt).ok()?;
    mac.update(name.as_bytes());
    Some(mac.verify_slice(&hash).is_ok())
}

/// `*` and `?`, as in shell patterns; time linear in both lengths times the number of stars tried.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(c) if Some(c) == text.get(t) => (p, t) = (p + 1, t + 1),
            _ => match star {
                // The last star takes one character more.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

/// What a file's text says about a host and a key.
fn judge(text: &str, address: &Address, key: &HostKey) -> Verdict {
    let name = file_name(address);
    let mut expected = Vec::new();
    let mut known = false;
    for entry in text.lines().filter_map(entry) {
        if !names(entry.hosts, &name) {
            continue;
        }
        if entry.revoked {
            if entry.key == *key {
                return Verdict::Revoked;
            }
        } else if entry.key == *key {
            known = true;
        } else {
            expected.push(entry.key.fingerprint());
        }
    }
    if known {
        Verdict::Known
    } else if expected.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::Changed { expected }
    }
}

/// A line as we write it: never hashed, so that people can read and remove it.
fn line(address: &Address, key: &HostKey) -> String {
    format!(
        "{} {} {}\n",
        file_name(address),
        key.kind,
        Base64::encode_string(&key.blob)
    )
}

/// The text with the host's pins replaced by one. A line that names further hosts keeps its key for
/// them, as far as it names them in full.
fn replaced(text: &str, address: &Address, key: &HostKey) -> String {
    let name = file_name(address);
    let mut out = String::with_capacity(text.len() + 128);
    for whole in text.split_inclusive('\n') {
        let pinned = entry(whole).filter(|e| !e.revoked && names(e.hosts, &name));
        match pinned {
            None => {
                out.push_str(whole);
                if !whole.ends_with('\n') {
                    out.push('\n');
                }
            }
            Some(entry) => {
                let others: Vec<&str> = entry
                    .hosts
                    .split(',')
                    .filter(|h| !entry.hosts.starts_with('|') && !h.eq_ignore_ascii_case(&name))
                    .collect();
                if !others.is_empty() && !names(&others.join(","), &name) {
                    out.push_str(&whole.trim_end().replacen(entry.hosts, &others.join(","), 1));
                    out.push('\n');
                } else if !others.is_empty() {
                    // A pattern still names the host: the host is taken out of it.
                    out.push_str(&whole.trim_end().replacen(
                        entry.hosts,
                        &format!("!{name},{}", others.join(",")),
                        1,
                    ));
                    out.push('\n');
                }
            }
        }
    }
    out.push_str(&line(address, key));
    out
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

fn append(path: &Path, text: &str) -> io::Result<()> {
    let is_new = !path.exists();
    if let Some(folder) = folder(path) {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if is_new {
        sync_folder(path)?;
    }
    Ok(())
}

/// Writes a whole file beside the old one and puts it in its place, durably.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = folder(path) {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = (|| {
        let mut file = File::create(&beside)?;
        if let Ok(old) = fs::metadata(path) {
            fs::set_permissions(&beside, old.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_folder(path)
    })();
    if written.is_err() && beside.exists() {
        // The old file stands; what is left of the new one is in nobody's way but untidy.
        if let Err(e) = fs::remove_file(&beside) {
            tracing::debug!(path = %beside.display(), error = %e, "left behind");
        }
    }
    written
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|p| !p.as_os_str().is_empty())
}

/// Makes a new name in a folder durable. Only Unix can, and needs it.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path).unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(kind: &str, seed: u8) -> HostKey {
        let mut blob = u32::try_from(kind.len()).unwrap().to_be_bytes().to_vec();
        blob.extend(kind.as_bytes());
        blob.extend([0, 0, 0, 4, seed, seed, seed, seed]);
        HostKey::from_blob(&blob).unwrap()
    }

    fn at(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn encoded(key: &HostKey) -> String {
        format!("{} {}", key.kind, Base64::encode_string(&key.blob))
    }

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
    fn hosts_are_found_in_each_way_of_writing() {
        let (ed, rsa) = (key("ssh-ed25519", 1), key("ssh-rsa", 2));
        // Hashed with ssh-keygen -H: `sw1` and `[10.0.0.1]:22022`.
        let text = format!(
            "# a comment\n\
             sw1,10.0.0.1 {ed}\n\
             sw1 {rsa} with a comment\n\
             [10.0.0.1]:22022 {rsa}\n\
             *.lab,!bad.lab {ed}\n\
             @revoked sw9 {rsa}\n\
             @cert-authority * {rsa}\n\
             SW7 {ed}\r\n\
             not a line\n",
            ed = encoded(&ed),
            rsa = encoded(&rsa),
        );
        let cases = [
            ("sw1", &ed, Verdict::Known),
            ("sw1", &rsa, Verdict::Known),
            ("10.0.0.1", &ed, Verdict::Known),
            (
                "10.0.0.1",
                &rsa,
                Verdict::Changed {
                    expected: vec![ed.fingerprint()],
                },
            ),
            ("10.0.0.1:22022", &rsa, Verdict::Known),
            ("10.0.0.1:23", &rsa, Verdict::Unknown),
            ("a.lab", &ed, Verdict::Known),
            ("bad.lab", &ed, Verdict::Unknown),
            ("sw9", &rsa, Verdict::Revoked),
            ("sw9", &ed, Verdict::Unknown),
            ("Sw7", &ed, Verdict::Known),
            ("sw2", &ed, Verdict::Unknown),
        ];
        for (host, key, verdict) in cases {
            assert_eq!(judge(&text, &at(host), key), verdict, "{host} {}", key.kind);
        }
    }

    #[test]
    fn hashed_names_are_found() {
        let ed = key("ssh-ed25519", 1);
        let salt = [7_u8; 20];
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&salt).unwrap();
        mac.update(b"[10.0.0.1]:22022");
        let hash = mac.finalize().into_bytes();
        let text = format!(
            "|1|{}|{} {}\n",
            Base64::encode_string(&salt),
            Base64::encode_string(&hash),
            encoded(&ed)
        );
        assert_eq!(judge(&text, &at("10.0.0.1:22022"), &ed), Verdict::Known);
        assert_eq!(judge(&text, &at("10.0.0.1"), &ed), Verdict::Unknown);
        let text = replaced(&text, &at("10.0.0.1:22022"), &key("ssh-rsa", 3));
        assert!(!text.contains('|'), "{text}");
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

    proptest! {
        #[test]
        fn any_file_is_read_and_a_pin_is_found_after_it(text in "[ -~\\n]{0,200}") {
            let address = at("10.1.2.3:22022");
            let pinned = key("ssh-ed25519", 9);
            let text = replaced(&text, &address, &pinned);
            prop_assert_eq!(judge(&text, &address, &pinned), Verdict::Known);
        }

        #[test]
        fn patterns_match_as_their_regular_twins(pattern in "[ab*?]{0,6}", text in "[ab]{0,8}") {
            fn slow(p: &[u8], t: &[u8]) -> bool {
                match (p.first(), t.first()) {
                    (None, None) => true,
                    (Some(b'*'), _) => {
                        slow(&p[1..], t) || (!t.is_empty() && slow(p, &t[1..]))
                    }
                    (Some(b'?'), Some(_)) => slow(&p[1..], &t[1..]),
                    (Some(a), Some(b)) if a == b => slow(&p[1..], &t[1..]),
                    _ => false,
                }
            }
            prop_assert_eq!(
                glob(&pattern, &text),
                slow(pattern.as_bytes(), text.as_bytes())
            );
        }
    }
}
