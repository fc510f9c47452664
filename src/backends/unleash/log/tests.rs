//! Unit tests of `log`.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn event(id: u64, environment: Option<&str>) -> Event {
    serde_json::from_value(json!({
        "id": id, "type": "feature-strategy-update", "createdBy": format!("user{id}"),
        "createdAt": "2026-11-22T12:31:52.669Z", "environment": environment, "data": null, "preData": null,
    }))
    .expect("an event")
}

fn page(ids: &[u64]) -> Vec<Event> {
    ids.iter().map(|id| event(*id, Some("production"))).collect()
}

#[test]
fn an_id_that_appears_late_is_news_and_the_version_does_not_go_back() {
    let mut log = Log::default();
    assert!(log.take(&page(&[58, 56]), "production"));
    assert!(!log.take(&page(&[58, 56]), "production"), "the same page is no news");
    assert!(log.take(&page(&[57, 58, 56]), "production"));
    assert_eq!(log.stamp().version, Version(58));
    assert_eq!(log.stamp().by, Some(Actor::Other(Text::new("user58"))));
    assert_eq!(log.stamp().at, Timestamp::parse_rfc3339("2026-11-22T12:31:52.669Z"));
}

#[test]
fn other_environments_are_no_news_and_events_without_one_are() {
    let mut log = Log::default();
    assert!(!log.take(&[event(1, Some("development"))], "production"));
    assert_eq!(log.stamp().version, Version(0));
    assert!(log.take(&[event(2, None)], "production"), "archiving concerns all environments");
}

#[test]
fn what_was_not_seen_is_newer_or_late() {
    let mut log = Log::default();
    log.take(&page(&[40, 38]), "production");
    let now = page(&[41, 40, 39, 38, 37]);
    let ids = |expected| -> Vec<u64> {
        log.unseen(&now, "production", Version(expected)).iter().map(|event| event.id).collect()
    };
    assert_eq!(ids(40), [41, 39], "39 appeared after 40 had been seen");
    assert_eq!(ids(38), [41, 40, 39]);
    let fresh = Log::default();
    assert_eq!(fresh.unseen(&now, "production", Version(41)), Vec::<&Event>::new());
}

#[test]
fn the_set_of_seen_ids_stays_small() {
    let mut log = Log::default();
    for start in 0..100 {
        let ids: Vec<_> = (start * 20..start * 20 + 50).rev().collect();
        log.take(&page(&ids), "production");
    }
    assert_eq!(log.seen.len(), SEEN);
    let last: Vec<_> = (99 * 20..99 * 20 + 50).rev().collect();
    assert!(!log.take(&page(&last), "production"));
}

proptest! {
    #[test]
    fn every_event_is_news_exactly_once_in_any_order(ids in prop::collection::vec(1u64..100, 1..40)) {
        let mut log = Log::default();
        let mut known = std::collections::BTreeSet::new();
        for id in ids {
            prop_assert_eq!(log.take(&page(&[id]), "production"), known.insert(id));
            prop_assert_eq!(Some(log.stamp().version.0), known.last().copied());
        }
    }
}
