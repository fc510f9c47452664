//! The rate of bad units over time by arm, with intervals: one chart and one table for each segment.

use minijinja::{Value, context};

use super::chart::{Anchor, Axis, Svg, WIDTH, round_up};
use crate::domain::{ByArm, Counts, MetricName, SegmentName, Station, Timestamp};
use crate::report::bins::Bins;
use crate::report::finish::Report;
use crate::report::interval::rate;
use crate::report::retrospective::{Interval, Reading};
use crate::report::words::digits;

/// Most charts of a report: the segments of one metric; the others' totals are in the table of effects.
const MOST: usize = 8;
/// Points of a curve: what 750 pixels can show.
const POINTS: usize = 60;
/// Lines of the table behind a chart: what a person reads.
const LINES: usize = 12;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 100.0;
const TOP: f64 = 12.0;
const HEIGHT: f64 = 150.0;
/// A line that ends so far from the right edge ends early.
const EARLY: f64 = 30.0;
/// Names closer than this would cover each other.
const APART: f64 = 16.0;

type Point = (Timestamp, ByArm<Counts>);

/// Charts and tables for the template: of the metric behind the station `errors`, else of the first that was counted.
pub fn draw(report: &Report) -> Vec<Value> {
    let Some(metric) = metric(report) else { return Vec::new() };
    let mut of_metric: Vec<_> = report.bins.iter().filter(|(_, name, _)| name == metric).collect();
    // What turned out worse comes first, and has its place.
    of_metric.sort_by_key(|(segment, _, _)| !is_worse(report, segment, metric));
    let draw = |(place, (segment, _, bins)): (usize, &&(SegmentName, MetricName, Bins))| {
        let points = bins.coarse(POINTS);
        let svg = draw_one(report, (place, segment, metric), &points)?;
        let lines: Vec<_> = bins.coarse(LINES).into_iter().map(|point| line(&point)).collect();
        Some(
            context! { segment => segment.as_str(), metric => metric.as_str(), svg => Value::from_safe_string(svg), lines => lines },
        )
    };
    of_metric.iter().enumerate().filter_map(draw).take(MOST).collect()
}

fn is_worse(report: &Report, segment: &SegmentName, metric: &MetricName) -> bool {
    let mut effects = report.says.effects.iter();
    effects.any(|e| e.segment == *segment && e.metric == *metric && e.reading == Reading::Worse)
}

fn metric(report: &Report) -> Option<&MetricName> {
    let errors = report.says.release.guardrails.iter().find(|rule| rule.station == Station::Errors);
    errors.map(|rule| &rule.metric).or_else(|| report.says.effects.first().map(|effect| &effect.metric))
}

fn line((at, bin): &Point) -> Value {
    let of = |counts: Option<Counts>| {
        let counts = counts.filter(|counts| counts.units > 0.0)?;
        let found = rate(counts)?;
        Some(context! {
            units => counts.units, bad => counts.bad, rate => found.estimate, lower => found.lower, upper => found.upper,
        })
    };
    context! { at => at.rfc3339(), treatment => of(bin.treatment), control => of(bin.control) }
}

/// One chart; `None` when treatment has nothing to show.
fn draw_one(
    report: &Report,
    (place, segment, metric): (usize, &SegmentName, &MetricName),
    points: &[Point],
) -> Option<String> {
    let course = &report.says.course;
    let axis = Axis { from: course.began_at?.0, to: course.ended_at?.0, left: LEFT, right: WIDTH - RIGHT };
    let treatment = rates(points, |bin| bin.treatment);
    let control = rates(points, |bin| bin.control);
    if treatment.iter().flatten().count() == 0 {
        return None;
    }
    // A scale that the rates fill; a wide interval of a few users may leave it.
    let all = treatment.iter().chain(&control).flatten();
    let top_rate = round_up(all.map(|(_, found)| found.estimate).fold(0.0, f64::max) * 1.15).min(1.0);
    let bottom = TOP + HEIGHT;
    let y = |rate: f64| bottom - (rate / top_rate).min(1.0) * HEIGHT;
    let title = format!("{metric} in {segment}: rate of bad units by arm");
    let description = "Treatment is the solid line, control the dashed one; the bands are exact 95 % intervals of each point. \
                       Upright lines are NO-GOs. The same is in the table below.";
    let mut svg = Svg::new(bottom + 28.0, &format!("rates-{place}"), &title, description);
    for share in [0.0, 0.5, 1.0] {
        let at = y(share * top_rate);
        svg.line((axis.left, at), (axis.right, at), "grid");
        let text = format!("{} %", digits(share * top_rate * 100.0, 3));
        svg.text((axis.left - 8.0, at + 4.0), "tick", Anchor::End, &text);
    }
    axis.draw(&mut svg, TOP, bottom);
    for (found, arm) in [(&control, "control"), (&treatment, "treatment")] {
        draw_arm(&mut svg, &axis, &y, found, arm);
    }
    label_ends(&mut svg, &axis, &y, &treatment, &control);
    for no_go in report.says.no_gos.list.iter().filter(|no_go| no_go.segment == *segment) {
        let x = axis.x(no_go.detected_at.0);
        svg.line((x, TOP), (x, bottom), "no-go-line");
        svg.text((x + 5.0, TOP + 10.0), "no-go-label", Anchor::Start, &format!("✕ NO-GO {}", no_go.station));
    }
    Some(svg.finish())
}

type Rates = Vec<Option<(Timestamp, Interval)>>;

fn rates(points: &[Point], arm: impl Fn(&ByArm<Counts>) -> Option<Counts>) -> Rates {
    let of = |(at, bin): &Point| arm(bin).and_then(rate).map(|found| (*at, found));
    points.iter().map(of).collect()
}

/// Lines and bands, with gaps where there are no data.
fn draw_arm(svg: &mut Svg, axis: &Axis, y: &dyn Fn(f64) -> f64, rates: &Rates, arm: &str) {
    for run in rates.split(Option::is_none) {
        let run: Vec<_> = run.iter().flatten().collect();
        let upper = run.iter().map(|(at, found)| (axis.x(*at), y(found.upper)));
        let lower = run.iter().rev().map(|(at, found)| (axis.x(*at), y(found.lower)));
        let band: Vec<_> = upper.chain(lower).collect();
        svg.path(&band, &format!("band {arm}"), true);
        let line: Vec<_> = run.iter().map(|(at, found)| (axis.x(*at), y(found.estimate))).collect();
        if let [one] = line.as_slice() {
            svg.circle(*one, 2.5, &format!("dot {arm}"), "");
        }
        svg.path(&line, &format!("line {arm}"), false);
    }
}

/// The names beside the ends of the lines, apart from each other.
fn label_ends(svg: &mut Svg, axis: &Axis, y: &dyn Fn(f64) -> f64, treatment: &Rates, control: &Rates) {
    let end = |rates: &Rates| {
        let (at, found) = rates.iter().flatten().next_back()?;
        // A line that ends early is named where it ends.
        let x = axis.x(*at);
        Some((if x < axis.right - EARLY { x } else { axis.right }, y(found.estimate)))
    };
    let (t, c) = (end(treatment), end(control));
    let apart = match (t, c) {
        (Some(t), Some(c)) if t.0 == c.0 && (t.1 - c.1).abs() < APART => APART / 2.0,
        _ => 0.0,
    };
    let sign = if t.zip(c).is_none_or(|(t, c)| t.1 <= c.1) { -1.0 } else { 1.0 };
    if let Some((x, y)) = t {
        svg.text((x + 8.0, y + 4.0 + sign * apart), "value", Anchor::Start, "treatment");
    }
    if let Some((x, y)) = c {
        svg.text((x + 8.0, y + 4.0 - sign * apart), "tick", Anchor::Start, "control");
    }
}
