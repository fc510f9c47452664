//! One station of a segment: its verdict, the sentence, and the numbers that it was made of.
//!
//! ```text
//!   errors       ✘ NO-GO  for 2:10, since 14:05:20 UTC
//!     31 of 2,410 users with errors against 9 of 2,380 in control: 3.4 times as many, e = 403 against 400 needed
//!     bet     ━━━━━━━━━━━━━━━━━━━━ e = 403 of 400 for a NO-GO      (bar: the logarithms; a bet grows by factors)
//!     worse   by at most 1.4 points; a GO needs at most 0.5
//!     counts  treatment 31 of 2,410 = 1.3 %, control 9 of 2,380 = 0.38 %
//!     source  errors, measured 14:07:28 UTC, 2s ago
//! ```
//!
//! In: the scene and a cell of the board. Out: lines. A row that the evidence has no numbers for is left out.

use ratatui::text::Line;

use super::{INDENT, add_text};
use crate::domain::text::thousands;
use crate::domain::{Evidence, Method, SourceKind, Station, Timestamp, Verdict};
use crate::engine::model::Cell;
use crate::theme::Role;
use crate::ui::{Scene, facts, paint, words};

/// Columns of the bar of a bet.
const BAR: usize = 20;
/// Columns of the words before the numbers.
const WORD: usize = 7;
/// From here on an e-value is said as a power of ten: more digits say nothing.
const MANY: f64 = 1e9;

/// About how many rows of numbers a cell has.
pub fn facts_of(evidence: &Evidence) -> usize {
    let counts = evidence.treatment.is_some() || evidence.control.is_some();
    let rows = [evidence.ln_e.is_some(), evidence.bound.is_some(), counts, true];
    rows.into_iter().filter(|is_there| *is_there).count()
}

/// Adds the lines of a station.
pub fn add(scene: &Scene<'_>, station: Station, cell: &Cell, width: usize, lines: &mut Vec<Line<'static>>) {
    let since = words::age(scene.model.now.since(cell.since));
    lines.push(Line::from(vec![
        scene.span(format!("  {station:12} "), Role::Title),
        scene.verdict(cell.verdict),
        scene.span(format!("  for {since}, since {} UTC", cell.since.clock()), Role::Dim),
    ]));
    let evidence = &cell.evidence;
    add_text(scene, &evidence.sentence, Role::Text, width, lines);
    add_bet(scene, evidence, width, lines);
    let mut row = |word, text: String, role| add_row(scene, (word, &text), role, width, lines);
    if let Some(text) = worse(evidence) {
        row("worse", text, Role::Text);
    }
    if let Some(text) = counts(evidence) {
        row("counts", text, Role::Text);
    }
    if let Some((text, is_stale)) = source(scene, station, evidence) {
        row("source", text, if is_stale { Role::Hold } else { Role::Dim });
    }
}

/// A row of numbers behind its word, on several lines where it is narrow: a number that is cut is another number.
fn add_row(
    scene: &Scene<'_>,
    (word, text): (&str, &str),
    role: Role,
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let room = width.saturating_sub(INDENT + WORD + 1).max(1);
    for (at, text) in paint::wrap(text, room).into_iter().enumerate() {
        let word = if at == 0 { word } else { "" };
        lines.push(scene.line(format!("{:INDENT$}{word:WORD$} {text}", ""), role));
    }
}

/// How far the bet is: a bar of its logarithm, and both numbers; below the bar where they do not fit beside it.
fn add_bet(scene: &Scene<'_>, evidence: &Evidence, width: usize, lines: &mut Vec<Line<'static>>) {
    let Some((ln_e, needed)) = evidence.ln_e.zip(evidence.ln_threshold) else { return };
    let share = if needed > 0.0 && ln_e.is_finite() { (ln_e / needed).clamp(0.0, 1.0) } else { 0.0 };
    let is_reached = ln_e >= needed;
    // Only what has reached its threshold fills the bar.
    let most = if is_reached { BAR } else { BAR - 1 };
    let filled = ((share * BAR as f64).round() as usize).min(most);
    let glyphs = scene.glyphs();
    let sign = if evidence.method == Method::Twin { "R" } else { "e" };
    let bar = glyphs.meter(filled, BAR);
    // Arms that cannot be compared hold: they are no proof of harm.
    let verdict = if evidence.method == Method::SampleRatio { Verdict::Hold } else { Verdict::NoGo };
    let (for_what, how) = (verdict.word(), how(evidence.method));
    let numbers = format!("{sign} = {} of {} for a {for_what}{how}", power(ln_e), power(needed));
    let role = match verdict {
        _ if !is_reached => Role::Text,
        Verdict::Hold => Role::Hold,
        _ => Role::Danger,
    };
    let mut line = Line::from(vec![
        scene.span(format!("{:INDENT$}{:WORD$} ", "", "bet"), Role::Text),
        scene.span(bar, role),
    ]);
    if INDENT + WORD + 1 + BAR + 1 + numbers.chars().count() <= width {
        line.push_span(scene.span(format!(" {numbers}"), role));
        lines.push(line);
    } else {
        lines.push(line);
        add_row(scene, ("", &numbers), role, width, lines);
    }
}

/// Which bet it is, where it is not the usual one.
const fn how(method: Method) -> &'static str {
    match method {
        Method::Twin => ", of late",
        Method::Together => ", all segments together",
        Method::Uncontrolled => ", without control",
        _ => "",
    }
}

/// An e-value from its logarithm: `0.37`, `7.4`, `403`, `10^12`.
fn power(ln: f64) -> String {
    match ln {
        ln if ln.is_nan() => words::UNKNOWN.to_owned(),
        ln if ln >= MANY.ln() => format!("10^{:.0}", (ln / std::f64::consts::LN_10).floor()),
        ln if ln >= 100_f64.ln() => thousands(ln.exp().round() as u64),
        ln if ln >= 10_f64.ln() => format!("{:.0}", ln.exp()),
        ln if ln < 0.01_f64.ln() => "<0.01".to_owned(),
        ln => format!("{:.2}", ln.exp()),
    }
}

/// How much worse treatment can be at the most, and what a GO allows.
fn worse(evidence: &Evidence) -> Option<String> {
    let (bound, limit) = evidence.bound.zip(evidence.limit)?;
    let points = |share: f64| format!("{:.2}", share * 100.0);
    let is_proven = if bound <= limit { "proven" } else { "not proven yet" };
    (bound.is_finite() && limit.is_finite())
        .then(|| format!("by at most {} points; a GO allows {}: {is_proven}", points(bound), points(limit)))
}

fn counts(evidence: &Evidence) -> Option<String> {
    let arm = |word: &str, counts: Option<(f64, f64)>| {
        let (units, bad) = counts?;
        let whole = |number: f64| thousands(number.clamp(0.0, 9e15) as u64);
        // Of a split everybody is counted, and nobody is bad.
        if evidence.method == Method::SampleRatio {
            return Some(format!("{word} {} users", whole(units)));
        }
        let rate =
            if units > 0.0 { format!(" = {}%", words::rate_of(bad / units, units)) } else { String::new() };
        Some(format!("{word} {} of {}{rate}", whole(bad), whole(units)))
    };
    let arms = [arm("treatment", evidence.treatment), arm("control", evidence.control)];
    let text: Vec<_> = arms.into_iter().flatten().collect();
    (!text.is_empty()).then(|| text.join(", "))
}

/// What it was measured by, and when. Whether that is stale.
fn source(scene: &Scene<'_>, station: Station, evidence: &Evidence) -> Option<(String, bool)> {
    let model = scene.model;
    // Evidence that is not measured has no time of its own.
    let as_of = Some(evidence.as_of).filter(|at| *at > Timestamp::default());
    let metric = facts::metric_of(model, station);
    let age = metric.and_then(|metric| facts::stale_age(model, SourceKind::Metrics, metric.as_str()));
    let name = metric.map_or_else(|| "what is known".to_owned(), ToString::to_string);
    let when = as_of.map_or_else(String::new, |at| {
        format!(", measured {} UTC, {} ago", at.clock(), words::age(model.now.since(at)))
    });
    let stale = age.map_or_else(String::new, |age| {
        format!("  {} last heard {} ago", scene.glyphs().stale, words::age(age))
    });
    (as_of.is_some() || age.is_some()).then(|| (format!("{name}{when}{stale}"), age.is_some()))
}
