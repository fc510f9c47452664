//! The upper part of the feedback screen: who says what, in numbers and over time.
//!
//! In: the comments that the filter leaves. Out: a line for each segment and arm that spoke: how many gave stars, their mean score, the
//! share of unhappy ones with its bounds, their moods, and small charts of the score and of the unhappy share over
//! time. Where nobody spoke there is a gap. Where rows are short, the segments with most unhappy ones are shown and
//! the others counted.

use ratatui::text::{Line, Span};

use super::tally::{ARMS, Stretches, Tally};
use crate::domain::text::cut;
use crate::domain::{Arm, Span as Time, Timestamp};
use crate::engine::model::Comment;
use crate::theme::Role;
use crate::ui::{Scene, copies, words};

/// Widest column of segment names.
const NAME: usize = 16;
/// Columns of a share with its bounds: `63% (44-79)`.
const UNHAPPY: usize = 13;
/// Columns of a count of moods.
const MOOD: usize = 6;
/// From this width on moods are counted.
const WITH_MOODS: usize = 100;
/// Least columns of a chart that is worth drawing.
const CHART: usize = 10;
/// From so many columns for charts on there are two.
const TWO_CHARTS: usize = 44;
/// The widest chart: stretches of half a screen are read, more are noise.
const WIDEST: usize = 60;

/// A line of the table.
struct Group<'c> {
    name: &'c str,
    arm: Option<Arm>,
    tally: Tally,
    comments: Vec<&'c Comment>,
}

/// Columns at a width.
struct Columns {
    name: usize,
    has_moods: bool,
    /// Columns of one chart; 0: there is no room for one.
    chart: usize,
    has_unhappy_chart: bool,
}

impl Columns {
    fn new(width: usize, longest: usize) -> Self {
        let (name, has_moods) = (longest.clamp(7, NAME), width >= WITH_MOODS);
        // Mark, name, arm, n, mean, unhappy.
        let used = 1 + name + 1 + 9 + 1 + 5 + 1 + 4 + 1 + UNHAPPY + 1;
        let used = used + if has_moods { 3 * MOOD + 1 } else { 0 };
        let left = width.saturating_sub(used);
        let has_unhappy_chart = left >= TWO_CHARTS;
        let one = if has_unhappy_chart { (left - 2) / 2 } else { left };
        Self { name, has_moods, chart: if one < CHART { 0 } else { one.min(WIDEST) }, has_unhappy_chart }
    }
}

/// The lines, at most `most`.
pub fn lines(scene: &Scene<'_>, comments: &[&Comment], width: usize, most: usize) -> Vec<Line<'static>> {
    let Some(oldest) = comments.iter().map(|comment| comment.at).min() else { return Vec::new() };
    let longest = comments.iter().map(|comment| comment.feedback.segment.as_str().len()).max().unwrap_or(0);
    let columns = Columns::new(width, longest);
    let mut groups = groups(scene, comments);
    let stretches = Stretches::new(oldest, scene.model.now, columns.chart.max(1));
    let mut below = Vec::new();
    if columns.chart > 0 {
        below.push(axis(scene, &stretches, oldest, width));
    }
    below.push(origin(comments, width));
    let left_out = leave_out(&mut groups, most.saturating_sub(1 + below.len()).max(1));
    if left_out > 0 {
        below.insert(0, format!(" and {left_out} more; the ones with most unhappy customers are shown"));
    }
    let mut lines = vec![head(scene, &columns)];
    lines.extend(groups.iter().map(|group| line(scene, group, &columns, &stretches)));
    lines.extend(below.into_iter().map(|text| scene.line(cut(&text, width), Role::Dim)));
    lines.truncate(most);
    lines
}

/// Everybody by arm, then each segment by arm, in the order of the rollout file; who said nothing has no line.
fn groups<'c>(scene: &Scene<'c>, comments: &[&'c Comment]) -> Vec<Group<'c>> {
    let mut groups = Vec::new();
    let mut add = |name: &'c str, of: &dyn Fn(&Comment) -> bool| {
        for arm in ARMS {
            let said: Vec<_> = comments.iter().copied().filter(|c| c.feedback.arm == arm && of(c)).collect();
            if !said.is_empty() {
                groups.push(Group { name, arm, tally: Tally::of(said.iter().copied()), comments: said });
            }
        }
    };
    let mut segments = comments.iter().map(|comment| &comment.feedback.segment);
    let first = segments.next();
    if segments.any(|segment| Some(segment) != first) {
        add("all", &|_| true);
    }
    for segment in &scene.model.segments {
        add(segment.name.as_str(), &|comment| comment.feedback.segment == segment.name);
    }
    groups
}

/// Leaves the groups for which there is room: those with most unhappy ones, in their order. Returns how many went.
fn leave_out(groups: &mut Vec<Group<'_>>, room: usize) -> usize {
    if groups.len() <= room {
        return 0;
    }
    let mut by_need: Vec<usize> = (0..groups.len()).collect();
    let need = |at: &usize| groups.get(*at).map(|group| (group.tally.moods[0], group.tally.pieces));
    by_need.sort_by_key(|at| std::cmp::Reverse(need(at)));
    // One line says how many went.
    by_need.truncate(room.saturating_sub(1).max(1));
    let (before, mut index) = (groups.len(), 0);
    groups.retain(|_| {
        index += 1;
        by_need.contains(&(index - 1))
    });
    before - groups.len()
}

fn head(scene: &Scene<'_>, columns: &Columns) -> Line<'static> {
    let mut text = format!(
        " {:name$} {:9} {:>5} {:>4} {:UNHAPPY$}",
        "segment",
        "arm",
        "n",
        "mean",
        "unhappy",
        name = columns.name
    );
    if columns.has_moods {
        let glyphs = scene.glyphs();
        for (sign, word) in [(glyphs.down, "neg"), (glyphs.level, "neu"), (glyphs.up, "pos")] {
            text.push_str(&format!("{:>MOOD$}", format!("{sign} {word}")));
        }
        text.push(' ');
    }
    if columns.chart > 0 {
        text.push_str(&format!(" {:chart$}", "score over time", chart = columns.chart));
    }
    if columns.has_unhappy_chart {
        text.push_str(" unhappy over time");
    }
    scene.line(text, Role::Title)
}

fn line(scene: &Scene<'_>, group: &Group<'_>, columns: &Columns, stretches: &Stretches) -> Line<'static> {
    let role = match group.arm {
        Some(Arm::Treatment) => Role::Treatment,
        Some(Arm::Control) => Role::Control,
        None => Role::Dim,
    };
    let tally = &group.tally;
    let mean = tally.mean().map_or_else(|| words::UNKNOWN.to_owned(), |mean| format!("{mean:.1}"));
    let mut spans = vec![
        scene.span(format!(" {:name$} ", cut(group.name, columns.name), name = columns.name), Role::Text),
        scene.span(format!("{:9} ", copies::arm(group.arm)), role),
        scene.span(format!("{:>5} {mean:>4} ", tally.scored), Role::Text),
        scene.span(format!("{:UNHAPPY$}", unhappy(tally)), Role::Text),
    ];
    if columns.has_moods {
        let roles = [Role::Negative, Role::Text, Role::Positive];
        for (count, role) in tally.moods.into_iter().zip(roles) {
            let role = if count == 0 { Role::Dim } else { role };
            spans.push(scene.span(format!("{count:>MOOD$}"), role));
        }
        spans.push(Span::raw(" "));
    }
    if columns.chart > 0 {
        let filled = stretches.fill(group.comments.iter().copied());
        spans.push(Span::raw(" "));
        spans.extend(chart(scene, &filled, role, |tally| tally.mean().map(|mean| (mean - 1.0) / 4.0)));
        if columns.has_unhappy_chart {
            spans.push(Span::raw(" "));
            spans.extend(chart(scene, &filled, role, Tally::unhappy));
        }
    }
    Line::from(spans)
}

/// `63% (44-79)`; without bounds where too few spoke.
fn unhappy(tally: &Tally) -> String {
    let Some(share) = tally.unhappy() else { return words::UNKNOWN.to_owned() };
    let whole = |share: f64| (share * 100.0).round();
    match tally.bounds() {
        Some((low, high)) => format!("{:>3}% ({}-{})", whole(share), whole(low), whole(high)),
        None => format!("{:>3}%", whole(share)),
    }
}

/// A sign for each stretch: its height is the value from 0 to 1, and where there is none, a gap.
fn chart(
    scene: &Scene<'_>,
    filled: &[Tally],
    role: Role,
    value: impl Fn(&Tally) -> Option<f64>,
) -> Vec<Span<'static>> {
    let glyphs = scene.glyphs();
    let top = glyphs.spark.len().saturating_sub(1) as f64;
    let mut spans: Vec<(bool, String)> = Vec::new();
    for tally in filled {
        let value = value(tally);
        // The height is clamped, so it is a place in the list.
        let place = value.map(|value| (value.clamp(0.0, 1.0) * top).round() as usize);
        let sign = place.and_then(|place| glyphs.spark.get(place)).copied().unwrap_or(glyphs.gap);
        match spans.last_mut() {
            Some((is_gap, text)) if *is_gap == value.is_none() => text.push_str(sign),
            _ => spans.push((value.is_none(), sign.to_owned())),
        }
    }
    let look = |(is_gap, text)| scene.span(text, if is_gap { Role::Dim } else { role });
    spans.into_iter().map(look).collect()
}

/// What a sign of the charts is; in fewer words where it is narrow.
fn axis(scene: &Scene<'_>, stretches: &Stretches, oldest: Timestamp, width: usize) -> String {
    let glyphs = scene.glyphs();
    let (low, high) = (glyphs.spark.first().unwrap_or(&""), glyphs.spark.last().unwrap_or(&""));
    let length = Time(std::time::Duration::from_secs(stretches.length_s.unsigned_abs()));
    let gap = if glyphs.gap.trim().is_empty() { "blank" } else { glyphs.gap };
    let (length, since) = (String::from(length), oldest.clock());
    let full = format!(
        " since {since}, a sign is {length}: {low} is 1 star or nobody unhappy, {high} is 5 or all, {gap} nobody spoke"
    );
    if full.chars().count() <= width {
        full
    } else {
        format!(" since {since}, a sign is {length}: {low} is 1 star, {high} is 5, {gap} nobody spoke")
    }
}

/// Where sentiment comes from, and how many have none.
fn origin(comments: &[&Comment], width: usize) -> String {
    let without = comments.iter().filter(|comment| comment.feedback.score.is_none()).count();
    let without = if without > 0 { format!("; {without} gave no stars") } else { String::new() };
    let full = format!(
        " sentiment is by stars (1-2 negative, 3 neutral, 4-5 positive), words are not judged{without}"
    );
    if full.chars().count() <= width {
        full
    } else {
        format!(" sentiment is by stars, words are not judged{without}")
    }
}
