//! The tape: a recording that is read forward from any event on, as often as one likes.
//!
//! In: a file, or bytes that were compiled in. Out: [`Taken`] after [`Taken`]. Damage is an end and no error: what
//! comes before it is as good as any, and [`Tape::damage`] says where it is.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};

use super::{Header, Recording, RecordingError, Taken};
use crate::domain::Text;

/// Where the bytes are.
#[derive(Debug, Clone)]
enum Origin {
    File(PathBuf),
    Bytes(String, &'static [u8]),
}

type Reader = Box<dyn BufRead + Send>;

/// A recording that is read forward from any event on.
pub(super) struct Tape {
    origin: Origin,
    reader: Recording<Reader>,
    /// The number of the next event that the reader gives, if it was not missing.
    next: u64,
    /// The event that was read and not wanted.
    back: Option<Taken>,
    damage: Option<Text>,
}

impl Tape {
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Self::load(Origin::File(path.to_owned()))
    }

    pub fn of(name: &str, bytes: &'static [u8]) -> Result<Self, RecordingError> {
        Self::load(Origin::Bytes(name.to_owned(), bytes))
    }

    fn load(origin: Origin) -> Result<Self, RecordingError> {
        let reader = read(&origin)?;
        Ok(Self { origin, reader, next: 0, back: None, damage: None })
    }

    pub const fn header(&self) -> &Header {
        self.reader.header()
    }

    pub const fn damage(&self) -> Option<&Text> {
        self.damage.as_ref()
    }

    /// Goes to an event: [`Tape::next`] gives it, or the first one after it if it is missing.
    pub fn go_to(&mut self, event: u64) -> Result<(), RecordingError> {
        if event < self.next {
            self.reader = read(&self.origin)?;
            self.next = 0;
            self.back = None;
        }
        while self.next < event {
            if self.next()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Puts the event back that was given last: it is given again.
    pub fn put_back(&mut self, taken: Taken) {
        self.next = taken.number - taken.missing.min(taken.number);
        self.back = Some(taken);
    }

    /// Takes over what another tape of the same recording knows of its damage.
    pub fn adopt_damage(&mut self, other: Self) {
        self.damage = other.damage;
    }

    /// The next event; `None` at the end of what can be read.
    pub fn next(&mut self) -> Result<Option<Taken>, RecordingError> {
        if let Some(taken) = self.back.take() {
            self.next = taken.number + 1;
            return Ok(Some(taken));
        }
        match self.reader.next() {
            None => Ok(None),
            Some(Ok(taken)) => {
                self.next = taken.number + 1;
                Ok(Some(taken))
            }
            Some(Err(error @ RecordingError::Unreadable { .. })) => Err(error),
            Some(Err(error)) => {
                self.damage = Some(Text::new(&error.to_string()));
                Ok(None)
            }
        }
    }
}

fn read(origin: &Origin) -> Result<Recording<Reader>, RecordingError> {
    let (name, reader): (_, Reader) = match origin {
        Origin::Bytes(name, bytes) => (name.clone(), Box::new(Cursor::new(*bytes))),
        Origin::File(path) => {
            let name = path.display().to_string();
            let failed =
                |cause| RecordingError::Unreadable { path: Text::new(&name).to_string(), line: 1, cause };
            (name.clone(), Box::new(BufReader::new(File::open(path).map_err(failed)?)))
        }
    };
    Recording::open(&name, reader)
}
