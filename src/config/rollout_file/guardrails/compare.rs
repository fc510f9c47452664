//! `compare`: what a guardrail holds the treatment arm against.
//!
//! In: `"control"`, `"baseline"` or `{ above = 0.02, least = 500 }`. Out: a [`Compare`], and whether a least count was
//! written out: only then may a guardrail that counts requests kill.

use crate::config::fields::{Fields, Value, kind_of};
use crate::config::near::did_you_mean;
use crate::config::problem::{Problem, Problems};
use crate::config::values;
use crate::domain::Compare;

/// Units that a plain threshold waits for when the file does not say: at a limit of 2 % two bad ones are still usual.
const DEFAULT_LEAST: u64 = 100;

const WORDS: [(&str, Compare); 2] = [("control", Compare::Control), ("baseline", Compare::Baseline)];

/// What is allowed, in words.
const EXPECTED: &str = "`control`, `baseline` or `{ above = 0.02, least = 500 }`";

/// Reads a comparison, and whether its least count was written out.
pub(super) fn read(value: &Value<'_>, problems: &mut Problems) -> Option<(Compare, bool)> {
    if value.get_ref().is_table() {
        return threshold(value, problems);
    }
    let Some(word) = value.get_ref().as_str() else {
        let message = format!("expected {EXPECTED}, found {}", kind_of(value.get_ref()));
        // A bare number can only have been meant as one thing.
        let number = value.get_ref().is_float() || value.get_ref().is_integer();
        let hint = number.then(|| "write compare = { above = 0.02 } for a plain threshold".to_owned());
        problems.push(Problem::new(value.span(), message).maybe_hint(hint));
        return None;
    };
    if let Some((_, compare)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Some((*compare, false));
    }
    let hint = match word {
        "above" => Some("write compare = { above = 0.02 } for a plain threshold".to_owned()),
        _ => did_you_mean(word, WORDS.iter().map(|(known, _)| *known)),
    };
    let message = format!("`{word}` is not known here, expected {EXPECTED}");
    problems.push(Problem::new(value.span(), message).maybe_hint(hint));
    None
}

fn threshold(value: &Value<'_>, problems: &mut Problems) -> Option<(Compare, bool)> {
    let fields = Fields::of(value, "a threshold", &["above", "least"], problems)?;
    let least = fields.get("least").map_or(Some(DEFAULT_LEAST), |least| values::whole(least, 1, problems));
    let above =
        fields.require("above", "above = 0.02: more than two bad in a hundred are too many", problems)?;
    let what = "a share of bad units from 0 to below 1: 0.02 accepts two in a hundred";
    let rate = values::number(above, what, problems)?;
    if !(0.0..1.0).contains(&rate) {
        // A percentage is the usual slip.
        let meant = (1.0..100.0).contains(&rate).then(|| format!("{rate} % is {}", rate / 100.0));
        problems.push(Problem::new(above.span(), format!("expected {what}")).maybe_hint(meant));
        return None;
    }
    Some((Compare::Above { rate, least: least? }, fields.get("least").is_some()))
}
