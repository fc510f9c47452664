//! The signals of a segment as charts beside and below each other.
//!
//! In: the scene, an area, a segment. Out: as many charts as there is room for, the chosen one among them. The frame of each
//! says what its station says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{cell, name, signals};
use crate::engine::model::SegmentModel;
use crate::ui::view::Shown;
use crate::ui::{Scene, chart, paint, words};

/// Least size of a chart with its frame.
const COLUMNS: u16 = 58;
const ROWS: u16 = 11;
/// A chart that wide is wide enough.
const WIDE: u16 = 95;
/// Most charts in a row: four have no room for times.
const MOST_BESIDE: u16 = 3;

/// Whether there is room for two charts or more.
pub fn fits(scene: &Scene<'_>, area: Rect) -> bool {
    let (across, down) = shape(scene, area);
    across * down > 1
}

/// How many charts there are beside and below each other.
fn shape(scene: &Scene<'_>, area: Rect) -> (u16, u16) {
    let count = u16::try_from(signals(scene.model).len()).unwrap_or(u16::MAX).max(1);
    let (most, down) = ((area.width / COLUMNS).min(MOST_BESIDE).min(count), area.height / ROWS);
    if most == 0 || down == 0 {
        return (0, 0);
    }
    // Wide charts rather than tall ones; more beside each other only if not all fit otherwise.
    let least = (area.width / WIDE).clamp(1, most);
    let across = (least..=most).find(|across| across * down >= count).unwrap_or(most);
    (across, down.min(count.div_ceil(across)))
}

/// Draws them.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, segment: &SegmentModel) {
    let (across, down) = shape(scene, area);
    if across == 0 || down == 0 {
        return;
    }
    let signals = signals(scene.model);
    let shown = scene.view.shown(scene.model);
    let room = usize::from(across) * usize::from(down);
    let chosen = signals.iter().position(|signal| *signal == shown).unwrap_or(0);
    let first = (chosen + 1).saturating_sub(room);
    let drawn = u16::try_from(signals.len().min(room)).unwrap_or(u16::MAX);
    for (place, (index, signal)) in signals.iter().enumerate().skip(first).take(room).enumerate() {
        let place = u16::try_from(place).unwrap_or(0);
        let (column, row) = (place % across, place / across);
        let slice = |at: u16, of: u16, length: u16| {
            let edge =
                |at: u16| u16::try_from(u32::from(length) * u32::from(at) / u32::from(of)).unwrap_or(0);
            (edge(at), edge(at + 1) - edge(at))
        };
        // The last row may be short: its charts share the width.
        let beside = drawn.saturating_sub(row * across).clamp(1, across);
        let ((x, width), (y, height)) = (slice(column, beside, area.width), slice(row, down, area.height));
        let place = Rect { x: area.x + x, y: area.y + y, width, height };
        let is_chosen = *signal == shown;
        let inner = paint::frame(scene, buf, place, &title(scene, segment, *signal), true, is_chosen);
        chart::draw(scene, buf, inner, segment, *signal);
        if is_chosen && signals.len() > room {
            let text = format!(" {} of {} ", index + 1, signals.len());
            let x = place.right().saturating_sub(u16::try_from(text.len()).unwrap_or(0) + 2);
            buf.set_stringn(x, place.y, &text, text.len(), scene.style(crate::theme::Role::Dim));
        }
    }
}

/// `errors ✘ NO-GO, bad users in %`.
fn title(scene: &Scene<'_>, segment: &SegmentModel, signal: Shown<'_>) -> String {
    let verdict = cell(scene.model, segment, signal)
        .map_or_else(String::new, |(_, cell)| format!("{}  ", words::verdict(scene.glyphs(), cell.verdict)));
    let what = chart::title(segment, signal);
    let what = what.split_once(", ").map_or(what.as_str(), |(_, what)| what);
    format!("{}  {verdict}{what}", name(signal))
}
