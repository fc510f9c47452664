//! Treatment minus control, with intervals: a forest plot.

use super::chart::{Anchor, Svg, WIDTH, round_up};
use crate::domain::text::cut;
use crate::report::retrospective::{Effect, Interval, Reading, Retrospective};
use crate::report::words::{digits, points};

/// Most lines drawn; the table has all.
const MOST: usize = 40;
const LEFT: f64 = 230.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 26.0;
const ROW: f64 = 24.0;

/// The chart; `None` when nothing can be compared.
pub fn draw(report: &Retrospective) -> Option<String> {
    let shown: Vec<(&Effect, Interval)> =
        report.effects.iter().filter_map(|e| Some((e, e.difference?))).take(MOST).collect();
    let size = |interval: &Interval| interval.lower.abs().max(interval.upper.abs());
    let widest = shown.iter().map(|(_, interval)| size(interval)).max_by(f64::total_cmp)?;
    let scale = round_up(widest);
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    let half = (WIDTH - LEFT - RIGHT) / 2.0;
    let x = |difference: f64| middle + (difference / scale).clamp(-1.0, 1.0) * half;
    let bottom = TOP + ROW * shown.len() as f64;
    let description = format!(
        "For {} pairs of metric and segment, the rate of bad units in treatment minus that in control with its interval. \
         Right of the middle is worse. The same is in the table below.",
        shown.len()
    );
    let mut svg =
        Svg::new(bottom + 24.0, "effects", "Treatment minus control, in percentage points", &description);
    svg.text((x(-scale), 14.0), "tick", Anchor::Start, "← better");
    svg.text((x(scale), 14.0), "tick", Anchor::End, "worse →");
    for share in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let at = x(share * scale);
        svg.line((at, TOP - 4.0), (at, bottom), if share == 0.0 { "zero" } else { "grid" });
        svg.text((at, bottom + 16.0), "tick", Anchor::Middle, &digits(share * scale * 100.0, 3));
    }
    for (row, (effect, interval)) in shown.iter().enumerate() {
        let y = TOP + ROW * row as f64 + ROW / 2.0;
        let (class, word) = match effect.reading {
            Reading::Worse => ("worse", "✕ worse"),
            Reading::Better => ("better", "✓ better"),
            _ => ("neither", "· not shown"),
        };
        let name = cut(&format!("{} · {}", effect.metric, effect.segment), 32);
        svg.text((LEFT - 12.0, y + 4.0), "label", Anchor::End, &name);
        svg.line((x(interval.lower), y), (x(interval.upper), y), &format!("whisker {class}"));
        for end in [interval.lower, interval.upper] {
            svg.line((x(end), y - 4.0), (x(end), y + 4.0), &format!("whisker {class}"));
        }
        svg.circle((x(interval.estimate), y), 4.5, &format!("dot {class}"), "");
        let text = format!("{} points  {word}", points(interval.estimate));
        svg.text((WIDTH - RIGHT + 14.0, y + 4.0), "value", Anchor::Start, &text);
    }
    Some(svg.finish())
}
