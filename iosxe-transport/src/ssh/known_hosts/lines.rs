//! What do the lines of the file say, and how are they changed? Text in, text out.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use iosxe_core::device::Address;

use super::{HostKey, Verdict};

/// One line that names keys; comments and what cannot be read are kept by the writer as they are.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) revoked: bool,
    pub(super) hosts: &'a str,
    pub(super) key: HostKey,
}

pub(super) fn entry(line: &str) -> Option<Entry<'_>> {
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
pub(super) fn file_name(address: &Address) -> String {
    let host = address.host.to_ascii_lowercase();
    if address.port == 22 {
        host
    } else {
        format!("[{host}]:{}", address.port)
    }
}

/// Whether the host column of a line means this name.
pub(super) fn names(hosts: &str, name: &str) -> bool {
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
pub(super) fn judge(text: &str, address: &Address, key: &HostKey) -> Verdict {
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
pub(super) fn line(address: &Address, key: &HostKey) -> String {
    format!(
        "{} {} {}\n",
        file_name(address),
        key.kind,
        Base64::encode_string(&key.blob)
    )
}

/// The text with the host's pins replaced by one. A line that names further hosts keeps its key for
/// them, as far as it names them in full.
pub(super) fn replaced(text: &str, address: &Address, key: &HostKey) -> String {
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in super::super) fn key(kind: &str, seed: u8) -> HostKey {
        let mut blob = u32::try_from(kind.len()).unwrap().to_be_bytes().to_vec();
        blob.extend(kind.as_bytes());
        blob.extend([0, 0, 0, 4, seed, seed, seed, seed]);
        HostKey::from_blob(&blob).unwrap()
    }

    pub(in super::super) fn at(text: &str) -> Address {
        text.parse().unwrap()
    }

    pub(in super::super) fn encoded(key: &HostKey) -> String {
        format!("{} {}", key.kind, Base64::encode_string(&key.blob))
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
