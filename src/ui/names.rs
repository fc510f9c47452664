//! Names cut to a width so that they stay told apart.
//!
//! In: the names of a list and a width. Out: each of them, cut where it must be. A name that is cut at its end reads best;
//! where two would then read the same, they are cut in the middle, then before what tells them apart; and if that does not
//! help either they are numbered. Names hold no wide characters and none that run from right to left
//! ([`domain::name`](crate::domain)); a cut by display width keeps columns straight all the same.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::domain::text::cut;

/// The names, none wider than `width`, and no two alike that were not.
pub fn cut_apart(names: &[&str], width: usize) -> Vec<String> {
    let mut shown: Vec<String> = names.iter().map(|name| cut(name, width)).collect();
    let ways: [fn(&str, usize, usize) -> String; 2] = [
        |name, width, _| cut_middle(name, width / 2, width),
        |name, width, shared| {
            // What is the same in all of them says nothing: one sign of it is left.
            let kept = usize::from(shared > 0);
            let head: String = name.chars().take(kept).collect();
            let tail: String = name.chars().skip(shared.max(kept)).collect();
            if shared > kept + 1 { cut(&format!("{head}…{tail}"), width) } else { cut(name, width) }
        },
    ];
    for way in ways {
        for group in alike(&shown, names) {
            let shared = shared(&group, names);
            for index in group {
                if let (Some(place), Some(name)) = (shown.get_mut(index), names.get(index)) {
                    *place =
                        if name.width() <= width { (*name).to_owned() } else { way(name, width, shared) };
                }
            }
        }
    }
    for group in alike(&shown, names) {
        for index in group {
            if let (Some(place), Some(name)) = (shown.get_mut(index), names.get(index)) {
                // Its place in the list, so that no two groups have the same numbers; no name has such a sign.
                let number = format!("#{}", index + 1);
                let head = width.saturating_sub(number.width());
                *place = cut(&format!("{}{number}", cut(name, head)), width);
            }
        }
    }
    shown
}

/// Names that differ and are shown alike, group by group.
fn alike(shown: &[String], names: &[&str]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, text) in shown.iter().enumerate() {
        groups.entry(text).or_default().push(index);
    }
    let differ = |group: &Vec<usize>| {
        let mut of_group = group.iter().map(|index| names.get(*index));
        let first = of_group.next();
        of_group.any(|name| Some(name) != first)
    };
    groups.into_values().filter(differ).collect()
}

/// How many characters all names of a group begin with.
fn shared(group: &[usize], names: &[&str]) -> usize {
    let mut of_group = group.iter().filter_map(|index| names.get(*index));
    let Some(first) = of_group.next() else { return 0 };
    let with = |name: &&str| first.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    of_group.map(with).min().unwrap_or(0)
}

/// The beginning and the end of a name.
fn cut_middle(name: &str, head: usize, width: usize) -> String {
    let tail = width.saturating_sub(head + 1);
    let count = name.chars().count();
    let begin: String = name.chars().take(head).collect();
    let end: String = name.chars().skip(count.saturating_sub(tail)).collect();
    cut(&format!("{begin}…{end}"), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_they_stay_told_apart() {
        let cut = |names: &[&str], width| cut_apart(names, width);
        assert_eq!(cut(&["internal", "enterprise"], 7), ["intern…", "enterp…"]);
        assert_eq!(cut(&["internal", "beta"], 8), ["internal", "beta"]);
        assert_eq!(cut(&["enterprise-eu", "enterprise-us"], 7), ["ent…-eu", "ent…-us"]);
        assert_eq!(cut(&["customers-1-in-eu", "customers-2-in-eu"], 7), ["c…1-in…", "c…2-in…"]);
        assert_eq!(cut(&["aaaaaaaa1x", "aaaaaaaa2x"], 2), ["#1", "#2"]);
        assert_eq!(cut(&["same-same-same", "same-same-same"], 5), ["same…", "same…"]);
        assert_eq!(cut(&[], 5), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn no_name_is_wider_than_its_place_and_no_two_are_alike(
            names in proptest::collection::btree_set("[a-c/]{1,20}", 0..40),
            width in 4_usize..12,
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let shown = cut_apart(&names, width);
            proptest::prop_assert!(shown.iter().all(|name| name.width() <= width), "{shown:?}");
            let mut once = shown.clone();
            once.sort();
            once.dedup();
            proptest::prop_assert_eq!(once.len(), names.len(), "{:?}", shown);
        }
    }
}
