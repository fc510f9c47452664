//! What was done in the time of a chart: stages, kills, pauses, and the rest.
//!
//! In: the timeline and the commands of the model. Out: [`Mark`]s of one segment on a page, each with its sign. A command
//! that was refused did nothing and is no mark; one whose outcome is not known is.

use super::page::Page;
use crate::action::Verb;
use crate::domain::{SegmentName, Timestamp, name};
use crate::effect::Outcome;
use crate::engine::Model;
use crate::engine::model::{Moment, MomentKind, SegmentModel};
use crate::theme::{Glyphs, Role};

/// What kind of act; the later ones are heavier, and cover the others in the same column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Cleared, resumed, a go was given.
    Other,
    /// The exposure changed.
    Stage,
    /// Paused.
    Pause,
    /// Killed.
    Kill,
}

impl Sign {
    /// All of them, the heaviest first.
    pub const ALL: [Self; 4] = [Self::Kill, Self::Pause, Self::Stage, Self::Other];

    /// Its sign.
    pub const fn glyph(self, glyphs: &Glyphs) -> &'static str {
        match self {
            Self::Other => glyphs.bullet,
            Self::Stage => glyphs.bookmark,
            Self::Pause => glyphs.pause,
            Self::Kill => glyphs.no_go,
        }
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Other => "other act",
            Self::Stage => "stage",
            Self::Pause => "pause",
            Self::Kill => "kill",
        }
    }

    /// Its look.
    pub const fn role(self) -> Role {
        match self {
            Self::Other => Role::Dim,
            Self::Stage => Role::StageMark,
            Self::Pause => Role::Hold,
            Self::Kill => Role::Danger,
        }
    }
}

/// Something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub sign: Sign,
}

/// What was done about a segment in the time of a page, oldest first.
pub fn of(model: &Model, segment: &SegmentModel, page: &Page) -> Vec<Mark> {
    let lately = model.timeline.iter().rev().take_while(|moment| moment.at >= page.from);
    let mut marks: Vec<_> = lately
        .filter_map(|moment| Some(Mark { at: moment.at, sign: sign(model, &segment.name, moment)? }))
        .collect();
    marks.reverse();
    // A stage of an earlier run, or one whose line has left the timeline.
    if let Some(at) = segment.stage_since.filter(|at| page.share(*at).is_some()) {
        let is_marked = |mark: &Mark| mark.sign != Sign::Other && at.0.abs_diff(mark.at.0) <= NEAR_MS;
        if !marks.iter().any(is_marked) {
            marks.push(Mark { at, sign: Sign::Stage });
        }
    }
    marks
}

/// A stage that begins so soon after an act was brought about by it, in milliseconds: longer than any backend takes to
/// store a change.
const NEAR_MS: u64 = 15_000;

/// What a line of the timeline means for a segment. `None`: nothing was done, or not here.
fn sign(model: &Model, segment: &SegmentName, moment: &Moment) -> Option<Sign> {
    let is_here = moment.segment.as_ref().is_none_or(|name| name == segment);
    let tracked =
        moment.effect.and_then(|id| model.commands.iter().rev().find(|tracked| tracked.command.id == id));
    if let Some(tracked) = tracked {
        let is_done = !matches!(tracked.outcome, Some(Outcome::Refused { .. }));
        return (is_done && tracked.command.change.touches(segment)).then(|| of_verb(tracked.command.verb));
    }
    if moment.kind != MomentKind::Act || !is_here {
        return None;
    }
    let text = moment.text.as_str();
    // What the autopilot only advises was not done.
    if text.starts_with("would ") || (moment.segment.is_none() && !names(text, segment)) {
        return None;
    }
    // Words of the engine: of commands that are no longer kept, of the journal, of changes from outside.
    let verb = text.split(' ').next().unwrap_or_default();
    Some(match verb {
        "paused" | "pause" => Sign::Pause,
        "kill" => Sign::Kill,
        "resumed" | "cleared" | "gave" => Sign::Other,
        _ => Sign::Stage,
    })
}

/// Whether a line is about a segment: it names it, or everything.
fn names(text: &str, segment: &SegmentName) -> bool {
    text.contains("everything")
        || text.starts_with("switched the flag")
        || name::words(text).any(|word| word == segment.as_str())
}

const fn of_verb(verb: Verb) -> Sign {
    match verb {
        Verb::Kill => Sign::Kill,
        Verb::Pause => Sign::Pause,
        Verb::Widen | Verb::RollBack | Verb::Resume => Sign::Stage,
        _ => Sign::Other,
    }
}
