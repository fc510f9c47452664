//! What share of its users one strategy serves, and how a share is written.
//!
//! In: a strategy. Out: a [`Percent`], or in words why it cannot be known. Unleash stores
//! `parameters.rollout` as a text and checks nothing: `"150"`, `"abc"` and `"2.5"` are all taken
//! with 200, and SDKs do different things with them (the Node SDK reads 150 as everybody and
//! compares with fractions of a hash that has only whole percents; the Rust core drops the
//! strategy). So only a whole number from 0 to 100 counts as known.

use serde_json::Value;

use super::wire::Strategy;
use crate::domain::Percent;

/// The kind of strategy that has a share.
pub const FLEXIBLE: &str = "flexibleRollout";

/// The old kind that serves everybody who meets its constraints.
const STANDARD: &str = "default";

/// Parts per million in one percent.
const WHOLE: u32 = 10_000;

/// The share that a strategy serves among those who meet its constraints.
///
/// # Errors
/// In words, why it is not known: then nobody may take it for 0 %.
pub fn served_by(strategy: &Strategy) -> Result<Percent, String> {
    match strategy.name.as_str() {
        _ if strategy.disabled => Ok(Percent::ZERO),
        STANDARD => Ok(Percent::FULL),
        FLEXIBLE => match strategy.parameters.get("rollout") {
            Some(Value::String(text)) => read(text).ok_or_else(|| format!("its rollout is {text:?}")),
            Some(other) => read(&other.to_string()).ok_or_else(|| format!("its rollout is {other}")),
            None => Err("it has no rollout".into()),
        },
        kind => Err(format!("it is of the kind {kind:?}")),
    }
}

/// A whole number from 0 to 100 without sign, blank or leading zero.
fn read(text: &str) -> Option<Percent> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = digits.then(|| text.parse().ok()).flatten()?;
    (number <= 100 && (text.len() == 1 || !text.starts_with('0'))).then(|| Percent::from_ppm(number * WHOLE))
}

/// A share as `parameters.rollout` takes it; `None` for a fraction of a percent, which SDKs round
/// or refuse.
#[must_use]
pub fn written(share: Percent) -> Option<String> {
    share.ppm().is_multiple_of(WHOLE).then(|| (share.ppm() / WHOLE).to_string())
}

/// The stored text of a strategy's rollout, if it is a text.
#[must_use]
pub fn stored(strategy: &Strategy) -> Option<&str> {
    strategy.parameters.get("rollout").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strategy(rollout: Value) -> Strategy {
        serde_json::from_value(serde_json::json!({
            "name": FLEXIBLE, "parameters": { "rollout": rollout }
        }))
        .expect("a strategy")
    }

    #[test]
    fn what_the_server_does_not_check_is_unknown_and_not_zero() {
        for bad in
            ["150", "abc", "", "25.5", "2.5", "-1", "+25", " 25", "025", "1e1", "101", "99999999999999999999"]
        {
            assert!(served_by(&strategy(bad.into())).is_err(), "{bad:?}");
        }
        for bad in [Value::Null, 150.into(), 2.5.into(), true.into()] {
            assert!(served_by(&strategy(bad.clone())).is_err(), "{bad}");
        }
    }

    #[test]
    fn whole_percents_are_read_as_text_and_as_number() {
        for (good, ppm) in [("0", 0), ("1", 10_000), ("25", 250_000), ("100", 1_000_000)] {
            assert_eq!(served_by(&strategy(good.into())), Ok(Percent::from_ppm(ppm)), "{good}");
        }
        assert_eq!(served_by(&strategy(25.into())), Ok(Percent::from_ppm(250_000)));
    }

    #[test]
    fn a_disabled_strategy_serves_nobody_whatever_it_stores() {
        let mut disabled = strategy("abc".into());
        disabled.disabled = true;
        assert_eq!(served_by(&disabled), Ok(Percent::ZERO));
    }

    #[test]
    fn the_standard_strategy_serves_everybody_and_an_old_kind_is_not_guessed() {
        let mut old = strategy("25".into());
        old.name = "default".into();
        assert_eq!(served_by(&old), Ok(Percent::FULL));
        old.name = "gradualRolloutUserId".into();
        assert!(served_by(&old).is_err());
    }

    #[test]
    fn only_whole_percents_are_written() {
        let text = |percent: f64| Percent::new(percent).ok().and_then(written);
        assert_eq!(text(25.0).as_deref(), Some("25"));
        assert_eq!(text(0.0).as_deref(), Some("0"));
        assert_eq!(text(100.0).as_deref(), Some("100"));
        assert_eq!(text(2.5), None);
    }
}
