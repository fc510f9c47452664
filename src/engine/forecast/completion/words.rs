//! How a forecast is said: rounded to what it is worth, never with a decimal.
//!
//! In: spans and times. Out: words. The further away, the coarser, so that a forecast does not look surer than it is, and does
//! not change with every reading.

use std::time::Duration;

use crate::domain::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The steps in which a span is told: up to so many seconds, rounded up to a multiple of so many.
const STEPS: [(u64, u64); 6] = [
    (10 * MINUTE, MINUTE),
    (HOUR, 5 * MINUTE),
    (6 * HOUR, 30 * MINUTE),
    (2 * DAY, HOUR),
    (7 * DAY, DAY / 2),
    (365 * DAY, DAY),
];

/// Rounds up to what a forecast is worth. `None`: over a year.
fn rounded(span: Duration) -> Option<u64> {
    // What is left is never nothing.
    let seconds = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
    let (_, step) = STEPS.into_iter().find(|(end, _)| seconds <= *end)?;
    Some(seconds.div_ceil(step) * step)
}

/// How long, rounded: `under a minute`, `3 min`, `25 min`, `2 h 30 min`, `7 h`, `2 days 12 h`, `9 days`, `over a year`.
#[must_use]
pub fn rough(span: Duration) -> String {
    if span.as_secs() < MINUTE {
        return "under a minute".to_owned();
    }
    let Some(seconds) = rounded(span) else { return "over a year".to_owned() };
    match (seconds / HOUR, seconds % HOUR / MINUTE) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) if hours <= 48 => format!("{hours} h"),
        (hours, minutes) if hours < 48 => format!("{hours} h {minutes} min"),
        (hours, _) if hours % 24 == 12 => format!("{} days 12 h", hours / 24),
        (hours, _) => format!("{} days", hours / 24),
    }
}

/// The same, said as an estimate: `about 25 min`, `under a minute`.
#[must_use]
pub fn about(span: Duration) -> String {
    let said = rough(span);
    if said.starts_with(|c: char| c.is_ascii_digit()) { format!("about {said}") } else { said }
}

/// When, rounded like the span until then: `14:35`, on another day `2026-11-24 02:00`. In UTC; whoever shows it says so.
#[must_use]
pub fn clock(now: Timestamp, at: Timestamp) -> String {
    let seconds = rounded(at.since(now)).unwrap_or(365 * DAY);
    let step = STEPS.into_iter().find(|(end, _)| seconds <= *end).map_or(DAY, |(_, step)| step);
    let step = i64::try_from(step.min(HOUR) * 1000).unwrap_or(i64::MAX);
    let late = at.0.rem_euclid(step);
    let up = if late == 0 { at } else { Timestamp(at.0.saturating_add(step - late)) };
    let full = up.date_and_clock();
    let (day, minute) = (full.get(..10), full.get(11..16));
    match day.zip(minute) {
        Some((_, minute)) if up.day() == now.day() => minute.to_owned(),
        Some((day, _)) if seconds > 2 * DAY => day.to_owned(),
        Some((day, minute)) => format!("{day} {minute}"),
        None => full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_is_rounded_up_and_has_no_decimals() {
        let said =
            [0, 59, 60, 61, 599, 601, 3_599, 3_601, 10_900, 21_600, 21_601, 172_800, 172_801, 40_000_000]
                .map(|seconds| rough(Duration::from_secs(seconds)));
        let expected = [
            "under a minute",
            "under a minute",
            "1 min",
            "2 min",
            "10 min",
            "15 min",
            "1 h",
            "1 h 30 min",
            "3 h 30 min",
            "6 h",
            "7 h",
            "48 h",
            "2 days 12 h",
            "over a year",
        ];
        assert_eq!(said, expected);
        assert_eq!(about(Duration::from_secs(1_500)), "about 25 min");
        assert_eq!(about(Duration::from_secs(5)), "under a minute");
    }

    #[test]
    fn a_time_is_as_coarse_as_its_distance_and_another_day_has_its_date() {
        // 2026-11-22 14:00:00 UTC.
        let now = Timestamp(1_795_356_000_000);
        let at = |seconds: u64| clock(now, now.plus(Duration::from_secs(seconds)));
        assert_eq!([at(30), at(90), at(61 * 60), at(3 * 3600 + 60)], ["14:01", "14:02", "15:30", "17:30"]);
        assert_eq!([at(12 * 3600), at(3 * 86_400)], ["2026-11-23 02:00", "2026-11-25"]);
        assert_eq!(clock(now, now), "14:00");
        assert_eq!(clock(now, Timestamp(i64::MAX)), "--:--:--");
    }
}
