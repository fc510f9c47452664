//! A flag as it stands in a store and in the relay's answers, and what it comes to at a moment.
//!
//! In: the JSON object of one flag. Out: its rules by name, the flag with all due steps of its schedule applied
//! ([`due`]), and a form in which the store's and the relay's content compare equal ([`canonical`]).
//!
//! The relay merges due steps of `scheduledRollout` into the flag at each evaluation and shows the unmerged flag
//! (`applyScheduledRolloutSteps`, `MergeSetOfRules` and `MergeRules` in `modules/core/flag`, v1.55.2). Pure: the time
//! is handed in.

use serde_json::{Map, Value};

use crate::domain::Timestamp;

/// The object of a flag, or of one of its rules.
pub(super) type Object = Map<String, Value>;

/// What our segment is called when it is everybody whom no rule matches.
pub(super) const DEFAULT: &str = "default";

/// The fields of a flag that the relay reads; it drops others.
const FLAG_FIELDS: [&str; 11] = [
    "variations",
    "targeting",
    "bucketingKey",
    "defaultRule",
    "experimentation",
    "scheduledRollout",
    "trackEvents",
    "disable",
    "version",
    "metadata",
    "date",
];

/// The fields of a rule that the relay reads.
const RULE_FIELDS: [&str; 6] = ["name", "query", "variation", "percentage", "progressiveRollout", "disable"];

/// Whether a boolean field is set.
pub(super) fn is_set(object: &Object, field: &str) -> bool {
    object.get(field).and_then(Value::as_bool).unwrap_or(false)
}

/// A text field.
pub(super) fn text<'a>(object: &'a Object, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str)
}

/// A field with a date.
pub(super) fn date(object: &Object, field: &str) -> Option<Timestamp> {
    text(object, field).and_then(Timestamp::parse_rfc3339)
}

/// A field with an object.
pub(super) fn object<'a>(of: &'a Object, field: &str) -> Option<&'a Object> {
    of.get(field).and_then(Value::as_object)
}

/// The objects of a list.
pub(super) fn objects<'a>(of: &'a Object, field: &str) -> impl Iterator<Item = &'a Object> {
    of.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// The rule of a name, the default rule included.
pub(super) fn rule<'a>(flag: &'a Object, name: &str) -> Option<&'a Object> {
    if name == DEFAULT {
        return object(flag, "defaultRule");
    }
    objects(flag, "targeting").find(|rule| text(rule, "name") == Some(name))
}

/// The same, to be changed.
pub(super) fn rule_mut<'a>(flag: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    if name == DEFAULT {
        return flag.get_mut("defaultRule")?.as_object_mut();
    }
    let rules = flag.get_mut("targeting")?.as_array_mut()?.iter_mut().filter_map(Value::as_object_mut);
    rules.into_iter().find(|rule| text(rule, "name") == Some(name))
}

/// The dates of the schedule's steps, the past ones too.
pub(super) fn steps(flag: &Object) -> impl Iterator<Item = (Timestamp, &Object)> {
    objects(flag, "scheduledRollout").filter_map(|step| Some((date(step, "date")?, step)))
}

/// The flag as it is evaluated at `now`: due steps are merged into it, and leave the schedule.
pub(super) fn due(flag: &Object, now: Timestamp) -> Object {
    let mut merged = flag.clone();
    let mut due: Vec<_> = steps(flag).filter(|(at, _)| *at <= now).collect();
    // Stable: of two steps of the same moment the later one in the list wins.
    due.sort_by_key(|(at, _)| *at);
    for (_, step) in due {
        merge_step(&mut merged, step);
    }
    let is_due =
        |step: &Value| step.as_object().and_then(|step| date(step, "date")).is_some_and(|at| at <= now);
    if let Some(Value::Array(schedule)) = merged.get_mut("scheduledRollout") {
        schedule.retain(|step| !is_due(step));
        if schedule.is_empty() {
            merged.remove("scheduledRollout");
        }
    }
    merged
}

fn merge_step(flag: &mut Object, step: &Object) {
    for update in objects(step, "targeting") {
        let known = text(update, "name").filter(|name| *name != DEFAULT);
        match known.and_then(|name| rule_mut(flag, name)) {
            Some(rule) => merge_rule(rule, update),
            None => {
                let rules = flag.entry("targeting").or_insert_with(|| Value::Array(vec![]));
                if let Value::Array(rules) = rules {
                    rules.push(Value::Object(update.clone()));
                }
            }
        }
    }
    if let (Some(update), Some(rule)) = (object(step, "defaultRule"), rule_mut(flag, DEFAULT)) {
        merge_rule(rule, update);
    }
    for field in ["disable", "trackEvents", "version"] {
        if let Some(value) = step.get(field).filter(|value| !value.is_null()) {
            flag.insert(field.into(), value.clone());
        }
    }
    for field in ["variations", "experimentation"] {
        if let Some(update) = object(step, field) {
            let into = flag.entry(field).or_insert_with(|| Value::Object(Map::new()));
            merge_fields(into, update);
        }
    }
}

fn merge_rule(rule: &mut Object, update: &Object) {
    for field in ["disable", "query", "variation"] {
        if let Some(value) = update.get(field).filter(|value| !value.is_null()) {
            rule.insert(field.into(), value.clone());
        }
    }
    if let Some(ramp) = object(update, "progressiveRollout") {
        let into = rule.entry("progressiveRollout").or_insert_with(|| Value::Object(Map::new()));
        for end in ["initial", "end"] {
            if let (Some(step), Value::Object(into)) = (object(ramp, end), &mut *into) {
                merge_fields(into.entry(end).or_insert_with(|| Value::Object(Map::new())), step);
            }
        }
    }
    if let Some(update) = object(update, "percentage") {
        let into = rule.entry("percentage").or_insert_with(|| Value::Object(Map::new()));
        merge_fields(into, update);
        // A negative percentage takes a variation out.
        if let Value::Object(percentages) = into {
            percentages.retain(|name, value| {
                !(update.contains_key(name) && value.as_f64().is_some_and(|p| p < 0.0))
            });
        }
    }
}

fn merge_fields(into: &mut Value, update: &Object) {
    if let Value::Object(into) = into {
        into.extend(update.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())));
    }
}

/// A form in which contents that mean the same compare equal: what the relay does not read is left out, 25 is 25.0,
/// a date is a moment. The relay itself writes 100 over an end of a ramp that it reads as 100.
pub(super) fn canonical(flag: &Object) -> Object {
    let mut clean = kept(flag, &FLAG_FIELDS);
    for (field, value) in &mut clean {
        match field.as_str() {
            "defaultRule" => on_object(value, canonical_rule),
            "targeting" => on_each(value, canonical_rule),
            "scheduledRollout" => on_each(value, canonical),
            "experimentation" => on_object(value, |fields| with_moments(fields, &["start", "end"])),
            _ => {}
        }
    }
    with_moments(&clean, &["date"])
}

fn canonical_rule(rule: &Object) -> Object {
    let mut clean = kept(rule, &RULE_FIELDS);
    if let Some(ramp) = clean.get_mut("progressiveRollout") {
        on_object(ramp, |ramp| {
            let mut ramp = kept(ramp, &["initial", "end"]);
            for (end, step) in &mut ramp {
                on_object(step, |step| with_moments(step, &["date"]));
                let written = step.get("percentage").and_then(Value::as_f64).unwrap_or(0.0);
                if let (true, Value::Object(step)) =
                    (end == "end" && !(0.0 < written && written <= 100.0), step)
                {
                    step.insert("percentage".into(), 100.0.into());
                }
            }
            ramp
        });
    }
    clean
}

fn kept(object: &Object, fields: &[&str]) -> Object {
    let known = object.iter().filter(|(field, value)| fields.contains(&field.as_str()) && !value.is_null());
    known.map(|(field, value)| (field.clone(), with_floats(value))).collect()
}

fn with_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(values) => values.iter().map(with_floats).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(field, value)| (field.clone(), with_floats(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

fn with_moments(object: &Object, fields: &[&str]) -> Object {
    let mut clean = object.clone();
    for field in fields {
        if let Some(at) = date(object, field) {
            clean.insert((*field).into(), at.rfc3339().into());
        }
    }
    clean
}

fn on_object(value: &mut Value, change: impl Fn(&Object) -> Object) {
    if let Value::Object(object) = value {
        *object = change(object);
    }
}

fn on_each(value: &mut Value, change: impl Fn(&Object) -> Object) {
    if let Value::Array(values) = value {
        values.iter_mut().for_each(|value| on_object(value, &change));
    }
}

#[cfg(test)]
mod tests;
