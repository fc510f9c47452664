//! Each change of a verdict, with its evidence.
//!
//! In: verdicts as they were decided. Out: [`VerdictChange`]s in order, bounded: a station that flaps all night must not
//! push a NO-GO out, so those that are worse than WAIT have places of their own.

use super::acts::clean;
use super::retrospective::{At, Listed, VerdictChange};
use crate::domain::{Evidence, SegmentName, Station, Timestamp, Verdict};

/// Most changes kept between GO, WAIT and nothing.
const MOST_CALM: usize = 500;
/// Most changes kept to or from HOLD and NO-GO.
const MOST_GRAVE: usize = 500;

/// The changes so far.
#[derive(Debug, Clone, Default)]
pub struct Verdicts {
    list: Vec<VerdictChange>,
    calm: usize,
    grave: usize,
    left_out: u64,
}

impl Verdicts {
    /// A station says something else.
    pub fn change(
        &mut self,
        at: Timestamp,
        (segment, station): (&SegmentName, Station),
        (from, to): (Option<Verdict>, Option<Verdict>),
        evidence: Option<&Evidence>,
    ) {
        let is_grave = from.max(to) >= Some(Verdict::Hold);
        let (count, most) =
            if is_grave { (&mut self.grave, MOST_GRAVE) } else { (&mut self.calm, MOST_CALM) };
        if *count >= most {
            self.left_out += 1;
            return;
        }
        *count += 1;
        self.list.push(VerdictChange {
            at: At(at),
            segment: segment.clone(),
            station,
            from: from.map(Verdict::word),
            to: to.map(Verdict::word),
            method: evidence.map(|evidence| evidence.method),
            sentence: evidence.map(|evidence| clean(&evidence.sentence)).unwrap_or_default(),
            ln_e: evidence.and_then(|evidence| evidence.ln_e),
            ln_threshold: evidence.and_then(|evidence| evidence.ln_threshold),
            treatment: evidence.and_then(|evidence| evidence.treatment),
            control: evidence.and_then(|evidence| evidence.control),
            bound: evidence.and_then(|evidence| evidence.bound),
            limit: evidence.and_then(|evidence| evidence.limit),
        });
    }

    /// All of them.
    #[must_use]
    pub fn finish(self) -> Listed<VerdictChange> {
        Listed { list: self.list, left_out: self.left_out }
    }
}
