//! `margin`, `tolerate` and `jump`: how much worse is accepted, what a GO rules out, and what must be seen fast.
//!
//! Numbers that cannot be meant (a margin of 0, of NaN, of more than everybody) are refused: with them a guardrail
//! would never say GO, or always.

use crate::config::fields::{Fields, Value, kind_of};
use crate::config::problem::{Problem, Problems};
use crate::config::values;
use crate::domain::{Guardrail, Margin};

/// What a margin can be, in words.
const EXPECTED: &str = "a share above 0 such as 0.10 (a GO rules out +10 %), or { points = 1 }";

/// Reads the accepted worsening: a share of 0 or more, 0 when the file does not say.
pub(super) fn tolerate(fields: &Fields<'_>, problems: &mut Problems) -> Option<f64> {
    let Some(value) = fields.get("tolerate") else { return Some(0.0) };
    let what = "a share of 0 or more: 0.10 accepts up to 10 % worse";
    let share = values::number(value, what, problems)?;
    number_or_fault(value, share, share >= 0.0 && share.is_finite(), what, problems)
}

/// Reads what a GO must rule out. When the file does not say: what is tolerated, or [`Guardrail::MARGIN`].
pub(super) fn read(fields: &Fields<'_>, tolerate: Option<f64>, problems: &mut Problems) -> Option<Margin> {
    let Some(value) = fields.get("margin") else {
        let share = tolerate.filter(|share| *share > 0.0).unwrap_or(Guardrail::MARGIN);
        return Some(Margin::Relative(share));
    };
    if value.get_ref().is_table() {
        return points(value, problems).map(Margin::Points);
    }
    if !value.get_ref().is_float() && !value.get_ref().is_integer() {
        let message = format!("expected {EXPECTED}, found {}", kind_of(value.get_ref()));
        problems.push(Problem::new(value.span(), message));
        return None;
    }
    let share = values::number(value, EXPECTED, problems)?;
    number_or_fault(value, share, share > 0.0 && share.is_finite(), EXPECTED, problems).map(Margin::Relative)
}

/// Percentage points as a difference of rates.
fn points(value: &Value<'_>, problems: &mut Problems) -> Option<f64> {
    let fields = Fields::of(value, "a margin", &["points"], problems)?;
    let points = fields.require("points", "points = 1: one user in a hundred more", problems)?;
    let what = "percentage points above 0, at most 100: 1 is one user in a hundred more";
    let number = values::number(points, what, problems)?;
    number_or_fault(points, number, number > 0.0 && number <= 100.0, what, problems)
        .map(|points| points / 100.0)
}

/// Reads the worsening that must be seen fast: above 1, [`Guardrail::JUMP`] when the file does not say.
pub(super) fn jump(fields: &Fields<'_>, problems: &mut Problems) -> Option<f64> {
    let Some(value) = fields.get("jump") else { return Some(Guardrail::JUMP) };
    let what = "a number above 1: 10 is ten times as many bad users as usual";
    let times = values::number(value, what, problems)?;
    number_or_fault(value, times, times > 1.0 && times.is_finite(), what, problems)
}

fn number_or_fault(
    value: &Value<'_>,
    number: f64,
    is_good: bool,
    what: &str,
    problems: &mut Problems,
) -> Option<f64> {
    if !is_good {
        problems.push(Problem::new(value.span(), format!("expected {what}")));
    }
    is_good.then_some(number)
}
