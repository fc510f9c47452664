//! Values: from a value of the file to a word of the domain, or a problem at its place.

use std::fmt::Display;
use std::str::FromStr;

use toml::de::DeValue;

use super::fields::{Value, kind_of};
use super::near::{did_you_mean, one_of};
use super::problem::{Problem, Problems};
use crate::domain::Span;

fn expected<T>(value: &Value<'_>, what: &str, problems: &mut Problems) -> Option<T> {
    let message = format!("expected {what}, found {}", kind_of(value.get_ref()));
    problems.push(Problem::new(value.span(), message));
    None
}

/// A text that is not blank.
pub(crate) fn text<'a>(value: &'a Value<'a>, what: &str, problems: &mut Problems) -> Option<&'a str> {
    let Some(text) = value.get_ref().as_str() else { return expected(value, what, problems) };
    if text.trim().is_empty() {
        problems.push(Problem::new(value.span(), format!("{what} cannot be empty")));
        return None;
    }
    Some(text)
}

/// A text that its own type reads: a name, a duration.
pub(crate) fn parsed<T>(value: &Value<'_>, what: &str, problems: &mut Problems) -> Option<T>
where
    T: FromStr<Err: Display>,
{
    let Some(text) = value.get_ref().as_str() else { return expected(value, what, problems) };
    text.parse().map_err(|cause| problems.push(Problem::new(value.span(), format!("{cause}")))).ok()
}

/// A duration between two others.
pub(crate) fn span(value: &Value<'_>, least: Span, most: Span, problems: &mut Problems) -> Option<Span> {
    let span: Span = parsed(value, "a duration such as \"30s\"", problems)?;
    if span < least || span > most {
        let (least, most) = (String::from(least), String::from(most));
        problems
            .push(Problem::new(value.span(), format!("a duration from {least} to {most} is needed here")));
        return None;
    }
    Some(span)
}

/// A number; a whole one will do. NaN is none.
pub(crate) fn number(value: &Value<'_>, what: &str, problems: &mut Problems) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Float(float) => float.as_str().parse().ok(),
        DeValue::Integer(_) => whole_of(value).map(|whole| whole as f64),
        _ => return expected(value, what, problems),
    };
    if number.is_none_or(f64::is_nan) {
        problems.push(Problem::new(value.span(), format!("expected {what}")));
        return None;
    }
    number
}

/// A whole number from `least` on.
pub(crate) fn whole(value: &Value<'_>, least: u64, problems: &mut Problems) -> Option<u64> {
    let what = format!("a whole number of {least} or more");
    if !value.get_ref().is_integer() {
        return expected(value, &what, problems);
    }
    let whole = whole_of(value).and_then(|whole| u64::try_from(whole).ok()).filter(|whole| *whole >= least);
    if whole.is_none() {
        problems.push(Problem::new(value.span(), format!("expected {what}")));
    }
    whole
}

fn whole_of(value: &Value<'_>) -> Option<i64> {
    value.get_ref().as_integer().and_then(|whole| i64::from_str_radix(whole.as_str(), whole.radix()).ok())
}

/// A number as a person writes it, without the dust of binary fractions: `10`, `0.5`, `1.25`.
pub(crate) fn decimal(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// True or false.
pub(crate) fn truth(value: &Value<'_>, problems: &mut Problems) -> Option<bool> {
    let Some(truth) = value.get_ref().as_bool() else { return expected(value, "true or false", problems) };
    Some(truth)
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(value: &Value<'_>, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
    let allowed = || words.iter().map(|(word, _)| *word);
    let list = one_of(allowed());
    let Some(text) = value.get_ref().as_str() else { return expected(value, &list, problems) };
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
    if found.is_none() {
        let message = format!("`{text}` is not known here, expected {list}");
        problems.push(Problem::new(value.span(), message).maybe_hint(did_you_mean(text, allowed())));
    }
    found
}

/// A list of at most `most` items.
pub(crate) fn list<'a>(
    value: &'a Value<'a>,
    what: &str,
    most: usize,
    problems: &mut Problems,
) -> Option<Vec<&'a Value<'a>>> {
    let Some(array) = value.get_ref().as_array() else {
        let message = format!("expected {what}, found {}", kind_of(value.get_ref()));
        // The usual slip: one pair of brackets.
        let table = value.get_ref().is_table();
        let hint = table.then(|| "a list of tables has two pairs of brackets: [[...]]".to_owned());
        problems.push(Problem::new(value.span(), message).maybe_hint(hint));
        return None;
    };
    if array.iter().count() > most {
        let message = format!("{} items are more than the {most} that {what} may have", array.iter().count());
        problems.push(Problem::new(value.span(), message));
        return None;
    }
    Some(array.iter().collect())
}
