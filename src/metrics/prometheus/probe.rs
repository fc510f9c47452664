//! What `check` says about one metric.
//!
//! In: one [`Reading`] and how long it took. Out: a sentence with the segments and arms that have
//! data, the moment of the evaluation and the latency, or what is wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{SampleValue, Span, Text};
use crate::metrics::{Finding, Query};

use super::ask::Ask;
use super::faults::listed;
use super::layout::Layout;
use super::reading::{Reading, read};

/// Reads a metric once.
pub async fn probe(asked: &dyn Ask, query: &Query, layout: &Layout) -> Finding {
    let began = Instant::now();
    let result = match read(asked, query, layout).await {
        Ok(reading) => describe(&reading, layout, began.elapsed()),
        Err(trouble) => Err(trouble.cause),
    };
    Finding { metric: query.metric.clone(), result }
}

/// The sentence; an error when no segment has data.
fn describe(reading: &Reading, layout: &Layout, took: Duration) -> Result<Text, Text> {
    let (treatment, control) = layout.arms();
    let mut missing = BTreeSet::new();
    let mut found = 0;
    for (at, name) in layout.segments().iter().enumerate() {
        let (has_treatment, has_control) = match reading.values.get(at).and_then(Option::as_ref) {
            Some(SampleValue::Counts(arms)) => (arms.treatment.is_some(), arms.control.is_some()),
            Some(SampleValue::Histogram { arms, .. }) => (arms.treatment.is_some(), arms.control.is_some()),
            None => (false, false),
        };
        found += usize::from(has_treatment || has_control);
        match (has_treatment, has_control) {
            (true, true) => {}
            (true, false) => drop(missing.insert(format!("{name}/{control}"))),
            (false, true) => drop(missing.insert(format!("{name}/{treatment}"))),
            (false, false) => drop(missing.insert(name.to_string())),
        }
    }
    let mut words = format!("{found} of {} segments have data", layout.segments().len());
    if missing.is_empty() {
        words.push_str(", both arms");
    } else {
        words.push_str(&format!(", none for {}", listed(&missing)));
    }
    words.push_str(&format!("; answered in {}", Span(took)));
    if let Some(at) = reading.at {
        words.push_str(&format!(", evaluated for {} UTC by the server's clock", at.clock()));
    }
    for problem in &reading.problems {
        words.push_str(&format!("; {problem}"));
    }
    if found == 0 { Err(Text::new(&words)) } else { Ok(Text::new(&words)) }
}

#[cfg(test)]
mod tests {
    use crate::domain::{ByArm, Counts, Timestamp};

    use super::super::fixture::layout;
    use super::*;

    #[test]
    fn a_finding_names_what_is_there_what_is_missing_and_how_long_it_took() {
        let counts = Some(Counts { units: 1.0, bad: 0.0 });
        let both = Some(SampleValue::Counts(ByArm { treatment: counts, control: counts }));
        let one = Some(SampleValue::Counts(ByArm { treatment: counts, control: None }));
        let layout = layout(&["free", "beta", "eu"]);
        let say = |values, problems: &[&str]| {
            let problems = problems.iter().map(|text| Text::new(text)).collect();
            let reading = Reading { at: Some(Timestamp(1_700_000_000_000)), values, problems };
            describe(&reading, &layout, Duration::from_millis(12)).map(String::from).map_err(String::from)
        };
        assert_eq!(
            say(vec![both.clone(), both.clone(), both.clone()], &[]),
            Ok("3 of 3 segments have data, both arms; answered in 12ms, evaluated for 22:13:20 UTC by the server's \
                clock"
                .into())
        );
        let some = say(vec![both, one, None], &["odd"]).expect("data");
        assert!(some.starts_with("2 of 3 segments have data, none for beta/control, eu;"), "{some}");
        assert!(some.ends_with("; odd"), "{some}");
        assert!(say(Vec::new(), &[]).expect_err("nothing").starts_with("0 of 3"));
    }
}
