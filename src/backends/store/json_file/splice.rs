//! Changing one member of a JSON text, and nothing else in it.
//!
//! In: a text, the name of a member of its object, the new value. Out: the text with the smallest change: members
//! keep their order, and what is equal keeps its text. Pure.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The members of an object, in their order, as they are written.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a member for each flag")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = vec![];
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((Cow::Owned(name), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn members(text: &str) -> Result<Members<'_>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The text of a member. Of two with the same name the last one counts, as for the relay.
pub(super) fn member<'a>(text: &'a str, name: &str) -> Result<Option<&'a str>, String> {
    let Members(members) = members(text)?;
    Ok(members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.get()))
}

/// The text with another value for a member that it has.
pub(super) fn splice(text: &str, name: &str, new: &Map<String, Value>) -> Result<String, String> {
    let old = member(text, name)?.ok_or_else(|| format!("there is no {name}"))?;
    let new = rewrite(old, &Value::Object(new.clone()))?;
    Ok(replace(text, &[(old, new)]))
}

/// Puts texts in the place of parts of a text, which are slices of it in their order.
fn replace(text: &str, parts: &[(&str, String)]) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut copied = 0;
    for (part, new) in parts {
        let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        changed.push_str(text.get(copied..start).unwrap_or_default());
        changed.push_str(new);
        copied = start + part.len();
    }
    changed.push_str(text.get(copied..).unwrap_or_default());
    changed
}

fn rewrite(old: &str, new: &Value) -> Result<String, String> {
    let wrong = |error: serde_json::Error| error.to_string();
    let value: Value = serde_json::from_str(old).map_err(wrong)?;
    if value == *new {
        return Ok(old.to_owned());
    }
    match (value, new) {
        (Value::Object(_), Value::Object(new)) => {
            let Members(members) = members(old)?;
            let is_same =
                members.len() == new.len() && members.iter().all(|(name, _)| new.contains_key(name.as_ref()));
            if is_same {
                let parts: Vec<(&str, String)> = members
                    .iter()
                    .map(|(name, value)| {
                        Ok((
                            value.get(),
                            rewrite(value.get(), new.get(name.as_ref()).unwrap_or(&Value::Null))?,
                        ))
                    })
                    .collect::<Result<_, String>>()?;
                return Ok(replace(old, &parts));
            }
            rewrite_members(old, &members, new)
        }
        (Value::Array(values), Value::Array(new)) if values.len() == new.len() => {
            let parts: Vec<&RawValue> = serde_json::from_str(old).map_err(wrong)?;
            let parts: Vec<(&str, String)> = parts
                .iter()
                .zip(new)
                .map(|(part, new)| Ok((part.get(), rewrite(part.get(), new)?)))
                .collect::<Result<_, String>>()?;
            Ok(replace(old, &parts))
        }
        _ => Ok(new.to_string()),
    }
}

/// Members that went or came: the others in their order, then the new ones, each on its line where they were.
fn rewrite_members(
    old: &str,
    members: &[(Cow<'_, str>, &RawValue)],
    new: &Map<String, Value>,
) -> Result<String, String> {
    let inner = old.trim_start_matches('{');
    let lead = inner.get(..inner.len() - inner.trim_start().len()).unwrap_or_default();
    let inner = old.trim_end_matches('}');
    let tail = inner.get(inner.trim_end().len()..).unwrap_or_default();
    let named = |name: &str, value: &str| format!("{lead}{}: {value}", Value::from(name));
    let mut lines = vec![];
    for (name, value) in members {
        if let Some(new) = new.get(name.as_ref()) {
            lines.push(named(name, &rewrite(value.get(), new)?));
        }
    }
    let is_new = |name: &&String| !members.iter().any(|(known, _)| known == name.as_str());
    lines.extend(new.keys().filter(is_new).map(|name| named(name, &new[name].to_string())));
    let comma = if lead.is_empty() { ", " } else { "," };
    Ok(format!("{{{}{tail}}}", lines.join(comma)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = r#"{
  "other" : { "variations": {"b": 1.50, "a": 1.0} },
  "checkout": {
    "variations": {"on": true, "off": false},
    "defaultRule": {"variation": "off"},
    "targeting": [
      {"name": "eu",   "query": "x", "percentage": {"on": 25, "off": 75}}
    ]
  }
}
"#;

    fn changed(change: impl FnOnce(&mut Value)) -> String {
        let mut flag: Value =
            serde_json::from_str(member(TEXT, "checkout").expect("json").expect("flag")).expect("flag");
        change(&mut flag);
        let text = splice(TEXT, "checkout", flag.as_object().expect("object")).expect("spliced");
        let read: Value = serde_json::from_str(&text).expect("still JSON");
        assert_eq!(read["checkout"], flag);
        assert_eq!(read["other"], json!({"variations": {"b": 1.5, "a": 1.0}}));
        text
    }

    #[test]
    fn only_the_numbers_that_change_are_written() {
        let text = changed(|flag| flag["targeting"][0]["percentage"] = json!({"on": 40, "off": 60}));
        assert_eq!(text, TEXT.replace("25", "40").replace("75", "60"));
        assert_eq!(changed(|_| {}), TEXT);
    }

    #[test]
    fn members_that_come_and_go_leave_the_others_where_they_are() {
        let text = changed(|flag| flag["disable"] = json!(true));
        let with = TEXT.replace("}}\n    ]", "}}\n    ],\n    \"disable\": true");
        assert_eq!(text, with);
        let text = changed(|flag| drop(flag.as_object_mut().expect("object").remove("targeting")));
        assert!(
            text.contains("\"off\": false},\n    \"defaultRule\": {\"variation\": \"off\"}\n  }"),
            "{text}"
        );
        let text = changed(|flag| flag["defaultRule"] = json!({"percentage": {"off": 0}}));
        assert!(text.contains(r#""defaultRule": {"percentage": {"off":0}}"#), "{text}");
    }

    #[test]
    fn what_is_no_json_is_said_with_its_place() {
        for text in ["checkout:\n  disable: true\n", "[]", "{\"a\": "] {
            assert!(member(text, "checkout").is_err_and(|why| why.contains("line 1")), "{text}");
        }
        assert_eq!(member("{}", "checkout"), Ok(None));
    }
}
