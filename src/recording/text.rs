//! Recordings that are lines of JSON: versions 1 and 2 before there were blocks, and a newer one decompressed by
//! somebody. Read line by line, so that any source and any length will do.

use std::io::{BufRead, Read};

use super::block::MAX_LINE;
use super::line::{Either, Line, parse};
use super::{Header, RecordingError, Taken, VERSION};
use crate::domain::Text;
use crate::event::Event;

/// Reads the first line of a recording. `path` is what messages call the file.
pub(super) fn read_header(path: &str, line: &[u8]) -> Result<Header, RecordingError> {
    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let no_recording = |cause| RecordingError::NoRecording { path: path.to_owned(), cause };
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(no_recording("it is empty".into()));
    }
    let unread = |error: serde_json::Error| no_recording(Text::new(&error.to_string()).to_string());
    // First what it is: a newer version may have other fields.
    let kind: Kind = serde_json::from_slice(text).map_err(unread)?;
    if kind.gonogo != "recording" {
        return Err(no_recording(format!("`gonogo` is {:?}", Text::new(&kind.gonogo).as_str())));
    }
    if kind.version > VERSION {
        return Err(RecordingError::Newer { path: path.to_owned(), found: kind.version, known: VERSION });
    }
    serde_json::from_slice(text).map_err(unread)
}

/// What every version says of itself.
#[derive(serde::Deserialize)]
struct Kind {
    gonogo: String,
    version: u32,
}

/// A recording of lines, below the first.
#[derive(Debug)]
pub(super) struct Lines<R> {
    lines: R,
    path: String,
    has_decisions: bool,
    /// The line that was read last, and its number.
    line: Vec<u8>,
    number: u64,
    cut: u64,
    /// Events so far, missing ones included.
    events: u64,
    /// Events that are missing since the last one.
    missing: u64,
    /// The event that was met while looking for the decisions of the one before.
    ahead: Option<Taken>,
    /// The error that was met while looking for them.
    failed: Option<RecordingError>,
}

impl<R: BufRead> Lines<R> {
    /// Reads the first line.
    pub fn open(path: String, mut lines: R) -> Result<(Header, Self), RecordingError> {
        let mut line = Vec::new();
        let failed = |cause| RecordingError::Unreadable { path: path.clone(), line: 1, cause };
        lines.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line).map_err(failed)?;
        let header = read_header(&path, &line)?;
        let has_decisions = header.version > 1;
        let lines = Self {
            lines,
            path,
            has_decisions,
            line,
            number: 1,
            cut: 0,
            events: 0,
            missing: 0,
            ahead: None,
            failed: None,
        };
        Ok((header, lines))
    }

    /// Lines that were cut off and left out: 0 or 1.
    pub const fn cut_lines(&self) -> u64 {
        self.cut
    }

    /// The next event with what was decided on it; `None` at the end.
    pub fn read_next(&mut self) -> Result<Option<Taken>, RecordingError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut taken = match self.ahead.take() {
            Some(taken) => taken,
            None => match self.read_taken()? {
                Some(taken) => taken,
                None => return Ok(None),
            },
        };
        if taken.decided.is_none() {
            return Ok(Some(taken));
        }
        // What was decided on it comes after it.
        loop {
            let line = match self.read_line() {
                Ok(line) => line,
                Err(error) => {
                    // The event before the damage is as good as any.
                    self.failed = Some(error);
                    return Ok(Some(taken));
                }
            };
            match line {
                None => return Ok(Some(taken)),
                Some(Either::Line(Line::Decided(decided))) => taken.decided = Some(decided.into_owned()),
                Some(Either::Line(Line::Missing(count))) => self.missing = self.missing.saturating_add(count),
                Some(Either::Event(event)) => {
                    self.ahead = Some(self.number_of(event));
                    return Ok(Some(taken));
                }
            }
        }
    }

    fn read_taken(&mut self) -> Result<Option<Taken>, RecordingError> {
        loop {
            match self.read_line()? {
                None => return Ok(None),
                Some(Either::Event(event)) => return Ok(Some(self.number_of(event))),
                Some(Either::Line(Line::Missing(count))) => self.missing = self.missing.saturating_add(count),
                Some(Either::Line(Line::Decided(_))) => {}
            }
        }
    }

    fn number_of(&mut self, event: Event) -> Taken {
        let missing = std::mem::take(&mut self.missing);
        let number = self.events.saturating_add(missing);
        self.events = number.saturating_add(1);
        Taken { number, event, decided: self.has_decisions.then(Vec::new), missing }
    }

    /// The next line; `None` at the end.
    fn read_line(&mut self) -> Result<Option<Either>, RecordingError> {
        loop {
            self.line.clear();
            let limit = MAX_LINE as u64 + 1;
            let read = self.lines.by_ref().take(limit).read_until(b'\n', &mut self.line);
            self.number += 1;
            let length = read.map_err(|cause| RecordingError::Unreadable {
                path: self.path.clone(),
                line: self.number,
                cause,
            })?;
            if length == 0 {
                return Ok(None);
            }
            if self.line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let is_whole = self.line.ends_with(b"\n");
            return match parse(&self.line) {
                Ok(line) => Ok(Some(line)),
                // The process that wrote it ended within this line.
                Err(_) if !is_whole && length <= MAX_LINE => {
                    self.cut += 1;
                    Ok(None)
                }
                Err(error) => Err(RecordingError::NoEvent {
                    path: self.path.clone(),
                    line: self.number,
                    cause: Text::new(&error.to_string()).to_string(),
                }),
            };
        }
    }
}
