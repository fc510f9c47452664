//! The words of the operator's world, as types.
//!
//! Everything that the other rooms talk about is named here once: a rollout and its parts
//! ([`Rollout`], [`Platform`], [`Segment`], [`Stage`]), what is measured ([`Counts`],
//! [`Histogram`], [`Feedback`]), what is judged ([`Guardrail`], [`Verdict`], [`Evidence`]) and what
//! is known about the outside ([`FlagState`], [`LinkState`]).
//!
//! In: nothing. Out: plain values that can be compared, copied and written down.
//!
//! This room never imports another room, never does I/O and never reads a clock: a time is a
//! [`Timestamp`] that somebody handed in. A number with a meaning is a type: [`Percent`] for an
//! exposure, [`Ratio`] for a share that must never be NaN.
//!
//! Start reading at [`rollout`], then [`flag`] and [`verdict`].

pub mod actor;
pub mod capabilities;
pub mod exposure;
pub mod feedback;
pub mod flag;
pub mod guardrail;
pub mod link;
pub mod name;
mod number;
pub mod percent;
pub mod plan;
pub mod probe;
pub mod rollout;
pub mod signal;
pub mod text;
pub mod time;
pub mod verdict;
pub mod when;

pub use actor::Actor;
pub use capabilities::{Capabilities, Concurrency, KillScope, News, OffMeans, Pausing, Widening};
pub use exposure::Exposure;
pub use feedback::{Feedback, Sentiment};
pub use flag::{FlagState, Ramp, VariantShare, Version};
pub use guardrail::{Compare, Guardrail, Margin, Response, Unit};
pub use link::{LinkState, Source, SourceKind};
pub use name::{FlagKey, GuardrailName, MetricName, PlatformName, RoleName, RolloutName, SegmentName};
pub use percent::{Percent, Ratio};
pub use plan::{Ladder, Stage};
pub use probe::{Panel, Probed};
pub use rollout::{Metric, Platform, Rollout, Segment};
pub use signal::{Arm, ByArm, Counts, Histogram, Sample, SampleValue};
pub use text::Text;
pub use time::{Span, Timestamp};
pub use verdict::{Evidence, Method, Phase, Station, Verdict};
pub use when::{When, WhenError};
