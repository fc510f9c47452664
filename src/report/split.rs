//! Where the time went: each moment belongs to exactly one part, so that the parts add up to the whole.
//!
//! In: the model after each event. Out: a [`TimeSplit`]. `docs/report.md` defines the parts; here they are.
//!
//! The time between two events belongs to the state after the first of them. Each segment has a state; the rollout has
//! that of its segments which stands first in [`State`].

use std::collections::BTreeMap;

use super::retrospective::TimeSplit;
use crate::domain::{Percent, SegmentName, Station, Timestamp, Verdict};
use crate::engine::Model;
use crate::engine::model::{SegmentModel, Tracked};

/// What each station says about each segment, as it was recorded.
pub type Board = BTreeMap<(SegmentName, Station), Verdict>;

/// What a segment, or the rollout, spends its time with; the first of its segments' counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A change of the flag was asked for and is not proven yet.
    Active,
    /// The bake time of its stage is not over.
    Baking,
    /// It is over, and a station still waits for evidence.
    Gathering,
    /// Held by a pause.
    Paused,
    /// A NO-GO or a HOLD stands.
    Held,
    /// Baked and GO, or not begun and free to: the next step is a person's.
    Waiting,
    /// The exposure is not known.
    Unknown,
    /// At the top of its plan and baked, or killed.
    Over,
}

/// Adds up where the time went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Split {
    since: Option<(Timestamp, State)>,
    ms: [i64; 8],
}

impl Split {
    /// The state from now on.
    pub fn set(&mut self, at: Timestamp, state: State) {
        if let Some((since, last)) = self.since
            && let Some(ms) = self.ms.get_mut(last as usize)
        {
            *ms += at.0.saturating_sub(since.0).max(0);
        }
        self.since = Some((at, state));
    }

    /// The sums up to now.
    #[must_use]
    pub fn finish(mut self, at: Timestamp) -> TimeSplit {
        if let Some((_, state)) = self.since {
            self.set(at, state);
        }
        let [active, baking, gathering, paused, held, waiting, unknown, over] =
            self.ms.map(|ms| ms as f64 / 1000.0);
        TimeSplit {
            active_s: active,
            baking_s: baking,
            gathering_s: gathering,
            paused_s: paused,
            held_s: held,
            waiting_for_people_s: waiting,
            over_s: over,
            unknown_s: unknown,
        }
    }
}

/// The state of the rollout.
#[must_use]
pub fn of(model: &Model, board: &Board) -> State {
    model.segments.iter().map(|segment| of_segment(model, board, segment)).min().unwrap_or(State::Unknown)
}

fn of_segment(model: &Model, board: &Board, segment: &SegmentModel) -> State {
    if model.commands.iter().any(|tracked| is_under_way(tracked, &segment.name)) {
        return State::Active;
    }
    let Some(confirmed) = segment.exposure.confirmed else { return State::Unknown };
    if is_killed(model, segment) {
        return State::Over;
    }
    if segment.paused.is_some() {
        return State::Paused;
    }
    let verdict = verdict(board, &segment.name);
    if !confirmed.is_zero() && verdict >= Some(Verdict::Hold) {
        return State::Held;
    }
    if !confirmed.is_zero() && model.bake_left(segment).is_some() {
        return State::Baking;
    }
    let is_top = is_at_top(model, segment, confirmed);
    match verdict {
        Some(Verdict::Wait) if !confirmed.is_zero() && !is_top => State::Gathering,
        _ if is_top => State::Over,
        _ if confirmed.is_zero() && !is_free_to_begin(model, segment) => State::Over,
        _ => State::Waiting,
    }
}

fn is_under_way(tracked: &Tracked, segment: &SegmentName) -> bool {
    tracked.is_open()
        && !tracked.restored
        && tracked.command.change.segments().is_none_or(|names| names.contains(segment))
}

/// Whether a segment was killed, on its own or with its platforms.
#[must_use]
pub fn is_killed(model: &Model, segment: &SegmentModel) -> bool {
    let is_off = segment.exposure.confirmed.is_some_and(Percent::is_zero);
    let everywhere = !model.platforms.is_empty() && model.platforms.iter().all(|p| p.killed.is_some());
    is_off && (segment.killed.is_some() || everywhere)
}

/// Whether a segment is at the top of its plan.
#[must_use]
pub fn is_at_top(model: &Model, segment: &SegmentModel, confirmed: Percent) -> bool {
    let ladder = model.rollout.segment(&segment.name).map(|segment| &segment.ladder);
    !confirmed.is_zero() && ladder.is_none_or(|ladder| ladder.next_after(confirmed).is_none())
}

/// Whether the segments before it are at the top of their plans.
fn is_free_to_begin(model: &Model, segment: &SegmentModel) -> bool {
    let before = model.rollout.segment(&segment.name).map_or(&[][..], |segment| &segment.after);
    before.iter().all(|name| {
        let found = model.segment(name);
        found.is_some_and(|s| s.exposure.confirmed.is_some_and(|share| is_at_top(model, s, share)))
    })
}

/// What the stations of a segment say, people aside. `None`: nothing.
#[must_use]
pub fn verdict(board: &Board, segment: &SegmentName) -> Option<Verdict> {
    let all = board.iter().filter(|((name, station), _)| name == segment && *station != Station::People);
    all.map(|(_, verdict)| *verdict).max()
}
