//! The report in a few sentences, for who reads nothing else.
//!
//! In: the report without its summary. Out: at most [`MOST`] sentences; each number in them stands in the report, too.

use super::retrospective::{Effect, NoGo, Reading, Retrospective};
use super::words::{count, later, list, points, span_s};
use crate::domain::{SegmentName, Station};

/// Most sentences.
const MOST: usize = 8;

/// The sentences.
#[must_use]
pub fn of(report: &Retrospective) -> Vec<String> {
    let mut sentences = vec![report.course.sentence.clone()];
    sentences.extend(exposed(report));
    let no_gos = &report.no_gos.list;
    if no_gos.is_empty() && report.course.began_at.is_some() {
        sentences.push("No guardrail said NO-GO.".into());
    }
    sentences.extend(no_gos.iter().map(|no_go| tell(report, no_go)));
    sentences.extend(effects(report));
    sentences.truncate(MOST);
    sentences
}

/// The effect that tells how many customers had it in a segment: errors, else the first.
#[must_use]
pub fn main_effect<'a>(report: &'a Retrospective, segment: &SegmentName) -> Option<&'a Effect> {
    let of_segment = || report.effects.iter().filter(|effect| effect.segment == *segment);
    of_segment().find(|effect| effect.station == Some(Station::Errors)).or_else(|| of_segment().next())
}

fn exposed(report: &Retrospective) -> Option<String> {
    let of = |segment: &SegmentName| main_effect(report, segment).map(|effect| effect.exposed_units);
    let seen: Vec<_> =
        report.release.segments.iter().filter_map(|group| Some((&group.name, of(&group.name)?))).collect();
    let all: f64 = seen.iter().map(|(_, units)| units).sum();
    (all > 0.0).then(|| {
        let names = list(seen.iter().filter(|(_, units)| *units > 0.0).map(|(name, _)| name.as_str()));
        format!("{} units were counted with the feature, in {names}.", count(all))
    })
}

fn tell(report: &Retrospective, no_go: &NoGo) -> String {
    let mut text = format!("{} in {} was NO-GO", no_go.station, no_go.segment);
    if let Some(took) = no_go.detection_s {
        text.push_str(&match took {
            0.0 => ", with the first bad reading".into(),
            _ => format!(", {} after the first bad reading", span_s(took)),
        });
    }
    match (&no_go.answer, no_go.decision_s, &no_go.asked_by) {
        (Some(verb), Some(took), Some(actor)) => {
            text.push_str(&format!("; {actor} asked for {verb} {}", later(took)));
        }
        _ => text.push_str("; nobody asked for anything"),
    }
    if let (Some(verb), Some(actor)) = (&no_go.stop, &no_go.stop_asked_by)
        && no_go.stop != no_go.answer
    {
        text.push_str(&format!(", then {actor} for {verb}"));
    }
    if let Some(off) = no_go.off_at {
        let took = off.0.since(no_go.detected_at.0).as_secs_f64();
        text.push_str(&format!(", and it was read back as off {} after the NO-GO", span_s(took)));
    }
    if let (Some(bad), Some(units)) = (no_go.bad_units, no_go.exposed_units) {
        let meanwhile = match no_go.until {
            "off" => "Until then",
            "cleared" => "Until it was cleared",
            _ => "Until the end",
        };
        text.push_str(&format!(". {meanwhile} {} of {} units were bad", count(bad), count(units)));
    }
    let excess = report
        .effects
        .iter()
        .find(|effect| effect.segment == no_go.segment && effect.guardrail.as_ref() == Some(&no_go.guardrail))
        .and_then(|effect| effect.excess_units);
    if let Some(excess) = excess {
        text.push_str(&format!(
            "; over the whole rollout there were {} more than control's rate would have given ({} to {})",
            count(excess.estimate),
            count(excess.lower),
            count(excess.upper)
        ));
    }
    text.push('.');
    text
}

/// What was shown to be better or worse, without a NO-GO of its own.
fn effects(report: &Retrospective) -> Vec<String> {
    let is_told = |effect: &Effect| {
        let mut no_gos = report.no_gos.list.iter();
        no_gos.any(|no_go| {
            no_go.segment == effect.segment && Some(&no_go.guardrail) == effect.guardrail.as_ref()
        })
    };
    let tell = |wanted: Reading, word: &str| {
        let shown = report.effects.iter().filter(|e| e.reading == wanted && !is_told(e));
        let shown: Vec<_> = shown
            .filter_map(|e| {
                Some(format!("{} in {} ({} points)", e.metric, e.segment, points(e.difference?.estimate)))
            })
            .collect();
        (!shown.is_empty())
            .then(|| format!("Shown to be {word}: {}.", list(shown.iter().map(String::as_str))))
    };
    [tell(Reading::Worse, "worse"), tell(Reading::Better, "better")].into_iter().flatten().collect()
}
