//! Sparklines: the last minutes of a metric in a few cells, where a chart does not fit.
//!
//! In: the model, a segment, a metric. Out: one cell for each bin of time. A bin without data is a gap and has a sign of its
//! own, which is not the one of zero; the bin that has only begun is empty until there is something in it.

use super::scale::round_up;
use crate::domain::{Arm, MetricName, Timestamp};
use crate::engine::Model;
use crate::engine::model::SegmentModel;
use crate::theme::Glyphs;

/// Widths of a bin in seconds: the first that surely has a reading in it is taken.
const BINS_S: [i64; 7] = [10, 20, 30, 60, 120, 300, 600];

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// What was measured.
    Value(f64),
    /// Nothing was.
    Gap,
    /// Nothing yet: it has only begun.
    Open,
}

/// The width of a bin for a metric, in seconds.
pub fn bin_s(model: &Model, metric: &MetricName) -> i64 {
    let interval_s = model.rollout.metric(metric).map_or(1, super::curve::interval_s);
    let [.., widest] = BINS_S;
    BINS_S.into_iter().find(|bin| *bin >= interval_s.saturating_mul(2)).unwrap_or(widest)
}

/// The last `count` bins of an arm, oldest first: bad shares from 0 to 1, or 95 % quantiles. Empty for a metric that was
/// never read.
pub fn cells(
    model: &Model,
    segment: &SegmentModel,
    metric: &MetricName,
    arm: Arm,
    count: usize,
) -> Vec<Cell> {
    let Some(series) = segment.series.get(metric).filter(|series| series.sampled_at.is_some()) else {
        return Vec::new();
    };
    let bin_ms = bin_s(model, metric).saturating_mul(1000);
    let newest = model.now.0.div_euclid(bin_ms);
    let first = newest.saturating_sub(i64::try_from(count).unwrap_or(i64::MAX)).saturating_add(1);
    let mut sums = vec![(0.0, 0.0, None); count];
    let from = Timestamp(first.saturating_mul(bin_ms));
    for slot in series.slots().rev().take_while(|slot| slot.at >= from) {
        let bin = usize::try_from(slot.at.0.div_euclid(bin_ms).saturating_sub(first)).ok();
        let (Some(sum), Some(new)) = (bin.and_then(|bin| sums.get_mut(bin)), slot.new.get(arm)) else {
            continue;
        };
        sum.0 += new.units;
        sum.1 += new.bad;
        sum.2 = sum.2.or(slot.p95.get(arm).copied());
    }
    let last = count.saturating_sub(1);
    let cell = |(index, (units, bad, p95)): (usize, (f64, f64, Option<f64>))| {
        let value = if series.is_distribution { p95 } else { Some(bad / units) };
        match value.filter(|value| units > 0.0 && value.is_finite()) {
            Some(value) => Cell::Value(value),
            None if index == last => Cell::Open,
            None => Cell::Gap,
        }
    };
    sums.into_iter().enumerate().map(cell).collect()
}

/// The round number that all these cells are below: several sparklines with one top can be compared.
pub fn top<'c>(lines: impl IntoIterator<Item = &'c Vec<Cell>>) -> f64 {
    let values = lines.into_iter().flatten().filter_map(|cell| match cell {
        Cell::Value(value) => Some(*value),
        _ => None,
    });
    match values.fold(0.0, f64::max) {
        most if most > 0.0 => round_up(most),
        _ => 1.0,
    }
}

/// The cells as signs; 0 and `top` are the lowest and the highest.
pub fn text(glyphs: &Glyphs, cells: &[Cell], top: f64) -> String {
    let sign = |cell: &Cell| match cell {
        Cell::Value(value) => glyphs.spark_level(value / top),
        Cell::Gap => glyphs.gap,
        Cell::Open => " ",
    };
    cells.iter().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::world;

    #[test]
    fn a_gap_is_no_zero_and_what_has_only_begun_is_neither() {
        let cells = vec![Cell::Value(0.0), Cell::Gap, Cell::Value(0.04), Cell::Value(0.05), Cell::Open];
        assert_eq!(top([&cells]), 0.05);
        assert_eq!(text(&Glyphs::UNICODE, &cells, 0.05), "▁·▇█ ");
        assert_eq!(top([&vec![Cell::Gap]]), 1.0);
    }

    #[test]
    fn a_source_that_fell_silent_leaves_gaps_at_the_end() {
        let mut world = world::launch();
        let metric = world.model.rollout.metrics[0].name.clone();
        let of = |model: &Model| cells(model, &model.segments[2], &metric, Arm::Treatment, 12);
        let before = of(&world.model);
        assert!(before.iter().take(11).all(|cell| matches!(cell, Cell::Value(_))), "{before:?}");
        for _ in 0..12 {
            world.step(&["errors"], 0.0);
        }
        let after = of(&world.model);
        assert_eq!(after.iter().filter(|cell| **cell == Cell::Gap).count(), 5, "{after:?}");
        assert_eq!(after.last(), Some(&Cell::Open));
    }
}
