//! One metric of one segment: its two arms, and the guardrails that watch it.

use super::Change;
use super::pair::{Pair, Taken, Tick};
use super::row::Row;
use super::trial::{Trial, evidence_of_silence};
use crate::domain::{
    Compare, Evidence, Guardrail, MetricName, Response, Rollout, SegmentName, Span, Timestamp, Verdict,
};
use crate::engine::appraise::{Appraisal, Finding, Freshness};
use crate::engine::evidence;

/// Moments of its segment that a series may miss before it counts as silent.
const PATIENT_MOMENTS: u64 = 2;

/// A metric of a segment.
#[derive(Debug)]
pub struct Series {
    pair: Pair,
    /// How old the newest row may be, in milliseconds: two intervals of the metric. Where rows come more slowly, two
    /// rounds of them.
    patience: i64,
    /// The moment of its segment, counted from the first, of the newest row.
    heard_in: u64,
    is_stale: bool,
    has_fallen: bool,
    /// What each guardrail on this metric says.
    pub rulings: Vec<Ruling>,
}

/// What a guardrail says about a segment.
#[derive(Debug)]
pub struct Ruling {
    /// Index of the guardrail in the rollout.
    pub guardrail: usize,
    /// The newest verdict. `None`: nothing was said yet.
    pub verdict: Option<Verdict>,
    /// On what grounds, as of the last change.
    pub evidence: Evidence,
    /// When it first said NO-GO, and what the autopilot would do about it.
    pub no_go: Option<(Timestamp, Response)>,
    /// When that verdict was said.
    said_at: Option<Timestamp>,
    trial: Trial,
}

impl Ruling {
    /// A guardrail that said nothing yet.
    pub fn new(guardrail: usize, trial: Trial) -> Self {
        let evidence = Evidence::of("", Timestamp::default());
        Self { guardrail, verdict: None, evidence, no_go: None, said_at: None, trial }
    }

    /// The evidence as it stands at the end, for the report; that of the NO-GO where there was one.
    pub fn last_evidence(&mut self, guardrail: &Guardrail, at: Timestamp) -> Evidence {
        let is_as_it_was = self.no_go.is_some()
            || !self.trial.is_exposed()
            || matches!(self.verdict, None | Some(Verdict::Hold));
        if is_as_it_was {
            return self.evidence.clone();
        }
        let appraisal = self.trial.appraise(guardrail, Freshness::Fresh);
        if Some(appraisal.verdict) == self.verdict {
            self.trial.evidence(guardrail, &appraisal, at)
        } else {
            self.evidence.clone()
        }
    }

    /// ln of this segment's part in the average over all segments. `None`: it has no part in it: nobody is exposed,
    /// its NO-GO is there already, or it speaks for the feature.
    pub fn ln_part(&self, guardrail: &Guardrail) -> Option<f64> {
        let is_open = self.no_go.is_none() && self.trial.is_exposed();
        self.trial.ln_part(guardrail).filter(|_| is_open)
    }

    /// Says NO-GO because of what all segments show together.
    pub fn say_together(&mut self, at: Timestamp, together: &Together, place: &Place<'_>) -> Option<Change> {
        let guardrail = place.rollout.guardrails.get(self.guardrail)?;
        let alarm = Appraisal { verdict: Verdict::NoGo, finding: Finding::Alarm };
        let own = self.trial.evidence(guardrail, &alarm, at);
        let evidence = evidence::of_together(own, together.ln_e, together.ln_threshold, together.segments);
        self.say(at, Verdict::NoGo, |_| evidence, guardrail, place)
    }

    fn judge(&mut self, tick: &Tick, patience: i64, place: &Place<'_>) -> Option<Change> {
        let guardrail = place.rollout.guardrails.get(self.guardrail)?;
        self.trial.observe(tick);
        if let Some((_, response)) = &mut self.no_go {
            // What only paused may turn out to be bad enough to kill.
            *response = self.trial.response(guardrail).max(*response);
            return None;
        }
        let appraisal = self.trial.appraise(guardrail, Freshness::Fresh);
        let is_alone = tick.silent_for.is_some_and(|silent| silent > patience);
        if is_alone && guardrail.compare == Compare::Control && self.trial.is_exposed() {
            let age = Span(std::time::Duration::from_millis(tick.silent_for.unwrap_or(0).unsigned_abs()));
            let evidence = |_: &Trial| evidence_of_silence(guardrail, tick, age);
            return self.say(tick.at, Verdict::Hold, evidence, guardrail, place);
        }
        let evidence = |trial: &Trial| trial.evidence(guardrail, &appraisal, tick.at);
        self.say(tick.at, appraisal.verdict, evidence, guardrail, place)
    }

    /// Says a verdict; returns it if it is another one. A NO-GO stays.
    fn say(
        &mut self,
        at: Timestamp,
        verdict: Verdict,
        evidence: impl FnOnce(&Trial) -> Evidence,
        guardrail: &Guardrail,
        place: &Place<'_>,
    ) -> Option<Change> {
        if self.verdict == Some(verdict) || self.no_go.is_some() {
            return None;
        }
        // Rows out of order may look back; what is said never does.
        let at = self.said_at.map_or(at, |said| at.max(said));
        (self.verdict, self.said_at) = (Some(verdict), Some(at));
        self.evidence = evidence(&self.trial);
        if verdict == Verdict::NoGo {
            self.no_go = Some((at, self.trial.response(guardrail)));
        }
        Some(Change {
            at,
            segment: place.segment.clone(),
            station: guardrail.station,
            metric: Some(place.metric.clone()),
            verdict,
            evidence: self.evidence.clone(),
        })
    }
}

/// The average over all segments, past its threshold.
#[derive(Debug, Clone, Copy)]
pub struct Together {
    /// ln of the average.
    pub ln_e: f64,
    /// ln of what it needs.
    pub ln_threshold: f64,
    /// How many segments it is made of.
    pub segments: usize,
}

/// Where a series stands in the rollout.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The rollout.
    pub rollout: &'a Rollout,
    /// The segment.
    pub segment: &'a SegmentName,
    /// The metric.
    pub metric: &'a MetricName,
}

impl Series {
    /// A series that showed nothing yet. `patience` is two intervals of its metric, in milliseconds; `room` how many
    /// rows of an arm may wait one by one for the other arm.
    pub fn new(patience: i64, room: usize, needs_both: bool, rulings: Vec<Ruling>) -> Self {
        let pair = Pair::new(patience, room, needs_both);
        Self { pair, patience, heard_in: 0, is_stale: false, has_fallen: false, rulings }
    }

    /// The last moment at which the newest row is still fresh. `None`: there was no row, or it is old already.
    pub fn fresh_until(&self) -> Option<i64> {
        let newest = self.pair.newest().filter(|_| !self.is_stale)?;
        Some(newest.0.saturating_add(self.patience.max(self.pair.cadence().saturating_mul(2))))
    }

    /// Takes a row of the `moment`-th moment of its segment. Returns what became of it, a fall only the first time;
    /// `None` if it has no reading.
    pub fn take(
        &mut self,
        row: &Row,
        moment: u64,
        place: &Place<'_>,
        out: &mut Vec<Change>,
    ) -> Option<Taken> {
        let (taken, ticks) = self.pair.take(row.arm, row.at, row.counts?);
        if matches!(taken, Taken::New | Taken::Fallen) {
            self.heard_in = moment;
            self.is_stale = false;
        }
        for tick in ticks.into_iter().flatten() {
            self.judge(&tick, place, out);
        }
        if taken == Taken::Fallen && std::mem::replace(&mut self.has_fallen, true) {
            return Some(Taken::New);
        }
        Some(taken)
    }

    fn judge(&mut self, tick: &Tick, place: &Place<'_>, out: &mut Vec<Change>) {
        for ruling in &mut self.rulings {
            out.extend(ruling.judge(tick, self.patience, place));
        }
    }

    /// Time has gone on to `now`, the `moment`-th of its segment, without a row of this series: past two intervals and
    /// two moments nothing is known any more. Where all rows are far apart, the first one of a moment says nothing about
    /// the others.
    pub fn age(&mut self, now: Timestamp, moment: u64, place: &Place<'_>, out: &mut Vec<Change>) {
        let is_in_round = moment.saturating_sub(self.heard_in) <= PATIENT_MOMENTS;
        if is_in_round || self.fresh_until().is_none_or(|until| now.0 <= until) {
            return;
        }
        self.finish(place, out);
        self.is_stale = true;
        let since = self.pair.newest().unwrap_or(now);
        for ruling in &mut self.rulings {
            let Some(guardrail) = place.rollout.guardrails.get(ruling.guardrail) else { continue };
            let appraisal = ruling.trial.appraise(guardrail, Freshness::Missing(now.since(since)));
            let evidence = |trial: &Trial| trial.evidence(guardrail, &appraisal, since);
            out.extend(ruling.say(now, appraisal.verdict, evidence, guardrail, place));
        }
    }

    /// Closes what waits for the other arm: nothing more comes.
    pub fn finish(&mut self, place: &Place<'_>, out: &mut Vec<Change>) {
        if let Some(tick) = self.pair.close() {
            self.judge(&tick, place, out);
        }
    }

    /// There was a row at `at`, and nothing in it: says that, where nothing else was said.
    pub fn admit(&mut self, at: Timestamp, place: &Place<'_>, out: &mut Vec<Change>) {
        for ruling in self.rulings.iter_mut().filter(|ruling| ruling.verdict.is_none()) {
            let Some(guardrail) = place.rollout.guardrails.get(ruling.guardrail) else { continue };
            let sentence = format!("waiting for the first {} reading", place.metric);
            out.extend(ruling.say(at, Verdict::Wait, |_| Evidence::of(sentence, at), guardrail, place));
        }
    }
}
