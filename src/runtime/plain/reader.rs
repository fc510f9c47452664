//! One rollout, read aloud: what is worth a line since the last look.
//!
//! In: the model, after each event or each tick. Out: [`Line`]s. What the timeline says is said by the guard's
//! `Diary`: verdicts, commands step by step, links, problems. What it does not say, and a screen shows, is said here:
//! phases, confirmed exposures, comments, advice. Ages and counts are no news.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::{Arm, Percent, Phase, RolloutName, Timestamp, Verdict};
use crate::engine::Model;
use crate::engine::coach::advice;
use crate::engine::model::Comment;
use crate::event::Event;
use crate::runtime::service::diary::{Diary, standing};
use crate::runtime::service::line::{Kind, Line};
use crate::runtime::service::sight::{self, Sight};
use crate::ui::plain;

/// How long advice that was given is still known.
const STILL_KNOWN: Duration = Duration::from_secs(30 * 60);
/// How much advice is remembered: a few for each of twenty segments.
const MAX_ADVISED: usize = 64;
/// Units that come and go with their numbers.
const UNITS: [&str; 5] = ["d", "h", "min", "s", "ms"];

/// What was said of a rollout.
#[derive(Debug)]
pub struct Reader {
    /// Named in each line where there are several. `None`: there is only one.
    rollout: Option<RolloutName>,
    diary: Diary,
    /// The time of the first look. `None`: nothing happened yet, so there is no time.
    began: Option<Timestamp>,
    /// Whether the summary was said.
    is_summed_up: bool,
    segments: Vec<(Phase, Option<Percent>)>,
    pieces: u64,
    /// Advice that was said, without its numbers, and until when it was good; the oldest first.
    advised: VecDeque<(String, Timestamp)>,
    revision: u64,
    /// Which of the rollout's sessions it is.
    life: u32,
}

impl Reader {
    /// Begins: says what the journal says that still stands.
    pub fn begin(model: &Model, is_named: bool, mut tell: impl FnMut(Line)) -> Self {
        let reader = Self {
            rollout: is_named.then(|| model.rollout.name.clone()),
            diary: Diary::begin(model),
            began: Some(model.now).filter(|now| *now > Timestamp::default()),
            is_summed_up: false,
            segments: Vec::new(),
            pieces: model.feedback_totals.pieces,
            advised: VecDeque::new(),
            revision: 0,
            life: 0,
        };
        let text = format!(
            "{}: {} segments, {} guardrails, autopilot {}",
            model.rollout.name,
            model.segments.len(),
            model.rollout.guardrails.len(),
            model.autopilot.word()
        );
        // Before the first event there is no time of its own; the log has one.
        tell(Line { at: model.now, ..Line::new(None, Kind::Start, text) });
        for line in standing(model) {
            tell(reader.stamp(model, line));
        }
        reader
    }

    /// Another number: the model is begun anew, and with it its timeline and its counts.
    pub fn live(&mut self, life: u32) {
        if self.life != life {
            self.life = life;
            self.diary.begin_anew();
            self.pieces = 0;
            self.revision = u64::MAX;
        }
    }

    /// Says what is new. `cause` is the event that was just taken; `None`: time went on.
    pub fn follow(&mut self, model: &Model, cause: Option<&Event>, mut tell: impl FnMut(Line)) {
        let mut lines = Vec::new();
        if model.revision != self.revision || !self.is_summed_up {
            self.revision = model.revision;
            self.diary.follow(model, cause, |line| lines.push(line));
            lines.extend(self.compare(model));
        }
        // What is known at first is said as a whole; advice follows what is known.
        let waited = model.now.since(*self.began.get_or_insert(model.now));
        if !self.is_summed_up && sight::look(model, waited) != Sight::Opening {
            self.is_summed_up = true;
            lines.extend(plain::standing(model).iter().map(|text| self.say(text)));
        }
        // Advice depends on the time as well, and is worked out when asked for.
        if self.is_summed_up && cause.is_none() {
            lines.extend(self.advise(model));
        }
        for line in lines {
            tell(self.stamp(model, line));
        }
    }

    /// Phases, exposures and comments that are not as they were.
    fn compare(&mut self, model: &Model) -> Vec<Line> {
        let mut lines = Vec::new();
        let seen: Vec<_> = model.segments.iter().map(|s| (s.phase, s.exposure.confirmed)).collect();
        if self.is_summed_up {
            for (segment, (was, is)) in model.segments.iter().zip(self.segments.iter().zip(&seen)) {
                if was.1 != is.1 {
                    lines.push(self.say(&exposure(segment.name.as_str(), was.1, is.1)));
                }
                if was.0 != is.0 {
                    lines.push(self.say(&format!("{} is {}, was {}", segment.name, is.0, was.0)));
                }
            }
        }
        self.segments = seen;
        let new = model.feedback_totals.pieces.saturating_sub(self.pieces);
        self.pieces = model.feedback_totals.pieces;
        let new = usize::try_from(new).unwrap_or(usize::MAX).min(model.comments.len());
        let comments = model.comments.iter().skip(model.comments.len() - new);
        lines.extend(comments.map(|said| self.say(&comment(said))));
        lines
    }

    /// The advice that was not given lately. The situation goes to and fro where numbers are near a bound; what was
    /// said half an hour ago is still known to who heard it.
    fn advise(&mut self, model: &Model) -> Vec<Line> {
        let mut lines = Vec::new();
        for advice in advice(model) {
            let key = without_numbers(&advice.text);
            let known = self.advised.iter().position(|(known, _)| *known == key);
            let said = known.and_then(|at| self.advised.remove(at));
            if said.is_none_or(|(_, until)| model.now.since(until) > STILL_KNOWN) {
                lines.push(self.say(&format!("coach: {}", advice.text)));
            }
            self.advised.push_back((key, model.now));
        }
        while self.advised.len() > MAX_ADVISED {
            self.advised.pop_front();
        }
        lines
    }

    fn say(&self, text: &str) -> Line {
        Line::new(self.rollout.as_ref(), Kind::Change, text)
    }

    fn stamp(&self, model: &Model, line: Line) -> Line {
        Line { at: model.now, rollout: self.rollout.clone(), ..line }
    }
}

/// Says how a rollout stands at the end.
pub fn end(model: &Model, is_named: bool, mut tell: impl FnMut(Line)) {
    let (phase, verdict) = (model.phase(), model.verdict());
    let text = match verdict {
        Verdict::Go => format!("end: {phase}, {verdict}"),
        _ => {
            let first = plain::standing(model).into_iter().next().unwrap_or_default();
            format!("end: {first}")
        }
    };
    let rollout = is_named.then_some(&model.rollout.name);
    tell(Line { at: model.now, ..Line::new(rollout, Kind::Stop, text) });
}

fn exposure(segment: &str, was: Option<Percent>, is: Option<Percent>) -> String {
    match (was, is) {
        (Some(was), Some(is)) => format!("{segment} confirmed {is}, was {was}"),
        (None, Some(is)) => format!("{segment} confirmed {is}"),
        (_, None) => format!("{segment}: what is confirmed is not known"),
    }
}

fn comment(said: &Comment) -> String {
    let arm = match said.feedback.arm {
        Some(Arm::Treatment) => ", treatment",
        Some(Arm::Control) => ", control",
        None => "",
    };
    let score = said.feedback.score.map_or_else(String::new, |score| format!(", {score} of 5"));
    let text = said.feedback.text.as_str();
    let text = if text.is_empty() { String::new() } else { format!(": {text}") };
    format!("feedback {}{arm}{score}{text}", said.feedback.segment)
}

/// A sentence that is the same when only its numbers differ.
fn without_numbers(text: &str) -> String {
    let is_number = |word: &&str| word.contains(|c: char| c.is_ascii_digit()) || UNITS.contains(word);
    text.split(' ').filter(|word| !is_number(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
