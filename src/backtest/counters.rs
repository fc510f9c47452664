//! Rows of a CSV, judged: which series they belong to, whose data grow old meanwhile, and what is said about it.

use std::io::{self, Read};

use super::order::InOrder;
use super::pair::Taken;
use super::row::Row;
use super::series::{Place, Ruling, Series};
use super::summary::{Final, Rows, Summary};
use super::table::Table;
use super::trial::Trial;
use super::{BacktestError, Change, together};
use crate::domain::{Compare, Rollout, Timestamp};

/// Rows that may wait one by one for the other arm, in all series together: five hours of a second's rows in 25 series,
/// all of one arm above the other. About 30 MB at the most.
const WAITING: usize = 1_000_000;

/// Where changes go, in order of time.
pub type Out<'a> = dyn FnMut(&Change) -> io::Result<()> + 'a;

/// Judges the rows of a CSV by the guardrails of a rollout. `path` is what messages call the file.
///
/// # Errors
/// [`BacktestError`] for the first line that cannot be read, when nothing in the file is about the rollout, and when
/// `out` fails.
pub fn csv(
    rollout: &Rollout,
    path: &str,
    input: impl Read,
    out: &mut Out<'_>,
) -> Result<Summary, BacktestError> {
    let mut rows = Rows::default();
    let mut table = Table::open(path, input, rollout)?;
    let mut counters = Counters::new(rollout);
    while let Some(row) = table.read(&mut rows)? {
        counters.take(&row, &mut rows);
        counters.hand_out(out)?;
    }
    if counters.last_at.is_none() {
        return Err(rows.nothing(path, rollout));
    }
    counters.finish();
    counters.hand_out(out)?;
    while let Some(change) = counters.order.pop() {
        out(&change)?;
    }
    rows.disordered_changes = counters.order.disordered();
    Ok(Summary::new(rows, counters.into_finals()))
}

/// Everything that is known about the rows so far.
struct Counters<'a> {
    rollout: &'a Rollout,
    /// As in the rollout.
    segments: Vec<Segment>,
    order: InOrder,
    /// Changes that were not brought into order yet; kept to be filled again.
    fresh: Vec<Change>,
    last_at: Option<Timestamp>,
}

/// What is known of one segment.
pub struct Segment {
    /// By metric, as in the rollout; `None` for one that no guardrail watches.
    pub series: Vec<Option<Series>>,
    /// Until then no series of it grows old; [`i64::MAX`] without a row.
    fresh_until: i64,
    /// Time of the newest row.
    last_at: Option<Timestamp>,
    /// How many times of a newest row there were.
    moment: u64,
}

impl<'a> Counters<'a> {
    fn new(rollout: &'a Rollout) -> Self {
        let segments = (0..rollout.segments.len()).map(|index| Segment {
            series: (0..rollout.metrics.len()).map(|metric| series(rollout, index, metric)).collect(),
            fresh_until: i64::MAX,
            last_at: None,
            moment: 0,
        });
        let segments = segments.collect();
        Self { rollout, segments, order: InOrder::default(), fresh: Vec::new(), last_at: None }
    }

    fn take(&mut self, row: &Row, rows: &mut Rows) {
        rows.disordered += u64::from(self.last_at.is_some_and(|last| row.at < last));
        self.last_at = Some(row.at);
        let rollout = self.rollout;
        let (Some(segment), Some(known), Some(metric)) = (
            self.segments.get_mut(row.segment),
            rollout.segments.get(row.segment),
            rollout.metrics.get(row.metric),
        ) else {
            return;
        };
        let here = Place { rollout, segment: &known.name, metric: &metric.name };
        if segment.last_at.is_none_or(|last| row.at > last) {
            segment.last_at = Some(row.at);
            segment.moment += 1;
        }
        let Some(Some(series)) = segment.series.get_mut(row.metric) else { return };
        let taken = series.take(row, segment.moment, &here, &mut self.fresh);
        match taken {
            Some(Taken::Late) => rows.late += 1,
            Some(Taken::Same) => rows.same += 1,
            Some(Taken::Fallen) => rows.add_restart(&here, row),
            Some(Taken::New) | None => {}
        }
        segment.fresh_until = segment.fresh_until.min(series.fresh_until().unwrap_or(i64::MAX));
        if row.at.0 > segment.fresh_until {
            self.age(row);
        }
        if matches!(taken, Some(Taken::New | Taken::Fallen)) {
            together::look(self.rollout, &mut self.segments, row, &mut self.fresh);
        }
    }

    /// Time has gone on in a segment: says which of its series have grown old.
    fn age(&mut self, row: &Row) {
        let rollout = self.rollout;
        let (Some(segment), Some(known)) =
            (self.segments.get_mut(row.segment), rollout.segments.get(row.segment))
        else {
            return;
        };
        for (series, metric) in segment.series.iter_mut().zip(&rollout.metrics) {
            let place = Place { rollout, segment: &known.name, metric: &metric.name };
            if let Some(series) = series {
                series.age(row.at, segment.moment, &place, &mut self.fresh);
            }
        }
        let fresh = segment.series.iter().flatten().filter_map(Series::fresh_until);
        segment.fresh_until = fresh.min().unwrap_or(i64::MAX);
    }

    fn finish(&mut self) {
        let rollout = self.rollout;
        for (segment, known) in self.segments.iter_mut().zip(&rollout.segments) {
            for (series, metric) in segment.series.iter_mut().zip(&rollout.metrics) {
                let Some(series) = series else { continue };
                let place = Place { rollout, segment: &known.name, metric: &metric.name };
                series.finish(&place, &mut self.fresh);
                if let Some(at) = segment.last_at {
                    series.admit(at, &place, &mut self.fresh);
                }
            }
        }
    }

    fn hand_out(&mut self, out: &mut Out<'_>) -> io::Result<()> {
        for change in self.fresh.drain(..) {
            if let Some(oldest) = self.order.push(change) {
                out(&oldest)?;
            }
        }
        Ok(())
    }

    fn into_finals(self) -> Vec<Final> {
        let mut finals = Vec::new();
        for (segment, known) in self.segments.into_iter().zip(&self.rollout.segments) {
            let at = segment.last_at.unwrap_or_default();
            for mut ruling in segment.series.into_iter().flatten().flat_map(|series| series.rulings) {
                let Some(guardrail) = self.rollout.guardrails.get(ruling.guardrail) else { continue };
                let evidence = ruling.last_evidence(guardrail, at);
                finals.push(Final::new(
                    self.rollout,
                    known,
                    guardrail,
                    ruling.verdict,
                    ruling.no_go,
                    evidence,
                ));
            }
        }
        finals
    }
}

/// The segment's part of each guardrail's risk.
pub fn share(rollout: &Rollout, segment: &crate::domain::Segment) -> f64 {
    let size = |segment: &crate::domain::Segment| segment.size.map_or(1.0, |size| size.max(1) as f64);
    size(segment) / rollout.segments.iter().map(size).sum::<f64>()
}

/// The series of a metric in a segment; `None` if no guardrail watches it.
fn series(rollout: &Rollout, segment: usize, metric: usize) -> Option<Series> {
    let (segment, metric) = (rollout.segments.get(segment)?, rollout.metrics.get(metric)?);
    let watching = rollout.guardrails.iter().enumerate().filter(|(_, g)| g.metric == metric.name);
    let share = share(rollout, segment);
    let sample = segment.ladder.stages().first().map_or(1, |stage| stage.sample);
    let ruling = |(index, guardrail)| Ruling::new(index, Trial::new(guardrail, share, sample));
    let rulings: Vec<_> = watching.clone().map(ruling).collect();
    let needs_both = watching.into_iter().all(|(_, guardrail)| guardrail.compare == Compare::Control);
    let patience = i64::try_from(metric.interval.0.as_millis()).unwrap_or(i64::MAX).saturating_mul(2);
    let room = WAITING / (2 * rollout.segments.len() * rollout.metrics.len()).max(1);
    (!rulings.is_empty()).then(|| Series::new(patience, room, needs_both, rulings))
}
