//! How long to wait before the next attempt.
//!
//! Exponential with full jitter: before attempt n the wait is drawn evenly from
//! `floor ..= min(cap, base · 2ⁿ)`, so that a hundred cockpits do not come back to a restarted server
//! in the same moment (Brooker, "Exponential Backoff And Jitter", 2015). The `min` is the point: with
//! `max` the first wait would already be the longest.
//!
//! In: a random number from 0 to 1, and how long the last connection lived. Out: a duration. It is
//! pure: it draws no random number and reads no clock by itself.

use std::time::Duration;

/// The shortest wait: even the luckiest draw must not spin.
pub const FLOOR: Duration = Duration::from_millis(50);

/// The state of a retry: how often it failed in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    healthy_after: Duration,
    failures: u32,
}

impl Default for Backoff {
    /// 0.5 s, 1 s, 2 s … up to 10 s: a returned server is found before the operator asks; reset after 10 s of health.
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(10), Duration::from_secs(10))
    }
}

impl Backoff {
    /// A back-off whose waits grow from `base` to `cap`, and which starts again after a connection
    /// that lived for at least `healthy_after`.
    #[must_use]
    pub const fn new(base: Duration, cap: Duration, healthy_after: Duration) -> Self {
        Self { base, cap, healthy_after, failures: 0 }
    }

    /// The next wait for a draw from 0 to 1; draws outside are taken as the nearer end, NaN as 1.
    pub fn next(&mut self, random: f64) -> Duration {
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        let draw = if random.is_nan() { 1.0 } else { random.clamp(0.0, 1.0) };
        ceiling.mul_f64(draw).max(FLOOR.min(ceiling))
    }

    /// The longest that the next wait can be.
    #[must_use]
    pub fn ceiling(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// Notes that a connection ended after it had lived for `lived`; a healthy one starts the waits again.
    pub fn lived(&mut self, lived: Duration) {
        if lived >= self.healthy_after {
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn backoff() -> Backoff {
        Backoff::new(ms(100), ms(1000), ms(5000))
    }

    #[test]
    fn waits_double_up_to_the_cap_and_no_further() {
        let mut backoff = backoff();
        let waits: Vec<_> = (0..6).map(|_| backoff.next(1.0)).collect();
        assert_eq!(waits, [ms(100), ms(200), ms(400), ms(800), ms(1000), ms(1000)]);
    }

    #[test]
    fn jitter_is_full_but_never_spins() {
        let mut backoff = backoff();
        assert_eq!(backoff.next(0.0), FLOOR);
        assert_eq!(backoff.next(0.5), ms(100));
    }

    #[test]
    fn only_a_healthy_connection_starts_the_waits_again() {
        let mut backoff = backoff();
        for _ in 0..5 {
            backoff.next(1.0);
        }
        backoff.lived(ms(4999));
        assert_eq!(backoff.ceiling(), ms(1000));
        backoff.lived(ms(5000));
        assert_eq!(backoff.next(1.0), ms(100));
    }

    proptest! {
        #[test]
        fn no_wait_leaves_its_limits(draws in prop::collection::vec(prop::num::f64::ANY, 1..80)) {
            let mut backoff = backoff();
            for draw in draws {
                let wait = backoff.next(draw);
                prop_assert!(wait >= FLOOR && wait <= ms(1000));
            }
        }
    }
}
