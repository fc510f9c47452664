//! The legend of a chart: every sign with its word, the newest values, and how many units are behind them.
//!
//! In: what is drawn. Out: two lines, cut to what there is room for, the most important first: the arms, the guardrail, what
//! was done, the intervals.

use ratatui::text::Line;

use super::curve::{Curve, Unit};
use super::marks::{Mark, Sign};
use super::rail::Rail;
use super::scale;
use crate::domain::Arm;
use crate::domain::text::thousands;
use crate::theme::{Glyphs, Role};
use crate::ui::Scene;
use crate::ui::pieces::{Piece, fill};

/// The lines: the arms, and everything else. Of a source that does not deliver the newest value is the last, and not that of
/// now.
pub fn lines(
    scene: &Scene<'_>,
    curve: &Curve,
    rail: Option<&Rail>,
    marks: &[Mark],
    (width, is_current): (u16, bool),
) -> Vec<Line<'static>> {
    let glyphs = scene.glyphs();
    let (first, second) = signs(glyphs);
    let when = if is_current { "now" } else { "last" };
    let arm = |rank, arm, sign, word, role| {
        let points = curve.arm(arm);
        let now = scale::value(curve.unit, curve.newest(arm).map(|point| point.value), points.newest_units);
        let n = format!("n={}", thousands(points.units.clamp(0.0, 9e15) as u64));
        let short = scene.line(format!("{sign} {word} {now:>5} {n}"), role);
        let line = scene.line(format!("{sign} {word} {when} {now:>5}  {n}"), role);
        Piece { short: Some(short), ..Piece::new(rank, line) }
    };
    let arms = vec![
        arm(1, Arm::Treatment, first, "treatment", Role::Treatment),
        arm(2, Arm::Control, second, "control", Role::Control),
    ];
    vec![fill(arms, width), fill(others(scene, curve, rail, marks), width)]
}

fn others(scene: &Scene<'_>, curve: &Curve, rail: Option<&Rail>, marks: &[Mark]) -> Vec<Piece> {
    let glyphs = scene.glyphs();
    let mut pieces = Vec::new();
    if let Some(rail) = rail {
        let role = if rail.value.is_some() { Role::Danger } else { Role::Dim };
        let sign = if rail.value.is_some() { format!("{} ", glyphs.horizontal) } else { String::new() };
        let short = rail.value.map(|_| {
            let words = rail.words.split(" = ").next().unwrap_or_default();
            scene.line(format!("{sign}{words}"), role)
        });
        pieces.push(Piece { short, ..Piece::new(1, scene.line(format!("{sign}{}", rail.words), role)) });
    }
    for sign in Sign::ALL {
        if marks.iter().any(|mark| mark.sign == sign) {
            let text = format!("{} {}", sign.glyph(glyphs), sign.word());
            pieces.push(Piece::new(2, scene.line(text, sign.role())));
        }
    }
    let bands = format!("{}{}{}", glyphs.band, glyphs.band_second, glyphs.band_both);
    let (text, short) = match curve.unit {
        Unit::Percent | Unit::Score => (format!("{bands} 95 % of each bin"), format!("{bands} 95 %")),
        Unit::Ms => ("p95 of the last minute, no interval".to_owned(), "no interval".to_owned()),
    };
    let short = Some(scene.line(short, Role::Dim));
    pieces.push(Piece { short, ..Piece::new(3, scene.line(text, Role::Dim)) });
    pieces
}

/// The signs that stand for the two lines.
pub fn signs(glyphs: &Glyphs) -> (&'static str, &'static str) {
    if glyphs.marker == Glyphs::ASCII.marker { ("*", "o") } else { (glyphs.bar, glyphs.bullet) }
}
