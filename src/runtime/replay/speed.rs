//! How fast a recording plays: how many of its seconds pass in one.

use std::fmt;
use std::str::FromStr;

/// The steps of the keys.
const STEPS: [u32; 9] = [1, 2, 5, 10, 30, 60, 100, 300, FASTEST];
/// The fastest: a day in a minute and a half.
pub const FASTEST: u32 = 1000;

/// How many seconds of the recording pass in one; from 1 to [`FASTEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(u32);

/// A text that is no speed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot play at the speed {0:?}\nhint: write a whole number from 1 to {FASTEST}, such as 10")]
pub struct SpeedError(String);

/// For a recording of days in which something is read every other minute: that passes in half a second.
pub const OF_DAYS: Speed = Speed(300);

impl Default for Speed {
    fn default() -> Self {
        Self(1)
    }
}

impl Speed {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The next step up; the last one stays.
    #[must_use]
    pub fn faster(self) -> Self {
        Self(STEPS.into_iter().find(|step| *step > self.0).unwrap_or(self.0))
    }

    /// The next step down; the first one stays.
    #[must_use]
    pub fn slower(self) -> Self {
        Self(STEPS.into_iter().rev().find(|step| *step < self.0).unwrap_or(self.0))
    }
}

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        let number = text.trim().trim_end_matches(['x', '×']).parse().ok();
        number
            .filter(|number| (1..=FASTEST).contains(number))
            .map(Self)
            .ok_or_else(|| SpeedError(crate::domain::Text::new(text).to_string()))
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_up_and_down_the_steps_also_from_between() {
        let mut speed = Speed::default();
        let mut seen = vec![speed.get()];
        for _ in 0..9 {
            speed = speed.faster();
            seen.push(speed.get());
        }
        assert_eq!(seen, [1, 2, 5, 10, 30, 60, 100, 300, 1000, 1000]);
        let between: Speed = "42x".parse().unwrap();
        assert_eq!((between.slower().get(), between.faster().get()), (30, 60));
        assert_eq!(Speed::default().slower().get(), 1);
    }

    #[test]
    fn what_is_no_speed_is_refused() {
        for text in ["0", "1001", "-1", "fast", "1.5", ""] {
            assert!(text.parse::<Speed>().unwrap_err().to_string().contains("hint:"), "{text}");
        }
    }
}
