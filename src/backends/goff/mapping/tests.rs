//! Rules to segments: shares, ramps, splits, and what cannot be trusted.

use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-06-01T00:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a date")
}

fn segments(names: &[&str]) -> Vec<(SegmentName, String)> {
    let called = |name: &str| if name == "everybody" { "default".to_owned() } else { format!("rule-{name}") };
    names.iter().map(|name| (name.parse().expect("a name"), called(name))).collect()
}

fn read(flag: &Value, roles: &Roles) -> FlagState {
    let flag = flag.as_object().expect("an object");
    state(flag, &segments(&["free", "eu", "everybody"]), roles, at(NOW), Version(1))
}

fn flag(default: Value, targeting: Value) -> Value {
    json!({"variations": {"on": true, "off": false}, "defaultRule": default, "targeting": targeting})
}

fn shares(state: &FlagState) -> Vec<(String, f64)> {
    state.shares.iter().map(|(name, share)| (name.to_string(), share.as_f64())).collect()
}

fn doubts(state: &FlagState) -> Vec<&str> {
    state.doubts.iter().map(Text::as_str).collect()
}

fn ramp(from: &str, to: &str, low: f64, high: f64) -> Value {
    json!({"progressiveRollout": {
        "initial": {"variation": "off", "percentage": low, "date": from},
        "end": {"variation": "on", "percentage": high, "date": to},
    }})
}

#[test]
fn rules_are_segments_by_name_and_default_is_the_default_rule() {
    let rules = json!([
        {"name": "rule-free", "query": "x", "percentage": {"on": 1, "off": 3}},
        {"name": "rule-eu", "query": "x", "variation": "on"},
    ]);
    let state = read(&flag(json!({"variation": "off"}), rules), &Roles::default());
    assert_eq!(shares(&state), [("eu".into(), 100.0), ("everybody".into(), 0.0), ("free".into(), 25.0)]);
    assert!(
        state.on && state.doubts.is_empty() && state.ramps.is_empty() && state.splits.is_empty(),
        "{state:?}"
    );
}

#[test]
fn a_rule_that_is_not_there_has_no_share_and_a_disabled_flag_is_off_with_its_shares() {
    let mut flag = flag(json!({"variation": "on"}), json!(null));
    flag["disable"] = json!(true);
    let state = read(&flag, &Roles::default());
    assert_eq!((shares(&state), state.on), (vec![("everybody".into(), 100.0)], false));
}

#[test]
fn what_cannot_be_known_is_a_doubt_and_has_no_share() {
    let named = |rule: Value| flag(json!({"variation": "off"}), json!([rule]));
    for (flag, doubt) in [
        (named(json!({"name": "rule-eu", "query": "x", "disable": true, "variation": "off"})), "disabled"),
        (named(json!({"name": "rule-eu", "query": "x", "percentage": {"on": 0}})), "sum up to nothing"),
        (named(json!({"name": "rule-eu", "query": "x", "variation": "blue"})), "no variation blue"),
        (
            named(json!({"name": "rule-us", "query": "x", "variation": "on"})),
            "rule rule-us also exposes others",
        ),
        (named(json!({"query": "x", "variation": "on"})), "rule 1 (it has no name) also exposes others"),
    ] {
        let state = read(&flag, &Roles::default());
        assert!(doubts(&state).iter().any(|d| d.contains(doubt)), "{flag}: {state:?}");
        assert_eq!(shares(&state), [("everybody".to_owned(), 0.0)], "{flag}");
    }
    let everybody_else = state(
        flag(json!({"variation": "on"}), json!([])).as_object().expect("an object"),
        &segments(&["eu"]),
        &Roles::default(),
        at(NOW),
        Version(1),
    );
    assert_eq!(doubts(&everybody_else), ["the default rule also exposes everybody else"]);
}

#[test]
fn a_ramp_has_its_share_of_this_moment_and_where_and_when_it_ends() {
    let state = read(
        &flag(ramp("2026-05-31T00:00:00Z", "2026-06-02T00:00:00Z", 0.0, 50.0), json!([])),
        &Roles::default(),
    );
    assert_eq!(shares(&state), [("everybody".into(), 25.0)]);
    let everybody = "everybody".parse().expect("a name");
    let expected = Ramp { to: Percent::new(50.0).ok(), until: Some(at("2026-06-02T00:00:00Z")) };
    assert_eq!(state.ramps.get(&everybody), Some(&expected));
    for still in [
        ramp("2026-05-31T00:00:00Z", "2026-06-02T00:00:00Z", 25.0, 25.0),
        ramp("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z", 0.0, 25.0),
    ] {
        let state = read(&flag(still, json!([])), &Roles::default());
        assert_eq!((shares(&state), state.ramps.len()), (vec![("everybody".into(), 25.0)], 0));
    }
}

#[test]
fn a_schedule_is_a_ramp_where_it_changes_a_share_and_a_doubt_where_it_changes_more() {
    let mut scheduled = flag(json!({"percentage": {"on": 10, "off": 90}}), json!([]));
    scheduled["scheduledRollout"] = json!([
        {"date": "2026-05-01T00:00:00Z", "defaultRule": {"percentage": {"on": 20, "off": 80}}},
        {"date": "2026-06-02T00:00:00Z", "defaultRule": {"percentage": {"on": 40, "off": 60}}},
        {"date": "2026-06-03T00:00:00Z", "defaultRule": {"percentage": {"on": 60, "off": 40}}},
        {"date": "2026-06-04T00:00:00Z", "defaultRule": {"query": "x"}},
    ]);
    let state = read(&scheduled, &Roles::default());
    assert_eq!(shares(&state), [("everybody".into(), 20.0)]);
    let ramp = state.ramps.values().next().expect("a ramp");
    assert_eq!((ramp.to, ramp.until), (Percent::new(60.0).ok(), Some(at("2026-06-03T00:00:00Z"))));
    for (field, value, doubt) in [
        ("disable", json!(true), "switches it off at 2026-06-02"),
        ("variations", json!({"on": false}), "changes its variations at 2026-06-02"),
    ] {
        let mut scheduled = flag(json!({"variation": "on"}), json!([]));
        scheduled["scheduledRollout"] = json!([{"date": "2026-06-02T00:00:00Z", field: value}]);
        let state = read(&scheduled, &Roles::default());
        assert!(doubts(&state)[0].contains(doubt), "{state:?}");
    }
}

#[test]
fn an_experimentation_waits_runs_with_its_variants_and_is_over() {
    let with = |start: &str, end: &str| {
        let mut flag = flag(json!({"percentage": {"on": 50, "off": 50}}), json!([]));
        flag["experimentation"] = json!({"start": start, "end": end});
        read(&flag, &Roles::default())
    };
    let waits = with("2026-06-02T00:00:00Z", "2026-07-01T00:00:00Z");
    assert_eq!((shares(&waits), waits.on), (vec![("everybody".into(), 0.0)], true));
    assert_eq!(waits.ramps.values().next().and_then(|ramp| ramp.to), Percent::new(50.0).ok());
    let runs = with("2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let split: Vec<_> = runs.splits.values().flatten().map(|v| (v.name.as_str(), v.share.as_f64())).collect();
    assert_eq!((split, runs.ramps.len()), (vec![("on", 50.0), ("off", 50.0)], 0));
    assert!(!with("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z").on);
}

#[test]
fn three_variations_are_a_split_and_the_share_is_all_that_is_not_control() {
    let mut flag = flag(json!({"percentage": {"red": 10, "blue": 30, "none": 60}}), json!([]));
    flag["variations"] = json!({"red": "#f00", "blue": "#00f", "none": ""});
    let state = read(&flag, &Roles::default());
    assert!(doubts(&state)[0].contains("write `control`"), "{state:?}");
    assert!(state.shares.is_empty());
    let state = read(&flag, &Roles { control: Some("none".into()), treatment: None });
    assert_eq!(shares(&state), [("everybody".into(), 40.0)]);
    let split: Vec<_> =
        state.splits.values().flatten().map(|v| (v.name.as_str(), v.share.as_f64())).collect();
    assert_eq!(split, [("red", 10.0), ("none", 60.0), ("blue", 30.0)]);
    let state = read(&flag, &Roles { control: Some("nobody".into()), treatment: None });
    assert!(doubts(&state)[0].contains("no variation nobody"), "{state:?}");
}

#[test]
fn of_two_variations_either_name_says_the_other() {
    let arms = |roles: Roles| {
        let flag = json!({"variations": {"new": "b", "old": "a"}});
        Arms::of(flag.as_object().expect("an object"), &roles).map(|arms| (arms.control, arms.treatment))
    };
    let expected = Ok(("old".to_owned(), Some("new".to_owned())));
    assert_eq!(arms(Roles { treatment: Some("new".into()), control: None }), expected);
    assert_eq!(arms(Roles { treatment: None, control: Some("old".into()) }), expected);
    assert!(arms(Roles::default()).is_err());
    assert!(arms(Roles { treatment: Some("new".into()), control: Some("new".into()) }).is_err());
}
