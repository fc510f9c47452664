//! Times and spans. Nothing here reads a clock: a [`Timestamp`] is always handed in.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// How long ago `earlier` was; zero if it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment moved by a duration.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// `HH:MM:SS` in UTC.
    #[must_use]
    pub fn clock(self) -> String {
        self.utc().map_or_else(|| "--:--:--".into(), |t| t.format("%H:%M:%S").to_string())
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC.
    #[must_use]
    pub fn date_and_clock(self) -> String {
        self.utc().map_or_else(|| self.clock(), |t| t.format("%Y-%m-%d %H:%M:%S").to_string())
    }

    /// The day in UTC, counted from 1970-01-01.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// RFC 3339 in UTC with milliseconds; how times stand in the journal.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc().map_or_else(
            || format!("{}ms", self.0),
            |t| t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        )
    }

    /// Reads RFC 3339; `None` when the text is no time.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_millis()))
    }

    fn utc(self) -> Option<chrono::DateTime<chrono::Utc>> {
        chrono::DateTime::from_timestamp_millis(self.0)
    }
}

/// A duration that reads and prints as a person writes it: `30s`, `10m`, `2h`, `1d`, `250ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration: write \"30s\", \"10m\", \"2h\", \"1d\" or \"250ms\"")]
pub struct SpanError(pub String);

impl std::str::FromStr for Span {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(split);
        let factor_ms: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(SpanError(text.into())),
        };
        let number: u64 = digits.parse().map_err(|_| SpanError(text.into()))?;
        let ms = number.checked_mul(factor_ms).ok_or_else(|| SpanError(text.into()))?;
        Ok(Self(Duration::from_millis(ms)))
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;
    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        let ms = span.0.as_millis();
        match ms {
            0 => "0s".into(),
            _ if ms.is_multiple_of(86_400_000) => format!("{}d", ms / 86_400_000),
            _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
            _ if ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
            _ if ms.is_multiple_of(1000) => format!("{}s", ms / 1000),
            _ => format!("{ms}ms"),
        }
    }
}

impl fmt::Display for Span {
    /// Short for a screen: `850ms`, `4.2s`, `12:31`, `3h05m`, `2d 4h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        let s = self.0.as_secs();
        let text = match s {
            0 => format!("{ms}ms"),
            1..=9 => format!("{}.{}s", s, (ms % 1000) / 100),
            10..=59 => format!("{s}s"),
            60..=3599 => format!("{}:{:02}", s / 60, s % 60),
            3600..=86_399 => format!("{}h{:02}m", s / 3600, (s % 3600) / 60),
            _ => format!("{}d {}h", s / 86_400, (s % 86_400) / 3600),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_and_print() {
        let read = |t: &str| t.parse::<Span>().map(|s| s.0.as_millis());
        assert_eq!(read("30s"), Ok(30_000));
        assert_eq!(read("2h"), Ok(7_200_000));
        assert_eq!(read("250ms"), Ok(250));
        for bad in ["", "30", "s", "-1s", "1.5h", "99999999999999999999d", "1 h"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let shown: Vec<_> = [850, 4_200, 45_000, 751_000, 11_100_000]
            .map(|ms| Span(Duration::from_millis(ms)).to_string())
            .into();
        assert_eq!(shown, ["850ms", "4.2s", "45s", "12:31", "3h05m"]);
    }

    #[test]
    fn a_time_in_the_future_has_no_age() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert_eq!(
            Timestamp::parse_rfc3339(&Timestamp(1_700_000_000_123).rfc3339()),
            Some(Timestamp(1_700_000_000_123))
        );
    }
}
