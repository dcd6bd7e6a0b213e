//! How long to wait before the next try: pure arithmetic, no clock, no randomness of its own.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Delays that grow, up to a limit, for a limited number of tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Tries in all, the first included.
    pub tries: u32,
    /// Delay after the first try.
    #[serde(with = "crate::policy::seconds")]
    pub first: Duration,
    /// Longest delay.
    #[serde(with = "crate::policy::seconds")]
    pub longest: Duration,
}

impl Schedule {
    /// The delay after a failed try (counted from 1), or `None` when no other may follow.
    ///
    /// The delay doubles with each try up to the longest; `random` moves it into the upper half of
    /// that range, so that a fleet that failed together does not come back together.
    #[must_use]
    pub fn delay_after(&self, failed_try: u32, random: u64) -> Option<Duration> {
        if failed_try >= self.tries {
            return None;
        }
        let doublings = failed_try.saturating_sub(1).min(20);
        let full = self.first.saturating_mul(1 << doublings).min(self.longest);
        let half = full / 2;
        let span = u64::try_from(half.as_millis())
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        Some(half + Duration::from_millis(random % span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn delays_stay_in_their_range(failed in 1u32..40, random in any::<u64>()) {
            let s = Schedule { tries: 8, first: Duration::from_secs(2), longest: Duration::from_secs(60) };
            match s.delay_after(failed, random) {
                None => prop_assert!(failed >= 8),
                Some(delay) => {
                    prop_assert!(failed < 8);
                    prop_assert!(delay >= Duration::from_secs(1) && delay <= Duration::from_secs(60));
                }
            }
        }
    }
}
