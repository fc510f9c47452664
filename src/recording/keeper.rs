//! Keeps a folder of recordings within its limits while one is being written to it, in a thread of its own.
//!
//! The thread reads no clock: it looks when the recording says that time has gone on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io};

use super::folder::{Folder, Held, Keep, Tidied};
use crate::config::user::Size;
use crate::domain::{Text, Timestamp};

/// How often it looks: at 10 MB a second, far more than any recording, the limit is passed by a third of a GB at most.
const LOOK: Duration = Duration::from_secs(30);
/// What it may have to say that nobody has asked for yet; the last look's words are enough.
const MAX_SAID: usize = 8;
/// One recording may take this part of what is kept, divided by those that are being written: the other part is for
/// finished ones.
const SHARE: u64 = 2;

/// Keeps the limits; the thread ends with it.
#[derive(Debug)]
pub struct Keeper {
    times: SyncSender<Timestamp>,
    shared: Arc<Shared>,
    looked_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Shared {
    is_full: AtomicBool,
    said: Mutex<Vec<Text>>,
}

impl Keeper {
    /// Starts the thread for a recording that was just begun in a folder.
    ///
    /// # Errors
    /// When the file cannot be held, or the system gives no thread.
    pub fn start(folder: Folder, keep: Keep, file: &Path) -> io::Result<Self> {
        let held = Folder::hold(file)?;
        // One time may wait: a look that takes longer than the pause skips one.
        let (times, todo) = sync_channel(1);
        let shared = Arc::new(Shared::default());
        let watch = Watch { folder, keep, file: file.to_owned(), _held: held, shared: Arc::clone(&shared) };
        std::thread::Builder::new().name("recordings".into()).spawn(move || watch.run(&todo))?;
        Ok(Self { times, shared, looked_at: None })
    }

    /// Time went on. Never waits.
    pub fn tell(&mut self, now: Timestamp) {
        if self.looked_at.is_none_or(|then| now.since(then) >= LOOK) {
            self.looked_at = Some(now);
            // A thread that still looks will look again.
            let _ = self.times.try_send(now);
        }
    }

    /// Whether the recording has had its share of the limit and must end.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared.is_full.load(Ordering::Relaxed)
    }

    /// What was done since the last call.
    #[must_use]
    pub fn said(&self) -> Vec<Text> {
        // Never waits for the thread: what it is saying now is said the next time.
        self.shared.said.try_lock().map(|mut said| std::mem::take(&mut *said)).unwrap_or_default()
    }
}

/// What the thread works with.
struct Watch {
    folder: Folder,
    keep: Keep,
    file: PathBuf,
    _held: Held,
    shared: Arc<Shared>,
}

impl Watch {
    fn run(self, times: &Receiver<Timestamp>) {
        let mut failed = None;
        for now in times {
            let tidied = self.folder.tidy(self.keep, now);
            if tidied.removed > 0 {
                self.say(&removed(&tidied, self.keep));
            }
            // Said once, until it is another one.
            if let Some(failure) = tidied.failure.as_ref().filter(|failure| failed.as_ref() != Some(*failure))
            {
                self.say(&format!("old recordings cannot be kept within their limits: {failure}"));
            }
            failed = tidied.failure.or(failed);
            let share = self.keep.size / (SHARE * tidied.in_use.max(1));
            let bytes = fs::metadata(&self.file).map_or(0, |file| file.len());
            if bytes > share && !self.shared.is_full.swap(true, Ordering::Relaxed) {
                self.say(&format!(
                    "the recording has ended: it has {}, its share of the {} for recordings; a new start begins a new \
                     one, and `keep_size` in the settings makes it longer",
                    Size(bytes),
                    Size(self.keep.size)
                ));
            }
        }
    }

    fn say(&self, words: &str) {
        let mut said = self.shared.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() == MAX_SAID {
            said.remove(0);
        }
        said.push(Text::new(words));
    }
}

fn removed(tidied: &Tidied, keep: Keep) -> String {
    let what = if tidied.removed == 1 { "recording" } else { "recordings" };
    let (size, age) = (Size(keep.size), String::from(crate::domain::Span(keep.age)));
    format!(
        "{} old {what} removed, {}: at most {age} and {size} are kept",
        tidied.removed,
        Size(tidied.bytes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RolloutName;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Tells the time until the keeper has said something or is full; its thread is as fast as the disk.
    fn look(keeper: &mut Keeper, mut now: Timestamp, until: impl Fn(&Keeper, &[Text]) -> bool) -> Vec<Text> {
        let mut said = Vec::new();
        loop {
            now = now.plus(MINUTE);
            keeper.tell(now);
            said.extend(keeper.said());
            if until(keeper, &said) {
                return said;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_recording_that_has_had_its_share_ends_and_says_so_once() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().to_owned());
        let now = Timestamp(1_795_378_373_000);
        let path = folder.name_file(&RolloutName::new("a").unwrap(), now).unwrap();
        fs::write(&path, format!("{{{}", "x".repeat(600))).unwrap();
        let keep = Keep { size: 1000, age: Duration::MAX };
        let mut keeper = Keeper::start(folder, keep, &path).unwrap();
        assert!(!keeper.is_full());
        let said = look(&mut keeper, now, |keeper, said| keeper.is_full() && !said.is_empty());
        assert!(
            said[0].as_str().starts_with("the recording has ended: it has 601 bytes, its share of the 1 kB"),
            "{said:?}"
        );
        assert_eq!(said.len(), 1);
        assert!(path.exists(), "it is finished, not lost");
    }

    #[test]
    fn what_it_removes_is_said_and_time_that_stands_still_asks_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().to_owned());
        let now = Timestamp(1_795_378_373_000);
        let name = RolloutName::new("a").unwrap();
        let old = folder.name_file(&name, Timestamp(0)).unwrap();
        fs::write(&old, "{old").unwrap();
        let path = folder.name_file(&name, now).unwrap();
        fs::write(&path, "{").unwrap();
        let mut keeper = Keeper::start(folder, Keep { size: 4, age: MINUTE * 1440 * 30 }, &path).unwrap();
        keeper.tell(now);
        assert_eq!(keeper.looked_at, Some(now));
        keeper.tell(now.plus(LOOK / 2));
        assert_eq!(keeper.looked_at, Some(now), "it looks every half minute");
        let said = look(&mut keeper, now, |_, said| !said.is_empty());
        assert_eq!(said[0].as_str(), "1 old recording removed, 4 bytes: at most 30d and 4 bytes are kept");
        assert!(!old.exists() && path.exists());
    }
}
