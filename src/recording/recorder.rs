//! The writing side: events go into a bounded queue, and a thread writes them down.
//!
//! It reads no clock: whether it is time to flush is seen from the events' own times, or from waiting for the next.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Header;
use super::RecordingError;
use super::line::Line;
use crate::domain::{Text, Timestamp};
use crate::engine::Decision;
use crate::event::Event;

/// Events that may wait for the disk: over a second of a flood of 10,000 a second. Later ones are lost, and counted.
const QUEUE: usize = 16_384;
/// The longest time that an event is kept from the file: half of what is promised.
const FLUSH: Duration = Duration::from_millis(500);
/// The longest line: an event that brings a whole line of the journal fits four times.
pub(super) const MAX_LINE: usize = 4 * 1024 * 1024;

enum Order {
    Write(Box<(Event, Vec<Decision>)>),
    Finish(SyncSender<()>),
}

/// What the thread tells while it works.
#[derive(Debug, Default)]
struct Progress {
    written: AtomicU64,
    /// Why writing ended for good.
    failure: OnceLock<Text>,
}

/// Writes events into a file, in a thread of its own. It never waits for the disk.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    orders: SyncSender<Order>,
    progress: Arc<Progress>,
    /// Events that found a place in the queue.
    accepted: u64,
    refused: u64,
    told: u64,
}

/// How a recording ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The file.
    pub path: PathBuf,
    /// Events in it.
    pub events: u64,
    /// Events that are missing in it.
    pub lost: u64,
    /// Why writing ended early. `None`: it did not.
    pub failure: Option<Text>,
}

impl Recorder {
    /// Makes the file, writes its first line and starts the thread.
    ///
    /// # Errors
    /// [`RecordingError`] when the file is there already or cannot be made.
    pub fn create(path: &Path, header: &Header) -> Result<Self, RecordingError> {
        let shown = || Text::new(&path.display().to_string()).to_string();
        let failed = |cause: io::Error| match cause.kind() {
            ErrorKind::AlreadyExists => RecordingError::Exists { path: shown() },
            _ => RecordingError::Unwritable { path: shown(), cause },
        };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        let mut file = BufWriter::new(file);
        let mut opening = serde_json::to_vec(header).map_err(|error| failed(error.into()))?;
        opening.push(b'\n');
        file.write_all(&opening).and_then(|()| file.flush()).map_err(failed)?;
        let (orders, todo) = sync_channel(QUEUE);
        let progress = Arc::new(Progress::default());
        let shared = Arc::clone(&progress);
        let run = move || {
            if let Err(cause) = write_all(&todo, &mut file, &shared.written) {
                let text = format!("the recording ended: its file cannot be written: {cause}");
                // Set once, here.
                let _ = shared.failure.set(Text::new(&text));
            }
        };
        std::thread::Builder::new().name("recording".into()).spawn(run).map_err(failed)?;
        Ok(Self { path: path.to_owned(), orders, progress, accepted: 0, refused: 0, told: 0 })
    }

    /// Has an event and what was decided on it written, if there is room for it; never waits.
    pub fn take(&mut self, event: &Event, decided: &[Decision]) {
        match self.orders.try_send(Order::Write(Box::new((event.clone(), decided.to_vec())))) {
            Ok(()) => self.accepted += 1,
            Err(_) => self.refused += 1,
        }
    }

    /// A problem to be shown, once for each time that more was lost since the last call.
    pub fn problem(&mut self) -> Option<Text> {
        if self.refused == self.told {
            return None;
        }
        self.told = self.refused;
        let behind = || Text::new("events are missing in the recording: the disk does not keep up");
        Some(self.progress.failure.get().cloned().unwrap_or_else(behind))
    }

    /// Ends the recording: waits until everything is in the file, at most `patience`.
    #[must_use]
    pub fn finish(self, patience: Duration) -> Recorded {
        let (answer, finished) = sync_channel(1);
        // A full queue or a thread that ended: then what is missing is counted below.
        if self.orders.try_send(Order::Finish(answer)).is_ok() {
            let _ = finished.recv_timeout(patience);
        }
        let events = self.progress.written.load(Ordering::SeqCst);
        let lost = self.refused + self.accepted.saturating_sub(events);
        Recorded { path: self.path, events, lost, failure: self.progress.failure.get().cloned() }
    }
}

/// Writes until nobody is left to hand anything in. Events count as written when they are out of our hands.
fn write_all(todo: &Receiver<Order>, file: &mut BufWriter<File>, written: &AtomicU64) -> io::Result<()> {
    let mut line = Vec::new();
    let mut waiting = 0;
    let mut flushed_at = Timestamp(i64::MIN);
    let flush = |file: &mut BufWriter<File>, waiting: &mut u64| {
        if *waiting > 0 {
            file.flush()?;
            written.fetch_add(std::mem::take(waiting), Ordering::SeqCst);
        }
        io::Result::Ok(())
    };
    loop {
        match todo.recv_timeout(FLUSH) {
            Ok(Order::Write(taken)) => {
                let (event, decided) = *taken;
                line.clear();
                // What cannot be read again is not written: it counts as lost.
                if compose(&mut line, &event, &decided).is_ok() && line.len() < MAX_LINE {
                    file.write_all(&line)?;
                    waiting += 1;
                }
                if event.at.since(flushed_at) >= FLUSH {
                    flush(file, &mut waiting)?;
                    flushed_at = event.at;
                }
            }
            Ok(Order::Finish(answer)) => {
                flush(file, &mut waiting)?;
                // Whoever asked may have stopped waiting.
                let _ = answer.send(());
            }
            Err(RecvTimeoutError::Timeout) => flush(file, &mut waiting)?,
            Err(RecvTimeoutError::Disconnected) => return flush(file, &mut waiting),
        }
    }
}

/// The line of an event, and one for what was decided on it.
fn compose(line: &mut Vec<u8>, event: &Event, decided: &[Decision]) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *line, event)?;
    line.push(b'\n');
    if !decided.is_empty() {
        serde_json::to_writer(&mut *line, &Line::Decided(decided.into()))?;
        line.push(b'\n');
    }
    Ok(())
}
