//! The autopilot widens by itself: which segment is not its turn yet, and what that waits for.

use super::Advice;
use super::ready::after;
use super::words::{are, list};
use crate::domain::{Percent, Verdict};
use crate::engine::model::{Autopilot, Model};

pub fn advise(model: &Model) -> Vec<Advice> {
    if model.autopilot != Autopilot::Full || model.read_only {
        return Vec::new();
    }
    let later =
        model.segments.iter().filter(|segment| segment.exposure.confirmed.is_some_and(Percent::is_zero));
    let advice = later.filter_map(|segment| {
        let before = after(model, segment);
        let names = list(before.iter().map(|segment| segment.name.as_str()));
        (!before.is_empty()).then(|| {
            let text = format!(
                "the autopilot begins with {} once {names} {} at the top of the plan.",
                segment.name,
                are(before.len())
            );
            Advice::new(Some(&segment.name), Verdict::Wait, text)
        })
    });
    advice.collect()
}
