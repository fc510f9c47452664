//! The loop's side of the writing: events go into a bounded queue, and a thread writes them down.
//!
//! The loop neither waits nor wakes anybody: it puts what it has where the thread looks for it five times a second. Only
//! when the queue fills up sooner than that it is woken.
//!
//! It reads no clock: whether it is time to flush is seen from the events' own times, or from waiting for the next.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use super::keyframe::Keyframe;
use super::writer::Writer;
use super::{Header, RecordingError};
use crate::domain::{Text, Timestamp};
use crate::engine::{Decision, Model};
use crate::event::{Body, Event};

/// Events that may wait for the disk: over a second of a flood of 10,000 a second. Later ones are lost, and counted.
const QUEUE: usize = 16_384;
/// So many events are handed over at once: taking a lock for each of a flood of readings would cost more than they do.
const BATCH: usize = 64;
/// The thread is woken when so many are waiting: it has time enough for the rest of the queue.
const WAKE: usize = QUEUE / 4;
/// How often the thread looks for events: seldom enough that an idle cockpit stays idle.
const LOOK: Duration = Duration::from_millis(200);
/// The longest time that the thread keeps an event from the file. With the time until the next tick, at which the loop
/// hands over what it has, it stays below the second that is promised.
const FLUSH: Duration = Duration::from_millis(200);

/// Turns the state of the engine into bytes. `None`: it cannot.
pub type Freeze = fn(&Model) -> Option<Keyframe>;

/// The most room that a model's charts may take for its state to be worth a keyframe: to copy more than that takes the loop
/// longer than a frame.
const MAX_CHARTS: usize = 16 * 1024 * 1024;

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are events, which a box each would only make dearer"
)]
enum Order {
    Write(Event, Vec<Decision>),
    /// So many events are missing here.
    Miss(u64),
    Keyframe(Box<Model>),
}

/// What the loop and the thread share.
#[derive(Default)]
struct Shared {
    queue: Mutex<Vec<Order>>,
    is_ending: AtomicBool,
    wants_keyframe: AtomicBool,
    written: AtomicU64,
    /// Why writing ended for good.
    failure: OnceLock<Text>,
}

/// Writes events into a file, in a thread of its own. It never waits for the disk.
pub struct Recorder {
    path: PathBuf,
    shared: Arc<Shared>,
    thread: Thread,
    finished: Receiver<()>,
    /// What is to be handed over next.
    batch: Vec<Order>,
    /// Orders that wait in the queue, as it was last seen.
    waiting: usize,
    /// Events that were handed in.
    taken: u64,
    refused: u64,
    /// Refused ones that the file does not tell of yet.
    untold: u64,
    told: u64,
    /// Whether it was said that writing has ended.
    has_told_end: bool,
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

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("path", &self.path)
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    /// Makes the file, writes its header and starts the thread.
    ///
    /// # Errors
    /// [`RecordingError`] when the file is there already or cannot be made.
    pub fn create(path: &Path, header: &Header) -> Result<Self, RecordingError> {
        Self::create_freezing(path, header, Keyframe::of)
    }

    /// The same, with other keyframes than [`Keyframe::of`] makes.
    ///
    /// # Errors
    /// As [`Recorder::create`].
    pub fn create_freezing(path: &Path, header: &Header, freeze: Freeze) -> Result<Self, RecordingError> {
        let writer = Writer::create(path, header)?;
        let shared = Arc::new(Shared::default());
        let (sender, finished) = sync_channel(1);
        let theirs = Arc::clone(&shared);
        let run = move || {
            if let Err(cause) = write_all(&theirs, writer, freeze) {
                let text = format!("the recording ended: its file cannot be written: {cause}");
                // Set once, here.
                let _ = theirs.failure.set(Text::new(&text));
            }
            // Whoever waits may have stopped waiting.
            let _ = sender.send(());
        };
        let thread = std::thread::Builder::new().name("recording".into()).spawn(run).map_err(|cause| {
            RecordingError::Unwritable { path: Text::new(&path.display().to_string()).to_string(), cause }
        })?;
        Ok(Self {
            path: path.to_owned(),
            shared,
            thread: thread.thread().clone(),
            finished,
            batch: Vec::with_capacity(2 * BATCH),
            waiting: 0,
            taken: 0,
            refused: 0,
            untold: 0,
            told: 0,
            has_told_end: false,
        })
    }

    /// Has an event and what was decided on it written, if there is room for it; never waits.
    pub fn take(&mut self, event: &Event, decided: &[Decision]) {
        self.taken += 1;
        if self.batch.len() + self.waiting >= QUEUE {
            self.hand_over();
        }
        if self.batch.len() + self.waiting >= QUEUE || self.shared.failure.get().is_some() {
            self.refused += 1;
            self.untold += 1;
            return;
        }
        if self.untold > 0 {
            self.batch.push(Order::Miss(std::mem::take(&mut self.untold)));
        }
        self.batch.push(Order::Write(event.clone(), decided.to_vec()));
        // Readings come in floods; whatever else comes takes them along, at the latest the next tick.
        if self.batch.len() >= BATCH || !matches!(event.body, Body::Sample(_)) {
            self.hand_over();
        }
    }

    /// Whether [`Recorder::keyframe`] would be worth its place now. Never after an event was lost: the model knows of
    /// it, and whoever takes the events from the file does not.
    #[must_use]
    pub fn wants_keyframe(&self) -> bool {
        self.refused == 0 && self.shared.wants_keyframe.load(Ordering::Relaxed)
    }

    /// Has the state of a model written, if it is wanted and not too large: that after all events taken so far.
    pub fn offer(&mut self, model: &Model) {
        if !self.wants_keyframe() {
            return;
        }
        if model.chart_bytes() <= MAX_CHARTS {
            self.keyframe(model.clone());
        } else {
            // Charts hardly shrink: it is not asked again with each event.
            self.shared.wants_keyframe.store(false, Ordering::Relaxed);
        }
    }

    /// Has the state written: that after all events taken so far.
    pub fn keyframe(&mut self, model: Model) {
        // Without room for events there is none for a state either; then it is still wanted.
        if self.batch.len() + self.waiting < QUEUE {
            self.shared.wants_keyframe.store(false, Ordering::Relaxed);
            self.batch.push(Order::Keyframe(Box::new(model)));
            self.hand_over();
        }
    }

    /// Puts what there is where the thread finds it, unless it is just looking: then the next time.
    fn hand_over(&mut self) {
        let Ok(mut queue) = self.shared.queue.try_lock() else { return };
        if queue.is_empty() {
            std::mem::swap(&mut *queue, &mut self.batch);
        } else {
            queue.append(&mut self.batch);
        }
        let before = std::mem::replace(&mut self.waiting, queue.len());
        drop(queue);
        if before < WAKE && self.waiting >= WAKE {
            self.thread.unpark();
        }
    }

    /// A problem to be shown, once for each time that more was lost since the last call.
    pub fn problem(&mut self) -> Option<Text> {
        if let Some(failure) = self.shared.failure.get() {
            // It is over, and said once: whatever comes now is refused.
            return (!std::mem::replace(&mut self.has_told_end, true)).then(|| failure.clone());
        }
        if self.refused == self.told {
            return None;
        }
        self.told = self.refused;
        Some(Text::new("events are missing in the recording: the disk does not keep up"))
    }

    /// Ends the recording: waits until everything is in the file, at most `patience`.
    #[must_use]
    pub fn finish(mut self, patience: Duration) -> Recorded {
        self.end();
        // Out of time, or the thread is gone: then what is missing is counted below.
        let _ = self.finished.recv_timeout(patience);
        let events = self.shared.written.load(Ordering::SeqCst);
        let lost = self.taken.saturating_sub(events);
        let failure = self.shared.failure.get().cloned();
        Recorded { path: std::mem::take(&mut self.path), events, lost, failure }
    }

    /// Hands over what is left, and lets the thread end.
    fn end(&mut self) {
        if self.shared.is_ending.load(Ordering::SeqCst) {
            return;
        }
        if self.untold > 0 {
            self.batch.push(Order::Miss(std::mem::take(&mut self.untold)));
        }
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.batch);
        self.shared.is_ending.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

/// Writes until nobody is left to hand anything in. Events count as written when they are out of our hands.
fn write_all(shared: &Shared, mut writer: Writer, freeze: Freeze) -> io::Result<()> {
    let mut orders = Vec::new();
    // Events since the last flush, and how long that is.
    let mut waiting = 0;
    let mut waited = Duration::ZERO;
    let mut flushed_at = Timestamp(i64::MIN);
    let mut has_asked = false;
    let mut is_whole = true;
    loop {
        // Asked first: what was handed over before the end is in the queue then.
        let is_ending = shared.is_ending.load(Ordering::SeqCst);
        std::mem::swap(&mut orders, &mut *shared.queue.lock().unwrap_or_else(PoisonError::into_inner));
        if orders.is_empty() && is_ending {
            writer.finish()?;
            shared.written.fetch_add(waiting, Ordering::SeqCst);
            return Ok(());
        }
        let is_idle = orders.is_empty();
        for order in orders.drain(..) {
            match order {
                Order::Write(event, decided) => {
                    let is_put = writer.put(&event, &decided)?;
                    waiting += u64::from(is_put);
                    is_whole &= is_put;
                    if event.at.since(flushed_at) >= FLUSH {
                        flushed_at = event.at;
                        waited = FLUSH;
                    }
                }
                Order::Miss(count) => writer.miss(count),
                Order::Keyframe(model) => {
                    has_asked = false;
                    if let Some(keyframe) = freeze(&model).filter(|_| is_whole) {
                        writer.put_keyframe(&keyframe)?;
                    }
                }
            }
            if waited >= FLUSH && waiting > 0 {
                waited = Duration::ZERO;
                writer.flush()?;
                shared.written.fetch_add(std::mem::take(&mut waiting), Ordering::SeqCst);
            }
        }
        // What a flood needed is not needed for ever.
        orders.shrink_to(WAKE);
        if !has_asked && is_whole && writer.wants_keyframe() {
            has_asked = true;
            shared.wants_keyframe.store(true, Ordering::Relaxed);
        }
        if is_idle {
            if waiting > 0 && waited >= FLUSH {
                waited = Duration::ZERO;
                writer.flush()?;
                shared.written.fetch_add(std::mem::take(&mut waiting), Ordering::SeqCst);
            }
            std::thread::park_timeout(LOOK);
            waited = (waited + LOOK).min(FLUSH);
        }
    }
}
