//! What was asked of all platforms at once, and how far each of them has come: requested → sent → confirmed → served.
//!
//! In: the model. Out: one [`Asked`] for each request that is still worth a look, with a [`Row`] for each platform, the
//! unfinished ones first. The strip on the screen, `gonogo status` and the verbs show the same words.
//!
//! Partial success is never rounded up: what is said of all platforms counts only what was read back there and still
//! stands, and what is said to be served was seen by a probe. A platform without a probe is "not probed".
//!
//! Start reading at [`asked`].

mod row;
mod words;

use std::time::Duration;

use super::facts;
use crate::action::Verb;
use crate::domain::{Span, Timestamp};
use crate::effect::EffectId;
use crate::engine::Model;
use crate::engine::model::Tracked;

pub use row::{Row, Step};

/// How long a request stays in sight after its last step: long enough to be read by whoever looks up from a chat.
const IN_SIGHT: Duration = Duration::from_secs(60);

/// One request and how far each platform has come with it.
pub struct Asked<'m> {
    /// Its platforms, the unfinished ones first; at least one.
    pub rows: Vec<Row<'m>>,
    /// The command that stands for all of them.
    pub first: &'m Tracked,
}

/// The requests that are worth a look: under way, ended within the last minute, or not served. What stops comes first,
/// then the newest.
pub fn asked(model: &Model) -> Vec<Asked<'_>> {
    let mut all: Vec<Asked<'_>> = Vec::new();
    // The newest of those that ask for the same at the same platforms stands for all of them.
    for asked in groups(model).into_iter().rev() {
        if asked.is_worth_a_look(model) && !all.iter().any(|newer| newer.stands_for(&asked)) {
            all.push(asked);
        }
    }
    all.sort_by_key(|asked| {
        let tracked = asked.first;
        let is_calm = !tracked.command.is_urgent() || asked.is_done();
        (is_calm, std::cmp::Reverse(tracked.command.id))
    });
    all
}

/// The newest request of this run for an action. `None`: there was none.
pub fn newest(model: &Model, verb: Verb) -> Option<Asked<'_>> {
    groups(model).into_iter().rfind(|asked| asked.first.command.verb == verb && !asked.first.restored)
}

/// All requests, oldest first.
fn groups(model: &Model) -> Vec<Asked<'_>> {
    let mut groups: Vec<(EffectId, Vec<&Tracked>)> = Vec::new();
    for tracked in &model.commands {
        let whole = tracked.command.whole();
        match groups.iter_mut().find(|(id, _)| *id == whole) {
            Some((_, group)) => group.push(tracked),
            None => groups.push((whole, vec![tracked])),
        }
    }
    // Asked for again while it was still open somewhere: that platform got no second command, and counts all the same.
    let open: Vec<_> = model.unfinished().filter(|tracked| tracked.command.is_urgent()).collect();
    for (_, group) in &mut groups {
        let Some(first) = group.first().copied() else { continue };
        for older in &open {
            let is_same = older.command.change == first.command.change
                && older.command.verb == first.command.verb
                && older.requested_at <= first.requested_at;
            if is_same && group.iter().all(|known| known.command.platform != older.command.platform) {
                group.push(older);
            }
        }
    }
    groups.into_iter().filter_map(|(_, group)| of(model, group)).collect()
}

fn of<'m>(model: &'m Model, group: Vec<&'m Tracked>) -> Option<Asked<'m>> {
    let place = |tracked: &Tracked| model.platforms.iter().position(|p| p.name == tracked.command.platform);
    let first = *group.first()?;
    let mut rows: Vec<_> = group.into_iter().filter_map(|tracked| Row::of(model, tracked)).collect();
    rows.sort_by_key(|row| (row.rank(), place(row.tracked)));
    (!rows.is_empty()).then_some(Asked { rows, first })
}

impl Asked<'_> {
    /// Whether every platform is through: stored, still so, and served wherever somebody probes.
    pub fn is_done(&self) -> bool {
        self.rows.iter().all(|row| row.is_done())
    }

    /// Whether it asks for the same as an older request, wherever that asked for it.
    fn stands_for(&self, older: &Self) -> bool {
        let (mine, theirs) = (&self.first.command, &older.first.command);
        let is_covered = |row: &Row<'_>| self.rows.iter().any(|own| own.platform() == row.platform());
        (mine.verb, &mine.change) == (theirs.verb, &theirs.change) && older.rows.iter().all(is_covered)
    }

    fn is_worth_a_look(&self, model: &Model) -> bool {
        let is_recent = |at: Option<Timestamp>| at.is_some_and(|at| model.now.since(at) < IN_SIGHT);
        self.rows.iter().any(|row| {
            let tracked = row.tracked;
            let is_open = tracked.is_open() && (!tracked.restored || tracked.command.is_urgent());
            let steps = [Some(tracked.requested_at), tracked.outcome_at, tracked.served_at];
            is_open || row.step == Step::Unserved || steps.into_iter().any(is_recent)
        })
    }
}

/// Segments whose edge serves something else than is stored, platform by platform, each as a sentence.
pub fn drifts(model: &Model) -> Vec<String> {
    let drift = |platform: &crate::engine::model::PlatformModel| {
        let all: Vec<_> = platform.drifting.iter().map(|name| facts::drift(platform, name)).collect();
        (!all.is_empty()).then(|| format!("{}: its edge {}", platform.name, all.join("; ")))
    };
    model.platforms.iter().filter_map(drift).collect()
}

/// A time after the request: `+41ms`.
fn after(tracked: &Tracked, at: Option<Timestamp>) -> Option<Span> {
    at.map(|at| Span(at.since(tracked.requested_at)))
}
