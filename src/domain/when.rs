//! A moment as a person types it into a replay: a time of day, a date, so much further or back, a share of the whole.
//!
//! In: what was typed. Out: a [`When`], which is a moment only together with the stretch of time it lies in
//! ([`When::moment`]). Times are UTC, like everything that gonogo shows.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::{Ratio, Span, Timestamp};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A moment as a person says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// A time of day in UTC, in milliseconds since midnight: `14:02`, `14:02:30`.
    Clock(i64),
    /// A date and a time: `2026-11-22 14:02`, `2026-11-22T14:02:30Z`; a date alone is its midnight.
    Date(Timestamp),
    /// So much later: `+5m`.
    Later(Duration),
    /// So much earlier: `-30s`.
    Earlier(Duration),
    /// A share of the whole: `50%`.
    Share(Ratio),
}

/// A text that is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot read the time {0:?}\nhint: write 14:02, 14:02:30, 2026-11-22 14:02, +5m, -30s or 50%; times are UTC"
)]
pub struct WhenError(String);

impl When {
    /// The moment that is meant by somebody who stands `here`, in what goes on from `from` to `to`; it may lie outside.
    /// A time of day is that of the day of `here`, or of the nearest other day if only that one is inside.
    #[must_use]
    pub fn moment(self, from: Timestamp, to: Timestamp, here: Timestamp) -> Timestamp {
        match self {
            Self::Clock(of_day) => nearest_day(of_day, from, to, here),
            Self::Date(moment) => moment,
            Self::Later(span) => here.plus(span),
            Self::Earlier(span) => {
                Timestamp(here.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
            }
            // A stretch of milliseconds is far below 2^52, so the product is exact enough.
            Self::Share(share) => from.plus(to.since(from).mul_f64(share.get())),
        }
    }
}

fn nearest_day(of_day: i64, from: Timestamp, to: Timestamp, here: Timestamp) -> Timestamp {
    let midnight = here.0.div_euclid(DAY_MS).saturating_mul(DAY_MS);
    let on = |midnight: i64| Timestamp(midnight.saturating_add(of_day));
    // One step of a whole number of days each way reaches the stretch if it can be reached at all.
    let first =
        from.0.saturating_sub(of_day).saturating_add(DAY_MS - 1).div_euclid(DAY_MS).saturating_mul(DAY_MS);
    let last = to.0.saturating_sub(of_day).div_euclid(DAY_MS).saturating_mul(DAY_MS);
    if first > last { on(midnight) } else { on(midnight.clamp(first, last)) }
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        let text = text.trim();
        read(text).ok_or_else(|| WhenError(super::Text::new(text).to_string()))
    }
}

fn read(text: &str) -> Option<When> {
    let span = |text: &str| text.trim().parse::<Span>().ok().map(|span| span.0);
    if let Some(rest) = text.strip_prefix('+') {
        return span(rest).map(When::Later);
    }
    if let Some(rest) = text.strip_prefix(['-', '−']) {
        return span(rest).map(When::Earlier);
    }
    if let Some(rest) = text.strip_suffix('%') {
        let share: f64 = rest.trim().parse().ok()?;
        return (0.0..=100.0).contains(&share).then(|| When::Share(Ratio::new(share / 100.0)));
    }
    let clock =
        ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok());
    if let Some(time) = clock {
        return Some(When::Clock(time.signed_duration_since(NaiveTime::MIN).num_milliseconds()));
    }
    if let Some(moment) = Timestamp::parse_rfc3339(text) {
        return Some(When::Date(moment));
    }
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let date = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let midnight = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    Some(When::Date(Timestamp(date.or_else(midnight)?.and_utc().timestamp_millis())))
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(of_day) => f.write_str(&Timestamp(*of_day).clock()),
            Self::Date(moment) => f.write_str(&moment.rfc3339()),
            Self::Later(span) => write!(f, "+{}", Span(*span)),
            Self::Earlier(span) => write!(f, "-{}", Span(*span)),
            Self::Share(share) => write!(f, "{}%", share.get() * 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 22:00:00 UTC.
    const FROM: Timestamp = Timestamp(1_795_384_800_000);

    fn hours(hours: i64) -> Timestamp {
        Timestamp(FROM.0 + hours * 3_600_000)
    }

    fn go(text: &str, here: Timestamp) -> String {
        // Six hours, over midnight.
        text.parse::<When>().unwrap().moment(FROM, hours(6), here).rfc3339()
    }

    #[test]
    fn every_way_to_say_a_moment_is_understood() {
        for (text, meant) in [
            ("23:02", "2026-11-22T23:02:00.000Z"),
            ("23:02:30", "2026-11-22T23:02:30.000Z"),
            ("9:00", "2026-11-22T09:00:00.000Z"),
            ("2026-11-23 01:00", "2026-11-23T01:00:00.000Z"),
            ("2026-11-23T01:00:30Z", "2026-11-23T01:00:30.000Z"),
            ("2026-11-23T01:00:30", "2026-11-23T01:00:30.000Z"),
            ("2026-11-23", "2026-11-23T00:00:00.000Z"),
            ("+5m", "2026-11-22T22:05:00.000Z"),
            (" 50% ", "2026-11-23T01:00:00.000Z"),
            ("0%", "2026-11-22T22:00:00.000Z"),
            ("-30s", "2026-11-22T21:59:30.000Z"),
        ] {
            assert_eq!(go(text, FROM), meant, "{text}");
        }
        assert_eq!(go("-30s", hours(1)), "2026-11-22T22:59:30.000Z");
    }

    #[test]
    fn a_time_of_day_is_the_one_that_is_inside_if_there_is_one() {
        assert_eq!(go("01:30", FROM), "2026-11-23T01:30:00.000Z");
        assert_eq!(go("22:30", hours(5)), "2026-11-22T22:30:00.000Z");
        assert_eq!(go("12:00", hours(5)), "2026-11-23T12:00:00.000Z");
    }

    #[test]
    fn what_is_no_moment_is_refused_with_examples() {
        for text in ["", "tea", "25:00", "14:61", "101%", "-5%", "+5", "NaN%", "2026-13-01", "5m"] {
            let said = text.parse::<When>().unwrap_err().to_string();
            assert!(said.contains("hint: write 14:02"), "{said}");
        }
    }
}
