//! One row of a CSV: the cumulative counters of one arm of one series.

use crate::domain::{Arm, Counts, Timestamp};

/// A row whose names the rollout knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// When the counters were read.
    pub at: Timestamp,
    /// Index of the segment in the rollout.
    pub segment: usize,
    /// Index of the metric in the rollout.
    pub metric: usize,
    /// Which arm.
    pub arm: Arm,
    /// The counters since the source started. `None`: a missing reading.
    pub counts: Option<Counts>,
}

/// What a field for a number says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A finite number.
    Is(f64),
    /// Nothing: empty, `null`, NaN or infinite.
    Missing,
}

/// The largest counter that is still counted one by one: past 2^53 a number of this kind skips some.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;
/// Digits that fit into a whole number without a look at its size.
const SAFE_DIGITS: usize = 15;

/// Reads a number. `None`: the text is none.
pub fn number(field: &[u8]) -> Option<Number> {
    // Nearly all are plain whole numbers.
    if !field.is_empty() && field.len() <= SAFE_DIGITS && field.iter().all(u8::is_ascii_digit) {
        let whole = field.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        return Some(Number::Is(whole as f64));
    }
    if field.is_empty() || field.eq_ignore_ascii_case(b"null") {
        return Some(Number::Missing);
    }
    let number: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    Some(if number.is_finite() { Number::Is(number) } else { Number::Missing })
}

/// Reads a counter: a number that is not negative, and not larger than can be counted.
pub fn counter(field: &[u8]) -> Option<Number> {
    number(field).map(|number| match number {
        Number::Is(count) if !(0.0..=MAX_COUNT).contains(&count) => Number::Missing,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_count_is_missing_and_what_is_no_number_is_none() {
        for text in ["", "null", "NaN", "nan", "inf", "-inf", "Infinity", "-3", "1e999", "1e300"] {
            assert_eq!(counter(text.as_bytes()), Some(Number::Missing), "{text}");
        }
        for text in ["12a", "ten", "1,5", "0x10", "--", "\u{663}"] {
            assert_eq!(counter(text.as_bytes()), None, "{text}");
        }
        let is = [
            ("0", 0.0),
            ("12", 12.0),
            ("1.5", 1.5),
            ("1e3", 1000.0),
            ("123456789012345", 123_456_789_012_345.0),
        ];
        for (text, wanted) in is {
            assert_eq!(counter(text.as_bytes()), Some(Number::Is(wanted)), "{text}");
        }
        assert_eq!(number(b"-3"), Some(Number::Is(-3.0)), "a time may lie before the start");
    }
}
