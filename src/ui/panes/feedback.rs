//! What customers say: how many, how content, and the newest comments.
//!
//! The mean and the share of low scores stand in the title line; they are of the comments that are shown: those that are
//! kept, and with a segment selected those of that segment. The screen of feedback draws its rows with this, too.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::action::Verb;
use crate::domain::text::cut;
use crate::domain::text::thousands;
use crate::domain::{Arm, Sentiment, SourceKind};
use crate::engine::Model;
use crate::engine::model::Comment;
use crate::theme::{Glyphs, Role};
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, View, copies, facts, listing, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::Right,
    steer: Steer::Scroll,
    opens: Verb::Feedback,
    title,
    rows: |model, view| comments(model, view).count(),
    draw,
};

/// From this width of a row on arm and mood are words.
const WIDE: usize = 100;
/// Columns of segment names in a row.
const SEGMENT: usize = 12;

fn comments<'a>(model: &'a Model, view: &'a View) -> impl Iterator<Item = &'a Comment> {
    let selected = view.selected();
    model.comments.iter().rev().filter(move |c| selected.is_none_or(|s| c.feedback.segment == *s))
}

fn title(scene: &Scene<'_>) -> String {
    let (model, view) = (scene.model, scene.view);
    let (mut shown, mut scored, mut sum, mut low) = (0_u64, 0_u64, 0_u64, 0_u64);
    for comment in comments(model, view) {
        shown += 1;
        if let (Some(score), Some(mood)) = (comment.feedback.score, comment.feedback.sentiment()) {
            scored += 1;
            sum += u64::from(score);
            low += u64::from(mood == Sentiment::Negative);
        }
    }
    let last = if model.feedback_totals.pieces > model.comments.len() as u64 { "last " } else { "" };
    let of = view.selected().map_or_else(String::new, |name| format!(" from {name}"));
    let count = format!("feedback ({last}{})", thousands(shown));
    if scored == 0 {
        return format!("{count}{of}");
    }
    let mean = sum as f64 / scored as f64;
    let scores = if scored < shown { format!(", n={}", thousands(scored)) } else { String::new() };
    format!("{count} mean {mean:.1} of 5, low {}%{scores}{of}", low * 100 / scored)
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
    let (arm, arm_role) = arm(feedback.arm);
    let clock = comment.at.clock();
    let clock = clock.get(..5).unwrap_or(&clock);
    let mut spans = vec![
        scene.span(format!("{clock} "), Role::Dim),
        scene.span(format!("{} ", stars(scene.glyphs(), feedback.score)), mood(scene, comment).2),
        scene.span(format!("{:10} ", cut(feedback.segment.as_str(), 10)), Role::Text),
        scene.span(format!("{arm} "), arm_role),
    ];
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(scene.span(cut(feedback.text.as_str(), width.saturating_sub(used)), Role::Text));
    Line::from(spans)
}

/// A row of the screen: the mark of the cursor, the time to the second, the score as signs and as a number, who, and
/// what of the words there is room for.
pub(crate) fn row(scene: &Scene<'_>, comment: &Comment, width: usize, is_marked: bool) -> Line<'static> {
    let feedback = &comment.feedback;
    let (sign, word, role) = mood(scene, comment);
    let score = feedback.score.map_or_else(|| words::UNKNOWN.to_owned(), |score| score.to_string());
    let (arm, arm_role) = if width >= WIDE {
        (format!("{:9} ", copies::arm(feedback.arm)), arm(feedback.arm).1)
    } else {
        (format!("{} ", arm(feedback.arm).0), arm(feedback.arm).1)
    };
    let mood = if width >= WIDE { format!("{sign} {word:8} ") } else { format!("{sign} ") };
    let spans = vec![
        listing::mark(scene, is_marked),
        scene.span(comment.at.clock(), if is_marked { Role::Selected } else { Role::Dim }),
        Span::raw(" "),
        scene.span(format!("{} {score} ", stars(scene.glyphs(), feedback.score)), role),
        scene.span(format!("{:SEGMENT$} ", cut(feedback.segment.as_str(), SEGMENT)), Role::Text),
        scene.span(arm, arm_role),
        scene.span(mood, role),
        scene.span(cut(feedback.text.as_str(), width.saturating_sub(text_at(width))), Role::Text),
    ];
    Line::from(spans)
}

/// Whether all of the words have room in their row.
pub(crate) fn fits(comment: &Comment, width: usize) -> bool {
    text_at(width) + comment.feedback.text.as_str().width() <= width
}

/// The first column of the words in a row of the screen.
const fn text_at(width: usize) -> usize {
    // Mark, time, stars and number, segment; then arm and mood as words or as signs.
    1 + 9 + 8 + SEGMENT + 1 + if width >= WIDE { 10 + 11 } else { 2 + 2 }
}

const fn arm(arm: Option<Arm>) -> (&'static str, Role) {
    match arm {
        Some(Arm::Treatment) => ("t", Role::Treatment),
        Some(Arm::Control) => ("c", Role::Control),
        None => (words::UNKNOWN, Role::Dim),
    }
}

/// How content somebody is: sign, word and role.
fn mood(scene: &Scene<'_>, comment: &Comment) -> (&'static str, &'static str, Role) {
    let glyphs = scene.glyphs();
    match comment.feedback.sentiment() {
        Some(mood @ Sentiment::Negative) => (glyphs.down, mood.word(), Role::Negative),
        Some(mood @ Sentiment::Neutral) => (glyphs.level, mood.word(), Role::Text),
        Some(mood @ Sentiment::Positive) => (glyphs.up, mood.word(), Role::Positive),
        // No sign: that of neutral looks like "not known" on an ASCII terminal.
        None => (" ", words::UNKNOWN, Role::Text),
    }
}

/// Five signs, whatever the score.
fn stars(glyphs: &Glyphs, score: Option<u8>) -> String {
    let Some(score) = score.map(|score| usize::from(score.min(5))) else {
        return format!("{:5}", words::UNKNOWN);
    };
    format!("{}{}", glyphs.star.repeat(score), glyphs.star_empty.repeat(5 - score))
}
