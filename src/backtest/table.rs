//! A CSV of cumulative counters, read row by row into one buffer.
//!
//! In: bytes. Out: [`Row`]s whose names the rollout knows. Names that it does not know are skipped, counted and kept for
//! the report. No name can hold a comma or a line break, so quotes are only taken off, and a line ends where it ends:
//! a quote that is left open cannot swallow the file.

use std::collections::HashMap;
use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder};

use super::BacktestError;
use super::row::{Number, Row, counter, number};
use super::summary::Rows;
use crate::domain::{Arm, Counts, MetricName, Rollout, Text, Timestamp};

/// The columns; the header says their order, and may name others.
pub const COLUMNS: [&str; 6] = ["at_s", "segment", "metric", "arm", "units", "bad"];
/// The longest line: two names of 64 characters and four numbers fit hundreds of times.
const MAX_LINE: usize = 64 * 1024;
/// The largest time in seconds either way, in the year 5138: what is larger is in milliseconds or less.
const MAX_TIME_S: f64 = 1.0e11;

/// A CSV, read row by row.
pub struct Table<'a, R> {
    path: String,
    rows: csv::Reader<Lines<R>>,
    record: ByteRecord,
    /// Where each of [`COLUMNS`] stands in a line, and how many fields a line has.
    places: [usize; COLUMNS.len()],
    width: usize,
    segments: HashMap<&'a [u8], usize>,
    metrics: HashMap<&'a [u8], Option<usize>>,
}

impl<'a, R: Read> Table<'a, R> {
    /// Reads and checks the header. `path` is what messages call the file.
    pub fn open(path: &str, input: R, rollout: &'a Rollout) -> Result<Self, BacktestError> {
        let rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .quoting(false)
            .buffer_capacity(1 << 16)
            .from_reader(Lines { input, since: 0 });
        let segments = rollout.segments.iter().enumerate().map(|(i, s)| (s.name.as_str().as_bytes(), i));
        let is_judged = |name: &MetricName| rollout.guardrails.iter().any(|g| g.metric == *name);
        let metrics = rollout.metrics.iter().enumerate();
        let metrics = metrics.map(|(i, m)| (m.name.as_str().as_bytes(), is_judged(&m.name).then_some(i)));
        let mut table = Self {
            path: Text::new(path).to_string(),
            rows,
            record: ByteRecord::new(),
            places: [0; COLUMNS.len()],
            width: 0,
            segments: segments.collect(),
            metrics: metrics.collect(),
        };
        let hint = "the first line is at_s,segment,metric,arm,units,bad";
        if !table.advance()? {
            return Err(table.line("the file is empty", hint));
        }
        table.find_columns().map_err(|why| {
            let found = table.record.iter().map(|field| shown(plain(field))).collect::<Vec<_>>().join(",");
            table.line(format!("the header is {:?}: {why}", Text::new(&found).as_str()), hint)
        })?;
        Ok(table)
    }

    /// Looks where each column stands. Errors: which is not there, or is there twice.
    fn find_columns(&mut self) -> Result<(), String> {
        self.width = self.record.len();
        for (place, column) in self.places.iter_mut().zip(COLUMNS) {
            let mut found =
                self.record.iter().enumerate().filter(|(_, field)| plain(field) == column.as_bytes());
            *place = found.next().ok_or_else(|| format!("it has no column {column}"))?.0;
            if found.next().is_some() {
                return Err(format!("it has the column {column} twice"));
            }
        }
        Ok(())
    }

    /// The next row that can be judged; `None` at the end. What is passed over on the way is counted.
    pub fn read(&mut self, rows: &mut Rows) -> Result<Option<Row>, BacktestError> {
        while self.advance()? {
            rows.read += 1;
            if let Some(row) = self.parse(rows)? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn parse(&self, rows: &mut Rows) -> Result<Option<Row>, BacktestError> {
        if self.record.len() != self.width {
            let cause = format!("it has {} fields and not {}", self.record.len(), self.width);
            return Err(
                self.line(cause, "a row has the fields of the header, such as 60,free,errors,control,1200,3")
            );
        }
        let at = self.number(0, number)?;
        let arm = match self.field(3) {
            b"treatment" => Arm::Treatment,
            b"control" => Arm::Control,
            other => {
                return Err(self.fault(
                    3,
                    format!("{} is no arm", quoted(other)),
                    "write `treatment` or `control`".into(),
                ));
            }
        };
        let (units, bad) = (self.number(4, counter)?, self.number(5, counter)?);
        let Some(&segment) = self.segments.get(self.field(1)) else {
            rows.unknown_segments.add(self.field(1));
            return Ok(None);
        };
        let metric = match self.metrics.get(self.field(2)) {
            Some(&Some(metric)) => metric,
            Some(None) => {
                rows.unjudged_metrics.add(self.field(2));
                return Ok(None);
            }
            None => {
                rows.unknown_metrics.add(self.field(2));
                return Ok(None);
            }
        };
        let Number::Is(at) = at else {
            rows.missing += 1;
            return Ok(None);
        };
        if at.abs() > MAX_TIME_S {
            let hint = "at_s is a time in seconds: are these milliseconds, or nanoseconds?".into();
            return Err(self.fault(
                0,
                format!("{} is in no year that a rollout has", quoted(self.field(0))),
                hint,
            ));
        }
        let counts = match (units, bad) {
            (Number::Is(units), Number::Is(bad)) => {
                rows.overfull += u64::from(bad > units);
                Some(Counts { units, bad })
            }
            _ => {
                rows.missing += 1;
                None
            }
        };
        let at = Timestamp((at * 1000.0).round() as i64);
        Ok(Some(Row { at, segment, metric, arm, counts }))
    }

    /// Reads the next line into the buffer.
    fn advance(&mut self) -> Result<bool, BacktestError> {
        self.rows.read_byte_record(&mut self.record).map_err(|error| {
            let line = self.rows.position().line();
            let path = self.path.clone();
            let is_long = matches!(error.kind(), csv::ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::InvalidData);
            let hint = if is_long {
                "a row is at_s,segment,metric,arm,units,bad: is it the right file?"
            } else {
                "check the path, and that you may read it"
            };
            BacktestError::Line { path, line, cause: Text::new(&error.to_string()).to_string(), hint }
        })
    }

    fn field(&self, index: usize) -> &[u8] {
        let place = self.places.get(index).copied().unwrap_or(index);
        plain(self.record.get(place).unwrap_or_default())
    }

    fn number(&self, index: usize, read: fn(&[u8]) -> Option<Number>) -> Result<Number, BacktestError> {
        let field = self.field(index);
        read(field).ok_or_else(|| {
            let hint = match index {
                0 => "at_s is a time in seconds, such as 60 or 1795356000.5",
                _ => "write the counter as a number, such as 1200; an empty field is a missing reading",
            };
            self.fault(index, format!("{} is no number", quoted(field)), hint.into())
        })
    }

    fn fault(&self, index: usize, cause: String, hint: String) -> BacktestError {
        let field = COLUMNS.get(index).copied().unwrap_or_default();
        BacktestError::Field { path: self.path.clone(), line: self.line_number(), field, cause, hint }
    }

    fn line(&self, cause: impl Into<String>, hint: &'static str) -> BacktestError {
        BacktestError::Line { path: self.path.clone(), line: self.line_number(), cause: cause.into(), hint }
    }

    fn line_number(&self) -> u64 {
        self.record.position().map_or(1, csv::Position::line)
    }
}

/// Without white space, a pair of quotes or a byte order mark around it.
fn plain(field: &[u8]) -> &[u8] {
    // Most fields have nothing to take off.
    match field {
        [first, .., last] if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => field,
        _ => {
            let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field).trim_ascii();
            match field {
                [b'"', inside @ .., b'"'] => inside.trim_ascii(),
                _ => field,
            }
        }
    }
}

fn shown(field: &[u8]) -> String {
    crate::domain::text::cut(Text::new(&String::from_utf8_lossy(field)).as_str(), 80)
}

fn quoted(field: &[u8]) -> String {
    format!("{:?}", shown(field))
}

/// Bytes of lines that are not endless: a file without line breaks is no CSV and must not fill the memory.
struct Lines<R> {
    input: R,
    /// Bytes since the last line break.
    since: usize,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let new = buffer.get(..count).unwrap_or_default();
        self.since = match new.iter().rposition(|byte| *byte == b'\n') {
            Some(place) => count - place - 1,
            None => self.since + count,
        };
        if self.since > MAX_LINE {
            let cause = format!("a line is longer than {MAX_LINE} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, cause));
        }
        Ok(count)
    }
}
