//! Delays between tries of things outside a device's way: the write-back, for now.
//!
//! The only place that knows the `backoff` crate. Its own randomness is off: jitter would come from
//! the randomness port.

use std::time::Duration;

use backoff::backoff::Backoff as _;

/// Delays that double from `first` up to `longest`, without an end of their own.
#[derive(Debug)]
pub struct Delays(backoff::ExponentialBackoff);

impl Delays {
    /// Begins at `first`.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self(backoff::ExponentialBackoff {
            current_interval: first,
            initial_interval: first,
            randomization_factor: 0.0,
            multiplier: 2.0,
            max_interval: longest,
            max_elapsed_time: None,
            ..backoff::ExponentialBackoff::default()
        })
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        let longest = self.0.max_interval;
        self.0.next_backoff().unwrap_or(longest)
    }

    /// Begins anew after a success.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let mut delays = Delays::new(Duration::from_secs(1), Duration::from_secs(5));
        let first: Vec<u64> = (0..5).map(|_| delays.next_delay().as_secs()).collect();
        assert_eq!(first, [1, 2, 4, 5, 5]);
        delays.reset();
        assert_eq!(delays.next_delay().as_secs(), 1);
    }
}
