//! The clock: wall time, read once, carried on by a monotonic one.
//!
//! A clock that is set while we run does not make times jump or run backwards. In tests with tokio's
//! paused time it moves only when the test says so.

use tokio::time::Instant;

use crate::domain::Timestamp;

/// Tells the time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Timestamp,
    origin: Instant,
}

impl Clock {
    /// A clock that starts at the system's wall time.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
        let now = chrono::Utc::now().timestamp_millis();
        Self::starting_at(Timestamp(now))
    }

    /// A clock that starts at a given time.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, origin: Instant::now() }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.start.plus(self.origin.elapsed())
    }
}
