//! Which algorithms does the library get, have and use?

use ::ssh2::{MethodType, Session};
use iosxe_core::ports::AlgorithmProfile;

use super::super::algorithms::Algorithms;
use super::super::known_hosts::HostKey;

const LISTS: [MethodType; 6] = [
    MethodType::Kex,
    MethodType::HostKey,
    MethodType::CryptCs,
    MethodType::CryptSc,
    MethodType::MacCs,
    MethodType::MacSc,
];

fn list(algorithms: &Algorithms, kind: MethodType) -> &[String] {
    match kind {
        MethodType::Kex => &algorithms.key_exchange,
        MethodType::HostKey => &algorithms.host_key,
        MethodType::CryptCs | MethodType::CryptSc => &algorithms.cipher,
        MethodType::MacCs | MethodType::MacSc => &algorithms.mac,
        MethodType::CompCs
        | MethodType::CompSc
        | MethodType::LangCs
        | MethodType::LangSc
        | MethodType::SignAlgo => &[],
    }
}

/// Gives the library our lists; what it does not have it leaves out by itself.
pub(super) fn prefer(session: &Session, algorithms: &Algorithms) -> Result<(), ::ssh2::Error> {
    for kind in LISTS {
        session.method_pref(kind, &list(algorithms, kind).join(","))?;
    }
    Ok(())
}

/// What this backend, as it was built, can do of a profile.
pub(crate) fn supported(profile: AlgorithmProfile) -> Algorithms {
    let all = Algorithms::of(profile);
    let Ok(session) = Session::new() else {
        return all;
    };
    let keep = |kind: MethodType| -> Vec<String> {
        let has = session.supported_algs(kind).unwrap_or_default();
        list(&all, kind)
            .iter()
            .filter(|n| has.contains(&n.as_str()))
            .cloned()
            .collect()
    };
    Algorithms {
        key_exchange: keep(MethodType::Kex),
        host_key: keep(MethodType::HostKey),
        cipher: keep(MethodType::CryptCs),
        mac: keep(MethodType::MacCs),
    }
}

/// The algorithms of an open session, for people.
pub(super) fn in_use(session: &Session) -> String {
    let method = |kind| session.methods(kind).unwrap_or("?");
    let cipher = method(MethodType::CryptCs);
    let mac = if cipher.contains("gcm") || cipher.contains("poly1305") {
        String::new()
    } else {
        format!(", {}", method(MethodType::MacCs))
    };
    let key = session
        .host_key()
        .and_then(|(blob, _)| HostKey::from_blob(blob))
        .map_or_else(String::new, |k| k.fingerprint());
    format!(
        "{}, {}, {cipher}{mac}; host key {key}",
        method(MethodType::Kex),
        method(MethodType::HostKey),
    )
}
