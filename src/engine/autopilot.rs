//! The autopilot: makes the same requests that keys make, on its own.
//!
//! In: the model, after each event. Out: [`Request`]s, which take the same way as a person's.
//!
//! | mode | what it does |
//! |---|---|
//! | `off` | nothing |
//! | `advise` | says once what `guard` would do; so does every mode of a read-only cockpit |
//! | `guard` | answers NO-GOs (pause or kill), and pauses after a set time without data |
//! | `full` | the same, and widens from stage to stage |
//!
//! It looks at what stands, not at what just happened: a NO-GO that nobody has answered is acted on, also when it
//! was found in the journal of a process that died. While the journal is being read it waits, because a later line
//! may be the answer.
//!
//! It must never expose more on a doubt, never take back what a person decided, and never ask for the same thing
//! twice.
//!
//! Start reading at `decide`, then `react` (NO-GOs), `without_data`, `climb` (widening).

mod climb;
mod react;
mod without_data;

use serde::{Deserialize, Serialize};

use super::chronicle::record_moment;
use super::model::{Model, Moment, MomentKind, SegmentModel};
use crate::action::Request;
use crate::domain::Actor;
use crate::event::Body;

pub use climb::{RETRY, obstacle};

/// How much the autopilot may do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Autopilot {
    /// Nothing.
    Off,
    /// Says what it would do.
    Advise,
    /// Pauses and kills.
    Guard,
    /// Pauses, kills, and widens from stage to stage.
    Full,
}

impl Autopilot {
    /// The word on the screen and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Advise => "advise",
            Self::Guard => "guard",
            Self::Full => "full",
        }
    }
}

/// What the autopilot asks for now, after an event.
pub(super) fn decide(model: &mut Model, cause: &Body) -> Vec<Request> {
    if model.autopilot == Autopilot::Off || matches!(cause, Body::Restored { .. }) {
        return Vec::new();
    }
    // Time passes with everything else, too, and samples come by the thousand.
    let is_sample = matches!(cause, Body::Sample(_));
    let only_says = model.autopilot == Autopilot::Advise || model.read_only;
    let mut wanted = react::answer(model);
    if only_says {
        if !is_sample {
            let pauses = without_data::pauses(model);
            without_data::forget_said(model, &pauses);
            wanted.extend(unsaid(model, pauses));
        }
        if model.autopilot == Autopilot::Full && *cause == Body::Tick {
            let steps = climb::steps(model);
            wanted.extend(unsaid(model, steps));
        }
        for request in wanted {
            say(model, &request);
        }
        return Vec::new();
    }
    wanted.extend(react::escalate(model));
    if !is_sample {
        wanted.extend(without_data::pauses(model));
    }
    if wanted.is_empty() && model.autopilot == Autopilot::Full && *cause == Body::Tick {
        // One at a time: the next one is judged with this one under way.
        wanted.extend(climb::steps(model).into_iter().next());
    }
    wanted
}

/// Those that were not said before, and remembers them.
fn unsaid(model: &mut Model, requests: Vec<Request>) -> Vec<Request> {
    let is_new = |request: &Request| {
        let key = (request.verb, request.scope.clone());
        model.advised.insert(key, request.to) != Some(request.to)
    };
    requests.into_iter().filter(is_new).collect()
}

fn say(model: &mut Model, request: &Request) {
    let to = request.to.map(|to| format!(" to {to}")).unwrap_or_default();
    let why = request.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let text = format!("would {} {}{to}{why}", request.verb.spec().name, request.scope);
    record_moment(model, Moment::new(model.now, MomentKind::Act, text).by(&Actor::Autopilot));
}

/// Whether users of a segment may have the feature. What was not read yet counts as exposed.
fn is_exposed(segment: &SegmentModel) -> bool {
    let exposure = segment.exposure;
    exposure.confirmed.is_none_or(|share| !share.is_zero())
        || exposure.desired.is_some_and(|share| !share.is_zero())
}
