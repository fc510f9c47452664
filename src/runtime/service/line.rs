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
use std::io;

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
    /// For ears: the time of day alone, and the date on a line of its own when a day begins.
    Plain,
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
    /// What the timeline does not say: phases, exposures, comments, advice. Only for who has no screen to look at.
    Change,
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
            Self::Change => "change",
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
            Format::Plain => self.as_plain(),
        }
    }

    fn as_text(&self) -> String {
        let of: &dyn std::fmt::Display = match &self.rollout {
            Some(rollout) => rollout,
            None => &"gonogo",
        };
        format!("{} {of} {}", self.at.rfc3339(), self.words())
    }

    fn as_plain(&self) -> String {
        match &self.rollout {
            Some(rollout) => format!("{} {rollout}: {}", self.at.clock(), self.words()),
            None => format!("{} {}", self.at.clock(), self.words()),
        }
    }

    /// What happened, to whom and by whom.
    fn words(&self) -> String {
        let mut out = String::new();
        if self.kind == Kind::Moment(MomentKind::Note) {
            out.push_str("note by ");
        }
        // Writing to a String cannot fail.
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

/// Where lines go.
#[derive(Debug)]
pub struct Paper<W> {
    out: W,
    format: Format,
    /// The day of the line before.
    day: Option<i64>,
}

impl<W: io::Write> Paper<W> {
    /// Lines of this format, on that.
    pub const fn new(out: W, format: Format) -> Self {
        Self { out, format, day: None }
    }

    /// How lines are written.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Rings with these words, which are no line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn call(&mut self, words: &[u8]) -> io::Result<()> {
        self.out.write_all(words)?;
        self.out.flush()
    }

    /// Writes a line, and whatever waits before it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn put(&mut self, line: &Line) -> io::Result<()> {
        let mut text = String::new();
        let day = line.at.day();
        if self.format == Format::Plain && self.day != Some(day) {
            let date = line.at.date_and_clock();
            let date = date.split(' ').next().unwrap_or_default();
            text = format!("{date}, times in UTC\n");
        }
        text.push_str(&line.write(self.format));
        text.push('\n');
        self.out.write_all(text.as_bytes())?;
        self.out.flush()?;
        self.day = Some(day);
        Ok(())
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

    #[test]
    fn plain_lines_have_the_time_of_day_and_a_date_where_a_day_begins() {
        let mut out = Vec::new();
        let mut paper = Paper::new(&mut out, Format::Plain);
        let first = line(MomentKind::Link, "flags web connected");
        let day = 86_400_000;
        let next = Line { at: Timestamp(first.at.0 + day), rollout: None, ..first.clone() };
        for line in [&first, &first, &next] {
            paper.put(line).expect("a Vec takes everything");
        }
        let wanted = "2026-11-22, times in UTC\n14:02:07 checkout-v2: flags web connected\n\
                      14:02:07 checkout-v2: flags web connected\n\
                      2026-11-23, times in UTC\n14:02:07 flags web connected\n";
        assert_eq!(String::from_utf8(out).expect("UTF-8"), wanted);
    }
}
