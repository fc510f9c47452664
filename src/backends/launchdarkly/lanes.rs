//! From rules to segments: whom does which rule serve, and which variation is the feature?
//!
//! In: a [`Flag`], our segments with their names there, and what the settings call treatment and control. Out:
//! [`Lanes`], from which a [`FlagState`] is made and writes are planned.
//!
//! A segment is the rule of that name or id; `default` is what no rule matches. The share of a segment is all that is
//! not the control. The control is what the settings say; else `false` of a boolean flag; else of two variations the
//! one that is not the treatment; else the off variation.
//!
//! Traps that are shown, not believed:
//! - a flag that is off serves its off variation: if that is not the control, everybody has the feature, so the flag
//!   counts as on, with 100 %;
//! - rules outside of our segments that serve the feature are doubts.
//!
//! It must never guess: what is not understood becomes a doubt, and the share is left out.

use std::collections::BTreeMap;

use super::Variants;
use super::flag::{Flag, Rule, Serve};
use super::layout::{WHOLE, layout, share};
use crate::domain::{Actor, FlagState, Percent, SegmentName, Text, VariantShare, Version};

/// What the default rule is called in `segments`.
pub const DEFAULT: &str = "default";

/// The most doubts that are listed: more would not be read, and the first ones say enough.
const MAX_DOUBTS: usize = 20;

/// Where a segment's share is stored.
#[derive(Debug, Clone, Copy)]
pub enum Lane<'a> {
    /// What no rule matches.
    Default(&'a Serve),
    /// A rule.
    Rule(&'a Rule),
}

impl<'a> Lane<'a> {
    /// What it serves.
    #[must_use]
    pub const fn serve(self) -> &'a Serve {
        match self {
            Self::Default(serve) => serve,
            Self::Rule(rule) => &rule.serve,
        }
    }
}

/// Which rule is whose.
#[derive(Debug, Clone)]
pub struct Lanes<'a> {
    /// The flag.
    pub flag: &'a Flag,
    /// The variation without the feature.
    pub control: Option<usize>,
    /// The variation that grows when a segment is widened.
    pub treatment: Option<usize>,
    /// Ours; a segment without any is absent.
    pub ours: BTreeMap<SegmentName, Lane<'a>>,
    doubts: Vec<String>,
}

impl<'a> Lanes<'a> {
    /// Sorts the rules of a flag.
    #[must_use]
    pub fn of(flag: &'a Flag, segments: &[(SegmentName, String)], variants: &Variants) -> Self {
        let mut lanes = Self { flag, control: None, treatment: None, ours: BTreeMap::new(), doubts: vec![] };
        lanes.roles(variants);
        let mut taken = Vec::new();
        for (segment, name) in segments {
            let found: Vec<usize> = (0..flag.rules.len())
                .filter(|at| flag.rules.get(*at).is_some_and(|r| r.id == *name || r.name == *name))
                .collect();
            let lane = match found.as_slice() {
                [] if name == DEFAULT => Lane::Default(&flag.fallthrough),
                [] => continue,
                [only] => {
                    taken.push(*only);
                    let Some(rule) = flag.rules.get(*only) else { continue };
                    Lane::Rule(rule)
                }
                several => {
                    taken.extend(several);
                    let count = several.len();
                    lanes.doubts.push(format!(
                        "{count} rules are called {name:?}: {segment} is not known. hint: use a rule's id"
                    ));
                    continue;
                }
            };
            lanes.ours.insert(segment.clone(), lane);
        }
        lanes.others(&taken);
        lanes
    }

    fn roles(&mut self, variants: &Variants) {
        let all = &self.flag.variations;
        let mut doubts = Vec::new();
        let mut find = |word: &Option<String>, role: &str| {
            let word = word.as_ref()?;
            let found: Vec<usize> =
                all.iter().enumerate().filter(|(_, one)| one.is_called(word)).map(|(at, _)| at).collect();
            if let [only] = found.as_slice() {
                return Some(*only);
            }
            let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
            doubts.push(format!(
                "{} variations are called {word:?}, the {role}. hint: there are {}",
                found.len(),
                names.join(", ")
            ));
            None
        };
        let (said_control, said_treatment) =
            (find(&variants.control, "control"), find(&variants.treatment, "treatment"));
        let is_said_wrong = !doubts.is_empty();
        let boolean = |value: bool| all.iter().position(|one| one.value.as_bool() == Some(value));
        let is_boolean = all.len() == 2 && boolean(true).is_some() && boolean(false).is_some();
        let treatment = said_treatment.or_else(|| is_boolean.then(|| boolean(true)).flatten());
        let other = |than: usize| (all.len() == 2).then(|| 1 - than.min(1));
        let control = said_control
            .or_else(|| treatment.and_then(other))
            .or_else(|| self.flag.off.filter(|off| *off < all.len() && Some(*off) != treatment));
        let treatment = match (said_treatment, said_control) {
            // The other one of two, also where the settings turn a boolean flag round.
            (None, Some(control)) => other(control).or(treatment),
            _ => treatment.or_else(|| control.and_then(other)),
        };
        self.doubts.append(&mut doubts);
        if is_said_wrong {
            return;
        }
        if control.is_none() || control == treatment {
            self.doubts.push("which variation is the control cannot be said. hint: control = \"...\" in the backend's settings".into());
            return;
        }
        (self.control, self.treatment) = (control, treatment);
    }

    /// Rules that are nobody's and serve the feature.
    fn others(&mut self, taken: &[usize]) {
        let Some(control) = self.control else { return };
        let exposes = |serve: &Serve| layout(serve).is_none_or(|layout| share(&layout, control) < WHOLE);
        let rules = self.flag.rules.iter().enumerate().filter(|(at, _)| !taken.contains(at));
        for (_, rule) in rules.filter(|(_, rule)| exposes(&rule.serve)) {
            let called = if rule.name.is_empty() { &rule.id } else { &rule.name };
            self.doubts.push(format!("rule {called:?} also exposes others"));
        }
        let default_is_ours = self.ours.values().any(|lane| matches!(lane, Lane::Default(_)));
        if !default_is_ours && exposes(&self.flag.fallthrough) {
            self.doubts.push(
                "the default rule also exposes others. hint: a segment may be called \"default\"".into(),
            );
        }
    }

    /// Whether the flag's being off gives everybody the feature.
    #[must_use]
    pub fn off_exposes(&self) -> bool {
        self.control.is_some() && self.flag.off.is_some() && self.flag.off != self.control
    }

    /// The share of a segment that has the feature. `None`: not known.
    #[must_use]
    pub fn share(&self, segment: &SegmentName) -> Option<Percent> {
        let layout = layout(self.ours.get(segment)?.serve())?;
        Some(percent(WHOLE - share(&layout, self.control?)))
    }

    /// The state as the rest of gonogo knows it.
    #[must_use]
    pub fn state(&self, by: Option<Actor>) -> FlagState {
        let mut doubts = self.doubts.clone();
        for (segment, lane) in &self.ours {
            if let Serve::Broken(why) = lane.serve() {
                doubts.push(format!("the share of {segment} is not known: {why}"));
            }
        }
        let exposed_by_off = !self.flag.on && self.off_exposes();
        let mut shares: BTreeMap<_, _> =
            self.ours.keys().filter_map(|one| Some((one.clone(), self.share(one)?))).collect();
        let mut splits: BTreeMap<_, _> =
            self.ours.iter().filter_map(|(one, lane)| Some((one.clone(), self.split(*lane)?))).collect();
        if exposed_by_off {
            let off =
                self.flag.off.and_then(|off| self.flag.variations.get(off)).map_or("?", |v| v.name.as_str());
            doubts.push(format!("the flag is off, and its off variation {off:?} is not the control: everybody gets it. hint: a kill sets the off variation to the control"));
            shares = self.ours.keys().map(|one| (one.clone(), Percent::FULL)).collect();
            splits.clear();
        }
        let unlisted = doubts.len().saturating_sub(MAX_DOUBTS);
        doubts.truncate(MAX_DOUBTS);
        if unlisted > 0 {
            doubts.push(format!("and {unlisted} more doubts"));
        }
        FlagState {
            version: Version(self.flag.version),
            on: self.flag.on || exposed_by_off,
            shares,
            by,
            changed_at: self.flag.changed_at,
            doubts: doubts.iter().map(|doubt| Text::new(doubt)).collect(),
            splits,
            ..FlagState::default()
        }
    }

    /// The variants of a lane, where there are more than two or an experiment counts on them.
    fn split(&self, lane: Lane<'_>) -> Option<Vec<VariantShare>> {
        let serve = lane.serve();
        let is_experiment = matches!(serve, Serve::Rollout(rollout) if rollout.is_experiment);
        if self.flag.variations.len() <= 2 && !is_experiment {
            return None;
        }
        let layout = layout(serve)?;
        let variants = self.flag.variations.iter().enumerate();
        let one = |(at, one): (usize, &super::flag::Variation)| VariantShare {
            name: Text::new(&one.name),
            share: percent(share(&layout, at)),
        };
        Some(variants.map(one).collect())
    }
}

/// Thousandths of a percent as a share.
#[must_use]
pub const fn percent(weight: u32) -> Percent {
    /// Parts per million in a thousandth of a percent.
    const PPM: u32 = 10;
    Percent::from_ppm(weight * PPM)
}
