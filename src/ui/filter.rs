//! The filter of a list, as it is typed after `/`: words, and terms such as `segment:free`.
//!
//! ```text
//! pay button segment:free score:1-2      both words, in free, one or two stars
//! "pay button" kind:act|note             these words beside each other, in an act or a note
//! ```
//!
//! In: what was typed, and the keys that the list knows. Out: whether a row passes. All terms must hold (AND); `|`
//! gives a term alternatives (OR). Upper and lower case are the same. A key that the list does not know is a plain
//! word, so that `http://x` is looked for as it stands; a key without a value yet lets everything through, so that
//! the list does not flicker while somebody types.
//!
//! Pure text: nothing here knows a rollout. A list of names alone needs no keys: `Filter::new(text, &[])`.

/// What is to be shown of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// In lower case.
    Word(String),
    /// The key, and its values in lower case; one of them must fit. Never empty.
    Key(&'static str, Vec<String>),
}

impl Filter {
    /// Reads what was typed; `keys` are those that mean something in this list.
    #[must_use]
    pub fn new(text: &str, keys: &[&'static str]) -> Self {
        Self { terms: split(text).iter().filter_map(|word| term(word, keys)).collect() }
    }

    /// Whether everything passes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row passes: each word is in one of its texts, and `by_key(key, value)` holds for one value of each key.
    /// Values come in lower case.
    #[must_use]
    pub fn passes(&self, texts: &[&str], by_key: impl Fn(&str, &str) -> bool) -> bool {
        let is_in = |word: &str| texts.iter().any(|text| text.to_lowercase().contains(word));
        self.terms.iter().all(|term| match term {
            Term::Word(word) => is_in(word),
            Term::Key(key, values) => values.iter().any(|value| by_key(key, value)),
        })
    }
}

/// Words between spaces; quotes keep spaces together. A quote that is not closed reaches to the end.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in text.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            c if c.is_whitespace() && !is_quoted => words.push(String::new()),
            c => {
                if let Some(word) = words.last_mut() {
                    word.extend(c.to_lowercase());
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn term(word: &str, keys: &[&'static str]) -> Option<Term> {
    let known = word
        .split_once(':')
        .and_then(|(key, values)| Some((*keys.iter().find(|known| **known == key)?, values)));
    let Some((key, values)) = known else { return Some(Term::Word(word.to_owned())) };
    let values: Vec<_> = values.split('|').filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect();
    (!values.is_empty()).then_some(Term::Key(key, values))
}

/// Whether a name is the one that a value means: the very name where there is one of it, else each name that begins so.
#[must_use]
pub(crate) fn means<'n>(value: &str, name: &str, mut all: impl Iterator<Item = &'n str>) -> bool {
    if all.any(|known| known.eq_ignore_ascii_case(value)) {
        name.eq_ignore_ascii_case(value)
    } else {
        name.to_lowercase().starts_with(value)
    }
}

/// Whether a number lies in what a value says: `3`, `1-2`, `4-` (4 or more), `-2` (2 or less). A value that is no such
/// thing holds nothing.
#[must_use]
pub(crate) fn is_within(value: &str, number: u64) -> bool {
    let end = |text: &str, open: u64| if text.is_empty() { Some(open) } else { text.parse().ok() };
    let ends = match value.split_once('-') {
        Some(("", "")) => None,
        Some((low, high)) => end(low, 0).zip(end(high, u64::MAX)),
        None => value.parse().ok().map(|only| (only, only)),
    };
    ends.is_some_and(|(low, high)| (low..=high).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(typed: &str) -> bool {
        let filter = Filter::new(typed, &["segment", "score"]);
        let texts = ["The Pay button jumps", "http://example.org/x"];
        filter.passes(&texts, |key, value| match key {
            "segment" => means(value, "free", ["free", "free-eu"].into_iter()),
            _ => is_within(value, 2),
        })
    }

    #[test]
    fn words_and_terms_must_all_hold_whatever_their_case() {
        for typed in [
            "",
            "  ",
            "pay",
            "PAY jumps",
            "\"pay button\"",
            "segment:free",
            "Segment:FREE pay",
            "score:1-2",
            "score:2",
            "score:-2",
            "score:2-",
            "score:1|2",
            "segment:beta|free",
            "http://example",
            "\"pay",
            "segment:",
            "score:|",
        ] {
            assert!(passes(typed), "{typed}");
        }
        for typed in [
            "seg",
            "pai",
            "pay crash",
            "\"button pay\"",
            "segment:beta",
            "score:3-",
            "score:x",
            "score:-",
            "other:free",
        ] {
            assert!(!passes(typed), "{typed}");
        }
    }

    #[test]
    fn a_name_that_is_there_is_meant_alone_and_a_part_of_one_means_all_that_begin_so() {
        let all = ["free", "free-eu", "beta"];
        let meant =
            |value| all.into_iter().filter(|name| means(value, name, all.into_iter())).collect::<Vec<_>>();
        assert_eq!(meant("free"), ["free"]);
        assert_eq!(meant("fr"), ["free", "free-eu"]);
        assert_eq!(meant("x"), [""; 0]);
    }

    #[test]
    fn nothing_typed_is_known_to_be_no_filter() {
        assert!(Filter::new("  \"\" ", &["kind"]).is_empty());
        assert!(Filter::new("kind:", &["kind"]).is_empty());
        assert!(!Filter::new("kind:a", &["kind"]).is_empty());
        assert!(!Filter::new("kind:", &[]).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_typed(typed in ".*", text in ".*") {
            let filter = Filter::new(&typed, &["score"]);
            let _ = filter.passes(&[&text], |_, value| is_within(value, 3));
        }
    }
}
