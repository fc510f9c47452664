//! The reel: a recording that is read forward from any event on, as often as one likes.
//!
//! In: an [`Archive`]. Out: [`Taken`] after [`Taken`]. Damage is an end and no error: what comes before it is as good as
//! any, and the archive says where it is.

use super::{Archive, Events, RecordingError, Taken};
use crate::domain::Timestamp;

/// A recording that is read forward from any event on.
pub(super) struct Reel {
    pub archive: Archive,
    /// The block that is being read, and what is left of it.
    block: usize,
    events: Option<Events>,
    /// Events before the next one, so far as is known.
    next: u64,
    /// The event that was read and not wanted.
    back: Option<Taken>,
    /// The time of the event that was read last, in the block that is being read.
    last: Option<Timestamp>,
}

impl Reel {
    pub const fn new(archive: Archive) -> Self {
        Self { archive, block: 0, events: None, next: 0, back: None, last: None }
    }

    /// Goes to an event: [`Reel::next`] gives it, or the first one after it if it is missing.
    pub fn go_to(&mut self, event: u64) -> Result<(), RecordingError> {
        let known = self.archive.block_of(event).unwrap_or(0);
        if event < self.next || known > self.block {
            self.back = None;
            self.block = known;
            self.next = self.archive.blocks().get(known).map_or(0, |block| block.first);
            self.events = None;
        }
        while self.next < event {
            match self.next()? {
                Some(taken) if taken.number >= event => {
                    self.put_back(taken);
                    break;
                }
                Some(_) => {}
                None => break,
            }
        }
        Ok(())
    }

    /// Puts the event back that was given last: it is given again.
    pub fn put_back(&mut self, taken: Taken) {
        self.next = taken.number - taken.missing.min(taken.number);
        self.back = Some(taken);
    }

    /// The next event; `None` at the end of what can be read.
    pub fn next(&mut self) -> Result<Option<Taken>, RecordingError> {
        if let Some(taken) = self.back.take() {
            self.next = taken.number + 1;
            return Ok(Some(taken));
        }
        loop {
            if self.events.is_none() {
                while self.block >= self.archive.blocks().len() {
                    // It is not known yet whether there is one more.
                    if self.archive.look(1)? && self.block >= self.archive.blocks().len() {
                        return Ok(None);
                    }
                }
                self.last = None;
                self.events = Some(self.archive.block(self.block)?);
            }
            match self.events.as_mut().and_then(Iterator::next) {
                Some(Ok(taken)) => {
                    self.last = Some(taken.event.at);
                    self.next = taken.number + 1;
                    return Ok(Some(taken));
                }
                Some(Err(damage)) => {
                    self.archive.give_up_after(damage, self.last);
                    (self.events, self.block) = (None, self.archive.blocks().len());
                    return Ok(None);
                }
                None => {
                    self.events = None;
                    self.block += 1;
                }
            }
        }
    }
}
