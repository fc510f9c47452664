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
        // If it started from what we wanted, another writer wanted the same: nothing was lost.
        if let (true, Some(event), Some(was)) = (foreign.is_empty(), ours, started_from)
            && was != write.to
            && started_from != write.from.as_deref()
        {
            let seen = write.from.as_deref().unwrap_or("nothing");
            found.push(format!("{seen} → {was} before event {}", event.id));
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
mod tests;
