//! From what was observed to the report.
//!
//! In: an [`Observer`] at the end of its recording, and how that ended. Out: a [`Retrospective`] and the bins for its
//! charts.

use super::bins::Bins;
use super::lessons;
use super::observer::Observer;
use super::retrospective::{
    At, Course, Group, Origin, Outcome, Place, Quality, Release, Retrospective, Rule, Trouble, VERSION,
};
use super::split::{is_at_top, is_killed};
use super::summary;
use super::words::{list, percent, span_s};
use crate::domain::{MetricName, Percent, SegmentName, Timestamp};
use crate::engine::model::SegmentModel;

/// Different problems shown, the most frequent first.
const MOST_TROUBLES: usize = 20;

/// How reading a recording ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct End {
    /// What the recording is called.
    pub name: String,
    /// Where and how it is damaged. `None`: it is not.
    pub damage: Option<String>,
    /// Whether its end was cut off within an event.
    pub is_cut: bool,
    /// What the rollout touches; a recording does not say. `None`: nobody knows.
    pub traits: Option<Vec<String>>,
}

/// A report, and what its charts are drawn from.
#[derive(Debug, Clone)]
pub struct Report {
    /// What it says.
    pub says: Retrospective,
    /// Counts over time by segment and metric, for charts.
    pub(super) bins: Vec<(SegmentName, MetricName, Bins)>,
}

impl Observer {
    /// The report of what was observed.
    #[must_use]
    pub fn finish(self, end: End) -> Report {
        let now = self.model.now;
        let course = self.course();
        let release = self.release(end.traits.clone());
        let quality = self.quality();
        let effects = self.tallies.effects();
        let rollout = std::sync::Arc::clone(&self.model.rollout);
        let mut bins = Vec::new();
        for metric in &rollout.metrics {
            for segment in &rollout.segments {
                if let Some(tally) = self.tallies.get(&segment.name, &metric.name) {
                    bins.push((segment.name.clone(), metric.name.clone(), tally.bins.clone()));
                }
            }
        }
        let shorten = self.no_gos.shorten.clone();
        let tallies = self.tallies;
        let no_gos = self.no_gos.finish(|segment, guardrail| tallies.exposed(segment, guardrail));
        let actions = self.acts.finish();
        let (exposure, stages) = self.curves.finish(now, &rollout);
        let autopilot = self.adviser.finish(&actions.list, self.header.autopilot, self.header.read_only);
        let mut says = Retrospective {
            gonogo: "report",
            version: VERSION,
            recording: Origin {
                name: end.name,
                format: self.header.version,
                program: self.header.program.clone(),
                redacted: self.header.redacted,
                events: self.events,
                missing_events: self.missing,
                damage: end.damage,
                cut: end.is_cut,
                decisions_recorded: self.are_recorded,
                differing_events: self.are_recorded.then_some(self.differing),
                first_difference: self.first_difference,
            },
            summary: Vec::new(),
            release,
            course,
            time: self.split.finish(now),
            exposure,
            stages,
            verdict_changes: self.verdicts.finish(),
            actions,
            no_gos,
            effects,
            satisfaction: self.listener.finish(),
            autopilot,
            lessons: Vec::new(),
            quality,
        };
        says.lessons = lessons::of(&says, &shorten);
        says.summary = summary::of(&says);
        Report { says, bins }
    }

    fn release(&self, traits: Option<Vec<String>>) -> Release {
        let rollout = &self.model.rollout;
        let group = |segment: &crate::domain::Segment| {
            let stands = self.model.segment(&segment.name);
            let is_killed = stands.is_some_and(|stands| is_killed(&self.model, stands));
            Group {
                name: segment.name.clone(),
                size: segment.size,
                ladder_percent: segment.ladder.stages().iter().map(|stage| stage.exposure.as_f64()).collect(),
                ended_at_percent: stands.and_then(|s| s.exposure.confirmed).map(Percent::as_f64),
                largest_percent: self.curves.largest(&segment.name),
                phase: match stands {
                    Some(_) if is_killed => "KILLED",
                    Some(stands) => stands.phase.word(),
                    None => "UNKNOWN",
                },
            }
        };
        let rule = |guardrail: &crate::domain::Guardrail| Rule {
            name: guardrail.name.clone(),
            station: guardrail.station,
            metric: guardrail.metric.clone(),
            risk: guardrail.risk,
            action: guardrail.action,
            unit: guardrail.unit,
        };
        Release {
            name: rollout.name.to_string(),
            owner: rollout.owner.as_ref().map(ToString::to_string),
            traits,
            platforms: rollout
                .platforms
                .iter()
                .map(|platform| Place { name: platform.name.clone(), flag: platform.flag.to_string() })
                .collect(),
            segments: rollout.segments.iter().map(group).collect(),
            guardrails: rollout.guardrails.iter().map(rule).collect(),
        }
    }

    fn course(&self) -> Course {
        let end = self.began.map(|_| self.model.now);
        let elapsed = end.zip(self.began).map_or(0.0, |(end, began)| end.since(began).as_secs_f64());
        let (outcome, sentence) = self.outcome(end, elapsed);
        Course { began_at: self.began.map(At), ended_at: end.map(At), elapsed_s: elapsed, outcome, sentence }
    }

    fn outcome(&self, end: Option<Timestamp>, elapsed: f64) -> (Outcome, String) {
        if end.is_none() {
            return (Outcome::NotBegun, "The recording is empty: nothing can be said.".into());
        }
        let model = &self.model;
        let share = |segment: &SegmentModel| segment.exposure.confirmed.filter(|share| !share.is_zero());
        let killed: Vec<_> = model.segments.iter().filter(|s| is_killed(model, s)).collect();
        let exposed: Vec<_> = model.segments.iter().filter(|s| share(s).is_some()).collect();
        let is_complete = !model.segments.is_empty()
            && model.segments.iter().all(|s| share(s).is_some_and(|share| is_at_top(model, s, share)));
        let names = |segments: &[&SegmentModel]| list(segments.iter().map(|s| s.name.as_str()));
        let shares = || {
            let text = |s: &&SegmentModel| {
                let share = share(s).map(Percent::as_f64).unwrap_or_default();
                format!("{} {}", s.name, percent(share))
            };
            list(exposed.iter().map(text).collect::<Vec<_>>().iter().map(String::as_str))
        };
        let after = span_s(elapsed);
        if is_complete {
            return (
                Outcome::Complete,
                format!("Complete: every segment is at the top of its plan after {after}."),
            );
        }
        if !self.curves.is_begun() {
            return (Outcome::NotBegun, format!("Nobody had the feature in the {after} of the recording."));
        }
        match (killed.is_empty(), exposed.is_empty()) {
            (false, true) => (Outcome::Killed, format!("Killed: after {after} nobody has the feature.")),
            (false, false) => (
                Outcome::KilledInPart,
                format!("Killed in {}; after {after} the feature is at {}.", names(&killed), shares()),
            ),
            (true, true) => {
                (Outcome::RolledBack, format!("Taken back: after {after} nobody has the feature."))
            }
            (true, false) => {
                (Outcome::Running, format!("Still running after {after}: the feature is at {}.", shares()))
            }
        }
    }

    fn quality(&self) -> Quality {
        let model = &self.model;
        let mut problems: Vec<_> = model
            .problems
            .iter()
            .map(|((source, problem), times)| Trouble {
                source: source.to_string(),
                problem: problem.to_string(),
                times: *times,
            })
            .collect();
        problems.sort_by_key(|trouble| std::cmp::Reverse(trouble.times));
        problems.truncate(MOST_TROUBLES);
        Quality {
            sources: self.links.clone().finish(),
            late_readings: model.traffic.late,
            refused_readings: model.traffic.refused,
            counter_resets: model.segments.iter().flat_map(|s| s.series.values()).map(|s| s.resets).sum(),
            duplicate_feedback: model.feedback_totals.duplicates,
            problems,
            problems_total: model.problems_seen,
        }
    }
}
