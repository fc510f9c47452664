//! `risk` and `weight`: how the chance of a false alarm is shared.
//!
//! ```text
//! the rollout's risk ─┬─ guardrails with a risk of their own take it
//!                     └─ what is left ─▶ the others, by weight
//! ```
//!
//! Shares add up to at most the whole, so the whole is a promise about the rollout (union bound). Without a risk of
//! the rollout each guardrail has its own, or [`Guardrail::RISK`].

use crate::config::fields::{Fields, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::source_text::Place;
use crate::config::values;
use crate::domain::Guardrail;

/// What a sum of risks may exceed the whole by: the error of adding up decimals.
const ROUNDING: f64 = 1e-9;

/// The bounds of a weight: a share a million times smaller than another is a risk that no evidence can meet.
const WEIGHTS: (f64, f64) = (0.001, 1000.0);

/// What the file says about the whole rollout's risk.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole {
    /// Nothing.
    Unsaid,
    /// Something that cannot be; it was reported, and nothing more is concluded from it.
    Faulty,
    /// This chance, above 0 and below 1.
    Said(f64),
}

/// What a guardrail says about its part of the risk.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// A chance of its own, above 0 and below 1, and where it stands.
    Own(f64, Place),
    /// A weight in what the others leave, and where it stands, or the guardrail if it does not say.
    Weight(f64, Place),
    /// None: a plain threshold promises nothing about false alarms.
    Nothing,
}

/// Reads the rollout's own risk.
pub(super) fn whole(root: &Fields<'_>, problems: &mut Problems) -> Whole {
    root.get("risk").map_or(Whole::Unsaid, |value| chance(value, problems).map_or(Whole::Faulty, Whole::Said))
}

/// Reads a guardrail's part.
pub(super) fn part(fields: &Fields<'_>, whole: Whole, problems: &mut Problems) -> Option<Part> {
    let own = fields.get("risk").map(|value| (chance(value, problems), value.span()));
    let weight = fields.get("weight").map(|value| (weight(value, problems), value.span()));
    match (own, weight) {
        (Some(_), Some((_, place))) => {
            problems.push(
                Problem::new(place, "a guardrail has either `risk` or `weight`, not both").hint(
                    "risk is its own chance of a false alarm; weight is its share of the rollout's risk",
                ),
            );
            None
        }
        (None, Some((_, place))) if matches!(whole, Whole::Unsaid) => {
            problems.push(
                Problem::new(
                    place,
                    "a weight is a share of the rollout's risk, and the file does not say that risk",
                )
                .hint("add risk = 0.05 at the top of the file, or give this guardrail its own risk"),
            );
            None
        }
        (Some((chance, place)), None) => Some(Part::Own(chance?, place)),
        (None, Some((weight, place))) => Some(Part::Weight(weight?, place)),
        (None, None) => Some(Part::Weight(1.0, fields.place())),
    }
}

/// Gives every guardrail its risk, in the order of `parts`; `list` is the place of the guardrails.
pub(super) fn share(whole: Whole, parts: &[Part], list: Place, problems: &mut Problems) -> Vec<f64> {
    let taken: f64 = parts.iter().map(Part::own).sum();
    let weights: f64 = parts.iter().map(Part::weight).sum();
    // What a weight of 1 is worth.
    let unit = if let Whole::Said(whole) = whole {
        check(whole, parts, problems);
        (whole - taken).max(0.0) / weights
    } else {
        Guardrail::RISK
    };
    let sum = taken + weights * Guardrail::RISK;
    if !matches!(whole, Whole::Said(_)) && sum > 1.0 + ROUNDING {
        problems.push(
            Problem::new(
                list,
                format!(
                    "the guardrails' risks add up to {sum:.2}, more than 1: a false alarm would be certain"
                ),
            )
            .hint("give each guardrail a smaller risk; 0.01 each is usual"),
        );
    }
    let risk = |part: &Part| match part {
        Part::Own(chance, _) => *chance,
        Part::Weight(weight, _) => unit * weight,
        // Not used; what a guardrail has that nobody gave a risk.
        Part::Nothing => Guardrail::RISK,
    };
    parts.iter().map(risk).collect()
}

/// Reports the first guardrail for which not enough of the whole is left.
fn check(whole: f64, parts: &[Part], problems: &mut Problems) {
    let mut left = whole;
    for part in parts {
        let Part::Own(chance, place) = part else { continue };
        if *chance > left + ROUNDING {
            let message = format!(
                "this risk is more than what is left: of the rollout's risk of {} there {}",
                values::decimal(whole),
                if left > ROUNDING {
                    format!("is {} left", values::decimal(left))
                } else {
                    "is nothing left".to_owned()
                }
            );
            problems.push(
                Problem::new(place.clone(), message)
                    .hint("make it smaller, or raise the risk at the top of the file"),
            );
            return;
        }
        left -= chance;
    }
    let sharing = parts.iter().find_map(|part| match part {
        Part::Weight(_, place) => Some(place),
        Part::Own(..) | Part::Nothing => None,
    });
    if let Some(place) = sharing.filter(|_| left <= ROUNDING) {
        let whole = values::decimal(whole);
        let message = format!(
            "nothing is left for this guardrail: those with a risk of their own use up the rollout's risk of {whole}"
        );
        problems.push(
            Problem::new(place.clone(), message)
                .hint("make theirs smaller or leave them out, or raise the risk at the top of the file"),
        );
    }
}

impl Part {
    const fn own(&self) -> f64 {
        if let Self::Own(chance, _) = self { *chance } else { 0.0 }
    }

    const fn weight(&self) -> f64 {
        if let Self::Weight(weight, _) = self { *weight } else { 0.0 }
    }
}

fn chance(value: &Value<'_>, problems: &mut Problems) -> Option<f64> {
    let what = "a chance above 0 and below 1: 0.01 allows one false alarm in a hundred rollouts";
    let chance = values::number(value, what, problems)?;
    if chance > 0.0 && chance < 1.0 {
        return Some(chance);
    }
    problems.push(Problem::new(value.span(), format!("expected {what}")));
    None
}

fn weight(value: &Value<'_>, problems: &mut Problems) -> Option<f64> {
    let (least, most) = WEIGHTS;
    let what =
        format!("a weight from {least} to {most}: 2 is twice the share of a guardrail that says nothing");
    let weight = values::number(value, &what, problems)?;
    if (least..=most).contains(&weight) {
        return Some(weight);
    }
    problems.push(Problem::new(value.span(), format!("expected {what}")));
    None
}
