//! The list of screens: adding one is one file in `screens/`, one line in [`SCREENS`] and one in `action.rs`.
//!
//! In: nothing. Out: for each screen its title, what the arrow keys do on it, what filters and copies there, and how it
//! is drawn. A screen draws into its area only: header, strip, hints and panels are the frame's business. It keeps
//! nothing: what is scrolled, marked and filtered stands in the [`View`], by the name of what it is, never by its row.
//!
//! Start reading at `timeline`, a list with a cursor; then `plan`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::rollouts::Rollouts;
use super::{Scene, View};
use crate::action::Verb;

mod evidence;
mod feedback;
mod fleet;
mod main;
mod plan;
mod segment;
mod sources;
mod timeline;
mod wall;

pub(crate) use self::fleet::next_match;
pub(crate) use self::fleet::order::Order;

/// What the arrow keys do on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steer {
    /// What the pane with the keys says: the main screen only.
    Panes,
    /// Up and down select a segment, left and right change the metric.
    Segments,
    /// Up and down move a cursor over [`Screen::ids`].
    Rows,
    /// The same, newest first: on the first row the cursor stays with whatever is newest. Left and right select a segment.
    Stream,
    /// Up and down scroll through [`Screen::lines`], left and right select a segment.
    Lines,
    /// Down and right look at the next rollout, up and left at the one before.
    Rollouts,
}

/// What a row is, whatever place it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RowId {
    /// The number of a moment or a comment, counted from the first.
    Number(u64),
    /// The name of a rollout, a segment, a platform, a source.
    Name(String),
}

/// What is sent to the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copied {
    /// What the row says.
    Line,
    /// A way back to it.
    Link,
    /// The name or id of what it is about.
    Name,
}

/// One screen.
pub(crate) struct Screen {
    /// The action that opens it.
    pub verb: Verb,
    /// Its title.
    pub title: fn(&Scene<'_>) -> String,
    /// What the arrow keys do on it.
    pub steer: Steer,
    /// Where [`Verb::Zoom`] leads to. `None`: nowhere, or for the main screen where the pane says.
    pub opens: Option<Verb>,
    /// The rows that the filter leaves, in order; for [`Steer::Rows`] and [`Steer::Stream`].
    pub ids: fn(&Rollouts<'_>, &View) -> Vec<RowId>,
    /// How many lines there are at a width; for [`Steer::Lines`].
    pub lines: fn(&Rollouts<'_>, &View, usize) -> usize,
    /// Draws it.
    pub draw: fn(&Scene<'_>, &mut Buffer, Rect),
    /// What is copied of it. `None`: there is nothing of that kind.
    pub copy: fn(&Rollouts<'_>, &View, Copied) -> Option<String>,
    /// How many rows pass the filter; not counted is one that is shown though it does not. `None`: nothing is filtered here.
    pub left: Option<fn(&Rollouts<'_>, &View) -> usize>,
    /// Whether it fills the whole terminal: no header, no hints.
    pub is_bare: bool,
}

impl Screen {
    /// A screen with a title and nothing else, to be completed: `Screen { draw, ..Screen::of(Verb::Plan) }`.
    const fn of(verb: Verb) -> Self {
        Self {
            verb,
            title: |_| String::new(),
            steer: Steer::Lines,
            opens: None,
            ids: |_, _| Vec::new(),
            lines: |_, _, _| 0,
            draw: |_, _, _| {},
            copy: |_, _, _| None,
            left: None,
            is_bare: false,
        }
    }
}

/// All screens, in the order of their keys.
pub(crate) const SCREENS: &[Screen] = &[
    fleet::SCREEN,
    main::SCREEN,
    segment::SCREEN,
    evidence::SCREEN,
    feedback::SCREEN,
    plan::SCREEN,
    timeline::SCREEN,
    sources::SCREEN,
    wall::SCREEN,
];

/// How many there are.
pub(crate) const COUNT: usize = SCREENS.len();

/// Where the main screen stands in the list.
pub(crate) const MAIN: usize = 1;

/// The place of the screen that an action opens. `None`: it opens none.
pub(crate) fn index_of(verb: Verb) -> Option<usize> {
    SCREENS.iter().position(|screen| screen.verb == verb)
}

/// The first of `rows` to draw in `height`, so that the one with the cursor is in sight.
pub(crate) const fn first_in_sight(cursor: usize, rows: usize, height: usize) -> usize {
    if height == 0 || rows <= height {
        return 0;
    }
    let above = cursor.saturating_sub(height / 2);
    if above > rows - height { rows - height } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_has_an_action_of_its_own_and_the_main_one_is_where_it_is_said_to_be() {
        for (index, screen) in SCREENS.iter().enumerate() {
            assert_eq!(index_of(screen.verb), Some(index), "{:?}", screen.verb);
        }
        assert_eq!(SCREENS[MAIN].verb, Verb::Main);
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        assert_eq!(first_in_sight(0, 100, 10), 0);
        assert_eq!(first_in_sight(50, 100, 10), 45);
        assert_eq!(first_in_sight(99, 100, 10), 90);
        assert_eq!(first_in_sight(3, 5, 10), 0);
        assert_eq!(first_in_sight(3, 5, 0), 0);
    }
}
