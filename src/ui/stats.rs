//! What the terminal costs: a short piece at the right end of the last line, for `--stats`.
//!
//! In: figures, from whoever writes to the terminal. Out: cells. The piece has a fixed width, so that nothing beside it
//! jumps, and the hints leave it room. It is drawn over a finished frame, because it must change only with one that
//! shows something new; see the gauge of the runtime.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{View, paint};
use crate::theme::{Role, Theme};

/// What the bytes to the terminal come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stats {
    /// All bytes since the terminal was taken.
    pub bytes: u64,
    /// Bytes a second over the last seconds.
    pub bytes_a_second: f64,
    /// Frames a second over the last seconds.
    pub frames_a_second: f64,
    /// The least time between two frames that only show data, as it is in force.
    pub interval: Duration,
    /// Whether the terminal is at the other end of SSH.
    pub is_remote: bool,
}

/// Cells of the piece: `  1.2 kB/s   12.3 MB   4/s  every  250 ms ssh`.
const WIDTH: u16 = 47;
/// The same without the total, on a narrower screen: `  1.2 kB/s   4/s  250 ms ssh`.
const SHORT: u16 = 32;
/// Narrowest screen with the whole piece, and with the short one: what stops must keep its hints.
const WIDE: u16 = 110;
const NARROWEST: u16 = 76;

/// How many cells the piece has on a screen of so many columns.
const fn width(columns: u16) -> u16 {
    match columns {
        WIDE.. => WIDTH,
        NARROWEST.. => SHORT,
        _ => 0,
    }
}

/// How many columns of the last line are left to the hints.
pub(super) const fn room_beside(view: &View, columns: u16) -> u16 {
    if view.has_stats() { columns - width(columns) } else { columns }
}

/// Draws the figures over a finished frame. On a narrow screen there is no room for them.
pub fn draw_stats(frame: &mut Frame<'_>, theme: &Theme, stats: &Stats) {
    let area = frame.area();
    let width = width(area.width);
    if width == 0 || area.height == 0 {
        return;
    }
    let place = Rect { x: area.right() - width, y: area.bottom() - 1, width, height: 1 };
    let line = Line::from(Span::styled(text(stats, width), theme.style(Role::Dim)));
    paint::put(frame.buffer_mut(), place, 0, &line);
}

fn text(stats: &Stats, width: u16) -> String {
    let Stats { bytes, bytes_a_second, frames_a_second, interval, is_remote } = *stats;
    let rate = format!("{}/s", size(bytes_a_second));
    let link = if is_remote { "ssh" } else { "local" };
    let (frames, total, interval) = (frames_a_second.round(), size(bytes as f64), interval.as_millis());
    if width == WIDTH {
        format!(" {rate:>10} {total:>8} {frames:>3}/s  every {interval:>4} ms {link:<5}")
    } else {
        format!(" {rate:>10} {frames:>3}/s {interval:>5} ms {link:<5}")
    }
}

/// A number of bytes in at most eight cells: all digits of a small one, one decimal of a large one.
fn size(bytes: f64) -> String {
    match bytes.round() {
        bytes if bytes < 1_000.0 => format!("{bytes} B"),
        bytes if bytes < 999_950.0 => format!("{:.1} kB", bytes / 1e3),
        bytes if bytes < 999_950_000.0 => format!("{:.1} MB", bytes / 1e6),
        bytes => format!("{:.0} GB", bytes / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_piece_is_as_wide_whatever_it_says_and_plain_ascii() {
        for (bytes, rate, frames, ms, is_remote) in [
            (0, 0.0, 0.0, 100, false),
            (999, 999.4, 1.0, 250, true),
            (3_456_789, 12_345.0, 60.0, 2_000, true),
            (999_949, 999_949.0, 9.6, 250, false),
            (888_888_888_888, 999_949_999.0, 100.0, 2_000, false),
        ] {
            let stats = Stats {
                bytes,
                bytes_a_second: rate,
                frames_a_second: frames,
                interval: Duration::from_millis(ms),
                is_remote,
            };
            for width in [WIDTH, SHORT] {
                let text = text(&stats, width);
                assert!(text.is_ascii());
                assert_eq!(text.len(), usize::from(width), "{text:?}");
            }
        }
    }

    #[test]
    fn bytes_are_said_as_exactly_as_fits() {
        for (bytes, said) in
            [(0.0, "0 B"), (999.0, "999 B"), (1_234.0, "1.2 kB"), (999_949.0, "999.9 kB"), (1.5e6, "1.5 MB")]
        {
            assert_eq!(size(bytes), said);
        }
    }
}
