//! The beacon: tells the service manager and whoever looks at the ready file how the guard is.
//!
//! In: ready, status, signs of life, stopping. Out: `sd_notify` messages, if `NOTIFY_SOCKET` is set, and a file that is
//! there while the guard is ready. Both may block, so a thread of its own does it; a word that finds no place is lost,
//! and said again by the next look.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::oneshot;

use super::line::Kind;
use super::log::Log;

/// Words that may wait: the newest status and a sign of life are all that matters.
const QUEUE: usize = 16;

enum Word {
    Ready(String),
    Status(String),
    Alive,
    Stopping(String),
    Finish(oneshot::Sender<()>),
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Beacon {
    words: SyncSender<Word>,
}

impl Beacon {
    /// Starts the thread. A ready file that an earlier run left behind goes first.
    ///
    /// # Errors
    /// When that file cannot be removed, its folder is not there, or the system gives no thread.
    pub fn start(ready_file: Option<PathBuf>, log: Log) -> std::io::Result<Self> {
        if let Some(path) = &ready_file {
            remove(path)?;
            folder_of(path).metadata()?;
        }
        let (words, heard) = sync_channel(QUEUE);
        let tower = Tower { ready_file, log, has_failed: false };
        std::thread::Builder::new().name("beacon".into()).spawn(move || tower.run(&heard))?;
        Ok(Self { words })
    }

    /// How often the service manager wants a sign of life. `None`: never.
    pub fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    /// Ready, with a line on what is seen. Returns whether the word is on its way.
    pub fn ready(&self, text: &str) -> bool {
        self.words.try_send(Word::Ready(text.into())).is_ok()
    }

    /// How it goes. Returns whether the word is on its way.
    pub fn status(&self, text: &str) -> bool {
        self.words.try_send(Word::Status(text.into())).is_ok()
    }

    /// A sign of life.
    pub fn alive(&self) {
        // When the queue is full, the service manager itself does not keep up.
        let _ = self.words.try_send(Word::Alive);
    }

    /// The end has begun.
    pub fn stopping(&self, text: &str) {
        let _ = self.words.try_send(Word::Stopping(text.into()));
    }

    /// Takes the ready file away, at most for `patience`.
    pub async fn finish(&self, patience: Duration) {
        let (answer, finished) = oneshot::channel();
        if self.words.try_send(Word::Finish(answer)).is_ok() {
            let _ = tokio::time::timeout(patience, finished).await;
        }
    }
}

struct Tower {
    ready_file: Option<PathBuf>,
    log: Log,
    has_failed: bool,
}

impl Tower {
    fn run(mut self, heard: &Receiver<Word>) {
        for word in heard {
            match word {
                Word::Ready(text) => {
                    self.write(&text);
                    self.notify(&[NotifyState::Ready, NotifyState::Status(&text)]);
                }
                Word::Status(text) => self.notify(&[NotifyState::Status(&text)]),
                Word::Alive => self.notify(&[NotifyState::Watchdog]),
                Word::Stopping(text) => {
                    self.remove();
                    self.notify(&[NotifyState::Stopping, NotifyState::Status(&text)]);
                }
                Word::Finish(answer) => {
                    self.remove();
                    let _ = answer.send(());
                }
            }
        }
    }

    fn notify(&mut self, words: &[NotifyState<'_>]) {
        let Err(cause) = sd_notify::notify(words) else { return };
        // Said once: it comes again with every sign of life.
        if !std::mem::replace(&mut self.has_failed, true) {
            self.log.say(None, Kind::Log, format!("cannot tell the service manager how it goes: {cause}"));
        }
    }

    fn write(&self, text: &str) {
        let Some(path) = &self.ready_file else { return };
        // Under another name first: whoever finds the file finds all of it.
        let mut draft = path.clone().into_os_string();
        draft.push(format!(".{}", std::process::id()));
        let written =
            std::fs::write(&draft, format!("{text}\n")).and_then(|()| std::fs::rename(&draft, path));
        if let Err(cause) = written {
            self.log.say(None, Kind::Log, format!("cannot write the ready file {}: {cause}", path.display()));
        }
    }

    fn remove(&self) {
        if let Some(path) = &self.ready_file
            && let Err(cause) = remove(path)
        {
            self.log.say(
                None,
                Kind::Log,
                format!("cannot remove the ready file {}: {cause}", path.display()),
            );
        }
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
