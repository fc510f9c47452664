//! The relay's own bucketing: who gets which variation.
//!
//! In: a flag's name, a user's key, the percentages of a rule. Out: the variation that the relay serves to this
//! user, and percentages that keep everybody where they are. The formulas are those of go-feature-flag
//! (`modules/core/flag/rule.go` and `modules/core/utils/hash.go`, v1.55.2):
//!
//! - `hash = fnv32a(flag + key) % uint32(sum × 1000)`; the percentages are weights of their sum;
//! - the variations lie one after the other in *reverse* alphabetical order, each `percentage × 1000` wide;
//! - a ramp gives its end variation to `hash < uint32(percentage × 1000)` with a sum of 100.
//!
//! So a sum that changes, be it by the last bit of a float, moves everybody: [`weigh`] never lets it. A sum of
//! 99.99999999999999 would be 99999 instead of 100000 buckets.

use std::collections::BTreeMap;

/// Buckets for each percent.
pub(super) const PER_PERCENT: f64 = 1000.0;

/// The buckets of a rule whose percentages sum up to 100, and of each ramp.
pub(super) const FULL: u32 = 100_000;

/// The percentages of a rule: weights of their sum.
pub(super) type Percentages = BTreeMap<String, f64>;

/// Orders of variations that are tried for what their sum is: the relay adds them up in an order of chance. Up to
/// four variations are tried in every order; of more, in so many.
const MAX_ORDERS: usize = 24;

/// How far from the next number of buckets a sum is safe, as a part of it: far above the rounding of floats, far below a
/// part per million.
const CLEAR: f64 = 1e-10;

/// FNV-1a, 32 bits.
#[cfg(test)]
pub(super) fn fnv32a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// As Go converts a float to `uint32`, for what can come up here.
pub(super) const fn floor(value: f64) -> u32 {
    value as u32
}

/// The sum, in reverse alphabetical order.
pub(super) fn sum(percentages: &Percentages) -> f64 {
    percentages.values().rev().sum()
}

/// How many buckets there are.
pub(super) fn count(percentages: &Percentages) -> u32 {
    floor(sum(percentages) * PER_PERCENT)
}

/// The variation for a hash that was not reduced yet. `None`: the relay fails, and the code's default is served.
pub(super) fn serves(percentages: &Percentages, hash: u32) -> Option<&str> {
    let bucket = hash.checked_rem(count(percentages)).unwrap_or(0);
    let mut start = 0.0;
    for (name, percentage) in percentages.iter().rev() {
        let end = start + percentage * PER_PERCENT;
        if floor(start) <= bucket && bucket < floor(end) {
            return Some(name);
        }
        start = end;
    }
    None
}

/// Percentages for shares in parts per million that sum up to a million, over as many buckets as `sum` has: with two
/// variations nobody moves who need not. `None`: floats do not allow it.
pub(super) fn weigh(shares: &BTreeMap<String, u32>, sum: f64) -> Option<Percentages> {
    // The decimal number that a person would have written, not the nearest product of floats.
    let weight = |ppm: u32| if sum == 100.0 { f64::from(ppm) / 10_000.0 } else { f64::from(ppm) / 1e6 * sum };
    let mut weighed: Percentages = shares.iter().map(|(name, ppm)| (name.clone(), weight(*ppm))).collect();
    let largest = weighed.iter().max_by(|a, b| a.1.total_cmp(b.1))?.0.clone();
    let wanted = floor(sum * PER_PERCENT);
    if holds(&weighed, wanted) {
        return Some(weighed);
    }
    // Too close to where the number of buckets changes: a little further in, no order of adding up gets there.
    let (least, most) = (f64::from(wanted) / PER_PERCENT, (f64::from(wanted) + 1.0) / PER_PERCENT);
    let further_in = sum.clamp(least + sum * CLEAR, most - sum * CLEAR) - self::sum(&weighed);
    *weighed.get_mut(&largest)? += further_in;
    holds(&weighed, wanted).then_some(weighed)
}

/// Whether there are `wanted` buckets in whatever order the relay adds them up, and the last one is served.
fn holds(percentages: &Percentages, wanted: u32) -> bool {
    let values: Vec<_> = percentages.values().copied().collect();
    let covers = percentages.values().rev().fold(0.0, |end, value| end + value * PER_PERCENT);
    floor(covers) >= wanted
        && orders(&values).all(|order| floor(order.iter().sum::<f64>() * PER_PERCENT) == wanted)
}

/// The first [`MAX_ORDERS`] orders.
fn orders(values: &[f64]) -> impl Iterator<Item = Vec<f64>> + '_ {
    let ways: usize = (1..=values.len()).try_fold(1_usize, usize::checked_mul).unwrap_or(usize::MAX);
    (0..ways.min(MAX_ORDERS)).map(|mut way| {
        let mut rest = values.to_vec();
        let mut order = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            order.push(rest.swap_remove(way % rest.len()));
            way /= rest.len() + 1;
        }
        order
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pairs: &[(&str, u32)]) -> BTreeMap<String, u32> {
        pairs.iter().map(|(name, ppm)| ((*name).to_owned(), *ppm)).collect()
    }

    #[test]
    fn the_hash_is_the_one_of_the_relay() {
        // Test vectors of the authors: http://www.isthe.com/chongo/tech/comp/fnv/
        for (text, hash) in [("", 0x811c_9dc5), ("a", 0xe40c_292c), ("foobar", 0xbf9c_f968)] {
            assert_eq!(fnv32a(text), hash, "{text:?}");
        }
    }

    #[test]
    fn the_last_in_the_alphabet_has_the_first_buckets() {
        let percentages = Percentages::from([("off".into(), 75.0), ("on".into(), 25.0)]);
        let served: Vec<_> =
            [0, 24_999, 25_000, 99_999, 100_000].map(|hash| serves(&percentages, hash)).into();
        assert_eq!(served, [Some("on"), Some("on"), Some("off"), Some("off"), Some("on")]);
    }

    proptest! {
        #[test]
        fn whatever_the_shares_are_no_bucket_is_lost_or_added(
            first in 0..=1_000_000_u32, second in 0..=1_000_000_u32, sum in prop::sample::select(vec![100.0, 1.0, 3.0, 3.4 + 0.05, 4.0, 10.0, 99.5, 1000.0]),
        ) {
            let first = first.min(1_000_000 - second.min(1_000_000));
            let shares = split(&[("a", first), ("b", second), ("c", 1_000_000 - first - second)]);
            let weighed = weigh(&shares, sum).expect("weights");
            prop_assert_eq!(count(&weighed), floor(sum * PER_PERCENT));
            prop_assert!(serves(&weighed, floor(sum * PER_PERCENT) - 1).is_some());
            for (name, ppm) in &shares {
                let read = (weighed[name] / super::sum(&weighed) * 1e6).round() as u32;
                prop_assert_eq!(read, *ppm, "{}", name);
            }
        }

        #[test]
        fn widening_with_two_variations_takes_nobody_out(
            from in 0..=1_000_000_u32, to in 0..=1_000_000_u32, swapped: bool, key in "[a-z0-9-]{1,12}",
            sum in prop::sample::select(vec![100.0, 1.0, 3.0, 4.0, 10.0]),
        ) {
            let (from, to) = (from.min(to), from.max(to));
            let (treatment, control) = if swapped { ("a", "b") } else { ("on", "off") };
            let at = |ppm| weigh(&split(&[(treatment, ppm), (control, 1_000_000 - ppm)]), sum).expect("weights");
            let hash = fnv32a(&format!("checkout{key}"));
            let (before, after) = (at(from), at(to));
            if serves(&before, hash) == Some(treatment) {
                prop_assert_eq!(serves(&after, hash), Some(treatment));
            }
        }
    }
}
