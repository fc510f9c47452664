//! Unit tests of `mapping`, on the shapes of a live server's replies.

use serde_json::{Value, json};

use super::*;
use crate::backends::unleash::wire::{Feature, Segments};

fn ours() -> Vec<(SegmentName, String)> {
    ["free", "enterprise", "eu"]
        .iter()
        .map(|name| (SegmentName::new(name).expect("a name"), format!("{name}-users")))
        .collect()
}

fn segment(name: &str) -> SegmentName {
    SegmentName::new(name).expect("a name")
}

fn feature(strategies: Value) -> Feature {
    serde_json::from_value(json!({
        "environments": [
            { "name": "development", "enabled": true, "strategies": [] },
            { "name": "production", "enabled": true, "yes": 0, "lastSeenAt": null, "strategies": strategies },
        ],
        "name": "checkout-v2", "archived": false,
    }))
    .expect("a feature")
}

fn production(feature: &Feature) -> &Environment {
    feature.environments.iter().find(|environment| environment.name == "production").expect("production")
}

fn state(strategies: Value) -> FlagState {
    let names = [(1, "eu-users".to_owned())].into();
    let feature = feature(strategies);
    let environment = production(&feature);
    Map::of(environment, &ours(), &names).state(environment.enabled, Stamp::default(), &names)
}

fn only_doubt(state: &FlagState) -> &str {
    assert_eq!(state.doubts.len(), 1, "{:?}", state.doubts);
    state.doubts[0].as_str()
}

const FREE: &str = r#"[{"contextName":"tier","operator":"IN","values":["free-users"]}]"#;

fn free() -> Value {
    serde_json::from_str(FREE).expect("constraints")
}

#[test]
fn a_strategy_belongs_to_a_segment_by_title_constraint_or_unleash_segment() {
    let state = state(json!([
        { "id": "1", "name": "flexibleRollout", "title": "free-users", "constraints": free(), "parameters": { "rollout": "24" } },
        { "id": "2", "name": "flexibleRollout", "title": null, "parameters": { "rollout": "7" },
          "constraints": [{ "contextName": "segment", "operator": "IN", "values": ["enterprise-users"] }] },
        { "id": "3", "name": "flexibleRollout", "segments": [1], "constraints": [], "parameters": { "rollout": "100" } },
    ]));
    let expected = [("free", 24), ("enterprise", 7), ("eu", 100)];
    assert_eq!(state.shares, expected.map(|(s, p)| (segment(s), Percent::from_ppm(p * 10_000))).into());
    assert!(state.on);
    assert_eq!(state.doubts, []);
}

#[test]
fn a_constraint_that_lists_more_or_is_inverted_does_not_make_it_ours() {
    for constraint in [
        json!({ "operator": "IN", "values": ["free-users", "enterprise-users"] }),
        json!({ "operator": "IN", "values": ["free-users"], "inverted": true }),
        json!({ "operator": "NOT_IN", "values": ["free-users"] }),
        json!({ "operator": "IN", "values": [] }),
    ] {
        let state = state(json!([
            { "id": "1", "name": "flexibleRollout", "constraints": [constraint], "parameters": { "rollout": "5" } },
        ]));
        assert_eq!(state.shares.len(), 0, "{constraint}");
        assert_eq!(only_doubt(&state), "strategy flexibleRollout 1 also exposes others");
    }
}

#[test]
fn an_unreadable_share_is_left_out_with_a_doubt_that_names_the_strategy() {
    for bad in ["150", "abc", "", "25.5"] {
        let state = state(json!([
            { "id": "1", "name": "flexibleRollout", "title": "free-users", "constraints": free(), "parameters": { "rollout": bad } },
        ]));
        assert_eq!(state.shares.get(&segment("free")), None, "{bad}");
        assert_eq!(state.confirmed(&segment("free")), None);
        assert!(!state.is_off());
        assert!(only_doubt(&state).contains("\"free-users\""), "{:?}", state.doubts);
        assert!(only_doubt(&state).contains(&format!("{bad:?}")), "{:?}", state.doubts);
    }
}

#[test]
fn a_disabled_strategy_serves_nobody_and_raises_no_doubt() {
    let state = state(json!([
        { "id": "1", "name": "flexibleRollout", "title": "free-users", "disabled": true, "parameters": { "rollout": "50" } },
        { "id": "2", "name": "userWithId", "title": "QA", "disabled": true, "parameters": { "userIds": "7" } },
        { "id": "3", "name": "flexibleRollout", "title": "old test", "parameters": { "rollout": "0" } },
    ]));
    assert_eq!(state.shares, [(segment("free"), Percent::ZERO)].into());
    assert_eq!(state.doubts, []);
    assert!(state.is_off());
}

#[test]
fn a_strategy_without_constraints_is_doubted_even_when_its_title_is_ours() {
    let state = state(json!([
        { "id": "1", "name": "flexibleRollout", "title": "free-users", "constraints": [], "parameters": { "rollout": "10" } },
    ]));
    assert_eq!(state.shares.get(&segment("free")), Some(&Percent::from_ppm(100_000)));
    assert!(only_doubt(&state).contains("no constraints"), "{:?}", state.doubts);
}

#[test]
fn a_copied_title_on_somebody_elses_constraint_is_doubted() {
    let state = state(json!([
        { "id": "1", "name": "flexibleRollout", "title": "free-users", "parameters": { "rollout": "10" },
          "constraints": [{ "operator": "IN", "values": ["enterprise-users"] }] },
    ]));
    assert!(only_doubt(&state).contains("titled free but constrained to enterprise"), "{:?}", state.doubts);
}

#[test]
fn a_second_strategy_for_a_segment_counts_with_the_larger_and_a_doubt() {
    let both = |second: Value| {
        state(json!([
            { "id": "1", "name": "flexibleRollout", "title": "free-users", "constraints": free(), "parameters": { "rollout": "10" } },
            second,
        ]))
    };
    let larger = both(
        json!({ "id": "2", "name": "default", "title": "free-users", "constraints": free(), "parameters": {} }),
    );
    assert_eq!(larger.shares.get(&segment("free")), Some(&Percent::FULL));
    assert!(only_doubt(&larger).contains("2 strategies serve free"));
    let unknown = both(
        json!({ "id": "2", "name": "flexibleRollout", "title": "free-users", "constraints": free(), "parameters": { "rollout": "x" } }),
    );
    assert_eq!(unknown.shares.get(&segment("free")), None, "the larger of 10 and unknown is unknown");
    let disabled = both(
        json!({ "id": "2", "name": "flexibleRollout", "title": "free-users", "disabled": true, "parameters": { "rollout": "90" } }),
    );
    assert_eq!(disabled.shares.get(&segment("free")), Some(&Percent::from_ppm(100_000)));
    assert_eq!(disabled.doubts, []);
}

#[test]
fn foreign_names_reach_nobodys_terminal_and_a_flood_of_doubts_is_cut() {
    let many: Vec<_> = (0..60)
        .map(|n| json!({ "id": n.to_string(), "name": "userWithId", "title": format!("\u{1b}[31mx{n}") }))
        .collect();
    let state = state(Value::Array(many));
    assert_eq!(state.doubts.len(), MAX_DOUBTS + 1);
    assert_eq!(state.doubts.last().map(Text::as_str), Some("and 40 more doubts"));
    assert!(state.doubts.iter().all(|doubt| !doubt.as_str().contains('\u{1b}')));
}

#[test]
fn a_release_plan_is_doubted() {
    let mut feature = feature(json!([]));
    feature.environments[1].release_plans = vec![json!({ "name": "plan" })];
    let map = Map::of(&feature.environments[1], &ours(), &SegmentNames::new());
    let state = map.state(true, Stamp::default(), &SegmentNames::new());
    assert!(only_doubt(&state).contains("release plan"));
}

#[test]
fn the_samples_of_a_live_server_are_read() {
    // Verbatim, cut to what matters: Unleash 8.2.0.
    let feature: Feature = serde_json::from_str(
        r#"{"environments":[{"name":"development","lastSeenAt":null,"enabled":false,"yes":0,"no":0,"type":"development","sortOrder":2,"strategies":[]},{"name":"production","lastSeenAt":null,"enabled":false,"yes":0,"no":0,"type":"production","sortOrder":3,"strategies":[{"name":"flexibleRollout","constraints":[],"variants":[],"parameters":{"groupId":"t2","rollout":"24","stickiness":"default"},"segments":[1],"sortOrder":0,"id":"01M81K81BPWDGT5YW37E8PA2RR","title":"seg-a","disabled":false}]}],"name":"t2","impressionData":false,"description":null,"project":"default","stale":false,"createdAt":"2026-11-22T12:21:10.621Z","type":"release","archived":false,"dependencies":[],"children":[]}"#,
    )
    .expect("feature.json");
    let segments: Segments = serde_json::from_str(
        r#"{"segments":[{"id":1,"name":"eu-users","description":null,"constraints":[{"values":["eu"],"operator":"IN","contextName":"region"}],"createdBy":"admin","createdAt":"2026-11-22T12:28:42.687Z","usedInProjects":1,"usedInFeatures":1}]}"#,
    )
    .expect("segments.json");
    let names = segments.segments.into_iter().map(|s| (s.id, s.name)).collect();
    let environment = production(&feature);
    let map = Map::of(environment, &ours(), &names);
    assert_eq!(map.share(&segment("eu")), Some(Percent::from_ppm(240_000)));
}
