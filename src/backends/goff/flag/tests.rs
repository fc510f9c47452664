//! Schedules merged as the relay does, and contents that compare equal when they mean the same.

use serde_json::{Value, json};

use super::*;

fn object(value: &Value) -> Object {
    value.as_object().expect("an object").clone()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a date")
}

#[test]
fn due_steps_are_merged_in_their_order_by_the_names_of_rules_and_leave_the_schedule() {
    let flag = object(&json!({
        "disable": true,
        "variations": {"on": true, "off": false},
        "targeting": [{"name": "eu", "query": "x", "percentage": {"on": 5, "off": 95}}],
        "defaultRule": {"variation": "off"},
        "scheduledRollout": [
            {"date": "2026-01-03T00:00:00Z", "targeting": [{"name": "eu", "percentage": {"on": 30, "off": 70}}]},
            {"date": "2026-01-02T00:00:00Z", "disable": false, "targeting": [
                {"name": "eu", "percentage": {"on": 20, "off": 80}},
                {"name": "us", "query": "y", "variation": "on"},
            ]},
            {"date": "2026-01-04T00:00:00Z", "defaultRule": {"variation": "on"}},
        ],
    }));
    assert_eq!(due(&flag, at("2026-01-01T00:00:00Z")), flag);
    let due = due(&flag, at("2026-01-03T00:00:00Z"));
    assert!(!is_set(&due, "disable"));
    assert_eq!(rule(&due, "eu").map(|rule| &rule["percentage"]), Some(&json!({"on": 30, "off": 70})));
    assert_eq!(rule(&due, "us").and_then(|rule| text(rule, "variation")), Some("on"));
    assert_eq!(steps(&due).count(), 1);
    assert_eq!(rule(&due, DEFAULT).and_then(|rule| text(rule, "variation")), Some("off"));
}

#[test]
fn a_step_may_move_one_end_of_a_ramp_and_take_a_variation_out() {
    let flag = object(&json!({
        "defaultRule": {
            "percentage": {"a": 1, "b": 2},
            "progressiveRollout": {"initial": {"variation": "a", "percentage": 0}, "end": {"variation": "b", "percentage": 50}},
        },
        "scheduledRollout": [{"date": "2026-01-01T00:00:00Z", "defaultRule": {
            "percentage": {"a": -1, "c": 3}, "progressiveRollout": {"end": {"percentage": 80}},
        }}],
    }));
    let due = due(&flag, at("2026-01-01T00:00:00Z"));
    let default = rule(&due, DEFAULT).expect("a rule");
    assert_eq!(default["percentage"], json!({"b": 2, "c": 3}));
    assert_eq!(default["progressiveRollout"]["end"], json!({"variation": "b", "percentage": 80}));
}

#[test]
fn contents_that_mean_the_same_to_the_relay_are_equal() {
    let stored = json!({
        "converter": "x", "targeting": null,
        "defaultRule": {"comment": "ours", "progressiveRollout": {
            "initial": {"variation": "off", "percentage": 5, "date": "2026-01-01T01:00:00+01:00"},
            "end": {"variation": "on", "percentage": 0, "date": "2026-01-02T00:00:00Z"},
        }},
        "metadata": {"issue": 1},
    });
    let answered = json!({
        "defaultRule": {"progressiveRollout": {
            "initial": {"variation": "off", "percentage": 5.0, "date": "2026-01-01T00:00:00Z"},
            "end": {"variation": "on", "percentage": 100, "date": "2026-01-02T00:00:00Z"},
        }},
        "metadata": {"issue": 1.0},
    });
    assert_eq!(canonical(&object(&stored)), canonical(&object(&answered)));
    let other = json!({"defaultRule": answered["defaultRule"], "metadata": {"issue": 2}});
    assert_ne!(canonical(&object(&stored)), canonical(&object(&other)));
}
