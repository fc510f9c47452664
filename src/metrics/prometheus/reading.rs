//! One metric, read once: questions, answers, values.
//!
//! In: a [`Query`] and somebody to [`Ask`]. Out: a [`Reading`]: a value for each segment of the
//! rollout, and everything that is wrong with it in sentences. Nothing is remembered from one reading
//! to the next.
//!
//! `bad` is asked first and `total` second, at the moment that the first answer names. A scrape that
//! is stored between the two can then only make `total` larger, never `bad` larger than `total`. The
//! moment is the server's own: no clock of ours is needed.

use std::collections::BTreeSet;

use crate::domain::{SampleValue, Text, Timestamp};
use crate::metrics::{Query, Select};

use super::answer::{Answer, Remarks};
use super::ask::{Ask, Trouble};
use super::faults::Faults;
use super::layout::Layout;
use super::{counts, histogram};

/// What a partial answer is called; sums in it are too small, which would look like a reset.
const PARTIAL: &str = "the server could not read all of its data: the answer is not used, \
                       because a sum without some of its parts looks like counters that were reset";

/// One reading of one metric.
#[derive(Debug, PartialEq)]
pub struct Reading {
    /// The moment for which the server evaluated it; `None` when there were no series to tell it.
    pub at: Option<Timestamp>,
    /// A value for each segment, in the order of the layout. `None`: no data in either arm.
    pub values: Vec<Option<SampleValue>>,
    /// What is wrong or remarked. Equal texts in the next reading mean that it lasts.
    pub problems: BTreeSet<Text>,
}

/// Reads a metric.
///
/// # Errors
/// [`Trouble`] when a question has no usable answer.
pub async fn read(asked: &dyn Ask, query: &Query, layout: &Layout) -> Result<Reading, Trouble> {
    let mut faults = Faults::default();
    let (at, values, remarks) = match &query.select {
        Select::Counts { bad, total } => {
            let bad = asked.ask(bad, None).await.map_err(|trouble| trouble.of("bad"))?;
            let bad = Answer::read(&bad).map_err(|error| Trouble::from(error).of("bad"))?;
            let total = asked.ask(total, bad.at()).await.map_err(|trouble| trouble.of("total"))?;
            let total = Answer::read(&total).map_err(|error| Trouble::from(error).of("total"))?;
            let values = counts::join(&bad, &total, layout, &mut faults).into_iter().map(|arms| {
                let known = arms.treatment.is_some() || arms.control.is_some();
                known.then_some(SampleValue::Counts(arms))
            });
            (total.at(), values.collect::<Vec<_>>(), vec![("bad", bad.remarks), ("total", total.remarks)])
        }
        Select::Histogram { buckets, scale } => {
            let body = asked.ask(buckets, None).await.map_err(|trouble| trouble.of("buckets"))?;
            let answer = Answer::read(&body).map_err(|error| Trouble::from(error).of("buckets"))?;
            let values = histogram::read(&answer, *scale, layout, &mut faults).into_iter();
            let values =
                values.map(|found| found.map(|(bounds, arms)| SampleValue::Histogram { bounds, arms }));
            (answer.at(), values.collect(), vec![("buckets", answer.remarks)])
        }
        // Refused when the source is built.
        Select::Named(_) => (None, Vec::new(), Vec::new()),
    };
    let mut problems: BTreeSet<Text> = faults.sentences(layout).collect();
    let mut values = values;
    for (name, Remarks { texts, partial }) in remarks {
        problems.extend(texts.iter().map(|text| Text::new(&format!("`{name}`: the server says: {text}"))));
        if partial {
            problems.insert(Text::new(&format!("`{name}`: {PARTIAL}")));
            values.clear();
        }
    }
    Ok(Reading { at, values, problems })
}

impl Trouble {
    /// Names the query in front of the cause.
    fn of(self, query: &str) -> Self {
        Self { cause: Text::new(&format!("`{query}`: {}", self.cause)), ..self }
    }
}
