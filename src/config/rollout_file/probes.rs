//! `probe = { kind = "...", ... }` of a platform, and `context = { ... }` of a segment.

use toml::de::DeValue;

use crate::config::fields::{Value, kind_of};
use crate::config::problem::{Problem, Problems};
use crate::config::{settings, values};
use crate::probes::{Attribute, Context, ProbeSettings, RESERVED};

/// The most attributes: a dozen make anybody a customer of any segment.
const MAX_ATTRIBUTES: usize = 32;

/// Reads a probe; also what it is, for people. It would ask about so many segments.
pub(super) fn read(
    value: &Value<'_>,
    segments: usize,
    problems: &mut Problems,
) -> (Option<ProbeSettings>, String) {
    let settings: Option<ProbeSettings> = settings::read(value, "probe", problems);
    let settings = settings.filter(|settings| match settings.check(segments) {
        Ok(()) => true,
        Err(error) => {
            let words = error.0.as_str();
            let (message, hint) = words.split_once(" hint: ").unwrap_or((words, ""));
            let hint = (!hint.is_empty()).then(|| hint.to_owned());
            problems.push(Problem::new(value.span(), format!("`probe`: {message}")).maybe_hint(hint));
            false
        }
    });
    (settings, settings::describe(value))
}

/// Reads the attributes of a segment's synthetic users.
pub(super) fn context(value: &Value<'_>, problems: &mut Problems) -> Option<Context> {
    let Some(table) = value.get_ref().as_table() else {
        let message = format!("`context` is a table, found {}", kind_of(value.get_ref()));
        problems.push(Problem::new(value.span(), message).hint("write context = { plan = \"enterprise\" }"));
        return None;
    };
    let before = problems.count();
    if table.len() > MAX_ATTRIBUTES {
        let message = format!("{} attributes are more than the {MAX_ATTRIBUTES} of a context", table.len());
        problems.push(Problem::new(value.span(), message));
    }
    let mut context = Context::new();
    for (key, value) in table {
        let name: &str = key.get_ref();
        if RESERVED.contains(&name) {
            let message = format!("`{name}` is what tells the synthetic users apart, so it cannot be set");
            problems.push(Problem::new(key.span(), message));
        } else if let Some(attribute) = attribute(value, problems) {
            context.insert(name.to_owned(), attribute);
        }
    }
    (problems.count() == before).then_some(context)
}

fn attribute(value: &Value<'_>, problems: &mut Problems) -> Option<Attribute> {
    const WHAT: &str = "a text, a number, or true or false";
    match value.get_ref() {
        DeValue::String(text) => Some(Attribute::Text(text.to_string())),
        DeValue::Boolean(truth) => Some(Attribute::Truth(*truth)),
        DeValue::Integer(whole) => {
            let whole = i64::from_str_radix(whole.as_str(), whole.radix()).ok().map(Attribute::Whole);
            if whole.is_none() {
                problems
                    .push(Problem::new(value.span(), format!("expected {WHAT}, found too large a number")));
            }
            whole
        }
        DeValue::Float(_) => {
            let number = values::number(value, WHAT, problems)?;
            if !number.is_finite() {
                problems
                    .push(Problem::new(value.span(), format!("expected {WHAT}, found an infinite number")));
                return None;
            }
            Some(Attribute::Number(number))
        }
        other => {
            problems.push(Problem::new(value.span(), format!("expected {WHAT}, found {}", kind_of(other))));
            None
        }
    }
}
