//! Host keys and algorithm offers.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKey};
use russh::{Preferred, cipher, kex, mac};

use crate::error::LabError;
use crate::model::birth::rng;
use crate::topology::{DeviceSpec, HostKeyKind, SshProfile};

/// The host key of a device; `generation` is the boot from which it holds. Derived from the seed.
pub(crate) fn host_key(
    spec: &DeviceSpec,
    seed: u64,
    generation: u64,
) -> Result<PrivateKey, LabError> {
    let mut rng = rng(seed, &format!("hostkey|{}|{generation}", spec.name));
    let algorithm = match (spec.ssh, spec.hostkey) {
        (SshProfile::Legacy, _) | (_, HostKeyKind::Rsa) => Algorithm::Rsa { hash: None },
        (_, HostKeyKind::Ed25519) => Algorithm::Ed25519,
        (_, HostKeyKind::Ecdsa) => Algorithm::Ecdsa {
            curve: EcdsaCurve::NistP256,
        },
    };
    let failed = |reason: String| LabError::HostKey {
        device: spec.name.clone(),
        reason,
    };
    if let Algorithm::Rsa { .. } = algorithm {
        let pair = russh::keys::ssh_key::private::RsaKeypair::random(&mut rng, 2048)
            .map_err(|e| failed(e.to_string()))?;
        return PrivateKey::new(pair.into(), "").map_err(|e| failed(e.to_string()));
    }
    PrivateKey::random(&mut rng, algorithm).map_err(|e| failed(e.to_string()))
}

const MODERN_KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_G14_SHA256,
    kex::DH_G16_SHA512,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];
const MODERN_CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
];
const MODERN_MACS: &[mac::Name] = &[
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA256,
    mac::HMAC_SHA512,
];
const LEGACY_KEX: &[kex::Name] = &[kex::DH_GEX_SHA1, kex::DH_G14_SHA1];
const LEGACY_CIPHERS: &[cipher::Name] = &[
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
    cipher::AES_128_CBC,
    cipher::AES_192_CBC,
    cipher::AES_256_CBC,
];
const LEGACY_MACS: &[mac::Name] = &[mac::HMAC_SHA1];

/// What the server of that profile offers (field notes 1.6).
pub(super) fn preferred(profile: SshProfile) -> Preferred {
    match profile {
        SshProfile::Modern => Preferred {
            kex: Cow::Borrowed(MODERN_KEX),
            key: Cow::Owned(vec![
                Algorithm::Ed25519,
                Algorithm::Ecdsa {
                    curve: EcdsaCurve::NistP256,
                },
                Algorithm::Rsa {
                    hash: Some(HashAlg::Sha512),
                },
                Algorithm::Rsa {
                    hash: Some(HashAlg::Sha256),
                },
            ]),
            cipher: Cow::Borrowed(MODERN_CIPHERS),
            mac: Cow::Borrowed(MODERN_MACS),
            ..Preferred::DEFAULT
        },
        SshProfile::Legacy => Preferred {
            kex: Cow::Borrowed(LEGACY_KEX),
            key: Cow::Owned(vec![Algorithm::Rsa { hash: None }]),
            cipher: Cow::Borrowed(LEGACY_CIPHERS),
            mac: Cow::Borrowed(LEGACY_MACS),
            ..Preferred::DEFAULT
        },
    }
}
