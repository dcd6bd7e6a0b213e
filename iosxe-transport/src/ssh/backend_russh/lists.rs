//! Which algorithms does the library get and have?

use std::borrow::Cow;

use ::russh::keys::Algorithm;
use ::russh::{Preferred, client};
use iosxe_core::ports::AlgorithmProfile;

use super::super::algorithms::Algorithms;

/// The library's form of our lists. What it does not have is left out.
pub(super) fn preferred(algorithms: &Algorithms) -> Preferred {
    fn known<T>(names: &[String], parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        names.iter().filter_map(|n| parse(n)).collect()
    }
    let mut kex = known(&algorithms.key_exchange, |n| {
        ::russh::kex::Name::try_from(n).ok()
    });
    // Not algorithms: that we understand the server's extensions, and strict key exchange.
    kex.push(::russh::kex::EXTENSION_SUPPORT_AS_CLIENT);
    kex.push(::russh::kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT);
    Preferred {
        kex: Cow::Owned(kex),
        key: Cow::Owned(known(&algorithms.host_key, |n| Algorithm::new(n).ok())),
        cipher: Cow::Owned(known(&algorithms.cipher, |n| {
            ::russh::cipher::Name::try_from(n).ok()
        })),
        mac: Cow::Owned(known(&algorithms.mac, |n| {
            ::russh::mac::Name::try_from(n).ok()
        })),
        // Images do not compress, and a device's processor has better things to do.
        compression: Cow::Borrowed(&[::russh::compression::NONE]),
        ..Preferred::DEFAULT
    }
}

/// What this backend can do of a profile, for the report.
pub(crate) fn supported(profile: AlgorithmProfile) -> Algorithms {
    let all = Algorithms::of(profile);
    let lists = preferred(&all);
    let keep = |wanted: Vec<String>, has: Vec<String>| -> Vec<String> {
        wanted.into_iter().filter(|n| has.contains(n)).collect()
    };
    Algorithms {
        key_exchange: keep(
            all.key_exchange,
            lists.kex.iter().map(|n| n.as_ref().to_owned()).collect(),
        ),
        host_key: keep(
            all.host_key,
            lists.key.iter().map(|n| n.as_str().to_owned()).collect(),
        ),
        cipher: keep(
            all.cipher,
            lists.cipher.iter().map(|n| n.as_ref().to_owned()).collect(),
        ),
        mac: keep(
            all.mac,
            lists.mac.iter().map(|n| n.as_ref().to_owned()).collect(),
        ),
    }
}

/// Sizes for group exchange. Old devices have 2048 and 4096 bits; a larger wish costs them seconds.
pub(super) fn gex(profile: AlgorithmProfile) -> client::GexParams {
    let wished = match profile {
        AlgorithmProfile::Modern => 3072,
        AlgorithmProfile::Legacy => 2048,
    };
    client::GexParams::new(2048, wished, 8192).unwrap_or_default()
}
