//! "Did you mean": the nearest of the words that would have been right.

/// A question with the nearest candidate, if one is near enough to be a typing error.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let wanted = word.to_lowercase();
    // A third of the word may be wrong: `platfrom`, `stragety`, but not `foo` for `bar`.
    let allowed = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// Words as a list: `a`, `b` or `c`.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_typing_error_is_guessed() {
        assert_eq!(
            did_you_mean("platfrom", ["metrics", "platform"]),
            Some("did you mean `platform`?".into())
        );
        assert_eq!(did_you_mean("Errors", ["errors"]), Some("did you mean `errors`?".into()));
        assert_eq!(did_you_mean("foo", ["bar", "baz"]), None);
        assert_eq!(did_you_mean("x", ["y"]), None);
    }

    #[test]
    fn words_make_a_list() {
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(one_of(["a"]), "`a`");
    }
}
