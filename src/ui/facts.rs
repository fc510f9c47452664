//! What the screen reads out of the model by more than one look-up.
//!
//! In: the model. Out: the phase of the whole rollout, the worst verdict and where, the metric behind
//! a station, whether its numbers are stale, what is wrong with the links, in words. Read only, no
//! judging: verdicts are the engine's.

use std::time::Duration;

use super::words;
use crate::domain::{
    Arm, Counts, LinkState, MetricName, Percent, SegmentName, SourceKind, Station, Timestamp, Verdict,
};
use crate::effect::Outcome;
use crate::engine::Model;
use crate::engine::model::{Link, PlatformModel, SegmentModel, Tracked};
use crate::engine::series::Series;
use crate::engine::served;

/// How far back a rate in the table looks: long enough for a small segment to have had some users,
/// short enough to show what is happening now.
const RATE_WINDOW_MS: i64 = 300_000;

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

/// The segment to show in detail: the selected one, or the one that most needs a look: the worst verdict, then the
/// largest exposure. `None`: there are no segments.
pub fn subject<'m>(model: &'m Model, selected: Option<&SegmentName>) -> Option<&'m SegmentModel> {
    let need = |segment: &&SegmentModel| (segment.verdict, segment.exposure.confirmed);
    let chosen = selected.and_then(|name| model.segment(name));
    // `max_by_key` takes the last of equals; the first in the file is meant.
    chosen.or_else(|| model.segments.iter().rev().max_by_key(need))
}

/// The segments whose names hold the filter, upper and lower case alike, and the selected one in any case.
pub fn filtered<'m>(model: &'m Model, filter: &str, selected: Option<&SegmentName>) -> Vec<&'m SegmentModel> {
    let filter = filter.to_lowercase();
    let is_left = |segment: &&SegmentModel| {
        Some(&segment.name) == selected || segment.name.as_str().to_lowercase().contains(&filter)
    };
    model.segments.iter().filter(is_left).collect()
}

/// The metric that tells why a segment stands still, by its place in the rollout: that of its newest NO-GO, else that of
/// the station that holds. `None`: nothing is wrong, or it is not a matter of a metric.
pub fn telling_metric(model: &Model, segment: &SegmentModel) -> Option<usize> {
    let guardrails = &model.rollout.guardrails;
    let latched = segment.latches.iter().rev().find_map(|latch| {
        guardrails.iter().find(|guardrail| guardrail.name == latch.guardrail).map(|found| &found.metric)
    });
    let holds = || worst_station(segment).filter(|_| segment.verdict >= Verdict::Hold);
    let name = latched.or_else(|| metric_of(model, holds()?))?;
    model.rollout.metrics.iter().position(|metric| metric.name == *name)
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

/// How old the numbers of a metric are, if too old to be called current. `None`: they are current, or
/// there are none yet.
pub fn stale_age(model: &Model, kind: SourceKind, name: &str) -> Option<Duration> {
    let (_, link) = model.links.iter().find(|(s, _)| s.kind == kind && s.name.as_str() == name)?;
    link.age(model.now).filter(|_| link.is_stale(model.now))
}

/// What was counted of an arm over the last minutes. `None`: nobody was seen.
pub fn lately(model: &Model, series: &Series, arm: Arm) -> Option<Counts> {
    let from = Timestamp(model.now.0.saturating_sub(RATE_WINDOW_MS));
    series.since(from, arm).filter(|counts| counts.units > 0.0)
}

/// How old the oldest word of the backends is, if a flag link is stale.
pub fn flags_stale(model: &Model) -> Option<Duration> {
    model.platforms.iter().filter_map(|p| stale_age(model, SourceKind::Flags, p.name.as_str())).max()
}

/// A source that does not deliver.
pub struct Trouble {
    /// Whether it was lost; else it has not begun yet.
    pub is_lost: bool,
    /// What is wrong, in words.
    pub text: String,
}

/// What is wrong with a link; `None` when it delivers.
pub fn trouble(model: &Model, name: &str, link: &Link) -> Option<Trouble> {
    let last =
        link.age(model.now).map_or_else(String::new, |age| format!("; last heard {} ago", words::age(age)));
    let (is_lost, text) = match &link.state {
        LinkState::Connecting => (false, format!("waiting for {name}: connecting…")),
        LinkState::Live if link.heard_at.is_none() => (false, format!("{name} is connected, no data yet")),
        LinkState::Live if link.is_stale(model.now) => (true, format!("{name} has fallen silent{last}")),
        LinkState::Live => return None,
        LinkState::Retrying { cause, wait } => {
            // When that wait began is not in the model, so it is a bound, not a countdown.
            let gone = words::age(model.now.since(link.since));
            (true, format!("no contact with {name} for {gone}: {cause}; next try within {wait}{last}"))
        }
        LinkState::Failed { cause } => (true, format!("given up on {name}: {cause}{last}")),
    };
    Some(Trouble { is_lost, text })
}

/// The trouble of the sources of a kind, and of one name if given.
pub fn troubles(model: &Model, kind: SourceKind, name: Option<&str>) -> Vec<Trouble> {
    let mut said: Vec<_> = model
        .links
        .iter()
        .filter(|(source, _)| source.kind == kind && name.is_none_or(|name| source.name.as_str() == name))
        // A platform and its probe have one name.
        .filter_map(|(source, link)| match source.kind {
            SourceKind::Probes => trouble(model, &source.to_string(), link),
            _ => trouble(model, source.name.as_str(), link),
        })
        .collect();
    if kind == SourceKind::Flags {
        let is_unheard_of =
            |name: &str| !model.links.keys().any(|s| s.kind == kind && s.name.as_str() == name);
        let never = model.platforms.iter().filter(|p| p.state.is_none() && is_unheard_of(p.name.as_str()));
        said.extend(
            never.map(|p| Trouble { is_lost: false, text: format!("waiting for {}: connecting…", p.name) }),
        );
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

/// What a platform has stored for a segment: `25%`, `off`; `–` for a segment that it does not know, or if it was never
/// read.
pub fn stored(platform: &PlatformModel, segment: &SegmentName) -> String {
    match platform.state.as_ref().map(|state| (state.on, state.shares.get(segment))) {
        Some((false, _)) => "off".to_owned(),
        Some((true, Some(share))) => share.to_string(),
        Some((true, None)) | None => words::UNKNOWN.to_owned(),
    }
}

/// What an edge serves to a segment, as it was measured: `24.6% (20.1 to 29.8) n=200`. `None`: it was never probed.
pub fn served(platform: &PlatformModel, segment: &SegmentName) -> Option<String> {
    let served = platform.served.get(segment)?;
    let measured = served.whole.as_ref().and_then(|whole| Some((whole, served::interval(whole)?)));
    Some(match measured {
        // Newer than the last look at everybody: those who had it do not have it any more.
        Some((whole, _)) if served.is_off && whole.treated > 0 => "nobody who had it before".to_owned(),
        Some((whole, (low, share, high))) => {
            let share = words::measured(Some(share));
            format!("{share} ({} to {}) n={}", low.as_f64(), high.as_f64(), whole.asked)
        }
        None if served.is_off => "nobody who had it before".to_owned(),
        None => "somebody who had it before".to_owned(),
    })
}

/// An edge that serves something else than is stored, in words.
pub fn drift(platform: &PlatformModel, segment: &SegmentName) -> String {
    let served = served(platform, segment).unwrap_or_else(|| words::UNKNOWN.to_owned());
    format!("serves {segment} to {served}, but {} is stored", stored(platform, segment))
}

/// The variants of a split with their shares: `blue 20%, green 10%`. `None`: the segment has no more than one.
pub fn variants(platform: &PlatformModel, segment: &SegmentName) -> Option<String> {
    let split = platform.state.as_ref()?.splits.get(segment)?;
    let each: Vec<_> = split.iter().map(|variant| format!("{} {}", variant.name, variant.share)).collect();
    (!each.is_empty()).then(|| each.join(", "))
}

/// Where a segment moves to by itself, and until when. `None`: it stands still.
pub fn ramp(platform: &PlatformModel, segment: &SegmentName, now: Timestamp) -> Option<String> {
    let ramp = platform.state.as_ref().filter(|state| state.on)?.ramps.get(segment)?;
    let to = ramp.to.map_or_else(|| "by itself, as its backend computes".to_owned(), |to| format!("to {to}"));
    let until = ramp.until.map(|until| {
        // A time of another day needs its date.
        if until.day() == now.day() { until.clock() } else { until.date_and_clock() }
    });
    Some(match until {
        Some(until) => format!("moves {to} until {until} UTC"),
        None => format!("moves {to}"),
    })
}
