//! How fast we may knock: the login rate that AAA servers can stand.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use governor::clock::{Clock as _, FakeRelativeClock};
use governor::{Quota, RateLimiter};
use iosxe_core::ports::Clock;
use jiff::Timestamp;

use crate::dispatcher::{between, later};

type Limiter = RateLimiter<
    governor::state::NotKeyed,
    governor::state::InMemoryState,
    FakeRelativeClock,
    governor::middleware::NoOpMiddleware<<FakeRelativeClock as governor::clock::Clock>::Instant>,
>;

/// A limit on logins per second, over all devices. It reads time from the clock port alone.
pub struct LoginRate {
    limiter: Option<(Limiter, FakeRelativeClock, Mutex<Timestamp>)>,
}

impl std::fmt::Debug for LoginRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "LoginRate({})",
            if self.limiter.is_some() {
                "limited"
            } else {
                "unlimited"
            }
        )
    }
}

impl LoginRate {
    /// So many logins per second, in bursts of at most as many; `None` is no limit.
    #[must_use]
    pub fn new(per_second: Option<NonZeroU32>, now: Timestamp) -> Self {
        let limiter = per_second.map(|n| {
            let clock = FakeRelativeClock::default();
            let limiter = RateLimiter::direct_with_clock(Quota::per_second(n), clock.clone());
            (limiter, clock, Mutex::new(now))
        });
        Self { limiter }
    }

    /// Returns when one more login is due.
    pub async fn wait(&self, clock: &dyn Clock) {
        let Some((limiter, relative, last)) = &self.limiter else {
            return;
        };
        loop {
            let now = clock.now();
            if let Ok(mut last) = last.lock() {
                relative.advance(between(*last, now));
                *last = now.max(*last);
            }
            let wait = match limiter.check() {
                Ok(()) => return,
                Err(not_until) => not_until.wait_time_from(relative.now()),
            };
            clock
                .until(later(now, wait.max(Duration::from_millis(5))))
                .await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    struct Steps(AtomicI64);

    #[async_trait::async_trait]
    impl Clock for Steps {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
        }
        async fn until(&self, at: Timestamp) {
            self.0.store(at.as_millisecond() + 1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn a_burst_is_followed_by_the_rate() {
        let clock = Steps(AtomicI64::new(0));
        let rate = LoginRate::new(NonZeroU32::new(10), clock.now());
        for _ in 0..10 {
            rate.wait(&clock).await;
        }
        assert_eq!(clock.now().as_millisecond(), 0, "ten at once");
        for _ in 0..10 {
            rate.wait(&clock).await;
        }
        let took = clock.now().as_millisecond();
        assert!(
            (900..=1200).contains(&took),
            "ten more in a second, took {took} ms"
        );
    }
}
