//! What the person does, as a stream.
//!
//! In: bytes from standard input, and SIGWINCH. Out: [`Input`]s; `None` once the terminal has gone away. A thread
//! waits for bytes, because making standard input non-blocking would make the shell's non-blocking too. At the end of
//! the terminal (end of file, an error, a hang-up) it stops reading; it does not try again.

use std::{
    fs::File,
    io::{self, ErrorKind, PipeReader, PipeWriter, Read},
    os::fd::{AsFd, OwnedFd},
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    time::Instant,
};

use super::{TermError, parser::Parser, repeat::Repeat, terminal};
use crate::keys::Input;

/// Inputs that may wait for the loop: more than a person types while one frame is drawn. When it is full, reading
/// stops and the terminal keeps the rest.
const MOST_WAITING: usize = 256;

/// Bytes read at once: more than the kernel keeps for a terminal in one piece.
const CHUNK: usize = 4096;

/// The stream of [`Input`]s. Dropping it ends the reading, so that later keys go to whoever reads next.
#[derive(Debug)]
pub struct Inputs {
    waiting: mpsc::Receiver<Input>,
    resized: Signal,
    /// Closed on drop, which wakes the thread.
    _open: PipeWriter,
}

impl Inputs {
    /// Starts reading from standard input.
    ///
    /// # Errors
    /// If the system has no thread, pipe or signal left for it.
    ///
    /// # Panics
    /// Outside a tokio runtime with signals enabled.
    pub fn open() -> Result<Self, TermError> {
        let during = TermError::during::<io::Error>;
        let resized = signal(SignalKind::window_change()).map_err(during("listen for resizing"))?;
        let tty = io::stdin().as_fd().try_clone_to_owned().map_err(during("open the keyboard"))?;
        Self::read(tty, resized).map_err(during("read the keyboard"))
    }

    fn read(tty: OwnedFd, resized: Signal) -> io::Result<Self> {
        let (closed, open) = io::pipe()?;
        let (sender, waiting) = mpsc::channel(MOST_WAITING);
        thread::Builder::new()
            .name("term-input".to_owned())
            .spawn(move || read_all(File::from(tty), &closed, &sender))?;
        Ok(Self { waiting, resized, _open: open })
    }

    /// Waits for the next input; `None` when the terminal has gone away. Can be dropped and asked again.
    pub async fn next(&mut self) -> Option<Input> {
        tokio::select! {
            biased;
            input = self.waiting.recv() => input,
            _ = self.resized.recv() => {
                let size = terminal::size().ok()?;
                Some(Input::Resize { columns: size.width, rows: size.height })
            }
        }
    }
}

/// What the thread woke up for.
enum Woken {
    /// There are bytes, or the end of file.
    Readable,
    /// Nothing came for as long as the parser wanted to wait.
    Quiet,
    /// The terminal or the reader of the stream has gone away.
    Over,
}

/// The thread: reads until the terminal or the reader of the stream is gone.
fn read_all(mut tty: File, closed: &PipeReader, sender: &mpsc::Sender<Input>) {
    let mut parser = Parser::default();
    let mut repeat = Repeat::default();
    let mut bytes = [0; CHUNK];
    let mut inputs = Vec::new();
    loop {
        match wait(&tty, closed, parser.patience()) {
            Woken::Over => return,
            Woken::Quiet => parser.pause(&mut inputs),
            Woken::Readable => match tty.read(&mut bytes) {
                Ok(0) => return,
                Ok(count) => parser.feed(bytes.get(..count).unwrap_or_default(), &mut inputs),
                // Somebody who shares the terminal has made it non-blocking, and was quicker.
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(_) => return,
            },
        }
        let now = Instant::now();
        for mut input in inputs.drain(..) {
            if let Input::Key { chord, repeat: held } = &mut input {
                *held |= repeat.notice(*chord, now);
            }
            if sender.blocking_send(input).is_err() {
                return;
            }
        }
    }
}

/// Waits for bytes, for the end, or for as long as the parser wants to.
fn wait(tty: &File, closed: &PipeReader, patience: Option<Duration>) -> Woken {
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    loop {
        let mut both = [PollFd::new(tty, PollFlags::IN), PollFd::new(closed, PollFlags::IN)];
        let ready = poll(&mut both, patience.as_ref());
        let [tty, closed] = both.map(|fd| fd.revents());
        return match ready {
            Err(Errno::INTR) => continue,
            Err(_) => Woken::Over,
            Ok(_) if !closed.is_empty() => Woken::Over,
            Ok(0) => Woken::Quiet,
            Ok(_) if tty.contains(PollFlags::IN) => Woken::Readable,
            Ok(_) => Woken::Over,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Longest that a test waits for the thread.
    const PATIENCE: Duration = Duration::from_secs(5);

    fn inputs() -> (Inputs, PipeWriter) {
        let (tty, keyboard) = io::pipe().unwrap();
        let resized = signal(SignalKind::window_change()).unwrap();
        (Inputs::read(tty.into(), resized).unwrap(), keyboard)
    }

    async fn next(inputs: &mut Inputs) -> Option<Input> {
        tokio::time::timeout(PATIENCE, inputs.next()).await.unwrap()
    }

    fn key(text: &str, repeat: bool) -> Option<Input> {
        Some(Input::Key { chord: text.parse().unwrap(), repeat })
    }

    #[tokio::test]
    async fn keys_arrive_and_held_ones_are_marked() {
        let (mut inputs, mut keyboard) = inputs();
        keyboard.write_all(b"wKK").unwrap();
        assert_eq!(next(&mut inputs).await, key("w", false));
        assert_eq!(next(&mut inputs).await, key("K", false));
        assert_eq!(next(&mut inputs).await, key("K", true));
    }

    #[tokio::test]
    async fn escape_alone_arrives_without_another_key() {
        let (mut inputs, mut keyboard) = inputs();
        keyboard.write_all(b"\x1b").unwrap();
        assert_eq!(next(&mut inputs).await, key("esc", false));
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_terminal() {
        let (mut inputs, keyboard) = inputs();
        drop(keyboard);
        assert_eq!(next(&mut inputs).await, None);
    }

    #[tokio::test]
    async fn a_dropped_stream_leaves_later_keys_alone() {
        let (inputs, keyboard) = inputs();
        drop(inputs);
        // A pipe whose reader is gone says so.
        let mut end = [PollFd::new(&keyboard, PollFlags::empty())];
        let patience = Timespec::try_from(PATIENCE).unwrap();
        assert_eq!(poll(&mut end, Some(&patience)).unwrap(), 1, "the thread still reads");
    }
}
