//! How busy a segment is lately, by one metric: units a second of both arms, how many of them are usually bad, and how
//! often the source brings something new.
//!
//! In: the slots of a series. Out: rates, or what is missing. The exposure may have changed meanwhile: both arms are
//! taken together, and whoever asks splits them. Nothing is kept.

use std::time::Duration;

use super::Missing;
use crate::domain::{Arm, Counts, MetricName, Span, Timestamp};
use crate::engine::model::{Model, SegmentModel};
use crate::engine::series::Series;

/// How far back rates look at the least.
const LATELY: Duration = Duration::from_secs(60);
/// And at the least so many intervals of the source.
const READINGS: u32 = 4;
/// How far back the usual share of bad units looks: long enough for a few of them.
const USUAL: Duration = Duration::from_secs(300);
/// Readings that brought something new before their pace counts as measured.
const LEAST_READINGS: usize = 3;
/// Control's units that are above the outermost of its own quantiles that is watched, by definition.
const ABOVE_LAST_QUANTILE: f64 = 0.01;

/// How busy a segment is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    /// New units a second, both arms together. Above 0.
    pub units_per_s: f64,
    /// Share of units that are usually bad, above 0: control's, or everybody's while there is no control.
    pub base_rate: f64,
    /// Whether bad units were seen at all; else the share is half of one, and assumed.
    pub is_rate_seen: bool,
    /// From when on that share was looked at.
    pub usual_from: Timestamp,
    /// Whether the metric is a distribution: then four bounds share the risk.
    pub is_distribution: bool,
}

/// How busy a segment is by a metric.
///
/// # Errors
/// [`Missing`] when it was not read often enough, not lately, or had no units.
pub fn of(model: &Model, segment: &SegmentModel, metric: &MetricName) -> Result<Traffic, Missing> {
    let name = &segment.name;
    let unread = || Missing(format!("{metric} of {name} has not been read often enough yet"));
    let series = segment.series.get(metric).ok_or_else(unread)?;
    let sampled_at = series.sampled_at.ok_or_else(unread)?;
    let interval = model.rollout.metric(metric).map_or(Duration::ZERO, |metric| metric.interval.0);
    let silence = model.now.since(sampled_at);
    if silence > interval.saturating_mul(2) {
        return Err(Missing(format!("no {metric} data of {name} for {}", Span(silence))));
    }
    let (units, over) = lately(series, back(model.now, window(interval)), sampled_at).ok_or_else(unread)?;
    if units <= 0.0 {
        return Err(Missing(format!("no traffic seen in {name} lately")));
    }
    let usual_from = back(model.now, USUAL);
    let (base_rate, is_rate_seen) = base_rate(series, usual_from);
    Ok(Traffic {
        units_per_s: units / over.as_secs_f64(),
        base_rate,
        is_rate_seen,
        usual_from,
        is_distribution: series.is_distribution,
    })
}

/// How often a metric brings something new: in its busiest segment, because a quiet one brings nothing for other
/// reasons. `None` before [`LEAST_READINGS`]. A pace that seconds are too coarse to tell from what was asked for is given
/// as 0: it is as asked for.
pub fn cadence(model: &Model, metric: &MetricName) -> Option<Duration> {
    let interval = model.rollout.metric(metric).map_or(Duration::ZERO, |metric| metric.interval.0);
    let from = back(model.now, window(interval));
    let paces = model.segments.iter().filter_map(|segment| pace(segment.series.get(metric)?, from));
    let busiest = paces.min()?;
    // Slots are seconds: a pace below that, or a little above what was asked for, cannot be told from it.
    let is_slower = busiest > interval.max(Duration::from_secs(1)).mul_f64(1.25);
    Some(if is_slower { busiest } else { Duration::ZERO })
}

/// The mean time between readings that brought units.
fn pace(series: &Series, from: Timestamp) -> Option<Duration> {
    let mut brought = series.slots().rev().take_while(|slot| slot.at >= from).filter(|slot| {
        let has = |arm| slot.new.get(arm).is_some_and(|counts| counts.units > 0.0);
        has(Arm::Treatment) || has(Arm::Control)
    });
    let newest = brought.next()?.at;
    let (count, oldest) = brought.fold((1, newest), |(count, _), slot| (count + 1, slot.at));
    let gaps = u32::try_from(count - 1).ok().filter(|_| count >= LEAST_READINGS)?;
    Some(newest.since(oldest) / gaps)
}

/// New units of both arms since the end of the first slot, and over which time. `None` when that is under a second.
fn lately(series: &Series, from: Timestamp, sampled_at: Timestamp) -> Option<(f64, Duration)> {
    let mut units = 0.0;
    let mut oldest = None;
    for slot in series.slots().rev().take_while(|slot| slot.at >= from) {
        let new = |arm| slot.new.get(arm).map_or(0.0, |counts: &Counts| counts.units);
        // What the oldest slot brought had gathered before it; it only says when the counting begins.
        units += oldest.replace((slot.at, new(Arm::Treatment) + new(Arm::Control))).map_or(0.0, |(_, n)| n);
    }
    // Where in its second the reading came is not known: in the middle, give or take.
    let begin = oldest?.0.plus(Duration::from_millis(500));
    let over = sampled_at.since(begin);
    (over >= Duration::from_secs(1)).then_some((units, over))
}

/// The usual share of bad units, above 0, and whether it was seen: with none bad it is half of the next one.
fn base_rate(series: &Series, from: Timestamp) -> (f64, bool) {
    if series.is_distribution {
        return (ABOVE_LAST_QUANTILE, true);
    }
    let of = |arm| series.since(from, arm).filter(|counts| counts.units > 0.0);
    let counts = of(Arm::Control).or_else(|| of(Arm::Treatment)).unwrap_or_default();
    let is_seen = counts.bad > 0.0;
    let rate = if is_seen { counts.bad / counts.units } else { 0.5 / (counts.units + 1.0) };
    (rate.clamp(f64::MIN_POSITIVE, 1.0), is_seen)
}

fn window(interval: Duration) -> Duration {
    LATELY.max(interval.saturating_mul(READINGS))
}

fn back(now: Timestamp, by: Duration) -> Timestamp {
    Timestamp(now.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}
