//! What the evaluator must agree on with Unleash's SDKs. In: flags as JSON. Out: assertions. Start anywhere.

use serde_json::json;

use super::*;

fn flag(value: Value) -> Flag {
    serde_json::from_value(value).unwrap()
}

fn rollout(percent: &str, constraints: Value) -> Value {
    json!({ "name": "flexibleRollout", "constraints": constraints,
        "parameters": { "rollout": percent, "stickiness": "userId", "groupId": "checkout-v2" } })
}

fn segment_in(names: &[&str]) -> Value {
    json!([{ "contextName": "segment", "operator": "IN", "values": names, "inverted": false }])
}

fn visitor(user_id: &'static str, segment: &'static str) -> Visitor<'static> {
    Visitor { user_id, segment }
}

/// Share of 10,000 users of a segment for whom the flag is on.
fn share(flag: &Flag, segment: &str) -> f64 {
    let on = (0..10_000)
        .filter(|n| flag.is_on_for(Visitor { user_id: &format!("{segment}-{n}"), segment }))
        .count();
    on as f64 / 10_000.0
}

#[test]
fn answers_of_unleashs_client_specification_hold() {
    // github.com/Unleash/client-specification, specifications/10-flexible-rollout-strategy.json
    let known = [
        ("Feature.flexibleRollout.100", "100", "default", "any", true),
        ("Feature.flexibleRollout.10", "10", "default", "174", true),
        ("Feature.flexibleRollout.10", "10", "default", "499", false),
        ("Feature.flexibleRollout.userId.55", "55", "userId", "25", true),
        ("Feature.flexibleRollout.sessionId.42", "42", "sessionId", "147", false),
        ("Feature.flexibleRollout.0", "0", "default", "12", false),
    ];
    for (name, percent, stickiness, user, expected) in known {
        let flag = flag(json!({ "name": name, "enabled": true, "strategies": [{ "name": "flexibleRollout",
            "parameters": { "rollout": percent, "stickiness": stickiness, "groupId": name }, "constraints": [] }] }));
        assert_eq!(flag.is_on_for(visitor(user, "free")), expected, "{name} for {user}");
    }
}

#[test]
fn each_segment_gets_the_share_of_its_own_strategy() {
    let flag = flag(json!({ "name": "checkout-v2", "enabled": true, "strategies": [
        rollout("100", segment_in(&["internal"])), rollout("25", segment_in(&["free", "beta"])),
        rollout("0", segment_in(&["enterprise"])) ] }));
    assert_eq!(share(&flag, "internal"), 1.0);
    assert!((share(&flag, "free") - 0.25).abs() < 0.02);
    assert!((share(&flag, "beta") - 0.25).abs() < 0.02);
    assert_eq!(share(&flag, "enterprise"), 0.0);
    assert_eq!(share(&flag, "unheard-of"), 0.0);
}

#[test]
fn widening_keeps_everybody_who_is_in() {
    let at = |p| flag(json!({ "name": "f", "enabled": true, "strategies": [rollout(p, json!([]))] }));
    let (narrow, wide) = (at("10"), at("30"));
    for n in 0..2_000 {
        let id = format!("u{n}");
        let who = Visitor { user_id: &id, segment: "free" };
        assert!(!narrow.is_on_for(who) || wide.is_on_for(who), "{id}");
    }
}

#[test]
fn an_environment_that_is_off_serves_nobody() {
    let flag = flag(json!({ "name": "f", "enabled": false, "strategies": [rollout("100", json!([]))] }));
    assert_eq!(share(&flag, "internal"), 0.0);
}

#[test]
fn an_enabled_flag_without_strategies_serves_everybody() {
    assert_eq!(share(&flag(json!({ "name": "f", "enabled": true, "strategies": [] })), "free"), 1.0);
}

#[test]
fn a_disabled_strategy_serves_nobody() {
    let mut disabled = rollout("100", json!([]));
    disabled["disabled"] = json!(true);
    assert_eq!(share(&flag(json!({ "name": "f", "enabled": true, "strategies": [disabled] })), "free"), 0.0);
}

#[test]
fn any_matching_strategy_is_enough() {
    let flag = flag(json!({ "name": "f", "enabled": true, "strategies": [
        rollout("0", json!([])), rollout("100", segment_in(&["beta"])) ] }));
    assert_eq!((share(&flag, "beta"), share(&flag, "free")), (1.0, 0.0));
}

#[test]
fn not_in_and_inverted_turn_a_constraint_round() {
    let with = |operator, inverted| {
        flag(
            json!({ "name": "f", "enabled": true, "strategies": [rollout("100", json!([{ "contextName": "segment",
            "operator": operator, "values": ["free"], "inverted": inverted }]))] }),
        )
    };
    for (operator, inverted, free, beta) in [
        ("IN", false, 1.0, 0.0),
        ("IN", true, 0.0, 1.0),
        ("NOT_IN", false, 0.0, 1.0),
        ("NOT_IN", true, 1.0, 0.0),
    ] {
        let flag = with(operator, inverted);
        assert_eq!((share(&flag, "free"), share(&flag, "beta")), (free, beta), "{operator} {inverted}");
        assert!(flag.unknown().is_empty());
    }
}

#[test]
fn what_is_unknown_never_matches_and_is_named() {
    let constraint = |inverted| json!([{ "contextName": "segment", "operator": "STR_CONTAINS", "values": ["f"], "inverted": inverted }]);
    for strategy in [
        rollout("100", constraint(false)),
        rollout("100", constraint(true)),
        json!({ "name": "remoteAddress" }),
    ] {
        let flag = flag(json!({ "name": "f", "enabled": true, "strategies": [strategy] }));
        assert_eq!(share(&flag, "free"), 0.0);
        assert_eq!(flag.unknown().len(), 1);
    }
}

#[test]
fn a_rollout_that_is_no_percentage_does_what_the_sdks_do() {
    let at =
        |percent| flag(json!({ "name": "f", "enabled": true, "strategies": [rollout(percent, json!([]))] }));
    assert_eq!(share(&at("abc"), "free"), 0.0);
    assert_eq!(share(&at("NaN"), "free"), 0.0);
    assert_eq!(share(&at(""), "free"), 0.0);
    assert_eq!(share(&at("150"), "free"), 1.0);
}
