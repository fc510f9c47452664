//! The screen below 60×12: the answer in words, most important line first.
//!
//! In: the scene. Out: as many lines as there are rows. The last row, if there are two or more, says
//! how to kill.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::layout::Shape;
use super::{Scene, asked, facts, hints, paint, transport, words};
use crate::domain::{SourceKind, Verdict};
use crate::theme::Role;

/// Draws the summary.
pub fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    if area.height < 2 {
        paint::put_text(buf, area, lines(scene, usize::from(area.width)));
        return;
    }
    let rows = hints::rows(scene, area.width).min(area.height - 1);
    let bar = transport::rows(scene, Shape::Summary, area.height).min(area.height - 1 - rows);
    let above = Rect { height: area.height - rows - bar, ..area };
    let between = Rect { y: area.y + above.height, height: bar, ..area };
    let below = Rect { y: between.y + bar, height: rows, ..area };
    paint::put_text(buf, above, lines(scene, usize::from(area.width)));
    transport::draw(scene, buf, between);
    hints::draw(scene, buf, below);
}

fn lines(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let model = scene.model;
    let (verdict, place) = facts::worst(model);
    let phase = model.phase();
    let mut lines = vec![Line::from(vec![
        scene.verdict(verdict),
        scene.span(format!(" {}", phase.word()), words::phase_role(phase)),
        scene.span(format!(" {}", model.rollout.name), Role::Title),
        scene.span(if scene.transport.is_some() { " REPLAY" } else { "" }, Role::Selected),
    ])];
    for (tracked, attempts) in facts::unconfirmed(model) {
        let text = format!("NOT CONFIRMED at {}, try {attempts}", tracked.command.platform);
        lines.push(scene.line(text, Role::Danger));
    }
    if let Some(asked) = asked::asked(model).first() {
        let role = if asked.is_done() { Role::Confirmed } else { Role::Danger };
        lines.extend(paint::wrap(&asked.summary(), width).into_iter().map(|l| scene.line(l, role)));
    }
    if let Some((station, segment)) = place {
        lines.push(scene.line(format!("{station} in {}", segment.name), Role::Text));
        let sentence = segment.board.get(&station).map_or("", |cell| cell.evidence.sentence.as_str());
        if verdict > Verdict::Wait {
            lines.extend(paint::wrap(sentence, width).into_iter().map(|l| scene.line(l, Role::Text)));
        }
    }
    for kind in [SourceKind::Flags, SourceKind::Probes, SourceKind::Metrics, SourceKind::Feedback] {
        for trouble in facts::troubles(model, kind, None) {
            lines.push(scene.trouble(&trouble, width));
        }
    }
    for segment in &model.segments {
        let chosen = scene.view.selected() == Some(&segment.name);
        let mark = if chosen { scene.glyphs().selected } else { " " };
        lines.push(Line::from(vec![
            scene.span(format!("{mark}{} ", segment.name), Role::Text),
            scene.span(format!("{} ", words::exposure(segment.exposure.confirmed)), Role::Confirmed),
            scene.verdict(segment.verdict),
        ]));
    }
    lines
}
