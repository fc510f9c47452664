//! Versions that only grow, also over a restart of a server that forgot its own.
//!
//! The rest of gonogo takes a lower version for an old answer and drops it. A server that keeps its
//! flags in memory begins again at 1; its numbers are then lifted above all that were seen before, and
//! let down again when a version goes back to it.
//!
//! In: epochs, and versions of either side. Out: versions of the other side.

use crate::domain::Version;
use crate::feed::OpaqueId;

/// The difference between our versions and the server's.
#[derive(Debug, Default)]
pub(super) struct Versions {
    epoch: Option<OpaqueId>,
    /// Nothing was read in this epoch yet.
    is_fresh: bool,
    newest: u64,
    lift: u64,
}

impl Versions {
    /// Begins a connection.
    pub(super) fn begin(&mut self, epoch: &OpaqueId) {
        if self.epoch.as_ref() != Some(epoch) {
            self.epoch = Some(epoch.clone());
            self.is_fresh = true;
        }
    }

    /// Takes a version that was read after [`Versions::begin`].
    pub(super) fn read(&mut self, theirs: Version) -> Version {
        let Version(ours) = self.ours(theirs);
        if std::mem::take(&mut self.is_fresh) && ours < self.newest {
            self.lift = self.newest.saturating_add(1).saturating_sub(theirs.0);
        }
        let ours = self.ours(theirs);
        self.newest = self.newest.max(ours.0);
        ours
    }

    /// A version of the server as ours.
    pub(super) const fn ours(&self, theirs: Version) -> Version {
        Version(theirs.0.saturating_add(self.lift))
    }

    /// A version of ours as the server's; `None` if it is from before the server forgot.
    pub(super) fn theirs(&self, ours: Version) -> Option<Version> {
        ours.0.checked_sub(self.lift).map(Version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_forgot_is_lifted_once_and_understood_both_ways() {
        let epoch = |text| OpaqueId::new(text).expect(text);
        let mut versions = Versions::default();
        versions.begin(&epoch("a"));
        assert_eq!(
            [40, 41, 40].map(|v| versions.read(Version(v)).0),
            [40, 41, 40],
            "the order is not ours to judge"
        );
        versions.begin(&epoch("a"));
        assert_eq!(versions.read(Version(41)), Version(41));
        versions.begin(&epoch("b"));
        assert_eq!([1, 2].map(|v| versions.read(Version(v)).0), [42, 43]);
        assert_eq!(versions.theirs(Version(43)), Some(Version(2)));
        assert_eq!(versions.theirs(Version(40)), None, "seen before it forgot");
    }

    #[test]
    fn a_server_that_remembers_its_versions_keeps_them_in_a_new_epoch() {
        let mut versions = Versions::default();
        for (epoch, version) in [("a", 41), ("b", 41), ("c", 50)] {
            versions.begin(&OpaqueId::new(epoch).expect(epoch));
            assert_eq!(versions.read(Version(version)), Version(version));
        }
    }
}
