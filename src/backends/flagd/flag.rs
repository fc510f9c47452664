//! One flag, as flagd's sync answers it or as the file has it.
//!
//! In: a configuration, `{"flags": …}` with an object or an array of flags. Out: the [`Flag`] with our key, references
//! to `$evaluators` put in place, as flagd itself does it before it evaluates.
//!
//! [`Flag::content`] is the same for the file and for what flagd makes of it, so that a write can be compared with what
//! a person saw. It holds what decides who gets what, and nothing else: flagd adds a source and metadata of its own, and
//! writes `25` for `25.0`.
//!
//! Nothing here decides anything.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::backends::store::file::Digest;

/// How deep references are followed: flagd itself puts them in place once.
const MAX_DEPTH: u32 = 32;

/// The largest whole number that a `double`, flagd's only number, tells apart from its neighbours.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A flag's definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Flag {
    /// Not `DISABLED`.
    pub on: bool,
    /// Who is not targeted gets this variant. `None`: the default in the code.
    pub default_variant: Option<String>,
    /// Names and values.
    pub variants: Map<String, Value>,
    /// The rule, references put in place. `Null`: there is none.
    pub targeting: Value,
}

/// The flags of a configuration, not yet looked into.
#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    flags: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "$evaluators")]
    evaluators: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Keyed {
    key: Option<String>,
}

/// Where a flag stands in a configuration: the steps of a JSON pointer.
pub type Path = Vec<String>;

/// Finds our flag. `Ok(None)`: it is not there.
///
/// # Errors
/// In words, when it is no configuration of flagd.
pub fn find(config: &str, key: &str) -> Result<Option<(Path, Flag)>, String> {
    let parsed: Config<'_> =
        serde_json::from_str(config).map_err(|error| format!("it is no JSON of flagd's: {error}"))?;
    let Some(flags) = parsed.flags else { return Err("it has no \"flags\"".into()) };
    let bad = |error: serde_json::Error| format!("its \"flags\" cannot be read: {error}");
    let (step, raw) = if flags.get().starts_with('[') {
        let all: Vec<&RawValue> = serde_json::from_str(flags.get()).map_err(bad)?;
        let is_ours = |raw: &&RawValue| {
            serde_json::from_str::<Keyed>(raw.get()).is_ok_and(|k| k.key.as_deref() == Some(key))
        };
        // The last one wins, as in flagd.
        match all.iter().rposition(is_ours) {
            Some(index) => (index.to_string(), all.get(index).copied()),
            None => return Ok(None),
        }
    } else {
        let mut all: BTreeMap<String, &RawValue> = serde_json::from_str(flags.get()).map_err(bad)?;
        (key.to_owned(), all.remove(key))
    };
    let Some(raw) = raw else { return Ok(None) };
    let value: Value = serde_json::from_str(raw.get()).map_err(|error| format!("flag {key}: {error}"))?;
    let flag = Flag::of(value, &parsed.evaluators).map_err(|why| format!("flag {key}: {why}"))?;
    Ok(Some((vec!["flags".into(), step], flag)))
}

impl Flag {
    fn of(value: Value, evaluators: &BTreeMap<String, &RawValue>) -> Result<Self, String> {
        let Value::Object(mut members) = value else { return Err("it is no object".into()) };
        let targeting = members.remove("targeting").unwrap_or_default();
        let targeting = plain(expand(targeting, evaluators, 0));
        let is_none = targeting.is_null() || targeting.as_object().is_some_and(Map::is_empty);
        let Some(Value::Object(variants)) = members.remove("variants") else {
            return Err("it has no variants".into());
        };
        let default_variant = match members.remove("defaultVariant") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
            Some(other) => return Err(format!("its defaultVariant is {other}")),
        };
        Ok(Self {
            on: members.get("state").and_then(Value::as_str) != Some("DISABLED"),
            default_variant,
            variants: variants.into_iter().map(|(name, value)| (name, plain(value))).collect(),
            targeting: if is_none { Value::Null } else { targeting },
        })
    }

    /// What decides who gets what.
    #[must_use]
    pub fn content(&self) -> Digest {
        let Self { on, default_variant, variants, targeting } = self;
        // Objects are written in the order of their keys.
        Digest::of(serde_json::json!([on, default_variant, variants, targeting]).to_string().as_bytes())
    }
}

/// Puts references to `$evaluators` in place. One that leads nowhere stays, as in flagd.
fn expand(value: Value, evaluators: &BTreeMap<String, &RawValue>, depth: u32) -> Value {
    let next = |value| expand(value, evaluators, depth + 1);
    match value {
        value if depth >= MAX_DEPTH => value,
        Value::Array(items) => items.into_iter().map(next).collect(),
        Value::Object(members) => {
            let named = match (members.len(), members.get("$ref")) {
                (1, Some(Value::String(name))) => evaluators.get(name),
                _ => None,
            };
            match named.and_then(|raw| serde_json::from_str(raw.get()).ok()) {
                Some(value) => next(value),
                None => Value::Object(members.into_iter().map(|(key, value)| (key, next(value))).collect()),
            }
        }
        other => other,
    }
}

/// Numbers as flagd knows them: a `double` without a fraction is a whole number.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(double) if double.fract() == 0.0 && double.abs() <= MAX_EXACT => Value::from(double as i64),
            Some(double) => Value::from(double),
            None => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(config: &str) -> Digest {
        find(config, "f").expect("a configuration").expect("the flag").1.content()
    }

    #[test]
    fn the_file_and_what_flagd_makes_of_it_are_the_same_content() {
        let file = r#"{ "$evaluators": { "staff": { "ends_with": [{ "var": "email" }, "@corp.com"] } },
            "flags": [ { "key": "other", "state": "ENABLED", "variants": {} },
              { "key": "f", "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": null,
              "metadata": { "owner": "x" },
              "targeting": { "if": [{ "$ref": "staff" }, { "fractional": [["on", 25.0], ["off", 7.5e1]] }] } } ] }"#;
        let served = r#"{"flags":{"f":{"defaultVariant":"","state":"ENABLED","source":"/etc/flags.json","variants":{"off":false,"on":true},
            "targeting":{"if":[{"ends_with":[{"var":"email"},"@corp.com"]},{"fractional":[["on",25],["off",75]]}]}}}}"#;
        assert_eq!(content(file), content(served));
        let (path, _) = find(file, "f").unwrap().unwrap();
        assert_eq!(path, ["flags", "1"]);
        assert_ne!(content(&file.replace("25.0", "24.0")), content(served));
        assert_ne!(content(&file.replace("ENABLED", "DISABLED")), content(served));
    }

    #[test]
    fn no_targeting_can_be_written_in_three_ways() {
        let with = |targeting: &str| {
            content(&format!(r#"{{"flags":{{"f":{{"state":"ENABLED","variants":{{"a":1}}{targeting}}}}}}}"#))
        };
        assert_eq!(with(""), with(r#","targeting":{}"#));
        assert_eq!(with(""), with(r#","targeting":null"#));
    }

    #[test]
    fn what_is_no_flag_is_said_and_never_guessed() {
        for (config, said) in [
            ("", "no JSON"),
            ("[]", "no JSON"),
            ("{}", "no \"flags\""),
            (r#"{"flags":7}"#, "\"flags\""),
            (r#"{"flags":{"f":7}}"#, "no object"),
            (r#"{"flags":{"f":{}}}"#, "no variants"),
            (r#"{"flags":{"f":{"variants":{},"defaultVariant":true}}}"#, "defaultVariant"),
        ] {
            let error = find(config, "f").expect_err(config);
            assert!(error.contains(said), "{config}: {error}");
        }
        assert_eq!(find(r#"{"flags":{"g":{}}}"#, "f"), Ok(None));
        assert_eq!(find(r#"{"flags":[]}"#, "f"), Ok(None));
    }

    #[test]
    fn references_that_go_round_end() {
        let config = r#"{"$evaluators":{"a":{"$ref":"a"}},"flags":{"f":{"variants":{},"targeting":{"if":[{"$ref":"a"},"x"]}}}}"#;
        assert!(find(config, "f").unwrap().is_some());
    }
}
