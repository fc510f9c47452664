//! The list of panes: adding one is one file in `panes/` and one line in [`PANES`].
//!
//! In: nothing. Out: for each pane its title, where it likes to stand, what the arrow keys do in it, and
//! how it is drawn. A pane draws into its inner area only; the frame is the screen's business.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panes::{board, chart, coach, feedback, segments, timeline};
use super::{Scene, View};
use crate::action::Verb;
use crate::engine::Model;

/// Where a pane stands on a large screen. On a small one the upper two are stacked and the others
/// share the room below: the one with the keys is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Upper left: as high as its rows.
    UpperLeft,
    /// Upper right: as high as its rows.
    UpperRight,
    /// Below on the left; several share the height.
    Left,
    /// Below on the right; several share the height.
    Right,
    /// At the bottom right: as high as its rows, at most half of what is below.
    LowerRight,
}

/// What the arrow keys do in a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steer {
    /// Up and down select a segment, left and right change the metric.
    Rows,
    /// All four select a segment.
    Columns,
    /// Up and down scroll, left and right change the metric.
    Scroll,
}

/// One box of the screen.
pub(crate) struct Pane {
    /// Where it stands.
    pub place: Place,
    /// What the arrow keys do in it.
    pub steer: Steer,
    /// The screen that opening it leads to.
    pub opens: Verb,
    /// Its title.
    pub title: fn(&Scene<'_>) -> String,
    /// How many rows it would fill.
    pub rows: fn(&Model, &View) -> usize,
    /// Draws it; the last argument is the first row to show.
    pub draw: fn(&Scene<'_>, &mut Buffer, Rect, usize),
}

/// All panes, in the order in which the keys go through them.
pub(crate) const PANES: &[Pane] =
    &[segments::PANE, board::PANE, chart::PANE, feedback::PANE, coach::PANE, timeline::PANE];

/// How many there are.
pub(crate) const COUNT: usize = PANES.len();
