//! The history as JSON: times in RFC 3339, durations in seconds, `null` where something is not known.

use serde_json::{Value, json};

use crate::domain::Timestamp;
use crate::history::{Stored, StoredKill, Totals};

/// All entries, newest first, and the figures over them.
pub fn list(entries: &[Stored], totals: &Totals) -> Value {
    json!({ "rollouts": entries.iter().map(entry).collect::<Vec<_>>(), "totals": totals })
}

/// One entry.
pub fn entry(stored: &Stored) -> Value {
    let entry = &stored.entry;
    json!({
        "id": stored.id,
        "rollout": entry.rollout,
        "owner": entry.owner,
        "traits": entry.traits,
        "started": entry.started.rfc3339(),
        "ended": entry.ended.rfc3339(),
        "ending": entry.ending,
        "duration_s": entry.duration().as_secs_f64(),
        "paused_s": entry.paused.as_secs_f64(),
        "split": entry.split,
        "kills": stored.kills.iter().map(kill).collect::<Vec<_>>(),
        "false_kills": stored.false_kills(),
        "roll_backs": entry.roll_backs,
        "no_gos": entry.no_gos,
        "has_failed": stored.has_failed(),
        "detected_to_off_s": stored.detected_to_off().map(|time| time.as_secs_f64()),
        "exposed": entry.exposed,
        "hurt": entry.hurt,
        "adoption": entry.adoption,
        "units": entry.units,
        "recording": entry.recording.as_ref().map(|path| path.display().to_string()),
    })
}

fn kill(stored: &StoredKill) -> Value {
    let kill = &stored.kill;
    let mark = stored.mark.as_ref();
    json!({
        "at": kill.at.rfc3339(),
        "scope": kill.scope,
        "actor": kill.actor,
        "why": kill.why,
        "detected": kill.detected_at.map(Timestamp::rfc3339),
        "off": kill.off_at.map(Timestamp::rfc3339),
        "is_false": mark.map(|mark| mark.is_false),
        "mark_reason": mark.and_then(|mark| mark.reason.clone()),
        "marked": mark.map(|mark| mark.at.rfc3339()),
    })
}
