//! The two arms of a series, brought together: rows in, ticks out.
//!
//! Each arm comes in a row of its own. What is new in one waits for the other, so that both are compared over the same
//! time. A tick is whole when both arms have come to the same moment, or when a later row shows that they will not.
//! Rows wait one by one, so that a file with one arm below the other gives the ticks of one in order of time; past a
//! bound they wait as one, which loses nothing but the moment.
//!
//! An arm that is silent for too long is not waited for: the other goes on alone. What the silent one shows when it
//! comes back covers a time that the other was judged alone in, and is not compared with anything.

use std::collections::VecDeque;

use crate::domain::{Arm, ByArm, Counts, Timestamp};

/// What is new in both arms over the same time; one arm is `None` where the other went on alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tick {
    /// The time of the newest row in it.
    pub at: Timestamp,
    /// New units and bad units.
    pub new: ByArm<Counts>,
    /// For how many milliseconds the other arm has been silent, where one went on alone because of that.
    pub silent_for: Option<i64>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It counts.
    New,
    /// It counts; its counter fell: the source was restarted.
    Fallen,
    /// It was taken before the newest row of its arm, and is left out.
    Late,
    /// It says what the row before it said.
    Same,
}

/// Rows of one arm that the other is given to come as far, however slowly rows come: a file may have one a minute where
/// the rollout file says one in five seconds.
const PATIENT_ROWS: usize = 2;

/// What a row brought, not in a tick yet.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    at: Timestamp,
    new: Counts,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Side {
    /// The newest reading and its time.
    newest: Option<(Timestamp, Counts)>,
    /// Milliseconds between the two newest rows; 0 before the second.
    cadence: i64,
    /// What waits for the other arm, in order of time.
    waiting: VecDeque<Step>,
}

impl Side {
    /// Takes what waits up to `until`, as one step.
    fn take_until(&mut self, until: Timestamp) -> Option<Step> {
        let mut sum: Option<Step> = None;
        while self.waiting.front().is_some_and(|step| step.at <= until) {
            sum = self.waiting.pop_front().map(|step| join(sum, step)).or(sum);
        }
        sum
    }

    /// Adds a step; past `room` steps it becomes a part of the last one.
    fn push(&mut self, step: Step, room: usize) {
        let is_full = self.waiting.len() >= room;
        match self.waiting.back_mut() {
            Some(last) if is_full => *last = join(Some(*last), step),
            _ => self.waiting.push_back(step),
        }
    }
}

fn join(before: Option<Step>, step: Step) -> Step {
    let sum = before.map(|before| before.new).unwrap_or_default();
    Step { new: Counts { units: sum.units + step.new.units, bad: sum.bad + step.new.bad }, ..step }
}

/// The two arms of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    treatment: Side,
    control: Side,
    /// How long an arm is waited for, in milliseconds.
    patience: i64,
    /// How many rows of each arm may wait one by one.
    room: usize,
    /// Whether an arm that was never seen is waited for to the end: nothing could be said without it.
    needs_both: bool,
    /// The arm that went on alone, until the other is back.
    alone: Option<Arm>,
    /// When the first row was taken.
    first: Option<Timestamp>,
}

/// The ticks that one row made whole: at most the one before it and its own.
pub type Ticks = [Option<Tick>; 2];

const fn other(arm: Arm) -> Arm {
    match arm {
        Arm::Treatment => Arm::Control,
        Arm::Control => Arm::Treatment,
    }
}

impl Pair {
    /// Two arms that showed nothing yet. `room` rows of each may wait one by one for the other arm; what is more is
    /// compared in one piece.
    pub fn new(patience: i64, room: usize, needs_both: bool) -> Self {
        let (treatment, control) = (Side::default(), Side::default());
        // Who is silent is counted in rows that wait.
        let room = room.max(PATIENT_ROWS + 1);
        Self { treatment, control, patience, room, needs_both, alone: None, first: None }
    }

    const fn side(&self, arm: Arm) -> &Side {
        match arm {
            Arm::Treatment => &self.treatment,
            Arm::Control => &self.control,
        }
    }

    const fn side_mut(&mut self, arm: Arm) -> &mut Side {
        match arm {
            Arm::Treatment => &mut self.treatment,
            Arm::Control => &mut self.control,
        }
    }

    /// When the newest row was taken. `None`: there was none.
    pub fn newest(&self) -> Option<Timestamp> {
        let at = |side: &Side| side.newest.map(|(at, _)| at);
        at(&self.treatment).max(at(&self.control))
    }

    /// Takes a row.
    pub fn take(&mut self, arm: Arm, at: Timestamp, counts: Counts) -> (Taken, Ticks) {
        let known = self.side(arm).newest;
        let fell = |last: Counts| counts.units < last.units || counts.bad < last.bad;
        match known {
            Some((newest, last)) if at == newest && counts == last => return (Taken::Same, [None; 2]),
            // Of two readings of the same moment the smaller one is the older one.
            Some((newest, last)) if at < newest || (at == newest && fell(last)) => {
                return (Taken::Late, [None; 2]);
            }
            _ => {}
        }
        let has_fallen = known.is_some_and(|(_, last)| fell(last));
        let base = known.map(|(_, last)| last).filter(|_| !has_fallen).unwrap_or_default();
        let new = Counts { units: counts.units - base.units, bad: counts.bad - base.bad };

        // Both wait and time has passed them: nothing more comes for that tick.
        let passed = |side: &Side| side.waiting.front().map(|step| step.at).filter(|first| *first < at);
        let before = if let Some((t, c)) = passed(&self.treatment).zip(passed(&self.control)) {
            self.close_until(t.max(c))
        } else if known.is_none() && arm == Arm::Treatment {
            self.close_before(at)
        } else {
            None
        };

        self.first.get_or_insert(at);
        let room = self.room;
        let side = self.side_mut(arm);
        if let Some((newest, _)) = known.filter(|(newest, _)| *newest < at) {
            side.cadence = at.0.saturating_sub(newest.0);
        }
        side.newest = Some((at, counts));
        side.push(Step { at, new }, room);
        let taken = if has_fallen { Taken::Fallen } else { Taken::New };
        (taken, [before, self.close_if_whole(arm, at)])
    }

    /// Milliseconds between the two newest rows of the slower arm; 0 before there are two.
    pub fn cadence(&self) -> i64 {
        self.treatment.cadence.max(self.control.cadence)
    }

    /// Closes the tick if this row of this arm made it whole, or if the other arm has been silent for too long.
    fn close_if_whole(&mut self, arm: Arm, at: Timestamp) -> Option<Tick> {
        if self.alone == Some(other(arm)) {
            self.alone = None;
            return self.close_arm(arm);
        }
        let beside = self.side(other(arm));
        if !beside.waiting.is_empty() {
            // Where they are not of the same moment, the other one may still have a row of this one.
            let is_same = beside.waiting.binary_search_by_key(&at, |step| step.at).is_ok();
            return if is_same { self.close_until(at) } else { None };
        }
        let silent_for = beside.newest.map(|(newest, _)| at.0.saturating_sub(newest.0));
        let is_in_time = match (silent_for, self.first) {
            (Some(silent), _) => silent <= self.patience,
            (None, Some(first)) => self.needs_both || at.0.saturating_sub(first.0) <= self.patience,
            (None, None) => true,
        };
        if is_in_time || self.side(arm).waiting.len() <= PATIENT_ROWS {
            return None;
        }
        self.alone = Some(arm);
        self.close_arm(arm).map(|tick| Tick { silent_for, ..tick })
    }

    /// Treatment has its first row: what waited in control from long before that is closed alone, but for the newest row
    /// of it. What control showed later is kept.
    fn close_before(&mut self, first: Timestamp) -> Option<Tick> {
        let is_old = self.first.is_some_and(|begin| first.0.saturating_sub(begin.0) > self.patience);
        let newest = self.control.waiting.iter().rev().find(|step| is_old && step.at <= first)?.at;
        let before = self.control.take_until(Timestamp(newest.0 - 1))?;
        let new = ByArm { treatment: None, control: Some(before.new) };
        Some(Tick { at: before.at, new, silent_for: None })
    }

    /// Closes what waits, whole or not: nothing more will come, or not for a long time.
    pub fn close(&mut self) -> Option<Tick> {
        self.close_until(Timestamp(i64::MAX))
    }

    fn close_until(&mut self, until: Timestamp) -> Option<Tick> {
        let (treatment, control) = (self.treatment.take_until(until), self.control.take_until(until));
        let at = treatment.map(|step| step.at).max(control.map(|step| step.at))?;
        let new = ByArm { treatment: treatment.map(|step| step.new), control: control.map(|step| step.new) };
        Some(Tick { at, new, silent_for: None })
    }

    /// Closes what waits in one arm alone.
    fn close_arm(&mut self, arm: Arm) -> Option<Tick> {
        let step = self.side_mut(arm).take_until(Timestamp(i64::MAX))?;
        let mut new = ByArm::default();
        *new.get_mut(arm) = Some(step.new);
        Some(Tick { at: step.at, new, silent_for: None })
    }
}

#[cfg(test)]
mod tests;
