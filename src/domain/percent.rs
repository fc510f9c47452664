//! Shares: [`Percent`] for exposures, [`Ratio`] for everything drawn or divided.
//!
//! Exposures are kept in parts per million, so that what Unleash calls `"25"`, flagd a weight of
//! 1 in 4 and LaunchDarkly 25000 compare equal without rounding.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A share of users from 0 % to 100 %, exact to one part in a million.
///
/// On the wire and in files it is a number from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Percent(u32);

/// A number that is no percentage: NaN, below 0 or above 100.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0} is not a percentage from 0 to 100")]
pub struct PercentError(pub String);

impl Percent {
    /// 0 %: nobody.
    pub const ZERO: Self = Self(0);
    /// 100 %: everybody.
    pub const FULL: Self = Self(1_000_000);

    /// From a number between 0 and 100.
    ///
    /// # Errors
    /// [`PercentError`] for NaN, negative numbers and numbers above 100.
    pub fn new(percent: f64) -> Result<Self, PercentError> {
        if (0.0..=100.0).contains(&percent) {
            // In range, so the product is between 0 and 1,000,000.
            Ok(Self((percent * 10_000.0).round() as u32))
        } else {
            Err(PercentError(percent.to_string()))
        }
    }

    /// From parts per million; more than a million is a million.
    #[must_use]
    pub const fn from_ppm(ppm: u32) -> Self {
        Self(if ppm > 1_000_000 { 1_000_000 } else { ppm })
    }

    /// Parts per million, 0 to 1,000,000.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// The number between 0 and 100.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// Whether nobody is exposed.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// How far two shares are apart.
    #[must_use]
    pub const fn distance(self, other: Self) -> Self {
        Self(self.0.abs_diff(other.0))
    }
}

impl TryFrom<f64> for Percent {
    type Error = PercentError;
    fn try_from(percent: f64) -> Result<Self, PercentError> {
        Self::new(percent)
    }
}

impl From<Percent> for f64 {
    fn from(percent: Percent) -> f64 {
        percent.as_f64()
    }
}

impl std::str::FromStr for Percent {
    type Err = PercentError;
    /// Reads `25`, `2.5` and `25%`.
    fn from_str(text: &str) -> Result<Self, PercentError> {
        let number = text.trim().trim_end_matches('%').trim_end();
        number.parse().ok().and_then(|n| Self::new(n).ok()).ok_or_else(|| PercentError(format!("{text:?}")))
    }
}

impl fmt::Display for Percent {
    /// `25%`, `2.5%`, `0.01%`: as many decimals as the value has, at most four.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}%", self.as_f64());
        f.pad(&text)
    }
}

/// A share from 0 to 1 that is never NaN: what comes from outside is clamped.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
pub struct Ratio(f64);

impl Ratio {
    /// Clamps to 0..=1; NaN becomes 0.
    #[must_use]
    pub fn new(value: f64) -> Self {
        Self(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }

    /// `part` of `whole`; `None` when there is no whole: no data is not 0.
    #[must_use]
    pub fn of(part: f64, whole: f64) -> Option<Self> {
        (whole > 0.0 && part.is_finite() && whole.is_finite()).then(|| Self::new(part / whole))
    }

    /// The number between 0 and 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_from_outside_are_checked() {
        for bad in ["150", "abc", "-1", "NaN", "inf", ""] {
            assert!(bad.parse::<Percent>().is_err(), "{bad}");
        }
        assert_eq!("25".parse(), Ok(Percent::from_ppm(250_000)));
        assert_eq!("2.5%".parse(), Ok(Percent::from_ppm(25_000)));
        assert_eq!(Percent::from_ppm(2_500_000), Percent::FULL);
    }

    #[test]
    fn a_percentage_reads_as_a_person_writes_it() {
        let texts: Vec<_> =
            [1_000_000, 250_000, 25_000, 100].map(|p| Percent::from_ppm(p).to_string()).into();
        assert_eq!(texts, ["100%", "25%", "2.5%", "0.01%"]);
    }

    #[test]
    fn a_ratio_is_never_nan_and_no_whole_is_no_ratio() {
        assert_eq!(Ratio::new(f64::NAN).get(), 0.0);
        assert_eq!(Ratio::of(1.0, 0.0), None);
        assert_eq!(Ratio::of(f64::NAN, 5.0), None);
        assert_eq!(Ratio::of(1.0, 4.0), Some(Ratio::new(0.25)));
    }
}
