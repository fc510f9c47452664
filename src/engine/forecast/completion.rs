//! When will we be done: the earliest end of each stage, of each segment and of the rollout, and what each waits for.
//!
//! ```text
//! 1 % ── bake, users ──▶ 5 % ── bake, users, captain's go ──▶ 25 % ── beta first ──▶ 100 % ── bake ──▶ done
//! ```
//!
//! In: the model. Out: a [`Completion`]. A stage takes as long as its bake, or as the users whom its GO needs at the traffic of
//! the last minutes, whichever is longer; a segment that comes `after` others begins when they are done.
//!
//! It is an *earliest* time: it assumes that every stage goes well, that the traffic stays as it is, and that each stage is
//! widened as soon as it may be. It never guesses: without users, after a NO-GO, while something is paused, killed or on HOLD
//! there is no time, and it says why. People are not forecast: whose go is missing is said beside the time.
//!
//! Pure, and computed when asked for: [`Model::completion`](crate::engine::Model::completion). It decides nothing.
//!
//! Start reading at [`of`], then `climb`; `need` is where counts of users come from.

mod climb;
mod words;

use std::time::Duration;

use crate::domain::name::words as words_of;
use crate::domain::{Actor, MetricName, Percent, RoleName, SegmentName, Timestamp};
use crate::engine::model::Model;
pub use words::{about, clock, rough};

/// When the rollout will be done, segment by segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// Each segment, in the order of the rollout file.
    pub segments: Vec<Climb>,
    /// The end of the last of them.
    pub end: End,
    /// Roles whose go is still missing somewhere on the way, each once.
    pub people: Vec<RoleName>,
    /// The stage that takes longest of those that the end waits for. `None`: no end, or nothing takes time.
    pub slowest: Option<Slowest>,
}

/// The stage that holds up the rollout most.
#[derive(Debug, Clone, PartialEq)]
pub struct Slowest {
    /// Where.
    pub segment: SegmentName,
    /// Which stage.
    pub exposure: Percent,
    /// How long it still takes.
    pub takes: Duration,
    /// What for.
    pub wait: Wait,
}

/// When something ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It has ended.
    Done,
    /// Not before then.
    At(Timestamp),
    /// Nobody knows, and why: `NO-GO on errors`, `no traffic seen in free lately`.
    Unknown(String),
}

impl End {
    /// When it ends, if that is known and lies ahead.
    #[must_use]
    pub const fn at(&self) -> Option<Timestamp> {
        if let Self::At(at) = self { Some(*at) } else { None }
    }
}

/// The way of one segment to the top of its plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Climb {
    /// Which.
    pub segment: SegmentName,
    /// Its stages, the first first.
    pub rungs: Vec<Rung>,
    /// What its next widening waits for, what takes longest first. Empty: nothing, or nobody knows, or it is at the top.
    pub waits: Vec<Wait>,
    /// When it is at the top and has baked there.
    pub end: End,
}

impl Climb {
    /// The index of the stage that it stands on. `None`: before the first.
    #[must_use]
    pub fn here(&self) -> Option<usize> {
        self.rungs.iter().rposition(|rung| rung.place != Place::Ahead)
    }
}

/// One stage on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// The share of the segment in it.
    pub exposure: Percent,
    /// Where the segment is with regard to it.
    pub place: Place,
    /// How long it bakes.
    pub bake: Duration,
    /// How much of that is left; the whole of it ahead, nothing of what is passed.
    pub bake_left: Duration,
    /// The least sample that it asks for, in units of the treatment.
    pub sample: u64,
    /// How many of them are in, by the guardrail that has fewest. `None`: not the present stage, or nothing counts them.
    pub counted: Option<f64>,
    /// Whose go it needs.
    pub go: Option<Go>,
    /// Since when the segment is in it, or when it can be at the earliest. `None`: it is passed, or nobody knows.
    pub begins: Option<Timestamp>,
    /// When it has baked and said GO, at the earliest; the last one needs no GO any more. `None`: it is passed, or nobody knows.
    pub ends: Option<Timestamp>,
    /// What takes longest in it. `None`: nothing takes time, or nobody knows.
    pub longest: Option<Wait>,
}

/// Where a segment is with regard to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has left it behind.
    Passed,
    /// It is there.
    Here,
    /// It has not been there yet.
    Ahead,
}

/// A role's go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Go {
    /// Whose.
    pub role: RoleName,
    /// Who gave it. `None`: nobody yet.
    pub given_by: Option<Actor>,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// The bake time.
    Bake,
    /// Users, for the least sample or the proof that a GO needs of this metric.
    Users(MetricName),
    /// Another segment's end.
    After(SegmentName),
    /// Somebody's go.
    Go(RoleName),
}

impl std::fmt::Display for Wait {
    /// `bake`, `users (errors)`, `beta first`, `captain's go`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bake => f.write_str("bake"),
            Self::Users(metric) => write!(f, "users ({metric})"),
            Self::After(segment) => write!(f, "{segment} first"),
            Self::Go(role) => write!(f, "{role}'s go"),
        }
    }
}

/// When the rollout will be done.
#[must_use]
pub fn of(model: &Model) -> Completion {
    let mut climbs: Vec<Option<Climb>> = vec![None; model.segments.len()];
    // Each round tells those whose predecessors are told; whoever is left waits for themselves.
    for round in 0..=model.segments.len() {
        let is_last = round == model.segments.len();
        let mut is_told = false;
        for index in 0..climbs.len() {
            let Some(segment) = model.segments.get(index) else { continue };
            let gate = if climbs.get(index).is_none_or(Option::is_some) {
                continue;
            } else if let Some(gate) = climb::gate(model, segment, &climbs) {
                gate
            } else if is_last {
                climb::Gate::Unknown(format!("{} waits for itself", segment.name))
            } else {
                continue;
            };
            is_told = true;
            let found = climb::climb(model, segment, &gate);
            if let Some(place) = climbs.get_mut(index) {
                *place = Some(found);
            }
        }
        if !is_told && !is_last && climbs.iter().all(Option::is_some) {
            break;
        }
    }
    let segments: Vec<Climb> = climbs.into_iter().flatten().collect();
    let end = last(&segments);
    let mut people: Vec<RoleName> = Vec::new();
    for go in segments.iter().flat_map(|climb| &climb.rungs).filter(|rung| rung.place == Place::Ahead) {
        if let Some(go) = go.go.as_ref().filter(|go| go.given_by.is_none() && !people.contains(&go.role)) {
            people.push(go.role.clone());
        }
    }
    let slowest = end.at().and_then(|end| slowest(model, &segments, end));
    Completion { segments, end, people, slowest }
}

/// The end of the last segment; one that nobody knows counts as last.
fn last(segments: &[Climb]) -> End {
    let mut last = End::Done;
    for climb in segments {
        match (&last, &climb.end) {
            (_, End::Unknown(why)) => {
                let name = &climb.segment;
                return End::Unknown(if names(why, name) { why.clone() } else { format!("{name}: {why}") });
            }
            (End::At(then), End::At(at)) if then >= at => {}
            (_, End::At(at)) => last = End::At(*at),
            (_, End::Done) => {}
        }
    }
    last
}

/// Whether a sentence names a segment: as a word of its own, because `us` is a segment, and part of `paused`.
fn names(why: &str, segment: &SegmentName) -> bool {
    words_of(why).any(|word| word == segment.as_str())
}

/// The stage that takes longest in the segment that ends last, or in those that it waits for.
fn slowest(model: &Model, segments: &[Climb], end: Timestamp) -> Option<Slowest> {
    let mut names: Vec<&SegmentName> = segments
        .iter()
        .filter(|climb| climb.end.at() == Some(end))
        .map(|climb| &climb.segment)
        .take(1)
        .collect();
    let mut next = 0;
    while let Some(name) = names.get(next).copied() {
        let before = model.rollout.segment(name).map_or(&[][..], |segment| &segment.after);
        for first in before {
            let known = segments.iter().find(|climb| climb.segment == *first).map(|climb| &climb.segment);
            names.extend(known.filter(|known| !names.contains(known)));
        }
        next += 1;
    }
    let climbs = segments.iter().filter(|climb| names.contains(&&climb.segment));
    let stages = climbs.flat_map(|climb| climb.rungs.iter().map(move |rung| (climb, rung)));
    let timed = stages.filter_map(|(climb, rung)| {
        let takes = rung.ends?.since(rung.begins?.max(model.now));
        let wait = rung.longest.clone()?;
        let (segment, exposure) = (climb.segment.clone(), rung.exposure);
        (!takes.is_zero()).then_some(Slowest { segment, exposure, takes, wait })
    });
    // The first of equals: it comes first.
    timed.fold(None, |slowest: Option<Slowest>, found| match slowest {
        Some(slowest) if slowest.takes >= found.takes => Some(slowest),
        _ => Some(found),
    })
}
