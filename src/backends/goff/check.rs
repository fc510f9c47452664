//! Whether the relay would take a flag: it drops an invalid one, and then everybody gets the code's default.
//!
//! In: a flag. Out: what is wrong with it. Two checks: the published schema, and what the relay checks beyond it.
//!
//! `flag-schema.json` is `.schema/flag-schema.json` of github.com/thomaspoignant/go-feature-flag (v1.55.2), MIT licence,
//! Copyright (c) 2020 Thomas Poignant. The further rules are those of `IsValid` in `modules/core/flag`. What is not
//! checked: whether a query can be parsed; no query is ever changed here.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::flag::{DEFAULT, Object, is_set, object, objects, rule, text};

const SCHEMA: &str = include_str!("flag-schema.json");

/// The most mistakes that are found: a person reads the first.
const MAX_MISTAKES: usize = 10;

/// What is wrong with a flag; empty when the relay takes it.
pub(super) fn mistakes(flag: &Object) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match validator() {
        Ok(validator) => {
            let document = json!({ "flag": flag });
            let errors = validator.iter_errors(&document).take(MAX_MISTAKES);
            found.extend(errors.map(|error| format!("{} (at {})", error, error.instance_path())));
        }
        Err(why) => drop(found.insert(format!("the schema of flags cannot be used: {why}"))),
    }
    let variations = object(flag, "variations");
    if variations.is_none_or(Object::is_empty) {
        found.insert("it has no variations".into());
    }
    let has = |name: &str| variations.is_some_and(|variations| variations.contains_key(name));
    if let Some(default) = rule(flag, DEFAULT) {
        found.extend(of_rule(default, "the default rule", &has));
    }
    let mut names = BTreeSet::new();
    for (index, rule) in objects(flag, "targeting").enumerate() {
        let name = text(rule, "name").unwrap_or_default();
        if !name.is_empty() && !names.insert(name) {
            found.insert(format!("two rules are called {name}"));
        }
        if !is_set(rule, "disable") {
            let called = if name.is_empty() { format!("rule {}", index + 1) } else { format!("rule {name}") };
            if !rule.contains_key("query") {
                found.insert(format!("{called} has no query"));
            }
            found.extend(of_rule(rule, &called, &has));
        }
    }
    found
}

fn validator() -> Result<&'static Validator, String> {
    static VALIDATOR: OnceLock<Result<Validator, String>> = OnceLock::new();
    let build = || {
        let schema: Value = serde_json::from_str(SCHEMA).map_err(|error| error.to_string())?;
        jsonschema::validator_for(&schema).map_err(|error| error.to_string())
    };
    VALIDATOR.get_or_init(build).as_ref().map_err(Clone::clone)
}

fn of_rule(rule: &Object, called: &str, has: &impl Fn(&str) -> bool) -> Option<String> {
    let unknown = |name: &str| format!("{called}: there is no variation {name}");
    let (split, ramp) = (object(rule, "percentage"), object(rule, "progressiveRollout"));
    if split.is_none() && ramp.is_none() {
        return match text(rule, "variation") {
            None => Some(format!("{called} serves nothing")),
            Some(name) => (!has(name)).then(|| unknown(name)),
        };
    }
    if let Some(split) = split {
        if let Some(name) = split.keys().find(|name| !has(name)) {
            return Some(unknown(name));
        }
        if split.values().filter_map(Value::as_f64).sum::<f64>() == 0.0 {
            return Some(format!("{called}: its percentages sum up to nothing"));
        }
    }
    let ramp = ramp?;
    let end = |end: &str| {
        let step = object(ramp, end);
        let name = step.and_then(|step| text(step, "variation")).unwrap_or_default();
        (name, step.and_then(|step| step.get("percentage")).and_then(Value::as_f64).unwrap_or(0.0))
    };
    let ((from, low), (to, high)) = (end("initial"), end("end"));
    if let Some(name) = [from, to].into_iter().find(|name| !has(name)) {
        return Some(unknown(name));
    }
    (high < low).then(|| format!("{called}: its ramp goes down, from {low}% to {high}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(flag: Value) -> Vec<String> {
        mistakes(flag.as_object().expect("an object")).into_iter().collect()
    }

    fn with(field: &str, value: Value) -> Value {
        let mut flag = json!({"variations": {"on": true, "off": false}, "defaultRule": {"variation": "off"}});
        flag[field] = value;
        flag
    }

    #[test]
    fn a_whole_flag_is_taken() {
        let rules = json!([{"name": "eu", "query": "region eq \"eu\"", "percentage": {"on": 25, "off": 75}}]);
        assert_eq!(found(with("targeting", rules)), Vec::<String>::new());
    }

    #[test]
    fn what_the_relay_would_drop_is_found() {
        let step = |variation: &str, p: u32| json!({"variation": variation, "percentage": p, "date": "2026-01-01T00:00:00Z"});
        for (flag, expected) in [
            (with("defaultRule", json!({"variation": "blue"})), "no variation blue"),
            (with("defaultRule", json!({"percentage": {"on": 0, "off": 0}})), "sum up to nothing"),
            (with("defaultRule", json!({"percentage": {"on": 1, "no": 0}})), "no variation no"),
            (with("defaultRule", json!({})), "serves nothing"),
            (
                with(
                    "defaultRule",
                    json!({"progressiveRollout": {"initial": step("off", 50), "end": step("on", 20)}}),
                ),
                "goes down",
            ),
            (with("targeting", json!([{"variation": "on"}])), "has no query"),
            (
                with(
                    "targeting",
                    json!([{"name": "a", "query": "x", "variation": "on"}, {"name": "a", "query": "x", "variation": "on"}]),
                ),
                "two rules",
            ),
            (with("variations", json!({})), "no variations"),
            (with("disabled", json!(true)), "disabled"),
            (with("disable", json!("yes")), "boolean"),
            (json!({"variations": {"on": true}}), "defaultRule"),
        ] {
            let found = found(flag.clone());
            assert!(found.iter().any(|mistake| mistake.contains(expected)), "{flag}: {found:?}");
        }
    }
}
