//! A scenario that goes on for days: when it begins, how often it is measured, and what its people do.
//!
//! In: the `[days]` of a scenario file. Out: [`Days`] for whoever makes a recording of it (`demo/maker`). Nobody waits
//! for days in front of a screen, so such a scenario is not played live.
//!
//! ```toml
//! [days]
//! start = "2026-11-17T08:00:00Z"
//! lasts = "2d"
//! every = "1m"
//! autopilot = "guard"
//!
//! [[days.asks]]                        # on the second day, as soon as nothing speaks against it, but not before nine
//! day = 2
//! at = "09:00"
//! when = "ready"
//! who = "mara"
//! verb = "widen"
//! segment = "free"
//! reason = "the night was quiet"
//! ```
//!
//! Asks are done one after the other, in the order of the file: each waits for the one before it.

use std::time::Duration;

use serde::Deserialize;

use crate::action::{Danger, Verb};
use crate::domain::{Percent, RoleName, SegmentName, Span, Text, Timestamp};

/// The longest that such a scenario may last: what a recording of it holds is limited.
pub const MAX_DAYS: Duration = Duration::from_secs(3 * DAY_S);
/// The shortest time between two readings: two days of these fill a recording.
pub const MIN_EVERY: Duration = Duration::from_secs(10);

const DAY_S: u64 = 86_400;

/// A scenario that goes on for days.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// Its first moment.
    pub start: Start,
    /// How long it lasts, at most [`MAX_DAYS`].
    pub lasts: Span,
    /// The time between two readings of the metrics; they are expected as often. At least [`MIN_EVERY`].
    pub every: Span,
    /// How long the autopilot waits without data before it pauses: more than `every`.
    pub pause_without_data: Span,
    /// How much the autopilot may do.
    pub autopilot: Pilot,
    /// What people do, one after the other.
    #[serde(default)]
    pub asks: Vec<Ask>,
}

/// How much the autopilot may do, in the words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pilot {
    /// Nothing.
    Off,
    /// Says what it would do.
    Advise,
    /// Pauses and kills.
    Guard,
    /// Pauses, kills, and widens.
    Full,
}

/// What a person does.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// On which day, from 1.
    #[serde(default = "first")]
    pub day: u8,
    /// Not before this time of the day.
    pub at: Hour,
    /// What they wait for.
    #[serde(default)]
    pub when: When,
    /// How long they take to see it.
    #[serde(default)]
    pub after: Span,
    /// Who.
    pub who: Text,
    /// What they ask for.
    pub verb: Verb,
    /// In which segment; absent: in all.
    pub segment: Option<SegmentName>,
    /// The exposure to go to; absent: the next stage.
    pub to: Option<Percent>,
    /// On behalf of which role they give their go.
    pub role: Option<RoleName>,
    /// Why.
    pub reason: Option<Text>,
}

/// What a person waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Nothing but the time.
    #[default]
    Time,
    /// Nothing speaks against it: it needs no reason, or for a go: all stations but the people's say GO.
    Ready,
    /// A NO-GO stands in the segment.
    NoGo,
    /// All segments are at the top of their plans, and say GO.
    Done,
}

const fn first() -> u8 {
    1
}

/// A first moment, written in RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Start(pub Timestamp);

impl TryFrom<String> for Start {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let at = Timestamp::parse_rfc3339(&text);
        at.map(Self).ok_or_else(|| format!("{text:?} is no time: write \"2026-11-17T08:00:00Z\""))
    }
}

/// A time of the day in UTC, written `"09:30"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Hour(pub Duration);

impl TryFrom<String> for Hour {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let (hours, minutes) = text.split_once(':')?;
            let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then(|| Self(Duration::from_secs(hours * 3600 + minutes * 60)))
        };
        read().ok_or_else(|| format!("{text:?} is no time of the day: write \"09:30\""))
    }
}

impl Days {
    /// The moment from which an ask may be done.
    #[must_use]
    pub fn due(&self, ask: &Ask) -> Timestamp {
        let start = self.start.0;
        let midnight = Timestamp(start.0 - start.0.rem_euclid(DAY_S as i64 * 1000));
        let days = Duration::from_secs(u64::from(ask.day.saturating_sub(1)) * DAY_S);
        midnight.plus(days).plus(ask.at.0)
    }

    /// What is wrong, in words.
    pub(super) fn check(&self, known: impl Fn(&SegmentName) -> Result<(), String>) -> Result<(), String> {
        if self.lasts.0.is_zero() || self.lasts.0 > MAX_DAYS {
            return Err(format!("days.lasts is {}; it must be up to {}", self.lasts, Span(MAX_DAYS)));
        }
        if self.every.0 < MIN_EVERY || !self.every.0.as_secs().is_multiple_of(MIN_EVERY.as_secs()) {
            return Err(format!("days.every must be a multiple of {}", Span(MIN_EVERY)));
        }
        if self.pause_without_data.0 <= self.every.0 {
            return Err("days.pause_without_data must be more than days.every".into());
        }
        let end = self.start.0.plus(self.lasts.0);
        for (index, ask) in self.asks.iter().enumerate() {
            let wrong = |what: &str| Err(format!("days.asks {}: {what}", index + 1));
            ask.segment.iter().try_for_each(&known)?;
            if ask.verb.spec().danger == Danger::View {
                return wrong("that changes nothing but a view");
            }
            if ask.day == 0 || !(self.start.0..end).contains(&self.due(ask)) {
                return wrong("it lies outside of the days");
            }
            if ask.segment.is_none() && matches!(ask.when, When::NoGo | When::Ready) {
                return wrong("whoever waits for that waits for one segment");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::demo::Scenario;

    const CALM: &str = include_str!("../../../demo/scenarios/calm.toml");
    const DAYS: &str = r#"
[days]
start = "2026-11-17T08:00:00Z"
lasts = "2d"
every = "1m"
pause_without_data = "10m"
autopilot = "guard"

[[days.asks]]
day = 2
at = "09:30"
when = "ready"
who = "mara"
verb = "widen"
segment = "beta"
"#;

    #[test]
    fn an_ask_is_due_on_its_day_and_not_before_the_time() {
        let scenario = Scenario::parse("days", &format!("{CALM}{DAYS}")).expect("good");
        let days = scenario.days.expect("days");
        let ask = days.asks.first().expect("an ask");
        assert_eq!(days.due(ask).rfc3339(), "2026-11-18T09:30:00.000Z");
    }

    #[test]
    fn days_that_cannot_be_are_refused_and_say_what() {
        for (from, to, says) in [
            ("lasts = \"2d\"", "lasts = \"9d\"", "days.lasts is 9d 0h"),
            ("every = \"1m\"", "every = \"1s\"", "multiple of 10s"),
            ("\"10m\"", "\"1m\"", "must be more than days.every"),
            ("day = 2", "day = 4", "days.asks 1: it lies outside"),
            ("verb = \"widen\"", "verb = \"zoom\"", "nothing but a view"),
            ("\"09:30\"", "\"25:00\"", "no time of the day"),
            ("\"2026-11-17T08:00:00Z\"", "\"tomorrow\"", "is no time"),
            ("segment = \"beta\"", "segment = \"mars\"", "the segment mars"),
            ("segment = \"beta\"", "", "waits for one segment"),
            ("who =", "whom =", "unknown field"),
        ] {
            let text = format!("{CALM}{}", DAYS.replacen(from, to, 1));
            let error = Scenario::parse("days", &text).expect_err(to).to_string();
            assert!(error.contains(says), "{to}: {error}");
        }
    }
}
