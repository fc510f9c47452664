//! From flagd's branches to our segments: who gets the feature?
//!
//! In: a [`Flag`], our segments with what the rollout file calls them, and which variants are treatment and control.
//! Out: a [`Map`], from which a [`FlagState`] is made and edits are planned. Pure.
//!
//! A segment is `default` (for whom no condition singles out), a JSON pointer into the targeting, or a text that stands
//! in the conditions of exactly one branch. None or several is a doubt that lists the branches.
//!
//! It must never guess: what is not understood becomes a doubt, and the share that it touches is left out.

use std::collections::BTreeMap;

use super::branches::{Branch, Leaf, branches};
use super::flag::Flag;
use super::weights::Split;
use crate::domain::{Actor, FlagState, Percent, Ramp, SegmentName, Text, VariantShare, Version};

/// The most doubts that are listed: more would not be read, and the first ones say enough.
const MAX_DOUBTS: usize = 20;

/// The most branches that a doubt lists.
const MAX_LISTED: usize = 8;

/// The name of the segment that no condition singles out.
const DEFAULT: &str = "default";

/// Which variants are what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles {
    /// Has the feature. `None`: every variant that is not control.
    pub treatment: Option<String>,
    /// Has it not. `None`: every variant that is not the treatment.
    pub control: Option<String>,
}

impl Roles {
    /// Works out what the settings leave open.
    ///
    /// # Errors
    /// In words, when it cannot be said.
    pub fn of(flag: &Flag, named: &Self) -> Result<Self, String> {
        for name in [&named.treatment, &named.control].into_iter().flatten() {
            if !flag.variants.contains_key(name) {
                return Err(format!(
                    "the flag has no variant {name:?}. hint: correct it in the rollout file"
                ));
            }
        }
        let only = |value: bool| {
            let mut names =
                flag.variants.iter().filter(|(_, v)| v.as_bool() == Some(value)).map(|(name, _)| name);
            names.next().filter(|_| names.next().is_none()).cloned()
        };
        let other = |than: &str| match flag.variants.len() {
            2 => flag.variants.keys().find(|name| *name != than).cloned(),
            _ => None,
        };
        let control = named.control.clone();
        let treatment = named.treatment.clone().or_else(|| match &control {
            Some(control) => other(control),
            None => only(true),
        });
        let control = control.or_else(|| {
            let treatment = treatment.as_deref()?;
            let default = flag.default_variant.clone().filter(|name| name != treatment);
            other(treatment).or_else(|| only(false)).or(default)
        });
        if treatment.is_none() && control.is_none() {
            return Err(
                "it cannot be said which variant is the feature. hint: set treatment or control in the rollout file".into(),
            );
        }
        Ok(Self { treatment, control })
    }

    /// Whether a variant has the feature. The default in the code has not.
    #[must_use]
    pub fn treats(&self, variant: Option<&str>) -> bool {
        match (variant, &self.control) {
            (None, _) => false,
            (Some(name), Some(control)) => name != control,
            (Some(name), None) => self.treatment.as_deref() == Some(name),
        }
    }
}

/// What a branch serves.
#[derive(Debug, Clone, PartialEq)]
pub enum Serving {
    /// Everybody this variant. `None`: the default in the code.
    All(Option<String>),
    /// Shares.
    Split(Split),
    /// Shares that flagd computes.
    Ramp(Split),
    /// In words, why it is not known.
    Unknown(String),
}

/// Which branch serves which segment, and what is in doubt.
#[derive(Debug, Clone)]
pub struct Map<'a> {
    /// The flag.
    pub flag: &'a Flag,
    /// All branches, in the order in which flagd tries them.
    pub branches: Vec<Branch<'a>>,
    /// The branch of each segment; one that was not found is absent.
    pub ours: BTreeMap<SegmentName, usize>,
    /// Which variants are what, or why that cannot be said.
    pub roles: Result<Roles, String>,
    doubts: Vec<String>,
}

impl<'a> Map<'a> {
    /// Sorts the branches of a flag.
    #[must_use]
    pub fn of(flag: &'a Flag, segments: &[(SegmentName, String)], named: &Roles) -> Self {
        let roles = Roles::of(flag, named);
        let mut map =
            Self { flag, branches: branches(&flag.targeting), ours: BTreeMap::new(), roles, doubts: vec![] };
        for (segment, name) in segments {
            match map.find(name) {
                Ok(index) => {
                    if let Some((other, _)) = map.ours.iter().find(|(_, taken)| **taken == index) {
                        map.doubts
                            .push(format!("{segment} and {other} are the same branch {}", map.called(index)));
                    }
                    map.ours.insert(segment.clone(), index);
                }
                Err(why) => map.doubts.push(format!("{segment} is not found in the targeting: {why}")),
            }
        }
        map.look_for_doubts();
        map
    }

    /// The branch that a segment's name stands for.
    fn find(&self, name: &str) -> Result<usize, String> {
        let is_meant = |branch: &Branch<'_>| match name {
            DEFAULT => branch.is_default(),
            _ if name.starts_with('/') => {
                let wanted = name.strip_prefix("/targeting").unwrap_or(name);
                let wanted = wanted.strip_suffix("/fractional").unwrap_or(wanted);
                branch.pointer == wanted
            }
            _ => branch.mentions(name),
        };
        let found: Vec<usize> =
            self.branches.iter().enumerate().filter(|(_, branch)| is_meant(branch)).map(|(i, _)| i).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(format!(
                "{name:?} is in no condition. hint: its branches are {}",
                self.list(0..self.branches.len())
            )),
            several => Err(format!(
                "{name:?} is in the conditions of {}. hint: name one by its pointer",
                self.list(several.iter().copied())
            )),
        }
    }

    fn list(&self, indexes: impl IntoIterator<Item = usize>) -> String {
        let names: Vec<_> = indexes.into_iter().map(|index| self.called(index)).collect();
        let more = names.len().saturating_sub(MAX_LISTED);
        let listed = names.get(..MAX_LISTED.min(names.len())).unwrap_or_default().join(", ");
        if more > 0 { format!("{listed} and {more} more") } else { listed }
    }

    /// What a person would call a branch.
    #[must_use]
    pub fn called(&self, index: usize) -> String {
        self.branches.get(index).map(Branch::called).unwrap_or_default()
    }

    /// What a branch serves.
    #[must_use]
    pub fn serving(&self, index: usize) -> Serving {
        let default = || Serving::All(self.flag.default_variant.clone());
        let Some(branch) = self.branches.get(index) else {
            return Serving::Unknown("it is not there".into());
        };
        match &branch.leaf {
            Leaf::Missing | Leaf::Variant(None) => default(),
            Leaf::Variant(Some(name)) => Serving::All(Some(name.clone())),
            Leaf::Computed => Serving::Unknown("flagd computes its variant".into()),
            Leaf::Fractional(operands) => match Split::read(operands) {
                Ok(split) if split.is_computed() => Serving::Ramp(split),
                // flagd gives the default variant then.
                Ok(split) if split.sum() == 0 => default(),
                Ok(split) => Serving::Split(split),
                Err(why) => Serving::Unknown(why),
            },
        }
    }

    /// The share of a branch that gets the feature. `None`: not known.
    #[must_use]
    pub fn share(&self, index: usize) -> Option<Percent> {
        let roles = self.roles.as_ref().ok()?;
        match self.serving(index) {
            Serving::All(variant) if roles.treats(variant.as_deref()) => Some(Percent::FULL),
            Serving::All(_) => Some(Percent::ZERO),
            Serving::Split(split) => split.share_of(|variant| roles.treats(self.resolved(variant))),
            Serving::Ramp(_) | Serving::Unknown(_) => None,
        }
    }

    /// The variant of an entry: `null` is the default one.
    fn resolved<'s>(&'s self, variant: Option<&'s str>) -> Option<&'s str> {
        variant.or(self.flag.default_variant.as_deref())
    }

    /// Branches that serve, or may serve, the feature to users outside of our segments.
    #[must_use]
    pub fn others(&self) -> Vec<usize> {
        let is_ours = |index: &usize| self.ours.values().any(|ours| ours == index);
        let exposes = |index: &usize| self.share(*index).is_none_or(|share| !share.is_zero());
        (0..self.branches.len()).filter(|index| !is_ours(index) && exposes(index)).collect()
    }

    fn look_for_doubts(&mut self) {
        let mut doubts = vec![];
        let roles = match &self.roles {
            Ok(roles) => roles.clone(),
            Err(why) => {
                self.doubts.push(why.clone());
                return;
            }
        };
        for other in self.others() {
            doubts.push(format!("branch {} also exposes others", self.called(other)));
        }
        let mut splits = false;
        for (segment, index) in &self.ours {
            let served: Vec<Option<String>> = match self.serving(*index) {
                Serving::Unknown(why) => {
                    doubts.push(format!(
                        "the share of {segment} is not known: branch {}: {why}",
                        self.called(*index)
                    ));
                    vec![]
                }
                Serving::Ramp(split) => {
                    doubts.push(format!(
                        "the share of {segment} moves by itself: flagd computes the weights of branch {}. hint: write numbers there",
                        self.called(*index)
                    ));
                    splits = true;
                    split.entries.into_iter().map(|entry| entry.variant).collect()
                }
                Serving::Split(split) => {
                    splits = true;
                    split.entries.into_iter().map(|entry| entry.variant).collect()
                }
                Serving::All(variant) => vec![variant],
            };
            for name in served.into_iter().flatten().filter(|name| !self.flag.variants.contains_key(name)) {
                doubts.push(format!(
                    "branch {} names the variant {name:?}, which the flag does not have: users get an error",
                    self.called(*index)
                ));
            }
        }
        // A `fractional` needs a targeting key: without one, flagd serves the default variant.
        if splits && roles.treats(self.flag.default_variant.as_deref()) {
            doubts.push("users without a targeting key get the default variant, which has the feature. hint: make the defaultVariant the control, or null".into());
        }
        self.doubts.extend(doubts);
    }

    /// The state as the rest of gonogo knows it.
    #[must_use]
    pub fn state(&self, version: Version, by: Option<Actor>) -> FlagState {
        let mut state = FlagState { version, on: self.flag.on, by, ..FlagState::default() };
        for (segment, index) in &self.ours {
            if let Some(share) = self.share(*index) {
                state.shares.insert(segment.clone(), share);
            }
            match self.serving(*index) {
                Serving::Ramp(_) => {
                    state.ramps.insert(segment.clone(), Ramp::default());
                }
                Serving::Split(split) if split.variants().len() > 2 || self.is_a_b() => {
                    state.splits.insert(segment.clone(), shares(&split));
                }
                _ => {}
            }
        }
        let unlisted = self.doubts.len().saturating_sub(MAX_DOUBTS);
        state.doubts = self.doubts.iter().take(MAX_DOUBTS).map(|doubt| Text::new(doubt)).collect();
        if unlisted > 0 {
            state.doubts.push(Text::new(&format!("and {unlisted} more doubts")));
        }
        state
    }

    /// Whether the flag has more variants than with and without the feature.
    fn is_a_b(&self) -> bool {
        self.flag.variants.len() > 2
    }
}

/// Each variant's share, in the order of the entries.
fn shares(split: &Split) -> Vec<VariantShare> {
    let share = |name: Option<&str>| split.share_of(|variant| variant == name).unwrap_or_default();
    let word = |name: Option<&str>| Text::new(name.unwrap_or("(default)"));
    split.variants().into_iter().map(|name| VariantShare { name: word(name), share: share(name) }).collect()
}

#[cfg(test)]
mod tests;
