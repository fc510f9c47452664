//! One metric of one segment: its two arms, and the guardrails that watch it.

use super::Change;
use super::pair::{Pair, Taken, Tick};
use super::row::Row;
use super::trial::Trial;
use crate::domain::{Evidence, Guardrail, MetricName, Rollout, SegmentName, Span, Timestamp, Verdict};

/// A metric of a segment.
#[derive(Debug)]
pub struct Series {
    pair: Pair,
    /// How old the newest row may be, in milliseconds: two intervals of the metric.
    patience: i64,
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
    /// When it first said NO-GO.
    pub no_go_at: Option<Timestamp>,
    trial: Trial,
}

impl Ruling {
    /// A guardrail that said nothing yet.
    pub fn new(guardrail: usize, trial: Trial) -> Self {
        let evidence = Evidence::of("", Timestamp::default());
        Self { guardrail, verdict: None, evidence, no_go_at: None, trial }
    }

    /// The evidence as it stands at the end, for the report; that of the NO-GO where there was one.
    pub fn last_evidence(&self, at: Timestamp) -> Evidence {
        if self.no_go_at.is_some() || self.verdict.is_none() {
            self.evidence.clone()
        } else {
            self.trial.evidence(at)
        }
    }

    /// Says a verdict; returns it if it is another one. A NO-GO stays.
    fn say(
        &mut self,
        at: Timestamp,
        verdict: Verdict,
        evidence: impl FnOnce(&Trial) -> Evidence,
        place: &Place<'_>,
    ) -> Option<Change> {
        if self.verdict == Some(verdict) || self.no_go_at.is_some() {
            return None;
        }
        self.verdict = Some(verdict);
        self.evidence = evidence(&self.trial);
        if verdict == Verdict::NoGo {
            self.no_go_at = Some(at);
        }
        let guardrail = place.rollout.guardrails.get(self.guardrail)?;
        Some(place.change(at, guardrail, verdict, self.evidence.clone()))
    }
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

impl Place<'_> {
    fn change(&self, at: Timestamp, guardrail: &Guardrail, verdict: Verdict, evidence: Evidence) -> Change {
        Change {
            at,
            segment: Some(self.segment.clone()),
            station: guardrail.station,
            metric: Some(self.metric.clone()),
            guardrail: Some(guardrail.name.clone()),
            verdict,
            evidence,
        }
    }
}

impl Series {
    /// A series that showed nothing yet. `patience` is two intervals of its metric, in milliseconds.
    pub fn new(patience: i64, needs_both: bool, rulings: Vec<Ruling>) -> Self {
        Self { pair: Pair::new(patience, needs_both), patience, is_stale: false, has_fallen: false, rulings }
    }

    /// The last moment at which the newest row is still fresh. `None`: there was no row, or it is old already.
    pub fn fresh_until(&self) -> Option<i64> {
        let newest = self.pair.newest().filter(|_| !self.is_stale)?;
        Some(newest.0.saturating_add(self.patience))
    }

    /// Takes a row. Returns what became of it, a fall only the first time; `None` if it has no reading.
    pub fn take(&mut self, row: &Row, place: &Place<'_>, out: &mut Vec<Change>) -> Option<Taken> {
        let (taken, ticks) = self.pair.take(row.arm, row.at, row.counts?);
        if matches!(taken, Taken::New | Taken::Fallen) {
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
            ruling.trial.observe(tick);
            let verdict = ruling.trial.verdict();
            out.extend(ruling.say(tick.at, verdict, |trial| trial.evidence(tick.at), place));
        }
    }

    /// Time has gone on to `now` without a row of this series: past two intervals nothing is known any more.
    pub fn age(&mut self, now: Timestamp, place: &Place<'_>, out: &mut Vec<Change>) {
        if self.fresh_until().is_none_or(|until| now.0 <= until) {
            return;
        }
        self.finish(place, out);
        self.is_stale = true;
        let since = self.pair.newest().unwrap_or(now);
        let age = Span(now.since(since));
        for ruling in &mut self.rulings {
            let sentence = format!("no {} data of this segment for {age}", place.metric);
            out.extend(ruling.say(now, Verdict::Hold, |_| Evidence::of(sentence, since), place));
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
            let sentence = format!("waiting for the first {} reading", place.metric);
            out.extend(ruling.say(at, Verdict::Wait, |_| Evidence::of(sentence, at), place));
        }
    }
}
