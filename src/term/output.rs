//! The way to the terminal: a thread that writes one frame at a time.
//!
//! In: whole frames. Out: one `write` per frame. The thread exists because a terminal may stop reading
//! (a stalled SSH link, Ctrl-S) and the loop, which may have a kill to send, must never wait for it: while a
//! frame is on its way the loop draws none. So at most one frame waits, and nothing grows.
//!
//! Words that are no cells (a copy, a bell) have a place of their own behind the frame, and so never get into the
//! middle of one.
//!
//! Bytes and frames are counted, so that a test can assert that an idle cockpit writes nothing, and how long each frame
//! took is measured, so that who paces them can give a slow terminal time.
//!
//! Sealing is how the terminal is given back: what waits is thrown away, the last words are written,
//! and frames that come later are dropped.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// Most bytes of words that wait: two copies of the longest text, each wrapped for tmux.
const MOST_WORDS: usize = 512 * 1024;

/// What is waiting, and what has been written.
#[derive(Debug, Default)]
struct State {
    /// The frame that the thread will write next; empty if there is none.
    waiting: Vec<u8>,
    /// When `waiting` was handed over as a frame; `None` for a change of modes.
    frame_since: Option<Instant>,
    /// What is written after that.
    words: Vec<u8>,
    /// A written buffer, kept so that the next frame need not allocate.
    spare: Vec<u8>,
    writing: bool,
    sealed: bool,
    closed: bool,
    /// The first failed write; the terminal is gone for good then.
    failure: Option<io::ErrorKind>,
    written: Written,
}

impl State {
    fn idle(&self) -> bool {
        self.waiting.is_empty() && self.words.is_empty() && !self.writing
    }
}

/// What has been written since the terminal was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Bytes, modes included.
    pub bytes: u64,
    /// Frames.
    pub frames: u64,
    /// Bytes of the largest frame.
    pub largest: u64,
    /// How long the last frame took from being handed over until it was written. What lies between the system and the
    /// glass (the buffers of SSH and of the network) is not in it.
    pub took: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    idle: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not keep the terminal from being given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has been written so far, and whether the terminal keeps up. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OutputState(Arc<Shared>);

impl OutputState {
    /// Bytes written since the terminal was entered, modes included.
    pub fn bytes(&self) -> u64 {
        self.written().bytes
    }

    /// Frames written since the terminal was entered.
    pub fn frames(&self) -> u64 {
        self.written().frames
    }

    /// All that is counted.
    pub fn written(&self) -> Written {
        self.0.lock().written
    }

    /// Whether everything handed over has been written.
    pub fn is_idle(&self) -> bool {
        self.0.lock().idle()
    }

    /// Waits until everything handed over has been written. Can be dropped and asked again.
    pub async fn idle(&self) {
        loop {
            let notified = self.0.idle.notified();
            tokio::pin!(notified);
            // Registered before looking, so that a write that ends in between is not missed.
            notified.as_mut().enable();
            if self.is_idle() {
                return;
            }
            notified.await;
        }
    }
}

/// The sender's end; dropping it ends the thread after what waits is written.
#[derive(Debug)]
pub(super) struct Output {
    shared: Arc<Shared>,
}

impl Output {
    /// Starts the thread, which owns the writer.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub(super) fn start(writer: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("term-output".to_owned()).spawn(move || write_all(&theirs, writer))?;
        Ok(Self { shared })
    }

    /// Returns what others may know about this output.
    pub(super) fn state(&self) -> OutputState {
        OutputState(Arc::clone(&self.shared))
    }

    /// Returns an empty buffer to draw the next frame into.
    pub(super) fn spare(&self) -> Vec<u8> {
        std::mem::take(&mut self.shared.lock().spare)
    }

    /// Returns the first failed write.
    pub(super) fn failure(&self) -> Option<io::ErrorKind> {
        self.shared.lock().failure
    }

    /// Whether the terminal has been given back.
    pub(super) fn is_sealed(&self) -> bool {
        self.shared.lock().sealed
    }

    /// Hands over a frame. Returns whether it was taken: not while another one is on its way, and not
    /// after the terminal was given back.
    pub(super) fn send(&self, frame: Vec<u8>) -> bool {
        let mut state = self.shared.lock();
        if state.sealed || !state.idle() {
            return false;
        }
        state.waiting = frame;
        state.frame_since = Some(Instant::now());
        self.shared.changed.notify_all();
        true
    }

    /// Hands over words that are no cells. They are written behind the frame that is on its way, if there is one.
    /// Returns whether they were taken: not after the terminal was given back, and not when too much waits.
    pub(super) fn say(&self, words: &[u8]) -> bool {
        let mut state = self.shared.lock();
        if state.sealed || state.words.len() + words.len() > MOST_WORDS {
            return false;
        }
        state.words.extend_from_slice(words);
        self.shared.changed.notify_all();
        true
    }

    /// Opens the output again, with the words that take the terminal.
    pub(super) fn open(&self, first: &[u8]) {
        let mut state = self.shared.lock();
        state.sealed = false;
        state.waiting.extend_from_slice(first);
        state.frame_since = None;
        self.shared.changed.notify_all();
    }

    /// Throws away what waits, writes the last words and drops whatever comes later. Waits until they are
    /// written, or for `patience`. Returns whether they were.
    pub(super) fn seal(&self, last: &[u8], patience: Duration) -> bool {
        let mut state = self.shared.lock();
        if !state.sealed {
            state.sealed = true;
            state.waiting.clear();
            state.waiting.extend_from_slice(last);
            state.frame_since = None;
            state.words.clear();
            self.shared.changed.notify_all();
        }
        let waited = self.shared.changed.wait_timeout_while(state, patience, |state| !state.idle());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.idle() && state.failure.is_none()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

/// The thread: writes what waits until the sender is gone.
fn write_all(shared: &Shared, mut writer: impl Write) {
    loop {
        let state = shared.lock();
        let has_nothing = |state: &mut State| state.waiting.is_empty() && state.words.is_empty();
        let waited = shared.changed.wait_while(state, |state| has_nothing(state) && !state.closed);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if has_nothing(&mut state) {
            return;
        }
        let first = if state.waiting.is_empty() { &mut state.words } else { &mut state.waiting };
        let mut buffer = std::mem::take(first);
        let frame_since = state.frame_since.take();
        state.writing = true;
        drop(state);

        let written = writer.write_all(&buffer).and_then(|()| writer.flush());

        let mut state = shared.lock();
        state.writing = false;
        match written {
            Ok(()) => {
                let (length, written) = (buffer.len() as u64, &mut state.written);
                written.bytes += length;
                if let Some(since) = frame_since {
                    written.frames += 1;
                    written.largest = written.largest.max(length);
                    written.took = Instant::now().saturating_duration_since(since);
                }
            }
            Err(error) => state.failure = state.failure.or(Some(error.kind())),
        }
        buffer.clear();
        state.spare = buffer;
        drop(state);
        shared.changed.notify_all();
        shared.idle.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Longest that a test waits for the thread.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Reports each write, and completes it only when told to.
    struct Slow {
        written: mpsc::Sender<Vec<u8>>,
        allowed: mpsc::Receiver<()>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.send(bytes.to_vec()).map_err(io::Error::other)?;
            self.allowed.recv().map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn slow() -> (Output, mpsc::Receiver<Vec<u8>>, mpsc::Sender<()>) {
        let (written, wrote) = mpsc::channel();
        let (allow, allowed) = mpsc::channel();
        (Output::start(Slow { written, allowed }).unwrap(), wrote, allow)
    }

    #[tokio::test]
    async fn a_frame_is_one_write_and_is_counted() {
        let (output, wrote, allow) = slow();
        let frame = vec![b'x'; 200_000];
        allow.send(()).unwrap();
        assert!(output.send(frame.clone()));
        output.state().idle().await;
        assert_eq!(wrote.recv_timeout(PATIENCE).unwrap(), frame);
        assert!(wrote.try_recv().is_err(), "the frame was split");
        assert_eq!((output.state().bytes(), output.state().frames()), (200_000, 1));
        assert!(output.spare().capacity() >= 200_000, "the buffer is not used again");
    }

    #[tokio::test]
    async fn while_the_terminal_is_stalled_the_sender_does_not_wait_and_nothing_piles_up() {
        let (output, wrote, allow) = slow();
        assert!(output.send(b"first".to_vec()));
        wrote.recv_timeout(PATIENCE).unwrap();
        assert!(!output.send(b"second".to_vec()));
        assert!(!output.state().is_idle());
        allow.send(()).unwrap();
        output.state().idle().await;
        assert!(output.send(b"third".to_vec()));
        assert_eq!(wrote.recv_timeout(PATIENCE).unwrap(), b"third");
    }

    #[tokio::test]
    async fn words_come_behind_the_frame_that_is_on_its_way_and_are_no_frame() {
        let (output, wrote, allow) = slow();
        assert!(output.send(b"frame".to_vec()));
        wrote.recv_timeout(PATIENCE).unwrap();
        assert!(output.say(b"copy") && output.say(b"bell"));
        assert!(!output.send(b"next frame".to_vec()), "it would have to wait");
        assert!(!output.say(&vec![b'x'; MOST_WORDS]), "what waits is bounded");
        allow.send(()).unwrap();
        assert_eq!(wrote.recv_timeout(PATIENCE).unwrap(), b"copybell");
        allow.send(()).unwrap();
        output.state().idle().await;
        let written = output.state().written();
        assert_eq!((written.frames, written.largest, written.bytes), (1, 5, 13));
        output.seal(b"", Duration::ZERO);
        assert!(!output.say(b"late"));
    }

    #[tokio::test]
    async fn how_long_a_frame_took_is_measured_from_the_hand_over() {
        let (output, wrote, allow) = slow();
        assert!(output.send(b"frame".to_vec()));
        wrote.recv_timeout(PATIENCE).unwrap();
        let stall = Duration::from_millis(30);
        thread::sleep(stall);
        allow.send(()).unwrap();
        output.state().idle().await;
        assert!(output.state().written().took >= stall, "{:?}", output.state().written());
    }

    #[test]
    fn sealing_throws_away_what_waits_and_drops_what_comes_later() {
        let (output, wrote, allow) = slow();
        assert!(output.send(b"stuck".to_vec()));
        wrote.recv_timeout(PATIENCE).unwrap();
        assert!(output.say(b"never said"));
        assert!(!output.seal(b"bye", Duration::ZERO), "a stalled terminal must not be waited for");
        allow.send(()).unwrap();
        assert_eq!(wrote.recv_timeout(PATIENCE).unwrap(), b"bye");
        allow.send(()).unwrap();
        assert!(output.seal(b"again", PATIENCE));
        assert!(!output.send(b"late".to_vec()));
        output.open(b"hello");
        assert_eq!(wrote.recv_timeout(PATIENCE).unwrap(), b"hello");
    }

    #[test]
    fn a_failed_write_is_remembered() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let output = Output::start(Gone).unwrap();
        assert!(output.send(b"frame".to_vec()));
        assert!(!output.seal(b"bye", PATIENCE));
        assert_eq!(output.failure(), Some(io::ErrorKind::BrokenPipe));
        assert_eq!(output.state().bytes(), 0);
    }
}
