//! WAIT: what is missing, when it will be there, and which exposure would be faster.
//!
//! | missing | from | faster with |
//! |---|---|---|
//! | the stage's least sample | users in treatment since the stage began | the share q of the treatment |
//! | proof inside the margin | bound and limit of the interval: it narrows with √users | q(1−q): both arms count |
//!
//! At another stage the counting begins anew; the times that are compared respect that.

use std::time::Duration;

use super::Advice;
use super::words::{about, count, exposed, is_free, margin};
use crate::domain::{Guardrail, Margin, Percent, Station, Verdict};
use crate::engine::forecast::traffic;
use crate::engine::model::{Cell, Model, SegmentModel};

/// What is there sooner needs no advice.
const SOON: Duration = Duration::from_secs(60);
/// A stage that is not so much faster is not worth a word.
const WORTH: f64 = 0.7;

pub fn advise(model: &Model) -> Vec<Advice> {
    let waiting = model.segments.iter().filter(|s| s.verdict == Verdict::Wait && is_free(model, s));
    let say =
        |segment: &SegmentModel| Some(Advice::new(Some(&segment.name), Verdict::Wait, of(model, segment)?));
    waiting.filter_map(say).collect()
}

fn of(model: &Model, segment: &SegmentModel) -> Option<String> {
    let share = exposed(segment)?;
    let is_waiting = |(station, cell): &(&Station, &Cell)| {
        cell.verdict == Verdict::Wait && !matches!(station, Station::People | Station::Data)
    };
    let cells = segment.board.iter().filter(is_waiting);
    let of_station = |(station, cell): (&Station, _)| {
        let station = *station;
        model.rollout.guardrails.iter().filter(move |g| g.station == station).map(move |g| (g, cell))
    };
    let waiting: Vec<(&Guardrail, &Cell)> = cells.flat_map(of_station).collect();
    let needs =
        waiting.iter().filter_map(|(rail, cell)| Some((*rail, need(model, segment, rail, cell, share)?)));
    if let Some((guardrail, need)) = needs.max_by(|a, b| a.1.users().total_cmp(&b.1.users())) {
        return Some(sentence(model, segment, guardrail, &need, share));
    }
    // Nothing was counted that something could be missing from.
    let unseen = waiting.iter().find(|(_, cell)| cell.evidence.treatment.is_none())?;
    let missing = traffic::of(model, segment, &unseen.0.metric).err()?;
    Some(format!("{missing}, so there is no forecast for {} at {share}.", segment.name))
}

/// What is missing for a GO, in users of the treatment.
enum Need {
    /// The stage's least sample.
    Sample { missing: f64 },
    /// Proof inside the margin: as many more as there have been, and in all.
    Proof { missing: f64, in_all: f64 },
    /// The rates seen so far are outside the margin themselves.
    Out,
}

impl Need {
    const fn users(&self) -> f64 {
        match self {
            Self::Sample { missing } | Self::Proof { missing, .. } => *missing,
            Self::Out => f64::INFINITY,
        }
    }
}

fn need(
    model: &Model,
    segment: &SegmentModel,
    guardrail: &Guardrail,
    cell: &Cell,
    share: Percent,
) -> Option<Need> {
    let evidence = &cell.evidence;
    let (units, bad) = evidence.treatment?;
    let seen =
        segment.series.get(&guardrail.metric)?.stage.treatment.map_or(0.0, |counts| counts.units).min(units);
    let (_, stage) = model.rollout.segment(&segment.name)?.ladder.stage_at(share)?;
    let sample = stage.sample as f64 - seen;
    if sample > 0.0 {
        return Some(Need::Sample { missing: sample });
    }
    let (control_units, control_bad) = evidence.control?;
    let (bound, limit) = (evidence.bound?, evidence.limit?);
    let more = if let Margin::Relative(more) = guardrail.margin { more } else { 0.0 };
    let estimate = bad / units - (1.0 + more) * control_bad / control_units;
    if !(estimate.is_finite() && bound.is_finite() && bound > limit) {
        return None;
    }
    if estimate >= limit {
        return Some(Need::Out);
    }
    let times = ((bound - estimate) / (limit - estimate)).powi(2);
    Some(Need::Proof { missing: units * (times - 1.0), in_all: units * times })
}

fn sentence(
    model: &Model,
    segment: &SegmentModel,
    guardrail: &Guardrail,
    need: &Need,
    share: Percent,
) -> String {
    let (name, missing) = (&segment.name, count(need.users()));
    let mut text = match need {
        Need::Out => {
            return format!(
                "{name} is outside the margin of {} as it stands: more users alone will not make it a GO. Look for the cause, or roll back.",
                margin(guardrail)
            );
        }
        Need::Sample { .. } => format!("{name} needs {missing} more users for its least sample"),
        Need::Proof { .. } => format!("{name} needs {missing} more users to rule out {}", margin(guardrail)),
    };
    let Ok(traffic) = traffic::of(model, segment, &guardrail.metric) else {
        text.push_str("; no users lately, so no forecast.");
        return text;
    };
    let takes = span(need.users() / (traffic.units_per_s * share.as_f64() / 100.0));
    text.push_str(&format!(", about {} at this rate", about(takes)));
    let next = model.rollout.segment(&segment.name).and_then(|s| s.ladder.next_after(share));
    if let Some(stage) = next.filter(|stage| stage.exposure < Percent::FULL)
        && let Some(there) = there(need, share, stage.exposure, stage.sample as f64, traffic.units_per_s)
        && takes > SOON
        && there < takes.mul_f64(WORTH)
    {
        text.push_str(&format!(
            "; a stage at {} instead of {share} would need {}",
            stage.exposure,
            about(there)
        ));
    }
    text.push('.');
    text
}

/// How long the same would take at another exposure, from its beginning.
fn there(need: &Need, here: Percent, there: Percent, sample: f64, units_per_s: f64) -> Option<Duration> {
    let part = |share: Percent| share.as_f64() / 100.0;
    let gather = sample / (units_per_s * part(there));
    let seconds = match need {
        Need::Sample { .. } => gather,
        Need::Proof { in_all, .. } => {
            let weight = |share: Percent| part(share) * (1.0 - part(share));
            gather.max(in_all / (units_per_s * part(here)) * weight(here) / weight(there))
        }
        Need::Out => return None,
    };
    Some(span(seconds))
}

/// Seconds as a span; what never ends is a year.
fn span(seconds: f64) -> Duration {
    const YEAR: f64 = 31_536_000.0;
    Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, YEAR) } else { YEAR })
}
