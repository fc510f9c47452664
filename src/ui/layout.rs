//! Which box stands where, at which size.
//!
//! ```text
//! wide (from 120×30)             stacked (from 60×12)      summary (below): text only
//! header                         header, 2 rows
//! → while something is under way: the platforms, one row each
//! ┌ segments ──┐┌ go/no-go ┐     ─ segments ────────
//! ├ chart ─────┤├ feedback ┤     ─ go/no-go ────────
//! ├ timeline ──┤├ coach ───┤     ─ the pane with the keys, else the timeline
//! bar of a replay                → the coach's first advice, if there is any and room for it
//! hints                          bar of a replay, hints
//! ```
//!
//! In: the size of the terminal and how many rows each pane would fill. Out: areas. Pure arithmetic on
//! sizes: an area is never outside the screen, and may be empty.

use ratatui::layout::Rect;

use super::Scene;
use super::pane::{PANES, Pane, Place};
use super::panes::board;
use super::{platforms, transport};

/// From here on two columns.
const WIDE: (u16, u16) = (120, 30);
/// Below, only a summary.
const SMALLEST: (u16, u16) = (60, 12);
/// From this width on the first line holds everything.
const ONE_LINE_HEADER: u16 = 140;
/// From so many rows between header and hints on, some of them are the coach's: 80×24 has 21.
const COACHED: u16 = 18;
/// From so many on there are two: what to press stands at the end of the sentence.
const COACHED_TWICE: u16 = 20;
/// Least rows of a pane with its title that are worth drawing.
const WORTH: u16 = 3;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Two columns of framed panes.
    Wide,
    /// One column, panes with a title rule only.
    Stacked,
    /// No panes.
    Summary,
}

/// What stands where.
#[derive(Debug)]
pub struct Arrangement {
    /// The first line or two.
    pub header: Rect,
    /// What was asked of the platforms and how far each has come; empty while nothing is under way.
    pub platforms: Rect,
    /// What is left for the screen.
    pub body: Rect,
    /// Where a replay stands; empty when this is live.
    pub transport: Rect,
    /// The last line or more.
    pub hints: Rect,
}

/// What stands where on the main screen.
#[derive(Debug)]
pub struct Panes {
    /// Panes by their index in [`PANES`], with their frames.
    pub panes: Vec<(usize, Rect)>,
    /// One line or two for the coach, where it has no pane; may be empty.
    pub coach: Rect,
}

/// The shape that an area has room for.
pub const fn shape(area: Rect) -> Shape {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        Shape::Summary
    } else if area.width < WIDE.0 || area.height < WIDE.1 {
        Shape::Stacked
    } else {
        Shape::Wide
    }
}

/// Arranges the frame, with `hint_rows` rows for the hints.
pub fn arrange(scene: &Scene<'_>, area: Rect, hint_rows: u16) -> Arrangement {
    let shape = scene.shape;
    let header_rows = match shape {
        Shape::Summary => 0,
        _ if area.width >= ONE_LINE_HEADER => 1,
        _ => 2,
    };
    let (header, rest) = cut_top(area, header_rows);
    let (body, hints) = cut_top(rest, rest.height.saturating_sub(hint_rows));
    let transport_rows = transport::rows(scene, shape, area.height);
    let (body, transport) = cut_top(body, body.height.saturating_sub(transport_rows));
    let strip_rows = if shape == Shape::Summary { 0 } else { platforms::rows(scene, body) };
    let (platforms, body) = cut_top(body, strip_rows);
    Arrangement { header, platforms, body, transport, hints }
}

/// Arranges the panes of the main screen in what the frame leaves of it.
pub fn panes(scene: &Scene<'_>, body: Rect) -> Panes {
    let (body, coach) = match scene.shape {
        Shape::Stacked if body.height >= COACHED && has_advice(scene) => {
            cut_top(body, body.height - if body.height >= COACHED_TWICE { 2 } else { 1 })
        }
        _ => cut_top(body, body.height),
    };
    let panes = if scene.shape == Shape::Wide { wide(scene, body) } else { stacked(scene, body) };
    Panes { panes, coach }
}

fn wide(scene: &Scene<'_>, body: Rect) -> Vec<(usize, Rect)> {
    let board = u16::try_from(board::wanted_width(scene.model) + 2).unwrap_or(u16::MAX);
    let right = board.clamp(body.width * 3 / 10, body.width * 9 / 20);
    let upper = [Place::UpperLeft, Place::UpperRight]
        .into_iter()
        .flat_map(at)
        .map(|(_, pane)| rows(scene, pane) + 2)
        .max()
        .unwrap_or(0)
        .min(body.height / 2);
    let (above, below) = cut_top(body, upper);
    let wanted = at(Place::LowerRight).map(|(_, pane)| rows(scene, pane) + 2).max().unwrap_or(0);
    let (middle, lowest) = cut_top(below, below.height - wanted.min(below.height / 2));
    let mut panes = Vec::new();
    for (place, row) in [
        (Place::UpperLeft, above),
        (Place::UpperRight, above),
        (Place::Left, below),
        (Place::Right, middle),
        (Place::LowerRight, lowest),
    ] {
        let (left, right) = (
            Rect { width: row.width - right, ..row },
            Rect { x: row.x + row.width - right, width: right, ..row },
        );
        let column = if matches!(place, Place::UpperLeft | Place::Left) { left } else { right };
        panes.extend(share(at(place).map(|(index, _)| index).collect(), column));
    }
    panes
}

fn stacked(scene: &Scene<'_>, body: Rect) -> Vec<(usize, Rect)> {
    let focus = scene.view.focus();
    let is_upper = |pane: &Pane| matches!(pane.place, Place::UpperLeft | Place::UpperRight);
    let mut panes = Vec::new();
    let mut rest = body;
    for (index, pane) in PANES.iter().enumerate().filter(|(_, pane)| is_upper(pane)) {
        let mut wanted = rows(scene, pane) + 1;
        // Twenty segments leave something of the others; they scroll.
        if panes.is_empty() && body.height >= COACHED {
            wanted = wanted.min(body.height * 3 / 5);
        }
        // The first is cut rather than dropped; the lower pane keeps its rows.
        if panes.is_empty() || wanted + WORTH <= rest.height {
            let (area, left) = cut_top(rest, wanted.min(rest.height));
            panes.push((index, area));
            rest = left;
        }
    }
    // The lower place is for the pane with the keys, if it is not above; else for the last of the list.
    let lower = if panes.iter().any(|(index, _)| *index == focus) { PANES.len() - 1 } else { focus };
    if rest.height >= WORTH {
        panes.push((lower, rest));
    } else if lower == focus {
        return vec![(focus, body)];
    } else if let Some((_, last)) = panes.last_mut() {
        last.height += rest.height;
    }
    panes
}

fn at(place: Place) -> impl Iterator<Item = (usize, &'static Pane)> {
    PANES.iter().enumerate().filter(move |(_, pane)| pane.place == place)
}

fn rows(scene: &Scene<'_>, pane: &Pane) -> u16 {
    u16::try_from((pane.rows)(scene.model, scene.view)).unwrap_or(u16::MAX / 4).min(u16::MAX / 4)
}

/// Whether the coach has something to say that is not read in its own pane.
fn has_advice(scene: &Scene<'_>) -> bool {
    let is_focused = PANES.get(scene.view.focus()).is_some_and(|pane| pane.place == Place::LowerRight);
    !is_focused && !scene.model.outlook().advice.is_empty()
}

/// Shares a column evenly from top to bottom.
fn share(indexes: Vec<usize>, column: Rect) -> Vec<(usize, Rect)> {
    let mut rest = column;
    let mut left = u16::try_from(indexes.len()).unwrap_or(u16::MAX);
    let mut shared = Vec::new();
    for index in indexes {
        let (area, below) = cut_top(rest, rest.height.div_ceil(left.max(1)));
        shared.push((index, area));
        rest = below;
        left = left.saturating_sub(1);
    }
    shared
}

/// Cuts rows off the top: those, and the rest.
fn cut_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}
