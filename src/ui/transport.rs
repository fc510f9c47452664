//! The transport bar of a replay: where in the recording it stands, what lies before and behind, what it is doing.
//!
//! ```text
//!  exposure ▁10%▁▁▁w▂25%▂▂▂▂▂▂◆▂▂▂▂▂▂▂┃▂▂▂▂K▁0%▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁    worst verdict and largest exposure in each
//!  verdicts … WAIT ……………✔ GO ✔✔✔✔✔✔✔✔✔┃✔✔✔✘ NO-GO ✘✘✘✘✘✘✘✘✘✘✘✘✘✘✘✘✘✘    cell; acts by their key; bookmarks; playhead
//!  ▶ PLAYING 10×  14:02:30 UTC  2:30 of 5:05  event 1,234 of 5,678
//! ```
//!
//! In: a [`Transport`], plain data that the replay's loop fills in before each frame. Out: one to three rows of cells,
//! and the [`Wish`]es that keys make. This file reads no recording and moves nothing.
//!
//! Start reading at [`Transport`], then [`course`] (what is drawn), `strip` and `line` (how).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::layout::Shape;
use crate::action::Verb;
use crate::domain::{Timestamp, When};
use crate::recording::{Kind, Mark};

pub mod course;
mod line;
mod strip;

pub use course::Course;
pub(super) use line::stretch;

/// From so many rows of the screen on, a stacked one has a row for the strip too.
const STRIP_FROM: u16 = 20;
/// From so many rows on, a summary has room for the line.
const LINE_FROM: u16 = 4;

/// What a key asks of a replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// Play, or pause.
    PlayOrPause,
    /// One event forward.
    Step,
    /// One event back.
    StepBack,
    /// To the next mark of a kind.
    Next(Kind),
    /// To the mark of a kind before.
    Previous(Kind),
    /// Play faster.
    Faster,
    /// Play slower.
    Slower,
    /// To a moment.
    GoTo(When),
    /// Set a bookmark here, or take it away.
    Bookmark,
    /// To the next bookmark.
    NextBookmark,
    /// To the bookmark before.
    PreviousBookmark,
    /// To the beginning.
    Start,
    /// To the end.
    End,
}

impl Wish {
    /// What an action asks for at once; `None` for what is no wish, or needs words first.
    pub(super) const fn of(verb: Verb) -> Option<Self> {
        Some(match verb {
            Verb::Play => Self::PlayOrPause,
            Verb::Step => Self::Step,
            Verb::StepBack => Self::StepBack,
            Verb::NextDecision => Self::Next(Kind::Any),
            Verb::PrevDecision => Self::Previous(Kind::Any),
            Verb::NextVerdict => Self::Next(Kind::Verdict),
            Verb::PrevVerdict => Self::Previous(Kind::Verdict),
            Verb::NextAction => Self::Next(Kind::Action),
            Verb::PrevAction => Self::Previous(Kind::Action),
            Verb::NextStage => Self::Next(Kind::Stage),
            Verb::PrevStage => Self::Previous(Kind::Stage),
            Verb::Faster => Self::Faster,
            Verb::Slower => Self::Slower,
            Verb::Bookmark => Self::Bookmark,
            Verb::NextBookmark => Self::NextBookmark,
            Verb::PrevBookmark => Self::PreviousBookmark,
            Verb::Start => Self::Start,
            Verb::End => Self::End,
            _ => return None,
        })
    }
}

/// Whether it moves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// It plays.
    Playing,
    /// It plays and the computer does not keep up with the speed.
    Behind,
    /// It stands.
    Paused,
    /// It stands, and there is nothing more.
    Over,
}

/// What a replay is at: all that the bar is drawn from.
#[derive(Debug, Clone)]
pub struct Transport<'a> {
    /// The time of the first event.
    pub from: Timestamp,
    /// The time of the last event, as far as it is known.
    pub to: Timestamp,
    /// The time that the replay stands at.
    pub at: Timestamp,
    /// Events taken.
    pub event: u64,
    /// All events, as far as they are known.
    pub events: u64,
    /// Events that the recording lacks.
    pub missing: u64,
    /// Whether the recording was looked through to its end.
    pub is_whole: bool,
    /// Whether it moves.
    pub motion: Motion,
    /// How many seconds of the recording pass in one.
    pub speed: u32,
    /// How far a seek has come, from 0 to 1. `None`: none is under way.
    pub seeking: Option<f64>,
    /// Where the recording is damaged, in words. `None`: nowhere, or not yet met.
    pub damage: Option<String>,
    /// What happened when.
    pub course: &'a Course,
    /// Bookmarks by their times, in order.
    pub bookmarks: &'a [Timestamp],
    /// Which of them is here, counted from 1.
    pub bookmark_here: Option<usize>,
    /// What was decided on the newest event.
    pub here: &'a [Mark],
}

/// How many rows the bar takes.
pub(super) const fn rows(scene: &Scene<'_>, shape: Shape, height: u16) -> u16 {
    if scene.transport.is_none() {
        return 0;
    }
    match shape {
        Shape::Wide => 3,
        Shape::Stacked if height >= STRIP_FROM => 2,
        Shape::Stacked => 1,
        Shape::Summary if height >= LINE_FROM => 1,
        Shape::Summary => 0,
    }
}

/// Draws the bar: the line lowest, above it as many strips as there are rows.
pub(super) fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let Some(transport) = scene.transport else { return };
    if area.height == 0 {
        return;
    }
    let row = |index| Rect { y: area.y + index, height: 1, ..area };
    if area.height > 2 {
        strip::draw_exposure(scene, transport, buf, row(0));
    }
    if area.height > 1 {
        // With one strip only, the acts stand in it.
        strip::draw_verdicts(scene, transport, buf, row(area.height - 2), area.height == 2);
    }
    line::draw(scene, transport, buf, row(area.height - 1));
}
