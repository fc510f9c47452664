//! A NO-GO that nobody has acted on: users are exposed to what is known to be bad.

use super::Advice;
use super::words::{are, exposed, list, press, press_on};
use crate::action::Verb;
use crate::domain::{Phase, Verdict};
use crate::engine::model::{Autopilot, Model, SegmentModel};

pub fn advise(model: &Model) -> Vec<Advice> {
    let open: Vec<_> = model.segments.iter().filter(|segment| is_open(segment)).collect();
    match open.as_slice() {
        [] => Vec::new(),
        [segment] => vec![of(model, segment)],
        all => {
            let names = list(all.iter().map(|segment| segment.name.as_str()));
            let text = format!(
                "{names} {} NO-GO and still exposed{}. To kill it everywhere, select everything, then {}.",
                are(all.len()),
                watching(model),
                press(model, Verb::Kill)
            );
            vec![Advice::new(None, Verdict::NoGo, text)]
        }
    }
}

/// Whether there is a NO-GO, and neither is everybody safe nor is it being stopped.
fn is_open(segment: &SegmentModel) -> bool {
    let is_safe = segment.exposure.confirmed.is_some_and(crate::domain::Percent::is_zero);
    let is_stopping = matches!(segment.phase, Phase::Killing | Phase::RollingBack);
    !segment.latches.is_empty() && !is_safe && !is_stopping
}

fn of(model: &Model, segment: &SegmentModel) -> Advice {
    let stations = list(segment.latches.iter().map(|latch| latch.station.word()));
    let place = match exposed(segment) {
        Some(share) => format!("still exposed at {share}"),
        None => "not known to be off".to_owned(),
    };
    let name = &segment.name;
    let text = if segment.paused.is_some() && exposed(segment).is_some() {
        format!(
            "{name} is NO-GO on {stations} and paused, but {place}: whoever has it keeps it. Kill it: {}; or roll it back: {}.",
            press_on(model, Verb::Kill),
            press(model, Verb::RollBack)
        )
    } else {
        format!(
            "{name} is NO-GO on {stations} and {place}{}. Kill it: {}.",
            watching(model),
            press_on(model, Verb::Kill)
        )
    };
    Advice::new(Some(name), Verdict::NoGo, text)
}

/// Why nobody acts by themselves.
const fn watching(model: &Model) -> &'static str {
    match model.autopilot {
        Autopilot::Off => "; the autopilot is off",
        Autopilot::Advise => "; the autopilot only advises",
        Autopilot::Guard | Autopilot::Full => "",
    }
}
