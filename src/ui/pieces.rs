//! Pieces of a line that is always full: the header, the line of a replay.
//!
//! In: pieces with their rank. Out: as many of them as there is room for, the least important left out first. Important
//! ones are said in fewer words before anything vanishes.

use ratatui::text::{Line, Span};

use super::paint;

/// Columns between two pieces.
const GAP: usize = 2;
/// From this rank on a piece vanishes before another one is shortened.
pub const EXTRA: u8 = 5;

/// A piece; the highest rank vanishes first.
pub struct Piece {
    /// From 0, the most important.
    pub rank: u8,
    /// Whether it stands on the second line, where there are two.
    pub second: bool,
    /// What it says.
    pub line: Line<'static>,
    /// The same in fewer words, used before anything vanishes.
    pub short: Option<Line<'static>>,
}

impl Piece {
    /// A piece of the first line that has no shorter words.
    pub const fn new(rank: u8, line: Line<'static>) -> Self {
        Self { rank, second: false, line, short: None }
    }
}

/// Puts the pieces beside each other, as many as there is room for.
pub fn fill(mut pieces: Vec<Piece>, width: u16) -> Line<'static> {
    let needed = |pieces: &[Piece]| pieces.iter().map(|p| paint::width(&p.line) + GAP).sum::<usize>();
    while needed(&pieces) > usize::from(width) + GAP - 1 && pieces.len() > 1 {
        let rank = pieces.iter().map(|piece| piece.rank).max().unwrap_or(0);
        let short = pieces.iter_mut().rev().filter(|_| rank < EXTRA).find_map(|piece| {
            piece.line = piece.short.take()?;
            Some(())
        });
        if short.is_none() {
            let last = pieces.iter().rposition(|piece| piece.rank == rank).unwrap_or(0);
            pieces.remove(last);
        }
    }
    let mut spans = vec![Span::raw(" ")];
    for (index, piece) in pieces.into_iter().enumerate() {
        if index > 0 {
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        spans.extend(piece.line.spans);
    }
    Line::from(spans)
}
