//! Events: the only way in.
//!
//! Every source, key, verb, timer and effect result becomes an [`Event`], stamped with our time
//! and, where there is one, the source's. The engine sees nothing else: the same events give the
//! same model, the same verdicts and the same commands.
//!
//! Events travel in two lanes ([`Body::lane`]). **Facts** are lossless: whoever hands one in waits
//! while the inbox is full. **Samples** are cumulative, so only the newest of each series is kept.
//!
//! Adapters hand in through a [`Sink`]; they never see the inbox, the clock or the engine.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::action::Request;
use crate::domain::{
    Feedback, FlagState, LinkState, MetricName, PlatformName, Probed, Sample, SegmentName, Source, Text,
    Timestamp,
};
use crate::effect::{Change, EffectId, Outcome, Record};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it reached us, by our clock.
    pub at: Timestamp,
    /// When it happened, by the source's clock. `None`: the source does not say.
    pub source_at: Option<Timestamp>,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Time went on. The only clock that the engine has.
    Tick,
    /// A platform's flag was read: its full state.
    Flag {
        /// The platform.
        platform: PlatformName,
        /// The state.
        state: FlagState,
    },
    /// A platform's edge was probed.
    Served {
        /// The platform.
        platform: PlatformName,
        /// What it answered, by segment.
        served: BTreeMap<SegmentName, Probed>,
    },
    /// A backend was asked what a change would do, without making it.
    Rehearsed {
        /// The platform.
        platform: PlatformName,
        /// The change.
        change: Change,
        /// What is to be known before it is made, each a sentence; empty: nothing. Or why it would be refused.
        answer: Result<Vec<Text>, Text>,
    },
    /// A source's link changed.
    Link {
        /// The source.
        source: Source,
        /// The new state.
        state: LinkState,
    },
    /// A source answered, whether or not it had anything new: its data is fresh as of now.
    Heard(Source),
    /// A metric was read.
    Sample(Sample),
    /// A customer said something.
    Feedback(Feedback),
    /// Input that could not be used: shown once for each different text, counted always.
    Problem {
        /// Where it came from.
        source: Source,
        /// What is wrong, in words.
        problem: Text,
    },
    /// What the inbox had no place for, so far: counted there, shown by the engine.
    Traffic {
        /// Readings without a place, because there were too many series.
        refused: u64,
        /// Readings that a newer one replaced before they were read.
        coalesced: u64,
    },
    /// The process is about to end: from now on the autopilot asks for nothing more. What is under way goes on.
    Leaving,
    /// Somebody asks for an action.
    Asked(Request),
    /// An effect went on.
    Effect {
        /// Which.
        id: EffectId,
        /// How.
        outcome: Outcome,
    },
    /// A line of the journal, read at start or written by another process.
    Restored {
        /// When it was written.
        written_at: Timestamp,
        /// What it says.
        record: Record,
    },
}

/// How far back a source's clock may seem to go before it counts as set back, and not as an answer that was
/// overtaken: longer than any answer is under way.
const LATE: Duration = Duration::from_secs(300);

/// Whether a reading was taken before the newest one of its series, by the source's clock. Cumulative counters then
/// seem to have fallen; nothing is lost by leaving it out.
#[must_use]
pub fn is_late(taken_at: Option<Timestamp>, newest: Option<Timestamp>) -> bool {
    match (taken_at, newest) {
        (Some(taken), Some(newest)) => taken < newest && newest.since(taken) <= LATE,
        _ => false,
    }
}

/// How an event is queued.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Never dropped.
    Fact,
    /// Only the newest of this series is kept.
    Sample(MetricName, SegmentName),
}

impl Body {
    /// The lane that it travels in.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Sample(sample) => Lane::Sample(sample.metric.clone(), sample.segment.clone()),
            _ => Lane::Fact,
        }
    }
}

/// A future that can stand behind `dyn`.
pub type Promise<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where adapters hand in what they see. The receiver stamps it with our time.
pub trait Sink: Send + Sync {
    /// Hands in a fact; waits while the inbox is full.
    fn fact(&self, source_at: Option<Timestamp>, body: Body) -> Promise<'_, ()>;

    /// Hands in a sample; never waits, replaces an older one of the same series.
    fn sample(&self, source_at: Option<Timestamp>, sample: Sample);
}
