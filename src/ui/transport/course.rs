//! The course of a recording: how verdicts and exposures went on, and who acted when, for drawing it on one line.
//!
//! In: marks, as they become known. Out: lanes of changes, for everything and for each segment, which a strip of any
//! width is cut from in one pass.

use std::collections::BTreeMap;

use crate::action::Verb;
use crate::domain::{Percent, Rollout, SegmentName, Station, Timestamp, Verdict};
use crate::recording::{Mark, What};

/// What changes, and since when it is so. `None`: not known.
type Changes<T> = Vec<(Timestamp, Option<T>)>;

/// How one segment went on, or all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lane {
    /// The worst verdict, whenever it changed.
    pub verdicts: Changes<Verdict>,
    /// The confirmed exposure, whenever it changed; of everything, that of all customers together.
    pub shares: Changes<Percent>,
}

#[derive(Debug, Clone, Default)]
struct Segment {
    lane: Lane,
    board: BTreeMap<Station, Verdict>,
    share: Option<Percent>,
}

impl Segment {
    fn worst(&self) -> Option<Verdict> {
        self.board.values().max().copied()
    }
}

/// How a whole recording went on, as far as it is known. As large as its marks, which are bounded.
#[derive(Debug, Clone, Default)]
pub struct Course {
    taken: usize,
    all: Lane,
    segments: BTreeMap<SegmentName, Segment>,
    /// How many customers each segment has. Empty when that is not known of all of them.
    sizes: BTreeMap<SegmentName, u64>,
    acts: Vec<(Timestamp, Verb)>,
}

impl Course {
    /// Of this rollout, before anything is known.
    #[must_use]
    pub fn of(rollout: &Rollout) -> Self {
        let sizes: Option<_> = rollout.segments.iter().map(|s| Some((s.name.clone(), s.size?))).collect();
        Self { sizes: sizes.unwrap_or_default(), ..Self::default() }
    }

    /// Takes the marks that it does not know yet. They are those of one recording, only grow, and those of one event
    /// come together.
    pub fn follow(&mut self, marks: &[Mark]) {
        let new = marks.get(self.taken..).unwrap_or_default();
        for event in new.chunk_by(|a, b| a.event == b.event) {
            self.take(event);
        }
        self.taken = marks.len();
    }

    /// How many marks were followed.
    #[must_use]
    pub const fn marks(&self) -> usize {
        self.taken
    }

    /// The lane of a segment, or of everything.
    #[must_use]
    pub fn lane(&self, segment: Option<&SegmentName>) -> &Lane {
        segment.and_then(|name| self.segments.get(name)).map_or(&self.all, |segment| &segment.lane)
    }

    /// Who acted when, in order: only what they did.
    #[must_use]
    pub fn acts(&self) -> &[(Timestamp, Verb)] {
        &self.acts
    }

    /// Takes what one event brought about: only what it comes to counts, not the steps on the way.
    fn take(&mut self, marks: &[Mark]) {
        let Some(at) = marks.first().map(|mark| mark.at) else { return };
        for mark in marks {
            match &mark.what {
                What::Action(verb, ..) => self.acts.push((at, *verb)),
                What::Verdict(name, station, verdict) => {
                    let board = &mut self.segments.entry(name.clone()).or_default().board;
                    match verdict {
                        Some(verdict) => board.insert(*station, *verdict),
                        None => board.remove(station),
                    };
                }
                What::Exposure(name, share) => {
                    self.segments.entry(name.clone()).or_default().share = *share;
                }
            }
        }
        for segment in self.segments.values_mut() {
            let worst = segment.worst();
            change(&mut segment.lane.verdicts, at, worst);
            change(&mut segment.lane.shares, at, segment.share);
        }
        let (worst, together) = (self.segments.values().filter_map(Segment::worst).max(), self.together());
        change(&mut self.all.verdicts, at, worst);
        change(&mut self.all.shares, at, together);
    }

    /// The share of all customers of the segments whose exposure is known; the largest where sizes are not known.
    fn together(&self) -> Option<Percent> {
        let known = || self.segments.iter().filter_map(|(name, segment)| Some((name, segment.share?)));
        let sized = known().filter_map(|(name, share)| Some((*self.sizes.get(name)? as f64, share.as_f64())));
        let (all, exposed) =
            sized.fold((0.0, 0.0), |(all, exposed), (size, share)| (all + size, exposed + size * share));
        if all > 0.0 { Percent::new(exposed / all).ok() } else { known().map(|(_, share)| share).max() }
    }
}

fn change<T: Copy + PartialEq>(changes: &mut Changes<T>, at: Timestamp, to: Option<T>) {
    if changes.last().and_then(|(_, last)| *last) != to {
        changes.push((at, to));
    }
}

/// A stretch of time on so many cells.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// When the first cell begins.
    pub from: Timestamp,
    /// When the last one ends.
    pub to: Timestamp,
    /// How many cells.
    pub cells: usize,
}

impl Scale {
    /// The cell of a moment; what lies outside is in the first or the last one.
    #[must_use]
    pub fn cell(&self, at: Timestamp) -> usize {
        let (gone, all) = (at.since(self.from).as_millis(), self.to.since(self.from).as_millis());
        let last = self.cells.saturating_sub(1);
        let cell = (gone * self.cells as u128).checked_div(all).unwrap_or(0);
        usize::try_from(cell).unwrap_or(last).min(last)
    }

    /// The largest value in each cell: what was so when it began, and what became so in it. `None`: never known in it.
    #[must_use]
    pub fn largest<T: Copy + Ord>(&self, changes: &[(Timestamp, Option<T>)]) -> Vec<Option<T>> {
        let mut cells = vec![None; self.cells];
        let mut before = None;
        let mut filled = 0;
        for (at, value) in changes {
            let cell = self.cell(*at);
            // Up to and including this cell it was still as before; where it changed within one, both count.
            for place in cells.iter_mut().take(cell + 1).skip(filled) {
                *place = before;
            }
            filled = filled.max(cell + 1);
            if let Some(place) = cells.get_mut(cell) {
                *place = (*place).max(*value);
            }
            before = *value;
        }
        for place in cells.iter_mut().skip(filled) {
            *place = before;
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Scope;
    use crate::domain::{Actor, Text};

    fn at(second: i64) -> Timestamp {
        Timestamp(second * 1000)
    }

    fn mark(second: i64, what: What) -> Mark {
        Mark { event: second.unsigned_abs(), at: at(second), what }
    }

    fn seg(name: &str) -> SegmentName {
        SegmentName::new(name).unwrap()
    }

    #[test]
    fn the_worst_station_counts_and_where_sizes_are_unknown_the_largest_exposure() {
        let verdict =
            |second, name, station, verdict| mark(second, What::Verdict(seg(name), station, verdict));
        let share = |second, name, percent: Option<u32>| {
            mark(second, What::Exposure(seg(name), percent.map(|p| Percent::from_ppm(p * 10_000))))
        };
        let marks = [
            verdict(0, "beta", Station::Errors, Some(Verdict::Wait)),
            share(1, "beta", Some(5)),
            share(2, "free", Some(50)),
            verdict(3, "free", Station::Latency, Some(Verdict::NoGo)),
            verdict(4, "beta", Station::Errors, Some(Verdict::Go)),
            mark(5, What::Action(Verb::Kill, Scope::default(), Actor::Other(Text::new("x")))),
            share(6, "free", None),
            verdict(7, "free", Station::Latency, None),
        ];
        let mut course = Course::default();
        course.follow(&marks[..3]);
        course.follow(&marks);
        course.follow(&marks);
        let (wait, no_go, go) = (Some(Verdict::Wait), Some(Verdict::NoGo), Some(Verdict::Go));
        assert_eq!(course.lane(None).verdicts, [(at(0), wait), (at(3), no_go), (at(7), go)]);
        assert_eq!(course.lane(Some(&seg("beta"))).verdicts, [(at(0), wait), (at(4), go)]);
        let [five, fifty] = [5, 50].map(|p| Some(Percent::from_ppm(p * 10_000)));
        assert_eq!(course.lane(None).shares, [(at(1), five), (at(2), fifty), (at(6), five)]);
        assert_eq!(course.acts(), [(at(5), Verb::Kill)]);
    }

    #[test]
    fn a_short_no_go_is_seen_in_its_cell_and_a_gap_stays_a_gap() {
        let scale = Scale { from: at(0), to: at(100), cells: 10 };
        let changes =
            [(at(20), Some(2)), (at(55), Some(9)), (at(56), Some(1)), (at(80), None), (at(100), Some(3))];
        let [one, two, nine] = [1, 2, 9].map(Some);
        assert_eq!(scale.largest(&changes), [None, None, two, two, two, nine, one, one, one, Some(3)]);
        assert_eq!([-5, 0, 9, 10, 99, 100, 1000].map(|s| scale.cell(at(s))), [0, 0, 0, 1, 9, 9, 9]);
        let point = Scale { from: at(5), to: at(5), cells: 3 };
        assert_eq!(point.cell(at(5)), 0);
        assert_eq!(Scale { cells: 0, ..point }.largest(&changes), []);
    }
}
