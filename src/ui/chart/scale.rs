//! The axis of values: where it ends, where its ticks are, and how values are written.
//!
//! In: the values of a curve. Out: a [`Scale`] with round ticks (1, 2 and 5 times a power of ten). It follows from what is
//! drawn and remembers nothing; round numbers and complete bins keep it from jumping.

use super::curve::{Curve, Unit};
use crate::domain::Arm;
use crate::ui::words;

/// Steps that an axis is divided into at most.
const STEPS: f64 = 4.0;
/// Room above the largest value, as a factor: a line on the upper edge is not seen.
const AIR: f64 = 1.05;
/// An interval is shown up to so many times the largest value; a bin of three users reaches to the sky.
const BAND_ROOM: f64 = 1.5;
/// A guardrail that is further up than this is not shown: the curve would be flat.
const RAIL_ROOM: f64 = 4.0;

/// An axis of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The value at the lower edge.
    pub low: f64,
    /// The value at the upper edge.
    pub top: f64,
    /// From one tick to the next.
    pub step: f64,
    /// What the values are.
    pub unit: Unit,
}

impl Scale {
    /// The axis for a curve and its guardrail.
    pub fn new(curve: &Curve, rail: Option<f64>) -> Self {
        if curve.unit == Unit::Score {
            return Self { low: 1.0, top: 5.0, step: 1.0, unit: Unit::Score };
        }
        let mut step = round_up(need(curve, rail) * AIR / STEPS);
        if curve.unit == Unit::Ms {
            step = step.max(1.0);
        }
        let mut steps = (need(curve, rail) * AIR / step).ceil().clamp(1.0, STEPS);
        if curve.unit == Unit::Percent && step * steps > 100.0 {
            (step, steps) = (25.0, STEPS);
        }
        Self { low: 0.0, top: step * steps, step, unit: curve.unit }
    }

    /// How far up a value is, 0 to 1; what lies outside is at the edge.
    pub fn share(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.top - self.low);
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The row of a value, from the top, in a plot of so many rows.
    pub fn row(&self, value: f64, rows: u16) -> u16 {
        // The upper edge of the axis is the middle of the first half row, as for the lines of a canvas.
        let row = (1.0 - self.share(value)) * (f64::from(rows) - 0.5);
        (row as u16).min(rows.saturating_sub(1))
    }

    /// Whether a value is on the axis.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.top).contains(&value)
    }

    /// The values of the ticks, highest first, no more than one in two rows.
    pub fn ticks(&self, rows: u16) -> Vec<f64> {
        let steps = ((self.top - self.low) / self.step).round().clamp(1.0, 8.0) as u16;
        let most = (rows.saturating_sub(1) / 2).max(1);
        // Every tick, every second one, …: those that fit and meet both ends; else only the ends.
        let every =
            (1..=steps).find(|every| steps.is_multiple_of(*every) && steps / every <= most).unwrap_or(steps);
        let every = usize::from(every.max(1));
        (0..=steps).rev().step_by(every).map(|tick| self.low + f64::from(tick) * self.step).collect()
    }

    /// The text of a tick.
    pub fn label(&self, value: f64) -> String {
        match self.unit {
            Unit::Percent => format!("{value:.*}%", decimals(self.step)),
            Unit::Ms if self.top >= 10_000.0 => {
                format!("{:.*} s", decimals(self.step / 1000.0), value / 1000.0)
            }
            Unit::Ms => format!("{value:.0} ms"),
            Unit::Score => format!("{value:.0}"),
        }
    }
}

/// A value with its unit, with the decimals that `units` measured ones can carry.
pub fn value(unit: Unit, value: Option<f64>, units: f64) -> String {
    match (unit, value) {
        (_, None) => words::UNKNOWN.to_owned(),
        (Unit::Percent, Some(value)) => format!("{}%", words::rate_of(value / 100.0, units)),
        (Unit::Ms, Some(value)) => format!("{value:.0} ms"),
        (Unit::Score, Some(value)) => format!("{value:.1}"),
    }
}

/// The largest value that must have its place.
fn need(curve: &Curve, rail: Option<f64>) -> f64 {
    let points = || {
        [Arm::Treatment, Arm::Control].into_iter().flat_map(|arm| {
            curve.arm(arm).bins.iter().enumerate().filter_map(|(bin, point)| Some((bin, point.as_ref()?)))
        })
    };
    // A running bin has few units yet: its jumps must not move the axis.
    let complete = || points().filter(|(bin, _)| !curve.page.is_running(*bin)).map(|(_, point)| point);
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let mut need = largest(&mut complete().map(|point| point.value));
    if need <= 0.0 {
        need = largest(&mut points().map(|(_, point)| point.value));
    }
    let highs = || complete().filter_map(|point| point.band).map(|(_, high)| high);
    if need > 0.0 {
        need = need.max(largest(&mut highs()).min(need * BAND_ROOM));
    } else {
        // Nothing was bad so far: then how sure that is, at the surest.
        let least = highs().fold(f64::INFINITY, f64::min);
        need = if least.is_finite() { least } else { 0.0 };
    }
    match rail {
        Some(rail) if rail.is_finite() && (need <= 0.0 || rail <= need * RAIL_ROOM) => need.max(rail),
        _ => need,
    }
}

/// The smallest of 1, 2 or 5 times a power of ten that is not below.
pub fn round_up(number: f64) -> f64 {
    if !(number.is_finite() && number > 0.0) {
        return 0.25;
    }
    let power = 10_f64.powf(number.log10().floor());
    // A little slack: 0.1 + 0.2 is not 0.3.
    let is_enough = |rounded: &f64| *rounded >= number * (1.0 - 1e-9);
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(is_enough).unwrap_or(number)
}

/// Decimals that tell the ticks of such a step apart.
fn decimals(step: f64) -> usize {
    (0..4).find(|places| (step * 10_f64.powi(*places)).fract().abs() < 1e-6).unwrap_or(4) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::ui::chart::curve::{Point, Points};
    use crate::ui::chart::page::Page;

    fn curve(values: &[f64], unit: Unit) -> Curve {
        let page = Page { span_s: 60, bin_s: 5, tick_s: 30, until: Timestamp(60_000), ..Page::default() };
        let bins = values.iter().map(|value| Some(Point { value: *value, band: None })).collect();
        let treatment = Points { bins, units: 1.0, ..Points::default() };
        Curve { page, unit, treatment, longest_step_s: 10, ..Curve::default() }
    }

    #[test]
    fn ticks_are_round_and_hold_everything() {
        for largest in [1e-6, 0.013, 0.2, 1.1, 1.9, 3.0, 47.0, 99.9, 100.0] {
            for unit in [Unit::Percent, Unit::Ms] {
                let scale = Scale::new(&curve(&[largest], unit), None);
                assert!(scale.top >= largest && scale.holds(0.0), "{largest}: {scale:?}");
                for rows in 0..20 {
                    let ticks = scale.ticks(rows);
                    assert_eq!(ticks.first().map(|t| scale.share(*t)), Some(1.0), "{largest} {rows}");
                    assert_eq!(ticks.last().map(|t| scale.share(*t)), Some(0.0), "{largest} {rows}");
                }
            }
        }
        let labels = |largest, unit, rail| -> Vec<_> {
            let scale = Scale::new(&curve(&[largest], unit), rail);
            scale.ticks(12).iter().map(|tick| scale.label(*tick)).collect()
        };
        assert_eq!(labels(1.1, Unit::Percent, None), ["1.5%", "1.0%", "0.5%", "0.0%"]);
        assert_eq!(labels(1.1, Unit::Percent, Some(3.0)), ["4%", "3%", "2%", "1%", "0%"]);
        assert_eq!(labels(280.0, Unit::Ms, None), ["300 ms", "200 ms", "100 ms", "0 ms"]);
        assert_eq!(labels(99.0, Unit::Percent, None), ["100%", "75%", "50%", "25%", "0%"]);
        assert_eq!(labels(3.0, Unit::Score, None), ["5", "4", "3", "2", "1"]);
        assert_eq!(labels(1.0, Unit::Percent, Some(900.0)).first().map(String::as_str), Some("1.5%"));
    }

    #[test]
    fn a_running_bin_does_not_move_the_axis_and_nothing_bad_is_a_scale_too() {
        let mut jumps = curve(&[1.0, 1.0, 33.0], Unit::Percent);
        jumps.page.until = Timestamp(14_000);
        assert_eq!(Scale::new(&jumps, None).top, 1.5);
        assert_eq!(Scale::new(&curve(&[0.0], Unit::Percent), None).top, 0.25);
        let nothing = Scale::new(&curve(&[], Unit::Ms), None);
        assert!(nothing.top > 0.0 && nothing.row(f64::NAN, 0) == 0);
    }
}
