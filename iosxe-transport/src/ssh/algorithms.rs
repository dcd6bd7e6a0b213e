//! Which algorithms may be used, in which order: one table for both backends.
//!
//! Source of what devices offer: Cisco `show ip ssh` captures in genieparser (17.16), oxidized
//! issue 2564 (16.12 and 15.x), mscdex/ssh2 issue 1064 (15.x), netlab issue 2976 (devices that offer
//! encrypt-then-MAC only).

use iosxe_core::ports::AlgorithmProfile;

/// The algorithms of one profile, most wanted first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithms {
    /// Key exchange.
    pub key_exchange: Vec<String>,
    /// Signatures of the host key.
    pub host_key: Vec<String>,
    /// Encryption.
    pub cipher: Vec<String>,
    /// Message authentication, for ciphers that do not bring their own.
    pub mac: Vec<String>,
}

/// What is safe today. Elliptic curves before the large groups: those cost a core 100 ms and more,
/// and a small device's supervisor far more.
const KEY_EXCHANGE: [&str; 10] = [
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group18-sha512",
];

/// SHA-1: what releases up to 16.12 offer, and nothing else.
const KEY_EXCHANGE_LEGACY: [&str; 3] = [
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
];

const HOST_KEY: [&str; 6] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
];

const HOST_KEY_LEGACY: [&str; 1] = ["ssh-rsa"];

/// AES-GCM first: on processors that help with AES it costs the least (1.8 s of processor time per
/// GB with `russh`, against 3.6 s for ChaCha20 with `ssh2`).
const CIPHER: [&str; 6] = [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
];

const CIPHER_LEGACY: [&str; 4] = ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"];

const MAC: [&str; 4] = [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
];

const MAC_LEGACY: [&str; 2] = ["hmac-sha1-etm@openssh.com", "hmac-sha1"];

impl Algorithms {
    /// Everything that a profile allows, whether or not a backend has it.
    #[must_use]
    pub fn of(profile: AlgorithmProfile) -> Self {
        let list = |modern: &[&str], legacy: &[&str]| {
            let legacy = match profile {
                AlgorithmProfile::Modern => &[],
                AlgorithmProfile::Legacy => legacy,
            };
            modern
                .iter()
                .chain(legacy)
                .map(|&name| name.to_owned())
                .collect()
        };
        Self {
            key_exchange: list(&KEY_EXCHANGE, &KEY_EXCHANGE_LEGACY),
            host_key: list(&HOST_KEY, &HOST_KEY_LEGACY),
            cipher: list(&CIPHER, &CIPHER_LEGACY),
            mac: list(&MAC, &MAC_LEGACY),
        }
    }

    /// The same with the signatures of known keys first, so that a host with several keys shows the
    /// one that is pinned (design rule 11).
    #[must_use]
    pub fn asking_for(mut self, known_types: &[String]) -> Self {
        self.host_key
            .sort_by_key(|name| !known_types.iter().any(|t| t == key_type(name)));
        self
    }
}

/// The type of key that makes a signature.
fn key_type(signature: &str) -> &str {
    match signature {
        "rsa-sha2-256" | "rsa-sha2-512" => "ssh-rsa",
        other => other,
    }
}

/// Whether an algorithm is allowed by the legacy profile only.
#[must_use]
pub fn is_legacy(name: &str) -> bool {
    KEY_EXCHANGE_LEGACY
        .iter()
        .chain(&HOST_KEY_LEGACY)
        .chain(&CIPHER_LEGACY)
        .chain(&MAC_LEGACY)
        .any(|l| *l == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha1_and_cbc_need_the_legacy_profile() {
        let modern = Algorithms::of(AlgorithmProfile::Modern);
        let legacy = Algorithms::of(AlgorithmProfile::Legacy);
        for list in [
            &modern.key_exchange,
            &modern.host_key,
            &modern.cipher,
            &modern.mac,
        ] {
            assert!(
                !list
                    .iter()
                    .any(|n| n.contains("sha1") || n.ends_with("cbc"))
            );
            assert!(!list.iter().any(|n| is_legacy(n)));
        }
        for name in [
            "diffie-hellman-group-exchange-sha1",
            "diffie-hellman-group1-sha1",
        ] {
            assert!(legacy.key_exchange.iter().any(|n| n == name));
        }
        assert_eq!(legacy.key_exchange[0], modern.key_exchange[0]);
    }

    #[test]
    fn pinned_types_are_asked_for_first() {
        let asked = Algorithms::of(AlgorithmProfile::Legacy).asking_for(&["ssh-rsa".to_owned()]);
        assert_eq!(
            asked.host_key[..4],
            ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-ed25519"]
        );
        let asked = Algorithms::of(AlgorithmProfile::Modern).asking_for(&[]);
        assert_eq!(asked, Algorithms::of(AlgorithmProfile::Modern));
    }
}
