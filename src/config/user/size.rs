//! A number of bytes as a person writes it.

use std::fmt;
use std::str::FromStr;

/// The units, the largest first. A kilobyte has 1,000 bytes, a kibibyte 1,024.
const UNITS: [(&str, u64); 9] = [
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// A number of bytes: `2GB`, `500 MB`, `1.5GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// A text that is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size: write \"500MB\", \"2GB\" or \"1.5GiB\"")]
pub struct SizeError(String);

impl Size {
    /// The text that reads back as exactly this size: `2GB`, `1536MiB`.
    #[must_use]
    pub fn exact(self) -> String {
        let whole = UNITS.into_iter().filter(|(_, factor)| self.0.is_multiple_of(*factor));
        let (unit, factor) = whole.max_by_key(|(_, factor)| *factor).unwrap_or(("B", 1));
        format!("{}{unit}", self.0 / factor)
    }
}

impl FromStr for Size {
    type Err = SizeError;
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let bad = || SizeError(text.to_owned());
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(end);
        let unit = unit.trim();
        let (_, factor) =
            UNITS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(bad)?;
        let number: f64 = digits.parse().map_err(|_| bad())?;
        let bytes = number * factor as f64;
        // Past 2^63 it is no size of anything.
        if bytes.is_finite() && bytes < i64::MAX as f64 { Ok(Self(bytes as u64)) } else { Err(bad()) }
    }
}

impl fmt::Display for Size {
    /// Short for a screen: `2 GB`, `1.5 GB`, `812 kB`, `17 bytes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = UNITS.into_iter().take(4).find(|(_, factor)| self.0 >= *factor);
        let Some((unit, factor)) = found else { return f.pad(&format!("{} bytes", self.0)) };
        let tenths = (self.0 as f64 / factor as f64 * 10.0).round() / 10.0;
        f.pad(&format!("{tenths} {unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_and_prints_as_a_person_writes_it() {
        let read = |text: &str| text.parse::<Size>().map(|size| size.0).ok();
        assert_eq!(read("2GB"), Some(2_000_000_000));
        assert_eq!(read(" 500 mb"), Some(500_000_000));
        assert_eq!(read("1.5GiB"), Some(1_610_612_736));
        for bad in ["", "2", "GB", "-1GB", "2 G B", "1e3GB", "99999999999999999999TB", "1..5GB", "2GBs"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let shown: Vec<_> =
            [2_000_000_000, 1_610_612_736, 812_000, 17].map(|bytes| Size(bytes).to_string()).into();
        assert_eq!(shown, ["2 GB", "1.6 GB", "812 kB", "17 bytes"]);
        for (bytes, text) in [(2_000_000_000, "2GB"), (1_610_612_736, "1536MiB"), (17, "17B")] {
            assert_eq!((Size(bytes).exact().as_str(), read(text)), (text, Some(bytes)));
        }
    }
}
