//! A kill would come too late: which term to shorten.

use super::Advice;
use crate::domain::{Span, Verdict};
use crate::engine::forecast::{BUDGET, slowest_kill};
use crate::engine::model::Model;

pub fn advise(model: &Model) -> Vec<Advice> {
    let Some((forecast, _)) = slowest_kill(model) else { return Vec::new() };
    let Some(how) = forecast.shorten(model) else { return Vec::new() };
    let text = format!(
        "a {} of {} would take {}, more than {} s: {how}.",
        forecast.word(),
        forecast.segment,
        Span(forecast.total()),
        BUDGET.as_secs()
    );
    vec![Advice::new(Some(&forecast.segment), Verdict::Hold, text)]
}
