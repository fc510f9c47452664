//! The events of one block: its lines, decoded all at once, and parsed one after the other.
//!
//! In: the bytes of a frame, or of lines. Out: [`Taken`]s, and at last the [`Damage`], if there is any. What comes out
//! is what was written: an event whose decisions may be missing is not handed out.

use std::io::{BufRead, Read};

use super::block::{Doubt, Head, MAX_LINE, MAX_RAW};
use super::line::{Either, Line, parse};
use super::{Damage, Taken};
use crate::domain::Text;
use crate::event::Event;

/// The largest window that a frame may ask for: more than what is written with, and too little to fill the memory.
const WINDOW_LOG: u32 = 23;

/// The events of one block, in order. It ends with the block, or after the first error.
#[derive(Debug)]
pub struct Events {
    lines: Vec<u8>,
    /// What comes next in `lines`.
    at: usize,
    /// Where the block, or its lines, begin in the file.
    byte: u64,
    block: Option<u32>,
    /// The next event's number.
    number: u64,
    /// Events that are missing since the last one.
    missing: u64,
    /// The number that the block must not go beyond.
    limit: u64,
    /// Whether decisions are in it.
    has_decisions: bool,
    /// The event whose decisions come next, if there are any.
    pending: Option<Taken>,
    /// What is wrong after the last line.
    end: Option<Damage>,
    is_over: bool,
}

impl Events {
    /// The events of a block that begins at a byte of the file.
    pub(super) fn of_block(head: &Head, byte: u64, frame: &[u8], has_decisions: bool) -> Self {
        let (length, doubt) = head.trust(frame);
        let (lines, flaw) = inflate(frame.get(..length).unwrap_or_default(), MAX_RAW);
        let flaw = match doubt {
            None if lines.len() == head.raw as usize => None,
            // An open block's frame has no end, and the sum says that it was written so.
            None => Some((flaw.unwrap_or_else(|| Text::new("its lines are not as long as it says")), false)),
            Some(Doubt::Cut) => Some((Text::new("the file ends within a block"), true)),
            Some(Doubt::Damaged) => Some((Text::new("its lines do not match their sum"), false)),
        };
        let end = flaw.map(|(cause, is_cut)| Damage {
            byte: byte + head.frame_at() + length as u64,
            block: Some(head.number),
            events: 0,
            is_cut,
            cause,
        });
        Self {
            limit: head.next().unwrap_or(u64::MAX),
            block: Some(head.number),
            end,
            ..Self::of_lines(lines, byte, head.first, has_decisions)
        }
    }

    /// The events of lines that stand in the file as they are.
    pub(super) fn of_lines(lines: Vec<u8>, byte: u64, first: u64, has_decisions: bool) -> Self {
        Self {
            lines,
            at: 0,
            byte,
            block: None,
            number: first,
            missing: 0,
            limit: u64::MAX,
            has_decisions,
            pending: None,
            end: None,
            is_over: false,
        }
    }

    /// No event, because of damage.
    pub(super) fn damaged(damage: Damage) -> Self {
        let number = damage.events;
        Self { end: Some(damage), ..Self::of_lines(Vec::new(), 0, number, false) }
    }

    /// The first line of the file, or why it cannot be read.
    pub(super) fn header(&mut self) -> Result<&[u8], Text> {
        if self.lines.is_empty() {
            let damage = self.end.take();
            return Err(damage.map_or_else(|| Text::new("it has no header"), |damage| damage.cause));
        }
        Ok(self.line().unwrap_or_default())
    }

    /// Events that are missing after the last one.
    pub(super) const fn missing(&self) -> u64 {
        self.missing
    }

    /// The number of the event that comes next, unless some are missing before it.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The line that comes next, with its end.
    fn line(&mut self) -> Option<&[u8]> {
        let rest = self.lines.get(self.at..)?;
        let mut search = rest;
        let length = search.skip_until(b'\n').unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).filter(|line| !line.is_empty())
    }

    fn step(&mut self) -> Option<Result<Taken, Damage>> {
        loop {
            let begin = self.at;
            let is_cut = self.end.is_some();
            let Some(line) = self.line() else { return self.finish() };
            if line.len() > MAX_LINE {
                return self.stop(begin, "a line is too long");
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let is_whole = line.ends_with(b"\n");
            match parse(line) {
                Ok(Either::Event(event)) => match self.place(event) {
                    Some(taken) if self.has_decisions => {
                        if let Some(before) = self.pending.replace(taken) {
                            return Some(Ok(before));
                        }
                    }
                    Some(taken) => return Some(Ok(taken)),
                    None => return self.stop(begin, "it has more events than it says"),
                },
                Ok(Either::Line(Line::Missing(count))) => match self.missing.checked_add(count) {
                    Some(missing) => self.missing = missing,
                    None => return self.stop(begin, "more events are missing than can be counted"),
                },
                Ok(Either::Line(Line::Decided(decided))) => {
                    if let Some(taken) = &mut self.pending {
                        taken.decided = Some(decided.into_owned());
                    }
                }
                // What was cut off is told by the end.
                Err(_) if !is_whole && is_cut => return self.finish(),
                Err(_) if !is_whole && self.block.is_none() => {
                    let byte = self.byte + begin as u64;
                    let cause = Text::new("the file ends within a line");
                    self.end = Some(Damage { byte, block: None, events: 0, is_cut: true, cause });
                    return self.finish();
                }
                Err(error) => return self.stop(begin, &format!("a line is no event: {error}")),
            }
        }
    }

    fn place(&mut self, event: Event) -> Option<Taken> {
        let missing = std::mem::take(&mut self.missing);
        let number = self.number.checked_add(missing)?;
        self.number = number.checked_add(1).filter(|next| *next <= self.limit)?;
        Some(Taken { number, event, decided: self.has_decisions.then(Vec::new), missing })
    }

    /// After the last line.
    fn finish(&mut self) -> Option<Result<Taken, Damage>> {
        let damage = self.end.take();
        if damage.as_ref().is_some_and(|damage| damage.is_cut) {
            // Its decisions may have been cut off.
            self.forget_pending();
        }
        if let Some(taken) = self.pending.take() {
            self.end = damage;
            self.at = self.lines.len();
            return Some(Ok(taken));
        }
        self.is_over = true;
        damage.map(|damage| Err(Damage { events: self.number, ..damage }))
    }

    /// At a line that is wrong although its sum is right, or has none.
    fn stop(&mut self, begin: usize, cause: &str) -> Option<Result<Taken, Damage>> {
        self.forget_pending();
        self.is_over = true;
        // Within a compressed frame, its beginning is all that can be said.
        let byte = if self.block.is_none() { self.byte + begin as u64 } else { self.byte };
        let cause = Text::new(cause);
        Some(Err(Damage { byte, block: self.block, events: self.number, is_cut: false, cause }))
    }

    fn forget_pending(&mut self) {
        if let Some(taken) = self.pending.take() {
            self.number = taken.number;
        }
    }
}

impl Iterator for Events {
    type Item = Result<Taken, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over { None } else { self.step() }
    }
}

/// Decompresses one frame as far as it goes, at most `limit` bytes; and why it goes no further, if it has no end.
pub(super) fn inflate(frame: &[u8], limit: usize) -> (Vec<u8>, Option<Text>) {
    let mut raw = Vec::new();
    let read = zstd::stream::read::Decoder::with_buffer(frame).and_then(|decoder| {
        let mut decoder = decoder.single_frame();
        decoder.window_log_max(WINDOW_LOG)?;
        // What was read stays in `raw` when it fails.
        decoder.take(limit as u64 + 1).read_to_end(&mut raw)
    });
    let flaw = match read {
        Ok(_) if raw.len() > limit => Some(Text::new("its lines are longer than a block can be")),
        Ok(_) => None,
        Err(error) => Some(Text::new(&error.to_string())),
    };
    raw.truncate(limit);
    (raw, flaw)
}
