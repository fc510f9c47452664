//! What is known of the flag: its contents so far, numbered, because the relay numbers nothing.
//!
//! In: contents, in the order in which they were read. Out: the newest one with its version, and older ones by
//! version: what somebody saw who now wants to change it. A content that comes back gets a new version, so that
//! versions only grow; with a new process they begin again.

use std::collections::VecDeque;
use std::sync::Arc;

use super::flag::{Object, canonical};
use crate::domain::Version;

/// How many contents are kept: somebody who looked that many changes ago should look again.
const KEPT: usize = 64;

/// The contents, the newest last.
#[derive(Debug, Default)]
pub(super) struct Known {
    contents: VecDeque<(Version, Arc<Object>)>,
    is_gone: bool,
}

impl Known {
    /// Takes what was read; returns its version.
    pub(super) fn take(&mut self, flag: &Object) -> Version {
        let flag = canonical(flag);
        let newest = self.contents.back().map(|(version, content)| (*version, **content == flag));
        let version = match newest {
            Some((version, true)) if !self.is_gone => return version,
            Some((Version(version), _)) => Version(version.saturating_add(1)),
            None => Version(1),
        };
        self.is_gone = false;
        self.contents.push_back((version, Arc::new(flag)));
        if self.contents.len() > KEPT {
            self.contents.pop_front();
        }
        version
    }

    /// The flag is not there any more.
    pub(super) const fn lose(&mut self) {
        self.is_gone = true;
    }

    /// The newest content, while the flag is there.
    pub(super) fn newest(&self) -> Option<(Version, Arc<Object>)> {
        self.contents.back().filter(|_| !self.is_gone).cloned()
    }

    /// The content of a version; `None` when it is too long ago, or of another process.
    pub(super) fn content(&self, version: Version) -> Option<Arc<Object>> {
        self.contents.iter().find(|(of, _)| *of == version).map(|(_, content)| Arc::clone(content))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn take(known: &mut Known, flag: Value) -> u64 {
        known.take(flag.as_object().expect("an object")).0
    }

    #[test]
    fn only_another_content_has_another_version_and_one_that_comes_back_a_new_one() {
        let mut known = Known::default();
        let on = || json!({"disable": false, "defaultRule": {"percentage": {"on": 25}}});
        let off = || json!({"disable": true});
        let same = json!({"defaultRule": {"percentage": {"on": 25.0}}, "disable": false, "converter": "x", "targeting": null});
        let versions: Vec<_> =
            [on(), same, off(), on()].into_iter().map(|flag| take(&mut known, flag)).collect();
        assert_eq!(versions, [1, 1, 2, 3]);
        assert_eq!(known.content(Version(2)).as_deref(), off().as_object());
        assert_eq!(known.content(Version(9)), None);
        known.lose();
        assert_eq!(known.newest(), None);
        assert_eq!(take(&mut known, on()), 4, "deleted and made again");
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut known = Known::default();
        for version in 0..=KEPT {
            take(&mut known, json!({ "version": version.to_string() }));
        }
        assert_eq!((known.content(Version(1)), known.contents.len()), (None, KEPT));
    }
}
