//! The line above the fleet: how many rollouts there are, how they stand, how many need somebody.
//!
//! In: the scene. Out: one line. All rollouts are counted, also those that a filter leaves out.

use ratatui::text::Line;

use crate::domain::Verdict;
use crate::domain::text::cut;
use crate::theme::Role;
use crate::ui::pieces::{Piece, fill};
use crate::ui::{Scene, words};

/// Widest filter that is told.
const FILTER: usize = 30;

/// The line; `listed` is how many rows the filter leaves.
pub fn line(scene: &Scene<'_>, listed: usize, width: u16) -> Line<'static> {
    let all = scene.rollouts.len();
    let plural = if all == 1 { "" } else { "s" };
    let mut pieces = vec![Piece::new(0, scene.line(format!("{all} rollout{plural}:"), Role::Text))];
    for verdict in [Verdict::NoGo, Verdict::Hold, Verdict::Wait, Verdict::Go] {
        let count = scene.rollouts.iter().filter(|model| model.brief().verdict == verdict).count();
        let text = format!("{} {count} {}", words::verdict_glyph(scene.glyphs(), verdict), verdict.word());
        let role = if count > 0 { words::verdict_role(verdict) } else { Role::Dim };
        pieces.push(Piece::new(if verdict > Verdict::Wait { 1 } else { 3 }, scene.line(text, role)));
    }
    let calls = scene.rollouts.iter().filter(|model| model.brief().need.is_call()).count();
    let (text, role) = match calls {
        0 => ("nobody needs you".to_owned(), Role::Dim),
        1 => ("1 needs you".to_owned(), Role::Danger),
        _ => (format!("{calls} need you"), Role::Danger),
    };
    pieces.push(Piece::new(2, scene.line(text, role)));
    let filter = scene.view.filter();
    if !filter.is_empty() {
        let text = format!("/{}: {listed} shown", cut(filter, FILTER));
        pieces.push(Piece::new(1, scene.line(text, Role::Key)));
    }
    fill(pieces, width)
}
