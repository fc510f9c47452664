//! What a client has seen: the counting that makes duplicates, gaps and restarts harmless.
//!
//! In: the epoch of a `hello`, the limits of snapshots, and the number of each data message. Out:
//! whether to hand the message on ([`Step`]), which streams lack something, and the resume point
//! for the next connection.
//!
//! A message after a gap is handed on all the same, because states are whole and counts are
//! cumulative: what is newer is better than what is missing. It is pure and does no I/O.
//!
//! ```text
//!            snapshot            snapshot-end            seq = last + 1: deliver
//!  Missing ───────────▶ Snapshot ─────────────▶ At(last) ─┐ seq ≤ last: duplicate
//!     ▲  new epoch                                 ▲      │ seq > last + 1: deliver, ask again
//!     └────────────────────────────────────────────┴──────┘
//! ```

use std::collections::BTreeMap;

use super::message::Resume;
use super::stream::{OpaqueId, Positions, Stream, Topic};

/// What to do with a data message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Hand it on.
    Deliver,
    /// Hand it on, and ask for a snapshot of its stream: something is missing before it.
    DeliverAndAsk,
    /// Drop it: seen already.
    Duplicate,
    /// Drop it: of a stream that was not asked for.
    Unwanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing to go on from: a snapshot is needed. `asked`: after a gap, and at most once.
    Missing { last: u64, asked: bool },
    /// Between `snapshot` and `snapshot-end`; the newest number in it so far.
    Snapshot { newest: u64 },
    /// In step.
    At(u64),
}

/// The place in each stream of one subscription.
#[derive(Debug, Clone)]
pub struct Sequence {
    epoch: Option<OpaqueId>,
    places: BTreeMap<Stream, Place>,
}

impl Sequence {
    /// A sequence over the streams that are wanted; it keeps nothing about any other.
    #[must_use]
    pub fn new(streams: impl IntoIterator<Item = Stream>) -> Self {
        let fresh = |stream| (stream, Place::Missing { last: 0, asked: false });
        Self { epoch: None, places: streams.into_iter().map(fresh).collect() }
    }

    /// Where to go on in a new connection; `None` when nothing is known.
    #[must_use]
    pub fn resume(&self) -> Option<Resume> {
        let at = |(stream, place): (&Stream, &Place)| match place {
            Place::At(last) => Some((stream.clone(), *last)),
            _ => None,
        };
        let seq: Positions = self.places.iter().filter_map(at).collect();
        let epoch = self.epoch.clone()?;
        (!seq.is_empty()).then_some(Resume { epoch, seq })
    }

    /// Begins a connection. Returns whether the epoch is another one than before, so that all places are void.
    pub fn begin(&mut self, epoch: &OpaqueId) -> bool {
        let changed = self.epoch.as_ref() != Some(epoch);
        for place in self.places.values_mut() {
            if changed || !matches!(place, Place::At(_)) {
                *place = Place::Missing { last: 0, asked: false };
            }
        }
        self.epoch.replace(epoch.clone()).is_some() && changed
    }

    /// Forgets all places: the next connection starts from snapshots.
    pub fn forget(&mut self) {
        self.epoch = None;
        self.places.values_mut().for_each(|place| *place = Place::Missing { last: 0, asked: false });
    }

    /// Notes a `snapshot`.
    pub fn open(&mut self, streams: &[Stream]) {
        for stream in streams {
            if let Some(place) = self.places.get_mut(stream) {
                *place = Place::Snapshot { newest: 0 };
            }
        }
    }

    /// Notes a `snapshot-end`. Returns the streams that are in step by it.
    pub fn close(&mut self, positions: &Positions) -> Vec<Stream> {
        let mut closed = Vec::new();
        for (stream, last) in positions {
            if let Some(place) = self.places.get_mut(stream) {
                *place = Place::At(*last);
                closed.push(stream.clone());
            }
        }
        closed
    }

    /// Takes the number of a data message.
    pub fn step(&mut self, stream: &Stream, seq: u64) -> Step {
        let Some(place) = self.places.get_mut(stream) else { return Step::Unwanted };
        match place {
            // The parts of a snapshot have old numbers. Of a flag only the newest counts; of samples
            // and feedback each part is another series or piece.
            Place::Snapshot { newest } => {
                if stream.topic() == Topic::Flag && seq < *newest {
                    return Step::Duplicate;
                }
                *newest = seq.max(*newest);
                Step::Deliver
            }
            Place::At(last) | Place::Missing { last, .. } if seq <= *last => Step::Duplicate,
            Place::At(last) if seq == last.saturating_add(1) => {
                *last = seq;
                Step::Deliver
            }
            Place::At(_) | Place::Missing { asked: false, .. } => {
                *place = Place::Missing { last: seq, asked: true };
                Step::DeliverAndAsk
            }
            Place::Missing { last, .. } => {
                *last = seq;
                Step::Deliver
            }
        }
    }

    /// The streams that are not in step: a snapshot is due or under way.
    pub fn missing(&self) -> impl Iterator<Item = &Stream> {
        self.places.iter().filter(|(_, place)| !matches!(place, Place::At(_))).map(|(stream, _)| stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> OpaqueId {
        OpaqueId::new(text).expect(text)
    }

    /// In step at 5 in epoch "a".
    fn at_five() -> Sequence {
        let mut sequence = Sequence::new([Stream::Samples]);
        assert!(!sequence.begin(&id("a")));
        sequence.open(&[Stream::Samples]);
        assert_eq!(sequence.step(&Stream::Samples, 3), Step::Deliver);
        assert_eq!(sequence.step(&Stream::Samples, 2), Step::Deliver, "another series");
        assert_eq!(sequence.close(&[(Stream::Samples, 5)].into()), [Stream::Samples]);
        sequence
    }

    #[test]
    fn in_step_each_number_is_delivered_once() {
        let mut sequence = at_five();
        let steps = [5, 6, 6, 7].map(|seq| sequence.step(&Stream::Samples, seq));
        assert_eq!(steps, [Step::Duplicate, Step::Deliver, Step::Duplicate, Step::Deliver]);
        assert_eq!(sequence.missing().count(), 0);
    }

    #[test]
    fn a_gap_is_asked_for_once_and_what_is_newer_goes_on() {
        let mut sequence = at_five();
        let steps = [8, 9, 12, 7].map(|seq| sequence.step(&Stream::Samples, seq));
        assert_eq!(steps, [Step::DeliverAndAsk, Step::Deliver, Step::Deliver, Step::Duplicate]);
        assert_eq!(sequence.missing().collect::<Vec<_>>(), [&Stream::Samples]);
        assert_eq!(sequence.resume(), None, "a stream with a gap does not go on from there");
        sequence.open(&[Stream::Samples]);
        sequence.close(&[(Stream::Samples, 12)].into());
        assert_eq!(sequence.step(&Stream::Samples, 13), Step::Deliver);
    }

    #[test]
    fn the_same_epoch_goes_on_and_a_new_one_starts_again() {
        let mut sequence = at_five();
        assert_eq!(sequence.resume().map(|resume| resume.seq), Some([(Stream::Samples, 5)].into()));
        assert!(!sequence.begin(&id("a")));
        assert_eq!(sequence.step(&Stream::Samples, 6), Step::Deliver);
        assert!(sequence.begin(&id("b")));
        assert_eq!(sequence.missing().count(), 1);
        assert_eq!(sequence.step(&Stream::Samples, 1), Step::DeliverAndAsk);
    }

    #[test]
    fn an_old_state_of_a_flag_amid_a_snapshot_does_not_overtake_the_snapshot() {
        let stream = Stream::Flag(crate::domain::FlagKey::new("f").expect("name"));
        let mut sequence = Sequence::new([stream.clone()]);
        sequence.begin(&id("a"));
        sequence.open(std::slice::from_ref(&stream));
        let steps = [3, 5, 4].map(|seq| sequence.step(&stream, seq));
        assert_eq!(steps, [Step::Deliver, Step::Deliver, Step::Duplicate]);
    }

    #[test]
    fn a_stream_that_nobody_asked_for_leaves_no_trace() {
        let mut sequence = at_five();
        assert_eq!(sequence.step(&Stream::Feedback, 1), Step::Unwanted);
        sequence.open(&[Stream::Feedback]);
        assert!(sequence.close(&[(Stream::Feedback, 1)].into()).is_empty());
    }
}
