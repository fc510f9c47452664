//! A segment that is off after a NO-GO: the way back, once it is mended.

use super::Advice;
use super::words::{key, list};
use crate::action::Verb;
use crate::domain::{Percent, Phase, Verdict};
use crate::engine::model::Model;

pub fn advise(model: &Model) -> Vec<Advice> {
    let off = model.segments.iter().filter(|segment| {
        !segment.latches.is_empty()
            && segment.phase != Phase::Killing
            && segment.exposure.confirmed.is_some_and(Percent::is_zero)
    });
    let advice = off.map(|segment| {
        let stations = list(segment.latches.iter().map(|latch| latch.station.word()));
        let text = format!(
            "{} is off after its NO-GO on {stations}. Once it is mended: {} clears the NO-GO, {} resumes.",
            segment.name,
            key(Verb::Clear),
            key(Verb::Resume)
        );
        Advice::new(Some(&segment.name), Verdict::NoGo, text)
    });
    advice.collect()
}
