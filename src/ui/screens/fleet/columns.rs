//! The columns of the fleet: which there is room for, and what stands in a row.
//!
//! In: the width, a model and its brief. Out: lines. Every cell has its width whatever stands in it, so that nothing jumps
//! and foreign text moves no column. Where room is short columns vanish, the least important first; name, share, verdict
//! and the reason stay.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::because;
use crate::domain::text::cut;
use crate::domain::{Percent, Phase};
use crate::engine::{Brief, Model, Need};
use crate::theme::Role;
use crate::ui::{Scene, facts, words};

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Owner,
    Phase,
    Stage,
    Bar,
    Share,
    Verdict,
    Worst,
    Age,
    Autopilot,
    Because,
}

impl Kind {
    /// All, from left to right.
    const ALL: [Self; 11] = [
        Self::Name,
        Self::Owner,
        Self::Phase,
        Self::Stage,
        Self::Bar,
        Self::Share,
        Self::Verdict,
        Self::Worst,
        Self::Age,
        Self::Autopilot,
        Self::Because,
    ];
    /// Which go when room is short, the first one first.
    const EXPENDABLE: [Self; 7] =
        [Self::Owner, Self::Worst, Self::Autopilot, Self::Age, Self::Stage, Self::Bar, Self::Phase];

    const fn head(self) -> &'static str {
        match self {
            Self::Name => "rollout",
            Self::Owner => "owner",
            Self::Phase => "phase",
            Self::Stage => "stage",
            Self::Bar => "",
            Self::Share => "share",
            Self::Verdict => "verdict",
            Self::Worst => "worst",
            Self::Age => "age",
            Self::Autopilot => "auto",
            Self::Because => "because",
        }
    }

    /// Columns that it fills, without the gap after it; 0: what is left.
    fn width(self, all: usize, name: usize) -> usize {
        match self {
            Self::Name => name.clamp(NAME.0, NAME.1).min((all / 4).max(NAME.0)),
            Self::Owner => 12,
            Self::Phase => 8,
            Self::Stage => 18,
            Self::Bar if all >= 160 => 20,
            Self::Bar if all >= 100 => 8,
            Self::Bar => 5,
            Self::Share => 6,
            Self::Verdict => 7,
            Self::Worst => 26,
            Self::Age => 6,
            Self::Autopilot => 6,
            Self::Because => 0,
        }
    }

    /// Numbers stand to the right.
    const fn is_right(self) -> bool {
        matches!(self, Self::Share | Self::Age)
    }
}

/// Narrowest and widest column of names.
const NAME: (usize, usize) = (8, 32);
/// Columns of the cursor, the sign and the gap after them.
const MARKS: usize = 3;
/// The reason has at least so much before a column vanishes for it.
const REASON: usize = 24;

/// The columns that there is room for, each with its width.
pub struct Columns(Vec<(Kind, usize)>);

/// How a row stands in the list.
#[derive(Debug, Clone, Copy)]
pub struct Stand {
    /// Whether the cursor is on it.
    pub is_open: bool,
    /// Whether the filter leaves it: the row with the cursor is shown in any case.
    pub is_left: bool,
}

/// The columns for a width and the longest name.
pub fn fit(width: usize, longest: usize) -> Columns {
    let mut kept: Vec<(Kind, usize)> =
        Kind::ALL.iter().map(|kind| (*kind, kind.width(width, longest))).collect();
    let needed = |kept: &[(Kind, usize)]| MARKS + kept.iter().map(|(_, width)| width + 1).sum::<usize>() - 1;
    for expendable in Kind::EXPENDABLE {
        if needed(&kept) + REASON <= width {
            break;
        }
        kept.retain(|(kind, _)| *kind != expendable);
    }
    let left = width.saturating_sub(needed(&kept));
    for (kind, width) in &mut kept {
        if *kind == Kind::Because {
            *width = left;
        }
    }
    Columns(kept)
}

/// The line of heads.
pub fn heads(scene: &Scene<'_>, columns: &Columns) -> Line<'static> {
    let mut text = " ".repeat(MARKS);
    for (kind, width) in &columns.0 {
        let head = if *kind == Kind::Bar && *width >= 8 { "exposure" } else { kind.head() };
        text.push_str(&fill(head, *width, kind.is_right()));
        text.push(' ');
    }
    scene.line(text, Role::Dim)
}

/// The row of a rollout.
pub fn row(scene: &Scene<'_>, model: &Model, columns: &Columns, stand: Stand) -> Line<'static> {
    let brief = model.brief();
    let mark = if stand.is_open { scene.glyphs().selected } else { " " };
    let (sign, role) = sign(scene, brief.need);
    let mut spans = vec![
        scene.span(mark, if stand.is_open { Role::Selected } else { Role::Text }),
        scene.span(sign, role),
        Span::raw(" "),
    ];
    let is_told = columns.0.iter().any(|(kind, _)| *kind == Kind::Worst);
    for (kind, width) in &columns.0 {
        if *kind == Kind::Bar {
            spans.extend(bar(scene, model, brief, *width));
        } else {
            let (text, role) = cell(scene, model, brief, (*kind, is_told));
            let role = match (*kind, stand) {
                (Kind::Name, Stand { is_open: true, is_left: true }) => Role::Selected,
                (Kind::Name, Stand { is_left: false, .. }) => Role::Dim,
                _ => role,
            };
            spans.push(scene.span(fill(&text, *width, kind.is_right()), role));
        }
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

/// Exactly so wide, whatever the text: cut, or filled up.
fn fill(text: &str, width: usize, is_right: bool) -> String {
    let text = cut(text, width);
    let gap = " ".repeat(width.saturating_sub(text.width()));
    if is_right { gap + &text } else { text + &gap }
}

/// Who needs somebody, and who goes on when somebody says so.
fn sign(scene: &Scene<'_>, need: Need) -> (&'static str, Role) {
    if need.is_call() {
        ("!", Role::Danger)
    } else if need.is_chance() {
        (scene.glyphs().up, Role::Go)
    } else {
        (" ", Role::Text)
    }
}

fn cell(scene: &Scene<'_>, model: &Model, brief: &Brief, (kind, is_told): (Kind, bool)) -> (String, Role) {
    match kind {
        Kind::Name => (model.rollout.name.to_string(), Role::Title),
        Kind::Owner => {
            (model.rollout.owner.as_ref().map_or_else(String::new, ToString::to_string), Role::Dim)
        }
        Kind::Phase => {
            // As in the table of segments.
            let word = if brief.phase == Phase::RollingBack { "ROLLBACK" } else { brief.phase.word() };
            (word.to_owned(), words::phase_role(brief.phase))
        }
        Kind::Stage => (stage(model, brief), Role::Text),
        // Drawn in two colours, by `bar`.
        Kind::Bar => (String::new(), Role::Text),
        Kind::Share => (share(brief), exposure_role(model)),
        Kind::Verdict => (words::verdict(scene.glyphs(), brief.verdict), words::verdict_role(brief.verdict)),
        Kind::Worst => (because::worst(model, brief).unwrap_or_default(), Role::Text),
        Kind::Age => age(scene, model, brief),
        Kind::Autopilot => (model.autopilot.word().to_owned(), Role::Dim),
        Kind::Because => (because::words(model, brief, is_told), because_role(brief)),
    }
}

/// How far the segment that climbs has come, else how many have all.
fn stage(model: &Model, brief: &Brief) -> String {
    let moving = brief.moving.and_then(|place| model.segments.get(place));
    if let Some(segment) = moving
        && let Some((reached, stages, _)) = facts::stage(model, segment)
    {
        return format!("{reached}/{stages} {}", segment.name);
    }
    if brief.exposed.share.is_none() {
        return words::UNKNOWN.to_owned();
    }
    format!("{} of {} at the top", brief.topped, model.segments.len())
}

/// `≥`: the share of some segment is not known; `≈`: not weighed by size.
fn share(brief: &Brief) -> String {
    let exposed = brief.exposed;
    let is_all = exposed.share.is_some_and(|share| share.is_zero() || share == Percent::FULL);
    let mark = match exposed {
        _ if exposed.share.is_none() => "",
        _ if exposed.is_least => "≥",
        _ if exposed.is_rough && !is_all => "≈",
        _ => "",
    };
    format!("{mark}{}", words::measured(exposed.share))
}

fn exposure_role(model: &Model) -> Role {
    if facts::flags_stale(model).is_some() { Role::Stale } else { Role::Confirmed }
}

/// Full only where everybody has it, empty only where nobody has.
fn bar(scene: &Scene<'_>, model: &Model, brief: &Brief, width: usize) -> [Span<'static>; 2] {
    let glyphs = scene.glyphs();
    // What is not known has no bar, not even an empty one.
    let filled = words::cells(brief.exposed.share, width);
    let empty = if filled.is_some() { glyphs.bar_empty } else { " " };
    let filled = filled.unwrap_or(0);
    [
        scene.span(glyphs.bar.repeat(filled), exposure_role(model)),
        scene.span(empty.repeat(width - filled), Role::Dim),
    ]
}

/// A bound while all is current, which changes no cell; the age of the oldest number once it is stale.
fn age(scene: &Scene<'_>, model: &Model, brief: &Brief) -> (String, Role) {
    let oldest = brief.oldest;
    match oldest.heard_at {
        None => (words::UNKNOWN.to_owned(), Role::Dim),
        Some(at) if oldest.is_stale => {
            (format!("{}{}", scene.glyphs().stale, words::age(model.now.since(at))), Role::Hold)
        }
        Some(_) => (format!("<{}", words::age(oldest.bound)), Role::Dim),
    }
}

fn because_role(brief: &Brief) -> Role {
    match brief.need {
        Need::Unconfirmed | Need::Drift => Role::Danger,
        Need::Unanswered => Role::NoGo,
        Need::Lost => Role::Lost,
        Need::NoGo | Need::Hold => Role::Text,
        Need::Approval | Need::Ready => Role::Go,
        _ if brief.is_acting => Role::Text,
        Need::Wait | Need::Well | Need::Paused | Need::Over => Role::Dim,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_the_least_important_go_first() {
        let kinds = |width| fit(width, 40).0.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds(200).len(), Kind::ALL.len());
        assert!(!kinds(118).contains(&Kind::Worst) && kinds(118).contains(&Kind::Age));
        assert!(kinds(80).contains(&Kind::Phase) && kinds(80).contains(&Kind::Bar));
        assert!(!kinds(80).contains(&Kind::Stage));
        assert_eq!(kinds(40), [Kind::Name, Kind::Share, Kind::Verdict, Kind::Because]);
        for width in 60..260 {
            let all: usize = fit(width, 40).0.iter().map(|(_, width)| width + 1).sum();
            assert_eq!(all + MARKS - 1, width, "{width}");
        }
        for width in 0..60 {
            let _ = fit(width, 40);
        }
    }

    #[test]
    fn a_cell_has_its_width_whatever_stands_in_it() {
        for text in ["", "x", "a long text of somebody", "日本語のテキスト", "e\u{301}", "שלום"] {
            for width in 0..12 {
                assert_eq!(fill(text, width, false).width(), width, "{text} {width}");
                assert_eq!(fill(text, width, true).width(), width, "{text} {width}");
            }
        }
    }
}
