//! Segments, shares and doubts, from flags as people write them.

use serde_json::{Value, json};

use super::*;
use crate::backends::flagd::flag::find;

fn flag(variants: Value, default: Value, targeting: Value) -> Flag {
    let config = json!({ "flags": { "f": {
        "state": "ENABLED", "variants": variants, "defaultVariant": default, "targeting": targeting
    } } });
    find(&config.to_string(), "f").expect("a configuration").expect("the flag").1
}

fn boolean(targeting: Value) -> Flag {
    flag(json!({ "on": true, "off": false }), json!("off"), targeting)
}

fn segments(names: &[(&str, &str)]) -> Vec<(SegmentName, String)> {
    names
        .iter()
        .map(|(segment, name)| (SegmentName::new(segment).expect("a name"), (*name).to_owned()))
        .collect()
}

fn state(flag: &Flag, names: &[(&str, &str)], roles: &Roles) -> FlagState {
    Map::of(flag, &segments(names), roles).state(Version(1), None)
}

fn shares(state: &FlagState) -> Vec<(String, f64)> {
    state.shares.iter().map(|(segment, share)| (segment.to_string(), share.as_f64())).collect()
}

fn rule() -> Value {
    json!({ "if": [
        { "==": [{ "var": "plan" }, "free"] }, { "fractional": [["on", 5], ["off", 95]] },
        { "ends_with": [{ "var": "email" }, "@corp.com"] }, "on",
        { "in": [{ "var": "region" }, ["eu", "uk"]] }, { "fractional": [{ "var": "account" }, ["off", 3], ["on", 1]] },
        { "fractional": [["on", 1], ["off", 99]] }
    ] })
}

#[test]
fn a_segment_is_a_text_in_a_condition_a_pointer_or_the_rest() {
    let flag = boolean(rule());
    let names = [("free", "free"), ("staff", "@corp.com"), ("eu", "/if/5"), ("rest", "default")];
    let read = state(&flag, &names, &Roles::default());
    let all = [("eu", 25.0), ("free", 5.0), ("rest", 1.0), ("staff", 100.0)];
    assert_eq!(shares(&read), all.map(|(segment, share)| (segment.to_owned(), share)));
    assert_eq!((read.doubts, read.on), (vec![], true));
    let spelled =
        [("free", "/targeting/if/1/fractional"), ("staff", "/if/3"), ("eu", "uk"), ("rest", "/if/6")];
    assert_eq!(shares(&state(&flag, &spelled, &Roles::default())).len(), 4);
}

#[test]
fn a_name_in_no_branch_or_in_several_is_a_doubt_that_lists_them() {
    let flag = boolean(
        json!({ "if": [{ "==": [{ "var": "plan" }, "free"] }, "on", { "==": [{ "var": "old" }, "free"] }, "on", "off"] }),
    );
    let read = state(&flag, &[("free", "free"), ("eu", "eu")], &Roles::default());
    let doubts: Vec<_> = read.doubts.iter().map(Text::as_str).collect();
    assert!(
        doubts.iter().any(|d| d.contains("free is not found") && d.contains("/if/1, /if/3")),
        "{doubts:?}"
    );
    assert!(
        doubts.iter().any(|d| d.contains("eu is not found") && d.contains("/if/1, /if/3, /if/4")),
        "{doubts:?}"
    );
    assert!(read.shares.is_empty());
}

#[test]
fn a_branch_that_is_nobodys_and_exposes_is_a_doubt() {
    let read =
        state(&boolean(rule()), &[("free", "free"), ("eu", "eu"), ("rest", "default")], &Roles::default());
    assert_eq!(read.doubts, [Text::new("branch /if/3 also exposes others")]);
    let twice = state(
        &boolean(rule()),
        &[("a", "free"), ("b", "free"), ("c", "/if/3"), ("d", "eu"), ("e", "default")],
        &Roles::default(),
    );
    assert_eq!(twice.doubts, [Text::new("b and a are the same branch /if/1")]);
}

#[test]
fn without_a_rule_everybody_has_the_default_variant() {
    let all = |default: Value| {
        let flag = flag(json!({ "on": true, "off": false }), default, Value::Null);
        shares(&state(&flag, &[("all", "default")], &Roles::default()))
    };
    assert_eq!(all(json!("on")), [("all".to_owned(), 100.0)]);
    assert_eq!(all(json!("off")), [("all".to_owned(), 0.0)]);
    assert_eq!(all(Value::Null), [("all".to_owned(), 0.0)], "the default in the code is not the feature");
    let none = boolean(json!({ "fractional": [["on", 0], ["off", 0]] }));
    assert_eq!(shares(&state(&none, &[("all", "default")], &Roles::default())), [("all".to_owned(), 0.0)]);
}

#[test]
fn computed_weights_are_a_ramp_a_doubt_and_no_share() {
    let ramp = json!({ "fractional": [["on", { "-": [{ "var": "$flagd.timestamp" }, 1_700_000_000] }], ["off", 10]] });
    let read = state(&boolean(ramp), &[("all", "default")], &Roles::default());
    assert!(read.shares.is_empty() && read.ramps.len() == 1);
    assert!(read.doubts[0].as_str().contains("moves by itself"), "{:?}", read.doubts);
    let computed = state(&boolean(json!({ "and": [true, "on"] })), &[("all", "default")], &Roles::default());
    assert!(computed.shares.is_empty() && computed.ramps.is_empty() && computed.doubts.len() == 1);
}

#[test]
fn three_variants_are_told_one_by_one_and_all_but_control_is_the_share() {
    let colours = flag(
        json!({ "blue": "#00f", "green": "#0f0", "grey": "#888" }),
        json!("grey"),
        json!({ "fractional": [["blue", 10], ["green", 30], ["grey", 60]] }),
    );
    let roles = Roles { treatment: None, control: Some("grey".into()) };
    let read = state(&colours, &[("all", "default")], &roles);
    assert_eq!(shares(&read), [("all".to_owned(), 40.0)]);
    let split: Vec<_> = read.splits.values().flatten().map(|v| (v.name.as_str(), v.share.as_f64())).collect();
    assert_eq!(split, [("blue", 10.0), ("green", 30.0), ("grey", 60.0)]);
    let unsaid = state(&colours, &[("all", "default")], &Roles::default());
    assert!(unsaid.shares.is_empty());
    assert!(unsaid.doubts[0].as_str().contains("hint: set treatment or control"), "{:?}", unsaid.doubts);
    let wrong = Roles { treatment: Some("red".into()), control: None };
    assert!(state(&colours, &[("all", "default")], &wrong).doubts[0].as_str().contains("\"red\""));
}

#[test]
fn a_default_variant_with_the_feature_or_a_variant_that_is_not_there_is_a_doubt() {
    let split = json!({ "fractional": [["on", 5], ["off", 95]] });
    let open = flag(json!({ "on": true, "off": false }), json!("on"), split);
    let read = state(&open, &[("all", "default")], &Roles::default());
    assert!(read.doubts[0].as_str().contains("targeting key"), "{:?}", read.doubts);
    let missing = boolean(json!({ "fractional": [["of", 95], ["on", 5]] }));
    let read = state(&missing, &[("all", "default")], &Roles::default());
    assert!(read.doubts[0].as_str().contains("\"of\""), "{:?}", read.doubts);
}

#[test]
fn a_disabled_flag_is_off() {
    let mut off = boolean(rule());
    off.on = false;
    assert!(state(&off, &[("free", "free")], &Roles::default()).is_off());
}
