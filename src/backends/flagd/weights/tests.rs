//! Weights by flagd's own arithmetic.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn split(operands: Value) -> Split {
    Split::read(operands.as_array().expect("a list")).expect("a split")
}

fn percent(ppm: u32) -> Percent {
    Percent::from_ppm(ppm)
}

fn name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

/// `distributeValue` of `core/pkg/evaluator/fractional.go`.
fn serve(split: &Split, hash: u32) -> Option<&str> {
    let bucket = (u64::from(hash) * split.sum()) >> 32;
    let mut end = 0;
    split.entries.iter().find_map(|entry| {
        end += u64::from(entry.weight.unwrap_or_default());
        (bucket < end).then_some(entry.variant.as_deref())
    })?
}

#[test]
fn weights_are_read_as_flagd_reads_them() {
    let read = |operands| split(operands).entries.iter().map(|entry| entry.weight).collect::<Vec<_>>();
    assert_eq!(read(json!([["on", 25], ["off", 75]])), [Some(25), Some(75)]);
    assert_eq!(read(json!([{ "var": "email" }, ["on"], ["off", null]])), [Some(1), Some(1)]);
    assert_eq!(read(json!(["salt", ["on", -5], ["off", 75.0]])), [Some(0), Some(75)]);
    assert_eq!(read(json!([["on", { "-": [1, 2] }], ["off", 1]])), [None, Some(1)]);
    assert_eq!(split(json!([null, [true, 1], [null, 1]])).variants(), [Some("true"), None]);
    for bad in [
        json!([]),
        json!([{ "var": "x" }]),
        json!([7, ["on"]]),
        json!([["on", 2.5]]),
        json!([[]]),
        json!([["on", "5"]]),
        json!([[{ "var": "x" }, 5]]),
        json!([["a", 2_147_483_647_u64], ["b", 1]]),
        json!([["a", 9_000_000_000_u64]]),
        json!(["x", "y"]),
    ] {
        assert!(Split::read(bad.as_array().expect("a list")).is_err(), "{bad}");
    }
}

#[test]
fn a_share_is_relative_and_nothing_is_no_share() {
    let on = |split: &Split| split.share_of(|variant| variant == Some("on"));
    assert_eq!(on(&split(json!([["on", 1], ["off", 3]]))), Some(percent(250_000)));
    assert_eq!(on(&split(json!([["on"], ["off"], ["grey"]]))), Some(percent(333_333)));
    assert_eq!(on(&split(json!([["on", 0], ["off", 0]]))), None);
    assert_eq!(on(&split(json!([["on", { "var": "x" }], ["off", 0]]))), None);
}

#[test]
fn new_weights_are_small_and_keep_the_sum_where_they_can() {
    let written = |before: Value, ppm: u32| {
        let rest = 1_000_000 - ppm;
        let after = split(before).with(&[(name("on"), percent(ppm)), (name("off"), percent(rest))]);
        after.entries.iter().map(|entry| entry.weight.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(written(json!([["on", 5], ["off", 95]]), 250_000), [25, 75]);
    assert_eq!(written(json!([["on", 1], ["off", 3]]), 500_000), [2, 2]);
    assert_eq!(written(json!([["on", 1], ["off", 3]]), 100_000), [10, 90]);
    assert_eq!(written(json!([["on", 5], ["off", 95]]), 25_000), [25, 975]);
    assert_eq!(written(json!([["on", 5], ["off", 95]]), 1), [1, 999_999]);
    assert_eq!(written(json!([["on", 0], ["off", 0]]), 0), [0, 100]);
    assert_eq!(written(json!([["on", { "var": "t" }], ["off", 1]]), 0), [0, 100]);
    assert_eq!(written(json!([["on", 100]]), 0), [0, 100], "who has no entry gets one");
}

#[test]
fn a_third_variant_makes_users_change_and_it_is_said_how_many() {
    let before = split(json!([["blue", 10], ["green", 10], ["off", 80]]));
    let after = before.with(&[
        (name("blue"), percent(200_000)),
        (name("green"), percent(200_000)),
        (name("off"), percent(600_000)),
    ]);
    let moved = before.moved(&after);
    let to_blue = Move { from: name("green"), to: name("blue"), share: percent(100_000) };
    assert!(moved.contains(&to_blue), "{moved:?}");
    let to_green = Move { from: name("off"), to: name("green"), share: percent(200_000) };
    assert_eq!(moved[0], to_green);
    assert_eq!(moved.len(), 2);
    assert_eq!(before.moved(&before), []);
}

fn weight() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..5, 0_u32..200, 0_u32..500_000_000]
}

fn hashes() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 200)
}

proptest! {
    /// Two variants, in either order: who has the feature keeps it.
    #[test]
    fn widening_two_variants_only_adds_users(
        on in weight(), off in weight(), turned: bool, to in 0_u32..=1_000_000, hashes in hashes(),
    ) {
        prop_assume!(on + off > 0);
        let mut entries = [json!(["on", on]), json!(["off", off])];
        if turned { entries.reverse(); }
        let before = split(json!(entries));
        let share = before.share_of(|variant| variant == Some("on")).unwrap();
        let after = before.with(&[(name("on"), percent(to)), (name("off"), percent(1_000_000 - to))]);
        prop_assert_eq!(after.share_of(|variant| variant == Some("on")), Some(percent(to)), "it reads back as it was asked for");
        for hash in hashes {
            let (was, is) = (serve(&before, hash), serve(&after, hash));
            if percent(to) > share {
                prop_assert!(was != Some("on") || is == Some("on"), "{} lost it", hash);
            } else if percent(to) < share {
                prop_assert!(was == Some("on") || is != Some("on"), "{} got it", hash);
            }
        }
    }

    /// What is said to move is what moves, with any variants and weights.
    #[test]
    fn who_moves_by_flagds_own_bucketing_is_foretold(
        before in prop::collection::vec((0_usize..4, 0_u32..50), 1..6),
        after in prop::collection::vec((0_usize..4, 0_u32..50), 1..6),
    ) {
        let named = |(variant, weight): &(usize, u32)| {
            let name = ["a", "b", "c", "d"][*variant];
            json!([name, weight])
        };
        let made = |entries: &[(usize, u32)]| split(entries.iter().map(named).collect());
        let (before, after) = (made(&before), made(&after));
        prop_assume!(before.sum() > 0 && after.sum() > 0);
        let foretold = before.moved(&after);
        // Users at even distances over the whole line.
        const USERS: u32 = 4_000;
        let mut moved = std::collections::BTreeMap::new();
        for user in 0..USERS {
            let hash = (u64::from(user) * (1 << 32) / u64::from(USERS)) as u32;
            let (was, is) = (serve(&before, hash), serve(&after, hash));
            if was != is {
                *moved.entry((was.map(str::to_owned), is.map(str::to_owned))).or_insert(0_u32) += 1;
            }
        }
        for told in &foretold {
            let count = moved.remove(&(told.from.clone(), told.to.clone())).unwrap_or(0);
            // An even comb misses at most one user at each of at most twelve borders.
            prop_assert!((f64::from(count) / f64::from(USERS) - f64::from(told.share.ppm()) / 1e6).abs() < 12.0 / f64::from(USERS), "{:?}: {}", told, count);
        }
        prop_assert!(moved.is_empty(), "not foretold: {:?}", moved);
    }

    /// Shares of any number of variants read back as they were asked for, to the last part in a million.
    #[test]
    fn shares_read_back_as_they_were_asked_for(
        weights in prop::collection::vec(weight(), 2..5), draws in prop::collection::vec(0_u64..1000, 4),
    ) {
        let names = ["a", "b", "c", "d"];
        let before = split(json!(weights.iter().zip(names).map(|(w, n)| json!([n, w])).collect::<Vec<_>>()));
        let parts = proportional(1_000_000, draws.get(..weights.len()).unwrap());
        let wanted: Vec<_> = parts.iter().zip(names).map(|(ppm, n)| (name(n), percent(*ppm as u32))).collect();
        let after = before.with(&wanted);
        prop_assert_eq!(after.sum().min(1), 1);
        for (variant, share) in &wanted {
            prop_assert_eq!(after.share_of(|name| name == variant.as_deref()), Some(*share));
        }
    }
}
