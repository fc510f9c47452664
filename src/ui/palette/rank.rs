//! Which entries of the palette fit what was typed, the best first.
//!
//! In: entries in the order of the list, and words. Out: their indices. Each word must be found: in the name its letters
//! in their order (`rbk` finds `rollback`), in the rest as it is typed. A name that fits goes before a help text that
//! does; equals keep the order of the list, so that the same words always give the same rows.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Most rows that are kept: whoever sees more types another letter.
pub const MOST: usize = 60;

/// What an entry is found by.
pub struct Found<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does, and other words for it.
    pub about: &'a str,
}

/// The entries that fit, the best first, at most [`MOST`]; all of them while nothing is typed.
pub fn rank<'a>(entries: impl IntoIterator<Item = Found<'a>>, words: &str) -> Vec<usize> {
    if words.trim().is_empty() {
        return entries.into_iter().enumerate().map(|(index, _)| index).take(MOST).collect();
    }
    let pattern = |kind| Pattern::new(words, CaseMatching::Ignore, Normalization::Smart, kind);
    let (by_name, by_words) = (pattern(AtomKind::Fuzzy), pattern(AtomKind::Substring));
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let mut buffer = Vec::new();
    let mut score = |pattern: &Pattern, text: &str| {
        buffer.clear();
        pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher)
    };
    let mut ranked: Vec<_> = entries
        .into_iter()
        .enumerate()
        .filter_map(|(index, Found { name, about })| {
            if let Some(score) = score(&by_name, name) {
                return Some((false, Reverse(score), name.len(), index));
            }
            let score = score(&by_words, &format!("{name} {about}"))?;
            Some((true, Reverse(score), 0, index))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(.., index)| index).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: [(&str, &str); 7] = [
        ("widen", "widen the focused segment to its next stage"),
        ("rollback", "roll the focused segment back one stage"),
        ("kill", "nobody in the focused scope gets the feature"),
        ("next-stage", "go to the next change of an exposure"),
        ("segment enterprise", "select it"),
        ("segment free", "select it"),
        ("rollout checkout-v2", "open it"),
    ];

    fn found(words: &str) -> Vec<&'static str> {
        let entries = LIST.iter().map(|(name, about)| Found { name, about });
        rank(entries, words).into_iter().map(|index| LIST[index].0).collect()
    }

    #[test]
    fn nothing_typed_shows_the_list_as_it_is() {
        assert_eq!(found(" "), LIST.map(|(name, _)| name));
    }

    #[test]
    fn letters_in_their_order_find_a_name_and_the_best_is_first() {
        assert_eq!(found("kill"), ["kill"]);
        assert_eq!(found("KILL"), ["kill"]);
        assert_eq!(found("rbk").first(), Some(&"rollback"));
        assert_eq!(found("seg ent").first(), Some(&"segment enterprise"));
        assert_eq!(found("enterp seg"), ["segment enterprise"]);
        assert_eq!(found("ckv2"), ["rollout checkout-v2"]);
    }

    #[test]
    fn words_of_the_help_find_it_after_every_name() {
        assert_eq!(found("nobody"), ["kill"]);
        assert_eq!(found("stage"), ["next-stage", "widen", "rollback"]);
        assert_eq!(found("xyz"), [""; 0]);
    }

    #[test]
    fn the_same_words_give_the_same_rows_however_strange_they_are() {
        for words in ["^kill$", "!kill", "'", "\\ ", "日本", "é", "a b c d e f g h"] {
            assert_eq!(found(words), found(words), "{words}");
        }
        let many: Vec<String> = (0..500).map(|n| format!("segment s{n}")).collect();
        let ranked = rank(many.iter().map(|name| Found { name, about: "" }), "segment");
        assert_eq!(ranked.len(), MOST);
        assert_eq!(ranked[0], 0);
    }
}
