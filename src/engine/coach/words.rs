//! What all rules share: keys, names, rounded times, and where a segment stands.
//!
//! In: values. Out: words. A time is rounded to what a person plans by.

use std::time::Duration;

use crate::action::{ACTIONS, Verb};
use crate::domain::text::thousands;
use crate::domain::{Percent, Text};
use crate::engine::model::{Model, SegmentModel};

/// Stands before an action's name where its key is said. In no name and no measured text.
const KEY: char = '\u{e000}';
/// The same, where it is said that it is pressed.
const PRESS: char = '\u{e001}';
/// Stands behind the name.
const END: char = '\u{e002}';

/// The key of an action, to be filled in by [`say`].
pub fn key(verb: Verb) -> String {
    format!("{KEY}{}{END}", verb.spec().name)
}

/// How to do something: its key, to be filled in by [`say`]; where nothing can be done, that.
pub fn press(model: &Model, verb: Verb) -> String {
    let name = verb.spec().name;
    if model.read_only {
        format!("not from here, this cockpit is read-only: gonogo {name}")
    } else {
        format!("{PRESS}{name}{END}")
    }
}

/// The text with its keys filled in: what `key_of` says. `None`: it is called by its name, and nothing is pressed.
pub fn say(text: &str, key_of: impl Fn(Verb) -> Option<String>) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([KEY, PRESS]) {
        let (before, marked) = rest.split_at(at);
        said.push_str(before);
        rest = marked;
        let Some((name, after)) = marked.split_once(END) else { break };
        let is_pressed = name.starts_with(PRESS);
        let name = name.trim_start_matches([KEY, PRESS]);
        let verb = ACTIONS.iter().find(|spec| spec.name == name).map(|spec| spec.verb);
        match verb.and_then(&key_of) {
            Some(key) if is_pressed => said.push_str(&format!("press {key}")),
            Some(key) => said.push_str(&key),
            None => said.push_str(name),
        }
        rest = after;
    }
    said.push_str(rest);
    said
}

/// How to do something to one segment: a key means what is selected.
pub fn press_on(model: &Model, verb: Verb) -> String {
    let select = if model.read_only { "" } else { "select it, then " };
    format!("{select}{}", press(model, verb))
}

/// How long, as a person says it: `40 s`, `14 min`, `3 h 5 min`, `2 days`.
pub fn about(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..=89 => format!("{} s", seconds.max(1)),
        90..=3569 => format!("{} min", (seconds + 30) / 60),
        3570..=86_399 => {
            let minutes = (seconds + 30) / 60;
            match minutes % 60 {
                0 => format!("{} h", minutes / 60),
                rest => format!("{} h {rest} min", minutes / 60),
            }
        }
        _ => match (seconds + 43_200) / 86_400 {
            1 => "a day".to_owned(),
            days if days >= 365 => "over a year".to_owned(),
            days => format!("{days} days"),
        },
    }
}

/// The same, said as an estimate: `about 14 min`, `over a year`.
pub fn estimate(span: Duration) -> String {
    let said = about(span);
    if said.starts_with("over") { said } else { format!("about {said}") }
}

/// A count of users: `1,900`.
pub fn count(users: f64) -> String {
    thousands(users.clamp(0.0, 9e15).ceil() as u64)
}

/// Names as a person lists them: `beta`, `beta and free`, `beta, free and eu`.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `is` for one, `are` for more.
pub const fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// The confirmed exposure of a segment whose users have the feature. `None`: nobody has it, or it is not known.
pub fn exposed(segment: &SegmentModel) -> Option<Percent> {
    segment.exposure.confirmed.filter(|share| !share.is_zero())
}

/// Whether it may climb: nobody holds or has killed it, or its platforms.
pub fn is_free(model: &Model, segment: &SegmentModel) -> bool {
    segment.paused.is_none()
        && segment.killed.is_none()
        && segment.latches.is_empty()
        && model.platforms.iter().all(|platform| platform.killed.is_none())
}

/// A cause from outside with a colon before it; nothing when there is none.
pub fn because(cause: Option<&Text>) -> String {
    cause.map_or_else(String::new, |cause| format!(" ({cause})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_what_a_person_plans_by() {
        let said = [0, 40, 89, 90, 840, 3_569, 3_570, 11_100, 86_400, 200_000, 40_000_000]
            .map(|seconds| about(Duration::from_secs(seconds)));
        let expected = [
            "1 s",
            "40 s",
            "89 s",
            "2 min",
            "14 min",
            "59 min",
            "1 h",
            "3 h 5 min",
            "a day",
            "2 days",
            "over a year",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_key_that_the_person_has_is_said_and_a_mark_in_foreign_text_says_nothing_twice() {
        let mine = |verb: Verb| (verb == Verb::Kill).then(|| "k".to_owned());
        let text = format!("kill it: {PRESS}kill{END}, or {PRESS}rollback{END}; {}", key(Verb::Kill));
        assert_eq!(say(&text, mine), "kill it: press k, or rollback; k");
        let foreign = format!("web: bad {KEY}gateway");
        assert_eq!(say(&foreign, mine), foreign);
    }

    #[test]
    fn an_estimate_past_a_year_is_not_about() {
        assert_eq!(estimate(Duration::from_millis(280)), "about 1 s");
        assert_eq!(estimate(Duration::from_secs(31_536_000)), "over a year");
    }

    #[test]
    fn names_are_listed_as_a_person_lists_them() {
        assert_eq!([list([]), list(["a"]), list(["a", "b", "c"])], ["", "a", "a, b and c"]);
    }
}
