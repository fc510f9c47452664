//! The exposure of each segment over time, with its verdicts below it and the acts on it.

use super::chart::{Anchor, Axis, Svg, WIDTH};
use super::strip::{self, Piece};
use crate::domain::Timestamp;
use crate::domain::text::cut;
use crate::report::retrospective::{Curve, Retrospective};
use crate::report::words::percent;

/// Most segments drawn: a page's height. The table has all.
const MOST: usize = 16;
const LEFT: f64 = 132.0;
const RIGHT: f64 = 64.0;
const TOP: f64 = 12.0;
/// Of one segment: the curve, the strip of verdicts, the gap.
const CURVE: f64 = 52.0;
const STRIP: f64 = 16.0;
const ROW: f64 = CURVE + STRIP + 30.0;
/// Numbers of acts closer than this would cover each other.
const APART: f64 = 17.0;

/// The chart; `None` without any exposure.
pub fn draw(report: &Retrospective) -> Option<String> {
    let (from, to) = (report.course.began_at?.0, report.course.ended_at?.0);
    let curves: Vec<_> = report.exposure.iter().filter(|curve| !curve.steps.is_empty()).take(MOST).collect();
    if curves.is_empty() {
        return None;
    }
    let bottom = TOP + ROW * curves.len() as f64;
    let description = format!(
        "One row for each of {} segments: the confirmed exposure from 0 to 100 percent over time, numbered acts on it, \
         and below it a strip with the worst verdict. The same is in the tables below.",
        curves.len()
    );
    let mut svg = Svg::new(bottom + 26.0, "exposure", "Exposure by segment over time", &description);
    let axis = Axis { from, to, left: LEFT, right: WIDTH - RIGHT };
    axis.draw(&mut svg, TOP, bottom);
    for (row, curve) in curves.iter().enumerate() {
        let top = TOP + ROW * row as f64 + 14.0;
        draw_row(&mut svg, &axis, report, curve, top);
    }
    Some(svg.finish())
}

fn draw_row(svg: &mut Svg, axis: &Axis, report: &Retrospective, curve: &Curve, top: f64) {
    let base = top + CURVE;
    let y = |share: f64| base - share / 100.0 * CURVE;
    svg.text((LEFT - 12.0, top + 22.0), "name", Anchor::End, &cut(curve.segment.as_str(), 17));
    let size = report.release.segments.iter().find(|group| group.name == curve.segment).and_then(|g| g.size);
    if let Some(size) = size {
        let text = crate::domain::text::thousands(size);
        svg.text((LEFT - 12.0, top + 38.0), "tick", Anchor::End, &text);
    }
    svg.line((axis.left, base), (axis.right, base), "base");
    let last = draw_steps(svg, axis, curve, (base, &y));
    if let Some(share) = last {
        svg.text((axis.right + 8.0, y(share).max(top + 8.0) + 4.0), "value", Anchor::Start, &percent(share));
    } else {
        svg.text((axis.right + 8.0, base), "tick", Anchor::Start, "unknown");
    }
    for piece in strip::pieces(report, &curve.segment) {
        draw_piece(svg, axis, &piece, base + 4.0);
    }
    draw_acts(svg, axis, report, curve, (top, base));
}

/// The steps as areas, with a gap where the exposure was not known. Returns where it ended.
fn draw_steps(
    svg: &mut Svg,
    axis: &Axis,
    curve: &Curve,
    (base, y): (f64, &dyn Fn(f64) -> f64),
) -> Option<f64> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let close = |svg: &mut Svg, points: &mut Vec<(f64, f64)>| {
        if let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) {
            let mut area = vec![(first.0, base)];
            area.extend(points.iter().copied());
            area.push((last.0, base));
            svg.path(&area, "area", true);
            svg.path(points, "curve", false);
        }
        points.clear();
    };
    let mut last = None;
    for (index, step) in curve.steps.iter().enumerate() {
        let x = axis.x(step.at.0);
        let until = curve.steps.get(index + 1).map_or(axis.to, |next| next.at.0);
        last = step.percent;
        match step.percent {
            Some(share) => points.extend([(x, y(share)), (axis.x(until), y(share))]),
            None => close(svg, &mut points),
        }
    }
    close(svg, &mut points);
    last
}

fn draw_piece(svg: &mut Svg, axis: &Axis, piece: &Piece, top: f64) {
    let (from, to) = (axis.x(piece.from), axis.x(piece.to));
    let class = match piece.verdict {
        "GO" => "v-go",
        "HOLD" => "v-hold",
        "NO-GO" => "v-nogo",
        _ => "v-wait",
    };
    let tip = format!("{} from {}", piece.verdict, piece.from.clock());
    // What grave verdicts lack in time they get in height, so that they are seen without their colour, too.
    let (lift, height) = match piece.verdict {
        "NO-GO" => (0.0, STRIP),
        "HOLD" => (2.0, STRIP - 4.0),
        _ => (5.0, STRIP - 10.0),
    };
    svg.rect((from, top + lift), ((to - from).max(1.5), height), class, &tip);
    let needed = 7.0 * piece.verdict.len() as f64 + 8.0;
    if to - from > needed && matches!(piece.verdict, "NO-GO" | "HOLD") {
        svg.text((from + 5.0, top + 12.0), &format!("{class}-text"), Anchor::Start, piece.verdict);
    }
}

fn draw_acts(svg: &mut Svg, axis: &Axis, report: &Retrospective, curve: &Curve, (top, base): (f64, f64)) {
    let mut free_from = f64::NEG_INFINITY;
    let about = report
        .actions
        .list
        .iter()
        .filter(|act| act.segment.is_none() || act.segment.as_ref() == Some(&curve.segment));
    for act in about {
        let at: Timestamp = act.at.0;
        let x = axis.x(at);
        let tip = format!("{}: {} by {} at {}", act.number, act.what, act.actor, at.clock());
        svg.line((x, top - 2.0), (x, base), "act");
        if x >= free_from {
            svg.circle((x, top - 5.0), 8.0, "act-dot", &tip);
            svg.text((x, top - 1.5), "act-number", Anchor::Middle, &act.number.to_string());
            free_from = x + APART;
        }
    }
}
