//! What the edge of a platform serves, beside what its backend has stored, as findings.

use crate::domain::{FlagState, SegmentName, Text};
use crate::probes::Asked;

/// One finding for each segment: "configured 25%, serving 24.6% (20.1% to 29.8%)"; and one for each problem.
pub fn serving(asked: &Asked, stored: Option<&FlagState>) -> Vec<(Option<SegmentName>, Result<Text, Text>)> {
    let mut findings: Vec<_> = asked.problems.iter().map(|problem| (None, Err(problem.clone()))).collect();
    for (segment, probed) in &asked.served {
        let Some((low, share, high)) = probed.interval() else { continue };
        let configured = stored.and_then(|state| state.confirmed(segment));
        let is_moving = stored.is_some_and(|state| state.on && state.ramps.contains_key(segment));
        let differs = configured.is_some_and(|stored| {
            if stored.is_zero() { probed.treated > 0 } else { !probed.may_be(stored, probed.treated) }
        });
        let what =
            configured.map_or("configured: not read".to_owned(), |stored| format!("configured {stored}"));
        let words = format!("{what}, serving {share} ({low} to {high}, {} synthetic users)", probed.asked);
        let result = if differs && !is_moving {
            Err(Text::new(&format!(
                "{words}: these differ\nhint: does the edge follow another environment, or does `context` of the segment not match its rule?"
            )))
        } else {
            Ok(Text::new(&words))
        };
        findings.push((Some(segment.clone()), result));
    }
    findings
}
