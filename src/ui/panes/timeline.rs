//! What happened, newest first: time, sign, where, who, what.
//!
//! The sign of an act is that of its command: sent, confirmed, refused or not known; requested is not
//! done, and looks different. The screen of the timeline draws its rows with this, too.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::action::Verb;
use crate::domain::text::cut;
use crate::effect::Outcome;
use crate::engine::model::{Moment, MomentKind};
use crate::theme::Role;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::{Scene, copies, listing, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::Left,
    steer: Steer::Scroll,
    opens: Verb::Timeline,
    title: |_| "timeline, newest first".to_owned(),
    rows: |model, _| model.timeline.len(),
    draw,
};

/// From this width on kind, place and person have columns of their own.
const WIDE: usize = 100;
/// Widest column of segment names.
const SEGMENT: usize = 16;
/// Widest column of who did it.
const WHO: usize = 24;
/// Columns of the longest word for a kind.
const KIND: usize = 8;

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, top: usize) {
    if scene.model.timeline.is_empty() {
        paint::put(buf, area, 0, &scene.line(" nothing has happened yet", Role::Dim));
        return;
    }
    let moments = scene.model.timeline.iter().rev().skip(top).take(usize::from(area.height));
    for (row, moment) in moments.enumerate() {
        paint::put(buf, area, row, &line(scene, moment, usize::from(area.width), false));
    }
}

fn line(scene: &Scene<'_>, moment: &Moment, width: usize, is_marked: bool) -> Line<'static> {
    let (glyph, role) = sign(scene, moment);
    let mut spans = time(scene, moment, is_marked).to_vec();
    spans.extend([scene.span(glyph, role), Span::raw(" ")]);
    if let Some(segment) = &moment.segment {
        spans.push(scene.span(format!("{} ", cut(segment.as_str(), SEGMENT)), Role::Title));
    }
    if let Some(actor) = &moment.actor {
        spans.push(scene.span(format!("{}: ", cut(&actor.to_string(), WHO)), Role::Text));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(scene.span(cut(moment.text.as_str(), width.saturating_sub(used)), Role::Text));
    Line::from(spans)
}

/// Where things stand in a row of the screen. Nothing is in columns where it is narrow.
pub(crate) struct Columns {
    /// Of the segment and of who did it; `None`: they stand before the text.
    wide: Option<(usize, usize)>,
}

impl Columns {
    /// As wide as what is in them.
    pub fn new<'m>(moments: impl Iterator<Item = &'m Moment>, width: usize) -> Self {
        if width < WIDE {
            return Self { wide: None };
        }
        let (mut segment, mut who) = (0, 0);
        for moment in moments {
            segment = segment.max(moment.segment.as_ref().map_or(0, |name| name.as_str().len()));
            who = who.max(moment.actor.as_ref().map_or(0, |actor| actor.to_string().width()));
        }
        Self { wide: Some((segment.min(SEGMENT), who.min(WHO))) }
    }

    /// The first column of the text.
    fn text(&self) -> usize {
        let before = |columns: usize| if columns > 0 { columns + 1 } else { 0 };
        self.wide.map_or(0, |(segment, who)| 12 + KIND + 1 + before(segment) + before(who))
    }
}

/// Whether nothing of a moment is cut off in its row.
pub(crate) fn fits(moment: &Moment, width: usize, columns: &Columns) -> bool {
    let segment = moment.segment.as_ref().map_or(0, |name| name.as_str().len());
    let who = moment.actor.as_ref().map_or(0, |actor| actor.to_string().width());
    let text = moment.text.as_str().width();
    match columns.wide {
        Some((most_segment, most_who)) => {
            segment <= most_segment && who <= most_who && columns.text() + text <= width
        }
        None => {
            let before = |columns: usize, gap: usize| if columns > 0 { columns + gap } else { 0 };
            let row = 12 + before(segment, 1) + before(who, 2) + text;
            segment <= SEGMENT && who <= WHO && row <= width
        }
    }
}

/// A row of the screen: the mark of the cursor, then the moment.
pub(crate) fn row(
    scene: &Scene<'_>,
    moment: &Moment,
    width: usize,
    columns: &Columns,
    is_marked: bool,
) -> Line<'static> {
    let mut spans = vec![listing::mark(scene, is_marked)];
    let Some((segment, who)) = columns.wide else {
        spans.extend(line(scene, moment, width.saturating_sub(1), is_marked).spans);
        return Line::from(spans);
    };
    let (glyph, role) = sign(scene, moment);
    let verdict = moment.verdict.filter(|_| moment.kind == MomentKind::Verdict);
    let kind = verdict.map_or_else(|| copies::kind(moment.kind), |verdict| verdict.word());
    spans.extend(time(scene, moment, is_marked));
    spans.push(scene.span(format!("{glyph} {kind:KIND$} "), role));
    let mut column = |text: String, columns: usize, role| {
        if columns > 0 {
            let text = cut(&text, columns);
            let gap = columns.saturating_sub(text.width()) + 1;
            spans.push(scene.span(format!("{text}{:gap$}", ""), role));
        }
    };
    column(moment.segment.as_ref().map(ToString::to_string).unwrap_or_default(), segment, Role::Title);
    column(moment.actor.as_ref().map(ToString::to_string).unwrap_or_default(), who, Role::Text);
    let room = width.saturating_sub(columns.text());
    spans.push(scene.span(cut(moment.text.as_str(), room), Role::Text));
    Line::from(spans)
}

/// The time of a row; with the cursor it stands out.
fn time(scene: &Scene<'_>, moment: &Moment, is_marked: bool) -> [Span<'static>; 2] {
    let role = if is_marked { Role::Selected } else { Role::Dim };
    [scene.span(moment.at.clock(), role), Span::raw(" ")]
}

fn sign(scene: &Scene<'_>, moment: &Moment) -> (&'static str, Role) {
    let glyphs = scene.glyphs();
    match moment.kind {
        MomentKind::Act => {
            let command = moment
                .effect
                .and_then(|id| scene.model.commands.iter().rev().find(|tracked| tracked.command.id == id));
            match command.map(|tracked| &tracked.outcome) {
                None => (glyphs.bullet, Role::Title),
                Some(None | Some(Outcome::Sent)) => (glyphs.sent, Role::Wait),
                Some(Some(Outcome::Confirmed { .. })) => (glyphs.confirmed, Role::Confirmed),
                Some(Some(Outcome::Refused { .. })) => (glyphs.no_go, Role::Danger),
                Some(Some(Outcome::Unknown { .. })) => (glyphs.unknown, Role::Danger),
            }
        }
        MomentKind::Verdict => moment.verdict.map_or((glyphs.bullet, Role::Text), |verdict| {
            (words::verdict_glyph(glyphs, verdict), words::verdict_role(verdict))
        }),
        MomentKind::Link => (glyphs.level, Role::Dim),
        MomentKind::Problem => ("!", Role::Hold),
        MomentKind::Note => ("\"", Role::Title),
    }
}
