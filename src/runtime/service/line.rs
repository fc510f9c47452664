//! One line of the guard's log, and how it is written.
//!
//! In: what happened. Out: one line of text or of JSON, without a line break, without control characters:
//!
//! ```text
//! 2026-11-22T14:02:07.123Z checkout-v2 NO-GO errors enterprise: 31 of 2,410 users …
//! {"at":"2026-11-22T14:02:07.123Z","rollout":"checkout-v2","kind":"verdict","verdict":"NO-GO",
//!  "segment":"enterprise","actor":null,"text":"NO-GO errors: 31 of 2,410 users …"}      (one line)
//! ```
//!
//! The keys stay, and are always there; what does not apply is `null`. There are no levels: what is worth a line is
//! worth reading.

use std::fmt::Write;

use serde_json::json;

use crate::domain::{Actor, RolloutName, SegmentName, Text, Timestamp, Verdict};
use crate::engine::model::MomentKind;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A rollout is watched from now on, and what the journal says of it.
    Start,
    /// Everything was heard of, or it is known what is missing.
    Ready,
    /// Something of the timeline.
    Moment(MomentKind),
    /// A rollout is not watched any more.
    Stop,
    /// The log or the process itself.
    Log,
}

impl Kind {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Ready => "ready",
            Self::Moment(MomentKind::Act) => "act",
            Self::Moment(MomentKind::Verdict) => "verdict",
            Self::Moment(MomentKind::Link) => "link",
            Self::Moment(MomentKind::Problem) => "problem",
            Self::Moment(MomentKind::Note) => "note",
            Self::Stop => "stop",
            Self::Log => "log",
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When it was said, by our clock; the log sets it when the line is handed in.
    pub at: Timestamp,
    /// Of which rollout. `None`: of the process.
    pub rollout: Option<RolloutName>,
    /// About what.
    pub kind: Kind,
    /// The verdict that it brought.
    pub verdict: Option<Verdict>,
    /// In one segment only.
    pub segment: Option<SegmentName>,
    /// Who did it.
    pub actor: Option<Actor>,
    /// Whether another process did it: read in the journal that both write.
    pub is_foreign: bool,
    /// What, in words.
    pub text: Text,
}

impl Line {
    /// A line of a rollout, or of the process.
    #[must_use]
    pub fn new(rollout: Option<&RolloutName>, kind: Kind, text: impl AsRef<str>) -> Self {
        let text = Text::new(text.as_ref());
        let (at, rollout) = (Timestamp::default(), rollout.cloned());
        Self { at, rollout, kind, verdict: None, segment: None, actor: None, is_foreign: false, text }
    }

    /// The line as it is written, without a line break.
    #[must_use]
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text => self.as_text(),
            Format::Json => self.as_json(),
        }
    }

    fn as_text(&self) -> String {
        let mut out = self.at.rfc3339();
        // Writing to a String cannot fail.
        let _ = match &self.rollout {
            Some(rollout) => write!(out, " {rollout} "),
            None => write!(out, " gonogo "),
        };
        if self.kind == Kind::Moment(MomentKind::Note) {
            out.push_str("note by ");
        }
        let _ = match (&self.actor, self.is_foreign) {
            (Some(actor), true) => write!(out, "{actor}, another process: "),
            (Some(actor), false) => write!(out, "{actor}: "),
            (None, true) => write!(out, "another process: "),
            (None, false) => Ok(()),
        };
        let text = self.text.as_str();
        let end_of_station = text.find([':', ',']).filter(|_| self.kind == Kind::Moment(MomentKind::Verdict));
        let _ = match (&self.segment, end_of_station.and_then(|end| text.split_at_checked(end))) {
            (Some(segment), Some((station, rest))) => write!(out, "{station} {segment}{rest}"),
            _ => write!(out, "{text}"),
        };
        out
    }

    fn as_json(&self) -> String {
        let text =
            if self.is_foreign { format!("another process: {}", self.text) } else { self.text.to_string() };
        json!({
            "at": self.at.rfc3339(),
            "rollout": self.rollout,
            "kind": self.kind.word(),
            "verdict": self.verdict.map(Verdict::word),
            "segment": self.segment,
            "actor": self.actor.as_ref().map(Actor::to_string),
            "text": text,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: MomentKind, text: &str) -> Line {
        let rollout: RolloutName = "checkout-v2".parse().expect("a name");
        Line { at: Timestamp(1_795_356_127_123), ..Line::new(Some(&rollout), Kind::Moment(kind), text) }
    }

    #[test]
    fn a_verdict_names_its_segment_after_its_station() {
        let no_go = Line {
            verdict: Some(Verdict::NoGo),
            segment: "enterprise".parse().ok(),
            ..line(MomentKind::Verdict, "NO-GO sample ratio: 3 of 4")
        };
        assert_eq!(
            no_go.write(Format::Text),
            "2026-11-22T14:02:07.123Z checkout-v2 NO-GO sample ratio enterprise: 3 of 4"
        );
        let json: serde_json::Value = serde_json::from_str(&no_go.write(Format::Json)).expect("JSON");
        assert_eq!(
            json,
            json!({
                "at": "2026-11-22T14:02:07.123Z", "rollout": "checkout-v2", "kind": "verdict",
                "verdict": "NO-GO", "segment": "enterprise", "actor": null, "text": "NO-GO sample ratio: 3 of 4",
            })
        );
    }

    #[test]
    fn who_acted_is_said_and_whether_in_another_process() {
        let act = Line { actor: Some(Actor::Autopilot), ..line(MomentKind::Act, "kill free: sent") };
        assert!(act.write(Format::Text).ends_with(" checkout-v2 autopilot: kill free: sent"));
        let other = Line { is_foreign: true, ..act };
        assert!(other.write(Format::Text).ends_with(" autopilot, another process: kill free: sent"));
        assert!(other.write(Format::Json).contains(r#""text":"another process: kill free: sent""#));
        let note = Line { actor: Some(Actor::Person("ann".into())), ..line(MomentKind::Note, "so: what") };
        assert!(note.write(Format::Text).ends_with(" note by ann: so: what"));
    }
}
