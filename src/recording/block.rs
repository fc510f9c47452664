//! The bytes of a block's head, and the bounds of everything in the file.
//!
//! ```text
//! ┌ skippable frame ┐┌ skippable frame ┐┌ zstd frame ┐┌ skippable frame ┐
//! │ head            ││ keyframe, if any││ lines      ││ trailer: marks  │
//! └─────────────────┘└─────────────────┘└────────────┘└─────────────────┘
//! ```
//!
//! In: bytes, of whoever. Out: a [`Head`] whose numbers are within bounds, or why it is none. All numbers are little
//! endian; `docs/recording.md` has the table. A decoder of zstd passes over skippable frames, so that the whole file is
//! lines of JSON to it.
//!
//! This file must never read or write a file.

use crc32fast::Hasher;

/// The longest line: an event that brings a whole line of the journal fits four times.
pub(super) const MAX_LINE: usize = 4 * 1024 * 1024;
/// A block is closed when it has so many bytes of lines: some thousand events, which a seek decodes in a few
/// milliseconds, and enough that compressing in blocks costs next to nothing.
pub(super) const BLOCK_RAW: usize = 1024 * 1024;
/// The most bytes of lines in a block: the last event may be as long as a line may be, with what stands beside it.
pub(super) const MAX_RAW: usize = BLOCK_RAW + 2 * MAX_LINE;
/// The longest frame: lines that do not compress at all, and a few bytes for each flush.
pub(super) const MAX_FRAME: usize = MAX_RAW + BLOCK_RAW;
/// The longest trailer, and so the marks of one block.
pub(super) const MAX_TRAILER: usize = 256 * 1024;
/// The longest keyframe in the file: the state of the engine, compressed; a large one has some MiB.
pub(super) const MAX_KEYFRAME: usize = 64 * 1024 * 1024;
/// Sums within a frame, one for each such share of a block's lines, so that a flipped bit costs the lines after it and
/// not the whole block.
pub(super) const MAX_CHECKS: usize = 16;

/// Magic number of the skippable frame with a block's head.
pub(super) const HEAD_FRAME: u32 = 0x184D_2A50;
/// Magic number of the skippable frame with a keyframe.
pub(super) const KEYFRAME_FRAME: u32 = 0x184D_2A51;
/// Magic number of the skippable frame with a block's marks.
pub(super) const TRAILER_FRAME: u32 = 0x184D_2A52;
/// Magic number of the skippable frame with the index.
pub(super) const INDEX_FRAME: u32 = 0x184D_2A53;
/// Magic number and length, at the beginning of every skippable frame.
pub(super) const FRAME_HEAD: usize = 8;

/// How a head begins.
pub(super) const MAGIC: &[u8; 8] = b"gonogoRC";
/// The version of the container; the first had none.
pub(super) const CONTAINER: u8 = 2;
/// Length of a head without its frame's own.
pub(super) const HEAD_LEN: usize = CHECKS_AT + MAX_CHECKS * 8 + 4;
/// Length of a head in the file.
pub(super) const HEAD_SIZE: usize = FRAME_HEAD + HEAD_LEN;
const CHECKS_AT: usize = 72;

/// What a block says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Head {
    /// Its number in the file, from 0.
    pub number: u32,
    /// Whether the writer is done with it.
    pub is_closed: bool,
    /// Length of its keyframe's skippable frame; 0 without one.
    pub keyframe: u32,
    /// Length of its trailer's skippable frame; 0 without one.
    pub trailer: u32,
    /// Bytes of its frame that the sum is about: all of them when it is closed.
    pub frame: u32,
    /// Bytes of lines in these.
    pub raw: u32,
    /// Events in these.
    pub events: u32,
    /// CRC-32 of these.
    pub sum: u32,
    /// Events before it, missing ones included: the number of its first line's event, if none is missing there.
    pub first: u64,
    /// Events that are missing in it.
    pub missing: u64,
    /// Time of its first event, in ms since 1970; 0 without events.
    pub from: i64,
    /// Time of its last event.
    pub to: i64,
    /// Sums within its frame, in order.
    pub checks: Vec<Check>,
}

/// The sum of the beginning of a frame, up to an end of a line that a decoder gets to with these bytes alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Check {
    /// So many bytes.
    pub frame: u32,
    /// CRC-32 of these.
    pub sum: u32,
}

/// Why bytes are no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoHead {
    /// Of a later version of the container.
    Newer(u8),
    /// Something else, or damaged.
    Damaged(&'static str),
}

impl Head {
    /// The whole skippable frame.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = skippable(HEAD_FRAME, HEAD_LEN);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[CONTAINER, u8::from(self.is_closed)]);
        bytes.extend_from_slice(&(self.checks.len() as u16).to_le_bytes());
        for number in [self.number, self.keyframe, self.trailer, self.frame, self.raw, self.events, self.sum]
        {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.first, self.missing] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for time in [self.from, self.to] {
            bytes.extend_from_slice(&time.to_le_bytes());
        }
        for check in &self.checks {
            bytes.extend_from_slice(&check.frame.to_le_bytes());
            bytes.extend_from_slice(&check.sum.to_le_bytes());
        }
        bytes.resize(HEAD_SIZE - 4, 0);
        let sum = crc32fast::hash(bytes.get(FRAME_HEAD..).unwrap_or_default());
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads a whole skippable frame of [`HEAD_SIZE`] bytes.
    pub fn read(bytes: &[u8]) -> Result<Self, NoHead> {
        if bytes.len() < HEAD_SIZE {
            return Err(NoHead::Damaged("the file ends within a block's head"));
        }
        let mut fields = Fields(bytes);
        if fields.u32() != Some(HEAD_FRAME) || fields.u32() != Some(HEAD_LEN as u32) {
            return Err(NoHead::Damaged("no block begins here"));
        }
        let Some((body, mut sum)) = fields.0.split_at_checked(HEAD_LEN - 4).map(|(a, b)| (a, Fields(b)))
        else {
            return Err(NoHead::Damaged("no block begins here"));
        };
        if !body.starts_with(MAGIC) {
            return Err(NoHead::Damaged("no block begins here"));
        }
        if sum.u32() != Some(crc32fast::hash(body)) {
            return Err(NoHead::Damaged("a block's head does not match its sum"));
        }
        let mut fields = Fields(body.get(MAGIC.len()..).unwrap_or_default());
        match fields.take() {
            Some([CONTAINER]) => {}
            Some([version]) if version > CONTAINER => return Err(NoHead::Newer(version)),
            _ => return Err(NoHead::Damaged("a block's head has no version")),
        }
        Self::read_fields(fields)
            .filter(Self::is_sound)
            .ok_or(NoHead::Damaged("a block's head says what cannot be"))
    }

    fn read_fields(mut fields: Fields<'_>) -> Option<Self> {
        let [is_closed] = fields.take()?;
        let checks = usize::from(u16::from_le_bytes(fields.take()?));
        let (number, keyframe, trailer) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let (frame, raw, events, sum) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
        let (first, missing) = (fields.u64()?, fields.u64()?);
        let (from, to) = (i64::from_le_bytes(fields.take()?), i64::from_le_bytes(fields.take()?));
        let mut read = || Some(Check { frame: fields.u32()?, sum: fields.u32()? });
        let checks = (0..checks.min(MAX_CHECKS + 1)).map(|_| read()).collect::<Option<Vec<_>>>()?;
        Some(Self {
            number,
            is_closed: is_closed == 1,
            keyframe,
            trailer,
            frame,
            raw,
            events,
            sum,
            first,
            missing,
            from,
            to,
            checks,
        })
    }

    /// Whether nothing in it is beyond the bounds. Its sum may be right all the same: anybody can write one.
    fn is_sound(&self) -> bool {
        self.frame as usize <= MAX_FRAME
            && self.raw as usize <= MAX_RAW
            && self.trailer as usize <= MAX_TRAILER
            && self.keyframe as usize <= MAX_KEYFRAME
            && self.events <= self.raw
            && self.next().is_some()
            && self.checks.is_sorted_by_key(|check| check.frame)
            && self.checks.iter().all(|check| check.frame <= self.frame)
    }

    /// The number of the event after it. `None`: beyond counting.
    pub fn next(&self) -> Option<u64> {
        self.first.checked_add(u64::from(self.events))?.checked_add(self.missing)
    }

    /// Where its frame begins, from the beginning of the head.
    pub fn frame_at(&self) -> u64 {
        HEAD_SIZE as u64 + u64::from(self.keyframe)
    }

    /// Its length in the file, once it is closed.
    pub fn size(&self) -> u64 {
        self.frame_at() + u64::from(self.frame) + u64::from(self.trailer)
    }

    /// How much of a frame can be trusted, and why not all. What is cut off is trusted as far as it goes.
    pub fn trust(&self, frame: &[u8]) -> (usize, Option<Doubt>) {
        let mut hasher = Hasher::new();
        let mut done = 0;
        let end = Check { frame: self.frame, sum: self.sum };
        for check in self.checks.iter().chain([&end]) {
            let Some(bytes) = frame.get(done..check.frame as usize) else {
                return (frame.len(), Some(Doubt::Cut));
            };
            hasher.update(bytes);
            if hasher.clone().finalize() != check.sum {
                return (done, Some(Doubt::Damaged));
            }
            done = check.frame as usize;
        }
        (done, None)
    }
}

/// Why not all of a frame can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The file ends within it.
    Cut,
    /// Its bytes are not those that were written.
    Damaged,
}

/// The beginning of a skippable frame.
pub(super) fn skippable(magic: u32, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FRAME_HEAD + length);
    bytes.extend_from_slice(&magic.to_le_bytes());
    bytes.extend_from_slice(&(length as u32).to_le_bytes());
    bytes
}

/// The content of a skippable frame that ends with the CRC-32 of all its content before.
pub(super) fn content(magic: u32, frame: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields(frame);
    if fields.u32()? != magic || fields.u32()? as usize != fields.0.len() {
        return None;
    }
    let (content, sum) = fields.0.split_at_checked(fields.0.len().checked_sub(4)?)?;
    (Fields(sum).u32()? == crc32fast::hash(content)).then_some(content)
}

/// A whole skippable frame that [`content`] reads.
pub(super) fn with_sum(magic: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = skippable(magic, content.len() + 4);
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
    bytes
}

/// Numbers, one after the other.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl Fields<'_> {
    pub fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.take().map(i64::from_le_bytes)
    }
}
