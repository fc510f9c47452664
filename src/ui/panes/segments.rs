//! The table of segments: exposure, errors, latency and verdict of each, and one row for everything.
//!
//! Desired and confirmed stand side by side and are marked where they differ. `–` is not known. Stale
//! numbers are dimmed, and the head of their column says how old they are. Below the rows stands what is wrong with the flag links. Where
//! room is short, columns vanish, the least important first; verdict and confirmed stay. Where there is room, the last
//! minutes of errors stand beside their numbers, all rows on one scale.
//!
//! A filter leaves the segments out whose names do not hold it, but never the selected one: what a key would act on is
//! always seen. Where not all rows fit, they move with the selection, and the head says which of how many are shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::action::Verb;
use crate::domain::text::cut;
use crate::domain::{Arm, Percent, Phase, SourceKind, Station};
use crate::engine::Model;
use crate::engine::model::SegmentModel;
use crate::theme::Role;
use crate::ui::chart::spark;
use crate::ui::names::cut_apart;
use crate::ui::pane::{Pane, Place, Steer};
use crate::ui::screens::first_in_sight;
use crate::ui::{Scene, View, facts, paint, words};

/// The pane.
pub const PANE: Pane = Pane {
    place: Place::UpperLeft,
    steer: Steer::Rows,
    opens: Verb::Segment,
    title: |scene| match scene.view.filter() {
        "" => format!("segments of {}", scene.model.rollout.name),
        filter => format!("segments of {} with {filter:?}", scene.model.rollout.name),
    },
    rows,
    draw,
};

/// Most lines about links below the rows: one for each of the platforms that most rollouts have.
const MAX_TROUBLES: usize = 3;
/// Narrowest and widest column of names.
const NAME: std::ops::RangeInclusive<usize> = 10..=32;

/// A column beside the name.
struct Column {
    head: &'static str,
    width: usize,
    cell: fn(&Scene<'_>, &SegmentModel) -> Span<'static>,
}

/// Cells of a sparkline.
const SPARK: usize = 12;

/// All columns, left to right.
const COLUMNS: [Column; 9] = [
    Column { head: "desired", width: 8, cell: desired },
    Column { head: "confirmed", width: 10, cell: confirmed },
    Column { head: "served", width: 8, cell: served },
    Column { head: "observed", width: 9, cell: observed },
    Column { head: "error% t/c", width: 11, cell: errors },
    Column { head: TREND, width: SPARK + 1, cell: |scene, _| scene.span("", Role::Text) },
    Column { head: "p95ms t/c", width: 10, cell: latency },
    Column { head: "verdict", width: 8, cell: |scene, s| scene.verdict(s.verdict) },
    Column { head: "phase", width: 9, cell: phase },
];
/// The column of sparklines; its rows are drawn together, on one scale.
const TREND: &str = "trend";
/// Which columns go first when room is short.
const EXPENDABLE: [&str; 7] = [TREND, "served", "observed", "p95ms t/c", "error% t/c", "desired", "phase"];
/// The same where edges are probed: what they serve says more than what was observed of users.
const EXPENDABLE_PROBED: [&str; 7] =
    [TREND, "observed", "served", "p95ms t/c", "error% t/c", "desired", "phase"];

fn rows(model: &Model, _: &View) -> usize {
    let troubles = facts::troubles(model, SourceKind::Flags, None).len().min(MAX_TROUBLES);
    model.segments.len() + 2 + troubles
}

fn draw(scene: &Scene<'_>, buf: &mut Buffer, area: Rect, _: usize) {
    let segments = facts::filtered(scene.model, scene.view.filter(), scene.view.selected());
    let names: Vec<&str> = segments.iter().map(|segment| segment.name.as_str()).collect();
    let longest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let name_width = longest.clamp(*NAME.start(), *NAME.end()) + 1;
    let is_probed = scene.model.platforms.iter().any(|platform| !platform.served.is_empty());
    let expendable = if is_probed { EXPENDABLE_PROBED } else { EXPENDABLE };
    let (name_width, columns) = fit(usize::from(area.width), name_width, expendable);

    let troubles = facts::troubles(scene.model, SourceKind::Flags, None);
    let room = usize::from(area.height).saturating_sub(1 + troubles.len().min(MAX_TROUBLES)).max(1);
    let selected = scene.view.selected();
    let chosen = segments.iter().position(|s| Some(&s.name) == selected).map_or(0, |i| i + 1);
    // The first row is everything.
    let top = first_in_sight(chosen, segments.len() + 1, room);
    let rows: Vec<usize> = (top..=segments.len()).take(room).collect();
    let is_cut = rows.len() <= segments.len();
    let title = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) if is_cut || segments.len() < scene.model.segments.len() => {
            count((*first).max(1), *last, segments.len(), scene.model.segments.len(), name_width)
        }
        _ => " segment".to_owned(),
    };
    let mut head = vec![scene.span(format!("{title:name_width$}"), Role::Dim)];
    for column in &columns {
        head.push(Span::raw(" "));
        head.push(heading(scene, column));
    }
    paint::put(buf, area, 0, &Line::from(head));

    let shown: Vec<_> = rows.iter().map(|row| row.checked_sub(1).and_then(|i| segments.get(i))).collect();
    let trends = if columns.iter().any(|column| column.head == TREND) {
        trends(scene, &shown)
    } else {
        vec![String::new(); shown.len()]
    };
    let names = cut_apart(&names, name_width.saturating_sub(1));
    let mut row = 1;
    for ((at, segment), trend) in rows.iter().zip(shown).zip(trends) {
        let name = at.checked_sub(1).and_then(|at| names.get(at)).map_or("everything", String::as_str);
        let line = match segment {
            Some(segment) => segment_line(scene, segment, (name, name_width), &columns, &trend),
            None => everything_line(scene, name_width, &columns),
        };
        paint::put(buf, area, row, &line);
        row += 1;
    }
    for trouble in troubles.iter().take(MAX_TROUBLES) {
        paint::put(buf, area, row, &scene.trouble(trouble, usize::from(area.width)));
        row += 1;
    }
}

/// Which of how many rows are shown, as far as there is room: ` 5–12 of 20`; ` 5–8 of 9/20` where a filter leaves nine.
fn count(first: usize, last: usize, left: usize, all: usize, width: usize) -> String {
    let of = if left < all { format!("{left}/{all}") } else { all.to_string() };
    let ways = [format!(" {first}–{last} of {of}"), format!(" {last} of {of}"), format!(" {last}/{all}")];
    let [.., shortest] = &ways;
    ways.iter().find(|way| way.width() < width).unwrap_or(shortest).clone()
}

/// The last minutes of errors of each row, all on one scale; empty for the row of everything.
fn trends(scene: &Scene<'_>, rows: &[Option<&&SegmentModel>]) -> Vec<String> {
    let Some(metric) = facts::metric_of(scene.model, Station::Errors) else {
        return vec![String::new(); rows.len()];
    };
    let of = |row: &Option<&&SegmentModel>| match row {
        Some(segment) => spark::cells(scene.model, segment, metric, Arm::Treatment, SPARK),
        None => Vec::new(),
    };
    let cells: Vec<_> = rows.iter().map(of).collect();
    let top = spark::top(&cells);
    cells.iter().map(|cells| spark::text(scene.glyphs(), cells, top)).collect()
}

/// The width of the names and the columns that there is room for.
fn fit(width: usize, name_width: usize, expendable: [&str; 7]) -> (usize, Vec<&'static Column>) {
    let mut kept: Vec<&Column> = COLUMNS.iter().collect();
    let needed = |kept: &[&Column]| kept.iter().map(|column| column.width).sum::<usize>();
    for head in expendable {
        if name_width + needed(&kept) <= width {
            break;
        }
        kept.retain(|column| column.head != head);
    }
    let name_width = name_width.min(width.saturating_sub(needed(&kept)));
    (name_width, kept)
}

/// The head of a column: its name, or a short one with the age of its numbers where they are stale.
fn heading(scene: &Scene<'_>, column: &Column) -> Span<'static> {
    let metric_age = |station| {
        let metric = facts::metric_of(scene.model, station)?;
        facts::stale_age(scene.model, SourceKind::Metrics, metric.as_str())
    };
    let (short, age) = match column.head {
        "confirmed" => ("conf", facts::flags_stale(scene.model)),
        "error% t/c" => ("err", metric_age(Station::Errors)),
        "p95ms t/c" => ("p95", metric_age(Station::Latency)),
        TREND => {
            let bin_s = facts::metric_of(scene.model, Station::Errors)
                .map_or(0, |metric| spark::bin_s(scene.model, metric));
            let minutes = usize::try_from(bin_s).unwrap_or(0) * SPARK / 60;
            return scene.span(align(column, &format!("errors {minutes} min")), Role::Dim);
        }
        _ => ("", None),
    };
    match age {
        Some(age) => {
            let text = format!("{short}{}{}", scene.glyphs().stale, words::age(age));
            scene.span(align(column, &text), Role::Hold)
        }
        None => scene.span(align(column, column.head), Role::Dim),
    }
}

/// Numbers to the right, words to the left, without the gap before them, which has no look of its own.
fn align(column: &Column, text: &str) -> String {
    let width = column.width - 1;
    if matches!(column.head, "verdict" | "phase") {
        format!("{:width$}", cut(text, width))
    } else {
        format!("{:>width$}", cut(text, width))
    }
}

fn name_span(scene: &Scene<'_>, name: &str, chosen: bool, width: usize) -> Span<'static> {
    let mark = if chosen { scene.glyphs().selected } else { " " };
    let room = width.saturating_sub(1);
    let text = format!("{mark}{:room$}", cut(name, room));
    scene.span(text, if chosen { Role::Selected } else { Role::Text })
}

fn segment_line(
    scene: &Scene<'_>,
    segment: &SegmentModel,
    (name, name_width): (&str, usize),
    columns: &[&Column],
    trend: &str,
) -> Line<'static> {
    let chosen = scene.view.selected() == Some(&segment.name);
    let mut spans = vec![name_span(scene, name, chosen, name_width)];
    for column in columns {
        let cell = match column.head {
            TREND => scene.span(trend.to_owned(), Role::Treatment),
            _ => (column.cell)(scene, segment),
        };
        spans.push(Span::raw(" "));
        spans.push(Span::styled(align(column, &cell.content), cell.style));
    }
    Line::from(spans)
}

/// The row that stands for all segments: its range of exposures and its verdict.
fn everything_line(scene: &Scene<'_>, name_width: usize, columns: &[&Column]) -> Line<'static> {
    let chosen = scene.view.selected().is_none();
    let mut spans = vec![name_span(scene, "everything", chosen, name_width)];
    for column in columns {
        let cell = match column.head {
            "desired" => scene.span(range(scene, |s| s.exposure.desired), Role::Desired),
            "confirmed" => scene.span(range(scene, |s| s.exposure.confirmed), Role::Confirmed),
            "verdict" => scene.verdict(scene.model.verdict()),
            "phase" => {
                let phase = scene.model.phase();
                scene.span(phase.word(), words::phase_role(phase))
            }
            _ => scene.span("", Role::Text),
        };
        spans.push(Span::raw(" "));
        spans.push(Span::styled(align(column, &cell.content), cell.style));
    }
    Line::from(spans)
}

/// The lowest and the highest of an exposure over all segments.
fn range(scene: &Scene<'_>, share: fn(&SegmentModel) -> Option<Percent>) -> String {
    let known = || scene.model.segments.iter().filter_map(share);
    match (known().min(), known().max()) {
        (Some(low), Some(high)) if low == high => low.to_string(),
        (Some(low), Some(high)) => format!("{}–{high}", low.as_f64()),
        _ => words::UNKNOWN.to_owned(),
    }
}

fn desired(scene: &Scene<'_>, segment: &SegmentModel) -> Span<'static> {
    scene.span(words::exposure(segment.exposure.desired), Role::Desired)
}

/// Marked where it is not what we asked for.
fn confirmed(scene: &Scene<'_>, segment: &SegmentModel) -> Span<'static> {
    let exposure = &segment.exposure;
    let differs = exposure.desired.is_some() && exposure.desired != exposure.confirmed;
    let text = words::exposure(exposure.confirmed);
    let role = if facts::flags_stale(scene.model).is_some() { Role::Stale } else { Role::Confirmed };
    if differs { scene.span(format!("!={text}"), Role::Danger) } else { scene.span(text, role) }
}

/// Marked where an edge serves something else than is stored.
fn served(scene: &Scene<'_>, segment: &SegmentModel) -> Span<'static> {
    let text = words::measured(segment.exposure.served);
    let drifts = scene.model.platforms.iter().any(|platform| platform.drifting.contains(&segment.name));
    if drifts { scene.span(format!("!={text}"), Role::Danger) } else { scene.span(text, Role::Served) }
}

fn observed(scene: &Scene<'_>, segment: &SegmentModel) -> Span<'static> {
    scene.span(words::measured(segment.exposure.observed), Role::Observed)
}

fn errors(scene: &Scene<'_>, segment: &SegmentModel) -> Span<'static> {
    measured(scene, segment, Station::Errors)
}

fn latency(scene: &Scene<'_>, segment: &SegmentModel) -> Span<'static> {
    measured(scene, segment, Station::Latency)
}

/// The numbers of the metric behind a station; when stale, dimmed and with the age.
fn measured(scene: &Scene<'_>, segment: &SegmentModel, station: Station) -> Span<'static> {
    let model = scene.model;
    let found = facts::metric_of(model, station).and_then(|m| Some((m, segment.series.get(m)?)));
    let Some((metric, series)) = found else {
        return scene.span(words::UNKNOWN, Role::Dim);
    };
    let show = |arm| {
        if series.is_distribution {
            words::whole(series.p95.get(arm).copied())
        } else {
            facts::lately(model, series, arm)
                .map_or_else(|| words::UNKNOWN.to_owned(), |c| words::rate_of(c.bad / c.units, c.units))
        }
    };
    let text = words::pair(&show(Arm::Treatment), &show(Arm::Control));
    // The age stands in the head of the column: it is the same for all rows.
    let is_stale = facts::stale_age(model, SourceKind::Metrics, metric.as_str()).is_some();
    scene.span(text, if is_stale { Role::Stale } else { Role::Text })
}

/// Running is the rule and stays silent.
fn phase(scene: &Scene<'_>, segment: &SegmentModel) -> Span<'static> {
    match segment.phase {
        Phase::Running => scene.span("", Role::Text),
        Phase::RollingBack => scene.span("ROLLBACK", words::phase_role(segment.phase)),
        phase => scene.span(phase.word(), words::phase_role(phase)),
    }
}
