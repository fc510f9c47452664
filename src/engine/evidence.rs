//! Evidence as sentences that a tired person understands.
//!
//! In: a guardrail, its watch and the appraisal. Out: [`Evidence`] with the numbers and one sentence. For WAIT the sentence
//! says what is missing and when it will be there.

use std::time::Duration;

use super::appraise::{Appraisal, Finding};
use super::channel::Standing;
use super::coach::words::estimate;
use super::series::Series;
use super::watch::Watch;
use crate::domain::text::thousands;
use crate::domain::{
    Arm, Compare, Counts, Evidence, Guardrail, Margin, Method, Span, Station, Timestamp, Unit,
};

/// How the sentence of a warning begins.
pub const WARNING: &str = "warning: ";
/// How far back a rate looks when it says when something will be there.
const RATE_OVER: Duration = Duration::from_secs(30);
/// Least time that a rate is taken over.
const LEAST_SPAN: Duration = Duration::from_secs(1);
/// Longest wait that is said as a time; from it on it is "over a year".
const LONGEST: f64 = 31_536_000.0;

/// What a sentence needs beside the appraisal.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Upper bounds of the distribution; empty for counts.
    pub bounds: &'a [f64],
    /// New treatment units a second, lately. `None`: not known.
    pub units_per_s: Option<f64>,
    /// When the newest input was measured.
    pub as_of: Timestamp,
}

/// The evidence behind an appraisal.
#[must_use]
pub fn write(guardrail: &Guardrail, watch: &Watch, appraisal: &Appraisal, context: &Context<'_>) -> Evidence {
    let metric = &guardrail.metric;
    let fact = |sentence: String| Evidence::of(sentence, context.as_of);
    let seen = || of_standing(guardrail, watch, context);
    let with = |sentence: String| numbers(guardrail, watch, context, sentence);
    match appraisal.finding {
        Finding::ExposureUnknown => fact("the exposure is not known yet".into()),
        Finding::NobodyExposed => fact("nobody is exposed".into()),
        Finding::Unheard => fact(format!("waiting for the first {metric} reading")),
        Finding::Silent(age) => fact(format!("no {metric} data for {}", Span(age))),
        Finding::Missing(age) => fact(format!("no {metric} data of this segment for {}", Span(age))),
        Finding::OneSided(Arm::Treatment) => fact(format!("{metric} has stopped telling about treatment")),
        Finding::OneSided(Arm::Control) => fact(format!("{metric} has stopped telling about control")),
        Finding::Gathering => fact(format!("waiting for enough {metric} data in control")),
        Finding::Alarm => seen(),
        Finding::Warning => prefixed(WARNING, seen()),
        Finding::SampleMissing(units) => {
            let sentence =
                format!("needs {} in treatment{}", more(guardrail, units), when(units, context.units_per_s));
            with(sentence)
        }
        Finding::NoControl => with("no units in control yet: there is nothing to compare with".into()),
        Finding::NoBaseline => {
            let sentence = match guardrail.compare {
                Compare::Baseline => {
                    "too little was seen before the first stage: there is nothing to compare with"
                }
                _ => "everybody has it, and too little was seen of control before to compare with",
            };
            with(sentence.into())
        }
        Finding::Unproven => with_interval(watch, with(unproven(guardrail, watch, context))),
        Finding::Proven => proven(guardrail, watch, seen()),
    }
}

/// The evidence of a rollout-wide NO-GO in a segment: what all have together, then this one's part of it.
pub fn of_together(own: Evidence, ln_e: f64, ln_threshold: f64, segments: usize) -> Evidence {
    let needed = number(ln_threshold.exp());
    let sentence = format!(
        "{segments} exposed segments together: e = {} against {needed} needed; here {}",
        e_value(ln_e, ln_threshold),
        own.sentence
    );
    Evidence { sentence, method: Method::Together, ln_e: Some(ln_e), ln_threshold: Some(ln_threshold), ..own }
}

fn prefixed(words: &str, evidence: Evidence) -> Evidence {
    Evidence { sentence: format!("{words}{}", evidence.sentence), ..evidence }
}

/// Whether the sentence of an appraisal says when something will be there, and needs a rate for it.
pub const fn says_when(appraisal: &Appraisal) -> bool {
    matches!(appraisal.finding, Finding::SampleMissing(_) | Finding::Unproven)
}

/// The numbers that are measured, and how the bet on them stands, with a sentence.
fn numbers(guardrail: &Guardrail, watch: &Watch, context: &Context<'_>, sentence: String) -> Evidence {
    let plain = Evidence::of(sentence, context.as_of);
    if matches!(guardrail.compare, Compare::Above { .. }) {
        let treatment = Some(watch.stage_rate().unwrap_or_default());
        return Evidence { method: Method::Threshold, treatment, ..plain };
    }
    let Some(standing) = watch.standing() else { return plain };
    let pair = |counts: Option<Counts>| counts.map(|c| (c.units, c.bad));
    Evidence {
        method: standing.method,
        ln_e: Some(standing.ln_e),
        ln_threshold: Some(standing.ln_threshold),
        treatment: pair(standing.seen.treatment),
        control: pair(standing.seen.control),
        ..plain
    }
}

/// What is measured, and how the bet on it stands, in words.
fn of_standing(guardrail: &Guardrail, watch: &Watch, context: &Context<'_>) -> Evidence {
    if let Compare::Above { rate, .. } = guardrail.compare {
        let (units, bad) = watch.stage_rate().unwrap_or_default();
        let sentence = format!(
            "{} of {} {} {} in this stage, {} against {} allowed",
            number(bad),
            number(units),
            unit(guardrail),
            what(guardrail, None, context.bounds),
            percent(bad / units),
            percent(rate),
        );
        return numbers(guardrail, watch, context, sentence);
    }
    let Some(standing) = watch.standing() else {
        return Evidence::of("nothing was measured yet", context.as_of);
    };
    let mut sentence = compared(guardrail, &standing, context.bounds);
    let needed = number(standing.ln_threshold.exp());
    sentence.push_str(&match standing.method {
        Method::Twin => format!(
            ", of late: R = {} against {needed} needed",
            e_value(standing.ln_e, standing.ln_threshold)
        ),
        _ => format!(", e = {} against {needed} needed", e_value(standing.ln_e, standing.ln_threshold)),
    });
    numbers(guardrail, watch, context, sentence)
}

/// `31 of 2,410 users with errors against 9 of 2,380 in control: 3.4 times as many`.
fn compared(guardrail: &Guardrail, standing: &Standing, bounds: &[f64]) -> String {
    let pair = |counts: Option<Counts>| counts.map(|c| (c.units, c.bad));
    let (unit, what) = (unit(guardrail), what(guardrail, standing.bound, bounds));
    let arm = |(units, bad): (f64, f64)| format!("{} of {}", number(bad), number(units));
    match (pair(standing.seen.treatment), pair(standing.seen.control), standing.usual) {
        (Some(t), _, Some(usual)) => format!(
            "uncontrolled: {} {unit} {what}, {} against at most {} before",
            arm(t),
            percent(t.1 / t.0),
            percent(usual)
        ),
        (Some(t), Some(c), None) => {
            format!("{} {unit} {what} against {} in control{}", arm(t), arm(c), times(t, c))
        }
        (Some(t), None, None) => format!("{} {unit} {what}, no control", arm(t)),
        (None, ..) => format!("no {unit} in treatment yet"),
    }
}

fn with_interval(watch: &Watch, evidence: Evidence) -> Evidence {
    let proof = watch.proof();
    Evidence { bound: proof.map(|proof| proof.bound), limit: proof.map(|proof| proof.limit), ..evidence }
}

/// `needs 1,900 more users to rule out +10 % errors, about 14 min at this rate`.
fn unproven(guardrail: &Guardrail, watch: &Watch, context: &Context<'_>) -> String {
    let aim = margin(guardrail, watch, context.bounds);
    match watch.units_missing() {
        Some(units) => {
            // What was counted since the last look says so already.
            let units = units.max(1.0);
            format!("needs {} to rule out {aim}{}", more(guardrail, units), when(units, context.units_per_s))
        }
        None if watch.proof().is_none() => format!("needs more {} to rule out {aim}", unit(guardrail)),
        None => format!(
            "cannot rule out {aim} so far: {}",
            watch.standing().map_or_else(String::new, |standing| compared(
                guardrail,
                &standing,
                context.bounds
            ))
        ),
    }
}

fn proven(guardrail: &Guardrail, watch: &Watch, seen: Evidence) -> Evidence {
    if matches!(guardrail.compare, Compare::Above { .. }) {
        return seen;
    }
    let aim = margin(guardrail, watch, &[]);
    let sentence = format!("{}; {aim} is ruled out", seen.sentence);
    with_interval(watch, Evidence { sentence, ..seen })
}

/// What a GO rules out: `+10 % errors`, `+1 point of errors`.
pub(super) fn margin(guardrail: &Guardrail, watch: &Watch, bounds: &[f64]) -> String {
    let index = watch.proof().and_then(|proof| watch.bound_of(proof.channel));
    let what = match (guardrail.station, index.and_then(|index| bounds.get(index))) {
        (_, Some(bound)) => format!("users slower than {} ms", number(*bound)),
        (Station::Feedback, None) => "unhappy users".into(),
        (Station::Latency, None) => "slow users".into(),
        (station, None) => station.word().into(),
    };
    match guardrail.margin {
        Margin::Relative(share) => format!("+{} {what}", percent(share)),
        Margin::Points(points) => {
            let points = points * 100.0;
            let word = if (points - 1.0).abs() < 1e-9 { "point" } else { "points" };
            format!("+{} {word} of {what}", decimal(points))
        }
    }
}

fn unit(guardrail: &Guardrail) -> &'static str {
    match guardrail.unit {
        Unit::User => "users",
        Unit::Request => "requests (over-confident)",
    }
}

fn more(guardrail: &Guardrail, units: f64) -> String {
    let unit = if guardrail.unit == Unit::User { "user" } else { "request" };
    let plural = if units > 1.0 { "s" } else { "" };
    format!("{} more {unit}{plural}", number(units.ceil()))
}

/// `, about 14 min at this rate`.
fn when(units: f64, units_per_s: Option<f64>) -> String {
    match units_per_s {
        Some(rate) if rate > 0.0 => {
            let wait = Duration::from_secs_f64((units.ceil() / rate).min(LONGEST));
            format!(", {} at this rate", estimate(wait))
        }
        Some(_) => "; none came lately".into(),
        None => String::new(),
    }
}

fn what(guardrail: &Guardrail, bound: Option<usize>, bounds: &[f64]) -> String {
    match (bound.and_then(|index| bounds.get(index)), guardrail.station) {
        (Some(bound), _) => format!("slower than {} ms", number(*bound)),
        (None, Station::Errors) => "with errors".into(),
        (None, Station::Feedback) => "unhappy".into(),
        (None, station) => format!("bad for {station}"),
    }
}

/// New treatment units a second over the last half minute of the present stage: what came under another exposure says
/// nothing about how soon more will come. `None`: the stage is too young to tell.
#[must_use]
pub fn units_per_s(series: &Series, stage_since: Option<Timestamp>, now: Timestamp) -> Option<f64> {
    let from = Timestamp(now.0.saturating_sub(RATE_OVER.as_millis() as i64));
    let from = stage_since.map_or(from, |since| from.max(since));
    let first = series.slots().rev().take_while(|slot| slot.at >= from).last();
    let span = match first {
        Some(slot) => now.since(slot.at),
        None => now.since(from),
    };
    if span < LEAST_SPAN {
        return None;
    }
    let lately = series.since(from, Arm::Treatment).map_or(0.0, |counts| counts.units);
    Some(lately / span.as_secs_f64())
}

/// How many times as many, as `: 3.4 times as many`; empty where it cannot be said.
fn times(treatment: (f64, f64), control: (f64, f64)) -> String {
    let rate = |(units, bad): (f64, f64)| if units > 0.0 { bad / units } else { f64::NAN };
    let ratio = rate(treatment) / rate(control);
    if !ratio.is_finite() {
        return String::new();
    }
    match ratio {
        r if r >= 9.95 => format!(": {r:.0} times as many"),
        r if r >= 1.05 => format!(": {r:.1} times as many"),
        r if r > 0.95 => ": about as many".into(),
        _ => ": fewer".into(),
    }
}

/// An e-value beside what it needs; one that is beyond both that and a million is said to be so.
fn e_value(ln_e: f64, ln_threshold: f64) -> String {
    let most = ln_threshold.exp().max(1e6);
    match ln_e {
        ln if ln > most.ln() => format!("over {}", number(most)),
        ln if ln > 2.3 => number(ln.exp()),
        ln => format!("{:.2}", ln.exp()),
    }
}

/// A share as `0.5 %`; `–` where there is none.
fn percent(share: f64) -> String {
    if share.is_finite() { format!("{} %", decimal(share * 100.0)) } else { "–".into() }
}

/// A number with two digits after the point where they say something.
fn decimal(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A count with thousands separated: `2,410`.
fn number(value: f64) -> String {
    // As a whole number: printing a float exactly costs ten times as much, and this is done for every sample.
    thousands(value.clamp(0.0, 9e15).round_ties_even() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!([0., 31., 2410., 1_234_567.].map(number), ["0", "31", "2,410", "1,234,567"]);
        assert_eq!(
            [-1., 2.0, 6.0, 40.].map(|ln| e_value(ln, 400f64.ln())),
            ["0.37", "7.39", "403", "over 1,000,000"]
        );
        // What is past its threshold reads so.
        assert_eq!([14., 40.].map(|ln| e_value(ln, 3.2e6f64.ln())), ["1,202,604", "over 3,200,000"]);
        assert_eq!(times((1000., 34.), (1000., 10.)), ": 3.4 times as many");
        assert_eq!(times((1000., 34.), (1000., 0.)), "");
        assert_eq!([0.1, 0.005, 1.0, f64::NAN].map(percent), ["10 %", "0.5 %", "100 %", "–"]);
    }
}
