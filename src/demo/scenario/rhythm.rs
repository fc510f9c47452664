//! How the number of users goes up and down over the day.
//!
//! In: a time. Out: how many times as many users come as on average. The hours are a table and the time between is
//! drawn straight: the same on every machine.

use serde::Deserialize;

use crate::domain::Timestamp;

/// When the users of a segment come. The mean over a day is 1, to a twentieth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rhythm {
    /// At all times alike.
    #[default]
    Even,
    /// Most in the evening, few at night.
    Leisure,
    /// In office hours, nearly nobody at night.
    Office,
}

const HOUR_MS: i64 = 3_600_000;

#[rustfmt::skip]
const LEISURE: [f64; 24] = [
    0.45, 0.30, 0.22, 0.20, 0.22, 0.35, 0.60, 0.85, 1.05, 1.15, 1.25, 1.35,
    1.45, 1.35, 1.25, 1.25, 1.30, 1.40, 1.60, 1.80, 1.85, 1.55, 1.10, 0.70,
];
#[rustfmt::skip]
const OFFICE: [f64; 24] = [
    0.06, 0.05, 0.05, 0.05, 0.08, 0.12, 0.30, 0.90, 1.80, 2.40, 2.60, 2.40,
    1.80, 2.20, 2.40, 2.20, 1.80, 1.10, 0.60, 0.40, 0.30, 0.20, 0.15, 0.10,
];

impl Rhythm {
    /// How many times as many users come at `at` as on average.
    #[must_use]
    pub fn times(self, at: Timestamp) -> f64 {
        let hours = match self {
            Self::Even => return 1.0,
            Self::Leisure => &LEISURE,
            Self::Office => &OFFICE,
        };
        let within = at.0.rem_euclid(HOUR_MS) as f64 / HOUR_MS as f64;
        // From 0 to 23 by construction.
        let hour = usize::try_from(at.0.div_euclid(HOUR_MS).rem_euclid(24)).unwrap_or(0);
        let of = |hour: usize| hours.get(hour % 24).copied().unwrap_or(1.0);
        of(hour) + (of(hour + 1) - of(hour)) * within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_as_many_users_as_an_even_one_and_few_of_them_at_night() {
        for rhythm in [Rhythm::Even, Rhythm::Leisure, Rhythm::Office] {
            let times: Vec<f64> = (0..24 * 6).map(|n| rhythm.times(Timestamp(n * HOUR_MS / 6))).collect();
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            assert!((mean - 1.0).abs() < 0.05, "{rhythm:?}: {mean}");
        }
        assert!(Rhythm::Office.times(Timestamp(3 * HOUR_MS)) < 0.1);
        assert_eq!(Rhythm::Leisure.times(Timestamp(HOUR_MS / 2)), (0.45 + 0.30) / 2.0);
    }
}
