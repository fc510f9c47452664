//! What is wrong with an answer, gathered so that one sentence stands for all places.
//!
//! A hundred segments with a NaN are one problem, not a hundred. In: a [`Fault`] and a place. Out:
//! [`Faults::sentences`], one text for each kind, with the first [`MAX_PLACES`] places and a hint.
//! The texts hold no number that changes from poll to poll, so that a lasting problem is one problem.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Text;

use super::layout::Layout;

/// How many places a sentence names: enough to see a pattern, and it still fits a line or two.
pub const MAX_PLACES: usize = 5;

/// How many places of one kind are kept apart before they are only "more": bounds the memory
/// when a label explodes. Far above the segments of any rollout.
const MAX_KEPT: usize = 1000;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The query gave no series at all.
    Empty,
    /// `bad` gave no series, `total` did: counted as 0 bad.
    Unborn,
    /// A series lacks the label of the segment or of the arm.
    NoLabel,
    /// A series of a segment that the rollout does not have.
    OtherSegment,
    /// A series of an arm that is neither treatment nor control.
    OtherArm,
    /// Several series for one segment and arm.
    Duplicate,
    /// NaN, infinite, negative, or no number.
    NoNumber,
    /// A bad count where there is no total.
    NoTotal,
    /// More bad units than units.
    TooBad,
    /// A bucket without a usable `le`.
    NoBound,
    /// A histogram without its `+Inf` bucket.
    NoInfinity,
    /// Buckets that fall where they must rise.
    Falling,
    /// Two arms without a common bound.
    NoCommonBound,
}

/// The faults of one poll of one metric.
#[derive(Debug, Default)]
pub struct Faults(BTreeMap<(Fault, &'static str), BTreeSet<String>>);

impl Faults {
    /// Notes a fault of one of the metric's queries (`bad`, `total`, `buckets`) at a place.
    pub fn note(&mut self, fault: Fault, query: &'static str, place: impl FnOnce() -> String) {
        let places = self.0.entry((fault, query)).or_default();
        if places.len() < MAX_KEPT {
            places.insert(place());
        }
    }

    /// Notes a fault that has no place.
    pub fn note_whole(&mut self, fault: Fault, query: &'static str) {
        self.0.entry((fault, query)).or_default();
    }

    /// One sentence for each kind of fault and query.
    pub fn sentences<'a>(&'a self, layout: &'a Layout) -> impl Iterator<Item = Text> + 'a {
        self.0.iter().map(move |((fault, query), places)| {
            Text::new(&format!("`{query}`: {}", fault.sentence(query, &listed(places), layout)))
        })
    }
}

/// `a, b, c and 2 more`.
pub fn listed(places: &BTreeSet<String>) -> String {
    let shown: Vec<_> = places.iter().take(MAX_PLACES).map(String::as_str).collect();
    match places.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl Fault {
    fn sentence(self, query: &str, at: &str, layout: &Layout) -> String {
        let sum_by = || layout.sum_by(if query == "buckets" { ", le" } else { "" });
        let (segment, arm) = layout.labels();
        let (treatment, control) = layout.arms();
        match self {
            Self::Empty => "no series: no data, which is not 0\nhint: check the metric's name and its label \
                            filters in the server's own page; a series appears with its first scrape"
                .into(),
            Self::Unborn => {
                "no series, while `total` has some: counted as 0 bad\nhint: normal before the first \
                             bad event; otherwise the name or a label filter is wrong"
                    .into()
            }
            Self::NoLabel => format!(
                "{at} without the labels `{segment}` and `{arm}`: not used\nhint: write `{}`, or name your labels \
                 with `segment_label` and `arm_label`",
                sum_by()
            ),
            Self::OtherSegment => format!("segments that are not in the rollout are ignored: {at}"),
            Self::OtherArm => format!(
                "`{arm}` is neither `{treatment}` nor `{control}`, ignored: {at}\nhint: `treatment` and `control` of \
                 the source say what the arms are called"
            ),
            Self::Duplicate => format!(
                "several series for {at}: no data, rather than one of them by chance\nhint: write `{}`",
                sum_by()
            ),
            Self::NoNumber => format!(
                "NaN, infinite or negative for {at}: no data\nhint: hand in raw cumulative counters, no ratios or rates"
            ),
            Self::NoTotal => format!("bad units without `total` for {at}: no data"),
            Self::TooBad => format!(
                "more bad units than units for {at}\nhint: `bad` and `total` must count the same thing, each once"
            ),
            Self::NoBound => {
                format!("a bucket without a usable label `le` for {at}: no data\nhint: write `{}`", sum_by())
            }
            Self::NoInfinity => format!(
                "no bucket `+Inf` for {at}: no data, because the units above the last bound are unknown\nhint: \
                 leave no `le` out"
            ),
            Self::Falling => format!("buckets that fall where they must rise for {at}: levelled"),
            Self::NoCommonBound => format!(
                "the arms have no bound of `le` in common in {at}: no data\nhint: both arms must use the same buckets"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_places_are_one_sentence() {
        let layout = super::super::fixture::layout(&["free"]);
        let mut faults = Faults::default();
        for n in 0..100 {
            faults.note(Fault::NoNumber, "bad", || format!("s{n:02}/treatment"));
            faults.note(Fault::NoNumber, "bad", || format!("s{n:02}/treatment"));
        }
        faults.note(Fault::Duplicate, "total", || "free/control".into());
        let sentences: Vec<_> = faults.sentences(&layout).map(String::from).collect();
        assert_eq!(sentences.len(), 2);
        assert!(sentences.iter().any(|text| text.contains("s00/treatment") && text.contains("and 95 more")));
        assert!(sentences.iter().any(|text| text.contains("sum by (segment, arm) (…)")), "{sentences:?}");
    }
}
