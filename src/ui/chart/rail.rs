//! The line that a guardrail draws: above it treatment is worse than tolerated.
//!
//! In: the guardrail of a metric and the curve. Out: where the line lies and what it is made of, in words; or why there is
//! none. The line is for the eye. A guardrail is not crossed when a point is above it: it bets on all units since its
//! beginning, and says NO-GO when the bet has won.

use super::curve::{Curve, Unit};
use super::scale;
use crate::domain::{Compare, Guardrail, MetricName, Percent};
use crate::engine::Model;
use crate::engine::model::SegmentModel;

/// The line of a guardrail.
#[derive(Debug, Clone, PartialEq)]
pub struct Rail {
    /// Where, in the unit of the curve. `None`: there is no line to draw.
    pub value: Option<f64>,
    /// What it is made of, or why there is none.
    pub words: String,
}

/// The guardrail of a metric: the first that watches it.
pub fn guardrail<'m>(model: &'m Model, metric: &MetricName) -> Option<(usize, &'m Guardrail)> {
    model.rollout.guardrails.iter().enumerate().find(|(_, guardrail)| guardrail.metric == *metric)
}

/// The line of the metric's guardrail in a segment. `None`: nothing watches it.
pub fn of(model: &Model, segment: &SegmentModel, metric: &MetricName, curve: &Curve) -> Option<Rail> {
    let (index, guardrail) = guardrail(model, metric)?;
    let none = |words: &str| Rail { value: None, words: words.to_owned() };
    if curve.unit != Unit::Percent {
        // It counts the users above four bounds, and none of these rates is a time.
        return Some(none("no line: the guardrail counts slow users"));
    }
    let beyond = tolerated(guardrail.tolerate);
    let (rate, what, units) = match guardrail.compare {
        // A threshold was written down, all its digits count.
        Compare::Above { rate, .. } => (Some(rate), " as written".to_owned(), f64::INFINITY),
        Compare::Control if segment.exposure.confirmed != Some(Percent::FULL) => {
            let control = &curve.control;
            let rate = (control.units > 0.0).then(|| control.bad / control.units);
            (rate.map(|rate| rate * (1.0 + guardrail.tolerate)), format!(" = control{beyond}"), control.units)
        }
        Compare::Control | Compare::Baseline => {
            let usual = segment.usual_rate(index);
            (usual.map(|rate| rate * (1.0 + guardrail.tolerate)), format!(" = before{beyond}"), f64::INFINITY)
        }
    };
    let Some(value) = rate.map(|rate| rate * 100.0).filter(|value| value.is_finite()) else {
        return Some(none("no line: nothing to compare with yet"));
    };
    let words = format!("guardrail {}{what}", scale::value(Unit::Percent, Some(value), units));
    Some(Rail { value: Some(value), words })
}

/// ` +10%`; empty when nothing is tolerated.
fn tolerated(share: f64) -> String {
    if share > 0.0 { format!(" +{}%", (share * 1000.0).round() / 10.0) } else { String::new() }
}
