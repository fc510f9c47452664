//! Settings of adapters: from `{ kind = "…", … }` to the adapter's own type.
//!
//! The adapters' settings are enums that serde tells apart by `kind`. Serde reads such an enum
//! from a buffer that has lost every place, so the place is found again afterwards: an unknown
//! field by its name, everything else by leaving out one field after the other until the fault
//! changes ([`blame`]).
//!
//! ```text
//! value ─▶ node (serde) ─▶ T
//!              └─▶ fault ─▶ blame: which field? ─▶ problem with line, column and hint
//! ```

mod blame;
mod fault;
mod node;

use serde::de::DeserializeOwned;
use toml::de::DeValue;

use super::fields::{Value, kind_of};
use super::mask::{is_secret_name, may_repeat};
use super::near::{did_you_mean, one_of};
use super::problem::{Problem, Problems};
use blame::{Culprit, blame};
use fault::Fault;
use node::Node;

/// What a field is that takes the source of a secret: see [`crate::net::SecretSource`].
const SECRET_SOURCES: &[&str] = &["env", "file"];

/// Reads an adapter's settings; `what` names the field in messages.
pub(super) fn read<T: DeserializeOwned>(value: &Value<'_>, what: &str, problems: &mut Problems) -> Option<T> {
    if !value.get_ref().is_table() {
        let message = format!("`{what}` is a table, found {}", kind_of(value.get_ref()));
        let hint = format!("write {what} = {{ kind = \"...\", ... }}");
        problems.push(Problem::new(value.span(), message).hint(hint));
        return None;
    }
    T::deserialize(Node(value.get_ref()))
        .map_err(|fault| problems.push(explain::<T>(value, fault, what)))
        .ok()
}

/// What kind of source or backend a value says it is, and its address without secrets: for
/// sentences such as "unleash at 127.0.0.1:4242".
pub(super) fn describe(value: &Value<'_>) -> String {
    let text = |name| value.get_ref().as_table().and_then(|table| table.get(name)?.get_ref().as_str());
    let kind = text("kind").unwrap_or("?");
    match text("url") {
        Some(url) => format!("{kind} at {}", without_secrets(url)),
        None => kind.to_owned(),
    }
}

fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") }
}

fn explain<T: DeserializeOwned>(value: &Value<'_>, fault: Fault, what: &str) -> Problem {
    let culprit = blame::<T>(value, &fault);
    let takes_source =
        matches!(&fault, Fault::UnknownVariant { expected, .. } if *expected == SECRET_SOURCES);
    let unknown = matches!(&fault, Fault::UnknownField { .. });
    if !unknown
        && culprit.value.is_some_and(DeValue::is_str)
        && (takes_source || is_secret_name(&culprit.name))
    {
        return secret_in_the_file(&culprit);
    }
    match fault {
        Fault::UnknownField { field, expected } => {
            let list = one_of(expected.iter().copied());
            Problem::new(culprit.key, format!("unknown field `{field}`, expected one of {list}"))
                .maybe_hint(did_you_mean(&field, expected.iter().copied()))
        }
        Fault::UnknownVariant { variant, expected } => {
            let list = one_of(expected.iter().copied());
            let message = if culprit.name == "kind" {
                format!("unknown kind of `{what}` `{variant}`, expected {list}")
            } else {
                // The word is not repeated: it could be a token in the place of a `{ env = … }`.
                format!("`{}`: expected {list}", culprit.name_or(what))
            };
            Problem::new(culprit.place, message).maybe_hint(did_you_mean(&variant, expected.iter().copied()))
        }
        Fault::MissingField { field: "kind" } => {
            let kinds = blame::kinds::<T>(value);
            let list = one_of(kinds.iter().copied());
            Problem::new(culprit.place, format!("missing field `kind` in `{what}`, expected {list}"))
        }
        Fault::MissingField { field } => Problem::new(
            culprit.place.clone(),
            format!("missing field `{field}` in `{}`", culprit.name_or(what)),
        ),
        Fault::Wrong { found, expected } => Problem::new(
            culprit.place.clone(),
            format!("`{}`: expected {expected}, found {found}", culprit.name_or(what)),
        ),
        Fault::Custom(cause) => {
            let cause = without_value(cause, &culprit);
            Problem::new(culprit.place.clone(), format!("`{}`: {cause}", culprit.name_or(what)))
        }
    }
}

/// What an adapter's type says often repeats the text that it could not read; a secret in it goes.
fn without_value(cause: String, culprit: &Culprit<'_>) -> String {
    match culprit.value.and_then(DeValue::as_str) {
        Some(value) if !may_repeat(&culprit.name, value) => {
            let quoted = format!("{value:?}");
            cause.replace(&quoted, "(not shown)").replace(value, "(not shown)")
        }
        _ => cause,
    }
}

fn secret_in_the_file(culprit: &Culprit<'_>) -> Problem {
    let name = &culprit.name;
    Problem::new(culprit.key.clone(), format!("`{name}` is written into the file; a secret never stands in a rollout file"))
        .hint(format!(
            "write {name} = {{ env = \"NAME\" }} or {name} = {{ file = \"path\" }}, and replace the secret if the file was shared"
        ))
}

#[cfg(test)]
mod tests;
