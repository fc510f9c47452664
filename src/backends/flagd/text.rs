//! Changing single values of a JSON text, and not a byte besides.
//!
//! In: the text of a file, and [`Edit`]s: which value, by the steps of a JSON pointer, and the JSON to put there. Out:
//! the new text. Order of keys, indentation, line ends and numbers of everything else stay as somebody wrote them. Pure.
//!
//! It must never guess where a value stands: a path that leads nowhere is an error.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::value::RawValue;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The steps to the value: keys, and indexes of arrays.
    pub path: Vec<String>,
    /// The JSON that replaces it; within an array it may be several items. A key that is not there yet is added to its
    /// object.
    pub json: String,
}

/// Makes the changes.
///
/// # Errors
/// In words, when a path leads nowhere, or two changes are about the same text.
pub fn edit(text: &str, edits: &[Edit]) -> Result<String, String> {
    let mut spans = edits.iter().map(|edit| place(text, edit)).collect::<Result<Vec<_>, _>>()?;
    spans.sort_by_key(|(span, _)| span.start);
    let mut changed = String::with_capacity(text.len() + 64 * spans.len());
    let mut at = 0;
    for (span, json) in spans {
        let kept =
            text.get(at..span.start).ok_or_else(|| "two changes are about the same place".to_owned())?;
        changed.push_str(kept);
        changed.push_str(&json);
        at = span.end;
    }
    changed.push_str(text.get(at..).unwrap_or_default());
    Ok(changed)
}

/// Which bytes an edit replaces, and by what.
fn place(text: &str, edit: &Edit) -> Result<(Range<usize>, String), String> {
    let nowhere = || format!("/{} is not in the file", edit.path.join("/"));
    if let Some(value) = walk(text, &edit.path) {
        return Ok((span(text, value).ok_or_else(nowhere)?, edit.json.clone()));
    }
    let (key, parent) = edit.path.split_last().ok_or_else(nowhere)?;
    let object = walk(text, parent).filter(|value| value.starts_with('{')).ok_or_else(nowhere)?;
    let inner = span(text, object).ok_or_else(nowhere)?.start + 1;
    // As the first key, behind the same blanks as the present one.
    let rest = object.get(1..).unwrap_or_default();
    let blanks = rest.get(..rest.len() - rest.trim_start().len()).unwrap_or_default();
    let key = serde_json::Value::from(key.as_str());
    let json = match rest.trim_start().starts_with('}') {
        true => format!("{key}: {}", edit.json),
        false => format!("{blanks}{key}: {},", edit.json),
    };
    Ok((inner..inner, json))
}

/// The text of the value at a path.
fn walk<'a>(text: &'a str, path: &[String]) -> Option<&'a str> {
    let whole: &RawValue = serde_json::from_str(text).ok()?;
    path.iter().try_fold(whole.get(), |value, step| child(value, step))
}

fn child<'a>(value: &'a str, step: &str) -> Option<&'a str> {
    if value.starts_with('{') {
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(value).ok()?;
        members.remove(step).map(RawValue::get)
    } else if value.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(value).ok()?;
        items.get(step.parse::<usize>().ok()?).map(|item| item.get())
    } else {
        None
    }
}

/// Where a part of a text stands in it.
fn span(text: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let span = start..start.checked_add(part.len())?;
    (text.get(span.clone())? == part).then_some(span)
}

/// The steps of a JSON pointer (RFC 6901).
#[must_use]
pub fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn at(pointer: &str, json: &str) -> Edit {
        Edit { path: steps(pointer), json: json.into() }
    }

    #[test]
    fn only_the_value_changes_and_every_other_byte_stays() {
        let text = "{\r\n\t\"z\" :1.50,  \"a/b\":[ [\"on\",25 ] ,\"\\u0041\"], \"é\": {\"x\":null}\n}\n";
        let edited = |edits: &[Edit]| edit(text, edits).unwrap();
        assert_eq!(edited(&[at("/a~1b/0/1", "30")]), text.replace("25", "30"));
        assert_eq!(edited(&[at("/é/x", "1"), at("/z", "2")]), text.replace("null", "1").replace("1.50", "2"));
        assert_eq!(edited(&[]), text);
        assert_eq!(edited(&[at("/a~1b/1", "1, 2")]), text.replace("\"\\u0041\"", "1, 2"));
    }

    #[test]
    fn a_key_that_is_missing_is_added_in_the_style_of_its_object() {
        let added = |text: &str| edit(text, &[at("/f/state", "\"DISABLED\"")]).unwrap();
        assert_eq!(
            added("{\"f\": {\n    \"x\": 1\n}}"),
            "{\"f\": {\n    \"state\": \"DISABLED\",\n    \"x\": 1\n}}"
        );
        assert_eq!(added("{\"f\":{}}"), "{\"f\":{\"state\": \"DISABLED\"}}");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_an_error() {
        for pointer in ["/a/5", "/a/x", "/b/c", "/a/0/1"] {
            assert!(edit(r#"{"a":[1]}"#, &[at(pointer, "0")]).is_err(), "{pointer}");
        }
        assert!(edit("{", &[at("/a", "0")]).is_err());
        assert!(edit(r#"{"a":[1]}"#, &[at("/a", "0"), at("/a/0", "0")]).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            ".*".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".{0,3}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The pointers of all values.
    fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
        all.push(here.to_owned());
        let mut go = |step: &str, value| {
            pointers(value, &format!("{here}/{}", step.replace('~', "~0").replace('/', "~1")), all)
        };
        match value {
            Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| go(&i.to_string(), item)),
            Value::Object(members) => members.iter().for_each(|(key, member)| go(key, member)),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn an_edit_does_what_setting_the_value_would_do(value in any_json(), pick: prop::sample::Index, pretty: bool) {
            let mut all = vec![];
            pointers(&value, "", &mut all);
            let pointer = pick.get(&all);
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            let edited = edit(&text, &[at(pointer, "[\"new\"]")]).unwrap();
            let mut wanted = value;
            *wanted.pointer_mut(pointer).unwrap() = json!(["new"]);
            prop_assert_eq!(serde_json::from_str::<Value>(&edited).unwrap(), wanted);
            // Put back, it is the same text to the byte.
            let back = walk(&text, &steps(pointer)).unwrap();
            prop_assert_eq!(edit(&edited, &[at(pointer, back)]).unwrap(), text);
        }
    }
}
