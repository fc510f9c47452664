//! The two arms of a series, brought together: rows in, ticks out.
//!
//! Each arm comes in a row of its own. What is new in one waits for the other, so that both are compared over the same
//! time; an arm that comes again meanwhile adds to what waits, which loses nothing. A tick is whole when both arms have
//! come to the same moment, or when a later row shows that they will not.
//!
//! An arm that is silent for too long is not waited for: the other goes on alone. What the silent one shows when it
//! comes back covers a time that the other was judged alone in, and is not compared with anything.

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

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Side {
    /// The newest reading and its time.
    newest: Option<(Timestamp, Counts)>,
    /// What is new in it and not in a tick yet.
    waiting: Option<(Timestamp, Counts)>,
    /// The part of it that the newest row brought.
    step: Counts,
}

/// The two arms of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    treatment: Side,
    control: Side,
    /// How long an arm is waited for, in milliseconds.
    patience: i64,
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
    /// Two arms that showed nothing yet.
    pub fn new(patience: i64, needs_both: bool) -> Self {
        Self {
            treatment: Side::default(),
            control: Side::default(),
            patience,
            needs_both,
            alone: None,
            first: None,
        }
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
        let waiting = self.treatment.waiting.zip(self.control.waiting);
        let before = if waiting.is_some_and(|((t, _), (c, _))| at > t && at > c) {
            self.close()
        } else if known.is_none() && arm == Arm::Treatment {
            self.close_before(at)
        } else {
            None
        };

        self.first.get_or_insert(at);
        let side = self.side_mut(arm);
        side.newest = Some((at, counts));
        side.step = new;
        let sum = side.waiting.map(|(_, sum)| sum).unwrap_or_default();
        side.waiting = Some((at, Counts { units: sum.units + new.units, bad: sum.bad + new.bad }));
        let taken = if has_fallen { Taken::Fallen } else { Taken::New };
        (taken, [before, self.close_if_whole(arm, at)])
    }

    /// Closes the tick if this row of this arm made it whole, or if the other arm has been silent for too long.
    fn close_if_whole(&mut self, arm: Arm, at: Timestamp) -> Option<Tick> {
        let beside = *self.side(other(arm));
        if self.alone == Some(other(arm)) {
            self.alone = None;
            return self.close_arm(arm);
        }
        if let Some((waits_since, _)) = beside.waiting {
            // Where they are not of the same moment, the other one may still have a row of this one.
            return if at == waits_since { self.close() } else { None };
        }
        let silent_for = beside.newest.map(|(newest, _)| at.0.saturating_sub(newest.0));
        let is_waited_for = match (silent_for, self.first) {
            (Some(silent), _) => silent <= self.patience,
            (None, Some(first)) => self.needs_both || at.0.saturating_sub(first.0) <= self.patience,
            (None, None) => true,
        };
        if is_waited_for {
            return None;
        }
        self.alone = Some(arm);
        self.close_arm(arm).map(|tick| Tick { silent_for, ..tick })
    }

    /// Treatment has its first row: what waited in control from long before that is closed alone, but for its newest row.
    /// A control whose rows all stand above treatment's is kept whole.
    fn close_before(&mut self, first: Timestamp) -> Option<Tick> {
        let is_old = self.first.is_some_and(|begin| first.0.saturating_sub(begin.0) > self.patience);
        let step = self.control.step;
        let (at, waiting) = self.control.waiting.filter(|(at, _)| is_old && *at <= first)?;
        let before = Counts { units: waiting.units - step.units, bad: waiting.bad - step.bad };
        if before == Counts::default() {
            return None;
        }
        self.control.waiting = Some((at, step));
        Some(Tick { at, new: ByArm { treatment: None, control: Some(before) }, silent_for: None })
    }

    /// Closes what waits, whole or not: nothing more will come, or not for a long time.
    pub fn close(&mut self) -> Option<Tick> {
        let (treatment, control) = (self.treatment.waiting.take(), self.control.waiting.take());
        let at = treatment.map(|(at, _)| at).max(control.map(|(at, _)| at))?;
        let new = |waiting: Option<(Timestamp, Counts)>| waiting.map(|(_, new)| new);
        let new = ByArm { treatment: new(treatment), control: new(control) };
        Some(Tick { at, new, silent_for: None })
    }

    /// Closes what waits in one arm alone.
    fn close_arm(&mut self, arm: Arm) -> Option<Tick> {
        let (at, counts) = self.side_mut(arm).waiting.take()?;
        let mut new = ByArm::default();
        *new.get_mut(arm) = Some(counts);
        Some(Tick { at, new, silent_for: None })
    }
}

#[cfg(test)]
mod tests;
