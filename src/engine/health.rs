//! Health (M3): can any of this be believed?
//!
//! In: links, flags, series, the split of the users. Out: the cells of the data and the sample-ratio station. What is
//! unhealthy holds: nothing widens on it without a reason. It never stops a NO-GO.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::model::{MAX_SKEW, Model, SegmentModel, Tracked};
use crate::domain::text::thousands;
use crate::domain::{
    Arm, Compare, Evidence, Guardrail, LinkState, Method, MetricName, Percent, Sample, Source, Span, Station,
    Timestamp, Unit, Verdict,
};
use crate::stats::SampleRatio;
use crate::stats::sample_ratio::ALERT;

use super::meter::Increment;

/// The test of a segment's split in its present stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Split {
    test: SampleRatio,
    expected: Percent,
    treatment: f64,
    control: f64,
}

/// The link of a metric.
pub fn link_of<'a>(model: &'a Model, metric: &MetricName) -> Option<&'a super::model::Link> {
    model.links.get(&Source::of_metric(metric))
}

/// Whether the data of a segment can be believed: flags where we put them, and everything fresh.
pub fn judge_data(model: &Model, segment: &SegmentModel) -> (Verdict, Evidence) {
    let now = model.now;
    let hold = |sentence: String| (Verdict::Hold, Evidence::of(sentence, now));
    for platform in &model.platforms {
        let Some(state) = &platform.state else {
            return (Verdict::Wait, Evidence::of(format!("{} has not been read yet", platform.name), now));
        };
        let link = model.links.get(&Source::of_platform(&platform.name));
        if let Some(link) = link.filter(|link| link.is_stale(now)) {
            let age =
                platform.read_at.map_or_else(|| "never".into(), |at| format!("{} ago", Span(now.since(at))));
            let word = if matches!(link.state, LinkState::Live) { "silent" } else { "lost" };
            return hold(format!("{} is {word}: its flag was last confirmed {age}", platform.name));
        }
        if let Some(doubt) = state.doubts.first() {
            return hold(format!("{}: {doubt}", platform.name));
        }
    }
    let exposure = segment.exposure;
    let is_moving = model.commands.iter().any(Tracked::is_open);
    if let (Some(desired), Some(confirmed)) = (exposure.desired, exposure.confirmed)
        && desired != confirmed
        && !is_moving
    {
        return hold(format!("asked for {desired}, but the backend has stored {confirmed}"));
    }
    for guardrail in &model.rollout.guardrails {
        if let Some(link) =
            link_of(model, &guardrail.metric).filter(|link| link.heard_at.is_some() && link.is_stale(now))
        {
            let age = Span(link.age(now).unwrap_or_default());
            return hold(format!("no {} data for {age}", guardrail.metric));
        }
    }
    if let Some(sentence) = skewed(model) {
        return hold(sentence);
    }
    if let Some(metric) = uncovered(model, segment) {
        return hold(format!("{metric} has had nothing about this segment: is it called so at the source?"));
    }
    if model.rollout.guardrails.is_empty() {
        let sentence = "there is no guardrail: nothing tells whether it goes well";
        return (Verdict::Wait, Evidence::of(sentence, Timestamp::default()));
    }
    (Verdict::Go, Evidence::of("fresh, and the flag is where we put it", Timestamp::default()))
}

/// Two metrics sources whose clocks are too far apart: what they say is not of the same moment.
fn skewed(model: &Model) -> Option<String> {
    let metrics = model.rollout.guardrails.iter().map(|guardrail| &guardrail.metric);
    let skews = metrics.filter_map(|metric| Some((link_of(model, metric)?.skew_ms?, metric)));
    let (least, most) = (skews.clone().min()?, skews.max()?);
    let apart = Duration::from_millis(most.0.abs_diff(least.0));
    (apart > MAX_SKEW).then(|| {
        format!("the clocks of {} and {} are {} apart, or one comes late", least.1, most.1, Span(apart))
    })
}

/// A metric whose source lives, and has never had anything about an exposed segment.
fn uncovered<'a>(model: &'a Model, segment: &SegmentModel) -> Option<&'a MetricName> {
    let since = segment.stage_since.filter(|_| segment.exposure.confirmed.is_some_and(|e| !e.is_zero()))?;
    let is_uncovered = |metric: &&MetricName| {
        let interval = model.rollout.metric(metric).map_or(Duration::ZERO, |metric| metric.interval.0);
        link_of(model, metric).is_some_and(|link| link.heard_at.is_some_and(|at| at > since))
            && segment.series.get(*metric).is_some_and(|series| series.sampled_at.is_none())
            && model.now.since(since) > interval.saturating_mul(2)
    };
    model.rollout.guardrails.iter().map(|guardrail| &guardrail.metric).find(is_uncovered)
}

/// The metric whose users tell the split: the first that counts users and does not depend on what they do. `None`: there
/// is none, or the rollout file switched the test off.
pub fn split_metric(model: &Model) -> Option<&MetricName> {
    let counts_all = |station: Station| matches!(station, Station::Errors | Station::Latency | Station::Data);
    let found = model.rollout.guardrails.iter().find(|g| g.unit == Unit::User && counts_all(g.station));
    found.filter(|_| model.rollout.sample_ratio).map(|guardrail| &guardrail.metric)
}

/// Takes new units into the test of their segment's split.
pub fn count_split(model: &mut Model, sample: &Sample, new: &Increment) {
    if split_metric(model) != Some(&sample.metric) {
        return;
    }
    let Some(expected) = expected_share(model, sample) else { return };
    let now = model.now;
    let settled = settling(model, &sample.metric);
    let Some(segment) = model.segments.iter_mut().find(|segment| segment.name == sample.segment) else {
        return;
    };
    if segment.stage_since.is_none_or(|since| now.since(since) < settled) {
        return;
    }
    let Some((treatment, control)) = new.counts.both() else { return };
    let fresh = Split {
        test: SampleRatio::new(f64::from(expected.ppm()) / 1e6),
        expected,
        treatment: 0.0,
        control: 0.0,
    };
    let split = segment.split.get_or_insert(fresh);
    split.test.update(treatment.units, control.units);
    split.treatment += treatment.units;
    split.control += control.units;
}

/// The share of treatment that the flags promise. `None`: none to test, or platforms differ.
fn expected_share(model: &Model, sample: &Sample) -> Option<Percent> {
    let mut shares = model.platforms.iter().map(|p| p.state.as_ref()?.confirmed(&sample.segment));
    let first = shares.next()??;
    let is_split = !first.is_zero() && first != Percent::FULL;
    (is_split && shares.all(|share| share == Some(first))).then_some(first)
}

/// How long after a change the split may still be the old one: until everybody is served, and two readings more.
fn settling(model: &Model, metric: &MetricName) -> Duration {
    let reach = model.reach().span.0;
    let interval = model.rollout.metric(metric).map_or(Duration::ZERO, |metric| metric.interval.0);
    reach.saturating_add(interval.saturating_mul(2))
}

/// Whether the test of a segment's split says that it is wrong: within a stage only a person's clear ends that.
pub fn is_alert(segment: &SegmentModel) -> bool {
    segment
        .split
        .is_some_and(|split| split.test.is_alert() && segment.exposure.confirmed == Some(split.expected))
}

/// Whether a reading of a metric can change what is said about a segment's split: it is made of the readings of one metric.
pub fn is_split_of(model: &Model, segment: &SegmentModel, metric: &MetricName) -> bool {
    let split = split_metric(model);
    let is_unread = |split| segment.series.get(split).is_none_or(|series| series.sampled_at.is_none());
    // Before the first reading it is as of now.
    split.is_some_and(|split| split == metric || is_unread(split))
}

/// Whether the users are split as the exposure says. `None`: nothing to test.
pub fn judge_split(model: &Model, segment: &SegmentModel) -> Option<(Verdict, Evidence)> {
    let confirmed = segment.exposure.confirmed.filter(|share| !share.is_zero() && *share != Percent::FULL)?;
    let metric = split_metric(model)?;
    let as_of = segment.series.get(metric).and_then(|s| s.sampled_at).unwrap_or(model.now);
    let Some(split) = segment.split.filter(|split| split.expected == confirmed) else {
        return Some((Verdict::Wait, Evidence::of("waiting until everybody is served the new share", as_of)));
    };
    let all = split.treatment + split.control;
    let count = |units: f64| thousands(units.clamp(0.0, 9e15).round_ties_even() as u64);
    let found = split.treatment / all.max(1.0) * 100.0;
    let told = format!(
        "{} of {} users are in treatment: {found:.1}% against {confirmed} asked for",
        count(split.treatment),
        count(all)
    );
    let evidence = |sentence: String| Evidence {
        method: Method::SampleRatio,
        ln_e: Some(split.test.ln_e()),
        ln_threshold: Some(-ALERT.ln()),
        treatment: Some((split.treatment, 0.0)),
        control: Some((split.control, 0.0)),
        ..Evidence::of(sentence, as_of)
    };
    if split.test.is_alert() {
        let sentence = format!("{told}, p = {:.1e}: the arms cannot be compared", split.test.p());
        return Some((Verdict::Hold, evidence(sentence)));
    }
    let verdict = if all >= SPLIT_LEAST { Verdict::Go } else { Verdict::Wait };
    Some((verdict, evidence(told)))
}

/// Width of a slot of a series.
const SLOT: Duration = Duration::from_secs(1);

/// Least users before a split counts as seen: fewer could hide any mismatch.
const SPLIT_LEAST: f64 = 100.0;

/// How a guardrail's data stand in a segment.
pub fn freshness(model: &Model, segment: &SegmentModel, guardrail: &Guardrail) -> super::appraise::Freshness {
    use super::appraise::Freshness;
    let (now, metric) = (model.now, &guardrail.metric);
    match link_of(model, metric) {
        Some(link) if link.heard_at.is_some() && link.is_stale(now) => {
            return Freshness::Silent(link.age(now).unwrap_or_default());
        }
        Some(_) => {}
        None => return Freshness::Unheard,
    }
    let series = segment.series.get(metric);
    let Some((series, as_of)) = series.and_then(|series| Some((series, series.sampled_at?))) else {
        return Freshness::Unheard;
    };
    let interval = model.rollout.metric(metric).map_or(Duration::ZERO, |metric| metric.interval.0);
    // The source may be alive and still have nothing about this segment any more.
    if now.since(as_of) > interval.saturating_mul(2) {
        return Freshness::Missing(now.since(as_of));
    }
    if let Some(share) = segment.exposure.confirmed.filter(|share| !share.is_zero()) {
        // An arm without users is in the readings all the same. Slots begin at whole seconds.
        let back = i64::try_from(interval.saturating_mul(2).saturating_add(SLOT).as_millis());
        let lately = Timestamp(now.0.saturating_sub(back.unwrap_or(i64::MAX)));
        let is_gone = |arm: &Arm| series.stage.get(*arm).is_some() && series.since(lately, *arm).is_none();
        let is_compared = guardrail.compare == Compare::Control && share != Percent::FULL;
        let arms = [Some(Arm::Treatment), is_compared.then_some(Arm::Control)];
        if let Some(arm) = arms.into_iter().flatten().find(is_gone) {
            return Freshness::OneSided(arm);
        }
    }
    Freshness::Fresh
}
