//! What the screen reads out of the model by more than one look-up.
//!
//! In: the model. Out: the phase of the whole rollout, the worst verdict and where, the metric behind
//! a station, whether its numbers are stale, what is wrong with the links, in words. Read only, no
//! judging: verdicts are the engine's.

use std::time::Duration;

use super::words;
use crate::domain::{
    Arm, Counts, LinkState, MetricName, Percent, Phase, SourceKind, Station, Timestamp, Verdict,
};
use crate::effect::Outcome;
use crate::engine::Model;
use crate::engine::model::{Link, SegmentModel, Tracked};
use crate::engine::series::Series;

/// How far back a rate in the table looks: long enough for a small segment to have had some users,
/// short enough to show what is happening now.
const RATE_WINDOW_MS: i64 = 300_000;

/// Where the rollout as a whole stands: what is under way first, then what is unknown, then what holds
/// it. Killed segments count only when all are.
pub fn phase(model: &Model) -> Phase {
    let alive = || model.segments.iter().map(|s| s.phase).filter(|phase| *phase != Phase::Killed);
    if alive().next().is_none() {
        return if model.segments.is_empty() { Phase::Unknown } else { Phase::Killed };
    }
    if alive().all(|phase| phase == Phase::Complete) {
        return Phase::Complete;
    }
    [Phase::Killing, Phase::RollingBack, Phase::Unknown, Phase::Holding, Phase::Paused]
        .into_iter()
        .find(|phase| alive().any(|there| there == *phase))
        .unwrap_or(Phase::Running)
}

/// The heaviest verdict, with the station and the segment that say so.
pub fn worst(model: &Model) -> (Verdict, Option<(Station, &SegmentModel)>) {
    let verdict = model.verdict();
    let place = model.segments.iter().filter(|segment| segment.verdict == verdict).find_map(|segment| {
        let station = worst_station(segment)?;
        Some((station, segment))
    });
    (verdict, place.filter(|_| verdict != Verdict::Go))
}

/// The station that gives a segment its verdict; `None` when it is none of them.
pub fn worst_station(segment: &SegmentModel) -> Option<Station> {
    segment.board.iter().find(|(_, cell)| cell.verdict == segment.verdict).map(|(station, _)| *station)
}

/// The segment with the most customers; unknown sizes are smallest, the first of equals.
pub fn largest(model: &Model) -> Option<&SegmentModel> {
    let size = |segment: &&SegmentModel| model.rollout.segment(&segment.name).and_then(|s| s.size);
    model.segments.iter().rev().max_by_key(size)
}

/// How far a segment has climbed: stages reached, all stages, the share it stands on.
pub fn stage(model: &Model, segment: &SegmentModel) -> Option<(usize, usize, Percent)> {
    let ladder = &model.rollout.segment(&segment.name)?.ladder;
    let share = segment.exposure.confirmed?;
    let reached = ladder.stage_at(share).map_or(0, |(index, _)| index + 1);
    Some((reached, ladder.stages().len(), share))
}

/// The metric that a station watches: that of its first guardrail.
pub fn metric_of(model: &Model, station: Station) -> Option<&MetricName> {
    model.rollout.guardrails.iter().find(|g| g.station == station).map(|g| &g.metric)
}

/// Whether a metric's numbers in a segment are too old to be called current.
pub fn is_metric_stale(model: &Model, metric: &MetricName, series: &Series) -> bool {
    let link = model
        .links
        .iter()
        .find(|(source, _)| source.kind == SourceKind::Metrics && source.name.as_str() == metric.as_str());
    match link {
        Some((_, link)) => link.is_stale(model.now),
        None => age_of(model, series).is_some_and(|age| {
            let interval = model.rollout.metric(metric).map_or(Duration::ZERO, |m| m.interval.0);
            age > interval * 2
        }),
    }
}

/// How old a series' newest sample is. `None`: there was none.
pub fn age_of(model: &Model, series: &Series) -> Option<Duration> {
    series.sampled_at.map(|at| model.now.since(at))
}

/// The bad share of an arm over the last minutes. `None`: nobody was seen.
pub fn bad_share(model: &Model, series: &Series, arm: Arm) -> Option<f64> {
    let counts: Counts = series.since(Timestamp(model.now.0 - RATE_WINDOW_MS), arm)?;
    crate::domain::Ratio::of(counts.bad, counts.units).map(crate::domain::Ratio::get)
}

/// Whether the backend's word on exposures may be old: a flag link is stale.
pub fn flags_stale(model: &Model) -> bool {
    model.links.iter().any(|(s, link)| s.kind == SourceKind::Flags && link.is_stale(model.now))
}

/// What is wrong with a link, in words; `None` when it delivers.
pub fn trouble(model: &Model, name: &str, link: &Link) -> Option<String> {
    let last =
        link.age(model.now).map_or_else(String::new, |age| format!("; last heard {} ago", words::age(age)));
    match &link.state {
        LinkState::Connecting => Some(format!("waiting for {name}: connecting…")),
        LinkState::Retrying { cause, wait } => {
            let left = wait.0.saturating_sub(model.now.since(link.since));
            let next = if left.is_zero() { "now".to_owned() } else { format!("in {}", words::age(left)) };
            Some(format!("no contact with {name}: {cause}; next try {next}{last}"))
        }
        LinkState::Failed { cause } => Some(format!("given up on {name}: {cause}{last}")),
        LinkState::Live if link.is_stale(model.now) => Some(format!("{name} has fallen silent{last}")),
        LinkState::Live => None,
    }
}

/// The trouble of the sources of a kind, and of one name if given.
pub fn troubles(model: &Model, kind: SourceKind, name: Option<&str>) -> Vec<String> {
    let mut said: Vec<_> = model
        .links
        .iter()
        .filter(|(source, _)| source.kind == kind && name.is_none_or(|name| source.name.as_str() == name))
        .filter_map(|(source, link)| trouble(model, source.name.as_str(), link))
        .collect();
    if kind == SourceKind::Flags {
        let silent = |name: &str| !model.links.keys().any(|s| s.kind == kind && s.name.as_str() == name);
        let never = model.platforms.iter().filter(|p| p.state.is_none() && silent(p.name.as_str()));
        said.extend(never.map(|p| format!("waiting for {}: connecting…", p.name)));
    }
    said
}

/// Commands that stop somebody's exposure and whose end is not known.
pub fn unconfirmed(model: &Model) -> impl Iterator<Item = (&Tracked, u32)> {
    model.commands.iter().filter_map(|tracked| match &tracked.outcome {
        Some(Outcome::Unknown { attempts, .. }) if tracked.command.is_urgent() => Some((tracked, *attempts)),
        _ => None,
    })
}
