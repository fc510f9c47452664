//! A recording, read event by event. In memory is one line at a time.

use std::io::{BufRead, Read};

use super::line::Line;
use super::recorder::MAX_LINE;
use super::{Header, RecordingError, Taken, VERSION};
use crate::domain::Text;
use crate::event::Event;

/// Whether a file that begins so is a recording: its first line is a JSON object.
#[must_use]
pub fn is_recording(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// A recording, read event by event; an iterator that ends with the file or with the first error.
#[derive(Debug)]
pub struct Recording<R> {
    lines: R,
    path: String,
    header: Header,
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
    is_over: bool,
}

enum Either {
    Event(Event),
    Line(Line<'static>),
}

impl<R: BufRead> Recording<R> {
    /// Reads the first line. `path` is what messages call the file.
    ///
    /// # Errors
    /// [`RecordingError`] when it cannot be read, is no recording, or is of a newer version.
    pub fn open(path: &str, mut lines: R) -> Result<Self, RecordingError> {
        let path = Text::new(path).to_string();
        let mut line = Vec::new();
        let failed = |cause| RecordingError::Unreadable { path: path.clone(), line: 1, cause };
        lines.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line).map_err(failed)?;
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
        let no_recording = |cause| RecordingError::NoRecording { path: path.clone(), cause };
        let header: Header = serde_json::from_slice(text)
            .map_err(|error| no_recording(Text::new(&error.to_string()).to_string()))?;
        if header.gonogo != "recording" {
            return Err(no_recording(format!("`gonogo` is {:?}", Text::new(&header.gonogo).as_str())));
        }
        if header.version > VERSION {
            return Err(RecordingError::Newer { path, found: header.version, known: VERSION });
        }
        Ok(Self {
            lines,
            path,
            header,
            line,
            number: 1,
            cut: 0,
            events: 0,
            missing: 0,
            ahead: None,
            failed: None,
            is_over: false,
        })
    }

    /// What the recording says about itself.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Lines that were cut off by the end of the writing process, and left out: 0 or 1. Known at the end only.
    #[must_use]
    pub const fn cut_lines(&self) -> u64 {
        self.cut
    }

    /// The number of the line that was read last, from 1.
    #[must_use]
    pub const fn line_number(&self) -> u64 {
        self.number
    }

    /// The next event with what was decided on it; `None` at the end.
    fn read_next(&mut self) -> Result<Option<Taken>, RecordingError> {
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
                Some(Either::Line(Line::Missing(count))) => self.missing += count,
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
                Some(Either::Line(Line::Missing(count))) => self.missing += count,
                Some(Either::Line(Line::Decided(_))) => {}
            }
        }
    }

    fn number_of(&mut self, event: Event) -> Taken {
        let missing = std::mem::take(&mut self.missing);
        let number = self.events + missing;
        self.events = number + 1;
        Taken { number, event, decided: (self.header.version > 1).then(Vec::new), missing }
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

fn parse(line: &[u8]) -> serde_json::Result<Either> {
    if line.starts_with(b"{\"at\"")
        || !(line.starts_with(b"{\"decided\"") || line.starts_with(b"{\"missing\""))
    {
        return serde_json::from_slice(line).map(Either::Event);
    }
    serde_json::from_slice(line).map(Either::Line)
}

impl<R: BufRead> Iterator for Recording<R> {
    type Item = Result<Taken, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.read_next().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}
