//! The points of a chart: what was measured, by arm, put into bins of time.
//!
//! In: the model, a segment and what to show. Out: runs of points for each arm; between two runs there
//! was no data, and nothing may be drawn there. This file never draws.

use crate::domain::{Arm, Metric, MetricName, SegmentName, Timestamp};
use crate::engine::Model;
use crate::engine::model::SegmentModel;
use crate::engine::series::Series;

/// Windows in seconds, shortest first: the shortest that holds all data is shown.
const WINDOWS_S: [i64; 6] = [120, 300, 600, 1800, 3600, 7200];
/// The longest window of what is read every few seconds: older numbers say little about now.
const LONGEST_S: i64 = 1800;
/// What is read more seldom has a window of so many readings: fewer are no curve.
const READINGS: i64 = 60;
/// Shortest bin in seconds: a rate over less jumps with every single user.
const SHORTEST_BIN_S: i64 = 5;

/// Points that follow each other without a gap: seconds before now (negative), and the value.
pub type Run = Vec<(f64, f64)>;

/// What is drawn.
#[derive(Debug, Default)]
pub struct Curve {
    /// The treatment's runs.
    pub treatment: Vec<Run>,
    /// The control's runs.
    pub control: Vec<Run>,
    /// How far back the chart goes, in seconds.
    pub window_s: i64,
    /// The largest value; 0 without data.
    pub top: f64,
}

impl Curve {
    /// The curve of a metric: bad shares in percent for counts, 95 % quantiles for a distribution.
    pub fn of_metric(model: &Model, segment: &SegmentModel, metric: &MetricName, columns: usize) -> Self {
        let Some(series) = segment.series.get(metric) else { return Self::default() };
        let oldest = series.slots().next().map(|slot| slot.at);
        let interval_s = model.rollout.metric(metric).map_or(0, interval_s);
        let mut curve = Self::over(model.now, oldest, interval_s);
        let bin = bin_s(curve.window_s, columns);
        let longest_step = interval_s.saturating_mul(2).max(bin * 2);
        curve.treatment =
            curve.runs(longest_step, bins(model.now, series, Arm::Treatment, bin, curve.window_s));
        curve.control = curve.runs(longest_step, bins(model.now, series, Arm::Control, bin, curve.window_s));
        curve
    }

    /// The curve of the mean score of what customers of a segment (or of all) said.
    pub fn of_feedback(model: &Model, segment: Option<&SegmentName>, columns: usize) -> Self {
        let said = |arm| {
            model.comments.iter().filter(move |c| c.feedback.arm == arm).filter_map(move |c| {
                let here = segment.is_none_or(|s| c.feedback.segment == *s);
                c.feedback.score.filter(|_| here).map(|score| (c.at, f64::from(score)))
            })
        };
        let arms = [Some(Arm::Treatment), Some(Arm::Control)];
        let oldest = arms.iter().flat_map(|arm| said(*arm)).map(|(at, _)| at).min();
        let interval_s = model.rollout.metrics.iter().map(interval_s).max().unwrap_or(0);
        let mut curve = Self::over(model.now, oldest, interval_s);
        let bin = bin_s(curve.window_s, columns) * 4;
        let points = |arm| {
            let mut points = Vec::new();
            let values = said(arm).map(|(at, score)| (seconds_before(model.now, at), score, 1.0));
            fold(values, bin, curve.window_s, &mut points);
            points
        };
        let (treatment, control) = (points(Some(Arm::Treatment)), points(Some(Arm::Control)));
        // A quiet minute is no gap here: nobody promised to speak.
        curve.treatment = curve.runs(i64::MAX, treatment);
        curve.control = curve.runs(i64::MAX, control);
        curve.top = if curve.top > 0.0 { 5.0 } else { 0.0 };
        curve
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.treatment.is_empty() && self.control.is_empty()
    }

    fn over(now: Timestamp, oldest: Option<Timestamp>, interval_s: i64) -> Self {
        let age = oldest.map_or(0, |at| -seconds_before(now, at));
        let longest = LONGEST_S.max(interval_s.saturating_mul(READINGS));
        let mut windows = WINDOWS_S.into_iter().filter(|window| *window <= longest);
        let widest = windows.clone().next_back().unwrap_or(LONGEST_S);
        let window_s = windows.find(|window| age <= *window).unwrap_or(widest);
        Self { window_s, ..Self::default() }
    }

    /// Splits points where the step between two is longer than `longest_step` seconds.
    fn runs(&mut self, longest_step: i64, points: Run) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (at, value) in points {
            self.top = self.top.max(value);
            match runs.last_mut() {
                Some(run) if run.last().is_some_and(|(last, _)| at - last <= longest_step as f64) => {
                    run.push((at, value));
                }
                _ => runs.push(vec![(at, value)]),
            }
        }
        runs
    }
}

/// How often a metric is read, in seconds.
fn interval_s(metric: &Metric) -> i64 {
    i64::try_from(metric.interval.0.as_secs()).unwrap_or(0)
}

fn bin_s(window_s: i64, columns: usize) -> i64 {
    (window_s / i64::try_from(columns.max(1)).unwrap_or(1)).max(SHORTEST_BIN_S)
}

fn seconds_before(now: Timestamp, at: Timestamp) -> i64 {
    (at.0 - now.0) / 1000
}

/// The values of an arm by bin, oldest first.
fn bins(now: Timestamp, series: &Series, arm: Arm, bin: i64, window_s: i64) -> Run {
    let mut points = Vec::new();
    let slots = series.slots().filter_map(|slot| {
        let second = seconds_before(now, slot.at);
        if series.is_distribution {
            slot.p95.get(arm).map(|p95| (second, *p95, 1.0))
        } else {
            slot.new.get(arm).map(|new| (second, new.bad * 100.0, new.units))
        }
    });
    fold(slots, bin, window_s, &mut points);
    points
}

/// Sums `(second, value, weight)` into one point for each bin; a bin without weight gives none.
fn fold(values: impl Iterator<Item = (i64, f64, f64)>, bin: i64, window_s: i64, points: &mut Run) {
    let mut open: Option<(i64, f64, f64)> = None;
    let mut close = |open: Option<(i64, f64, f64)>| {
        if let Some((index, sum, weight)) = open.filter(|(_, _, weight)| *weight > 0.0) {
            let middle = (index * bin + bin / 2).min(0);
            points.push((middle as f64, sum / weight));
        }
    };
    for (second, value, weight) in values.filter(|(second, ..)| -window_s <= *second && *second <= 0) {
        let index = second.div_euclid(bin);
        match &mut open {
            Some((at, sum, total)) if *at == index => {
                *sum += value;
                *total += weight;
            }
            _ => close(open.replace((index, value, weight))),
        }
    }
    close(open);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_seldom_has_a_longer_window() {
        let window = |age_s: i64, interval_s| {
            Curve::over(Timestamp(0), Some(Timestamp(-age_s * 1000)), interval_s).window_s
        };
        assert_eq!(
            [window(60, 1), window(400, 1), window(90_000, 1), window(90_000, 30)],
            [120, 600, 1800, 1800]
        );
        assert_eq!([window(400, 120), window(90_000, 120), window(90_000, 3600)], [600, 7200, 7200]);
        assert_eq!(window(90_000, 60), 3600);
    }

    #[test]
    fn a_gap_splits_a_curve_and_an_empty_bin_is_no_point() {
        let mut points = Vec::new();
        let values = [(-60, 1.0, 10.0), (-58, 3.0, 10.0), (-20, 0.0, 0.0), (-4, 5.0, 10.0), (1, 9.0, 1.0)];
        fold(values.into_iter(), 5, 120, &mut points);
        assert_eq!(points, [(-58.0, 0.2), (-3.0, 0.5)]);
        let mut curve = Curve::default();
        assert_eq!(curve.runs(10, points).len(), 2);
        assert_eq!(curve.top, 0.5);
    }
}
