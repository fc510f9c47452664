//! What is left to say at the end.

use super::BacktestError;
use super::counters::share;
use super::row::Row;
use super::series::Place;
use crate::domain::text::{cut, thousands};
use crate::domain::{
    Evidence, Guardrail, GuardrailName, Method, Response, Rollout, Segment, SegmentName, Station, Text,
    Timestamp, Verdict,
};
use crate::stats::e_bh;

/// Names and restarts that are kept to be shown; all are counted.
const MAX_SHOWN: usize = 20;

/// What a backtest came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Rows or events read, and what was passed over.
    pub rows: Rows,
    /// Each guardrail in each segment, in the order of the rollout file.
    pub finals: Vec<Final>,
    /// Indices of the NO-GOs in `finals` that are real by e-BH at the level [`LEVEL`].
    pub real: Vec<usize>,
}

/// Of the NO-GOs that are called real, this part may be wrong on average.
pub const LEVEL: f64 = 0.05;

/// How a guardrail stood in a segment at the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Final {
    /// The segment.
    pub segment: SegmentName,
    /// The guardrail.
    pub guardrail: GuardrailName,
    /// Its station.
    pub station: Station,
    /// The last verdict. `None`: there was nothing to judge.
    pub verdict: Option<Verdict>,
    /// When it first said NO-GO, and what the autopilot would do about it.
    pub no_go: Option<(Timestamp, Response)>,
    /// ln of the e-value that e-BH weighs. `None`: there is none.
    pub ln_e: Option<f64>,
    /// On what grounds: those of the NO-GO, else the newest.
    pub evidence: Evidence,
}

impl Final {
    pub(super) fn new(
        rollout: &Rollout,
        segment: &Segment,
        guardrail: &Guardrail,
        verdict: Option<Verdict>,
        no_go: Option<(Timestamp, Response)>,
        evidence: Evidence,
    ) -> Self {
        let ln_e = match (evidence.method, evidence.ln_e, evidence.ln_threshold) {
            // The twin is none by itself, but its distance to the threshold is that of one that is spent on the same
            // half of the risk.
            (Method::Twin, Some(ln), Some(threshold)) => {
                Some(ln - threshold + (2.0 / (guardrail.risk * share(rollout, segment))).ln())
            }
            (_, ln_e, _) => ln_e,
        };
        let (segment, station) = (segment.name.clone(), guardrail.station);
        Self { segment, guardrail: guardrail.name.clone(), station, verdict, no_go, ln_e, evidence }
    }
}

/// Names that were passed over: how many rows, and the first few different names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unknown {
    /// Rows with such a name.
    pub rows: u64,
    /// The names, at most [`MAX_SHOWN`].
    names: Vec<Vec<u8>>,
    /// Whether there were others.
    has_others: bool,
}

impl Unknown {
    /// Counts a row with that name.
    pub(super) fn add(&mut self, name: &[u8]) {
        self.rows += 1;
        if self.names.iter().any(|known| known == name) {
            return;
        }
        if self.names.len() < MAX_SHOWN {
            self.names.push(name.to_vec());
        } else {
            self.has_others = true;
        }
    }

    /// The names, made safe to be shown: `fre, betta, …`.
    #[must_use]
    pub fn list(&self) -> String {
        let shown = |name: &Vec<u8>| cut(Text::new(&String::from_utf8_lossy(name)).as_str(), 80);
        let mut list = self.names.iter().map(shown).collect::<Vec<_>>().join(", ");
        if self.has_others {
            list.push_str(", …");
        }
        list
    }
}

/// Rows of a CSV or events of a recording: how many, and what was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// Rows or events read.
    pub read: u64,
    /// Left out: taken before the newest row of their arm.
    pub late: u64,
    /// Exactly as the row before.
    pub same: u64,
    /// With a missing reading.
    pub missing: u64,
    /// With more bad units than units. They are judged: of a feature that is all broken, the two counters may be read a
    /// moment apart.
    pub overfull: u64,
    /// That stand after a later row.
    pub disordered: u64,
    /// Changes that could not be brought into order of time.
    pub disordered_changes: u64,
    /// Lines cut off at the end of a recording.
    pub cut: u64,
    /// Of segments that the rollout file does not know.
    pub unknown_segments: Unknown,
    /// Of metrics that the rollout file does not know.
    pub unknown_metrics: Unknown,
    /// Of metrics that no guardrail watches.
    pub unjudged_metrics: Unknown,
    /// Series whose counters fell.
    pub restarted: u64,
    /// The first of them, in words.
    restarts: Vec<(SegmentName, crate::domain::MetricName, Timestamp)>,
}

impl Rows {
    pub(super) fn add_restart(&mut self, place: &Place<'_>, row: &Row) {
        self.restarted += 1;
        if self.restarts.len() < MAX_SHOWN {
            self.restarts.push((place.segment.clone(), place.metric.clone(), row.at));
        }
    }

    /// Rows that were passed over because of their names.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.unknown_segments.rows + self.unknown_metrics.rows + self.unjudged_metrics.rows
    }

    /// Why a file has nothing for this rollout.
    pub(super) fn nothing(&self, path: &str, rollout: &Rollout) -> BacktestError {
        let path = Text::new(path).to_string();
        let names = |names: Vec<&str>| names.join(", ");
        if self.read == 0 {
            let hint = "below the header stands one row for each reading of an arm".into();
            return BacktestError::Nothing { path, cause: "it has a header and no row".into(), hint };
        }
        let segments = names(rollout.segments.iter().map(|s| s.name.as_str()).take(MAX_SHOWN).collect());
        let mut metrics: Vec<_> = rollout.guardrails.iter().map(|g| g.metric.as_str()).collect();
        metrics.dedup();
        metrics.truncate(MAX_SHOWN);
        let why = match self.passed_over() {
            why if why.is_empty() => "none has a reading and a time".into(),
            why => why.join("; "),
        };
        let cause = format!("none of its {} rows is about this rollout: {why}", thousands(self.read));
        let hint =
            format!("the rollout file has the segments {segments}; its guardrails watch {}", names(metrics));
        BacktestError::Nothing { path, cause, hint }
    }

    /// What was passed over because of its names, in words; empty if nothing was.
    #[must_use]
    pub fn passed_over(&self) -> Vec<String> {
        let of = |unknown: &Unknown, what: &str| {
            let rows = if unknown.rows == 1 { "row" } else { "rows" };
            (unknown.rows > 0)
                .then(|| format!("{} {rows} of {what}: {}", thousands(unknown.rows), unknown.list()))
        };
        let each = [
            of(&self.unknown_segments, "segments that the rollout file does not know"),
            of(&self.unknown_metrics, "metrics that the rollout file does not know"),
            of(&self.unjudged_metrics, "metrics that no guardrail watches"),
        ];
        each.into_iter().flatten().collect()
    }

    /// What is doubtful about the rows, in words; empty if nothing is.
    #[must_use]
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts: Vec<_> =
            self.passed_over().into_iter().map(|text| format!("passed over {text}")).collect();
        for (segment, metric, at) in &self.restarts {
            let at = when(*at);
            doubts.push(format!(
                "{metric} of {segment} fell at {at}: its source was restarted; counting goes on"
            ));
        }
        let more = self.restarted.saturating_sub(self.restarts.len() as u64);
        let mut count = |number: u64, text: &str| {
            if number > 0 {
                let text = if number == 1 { singular(text) } else { text.into() };
                doubts.push(format!("{} {text}", thousands(number)));
            }
        };
        count(more, "more series fell, too");
        count(self.missing, "rows have a missing reading: empty, null, NaN, negative or infinite");
        count(self.overfull, "rows have more bad units than units: are the columns as the header says?");
        count(self.late, "rows were taken before the newest one of their arm, and left out");
        count(
            self.disordered,
            "rows stand below a later one: times are surest in a file that is sorted by at_s",
        );
        count(self.disordered_changes, "changes stand below a later one: there were too many to be sorted");
        count(self.cut, "line at the end was cut off while it was written, and left out");
        doubts
    }
}

/// What is said of many rows, said of one.
fn singular(text: &str) -> String {
    let changes = [("rows have ", "row has "), ("rows were ", "row was "), ("rows stand ", "row stands ")];
    let change = changes.into_iter().find_map(|(many, one)| Some((one, text.strip_prefix(many)?)));
    change.map_or_else(|| text.into(), |(one, rest)| format!("{one}{rest}"))
}

/// A time for a person: the date where there is one, else the seconds since the beginning.
#[must_use]
pub fn when(at: Timestamp) -> String {
    /// 1973: what lies before is no date but seconds that somebody counted.
    const DATES: i64 = 100_000_000_000;
    if at.0 >= DATES { at.rfc3339() } else { format!("{} s", at.0 as f64 / 1000.0) }
}

impl Summary {
    pub(super) fn new(rows: Rows, finals: Vec<Final>) -> Self {
        let ln_e: Vec<_> = finals.iter().map(|last| last.ln_e.unwrap_or(f64::NAN)).collect();
        let mut real = e_bh::real(&ln_e, LEVEL);
        real.retain(|index| finals.get(*index).is_some_and(|last| last.no_go.is_some()));
        Self { rows, finals, real }
    }

    /// Whether a NO-GO was reached.
    #[must_use]
    pub fn is_no_go(&self) -> bool {
        self.finals.iter().any(|last| last.no_go.is_some())
    }
}
