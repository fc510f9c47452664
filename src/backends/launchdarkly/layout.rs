//! Which users get which variation: the SDKs' draw, as far as it decides who moves.
//!
//! An SDK hashes a user to a number from 0 to 1 and walks through the rollout's weights in their order; the first sum
//! above the number wins, and what is missing to 100 % goes to the last one (`VariationOrRollout::variation` in
//! `src/variation.rs` of github.com/launchdarkly/rust-server-sdk-evaluation). The hash is of seed, or flag key and
//! salt, and the attribute drawn by, so it stays as long as those do. Hence, with two variations a widening only adds
//! users, whichever comes first; with three, what stands between the one that grows and the control is pushed along: it
//! loses users on one side and wins others on the other. A treatment next to the control moves nobody else.
//!
//! In: what a rule serves, before and after. Out: how many users change sides. Pure.

use super::flag::{Rollout, Serve};

/// All users, in LaunchDarkly's unit: thousandths of a percent.
pub const WHOLE: u32 = 100_000;

/// Up to which number which variation is given; the ends grow to [`WHOLE`].
pub type Layout = Vec<(u32, usize)>;

/// How users change variation, each in thousandths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// From the control to the feature.
    pub gained: u32,
    /// From the feature to the control.
    pub lost: u32,
    /// From one variation with the feature to another.
    pub swapped: u32,
}

impl Moved {
    /// Whether users change who need not: both ways at once, or between variants.
    #[must_use]
    pub const fn needless(self) -> bool {
        self.swapped > 0 || (self.gained > 0 && self.lost > 0)
    }
}

/// The layout of what a rule serves. `None`: it serves nothing.
#[must_use]
pub fn layout(serve: &Serve) -> Option<Layout> {
    match serve {
        Serve::Fixed(variation) => Some(vec![(WHOLE, *variation)]),
        Serve::Rollout(Rollout { parts, .. }) => {
            let (_, last) = parts.last()?;
            let mut end = 0_u32;
            let mut layout: Layout = Vec::new();
            for (weight, variation) in parts {
                end = end.saturating_add(*weight).min(WHOLE);
                layout.push((end, *variation));
            }
            layout.push((WHOLE, *last));
            Some(layout)
        }
        Serve::Broken(_) => None,
    }
}

/// How much of all users a variation gets.
#[must_use]
pub fn share(layout: &Layout, variation: usize) -> u32 {
    let mut begin = 0;
    let mut sum = 0;
    for (end, one) in layout {
        if *one == variation {
            sum += end - begin;
        }
        begin = *end;
    }
    sum
}

/// Who moves from one layout to another.
#[must_use]
pub fn moved(before: &Layout, after: &Layout, control: usize) -> Moved {
    let mut moved = Moved::default();
    let mut ends: Vec<u32> = before.iter().chain(after).map(|(end, _)| *end).collect();
    ends.sort_unstable();
    let at = |layout: &Layout, place: u32| layout.iter().find(|(end, _)| place < *end).map(|(_, one)| *one);
    let mut begin = 0;
    for end in ends {
        let width = end - begin;
        if width > 0
            && let (Some(old), Some(new)) = (at(before, begin), at(after, begin))
            && old != new
        {
            match (old == control, new == control) {
                (true, _) => moved.gained += width,
                (_, true) => moved.lost += width,
                _ => moved.swapped += width,
            }
        }
        begin = end;
    }
    moved
}

/// Whether users are drawn anew: by another attribute, kind or seed.
#[must_use]
pub fn is_redrawn(before: &Serve, after: &Serve) -> bool {
    match (before, after) {
        (Serve::Rollout(before), Serve::Rollout(after)) => {
            (before.kind(), &before.bucket_by, before.seed, before.is_experiment)
                != (after.kind(), &after.bucket_by, after.seed, after.is_experiment)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rollout(parts: &[(u32, usize)]) -> Layout {
        let rollout = Rollout { parts: parts.to_vec(), ..Rollout::default() };
        layout(&Serve::Rollout(rollout)).expect("parts")
    }

    #[test]
    fn with_two_variations_a_widening_only_adds_whichever_comes_first() {
        for (treatment, control) in [(0, 1), (1, 0)] {
            let at = |share: u32| {
                let mut parts = [(share, treatment), (WHOLE - share, control)];
                parts.sort_by_key(|(_, variation)| *variation);
                rollout(&parts)
            };
            let expected = Moved { gained: 15_000, ..Moved::default() };
            assert_eq!(moved(&at(10_000), &at(25_000), control), expected);
            assert_eq!(moved(&at(25_000), &at(0), control), Moved { lost: 25_000, ..Moved::default() });
        }
    }

    #[test]
    fn what_lies_between_treatment_and_control_is_pushed_along_and_nothing_else() {
        // Variation 1 is ours; the control is the last, so the other variant is in front of it: nobody is moved.
        let ours_before_control = |share| rollout(&[(20_000, 0), (share, 1), (80_000 - share, 2)]);
        let only_added = moved(&ours_before_control(10_000), &ours_before_control(30_000), 2);
        assert_eq!(only_added, Moved { gained: 20_000, ..Moved::default() });
        // With the control in front of it and another variant behind, its share from the control shifts nobody either.
        let control_first = |share| rollout(&[(80_000 - share, 0), (share, 1), (20_000, 2)]);
        assert!(!moved(&control_first(10_000), &control_first(30_000), 0).needless());
        // But with the control behind another variant, that one is pushed along.
        let pushed = |share| rollout(&[(share, 0), (20_000, 1), (80_000 - share, 2)]);
        let moved = moved(&pushed(10_000), &pushed(30_000), 2);
        assert_eq!(moved, Moved { gained: 20_000, lost: 0, swapped: 20_000 });
        assert!(moved.needless());
    }

    #[test]
    fn what_is_missing_goes_to_the_last_and_what_is_too_much_to_nobody() {
        assert_eq!(share(&rollout(&[(10_000, 0), (20_000, 1)]), 1), 90_000);
        assert_eq!(share(&rollout(&[(90_000, 0), (20_000, 1)]), 1), 10_000);
        assert_eq!(layout(&Serve::Rollout(Rollout::default())), None);
        assert_eq!(layout(&Serve::Fixed(3)), Some(vec![(WHOLE, 3)]));
    }

    proptest! {
        #[test]
        fn shares_make_a_whole_and_who_moves_explains_the_difference(
            before in prop::collection::vec((0_u32..120_000, 0_usize..4), 1..5),
            after in prop::collection::vec((0_u32..120_000, 0_usize..4), 1..5),
        ) {
            let (before, after) = (rollout(&before), rollout(&after));
            prop_assert_eq!((0..4).map(|one| share(&after, one)).sum::<u32>(), WHOLE);
            let Moved { gained, lost, .. } = moved(&before, &after, 0);
            prop_assert_eq!(share(&before, 0) + lost, share(&after, 0) + gained);
        }
    }
}
