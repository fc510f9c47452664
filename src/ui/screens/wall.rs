//! For a projector: how far, is it all right, how much time is left, and who has to act; readable from the back of the room.
//!
//! ```text
//!  checkout-v2  RUNNING                                 ● 5 live   14:02 UTC
//!  ████  █████ ██  █    of all 55,500 users
//!     █  █     ██ █     stage 3/6 of free                  7 rows for the
//!  ███   ████    █      bake 4 min left                    percentage,
//!  ██  ██  █   █ ███ ██  ███                               as many for the
//!   ██ ██  ██ █  █  █    █   █                             verdict
//!  errors in enterprise …
//! ```
//!
//! In: the scene. Out: the whole terminal, without header and hints; what a key could not do is said in the last rows. The
//! letters grow with the screen (`font`); what does not fit is left out from below. Numbers that are too old are said so in
//! letters as large. Where not even the smallest letters fit, it is plain text.
//!
//! It counts no seconds above ten minutes: a wall does not flicker.

mod facts;
mod font;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Screen, Steer};
use crate::action::Verb;
use crate::domain::text::cut;
use crate::domain::{LinkState, SourceKind, Verdict};
use crate::engine::forecast::completion::{End, clock};
use crate::engine::model::SegmentModel;
use crate::theme::Role;
use crate::ui::rollouts::Rollouts;
use crate::ui::{Scene, facts as known, hints, paint, words};
use font::{HEIGHT, Scale};

/// The screen.
pub const SCREEN: Screen = Screen {
    title: |scene| scene.model.rollout.name.to_string(),
    steer: Steer::Rollouts,
    draw,
    copy: |rollouts, _, _| Some(line(rollouts)),
    is_bare: true,
    ..Screen::of(Verb::Wall)
};

/// Columns between the edge and what is written.
const MARGIN: u16 = 1;
/// The widest of the verdicts with its sign, in points: a change of the verdict moves nothing.
const VERDICT_POINTS: u16 = 35;
/// The widest percentage that is as large as the verdict, in points: `100%`.
const SHARE_POINTS: u16 = 23;
/// Rows of small text that large letters leave at the least: heading, where, time, and who has to act.
const SMALL_ROWS: u16 = 4;
/// Rows for segments beside the largest letters.
const SEGMENTS: u16 = 8;
/// Most cells of a point from top to bottom: a letter of 42 rows.
const LARGEST: u16 = 6;
/// Most lines for what somebody has to do.
const CALL_ROWS: usize = 3;

/// What is copied: the wall in one line.
fn line(rollouts: &Rollouts<'_>) -> String {
    let model = rollouts.open;
    let far = facts::far(model, facts::moving(model, None));
    let (name, verdict) = (&model.rollout.name, model.verdict());
    format!("{name}: {} {}, {}, {verdict}; {}", far.share, far.of, model.phase(), facts::done(model))
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect) {
    let mut rest = Rect {
        x: area.x.saturating_add(MARGIN.min(area.width)),
        width: area.width.saturating_sub(2 * MARGIN),
        ..area
    };
    let message = hints::message_rows(scene, area.width).min(area.height.saturating_sub(1));
    if message > 0 {
        rest.height -= message;
        hints::draw(scene, buf, Rect { y: area.y + rest.height, height: message, ..area });
    }
    let stale = facts::stale(scene.model);
    let Some(scale) = scale(rest, stale.is_some()) else {
        paint::put_text(buf, rest, small(scene, usize::from(rest.width)));
        return;
    };
    paint::put(buf, take(&mut rest, 1), 0, &heading(scene, area.width));
    let small_rows = SMALL_ROWS + if stale.is_some() { HEIGHT + 1 } else { 0 };
    // Empty rows between the blocks, as far as there are any to spare.
    let spare = rest.height.saturating_sub(2 * HEIGHT * scale.rows + small_rows - 1);
    let gap = (spare / 4).min(1);
    take(&mut rest, gap);
    draw_share(scene, buf, take(&mut rest, HEIGHT * scale.rows), scale);
    take(&mut rest, gap);
    if let Some(age) = stale {
        let word = facts::stale_word(age);
        put_large(scene, buf, take(&mut rest, HEIGHT), &word, Scale::SMALL, Role::Hold);
        take(&mut rest, 1);
    }
    draw_verdict(scene, buf, take(&mut rest, HEIGHT * scale.rows), scale);
    take(&mut rest, gap);
    draw_below(scene, buf, rest, scale);
}

/// The largest letters that leave room for the small ones. `None`: there is no room for any.
fn scale(area: Rect, is_stale: bool) -> Option<Scale> {
    let stale = if is_stale { HEIGHT + 1 } else { 0 };
    let fits = |scale: &Scale| {
        // On such a screen small text is too small: where and when are large as well, and the segments have room.
        let large = if scale.rows > 2 { 2 * HEIGHT + SEGMENTS } else { 0 };
        let is_high = 2 * HEIGHT * scale.rows + SMALL_ROWS + stale + large <= area.height;
        is_high && VERDICT_POINTS * scale.columns <= area.width
    };
    let scales = (1..=LARGEST).rev().flat_map(|rows| {
        // A cell is about twice as high as wide; somewhat narrower letters are as readable.
        let narrowest = (rows * 3).div_ceil(2).min(if rows == 1 { 1 } else { u16::MAX });
        (narrowest..=2 * rows).rev().map(move |columns| Scale { columns, rows })
    });
    scales.into_iter().find(fits)
}

/// Cuts rows off the top.
fn take(rest: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(rest.height);
    let taken = Rect { height: rows, ..*rest };
    (rest.y, rest.height) = (rest.y + rows, rest.height - rows);
    taken
}

/// Draws a text in large letters, or small where one of them does not exist or there is no room. Returns its columns.
fn put_large(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, text: &str, scale: Scale, role: Role) -> u16 {
    let letters = font::letters(text).filter(|letters| {
        let columns = font::points(letters).saturating_mul(scale.columns);
        columns <= area.width && HEIGHT * scale.rows <= area.height
    });
    let Some(letters) = letters else {
        paint::put(buf, area, 0, &scene.line(cut(text, usize::from(area.width)), role));
        return area.width;
    };
    font::draw(buf, area, &letters, scale, scene.glyphs().bar, scene.style(role));
    font::points(&letters) * scale.columns
}

/// Name, phase, links, time; in a replay the time of the recording.
fn heading(scene: &Scene<'_>, width: u16) -> Line<'static> {
    let model = scene.model;
    let minute = |text: String| text.get(..text.len().saturating_sub(3)).unwrap_or_default().to_owned();
    let (time, role) = if scene.transport.is_some() {
        (format!("REPLAY {} UTC", minute(model.now.date_and_clock())), Role::Selected)
    } else {
        (format!("{} UTC", minute(model.now.clock())), Role::Dim)
    };
    let mut right = links(scene).spans;
    right.extend([scene.span("  ", Role::Text), scene.span(time, role)]);
    let taken: usize = right.iter().map(|span| span.width()).sum();
    let phase = model.phase();
    let room = usize::from(width).saturating_sub(taken + phase.word().len() + 6);
    let name = cut(model.rollout.name.as_str(), room);
    let mut spans = vec![
        scene.span(name, Role::Title),
        scene.span(format!("  {}", phase.word()), words::phase_role(phase)),
    ];
    let left: usize = spans.iter().map(|span| span.width()).sum();
    let between = usize::from(width).saturating_sub(2 * usize::from(MARGIN) + left + taken).max(1);
    spans.push(scene.span(" ".repeat(between), Role::Text));
    spans.extend(right);
    Line::from(spans)
}

/// How many links deliver, how many have not yet, and how many no longer do.
fn links(scene: &Scene<'_>) -> Line<'static> {
    let model = scene.model;
    let counted = || model.links.iter().filter(|(source, _)| source.kind != SourceKind::Feedback);
    let all = counted().count();
    if all == 0 {
        return scene.line(format!("{} connecting", scene.glyphs().connecting), Role::Wait);
    }
    let connecting = counted().filter(|(_, link)| link.state == LinkState::Connecting).count();
    let dead = counted().filter(|(_, link)| link.is_stale(model.now)).count();
    let stale = dead.saturating_sub(connecting);
    let mut line = Line::default();
    if stale > 0 {
        line.push_span(scene.span(format!("{} {stale} stale or lost  ", scene.glyphs().stale), Role::Hold));
    }
    if connecting > 0 {
        let glyph = scene.glyphs().connecting;
        line.push_span(scene.span(format!("{glyph} {connecting} connecting  "), Role::Wait));
    }
    line.push_span(
        scene.span(format!("{} {} live", scene.glyphs().live, all.saturating_sub(dead)), Role::Live),
    );
    line
}

/// The percentage, and beside it what it is of, the stage, and the time.
fn draw_share(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, scale: Scale) {
    let model = scene.model;
    let moving = facts::moving(model, scene.selected());
    let far = facts::far(model, moving);
    let role = if facts::stale(model).is_some() { Role::Stale } else { Role::Confirmed };
    let letters = font::letters(&far.share).map_or(0, |letters| font::points(&letters));
    let fits = |scale: &Scale| letters.saturating_mul(scale.columns) <= area.width;
    let narrow = Scale { columns: 1, ..scale };
    let scale = if fits(&scale) { scale } else { narrow };
    let columns = put_large(scene, buf, area, &far.share, scale, role);
    let from = columns.max(SHARE_POINTS.saturating_mul(scale.columns)).saturating_add(3);
    let beside = Rect { x: area.x.saturating_add(from), width: area.width.saturating_sub(from), ..area };
    let mut lines = vec![scene.line(far.of, Role::Text)];
    lines.extend(far.asked.map(|asked| scene.line(format!("asked for: {asked}"), Role::Desired)));
    lines.push(Line::default());
    if let Some(segment) = moving {
        if let Some((reached, stages, share)) = known::stage(model, segment) {
            let text = format!("stage {reached}/{stages} of {}", segment.name);
            let room = usize::from(beside.width);
            // As large as it fits: the stage is asked for most.
            let large = format!("{reached}/{stages}");
            let points = font::letters(&large).map_or(u16::MAX, |letters| font::points(&letters));
            let small = Scale { columns: 2, rows: 1 };
            let rows = u16::try_from(lines.len()).unwrap_or(0) + 3;
            if beside.height >= HEIGHT + rows && points * small.columns <= beside.width {
                let place = Rect { y: beside.y + rows - 3, height: HEIGHT, ..beside };
                put_large(scene, buf, place, &large, small, Role::Text);
                lines.extend(std::iter::repeat_n(Line::default(), usize::from(HEIGHT)));
            }
            lines.push(scene.line(cut(&text, room), Role::Title));
            lines.push(scene.line(cut(&format!("{} at {share}", segment.name), room), Role::Text));
        }
        lines.extend(facts::bake(model, segment).map(|bake| scene.line(bake, Role::Text)));
    }
    for (row, line) in lines.into_iter().enumerate().filter(|(_, line)| !line.spans.is_empty()) {
        paint::put(buf, beside, row, &line);
    }
}

/// The verdict with its sign, and in numbers that are known to be old as such.
fn draw_verdict(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, scale: Scale) {
    let (verdict, _) = known::worst(scene.model);
    let role = words::verdict_role(verdict);
    let bar = scene.glyphs().bar;
    font::draw(buf, area, &[font::sign(verdict)], scale, bar, scene.style(role));
    let from = 8 * scale.columns;
    let word = Rect { x: area.x.saturating_add(from), width: area.width.saturating_sub(from), ..area };
    put_large(scene, buf, word, verdict.word(), scale, role);
}

/// Where, how long still, who has to act; then the segments, as far as there is room.
fn draw_below(scene: &Scene<'_>, buf: &mut Buffer, mut rest: Rect, scale: Scale) {
    let width = usize::from(rest.width);
    let (verdict, place) = known::worst(scene.model);
    let at = place.map_or_else(
        || "all stations in all segments".to_owned(),
        |(station, segment)| {
            let also = scene.model.segments.iter().filter(|s| s.verdict == verdict).count().saturating_sub(1);
            let also = if also > 0 { format!(" and {also} more") } else { String::new() };
            format!("{station} in {}{also}", segment.name)
        },
    );
    let (call, is_urgent) = facts::call(scene);
    let calls = paint::wrap(&call, width.saturating_sub(2));
    let call_rows = calls.len().min(CALL_ROWS);
    // On a large screen these two are large as well.
    let is_large = scale.rows > 1 && usize::from(rest.height) >= 2 * usize::from(HEIGHT + 1) + call_rows;
    for (text, role) in [(at, words::verdict_role(verdict)), (facts::done(scene.model), Role::Text)] {
        let letters = font::letters(&text).filter(|letters| is_large && font::points(letters) <= rest.width);
        let rows = if letters.is_some() { HEIGHT } else { 1 };
        let place = take(&mut rest, rows);
        put_large(scene, buf, place, &text, Scale::SMALL, role);
        if letters.is_some() {
            take(&mut rest, 1);
        }
    }
    let role = if is_urgent { Role::Danger } else { Role::Text };
    let place = take(&mut rest, u16::try_from(call_rows).unwrap_or(1));
    let to = scene.glyphs().to;
    let lines = calls.into_iter().enumerate().map(|(row, text)| {
        let sign = if row == 0 { to } else { " " };
        scene.line(format!("{sign} {text}"), role)
    });
    paint::put_text(buf, place, lines);
    if rest.height < 2 {
        return;
    }
    take(&mut rest, 1);
    let name = scene.model.segments.iter().map(|s| s.name.as_str().len()).max().unwrap_or(0).clamp(4, 24);
    let mut segments: Vec<_> = scene.model.segments.iter().collect();
    let room = usize::from(rest.height);
    let mut shown = segments.len();
    if shown > room {
        // The last row is for the others; a stable sort: those of one verdict keep their order.
        shown = room.saturating_sub(1);
        segments.sort_by_key(|segment| std::cmp::Reverse(segment.verdict));
    }
    let (shown, others) = segments.split_at(shown);
    for (row, segment) in shown.iter().enumerate() {
        let line = segment_line(scene, segment, name, width);
        paint::put(buf, rest, row, &line);
    }
    if !others.is_empty() {
        paint::put(buf, rest, shown.len(), &others_line(scene, others, shown.is_empty()));
    }
}

/// How the segments stand for which there is no row.
fn others_line(scene: &Scene<'_>, others: &[&SegmentModel], is_all: bool) -> Line<'static> {
    let count = others.len();
    let text = if is_all { format!("{count} segments:") } else { format!("and {count} more:") };
    let mut line = Line::from(scene.span(text, Role::Title));
    for verdict in [Verdict::NoGo, Verdict::Hold, Verdict::Wait, Verdict::Go] {
        let count = others.iter().filter(|segment| segment.verdict == verdict).count();
        if count > 0 {
            let text =
                format!("  {} {count} {}", words::verdict_glyph(scene.glyphs(), verdict), verdict.word());
            line.push_span(scene.span(text, words::verdict_role(verdict)));
        }
    }
    line
}

/// One segment: name, share, bar, verdict, end.
fn segment_line(scene: &Scene<'_>, segment: &SegmentModel, name: usize, width: usize) -> Line<'static> {
    let glyphs = scene.glyphs();
    let share = segment.exposure.confirmed;
    let bar = width.saturating_sub(name + 8 + 10 + 30).min(60);
    // What is not known has no bar, not even an empty one.
    let filled = words::cells(share, bar);
    let empty = if filled.is_some() { glyphs.bar_empty } else { " " };
    let filled = filled.unwrap_or(0);
    let found = scene.model.completion().segments.iter().find(|climb| climb.segment == segment.name);
    let end = match found.map(|climb| &climb.end) {
        Some(End::At(at)) => format!("done about {}", clock(scene.model.now, *at)),
        Some(End::Done) => "done".to_owned(),
        Some(End::Unknown(why)) => cut(why, 28),
        None => String::new(),
    };
    let full = cut(segment.name.as_str(), name);
    let pad = name.saturating_sub(unicode_width::UnicodeWidthStr::width(full.as_str()));
    Line::from(vec![
        scene.span(format!("{full}{:pad$}", ""), Role::Title),
        scene.span(format!("{:>7} ", words::exposure(share)), Role::Confirmed),
        scene.span(glyphs.bar.repeat(filled), Role::Confirmed),
        scene.span(empty.repeat(bar - filled), Role::Dim),
        scene.span(" ", Role::Text),
        scene.verdict(segment.verdict),
        scene.span(" ".repeat(8_usize.saturating_sub(segment.verdict.word().len())), Role::Text),
        scene.span(end, Role::Dim),
    ])
}

/// Where no large letter fits: the same as text, what matters most first.
fn small(scene: &Scene<'_>, width: usize) -> Vec<Line<'static>> {
    let model = scene.model;
    let (verdict, place) = known::worst(model);
    let far = facts::far(model, facts::moving(model, scene.selected()));
    let phase = model.phase();
    let mut lines = vec![Line::from(vec![
        scene.verdict(verdict),
        scene.span(format!("  {} ", far.share), Role::Confirmed),
        scene.span(far.of, Role::Text),
    ])];
    if let Some(age) = facts::stale(model) {
        lines.push(scene.line(facts::stale_word(age), Role::Hold));
    }
    lines.push(Line::from(vec![
        scene.span(phase.word(), words::phase_role(phase)),
        scene.span(format!("  {}", model.rollout.name), Role::Title),
        scene.span(if scene.transport.is_some() { "  REPLAY" } else { "" }, Role::Selected),
    ]));
    if let Some((station, segment)) = place.filter(|_| verdict != Verdict::Go) {
        lines.push(scene.line(format!("{station} in {}", segment.name), Role::Text));
    }
    let (call, is_urgent) = facts::call(scene);
    let role = if is_urgent { Role::Danger } else { Role::Text };
    for (text, role) in [(facts::done(model), Role::Text), (call, role)] {
        lines.extend(paint::wrap(&text, width).into_iter().map(|text| scene.line(text, role)));
    }
    lines
}
