//! The line below the strips: does it play, how fast, where does it stand, and what is wrong with the recording.
//!
//! In: the transport. Out: one line; where room is short, the least important pieces vanish.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Motion, Transport};
use crate::domain::text::{cut, thousands};
use crate::domain::{Span, Timestamp};
use crate::recording::{Mark, What};
use crate::theme::Role;
use crate::ui::pieces::{EXTRA, Piece, fill};
use crate::ui::{Scene, paint, words};

/// Widest account of a damage, and of what was decided here.
const WORDS: usize = 60;

/// Draws the line.
pub fn draw(scene: &Scene<'_>, transport: &Transport<'_>, buf: &mut Buffer, row: Rect) {
    paint::put(buf, row, 0, &fill(pieces(scene, transport), row.width));
}

fn pieces(scene: &Scene<'_>, transport: &Transport<'_>) -> Vec<Piece> {
    let piece = |rank, text: String, role| Piece::new(rank, scene.line(text, role));
    let dated = transport.from.day() != transport.to.day();
    let clock = |at: Timestamp| if dated { at.date_and_clock() } else { at.clock() };
    let mut pieces = vec![piece(0, motion(scene, transport), Role::Title)];
    pieces.push(piece(0, format!("{} UTC", clock(transport.at)), Role::Text));
    if let Some(share) = transport.seeking {
        pieces.push(piece(1, format!("seeking {:.0}%", (share * 100.0).floor()), Role::Wait));
    }
    let gone = words::age(transport.at.since(transport.from));
    let all = words::age(transport.to.since(transport.from));
    pieces.push(piece(3, format!("{gone} of {all}"), Role::Text));
    let events = thousands(transport.events.max(transport.event));
    pieces.push(piece(4, format!("event {} of {events}", thousands(transport.event)), Role::Dim));
    if !transport.is_whole {
        pieces.push(piece(2, "looking through it…".to_owned(), Role::Wait));
    }
    if let Some(damage) = &transport.damage {
        let long = format!("! ends at {}, {}", clock(transport.to), cut(damage, WORDS));
        let short = scene.line("! damaged".to_owned(), Role::Danger);
        pieces.push(Piece { short: Some(short), ..piece(1, long, Role::Danger) });
    }
    if transport.missing > 0 {
        let text = format!("! {} events missing", thousands(transport.missing));
        pieces.push(piece(1, text, Role::Hold));
    }
    if let Some(number) = transport.bookmark_here {
        let text = format!("{} bookmark {number} of {}", scene.glyphs().bookmark, transport.bookmarks.len());
        pieces.push(piece(EXTRA, text, Role::Title));
    }
    if let Some((first, more)) = transport.here.split_first() {
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        let text = format!("{}{more}", cut(&what(first), WORDS));
        pieces.push(piece(EXTRA, text, Role::Text));
    }
    pieces
}

fn motion(scene: &Scene<'_>, transport: &Transport<'_>) -> String {
    let (glyphs, speed) = (scene.glyphs(), transport.speed);
    match transport.motion {
        Motion::Playing => format!("{} PLAYING {speed}×", glyphs.play),
        Motion::Behind => format!("{} PLAYING below {speed}×", glyphs.play),
        Motion::Paused => format!("{} PAUSED {speed}×", glyphs.pause),
        Motion::Over => format!("{} AT THE END {speed}×", glyphs.pause),
    }
}

/// What happened at a mark, in words.
fn what(mark: &Mark) -> String {
    match &mark.what {
        What::Verdict(segment, station, Some(verdict)) => format!("{segment} {station}: {verdict}"),
        What::Verdict(segment, station, None) => format!("{segment} {station}: no verdict any more"),
        What::Exposure(segment, share) => format!("{segment} at {}", words::exposure(*share)),
        What::Action(verb, scope, actor) => format!("{actor}: {} {scope}", verb.spec().name),
    }
}

/// A stretch of time in words, for a panel: `14:00:00 to 15:12:09 UTC (1h12m)`.
pub(in crate::ui) fn stretch(transport: &Transport<'_>) -> String {
    let dated = transport.from.day() != transport.to.day();
    let end = if dated { transport.to.date_and_clock() } else { transport.to.clock() };
    let long = Span(transport.to.since(transport.from));
    format!("{} to {end} UTC ({long})", transport.from.date_and_clock())
}
