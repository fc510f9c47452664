//! The points of a chart: what was measured, by arm, put into the bins of a page.
//!
//! In: the model, a segment and what to show. Out: for each arm and bin a value with its interval, or nothing where there
//! was no data. This file never draws.
//!
//! | signal | value of a bin | its interval |
//! |---|---|---|
//! | counts | share of bad units among the new ones | 95 %, of this bin alone ([`score`](crate::stats::score)) |
//! | distribution | 95 % quantile of the minute before its end | none: the series keeps no distribution of that time |
//! | feedback | mean of the scores | 95 %, of this bin alone, for scores of any distribution ([`bounded`](crate::stats::bounded)) |
//!
//! The interval of a bin says how sure that one point is. Of sixty such bins about three miss their rate; verdicts are made
//! of bets that allow for that, and never of these.

use super::page::Page;
use crate::domain::{Arm, Metric, MetricName, SegmentName};
use crate::engine::Model;
use crate::engine::model::SegmentModel;
use crate::stats::{bounded, score};

/// Shortest bin in seconds.
const SHORTEST_BIN_S: i64 = 5;
/// Shortest bin of feedback: people speak seldom.
const FEEDBACK_BIN_S: i64 = 30;

/// The lowest score, and how far above it the highest is.
const LOWEST: f64 = 1.0;
const STARS: f64 = 4.0;

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Shares in percent.
    #[default]
    Percent,
    /// Milliseconds.
    Ms,
    /// Scores from 1 to 5.
    Score,
}

/// One bin of one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The value, in the unit of the curve.
    pub value: f64,
    /// Its interval. `None`: there is no honest one.
    pub band: Option<(f64, f64)>,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Points {
    /// One for each bin of the page; `None` is a gap.
    pub bins: Vec<Option<Point>>,
    /// Units in all of them.
    pub units: f64,
    /// Of them bad; for feedback the sum of the scores.
    pub bad: f64,
    /// Units in the newest bin that has any.
    pub newest_units: f64,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// When.
    pub page: Page,
    /// What the values are.
    pub unit: Unit,
    /// The arm that has the feature.
    pub treatment: Points,
    /// The arm that does not.
    pub control: Points,
    /// A longer step between two points is a gap, in seconds.
    pub longest_step_s: i64,
}

/// What came into a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    units: f64,
    bad: f64,
    last: Option<f64>,
}

impl Curve {
    /// The curve of a metric. Empty for one that was never read.
    pub fn of_metric(model: &Model, segment: &SegmentModel, metric: &MetricName, columns: usize) -> Self {
        let Some(series) = segment.series.get(metric) else { return Self::default() };
        let oldest = series.slots().next().map(|slot| slot.at);
        let interval_s = model.rollout.metric(metric).map_or(0, interval_s);
        let page = Page::new(model.now, oldest, interval_s, columns, SHORTEST_BIN_S);
        let unit = if series.is_distribution { Unit::Ms } else { Unit::Percent };
        let mut sums = [vec![Sum::default(); page.len()], vec![Sum::default(); page.len()]];
        // Newest first: a long series has much that lies before the page.
        for slot in series.slots().rev().take_while(|slot| slot.at >= page.from) {
            let Some(bin) = page.bin(slot.at) else { continue };
            for (sums, arm) in sums.iter_mut().zip([Arm::Treatment, Arm::Control]) {
                let (Some(sum), Some(new)) = (sums.get_mut(bin), slot.new.get(arm)) else { continue };
                sum.units += new.units;
                sum.bad += new.bad;
                sum.last = sum.last.or(slot.p95.get(arm).copied());
            }
        }
        let [treatment, control] = sums.map(|sums| points(&sums, unit));
        let longest_step_s = interval_s.max(page.bin_s).saturating_mul(2);
        Self { page, unit, treatment, control, longest_step_s }
    }

    /// The curve of the mean score of what customers of a segment (or of all) said.
    pub fn of_feedback(model: &Model, segment: Option<&SegmentName>, columns: usize) -> Self {
        let said = || {
            model.comments.iter().filter_map(|comment| {
                let what = &comment.feedback;
                let is_here = segment.is_none_or(|name| what.segment == *name);
                Some((comment.at, what.arm?, f64::from(what.score.filter(|_| is_here)?)))
            })
        };
        let oldest = said().map(|(at, ..)| at).min();
        let interval_s = model.rollout.metrics.iter().map(interval_s).max().unwrap_or(0);
        let page = Page::new(model.now, oldest, interval_s, columns, FEEDBACK_BIN_S);
        let mut sums = [vec![Sum::default(); page.len()], vec![Sum::default(); page.len()]];
        for (at, arm, score) in said() {
            let [treatment, control] = &mut sums;
            let sums = if arm == Arm::Treatment { treatment } else { control };
            if let Some(sum) = page.bin(at).and_then(|bin| sums.get_mut(bin)) {
                sum.units += 1.0;
                sum.bad += score;
            }
        }
        let [treatment, control] = sums.map(|sums| points(&sums, Unit::Score));
        // A quiet minute is no gap here: nobody promised to speak.
        Self { page, unit: Unit::Score, treatment, control, longest_step_s: page.span_s }
    }

    /// One arm.
    pub const fn arm(&self, arm: Arm) -> &Points {
        match arm {
            Arm::Treatment => &self.treatment,
            Arm::Control => &self.control,
        }
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.treatment.units <= 0.0 && self.control.units <= 0.0
    }

    /// The newest point of an arm. `None`: it is too long ago to be called now.
    pub fn newest(&self, arm: Arm) -> Option<&Point> {
        let bins = &self.arm(arm).bins;
        let (bin, point) = bins.iter().enumerate().rev().find_map(|(i, point)| Some((i, point.as_ref()?)))?;
        let until_s = self.page.until.0.saturating_sub(self.page.from.0) as f64 / 1000.0;
        let ago_s = until_s - self.page.middle_s(bin);
        (ago_s <= (self.longest_step_s + self.page.bin_s) as f64).then_some(point)
    }

    /// The points of an arm as lines: seconds from the beginning and value. Between two lines is a gap.
    pub fn runs(&self, arm: Arm) -> Vec<Vec<(f64, f64)>> {
        let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
        for (bin, point) in self.arm(arm).bins.iter().enumerate() {
            let Some(point) = point else { continue };
            let at = self.page.middle_s(bin);
            let is_next = |run: &Vec<(f64, f64)>| {
                run.last().is_some_and(|(last, _)| at - last <= self.longest_step_s as f64)
            };
            match runs.last_mut().filter(|run| is_next(run)) {
                Some(run) => run.push((at, point.value)),
                None => runs.push(vec![(at, point.value)]),
            }
        }
        runs
    }
}

/// The value of what was counted, in the unit.
fn points(sums: &[Sum], unit: Unit) -> Points {
    let bins = sums.iter().map(|sum| point(sum, unit)).collect();
    let newest_units = sums.iter().rev().map(|sum| sum.units).find(|units| *units > 0.0).unwrap_or_default();
    let add = |of: fn(&Sum) -> f64| sums.iter().map(of).sum();
    Points { bins, units: add(|sum| sum.units), bad: add(|sum| sum.bad), newest_units }
}

fn point(sum: &Sum, unit: Unit) -> Option<Point> {
    if sum.units <= 0.0 {
        return None;
    }
    match unit {
        Unit::Percent => {
            let band = score::interval(sum.bad, sum.units).map(|(low, high)| (low * 100.0, high * 100.0));
            Some(Point { value: sum.bad / sum.units * 100.0, band })
        }
        Unit::Ms => sum.last.map(|value| Point { value, band: None }),
        Unit::Score => {
            let value = sum.bad / sum.units;
            let band = bounded::interval((value - LOWEST) / STARS, sum.units)
                .map(|(low, high)| (LOWEST + low * STARS, LOWEST + high * STARS));
            Some(Point { value, band })
        }
    }
    .filter(|point| point.value.is_finite())
}

/// How often a metric is read, in seconds.
pub fn interval_s(metric: &Metric) -> i64 {
    i64::try_from(metric.interval.0.as_secs()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn curve(bins: Vec<Option<f64>>) -> Curve {
        let page = Page { span_s: 60, bin_s: 5, tick_s: 30, until: Timestamp(60_000), ..Page::default() };
        let bins = bins.into_iter().map(|value| Some(Point { value: value?, band: None })).collect();
        let treatment = Points { bins, units: 1.0, ..Points::default() };
        Curve { page, treatment, longest_step_s: 10, ..Curve::default() }
    }

    #[test]
    fn a_gap_splits_a_curve_and_an_empty_bin_is_no_point() {
        let sums = [(10.0, 1.0), (0.0, 0.0), (20.0, 3.0)];
        let sums = sums.map(|(units, bad)| Sum { units, bad, last: None });
        let points = points(&sums, Unit::Percent);
        assert_eq!((points.units, points.bad, points.newest_units), (30.0, 4.0, 20.0));
        let values: Vec<_> = points.bins.iter().map(|point| point.map(|point| point.value)).collect();
        assert_eq!(values, [Some(10.0), None, Some(15.0)]);

        let (one, none) = (Some(1.0), None);
        let runs = curve(vec![one, none, one, none, none, one]).runs(Arm::Treatment);
        let lengths: Vec<_> = runs.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1], "one late reading is no gap, two are");
    }

    #[test]
    fn every_point_of_counts_and_scores_lies_in_its_interval_and_others_have_none() {
        let sum = Sum { units: 40.0, bad: 2.0, last: Some(200.0) };
        let of_counts = point(&sum, Unit::Percent).expect("units");
        let (low, high) = of_counts.band.expect("counts have one");
        assert!(low < of_counts.value && of_counts.value < high, "{of_counts:?}");
        assert_eq!(point(&sum, Unit::Ms), Some(Point { value: 200.0, band: None }));
        assert_eq!(point(&Sum { last: None, ..sum }, Unit::Ms), None);
        let of_scores = |units: f64, sum: f64| {
            let point = point(&Sum { units, bad: sum, last: None }, Unit::Score).expect("scores");
            let (low, high) = point.band.expect("scores have one");
            assert!(1.0 <= low && low <= point.value && point.value <= high && high <= 5.0, "{point:?}");
            high - low
        };
        assert!(of_scores(3.0, 13.0) > of_scores(30.0, 130.0), "ten times as many are surer");
        assert!(of_scores(1.0, 5.0) > 3.8, "one customer says next to nothing");
        // More bad units than units: a rate, but not one of a binomial.
        let odd = point(&Sum { units: 2.0, bad: 3.0, last: None }, Unit::Percent).expect("units");
        assert_eq!(odd.band, None);
    }

    #[test]
    fn what_is_long_ago_is_not_called_now() {
        assert!(curve(vec![Some(1.0), None]).newest(Arm::Treatment).is_none());
        let mut bins = vec![None; 10];
        bins.push(Some(2.0));
        assert_eq!(curve(bins).newest(Arm::Treatment).map(|point| point.value), Some(2.0));
    }
}
