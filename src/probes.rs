//! Probes: what a platform's edge really serves, asked as an application asks.
//!
//! ```text
//!  settings ─▶ build ─▶ Panelist ─┬─ watch: calm (a panel each interval, a canary each second)
//!             an Edge ▲           │         fast (after a cue: a few users every 20 ms) ─▶ Body::Served
//!   ofrep │ unleash ──┘           └─ ask (once, for `check`)
//! ```
//!
//! In: the `probe = { kind = …, … }` of a platform, its flag, the segments with the attributes of their synthetic users,
//! and [`Cues`] from the runtime: a command is under way, or what is stored has changed. Out: how many of a segment's
//! synthetic users have the feature ([`Probed`]), as events.
//!
//! Which users are asked never depends on what they answered before a whole panel begins, so its share is a fair sample;
//! the users of a quick round are chosen by what they had, so they only tell who still has it.
//!
//! It must never judge whether a share is right, take an error for "nobody has it", or change anything: every question
//! is an evaluation. Who they are is stable: user `n` of a segment is `gonogo-probe-{platform}-{segment}-{n}` for ever, so
//! that two panels differ only where the edge does.
//!
//! A new kind is one file here with an [`Edge`](edge::Edge), one variant of [`ProbeSettings`] and one arm of each of its
//! functions. Start reading at [`edge`], then `panel` (pure), `watch` and `fast`.

mod ask;
mod cues;
pub mod edge;
mod fast;
pub mod ofrep;
mod panel;
mod panelist;
mod report;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::cues::{Cue, Cuer, Cues, cues};
pub use self::panelist::Panelist;
use crate::domain::{FlagKey, PlatformName, Probed, SegmentName, Span, Text};
use crate::event::{Promise, Sink};

/// What is asked about: a flag on a platform, and who its synthetic users are.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The platform.
    pub platform: PlatformName,
    /// The flag's key at the edge.
    pub flag: FlagKey,
    /// The segments, each with the attributes of its synthetic users.
    pub segments: Vec<(SegmentName, Context)>,
}

/// Attributes of the synthetic users of a segment: what makes the edge take them for customers of that segment.
pub type Context = BTreeMap<String, Attribute>;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// True or false.
    Truth(bool),
    /// A whole number.
    Whole(i64),
    /// Any other number; finite.
    Number(f64),
}

/// A platform's edge, asked on behalf of synthetic users.
pub trait Probe: Send + Sync {
    /// Watches for ever, with its own retry timer: hands in what it measured as
    /// [`Body::Served`](crate::event::Body::Served), link changes and problems.
    fn watch<'a>(&'a self, sink: &'a dyn Sink, cues: Cues) -> Promise<'a, ()>;

    /// Asks for a whole panel once, for `check`. An error is why there is none, in words.
    fn ask(&self) -> Promise<'_, Result<Asked, Text>>;
}

/// What one whole panel found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// By segment; a segment of which somebody got no answer is left out.
    pub served: BTreeMap<SegmentName, Probed>,
    /// What is wrong, one sentence each.
    pub problems: Vec<Text>,
}

/// Why a probe cannot be constructed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct ProbeError(pub Text);

/// How many users of each segment are asked for, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Synthetic users of each segment.
    pub keys: u32,
    /// From one whole panel to the next, while nothing happens.
    pub interval: Span,
}

/// Attributes that are ours to give: they tell the synthetic users apart.
pub const RESERVED: [&str; 3] = [ofrep::TARGETING_KEY, "userId", "sessionId"];

/// The most questions a second that whole panels may come to while nothing happens: a tenth of what one relay proxy or
/// flagd answers on one core (4,400 to 4,700 a second, measured on loopback).
pub const MAX_CALM_RATE: u32 = 500;

/// The bounds of `keys`: below, the interval is too wide to tell anything; above, the edge has better things to do.
pub const KEYS: std::ops::RangeInclusive<u32> = 20..=5000;

/// The bounds of `interval`.
pub const INTERVAL: (Span, Span) = (Span(Duration::from_secs(1)), Span(Duration::from_secs(600)));

/// Users of each segment when the file does not say: 25 % is measured to within 8 points or so, 99.5 times in 100.
pub const fn default_keys() -> u32 {
    200
}

/// From one panel to the next when the file does not say.
pub const fn default_interval() -> Span {
    Span(Duration::from_secs(10))
}

/// The `probe = { kind = …, … }` of a platform: the list of all kinds.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ProbeSettings {
    /// A server that speaks the OpenFeature Remote Evaluation Protocol.
    Ofrep(ofrep::Settings),
}

impl ProbeSettings {
    /// How many are asked for, and how often.
    #[must_use]
    pub const fn size(&self) -> Size {
        match self {
            Self::Ofrep(settings) => Size { keys: settings.keys, interval: settings.interval },
        }
    }

    /// Refuses a panel that measures nothing, or one that the edge would feel.
    ///
    /// # Errors
    /// [`ProbeError`] with what to write instead.
    pub fn check(&self, segments: usize) -> Result<(), ProbeError> {
        let Size { keys, interval } = self.size();
        let refuse = |why: String| Err(ProbeError(Text::new(&why)));
        if !KEYS.contains(&keys) {
            return refuse(format!("`keys` is {keys}, expected {} to {}", KEYS.start(), KEYS.end()));
        }
        let (least, most) = INTERVAL;
        if interval < least || interval > most {
            let (least, most) = (String::from(least), String::from(most));
            return refuse(format!("`interval` is {}, expected {least} to {most}", String::from(interval)));
        }
        let users = f64::from(keys) * segments as f64;
        let rate = users / interval.0.as_secs_f64();
        if rate > f64::from(MAX_CALM_RATE) {
            let needed = (users / f64::from(MAX_CALM_RATE)).ceil();
            return refuse(format!(
                "{keys} users of each segment ({segments} in all) every {} are {rate:.0} questions a second, more than {MAX_CALM_RATE}\n\
                 hint: interval = \"{needed}s\", or fewer keys",
                String::from(interval)
            ));
        }
        Ok(())
    }
}

/// Constructs the probe of a platform.
///
/// # Errors
/// [`ProbeError`] when the settings cannot work, before anything is connected.
pub fn build(settings: &ProbeSettings, subject: &Subject) -> Result<Box<dyn Probe>, ProbeError> {
    settings.check(subject.segments.len())?;
    let size = settings.size();
    match settings {
        ProbeSettings::Ofrep(settings) => {
            let edge = ofrep::Ofrep::new(settings, subject)?;
            Ok(Box::new(Panelist::new(edge, subject, size)))
        }
    }
}
