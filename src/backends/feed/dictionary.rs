//! What our segments are called at the server, both ways.
//!
//! In: a [`Target`], states of the server, shares of ours. Out: the same in the other's words. A
//! segment of the server that is not in the rollout but gets the feature is a doubt: what we show
//! would not be all.

use std::collections::BTreeMap;

use crate::backends::{BackendError, Target};
use crate::domain::{FlagState, Percent, SegmentName, Text};
use crate::feed::message::State;

/// The most foreign segments that are named in doubts: the first ones say enough.
const MAX_DOUBTS: usize = 20;

/// Two names for each segment.
#[derive(Debug)]
pub(super) struct Dictionary {
    theirs: BTreeMap<SegmentName, SegmentName>,
    ours: BTreeMap<SegmentName, SegmentName>,
}

impl Dictionary {
    /// Checks the names that the rollout file gives.
    pub(super) fn new(target: &Target) -> Result<Self, BackendError> {
        let wrong = |cause: String| BackendError::Settings { cause: Text::new(&cause) };
        let (mut theirs, mut ours) = (BTreeMap::new(), BTreeMap::new());
        for (segment, name) in &target.segments {
            let at = &target.platform;
            let name = SegmentName::new(name).map_err(|error| {
                wrong(format!("segment {segment} cannot be called {name:?} at {at}: {error}"))
            })?;
            if let Some(other) = ours.insert(name.clone(), segment.clone()) {
                return Err(wrong(format!(
                    "segments {other} and {segment} are both called {name} at {at}. hint: give each its own `match`"
                )));
            }
            theirs.insert(segment.clone(), name);
        }
        Ok(Self { theirs, ours })
    }

    /// A state of the server in our words; the version stays theirs.
    pub(super) fn translate(&self, state: State) -> FlagState {
        let mut translated = FlagState::from(state);
        let all = std::mem::take(&mut translated.shares);
        for (name, share) in all {
            match self.ours.get(&name) {
                Some(segment) => drop(translated.shares.insert(segment.clone(), share)),
                None if !share.is_zero() && translated.doubts.len() < MAX_DOUBTS => translated
                    .doubts
                    .push(Text::new(&format!("segment {name} also gets it and is not in this rollout"))),
                None => {}
            }
        }
        translated
    }

    /// Shares of ours in the server's words; the name of the first segment that has none.
    pub(super) fn shares(
        &self,
        shares: &BTreeMap<SegmentName, Percent>,
    ) -> Result<BTreeMap<SegmentName, Percent>, SegmentName> {
        let name = |(segment, share): (&SegmentName, &Percent)| match self.theirs.get(segment) {
            Some(name) => Ok((name.clone(), *share)),
            None => Err(segment.clone()),
        };
        shares.iter().map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Version;

    fn target(segments: &[(&str, &str)]) -> Target {
        let pair = |(ours, theirs): &(&str, &str)| (ours.parse().expect(ours), (*theirs).to_owned());
        Target {
            platform: "web".parse().expect("web"),
            flag: "f".parse().expect("f"),
            segments: segments.iter().map(pair).collect(),
        }
    }

    fn shares(pairs: &[(&str, f64)]) -> BTreeMap<SegmentName, Percent> {
        pairs
            .iter()
            .map(|(name, p)| (name.parse().expect(name), Percent::new(*p).expect("percent")))
            .collect()
    }

    #[test]
    fn segments_are_renamed_both_ways_and_strangers_with_the_feature_are_in_doubt() {
        let dictionary = Dictionary::new(&target(&[("free", "tier-0"), ("eu", "eu")])).expect("names");
        let state = State {
            flag: "f".parse().expect("f"),
            version: Version(3),
            on: true,
            shares: shares(&[("tier-0", 5.0), ("vip", 1.0), ("old", 0.0)]),
            by: None,
            changed_at_ms: None,
            reason: None,
        };
        let translated = dictionary.translate(state);
        assert_eq!(translated.shares, shares(&[("free", 5.0)]));
        assert_eq!(translated.doubts, [Text::new("segment vip also gets it and is not in this rollout")]);
        assert_eq!(dictionary.shares(&shares(&[("free", 7.0)])), Ok(shares(&[("tier-0", 7.0)])));
        assert_eq!(dictionary.shares(&shares(&[("vip", 7.0)])), Err("vip".parse().expect("vip")));
    }

    #[test]
    fn two_segments_cannot_share_a_name_and_a_name_must_be_one() {
        for (segments, why) in
            [([("free", "x"), ("eu", "x")], "both called x"), ([("free", "a b"), ("eu", "x")], "\"a b\"")]
        {
            let error = Dictionary::new(&target(&segments)).err().map(|error| error.to_string());
            assert!(error.as_ref().is_some_and(|error| error.contains(why)), "{error:?}");
        }
    }
}
