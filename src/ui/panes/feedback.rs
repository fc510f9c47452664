//! What customers say: how many, how content, and the newest comments.
//!
//! The mean and the share of low scores stand in the title line; they are over everything so far. With
//! a segment selected the comments are those of that segment.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::action::Verb;
use crate::domain::text::cut;
use crate::domain::text::thousands;
use crate::domain::{Arm, SourceKind};
use crate::engine::Model;
use crate::engine::model::Comment;
use crate::theme::{Glyphs, Role};
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, View, facts, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::Right,
    steer: Steer::Scroll,
    opens: Verb::Feedback,
    title,
    rows: |model, view| comments(model, view).count(),
    draw,
};

/// Scores up to here are complaints.
const LOW: u8 = 2;

fn comments<'a>(model: &'a Model, view: &'a View) -> impl Iterator<Item = &'a Comment> {
    let selected = view.selected();
    model.comments.iter().rev().filter(move |c| selected.is_none_or(|s| c.feedback.segment == *s))
}

fn title(scene: &Scene<'_>) -> String {
    let totals = &scene.model.feedback_totals;
    let pieces = thousands(totals.pieces);
    if totals.scored == 0 {
        return format!("feedback ({pieces})");
    }
    let mean = totals.score_sum as f64 / totals.scored as f64;
    let (mut low, mut scored) = (0_usize, 0_usize);
    for score in comments(scene.model, scene.view).filter_map(|c| c.feedback.score) {
        scored += 1;
        low += usize::from(score <= LOW);
    }
    let share = (low * 100).checked_div(scored).map_or_else(String::new, |share| format!(", low {share}%"));
    format!("feedback ({pieces}) mean {mean:.1} of 5{share}")
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, top: usize) {
    let troubles = facts::troubles(scene.model, SourceKind::Feedback, None);
    let mut row = 0;
    for trouble in &troubles {
        paint::put(buf, area, row, &scene.trouble(trouble, usize::from(area.width)));
        row += 1;
    }
    if comments(scene.model, scene.view).next().is_none() {
        let place = scene.selected().map_or_else(String::new, |s| format!(" from {}", s.name));
        paint::put(buf, area, row, &scene.line(format!(" no feedback yet{place}"), Role::Dim));
        return;
    }
    for comment in
        comments(scene.model, scene.view).skip(top).take(usize::from(area.height).saturating_sub(row))
    {
        paint::put(buf, area, row, &line(scene, comment, usize::from(area.width)));
        row += 1;
    }
}

fn line(scene: &Scene<'_>, comment: &Comment, width: usize) -> Line<'static> {
    let feedback = &comment.feedback;
    let role = match feedback.score {
        Some(score) if score <= LOW => Role::Negative,
        Some(score) if score > LOW + 1 => Role::Positive,
        _ => Role::Text,
    };
    let (arm, arm_role) = match feedback.arm {
        Some(Arm::Treatment) => ("t", Role::Treatment),
        Some(Arm::Control) => ("c", Role::Control),
        None => (words::UNKNOWN, Role::Dim),
    };
    let clock = comment.at.clock();
    let clock = clock.get(..5).unwrap_or(&clock);
    let mut spans = vec![
        scene.span(format!("{clock} "), Role::Dim),
        scene.span(format!("{} ", stars(scene.glyphs(), feedback.score)), role),
        scene.span(format!("{:10} ", cut(feedback.segment.as_str(), 10)), Role::Text),
        scene.span(format!("{arm} "), arm_role),
    ];
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(scene.span(cut(feedback.text.as_str(), width.saturating_sub(used)), Role::Text));
    Line::from(spans)
}

/// Five signs, whatever the score.
fn stars(glyphs: &Glyphs, score: Option<u8>) -> String {
    let Some(score) = score.map(|score| usize::from(score.min(5))) else {
        return format!("{:5}", words::UNKNOWN);
    };
    format!("{}{}", glyphs.star.repeat(score), glyphs.star_empty.repeat(5 - score))
}
