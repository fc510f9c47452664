//! The server's side, without a socket: what was published, and what may be changed.
//!
//! In: states, samples and comments of the flag service, and `set`s of clients. Out: numbered frames
//! for [`Session`](super::session::Session)s, and answers. It is pure: times are handed in, nothing
//! is sent from here.
//!
//! Each stream keeps a ring of its last frames, so that a client that was away can resume. Frames
//! are encoded once and shared by all sessions. A slow client costs nothing: it has only a place in
//! the ring, and when the ring has passed it by, it gets a snapshot.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::codec;
use super::message::{Ack, Code, Comment, Counters, Distribution, Flag, FromServer, Refused, Set, State};
use super::stream::{OpaqueId, Stream};
use crate::domain::{ByArm, FlagKey, MetricName, Percent, Sample, SampleValue, SegmentName, Text};
use crate::domain::{Feedback, KillScope, Timestamp, Version};

/// Frames kept of a flag: an hour of busy widening.
const RING_FLAG: usize = 256;
/// Frames kept of the samples: some seconds of a busy world; after that a snapshot is shorter.
const RING_SAMPLES: usize = 8192;
/// Frames kept of the feedback; also what a snapshot of it shows.
const RING_FEEDBACK: usize = 256;
/// The most series; a further one is not taken.
const MAX_SERIES: usize = 20_000;
/// Answers remembered for repeated `set`s: far more than are under way at any time.
const MAX_ANSWERS: usize = 1024;

/// A frame, encoded once.
pub type Line = Arc<str>;

#[derive(Debug, Default)]
pub(super) struct Ring {
    /// The number of the newest line; 0 before the first.
    pub(super) last: u64,
    pub(super) lines: VecDeque<Line>,
}

/// All that a feed server has published in this epoch.
#[derive(Debug)]
pub struct Log {
    /// The epoch.
    pub epoch: OpaqueId,
    /// Name and version of the server.
    pub server: Text,
    /// The smallest thing that it can switch off.
    pub kill: KillScope,
    pub(super) rings: BTreeMap<Stream, Ring>,
    states: BTreeMap<FlagKey, State>,
    /// The newest line of each series, by metric and segment.
    series: BTreeMap<(MetricName, SegmentName), Line>,
    answers: BTreeMap<OpaqueId, FromServer>,
    answered: VecDeque<OpaqueId>,
}

impl Log {
    /// An empty log.
    #[must_use]
    pub fn new(epoch: OpaqueId, server: Text, kill: KillScope) -> Self {
        Self {
            epoch,
            server,
            kill,
            rings: BTreeMap::new(),
            states: BTreeMap::new(),
            series: BTreeMap::new(),
            answers: BTreeMap::new(),
            answered: VecDeque::new(),
        }
    }

    /// The state of a flag; `None` if there is no such flag.
    #[must_use]
    pub fn state(&self, flag: &FlagKey) -> Option<&State> {
        self.states.get(flag)
    }

    /// Publishes the state of a flag, also of a new one.
    pub fn publish_state(&mut self, state: State) {
        let stream = Stream::Flag(state.flag.clone());
        self.states.insert(state.flag.clone(), state.clone());
        self.append(stream, |seq| FromServer::Flag(Flag::new(seq, state)));
    }

    /// Publishes a reading. Returns whether it was taken: there is a limit to the number of series.
    pub fn publish_sample(&mut self, at_ms: Timestamp, sample: Sample) -> bool {
        let Sample { metric, segment, value } = sample;
        let series = (metric.clone(), segment.clone());
        if self.series.len() >= MAX_SERIES && !self.series.contains_key(&series) {
            return false;
        }
        let line = self.append(Stream::Samples, |seq| match value {
            SampleValue::Counts(ByArm { treatment, control }) => {
                FromServer::Counters(Counters { seq, at_ms, metric, segment, treatment, control })
            }
            SampleValue::Histogram { bounds, arms: ByArm { treatment, control } } => {
                let body = Distribution { seq, at_ms, metric, segment, bounds, treatment, control };
                FromServer::Histogram(body)
            }
        });
        self.series.insert(series, line);
        true
    }

    /// Publishes what a customer said.
    pub fn publish_feedback(&mut self, at_ms: Timestamp, feedback: Feedback) {
        let Feedback { id, segment, arm, score, text } = feedback;
        let comment = |seq| Comment { seq, at_ms, id, segment, arm, score, text };
        self.append(Stream::Feedback, |seq| FromServer::Feedback(comment(seq)));
    }

    /// Publishes what a customer said in `words` that are not stripped, as a careless server would: a
    /// reader must cope with them. `feedback` has an empty text.
    pub fn publish_raw_feedback(&mut self, at_ms: Timestamp, feedback: Feedback, words: &str) {
        self.publish_feedback(at_ms, feedback);
        let newest = self.rings.get_mut(&Stream::Feedback).and_then(|ring| ring.lines.back_mut());
        if let Some(line) = newest
            && let Some(front) = line.strip_suffix(r#""text":""}"#)
        {
            *line = format!(r#"{front}"text":{}}}"#, serde_json::Value::String(words.into())).into();
        }
    }

    /// Answers a `set`: stores and publishes the change, or refuses it. The same id gets the same
    /// answer again and changes nothing.
    pub fn apply(&mut self, set: &Set, now: Timestamp) -> FromServer {
        if let Some(answer) = self.answers.get(&set.id) {
            return answer.clone();
        }
        let answer = match self.judge(set) {
            Ok(state) => {
                let changed = State {
                    version: Version(state.version.0.saturating_add(1)),
                    by: Some(set.actor.clone()),
                    changed_at_ms: Some(now),
                    reason: Some(set.reason.clone()),
                    ..state
                };
                self.publish_state(changed.clone());
                FromServer::Ack(Ack { id: set.id.clone(), flag: changed })
            }
            Err((code, message)) => self.refuse(set, code, &message),
        };
        if self.answered.len() >= MAX_ANSWERS
            && let Some(oldest) = self.answered.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.answered.push_back(set.id.clone());
        self.answers.insert(set.id.clone(), answer.clone());
        answer
    }

    /// A refusal with the present state.
    #[must_use]
    pub fn refuse(&self, set: &Set, code: Code, message: &str) -> FromServer {
        let flag = self.states.get(&set.flag).cloned();
        FromServer::Refused(Refused { id: set.id.clone(), code, message: Text::new(message), flag })
    }

    /// The state that a `set` asks for, if it may be stored.
    fn judge(&self, set: &Set) -> Result<State, (Code, String)> {
        let Some(before) = self.states.get(&set.flag) else {
            return Err((Code::UnknownFlag, format!("there is no flag {}", set.flag)));
        };
        if let Some(segment) = set.shares.keys().find(|segment| !before.shares.contains_key(*segment)) {
            return Err((Code::UnknownSegment, format!("{} has no segment {segment}", set.flag)));
        }
        if set.shares.is_empty() && set.on.is_none() {
            return Err((Code::BadShare, "a set without shares and without a switch".into()));
        }
        let mut after = before.clone();
        after.on = set.on.unwrap_or(before.on);
        after.shares.extend(set.shares.clone());
        match set.expected_version {
            Some(seen) if seen != before.version => {
                let message = format!("{} is at version {}, not {seen}", set.flag, before.version);
                Err((Code::StaleVersion, message))
            }
            None if exposes_more(before, &after) => {
                let message = "expected_version is needed to make exposure larger";
                Err((Code::StaleVersion, message.into()))
            }
            _ => Ok(after),
        }
    }

    fn append(&mut self, stream: Stream, message: impl FnOnce(u64) -> FromServer) -> Line {
        let capacity = match stream {
            Stream::Flag(_) => RING_FLAG,
            Stream::Samples => RING_SAMPLES,
            Stream::Feedback => RING_FEEDBACK,
        };
        let ring = self.rings.entry(stream).or_default();
        ring.last += 1;
        let line: Line = codec::write(&message(ring.last)).into();
        if ring.lines.len() >= capacity {
            ring.lines.pop_front();
        }
        ring.lines.push_back(Arc::clone(&line));
        line
    }

    /// The number of the newest line of a stream; 0 before the first.
    #[must_use]
    pub fn last(&self, stream: &Stream) -> u64 {
        self.rings.get(stream).map_or(0, |ring| ring.last)
    }

    /// The line after number `seq`: `Ok(None)` when there is none yet, `Err` when it is not in the ring (any more).
    pub(super) fn after(&self, stream: &Stream, seq: u64) -> Result<Option<Line>, Passed> {
        let last = self.last(stream);
        if seq == last {
            return Ok(None);
        }
        let lines = self.rings.get(stream).map(|ring| &ring.lines).ok_or(Passed)?;
        let behind = last.checked_sub(seq).and_then(|behind| usize::try_from(behind).ok()).ok_or(Passed)?;
        let index = lines.len().checked_sub(behind).ok_or(Passed)?;
        lines.get(index).cloned().map(Some).ok_or(Passed)
    }

    /// The present state of a stream as lines.
    pub(super) fn present(&self, stream: &Stream) -> Vec<Line> {
        match stream {
            Stream::Samples => self.series.values().cloned().collect(),
            Stream::Flag(_) => {
                self.rings.get(stream).and_then(|r| r.lines.back().cloned()).into_iter().collect()
            }
            Stream::Feedback => {
                self.rings.get(stream).map(|ring| ring.lines.iter().cloned().collect()).unwrap_or_default()
            }
        }
    }
}

/// A place that the ring has passed by, or never reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passed;

/// Whether any segment gets more than before.
fn exposes_more(before: &State, after: &State) -> bool {
    let effective = |state: &State, segment| {
        if state.on { state.shares.get(segment).copied().unwrap_or_default() } else { Percent::ZERO }
    };
    // A larger stored share counts even while the flag is off: it would appear when it is switched on.
    let stored_more = after.shares.iter().any(|(segment, share)| before.shares.get(segment) < Some(share));
    stored_more || after.shares.keys().any(|segment| effective(after, segment) > effective(before, segment))
}
