//! Variants of a strategy: how those who get the feature are split, and how they are weighed anew.
//!
//! In: a strategy. Out: each variant's share of the segment's users, or the [`Write`] that gives them others. Pure.
//!
//! Unleash weighs variants in thousandths *of those who get the strategy*; who does not get it, gets none of them. Who
//! gets which variant is decided by a hash with a seed of its own (`normalized_variant_value` with its
//! `VARIANT_NORMALIZATION_SEED` in Unleash's client specification), so a change of the rollout moves nobody between
//! variants; a change of the weights does.
//!
//! Start reading at [`split`].

use serde_json::{Value, json};

use super::plan::Write;
use super::share::{served_by, stored, written};
use super::wire::{Strategy, Variant};
use crate::domain::{Percent, SegmentName, Text, VariantShare};

/// The weight of all variants together.
const WHOLE: u32 = 1000;

/// Each variant's share of the segment's users. `None`: there are no variants to tell apart, or a weight makes no sense.
#[must_use]
pub fn split(strategy: &Strategy) -> Option<Vec<VariantShare>> {
    let served = served_by(strategy).ok()?;
    let total: u64 = strategy.variants.iter().map(|variant| u64::from(variant.weight)).sum();
    if strategy.variants.len() < 2 || total != u64::from(WHOLE) {
        return None;
    }
    let share = |variant: &Variant| VariantShare {
        name: Text::new(&variant.name),
        // At most a million, as no weight is more than the whole.
        share: Percent::from_ppm(
            (u64::from(served.ppm()) * u64::from(variant.weight) / u64::from(WHOLE)) as u32,
        ),
    };
    Some(strategy.variants.iter().map(share).collect())
}

/// The write that gives the variants of a segment's only enabled strategy these shares.
///
/// # Errors
/// In words, why it cannot be done.
pub fn weigh(
    segment: &SegmentName,
    strategies: &[&Strategy],
    wanted: &[VariantShare],
) -> Result<Write, String> {
    let enabled: Vec<_> = strategies.iter().filter(|strategy| !strategy.disabled).collect();
    let [strategy] = enabled.as_slice() else {
        return Err(format!(
            "{segment} has {} enabled strategies, one is needed to weigh its variants",
            enabled.len()
        ));
    };
    let before = served_by(strategy)?;
    let share =
        |name: &str| wanted.iter().find(|w| w.name.as_str() == name).map_or(Percent::ZERO, |w| w.share);
    if let Some(unknown) = wanted.iter().find(|w| strategy.variants.iter().all(|v| v.name != w.name.as_str()))
    {
        return Err(format!("there is no variant {} in {segment}", unknown.name));
    }
    let all: u32 = strategy.variants.iter().map(|variant| share(&variant.name).ppm()).sum();
    let to =
        (all <= Percent::FULL.ppm()).then(|| written(Percent::from_ppm(all))).flatten().ok_or_else(|| {
            format!(
                "the variants of {segment} come to no whole percentage. hint: give them whole percents in all"
            )
        })?;
    let weight = |variant: &Variant| {
        if all == 0 { 0 } else { u64::from(share(&variant.name).ppm()) * u64::from(WHOLE) / u64::from(all) }
    };
    // One of them takes what is left, as Unleash demands: the largest.
    let largest = strategy.variants.iter().max_by_key(|variant| weight(variant)).map(|v| v.name.clone());
    let rest: u64 = strategy.variants.iter().filter(|v| Some(&v.name) != largest.as_ref()).map(&weight).sum();
    let each = strategy.variants.iter().map(|variant| {
        let is_largest = largest.as_ref() == Some(&variant.name);
        let mut value = variant.rest.clone();
        value.insert("name".into(), json!(variant.name));
        let weight = if is_largest { u64::from(WHOLE).saturating_sub(rest) } else { weight(variant) };
        value.insert("weight".into(), json!(weight));
        value.insert("weightType".into(), json!(if is_largest { "variable" } else { "fix" }));
        Value::Object(value)
    });
    Ok(Write {
        segment: segment.clone(),
        strategy: strategy.id.clone(),
        from: stored(strategy).map(ToOwned::to_owned),
        to,
        enable: false,
        grows: Percent::from_ppm(all) >= before,
        variants: Some(each.collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strategy() -> Strategy {
        serde_json::from_value(json!({
            "id": "s", "name": "flexibleRollout", "title": "free", "parameters": { "rollout": "30" },
            "variants": [
                { "name": "blue", "weight": 600, "weightType": "variable", "stickiness": "userId", "payload": { "type": "string", "value": "#00f" } },
                { "name": "green", "weight": 400, "weightType": "fix", "stickiness": "userId" },
            ],
        }))
        .expect("a strategy")
    }

    fn free() -> SegmentName {
        SegmentName::new("free").expect("a name")
    }

    fn shares(wanted: &[(&str, f64)]) -> Vec<VariantShare> {
        let share = |p| Percent::new(p).expect("a percentage");
        wanted.iter().map(|(name, p)| VariantShare { name: Text::new(name), share: share(*p) }).collect()
    }

    #[test]
    fn a_variant_s_share_is_of_all_users_of_the_segment() {
        assert_eq!(split(&strategy()), Some(shares(&[("blue", 18.), ("green", 12.)])));
        let one = Strategy { variants: strategy().variants[..1].to_vec(), ..strategy() };
        assert_eq!(split(&one), None, "one variant is no test");
    }

    #[test]
    fn the_winner_gets_everybody_and_what_else_a_variant_has_stays() {
        let write =
            weigh(&free(), &[&strategy()], &shares(&[("blue", 0.), ("green", 100.)])).expect("a write");
        assert_eq!((write.to.as_str(), write.grows), ("100", true));
        let variants = write.variants.clone().expect("variants");
        assert_eq!(variants[0]["weight"], 0);
        assert_eq!(variants[0]["payload"]["value"], "#00f");
        assert_eq!((&variants[1]["weight"], &variants[1]["weightType"]), (&json!(1000), &json!("variable")));
        assert_eq!(write.patch()[3]["path"], "/variants");
    }

    #[test]
    fn shares_that_do_not_fit_are_refused_in_words() {
        let error = |wanted| weigh(&free(), &[&strategy()], &shares(wanted)).expect_err("refused");
        assert!(error(&[("red", 10.)]).contains("no variant red"));
        assert!(error(&[("blue", 80.), ("green", 40.)]).contains("no whole percentage"));
        assert!(weigh(&free(), &[], &[]).is_err());
    }
}
