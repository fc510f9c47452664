//! One platform of a request: which step it stands on, since when, and the words for each step.
//!
//! In: the model and a command. Out: the step, and short pieces of text that stand beside each other in columns.

use std::time::Duration;

use super::after;
use crate::domain::{PlatformName, Span, Text};
use crate::effect::{Change, Outcome};
use crate::engine::Model;
use crate::engine::model::Tracked;

/// How far a platform has come. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// No answer: it may have happened or not.
    Unknown,
    /// Not done, for sure.
    Refused,
    /// Stored, but by now something else is.
    Replaced,
    /// Stored, and an edge still serves something else although its reach is over.
    Unserved,
    /// Written down, not on the wire yet.
    Requested,
    /// On the wire.
    Sent,
    /// Read back, and a probe has yet to see it.
    Confirmed,
    /// Read back; nobody looks what is served.
    Unprobed,
    /// Seen by a probe.
    Served,
}

impl Step {
    /// Its word, the same on the screen, in text and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Replaced => "replaced",
            Self::Unserved => "unserved",
            Self::Requested => "requested",
            Self::Sent => "sent",
            Self::Confirmed | Self::Unprobed => "confirmed",
            Self::Served => "served",
        }
    }

    /// Whether the backend has stored it, and still has.
    pub const fn is_stored(self) -> bool {
        matches!(self, Self::Unserved | Self::Confirmed | Self::Unprobed | Self::Served)
    }
}

/// One platform of a request.
pub struct Row<'m> {
    /// Its command.
    pub tracked: &'m Tracked,
    /// How far it has come.
    pub step: Step,
    /// How long the open step has lasted. `None`: none is open.
    pub open_for: Option<Duration>,
    /// Whether somebody is meant to look at what is served there.
    pub is_probed: bool,
    /// Whether that probe has answered at all.
    is_heard: bool,
    /// What took the place of what was asked for.
    replaced_by: Option<String>,
}

impl<'m> Row<'m> {
    /// The row of a command; `None` for a platform that is not shown.
    pub fn of(model: &'m Model, tracked: &'m Tracked) -> Option<Self> {
        let platform = model.platform(&tracked.command.platform)?;
        let is_heard = !platform.served.is_empty();
        let described = model.rollout.platforms.iter().find(|p| p.name == platform.name);
        // A frozen ramp changes nobody's answer, and when another run's command was served nobody has seen.
        let is_shown_by_edge = !matches!(tracked.command.change, Change::Freeze(_)) && !tracked.restored;
        let is_probed = is_shown_by_edge && (is_heard || described.is_some_and(|p| p.probed));
        let change = &tracked.command.change;
        let state = platform.state.as_ref();
        let stands = state.is_none_or(|state| {
            if tracked.command.is_urgent() { change.is_stopped_in(state) } else { change.is_met_by(state) }
        });
        let step = match &tracked.outcome {
            None => Step::Requested,
            Some(Outcome::Sent) => Step::Sent,
            Some(Outcome::Unknown { .. }) => Step::Unknown,
            Some(Outcome::Refused { .. }) => Step::Refused,
            Some(Outcome::Confirmed { .. }) if !stands => Step::Replaced,
            Some(Outcome::Confirmed { .. }) if tracked.served_at.is_some() => Step::Served,
            Some(Outcome::Confirmed { .. })
                if model.unserved().any(|t| t.command.id == tracked.command.id) =>
            {
                Step::Unserved
            }
            Some(Outcome::Confirmed { .. }) if is_probed => Step::Confirmed,
            Some(Outcome::Confirmed { .. }) => Step::Unprobed,
        };
        let since = match step {
            Step::Requested => Some(tracked.requested_at),
            Step::Sent | Step::Unknown => tracked.sent_at.or(Some(tracked.requested_at)),
            Step::Unserved | Step::Confirmed => tracked.confirmed_at,
            Step::Refused | Step::Replaced | Step::Unprobed | Step::Served => None,
        };
        let open_for = since.map(|since| model.now.since(since));
        let replaced_by = state.filter(|_| step == Step::Replaced).map(|state| {
            let by = state.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            format!("version {}{by}", state.version)
        });
        Some(Self { tracked, step, open_for, is_probed, is_heard, replaced_by })
    }

    /// Where.
    pub const fn platform(&self) -> &'m PlatformName {
        &self.tracked.command.platform
    }

    /// Whether there is nothing left to wait for here, and all is as asked.
    pub const fn is_done(&self) -> bool {
        matches!(self.step, Step::Served | Step::Unprobed)
    }

    /// The unfinished first, the worst of them before the others.
    pub const fn rank(&self) -> u8 {
        self.step as u8
    }

    /// When it was sent, counted from the request.
    pub fn sent(&self) -> Option<Span> {
        after(self.tracked, self.tracked.sent_at)
    }

    /// When it was read back, counted from the request.
    pub fn confirmed(&self) -> Option<Span> {
        after(self.tracked, self.tracked.confirmed_at)
    }

    /// When a probe saw it, counted from the request.
    pub fn served(&self) -> Option<Span> {
        after(self.tracked, self.tracked.served_at)
    }

    /// How often it was tried without an answer.
    pub const fn attempts(&self) -> Option<u32> {
        match self.tracked.outcome {
            Some(Outcome::Unknown { attempts, .. }) => Some(attempts),
            _ => None,
        }
    }

    /// Why it is not done.
    pub const fn cause(&self) -> Option<&Text> {
        match &self.tracked.outcome {
            Some(Outcome::Unknown { cause, .. } | Outcome::Refused { cause, .. }) => Some(cause),
            _ => None,
        }
    }

    /// The cause without what its row says already: `cannot kill checkout-v2 at ios: …`.
    fn reason(&self) -> &str {
        let cause = self.cause().map_or("", Text::as_str);
        let named = format!(" at {}: ", self.platform());
        match cause.split_once(&named) {
            Some((act, reason)) if act.starts_with("cannot ") && !act.contains(':') => reason,
            _ => cause,
        }
    }

    /// The step of sending, in words; empty when nobody knows.
    pub fn sent_text(&self) -> String {
        match self.sent() {
            Some(sent) => format!("sent +{sent}"),
            None if self.step == Step::Requested => format!("not sent for {}", self.clock()),
            None => String::new(),
        }
    }

    /// The step of reading back, in words.
    pub fn confirmed_text(&self) -> String {
        match (self.step, self.confirmed()) {
            (Step::Requested, _) => String::new(),
            (Step::Sent, _) => format!("not confirmed for {}", self.clock()),
            (Step::Unknown, _) => {
                let tries = ordinal(self.attempts().unwrap_or(1));
                format!("UNKNOWN for {}, {tries} try: {}", self.clock(), self.reason())
            }
            (Step::Refused, _) => format!("REFUSED: {}", self.reason()),
            (_, Some(confirmed)) => format!("confirmed +{confirmed}"),
            (_, None) => "confirmed".to_owned(),
        }
    }

    /// The step of serving, in words; empty before it was read back.
    pub fn served_text(&self) -> String {
        match (self.step, self.served()) {
            (Step::Served, Some(served)) => format!("served +{served}"),
            (Step::Confirmed, _) if !self.is_heard => {
                format!("probe has not answered for {}", self.clock())
            }
            (Step::Confirmed, _) => format!("not seen served for {}", self.clock()),
            (Step::Unserved, _) => format!("EDGE STILL SERVES IT after {}", self.clock()),
            (Step::Unprobed, _) if self.tracked.restored => "asked for by another run".to_owned(),
            (Step::Unprobed, _) if matches!(self.tracked.command.change, Change::Freeze(_)) => String::new(),
            (Step::Unprobed, _) => "not probed".to_owned(),
            (Step::Replaced, _) => {
                format!("no longer so: {}", self.replaced_by.as_deref().unwrap_or("changed since"))
            }
            _ => String::new(),
        }
    }

    /// The running clock of the open step.
    pub fn clock(&self) -> Span {
        Span(self.open_for.unwrap_or_default())
    }
}

/// `1st`, `2nd`, `3rd`, `11th`.
fn ordinal(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_counted_as_people_do() {
        let said: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 113].map(ordinal).into();
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "113th"]);
    }
}
