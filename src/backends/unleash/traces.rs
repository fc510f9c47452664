//! What others did while we wrote: Unleash has no compare-and-set, so its event log is read afterwards.
//!
//! In: the events that appeared since our look, and our [`Write`]s. Out: in words, a change by
//! somebody else that ours overwrote. Six writers that all test for the same old value can all be
//! let through; only the log tells.
//!
//! Our own events cannot be told apart by author: several cockpits may share a token. An event is
//! taken for ours if it stores exactly what we wanted.

use serde_json::Value;

use super::log::Log;
use super::plan::Write;
use super::wire::Event;

/// What an event says about the rollout of the strategy that it changed.
fn rollout(strategy: &Value) -> Option<&str> {
    strategy.get("parameters")?.get("rollout")?.as_str()
}

fn is_about(event: &Event, strategy: &str) -> bool {
    let is = |value: &Value| value.get("id").and_then(Value::as_str) == Some(strategy);
    event.kind.starts_with("feature-strategy-") && (is(&event.data) || is(&event.before))
}

/// Whether an event left a strategy as one of our writes wants it: ours, or as good as ours.
#[must_use]
pub fn agrees(event: &Event, writes: &[Write]) -> bool {
    writes.iter().any(|write| {
        is_about(event, &write.strategy)
            && rollout(&event.data) == Some(&write.to)
            && event.data.get("disabled").and_then(Value::as_bool) != Some(true)
    })
}

/// The changes by others to what we wrote: events that `before` (our look) does not know.
#[must_use]
pub fn overwritten(before: &Log, page: &[Event], environment: &str, writes: &[Write]) -> Option<String> {
    let known = before.stamp().version;
    let unseen = before.unseen(page, environment, known);
    let mut found = vec![];
    for write in writes {
        let about: Vec<_> = unseen.iter().filter(|event| is_about(event, &write.strategy)).collect();
        let foreign: Vec<_> = about.iter().filter(|event| !agrees(event, writes)).collect();
        found.extend(foreign.iter().map(|event| change(event)));
        // Our event started from something else than we saw, and nobody's event explains it.
        let ours = about.iter().find(|event| agrees(event, writes));
        let started_from = ours.and_then(|event| rollout(&event.before));
        if foreign.is_empty() && started_from != write.from.as_deref() {
            if let (Some(event), Some(was)) = (ours, started_from) {
                // Another writer wanted the same, and came first: nothing was lost.
                if was != write.to {
                    let seen = write.from.as_deref().unwrap_or("nothing");
                    found.push(format!("{seen} → {was} before event {}", event.id));
                }
            }
        }
    }
    (!found.is_empty()).then(|| format!("overwritten: {}", found.join(", ")))
}

/// `25 → 40 by alice`, `disabled by alice`.
#[must_use]
pub fn change(event: &Event) -> String {
    let by = if event.by.is_empty() { "somebody" } else { &event.by };
    match (rollout(&event.before), rollout(&event.data)) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to} by {by}"),
        _ if event.data.get("disabled").and_then(Value::as_bool) == Some(true) => format!("disabled by {by}"),
        _ => format!("{} by {by}", event.kind),
    }
}

#[cfg(test)]
mod tests {
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
}
