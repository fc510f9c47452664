//! A change of a verdict, and its line of JSON.

use serde::Serialize;

use crate::domain::{Evidence, MetricName, SegmentName, Station, Timestamp, Verdict};

/// A verdict that is not what it was before; the first one is a change, too.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// When: the time of the row or event that brought it.
    pub at: Timestamp,
    /// In which segment.
    pub segment: SegmentName,
    /// At which station.
    pub station: Station,
    /// Of which metric. `None`: the station judges no metric.
    pub metric: Option<MetricName>,
    /// The new verdict.
    pub verdict: Verdict,
    /// What it is made of.
    pub evidence: Evidence,
}

#[derive(Serialize)]
struct Line<'a> {
    at_s: Seconds,
    segment: &'a SegmentName,
    station: Station,
    metric: Option<&'a MetricName>,
    verdict: Verdict,
    e_value: Option<f64>,
    threshold: Option<f64>,
    text: &'a str,
}

/// A whole number where it is one: as such it stands in most files.
#[derive(Serialize)]
#[serde(untagged)]
enum Seconds {
    Whole(i64),
    Part(f64),
}

impl From<Timestamp> for Seconds {
    fn from(at: Timestamp) -> Self {
        if at.0 % 1000 == 0 { Self::Whole(at.0 / 1000) } else { Self::Part(at.0 as f64 / 1000.0) }
    }
}

impl Change {
    /// Its line of JSON, without the line break. No number in it is infinite or NaN.
    ///
    /// # Errors
    /// None that is known: every part can be written.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Line {
            at_s: self.at.into(),
            segment: &self.segment,
            station: self.station,
            metric: self.metric.as_ref(),
            verdict: self.verdict,
            e_value: self.evidence.ln_e.and_then(number),
            threshold: self.evidence.ln_threshold.and_then(number),
            text: &self.evidence.sentence,
        })
    }
}

/// Digits that a logarithm can stand for: 200 comes back from its own as 199.99999999999991.
const DIGITS: usize = 10;

/// From a natural logarithm; what is too large for a number is the largest one. `None` for NaN. Never rounds a smaller
/// number to a larger one than that of a larger logarithm.
fn number(ln: f64) -> Option<f64> {
    if ln.is_nan() {
        return None;
    }
    let rounded = format!("{:.*e}", DIGITS - 1, ln.exp()).parse().unwrap_or(f64::MAX);
    Some(rounded.min(f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_infinite() {
        assert_eq!([1e9, f64::INFINITY].map(number), [Some(f64::MAX); 2]);
        assert_eq!([f64::NEG_INFINITY, 0.0].map(number), [Some(0.0), Some(1.0)]);
        assert_eq!(number(f64::NAN), None);
    }

    #[test]
    fn a_threshold_comes_back_as_the_number_that_it_was() {
        let there_and_back =
            [200.0, 8e6, 2.0 / 0.0125, 1e-6].map(|number: f64| (number, self::number(number.ln())));
        assert!(there_and_back.iter().all(|(there, back)| *back == Some(*there)), "{there_and_back:?}");
    }

    #[test]
    fn a_whole_second_is_a_whole_number() {
        let text = |ms| serde_json::to_string(&Seconds::from(Timestamp(ms))).unwrap();
        assert_eq!([0, 1_795_356_000_000, 1500, -2000].map(text), ["0", "1795356000", "1.5", "-2"]);
    }
}
