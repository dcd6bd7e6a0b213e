//! Time and randomness of the real world, for whoever has no others: the engine itself asks its ports.

use std::time::Duration;

use iosxe_core::ports::{Clock, Randomness};
use jiff::Timestamp;

/// Wall time.
#[derive(Debug)]
pub struct WallClock;

#[async_trait::async_trait]
impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn until(&self, at: Timestamp) {
        loop {
            let left = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
            if left.is_zero() {
                return;
            }
            // In pieces: a machine that slept, or whose clock was set, is noticed within a minute.
            tokio::time::sleep(left.min(Duration::from_secs(60))).await;
        }
    }
}

/// Random numbers from the hasher's seed of the standard library, which the system provides.
#[derive(Debug)]
pub struct SystemRandom;

impl Randomness for SystemRandom {
    fn next(&self) -> u64 {
        use std::hash::{BuildHasher as _, Hasher as _};
        std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish()
    }
}
