//! Unit tests of `traces`.

use serde_json::json;

use super::*;
use crate::domain::SegmentName;

fn event(id: u64, from: &str, to: &str, by: &str) -> Event {
    serde_json::from_value(json!({
        "id": id, "type": "feature-strategy-update", "createdBy": by, "environment": "production",
        "data": { "id": "s1", "parameters": { "rollout": to }, "disabled": false },
        "preData": { "id": "s1", "parameters": { "rollout": from }, "disabled": false },
    }))
    .expect("an event")
}

fn write(from: &str, to: &str) -> Write {
    let segment = SegmentName::new("free").expect("a name");
    Write {
        segment,
        strategy: "s1".into(),
        from: Some(from.into()),
        to: to.into(),
        enable: false,
        grows: true,
        variants: None,
    }
}

fn said(page: &[Event], from: &str, to: &str) -> Option<String> {
    let mut before = Log::default();
    before.take(&[event(40, "1", from, "us")], "production");
    overwritten(&before, page, "production", &[write(from, to)])
}

#[test]
fn our_own_event_from_what_we_saw_is_no_news() {
    assert_eq!(said(&[event(41, "25", "50", "us"), event(40, "1", "25", "us")], "25", "50"), None);
}

#[test]
fn somebody_elses_change_in_between_is_named() {
    let page = [event(42, "40", "50", "us"), event(41, "25", "40", "alice"), event(40, "1", "25", "us")];
    assert_eq!(said(&page, "25", "50").as_deref(), Some("overwritten: 25 → 40 by alice"));
    // The race that a test in the patch does not catch: both start from 25.
    let page = [event(42, "25", "50", "us"), event(41, "25", "40", "alice")];
    assert_eq!(said(&page, "25", "50").as_deref(), Some("overwritten: 25 → 40 by alice"));
    // Given out before what we saw, visible only now.
    let late = [event(41, "25", "50", "us"), event(40, "1", "25", "us"), event(39, "1", "2", "bob")];
    assert_eq!(said(&late, "25", "50"), None, "before our memory begins, nothing is late");
}

#[test]
fn a_start_that_nobody_explains_is_named() {
    assert_eq!(
        said(&[event(42, "40", "50", "us")], "25", "50").as_deref(),
        Some("overwritten: 25 → 40 before event 42")
    );
    assert_eq!(said(&[event(42, "50", "50", "us")], "25", "50"), None, "somebody wanted the same");
}

#[test]
fn other_strategies_and_a_disabling_are_told_apart() {
    let mut other = event(41, "1", "99", "alice");
    other.data["id"] = "s2".into();
    other.before["id"] = "s2".into();
    assert_eq!(said(&[event(42, "25", "50", "us"), other], "25", "50"), None);
    let mut disabled = event(41, "25", "25", "alice");
    disabled.data["disabled"] = true.into();
    assert_eq!(
        said(&[event(42, "25", "50", "us"), disabled], "25", "50").as_deref(),
        Some("overwritten: disabled by alice")
    );
}
