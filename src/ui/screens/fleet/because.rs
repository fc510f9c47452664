//! Why a rollout stands where it stands, in a few words.
//!
//! In: the model and its brief. Out: what is under way, else what it needs; empty where all is well. Where the worst station
//! has a column of its own it is not said again.

use crate::domain::{LinkState, Phase, SourceKind, Verdict};
use crate::effect::Outcome;
use crate::engine::model::{SegmentModel, Tracked};
use crate::engine::{Brief, Model, Need, people};
use crate::ui::{facts, words};

/// The words. `is_told`: whether the worst station stands beside them.
pub fn words(model: &Model, brief: &Brief, is_told: bool) -> String {
    if brief.need == Need::Unconfirmed {
        return unconfirmed(model);
    }
    if let Some(tracked) = model.commands.iter().find(|tracked| tracked.is_open()) {
        let sent =
            if tracked.outcome == Some(Outcome::Sent) { "sent, not confirmed yet" } else { "asked for" };
        return format!("{}: {sent}", tracked.what());
    }
    let segment = brief.segment.and_then(|place| model.segments.get(place));
    let name = segment.map_or("everything", |segment| segment.name.as_str());
    match brief.need {
        Need::Unconfirmed => String::new(),
        Need::Unanswered => match worst(model, brief).filter(|_| !is_told) {
            Some(worst) => format!("{worst}: unanswered"),
            None => "nobody has acted on it".to_owned(),
        },
        Need::NoGo if is_told && brief.phase == Phase::Killed => killed(model),
        Need::NoGo if is_told => "acted on, not cleared".to_owned(),
        Need::Drift => drift(model, segment),
        Need::Lost => lost(model),
        Need::Hold => held(model, brief, segment, is_told),
        Need::Approval => match segment.and_then(|s| people::next_stage(model, s)) {
            Some(stage) => {
                let role = stage.approval.as_ref().map_or("somebody", |role| role.as_str());
                format!("{name} to {}: go of {role}", stage.exposure)
            }
            None => format!("{name} waits for a go"),
        },
        Need::Ready => match segment.and_then(|s| people::next_stage(model, s)) {
            Some(stage) => format!("{name} can go to {}", stage.exposure),
            None => format!("{name} can be widened"),
        },
        Need::Wait if brief.phase == Phase::Unknown => "not read yet".to_owned(),
        Need::NoGo | Need::Wait => worst(model, brief).filter(|_| !is_told).unwrap_or_default(),
        Need::Well => String::new(),
        Need::Paused => model
            .segments
            .iter()
            .find_map(|segment| segment.paused.as_ref())
            .map_or_else(String::new, |hold| format!("paused by {}", hold.by)),
        Need::Over if brief.phase == Phase::Killed => killed(model),
        Need::Over => "everybody has it".to_owned(),
    }
}

/// The worst station and where: `errors in enterprise and 2 more`. `None`: all is GO.
pub fn worst(model: &Model, brief: &Brief) -> Option<String> {
    let (station, place) = brief.worst?;
    let name = &model.segments.get(place)?.name;
    let more = brief.alike.saturating_sub(1);
    let more =
        if more > 0 && brief.verdict > Verdict::Wait { format!(" and {more} more") } else { String::new() };
    Some(format!("{station} in {name}{more}"))
}

fn unconfirmed(model: &Model) -> String {
    if let Some((tracked, attempts)) = facts::unconfirmed(model).next() {
        return format!("{} NOT CONFIRMED at {}, try {attempts}", verb(tracked), tracked.command.platform);
    }
    model.unserved().next().map_or_else(String::new, |tracked| {
        format!("{} stored, NOT SERVED at {}", verb(tracked), tracked.command.platform)
    })
}

const fn verb(tracked: &Tracked) -> &'static str {
    tracked.command.verb.spec().name
}

fn drift(model: &Model, segment: Option<&SegmentModel>) -> String {
    let Some(segment) = segment else { return String::new() };
    let edge = model.platforms.iter().find(|platform| platform.drifting.contains(&segment.name));
    match edge {
        Some(platform) => format!("{} serves {} otherwise", platform.name, segment.name),
        None => {
            let (desired, stored) = (segment.exposure.desired, segment.exposure.confirmed);
            let (desired, stored) = (words::exposure(desired), words::exposure(stored));
            format!("{}: {stored} stored, {desired} asked for", segment.name)
        }
    }
}

fn held(model: &Model, brief: &Brief, segment: Option<&SegmentModel>, is_told: bool) -> String {
    let pause = segment.filter(|_| brief.verdict < Verdict::Hold).and_then(|s| s.paused.as_ref());
    match pause {
        Some(hold) => format!("paused by {}", hold.by),
        None => worst(model, brief).filter(|_| !is_told).unwrap_or_default(),
    }
}

/// The first link that is judged by and does not deliver, and since when nothing was heard.
fn lost(model: &Model) -> String {
    let kinds = [SourceKind::Flags, SourceKind::Metrics];
    let gone = model.links.iter().filter(|(source, link)| {
        kinds.contains(&source.kind) && link.is_stale(model.now) && link.state != LinkState::Connecting
    });
    let mut gone = gone.map(|(source, link)| {
        let age = link.age(model.now).map_or_else(String::new, |age| format!(", {}", words::age(age)));
        let word = if link.state == LinkState::Live { "silent" } else { "no contact" };
        format!("{word}: {}{age}", source.name)
    });
    let first = gone.next().unwrap_or_default();
    match gone.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn killed(model: &Model) -> String {
    let everywhere = model.platforms.iter().find_map(|platform| platform.killed.as_ref());
    let hold = everywhere.or_else(|| model.segments.iter().find_map(|segment| segment.killed.as_ref()));
    hold.map_or_else(|| "nobody has it".to_owned(), |hold| format!("killed by {}", hold.by))
}
