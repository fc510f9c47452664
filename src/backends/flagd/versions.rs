//! Versions for a backend that has none.
//!
//! flagd does not number what it serves. So each content that differs from the one before gets the next number, within
//! this process; the last ones are kept, so that a command can be compared with what the person saw, and not with a
//! number. What we wrote ourselves is remembered with its author.
//!
//! What was read back from flagd's file has its number before flagd serves it. For [`TAKEN_UP`] the content before it keeps
//! its own, older number then, so that nobody takes it for a change back. After that it is what it is: news.

use std::collections::VecDeque;

use std::time::Duration;

use tokio::time::Instant;

use crate::backends::store::file::Digest;
use crate::domain::{Actor, Version};

/// How many are kept: who decides on something older than this many changes has not looked.
const KEPT: usize = 64;

/// How long flagd may take for its file: it looks once a second, and is given some more on a busy machine.
pub const TAKEN_UP: Duration = Duration::from_secs(4);

/// A content of the file that flagd does not serve yet.
#[derive(Debug)]
struct Pending {
    before: Vec<(Version, Digest)>,
    since: Instant,
}

/// The contents that were seen.
#[derive(Debug, Default)]
pub struct Versions {
    pending: Option<Pending>,
    is_late: bool,
    was_late: bool,
    seen: VecDeque<(Version, Digest)>,
    written: VecDeque<(Digest, Actor)>,
}

impl Versions {
    /// The version of a content that flagd serves now.
    pub fn of(&mut self, content: Digest, now: Instant) -> Version {
        if let Some(pending) = &self.pending {
            let before =
                pending.before.iter().find(|(_, digest)| *digest == content).map(|(version, _)| *version);
            if let Some(version) = before.filter(|_| now.duration_since(pending.since) < TAKEN_UP) {
                return version;
            }
            self.is_late |= before.is_some();
            self.was_late = before.is_some() || (self.was_late && self.author(content).is_none());
            self.pending = None;
        } else if self.was_late && self.author(content).is_some() && self.is_news(content) {
            self.was_late = false;
        }
        self.number(content)
    }

    /// The version of a content that stands in the file, whether or not flagd serves it yet.
    pub fn stored(&mut self, content: Digest, now: Instant) -> Version {
        if let Some(before) = self.newest().filter(|(_, newest)| *newest != content) {
            let mut older = self.pending.take().map(|pending| pending.before).unwrap_or_default();
            older.push(before);
            self.pending = Some(Pending { before: older, since: now });
        }
        self.number(content)
    }

    /// Whether flagd has not taken up what was written the last time: then its file proves nothing, until it has taken up
    /// something that was written here.
    #[must_use]
    pub const fn was_late(&self) -> bool {
        self.was_late
    }

    fn is_news(&self, content: Digest) -> bool {
        self.newest().is_none_or(|(_, newest)| newest != content)
    }

    /// Whether flagd was heard to serve what was before the file's content, although its time was over. Told once.
    pub fn take_late(&mut self) -> bool {
        std::mem::take(&mut self.is_late)
    }

    fn number(&mut self, content: Digest) -> Version {
        let last = self.seen.back().copied();
        if let Some((version, _)) = last.filter(|(_, digest)| *digest == content) {
            return version;
        }
        let version = Version(last.map_or(1, |(version, _)| version.0 + 1));
        push(&mut self.seen, (version, content));
        version
    }

    /// What a version was. `None`: never seen here, or too long ago.
    #[must_use]
    pub fn content(&self, version: Version) -> Option<Digest> {
        self.seen.iter().rev().find(|(seen, _)| *seen == version).map(|(_, content)| *content)
    }

    /// The version that is served now.
    #[must_use]
    pub fn newest(&self) -> Option<(Version, Digest)> {
        self.seen.back().copied()
    }

    /// Notes who is about to write a content.
    pub fn wrote(&mut self, content: Digest, actor: Actor) {
        self.written.retain(|(digest, _)| *digest != content);
        push(&mut self.written, (content, actor));
    }

    /// Who wrote a content, if it was written here.
    #[must_use]
    pub fn author(&self, content: Digest) -> Option<Actor> {
        self.written.iter().find(|(digest, _)| *digest == content).map(|(_, actor)| actor.clone())
    }
}

fn push<T>(kept: &mut VecDeque<T>, item: T) {
    if kept.len() >= KEPT {
        kept.pop_front();
    }
    kept.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_has_the_next_number_also_back_to_what_was() {
        let mut versions = Versions::default();
        let content = |n: u32| Digest::of(&n.to_be_bytes());
        let numbers: Vec<u64> =
            [1, 1, 2, 1, 1, 3].iter().map(|n| versions.of(content(*n), Instant::now()).0).collect();
        assert_eq!(numbers, [1, 1, 2, 3, 3, 4]);
        assert_eq!(versions.content(Version(3)), Some(content(1)));
        for n in 0..1000 {
            versions.of(content(n), Instant::now());
        }
        assert_eq!(versions.content(Version(3)), None);
        assert_eq!(versions.newest().map(|(_, digest)| digest), Some(content(999)));
        assert!(versions.seen.len() <= KEPT);
    }

    #[test]
    fn what_flagd_still_serves_is_older_than_its_file_until_its_time_is_over() {
        let mut versions = Versions::default();
        let (on, off, now) = (Digest::of(b"on"), Digest::of(b"off"), Instant::now());
        assert_eq!(versions.of(on, now), Version(1));
        assert_eq!(versions.stored(off, now), Version(2));
        assert_eq!(versions.of(on, now + TAKEN_UP / 2), Version(1), "no change back");
        assert_eq!(versions.of(off, now + TAKEN_UP / 2), Version(2), "taken up");
        assert_eq!(versions.of(on, now + TAKEN_UP / 2), Version(3), "somebody changed it back");
        assert!(!versions.take_late());
        assert_eq!(versions.stored(off, now), Version(4));
        assert_eq!(versions.of(on, now + TAKEN_UP), Version(5), "it is served all the same");
        assert!(versions.take_late() && !versions.take_late());
        assert!(versions.was_late(), "the file proves nothing now");
        versions.wrote(off, Actor::Autopilot);
        assert_eq!(versions.of(off, now + TAKEN_UP), Version(6));
        assert!(!versions.was_late(), "what was written here was taken up");
    }

    #[test]
    fn two_writes_within_flagd_s_second_are_both_newer_than_what_it_serves() {
        let mut versions = Versions::default();
        let (zero, one, two, now) = (Digest::of(b"0"), Digest::of(b"1"), Digest::of(b"2"), Instant::now());
        versions.of(zero, now);
        versions.stored(one, now);
        versions.stored(two, now);
        assert_eq!([zero, one, two].map(|content| versions.of(content, now).0), [1, 2, 3]);
        assert!(!versions.take_late());
    }

    #[test]
    fn what_was_written_here_has_an_author() {
        let mut versions = Versions::default();
        let content = Digest::of(b"x");
        assert_eq!(versions.author(content), None);
        versions.wrote(content, Actor::Person("ann".into()));
        versions.wrote(content, Actor::Person("ben".into()));
        assert_eq!(versions.author(content), Some(Actor::Person("ben".into())));
    }
}
