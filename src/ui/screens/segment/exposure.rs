//! The four exposures of a segment as numbers and bars, and what differs.
//!
//! In: the scene and a segment. Out: four rows, or two with two in each. Each number is told by another party, so none is
//! drawn from another: what is not known is `–` and has no bar.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::domain::text::cut;
use crate::domain::{Exposure, Percent};
use crate::engine::model::SegmentModel;
use crate::theme::Role;
use crate::ui::{Scene, facts, paint, words};

/// Columns of a bar.
const BAR: usize = 20;
/// Columns of a bar where two stand in a row.
const SHORT_BAR: usize = 10;
/// Columns of a word, and of a number with its gap.
const WORD: usize = 10;
const NUMBER: usize = 7;

/// Draws them into four rows, or into two.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, segment: &SegmentModel) {
    let Exposure { desired, confirmed, served, observed } = segment.exposure;
    let stale = facts::flags_stale(scene.model).is_some();
    let role_of = |role| if stale { Role::Stale } else { role };
    let all = [
        ("desired", desired, words::exposure(desired), Role::Desired),
        ("confirmed", confirmed, words::exposure(confirmed), role_of(Role::Confirmed)),
        ("served", served, words::measured(served), Role::Served),
        ("observed", observed, words::measured(observed), Role::Observed),
    ];
    let bar = if area.height >= 4 { BAR } else { SHORT_BAR };
    let rows = all.map(|(word, share, text, role)| {
        let mut line = Line::from(scene.span(format!(" {word:WORD$}"), Role::Dim));
        line.push_span(scene.span(format!("{text:>NUMBER$} "), role));
        line.push_span(scene.span(draw_bar(scene, share, bar), role));
        line
    });
    if area.height >= 4 {
        let room = usize::from(area.width).saturating_sub(WORD + NUMBER + BAR + 4);
        for ((row, mut line), note) in rows.into_iter().enumerate().zip(notes(scene, segment)) {
            let (text, role) = note;
            line.push_span(scene.span(cut(&format!("  {text}"), room), role));
            paint::put(buf, area, row, &line);
        }
    } else {
        let [desired, confirmed, served, observed] = rows;
        let half = Rect { x: area.x + area.width / 2, width: area.width - area.width / 2, ..area };
        paint::put_all(buf, area, [desired, served]);
        paint::put_all(buf, half, [confirmed, observed]);
    }
}

fn draw_bar(scene: &Scene<'_>, share: Option<Percent>, columns: usize) -> String {
    let Some(filled) = words::cells(share, columns) else { return " ".repeat(columns) };
    scene.glyphs().meter(filled, columns)
}

/// What is to be said beside each of them.
fn notes(scene: &Scene<'_>, segment: &SegmentModel) -> [(String, Role); 4] {
    let model = scene.model;
    let none = || (String::new(), Role::Dim);
    let exposure = &segment.exposure;
    let mut confirmed = none();
    if exposure.desired.is_some() && exposure.desired != exposure.confirmed {
        confirmed = ("differs from desired".to_owned(), Role::Danger);
    }
    let stored: Vec<_> = model.platforms.iter().map(|p| facts::stored(p, &segment.name)).collect();
    if stored.windows(2).any(|pair| matches!(pair, [a, b] if a != b)) {
        let each = model.platforms.iter().zip(&stored).map(|(p, stored)| format!("{} {stored}", p.name));
        confirmed = (each.collect::<Vec<_>>().join(", "), Role::Danger);
    } else if let Some(age) = facts::flags_stale(model) {
        confirmed = (format!("{} read {} ago", scene.glyphs().stale, words::age(age)), Role::Hold);
    }
    let probed = model.platforms.iter().filter_map(|p| {
        let drifts = if p.drifting.contains(&segment.name) { "!=" } else { "" };
        Some(format!("{drifts}{} {}", p.name, facts::served(p, &segment.name)?))
    });
    let probed = probed.collect::<Vec<_>>().join(", ");
    let drifts = model.platforms.iter().any(|p| p.drifting.contains(&segment.name));
    let served = match (probed.is_empty(), drifts) {
        (true, _) => ("not probed".to_owned(), Role::Dim),
        (false, true) => (probed, Role::Danger),
        (false, false) => (probed, Role::Dim),
    };
    let observed = match exposure.observed {
        Some(_) => "of users lately".to_owned(),
        None => "too few users".to_owned(),
    };
    [none(), confirmed, served, (observed, Role::Dim)]
}
