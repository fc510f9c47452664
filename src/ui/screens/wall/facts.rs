//! What the wall says: how far, of what, which stage, how much time is left, how old it is, who has to act.
//!
//! In: the model. Out: short texts. Everything that changes by itself is rounded, so that nothing moves twice a second.

use std::time::Duration;

use crate::domain::text::thousands;
use crate::domain::{Percent, SourceKind, Verdict};
use crate::engine::Model;
use crate::engine::coach::Advice;
use crate::engine::forecast::completion::{End, clock, rough};
use crate::engine::model::SegmentModel;
use crate::ui::panes::coach;
use crate::ui::{Scene, facts, words};

/// From so much bake time on it is said in minutes.
const MINUTES_FROM: Duration = Duration::from_secs(600);

/// How far the rollout is.
pub struct Far {
    /// The number: `25%`, `<1%`; `–` when it is not known.
    pub share: String,
    /// Of what, in words.
    pub of: String,
    /// What was asked for, if that is not what is stored.
    pub asked: Option<String>,
}

/// The exposure of the whole rollout, weighted by the sizes of its segments; where a size is not known, that of the segment
/// that moves.
pub fn far(model: &Model, moving: Option<&SegmentModel>) -> Far {
    let sized = |segment: &SegmentModel| {
        model.rollout.segment(&segment.name).and_then(|known| known.size).filter(|size| *size > 0)
    };
    let sizes: Option<Vec<u64>> = model.segments.iter().map(sized).collect();
    let all = sizes.filter(|sizes| !sizes.is_empty());
    let Some(sizes) = all else {
        let share = |pick: fn(&SegmentModel) -> Option<Percent>| moving.and_then(pick);
        let (confirmed, desired) = (share(|s| s.exposure.confirmed), share(|s| s.exposure.desired));
        return Far {
            share: words::exposure(confirmed),
            of: moving.map_or_else(|| "of nobody: no segments".to_owned(), |s| format!("of {}", s.name)),
            asked: desired.filter(|desired| Some(*desired) != confirmed).map(|share| share.to_string()),
        };
    };
    let total = sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(*size));
    let weighted = |pick: fn(&SegmentModel) -> Option<Percent>| {
        let parts = model.segments.iter().zip(&sizes);
        let sum =
            parts.map(|(segment, size)| Some(pick(segment)?.as_f64() * *size as f64)).sum::<Option<f64>>();
        sum.map(|sum| whole(sum / total as f64))
    };
    let confirmed = weighted(|segment| segment.exposure.confirmed);
    let desired = weighted(|segment| segment.exposure.desired.or(segment.exposure.confirmed));
    Far {
        of: format!("of all {} users", thousands(total)),
        asked: desired.filter(|desired| confirmed.as_ref() != Some(desired)),
        share: confirmed.unwrap_or_else(|| words::UNKNOWN.to_owned()),
    }
}

/// A computed percentage without decimals: neither nobody nor everybody unless it is so.
fn whole(percent: f64) -> String {
    match percent {
        p if p <= 0.0 => "0%".to_owned(),
        p if p < 1.0 => "<1%".to_owned(),
        p if p < 100.0 => format!("{}%", p.round().min(99.0)),
        _ => "100%".to_owned(),
    }
}

/// The segment whose stage is shown: the selected one, else the one that is furthest of those on their way, else the largest.
pub fn moving<'a>(model: &'a Model, selected: Option<&'a SegmentModel>) -> Option<&'a SegmentModel> {
    let is_on_its_way = |segment: &&SegmentModel| {
        let ladder = model.rollout.segment(&segment.name).map(|planned| &planned.ladder);
        let share = segment.exposure.confirmed.filter(|share| !share.is_zero());
        share.is_some_and(|share| ladder.is_some_and(|ladder| ladder.above(share).is_some()))
    };
    let furthest = model
        .segments
        .iter()
        .rev()
        .filter(is_on_its_way)
        .max_by_key(|segment| segment.exposure.confirmed.map(Percent::ppm));
    selected.or(furthest).or_else(|| facts::largest(model))
}

/// The bake time that is left: in minutes from ten on.
pub fn bake(model: &Model, segment: &SegmentModel) -> Option<String> {
    let left = model.bake_left(segment)?;
    let said = if left >= MINUTES_FROM { rough(left) } else { words::left(left) };
    Some(format!("bake {said} left"))
}

/// When the rollout is done at the earliest, in a few words: if all goes well, and is widened as soon as it may be.
pub fn done(model: &Model) -> String {
    let found = model.completion();
    match &found.end {
        End::Done => "done: all at the top of their plan".to_owned(),
        End::At(at) => {
            let left = rough(at.since(model.now));
            let waits: Vec<_> = found.people.iter().map(ToString::to_string).collect();
            let waits =
                if waits.is_empty() { String::new() } else { format!(" + waits for {}", waits.join(", ")) };
            format!("earliest end {} UTC, in {left}{waits}", clock(model.now, *at))
        }
        End::Unknown(why) => format!("end not known: {why}"),
    }
}

/// How old the oldest numbers are, if too old to be called current. `None`: they are current, or there were none yet.
pub fn stale(model: &Model) -> Option<Duration> {
    let counts = |kind: SourceKind| matches!(kind, SourceKind::Flags | SourceKind::Metrics);
    let links = model.links.iter().filter(|(source, link)| counts(source.kind) && link.is_stale(model.now));
    links.filter_map(|(_, link)| link.age(model.now)).max()
}

/// An age that does not count seconds: `STALE 40 s`, `STALE 3 min`, `STALE 2 h`.
pub fn stale_word(age: Duration) -> String {
    match age.as_secs() {
        s @ 0..=9 => format!("STALE {s} s"),
        s @ 10..=59 => format!("STALE {} s", s / 10 * 10),
        s @ 60..=3_599 => format!("STALE {} min", s / 60),
        s @ 3_600..=172_799 => format!("STALE {} h", s / 3_600),
        s => format!("STALE {} d", s / 86_400),
    }
}

/// What somebody has to do now, with whether it is urgent.
pub fn call(scene: &Scene<'_>) -> (String, bool) {
    let model = scene.model;
    if let Some((tracked, attempts)) = facts::unconfirmed(model).next() {
        let what = tracked.command.verb.spec().name;
        return (format!("{what} NOT CONFIRMED at {}, try {attempts}", tracked.command.platform), true);
    }
    // That a stage bakes calls nobody, and says so anew each second.
    let is_baking = |advice: &Advice| {
        let segment = advice.segment.as_ref().and_then(|name| model.segment(name));
        advice.urgency == Verdict::Go && segment.is_some_and(|segment| model.bake_left(segment).is_some())
    };
    match model.outlook().advice.iter().find(|advice| !is_baking(advice)) {
        Some(advice) => (coach::said(scene, advice), advice.urgency == Verdict::NoGo),
        None => ("nobody has to do anything now".to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_neither_nobody_nor_everybody_unless_it_is_so() {
        assert_eq!([0.0, 0.2, 1.4, 24.6, 99.9, 100.0].map(whole), ["0%", "<1%", "1%", "25%", "99%", "100%"]);
    }

    #[test]
    fn an_age_on_the_wall_does_not_count_seconds() {
        let said = [4, 47, 61, 7_300, 200_000].map(|seconds| stale_word(Duration::from_secs(seconds)));
        assert_eq!(said, ["STALE 4 s", "STALE 40 s", "STALE 1 min", "STALE 2 h", "STALE 2 d"]);
    }
}
