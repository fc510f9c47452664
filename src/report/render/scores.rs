//! Scores of both arms, as shares of one bar each.

use super::chart::{Anchor, Svg, WIDTH};
use crate::domain::text::thousands;
use crate::report::retrospective::{Retrospective, Scores};
use crate::report::words::digits;

const LEFT: f64 = 132.0;
const RIGHT: f64 = 178.0;
const ROW: f64 = 40.0;
const CLASSES: [&str; 5] = ["s1", "s2", "s3", "s4", "s5"];

/// The chart; `None` without any score.
pub fn draw(report: &Retrospective) -> Option<String> {
    let said = &report.satisfaction;
    let arms = [("treatment", &said.treatment), ("control", &said.control), ("arm unknown", &said.unknown)];
    let arms: Vec<(&str, &Scores)> = arms.into_iter().filter(|(_, scores)| scores.total > 0).collect();
    if arms.is_empty() {
        return None;
    }
    let text = |(name, scores): &(&str, &Scores)| {
        let [a, b, c, d, e] = scores.counts;
        format!("{name}: {a} times 1, {b} times 2, {c} times 3, {d} times 4, {e} times 5")
    };
    let description = arms.iter().map(text).collect::<Vec<_>>().join("; ");
    let mut svg = Svg::new(
        ROW * arms.len() as f64 + 8.0,
        "scores",
        "Scores by arm, from 1 (bad) to 5 (good)",
        &description,
    );
    for (row, (name, scores)) in arms.iter().enumerate() {
        let y = ROW * row as f64 + 6.0;
        svg.text((LEFT - 12.0, y + 18.0), "name", Anchor::End, name);
        let mut x = LEFT;
        for ((count, class), score) in scores.counts.iter().zip(CLASSES).zip(1..) {
            let width = *count as f64 / scores.total as f64 * (WIDTH - LEFT - RIGHT);
            if width > 0.0 {
                svg.rect((x, y), ((width - 1.5).max(0.5), 28.0), class, &format!("{score}: {count} times"));
            }
            if width > 22.0 {
                svg.text(
                    (x + width / 2.0, y + 18.0),
                    &format!("{class}-text"),
                    Anchor::Middle,
                    &format!("{score}"),
                );
            }
            x += width;
        }
        let mean = scores.mean.map_or_else(|| "–".into(), |mean| digits(mean, 2));
        let value = format!("mean {mean}, {} scores", thousands(scores.total));
        svg.text((WIDTH - RIGHT + 10.0, y + 18.0), "value", Anchor::Start, &value);
    }
    Some(svg.finish())
}
