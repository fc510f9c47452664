//! What of a rollout file may be shown.
//!
//! A token that stands in the file by mistake must not reach a terminal or a CI log through the
//! line that a report shows. So every value is masked that a secret's name stands before, and
//! within an adapter's settings every text whose name is not known to be harmless.

use toml::de::{DeTable, DeValue};

use super::fields::Value;
use super::source_text::Place;

/// Parts of names that secrets go by.
const SECRET_WORDS: [&str; 13] = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "auth",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "bearer",
    "private",
    "cookie",
    "header",
];

/// Settings of adapters that may be shown; anything else there could be a misspelt token.
const HARMLESS: [&str; 17] = [
    "kind",
    "url",
    "stream_url",
    "api_url",
    "context_kind",
    "project",
    "environment",
    "interval",
    "timeout",
    "ca_file",
    "segment_label",
    "arm_label",
    "treatment",
    "control",
    "env",
    "file",
    "strategy",
];

/// Whether a field's name says that its value is secret; a typing error away counts.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
        || ["token", "secret", "password"].iter().any(|word| strsim::damerau_levenshtein(word, &name) <= 2)
}

/// Whether a message may repeat the value of a setting.
pub(super) fn may_repeat(name: &str, value: &str) -> bool {
    HARMLESS.contains(&name) && !value.contains(['@', '?'])
}

/// The places of a file that must not be shown.
pub(super) fn secret_places(root: &DeTable<'_>, text: &str) -> Vec<Place> {
    let mut places = Vec::new();
    walk_table(root, false, text, &mut places);
    places
}

fn walk_table(table: &DeTable<'_>, in_secret: bool, text: &str, places: &mut Vec<Place>) {
    let in_settings = in_secret || table.contains_key("kind");
    for (key, value) in table {
        let name: &str = key.get_ref();
        let harmless = HARMLESS.contains(&name);
        let secret = (in_secret && !harmless) || is_secret_name(name);
        walk(value, secret, in_settings && !harmless, text, places);
    }
}

fn walk(value: &Value<'_>, secret: bool, doubtful: bool, text: &str, places: &mut Vec<Place>) {
    match value.get_ref() {
        DeValue::Table(table) => walk_table(table, secret, text, places),
        DeValue::Array(array) => array.iter().for_each(|item| walk(item, secret, doubtful, text, places)),
        DeValue::String(_) if secret || doubtful => places.push(value.span()),
        DeValue::String(_) => places.extend(url_secret(&value.span(), text)),
        _ if secret => places.push(value.span()),
        _ => {}
    }
}

/// The part of an address that can hold a secret: `user:password@`, and everything after `?`.
fn url_secret(place: &Place, text: &str) -> Vec<Place> {
    let Some(literal) = text.get(place.clone()) else { return vec![] };
    let Some(scheme) = literal.find("://") else {
        // An address that lacks its scheme may still hold a password.
        return if literal.contains('@') { vec![place.clone()] } else { vec![] };
    };
    let host = scheme + 3;
    let rest = literal.get(host..).unwrap_or_default();
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let user = rest.get(..authority).and_then(|authority| authority.rfind('@')).map(|at| host..host + at);
    let query = rest.find('?').map(|at| host + at + 1..literal.len());
    [user, query].into_iter().flatten().map(|part| place.start + part.start..place.start + part.end).collect()
}

/// The lines that may hold a secret in a text that could not be parsed: those that name one, and
/// the one after.
pub(super) fn secret_lines(text: &str) -> Vec<Place> {
    let mut places = Vec::new();
    let (mut start, mut carry) = (0, false);
    for line in text.split_inclusive('\n') {
        let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
        let named = words.filter(|word| word.len() > 3).any(is_secret_name) || line.contains('@');
        if named || carry {
            places.push(start..start + line.len());
        }
        (start, carry) = (start + line.len(), named);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let table = DeTable::parse(text).unwrap();
        let places = secret_places(table.get_ref(), text);
        let hidden = |at: usize| places.iter().any(|place| place.contains(&at));
        text.char_indices().map(|(at, c)| if hidden(at) { '*' } else { c }).collect()
    }

    #[test]
    fn secrets_are_masked_under_any_name_that_secrets_go_by() {
        assert_eq!(masked("token = 'abc'"), "token = *****");
        assert_eq!(masked("tokn = 'abc'\nx = 1"), "tokn = *****\nx = 1");
        assert_eq!(masked("b = { kind = 'u', tkoen = 'abc' }"), "b = { kind = 'u', tkoen = ***** }");
        assert_eq!(
            masked("b = { kind = 'u', whatever = ['abc'] }"),
            "b = { kind = 'u', whatever = [*****] }"
        );
        assert_eq!(masked("token = { env = 'A', valu = 'abc' }"), "token = { env = 'A', valu = ***** }");
        assert_eq!(masked("pin_token = 1234"), "pin_token = ****");
    }

    #[test]
    fn an_address_is_shown_without_user_and_query() {
        assert_eq!(masked("url = 'http://u:p@h:1/x?key=1'"), "url = 'http://***@h:1/x?******");
        assert_eq!(masked("url = 'u:p@h'"), "url = *******");
        assert_eq!(masked("url = 'http://h:1/x'"), "url = 'http://h:1/x'");
    }

    #[test]
    fn a_broken_text_hides_every_line_that_names_a_secret() {
        assert_eq!(secret_lines("a = 1\ntoken = \"abc\nb = 2\nc = 3\n"), vec![6..19, 19..25]);
    }
}
