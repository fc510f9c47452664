//! Where the time went, as bars.

use super::chart::{Anchor, Svg, WIDTH};
use crate::report::retrospective::Retrospective;
use crate::report::words::span_s;

const LEFT: f64 = 190.0;
const RIGHT: f64 = 150.0;
const ROW: f64 = 26.0;

/// The chart; `None` for an empty recording.
pub fn draw(report: &Retrospective) -> Option<String> {
    let whole = report.course.elapsed_s;
    let time = &report.time;
    let parts = [
        ("changing the flag", time.active_s, "bar-active"),
        ("baking", time.baking_s, "bar-bake"),
        ("waiting for evidence", time.gathering_s, "bar-plain"),
        ("waiting for people", time.waiting_for_people_s, "bar-people"),
        ("paused", time.paused_s, "bar-people"),
        ("held by NO-GO or HOLD", time.held_s, "bar-held"),
        ("nothing left to widen", time.over_s, "bar-plain"),
        ("exposure unknown", time.unknown_s, "bar-plain"),
    ];
    let shown: Vec<_> = parts.into_iter().filter(|(_, seconds, _)| *seconds > 0.0).collect();
    if shown.is_empty() || whole <= 0.0 {
        return None;
    }
    let said: Vec<_> =
        shown.iter().map(|(name, seconds, _)| format!("{name} {}", span_s(*seconds))).collect();
    let height = ROW * shown.len() as f64 + 8.0;
    let mut svg = Svg::new(height, "spent", "Where the time went", &said.join(", "));
    for (row, (name, seconds, class)) in shown.iter().enumerate() {
        let y = ROW * row as f64 + 4.0;
        let width = seconds / whole * (WIDTH - LEFT - RIGHT);
        svg.text((LEFT - 12.0, y + 15.0), "label", Anchor::End, name);
        svg.rect((LEFT, y + 3.0), (width.max(1.5), ROW - 8.0), class, "");
        let text = format!("{}  ·  {:.0} %", span_s(*seconds), seconds / whole * 100.0);
        svg.text((LEFT + width.max(1.5) + 8.0, y + 15.0), "value", Anchor::Start, &text);
    }
    Some(svg.finish())
}
