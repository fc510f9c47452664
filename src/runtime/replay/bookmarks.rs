//! Bookmarks of a recording, kept for the next time.
//!
//! In: which rollout, when its recording begins. Out: positions, in a small file of their own below
//! `$XDG_STATE_HOME/gonogo/bookmarks`, written anew as a whole with each change. The recording itself is never touched.
//! What cannot be read or written is said, and the replay goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::{RolloutName, Text, Timestamp};
use crate::journal;

/// The most bookmarks: more than a person finds their way in.
const MOST: usize = 100;
/// The largest file that is read, in bytes: several times what so many bookmarks take.
const MAX_FILE: u64 = 64 * 1024;

/// One place in a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Bookmark {
    /// How many events are taken there.
    event: u64,
    /// The time that the replay stood at.
    at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct Page {
    rollout: RolloutName,
    begin: Timestamp,
    bookmarks: Vec<Bookmark>,
}

/// The bookmarks of one recording, in order.
#[derive(Debug, Clone)]
pub struct Bookmarks {
    /// `None`: they are not kept.
    file: Option<PathBuf>,
    rollout: RolloutName,
    begin: Timestamp,
    list: Vec<Bookmark>,
    times: Vec<Timestamp>,
}

impl Bookmarks {
    /// The folder of all bookmarks; `None` when the user has no home, and they are not kept then.
    #[must_use]
    pub fn default_dir() -> Option<PathBuf> {
        journal::state_dir().ok().map(|dir| dir.join("bookmarks"))
    }

    /// Reads the bookmarks of a recording, and says what is wrong with their file if something is.
    #[must_use]
    pub fn load(dir: Option<&Path>, rollout: &RolloutName, begin: Timestamp) -> (Self, Option<String>) {
        let file = dir.map(|dir| dir.join(format!("{}-{}.json", journal::stem_of(rollout), begin.0)));
        let mut bookmarks =
            Self { file, rollout: rollout.clone(), begin, list: Vec::new(), times: Vec::new() };
        let Some(file) = &bookmarks.file else { return (bookmarks, None) };
        match read(file) {
            Ok(mut list) => {
                list.truncate(MOST);
                list.sort_by_key(|bookmark| bookmark.event);
                bookmarks.list = list;
                bookmarks.count();
                (bookmarks, None)
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound => (bookmarks, None),
            Err(cause) => {
                let said =
                    format!("cannot read the bookmarks in {}: {cause}: there are none now", show(file));
                (bookmarks, Some(said))
            }
        }
    }

    /// Their times, in order.
    #[must_use]
    pub fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// Which bookmark is at a position, counted from 1.
    #[must_use]
    pub fn at(&self, event: u64) -> Option<usize> {
        self.list.binary_search_by_key(&event, |bookmark| bookmark.event).ok().map(|index| index + 1)
    }

    /// The position of the next bookmark.
    #[must_use]
    pub fn after(&self, event: u64) -> Option<u64> {
        self.list.iter().map(|bookmark| bookmark.event).find(|place| *place > event)
    }

    /// The position of the bookmark before.
    #[must_use]
    pub fn before(&self, event: u64) -> Option<u64> {
        self.list.iter().rev().map(|bookmark| bookmark.event).find(|place| *place < event)
    }

    /// Sets a bookmark, or takes away the one that is there, and writes them down.
    ///
    /// # Errors
    /// Why it was not set, or is not kept, in words.
    pub fn toggle(&mut self, event: u64, at: Timestamp) -> Result<(), String> {
        match self.list.binary_search_by_key(&event, |bookmark| bookmark.event) {
            Ok(index) => drop(self.list.remove(index)),
            Err(_) if self.list.len() >= MOST => {
                return Err(format!("no bookmark was set: there are {MOST} already; m takes one away"));
            }
            Err(index) => self.list.insert(index, Bookmark { event, at }),
        }
        self.count();
        let Some(file) = &self.file else {
            return Err("bookmarks last until you leave: neither $XDG_STATE_HOME nor $HOME is set".to_owned());
        };
        let page = Page { rollout: self.rollout.clone(), begin: self.begin, bookmarks: self.list.clone() };
        write(file, &page)
            .map_err(|cause| format!("bookmarks last until you leave: cannot write {}: {cause}", show(file)))
    }

    fn count(&mut self) {
        self.times = self.list.iter().map(|bookmark| bookmark.at).collect();
    }
}

fn show(file: &Path) -> Text {
    Text::new(&file.display().to_string())
}

fn read(file: &Path) -> io::Result<Vec<Bookmark>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    let page: Page = serde_json::from_slice(&bytes)?;
    Ok(page.bookmarks)
}

/// Beside it first, then in its place: whoever is killed meanwhile leaves the old file or the new one.
fn write(file: &Path, page: &Page) -> io::Result<()> {
    let dir = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let written = out.write_all(&serde_json::to_vec(page)?).and_then(|()| out.sync_all());
    let placed = written.and_then(|()| fs::rename(&beside, file));
    if placed.is_err() {
        // Nothing is lost with it.
        let _ = fs::remove_file(&beside);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> RolloutName {
        RolloutName::new("team/checkout").unwrap()
    }

    fn load(dir: &Path) -> (Bookmarks, Option<String>) {
        Bookmarks::load(Some(dir), &name(), Timestamp(7))
    }

    #[test]
    fn they_are_there_the_next_time_and_m_takes_them_away() {
        let dir = tempfile::tempdir().unwrap();
        let (mut bookmarks, said) = load(dir.path());
        assert_eq!((bookmarks.times(), said), (&[][..], None));
        for event in [30, 10, 20] {
            bookmarks.toggle(event, Timestamp(event as i64)).unwrap();
        }
        bookmarks.toggle(20, Timestamp(20)).unwrap();
        let (again, said) = load(dir.path());
        assert_eq!((again.times(), said), (&[Timestamp(10), Timestamp(30)][..], None));
        assert_eq!((again.after(10), again.before(30), again.at(30)), (Some(30), Some(10), Some(2)));
        assert_eq!((again.after(30), again.before(10), again.at(20)), (None, None, None));
        let (other, _) = Bookmarks::load(Some(dir.path()), &name(), Timestamp(8));
        assert_eq!(other.times(), [], "another recording has its own");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing lies beside it");
    }

    #[test]
    fn there_are_never_more_than_the_most() {
        let dir = tempfile::tempdir().unwrap();
        let (mut bookmarks, _) = load(dir.path());
        let refused = (0..200).filter(|event| bookmarks.toggle(*event, Timestamp(0)).is_err()).count();
        assert_eq!((refused, bookmarks.times().len()), (100, MOST));
        assert_eq!(load(dir.path()).0.times().len(), MOST);
    }

    #[test]
    fn what_cannot_be_kept_is_said_and_still_works() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a-file");
        fs::write(&file, "x").unwrap();
        let (mut bookmarks, _) = load(&file.join("below"));
        assert!(bookmarks.toggle(1, Timestamp(1)).unwrap_err().contains("cannot write"));
        assert_eq!(bookmarks.at(1), Some(1));
        bookmarks = load(dir.path()).0;
        bookmarks.toggle(1, Timestamp(1)).unwrap();
        let mut kept = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let kept = kept.find(|path| path.extension().is_some_and(|e| e == "json")).unwrap();
        fs::write(kept, "{ not json").unwrap();
        let (bookmarks, said) = load(dir.path());
        assert!(bookmarks.times().is_empty() && said.unwrap().contains("cannot read the bookmarks"));
    }
}
